"""Tests on the tables of a crosstab: independence, goodness of fit, several answers at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from diplab.errors import OptionError, suggestion
from diplab.kernel import rao_scott
from diplab.kernel.rao_scott import quotients
from diplab.microdata.variable import answers_to_write, code_of_answer, code_text
from diplab.results.test import Test

if TYPE_CHECKING:
    from collections.abc import Mapping

    from diplab.inference.table_shares import TableConventions
    from diplab.inference.tabulation import Tabulation
    from diplab.kernel.arrays import Floats
    from diplab.kernel.rao_scott import Outcome, Pearson

TableTest: TypeAlias = Literal["rao_scott_f", "rao_scott_chi2", "rao_scott_mixture", "wald", "adjusted_wald", "none"]
"""How a table is tested."""
_PEARSON = ("rao_scott_f", "rao_scott_chi2", "rao_scott_mixture")


def independence_tests(table: Tabulation, name: str, conventions: TableConventions) -> tuple[Test, ...]:
    """Return one test of independence a group."""
    if name == "none":
        return ()
    if table.several and name not in _PEARSON:
        raise OptionError(
            f"`test={name!r}` needs each person in one cell.",
            f"The answers to the question `{table.row_name}` overlap.",
            "Write `test='rao_scott_f'` or `test='rao_scott_chi2'`.",
        )
    tests = []
    pearson = None
    if name in _PEARSON:
        pearson = _pearson_of_responses(table) if table.several else _pearson(table)
    for group in range(len(table.groups)):
        if pearson is not None:
            found = _corrected(pearson[group], name, conventions.df[group])
            numbers = _test_estimates(pearson[group])
        else:
            found, numbers = _wald(table, group, name, conventions.df[group]), {}
        hypothesis = f"{table.row_name} x {table.column} independent{_where(table, group)}"
        tests.append(_test(table, group, name, found, hypothesis, numbers, conventions))
    return tuple(tests)


def fit_tests(
    table: Tabulation, expected: Mapping[object, float], name: str, conventions: TableConventions
) -> tuple[Test, ...]:
    """Return one test a group that the shares of a variable are given ones."""
    shares = _check_expected(table, expected)
    if name not in _PEARSON or table.several:
        raise OptionError(
            f"`test={name!r}` is not for shares that are expected of `{table.row_name}`.",
            "Its answers overlap." if table.several else "These are tested by Rao and Scott's corrections.",
            "Test each answer by itself." if table.several else "Write `test='rao_scott_f'` or `'rao_scott_chi2'`.",
        )
    groups, rows, _ = table.shape
    ratios = table.cells.ratios(table.each_cell, table.of_group, np.repeat(np.arange(groups), rows))
    n = _respondents(table)
    tests = []
    for group in range(groups):
        own = slice(group * rows, (group + 1) * rows)
        covariance = np.nan_to_num(ratios.covariance[own, own], nan=0.0)
        pearson = rao_scott.goodness_of_fit(ratios.point[own], shares, covariance, n[group])
        found = _corrected(pearson, name, conventions.df[group])
        hypothesis = f"{table.row_name} as expected{_where(table, group)}"
        tests.append(_test(table, group, name, found, hypothesis, _test_estimates(pearson), conventions))
    return tuple(tests)


def expected_text(table: Tabulation, expected: Mapping[object, float]) -> str:
    """Return given shares as a rule of a result: `sex: 1 = 0.48; 2 = 0.52`."""
    codebook, name = table.sample.codebook, table.row_name
    codes = (code_text(code_of_answer(codebook, name, category, table.rows)) for category in expected)
    return f"{name}: " + "; ".join(f"{code} = {share}" for code, share in zip(codes, expected.values(), strict=True))


def _check_expected(table: Tabulation, expected: Mapping[object, float]) -> Floats:
    codebook, name = table.sample.codebook, table.row_name
    labels = answers_to_write(codebook, name, table.rows)
    given: dict[object, float] = {}
    for category, share in expected.items():
        code = code_of_answer(codebook, name, category, table.rows)
        given[code] = share
        if code is None:
            raise OptionError(
                f"`{category}`, of which `expected` has a share, is not a category of `{name}`.",
                write=f"Write a share for each. {suggestion(code_text(category), labels)}",
            )
    missing = [label for label, each in zip(labels, table.rows, strict=True) if not given.get(each, 0.0) > 0]
    if missing:
        raise OptionError(
            f"`expected` has no share above zero for {', '.join(f'`{each}`' for each in missing)} of `{name}`.",
            write="Write a share above zero for each category.",
        )
    shares = np.array([float(given[each]) for each in table.rows])
    together = float(shares.sum())
    # rounded to hundredths, a few shares may be off by one together
    if abs(together - 1) > 0.0101:
        raise OptionError(
            f"The shares of `expected` sum to {together:.10g}.",
            "",
            "Write shares of the whole, which sum to 1, for example 0.48 and 0.52; of counts, each over their sum.",
        )
    return shares / together


def _respondents(table: Tabulation) -> Floats:
    return np.asarray(table.cells.n @ table.of_group, dtype=float)


def _pearson(table: Tabulation) -> list[Pearson]:
    groups, rows, columns = table.shape
    size = rows * columns
    ratios = table.cells.ratios(table.each_cell, table.of_group, np.repeat(np.arange(groups), size))
    n = _respondents(table)
    return [
        rao_scott.independence(ratios.point[own].reshape(rows, columns), ratios.covariance[own, own], float(n[group]))
        for group, own in enumerate(slice(each * size, (each + 1) * size) for each in range(groups))
    ]


def _pearson_of_responses(table: Tabulation) -> list[Pearson]:
    """Shares giving each answer in each column, and their covariance; shares of the columns."""
    groups, answers, columns = table.shape
    size = answers * columns
    group, _, column = (each.ravel() for each in np.indices(table.shape))
    ratios = table.cells.ratios(table.each_cell, table.of_column, group * columns + column)
    of_columns = quotients(
        table.cells.totals, table.of_column, table.of_group, np.repeat(np.arange(groups), columns)
    ).reshape(groups, columns)
    n = _respondents(table)
    return [
        rao_scott.simultaneous(
            ratios.point[own].reshape(answers, columns),
            np.nan_to_num(of_columns[each], nan=0.0),
            ratios.covariance[own, own],
            float(n[each]),
        )
        for each, own in enumerate(slice(each * size, (each + 1) * size) for each in range(groups))
    ]


def _wald(table: Tabulation, group: int, name: str, df: float) -> Outcome:
    cells = table.cell[group]
    at = cells.ravel()
    return rao_scott.wald(
        table.cells.totals[cells], table.cells.covariance[np.ix_(at, at)], float(df), adjusted=name == "adjusted_wald"
    )


def _corrected(pearson: Pearson, name: str, df: float) -> Outcome:
    if name == "rao_scott_chi2":
        return pearson.first_order()
    return pearson.second_order(float(df)) if name == "rao_scott_f" else pearson.mixture(float(df))


def _test_estimates(pearson: Pearson) -> dict[str, float]:
    return {"pearson": pearson.statistic, "mean_effect": pearson.effects / pearson.df if pearson.df else float("nan")}


def _where(table: Tabulation, group: int) -> str:
    categories = [f"{name} = {code_text(value)}" for name, value in zip(table.by, table.groups[group], strict=True)]
    return f" where {' and '.join(categories)}" if categories else ""


def _test(
    table: Tabulation,
    group: int,
    name: str,
    found: Outcome,
    hypothesis: str,
    numbers: dict[str, float],
    conventions: TableConventions,
) -> Test:
    tested = name, found.statistic, found.df, found.p_value, hypothesis, numbers, int(_respondents(table)[group])
    return Test(*tested, conventions.provenance, table.sample.codebook)
