"""Laws of how often a person is seen, truncated at zero: Poisson and geometric, and what a fitted law carries."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy import special
from scipy.optimize import brentq, minimize_scalar

from diplab.errors import MisleadingError
from diplab.kernel.abundance import Abundance
from diplab.kernel.single_source import truncated_geometric, truncated_poisson

if TYPE_CHECKING:
    from collections.abc import Callable


__all__ = [
    "GEOMETRIC",
    "POISSON",
    "CountFit",
    "Floats",
    "Law",
    "TwiceSeen",
    "hurdle",
    "inflated_then_truncated",
    "one_inflated_chao",
    "truncated_negative_binomial",
    "truncated_then_inflated",
    "twice_seen",
    "zero_one_truncated",
    "zero_truncated",
]

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


@dataclass(frozen=True)
class TwiceSeen:
    """A law fitted to the persons seen at least twice.

    Parameters
    ----------
    law : Law
    rate : float
    variance : float
        Of the log rate.
    log_likelihood : float
        Of those seen at least twice, given that they were.
    once, more : float
        Persons seen once, and more often.
    none, one, rest : float
        Chances of no sighting, of one, of two or more.
    slopes : tuple of float
        d none and d one by the log rate.
    """

    law: Law
    rate: float
    variance: float
    log_likelihood: float
    once: float
    more: float
    none: float
    one: float
    rest: float
    slopes: tuple[float, float]

    @property
    def seen(self) -> float:
        """Persons seen at least once."""
        return self.once + self.more

    def chance(self, times: Any) -> Floats:
        """Return the chance of each number of times, two or more, among those seen at least twice."""
        return np.asarray(np.exp(self.law.log_chance(np.asarray(times, dtype=float), self.rate)) / self.rest)


def twice_seen(times: Floats, persons: Floats, law: Law) -> TwiceSeen:
    """Return a law fitted by maximum likelihood to those seen at least twice.

    Parameters
    ----------
    times, persons : array, shape (counts,)
        Numbers of times and the persons seen so often.
    law : Law

    Raises
    ------
    MisleadingError
        Where nobody was seen more than twice.

    Examples
    --------
    >>> from diplab.population.kernel.truncated import GEOMETRIC
    >>> fit = twice_seen(np.arange(1.0, 7), np.array([1645.0, 183, 37, 13, 1, 1]), GEOMETRIC)
    >>> round(fit.rate, 6)
    0.297872
    """
    kept = times >= 2
    more, total = float(persons[kept].sum()), float((times * persons)[kept].sum())
    if total <= 2 * more:
        raise MisleadingError(
            asked="A size was asked for from the persons seen at least twice.",
            found="None of them was seen more than twice, so the size has no upper limit.",
            write="Write the estimator `chao`, a lower bound.",
        )
    rate = law.rate(total / more)
    none, one, rest = law.none(rate), law.once(rate), law.rest(rate)
    chances = law.log_chance(times[kept], rate) - math.log(rest)
    return TwiceSeen(
        law=law,
        rate=rate,
        variance=1 / (more * law.information(rate)),
        log_likelihood=float(persons[kept] @ chances),
        once=float(persons[times == 1].sum()),
        more=more,
        none=none,
        one=one,
        rest=rest,
        slopes=(-one, one * law.bend(rate)),
    )


def zero_one_truncated(fit: TwiceSeen) -> CountFit:
    """Return the size where persons seen once count as they are and say nothing of the rate.

    Parameters
    ----------
    fit : TwiceSeen

    Returns
    -------
    CountFit
        N = f1 + m a, m being those seen at least twice: each stands for a = (1 - P(1)) / P(2 or more) of all who were
        not seen exactly once. Variance in two parts, the rate's by the delta method and the drawing's, m a (a - 1),
        that of a binomial among those not seen once. R's singleRcapture 1.1.0 has the same size and, for the drawing,
        m a^2 (1 - P(2 or more)) under the Poisson law, which is too large, and m a under the geometric, which is not
        a variance; by simulation m a (a - 1) is right.

    Examples
    --------
    >>> from diplab.population.kernel.truncated import GEOMETRIC
    >>> counts = np.array([1645.0, 183, 37, 13, 1, 1])
    >>> round(zero_one_truncated(twice_seen(np.arange(1.0, 7), counts, GEOMETRIC)).found.size, 4)
    5317.4745
    """
    each, slope = _stands_for(fit)
    variance = (fit.more * slope) ** 2 * fit.variance + fit.more * each * (each - 1)
    found = Abundance(fit.once + fit.more * each, variance, fit.seen)
    return CountFit(found, fit.log_likelihood, *_coefficient(fit), fit.chance, least=2)


def hurdle(fit: TwiceSeen) -> CountFit:
    """Return the size where a person once seen must pass a hurdle to be seen again.

    Parameters
    ----------
    fit : TwiceSeen

    Returns
    -------
    CountFit
        N = n (1 - P(1)) / P(2 or more): nobody is left at the chance P(0) / (1 - P(1)), whatever share was seen once.
        Variance in two parts, the rate's and the drawing's, sum (1 - p) / p^2 with p = n / N.

    Examples
    --------
    >>> from diplab.population.kernel.truncated import POISSON
    >>> counts = np.array([1645.0, 183, 37, 13, 1, 1])
    >>> found = hurdle(twice_seen(np.arange(1.0, 7), counts, POISSON)).found
    >>> round(found.size, 4), round(found.variance**0.5, 4)
    (6484.4902, 1198.5451)
    """
    each, slope = _stands_for(fit)
    variance = (fit.seen * slope) ** 2 * fit.variance + fit.seen * each * (each - 1)
    share = fit.once / fit.seen
    likelihood = fit.log_likelihood + fit.seen * -float(special.entr([share, 1 - share]).sum())
    terms, estimates, errors = _coefficient(fit)

    def chance(times: Floats) -> Floats:
        return np.where(times == 1, share, (1 - share) * fit.chance(times))

    return CountFit(
        Abundance(fit.seen * each, variance, fit.seen),
        likelihood,
        (*terms, "logit once"),
        (*estimates, float(special.logit(share))),
        (*errors, 1 / math.sqrt(fit.seen * share * (1 - share)) if 0 < share < 1 else math.nan),
        chance,
    )


def _stands_for(fit: TwiceSeen) -> tuple[float, float]:
    """Return how many persons one stands for who was seen at least twice, and its slope by the log rate."""
    by_none, by_one = fit.slopes
    each = (1 - fit.one) / fit.rest
    return each, (-by_one * fit.rest + (1 - fit.one) * (by_none + by_one)) / fit.rest**2


def _coefficient(fit: TwiceSeen) -> tuple[tuple[str], tuple[float], tuple[float]]:
    return (fit.law.term,), (math.log(fit.rate),), (math.sqrt(fit.variance),)


def truncated_then_inflated(fit: TwiceSeen) -> CountFit:
    """Return the size where, among persons seen, a share was seen once for another reason than the law.

    Parameters
    ----------
    fit : TwiceSeen
        The law, fitted to those seen at least twice: the share takes up whatever was seen once beyond it.

    Returns
    -------
    CountFit
        P(1) = w + (1 - w) g(1), P(y) = (1 - w) g(y) for y >= 2, g being the law truncated at zero; N = n / (1 - P(0))
        with P(0) of the law, since the extra persons seen once belong to those seen. A NaN size at the boundary w = 0,
        where no more persons were seen once than the law has. Recorded from R's singleRcapture 1.1.0 as `oizt`; its
        sources have borne both names for it, so that the formula decides.

    Examples
    --------
    >>> from diplab.population.kernel.truncated import POISSON
    >>> from diplab.population.kernel.truncated import twice_seen
    >>> counts = np.array([1645.0, 183, 37, 13, 1, 1])
    >>> round(truncated_then_inflated(twice_seen(np.arange(1.0, 7), counts, POISSON)).found.size, 4)
    3454.4825
    """
    chance, share = 1 - fit.none, fit.once / fit.seen
    by_none, by_one = fit.slopes
    expected = fit.one / chance
    slope = fit.seen * by_none / chance**2
    variance = slope**2 * fit.variance + fit.seen * fit.none / chance**2
    weight = (share - expected) / (1 - expected)
    by_rate = (share - 1) / (1 - expected) ** 2 * (by_one * chance + fit.one * by_none) / chance**2
    found = Abundance(fit.seen / chance, variance, fit.seen)
    return _inflated(fit, found, weight, (by_rate, 1 / (1 - expected)))


def inflated_then_truncated(fit: TwiceSeen) -> CountFit:
    """Return the size where a share of the whole population is seen exactly once, and never more nor less.

    Parameters
    ----------
    fit : TwiceSeen
        The law, fitted to those seen at least twice.

    Returns
    -------
    CountFit
        P(1) = w + (1 - w) f(1), P(y) = (1 - w) f(y) elsewhere, zero included, then truncated at zero;
        N = n / (1 - (1 - w) f(0)). It is the size of the zero-one-truncated law, with the variance of those seen once.
        A NaN size at the boundary w = 0. Recorded from R's singleRcapture 1.1.0 as `ztoi` (its sources have borne both
        names); its standard error for the geometric law has sum (1 - p) / p for the drawing, where sum (1 - p) / p^2 is
        right.

    Examples
    --------
    >>> from diplab.population.kernel.truncated import GEOMETRIC
    >>> from diplab.population.kernel.truncated import twice_seen
    >>> counts = np.array([1645.0, 183, 37, 13, 1, 1])
    >>> round(inflated_then_truncated(twice_seen(np.arange(1.0, 7), counts, GEOMETRIC)).found.size, 4)
    5317.4745
    """
    share = fit.once / fit.seen
    by_none, by_one = fit.slopes
    below = 1 - fit.one - share * fit.none
    kept = (1 - share) / below
    kept_by_rate = (1 - share) * (by_one + share * by_none) / below**2
    kept_by_share = ((1 - share) * fit.none - below) / below**2
    chance = 1 - kept * fit.none
    slope = fit.seen / chance**2
    by_rate = slope * (kept_by_rate * fit.none + kept * by_none)
    by_share = slope * kept_by_share * fit.none
    variance = by_rate**2 * fit.variance + by_share**2 * share * (1 - share) / fit.seen
    found = Abundance(fit.seen / chance, variance + fit.seen * (1 - chance) / chance**2, fit.seen)
    return _inflated(fit, found, 1 - kept, (-kept_by_rate, -kept_by_share))


def one_inflated_chao(twice: float, thrice: float, seen: float) -> Abundance:
    """Return Chao's lower bound from those seen twice and three times, whoever was seen once.

    Parameters
    ----------
    twice, thrice, seen : float
        Persons seen exactly twice, exactly three times, at least once.

    Returns
    -------
    Abundance
        N = n + 2 f2^3 / (9 f3^2), the rate being 3 f3 / f2; variance in two parts, as for Chao's bound.

    Raises
    ------
    MisleadingError
        Where nobody was seen exactly twice, or exactly three times.

    Examples
    --------
    >>> found = one_inflated_chao(183, 37, 1880)
    >>> round(found.size, 4), round(found.variance**0.5, 4)
    (2874.8035, 396.3064)
    """
    for persons, times in ((twice, "twice"), (thrice, "three times")):
        if persons == 0:
            raise MisleadingError(
                asked="Chao's lower bound from those seen twice and three times was asked for.",
                found=f"Nobody was seen exactly {times}, so it cannot be computed.",
                write="Write the estimator `chao_bc`, a lower bound that counts those seen once.",
            )
    rate, rare = 3 * thrice / twice, twice + thrice
    odds = rate**2 / 2 + rate**3 / 6
    slope = rare * (rate + rate**2 / 2) / odds**2
    chance = math.exp(-rate) * odds
    variance = slope**2 * rate**2 * (1 / twice + 1 / thrice) + rare * (1 - chance) * (1 + 1 / odds) ** 2
    return Abundance(seen + rare / odds, variance, seen)


def _inflated(fit: TwiceSeen, found: Abundance, weight: float, slopes: tuple[float, float]) -> CountFit:
    share = fit.once / fit.seen
    likelihood = fit.log_likelihood - fit.seen * float(special.entr([share, 1 - share]).sum())

    def chance(times: Floats) -> Floats:
        return np.where(times == 1, share, (1 - share) * fit.chance(times))

    if weight <= 0:
        unknown = Abundance(math.nan, math.nan, fit.seen)
        return CountFit(unknown, math.nan, (), (), (), chance, boundary="no excess")
    by_rate, by_share = slopes
    error = math.sqrt(by_rate**2 * fit.variance + by_share**2 * share * (1 - share) / fit.seen)
    return CountFit(
        found,
        likelihood,
        (fit.law.term, "logit excess"),
        (math.log(fit.rate), float(special.logit(weight))),
        (math.sqrt(fit.variance), error / (weight * (1 - weight))),
        chance,
    )


GRID = np.linspace(-14.0, 16.0, 121)
"""Log shapes looked at: from rates that differ without limit to rates that are all alike."""
LONGEST = 10_000
"""Times seen up to which products are taken factor by factor, which loses no digits."""
STEP = 1e-20
FLAT, ROUNDING = 1e-7, 1e-12
"""Gain in log-likelihood over a boundary, and as a share of it, below which the fit lies on the boundary."""


def truncated_negative_binomial(times: Floats, persons: Floats, confidence: float = 0.95) -> CountFit:
    """Return the size if rates follow a gamma law, or that the counts set it no limit.

    Parameters
    ----------
    times, persons : array, shape (counts,)
        Numbers of times and the persons seen so often.
    confidence : float
        Probability at which the boundary is told from the fit.

    Returns
    -------
    CountFit
        N = n / (1 - (k / (k + m))^k), mean m and shape k by maximum likelihood (Cruyff and van der Heijden, 2008);
        variance in two parts, that of log m and log k from the observed information, and sum (1 - p) / p^2. Boundary
        `no upper limit` where the likelihood rises as k falls to 0 (the limit is Fisher's log-series, with infinitely
        many unseen), `poisson` where it rises as k grows: the size is NaN. Where the log-series cannot be told from the
        fit by the likelihood ratio, `highest` is infinite.

    Raises
    ------
    MisleadingError
        Where nobody was seen more than once.

    Examples
    --------
    >>> counts = np.array([1645.0, 183, 37, 13, 1, 1])
    >>> truncated_negative_binomial(np.arange(1.0, 7), counts).boundary
    'no upper limit'
    """
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
        return _at_the_boundary(seen, "no upper limit" if series >= alike else "poisson", kernel)
    fit = _inside(kernel, shape)
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
        """Return the log-likelihood."""
        log_none = -shape * np.log1p(mean / shape)
        rises = self.above @ np.log1p(self.steps / shape)
        beyond = special.loggamma(self.far + shape) - special.loggamma(LONGEST + shape)
        rises = rises + self.far_persons @ (beyond - (self.far - LONGEST) * np.log(shape))
        # n log k + (total - n) log k from the products, with total log(m / (m + k))
        scale = self.total * (np.log(shape) + np.log(mean) - np.log(mean + shape))
        return self.constant + rises + scale + self.seen * (log_none - np.log(-np.expm1(log_none)))

    def height(self, logs: Any) -> Any:
        """Return the log-likelihood at the logs of mean and shape."""
        return self.at(np.exp(logs[0]), np.exp(logs[1]))

    def size(self, logs: Any) -> Any:
        """Return the size at the logs of mean and shape."""
        mean, shape = np.exp(logs[0]), np.exp(logs[1])
        return self.seen / -np.expm1(-shape * np.log1p(mean / shape))

    def mean(self, shape: float) -> float:
        """Return the mean that is best for a shape: the truncated mean is that of the counts."""
        target = self.total / self.seen

        def excess(log_mean: float) -> float:
            mean = math.exp(log_mean)
            return math.log(mean / -math.expm1(-shape * math.log1p(mean / shape)) / target)

        return math.exp(brentq(excess, -60.0, math.log(target) + 1, xtol=1e-14, rtol=1e-14))

    def profile(self, log_shape: float) -> float:
        """Return the log-likelihood at a shape, the mean being best."""
        shape = math.exp(log_shape)
        return float(self.at(self.mean(shape), shape))

    def series(self) -> float:
        """Return the log-likelihood of the log-series law, the limit as the shape falls to nothing."""
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
        """Return the log-likelihood of the Poisson law of the same truncated mean."""
        rate, chance = self.total / size, self.seen / size
        return self.constant + self.total * math.log(rate) - self.seen * (rate + math.log(chance))


def _inside(kernel: _Likelihood, log_shape: float) -> CountFit:
    """Return the fit at a maximum inside, with its standard errors."""
    point = np.array([math.log(kernel.mean(math.exp(log_shape))), log_shape])
    # the profile is flat at its top: a step of Newton gives the digits that its height cannot
    for _ in range(2):
        step = np.linalg.solve(_bends(kernel.height, point), _slopes(kernel.height, point))
        point = point - np.clip(step, -0.1, 0.1)
    spread = np.linalg.inv(-_bends(kernel.height, point))
    by = _slopes(kernel.size, point)
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


def _slopes(of: Callable[[Any], Any], at: Floats) -> Floats:
    """Return first derivatives: the imaginary part a very small imaginary step away (Squire and Trapp 1998)."""
    return np.array([of(at + 1j * STEP * unit).imag / STEP for unit in np.eye(len(at))])


def _bends(of: Callable[[Any], Any], at: Floats) -> Floats:
    """Return second derivatives, as differences of exact first ones."""
    step = 1e-5
    rows = [
        (_slopes(of, at + step * unit) - _slopes(of, at - step * unit)) / (2 * step)
        for unit in np.eye(len(at))
    ]
    return (np.array(rows) + np.array(rows).T) / 2


def _at_the_boundary(seen: float, which: str, kernel: _Likelihood) -> CountFit:
    def chances(times: Floats) -> Floats:
        return np.full(len(times), np.nan)

    return CountFit(
        Abundance(math.nan, math.nan, seen),
        kernel.series() if which == "no upper limit" else math.nan,
        (),
        (),
        (),
        chances,
        boundary=which,
    )
