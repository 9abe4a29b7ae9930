"""Quantiles and the median.

The distribution function F has a plain linearised variable; a quantile q has none, since F is a
step function. Most intervals are therefore computed for F(q), as for any share, and inverted
through the quantile function (Woodruff 1952).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal, TypeAlias

import numpy as np

from diplab.checks import check_proportion
from diplab.errors import OptionError
from diplab.estimators.moments import mean
from diplab.estimators.statistic import Bounds, Linearised, statistic, symmetric
from diplab.kernel.arrays import Floats
from diplab.kernel.intervals import SHARE_INTERVALS, Precision, wald
from diplab.kernel.quantiles import QuantileRule
from diplab.sampling.expression import ONE, ColumnOrExpression, Expression, exp
from diplab.sampling.totals import Totals

QuantileInterval: TypeAlias = Literal[
    "woodruff", "score", "beta", "xlogit", "asin", "linearised", "replicate"
]
_ON_THE_SHARE = {"woodruff": wald, **SHARE_INTERVALS}
"""Intervals of F(q) that are read back through the quantile function."""
FEW_VALUES = 10
"""With so few distinct values a quantile and its interval move in steps, and are flagged."""
_NEXT = 1e-10  # just past a share: enough to be read as the next value, too little to pass over one
_HALVINGS = 80
RULES = {"interval": "interval", "rule": "quantile_rule"}


@statistic(
    kind="amount",
    scale="order",
    bands="quantile",
    label_options=("p",),
    category="order",
    rules=RULES,
    vectors=("y", "p"),
)
def quantile(
    totals: Totals,
    y: ColumnOrExpression,
    p: float | Any,
    *,
    interval: QuantileInterval = "woodruff",
    rule: QuantileRule = "math",
) -> Linearised:
    """Quantile: the value at or below which a share `p` of the population lies.

    Parameters
    ----------
    y : str or list of str
        Column or expression, in its own unit.
    p : float or list of float
        Share, between 0 and 1; in results the `category` of the row. A list makes a row of each.
    interval : {"woodruff", "score", "beta", "xlogit", "asin", "linearised", "replicate"}
        `woodruff` (1952): the symmetric interval of F(q), read back through the quantile function;
        `beta`, `xlogit` and `asin` do the same with these intervals of a share (see `share`).
        `score` (Francisco and Fuller 1991): the values of the data at which a test of F(value) = p
        is not rejected, and everything between them. With these five the standard error is the
        length of the interval over twice t. `linearised` (Deville 1999): the symmetric interval of
        z = -(1[y <= q] - p) / (f(q) sum(w)), with the density f by a normal kernel of bandwidth sd
        / N^0.2. `replicate`: the symmetric interval from the spread of q over replicate weights,
        consistent for balanced half-samples and the bootstrap, not for a jackknife.
    rule : str
        Interpolation between two values: `math`, `school`, `shahvaish`, `hf1` to `hf9`, as in R's
        `survey` (`hf4` is its rule before 4.1, of `oldsvyquantile`); `interpolated`, the line of
        `hf4` through distinct values, as SAS has it. See `diplab.kernel.quantiles`.

    Returns
    -------
    Statistic
        Point q, flagged where y takes few distinct values; linearised variable -(1[y <= q] - F(q))
        / sum(w), that of -F(q), rescaled to the unit of y by the length of the interval
        (`linearised` and `replicate` have the one above). A covariance with other rows keeps the
        correlation of the linearised variables.

    Raises
    ------
    OptionError
        Where `p` is not between 0 and 1, an option is not one of its words, or `replicate` has no
        replicates.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> sample = dl.declare_design(pd.DataFrame({"y": [1.0, 2.0, 3.0, 4.0, 5.0]}))
    >>> both = dl.estimate(sample, dl.quantile("y", 0.8), dl.quantile("y", 0.8, rule="hf7"))
    >>> both.frame["estimate"].tolist()
    [4.0, 4.2]
    """
    check_proportion("p", p, example=0.9)
    point, distinct = totals.quantile(y, p, rule), totals.distinct(y, p)
    remarks = {"few distinct values": (distinct <= FEW_VALUES) & (2 * distinct <= totals.n)}
    if interval in ("linearised", "replicate"):
        spread_of_points = replace(_by_density(totals, y, p, point), remarks=remarks)
        if interval == "linearised":
            return spread_of_points
        return replace(
            spread_of_points,
            replicated=lambda others: others.quantile(y, p, rule),
            interval=_replicated,
        )
    below = mean.on(totals, y <= point)

    def carried_back(_point: Floats, spread: Precision) -> Bounds:
        if interval == "score":
            low, high = _not_rejected(totals, y, p, point, spread)
        else:
            low, high = (
                totals.quantile(y, end, rule)
                for end in _ON_THE_SHARE[interval](below.point, spread)
            )
        return Bounds(low, high, (high - low) / (2 * spread.t))

    # a larger F(q) means a smaller quantile: the sign keeps covariances with other statistics right
    varied: Any = {
        "replicated": lambda others: -mean.on(others, y <= point).point,
        "remarks": remarks,
    }
    return Linearised(point, -below.variable, interval=carried_back, **varied)


@statistic(kind="amount", scale="order", bands="quantile", rules=RULES, vectors=("y",))
def median(
    totals: Totals,
    y: ColumnOrExpression,
    *,
    interval: QuantileInterval = "woodruff",
    rule: QuantileRule = "math",
) -> Linearised:
    """Median: the value at or below which half of the population lies.

    Parameters
    ----------
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


