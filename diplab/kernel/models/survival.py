"""Survival: product-limit curves and the partial likelihood of Cox, weighted, with ties, strata and late entry.

Distinct times of events are numbered group after group (the groups of curves, the strata of a model). A spell is at
risk at those after the number it entered at and up to the number it left at, so that sums over those at risk are
running sums from the end, less those of who had not entered yet.

References
----------
Kaplan and Meier (1958); Cox (1972); Efron (1977) and Breslow (1974) for ties; Binder (1992, Biometrika 79, 139-147) and
Lin (2000, Biometrika 87, 37-47) for what a row moves in a weighted partial likelihood.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from diplab.kernel.arrays import Booleans, Floats, Integers
    from diplab.kernel.models.regression import Block, Conditioning


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
    def _ever(self) -> Integers | None:
        ever = self.left > self.entered
        return None if ever.all() else np.flatnonzero(ever)

    @cached_property
    def _ended_at(self) -> Integers:
        return self.left[self.event] - 1

    def at_risk(self, value: Floats) -> Floats:
        """Return the sum over those at risk at each event time. Shapes: `value` (rows,)."""
        own = slice(None) if self._ever is None else self._ever
        net = np.bincount(self.left[own], weights=value[own], minlength=self.times.size + 1)
        if self._late.size:
            net -= np.bincount(self.entered[self._late], weights=value[self._late], minlength=net.size)
        total = np.empty(self.times.size)
        for first, end in zip(self.start[:-1], self.start[1:], strict=True):
            total[first:end] = np.cumsum(net[first + 1 : end + 1][::-1])[::-1]
        return total

    def at_events(self, value: Floats) -> Floats:
        """Return the sum over the events at each time. Shapes: `value` (rows,)."""
        return np.bincount(self._ended_at, weights=value[self.event], minlength=self.times.size).astype(float)

    def endured(self, amount: Floats) -> Floats:
        """Return the sum over the event times at which each row was at risk. Shapes: `amount` (event times,)."""
        running = np.r_[0.0, np.cumsum(amount)]
        return np.asarray(running[self.left] - running[self.entered])

    def reached(self, time: float | Floats) -> Integers:
        """Return by group the number of the first event time after some time."""
        limits = np.broadcast_to(time, (self.start.size - 1,))
        ends = zip(self.start[:-1], self.start[1:], limits, strict=True)
        return np.array([first + np.searchsorted(self.times[first:end], at, "right") for first, end, at in ends])


def spells(time: Floats, event: Booleans, entry: Floats | None, group: Integers, groups: int) -> Spells:
    """Return spells numbered by the event times of their group.

    Shapes: `time`, `event`, `entry`, `group` (rows,).
    """
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
        number = passed.__getitem__
    else:
        keys = np.unique(ends)

        def number(places: Integers) -> Integers:
            return np.searchsorted(keys, places, "right")

    start = np.searchsorted(keys, np.arange(groups + 1) * width)
    entered = start[group] if entry is None else number(own + np.searchsorted(moments, entry, "right"))
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
        at_risk, events = spells.at_risk(weight), spells.at_events(weight)
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
        """Return by group the first time at which no more than a level survive; infinite where none is."""
        found = np.full(level.size, np.inf)
        for group, (first, end) in enumerate(zip(self.spells.start[:-1], self.spells.start[1:], strict=True)):
            # a level that is reached exactly may be missed by a rounding
            there = np.flatnonzero(self.survival[first:end] <= level[group] * (1 + 1e-12))
            if there.size and not np.isnan(level[group]):
                found[group] = self.spells.times[first + there[0]]
        return found

    @cached_property
    def ending(self) -> tuple[Floats, Floats]:
        """What each row moves in log S once it has left, and what its entry takes from that before it.

        -sum over event times up to t of (dN_i - Y_i h) / (Y (1 - h)): after the end of the spell this no longer changes.
        """
        spells = self.spells
        base = self.growth[spells.start[:-1]][spells.group]
        with np.errstate(divide="ignore"):
            inverse = np.where(self.remaining > 0, 1 / self.remaining, 0.0)
        moved = self.growth[spells.left] - base
        moved[spells.event] -= inverse[spells._ended_at]
        return moved, self.growth[spells.entered] - base


@dataclass(frozen=True, eq=False)
class _Terms:
    """The terms of a partial likelihood: one for each tied event (Efron), or for each event time (Breslow)."""

    at: Integers  # (terms,); its event time
    weight: Floats  # (terms,)
    gone: Floats  # (terms,); share of the tied events that counts no more among those at risk
    base: Floats  # (terms,); relative hazards at risk
    mean: Floats  # (columns, terms); of the columns among those at risk


@dataclass(frozen=True, eq=False)
class PartialLikelihood:
    """Cox's partial likelihood of spells, each row having the relative hazard exp(x'theta).

    Tied events count with their average weight (Efron) or, together, with their sum (Breslow).
    """

    spells: Spells
    efron: bool = True

    def _tied(self, weight: Floats) -> tuple[Integers, Floats, Floats]:
        events = self.spells.at_events(weight)
        if not self.efron:
            at = np.flatnonzero(events)
            return at, events[at], np.zeros(at.size)
        # an event without weight, as under some replicates, ties with nothing
        count = self.spells.at_events((weight > 0).astype(float)).astype(np.int64)
        at = np.repeat(np.arange(events.size), count)
        before = np.arange(at.size) - (np.cumsum(count) - count)[at]
        return at, events[at] / count[at], before / count[at]

    def _total(self, value: Floats, at: Integers, gone: Floats) -> Floats:
        sums = self.spells.at_risk(value)[at]
        return sums - gone * self.spells.at_events(value)[at] if gone.any() else sums

    def _terms(self, x: Floats, weight: Floats, risk: Floats) -> _Terms:
        at, own, gone = self._tied(weight)
        weighted = weight * risk
        base = self._total(weighted, at, gone)
        mean = np.stack([self._total(weighted * each, at, gone) for each in x]) / base
        return _Terms(at, own, gone, base, mean)

    def score(self, block: Block, theta: Floats) -> tuple[Floats, Floats]:
        """Return the weighted score and the observed information."""
        x, weight, event = block.x, block.weight, self.spells.event
        risk = _relative(x, theta)
        terms = self._terms(x, weight, risk)
        score = x[:, event] @ weight[event] - terms.mean @ terms.weight
        information = -(terms.mean * terms.weight) @ terms.mean.T
        for one in range(len(x)):
            moved = weight * risk * x[one]
            for other in range(one + 1):
                square = self._total(moved * x[other], terms.at, terms.gone)
                information[one, other] += terms.weight @ (square / terms.base)
                information[other, one] = information[one, other]
        return score, information

    def expected(self, block: Block, theta: Floats) -> None:
        """Return nothing: the covariance takes the observed information."""

    def by_row(self, block: Block, theta: Floats) -> Floats:
        """Return what each row moves in the score, its weight apart, shape (columns, rows): dfbeta but for the scale.

        x_i - mean at its own event, less over the event times at which it was at risk the hazard times the distance
        of x_i to the mean there (Binder 1992; Lin 2000); one of tied events counts less among those at risk (Efron).
        """
        x, spells, event = block.x, self.spells, self.spells.event
        risk = _relative(x, theta)
        terms = self._terms(x, block.weight, risk)
        hazard, ended = terms.weight / terms.base, spells._ended_at
        found = -risk * (x * spells.endured(self._by_time(terms, hazard)) - self._endured_means(terms, hazard))
        events = self._by_time(terms, terms.weight)
        events = np.where(events > 0, events, 1.0)
        corrected = self._by_time(terms, hazard * terms.gone)[ended]
        for column, mean in enumerate(terms.mean):
            own = self._by_time(terms, terms.weight * mean) / events
            late = self._by_time(terms, hazard * terms.gone * mean)[ended]
            found[column, event] += x[column, event] - own[ended] + risk[event] * (x[column, event] * corrected - late)
        return found

    def _by_time(self, terms: _Terms, value: Floats) -> Floats:
        return np.bincount(terms.at, weights=value, minlength=self.spells.times.size).astype(float)

    def _endured_means(self, terms: _Terms, hazard: Floats) -> Floats:
        return np.stack([self.spells.endured(self._by_time(terms, hazard * mean)) for mean in terms.mean])

    def expected_by_row(self, block: Block, theta: Floats) -> Iterator[Floats]:
        """Yield roots of the information of each row: its hazard so far, around the mean that it met on average."""
        risk = _relative(block.x, theta)
        terms = self._terms(block.x, block.weight, risk)
        hazard = terms.weight / terms.base
        endured = self.spells.endured(self._by_time(terms, hazard))
        there = np.where(endured > 0, endured, 1.0)
        yield np.sqrt(risk * np.maximum(endured, 0.0)) * (block.x - self._endured_means(terms, hazard) / there)

    def restored(self, conditioning: Conditioning) -> Floats:
        """Return what takes the coefficients of conditioned columns to those of the columns as they were."""
        return conditioning.slopes


def _relative(x: Floats, theta: Floats) -> Floats:
    """Return relative hazards, the largest being 1: all multiples of them are alike."""
    eta = theta @ x
    return np.asarray(np.exp(eta - eta.max(initial=-np.inf)))
