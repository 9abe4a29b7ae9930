"""Microdata written as a file that other programs open, with a codebook beside it that restores everything."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyreadstat

from diplab.errors import OptionError
from diplab.loaders.codebooks.file import write_codebook
from diplab.loaders.codebooks.sidecar import (
    ColumnStorage,
    WrittenFile,
    check_zones,
    with_storage_beside,
    write_linked,
    written_of_others,
)
from diplab.loaders.read import read
from diplab.loaders.readstat.stata import stata_layout
from diplab.loaders.readstat.table import mixed_codes
from diplab.loaders.source import not_written
from diplab.loaders.writing.columns import (
    codes_by_cell,
    file_names,
    shorten,
    spss_column,
    spss_name,
    stata_column,
    stata_name,
)
from diplab.loaders.writing.sav import SYNTHETIC, note_lines, write_sav
from diplab.microdata.frames import how_to_collect
from diplab.microdata.microdata import Microdata
from diplab.microdata.missing import SYSTEM, unanswered
from diplab.microdata.variable import Variable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from diplab.loaders.codebooks.sidecar import LinkedFile
    from diplab.loaders.writing.columns import FileColumn
    from diplab.microdata.missing import MissingCodes
    from diplab.reference.text import Language

__all__ = ["separate_missing_codes", "write", "write_columns", "write_sav"]


def separate_missing_codes(microdata: Microdata, file: Path, *, padded: bool) -> Microdata:
    """Return microdata as they come back from a file: missing codes out of the frame, rows counted from 0.

    Examples
    --------
    >>> from pathlib import Path
    >>> from diplab.microdata.codebook import Codebook
    >>> people = Microdata(pd.DataFrame({"age": [31, 99]}), Codebook().described("age", missing={99: "refused"}))
    >>> back = separate_missing_codes(people, Path("people.sav"), padded=True)
    >>> back.frame["age"].tolist(), back.missing["age"].codes, back.codebook.reasons["age"]
    ([31.0, nan], (99,), {'refused': 1})
    """
    frame, codebook = microdata.frame, microdata.codebook
    _check_frame(microdata, file)
    names = [str(name) for name in frame]
    variables = {**{name: Variable(name) for name in names}, **codebook.variables}
    columns: dict[str, pd.Series[Any]] = {}
    missing: dict[str, MissingCodes] = {}
    reasons: dict[str, Mapping[str, int]] = {}
    for name in names:
        answers = frame[name].reset_index(drop=True)
        codes = codes_by_cell(microdata.missing.get(name), len(answers))
        column, codes = _column_separated(answers, codes, variables[name], padded=padded)
        columns[name] = column
        coded = np.array([code is not None for code in codes], dtype=bool)
        known_codes = mixed_codes(codes, coded)
        if known_codes is not None:
            missing[name] = known_codes
        counts = {} if known_codes is None else dict(known_codes.reasons(variables[name]))
        system = int((np.asarray(column.isna()) & ~coded).sum())
        counts |= {SYSTEM: system} if system else {}
        if counts:
            same = column is answers and name in codebook.reasons
            reasons[name] = dict(codebook.reasons[name]) if same else counts
    unread = {name: each for name, each in codebook.reasons.items() if name not in columns}
    known = replace(codebook, variables=variables, reasons={**unread, **reasons})
    return Microdata(pd.DataFrame(columns, index=pd.RangeIndex(len(frame))), known, missing)


def _check_frame(microdata: Microdata, file: Path) -> None:
    frame: Any = microdata.frame
    if not isinstance(frame, pd.DataFrame):
        raise not_written(file, *how_to_collect(frame))
    names = list(frame)
    times = Counter(names)
    odd = [name for name in names if not isinstance(name, str) or not name or times[name] > 1]
    if odd or not names:
        found = f"A column is named {odd[0]!r}, or two are." if odd else "It has no column."
        raise not_written(file, found, "Write columns that have names, each its own.")
    check_zones(frame, file)


def _column_separated(
    answers: pd.Series[Any], codes: NDArray[Any], variable: Variable, *, padded: bool
) -> tuple[pd.Series[Any], NDArray[Any]]:
    """Return a column without missing codes, itself where it has none, and the code of each cell."""
    missing = np.asarray(answers.isna())
    dtype = answers.dtype
    if pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_bool_dtype(dtype):
        numbers = answers.to_numpy(dtype=np.float64, na_value=np.nan)
        declared = unanswered(numbers, variable, empty=missing).declared
        if not declared.any():
            return answers, codes
        column = answers.mask(declared) if missing.any() else pd.Series(np.where(declared, np.nan, numbers))
        return column, _with_codes(codes, numbers, declared)
    if dtype.kind != "O" and not isinstance(dtype, pd.StringDtype):
        return answers, codes
    values: NDArray[Any] = answers.to_numpy(dtype=object, na_value=np.nan)
    stripped = np.array(
        [each.rstrip(" ") if padded and isinstance(each, str) else each for each in values], dtype=object
    )
    blank = np.array([isinstance(each, str) and not each for each in stripped], dtype=np.bool_)
    declared = unanswered(stripped, variable, empty=missing | blank).declared
    if not (declared | blank).any() and bool((stripped[~missing] == values[~missing]).all()):
        return answers, codes
    codes_found = _with_codes(codes, stripped, declared)
    stripped[declared | blank] = np.nan
    return pd.Series(stripped, dtype=dtype), codes_found


def _with_codes(codes: NDArray[Any], values: NDArray[Any], declared: NDArray[np.bool_]) -> NDArray[Any]:
    merged = codes.copy()
    merged[declared] = values[declared]
    return merged


_SPSS_STAMP = slice(92, 109)
_NO_SPSS_DATE = b"01 Jan 7000:00:00"
_STATA_STAMP = b"<timestamp>\x11"
_NO_STATA_DATE = b"01 Jan 1970 00:00"
_STATA_VERSION = 14
"""Stata 14 to 19 read it; what later versions add is for more than 32,767 columns, and only one edition reads it."""
_STATA_MISSING, _STATA_LETTER = 0x7FE0_0000_0000_0000, 0x100_0000_0000
"""The missing value of a double in Stata, and from one letter to the next."""
_SPSS_TITLE, _STATA_TITLE = 64, 80


def write_columns(
    columns: Sequence[FileColumn],
    part: Path,
    file: Path,
    *,
    title: str,
    note: Sequence[str],
    measures: dict[str, str],
) -> None:
    """Write columns as an SPSS or Stata file, by its suffix, without a date: the same data give the same bytes."""
    missing = {each.name: list(each.missing) for each in columns if each.missing}
    stata = file.suffix.lower() == ".dta"
    own: dict[str, Any] = {
        "file_label": title[:_STATA_TITLE],
        "version": _STATA_VERSION,
        "missing_user_values": missing,
    }
    if not stata:
        own = {
            "file_label": shorten(title, _SPSS_TITLE),
            "note": list(note) or None,
            "missing_ranges": missing,
            "variable_measure": measures,
            "compress" if file.suffix.lower() == ".zsav" else "row_compress": True,
        }
    try:
        (pyreadstat.write_dta if stata else pyreadstat.write_sav)(
            pd.DataFrame({each.name: pd.Series(each.values, dtype=each.values.dtype) for each in columns}),
            part,
            column_labels={each.name: each.label for each in columns if each.label} or None,
            variable_value_labels={each.name: dict(each.labels) for each in columns if each.labels},
            variable_format={each.name: each.display for each in columns if each.display},
            **own,
        )
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, ValueError, TypeError) as refusal:
        reason = str(refusal).strip().rstrip(".")
        raise not_written(
            file, f"Its writer refused it: {reason}.", "Change that in the data or their codebook."
        ) from refusal
    _finish(part, columns, stata=stata)


def _finish(part: Path, columns: Sequence[FileColumn], *, stata: bool) -> None:
    """Take the date out of a file, and put the letters of Stata's missing values in."""
    content = bytearray(part.read_bytes())
    if stata:
        _put_letters(content, columns)
        at = content.find(_STATA_STAMP) + len(_STATA_STAMP)
        content[at : at + len(_NO_STATA_DATE)] = _NO_STATA_DATE
    else:
        content[_SPSS_STAMP] = _NO_SPSS_DATE
    part.write_bytes(content)


