"""The row ranges in which a file is read."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from diplab.loaders.statistical.native import Extent

__all__ = ["Plan", "plan_of"]

_SMALL = 16_000_000
_CHUNK = 20_000_000
_COMPRESSED_CHUNK = 200_000_000
_MOST_WORKERS = 8


@dataclass(frozen=True)
class Plan:
    """How a file is read.

    Parameters
    ----------
    ranges : list of tuple
        First row and the one after the last, which is None where the file is read to its end.
    rows : int or None
        Rows in all, where they are known.
    width : int
        Bytes of a row.
    workers : int
        Processes that share the ranges.
    """

    ranges: list[tuple[int, int | None]]
    rows: int | None
    width: int
    workers: int

    @property
    def many(self) -> bool:
        """True where there are rows enough for more than one range."""
        return len(self.ranges) > 1

    @property
    def bytes_at_once(self) -> int:
        """How many bytes of answers the longest range holds; 0 where it is not known."""
        if self.rows is None:
            return 0
        first, last = self.ranges[0]
        return self.width * ((self.rows if last is None else last) - first)


def plan_of(
    extent: Extent | None,
    columns: Sequence[str] | None,
    rows: tuple[int, int | None],
    processors: int | None = None,
) -> Plan:
    """Return the ranges in which a file is read: one where it is small, or where its rows are not counted.

    Ranges are short, so that what the library takes for them in memory is little; in a compressed file each costs the
    reading of all rows before it, so that there are few.

    Parameters
    ----------
    extent : Extent or None
        How large the file is, if it was asked.
    columns : sequence of str, optional
        Columns that are read.
    rows : tuple
        Rows that are read; the end is None for the end of the file.
    processors : int, optional
        Those of this machine by default.

    Examples
    --------
    >>> from diplab.loaders.statistical.native import Extent
    >>> plan_of(Extent(1000, {"age": 8}, direct=True), None, (0, None), 2).ranges
    [(0, None)]
    >>> plan_of(Extent(4_000_000, {"age": 8}, direct=True), None, (0, None), 2).ranges
    [(0, 2000000), (2000000, None)]
    """
    if extent is None or extent.rows is None or not set(columns or ()) <= set(extent.widths):
        return Plan([rows], None, 0, 1)
    first, last = rows[0], extent.rows if rows[1] is None else min(rows[1], extent.rows)
    wanted = extent.widths if columns is None else {name: extent.widths[name] for name in columns}
    count, width = max(0, last - first), max(8, sum(wanted.values()))
    if not count or count * width < _SMALL:
        return Plan([rows], count, width, 1)
    workers = min(processors or _processors(), _MOST_WORKERS)
    most = (_CHUNK if extent.direct else _COMPRESSED_CHUNK) // width
    step = max(1, min(most, -(-count // workers)))
    starts = range(first, last, step)
    # The last range goes where the request does, so that rows beyond those counted in the header are found.
    ranges = [(start, min(start + step, last) if start + step < last else rows[1]) for start in starts]
    return Plan(ranges, count, width, min(workers, len(ranges)))


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
