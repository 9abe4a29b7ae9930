"""Summaries to be published: groups, everybody, and the counts of both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from diplab.disclosure import protection, rounding
from diplab.disclosure.kinds.estimates import hidden_rows
from diplab.disclosure.profile import Profile
from diplab.disclosure.publishable import Lines, Publishable
from diplab.disclosure.respondents import Breakdown, Line
from diplab.results.estimates import CONFIDENTIAL, Estimates
from diplab.results.tables import Summary


class PublishableSummary(Publishable[Summary], kinds=(Summary,)):
    """A summary; where a number of a variable is hidden, its test and difference are too."""

    @property
    def parts(self) -> dict[str, Estimates]:
        """The estimates of groups and of everybody."""
        parts = {"groups": self.result.groups, "everybody": self.result.everybody}
        return {name: part for name, part in parts.items() if part is not None}

    def with_parts(self, parts: Mapping[str, Estimates]) -> Summary:
        """Return the summary made of other estimates."""
        return replace(self.result, groups=parts["groups"], everybody=parts.get("everybody"))

    @property
    def needs_sample(self) -> bool:
        """Whether its variables are to be protected together: always."""
        return True

    def lines(self) -> dict[str, list[Line]]:
        """Return the respondents behind groups, everybody and counts."""
        by, lines = self.result.groups.by, super().lines()
        for row, line in enumerate(lines.setdefault("everybody", [])):
            base, inside = line.base, line.numerator
            # everybody are those who are in a group
            if base is not None:
                base = replace(base[0], answered=(*base[0].answered, *by)), base[1]
            if inside is not None:
                inside = replace(inside[0], answered=(*inside[0].answered, *by)), inside[1]
            lines["everybody"][row] = replace(line, base=base, numerator=inside)
        return lines | {"counts": self._lines_of_counts()}

    def _lines_of_counts(self) -> list[Line]:
        rules, by = self.provenance.rules, self.result.groups.by
        universe, where = rules.get("universe", ""), rules.get("where", "")
        counts, lines = self.result.counts, []
        for row, of_group in zip(
            counts.to_dict("records"), counts["variable"].duplicated(keep="last"), strict=True
        ):
            variable = row["variable"]
            answered = (variable,) if variable else ()
            if of_group:
                cut = Breakdown(by=by, answered=answered, universe=universe, where=where)
            else:
                cut = Breakdown(answered=(*answered, *by), universe=universe, where=where)
            values = tuple(row[name] for name in cut.by)
            named = f"`{variable}`" if variable else "The summary"
            lines.append(Line(base=(cut, values), n=float(row["n"]), label=named))
        return lines

    def hidden(self, lines: Lines, profile: Profile) -> Summary:
        """Return the summary without hidden numbers, and what would tell them."""
        shown = super().hidden(lines, profile)
        counts = self.result.counts
        names = [name for name in ("variable", self.result.by) if name]
        rows = hidden_rows(counts, lines["counts"], names)
        record = {**shown.provenance.disclosure, "counts": rows}
        # sums of weights of groups that differ by few respondents would tell those
        shown = replace(
            shown,
            counts=_shown_counts(counts, lines["counts"], profile),
            people=np.full(len(counts), np.nan),
        )
        shown = PublishableSummary(shown).described(disclosure=record)
        if profile.rounding:
            return replace(shown, tests={}, p_values={}, differences={})
        parts = PublishableSummary(shown).parts.values()
        frame = pd.concat([part.frame for part in parts], ignore_index=True)
        gone = {*frame.loc[frame["flag"] == CONFIDENTIAL, "variable"]}
        return replace(
            shown,
            tests=_without(shown.tests, gone),
            p_values=_without(shown.p_values, gone),
            differences=_without(shown.differences, gone),
        )

    def without_n(self, *, with_squares: bool) -> Summary:
        """Return the summary without counts and tests, which have degrees of freedom."""
        shown = super().without_n(with_squares=with_squares)
        counts = shown.counts.assign(n=np.nan, missing=np.nan)
        return replace(shown, counts=counts, tests={}, p_values={}, differences={})


def _without(by_variable: Mapping[str, Any], gone: set[str]) -> dict[str, Any]:
    return {name: item for name, item in by_variable.items() if name not in gone}


def _shown_counts(counts: pd.DataFrame, lines: list[Line], profile: Profile) -> pd.DataFrame:
    """Return counts without those that are hidden, or rounded."""
    closed = np.array([bool(line.reason) for line in lines], dtype=bool)
    n, missing = (counts[name].to_numpy(dtype=float) for name in ("n", "missing"))
    small = np.array([protection.few(count, profile) for count in missing], dtype=bool)
    if profile.rounding:
        n, missing = rounding.nearest(n, profile), rounding.nearest(missing, profile)
    n, missing = np.where(closed, np.nan, n), np.where(closed | small, np.nan, missing)
    return counts.assign(n=n, missing=missing)
