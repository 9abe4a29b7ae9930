"""Sizes from truncated counts: Poisson, geometric and negative binomial, zero-one truncated and one-inflated.

In one-inflated models some of the persons seen once are of another kind (duplicates, false accounts, persons put off by
the first time). Chao's lower bound takes them for the sign of many unseen, so it does not hold there.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import special
from scipy.optimize import brentq, minimize_scalar

from diplab.errors import MisleadingError
from diplab.kernel.arrays import Floats
from diplab.population.kernel.abundance import Abundance
from diplab.population.kernel.counts import truncated_geometric, truncated_poisson


@dataclass(frozen=True)
class CountFit:
    """A distribution of counts fitted by maximum likelihood, and the size it gives."""

    abundance: Abundance  # NaN size where the fit lies at the boundary
    log_likelihood: float
    # coefficients on their scale of estimation (log of a rate, log-odds of a share), with standard errors
    terms: tuple[str, ...]
    estimates: tuple[float, ...]
    errors: tuple[float, ...]
    chance: Callable[[Floats], Floats]  # of each number of times, among the persons in the likelihood
    least: int = 1  # fewest times seen of the persons in the likelihood: likelihoods compare at the same number only
    boundary: str = ""  # where a parameter ran to: `no upper limit`, `poisson`, `no excess`; empty inside
    highest: float = math.nan  # infinite where the likelihood sets no upper limit


@dataclass(frozen=True)
class CountDistribution:
    """A distribution of counts with one rate r: Poisson, exp(-r) r^y / y!, or geometric, r^y / (1 + r)^(y + 1)."""

    term: str  # name of its coefficient
    # probability of no sighting, of exactly one, of at least two, given the rate
    none: Callable[[float], float]
    once: Callable[[float], float]
    rest: Callable[[float], float]
    slope: Callable[[float], float]  # d log(once) / d log(rate); that of `none` is `-once / none` in both
    rate: Callable[[float], float]  # rate from the mean number of sightings of those seen at least twice
    information: Callable[[float], float]  # information on the log rate in one person seen at least twice
    log_chance: Callable[[Floats, float], Floats]  # log of the chance of each number of times


def _poisson_rate(mean: float) -> float:
    # gammainc(2, r) is the chance of two sightings or more without the cancellation of 1 - exp(-r) - r exp(-r)
    def excess(rate: float) -> float:
        return float(rate * special.gammainc(1, rate) / special.gammainc(2, rate)) - mean

    return float(brentq(excess, 1e-9, mean + 1, xtol=1e-15, rtol=1e-14))


def _poisson_information(rate: float) -> float:
    rest = float(special.gammainc(2, rate))
    mean = rate * float(special.gammainc(1, rate)) / rest
    return rate**2 / rest + mean - mean**2


POISSON = CountDistribution(
    "log rate",
    none=lambda rate: math.exp(-rate),
    once=lambda rate: rate * math.exp(-rate),
    rest=lambda rate: float(special.gammainc(2, rate)),
    slope=lambda rate: 1 - rate,
    rate=_poisson_rate,
    information=_poisson_information,
    log_chance=lambda times, rate: special.xlogy(times, rate) - rate - special.gammaln(times + 1),
)
GEOMETRIC = CountDistribution(
    "log mean",
    none=lambda rate: 1 / (1 + rate),
    once=lambda rate: rate / (1 + rate) ** 2,
    rest=lambda rate: (rate / (1 + rate)) ** 2,
    slope=lambda rate: (1 - rate) / (1 + rate),
    rate=lambda mean: mean - 2,
    information=lambda rate: rate / (1 + rate),
    log_chance=lambda times, rate: special.xlogy(times, rate) - special.xlog1py(times + 1, rate),
)


def zero_truncated(times: Floats, persons: Floats, distribution: CountDistribution) -> CountFit:
    """Return the fit to everyone seen, N = n / (1 - P(0)) (van der Heijden, Cruyff and van Houwelingen, 2003)."""
    seen, total = float(persons.sum()), float(times @ persons)
    if distribution is POISSON:
        abundance = truncated_poisson(seen, total)
        rate = total / abundance.size
        chance = -math.expm1(-rate)
        error = 1 / math.sqrt(total - seen * rate**2 * math.exp(-rate) / chance**2)
    else:
        abundance = truncated_geometric(seen, total)
        rate = total / seen - 1
        chance = rate / (1 + rate)
        error = math.sqrt((1 + rate) / (seen * rate))

    def chances(each: Floats) -> Floats:
        return np.asarray(np.exp(distribution.log_chance(each, rate)) / chance)

    likelihood = float(persons @ (distribution.log_chance(times, rate) - math.log(chance)))
    return CountFit(abundance, likelihood, (distribution.term,), (math.log(rate),), (error,), chances)


@dataclass(frozen=True)
class ZeroOneTruncatedFit:
    """A distribution fitted to the persons seen at least twice."""

    distribution: CountDistribution
    rate: float
    variance: float  # of the log rate
    log_likelihood: float  # conditional on being seen at least twice
    once: float  # persons seen once
    more: float  # persons seen more often
    # probability of no sighting, of one, of two or more
    none: float
    one: float
    rest: float
    slopes: tuple[float, float]  # of `none` and `one` by the log rate

    @property
    def seen(self) -> float:
        """Persons seen at least once."""
        return self.once + self.more

    def chance(self, times: Any) -> Floats:
        """Return the probability of each number of times, two or more, among those seen at least twice."""
        return np.asarray(np.exp(self.distribution.log_chance(np.asarray(times, dtype=float), self.rate)) / self.rest)


def fit_zero_one_truncated(times: Floats, persons: Floats, distribution: CountDistribution) -> ZeroOneTruncatedFit:
    """Return the maximum-likelihood fit to those seen at least twice."""
    again = times >= 2
    more, total = float(persons[again].sum()), float((times * persons)[again].sum())
    if total <= 2 * more:
        raise MisleadingError(
            "The persons seen at least twice give no size.",
            "None of them was seen more than twice, so the size has no upper limit.",
            "Write the estimator `chao`, a lower bound.",
        )
    rate = distribution.rate(total / more)
    none, one, rest = distribution.none(rate), distribution.once(rate), distribution.rest(rate)
    chances = distribution.log_chance(times[again], rate) - math.log(rest)
    return ZeroOneTruncatedFit(
        distribution=distribution,
        rate=rate,
        variance=1 / (more * distribution.information(rate)),
        log_likelihood=float(persons[again] @ chances),
        once=float(persons[times == 1].sum()),
        more=more,
        none=none,
        one=one,
        rest=rest,
        slopes=(-one, one * distribution.slope(rate)),
    )


def zero_one_truncated(fit: ZeroOneTruncatedFit) -> CountFit:
    """Return the size where persons seen once count themselves and say nothing of the rate.

    N = f1 + m a, with m seen at least twice and a = (1 - P(1)) / P(2 or more). The variance adds that of the rate
    (delta method) and the binomial m a (a - 1). R's singleRcapture 1.1.0 has the same size, but m a^2
    (1 - P(2 or more)) for Poisson, which is too large, and m a for geometric; simulations confirm m a (a - 1).
    """
    each, slope = _persons_represented(fit)
    variance = (fit.more * slope) ** 2 * fit.variance + fit.more * each * (each - 1)
    abundance = Abundance(fit.once + fit.more * each, variance, fit.seen)
    return CountFit(abundance, fit.log_likelihood, *_coefficient(fit), fit.chance, least=2)


def hurdle(fit: ZeroOneTruncatedFit) -> CountFit:
    """Return N = n (1 - P(1)) / P(2 or more): a person once seen must pass a hurdle to be seen again."""
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
    """Return the share seen once, and the likelihood and the chances of everyone seen if it is a parameter."""
    share = fit.once / fit.seen
    likelihood = fit.log_likelihood - fit.seen * float(special.entr([share, 1 - share]).sum())
    return share, likelihood, lambda times: np.where(times == 1, share, (1 - share) * fit.chance(times))


def _persons_represented(fit: ZeroOneTruncatedFit) -> tuple[float, float]:
    """Return the persons represented by one who was seen at least twice, and the slope by the log rate."""
    by_none, by_one = fit.slopes
    each = (1 - fit.one) / fit.rest
    return each, (-by_one * fit.rest + (1 - fit.one) * (by_none + by_one)) / fit.rest**2


def _coefficient(fit: ZeroOneTruncatedFit) -> tuple[tuple[str], tuple[float], tuple[float]]:
    return (fit.distribution.term,), (math.log(fit.rate),), (math.sqrt(fit.variance),)


def truncated_then_inflated(fit: ZeroOneTruncatedFit) -> CountFit:
    """Return N = n / (1 - P(0)), one-inflation being among those seen (singleRcapture 1.1.0: `oizt`)."""
    chance, share = 1 - fit.none, fit.once / fit.seen
    by_none, by_one = fit.slopes
    expected = fit.one / chance
    slope = fit.seen * by_none / chance**2
    variance = slope**2 * fit.variance + fit.seen * fit.none / chance**2
    weight = (share - expected) / (1 - expected)
    by_rate = (share - 1) / (1 - expected) ** 2 * (by_one * chance + fit.one * by_none) / chance**2
    abundance = Abundance(fit.seen / chance, variance, fit.seen)
    return _inflated(fit, abundance, weight, (by_rate, 1 / (1 - expected)))


def inflated_then_truncated(fit: ZeroOneTruncatedFit) -> CountFit:
    """Return the size where one-inflation is in the whole population (singleRcapture 1.1.0: `ztoi`).

    P(1) = w + (1 - w) f(1), P(y) = (1 - w) f(y) elsewhere, zero included, then truncated at zero;
    N = n / (1 - (1 - w) f(0)), the zero-one-truncated size with the variance of those seen once; NaN at w = 0. For
    the geometric, singleRcapture has sum (1 - p) / p in the variance, where sum (1 - p) / p^2 is right.
    """
    share = fit.once / fit.seen
    by_none, by_one = fit.slopes
    below = 1 - fit.one - share * fit.none
    rest = (1 - share) / below
    rest_by_rate = (1 - share) * (by_one + share * by_none) / below**2
    rest_by_share = ((1 - share) * fit.none - below) / below**2
    chance = 1 - rest * fit.none
    slope = fit.seen / chance**2
    by_rate = slope * (rest_by_rate * fit.none + rest * by_none)
    by_share = slope * rest_by_share * fit.none
    variance = by_rate**2 * fit.variance + by_share**2 * share * (1 - share) / fit.seen
    abundance = Abundance(fit.seen / chance, variance + fit.seen * (1 - chance) / chance**2, fit.seen)
    return _inflated(fit, abundance, 1 - rest, (-rest_by_rate, -rest_by_share))


def one_inflated_chao(twice: float, thrice: float, seen: float) -> Abundance:
    """Return Chao's lower bound from those seen twice and three times, N = n + 2 f2^3 / (9 f3^2)."""
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
    variance = slope**2 * rate**2 * (1 / twice + 1 / thrice) + rare * (1 - chance) * (1 + 1 / odds) ** 2
    return Abundance(seen + rare / odds, variance, seen)


