"""Regression of log-incomes that are known by band, and draws of incomes within their bands.

    log y_i = x_i' beta + sigma e_i,    e_i normal,    low_i <= y_i < high_i

The log-likelihood of a band is log(Phi(z_high) - Phi(z_low)) with z = (log end - x' beta) / sigma; that of an income
that is known is the normal density (Stewart 1983, Review of Economic Studies 50, 737-753). It has a single peak
(Burridge 1981).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from diplab.kernel.income_laws.law import between

__all__ = ["IntervalFit", "drawn_between", "fit_intervals", "independent_columns"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_ROUNDS = 100
_ENOUGH = 1e-18

_LEAST = 1e-250
"""Share of people below which it is mixed as a logarithm."""


@dataclass(frozen=True, eq=False)
class IntervalFit:
    """An interval regression.

    Parameters
    ----------
    theta : array, shape (columns + 1,)
        Coefficients, then log(sigma).
    score : array, shape (rows, columns + 1)
        Derivative of the log-likelihood of each row, its weight apart.
    bread : array, shape (columns + 1, columns + 1)
        Inverse of the information.
    converged : bool
    """

    theta: Floats
    score: Floats
    bread: Floats
    converged: bool


def fit_intervals(x: Floats, low: Floats, high: Floats, weight: Floats) -> IntervalFit:
    """Fit a regression of log-incomes to bands by weighted maximum likelihood.

    Parameters
    ----------
    x : array, shape (rows, columns)
        Independent, a constant among them.
    low, high : array, shape (rows,)
        Ends of bands; equal above zero where the income is known.
    weight : array, shape (rows,)

    Returns
    -------
    IntervalFit

    Examples
    --------
    >>> low, high = np.array([0.0, 1000, 2000]), np.array([1000, 2000, np.inf])
    >>> found = fit_intervals(np.ones((3, 1)), low, high, np.array([2.0, 1, 1]))
    >>> np.exp(found.theta).round(4)
    array([1000.    ,    1.0277])
    """
    with np.errstate(divide="ignore"):
        ends = np.log(np.maximum(low, 0.0)), np.log(high)
    share = weight / weight.sum()
    theta = _start(x, ends, share)
    height, slope, bent = _derivatives(x, ends, share, theta)
    converged = False
    for _ in range(_ROUNDS):
        values, axes = np.linalg.eigh(bent)
        along = axes.T @ slope
        scale = np.maximum(np.abs(values), 1e-12)
        converged = bool((values > 0).all() and (along**2 / scale).sum() <= _ENOUGH)
        if converged:
            break
        step = axes @ (along / scale)
        step *= min(1.0, 2.0 / np.abs(step).max())
        for _ in range(40):
            reached = _derivatives(x, ends, share, theta + step)
            if reached[0] >= height - 1e-15:
                break
            step = step / 2
        else:
            break
        theta = theta + step
        height, slope, bent = reached
    by_row = np.column_stack([x * (found := _each(x, ends, theta))[1][:, None], found[2]])
    return IntervalFit(theta, by_row, np.linalg.pinv(bent, hermitian=True) / weight.sum(), converged)


def _start(x: Floats, ends: tuple[Floats, Floats], share: Floats) -> Floats:
    bottom = np.where(np.isfinite(ends[0]), ends[0], ends[1] - 1.0)
    top = np.where(np.isfinite(ends[1]), ends[1], ends[0] + 0.7)
    # a band without ends has no middle
    told = np.isfinite(bottom) & np.isfinite(top)
    middle = (np.where(told, bottom, 0.0) + np.where(told, top, 0.0)) / 2
    kept, weight, middle = x[told], share[told], middle[told]
    beta = np.linalg.lstsq(kept * np.sqrt(weight)[:, None], middle * np.sqrt(weight), rcond=None)[0]
    spread = np.sqrt(weight @ (middle - kept @ beta) ** 2 / weight.sum())
    return np.append(beta, np.log(max(spread, 0.1)))


def _each(x: Floats, ends: tuple[Floats, Floats], theta: Floats) -> tuple[Floats, ...]:
    """Return by row the log-likelihood, its first derivatives in x'beta and log(sigma), and its second ones."""
    sigma = np.exp(theta[-1])
    centre = x @ theta[:-1]
    low, high = ((end - centre) / sigma for end in ends)
    exact = ends[0] == ends[1]
    tails = [(special.log_ndtr(z), special.log_ndtr(-z)) for z in (low, high)]
    log_share = between(tails[0], tails[1])
    parts = []
    for z in (low, high):
        finite = np.where(np.isfinite(z), z, 0.0)
        with np.errstate(over="ignore", invalid="ignore"):
            height = np.exp(-(finite**2) / 2 - np.log(2 * np.pi) / 2 - log_share)
        height = np.where(np.isfinite(z) & ~exact, height, 0.0)
        parts.append((height, finite * height, finite**2 * height, finite**3 * height))
    zero, one, two, three = (a - b for a, b in zip(*parts, strict=True))
    slope = zero / sigma
    found = (
        log_share - 0.0,
        slope,
        one,
        one / sigma**2 - slope**2,
        -slope + two / sigma - slope * one,
        -one + three - one**2,
    )
    if not exact.any():
        return found
    z = np.where(exact, low, 0.0)
    known = (
        -(z**2) / 2 - np.log(2 * np.pi) / 2 - theta[-1],
        z / sigma,
        z**2 - 1,
        np.full_like(z, -1 / sigma**2),
        -2 * z / sigma,
        -2 * z**2,
    )
    return tuple(np.where(exact, a, b) for a, b in zip(known, found, strict=True))


