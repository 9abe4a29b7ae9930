"""Categories of a margin found in the data, and those that stand on one side only."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from diplab.errors import CalibrationError, nearest
from diplab.microdata.variable import answer_label, answers_to_write, code_quoted, code_text
from diplab.weighting.margins import name_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from diplab.microdata.codebook import Codebook
    from diplab.sampling.memory_columns import Factor, MemoryColumns
    from diplab.weighting.margins import Margin

__all__ = ["check_answered", "codes_of"]

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


def codes_of(margin: Margin, columns: MemoryColumns, codebook: Codebook, inside: Flags) -> Integers:
    """Return the place of each row's category among the levels of a margin; -1 for rows not calibrated.

    Parameters
    ----------
    margin : Margin
        A categorical one.
    columns : MemoryColumns
        The data.
    codebook : Codebook
        For labels given in place of codes.
    inside : array of bool, shape (rows,)
        Rows to calibrate.

    Raises
    ------
    CalibrationError
        Where an answer is missing, a category of the data has no total, or a total has nobody to carry it.
    """
    factors = [columns.factor(name) for name in margin.variables]
    cell, some_missing = _cells(factors, columns.rows)
    if some_missing:
        check_answered(margin, cell < 0, inside)
    place_of = _places(margin, factors, codebook)
    whole = bool(inside.all())
    in_order = bool((place_of[:-1] == np.arange(place_of.size - 1)).all())
    # categories in the order of the data: nothing to renumber, nothing to copy
    codes = cell if whole and in_order else place_of[cell]
    if not whole:
        codes = np.where(inside, codes, -1)
    counts = np.bincount(codes + 1, minlength=len(margin.totals) + 1)
    if counts[0] and counts[0] > (0 if whole else int((~inside).sum())):
        raise _without_total(margin, factors, codebook, cell[inside & (codes < 0)])
    _check_carried(margin, counts[1:])
    return codes


def check_answered(margin: Margin, missing: Flags, inside: Flags) -> None:
    """Refuse rows to calibrate that have no answer to the variable of a margin."""
    count = int((missing & inside).sum())
    if count:
        raise CalibrationError(
            f"Weights were to be calibrated to {margin.name}.",
            f"{count} of the {int(inside.sum())} rows have no answer to it.",
            "Impute these answers, or leave these rows out with `sample.universe(...)` and give totals without them.",
        )


def _cells(factors: Sequence[Factor], rows: int) -> tuple[Integers, bool]:
    """Return one code a row for all variables together, -1 where one is missing, and whether any is."""
    if not factors:
        return np.zeros(rows, dtype=np.int64), False
    missing = [factor.codes < 0 for factor in factors if factor.codes.min(initial=0) < 0]
    if len(factors) == 1:
        return factors[0].codes, bool(missing)
    shape = tuple(len(factor.categories) for factor in factors)
    cell = np.ravel_multi_index([np.maximum(factor.codes, 0) for factor in factors], shape).astype(np.int64)
    return (np.where(np.any(missing, axis=0), -1, cell) if missing else cell), bool(missing)


def _places(margin: Margin, factors: Sequence[Factor], codebook: Codebook) -> Integers:
    """Return the place in the margin of each combination of categories of the data; -1 for none, and at the end."""
    shape = tuple(len(factor.categories) for factor in factors)
    tables = [_known(name, factor, codebook) for name, factor in zip(margin.variables, factors, strict=True)]
    place_of = np.full(prod(shape) + 1, -1, dtype=np.int64)
    for place, level in enumerate(margin.levels or ()):
        found = [table.get(value) for table, value in zip(tables, level, strict=True)]
        known = [each for each in found if each is not None]
        if len(known) < len(found):
            _check_unknown(margin, place, factors, found, codebook)
            continue
        cell = int(np.ravel_multi_index(known, shape)) if shape else 0
        if place_of[cell] >= 0:
            raise CalibrationError(
                f"Weights were to be calibrated to {margin.name}.",
                f"{margin.said(place)} is the same category as {margin.said(int(place_of[cell]))}.",
                "Write one total a category, by its code or by its label.",
            )
        place_of[cell] = place
    return place_of


def _known(name: str, factor: Factor, codebook: Codebook) -> dict[Any, int | None]:
    """Return what a category may be called: its code, or a label that is of one code only."""
    table: dict[Any, int | None] = {}
    labels = codebook[name].values if name in codebook else {}
    for code, label in labels.items():
        place = factor.categories.index(code) if code in factor.categories else None
        for word in {label.fr, label.en}:
            table[word] = None if word in table else place
    return table | {value: place for place, value in enumerate(factor.categories)}


def _check_unknown(
    margin: Margin, place: int, factors: Sequence[Factor], found: Sequence[int | None], codebook: Codebook
) -> None:
    """Refuse a total of a category that no row has; a total of nobody needs no one."""
    if not margin.totals[place]:
        return
    at = list(found).index(None)
    name, value = margin.variables[at], margin.levels[place][at]  # type: ignore[index]
    known = answers_to_write(codebook, name, factors[at].categories)
    labels = codebook[name].values if name in codebook else {}
    several = [code for code, label in labels.items() if value in (label.fr, label.en)]
    if len(several) > 1:
        raise CalibrationError(
            f"A total of {margin.totals[place]:,.10g} was given for {margin.said(place)}.",
            f"{len(several)} codes have that label: {', '.join(map(code_quoted, several))}.",
            "Write one total a code.",
        )
    words = isinstance(next(iter(factors[at].categories), ""), str) and not isinstance(value, str)
    if words and str(value) in factors[at].categories:
        raise CalibrationError(
            f"A total of {margin.totals[place]:,.10g} was given for {margin.said(place)}.",
            f"`{name}` holds words, and this is a number.",
            f"Write it in quotes, `{str(value)!r}`.",
        )
    raise CalibrationError(
        f"A total of {margin.totals[place]:,.10g} was given for {margin.said(place)}.",
        f"No row has {name_of([name], [value])}.",
        f"Write one of the nearest: {nearest(code_text(value), known)}; "
        "or merge that category with another in the data and in the margin.",
    )


def _without_total(
    margin: Margin, factors: Sequence[Factor], codebook: Codebook, lost: Integers
) -> CalibrationError:
    """Return the error for rows whose category has no total."""
    first, rows = np.unique(lost, return_counts=True)
    shape = tuple(len(factor.categories) for factor in factors)
    level = [
        answer_label(codebook, name, factor.categories[int(place)]) or factor.categories[int(place)]
        for name, factor, place in zip(
            margin.variables, factors, np.unravel_index(first[0], shape), strict=True
        )
    ]
    more = f", and {first.size - 1} more categories have none either" if first.size > 1 else ""
    return CalibrationError(
        f"Weights were to be calibrated to {margin.name}.",
        f"{rows[0]} rows have {name_of(margin.variables, level)}, to which the margin gives no total{more}.",
        "Write a total for each category, or leave these rows out with `sample.universe(...)`.",
    )


def _check_carried(margin: Margin, counts: Integers) -> None:
    for place, (count, total) in enumerate(zip(counts, margin.totals, strict=True)):
        if total and not count:
            raise CalibrationError(
                f"A total of {total:,.10g} was given for {margin.said(place)}.",
                "None of the rows to calibrate has it.",
                "Merge that category with another in the data and in the margin, or leave it out of both.",
            )
        if count and not total:
            raise CalibrationError(
                f"A total of 0 was given for {margin.said(place)}.",
                f"{count} rows to calibrate have it.",
                "Leave these rows out with `sample.universe(...)`, or write their known total.",
            )
