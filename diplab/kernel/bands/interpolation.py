"""Amounts spread evenly within closed bands, by a Pareto distribution in the open one. See docs/formulas.md."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from diplab.kernel.arrays import Booleans, Floats

_HALVINGS = 90
LEAST_INDEX = 10 / 9  # of Pareto's distribution, where a mean rests on it


def pareto_index(low: Floats, high: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Return the index of Pareto's distribution by domain and its derivative by one person of each band, unweighted."""
    # shapes: `low`, `high` (bands,), `weight` (domains, bands). NaN where there is no open band with people in it, or
    # several that begin at different incomes, or no closed band below it, or nobody in that. (1[closed or open] / (N_k
    # + N_o) - 1[open] / N_o) / log(B / A)
    nothing = np.full(len(weight), np.nan), np.full(weight.shape, np.nan)
    told = ~((low <= 0) & np.isinf(high))
    is_open = np.isinf(high) & told
    starts = np.unique(low[is_open])
    if starts.size != 1:
        return nothing
    below = (high == starts[0]) & (low > 0) & (low < high)
    if not below.any():
        return nothing
    bottom = low[below].max()
    last = below & (low == bottom)
    inside, above = weight[:, last].sum(axis=1), weight[:, is_open].sum(axis=1)
    known = (inside > 0) & (above > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = 1 / np.log(starts[0] / bottom)
        index = np.where(known, np.log((inside + above) / above) * scale, np.nan)
        moved = (
            (last | is_open) / (inside + above)[:, None] - is_open / np.where(known, above, np.nan)[:, None]
        ) * scale
    return index, np.where(known[:, None], moved, np.nan)


def bounded_index(index: Floats, moved: Floats) -> tuple[Floats, Floats, Booleans]:
    """Return an index of at least 10 / 9, how far one person moves it (not at all at the bound), and whether it is."""
    with np.errstate(invalid="ignore"):
        bounded = index < LEAST_INDEX
    return np.where(bounded, LEAST_INDEX, index), np.where(bounded[:, None], 0.0, moved), bounded


@dataclass(frozen=True, eq=False)
class SpreadBands:
    """People of several domains spread within their bands."""

    low: Floats  # (bands,)
    high: Floats  # (bands,)
    share: Floats  # (domains, bands); of the people of each domain
    index: Floats  # (domains,); of Pareto's distribution in the open band; NaN where it is not known

    @property
    def is_open(self) -> Booleans:
        """Which bands have no upper end."""
        return np.isinf(self.high)

    def below(self, y: Floats) -> Floats:
        """Return the share of each band below an income, (domains, bands); `y` is by domain (a column) or by band."""
        y = np.broadcast_to(y, self.share.shape)
        reached = y - self.low
        with np.errstate(divide="ignore", invalid="ignore"):
            closed = np.where(self.high > self.low, np.clip(reached / (self.high - self.low), 0, 1), reached > 0)
            above = np.where(reached > 0, 1 - (self.low / y) ** self.index[:, None], 0.0)
        return np.where(self.is_open, above, np.where(np.isfinite(self.low), closed, np.nan))

    def below_by_index(self, y: Floats) -> Floats:
        """Return its derivative in the index, (domains, bands)."""
        y = np.broadcast_to(y, self.share.shape)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(self.is_open & (y > self.low), self.low / y, 1.0)
            return np.where(ratio < 1, -(ratio ** self.index[:, None]) * np.log(ratio), 0.0)

    def density(self, y: Floats) -> Floats:
        """Return the density of each domain at an income of its own, shape (domains,)."""
        column = y[:, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            inside = (self.low <= column) & (column < self.high)
            closed = np.where(inside, 1 / (self.high - self.low), 0.0)
            ratio = np.where(self.is_open & (column >= self.low), self.low / column, 0.0)
            above = np.where(ratio > 0, self.index[:, None] * ratio ** self.index[:, None] / column, 0.0)
        return self._summed(np.where(self.is_open, above, closed))

    def rate(self, y: Floats) -> Floats:
        """Return the share of each domain below an income, by domain (a column) or by band."""
        return self._summed(self.below(y))

    def quantile(self, share: float) -> Floats:
        """Return the income that a share of each domain stays below; NaN in an open band without a distribution."""
        finite = np.concatenate([self.low[np.isfinite(self.low)], self.high[np.isfinite(self.high)]])
        bottom = np.full(len(self.share), finite.min(initial=0.0))
        top = np.full(len(self.share), finite.max(initial=1.0))
        for _ in range(60):
            short = self.rate(top[:, None]) < share
            if not short.any():
                break
            top = np.where(short, 2 * top + 1, top)
        for _ in range(_HALVINGS):
            middle = (bottom + top) / 2
            under = self.rate(middle[:, None]) < share
            bottom, top = np.where(under, middle, bottom), np.where(under, top, middle)
        return np.where(np.abs(self.rate(top[:, None]) - share) < 1e-6, top, np.nan)

    def means(self) -> Floats:
        """Return the mean of each band, (domains, bands): its middle, or that of Pareto's distribution."""
        with np.errstate(divide="ignore", invalid="ignore"):
            excess = self.index[:, None] - 1
            above = self.low * np.where(excess > 0, self.index[:, None] / excess, np.inf + excess * 0)
        return np.where(self.is_open, above, (self.low + np.where(self.is_open, 0.0, self.high)) / 2)

    def _summed(self, by_band: Floats) -> Floats:
        return np.asarray((np.where(self.share > 0, by_band, 0.0) * self.share).sum(axis=1))


_MOST_CELLS = 20_000_000


def spread_gini(bands: SpreadBands) -> tuple[Floats, Floats, Floats]:
    """Return the Gini coefficient by domain and how it moves."""
    # NaN where bands are open at different incomes or below zero, or the distribution above is unknown; infinite where
    # it has no mean. Then its derivatives in the share of each band, and in the index
    low, high, share = bands.low, bands.high, bands.share
    open_ = bands.is_open & (share > 0).any(axis=0)
    ends = np.unique(np.concatenate([[0.0], low, high[np.isfinite(high)]]))
    # the two points of Gauss and Legendre between ends, with their weights
    middle, half = (ends[:-1] + ends[1:]) / 2, np.diff(ends) / 2
    away = half / np.sqrt(3.0)
    nodes, width = np.concatenate([middle - away, middle + away]), np.concatenate([half, half])
    start = low[open_]
    apart = open_.any() and (np.ptp(start) > 0 or start[0] < ends[-1])
    if (low < 0).any() or apart or nodes.size * low.size > _MOST_CELLS:
        undefined = np.full(len(share), np.nan)
        return undefined, np.full(share.shape, np.nan), undefined
    column = low[:, None], high[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        above = np.where(
            column[1] > column[0], 1 - np.clip((nodes - column[0]) / (column[1] - column[0]), 0, 1), nodes < column[0]
        )
    above = np.where(np.isinf(column[1]), 1.0, above)
    survival = share @ above
    bottom, at_top = (start[0] if open_.any() else 0.0), share[:, open_].sum(axis=1)
    index = np.where(at_top > 0, bands.index, 2.0)
    heavy = index <= 1
    index = np.where(heavy, 2.0, index)
    tail, tail_of_square = bottom / (index - 1), bottom / (2 * index - 1)
    mean = survival @ width + at_top * tail
    square = survival**2 @ width + at_top**2 * tail_of_square
    mean_by_band = (above @ width)[None, :] + open_ * tail[:, None]
    square_by_band = 2 * (survival * width) @ above.T + 2 * open_ * (at_top * tail_of_square)[:, None]
    mean_by_index = -at_top * bottom / (index - 1) ** 2
    square_by_index = -2 * at_top**2 * bottom / (2 * index - 1) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        gini = np.where(heavy, np.inf, 1 - square / mean)
        by_band = -square_by_band / mean[:, None] + (square / mean**2)[:, None] * mean_by_band
        by_index = -square_by_index / mean + square / mean**2 * mean_by_index
    return gini, by_band, by_index
