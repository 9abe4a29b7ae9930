"""The engine for data in memory: numpy arrays, read column by column as statistics name them.

Columns are read once and kept for the life of the sample.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, reduce
from typing import TYPE_CHECKING, Any, Literal

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from diplab.errors import DesignError, quoted_names
from diplab.kernel.arrays import Floats, Integers, compressed
from diplab.kernel.quantiles import running_totals
from diplab.microdata.identifiers import is_person_identifier, is_row_identifier
from diplab.microdata.variable import filled
from diplab.sampling.engines.columns import WORDS, MemoryColumns, check_weights
from diplab.sampling.engines.masses import Binned, binned, cell_sums, sorted_masses
from diplab.sampling.engines.protocol import Along, GridTotals, Masses, Scope, UnitTotals
from diplab.sampling.expression import (
    ONE,
    Apply,
    Column,
    Constant,
    Expression,
    Rows,
    column_names,
    reads_native,
)
from diplab.sampling.identity import SampleIdentity, trace_of
from diplab.sampling.units import StratumNames, Units, arrange

if TYPE_CHECKING:
    from diplab.microdata.codebook import Codebook
    from diplab.sampling.auxiliary import Auxiliary
    from diplab.sampling.design import Design
    from diplab.sampling.replication import Replication


_FEW = 8  # least number of persons for recurrence to be noticed
_RECURRING = 0.1  # share of rows in excess of one per person above which persons recur
_DISTINCT = 0.9
"""Share of distinct values from which a column named as an identifier identifies respondents."""


@dataclass(frozen=True, eq=False)
class ScopedRows:
    """The rows of a scope: domain of each row (0 where outside) and weight (0 where outside)."""

    domain: Integers  # (rows,)
    weight: Floats  # (rows,)
    inside: NDArray[np.bool_]  # (rows,)
    domains: int
    _people: dict[str, Floats] = field(default_factory=dict, init=False, repr=False)
    _cell: list[Integers] = field(default_factory=list, init=False, repr=False)

    @cached_property
    def everybody(self) -> bool:
        """Whether every row is inside."""
        return bool(self.inside.all())

    @cached_property
    def respondents(self) -> Integers:
        """Rows of positive weight by domain."""
        return self.counted(None)

    def counted(self, answered: NDArray[np.bool_] | None) -> Integers:
        """Return by domain how many rows of positive weight have an answer."""
        there = self.weight > 0 if answered is None else (self.weight > 0) & answered
        if self.domains > 1 and there.all():
            return np.bincount(self.domain, minlength=self.domains).astype(np.int64)
        if self.domains == 1:
            return np.array([np.count_nonzero(there)], dtype=np.int64)
        return np.bincount(self.domain[there], minlength=self.domains).astype(np.int64)

    def cell_of(self, unit: Integers) -> Integers:
        """Return the cell of each row, its unit crossed with its domain; `unit` never changes."""
        if self.domains == 1:
            return unit
        if not self._cell:
            cell = unit * self.domains
            cell += self.domain
            self._cell.append(cell)
        return self._cell[0]

    def people(self, of: str, key: Integers | None, cells: int) -> Floats:
        """Return the sum of the weights by cell; `of` names the cells, for remembering."""
        if of not in self._people:
            self._people[of] = cell_sums([self.weight], key, cells, None)
        return self._people[of]


class MemoryEngine:
    """Totals of a frame that fits in memory (pandas, Polars, PyArrow through narwhals)."""

    def __init__(
        self,
        columns: MemoryColumns,
        design: Design,
        drawn: SampleIdentity | None = None,
        *,
        weights: Floats | None = None,
        auxiliary: Auxiliary | None = None,
        units: Units | None = None,
    ) -> None:
        self.columns = columns
        self.design = design
        self.drawn = drawn or SampleIdentity()
        self.auxiliary = auxiliary
        self._scopes: dict[Scope, ScopedRows] = {}
        self._sorted: tuple[object, Masses] | None = None
        self._binned: tuple[object, Binned | None] | None = None
        self._undecided: dict[tuple[Expression, ...], Mapping[str, int]] = {}
        self.units: Units = units or self.arranged(design)
        if weights is None:
            weights = self._weights()
            self.units = self.units.where_weighted(weights)
        self.weights: Floats = weights
        self.row_weight: Expression = Rows(weights)

    def reweighted(
        self, weights: Floats, auxiliary: Auxiliary | None, units: Units | None = None
    ) -> MemoryEngine:
        """Return an engine on the same rows with other weights, their margins and other units."""
        return MemoryEngine(
            self.columns,
            self.design,
            self.drawn,
            weights=weights,
            auxiliary=auxiliary,
            units=units or self.units,
        )

    def with_columns(self, *added: nw.Expr | nw.Series[Any], codebook: Codebook) -> MemoryEngine:
        """Return an engine with columns added, described by a codebook."""
        return MemoryEngine(
            self.columns.with_columns(*added, codebook=codebook),
            self.design,
            self.drawn,
            weights=self.weights,
            auxiliary=self.auxiliary,
            units=self.units,
        )

    def in_memory(self, names: Sequence[str]) -> nw.DataFrame[Any]:
        """Return columns of all rows in memory."""
        return self.columns.frame.select(*names)

    @cached_property
    def replication(self) -> Replication | None:
        """The replicate weights that the design names, or None."""
        if self.design.replicates is None:
            return None
        return self.design.replicates.read(
            lambda name: self.columns.design_numbers(name, "replicate weights"), self.weights
        )

    def identify(self) -> None:
        """Keep a trace of columns named as identifiers and of units, once per sample."""
        if self.drawn.traces is not None:
            return
        self.drawn.traces = {}
        for name in self.columns.schema:
            if is_row_identifier(name.lower()):
                values = self.columns.frame[name].to_list()
                if len({*values}) >= _DISTINCT * self.rows:
                    self.drawn.traces[name] = trace_of(values)
        if self.design.psu:
            names = [*(self.design.strata if self.design.nest else ()), self.design.psu[0]]
            first = np.zeros(len(self.units.stages[0].group), dtype=np.int64)
            first[self.units.psu_of_unit[self.units.of_record]] = np.arange(self.rows)
            factors = list(map(self.columns.factor, names))
            labels = [
                [factor.categories[code] for code in factor.codes[first].tolist()]
                for factor in factors
            ]
            self.drawn.traces[" × ".join(names)] = trace_of(zip(*labels, strict=True))

    def persons_recur(self, names: tuple[str, ...]) -> bool:
        """Return whether persons have several rows, which are then a unit.

        Refuse persons of several strata or units.
        """
        for name in names:
            self.columns.complete_codes(name, "identifiers")
        code, cells = self.complete_cells(names, "identifiers")
        if len(cells) == self.rows:
            return False
        written, design = quoted_names(names), self.design
        if not design.psu and len(names) > 1:
            raise DesignError(
                f"{written} do not distinguish rows, and cannot be the units that were drawn.",
                f"{self.rows - len(cells)} of {self.rows} rows repeat those of another.",
                "Write in `id=` one column that identifies persons.",
            )
        above = self.complete_cells(design.strata, "strata")[0]
        if design.psu:
            above = self.units.psu_of_unit[self.units.of_record]
        home = np.zeros(len(cells), dtype=np.int64)
        home[code] = above
        moved = np.unique(code[home[code] != above]).size
        if moved:
            kind = f"strata (`{' × '.join(design.strata)}`)"
            apart = "; or leave out `id=` and compare waves by "
            apart += f"`dl.change(sample, ..., wave=..., person={names[0]!r})`"
            if design.psu:
                kind, apart = f"primary units (`{design.psu[0]}`)", ""
            raise DesignError(
                f"{moved} of {len(cells)} persons ({written}) are in several {kind}.",
                "Their rows would be taken as independent.",
                "Write in every row the stratum and the unit in which the person was drawn "
                f"first{apart}.",
            )
        return True

    def identifier_that_comes_back(self, scope: Scope) -> str:
        """Return the column of person identifiers that recur undeclared, or "" without one."""
        if self.design.psu or self.design.id:
            return ""
        for name in self.columns.schema:
            if not is_person_identifier(name.lower()):
                continue
            codes = self.columns.factor(name).codes
            known = codes[(codes >= 0) & (self.scoped(scope).weight > 0)]
            persons = np.unique(known).size
            if persons >= _FEW and known.size > (1 + _RECURRING) * persons:
                return name
        return ""

    def in_rows(self) -> MemoryEngine:
        """Return the engine with each row as a unit by itself."""
        alone: Any = {
            "strata": (),
            "psu": (),
            "fpc": (),
            "replicates": None,
            "unequal": None,
            "joint": None,
        }
        design = replace(
            self.design,
            **alone,
            lonely_psu="fail",
            lonely_psu_domain=None,
            unequal_variance="horvitz_thompson",
        )
        return MemoryEngine(
            self.columns,
            design,
            self.drawn,
            weights=self.weights,
            auxiliary=self.auxiliary,
            units=self.arranged(design),
        )

    @property
    def rows(self) -> int:
        """Number of rows."""
        return self.columns.rows

    def holds_words(self, name: str) -> bool:
        """Return whether a column holds words."""
        return self.columns.schema[name] in WORDS

    def words_in_order(self, name: str, asked: str) -> tuple[Any, ...]:
        """Return the words of a column in order; errors quote `asked`, which needs the order."""
        return self.columns.words_in_order(name, asked)

    @property
    def people_per_respondent(self) -> float:
        """How many people the weights count for each respondent.

        Infinite where they do not tell, or an fpc does.
        """
        known = self.design.weights is not None or self.auxiliary is not None
        if not known or self.design.fpc:
            return math.inf
        return float(self.weights.sum() / np.count_nonzero(self.weights))

    def is_boolean(self, name: str) -> bool:
        """Return whether a column holds true and false."""
        return self.columns.is_boolean(name)

    def holds_fractions(self, name: str) -> bool:
        """Return whether a column is of a type that holds fractions, as amounts are."""
        return self.columns.holds_fractions(name)

    def tallies(
        self, scope: Scope, name: str, most: int, worth: Callable[[float, float], bool]
    ) -> tuple[Floats, Integers]:
        """Return the distinct numbers of a column from each end, and their rows, if `worth` it."""
        numbers, rows = self.columns.numbers(name), self.scoped(scope)
        used = rows.weight > 0
        if not used.all():
            numbers = numbers[used]
        low, high = (
            np.fmin.reduce(numbers, initial=np.inf),
            np.fmax.reduce(numbers, initial=-np.inf),
        )
        known = numbers[~np.isnan(numbers)] if worth(float(low), float(high)) else np.empty(0)
        return np.unique(known, return_counts=True)

    def undecided(self, conditions: tuple[Expression, ...]) -> Mapping[str, int]:
        """Return by column how many weighted rows lack an answer that decides the conditions."""
        # under no name where a condition was not written for diplab, whose columns are not known
        if conditions not in self._undecided:
            self._undecided[conditions] = self._count_undecided(conditions)
        return self._undecided[conditions]

    def _count_undecided(self, conditions: tuple[Expression, ...]) -> Mapping[str, int]:
        nowhere = np.zeros(self.rows, dtype=np.int64)
        gaps = {
            name: self.columns.gaps(Column(name), nowhere) for name in column_names(*conditions)
        }
        native = reads_native(*conditions)
        if not conditions or not (native or any(gap.any() for gap in gaps.values())):
            return {}
        rows = np.isnan(self.columns.evaluate(reduce(Expression.__and__, conditions), nowhere)) & (
            self.weights > 0
        )
        counted = {name: int((item & rows).sum()) for name, item in gaps.items()}
        counted |= {"": int(rows.sum())} if native else {}
        return filled(counted)

    def category_level(self, name: str) -> Literal["nominal", "ordinal"] | None:
        """Return whether numbers came as categories, and with an order.

        None where they are plain numbers.
        """
        return self.columns.category_level(name)

    def arranged(self, design: Design) -> Units:
        """Return the sampling units of these rows under a design."""
        strata, cells = self.complete_cells(design.strata, "strata")
        stratum_name = StratumNames(design.strata, cells)
        identifiers = [self.columns.complete_codes(name, "units") for name in design.psu]
        fpc = [self.columns.design_numbers(name, "the fpc") for name in design.fpc]
        return arrange(strata, identifiers, fpc, self.rows, design, stratum_name)

    def _weights(self) -> Floats:
        if self.design.weights is None:
            by_fpc = self.units.weights
            return np.ones(self.rows) if by_fpc is None else by_fpc
        weights = self.columns.design_numbers(self.design.weights, "weights")
        tests = {
            "missing": np.isnan(weights),
            "infinite": np.isinf(weights),
            "negative": weights < 0,
        }
        counted = {
            name: int(test.sum()) for name, test in (tests | {"positive": weights > 0}).items()
        }
        check_weights(self.design.weights, rows=self.rows, **counted)
        return weights

    def cells(self, by: tuple[str, ...]) -> list[tuple[Any, ...]]:
        """Return the combinations of domain variables in the file, in the order of categories."""
        return self.columns.combinations(by)[1]

    def complete_cells(
        self, names: tuple[str, ...], use: str
    ) -> tuple[Integers, list[tuple[Any, ...]]]:
        """Return the combination of design columns on each row, and all; errors quote `use`."""
        for name in names:
            self.columns.complete_codes(name, use)
        return self.columns.combinations(names)

    def scoped(self, scope: Scope) -> ScopedRows:
        """Return domain and weight of every row of a scope."""
        if scope not in self._scopes:
            code, cells = self.columns.combinations(scope.by)
            inside = code >= 0
            for condition in scope.conditions:
                inside &= self.columns.evaluate(condition, code) == 1.0
            whole = bool(inside.all())
            weight = self.weights if whole else np.where(inside, self.weights, 0.0)
            self._scopes[scope] = ScopedRows(
                code if whole else np.where(inside, code, 0), weight, inside, len(cells)
            )
        return self._scopes[scope]

    def _answered(
        self, complete: Sequence[Expression], rows: ScopedRows
    ) -> NDArray[np.bool_] | None:
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
        return rows.respondents if answered is None else rows.counted(answered)

    def values_inside(
        self, scope: Scope, term: Expression, complete: Sequence[Expression]
    ) -> tuple[Integers, Floats]:
        """Return domain and value of every row: 0 outside the scope and where missing."""
        rows = self.scoped(scope)
        answered = self._answered(complete, rows)
        value = self.columns.evaluate(term, rows.domain)
        if answered is None and rows.everybody:
            return rows.domain, value
        counted = rows.inside if answered is None else rows.inside & answered
        return rows.domain, np.where(counted, value, 0.0)

    def unit_totals(
        self, scope: Scope, terms: Sequence[Expression], complete: Sequence[Expression]
    ) -> UnitTotals | GridTotals:
        """Return weighted totals by unit and domain.

        Each row is an entry where each row is a unit.
        """
        rows = self.scoped(scope)
        unit = self.units.of_record
        if not self.design.psu:
            return self._row_totals(rows, terms, complete)
        cells = len(self.units.stages[-1].group) * rows.domains
        key = rows.cell_of(unit)
        if cells > 4 * self.rows + 1_000_000:
            key, first = compressed(key)
            place = rows.cell_of(unit)[first]
            values = self._sums(rows, terms, complete, "present", key, place.size)
            return UnitTotals(place // rows.domains, place % rows.domains, values)
        values = self._sums(rows, terms, complete, "unit", key, cells)
        return GridTotals(values, cells // rows.domains, rows.domains)

    def domain_totals(
        self, scope: Scope, terms: Sequence[Expression], complete: Sequence[Expression]
    ) -> Floats:
        """Return weighted totals by domain."""
        rows = self.scoped(scope)
        key = rows.domain if rows.domains > 1 else None
        return self._sums(rows, terms, complete, "domain", key, rows.domains)

    def _row_totals(
        self, rows: ScopedRows, terms: Sequence[Expression], complete: Sequence[Expression]
    ) -> UnitTotals:
        answered = self._answered(complete, rows)
        weight = rows.weight if answered is None else np.where(answered, rows.weight, 0.0)
        selected = np.arange(self.rows) if rows.everybody else np.flatnonzero(rows.inside)
        values = np.empty((selected.size, len(terms)))
        for position, term in enumerate(terms):
            value = weight
            for factor in self._factors(term, rows):
                value = value * factor
            if answered is not None or not rows.everybody:
                value = np.where(weight == 0, 0.0, value)
            values[:, position] = value if rows.everybody else value[selected]
        return UnitTotals(self.units.of_record[selected], rows.domain[selected], values)

    def _sums(
        self,
        rows: ScopedRows,
        terms: Sequence[Expression],
        complete: Sequence[Expression],
        of: str,
        key: Integers | None,
        cells: int,
    ) -> Floats:
        """Return weighted totals of terms by cell.

        Those of 1, the same for every statistic, are remembered.
        """
        answered = self._answered(complete, rows)
        # a missing or infinite value with no weight counts nothing
        outside = None if answered is None and rows.everybody else rows.weight == 0
        if answered is not None:
            outside = ~answered if outside is None else outside | ~answered
        columns = []
        for term in terms:
            factors = self._factors(term, rows)
            if not factors and answered is None:
                columns.append(rows.people(of, key, cells))
            else:
                columns.append(cell_sums([rows.weight, *factors], key, cells, outside))
        return np.column_stack(columns)

    def _factors(self, term: Expression, rows: ScopedRows) -> list[Floats]:
        """Return the columns whose product a term is; none for 1."""
        if term == ONE:
            return []
        if isinstance(term, Apply) and term.operation == "*":
            left, right = term.arguments
            first = self._factors(left, rows)
            return [*first, *(first if right is left else self._factors(right, rows))]
        return [self.columns.evaluate(term, rows.domain)]

    def masses(
        self, scope: Scope, value: Expression, complete: Sequence[Expression], shares: Floats
    ) -> Masses:
        """Return weight by value within each domain.

        Of many rows, by bin far from the quantiles asked for.
        """
        asked = (scope, value, tuple(complete))
        if self._binned is None or self._binned[0] != asked:
            # one column is remembered: an interval needs its quantiles three times
            if self._sorted is not None and self._sorted[0] == asked:
                return self._sorted[1]
            self._binned = asked, binned(*self._valued(scope, value, complete))
        result = self._binned[1]
        return self.sorted_masses(scope, value, complete) if result is None else result.near(shares)

    def sorted_masses(
        self, scope: Scope, value: Expression, complete: Sequence[Expression]
    ) -> Masses:
        """Return every value, with its weight and its row, sorted within each domain."""
        asked = (scope, value, tuple(complete))
        if self._sorted is None or self._sorted[0] != asked:
            self._sorted = asked, sorted_masses(*self._valued(scope, value, complete))
        return self._sorted[1]

    def cumulated(
        self, scope: Scope, along: Along, complete: Sequence[Expression], *, own: float
    ) -> Expression:
        """Return on each row the weighted total of its domain below its own value, or at it."""
        # `own` is the share of ties that counts: 1, 0.5 or 0
        return Rows(self.running(scope, along, complete, self.weights, own=own))

    def running(
        self,
        scope: Scope,
        along: Along,
        complete: Sequence[Expression],
        weights: Floats,
        *,
        own: float,
    ) -> Floats:
        """Return the same under some weights of the rows; 0 outside the scope."""
        order, what = along
        masses = self.sorted_masses(scope, order, complete)
        assert masses.rows is not None  # an engine in memory has them
        added = masses.weights if weights is self.weights else weights[masses.rows]
        if what != ONE:
            added = added * self.columns.evaluate(what, self.scoped(scope).domain)[masses.rows]
        result = np.zeros(self.rows)
        result[masses.rows] = running_totals(masses.starts, masses.values, added, own)
        return result

    def on_rows(self, scope: Scope, expression: Expression) -> Rows:
        """Return an expression as its value on every row; 0 outside the scope."""
        rows = self.scoped(scope)
        value = self.columns.evaluate(expression, rows.domain)
        return Rows(np.where(rows.weight > 0, value, 0.0))

    def _valued(
        self, scope: Scope, value: Expression, complete: Sequence[Expression]
    ) -> tuple[Integers, Floats, Floats, Integers | None, int]:
        """Return row, value, weight and domain of everybody with an answer and a weight."""
        rows = self.scoped(scope)
        answered = self._answered([*complete, value], rows)
        there = rows.weight > 0 if answered is None else (rows.weight > 0) & answered
        selected = np.flatnonzero(there)
        values, weight, domain = self.columns.evaluate(value, rows.domain), rows.weight, rows.domain
        if selected.size < self.rows:
            values, weight, domain = values[selected], weight[selected], domain[selected]
        return selected, values, weight, domain if rows.domains > 1 else None, rows.domains