def _inflated(fit: ZeroOneTruncatedFit, abundance: Abundance, weight: float, slopes: tuple[float, float]) -> CountFit:
    share, likelihood, chance = _with_share_once(fit)
    if weight <= 0:
        unknown = Abundance(math.nan, math.nan, fit.seen)
        return CountFit(unknown, math.nan, (), (), (), chance, boundary="no excess")
    by_rate, by_share = slopes
    error = math.sqrt(by_rate**2 * fit.variance + by_share**2 * share * (1 - share) / fit.seen)
    return CountFit(
        abundance,
        likelihood,
        (fit.distribution.term, "logit excess"),
        (math.log(fit.rate), float(special.logit(weight))),
        (math.sqrt(fit.variance), error / (weight * (1 - weight))),
        chance,
    )


GRID = np.linspace(-14.0, 16.0, 121)
"""Log shapes searched, from unlimited to no heterogeneity of rates."""
LONGEST = 10_000
"""Times seen up to which products are taken factor by factor, without loss of digits."""
STEP = 1e-20
FLAT, ROUNDING = 1e-7, 1e-12
"""Gain in log-likelihood over a boundary, and as a share of it, below which the fit lies on the boundary."""


def truncated_negative_binomial(times: Floats, persons: Floats, confidence: float = 0.95) -> CountFit:
    """Return N = n / (1 - (k / (k + m))^k), NaN at a boundary of the shape k (Cruyff and van der Heijden, 2008)."""
    seen, total = float(persons.sum()), float(times @ persons)
    poisson = truncated_poisson(seen, total)
    kernel = _Likelihood(times, persons)
    heights = np.array([kernel.profile(at) for at in GRID])
    best = int(heights.argmax())
    series, alike = kernel.series(), kernel.poisson(poisson.size)
    if 0 < best < len(GRID) - 1:
        bracket = (GRID[best - 1], GRID[best + 1])
        peak = minimize_scalar(
            lambda at: -kernel.profile(at), bounds=bracket, method="bounded", options={"xatol": 1e-10}
        )
        shape, height = float(peak.x), -float(peak.fun)
    else:
        shape, height = float(GRID[best]), float(heights[best])
    if height <= max(series, alike) + FLAT + ROUNDING * abs(height):
        return _boundary_fit(seen, "no upper limit" if series >= alike else "poisson", kernel)
    fit = _interior_fit(kernel, shape)
    limit = float(special.chdtri(1, 1 - confidence)) / 2
    return fit if height - series > limit else replace(fit, highest=math.inf)


