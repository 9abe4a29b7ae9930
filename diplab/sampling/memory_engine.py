"""The engine for data in memory: numpy arrays, read column by column as statistics name them.

Columns are read once and kept for the life of the sample.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.errors import DesignError
from diplab.sampling.engine import Floats, Integers, Masses, Scope, UnitTotals
from diplab.sampling.expression import Constant, Expression
from diplab.sampling.memory_columns import MemoryColumns
from diplab.sampling.units import Units, arrange, compressed

if TYPE_CHECKING:
    from collections.abc import Sequence

    import narwhals as nw
    from numpy.typing import NDArray

    from diplab.sampling.auxiliary import Auxiliary
    from diplab.sampling.design import Design
    from diplab.sampling.replication import Replication

__all__ = ["MemoryEngine"]


@dataclass(frozen=True, eq=False)
class ScopedRows:
    """The rows of a scope: domain of each row (0 where outside) and weight (0 where outside)."""

    domain: Integers
    weight: Floats
    inside: NDArray[np.bool_]
    domains: int


class MemoryEngine:
    """Totals of a frame that fits in memory (pandas, Polars, PyArrow through narwhals)."""

    def __init__(self, frame: nw.DataFrame[Any], design: Design) -> None:
        self.columns = MemoryColumns(frame)
        self.design = design
        self.drawn = object()
        self.auxiliary: Auxiliary | None = None
        self._scopes: dict[Scope, ScopedRows] = {}
        self._sorted: tuple[object, Masses] | None = None
        self._cells: dict[tuple[str, ...], tuple[Integers, list[tuple[Any, ...]]]] = {}
        self.units: Units = self._arranged()
        self.weights: Floats = self._weights()

    def reweighted(self, weights: Floats, auxiliary: Auxiliary | None) -> MemoryEngine:
        """Return an engine on the same rows with other weights, and the margins these were fitted to."""
        other = copy.copy(self)
        other.weights, other.auxiliary = weights, auxiliary
        other._scopes, other._sorted = {}, None
        return other

    @cached_property
    def replication(self) -> Replication | None:
        """The replicate weights that the design names, or None."""
        if self.design.replicates is None:
            return None
        return self.design.replicates.read(self.columns.numbers, self.weights)

    @property
    def rows(self) -> int:
        """Number of rows."""
        return self.columns.rows

    def is_boolean(self, name: str) -> bool:
        """Return whether a column holds true and false."""
        return self.columns.is_boolean(name)

    # -- design -------------------------------------------------------------------------------------------

    def _codes(self, name: str, use: str) -> Integers:
        factor = self.columns.factor(name)
        missing = int((factor.codes < 0).sum())
        if missing:
            raise DesignError(
                f"`{name}` was asked for as {use}.",
                f"{missing} of its {self.rows} rows are missing.",
                "Give every row a value, or leave those rows out before declaring the design.",
            )
        return factor.codes

    def _arranged(self) -> Units:
        strata: Integers | None = None
        first = np.zeros(0, dtype=np.int64)
        for name in self.design.strata:
            codes = self._codes(name, "strata")
            strata, first = compressed(
                codes if strata is None else strata * len(self.columns.factor(name).categories) + codes
            )

        def stratum_name(code: int) -> str:
            row = int(first[code]) if first.size else 0
            parts = [
                f"`{name}` = {self.columns.factor(name).categories[self.columns.factor(name).codes[row]]}"
                for name in self.design.strata
            ]
            return " and ".join(parts) or "the whole file"

        identifiers = [self._codes(name, "units") for name in self.design.psu]
        fpc = [self.columns.numbers(name) for name in self.design.fpc]
        return arrange(strata, identifiers, fpc, self.rows, self.design, stratum_name)

    def _weights(self) -> Floats:
        if self.design.weights is None:
            by_fpc = self.units.weights
            return np.ones(self.rows) if by_fpc is None else by_fpc
        weights = self.columns.numbers(self.design.weights)
        check_weights(
            self.design.weights,
            rows=self.rows,
            missing=int(np.isnan(weights).sum()),
            infinite=int(np.isinf(weights).sum()),
            negative=int((weights < 0).sum()),
            positive=int((weights > 0).sum()),
        )
        return weights

    # -- scopes -------------------------------------------------------------------------------------------

    def cells(self, by: tuple[str, ...]) -> list[tuple[Any, ...]]:
        """Return the combinations of the domain variables that the file holds, sorted."""
        return self._celled(by)[1]

    def _celled(self, by: tuple[str, ...]) -> tuple[Integers, list[tuple[Any, ...]]]:
        if by not in self._cells:
            code = np.zeros(self.rows, dtype=np.int64)
            missing = np.zeros(self.rows, dtype=bool)
            factors = [self.columns.factor(name) for name in by]
            for factor in factors:
                code = code * max(len(factor.categories), 1) + np.maximum(factor.codes, 0)
                missing |= factor.codes < 0
            present = np.flatnonzero(~missing)
            dense, first = compressed(code[present])
            cells = [tuple(f.categories[f.codes[present[row]]] for f in factors) for row in first]
            everyone = np.full(self.rows, -1, dtype=np.int64)
            everyone[present] = dense
            self._cells[by] = everyone, cells or ([()] if not by else [])
        return self._cells[by]

    def scoped(self, scope: Scope) -> ScopedRows:
        """Return domain and weight of every row of a scope."""
        if scope not in self._scopes:
            code, cells = self._celled(scope.by)
            inside = code >= 0
            for condition in scope.conditions:
                inside &= self.columns.evaluate(condition) == 1.0
            weight = np.where(inside, self.weights, 0.0)
            self._scopes[scope] = ScopedRows(np.where(inside, code, 0), weight, inside, len(cells))
        return self._scopes[scope]

    def _answered(self, complete: Sequence[Expression], rows: ScopedRows) -> NDArray[np.bool_] | None:
        """Return where every expression has a value; None where that is everywhere."""
        answered: NDArray[np.bool_] | None = None
        for expression in complete:
            if isinstance(expression, Constant):
                continue
            gaps = self.columns.gaps(expression, rows.domain)
            if gaps.any():
                answered = ~gaps if answered is None else answered & ~gaps
        return answered

    def counts(self, scope: Scope, terms: Sequence[Expression]) -> Integers:
        """Return by domain how many rows have positive weight and an answer to every term."""
        rows = self.scoped(scope)
        answered = self._answered(terms, rows)
        counted = rows.weight > 0 if answered is None else (rows.weight > 0) & answered
        return np.bincount(rows.domain[counted], minlength=rows.domains).astype(np.int64)

    def _weighted(
        self, rows: ScopedRows, terms: Sequence[Expression], complete: Sequence[Expression]
    ) -> list[Floats]:
        answered = self._answered(complete, rows)
        weight = rows.weight if answered is None else np.where(answered, rows.weight, 0.0)
        outside = None if answered is None and rows.inside.all() else weight == 0
        weighted = []
        for term in terms:
            if isinstance(term, Constant):
                weighted.append(weight * self.columns.evaluate(term)[0])
                continue
            value = self.columns.evaluate(term, rows.domain) * weight
            if outside is not None:
                value[outside] = 0.0  # a missing or infinite value with no weight counts nothing
            weighted.append(value)
        return weighted

    def values_inside(
        self, scope: Scope, term: Expression, complete: Sequence[Expression]
    ) -> tuple[Integers, Floats]:
        """Return domain and value of every row: 0 outside the scope, and where an answer is missing."""
        rows = self.scoped(scope)
        answered = self._answered(complete, rows)
        counted = rows.inside if answered is None else rows.inside & answered
        return rows.domain, np.where(counted, self.columns.evaluate(term, rows.domain), 0.0)

    def unit_totals(
        self, scope: Scope, terms: Sequence[Expression], complete: Sequence[Expression]
    ) -> UnitTotals:
        """Return weighted totals by unit and domain; each row is an entry where each row is a unit."""
        rows = self.scoped(scope)
        unit = self.units.of_record
        weighted = self._weighted(rows, terms, complete)
        if not self.design.psu:
            kept = np.flatnonzero(rows.inside)
            values = np.column_stack([value[kept] for value in weighted])
            return UnitTotals(unit[kept], rows.domain[kept], values)
        cells = len(self.units.stages[-1].group) * rows.domains
        key = unit * rows.domains + rows.domain
        if cells > 4 * self.rows + 1_000_000:
            key, first = compressed(key)
            place = (unit * rows.domains + rows.domain)[first]
        else:
            place = np.arange(cells)
        values = np.column_stack([np.bincount(key, weights=v, minlength=place.size) for v in weighted])
        return UnitTotals(place // rows.domains, place % rows.domains, values)

    def domain_totals(
        self, scope: Scope, terms: Sequence[Expression], complete: Sequence[Expression]
    ) -> Floats:
        """Return weighted totals by domain."""
        rows = self.scoped(scope)
        weighted = self._weighted(rows, terms, complete)
        return np.column_stack(
            [np.bincount(rows.domain, weights=value, minlength=rows.domains) for value in weighted]
        )

    def masses(
        self, scope: Scope, value: Expression, complete: Sequence[Expression], shares: Floats
    ) -> Masses:
        """Return weight by value, sorted within each domain; ties are left side by side."""
        asked = (scope, value, tuple(complete))
        if self._sorted is None or self._sorted[0] != asked:
            # the last column sorted is kept: an interval asks three times for quantiles of the same one
            self._sorted = asked, self._masses(scope, value, complete)
        return self._sorted[1]

    def _masses(self, scope: Scope, value: Expression, complete: Sequence[Expression]) -> Masses:
        rows = self.scoped(scope)
        answered = self._answered([*complete, value], rows)
        kept = np.flatnonzero(rows.weight > 0 if answered is None else (rows.weight > 0) & answered)
        values, domain = self.columns.evaluate(value, rows.domain)[kept], rows.domain[kept]
        order = np.argsort(values, kind="stable")
        if rows.domains > 1:
            order = order[np.argsort(domain[order], kind="stable")]
        starts = np.r_[0, np.cumsum(np.bincount(domain, minlength=rows.domains))]
        return Masses(starts, values[order], rows.weight[kept][order], kept[order])


def check_weights(name: str, *, rows: int, missing: int, infinite: int, negative: int, positive: int) -> None:
    """Refuse weights that cannot be weights, with their numbers of rows."""
    bad = [
        f"{count} {word}"
        for count, word in ((missing, "missing"), (infinite, "infinite"), (negative, "negative"))
        if count
    ]
    if bad or not positive:
        raise DesignError(
            f"`{name}` was asked for as weights.",
            f"Of its {rows} rows, {' and '.join(bad)}." if bad else f"All of its {rows} rows are zero.",
            "Write weights that are finite and not negative, some of them above zero.",
        )
