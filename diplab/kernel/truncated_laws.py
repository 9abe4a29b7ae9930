"""Laws of how often a person is seen, truncated at zero: Poisson and geometric, and what a fitted law carries."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import special
from scipy.optimize import brentq

from diplab.population.kernel.counts import truncated_geometric, truncated_poisson

if TYPE_CHECKING:
    from collections.abc import Callable

    from diplab.population.kernel.abundance import Abundance

__all__ = ["GEOMETRIC", "POISSON", "CountFit", "Floats", "Law", "zero_truncated"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class CountFit:
    """A law of counts fitted by maximum likelihood, and the size it gives.

    Parameters
    ----------
    found : Abundance
        Size, variance, number seen; a NaN size where the fit lies at the boundary.
    log_likelihood : float
    terms, estimates, errors : tuple
        Coefficients on their scale of estimation (log of a rate, log-odds of a share) with their standard errors.
    chance : callable
        Chance of each number of times among those whom the likelihood counts.
    least : int
        Fewest times seen of those whom the likelihood counts: likelihoods compare at the same number only.
    boundary : str
        Where a parameter ran to: `no upper limit`, `poisson`, `no excess`; empty inside.
    highest : float
        Upper end of the size where the likelihood sets none; NaN where the usual interval holds.
    """

    found: Abundance
    log_likelihood: float
    terms: tuple[str, ...]
    estimates: tuple[float, ...]
    errors: tuple[float, ...]
    chance: Callable[[Floats], Floats]
    least: int = 1
    boundary: str = ""
    highest: float = math.nan


@dataclass(frozen=True)
class Law:
    """A law of counts with one rate: the chances never, once and more often, and how they change with the log rate.

    Parameters
    ----------
    term : str
        Name of its coefficient.
    none, once, rest : callable
        Chance of no sighting, of exactly one, of at least two, given the rate.
    bend : callable
        d log(once) / d log(rate); that of `none` is `-once / none` in both laws.
    rate : callable
        Rate from the mean number of sightings of those seen at least twice.
    information : callable
        Information on the log rate in one person seen at least twice.
    log_chance : callable
        Log of the chance of each number of times.

    Notes
    -----
    Poisson of rate r: exp(-r) r^y / y!. Geometric of mean r: r^y / (1 + r)^(y + 1), a Poisson whose rate follows an
    exponential law.
    """

    term: str
    none: Callable[[float], float]
    once: Callable[[float], float]
    rest: Callable[[float], float]
    bend: Callable[[float], float]
    rate: Callable[[float], float]
    information: Callable[[float], float]
    log_chance: Callable[[Floats, float], Floats]


def _poisson_rate(mean: float) -> float:
    # gammainc(2, r) is the chance of two sightings or more without the cancellation of 1 - exp(-r) - r exp(-r)
    def excess(rate: float) -> float:
        return float(rate * special.gammainc(1, rate) / special.gammainc(2, rate)) - mean

    return float(brentq(excess, 1e-9, mean + 1, xtol=1e-15, rtol=1e-14))


def _poisson_information(rate: float) -> float:
    rest = float(special.gammainc(2, rate))
    mean = rate * float(special.gammainc(1, rate)) / rest
    return rate**2 / rest + mean - mean**2


POISSON = Law(
    "log rate",
    none=lambda rate: math.exp(-rate),
    once=lambda rate: rate * math.exp(-rate),
    rest=lambda rate: float(special.gammainc(2, rate)),
    bend=lambda rate: 1 - rate,
    rate=_poisson_rate,
    information=_poisson_information,
    log_chance=lambda times, rate: special.xlogy(times, rate) - rate - special.gammaln(times + 1),
)
GEOMETRIC = Law(
    "log mean",
    none=lambda rate: 1 / (1 + rate),
    once=lambda rate: rate / (1 + rate) ** 2,
    rest=lambda rate: (rate / (1 + rate)) ** 2,
    bend=lambda rate: (1 - rate) / (1 + rate),
    rate=lambda mean: mean - 2,
    information=lambda rate: rate / (1 + rate),
    log_chance=lambda times, rate: special.xlogy(times, rate) - special.xlog1py(times + 1, rate),
)


def zero_truncated(times: Floats, persons: Floats, law: Law) -> CountFit:
    """Return a law fitted to everyone seen, with its size.

    Parameters
    ----------
    times, persons : array, shape (counts,)
        Numbers of times and the persons seen so often.
    law : Law

    Returns
    -------
    CountFit
        N = n / (1 - P(0)) (van der Heijden, Cruyff and van Houwelingen, 2003).

    Examples
    --------
    >>> fit = zero_truncated(np.arange(1.0, 7), np.array([1645.0, 183, 37, 13, 1, 1]), POISSON)
    >>> round(fit.log_likelihood, 6)
    -901.951907
    """
    seen, total = float(persons.sum()), float(times @ persons)
    if law is POISSON:
        found = truncated_poisson(seen, total)
        rate = total / found.size
        chance = -math.expm1(-rate)
        error = 1 / math.sqrt(total - seen * rate**2 * math.exp(-rate) / chance**2)
    else:
        found = truncated_geometric(seen, total)
        rate = total / seen - 1
        chance = rate / (1 + rate)
        error = math.sqrt((1 + rate) / (seen * rate))

    def chances(each: Floats) -> Floats:
        return np.asarray(np.exp(law.log_chance(each, rate)) / chance)

    likelihood = float(persons @ (law.log_chance(times, rate) - math.log(chance)))
    return CountFit(found, likelihood, (law.term,), (math.log(rate),), (error,), chances)
