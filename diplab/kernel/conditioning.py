"""Taking out of the columns of a model matrix what they nearly have in common, so that sums of products stay exact.

Normal equations lose twice the digits by which a column exceeds what it has of its own: a year beside the constant, its
square beside both. Such a column is replaced by what the constant and the other columns leave of it in some rows,
subtracted row by row before anything is multiplied; coefficients of the columns as they were follow exactly. Any
multiples would do: they need not be the best, and rows left out of their choice change nothing.

References
----------
Björck (1996), *Numerical Methods for Least Squares Problems*, sections 2.1 and 2.4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Conditioning", "conditioning"]

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]

_NEAR = 1e-2
"""A column with less than this of its own, beside its size, is replaced: products lose four digits there."""

_CONSTANT = 1e-12
_RIDGE = 1e-14


@dataclass(frozen=True, eq=False)
class Conditioning:
    """What is taken out of the columns of a model matrix.

    Parameters
    ----------
    constant : array, shape (columns,)
        Taken from each column: nothing where the model has no constant.
    multiples : array, shape (columns, columns)
        Of the other columns, once these are conditioned, taken from each.
    order : tuple of int
        The columns that change, in the order in which they do.
    """

    constant: Floats
    multiples: Floats
    order: tuple[int, ...]

    def apply(self, x: Any) -> None:
        """Take it out of some rows, shape (columns, rows), in place; complex ones too."""
        for place in self.order:
            if self.constant[place]:
                x[place] -= self.constant[place]
            for other in np.flatnonzero(self.multiples[place]):
                x[place] -= self.multiples[place, other] * x[other]

    @property
    def slopes(self) -> Floats:
        """What takes coefficients of the conditioned columns to those of the columns as they were."""
        mixed = np.eye(self.constant.size) + self.multiples
        return np.asarray(np.linalg.inv(mixed).T, dtype=float)

    @property
    def coefficients(self) -> Floats:
        """The same where the first column is the constant of the model, or where it has none."""
        found = self.slopes
        found[0] -= self.level
        return found

    @property
    def level(self) -> Floats:
        """What the coefficients of the conditioned columns take from the constant of the model."""
        return np.asarray(self.constant @ self.slopes, dtype=float)


def conditioning(x: Floats, weight: Floats, least: Floats, *, constant: bool) -> Conditioning | None:
    """Choose what to take out of the columns of a model matrix, from some of its rows.

    Parameters
    ----------
    x : array, shape (columns, rows)
        Overwritten.
    weight : array, shape (rows,)
    least : array, shape (columns,)
        How much of a column, beside its size, must be its own: with less it is left as it is, for the fit to see that
        it follows from others. Infinite for columns that are never replaced.
    constant : bool
        Whether the model has one, as the first column or apart from them all (cut points).

    Returns
    -------
    Conditioning or None
        None where every column has enough of its own, as most have.

    Examples
    --------
    >>> year = np.arange(2001.0, 2006.0)
    >>> x = np.stack([np.ones(5), year, year**2])
    >>> found = conditioning(x.copy(), np.ones(5), np.array([np.inf, 1e-8, 1e-8]), constant=True)
    >>> found.apply(x)
    >>> x.round(6).tolist()
    [[1.0, 1.0, 1.0, 1.0, 1.0], [-2.0, -1.0, 0.0, 1.0, 2.0], [2.0, -1.0, -2.0, -1.0, 2.0]]
    """
    share, own = weight / weight.sum(), np.isfinite(least)
    taken, multiples = np.zeros(len(x)), np.zeros((len(x),) * 2)
    if constant:
        taken = _levels(x, share, own)
        x -= taken[:, None]
    order = np.argsort(own, kind="stable")  # what is not replaced comes first
    fixed = int(np.count_nonzero(~own))
    products = (x * share) @ x.T
    if (_left(products[np.ix_(order, order)])[fixed:] < _NEAR**2).any():
        for position in range(fixed, len(order)):
            place, before = order[position], order[:position]
            multiples[place] = _multiples(x, share, products, place, (before[:fixed], before), least[place])
            x[place] -= multiples[place] @ x
            products[place] = products[:, place] = (x * share) @ x[place]
    changed = tuple(int(place) for place in order if taken[place] or multiples[place].any())
    return Conditioning(taken, multiples, changed) if changed else None


def _levels(x: Floats, share: Floats, own: NDArray[np.bool_]) -> Floats:
    """Return the mean of each column that is large beside its deviation; 0 for those that do not vary."""
    mean = x @ share
    deviation = np.sqrt(np.array([share @ (line - level) ** 2 for line, level in zip(x, mean, strict=True)]))
    near = (deviation < _NEAR * np.abs(mean)) & (deviation > _CONSTANT * np.abs(mean))
    return np.where(own & near, mean, 0.0)


def _left(products: Floats) -> Floats:
    """Return the share of the square of each column that those before it leave, never quite nothing."""
    size = np.sqrt(np.diag(products))
    size = np.where(size > 0, size, 1.0)
    triangle = np.linalg.cholesky(
        products / np.outer(size, size) + 4 * len(size) * _RIDGE * np.eye(len(size))
    )
    return np.asarray(np.diag(triangle) ** 2, dtype=float)


def _multiples(
    x: Floats,
    share: Floats,
    products: Floats,
    place: int,
    others: tuple[Integers, Integers],
    least: float,
) -> Floats:
    """Return the multiples of other columns to take out of one: none where these leave enough of it, or too little.

    The first of the others hold no numbers. They may leave very little of a column, as the constant may.
    """
    found, left = np.zeros(len(x)), x[place]
    for among, enough in zip(others, (_CONSTANT, least), strict=True):
        taken, own = np.zeros(len(x)), left
        for _ in range(2):  # the second time of what rounding left the first time
            multiple = _projected(products, among, x[among] @ (share * own))
            taken[among] += multiple
            own = own - multiple @ x[among]
        before, after = share @ left**2, share @ own**2
        if enough**2 * before < after < _NEAR**2 * before:
            found, left = found + taken, own
    return found


def _projected(products: Floats, among: Integers, with_them: Floats) -> Floats:
    """Return the multiples of some columns that come nearest to another, from its products with them."""
    size = np.sqrt(np.diag(products))[among]
    size = np.where(size > 0, size, 1.0)
    scaled = products[np.ix_(among, among)] / np.outer(size, size)
    scaled[np.diag_indices(among.size)] += 4 * among.size * _RIDGE
    return np.asarray(np.linalg.solve(scaled, with_them / size) / size, dtype=float)
