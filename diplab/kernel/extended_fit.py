"""Log-linear models of overlapping lists fitted to many tables, by what each table's empty cells allow.

Tables with the same empty cells have the same face; tables with the same face are fitted together. What was found of a
model and a pattern of empty cells is kept for the next table that has it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from diplab.kernel.existence import Face, face
from diplab.kernel.hierarchical import ListModel, model_matrix, unseen_row
from diplab.kernel.loglinear import LogLinear, fit_loglinear, unseen_size

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Faces", "Fitted", "fit_face", "fit_tables"]


@dataclass(frozen=True, eq=False)
class Faces:
    """Faces found so far, by model and pattern of empty cells."""

    known: dict[tuple[ListModel, bytes], Face] = field(default_factory=dict)
    matrices: dict[ListModel, NDArray[np.float64]] = field(default_factory=dict)

    def matrix(self, model: ListModel) -> NDArray[np.float64]:
        """Return the model matrix, made once."""
        if model not in self.matrices:
            self.matrices[model] = model_matrix(model)
        return self.matrices[model]

    def rank(self, model: ListModel) -> int:
        """Return the number of coefficients that a table without empty cells would tell."""
        return int(np.linalg.matrix_rank(self.matrix(model))) if model.heterogeneity else model.parameters

    def of(self, model: ListModel, positive: NDArray[np.bool_]) -> Face:
        """Return the face of a pattern, found once."""
        key = (model, np.packbits(positive).tobytes())
        if key not in self.known:
            self.known[key] = face(self.matrix(model), unseen_row(model), positive)
        return self.known[key]


@dataclass(frozen=True, eq=False)
class Fitted:
    """One model on many tables.

    Parameters
    ----------
    missed, variance : array, shape (tables,)
        Persons never seen and the variance of the size; NaN where the table does not tell them.
    log_likelihood, deviance : array, shape (tables,)
        Of the extended fit, which exists always.
    df : array, shape (tables,)
        Cells kept minus coefficients that are told.
    parameters : int
        Coefficients that a table without empty cells would tell.
    """

    missed: NDArray[np.float64]
    variance: NDArray[np.float64]
    log_likelihood: NDArray[np.float64]
    deviance: NDArray[np.float64]
    df: NDArray[np.float64]
    parameters: int


def fit_face(x: NDArray[np.float64], found: Face, tables: NDArray[np.float64]) -> LogLinear:
    """Return a model fitted on a face, its coefficients those of the basis.

    Parameters
    ----------
    x : array, shape (cells, parameters)
    found : Face
    tables : array, shape (cells,) or (tables, cells)

    Returns
    -------
    LogLinear

    Examples
    --------
    >>> import numpy as np
    >>> from diplab.kernel.hierarchical import closure
    >>> model = ListModel(2, closure([1, 2]))
    >>> both = np.array([2191.0, 2247.0, 584.0])
    >>> fit = fit_face(model_matrix(model), Faces().of(model, both > 0), both)
    >>> round(float(np.exp(fit.coefficients[0])), 3)
    8430.098
    """
    return fit_loglinear(x[found.kept] @ found.basis, tables[..., found.kept])


def fit_tables(model: ListModel, tables: NDArray[np.float64], faces: Faces) -> Fitted:
    """Return one model fitted to many tables.

    Parameters
    ----------
    model : ListModel
    tables : array, shape (tables, cells)
        Persons by cell, cell 1 (the first list alone) first.
    faces : Faces
        Kept between calls.

    Returns
    -------
    Fitted

    Examples
    --------
    >>> import numpy as np
    >>> from diplab.kernel.hierarchical import closure
    >>> found = fit_tables(ListModel(2, closure([1, 2])), np.array([[2191.0, 2247.0, 584.0]]), Faces())
    >>> found.missed.round(3).tolist()
    [8430.098]
    """
    missed, variance, log_likelihood, deviance, df = (np.full(len(tables), np.nan) for _ in range(5))
    found = Fitted(missed, variance, log_likelihood, deviance, df, faces.rank(model))
    x = faces.matrix(model)
    for at, own in _by_face(model, tables, faces):
        if not own.basis.shape[1]:  # nobody on any list
            continue
        fit = fit_face(x, own, tables[at])
        settled = np.asarray(fit.converged)
        found.log_likelihood[at] = np.where(settled, fit.log_likelihood, np.nan)
        found.deviance[at] = np.where(settled, fit.deviance, np.nan)
        found.df[at] = fit.df
        if own.identified:
            unseen = unseen_size(fit, unseen_row(model) @ own.basis)
            found.missed[at], found.variance[at] = (np.where(settled, each, np.nan) for each in unseen)
    return found


def _by_face(
    model: ListModel, tables: NDArray[np.float64], faces: Faces
) -> list[tuple[NDArray[np.intp], Face]]:
    """Return the tables of each face."""
    patterns, which = np.unique(tables > 0, axis=0, return_inverse=True)
    groups: dict[bytes, tuple[list[int], Face]] = {}
    for place, positive in enumerate(patterns):
        own = faces.of(model, positive)
        groups.setdefault(own.key, ([], own))[0].append(place)
    return [(np.flatnonzero(np.isin(which.ravel(), places)), own) for places, own in groups.values()]
