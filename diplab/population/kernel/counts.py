"""The size behind one source that counts how often each person was seen: bounds and truncated distributions.

Persons seen once, twice and three times tell how many were never seen. A formula without a finite answer refuses, and
names one that has an answer.
"""

from __future__ import annotations

import math
from typing import Literal

from scipy.optimize import brentq
from scipy.special import ndtri

from diplab.errors import MisleadingError
from diplab.population.kernel.abundance import Abundance


def chao(
    once: float, twice: float, seen: float, variance: Literal["bernoulli", "multinomial"] = "bernoulli"
) -> Abundance:
    """Return Chao's lower bound: those seen once and twice tell how many at least were never seen.

    N = n + f1^2 / (2 f2) (Chao, 1984, 1987).
    """
    require_seen_once(once, "Chao's lower bound")
    require_seen_twice(twice, "Chao's lower bound")
    ratio = once / twice
    unseen = once * ratio / 2
    if variance == "multinomial":
        slopes = ((once, ratio), (twice, -(ratio**2) / 2))
        return Abundance(seen + unseen, _multinomial_variance(unseen, slopes), seen)
    # One person seen once or twice represents 1 + exp(-rate) / p persons, p being that chance at the rate.
    rate, rare = 2 * twice / once, once + twice
    chance = math.exp(-rate) * (rate + rate**2 / 2)
    slope = -rare * (1 + rate) / (rate + rate**2 / 2) ** 2
    # exp(-rate) / chance written without exp(-rate), which is nothing at a high rate
    drawn = rare * (1 - chance) * (1 + 1 / (rate + rate**2 / 2)) ** 2
    return Abundance(seen + unseen, slope**2 * _rate_variance(once, twice) + drawn, seen)


def chao_bias_corrected(once: float, twice: float, seen: float) -> Abundance:
    """Return Chao's lower bound with less bias, defined even where no one was seen exactly twice.

    N = n + f1 (f1 - 1) / (2 (f2 + 1)) (Chao, 2005), variance by the delta method on the multinomial counts.
    """
    require_seen_once(once, "Chao's bias-corrected lower bound")
    unseen = once * (once - 1) / (2 * (twice + 1))
    by_once = (2 * once - 1) / (2 * (twice + 1))
    if twice == 0:
        # the short form below rests on the counts scaling together, which fails at zero: the full multinomial
        # variance is used.
        size = seen + unseen
        return Abundance(size, unseen + by_once**2 * once - once**4 / (4 * size), seen)
    slopes = ((once, by_once), (twice, -unseen / (twice + 1)))
    return Abundance(seen + unseen, _multinomial_variance(unseen, slopes), seen)


def chao_occasions(once: float, twice: float, thrice: float, seen: float, occasions: int) -> Abundance:
    """Return Chao's lower bound where there were only so many occasions to be seen.

    N = n + f1^2/(2 f2) (1 - m1/t) / (1 - m2/(t m1)), m1 = 2 f2/f1, m2 = 6 f3/f1 (Chao, 1987, equation 10); variance
    by the delta method.
    """
    require_seen_once(once, "Chao's lower bound over a number of occasions")
    require_seen_twice(twice, "Chao's lower bound over a number of occasions")
    above, below = once - 2 * twice / occasions, twice - 3 * thrice / occasions
    if above <= 0 or below <= 0:
        raise MisleadingError(
            asked=f"Too many persons were seen again for {occasions} occasions.",
            found=f"Persons seen once, twice and three times are {once:g}, {twice:g} and {thrice:g}.",
            write="Write the number of occasions again, or take the estimator `chao_bc`.",
        )
    unseen = once * above / (2 * below)
    slopes = (
        (once, (above + once) / (2 * below)),
        (twice, -once / (occasions * below) - unseen / below),
        (thrice, 3 * unseen / (occasions * below)),
    )
    return Abundance(seen + unseen, _multinomial_variance(unseen, slopes), seen)


def zelterman(once: float, twice: float, seen: float) -> Abundance:
    """Return Zelterman's size: the rate of those seen once or twice is lent to everyone.

    N = n / (1 - exp(-2 f2/f1)) (Zelterman, 1988; variance after Böhning, 2008).
    """
    require_seen_once(once, "Zelterman's estimator")
    require_seen_twice(twice, "Zelterman's estimator")
    rate = 2 * twice / once
    return _horvitz_thompson(seen, rate, _rate_variance(once, twice))


