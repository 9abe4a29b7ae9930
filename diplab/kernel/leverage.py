"""Regression results that rest on a single sampling unit. See docs/formulas.md."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from diplab.kernel.arrays import Booleans, Floats, Integers
from diplab.kernel.effective_df import MOST_OF_A_GROUP

# columns of the model, weights, and place of some rows
Rows = Iterator[tuple[Floats, Floats, slice]]
_NOTHING = (
    1e-8  # of the information, what others leave along a direction identified by one unit only
)
_SINGULAR, _CLEAR = 1e-12, 1e-4
HALF = 0.5 + 1e-9
"""The largest share of a slope in one unit for which linearised errors hold."""


@dataclass(frozen=True, eq=False)
class Leverage:
    """The units that hold much of X'WX: those without which it might be singular are among them."""

    # (columns, columns): S with S'X'WXS = I, which takes lines of coefficients to one metric
    scale: Floats
    unit: Integers  # (units,): a row of each
    # of each unit c, shape (at most columns, columns): P with P'P = S'X_c'W_cX_c S
    parts: tuple[Floats, ...]
    of_row: Integers  # (rows,); the unit of each, -1 for none

    @cached_property
    def alone(self) -> tuple[Integers, Floats]:
        """The null vectors of X without each unit, (directions, columns), and a row of each."""
        units, directions = [np.zeros(0, dtype=np.int64)], [np.zeros((0, len(self.scale)))]
        for row, part in zip(self.unit, self.parts, strict=True):
            _, size, along = np.linalg.svd(part, full_matrices=False)
            own = along[size**2 > 1 - _NOTHING]
            units.append(np.full(len(own), row))
            directions.append(own)
        return np.concatenate(units), np.concatenate(directions)

    def moved(self, lines: Floats) -> Floats:
        """Return the movement along null vectors of `alone`, (lines, directions); 0 if rounding."""
        along = lines @ self.scale
        found = along @ self.alone[1].T
        length = np.linalg.norm(along, axis=1, keepdims=True)
        return np.where(np.abs(found) > _NOTHING * length, found, 0.0)

    def shares(self, lines: Floats) -> Floats:
        """Return which part of sum(w x~^2) each of the units has, shape (units, lines)."""
        # x~, of a coefficient the column less its regression on the others, is X (X'WX)^-1 l for
        # any line l
        along = lines @ self.scale
        length = np.maximum((along**2).sum(axis=1), 1e-300)
        found = [((part @ along.T) ** 2).sum(axis=0) / length for part in self.parts]
        return np.array(found).reshape(len(found), len(lines))


def leverage(rows: Callable[[], Rows], unit: Integers, products: Floats | None = None) -> Leverage:
    """Return the units that hold much of a regression; `products`: X'WX, where it is known."""
    # shapes: `unit` (rows,), -1 for rows that no draw left out. At most two units for each column:
    # the parts that all units have of a column sum to one
    if products is None:
        products = np.asarray(sum(((x * weight) @ x.T for x, weight, _ in rows()), np.zeros(())))
    scale, clear = _inverse_root(products)
    held, squares = np.zeros(int(unit.max(initial=-1)) + 2), np.zeros(())
    for x, weight, place in rows():
        own = scale.T @ x
        own *= np.sqrt(weight)
        held += np.bincount(
            unit[place] + 1, weights=np.einsum("cr,cr->r", own, own), minlength=held.size
        )
        if not clear:
            squares = squares + own @ own.T
    if not clear:
        # once more, for columns that are nearly in line
        scale = scale @ _inverse_root(squares)[0]
    heavy = np.flatnonzero(held[1:] > HALF - 1e-6)
    place_of = np.full(held.size, -1)
    place_of[heavy + 1] = np.arange(heavy.size)
    gathered: list[list[Floats]] = [[] for _ in heavy]
    for x, weight, place in rows() if heavy.size else ():
        at = place_of[unit[place] + 1]
        some = np.flatnonzero(at >= 0)
        own = ((scale.T @ x[:, some]) * np.sqrt(weight[some])).T
        order = np.argsort(at[some], kind="stable")
        codes, starts = np.unique(at[some][order], return_index=True)
        for code, lines in zip(codes, np.split(own[order], starts[1:]), strict=True):
            gathered[code].append(lines)
    some_row = np.zeros(held.size, dtype=np.int64)
    some_row[unit + 1] = np.arange(unit.size)
    return Leverage(scale, some_row[heavy + 1], tuple(map(_stacked, gathered)), unit)


