"""Estimates to be published: rows with their flags, their errors and their covariance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from diplab.disclosure import protection, respondents, rounding
from diplab.disclosure.amounts import SECONDARY
from diplab.disclosure.profile import Profile
from diplab.disclosure.publishable import Lines, Publishable
from diplab.disclosure.respondents import Line
from diplab.errors import OptionError
from diplab.kernel.arrays import Booleans, Floats
from diplab.kernel.effective_df import EffectiveDf
from diplab.microdata.variable import code_text
from diplab.results.areas import AreaEstimates
from diplab.results.estimates import (
    ALL_ALIKE,
    CONFIDENTIAL,
    ERROR_CONFIDENTIAL,
    NOT_RELIABLE,
    BandedEstimates,
    Complement,
    Estimates,
    SurvivalCurves,
    flags_of,
)
from diplab.results.regression import MarginalEffects
from diplab.results.sizes import Sizes
from diplab.results.tables import Decomposition
from diplab.sampling.sample import Sample

E = TypeVar("E", bound=Estimates)

NAMES = ("statistic", "variable", "category")
_OF_N = (
    "n",
    "numerator",
    "at_risk",
    "events",
    "df",
    "deff",
    "ci_low",
    "ci_high",
    "p_value",
)  # columns that reveal numbers of respondents: degrees of freedom follow from intervals and tests
_FLAGS_OF_N = {"one respondent", "few units", "no variance", "no degrees of freedom"}
_WITHOUT_ERROR = ("estimate", "n", "numerator")  # columns kept where the error alone is hidden


class PublishableRows(Publishable[E], kinds=(BandedEstimates, Complement, MarginalEffects, Sizes)):
    """Estimates whose record does not say whom each row counts: their group is protected."""

    @property
    def parts(self) -> Mapping[str, Estimates]:
        """The estimates themselves."""
        return {"rows": self.result}

    def with_parts(self, parts: Mapping[str, Estimates]) -> E:
        """Return other estimates."""
        return parts["rows"]  # type: ignore[return-value]

    @property
    def fitted(self) -> Any:
        """The rows and scores of a regression that the result holds; None where it holds none."""
        return None

    @property
    def has_coefficients(self) -> bool:
        """Whether the rows are the coefficients of a regression."""
        return False

    def lines(self) -> dict[str, list[Line]]:
        """Return the respondents behind each row."""
        return {"rows": respondents.lines_of_estimates(self.result, counts_known=False)}

    def in_sample(self, lines: Lines, sample: Sample) -> dict[str, list[Line]]:
        """Return the lines with the amounts behind their numbers."""
        return {"rows": [respondents.with_amounts(line, sample) for line in lines["rows"]]}

    def check(self, profile: Profile) -> None:
        """Refuse contrasts, from which hidden estimates would follow."""
        if self.provenance.contrast:
            raise OptionError(
                "Contrasts are not published by themselves.",
                "A hidden number could be derived by subtraction from a number that is shown.",
                "Publish the estimates, and compare what is shown: "
                "`dl.contrast(dl.publish(estimates), ...)`.",
            )

    def hidden(self, lines: Lines, profile: Profile) -> E:
        """Return the estimates without hidden numbers, and without points of curves too near."""
        found: Estimates = self.result
        rows = list(lines["rows"])
        small = protection.steps_too_small(found, profile)
        for row in np.flatnonzero(small):
            rows[row] = replace(rows[row], reason=rows[row].reason or protection.STEP)
        record = {
            "kind": type(found).__name__,
            "rows": len(found),
            "hidden": hidden_rows(found.frame, rows, [*NAMES, *found.by]),
        }
        # the points of a curve are times or incomes of somebody: those too near to each other are
        # not there at all
        of_curve = found.rows_described(category="time") | found.rows_described(category="poorest")
        kept = np.flatnonzero(~(small & of_curve))
        if kept.size < len(rows):
            found, rows = found.rows(kept), [rows[row] for row in kept]
        shown = blanked(found, rows, profile)
        if profile.rounding:
            rounding.check_unweighted(found, rows, profile)
            shown = rounding.rounded(shown, rows, profile)
        return shown.described(disclosure=record)  # type: ignore[return-value]

    def without_microdata(self) -> E:
        """Return the estimates without contributions, and degrees of freedom as numbers."""
        # degrees of freedom of combinations are computed from units, those of coefficients from
        # rows
        effective = None
        if isinstance(self.result.effective, EffectiveDf) and not self.provenance.model:
            effective = self.result.effective.settled()
        return replace(self.result, contributions=None, effective=effective)

    def without_n(self, *, with_squares: bool) -> E:
        """Return the estimates without numbers of respondents, and what is computed from these."""
        found = self.result
        flags = [
            ", ".join(mark for mark in flags_of(flag) if mark not in _FLAGS_OF_N)
            for flag in found.frame["flag"]
        ]
        of_n = dict.fromkeys([name for name in _OF_N if name in found.frame], np.nan)
        frame = found.frame.assign(**of_n, flag=flags)
        # the error of a share is one more way to them
        of_people = found.rows_described(of_people=True) | found.rows_described(kind="count")
        of_people |= found.rows_described(every_category=True) | with_squares
        frame.loc[of_people, ["std_error", "cv"]] = np.nan
        covariance = found.covariance * _nan_where(of_people)
        found = replace(found, frame=frame, covariance=covariance, compared=None, effective=None)
        rules = type(self)(found).without_rule("people_per_respondent")
        return rules.described(missing={}, reasons={})  # type: ignore[return-value]


class PublishableEstimates(PublishableRows[Estimates], kinds=(Estimates,)):
    """Estimates of which the record says whom each row counts."""

    def lines(self) -> dict[str, list[Line]]:
        """Return the respondents behind each row."""
        known = not self.provenance.model
        return {"rows": respondents.lines_of_estimates(self.result, counts_known=known)}

    def in_sample(self, lines: Lines, sample: Sample) -> dict[str, list[Line]]:
        """Return the lines with their amounts, the poor, and the cells of a standardised mean."""
        rows = super().in_sample(lines, sample)["rows"]
        if not self.provenance.model:
            rows = respondents.with_poor(rows, self.result, sample)
        return {"rows": respondents.with_standard(rows, self.provenance, sample)}


class PublishableCurves(PublishableRows[SurvivalCurves], kinds=(SurvivalCurves,)):
    """Survival curves: numbers still followed are hidden everywhere."""

    def hidden(self, lines: Lines, profile: Profile) -> SurvivalCurves:
        """Return the curves without hidden points."""
        # between two times that are kept, those still followed tell how many were lost to
        # observation
        shown = super().hidden(lines, profile)
        return replace(shown, frame=shown.frame.assign(at_risk=np.nan))


class PublishableAreas(PublishableRows[AreaEstimates], kinds=(AreaEstimates,)):
    """Estimates of areas from a model: if one is hidden, so is what would give it back."""

    def hidden(self, lines: Lines, profile: Profile) -> AreaEstimates:
        """Return the estimates without hidden areas, nor then the model and direct estimates."""
        # coefficients are a known linear function of the direct estimates of all areas
        shown = super().hidden(lines, profile)
        if not any(line.reason for line in lines["rows"]):
            return shown
        beside = dict.fromkeys(("direct", "direct_error", "direct_weight"), np.nan)
        frame = shown.frame.assign(**beside)
        return replace(shown, frame=frame, coefficients=None, fit=None, unbenchmarked={})


class PublishableDecomposition(PublishableRows[Decomposition], kinds=(Decomposition,)):
    """An index and its parts: if a row is hidden, only the index of everybody is shown."""

    @property
    def needs_sample(self) -> bool:
        """Whether groups and everybody are to be protected together: always."""
        return True

    def lines(self) -> dict[str, list[Line]]:
        """Return the respondents behind each row; those of everybody's are in a group."""
        found = self.result
        of_everybody = (found.frame[[*found.by]] == "").all(axis=1)
        known = not self.provenance.model
        return {"rows": respondents.lines_of_estimates(found, known, of_everybody)}

    def hidden(self, lines: Lines, profile: Profile) -> Decomposition:
        """Return the decomposition without hidden rows, nor others that would give them back."""
        found, rows = self.result, lines["rows"]
        if any(line.reason for line in rows):
            whole = (found.frame[[*found.by]] == "").all(axis=1)
            whole &= found.frame["statistic"] == found.index
            rows = [
                line if of_all else replace(line, reason=line.reason or SECONDARY)
                for line, of_all in zip(rows, whole, strict=True)
            ]
        return super().hidden({"rows": rows}, profile)


