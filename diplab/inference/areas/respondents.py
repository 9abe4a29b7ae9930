"""What models of respondents read: answers by area, and the population of each area."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from diplab.checks import check_confidence, counted
from diplab.errors import ColumnError, OptionError
from diplab.inference.areas.covariates import Areas, missing_by_area
from diplab.inference.regression.rows import check_columns, read_respondents
from diplab.kernel.arrays import Floats, Integers
from diplab.kernel.models.nested_error import NestedErrorModel
from diplab.microdata.codebook import Codebook
from diplab.microdata.microdata import Microdata
from diplab.microdata.variable import code_text
from diplab.sampling.condition import known_column
from diplab.sampling.design import declare_design
from diplab.sampling.engines.columns import MemoryColumns
from diplab.sampling.formula import ModelFormula, read_formula
from diplab.sampling.model_matrix import Categories, ModelMatrix, factor_values
from diplab.sampling.sample import Sample, SampleInMemory


@dataclass(frozen=True, eq=False)
class AreaRespondents:
    """Respondents of a model of one effect for each area; columns of `x` have about one size."""

    sample: SampleInMemory
    matrix: ModelMatrix
    y: Floats  # (respondents,)
    x: Floats  # (respondents, coefficients)
    size: Floats  # (coefficients,); by which columns were divided
    codes: tuple[Any, ...]  # of the areas of respondents
    place: Integers  # (respondents,); of the area of each among these codes
    unequal_weights: bool

    def coefficients(self, model: NestedErrorModel) -> tuple[Floats, Floats]:
        """Return the coefficients of the terms as written, and their covariance."""
        covariance = model.within * model.inverse / np.outer(self.size, self.size)
        return model.coefficients / self.size, covariance


def read_area_respondents(
    sample: Sample, formula: str, by: str, confidence: float
) -> AreaRespondents:
    """Read the respondents of a model who have an area and all its variables."""
    check_confidence(confidence)
    read = read_formula(formula, sample.names, sample.codebook)
    if read.outcome.tree is not None or read.outcome.condition is not None:
        raise OptionError(
            f"The outcome of `{formula}` is not a column.",
            "The model is of the answers themselves.",
            "Write a new column, `sample.with_columns(...)`, and its name before `~`.",
        )
    known_column(by, sample.names, "the area of respondents", sample.codebook)
    held = sample.collect_for(by=[*read.names, by])
    factor = held.engine.columns.factor(by)
    respondents = read_respondents(
        held, read, "gaussian", "drop", {by: Categories(factor.codes, factor.categories)}
    )
    rows = respondents.blocks
    check_columns(replace(rows, weight=np.ones_like(rows.weight)), constant=False)
    x = np.asarray(rows.matrix.block(slice(0, rows.matrix.rows)), dtype=float).T
    size = np.sqrt((x**2).mean(axis=0))
    codes = factor.codes if respondents.row_index is None else factor.codes[respondents.row_index]
    there, place = np.unique(codes, return_inverse=True)
    return AreaRespondents(
        held,
        rows.matrix,
        rows.y,
        x / size,
        size,
        tuple(factor.categories[code] for code in there),
        place,
        unequal_weights=bool(np.ptp(rows.weight) > 1e-9 * rows.weight.max()),
    )


@dataclass(frozen=True, eq=False)
class AreaPopulation:
    """The population of areas: rows of persons, or one row of means for each area."""

    areas: Areas
    place: Integers  # (rows,); of the area of each row
    x: Floats  # (rows, coefficients); in the sizes of the respondents' columns
    of_persons: bool

    @property
    def means(self) -> Floats:
        """The means of the columns by area, (areas, coefficients)."""
        people = np.bincount(self.place, minlength=len(self.areas.codes))
        totals = [
            np.bincount(self.place, weights=column, minlength=people.size) for column in self.x.T
        ]
        return np.column_stack(totals) / people[:, None]


def read_population(population: Any, respondents: AreaRespondents, by: str) -> AreaPopulation:
    """Read the population of areas with the terms of the respondents' model."""
    formula, codebook = respondents.matrix.formula, respondents.sample.codebook
    if not isinstance(population, Microdata):
        described = {}
        for name in (by, *formula.names):
            if name in codebook:
                described[name] = codebook[name]
        population = Microdata(population, Codebook(described))
    table = declare_design(population)
    for name in (by, *formula.names):
        if name != formula.outcome.text:
            known_column(name, table.names, "a column of `population`", table.codebook)
    terms = [name for name in formula.names if name != formula.outcome.text]
    columns = table.collect_for(by=[*terms, by]).engine.columns
    factor = columns.factor(by)
    if (factor.codes < 0).any():
        rows = counted(int((factor.codes < 0).sum()), "row")
        raise ColumnError(
            f"`population` has no `{by}` in {rows}.", write="Complete it, or leave them out."
        )
    there, place = np.unique(factor.codes, return_inverse=True)
    areas = Areas(by, tuple(factor.categories[code] for code in there), "population")
    of_persons = place.size > there.size
    if not of_persons:
        _check_means(formula, respondents.matrix)
    values = []
    for at, item in enumerate(formula.factors):
        held = respondents.matrix.values[at]
        value = _values(columns, item, held, table.codebook)
        gaps = value.codes < 0 if isinstance(value, Categories) else ~np.isfinite(value)
        if gaps.any():
            raise missing_by_area(
                item.text, [areas.codes[place[row]] for row in np.flatnonzero(gaps)], "population"
            )
        values.append(value)
    matrix = replace(respondents.matrix, values=tuple(values), raw={}, rows=place.size)
    x = np.asarray(matrix.block(slice(0, matrix.rows)), dtype=float).T / respondents.size
    return AreaPopulation(areas, place, x, of_persons)


def _values(
    columns: MemoryColumns, factor: Any, held: Floats | Categories, codebook: Codebook
) -> Floats | Categories:
    """Return a factor of the population, coded as that of the respondents."""
    value = factor_values(columns, factor, codebook)
    if isinstance(held, Categories) != isinstance(value, Categories):
        raise OptionError(
            f"`{factor.text}` is categories in one of the sample and `population`, "
            "and numbers in the other.",
            write=f"Write `C({factor.text})`, or give both files the same codes.",
        )
    if not isinstance(value, Categories) or not isinstance(held, Categories):
        return value
    known = {code_text(level): at for at, level in enumerate(held.levels)}
    unknown = [level for level in value.levels if code_text(level) not in known]
    places = np.array([*(known.get(code_text(level), -1) for level in value.levels), -1])
    codes = places[value.codes]
    if unknown and (codes[value.codes >= 0] < 0).any():
        raise OptionError(
            f"`population` has `{code_text(unknown[0])}` in `{factor.text}`, a category that no "
            "respondent has.",
            "The model has no coefficient for it.",
            "Merge it with another, `recode`, in both files.",
        )
    return Categories(codes, held.levels)


def _check_means(formula: ModelFormula, matrix: ModelMatrix) -> None:
    """Refuse terms of which the mean of an area does not follow from means of columns."""
    for at, factor in enumerate(formula.factors):
        alone = [term for term in formula.terms if at in term and len(term) > 1]
        if isinstance(matrix.values[at], Categories) or factor.tree or factor.condition or alone:
            raise OptionError(
                f"The mean of `{factor.text}` by area does not follow from one row per area.",
                "`population` has one row per area, which is read as the means of its people.",
                "Write a row for each person of the population, or terms that are columns of "
                "numbers: the share of a category is the mean of a column of 0 and 1.",
            )
