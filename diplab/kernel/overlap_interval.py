"""Intervals of the number on both of two lists, turned into intervals of the size behind them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from scipy.special import ndtri
from scipy.stats import beta, chi2, hypergeom

if TYPE_CHECKING:
    from collections.abc import Callable

    from diplab.kernel.abundance import Abundance

__all__ = [
    "EVERYONE",
    "binomial_sizes",
    "hypergeometric_sizes",
    "poisson_limits",
    "poisson_sizes",
    "share_sizes",
]

EVERYONE = 10**10
"""More than there are people; beyond it the tails of the hypergeometric law lose their digits too."""


def poisson_limits(count: float, confidence: float = 0.95) -> tuple[float, float]:
    """Return the exact limits of the mean behind a count of rare events.

    Parameters
    ----------
    count : float
        Events counted.
    confidence : float
        Probability of the interval.

    Returns
    -------
    tuple of float
        chi2(a/2; 2x)/2 and chi2(1 - a/2; 2x + 2)/2 (Garwood, 1936); the lower is 0 at a count of 0.

    Examples
    --------
    >>> tuple(round(end, 3) for end in poisson_limits(24))
    (15.377, 35.71)
    """
    tail = (1 - confidence) / 2
    low = float(chi2.ppf(tail, 2 * count)) / 2 if count > 0 else 0.0
    return low, float(chi2.isf(tail, 2 * count + 2)) / 2


def poisson_sizes(
    size: Callable[[float, float, float], Abundance],
    first: float,
    second: float,
    both: float,
    confidence: float = 0.95,
) -> tuple[float, float]:
    """Return the sizes at the two limits of the number on both, taken as a Poisson count.

    Parameters
    ----------
    size : callable
        Estimator, from the three numbers.
    first, second, both : float
        Persons on each list and on both.
    confidence : float
        Probability of the interval.

    Returns
    -------
    tuple of float
        The estimator at each limit of `both` (Ricker, 1975, section 3.2), neither below the number seen. Meant
        for an overlap that is a small part of both lists.

    Examples
    --------
    >>> from diplab.kernel.abundance import chapman
    >>> tuple(round(end) for end in poisson_sizes(chapman, 500, 149, 7))
    (4872, 19701)
    """
    low, high = poisson_limits(both, confidence)
    seen = first + second - both
    return max(size(first, second, high).size, seen), max(size(first, second, low).size, seen)


def binomial_sizes(first: float, second: float, both: float, confidence: float = 0.95) -> tuple[float, float]:
    """Return the sizes at which the number of second draws already on the first list is not surprising.

    Parameters
    ----------
    first, second, both : float
        Persons on the first list, draws in the second (with replacement), draws already on the first.
    confidence : float
        Probability of the interval, at least reached.

    Returns
    -------
    tuple of float
        M over the exact limits of the share m/n (Clopper and Pearson, 1934): each draw is on the first list with chance
        M/N. Neither end is below the number seen.

    Examples
    --------
    >>> tuple(round(end) for end in binomial_sizes(948, 421, 167))
    (2129, 2711)
    """
    tail = (1 - confidence) / 2
    low = float(beta.ppf(tail, both, second - both + 1)) if both > 0 else 0.0
    high = float(beta.isf(tail, both + 1, second - both)) if both < second else 1.0
    seen = first + second - both
    return max(first / high, seen), max(first / low, seen) if low > 0 else math.inf


def hypergeometric_sizes(
    first: float, second: float, both: float, confidence: float = 0.95
) -> tuple[float, float]:
    """Return the sizes at which the number on both lists is not surprising: an exact interval.

    Parameters
    ----------
    first, second, both : float
        Persons on each list and on both.
    confidence : float
        Probability of the interval, at least reached.

    Returns
    -------
    tuple of float
        The smallest and the largest whole N for which neither tail of the hypergeometric law of the overlap,
        P(X <= m) and P(X >= m), is at most (1 - confidence)/2 (Chapman, 1951; tails inverted as by Clopper and
        Pearson). Each list is drawn without replacement, whatever its length. An end above ten thousand million, more
        than there are people, is infinite, as it is where nobody is on both.

    Examples
    --------
    >>> hypergeometric_sizes(500, 149, 7)
    (5334.0, 26102.0)
    """
    tail = (1 - confidence) / 2
    seen = int(first + second - both)

    def large_enough(size: int) -> bool:
        return float(hypergeom.cdf(both, size, first, second)) > tail

    def too_large(size: int) -> bool:
        return float(hypergeom.sf(both - 1, size, first, second)) <= tail

    low = min(_turning(large_enough, seen - 1), EVERYONE)
    high = _turning(too_large, low) - 1 if both > 0 and low < EVERYONE else math.inf
    return float(low), float(high)


def _turning(holds: Callable[[int], bool], start: float) -> float:
    """Return the first whole number above `start` where a condition that stays true begins to hold."""
    below, step = int(start), 1
    while not holds(int(start) + step):
        below, step = int(start) + step, 2 * step
        if below > EVERYONE:
            return math.inf
    at = int(start) + step
    while at - below > 1:
        middle = (below + at) // 2
        below, at = (below, middle) if holds(middle) else (middle, at)
    return at


def share_sizes(first: float, second: float, both: float, confidence: float = 0.95) -> tuple[float, float]:
    """Return the sizes at the normal limits of the share of the second list found on the first.

    Parameters
    ----------
    first, second, both : float
        Persons on each list and on both.
    confidence : float
        Probability of the interval.

    Returns
    -------
    tuple of float
        M over the limits p ± (z sqrt((1 - m/M) p (1 - p)/(n - 1)) + 1/(2n)), p = m/n (Krebs, 1989, equation 2.4; Seber,
        1982, p. 63). The lower end is not below the number seen; the upper is infinite where the share is not told from
        zero.

    Examples
    --------
    >>> tuple(round(end) for end in share_sizes(948, 421, 167))
    (2153, 2685)
    """
    share = both / second
    spread = math.sqrt((1 - both / first) * share * (1 - share) / (second - 1)) if second > 1 else math.inf
    half = float(ndtri(0.5 + confidence / 2)) * spread + 1 / (2 * second)
    low = max(first / (share + half), first + second - both)
    return low, max(first / (share - half), first + second - both) if share > half else math.inf
