"""Tables of persons given to a method: any frame in memory, and columns of 0 and 1."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from diplab.checks import argument, is_number
from diplab.errors import ColumnError, EmptyDomainError, MisleadingError, OptionError, suggestion
from diplab.kernel.arrays import Booleans, Floats, Integers
from diplab.microdata.codebook import Codebook
from diplab.microdata.microdata import Microdata
from diplab.population.kernel.abundance import Abundance, chao_lists
from diplab.population.kernel.hierarchical import members
from diplab.sampling.condition import known_column
from diplab.sampling.engines.columns import MemoryColumns


@dataclass(frozen=True, eq=False)
class PersonTable:
    """A table in memory."""

    frame: nw.DataFrame[Any]
    codebook: Codebook = field(default_factory=Codebook)  # Empty where the table came without

    @property
    def names(self) -> list[str]:
        """Its columns."""
        return list(self.frame.columns)

    def values(self, name: str, use: str) -> list[Any]:
        """Return a column as it is; `use` is for errors."""
        return list(self.frame[known_column(name, self.names, use)].to_list())

    def numbers(self, name: str, use: str, write: str) -> Floats:
        """Return a column as numbers, NaN for missing; words are refused, with what to `write` instead."""
        try:
            return np.array(self.values(name, use), dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise ColumnError(f"The column `{name}`, read as {use}, holds words.", write=write) from error


def read_table(given: Any, what: str, row: str) -> PersonTable:
    """Return a table as the methods of counting read it."""
    found = table_or_none(given)
    if found is None:
        raise OptionError(
            f"{what} is of type `{type(given).__name__}`, and not a table.",
            write=f"Write a data frame of pandas or Polars, or microdata, with one row {row}.",
        )
    return found


def table_or_none(given: Any) -> PersonTable | None:
    """Return any frame as a table in memory, its names as words; None where it is no frame."""
    frame, codebook = (given.frame, given.codebook) if isinstance(given, Microdata) else (given, Codebook())
    native = nw.to_native(frame, pass_through=True)
    if nw.dependencies.is_pandas_dataframe(native) or nw.dependencies.is_pyarrow_table(native):
        arrow = nw.dependencies.is_pyarrow_table(native)
        names = [str(name) for name in (native.column_names if arrow else native.columns)]
        for name in names:
            if names.count(name) > 1:
                raise ColumnError(
                    f"The column `{name}` is in the table {names.count(name)} times.",
                    write="Give each column a name of its own.",
                )
        native = native if arrow or names == list(native.columns) else native.set_axis(names, axis=1)
    found = nw.from_native(native, pass_through=True)
    if isinstance(found, nw.LazyFrame):
        found = found.collect()
    return PersonTable(found, codebook) if isinstance(found, nw.DataFrame) else None


def floats(values: Any) -> Floats:
    """Return values as numbers, NaN for missing; one NaN in two dimensions where they are no numbers."""
    try:
        # a column of pandas may contain <NA>
        if hasattr(values, "array"):
            values = values.to_numpy(np.float64, na_value=np.nan)
        return np.asarray(values, np.float64)
    except (TypeError, ValueError):
        return np.full((1, 1), np.nan)


def check_columns(table: str, columns: Any, needed: Iterable[str], write: str = "") -> None:
    """Refuse a table that lacks a column."""
    for name in needed:
        if name not in columns:
            raise ColumnError(f"{table} has no column `{name}`.", suggestion(name, columns), write)


def to_pandas(given: Any) -> Any:
    """Return any frame as one of pandas, anything else as it is."""
    found = table_or_none(given)
    return given if found is None else found.frame.to_pandas()


@dataclass(frozen=True)
class MarkWording:
    """The words of errors for a column of marks."""

    place: str  # where persons are marked
    ones: str  # who is marked with 1
    table: str
    beside: str  # a column beside the marks
    gap: str  # what to write where a mark is missing
    other: str  # what to write where a value is no mark


OCCASION = MarkWording(
    place="an occasion",
    ones="those met",
    table="The table of histories",
    beside="those who left",
    gap="Write 0 where a person could have been met and was not, and leave out those who could not be.",
    other="Write the columns of occasions only, and name the column of persons in `count=`.",
)
CAUGHT = replace(OCCASION, other="Write 1 where a person was caught, and 0 where not.")
LIST = MarkWording(
    place="a list",
    ones="those on it",
    table="The table of lists",
    beside="a stratum",
    gap="Write 0 for those not on it, and leave out those of whom nothing is known.",
    other="Write the lists in `columns=`, the column of persons in `count=`, that of strata in `by=`.",
)


@dataclass(frozen=True, eq=False)
class MarkTable:
    """Who is marked where, each row with its persons."""

    names: tuple[str, ...]
    marks: Booleans  # (rows, columns)
    persons: Floats  # (rows,); persons each row represents: 1 without a column of persons
    columns: MemoryColumns  # Every column of the table


def mark_table_or_none(given: Any) -> PersonTable | None:
    """Return a frame, or an array with columns 1, 2, 3, as a table; None where it is neither."""
    rows = isinstance(given, list | tuple) and bool(given) and isinstance(given[0], list | tuple | np.ndarray)
    if not rows and not (isinstance(given, np.ndarray) and given.ndim != 1):
        return table_or_none(given)
    cells = _array_cells(given)
    columns = {str(at + 1): cells[:, at] for at in range(cells.shape[1])}
    return PersonTable(nw.from_dict(columns, backend="pandas"))


def read_marks(
    given: Any, wording: MarkWording, count: str | None = None, columns: Sequence[str] = (), beside: Sequence[str] = ()
) -> MarkTable:
    """Return marks and persons, checked."""
    table = given if isinstance(given, PersonTable) else mark_table_or_none(given)
    table = table or read_table(given, wording.table, "a person")
    # names may be numbers to pandas
    count, others = None if count is None else str(count), [str(name) for name in beside]
    if count is not None:
        known_column(count, table.names, "the number of persons")
    for name in others:
        known_column(name, table.names, wording.beside)
    names = tuple(known_column(str(name), table.names, wording.place) for name in columns) or tuple(
        name for name in table.names if name != count and name not in others
    )
    if not names:
        raise ColumnError(
            f"{wording.table} has no column of {wording.place}.",
            write=f"Write one column for each, with 1 for {wording.ones} and 0 for the others.",
        )
    read = MemoryColumns(table.frame)
    persons = np.ones(read.rows) if count is None else _person_counts(read, count)
    return MarkTable(names, np.column_stack([marks(read, name, wording) for name in names]), persons, read)


def marks(columns: MemoryColumns, name: str, wording: MarkWording) -> Booleans:
    """Return a column of 0 and 1, or of true and false, as true and false; anything else is refused."""
    problem = f"The column `{name}` was read as {wording.place}."
    values, word = _numbers_or_word(columns, name)
    gaps = int(np.count_nonzero(np.isnan(values)))
    if word is None and gaps:
        raise ColumnError(problem, f"It is missing in {gaps} of its {values.size} rows.", wording.gap)
    odd = values[(values != 0) & (values != 1)]
    if word is not None or odd.size:
        found = f"{odd[0]:g}" if word is None else word
        raise ColumnError(
            problem,
            f"It holds {found}, where {wording.place} holds 1 for {wording.ones} and 0 for the others.",
            wording.other,
        )
    return np.asarray(values == 1, dtype=np.bool_)


def _person_counts(columns: MemoryColumns, name: str) -> Floats:
    values, word = _numbers_or_word(columns, name)
    if columns.is_boolean(name):
        word = "true and false"
    wrong = values[~(np.isfinite(values) & (values >= 0) & (values == np.floor(values)))]
    if word is not None or wrong.size:
        gaps = int(np.count_nonzero(np.isnan(values)))
        found = f"It is missing in {gaps} of its {values.size} rows." if gaps else f"It holds {wrong[:1].sum():g}."
        raise ColumnError(
            f"The column `{name}` was read as numbers of persons.",
            found if word is None else f"It holds {word}.",
            "Write whole numbers, zero or more, in each row.",
        )
    return values


def _numbers_or_word(columns: MemoryColumns, name: str) -> tuple[Floats, str | None]:
    """Return a column as numbers, NaN for missing, and the first value that is none; digits in a word are a word."""
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


def _array_cells(given: Any) -> NDArray[Any]:
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
            "The rows of the table are not of the same length."
            if uneven
            else f"The array has {cells.ndim} dimensions, and not two.",
            write="Write numbers 0 and 1 in rows of the same length, one column per occasion or list.",
        )
    return cells


MOST_LISTS = 12
MOST_LISTED = 1e10


@dataclass(frozen=True, eq=False)
class ListTable:
    """Persons by the set of lists they are on."""

    names: tuple[str, ...]
    # persons in each cell; cell number c (from 1) is the set of lists whose bits are in c
    counts: Floats
    stratum: tuple[Any, ...] = ()  # values of the columns in `by`

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
    """Return the table of the lists, one for each stratum of the columns in `by`, checked."""
    columns = _checked_names(columns, count, by)
    by = [str(name) for name in by]
    read = read_marks(table, LIST, count, columns, by)
    names, persons = read.names, read.persons
    _check_number_of_lists(names)
    cells = read.marks @ (1 << np.arange(len(names)))
    table_of_all = ListTable(names, cell_counts(cells, persons, len(names)))
    _check_people(table_of_all, float(persons[cells == 0].sum()))
    if not by:
        return (table_of_all,)
    strata, which = _read_strata(read.columns.frame, by)
    return tuple(
        ListTable(names, cell_counts(cells[which == place], persons[which == place], len(names)), stratum)
        for place, stratum in enumerate(strata)
    )


def _checked_names(columns: Any, count: str | None, by: Sequence[str]) -> list[str]:
    """Return the columns that are lists, refused where they are no names or where one has two places."""
    if isinstance(columns, str) or not (columns is None or hasattr(columns, "__iter__")):
        raise OptionError(
            f"{argument('columns', columns)} is not a list of columns.",
            "It names two or more columns, each of them a list of persons.",
            'Write `columns=["police", "ngo"]`.',
        )
    lists = [str(name) for name in columns or ()]
    names = [*([] if count is None else [str(count)]), *map(str, by), *lists]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise OptionError(
            f"The column `{twice}` is named twice.",
            "A column is a list, the number of persons or a stratum.",
            f"Write `{twice}` in one place of `columns=`, `count=` and `by=`.",
        )
    return lists


def _check_number_of_lists(names: tuple[str, ...]) -> None:
    if len(names) < 2:
        raise OptionError(
            f"There is {len(names)} list, and two are needed.",
            write="Write two lists or more, or `single_source` for how often each person was seen.",
        )
    if len(names) > MOST_LISTS:
        raise OptionError(
            f"There are {len(names)} lists, and {MOST_LISTS} are the most that are read.",
            f"A table of {len(names)} lists has 2^{len(names)} cells, nearly all of them empty.",
            f"Write at most {MOST_LISTS} in `columns=`, or join lists that serve the same people.",
        )


def cell_counts(cells: Integers, persons: Floats, lists: int) -> Floats:
    """Return the persons in each cell, from the cell of each row."""
    return np.bincount(cells, weights=persons, minlength=2**lists)[1:].astype(np.float64)


def _check_people(table: ListTable, on_none: float) -> None:
    if on_none:
        raise MisleadingError(
            f"The table counts {on_none:,.0f} persons on no list.",
            "Their number is what is estimated.",
            "Write the persons on one list at least; leave out those on none.",
        )
    if table.seen > MOST_LISTED:
        raise OptionError(
            f"The lists have {table.seen:,.0f} persons, more than there are people.",
            "The ends of an interval would lose their digits.",
            "Write numbers of persons in the column of `count=`.",
        )
    if not table.seen:
        raise EmptyDomainError(
            f"No one is on any of the {table.lists} lists.", write="Write a table with the persons on each list."
        )
    cells = np.arange(1, 2**table.lists)
    for place, name in enumerate(table.names):
        if not table.counts[cells >> place & 1 == 1].any():
            raise OptionError(
                f"No one is on the list `{name}`.", write=f"Write the other lists in `columns=`, without `{name}`."
            )
    if not table.overlapping:
        raise MisleadingError(
            f"No one is on two of the {table.lists} lists, of {table.seen:,.0f} persons.",
            "They set no upper limit to the size.",
            f"Write that at least {table.seen:,.0f} persons exist, or match the lists again.",
        )


def _read_strata(frame: nw.DataFrame[Any], by: Sequence[str]) -> tuple[list[tuple[Any, ...]], NDArray[np.intp]]:
    rows = list(zip(*(frame[name].to_list() for name in by), strict=True))
    for name, values in zip(by, zip(*rows, strict=True), strict=True):
        absent = sum(value is None or value != value for value in values)  # noqa: PLR0124 NaN is not itself
        if absent:
            raise ColumnError(
                f"`{name}` is missing in {absent} rows.",
                "Each person is in one stratum.",
                f"Write a category for them, or keep the rows where `{name}` is known.",
            )
    strata = sorted(set(rows), key=lambda row: tuple((str(type(value)), value) for value in row))
    places = {stratum: place for place, stratum in enumerate(strata)}
    return strata, np.array([places[row] for row in rows], dtype=np.intp)
