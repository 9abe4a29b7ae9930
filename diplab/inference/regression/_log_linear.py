"""`log_linear`: log-linear models of weighted shares under the design. See docs/formulas.md."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations, compress, product
from typing import Any

import numpy as np
from scipy import sparse

from diplab.checks import check_confidence, check_one_of
from diplab.errors import MisleadingError, OptionError
from diplab.inference.covariance import standard_errors
from diplab.inference.degrees_of_freedom import (
    DegreesOfFreedom,
    degrees_of_freedom,
    deletable_units,
)
from diplab.inference.measures import measures, row_flags
from diplab.inference.missing import MissingRule
from diplab.inference.provenance import table_provenance
from diplab.inference.regression._regress import RowName, levels_together, model_frame, references
from diplab.inference.regression.one_unit import OnOneUnit
from diplab.inference.tables.association import UnitsBehind, rao_scott_test, units_behind
from diplab.inference.tables.cells import TableConventions, table_estimates
from diplab.inference.tables.tabulation import Tabulation, arrange_variables, tabulate
from diplab.kernel.arrays import Floats, Integers, compressed
from diplab.kernel.intervals import Precision, logit
from diplab.kernel.leverage import Alone, leverage
from diplab.kernel.rao_scott import Pearson, nested
from diplab.microdata.variable import code_quoted, code_text
from diplab.population.kernel.loglinear import (
    directions_without_maximum,
    fit_loglinear,
    locate_maximum,
)
from diplab.results.estimates import Combined
from diplab.results.hypothesis_test import Hypothesis, LoneCategory, Test
from diplab.results.regression import LogLinearModel
from diplab.sampling._imputed import Imputed
from diplab.sampling.expression import ONE
from diplab.sampling.formula import ModelFormula, read_formula
from diplab.sampling.model_matrix import Categories, ModelMatrix, matrix_columns, present
from diplab.sampling.sample import Sample, check_sample


def log_linear(
    sample: Sample,
    formula: str,
    *,
    df: DegreesOfFreedom = "effective",
    confidence: float = 0.95,
    na: MissingRule = "drop",
) -> LogLinearModel:
    """Fit a log-linear model to a table: which of its variables go together, the others given.

    Parameters
    ----------
    sample : Sample
        From `declare_design`, possibly narrowed by `where` and `universe`.
    formula : str
        `~` and terms: `"~ sex + pay"` (independent), `"~ sex * pay + region"` (`region` independent
        of both together), `"~ (sex + pay + region) ** 2"` (each pair alike whatever the third). Its
        variables make the table.
    df, confidence, na
        As in `crosstab`.

    Returns
    -------
    LogLinearModel
        A row a coefficient: log odds of a category against the first, the other variables at
        theirs; of products, log odds ratios. `term_test(model, "sex:pay", test="rao_scott_f")`
        tests the smaller model without a term.

    Raises
    ------
    ColumnError, ConditionError, EmptyDomainError, OptionError
        Where the formula cannot be read, a column is not there or has one category, a term lacks a
        part of it, nobody answered all the variables, or empty cells leave a coefficient without a
        finite value.

    Notes
    -----
    Maximum likelihood for the weighted shares, whose covariance under the design gives that of the
    coefficients (Rao and Scott 1984), as in R's `svyloglin`, which has them in sum coding.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"sex": list("ffffmmmm"), "pay": list("hlllhhhl")})
    >>> dl.log_linear(dl.declare_design(people), "~ sex * pay").frame["estimate"].round(3).tolist()
    [1.099, 1.099, -2.197]
    """
    given: object = sample
    if isinstance(given, Imputed):
        raise OptionError(
            "A log-linear model is of one sample.",
            "These are imputations.",
            "Write it for each of them.",
        )
    check_sample(sample, "A log-linear model", "`log_linear`")
    check_one_of("df", df, DegreesOfFreedom)
    check_one_of("na", na, MissingRule)
    check_confidence(confidence)
    read = replace(
        read_formula(formula, sample.names, sample.codebook, of_table=True), intercept=True
    )
    _check_terms(read)
    row, column, groups = arrange_variables(sample, read.names, ())
    table = tabulate(sample, row, column, groups, keep_missing=na == "keep", together=True)
    freedom = degrees_of_freedom(
        table.sample, table.totals, df, np.minimum(table.group_of_domain, 0), 1
    )
    rules = {"model": "log_linear log", "formula": read.text, "na": na, "interval": "logit"}
    provenance = table_provenance(table, confidence, df, rules)
    conventions = TableConventions(confidence, df, freedom, "logit", provenance, table.sample)
    fitted = _fit(table, read)
    if len(fitted.keys) == 2:
        fitted = replace(fitted, of_pair=units_behind(table, conventions)[0])
    return _model(fitted, conventions)


def _check_terms(formula: ModelFormula) -> None:
    """Refuse a term without those that are part of it."""
    for position, term in enumerate(formula.terms):
        parts = set()
        for size in range(1, len(term)):
            for part in combinations(sorted(term), size):
                parts.add(part)
        if not parts <= {tuple(sorted(item)) for item in formula.terms}:
            raise OptionError(
                f"`{formula.term_text(position)}` is in `{formula.text}` without all terms that "
                "are part of it.",
                "Log-linear models are hierarchical.",
                f"Write `{' * '.join(formula.factors[at].text for at in term)}`.",
            )


@dataclass(frozen=True, eq=False)
class FittedTable:
    """A log-linear model fitted to every combination of the categories that somebody has."""

    matrix: ModelMatrix
    keys: dict[str, list[Any]]  # the categories of the cells, by variable
    x: Floats  # (cells, columns); the constant first
    counted: Integers  # (cells,); respondents
    n: int
    observed: Floats  # (cells,); shares in the sample
    covariance: Floats  # (cells, cells); theirs
    shares: Floats  # (cells,); under the model
    coefficients: Floats  # (columns,)
    alone: Alone  # of each coefficient, the constant too
    lone: list[LoneCategory]  # those that lie in one unit
    of_pair: UnitsBehind | None = (
        None  # of two variables, what units are worth for their independence
    )

    @property
    def variables(self) -> dict[str, set[str]]:
        """The variables of each term."""
        formula = self.matrix.formula
        return {
            formula.term_text(position): {formula.factors[factor].text for factor in term}
            for position, term in enumerate(formula.terms)
        }

    def rao_scott(
        self, pearson: Pearson, name: str, terms: Sequence[str], df: float, *record: Any
    ) -> Test:
        """Return the test of some terms, none for the product that a model of two variables lacks.

        Of the only product of two variables that of their crosstab.
        """
        crossed = [self.variables[term] for term in terms] or [{*self.keys}]
        if self.of_pair is None or crossed != [{*self.keys}]:
            return rao_scott_test(pearson, name, df, *record)
        outcome = rao_scott_test(
            pearson.enlarged(self.of_pair.found), name, self.of_pair.df, *record
        )
        if self.of_pair.left < 1 - 1e-9:
            outcome = replace(outcome, statistic=np.nan, p_value=np.nan, estimates={})
        return replace(outcome, joint_df=self.of_pair.left, few_units=self.of_pair.few)

    def without(self, terms: Sequence[str]) -> Pearson:
        """Return Pearson's statistic of the model without some terms, within the whole."""
        taken = [self.variables[term] for term in terms]
        for term, crossed in self.variables.items():
            if term not in terms and any(part < crossed for part in taken):
                raise OptionError(
                    f"Part of `{term}` cannot be tested while that is in the model.",
                    "Log-linear models are hierarchical.",
                    f"Write `{term}` among the terms too.",
                )
        tested = set().union(*taken)
        for alone in self.lone:
            if alone.declared and alone.variable in tested:
                raise MisleadingError(
                    f"`{alone.variable}` = {code_quoted(alone.category)} lies in one sampling "
                    "unit, and a test of "
                    f"`{terms[0]}` would rest on it.",
                    f"All {alone.n} respondents there are of it.",
                    "Merge that category with another, or leave it out with `sample.where(...)`.",
                )
        left = self.x[:, [column.variable not in terms for column in self.matrix.columns]]
        smaller = fit_loglinear(left, self.n * self.observed).fitted
        df = self.x.shape[1] - left.shape[1]
        return nested((smaller / self.n, left), (self.shares, self.x), self.covariance, self.n, df)


