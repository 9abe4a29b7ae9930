"""The Gini index: how far incomes are from equal, from 0 (the same for all) to 1 (everything for one person).

With F the mid-rank of each person (the weight of those below, and half of those at the same income, over N) and m the
mean income, the index is twice the covariance of incomes and ranks over the mean:

    G = sum w (y - m) (2 F - 1) / Y

which is (sum w y (at or below + below)) / (N Y) - 1, with people of one income together: splitting a row or
multiplying all weights changes nothing. Its derivative by the weight of a person (Deville 1999; Osier 2009) is

    z = [(y - m) (2 F - 1) - D / N - G (y - m)] / Y - 2 G / N

with D the total of y - m over those below, plus that over those at or below. Incomes are taken from their mean so that
a large one does not drown a small spread.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from diplab.estimators.conventions import convention_named
from diplab.estimators.index_interval import index_interval
from diplab.estimators.nonpositive import incomes_under
from diplab.estimators.options import ConventionName, LogitInterval, NonpositiveRule
from diplab.estimators.statistic import Linearised, statistic
from diplab.reference.text import Text
from diplab.sampling.expression import ONE, Expression
from diplab.sampling.totals import Totals

__all__ = ["gini"]

Floats = NDArray[np.float64]

_ROUNDING = 1e-15
_GAP = 1e-3


@statistic(kind="index")
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
    income : str
        Equivalised income, one value a person.
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

    Raises
    ------
    OptionError
        Where an option is not one of its words.
    MisleadingError
        Where `nonpositive="fail"` and an income is at or below zero.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> sample = dl.declare_design(pd.DataFrame({"income": [0.0, 0.0, 0.0, 100.0]}))
    >>> dl.estimate(sample, dl.gini("income")).frame["estimate"].item()
    0.75
    """
    by_row = convention_named(convention).name != "eurostat"
    taken = incomes_under(totals, income, nonpositive, index="gini", needs="any")
    inside, y = taken.of(totals), taken.income
    people, sum_y = inside(ONE, y)
    with np.errstate(divide="ignore", invalid="ignore"):
        from_mean = y - sum_y / people

    def point(others: Totals) -> Floats:
        own = taken.of(others)
        together = _covariance_with_ranks(own, y, from_mean)
        return together + _added(own, y) if by_row else together

    index = _covariance_with_ranks(inside, y, from_mean)
    with np.errstate(divide="ignore", invalid="ignore"):
        beneath = inside.halfway(y, from_mean) * (2.0 / people)
        variable = (from_mean * (_rank(inside, y) - index) - beneath) / sum_y - 2 * index / people
        if by_row:
            more = _added(inside, y)
            row = y * (inside.weight * 2.0 - 1.0) / people / sum_y
            variable = variable + row - y * more / sum_y - more / people
    warned = _equal_incomes(inside, people) if by_row else ()
    return Linearised(
        point(totals),
        taken.carried(totals, variable),
        interval=index_interval(interval, "gini", "logit"),
        replicated=point,
        assumptions=(*taken.assumptions, *warned),
    )


def _added(totals: Totals, y: Expression) -> Floats:
    """Return what cumulating weights row by row and taking one off adds to the index."""
    people, sum_y, squared = totals(ONE, y, totals.weight * y)
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = np.where(sum_y > 0, (squared / sum_y - 1) / people, np.nan)
    return found


def _rank(totals: Totals, y: Expression) -> Expression:
    """Return the mid-rank of each person, from -1 to 1."""
    (people,) = totals(ONE)
    with np.errstate(divide="ignore", invalid="ignore"):
        return totals.halfway(y) * (2.0 / people) - 1.0


def _covariance_with_ranks(totals: Totals, y: Expression, from_mean: Expression) -> Floats:
    """Return the index of people of one income together."""
    across, sum_y = totals(_rank(totals, y) * from_mean, y)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.where(sum_y > 0, across / sum_y, np.nan)
    # what is left of rounding in equal incomes is not inequality
    return np.where(np.abs(found) < _ROUNDING, 0.0, found)


def _equal_incomes(totals: Totals, people: Floats) -> tuple[Text, ...]:
    """Return what the index by row would be if all incomes were equal, where that is far from zero."""
    (squared,) = totals(totals.weight)
    with np.errstate(divide="ignore", invalid="ignore"):
        gap = np.nanmax(np.append(np.abs(squared / people - 1) / people, 0.0))
    if not gap > _GAP:
        return ()
    said = f"{gap:.3f}"
    return (
        Text(
            "Poids cumulés ligne par ligne\u00a0: des revenus égaux donneraient ici un indice de "
            f"{said.replace('.', ',')} et non de 0.",
            f"Weights cumulated row by row: equal incomes would here give an index of {said} and not of 0.",
        ),
    )
