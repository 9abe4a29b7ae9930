"""Who was met on which occasion: one row a person or a history, one column an occasion."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.errors import EmptyDomainError
from diplab.population.tables import OCCASION, marks, read_marks

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["OccasionHistories", "occasion_histories"]

LOST = replace(
    OCCASION,
    place="a column of those who left",
    ones="those known to have left",
    gap="Write 0 for those who are not known to have left.",
    other="Write 1 for those who left when last met, and 0 for the others.",
)


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
    read = read_marks(table, OCCASION, count, beside=[] if lost is None else [lost])
    met, persons = read.marks, read.persons
    gone = np.zeros(len(met), dtype=bool) if lost is None else marks(read.columns, str(lost), LOST)
    some = met.any(axis=1)
    if not persons[some].sum():
        raise EmptyDomainError(
            asked="A size was asked for from histories.",
            found=f"Nobody was met on any of the {len(read.names)} occasions.",
            write="Write 1 where a person was met.",
        )
    return OccasionHistories(
        met[some],
        persons[some],
        gone[some],
        read.names,
        int(persons[~some].sum()),
    )
