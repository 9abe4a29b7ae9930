"""Capture histories from the columns of a frame: 0 and 1, one row a person, or one row a history with its count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from diplab.errors import EmptyDomainError, MisleadingError
from diplab.population.marks import OCCASION, marked_table, table_of_marks

if TYPE_CHECKING:
    from typing import Any

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
    held = table_of_marks(data)
    if held is None:
        return None
    read = marked_table(held, OCCASION, count)
    table, persons = read.marks.astype(np.float64), read.persons
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
    return Histories(read.names, distinct, counts)