def truncated_poisson(seen: float, total: float) -> Abundance:
    """Return the size if everyone is seen at the same rate (zero-truncated Poisson, maximum likelihood).

    N = n / (1 - exp(-rate)), the rate solving rate / (1 - exp(-rate)) = total / n; variance in two parts, the rate's
    and the drawing's (van der Heijden, Cruyff and van Houwelingen, 2003).
    """
    _require_seen_again(seen, total)
    mean = total / seen
    rate = float(brentq(lambda rate: rate / -math.expm1(-rate) - mean, 1e-12, mean, xtol=1e-15, rtol=1e-15))
    unseen, chance = math.exp(-rate), -math.expm1(-rate)
    information = total / rate**2 - seen * unseen / chance**2
    return _horvitz_thompson(seen, rate, 1 / information)


def truncated_geometric(seen: float, total: float) -> Abundance:
    """Return the size if rates differ as in an exponential distribution (zero-truncated geometric, closed form).

    N = n / (1 - n/total); variance in two parts, the mean's and the drawing's.
    """
    _require_seen_again(seen, total)
    mean = total / seen - 1
    chance = mean / (1 + mean)
    slope = -seen / mean**2
    of_the_mean = slope**2 * mean * (1 + mean) / seen
    return Abundance(seen / chance, of_the_mean + seen * (1 - chance) / chance**2, seen)


def _rate_variance(once: float, twice: float) -> float:
    """Return the variance of the rate 2 f2/f1, f2 being binomial among f1 + f2."""
    return (2 * twice / once) ** 2 * (1 / once + 1 / twice)


def _multinomial_variance(unseen: float, slopes: tuple[tuple[float, float], ...]) -> float:
    """Return the delta-method variance of n plus an unseen number that scales with the counts.

    With d_k the derivative by f_k, the variance sum (1 + d_k)^2 f_k - N reduces to unseen + sum d_k^2 f_k.
    """
    return unseen + sum(slope**2 * count for count, slope in slopes)


def _horvitz_thompson(seen: float, rate: float, rate_variance: float) -> Abundance:
    """Return n / (1 - exp(-rate)) with the variance of the rate and of having been seen."""
    chance = -math.expm1(-rate)
    drawn = seen * math.exp(-rate) / chance**2
    return Abundance(seen / chance, drawn**2 * rate_variance + drawn, seen)


def _require_seen_again(seen: float, total: float) -> None:
    if total <= seen:
        raise MisleadingError(
            asked=f"None of the {seen:g} persons was seen more than once.",
            found="The size has no upper limit.",
            write="Write the estimator `chao_bc`, a lower bound.",
        )


def require_seen_once(once: float, what: str) -> None:
    """Refuse counts in which no one was seen exactly once."""
    if once == 0:
        raise MisleadingError(
            asked=f"{what} rests on persons seen exactly once, and there are none.",
            found="",
            write="Write the counts before any filter, or take the number seen as the least there can be.",
        )


def require_seen_twice(twice: float, what: str) -> None:
    """Refuse counts in which no one was seen exactly twice."""
    if twice == 0:
        raise MisleadingError(
            asked=f"{what} rests on persons seen exactly twice, and there are none.",
            found="",
            write="Write the estimator `chao_bc`, which does not.",
        )


def too_few_seen_once(
    once: float, twice: float, thrice: float, occasions: float | None = None, confidence: float = 0.95
) -> bool:
    """Return whether fewer persons were seen once than any distribution of rates allows: a sign of filtering.

    True where log(f1 f3 / f2^2) lies significantly under log(2/3), one-sided. Whatever the distribution of rates,
    expected counts obey f1 >= 2 f2^2 / (3 f3): the moments of rates are log-convex (Chiu and Chao, 2016, estimate the
    true number of singletons from the same relation). Over t occasions 2/3 becomes 2/3 (t - 2)/(t - 1). The variance
    of the logarithm is 1/f1 + 4/f2 + 1/f3. False where one of the three counts is zero.
    """
    if min(once, twice, thrice) <= 0 or (occasions is not None and occasions < 3):
        return False
    allowed = 2 / 3 if occasions is None else 2 / 3 * (occasions - 2) / (occasions - 1)
    gap = math.log(once * thrice / twice**2 / allowed)
    return gap < float(ndtri(1 - confidence)) * math.sqrt(1 / once + 4 / twice + 1 / thrice)
