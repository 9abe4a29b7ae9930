"""Ratios of two medians: incomes of one group against all others, pensions against the earnings they replace.

The median q of a group of N_g people has the linearised variable (Deville 1999; Osier 2009)

    z_i(q) = -1[i in group] (1[y_i <= q] - 1/2) / (N_g f_g(q))

with f_g the density of its incomes by a normal kernel, and a ratio R = q_1 / q_2 has z(R) = (z(q_1) - R z(q_2)) / q_2.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from diplab.estimators.conventions import convention_named
from diplab.estimators.density import bandwidth, density
from diplab.estimators.options import ConventionName
from diplab.estimators.statistic import Linearised, statistic
from diplab.sampling.condition import holding
from diplab.sampling.expression import ONE, Apply, Expression
from diplab.sampling.row_functions import only_where
from diplab.sampling.totals import Totals

__all__ = ["aggregate_replacement_ratio", "relative_median_income_ratio"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class _Group:
    """Those for whom a condition holds, and what of theirs has a median."""

    condition: Expression
    y: Expression
    rule: str

    def median(self, totals: Totals) -> Floats:
        return totals.within(self.condition).quantile(self.y, 0.5, self.rule)

    def variable(self, totals: Totals, width: Floats | None) -> Expression:
        part = totals.within(self.condition)
        (people,) = part(ONE)
        middle = self.median(totals)
        with np.errstate(divide="ignore", invalid="ignore"):
            steep = -1.0 / (people * density(part, self.y, middle, width=width))
        return only_where(self.condition, (self.y <= middle) - 0.5) * steep


def _ratio(totals: Totals, above: _Group, below: _Group, width: Floats | None) -> Linearised:
    """Return the median of one group over that of another; undefined where that is not above zero."""

    def varied(others: Totals) -> Floats:
        under = below.median(others)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(under > 0, above.median(others) / under, np.nan)

    point = varied(totals)
    with np.errstate(divide="ignore", invalid="ignore"):
        variable = (above.variable(totals, width) - below.variable(totals, width) * point) * (
            1.0 / below.median(totals)
        )
    return Linearised(point, variable, replicated=varied, steps=True)


@statistic(kind="index")
def relative_median_income_ratio(
    totals: Totals, income: Expression, condition: Expression, *, convention: ConventionName = "eurostat"
) -> Linearised:
    """Relative median income ratio: the median income of a group over that of all others.

    Parameters
    ----------
    income : str
        Equivalised income, one value a person.
    condition : str
        Who is in the group: `"age >= 65"` for Eurostat's ratio of older people to the others.
    convention : {"eurostat", "convey", "vardpoor"}
        How the median is read where half is reached exactly; `vardpoor` takes the bandwidth of both densities from
        everybody's incomes, the two others from those of each group.

    Returns
    -------
    Statistic
        Point R = q_1 / q_2; linearised variable as in the module's text. Undefined where a group is empty or the
        median of the others is not above zero; without a standard error where all incomes of a group are equal.
        Replicates by the bootstrap or balanced half-samples follow a median, those of a jackknife do not.

    Raises
    ------
    OptionError
        Where the convention is none.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"age": [30, 40, 50, 70, 80, 90], "income": [10.0, 20.0, 30.0, 8.0, 16.0, 40.0]})
    >>> ratio = dl.relative_median_income_ratio("income", "age >= 65")
    >>> dl.estimate(dl.declare_design(people), ratio).frame["estimate"].item()
    0.8
    """
    school = convention_named(convention)
    inside = holding(condition)
    width = bandwidth(totals.universe, income) if school.bandwidth_of == "universe" else None
    return _ratio(
        totals,
        _Group(inside, income, school.rule),
        _Group(Apply("not", (inside,)), income, school.rule),
        width,
    )


def _of_each_group(arguments: tuple[Expression, ...]) -> tuple[Expression, ...]:
    """Return what a row must have: whether it is in either group, and the amount of the group that it is in."""
    pension, retired, earnings, working = arguments
    return only_where(holding(retired), pension), only_where(holding(working), earnings)


@statistic(kind="index", needs=_of_each_group)
def aggregate_replacement_ratio(
    totals: Totals,
    pension: Expression,
    retired: Expression,
    earnings: Expression,
    working: Expression,
    *,
    convention: ConventionName = "eurostat",
) -> Linearised:
    """Aggregate replacement ratio: the median pension of the retired over the median earnings of those at work.

    Parameters
    ----------
    pension, earnings : str
        Individual gross pensions and earnings; each is read in its own group, so that a worker without a pension and
        a pensioner without earnings are no missing answers.
    retired, working : str
        Who is in each group: for Eurostat, pensioners aged 65 to 74 and workers aged 50 to 59
        (`"age >= 65 and age <= 74 and pension > 0"`). Nobody in either counts for nothing.
    convention : {"eurostat", "convey", "vardpoor"}
        How the median is read where half is reached exactly.

    Returns
    -------
    Statistic
        Point R = q_1 / q_2; linearised variable as in the module's text, with the bandwidth of each group. `n` counts
        the respondents of the two groups. Undefined where a group is empty or the median of earnings is not above
        zero.

    Raises
    ------
    OptionError
        Where the convention is none.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame(
    ...     {"age": [52, 55, 58, 66, 70, 74], "pay": [20.0, 30.0, 40.0, None, None, None],
    ...      "pension": [None, None, None, 9.0, 15.0, 30.0]}
    ... )
    >>> ratio = dl.aggregate_replacement_ratio("pension", "age >= 65", "pay", "age < 60")
    >>> dl.estimate(dl.declare_design(people), ratio).frame[["estimate", "n"]].values.tolist()
    [[0.5, 6.0]]
    """
    rule = convention_named(convention).rule
    old, busy = holding(retired), holding(working)
    found = _ratio(totals, _Group(old, pension, rule), _Group(busy, earnings, rule), None)
    either = totals.within(Apply("or", (old, busy)))
    return replace(found, counted=either.n)
