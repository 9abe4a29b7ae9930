"""Microdata written as delimited text, with their codebook in a TOML file beside it."""

from __future__ import annotations

import csv
import datetime as dt
import io
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from diplab.loaders.cells import answers_in
from diplab.loaders.codebooks.sidecar import (
    check_declared,
    check_names,
    file_to_write,
    with_storage,
    with_storage_beside,
    write_linked,
    write_pair,
)
from diplab.loaders.source import not_written
from diplab.microdata.variable import Variable, code_written

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from numpy.typing import NDArray

    from diplab.microdata.microdata import Microdata
    from diplab.microdata.missing import MissingCodes
    from diplab.microdata.variable import Code, Storage

__all__ = [
    "cell_words",
    "code_words",
    "empty_words_to_missing",
    "storage_kind",
    "storage_needed",
    "write_delimited",
]


def storage_kind(column: pd.Series[Any]) -> Storage:
    """Return what the answers of a column are; nothing where they are of several kinds.

    Examples
    --------
    >>> [storage_kind(pd.Series(each)) for each in ([1, 2], ["a", None], [dt.date(2026, 1, 2)])]
    ['whole', 'words', 'date']
    """
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return storage_kind(pd.Series(dtype.categories))
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


def cell_words(column: pd.Series[Any], codes: MissingCodes | None) -> NDArray[Any]:
    """Return the cells of a column as words: numbers so that they come back the same, the codes of missing ones.

    Examples
    --------
    >>> cell_words(pd.Series([0.1, np.nan, 2.0]), None).tolist()
    ['0.1', '', '2.0']
    """
    if storage_kind(column):
        places, distinct = pd.factorize(column)
        words: NDArray[Any] = np.array([*(_word(each) for each in distinct), ""], dtype=object)[places]
    else:
        words = np.array([str(each) for each in column], dtype=object)
    if codes is not None:
        coded = code_words(codes)
        words = np.where((codes.places >= 0) & (words == ""), coded, words)
    return words


