"""Columns of 0 and 1, one an occasion or a list, with the persons of each row: read alike by every method."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np

from diplab.errors import ColumnError, OptionError
from diplab.population.held_table import HeldTable, held_table, table_in_memory
from diplab.population.numbers_given import is_number
from diplab.sampling.condition import known_column
from diplab.sampling.engines.columns import MemoryColumns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = [
    "CAUGHT",
    "LIST",
    "OCCASION",
    "MarkSense",
    "MarkedTable",
    "marked_table",
    "marks",
    "table_of_marks",
]


@dataclass(frozen=True)
class MarkSense:
    """What a column of marks stands for, in the words of errors.

    Parameters
    ----------
    place : str
        Where persons are marked.
    ones : str
        Who is marked with 1.
    table : str
        What the whole is.
    beside : str
        What a column beside the marks is.
    gap, other : str
        What to write where a mark is missing, and where it is none.
    """

    place: str
    ones: str
    table: str
    beside: str
    gap: str
    other: str


OCCASION = MarkSense(
    place="an occasion",
    ones="those met",
    table="The table of histories",
    beside="those who left",
    gap="Write 0 where a person could have been met and was not, and leave out those who could not be.",
    other="Write the columns of occasions only, and name the column of persons in `count=`.",
)
CAUGHT = replace(OCCASION, other="Write 1 where a person was caught, and 0 where not.")
LIST = MarkSense(
    place="a list",
    ones="those on it",
    table="The table of lists",
    beside="a stratum",
    gap="Write 0 for those not on it, and leave out those of whom nothing is known.",
    other="Write the lists in `columns=`, the column of persons in `count=`, that of strata in `by=`.",
)


@dataclass(frozen=True, eq=False)
class MarkedTable:
    """Who is marked where, each row with its persons.

    Parameters
    ----------
    names : tuple of str
        The columns of marks, in order.
    marks : array of bool, shape (rows, columns)
    persons : array, shape (rows,)
        Persons each row stands for: 1 where no column tells.
    columns : MemoryColumns
        Every column of the table.
    """

    names: tuple[str, ...]
    marks: NDArray[np.bool_]
    persons: NDArray[np.float64]
    columns: MemoryColumns


def table_of_marks(given: Any) -> HeldTable | None:
    """Return a frame, or an array with columns 1, 2, 3, as a table; None where it is neither.

    Raises
    ------
    ColumnError
        Where two columns share a name.
    OptionError
        Where an array has not two dimensions, or rows of a list are not of the same length.

    Examples
    --------
    >>> table_of_marks([[1, 0], [1, 1]]).names, table_of_marks([20, 5])
    (['1', '2'], None)
    """
    rows = isinstance(given, list | tuple) and bool(given) and isinstance(given[0], list | tuple | np.ndarray)
    if not rows and not (isinstance(given, np.ndarray) and given.ndim != 1):
        return table_in_memory(given)
    cells = _cells(given)
    columns = {str(at + 1): cells[:, at] for at in range(cells.shape[1])}
    return HeldTable(nw.from_dict(columns, backend="pandas"))


def marked_table(
    given: Any,
    sense: MarkSense,
    count: str | None = None,
    columns: Sequence[str] = (),
    beside: Sequence[str] = (),
) -> MarkedTable:
    """Return marks and persons, checked.

    Parameters
    ----------
    given : HeldTable, data frame, Microdata or array, shape (rows, columns)
        One row a person, or one row a set of marks with how many persons have exactly these.
    sense : MarkSense
    count : str, optional
        The column that says how many persons a row stands for.
    columns : sequence of str
        The columns of marks; all others than `count` and `beside` where none is named.
    beside : sequence of str
        Columns that are not marks.

    Raises
    ------
    OptionError
        Where there is no table.
    ColumnError
        Where a column is absent, a mark is neither 0 nor 1, or a number of persons is none.

    Examples
    --------
    >>> marked_table([[1, 0], [1, 1]], OCCASION).marks.sum(axis=0).tolist()
    [2, 1]
    """
    held = given if isinstance(given, HeldTable) else table_of_marks(given)
    held = held or held_table(given, sense.table, "a person")
    # names may be numbers to pandas
    count, apart = None if count is None else str(count), [str(name) for name in beside]
    for name in [] if count is None else [count]:
        known_column(name, held.names, "the number of persons")
    for name in apart:
        known_column(name, held.names, sense.beside)
    names = tuple(known_column(str(name), held.names, sense.place) for name in columns) or tuple(
        name for name in held.names if name != count and name not in apart
    )
    if not names:
        raise ColumnError(
            asked=f"{sense.table} was given.",
            found=f"It has no column of {sense.place}.",
            write=f"Write one column for each, with 1 for {sense.ones} and 0 for the others.",
        )
    read = MemoryColumns(held.frame)
    persons = np.ones(read.rows) if count is None else _persons(read, count)
    return MarkedTable(names, np.column_stack([marks(read, name, sense) for name in names]), persons, read)


def marks(columns: MemoryColumns, name: str, sense: MarkSense) -> NDArray[np.bool_]:
    """Return a column of 0 and 1, or of true and false, as true and false; anything else is refused."""
    asked = f"The column `{name}` was read as {sense.place}."
    values, word = _numbers(columns, name)
    gaps = int(np.count_nonzero(np.isnan(values)))
    if word is None and gaps:
        raise ColumnError(asked, f"It is missing in {gaps} of its {values.size} rows.", sense.gap)
    odd = values[(values != 0) & (values != 1)]
    if word is not None or odd.size:
        found = f"{odd[0]:g}" if word is None else word
        raise ColumnError(
            asked,
            f"It holds {found}, where {sense.place} holds 1 for {sense.ones} and 0 for the others.",
            sense.other,
        )
    return np.asarray(values == 1, dtype=np.bool_)


def _persons(columns: MemoryColumns, name: str) -> NDArray[np.float64]:
    values, word = _numbers(columns, name)
    if columns.is_boolean(name):
        word = "true and false"
    wrong = values[~(np.isfinite(values) & (values >= 0) & (values == np.floor(values)))]
    if word is not None or wrong.size:
        gaps = int(np.count_nonzero(np.isnan(values)))
        found = (
            f"It is missing in {gaps} of its {values.size} rows."
            if gaps
            else f"It holds {wrong[:1].sum():g}."
        )
        raise ColumnError(
            asked=f"The column `{name}` was read as numbers of persons.",
            found=found if word is None else f"It holds {word}.",
            write="Write whole numbers, zero or more, in each row.",
        )
    return values


def _numbers(columns: MemoryColumns, name: str) -> tuple[NDArray[np.float64], str | None]:
    """Return a column as numbers, NaN for missing, and the first value that is none; digits in a word are a word."""
    import pandas as pd

    if columns.is_number(name):
        return columns.numbers(name), None
    values = columns.frame[name].to_list()
    found = np.full(len(values), np.nan)
    for at, value in enumerate(values):
        if is_number(value) or isinstance(value, bool | np.bool_):
            found[at] = _as_float(value)
        elif not pd.api.types.is_scalar(value) or not pd.isna(value):
            return found, repr(value) if isinstance(value, str) else str(value)[:40]
    return found, None


def _as_float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:
        # a whole number too large for a float
        return np.inf


def _cells(given: Any) -> NDArray[Any]:
    try:
        hidden = np.ma.isMaskedArray(given) and np.ma.is_masked(given)
        # cells of several kinds stay what they are: numpy would make words of all
        cells = given if isinstance(given, np.ndarray) else np.array(given, dtype=object)
        cells = np.asarray(given.astype(float).filled(np.nan) if hidden else cells)
    except ValueError:
        cells = np.empty(0)
    if cells.ndim != 2:
        uneven = not isinstance(given, np.ndarray) and cells.ndim < 2
        raise OptionError(
            asked="A table was given as an array.",
            found="Its rows are not of the same length."
            if uneven
            else f"It has {cells.ndim} dimensions, and not two.",
            write="Write numbers 0 and 1 in rows of the same length, one column an occasion or a list.",
        )
    return cells
