"""Survival: product-limit curves and the partial likelihood of Cox. See docs/formulas.md."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from diplab.kernel.arrays import Booleans, Floats, Integers
from diplab.kernel.models.regression import Block, Conditioning, Likelihood


@dataclass(frozen=True, eq=False)
class Spells:
    """Spells of being at risk, by the numbers of the event times between which they are."""

    entered: Integers  # (rows,); event times of the groups before and of its own, up to its entry
    left: Integers  # (rows,); the same up to its end
    event: Booleans  # (rows,); whether it ended by an event
    group: Integers  # (rows,)
    times: Floats  # (event times,)
    start: Integers  # (groups + 1,); number of the first event time of each group

    @cached_property
    def _late(self) -> Integers:
        return np.flatnonzero((self.entered > self.start[self.group]) & (self.left > self.entered))

    @cached_property
    def _slot(self) -> Integers:
        """The end of each row by event time, those without the event first; last, never at risk."""
        size = self.times.size + 1
        return np.where(self.left > self.entered, self.left + size * self.event, 2 * size)

    @cached_property
    def ended(self) -> Integers:
        """The rows that ended by the event."""
        return np.flatnonzero(self.event)

    def sums(self, value: Floats) -> tuple[Floats, Floats]:
        """Return sums over those at risk and over events, by event time; `value` (rows,)."""
        size = self.times.size + 1
        without, events = np.bincount(self._slot, weights=value, minlength=2 * size + 1)[
            :-1
        ].reshape(2, size)
        net = without + events
        if self._late.size:
            net -= np.bincount(self.entered[self._late], weights=value[self._late], minlength=size)
        total = np.empty(size - 1)
        for first, end in zip(self.start[:-1], self.start[1:], strict=True):
            total[first:end] = np.cumsum(net[first + 1 : end + 1][::-1])[::-1]
        return total, events[1:].astype(float)

    def endured(self, amount: Floats) -> Floats:
        """Return each row's sum over its event times at risk; `amount` (event times,)."""
        running = np.r_[0.0, np.cumsum(amount)]
        return np.asarray(running[self.left] - running[self.entered])

    def reached(self, time: float | Floats) -> Integers:
        """Return by group the number of the first event time after some time."""
        limits = np.broadcast_to(time, (self.start.size - 1,))
        ends = zip(self.start[:-1], self.start[1:], limits, strict=True)
        return np.array(
            [first + np.searchsorted(self.times[first:end], at, "right") for first, end, at in ends]
        )


def spells(
    time: Floats, event: Booleans, entry: Floats | None, group: Integers, groups: int
) -> Spells:
    """Return spells by event time of their group; all arguments (rows,)."""
    moments = np.unique(time[event])
    width = moments.size + 1
    own = group * width
    place = own + np.searchsorted(moments, time, "right")
    ends = place[event]
    keys: Integers
    if groups * width <= 4 * time.size + 1_000_000:
        there = np.zeros(groups * width + 1, dtype=np.int64)
        there[ends] = 1
        keys, passed = np.flatnonzero(there), np.cumsum(there)
    else:
        keys, passed = np.unique(ends), None

    def number(places: Integers) -> Integers:
        return np.searchsorted(keys, places, "right") if passed is None else passed[places]

    start = np.searchsorted(keys, np.arange(groups + 1) * width)
    entered = (
        start[group] if entry is None else number(own + np.searchsorted(moments, entry, "right"))
    )
    return Spells(entered, number(place), event, group, moments[keys % width - 1], start)


