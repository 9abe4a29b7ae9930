"""What a statistical file says of itself before its answers, checked apart from the reader of the answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from diplab.loaders.statistical.spss_sets import SpssSet

__all__ = ["Header", "day_of"]

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_TURN = 70
"""A year of two digits from here on is of the last century: the formats are no older."""


@dataclass(frozen=True)
class Header:
    """Counts that the answers must agree with, and what the reader of the answers leaves aside.

    Parameters
    ----------
    columns, rows : int
        How many the file says; -1 where it says nothing.
    date : str
        Day on which the file was made; empty where it does not say.
    names : mapping of str to str
        Names of the columns by the short names with which the sets are written.
    words : tuple of str
        Columns that hold words.
    sets : tuple of SpssSet
        Questions with several answers, as written.
    """

    columns: int = -1
    rows: int = -1
    date: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    sets: tuple[SpssSet, ...] = ()


def day_of(words: str) -> str:
    """Return the day that a header writes (`25 Nov 26`, `25 Nov 2026 12:00`) as `2026-11-25`; empty for none.

    1 January 1970 is what programs write that keep no date.

    Examples
    --------
    >>> day_of("25 Nov 26"), day_of(" 5 dec 2014 11:23"), day_of("01 Jan 70"), day_of("?")
    ('2026-11-25', '2014-12-05', '', '')
    """
    parts = words.replace("-", " ").split()[:3]
    if len(parts) < len(("day", "month", "year")):
        return ""
    day, month, year = parts[0], parts[1].lower()[:3], parts[2]
    if (
        not (day.isdecimal() and day.isascii() and year.isdecimal() and year.isascii())
        or month not in _MONTHS
    ):
        return ""
    if len(year) == len("26"):
        year = f"{19 if int(year) >= _TURN else 20}{year}"
    known = len(year) == len("2026") and 1 <= int(day) <= 31
    written = f"{year}-{_MONTHS.index(month) + 1:02}-{int(day):02}" if known else ""
    return "" if written == "1970-01-01" else written
