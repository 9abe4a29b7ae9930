"""The long words of a Stata file (strL): a column holds where each stands, and a section of its own holds them."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np

from diplab.loaders.statistical.cursor import HeaderError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["LONG", "check_long_words"]

LONG = 32768
"""The type of a column of long words."""
_OPENING, _MARK = b"<strls>", b"GSO"
_BYTES = {b"117": (4, 4), b"118": (2, 8), b"119": (3, 8)}
"""Of the place in a cell: those of the number of the column, of eight; and those of the row, in the section."""


def check_long_words(
    content: bytes, release: bytes, *, little: bool, answers: tuple[int, int], long: int, at: Sequence[int]
) -> None:
    """Refuse a file in which a cell points to long words that are not there: its reader takes it for an empty one.

    Parameters
    ----------
    content : bytes
        The file.
    release : {b"117", b"118", b"119"}
        Its layout.
    little : bool
        True where the last byte of a number is the largest.
    answers : tuple of int
        Where the answers begin, and the bytes of a row.
    long : int
        Where the section of long words begins.
    at : sequence of int
        Where the columns of long words stand in a row.

    Raises
    ------
    HeaderError
        Where one is not there.
    """
    column_bytes, row_bytes = _BYTES[release]
    start, row = answers
    end = content.rindex(b"</data>", start, long)
    cells = np.frombuffer(content[start:end], dtype=np.uint8).reshape(-1, row)
    there = _there(content, long, little=little, column_bytes=column_bytes, row_bytes=row_bytes)
    known = np.array([0, *there], dtype=np.uint64)
    for place in at:
        pointers = np.ascontiguousarray(cells[:, place : place + 8]).view("<u8" if little else ">u8").ravel()
        astray = int((~np.isin(pointers, known)).sum())
        if astray:
            message = (
                f"{astray} of its cells point to long words that are not there, as those of haven do with "
                "`version = 15` (with `version = 14` they are)."
            )
            raise HeaderError(message)


def _there(content: bytes, long: int, *, little: bool, column_bytes: int, row_bytes: int) -> list[int]:
    """Return the places of the long words that the file holds, as a cell says them."""
    order, rows = "<" if little else ">", "I" if row_bytes == 4 else "Q"
    head = struct.Struct(f"{order}I{rows}BI")
    # the column stands first in a cell: in its smallest bytes, or in its largest
    column_shift, row_shift = (0, 8 * column_bytes) if little else (64 - 8 * column_bytes, 0)
    found, place = [], long + len(_OPENING)
    while content[place : place + len(_MARK)] == _MARK and place + 3 + head.size <= len(content):
        column, row, _, length = head.unpack_from(content, place + len(_MARK))
        found.append((column << column_shift | row << row_shift) & (2**64 - 1))
        place += len(_MARK) + head.size + length
    return found
