"""Sums of amounts with few distinct values, which disclose how many respondents have each value."""

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
from diplab.disclosure.respondents import Line, RespondentSet
from diplab.kernel.arrays import Booleans, Floats, Integers
from diplab.sampling.expression import Expression

_FEW_VALUES = 12  # at most this many distinct values: sums may disclose how many have each
_KINDS = 36  # the same for pairs of values of two amounts
_MOST_CELLS = 3_000  # groups by value above which sums of several sets are not combined
_TINY = 1e-300
_NEAR = 1e-7  # rounding error of a set that the sums determine

Equation: TypeAlias = tuple[RespondentSet, Floats]
"""A published sum: its respondents, and the coefficient of each kind of respondent."""


@dataclass(frozen=True, eq=False)
class _Kinds:
    """Respondents grouped by their values of some amounts."""

    group: Integers  # group of respondents of each cell
    kind: Integers  # combination of values of each cell
    n: Floats
    size: Floats  # number of respondents, or the sum of their weights
    values: Floats  # (kinds, amounts)
    people: People

    @classmethod
    def of(cls, people: People, amounts: Sequence[Expression], *, equal: bool) -> _Kinds | None:
        """Return the cells of respondents with these amounts; None if there are too many kinds."""
        assert people.atom is not None  # callers have a sample
        answers = np.column_stack(list(map(people.values, amounts)))
        rows = np.flatnonzero((people.atom >= 0) & np.isfinite(answers).all(axis=1))
        if any(np.unique(item).size > _FEW_VALUES for item in answers[rows].T):
            return None
        values, kind = np.unique(answers[rows], axis=0, return_inverse=True)
        if not 2 < len(values) <= _KINDS:
            return None
        cell, home = np.unique(people.atom[rows] * len(values) + kind.ravel(), return_inverse=True)
        # readers know the possible values: codes, small whole numbers, or printed values
        codes = bool((values % 1 == 0).all()) and np.ptp(values, axis=0).max() <= _FEW_VALUES
        if not codes and np.unique(cell // len(values)).size < cell.size:
            return None
        n = np.bincount(home.ravel()).astype(float)
        weight = np.bincount(home.ravel(), weights=people.weights[rows]).astype(float)
        size = n if equal else weight
        return cls(cell // len(values), cell % len(values), n, size, values, people)

    def within(self, who: RespondentSet, kind: int | None = None) -> Booleans:
        """Return the cells of a set, or of one kind in it."""
        there: Booleans = self.people.sets[who][self.group]
        return there if kind is None else np.asarray(there & (self.kind == kind))

    def sums(self, line: Line) -> list[Equation]:
        """Return the equations in these amounts given by a published value, without its error."""
        if line.base is None or line.model or line.tail:
            return []
        columns = self.values.T
        if line.is_ratio:
            return [(line.base, columns[0] - line.printed * columns[-1])]
        if len(columns) == 2:
            return [(line.base, item) for item in (columns[0] * columns[1], *columns, *columns**2)]
        squares = self.squares(line) if line.is_of_squares else []
        return [(line.base, columns[0]), *squares] if line.is_sum or line.is_of_squares else []

    def squares(self, line: Line) -> list[Equation]:
        """Return the sum of squared deviations that the standard error of a line discloses."""
        if line.base is None or line.model or len(self.values.T) > 1:
            return []
        there = self.within(line.base)
        value = self.values[:, 0]
        mean = np.average(value[self.kind[there]], weights=self.size[there]) if there.any() else 0.0
        return [(line.base, (value - mean) ** 2)]

    def sums_of_fit(self, fit: Fit) -> list[Equation]:
        """Return the sums that a regression discloses: overall and by two-valued column."""
        names = [f"{fit.name} column {at}" for at in range(len(fit.columns))]
        cuts = [fit.base, *(replace(fit.base, holds=name) for name in names)]
        return [((cut, ()), self.values[:, 0]) for cut in cuts if (cut, ()) in self.people.sets]

    def counts_in(self, who: RespondentSet, size: Floats | None = None) -> Floats:
        """Return the number of respondents of each kind in a set, or their total size."""
        there, sizes = self.within(who), self.n if size is None else size
        count = np.bincount(self.kind[there], weights=sizes[there], minlength=len(self.values))
        return count.astype(float)


@dataclass(frozen=True, eq=False)
class _Reader:
    """An attacker who knows the published sizes and which sets are hidden."""

    kinds: _Kinds
    shown: Sequence[RespondentSet]
    hidden: Sequence[RespondentSet]
    whole: bool  # whether sizes count respondents, not weights
    minimum: float

    def disclosed_cells(self, sums: Sequence[Equation]) -> Booleans | None:
        """Return a small set whose size the sums determine; None if there is none."""
        # the small kinds of each base, then the hidden sets
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
        disclosed = self._determined(sums, cells) & ~self._determined([], cells)
        if disclosed.any():
            return cells[int(disclosed.argmax())]
        for who, kind, item in asked:
            if self._is_narrow(who, kind, sums):
                return item
        return None

    def _few(self, count: Floats) -> list[int]:
        return np.flatnonzero((count > 0) & (count < self.minimum)).tolist()

    def _determined(self, sums: Sequence[Equation], asked: Sequence[Booleans]) -> Booleans:
        """Return a mask of the sets of cells that the published values determine."""
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

    def _is_narrow(self, who: RespondentSet, kind: int, sums: Sequence[Equation]) -> bool:
        """Return whether the sums of a set bound the size of a kind too narrowly.

        The interval must be at least one respondent wide, or the minimum for a hidden set.
        """
        equations = [value for base, value in sums if base == who]
        n, count = self.kinds.counts_in(who), self.kinds.counts_in(who, self.kinds.size)
        known, secret = (
            {self.kinds.within(item).tobytes() for item in some}
            for some in (self.shown, self.hidden)
        )
        every = [self.kinds.within(who, item).tobytes() for item in range(count.size)]
        printed = [item for item, mark in enumerate(every) if mark in known]
        rows = np.vstack([np.ones(count.size), *equations, *np.eye(count.size)[printed]])
        rows /= np.maximum(np.abs(rows).max(axis=1, keepdims=True), _TINY)
        ends = []
        for sign in (1.0, -1.0):
            aim = sign * np.eye(count.size)[kind]
            solution = linprog(aim, A_eq=rows, b_eq=rows @ count, method="highs-ds")
            ends.append(np.nan if solution.x is None else solution.x[kind])
        # sums of weights are not whole numbers
        wide = self.minimum * count.sum() / n.sum() if every[kind] in secret else float(self.whole)
        return bool(ends[1] - ends[0] < wide * (1 - _NEAR))


def without_disclosed_values(
    lines: Sequence[Line],
    released: Sequence[Line],
    fits: Sequence[Fit],
    people: People,
    profile: Profile,
) -> list[Line]:
    """Hide sums (or only errors) of few-valued amounts that disclose how many have a value."""
    protected = list(lines)
    if people.sample is None or profile.rounding or profile.counted == "weights":
        return protected
    every = [line.amounts for line in lines if line.base is not None]
    every += [(fit.outcome,) for fit in fits if fit.outcome is not None]
    for amounts in dict.fromkeys(every):
        if 0 < len(amounts) <= 2:
            protected = _without_values_of(amounts, protected, released, fits, people, profile)
    return protected


def _without_values_of(
    amounts: tuple[Expression, ...], lines: Sequence[Line], released: Sequence[Line],
    fits: Sequence[Fit], people: People, profile: Profile,
) -> list[Line]:  # fmt: skip
    assert people.sample is not None  # callers have a sample
    equal = bool(np.ptp(people.weights[people.weights > 0]) == 0)
    kinds = _Kinds.of(people, amounts, equal=equal)
    if kinds is None:
        return list(lines)
    protected, design = list(lines), people.sample.design
    # under other designs the error also depends on units and strata
    of_errors = equal and not (design.psu or design.strata or people.sample.replication)
    of_fits = {fit.name: kinds.sums_of_fit(fit) for fit in fits if (fit.outcome,) == amounts}
    while True:
        sums: dict[int, list[Equation]] = {}
        squares: dict[int, list[Equation]] = {}
        for at, line in enumerate((*protected, *released)):
            if line.amounts == amounts and not line.reason:
                sums[at] = kinds.sums(line)
                squares[at] = kinds.squares(line) if of_errors and not line.error_reason else []
        for name, equations_of_fit in of_fits.items():
            every = [at for at, line in enumerate(protected) if line.model == name]
            if every and not any(protected[at].reason for at in every):
                sums |= dict.fromkeys(every, equations_of_fit)
        shown = dict.fromkeys(who for line in (*protected, *released) for who in _shown(line))
        hidden = dict.fromkeys(
            who for line in (*protected, *released) if line.reason for who in line.sets
        )
        secret = [who for who in hidden if who not in shown]
        reader = _Reader(kinds, [*shown], secret, equal, profile.minimum)
        given = [
            item
            for equations_of_fit in (*sums.values(), *squares.values())
            for item in equations_of_fit
        ]
        cells = reader.disclosed_cells(given)
        if cells is None:
            return protected
        of_error, of_sum = (
            [
                at
                for at, equations_of_fit in some.items()
                if at < len(protected)
                and any((kinds.within(who) & cells).any() for who, _ in equations_of_fit)
            ]
            for some in (squares, sums)
        )
        if not of_error and not of_sum:
            return protected  # the released results already determine it
        for at in of_error:
            protected[at] = replace(protected[at], error_reason=SECONDARY)
        if not of_error:
            first = min(of_sum, key=lambda at: (not protected[at].is_of_squares, protected[at].n))
            gone = [
                at
                for at in of_sum
                if protected[at].model and protected[at].model == protected[first].model
            ]
            for at in gone or [first]:
                protected[at] = replace(protected[at], reason=SECONDARY)


def _shown(line: Line) -> list[RespondentSet]:
    """Return the sets whose size a line publishes."""
    if not line.reason:
        return line.sets
    return [line.base] if line.shows_base and line.base is not None else []
