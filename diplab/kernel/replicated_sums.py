"""Sums of several variables by cell, under many sets of weights at once."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["replicated_sums"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_BLOCK = 1 << 16
_MOST_THREADS = 8
"""Each holds the weights of one set, which may be made when they are read."""


@dataclass(frozen=True, eq=False)
class _Block:
    """Some of the rows, put in the order of their cells once for all sets of weights."""

    rows: slice
    order: Integers | None
    cells: Integers
    starts: Integers
    values: tuple[Floats | None, ...]

    def add(self, weights: Floats, sums: Floats) -> None:
        """Add to the sums of each variable by cell those of the rows under one set of weights."""
        own = weights[self.rows]
        if self.order is not None:
            own = own.take(self.order)
        for variable, value in enumerate(self.values):
            product = own if value is None else own * value
            sums[variable, self.cells] += np.add.reduceat(product, self.starts)


def replicated_sums(
    weights: Sequence[Floats], values: Sequence[Floats], cell: Integers | None, cells: int
) -> Floats:
    """Return the weighted sum of each variable in each cell, under each set of weights.

    Rows are taken in blocks that stay near the processor, so that no product of two columns is held whole; the sets
    are shared between the processors. The sums do not depend on how many those are.

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
    # no product of matrices: it is faster on an idle machine only, and many times slower where its threads wait
    blocks = _blocks(values, cell, cells)
    sums = np.zeros((len(weights), len(values), cells))

    def add(place: int) -> None:
        own = weights[place]
        for block in blocks:
            block.add(own, sums[place])

    if len(blocks) == 1:
        for place in range(len(weights)):
            add(place)
    else:
        with ThreadPoolExecutor(min(os.cpu_count() or 1, _MOST_THREADS)) as pool:
            list(pool.map(add, range(len(weights))))
    return sums


def _blocks(values: Sequence[Floats], cell: Integers | None, cells: int) -> list[_Block]:
    rows = len(values[0])
    # a block costs a look at its cells: many cells want large blocks
    step = max(_BLOCK, 8 * cells)
    return [
        _block(slice(start, min(start + step, rows)), values, cell, cells) for start in range(0, rows, step)
    ]


def _block(rows: slice, values: Sequence[Floats], cell: Integers | None, cells: int) -> _Block:
    order, there, starts = None, np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64)
    if cell is not None:
        own = cell[rows]
        # short codes are sorted by their bytes
        order = np.argsort(own.astype(np.int16) if cells <= 1 << 15 else own, kind="stable")
        sizes = np.bincount(own, minlength=cells)
        there = np.flatnonzero(sizes)
        starts = (np.cumsum(sizes) - sizes)[there]
    inside = [value[rows] if order is None else value[rows][order] for value in values]
    # where a variable is 1 everywhere its sum is that of the weights
    return _Block(rows, order, there, starts, tuple(None if (each == 1).all() else each for each in inside))
