"""The engine for data that stay where they are: Polars lazy frames, DuckDB relations, anything narwhals queries.

Each query groups by sampling unit and domain before anything is collected; what comes back is one row a unit and
domain, or one row a distinct value. `collected` is told how many rows each query returned.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
import pandas as pd

from diplab.errors import DesignError
from diplab.sampling.cumulated_columns import with_cumulated
from diplab.sampling.declared_categories import declared_order
from diplab.sampling.engine import Along, Floats, Integers, Masses, Scope, UnitTotals
from diplab.sampling.expression import Column, Cumulated, Expression, Native, reads_rows, walk
from diplab.sampling.gaps import nan_as_null
from diplab.sampling.translation import Translation
from diplab.sampling.units import Units, arrange
from diplab.sampling.weights import check_numeric, check_weights

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from diplab.sampling.auxiliary import Auxiliary
    from diplab.sampling.design import Design
    from diplab.sampling.replication import Replication

__all__ = ["QueryEngine"]

WEIGHT, VALUE, ROWS = "diplab_weight", "diplab_value", "diplab_rows"


class QueryEngine:
    """Totals of a frame that is queried, not held."""

    def __init__(self, frame: nw.LazyFrame[Any], design: Design) -> None:
        self.design = design
        self.drawn = object()
        # replicate and calibrated weights are weights of rows in memory
        self.replication: Replication | None = None
        self.auxiliary: Auxiliary | None = None
        self.schema = frame.collect_schema()
        # categories of Polars are sorted by when they were first met, strata by their names
        met = [name for name in (*design.strata, *design.psu) if self.schema[name] == nw.Categorical]
        if met:
            frame = frame.with_columns(*[nw.col(name).cast(nw.String) for name in met])
            self.schema = frame.collect_schema()
        for name in design.numeric:
            check_numeric(name, self.schema[name], design.use_of(name))
        # a column even where every row weighs 1: a literal summed or filtered by itself has no length
        self.frame = frame.with_columns(self._weight.alias(WEIGHT))
        self.collected: Callable[[int], None] = lambda _: None
        self.rows: int = 0
        self._cells: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}
        self._check()

    # -- running ------------------------------------------------------------------------------------------

    def collect(self, query: nw.LazyFrame[Any]) -> pd.DataFrame:
        """Run a query and bring its few rows to memory."""
        found = query.collect(backend="pandas").to_pandas()
        self.collected(len(found))
        return found

    def _grouped(self, query: nw.LazyFrame[Any], keys: Sequence[str], sums: list[nw.Expr]) -> pd.DataFrame:
        if keys:
            return self.collect(query.group_by(list(keys)).agg(*sums))
        return self.collect(query.select(*sums))

    def translation(self, by: tuple[str, ...] = ()) -> Translation:
        """Return the translation for a set of domain variables."""
        return Translation(self.schema, by, self.cells(by))

    # -- design -------------------------------------------------------------------------------------------

    def _check(self) -> None:
        """Look at weights and design columns in one query."""
        sums = [nw.len().alias(ROWS)]
        named = (*self.design.strata, *self.design.psu, *self.design.fpc)
        plain = Translation(self.schema)
        sums += [plain.plain(name).is_null().cast(nw.Int64).sum().alias(f"null_{name}") for name in named]
        if self.design.weights:
            weight = nw.col(WEIGHT)
            tests = {
                "missing": weight.is_null(),
                "infinite": ~weight.is_finite(),
                "negative": weight < 0,
                "positive": weight > 0,
            }
            sums += [test.cast(nw.Int64).sum().alias(f"weight_{name}") for name, test in tests.items()]
        found = self.collect(self.frame.select(*sums)).iloc[0].fillna(0)
        self.rows = int(found[ROWS])
        for name in named:
            if found[f"null_{name}"]:
                raise DesignError(
                    f"`{name}` was asked for as {self.design.use_of(name)}.",
                    f"{int(found[f'null_{name}'])} of its {self.rows} rows are missing.",
                    "Give every row a value, or leave those rows out before declaring the design.",
                )
        if self.design.weights:
            counted = {name: int(found[f"weight_{name}"]) for name in tests}
            check_weights(self.design.weights, rows=self.rows, **counted)
        elif self.design.fpc:
            raise DesignError(
                "A design without weights was declared on data that stay in a database.",
                "Weights that follow from the fpc would need every unit of every row.",
                "Write `weights=` with a column of the data.",
            )

    @cached_property
    def _unit_rows(self) -> pd.DataFrame:
        keys = [*self.design.strata, *self.design.psu[: max(self.design.stages, 1)]]
        sums = [nw.col(name).max().alias(f"fpc_{name}") for name in self.design.fpc]
        sums += [nw.col(name).min().alias(f"least_{name}") for name in self.design.fpc]
        found = self._grouped(self.frame, keys, [*sums, nw.len().alias(ROWS)])
        for name in self.design.fpc:
            if (found[f"fpc_{name}"] != found[f"least_{name}"]).any():
                raise DesignError(
                    f"`{name}` was asked for as the fpc.",
                    "It takes several values within one stratum or unit.",
                    "Write one value a stratum at the first stage, one value a unit above at later stages.",
                )
        return found.sort_values(keys, ignore_index=True)

    @cached_property
    def units(self) -> Units:
        """Sampling units of the whole file."""
        rows = self._unit_rows
        strata, names = None, pd.MultiIndex.from_arrays([[""]])
        if self.design.strata:
            names = pd.MultiIndex.from_frame(rows[list(self.design.strata)].drop_duplicates())
            strata = names.get_indexer(pd.MultiIndex.from_frame(rows[list(self.design.strata)])).astype(
                np.int64
            )

        def stratum_name(code: int) -> str:
            parts = zip(self.design.strata, names[code], strict=True)
            return " and ".join(f"`{name}` = {value}" for name, value in parts) or "the whole file"

        psu = self.design.psu[: max(self.design.stages, 1)]
        identifiers = [pd.factorize(rows[name], sort=True)[0].astype(np.int64) for name in psu]
        fpc = [rows[f"fpc_{name}"].to_numpy(dtype=float) for name in self.design.fpc]
        return arrange(strata, identifiers, fpc[: len(psu)], len(rows), self.design, stratum_name)

    def is_boolean(self, name: str) -> bool:
        """Return whether a column holds true and false."""
        return bool(self.schema[name] == nw.Boolean)

    def declared(self, name: str) -> tuple[Any, ...]:
        """Return the categories that the type of a column declares, whoever has them; none for most types."""
        return declared_order(self.schema.get(name)) or ()

    # -- scopes -------------------------------------------------------------------------------------------

    def cells(self, by: tuple[str, ...]) -> list[tuple[Any, ...]]:
        """Return the combinations of the domain variables that the data hold, sorted."""
        if not by:
            return [()]
        if by not in self._cells:
            plain = Translation(self.schema)
            query = self.frame.select(*[plain.plain(name).alias(name) for name in by]).unique()
            found = self.collect(query).dropna()
            cells = [tuple(row) for row in found.itertuples(index=False)]
            self._cells[by] = sorted(cells)
        return self._cells[by]

    def _within(self, scope: Scope, complete: Sequence[Expression]) -> nw.LazyFrame[Any]:
        """Return the rows of a scope that answer everything a statistic needs."""
        words = self.translation(scope.by)
        kept = [words.condition(condition) for condition in scope.conditions]
        kept += [words.answered(expression) for expression in complete if reads_rows(expression)]
        kept += [~words.plain(name).is_null() for name in scope.by]
        asked = (*scope.conditions, *complete)
        native = any(isinstance(part, Native) for expression in asked for part in walk(expression))
        frame = nan_as_null(self.frame) if native else self.frame
        return frame.filter(nw.col(WEIGHT) > 0, *kept)

    @property
    def _weight(self) -> nw.Expr:
        if self.design.weights is None:
            return nw.lit(1.0)
        return Translation(self.schema).number(Column(self.design.weights))

    def _domain_of(self, found: pd.DataFrame, by: tuple[str, ...]) -> Integers:
        if not by:
            return np.zeros(len(found), dtype=np.int64)
        cells = pd.MultiIndex.from_tuples(self.cells(by), names=list(by))
        return cells.get_indexer(pd.MultiIndex.from_frame(found[list(by)])).astype(np.int64)

    def counts(self, scope: Scope, terms: Sequence[Expression]) -> Integers:
        """Return by domain how many rows have positive weight and an answer to every term."""
        found = self._grouped(self._within(scope, terms), scope.by, [nw.len().alias(ROWS)])
        counted = np.zeros(len(self.cells(scope.by)), dtype=np.int64)
        counted[self._domain_of(found, scope.by)] = found[ROWS].to_numpy()
        return counted

    def _summed(
        self, scope: Scope, terms: Sequence[Expression], complete: Sequence[Expression]
    ) -> tuple[nw.LazyFrame[Any], list[nw.Expr]]:
        """Return the rows of a scope, and the sums of terms over them."""
        words, weight = self.translation(scope.by), nw.col(WEIGHT)
        rows, written = with_cumulated(self._within(scope, complete), terms, scope.by, words, weight)
        return rows, [
            (weight * words.number(term)).sum().alias(f"term_{place}") for place, term in enumerate(written)
        ]

    def cumulated(
        self, scope: Scope, along: Along, complete: Sequence[Expression], *, own: float
    ) -> Expression:
        """Return the running total of an expression along another, by domain, to be written in a query."""
        return Cumulated(*along, own)

    def on_rows(self, scope: Scope, expression: Expression) -> Expression:
        """Return the expression, to be written in a query."""
        return expression

    @property
    def row_weight(self) -> Expression:
        """The weight of each row."""
        return Native(nw.col(WEIGHT))

    def unit_totals(
        self, scope: Scope, terms: Sequence[Expression], complete: Sequence[Expression]
    ) -> UnitTotals:
        """Return weighted totals by unit and domain."""
        keys = [*self.design.strata, *self.design.psu[: max(self.design.stages, 1)]]
        both = list(dict.fromkeys([*keys, *scope.by]))
        rows, sums = self._summed(scope, terms, complete)
        found = self._grouped(rows, both, sums)
        known = pd.MultiIndex.from_frame(self._unit_rows[keys])
        record = known.get_indexer(pd.MultiIndex.from_frame(found[keys]))
        unit = self.units.of_record[record]
        domain = self._domain_of(found, scope.by)
        order = np.lexsort((domain, unit))
        return UnitTotals(unit[order], domain[order], _values(found, len(terms))[order])

    def domain_totals(
        self, scope: Scope, terms: Sequence[Expression], complete: Sequence[Expression]
    ) -> Floats:
        """Return weighted totals by domain."""
        rows, sums = self._summed(scope, terms, complete)
        found = self._grouped(rows, scope.by, sums)
        totals = np.zeros((len(self.cells(scope.by)), len(terms)))
        totals[self._domain_of(found, scope.by)] = _values(found, len(terms))
        return totals

    def masses(
        self, scope: Scope, value: Expression, complete: Sequence[Expression], shares: Floats
    ) -> Masses:
        """Return weight by distinct value, or by bin far from the quantiles asked for."""
        from diplab.sampling.histogram import distinct_or_binned

        query = self._valued(scope, value, complete)
        return self._masses(distinct_or_binned(query, scope.by, shares, self.collect, self._domain_of), scope)

    def sorted_masses(self, scope: Scope, value: Expression, complete: Sequence[Expression]) -> Masses:
        """Return the value and weight of every row: only rules that count ties one by one ask for it."""
        return self._masses(self.collect(self._valued(scope, value, complete)), scope)

    def _valued(self, scope: Scope, value: Expression, complete: Sequence[Expression]) -> nw.LazyFrame[Any]:
        words = self.translation(scope.by)
        return self._within(scope, [*complete, value]).select(
            *[words.plain(name).alias(name) for name in scope.by],
            words.number(value).alias(VALUE),
            nw.col(WEIGHT),
        )

    def _masses(self, found: pd.DataFrame, scope: Scope) -> Masses:
        domain = self._domain_of(found, scope.by)
        values = found[VALUE].to_numpy(dtype=float)
        order = np.lexsort((values, domain))
        starts = np.r_[0, np.cumsum(np.bincount(domain, minlength=len(self.cells(scope.by))))]
        return Masses(starts, values[order], found[WEIGHT].to_numpy(dtype=float)[order])


def _values(found: pd.DataFrame, terms: int) -> NDArray[np.float64]:
    return found[[f"term_{place}" for place in range(terms)]].to_numpy(dtype=float, na_value=0.0)
