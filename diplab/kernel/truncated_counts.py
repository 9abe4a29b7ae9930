"""How often a person was seen, among those seen at least once: log-likelihoods of counts truncated at zero.

Each function takes the logarithm of a rate by person and returns the log-likelihood of each count with its derivatives,
written so that a rate of 1e-300 or of 1e300 loses no digit that matters.

References
----------
van der Heijden, Cruyff and van Houwelingen (2003), *Statistica Neerlandica* 57; Engen (1974), *Biometrika* 61.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, expit, gammaln, polygamma

__all__ = [
    "CountTerms",
    "geometric",
    "log_one_less",
    "negative_binomial",
    "poisson",
    "poisson_excess",
    "rising_logarithms",
    "twice_or_once",
]

Floats = NDArray[np.float64]

_NONE = np.zeros(0)
_LARGEST, _TABLE = 690.0, 200_000


class CountTerms(NamedTuple):
    """The log-likelihood of each count, and its derivatives by the linear predictor and by one shared parameter.

    Parameters
    ----------
    log_likelihood, slope, curvature : array, shape (rows,)
        Value, first and second derivative by the linear predictor.
    shared_slope, cross, shared_curvature : array, shape (rows,)
        By the shared parameter, by both, and twice by it; empty where there is none.
    """

    log_likelihood: Floats
    slope: Floats
    curvature: Floats
    shared_slope: Floats = _NONE
    cross: Floats = _NONE
    shared_curvature: Floats = _NONE


def poisson_excess(log_rate: Floats) -> tuple[Floats, Floats]:
    """Return the expected sightings beyond the first, l / (1 - exp(-l)) - 1, and their derivative by log l.

    Examples
    --------
    >>> excess, slope = poisson_excess(np.array([0.0, -700.0]))
    >>> excess.round(6).tolist(), slope.round(6).tolist()
    ([0.581977, 0.0], [0.661303, 0.0])
    """
    rate = np.exp(np.clip(log_rate, -_LARGEST, _LARGEST))
    small = rate < 1e-3
    safe = np.where(small, 1.0, rate)
    seen = -np.expm1(-safe)
    tiny = np.where(small, rate, 0.0)
    excess = np.where(small, tiny / 2 + tiny**2 / 12 - tiny**4 / 720, safe / seen - 1)
    unseen = np.exp(-safe)
    exact = safe / seen - np.where(unseen > 0, safe, 0.0) ** 2 * unseen / seen**2
    slope = np.where(small, tiny / 2 + tiny**2 / 6 - tiny**4 / 180, exact)
    return excess, slope


def poisson(y: Floats, log_rate: Floats) -> CountTerms:
    """Return a zero-truncated Poisson count: P(y) = l^y / (y! (exp(l) - 1)).

    Examples
    --------
    >>> float(poisson(np.array([1.0]), np.array([0.0])).log_likelihood.round(6)[0])
    -0.541325
    """
    rate = np.exp(np.clip(log_rate, -_LARGEST, _LARGEST))
    large = rate > 30.0
    above, below = np.where(large, rate, 30.0), np.where(large, 30.0, rate)
    total = np.where(large, above + np.log1p(-np.exp(-above)), np.log(np.expm1(below)))
    excess, slope = poisson_excess(log_rate)
    return CountTerms(y * log_rate - total - gammaln(y + 1), (y - 1) - excess, -slope)


def geometric(y: Floats, log_rate: Floats) -> CountTerms:
    """Return a zero-truncated geometric count of untruncated mean l: P(y) = l^(y-1) / (1 + l)^y.

    Examples
    --------
    >>> float(geometric(np.array([1.0]), np.array([0.0])).log_likelihood.round(6)[0])
    -0.693147
    """
    share = expit(log_rate)
    value = (y - 1) * log_rate - y * np.logaddexp(0.0, log_rate)
    return CountTerms(value, y - 1 - y * share, -y * share * (1 - share))


def twice_or_once(y: Floats, log_half_rate: Floats) -> CountTerms:
    """Return a count of one or two, of which two has the logit log(l/2); other counts say nothing (Zelterman, 1988).

    Examples
    --------
    >>> twice_or_once(np.array([1.0, 2.0, 3.0]), np.zeros(3)).log_likelihood.round(6).tolist()
    [-0.693147, -0.693147, 0.0]
    """
    used = y <= 2
    share = expit(log_half_rate)
    value = np.where(y == 2, log_half_rate, 0.0) - np.logaddexp(0.0, log_half_rate)
    slope = np.where(y == 2, 1 - share, -share)
    return CountTerms(
        np.where(used, value, 0.0), np.where(used, slope, 0.0), np.where(used, -share * (1 - share), 0.0)
    )


def negative_binomial(y: Floats, log_odds: Floats, size: float) -> CountTerms:
    """Return a zero-truncated negative binomial count, its derivatives by log_odds and by log(size).

    Parameters
    ----------
    y : array, shape (rows,)
    log_odds : array, shape (rows,)
        Logarithm of r = mean / size of the untruncated count.
    size : float
        0 or more: 1 is the geometric count, 0 the logarithmic series, infinity the Poisson count.

    Returns
    -------
    CountTerms
        At a size of 0 the derivatives by log(size) are those by the size itself, which is regular there (Engen, 1974).

    Notes
    -----
    With L = log(1 + r) and g(t) = log(t / (exp(t) - 1)), the log-likelihood of y is
    sum over 1 <= j < y of log(j + size) - log y! + y log(r / (1 + r)) - log L + g(size L), free of any difference of
    large numbers as the size goes to 0.

    Examples
    --------
    >>> y, eta = np.array([1.0, 4.0]), np.array([0.3, 0.3])
    >>> bool(np.allclose(negative_binomial(y, eta, 1.0).log_likelihood, geometric(y, eta).log_likelihood))
    True
    """
    share, length = expit(log_odds), np.logaddexp(0.0, log_odds)
    value, first, second = log_one_less(size * length)
    # odds so small that L is r itself: q / L is 1
    pace = np.where(log_odds < -30.0, 1.0, share / np.where(length > 0, length, 1.0))
    log_length = np.where(log_odds < -30.0, log_odds, np.log(np.where(length > 0, length, 1.0)))
    rising, by_size, twice_by_size = rising_logarithms(y, size)
    total = rising - gammaln(y + 1) + y * -np.logaddexp(0.0, -log_odds) - log_length + value
    slope = y * (1 - share) - pace + first * size * share
    curvature = (
        -y * share * (1 - share)
        - (pace * (1 - share) - pace**2)
        + second * (size * share) ** 2
        + first * size * share * (1 - share)
    )
    shared = by_size + first * length
    cross = share * (second * size * length + first)
    shared_curvature = twice_by_size + second * length**2
    if size == 0:
        return CountTerms(total, slope, curvature, shared, cross, shared_curvature)
    return CountTerms(
        total, slope, curvature, size * shared, size * cross, size * (size * shared_curvature + shared)
    )


def log_one_less(t: Floats) -> tuple[Floats, Floats, Floats]:
    """Return g(t) = log(t / (exp(t) - 1)) for t of 0 or more, and its two derivatives.

    Examples
    --------
    >>> [float(each.round(6)[0]) for each in log_one_less(np.array([0.0]))]
    [0.0, -0.5, -0.083333]
    """
    small = t < 1e-2
    safe = np.where(small, 1.0, t)
    below = np.exp(-safe)
    seen = -np.expm1(-safe)
    value = np.where(small, -t / 2 - t**2 / 24 + t**4 / 2880, np.log(safe) - safe - np.log(seen))
    first = np.where(small, -0.5 - t / 12 + t**3 / 720, 1 / safe - 1 / seen)
    second = np.where(small, -1 / 12 + t**2 / 240 - t**4 / 6048, below / seen**2 - 1 / safe**2)
    return value, first, second


def rising_logarithms(y: Floats, size: float) -> tuple[Floats, Floats, Floats]:
    """Return by count the sum over 1 <= j < y of log(j + size), and its two derivatives by the size.

    Examples
    --------
    >>> [each.round(6).tolist() for each in rising_logarithms(np.array([1.0, 3.0]), 0.0)]
    [[0.0, 0.693147], [0.0, 1.5], [0.0, -1.25]]
    """
    largest = float(y.max()) if y.size else 1.0
    if largest > _TABLE:
        top, bottom = y + size, np.full_like(y, 1.0 + size)
        return (
            gammaln(top) - gammaln(bottom),
            digamma(top) - digamma(bottom),
            polygamma(1, top) - polygamma(1, bottom),
        )
    step = np.arange(1.0, largest) + size
    place = y.astype(np.int64) - 1
    tables = (np.log(step), 1 / step, -((1 / step) ** 2))
    first, second, third = (np.concatenate([[0.0], np.cumsum(each)])[place] for each in tables)
    return first, second, third
