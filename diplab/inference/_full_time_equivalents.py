"""`full_time_equivalents`: many people for a few hours, counted in full-time jobs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.checks import check_number, is_number
from diplab.errors import MisleadingError, OptionError
from diplab.estimators import pay
from diplab.inference.banded.bounds import AT_LEAST, AT_MOST
from diplab.kernel.intervals import NumberWithInterval, product, student
from diplab.reference.text import NOTHING
from diplab.reference.words import Words
from diplab.results.estimates import COLUMNS, Estimates
from diplab.results.provenance import Provenance, join_sources, weakest_status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from diplab.estimators.statistic import Statistic
    from diplab.sampling.expression import Expression

__all__ = ["full_time_equivalents"]


@dataclass(frozen=True, eq=False)
class _ReportedNumber:
    """A number given: its value, NaN where only its ends are known, with what is known of its error."""

    name: str
    value: float
    std_error: float
    low: float
    high: float
    df: float
    flag: str
    n: float
    level: str
    behind: Estimates | None

    @property
    def bounds(self) -> bool:
        """Whether only ends are known."""
        return math.isnan(self.value)

    @property
    def exact(self) -> bool:
        """Whether it has no error."""
        return not self.bounds and not self.std_error > 0

    @property
    def most(self) -> float:
        """The highest that it may be without sampling."""
        return self.high if self.bounds else self.value

    @property
    def is_range(self) -> bool:
        """Whether it was given as a range of numbers."""
        return self.bounds and self.behind is None

    def known(self, level: float) -> NumberWithInterval:
        """Return the number with its interval; where that reaches zero, with one on the log scale (delta method)."""
        if self.bounds:
            return NumberWithInterval(self.low, self.low, self.high)
        if self.exact:
            return NumberWithInterval(self.value, self.value, self.value)
        if self.low > 0 and self.high >= self.value:
            return NumberWithInterval(self.value, self.low, self.high)
        t = float(student(level, np.array([self.df]))[0])
        spread = math.exp(t * self.std_error / self.value)
        return NumberWithInterval(self.value, self.value / spread, self.value * spread)


def _reported_number(given: object, name: str, request: str) -> _ReportedNumber:
    """Read a number above or at zero: as such, as a range `(low, high)`, or as a result."""
    if isinstance(given, Estimates):
        return _of_result(given, name, request)
    ends: tuple[Any, ...] = given if isinstance(given, tuple) and len(given) == 2 else (given, given)
    read = [float(each) for each in ends if is_number(each) and math.isfinite(each) and each >= 0]
    if len(read) != 2:
        raise _no_number(name, repr(given), request)
    if read[0] > read[1]:
        raise OptionError(
            request,
            f"`{name}` goes from {read[0]:g} to {read[1]:g}, the highest first.",
            f"Write `({read[1]:.15g}, {read[0]:.15g})`.",
        )
    value = read[0] if read[0] == read[1] else math.nan
    return _ReportedNumber(name, value, math.nan, read[0], read[1], math.inf, "", math.nan, "", None)


def _of_result(given: Estimates, name: str, request: str) -> _ReportedNumber:
    categories = list(map(str, given.frame["category"]))
    if categories == [AT_LEAST, AT_MOST]:
        return _of_bounds(given, name, request)
    if len(given) != 1:
        raise OptionError(
            request,
            f"`{name}` has {len(given)} rows, and one number is needed.",
            f"Write one of them, for example `{name}=estimates.rows([0])`.",
        )
    if categories[0] in (AT_LEAST, AT_MOST):
        raise MisleadingError(
            request,
            f"`{name}` is the bound `{categories[0]}` of a variable in bands, and no estimate.",
            f"Write both bounds, `{name}=estimates.rows([0, 1])`, or a statistic under a distribution.",
        )
    record: dict[Any, Any] = given.frame.iloc[0].to_dict()
    number = {key: float(record[key]) for key in ("estimate", "std_error", "ci_low", "ci_high", "df", "n")}
    value, bounded = number["estimate"], number["ci_low"] >= 0 and number["ci_high"] >= number["ci_low"]
    if not value > 0 and not (math.isnan(value) and bounded):
        raise _no_number(name, f"{value:g}", request)
    return _from_row(given, name, number, str(record["flag"]))


def _of_bounds(given: Estimates, name: str, request: str) -> _ReportedNumber:
    """Return two bounds as one number; their interval holds the number as often as it says (Imbens and Manski 2004)."""
    first, last = (given.frame.iloc[row] for row in (0, 1))
    low, high = (
        float(row["estimate"] if math.isnan(float(row[end])) else row[end])
        for row, end in ((first, "ci_low"), (last, "ci_high"))
    )
    if not math.isfinite(high):
        raise OptionError(
            request,
            f"`{name}` has no upper end.",
            "Close the open band at the top, for example at `(40, 168)` for hours a week.",
        )
    number = {"estimate": math.nan, "std_error": math.nan, "ci_low": max(low, 0.0), "ci_high": high,
              "df": float(first["df"]), "n": float(first["n"])}  # fmt: skip
    return _from_row(given, name, number, "bounds")


def _from_row(given: Estimates, name: str, number: Mapping[str, float], flag: str) -> _ReportedNumber:
    return _ReportedNumber(
        name, number["estimate"], number["std_error"], number["ci_low"], number["ci_high"],
        math.inf if math.isnan(number["df"]) else number["df"], flag, number["n"],
        given.provenance.rules.get("confidence", ""), given,
    )  # fmt: skip


def _no_number(name: str, shown: str, request: str) -> OptionError:
    return OptionError(
        request,
        f"`{name}` is {shown}, and is to be a number above zero or a result of one row.",
        "Write for example `dl.full_time_equivalents(260_000, 0.67, week=35)`, or a range `(0.6, 0.7)`.",
    )


_REQUEST = "Full-time equivalents were asked for."
_WHOLE_WEEK = 168.0
_WORDS = Words("diplab.inference")


def full_time_equivalents(
    people: float | tuple[float, float] | Estimates | str | Expression,
    hours: float | tuple[float, float] | Estimates | None = None,
    *,
    week: float = 35.0,
    confidence: float | None = None,
) -> Estimates | Statistic:
    """Count the work of many people in full-time jobs: people times their mean weekly hours, over a full week.

    Parameters
    ----------
    people : float, (float, float) or Estimates, or str
        How many: a number, the range that a rounded one stands for (`(255_000, 265_000)` for about 260,000), or one row
        of a headcount or of sizes. The name of a column of weekly hours, alone, is the
        statistic of a sample: `dl.estimate(sample, dl.full_time_equivalents("hours"))`.
    hours : float, (float, float) or Estimates, optional
        Mean weekly hours a person: a number, a range, or one row of `dl.estimate(sample, dl.mean("hours"))` on another
        sample than that of the people; of hours in bands, the two rows of its bounds.
    week : float
        Hours of a full-time week.
    confidence : float, optional
        Level of the interval; by default that of the numbers given, which must have one level.

    Returns
    -------
    Estimates or Statistic
        F = N h / week. With two independent sources the standard error is F sqrt((se N / N)^2 + (se h / h)^2) (delta
        method), and the interval is recovered on the log scale from those of both (Zou and Donner 2008). Numbers
        without error give a number without error, `derived`; bounds and ranges give bounds, the lowest times the lowest
        and the highest times the highest, with the interval of what has one. As a statistic: point sum(w h) / week,
        linearised variable h / week.

    Raises
    ------
    MisleadingError
        Where both come from one sample, which makes them dependent, or one bound of bands is given as a number.
    OptionError
        Where a number is negative or missing, a week is no week, or a result has several rows.

    Examples
    --------
    >>> found = full_time_equivalents(260_000, 0.673)
    >>> float(found.frame["estimate"].round(0).iloc[0]), found.provenance.status
    (4999.0, 'derived')
    >>> full_time_equivalents((255_000, 265_000), (0.6, 0.75)).frame[["ci_low", "ci_high"]].round(0).values.tolist()
    [[4371.0, 5679.0]]
    """
    week = check_number("week", week, above=0, high=_WHOLE_WEEK, example=35)
    if hours is None:
        if isinstance(people, int | float | tuple | Estimates):
            raise OptionError(
                _REQUEST,
                "People were given without their hours.",
                'Write `dl.full_time_equivalents(people, hours)`, or `dl.full_time_equivalents("hours")` on a sample.',
            )
        return pay.full_time_equivalents(people, week=week)
    first, second = _reported_number(people, "people", _REQUEST), _reported_number(hours, "hours", _REQUEST)
    if second.most > _WHOLE_WEEK:
        raise OptionError(
            _REQUEST,
            f"`hours` is {second.most:g}, and a week has {_WHOLE_WEEK:g}.",
            "Write mean hours a week for one person, not their total.",
        )
    _check_independent(people, hours)
    level = _common_level(first, second, confidence)
    row = dict.fromkeys(COLUMNS, math.nan) | {
        "statistic": "full_time_equivalents", "variable": "", "category": "",
        **_product(first, second, week, level),
    }  # fmt: skip
    return _result(row, first, second, week, level)


def _check_independent(people: object, hours: object) -> None:
    if isinstance(people, Estimates) and isinstance(hours, Estimates) and people.drawn is hours.drawn:
        raise MisleadingError(
            "Full-time equivalents of people and hours estimated on one sample were asked for.",
            "The two are not independent, and their covariance would be left out.",
            'Write `dl.estimate(sample, dl.full_time_equivalents("hours"))`.',
        )


def _common_level(first: _ReportedNumber, second: _ReportedNumber, confidence: float | None) -> float:
    levels = list(dict.fromkeys(each.level for each in (first, second) if each.level and not each.exact))
    wanted = levels[0] if confidence is None and levels else f"{confidence or 0.95:.15g}"
    if any(float(each) != float(wanted) for each in levels):
        raise OptionError(
            _REQUEST,
            f"The intervals of what was given have the levels {', '.join(levels)}, and {wanted} was asked for.",
            "Estimate both with the same `confidence`.",
        )
    return float(wanted)


def _product(first: _ReportedNumber, second: _ReportedNumber, week: float, level: float) -> dict[str, Any]:
    """Return the columns of the result that hold numbers."""
    flag = ", ".join(dict.fromkeys(each for one in (first, second) for each in one.flag.split(", ") if each))
    if first.bounds or second.bounds:
        ends = [each.known(level) for each in (first, second)]
        low, high = (math.prod(getattr(each, end) for each in ends) / week for end in ("low", "high"))
        return {"ci_low": low, "ci_high": high, "flag": flag if "bounds" in flag.split(", ") else "bounds"}
    point = first.value * second.value / week
    found: dict[str, Any] = {"estimate": point, "flag": flag, "n": np.fmax(first.n, second.n)}
    if (first.exact and second.exact) or not point:
        return found
    relative = math.hypot(*(0.0 if each.exact else each.std_error / each.value for each in (first, second)))
    low, high = product(first.known(level), second.known(level))
    df = min(each.df for each in (first, second) if not each.exact)
    return found | {
        "std_error": point * relative, "ci_low": low / week, "ci_high": high / week, "cv": relative, "df": df,
    }  # fmt: skip


def _result(
    row: dict[str, Any], first: _ReportedNumber, second: _ReportedNumber, week: float, level: float
) -> Estimates:
    import pandas as pd

    behind = [each.behind for each in (first, second) if each.behind is not None]
    exact = all(each.exact or each.is_range for each in (first, second))
    rules = {"full_week": f"{week:g}", **({} if exact else {"confidence": f"{level:.15g}"})}
    sources = [each.provenance.source for each in behind if each.provenance.source]
    status = weakest_status(["derived", *(each.provenance.status for each in behind)])
    given = [_WORDS("full_time_equivalents.range_at_both_ends")] if first.is_range or second.is_range else []
    assumed = [text for each in behind for text in each.provenance.assumptions]
    provenance = Provenance(
        rules=rules,
        base=first.behind.provenance.base if first.behind is not None else NOTHING,
        source=join_sources(sources),
        status=status,
        assumptions=tuple(
            dict.fromkeys(
                [
                    *assumed,
                    _WORDS("full_time_equivalents.hours_of_the_same_people"),
                    *([] if len(behind) < 2 else [_WORDS("full_time_equivalents.independent_sources")]),
                    *given,
                ]
            )
        ),
        synthetic=any(each.provenance.synthetic for each in behind),
        indicative=any(each.provenance.indicative for each in behind),
    )
    frame = pd.DataFrame([row], columns=list(COLUMNS))
    error = float(row["std_error"])
    descriptions = {pay.full_time_equivalents.name: pay.full_time_equivalents.description}
    return Estimates(frame, np.array([[error * error]]), provenance, descriptions=descriptions)
