"""Poverty gaps: the relative median gap, and the index of Foster, Greer and Thorbecke.

An estimated line (`poverty_line`) adds its sampling error to both: it changes every gap, and who is
poor.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from diplab.checks import check_number
from diplab.errors import MisleadingError
from diplab.estimators.income_rules import ConventionName, NonpositiveRule, incomes_under
from diplab.estimators.moments import interval_of_share, mean
from diplab.estimators.poverty import (
    EUROPEAN_FRACTION,
    PovertyLine,
    ThresholdOn,
    arpr,
    poverty_line,
    with_line_error,
)
from diplab.estimators.quantiles import bandwidth, density
from diplab.estimators.statistic import (
    Bounds,
    Linearised,
    linear_in_replicates,
    statistic,
    symmetric,
)
from diplab.kernel.arrays import Floats
from diplab.kernel.intervals import Precision
from diplab.reference.parameter import Parameter
from diplab.sampling.expression import ONE, ColumnOrExpression, Expression, only_where, power
from diplab.sampling.totals import Totals


@statistic(kind="share", poverty_line=True)
def relative_median_gap(
    totals: Totals,
    income: ColumnOrExpression,
    *,
    fraction: float = EUROPEAN_FRACTION,
    threshold: float | Parameter | Expression | None = None,
    threshold_on: ThresholdOn = "universe",
    convention: ConventionName = "eurostat",
) -> Linearised:
    """Relative median poverty gap: the line less the median income of the poor, over the line.

    Parameters
    ----------
    convention : {"eurostat", "convey", "vardpoor"}
        `vardpoor` takes the bandwidth of densities from the whole population, the two others from
        the domain.

    Returns
    -------
    Statistic
        With a line for each household (`threshold="line"`), incomes are divided by their line.
        Point (L - m) / L, with L the line, R the rate of the poor and m their median, the quantile
        of everybody's incomes at R / 2. Linearised variable (Osier 2009), with f the density of
        incomes in the domain of N people:

            z = m z(L) / L^2 - z(m) / L z(m) = (z(R) / 2 - (1[y <= m] - R / 2) / N) / f(m),  z(R) =
            (1[poor] - R) / N + f(L) z(L)

        Undefined where no one is poor, or the line is not above zero. With one poor respondent, m
        is that person's income. Above 1 where the median of the poor is negative. A jackknife is
        inconsistent for a median: its replicates vary the total of the linearised variable instead.
        Bootstrap and balanced half-sample replicates vary the estimate itself.

    Raises
    ------
    OptionError, MisleadingError
        As for `arpr`.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> incomes = [400.0, 500.0, 900.0, 1000.0, 1500.0, 1600.0, 1900.0]
    >>> sample = dl.declare_design(pd.DataFrame({"income": incomes}))
    >>> gap = dl.estimate(sample, dl.relative_median_gap("income", threshold=1000))
    >>> gap.frame["estimate"].item()
    0.5
    """
    line = poverty_line(totals, income, fraction, threshold, threshold_on, convention)
    # a line without sampling error is a unit of income: against a line of 1, each household has its
    # own
    y = income if line.fixed is None else income / line.fixed
    rate, middle, level = _middle_of_poor(totals, line, y)
    gap = _gap(line, totals, middle, level)
    (people,) = totals(ONE)
    everybody = totals
    if line.convention.bandwidth_of == "universe":
        everybody = totals.universe
    width = bandwidth(everybody, y)
    steep = 1.0 / density(totals, y, middle, width=width)
    of_rate = (line.poor(totals) - rate) / people
    of_middle = (of_rate * 0.5 - ((y <= middle) - rate / 2) / people) * steep

    def varied(others: Totals) -> Floats:
        return _gap(line, others, *_middle_of_poor(others, line, y)[1:])

    estimate = Linearised(gap, of_middle * (-1.0 / level), replicated=varied, steps=True)
    if line.fixed is None:
        slope = middle / level**2 - 0.5 * density(totals, y, level, width=width) * steep / level
        estimate = with_line_error(estimate, slope, line)
    return replace(estimate, jackknifed=lambda: linear_in_replicates(estimate))


def _middle_of_poor(
    totals: Totals, line: PovertyLine, y: Expression
) -> tuple[Floats, Floats, Floats]:
    """Return the poverty rate, the median of the poor (if any), and the line."""
    people, poor = totals(ONE, line.poor(totals))
    rate = poor / people
    some = rate > 0
    middle = totals.quantile(y, np.where(some, rate / 2, 0.5), line.convention.rule)
    level = np.ones(totals.domains) if line.fixed is not None else line.level(totals)
    return rate, np.where(some, middle, np.nan), level


def _gap(line: PovertyLine, totals: Totals, middle: Floats, level: Floats) -> Floats:
    return line.known(totals, (level - middle) / level)


@statistic(
    kind="index", poverty_line=True, parts="poverty", label_options=("order",), category="order"
)
def fgt(
    totals: Totals,
    income: ColumnOrExpression,
    order: float,
    *,
    fraction: float = EUROPEAN_FRACTION,
    threshold: float | Parameter | Expression | None = None,
    threshold_on: ThresholdOn = "universe",
    convention: ConventionName = "eurostat",
    nonpositive: NonpositiveRule = "keep",
) -> Linearised:
    """Foster-Greer-Thorbecke index: the mean poverty gap raised to a power.

    Parameters
    ----------
    order : float
        At or above zero, in results the `category` of the row: 0 is the rate, 1 the poverty gap, 2
        the severity, which counts people more the further they are below the line.
    nonpositive : {"keep", "fail", "zero"}
        Treatment of incomes at or below zero: kept as they are, so that the gap of a negative one
        is wider than the line and the index may exceed 1; refused; or negative ones counted as
        zero, so that no gap exceeds the line. The line is always estimated on incomes as they are.
        Nobody is excluded: these people are the poorest.

    Returns
    -------
    Statistic
        Point F = sum(w g^order 1[poor]) / sum(w), with g = (L - y) / L (Foster, Greer and Thorbecke
        1984); linearised variable z = (g^order 1[poor] - F) / sum(w), plus, under an estimated line
        L, z(L) times

            dF / dL = order sum(w g^(order - 1) y / L^2 1[poor]) / sum(w)

        or for order 0 the density, as in `arpr`. For orders between 0 and 1 this slope depends
        heavily on the few people just below the line. People exactly on an estimated line are
        flagged where the order is above 0 and not above 1: of order 1 the index has a kink there,
        and the larger of both variances is taken, with them in the slope or without (with them
        under `convey`). The rate jumps at them, which the density smooths; higher orders are
        unaffected. The interval is symmetric, cut at zero; where no one is poor the index is 0,
        with the interval of a rate of 0, since no gap exceeds the line. Undefined where an
        estimated line is not above 0.

    Raises
    ------
    OptionError
        As for `arpr`, and where the order is below zero or `nonpositive` not one of its words.
    MisleadingError
        Where there are incomes at or below zero, under `nonpositive="fail"`; under
        `nonpositive="drop"`; and as for `arpr`.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> sample = dl.declare_design(pd.DataFrame({"income": [500.0, 1000.0, 1500.0, 2000.0]}))
    >>> dl.estimate(sample, dl.fgt("income", 1, threshold=1000)).frame["estimate"].item()
    0.125
    """
    check_number("order", order, low=0, example=1)
    line = poverty_line(totals, income, fraction, threshold, threshold_on, convention)
    if nonpositive == "drop":
        raise MisleadingError(
            "`nonpositive='drop'` leaves the poorest out of a poverty index.",
            "People with an income at or below zero are the poorest, and without them poverty is "
            "that of others.",
            "Write `nonpositive='keep'` or `nonpositive='zero'`, or `sample.where('income > 0')` "
            "for the poverty of "
            "those with an income.",
        )
    taken = incomes_under(totals, income, nonpositive, index="fgt", needs="any", of_the_poor=True)
    gaps = _Gaps(line, taken.income, order)
    if order == 0:
        of_line = {"fraction": fraction, "threshold": threshold, "threshold_on": threshold_on}
        return arpr.on(totals, income, convention=convention, **of_line)

    def varied(others: Totals) -> Floats:
        return line.known(others, gaps.index(others).point)

    estimate = replace(
        gaps.index(totals), point=varied(totals), replicated=varied, assumptions=taken.assumptions
    )
    estimate = replace(estimate, interval=_not_below_zero, residual=False)
    return estimate if line.fixed is not None else gaps.with_line_error(totals, estimate)


def _not_below_zero(point: Floats, spread: Precision) -> Bounds:
    """Return the symmetric interval, cut at zero; that of a zero rate if no one is poor."""
    around, rate = symmetric(point, spread), interval_of_share("logit")(point, spread)
    nobody = point == 0
    return Bounds(
        np.where(nobody, rate.low, np.maximum(around.low, 0.0)),
        np.where(nobody, rate.high, around.high),
    )


@dataclass(frozen=True, eq=False)
class _Gaps:
    """Gaps below a line, raised to an order above zero."""

    line: PovertyLine
    income: Expression
    order: float

    def _raised(self, totals: Totals, exponent: float) -> Expression:
        at = self.line.at(totals)
        return power((at - self.income) / at, exponent)

    def index(self, totals: Totals) -> Linearised:
        """Return their mean; no one at the line has a gap, in any convention."""
        return mean.on(
            totals, only_where(self.line.compared(totals, "<"), self._raised(totals, self.order))
        )

    def with_line_error(self, totals: Totals, estimate: Linearised) -> Linearised:
        """Return the mean with the line's error; at a kink, by the larger variance."""
        line, order = self.line, self.order
        below = above = with_line_error(estimate, self._slope(totals, "<"), line)
        if order == 1:
            above = with_line_error(estimate, self._slope(totals, "<="), line)
        if order > 1 or line.convention.name == "convey":
            return above
        remarks = line.met(totals)
        if not remarks["on the line"].any():
            return below

        def larger(point: Floats, spread: Precision) -> Bounds:
            error = spread.std_error
            if order == 1 and not spread.replicated and spread.error_of is not None:
                error = np.fmax(error, spread.error_of(totals, above))
            return replace(
                _not_below_zero(point, replace(spread, std_error=error)), std_error=error
            )

        return replace(below, interval=larger, remarks=remarks)

    def _slope(self, totals: Totals, how: Literal["<", "<="]) -> Floats:
        """Return the derivative of their mean by an estimated line."""
        steeper = self.income
        if self.order != 1:
            steeper = self._raised(totals, self.order - 1.0) * steeper
        mean_of = mean.on(totals, only_where(self.line.compared(totals, how), steeper)).point
        return mean_of * self.order / self.line.level(totals) ** 2
