"""Shares of quantile groups: how much of all income each fifth or tenth of people has.

Groups are cut as the Lorenz curve is (`diplab.estimators.lorenz`): the share of a group is the rise of that curve over
it, its linearised variable the difference of those of the curve, and the shares sum to one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from diplab.errors import OptionError
from diplab.estimators.conventions import convention_named
from diplab.estimators.index_interval import index_interval
from diplab.estimators.lorenz import poorest
from diplab.estimators.nonpositive import incomes_under
from diplab.estimators.options import ConventionName, LogitInterval, NonpositiveRule
from diplab.estimators.statistic import Linearised, statistic
from diplab.sampling.expression import Expression
from diplab.sampling.totals import Totals

if TYPE_CHECKING:
    from collections.abc import Mapping


__all__ = ["quantile_shares"]

Floats = NDArray[np.float64]
MOST_GROUPS = 1000


@dataclass(frozen=True)
class Group:
    """One quantile group, and of how many."""

    place: int
    groups: int

    def __str__(self) -> str:
        # as a rule of the result
        return str(self.groups)


Groups: TypeAlias = int | Group


def _each_group(options: Mapping[str, Any]) -> list[tuple[object, Mapping[str, Any]]]:
    """Return one row a group: its number as category, and its options."""
    groups = options["groups"]
    whole = isinstance(groups, int | np.integer) and not isinstance(groups, bool)
    if not whole or not 2 <= groups <= MOST_GROUPS:
        raise OptionError(
            f"Shares of {groups!r} groups were asked for.",
            f"Quantile groups are a whole number from 2 to {MOST_GROUPS}.",
            "Write for example `groups=10` for tenths.",
        )
    return [(place, {**options, "groups": Group(place, int(groups))}) for place in range(1, groups + 1)]


@statistic(kind="share", category="group", rows_of=_each_group)
def quantile_shares(
    totals: Totals,
    income: Expression,
    *,
    groups: Groups = 5,
    convention: ConventionName = "eurostat",
    nonpositive: NonpositiveRule = "keep",
    interval: LogitInterval = "logit",
) -> Linearised:
    """Share of all income that each quantile group has, from the poorest to the richest.

    Parameters
    ----------
    income : str
        Equivalised income, one value a person.
    groups : int
        5 for fifths, 10 for tenths; in results the number of the group is the `category` of the row.
    convention : {"eurostat", "convey", "vardpoor"}
        `eurostat` cuts people at a quantile exactly, so that every group has as many; the others count everybody at or
        below it, as their Lorenz curves do.
    nonpositive : {"keep", "fail", "zero", "drop"}
        What is done with incomes at or below zero: with negative ones kept, a share may be below zero.
    interval : {"logit", "wald"}
        On the log-odds, so that it stays between 0 and 1; or symmetric, as R's convey.

    Returns
    -------
    Statistic
        Point L(k / g) - L((k - 1) / g), with L the Lorenz curve of the convention: the shares sum to one. Linearised
        variable the difference of those of L (Beach and Davidson 1983).

    Raises
    ------
    OptionError
        Where `groups` is not a whole number of two or more, or an option not one of its words.
    MisleadingError
        Where `nonpositive="fail"` and an income is at or below zero.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> sample = dl.declare_design(pd.DataFrame({"income": [10.0, 20.0, 30.0, 40.0]}))
    >>> dl.estimate(sample, dl.quantile_shares("income", groups=2)).frame["estimate"].tolist()
    [0.3, 0.7]
    """
    group = groups if isinstance(groups, Group) else Group(groups, groups)
    whole = convention_named(convention).name != "eurostat"
    taken = incomes_under(totals, income, nonpositive, index="quantile_shares", needs="any")
    y = taken.income
    edges = (group.place - 1) / group.groups, group.place / group.groups

    def between(others: Totals) -> tuple[Floats, Floats, Expression]:
        inside = taken.of(others)
        lower, upper = (poorest(inside, y, edge, whole=whole) for edge in edges)
        (everything,) = inside(y)
        with np.errstate(divide="ignore", invalid="ignore"):
            everything = np.where(everything > 0, everything, np.nan)
            return (upper.total - lower.total) / everything, everything, upper.variable - lower.variable

    point, everything, variable = between(totals)
    return Linearised(
        point,
        taken.carried(totals, (variable - y * point) / everything),
        interval=index_interval(interval, "quantile_shares", "logit"),
        replicated=lambda others: between(others)[0],
        assumptions=taken.assumptions,
    )
