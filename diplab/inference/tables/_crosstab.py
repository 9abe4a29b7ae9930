"""`crosstab`: tables of shares with their intervals, their tests and their letters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from diplab.checks import argument, check_confidence, check_one_of
from diplab.errors import OptionError
from diplab.estimators.moments import ShareInterval
from diplab.inference.degrees_of_freedom import DegreesOfFreedom
from diplab.inference.imputation import pool_estimates, pooled_test, row_keys, with_share_intervals
from diplab.inference.missing import MissingRule
from diplab.inference.provenance import table_provenance
from diplab.inference.tables import association
from diplab.inference.tables.association import TableTest
from diplab.inference.tables.cells import (
    TableConventions,
    larger_than,
    table_counts,
    table_margins,
    table_shares,
)
from diplab.inference.tables.tabulation import arrange_variables, tabulate, variable_name
from diplab.kernel.intervals import Adjustment
from diplab.microdata.multiple_response import Responses, response_labels
from diplab.results.estimates import Estimates
from diplab.results.hypothesis_test import Test
from diplab.results.tables import Crosstab, Shares
from diplab.sampling._imputed import Imputed
from diplab.sampling.sample import Sample, check_sample


def pooled_crosstab(tables: Sequence[Crosstab]) -> Crosstab:
    """Combine the same crosstab of several imputations."""
    first = tables[0]
    keys = list(first.cells.by)
    if any(row_keys(item.cells) != row_keys(first.cells) for item in tables):
        raise OptionError(
            "Imputations do not have the same categories of "
            f"{' × '.join(f'`{name}`' for name in keys)}.",
            write="Declare all of them in the codebook: categories absent from an imputation are "
            "then kept, empty.",
        )
    shares_of = {}
    for kind in first.shares_of:
        shares_of[kind] = _pool_shares([item.shares_of[kind] for item in tables])
    rules = first.cells.provenance.rules
    larger: tuple[tuple[int, ...], ...] = ()
    if first.column is not None:
        rows, columns = len(first.categories(first.row)), len(first.categories(first.column))
        shape = (len(first.cells) // (rows * columns), rows, columns)
        level = 1 - first.cells.provenance.confidence
        larger = larger_than(shares_of["column"], shape, level, rules["adjust"])
    return replace(
        first,
        shares_of=shares_of,
        margins=_pool_shares([item.margins for item in tables]),
        counts=pool_estimates([item.counts for item in tables]),
        tests=tuple(map(pooled_test, zip(*(table.tests for table in tables), strict=True))),
        larger=larger,
        association=first.association
        and association.pool_association([item.association for item in tables if item.association]),
        residuals=first.residuals
        and association.pool_residuals([item.residuals for item in tables if item.residuals]),
    )


def _pool_shares(results: Sequence[Estimates]) -> Estimates:
    pooled = pool_estimates(results)
    return with_share_intervals(pooled, pooled.provenance.interval)


def crosstab(
    sample: Sample | Imputed,
    *variables: str | Responses,
    columns: str | Sequence[str] | None = None,
    by: str | Sequence[str] | None = None,
    shares: Shares | None = None,
    test: TableTest = "rao_scott_f",
    expected: Mapping[object, float] | None = None,
    confidence: float = 0.95,
    df: DegreesOfFreedom = "effective",
    interval: ShareInterval = "logit",
    na: MissingRule = "drop",
    adjust: Adjustment | Literal["none"] = "holm",
    sort: Literal["codebook", "size"] = "codebook",
) -> Crosstab:
    """Cross-tabulate variables: shares with intervals, and a test of independence.

    Parameters
    ----------
    sample : Sample or Imputed
        From `declare_design`, possibly narrowed by `where` and `universe`; or from `imputed`, and
        the tables of all imputations are combined.
    *variables : str or Responses
        The first is in rows, the second in columns; a third and further ones make groups, one table
        for each of their combinations. One variable alone gives its shares. A question with several
        answers comes first.
    columns : str or list of str, optional
        Variables set side by side as the columns, each with its own test, its own letters and, with
        `na="drop"`, its own base; the last column is the variable of the rows alone. In place of a
        second variable.
    by : str or list of str
        Domain variables: one table for each combination of their categories, before those of
        further variables.
    shares : {"cell", "row", "column"}, optional
        Of what: all people of the table (of its group), by default; those of the row; or those of
        the column, by default with `columns`, where shares of cells have no meaning. The result
        holds all three; this one is in `.cells` and is printed.
    test : {"rao_scott_f", "rao_scott_chi2", "rao_scott_mixture", "wald", "adjusted_wald", "none"}
        Rao and Scott's F (second order) or chi2 (first order), or Wald's on the residuals of the
        counts.
    expected : mapping of category to share, optional
        For one variable: shares to test it against, as a goodness of fit.
    confidence : float
        Level of the intervals; columns get letters beyond chance at one minus this level.
    df : {"effective", "design", "domain", "infinity"}
        Degrees of freedom: what all respondents of the table (of its group) are worth, as in
        `estimate`, and of the test what those of its rows and of its columns are worth; those of
        the design; those of the group; or the normal distribution.
    interval : {"logit", "beta", "wilson", "likelihood", "xlogit", "asin", "wald"}
        As in `share`.
    na : {"drop", "fail", "keep"}
        People without an answer to one of the variables are left out and counted, refused, or shown
        as a category.
    adjust : {"holm", "bonferroni", "bh", "none"}
        For the letters: over the pairs of columns within a row.
    sort : {"codebook", "size"}
        Rows in the order of the codebook (else of the data), or from the largest to the smallest.

    Returns
    -------
    Crosstab
        `.frame`, `.cells`, `.rows`, `.columns`, `.margins`, `.counts`, `.test` (or `.tests`, one
        per group and per variable of the columns), `.association` and `.residuals` of two
        variables; with `columns`, `.panels`, a table for each of them.

    Raises
    ------
    ColumnError
        For a column that does not exist or bears the name of a result column, and for missing
        answers under `na="fail"`.
    EmptyDomainError
        Where nobody answered all the variables.
    OptionError
        For an option outside its words.

    Notes
    -----
    Every share is a ratio of sums of weighted cells, and its variance that of the linearised ratio
    (Woodruff 1971). Categories that the codebook declares and nobody chose are kept, empty. Rao and
    Scott (1984); Thomas and Rao (1987); several answers: Bilder and Loughin (2004), Thomas and
    Decady (2004). Cramér's V has no interval where independence is not rejected at 0.1%, or in one
    imputation at least; imputations are combined on the scale of its interval. With effective
    degrees of freedom the design effects are divided by the part of them that linearisation finds
    under independent answers, and F has as many in its denominator as they have, at most d0 times
    those of all respondents. Where few units distinguish rows or columns the test is flagged `few
    units`, and has no value where they leave less than one degree of freedom to a test of all parts
    at once (Tipton and Pustejovsky 2015). Queries return one row per unit and cell; the columns
    come to memory for `na="keep"`, for several answers and for policies on lonely units that need
    the units present.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> pay = ["low", "low", "low", "high", "high", "high", "high", "low"]
    >>> people = pd.DataFrame({"sex": list("ffffmmmm"), "pay": pay})
    >>> found = dl.crosstab(dl.declare_design(people), "sex", "pay", shares="row")
    >>> found.frame[["sex", "pay", "estimate", "n"]].values.tolist()
    [['f', 'high', 0.25, 1], ['f', 'low', 0.75, 3], ['m', 'high', 0.75, 3], ['m', 'low', 0.25, 1]]
    >>> found.test.name, round(found.test.estimates["pearson"], 3)
    ('rao_scott_f', 2.0)
    """
    side_by_side = (
        (columns,) if isinstance(columns, str) else None if columns is None else tuple(columns)
    )
    if side_by_side is not None:
        _check_side_by_side(variables, side_by_side)
        check_one_of("shares", shares or "column", Literal["column", "row"], of="with `columns`")
    check_one_of("sort", sort, Literal["codebook", "size"])
    options = _Options(shares or "cell", test, expected, confidence, df, interval, na, adjust, sort)
    if side_by_side is None:
        table = _cross(sample, variables, by, options)
        return table.by_size if sort == "size" else table
    of_columns = replace(options, shares=shares or "column")
    panels = tuple(_cross(sample, (*variables, item), by, of_columns) for item in side_by_side)
    alone = _cross(sample, variables, by, replace(options, shares="cell"))
    table = replace(
        alone, panels=panels, tests=tuple(one for panel in panels for one in panel.tests)
    )
    return table.by_size if sort == "size" else table


def _check_side_by_side(variables: Sequence[str | Responses], columns: Sequence[str]) -> None:
    if not columns:
        raise OptionError(
            "`columns=[]` names no variable.",
            write='Write for example `crosstab(sample, "pay", columns=["sex", "age"])`.',
        )
    if len(variables) != 1:
        names = ", ".join(f"`{variable_name(variable)}`" for variable in variables)
        raise OptionError(
            f"{argument('columns', list(columns))} goes with one variable, that of the rows.",
            f"The table has {len(variables)}" + (f": {names}." if variables else "."),
            "Write variables of groups as `by=`, or leave `columns` out.",
        )


@dataclass(frozen=True)
class _Options:
    """How a table is made; the words are those of `crosstab`."""

    shares: Shares
    test: TableTest
    expected: Mapping[object, float] | None
    confidence: float
    df: DegreesOfFreedom
    interval: ShareInterval
    na: MissingRule
    adjust: Adjustment | Literal["none"]
    sort: str

    def __post_init__(self) -> None:
        check_confidence(self.confidence)
        check_one_of("shares", self.shares, Shares)
        check_one_of("test", self.test, TableTest)
        check_one_of("df", self.df, DegreesOfFreedom)
        check_one_of("interval", self.interval, ShareInterval)
        check_one_of("na", self.na, MissingRule)
        check_one_of("adjust", self.adjust, (*get_args(Adjustment), "none"))


def _cross(
    sample: Sample | Imputed,
    variables: Sequence[str | Responses],
    by: str | Sequence[str] | None,
    options: _Options,
) -> Crosstab:
    """Cross variables of a sample, or of every imputation and combine the tables."""
    if isinstance(sample, Imputed):
        return pooled_crosstab(sample.results(_cross, variables, by, options))
    check_sample(sample, "A table", "cross variables")
    row, column, groups = arrange_variables(sample, variables, by)
    if options.expected is not None and column is not None:
        raise OptionError(
            "`expected` applies to a table of one variable.",
            f"That of `{variable_name(row)}` and `{column}` is tested for independence.",
            "Write one variable, or leave `expected` out.",
        )
    if isinstance(row, Responses):
        # the answers to a question have the labels of its columns, or of its codes
        values = dict(response_labels(sample.codebook, row))
        sample = replace(
            sample, codebook=sample.codebook.described(row.name, label=row.label, values=values)
        )
    table = tabulate(sample, row, column, groups, keep_missing=options.na == "keep", together=False)
    # the share of a single column in its row is 1
    shares: Shares = "column" if column is None and options.shares == "row" else options.shares
    rules: dict[str, str] = {"na": options.na, "interval": options.interval, "shares": shares}
    rules |= {"adjust": options.adjust} if column else {}
    rules |= {"sort": options.sort} if options.sort != "codebook" else {}
    freedom = table.df_of_groups(options.df)
    provenance = table_provenance(table, options.confidence, options.df, rules)
    if options.expected:
        provenance = replace(
            provenance, expected_shares=association.expected_by_code(table, options.expected)
        )
    conventions = TableConventions(
        options.confidence, options.df, freedom, options.interval, provenance, table.sample
    )
    kinds = get_args(Shares) if column is not None else ("cell", "column")
    every = {kind: table_shares(table, kind, conventions) for kind in kinds}
    margins, counts = table_margins(table, conventions), table_counts(table, conventions)
    tests: tuple[Test, ...] = ()
    larger: tuple[tuple[int, ...], ...] = ()
    measured = residuals = None
    if column is not None:
        tests = association.independence_tests(table, options.test, conventions)
        if not table.several:
            measured = association.measures_of_association(table, conventions)
            residuals = association.residuals_of_cells(table, every["cell"], conventions)
        larger = larger_than(every["column"], table.shape, 1 - options.confidence, options.adjust)
    elif options.expected is not None:
        tests = association.fit_tests(table, options.expected, options.test, conventions)
    further: Any = {"association": measured, "residuals": residuals, "several": table.several}
    return Crosstab(
        table.row_name, column, table.by, shares, every, margins, counts, tests, larger, **further
    )
