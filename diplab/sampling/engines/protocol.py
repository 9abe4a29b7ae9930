"""What an engine must be able to do, and what leaves it: one row per unit, domain or value, however large the data.

What a calibrated sample remembers: the margins its weights were fitted to.

A calibrated total has, to first order, the sampling error of the total of residuals of the regression on the margins
(Deville and Särndal 1992): the regression is weighted by the weights before calibration, the residuals by the
calibrated weights. Statistics do not hear of it: the design takes the regression out of their linearised variable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from diplab.kernel.arrays import Floats, Integers

if TYPE_CHECKING:
    from diplab.kernel.calibration import Controls
    from diplab.sampling.expression import Expression
    from diplab.sampling.replication import Replication
    from diplab.sampling.units import Units


@dataclass(frozen=True, eq=False)
class Auxiliary:
    """The variables of the margins on every row, and the weights of the regression on them."""

    controls: Controls  # by row; outside the calibrated universe, categories are -1 and numbers 0
    weights: Floats  # (rows,); weights of the regression: those before calibration
    rules: Mapping[str, str] = field(default_factory=dict)  # the rules of the calibration, for the provenance

    @property
    def width(self) -> int:
        """Number of auxiliary variables: categories, then numbers."""
        return self.controls.width

    def products(self, value: Floats, group: Integers, groups: int) -> Floats:
        """Return by auxiliary variable and group the total of its product with a row value."""
        rows = []
        for code, size in zip(self.controls.codes, self.controls.sizes, strict=True):
            # rows outside the universe go to a cell that is cut off
            key = np.where(code >= 0, code, size) * groups + group
            cells = np.bincount(key, weights=value, minlength=(size + 1) * groups)
            rows.append(cells.reshape(size + 1, groups)[:size])
        rows += [
            np.bincount(group, weights=value * number, minlength=groups)[None, :] for number in self.controls.numbers
        ]
        return np.concatenate(rows)

    @cached_property
    def _inverse(self) -> Floats:
        """Pseudo-inverse of the weighted cross-products: margins of one population are linearly dependent."""
        columns = []
        nobody = np.zeros(self.weights.size, dtype=np.int64)
        for code, size in zip(self.controls.codes, self.controls.sizes, strict=True):
            by_category = self.products(self.weights, np.where(code >= 0, code, size), size + 1)
            columns.append(by_category[:, :size])
        columns += [self.products(self.weights * number, nobody, 1) for number in self.controls.numbers]
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
        for code, size in zip(self.controls.codes, self.controls.sizes, strict=True):
            inside = code >= 0
            if units * size <= 4 * unit.size:
                key = unit * (size + 1) + np.where(inside, code, size)
                cells = np.bincount(key, weights=weights, minlength=units * (size + 1)).astype(float)
                totals: Floats = cells.reshape(units, size + 1)[:, :size]
                where, which = np.nonzero(totals)
                entries.append((where, before + which, totals[where, which]))
            else:
                entries.append((unit[inside], before + code[inside], weights[inside]))
            before += size
        for place, number in enumerate(self.controls.numbers, start=before):
            totals = np.bincount(unit, weights=weights * number, minlength=units).astype(float)
            entries.append((np.arange(units), np.full(units, place), totals))
        return (
            np.concatenate([each[0] for each in entries]),
            np.concatenate([each[1] for each in entries]),
            np.concatenate([each[2] for each in entries]),
        )


Along: TypeAlias = "tuple[Expression, Expression]"  # what orders people, and what is added up along that order


@dataclass(frozen=True)
class Scope:
    """Whom totals are about: rows where all conditions hold, cut into cells by the domain variables."""

    conditions: tuple[Expression, ...] = ()  # all must hold; one whose answer is missing does not hold
    by: tuple[str, ...] = ()  # domain variables; rows in which one is missing belong to no cell


@dataclass(frozen=True, eq=False)
class UnitTotals:
    """Weighted totals by sampling unit and domain."""

    unit: Integers  # unit and domain: (entries,); unit of the last stage, and domain
    domain: Integers
    values: Floats  # (entries, terms); weighted totals; rows in which a statistic misses an answer count zero
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


_KEPT = 10_000


def trace_of(values: Iterable[Any]) -> NDArray[np.uint64]:
    """Return the smallest of the numbers that distinct values are hashed to."""
    known = np.array([hash(each) for each in {*values} - {None}], dtype=np.int64)
    return np.sort(known.view(np.uint64) * np.uint64(0x9E3779B97F4A7C15))[:_KEPT]


def _common(one: NDArray[np.uint64], two: NDArray[np.uint64]) -> float:
    """Return the share of values in common below the last number that both kept."""
    last = min((each[-1] for each in (one, two) if each.size == _KEPT), default=np.uint64(0xFFFFFFFFFFFFFFFF))
    one, two = one[one <= last], two[two <= last]
    return np.intersect1d(one, two).size / max(min(one.size, two.size), 1)


class SampleIdentity:
    """One sample: its results know each other by it, and results of the same people by a trace of identifiers."""

    def __init__(self) -> None:
        # by column, or columns, the smallest of the numbers that values are hashed to; None where nobody looked
        self.traces: dict[str, NDArray[np.uint64]] | None = None

    def __reduce__(self) -> tuple[type[SampleIdentity], tuple[()]]:
        # what is written to a file says nothing of identifiers
        return SampleIdentity, ()

    def shared_with(self, other: object) -> tuple[str, float]:
        """Return the identifier of which two samples have most in common, and the share of the smaller's values."""
        of_other = other.traces or {} if isinstance(other, SampleIdentity) else {}
        found = [(name, _common(own, of_other[name])) for name, own in (self.traces or {}).items() if name in of_other]
        return max(found, key=lambda each: each[1], default=("", 0.0))


