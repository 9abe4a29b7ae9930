"""Reliability of scales: Cronbach's alpha and McDonald's omega.

Omega fits one factor to several items; its loadings best reproduce their covariances.

Unweighted least squares (minres, Harman and Jones 1966): loadings l minimise the sum over i < j of
(s_ij - l_i l_j)^2. The unique variance of an item is s_ii - l_i^2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations_with_replacement

import numpy as np

from diplab.errors import MisleadingError, OptionError
from diplab.estimators.income_rules import LogInterval
from diplab.estimators.statistic import Bounds, Linearised, statistic, symmetric
from diplab.kernel.arrays import Floats
from diplab.kernel.intervals import Precision
from diplab.sampling.expression import ONE, Column, ColumnOrExpression, Expression
from diplab.sampling.totals import Totals

_SWEEPS = 30
_STEPS = 60
_ENOUGH = 1e-12


def loadings(covariance: Floats) -> Floats:
    """Return the loadings of one factor on each of several answers."""
    # shapes: `covariance` (..., k, k). With a positive sum; NaN where nothing fits (answers without
    # variance or without covariance)
    k = covariance.shape[-1]
    stacked = covariance.reshape(-1, k, k)
    scale = np.sqrt(np.einsum("bii->bi", stacked))
    known = np.isfinite(stacked).all(axis=(1, 2)) & (scale > 0).all(axis=1)
    result = np.full(stacked.shape[:2], np.nan)
    if known.any():
        result[known] = _fitted(stacked[known])
    return result.reshape(covariance.shape[:-1])


def _fitted(covariance: Floats) -> Floats:
    """Fit matrices without gaps: sweeps over the answers until near, then Newton's steps."""
    k = covariance.shape[-1]
    between = covariance * (1 - np.eye(k))
    values, vectors = np.linalg.eigh(covariance)
    fit = vectors[..., -1] * np.sqrt(values[..., -1:])
    with np.errstate(divide="ignore", invalid="ignore"):
        for _ in range(_SWEEPS):
            for item in range(k):
                others = (fit**2).sum(axis=-1) - fit[:, item] ** 2
                fit[:, item] = (between[:, item] * fit).sum(axis=-1) / others
        fit = np.nan_to_num(fit, posinf=0.0, neginf=0.0)
        size = np.abs(between).max(axis=(1, 2)) ** 1.5 + np.finfo(float).tiny
        for _ in range(_STEPS):
            gradient, curvature = _gradient(fit, between), _curvature(fit, between)
            if (np.abs(gradient).max(axis=-1) <= _ENOUGH * size).all():
                break
            fit = fit - _solved(curvature, gradient)
        lost = ~(np.abs(_gradient(fit, between)).max(axis=-1) <= 1e-9 * size)
    # a stationary point is the fit only where the criterion curves upwards
    lost |= np.linalg.eigvalsh(np.nan_to_num(-_curvature(fit, between))).min(axis=-1) <= 0
    signed: Floats = fit * np.where(fit.sum(axis=-1, keepdims=True) < 0, -1.0, 1.0)
    signed[lost] = np.nan
    return signed


def _gradient(fit: Floats, between: Floats) -> Floats:
    """Return for each answer the sum over the others of (s_ij - l_i l_j) l_j: zero at the fit."""
    squares = (fit**2).sum(axis=-1, keepdims=True) - fit**2
    return np.asarray(np.einsum("...ij,...j->...i", between, fit) - fit * squares)


def _curvature(fit: Floats, between: Floats) -> Floats:
    """Return the derivative of the gradient by the loadings."""
    k = fit.shape[-1]
    squares = (fit**2).sum(axis=-1, keepdims=True) - fit**2
    off = (between - 2 * fit[..., :, None] * fit[..., None, :]) * (1 - np.eye(k))
    return np.asarray(off - squares[..., None] * np.eye(k))


def _solved(matrix: Floats, vector: Floats) -> Floats:
    """Solve stacked systems, NaN for singular ones."""
    regular = np.asarray(np.isfinite(matrix).all(axis=(-2, -1)))
    regular[regular] = np.linalg.matrix_rank(matrix[regular], hermitian=True) == matrix.shape[-1]
    result = np.full(vector.shape, np.nan)
    result[regular] = np.linalg.solve(matrix[regular], vector[regular][..., None])[..., 0]
    return result


def loadings_slope(fit: Floats, covariance: Floats, weights: Floats) -> Floats:
    """Return the derivative of combined loadings by covariances, by implicit differentiation."""
    # at the fit the gradient g(l, s) is zero, so that dl/ds = - (dg/dl)^-1 dg/ds with dg_i/ds_ij =
    # l_j. Shapes: `fit` (..., k), `covariance` (..., k, k), `weights` (..., k)
    k = fit.shape[-1]
    shape = covariance.shape
    between = covariance.reshape(-1, k, k) * (1 - np.eye(k))
    stacked = fit.reshape(-1, k)
    solved = _solved(_curvature(stacked, between), weights.reshape(-1, k))
    slope = -(solved[:, :, None] * stacked[:, None, :])
    both: Floats = (slope + slope.transpose(0, 2, 1)) * (1 - np.eye(k))
    return both.reshape(shape)