MOST_CELLS = 5_000  # their covariance is of as many rows and columns


def _fit(table: Tabulation, formula: ModelFormula) -> FittedTable:
    seen = {}
    for name, item in table.keys.items():
        seen[name] = set(compress(item, table.cells.n[table.cell.ravel()]))
    known = dict(zip(table.keys, table.categories, strict=True))
    levels = {}
    for name in formula.names:
        levels[name] = tuple(item for item in known[name] if item in seen[name])
    if (size := math.prod(map(len, levels.values()))) > MOST_CELLS:
        raise OptionError(
            f"`{formula.text}` makes a table of {size:,} cells, of which {MOST_CELLS:,} can be "
            "fitted.",
            write="Write fewer variables, or merge categories.",
        )
    cells = list(product(*levels.values()))
    place_of = {cell: place for place, cell in enumerate(cells)}
    of_table = zip(*map(table.keys.__getitem__, levels), strict=True)
    place = [place_of.get(cell, -1) for cell in of_table]
    codes = np.indices(list(map(len, levels.values()))).reshape(len(levels), -1)
    held = tuple(
        present(factor, Categories(code, level))
        for factor, code, level in zip(formula.factors, codes, levels.values(), strict=True)
    )
    matrix = ModelMatrix(formula, matrix_columns(formula, held), held, {}, len(cells))
    weighted, everybody = (
        table.cells.spread_over(np.array(place), len(cells)),
        np.ones((len(cells), 1)),
    )
    each = sparse.csc_array(sparse.eye_array(len(cells)))
    ratios = weighted.ratios(
        each, sparse.csc_array(everybody), np.zeros(len(cells), dtype=np.int64)
    )
    x, n = matrix.block(slice(0, len(cells))).T, int(weighted.n.sum())
    fit = fit_loglinear(x, n * ratios.point)
    if locate_maximum(x, ratios.point, np.zeros(x.shape[1])) != "inside" or not fit.converged:
        smallest = zip(levels, cells[int(ratios.point.argmin())], strict=True)
        raise OptionError(
            f"`{formula.text}` has coefficients without a finite value.",
            f"Nobody is in {int((weighted.n == 0).sum())} of the {len(cells)} cells of its table; "
            "the smallest is "
            f"`{', '.join(f'{name} = {code_text(code)}' for name, code in smallest)}`.",
            "Write fewer terms, or merge categories.",
        )
    of_cells = dict(zip(levels, map(list, zip(*cells, strict=True)), strict=True))
    shares = ratios.point, ratios.covariance, fit.fitted / n
    units = UnitsOfCells.of(table, np.array(place))
    lone = units.lone(matrix, weighted.n)
    alone = units.alone(x, lone, matrix)
    return FittedTable(matrix, of_cells, x, weighted.n, n, *shares, fit.coefficients, alone, lone)


