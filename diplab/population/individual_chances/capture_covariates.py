"""A table of captures read with a formula: who was caught when, and what may explain it."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.errors import EmptyDomainError, MisleadingError, OptionError
from diplab.population.held_table import held_table
from diplab.population.marks import CAUGHT, marks
from diplab.population.numbers_given import is_number
from diplab.sampling.engines.columns import MemoryColumns
from diplab.sampling.formula import read_formula
from diplab.sampling.model_matrix import Categories, factor_values, model_matrix

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from diplab.microdata.codebook import Codebook
    from diplab.sampling.formula import ModelFactor, ModelFormula

__all__ = ["CaptureTable", "capture_table"]

LARGEST = 1e100
"""A covariate beyond it has no square."""


@dataclass(frozen=True, eq=False)
class CaptureTable:
    """Captures, and the covariates of those caught.

    Parameters
    ----------
    occasions : tuple of str
        Columns of the captures, in order of time.
    histories : array of 0 and 1, shape (n, T)
    covariates : array, shape (n, k)
        Without the constant.
    terms : tuple of str
        Names of the covariates.
    """

    occasions: tuple[str, ...]
    histories: NDArray[np.float64]
    covariates: NDArray[np.float64]
    terms: tuple[str, ...]


def capture_table(formula: str, histories: Any, occasions: Sequence[str] | None) -> CaptureTable:
    """Read captures and covariates from a table.

    Parameters
    ----------
    formula : str
        `"t1 + t2 + t3 ~ age"`: the occasions added left of `~`, in order of time; or `"~ age"` with `occasions`.
    histories : data frame
        One row a person.
    occasions : sequence of str or None

    Raises
    ------
    ConditionError, ColumnError, OptionError, EmptyDomainError, MisleadingError
        Where the formula or the table cannot be used as they are.
    """
    table = held_table(histories, "`histories`", "a person")
    columns = MemoryColumns(table.frame)
    read, names = _formula(formula, columns, occasions, table.codebook)
    if not columns.rows:
        raise EmptyDomainError(
            f"The captures of `{formula}` were asked for.",
            "The table has no row.",
            "Write one row a person caught at least once.",
        )
    captures = np.column_stack([marks(columns, name, CAUGHT) for name in names]).astype(np.float64)
    never = int(np.count_nonzero(captures.sum(axis=1) == 0))
    if never:
        raise MisleadingError(
            f"The captures of {columns.rows} persons were given.",
            f"Of these, {never} had no capture, and those never caught are what is estimated.",
            "Leave them out, or write the columns of all occasions.",
        )
    values = [factor_values(columns, factor, table.codebook) for factor in read.factors]
    for factor, value in zip(read.factors, values, strict=True):
        _check_complete(factor, value)
    matrix = model_matrix(read, columns, values, None)
    block = np.asarray(matrix.block(slice(0, matrix.rows)), dtype=np.float64).T
    kept = [at for at, column in enumerate(matrix.columns) if column.parts]
    terms = [_said(matrix.columns[at].variable, matrix.columns[at].category) for at in kept]
    covariates = np.ascontiguousarray(block[:, kept])
    return CaptureTable(names, captures, covariates, tuple(terms))


def _formula(
    formula: str, columns: MemoryColumns, occasions: Sequence[str] | None, codebook: Codebook
) -> tuple[ModelFormula, tuple[str, ...]]:
    known = list(columns.schema)
    bare = isinstance(formula, str) and formula.strip().startswith("~")
    if bare != (occasions is not None):
        given = "twice" if occasions is not None else "nowhere"
        raise OptionError(
            f"The formula `{formula}` was given.",
            f"The occasions stand {given}: left of `~`, or in `occasions`.",
            'Write `"t1 + t2 + t3 ~ age"`, or `"~ age"` with `occasions=["t1", "t2", "t3"]`.',
        )
    if occasions is None:
        read = read_formula(formula, known, codebook)
        names = _added(read)
    else:
        names = _listed(occasions, known)
        read = read_formula(f"`{names[0]}` {formula.strip()}", known, codebook)
    _check_occasions(formula, read, names)
    return read, names


def _listed(occasions: Sequence[str], known: list[str]) -> tuple[str, ...]:
    from diplab.sampling.condition import known_column

    given: Any = occasions
    if not isinstance(given, str) and not hasattr(given, "__iter__"):
        raise OptionError(
            f"`occasions` was given as {given!r}.",
            "It names the columns of the occasions.",
            'Write `occasions=["t1", "t2"]`, say.',
        )
    names = (occasions,) if isinstance(occasions, str) else tuple(occasions)
    if not names:
        raise OptionError(
            "`occasions` was given as an empty list.",
            "Nobody can be caught on no occasion.",
            'Write the columns of the occasions in order of time, as in `["t1", "t2", "t3"]`.',
        )
    # columns of a frame may be named by numbers, and are read by the words for them
    named: list[Any] = [str(name) if is_number(name) else name for name in names]
    return tuple(known_column(name, known, "an occasion") for name in named)


def _added(read: ModelFormula) -> tuple[str, ...]:
    """Return the columns added left of `~`; anything but a sum of columns is refused."""
    names: list[str] = []
    waiting: list[ast.expr] = [] if read.outcome.tree is None else [read.outcome.tree]
    if read.outcome.tree is None:
        names = list(read.outcome.names)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            waiting += [node.left, node.right]
        elif isinstance(node, ast.Name):
            names.append(node.id)
        else:
            raise _no_sum(read)
    if read.outcome.condition is not None:
        raise _no_sum(read)
    return tuple(reversed(names))


def _no_sum(read: ModelFormula) -> OptionError:
    return OptionError(
        f"The formula `{read.text}` was given.",
        f"Left of `~` stands `{read.outcome.text}`, which is no sum of occasions.",
        'Write the columns of the occasions with `+` between, as in `"t1 + t2 + t3 ~ age"`.',
    )


def _check_occasions(formula: str, read: ModelFormula, names: tuple[str, ...]) -> None:
    explained = {name for factor in read.factors for name in factor.names}
    both = [name for name in names if name in explained]
    twice = [name for at, name in enumerate(names) if name in names[:at]]
    if len(names) < 2 or both or twice:
        found = f"It has {len(names)} occasion, and nobody can be met again on it"
        if both or twice:
            said = "an occasion and a covariate" if both else "an occasion twice"
            found = f"`{(both or twice)[0]}` is {said}"
        raise OptionError(
            f"The formula `{formula}` was given.",
            f"{found}.",
            "Write two occasions or more, each once, and other columns as covariates.",
        )
    if not read.intercept:
        raise OptionError(
            f"The formula `{formula}` was given.",
            "It has no constant, and captures are rarely even chances.",
            "Write it without `- 1` or `0 +`.",
        )


def _check_complete(factor: ModelFactor, value: NDArray[np.float64] | Categories) -> None:
    gaps = value.codes < 0 if isinstance(value, Categories) else ~(np.abs(value) < LARGEST)
    count = int(np.count_nonzero(gaps))
    if count:
        raise MisleadingError(
            f"`{factor.text}` was asked for as a covariate of captures.",
            f"It has no value to compute with for {count} of {gaps.size} persons, "
            "who would be counted as never caught.",
            "Write their values, or a category of its own for those who gave none.",
        )


def _said(variable: str, category: Any) -> str:
    return variable if category == "" else f"{variable} = {category}"
