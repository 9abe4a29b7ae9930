"""Calibration: distances, calibration equations, attainable totals. See docs/formulas.md."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, TypeAlias

import numpy as np
from scipy.special import expit

from diplab.kernel.arrays import Booleans, Floats, Integers, compressed

DistanceName: TypeAlias = Literal["linear", "raking", "logit"]
_FURTHEST = 700.0  # beyond it an exponential leaves the numbers of the machine


@dataclass(frozen=True, eq=False)
class Distance:
    """One distance, with the bounds of the ratio of weights after and before."""

    name: DistanceName
    # low and high: bounds L and U, (1, 1) or one pair a row, (rows, 1); infinite where there is
    # none
    low: Floats
    high: Floats

    @classmethod
    def of(cls, name: DistanceName, low: float = -np.inf, high: float = np.inf) -> Distance:
        """Return a distance with the same bounds for every row."""
        return cls(name, np.full((1, 1), float(low)), np.full((1, 1), float(high)))

    @property
    def bounded(self) -> bool:
        """Whether any bound is finite."""
        return bool(np.isfinite(self.low).any() or np.isfinite(self.high).any())

    def rows(self, start: int, stop: int) -> Distance:
        """Return the distance of some of the rows."""
        if self.low.shape[0] == 1:
            return self
        return replace(self, low=self.low[start:stop], high=self.high[start:stop])

    def evaluate(self, pull: Floats) -> tuple[Floats, Floats, Floats]:
        """Return F, the ratio of new to old weights; its derivative; and its integral from 0."""
        # calibration finds the lowest point of the integral. Shapes: `pull` (rows, replicates)
        low, high = self.low, self.high
        factor: Floats
        if self.name == "linear":
            free = 1.0 + pull
            factor = np.clip(free, low, high)
            return (
                factor,
                (factor == free).astype(float),
                factor * factor / 2 - 0.5 + factor * (free - factor),
            )
        if self.name == "raking":
            with np.errstate(divide="ignore"):
                within: Floats = np.clip(
                    np.clip(pull, None, _FURTHEST), np.log(np.maximum(low, 0.0)), np.log(high)
                )
            factor = np.exp(within)
            return (
                factor,
                np.where(within == pull, factor, 0.0),
                factor - 1 + factor * (pull - within),
            )
        steep = (high - low) / ((1 - low) * (high - 1))
        odds = np.log((1 - low) / (high - 1))
        # share of the way from L to U
        way = expit(steep * pull + odds)
        factor = low + (high - low) * way
        slope = (high - low) * steep * way * (1 - way)
        from_odds = np.logaddexp(0.0, steep * pull + odds) - np.logaddexp(0.0, odds)
        return factor, slope, low * pull + (high - low) / steep * from_odds


_TOLERANCE = 1e-12
_ACCEPTED = 1e-9
_STEPS = 200
_BLOCK_CELLS = 4_000_000
_LEAST_DAMPING = 1e-11


@dataclass(frozen=True, eq=False)
class Controls:
    """The auxiliary variables: one per category of a categorical margin, one per numeric margin."""

    codes: tuple[Integers, ...]  # (rows,); category of each row; -1 for none
    sizes: tuple[int, ...]  # number of categories of each
    numbers: tuple[Floats, ...]  # (rows,)

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len((*self.codes, *self.numbers)[0])

    @property
    def width(self) -> int:
        """Number of auxiliary variables."""
        return sum(self.sizes) + len(self.numbers)

    def parts(self) -> Iterator[tuple[Integers, int, Floats | float]]:
        """Yield for each margin the rows' categories (`size` for none), its size, and counts."""
        for code, size in zip(self.codes, self.sizes, strict=True):
            yield np.where(code >= 0, code, size), size, 1.0
        for number in self.numbers:
            yield np.zeros(self.rows, dtype=np.int64), 1, number

    def block(self, start: int, stop: int) -> Floats:
        """Return the auxiliary variables of some of the rows, shape (stop - start, width)."""
        values = np.zeros((stop - start, self.width))
        before = 0
        for code, size in zip(self.codes, self.sizes, strict=True):
            own = code[start:stop]
            there = np.flatnonzero(own >= 0)
            values[there, before + own[there]] = 1.0
            before += size
        for position, number in enumerate(self.numbers, start=before):
            values[:, position] = number[start:stop]
        return values

    def blocks(self, replicates: int) -> Iterator[tuple[int, int, Floats]]:
        """Yield start, stop and auxiliary variables of blocks of rows that fit in little memory."""
        widest = self.width * max(replicates, (self.width + 1) // 2 if replicates > 1 else 1)
        step = int(np.clip(_BLOCK_CELLS // widest, 256, 65_536))
        for start in range(0, self.rows, step):
            stop = min(start + step, self.rows)
            yield start, stop, self.block(start, stop)

    def factors(self, multipliers: Floats, distance: Distance) -> Floats:
        """Return F(x' m), the ratio of weights after and before, shape (rows, replicates)."""
        result = np.empty((self.rows, multipliers.shape[1]))
        for start, stop, values in self.blocks(multipliers.shape[1]):
            result[start:stop] = distance.rows(start, stop).evaluate(values @ multipliers)[0]
        return result


@dataclass(frozen=True, eq=False)
class Calibration:
    """What came of a calibration."""

    multipliers: Floats  # (width, replicates); the m of each auxiliary variable
    totals: Floats  # (width, replicates); the totals that the calibrated weights give
    met: Booleans  # (replicates,); whether these are the ones wanted


@dataclass(frozen=True, eq=False)
class _Place:
    """A point of the climb: height, totals and curvature."""

    height: Floats
    totals: Floats
    curvature: Floats


def calibrated(
    controls: Controls,
    weights: Floats,
    targets: Floats,
    distance: Distance,
    ridge: Floats | None = None,
) -> Calibration:
    """Calibrate weights, or many sets of replicate weights at once, to known totals."""
    # shapes: `weights` (rows, replicates), `targets` (width,), `ridge` (width,)
    climb = _Climb(
        controls, weights, targets, distance, np.zeros(controls.width) if ridge is None else ridge
    )
    multipliers, place = climb.top()
    return Calibration(multipliers, place.totals, climb.gaps(multipliers, place) <= _ACCEPTED)


class _Climb:
    """The climb to the multipliers, each set of replicate weights with a damping of its own."""

    def __init__(
        self,
        controls: Controls,
        weights: Floats,
        targets: Floats,
        distance: Distance,
        ridge: Floats,
    ) -> None:
        self.controls, self.weights, self.distance = controls, weights, distance
        self.targets, self.ridge = targets[:, None], ridge[:, None]
        self.width, self.replicates = controls.width, weights.shape[1]
        squares, sizes = np.zeros((2, self.width, self.replicates))
        for start, stop, values in controls.blocks(self.replicates):
            squares += (values * values).T @ weights[start:stop]
            sizes += np.abs(values).T @ weights[start:stop]
        self.unit = np.sqrt(np.where(squares > 0, squares, 1.0))
        # a category is held to its own total, however many there were before
        sizes[: sum(controls.sizes)] = 0.0
        scale = np.maximum(np.abs(self.targets), sizes)
        self.scale = np.where(scale > 0, scale, 1.0)

    def top(self) -> tuple[Floats, _Place]:
        """Return the multipliers, and where they lead."""
        here = self._start()
        place = self._place(here)
        damping = np.full(self.replicates, _LEAST_DAMPING)
        for _ in range(_STEPS):
            gaps = self.gaps(here, place)
            if not ((gaps > _TOLERANCE) & (damping < 1e12)).any():
                break
            there = here + self._step(here, place, damping)
            seen = self._place(there)
            better = self._better(here, place, there, seen, gaps)
            here = np.where(better, there, here)
            curvature = np.where(better[:, None, None], seen.curvature, place.curvature)
            height, totals = (
                np.where(better, seen.height, place.height),
                np.where(better, seen.totals, place.totals),
            )
            place = _Place(height, totals, curvature)
            damping = np.where(better, np.maximum(damping / 100, _LEAST_DAMPING), damping * 10)
        return here, place

    def gaps(self, multipliers: Floats, place: _Place) -> Floats:
        """Return by replicate the largest miss of a target, as a share of it."""
        return np.asarray(np.abs(self._gradient(multipliers, place) / self.scale).max(axis=0))

    def _gradient(self, multipliers: Floats, place: _Place) -> Floats:
        return self.targets - place.totals - self.ridge * multipliers

    def _start(self) -> Floats:
        """Start at nothing; under raking, where the first categorical margin is met."""
        start = np.zeros((self.width, self.replicates))
        if self.distance.name == "raking" and self.controls.sizes:
            first = slice(0, self.controls.sizes[0])
            before = np.square(self.unit[first])
            wanted = np.broadcast_to(self.targets[first], before.shape)
            known = (wanted > 0) & (before > 0)
            start[first][known] = np.log(wanted[known] / before[known])
        return start

    def _place(self, multipliers: Floats) -> _Place:
        if self.distance.name == "linear" and not self.distance.bounded:
            return self._straight(multipliers)
        heights = (self.targets * multipliers - self.ridge * multipliers**2 / 2).sum(axis=0)
        totals = np.zeros((self.width, self.replicates))
        curvature = np.zeros((self.replicates, self.width, self.width))
        with np.errstate(over="ignore", invalid="ignore"):
            for start, stop, values in self.controls.blocks(self.replicates):
                own = self.weights[start:stop]
                factor, slope, integral = self.distance.rows(start, stop).evaluate(
                    values @ multipliers
                )
                totals += values.T @ (own * factor)
                heights = heights - (own * integral).sum(axis=0)
                curvature += _cross_products(values, own * slope)
        return _Place(heights, totals, curvature)

    def _straight(self, multipliers: Floats) -> _Place:
        """Return the place by totals and cross-products alone, as F is linear."""
        before, products = self._before
        pulled = np.einsum("rjk,kr->jr", products, multipliers)
        heights = (
            multipliers * (self.targets - before - pulled / 2 - self.ridge * multipliers / 2)
        ).sum(axis=0)
        return _Place(heights, before + pulled, products)

    @cached_property
    def _before(self) -> tuple[Floats, Floats]:
        totals = np.zeros((self.width, self.replicates))
        products = np.zeros((self.replicates, self.width, self.width))
        for start, stop, values in self.controls.blocks(self.replicates):
            totals += values.T @ self.weights[start:stop]
            products += _cross_products(values, self.weights[start:stop])
        return totals, products

    def _step(self, here: Floats, place: _Place, damping: Floats) -> Floats:
        """Newton's step in units in which each auxiliary variable has the same size."""
        unit = self.unit.T
        diagonal = np.arange(self.width)
        curvature = place.curvature.copy()
        curvature[:, diagonal, diagonal] += self.ridge.T
        curvature /= unit[:, :, None] * unit[:, None, :]
        most = curvature[:, diagonal, diagonal].max(axis=1)
        curvature[:, diagonal, diagonal] += (damping * np.where(most > 0, most, 1.0))[:, None]
        gradient = self._gradient(here, place).T / unit
        return (np.linalg.solve(curvature, gradient[:, :, None])[:, :, 0] / unit).T

    def _better(
        self, here: Floats, place: _Place, there: Floats, seen: _Place, gaps: Floats
    ) -> Booleans:
        """Whether the height rose enough or, near the top where it rounds, is nearer."""
        promised = ((there - here) * self._gradient(here, place)).sum(axis=0)
        usable = np.isfinite(seen.height) & np.isfinite(seen.totals).all(axis=0)
        higher = seen.height >= place.height + 1e-4 * promised
        with np.errstate(invalid="ignore"):
            nearer = self.gaps(there, seen) < gaps
        return usable & np.where(gaps < 1e-5, nearer, higher)


def _cross_products(values: Floats, weights: Floats) -> Floats:
    """Return weighted cross-products by replicate, shape (replicates, width, width)."""
    width, replicates = values.shape[1], weights.shape[1]
    if replicates == 1:
        return (values.T @ (values * weights))[None]
    # the products of a row are the same in every replicate: multiplied once, weighed many times
    left, right = np.triu_indices(width)
    result = np.empty((replicates, width, width))
    result[:, left, right] = ((values[:, left] * values[:, right]).T @ weights).T
    result[:, right, left] = result[:, left, right]
    return result


@dataclass(frozen=True, eq=False)
class Cells:
    """The distinct combinations of categories among the rows."""

    controls: Controls  # the auxiliary variables of the cells
    key: Integers | None  # (rows,); combination of each row; None where each row is its own cell
    kept: Integers  # (cells,); the combinations that are cells: those of rows to calibrate

    @classmethod
    def by_row(cls, controls: Controls) -> Cells:
        """Return cells of one row each, where rows of the same categories are not treated alike."""
        return cls(controls, None, np.arange(controls.rows))

    def masses(self, weights: Floats) -> Floats:
        """Return the total weight of each cell."""
        if self.key is None:
            return weights
        return np.bincount(self.key, weights=weights).astype(np.float64)[self.kept]

    def factors(self, multipliers: Floats, distance: Distance) -> Floats:
        """Return by row the ratio of weights after and before. Shapes: `multipliers` (width,)."""
        by_cell = self.controls.factors(multipliers[:, None], distance)[:, 0]
        if self.key is None:
            return by_cell
        # a combination that is not a cell is that of rows outside: their weight stays
        by_key = np.ones(int(self.key.max(initial=0)) + 1)
        by_key[self.kept] = by_cell
        return by_key[self.key]


def cells_of(controls: Controls) -> Cells:
    """Join the rows of the same categories; with numbers among the controls, each row is a cell."""
    if controls.numbers:
        return Cells.by_row(controls)
    key = first = np.zeros(controls.rows, dtype=np.int64)
    for code, size in zip(controls.codes, controls.sizes, strict=True):
        key, first = compressed(key * (size + 1) + code + 1)
    # rows outside have no category of any margin, and are one more combination
    kept = np.flatnonzero(controls.codes[0][first] >= 0)
    return Cells(
        Controls(tuple(code[first[kept]] for code in controls.codes), controls.sizes, ()), key, kept
    )


_SLACK = 1e-6


def attainable_totals(
    controls: Controls, weights: Floats, distance: Distance
) -> tuple[Floats, Floats]:
    """Return the lowest and highest attainable total of each auxiliary variable by itself."""
    # shapes: `weights` (rows, replicates)
    floor = -np.inf if distance.name == "linear" else 0.0
    low, high = np.zeros((2, controls.width, weights.shape[1]))
    for start, stop, values in controls.blocks(weights.shape[1]):
        own = distance.rows(start, stop)
        there = weights[start:stop] > 0
        with np.errstate(invalid="ignore"):  # nothing times infinity
            least = np.where(there, weights[start:stop] * np.maximum(own.low, floor), 0.0)
            most = np.where(there, weights[start:stop] * own.high, 0.0)
        above, below = np.maximum(values, 0.0), np.minimum(values, 0.0)
        low += _spread(above, least) + _spread(below, most)
        high += _spread(above, most) + _spread(below, least)
    return low, high


def _spread(values: Floats, bounds: Floats) -> Floats:
    """Return `values' @ bounds`, where zero times infinity is zero."""
    endless = ~np.isfinite(bounds)
    finite: Floats = values.T @ np.where(endless, 0.0, bounds)
    if not endless.any():
        return finite
    with np.errstate(invalid="ignore"):
        touched = np.abs(values).T @ endless > 0
    upwards = values.T @ np.where(endless, np.sign(bounds), 0.0) > 0
    return np.where(touched, np.where(upwards, np.inf, -np.inf), finite)


def nearest_totals(
    controls: Controls, weights: Floats, targets: Floats, distance: Distance
) -> Floats:
    """Return the nearest jointly attainable totals, distances relative to each target."""
    # shapes: `weights` (rows, replicates), `targets` (width,)
    cut = Distance("linear", np.maximum(distance.low, 0.0), distance.high)
    size = np.where(targets == 0, 1.0, np.abs(targets))
    return calibrated(controls, weights, targets, cut, _SLACK * size**2 / size.max()).totals
