"""Sizes where more persons were seen exactly once than a law of sightings has: one-inflated models.

Some of those seen once are of another kind (duplicates, false accounts, persons put off by the first time). Chao's
lower bound takes them for the sign of many unseen, so that it does not hold here.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from diplab.errors import MisleadingError
from diplab.kernel.truncated_laws import CountFit
from diplab.population.kernel.abundance import Abundance

if TYPE_CHECKING:
    from diplab.kernel.truncated_laws import Floats
    from diplab.kernel.twice_seen import TwiceSeen

__all__ = ["inflated_then_truncated", "one_inflated_chao", "truncated_then_inflated"]


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
    >>> from diplab.kernel.truncated_laws import POISSON
    >>> from diplab.kernel.twice_seen import twice_seen
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
    >>> from diplab.kernel.truncated_laws import GEOMETRIC
    >>> from diplab.kernel.twice_seen import twice_seen
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
