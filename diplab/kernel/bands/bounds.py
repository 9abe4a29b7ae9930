"""Bounds from banded data, and amounts spread evenly with a Pareto tail. See docs/formulas.md."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from diplab.kernel.arrays import Booleans, Floats, Integers

_CLIMBS = 5000
_NEAR = 1e-10


@dataclass(frozen=True, eq=False)
class GiniBetween:
    """A bound of the Gini index."""

    gini: float
    influence: Floats  # (n,); its linearised variable on each person, times the sum of the weights


@dataclass(frozen=True, eq=False)
class _Bands:
    """Persons by band, each at its lower end with some probability and otherwise at its upper."""

    low: Floats
    high: Floats
    share: Floats

    @cached_property
    def ends(self) -> Floats:
        """All ends of bands, from 0."""
        return np.unique(np.r_[0.0, self.low, self.high])

    @cached_property
    def widths(self) -> Floats:
        """From each end to the next."""
        return np.diff(self.ends)

    @cached_property
    def from_low(self) -> Integers:
        """Place of each lower end."""
        return np.searchsorted(self.ends, self.low)

    @cached_property
    def from_high(self) -> Integers:
        """Place of each upper end."""
        return np.searchsorted(self.ends, self.high)

    def reached(self, upper: Floats) -> Floats:
        """Return F between each end and the next."""
        jump = np.bincount(self.from_low, self.share * (1 - upper), self.ends.size)
        jump += np.bincount(self.from_high, self.share * upper, self.ends.size)
        return np.cumsum(jump.astype(np.float64))[:-1]

    def mean(self, upper: Floats) -> float:
        """Return the mean."""
        return float(self.share @ (self.low + upper * (self.high - self.low)))

    def area(self, function: Floats) -> Floats:
        """Return the integral of a function, constant between ends, up to each end."""
        area = np.zeros(self.ends.size)
        np.cumsum(function * self.widths, out=area[1:])
        return area

    def gini(self, upper: Floats) -> float:
        """Return the Gini index."""
        under, mean = self.reached(upper), self.mean(upper)
        return float(self.area(under * (1 - under))[-1] / mean) if mean > 0 else 0.0

    def influence(self, upper: Floats) -> Floats:
        """Return the influence function (∫ (1[y <= x] - F)(1 - 2 F) dx - G (y - mean)) / mean."""
        under, mean = self.reached(upper), self.mean(upper)
        if not mean > 0:
            return np.zeros(self.low.size)
        gini = self.gini(upper)
        slope = self.area(1 - 2 * under)
        centre = self.area(under * (1 - 2 * under))[-1]

        def at(place: Integers, value: Floats) -> Floats:
            return np.asarray((slope[-1] - slope[place] - centre - gini * (value - mean)) / mean)

        return (1 - upper) * at(self.from_low, self.low) + upper * at(self.from_high, self.high)


def smallest_gini(low: Floats, high: Floats, weight: Floats) -> GiniBetween:
    """Return the smallest Gini index of banded incomes. Shapes: `low`, `high`, `weight` (n,)."""
    # G is level but over ends of bands to each of which somebody moves from the one before
    ends = np.unique(np.r_[low, high[np.isfinite(high)]])
    wide = low < high
    opened = np.bincount(np.searchsorted(ends, low[wide]), minlength=ends.size)
    closed = np.bincount(np.searchsorted(ends, high[wide & np.isfinite(high)]), minlength=ends.size)
    tried = ends[np.r_[True, np.cumsum(opened - closed)[:-1] > 0]]
    first, last = 0, tried.size - 1

    def at(place: int) -> _Bands:
        held = np.clip(tried[place], low, high)
        return _Bands(held, held, weight / weight.sum())

    still = np.zeros(low.size)
    while last - first > 2:  # G falls and then climbs with c
        one, other = first + (last - first) // 3, last - (last - first) // 3
        if at(one).gini(still) <= at(other).gini(still):
            last = other
        else:
            first = one
    best = min(range(first, last + 1), key=lambda place: at(place).gini(still))
    result = at(best)
    return GiniBetween(result.gini(still), result.influence(still))


def largest_gini(low: Floats, high: Floats, weight: Floats) -> GiniBetween:
    """Return the largest Gini index of banded incomes. Shapes: `low`, `high`, `weight` (n,)."""
    if np.isinf(high[weight > 0]).any():
        return GiniBetween(1.0, np.zeros(low.size))
    bands = _Bands(low, high, weight / weight.sum())
    lowest = bands.mean(np.zeros(low.size))
    if not lowest > 0:
        # one of them may have everything
        return GiniBetween(float(bands.mean(np.ones(low.size)) > 0), np.zeros(low.size))
    upper = _split_by_rank(bands)
    gap = 0.0
    for _ in range(_CLIMBS):
        under, gini = bands.reached(upper), bands.gini(upper)
        slope = _slope(bands, under, gini)
        aim = (slope > 0).astype(float)
        gap = float(slope @ (aim - upper))
        if gap <= _NEAR * lowest:
            break
        upper = _stepped(bands, upper, under, aim, gini)
    # G cannot pass where its slope would take it
    return GiniBetween(min(bands.gini(upper) + max(gap, 0.0) / lowest, 1.0), bands.influence(upper))


def _slope(bands: _Bands, under: Floats, gini: float) -> Floats:
    """Return the derivative of ∫ F (1 - F) - G mean by the share at each band's upper end."""
    area = bands.area(2 * under - 1)
    climbed = area[bands.from_high] - area[bands.from_low] - gini * (bands.high - bands.low)
    return bands.share * climbed


