"""Departures and size from pairs of windows: the further apart two windows, the fewer persons are in both."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["PairFit", "covariance_of_pairs", "fit_pairs"]

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]

_NOTHING = 1e-12
"""Of all squares of times apart: a spread within dates that is rounding only."""


class PairFit(NamedTuple):
    """A line through the logarithms of the sizes of all pairs.

    Parameters
    ----------
    rate : float
        Departures per person and unit of time.
    log_size : float
        Logarithm of the size at no time apart, averaged over pairs.
    """

    rate: float
    log_size: float


def fit_pairs(apart: Floats, log_size: Floats, date: Integers) -> PairFit:
    """Return the least-squares line of log sizes on the time apart, with an effect of each date.

    Parameters
    ----------
    apart : array, shape (pairs,)
        Time between the two windows.
    log_size : array, shape (pairs,)
        ln(n1 n2/m) of each pair.
    date : array of int, shape (pairs,)
        Which date the effect of a pair is that of; all the same for one intercept.

    Returns
    -------
    PairFit
        With y = ln(n1 n2/m): E(m) = n1 n2 exp(-rate t)/N, hence y = ln N + rate t (Difallah, Filatova and Ipeirotis,
        2018). NaN rate where no date has two different times apart.

    Examples
    --------
    >>> times = np.array([1.0, 2.0, 3.0])
    >>> fit = fit_pairs(times, 5 + 0.1 * times, np.zeros(3, dtype=int))
    >>> round(fit.rate, 6), round(fit.log_size, 6)
    (0.1, 5.0)
    """
    within_apart, within_size, _ = _within(apart, log_size, date)
    spread = float(within_apart @ within_apart)
    if spread <= _NOTHING * float(apart @ apart):
        return PairFit(np.nan, np.nan)
    rate = float(within_apart @ within_size) / spread
    return PairFit(rate, float((log_size - rate * apart).mean()))


def covariance_of_pairs(
    apart: Floats, log_size: Floats, date: Integers, first: Integers, second: Integers
) -> Floats:
    """Return the covariance of the rate and the log size, pairs that share a window being dependent.

    Parameters
    ----------
    apart, log_size, date : array, shape (pairs,)
        As for `fit_pairs`.
    first, second : array of int, shape (pairs,)
        The two windows of each pair.

    Returns
    -------
    array, shape (2, 2)
        W - P, or P where W - P has a smaller variance. W is the jackknife that leaves out all pairs of a window at once
        (for statistics of pairs: Arvesen, 1969); it counts twice what is proper to a pair, which belongs to two
        windows, so the jackknife P that leaves out one pair is taken off, as clusters in two ways are put together
        (Cameron, Gelbach and Miller, 2011). NaN where leaving one window out leaves no line.

    Examples
    --------
    >>> first, second = np.array([0, 0, 0, 1, 1, 2]), np.array([1, 2, 3, 2, 3, 3])
    >>> times = (second - first).astype(float)
    >>> found = covariance_of_pairs(times, 5 + 0.1 * times, np.zeros(6, dtype=int), first, second)
    >>> bool(abs(found).max() < 1e-20)
    True
    """
    whole = _spread(_without_each_window(apart, log_size, date, first, second))
    own = _spread(_without_each_pair(apart, log_size, date))
    less = whole - own
    smaller = np.diag(less) < np.diag(own)
    less[smaller, :] = own[smaller, :]
    less[:, smaller] = own[:, smaller]
    return np.where(np.isnan(whole), np.nan, less)


def _spread(lines: Floats) -> Floats:
    """Return (G-1)/G sum (x - mean)(x - mean)' over G lines."""
    off = lines - lines.mean(axis=0)
    return np.asarray((len(lines) - 1) / len(lines) * off.T @ off)


def _without_each_window(
    apart: Floats, log_size: Floats, date: Integers, first: Integers, second: Integers
) -> Floats:
    lines = []
    for window in np.unique(np.concatenate([first, second])):
        kept = (first != window) & (second != window)
        fit = fit_pairs(apart[kept], log_size[kept], date[kept]) if kept.any() else PairFit(np.nan, np.nan)
        lines.append(fit)
    return np.array(lines)


def _without_each_pair(apart: Floats, log_size: Floats, date: Integers) -> Floats:
    """Return the line without each pair in turn, from the sums over all: pairs may be hundreds of thousands."""
    within_apart, within_size, of_date = _within(apart, log_size, date)
    # A pair alone on its date says nothing of the slope.
    raised = np.where(of_date > 1, of_date / np.maximum(of_date - 1, 1), 0.0)
    spread = within_apart @ within_apart - raised * within_apart**2
    product = within_apart @ within_size - raised * within_apart * within_size
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.where(spread > _NOTHING * float(apart @ apart), product / spread, np.nan)
    left = len(apart) - 1
    log = (log_size.sum() - log_size - rate * (apart.sum() - apart)) / max(left, 1)
    return np.column_stack([rate, log])


def _within(apart: Floats, log_size: Floats, date: Integers) -> tuple[Floats, Floats, Floats]:
    """Return both less their mean over the date, and how many pairs the date of each has."""
    of_date = np.bincount(date)[date].astype(float)
    means = [np.bincount(date, values)[date] / of_date for values in (apart, log_size)]
    return apart - means[0], log_size - means[1], of_date