@statistic(kind="index", scale="scores")
def cronbach_alpha(
    totals: Totals, *items: ColumnOrExpression, interval: LogInterval = "log"
) -> Linearised:
    """Cronbach's alpha: the internal consistency of a scale.

    Parameters
    ----------
    *items : str
        At least two columns or expressions, all scored in the same direction (write `6 - x` for a
        reversed item on 1 to 5). Respondents with a missing item are excluded.
    interval : {"log", "wald"}
        `log` on the logarithm of 1 - alpha (Bonett 2002), which stays below 1; `wald` symmetric.

    Returns
    -------
    Statistic
        Point k / (k - 1) (1 - sum of v_i / v), with v_i the weighted variance of item i and v that
        of the sum of the k items (Cronbach 1951). With u = sum of v_i, linearised variable k / (k -
        1) (u / v z_v - sum of z_i) / v, where z_i = ((x_i - mean_i)^2 - v_i) / N, and z_v the same
        of the sum.

    Raises
    ------
    OptionError
        Where there are fewer than two items, or `interval` is not one of its words.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> answers = pd.DataFrame({"a": [1.0, 2.0, 3.0, 4.0], "b": [1.0, 3.0, 3.0, 5.0]})
    >>> alpha = dl.estimate(dl.declare_design(answers), dl.cronbach_alpha("a", "b"))
    >>> round(alpha.frame["estimate"].item(), 4)
    0.96
    """
    bounds = _checked("cronbach_alpha", items, 2, interval)
    items, centres = _centred(totals, items)
    factor, size = len(items) / (len(items) - 1), np.square(centres).sum(axis=0)
    scale = items[0]
    for item in items[1:]:
        scale = scale + item

    def varied(others: Totals) -> tuple[Floats, Floats, tuple[Floats, ...]]:
        people, *sums = others(
            ONE, *(part for element in (*items, scale) for part in (element, element * element))
        )
        means, squares = (tuple(element / people for element in sums[place::2]) for place in (0, 1))
        *spreads, spread = (square - mean**2 for square, mean in zip(squares, means, strict=True))
        alone = sum(spreads, np.zeros_like(people))
        # what is left of rounding in answers that do not vary is not a variance
        rounding = 1e-13 * squares[-1] + 1e-28 * (size + alone)
        return alone, np.where(spread > rounding, spread, np.nan), means

    def point(others: Totals) -> Floats:
        alone, spread, _ = varied(others)
        return factor * (1 - alone / spread)

    alone, spread, means = varied(totals)
    variable = _squared(scale, means[-1]) * (alone / spread)
    for item, mean in zip(items, means, strict=False):
        variable = variable - _squared(item, mean)
    # the variances themselves cancel: u / v times v, minus u
    variable = variable * (factor / (spread * totals(ONE)[0]))
    alpha = Linearised(point(totals), variable, interval=bounds, replicated=point)
    return replace(alpha, varying=(scale,))


def _centred(
    totals: Totals, items: tuple[Expression, ...]
) -> tuple[tuple[Expression, ...], tuple[Floats, ...]]:
    """Return items centred by domain, and their means, so that squares keep their digits."""
    people, *sums = totals(ONE, *items)
    centres = tuple(element / people for element in sums)
    return tuple(item - centre for item, centre in zip(items, centres, strict=True)), centres


def _squared(value: Expression, mean: Floats) -> Expression:
    """Return (x - mean)^2 in totals that are already known: those of x^2, x and 1."""
    return value * value - value * (2 * mean) + mean**2