def left_without(rows: Callable[[], Rows], held: Leverage, unit: int, gone: Booleans) -> Leverage:
    """Return the null vectors that appear without each unit. Shapes: `gone` (rows,)."""
    parts, of_unit = [], held.of_row == unit
    for x, weight, place in rows():
        some = np.flatnonzero((of_unit | gone)[place])
        parts.append(((held.scale.T @ x[:, some]) * np.sqrt(weight[some])).T)
    return replace(held, unit=np.flatnonzero(of_unit)[:1], parts=(_stacked(parts),))


def hold_a_side(rows: Callable[[], Rows], held: Leverage, lines: Floats) -> Booleans:
    """Return the units that hold most of one side of a column: of a group, its weight."""
    # shape (units, lines); of w x~ of one sign more than three quarters
    along = lines @ held.scale @ held.scale.T
    sums = np.zeros((2, held.unit.size + 1, len(lines)))
    for x, weight, place in rows():
        for side, own in enumerate(_sides(along, x, weight)):
            sums[side, -1] += own.sum(axis=1)
            for at, row in enumerate(held.unit):
                sums[side, at] += own[:, held.of_row[place] == held.of_row[row]].sum(axis=1)
    shares = sums[:, :-1] / np.maximum(sums[:, -1:], 1e-300)
    return np.asarray((shares > MOST_OF_A_GROUP).any(axis=0), dtype=bool)


def _sides(along: Floats, x: Floats, weight: Floats) -> tuple[Floats, Floats]:
    moved = (along @ x) * weight
    return np.maximum(moved, 0.0), np.maximum(-moved, 0.0)


def _stacked(parts: list[Floats]) -> Floats:
    every = np.concatenate(parts)
    if len(every) <= every.shape[1]:
        return every
    return np.asarray(np.linalg.qr(every, mode="r"), dtype=float)


def _inverse_root(products: Floats) -> tuple[Floats, bool]:
    """Return S with S' products S = I, zero directions left out; and whether none is near zero."""
    size = np.sqrt(np.maximum(np.diag(products), 0.0))
    size = np.where(size > 0, size, 1.0)
    value, direction = np.linalg.eigh(products / np.outer(size, size))
    there = value > _SINGULAR * value[-1]
    root = np.where(there, 1 / np.sqrt(np.where(there, value, 1.0)), 0.0)
    clear = bool((value > _CLEAR * value[-1]).all())
    return np.asarray(direction * root / size[:, None], dtype=float), clear


@dataclass(frozen=True, eq=False)
class Alone:
    """The movement of results along null vectors: those that move rest on one unit alone."""

    moved: Floats  # (results, directions)
    unit: Integers  # (directions,); a row of the unit

    @property
    def lost(self) -> Booleans:
        """The results that rest on one unit."""
        return np.asarray((self.moved != 0).any(axis=1))

    def combined(self, weights: Floats) -> Alone:
        """Return those of combinations, (combinations, results); 0 where the movements cancel."""
        found, size = weights @ self.moved, np.abs(weights) @ np.abs(self.moved)
        return replace(self, moved=np.where(np.abs(found) > _NOTHING * size, found, 0.0))

    def rows(self, places: Integers) -> Alone:
        """Return those of some of the results, in their order."""
        return replace(self, moved=self.moved[places])
