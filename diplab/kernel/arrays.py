"""The arrays of numbers that formulas take and give, for annotations; codes renumbered."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]
Places = NDArray[np.intp]
"""Positions of rows, as numpy gives and takes them."""
Array = NDArray[Any]
"""Of any one type: the cells of a column."""


def compressed(codes: Integers) -> tuple[Integers, Integers]:
    """Return codes renumbered 0, 1, 2... in their order, and the first record of each."""
    width = int(codes.max()) + 1 if codes.size else 0
    if width <= 4 * codes.size + 1_000_000:
        seen = np.zeros(width, dtype=bool)
        seen[codes] = True
        dense = (np.cumsum(seen) - 1)[codes]
    else:
        dense = np.unique(codes, return_inverse=True)[1]
    count = int(dense.max()) + 1 if dense.size else 0
    first = np.zeros(count, dtype=np.int64)
    first[dense[::-1]] = np.arange(codes.size - 1, -1, -1)
    return dense.astype(np.int64), first
