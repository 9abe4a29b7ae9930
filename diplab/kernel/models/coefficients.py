"""Degrees of freedom of coefficients under a working model. See docs/formulas.md."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any, Self, TypeAlias

import numpy as np
from scipy import sparse

from diplab.kernel.arrays import Floats, Integers
from diplab.kernel.effective_df import VarianceForm, inverse_root

# of the units that coefficients rest on most, how many are compared pair by pair
_MOST_UNITS = 1000
_NOTHING = 1e-15  # below this part of the largest squared load, a unit bears nothing
# of what units contribute to several coefficients, how many numbers are kept
_MOST_CELLS = 20_000_000
# beyond as many multiplications, a test of several coefficients takes a lower bound
_MOST_STEPS = 2e10
# from which on, and under which share of numbers that are not 0, zeros are left out
_MANY_COLUMNS, _FILLED = 16, 0.2


@dataclass(frozen=True, eq=False)
class WorkingModel:
    """A weighted regression X whose rows have independent errors of variance 1."""

    unit: Integers  # (rows,)
    weight: Floats  # (rows,)
    weighted: Any  # WX, shape (rows, columns), without its zeros where these are most
    units: int

    @classmethod
    def of(cls, unit: Integers, weight: Floats, weighted: Floats, units: int) -> Self:
        """Return the model; columns of many categories without their zeros."""
        if (
            weighted.shape[1] >= _MANY_COLUMNS
            and np.count_nonzero(weighted) < _FILLED * weighted.size
        ):
            return cls(unit, weight, sparse.csr_array(weighted), units)
        return cls(unit, weight, weighted, units)

    @cached_property
    def bread_and_meat(self) -> tuple[Floats, Floats]:
        """(X'WX)^-1 and X'WWX."""
        over = sparse.dia_array(
            ((1 / self.weight)[None], [0]), shape=(self.weight.size, self.weight.size)
        )
        information, meat = (
            _dense(self.weighted.T @ (over @ self.weighted)),
            _dense(self.weighted.T @ self.weighted),
        )
        size = np.sqrt(np.outer(np.diag(information), np.diag(information)))
        return np.linalg.inv(information / size) / size, meat

    @cached_property
    def _around(self) -> Floats:
        """(X'WX)^-1 X'WWX (X'WX)^-1."""
        bread, meat = self.bread_and_meat
        return np.asarray(bread @ meat @ bread, dtype=float)

    def loads(self, mix: Floats) -> Floats:
        """Return the loads of row errors on combinations of coefficients, (combinations, rows)."""
        return np.ascontiguousarray((self.weighted @ (mix @ self.bread_and_meat[0]).T).T)

    def reach(
        self, load: Floats, rows: Integers, place: Integers, units: int
    ) -> tuple[Any, Floats]:
        """Return R and RC, by unit: contributions have the covariance diag + RCR'."""
        # shapes: `load`, `rows`, `place` (rows of the units asked,)
        bread, weighted, order = self.bread_and_meat[0], self.weighted[rows], np.arange(rows.size)
        heavy, plain = (
            sparse.csr_array((item, (place, order)), shape=(units, rows.size)) @ weighted
            for item in (load, load / self.weight[rows])
        )
        count = len(bread)
        core_reach = np.empty((units, 2 * count))
        np.subtract(plain @ self._around, heavy @ bread, out=core_reach[:, :count])
        np.negative(plain @ bread, out=core_reach[:, count:])
        return _beside([plain, heavy]), core_reach


Loaded: TypeAlias = Sequence[tuple[WorkingModel, Floats]]
"""Working models with independent errors, and the loads of combinations, (combinations, rows)."""


@dataclass(frozen=True, eq=False)
class _Contributions:
    """Some units' contributions to a combination, G = diag(own) + R C R', for use with A."""

    own: Floats  # (units,)
    turned: Any  # R', R, A R and A R C: (units, directions), R' the other way round
    reach: Floats
    through: Floats
    back: Floats

    @classmethod
    def of(cls, form: VarianceForm, parts: Loaded, line: int, units: Integers) -> Self:
        """Return those of units, in their order."""
        own, reaches, core_reaches = np.zeros(units.size), [], []
        for model, loads in parts:
            place = np.full(model.units, -1)
            place[units] = np.arange(units.size)
            rows = np.flatnonzero(place[model.unit] >= 0)
            place, load = place[model.unit[rows]], loads[line, rows]
            own += np.bincount(place, load**2, units.size)
            reach, core_reach = model.reach(load, rows, place, units.size)
            reaches.append(reach)
            core_reaches.append(core_reach)
        reach = reaches[0] if len(reaches) == 1 else np.hstack(list(map(_dense, reaches)))
        full = _dense(reach)
        return cls(
            own, reach.T, full, form.times(units, full), form.times(units, np.hstack(core_reaches))
        )


def moments_of_combinations(form: VarianceForm, parts: Loaded) -> Iterator[tuple[float, float]]:
    """Yield tr(AG) and tr(AGAG) of each combination, without covariances of light units."""
    for line in range(len(parts[0][1])):
        load = _by_unit(parts, slice(line, line + 1))
        units = _heaviest(load, _MOST_UNITS)
        found = _Contributions.of(form, parts, line, units)
        few = found.turned.shape[0] > units.size
        inner = (found.turned.T @ found.back.T).T if few else found.turned @ found.back
        trace = form.diagonal @ load + np.trace(inner)
        square = form.squared(units, found.own) + 2 * found.own @ _by_row(found.back, found.through)
        load[units] = 0.0
        yield (
            float(trace),
            float(square + (inner * inner.T).sum() + ((form.diagonal * load) ** 2).sum()),
        )


def joint_variances(form: VarianceForm, parts: Loaded) -> float:
    """Return the total variance of the covariance matrix of combinations, brought to mean I."""
    # Var(D_st) = tr(A G_ss A G_tt) + tr(A G_ts A G_ts), with G_st the covariance of contributions
    # to s and to t
    squares = np.sum([loads @ loads.T for _, loads in parts], axis=0)
    scale = inverse_root(squares)
    parts = [(model, scale @ loads) for model, loads in parts]
    q, load = len(scale), _by_unit(parts, slice(None))
    directions = 2 * sum(model.weighted.shape[1] for model, _ in parts)
    units = _heaviest(load, min(_MOST_UNITS, max(_MOST_CELLS // (q * directions), 1)))
    every = [_Contributions.of(form, parts, line, units) for line in range(q)]
    reach, through, back = map(
        np.stack, zip(*((one.reach, one.through, one.back) for one in every), strict=True)
    )
    # the whole of the diagonal, and what the heaviest units have beyond it
    mean = np.tensordot(reach, back, ((1, 2), (1, 2)))
    mean += np.sum(
        [(loads * form.diagonal[model.unit]) @ loads.T for model, loads in parts], axis=0
    )
    scale = inverse_root(mean)
    parts = [(model, scale @ loads) for model, loads in parts]
    reach, through, back = (np.tensordot(scale, item, 1) for item in (reach, through, back))
    own = _by_unit(parts, slice(None))
    light = own.copy()
    light[units] = 0.0
    own = own[units]
    together = np.tensordot(back, reach, ((0, 2), (0, 2)))
    first = (
        form.squared(units, own)
        + 2 * own @ (back * through).sum(axis=(0, 2))
        + (together * together.T).sum()
    )
    if units.size * (q * directions) ** 2 > _MOST_STEPS:
        # as where all that a unit contributes goes in one direction
        second = first
    else:
        second = _crossed(form, parts, units, reach, through, back)
    return float(first + second + 2 * ((form.diagonal * light) ** 2).sum())


def _crossed(
    form: VarianceForm, parts: Loaded, units: Integers, reach: Floats, through: Floats, back: Floats
) -> float:
    """Return the sum of tr(A G_ts A G_ts) over two combinations."""
    found, place = 0.0, np.full(parts[0][0].units, -1)
    place[units] = np.arange(units.size)
    at = [place[model.unit] for model, _ in parts]
    for s, t in product(range(len(reach)), repeat=2):
        own = np.zeros(units.size)
        for where, (_, loads) in zip(at, parts, strict=True):
            there = where >= 0
            own += np.bincount(where[there], (loads[s] * loads[t])[there], units.size)
        inner = reach[t].T @ back[s]
        crossed = float(own @ _by_row(back[s], through[t]))
        found += form.squared(units, own) + 2 * crossed + float((inner * inner.T).sum())
    return found


def _by_unit(parts: Loaded, lines: slice) -> Floats:
    """Return the squared loads of combinations, summed by unit."""
    found = np.zeros(parts[0][0].units)
    for model, loads in parts:
        found += np.bincount(model.unit, (loads[lines] ** 2).sum(axis=0), model.units)
    return found


def _heaviest(load: Floats, most: int) -> Integers:
    """Return the units that bear something, and no more of them than that."""
    units = np.flatnonzero(load > _NOTHING * load.max(initial=0.0))
    return units if units.size <= most else np.sort(np.argpartition(load, -most)[-most:])


def _by_row(left: Floats, right: Floats) -> Floats:
    return np.asarray(np.einsum("gi,gi->g", left, right), dtype=float)


def _dense(matrix: Any) -> Floats:
    return np.asarray(matrix.toarray() if sparse.issparse(matrix) else matrix, dtype=float)


def _beside(parts: list[Any]) -> Any:
    return sparse.hstack(parts, format="csr") if sparse.issparse(parts[0]) else np.hstack(parts)
