"""The native reader of SPSS, Stata and SAS files, and nothing else.

This file is also run as a script, in a child process, because the native library can die on a damaged file:
it imports numpy and pyreadstat only, so that the child starts in half a second. What it read travels back
without pickle: arrays in one `.npz`, words as UTF-8 with offsets, the rest as JSON.
"""

from __future__ import annotations

import contextlib
import io
import json
import struct
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyreadstat
from pyreadstat._readstat_parser import parser_entry_point

from diplab.loaders.declared_encoding import decoded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

__all__ = ["NativeReaderError", "NativeTable", "load_table", "read_native", "save_table"]

SPSS_SUFFIXES = (".sav", ".zsav")
_ROWS_AT = 80
_LAYOUT_AT = 64
_PARSERS = {
    ".sav": "sav/zsav",
    ".zsav": "sav/zsav",
    ".por": "por",
    ".dta": "dta",
    ".sas7bdat": "sas7bdat",
    ".sas7bcat": "sas7bcat",
    ".xpt": "xport",
}
_REFUSALS = (
    pyreadstat.ReadstatError,
    pyreadstat.PyreadstatError,
    ValueError,
    LookupError,
    ArithmeticError,
    MemoryError,
    TypeError,
    OSError,
)


class NativeReaderError(Exception):
    """What was found in a file that the native reader could not read, as a sentence."""


@dataclass(frozen=True)
class NativeTable:
    """Columns as stored in the file, before any code is declared missing.

    Parameters
    ----------
    columns : mapping of str to array, shape (rows,)
        Numbers (dates, moments and times too: `about["formats"]` says which) or words (object, `""` where blank).
    tags : mapping of str to array of str, shape (rows,)
        Letters of the tagged missing values of Stata and SAS, `""` elsewhere; only for the columns that have some.
    about : mapping
        Names in the file, labels, value labels, measures, declared missing, notes.
    """

    columns: Mapping[str, NDArray[Any]]
    tags: Mapping[str, NDArray[Any]]
    about: Mapping[str, Any]


def read_native(content: bytes, suffix: str, columns: Sequence[str] | None = None) -> NativeTable:
    """Read the bytes of an SPSS, Stata or SAS file.

    Parameters
    ----------
    content : bytes
        The whole file.
    suffix : {".sav", ".zsav", ".por", ".dta", ".sas7bdat", ".sas7bcat", ".xpt"}
        Format of the file.
    columns : sequence of str, optional
        Columns to read. Where one of them is not in the file nothing is read but `about["names"]`.

    Returns
    -------
    NativeTable
        Columns with raw codes, and what the file says about them.

    Raises
    ------
    NativeReaderError
        Where the reader refuses the file, or the rows are not as many as its header says.
    """
    try:
        return _read(content, suffix, columns)
    except _REFUSALS as refusal:
        reason = str(refusal).strip().rstrip(".") or type(refusal).__name__
        message = f"Its reader stopped: {reason}."
        raise NativeReaderError(message) from refusal


def _read(content: bytes, suffix: str, columns: Sequence[str] | None) -> NativeTable:
    if suffix == ".sas7bcat":
        return NativeTable({}, {}, {"names": [], "label_sets": _label_sets(_pyreadstat(content, suffix)[1])})
    said = _rows_in_header(content) if suffix in SPSS_SUFFIXES else -1
    # With a count in the header the library stops there in silence; without one it reads to the end of the
    # file, and the two can be compared.
    body = content if said < 0 else content[:_ROWS_AT] + struct.pack("<i", -1) + content[_ROWS_AT + 4 :]
    if columns is not None:
        names = _pyreadstat(body, suffix, metadataonly=True)[1].column_names
        if not set(columns) <= set(names):
            return NativeTable({}, {}, {"names": list(names)})
    read = partial(_pyreadstat, body, suffix)
    wanted = None if columns is None else list(columns)
    answers, meta, encoding = decoded(read, wanted, labels=suffix in SPSS_SUFFIXES)
    names = list(meta.column_names)
    if len(set(names)) < len(names) or set(names) != set(answers):
        message = "two columns have the same name"
        raise ValueError(message)
    held = len(next(iter(answers.values()), ()))
    if 0 <= said != held and answers:
        message = f"Its header says {said} rows and {held} can be read."
        raise NativeReaderError(message)
    return _table(answers, meta, {"names": names, "encoding": encoding})


def _pyreadstat(content: bytes, suffix: str, **options: Any) -> tuple[dict[str, list[Any]], Any]:
    # `read_por` and `read_xport` have no `user_missing`, which their parser knows.
    answers, meta = parser_entry_point(
        io.BytesIO(content),
        parser_format=_PARSERS[suffix],
        user_missing=True,
        disable_datetime_conversion=True,
        output_format="dict",
        **options,
    )
    return answers, meta


