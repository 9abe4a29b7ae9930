"""Columns as a text file holds them: the words of their cells, and what a codebook must add to read them back."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from diplab.errors import LoadError
from diplab.loaders.cells import answers_in
from diplab.microdata.variable import Variable, code_written

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from diplab.microdata.microdata import Microdata
    from diplab.microdata.missing import MissingCodes
    from diplab.microdata.variable import Code, Storage

__all__ = [
    "code_words",
    "kind_of",
    "refused_writing",
    "storage_needed",
    "without_empty_words",
    "written_words",
]


def refused_writing(file: Path, found: str, write: str) -> LoadError:
    """Return the error for a file that cannot be written."""
    return LoadError(f"The file `{file.name}` was to be written.", found, write)


def kind_of(column: pd.Series[Any]) -> Storage:
    """Return what the answers of a column are; nothing where they are of several kinds.

    Examples
    --------
    >>> kind_of(pd.Series([1, 2])), kind_of(pd.Series(["a", None])), kind_of(pd.Series([dt.date(2026, 1, 2)]))
    ('whole', 'words', 'date')
    """
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return kind_of(pd.Series(dtype.categories))
    if pd.api.types.is_bool_dtype(dtype):
        return "boolean"
    if pd.api.types.is_integer_dtype(dtype):
        return "whole"
    if pd.api.types.is_float_dtype(dtype):
        return "number"
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return "moment"
    kinds = {_kind_of_one(each) for each in _distinct(column)}
    if kinds <= {"whole", "number"} and kinds:
        return "whole" if kinds == {"whole"} else "number"
    return kinds.pop() if len(kinds) == 1 else ("" if kinds else "words")


def _distinct(column: pd.Series[Any]) -> Any:
    try:
        return column.dropna().unique()
    except TypeError:  # lists have no hash
        return column.dropna()


def _kind_of_one(answer: Any) -> Storage:
    kinds: tuple[tuple[type | tuple[type, ...], Storage], ...] = (
        (str, "words"),
        ((bool, np.bool_), "boolean"),
        ((int, np.integer), "whole"),
        ((float, np.floating), "number"),
        (dt.datetime, "moment"),
        (dt.date, "date"),
        (dt.time, "time"),
    )
    return next((kind for types, kind in kinds if isinstance(answer, types)), "")


def written_words(column: pd.Series[Any], codes: MissingCodes | None) -> NDArray[Any]:
    """Return the cells of a column as words: numbers so that they come back the same, the codes of missing ones.

    Examples
    --------
    >>> written_words(pd.Series([0.1, np.nan, 2.0]), None).tolist()
    ['0.1', '', '2.0']
    """
    if kind_of(column):
        places, distinct = pd.factorize(column)
        words: NDArray[Any] = np.array([*(_word(each) for each in distinct), ""], dtype=object)[places]
    else:
        words = np.array([str(each) for each in column], dtype=object)
    if codes is not None:
        coded = code_words(codes)
        words = np.where((codes.places >= 0) & (words == ""), coded, words)
    return words


def without_empty_words(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame in which an empty word is a missing answer, as it is when it is read.

    Examples
    --------
    >>> without_empty_words(pd.DataFrame({"name": ["a", ""]}))["name"].tolist()
    ['a', nan]
    """
    empty = {
        name: column == ""
        for name, column in frame.items()
        if column.dtype == object or isinstance(column.dtype, pd.StringDtype)
    }
    gaps = {name: cells.fillna(value=False).astype(bool) for name, cells in empty.items()}
    return frame.assign(**{str(name): frame[name].mask(cells) for name, cells in gaps.items() if cells.any()})


def code_words(codes: MissingCodes) -> NDArray[Any]:
    """Return the missing code of each cell in words; nothing where there is none."""
    words: NDArray[Any] = np.array([*map(code_written, codes.codes), ""], dtype=object)[codes.places]
    return words


def _word(answer: Any) -> str:
    if isinstance(answer, bool | np.bool_):
        return "true" if answer else "false"
    if isinstance(answer, float | np.floating):
        return repr(float(answer))
    if isinstance(answer, dt.datetime):
        return answer.replace(tzinfo=None).isoformat()
    return answer.isoformat() if isinstance(answer, dt.date | dt.time) else str(answer)


def storage_needed(
    microdata: Microdata, name: str, words: NDArray[Any], file: Path, *, comma: bool
) -> Storage:
    """Return what the codebook must say the cells are, so that their words read back as the answers they were.

    Parameters
    ----------
    microdata : Microdata
    name : str
        The column.
    words : array of str
        Its cells.
    file : Path
        For the error.
    comma : bool
        True where the reader of the file understands a decimal comma.

    Raises
    ------
    LoadError
        Where nothing makes them read back the same.
    """
    column = microdata.frame[name]
    variable = microdata.codebook.variables.get(name, Variable(name))
    kind = kind_of(column)
    tried: tuple[Storage, ...] = (variable.storage, "", kind)
    for storage in dict.fromkeys(tried):
        again = answers_in(words, replace(variable, storage=storage), comma=comma)
        if kind and _same_codes(microdata.missing.get(name), again.missing, column, variable):
            declared = _raw_codes(column, variable)
            if _same_answers(column.mask(declared), again.column, gaps=bool(declared.any())):
                return storage
    raise refused_writing(
        file,
        f"The answers of `{name}` would not read back as they are: they are of several kinds, or look like its "
        "missing codes.",
        "Write them as words, numbers, yes and no, or dates, none of which is a missing code.",
    )


def _raw_codes(column: pd.Series[Any], variable: Variable) -> NDArray[np.bool_]:
    """Return which cells hold a missing code that the frame was left with."""
    if not variable.missing and not variable.missing_ranges:
        return np.zeros(len(column), dtype=bool)
    places, distinct = pd.factorize(column)
    plain = (isinstance(each, str | int | float | np.number) for each in distinct)
    held = [ok and variable.why(each) is not None for ok, each in zip(plain, distinct, strict=True)]
    found: NDArray[np.bool_] = np.array([*held, False], dtype=bool)[places]
    return found


def _same_codes(
    before: MissingCodes | None, after: MissingCodes | None, column: pd.Series[Any], variable: Variable
) -> bool:
    def each(codes: MissingCodes | None) -> NDArray[Any]:
        if codes is None:
            return np.full(len(column), None, dtype=object)
        held: list[Code | None] = [*codes.codes, None]
        filled = np.empty(len(held), dtype=object)
        filled[:] = held
        placed: NDArray[Any] = filled[codes.places]
        return placed

    own = (column.isna() & ~_raw_codes(column, variable)).to_numpy()
    return bool((each(before)[own] == each(after)[own]).all())


def _same_answers(before: pd.Series[Any], after: pd.Series[Any], *, gaps: bool) -> bool:
    given = before.notna().to_numpy()
    if not (given == after.notna().to_numpy()).all():
        return False
    kinds = kind_of(before), kind_of(after)
    loose = gaps or not given.all()
    if kinds[0] != kinds[1] and not (loose and kinds[0] in ("whole", "boolean") and kinds[1] == "number"):
        return False
    return bool((before.to_numpy(dtype=object)[given] == after.to_numpy(dtype=object)[given]).all())