@dataclass(frozen=True, eq=False)
class ProductLimit:
    """Product-limit curves (Kaplan and Meier 1958) at the event times of each group."""

    spells: Spells
    survival: Floats  # (event times,)
    remaining: Floats  # (event times,); weight at risk less that of the events
    growth: Floats  # (event times + 1,); running sum of hazard / remaining, over all groups

    @classmethod
    def of(cls, spells: Spells, weight: Floats) -> ProductLimit:
        """Estimate the curves under some weights. Shapes: `weight` (rows,)."""
        at_risk, events = spells.sums(weight)
        with np.errstate(divide="ignore", invalid="ignore"):
            hazard = np.where(events > 0, events / at_risk, 0.0)
            # rounding leaves somebody where all who were at risk had the event
            hazard = np.where(hazard > 1 - 1e-12, 1.0, hazard)
            remaining = at_risk * (1 - hazard)
            growth = np.r_[0.0, np.cumsum(np.where(remaining > 0, hazard / remaining, 0.0))]
        survival = 1 - hazard
        for first, end in zip(spells.start[:-1], spells.start[1:], strict=True):
            survival[first:end] = np.cumprod(survival[first:end])
        return cls(spells, survival, remaining, growth)

    def at(self, number: Integers) -> Floats:
        """Return the curve of each group before the event time of some number."""
        return np.where(number > self.spells.start[:-1], np.r_[1.0, self.survival][number], 1.0)

    def quantile(self, level: Floats) -> Floats:
        """Return the first time by group with survival at or below a level; infinite if none."""
        found = np.full(level.size, np.inf)
        for group, (first, end) in enumerate(
            zip(self.spells.start[:-1], self.spells.start[1:], strict=True)
        ):
            # a level that is reached exactly may be missed by a rounding
            there = np.flatnonzero(self.survival[first:end] <= level[group] * (1 + 1e-12))
            if there.size and not np.isnan(level[group]):
                found[group] = self.spells.times[first + there[0]]
        return found

    @cached_property
    def ending(self) -> tuple[Floats, Floats]:
        """The row's influence on log S after it leaves, and what its entry subtracts before."""
        # -sum over event times up to t of (dN_i - Y_i h) / (Y (1 - h)): after its end this no
        # longer changes
        spells = self.spells
        base = self.growth[spells.start[:-1]][spells.group]
        with np.errstate(divide="ignore"):
            inverse = np.where(self.remaining > 0, 1 / self.remaining, 0.0)
        moved = self.growth[spells.left] - base
        moved[spells.ended] -= inverse[spells.left[spells.ended] - 1]
        return moved, self.growth[spells.entered] - base


@dataclass(frozen=True, eq=False)
class _Hazards:
    """Sums by event time over its terms, of weight W and base S0.

    One term a tied event (Efron), or one in all (Breslow).
    """

    # of g, the share of the tied events that counts no more among those at risk, S0 takes g times
    # their relative hazards
    relative: Floats  # (rows,); hazards, the largest being 1: all multiples of them are alike
    single: tuple[Floats, Floats]  # sums of W / S0 times 1 and g
    square: tuple[Floats, Floats, Floats]  # sums of W / S0^2 times 1, g and g^2
    risk: Floats  # (columns, event times); weighted columns among those at risk
    events: Floats  # (columns, event times); and among the events

    def means(self, whole: Floats, gone: Floats) -> Floats:
        """Return sums of covariate means among those at risk, times terms over S0."""
        return whole * self.risk - gone * self.events


