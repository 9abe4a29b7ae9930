"""The persons of a regression of captures: how often each was seen, what is known of each, and whom each stands for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.errors import EmptyDomainError, OptionError
from diplab.kernel.information import rank_lost
from diplab.kernel.represented_sizes import Grouping
from diplab.microdata.variable import code_text
from diplab.population.capture_regression.captures import checked_captures, checked_count
from diplab.sampling.formula.model_matrix import Categories, factor_values, model_matrix
from diplab.sampling.memory_engine import MemoryEngine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from diplab.sampling.formula.model_matrix import ModelMatrix
    from diplab.sampling.formula.parts import ModelFormula
    from diplab.sampling.memory_columns import MemoryColumns
    from diplab.sampling.sample import Sample

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

__all__ = ["Persons", "read_persons"]


@dataclass(frozen=True, eq=False)
class Persons:
    """The persons of a regression.

    Parameters
    ----------
    x : array, shape (columns, rows)
        Model matrix: a constant, then columns of mean 0 and spread 1.
    restoring : array, shape (columns, columns)
        What takes coefficients of these columns to those of the columns asked for.
    y : array, shape (rows,)
        Times seen.
    weight : array, shape (rows,)
        Persons of each row: 1, a frequency, or a survey weight.
    kept : array of int, shape (rows,)
        Their places in the file.
    matrix : ModelMatrix
    groups : tuple of (str, object)
        Variable and category of each size beside the total.
    groupings : tuple of Grouping
        The total, then one a variable of `by`.
    clusters : array of int, shape (rows,), or None
    missing : dict of str to int
        Rows left out, by variable.
    left_out : int
        Rows left out in all.
    """

    x: Floats
    restoring: Floats
    y: Floats
    weight: Floats
    kept: Integers
    matrix: ModelMatrix
    groups: tuple[tuple[str, Any], ...]
    groupings: tuple[Grouping, ...]
    clusters: Integers | None
    missing: dict[str, int]
    left_out: int

    @property
    def terms(self) -> list[str]:
        """The columns in words: `age`, `sex = m`."""
        return [
            column.variable if column.category == "" else f"{column.variable} = {code_text(column.category)}"
            for column in self.matrix.columns
        ]

    def times(self, often: int) -> float:
        """Return the persons seen exactly so often."""
        return float(self.weight[self.y == often].sum())


def read_persons(
    sample: Sample,
    formula: ModelFormula,
    *,
    count: str | None,
    by: Sequence[str],
    cluster: str | None,
    na: str,
) -> Persons:
    """Read the persons of a regression.

    Parameters
    ----------
    sample : Sample
        Held in memory.
    formula : ModelFormula
        Its outcome is the column of times seen.
    count, cluster : str, optional
        Columns.
    by : sequence of str
        Columns.
    na : {"drop", "fail"}

    Raises
    ------
    OptionError
        Where captures are no captures, counts no counts, something is missing under `na="fail"`, or terms do not
        differ.
    EmptyDomainError
        Where nobody is left.
    """
    engine = sample.engine
    assert isinstance(engine, MemoryEngine)  # what `held` is for
    columns = engine.columns
    scoped = engine.scoped(sample.totals((), ()).scope)
    inside, weight = scoped.weight > 0, scoped.weight
    if count is not None:
        weight = checked_count(columns, count, inside)
        inside = inside & (weight > 0)
    y = checked_captures(columns, formula.outcome.said, inside)
    values = [factor_values(columns, factor, sample.codebook) for factor in formula.factors]
    gaps = _gaps(formula, y, values)
    if cluster is not None:
        gaps.setdefault(cluster, columns.factor(cluster).codes < 0)
    missing = {name: int((gap & inside).sum()) for name, gap in gaps.items() if (gap & inside).any()}
    if missing and na == "fail":
        raise _missing(formula, missing, int(inside.sum()))
    kept = np.flatnonzero(inside & ~np.any([*gaps.values()], axis=0))
    if not kept.size:
        raise _nobody(formula)
    matrix = model_matrix(formula, columns, values, None if kept.size == columns.rows else kept)
    x, restoring = _standardised(matrix, weight[kept])
    groups, groupings = _groupings(columns, by, kept)
    clusters = None if cluster is None else columns.factor(cluster).codes[kept]
    own = (x, restoring, y[kept], weight[kept], kept, matrix, groups, groupings, clusters, missing)
    return Persons(*own, int(inside.sum()) - kept.size)


def _gaps(
    formula: ModelFormula, y: Floats, values: Sequence[Floats | Categories]
) -> dict[str, NDArray[np.bool_]]:
    """Return by variable where its value is missing."""
    found = {formula.outcome.said: np.isnan(y)}
    for factor, value in zip(formula.factors, values, strict=True):
        found[factor.said] = value.codes < 0 if isinstance(value, Categories) else np.isnan(value)
    return found


def _missing(formula: ModelFormula, missing: dict[str, int], everyone: int) -> OptionError:
    counts = ", ".join(f"{count} of `{said}`" for said, count in missing.items())
    return OptionError(
        f"The population size behind `{formula.text}` was asked for with `na='fail'`.",
        f"Of {everyone} rows, some values are missing: {counts}; these are persons who were seen, and without them the "
        "size is that of fewer people.",
        "Write `na='drop'` for the size without people like them, or give them a category of their own.",
    )


def _nobody(formula: ModelFormula) -> EmptyDomainError:
    return EmptyDomainError(
        f"The population size behind `{formula.text}` was asked for.",
        "Nobody there was seen, or nobody has a value of every variable.",
        "Write a wider condition, or look at the missing values of the variables.",
    )


def _groupings(
    columns: MemoryColumns, by: Sequence[str], kept: Integers
) -> tuple[tuple[tuple[str, Any], ...], tuple[Grouping, ...]]:
    """Return the groups that sizes are wanted for, and where each row falls; no answer is a group of its own."""
    names: list[tuple[str, Any]] = []
    groupings = [Grouping(np.zeros(kept.size, dtype=np.int64), 1)]
    for name in by:
        factor = columns.factor(columns.with_missing(name))
        codes = factor.codes[kept]
        there = np.bincount(codes, minlength=len(factor.categories)) > 0
        names += [(name, each) for each, here in zip(factor.categories, there, strict=True) if here]
        groupings.append(Grouping((np.cumsum(there) - 1)[codes], int(there.sum())))
    return tuple(names), tuple(groupings)


def _standardised(matrix: ModelMatrix, weight: Floats) -> tuple[Floats, Floats]:
    """Return the model matrix with columns of mean 0 and spread 1, and what takes coefficients back."""
    formula = matrix.formula
    asked = f"The population size behind `{formula.text}` was asked for."
    for factor, value in zip(formula.factors, matrix.values, strict=True):
        if not isinstance(value, Categories) and not np.isfinite(value).all():
            raise OptionError(
                asked,
                f"`{factor.said}` has no finite value in {np.count_nonzero(~np.isfinite(value))} rows.",
                "Write arithmetic that has a value for everybody, or leave those persons out.",
            )
    x = np.asarray(matrix.block(slice(0, matrix.rows)), dtype=np.float64)
    mean = x @ weight / weight.sum()
    mean[0] = 0.0
    x -= mean[:, None]
    spread = np.sqrt(x**2 @ weight / weight.sum())
    spread[0] = 1.0
    flat = np.flatnonzero(spread <= 1e-10 * np.maximum(np.abs(mean), 1e-300))
    if flat.size:
        raise OptionError(
            asked,
            f"`{matrix.columns[flat[0]].variable}` has the same value for everybody.",
            f"Leave `{matrix.columns[flat[0]].variable}` out, or write a wider condition.",
        )
    x /= spread[:, None]
    lost = rank_lost((x * weight) @ x.T)
    if lost is not None:
        raise OptionError(
            asked,
            f"The column of `{matrix.columns[lost[0]].variable}` follows from those of the terms before it.",
            f"Leave `{matrix.columns[lost[0]].variable}` out.",
        )
    restoring = np.diag(1 / spread)
    restoring[0, 1:] = -(mean / spread)[1:]
    return x, restoring