class _Likelihood:
    """The log-likelihood of mean and shape, which takes complex numbers too."""

    def __init__(self, times: Floats, persons: Floats) -> None:
        self.seen, self.total = float(persons.sum()), float(times @ persons)
        self.constant = -float(persons @ special.gammaln(times + 1))
        # gamma(y + k) / gamma(k) is the product of k + j over j < y: as many terms as persons seen more than j times
        self.steps = np.arange(1, int(min(times.max(), LONGEST)))
        order = np.argsort(times)
        above = np.append(np.cumsum(persons[order][::-1])[::-1], 0.0)
        self.above = above[np.searchsorted(times[order], self.steps, side="right")]
        self.far, self.far_persons = times[times > LONGEST], persons[times > LONGEST]

    def at(self, mean: Any, shape: Any) -> Any:
        log_none = -shape * _log1p(mean / shape)
        rises = self.above @ np.log1p(self.steps / shape)
        beyond = special.loggamma(self.far + shape) - special.loggamma(LONGEST + shape)
        rises = rises + self.far_persons @ (beyond - (self.far - LONGEST) * np.log(shape))
        # n log k + (total - n) log k from the products, with total log(m / (m + k))
        scale = self.total * (np.log(mean) - np.log1p(mean / shape))
        return self.constant + rises + scale + self.seen * (log_none - np.log(-np.expm1(log_none)))

    def height(self, logs: Any) -> Any:
        return self.at(np.exp(logs[0]), np.exp(logs[1]))

    def size(self, logs: Any) -> Any:
        mean, shape = np.exp(logs[0]), np.exp(logs[1])
        return self.seen / -np.expm1(-shape * _log1p(mean / shape))

    def mean(self, shape: float) -> float:
        """Return the most likely mean for a shape: the truncated mean is that of the counts."""
        target = self.total / self.seen

        def excess(log_mean: float) -> float:
            mean = math.exp(log_mean)
            return math.log(mean / -math.expm1(-shape * math.log1p(mean / shape)) / target)

        return math.exp(brentq(excess, -60.0, math.log(target) + 1, xtol=1e-14, rtol=1e-14))

    def profile(self, log_shape: float) -> float:
        shape = math.exp(log_shape)
        return float(self.at(self.mean(shape), shape))

    def series(self) -> float:
        """Return the log-likelihood of the log-series, the limit as the shape falls to 0."""
        target = self.total / self.seen

        def excess(logit: float) -> float:
            # theta / ((1 - theta) -log(1 - theta)) with theta / (1 - theta) = exp(logit)
            return logit - math.log(np.logaddexp(0, logit)) - math.log(target)

        logit = brentq(excess, -35.0, 60.0, xtol=1e-13)
        log_theta, length = -float(np.logaddexp(0, -logit)), float(np.logaddexp(0, logit))
        beyond = special.gammaln(self.far) - special.gammaln(LONGEST)
        rises = float(self.above @ np.log(self.steps) + self.far_persons @ beyond)
        return self.constant + rises + self.total * log_theta - self.seen * math.log(length)

    def poisson(self, size: float) -> float:
        """Return the log-likelihood of the Poisson distribution of the same truncated mean."""
        rate, chance = self.total / size, self.seen / size
        return self.constant + self.total * math.log(rate) - self.seen * (rate + math.log(chance))