class Engine(Protocol):
    """Runs queries on one file of data."""

    @property
    def drawn(self) -> SampleIdentity:
        """An object of this sample's own, by which its results know each other."""

    @property
    def rows(self) -> int:
        """Number of rows of the file."""

    @property
    def units(self) -> Units:
        """Sampling units of the whole file."""

    @property
    def replication(self) -> Replication | None:
        """The replicate weights of the file, where rows are in memory; None without."""

    @property
    def auxiliary(self) -> Auxiliary | None:
        """The margins that the weights were calibrated to; None where they were not."""

    def identify(self) -> None:
        """Keep a trace of identifiers of respondents and of units, where rows are in memory, once for a sample."""

    def is_boolean(self, name: str) -> bool:
        """Return whether a column holds true and false."""

    def declared(self, name: str) -> tuple[Any, ...]:
        """Return the categories that the type of a column declares, in use or not; none for most types."""

    def tallies(self, name: str, most: int, worth: Callable[[float, float], bool]) -> tuple[Floats, Integers]:
        """Return up to `most` distinct numbers of a column from each end, in order, with their rows."""
        # none where its lowest and highest number are not `worth` it

    def cells(self, by: tuple[str, ...]) -> list[tuple[Any, ...]]:
        """Return the combinations of the domain variables that the file holds, sorted; `[()]` for none."""

    def counts(self, scope: Scope, terms: Sequence[Expression]) -> Integers:
        """Return by domain how many rows have positive weight and an answer to every term."""

    def unit_totals(
        self, scope: Scope, terms: Sequence[Expression], complete: Sequence[Expression]
    ) -> UnitTotals | GridTotals:
        """Return weighted totals of terms by unit and domain, over rows with an answer to `complete`."""

    def domain_totals(self, scope: Scope, terms: Sequence[Expression], complete: Sequence[Expression]) -> Floats:
        """Return weighted totals of terms by domain, shape (domains, terms)."""

    def masses(self, scope: Scope, value: Expression, complete: Sequence[Expression], shares: Floats) -> Masses:
        """Return weight by distinct value; exact around the quantiles of `shares`, shape (domains, k)."""

    def sorted_masses(self, scope: Scope, value: Expression, complete: Sequence[Expression]) -> Masses:
        """Return the value and weight of every row, sorted within each domain, ties in the order of the file."""

    def cumulated(self, scope: Scope, along: Along, complete: Sequence[Expression], *, own: float) -> Expression:
        """Return on every row the weighted total over its domain of what is below the row's own place, or at it."""
        # of the people at it all count, half or none: `own` is 1, 0.5 or 0

    def on_rows(self, scope: Scope, expression: Expression) -> Expression:
        """Return an expression as its value on every row in memory; unchanged where rows are queried."""

    @property
    def row_weight(self) -> Expression:
        """The weight of each row."""
