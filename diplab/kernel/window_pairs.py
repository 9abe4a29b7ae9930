"""Departures and size from pairs of windows: the further apart two windows, the fewer persons are in both."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["PairFit", "covariance_of_pairs", "fit_pairs"]

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]


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
    of_date = np.bincount(date)
    held = of_date > 0
    means = np.zeros((2, len(of_date)))
    for row, values in enumerate((apart, log_size)):
        means[row, held] = np.bincount(date, values)[held] / of_date[held]
    within = apart - means[0, date]
    spread = float(within @ within)
    if spread <= 1e-12 * float(apart @ apart):
        return PairFit(np.nan, np.nan)
    rate = float(within @ (log_size - means[1, date])) / spread
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
    windows = np.unique(np.concatenate([first, second]))
    by_window = [(first != window) & (second != window) for window in windows]
    by_pair = list(~np.eye(len(apart), dtype=bool))
    whole = _jackknife(apart, log_size, date, by_window)
    own = _jackknife(apart, log_size, date, by_pair)
    less = whole - own
    smaller = np.diag(less) < np.diag(own)
    less[smaller, :] = own[smaller, :]
    less[:, smaller] = own[:, smaller]
    return np.where(np.isnan(whole), np.nan, less)


def _jackknife(apart: Floats, log_size: Floats, date: Integers, kept: list[NDArray[np.bool_]]) -> Floats:
    """Return (G-1)/G sum (x - mean)(x - mean)' over the lines of the G subsets kept."""
    lines = np.array(
        [
            fit_pairs(apart[each], log_size[each], date[each]) if each.any() else (np.nan, np.nan)
            for each in kept
        ]
    )
    off = lines - lines.mean(axis=0)
    return np.asarray((len(kept) - 1) / len(kept) * off.T @ off)
