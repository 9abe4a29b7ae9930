"""Population margins: read them, check them against the data, and turn them into row variables."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations
from math import isclose, isfinite
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.errors import CalibrationError, quoted_names, suggestion
from diplab.kernel.arrays import Booleans, Floats, Integers
from diplab.kernel.calibration import Controls
from diplab.microdata.variable import (
    answer_label,
    answers_to_write,
    as_code,
    code_quoted,
    code_text,
    codes_labelled,
)
from diplab.sampling.condition import code_of_label, known_column
from diplab.sampling.engines.factors import cross_factors

if TYPE_CHECKING:
    from diplab.microdata.codebook import Codebook
    from diplab.sampling.engines.columns import MemoryColumns
    from diplab.sampling.engines.factors import Factor


@dataclass(frozen=True)
class Margin:
    """The known totals of one variable, of several crossed, or of the population."""

    variables: tuple[str, ...]  # names of the columns; none for the number of people
    # one value per variable; None for the total of a numeric variable
    levels: tuple[tuple[Any, ...], ...] | None
    totals: tuple[float, ...]  # people in each category, or the sum of a number

    @property
    def name(self) -> str:
        """The margin in words, for an error."""
        return quoted_names(self.variables, " × ") or "the number of people"

    @property
    def label(self) -> str:
        """The margin in a note: the names of its variables, or N for the number of people."""
        return " × ".join(self.variables) or "N"

    def category_text(self, place: int) -> str:
        """The category of one of its totals: `sex` = 'f'."""
        if not self.variables:
            return self.name
        if self.levels is None:
            return f"the total of {self.name}"
        return name_of(self.variables, self.levels[place])


def name_of(variables: Sequence[str], level: Sequence[Any]) -> str:
    """Return a category of one or several variables as text: `sex` = 'f' and `age` = 30."""
    pairs = zip(variables, level, strict=True)
    return " and ".join(f"`{name}` = {code_quoted(value)}" for name, value in pairs)


def read_margins(margins: Any, names: Sequence[str], codebook: Codebook) -> tuple[Margin, ...]:
    """Read margins as written; refuse totals that cannot describe one population."""
    problem = ""
    if not isinstance(margins, Mapping):
        problem = f"`margins` is a {type(margins).__name__}."
    elif not margins:
        problem = "`margins` is empty."
    if problem:
        write = "Write for example `{'sex': {'f': 510, 'm': 490}}`, with totals of the population."
        raise CalibrationError(problem, write=write)
    read = [read_margin(key, totals, names) for key, totals in margins.items()]
    for margin in read:
        _check_totals(margin)
    for first, second in combinations(read, 2):
        if first.levels is not None and second.levels is not None:
            _check_agree(first, second, codebook)
    return tuple(read)


def read_margin(key: Any, totals: Any, names: Sequence[str]) -> Margin:
    """Read one margin as written."""
    variables = key
    if not isinstance(key, tuple):
        variables = (key,)
    for name in variables:
        if name not in names:
            known_column(str(name), names, "a margin")
    if len(set(variables)) < len(variables):
        crossed = quoted_names(variables, " × ")
        raise CalibrationError(
            f"The margin {crossed} crosses a variable with itself.",
            write="Write each variable once.",
        )
    if isinstance(totals, Real | Decimal):
        everybody = None
        if not variables:
            everybody = ((),)
        return Margin(variables, everybody, (_number(totals, variables, ()),))
    if not variables or not hasattr(totals, "items"):
        raise CalibrationError(
            f"The totals of {_variables_text(variables)} are a {type(totals).__name__}.",
            write="Write a number, `{variable: total}`, or one number per category, `{variable: "
            "{category: total}}`.",
        )
    levels, numbers = [], []
    for written, total in totals.items():
        level = _level(written, variables)
        levels.append(level)
        numbers.append(_number(total, variables, level))
    return Margin(variables, tuple(levels), tuple(numbers))


def _variables_text(variables: Sequence[str]) -> str:
    return Margin(tuple(variables), None, ()).name


def _level(level: Any, variables: tuple[str, ...]) -> tuple[Any, ...]:
    if len(variables) == 1:
        return (as_code(level),)
    if not isinstance(level, tuple) or len(level) != len(variables):
        raise CalibrationError(
            f"{level!r} is not one category of each of the {len(variables)} variables of "
            f"{_variables_text(variables)}.",
            write="Write a tuple for each total, for example `{('f', 'old'): 120}`.",
        )
    return tuple(map(as_code, level))


def _number(total: Any, variables: tuple[str, ...], level: Sequence[Any]) -> float:
    if not isinstance(total, Real | Decimal) or not isfinite(total):
        whom = _variables_text(variables)
        if level:
            whom = name_of(variables, level)
        raise CalibrationError(
            f"The total {total!r} of {whom} is not a number of people.",
            write="Write the known total of the population, or leave the margin out.",
        )
    return float(total)


def _check_totals(margin: Margin) -> None:
    if margin.levels is None:
        if len(margin.variables) > 1:
            raise CalibrationError(
                f"{margin.name} has one total for several variables.",
                write="Write one margin per variable, `{variable: total}`.",
            )
        return
    for position, total in enumerate(margin.totals):
        if total < 0:
            raise CalibrationError(
                f"The total {total:,.10g} of {margin.category_text(position)} is below zero.",
                write="Write the known total of the population.",
            )
    if not margin.totals:
        raise CalibrationError(
            f"The margin {margin.name} has no category.",
            write="Write one number per category, `{variable: {category: total}}`.",
        )
    together = sum(margin.totals)
    why = ""
    if isclose(together, 1.0, rel_tol=1e-6):
        why = "They are shares, not numbers of people."
    if why or together == 0:
        write = "Multiply them by the size of the population, so that they are totals."
        raise CalibrationError(f"The totals of {margin.name} sum to {together:.10g}.", why, write)


def _sums(
    margin: Margin, shared: Sequence[str], codebook: Codebook
) -> dict[tuple[Hashable, ...], float]:
    """Return the totals of a margin over categories of some of its variables, by their codes."""
    sums: dict[tuple[Hashable, ...], float] = {}
    for level, total in zip(margin.levels or (), margin.totals, strict=True):
        answers = dict(zip(margin.variables, level, strict=True))
        key = tuple(code_of_label(codebook, name, answers[name]) for name in shared)
        sums[key] = sums.get(key, 0.0) + total
    return sums


def _check_agree(first: Margin, second: Margin, codebook: Codebook) -> None:
    """Check that two margins agree on shared variables, or at least on the population size."""
    shared = [name for name in first.variables if name in second.variables]
    for common in dict.fromkeys(((), tuple(shared))):
        one, other = _sums(first, common, codebook), _sums(second, common, codebook)
        for level in one:
            if level in other and not isclose(one[level], other[level], rel_tol=1e-9):
                whom = ""
                if common:
                    whom = f" for {name_of(common, level)}"
                raise CalibrationError(
                    f"The margins {first.name} and {second.name} contradict each other.",
                    f"The first sums to {one[level]:,.10g}{whom} and the second to "
                    f"{other[level]:,.10g}, "
                    f"{abs(one[level] - other[level]):,.10g} apart.",
                    _agreement(one[level], other[level], common),
                )


def _agreement(one: float, other: float, common: Sequence[str]) -> str:
    if common:
        # the population sizes agree: no single factor explains the gap
        names = quoted_names(common, " × ")
        return (
            f"Write totals of one population: those of each category of {names} are the same in "
            "both."
        )
    if not other:
        return "Write totals of one population."
    return (
        "Multiply the totals of one of them, for example those of the second by "
        f"{one / other:.15g}, so that both "
        "are of one population."
    )


def margin_codes(
    margin: Margin, columns: MemoryColumns, codebook: Codebook, inside: Booleans
) -> Integers:
    """Return each row's level index in a margin, -1 for rows not calibrated."""
    factors = list(map(columns.factor, margin.variables))
    cell, cells = cross_factors(factors, columns.rows)
    if (cell < 0).any():
        check_answered(margin, cell < 0, inside)
    place_of = _places(margin, factors, codebook, cells)
    outside = int((~inside).sum())
    codes = cell
    if outside or (place_of[:-1] != np.arange(len(cells))).any():
        # reorder from the categories of the data to those of the margin
        codes = place_of[cell]
    if outside:
        codes = np.where(inside, codes, -1)
    counts = np.bincount(codes + 1, minlength=len(margin.totals) + 1)
    if counts[0] > outside:
        raise _without_total(margin, codebook, cells, cell[inside & (codes < 0)])
    _check_carried(margin, counts[1:])
    return codes