def _split_by_rank(bands: _Bands) -> Floats:
    """Return the best split with ranks above a cut at the upper end and the others at the lower."""
    # a person stands in the order of the middles of bands, a band being a stretch of ranks of its
    # own
    order = np.lexsort((bands.low + bands.high, bands.low))
    share = bands.share[order]
    before = np.r_[0.0, np.cumsum(share)[:-1]]

    def above(rank: float) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            inside = np.where(share > 0, (before + share - rank) / share, 0.0)
        upper = np.empty(share.size)
        upper[order] = np.clip(inside, 0.0, 1.0)
        return upper

    rank, upper = 1.0, above(1.0)
    for _ in range(200):
        # Dinkelbach's step: the rank at which a higher income begins to raise the index as it is
        following = (1 + bands.gini(upper)) / 2
        if abs(following - rank) < 1e-15:
            break
        rank, upper = following, above(following)
    return upper


def _stepped(bands: _Bands, upper: Floats, under: Floats, aim: Floats, gini: float) -> Floats:
    """Return the best point between two vectors of shares for ∫ F (1 - F) - G mean, a parabola."""
    way = aim - upper
    change = bands.reached(aim) - under
    curve = bands.area(change * change)[-1]
    climb = bands.area(change * (1 - 2 * under))[-1] - gini * (bands.mean(aim) - bands.mean(upper))
    step = 1.0 if curve <= 0 else min(climb / (2 * curve), 1.0)
    return np.asarray(upper + max(step, 0.0) * way)


def most_below(
    ends: tuple[Floats, Floats],
    weights: Floats,
    domain_weights: Floats,
    fraction: float,
    medians: tuple[Floats, Floats],
    *,
    strict: bool,
    half: Floats,
) -> tuple[Floats, Floats, Booleans]:
    """Return the median with the largest share below the line, and that share.

    The last value is whether the `half` below the median limits it.
    """
    # shapes: `ends` (bands,), `weights` (bands, 1), `domain_weights` (bands, domains), `medians`
    # (domains,). No more than `half` of all people, (domains,), are below their median
    low, high = ends
    tried = _candidates(low, high, fraction, medians)
    below_line = (low[:, None] < fraction * tried) if strict else (low[:, None] <= fraction * tried)
    under = high[:, None] <= tried
    everybody = weights.sum(axis=0)
    left = half * everybody - under.T.astype(float) @ weights
    # no amounts within the bands have a median that more than half are below
    possible = left >= -1e-12 * everybody
    room = np.maximum(left, 0.0)
    free = (below_line & under).T.astype(float) @ domain_weights
    doubtful = (below_line & ~under).T.astype(float) @ domain_weights
    most = free + np.minimum(doubtful, room)
    inside = (tried[:, None] >= medians[0]) & (tried[:, None] <= medians[1]) & possible
    best = np.argmax(np.where(inside, most, -1.0), axis=0)
    places = np.arange(domain_weights.shape[1])
    held = (doubtful > room)[best, places]
    with np.errstate(invalid="ignore"):
        share = most[best, places] / domain_weights.sum(axis=0)
    return tried[best], share, held


def _candidates(
    low: Floats, high: Floats, fraction: float, medians: tuple[Floats, Floats]
) -> Floats:
    """Return the medians at which a share can change.

    They lie at an end, just below it, or just after the line passes one.
    """
    finite = np.r_[low, high[np.isfinite(high)]]
    # a median without end is as far as matters where every line is above every end
    far = 2 * max(float(np.abs(finite).max(initial=0.0)), 1.0) / fraction
    lines = low / fraction
    steps = np.r_[high, medians[0], medians[1], far]
    every = np.r_[lines, np.nextafter(lines, np.inf), steps, np.nextafter(steps, -np.inf)]
    least, most = np.nanmin(medians[0]), min(float(np.nanmax(medians[1])), far)
    return np.unique(every[(every >= least) & (every <= most)])


