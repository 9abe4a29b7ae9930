"""Beta-distributed capture probabilities: fit to truncated counts, and the persons never seen."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import betaln, gammaln

from diplab.population.kernel.abundance import Abundance

__all__ = [
    "BetaFit",
    "chance_of_none",
    "fit_beta_binomial",
    "moments",
    "profile",
    "propensity_ratio",
    "size_of_fit",
]

Floats = NDArray[np.float64]

_LOWEST, _HIGHEST = math.log(1e-6), math.log(1e5)


class BetaFit(NamedTuple):
    """A beta-binomial distribution fitted to persons seen at least once."""

    alpha: float  # NaN at a boundary, like beta
    beta: float
    log_likelihood: float  # at the maximum, or at the boundary
    limit: float  # log-likelihood as alpha falls to 0, where the size has no upper limit
    # empty, `unbounded` (the likelihood rises as alpha falls to 0) or `equal` (it rises to equal probabilities)
    boundary: str


def propensity_ratio(alpha: float, beta: float, occasions: int = 2) -> float:
    """Return E(a^k)/E(a)^k of a beta-distributed probability a.

    It is the product over j < k of (alpha + j)/(alpha + beta + j), over (alpha/(alpha + beta))^k; for k = 2 it is
    1 + beta/(alpha (alpha + beta + 1)).
    """
    mean = alpha / (alpha + beta)
    return math.prod((alpha + j) / (alpha + beta + j) / mean for j in range(occasions))


def chance_of_none(alpha: float, beta: float, occasions: float) -> float:
    """Return the share never seen in so many occasions: B(alpha, T + beta)/B(alpha, beta)."""
    return float(np.exp(betaln(alpha, occasions + beta) - betaln(alpha, beta)))


def moments(mean: float, square: float, occasions: float, bracket: bool = True) -> tuple[float, float]:
    """Return alpha and beta from the first two moments of counts.

    (T m1 - m2)/D and (T - m1)(T - m2/m1)/D. These are moments of all counts, zeros included; of persons seen at
    least once they give a size that is too small.
    """
    ratio = square / mean
    under = occasions * (ratio - mean - 1) + mean if bracket else occasions * ratio - mean - 1 + mean
    return (occasions * mean - square) / under, (occasions - mean) * (occasions - ratio) / under


def profile(counts: Floats, alpha: float) -> tuple[float, float]:
    """Return the best beta for one alpha, and the log-likelihood of persons seen at least once.

    sum f_k (ln C(T, k) + ln B(k + alpha, T - k + beta) - ln(B(alpha, beta) - B(alpha, T + beta))), at its maximum
    over beta.
    """
    found = minimize_scalar(
        lambda log_beta: -_log_likelihood(counts, alpha, math.exp(log_beta)),
        bounds=(-8.0, 25.0),
        method="bounded",
        options={"xatol": 1e-10},
    )
    return math.exp(found.x), -float(found.fun)


def fit_beta_binomial(counts: Floats) -> BetaFit:
    """Return the maximum-likelihood fit to persons seen at least once, or the boundary of the likelihood.

    The maximum over alpha of the profile over beta; at a boundary where no interior point is more likely.
    """
    grid = np.linspace(_LOWEST, _HIGHEST, 52)
    values = np.array([profile(counts, math.exp(each))[1] for each in grid])
    limit = profile(counts, 0.0)[1]
    best = int(np.argmax(values))
    if 0 < best < len(grid) - 1:
        found = minimize_scalar(
            lambda log_alpha: -profile(counts, math.exp(log_alpha))[1],
            bounds=(grid[best - 1], grid[best + 1]),
            method="bounded",
            options={"xatol": 1e-9},
        )
        highest = -float(found.fun)
        # Less than rounding above the limit is no maximum.
        if highest > limit + 1e-7 * max(1.0, abs(limit)) ** 0.5:
            alpha = math.exp(found.x)
            return BetaFit(alpha, profile(counts, alpha)[0], highest, limit, "")
    if limit >= values[-1]:
        return BetaFit(math.nan, math.nan, limit, limit, "unbounded")
    return BetaFit(math.nan, math.nan, float(values[-1]), limit, "equal")


def size_of_fit(counts: Floats, fit: BetaFit) -> Abundance:
    """Return the size of an interior fit.

    N = n/(1 - P0), with the variance of the two parameters (observed information, delta method) and of having been
    seen, n P0/(1 - P0)^2.
    """
    occasions, seen = len(counts), float(counts.sum())
    at = np.log([fit.alpha, fit.beta])

    def size(logs: Floats) -> float:
        return seen / (1 - chance_of_none(math.exp(logs[0]), math.exp(logs[1]), occasions))

    def likelihood(logs: Floats) -> float:
        return _log_likelihood(counts, math.exp(logs[0]), math.exp(logs[1]))

    step = 1e-4
    steps = step * np.eye(2)
    slope = np.array([(size(at + each) - size(at - each)) / (2 * step) for each in steps])
    information = -np.array(
        [
            [
                likelihood(at + a + b)
                - likelihood(at + a - b)
                - likelihood(at - a + b)
                + likelihood(at - a - b)
                for b in steps
            ]
            for a in steps
        ]
    ) / (4 * step**2)
    none = chance_of_none(fit.alpha, fit.beta, occasions)
    of_law = float(slope @ np.linalg.solve(information, slope))
    return Abundance(size(at), max(of_law, 0.0) + seen * none / (1 - none) ** 2, seen)


def _log_likelihood(counts: Floats, alpha: float, beta: float) -> float:
    occasions = len(counts)
    times = np.arange(1, occasions + 1)
    choose = gammaln(occasions + 1) - gammaln(times + 1) - gammaln(occasions - times + 1)
    terms = choose + betaln(times + alpha, occasions - times + beta)
    # The chance of being seen is summed, not taken from 1: as alpha falls to 0 that would be 1 - 1.
    highest = float(terms.max())
    total = highest + math.log(float(np.exp(terms - highest).sum()))
    return float(counts @ (terms - total))