def _put_letters(content: bytearray, columns: Sequence[FileColumn]) -> None:
    """Write the letters of missing answers into a Stata file that holds the plain missing value in their place."""
    # The writer looks at the first hundred answers of a column, and fails where they are all letters.
    start, sizes = stata_layout(bytes(content))
    rows = len(columns[0].values)
    if not rows:
        return
    cells = np.frombuffer(content, dtype=np.uint8, count=rows * sum(sizes), offset=start).reshape(rows, -1)
    at = 0
    for column, size in zip(columns, sizes, strict=True):
        if column.letters is not None:
            lettered = column.letters > 0
            words = _STATA_MISSING + column.letters[lettered].astype("<u8") * _STATA_LETTER
            cells[lettered, at : at + size] = words.astype("<u8").view(np.uint8).reshape(-1, size)
        at += size


_SPSS = (".sav", ".zsav")
_STATA = ".dta"
_OTHERS = {
    ".csv": ("writing.delimited", "write_delimited"),
    ".tsv": ("writing.delimited", "write_delimited"),
    ".parquet": ("writing.parquet", "write_parquet"),
}
_LONGEST_NAME = 28
_ELSEWHERE = "Write in a folder that exists, and in which you may write."
_FIELDS = ("variables", "reasons", "sets", "title", "languages", "steps")