def empty_words_to_missing(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame in which an empty word is a missing answer, as it is when it is read.

    Examples
    --------
    >>> empty_words_to_missing(pd.DataFrame({"name": ["a", ""]}))["name"].tolist()
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
    """Return what the codebook must say the cells are, so that their words read back as the answers they were."""
    column = microdata.frame[name]
    variable = microdata.codebook.variables.get(name, Variable(name))
    kind = storage_kind(column)
    tried: tuple[Storage, ...] = (variable.storage, "", kind)
    for storage in dict.fromkeys(tried):
        again = answers_in(words, replace(variable, storage=storage), comma=comma)
        if kind and _same_codes(microdata.missing.get(name), again.missing, column, variable):
            declared = _raw_codes(column, variable)
            if _same_answers(column.mask(declared), again.column, gaps=bool(declared.any())):
                return storage
    raise not_written(
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
    hashable = (isinstance(each, str | int | float | np.number) for each in distinct)
    is_code = [ok and variable.why(each) is not None for ok, each in zip(hashable, distinct, strict=True)]
    cells: NDArray[np.bool_] = np.array([*is_code, False], dtype=bool)[places]
    return cells


def _same_codes(
    before: MissingCodes | None, after: MissingCodes | None, column: pd.Series[Any], variable: Variable
) -> bool:
    def each(codes: MissingCodes | None) -> NDArray[Any]:
        if codes is None:
            return np.full(len(column), None, dtype=object)
        known: list[Code | None] = [*codes.codes, None]
        filled = np.empty(len(known), dtype=object)
        filled[:] = known
        placed: NDArray[Any] = filled[codes.places]
        return placed

    own = (column.isna() & ~_raw_codes(column, variable)).to_numpy()
    return bool((each(before)[own] == each(after)[own]).all())


def _same_answers(before: pd.Series[Any], after: pd.Series[Any], *, gaps: bool) -> bool:
    answered = before.notna().to_numpy()
    if not (answered == after.notna().to_numpy()).all():
        return False
    kinds = storage_kind(before), storage_kind(after)
    loose = gaps or not answered.all()
    if kinds[0] != kinds[1] and not (loose and kinds[0] in ("whole", "boolean") and kinds[1] == "number"):
        return False
    return bool((before.to_numpy(dtype=object)[answered] == after.to_numpy(dtype=object)[answered]).all())


_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_OTHER_DELIMITERS = (",", ";", "\t", "|")


def write_delimited(microdata: Microdata, path: str | os.PathLike[str], *, excel_safe: bool = False) -> Path:
    """Write microdata as a CSV or TSV file in UTF-8, and their codebook beside it (`name.codebook.toml`).

    Codes are written, and in missing cells the code that stood there, so that reading the file again gives the same
    microdata. Numbers are written with a decimal point, so that none changes; dates as in ISO 8601. Where the cells
    cannot say what they are (words that look like numbers), the codebook says it. Linked tables are
    written in files beside (`name.link.csv`). An empty word is a missing answer, as everywhere in diplab.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> from diplab.loaders.read import read
    >>> from diplab.microdata.codebook import Codebook
    >>> from diplab.microdata.microdata import Microdata
    >>> people = Microdata(
    ...     pd.DataFrame({"age": [31.0, 99.0], "department": ["01", "75"]}),
    ...     Codebook().described("age", missing={99: "refused"}),
    ... )
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     back = read(write_delimited(people, f"{folder}/people.csv"))
    >>> back.frame["department"].tolist(), back.frame["age"].tolist(), back.codebook.reasons["age"]
    (['01', '75'], [31.0, nan], {'refused': 1})
    """
    file = file_to_write(path, (".csv", ".tsv"))
    check_names(microdata, file)
    check_declared(microdata, file, words=True)
    microdata = replace(
        microdata,
        frame=empty_words_to_missing(microdata.frame),
        codebook=microdata.codebook if excel_safe else with_storage_beside(microdata.codebook, file),
    )
    delimiter = "\t" if file.suffix.lower() == ".tsv" else ","
    names = list(microdata.frame.columns)
    cells = {name: cell_words(microdata.frame[name], microdata.missing.get(name)) for name in names}
    if excel_safe:
        for name, words in cells.items():
            if storage_kind(microdata.frame[name]) in ("words", ""):
                cells[name] = np.array([_safe(word) for word in words], dtype=object)
        text = _text([_safe(name) for name in names], cells, delimiter)
        return write_pair(_encoded(text, file, "utf-8-sig"), None, {}, file)
    _check_widest(cells, file)
    storage = {
        name: storage_needed(microdata, name, words, file, comma=delimiter != ",")
        for name, words in cells.items()
    }
    content = _encoded(_text(names, cells, delimiter), file, "utf-8")
    links = write_linked(microdata, file, write_delimited)
    return write_pair(content, with_storage(microdata.codebook, storage), links, file)


def _text(names: list[str], cells: dict[str, NDArray[Any]], delimiter: str) -> str:
    written = io.StringIO(newline="")
    odd = any(mark in name for name in names for mark in _OTHER_DELIMITERS)
    quoting: Any = csv.QUOTE_ALL if odd else csv.QUOTE_MINIMAL
    csv.writer(written, delimiter=delimiter, quoting=quoting).writerow(names)
    csv.writer(written, delimiter=delimiter).writerows(zip(*cells.values(), strict=True))
    return written.getvalue()


def _check_widest(cells: dict[str, NDArray[Any]], file: Path) -> None:
    most = csv.field_size_limit()
    for name, words in cells.items():
        widest = max(map(len, words), default=0)
        if widest > most:
            raise not_written(
                file,
                f"`{name}` holds an answer of {widest:,} characters, and such a file is read up to {most:,}.",
                "Write a .parquet file, or cut the answer.",
            )


def _encoded(text: str, file: Path, encoding: str) -> bytes:
    if "\0" in text:
        raise not_written(file, "An answer holds the character zero.", "Take it out: no text file holds it.")
    try:
        return text.encode(encoding)
    except UnicodeEncodeError as half:
        raise not_written(
            file, f"An answer holds half a character ({half.object[half.start]!a}).", "Take it out."
        ) from half


def _safe(word: str) -> str:
    return f"'{word}" if word.startswith(_FORMULA) else word
