"""Who is on which list: columns of 0 and 1 read as one count for each set of lists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.errors import ColumnError, EmptyDomainError, MisleadingError, OptionError
from diplab.kernel.chao_lists import chao_lists
from diplab.kernel.hierarchical import members
from diplab.population.marks import LIST, marked_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    import narwhals as nw
    from numpy.typing import NDArray

    from diplab.kernel.abundance import Abundance

__all__ = ["MOST_LISTS", "ListTable", "list_tables"]

MOST_LISTS = 12
MOST_PERSONS = 1e10


@dataclass(frozen=True, eq=False)
class ListTable:
    """Persons by the set of lists they are on.

    Parameters
    ----------
    names : tuple of str
        The lists, in the order of the columns.
    counts : array, shape (2^lists - 1,)
        Persons in each cell; cell number c (from 1) is the set of lists whose bits are in c.
    stratum : tuple
        Values of the columns that part the table; empty for a whole one.

    Examples
    --------
    >>> table = ListTable(("police", "ngo"), np.array([2191.0, 2247.0, 584.0]))
    >>> table.seen, round(table.bound.size)
    (5022.0, 13452)
    """

    names: tuple[str, ...]
    counts: NDArray[np.float64]
    stratum: tuple[Any, ...] = ()

    @property
    def lists(self) -> int:
        """Number of lists."""
        return len(self.names)

    @property
    def seen(self) -> float:
        """Persons on one list at least."""
        return float(self.counts.sum())

    @property
    def overlapping(self) -> float:
        """Persons on two lists or more."""
        return self.seen - sum(self._alone)

    @property
    def bound(self) -> Abundance:
        """Chao's lower bound for lists."""
        twice = sum(self.counts[cell - 1] for cell in range(1, 2**self.lists) if len(members(cell)) == 2)
        return chao_lists(self._alone, float(twice), self.seen)

    @property
    def _alone(self) -> list[float]:
        return [float(self.counts[2**place - 1]) for place in range(self.lists)]


def list_tables(
    table: Any, count: str | None, columns: Sequence[str] | None = None, by: Sequence[str] = ()
) -> tuple[ListTable, ...]:
    """Return the table of the lists, one for each stratum where columns part it, checked.

    Parameters
    ----------
    table : data frame, Microdata or array, shape (rows, lists)
        One row a person, or one row a set of lists with how many persons are on exactly these.
    count : str, optional
        The column that says how many persons a row stands for.
    columns : sequence of str, optional
        The columns that are lists; all others than `count` and `by` by default.
    by : sequence of str
        Columns that part the table.

    Raises
    ------
    ColumnError
        Where a column is absent, or holds anything else than 0 and 1.
    OptionError
        Where there is one list, or more than twelve, or a list without anybody.
    EmptyDomainError
        Where there is nobody.
    MisleadingError
        Where persons on no list are given, or nobody is on two.
    """
    _check_columns(columns)
    by, columns = [str(name) for name in by], [str(name) for name in columns or ()]
    _check_once([*([] if count is None else [str(count)]), *by, *columns])
    read = marked_table(table, LIST, count, columns, by)
    names, persons = read.names, read.persons
    _check_number(names)
    cells = read.marks @ (1 << np.arange(len(names)))
    whole = ListTable(names, _counted(cells, persons, len(names)))
    _check_people(whole, float(persons[cells == 0].sum()))
    if not by:
        return (whole,)
    strata, which = _strata(read.columns.frame, by)
    return tuple(
        ListTable(names, _counted(cells[which == place], persons[which == place], len(names)), stratum)
        for place, stratum in enumerate(strata)
    )


def _check_columns(columns: Any) -> None:
    if isinstance(columns, str) or not (columns is None or hasattr(columns, "__iter__")):
        raise OptionError(
            asked=f"`columns` was given as {columns!r}.",
            found="It names the columns that are lists, two or more.",
            write='Write `columns=["police", "ngo"]`.',
        )


def _check_once(named: list[str]) -> None:
    if len(set(named)) < len(named):
        twice = next(name for name in named if named.count(name) > 1)
        raise OptionError(
            asked=f"The column `{twice}` was named twice.",
            found="A column is a list, the number of persons or a stratum, one of these.",
            write=f"Write `{twice}` in one place of `columns=`, `count=` and `by=`.",
        )


def _check_number(names: tuple[str, ...]) -> None:
    if len(names) < 2:
        raise OptionError(
            asked=f"The size behind {len(names)} list was asked for.",
            found="One list says nothing of those who are not on it.",
            write="Write two lists or more, or `single_source` for how often each person was seen.",
        )
    if len(names) > MOST_LISTS:
        raise OptionError(
            asked=f"The size behind {len(names)} lists was asked for.",
            found=f"A table of {len(names)} lists has 2^{len(names)} cells, nearly all of them empty.",
            write=f"Write at most {MOST_LISTS} in `columns=`, or join lists that serve the same people.",
        )


def _counted(cells: NDArray[np.int64], persons: NDArray[np.float64], lists: int) -> NDArray[np.float64]:
    return np.bincount(cells, weights=persons, minlength=2**lists)[1:].astype(np.float64)


def _check_people(table: ListTable, on_none: float) -> None:
    if on_none:
        raise MisleadingError(
            asked="The number of persons on no list was asked for.",
            found=f"The table already counts {on_none:,.0f} on no list.",
            write="Write the persons on one list at least; those on none are what is estimated.",
        )
    if table.seen > MOST_PERSONS:
        raise OptionError(
            asked=f"The size behind {table.lists} lists of {table.seen:,.0f} persons was asked for.",
            found="There are fewer people, and the ends of an interval lose their digits.",
            write="Write numbers of persons in the column of `count=`.",
        )
    if not table.seen:
        raise EmptyDomainError(
            asked=f"The size behind {table.lists} lists was asked for.",
            found="Nobody is on any of them.",
            write="Write a table with the persons on each list.",
        )
    cells = np.arange(1, 2**table.lists)
    for place, name in enumerate(table.names):
        if not table.counts[cells >> place & 1 == 1].any():
            raise OptionError(
                asked=f"The list `{name}` was given.",
                found="Nobody is on it.",
                write=f"Write the other lists in `columns=`, without `{name}`.",
            )
    if not table.overlapping:
        raise MisleadingError(
            asked=f"The size behind {table.lists} lists of {table.seen:,.0f} persons was asked for.",
            found="Nobody is on two of them, so the lists set no upper limit to it.",
            write=f"Write that at least {table.seen:,.0f} persons exist, or match the lists again.",
        )


def _strata(frame: nw.DataFrame[Any], by: Sequence[str]) -> tuple[list[tuple[Any, ...]], NDArray[np.intp]]:
    """Return the strata in order, and that of each row."""
    rows = list(zip(*(frame[name].to_list() for name in by), strict=True))
    for name, values in zip(by, zip(*rows, strict=True), strict=True):
        gone = sum(value is None or value != value for value in values)  # noqa: PLR0124 NaN is not itself
        if gone:
            raise ColumnError(
                asked=f"Sizes by `{name}` were asked for.",
                found=f"Rows where it is missing: {gone}.",
                write=f"Write a category for them, or keep the rows where `{name}` is known.",
            )
    strata = sorted(set(rows), key=lambda row: tuple((str(type(value)), value) for value in row))
    places = {stratum: place for place, stratum in enumerate(strata)}
    return strata, np.array([places[row] for row in rows], dtype=np.intp)
