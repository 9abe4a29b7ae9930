"""The information of a fit: solved, inverted, and searched for columns that follow from others, in whatever units."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["inverse", "rank_lost", "scaled_to_ones", "solve"]

Floats = NDArray[np.float64]

_COLLINEAR = 1e-12


def scaled_to_ones(information: Floats) -> tuple[Floats, Floats]:
    """Return the information with ones on its diagonal, and what it was divided by."""
    size = np.sqrt(np.maximum(np.diag(information), 0.0))
    size = np.where(size > 0, size, 1.0)
    return information / np.outer(size, size), size


def rank_lost(information: Floats) -> tuple[int, Floats] | None:
    """Return the first column that those before it make up, and its coefficients on them; None where none is.

    Examples
    --------
    >>> x = np.array([[1.0, 1.0, 1.0], [1.0, 2.0, 3.0], [3.0, 5.0, 7.0]])
    >>> place, coefficients = rank_lost(x @ x.T)
    >>> place, coefficients.round(6)
    (2, array([1., 2.]))
    """
    scaled, size = scaled_to_ones(information)
    lower = np.zeros_like(scaled)
    for place in range(len(scaled)):
        row = np.zeros(place)
        for before in range(place):
            row[before] = (scaled[place, before] - row[:before] @ lower[before, :before]) / lower[
                before, before
            ]
        left = scaled[place, place] - row @ row
        if not left > _COLLINEAR:
            own = np.linalg.solve(lower[:place, :place].T, row)
            return place, np.asarray(own * size[place] / size[:place], dtype=float)
        lower[place, :place], lower[place, place] = row, np.sqrt(left)
    return None


def solve(information: Floats, gradient: Floats) -> Floats | None:
    """Return the Newton step; None where the information is singular to working precision."""
    if not (np.isfinite(information).all() and np.isfinite(gradient).all()):
        return None
    scaled, size = scaled_to_ones(information)
    try:
        np.linalg.cholesky(scaled)
        found: Floats = np.linalg.solve(scaled, gradient / size) / size
    except np.linalg.LinAlgError:
        return None
    return found


def inverse(information: Floats) -> Floats:
    """Return the inverse of the information, whatever the units of the columns."""
    scaled, size = scaled_to_ones(information)
    found: Floats = np.linalg.inv(scaled) / np.outer(size, size)
    return found