def write(
    data: Microdata, path: str | os.PathLike[str], *, language: Language = "en", note: str = ""
) -> Path:
    """Write microdata as an SPSS, Stata, CSV or Parquet file, with their codebook beside it.

    `survey.sav` and `survey.codebook.toml` together give the same microdata back when the first is read: answers, kinds
    of columns, labels in every language, missing codes and their reasons, questions with several answers, steps. What
    `survey.sav` loses without its codebook, `losses(".sav")` lists. Linked tables are written beside it
    (`survey.trips.sav`).

    An SPSS file holds missing codes as they are and declares them missing; those that it cannot declare (`.a`, or
    more than three) become numbers below every answer, in one range declared missing. In a Stata file they become
    letters (.a to .z) labelled with their reason. No program takes a missing code for an answer, and the codebook
    says which code each replaces. Names that the format refuses are changed in the file, and put back by
    the codebook. SPSS and Stata files are read back and compared before they take their name; they hold no date, so
    that the same data give the same bytes. Spaces at the end of words are lost in an SPSS file. CSV and Parquet hold
    plain columns: categories come back as words, `Int64` and `float32` as ordinary numbers.

    Parameters
    ----------
    data : Microdata
        What to write. The frame may hold missing codes (99, refused): they come back as missing.
    path : path
        A file in `.sav`, `.zsav`, `.dta`, `.csv`, `.tsv` or `.parquet`.
    language : {"en", "fr"}
        Language of the labels within an SPSS or Stata file, which has one.
    note : str
        Words kept in an SPSS file, for its readers.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    LoadError
        Where such a file cannot hold these data, or what was written does not read back the same.
    OptionError
        Where no format has such a suffix, or `note` is passed for a format without notes.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> from diplab.microdata.codebook import Codebook
    >>> from diplab.microdata.microdata import Microdata
    >>> people = Microdata(pd.DataFrame({"age": [31, 99]}), Codebook().described("age", missing={99: "refused"}))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     back = read(write(people, f"{folder}/people.dta"))
    >>> back.frame["age"].tolist(), back.codebook.reasons["age"], back.missing["age"].codes
    ([31.0, nan], {'refused': 1}, (99,))
    """
    file = Path(path)
    _check_options(file, file.suffix.lower(), note)
    _check_place(file)
    try:
        return _write(data, file, language, note)
    except OSError as barred:
        raise not_written(
            file, f"It cannot be written there: {barred.strerror or barred}.", _ELSEWHERE
        ) from barred
    except UnicodeEncodeError as half:
        raise not_written(
            file,
            f"A word in it holds half a character ({half.object[half.start]!a}).",
            "Take it out of the answers, their names and their codebook.",
        ) from half


def _write(data: Microdata, file: Path, language: Language, note: str) -> Path:
    suffix = file.suffix.lower()
    beside = file.with_name(f"{file.stem}.codebook.toml")
    if suffix in _OTHERS:
        home, name = _OTHERS[suffix]
        writer: Callable[[Microdata, Path], Path] = getattr(import_module(f"diplab.loaders.{home}"), name)
        return writer(data, file)
    separated = separate_missing_codes(replace(data, linked={}), file, padded=suffix in _SPSS)
    links = write_linked(data, file, partial(write, language=language))
    _write_pair(separated, file, beside, language, note, links)
    return file