@dataclass(frozen=True, eq=False)
class PartialLikelihood(Likelihood):
    """Cox's partial likelihood of spells, each row having the relative hazard exp(x'theta)."""

    # tied events count with their average weight (Efron) or, together, with their sum (Breslow)
    spells: Spells
    efron: bool = True

    def constants(self, place: slice) -> Floats:
        """Return a constant for each stratum: what all share who are at risk together cancels."""
        strata = np.arange(self.spells.start.size - 1)[:, None]
        return np.asarray(self.spells.group[place] == strata, dtype=float)

    def lines(self, mix: Floats, columns: int) -> Floats:
        """Return combinations of coefficients, in which the constants of strata have no part."""
        return np.concatenate([np.zeros((len(mix), self.spells.start.size - 1)), mix], axis=1)[
            :, None
        ]

    def needed(self, y: Floats) -> Iterator[tuple[int | None, Booleans]]:
        """Yield who had the event."""
        yield None, y > 0

    def _hazards(self, block: Block, theta: Floats) -> _Hazards:
        spells, times, weight = self.spells, self.spells.times.size, block.weight
        eta = theta @ block.x
        relative = np.exp(eta - eta.max(initial=-np.inf))
        weighted = weight * relative
        own = spells.sums(weight)[1]
        if self.efron:
            # an event without weight, as under some replicates, ties with nothing
            count = spells.sums((weight > 0).astype(float))[1].astype(np.int64)
        else:
            count = (own > 0).astype(np.int64)
        at = np.repeat(np.arange(times), count)
        gone = (np.arange(at.size) - (np.cumsum(count) - count)[at]) / count[at]
        at_risk, tied = spells.sums(weighted)
        base = at_risk[at] - gone * tied[at]
        part = (own / np.maximum(count, 1))[at] / base

        def by_time(value: Floats) -> Floats:
            return np.bincount(at, weights=value, minlength=times).astype(float)

        square = part / base
        squares = by_time(square), by_time(square * gone), by_time(square * gone**2)
        risk, events = np.swapaxes([spells.sums(weighted * item) for item in block.x], 0, 1)
        return _Hazards(relative, (by_time(part), by_time(part * gone)), squares, risk, events)

    def score(self, block: Block, theta: Floats) -> tuple[Floats, Floats]:
        """Return the weighted score and the observed information."""
        x, ended, found = block.x, self.spells.ended, self._hazards(block, theta)
        score = x[:, ended] @ block.weight[ended] - found.means(*found.single).sum(axis=1)
        crossed = (found.risk * found.square[1]) @ found.events.T
        information = crossed + crossed.T - (found.risk * found.square[0]) @ found.risk.T
        information -= (found.events * found.square[2]) @ found.events.T
        for one in range(len(x)):
            moved = block.weight * found.relative * x[one]
            for other in range(one + 1):
                at_risk, events = self.spells.sums(moved * x[other])
                information[one, other] += found.single[0] @ at_risk - found.single[1] @ events
                information[other, one] = information[one, other]
        return score, information

    def by_row(self, block: Block, theta: Floats) -> Floats:
        """Return the unweighted influence of each row on the score, (columns, rows): dfbeta."""
        # x_i - mean at its own event, less over the event times at which it was at risk the hazard
        # times the distance of x_i to the mean there (Binder 1992; Lin 2000); one of tied events
        # counts less among those at risk (Efron)
        x, spells, ended, found = (
            block.x,
            self.spells,
            self.spells.ended,
            self._hazards(block, theta),
        )
        moved = np.stack(list(map(spells.endured, found.means(*found.square[:2]))))
        moved -= x * spells.endured(found.single[0])
        moved *= found.relative
        at, own = spells.left[ended] - 1, spells.sums(block.weight)[1]
        mean = (found.means(*found.single) / np.where(own > 0, own, 1.0))[:, at]
        late = x[:, ended] * found.single[1][at] - found.means(*found.square[1:])[:, at]
        moved[:, ended] += x[:, ended] - mean + found.relative[ended] * late
        return moved

    def expected_by_row(self, block: Block, theta: Floats) -> Iterator[Floats]:
        """Yield roots of each row's information: its cumulative hazard, about its average mean."""
        found = self._hazards(block, theta)
        hazard = self.spells.endured(found.single[0])
        met = np.stack(list(map(self.spells.endured, found.means(*found.square[:2]))))
        met /= np.where(hazard > 0, hazard, 1.0)
        yield np.sqrt(found.relative * np.maximum(hazard, 0.0)) * (block.x - met)

    def restored(self, conditioning: Conditioning) -> Floats:
        """Return the matrix from coefficients of conditioned columns to those of the originals."""
        return conditioning.slopes
