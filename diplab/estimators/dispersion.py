"""How far people differ, and how two answers go together: variance and correlation.

Moments are taken about the mean of the domain, so that a large mean does not drown a small spread; replicates keep that
same centre and correct for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from diplab.errors import one_of
from diplab.estimators.statistic import Bounds, Linearised, statistic, symmetric
from diplab.sampling.expression import ONE, Expression
from diplab.sampling.totals import Totals

if TYPE_CHECKING:
    from diplab.kernel.interval import Spread

__all__ = ["correlation", "variance"]

Floats = NDArray[np.float64]


@statistic(kind="amount")
def variance(totals: Totals, y: Expression) -> Linearised:
    """Variance of a variable over the population: the mean squared distance to the mean.

    Parameters
    ----------
    y : str
        Column or expression; the variance is in its unit squared.

    Returns
    -------
    Statistic
        Point V = n / (n - 1) sum(w (y - m)^2) / sum(w), with m the mean and n the respondents of the domain (so that
        equal weights give the sample variance, as R's `svyvar`); linearised variable
        z = (n / (n - 1) (y - m)^2 - V) / sum(w) (Deville 1999). The interval is symmetric. Undefined for one
        respondent.

    Raises
    ------
    ColumnError, ConditionError
        When it is estimated: where a column does not exist or holds words, or none is read.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> sample = dl.declare_design(pd.DataFrame({"y": [1.0, 2.0, 3.0, 6.0]}))
    >>> round(dl.estimate(sample, dl.variance("y")).frame["estimate"].item(), 3)
    4.667
    """
    centre = _centre(totals, y)
    factor = _factor(totals)

    def varied(others: Totals) -> Floats:
        return factor * _moment(others, y - centre, y - centre)

    point = varied(totals)
    (people,) = totals(ONE)
    with np.errstate(divide="ignore", invalid="ignore"):
        variable = ((y - centre) * (y - centre) * factor - point) / people
    return Linearised(point, variable, replicated=varied)


@statistic(kind="index")
def correlation(
    totals: Totals, x: Expression, y: Expression, *, interval: Literal["fisher", "wald"] = "fisher"
) -> Linearised:
    """Linear correlation of two variables over the population, from -1 to 1.

    Parameters
    ----------
    x, y : str
        Columns or expressions; a row counts where both are answered.
    interval : {"fisher", "wald"}
        `fisher` (1915) on the inverse hyperbolic tangent, carried back: it stays within [-1, 1]. `wald` symmetric.

    Returns
    -------
    Statistic
        Point r = C(x, y) / sqrt(V(x) V(y)); with x and y standardised to u and v, linearised variable
        z = (u v - r (u^2 + v^2) / 2) / sum(w) (delta method on the three moments). Undefined where one of them does
        not vary.

    Raises
    ------
    OptionError
        Where `interval` is not one of its words.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> sample = dl.declare_design(pd.DataFrame({"hours": [1.0, 2.0, 3.0], "pay": [1.0, 3.0, 2.0]}))
    >>> dl.estimate(sample, dl.correlation("hours", "pay")).frame["estimate"].round(6).item()
    0.5
    """
    if interval not in ("fisher", "wald"):
        raise one_of("`interval` of `correlation`", interval, ["fisher", "wald"])
    from_x, from_y = x - _centre(totals, x), y - _centre(totals, y)

    def varied(others: Totals) -> Floats:
        across = _moment(others, from_x, from_y)
        return _ratio(across, _moment(others, from_x, from_x), _moment(others, from_y, from_y))

    point = varied(totals)
    (people,) = totals(ONE)
    with np.errstate(divide="ignore", invalid="ignore"):
        of_x, of_y = _moment(totals, from_x, from_x), _moment(totals, from_y, from_y)
        # the three products are those already totalled for the point
        variable = (
            from_x * from_y * (1 / np.sqrt(of_x * of_y))
            - from_x * from_x * (point / (2 * of_x))
            - from_y * from_y * (point / (2 * of_y))
        ) / people
    return Linearised(
        point, variable, interval=_fisher if interval == "fisher" else symmetric, replicated=varied
    )


def _centre(totals: Totals, y: Expression) -> Floats:
    """Return the mean by domain."""
    people, sum_y = totals(ONE, y)
    with np.errstate(divide="ignore", invalid="ignore"):
        return sum_y / people


def _factor(totals: Totals) -> Floats:
    """Return n / (n - 1); NaN for one respondent or none."""
    n = totals.n.astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(n > 1, n / (n - 1), np.nan)


def _moment(totals: Totals, a: Expression, b: Expression) -> Floats:
    """Return the covariance of two variables, whatever they were centred on."""
    people, sum_a, sum_b, across = totals(ONE, a, b, a * b)
    with np.errstate(divide="ignore", invalid="ignore"):
        return across / people - (sum_a / people) * (sum_b / people)


def _ratio(across: Floats, of_x: Floats, of_y: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.where((of_x > 0) & (of_y > 0), across / np.sqrt(of_x * of_y), np.nan)
    return np.clip(found, -1.0, 1.0)


def _fisher(point: Floats, spread: Spread) -> Bounds:
    """Return the interval on atanh(r), whose standard error is se / (1 - r^2); at -1 and 1 it is the point."""
    with np.errstate(divide="ignore", invalid="ignore"):
        centre, half = np.arctanh(point), spread.t * spread.std_error / (1 - point**2)
        low, high = np.tanh(centre - half), np.tanh(centre + half)
    edge = np.abs(point) == 1
    return Bounds(np.where(edge, point, low), np.where(edge, point, high))
