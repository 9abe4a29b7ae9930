"""Columns as codes into their categories, and the combinations of several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

import narwhals as nw
import numpy as np

from diplab.kernel.arrays import Integers, compressed
from diplab.microdata.variable import Code, positions


@dataclass(frozen=True, eq=False)
class Factor:
    """A column as codes into its categories, in the order of the codebook; -1 is missing."""

    codes: Integers
    categories: tuple[Any, ...]

    def arranged(self, order: Sequence[Any]) -> Factor:
        """Return the same answers with their categories in an order."""
        if list(order) == list(self.categories):
            return self
        # the last place is that of -1
        new = np.array([*map(positions(order).__getitem__, self.categories), -1])
        return Factor(new[self.codes], tuple(order))

    @cached_property
    def complete(self) -> bool:
        """Whether no answer is missing."""
        return bool(self.codes.size) and int(self.codes.min()) >= 0


def cross_factors(factors: Sequence[Factor], rows: int) -> tuple[Integers, list[tuple[Any, ...]]]:
    """Return the combination of each row (-1 where a value is missing) and all combinations."""
    if not factors:
        return np.zeros(rows, dtype=np.int64), [()]
    shape = [max(len(factor.categories), 1) for factor in factors]
    code = factors[0].codes
    for factor, size in zip(factors[1:], shape[1:], strict=True):
        code = code * size
        code += factor.codes
    missing = [factor.codes < 0 for factor in factors if not factor.complete]
    present = None if not missing else np.flatnonzero(~np.any(missing, axis=0))
    held = code if present is None else code[present]
    if prod(shape) <= 4 * rows + 1_000_000:
        seen = np.bincount(held, minlength=prod(shape)) > 0
        there = np.flatnonzero(seen)
        dense = held if seen.all() else (np.cumsum(seen) - 1)[held]
    else:
        dense, first = compressed(held)
        there = held[first]
    places = np.unravel_index(there, shape)
    cells = [
        tuple(factor.categories[place] for factor, place in zip(factors, row, strict=True))
        for row in zip(*(position.tolist() for position in places), strict=True)
    ]
    if present is None:
        return dense, cells
    everyone = np.full(rows, -1, dtype=np.int64)
    everyone[present] = dense
    return everyone, cells


def factor_of_whole_numbers(column: nw.Series[Any]) -> Factor | None:
    """Return the factor of a column of whole numbers that lie close together.

    None where they do not.
    """
    values = column.to_numpy()
    if values.dtype.kind not in "iu" or not values.size:
        return None
    low, high = int(values.min()), int(values.max())
    if high - low > 2 * values.size:
        return None
    codes = np.subtract(values, low, dtype=np.int64, casting="unsafe")
    there = np.bincount(codes) > 0
    if not there.all():
        codes = (np.cumsum(there) - 1)[codes]
    return Factor(codes, tuple((np.flatnonzero(there) + low).tolist()))


def factor_of_categories(column: Any) -> Factor:
    """Return the factor of a pandas `Categorical`, without the categories that nobody has."""
    codes = column.cat.codes.to_numpy().astype(np.int64)
    categories = category_codes(column)
    there = np.bincount(codes + 1, minlength=len(categories) + 1)[1:] > 0
    # the last place is that of -1
    new = np.array([*(np.cumsum(there) - 1), -1])
    return Factor(
        new[codes], tuple(item for item, here in zip(categories, there, strict=True) if here)
    )


def category_codes(column: Any) -> tuple[Code, ...]:
    """Return the categories of a pandas `Categorical`: numbers, or words (intervals included)."""
    categories = column.cat.categories
    if categories.dtype.kind == "b":
        return ()
    return tuple(categories.tolist() if categories.dtype.kind in "iuf" else map(str, categories))
