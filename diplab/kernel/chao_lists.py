"""Chao's lower bound where the times of being seen are lists, each with a reach of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diplab.kernel.abundance import Abundance

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["chao_lists"]


def chao_lists(alone: Sequence[float], twice: float, seen: float) -> Abundance:
    """Return the fewest persons behind several lists, from those on one list only and those on two.

    Parameters
    ----------
    alone : sequence of float
        Persons on each list and on no other.
    twice : float
        Persons on exactly two lists.
    seen : float
        Persons on one list at least.

    Returns
    -------
    Abundance
        N = n + (f1^2 - sum of squares of `alone`) / (2 f2), f1 their sum, variance by the delta method on the
        multinomial counts; where nobody is on two lists f2 + 1 stands for f2 and the variance is NaN.

    Notes
    -----
    Chao's (1987) argument, list by list. If the odds that a person is on list i are a_i times a factor of the person,
    then persons on i alone times persons on j alone are at most persons on i and j alone times persons on none
    (Cauchy and Schwarz), with equality where all persons are alike; summed over pairs of lists this is the bound. Lists
    must not repel each other. The bound of one source, f1^2 / (2 f2), takes all lists to be alike and many, and lies
    above Lincoln-Petersen for any two lists; this one is Lincoln-Petersen for two.

    Examples
    --------
    >>> round(chao_lists([2191, 2247], 584, 5022).size, 6)
    13452.097603
    """
    once = sum(alone)
    pairs = (once**2 - sum(each**2 for each in alone)) / 2
    if twice == 0:
        return Abundance(seen + pairs, float("nan") if pairs else 0.0, seen)
    unseen = pairs / twice
    spread = sum(((once - each) / twice) ** 2 * each for each in alone)
    return Abundance(seen + unseen, unseen + spread + (unseen / twice) ** 2 * twice, seen)
