"""What an engine is asked, and what leaves it: one row per unit, domain or value, however large the data."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from diplab.sampling.engines.memory import MemoryEngine
    from diplab.sampling.engines.query import QueryEngine
    from diplab.sampling.expression import Expression

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Along: TypeAlias = "tuple[Expression, Expression]"
"""What orders people, and what is added up along that order."""


@dataclass(frozen=True)
class Scope:
    """Whom totals are about: rows where all conditions hold, cut into cells by the domain variables."""

    # all must hold; a condition whose answer is missing does not hold
    conditions: tuple[Expression, ...] = ()
    by: tuple[str, ...] = ()  # domain variables; rows in which one is missing belong to no cell


@dataclass(frozen=True, eq=False)
class UnitTotals:
    """Weighted totals by sampling unit and domain."""

    unit: Integers  # unit and domain: (entries,); unit of the last stage, and domain
    domain: Integers
    # (entries, terms); weighted total of each term; rows in which a statistic misses an answer count zero
    values: Floats
    is_grid: ClassVar[bool] = False


@dataclass(frozen=True, eq=False)
class GridTotals:
    """Weighted totals of all the cells of units by domains; units and domains are numbered on demand."""

    values: Floats  # (units * domains, terms)
    units: int
    domains: int
    is_grid: ClassVar[bool] = True

    @cached_property
    def unit(self) -> Integers:
        """Unit of each cell."""
        return np.repeat(np.arange(self.units), self.domains)

    @cached_property
    def domain(self) -> Integers:
        """Domain of each cell."""
        return np.tile(np.arange(self.domains), self.units)


@dataclass(frozen=True, eq=False)
class Masses:
    """Weight by distinct value, in increasing order of value within each domain."""

    starts: Integers  # (domains + 1,); entries of domain d are starts[d]:starts[d + 1]
    values: Floats  # (entries,)
    weights: Floats  # (entries,)
    rows: Integers | None = None  # (entries,); row of each entry, where the engine holds rows

    def of(self, domain: int) -> tuple[Floats, Floats]:
        """Return values and weights of one domain."""
        part = slice(self.starts[domain], self.starts[domain + 1])
        return self.values[part], self.weights[part]


Engine: TypeAlias = "MemoryEngine | QueryEngine"
"""Runs queries on one file of data: both have the same methods, and what leaves them is small."""