def _interior_fit(kernel: _Likelihood, log_shape: float) -> CountFit:
    point = np.array([math.log(kernel.mean(math.exp(log_shape))), log_shape])
    # the profile is flat at its maximum: Newton steps give the digits that its height cannot
    for _ in range(2):
        step = np.linalg.solve(_hessian(kernel.height, point), _gradient(kernel.height, point))
        point = point - np.clip(step, -0.1, 0.1)
    curvature = -_hessian(kernel.height, point)
    if not np.linalg.eigvalsh(curvature)[0] > 0:
        return _boundary_fit(kernel.seen, "poisson", kernel)  # too flat to be told from it
    spread = np.linalg.inv(curvature)
    by = _gradient(kernel.size, point)
    persons = float(kernel.size(point))
    chance = kernel.seen / persons
    variance = float(by @ spread @ by) + kernel.seen * (1 - chance) / chance**2
    mean, shape = np.exp(point)

    def chances(times: Floats) -> Floats:
        logs = special.gammaln(times + shape) - special.gammaln(shape) - special.gammaln(times + 1)
        return np.asarray(
            np.exp(logs + times * np.log(mean / (mean + shape)) - shape * np.log1p(mean / shape)) / chance
        )

    return CountFit(
        Abundance(persons, variance, kernel.seen),
        float(kernel.height(point)),
        ("log mean", "log shape"),
        (float(point[0]), float(point[1])),
        (float(np.sqrt(spread[0, 0])), float(np.sqrt(spread[1, 1]))),
        chances,
    )


