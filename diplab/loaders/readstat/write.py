"""Microdata written as SPSS and Stata files, read back and compared before being named."""

from __future__ import annotations

import hashlib
import os
import textwrap
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
import pyreadstat

from diplab.kernel.arrays import Array
from diplab.loaders.answers.cells import codes_by_cell
from diplab.loaders.codebooks import sidecar
from diplab.loaders.codebooks.file import write_codebook
from diplab.loaders.read import read
from diplab.loaders.readstat.answers import STATA_MISSING, StataAnswers
from diplab.loaders.readstat.columns import FileColumn, file_columns, shorten
from diplab.loaders.readstat.stata import stata_header
from diplab.loaders.source import not_written
from diplab.microdata.frames import how_to_collect
from diplab.microdata.microdata import Microdata
from diplab.microdata.missing import MissingCodes, count_reasons, missing_codes, unanswered
from diplab.microdata.variable import Variable
from diplab.reference.text import Language


def separate_missing_codes(microdata: Microdata, file: Path, *, padded: bool) -> Microdata:
    """Return microdata as read back from a file: missing codes out of the frame, rows from 0."""
    frame, codebook = microdata.frame, microdata.codebook
    _check_frame(microdata, file)
    names = list(map(str, frame))
    variables = {**{name: Variable(name) for name in names}, **codebook.variables}
    columns: dict[str, pd.Series[Any]] = {}
    missing: dict[str, MissingCodes] = {}
    for name in names:
        answers = frame[name].reset_index(drop=True)
        codes = codes_by_cell(microdata.missing.get(name), len(answers))
        columns[name], codes = _column_separated(answers, codes, variables[name], padded=padded)
        known_codes = missing_codes(
            codes, np.array([code is not None for code in codes], dtype=bool)
        )
        if known_codes is not None:
            missing[name] = known_codes
    separated = pd.DataFrame(columns, index=pd.RangeIndex(len(frame)))
    known = count_reasons(separated, replace(codebook, variables=variables), missing)
    unread = {name: item for name, item in codebook.reasons.items() if name not in columns}
    return Microdata(separated, replace(known, reasons={**unread, **known.reasons}), missing)


def _check_frame(microdata: Microdata, file: Path) -> None:
    frame: Any = microdata.frame
    if not isinstance(frame, pd.DataFrame):
        raise not_written(file, *how_to_collect(frame))
    names = list(frame)
    times = Counter(names)
    odd = [name for name in names if not isinstance(name, str) or not name or times[name] > 1]
    if odd or not names:
        found = "It has no column."
        if odd:
            found = f"A column is named {odd[0]!r}, or two are."
        raise not_written(file, found, "Write columns with distinct names.")
    sidecar.check_zones(frame, file)


def _column_separated(
    answers: pd.Series[Any], codes: Array, variable: Variable, *, padded: bool
) -> tuple[pd.Series[Any], Array]:
    """Return a column without missing codes (itself if it has none) and the code of each cell."""
    missing = np.asarray(answers.isna())
    if (
        answers.dtype == object
        and not missing.all()
        and all(isinstance(item, bool) for item in answers[~missing])
    ):
        answers = answers.astype(float if missing.any() else bool)  # yes and no, with gaps
    dtype = answers.dtype
    if pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_bool_dtype(dtype):
        numbers = answers.to_numpy(dtype=np.float64, na_value=np.nan)
        declared = unanswered(numbers, variable, empty=missing).declared
        if not declared.any():
            return answers, codes
        column = (
            answers.mask(declared)
            if missing.any()
            else pd.Series(np.where(declared, np.nan, numbers))
        )
        return column, np.where(declared, numbers, codes)
    if dtype.kind != "O" and not isinstance(dtype, pd.StringDtype):
        return answers, codes
    values: Array = answers.to_numpy(dtype=object, na_value=np.nan)
    stripped = np.array(
        [value.rstrip(" ") if padded and isinstance(value, str) else value for value in values],
        dtype=object,
    )
    blank = np.array(
        [isinstance(item, str) and not item.strip(" ") for item in stripped], dtype=np.bool_
    )
    declared = unanswered(stripped, variable, empty=missing | blank).declared
    if not (declared | blank).any() and bool((stripped[~missing] == values[~missing]).all()):
        return answers, codes
    codes_found = np.where(declared, stripped, codes)
    stripped[declared | blank] = np.nan
    return pd.Series(stripped, dtype=dtype), codes_found


_SPSS_STAMP = slice(92, 109)
_NO_SPSS_DATE = b"01 Jan 7000:00:00"
_STATA_STAMP = b"<timestamp>\x11"
_NO_STATA_DATE = b"01 Jan 1970 00:00"
_STATA_VERSION = 14
"""Stata 14 to 19 read it; later versions are for over 32,767 columns, read by one edition only."""
_SPSS_TITLE, _STATA_TITLE = 64, 80
_LINE = 80
_FIELDS = ("variables", "reasons", "sets", "title", "languages", "steps")
SYNTHETIC = "Synthetic data, donnees synthetiques: nobody answered"


