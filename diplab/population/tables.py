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
from diplab.population.kernel.abundance import EVERYONE, Abundance, chao_lists
from diplab.population.kernel.hierarchical import members
from diplab.sampling.condition import known_column
from diplab.sampling.engines.columns import MemoryColumns, with_categories
from diplab.sampling.engines.factors import cross_factors


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

    def numbers(self, name: str, use: str) -> Floats:
        """Return a column as `floats` does."""
        return floats(self.frame[known_column(name, self.names, use)].to_native())


def read_table(given: Any, what: str, row: str) -> PersonTable:
    """Return a table as the methods of counting read it."""
    table = table_or_none(given)
    if table is None:
        raise OptionError(
            f"{what} is of type `{type(given).__name__}`, and not a table.",
            write=f"Write a data frame of pandas or Polars, or microdata, with one row per {row}.",
        )
    return table


def table_or_none(given: Any) -> PersonTable | None:
    """Return any frame as a table in memory, its names as words; None where it is not a frame."""
    frame, codebook = given, Codebook()
    if isinstance(given, Microdata):
        frame, codebook = given.frame, given.codebook
    native = nw.to_native(frame, pass_through=True)
    if nw.dependencies.is_pyarrow_table(native):
        _check_distinct(native.column_names)
    elif nw.dependencies.is_pandas_dataframe(native):
        names = [*map(str, native.columns)]
        _check_distinct(names)
        if names != list(native.columns):
            native = native.set_axis(names, axis=1)
    table = nw.from_native(native, pass_through=True)
    if isinstance(table, nw.LazyFrame):
        table = table.collect()
    if not isinstance(table, nw.DataFrame):
        return None
    return PersonTable(table, with_categories(codebook, table))


