"""Sizes from the persons seen at least twice, whoever was seen once.

Those seen exactly once are often duplicates, false accounts or persons put off by the first time. A law fitted from two
sightings on does not listen to them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import special

from diplab.errors import MisleadingError
from diplab.kernel.truncated_laws import CountFit
from diplab.population.kernel.abundance import Abundance

if TYPE_CHECKING:
    from diplab.kernel.truncated_laws import Floats, Law

__all__ = ["TwiceSeen", "hurdle", "twice_seen", "zero_one_truncated"]


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
    >>> from diplab.kernel.truncated_laws import GEOMETRIC
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
    >>> from diplab.kernel.truncated_laws import GEOMETRIC
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
    >>> from diplab.kernel.truncated_laws import POISSON
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
