"""Regression results that rest on one sampling unit: identified or dominated by it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import cycle, product

import numpy as np
from numpy.typing import NDArray

from diplab.errors import MisleadingError
from diplab.inference.degrees_of_freedom import deletable_units
from diplab.inference.measures import CORRECTABLE, LEVERAGE
from diplab.inference.regression.fitting import FittedModel, why_not_enlarged
from diplab.kernel.arrays import Booleans, Floats, Integers
from diplab.kernel.effective_df import MOST_OF_A_GROUP
from diplab.kernel.leverage import HALF, Alone, Leverage, Rows, hold_a_side, left_without
from diplab.microdata.variable import code_quoted, code_text
from diplab.results.regression import Regression
from diplab.sampling.model_matrix import Categories, ModelMatrix


@dataclass(frozen=True, eq=False)
class OnOneUnit:
    """Results without standard error, which one unit determines alone or mostly."""

    alone: Alone
    dominated: (
        Booleans  # (results,); estimable without that unit, which holds more than half of them
    )
    flag: str = LEVERAGE

    @property
    def withheld(self) -> Booleans:
        """The results without a standard error."""
        return self.alone.lost | self.dominated

    def compared(self, covariance: Floats) -> Floats | None:
        """Return the covariance for comparisons if single results lack some of it; else None."""
        # the difference of two categories does not rest on a reference that lies in one unit
        if not self.alone.lost.any():
            return None
        undefined = ~np.isfinite(np.diag(covariance)) | self.dominated
        return np.where(undefined[:, None] | undefined, np.nan, covariance)


def on_one_unit(fitted: FittedModel, variance: str, mix: Floats | None = None) -> OnOneUnit:
    """Return which combinations of fitted parameters rest on one unit; by default coefficients."""
    combinations = _of_formula(fitted)
    lines = combinations if mix is None else mix
    if variance == "model":
        return OnOneUnit(
            Alone(np.zeros((len(lines), 0)), np.zeros(0, dtype=np.int64)),
            np.zeros(len(lines), bool),
        )
    alone = alone_of(fitted.leverages, fitted.likelihood.lines(lines, len(fitted.matrix.columns)))
    if mix is None:
        # without their only unit with an event, chances are still 0, and coefficients without end
        alone = _with_events_of_one_unit(fitted, alone, lines)
    dominated = np.zeros(len(lines), dtype=bool)
    if variance == "linearised" and fitted.sample.replication is None:
        for item, rows in zip(fitted.leverages, cycle(fitted.sources), strict=False):
            units, of_groups = _dominant_units(fitted, item, rows, combinations)
            dominated |= (_shares(fitted, item, lines)[units] > HALF).any(axis=0)
            if of_groups.any():
                dominated |= _sides_held(fitted, item, rows, lines)[of_groups].any(axis=0)
    flag = LEVERAGE
    if mix is None and dominated.any() and why_not_enlarged(fitted, "") is None:
        flag = CORRECTABLE
    return OnOneUnit(alone, dominated & ~alone.lost, flag)


def _of_formula(fitted: FittedModel) -> Floats:
    return np.eye(fitted.theta.size) if fitted.restoring is None else fitted.restoring


def alone_of(leverages: Sequence[Leverage], lines: Floats) -> Alone:
    """Return how combinations move along directions that only one unit identifies.

    Shapes: `lines` (outputs, predictors, columns).
    """
    count, predictors, width = lines.shape
    moved, units = [np.zeros((count, 0))], [np.zeros(0, dtype=np.int64)]
    for leverage in leverages:
        moved.append(leverage.moved(lines.reshape(-1, width)).reshape(count, -1))
        units.append(np.tile(leverage.alone[0], predictors))
    return Alone(np.concatenate(moved, axis=1), np.concatenate(units))


def _with_events_of_one_unit(fitted: FittedModel, alone: Alone, mix: Floats) -> Alone:
    """Return how combinations move also along what diverges without the only unit with an event."""
    lines = fitted.likelihood.lines(mix, len(fitted.matrix.columns))
    count, predictors, width = lines.shape
    moved, units = [alone.moved], [alone.unit]
    for predictor, item in _without_events(fitted):
        found = item.moved(lines.reshape(-1, width)).reshape(count, predictors, -1)
        moved.append(found.sum(axis=1) if predictor is None else found[:, predictor])
        units.append(item.alone[0])
    return Alone(np.concatenate(moved, axis=1), np.concatenate(units))


def _without_events(fitted: FittedModel) -> Iterator[tuple[int | None, Leverage]]:
    """Yield by predictor the leverages without a unit that has all events of a group.

    The group then identifies nothing.
    """
    sample, needed = fitted.sample, [*fitted.likelihood.needed(fitted.blocks.y)]
    if not (sample.design.psu or (sample.replication is not None and not sample.made)):
        return  # one respondent alone is not a unit
    for held in fitted.leverages if needed else ():
        gone: dict[tuple[int, int | None], Booleans] = {}
        for cell, (predictor, tells) in product(_cells(fitted.matrix), needed):
            for unit, group in _of_one_unit(cell[tells], held.of_row[tells]):
                others = (cell == group) & (held.of_row != unit)
                gone[unit, predictor] = gone.get((unit, predictor), others) | others
        for (unit, predictor), others in gone.items():
            if others.any():
                yield predictor, left_without(fitted.sources[0], held, unit, others)


def _cells(matrix: ModelMatrix) -> Iterator[Integers]:
    """Yield codes of rows: a constant, the categories of each term, and products of some terms."""
    yield np.zeros(matrix.rows, dtype=np.int64)
    for term in matrix.formula.terms:
        held = [matrix.values[at] for at in term]
        categories = [item for item in held if isinstance(item, Categories)]
        if len(categories) == len(held):
            code = np.zeros(matrix.rows, dtype=np.int64)
            for category in categories:
                code = code * len(category.levels) + category.codes
            yield code


def _of_one_unit(cell: Integers, unit: Integers) -> list[tuple[int, int]]:
    """Return the units that have all rows of a cell, and these cells."""
    some = np.full(int(cell.max(initial=-1)) + 1, -1, dtype=np.int64)
    some[cell] = unit
    apart = np.bincount(cell[unit != some[cell]], minlength=some.size) > 0
    return [(int(some[at]), at) for at in np.flatnonzero((some >= 0) & ~apart).tolist()]


def _shares(fitted: FittedModel, leverage: Leverage, mix: Floats) -> Floats:
    """Return the share of single units in combinations, the maximum over predictors.

    Shape (units, outputs).
    """
    lines = fitted.likelihood.lines(mix, len(fitted.matrix.columns))
    count, predictors, width = lines.shape
    found = leverage.shares(lines.reshape(-1, width)).reshape(-1, count, predictors)
    return np.asarray(found.max(axis=2), dtype=float)


def _sides_held(
    fitted: FittedModel, leverage: Leverage, rows: Callable[[], Rows], mix: Floats
) -> Booleans:
    """Return whether single units dominate a group that combinations compare, (units, outputs)."""
    if not len(mix):
        return np.zeros((leverage.unit.size, 0), dtype=bool)
    lines = fitted.likelihood.lines(mix, len(fitted.matrix.columns))
    held = hold_a_side(rows, leverage, lines.reshape(-1, lines.shape[2]))
    return np.asarray(held.reshape(-1, *lines.shape[:2]).any(axis=2))


def _dominant_units(
    fitted: FittedModel, leverage: Leverage, rows: Callable[[], Rows], combinations: Floats
) -> tuple[Booleans, Booleans]:
    """Return the units that hold over half of a numeric regressor, and those dominating a group."""
    # a group in few units is known as well as its degrees of freedom say, up to three quarters in
    # one of them
    if not leverage.unit.size:
        return np.zeros(0, dtype=bool), np.zeros(0, dtype=bool)
    width, predictors = len(fitted.matrix.columns), fitted.likelihood.predictor_count
    combinations = combinations[: width * predictors]  # without cut points
    lost = alone_of([leverage], fitted.likelihood.lines(combinations, width)).lost
    shares = np.where(lost, 0.0, _shares(fitted, leverage, combinations))
    of_terms = np.array([bool(column.parts) for column in fitted.matrix.columns], dtype=bool)
    several = np.array([_has_several_values(fitted, at) for at in range(width)], dtype=bool)
    heavy = (shares > MOST_OF_A_GROUP) & np.tile(of_terms, predictors)
    heavy |= (shares > HALF) & np.tile(several, predictors)
    groups = np.flatnonzero(np.tile(of_terms & ~several, predictors) & ~lost)
    of_groups = _sides_held(fitted, leverage, rows, combinations[groups])
    return np.asarray(heavy.any(axis=1)), np.asarray(of_groups.any(axis=1))


def _has_several_values(fitted: FittedModel, column: int) -> bool:
    """Return whether a column of the formula takes more than two values."""
    matrix, seen = fitted.matrix, np.zeros(0)
    parts = matrix.columns[column].parts
    if all(isinstance(matrix.values[at], Categories) for at, _ in parts):
        return False
    plain = replace(matrix, columns=(matrix.columns[column],), conditioning=None)
    for place in matrix.places:
        seen = np.unique(np.concatenate([seen, plain.block(place)[0]]))
        if seen.size > 2:
            return True
    return False


def refuse_tests_on_one_unit(fit: Regression, rows: NDArray[np.intp]) -> None:
    """Refuse to test coefficients without a standard error because they rest on one unit."""
    lost = rows[fit.alone.lost[rows]] if fit.alone is not None else rows[:0]
    if lost.size and fit.alone is not None:
        direction = int(np.flatnonzero(fit.alone.moved[lost[0]])[0])
        whom, where = "one sampling unit", ""
        if isinstance(fit.fitted, FittedModel):
            whom, members = _unit_of_row(fit.fitted, int(fit.alone.unit[direction]))
            where = _category_within(fit, int(lost[0]), members)
        raise MisleadingError(
            f"The coefficient of {_label(fit, int(lost[0]))} rests on {whom}: it has no error to "
            "be tested by.",
            f"All who are in {where} are of it." if where else "Without that unit it has no value.",
            "Test terms that do not rest on it, merge that category with another, or leave it out "
            "with "
            "`sample.where(...)`.",
        )
    # several together are tested by enlarged residuals
    enlarged = rows.size > 1 and fit.provenance.df == "effective"
    correctable, heavy = fit.flagged(CORRECTABLE), fit.flagged(LEVERAGE, CORRECTABLE)
    for row in rows.tolist():
        if heavy[row] and not (correctable[row] and enlarged):
            raise MisleadingError(
                "One sampling unit holds more than half of what tells the coefficient of "
                f"{_label(fit, row)}.",
                "Its linearised standard error is too small to test by.",
                "Write `regress(..., variance='bell_mccaffrey')`." if correctable[row]
                else "Write the test of other terms, or look at that unit.",
            )  # fmt: skip


def _label(fit: Regression, row: int) -> str:
    variable, category = fit.frame["variable"].iloc[row], fit.frame["category"].iloc[row]
    return f"`{variable}`" + ("" if category == "" else f" ({code_text(category)})")


def _unit_of_row(fitted: FittedModel, row: int) -> tuple[str, Booleans]:
    """Return what the unit of a row is, in words, and who is of it."""
    sample = fitted.sample
    code = next(unit for unit in deletable_units(sample, fitted.row_index) if unit[row] >= 0)
    members = code == code[row]
    if members.sum() == 1:
        return "one respondent", members
    names = sample.design.psu
    if not names:
        return f"{members.sum()} respondents whose replicate weights are proportional", members
    record = row if fitted.row_index is None else int(fitted.row_index[row])
    value = sample.engine.columns.frame[names[0]].to_list()[record]
    return f"one primary unit, `{names[0]}` = {code_quoted(value)}", members


def _category_within(fit: Regression, row: int, members: Booleans) -> str:
    """Return the category of which all respondents are of one unit, as a condition.

    Empty where none is.
    """
    matrix: ModelMatrix = fit.fitted.matrix
    crossed = fit.variables_of(str(fit.frame["variable"].iloc[row]))
    for factor, held in zip(matrix.formula.factors, matrix.values, strict=True):
        if isinstance(held, Categories) and factor.text in crossed:
            every = np.bincount(held.codes, minlength=len(held.levels))
            inside = np.bincount(held.codes[members], minlength=len(held.levels))
            for level in np.flatnonzero((inside == every) & (every > 0)):
                return f"`{factor.text}` = {code_quoted(held.levels[level])}"
    return ""