@dataclass(frozen=True, eq=False)
class UnitsOfCells:
    """Who is in which cell of a table: an entry for each unit of the last stage and cell."""

    cell: Integers  # (entries,)
    weight: Floats  # (entries,)
    codes: list[Integers]  # by phase: the unit on whose draw an entry hangs, -1 for none
    declared: bool  # whether units are declared, or respondents are the units

    @classmethod
    def of(cls, table: Tabulation, place: Integers) -> UnitsOfCells:
        """Read them. Shapes: `place` (cells of the table,), their cells in the model."""
        sample, totals = table.sample, table.totals
        named = sample.replication is not None and not sample.made
        if named:
            domain, weight = totals.row_weights()
            rows = np.flatnonzero(weight > 0)
            domain, weight, codes = (
                domain[rows],
                weight[rows],
                deletable_units(sample.collect(), rows),
            )
        else:
            unit, domain, weight = totals.by_unit(ONE)
            codes = [of_unit[unit] for of_unit in sample.engine.units.deletable]
        cell = place[table.base_of_domain[domain]]
        there = (weight > 0) & (cell >= 0)
        return cls(
            cell[there],
            weight[there],
            [code[there] for code in codes],
            named or bool(sample.design.psu),
        )

    def alone(self, x: Floats, lone: Sequence[LoneCategory], matrix: ModelMatrix) -> Alone:
        """Return how coefficients move along directions that only single units identify.

        Shapes: `x` (cells, columns).
        """
        columns, block, kept = (
            x[self.cell].T,
            slice(0, self.cell.size),
            np.full(self.cell.size, self.declared),
        )
        # one respondent alone in a cell is not a unit, but in a category is
        for item in lone:
            held, level = _factor(matrix, item.variable), item.category
            kept |= held.codes[self.cell] == held.levels.index(level)
        moved, units = [np.zeros((x.shape[1], 0))], [np.zeros(0, dtype=np.int64)]
        for code in self.codes:
            code_of_kept = np.where(kept, code, -1)
            dense = compressed(code_of_kept + 1)[0] - int(code_of_kept.min(initial=0) < 0)
            of_units = leverage(lambda: iter([(columns, self.weight, block)]), dense)
            for unit in np.unique(of_units.alone[0]).tolist():
                others = np.bincount(self.cell[dense != dense[unit]], minlength=len(x)) > 0
                directions = directions_without_maximum(x, others)
                moved.append(directions.T)
                units.append(np.full(len(directions), unit))
        return Alone(np.concatenate(moved, axis=1), np.concatenate(units))

    def lone(self, matrix: ModelMatrix, counted: Integers) -> list[LoneCategory]:
        """Return the categories that lie in one unit."""
        categories = []
        for factor in matrix.formula.factors:
            held = _factor(matrix, factor.text)
            level, n = held.codes[self.cell], np.bincount(held.codes, weights=counted).astype(int)
            for code in self.codes:
                some = np.full(len(held.levels), -1, dtype=np.int64)
                some[level] = code
                apart = np.bincount(level[code != some[level]], minlength=some.size) > 0
                for at in np.flatnonzero((some >= 0) & ~apart).tolist():
                    declared = self.declared or int(n[at]) > 1
                    categories.append(
                        LoneCategory(factor.text, held.levels[at], int(n[at]), declared)
                    )
        return categories


