"""Closed formulas for population sizes and their intervals. See docs/formulas.md."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import betaln, gammainccinv, gammaincinv, gammaln, ndtri

from diplab.errors import MisleadingError
from diplab.kernel.arrays import Floats
from diplab.kernel.intervals import clopper_pearson, student_deviate

LARGEST = 10**15  # largest number of persons: a whole number beyond it is one with the next
LARGEST_LOG = 700.0  # largest logarithm whose exponential is finite
EVERYONE = 10**10
"""More than the world's population.

Beyond it the tails of the hypergeometric distribution lose their digits.
"""


class Abundance(NamedTuple):
    """A population size, its variance, and the number of persons seen."""

    size: float  # persons, seen and unseen
    variance: float
    seen: float  # distinct persons


def require_overlap(first: float, second: float, both: float) -> None:
    """Refuse two lists that share no one."""
    if both == 0:
        raise MisleadingError(
            f"No one is on both lists, of {first:g} and {second:g} persons.",
            "They set no upper limit to the size.",
            f"Write that at least {first + second:g} persons exist, or match the lists again.",
        )


def petersen(first: float, second: float, both: float) -> Abundance:
    """Return the Lincoln-Petersen size M n / m.

    Variance M n (M - m)(n - m) / m^3, by the delta method on three cells (Sekar and Deming, 1949).
    """
    require_overlap(first, second, both)
    variance = first * second * (first - both) * (second - both) / both**3
    return Abundance(first * second / both, variance, first + second - both)


def chapman(first: float, second: float, both: float) -> Abundance:
    """Return Chapman's size (1951), nearly unbiased.

    Lincoln-Petersen is biased upwards. Variance: Seber (1970).
    """
    size = (first + 1) * (second + 1) / (both + 1) - 1
    variance = (
        (first + 1)
        * (second + 1)
        * (first - both)
        * (second - both)
        / ((both + 1) ** 2 * (both + 2))
    )
    return Abundance(size, variance, first + second - both)


def bailey(first: float, second: float, both: float) -> Abundance:
    """Return Bailey's size (1951), for a second list that may draw a person twice.

    It may fall below the number seen.
    """
    size = first * (second + 1) / (both + 1)
    variance = first**2 * (second + 1) * (second - both) / ((both + 1) ** 2 * (both + 2))
    return Abundance(size, variance, first + second - both)


def lognormal_interval(abundance: Abundance, confidence: float = 0.95) -> tuple[float, float]:
    """Return the limits n + (N - n)/C and n + (N - n) C (Burnham et al., 1987; Chao, 1987).

    Where N = n the interval is normal, not below n.
    """
    unseen = abundance.size - abundance.seen
    if unseen <= 0:
        beyond = 0.0
        if abundance.variance > 0:
            beyond = student_deviate(confidence) * math.sqrt(abundance.variance)
        return abundance.seen, abundance.seen + beyond
    spread = math.exp(
        student_deviate(confidence) * math.sqrt(math.log1p(abundance.variance / unseen**2))
    )
    return abundance.seen + unseen / spread, abundance.seen + unseen * spread


def log_interval(abundance: Abundance, deviate: float) -> tuple[float, float]:
    """Return an interval symmetric on the logarithm, so many standard errors wide on each side."""
    width = deviate * math.sqrt(abundance.variance) / abundance.size
    spread = math.exp(min(width, LARGEST_LOG)) if math.isfinite(width) else math.nan
    return abundance.size / spread, abundance.size * spread


def normal_interval(abundance: Abundance, confidence: float = 0.95) -> tuple[float, float]:
    """Return the symmetric interval of a size, its lower end not below the number seen."""
    half = student_deviate(confidence) * math.sqrt(abundance.variance)
    return max(abundance.size - half, abundance.seen), abundance.size + half


def poisson_mean_interval(count: float, confidence: float = 0.95) -> tuple[float, float]:
    """Return the exact limits of a Poisson mean (Garwood, 1936).

    They are chi2(a/2; 2x)/2 and chi2(1 - a/2; 2x + 2)/2.
    """
    tail = (1 - confidence) / 2
    return float(gammaincinv(count, tail)), float(gammainccinv(count + 1, tail))


def poisson_interval(
    size: Callable[[float, float, float], Abundance],
    first: float,
    second: float,
    both: float,
    confidence: float = 0.95,
) -> tuple[float, float]:
    """Return the sizes at the exact Poisson limits of the overlap (Ricker, 1975, section 3.2)."""
    low, high = poisson_mean_interval(both, confidence)
    seen = first + second - both
    return max(size(first, second, high).size, seen), max(size(first, second, low).size, seen)


def binomial_interval(
    first: float, second: float, both: float, confidence: float = 0.95
) -> tuple[float, float]:
    """Return the sizes at the exact binomial limits of m/n (Clopper and Pearson, 1934).

    The second list is drawn with replacement.
    """
    low, high = map(float, clopper_pearson(np.array(both / second), np.array(second), confidence))
    seen = first + second - both
    return max(first / high, seen), max(first / low, seen) if low > 0 else math.inf


def hypergeometric_interval(
    first: float, second: float, both: float, confidence: float = 0.95
) -> tuple[float, float]:
    """Return the exact hypergeometric interval (Chapman, 1951).

    It runs from the least to the largest N at which both tails of the overlap exceed (1 -
    confidence)/2.
    """
    from scipy.stats import hypergeom  # slow to load

    tail = (1 - confidence) / 2
    seen = int(first + second - both)

    def large_enough(size: int) -> bool:
        return float(hypergeom.cdf(both, size, first, second)) > tail

    def too_large(size: int) -> bool:
        return float(hypergeom.sf(both - 1, size, first, second)) <= tail

    low = min(_first_true(large_enough, seen - 1), EVERYONE)
    high = _first_true(too_large, low) - 1 if both > 0 and low < EVERYONE else math.inf
    return float(low), float(high)


def _first_true(holds: Callable[[int], bool], start: float) -> float:
    """Return the first whole number above `start` at which a monotone condition holds."""
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


def proportion_interval(
    first: float, second: float, both: float, confidence: float = 0.95
) -> tuple[float, float]:
    """Return the sizes at the normal limits of p = m/n (Krebs, 1989, 2.4; Seber, 1982).

    The limits are p ± (z sqrt((1 - m/M) p (1 - p)/(n - 1)) + 1/(2n)).
    """
    share = both / second
    spread = (
        math.sqrt((1 - both / first) * share * (1 - share) / (second - 1))
        if second > 1
        else math.inf
    )
    half = student_deviate(confidence) * spread + 1 / (2 * second)
    low = max(first / (share + half), first + second - both)
    return low, max(first / (share - half), first + second - both) if share > half else math.inf


def dependent_lists(first: float, second: float, both: float, odds_ratio: float = 1.0) -> Abundance:
    """Return n + psi b c / a, psi an odds ratio (Sekar and Deming, 1949).

    Variance: Gerritse et al. (2015).
    """
    alone, other = first - both, second - both
    unseen = odds_ratio * alone * other / both
    # u^2/b + u^2/c without dividing by a cell that may be empty
    spread = (odds_ratio / both) ** 2 * alone * other * (alone + other)
    return Abundance(
        alone + other + both + unseen, unseen + unseen**2 / both + spread, alone + other + both
    )


def chao_lists(alone: Sequence[float], twice: float, seen: float) -> Abundance:
    """Return n + (f1^2 - sum of squares of `alone`) / (2 f2), after Chao (1987).

    There is no variance at f2 = 0.
    """
    once = sum(alone)
    pairs = (once**2 - sum(item**2 for item in alone)) / 2
    if twice == 0:
        return Abundance(seen + pairs, float("nan") if pairs else 0.0, seen)
    unseen = pairs / twice
    spread = sum(((once - item) / twice) ** 2 * item for item in alone)
    return Abundance(seen + unseen, unseen + spread + (unseen / twice) ** 2 * twice, seen)


def chao(once: float, twice: float, seen: float) -> Abundance:
    """Return Chao's lower bound, N = n + f1^2 / (2 f2) (Chao, 1984, 1987)."""
    require_seen_once(once, "Chao's lower bound")
    require_seen_twice(twice, "Chao's lower bound")
    ratio = once / twice
    unseen = once * ratio / 2
    # One person seen once or twice represents 1 + exp(-rate) / p persons, p being that chance at
    # the rate.
    rate, rare = 2 * twice / once, once + twice
    chance = math.exp(-rate) * (rate + rate**2 / 2)
    slope = -rare * (1 + rate) / (rate + rate**2 / 2) ** 2
    # exp(-rate) / chance written without exp(-rate), which underflows at a high rate
    drawn = rare * (1 - chance) * (1 + 1 / (rate + rate**2 / 2)) ** 2
    return Abundance(seen + unseen, slope**2 * _rate_variance(once, twice) + drawn, seen)


