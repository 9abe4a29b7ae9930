"""The child process in which the native readers run, and the messages between it and its parent.

Run as a script, it is given the shared file into which arrays are written, answers each request on its standard output,
and ends with its standard input. Words go as JSON through a pipe, arrays as raw bytes in a file that both hold in
memory. Nothing is pickled, so that a child that was taken over cannot hand code to its parent.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import struct
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from diplab.loaders.readstat.reader import NativeTable

_LENGTH = struct.Struct("<Q")
_KINDS = "fiMmU"


class ClosedPipeError(Exception):
    """The other process is gone, or what it wrote is no message."""


def send(pipe: BinaryIO, message: Mapping[str, Any], content: bytes = b"") -> None:
    """Write a message, and bytes behind it."""
    text = json.dumps({**message, "behind": len(content)}).encode("ascii")
    pipe.write(_LENGTH.pack(len(text)) + text)
    pipe.write(content)
    pipe.flush()


def receive(pipe: BinaryIO) -> tuple[dict[str, Any], bytes]:
    """Read a message, and the bytes behind it; a length before it bounds what a damaged process makes one read."""
    try:
        (length,) = _LENGTH.unpack(_exactly(pipe, _LENGTH.size))
        message = json.loads(_exactly(pipe, length))
        return message, _exactly(pipe, message.pop("behind"))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, OverflowError, MemoryError) as wrong:
        raise ClosedPipeError from wrong


def put_table(table: NativeTable, shared: BinaryIO) -> dict[str, Any]:
    """Write the arrays of a table into the shared file, and return the message that says where they are."""
    shared.seek(0)
    shared.truncate()
    columns = []
    for name, values in table.columns.items():
        # Answers in words are few: each is sent once, and its place in every row.
        words, stored = None, values
        if values.dtype == object:
            places: dict[str, int] = {}
            stored = np.fromiter((places.setdefault(word, len(places)) for word in values), np.int32, len(values))
            words = list(places)
        tags = table.tags.get(name)
        columns.append([name, words, _put(stored, shared), None if tags is None else _put(tags, shared)])
    return {"columns": columns, "about": dict(table.about)}


def take_table(message: Mapping[str, Any], shared: BinaryIO) -> NativeTable:
    """Return the table of a message and of the shared file, which is emptied."""
    columns: dict[str, NDArray[Any]] = {}
    tags: dict[str, NDArray[Any]] = {}
    shared.seek(0)
    try:
        for name, words, stored, letters in message["columns"]:
            values = _take(stored, shared)
            columns[name] = values if words is None else np.array([*words, None], dtype=object)[:-1][values]
            if letters is not None:
                tags[name] = _take(letters, shared)
        about = dict(message["about"])
    except (ValueError, LookupError, TypeError, MemoryError) as wrong:
        raise ClosedPipeError from wrong
    shared.truncate(0)
    from diplab.loaders.readstat.reader import NativeTable

    return NativeTable(columns, tags, about)


def _put(values: NDArray[Any], shared: BinaryIO) -> list[Any]:
    # numpy gives no bytes of dates
    shared.write(np.ascontiguousarray(values).view(np.uint8).data if values.size else b"")
    return [values.dtype.str, len(values)]


def _take(stored: list[Any], shared: BinaryIO) -> NDArray[Any]:
    kind, rows = stored
    dtype = np.dtype(kind)
    if dtype.kind not in _KINDS:
        raise ValueError(kind)
    values = np.empty(rows, dtype=dtype)
    _fill(shared, values.view(np.uint8).data if rows else memoryview(b""))
    return values


def _exactly(pipe: BinaryIO, length: int) -> bytes:
    content = bytearray(length)
    _fill(pipe, memoryview(content))
    return bytes(content)


def _fill(pipe: BinaryIO, room: memoryview) -> None:
    while room:
        read = pipe.readinto(room)  # type: ignore[attr-defined]
        if not read:
            raise ClosedPipeError
        room = room[read:]


R_SUFFIXES = (".rds", ".rda", ".rdata")


def read_stored(
    file: Path | bytes,
    suffix: str,
    columns: Sequence[str] | None = None,
    rows: tuple[int, int | None] | None = None,
    table: str | None = None,
    *,
    many: bool = False,
    trusted: bool = False,
) -> NativeTable:
    """Read a file of SPSS, Stata, SAS or R. Each reader is loaded where its format is met only."""
    if suffix in R_SUFFIXES:
        from diplab.loaders.r_files.table import MOST_BYTES, read_r

        return read_r(file, columns, rows, table, most=None if trusted else MOST_BYTES)
    from diplab.loaders.readstat.reader import read_native

    return read_native(file, suffix, columns, rows, many=many)


_GRACE = 5
_ROOM = 512 * 1024**2


def main(shared: str) -> None:
    """Answer requests."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    sys.path.append(str(Path(__file__).resolve().parents[3]))

    # What a library prints must not fall among the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    send(answers, {"ready": True})
    with open(int(shared) if shared.isdigit() else shared, "r+b") as arrays:
        while True:
            try:
                request, content = receive(sys.stdin.buffer)
            except ClosedPipeError:
                return
            with _deadline(request["seconds"]):
                send(answers, _answer(request, content, arrays))


def _answer(request: dict[str, Any], content: bytes, arrays: BinaryIO) -> dict[str, Any]:
    from diplab.loaders.readstat.reader import NativeReaderError, measure_extent

    file = content or Path(request["file"])
    try:
        with _limited(request["memory"]):
            if request["extent"]:
                return {"extent": vars(measure_extent(file, request["suffix"]))}
            table = read_stored(
                file, request["suffix"], request["columns"], request["rows"], request["table"], many=request["many"]
            )
            message = put_table(table, arrays)
            arrays.flush()
            return message
    except NativeReaderError as refusal:
        return {"refusal": str(refusal)}
    except MemoryError:
        return {"refusal": "Its reader stopped: MemoryError."}


@contextlib.contextmanager
def _deadline(seconds: float) -> Iterator[None]:
    """End this process where the parent, which keeps the time, was killed before it could."""
    if not hasattr(signal, "alarm"):
        yield
        return
    signal.alarm(int(seconds) + _GRACE)
    yield
    signal.alarm(0)


@contextlib.contextmanager
def _limited(size: int) -> Iterator[None]:
    """Limit the memory of this process."""
    try:
        import resource
    except ImportError:  # not a POSIX system: the limit of time still holds
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    with contextlib.suppress(ValueError, OSError):  # a system may refuse to lower this limit
        resource.setrlimit(resource.RLIMIT_AS, (max(size, _memory_in_use() + _ROOM), hard))
    try:
        yield
    finally:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _memory_in_use() -> int:
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[0]
    except OSError:
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    main(sys.argv[1])