def check_answered(margin: Margin, missing: Booleans, inside: Booleans) -> None:
    """Refuse rows to calibrate with a missing value in a margin's variable."""
    count = int((missing & inside).sum())
    if count:
        raise CalibrationError(
            f"{count} of the {int(inside.sum())} rows have no answer to {margin.name}.",
            write="Impute these answers, or leave these rows out with `sample.universe(...)` and "
            "give totals without "
            "them.",
        )


def _places(
    margin: Margin, factors: Sequence[Factor], codebook: Codebook, cells: Sequence[tuple[Any, ...]]
) -> Integers:
    """Return the margin index of each combination in the data (-1 if none), with a final -1."""
    tables = [
        _known(name, factor, codebook)
        for name, factor in zip(margin.variables, factors, strict=True)
    ]
    place_of: dict[tuple[Any, ...], int] = {}
    for position, level in enumerate(margin.levels or ()):
        result = tuple(table.get(value) for table, value in zip(tables, level, strict=True))
        if None in result:
            _check_unknown(margin, position, factors, result, codebook)
            continue
        before = place_of.setdefault(result, position)
        if before != position:
            raise CalibrationError(
                f"{margin.category_text(position)} is the same category as "
                f"{margin.category_text(before)}.",
                write="Write one total per category, by its code or by its label.",
            )
    return np.array([*(place_of.get(cell, -1) for cell in cells), -1], dtype=np.int64)


