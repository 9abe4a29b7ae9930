"""The variables of a table, and its weighted cells, empty ones included, with their covariance."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from diplab.checks import is_number
from diplab.errors import ColumnError, OptionError, quoted_names
from diplab.estimators.measurement import call_for_bands, check_not_an_identifier
from diplab.estimators.statistic import Linearised
from diplab.inference.covariance import joint_covariance, linearised_statistic
from diplab.inference.degrees_of_freedom import (
    DegreesOfFreedom,
    degrees_of_freedom,
    deletable_units,
    effective_df,
    of_one_unit,
)
from diplab.inference.measures import check_not_a_column, no_respondents
from diplab.kernel.arrays import Floats, Integers
from diplab.kernel.effective_df import EffectiveDf
from diplab.kernel.rao_scott import (
    Pearson,
    Ratios,
    independence,
    linearised_ratios,
    quotients,
    simultaneous,
)
from diplab.microdata.multiple_response import Responses, response_labels, responses_by_row
from diplab.microdata.variable import code_quoted, code_text, in_order
from diplab.results.hypothesis_test import LoneCategory
from diplab.sampling.condition import known_column
from diplab.sampling.engines.columns import MISSING
from diplab.sampling.expression import ONE, Expression, Rows
from diplab.sampling.replication import ReplicatedTotals, Replication
from diplab.sampling.sample import Sample, SampleInMemory
from diplab.sampling.totals import Totals

Flags = NDArray[np.bool_]


def response_answers(sample: SampleInMemory, row: Responses) -> tuple[Any, ...]:
    """Return the answers of a question: its columns, or the codes in the data and codebook."""
    if row.kind == "dichotomies":
        return tuple(row.columns)
    codes = {}
    for name in row.columns:
        for value in sample.engine.columns.factor(name).categories:
            codes[code_text(value)] = value
    return tuple(code for code, _ in response_labels(sample.codebook, row, list(codes.values())))


def responses_given(sample: SampleInMemory, row: Responses) -> tuple[list[Flags], Flags]:
    """Return who gave each answer, and who answered the question.

    Columns of yes and no must tell which is which.
    """
    values: dict[str, NDArray[Any]] = {}
    no_answer: dict[str, Flags] = {}
    for name in row.columns:
        factor = sample.engine.columns.factor(name)
        if row.kind == "dichotomies":
            _check_dichotomy(sample, name, factor.categories, row)
        # compared as they are written: 1, 1.0 and true are one code
        written = np.array([*map(_code_as_text, factor.categories), ""], dtype=object)
        values[name], no_answer[name] = written[factor.codes], factor.codes < 0
    in_words = replace(row, counted=_code_as_text(row.counted))
    return responses_by_row(
        values, no_answer, in_words, list(map(code_text, response_answers(sample, row)))
    )


def _code_as_text(code: Any) -> str:
    return code_text(float(code) if isinstance(code, bool) else code)


def _check_dichotomy(
    sample: SampleInMemory, name: str, categories: tuple[Any, ...], row: Responses
) -> None:
    columns = sample.engine.columns
    words = not columns.is_number(name)
    if words and not isinstance(row.counted, str):
        columns.numbers(name)  # refuses words
    if not words and isinstance(row.counted, str) and categories:
        raise ColumnError(
            f"`counted={row.counted!r}` is a word, and `{name}` of the question `{row.name}` holds "
            "numbers.",
            f"It holds for example {code_text(categories[0])}.",
            f"Write the number that says so, for example `counted={code_text(categories[-1])}`.",
        )
    if words:
        return
    known = sample.codebook[name].values if name in sample.codebook else {}
    labelled = set()
    for code in known:
        if sample.codebook[name].why(code) is None:
            labelled.add(code_text(code))
    for category in categories:
        if (
            category not in (0, 1, row.counted)
            and not {code_text(row.counted), code_text(category)} <= labelled
        ):
            raise ColumnError(
                f"`{name}` is not a column of yes and no of the question `{row.name}`.",
                f"It holds {code_text(category)}, which is neither {code_quoted(row.counted)} "
                "(given) nor 0 (not given).",
                f"Recode it as 1 and 0, for example with `{name} == {code_text(category)}` in the "
                "data.",
            )


# different numbers without labels, beyond which a variable is taken for one that is measured
MOST_VALUES = 50


def categories_of(
    sample: Sample, name: str, answers: Sequence[Any], seen: set[Any]
) -> tuple[Any, ...]:
    """Return the categories of a variable: observed ones, and declared ones without respondents."""
    data = [item for item in answers if item != MISSING]
    variable = sample.codebook.variable(name)
    listed = [code for code in variable.values if variable.why(code) is None]
    by_code = {code_text(item): item for item in data}
    declared = [by_code.get(code_text(code), code) for code in listed]
    if set(declared).isdisjoint(data):
        declared = []  # labels of another coding
    others = [code for code in declared if code not in by_code.values()]
    ordered = in_order(data + others, declared)
    if not any(isinstance(item, str) for item in ordered) and not set(data) <= set(declared):
        ordered = sorted(ordered)
    return (*ordered, MISSING) if MISSING in seen and MISSING in answers else tuple(ordered)


def with_missing_category(
    sample: Sample, row: str | Responses, names: Sequence[str], keep_missing: bool
) -> tuple[Sample, tuple[str, ...]]:
    """Return a sample that can count the variables, and their names in its engine."""
    # missing answers as a category, and several answers per person, are read row by row, in memory
    if not (keep_missing or isinstance(row, Responses)):
        return sample.prepare_for(by=tuple(names)), tuple(names)
    sample = sample.collect_for(by=(*names, *(row.columns if isinstance(row, Responses) else ())))
    if not keep_missing:
        return sample, tuple(names)
    engine = sample.engine
    for name in names:
        if MISSING in engine.columns.factor(name).categories:
            raise ColumnError(
                f"`na='keep'` would make `{MISSING}` a category of `{name}`.",
                "One of its answers is that word already.",
                "Recode that answer, or write `na='drop'`.",
            )
    return sample, tuple(map(engine.columns.with_missing, names))


def counted_terms(
    sample: Sample, row: str | Responses, totals: Totals
) -> tuple[tuple[Expression, ...], Integers]:
    """Return the terms counted by domain and their respondents: all, or by answer and overall."""
    if not isinstance(row, Responses):
        return (ONE,), totals.n
    sample = sample.collect()
    given, base = responses_given(sample, row)
    values = [*((base & item).astype(float) for item in given), base.astype(float)]
    rows = sample.engine.scoped(totals.scope)
    n = [
        np.bincount(rows.domain[(rows.weight > 0) & (value > 0)], minlength=rows.domains)
        for value in values
    ]
    return tuple(map(Rows, values)), np.concatenate(n).astype(np.int64)


def variable_name(variable: str | Responses) -> str:
    """Return the name of a variable of a table."""
    return variable.name if isinstance(variable, Responses) else str(variable)


def arrange_variables(
    sample: Sample, variables: Sequence[str | Responses], by: str | Sequence[str] | None
) -> tuple[str | Responses, str | None, tuple[str, ...]]:
    """Return the variable of the rows, that of the columns, and those of the groups."""
    if not variables:
        raise OptionError(
            "`crosstab` has no variable.",
            write='Write for example `crosstab(sample, "sex", "pay")`.',
        )
    row, *others = (_question(sample, variable) for variable in variables)
    for other in others:
        if isinstance(other, Responses):
            raise OptionError(
                f"The question `{other.name}` cannot be in the columns of a table, or in its "
                "groups.",
                "A person may have several of its answers, and so be in several columns.",
                "Write it first: its answers are then the rows.",
            )
    groups = ((by,) if isinstance(by, str) else tuple(by or ())) + tuple(map(str, others[1:]))
    column = str(others[0]) if others else None
    every = [*groups, *([column] if column is not None else [])]
    every += list(row.columns) if isinstance(row, Responses) else [row]
    for name in every:
        known_column(name, sample.names, "a variable of a table", sample.codebook)
    shown = [*every, *([row.name] if isinstance(row, Responses) else [])]
    for name in shown:
        check_not_a_column(name, "a variable of a table")
        if shown.count(name) > 1:
            raise OptionError(
                f"`{name}` appears twice among the variables of the table.",
                f"They are {quoted_names(shown)}.",
                "Name each variable once.",
            )
    for name in [
        item for item in every if not (isinstance(row, Responses) and item in row.columns)
    ]:
        _check_categories(sample, name)
    return row, column, groups


def _question(sample: Sample, variable: str | Responses) -> str | Responses:
    """Return the question with several answers that has a name which no column has.

    The variable itself elsewhere.
    """
    if isinstance(variable, Responses) or variable in sample.names:
        return variable
    question = sample.codebook.sets.get(variable) if isinstance(variable, str) else None
    parts = [name for name in sample.names if name.startswith((f"{variable}_", f"{variable}["))]
    if question is None and len(parts) > 1:
        raise ColumnError(
            f"`{variable}` cannot be a variable of a table: no column has that name.",
            f"{len(parts)} columns begin with it: {quoted_names(parts[:3])}...",
            f'Name one, or write `dl.crosstab(sample, data.multiple_response("{variable}"))` if '
            "they are its answers.",
        )
    return question or variable


def _check_categories(sample: Sample, name: str) -> None:
    """Refuse numbers with many values, which a table would not summarise."""
    if name in sample.codebook and sample.codebook[name].values:
        return
    values = [value for value in sample.categories(name) if value != MISSING]
    numbers = list(filter(is_number, values))
    if len(numbers) <= MOST_VALUES:
        check_not_an_identifier(sample, name, values, "the categories of a table")
        return
    raise OptionError(
        f"`{name}` holds {len(numbers):,} different numbers without labels.",
        "A table has a row or a column for each.",
        f"Cut them into bands, for example `{call_for_bands(name, numbers)}`, or give its codes "
        "labels.",
    )


Cell: TypeAlias = tuple[Any, ...]  # a category of each of several variables


@dataclass(frozen=True, eq=False)
class WeightedCells:
    """Weighted counts of the cells of a table."""

    totals: Floats
    n: Integers  # respondents
    covariance: Floats  # of the totals
    replicates: Floats | None = (
        None  # (replicates, cells): the totals under each set of replicate weights
    )
    replication: Replication | None = None

    def ratios(self, above: sparse.csc_array, sums: sparse.csc_array, of: Integers) -> Ratios:
        """Return ratios of sums of cells, by linearisation or replication; see `quotients`."""
        if self.replication is None or self.replicates is None:
            return linearised_ratios(self.totals, self.covariance, above, sums, of)
        point = quotients(self.totals, above, sums, of)
        return Ratios(
            point, self.replication.covariance(quotients(self.replicates, above, sums, of), point)
        )

    def spread_over(self, place: Integers, size: int) -> WeightedCells:
        """Return the cells put at their places in a larger table, whose other cells are empty.

        -1 leaves one out.
        """
        placed = np.flatnonzero(place >= 0)
        place = place[placed]
        totals, n, covariance = (
            np.zeros(size),
            np.zeros(size, dtype=np.int64),
            np.zeros((size, size)),
        )
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
    """Return weighted counts by term and domain, with covariance.

    Lonely units are judged by `group` (domains,).
    """
    if isinstance(terms[-1], Rows):
        # of several answers a person: those who answered
        totals = totals.answering(Rows(np.where(terms[-1].values > 0, 1.0, np.nan)))
    by_term = counted.reshape(len(terms), -1)
    computed = []
    for term, respondents in zip(terms, by_term, strict=True):
        (points,) = totals(term)
        computed.append(linearised_statistic(totals, Linearised(points, term), n=respondents))
    points = np.concatenate([item.linearised.point for item in computed])
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
    groups: tuple[
        tuple[Any, ...], ...
    ]  # the combinations of their categories that have respondents
    rows: tuple[Any, ...]
    columns: tuple[Any, ...]  # one column, None, for a table of one variable
    categories: tuple[
        tuple[Any, ...], ...
    ]  # of the variables of the groups, of the rows, of the columns
    cells: WeightedCells  # and, for several answers a person, the people that each column counts
    cell: Integers  # (groups, rows, columns): index of each cell
    base: (
        Integers  # (groups, any, columns): the people of a column are the sum over the middle axis
    )
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

    @cached_property
    def places(self) -> Integers:
        """Group, row and column of each cell, one after the other; shape (3, cells)."""
        return np.indices(self.shape).reshape(3, -1)

    @cached_property
    def keys(self) -> dict[str, list[Any]]:
        """Categories of each cell, by variable."""
        group, row, column = self.places
        keys = self.keys_of_groups(group)
        keys[self.row_name] = list(map(self.rows.__getitem__, row))
        if self.column:
            keys[self.column] = list(map(self.columns.__getitem__, column))
        return keys

    def keys_of_groups(self, group: Integers) -> dict[str, list[Any]]:
        """Return categories of groups, by variable of `by`."""
        cells = list(map(self.groups.__getitem__, group))
        return dict(zip(self.by, map(list, zip(*cells, strict=True)), strict=True))

    def summed(self, members: Integers, target: Integers, size: int) -> sparse.csc_array:
        """Return the matrix that sums cells; `target` is the sum for each of `members`."""
        into = np.broadcast_to(target, members.shape).ravel()
        ones = np.ones(into.size)
        return sparse.csc_array(
            (ones, (members.ravel(), into)), shape=(self.cells.totals.size, size)
        )

    @cached_property
    def pearson(self) -> list[Pearson]:
        """Pearson's statistic of independence of rows and columns, by group."""
        groups, rows, columns = self.shape
        size = rows * columns
        ratios = self.cells.ratios(
            self.each_cell, self.of_group, np.repeat(np.arange(groups), size)
        )
        n = np.asarray(self.cells.n @ self.of_group, dtype=float)
        statistics = []
        for group, cells_of_group in enumerate(
            slice(item * size, (item + 1) * size) for item in range(groups)
        ):
            shares, covariance = (
                ratios.point[cells_of_group].reshape(rows, columns),
                ratios.covariance[cells_of_group, cells_of_group],
            )
            statistics.append(independence(shares, covariance, float(n[group])))
        return statistics

    @cached_property
    def each_cell(self) -> sparse.csc_array:
        """Every cell by itself."""
        return self.summed(
            self.cell, np.arange(self.cell.size).reshape(self.cell.shape), self.cell.size
        )

    @cached_property
    def of_row(self) -> sparse.csc_array:
        """Sums of the cells of each row, by group and row."""
        groups, rows, _ = self.shape
        return self.summed(
            self.cell, np.arange(groups * rows).reshape(groups, rows, 1), groups * rows
        )

    @cached_property
    def of_column(self) -> sparse.csc_array:
        """People of each column, by group and column."""
        groups, _, columns = self.shape
        return self.summed(
            self.base, np.arange(groups * columns).reshape(groups, 1, columns), groups * columns
        )

    def target_of_domain(self, sums: sparse.csc_array) -> Integers:
        """Return to which sum of cells the people of each domain go; -1 where to none."""
        place = self.base_of_domain
        into = sparse.csr_array(sums)
        if self.several:
            # the people of a column are in its base; those of one answer are not distinguished here
            into = sparse.csr_array(
                into.multiply(np.isin(np.arange(into.shape[0]), self.base)[:, None])
            )
        target = np.where(
            np.diff(into.indptr) > 0, into.indices[np.minimum(into.indptr[:-1], into.nnz - 1)], -1
        )
        return np.where(place >= 0, target[place], -1)

    @cached_property
    def effective_of_rows(self) -> EffectiveDf:
        """Effective degrees of freedom of the means of the people of each row, by group and row."""
        return self._effective(self.of_row)

    @cached_property
    def effective_of_columns(self) -> EffectiveDf:
        """Effective degrees of freedom of means over the people of columns, by group and column."""
        return self._effective(self.of_column)

    @cached_property
    def effective_of_groups(self) -> EffectiveDf:
        """Effective degrees of freedom of the means of all people of each group."""
        return effective_df(self.sample, self.totals, self.group_of_domain, len(self.groups))

    def df_of_groups(self, rule: DegreesOfFreedom) -> Floats:
        """Return the degrees of freedom of all people of each group."""
        if rule == "effective":
            return self.effective_of_groups.df
        return degrees_of_freedom(
            self.sample, self.totals, rule, self.group_of_domain, len(self.groups)
        )

    def _effective(self, sums: sparse.csc_array) -> EffectiveDf:
        return effective_df(self.sample, self.totals, self.target_of_domain(sums), sums.shape[1])

    def found_of(self, sums: sparse.csc_array, effective: EffectiveDf) -> Floats:
        """Return the share of the variance of means that linearisation finds under independence."""
        target = self.target_of_domain(sums)
        there = target >= 0
        people, squares = (
            np.bincount(target[there], weights=total[there], minlength=sums.shape[1])
            for total in self.totals(ONE, self.totals.weight)
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(effective.trace * people**2 / squares)

    @cached_property
    def tested(self) -> list[Pearson]:
        """Pearson's statistic of independence by group.

        Of several answers, that each is as frequent in all columns.
        """
        return self._pearson_of_responses() if self.several else self.pearson

    def _pearson_of_responses(self) -> list[Pearson]:
        """Shares giving each answer in each column, and their covariance; shares of the columns."""
        groups, answers, columns = self.shape
        size = answers * columns
        group, _, column = self.places
        ratios = self.cells.ratios(self.each_cell, self.of_column, group * columns + column)
        place = np.repeat(np.arange(groups), columns)
        of_columns = quotients(self.cells.totals, self.of_column, self.of_group, place).reshape(
            groups, columns
        )
        n = np.asarray(self.cells.n @ self.of_group, dtype=float)
        statistics = []
        for item in range(groups):
            cells_of_group = slice(item * size, (item + 1) * size)
            shares, of_each = (
                ratios.point[cells_of_group].reshape(answers, columns),
                np.nan_to_num(of_columns[item], nan=0.0),
            )
            statistics.append(
                simultaneous(
                    shares,
                    of_each,
                    ratios.covariance[cells_of_group, cells_of_group],
                    float(n[item]),
                )
            )
        return statistics

    def of_one_unit(self, sums: sparse.csc_array) -> NDArray[np.bool_]:
        """Return which sums of cells are of people in one primary unit; see `of_one_unit`."""
        return of_one_unit(self.sample, self.totals, self.target_of_domain(sums), sums.shape[1])

    def of_declared_unit(self, sums: sparse.csc_array) -> NDArray[np.bool_]:
        """Return which of these are not one respondent alone, where no unit is declared."""
        several = bool(self.sample.design.psu) | (np.asarray(self.cells.n @ sums) > 1)
        return np.asarray(self.of_one_unit(sums) & several)

    @cached_property
    def lone(self) -> tuple[LoneCategory | None, ...]:
        """By group, a row or a column that lies in one unit.

        One respondent only where there is none of more.
        """
        sample = self.sample
        found: list[list[LoneCategory]] = [[] for _ in self.groups]
        for name, categories, sums in self._margins():
            n = np.asarray(self.cells.n @ sums, dtype=np.int64).reshape(len(self.groups), -1)
            alone = self.of_one_unit(sums).reshape(n.shape)
            for group, at in zip(*np.nonzero(alone & (n > 0)), strict=True):
                count = int(n[group, at])
                found[group].append(
                    LoneCategory(name, categories[at], count, bool(sample.design.psu) or count > 1)
                )
        if isinstance(self.row, Responses):
            for group, item in self._answers_of_one_unit(self.row):
                found[group].append(item)
        first = (sorted(item, key=lambda one: not one.declared) for item in found)
        return tuple(item[0] if item else None for item in first)

    def _answers_of_one_unit(self, question: Responses) -> Iterator[tuple[int, LoneCategory]]:
        """Yield by group the answers that one unit alone gave, as a category that lies in it."""
        sample = self.sample.collect()
        given, base = responses_given(sample, question)
        rows = sample.engine.scoped(self.totals.scope)
        group = np.where((rows.weight > 0) & base, self.group_of_domain[rows.domain], -1)
        for answer, gave in zip(self.rows, given, strict=True):
            own = np.flatnonzero(gave & (group >= 0))
            for unit, at in product(deletable_units(sample, own), range(len(self.groups))):
                of_units, n = np.unique(unit[group[own] == at], return_counts=True)
                if of_units.size == 1 and of_units[0] >= 0:
                    declared = bool(sample.design.psu) or int(n[0]) > 1
                    yield at, LoneCategory(question.name, answer, int(n[0]), declared)

    def _margins(self) -> list[tuple[str, Cell, sparse.csc_array]]:
        """Return row and column variables, their categories, and the sums of their cells."""
        margins = [] if self.several else [(self.row_name, tuple(self.rows), self.of_row)]
        return margins + (
            [(self.column, tuple(self.columns), self.of_column)] if self.column else []
        )

    @cached_property
    def of_group(self) -> sparse.csc_array:
        """People of each group."""
        groups = len(self.groups)
        return self.summed(self.base, np.arange(groups).reshape(groups, 1, 1), groups)


def tabulate(
    sample: Sample,
    row: str | Responses,
    column: str | None,
    by: tuple[str, ...],
    *,
    keep_missing: bool,
    together: bool,
) -> Tabulation:
    """Read the cells of a table in one pass; lonely units are judged by group, or `together`."""
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
    seen = list(map(set, zip(*inhabited, strict=True)))
    known = [
        categories_of(sample, name, sample.categories(known_as), seen_of_variable)
        for name, known_as, seen_of_variable in zip(names, scoped_by, seen, strict=True)
    ]
    groups = _groups(sample, scoped_by[: len(by)])
    columns = known[-1] if column else (None,)
    rows = response_answers(sample.collect(), row) if isinstance(row, Responses) else known[len(by)]
    several = isinstance(row, Responses)
    group, at_row, at_column = _places(
        domains, groups, known, len(by), several=several, has_column=column is not None
    )
    # cells go by group, row and column; those of several answers by answer, group and column, then
    # people of columns
    shape = (
        (len(rows) + 1, len(groups), len(columns))
        if several
        else (len(groups), len(rows), len(columns))
    )
    grid = np.arange(math.prod(shape)).reshape(shape)
    cell, base = (
        (part.transpose(1, 0, 2) for part in (grid[:-1], grid[-1:])) if several else (grid, grid)
    )
    of_terms = np.where(
        group < 0, -1, grid[:, group, at_column] if several else grid[[group], at_row, at_column]
    )
    judged = np.zeros_like(group) if together else np.maximum(group, 0)
    counts = weighted_cells(sample, totals, terms, n, judged)
    cells = counts.spread_over(of_terms.ravel(), grid.size)
    return Tabulation(
        *(sample, row, column, by, groups, rows, columns, tuple(known)),
        *(cells, cell, base, totals, group, of_terms[-1]),
    )


def _groups(sample: Sample, by: tuple[str, ...]) -> tuple[Cell, ...]:
    """Return the combinations with respondents, whatever their answers to other variables."""
    if not by:
        return ((),)
    counted = sample.totals(by, ()).n.tolist()
    return tuple(group for group, n in zip(sample.engine.cells(by), counted, strict=True) if n)


def _places(
    domains: Sequence[Cell],
    groups: Sequence[Cell],
    known: Sequence[Cell],
    by: int,
    *,
    several: bool,
    has_column: bool,
) -> Integers:
    """Return group, row and column of each domain; -1 where it has none, and so no respondents."""
    of_group = {group: at for at, group in enumerate(groups)}
    of_category = [{category: at for at, category in enumerate(item)} for item in known]
    place = np.full((3, len(domains)), -1, dtype=np.int64)
    for at, cell in enumerate(domains):
        place[0, at] = of_group.get(cell[:by], -1)
        place[1, at] = 0 if several else of_category[by].get(cell[by], -1)
        place[2, at] = of_category[-1].get(cell[-1], -1) if has_column else 0
    place[:, (place < 0).any(axis=0)] = -1
    return place
