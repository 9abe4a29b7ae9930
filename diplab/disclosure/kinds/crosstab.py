"""Crosstabs to be published: shares, margins and counts of the same cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from diplab.disclosure import people, rounding
from diplab.disclosure.kinds.estimates import blanked, hidden_rows
from diplab.disclosure.people import People
from diplab.disclosure.profile import Profile
from diplab.disclosure.protection import FEW
from diplab.disclosure.publishable import Lines, Publishable, publishable
from diplab.disclosure.respondents import Breakdown, Line, RespondentSet, hidden_before
from diplab.errors import OptionError
from diplab.kernel.arrays import Floats
from diplab.results.estimates import Estimates
from diplab.results.tables import Crosstab
from diplab.sampling.sample import Sample

_OPTIONAL = ("association", "residuals")


class PublishableCrosstab(Publishable[Crosstab], kinds=(Crosstab,)):
    """A crosstab, with the tables of its panels."""

    @property
    def parts(self) -> dict[str, Estimates]:
        """Its shares, first those that are printed; margins, counts, association; its panels."""
        table = self.result
        parts = {table.shares: table.cells, **table.shares_of}
        for name in ("margins", "counts", *_OPTIONAL):
            if getattr(table, name) is not None:
                parts[name] = getattr(table, name)
        for number, panel in enumerate(table.panels):
            for name, part in PublishableCrosstab(panel).parts.items():
                parts[f"{number} {name}"] = part
        return parts

    def with_parts(self, parts: Mapping[str, Estimates]) -> Crosstab:
        """Return the crosstab made of other estimates."""
        table, panels = self.result, []
        for number, panel in enumerate(table.panels):
            panels.append(PublishableCrosstab(panel).with_parts(_of_panel(parts, number)))
        return replace(
            table,
            shares_of={kind: parts[kind] for kind in table.shares_of},
            margins=parts["margins"],
            counts=parts["counts"],
            association=parts.get("association"),
            residuals=parts.get("residuals"),
            panels=tuple(panels),
        )

    @property
    def needs_sample(self) -> bool:
        """Whether several tables are to be protected together."""
        return bool(self.result.panels)

    def lines(self) -> dict[str, list[Line]]:
        """Return the respondents behind each row of shares, counts and margins."""
        lines = lines_of_table(self.result)
        for number, panel in enumerate(self.result.panels):
            for name, rows in lines_of_table(panel).items():
                lines[f"{number} {name}"] = rows
        return lines

    def in_sample(self, lines: Lines, sample: Sample) -> dict[str, list[Line]]:
        """Return the lines, of which a table says all."""
        return dict(lines)

    def check(self, profile: Profile) -> None:
        """Refuse a table in the order of its counts."""
        if "sort" in self.provenance.rules:
            raise OptionError(
                "A table sorted by size reveals the rank of its hidden cells.",
                "Each lies between its neighbours.",
                "Write `dl.crosstab` without `sort`.",
            )
        publishable(self.result.cells).check(profile)

    def people(self, lines: Lines, profile: Profile) -> People | None:
        """Return the respondents of each cell; None where rows overlap."""
        table = self.result
        if table.several and table.column is not None:
            raise OptionError(
                f"`{table.row}` × `{table.column}` cannot be protected: its rows overlap.",
                "RespondentSet is in several rows at once is not known.",
                f"Publish `{table.row}` alone, or one answer at a time with "
                "`dl.crosstab(sample, answer, ...)`.",
            )
        return None if table.several else people.people_of_crosstab(table, lines)

    def hidden(self, lines: Lines, profile: Profile) -> Crosstab:
        """Return the table without hidden cells, nor tests that would tell them."""
        table = self.result
        panels = []
        for number, panel in enumerate(table.panels):
            panels.append(PublishableCrosstab(panel).hidden(_of_panel(lines, number), profile))
        names = (*table.shares_of, "margins", "counts")
        rows = {name: lines[name] for name in names}
        if profile.rounding:
            rows = without_redacted(table, rows, profile)
        number_hidden = {name: sum(bool(line.reason) for line in rows[name]) for name in names}
        # a cell that is hidden as a share is hidden as a count
        rows["counts"] = [
            replace(count, reason=count.reason or share.reason)
            for count, share in zip(rows["counts"], rows["cell"], strict=True)
        ]
        parts = self.parts
        for name in names:
            parts[name] = blanked(parts[name], rows[name], profile)
        shown = replace(self.with_parts(parts), panels=tuple(panels))
        if any(number_hidden.values()) or profile.rounding:
            # each is one more equation about the cells that are hidden
            none_larger = ((),) * len(table.larger)
            shown = replace(shown, tests=(), association=None, residuals=None, larger=none_larger)
        if profile.rounding:
            rounding.check_unweighted(table.counts, rows["counts"], profile)
            shown = rounded_crosstab(shown, rows, profile)
        record: dict[str, Any] = {
            "kind": "Crosstab",
            "rows": len(table.counts),
            "hidden_by_part": number_hidden,
        }
        if hidden := hidden_rows(table.counts.frame, rows["counts"], table.counts.by):
            record["hidden"] = hidden
        if panels:
            record["panels"] = [panel.cells.provenance.disclosure for panel in panels]
        return PublishableCrosstab(shown).described(disclosure=record)

    def without_n(self, *, with_squares: bool) -> Crosstab:
        """Return the table without numbers of respondents and tests, which tell these."""
        return replace(super().without_n(with_squares=with_squares), tests=())


def _of_panel(parts: Mapping[str, Any], number: int) -> dict[str, Any]:
    """Return the parts of a panel, by their names in it."""
    prefix = f"{number} "
    return {
        name.removeprefix(prefix): part for name, part in parts.items() if name.startswith(prefix)
    }


def lines_of_table(table: Crosstab) -> dict[str, list[Line]]:
    """Return the respondents of each row of the parts of a crosstab: shares, counts, margins."""
    rules = table.cells.provenance.rules
    keep = rules.get("na") == "keep"
    universe, where = rules.get("universe", ""), rules.get("where", "")
    crossed = (table.row,) if table.column is None else (table.row, table.column)
    named = f"`{' × '.join(crossed)}`"

    def who(row: Mapping[Any, Any], *names: str) -> RespondentSet:
        """Return who is in the categories that a row has of some variables."""
        by, others = (*table.by, *names), tuple(name for name in crossed if name not in names)
        answered = () if keep else others
        cut = Breakdown(by=by, answered=answered, universe=universe, where=where, keep=keep)
        return cut, tuple(row[name] for name in by)

    # with one variable, the whole is the only column
    bases = {"row": (table.row,), "column": crossed[1:]}
    cells = table.counts.frame.to_dict("records")
    parts: dict[str, list[Line]] = {}
    for kind, shares in table.shares_of.items():
        parts[kind] = []
        for row, n, flag in zip(cells, shares.frame["n"], shares.frame["flag"], strict=True):
            line = Line(
                base=who(row, *bases.get(kind, ())),
                n=float(n),
                numerator=who(row, *crossed),
                counted=float(row["n"]),
                label=named,
                reason=hidden_before(flag),
            )
            parts[kind].append(line)
    parts["counts"] = [
        Line(base=who(row, *crossed), n=row["n"], label=named, reason=hidden_before(row["flag"]))
        for row in cells
    ]
    parts["margins"] = []
    for row in table.margins.frame.to_dict("records"):
        inside = who({**row, row["variable"]: row["category"]}, row["variable"])
        why = hidden_before(row["flag"])
        parts["margins"].append(
            Line(base=who(row), n=row["n"], numerator=inside, label=named, reason=why)
        )
    return parts


def _cells(lines: Mapping[str, Sequence[Line]], profile: Profile) -> Floats:
    return rounding.nearest([0.0 if item.reason else item.n for item in lines["counts"]], profile)


def _totals(
    table: Crosstab, lines: Mapping[str, Sequence[Line]], cells: Floats, profile: Profile
) -> dict[RespondentSet | None, float]:
    """Return the rounded cells of a crosstab, with their sums by row, by column and overall."""
    totals: dict[RespondentSet | None, float] = dict(
        zip((item.base for item in lines["counts"]), cells, strict=True)
    )
    if table.several:
        # rows that overlap do not add up to all, who are rounded by themselves
        every = {line.base: line.n for kind in table.shares_of for line in lines[kind]}
        return totals | dict(zip(every, rounding.nearest([*every.values()], profile), strict=True))
    for kind in table.shares_of:
        sums: dict[RespondentSet | None, float] = {}
        for line, cell in zip(lines[kind], cells, strict=True):
            sums[line.base] = sums.get(line.base, 0.0) + cell
        totals |= sums
    return totals


def without_redacted(
    table: Crosstab, lines: Mapping[str, Sequence[Line]], profile: Profile
) -> dict[str, list[Line]]:
    """Return lines of which those are hidden that rest on a total of redacted cells alone."""
    redacted = np.array([bool(item.reason) for item in lines["counts"]], dtype=float)
    shown, hidden = (
        _totals(table, lines, item, profile) for item in (_cells(lines, profile), redacted)
    )
    gone = {who for who, cells in hidden.items() if cells > 0 and shown[who] == 0}
    return {
        name: [
            replace(item, reason=item.reason or FEW) if {item.base, item.numerator} & gone else item
            for item in rows
        ]
        for name, rows in lines.items()
    }


def rounded_crosstab(
    table: Crosstab, lines: Mapping[str, Sequence[Line]], profile: Profile
) -> Crosstab:
    """Return a crosstab of rounded cells, with totals and shares computed from them."""
    totals = _totals(table, lines, _cells(lines, profile), profile)

    def rounded(part: Estimates, name: str) -> Estimates:
        inside = np.array([totals.get(item.numerator, np.nan) for item in lines[name]])
        n = np.array([totals.get(item.base, np.nan) for item in lines[name]])
        return rounding.of_counts(part, np.where(inside > 0, inside, np.nan), n)

    shares = {kind: rounded(item, kind) for kind, item in table.shares_of.items()}
    return replace(
        table,
        shares_of=shares,
        margins=rounded(table.margins, "margins"),
        counts=rounded(table.counts, "counts"),
    )