def chao_bias_corrected(once: float, twice: float, seen: float) -> Abundance:
    """Return N = n + f1 (f1 - 1) / (2 (f2 + 1)) (Chao, 2005), defined at f2 = 0 too."""
    require_seen_once(once, "Chao's bias-corrected lower bound")
    persons = np.array([once, twice, seen - once - twice], dtype=float)
    return finite_chao(persons, math.inf, corrected=True)._replace(seen=seen)


def chao_occasions(
    once: float, twice: float, thrice: float, seen: float, occasions: int
) -> Abundance:
    """Return Chao's lower bound over t occasions (1987, equation 10).

    N = n + f1^2/(2 f2) (1 - m1/t) / (1 - m2/(t m1)), with m1 = 2 f2/f1 and m2 = 6 f3/f1.
    """
    require_seen_once(once, "Chao's lower bound over a number of occasions")
    require_seen_twice(twice, "Chao's lower bound over a number of occasions")
    if once - 2 * twice / occasions <= 0 or twice - 3 * thrice / occasions <= 0:
        raise MisleadingError(
            f"Too many persons were seen again for {occasions} occasions.",
            f"Persons seen once, twice and three times are {once:g}, {twice:g} and {thrice:g}.",
            "Write the number of occasions again, or take the estimator `chao_bc`.",
        )

    def size(counts: Counts) -> Any:
        above, below = counts[0] - 2 * counts[1] / occasions, counts[1] - 3 * counts[2] / occasions
        return counts.sum() + counts[0] * above / (2 * below)

    persons = np.array([once, twice, thrice, seen - once - twice - thrice], dtype=float)
    return _delta(size, persons)._replace(seen=seen)


