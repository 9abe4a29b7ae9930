"""Totals, means, ratios and shares: the numbers that most tables are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from diplab.errors import one_of
from diplab.estimators.options import ShareInterval
from diplab.estimators.statistic import Bounds, Linearised, statistic
from diplab.kernel.interval import SHARE_INTERVALS, Spread
from diplab.sampling.expression import ONE, Column, Expression
from diplab.sampling.totals import Totals

if TYPE_CHECKING:
    from collections.abc import Callable

    from diplab.sampling.sample import Sample

__all__ = ["count", "interval_of_share", "mean", "ratio", "share", "total"]


@statistic(kind="amount", is_total=True)
def total(totals: Totals, y: Expression) -> Linearised:
    """Sum of a variable over the population.

    Parameters
    ----------
    y : str
        Column or expression, in its own unit.

    Returns
    -------
    Statistic
        Point sum(w y); linearised variable z = y (Horvitz and Thompson 1952).

    Raises
    ------
    ColumnError, ConditionError
        When it is estimated: where a column does not exist or holds words, or none is read.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> sample = dl.declare_design(pd.DataFrame({"w": [10.0, 20.0], "y": [1.0, 2.0]}), weights="w")
    >>> dl.estimate(sample, dl.total("y")).frame["estimate"].item()
    50.0
    """
    (sum_y,) = totals(y)
    return Linearised(sum_y, y)


@statistic(kind="count", is_total=True)
def count(totals: Totals) -> Linearised:
    """How many people the respondents stand for: the sum of the weights.

    Returns
    -------
    Statistic
        Point sum(w); linearised variable z = 1.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> sample = dl.declare_design(pd.DataFrame({"w": [10.0, 20.0]}), weights="w")
    >>> dl.estimate(sample, dl.count()).frame["estimate"].item()
    30.0
    """
    (people,) = totals(ONE)
    return Linearised(people, ONE)


@statistic(kind="ratio")
def ratio(totals: Totals, numerator: Expression, denominator: Expression) -> Linearised:
    """Sum of one variable divided by the sum of another (pay over hours: the hourly pay of all hours).

    Parameters
    ----------
    numerator, denominator : str
        Columns or expressions; a row counts where both are answered.

    Returns
    -------
    Statistic
        Point R = sum(w y) / sum(w x); linearised variable z = (y - R x) / sum(w x) (Woodruff 1971).

    Raises
    ------
    ColumnError, ConditionError
        When it is estimated: where a column does not exist or holds words, or none is read.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> sample = dl.declare_design(pd.DataFrame({"pay": [10.0, 30.0], "hours": [5.0, 5.0]}))
    >>> dl.estimate(sample, dl.ratio("pay", "hours")).frame["estimate"].item()
    4.0
    """
    num, den = totals(numerator, denominator)
    with np.errstate(divide="ignore", invalid="ignore"):
        point = np.where(den == 0, np.nan, num / den)
        return Linearised(point, (numerator - denominator * point) / den)


@statistic(kind="amount")
def mean(totals: Totals, y: Expression) -> Linearised:
    """Mean of a variable over the population.

    Parameters
    ----------
    y : str
        Column or expression, in its own unit.

    Returns
    -------
    Statistic
        Point sum(w y) / sum(w) (Hájek 1971); linearised variable z = (y - mean) / sum(w).

    Raises
    ------
    ColumnError, ConditionError
        When it is estimated: where a column does not exist or holds words, or none is read.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> sample = dl.declare_design(pd.DataFrame({"w": [1.0, 3.0], "y": [0.0, 4.0]}), weights="w")
    >>> dl.estimate(sample, dl.mean("y")).frame["estimate"].item()
    3.0
    """
    return ratio.on(totals, y, ONE)


def every_category(
    sample: Sample, arguments: tuple[Expression, ...]
) -> list[tuple[object, tuple[Expression, ...]]]:
    """Return one condition a category of a column; a condition stays as it is."""
    (variable,) = arguments
    if not isinstance(variable, Column) or sample.is_boolean(variable.name):
        return [("", arguments)]
    return [(category, (variable.is_(category),)) for (category,) in sample.engine.cells((variable.name,))]


@statistic(kind="share", of_people=True, expansion=every_category)
def share(totals: Totals, x: Expression, *, interval: ShareInterval = "logit") -> Linearised:
    """Share of the population in each category of a variable, or for whom a condition holds.

    Parameters
    ----------
    x : str
        A column (every category gets a row), or a condition such as `"income < 1000"`.
    interval : {"logit", "beta", "wilson", "likelihood", "xlogit", "asin", "wald"}
        `logit` and `xlogit` on the log-odds; `beta` of Korn and Graubard (1998); `wilson` (1927) and `likelihood`
        (Rao and Scott 1984) with the effective sample size; `asin` on the arcsine root; `wald` symmetric, which may
        leave [0, 1]. All use Student's law with the degrees of freedom of the estimate.

    Returns
    -------
    Statistic
        Point p = sum(w 1[x]) / sum(w), over those who answered; linearised variable z = (1[x] - p) / sum(w).

    Raises
    ------
    OptionError
        Where `interval` is not one of its words.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> sample = dl.declare_design(pd.DataFrame({"contract": ["open", "open", "fixed", "open"]}))
    >>> dl.estimate(sample, dl.share("contract")).frame[["category", "estimate"]].values.tolist()
    [['fixed', 0.25], ['open', 0.75]]
    """
    average = mean.on(totals, x)
    return Linearised(average.point, average.variable, interval=interval_of_share("share", interval))


def interval_of_share(statistic_name: str, interval: str) -> Callable[[np.ndarray, Spread], Bounds]:
    """Return the interval of a share by its name."""
    if interval not in SHARE_INTERVALS:
        raise one_of(f"`interval` of `{statistic_name}`", interval, SHARE_INTERVALS)
    chosen = SHARE_INTERVALS[interval]
    return lambda point, spread: Bounds(*chosen(point, spread))
