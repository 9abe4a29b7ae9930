"""Estimates of the cells of a table: shares, margins, counts, and columns that differ."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from diplab.estimators.moments import count, share
from diplab.inference.covariance import blank_undefined, standard_errors
from diplab.inference.degrees_of_freedom import (
    DegreesOfFreedom,
    EdgeShares,
    degrees_of_freedom,
    varies_within_units,
    worth_of,
)
from diplab.inference.linear_combinations import edge_lengths
from diplab.inference.measures import measures, row_flags
from diplab.inference.provenance import counts_respondents, of_respondents
from diplab.inference.tables.tabulation import Tabulation
from diplab.kernel.arrays import Floats, Integers
from diplab.kernel.intervals import (
    SHARE_INTERVALS,
    Precision,
    adjusted_p_values,
    student,
    t_p_value,
    wald,
)
from diplab.kernel.rao_scott import Ratios
from diplab.results.estimates import Descriptions, Estimates, Provenance
from diplab.sampling.sample import Sample


@dataclass(frozen=True, eq=False)
class TableConventions:
    """What all the estimates of a table share."""

    confidence: float
    rule: DegreesOfFreedom
    df: Floats  # (groups,): of all respondents
    interval: str
    provenance: Provenance
    sample: Sample


OF_TABLES: Descriptions = {share.name: share.description, count.name: count.description}


def table_shares(table: Tabulation, kind: str, conventions: TableConventions) -> Estimates:
    """Return the share of every cell in its row, its column or its whole group."""
    _, rows, columns = table.shape
    group, row, column = table.places
    sums, place = {
        "row": (table.of_row, group * rows + row),
        "column": (table.of_column, group * columns + column),
        "cell": (table.of_group, group),
    }[kind]
    ratios = table.cells.ratios(table.each_cell, sums, place)
    names = [table.row_name, *filter(None, [table.column])]
    variable = {"row": names[-1], "column": names[0], "cell": " × ".join(names)}[kind]
    described: dict[str, Any] = {"statistic": "share", "variable": variable, "category": ""}
    described |= table.keys
    cell_n = table.cells.n[table.cell.ravel()]
    df, effective = conventions.df[group], None
    worth = table.effective_of_groups.df[group]
    if kind != "cell" and not (table.several and kind == "row"):
        # people are counted in their column; who gave an answer is not distinguished
        every = table.effective_of_columns if kind == "column" else table.effective_of_rows
        worth = every.df[place]
        if conventions.rule == "effective":
            effective, df = every.rows(place), worth
        else:
            of_domain = table.target_of_domain(sums)
            df = degrees_of_freedom(
                table.sample, table.totals, conventions.rule, of_domain, sums.shape[1]
            )[place]
    measured, conventions = _measured(
        table, ratios, (sums, place), group, (df, worth), cell_n, conventions
    )
    by = (*table.by, *names)
    return replace(
        table_estimates(described | measured, ratios.covariance, by, conventions),
        effective=effective,
    )


def table_margins(table: Tabulation, conventions: TableConventions) -> Estimates:
    """Return the share of every row, then of every column, in its group."""
    groups, rows, columns = table.shape
    group = np.repeat(np.arange(groups), rows)
    above = table.of_row
    category = list(table.rows) * groups
    variable = [table.row_name] * group.size
    if table.column is not None:
        group = np.append(group, np.repeat(np.arange(groups), columns))
        above = sparse.csc_array(sparse.hstack([table.of_row, table.of_column]))
        category += list(table.columns) * groups
        variable += [table.column] * (groups * columns)
    ratios = table.cells.ratios(above, table.of_group, group)
    described: dict[str, Any] = {"statistic": "share", "variable": variable, "category": category}
    described |= table.keys_of_groups(group)
    counted = np.asarray(table.cells.n @ above, dtype=np.int64)
    degrees = conventions.df[group], table.effective_of_groups.df[group]
    measured, conventions = _measured(
        table, ratios, (table.of_group, group), group, degrees, counted, conventions
    )
    return table_estimates(described | measured, ratios.covariance, table.by, conventions)


def table_counts(table: Tabulation, conventions: TableConventions) -> Estimates:
    """Return the weighted count of every cell."""
    group = table.places[0]
    at = table.cell.ravel()
    covariance = table.cells.covariance[np.ix_(at, at)]
    names = [table.row_name, *filter(None, [table.column])]
    point, n, df = table.cells.totals[at], table.cells.n[at], conventions.df[group]
    std_error = standard_errors(covariance, point)
    low, high = wald(point, Precision(std_error, df, n.astype(float), conventions.confidence))
    described: dict[str, Any] = {
        "statistic": "count",
        "variable": " × ".join(names),
        "category": "",
    }
    described |= table.keys
    worth = table.effective_of_groups.df[group]
    flags = row_flags(n, point, std_error, df, worth=worth, alone=n == 1)
    measured = measures(point, std_error, low, high, df, n, flags)
    if counts_respondents(table.sample):
        provenance = conventions.provenance
        provenance = replace(provenance, notices=(*provenance.notices, of_respondents()))
        conventions = replace(conventions, provenance=provenance)
    return table_estimates(described | measured, covariance, (*table.by, *names), conventions)


def _measured(
    table: Tabulation,
    ratios: Ratios,
    base: tuple[sparse.csc_array, Integers],
    group: Integers,
    degrees: tuple[Floats, Floats],
    counted: Integers,
    conventions: TableConventions,
) -> tuple[dict[str, Any], TableConventions]:
    """Return the estimates of shares, with their base as `n`, and the conventions in force."""
    # `degrees`: of freedom, those asked and those of the units
    (sums, of), (df, of_units) = base, degrees
    n = np.asarray(table.cells.n @ sums, dtype=np.int64)[of]
    people = (table.cells.totals @ sums)[of]
    point = ratios.point
    std_error = standard_errors(ratios.covariance, point)
    spread = Precision(std_error, df, n.astype(float), conventions.confidence)
    if ((n > 0) & ((point == 0) | (point == 1))).any():
        worth = worth_of(
            table.sample, table.totals, table.target_of_domain(sums), sums.shape[1]
        ).rows(of)
        # the other shares are those of the same table
        edges = EdgeShares.of_groups(worth, worth.correlations(point, std_error), group)
        spread = replace(
            spread, independent=np.where(np.isfinite(edges.independent[0]), edges.independent[0], n)
        )
        record = conventions.provenance
        conventions = replace(
            conventions, provenance=replace(record, rules={**record.rules, **edges.rules})
        )
    unknown = ((std_error == 0) | varies_within_units(table.sample)) & (n > 0)
    if unknown.any():
        unknown &= table.of_one_unit(sums)[of]
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = SHARE_INTERVALS[conventions.interval](point, spread)
        edge = ((point == 0) | (point == 1)) & (high - low > 1e-9)
        # without an error there is no interval, but for the exact one of a share of 0 or 1
        low, high = (np.where(unknown & ~edge, np.nan, end) for end in (low, high))
        std_error = np.where(unknown, np.nan, std_error)
        # against simple random sampling of as many respondents, as `design_effect`
        again = counts_respondents(conventions.sample)
        left = np.ones_like(people) if again else 1 - n / people
        simple = left * point * (1 - point) / (n - 1)
        deff = np.where((simple > 0) & (left > 0) & (n > 1), std_error**2 / simple, np.nan)
    flags = row_flags(counted, point, std_error, df, worth=of_units, alone=n == 1)
    return measures(point, std_error, low, high, df, n, flags, deff=deff), conventions


def table_estimates(
    columns: Mapping[str, Any],
    covariance: Floats,
    by: Sequence[str],
    conventions: TableConventions,
    descriptions: Descriptions = OF_TABLES,
) -> Estimates:
    """Return numbers of a table as estimates."""
    frame, record, sample = pd.DataFrame(dict(columns)), conventions.provenance, conventions.sample
    covariance = blank_undefined(covariance, np.isnan(frame["std_error"].to_numpy(dtype=float)))
    return Estimates(
        frame,
        covariance,
        record,
        tuple(by),
        sample.codebook,
        sample.engine.drawn,
        descriptions=descriptions,
    )


def larger_than(
    shares: Estimates, shape: tuple[int, int, int], level: float, adjust: str
) -> tuple[tuple[int, ...], ...]:
    """Return by cell the columns with a significantly smaller share in its row."""
    groups, rows, columns = shape
    point = shares.frame["estimate"].to_numpy(dtype=float).reshape(-1, columns)
    at = np.arange(point.size).reshape(-1, columns)
    first, second = np.triu_indices(columns, 1)
    difference = point[:, first] - point[:, second]
    df = shares.frame["df"].to_numpy(dtype=float).reshape(-1, columns)
    freedom = np.minimum(df[:, first], df[:, second])
    if shares.effective is not None:
        # those of a pair of columns are the same in all rows of a group
        sides = np.eye(columns)[first] - np.eye(columns)[second]
        by_group = [
            shares.effective.rows(at[group * rows]).of_combinations(sides)
            for group in range(groups)
        ]
        freedom = np.repeat(by_group, rows, axis=0)
    covariance, edges = shares.covariance, edge_lengths(shares)[at] ** 2
    # V(a) + V(b) - 2 C(a, b) under the design, at 0 and 1 by the exact interval
    variance = (
        (edges[:, first] + edges[:, second]) / student(1 - level, freedom) ** 2
        + covariance[at[:, first], at[:, first]]
        + covariance[at[:, second], at[:, second]]
        - 2 * covariance[at[:, first], at[:, second]]
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(variance > 0, difference / np.sqrt(variance), np.nan)
    p = t_p_value(t, freedom)
    if adjust != "none" and p.size:
        row = np.repeat(np.arange(groups * rows), first.size)
        p = adjusted_p_values(p.ravel(), row, adjust).reshape(p.shape)
    columns_below: dict[tuple[int, int], list[int]] = defaultdict(list)
    for line, pair in zip(*np.nonzero(p < level), strict=True):
        a, b = int(first[pair]), int(second[pair])
        larger, smaller = (a, b) if difference[line, pair] > 0 else (b, a)
        columns_below[int(line), larger].append(smaller)
    cells = itertools.product(range(groups * rows), range(columns))
    return tuple(tuple(sorted(columns_below[cell])) for cell in cells)