def zelterman(once: float, twice: float, seen: float) -> Abundance:
    """Return N = n / (1 - exp(-2 f2/f1)) (Zelterman, 1988; variance after Böhning, 2008)."""
    require_seen_once(once, "Zelterman's estimator")
    require_seen_twice(twice, "Zelterman's estimator")
    rate = 2 * twice / once
    chance = -math.expm1(-rate)
    # the variance is that of the rate and of having been seen
    drawn = seen * math.exp(-rate) / chance**2
    return Abundance(seen / chance, drawn**2 * _rate_variance(once, twice) + drawn, seen)


def _rate_variance(once: float, twice: float) -> float:
    """Return the variance of the rate 2 f2/f1, f2 being binomial among f1 + f2."""
    return (2 * twice / once) ** 2 * (1 / once + 1 / twice)


def require_seen_once(once: float, what: str) -> None:
    """Refuse counts in which no one was seen exactly once."""
    if once == 0:
        raise MisleadingError(
            f"{what} rests on persons seen exactly once, and there are none.",
            write="Write the counts before any filter, or take the number seen as the least there "
            "can be.",
        )


def require_seen_twice(twice: float, what: str) -> None:
    """Refuse counts in which no one was seen exactly twice."""
    if twice == 0:
        raise MisleadingError(
            f"{what} rests on persons seen exactly twice, and there are none.",
            write="Write the estimator `chao_bc`, which does not.",
        )