@statistic(kind="index", scale="scores")
def mcdonald_omega(
    totals: Totals, *items: ColumnOrExpression, interval: LogInterval = "log"
) -> Linearised:
    """McDonald's omega: the share of a scale's variance due to its common factor.

    Parameters
    ----------
    *items : str
        At least three columns or expressions, all scored in the same direction (write `6 - x` for a
        reversed item on 1 to 5). Respondents with a missing item are excluded.
    interval : {"log", "wald"}
        `log` on the logarithm of 1 - omega, which stays below 1; `wald` symmetric.

    Returns
    -------
    Statistic
        Omega total, (sum of l_i)^2 / ((sum of l_i)^2 + sum of (s_ii - l_i^2)), with s the weighted
        covariance matrix and l the loadings of one factor fitted to it by unweighted least squares
        (McDonald 1999; minres, Harman and Jones 1966). Unlike alpha, it does not assume equal
        loadings. The linearised variable is the sum over s_ij of its derivative, obtained by
        implicit differentiation, times ((x_i - mean_i)(x_j - mean_j) - s_ij) / N. No point where
        the factor would explain more than the variance of an item (a boundary fit).

    Raises
    ------
    MisleadingError
        Where an item runs against the others in most domains.
    OptionError
        Where there are fewer than three items, or `interval` is not one of its words.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> answers = pd.DataFrame({"a": [1, 2, 2, 4, 3], "b": [1, 1, 3, 3, 4], "c": [2, 1, 2, 4, 4]})
    >>> omega = dl.estimate(dl.declare_design(answers), dl.mcdonald_omega("a", "b", "c"))
    >>> round(omega.frame["estimate"].item(), 4)
    0.9102
    """
    bounds = _checked("mcdonald_omega", items, 3, interval)
    written, (items, _) = items, _centred(totals, items)
    means, covariance = _covariance(totals, items)
    fit = loadings(covariance)
    _check_turned(written, fit)
    common = fit.sum(axis=-1)
    own = np.einsum("...ii->...i", covariance) - fit**2
    point = _omega(fit, covariance)
    # a boundary fit gets no point, and then no standard error
    inside = np.where((own < 0).any(axis=-1), np.nan, 1.0)
    spread = common**2 + own.sum(axis=-1)
    by_loading = (2 * common * own.sum(axis=-1) / spread**2)[..., None] + 2 * fit * (
        common**2 / spread**2
    )[..., None]
    slope = loadings_slope(fit, covariance, by_loading)
    slope = slope - np.eye(len(items)) * (common**2 / spread**2)[..., None, None]
    slope = slope * inside[..., None, None]
    variable = _products(items, means, covariance, slope, totals(ONE)[0])
    omega = Linearised(point * inside, variable, interval=bounds)
    return replace(
        omega,
        replicated=lambda totals: _omega(loadings(matrix := _covariance(totals, items)[1]), matrix),
    )


def _omega(fit: Floats, covariance: Floats) -> Floats:
    """Return omega from the loadings and the covariance matrix."""
    common = fit.sum(axis=-1) ** 2
    own = np.einsum("...ii->...", covariance) - (fit**2).sum(axis=-1)
    return np.asarray(common / (common + own))


def _covariance(totals: Totals, items: tuple[Expression, ...]) -> tuple[list[Floats], Floats]:
    """Return weighted means and covariances of items, shape (..., domains, items, items)."""
    k = len(items)
    pairs = list(combinations_with_replacement(range(k), 2))
    people, *sums = totals(ONE, *items, *[items[i] * items[j] for i, j in pairs])
    means = [item / people for item in sums[:k]]
    matrix = np.empty((*people.shape, k, k))
    for (i, j), product in zip(pairs, sums[k:], strict=True):
        matrix[..., i, j] = matrix[..., j, i] = product / people - means[i] * means[j]
        if i == j:
            # what is left of rounding in answers that do not vary is not a variance
            matrix[..., i, i] = np.where(
                matrix[..., i, i] > 1e-13 * product / people, matrix[..., i, i], 0.0
            )
    return means, matrix


def _products(
    items: tuple[Expression, ...],
    means: list[Floats],
    covariance: Floats,
    slope: Floats,
    people: Floats,
) -> Expression:
    """Return the sum over pairs of a slope times the linearised covariance."""
    variable: Expression = ONE * 0.0
    for i, j in combinations_with_replacement(range(len(items)), 2):
        product = (
            items[i] * items[j] - items[i] * means[j] - items[j] * means[i] + means[i] * means[j]
        )
        variable = variable + (product - covariance[..., i, j]) * (slope[..., i, j] / people)
    return variable


def _checked(
    name: str, items: tuple[Expression, ...], least: int, interval: str
) -> Callable[[Floats, Precision], Bounds]:
    """Return the interval of a reliability, once the items are enough for one."""
    if len(items) < least:
        items_in_words = f"{len(items)} items"
        if len(items) == 1:
            items_in_words = "1 item"
        examples = ", ".join(map("'item_{}'".format, range(1, least + 1)))
        write = f"Write for example `{name}({examples})`."
        raise OptionError(f"`{name}` has {items_in_words}.", f"It needs at least {least}.", write)
    if interval == "log":
        return _on_log
    return symmetric


def _on_log(point: Floats, spread: Precision) -> Bounds:
    """Symmetric on log(1 - reliability), standard error se / (1 - reliability)."""
    half = spread.t * spread.std_error / (1 - point)
    return Bounds(1 - (1 - point) * np.exp(half), 1 - (1 - point) * np.exp(-half))


def _check_turned(items: tuple[Expression, ...], fit: Floats) -> None:
    """Refuse an item that runs against the others in most domains where a factor was found."""
    known = fit[np.isfinite(fit).all(axis=-1)]
    if not known.size:
        return
    against = (known < 0).mean(axis=0)
    if against.max() <= 0.5:
        return
    names = [
        item.name if isinstance(item, Column) else f"item {n}" for n, item in enumerate(items, 1)
    ]
    turned = [place for place in range(len(items)) if against[place] > 0.5]
    turned_items = " and ".join(
        f"`{names[place]}` (loading {np.median(known[:, place]):.3g})" for place in turned
    )
    asked = "`mcdonald_omega` has items that run against the others."
    write = (
        f"Reverse the items worded the other way, for example `6 - {names[turned[0]]}` on a scale "
    )
    write += "from 1 to 5."
    raise MisleadingError(asked, f"These are {turned_items}.", write)