def _known(name: str, factor: Factor, codebook: Codebook) -> dict[Any, Any]:
    """Return the data category of each word: that category, or the only code with that label."""
    table: dict[Any, Any] = {}
    for code, label in codebook.variable(name).values.items():
        category: Any = None
        if code in factor.categories:
            category = code
        for word in {label.fr, label.en}:
            if word in table:
                # a label shared by several codes is ambiguous
                table[word] = None
            else:
                table[word] = category
    return table | dict(zip(factor.categories, factor.categories, strict=True))


def _check_unknown(
    margin: Margin, place: int, factors: Sequence[Factor], result: Sequence[Any], codebook: Codebook
) -> None:
    """Refuse a total above zero for a category without rows."""
    if not margin.totals[place]:
        return
    at = list(result).index(None)
    name, value = margin.variables[at], margin.levels[place][at]  # type: ignore[index]
    known = answers_to_write(codebook, name, factors[at].categories)
    several = codes_labelled(codebook.variable(name).values, value)
    if len(several) > 1:
        raise CalibrationError(
            f"{len(several)} codes have the label of {margin.category_text(place)}.",
            f"They are {', '.join(map(code_quoted, several))}.",
            "Write one total per code.",
        )
    words = isinstance(next(iter(factors[at].categories), ""), str) and not isinstance(value, str)
    if words and str(value) in factors[at].categories:
        raise CalibrationError(
            f"The category of {margin.category_text(place)} is a number, and `{name}` holds words.",
            write=f"Write it in quotes, `{str(value)!r}`.",
        )
    raise CalibrationError(
        f"No row has {name_of([name], [value])}.",
        f"`margins` has a total of {margin.totals[place]:,.10g} for it.",
        f"{suggestion(code_text(value), known)} Or merge that category with another in the data "
        "and in the margin.",
    )


def _without_total(
    margin: Margin, codebook: Codebook, cells: Sequence[tuple[Any, ...]], lost: Integers
) -> CalibrationError:
    """Return the error for rows whose category has no total."""
    first, rows = np.unique(lost, return_counts=True)
    named = zip(margin.variables, cells[first[0]], strict=True)
    level = [answer_label(codebook, name, category) or category for name, category in named]
    more = ""
    if first.size > 1:
        more = f", nor for {first.size - 1} more"
    return CalibrationError(
        f"The margin {margin.name} has no total for {name_of(margin.variables, level)}{more}.",
        f"{rows[0]} rows have it.",
        "Write a total for each category, or leave these rows out with `sample.universe(...)`.",
    )


def _check_carried(margin: Margin, counts: Integers) -> None:
    for position, (count, total) in enumerate(zip(counts, margin.totals, strict=True)):
        if total and not count:
            raise CalibrationError(
                f"None of the rows to calibrate has {margin.category_text(position)}.",
                f"`margins` has a total of {total:,.10g} for it.",
                "Merge that category with another in the data and in the margin, or leave it out "
                "of both.",
            )
        if count and not total:
            raise CalibrationError(
                f"{count} rows to calibrate have {margin.category_text(position)}, whose total "
                "is 0.",
                write="Leave these rows out with `sample.universe(...)`, or write their known "
                "total.",
            )


@dataclass(frozen=True, eq=False)
class RowMargins:
    """Margins as row variables."""

    margins: tuple[Margin, ...]  # categorical ones, then numeric ones
    # margins on every row; code -1 and number 0 for rows that are not calibrated
    controls: Controls
    targets: Floats  # all totals, in order

    def category_text(self, place: int) -> str:
        """Return the name of the auxiliary variable at an index."""
        for margin in self.margins:
            if place < len(margin.totals):
                return margin.category_text(place)
            place -= len(margin.totals)
        raise IndexError(place)


def row_margins(
    margins: Sequence[Margin], columns: MemoryColumns, codebook: Codebook, inside: Booleans
) -> RowMargins:
    """Return the category or the number of each row in each margin."""
    ordered = sorted(margins, key=lambda margin: margin.levels is None)  # stable
    codes, sizes, numbers = [], [], []
    for margin in ordered:
        if margin.levels is None:
            numbers.append(_numbers(margin, columns, inside))
        else:
            codes.append(margin_codes(margin, columns, codebook, inside))
            sizes.append(len(margin.totals))
    targets = np.concatenate([margin.totals for margin in ordered])
    return RowMargins(tuple(ordered), Controls(tuple(codes), tuple(sizes), tuple(numbers)), targets)


def _numbers(margin: Margin, columns: MemoryColumns, inside: Booleans) -> Floats:
    name = margin.variables[0]
    if not columns.is_number(name):
        raise CalibrationError(
            f"{margin.name} holds words, which have no total.",
            write=f"Write one number per category, `{{{name!r}: {{category: total}}}}`.",
        )
    values = columns.numbers(name)
    check_answered(margin, np.isnan(values), inside)
    if inside.all():
        return values
    return np.where(inside, values, 0.0)
