"""The engine for data that are queried in place: Polars lazy frames, DuckDB, narwhals.

Of columns with more distinct values than `DISTINCT`, the bins that hold a quantile are looked into
(and cut again where too full), and every other bin comes back as one row at its smallest value. See
docs/decisions/0002-engines.md.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, reduce
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
import pandas as pd

from diplab.errors import DesignError
from diplab.kernel.arrays import Floats, Integers
from diplab.microdata.variable import filled, in_order, positions
from diplab.sampling.engines import comparison
from diplab.sampling.engines.columns import (
    WORDS,
    check_complete,
    check_numeric,
    check_weights,
    nan_as_null,
)
from diplab.sampling.engines.protocol import Along, Masses, Scope, UnitTotals
from diplab.sampling.engines.translation import ColumnFacts, Translation, with_cumulated, with_parts
from diplab.sampling.expression import (
    Column,
    Cumulated,
    Expression,
    Native,
    column_names,
    reads_native,
    reads_rows,
)
from diplab.sampling.identity import SampleIdentity
from diplab.sampling.units import StratumNames, Units, arrange

if TYPE_CHECKING:
    from diplab.microdata.codebook import Codebook
    from diplab.sampling.auxiliary import Auxiliary
    from diplab.sampling.design import Design
    from diplab.sampling.replication import Replication

DISTINCT = 1_000_000
BINS = 16_384
WEIGHT, VALUE, ROWS, BIN = "diplab_weight", "diplab_value", "diplab_rows", "diplab_bin"


def _decisive(bins: pd.DataFrame, domain: Integers, shares: Floats) -> Integers:
    """Return the bins in which a share of some domain falls."""
    wanted: set[int] = set()
    for code in np.unique(domain):
        own = bins.loc[domain == code].sort_values(BIN)
        cumulated = own[WEIGHT].cumsum().to_numpy()
        targets = shares[code][~np.isnan(shares[code])]
        slack = 1e-9 * cumulated[-1]
        for edge in (-slack, slack):
            place = np.searchsorted(cumulated, targets * cumulated[-1] + edge)
            wanted |= set(own[BIN].to_numpy()[np.minimum(place, len(own) - 1)].tolist())
    return np.asarray(sorted(wanted), dtype=np.int64)


def _uncounted(rows: int) -> None:
    """Keep no count of the rows that leave the engine, as tests do."""


class QueryEngine:
    """Totals of a frame that is queried."""

    def __init__(
        self,
        frame: nw.LazyFrame[Any],
        design: Design,
        codebook: Codebook,
        drawn: SampleIdentity | None = None,
    ) -> None:
        self.design = design
        self.codebook = codebook
        self.drawn = drawn or SampleIdentity()
        # replicate and calibrated weights are weights of rows in memory
        self.replication: Replication | None = None
        self.auxiliary: Auxiliary | None = None
        self.schema = frame.collect_schema()
        # categories of Polars are sorted by when they were first met, strata by their names
        met = [
            name for name in (*design.strata, *design.psu) if self.schema[name] == nw.Categorical
        ]
        if met:
            frame = frame.with_columns(*[nw.col(name).cast(nw.String) for name in met])
            self.schema = frame.collect_schema()
        for name in design.numeric:
            check_numeric(name, self.schema[name], design.use_of(name))
        # a column even where every row weighs 1: a literal summed or filtered by itself has no
        # length
        weight = (
            nw.lit(1.0)
            if design.weights is None
            else Translation(self.schema).number(Column(design.weights))
        )
        self.frame = frame.with_columns(weight.alias(WEIGHT))
        self.collected: Callable[[int], None] = _uncounted
        self.rows: int = 0
        self.people_per_respondent = math.inf
        self._cells: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}
        self._bits_of: dict[str, int] = {}
        self._tallies: dict[object, tuple[Floats, Integers]] = {}
        self._undecided: dict[tuple[Expression, ...], Mapping[str, int]] = {}
        self._counted: (
            tuple[object, Masses | tuple[nw.LazyFrame[Any], tuple[float, float]]] | None
        ) = None
        self._near: tuple[object, Masses] | None = None
        self._check()

    def __getstate__(self) -> dict[str, Any]:
        """Return the state for another process: a Polars plan; a connection is refused."""
        if self.frame.implementation is not nw.Implementation.POLARS:
            raise DesignError(
                "A sample on a connection cannot be written to a file, nor sent to another "
                "process.",
                f"Its rows are those of a query of {self.frame.implementation.value}.",
                "Load the columns that you need into memory, `relation.select(...).df()`, and "
                "declare the design on "
                "them; or declare it again in each process.",
            )
        return self.__dict__

    def in_memory(self, names: Sequence[str]) -> nw.DataFrame[Any]:
        """Return columns of all rows in memory."""
        return self.frame.select(*names).collect()

    def with_columns(self, *added: nw.Expr, codebook: Codebook) -> QueryEngine:
        """Return an engine on the same rows with columns added that a codebook describes."""
        return QueryEngine(self.frame.with_columns(*added), self.design, codebook, self.drawn)

    def _written(self, by: tuple[str, ...] = ()) -> Translation:
        """Return what writes expressions for these data, within domains."""
        return Translation(self.schema, by, self.cells(by) if by else None, self._known)

    @cached_property
    def _known(self) -> ColumnFacts:
        """What is known of the columns."""
        of_128 = self.frame.implementation in (nw.Implementation.POLARS, nw.Implementation.DUCKDB)
        return ColumnFacts(self.words_in_order, self._bits, 126 if of_128 else comparison.EXACT)

    def _bits(self, name: str) -> int:
        """Return the bits that a column of whole numbers needs; of 64 it is asked."""
        of_type = comparison.whole_range(self.schema[name])[1].bit_length()
        if of_type <= comparison.EXACT:
            return of_type
        if name not in self._bits_of:
            column = nw.col(name)
            ends = self.collect(
                self.frame.select(column.min().alias("low"), column.max().alias("high"))
            )
            self._bits_of[name] = max(int(end).bit_length() for end in ends.iloc[0].fillna(0))
        return self._bits_of[name]

    def collect(self, query: nw.LazyFrame[Any]) -> pd.DataFrame:
        """Run a query and bring its few rows to memory."""
        result = query.collect(backend="pandas").to_pandas()
        self.collected(len(result))
        for name in result.columns[result.dtypes == np.float32]:
            result[name] = comparison.as_written(result[name])
        return result

    def _grouped(
        self, query: nw.LazyFrame[Any], keys: Sequence[str], sums: list[nw.Expr]
    ) -> pd.DataFrame:
        return self.collect(query.group_by(list(keys)).agg(*sums) if keys else query.select(*sums))

    def _check(self) -> None:
        """Look at weights and design columns in one query."""
        if self.design.joint is not None:
            raise DesignError(
                "`joint` does not apply to data that stay in a database.",
                "Their rows have no order, and so the array does not say which unit is which.",
                "Load the data into memory, for example `data.collect()`, before declaring the "
                "design.",
            )
        sums = [nw.len().alias(ROWS)]
        named = (*self.design.strata, *self.design.psu, *self.design.fpc)
        plain = Translation(self.schema)
        sums += [
            plain.column(name).is_null().cast(nw.Int64).sum().alias(f"null_{name}")
            for name in named
        ]
        if self.design.weights:
            weight = nw.col(WEIGHT)
            tests = {"missing": weight.is_null(), "infinite": ~weight.is_finite()}
            tests |= {"negative": weight < 0, "positive": weight > 0}
            sums += [
                test.cast(nw.Int64).sum().alias(f"weight_{name}") for name, test in tests.items()
            ]
            sums.append(weight.sum().alias("weight_sum"))
        result = self.collect(self.frame.select(*sums)).iloc[0].fillna(0)
        self.rows = int(result[ROWS])
        for name in named:
            check_complete(name, self.design.use_of(name), int(result[f"null_{name}"]), self.rows)
        if self.design.weights:
            counted = {name: int(result[f"weight_{name}"]) for name in tests}
            check_weights(self.design.weights, rows=self.rows, **counted)
            if not self.design.fpc:
                self.people_per_respondent = float(result["weight_sum"]) / counted["positive"]
        elif self.design.fpc:
            raise DesignError(
                "Data that stay in a database need `weights=`.",
                "Weights that follow from the fpc would need every unit of every row.",
                "Write `weights=` with a column of the data.",
            )

    @cached_property
    def _unit_rows(self) -> pd.DataFrame:
        keys = [*self.design.strata, *self.design.psu[: max(self.design.stages, 1)]]
        sums = [nw.col(name).max().alias(f"fpc_{name}") for name in self.design.fpc]
        sums += [nw.col(name).min().alias(f"least_{name}") for name in self.design.fpc]
        result = self._grouped(
            self.frame, keys, [*sums, nw.len().alias(ROWS), nw.col(WEIGHT).sum()]
        )
        for name in self.design.fpc:
            if (result[f"fpc_{name}"] != result[f"least_{name}"]).any():
                raise DesignError(
                    f"`{name}` cannot be the fpc.",
                    "It takes several values within one stratum or unit.",
                    "Write one value per stratum at the first stage, one value per unit above at "
                    "later stages.",
                )
        return result.sort_values(keys, key=self._places, ignore_index=True)

    @cached_property
    def units(self) -> Units:
        """Sampling units of the whole file."""
        rows = self._unit_rows
        strata, names = np.zeros(len(rows), dtype=np.int64), pd.MultiIndex.from_arrays([[""]])
        if self.design.strata:
            names = pd.MultiIndex.from_frame(rows[list(self.design.strata)].drop_duplicates())
            strata = names.get_indexer(
                pd.MultiIndex.from_frame(rows[list(self.design.strata)])
            ).astype(np.int64)
        stratum_name = StratumNames(self.design.strata, names.tolist())
        psu = self.design.psu[: max(self.design.stages, 1)]
        identifiers = [pd.factorize(rows[name], sort=True)[0].astype(np.int64) for name in psu]
        fpc = [rows[f"fpc_{name}"].to_numpy(dtype=float) for name in self.design.fpc]
        units = arrange(strata, identifiers, fpc[: len(psu)], len(rows), self.design, stratum_name)
        return units.where_weighted(rows[WEIGHT].to_numpy(dtype=float))

    def identify(self) -> None:
        """Keep no trace of identifiers, which stay where the data are."""

    def holds_words(self, name: str) -> bool:
        """Return whether a column holds words."""
        return self.schema[name] in WORDS

    def words_in_order(self, name: str, asked: str) -> tuple[Any, ...]:
        """Return the words of a column in order; errors quote `asked`, which needs the order."""
        found, typed = (
            [answer for (answer,) in self.cells((name,))],
            self.schema[name] in (nw.Categorical, nw.Enum),
        )
        return comparison.words_in_order(
            self.codebook, name, found, asked, typed=typed, in_memory=False
        )

    def is_boolean(self, name: str) -> bool:
        """Return whether a column holds true and false."""
        return bool(self.schema[name] == nw.Boolean)

    def holds_fractions(self, name: str) -> bool:
        """Return whether a column is of a type that holds fractions, as amounts are."""
        return self.schema[name].is_float() or self.schema[name].is_decimal()

    def tallies(
        self, scope: Scope, name: str, most: int, worth: Callable[[float, float], bool]
    ) -> tuple[Floats, Integers]:
        """Return the distinct numbers of a column from each end, and their rows, if `worth` it."""
        asked = scope, name, most, worth
        if asked not in self._tallies:
            own = self._written().number(Column(name)).alias(VALUE)
            rows = self._within(scope, ()).select(own).filter(~nw.col(VALUE).is_null())
            ends = self.collect(
                rows.select(nw.col(VALUE).min().alias("low"), nw.col(VALUE).max().alias("high"))
            )
            found = pd.DataFrame({VALUE: [], ROWS: []})
            if worth(*ends.iloc[0].astype(float)):
                counted = rows.group_by(VALUE).agg(nw.len().alias(ROWS))
                both = [
                    self.collect(counted.sort(VALUE, descending=down).head(most))
                    for down in (False, True)
                ]
                found = pd.concat(both).drop_duplicates(VALUE).sort_values(VALUE)
            self._tallies[asked] = (
                found[VALUE].to_numpy(dtype=float),
                found[ROWS].to_numpy(dtype=np.int64),
            )
        return self._tallies[asked]

    def persons_recur(self, names: tuple[str, ...]) -> bool:
        """Return whether persons have several rows; false where units are declared."""
        if self.design.psu:
            return False
        distinct = self.frame.select(*names).unique().select(nw.len().alias(ROWS))
        return int(self.collect(distinct)[ROWS].iloc[0]) < self.rows

    def identifier_that_comes_back(self, scope: Scope) -> str:
        """Return "": identifiers are checked in memory, where undeclared samples are collected."""
        return ""

    def undecided(self, conditions: tuple[Expression, ...]) -> Mapping[str, int]:
        """Return by column how many weighted rows lack an answer that decides the conditions."""
        names, native = column_names(*conditions), reads_native(*conditions)
        if conditions and conditions not in self._undecided:
            words = self._written()
            frame = nan_as_null(self.frame) if native else self.frame
            unknown = reduce(operator.and_, map(words.condition, conditions)).is_null()
            gaps = {name: unknown & words.column(name).is_null() for name in names}
            gaps |= {"": unknown} if native else {}
            sums = [
                item.cast(nw.Int64).sum().alias(f"{ROWS}_{at}")
                for at, item in enumerate(gaps.values())
            ]
            counted = (
                self.collect(frame.filter(nw.col(WEIGHT) > 0).select(*sums))
                .iloc[0]
                .fillna(0)
                .tolist()
            )
            self._undecided[conditions] = filled(dict(zip(gaps, map(int, counted), strict=True)))
        return self._undecided.get(conditions, {})

    def category_level(self, name: str) -> None:
        """Return None: categories of a query are words."""

    def cells(self, by: tuple[str, ...]) -> list[tuple[Any, ...]]:
        """Return the combinations of domain variables in the data, in the order of categories."""
        if not by:
            return [()]
        if by not in self._cells:
            plain = Translation(self.schema)
            query = self.frame.select(*[plain.column(name).alias(name) for name in by]).unique()
            found = self.collect(query).dropna().sort_values(list(by), key=self._places)
            self._cells[by] = list(found.itertuples(index=False, name=None))
        return self._cells[by]

    def _places(self, column: pd.Series[Any]) -> pd.Series[Any]:
        """Return what sorts answers in the order of the codebook, else by themselves."""
        listed = tuple(self.codebook.variable(str(column.name)).values)
        if not listed:
            # categories of Polars that declare no order come in that of its memory
            return column.astype(object) if column.dtype == "category" else column
        answers = in_order(sorted(column.dropna().unique()), listed)
        return column.map(positions(answers)).astype(float)

    def _within(self, scope: Scope, complete: Sequence[Expression]) -> nw.LazyFrame[Any]:
        """Return the rows of a scope that answer everything a statistic needs."""
        words = self._written(scope.by)
        kept = list(map(words.condition, scope.conditions))
        kept += [words.answered(expression) for expression in complete if reads_rows(expression)]
        kept += [~words.column(name).is_null() for name in scope.by]
        frame = (
            nan_as_null(self.frame) if reads_native(*scope.conditions, *complete) else self.frame
        )
        return frame.filter(nw.col(WEIGHT) > 0, *kept)

    def _domain_of(self, result: pd.DataFrame, by: tuple[str, ...]) -> Integers:
        if not by:
            return np.zeros(len(result), dtype=np.int64)
        cells = pd.MultiIndex.from_tuples(self.cells(by), names=list(by))
        return cells.get_indexer(pd.MultiIndex.from_frame(result[list(by)])).astype(np.int64)

    def counts(self, scope: Scope, terms: Sequence[Expression]) -> Integers:
        """Return by domain how many rows have positive weight and an answer to every term."""
        result = self._grouped(self._within(scope, terms), scope.by, [nw.len().alias(ROWS)])
        counted = np.zeros(len(self.cells(scope.by)), dtype=np.int64)
        counted[self._domain_of(result, scope.by)] = result[ROWS].to_numpy()
        return counted

    def _summed(
        self, scope: Scope, terms: Sequence[Expression], complete: Sequence[Expression]
    ) -> tuple[nw.LazyFrame[Any], list[nw.Expr]]:
        """Return the rows of a scope, and the sums of terms over them."""
        words, weight = self._written(scope.by), nw.col(WEIGHT)
        rows, written = with_cumulated(self._within(scope, complete), terms, words, weight)
        rows, written = with_parts(rows, written, words)
        return rows, [
            (weight * words.number(term)).sum().alias(f"term_{position}")
            for position, term in enumerate(written)
        ]

    def cumulated(
        self, scope: Scope, along: Along, complete: Sequence[Expression], *, own: float
    ) -> Expression:
        """Return the running total of an expression along another, to be written in a query."""
        return Cumulated(*along, own)

    def on_rows(self, scope: Scope, expression: Expression) -> Expression:
        """Return the expression, to be written in a query."""
        return expression

    @cached_property
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
        result = self._grouped(rows, both, sums)
        known = pd.MultiIndex.from_frame(self._unit_rows[keys])
        record = known.get_indexer(pd.MultiIndex.from_frame(result[keys]))
        unit = self.units.of_record[record]
        domain = self._domain_of(result, scope.by)
        order = np.lexsort((domain, unit))
        return UnitTotals(unit[order], domain[order], _values(result, len(terms))[order])

    def domain_totals(
        self, scope: Scope, terms: Sequence[Expression], complete: Sequence[Expression]
    ) -> Floats:
        """Return weighted totals by domain."""
        rows, sums = self._summed(scope, terms, complete)
        result = self._grouped(rows, scope.by, sums)
        totals = np.zeros((len(self.cells(scope.by)), len(terms)))
        totals[self._domain_of(result, scope.by)] = _values(result, len(terms))
        return totals

    def masses(
        self, scope: Scope, value: Expression, complete: Sequence[Expression], shares: Floats
    ) -> Masses:
        """Return weight by distinct value, or by bin far from the quantiles asked for."""
        asked = scope, value, tuple(complete)
        if self._counted is None or self._counted[0] != asked:
            # one column is remembered: an interval needs its quantiles four times
            query, column = self._valued(scope, value, complete), nw.col(VALUE)
            low, high, distinct = (
                column.min().alias("low"),
                column.max().alias("high"),
                column.n_unique().alias(ROWS),
            )
            bounds = self.collect(query.select(low, high, distinct)).iloc[0]
            exact = None
            if bounds[ROWS] <= DISTINCT:
                exact = self._masses(self._exact(query, scope.by), scope)
            self._counted = asked, exact or (query, (float(bounds["low"]), float(bounds["high"])))
        known = self._counted[1]
        if isinstance(known, Masses):
            return known
        if self._near is None or self._near[0] != (asked, shares.tobytes()):
            found = self._masses(self._refined(known[0], scope.by, shares, known[1]), scope)
            self._near = (asked, shares.tobytes()), found
        return self._near[1]

    def _exact(self, query: nw.LazyFrame[Any], by: tuple[str, ...]) -> pd.DataFrame:
        return self.collect(query.group_by(*by, VALUE).agg(nw.col(WEIGHT).sum()))

    def _refined(
        self,
        query: nw.LazyFrame[Any],
        by: tuple[str, ...],
        shares: Floats,
        reach: tuple[float, float],
    ) -> pd.DataFrame:
        """Return weight by value where the shares fall, (domains, k), and by bin elsewhere."""
        (low, high), column = reach, nw.col(VALUE)
        place = (column - low) / ((high - low) / BINS)
        binned = query.with_columns(place.floor().clip(0, BINS - 1).cast(nw.Int64).alias(BIN))
        bins = self.collect(
            binned.group_by(*by, BIN).agg(
                nw.col(WEIGHT).sum(), column.min().alias(VALUE), column.max().alias("high"),
                column.n_unique().alias(ROWS),
            )
        )  # fmt: skip
        wanted = _decisive(bins, self._domain_of(bins, by), shares)
        # a bin of one value is exact already
        wanted = wanted[
            bins.loc[bins[BIN].isin(wanted)].groupby(BIN)[ROWS].max().reindex(wanted).to_numpy() > 1
        ]
        inside = bins[BIN].isin(wanted)
        parts = [bins.loc[~inside, [*by, VALUE, WEIGHT]]]
        # rows of many domains may share one value: an upper bound on what would come back
        if bins.loc[inside, ROWS].sum() <= DISTINCT:
            kept = binned.filter(nw.col(BIN).is_in(wanted.tolist())).drop(BIN)
            return pd.concat([*parts, self._exact(kept, by)], ignore_index=True)
        for item in wanted.tolist():
            one = bins.loc[bins[BIN] == item]
            # shares within the bin: what is below it has been counted
            local = self._local_shares(bins, item, by, shares)
            reach = float(one[VALUE].min()), float(one["high"].max())
            parts.append(
                self._refined(binned.filter(nw.col(BIN) == item).drop(BIN), by, local, reach)
            )
        return pd.concat(parts, ignore_index=True)

    def _local_shares(
        self, bins: pd.DataFrame, number: int, by: tuple[str, ...], shares: Floats
    ) -> Floats:
        """Return, by domain, the shares of the weight of one bin at which the quantiles lie."""
        domain, size = self._domain_of(bins, by), shares.shape[0]
        weight, place = bins[WEIGHT].to_numpy(dtype=float), bins[BIN].to_numpy()
        total, below, inside = (
            np.bincount(domain, weights=weight * there, minlength=size)[:, None]
            for there in (np.ones(place.size), place < number, place == number)
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            local = (shares * total - below) / inside
        return np.where((local >= -1e-9) & (local <= 1 + 1e-9), local, np.nan)

    def sorted_masses(
        self, scope: Scope, value: Expression, complete: Sequence[Expression]
    ) -> Masses:
        """Return the value and weight of every row, for definitions that count ties one by one."""
        return self._masses(self.collect(self._valued(scope, value, complete)), scope)

    def _valued(
        self, scope: Scope, value: Expression, complete: Sequence[Expression]
    ) -> nw.LazyFrame[Any]:
        words = self._written(scope.by)
        return self._within(scope, [*complete, value]).select(
            *[words.column(name).alias(name) for name in scope.by],
            words.number(value).alias(VALUE),
            nw.col(WEIGHT),
        )

    def _masses(self, result: pd.DataFrame, scope: Scope) -> Masses:
        domain = self._domain_of(result, scope.by)
        values = result[VALUE].to_numpy(dtype=float)
        order = np.lexsort((values, domain))
        starts = np.r_[0, np.cumsum(np.bincount(domain, minlength=len(self.cells(scope.by))))]
        return Masses(starts, values[order], result[WEIGHT].to_numpy(dtype=float)[order])


def _values(result: pd.DataFrame, terms: int) -> Floats:
    return result[[f"term_{position}" for position in range(terms)]].to_numpy(
        dtype=float, na_value=0.0
    )
