"""Sizes from truncated counts: Poisson, geometric, negative binomial, one-inflated.

In one-inflated models some of the persons seen once are of another kind (duplicates, false
accounts, persons put off by the first time). Chao's lower bound takes them for the sign of many
unseen, so it does not hold there.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import special
from scipy.optimize import brentq

from diplab.errors import MisleadingError
from diplab.kernel.arrays import Floats
from diplab.kernel.models.regression import inverse
from diplab.population.kernel import truncated_regression as kernel
from diplab.population.kernel.abundance import Abundance


@dataclass(frozen=True)
class CountFit:
    """A fitted distribution of counts and its size, or the size of a formula alone."""

    abundance: Abundance  # NaN size where the fit lies at the boundary
    log_likelihood: float = math.nan
    # coefficients as they are estimated (log of a rate, log-odds of a share), with their errors;
    # none of a formula
    terms: tuple[str, ...] = ()
    estimates: tuple[float, ...] = ()
    errors: tuple[float, ...] = ()
    # of each number of times, among the persons in the likelihood
    chance: Callable[[Floats], Floats] = lambda times: np.full(len(times), np.nan)
    # fewest times seen of the persons in the likelihood: likelihoods compare at the same number
    # only
    least: int = 1
    # where a parameter ran to: `no upper limit`, `poisson`, `no excess`; empty inside
    boundary: str = ""
    highest: float = math.nan  # infinite where the likelihood sets no upper limit


@dataclass(frozen=True)
class CountDistribution:
    """A distribution of counts with one rate r.

    Poisson, exp(-r) r^y / y!, or geometric, r^y / (1 + r)^(y + 1).
    """

    term: str  # name of its coefficient
    rest: Callable[[float], float]  # probability of at least two sightings, given the rate
    # d log P(1) / d log(rate); that of P(0) is -P(1) / P(0) in both
    slope: Callable[[float], float]
    # rate from the mean number of sightings of those seen at least twice
    rate: Callable[[float], float]
    # information on the log rate in one person seen at least twice
    information: Callable[[float], float]
    log_chance: Callable[[Floats, float], Floats]  # log of the chance of each number of times


def _poisson_rate(mean: float) -> float:
    # gammainc(2, r) is the chance of two sightings or more without the cancellation of 1 - exp(-r)
    # - r exp(-r)
    def excess(rate: float) -> float:
        return float(rate * special.gammainc(1, rate) / special.gammainc(2, rate)) - mean

    return float(brentq(excess, 1e-9, mean + 1, xtol=1e-15, rtol=1e-14))


def _poisson_information(rate: float) -> float:
    rest = float(special.gammainc(2, rate))
    mean = rate * float(special.gammainc(1, rate)) / rest
    return rate**2 / rest + mean - mean**2


POISSON = CountDistribution(
    "log rate",
    rest=lambda rate: float(special.gammainc(2, rate)),
    slope=lambda rate: 1 - rate,
    rate=_poisson_rate,
    information=_poisson_information,
    log_chance=lambda times, rate: special.xlogy(times, rate) - rate - special.gammaln(times + 1),
)
GEOMETRIC = CountDistribution(
    "log mean",
    rest=lambda rate: (rate / (1 + rate)) ** 2,
    slope=lambda rate: (1 - rate) / (1 + rate),
    rate=lambda mean: mean - 2,
    information=lambda rate: rate / (1 + rate),
    log_chance=lambda times, rate: special.xlogy(times, rate) - special.xlog1py(times + 1, rate),
)
DISTRIBUTIONS = {"poisson": POISSON, "geometric": GEOMETRIC}


def zero_truncated(family: str, times: Floats, persons: Floats) -> CountFit:
    """Return the fit to everyone seen, with N = n / (1 - P(0)).

    Source: van der Heijden, Cruyff and van Houwelingen (2003).
    """
    seen, total = float(persons.sum()), float(times @ persons)
    if total <= seen:
        raise MisleadingError(
            f"None of the {seen:g} persons was seen more than once.",
            "The size has no upper limit.",
            "Write the estimator `chao_bc`, a lower bound.",
        )
    mean = total / seen
    rate = mean - 1
    if family == "poisson":
        rate = float(
            brentq(
                lambda rate: rate / -math.expm1(-rate) - mean, 1e-12, mean, xtol=1e-15, rtol=1e-15
            )
        )
    return _fit_at(
        family, times, persons, np.array([math.log(rate)]), (DISTRIBUTIONS[family].term,)
    )


def _fit_at(
    family: str, times: Floats, persons: Floats, theta: Floats, terms: tuple[str, ...]
) -> CountFit:
    """Return a family fitted to everyone seen: its regression without covariates."""
    x, everyone = (
        np.ones((1, times.size)),
        kernel.Grouping((np.zeros(times.size, dtype=np.int64),), 1),
    )
    fit = kernel.evaluate(family, x, times, persons, theta)
    parts = kernel.size_parts(kernel.person_terms(fit, x, times), persons, everyone)
    covariance = inverse(fit.information)
    reported = np.eye(theta.size)
    if family == "negative_binomial":
        reported[0, 1] = 1.0  # fitted: the logarithm of the mean over the shape
    errors = np.sqrt(np.diag(reported @ covariance @ reported.T))

    def chance(each: Floats) -> Floats:
        return np.exp(
            kernel.count_terms(
                family, each, np.full(each.size, theta[0]), fit.shared
            ).log_likelihood
        )

    abundance = Abundance(
        float(parts.sizes[0]), float(parts.covariance(covariance)[0, 0]), float(persons.sum())
    )
    estimates = tuple((reported @ theta).tolist())
    return CountFit(abundance, fit.log_likelihood, terms, estimates, tuple(errors.tolist()), chance)


@dataclass(frozen=True)
class ZeroOneTruncatedFit:
    """A distribution fitted to the persons seen at least twice."""

    distribution: CountDistribution
    rate: float
    variance: float  # of the log rate
    log_likelihood: float  # conditional on being seen at least twice
    once: float  # persons seen once
    more: float  # persons seen more often
    none: float  # probability of no sighting, of one, of two or more
    one: float
    rest: float

    @property
    def seen(self) -> float:
        """Persons seen at least once."""
        return self.once + self.more

    def chance(self, times: Any) -> Floats:
        """Return the probability of each count of two or more, given at least two."""
        return np.asarray(
            np.exp(self.distribution.log_chance(np.asarray(times, dtype=float), self.rate))
            / self.rest
        )


def fit_zero_one_truncated(
    times: Floats, persons: Floats, distribution: CountDistribution
) -> ZeroOneTruncatedFit:
    """Return the maximum-likelihood fit to those seen at least twice."""
    again = times >= 2
    more, total = float(persons[again].sum()), float((times * persons)[again].sum())
    if total <= 2 * more:
        raise MisleadingError(
            "The persons seen at least twice do not determine a size.",
            "None of them was seen more than twice, so the size has no upper limit.",
            "Write the estimator `chao`, a lower bound.",
        )
    rate = distribution.rate(total / more)
    none, one = np.exp(distribution.log_chance(np.array([0.0, 1.0]), rate)).tolist()
    rest = distribution.rest(rate)
    log_likelihood = float(
        persons[again] @ (distribution.log_chance(times[again], rate) - math.log(rest))
    )
    variance, once = 1 / (more * distribution.information(rate)), float(persons[times == 1].sum())
    return ZeroOneTruncatedFit(
        distribution, rate, variance, log_likelihood, once, more, none, one, rest
    )


def zero_one_truncated(fit: ZeroOneTruncatedFit) -> CountFit:
    """Return the size with persons seen once counted, but ignored for the rate."""
    # N = f1 + m a, with m seen at least twice and a = (1 - P(1)) / P(2 or more). The variance adds
    # that of the rate (delta method) and the binomial m a (a - 1). R's singleRcapture 1.1.0 has the
    # same size, but m a^2 (1 - P(2 or more)) for Poisson, which is too large, and m a for
    # geometric; simulations confirm m a (a - 1)
    each, slope = _persons_represented(fit)
    variance = (fit.more * slope) ** 2 * fit.variance + fit.more * each * (each - 1)
    abundance = Abundance(fit.once + fit.more * each, variance, fit.seen)
    return CountFit(abundance, fit.log_likelihood, *_coefficient(fit), fit.chance, least=2)


def hurdle(fit: ZeroOneTruncatedFit) -> CountFit:
    """Return N = n (1 - P(1)) / P(2 or more): persons seen once must pass a hurdle."""
    each, slope = _persons_represented(fit)
    variance = (fit.seen * slope) ** 2 * fit.variance + fit.seen * each * (each - 1)
    share, likelihood, chance = _with_share_once(fit)
    terms, estimates, errors = _coefficient(fit)
    return CountFit(
        Abundance(fit.seen * each, variance, fit.seen),
        likelihood,
        (*terms, "logit once"),
        (*estimates, float(special.logit(share))),
        (*errors, 1 / math.sqrt(fit.seen * share * (1 - share)) if 0 < share < 1 else math.nan),
        chance,
    )


def _with_share_once(fit: ZeroOneTruncatedFit) -> tuple[float, float, Callable[[Floats], Floats]]:
    """Return the share seen once, and the likelihood and chances if it is a parameter."""
    share = fit.once / fit.seen
    likelihood = fit.log_likelihood - fit.seen * float(special.entr([share, 1 - share]).sum())
    return (
        share,
        likelihood,
        lambda times: np.where(times == 1, share, (1 - share) * fit.chance(times)),
    )


def _persons_represented(fit: ZeroOneTruncatedFit) -> tuple[float, float]:
    """Return the persons each one seen twice or more represents, and its log-rate derivative."""
    by_one, each = fit.one * fit.distribution.slope(fit.rate), (1 - fit.one) / fit.rest
    return each, (-by_one * fit.rest + (1 - fit.one) * (by_one - fit.one)) / fit.rest**2


def _coefficient(fit: ZeroOneTruncatedFit) -> tuple[tuple[str], tuple[float], tuple[float]]:
    return (fit.distribution.term,), (math.log(fit.rate),), (math.sqrt(fit.variance),)


def one_inflated(family: str, times: Floats, persons: Floats) -> CountFit:
    """Return a one-inflated family.

    The surplus ones are among those seen, or among all (singleRcapture 1.1.0: `oizt`, `ztoi`).
    """
    # the rate is that of those seen at least twice. For all, P(1) = w + (1 - w) f(1) and P(y) = (1
    # - w) f(y) elsewhere, zero included, then truncated at zero; for the geometric, singleRcapture
    # has sum (1 - p) / p in the variance, where sum (1 - p) / p^2 is right
    distribution = DISTRIBUTIONS[kernel.SURPLUS_OVER[family]]
    fit = fit_zero_one_truncated(times, persons, distribution)
    share, expected = fit.once / fit.seen, fit.one / (1 - fit.none)
    weight = (share - expected) / (1 - expected)
    if family in kernel.AMONG_EVERYBODY.values():
        weight = 1 - (1 - share) / (1 - fit.one - share * fit.none)
    if weight <= 0:
        unknown = Abundance(math.nan, math.nan, fit.seen)
        return CountFit(unknown, chance=_with_share_once(fit)[2], boundary="no excess")
    theta = np.array([math.log(fit.rate), float(special.logit(weight))])
    return _fit_at(family, times, persons, theta, (fit.distribution.term, "logit excess"))


def one_inflated_chao(twice: float, thrice: float, seen: float) -> Abundance:
    """Return Chao's lower bound from f2 and f3, N = n + 2 f2^3 / (9 f3^2)."""
    for persons, times in ((twice, "twice"), (thrice, "three times")):
        if persons == 0:
            raise MisleadingError(
                "Chao's lower bound from those seen twice and three times has no value.",
                f"No one was seen exactly {times}.",
                "Write the estimator `chao_bc`, a lower bound that counts those seen once.",
            )
    rate, rare = 3 * thrice / twice, twice + thrice
    odds = rate**2 / 2 + rate**3 / 6
    slope = rare * (rate + rate**2 / 2) / odds**2
    chance = math.exp(-rate) * odds
    variance = (
        slope**2 * rate**2 * (1 / twice + 1 / thrice) + rare * (1 - chance) * (1 + 1 / odds) ** 2
    )
    return Abundance(seen + rare / odds, variance, seen)


