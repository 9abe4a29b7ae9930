"""`full_time_equivalents`: many people for a few hours, counted in full-time jobs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.errors import MisleadingError, OptionError
from diplab.estimators import equivalents
from diplab.kernel.interval import student
from diplab.kernel.recovered_interval import Known, product
from diplab.population.evidence import joined, weakest
from diplab.reference.text import NOTHING, Text
from diplab.results.estimates import COLUMNS, Estimates
from diplab.results.provenance import Provenance

if TYPE_CHECKING:
    from diplab.estimators.statistic import Statistic
    from diplab.sampling.expression import Expression

__all__ = ["full_time_equivalents"]

_ASKED = "Full-time equivalents were asked for."
_WHOLE_WEEK = 168.0
_INDEPENDENT = Text(
    "Le nombre de personnes et leurs heures viennent de sources indépendantes.",
    "The number of people and their hours come from independent sources.",
)
_SAME = Text(
    "Les heures sont celles, en moyenne, des personnes que compte l’effectif.",
    "The hours are those, on average, of the people whom the headcount counts.",
)


def full_time_equivalents(
    people: float | Estimates | str | Expression,
    hours: float | Estimates | None = None,
    *,
    week: float = 35.0,
    confidence: float | None = None,
) -> Estimates | Statistic:
    """Count the work of many people in full-time jobs: people times their mean weekly hours, over a full week.

    Parameters
    ----------
    people : float or Estimates, or str
        How many: a number, or one row of a headcount or of sizes. The name of a column of weekly hours, alone, is the
        statistic of a sample: `dl.estimate(sample, dl.full_time_equivalents("hours"))`.
    hours : float or Estimates, optional
        Mean weekly hours a person: a number, or one row of `dl.estimate(sample, dl.mean("hours"))` on another sample
        than that of the people.
    week : float
        Hours of a full-time week.
    confidence : float, optional
        Level of the interval; by default that of the numbers given, which must have one level.

    Returns
    -------
    Estimates or Statistic
        F = N h / week. With two independent sources the standard error is F sqrt((se N / N)^2 + (se h / h)^2) (delta
        method), and the interval is recovered on the log scale from those of both (Zou and Donner 2008). Numbers
        without error give a number without error, `derived`; bounds give bounds. As a statistic: point sum(w h) / week,
        linearised variable h / week.

    Raises
    ------
    MisleadingError
        Where both come from one sample, which makes them dependent.
    OptionError
        Where a number is negative or missing, a week is no week, or a result has several rows.

    Examples
    --------
    >>> found = full_time_equivalents(260_000, 0.673)
    >>> float(found.frame["estimate"].round(0).iloc[0]), found.provenance.status
    (4999.0, 'derived')
    """
    _check_week(week)
    if hours is None:
        if isinstance(people, int | float | Estimates):
            raise OptionError(
                _ASKED,
                "People were given without their hours.",
                'Write `dl.full_time_equivalents(people, hours)`, or `dl.full_time_equivalents("hours")` on a sample.',
            )
        return equivalents.full_time_equivalents(people, week=float(week))
    first, second = _given(people, "people"), _given(hours, "hours")
    if second.value > _WHOLE_WEEK:
        raise OptionError(
            _ASKED,
            f"`hours` is {second.value:g}, and a week has {_WHOLE_WEEK:g}.",
            "Write mean hours a week for one person, not their total.",
        )
    _check_independent(people, hours)
    level = _level(first, second, confidence)
    row = dict.fromkeys(COLUMNS, math.nan) | {
        "statistic": "full_time_equivalents", "variable": "", "category": "",
        **_counted(first, second, float(week), level),
    }  # fmt: skip
    return _result(row, first, second, week, level)


@dataclass(frozen=True, eq=False)
class _Given:
    """A number given: its value with what is known of its error."""

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
        return math.isnan(self.value)

    @property
    def exact(self) -> bool:
        return not self.bounds and not self.std_error > 0

    def known(self, level: float) -> Known:
        """Return the number with its interval; where that reaches zero, with one on the log scale (delta method)."""
        if self.exact:
            return Known(self.value, self.value, self.value)
        if self.low > 0 and self.high >= self.value:
            return Known(self.value, self.low, self.high)
        t = float(student(level, np.array([self.df]))[0])
        spread = math.exp(t * self.std_error / self.value)
        return Known(self.value, self.value / spread, self.value * spread)


def _given(given: object, name: str) -> _Given:
    if isinstance(given, Estimates):
        if len(given) != 1:
            raise OptionError(
                _ASKED,
                f"`{name}` has {len(given)} rows, and one number is needed.",
                f"Write one of them, for example `{name}=estimates.rows([0])`.",
            )
        record: dict[Any, Any] = given.frame.iloc[0].to_dict()
        number = {
            key: float(record[key]) for key in ("estimate", "std_error", "ci_low", "ci_high", "df", "n")
        }
        value, bounded = number["estimate"], number["ci_low"] >= 0 and number["ci_high"] >= number["ci_low"]
        if not value > 0 and not (math.isnan(value) and bounded):
            raise _no_number(name, f"{value:g}")
        return _Given(
            name, value, number["std_error"], number["ci_low"], number["ci_high"],
            math.inf if math.isnan(number["df"]) else number["df"], str(record["flag"]), number["n"],
            given.provenance.rules.get("confidence", ""), given,
        )  # fmt: skip
    if not isinstance(given, int | float) or isinstance(given, bool) or not math.isfinite(given) or given < 0:
        raise _no_number(name, repr(given))
    value = float(given)
    return _Given(name, value, math.nan, value, value, math.inf, "", math.nan, "", None)


def _no_number(name: str, shown: str) -> OptionError:
    return OptionError(
        _ASKED,
        f"`{name}` is {shown}, and is to be a number above zero or a result of one row.",
        "Write for example `dl.full_time_equivalents(260_000, 0.67, week=35)`.",
    )


def _check_week(week: object) -> None:
    if isinstance(week, int | float) and not isinstance(week, bool) and 0 < week <= _WHOLE_WEEK:
        return
    raise OptionError(
        _ASKED,
        f"`week` is {week!r}, and a full-time week has above 0 and up to {_WHOLE_WEEK:g} hours.",
        "Write for example `week=35`.",
    )


def _check_independent(people: object, hours: object) -> None:
    if isinstance(people, Estimates) and isinstance(hours, Estimates) and people.drawn is hours.drawn:
        raise MisleadingError(
            "Full-time equivalents of people and hours estimated on one sample were asked for.",
            "The two are not independent, and their covariance would be left out.",
            'Write `dl.estimate(sample, dl.full_time_equivalents("hours"))`.',
        )


def _level(first: _Given, second: _Given, confidence: float | None) -> float:
    levels = list(dict.fromkeys(each.level for each in (first, second) if each.level and not each.exact))
    asked = levels[0] if confidence is None and levels else f"{confidence or 0.95:.15g}"
    if any(float(each) != float(asked) for each in levels):
        raise OptionError(
            _ASKED,
            f"The intervals of what was given have the levels {', '.join(levels)}, and {asked} was asked for.",
            "Estimate both with the same `confidence`.",
        )
    return float(asked)


def _counted(first: _Given, second: _Given, week: float, level: float) -> dict[str, Any]:
    """Return the columns of the result that hold numbers."""
    flag = ", ".join(dict.fromkeys(each for one in (first, second) for each in one.flag.split(", ") if each))
    if first.bounds or second.bounds:
        ends = [
            each.known(level) if not each.bounds else Known(each.low, each.low, each.high)
            for each in (first, second)
        ]
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


def _result(row: dict[str, Any], first: _Given, second: _Given, week: float, level: float) -> Estimates:
    import pandas as pd

    behind = [each.behind for each in (first, second) if each.behind is not None]
    exact = first.exact and second.exact
    rules = {"full_week": f"{week:g}", **({} if exact else {"confidence": f"{level:.15g}"})}
    sources = [each.provenance.source for each in behind if each.provenance.source]
    status = weakest(["derived", *(each.provenance.status for each in behind)])
    assumed = [text for each in behind for text in each.provenance.assumptions]
    provenance = Provenance(
        rules=rules,
        base=first.behind.provenance.base if first.behind is not None else NOTHING,
        source=joined(sources),
        status=status,
        assumptions=tuple(dict.fromkeys([*assumed, _SAME, *([] if len(behind) < 2 else [_INDEPENDENT])])),
        synthetic=any(each.provenance.synthetic for each in behind),
        indicative=any(each.provenance.indicative for each in behind),
    )
    frame = pd.DataFrame([row], columns=list(COLUMNS))
    error = float(row["std_error"])
    return Estimates(frame, np.array([[error * error]]), provenance)