def too_few_seen_once(
    once: float,
    twice: float,
    thrice: float,
    occasions: float | None = None,
    confidence: float = 0.95,
) -> bool:
    """Return whether log(f1 f3 / f2^2) is significantly under log(2/3).

    This is a sign of filtering (Chiu and Chao, 2016).
    """
    if min(once, twice, thrice) <= 0 or (occasions is not None and occasions < 3):
        return False
    allowed = 2 / 3 if occasions is None else 2 / 3 * (occasions - 2) / (occasions - 1)
    gap = math.log(once * thrice / twice**2 / allowed)
    return gap < float(ndtri(1 - confidence)) * math.sqrt(1 / once + 4 / twice + 1 / thrice)


RARE = 10  # most sightings of a rarely seen person, in the coverage estimators
STEP = 1e-20
Counts = Any  # persons seen once, twice, and so on: an array, real or complex


def finite_chao(persons: Counts, draws: float, corrected: bool = False) -> Abundance:
    """Return Chao1 or Chao2: the unseen part times (t - 1)/t (Chao, 1987, 2005)."""
    require_seen_once(persons[0], "Chao's lower bound")
    if not corrected:
        require_seen_twice(_seen(persons, 2), "Chao's lower bound")
    share = 1 - 1 / draws

    def size(counts: Counts) -> Any:
        once, twice = counts[0], _seen(counts, 2)
        unseen = once * (once - 1) / (2 * (twice + 1)) if corrected else once**2 / (2 * twice)
        return counts.sum() + share * unseen

    if not corrected or _seen(persons, 2) == 0:
        return _delta(size, persons)
    # as in use, the variance has the form of the uncorrected bound
    corrected_bound = _delta(size, persons)
    by = gradient(size, persons) - 1
    unseen = corrected_bound.size - corrected_bound.seen
    return corrected_bound._replace(variance=unseen + float((by**2 * persons).sum()))


def improved_chao(persons: Counts, draws: float) -> Abundance:
    """Return the improved Chao bound, from f3 and f4 too (Chiu, Wang, Walther and Chao, 2014)."""
    # R's SpadeR 0.1.1 has the same size; its slopes are not those of the size, so that its standard
    # error is smaller
    require_seen_once(persons[0], "The improved lower bound of Chao")
    require_seen_twice(_seen(persons, 2), "The improved lower bound of Chao")
    if draws < 4:
        raise MisleadingError(
            f"The improved lower bound of Chao has no value over {draws:g} occasions.",
            "It looks at persons seen four times, which takes four occasions.",
            "Write the estimator `chao2`, a lower bound too.",
        )

    def size(counts: Counts) -> Any:
        once, twice, thrice, four = (_seen(counts, times) for times in (1, 2, 3, 4))
        four = four if four.real > 0 else four + 1
        chao = counts.sum() + (draws - 1) / draws * once**2 / (2 * twice)
        beyond = once - (draws - 3) / (2 * (draws - 1)) * twice * thrice / four
        if beyond.real > 0:
            return chao + (draws - 3) / (4 * draws) * thrice / four * beyond
        return chao

    return _delta(size, persons)


