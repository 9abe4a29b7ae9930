"""The weighted cells of a table, empty ones included, with their covariance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from diplab.estimators.statistic import Linearised
from diplab.inference.covariance import joint_covariance, linearised_statistic
from diplab.inference.degrees_of_freedom import of_one_unit
from diplab.inference.measures import no_respondents
from diplab.inference.table_variables import categories_of, counted_terms, response_answers, with_missing_category
from diplab.kernel.arrays import Floats, Integers
from diplab.kernel.rao_scott import Pearson, Ratios, independence, linearised_ratios, quotients
from diplab.microdata.multiple_response import Responses
from diplab.sampling.expression import Expression, Rows
from diplab.sampling.replication import ReplicatedTotals, Replication
from diplab.sampling.sample import Sample
from diplab.sampling.totals import Totals

Cell: TypeAlias = tuple[Any, ...]  # a category of each of several variables


@dataclass(frozen=True, eq=False)
class WeightedCells:
    """Weighted counts of the cells of a table."""

    totals: Floats
    n: Integers  # respondents
    covariance: Floats  # of the totals
    replicates: Floats | None = None  # (replicates, cells): the totals under each set of replicate weights
    replication: Replication | None = None

    def ratios(self, above: sparse.csc_array, sums: sparse.csc_array, of: Integers) -> Ratios:
        """Return sums of cells over sums of cells: by linearisation, or anew in each replicate; see `quotients`."""
        if self.replication is None or self.replicates is None:
            return linearised_ratios(self.totals, self.covariance, above, sums, of)
        point = quotients(self.totals, above, sums, of)
        return Ratios(point, self.replication.covariance(quotients(self.replicates, above, sums, of), point))

    def spread_over(self, place: Integers, size: int) -> WeightedCells:
        """Return the cells put at their places in a larger table, whose other cells are empty; -1 leaves one out."""
        placed = np.flatnonzero(place >= 0)
        place = place[placed]
        totals, n, covariance = np.zeros(size), np.zeros(size, dtype=np.int64), np.zeros((size, size))
        totals[place], n[place] = self.totals[placed], self.n[placed]
        covariance[np.ix_(place, place)] = self.covariance[np.ix_(placed, placed)]
        replicates = None
        if self.replicates is not None:
            replicates = np.zeros((len(self.replicates), size))
            replicates[:, place] = self.replicates[:, placed]
        return WeightedCells(totals, n, covariance, replicates, self.replication)


def weighted_cells(
    sample: Sample, totals: Totals, terms: Sequence[Expression], counted: Integers, group: Integers
) -> WeightedCells:
    """Return weighted counts by term and domain, with covariance; lonely units are judged by `group` (domains,)."""
    if isinstance(terms[-1], Rows):
        # of several answers a person: those who answered
        totals = totals.answering(Rows(np.where(terms[-1].values > 0, 1.0, np.nan)))
    by_term = counted.reshape(len(terms), -1)
    computed = []
    for term, respondents in zip(terms, by_term, strict=True):
        (points,) = totals(term)
        computed.append(linearised_statistic(totals, Linearised(points, term), n=respondents))
    points = np.concatenate([each.linearised.point for each in computed])
    covariance = joint_covariance(sample, computed, judged=group)
    # a cell without respondents: its total is zero and does not vary
    covariance[counted == 0, :] = 0.0
    covariance[:, counted == 0] = 0.0
    if sample.replication is None:
        return WeightedCells(points, counted, covariance)
    under = ReplicatedTotals(totals, sample.replication)
    replicates = np.concatenate(under(*terms), axis=1)
    return WeightedCells(points, counted, covariance, replicates, sample.replication)


@dataclass(frozen=True, eq=False)
class Tabulation:
    """A table of weighted counts: groups, rows and columns, a cell for each combination."""

    sample: Sample
    row: str | Responses
    column: str | None  # None for a table of one variable
    by: tuple[str, ...]
    groups: tuple[tuple[Any, ...], ...]  # the combinations of their categories that have respondents
    rows: tuple[Any, ...]
    columns: tuple[Any, ...]  # one column, None, for a table of one variable
    categories: tuple[tuple[Any, ...], ...]  # of the variables of the groups, of the rows, of the columns
    cells: WeightedCells  # and, for several answers a person, the people that each column counts
    cell: Integers  # (groups, rows, columns): index of each cell
    base: Integers  # (groups, any, columns): the people of a column are the sum over the middle axis
    totals: Totals  # by domain, as the engine gave them
    group_of_domain: Integers
    base_of_domain: Integers  # the cell of the people of each domain; -1 where it has none

    @property
    def row_name(self) -> str:
        """Name of the variable of the rows."""
        return self.row.name if isinstance(self.row, Responses) else self.row

    @property
    def several(self) -> bool:
        """Whether a person may be in several rows."""
        return isinstance(self.row, Responses)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Groups, rows and columns."""
        return len(self.groups), len(self.rows), len(self.columns)

    def summed(self, members: Integers, target: Integers, size: int) -> sparse.csc_array:
        """Return the matrix that adds cells up: `target` says to which sum each of `members` goes."""
        into = np.broadcast_to(target, members.shape).ravel()
        ones = np.ones(into.size)
        return sparse.csc_array((ones, (members.ravel(), into)), shape=(self.cells.totals.size, size))

    @cached_property
    def pearson(self) -> list[Pearson]:
        """Pearson's statistic of independence of rows and columns, by group."""
        groups, rows, columns = self.shape
        size = rows * columns
        ratios = self.cells.ratios(self.each_cell, self.of_group, np.repeat(np.arange(groups), size))
        n = np.asarray(self.cells.n @ self.of_group, dtype=float)
        found = []
        for group, own in enumerate(slice(each * size, (each + 1) * size) for each in range(groups)):
            shares, covariance = ratios.point[own].reshape(rows, columns), ratios.covariance[own, own]
            found.append(independence(shares, covariance, float(n[group])))
        return found

    @cached_property
    def each_cell(self) -> sparse.csc_array:
        """Every cell by itself."""
        return self.summed(self.cell, np.arange(self.cell.size).reshape(self.cell.shape), self.cell.size)

    @cached_property
    def of_row(self) -> sparse.csc_array:
        """Sums of the cells of each row, by group and row."""
        groups, rows, _ = self.shape
        return self.summed(self.cell, np.arange(groups * rows).reshape(groups, rows, 1), groups * rows)

    @cached_property
    def of_column(self) -> sparse.csc_array:
        """People of each column, by group and column."""
        groups, _, columns = self.shape
        return self.summed(self.base, np.arange(groups * columns).reshape(groups, 1, columns), groups * columns)

    def target_of_domain(self, sums: sparse.csc_array) -> Integers:
        """Return to which sum of cells the people of each domain go; -1 where to none."""
        place = self.base_of_domain
        into = sparse.csr_array(sums)
        if self.several:
            # the people of a column are in its base; those of one answer are not distinguished here
            into = sparse.csr_array(into.multiply(np.isin(np.arange(into.shape[0]), self.base)[:, None]))
        target = np.where(np.diff(into.indptr) > 0, into.indices[np.minimum(into.indptr[:-1], into.nnz - 1)], -1)
        return np.where(place >= 0, target[place], -1)

    def of_one_unit(self, sums: sparse.csc_array) -> NDArray[np.bool_]:
        """Return of which sums of cells the people are all of one primary unit; see `of_one_unit`."""
        return of_one_unit(self.sample, self.totals, self.target_of_domain(sums), sums.shape[1])

    @cached_property
    def of_group(self) -> sparse.csc_array:
        """People of each group."""
        groups = len(self.groups)
        return self.summed(self.base, np.arange(groups).reshape(groups, 1, 1), groups)


