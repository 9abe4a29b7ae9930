"""Sums of amounts of few values: equations about how many respondents have each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from scipy.optimize import linprog

from diplab.disclosure.amounts import SECONDARY
from diplab.disclosure.models import Fit
from diplab.disclosure.people import People
from diplab.disclosure.profile import Profile
from diplab.disclosure.respondents import Line, Who
from diplab.kernel.arrays import Booleans, Floats, Integers
from diplab.sampling.expression import Expression

_FEW_VALUES = 12  # different values of an amount up to which sums of it tell how many have each
_KINDS = 36  # the same of two amounts together
_MOST_CELLS = 3_000  # groups by value beyond which sums of several sets are not looked at together
_TINY = 1e-300
_NEAR = 1e-7  # what rounding leaves of a set that sums determine

Told: TypeAlias = tuple[Who, Floats]
"""Of whom a sum is told, and what each kind of respondents has of it."""


@dataclass(frozen=True, eq=False)
class _Kinds:
    """Respondents in groups by their values of some amounts."""

    group: Integers  # of each cell, its group of respondents
    kind: Integers  # its values
    n: Floats
    size: Floats  # number of respondents, or the sum of their weights
    values: Floats  # (kinds, amounts)
    people: People

    @classmethod
    def of(cls, people: People, amounts: Sequence[Expression], *, equal: bool) -> _Kinds | None:
        """Return the cells of those who told some amounts; None where there are too many kinds."""
        assert people.atom is not None  # who asks has the sample
        told = np.column_stack(list(map(people.values, amounts)))
        rows = np.flatnonzero((people.atom >= 0) & np.isfinite(told).all(axis=1))
        if any(np.unique(item).size > _FEW_VALUES for item in told[rows].T):
            return None
        values, kind = np.unique(told[rows], axis=0, return_inverse=True)
        if not 2 < len(values) <= _KINDS:
            return None
        cell, home = np.unique(people.atom[rows] * len(values) + kind.ravel(), return_inverse=True)
        # readers know which values there may be: of codes and small numbers, or printed ones
        codes = bool((values % 1 == 0).all()) and np.ptp(values, axis=0).max() <= _FEW_VALUES
        if not codes and np.unique(cell // len(values)).size < cell.size:
            return None
        n = np.bincount(home.ravel()).astype(float)
        weight = np.bincount(home.ravel(), weights=people.weights[rows]).astype(float)
        size = n if equal else weight
        return cls(cell // len(values), cell % len(values), n, size, values, people)

    def within(self, who: Who, kind: int | None = None) -> Booleans:
        """Return the cells of a set, or of one kind in it."""
        there: Booleans = self.people.sets[who][self.group]
        return there if kind is None else np.asarray(there & (self.kind == kind))

    def sums(self, line: Line) -> list[Told]:
        """Return the sums that a line tells of these amounts, without what its error tells."""
        if line.base is None or line.model or line.tail:
            return []
        own = self.values.T
        if line.is_ratio:
            return [(line.base, own[0] - line.printed * own[-1])]
        if len(own) == 2:
            return [(line.base, item) for item in (own[0] * own[1], *own, *own**2)]
        squares = self.squares(line) if line.is_of_squares else []
        return [(line.base, own[0]), *squares] if line.is_sum or line.is_of_squares else []

    def squares(self, line: Line) -> list[Told]:
        """Return the squares around its mean, which the error of a line tells."""
        if line.base is None or line.model or len(self.values.T) > 1:
            return []
        there = self.within(line.base)
        value = self.values[:, 0]
        mean = np.average(value[self.kind[there]], weights=self.size[there]) if there.any() else 0.0
        return [(line.base, (value - mean) ** 2)]

    def sums_of_fit(self, fit: Fit) -> list[Told]:
        """Return the sums that a regression reveals: in all, and by column of two values."""
        names = [f"{fit.name} column {at}" for at in range(len(fit.columns))]
        cuts = [fit.base, *(replace(fit.base, holds=name) for name in names)]
        return [((cut, ()), self.values[:, 0]) for cut in cuts if (cut, ()) in self.people.sets]

    def counts_in(self, who: Who, size: Floats | None = None) -> Floats:
        """Return how many of a set are of each kind, or their sizes."""
        there, own = self.within(who), self.n if size is None else size
        count = np.bincount(self.kind[there], weights=own[there], minlength=len(self.values))
        return count.astype(float)


@dataclass(frozen=True, eq=False)
class _Reader:
    """What readers know of kinds of respondents: sets of them, and that others are hidden."""

    kinds: _Kinds
    shown: Sequence[Who]
    hidden: Sequence[Who]
    whole: bool  # whether what is added up are respondents
    minimum: float

    def found(self, sums: Sequence[Told]) -> Booleans | None:
        """Return the cells of few respondents whose number sums tell; None if there is none."""
        # each base and its kinds of few, then what is hidden
        bases = dict.fromkeys(who for who, _ in sums)
        asked = [
            (who, kind, self.kinds.within(who, kind))
            for who in bases
            for kind in self._few(self.kinds.counts_in(who))
        ]
        cells = [item for *_, item in asked] + list(map(self.kinds.within, self.hidden))
        cells = [cell for cell in cells if 0 < self.kinds.n[cell].sum() < self.minimum]
        if not cells:
            return None
        told = self._determined(sums, cells) & ~self._determined([], cells)
        if told.any():
            return cells[int(told.argmax())]
        for who, kind, item in asked:
            if self._is_narrow(who, kind, sums):
                return item
        return None

    def _few(self, count: Floats) -> list[int]:
        return np.flatnonzero((count > 0) & (count < self.minimum)).tolist()

    def _determined(self, sums: Sequence[Told], asked: Sequence[Booleans]) -> Booleans:
        """Return which sets of cells all that is printed determines."""
        rows = {item.tobytes(): item for item in map(self.kinds.within, self.shown)}
        known = [row.astype(float) for row in rows.values()]
        known += [self.kinds.within(who) * value[self.kinds.kind] for who, value in sums]
        size = self.kinds.group.size
        if not known or size > _MOST_CELLS:
            return np.zeros(len(asked), dtype=bool)
        matrix = np.array(known)
        matrix = matrix / np.maximum(np.linalg.norm(matrix, axis=1, keepdims=True), _TINY)
        _, values, span = np.linalg.svd(matrix, full_matrices=False)
        span = span[values > 1e-9 * values.max(initial=0.0)]
        masks = np.array(asked, dtype=float)
        left = masks.sum(axis=1) - ((masks @ span.T) ** 2).sum(axis=1)
        return np.asarray(left < _NEAR)

    def _is_narrow(self, who: Who, kind: int, sums: Sequence[Told]) -> bool:
        """Return whether sums of a set tell how many are of a kind, nearly.

        To one respondent, or to fewer than the minimum where a hidden row is about them.
        """
        own = [value for base, value in sums if base == who]
        n, count = self.kinds.counts_in(who), self.kinds.counts_in(who, self.kinds.size)
        known, secret = (
            {self.kinds.within(item).tobytes() for item in some}
            for some in (self.shown, self.hidden)
        )
        every = [self.kinds.within(who, item).tobytes() for item in range(count.size)]
        printed = [item for item, mark in enumerate(every) if mark in known]
        rows = np.vstack([np.ones(count.size), *own, *np.eye(count.size)[printed]])
        rows /= np.maximum(np.abs(rows).max(axis=1, keepdims=True), _TINY)
        ends = []
        for sign in (1.0, -1.0):
            aim = sign * np.eye(count.size)[kind]
            found = linprog(aim, A_eq=rows, b_eq=rows @ count, method="highs-ds")
            ends.append(np.nan if found.x is None else found.x[kind])
        # sums of weights are no whole numbers
        wide = self.minimum * count.sum() / n.sum() if every[kind] in secret else float(self.whole)
        return bool(ends[1] - ends[0] < wide * (1 - _NEAR))


def without_told_values(
    lines: Sequence[Line],
    released: Sequence[Line],
    fits: Sequence[Fit],
    people: People,
    profile: Profile,
) -> list[Line]:
    """Hide sums, or only errors, of amounts of few values that reveal how many have one of them."""
    told = list(lines)
    if people.sample is None or profile.rounding or profile.counted == "weights":
        return told
    every = [line.adds for line in lines if line.base is not None]
    every += [(fit.outcome,) for fit in fits if fit.outcome is not None]
    for amounts in dict.fromkeys(every):
        if 0 < len(amounts) <= 2:
            told = _without_values_of(amounts, told, released, fits, people, profile)
    return told


def _without_values_of(
    amounts: tuple[Expression, ...], lines: Sequence[Line], released: Sequence[Line],
    fits: Sequence[Fit], people: People, profile: Profile,
) -> list[Line]:  # fmt: skip
    assert people.sample is not None  # who asks has the sample
    equal = bool(np.ptp(people.weights[people.weights > 0]) == 0)
    kinds = _Kinds.of(people, amounts, equal=equal)
    if kinds is None:
        return list(lines)
    told, design = list(lines), people.sample.design
    # the error of another design mixes squares with what units and strata have in common
    of_errors = equal and not (design.psu or design.strata or people.sample.replication)
    of_fits = {fit.name: kinds.sums_of_fit(fit) for fit in fits if (fit.outcome,) == amounts}
    while True:
        sums: dict[int, list[Told]] = {}
        squares: dict[int, list[Told]] = {}
        for at, line in enumerate((*told, *released)):
            if line.adds == amounts and not line.why:
                sums[at] = kinds.sums(line)
                squares[at] = kinds.squares(line) if of_errors and not line.error else []
        for name, own in of_fits.items():
            every = [at for at, line in enumerate(told) if line.model == name]
            if every and not any(told[at].why for at in every):
                sums |= dict.fromkeys(every, own)
        shown = dict.fromkeys(who for line in (*told, *released) for who in _shown(line))
        hidden = dict.fromkeys(who for line in (*told, *released) if line.why for who in line.sets)
        secret = [who for who in hidden if who not in shown]
        reader = _Reader(kinds, [*shown], secret, equal, profile.minimum)
        given = [item for own in (*sums.values(), *squares.values()) for item in own]
        cells = reader.found(given)
        if cells is None:
            return told
        of_error, of_sum = (
            [
                at
                for at, own in some.items()
                if at < len(told) and any((kinds.within(who) & cells).any() for who, _ in own)
            ]
            for some in (squares, sums)
        )
        if not of_error and not of_sum:
            return told  # what is released tells it already
        for at in of_error:
            told[at] = replace(told[at], error=SECONDARY)
        if not of_error:
            first = min(of_sum, key=lambda at: (not told[at].is_of_squares, told[at].n))
            gone = [at for at in of_sum if told[at].model and told[at].model == told[first].model]
            for at in gone or [first]:
                told[at] = replace(told[at], why=SECONDARY)


def _shown(line: Line) -> list[Who]:
    """Return the sets that a line tells the number of."""
    if not line.why:
        return line.sets
    return [line.base] if line.tells_base and line.base is not None else []
