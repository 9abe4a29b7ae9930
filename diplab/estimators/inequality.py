"""Inequality by ranks (Gini, Zenga) and by distances to the mean. See docs/formulas.md."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from diplab.checks import check_number
from diplab.estimators.income_rules import (
    ConventionName,
    LogInterval,
    LogitInterval,
    NonpositiveRule,
    incomes_under,
)
from diplab.estimators.measurement import WORDS
from diplab.estimators.statistic import Linearised, statistic
from diplab.kernel.arrays import Floats
from diplab.reference.text import Text
from diplab.sampling.expression import (
    ONE,
    Apply,
    ColumnOrExpression,
    Expression,
    log,
    only_where,
    power,
)
from diplab.sampling.totals import Totals

_ROUNDING = 1e-15
_GAP = 1e-3


@statistic(kind="index", bands="gini")
def gini(
    totals: Totals,
    income: ColumnOrExpression,
    *,
    convention: ConventionName = "eurostat",
    nonpositive: NonpositiveRule = "keep",
    interval: LogitInterval = "logit",
) -> Linearised:
    """Gini index of income inequality, from 0 (all equal) to 1 (one person has everything).

    Parameters
    ----------
    convention : {"eurostat", "convey", "vardpoor"}
        `eurostat` (also R's laeken) treats people with the same income together, so that the index
        depends neither on the scale of the weights nor on how rows are split. `convey` and
        `vardpoor` cumulate weights row by row and subtract one: the index changes with the scale of
        the weights, and equal incomes give (sum w^2 - N) / N^2 instead of 0, which the result
        reports if it exceeds 0.001.
    nonpositive : {"keep", "fail", "zero", "drop"}
        Treatment of incomes at or below zero: kept as they are (with negative incomes the index may
        exceed one, and has no value where all incomes together are not positive), refused, negative
        ones counted as zero, or these people left out.

    Returns
    -------
    Statistic
        Point sum(w y (A + B)) / (N Y) - 1, with A and B the weights at or below, and below, each
        income; linearised variable as in `docs/formulas.md` (Deville 1999; Osier 2009). `convey`
        and `vardpoor` add (sum(w^2 y) - Y) / (N Y) to the point, and to the variable its
        derivative.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> sample = dl.declare_design(pd.DataFrame({"income": [0.0, 0.0, 0.0, 100.0]}))
    >>> dl.estimate(sample, dl.gini("income")).frame["estimate"].item()
    0.75
    """
    by_row = convention != "eurostat"
    taken = incomes_under(totals, income, nonpositive, index="gini", needs="any")
    inside, y = taken.of(totals), taken.income
    people, sum_y = inside(ONE, y)
    from_mean = y - sum_y / people

    def point(others: Totals) -> Floats:
        counted = taken.of(others)
        gini_index = _covariance_with_ranks(counted, y, from_mean)
        if by_row:
            gini_index = gini_index + _by_row_excess(counted, y)
        return gini_index

    index = _covariance_with_ranks(inside, y, from_mean)
    beneath = inside.halfway(y, from_mean) * (2.0 / people)
    variable = (from_mean * (_rank(inside, y) - index) - beneath) / sum_y - 2 * index / people
    notes: tuple[Text, ...] = ()
    if by_row:
        more = _by_row_excess(inside, y)
        row = y * (inside.weight * 2.0 - 1.0) / people / sum_y
        variable = variable + row - y * more / sum_y - more / people
        notes = _equal_incomes(inside, people)
    return taken.linearised(totals, point(totals), variable, point, interval=interval, notes=notes)


def _by_row_excess(totals: Totals, y: Expression) -> Floats:
    """Return what cumulating weights row by row and taking one off adds to the index."""
    people, sum_y, squared = totals(ONE, y, totals.weight * y)
    return np.where(sum_y > 0, (squared / sum_y - 1) / people, np.nan)


def _rank(totals: Totals, y: Expression) -> Expression:
    """Return the mid-rank of each person, from -1 to 1."""
    (people,) = totals(ONE)
    return totals.halfway(y) * (2.0 / people) - 1.0


def _covariance_with_ranks(totals: Totals, y: Expression, from_mean: Expression) -> Floats:
    """Return the index of people of one income together."""
    across, sum_y = totals(_rank(totals, y) * from_mean, y)
    value = np.where(sum_y > 0, across / sum_y, np.nan)
    # what is left of rounding in equal incomes is not inequality
    return np.where(np.abs(value) < _ROUNDING, 0.0, value)


def _equal_incomes(totals: Totals, people: Floats) -> tuple[Text, ...]:
    """Return the by-row index at equal incomes, where that is far from zero."""
    (squared,) = totals(totals.weight)
    gap = np.nanmax(np.append(np.abs(squared / people - 1) / people, 0.0))
    if not gap > _GAP:
        return ()
    index = f"{gap:.3f}"
    return (WORDS("index.gini_of_equal_incomes", index=Text(index.replace(".", ","), index)),)


@statistic(kind="index")
def zenga(
    totals: Totals,
    income: ColumnOrExpression,
    *,
    convention: ConventionName = "eurostat",
    nonpositive: NonpositiveRule = "keep",
    interval: LogitInterval = "logit",
) -> Linearised:
    """Zenga index: the gap between the poorer and the richer part, averaged over all cuts.

    Parameters
    ----------
    convention : {"eurostat", "convey", "vardpoor"}
        The same index in all three. R's convey, the only one to have it, cumulates weights row by
        row in file order, ties included, so that its index depends on the order of rows; the
        difference vanishes as the number of rows grows. The result reports it.
    nonpositive : {"keep", "fail", "zero", "drop"}
        Treatment of incomes at or below zero: zeros kept and negative ones refused; both refused;
        negative ones counted as zero; or these people left out.

    Returns
    -------
    Statistic
        Point and linearised variable as in `docs/formulas.md` (Zenga 2007; Langel and Tillé 2012),
        from 0 (the same income for all) to 1.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> sample = dl.declare_design(pd.DataFrame({"income": [1.0, 3.0]}))
    >>> round(dl.estimate(sample, dl.zenga("income")).frame["estimate"].item(), 6)
    0.507937
    """
    by_row = convention != "eurostat"
    taken = incomes_under(totals, income, nonpositive, index="zenga", needs="non-negative")
    inside, y = taken.of(totals), taken.income
    people, sum_y = inside(ONE, y)
    # where all incomes together are not positive there is no index
    centre = np.where(sum_y > 0, sum_y / people, np.nan)
    deviation = (y - centre) / centre

    def point(others: Totals) -> Floats:
        own = taken.of(others)
        return own(_cut(own, y, deviation)[2])[0] / own(ONE)[0]

    value = np.where(sum_y > 0, point(totals), np.nan)
    # what is left of rounding in equal incomes is not inequality
    value = np.where(np.abs(value) < _ROUNDING, 0.0, value)
    variable = _zenga_variable(inside, y, deviation, value)
    notes = (WORDS("index.zenga_not_by_row"),) if by_row else ()
    return taken.linearised(totals, value, variable, point, interval=interval, notes=notes)


def _cut(
    totals: Totals, y: Expression, deviation: Expression
) -> tuple[Expression, Expression, Expression]:
    """Return each person's mid-rank q, the shortfall of incomes below, and the gap of the means."""
    # incomes are counted from a fixed mean m as v = (y - m) / m: with V their total, those below
    # are q N + V(below)
    people, sum_deviation = totals(ONE, deviation)
    rank = totals.on_rows(totals.halfway(y) * (1.0 / people))
    below = totals.halfway(y, deviation) * (1.0 / people)
    share = 1.0 + sum_deviation / people
    lag = totals.on_rows((below - rank * (sum_deviation / people)) / share)
    # only people of weight zero have q = 0 or L = 1
    gap = totals.on_rows(-lag / (rank * ((1.0 - rank) - lag)))
    return rank, lag, gap


def _zenga_variable(
    totals: Totals, y: Expression, deviation: Expression, index: Floats
) -> Expression:
    """Return the derivative of the index by the weight of each person."""
    (people,) = totals(ONE)
    rank, lag, gap = _cut(totals, y, deviation)
    rest = 1.0 - rank
    above = totals.on_rows(rest - lag)
    across = totals.on_rows(rank * above * above)
    a = totals.on_rows(lag * (rest - rank - lag) / (across * rank))
    b = totals.on_rows(-rest / across)
    c = totals.on_rows((rank + lag) * lag / across)
    d = totals.on_rows(rest * (rank + lag) / across)
    sum_a, sum_b, sum_c, sum_d = totals(a, b, c, d)
    level = gap - totals.halfway(y, a) * (1.0 / people) + ((sum_a + sum_c) / people - index)
    slope = (sum_b + sum_d) / people - totals.halfway(y, b) * (1.0 / people)
    return (level + deviation * slope) * (1.0 / people)


_ROUNDING_OF_ENTROPY = 1e-30


@statistic(kind="index", parts="entropy")
def theil(
    totals: Totals,
    income: ColumnOrExpression,
    *,
    convention: ConventionName = "eurostat",
    nonpositive: NonpositiveRule = "fail",
    interval: LogInterval = "log",
) -> Linearised:
    """Theil index: inequality of incomes that splits exactly into between groups and within groups.

    Parameters
    ----------
    convention : {"eurostat", "convey", "vardpoor"}
        The same index in all three: only `convey` has it, with this point and linearised variable.
    nonpositive : {"fail", "keep", "zero", "drop"}
        Treatment of incomes at or below zero: refused; zeros kept, which add nothing, and negative
        ones refused; negative ones counted as zero; or these people left out.

    Returns
    -------
    Statistic
        Point sum(w (y/m) ln(y/m)) / N; linearised variable as in `docs/formulas.md` (Theil 1967;
        Osier 2009).

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> sample = dl.declare_design(pd.DataFrame({"income": [10.0, 10.0, 40.0]}))
    >>> round(dl.estimate(sample, dl.theil("income")).frame["estimate"].item(), 6)
    0.231049
    """
    return _entropy(totals, income, 1.0, nonpositive, "theil", interval)


@statistic(kind="index", parts="entropy", label_options=("alpha",), category="α")
def generalised_entropy(
    totals: Totals,
    income: ColumnOrExpression,
    alpha: float,
    *,
    convention: ConventionName = "eurostat",
    nonpositive: NonpositiveRule = "fail",
    interval: LogInterval = "log",
) -> Linearised:
    """Generalised entropy index of inequality, more sensitive to the top for a larger `alpha`.

    Parameters
    ----------
    alpha : float
        0 for the mean logarithmic deviation, 1 for Theil's index, 2 for half the squared
        coefficient of variation; in results the `category` of the row.
    nonpositive : {"fail", "keep", "zero", "drop"}
        As for `theil`. Where `alpha` is at or below zero an income of zero has no value.

    Returns
    -------
    Statistic
        Point (mean(y^a) / mean(y)^a - 1) / (a (a - 1)) and its limits; linearised variable as in
        `docs/formulas.md` (Shorrocks 1980; Biewen and Jenkins 2006). From 1 on, and more so at 2,
        the index of very skewed incomes depends on a few of the largest, and its interval is too
        short; the result then carries a warning.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> sample = dl.declare_design(pd.DataFrame({"income": [10.0, 30.0]}))
    >>> dl.estimate(sample, dl.generalised_entropy("income", 2)).frame["estimate"].item()
    0.125
    """
    order = check_number("alpha", alpha, example=0.5)
    return _entropy(totals, income, order, nonpositive, "generalised_entropy", interval)


@statistic(kind="index", label_options=("epsilon",), category="ε")
def atkinson(
    totals: Totals,
    income: ColumnOrExpression,
    epsilon: float,
    *,
    convention: ConventionName = "eurostat",
    nonpositive: NonpositiveRule = "fail",
    interval: LogitInterval = "logit",
) -> Linearised:
    """Atkinson index: the share of income that could be given up for equality, at equal welfare.

    Parameters
    ----------
    epsilon : float
        Aversion to inequality, above zero (0.5 and 1 are common); in results the `category` of the
        row.
    nonpositive : {"fail", "keep", "zero", "drop"}
        As for `theil`. Where `epsilon` is one or more an income of zero has no value.

    Returns
    -------
    Statistic
        Point 1 - mean(y^(1-e))^(1/(1-e)) / mean(y), and 1 - exp(mean ln y) / mean(y) at 1;
        linearised variable as in `docs/formulas.md` (Atkinson 1970; Biewen and Jenkins 2006).

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> sample = dl.declare_design(pd.DataFrame({"income": [1.0, 4.0]}))
    >>> round(dl.estimate(sample, dl.atkinson("income", 1)).frame["estimate"].item(), 6)
    0.2
    """
    aversion = check_number("epsilon", epsilon, above=0, example=0.5)
    alpha = 1 - aversion

    def carried(entropy: Floats) -> tuple[Floats, Floats]:
        """Return the index, and its derivative by the entropy."""
        if alpha == 0:
            return -np.expm1(-entropy), np.exp(-entropy)
        logged = np.log1p(alpha * (alpha - 1) * entropy)
        return -np.expm1(logged / alpha), aversion * np.exp(logged * (1 / alpha - 1))

    return _entropy(totals, income, alpha, nonpositive, "atkinson", interval, carried)


def _entropy(
    totals: Totals,
    income: Expression,
    alpha: float,
    nonpositive: str,
    index: str,
    interval: str,
    carried: Callable[[Floats], tuple[Floats, Floats]] = lambda entropy: (
        entropy,
        np.ones_like(entropy),
    ),
) -> Linearised:
    """Return generalised entropy, or what another index makes of it."""
    needs: Any = "non-negative" if alpha > 0 else "positive"
    taken = incomes_under(totals, income, nonpositive, index=index, needs=needs)
    inside = taken.of(totals)
    people, sum_y = inside(ONE, taken.income)
    # where all incomes together are not positive there is no index
    mean = np.where(sum_y > 0, sum_y / people, np.nan)
    people = np.where(sum_y > 0, people, np.nan)
    deviation = inside.on_rows((taken.income - mean) / mean)
    distance = inside.on_rows(_phi(deviation, taken.income / mean, alpha))

    def entropy(others: Totals) -> Floats:
        """Return the entropy around the mean of these weights, from distances to a fixed one."""
        everybody, moved, sum_distance = taken.of(others)(ONE, deviation, distance)
        off = moved / everybody
        value = (sum_distance / everybody - divergence(off, alpha)) / (1 + off) ** alpha
        # what is left of rounding in equal incomes is not inequality
        return np.where(np.abs(value) < _ROUNDING_OF_ENTROPY, 0.0, value)

    value = np.where(np.isnan(people), np.nan, entropy(totals))
    point, slope = carried(value)
    own = distance - value - deviation * (alpha * value)
    few = effective_size_warning(inside, own)

    def again(others: Totals) -> Floats:
        return carried(entropy(others))[0]

    return taken.linearised(
        totals, point, own * (slope / people), again, interval=interval, notes=few
    )


_TERMS = 11


def near_one(alpha: float) -> float:
    """Return how far from one the series is still exact to rounding."""
    return 0.03 / max(1.0, abs(alpha - 2) / 3)


def series(alpha: float) -> tuple[float, ...]:
    """Return the coefficients, by increasing power of u - 1, of phi over (u - 1)^2."""
    result = [0.5]
    for order in range(_TERMS - 1):
        result.append(result[-1] * (alpha - 2 - order) / (order + 3) + 0.0)
    return tuple(result)


def divergence(apart: Floats, alpha: float) -> Floats:
    """Return phi of 1 + `apart`; NaN where it has no value."""
    near = np.polynomial.polynomial.polyval(apart, series(alpha)) * apart**2
    ratio = 1.0 + apart
    with np.errstate(all="ignore"):
        if alpha == 1:
            far = np.where(ratio == 0, 0.0, ratio * np.log(ratio)) - apart
        elif alpha == 0:
            far = apart - np.log(ratio)
        else:
            far = (ratio**alpha - 1.0 - alpha * apart) / (alpha * (alpha - 1))
        far = np.where(np.isfinite(far), far, np.nan)
    return np.where(np.abs(apart) < near_one(alpha), near, far)


def _phi(deviation: Expression, ratio: Expression, alpha: float) -> Expression:
    """Return phi of a ratio on the rows, as `divergence` does on an array."""
    # `apart` is the ratio less one: that of incomes close to the mean, and the ratio of those far
    # below it, keep their digits only so
    reach = near_one(alpha)
    near = (deviation > -reach) & (deviation < reach)
    *lower, last = series(alpha)
    polynomial = deviation * last
    for coefficient in reversed(lower[1:]):
        polynomial = deviation * (polynomial + coefficient)
    close = deviation * deviation * (polynomial + lower[0])
    if alpha == 1:
        far = only_where(ratio > 0.0, ratio * log(ratio)) - deviation
    elif alpha == 0:
        far = deviation - log(ratio)
    else:
        far = (power(ratio, alpha) - deviation * alpha - 1.0) * (1 / (alpha * (alpha - 1)))
    return only_where(near, close) + only_where(Apply("not", (near,)), far)


# below this equivalent, intervals of 95 % were seen to hold the true value in 93 % of samples or
# less
_FEW = 10.0
# and below this share of respondents: if they are few, their number is a warning already
_FEW_OF_ALL = 0.1


def effective_size_warning(totals: Totals, variable: Expression) -> tuple[Text, ...]:
    """Return a warning if few respondents carry the sampling error, with the minimum."""
    second, fourth = totals(
        totals.weight * power(variable, 2.0), power(totals.weight, 3.0) * power(variable, 4.0)
    )
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        equivalent: Floats = second**2 / fourth
        few = (equivalent < _FEW) & (equivalent < _FEW_OF_ALL * totals.n)
    if not few.any():
        return ()
    return (WORDS("index.few_respondents", count=max(round(float(equivalent[few].min())), 1)),)