def _write_pair(
    data: Microdata, file: Path, beside: Path, language: Language, note: str, links: Mapping[str, LinkedFile]
) -> None:
    """Write a data file and its codebook under other names, read them back, and give them theirs."""
    part = file.with_name(f".{file.stem}.{os.getpid()}.part{file.suffix.lower()}")
    codebook_part = part.with_name(f"{part.stem}.codebook.toml")
    known = data.codebook
    measures = {name: known[name].measure for name in known if known[name].measure != "unknown"}
    try:
        part.touch()
        columns = _columns(data, file, language)
        write_columns(
            list(columns.values()),
            part,
            file,
            title=SYNTHETIC if known.origin.synthetic else known.title.in_(language),
            note=note_lines(note),
            measures={columns[name].name: measure for name, measure in measures.items() if name in columns},
        )
        storage = {
            name: each.stored_as for name, each in columns.items() if each.stored_as != ColumnStorage()
        }
        written = WrittenFile(hashlib.sha256(part.read_bytes()).hexdigest(), storage)
        every = {**written_of_others(beside, known, file), file.name: written}
        write_codebook(known, codebook_part, written=every)
        _compare(data, read(part, codebook=codebook_part, isolated=False), file)
        write_codebook(with_storage_beside(known, file), codebook_part, links=links, written=every)
        part.replace(file)
        codebook_part.replace(beside)
    finally:
        part.unlink(missing_ok=True)
        codebook_part.unlink(missing_ok=True)


def _check_place(file: Path) -> None:
    """Refuse a place where a file and its codebook cannot be written."""
    if not file.parent.is_dir():
        raise not_written(file, f"There is no folder `{file.parent}`.", _ELSEWHERE)
    for name in (file.name, f"{file.stem}.codebook.toml"):
        if file.with_name(name).is_dir():
            raise not_written(file, f"There is a folder named `{name}`.", "Write another name.")


def _check_options(file: Path, suffix: str, note: str) -> None:
    known = (*_SPSS, _STATA, *_OTHERS)
    task = f"The file `{file.name}` cannot be written."
    if suffix not in known:
        found = f"Its suffix `{suffix}` is not one that diplab writes." if suffix else "It has no suffix."
        raise OptionError(task, found, f"Write a name in one of these: {', '.join(known)}.")
    if note and suffix not in _SPSS:
        raise OptionError(
            task,
            f"A note was given, and a {suffix} file holds none.",
            "Leave `note` out, or write a .sav file.",
        )


def _columns(data: Microdata, file: Path, language: Language) -> dict[str, FileColumn]:
    stata = file.suffix.lower() == _STATA
    column = stata_column if stata else spss_column
    own = [str(name) for name in data.frame]
    names = file_names(own, stata_name if stata else spss_name, _LONGEST_NAME)
    return {
        name: column(
            names[name], data.frame[name], data.missing.get(name), data.codebook[name], language, file
        )
        for name in own
    }


def _compare(data: Microdata, back: Microdata, file: Path) -> None:
    if list(back.frame) != list(data.frame) or len(back) != len(data):
        raise not_written(
            file, "What was written reads back with other rows or columns.", "Rename the columns."
        )
    rows = len(data)
    for name in map(str, data.frame):
        codes, again = (codes_by_cell(each.missing.get(name), rows) for each in (data, back))
        if not _same(data.frame[name], back.frame[name]) or not np.array_equal(codes, again):
            raise not_written(
                file,
                f"The answers of `{name}` read back changed.",
                "Write them as numbers, words, dates or moments to the millisecond, or as a .parquet file.",
            )
    for each in _FIELDS:
        if getattr(back.codebook, each) != getattr(data.codebook, each):
            raise not_written(
                file,
                f"The codebook read back has other {each}.",
                "Write wordings without control characters.",
            )


def _same(source: pd.Series[Any], back: pd.Series[Any]) -> bool:
    if source.dtype != back.dtype or not np.array_equal(source.isna(), back.isna()):
        return False
    there = ~np.asarray(source.isna())
    return bool(np.array_equal(source.to_numpy()[there], back.to_numpy()[there]))