def _factor(matrix: ModelMatrix, name: str) -> Categories:
    """Return the categories of a variable of a table."""
    factors = [factor.text for factor in matrix.formula.factors]
    held = matrix.values[factors.index(name)]
    assert isinstance(held, Categories)  # as all are in a table
    return held


def _degrees(fitted: FittedTable, rows: Sequence[RowName], df: float) -> tuple[Floats, Floats]:
    """Return the degrees of freedom of coefficients, and what their units are worth."""
    spread, worth = np.full(len(rows), df), np.full(len(rows), np.inf)
    if fitted.of_pair is not None:
        # odds ratios are known as those of the crosstab are
        products = [len(fitted.variables.get(name, ())) > 1 for _, name, *_ in rows]
        spread[products] = min(df, fitted.of_pair.df)
        worth[products] = fitted.of_pair.worth
    return spread, worth


def _model(fitted: FittedTable, conventions: TableConventions) -> LogLinearModel:
    """Return a fitted model with the covariances of its coefficients and shares, and its test."""
    x, p, n, df, text = (
        fitted.x,
        fitted.shares,
        fitted.n,
        float(conventions.df[0]),
        fitted.matrix.formula.text,
    )
    centred = x[:, 1:] - p @ x[:, 1:]
    moved = np.linalg.solve(
        centred.T @ (p[:, None] * centred), centred.T
    )  # coefficients with the shares
    covariance = moved @ fitted.covariance @ moved.T
    of_cells = (slopes := p[:, None] * centred) @ covariance @ slopes.T
    rows: list[RowName] = [
        ("coefficient", column.variable, column.category, None, int(fitted.counted @ inside))
        for column, inside in zip(fitted.matrix.columns[1:], x.T[1:], strict=True)
    ]
    spread, worth = _degrees(fitted, rows, df)
    alone = fitted.alone.rows(np.arange(1, x.shape[1]))
    resting, whole, level = (
        OnOneUnit(alone, np.zeros(len(rows), dtype=bool)),
        covariance,
        conventions.confidence,
    )
    frame, covariance = model_frame(
        rows, fitted.coefficients[1:], whole, spread, level, (), resting, worth
    )
    crossed = Combined(tuple(fitted.keys), "crossing")
    error, variable = standard_errors(of_cells, p), str(crossed)
    low, high = logit(
        p, Precision(error, np.full(p.size, df), np.full(p.size, float(n)), conventions.confidence)
    )
    described: dict[str, Any] = {
        "statistic": "share",
        "variable": variable,
        "category": "",
    } | fitted.keys
    described |= measures(p, error, low, high, df, n, row_flags(n, p, error, df)) | {
        "observed": fitted.observed
    }
    test, record, sample = None, conventions.provenance, conventions.sample
    if left := p.size - x.shape[1]:
        pearson = nested((p, x), (fitted.observed, None), fitted.covariance, n, left)
        record_of_test = Hypothesis(kind="log_linear", formula=text), n, record, sample.codebook
        test = fitted.rao_scott(pearson, "rao_scott_f", (), df, *record_of_test)
        test = replace(test, lone=fitted.lone[0] if fitted.lone else None)
        if test.lone is not None and test.lone.declared:
            test = replace(test, statistic=np.nan, p_value=np.nan, estimates={})
    cells = table_estimates(described, of_cells, tuple(fitted.keys), conventions)
    cells = cells.described(combined={**record.combined, variable: crossed})
    return LogLinearModel(
        frame, covariance, record, (), sample.codebook, sample.engine.drawn, text, "log_linear",
        "log", variable, df, fitted, references(fitted, "log_linear"),
        levels_together(fitted, "log_linear"),
        goodness="It is of the shares of a table.",
        cells=cells, test=test,
        alone=alone, compared=resting.compared(whole),
    )  # fmt: skip