def blanked(estimates: Estimates, lines: Sequence[Line], profile: Profile) -> Estimates:
    """Return estimates without the numbers, covariances and flags of hidden rows."""
    hidden = np.array([bool(line.reason) for line in lines], dtype=bool)
    unsure = np.array([bool(line.error_reason) for line in lines], dtype=bool) & ~hidden
    reliability = _reliability(estimates, lines, profile)
    vague = np.array([item == NOT_RELIABLE for item in reliability], dtype=bool) & ~hidden
    keeps_n = np.array([line.shows_base for line in lines], dtype=bool)
    flags = []
    for line, flag, of_class in zip(lines, estimates.frame["flag"], reliability, strict=True):
        marks = [flag]
        if line.n > 0 and line.counted in (0, line.n):
            marks.append(ALL_ALIKE)
        if line.error_reason:
            marks.append(ERROR_CONFIDENTIAL)
        marks.append(of_class)
        flags.append(CONFIDENTIAL if line.reason else ", ".join(filter(None, marks)))
    frame = estimates.frame.assign(flag=flags)
    gone = hidden | unsure | vague
    if not gone.any():
        return replace(estimates, frame=frame)
    for name in frame.columns.difference([*NAMES, *estimates.by, "flag"], sort=False):
        without = hidden.copy()
        if name == "n":
            without &= ~keeps_n
        else:
            without |= vague
        if name not in _WITHOUT_ERROR:
            without |= unsure
        if pd.api.types.is_numeric_dtype(frame[name]):
            frame[name] = frame[name].astype(float)
        frame[name] = frame[name].mask(without)
    compared = None if estimates.compared is None else estimates.compared * _nan_where(gone)
    covariance = estimates.covariance * _nan_where(gone)
    return replace(estimates, frame=frame, covariance=covariance, compared=compared, effective=None)


