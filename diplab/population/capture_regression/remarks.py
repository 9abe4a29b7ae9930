"""What a reader must know of each size of a regression of captures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from diplab.kernel.represented_sizes import by_group
from diplab.kernel.single_source import chao, chao_bias_corrected
from diplab.kernel.truncated_families import ONE_INFLATED
from diplab.population.lower_bound import against_bound

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from diplab.population.capture_regression.persons import Persons

    Floats = NDArray[np.float64]

__all__ = ["remarks"]


def remarks(persons: Persons, family: str, sizes: Floats, confidence: float, *, sampled: bool) -> list[str]:
    """Return the flag of each size: that of everybody, then those of the groups.

    Parameters
    ----------
    persons : Persons
    family : str
        A family of the kernel.
    sizes : array, shape (groups,)
    confidence : float
    sampled : bool
        Whether persons are a sample of those seen; the interval of the bound is then not known.
    """
    if family == "chao":
        return ["lower bound"] * len(sizes)
    if family in ONE_INFLATED:
        return ["one-inflated"] * len(sizes)
    once, twice, seen = (
        by_group(persons.groupings, np.where(there, persons.weight, 0.0)).tolist()
        for there in (persons.y == 1, persons.y == 2, persons.y > 0)
    )
    found = [_against(*each, confidence) for each in zip(sizes.tolist(), once, twice, seen, strict=True)]
    return [each.split(", ")[0] for each in found] if sampled else found


def _against(size: float, once: float, twice: float, seen: float, confidence: float) -> str:
    if once == 0:
        return "no singletons"
    bound = chao(once, twice, seen) if twice else chao_bias_corrected(once, 0, seen)
    return against_bound(size, bound, confidence)
