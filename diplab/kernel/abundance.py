"""How many persons stand behind two lists that overlap, and the interval of a size.

Everything here takes plain numbers and returns a size, its variance and the number seen.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from scipy.special import ndtri

from diplab.errors import MisleadingError

__all__ = ["Abundance", "bailey", "chapman", "lognormal_interval", "normal_interval", "petersen"]


class Abundance(NamedTuple):
    """A population size, its variance, and the number of persons seen.

    Parameters
    ----------
    size : float
        Estimated number of persons, seen and unseen.
    variance : float
        Variance of the size.
    seen : float
        Number of distinct persons seen.
    """

    size: float
    variance: float
    seen: float


def petersen(first: float, second: float, both: float) -> Abundance:
    """Return the Lincoln-Petersen size: the share of the second list found on the first tells its coverage.

    Parameters
    ----------
    first, second : float
        Persons on each list.
    both : float
        Persons on both.

    Returns
    -------
    Abundance
        N = M n / m, with variance M n (M - m)(n - m) / m^3 (delta method on three cells;
        Sekar and Deming, 1949).

    Raises
    ------
    MisleadingError
        Where nobody is on both lists: the size has no upper limit.

    Examples
    --------
    >>> round(petersen(948, 421, 167).size, 6)
    2389.868263
    """
    if both == 0:
        raise MisleadingError(
            asked=f"The size behind two lists of {first:g} and {second:g} persons was asked for.",
            found="Nobody is on both, so the lists set no upper limit to it.",
            write=f"Write that at least {first + second:g} persons exist, or match the lists again.",
        )
    variance = first * second * (first - both) * (second - both) / both**3
    return Abundance(first * second / both, variance, first + second - both)


def chapman(first: float, second: float, both: float) -> Abundance:
    """Return Chapman's size, nearly free of the upward bias of Lincoln-Petersen in small samples.

    Parameters
    ----------
    first, second, both : float
        Persons on each list and on both.

    Returns
    -------
    Abundance
        N = (M+1)(n+1)/(m+1) - 1, with variance (M+1)(n+1)(M-m)(n-m) / ((m+1)^2 (m+2)) (Chapman, 1951;
        Seber, 1970).

    Examples
    --------
    >>> round(chapman(109, 177, 57).size, 6)
    336.586207
    """
    size = (first + 1) * (second + 1) / (both + 1) - 1
    variance = (first + 1) * (second + 1) * (first - both) * (second - both) / ((both + 1) ** 2 * (both + 2))
    return Abundance(size, variance, first + second - both)


def bailey(first: float, second: float, both: float) -> Abundance:
    """Return Bailey's size, for a second list where a person may be drawn more than once.

    Parameters
    ----------
    first, second, both : float
        Persons on the first list, draws in the second, draws already on the first.

    Returns
    -------
    Abundance
        N = M (n+1)/(m+1), with variance M^2 (n+1)(n-m) / ((m+1)^2 (m+2)) (Bailey, 1951). It may fall
        below the number of persons seen.

    Examples
    --------
    >>> round(bailey(500, 149, 7).size, 6)
    9375.0
    """
    size = first * (second + 1) / (both + 1)
    variance = first**2 * (second + 1) * (second - both) / ((both + 1) ** 2 * (both + 2))
    return Abundance(size, variance, first + second - both)


def lognormal_interval(found: Abundance, confidence: float = 0.95) -> tuple[float, float]:
    """Return an interval for a size that never falls below the number seen.

    Parameters
    ----------
    found : Abundance
        Size, variance, number seen.
    confidence : float
        Probability of the interval.

    Returns
    -------
    tuple of float
        n + (N - n)/C and n + (N - n) C, C = exp(z sqrt(log(1 + variance/(N - n)^2))) (Burnham et al., 1987;
        Chao, 1987). Where N = n that would be n alone, however large the variance: the interval is then the normal
        one, from n to n + z sqrt(variance).

    Examples
    --------
    >>> low, high = lognormal_interval(Abundance(9273.510929, 662.6008179**2, 1880))
    >>> round(low, 3), round(high, 3)
    (8084.677, 10690.129)
    """
    unseen = found.size - found.seen
    if unseen <= 0:
        beyond = _deviate(confidence) * math.sqrt(found.variance) if found.variance > 0 else 0.0
        return found.seen, found.seen + beyond
    spread = math.exp(_deviate(confidence) * math.sqrt(math.log1p(found.variance / unseen**2)))
    return found.seen + unseen / spread, found.seen + unseen * spread


def normal_interval(found: Abundance, confidence: float = 0.95) -> tuple[float, float]:
    """Return the symmetric interval of a size, its lower end not below the number seen.

    Parameters
    ----------
    found : Abundance
        Size, variance, number seen.
    confidence : float
        Probability of the interval.

    Returns
    -------
    tuple of float

    Examples
    --------
    >>> low, high = normal_interval(chapman(500, 149, 7))
    >>> round(high)
    15316
    """
    half = _deviate(confidence) * math.sqrt(found.variance)
    return max(found.size - half, found.seen), found.size + half


def _deviate(confidence: float) -> float:
    return float(ndtri(0.5 + confidence / 2))
