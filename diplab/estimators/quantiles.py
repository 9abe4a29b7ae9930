"""Quantiles and the median: the value that a given share of people stay under."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diplab.errors import OptionError, one_of
from diplab.estimators.moments import mean
from diplab.estimators.statistic import Bounds, Linearised, statistic
from diplab.kernel.interval import Spread, wald
from diplab.kernel.weighted_quantile import RULES

if TYPE_CHECKING:
    import numpy as np

    from diplab.sampling.expression import Expression
    from diplab.sampling.totals import Totals

__all__ = ["median", "quantile"]


@statistic
def quantile(
    totals: Totals, y: Expression, p: float, *, interval: str = "woodruff", rule: str = "math"
) -> Linearised:
    """Value that a share `p` of the population stays at or under.

    Parameters
    ----------
    y : str
        Column or expression, in its own unit.
    p : float
        Share, between 0 and 1.
    interval : {"woodruff"}
        The interval of Woodruff (1952): the confidence interval of F(q), read back through the quantile function.
        The standard error is its length over twice t, and a covariance with other rows keeps the correlation of
        the linearised variables.
    rule : {"math", "school"}
        How to read between two values; see `diplab.kernel.weighted_quantile`.

    Returns
    -------
    Statistic
        Point q; linearised variable z = -(1[y <= q] - F(q)) / sum(w), that of -F(q), brought to the scale of
        y by the interval.

    Raises
    ------
    OptionError
        Where `p` is not between 0 and 1, or an option is not one of its words.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> sample = dl.declare_design(pd.DataFrame({"y": [1.0, 2.0, 3.0, 4.0, 5.0]}))
    >>> dl.estimate(sample, dl.quantile("y", 0.8)).frame["estimate"].item()
    4.0
    """
    if not 0 < p < 1:
        raise OptionError(
            f"A quantile of share {p:g} was asked for.",
            "A share lies between 0 and 1.",
            "Write for example `quantile('income', 0.9)` for the ninth decile.",
        )
    if rule not in RULES:
        raise one_of("`rule` of `quantile`", rule, RULES)
    if interval != "woodruff":
        raise one_of("`interval` of `quantile`", interval, ["woodruff"])
    point = totals.quantile(y, p, rule)
    below = mean.on(totals, y <= point)

    def woodruff(found: np.ndarray, spread: Spread) -> Bounds:
        low, high = wald(below.point, spread)
        ends = totals.quantile(y, low, rule), totals.quantile(y, high, rule)
        return Bounds(ends[0], ends[1], (ends[1] - ends[0]) / (2 * spread.t))

    # a larger F(q) means a smaller quantile: the sign keeps covariances with other statistics right
    return Linearised(point, -below.variable, interval=woodruff)


@statistic
def median(totals: Totals, y: Expression, *, interval: str = "woodruff", rule: str = "math") -> Linearised:
    """Value that half of the population stays at or under.

    Parameters
    ----------
    y : str
        Column or expression, in its own unit.
    interval, rule : str
        As for `quantile`.

    Returns
    -------
    Statistic
        `quantile(y, 0.5)`.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> sample = dl.declare_design(pd.DataFrame({"y": [1.0, 2.0, 9.0]}))
    >>> dl.estimate(sample, dl.median("y")).frame["estimate"].item()
    2.0
    """
    return quantile.on(totals, y, 0.5, interval=interval, rule=rule)
