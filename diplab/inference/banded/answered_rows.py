"""The rows of a file that have a band, grouped by equal bands and lines: a million rows become a few groups."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from diplab.sampling.expression import Rows
from diplab.sampling.units import compressed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from diplab.inference.banded.answer import Asked
    from diplab.sampling.engines.protocol import Scope
    from diplab.sampling.sample import SampleInMemory
    from diplab.sampling.totals import Totals

__all__ = ["AnsweredRows", "answered_rows"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class AnsweredRows:
    """Groups of rows of equal band and line.

    Parameters
    ----------
    sample : SampleInMemory
    totals : Totals
        By domain, over those with a band.
    code : array of int, shape (rows,)
        Group of each row of the file, 0 where it has no band.
    told : array of bool, shape (rows,)
        Whether it has one.
    low, high : array, shape (groups,)
    line_low, line_high : array, shape (groups,), or None
        Fixed line, between two ends.
    """

    sample: SampleInMemory
    totals: Totals
    code: Integers
    told: NDArray[np.bool_]
    low: Floats
    high: Floats
    line_low: Floats | None
    line_high: Floats | None

    @property
    def domains(self) -> int:
        """Number of domains."""
        return self.totals.domains

    @property
    def of_everybody(self) -> bool:
        """Whether the universe is more than one domain."""
        return self.totals.universe is not self.totals

    @cached_property
    def domain(self) -> Integers:
        """Domain of each row."""
        return self._scoped(self.totals.scope)[0]

    @cached_property
    def weight(self) -> Floats:
        """Weight of each group in each domain, then in the universe where that is more; (domains, groups)."""
        return self._cells(self.sample.engine.weights)

    def replicate_weights(self) -> Iterator[Floats]:
        """Yield the same under each replicate."""
        replication, engine = self.sample.replication, self.sample.engine
        assert replication is not None  # asked for with replicate weights only
        for place in range(replication.count):
            yield self._cells(replication.row_weights(place, engine.weights, engine.units.of_record))

    def rows(self, by_group: Floats) -> Rows:
        """Return what the group of a row says in its domain, on every row; from (domains, groups)."""
        domain = self.domain if len(by_group) > 1 else 0
        return Rows(by_group[domain, self.code])

    def _scoped(self, scope: Scope) -> tuple[Integers, NDArray[np.bool_]]:
        rows = self.sample.engine.scoped(scope)
        return rows.domain, rows.inside & self.told

    def _cells(self, weights: Floats) -> Floats:
        scopes = [self.totals.scope, *([self.totals.population] if self.of_everybody else [])]
        return np.concatenate([self._summed(weights, scope) for scope in scopes])

    def _summed(self, weights: Floats, scope: Scope) -> Floats:
        domain, inside = self._scoped(scope)
        count = len(self.sample.engine.cells(scope.by))
        cell = self.code if count == 1 else domain * self.low.size + self.code
        found = np.bincount(cell, weights=np.where(inside, weights, 0.0), minlength=count * self.low.size)
        return found.astype(float).reshape(count, self.low.size)


def answered_rows(asked: Asked) -> AnsweredRows:
    """Return the rows of a question about a banded variable, by groups of equal band and line."""
    told = ~(np.isnan(asked.low) | np.isnan(asked.high))
    lines = [each for each in (asked.line_low, asked.line_high) if each is not None]
    for each in lines:
        told &= ~np.isnan(each)
    code, values = _grouped([asked.low, asked.high, *lines], told)
    low, high, *ends = values
    complete = (Rows(np.where(told, 0.0, np.nan)),)
    totals = asked.sample.totals(asked.by, complete)
    line_low, line_high = (ends[0], ends[len(lines) - 1]) if lines else (None, None)
    return AnsweredRows(asked.sample, totals, code, told, low, high, line_low, line_high)


def _grouped(columns: list[Floats], told: NDArray[np.bool_]) -> tuple[Integers, list[Floats]]:
    """Return the group of each row (0 where nothing is told), and the values of each column by group."""
    import pandas as pd

    whole = bool(told.all())
    kept = [column if whole else column[told] for column in columns]
    if not kept[0].size:
        # one group that says nothing and that nobody is in
        return np.zeros(told.size, dtype=np.int64), [np.array([end]) for end in (0.0, np.inf, 0.0, 0.0)]
    code, first = np.zeros(kept[0].size, dtype=np.int64), np.zeros(1, dtype=np.int64)
    for column in kept:
        own, values = pd.factorize(column)
        code, first = compressed(code * len(values) + own)
    if whole:
        return code, [column[first] for column in kept]
    every = np.zeros(told.size, dtype=np.int64)
    every[told] = code
    return every, [column[first] for column in kept]
