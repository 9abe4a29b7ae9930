"""Ratios of sums of weighted cells: every share of a table is one, and varies with its cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

__all__ = ["Ratios", "linearised_ratios", "quotients"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Ratios:
    """Shares and their covariance.

    Parameters
    ----------
    point : array, shape (ratios,)
        NaN where nothing is divided.
    covariance : array, shape (ratios, ratios)
    """

    point: Floats
    covariance: Floats


def quotients(totals: Floats, above: sparse.csc_array, below: sparse.csc_array) -> Floats:
    """Return sums of cells over sums of cells, for one set of totals or for one a replicate.

    Parameters
    ----------
    totals : array, shape (..., cells)
    above, below : sparse array, shape (cells, ratios)
        1 where a cell is in the sum.

    Examples
    --------
    >>> both = sparse.csc_array(np.ones((2, 1)))
    >>> quotients(np.array([[1.0, 3.0], [2.0, 2.0]]), sparse.csc_array(np.array([[1.0], [0.0]])), both)
    array([[0.25],
           [0.5 ]])
    """
    numerator, denominator = totals @ above, totals @ below
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = np.where(denominator == 0, np.nan, numerator / denominator)
    return found


def linearised_ratios(
    totals: Floats, covariance: Floats, above: sparse.csc_array, below: sparse.csc_array
) -> Ratios:
    """Return ratios of sums of cells, with their covariance by linearisation.

    d(a / b) = (da - (a / b) db) / b (Woodruff 1971). What is left of rounding where nothing varies is set to zero.

    Parameters
    ----------
    totals : array, shape (cells,)
    covariance : array, shape (cells, cells)
    above, below : sparse array, shape (cells, ratios)

    Examples
    --------
    >>> totals, both = np.array([1.0, 3.0]), sparse.csc_array(np.ones((2, 1)))
    >>> found = linearised_ratios(totals, np.diag([0.1, 0.1]), sparse.csc_array(np.array([[1.0], [0.0]])), both)
    >>> found.point, found.covariance
    (array([0.25]), array([[0.00390625]]))
    """
    point = quotients(totals, above, below)
    known = np.isfinite(point)
    per = np.where(known, 1.0 / np.where(known, totals @ below, 1.0), 0.0)
    slopes = above @ sparse.diags_array(per) - below @ sparse.diags_array(np.where(known, point, 0.0) * per)
    every = np.asarray(slopes.T @ (covariance @ slopes))
    # the variance, were all cells to move together in the worst way: rounding is a tiny part of it
    worst = np.sqrt(np.maximum(np.diag(covariance), 0.0)) @ abs(slopes)
    still = np.diag(every) <= 1e-13 * worst**2
    every[still, :] = 0.0
    every[:, still] = 0.0
    every[~known, :] = np.nan
    every[:, ~known] = np.nan
    return Ratios(point, every)