def _nan_where(rows: Booleans) -> Floats:
    """Return a matrix of ones, NaN in some rows and columns."""
    return np.where(rows[:, None] | rows, np.nan, 1.0)


def _reliability(estimates: Estimates, lines: Sequence[Line], profile: Profile) -> list[str]:
    """Return the reliability class of each row, from its base and its relative standard error."""
    if not profile.is_about_reliability:
        return [""] * len(lines)
    classes = []
    for line, cv in zip(lines, estimates.frame["cv"].astype(float), strict=True):
        # a coefficient may be near 0, and an error that is hidden tells no class
        error = np.nan if line.error_reason or estimates.provenance.model else abs(cv)
        size = line.n if np.isnan(line.rests_on) else line.rests_on
        classes.append(profile.reliability_of(size, error))
    return classes


def hidden_rows(
    frame: pd.DataFrame, lines: Sequence[Line], names: Sequence[str]
) -> list[dict[str, Any]]:
    """Return the record of hidden rows: which they are, and why, but not what they hold."""
    record = []
    for line, row in zip(lines, frame[[*names]].to_dict("records"), strict=True):
        if not (line.reason or line.error_reason):
            continue
        item: dict[str, Any] = {}
        for name, value in row.items():
            item[str(name)] = value if isinstance(value, bool | float) else code_text(value)
        item["why"] = line.reason or line.error_reason
        if not line.reason:
            item["hidden"] = "error"
        if line.width:
            item["width"] = line.width
        record.append(item)
    return record
