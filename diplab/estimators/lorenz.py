"""Lorenz curves: the share of all income that the poorest share of people has.

The poorest share p of people is cut exactly: of those who stand at the p-quantile q, the part that is needed is taken.
With U = sum w (y - q) 1[y < q], N people and Y their income, the income of the poorest is S(p) = U + p q N, and

    L(p) = S(p) / Y      z = ((y - q) 1[y < q] + p q - L(p) y) / Y
    GL(p) = S(p) / N     z = ((y - q) 1[y < q] + p q - GL(p)) / N

A change of q alone changes nothing to first order, so that no density is needed (Beach and Davidson 1983; Langel and
Tillé 2011). Under `convey` everybody at or below q is counted, and p is reached or exceeded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from diplab.errors import OptionError, one_of
from diplab.estimators.conventions import convention_named
from diplab.estimators.index_interval import index_interval
from diplab.estimators.nonpositive import incomes_under
from diplab.estimators.options import ConventionName, LogitInterval, NonpositiveRule
from diplab.estimators.statistic import Linearised, statistic, symmetric
from diplab.sampling.expression import ONE, Expression
from diplab.sampling.totals import Totals

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from diplab.estimators.statistic import Bounds
    from diplab.kernel.interval import Spread

    Interval: TypeAlias = Callable[[NDArray[np.float64], Spread], Bounds]

__all__ = ["BANDS", "Poorest", "generalised_lorenz", "lorenz", "poorest"]

Floats = NDArray[np.float64]
BANDS = ("pointwise", "simultaneous")
CURVE_RULES = ("interval", "convention", "band", "nonpositive")
DECILES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


@dataclass(frozen=True)
class Place:
    """One point of a curve, and of how many."""

    share: float
    points: int = 1

    def __str__(self) -> str:
        return f"{self.points} points"


Places: TypeAlias = float | Sequence[float] | Place


@dataclass(frozen=True, eq=False)
class Poorest:
    """The income of the poorest share of people.

    Parameters
    ----------
    total : array
        Their income.
    variable : Expression
        Its linearised variable.
    """

    total: Floats
    variable: Expression


def poorest(totals: Totals, income: Expression, share: float, *, whole: bool = False) -> Poorest:
    """Return the income of the poorest share of people.

    Parameters
    ----------
    totals : Totals
    income : Expression
    share : float
        From 0 to 1.
    whole : bool
        Everybody at the quantile is counted; otherwise the part of them that is needed.
    """
    if share <= 0 or share >= 1:
        (everything,) = totals(income)
        return Poorest(everything * float(share >= 1), income * float(share >= 1))
    at = totals.quantile(income, share, "math")
    under = (income <= at if whole else income < at) * (income - at)
    people, below = totals(ONE, under)
    variable = under + share * at
    if whole:
        (total,) = totals((income <= at) * income)
        return Poorest(total, variable)
    return Poorest(below + share * at * people, variable)


def _each_point(options: Mapping[str, Any]) -> list[tuple[object, Mapping[str, Any]]]:
    """Return one row a point: its share of people as category, and its options."""
    at = options["at"]
    shares = [at] if np.ndim(at) == 0 else list(at)
    wrong = [each for each in shares if not _is_share(each)]
    if wrong or not shares or len(set(shares)) < len(shares):
        found = f"{wrong[0]!r} is no share of people between 0 and 1" if wrong else "A point is named twice"
        raise OptionError(
            f"{at!r} was asked for as the points of a curve.",
            f"{found}." if shares else "It names no point.",
            "Write for example `at=(0.25, 0.5, 0.75)`.",
        )
    return [(float(each), {**options, "at": Place(float(each), len(shares))}) for each in shares]


def _is_share(value: object) -> bool:
    number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    return number and 0 < float(value) <= 1  # type: ignore[arg-type]


@statistic(kind="share", category="poorest", rules=CURVE_RULES, rows_of=_each_point)
def lorenz(
    totals: Totals,
    income: Expression,
    *,
    at: Places = DECILES,
    convention: ConventionName = "eurostat",
    band: Literal["pointwise", "simultaneous"] = "pointwise",
    nonpositive: NonpositiveRule = "keep",
    interval: LogitInterval = "logit",
) -> Linearised:
    """Lorenz curve: the share of all income that the poorest share of people has, at each share asked for.

    Parameters
    ----------
    income : str
        Equivalised income, one value a person.
    at : float or sequence of float
        Shares of people, above 0 and up to 1; in results the `category` of each row.
    convention : {"eurostat", "convey", "vardpoor"}
        `eurostat` cuts people at the quantile exactly, so that the curve is continuous and convex; the others count
        everybody at or below it.
    band : {"pointwise", "simultaneous"}
        Intervals of each point, or a band that holds all points asked for together (Bonferroni: never too narrow, and
        too wide where points are many and close).
    nonpositive : {"keep", "fail", "zero", "drop"}
        What is done with incomes at or below zero: kept as they are (the curve then starts below the axis), refused,
        negative ones counted as zero, or these people left out.
    interval : {"logit", "wald"}
        On the log-odds, so that the band stays between 0 and 1; or symmetric.

    Returns
    -------
    Statistic
        Point and linearised variable as in the module's text (Lorenz 1905; Beach and Davidson 1983).

    Raises
    ------
    OptionError
        Where an option is not one of its words, or a point is no share.
    MisleadingError
        Where `nonpositive="fail"` and an income is at or below zero.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> sample = dl.declare_design(pd.DataFrame({"income": [10.0, 20.0, 30.0, 40.0]}))
    >>> dl.estimate(sample, dl.lorenz("income", at=(0.5, 0.75))).frame[["category", "estimate"]].values.tolist()
    [[0.5, 0.3], [0.75, 0.6]]
    """
    found = _curve(totals, income, at, convention, band, nonpositive, of_income=True)
    return replace(found, interval=_band(at, band, index_interval(interval, "lorenz", "logit")))


@statistic(kind="amount", category="poorest", rules=CURVE_RULES[1:], rows_of=_each_point)
def generalised_lorenz(
    totals: Totals,
    income: Expression,
    *,
    at: Places = DECILES,
    convention: ConventionName = "eurostat",
    band: Literal["pointwise", "simultaneous"] = "pointwise",
    nonpositive: NonpositiveRule = "keep",
) -> Linearised:
    """Generalised Lorenz curve: income of the poorest share of people, divided by all people.

    A distribution whose curve lies above another everywhere is preferred by everyone who likes more income and less
    inequality (Shorrocks 1983).

    Parameters
    ----------
    income : str
        Equivalised income, one value a person.
    at, convention, band, nonpositive
        As for `lorenz`.

    Returns
    -------
    Statistic
        Point and linearised variable as in the module's text, in the unit of incomes; at 1 the mean income.

    Raises
    ------
    OptionError
        Where an option is not one of its words, or a point is no share.
    MisleadingError
        Where `nonpositive="fail"` and an income is at or below zero.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> sample = dl.declare_design(pd.DataFrame({"income": [10.0, 20.0, 30.0, 40.0]}))
    >>> dl.estimate(sample, dl.generalised_lorenz("income", at=(0.5, 1.0))).frame["estimate"].tolist()
    [7.5, 25.0]
    """
    found = _curve(totals, income, at, convention, band, nonpositive, of_income=False)
    return replace(found, interval=_band(at, band, symmetric))


def _curve(
    totals: Totals,
    income: Expression,
    at: Places,
    convention: str,
    band: str,
    nonpositive: str,
    *,
    of_income: bool,
) -> Linearised:
    """Return one point of a curve, over all income or over all people."""
    index = "lorenz" if of_income else "generalised_lorenz"
    whole = convention_named(convention).name != "eurostat"
    if band not in BANDS:
        raise one_of(f"`band` of `{index}`", band, BANDS)
    place = at if isinstance(at, Place) else Place(float(at))  # type: ignore[arg-type]
    taken = incomes_under(totals, income, nonpositive, index=index, needs="any")
    y = taken.income
    over: Expression = y if of_income else ONE

    def cut(others: Totals) -> tuple[Floats, Floats, Poorest]:
        inside = taken.of(others)
        part = poorest(inside, y, place.share, whole=whole)
        (size,) = inside(over)
        with np.errstate(divide="ignore", invalid="ignore"):
            size = np.where(size > 0, size, np.nan)
            return part.total / size, size, part

    point, size, part = cut(totals)
    with np.errstate(divide="ignore", invalid="ignore"):
        variable = (part.variable - over * point) / size
    return Linearised(
        point,
        taken.carried(totals, variable),
        replicated=lambda others: cut(others)[0],
        assumptions=taken.assumptions,
    )


def _band(at: Places, band: str, interval: Interval) -> Interval:
    """Return the interval of a point, or that which holds together with those of the other points (Bonferroni)."""
    points = at.points if isinstance(at, Place) and band == "simultaneous" else 1

    def together(point: Floats, spread: Spread) -> Bounds:
        return interval(point, replace(spread, confidence=1 - (1 - spread.confidence) / points))

    return together
