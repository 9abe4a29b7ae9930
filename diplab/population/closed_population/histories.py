"""Capture histories from the columns of a frame: 0 and 1, one row a person, or one row a history with its count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import narwhals as nw
import numpy as np

from diplab.errors import ColumnError, EmptyDomainError, MisleadingError, OptionError, nearest
from diplab.microdata.microdata import Microdata
from diplab.sampling.memory_columns import MemoryColumns

if TYPE_CHECKING:
    from typing import Any

    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["Histories", "read_histories"]

ASKED = "A size was asked for from capture histories."


@dataclass(frozen=True, eq=False)
class Histories:
    """Distinct histories of persons seen at least once.

    Parameters
    ----------
    occasions : tuple of str
        Names of the occasions.
    seen : array of 0 and 1, shape (histories, occasions)
    persons : array, shape (histories,)
        Persons with each history.
    """

    occasions: tuple[str, ...]
    seen: NDArray[np.float64]
    persons: NDArray[np.float64]


def read_histories(data: Any, count: str | None = None) -> Histories | None:
    """Return the histories that a frame or an array holds; None where the data are no table.

    Parameters
    ----------
    data : Microdata, frame of pandas or Polars, anything narwhals knows, or array with two dimensions
        Columns of 0 and 1.
    count : str, optional
        Column that tells how many persons have the history of each row.

    Raises
    ------
    ColumnError
        Where a column holds something else than 0 and 1, or the counts are no counts.
    MisleadingError
        Where a row was seen at no occasion.
    EmptyDomainError
        Where nobody was seen.

    Examples
    --------
    >>> import numpy as np
    >>> read_histories(np.array([[1, 0], [1, 1], [1, 0]])).persons.tolist()
    [2.0, 1.0]
    """
    named = _named_columns(data, count)
    if named is None:
        return None
    names, columns, persons = named
    for name, column in zip(names, columns, strict=True):
        _zeros_and_ones(name, column)
    table = np.column_stack(columns) if columns else np.zeros((0, 0))
    never = (table == 0).all(axis=1)
    unseen = float(persons[never].sum())
    if unseen:
        raise MisleadingError(
            asked=ASKED,
            found=f"{unseen:g} of the {persons.sum():g} persons were seen at no occasion.",
            write="Leave those rows out: persons never seen are what is estimated.",
        )
    kept = ~never & (persons > 0)
    if not kept.any():
        raise EmptyDomainError(
            asked=ASKED,
            found="Nobody was seen.",
            write="Write one row a person, with 1 at each occasion where the person was seen.",
        )
    distinct, at = np.unique(table[kept], axis=0, return_inverse=True)
    counts = np.bincount(at.ravel(), weights=persons[kept]).astype(np.float64)
    return Histories(names, distinct, counts)


def _named_columns(
    data: Any, count: str | None
) -> tuple[tuple[str, ...], list[NDArray[np.float64]], NDArray[np.float64]] | None:
    """Return names, columns and persons of a table; None where it is no table."""
    data = nw.to_native(data.frame if isinstance(data, Microdata) else data, pass_through=True)
    if _is_nested(data):
        return _from_array(_as_array(data), count)
    if nw.dependencies.is_pandas_dataframe(data):
        data = _in_words(data)
    frame = nw.from_native(data, pass_through=True)
    if not isinstance(frame, nw.DataFrame | nw.LazyFrame):
        return None
    columns = MemoryColumns(frame.collect() if isinstance(frame, nw.LazyFrame) else frame)
    count = None if count is None else str(count)
    if count is not None and count not in columns.schema:
        raise ColumnError(
            f"`count` was given as {count!r}.",
            "The data have no such column.",
            f"Write one of the nearest: {nearest(str(count), columns.schema)}.",
        )
    names = tuple(name for name in columns.schema if name != count)
    if not names and columns.rows:
        raise ColumnError(
            ASKED,
            "The data have no column of an occasion.",
            "Write one column an occasion, 1 where the person was seen and 0 elsewhere.",
        )
    for name in columns.schema:
        if not columns.is_number(name):
            raise _no_occasion(name, "words or dates")
    persons = np.ones(columns.rows) if count is None else _persons(count, columns.numbers(count))
    return names, [columns.numbers(name) for name in names], persons


def _in_words(data: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with words for names: numbers, as of an array made a frame, would be read as places."""
    renamed = data.set_axis([str(name) for name in data.columns], axis=1)
    if not renamed.columns.is_unique:
        name = renamed.columns[renamed.columns.duplicated()][0]
        raise ColumnError(
            ASKED,
            f"The column `{name}` stands in them {int((renamed.columns == name).sum())} times.",
            "Give each column a name of its own.",
        )
    return renamed


def _is_nested(data: Any) -> bool:
    if isinstance(data, np.ndarray):
        return data.ndim != 1
    return isinstance(data, list | tuple) and bool(data) and isinstance(data[0], list | tuple | np.ndarray)


def _as_array(data: Any) -> NDArray[Any]:
    try:
        hidden = np.ma.isMaskedArray(data) and np.ma.is_masked(data)
        return np.asarray(data.astype(float).filled(np.nan) if hidden else data)
    except ValueError as error:
        raise OptionError(
            asked=ASKED,
            found="Its rows are not of the same length.",
            write="Write numbers 0 and 1, a row a person and a column an occasion.",
        ) from error


def _from_array(
    table: NDArray[Any], count: str | None
) -> tuple[tuple[str, ...], list[NDArray[np.float64]], NDArray[np.float64]]:
    if table.ndim != 2 or table.dtype.kind not in "biuf":
        raise OptionError(
            asked=ASKED,
            found=f"They are an array of {table.ndim} dimensions, of type {table.dtype}.",
            write="Write numbers 0 and 1, a row a person and a column an occasion.",
        )
    if count is not None:
        raise OptionError(
            asked=f"`count` was given as {count!r} with an array.",
            found="The columns of an array have no names.",
            write="Write a frame with named columns.",
        )
    names = tuple(str(at) for at in range(1, table.shape[1] + 1))
    return names, list(table.astype(np.float64).T), np.ones(len(table))


def _zeros_and_ones(name: str, column: NDArray[np.float64]) -> None:
    gaps = int(np.isnan(column).sum())
    if gaps:
        raise ColumnError(
            f"The column `{name}` was read as an occasion.",
            f"{gaps} of its {len(column)} rows are missing.",
            "Write 0 where the person was not seen, or leave those rows out.",
        )
    other = column[(column != 0) & (column != 1)]
    if other.size:
        raise _no_occasion(name, f"{other[0]:g}")


def _no_occasion(name: str, held: str) -> ColumnError:
    return ColumnError(
        f"The column `{name}` was read as an occasion.",
        f"It holds {held}, and an occasion holds 0 (not seen) and 1 (seen).",
        "Keep the columns of occasions only, and name a column of counts with `count=`.",
    )


def _persons(count: str, column: NDArray[np.float64]) -> NDArray[np.float64]:
    wrong = column[~(np.isfinite(column) & (column >= 0) & (column == np.floor(column)))]
    if wrong.size:
        raise ColumnError(
            f"The column `{count}` was read as numbers of persons.",
            f"It holds {wrong[0]:g}, which is no number of persons.",
            "Write whole numbers, zero or more.",
        )
    return column
