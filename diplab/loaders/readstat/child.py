"""The child process in which the native readers run, and the messages between it and its parent.

Run as a script, it is given a file in memory that both hold. Each writes its message into it, as
JSON and the bytes of arrays, and a byte through a pipe says that it is there; the child ends with
its standard input. Nothing is pickled, so that a child that was taken over cannot hand code to its
parent.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.lib.format import read_array, write_array
from numpy.typing import NDArray

if TYPE_CHECKING:
    from diplab.loaders.readstat.reader import NativeTable


def write_message(
    shared: BinaryIO, message: Mapping[str, Any], arrays: Sequence[NDArray[Any]] = ()
) -> None:
    """Write a message into the shared file, and arrays behind it."""
    shared.seek(0)
    shared.truncate()
    text = json.dumps({**message, "arrays": len(arrays)}).encode("ascii")
    for item in (np.frombuffer(text, dtype=np.uint8), *arrays):
        write_array(shared, item, allow_pickle=False)


def read_message(shared: BinaryIO) -> tuple[dict[str, Any], list[NDArray[Any]]]:
    """Return the message of the shared file, and its arrays."""
    shared.seek(0)
    message = json.loads(read_array(shared, allow_pickle=False).tobytes())
    arrays = list[NDArray[Any]]()
    for _ in range(message["arrays"]):
        arrays.append(read_array(shared, allow_pickle=False))
    odd = list[NDArray[Any]]()
    for array in arrays:
        if array.ndim != 1 or array.dtype.kind not in _KINDS:
            odd.append(array)
    if odd:
        raise ValueError(odd[0].dtype)
    return message, arrays


_KINDS = "fiuMmU"  # kinds of arrays: numbers, moments, durations and words
R_SUFFIXES = (".rds", ".rda", ".rdata")


def read_stored(file: Path | bytes, asked: Mapping[str, Any]) -> NativeTable:
    """Read what is asked of a file of SPSS, Stata, SAS or R, or of a workbook."""
    # each reader is loaded where its format is met only
    if "sheets" in asked:
        from diplab.loaders.readstat.sheets import read_sheets

        return read_sheets(file, asked["sheets"])
    if asked["suffix"] in R_SUFFIXES:
        from diplab.loaders.r_files.table import MOST_BYTES, read_r

        most = None
        if not asked["trusted"]:
            most = MOST_BYTES
        return read_r(file, asked["columns"], asked["rows"], asked["table"], most=most)
    from diplab.loaders.readstat.reader import read_native

    return read_native(file, asked["suffix"], asked["columns"], asked["rows"])


_GRACE = 5
_ROOM = 512 * 1024**2


def main(name: str) -> None:
    """Answer requests."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    sys.path.append(str(Path(__file__).resolve().parents[3]))

    # What a library prints must not fall among the answers.
    answered = os.dup(1)
    os.dup2(2, 1)
    alarm = getattr(signal, "alarm", lambda seconds: seconds)
    with open(int(name) if name.isdigit() else name, "r+b", buffering=0) as shared:
        os.write(answered, b"\n")
        while sys.stdin.buffer.read(1):
            request, content = read_message(shared)
            # the parent, which keeps the time, may be killed before it is over
            alarm(int(request["seconds"]) + _GRACE)
            _limit_memory(request["memory"])
            _answer(request, content, shared)
            alarm(0)
            os.write(answered, b"\n")


def _answer(request: dict[str, Any], content: list[NDArray[Any]], shared: BinaryIO) -> None:
    """Write the table asked for, or what there is in its place to say of the file."""
    from diplab.loaders.readstat.reader import NativeReaderError

    try:
        file = Path(request["file"]) if request["file"] else content[0].tobytes()
        _write_table(read_stored(file, request), shared)
    except NativeReaderError as refusal:
        write_message(shared, {"refusal": str(refusal), "write": refusal.write})
    except MemoryError:
        write_message(shared, {"refusal": "The reader process failed: MemoryError.", "write": ""})


def _write_table(table: NativeTable, shared: BinaryIO) -> None:
    columns, arrays = {}, []
    for name, column in table.columns.items():
        values, words = column.values, None
        if values.dtype == object:
            # Answers in words are few: each is sent once, and its place in every row.
            places = {word: position for position, word in enumerate(dict.fromkeys(values))}
            values, words = (
                np.fromiter(map(places.__getitem__, values), np.int32, len(values)),
                list(places),
            )
        columns[name] = {**vars(column), "values": words, "tags": column.tags is not None}
        arrays += [values] if column.tags is None else [values, column.tags]
    write_message(shared, {"columns": columns, "about": dict(table.about)}, arrays)


def _limit_memory(size: int) -> None:
    try:
        import resource
    except ImportError:  # not a POSIX system: the limit of time still holds
        return
    in_use = 0
    with contextlib.suppress(OSError):  # only Linux has this file
        in_use = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * os.sysconf(
            "SC_PAGE_SIZE"
        )
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    with contextlib.suppress(ValueError, OSError):  # a system may refuse to lower this limit
        resource.setrlimit(resource.RLIMIT_AS, (max(size, in_use + _ROOM), hard))


if __name__ == "__main__":
    main(sys.argv[1])
