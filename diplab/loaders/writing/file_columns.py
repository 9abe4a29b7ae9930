"""Columns of microdata as a statistical file is given them: numbers or words, with labels in one language."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from diplab.errors import LoadError
from diplab.loaders.statistical.stored_moments import numbers_of
from diplab.loaders.writing.written import MOMENTS, STORAGES, Held

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from diplab.loaders.statistical.stored_moments import Family, Kind
    from diplab.microdata.missing import MissingCodes
    from diplab.microdata.variable import Code, Variable

__all__ = [
    "Column",
    "FileColumn",
    "codes_in",
    "cut",
    "file_names",
    "labels_of",
    "not_written",
    "stored_column",
    "unlike",
]


@dataclass(frozen=True)
class Column:
    """A column without its missing codes.

    Parameters
    ----------
    values : array, shape (rows,)
        Numbers (float, NaN where missing), or words (object, `""` where missing).
    words : bool
        True for words.
    kind : {"", "date", "moment", "time"}
        What the numbers are.
    storage : str
        Kind of the column in the frame, where numbers and words do not say it.
    """

    values: NDArray[Any]
    words: bool = False
    kind: Kind = ""
    storage: str = ""


@dataclass(frozen=True)
class FileColumn:
    """A column as the writer of a file is given it.

    Parameters
    ----------
    name : str
        In the file.
    values : array, shape (rows,)
        Codes for missing answers among the others.
    label : str
        In one language.
    labels : mapping of code to str
        Of answers, and reasons of missing codes.
    missing : tuple
        Declared missing: codes (letters in Stata), and ranges `{"lo": ..., "hi": ...}`.
    display : str
        Display format of dates; empty for others.
    letters : array of int, shape (rows,), or None
        In Stata, the letter that stands in a missing cell: 1 for `.a`, 0 for none.
    held : Held
        What the codebook must say to have the column back.
    """

    name: str
    values: NDArray[Any]
    label: str = ""
    labels: Mapping[Any, str] = field(default_factory=dict)
    missing: tuple[Any, ...] = ()
    display: str = ""
    letters: NDArray[np.uint8] | None = None
    held: Held = field(default_factory=Held)


def not_written(file: Path, found: str, write: str) -> LoadError:
    """Return the error for a file that cannot be written."""
    return LoadError(f"The file `{file.name}` was to be written.", found, write)


def stored_column(answers: pd.Series[Any], family: Family, file: Path) -> Column:
    """Return a column of a frame as numbers or words.

    Parameters
    ----------
    answers : pandas.Series
        Numbers, booleans, words, dates, moments or times of day.
    family : {"spss", "stata"}
        In whose units.
    file : Path
        For the error.

    Raises
    ------
    LoadError
        Where the column holds something else.

    Examples
    --------
    >>> from pathlib import Path
    >>> stored_column(pd.Series([True, False]), "spss", Path("a.sav")).storage
    'bool'
    """
    storage = str(answers.dtype)
    if pd.api.types.is_bool_dtype(answers.dtype) or pd.api.types.is_numeric_dtype(answers.dtype):
        if storage == "float64" or storage in STORAGES:
            values = answers.to_numpy(dtype=np.float64, na_value=np.nan)
            return Column(values, storage="" if storage == "float64" else storage)
    elif storage == "datetime64[us]" or storage in MOMENTS:
        return Column(
            numbers_of(answers, "moment", family),
            kind="moment",
            storage="" if storage[-3:] == "us]" else storage,
        )
    elif isinstance(answers.dtype, pd.StringDtype):
        return Column(_words(answers), words=True, storage="" if storage == "str" else storage)
    elif answers.dtype == object:
        kinds = {type(each) for each in answers.dropna()}
        if not kinds:
            return Column(np.full(len(answers), np.nan), storage="object")
        if kinds == {str}:
            return Column(_words(answers), words=True, storage="object")
        if kinds == {dt.date}:
            return Column(numbers_of(answers, "date", family), kind="date")
        if kinds == {dt.time}:
            return Column(numbers_of(answers, "time", family), kind="time")
    raise not_written(
        file,
        f"`{answers.name}` holds {_described(answers)}.",
        "Write numbers, words, dates (`datetime.date`), moments or times of day, one kind in a column.",
    )


def _words(answers: pd.Series[Any]) -> NDArray[Any]:
    return np.where(answers.isna(), "", answers.to_numpy(dtype=object))


def _described(answers: pd.Series[Any]) -> str:
    if answers.dtype != object:
        return f"{answers.dtype}, which no such file can hold"
    return (
        " and ".join(sorted({type(each).__name__ for each in answers.dropna()}))
        + ", mixed or of an unknown kind"
    )


def codes_in(missing: MissingCodes | None, rows: int) -> NDArray[Any]:
    """Return the missing code of each cell, None for the others."""
    codes = np.full(rows, None, dtype=object)
    if missing is not None:
        known = np.array([*missing.codes, None], dtype=object)
        codes[:] = known[missing.places]
    return codes


def file_names(names: Sequence[str], allowed: Callable[[str], bool], longest: int) -> dict[str, str]:
    """Return a name that a file allows for each column: its own, or the nearest that is free.

    Two names that differ by case only are one in SPSS.

    Parameters
    ----------
    names : sequence of str
        Of the columns.
    allowed : function of str
        Whether the file allows a name.
    longest : int
        Characters in a name that is made, which takes twice as many bytes at most.

    Examples
    --------
    >>> file_names(["age", "my age", "my_age", "1", "q[été]"], str.isidentifier, 8)
    {'age': 'age', 'my age': 'my_age_2', 'my_age': 'my_age', '1': 'v_1', 'q[été]': 'q_été'}
    """
    chosen: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        if allowed(name) and name.casefold() not in taken:
            chosen[name] = name
            taken.add(name.casefold())
    for name in names:
        if name in chosen:
            continue
        plain = re.sub(r"\W+", "_", unicodedata.normalize("NFC", name)).strip("_")
        plain = plain if plain[:1].isalpha() else f"v_{plain}".rstrip("_")
        made, rank = _shortened(plain, longest), 1
        while made.casefold() in taken or not allowed(made):
            rank += 1
            made = f"{_shortened(plain, longest - len(str(rank)) - 1)}_{rank}"
        chosen[name] = made
        taken.add(made.casefold())
    return {name: chosen[name] for name in names}


def _shortened(name: str, longest: int) -> str:
    """Return the beginning of a name: so many characters, and in no more bytes than twice that."""
    return name[:longest].encode()[: 2 * longest].decode(errors="ignore")


def cut(words: str, size: int) -> str:
    """Return words cut to a number of bytes, within no character, with dots where something is gone.

    Examples
    --------
    >>> cut("été", 4), cut("été", 5)
    ('…', 'été')
    """
    if len(words.encode()) <= size:
        return words
    return words.encode()[: size - len("…".encode())].decode(errors="ignore") + "…"


def labels_of(labels: Mapping[Code, str], size: int) -> dict[Code, str]:
    """Return labels cut to a number of bytes, without the empty ones."""
    return {code: cut(words, size) for code, words in labels.items() if words}


def unlike(held: Mapping[Code, Code], used: Sequence[Code], variable: Variable) -> dict[Code, Code]:
    """Return the missing codes in use that a file holds in another manner, by what stands in the file.

    Examples
    --------
    >>> from diplab.microdata.variable import Variable
    >>> unlike({98: 98, 99: ".a"}, [98, 99], Variable("age", missing={98: "", 99: "refused"}))
    {'.a': 99}
    """
    return {
        stands: code
        for code, stands in held.items()
        if code in used and (stands != code or variable.why(code) is None)
    }