def coverage(
    persons: Counts, occasions: float | None = None, twice_corrected: bool = False
) -> Abundance:
    """Return ACE or ICE, by sample coverage C (Chao and Lee, 1992; Lee and Chao, 1994).

    N = n_often + n_rare/C + f1/C g.
    """
    times = np.arange(1, len(persons) + 1)
    rare = times <= RARE
    if persons[rare].sum() == persons[0] > 0:
        raise MisleadingError(
            "The coverage of those rarely seen does not determine a size.",
            "None of them was seen more than once, so their coverage is zero.",
            "Write the estimator `chao_bc`, a lower bound.",
        )
    # over one occasion everyone was seen once, which is refused above
    factor = 1.0 if occasions is None else occasions / (occasions - 1)

    def size(counts: Counts) -> Any:
        seldom, often = counts[rare].sum(), counts[~rare].sum()
        sightings, once = (times * counts)[rare].sum(), counts[0]
        if sightings.real == 0:
            return often
        covered = 1 - once / sightings * _occasion_factor(once, _seen(counts, 2), occasions)
        pairs = factor * (times * (times - 1) * counts)[rare].sum() / (sightings * (sightings - 1))
        spread = seldom / covered * pairs - 1
        if spread.real <= 0:
            return often + seldom / covered
        if twice_corrected:
            spread = spread * (1 + once / covered * pairs)
        return often + seldom / covered + once / covered * spread

    return _delta(size, persons)


def jackknife(persons: Counts, draws: float, order: int = 1) -> Abundance:
    """Return the jackknife of order 1 or 2 (Burnham and Overton, 1978).

    N = n + (t - 1)/t f1, or n + (2t - 3)/t f1 - (t - 2)^2/(t (t - 1)) f2.
    """
    if draws <= order:
        raise MisleadingError(
            f"A jackknife of order {order} has no value over {draws:g} occasions.",
            f"It leaves out {order} of them at a time and needs one more at least.",
            "Write the estimator `chao_bc`, a lower bound.",
        )

    def size(counts: Counts) -> Any:
        if order == 1:
            return counts.sum() + (draws - 1) / draws * counts[0]
        fewer = (draws - 2) ** 2 / (draws * (draws - 1))
        return counts.sum() + (2 * draws - 3) / draws * counts[0] - fewer * _seen(counts, 2)

    return _delta(size, persons)


def _occasion_factor(once: Any, twice: Any, occasions: float | None) -> Any:
    if occasions is None or once.real == 0:
        return 1.0
    if twice.real == 0:
        return 1 - 2 / ((occasions - 1) * (once - 1) + 2)
    return (occasions - 1) * once / ((occasions - 1) * once + 2 * twice)


def _seen(persons: Counts, times: int) -> Any:
    return persons[times - 1] if len(persons) >= times else persons[0] * 0


def gradient(size: Callable[[Counts], Any], persons: Counts) -> Any:
    """Return the complex-step derivative of a size by each count above zero.

    It is exact, because nothing is subtracted.
    """
    slopes = np.zeros(len(persons))
    for position in np.flatnonzero(persons):
        stepped = persons.astype(complex)
        stepped[position] += 1j * STEP
        slopes[position] = complex(size(stepped)).imag / STEP
    return slopes


def _delta(size: Callable[[Counts], Any], persons: Counts) -> Abundance:
    found, seen = float(size(persons)), float(persons.sum())
    slopes = gradient(size, persons)
    variance = float((slopes**2 * persons).sum() - (slopes * persons).sum() ** 2 / found)
    return Abundance(found, max(variance, 0.0), seen)


_LOWEST, _HIGHEST = math.log(1e-6), math.log(1e5)


class BetaFit(NamedTuple):
    """A beta-binomial distribution fitted to persons seen at least once."""

    alpha: float  # NaN at a boundary, like beta
    beta: float
    log_likelihood: float  # at the maximum, or at the boundary
    limit: float  # log-likelihood as alpha falls to 0, where the size has no upper limit
    # empty, `unbounded` (more likely as alpha falls to 0) or `equal` (as probabilities become
    # equal)
    boundary: str


