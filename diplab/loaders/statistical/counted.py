"""An SPSS file read up to the count of rows in its header, or beyond it: which costs less, and finds the same rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

import pyreadstat

from diplab.loaders.statistical.stored import CELLS_AT, header_word, uncounted

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["is_counted", "to_the_end", "within_count"]

_ROOM_TAKEN = 100_000
"""Rows for which the library takes room where they are not counted."""
_NARROW = 200
"""Columns for which that room is little."""


def to_the_end(stream: BinaryIO, said: int) -> BinaryIO:
    """Return an SPSS file without the count of its header, where it has one.

    With a count the library stops there in silence; without one it reads to the end, and the two can be compared.
    """
    return stream if said < 0 else uncounted(stream)


def is_counted(stream: BinaryIO, said: int, columns: list[str] | None) -> bool:
    """Return whether a file is read up to the count of its header, and looked at beyond it in one column.

    Without a count the library takes room for a hundred thousand rows in every column: a megabyte, and two
    milliseconds. Looking beyond costs a second passage, which is little unless there are many rows.
    """
    cells = header_word(stream, CELLS_AT) if columns is None else len(columns)
    return said < _ROOM_TAKEN or not 0 <= cells <= _NARROW


def within_count(
    stream: BinaryIO, read: Callable[[BinaryIO], tuple[dict[str, Any], Any, str]]
) -> tuple[dict[str, Any], Any, str]:
    """Read an SPSS file up to the count of its header or, where the library refuses that, to its end."""
    try:
        return read(stream)
    except pyreadstat.ReadstatError as refusal:
        try:  # it may hold fewer rows than its header says: without the count they are known
            return read(uncounted(stream))
        except MemoryError:
            raise refusal from None
