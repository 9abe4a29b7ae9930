"""Why a regression has no answer: collinear columns, separated outcomes, fits that do not converge."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from diplab.errors import DiplabError, OptionError
from diplab.inference.regression.rows import ModelRows
from diplab.kernel.arrays import Floats
from diplab.kernel.models.families import POSITIVE
from diplab.kernel.models.regression import BLOCK, Fit, Likelihood, conditioning, rank_lost
from diplab.microdata.variable import code_text
from diplab.sampling.model_matrix import Categories, MatrixColumn, ModelMatrix


def condition_rows(rows: ModelRows, *, constant: bool) -> ModelRows:
    """Condition the model matrix, as some of its rows suggest; `constant`: in the matrix, or apart from it."""
    least = np.array([_least(rows.matrix, column) for column in rows.matrix.columns])
    if not np.isfinite(least).any():
        return rows
    some = rows.every(max(1, rows.rows // BLOCK))
    found = conditioning(some.matrix.block(slice(0, some.rows)), some.weight, least, constant=constant)
    return replace(rows, matrix=replace(rows.matrix, conditioning=found), _buffer=[])


def _least(matrix: ModelMatrix, column: MatrixColumn) -> float:
    """Return how much of a column must be its own, beside its size: files may hold seven digits, arithmetic sixteen."""
    numbers = [matrix.formula.factors[at].tree for at, level in column.parts if level < 0]
    if not numbers:
        return np.inf
    return 1e-6 if all(tree is None for tree in numbers) else 1e-8


_CUTS = MatrixColumn(-1, "", "", ())  # the constants of an ordinal model, which are not among its columns


def are_collinear(rows: ModelRows, *, constant: bool) -> bool:
    """Return whether one column follows from others (and the constants of an ordinal model) under some weights."""
    return rank_lost(_products(((block.x, block.weight) for block in rows), constant=constant)) is not None


def check_columns(rows: ModelRows, *, constant: bool) -> None:
    """Refuse columns of which one follows from others; with `constant`, from these and the cut points of the model."""
    matrix = rows.matrix
    lost = rank_lost(_products(((block.x, block.weight) for block in rows), constant=constant))
    if lost is None:
        return
    place, coefficients = _in_original_columns(matrix, *lost, constant=constant)
    columns = [_CUTS, *matrix.columns] if constant else [*matrix.columns]
    others = [column for column, value in zip(columns, coefficients, strict=False) if abs(value) > 1e-6]
    middle = _means_that_separate(rows, [columns[place], *others], constant=constant)
    raise _nearly(columns[place], others, middle) if middle else _collinear(columns[place], others)


def column_label(column: MatrixColumn) -> str:
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


def _means_that_separate(rows: ModelRows, columns: Sequence[MatrixColumn], *, constant: bool) -> dict[str, float]:
    """Return the means of the variables without which arithmetic on them is told apart; none where it never is."""
    matrix = rows.matrix
    read = {at for column in columns for at, _ in column.parts}
    names = dict.fromkeys(
        name for at in sorted(read) if matrix.formula.factors[at].tree for name in matrix.formula.factors[at].names
    )
    middle = {name: float(np.average(matrix.raw[name], weights=rows.weight)) for name in names}
    if not middle:
        return {}
    unconditioned = replace(
        matrix, columns=tuple(column for column in columns if column is not _CUTS), conditioning=None
    )

    def centred(place: slice) -> Floats:
        changed = {name: matrix.raw[name][place] - mean for name, mean in middle.items()}
        return np.asarray(unconditioned.block(place, changed))

    with np.errstate(all="ignore"):
        products = _products(((centred(place), rows.weight[place]) for place in matrix.places), constant=constant)
    return middle if bool(np.isfinite(products).all()) and rank_lost(products) is None else {}


def _nearly(column: MatrixColumn, others: Sequence[MatrixColumn], middle: dict[str, float]) -> DiplabError:
    name, mean = next(iter(middle.items()))
    centred = f"{mean:.0f}" if abs(mean) >= 10 else f"{mean:.2g}"
    return OptionError(
        f"{column_label(column)} is so nearly in line with {', '.join(map(column_label, others))} that the fit cannot "
        "tell them apart.",
        write=f"Centre `{name}`: write `{name} - {centred}` in its place, for example `I(({name} - {centred}) ** 2)`.",
    )


def _collinear(column: MatrixColumn, others: Sequence[MatrixColumn]) -> DiplabError:
    label, name = column_label(column), column.variable
    if not others:
        return OptionError(f"{label} is 0 for all respondents.", write=f"Leave `{name}` out, or merge its categories.")
    if [column_label(other) for other in others] == [label]:
        return OptionError(f"{label} is in the formula twice, bare and in `I(...)`.", write=f"Write `{name}` once.")
    return OptionError(
        f"{label} follows from {', '.join(map(column_label, others))}, so that they cannot be told apart.",
        write=f"Leave `{name}` out." if others == [_CUTS] else f"Leave `{name}` or one of the others out.",
    )


def check_fit(fit: Fit, likelihood: Likelihood, rows: ModelRows, family: str, parameters: Sequence[int]) -> None:
    """Refuse a fit without a single, finite answer; `parameters`: the column of each, -1 for a cut point."""
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
            "Under another link than `log` what is expected may be 0 or less." if family in POSITIVE else "",
            "Write fewer terms, or variables on a more usual scale (thousands in place of units, years since 2000).",
        )


def mean_square(rows: ModelRows) -> Floats:
    """Return the mean square of each column."""
    total = np.zeros(len(rows.matrix.columns))
    for block in rows:
        total += block.x**2 @ block.weight
    return np.asarray(total / rows.weight.sum())


def _separated(fit: Fit, rows: ModelRows, square: Floats, parameters: Sequence[int]) -> DiplabError:
    """Name the term along which the fit goes on for ever, and its category where one is behind it."""
    matrix = rows.matrix
    width = [0.0 if at < 0 or matrix.columns[at].term < 0 else float(np.sqrt(square[at])) for at in parameters]
    # a number is judged by how far it moves people; a category, rare or not, by its own pace
    pace = np.abs(fit.direction) * np.asarray(width)
    fastest = np.abs(fit.direction) * (np.asarray(width) > 0)
    alone = [_single_outcome_category(rows, at) if at >= 0 else None for at in parameters]
    # where the information has faded, nothing goes fast any more
    going = fastest > (0.1 if fastest.max() > 0.1 else -1.0)
    single = [(place, found) for place, found in enumerate(alone) if found is not None and going[place]]
    if single:
        place, (level, count, answer) = single[0]
        at = parameters[place]
        who = f"All {count} respondents" if count > 1 else "The one respondent"
        have = "have the same outcome" if count > 1 else "has one outcome"
        return OptionError(
            f"{who} of `{matrix.columns[at].variable}` ({code_text(level)}) {have}{answer}: its coefficient has no "
            "finite value.",
            write=f"Leave `{matrix.columns[at].variable}` out, merge that category with another, or write a condition "
            "that leaves it out.",
        )
    at = parameters[int(np.argmax(pace))]
    return OptionError(
        f"{column_label(matrix.columns[max(at, 0)])} separates the answers to `{matrix.formula.outcome.text}`, wholly "
        "or nearly: its coefficient has no finite value.",
        write=f"Leave `{matrix.columns[max(at, 0)].variable}` out, or cut it into fewer categories.",
    )


def _single_outcome_category(rows: ModelRows, at: int) -> tuple[object, int, str] | None:
    """Return the category of a variable whose respondents all gave one outcome, how many, and which, in words."""
    parts = rows.matrix.columns[at].parts
    categories = rows.matrix.values[parts[0][0]] if len(parts) == 1 else None
    if not isinstance(categories, Categories):
        return None
    for level in (parts[0][1], 0):
        there = rows.y[categories.codes == level]
        if there.size and there.min() == there.max():
            return categories.levels[level], there.size, f" ({there[0]:g})"
    return None
