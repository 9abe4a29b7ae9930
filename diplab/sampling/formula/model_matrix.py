"""The model matrix of a regression, made a block of rows at a time from columns and codes of categories.

A category is compared with the first of its variable. As in Wilkinson and Rogers (1973), a categorical factor of a term
has one column fewer than categories where the rest of that term is in the model too, and one each where it is not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.errors import OptionError, suggestion
from diplab.kernel.regression import BLOCK
from diplab.loaders.missing import is_missing_code
from diplab.microdata.variable import code_quoted, code_text
from diplab.sampling.formula.arithmetic import arithmetic_values, evaluate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from diplab.kernel.conditioning import Conditioning
    from diplab.microdata.codebook import Codebook
    from diplab.sampling.engine import Floats, Integers
    from diplab.sampling.formula.parts import Factor, ModelFormula
    from diplab.sampling.memory_columns import MemoryColumns

__all__ = ["Categories", "MatrixColumn", "ModelMatrix", "factor_values", "model_matrix"]


@dataclass(frozen=True, eq=False)
class Categories:
    """A categorical factor: a code a row, and what the codes stand for; the first is the reference."""

    codes: Integers
    levels: tuple[Any, ...]


@dataclass(frozen=True)
class MatrixColumn:
    """One column of the model matrix.

    Parameters
    ----------
    term : int
        Place of its term; -1 for the constant.
    variable : str
        The term in words.
    category : object
        The category it is for; several with `:` between; empty for numbers.
    parts : tuple of (int, int)
        Factors whose product it is, each with a level, -1 for numbers.
    """

    term: int
    variable: str
    category: Any
    parts: tuple[tuple[int, int], ...]


@dataclass(frozen=True, eq=False)
class ModelMatrix:
    """Columns of a model matrix, and the rows they are made from.

    Parameters
    ----------
    formula : ModelFormula
    columns : tuple of MatrixColumn
    values : tuple of array or Categories
        One a factor.
    raw : mapping of str to array
        The numbers that arithmetic reads, by column.
    rows : int
    conditioning : Conditioning, optional
        What is taken out of its columns.
    """

    formula: ModelFormula
    columns: tuple[MatrixColumn, ...]
    values: tuple[Floats | Categories, ...]
    raw: Mapping[str, Floats]
    rows: int
    conditioning: Conditioning | None = None

    def block(self, place: slice, changed: Mapping[str, Any] | None = None, out: Any = None) -> Any:
        """Return some rows, shape (columns, rows of the block), as if some variables had other values.

        Parameters
        ----------
        place : slice
        changed : mapping of str to value, optional
            A code of the category, or numbers (complex ones too), by variable.
        out : array, optional
            Where to write them.
        """
        factors = [self._factor(at, place, changed or {}) for at in range(len(self.values))]
        kind = complex if any(np.iscomplexobj(each) for each in factors) else float
        width = len(range(*place.indices(self.rows)))
        block = np.empty((len(self.columns), width), dtype=kind) if out is None else out[:, :width]
        for line, column in enumerate(self.columns):
            if not column.parts:
                block[line] = 1.0
            for number, (at, level) in enumerate(column.parts):
                value = factors[at] if level < 0 else factors[at] == level
                if number == 0:
                    block[line] = value
                else:
                    block[line] *= value
        if self.conditioning is not None:
            self.conditioning.apply(block)
        return block

    def every(self, step: int) -> ModelMatrix:
        """Return the matrix of one row in `step`."""
        values = tuple(
            Categories(held.codes[::step].copy(), held.levels)
            if isinstance(held, Categories)
            else held[::step].copy()
            for held in self.values
        )
        raw = {name: numbers[::step].copy() for name, numbers in self.raw.items()}
        return replace(self, values=values, raw=raw, rows=len(range(0, self.rows, step)))

    @property
    def places(self) -> Iterator[slice]:
        """The blocks of rows, in order."""
        for start in range(0, self.rows, BLOCK):
            yield slice(start, min(start + BLOCK, self.rows))

    def raw_numbers(self, name: str) -> Floats:
        """Return the numbers of a column that the model reads as such."""
        if name in self.raw:
            return self.raw[name]
        at = next(at for at, factor in enumerate(self.formula.factors) if factor.said == name)
        held = self.values[at]
        assert not isinstance(held, Categories)  # asked of numbers only
        return held

    def _factor(self, at: int, place: slice, changed: Mapping[str, Any]) -> Any:
        held, factor = self.values[at], self.formula.factors[at]
        touched = any(name in changed for name in factor.names)
        if isinstance(held, Categories):
            return changed[factor.names[0]] if touched else held.codes[place]
        if not touched:
            return held[place]
        if factor.tree is None:
            return changed[factor.names[0]]
        raw = {name: changed.get(name, self.raw[name][place]) for name in factor.names}
        return evaluate(factor.tree, raw)


def factor_values(columns: MemoryColumns, factor: Factor, codebook: Codebook) -> Floats | Categories:
    """Return the values of a factor on all rows of a file: NaN, or a code of -1, where it is missing.

    A column of words, of true and false, or of codes that all have a label is one of categories.
    Arithmetic that has no value (the logarithm of nothing, or of less) is infinite, and refused later.
    """
    if factor.condition is not None:
        return columns.evaluate(factor.condition)
    if factor.tree is not None:
        return arithmetic_values(columns, factor)
    (name,) = factor.names
    if factor.category or not columns.is_number(name) or columns.is_boolean(name):
        return _categories(columns, factor)
    if _labelled(columns, name, codebook):
        return _categories(columns, factor)
    return columns.numbers(name)


def _labelled(columns: MemoryColumns, name: str, codebook: Codebook) -> bool:
    """Return whether every number of a column is a code that the codebook labels."""
    if name not in codebook:
        return False
    variable = codebook[name]
    labelled = {code_text(code) for code in variable.values if not is_missing_code(code, variable)}
    return bool(labelled) and all(code_text(each) in labelled for each in columns.factor(name).categories)


def _categories(columns: MemoryColumns, factor: Factor) -> Categories:
    (name,) = factor.names
    found = columns.factor(name)
    known = list(found.categories)
    order = list(known if factor.levels is None else factor.levels)
    for asked in [*order, *([] if factor.reference is None else [factor.reference])]:
        if asked not in known:
            raise OptionError(
                f"{asked!r} was asked for as a category of `{name}` in a regression.",
                f"None of its {len(known)} categories is that.",
                suggestion(asked, known),
            )
    if factor.reference is not None:
        order = [factor.reference, *(each for each in order if each != factor.reference)]
    if order == known:
        return Categories(found.codes, found.categories)
    # a category that was not listed is missing, and so is the last place, where a code of -1 points
    new = np.array([*(order.index(each) if each in order else -1 for each in known), -1])
    return Categories(new[found.codes], tuple(order))


def model_matrix(
    formula: ModelFormula, columns: MemoryColumns, values: list[Floats | Categories], kept: Integers | None
) -> ModelMatrix:
    """Return the model matrix of the rows kept.

    Parameters
    ----------
    formula : ModelFormula
    columns : MemoryColumns
    values : list of array or Categories
        Of each factor, on all rows.
    kept : array of int, or None
        Rows of the regression; None for all.

    Raises
    ------
    OptionError
        Where a categorical variable has one category only among them.
    """

    def own(array: NDArray[Any]) -> NDArray[Any]:
        return array if kept is None else array[kept]

    held = tuple(
        _present(factor, Categories(own(value.codes), value.levels))
        if isinstance(value, Categories)
        else own(value)
        for factor, value in zip(formula.factors, values, strict=True)
    )
    raw = {name: own(columns.numbers(name)) for each in formula.factors if each.tree for name in each.names}
    rows = columns.rows if kept is None else kept.size
    return ModelMatrix(formula, _columns(formula, held), held, raw, rows)


def _present(factor: Factor, value: Categories) -> Categories:
    there = np.bincount(value.codes, minlength=len(value.levels)) > 0
    levels = tuple(level for level, here in zip(value.levels, there, strict=True) if here)
    if len(levels) < 2:
        raise OptionError(
            f"The variable `{factor.said}` was asked for in a regression.",
            f"All respondents there have one category of it, {code_quoted(levels[0])}.",
            "Leave it out, or write a wider condition.",
        )
    if factor.reference is not None and factor.reference not in levels:
        raise OptionError(
            f"{factor.reference!r} was asked for as the reference of `{factor.said}` in a regression.",
            "Nobody there has that category.",
            suggestion(factor.reference, levels),
        )
    if there.all():
        return value
    return Categories((np.cumsum(there) - 1)[value.codes], levels)


def _columns(formula: ModelFormula, values: tuple[Floats | Categories, ...]) -> tuple[MatrixColumn, ...]:
    known = {frozenset(term) for term in formula.terms}
    if formula.intercept:
        known.add(frozenset())
    found = [MatrixColumn(-1, "intercept", "", ())] if formula.intercept else []
    for place, term in enumerate(formula.terms):
        choices = []
        for at in term:
            value = values[at]
            if not isinstance(value, Categories):
                choices.append([-1])
                continue
            # compared with the reference where the rest of the term is in the model
            rest = frozenset(term) - {at}
            reduced = rest in known
            known.add(rest)  # one column a category holds it
            choices.append(list(range(1 if reduced else 0, len(value.levels))))
        # the first factor runs fastest
        for levels in product(*reversed(choices)):
            parts = tuple(zip(term, reversed(levels), strict=True))
            found.append(MatrixColumn(place, formula.said(place), _label(parts, values), parts))
    return tuple(found)


def _label(parts: tuple[tuple[int, int], ...], values: tuple[Floats | Categories, ...]) -> Any:
    levels = [
        held.levels[level] for at, level in parts if isinstance(held := values[at], Categories) and level >= 0
    ]
    return levels[0] if len(levels) == 1 else ":".join(code_text(level) for level in levels)
