"""Quantiles of one variable under many sets of weights at once: sorted once, and looked into only where they fall."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from diplab.kernel.weighted_quantile import quantiles

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["replicated_quantiles"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_FEW_ENTRIES = 20_000
_STRETCHES = 1024
_STEPS = ("math", "hf1", "school", "hf2")
_SLACK = 1e-9


def replicated_quantiles(
    starts: Integers,
    values: Floats,
    rows: Integers,
    weights: Sequence[Floats],
    shares: Floats,
    rule: str = "math",
) -> Floats:
    """Return quantiles by set of weights and domain.

    Parameters
    ----------
    starts : array of int, shape (domains + 1,)
        The values of domain d stand from starts[d] up to starts[d + 1].
    values : array, shape (entries,)
        Sorted within each domain.
    rows : array of int, shape (entries,)
        Place of each value in the weights.
    weights : sequence of array, shape (rows,) each
        One array a set; values without positive weight are left out.
    shares : array, shape (sets, domains)
    rule : str
        One of `diplab.kernel.weighted_quantile.RULES`.

    Returns
    -------
    array, shape (sets, domains)
        NaN where a domain has nobody.

    Examples
    --------
    >>> y, place = np.array([10.0, 20.0, 30.0]), np.arange(3)
    >>> sets = [np.array([1.0, 1.0, 1.0]), np.array([0.0, 1.0, 3.0])]
    >>> replicated_quantiles(np.array([0, 3]), y, place, sets, np.full((2, 1), 0.5))
    array([[20.],
           [30.]])
    """
    found = np.empty(shares.shape)
    # other rules look at ends and numbers of values, which a summary of far stretches would change
    stretches = _Stretches(starts, values, rows) if rule in _STEPS and values.size > _FEW_ENTRIES else None
    for place in range(len(weights)):
        own = weights[place]
        held = (starts, values, own[rows]) if stretches is None else stretches.around(own, shares[place])
        found[place] = quantiles(*_of_positive_weight(*held), shares[place], rule)
    return found


def _of_positive_weight(starts: Integers, values: Floats, weights: Floats) -> tuple[Integers, Floats, Floats]:
    kept = weights > 0
    if kept.all():
        return starts, values, weights
    return np.r_[0, np.cumsum(kept)][starts], values[kept], weights[kept]


class _Stretches:
    """Sorted values cut, within each domain, into stretches with alike numbers of entries."""

    def __init__(self, starts: Integers, values: Floats, rows: Integers) -> None:
        self.values, self.rows = values, rows
        domains = starts.size - 1
        self.count = max(16, _STRETCHES // max(domains, 1))
        steps = np.arange(self.count + 1)
        self.edges = starts[:-1, None] + steps * np.diff(starts)[:, None] // self.count
        size = np.diff(self.edges, axis=1).ravel()
        # rows outside every domain go to a cell that is cut off
        self.cells = domains * self.count
        self.of_row = np.full(int(rows.max()) + 1 if rows.size else 0, self.cells)
        self.of_row[rows] = np.repeat(np.arange(self.cells), size)

    def around(self, weights: Floats, shares: Floats) -> tuple[Integers, Floats, Floats]:
        """Return starts, values and weights: entries where the shares fall, one sum for all before and all after."""
        held = np.maximum(weights[: self.of_row.size], 0.0)
        sums = np.bincount(self.of_row, weights=held, minlength=self.cells + 1)[: self.cells]
        upto = np.cumsum(sums.reshape(-1, self.count), axis=1)
        total = upto[:, -1:]
        target = np.nan_to_num(shares)[:, None] * total
        first = self._reached(upto >= target - _SLACK * total)
        last = self._reached(upto >= target + _SLACK * total)
        domain = np.arange(len(upto))
        # an exact hit also reads the value that follows
        last = self._reached(upto > upto[domain, last][:, None])
        low, high = self.edges[domain, first], self.edges[domain, last + 1]
        before = np.where(first > 0, upto[domain, first - 1], 0.0)
        after = np.maximum(total[:, 0] - upto[domain, last], 0.0)
        starts = np.r_[0, np.cumsum(high - low + 2)]
        entry = np.arange(starts[-1]) - np.repeat(starts[:-1] + 1 - low, np.diff(starts))
        entry = np.clip(entry, 0, self.values.size - 1)
        near = weights[self.rows[entry]]
        near[starts[:-1]], near[starts[1:] - 1] = before, after
        return starts, self.values[entry], near

    def _reached(self, there: NDArray[np.bool_]) -> Integers:
        """Return the first stretch where something holds by domain, or the last of all."""
        found: Integers = np.where(there.any(axis=1), there.argmax(axis=1), self.count - 1)
        return found