def tabulate(
    sample: Sample, row: str | Responses, column: str | None, by: tuple[str, ...], *, keep_missing: bool, together: bool
) -> Tabulation:
    """Read the cells of a table in one pass; lonely units are judged by group, or by the people of all `together`."""
    names = [*by, *([] if isinstance(row, Responses) else [row]), *([column] if column else [])]
    sample, scoped_by = with_missing_category(sample, row, names, keep_missing)
    sample.check_lonely()
    totals = sample.totals(scoped_by, ())
    terms, n = counted_terms(sample, row, totals)
    if not n.sum():
        every = [*([row.name] if isinstance(row, Responses) else []), *names]
        raise no_respondents(f"A table of `{' × '.join(every)}`", sample)
    domains = sample.engine.cells(scoped_by)
    counted: list[int] = n.reshape(len(terms), -1).sum(axis=0).tolist()
    inhabited = [cell for cell, here in zip(domains, counted, strict=True) if here]
    seen = [{cell[at] for cell in inhabited} for at in range(len(names))]
    known = [
        categories_of(sample, name, [value for (value,) in sample.engine.cells((known_as,))], seen[at])
        for at, (name, known_as) in enumerate(zip(names, scoped_by, strict=True))
    ]
    groups = _groups(sample, scoped_by[: len(by)], known)
    columns = known[-1] if column else (None,)
    rows = response_answers(sample.collect(), row) if isinstance(row, Responses) else known[len(by)]
    several = isinstance(row, Responses)
    group, at_row, at_column = _places(domains, groups, known, len(by), several=several, has_column=column is not None)
    # cells go by group, row and column; those of several answers by answer, group and column, then people of columns
    shape = (len(rows) + 1, len(groups), len(columns)) if several else (len(groups), len(rows), len(columns))
    grid = np.arange(math.prod(shape)).reshape(shape)
    cell, base = (part.transpose(1, 0, 2) for part in (grid[:-1], grid[-1:])) if several else (grid, grid)
    of_terms = np.where(group < 0, -1, grid[:, group, at_column] if several else grid[[group], at_row, at_column])
    judged = np.zeros_like(group) if together else np.maximum(group, 0)
    counts = weighted_cells(sample, totals, terms, n, judged)
    cells = counts.spread_over(of_terms.ravel(), grid.size)
    return Tabulation(
        sample, row, column, by, groups, rows, columns, tuple(known), cells, cell, base, totals, group, of_terms[-1]
    )


def _groups(sample: Sample, by: tuple[str, ...], known: Sequence[Cell]) -> tuple[Cell, ...]:
    """Return the combinations that have respondents, whatever they answered to the other variables."""
    if not by:
        return ((),)
    counted = sample.totals(by, ()).n.tolist()
    there = [group for group, n in zip(sample.engine.cells(by), counted, strict=True) if n]
    return tuple(sorted(there, key=lambda group: [each.index(at) for at, each in zip(group, known, strict=False)]))


def _places(
    domains: Sequence[Cell], groups: Sequence[Cell], known: Sequence[Cell], by: int, *, several: bool, has_column: bool
) -> Integers:
    """Return group, row and column of each domain; -1 where it has none, and so no respondents."""
    of_group = {group: at for at, group in enumerate(groups)}
    of_category = [{category: at for at, category in enumerate(each)} for each in known]
    place = np.full((3, len(domains)), -1, dtype=np.int64)
    for at, cell in enumerate(domains):
        place[0, at] = of_group.get(cell[:by], -1)
        place[1, at] = 0 if several else of_category[by].get(cell[by], -1)
        place[2, at] = of_category[-1].get(cell[-1], -1) if has_column else 0
    place[:, (place < 0).any(axis=0)] = -1
    return place