def _by_density(totals: Totals, y: Expression, p: float, point: Floats) -> Linearised:
    """Return the quantile with its linearised variable; with replicates that is what they vary."""
    (people,) = totals(ONE)
    height = density(totals, y, point)
    variable = ((y <= point) - p) * (-1.0 / (people * height))
    return Linearised(
        point, variable, replicated=lambda others: -mean.on(others, y <= point).point / height
    )


def _replicated(point: Floats, spread: Precision) -> Bounds:
    if not spread.replicated:
        write = "Write `interval='woodruff'`, or make some first with "
        write += "`make_replicates(sample, 'bootstrap')`."
        raise OptionError(
            "`interval='replicate'` needs replicate weights.", "The design has none.", write
        )
    return symmetric(point, spread)


def _not_rejected(
    totals: Totals, y: Expression, p: float, point: Floats, spread: Precision
) -> tuple[Floats, Floats]:
    """Return the extreme values at which (F(value) - p) / se lies within t of zero."""
    # F climbs with the value, so that each end is found by halving the shares between a value that
    # is rejected and one that is not, in all domains at once. The estimate itself is never
    # rejected. Everybody is at or under the largest value, which no test can then reject by its
    # error: it is an end where the value before it is not rejected
    assert spread.error_of is not None  # an estimate gives it
    error_of = spread.error_of

    def scored(value: Floats) -> tuple[Floats, Floats]:
        """Return F at a value by domain, and how many standard errors it is above p."""
        # its own totals, so that nothing of the many values tried stays in memory
        tried = replace(totals)
        below = mean.on(tried, y <= value)
        linearised = replace(below, replicated=lambda others: mean.on(others, y <= value).point)
        return below.point, (below.point - p) / error_of(tried, linearised)

    def halved(
        before: Floats, reached: Floats, values: tuple[Floats, Floats], level: Floats
    ) -> tuple[Floats, Floats]:
        """Return two neighbouring values, the second the first whose score reaches a level."""
        last_under, first_there = values
        for _ in range(_HALVINGS):
            going = totals.quantile(y, np.minimum(before + _NEXT, 1.0), "math") < first_there
            if not going.any():
                break
            middle = (before + reached) / 2
            value = totals.quantile(y, middle, "math")
            under, score = scored(value)
            there, not_yet = going & (score >= level), going & ~(score >= level)
            before, last_under = (
                np.where(not_yet, under, before),
                np.where(not_yet, value, last_under),
            )
            reached, first_there = (
                np.where(there, middle, reached),
                np.where(there, value, first_there),
            )
        return last_under, first_there

    under = mean.on(totals, y <= point).point
    largest = totals.quantile(y, 1.0, "math")
    none, everybody = np.zeros_like(under), np.ones_like(under)
    _, low = halved(none, np.full_like(under, p), (none - np.inf, point), -spread.t)
    # the first value past t: the end is the one before it
    high, beyond = halved(under, everybody, (point, largest), np.nextafter(spread.t, np.inf))
    high = np.where(beyond == largest, beyond, high)
    known = np.isfinite(spread.std_error)
    return np.where(known, low, np.nan), np.where(known, high, np.nan)


_NO_SPREAD = 1e-12


def bandwidth(totals: Totals, y: Expression) -> Floats:
    """Return the weighted standard deviation over the population size to the power 0.2."""
    people, sum_y = totals(ONE, y)
    centre = sum_y / people
    (squares,) = totals((y - centre) * (y - centre))
    spread = np.sqrt(squares / people)
    # what rounding leaves of equal values is not a spread, and has no density
    spread = np.where(spread <= _NO_SPREAD * np.abs(centre), 0.0, spread)
    return spread / people**0.2


def density(
    totals: Totals,
    y: Expression,
    at: Floats,
    *,
    among: Expression = ONE,
    width: Floats | None = None,
) -> Floats:
    """Return a normal-kernel density at one value per domain (Deville 1999; Osier 2009)."""
    # the bandwidth falls with the number of people that the weights add up to: with weights of mean
    # 1 it is wider, and the density of a skewed income smoother, than with weights that add up to
    # the population. `among` is 1 for those who are counted around the value and 0 for the others;
    # the density is per person of the domain all the same
    (people,) = totals(ONE)
    around = bandwidth(totals, y) if width is None else width * np.ones(totals.domains)
    distance = (y - at) / around
    bell = exp(distance * distance * -0.5)
    (heights,) = totals(bell if among is ONE else among * bell)
    return np.asarray(heights / (people * around * np.sqrt(2 * np.pi)))
