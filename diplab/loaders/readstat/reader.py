"""The native reader of SPSS, Stata and SAS files.

It runs in a child process too (`child.py`), because the native library can die on a damaged file: it imports numpy
and pyreadstat only, so that the child starts in a fifth of a second.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

import numpy as np
import pyreadstat
from numpy.typing import NDArray
from pyreadstat._readstat_parser import parser_entry_point

Range: TypeAlias = tuple[int, int | None]  # a first row, and the one after the last; None to the end
_OTHERS = ("WINDOWS-1252", "ISO-8859-1")  # encodings to try where words are not in the encoding that the file declares
_CUT = 60  # bytes of the shortest label that SPSS and similar programs cut


def read_with_encoding(
    read: Callable[..., tuple[dict[str, list[Any]], Any]], columns: list[str] | None, *, labels: bool
) -> tuple[dict[str, list[Any]], Any, str]:
    """Read a file in the encoding that it declares or, where that fails, in the first that reads it."""
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
    labels = [*meta.column_labels, *(label for codes in meta.value_labels.values() for label in codes.values())]
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
_SPSS = (".sav", ".zsav")
_PARSERS = {".sav": "sav/zsav", ".zsav": "sav/zsav", ".xpt": "xport"}  # the others have the name of their suffix
_REFUSALS = (
    pyreadstat.ReadstatError, pyreadstat.PyreadstatError, ValueError, LookupError, ArithmeticError, MemoryError,
    TypeError, OSError,
)  # fmt: skip


class NativeReaderError(Exception):
    """What was found in a file that a native reader refuses and, where the reader knows it, what to write instead."""

    def __init__(self, found: str, write: str = "") -> None:
        super().__init__(found)
        self.write = write


@dataclass(frozen=True)
class NativeTable:
    """Columns as stored in the file, before any code is declared missing."""

    # numbers (dates, moments and times too: `about["formats"]` says which) or words (object, `""` where blank)
    columns: dict[str, NDArray[Any]]
    tags: Mapping[str, NDArray[Any]]  # letters of the tagged missing values of Stata and SAS, `""` elsewhere
    about: Mapping[str, Any]  # names in the file, labels, value labels, measures, declared missing, notes


def read_native(file: Path | bytes, suffix: str, columns: Sequence[str] | None, rows: Range) -> NativeTable:
    """Read an SPSS, Stata or SAS file."""
    try:
        with io.BytesIO(file) if isinstance(file, bytes) else file.open("rb", buffering=_BUFFER) as stream:
            return _read(stream, suffix, columns, rows)
    except _REFUSALS as refusal:
        reason = str(refusal).strip().rstrip(".") or type(refusal).__name__
        raise NativeReaderError(f"Its reader stopped: {reason}.") from refusal


def _read(stream: BinaryIO, suffix: str, columns: Sequence[str] | None, rows: Range) -> NativeTable:
    if suffix == ".sas7bcat":
        catalogue = _pyreadstat(stream, suffix)[1].value_labels.items()
        sets = {name: [[_json_code(code), label] for code, label in codes.items()] for name, codes in catalogue}
        return NativeTable({}, {}, {"names": [], "label_sets": sets})
    if columns is not None:
        names = _pyreadstat(stream, suffix, metadataonly=True)[1].column_names
        if not set(columns) <= set(names):
            return NativeTable({}, {}, {"names": list(names)})
    wanted = None if columns is None else list(columns)
    options: dict[str, Any] = {"row_offset": rows[0]}
    if rows[1] is not None:  # to the library a limit of 0 rows is no limit
        options |= {"row_limit": rows[1] - rows[0]} if rows[1] > rows[0] else {"metadataonly": True}
    read = partial(_pyreadstat, stream, suffix, **options)
    answers, meta, encoding = read_with_encoding(read, wanted, labels=suffix in _SPSS)
    names = list(meta.column_names)
    if len(set(names)) < len(names) or set(names) != set(answers):
        raise ValueError("two columns have the same name")
    return _table(answers, meta, {"names": names, "encoding": encoding})


def _pyreadstat(body: Any, suffix: str, **options: Any) -> tuple[dict[str, list[Any]], Any]:
    body.seek(0)
    # `read_por` and `read_xport` have no `user_missing`, which their parser knows.
    asked = {"output_format": "dict", "user_missing": True, "disable_datetime_conversion": True, **options}
    parser = _PARSERS.get(suffix, suffix[1:])
    read: tuple[dict[str, list[Any]], Any] = parser_entry_point(body, parser_format=parser, **asked)
    return read


def _table(answers: Mapping[str, list[Any]], meta: Any, about: dict[str, Any]) -> NativeTable:
    columns: dict[str, NDArray[Any]] = {}
    tags: dict[str, NDArray[Any]] = {}
    for name, values in answers.items():
        kind = meta.readstat_variable_types[name]
        if kind == "string":
            columns[name] = np.array(["" if value is None else value for value in values], dtype=object)
            continue
        untagged = values
        if name in meta.missing_user_values:
            tags[name] = np.array([value if isinstance(value, str) else "" for value in values], dtype=str)
            untagged = [None if isinstance(value, str) else value for value in values]
        columns[name] = _numbers(untagged, whole=kind.startswith("int"))
    about |= {
        "labels": {name: label or "" for name, label in meta.column_names_to_labels.items()},
        "values": {
            name: [[_json_code(code), label] for code, label in labels.items()]
            for name, labels in meta.variable_value_labels.items()
        },
        "measures": dict(meta.variable_measure),
        "ranges": {
            name: [[_json_code(each["lo"]), _json_code(each["hi"])] for each in ranges]
            for name, ranges in meta.missing_ranges.items()
        },
        "tags": {name: list(letters) for name, letters in meta.missing_user_values.items()},
        "notes": list(meta.notes or []),
        "title": meta.file_label or "",
        "words": {name: kind == "string" for name, kind in meta.readstat_variable_types.items()},
        "label_sets": dict(meta.variable_to_label),
        "formats": {name: written or "" for name, written in meta.original_variable_types.items()},
        "made": meta.creation_time.date().isoformat() if meta.creation_time else "",
        "reader": f"pyreadstat {pyreadstat.__version__}",
    }
    return NativeTable(columns, tags, about)


def _numbers(values: list[Any], *, whole: bool) -> NDArray[Any]:
    try:
        return np.fromiter(values, np.int64 if whole else np.float64, len(values))
    except TypeError:  # an empty cell; where there is none, this is twice as fast
        return np.array(values, dtype=np.float64)


def _json_code(code: Any) -> str | int | float:
    return code if isinstance(code, str | int) else float(code)
