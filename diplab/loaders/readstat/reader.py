"""The native reader of SPSS, Stata and SAS files.

It runs in a child process too (`child.py`), because the native library can die on a damaged file:
it imports numpy and pyreadstat only, so that the child starts in a fifth of a second.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Literal, TypeAlias

import numpy as np
import pyreadstat
from numpy.typing import NDArray
from pyreadstat._readstat_parser import parser_entry_point

from diplab.kernel.arrays import Array

Range: TypeAlias = tuple[
    int, int | None
]  # a first row, and the one after the last; None to the end
_OTHERS = (
    "WINDOWS-1252",
    "ISO-8859-1",
)  # encodings to try where words are not in the encoding that the file declares
_CUT = 60  # bytes of the shortest label that SPSS and similar programs cut


def read_with_encoding(
    read: Callable[..., tuple[dict[str, list[Any]], Any]],
    columns: list[str] | None,
    *,
    labels: bool,
) -> tuple[dict[str, list[Any]], Any, str]:
    """Read a file in its declared encoding or, if that fails, in the first that works."""
    first: Exception = UnicodeError("its labels are not in the encoding that it declares")
    if not labels or _labels_fit(read):
        try:
            return *read(usecols=columns), ""
        except (pyreadstat.ReadstatError, UnicodeDecodeError) as refusal:
            if not _of_encoding(refusal):
                raise
            first = refusal
    for encoding in _OTHERS:
        with contextlib.suppress(pyreadstat.ReadstatError, UnicodeDecodeError):
            return *read(usecols=columns, encoding=encoding), encoding
    raise first


def _of_encoding(refusal: Exception) -> bool:
    return isinstance(refusal, UnicodeDecodeError) or "onvert string" in str(refusal)


def _labels_fit(read: Callable[..., tuple[dict[str, list[Any]], Any]]) -> bool:
    try:
        declared = read(metadataonly=True)[1].file_encoding or ""
    except (pyreadstat.ReadstatError, UnicodeDecodeError) as refusal:
        return not _of_encoding(refusal)
    if declared.upper().replace("-", "") != "UTF8":
        return True
    # Every byte is a letter of this encoding, so that the bytes come back.
    meta = read(metadataonly=True, encoding="ISO-8859-1")[1]
    labels = [
        *meta.column_labels,
        *(label for codes in meta.value_labels.values() for label in codes.values()),
    ]
    for label in labels:
        raw = (label or "").encode("latin-1", "ignore")
        try:
            raw.decode("utf-8")
        except UnicodeDecodeError as broken:
            # Some programs cut a long label within a letter: that is no other encoding.
            if broken.reason != "unexpected end of data" or len(raw) < _CUT:
                return False
    return True


_BUFFER = 1 << 20
_NO_DAY = "1970-01-01"  # what programs write that keep no date
_SPSS = (".sav", ".zsav")
_PARSERS = {
    ".sav": "sav/zsav",
    ".zsav": "sav/zsav",
    ".xpt": "xport",
}  # the others have the name of their suffix
_REFUSALS = (
    pyreadstat.ReadstatError, pyreadstat.PyreadstatError, ValueError, LookupError, ArithmeticError,
    MemoryError, TypeError, OSError,
)  # fmt: skip


class NativeReaderError(Exception):
    """What a native reader found in a file that it refuses and, if known, what to write instead."""

    def __init__(self, found: str, write: str = "") -> None:
        super().__init__(found)
        self.write = write


@dataclass(frozen=True)
class StoredColumn:
    """One column as the file holds it, before any code is declared missing."""

    values: NDArray[
        Any
    ]  # numbers, NaN where missing; or words (object), `""` where blank or missing
    tags: NDArray[np.str_] | None = (
        None  # letters of tagged missing values, `nan` for NaN of R, `""` elsewhere
    )
    label: str = ""
    codes: Sequence[tuple[Any, str]] = ()  # labels of answers
    ranges: Sequence[tuple[Any, Any]] = ()  # codes declared missing, from the first to the last
    measure: Literal["nominal", "ordinal", "scale", "unknown"] = "unknown"
    display: str = ""  # display format of SPSS, Stata or SAS, which says whether numbers are dates
    label_set: str = ""  # name of the table of its labels
    kind: str = ""  # what the numbers of R are
    zone: str = ""  # of moments of R
    unit: str = ""  # of durations of R
    unknown: str = ""  # a class of R that was ignored


@dataclass(frozen=True)
class NativeTable:
    """The columns read, and what the file says of itself: names of all columns, title, notes."""

    columns: dict[str, StoredColumn]
    about: Mapping[str, Any]


def read_native(
    file: Path | bytes, suffix: str, columns: Sequence[str] | None, rows: Range
) -> NativeTable:
    """Read an SPSS, Stata or SAS file."""
    try:
        with (
            io.BytesIO(file)
            if isinstance(file, bytes)
            else file.open("rb", buffering=_BUFFER) as stream
        ):
            return _read(stream, suffix, columns, rows)
    except _REFUSALS as refusal:
        reason = str(refusal).strip().rstrip(".") or type(refusal).__name__
        raise NativeReaderError(f"The reader process failed: {reason}.") from refusal


def _read(stream: BinaryIO, suffix: str, columns: Sequence[str] | None, rows: Range) -> NativeTable:
    if suffix == ".sas7bcat":
        catalogue = _pyreadstat(stream, suffix)[1].value_labels.items()
        sets = {}
        for name, labels in catalogue:
            sets[name] = _json_codes(labels)
        return NativeTable({}, {"names": [], "label_sets": sets})
    if columns is not None:
        names = _pyreadstat(stream, suffix, metadataonly=True)[1].column_names
        if not set(columns) <= set(names):
            return NativeTable({}, {"names": list(names)})
    wanted = None
    if columns is not None:
        wanted = list(columns)
    options: dict[str, Any] = {"row_offset": rows[0]}
    if rows[1] is not None:  # to the library a limit of 0 rows is not a limit
        options |= {"row_limit": rows[1] - rows[0]} if rows[1] > rows[0] else {"metadataonly": True}
    read = partial(_pyreadstat, stream, suffix, **options)
    answers, meta, encoding = read_with_encoding(read, wanted, labels=suffix in _SPSS)
    names = list(meta.column_names)
    if len(set(names)) < len(names) or set(names) != set(answers):
        raise ValueError("two columns have the same name")
    return _table(answers, meta, encoding)


def _pyreadstat(body: Any, suffix: str, **options: Any) -> tuple[dict[str, list[Any]], Any]:
    body.seek(0)
    # `read_por` and `read_xport` have no `user_missing`, which their parser knows.
    asked = {
        "output_format": "dict",
        "user_missing": True,
        "disable_datetime_conversion": True,
        **options,
    }
    parser = _PARSERS.get(suffix, suffix[1:])
    read: tuple[dict[str, list[Any]], Any] = parser_entry_point(body, parser_format=parser, **asked)
    return read


def _table(answers: Mapping[str, list[Any]], meta: Any, encoding: str) -> NativeTable:
    columns: dict[str, StoredColumn] = {}
    for name, cells in answers.items():
        kind, tags, untagged = meta.readstat_variable_types[name], None, cells
        if name in meta.missing_user_values:
            tags = np.array([cell if isinstance(cell, str) else "" for cell in cells], dtype=str)
            untagged = list[Any]()
            for cell in cells:
                untagged.append(None if isinstance(cell, str) else cell)
        words = kind == "string"
        columns[name] = StoredColumn(
            np.array([cell or "" for cell in cells], dtype=object)
            if words
            else _numbers(untagged, kind),
            None if words else tags,
            label=meta.column_names_to_labels.get(name) or "",
            codes=_json_codes(meta.variable_value_labels.get(name, {})),
            ranges=[
                (_json_code(item["lo"]), _json_code(item["hi"]))
                for item in meta.missing_ranges.get(name, ())
            ],
            measure=meta.variable_measure.get(name, "unknown"),
            display=meta.original_variable_types.get(name) or "",
            label_set=meta.variable_to_label.get(name, ""),
        )
    made = ""
    if meta.creation_time:
        made = meta.creation_time.date().isoformat()
    about = {
        "names": list(meta.column_names),
        "encoding": encoding,
        "notes": list(meta.notes or []),
        "title": meta.file_label or "",
        "made": "" if made == _NO_DAY else made,
        "reader": f"pyreadstat {pyreadstat.__version__}",
    }
    return NativeTable(columns, about)


def _numbers(values: list[Any], kind: str) -> Array:
    try:
        return np.fromiter(values, np.int64 if kind.startswith("int") else np.float64, len(values))
    except TypeError:  # an empty cell; where there is none, this is twice as fast
        return np.array(values, dtype=np.float64)


def _json_codes(labels: Mapping[Any, str]) -> list[tuple[Any, str]]:
    return [(_json_code(code), label) for code, label in labels.items()]


def _json_code(code: Any) -> str | int | float:
    if isinstance(code, str | int):
        return code
    return float(code)
