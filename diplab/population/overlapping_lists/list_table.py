"""Who is on which list: columns of 0 and 1 read as one count for each set of lists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np

from diplab.errors import ColumnError, EmptyDomainError, MisleadingError, OptionError, nearest
from diplab.kernel.chao_lists import chao_lists
from diplab.kernel.hierarchical import members

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from diplab.kernel.abundance import Abundance

__all__ = ["MOST_LISTS", "ListTable", "list_tables"]

MOST_LISTS = 12


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
    table : data frame or array, shape (rows, lists)
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
    frame = _frame(table)
    named = [*([count] if count is not None else []), *by, *(columns or ())]
    for name in named:
        if name not in frame.columns:
            raise ColumnError(
                asked=f"The column `{name}` was asked for.",
                found=f"The table has {len(frame.columns)} columns, and not that one.",
                write=f"Write one of the nearest: {nearest(name, frame.columns)}.",
            )
    if len(set(named)) < len(named):
        twice = next(name for name in named if named.count(name) > 1)
        raise OptionError(
            asked=f"The column `{twice}` was named twice.",
            found="A column is a list, the number of persons or a stratum, one of these.",
            write=f"Write `{twice}` in one place of `columns=`, `count=` and `by=`.",
        )
    names = tuple(columns or (name for name in frame.columns if name != count and name not in by))
    _check_number(names)
    cells = sum(
        (_on_list(frame, name) << place for place, name in enumerate(names)), np.zeros(len(frame), int)
    )
    persons = np.ones(len(frame)) if count is None else _persons(frame, count)
    whole = ListTable(names, _counted(cells, persons, len(names)))
    _check_people(whole, float(persons[cells == 0].sum()))
    if not by:
        return (whole,)
    strata, which = _strata(frame, by)
    return tuple(
        ListTable(names, _counted(cells[which == place], persons[which == place], len(names)), stratum)
        for place, stratum in enumerate(strata)
    )


def _frame(table: Any) -> nw.DataFrame[Any]:
    if isinstance(table, np.ndarray):
        if table.ndim != 2:
            raise OptionError(
                asked=f"An array of {table.ndim} dimensions was given as lists.",
                found="Lists are the columns of a table, persons its rows.",
                write="Write an array of shape (persons, lists), or a data frame.",
            )
        return nw.from_dict(
            {str(place + 1): table[:, place] for place in range(table.shape[1])}, backend="pandas"
        )
    if nw.dependencies.is_pandas_dataframe(table):
        table = table.set_axis([str(name) for name in table.columns], axis=1)
        _check_names(list(table.columns))
    found = nw.from_native(table, pass_through=True)
    if isinstance(found, nw.LazyFrame):
        return found.collect()
    if not isinstance(found, nw.DataFrame):
        raise OptionError(
            asked=f"Lists were given as a {type(table).__name__}.",
            found="Lists are columns of 0 and 1 in a data frame or an array.",
            write="Write a data frame with one column a list.",
        )
    return found


def _check_names(names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise ColumnError(
                asked=f"The column `{name}` was asked for.",
                found=f"The table has {names.count(name)} columns of that name.",
                write="Write a name of its own for each column.",
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


def _on_list(frame: nw.DataFrame[Any], name: str) -> NDArray[np.int64]:
    column = frame[name]
    if column.dtype.is_numeric() or column.dtype == nw.Boolean:
        values = np.asarray(column.cast(nw.Float64).to_numpy(), dtype=np.float64)
        if np.isin(values, (0.0, 1.0)).all():
            return values.astype(np.int64)
        odd = f"{values[~np.isin(values, (0.0, 1.0))][0]:g}"
    else:
        odd = f"{str(column.dtype).lower()} values"
    raise ColumnError(
        asked=f"The column `{name}` was taken as a list.",
        found=f"It holds {odd}, where a list holds 1 for those on it and 0 for the others.",
        write="Write the lists in `columns=`, the column of persons in `count=`, that of strata in `by=`.",
    )


def _persons(frame: nw.DataFrame[Any], count: str) -> NDArray[np.float64]:
    column = frame[count]
    if column.dtype.is_numeric():
        values = np.asarray(column.cast(nw.Float64).to_numpy(), dtype=np.float64)
        wrong = ~(np.isfinite(values) & (values >= 0) & (values == np.floor(values)))
        if not wrong.any():
            return values
        odd = f"{values[wrong][0]:g}"
    else:
        odd = f"{str(column.dtype).lower()} values"
    raise ColumnError(
        asked=f"The column `{count}` was taken as numbers of persons.",
        found=f"It holds {odd}.",
        write="Write whole numbers, zero or more, in each row.",
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
