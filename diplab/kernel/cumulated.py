"""Running totals along an order, people of one value together: what ranks, Lorenz curves and the Gini are made of."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["cumulated"]


def cumulated(
    starts: NDArray[np.int64],
    values: NDArray[np.float64],
    masses: NDArray[np.float64],
    *,
    strict: bool = False,
) -> NDArray[np.float64]:
    """Return for each entry the total of what stands at or below its value, within its domain.

    Parameters
    ----------
    starts : array of int, shape (domains + 1,)
        The entries of domain d stand from starts[d] up to starts[d + 1].
    values : array, shape (entries,)
        Sorted within each domain; entries of one value get one answer, whatever their order.
    masses : array, shape (entries,)
        What is added up: weights, or weights times something.
    strict : bool
        Below the value only.

    Returns
    -------
    array, shape (entries,)

    Examples
    --------
    >>> y, w = np.array([10.0, 20.0, 20.0, 5.0]), np.array([1.0, 2.0, 3.0, 7.0])
    >>> cumulated(np.array([0, 3, 4]), y, w), cumulated(np.array([0, 3, 4]), y, w, strict=True)
    (array([1., 6., 6., 7.]), array([0., 1., 1., 0.]))
    """
    if not values.size:
        return np.zeros(0)
    running = np.empty(values.size)
    # each domain is cumulated from zero: a running total over all of them would round away the small ones
    for first, end in pairwise(starts):
        np.cumsum(masses[first:end], out=running[first:end])
    begins = np.empty(values.size, dtype=bool)
    begins[0] = True
    np.not_equal(values[1:], values[:-1], out=begins[1:])
    edges = starts[:-1]
    begins[edges[edges < values.size]] = True
    first_of = np.flatnonzero(begins)
    if not strict:
        if first_of.size == values.size:
            return running
        last_of = np.r_[first_of[1:], values.size] - 1
        return np.repeat(running[last_of], np.diff(np.r_[first_of, values.size]))
    before = np.where(first_of > 0, running[first_of - 1], 0.0)
    before[np.isin(first_of, edges)] = 0.0
    return np.repeat(before, np.diff(np.r_[first_of, values.size]))
