"""`full_time_equivalents`: many people for a few hours, counted in full-time jobs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.errors import MisleadingError, OptionError
from diplab.estimators import pay
from diplab.inference.given_number import GivenNumber, given_number
from diplab.kernel.recovered_interval import product
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
_RANGE = Text(
    "Une fourchette donnée est prise à ses deux bouts, sans dire où entre les deux se tient le nombre.",
    "A range given is taken at both ends, without saying where between them the number lies.",
)
_SAME = Text(
    "Les heures sont celles, en moyenne, des personnes que compte l’effectif.",
    "The hours are those, on average, of the people whom the headcount counts.",
)


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
        Where both come from one sample, which makes them dependent, or one bound of bands stands for a number.
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
    _check_week(week)
    if hours is None:
        if isinstance(people, int | float | tuple | Estimates):
            raise OptionError(
                _ASKED,
                "People were given without their hours.",
                'Write `dl.full_time_equivalents(people, hours)`, or `dl.full_time_equivalents("hours")` on a sample.',
            )
        return pay.full_time_equivalents(people, week=float(week))
    first, second = given_number(people, "people", _ASKED), given_number(hours, "hours", _ASKED)
    if second.most > _WHOLE_WEEK:
        raise OptionError(
            _ASKED,
            f"`hours` is {second.most:g}, and a week has {_WHOLE_WEEK:g}.",
            "Write mean hours a week for one person, not their total.",
        )
    _check_independent(people, hours)
    level = _level(first, second, confidence)
    row = dict.fromkeys(COLUMNS, math.nan) | {
        "statistic": "full_time_equivalents", "variable": "", "category": "",
        **_counted(first, second, float(week), level),
    }  # fmt: skip
    return _result(row, first, second, week, level)


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


def _level(first: GivenNumber, second: GivenNumber, confidence: float | None) -> float:
    levels = list(dict.fromkeys(each.level for each in (first, second) if each.level and not each.exact))
    asked = levels[0] if confidence is None and levels else f"{confidence or 0.95:.15g}"
    if any(float(each) != float(asked) for each in levels):
        raise OptionError(
            _ASKED,
            f"The intervals of what was given have the levels {', '.join(levels)}, and {asked} was asked for.",
            "Estimate both with the same `confidence`.",
        )
    return float(asked)


def _counted(first: GivenNumber, second: GivenNumber, week: float, level: float) -> dict[str, Any]:
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
    row: dict[str, Any], first: GivenNumber, second: GivenNumber, week: float, level: float
) -> Estimates:
    import pandas as pd

    behind = [each.behind for each in (first, second) if each.behind is not None]
    exact = all(each.exact or each.is_range for each in (first, second))
    rules = {"full_week": f"{week:g}", **({} if exact else {"confidence": f"{level:.15g}"})}
    sources = [each.provenance.source for each in behind if each.provenance.source]
    status = weakest(["derived", *(each.provenance.status for each in behind)])
    given = [_RANGE] if first.is_range or second.is_range else []
    assumed = [text for each in behind for text in each.provenance.assumptions]
    provenance = Provenance(
        rules=rules,
        base=first.behind.provenance.base if first.behind is not None else NOTHING,
        source=joined(sources),
        status=status,
        assumptions=tuple(
            dict.fromkeys([*assumed, _SAME, *([] if len(behind) < 2 else [_INDEPENDENT]), *given])
        ),
        synthetic=any(each.provenance.synthetic for each in behind),
        indicative=any(each.provenance.indicative for each in behind),
    )
    frame = pd.DataFrame([row], columns=list(COLUMNS))
    error = float(row["std_error"])
    descriptions = {pay.full_time_equivalents.name: pay.full_time_equivalents.description}
    return Estimates(frame, np.array([[error * error]]), provenance, descriptions=descriptions)
