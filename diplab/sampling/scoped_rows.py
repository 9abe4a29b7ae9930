"""The rows of a scope, and sums over them by cell: in blocks, so that no column is copied whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, reduce
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from diplab.sampling.engine import Floats, Integers

__all__ = ["ScopedRows", "cell_sums"]

_BLOCK = 1 << 16


@dataclass(frozen=True, eq=False)
class ScopedRows:
    """The rows of a scope: domain of each row (0 where outside) and weight (0 where outside).

    Parameters
    ----------
    domain : array of int, shape (rows,)
    weight : array, shape (rows,)
    inside : array of bool, shape (rows,)
    domains : int
    """

    domain: Integers
    weight: Floats
    inside: NDArray[np.bool_]
    domains: int
    _people: dict[str, Floats] = field(default_factory=dict, init=False, repr=False)
    _cell: list[Integers] = field(default_factory=list, init=False, repr=False)

    @cached_property
    def whole(self) -> bool:
        """Whether every row is inside."""
        return bool(self.inside.all())

    @cached_property
    def respondents(self) -> Integers:
        """Rows of positive weight by domain."""
        return self.counted(None)

    def counted(self, answered: NDArray[np.bool_] | None) -> Integers:
        """Return by domain how many rows of positive weight have an answer."""
        there = self.weight > 0 if answered is None else (self.weight > 0) & answered
        if self.domains > 1 and there.all():
            return np.bincount(self.domain, minlength=self.domains).astype(np.int64)
        if self.domains == 1:
            return np.array([np.count_nonzero(there)], dtype=np.int64)
        return np.bincount(self.domain[there], minlength=self.domains).astype(np.int64)

    def cell_of(self, unit: Integers) -> Integers:
        """Return the cell of each row: its unit, which is the same in every call, and its domain."""
        if self.domains == 1:
            return unit
        if not self._cell:
            cell = unit * self.domains
            cell += self.domain
            self._cell.append(cell)
        return self._cell[0]

    def people(self, of: str, key: Integers | None, cells: int) -> Floats:
        """Return the sum of the weights by cell; `of` names the cells, for remembering."""
        if of not in self._people:
            self._people[of] = cell_sums([self.weight], key, cells, None)
        return self._people[of]


def cell_sums(
    factors: Sequence[Floats], key: Integers | None, cells: int, outside: NDArray[np.bool_] | None
) -> Floats:
    """Return by cell the sum of products.

    Parameters
    ----------
    factors : sequence of array, shape (rows,)
        Multiplied row by row.
    key : array of int, shape (rows,), or None
        Cell of each row; None where there is a single cell.
    cells : int
    outside : array of bool, shape (rows,), or None
        Rows that count nothing, whatever their value.

    Examples
    --------
    >>> cell_sums([np.array([1.0, 2.0, 3.0])], np.array([0, 1, 1]), 2, None)
    array([1., 5.])
    """
    total = np.zeros(cells)
    for part in _blocks(factors[0].size, cells):
        product = reduce(np.multiply, (factor[part] for factor in factors))
        if outside is not None:
            product = np.where(outside[part], 0.0, product)
        if key is None:
            total[0] += product.sum()
        else:
            total += np.bincount(key[part], weights=product, minlength=cells)
    return total


def _blocks(rows: int, cells: int) -> Iterator[slice]:
    # a block costs a pass over the cells: many cells want large blocks
    step = max(_BLOCK, 8 * cells)
    return (slice(start, start + step) for start in range(0, rows, step))
