"""The Zenga index: one less the mean ratio of the mean income of those below to that of those above.

At each share of people the mean income of all below is compared with the mean income of all above (Zenga 2007). With
q the mid-rank of a person (those below and half of those at the same income, over N), L the incomes cumulated in the
same way over Y, and e = L - q:

    Z = sum (w / N) (-e) / (q (1 - L)) = 1 - sum (w / N) ((1 - q) L) / (q (1 - L))

People of one income stand together, so that neither the scale of the weights nor splitting a row changes the index. It
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

from diplab.estimators.conventions import convention_named
from diplab.estimators.index_interval import index_interval
from diplab.estimators.nonpositive import incomes_under
from diplab.estimators.options import ConventionName, LogitInterval, NonpositiveRule
from diplab.estimators.statistic import Linearised, statistic
from diplab.reference.text import Text
from diplab.sampling.expression import ONE, Expression
from diplab.sampling.totals import Totals

__all__ = ["zenga"]

Floats = NDArray[np.float64]

_ROUNDING = 1e-15

_NOT_BY_ROW = Text(
    "Indice de Zenga\u00a0: le même dans toutes les définitions\u202f; le logiciel convey, qui cumule les poids ligne "
    "par ligne dans l’ordre du fichier, s’en écarte un peu.",
    "Zenga index: the same in all definitions; the convey software, which cumulates weights row by row in the order of "
    "the file, is a little off.",
)


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
    income : str
        Equivalised income, one value a person.
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

    Raises
    ------
    OptionError
        Where an option is not one of its words.
    MisleadingError
        Where an income is below zero, or is refused by the rule.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> sample = dl.declare_design(pd.DataFrame({"income": [1.0, 3.0]}))
    >>> round(dl.estimate(sample, dl.zenga("income")).frame["estimate"].item(), 6)
    0.507937
    """
    by_row = convention_named(convention).name != "eurostat"
    taken = incomes_under(totals, income, nonpositive, index="zenga", needs="non-negative")
    inside, y = taken.of(totals), taken.income
    people, sum_y = inside(ONE, y)
    with np.errstate(divide="ignore", invalid="ignore"):
        # where all incomes together are not positive there is no index
        centre = np.where(sum_y > 0, sum_y / people, np.nan)
    apart = (y - centre) / centre

    def point(others: Totals) -> Floats:
        own = taken.of(others)
        return own(_cut(own, y, apart)[2])[0] / own(ONE)[0]

    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.where(sum_y > 0, point(totals), np.nan)
        # what is left of rounding in equal incomes is not inequality
        found = np.where(np.abs(found) < _ROUNDING, 0.0, found)
        variable = _variable(inside, y, apart, found)
    return Linearised(
        found,
        taken.carried(totals, variable),
        interval=index_interval(interval, "zenga", "logit"),
        replicated=point,
        assumptions=(*taken.assumptions, *((_NOT_BY_ROW,) if by_row else ())),
    )


def _cut(totals: Totals, y: Expression, apart: Expression) -> tuple[Expression, Expression, Expression]:
    """Return the mid-rank q of each person, what the incomes below lag behind it, and the gap of the two means.

    Incomes are counted from a fixed mean m as v = (y - m) / m: with V their total, those below are q N + V(below).
    """
    people, whole = totals(ONE, apart)
    with np.errstate(divide="ignore", invalid="ignore"):
        rank = totals.on_rows(totals.halfway(y) * (1.0 / people))
        below = totals.halfway(y, apart) * (1.0 / people)
        share = 1.0 + whole / people
        lag = totals.on_rows((below - rank * (whole / people)) / share)
    # nobody has q = 0 or L = 1 but those who count nothing
    gap = totals.on_rows(-lag / (rank * ((1.0 - rank) - lag)))
    return rank, lag, gap


def _variable(totals: Totals, y: Expression, apart: Expression, index: Floats) -> Expression:
    """Return the derivative of the index by the weight of each person."""
    (people,) = totals(ONE)
    rank, lag, gap = _cut(totals, y, apart)
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
    return (level + apart * slope) * (1.0 / people)
