"""Rows that a calibration cannot tell apart, taken together: a million respondents are a few hundred cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from diplab.kernel.calibration import Controls

if TYPE_CHECKING:
    from diplab.kernel.distance import Distance

__all__ = ["Cells", "cells_of"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_GRID_MARGIN = 1_000_000


@dataclass(frozen=True, eq=False)
class Cells:
    """The distinct combinations of categories among the rows.

    Parameters
    ----------
    controls : Controls
        The auxiliary variables of the cells.
    key : array of int, shape (rows,), or None
        Combination of each row; None where each row is its own cell.
    kept : array of int, shape (cells,)
        The combinations that are cells: those of rows to calibrate.
    """

    controls: Controls
    key: Integers | None
    kept: Integers

    @classmethod
    def apart(cls, controls: Controls) -> Cells:
        """Return cells of one row each, where rows of the same categories are not treated alike."""
        return cls(controls, None, np.arange(controls.rows))

    def masses(self, weights: Floats) -> Floats:
        """Return the total weight of each cell."""
        if self.key is None:
            return weights
        return np.bincount(self.key, weights=weights).astype(np.float64)[self.kept]

    def factors(self, multipliers: Floats, distance: Distance) -> Floats:
        """Return by row the ratio of weights after and before.

        Parameters
        ----------
        multipliers : array, shape (width,)
        distance : Distance
        """
        by_cell = self.controls.factors(multipliers[:, None], distance)[:, 0]
        if self.key is None:
            return by_cell
        # a combination that is no cell is that of rows outside: their weight stays
        by_key = np.ones(int(self.key.max(initial=0)) + 1)
        by_key[self.kept] = by_cell
        return by_key[self.key]


def cells_of(controls: Controls) -> Cells:
    """Take together the rows of the same categories; with numbers among the controls, rows stay apart.

    Parameters
    ----------
    controls : Controls
        Code -1 in all categorical margins for rows outside.

    Examples
    --------
    >>> found = cells_of(Controls((np.array([1, 1, 0, -1]), np.array([0, 0, 1, -1])), (2, 2), ()))
    >>> found.masses(np.array([2.0, 3.0, 4.0, 9.0])), found.controls.codes
    (array([4., 5.]), (array([0, 1]), array([1, 0])))
    """
    if controls.numbers:
        return Cells.apart(controls)
    key, grid = controls.codes[0], controls.sizes[0]
    for code, size in zip(controls.codes[1:], controls.sizes[1:], strict=True):
        if grid * size > 4 * key.size + _GRID_MARGIN:
            key = np.unique(key, return_inverse=True)[1]
            grid = int(key.max(initial=0)) + 1
        key, grid = key * size + code, grid * size
    outside = controls.codes[0] < 0
    if outside.any():
        key = np.where(outside, grid, key)
    kept = np.flatnonzero(np.bincount(key)[:grid])
    # the categories of a cell are those of any of its rows
    row_of = np.zeros(grid + 1, dtype=np.int64)
    row_of[key] = np.arange(key.size)
    codes = tuple(code[row_of[kept]] for code in controls.codes)
    return Cells(Controls(codes, controls.sizes, ()), key, kept)
