"""Weighted sums by cell, and weight by value, of arrays in memory.

Sorting a million rows to read three quantiles sorts far too much: values are binned by their
leading bits, which keep their order, and only the bins in which a share falls, and their
neighbours, are sorted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from diplab.kernel.arrays import Floats, Integers
from diplab.kernel.quantiles import leading, stable_order
from diplab.sampling.engines.protocol import Masses

_BLOCK = 1 << 16


def cell_sums(
    factors: Sequence[Floats], key: Integers | None, cells: int, outside: NDArray[np.bool_] | None
) -> Floats:
    """Return the sum of products by cell.

    Shapes: `factors` (rows,), `key` (rows,), `outside` (rows,).
    """
    total = np.zeros(cells)
    for part in _blocks(factors[0].size, cells):
        # infinite answers of rows without weight are outside
        with np.errstate(invalid="ignore"):
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


_BINS = 1 << 15
_FEW_ROWS = 100_000


@dataclass(frozen=True, eq=False)
class Binned:
    """Values with their domain and weight, and the bin of each, by domain."""

    rows: Integers  # row of each entry in the file
    values: Floats
    weights: Floats
    domain: Integers | None  # none for a single domain
    domains: int
    # number of the bin, increasing with the value; those of one domain are consecutive
    bin: Integers
    bins: int  # number of bins of one domain
    # mass, lowest, filled: (domains * bins,); weight, smallest value and number of entries of each
    # bin
    mass: Floats
    lowest: Floats
    filled: Integers

    def near(self, shares: Floats) -> Masses:
        """Return weight by value, exact around the quantiles of some shares, by bin elsewhere."""
        # shapes: `shares` (domains, k)
        wanted = self._wanted(shares)
        entries = np.flatnonzero(wanted[self.bin])
        others = np.flatnonzero((self.filled > 0) & ~wanted)
        values = np.concatenate([self.values[entries], self.lowest[others]])
        weights = np.concatenate([self.weights[entries], self.mass[others]])
        home = np.concatenate([self.bin[entries], others]) // self.bins
        order = (
            np.lexsort((values, home)) if self.domains > 1 else np.argsort(values, kind="stable")
        )
        starts = np.searchsorted(home[order], np.arange(self.domains + 1))
        return Masses(starts.astype(np.int64), values[order], weights[order])

    def _wanted(self, shares: Floats) -> NDArray[np.bool_]:
        """Return the bins to look into: those where a share falls, and their filled neighbours."""
        filled = np.flatnonzero(self.filled > 0)
        running_totals = np.cumsum(self.mass[filled])
        edge = np.searchsorted(filled, np.arange(self.domains + 1) * self.bins)
        before = np.r_[0.0, running_totals][edge]
        within = (before[1:] - before[:-1])[:, None]
        target = before[:-1, None] + shares * within
        slack = 1e-9 * within
        wanted = np.zeros(self.filled.size, dtype=bool)
        there = ~np.isnan(target) & (within > 0)
        first, last = (
            np.broadcast_to(item[:, None], target.shape)[there]
            for item in (edge[:-1], edge[1:] - 1)
        )
        low = np.searchsorted(running_totals, (target - slack)[there]) - 1
        high = np.searchsorted(running_totals, (target + slack)[there]) + 1
        for step in range(int((high - low).max(initial=-1)) + 1):
            wanted[filled[np.clip(np.minimum(low + step, high), first, last)]] = True
        return wanted


_SIGN = np.uint64(1 << 63)


def binned(
    rows: Integers, values: Floats, weights: Floats, domain: Integers | None, domains: int
) -> Binned | None:
    """Bin values, each with its domain; None where sorting them is as good."""
    bins = min(_BINS, values.size // (4 * max(domains, 1)))
    if values.size < _FEW_ROWS or bins < 64:
        return None
    bits = leading(values)
    low, high = int(bits.min()), int(bits.max())
    shift = max((high - low).bit_length() - (bins.bit_length() - 1), 0)
    place = ((bits - np.uint64(low)) >> np.uint64(shift)).view(np.int64)
    bins = ((high - low) >> shift) + 1
    if domain is not None:
        place += domain * bins
    size = bins * domains
    mass = np.bincount(place, weights=weights, minlength=size).astype(float)
    filled = np.bincount(place, minlength=size)
    least = (np.arange(bins, dtype=np.uint64) << np.uint64(shift)) + np.uint64(low)
    # the floats of which these are the leading bits
    lowest = np.where(least & _SIGN, least ^ _SIGN, ~least).view(np.float64)
    floors: Floats = np.tile(lowest, domains)
    return Binned(rows, values, weights, domain, domains, place, bins, mass, floors, filled)


def sorted_masses(
    rows: Integers, values: Floats, weights: Floats, domain: Integers | None, domains: int
) -> Masses:
    """Return every value with its weight and its row, sorted within each domain.

    Ties are left side by side.
    """
    order = stable_order(values)
    if domain is None:
        starts = np.array([0, values.size], dtype=np.int64)
    else:
        # few domains fit in two bytes, which are sorted by counting
        narrow = domain.astype(np.uint16) if domains <= 1 << 16 else domain
        order = order[np.argsort(narrow[order], kind="stable")]
        starts = np.r_[0, np.cumsum(np.bincount(domain, minlength=domains))]
    return Masses(starts, values[order], weights[order], rows[order])