def _label_sets(meta: Any) -> dict[str, list[list[Any]]]:
    return {
        name: [[_plain(code), label] for code, label in codes.items()]
        for name, codes in meta.value_labels.items()
    }


def _rows_in_header(content: bytes) -> int:
    if len(content) < _ROWS_AT + 4:
        return -1
    little = struct.unpack_from("<i", content, _LAYOUT_AT)[0] in (2, 3)
    rows: int = struct.unpack_from("<i" if little else ">i", content, _ROWS_AT)[0]
    return rows


def _table(answers: Mapping[str, list[Any]], meta: Any, about: dict[str, Any]) -> NativeTable:
    columns: dict[str, NDArray[Any]] = {}
    tags: dict[str, NDArray[Any]] = {}
    for name, values in answers.items():
        kind = meta.readstat_variable_types[name]
        if kind == "string":
            columns[name] = np.array(["" if value is None else value for value in values], dtype=object)
            continue
        untagged = values
        if any(isinstance(value, str) for value in values):
            tags[name] = np.array([value if isinstance(value, str) else "" for value in values], dtype=str)
            untagged = [None if isinstance(value, str) else value for value in values]
        columns[name] = _numbers(untagged, whole=kind.startswith("int"))
    about |= {
        "labels": {name: label or "" for name, label in meta.column_names_to_labels.items()},
        "values": {
            name: [[_plain(code), label] for code, label in labels.items()]
            for name, labels in meta.variable_value_labels.items()
        },
        "measures": dict(meta.variable_measure),
        "ranges": {
            name: [[_plain(each["lo"]), _plain(each["hi"])] for each in ranges]
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
    if whole and None not in values:
        return np.array(values, dtype=np.int64)
    return np.array(values, dtype=np.float64)


def _plain(code: Any) -> str | int | float:
    return code if isinstance(code, str | int) else float(code)


def save_table(table: NativeTable, folder: Path) -> None:
    """Write a table into a folder, without pickle."""
    arrays: dict[str, NDArray[Any]] = {}
    for number, (name, values) in enumerate(table.columns.items()):
        if values.dtype == object:
            words = [str(word).encode("utf-8", "surrogatepass") for word in values]
            arrays[f"words{number}"] = np.frombuffer(b"".join(words), dtype=np.uint8)
            arrays[f"ends{number}"] = np.cumsum([0, *map(len, words)], dtype=np.int64)
        else:
            arrays[f"values{number}"] = values
        if name in table.tags:
            arrays[f"tags{number}"] = table.tags[name]
    with (folder / "columns.npz").open("wb") as stream:
        np.savez(stream, allow_pickle=False, **arrays)
    record = {"columns": list(table.columns), "about": table.about}
    (folder / "about.json").write_text(json.dumps(record), encoding="ascii")


def load_table(folder: Path) -> NativeTable:
    """Read a table back from the folder into which `save_table` wrote it."""
    record = json.loads((folder / "about.json").read_text(encoding="ascii"))
    columns: dict[str, NDArray[Any]] = {}
    tags: dict[str, NDArray[Any]] = {}
    with np.load(folder / "columns.npz", allow_pickle=False) as arrays:
        held = set(arrays.files)
        for number, name in enumerate(record["columns"]):
            if f"values{number}" in held:
                columns[name] = arrays[f"values{number}"]
            else:
                columns[name] = _words(arrays[f"words{number}"].tobytes(), arrays[f"ends{number}"])
            if f"tags{number}" in held:
                tags[name] = arrays[f"tags{number}"]
    return NativeTable(columns, tags, record["about"])


def _words(blob: bytes, ends: NDArray[np.int64]) -> NDArray[Any]:
    words = np.empty(len(ends) - 1, dtype=object)
    for row in range(len(words)):
        words[row] = blob[ends[row] : ends[row + 1]].decode("utf-8", "surrogatepass")
    return words


def main(arguments: Sequence[str]) -> None:
    """Read the file given on standard input and leave its table, or the refusal, in a folder."""
    suffix, folder, columns, memory = arguments
    _limit_memory(int(memory))
    try:
        table = read_native(sys.stdin.buffer.read(), suffix, json.loads(columns))
    except NativeReaderError as refusal:
        (Path(folder) / "refusal.json").write_text(json.dumps(str(refusal)), encoding="ascii")
    else:
        save_table(table, Path(folder))


def _limit_memory(size: int) -> None:
    try:
        import resource
    except ImportError:  # not a POSIX system: the time limit still holds
        return
    with contextlib.suppress(ValueError, OSError):  # a system may refuse to lower this limit
        resource.setrlimit(resource.RLIMIT_AS, (size, size))


if __name__ == "__main__":
    main(sys.argv[1:])
