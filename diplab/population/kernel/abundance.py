"""A population size with its variance and interval, the sizes behind two lists, and Chao's bound for several lists."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from scipy.special import ndtri

from diplab.errors import MisleadingError

LARGEST = 10**15  # largest number of persons: a whole number beyond it is one with the next
LARGEST_LOG = 700.0  # largest logarithm whose exponential is finite
EVERYONE = 10**10
"""More than there are people; beyond it the tails of the hypergeometric distribution lose their digits too."""


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
    """Return M n / m, variance M n (M - m)(n - m) / m^3 (delta method on three cells; Sekar and Deming, 1949)."""
    require_overlap(first, second, both)
    variance = first * second * (first - both) * (second - both) / both**3
    return Abundance(first * second / both, variance, first + second - both)


def chapman(first: float, second: float, both: float) -> Abundance:
    """Return Chapman's size (1951), nearly free of the upward bias of Lincoln-Petersen (variance: Seber, 1970)."""
    size = (first + 1) * (second + 1) / (both + 1) - 1
    variance = (first + 1) * (second + 1) * (first - both) * (second - both) / ((both + 1) ** 2 * (both + 2))
    return Abundance(size, variance, first + second - both)


def bailey(first: float, second: float, both: float) -> Abundance:
    """Return Bailey's size (1951), where the second list may draw a person twice; it may fall below those seen."""
    size = first * (second + 1) / (both + 1)
    variance = first**2 * (second + 1) * (second - both) / ((both + 1) ** 2 * (both + 2))
    return Abundance(size, variance, first + second - both)


def lognormal_interval(abundance: Abundance, confidence: float = 0.95) -> tuple[float, float]:
    """Return n + (N - n)/C and n + (N - n) C (Burnham et al., 1987; Chao, 1987); normal from n on where N = n."""
    unseen = abundance.size - abundance.seen
    if unseen <= 0:
        beyond = _normal_quantile(confidence) * math.sqrt(abundance.variance) if abundance.variance > 0 else 0.0
        return abundance.seen, abundance.seen + beyond
    spread = math.exp(_normal_quantile(confidence) * math.sqrt(math.log1p(abundance.variance / unseen**2)))
    return abundance.seen + unseen / spread, abundance.seen + unseen * spread


def log_interval(found: Abundance, deviate: float) -> tuple[float, float]:
    """Return an interval symmetric on the logarithm, so many standard errors wide on each side."""
    width = deviate * math.sqrt(found.variance) / found.size
    spread = math.exp(min(width, LARGEST_LOG)) if math.isfinite(width) else math.nan
    return found.size / spread, found.size * spread


def normal_interval(abundance: Abundance, confidence: float = 0.95) -> tuple[float, float]:
    """Return the symmetric interval of a size, its lower end not below the number seen."""
    half = _normal_quantile(confidence) * math.sqrt(abundance.variance)
    return max(abundance.size - half, abundance.seen), abundance.size + half


def _normal_quantile(confidence: float) -> float:
    return float(ndtri(0.5 + confidence / 2))


def poisson_mean_interval(count: float, confidence: float = 0.95) -> tuple[float, float]:
    """Return the exact limits of the mean behind a count, chi2(a/2; 2x)/2, chi2(1 - a/2; 2x + 2)/2 (Garwood, 1936)."""
    from scipy.stats import chi2  # slow to load

    tail = (1 - confidence) / 2
    low = float(chi2.ppf(tail, 2 * count)) / 2 if count > 0 else 0.0
    return low, float(chi2.isf(tail, 2 * count + 2)) / 2


def poisson_interval(
    size: Callable[[float, float, float], Abundance], first: float, second: float, both: float, confidence: float = 0.95
) -> tuple[float, float]:
    """Return the sizes at the exact Poisson limits of the number on both (Ricker, 1975, section 3.2)."""
    low, high = poisson_mean_interval(both, confidence)
    seen = first + second - both
    return max(size(first, second, high).size, seen), max(size(first, second, low).size, seen)


def binomial_interval(first: float, second: float, both: float, confidence: float = 0.95) -> tuple[float, float]:
    """Return M over the exact limits of the share m/n (Clopper and Pearson, 1934): draws with replacement."""
    from scipy.stats import beta

    tail = (1 - confidence) / 2
    low = float(beta.ppf(tail, both, second - both + 1)) if both > 0 else 0.0
    high = float(beta.isf(tail, both + 1, second - both)) if both < second else 1.0
    seen = first + second - both
    return max(first / high, seen), max(first / low, seen) if low > 0 else math.inf


def hypergeometric_interval(first: float, second: float, both: float, confidence: float = 0.95) -> tuple[float, float]:
    """Return the least and largest N at which no tail of the overlap is (1 - confidence)/2 or less (Chapman, 1951)."""
    from scipy.stats import hypergeom

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


def proportion_interval(first: float, second: float, both: float, confidence: float = 0.95) -> tuple[float, float]:
    """Return M over p ± (z sqrt((1 - m/M) p (1 - p)/(n - 1)) + 1/(2n)), p = m/n (Krebs, 1989, 2.4; Seber, 1982)."""
    share = both / second
    spread = math.sqrt((1 - both / first) * share * (1 - share) / (second - 1)) if second > 1 else math.inf
    half = _normal_quantile(confidence) * spread + 1 / (2 * second)
    low = max(first / (share + half), first + second - both)
    return low, max(first / (share - half), first + second - both) if share > half else math.inf


def dependent_lists(first: float, second: float, both: float, odds_ratio: float = 1.0) -> Abundance:
    """Return n + psi b c / a, psi an odds ratio (Sekar and Deming, 1949; Gerritse et al., 2015, for the variance)."""
    alone, other = first - both, second - both
    unseen = odds_ratio * alone * other / both
    # u^2/b + u^2/c without dividing by a cell that may be empty
    spread = (odds_ratio / both) ** 2 * alone * other * (alone + other)
    return Abundance(alone + other + both + unseen, unseen + unseen**2 / both + spread, alone + other + both)


def chao_lists(alone: Sequence[float], twice: float, seen: float) -> Abundance:
    """Return n + (f1^2 - sum of squares of `alone`) / (2 f2) (after Chao, 1987); no variance at f2 = 0."""
    once = sum(alone)
    pairs = (once**2 - sum(each**2 for each in alone)) / 2
    if twice == 0:
        return Abundance(seen + pairs, float("nan") if pairs else 0.0, seen)
    unseen = pairs / twice
    spread = sum(((once - each) / twice) ** 2 * each for each in alone)
    return Abundance(seen + unseen, unseen + spread + (unseen / twice) ** 2 * twice, seen)
