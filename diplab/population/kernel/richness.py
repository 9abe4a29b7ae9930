"""Sizes from estimators of species richness: persons are the species, sightings (or occasions) the individuals.

The variance is that of the delta method on multinomial counts, sum g^2 f - (sum g f)^2 / N, with g the derivative of N
by each count f (Chao, 1987).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.errors import MisleadingError
from diplab.population.kernel.abundance import Abundance
from diplab.population.kernel.counts import require_seen_once, require_seen_twice

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["coverage", "finite_chao", "improved_chao", "jackknife"]

RARE = 10
"""Most sightings of a rarely seen person, in the coverage estimators."""
STEP = 1e-20

Counts = Any
"""Persons seen once, twice, and so on: an array, real or complex."""


def finite_chao(persons: Counts, draws: float, corrected: bool = False) -> Abundance:
    """Return Chao's lower bound with its factor for a finite number of sightings or occasions (Chao1, Chao2).

    N = n + (t - 1)/t f1^2 / (2 f2), corrected n + (t - 1)/t f1 (f1 - 1) / (2 (f2 + 1)) (Chao, 1987, 2005).
    """
    require_seen_once(persons[0], "Chao's lower bound")
    if not corrected:
        require_seen_twice(_seen(persons, 2), "Chao's lower bound")
    share = (draws - 1) / draws

    def size(each: Counts) -> Any:
        once, twice = each[0], _seen(each, 2)
        unseen = once * (once - 1) / (2 * (twice + 1)) if corrected else once**2 / (2 * twice)
        return each.sum() + share * unseen

    if not corrected or _seen(persons, 2) == 0:
        return _delta(size, persons)
    # as in use, the variance has the form of the uncorrected bound
    corrected_bound = _delta(size, persons)
    by = _gradient(size, persons) - 1
    unseen = corrected_bound.size - corrected_bound.seen
    return corrected_bound._replace(variance=unseen + float((by**2 * persons).sum()))


def improved_chao(persons: Counts, draws: float) -> Abundance:
    """Return a lower bound above Chao's, which also uses those seen three and four times (iChao1, iChao2).

    N = N_Chao + (t - 3)/(4 t) f3/f4 max(f1 - (t - 3)/(2 (t - 1)) f2 f3/f4, 0), f4 being taken as 1 where it is 0
    (Chiu, Wang, Walther and Chao, 2014). R's SpadeR 0.1.1 has the same size; its slopes by f1, f2 and f3
    are not those of the size, so that its standard error is smaller.
    """
    require_seen_once(persons[0], "The improved lower bound of Chao")
    require_seen_twice(_seen(persons, 2), "The improved lower bound of Chao")
    if draws < 4:
        raise MisleadingError(
            asked=f"The improved lower bound of Chao over {draws:g} occasions was asked for.",
            found="It looks at persons seen four times, which takes four occasions.",
            write="Write the estimator `chao2`, a lower bound too.",
        )

    def size(each: Counts) -> Any:
        once, twice, thrice, four = (_seen(each, times) for times in (1, 2, 3, 4))
        four = four if four.real > 0 else four + 1
        chao = each.sum() + (draws - 1) / draws * once**2 / (2 * twice)
        beyond = once - (draws - 3) / (2 * (draws - 1)) * twice * thrice / four
        return chao + (draws - 3) / (4 * draws) * thrice / four * beyond if beyond.real > 0 else chao

    return _delta(size, persons)


def coverage(persons: Counts, occasions: float | None = None, twice_corrected: bool = False) -> Abundance:
    """Return the size from the coverage of those rarely seen (ACE; over occasions, ICE).

    N = n_often + n_rare/C + f1/C g, those seen ten times or less being rare; C = 1 - f1/s the coverage, s their
    sightings; g = max(n_rare/C sum i(i - 1) f_i / (s (s - 1)) - 1, 0) how much rates differ (Chao and Lee, 1992).
    Over t occasions C = 1 - f1/s (t - 1) f1 / ((t - 1) f1 + 2 f2), and the sum bears a factor t/(t - 1) (Lee and
    Chao, 1994). For the other form g is multiplied by 1 + f1/C sum i(i - 1) f_i / (s (s - 1)), with that factor.
    """
    times = np.arange(1, len(persons) + 1)
    rare = times <= RARE
    if persons[rare].sum() == persons[0] > 0:
        raise MisleadingError(
            asked="A size from the coverage of those rarely seen was asked for.",
            found="None of them was seen more than once, so their coverage is zero.",
            write="Write the estimator `chao_bc`, a lower bound.",
        )
    # over one occasion everyone was seen once, which is refused above
    factor = 1.0 if occasions is None else occasions / (occasions - 1)

    def size(each: Counts) -> Any:
        seldom, often = each[rare].sum(), each[~rare].sum()
        sightings, once = (times * each)[rare].sum(), each[0]
        if sightings.real == 0:
            return often
        covered = 1 - once / sightings * _occasion_factor(once, _seen(each, 2), occasions)
        pairs = factor * (times * (times - 1) * each)[rare].sum() / (sightings * (sightings - 1))
        spread = seldom / covered * pairs - 1
        if spread.real <= 0:
            return often + seldom / covered
        if twice_corrected:
            spread = spread * (1 + once / covered * pairs)
        return often + seldom / covered + once / covered * spread

    return _delta(size, persons)


def jackknife(persons: Counts, draws: float, order: int = 1) -> Abundance:
    """Return the jackknife size, which removes the bias of the number seen to the first or second order.

    N = n + (t - 1)/t f1, or n + (2t - 3)/t f1 - (t - 2)^2/(t (t - 1)) f2 (Burnham and Overton, 1978). The second
    falls below n where many were seen twice and few once.
    """
    if draws <= order:
        raise MisleadingError(
            asked=f"A jackknife of order {order} over {draws:g} occasions was asked for.",
            found=f"It leaves out {order} of them at a time and needs one more at least.",
            write="Write the estimator `chao_bc`, a lower bound.",
        )

    def size(each: Counts) -> Any:
        if order == 1:
            return each.sum() + (draws - 1) / draws * each[0]
        fewer = (draws - 2) ** 2 / (draws * (draws - 1))
        return each.sum() + (2 * draws - 3) / draws * each[0] - fewer * _seen(each, 2)

    return _delta(size, persons)


def _occasion_factor(once: Any, twice: Any, occasions: float | None) -> Any:
    """Return the factor of the persons seen once in the coverage over a number of occasions."""
    if occasions is None or once.real == 0:
        return 1.0
    if twice.real == 0:
        return 1 - 2 / ((occasions - 1) * (once - 1) + 2)
    return (occasions - 1) * once / ((occasions - 1) * once + 2 * twice)


def _seen(persons: Counts, times: int) -> Any:
    return persons[times - 1] if len(persons) >= times else persons[0] * 0


def _gradient(size: Callable[[Counts], Any], persons: Counts) -> Any:
    """Return the complex-step derivative of a size by each count."""
    slopes = np.zeros(len(persons))
    for place in np.flatnonzero(persons):
        stepped = persons.astype(complex)
        stepped[place] += 1j * STEP
        slopes[place] = complex(size(stepped)).imag / STEP
    return slopes


def _delta(size: Callable[[Counts], Any], persons: Counts) -> Abundance:
    found, seen = float(size(persons)), float(persons.sum())
    slopes = _gradient(size, persons)
    variance = float((slopes**2 * persons).sum() - (slopes * persons).sum() ** 2 / found)
    return Abundance(found, max(variance, 0.0), seen)
