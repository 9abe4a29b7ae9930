"""The respondents of a regression: who answered everything, what is missing.

And why a fit to them has no answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diplab.checks import counted
from diplab.errors import ColumnError, DiplabError, OptionError
from diplab.inference.measures import check_size, no_respondents
from diplab.kernel.arrays import Floats, Integers
from diplab.kernel.models.families import POSITIVE
from diplab.kernel.models.regression import (
    BLOCK,
    Block,
    Fit,
    Likelihood,
    conditioning,
    inverse,
    rank_lost,
)
from diplab.microdata.codebook import Codebook
from diplab.microdata.variable import Code, code_text
from diplab.reference.text import Text
from diplab.sampling.engines.columns import MemoryColumns
from diplab.sampling.expression import Column
from diplab.sampling.formula import ModelFactor, ModelFormula, arithmetic_values
from diplab.sampling.model_matrix import (
    Categories,
    MatrixColumn,
    ModelMatrix,
    factor_values,
    model_matrix,
)
from diplab.sampling.sample import SampleInMemory

CATEGORICAL = ("ordinal", "multinomial")


@dataclass(frozen=True, eq=False)
class ModelRows:
    """The rows of a regression, a block at a time."""

    matrix: ModelMatrix
    y: Floats
    weight: Floats
    offset: Floats | None = (
        None  # what is added to the linear predictor as it is, all exposure included
    )
    exposure: Floats | None = None  # logarithm of the exposure, which is part of that
    instruments: ModelRows | None = None
    # (instruments, columns): what maps the instruments to the fitted columns of the model (first
    # stage)
    projection: Floats | None = None
    _buffer: list[Floats] = field(default_factory=list, init=False, repr=False)
    together: bool = False  # as one block, for a likelihood that is not a sum over rows

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return self.matrix.rows

    def every(self, step: int) -> ModelRows:
        """Return one row in `step`."""
        offset, exposure = (
            None if item is None else item[::step].copy() for item in (self.offset, self.exposure)
        )
        return replace(
            self, matrix=self.matrix.every(step), y=self.y[::step].copy(),
            weight=self.weight[::step].copy(), offset=offset, exposure=exposure,
            instruments=self.instruments and self.instruments.every(step),
        )  # fmt: skip

    def block(self, place: slice, out: Floats | None = None) -> Block:
        """Return some rows."""
        offset = 0.0 if self.offset is None else self.offset[place]
        if self.projection is None:
            x = self.matrix.block(place, out=out)
        else:
            assert self.instruments is not None  # which are projected on
            x = self.projection.T @ self.instruments.matrix.block(place)
        return Block(x, self.y[place], self.weight[place], place, offset)

    def __iter__(self) -> Iterator[Block]:
        every = slice(0, self.rows)
        if self.together:
            if not self._buffer:
                self._buffer.append(self.matrix.block(every))
            yield Block(self._buffer[0], self.y, self.weight, every)
            return
        if not self._buffer:
            self._buffer.append(np.empty((len(self.matrix.columns), BLOCK)))
        for place in self.matrix.places:
            yield self.block(place, self._buffer[0])

    def per_unit(self, place: slice) -> Floats | float:
        """Return the offset of some rows in the linear predictor, for one unit of exposure."""
        if self.offset is None:
            return 0.0
        return self.offset[place] - (0.0 if self.exposure is None else self.exposure[place])


@dataclass(frozen=True, eq=False)
class Respondents:
    """Who a regression is about."""

    blocks: ModelRows
    row_index: Integers | None  # their places in the file; None for all of it
    outcomes: tuple[Any, ...]  # categories, in order; empty for a number or a condition
    everyone: int  # rows of positive weight in the domain
    missing: dict[str, int]  # rows without an answer, by column
    likelihood: Likelihood | None = (
        None  # of a model whose likelihood knows its rows, which stay together
    )


def read_respondents(
    sample: SampleInMemory,
    formula: ModelFormula,
    family: str,
    na: str,
    beside: Mapping[str, Floats | Categories] | None = None,
) -> Respondents:
    """Read the rows of a regression that have all its variables, and those in `beside`.

    `beside` has a value for each row of the file.
    """
    columns = sample.engine.columns
    scoped = sample.engine.scoped(sample.totals((), ()).scope)
    inside = scoped.weight > 0
    factors, instruments = formula.factors, formula.instruments
    if instruments:
        factors = (*factors, *instruments.factors)
    values = [factor_values(columns, factor, sample.codebook) for factor in factors]
    outcome = _outcome(columns, formula.outcome, family)
    offsets = [arithmetic_values(columns, offset) for offset in formula.offsets]
    read = zip(
        (formula.outcome, *factors, *formula.offsets), (outcome, *values, *offsets), strict=True
    )
    gaps = {factor.text: _gaps(value) & inside for factor, value in read}
    gaps |= {label: _gaps(value) & inside for label, value in (beside or {}).items()}
    everyone = int(np.count_nonzero(inside))
    missing = {}
    for label, gap in gaps.items():
        if gap.any():
            missing[label] = int(np.count_nonzero(gap))
    if missing and na == "fail":
        raise _answers_missing(formula, missing, everyone)
    for label in missing:
        inside = inside & ~gaps[label]
    count = int(np.count_nonzero(inside))
    if not count:
        has = "a positive weight and an answer to every variable"
        raise no_respondents(f"The regression `{formula.text}`", sample, has=has)
    row_index = None if count == inside.size else np.flatnonzero(inside)
    y, outcomes = _answers(sample, formula, family, outcome, row_index)
    weight = scoped.weight if row_index is None else scoped.weight[row_index]
    if row_index is not None:
        offsets = [offset[row_index] for offset in offsets]
    _check_exposure(formula, columns, row_index)
    _check_finite(formula.offsets, offsets)
    rows = ModelRows(
        model_matrix(formula, columns, values[: len(formula.factors)], row_index), y, weight
    )
    _check_finite(formula.factors, rows.matrix.values)
    for factor, value in zip(
        (formula.outcome, *formula.factors), (y, *rows.matrix.values), strict=True
    ):
        if not isinstance(value, Categories):
            check_size(factor.text, value)
    if offsets:
        rows = replace(
            rows, offset=np.sum(offsets, axis=0), exposure=offsets[-1] if formula.exposure else None
        )
    if instruments:
        written = values[len(formula.factors) :]
        matrix = model_matrix(instruments, columns, written, row_index)
        _check_finite(instruments.factors, matrix.values)
        rows = replace(rows, instruments=ModelRows(matrix, y, weight))
    return Respondents(rows, row_index, outcomes, everyone, missing)


def _answers_missing(
    formula: ModelFormula, missing: Mapping[str, int], everyone: int
) -> OptionError:
    counts = ", ".join(f"{count} of `{label}`" for label, count in missing.items())
    return OptionError(
        f"`na='fail'`: answers to variables of `{formula.text}` are missing.",
        f"Of {everyone} respondents: {counts}.",
        "Write `na='drop'` to leave those respondents out, or a condition that does.",
    )


def _check_exposure(
    formula: ModelFormula, columns: MemoryColumns, row_index: Integers | None
) -> None:
    if formula.exposure is None:
        return
    exposure = columns.numbers(formula.exposure)
    none = (exposure if row_index is None else exposure[row_index]) <= 0
    if none.any():
        raise OptionError(
            f"`exposure={formula.exposure!r}` holds no exposure, 0 or less, for "
            f"{np.count_nonzero(none)} respondents.",
            "Its logarithm is added to the linear predictor.",
            f'Write a condition that leaves them out: `sample.where("{formula.exposure} > 0")`.',
        )


def _gaps(value: Floats | Categories) -> NDArray[np.bool_]:
    return value.codes < 0 if isinstance(value, Categories) else np.isnan(value)


def _check_finite(factors: Sequence[ModelFactor], values: Sequence[Floats | Categories]) -> None:
    for factor, value in zip(factors, values, strict=True):
        if not isinstance(value, Categories) and not np.isfinite(value).all():
            lost = counted(int(np.count_nonzero(~np.isfinite(value))), "respondent")
            raise OptionError(
                f"The term `{factor.text}` has no finite value for {lost}.",
                write="Write arithmetic that has a value for everybody, or a condition that leaves "
                "them out.",
            )


def _outcome(columns: MemoryColumns, factor: ModelFactor, family: str) -> Floats | Categories:
    """Return the outcome on all rows of the file."""
    if factor.condition is not None:
        return columns.evaluate(factor.condition)
    if factor.tree is not None:
        return arithmetic_values(columns, factor)
    (name,) = factor.names
    if family in CATEGORICAL:
        return factor_values(columns, replace(factor, category=True), columns.codebook)
    if not columns.is_number(name):
        known = columns.factor(name).categories
        raise ColumnError(
            f"The outcome `{name}` holds words, such as {known[-1]!r}.",
            f"`family={family!r}` needs numbers.",
            f"Write a condition as the outcome, for example `{name} == {known[-1]!r} ~ ...`, with "
            "`family='binomial'`.",
        )
    return columns.evaluate(Column(name))


def _answers(
    sample: SampleInMemory,
    formula: ModelFormula,
    family: str,
    outcome: Floats | Categories,
    row_index: Integers | None,
) -> tuple[Floats, tuple[Any, ...]]:
    """Return the outcome of the respondents, and its categories, checked for the family."""
    if isinstance(outcome, Categories):
        codes = outcome.codes if row_index is None else outcome.codes[row_index]
        there = np.bincount(codes, minlength=len(outcome.levels)) > 0
        order = list(range(len(there)))
        if family == "ordinal" and sample.engine.columns.is_number(formula.outcome.text):
            # a table lists codes as the codebook does, and a model of their order takes them as the
            # numbers they are
            order = sorted(order, key=lambda at: outcome.levels[at])
        present = [at for at in order if there[at]]
        place = np.full(len(there), -1)
        place[present] = np.arange(len(present))
        y, levels = place[codes].astype(float), tuple(outcome.levels[at] for at in present)
        lowest = 0.0
    else:
        if family in CATEGORICAL:
            raise OptionError(
                f"`{formula.outcome.text}` is a condition or arithmetic, and has no categories.",
                f"`family={family!r}` needs some.",
                "Write the name of a column before `~`.",
            )
        y, levels = outcome if row_index is None else outcome[row_index], ()
        lowest = float(y.min())
    if y.min() == y.max():
        raise OptionError(
            f"All {y.size} respondents have the same answer to `{formula.outcome.text}`.",
            write="Explain an outcome that varies, or write a wider condition.",
        )
    _check_range(formula, family, y, lowest, sample.codebook)
    return y, levels


def _check_range(
    formula: ModelFormula, family: str, y: Floats, lowest: float, codebook: Codebook
) -> None:
    label, holds, needs, write = formula.outcome.text, lowest, "", ""
    if family == "binomial" and not np.isin(y, (0.0, 1.0)).all():
        holds, needs = y[~np.isin(y, (0.0, 1.0))][0], "true and false, or 1 and 0"
        write = f"Write a condition as the outcome, for example `{label} == {holds:g} ~ ...`."
        if codebook.variable(label).values:
            write = _answers_as_outcomes(label, codebook.variable(label).values, y)
    elif family in ("poisson", "negative_binomial") and lowest < 0:
        needs, write = "counts from 0", "Write `family='gaussian'`, or an outcome that counts."
    elif family in POSITIVE and lowest <= 0:
        needs = "amounts above 0"
        write = (
            f'Write a condition that leaves others out: `sample.where("{label} > 0")`; '
            "or `family='gaussian'`."
        )
    if needs:
        raise OptionError(
            f"`{label}` holds {holds:g}.", f"`family={family!r}` needs {needs}.", write
        )
    if not np.isfinite(y).all():
        lost = counted(int(np.count_nonzero(~np.isfinite(y))), "respondent")
        raise OptionError(
            f"`{label}` has no finite value for {lost}.",
            write="Write a condition that leaves them out.",
        )


def _answers_as_outcomes(name: str, values: Mapping[Code, Text], y: Floats) -> str:
    """Return how each labelled answer that somebody gave is written as an outcome."""
    given = [code for code in values if not isinstance(code, str) and (y == code).any()]
    shown = [
        f"`{name} == {code_text(code)} ~ ...` for '{values[code].en}'" for code in given[:_SHOWN]
    ]
    return (
        "Write the answer that is meant as a condition: "
        f"{', '.join(shown)}{', ...' * (len(given) > _SHOWN)}."
    )


_SHOWN = 4


def condition_rows(rows: ModelRows, *, constant: bool) -> ModelRows:
    """Condition the model matrix, based on a sample of its rows; `constant`: whether it has one."""
    least = np.array([_least(rows.matrix, column) for column in rows.matrix.columns])
    if not np.isfinite(least).any():
        return rows
    some = rows.every(max(1, rows.rows // BLOCK))
    found = conditioning(
        some.matrix.block(slice(0, some.rows)), some.weight, least, constant=constant
    )
    return replace(rows, matrix=replace(rows.matrix, conditioning=found))


def _least(matrix: ModelMatrix, column: MatrixColumn) -> float:
    """Return the relative size below which a column counts as explained by the others.

    Files may hold seven digits, arithmetic sixteen.
    """
    numbers = [matrix.formula.factors[at].tree for at, level in column.parts if level < 0]
    if not numbers:
        return np.inf
    return 1e-6 if all(tree is None for tree in numbers) else 1e-8


_CUTS = MatrixColumn(
    -1, "", "", ()
)  # the constants of an ordinal model, which are not among its columns


def are_collinear(rows: ModelRows, *, constant: bool) -> bool:
    """Return whether columns, with the cut points if `constant`, are collinear under weights."""
    return (
        rank_lost(_products(((block.x, block.weight) for block in rows), constant=constant))
        is not None
    )


def check_columns(rows: ModelRows, *, constant: bool) -> None:
    """Refuse collinear columns; with `constant`, also those collinear with the cut points."""
    matrix = rows.matrix
    lost = rank_lost(_products(((block.x, block.weight) for block in rows), constant=constant))
    if lost is None:
        return
    place, coefficients = _in_original_columns(matrix, *lost, constant=constant)
    columns = [_CUTS, *matrix.columns] if constant else [*matrix.columns]
    others = [
        column for column, value in zip(columns, coefficients, strict=False) if abs(value) > 1e-6
    ]
    middle = _means_that_separate(rows, [columns[place], *others], constant=constant)
    label, name, labels = (
        column_label(columns[place]),
        columns[place].variable,
        list(map(column_label, others)),
    )
    if middle:
        number, mean = next(iter(middle.items()))
        centred = f"{mean:.0f}" if abs(mean) >= 10 else f"{mean:.2g}"
        raise OptionError(
            f"{label} is so nearly collinear with {', '.join(labels)} that the fit is not "
            "reliable.",
            write=f"Centre `{number}`: write `{number} - {centred}` in its place, for example "
            f"`I(({number} - {centred}) ** 2)`.",
        )
    if not others:
        raise OptionError(
            f"{label} is 0 for all respondents.",
            write=f"Leave `{name}` out, or merge its categories.",
        )
    if labels == [label]:
        raise OptionError(
            f"{label} is in the formula twice, bare and in `I(...)`.", write=f"Write `{name}` once."
        )
    raise OptionError(
        f"{label} is a linear combination of {', '.join(labels)}: the coefficients are not "
        "identified.",
        write=f"Leave `{name}` out."
        if others == [_CUTS]
        else f"Leave `{name}` or one of the others out.",
    )


def column_label(column: MatrixColumn) -> str:
    """Return the name of a column in words, with its category."""
    if column is _CUTS:
        return "the cut points"
    return f"`{column.variable}`" + (
        "" if column.category == "" else f" ({code_text(column.category)})"
    )


def _products(blocks: Iterable[tuple[Floats, Floats]], *, constant: bool) -> Floats:
    total: Floats = np.zeros(())
    for x, weight in blocks:
        every = np.concatenate([np.ones((1, weight.size)), x]) if constant else x
        total = total + (every * weight) @ every.T
    return total


def _in_original_columns(
    matrix: ModelMatrix, place: int, coefficients: Floats, *, constant: bool
) -> tuple[int, Floats]:
    """Return the column that follows from others, and how, for the columns of the formula."""
    if matrix.conditioning is None:
        return place, coefficients
    restoring = matrix.conditioning.coefficients
    if constant:
        level, slopes = matrix.conditioning.level, matrix.conditioning.slopes
        restoring = np.block([[np.ones((1, 1)), -level[None]], [np.zeros((level.size, 1)), slopes]])
    combined = np.zeros(len(restoring))
    combined[:place], combined[place] = -coefficients, 1.0
    size, combined = np.abs(restoring) @ np.abs(combined), restoring @ combined
    combined[np.abs(combined) <= 1e-6 * size] = 0.0  # rounding
    last = int(np.flatnonzero(combined)[-1])
    return last, -combined[:last] / combined[last]


def _means_that_separate(
    rows: ModelRows, columns: Sequence[MatrixColumn], *, constant: bool
) -> dict[str, float]:
    """Return the means of the variables without which arithmetic on them is exact.

    None where it never is.
    """
    matrix = rows.matrix
    read = set()
    for column in columns:
        for at, _ in column.parts:
            read.add(at)
    names = dict.fromkeys(
        name
        for at in sorted(read)
        if matrix.formula.factors[at].tree
        for name in matrix.formula.factors[at].names
    )
    middle = {}
    for name in names:
        middle[name] = float(np.average(matrix.raw[name], weights=rows.weight))
    if not middle:
        return {}
    unconditioned = replace(
        matrix,
        columns=tuple(column for column in columns if column is not _CUTS),
        conditioning=None,
    )

    def centred(place: slice) -> Floats:
        changed = {}
        for name, mean in middle.items():
            changed[name] = matrix.raw[name][place] - mean
        return np.asarray(unconditioned.block(place, changed))

    with np.errstate(all="ignore"):
        products = _products(
            ((centred(place), rows.weight[place]) for place in matrix.places), constant=constant
        )
    return middle if bool(np.isfinite(products).all()) and rank_lost(products) is None else {}


def check_fit(
    fit: Fit, likelihood: Likelihood, rows: ModelRows, family: str, parameters: Sequence[int]
) -> None:
    """Refuse a fit without a unique finite solution; `parameters`: column of each, -1 for a cut."""
    # a dependence among columns is one at every fit, and shows in the plain products of the columns
    if not fit.converged or rank_lost(fit.information) is not None:
        check_columns(rows, constant=-1 in parameters)
        if family not in ("gaussian", *POSITIVE) and fit.direction.size and not fit.shortens:
            conditioning = rows.matrix.conditioning
            if conditioning is not None:
                fit = replace(fit, direction=likelihood.restored(conditioning) @ fit.direction)
            raise _separated(fit, rows, mean_square(rows), parameters)
        raise OptionError(
            f"The fit of `{rows.matrix.formula.text}` ({family}) does not converge.",
            "Under another link than `log` what is expected may be 0 or less."
            if family in POSITIVE
            else "",
            "Write fewer terms, or variables on a more usual scale (thousands in place of units, "
            "years since 2000).",
        )


def mean_square(rows: ModelRows) -> Floats:
    """Return the mean square of each column."""
    total = np.zeros(len(rows.matrix.columns))
    for block in rows:
        total += block.x**2 @ block.weight
    return np.asarray(total / rows.weight.sum())


def _separated(fit: Fit, rows: ModelRows, square: Floats, parameters: Sequence[int]) -> DiplabError:
    """Name the term along which the fit diverges, and its category if it is due to one."""
    matrix = rows.matrix
    width = [
        0.0 if at < 0 or matrix.columns[at].term < 0 else float(np.sqrt(square[at]))
        for at in parameters
    ]
    # a number is judged by how far it moves people; a category, rare or not, by its own pace
    pace = np.abs(fit.direction) * np.asarray(width)
    fastest = np.abs(fit.direction) * (np.asarray(width) > 0)
    alone = [_single_outcome_category(rows, at) if at >= 0 else None for at in parameters]
    # where the information has faded, nothing goes fast any more
    going = fastest > (0.1 if fastest.max() > 0.1 else -1.0)
    single = [
        (place, found) for place, found in enumerate(alone) if found is not None and going[place]
    ]
    if single:
        place, (level, count, answer) = single[0]
        at = parameters[place]
        who = f"All {count} respondents" if count > 1 else "The one respondent"
        have = "have the same outcome" if count > 1 else "has one outcome"
        return OptionError(
            f"{who} of `{matrix.columns[at].variable}` ({code_text(level)}) {have}{answer}: its "
            "coefficient has no "
            "finite value.",
            write=f"Leave `{matrix.columns[at].variable}` out, merge that category with another, "
            "or write a condition "
            "that leaves it out.",
        )
    at = parameters[int(np.argmax(pace))]
    return OptionError(
        f"{column_label(matrix.columns[max(at, 0)])} separates the answers to "
        f"`{matrix.formula.outcome.text}`, wholly "
        "or nearly: its coefficient has no finite value.",
        write=f"Leave `{matrix.columns[max(at, 0)].variable}` out, or cut it into fewer "
        "categories.",
    )


def _single_outcome_category(rows: ModelRows, at: int) -> tuple[object, int, str] | None:
    """Return a category whose respondents all have one outcome, their number, and that outcome."""
    parts = rows.matrix.columns[at].parts
    categories = rows.matrix.values[parts[0][0]] if len(parts) == 1 else None
    if not isinstance(categories, Categories):
        return None
    for level in (parts[0][1], 0):
        there = rows.y[categories.codes == level]
        if there.size and there.min() == there.max():
            return categories.levels[level], there.size, f" ({there[0]:g})"
    return None


WEAK = 10.0
"""First-stage F below which instruments are weak: biased to OLS (Staiger and Stock 1997)."""


def check_instruments(rows: ModelRows) -> None:
    """Refuse instruments that leave a coefficient undetermined, or that nothing needs."""
    formula, (endogenous, excluded) = rows.matrix.formula, unshared_columns(rows)
    if not endogenous:
        raise OptionError(
            f"All terms of `{formula.text}` are among its instruments.",
            "It is an ordinary regression.",
            "Leave out `|` and what stands after it.",
        )
    if len(excluded) < len(endogenous):
        names = ", ".join(column_label(rows.matrix.columns[at]) for at in endogenous)
        raise OptionError(
            f"`{formula.text}` is not identified.",
            f"Terms that need an instrument: {names}; instruments that are not terms: "
            f"{len(excluded)}.",
            "Write all instruments after `|`, and terms that are their own instruments again: `y ~ "
            "x + z | w + z`.",
        )
    for item in (rows, rows.instruments):
        assert item is not None  # asked of models with instruments only
        check_columns(item, constant=False)
    products = sum(
        ((block.x * block.weight) @ block.x.T for block in first_stage_fitted(rows)), np.zeros(())
    )
    if lost := rank_lost(np.asarray(products)):
        label = column_label(rows.matrix.columns[lost[0]])
        raise OptionError(
            f"`{formula.text}` is not identified.",
            f"The first-stage fitted values of {label} are a linear combination of the other "
            "terms.",
            "Write instruments that go with it while the other terms stay fixed.",
        )


def unshared_columns(rows: ModelRows) -> tuple[list[int], list[int]]:
    """Return the places of endogenous columns, and those of excluded instruments."""
    if rows.instruments is None:
        return [], []
    columns, instruments = (
        [(column.variable, column.category) for column in matrix.columns]
        for matrix in (rows.matrix, rows.instruments.matrix)
    )
    return (
        [at for at, item in enumerate(columns) if item not in instruments],
        [at for at, item in enumerate(instruments) if item not in columns],
    )


def first_stage_fitted(rows: ModelRows) -> ModelRows:
    """Replace endogenous columns by their first-stage fitted values.

    Leave other models as they are.
    """
    if rows.instruments is None:
        return rows
    products, along = np.zeros(()), np.zeros(())
    instruments = replace(rows.instruments, weight=rows.weight)
    for own, instrument in zip(replace(rows, projection=None), instruments, strict=True):
        weighted = instrument.x * own.weight
        products = products + weighted @ instrument.x.T
        along = along + weighted @ own.x.T
    return replace(rows, projection=inverse(products) @ along)


def with_observed_residuals(rows: ModelRows, theta: Floats) -> ModelRows:
    """Return the rows with outcomes whose residuals on the fitted columns are y - X b."""
    if rows.projection is None:
        return rows
    y = rows.y.copy()
    for block in rows:
        y[block.place] -= theta @ (rows.matrix.block(block.place) - block.x)
    return replace(rows, y=y)