_HALVINGS = 90
LEAST_INDEX = 10 / 9  # of Pareto's distribution, where a mean rests on it


def pareto_index(low: Floats, high: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Return the Pareto index by domain, and its derivative by one unweighted person per band."""
    # shapes: `low`, `high` (bands,), `weight` (domains, bands). NaN where there is no open band
    # with people in it, or several that begin at different incomes, or no closed band below it, or
    # nobody in that. (1[closed or open] / (N_k + N_o) - 1[open] / N_o) / log(B / A)
    nothing = np.full(len(weight), np.nan), np.full(weight.shape, np.nan)
    informative = ~((low <= 0) & np.isinf(high))
    is_open = np.isinf(high) & informative
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
            (last | is_open) / (inside + above)[:, None]
            - is_open / np.where(known, above, np.nan)[:, None]
        ) * scale
    return index, np.where(known[:, None], moved, np.nan)


def bounded_index(index: Floats, moved: Floats) -> tuple[Floats, Floats, Booleans]:
    """Return the index bounded below by 10 / 9, its derivative, and whether it is at the bound.

    At the bound the derivative is zero.
    """
    with np.errstate(invalid="ignore"):
        bounded = index < LEAST_INDEX
    return np.where(bounded, LEAST_INDEX, index), np.where(bounded[:, None], 0.0, moved), bounded


@dataclass(frozen=True, eq=False)
class SpreadBands:
    """People of several domains spread within their bands."""

    low: Floats  # (bands,)
    high: Floats  # (bands,)
    share: Floats  # (domains, bands); of the people of each domain
    # (domains,); of Pareto's distribution in the open band; NaN where it is not known
    index: Floats

    @property
    def is_open(self) -> Booleans:
        """Which bands have no upper end."""
        return np.isinf(self.high)

    def below(self, y: Floats) -> Floats:
        """Return each band's share below an income, (domains, bands); `y` by domain or band."""
        y = np.broadcast_to(y, self.share.shape)
        reached = y - self.low
        with np.errstate(divide="ignore", invalid="ignore"):
            closed = np.where(
                self.high > self.low, np.clip(reached / (self.high - self.low), 0, 1), reached > 0
            )
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
            above = np.where(
                ratio > 0, self.index[:, None] * ratio ** self.index[:, None] / column, 0.0
            )
        return self._summed(np.where(self.is_open, above, closed))

    def rate(self, y: Floats) -> Floats:
        """Return the share of each domain below an income, by domain (a column) or by band."""
        return self._summed(self.below(y))

    def quantile(self, share: float) -> Floats:
        """Return the quantile of each domain; NaN in an open band without a distribution."""
        finite = np.concatenate(
            [self.low[np.isfinite(self.low)], self.high[np.isfinite(self.high)]]
        )
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
        """Return band means, (domains, bands): midpoints, or means of the Pareto distribution."""
        with np.errstate(divide="ignore", invalid="ignore"):
            excess = self.index[:, None] - 1
            above = self.low * np.where(
                excess > 0, self.index[:, None] / excess, np.inf + excess * 0
            )
        return np.where(
            self.is_open, above, (self.low + np.where(self.is_open, 0.0, self.high)) / 2
        )

    def _summed(self, by_band: Floats) -> Floats:
        return np.asarray((np.where(self.share > 0, by_band, 0.0) * self.share).sum(axis=1))


_MOST_CELLS = 20_000_000


def spread_gini(bands: SpreadBands) -> tuple[Floats, Floats, Floats]:
    """Return the Gini coefficient by domain and how it moves."""
    # NaN where bands are open at different incomes or below zero, or the distribution above is
    # unknown; infinite where it has no mean. Then its derivatives in the share of each band, and in
    # the index
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
            column[1] > column[0],
            1 - np.clip((nodes - column[0]) / (column[1] - column[0]), 0, 1),
            nodes < column[0],
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
    square_by_band = (
        2 * (survival * width) @ above.T + 2 * open_ * (at_top * tail_of_square)[:, None]
    )
    mean_by_index = -at_top * bottom / (index - 1) ** 2
    square_by_index = -2 * at_top**2 * bottom / (2 * index - 1) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        gini = np.where(heavy, np.inf, 1 - square / mean)
        by_band = -square_by_band / mean[:, None] + (square / mean**2)[:, None] * mean_by_band
        by_index = -square_by_index / mean + square / mean**2 * mean_by_index
    return gini, by_band, by_index
