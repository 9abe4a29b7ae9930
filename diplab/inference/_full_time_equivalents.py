"""`full_time_equivalents`: many people for a few hours, counted in full-time jobs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from diplab.checks import argument, check_confidence, check_number, is_number
from diplab.errors import MisleadingError, OptionError
from diplab.estimators import pay
from diplab.kernel.intervals import NumberWithInterval, product, student
from diplab.reference.parameter import HOURS_IN_A_WEEK
from diplab.reference.text import NOTHING, Words
from diplab.results.estimates import (
    AT_LEAST,
    AT_MOST,
    COLUMNS,
    Estimates,
    Flags,
    Provenance,
    flag_cell,
    join_sources,
    weakest_status,
)


@dataclass(frozen=True, eq=False)
class _ReportedNumber:
    """People or hours as passed: the value (NaN if only bounds are known) and its uncertainty."""

    value: float
    std_error: float
    low: float
    high: float
    df: float = math.inf
    flags: Flags = ()
    n: float = math.nan
    level: float | None = None
    behind: Estimates | None = None

    @property
    def bounds(self) -> bool:
        """Whether only ends are known."""
        return math.isnan(self.value)

    @property
    def exact(self) -> bool:
        """Whether it has no error."""
        return not self.bounds and not self.std_error > 0

    @property
    def is_range(self) -> bool:
        """Whether it was passed as a range of numbers."""
        return self.bounds and self.behind is None

    def known(self, level: float) -> NumberWithInterval:
        """Return the number with its interval.

        Where that reaches zero, with one on the log scale (delta method).
        """
        if self.bounds:
            return NumberWithInterval(self.low, self.low, self.high)
        if self.exact:
            return NumberWithInterval(self.value, self.value, self.value)
        if self.low > 0 and self.high >= self.value:
            return NumberWithInterval(self.value, self.low, self.high)
        t = float(student(level, np.array([self.df]))[0])
        spread = math.exp(t * self.std_error / self.value)
        return NumberWithInterval(self.value, self.value / spread, self.value * spread)


def _reported_number(name: str, value: object) -> _ReportedNumber:
    """Read a number above or at zero: as such, as a range `(low, high)`, or as a result."""
    if isinstance(value, Estimates):
        return _from_result(name, value)
    ends: tuple[Any, ...] = (
        value if isinstance(value, tuple) and len(value) == 2 else (value, value)
    )
    numbers = [float(end) for end in ends if is_number(end) and math.isfinite(end) and end >= 0]
    if len(numbers) != 2:
        raise _not_a_number(argument(name, value))
    low, high = numbers
    if low > high:
        raise OptionError(
            f"{argument(name, value)} has its highest number first.",
            write=f"Write `{name}=({high:.15g}, {low:.15g})`.",
        )
    return _ReportedNumber(low if low == high else math.nan, math.nan, low, high)


def _from_result(name: str, result: Estimates) -> _ReportedNumber:
    categories = list(map(str, result.frame["category"]))
    bounds = categories == [AT_LEAST, AT_MOST]
    if not bounds and len(result) != 1:
        raise OptionError(
            f"`{name}` has {len(result)} rows, and one number is needed.",
            write=f"Write one of them, for example `{name}=estimates.rows([0])`.",
        )
    if not bounds and categories[0] in (AT_LEAST, AT_MOST):
        raise MisleadingError(
            f"`{name}` is the bound `{categories[0]}` of a variable in bands, and no estimate.",
            write=f"Write both bounds, `{name}=estimates.rows([0, 1])`, or a statistic under a "
            "distribution.",
        )
    columns = (
        result.frame[key].astype(float)
        for key in ("estimate", "std_error", "ci_low", "ci_high", "df", "n")
    )
    points, errors, lows, highs, freedom, respondents = columns
    value, error, low, high = points.iloc[0], errors.iloc[0], lows.iloc[0], highs.iloc[-1]
    flags, df = result.flags[0], freedom.iloc[0]
    if bounds:
        # their interval holds the number as often as it says (Imbens and Manski 2004)
        low, high = (
            max(value if math.isnan(low) else low, 0.0),
            points.iloc[1] if math.isnan(high) else high,
        )
        value, error, flags = math.nan, math.nan, ("bounds",)
        if not math.isfinite(high):
            raise OptionError(
                f"`{name}` has no upper end.",
                write="Close the open band at the top, for example at `(40, 168)` for hours per "
                "week.",
            )
    elif not value > 0 and not (math.isnan(value) and 0 <= low <= high):
        raise _not_a_number(f"`{name}`, estimated at {value:g},")
    return _ReportedNumber(
        value,
        error,
        low,
        high,
        math.inf if math.isnan(df) else df,
        flags,
        respondents.iloc[0],
        result.provenance.level,
        result,
    )


def _not_a_number(passed: str) -> OptionError:
    return OptionError(
        f"{passed} is not a number above zero or a result of one row.",
        write="Write for example `dl.work.full_time_equivalents(260_000, 0.67, week=35)`, or a "
        "range `(0.6, 0.7)`.",
    )


_WORDS = Words("diplab.inference")


def full_time_equivalents(
    people: float | tuple[float, float] | Estimates,
    hours: float | tuple[float, float] | Estimates,
    *,
    week: float = 35.0,
    confidence: float | None = None,
) -> Estimates:
    """Estimate full-time equivalents: people times their mean weekly hours, over a full week.

    For people and hours of two sources. Where one sample has both, the statistic `full_time_jobs`
    estimates it: `dl.estimate(sample, dl.work.full_time_jobs("hours"))`.

    Parameters
    ----------
    people : float, (float, float) or Estimates
        How many: a number, the range that a rounded one stands for (`(255_000, 265_000)` for about
        260,000), or one row of a headcount or of sizes.
    hours : float, (float, float) or Estimates
        Mean weekly hours per person: a number, a range, or one row of `dl.estimate(sample,
        dl.mean("hours"))` on another sample than that of the people; of hours in bands, the two
        rows of its bounds.
    week : float
        Hours of a full-time week, above 0 and up to 168.
    confidence : float, optional
        Level of the interval; by default that of the results passed, which must have one level.

    Returns
    -------
    Estimates
        One row, F = N h / week. With two independent sources the standard error is F sqrt((se N /
        N)^2 + (se h / h)^2) (delta method), and the interval is recovered on the log scale from
        those of both (Zou and Donner 2008). Numbers without error give a number without error,
        `derived`; bounds and ranges give bounds, the lowest times the lowest and the highest times
        the highest, with the interval of what has one.

    Raises
    ------
    MisleadingError
        Where both come from one sample, which makes them dependent, or one bound of bands is passed
        as a number.
    OptionError
        Where a number is negative or missing, a week is impossible, or a result has several rows.

    Examples
    --------
    >>> import diplab as dl
    >>> jobs = dl.work.full_time_equivalents(260_000, 0.673)
    >>> float(jobs.frame["estimate"].round(0).iloc[0]), jobs.provenance.status
    (4999.0, 'derived')
    >>> ranges = dl.work.full_time_equivalents((255_000, 265_000), (0.6, 0.75))
    >>> ranges.frame[["ci_low", "ci_high"]].round(0).values.tolist()
    [[4371.0, 5679.0]]
    """
    week = check_number("week", week, above=0, high=HOURS_IN_A_WEEK, example=35)
    headcount, mean_hours = _reported_number("people", people), _reported_number("hours", hours)
    longest = mean_hours.high if mean_hours.bounds else mean_hours.value
    if longest > HOURS_IN_A_WEEK:
        raise OptionError(
            f"`hours` is {longest:g}, and a week has {HOURS_IN_A_WEEK:g}.",
            write="Write mean hours per week for one person, not their total.",
        )
    if (
        isinstance(people, Estimates)
        and isinstance(hours, Estimates)
        and people.drawn is hours.drawn
    ):
        raise MisleadingError(
            "`people` and `hours` are estimated on one sample.",
            "The two are not independent, and their covariance would be ignored.",
            'Write `dl.estimate(sample, dl.work.full_time_jobs("hours"))`.',
        )
    level = _common_level(headcount, mean_hours, confidence)
    row = dict.fromkeys(COLUMNS, math.nan) | {
        "statistic": "full_time_equivalents", "variable": "", "category": "",
        **_product(headcount, mean_hours, week, level),
    }  # fmt: skip
    return _result(row, headcount, mean_hours, week, level)


def _common_level(
    first: _ReportedNumber, second: _ReportedNumber, confidence: float | None
) -> float:
    levels = dict.fromkeys(
        item.level for item in (first, second) if item.level is not None and not item.exact
    )
    level = next(iter(levels), 0.95)
    if confidence is not None:
        level = check_confidence(confidence)
    if {*levels} - {level}:
        raise OptionError(
            f"`confidence={level:.15g}` is not the level of the intervals of `people` and `hours`: "
            f"{', '.join(map(str, levels))}.",
            write="Estimate both with the same `confidence`.",
        )
    return level


def _product(
    first: _ReportedNumber, second: _ReportedNumber, week: float, level: float
) -> dict[str, Any]:
    """Return the columns of the result that hold numbers."""
    flags = tuple(dict.fromkeys((*first.flags, *second.flags)))
    if first.bounds or second.bounds:
        ends = [item.known(level) for item in (first, second)]
        low, high = (
            math.prod(getattr(item, end) for item in ends) / week for end in ("low", "high")
        )
        return {
            "ci_low": low,
            "ci_high": high,
            "flag": flag_cell(flags if "bounds" in flags else ("bounds",)),
        }
    point = first.value * second.value / week
    row: dict[str, Any] = {
        "estimate": point,
        "flag": flag_cell(flags),
        "n": np.fmax(first.n, second.n),
    }
    if (first.exact and second.exact) or not point:
        return row
    relative = math.hypot(
        *(0.0 if item.exact else item.std_error / item.value for item in (first, second))
    )
    low, high = product(first.known(level), second.known(level))
    df = min(item.df for item in (first, second) if not item.exact)
    return row | {
        "std_error": point * relative, "ci_low": low / week, "ci_high": high / week,
        "cv": relative, "df": df,
    }  # fmt: skip


def _result(
    row: dict[str, Any], first: _ReportedNumber, second: _ReportedNumber, week: float, level: float
) -> Estimates:
    behind = [item.behind for item in (first, second) if item.behind is not None]
    exact = all(item.exact or item.is_range for item in (first, second))
    assumptions = [text for item in behind for text in item.provenance.assumptions]
    assumptions.append(_WORDS("full_time_equivalents.hours_of_the_same_people"))
    if len(behind) == 2:
        assumptions.append(_WORDS("full_time_equivalents.independent_sources"))
    if first.is_range or second.is_range:
        assumptions.append(_WORDS("full_time_equivalents.range_at_both_ends"))
    provenance = Provenance(
        rules={"full_week": f"{week:g}", **({} if exact else {"confidence": f"{level:.15g}"})},
        base=first.behind.provenance.base if first.behind is not None else NOTHING,
        source=join_sources([item.provenance.source for item in behind if item.provenance.source]),
        status=weakest_status(["derived", *(item.provenance.status for item in behind)]),
        assumptions=tuple(dict.fromkeys(assumptions)),
        synthetic=any(item.provenance.synthetic for item in behind),
        indicative=any(item.provenance.indicative for item in behind),
    )
    frame = pd.DataFrame([row], columns=list(COLUMNS))
    error = float(row["std_error"])
    descriptions = {"full_time_equivalents": pay.full_time_jobs.description}
    return Estimates(frame, np.array([[error * error]]), provenance, descriptions=descriptions)
