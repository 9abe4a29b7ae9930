"""Ratios of sums of weighted cells: every share of a table is one, and varies with its cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy import sparse

__all__ = ["Ratios", "linearised_ratios", "quotients"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Ratios:
    """Shares and their covariance.

    Parameters
    ----------
    point : array, shape (ratios,)
        NaN where there is nothing to divide by.
    covariance : array, shape (ratios, ratios)
    """

    point: Floats
    covariance: Floats


def quotients(totals: Floats, above: sparse.csc_array, sums: sparse.csc_array, of: Integers) -> Floats:
    """Return sums of cells over sums of cells, for one set of totals or for one a replicate.

    Parameters
    ----------
    totals : array, shape (..., cells)
    above : sparse array, shape (cells, ratios)
        1 where a cell is in the numerator.
    sums : sparse array, shape (cells, sums)
        1 where a cell is in the sum: many ratios have the same denominator.
    of : array of int, shape (ratios,)
        The sum that each ratio is of.

    Returns
    -------
    array, shape (..., ratios)
        NaN where there is nothing to divide by.

    Examples
    --------
    >>> from scipy import sparse
    >>> first, both = sparse.csc_array(np.array([[1.0], [0.0]])), sparse.csc_array(np.ones((2, 1)))
    >>> quotients(np.array([[1.0, 3.0], [2.0, 2.0]]), first, both, np.array([0]))
    array([[0.25],
           [0.5 ]])
    """
    numerator, denominator = totals @ above, (totals @ sums)[..., of]
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = np.where(denominator == 0, np.nan, numerator / denominator)
    return found


def linearised_ratios(
    totals: Floats, covariance: Floats, above: sparse.csc_array, sums: sparse.csc_array, of: Integers
) -> Ratios:
    """Return ratios of sums of cells, with their covariance by linearisation.

    d(a / b) = (da - (a / b) db) / b (Woodruff 1971). What is left of rounding where nothing varies is set to zero.

    Parameters
    ----------
    totals : array, shape (cells,)
    covariance : array, shape (cells, cells)
        Of the totals.
    above, sums, of
        As in `quotients`.

    Examples
    --------
    >>> from scipy import sparse
    >>> totals, first = np.array([1.0, 3.0]), sparse.csc_array(np.array([[1.0], [0.0]]))
    >>> both = sparse.csc_array(np.ones((2, 1)))
    >>> found = linearised_ratios(totals, np.diag([0.1, 0.1]), first, both, np.array([0]))
    >>> found.point, found.covariance
    (array([0.25]), array([[0.00390625]]))
    """
    point = quotients(totals, above, sums, of)
    known = np.isfinite(point)
    share = np.where(known, point, 0.0)
    per = np.where(known, 1.0 / np.where(known, (totals @ sums)[of], 1.0), 0.0)
    # numerators and denominators apart: a matrix of slopes would be full wherever a ratio is of everybody
    with_sums = covariance @ sums
    if (np.diff(above.indptr) == 1).all():
        # a cell by itself above each: read, not multiplied
        crossed, every = with_sums[above.indices], covariance[np.ix_(above.indices, above.indices)]
    else:
        crossed, every = above.T @ with_sums, np.asarray(above.T @ (covariance @ above))
    crossed = crossed[:, of] * share
    every -= crossed
    every -= crossed.T
    below = (sums.T @ with_sums)[np.ix_(of, of)]
    below *= share[:, None]
    below *= share
    every += below
    every *= per[:, None]
    every *= per
    # no variance is larger than if all cells moved together in the worst way: rounding is a tiny part of that
    spread = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    worst = (spread @ above + share * (spread @ sums)[of]) * np.abs(per)
    still = np.abs(np.diag(every)) <= 1e-13 * worst**2
    every[still, :] = 0.0
    every[:, still] = 0.0
    every[~known, :] = np.nan
    every[:, ~known] = np.nan
    return Ratios(point, every)
