"""The respondents of a regression: who answered everything, the outcome as a family needs it, what is missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diplab.errors import ColumnError, OptionError
from diplab.inference.measures import no_respondents
from diplab.kernel.arrays import Floats, Integers
from diplab.kernel.models.families import POSITIVE
from diplab.kernel.models.regression import BLOCK, Block, Likelihood
from diplab.sampling.engines.columns import MemoryColumns
from diplab.sampling.expression import Column
from diplab.sampling.formula import ModelFactor, ModelFormula, arithmetic_values
from diplab.sampling.model_matrix import Categories, ModelMatrix, factor_values, model_matrix
from diplab.sampling.sample import SampleInMemory

CATEGORICAL = ("ordinal", "multinomial")


@dataclass(frozen=True, eq=False)
class ModelRows:
    """The rows of a regression, a block at a time."""

    matrix: ModelMatrix
    y: Floats
    weight: Floats
    offset: Floats | None = None  # what is added to the linear predictor as it is, all exposure included
    exposure: Floats | None = None  # logarithm of the exposure, which is part of that
    instruments: ModelRows | None = None
    # (instruments, columns): what takes instruments to the columns of the model as these foretell them
    projection: Floats | None = None
    _buffer: list[Floats] = field(default_factory=list, repr=False)
    together: bool = False  # as one block, for a likelihood that is no sum over rows

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return self.matrix.rows

    def every(self, step: int) -> ModelRows:
        """Return one row in `step`."""
        offset, exposure = (None if each is None else each[::step].copy() for each in (self.offset, self.exposure))
        return replace(
            self, matrix=self.matrix.every(step), y=self.y[::step].copy(), weight=self.weight[::step].copy(),
            offset=offset, exposure=exposure, instruments=self.instruments and self.instruments.every(step), _buffer=[],
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
        """Return what is added to the linear predictor of some rows, as if each had one unit of exposure."""
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
    likelihood: Likelihood | None = None  # of a model whose likelihood knows its rows, which stay together


def read_respondents(
    sample: SampleInMemory,
    formula: ModelFormula,
    family: str,
    na: str,
    beside: Mapping[str, Floats | Categories] | None = None,
) -> Respondents:
    """Read the rows of a regression; `beside`: what they must have an answer to too, on all rows of the file."""
    engine = sample.engine
    columns = engine.columns
    scoped = engine.scoped(sample.totals((), ()).scope)
    inside = scoped.weight > 0
    instruments = formula.instruments
    factors = (*formula.factors, *(instruments.factors if instruments else ()))
    values = [factor_values(columns, factor, sample.codebook) for factor in factors]
    outcome = _outcome(columns, formula.outcome, family)
    offsets = [arithmetic_values(columns, each) for each in formula.offsets]
    read = zip((formula.outcome, *factors, *formula.offsets), (outcome, *values, *offsets), strict=True)
    gaps = {factor.text: _gaps(value) & inside for factor, value in read}
    gaps |= {label: _gaps(value) & inside for label, value in (beside or {}).items()}
    everyone = int(np.count_nonzero(inside))
    missing = {label: int(np.count_nonzero(gap)) for label, gap in gaps.items() if gap.any()}
    if missing and na == "fail":
        counts = ", ".join(f"{count} of `{label}`" for label, count in missing.items())
        raise OptionError(
            f"`na='fail'`: answers to variables of `{formula.text}` are missing.",
            f"Of {everyone} respondents: {counts}.",
            "Write `na='drop'` to leave those respondents out, or a condition that does.",
        )
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
        offsets = [each[row_index] for each in offsets]
    _check_exposure(formula, columns, row_index)
    _check_finite(formula.offsets, offsets)
    rows = ModelRows(model_matrix(formula, columns, values[: len(formula.factors)], row_index), y, weight)
    _check_finite(formula.factors, rows.matrix.values)
    if offsets:
        rows = replace(rows, offset=np.sum(offsets, axis=0), exposure=offsets[-1] if formula.exposure else None)
    if instruments:
        own = model_matrix(instruments, columns, values[len(formula.factors) :], row_index)
        _check_finite(instruments.factors, own.values)
        rows = replace(rows, instruments=ModelRows(own, y, weight))
    return Respondents(rows, row_index, outcomes, everyone, missing)


def _check_exposure(formula: ModelFormula, columns: MemoryColumns, row_index: Integers | None) -> None:
    if formula.exposure is None:
        return
    exposure = columns.numbers(formula.exposure)
    none = (exposure if row_index is None else exposure[row_index]) <= 0
    if none.any():
        raise OptionError(
            f"`exposure={formula.exposure!r}` holds no exposure, 0 or less, for {np.count_nonzero(none)} respondents.",
            "Its logarithm is added to the linear predictor.",
            f'Write a condition that leaves them out: `sample.where("{formula.exposure} > 0")`.',
        )


def _gaps(value: Floats | Categories) -> NDArray[np.bool_]:
    return value.codes < 0 if isinstance(value, Categories) else np.isnan(value)


def _check_finite(factors: Sequence[ModelFactor], values: Sequence[Floats | Categories]) -> None:
    for factor, value in zip(factors, values, strict=True):
        if not isinstance(value, Categories) and not np.isfinite(value).all():
            lost = np.count_nonzero(~np.isfinite(value))
            raise OptionError(
                f"The term `{factor.text}` has no finite value for {lost} respondents.",
                write="Write arithmetic that has a value for everybody, or a condition that leaves them out.",
            )


def _outcome(columns: MemoryColumns, factor: ModelFactor, family: str) -> Floats | Categories:
    """Return the outcome on all rows of the file."""
    if factor.condition is not None:
        return columns.evaluate(factor.condition)
    if factor.tree is not None:
        return arithmetic_values(columns, factor)
    (name,) = factor.names
    if family in CATEGORICAL:
        found = columns.factor(name)
        return Categories(found.codes, found.categories)
    if not columns.is_number(name):
        known = columns.factor(name).categories
        raise ColumnError(
            f"The outcome `{name}` holds words, such as {known[-1]!r}.",
            f"`family={family!r}` needs numbers.",
            f"Write a condition as the outcome, for example `{name} == {known[-1]!r} ~ ...`, with `family='binomial'`.",
        )
    return columns.evaluate(Column(name))


def _answers(
    sample: SampleInMemory, formula: ModelFormula, family: str, outcome: Floats | Categories, row_index: Integers | None
) -> tuple[Floats, tuple[Any, ...]]:
    """Return the outcome of the respondents, and its categories, checked for the family."""
    if isinstance(outcome, Categories):
        codes = outcome.codes if row_index is None else outcome.codes[row_index]
        there = np.bincount(codes, minlength=len(outcome.levels)) > 0
        order = _ordered(sample, formula, outcome) if family == "ordinal" else range(len(there))
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
    _check_range(formula, family, y, lowest)
    return y, levels


def _check_range(formula: ModelFormula, family: str, y: Floats, lowest: float) -> None:
    label, holds, needs, write = formula.outcome.text, lowest, "", ""
    if family == "binomial" and not np.isin(y, (0.0, 1.0)).all():
        holds, needs = y[~np.isin(y, (0.0, 1.0))][0], "true and false, or 1 and 0"
        write = f"Write a condition as the outcome, for example `{label} == {holds:g} ~ ...`."
    elif family in ("poisson", "negative_binomial") and lowest < 0:
        needs, write = "counts from 0", "Write `family='gaussian'`, or an outcome that counts."
    elif family in POSITIVE and lowest <= 0:
        needs = "amounts above 0"
        write = f"Write a condition that leaves others out: `sample.where(\"{label} > 0\")`; or `family='gaussian'`."
    if needs:
        raise OptionError(f"`{label}` holds {holds:g}.", f"`family={family!r}` needs {needs}.", write)
    if not np.isfinite(y).all():
        raise OptionError(
            f"`{label}` has no finite value for {np.count_nonzero(~np.isfinite(y))} respondents.",
            write="Write a condition that leaves them out.",
        )


def _ordered(sample: SampleInMemory, formula: ModelFormula, outcome: Categories) -> list[int]:
    """Return the categories of an ordinal outcome in order: of numbers, as declared, or of the codebook."""
    engine = sample.engine
    name = formula.outcome.text
    as_found = list(range(len(outcome.levels)))
    dtype = engine.columns.frame.schema[name]
    if engine.columns.is_number(name) or getattr(dtype, "categories", None) is not None:
        return as_found
    known = list(sample.codebook[name].values) if name in sample.codebook else []
    if all(level in known for level in outcome.levels):
        return sorted(as_found, key=lambda at: known.index(outcome.levels[at]))
    shown = ", ".join(repr(level) for level in outcome.levels[:4])
    raise OptionError(
        f"`{name}` holds words without a declared order: {shown}.",
        write="Give it as numbers or as an ordered category, for example `pandas.Categorical(..., ordered=True)`.",
    )
