"""Values in memory sorted within each domain: the weight by value, and running totals along an order.

Sorting a million rows to read three quantiles sorts far too much. Values are binned by their leading bits, which keep
their order; only the bins in which a share falls, and their neighbours, are sorted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from diplab.kernel.arrays import Floats, Integers
from diplab.kernel.quantiles import leading, mid_running_totals, running_totals, stable_order
from diplab.sampling.engines.protocol import Along, Masses, Scope
from diplab.sampling.expression import ONE, Expression

if TYPE_CHECKING:
    from diplab.sampling.engines.memory import MemoryEngine

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
    bin: Integers  # number of the bin, increasing with the value; those of one domain are consecutive
    bins: int  # number of bins of one domain
    mass: Floats  # mass, lowest, filled: (domains * bins,); weight, smallest value and number of entries of each bin
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
        order = np.lexsort((values, home)) if self.domains > 1 else np.argsort(values, kind="stable")
        starts = np.searchsorted(home[order], np.arange(self.domains + 1))
        return Masses(starts.astype(np.int64), values[order], weights[order])

    def _wanted(self, shares: Floats) -> NDArray[np.bool_]:
        """Return the bins to look into: where a share falls, and the filled bins before and after."""
        filled = np.flatnonzero(self.filled > 0)
        running_totals = np.cumsum(self.mass[filled])
        edge = np.searchsorted(filled, np.arange(self.domains + 1) * self.bins)
        before = np.r_[0.0, running_totals][edge]
        within = (before[1:] - before[:-1])[:, None]
        target = before[:-1, None] + shares * within
        slack = 1e-9 * within
        wanted = np.zeros(self.filled.size, dtype=bool)
        there = ~np.isnan(target) & (within > 0)
        first, last = (np.broadcast_to(each[:, None], target.shape)[there] for each in (edge[:-1], edge[1:] - 1))
        low = np.searchsorted(running_totals, (target - slack)[there]) - 1
        high = np.searchsorted(running_totals, (target + slack)[there]) + 1
        for step in range(int((high - low).max(initial=-1)) + 1):
            wanted[filled[np.clip(np.minimum(low + step, high), first, last)]] = True
        return wanted


_SIGN = np.uint64(1 << 63)


def _from_leading(numbers: NDArray[np.uint64]) -> Floats:
    bits = np.where(numbers & _SIGN, numbers ^ _SIGN, ~numbers)
    return bits.view(np.float64)


def binned(rows: Integers, values: Floats, weights: Floats, domain: Integers | None, domains: int) -> Binned | None:
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
    lowest = _from_leading((np.arange(bins, dtype=np.uint64) << np.uint64(shift)) + np.uint64(low))
    floors: Floats = np.tile(lowest, domains)
    return Binned(rows, values, weights, domain, domains, place, bins, mass, floors, filled)


def sorted_masses(rows: Integers, values: Floats, weights: Floats, domain: Integers | None, domains: int) -> Masses:
    """Return every value with its weight and its row, sorted within each domain; ties are left side by side."""
    order = stable_order(values)
    if domain is None:
        starts = np.array([0, values.size], dtype=np.int64)
    else:
        # few domains fit in two bytes, which are sorted by counting
        narrow = domain.astype(np.uint16) if domains <= 1 << 16 else domain
        order = order[np.argsort(narrow[order], kind="stable")]
        starts = np.r_[0, np.cumsum(np.bincount(domain, minlength=domains))]
    return Masses(starts, values[order], weights[order], rows[order])


def running(
    engine: MemoryEngine, scope: Scope, along: Along, complete: Sequence[Expression], weights: Floats, *, own: float
) -> Floats:
    """Return on every row the total of one expression where another is at or below the row's own; 0 outside."""
    # shapes: `weights` (rows,)
    order, what = along
    masses = engine.sorted_masses(scope, order, complete)
    assert masses.rows is not None  # an engine in memory has them
    added = masses.weights if weights is engine.weights else weights[masses.rows]
    if what != ONE:
        added = added * engine.columns.evaluate(what, engine.scoped(scope).domain)[masses.rows]
    result = np.zeros(engine.rows)
    if own == 0.5:
        result[masses.rows] = mid_running_totals(masses.starts, masses.values, added)
    else:
        result[masses.rows] = running_totals(masses.starts, masses.values, added, strict=own == 0)
    return result