def propensity_ratio(alpha: float, beta: float, occasions: int = 2) -> float:
    """Return E(a^k)/E(a)^k of a beta-distributed probability a.

    For k = 2 it is 1 + beta/(alpha (alpha + beta + 1)).
    """
    mean = alpha / (alpha + beta)
    return math.prod((alpha + j) / (alpha + beta + j) / mean for j in range(occasions))


def chance_of_none(alpha: float, beta: float, occasions: float) -> float:
    """Return the share never seen in so many occasions: B(alpha, T + beta)/B(alpha, beta)."""
    return float(np.exp(betaln(alpha, occasions + beta) - betaln(alpha, beta)))


def moments(
    mean: float, square: float, occasions: float, bracket: bool = True
) -> tuple[float, float]:
    """Return alpha and beta from the first two moments of all counts, zeros included."""
    ratio = square / mean
    under = (
        occasions * (ratio - mean - 1) + mean if bracket else occasions * ratio - mean - 1 + mean
    )
    return (occasions * mean - square) / under, (occasions - mean) * (occasions - ratio) / under


def find_maximum(
    height: Callable[[float], float], low: float, high: float, close: float = 1e-9
) -> tuple[float, float]:
    """Return the maximum of a function inside an interval, and its value there."""
    search = minimize_scalar(
        lambda at: -height(at), bounds=(low, high), method="bounded", options={"xatol": close}
    )
    return float(search.x), -float(search.fun)


def profile(counts: Floats, alpha: float) -> tuple[float, float]:
    """Return the best beta for one alpha, and the zero-truncated log-likelihood there."""
    log_beta, height = find_maximum(
        lambda item: _log_likelihood(counts, alpha, math.exp(item)), -8.0, 25.0, 1e-10
    )
    return math.exp(log_beta), height


def fit_beta_binomial(counts: Floats) -> BetaFit:
    """Return the zero-truncated fit, or the boundary if no interior point is more likely."""
    grid = np.linspace(_LOWEST, _HIGHEST, 52)
    values = np.array([profile(counts, math.exp(item))[1] for item in grid])
    limit = profile(counts, 0.0)[1]
    best = int(np.argmax(values))
    if 0 < best < len(grid) - 1:
        ends = grid[best - 1], grid[best + 1]
        log_alpha, height = find_maximum(
            lambda log_alpha: profile(counts, math.exp(log_alpha))[1], *ends
        )
        # Less than rounding above the limit is not a maximum.
        if height > limit + 1e-7 * max(1.0, abs(limit)) ** 0.5:
            alpha = math.exp(log_alpha)
            return BetaFit(alpha, profile(counts, alpha)[0], height, limit, "")
    if limit >= values[-1]:
        return BetaFit(math.nan, math.nan, limit, limit, "unbounded")
    return BetaFit(math.nan, math.nan, float(values[-1]), limit, "equal")


def size_of_fit(counts: Floats, fit: BetaFit) -> Abundance:
    """Return N = n/(1 - P0) at an interior fit, with its variance.

    The variance is that of the observed information plus n P0/(1 - P0)^2.
    """
    occasions, seen = len(counts), float(counts.sum())
    at = np.log([fit.alpha, fit.beta])

    def size(logs: Floats) -> float:
        return seen / (1 - chance_of_none(math.exp(logs[0]), math.exp(logs[1]), occasions))

    def likelihood(logs: Floats) -> float:
        return _log_likelihood(counts, math.exp(logs[0]), math.exp(logs[1]))

    step = 1e-4
    steps = step * np.eye(2)
    slope = np.array([(size(at + item) - size(at - item)) / (2 * step) for item in steps])
    signs = ((1, 1), (1, -1), (-1, 1), (-1, -1))
    bends = [
        [sum(s * t * likelihood(at + s * a + t * b) for s, t in signs) for b in steps]
        for a in steps
    ]
    information = -np.array(bends) / (4 * step**2)
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