def write_columns(
    columns: Sequence[FileColumn],
    part: Path,
    file: Path,
    *,
    title: str,
    note: Sequence[str],
    measures: dict[str, str],
) -> None:
    """Write columns as an SPSS or Stata file, undated so that equal data give equal bytes."""
    missing = {}
    for column in columns:
        if column.missing:
            missing[column.name] = list(column.missing)
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
            pd.DataFrame(
                {
                    column.name: pd.Series(column.values, dtype=column.values.dtype)
                    for column in columns
                }
            ),
            part,
            column_labels={column.name: column.label for column in columns if column.label} or None,
            variable_value_labels={
                column.name: dict(column.labels) for column in columns if column.labels
            },
            variable_format={column.name: column.display for column in columns if column.display},
            **own,
        )
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, ValueError, TypeError) as refusal:
        found = f"Its writer refused it: {str(refusal).strip().rstrip('.')}."
        raise not_written(file, found, "Change that in the data or their codebook.") from refusal
    content = bytearray(part.read_bytes())
    if stata:
        _put_letters(content, columns)
        at = content.find(_STATA_STAMP) + len(_STATA_STAMP)
        content[at : at + len(_NO_STATA_DATE)] = _NO_STATA_DATE
    else:
        content[_SPSS_STAMP] = _NO_SPSS_DATE
    part.write_bytes(content)


def _put_letters(content: bytearray, columns: Sequence[FileColumn]) -> None:
    """Write letters of missing values into a Stata file, in place of the plain missing value."""
    # The writer looks at the first hundred answers of a column, and fails where they are all
    # letters.
    _, first, step = STATA_MISSING["f8"]
    answers = stata_header(bytes(content)).answers
    table = cast("StataAnswers", answers).table(content)
    for position, column in enumerate(columns):
        if column.letters is not None:
            cells = table[str(position)].view("<i8")
            lettered = column.letters > 0
            cells[lettered] = first + step * column.letters[lettered].astype(np.int64)


def write_statistical(
    data: Microdata,
    file: Path,
    language: Language,
    note: str,
    write: Callable[[Microdata, Path], Path],
) -> Path:
    """Write a data file and its codebook under temporary names, read them back and rename them."""
    # linked tables are written beside it by `write`, once the data are known to be ones that such a
    # file can hold
    padded = file.suffix.lower() in (".sav", ".zsav")
    linked, data = data, separate_missing_codes(replace(data, linked={}), file, padded=padded)
    links = sidecar.write_linked(linked, file, write)
    beside = file.with_name(f"{file.stem}.codebook.toml")
    part = file.with_name(f".{file.stem}.{os.getpid()}.part{file.suffix.lower()}")
    codebook_part = part.with_name(f"{part.stem}.codebook.toml")
    known = data.codebook
    try:
        part.touch()
        columns = file_columns(data, language, file)
        title = SYNTHETIC
        if not known.origin.synthetic:
            title = known.title.in_(language)
        measures: dict[str, str] = {}
        for name, item in columns.items():
            measures[item.name] = known.variable(name).measure
        write_columns(
            list(columns.values()),
            part,
            file,
            title=title,
            note=note_lines(note),
            measures=measures,
        )
        storage = {}
        for name, item in columns.items():
            if item.stored_as != sidecar.ColumnStorage():
                storage[name] = item.stored_as
        written = sidecar.WrittenFile(hashlib.sha256(part.read_bytes()).hexdigest(), storage)
        every = {**sidecar.written_of_others(beside, known, file), file.name: written}
        write_codebook(known, codebook_part, written=every)
        _compare(data, read(part, codebook=codebook_part, isolated=False), file)
        stored, design = sidecar.with_storage_beside(known, file), sidecar.written_design(linked)
        write_codebook(stored, codebook_part, links=links, written=every, design=design)
        part.replace(file)
        codebook_part.replace(beside)
    finally:
        part.unlink(missing_ok=True)
        codebook_part.unlink(missing_ok=True)
    return file


def _compare(data: Microdata, back: Microdata, file: Path) -> None:
    if list(back.frame) != list(data.frame) or len(back) != len(data):
        raise not_written(
            file, "What was written reads back with other rows or columns.", "Rename the columns."
        )
    rows = len(data)
    for name in map(str, data.frame):
        codes, again = (codes_by_cell(item.missing.get(name), rows) for item in (data, back))
        if not data.frame[name].equals(back.frame[name]) or not np.array_equal(codes, again):
            write = (
                "Write them as numbers, words, dates or moments to the millisecond, or as a "
                ".parquet file."
            )
            raise not_written(file, f"The answers of `{name}` read back changed.", write)
    for field in _FIELDS:
        if getattr(back.codebook, field) != getattr(data.codebook, field):
            found = f"The codebook read back has other {field}."
            raise not_written(file, found, "Write wordings without control characters.")


def note_lines(note: str) -> list[str]:
    """Return the note in lines of at most 80 bytes, which is what an SPSS file holds."""
    wrapped = (textwrap.wrap(note, width) for width in range(_LINE, 0, -1))
    return next(lines for lines in wrapped if all(len(line.encode()) <= _LINE for line in lines))
