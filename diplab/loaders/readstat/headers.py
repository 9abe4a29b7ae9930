"""Headers of statistical files, checked independently of the native reader."""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from diplab.loaders.readstat.answers import SpssAnswers, StataAnswers
    from diplab.loaders.readstat.spss import SpssSet


class HeaderError(Exception):
    """What is wrong in the part of a file that describes its answers, as a sentence."""


class Cursor:
    """A place in the bytes of a file, which moves on as fields are read."""

    def __init__(
        self, content: bytes, *, little: bool, at: int = 0, part: str = "its dictionary"
    ) -> None:
        self.content = content
        self.order = "<" if little else ">"
        self.at = at
        self.part = part

    def take(self, size: int) -> bytes:
        """Return the next bytes."""
        if size < 0:
            raise HeaderError(
                f"A length of {size} is written before byte {self.at}, in {self.part}."
            )
        if self.at + size > len(self.content):
            raise HeaderError(f"It ends at byte {len(self.content)}, in the middle of {self.part}.")
        taken = self.content[self.at : self.at + size]
        self.at += size
        return taken

    def number(self, kind: str) -> int:
        """Return the next whole number: `b B h H i I q Q`, as the module `struct` names them."""
        return self.numbers(kind, 1)[0]

    def numbers(self, kind: str, count: int) -> tuple[int, ...]:
        """Return the next whole numbers of one kind."""
        return struct.unpack(
            f"{self.order}{count}{kind}", self.take(max(count, -1) * struct.calcsize(kind))
        )

    def expect(self, mark: bytes) -> None:
        """Pass over a mark that must be here."""
        present = self.content[self.at : self.at + len(mark)]
        if present != mark:
            if mark.startswith(present):
                self.take(len(mark))
            raise HeaderError(
                f"`{mark.decode('ascii')}` is missing at byte {self.at}, in {self.part}."
            )
        self.at += len(mark)


@dataclass(frozen=True)
class Wordings:
    """Labels in further languages (`label language` of Stata), by column and language."""

    current: str  # the language of the labels that other readers see
    labels: Mapping[tuple[str, str], str]
    codes: Mapping[tuple[str, str], Mapping[int, str]]


@dataclass(frozen=True)
class Header:
    """Counts that the answers must agree with, and what the native reader does not read."""

    columns: int = -1  # how many the file says; -1 where it says nothing
    rows: int = -1  # how many the file says; -1 where it says nothing
    names: Mapping[str, str] = field(
        default_factory=dict
    )  # by the short names with which the sets are written
    words: tuple[str, ...] = ()  # columns that hold words
    sets: tuple[SpssSet, ...] = ()  # questions with several answers, as written
    answers: SpssAnswers | StataAnswers | None = (
        None  # how they are written, where numpy can decode them
    )
    binary: tuple[str, ...] = ()  # columns that hold files, such as pictures, and no words
    wordings: Wordings | None = None  # labels in further languages


_CARD = 80
_WIDE = 0x33
_NUMBERS, _WORDS = 1, 2


def sas_header(content: bytes) -> Header:
    """Read the header of a SAS data set or catalogue, and check that all its pages are there."""
    part = "its header"
    Cursor(content, little=True, part=part).take(288)
    shift = 0
    if content[35] == _WIDE:
        shift = 4
    place = Cursor(content, little=content[37] == 1, at=196 + shift, part=part)
    header, size = place.numbers("I", 2)
    pages = place.number("Q" if content[32] == _WIDE else "I")
    if header + size * pages > len(content):
        left = max(0, len(content) - header)
        raise HeaderError(
            f"Its header says {pages} pages of {size} bytes, and {left} bytes follow it."
        )
    return Header()


def xpt_header(content: bytes) -> Header:
    """Read the header of a SAS transport file, and check its cards of 80 bytes and its columns."""
    if len(content) % _CARD:
        raise HeaderError(
            f"It has {len(content)} bytes, which is not a whole number of cards of {_CARD}."
        )
    announced = re.search(
        rb"HEADER RECORD\*{7}NAM(ESTR|STV8) *HEADER RECORD!{7}\d{6}(\d{4})", content[:4000]
    )
    if announced is not None:
        # SAS may put numbers before words in a row; the native reader follows it there in version 8
        # alone
        own_order = announced[1] == b"ESTR"
        _check_last_row(
            content, _row_size(content, announced.end(), int(announced[2]), own_order=own_order)
        )
    rows = re.search(rb"HEADER RECORD\*{7}OBSV8   HEADER RECORD!{7} *(\d{1,15}) ", content)
    return Header(
        -1 if announced is None else int(announced[2]), -1 if rows is None else int(rows[1])
    )


def _check_last_row(content: bytes, size: int) -> None:
    """Refuse rows of which the last is not whole: blanks alone fill the last card."""
    begin = re.search(rb"HEADER RECORD\*{7}OBS(?:V8)? ", content)
    if begin is None or not size:
        return
    first = begin.start() + _CARD
    another = content.find(b"HEADER RECORD*******MEMB", first)
    end = another
    if another < 0:
        end = len(content)
    left = (end - first) % size
    if content[end - left : end].strip(b" "):
        raise HeaderError(
            f"It ends in the middle of a row: {left} bytes are left of one of {size}."
        )


def _row_size(content: bytes, after: int, count: int, *, own_order: bool) -> int:
    """Return the bytes of a row; refuse columns whose positions in it are not contiguous."""
    size = re.search(
        rb"HEADER RECORD\*{7}MEMB(?:ER|V8) *HEADER RECORD!{7}\d{26}(\d{4})", content[:1000]
    )
    length = 140
    if size is not None:
        length = int(size[1])
    place = Cursor(content, little=False, part="its description of the columns")
    start = after + -after % _CARD
    counted_from, pieces = 1, list[tuple[int, int]]()
    for rank in range(count):
        place.at = start + rank * length
        kind, _, width, number = place.numbers("H", 4)
        counted_from = 0 if rank == number == 0 else counted_from  # as ReadStat counted them
        place.at = start + rank * length + 84
        begins = place.number("I")
        known = (kind == _NUMBERS and 2 <= width <= 8) or kind == _WORDS
        if not known or number != rank + counted_from:
            raise HeaderError(_ASTRAY.format(rank + 1))
        pieces.append((begins, width))
    at = 0
    for rank, (begins, width) in enumerate(pieces if own_order else sorted(pieces), 1):
        if begins != at:
            raise HeaderError(_ASTRAY.format(rank))
        at += width
    return at


_ASTRAY = "Column {} is described with a kind, a width or a place that does not follow the others."


def por_header(content: bytes) -> Header:
    """Check that a portable SPSS file ends with the `Z` that fills its last line."""
    if not content.rstrip(b"\r\n \x1a").endswith(b"Z"):
        raise HeaderError("It is cut: a portable file ends with a line filled with Z.")
    return Header()
