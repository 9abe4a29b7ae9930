"""Orders, running totals and ranks of weighted values."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import special

from diplab.kernel.arrays import Floats, Integers

_SIGN = np.uint64(1 << 63)
_FEW = 500


def leading(values: Floats) -> NDArray[np.uint64]:
    """Return whole numbers in the order of floats: their bits, those of negative ones turned over."""
    bits = np.ascontiguousarray(values + 0.0).view(np.uint64)  # -0.0 becomes 0.0
    return np.where(bits & _SIGN, ~bits, bits | _SIGN) if (values < 0).any() else bits | _SIGN


def stable_order(values: Floats) -> Integers:
    """Return the stable order of values without NaN."""
    # sixteen bits at a time, from the last ones: numpy counts where it sorts numbers of two bytes
    if values.size < _FEW:
        return np.argsort(values, kind="stable")
    bits = leading(values)
    bits -= bits.min()
    order = np.arange(0)
    for shift in range(0, max(int(bits.max()).bit_length(), 1), 16):
        read = bits[order] if shift else bits
        place = np.argsort((read >> np.uint64(shift)).astype(np.uint16), kind="stable")
        order = order[place] if shift else place
    return order


def running_totals(starts: Integers, values: Floats, masses: Floats, *, strict: bool = False) -> Floats:
    """Return for each entry the total at or below its value, within its domain."""
    # shapes: `starts` (domains + 1,), `values` (entries,), `masses` (entries,)
    if not values.size:
        return np.zeros(0)
    below, through, people = _by_value(starts, values, masses)
    return np.repeat(below if strict else through, people)


def mid_running_totals(starts: Integers, values: Floats, masses: Floats) -> Floats:
    """Return for each entry the total below its value, with half of the total at it: what mid-ranks are."""
    if not values.size:
        return np.zeros(0)
    below, through, people = _by_value(starts, values, masses)
    return np.repeat((below + through) / 2, people)


def _by_value(starts: Integers, values: Floats, masses: Floats) -> tuple[Floats, Floats, Integers]:
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


def mid_ranks(values: Floats, weights: Floats) -> Floats:
    """Return for each value the share of the population below it, plus half the share at it."""
    # shapes: `values` (n,), `weights` (n,)
    order = np.argsort(values)
    ordered = values[order]
    running = np.cumsum(weights[order])
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    upto = running[np.r_[starts[1:], values.size] - 1]
    below = np.r_[0.0, upto[:-1]]
    middle = (below + upto) / (2 * running[-1])
    ranks = np.empty(values.size)
    ranks[order] = np.repeat(middle, np.diff(np.r_[starts, values.size]))
    return ranks


# Wilcoxon (1945) and Kruskal and Wallis (1952); van der Waerden (1952); Mood's median test (1950)
Score: TypeAlias = Literal["wilcoxon", "van_der_waerden", "median"]
"""What a rank counts: itself, the normal quantile of it, or whether it is in the upper half."""

SCORES: dict[Score, Callable[[Floats], Floats]] = {
    "wilcoxon": lambda ranks: ranks,
    "van_der_waerden": special.ndtri,
    # a rank that is one half but for rounding is not above it
    "median": lambda ranks: (ranks > 0.5 + 1e-12).astype(float),
}
