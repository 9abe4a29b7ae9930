"""Counts truncated at zero: log-likelihoods with derivatives, and how many persons each person seen represents.

Likelihoods are written so that a rate of 1e-300 or of 1e300 loses no digit that matters.

References: Engen (1974), *Biometrika* 61; van der Heijden, Cruyff and van Houwelingen (2003), *Statistica Neerlandica*
57; Böhning and van der Heijden (2009), *Annals of Applied Statistics* 3; Böhning et al. (2013), *Biometrics* 69; Godwin
and Böhning (2017), *JRSS* C 66; Chlebicki and Beręsewicz (2025), *Journal of Statistical Software* 115(1).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import digamma, expit, gammaln, polygamma

from diplab.kernel.arrays import Floats

_EMPTY = np.zeros(0)
_LARGEST = 690.0
_LONGEST_TABLE = 200_000

FAMILIES = (
    "chao", "zelterman", "poisson", "geometric", "negative_binomial",
    "one_inflated_poisson", "one_inflated_geometric", "ones_for_all_poisson", "ones_for_all_geometric",
)  # fmt: skip
"""`ones_for_all`: the excess of ones is drawn among everybody; `one_inflated`: among those seen."""
ONE_INFLATED = FAMILIES[5:]
SHARED = FAMILIES[4:]
"""Families with one parameter beside the coefficients: log of the size, or logit of the share of surplus ones."""


class CountTerms(NamedTuple):
    """The log-likelihood of each count, and its derivatives by the linear predictor and by one shared parameter."""

    log_likelihood: Floats  # (rows,); value, first and second derivative by the linear predictor
    slope: Floats
    curvature: Floats
    shared_slope: Floats = _EMPTY  # (rows,); by the shared parameter, by both, and twice by it; empty where none
    cross: Floats = _EMPTY
    shared_curvature: Floats = _EMPTY


def poisson(y: Floats, log_rate: Floats) -> CountTerms:
    """Return a zero-truncated Poisson count: P(y) = l^y / (y! (exp(l) - 1))."""
    rate = np.exp(np.clip(log_rate, -_LARGEST, _LARGEST))
    large = rate > 30.0
    above, below = np.where(large, rate, 30.0), np.where(large, 30.0, rate)
    total = np.where(large, above + np.log1p(-np.exp(-above)), np.log(np.expm1(below)))
    # expected sightings beyond the first, l / (1 - exp(-l)) - 1, and their derivative by log l
    small = rate < 1e-3
    safe, tiny = np.where(small, 1.0, rate), np.where(small, rate, 0.0)
    seen, unseen = -np.expm1(-safe), np.exp(-safe)
    excess = np.where(small, tiny / 2 + tiny**2 / 12 - tiny**4 / 720, safe / seen - 1)
    exact = safe / seen - np.where(unseen > 0, safe, 0.0) ** 2 * unseen / seen**2
    slope = np.where(small, tiny / 2 + tiny**2 / 6 - tiny**4 / 180, exact)
    return CountTerms(y * log_rate - total - gammaln(y + 1), (y - 1) - excess, -slope)


def geometric(y: Floats, log_rate: Floats) -> CountTerms:
    """Return a zero-truncated geometric count of untruncated mean l: P(y) = l^(y-1) / (1 + l)^y."""
    share = expit(log_rate)
    value = (y - 1) * log_rate - y * np.logaddexp(0.0, log_rate)
    return CountTerms(value, y - 1 - y * share, -y * share * (1 - share))


def twice_or_once(y: Floats, log_half_rate: Floats) -> CountTerms:
    """Return a count of one or two, of which two has the logit log(l/2); other counts say nothing (Zelterman, 1988)."""
    used = y <= 2
    share = expit(log_half_rate)
    value = np.where(y == 2, log_half_rate, 0.0) - np.logaddexp(0.0, log_half_rate)
    slope = np.where(y == 2, 1 - share, -share)
    return CountTerms(np.where(used, value, 0.0), np.where(used, slope, 0.0), np.where(used, -share * (1 - share), 0.0))


def negative_binomial(y: Floats, log_odds: Floats, size: float) -> CountTerms:
    """Return a zero-truncated negative binomial count, its derivatives by log_odds and by log(size).

    At a size of 0 the derivatives by log(size) are those by the size itself, which is regular there (Engen, 1974).
    With L = log(1 + r) and g(t) = log(t / (exp(t) - 1)), the log-likelihood of y is sum over 1 <= j < y of log(j +
    size) - log y! + y log(r / (1 + r)) - log L + g(size L), free of any difference of large numbers as the size goes
    to 0.
    """
    share, length = expit(log_odds), np.logaddexp(0.0, log_odds)
    value, first, second = log_t_over_expm1(size * length)
    # odds so small that L is r itself: q / L is 1
    pace = np.where(log_odds < -30.0, 1.0, share / np.where(length > 0, length, 1.0))
    log_length = np.where(log_odds < -30.0, log_odds, np.log(np.where(length > 0, length, 1.0)))
    rising, by_size, twice_by_size = rising_factorial_logs(y, size)
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
    return CountTerms(total, slope, curvature, size * shared, size * cross, size * (size * shared_curvature + shared))


def log_t_over_expm1(t: Floats) -> tuple[Floats, Floats, Floats]:
    """Return g(t) = log(t / (exp(t) - 1)) for t of 0 or more, and its two derivatives."""
    small = t < 1e-2
    safe = np.where(small, 1.0, t)
    below = np.exp(-safe)
    seen = -np.expm1(-safe)
    value = np.where(small, -t / 2 - t**2 / 24 + t**4 / 2880, np.log(safe) - safe - np.log(seen))
    first = np.where(small, -0.5 - t / 12 + t**3 / 720, 1 / safe - 1 / seen)
    return value, first, np.where(small, -1 / 12 + t**2 / 240 - t**4 / 6048, below / seen**2 - 1 / safe**2)


def rising_factorial_logs(y: Floats, size: float) -> tuple[Floats, Floats, Floats]:
    """Return by count the sum over 1 <= j < y of log(j + size), and its two derivatives by the size."""
    largest = float(y.max()) if y.size else 1.0
    if largest > _LONGEST_TABLE:
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


class SightingProbability(NamedTuple):
    """The chance of being seen: itself, that of not being seen, and derivatives by predictor and shared parameter."""

    seen: Floats
    unseen: Floats
    slope: Floats
    shared_slope: Floats


class RepresentedPersons(NamedTuple):
    """How many persons each person seen represents."""

    persons: Floats  # (rows,)
    slope: Floats  # (rows,); derivatives by the linear predictor and by the shared parameter
    shared_slope: Floats
    drawn: Floats  # (rows,); what the chance of being seen adds to the variance, (1 - p) / p^2


def count_terms(family: str, y: Floats, predictor: Floats, shared: float) -> CountTerms:
    """Return the log-likelihood of each count and its derivatives."""
    if family in ("chao", "zelterman"):
        return twice_or_once(y, predictor)
    if family == "negative_binomial":
        return negative_binomial(y, predictor, float(np.exp(shared)))
    base = (geometric if family.endswith("geometric") else poisson)(y, predictor)
    if family not in SHARED:
        return base
    if family.startswith("one_inflated"):
        return _inflated(y, base, shared)
    # a surplus among everybody is, among those seen, one whose share grows as fewer of the others are
    probability = sighting_probability(family.removeprefix("ones_for_all_"), predictor, 0.0)
    found = _inflated(y, base, shared - np.log(probability.seen))
    pace = probability.slope / probability.seen
    # the second derivative of log p by the predictor
    bend = -probability.seen * probability.unseen
    if family.endswith("poisson"):
        rate = np.exp(np.clip(predictor, -_LARGEST, _LARGEST))
        bend = np.where(rate < 1e-4, -rate / 2, pace * (1 - rate - pace))
    return CountTerms(
        found.log_likelihood,
        found.slope - pace * found.shared_slope,
        found.curvature - 2 * pace * found.cross + pace**2 * found.shared_curvature - bend * found.shared_slope,
        found.shared_slope,
        found.cross - pace * found.shared_curvature,
        found.shared_curvature,
    )


def _inflated(y: Floats, base: CountTerms, shared: float | Floats) -> CountTerms:
    """Return a count of which a share `expit(shared)` of those seen are ones beside the others."""
    surplus, rest = expit(shared), expit(-np.asarray(shared))
    once = y == 1
    own = rest * np.exp(np.where(once, base.log_likelihood, 0.0))
    mixed = surplus + own
    true = np.where(once, own / mixed, 1.0)  # chance that the person is one of the others
    with np.errstate(divide="ignore"):  # no surplus at all, or nothing else
        value = np.where(once, np.log(mixed), np.log(rest) + base.log_likelihood)
    spread = true * (1 - true)
    slope = np.where(spread > 0, base.slope, 0.0)  # infinite only where no information is left
    return CountTerms(
        value,
        true * base.slope,
        true * base.curvature + spread * slope**2,
        1 - true - surplus,
        -spread * slope,
        spread - surplus * rest,
    )


def sighting_probability(family: str, predictor: Floats, shared: float) -> SightingProbability:
    """Return the chance that a person is seen at least once."""
    nothing = np.zeros_like(predictor)
    if family == "negative_binomial":
        size = float(np.exp(shared))
        share, length = expit(predictor), np.logaddexp(0.0, predictor)
        unseen = np.exp(-size * length)
        return SightingProbability(-np.expm1(-size * length), unseen, unseen * size * share, unseen * size * length)
    if family.startswith("ones_for_all"):
        probability = sighting_probability(family.removeprefix("ones_for_all_"), predictor, 0.0)
        surplus, rest = float(expit(shared)), float(expit(-shared))
        return SightingProbability(
            surplus + rest * probability.seen,
            rest * probability.unseen,
            rest * probability.slope,
            surplus * rest * probability.unseen,
        )
    if family.endswith("geometric"):
        seen, unseen = expit(predictor), expit(-predictor)
        return SightingProbability(seen, unseen, seen * unseen, nothing)
    log_rate = predictor + np.log(2.0) if family in ("chao", "zelterman") else predictor
    rate = np.exp(np.clip(log_rate, -_LARGEST, _LARGEST))
    unseen = np.exp(-rate)
    return SightingProbability(-np.expm1(-rate), unseen, np.where(unseen > 0, rate * unseen, 0.0), nothing)


def represented_persons(family: str, y: Floats, predictor: Floats, shared: float) -> RepresentedPersons:
    """Return how many persons each person seen represents."""
    if family == "chao":
        return _chao_representation(y, predictor)
    own = sighting_probability(family, predictor, shared)
    square = own.seen**2
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        return RepresentedPersons(1 / own.seen, -own.slope / square, -own.shared_slope / square, own.unseen / square)


def _chao_representation(y: Floats, log_half_rate: Floats) -> RepresentedPersons:
    """Return 1 + 1 / (l + l^2/2) for persons seen once or twice, and 1 for the others."""
    rate = 2 * np.exp(np.clip(log_half_rate, -_LARGEST / 2, _LARGEST / 2))
    rare = y <= 2
    both = rate + rate**2 / 2
    added = 1 / both
    seen = np.exp(-rate) * both
    return RepresentedPersons(
        np.where(rare, 1 + added, 1.0),
        np.where(rare, -(rate + rate**2) * added**2, 0.0),
        np.zeros_like(rate),
        np.where(rare, (1 - seen) * (1 + added) ** 2, 0.0),
    )
