"""Whom an engine is asked about, and what leaves it: one row per unit, domain or value, however large the data.

A calibrated total has, to first order, the sampling error of the total of residuals of the
regression on the margins (Deville and Särndal 1992), weighted by the weights before calibration;
the residuals have the calibrated weights. Statistics do not hear of it: the design takes the
regression out of their linearised variable.
"""

from __future__ import annotations

import uuid
import weakref
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

import numpy as np
from numpy.typing import NDArray

from diplab.kernel.arrays import Floats, Integers

if TYPE_CHECKING:
    from diplab.kernel.calibration import Controls
    from diplab.sampling.engines.memory import MemoryEngine
    from diplab.sampling.engines.query import QueryEngine
    from diplab.sampling.expression import Expression


@dataclass(frozen=True, eq=False)
class Auxiliary:
    """The variables of the margins on every row, and the weights of the regression on them."""

    controls: Controls  # by row; outside the calibrated universe, categories are -1 and numbers 0
    weights: Floats  # (rows,); weights of the regression: those before calibration
    rules: Mapping[str, Any] = field(
        default_factory=dict
    )  # the rules of the calibration, for the provenance

    @property
    def width(self) -> int:
        """Number of auxiliary variables: categories, then numbers."""
        return self.controls.width

    def products(self, value: Floats, group: Integers, groups: int) -> Floats:
        """Return by auxiliary variable and group the total of its product with a row value."""
        rows = []
        for code, size, number in self.controls.parts():
            # rows outside the universe go to a cell that is cut off
            cells = np.bincount(
                code * groups + group, weights=value * number, minlength=(size + 1) * groups
            )
            rows.append(cells.reshape(size + 1, groups)[:size])
        return np.concatenate(rows)

    @cached_property
    def _inverse(self) -> Floats:
        """Pseudo-inverse of the weighted cross-products: margins of one population are linearly dependent."""
        parts = self.controls.parts()
        columns = [
            self.products(self.weights * number, code, size + 1)[:, :size]
            for code, size, number in parts
        ]
        gram = np.concatenate(columns, axis=1)
        scale = 1 / np.sqrt(np.where(np.diag(gram) > 0, np.diag(gram), 1.0))
        inverse = np.linalg.pinv(gram * np.outer(scale, scale), rcond=1e-11, hermitian=True)
        return np.asarray(inverse * np.outer(scale, scale), dtype=np.float64)

    def coefficients(self, value: Floats, domain: Integers, domains: int) -> Floats:
        """Return the regression of a row value, within each domain, on the auxiliary variables.

        Shapes: `value` (rows,), `domain` (rows,).
        """
        return self._inverse @ self.products(self.weights * value, domain, domains)

    def by_unit(self, unit: Integers, weights: Floats) -> tuple[Integers, Integers, Floats]:
        """Return unit, variable and value of the weighted totals of the auxiliary variables by unit."""
        units = int(unit.max()) + 1
        entries: list[tuple[Integers, Integers, Floats]] = []
        before = 0
        for code, size, number in self.controls.parts():
            if units * size <= 4 * unit.size:
                cells = np.bincount(
                    unit * (size + 1) + code, weights=weights * number, minlength=units * (size + 1)
                )
                totals: Floats = cells.astype(float).reshape(units, size + 1)[:, :size]
                # a number may sum to nothing over people who are there
                row, category = np.nonzero((totals != 0) | (not isinstance(number, float)))
                entries.append((row, before + category, totals[row, category]))
            else:
                inside = code < size
                entries.append((unit[inside], before + code[inside], weights[inside]))
            before += size
        where, which, values = zip(*entries, strict=True)
        return np.concatenate(where), np.concatenate(which), np.concatenate(values)


Along: TypeAlias = (
    "tuple[Expression, Expression]"  # what orders people, and what is added up along that order
)


@dataclass(frozen=True)
class Scope:
    """Whom totals are about: rows where all conditions hold, cut into cells by the domain variables."""

    conditions: tuple[
        Expression, ...
    ] = ()  # all must hold; one whose answer is missing does not hold
    by: tuple[str, ...] = ()  # domain variables; rows in which one is missing belong to no cell


@dataclass(frozen=True, eq=False)
class UnitTotals:
    """Weighted totals by sampling unit and domain."""

    unit: Integers  # unit and domain: (entries,); unit of the last stage, and domain
    domain: Integers
    # (entries, terms); weighted totals; rows in which a statistic misses an answer count zero
    values: Floats
    is_grid: ClassVar[bool] = False


@dataclass(frozen=True, eq=False)
class GridTotals:
    """Weighted totals of all the cells of units by domains.

    Units and domains are numbered on demand.
    """

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


_KEPT = 10_000


def trace_of(values: Iterable[Any]) -> NDArray[np.uint64]:
    """Return the smallest of the numbers that distinct values are hashed to."""
    known = np.array([hash(each) for each in {*values} - {None}], dtype=np.int64)
    return np.sort(known.view(np.uint64) * np.uint64(0x9E3779B97F4A7C15))[:_KEPT]


def _common(one: NDArray[np.uint64], two: NDArray[np.uint64]) -> float:
    """Return the share of values in common below the last number that both kept."""
    last = min(
        (each[-1] for each in (one, two) if each.size == _KEPT),
        default=np.uint64(0xFFFFFFFFFFFFFFFF),
    )
    one, two = one[one <= last], two[two <= last]
    return np.intersect1d(one, two).size / max(min(one.size, two.size), 1)


class SampleIdentity:
    """One sample: its results know each other by it, and results of the same people by where their rows are from."""

    def __init__(self, sources: Iterable[str] = (), frame: Any = None, token: str = "") -> None:
        self.token = (
            token or uuid.uuid4().hex
        )  # the same for all results of one sample, those read from a file too
        self.sources = frozenset(
            each for each in sources if each
        )  # the microdata, and the checksum of their file
        # tables of Arrow, which nobody writes to, take no weak reference, and are held
        self._frame: Callable[[], Any] = (
            weakref.ref(frame) if hasattr(frame, "__weakref__") else lambda: frame
        )
        # by column, or columns, the smallest of the numbers that values are hashed to; None where
        # nobody looked
        self.traces: dict[str, NDArray[np.uint64]] | None = None

    def __reduce__(self) -> tuple[type[SampleIdentity], tuple[tuple[str, ...], None, str]]:
        # what is written to a file says nothing of identifiers
        return SampleIdentity, (tuple(sorted(self.sources)), None, self.token)

    def same_source(self, other: object) -> bool:
        """Return whether two samples are of one frame, one microdata or one file."""
        if not isinstance(other, SampleIdentity):
            return False
        frame = self._frame()
        one = self.token == other.token or (frame is not None and frame is other._frame())
        return one or not self.sources.isdisjoint(other.sources)

    def shared_with(self, other: object) -> tuple[str, float]:
        """Return the identifier of which two samples have most in common, and the share of the smaller's values."""
        of_other = other.traces or {} if isinstance(other, SampleIdentity) else {}
        found = [
            (name, _common(own, of_other[name]))
            for name, own in (self.traces or {}).items()
            if name in of_other
        ]
        return max(found, key=lambda each: each[1], default=("", 0.0))


Engine: TypeAlias = "MemoryEngine | QueryEngine"
"""Runs queries on one file of data, in memory or where they are: both answer the same questions."""
