"""The model matrix of a regression, built in blocks of rows from columns and category codes.

A category is compared with the first of its variable. As in Wilkinson and Rogers (1973), a
categorical factor of a term has one column fewer than categories where the rest of that term is in
the model too, and one each where it is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from diplab.checks import MOST_NAMED
from diplab.errors import OptionError, suggestion
from diplab.kernel.arrays import Floats, Integers
from diplab.kernel.models.regression import BLOCK, Conditioning
from diplab.microdata.missing import labelled_codes
from diplab.microdata.variable import answers_to_write, code_quoted, code_text
from diplab.sampling.engines.comparison import months_instead
from diplab.sampling.formula import ModelFactor, ModelFormula, arithmetic_values, evaluate

if TYPE_CHECKING:
    from diplab.microdata.codebook import Codebook
    from diplab.sampling.engines.columns import MemoryColumns


@dataclass(frozen=True, eq=False)
class Categories:
    """A categorical factor: the codes of the rows, and their levels, the reference first."""

    codes: Integers
    levels: tuple[Any, ...]


@dataclass(frozen=True)
class MatrixColumn:
    """One column of the model matrix."""

    term: int  # place of its term; -1 for the constant
    variable: str  # the term in words
    category: Any  # the category it is for; several with `:` between; empty for numbers
    parts: tuple[
        tuple[int, int], ...
    ]  # factors whose product it is, each with a level, -1 for numbers


@dataclass(frozen=True, eq=False)
class ModelMatrix:
    """Columns of a model matrix, and the rows they are made from."""

    formula: ModelFormula
    columns: tuple[MatrixColumn, ...]
    values: tuple[Floats | Categories, ...]  # one per factor
    raw: Mapping[str, Floats]  # the numbers that arithmetic reads, by column
    rows: int
    conditioning: Conditioning | None = None  # what is taken out of its columns

    def block(self, place: slice, changed: Mapping[str, Any] | None = None, out: Any = None) -> Any:
        """Return a block, shape (columns, rows), as if some variables had other values."""
        factors = [self._factor(at, place, changed or {}) for at in range(len(self.values))]
        kind = complex if any(map(np.iscomplexobj, factors)) else float
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
    def references(self) -> dict[str, Any]:
        """The category that the others of each categorical factor are compared with."""
        first = {}
        for factor, value in zip(self.formula.factors, self.values, strict=True):
            if isinstance(value, Categories):
                first[factor.text] = value.levels[0]
        return first

    @property
    def products(self) -> dict[tuple[str, str], tuple[tuple[str, Any], ...]]:
        """The factors of each column that is a product, with their levels; None for a number."""
        found = {}
        for column in self.columns:
            parts: list[tuple[str, Any]] = []
            for at, level in column.parts:
                held = self.values[at]
                category = held.levels[level] if isinstance(held, Categories) else None
                parts.append((self.formula.factors[at].text, category))
            if len(parts) > 1:
                found[column.variable, code_text(column.category)] = tuple(parts)
        return found

    @property
    def places(self) -> Iterator[slice]:
        """The blocks of rows, in order."""
        for start in range(0, self.rows, BLOCK):
            yield slice(start, min(start + BLOCK, self.rows))

    def raw_numbers(self, name: str) -> Floats:
        """Return the numbers of a column that the model reads as such."""
        if name in self.raw:
            return self.raw[name]
        at = next(at for at, factor in enumerate(self.formula.factors) if factor.text == name)
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


def factor_values(
    columns: MemoryColumns, factor: ModelFactor, codebook: Codebook
) -> Floats | Categories:
    """Return the values of a factor on all rows; missing values are NaN, or the code -1."""
    # a column of words, of true and false, or of codes that all have a label is one of categories.
    # Undefined arithmetic (the logarithm of zero or less) is infinite, and refused
    # later
    if factor.condition is not None:
        return columns.evaluate(factor.condition)
    if factor.tree is not None:
        return arithmetic_values(columns, factor)
    (name,) = factor.names
    if factor.category or not columns.is_number(name) or columns.is_boolean(name):
        return _categories(columns, factor)
    came_as_categories = (
        columns.category_level(name) is not None and codebook.variable(name).measure != "scale"
    )
    if came_as_categories or _labelled(columns, name, codebook):
        return _categories(columns, factor)
    if factor.reference is not None:
        raise OptionError(
            f"`{name}` is a number in this model, and has no reference.",
            write=f"Write `C({name})` in the formula for its categories, or leave it out of "
            "`reference`.",
        )
    return columns.numbers(name)


def _labelled(columns: MemoryColumns, name: str, codebook: Codebook) -> bool:
    """Return whether every number of a column is a code that the codebook labels."""
    if name not in codebook:
        return False
    labelled = set(map(code_text, labelled_codes(codebook[name])))
    return bool(labelled) and all(
        code_text(category) in labelled for category in columns.factor(name).categories
    )


_MOST_SHOWN = 20  # categories that an error lists


def _categories(columns: MemoryColumns, factor: ModelFactor) -> Categories:
    (name,) = factor.names
    result = columns.factor(name)
    known = list(result.categories)
    order = list(known if factor.levels is None else factor.levels)
    for level in [*order, *([] if factor.reference is None else [factor.reference])]:
        if level not in known:
            words = answers_to_write(columns.codebook, name, known)
            shown = ", ".join(
                [*words[:_MOST_SHOWN], *(["..."] if len(words) > _MOST_SHOWN else [])]
            )
            near = suggestion(level, words)
            raise OptionError(
                f"{level!r} is not a category of `{name}`.",
                f"It has {len(known)}: {shown}.",
                near if near.startswith("Did") else "Write one of them.",
            )
    if factor.reference is not None:
        order = [factor.reference, *(item for item in order if item != factor.reference)]
    if order == known:
        return Categories(result.codes, result.categories)
    # a category that was not listed is missing, and so is the last place, where a code of -1 points
    new = np.array([*(order.index(item) if item in order else -1 for item in known), -1])
    return Categories(new[result.codes], tuple(order))


def model_matrix(
    formula: ModelFormula,
    columns: MemoryColumns,
    values: list[Floats | Categories],
    kept: Integers | None,
) -> ModelMatrix:
    """Return the model matrix of the rows kept."""

    def own(array: NDArray[Any]) -> NDArray[Any]:
        return array if kept is None else array[kept]

    held = tuple(
        present(factor, Categories(own(value.codes), value.levels))
        if isinstance(value, Categories)
        else own(value)
        for factor, value in zip(formula.factors, values, strict=True)
    )
    raw = {
        name: own(columns.numbers(name))
        for item in formula.factors
        if item.tree
        for name in item.names
    }
    rows = columns.rows if kept is None else kept.size
    return ModelMatrix(formula, matrix_columns(formula, held), held, raw, rows)


def present(factor: ModelFactor, value: Categories) -> Categories:
    """Return a factor without the categories that nobody has; one category alone is refused."""
    there = np.bincount(value.codes, minlength=len(value.levels)) > 0
    levels = tuple(level for level, here in zip(value.levels, there, strict=True) if here)
    _check_not_an_identifier(factor, levels, value.codes.size)
    if len(levels) < 2:
        raise OptionError(
            f"`{factor.text}` has one category among these respondents, {code_quoted(levels[0])}.",
            write="Leave it out, or write a wider condition.",
        )
    if factor.reference is not None and factor.reference not in levels:
        raise OptionError(
            f"{factor.reference!r} cannot be the reference of `{factor.text}`.",
            "No respondent there has that category.",
            suggestion(factor.reference, levels),
        )
    if there.all():
        return value
    return Categories((np.cumsum(there) - 1)[value.codes], levels)


MOST_COLUMNS = 2_000


def _check_not_an_identifier(
    factor: ModelFactor, levels: tuple[Any, ...], respondents: int
) -> None:
    """Refuse a factor whose categories mostly have one respondent, or are many dates."""
    (name,) = factor.names
    dates = isinstance(levels[0], date | np.datetime64)
    if len(levels) <= MOST_NAMED or not (dates or 2 * len(levels) > respondents):
        return
    like = "identifiers do"
    write = "Leave it out, or write a column of fewer categories, for example with `recode`."
    if dates:
        like = "dates do"
        write = months_instead(name)
    elif factor.category:
        write = f"Write `{name}` without `C(...)` if it is a number, or leave it out."
    raise OptionError(
        f"`{factor.text}` cannot be categories of a regression.",
        f"It has {len(levels):,} among {respondents:,} respondents, as {like}.",
        write,
    )


def matrix_columns(
    formula: ModelFormula, values: tuple[Floats | Categories, ...]
) -> tuple[MatrixColumn, ...]:
    """Return the columns that the terms of a formula have."""
    known = set(map(frozenset, formula.terms))
    if formula.intercept:
        known.add(frozenset())
    result = [MatrixColumn(-1, "intercept", "", ())] if formula.intercept else []
    for position, term in enumerate(formula.terms):
        choices = []
        for at in term:
            value = values[at]
            if not isinstance(value, Categories):
                choices.append([-1])
                continue
            # compared with the reference where the rest of the term is in the model
            rest = frozenset(term) - {at}
            reduced = rest in known
            known.add(rest)  # one column per category holds it
            choices.append(list(range(1 if reduced else 0, len(value.levels))))
        if (count := len(result) + prod(map(len, choices))) > MOST_COLUMNS:
            raise OptionError(
                f"`{formula.text}` has {count:,} coefficients or more.",
                f"A regression has {MOST_COLUMNS:,} at most.",
                f"Leave `{formula.term_text(position)}` out, or write fewer categories, for "
                "example with `recode`.",
            )
        # the first factor runs fastest
        for levels in product(*reversed(choices)):
            parts = tuple(zip(term, reversed(levels), strict=True))
            result.append(
                MatrixColumn(position, formula.term_text(position), _label(parts, values), parts)
            )
    return tuple(result)


def _label(parts: tuple[tuple[int, int], ...], values: tuple[Floats | Categories, ...]) -> Any:
    levels = [
        held.levels[level]
        for at, level in parts
        if isinstance(held := values[at], Categories) and level >= 0
    ]
    return levels[0] if len(levels) == 1 else ":".join(map(code_text, levels))
