"""What SAS files (.sas7bdat, .sas7bcat, .xpt) and portable SPSS files (.por) show at their beginning, checked."""

from __future__ import annotations

import re

from diplab.loaders.statistical.cursor import Cursor, HeaderError
from diplab.loaders.statistical.header import Header, day_of

__all__ = ["por_header", "sas_header", "xpt_header"]

_CARD = 80
_WIDE = 0x33
_NUMBERS, _WORDS = 1, 2


def sas_header(content: bytes) -> Header:
    """Return what a SAS data set or catalogue says of itself, checked: that all its pages are there.

    Raises
    ------
    HeaderError
        Where the file ends too soon.
    """
    part = "its header"
    Cursor(content, little=True, part=part).take(288)
    shift = 4 if content[35] == _WIDE else 0
    place = Cursor(content, little=content[37] == 1, at=196 + shift, part=part)
    header, size = place.numbers("I", 2)
    pages = place.number("Q" if content[32] == _WIDE else "I")
    if header + size * pages > len(content):
        message = f"Its header says {pages} pages of {size} bytes, and {max(0, len(content) - header)} bytes follow it."
        raise HeaderError(message)
    return Header()


def xpt_header(content: bytes) -> Header:
    """Return what a SAS transport file says of itself, checked: its cards of 80 bytes and its count of columns.

    Raises
    ------
    HeaderError
        Where the file ends within a card, or before the columns that it announces.
    """
    if len(content) % _CARD:
        message = f"It has {len(content)} bytes, which is no whole number of cards of {_CARD}."
        raise HeaderError(message)
    announced = re.search(rb"HEADER RECORD\*{7}NAMEST[RV]8? *HEADER RECORD!{7}\d{6}(\d{4})", content[:4000])
    if announced is not None:
        _check_columns(content, announced.end(), int(announced[1]))
    rows = re.search(rb"HEADER RECORD\*{7}OBSV8   HEADER RECORD!{7} *(\d{1,15}) ", content)
    made = re.match(rb"(\d{2})([A-Z]{3})(\d{2}):", content[144:160])
    day = day_of(" ".join(part.decode("ascii") for part in made.groups())) if made else ""
    return Header(
        -1 if announced is None else int(announced[1]), -1 if rows is None else int(rows[1]), date=day
    )


def _check_columns(content: bytes, after: int, count: int) -> None:
    """Refuse descriptions of columns whose places in a row do not follow one another."""
    size = re.search(rb"HEADER RECORD\*{7}MEMB(?:ER|V8) *HEADER RECORD!{7}\d{26}(\d{4})", content[:1000])
    length = 140 if size is None else int(size[1])
    place = Cursor(content, little=False, part="its description of the columns")
    start = after + -after % _CARD
    at = 0
    for rank in range(count):
        place.at = start + rank * length
        kind, _, width, number = place.numbers("H", 4)
        place.at = start + rank * length + 84
        begins = place.number("I")
        known = (kind == _NUMBERS and 2 <= width <= 8) or kind == _WORDS
        if not known or number != rank + 1 or begins != at:
            message = f"Column {rank + 1} is described with a kind, a width or a place that does not follow the others."
            raise HeaderError(message)
        at += width


def por_header(content: bytes) -> Header:
    """Return what a portable SPSS file says of itself, checked: that it ends with the `Z` that fills its last line.

    Raises
    ------
    HeaderError
        Where the file is cut.
    """
    if not content.rstrip(b"\r\n \x1a").endswith(b"Z"):
        message = "It is cut: a portable file ends with a line filled with Z."
        raise HeaderError(message)
    return Header()
