"""What a reader must know of each size of a regression of captures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from diplab.kernel.single_source import chao, chao_bias_corrected
from diplab.kernel.truncated_families import ONE_INFLATED
from diplab.population.lower_bound import against_bound

if TYPE_CHECKING:
    from diplab.population.capture_regression.persons import Persons

__all__ = ["remark"]


def remark(
    persons: Persons, family: str, size: float, group: int | None, confidence: float, sampled: bool
) -> str:
    """Return the flag of one size.

    Parameters
    ----------
    persons : Persons
    family : str
        A family of the kernel.
    size : float
    group : int or None
        Place of the group among those of all groupings beside the total; None for the total.
    confidence : float
    sampled : bool
        Whether persons are a sample of those seen; the interval of the bound is then not known.
    """
    if family == "chao":
        return "lower bound"
    if family in ONE_INFLATED:
        return "one-inflated"
    there = _rows(persons, group)
    once, twice = persons.times(1, there), persons.times(2, there)
    if once == 0:
        return "no singletons"
    seen = float(persons.weight[there].sum())
    bound = chao(once, twice, seen) if twice else chao_bias_corrected(once, 0, seen)
    found = against_bound(size, bound, confidence)
    return found.split(", ")[0] if sampled else found


def _rows(persons: Persons, group: int | None) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    if group is None:
        return np.ones(persons.y.size, dtype=bool)
    for grouping in persons.groupings[1:]:
        if group < grouping.groups:
            return np.asarray(grouping.codes == group)
        group -= grouping.groups
    raise AssertionError(group)