def _derivatives(
    x: Floats, ends: tuple[Floats, Floats], share: Floats, theta: Floats
) -> tuple[float, Floats, Floats]:
    height, slope, of_sigma, bent, crossed, of_sigma_twice = _each(x, ends, theta)
    first = np.append(x.T @ (share * slope), share @ of_sigma)
    across = x.T @ (share * crossed)
    information = np.empty((first.size, first.size))
    information[:-1, :-1] = -(x.T * (share * bent)) @ x
    information[:-1, -1] = information[-1, :-1] = -across
    information[-1, -1] = -(share @ of_sigma_twice)
    return float(share @ np.maximum(height, -1e6)), first, information


def drawn_between(
    centre: Floats, sigma: float, ends: tuple[Floats, Floats], uniform: Floats, group: Integers
) -> Floats:
    """Return log-normal incomes drawn within bands: at or above the lower end and below the upper.

    Parameters
    ----------
    centre : array, shape (groups,)
        Mean of log-income of each group of people.
    sigma : float
    ends : pair of array, shape (groups,)
        Lower and upper end of its band.
    uniform : array, shape (rows,)
        Between 0 and 1: the place within the band, by share of people.
    group : array of int, shape (rows,)

    Examples
    --------
    >>> ends = np.array([1.0, 1e9]), np.array([np.inf, 2e9])
    >>> drawn_between(np.zeros(2), 1.0, ends, np.array([0.5, 0.5]), np.array([0, 1])).round(2)
    array([1.96000000e+00, 1.03390584e+09])
    """
    low, high = ends
    with np.errstate(divide="ignore"):
        z_low, z_high = ((np.log(np.maximum(end, 0.0)) - centre) / sigma for end in (low, high))
    # on the side where shares are small and keep their digits
    flipped = z_low > 0
    first, last = np.where(flipped, -z_high, z_low), np.where(flipped, -z_low, z_high)
    below, width = special.ndtr(first), special.ndtr(last) - special.ndtr(first)
    z = special.ndtri(below[group] + width[group] * uniform)
    far = np.flatnonzero((special.ndtr(last) < _LEAST)[group])
    if far.size:
        own, place = group[far], uniform[far]
        mixed = np.logaddexp(
            special.log_ndtr(first[own]) + np.log1p(-place), special.log_ndtr(last[own]) + np.log(place)
        )
        z[far] = special.ndtri_exp(mixed)
    y = np.exp(centre[group] + sigma * np.where(flipped, -1.0, 1.0)[group] * z)
    highest = np.where(np.isfinite(high), np.nextafter(high, low), np.finfo(float).max)
    found: Floats = np.clip(y, low[group], np.where(low == high, low, highest)[group])
    return found


def independent_columns(x: Floats, weight: Floats) -> Integers:
    """Return which columns to keep so that none is a combination of those before it.

    Examples
    --------
    >>> independent_columns(np.array([[1.0, 0, 1], [1, 1, 0], [1, 0, 1]]), np.ones(3))
    array([0, 1])
    """
    gram = (x.T * weight) @ x
    size = np.sqrt(np.maximum(np.diag(gram), 1e-300))
    gram = gram / np.outer(size, size)
    kept: list[int] = []
    for place in range(len(gram)):
        own = gram[place, place]
        if kept:
            before = gram[kept, place]
            own = own - before @ np.linalg.solve(gram[np.ix_(kept, kept)], before)
        if size[place] > 1e-100 and own > 1e-9:
            kept.append(place)
    return np.array(kept, dtype=np.int64)
