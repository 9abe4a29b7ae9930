"""What a sample asks of the engine that holds its data, and what the engine answers.

An engine answers with one row per unit, domain or value, however large the data.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, TypeAlias

import narwhals as nw
import numpy as np

from diplab.checks import added_by_packages
from diplab.errors import DesignError
from diplab.kernel.arrays import Floats, Integers

if TYPE_CHECKING:
    from diplab.microdata.codebook import Codebook
    from diplab.sampling.auxiliary import Auxiliary
    from diplab.sampling.design import Design
    from diplab.sampling.expression import Expression
    from diplab.sampling.identity import SampleIdentity
    from diplab.sampling.replication import Replication
    from diplab.sampling.units import Units


Along: TypeAlias = (
    "tuple[Expression, Expression]"  # what orders people, and what is added up along that order
)


@dataclass(frozen=True)
class Scope:
    """The subset over which totals are computed, and the domain variables that divide it."""

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


class Engine(Protocol):
    """What runs the queries of a sample on its data, in memory or where they are."""

    design: Design
    drawn: SampleIdentity
    auxiliary: Auxiliary | None  # the margins that the weights were calibrated to

    @property
    def rows(self) -> int:
        """Number of rows."""

    @property
    def units(self) -> Units:
        """Sampling units of the whole file."""

    @property
    def replication(self) -> Replication | None:
        """The replicate weights that the design names, or None."""

    @property
    def row_weight(self) -> Expression:
        """The weight of each row, for formulas that square it."""

    @property
    def people_per_respondent(self) -> float:
        """How many people the weights count for each respondent.

        Infinite where they do not tell, or an fpc does.
        """

    # what the columns hold

    def is_boolean(self, name: str) -> bool:
        """Return whether a column holds true and false."""

    def holds_fractions(self, name: str) -> bool:
        """Return whether a column is of a type that holds fractions, as amounts are."""

    def holds_words(self, name: str) -> bool:
        """Return whether a column holds words."""

    def words_in_order(self, name: str, asked: str) -> tuple[Any, ...]:
        """Return the words of a column in order; errors quote `asked`, which needs the order."""

    def category_level(self, name: str) -> Literal["nominal", "ordinal"] | None:
        """Return whether numbers came as categories, and with an order.

        None where they are plain numbers.
        """

    def cells(self, by: tuple[str, ...]) -> list[tuple[Any, ...]]:
        """Return the combinations of domain variables in the data, in the order of categories."""

    def tallies(
        self, scope: Scope, name: str, most: int, worth: Callable[[float, float], bool]
    ) -> tuple[Floats, Integers]:
        """Return distinct numbers of a column from each end, in order, with their rows.

        Nothing where `worth`, asked with the least and the largest number, says no.
        """

    def identify(self) -> None:
        """Keep in `drawn` a trace of the identifiers of respondents and of units."""

    def identifier_that_comes_back(self, scope: Scope) -> str:
        """Return the column of person identifiers that recur undeclared, or "" without one."""

    def persons_recur(self, names: tuple[str, ...]) -> bool:
        """Return whether persons, identified by columns, have several rows."""

    # whom totals are about, and the totals

    def undecided(self, conditions: tuple[Expression, ...]) -> Mapping[str, int]:
        """Return by column how many weighted rows lack an answer that decides the conditions."""

    def counts(self, scope: Scope, terms: Sequence[Expression]) -> Integers:
        """Return by domain how many rows have positive weight and an answer to every term."""

    def domain_totals(
        self, scope: Scope, terms: Sequence[Expression], complete: Sequence[Expression]
    ) -> Floats:
        """Return weighted totals, shape (domains, terms), of rows that answer all `complete`."""

    def unit_totals(
        self, scope: Scope, terms: Sequence[Expression], complete: Sequence[Expression]
    ) -> UnitTotals | GridTotals:
        """Return weighted totals by unit and domain, of rows that answer all of `complete`."""

    def masses(
        self, scope: Scope, value: Expression, complete: Sequence[Expression], shares: Floats
    ) -> Masses:
        """Return weight by value in each domain, exact near quantiles `shares`, (domains, k)."""

    def sorted_masses(
        self, scope: Scope, value: Expression, complete: Sequence[Expression]
    ) -> Masses:
        """Return the value and the weight of every row, sorted within each domain."""

    # a value mapped back to rows

    def cumulated(
        self, scope: Scope, along: Along, complete: Sequence[Expression], *, own: float
    ) -> Expression:
        """Return on each row the weighted total of its domain below its own value, or at it.

        `own`, the share of ties that counts, is 1, 0.5 or 0.
        """

    def on_rows(self, scope: Scope, expression: Expression) -> Expression:
        """Return an expression evaluated once on every row; 0 outside the scope."""

    # other columns, other places

    def with_columns(self, *added: nw.Expr, codebook: Codebook) -> Engine:
        """Return an engine with columns added, described by a codebook."""

    def in_memory(self, names: Sequence[str]) -> nw.DataFrame[Any]:
        """Return columns of all rows in memory."""


@dataclass(frozen=True)
class Backend:
    """A kind of data that another package adds, and the engine that runs queries on it."""

    accepts: Callable[[object], bool]  # whether data are of this kind
    columns: Callable[[Any], Sequence[str]]  # the names of their columns
    engine: Callable[[Any, Design, Codebook, SampleIdentity], Engine]


@cache
def backends_of_others() -> tuple[Backend, ...]:
    """Return the kinds of data that other packages name under the entry points `diplab.engines`."""
    return added_by_packages("diplab.engines", Backend, DesignError, "engine")
