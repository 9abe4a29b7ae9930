"""The rows of a regression, with numbers that nearly follow from other columns replaced by what these leave of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from diplab.kernel.regression import BLOCK, conditioning

if TYPE_CHECKING:
    from diplab.inference.model_rows import ModelRows
    from diplab.sampling.model_matrix import MatrixColumn, ModelMatrix

__all__ = ["conditioned_rows"]


def conditioned_rows(rows: ModelRows, *, constant: bool) -> ModelRows:
    """Condition the model matrix, as some of its rows suggest.

    Parameters
    ----------
    rows : ModelRows
    constant : bool
        Whether the model has one, in its matrix or apart from it.
    """
    least = np.array([_least(rows.matrix, column) for column in rows.matrix.columns])
    if not np.isfinite(least).any():
        return rows
    some = rows.every(max(1, rows.rows // BLOCK))
    x = some.matrix.block(slice(0, some.rows))
    found = conditioning(x, some.weight, least, constant=constant)
    return replace(rows, matrix=replace(rows.matrix, conditioning=found), _buffer=[])


def _least(matrix: ModelMatrix, column: MatrixColumn) -> float:
    """Return how much of a column of numbers must be its own, beside its size; infinite for categories.

    Columns of a file may hold seven digits, and then differ by rounding from what they follow from; arithmetic is done
    here with sixteen.
    """
    numbers = [matrix.formula.factors[at].tree for at, level in column.parts if level < 0]
    if not numbers:
        return np.inf
    return 1e-6 if all(tree is None for tree in numbers) else 1e-8