FLAT, ROUNDING = 1e-7, 1e-12
"""Gains in log-likelihood over a boundary, absolute and relative, that count as none."""


def truncated_negative_binomial(
    times: Floats, persons: Floats, confidence: float = 0.95
) -> CountFit:
    """Return N = n / (1 - (k / (k + m))^k) (Cruyff and van der Heijden, 2008).

    It is NaN at a boundary of the shape k.
    """
    x, alike = np.ones((1, times.size)), zero_truncated("poisson", times, persons)
    fit = kernel.fit_truncated("negative_binomial", x, times, persons)
    # as the shape falls to 0 the size has no limit, and the counts are those of the log-series
    start = np.append(fit.coefficients, -np.inf)
    series = kernel.fit_truncated("negative_binomial", x, times, persons, start).log_likelihood
    height = fit.log_likelihood
    if height <= max(series, alike.log_likelihood) + FLAT + ROUNDING * abs(height):
        unknown = Abundance(math.nan, math.nan, alike.abundance.seen)
        if series >= alike.log_likelihood:
            return CountFit(unknown, series, boundary="no upper limit")
        return CountFit(unknown, boundary="poisson")
    found = _fit_at("negative_binomial", times, persons, fit.theta, ("log mean", "log shape"))
    limit = float(special.chdtri(1, 1 - confidence)) / 2
    return found if height - series > limit else replace(found, highest=math.inf)
