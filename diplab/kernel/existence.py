"""Whether a log-linear model has a finite maximum-likelihood fit on a table with empty cells, and what it has if not.

The likelihood rises for ever along a direction d of the parameters where x d = 0 in each cell with persons and
x d <= 0 in each empty one. The cells where some such direction falls below zero are expected to hold nobody; the model
is then fitted to the cells left, the face of the table. What is identified there is a finite part of the extended
estimate; the other coefficients are at minus or plus infinity, or are not told by the data.

References
----------
Fienberg and Rinaldo (2012), *Annals of Statistics* 40; Chan, Silverman and Vincent (2021), *Journal of the American
Statistical Association* 116, for pairs of lists that never overlap.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linprog

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Face", "face", "limits"]

_SMALL = 1e-8


@dataclass(frozen=True, eq=False)
class Face:
    """The part of a table that a model is fitted to.

    Parameters
    ----------
    kept : array of bool, shape (cells,)
        False where the model expects nobody.
    basis : array, shape (parameters, rank)
        Combinations of the columns of the model matrix that are independent on the cells kept.
    identified : bool
        Whether the expected number of persons never seen is told by the cells kept.
    """

    kept: NDArray[np.bool_]
    basis: NDArray[np.float64]
    identified: bool

    @property
    def key(self) -> bytes:
        """What tells this face of a model from its others."""
        return np.packbits(self.kept).tobytes()


def face(x: NDArray[np.float64], unseen: NDArray[np.float64], positive: NDArray[np.bool_]) -> Face:
    """Return the face of a table, given which of its cells hold persons.

    Parameters
    ----------
    x : array, shape (cells, parameters)
        Model matrix.
    unseen : array, shape (parameters,)
        Line of the model matrix of the cell never seen.
    positive : array of bool, shape (cells,)
        Cells that hold persons.

    Returns
    -------
    Face
        No linear programme is solved where the cells with persons have the rank of the model, or where columns
        that are empty in all of them explain what is missing.

    Examples
    --------
    >>> import numpy as np
    >>> from diplab.kernel.hierarchical import ListModel, closure, model_matrix, unseen_row
    >>> model = ListModel(3, closure([3, 4]))  # [12,3]
    >>> seen = np.array([True, True, False, True, True, True, False])  # nobody is on lists 1 and 2
    >>> found = face(model_matrix(model), unseen_row(model), seen)
    >>> found.kept.tolist(), found.identified
    ([True, True, False, True, True, True, False], True)
    """
    kept = _without_empty_columns(x, positive)
    if _rank(x[kept & positive]) < _rank(x[kept]):
        kept = kept & ~_falling(x, positive, kept)
    basis = _basis(x[kept])
    return Face(kept, basis, _within(unseen, basis))


def limits(x: NDArray[np.float64], found: Face, rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where combinations of the coefficients go as the likelihood rises.

    Parameters
    ----------
    x : array, shape (cells, parameters)
        Model matrix.
    found : Face
    rows : array, shape (combinations, parameters)
        One combination a line: a unit vector for a coefficient, the line of the cell never seen for the logarithm
        of its expected count.

    Returns
    -------
    array, shape (combinations,)
        0 where it is finite and told by the data, -inf or inf where every way up leads there, NaN where it is not
        told.
    """
    free = _null_space(x[found.kept])
    falling = x[~found.kept] @ free
    if free.shape[1] == 1 and falling.size:
        falling, free = -np.abs(falling), free * -np.sign(falling[np.abs(falling).argmax()])
    return np.array([_limit(row @ free, falling) for row in rows])


def _limit(slope: NDArray[np.float64], falling: NDArray[np.float64]) -> float:
    """Return where a combination goes over the directions in which no cell rises."""
    if np.abs(slope).max(initial=0.0) < _SMALL:
        return 0.0
    if not falling.size:
        return np.nan
    if slope.size == 1:
        return float(np.copysign(np.inf, slope[0]))
    # a combination that goes with one falling cell falls, or rises against it, and needs no programme
    along = falling @ slope
    alike = np.abs(along) > (1 - 1e-12) * np.linalg.norm(falling, axis=1) * np.linalg.norm(slope)
    if alike.any():
        return float(np.copysign(np.inf, -along[alike][0]))
    ends = []
    for sign in (1.0, -1.0):
        solved = linprog(
            -sign * slope, A_ub=falling, b_ub=np.zeros(len(falling)), bounds=(-1.0, 1.0), method="highs"
        )
        ends.append(-float(solved.fun) > _SMALL)
    if all(ends):
        return np.nan
    return np.inf if ends[0] else -np.inf


def _without_empty_columns(x: NDArray[np.float64], positive: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the cells left when each column of the model that no person bears takes its cells with it."""
    kept = np.ones(len(x), dtype=bool)
    bearing = (x >= 0).all(axis=0) & ~(x[positive] > 0).any(axis=0)
    kept[(x[:, bearing] > 0).any(axis=1)] = False
    return kept


def _falling(
    x: NDArray[np.float64], positive: NDArray[np.bool_], kept: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return the empty cells that some direction lowers while no cell rises, by one linear programme.

    Directions add up, so that the one that lowers most cells lowers all that can be lowered.
    """
    empty = np.flatnonzero(kept & ~positive)
    free = _null_space(x[kept & positive])
    lowered = np.zeros(len(x), dtype=bool)
    if not empty.size or not free.shape[1]:
        return lowered
    slopes = x[empty] @ free
    solved = linprog(
        np.append(np.zeros(free.shape[1]), -np.ones(empty.size)),
        A_ub=np.hstack([slopes, np.eye(empty.size)]),
        b_ub=np.zeros(empty.size),
        bounds=[(None, None)] * free.shape[1] + [(0.0, 1.0)] * empty.size,
        method="highs",
    )
    lowered[empty[solved.x[free.shape[1] :] > 0.5]] = True
    return lowered


def _basis(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the columns that hold something where they are independent, else the row space."""
    parameters = x.shape[1]
    filled = np.abs(x).max(axis=0, initial=0.0) > 0
    rank = _rank(x)
    if rank == filled.sum():
        return np.eye(parameters)[:, filled]
    return np.ascontiguousarray(np.linalg.svd(x, full_matrices=False)[2][:rank].T)


def _within(row: NDArray[np.float64], basis: NDArray[np.float64]) -> bool:
    """Return whether a combination of the coefficients is one of the basis."""
    if not basis.shape[1]:
        return False
    part = basis @ np.linalg.lstsq(basis, row, rcond=None)[0]
    return bool(np.abs(row - part).max() < _SMALL)


def _rank(x: NDArray[np.float64]) -> int:
    return int(np.linalg.matrix_rank(x)) if x.size else 0


def _null_space(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the directions that change no cell, one a column."""
    if not len(x):
        return np.eye(x.shape[1])
    _, strengths, right = np.linalg.svd(x, full_matrices=True)
    rank = int((strengths > max(x.shape) * np.finfo(float).eps * max(strengths[0], 1e-300)).sum())
    found: NDArray[np.float64] = right[rank:].T
    return found
