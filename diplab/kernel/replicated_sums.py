"""Sums of several variables by cell, under many sets of weights at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["replicated_sums"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_BLOCK = 1 << 16


def replicated_sums(
    weights: Sequence[Floats], values: Sequence[Floats], cell: Integers | None, cells: int
) -> Floats:
    """Return the weighted sum of each variable in each cell, under each set of weights.

    Rows are taken in blocks that stay near the processor, so that no product of two columns is held whole.

    Parameters
    ----------
    weights : sequence of array, shape (rows,) each
        One array a set.
    values : sequence of array, shape (rows,) each
        One array a variable.
    cell : array of int, shape (rows,), or None
        Cell of each row; None where there is a single cell.
    cells : int

    Returns
    -------
    array, shape (sets, variables, cells)

    Examples
    --------
    >>> once, twice = np.array([1.0, 1.0, 1.0]), np.array([2.0, 0.0, 2.0])
    >>> replicated_sums([once, twice], [np.array([1.0, 2.0, 4.0])], np.array([0, 0, 1]), 2)
    array([[[3., 4.]],
    <BLANKLINE>
           [[2., 8.]]])
    """
    # no product of matrices: it is faster on an idle machine only, and many times slower where threads wait
    sums = np.zeros((len(weights), len(values), cells))
    # a block costs a pass over the cells: many cells want large blocks
    step = max(_BLOCK, 8 * cells)
    for place in range(len(weights)):
        own = weights[place]
        for start in range(0, own.size, step):
            part = slice(start, start + step)
            for variable, value in enumerate(values):
                product = own[part] * value[part]
                if cell is None:
                    sums[place, variable, 0] += product.sum()
                else:
                    sums[place, variable] += np.bincount(cell[part], weights=product, minlength=cells)
    return sums