def _log1p(value: Any) -> Any:
    """Return log(1 + value) to the last digits: NumPy rounds the real part of a complex one, which shapes multiply."""
    real = np.log1p(np.real(value))
    return real + 1j * np.imag(value) / (1 + np.real(value)) if np.iscomplexobj(value) else real


def _gradient(of: Callable[[Any], Any], at: Floats) -> Floats:
    """Return first derivatives: the imaginary part a very small imaginary step away (Squire and Trapp 1998)."""
    return np.array([of(at + 1j * STEP * unit).imag / STEP for unit in np.eye(len(at))])


def _hessian(of: Callable[[Any], Any], at: Floats) -> Floats:
    """Return second derivatives, as differences of exact first ones."""
    step = 1e-5
    rows = [
        (_gradient(of, at + step * unit) - _gradient(of, at - step * unit)) / (2 * step) for unit in np.eye(len(at))
    ]
    return (np.array(rows) + np.array(rows).T) / 2


def _boundary_fit(seen: float, which: str, kernel: _Likelihood) -> CountFit:
    likelihood, unknown = (
        kernel.series() if which == "no upper limit" else math.nan,
        Abundance(math.nan, math.nan, seen),
    )
    return CountFit(unknown, likelihood, (), (), (), lambda times: np.full(len(times), np.nan), boundary=which)
