"""Ratios of the income of the top to that of the bottom.

Eurostat's S80/S20 compares whole people above the fourth quintile and at or below the first; Palma's ratio cuts both
groups exactly (`diplab.estimators._lorenz`). With P the income of the poor, R that of the rich, and z of each, the
ratio R / P has the linearised variable

    z = (z_R - (R / P) z_P) / P        z_P = (y - q) 1[y <= q] + p q

(Deville 1999; Langel and Tillé 2011, who show that no density is then needed). R's convey differentiates through the
quantile with a normal kernel: z_P = y 1[y <= q] + K(q) z(q), with K(q) = sum w y k((y - q) / h) / h (Osier 2009).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from diplab.estimators._lorenz import Poorest, poorest
from diplab.estimators.income_rules import (
    CONVENTIONS,
    INDEX_INTERVALS,
    ConventionName,
    Incomes,
    LogInterval,
    NonpositiveRule,
    incomes_under,
)
from diplab.estimators.quantiles import bandwidth, density
from diplab.estimators.statistic import Linearised, statistic
from diplab.sampling.expression import ONE, Expression
from diplab.sampling.row_functions import exp
from diplab.sampling.totals import Totals

if TYPE_CHECKING:
    from collections.abc import Callable

    from diplab.estimators.income_rules import Convention

__all__ = ["palma_ratio", "quintile_ratio"]

Floats = NDArray[np.float64]


@statistic(kind="index")
def quintile_ratio(
    totals: Totals,
    income: Expression,
    *,
    convention: ConventionName = "eurostat",
    nonpositive: NonpositiveRule = "keep",
    interval: LogInterval = "log",
) -> Linearised:
    """S80/S20: the income of the richest fifth of people over that of the poorest fifth.

    Parameters
    ----------
    convention : {"eurostat", "convey", "vardpoor"}
        How quintiles are read where a fifth is reached exactly, and how the ratio changes with them: `eurostat`
        without a density, the others by a normal kernel, which is far off where incomes are very skewed.
    nonpositive : {"keep", "fail", "zero", "drop"}
        What is done with incomes at or below zero. Where the poorest fifth has no income there is no ratio.
    interval : {"log", "wald"}
        On the logarithm, so that it stays above 0; or symmetric, as R's convey.

    Returns
    -------
    Statistic
        Point: income of those above the fourth quintile over that of those at or below the first; linearised variable
        as in the module's text (Eurostat; Osier 2009). Undefined where nobody is above the fourth quintile, as in
        equal incomes or among a few people: 0, as R's laeken has it, would read as the poor having more.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> sample = dl.declare_design(pd.DataFrame({"income": [10.0, 20.0, 30.0, 40.0, 50.0]}))
    >>> dl.estimate(sample, dl.quintile_ratio("income")).frame["estimate"].item()
    5.0
    """
    school = CONVENTIONS[convention]

    def ends(inside: Totals, y: Expression) -> tuple[Poorest, Poorest]:
        low, high = (inside.quantile(y, share, school.rule) for share in (0.2, 0.8))
        under, over = inside((y <= low) * y, (y > high) * y)
        poor = Poorest(under, _through(inside, y, low, 0.2, school))
        return poor, Poorest(over, y - _through(inside, y, high, 0.8, school))

    estimate = _top_over_bottom(totals, income, ends, "quintile_ratio", nonpositive, interval)
    if school.name != "eurostat":
        return estimate
    taken = incomes_under(totals, income, nonpositive, index="quintile_ratio", needs="any")
    return replace(estimate, replicated=_at_fixed_cuts(taken, taken.of(totals), (0.2, 0.8), school.rule))


def _at_fixed_cuts(
    taken: Incomes, inside: Totals, shares: tuple[float, float], rule: str
) -> Callable[[Totals], Floats]:
    """Return what replicates are to vary: the ratio with quantiles where they are, as its linearised variable has it.

    Whole people who cross a quantile make a ratio jump, and a jackknife takes each jump for spread.
    """
    y = taken.income
    low, high = (inside.quantile(y, share, rule) for share in shares)

    def ratio(others: Totals) -> Floats:
        everybody, everything, under, over = taken.of(others)(
            *(ONE, y, (y <= low) * (y - low), (y <= high) * (y - high))
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            rich = everything - over - shares[1] * high * everybody
            value: Floats = rich / (under + shares[0] * low * everybody)
        return value

    return ratio


@statistic(kind="index")
def palma_ratio(
    totals: Totals,
    income: Expression,
    *,
    convention: ConventionName = "eurostat",
    nonpositive: NonpositiveRule = "keep",
    interval: LogInterval = "log",
) -> Linearised:
    """Palma ratio: the income of the richest tenth of people over that of the poorest four tenths.

    Parameters
    ----------
    convention : {"eurostat", "convey", "vardpoor"}
        `eurostat` cuts both groups exactly, as shares of quantile groups are; the others compare whole people above
        the ninth decile and at or below the fourth, and differentiate by a normal kernel.
    nonpositive : {"keep", "fail", "zero", "drop"}
        What is done with incomes at or below zero. Where the poorest have no income there is no ratio.
    interval : {"log", "wald"}
        On the logarithm, so that it stays above 0; or symmetric, as R's convey.

    Returns
    -------
    Statistic
        Point (1 - L(0.9)) / L(0.4), with L the Lorenz curve; linearised variable as in the module's text (Palma 2011;
        Cobham and Sumner 2013).

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> incomes = [10.0, 10.0, 10.0, 10.0, 20.0, 20.0, 20.0, 20.0, 20.0, 60.0]
    >>> sample = dl.declare_design(pd.DataFrame({"income": incomes}))
    >>> dl.estimate(sample, dl.palma_ratio("income")).frame["estimate"].item()
    1.5
    """
    school = CONVENTIONS[convention]

    def ends(inside: Totals, y: Expression) -> tuple[Poorest, Poorest]:
        (everything,) = inside(y)
        if school.name == "eurostat":
            poor, rest = (poorest(inside, y, share) for share in (0.4, 0.9))
            return poor, Poorest(everything - rest.total, y - rest.variable)
        low, high = (inside.quantile(y, share, school.rule) for share in (0.4, 0.9))
        under, over = inside((y <= low) * y, (y > high) * y)
        poor = Poorest(under, _through(inside, y, low, 0.4, school))
        return poor, Poorest(over, y - _through(inside, y, high, 0.9, school))

    return _top_over_bottom(totals, income, ends, "palma_ratio", nonpositive, interval)


def _top_over_bottom(
    totals: Totals,
    income: Expression,
    ends: Callable[[Totals, Expression], tuple[Poorest, Poorest]],
    index: str,
    nonpositive: str,
    interval: str,
) -> Linearised:
    taken = incomes_under(totals, income, nonpositive, index=index, needs="any")

    def ratio(others: Totals) -> tuple[Floats, Poorest, Poorest]:
        poor, rich = ends(taken.of(others), taken.income)
        with np.errstate(divide="ignore", invalid="ignore"):
            there = (poor.total > 0) & (rich.total > 0)
            return np.where(there, rich.total / poor.total, np.nan), poor, rich

    point, poor, rich = ratio(totals)
    with np.errstate(divide="ignore", invalid="ignore"):
        variable = (rich.variable - poor.variable * point) / poor.total
    return Linearised(
        point,
        taken.on_everybody(totals, variable),
        interval=INDEX_INTERVALS[interval],
        replicated=lambda others: ratio(others)[0],
        assumptions=taken.assumptions,
        steps=True,
    )


def _through(totals: Totals, y: Expression, at: Floats, share: float, school: Convention) -> Expression:
    """Return the linearised variable of the income of those at or below a quantile."""
    if school.name == "eurostat":
        return (y <= at) * (y - at) + share * at
    (people,) = totals(ONE)
    with np.errstate(divide="ignore", invalid="ignore"):
        width = bandwidth(totals, y)
        distance = (y - at) / width
        (height,) = totals(y * exp(distance * distance * -0.5))
        steep: Floats = height / (width * np.sqrt(2 * np.pi)) / (people * density(totals, y, at))
    under = y <= at
    return under * y - (under - share) * steep
