"""Indices of inequality by ranks: Gini and Zenga.

With F the mid-rank of each person (the weight of those below, and half of those at the same income, over N) and m the
mean income, the index is twice the covariance of incomes and ranks over the mean:

    G = sum w (y - m) (2 F - 1) / Y

which is (sum w y (at or below + below)) / (N Y) - 1, with people of one income together: splitting a row or
multiplying all weights changes nothing. Its derivative by the weight of a person (Deville 1999; Osier 2009) is

    z = [(y - m) (2 F - 1) - D / N - G (y - m)] / Y - 2 G / N

with D the total of y - m over those below, plus that over those at or below. Incomes are taken from their mean so that
a large one does not drown a small spread.

The Zenga index is one less the mean ratio of the mean income of those below to that of those above.
At each share of people the mean income of all below is compared with the mean income of all above (Zenga 2007). With
q the mid-rank of a person (those below and half of those at the same income, over N), L the incomes cumulated in the
same way over Y, and e = L - q:

    Z = sum (w / N) (-e) / (q (1 - L)) = 1 - sum (w / N) ((1 - q) L) / (q (1 - L))

People of one income count together, so that neither the scale of the weights nor splitting a row changes the index. It
estimates the integral that Langel and Tillé (2012) and Barabesi, Diana and Perri (2016) estimate with other partial
sums. The derivative by the weight of a person is taken through both nested totals (Demnati and Rao 2004, as Langel and
Tillé do), with v = (y - m) / m:

    N z = -e / (q (1 - L)) - Z + above(a) + v above(b) + mean(c) + v mean(d)
    a = e (1 - 2 q - e) / (q^2 (1 - L)^2)     b = -(1 - q) / (q (1 - L)^2)
    c = L e / (q (1 - L)^2)                   d = (1 - q) L / (q (1 - L)^2)

where above(a) is the mean over everybody of a counted above one's own income, and half at it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from diplab.estimators.income_rules import (
    INDEX_INTERVALS,
    ConventionName,
    LogitInterval,
    NonpositiveRule,
    incomes_under,
)
from diplab.estimators.statistic import Linearised, statistic
from diplab.reference.text import Text
from diplab.reference.words import Words
from diplab.sampling.expression import ONE, Expression
from diplab.sampling.totals import Totals

__all__ = ["gini", "zenga"]

WORDS = Words("diplab.estimators")

Floats = NDArray[np.float64]
_ROUNDING = 1e-15
_GAP = 1e-3


@statistic(kind="index", of_bands=True)
def gini(
    totals: Totals,
    income: Expression,
    *,
    convention: ConventionName = "eurostat",
    nonpositive: NonpositiveRule = "keep",
    interval: LogitInterval = "logit",
) -> Linearised:
    """Gini index: inequality of incomes, from 0 (the same for all) to 1 (everything for one person).

    Parameters
    ----------
    convention : {"eurostat", "convey", "vardpoor"}
        `eurostat` (also R's laeken) treats people of one income together, so that neither the scale of the weights nor
        splitting a row changes it. `convey` and `vardpoor` cumulate weights row by row and take one off: the index
        changes with the scale of the weights, and equal incomes give (sum w^2 - N) / N^2 in the place of 0; where that
        is more than 0.001 the result says so.
    nonpositive : {"keep", "fail", "zero", "drop"}
        What is done with incomes at or below zero: kept as they are (with negative incomes the index may exceed one,
        and has no value where all incomes together are not positive), refused, negative ones counted as zero, or these
        people left out.
    interval : {"logit", "wald"}
        On the log-odds, so that it stays between 0 and 1; or symmetric, as R's convey.

    Returns
    -------
    Statistic
        Point sum(w y (A + B)) / (N Y) - 1, with A and B the weights at or below, and below, each income; linearised
        variable as in the module's text (Deville 1999; Osier 2009). `convey` and `vardpoor` add
        (sum(w^2 y) - Y) / (N Y) to the point, and to the variable its derivative.

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
    with np.errstate(divide="ignore", invalid="ignore"):
        from_mean = y - sum_y / people

    def point(others: Totals) -> Floats:
        own = taken.of(others)
        together = _covariance_with_ranks(own, y, from_mean)
        return together + _by_row_excess(own, y) if by_row else together

    index = _covariance_with_ranks(inside, y, from_mean)
    with np.errstate(divide="ignore", invalid="ignore"):
        beneath = inside.halfway(y, from_mean) * (2.0 / people)
        variable = (from_mean * (_rank(inside, y) - index) - beneath) / sum_y - 2 * index / people
        if by_row:
            more = _by_row_excess(inside, y)
            row = y * (inside.weight * 2.0 - 1.0) / people / sum_y
            variable = variable + row - y * more / sum_y - more / people
    warned = _equal_incomes(inside, people) if by_row else ()
    return Linearised(
        point(totals),
        taken.on_everybody(totals, variable),
        interval=INDEX_INTERVALS[interval],
        replicated=point,
        assumptions=(*taken.assumptions, *warned),
    )


def _by_row_excess(totals: Totals, y: Expression) -> Floats:
    """Return what cumulating weights row by row and taking one off adds to the index."""
    people, sum_y, squared = totals(ONE, y, totals.weight * y)
    with np.errstate(divide="ignore", invalid="ignore"):
        value: Floats = np.where(sum_y > 0, (squared / sum_y - 1) / people, np.nan)
    return value


def _rank(totals: Totals, y: Expression) -> Expression:
    """Return the mid-rank of each person, from -1 to 1."""
    (people,) = totals(ONE)
    with np.errstate(divide="ignore", invalid="ignore"):
        return totals.halfway(y) * (2.0 / people) - 1.0


def _covariance_with_ranks(totals: Totals, y: Expression, from_mean: Expression) -> Floats:
    """Return the index of people of one income together."""
    across, sum_y = totals(_rank(totals, y) * from_mean, y)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(sum_y > 0, across / sum_y, np.nan)
    # what is left of rounding in equal incomes is not inequality
    return np.where(np.abs(value) < _ROUNDING, 0.0, value)


def _equal_incomes(totals: Totals, people: Floats) -> tuple[Text, ...]:
    """Return what the index by row would be if all incomes were equal, where that is far from zero."""
    (squared,) = totals(totals.weight)
    with np.errstate(divide="ignore", invalid="ignore"):
        gap = np.nanmax(np.append(np.abs(squared / people - 1) / people, 0.0))
    if not gap > _GAP:
        return ()
    index = f"{gap:.3f}"
    return (WORDS("index.gini_of_equal_incomes", index=Text(index.replace(".", ","), index)),)


@statistic(kind="index")
def zenga(
    totals: Totals,
    income: Expression,
    *,
    convention: ConventionName = "eurostat",
    nonpositive: NonpositiveRule = "keep",
    interval: LogitInterval = "logit",
) -> Linearised:
    """Zenga index: how far the poorer part of a population is behind the richer, on average over all cuts.

    Parameters
    ----------
    convention : {"eurostat", "convey", "vardpoor"}
        One index in all three. R's convey, which alone has it, cumulates weights row by row in the order of the file,
        ties included: its index is not that of the people but of their order, and comes near this one as rows
        are many. The result says so.
    nonpositive : {"keep", "fail", "zero", "drop"}
        What is done with incomes at or below zero: zeros kept and negative ones refused; both refused; negative ones
        counted as zero; or these people left out.
    interval : {"logit", "wald"}
        On the log-odds, so that it stays between 0 and 1; or symmetric, as R's convey.

    Returns
    -------
    Statistic
        Point and linearised variable as in the module's text (Zenga 2007; Langel and Tillé 2012), from 0 (the same
        income for all) to 1.

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
    with np.errstate(divide="ignore", invalid="ignore"):
        # where all incomes together are not positive there is no index
        centre = np.where(sum_y > 0, sum_y / people, np.nan)
    deviation = (y - centre) / centre

    def point(others: Totals) -> Floats:
        own = taken.of(others)
        return own(_cut(own, y, deviation)[2])[0] / own(ONE)[0]

    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(sum_y > 0, point(totals), np.nan)
        # what is left of rounding in equal incomes is not inequality
        value = np.where(np.abs(value) < _ROUNDING, 0.0, value)
        variable = _zenga_variable(inside, y, deviation, value)
    return Linearised(
        value,
        taken.on_everybody(totals, variable),
        interval=INDEX_INTERVALS[interval],
        replicated=point,
        assumptions=(*taken.assumptions, *((WORDS("index.zenga_not_by_row"),) if by_row else ())),
    )


def _cut(totals: Totals, y: Expression, deviation: Expression) -> tuple[Expression, Expression, Expression]:
    """Return the mid-rank q of each person, what the incomes below lag behind it, and the gap of the two means.

    Incomes are counted from a fixed mean m as v = (y - m) / m: with V their total, those below are q N + V(below).
    """
    people, sum_deviation = totals(ONE, deviation)
    with np.errstate(divide="ignore", invalid="ignore"):
        rank = totals.on_rows(totals.halfway(y) * (1.0 / people))
        below = totals.halfway(y, deviation) * (1.0 / people)
        share = 1.0 + sum_deviation / people
        lag = totals.on_rows((below - rank * (sum_deviation / people)) / share)
    # nobody has q = 0 or L = 1 but those who count nothing
    gap = totals.on_rows(-lag / (rank * ((1.0 - rank) - lag)))
    return rank, lag, gap


def _zenga_variable(totals: Totals, y: Expression, deviation: Expression, index: Floats) -> Expression:
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
