"""Columns of a model matrix that follow from others, wholly or as far as numbers hold digits."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from diplab.errors import OptionError
from diplab.kernel.regression import rank_lost
from diplab.microdata.variable import code_text
from diplab.sampling.model_matrix import MatrixColumn

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from diplab.errors import DiplabError
    from diplab.inference.model_rows import ModelRows
    from diplab.sampling.engines.protocol import Floats
    from diplab.sampling.model_matrix import ModelMatrix

__all__ = ["check_columns", "column_said"]

_CUTS = MatrixColumn(-1, "", "", ())
"""The constants of an ordinal model, which stand apart from its columns."""


def check_columns(asked: str, rows: ModelRows, *, constant: bool) -> None:
    """Refuse columns of which one follows from others.

    Parameters
    ----------
    asked : str
        What was asked, as a sentence.
    rows : ModelRows
    constant : bool
        Whether the model has constants apart from its columns: cut points.

    Raises
    ------
    OptionError
    """
    matrix = rows.matrix
    lost = rank_lost(_products(((block.x, block.weight) for block in rows), constant=constant))
    if lost is None:
        return
    place, coefficients = _as_asked(matrix, *lost, constant=constant)
    columns = [_CUTS, *matrix.columns] if constant else [*matrix.columns]
    others = [column for column, value in zip(columns, coefficients, strict=False) if abs(value) > 1e-6]
    middle = _apart_once_centred(rows, [columns[place], *others], constant=constant)
    raise (
        _nearly(asked, columns[place], others, middle)
        if middle
        else _collinear(asked, columns[place], others)
    )


def column_said(column: MatrixColumn) -> str:
    """Return the name of a column in words, with its category."""
    if column is _CUTS:
        return "the cut points"
    return f"`{column.variable}`" + ("" if column.category == "" else f" ({code_text(column.category)})")


def _products(blocks: Iterable[tuple[Floats, Floats]], *, constant: bool) -> Floats:
    total: Floats = np.zeros(())
    for x, weight in blocks:
        every = np.concatenate([np.ones((1, weight.size)), x]) if constant else x
        total = total + (every * weight) @ every.T
    return total


def _as_asked(matrix: ModelMatrix, place: int, coefficients: Floats, *, constant: bool) -> tuple[int, Floats]:
    """Return the column that follows from others, and how, for the columns as they were asked for."""
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


def _apart_once_centred(
    rows: ModelRows, columns: Sequence[MatrixColumn], *, constant: bool
) -> dict[str, float]:
    """Return the means of the variables without which arithmetic on them is told apart; none where it never is."""
    matrix = rows.matrix
    read = {at for column in columns for at, _ in column.parts}
    names = dict.fromkeys(
        name
        for at in sorted(read)
        if matrix.formula.factors[at].tree
        for name in matrix.formula.factors[at].names
    )
    middle = {name: float(np.average(matrix.raw[name], weights=rows.weight)) for name in names}
    if not middle:
        return {}
    plain = replace(
        matrix, columns=tuple(column for column in columns if column is not _CUTS), conditioning=None
    )
    with np.errstate(all="ignore"):
        moved = (
            (
                plain.block(place, {name: matrix.raw[name][place] - mean for name, mean in middle.items()}),
                rows.weight[place],
            )
            for place in matrix.places
        )
        products = _products(moved, constant=constant)
    apart = bool(np.isfinite(products).all()) and rank_lost(products) is None
    return middle if apart else {}


def _nearly(
    asked: str, column: MatrixColumn, others: Sequence[MatrixColumn], middle: dict[str, float]
) -> DiplabError:
    name, mean = next(iter(middle.items()))
    centred = f"{mean:.0f}" if abs(mean) >= 10 else f"{mean:.2g}"
    return OptionError(
        asked,
        f"{column_said(column)} goes so nearly in line with {', '.join(map(column_said, others))} that the fit cannot "
        "tell them apart.",
        f"Centre `{name}`: write `{name} - {centred}` in its place, for example `I(({name} - {centred}) ** 2)`.",
    )


def _collinear(asked: str, column: MatrixColumn, others: Sequence[MatrixColumn]) -> DiplabError:
    said, name = column_said(column), column.variable
    if not others:
        return OptionError(
            asked, f"{said} is 0 for all respondents.", f"Leave `{name}` out, or merge its categories."
        )
    if [column_said(other) for other in others] == [said]:
        return OptionError(
            asked, f"{said} stands there twice, bare and in `I(...)`.", f"Write `{name}` once."
        )
    return OptionError(
        asked,
        f"{said} follows from {', '.join(map(column_said, others))}, so that they cannot be told apart.",
        f"Leave `{name}` out." if others == [_CUTS] else f"Leave `{name}` or one of the others out.",
    )
