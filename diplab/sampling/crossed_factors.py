"""Domain variables crossed: one code a row for the combinations that somebody has."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.sampling.units import compressed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from diplab.sampling.engine import Integers
    from diplab.sampling.memory_columns import Factor

__all__ = ["crossed"]


def crossed(factors: Sequence[Factor], rows: int) -> tuple[Integers, list[tuple[Any, ...]]]:
    """Return the combination of each row, -1 where an answer is missing, and the combinations, sorted.

    Parameters
    ----------
    factors : sequence of Factor
        None for everybody together.
    rows : int

    Examples
    --------
    >>> from diplab.sampling.memory_columns import Factor
    >>> sex, age = Factor(np.array([0, 1, 1]), ("f", "m")), Factor(np.array([1, 0, -1]), ("old", "young"))
    >>> codes, cells = crossed([sex, age], 3)
    >>> codes.tolist(), cells
    ([0, 1, -1], [('f', 'young'), ('m', 'old')])
    """
    if not factors:
        return np.zeros(rows, dtype=np.int64), [()]
    shape = [max(len(factor.categories), 1) for factor in factors]
    code = factors[0].codes
    for factor, size in zip(factors[1:], shape[1:], strict=True):
        code = code * size
        code += factor.codes
    missing = [factor.codes < 0 for factor in factors if not factor.complete]
    present = None if not missing else np.flatnonzero(~np.any(missing, axis=0))
    held = code if present is None else code[present]
    if prod(shape) <= 4 * rows + 1_000_000:
        seen = np.bincount(held, minlength=prod(shape)) > 0
        there = np.flatnonzero(seen)
        dense = held if seen.all() else (np.cumsum(seen) - 1)[held]
    else:
        dense, first = compressed(held)
        there = held[first]
    places = np.unravel_index(there, shape)
    cells = [
        tuple(factor.categories[place] for factor, place in zip(factors, row, strict=True))
        for row in zip(*(each.tolist() for each in places), strict=True)
    ]
    if present is None:
        return dense, cells
    everyone = np.full(rows, -1, dtype=np.int64)
    everyone[present] = dense
    return everyone, cells