def _check_distinct(names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise ColumnError(
                f"The column `{name}` is in the table {names.count(name)} times.",
                write="Give each column a distinct name.",
            )


def floats(values: Any) -> Floats:
    """Return values as floats, NaN if missing; a single NaN in two dimensions if not numeric."""
    try:
        # a column of pandas may contain <NA>
        if hasattr(values, "array"):
            values = values.to_numpy(np.float64, na_value=np.nan)
        return np.asarray(values, np.float64)
    except (TypeError, ValueError):
        return np.full((1, 1), np.nan)


def check_values(
    name: str,
    use: str,
    values: Floats,
    good: Booleans,
    write: str,
    word: str | None = None,
    gap: str = "",
) -> Floats:
    """Return a numeric column, refused if a value is missing, not a number or not `good`."""
    wrong = ~good
    if word is None and not wrong.any():
        return values
    gaps = int(np.count_nonzero(np.isnan(values) & wrong))
    if word is not None or values.ndim != 1:
        problem = f"It holds {word or 'words'}."
    elif gaps:
        problem = f"It is missing in {gaps} of its {values.size} rows."
        write = gap or write
    else:
        problem = f"It holds {values[wrong][0]:g}."
    raise ColumnError(f"The column `{name}` was read as {use}.", problem, write)


def respondent_weights(name: str, given: Any, respondents: int) -> Floats:
    """Return one weight for each respondent; 1 where none are given."""
    values = np.ones(respondents)
    if given is not None:
        values = floats(given)
    if (
        values.shape != (respondents,)
        or not np.isfinite(values).all()
        or (values < 0).any()
        or not values.sum() > 0
    ):
        raise OptionError(
            f"`{name}` is not one number from 0 for each of {respondents} respondents.",
            write="Write one weight per respondent, some of them above 0.",
        )
    return values


def check_columns(table: str, columns: Any, needed: Iterable[str], write: str = "") -> None:
    """Refuse a table that lacks a column."""
    for name in needed:
        if name not in columns:
            raise ColumnError(f"{table} has no column `{name}`.", suggestion(name, columns), write)


def to_pandas(given: Any) -> Any:
    """Return any frame as one of pandas, anything else as it is."""
    table = table_or_none(given)
    if table is None:
        return given
    return table.frame.to_pandas()


@dataclass(frozen=True)
class MarkWording:
    """The words of errors for a column of marks."""

    place: str  # where persons are marked
    ones: str  # who is marked with 1
    table: str
    other_column: str  # a column that is not of marks
    gap: str  # what to write where a mark is missing
    other: str  # what to write where a value is not a mark


OCCASION = MarkWording(
    place="an occasion",
    ones="those met",
    table="The table of histories",
    other_column="those who left",
    gap="Write 0 where a person could have been met and was not, and leave out those who could not "
    "be.",
    other="Write the columns of occasions only, and name the column of persons in `count=`.",
)
CAUGHT = replace(OCCASION, other="Write 1 where a person was caught, and 0 where not.")
LIST = MarkWording(
    place="a list",
    ones="those on it",
    table="The table of lists",
    other_column="a stratum",
    gap="Write 0 for those not on it, and leave out persons without information.",
    other="Write the lists in `columns=`, the column of persons in `count=`, that of strata in "
    "`by=`.",
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
    rows = (
        isinstance(given, list | tuple)
        and bool(given)
        and isinstance(given[0], list | tuple | np.ndarray)
    )
    if not rows and not (isinstance(given, np.ndarray) and given.ndim != 1):
        return table_or_none(given)
    cells = _array_cells(given)
    columns = {str(at + 1): cells[:, at] for at in range(cells.shape[1])}
    return PersonTable(nw.from_dict(columns, backend="pandas"))


def read_marks(
    given: Any,
    wording: MarkWording,
    count: str | None = None,
    columns: Sequence[str] = (),
    others: Sequence[str] = (),
) -> MarkTable:
    """Return marks and persons, checked."""
    table = given
    if not isinstance(given, PersonTable):
        table = mark_table_or_none(given) or read_table(given, wording.table, "person")
    # pandas may hold names as numbers
    others = [known_column(str(name), table.names, wording.other_column) for name in others]
    names = [known_column(str(name), table.names, wording.place) for name in columns]
    if count is not None:
        count = known_column(str(count), table.names, "the number of persons")
    if not names:
        names = [name for name in table.names if name not in (count, *others)]
    if not names:
        raise ColumnError(
            f"{wording.table} has no column of {wording.place}.",
            write=f"Write one column for each, with 1 for {wording.ones} and 0 for the others.",
        )
    read = MemoryColumns(table.frame, table.codebook)
    persons = np.ones(read.rows)
    if count is not None:
        persons = person_counts(read, count)
    return MarkTable(
        tuple(names), np.column_stack([marks(read, name, wording) for name in names]), persons, read
    )


def check_persons(persons: Floats, marks: Booleans, wording: MarkWording) -> None:
    """Refuse persons with no mark, an empty table, or more people than exist."""
    nowhere, everyone = float(persons[~np.any(marks, axis=1)].sum()), float(persons.sum())
    if nowhere:
        raise MisleadingError(
            f"The table has persons without a 1 in any column of {wording.place}: {nowhere:,.0f} "
            f"of {everyone:,.0f}.",
            "Their number is the quantity estimated.",
            "Leave those rows out.",
        )
    if not everyone:
        raise EmptyDomainError(
            f"No one has a 1 in a column of {wording.place}.",
            write=f"Write 1 for {wording.ones}, one row per person.",
        )
    check_size(everyone)


def check_size(persons: float) -> None:
    """Refuse more persons than exist: the ends of an interval would lose their digits."""
    if persons > EVERYONE:
        raise OptionError(
            f"{persons:,.0f} persons seen are more than there are people.",
            "The ends of an interval would lose their digits.",
            "Write numbers of persons.",
        )


def marks(columns: MemoryColumns, name: str, wording: MarkWording) -> Booleans:
    """Return a column of 0 and 1, or of true and false, as Booleans."""
    values, word = numbers_or_word(columns, name)
    use = f"{wording.place}, with 1 for {wording.ones} and 0 for the others"
    check_values(name, use, values, (values == 0) | (values == 1), wording.other, word, wording.gap)
    return np.asarray(values == 1, dtype=np.bool_)


def person_counts(
    columns: MemoryColumns, name: str, inside: Booleans | np.bool_ = np.True_
) -> Floats:
    """Return a column of how many persons each row represents, checked in the rows `inside`."""
    values, word = numbers_or_word(columns, name)
    good = np.isfinite(values) & (values >= 0) & (values == np.floor(values)) | ~inside
    if columns.is_boolean(name):
        word = "true and false"
    return check_values(
        name, "numbers of persons", values, good, "Write whole numbers, zero or more.", word
    )


def numbers_or_word(columns: MemoryColumns, name: str) -> tuple[Floats, str | None]:
    """Return a column as floats, NaN if missing, and its first value that is not a number.

    Digits in a string are not a number.
    """
    if columns.is_number(name):
        return columns.numbers(name), None
    values = columns.frame[name].to_list()
    numbers = np.full(len(values), np.nan)
    for row, value in enumerate(values):
        if is_number(value) or isinstance(value, bool | np.bool_):
            numbers[row] = _as_float(value)
        elif isinstance(value, str):
            return numbers, repr(value)
        elif not pd.api.types.is_scalar(value) or not pd.isna(value):
            return numbers, str(value)[:40]
    return numbers, None


def _as_float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:
        # a whole number too large for a float
        return np.inf


def _array_cells(given: Any) -> NDArray[Any]:
    try:
        if not isinstance(given, np.ndarray):
            # cells keep their types: numpy would turn all into strings
            cells = np.array(given, dtype=object)
        elif np.ma.is_masked(given):
            cells = np.asarray(given.astype(float).filled(np.nan))  # type: ignore[attr-defined]
        else:
            cells = np.asarray(given)
    except ValueError:
        cells = np.empty(0)
    if cells.ndim == 2:
        return cells
    problem = f"The array has {cells.ndim} dimensions, and not two."
    if not isinstance(given, np.ndarray) and cells.ndim < 2:
        problem = "The rows of the table are not of the same length."
    raise OptionError(
        problem,
        write="Write numbers 0 and 1 in rows of the same length, one column per occasion or list.",
    )


MOST_LISTS = 12


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
        twice = sum(
            self.counts[cell - 1] for cell in range(1, 2**self.lists) if len(members(cell)) == 2
        )
        return chao_lists(self._alone, float(twice), self.seen)

    @property
    def _alone(self) -> list[float]:
        return [float(self.counts[2**position - 1]) for position in range(self.lists)]


def list_tables(
    table: Any, count: str | None, columns: Sequence[str] | None = None, by: Sequence[str] = ()
) -> tuple[ListTable, ...]:
    """Return the table of the lists, one for each stratum of the columns in `by`, checked."""
    columns = _checked_names(columns, count, by)
    by = list(map(str, by))
    read = read_marks(table, LIST, count, columns, by)
    names, persons = read.names, read.persons
    _check_number_of_lists(names)
    cells = read.marks @ (1 << np.arange(len(names)))
    check_persons(persons, read.marks, LIST)
    table_of_all = ListTable(names, cell_counts(cells, persons, len(names)))
    _check_overlap(table_of_all)
    if not by:
        return (table_of_all,)
    factors = list(map(read.columns.factor, by))
    for name, factor in zip(by, factors, strict=True):
        write = "Write a category for those whose stratum is unknown, or leave them out."
        codes = np.where(factor.codes < 0, np.nan, factor.codes)
        check_values(name, "a stratum", codes, factor.codes >= 0, write)
    which, strata = cross_factors(factors, read.columns.rows)
    return tuple(
        ListTable(
            names,
            cell_counts(cells[which == position], persons[which == position], len(names)),
            stratum,
        )
        for position, stratum in enumerate(strata)
    )


def _checked_names(columns: Any, count: str | None, by: Sequence[str]) -> list[str]:
    """Return the columns that are lists, refused if not names or repeated."""
    lists = []
    if columns is not None:
        lists = column_list("columns", columns, '["police", "ngo"]')
    names = [*map(str, by), *lists]
    if count is not None:
        names.insert(0, str(count))
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise OptionError(
            f"The column `{twice}` is named twice.",
            "A column is a list, the number of persons or a stratum.",
            f"Write `{twice}` in one place of `columns=`, `count=` and `by=`.",
        )
    return lists


def column_list(name: str, given: Any, example: str) -> list[str]:
    """Return column names as strings, numbers converted as pandas may hold them."""
    if not isinstance(given, str) and hasattr(given, "__iter__"):
        names = [*map(str, given)]
        if names:
            return names
    raise OptionError(
        f"{argument(name, given)} is not a list of columns.",
        write=f"Write for example `{name}={example}`.",
    )


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


def _check_overlap(table: ListTable) -> None:
    """Refuse a list that holds no one, and lists that share no one."""
    cells = np.arange(1, 2**table.lists)
    for position, name in enumerate(table.names):
        if not table.counts[cells >> position & 1 == 1].any():
            raise OptionError(
                f"No one is on the list `{name}`.",
                write=f"Write the other lists in `columns=`, without `{name}`.",
            )
    if not table.overlapping:
        raise MisleadingError(
            f"No one is on two of the {table.lists} lists, of {table.seen:,.0f} persons.",
            "They set no upper limit to the size.",
            f"Write that at least {table.seen:,.0f} persons exist, or match the lists again.",
        )
