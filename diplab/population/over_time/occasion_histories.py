"""Who was met on which occasion: one row a person or a history, one column an occasion."""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.errors import ColumnError, EmptyDomainError, OptionError, nearest
from diplab.population.given_tables import table_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["OccasionHistories", "occasion_histories"]


@dataclass(frozen=True, eq=False)
class OccasionHistories:
    """Histories of being met, each with the persons who have it.

    Parameters
    ----------
    met : array of bool, shape (histories, occasions)
        Met or not.
    count : array, shape (histories,)
        Persons with each history.
    lost : array of bool, shape (histories,)
        Known to have left when last met.
    occasions : tuple of str
        Names of the occasions, in order.
    never : int
        Persons of the table met on no occasion, left out.
    """

    met: NDArray[np.bool_]
    count: NDArray[np.float64]
    lost: NDArray[np.bool_]
    occasions: tuple[str, ...]
    never: int


def occasion_histories(table: Any, count: str | None = None, lost: str | None = None) -> OccasionHistories:
    """Return histories read from 0/1 columns.

    Parameters
    ----------
    table : DataFrame, Microdata or array, shape (rows, occasions)
        One column an occasion, in order of time, 1 where met; an array names its occasions 1, 2, 3.
    count, lost : str, optional
        Columns of the persons with each history, and of those who left when last met (0/1).

    Raises
    ------
    ColumnError
        Where a column is unknown, or an occasion holds something else than 0 and 1.
    OptionError
        Where there is no table, or a count is no count.
    EmptyDomainError
        Where nobody was met.

    Examples
    --------
    >>> occasion_histories([[1, 0, 1], [0, 1, 1], [0, 0, 0]]).never
    1
    """
    columns = _columns(table_of(table))
    for name in (count, lost):
        if name is not None and not (isinstance(name, Hashable) and name in columns):
            raise ColumnError(
                asked=f"The column `{name}` was asked for.",
                found="The table of histories does not have it.",
                write=f"Write one of the nearest: {nearest(str(name), columns)}.",
            )
    occasions = [name for name in columns if name not in (count, lost)]
    if not occasions:
        raise ColumnError(
            asked="Histories were asked for.",
            found="The table has no column of an occasion.",
            write="Write one column an occasion, 1 where the person was met and 0 elsewhere.",
        )
    met = np.column_stack([_marks(name, columns[name]) for name in occasions])
    persons = np.ones(len(met)) if count is None else _persons(count, columns[count])
    gone = np.zeros(len(met), dtype=bool) if lost is None else _marks(lost, columns[lost])
    some = met.any(axis=1)
    if not persons[some].sum():
        raise EmptyDomainError(
            asked="A size was asked for from histories.",
            found=f"Nobody was met on any of the {len(occasions)} occasions.",
            write="Write 1 where a person was met.",
        )
    return OccasionHistories(
        met[some],
        persons[some],
        gone[some],
        tuple(str(name) for name in occasions),
        int(persons[~some].sum()),
    )


def _columns(table: Any) -> dict[Any, Any]:
    if hasattr(table, "columns"):
        return {name: np.asarray(table[name], dtype=object) for name in table.columns}
    try:
        hidden = np.ma.isMaskedArray(table) and np.ma.is_masked(table)
        cells = np.array(table.astype(float).filled(math.nan) if hidden else table, dtype=object)
    except ValueError:
        cells = np.array(None)
    if cells.ndim != 2:
        raise OptionError(
            asked=f"Histories were given as {type(table).__name__}.",
            found="It is no table with one row a person and one column an occasion.",
            write="Write a table of 0 and 1.",
        )
    return {str(at + 1): cells[:, at] for at in range(cells.shape[1])}


def _marks(name: Any, cells: NDArray[Any]) -> NDArray[np.bool_]:
    """Return a column of 0 and 1 as false and true."""
    import pandas as pd

    absent = int(pd.isna(cells).sum())
    if absent:
        raise ColumnError(
            asked=f"The column `{name}` was read as an occasion.",
            found=f"{absent} of its {len(cells)} rows say neither met nor not met.",
            write="Write 0 where a person could have been met and was not, and leave out those who could not be.",
        )
    wrong = [cell for cell in cells if isinstance(cell, str) or cell not in (0, 1)]
    if wrong:
        raise ColumnError(
            asked=f"The column `{name}` was read as an occasion.",
            found=f"It holds {wrong[0]!r}, where only 0 and 1 tell whether a person was met.",
            write="Write the columns of occasions only, 1 where met, and name the count of persons in `count=`.",
        )
    return cells.astype(bool)


def _persons(name: str, cells: NDArray[Any]) -> NDArray[np.float64]:
    try:
        counts = cells.astype(float)
    except (TypeError, ValueError):
        counts = np.array([np.nan])
    if not np.all(np.isfinite(counts)) or (counts < 0).any() or (counts % 1).any():
        raise OptionError(
            asked=f"The column `{name}` was read as persons with each history.",
            found="It holds something else than numbers of persons.",
            write="Write one whole number a row, zero or more.",
        )
    return counts
