"""How a table travels between a child process and its parent.

Words go as JSON through a pipe, arrays as raw bytes in a file that both hold in memory. Nothing is pickled, so that a
child that was taken over cannot hand code to its parent.
"""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.loaders.statistical.native import NativeTable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import BinaryIO

    from numpy.typing import NDArray

__all__ = ["ClosedPipeError", "put_table", "receive", "send", "take_table"]

_LENGTH = struct.Struct("<Q")
_KINDS = "fiMmU"


class ClosedPipeError(Exception):
    """The other process is gone, or what it wrote is no message."""


def send(pipe: BinaryIO, message: Mapping[str, Any], content: bytes = b"") -> None:
    """Write a message, and bytes behind it."""
    text = json.dumps({**message, "behind": len(content)}).encode("ascii")
    pipe.write(_LENGTH.pack(len(text)))
    pipe.write(text)
    pipe.write(content)
    pipe.flush()


def receive(pipe: BinaryIO) -> tuple[dict[str, Any], bytes]:
    """Read a message, and the bytes behind it.

    Raises
    ------
    ClosedPipeError
        Where the pipe ends before the message does, or it is none.

    Examples
    --------
    >>> import io
    >>> pipe = io.BytesIO()
    >>> send(pipe, {"suffix": ".sav"}, b"$FL2")
    >>> _ = pipe.seek(0)
    >>> receive(pipe)
    ({'suffix': '.sav'}, b'$FL2')
    """
    (length,) = _LENGTH.unpack(_exactly(pipe, _LENGTH.size))
    try:
        message = json.loads(_exactly(pipe, length))
        return message, _exactly(pipe, message.pop("behind"))
    except (
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        RecursionError,
        OverflowError,
        MemoryError,
    ) as wrong:
        raise ClosedPipeError from wrong


def put_table(table: NativeTable, shared: BinaryIO) -> dict[str, Any]:
    """Write the arrays of a table into the shared file, and return the message that says where they are."""
    shared.seek(0)
    shared.truncate()
    columns = []
    for name, values in table.columns.items():
        # Answers in words are few: each is sent once, and its place in every row.
        words, kept = _distinct(values) if values.dtype == object else (None, values)
        tags = table.tags.get(name)
        columns.append([name, words, _put(kept, shared), None if tags is None else _put(tags, shared)])
    return {"columns": columns, "about": dict(table.about)}


def take_table(message: Mapping[str, Any], shared: BinaryIO) -> NativeTable:
    """Return the table of a message and of the shared file, which is emptied.

    Raises
    ------
    ClosedPipeError
        Where the two do not agree.
    """
    columns: dict[str, NDArray[Any]] = {}
    tags: dict[str, NDArray[Any]] = {}
    shared.seek(0)
    try:
        for name, words, kept, letters in message["columns"]:
            values = _take(kept, shared)
            columns[name] = values if words is None else np.array([*words, None], dtype=object)[:-1][values]
            if letters is not None:
                tags[name] = _take(letters, shared)
        about = dict(message["about"])
    except (ValueError, LookupError, TypeError, MemoryError) as wrong:
        raise ClosedPipeError from wrong
    shared.truncate(0)
    return NativeTable(columns, tags, about)


def _distinct(values: NDArray[Any]) -> tuple[list[str], NDArray[np.int32]]:
    places: dict[str, int] = {}
    rows = np.fromiter((places.setdefault(word, len(places)) for word in values), np.int32, len(values))
    return list(places), rows


def _put(values: NDArray[Any], shared: BinaryIO) -> list[Any]:
    # numpy gives no bytes of dates
    shared.write(np.ascontiguousarray(values).view(np.uint8).data if values.size else b"")
    return [values.dtype.str, len(values)]


def _take(kept: list[Any], shared: BinaryIO) -> NDArray[Any]:
    kind, rows = kept
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
