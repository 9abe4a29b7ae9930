"""A file as the native library is to see it: on the disk or in memory, with or without the count of its rows."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["CELLS_AT", "COMPRESSION_AT", "ROWS_AT", "header_word", "opened", "uncounted"]

ROWS_AT = 80
CELLS_AT = 68
COMPRESSION_AT = 72
_LAYOUT_AT = 64
_BUFFER = 1 << 20


def opened(file: Path | bytes) -> BinaryIO:
    """Return a file, on the disk or held in memory, open for reading."""
    return io.BytesIO(file) if isinstance(file, bytes) else file.open("rb", buffering=_BUFFER)


def header_word(stream: BinaryIO, at: int) -> int:
    """Return a whole number of the header of an SPSS file; -1 where the file ends before it."""
    stream.seek(0)
    head = stream.read(COMPRESSION_AT + 12)
    if len(head) < at + 4:
        return -1
    little = struct.unpack_from("<i", head, _LAYOUT_AT)[0] in (2, 3)
    word: int = struct.unpack_from("<i" if little else ">i", head, at)[0]
    return word


class _Uncounted(io.RawIOBase):
    """An SPSS file whose header does not say how many rows there are."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        return self._stream.seek(offset, whence)

    def readinto(self, buffer: Any, /) -> int:
        at = self._stream.tell()
        view = memoryview(buffer)
        read = self._stream.read(len(view))
        view[: len(read)] = read
        for place in range(max(at, ROWS_AT), min(at + len(read), ROWS_AT + 4)):
            view[place - at] = 0xFF
        return len(read)


def uncounted(stream: BinaryIO) -> BinaryIO:
    """Return an SPSS file as if its header did not say how many rows there are."""
    return io.BufferedReader(_Uncounted(stream), _BUFFER)
