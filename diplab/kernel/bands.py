"""Incomes known only by band, set against a line: what is certain, what is possible, what is guessed between.

A band [low, high) holds its lower end and not its upper end; `high` is infinite for the open band at the
top. An income that was not told is the band [0, infinity). Poor means *below* the line, strictly.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from diplab.errors import OptionError

__all__ = ["interpolated_median", "interpolated_share_below", "possibly_below", "surely_below"]

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]


def surely_below(low: ArrayLike, high: ArrayLike, line: ArrayLike) -> Booleans:
    """Return whether every income of a band is below a line: who is poor whatever they earn within it.

    Parameters
    ----------
    low, high : array of float, shape (n,)
        Ends of the band of each person, in the currency and period of the line.
    line : float or array of float, shape (n,)
        The line, the same for all or one a person.

    Returns
    -------
    array of bool, shape (n,)
        high <= line: its mean is the lower bound of the share below the line (worst case; Manski 1995).

    Raises
    ------
    OptionError
        Where a band is not one: an end is missing, or the upper end is not above the lower.

    Examples
    --------
    >>> surely_below([0, 25_000, 50_000], [25_000, 50_000, np.inf], 27_750).tolist()
    [True, False, False]
    """
    _, upper = _bands(low, high)
    return np.asarray(upper <= np.asarray(line, dtype=np.float64))


def possibly_below(low: ArrayLike, high: ArrayLike, line: ArrayLike) -> Booleans:
    """Return whether some income of a band is below a line: who may be poor for all that is known.

    Parameters
    ----------
    low, high : array of float, shape (n,)
        Ends of the band of each person, in the currency and period of the line.
    line : float or array of float, shape (n,)
        The line, the same for all or one a person.

    Returns
    -------
    array of bool, shape (n,)
        low < line: its mean is the upper bound of the share below the line (worst case; Manski 1995).

    Raises
    ------
    OptionError
        Where a band is not one.

    Examples
    --------
    >>> possibly_below([0, 25_000, 50_000], [25_000, 50_000, np.inf], 27_750).tolist()
    [True, True, False]
    """
    lower, _ = _bands(low, high)
    return np.asarray(lower < np.asarray(line, dtype=np.float64))


def interpolated_share_below(low: ArrayLike, high: ArrayLike, line: ArrayLike) -> Floats:
    """Return the share of each band that is below a line, were its incomes spread evenly.

    Parameters
    ----------
    low, high : array of float, shape (n,)
        Ends of the band of each person, in the currency and period of the line.
    line : float or array of float, shape (n,)
        The line, the same for all or one a person.

    Returns
    -------
    array of float, shape (n,)
        (line - low) / (high - low), held within 0 and 1; its mean is the share below the line under that
        assumption. NaN where the line is inside the open band, which has no end to interpolate to.

    Raises
    ------
    OptionError
        Where a band is not one.

    Examples
    --------
    >>> interpolated_share_below([0, 25_000, 50_000], [25_000, 50_000, np.inf], 27_750).tolist()
    [1.0, 0.11, 0.0]
    """
    lower, upper = _bands(low, high)
    reached = np.asarray(line, dtype=np.float64) - lower
    share = np.where(reached > 0, np.minimum(reached / (upper - lower), 1.0), 0.0)
    return np.asarray(np.where(np.isinf(upper) & (reached > 0), np.nan, share))


def interpolated_median(low: ArrayLike, high: ArrayLike, people: ArrayLike) -> float:
    """Return the median of incomes counted by band, were they spread evenly within the band that holds it.

    Parameters
    ----------
    low, high : array of float, shape (bands,)
        Ends of each band, in any order.
    people : array of float, shape (bands,)
        Persons, or their weights, in each band.

    Returns
    -------
    float
        low + (high - low) (N / 2 - F) / n in the band that holds half of the N people, with n people in it
        and F below it (median of grouped data). NaN where that band is open, or nobody is counted.

    Raises
    ------
    OptionError
        Where a band is not one.

    Examples
    --------
    >>> interpolated_median([0, 25_000, 50_000], [25_000, 50_000, np.inf], [30, 40, 30])
    37500.0
    """
    lower, upper = _bands(low, high)
    order = np.argsort(lower)
    lower, upper, counts = lower[order], upper[order], np.asarray(people, dtype=np.float64)[order]
    reached = np.cumsum(counts)
    half = reached[-1] / 2
    if half <= 0:
        return float("nan")
    place = int(np.searchsorted(reached, half))
    if np.isinf(upper[place]):
        return float("nan")
    inside = (half - (reached[place] - counts[place])) / counts[place]
    return float(lower[place] + (upper[place] - lower[place]) * inside)


def _bands(low: ArrayLike, high: ArrayLike) -> tuple[Floats, Floats]:
    lower, upper = np.asarray(low, dtype=np.float64), np.asarray(high, dtype=np.float64)
    wrong = ~(lower < upper)
    if wrong.any():
        place = int(np.argmax(np.atleast_1d(wrong)))
        ends = [float(np.broadcast_to(end, wrong.shape).flat[place]) for end in (lower, upper)]
        raise OptionError(
            f"Bands of income were given, one of them from {ends[0]:g} to {ends[1]:g}.",
            "A band has two ends, the upper above the lower.",
            "Write both ends; the upper one is infinite for the open band, or for an income not told from 0.",
        )
    return lower, upper
