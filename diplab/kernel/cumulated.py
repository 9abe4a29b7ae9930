"""Running totals along an order, people of one value together: what ranks, Lorenz curves and the Gini are made of."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["cumulated", "cumulated_halfway"]


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
    below, through, people = _by_value(starts, values, masses)
    return np.repeat(below if strict else through, people)


def cumulated_halfway(
    starts: NDArray[np.int64], values: NDArray[np.float64], masses: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return for each entry the total below its value, with half of the total at it: what mid-ranks are.

    Parameters
    ----------
    starts, values, masses : array
        As for `cumulated`.

    Returns
    -------
    array, shape (entries,)

    Examples
    --------
    >>> y, w = np.array([10.0, 20.0, 20.0, 5.0]), np.array([1.0, 2.0, 3.0, 7.0])
    >>> cumulated_halfway(np.array([0, 3, 4]), y, w)
    array([0.5, 3.5, 3.5, 3.5])
    """
    if not values.size:
        return np.zeros(0)
    below, through, people = _by_value(starts, values, masses)
    return np.repeat((below + through) / 2, people)


def _by_value(
    starts: NDArray[np.int64], values: NDArray[np.float64], masses: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Return for each distinct value the total below it, the total up to it, and its number of entries."""
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
    ends = np.append(first_of[1:], values.size)
    through = running[ends - 1]
    below = np.empty_like(through)
    below[0], below[1:] = 0.0, through[:-1]
    below[np.searchsorted(first_of, edges[edges < values.size])] = 0.0
    return below, through, ends - first_of
