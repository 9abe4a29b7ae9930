"""What a statistical file says of itself before its answers, checked apart from the native reader."""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from diplab.loaders.readstat.answers import SpssAnswers
    from diplab.loaders.readstat.spss import SpssSet


class HeaderError(Exception):
    """What is wrong in the part of a file that describes its answers, as a sentence."""


class Cursor:
    """A place in the bytes of a file, which moves on as fields are read."""

    def __init__(self, content: bytes, *, little: bool, at: int = 0, part: str = "its dictionary") -> None:
        self.content = content
        self.order = "<" if little else ">"
        self.at = at
        self.part = part

    def take(self, size: int) -> bytes:
        """Return the next bytes."""
        if size < 0:
            raise HeaderError(f"A length of {size} is written before byte {self.at}, in {self.part}.")
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
        return struct.unpack(f"{self.order}{count}{kind}", self.take(max(count, -1) * struct.calcsize(kind)))

    def expect(self, mark: bytes) -> None:
        """Pass over a mark that must be here."""
        present = self.content[self.at : self.at + len(mark)]
        if present != mark:
            if mark.startswith(present):
                self.take(len(mark))
            raise HeaderError(f"`{mark.decode('ascii')}` is missing at byte {self.at}, in {self.part}.")
        self.at += len(mark)


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WRITTEN_DAY = re.compile(r"[\s-]*(\d\d?)[\s-]+([A-Za-z]{3})[^\s-]*[\s-]+(\d{4}|\d\d)(?:[\s-]|$)", re.ASCII)
_TURN = 70  # years of two digits from this one on are in the 1900s


@dataclass(frozen=True)
class Header:
    """Counts that the answers must agree with, and what the native reader does not read."""

    columns: int = -1  # how many the file says; -1 where it says nothing
    rows: int = -1  # how many the file says; -1 where it says nothing
    date: str = ""  # day on which the file was made; empty where it does not say
    names: Mapping[str, str] = field(default_factory=dict)  # by the short names with which the sets are written
    words: tuple[str, ...] = ()  # columns that hold words
    sets: tuple[SpssSet, ...] = ()  # questions with several answers, as written
    start: int = -1  # where the answers begin in a file of Stata 13 or later
    sizes: tuple[int, ...] = ()  # bytes of each of its columns
    answers: SpssAnswers | None = None  # how those of an SPSS file are written


def day_of(words: str) -> str:
    """Return the day that a header writes (`25 Nov 26`, `25 Nov 2026 12:00`) as `2026-11-25`; empty for none."""
    # 1 January 1970 is what programs write that keep no date
    known = _WRITTEN_DAY.match(words)
    month = known[2].lower() if known else ""
    if known is None or month not in _MONTHS or not 1 <= int(known[1]) <= 31:
        return ""
    century = "" if len(known[3]) == len("2026") else 19 if int(known[3]) >= _TURN else 20
    written = f"{century}{known[3]}-{_MONTHS.index(month) + 1:02}-{int(known[1]):02}"
    return "" if written == "1970-01-01" else written


_CARD = 80
_WIDE = 0x33
_NUMBERS, _WORDS = 1, 2


def sas_header(content: bytes) -> Header:
    """Read the header of a SAS data set or catalogue, and check that all its pages are there."""
    part = "its header"
    Cursor(content, little=True, part=part).take(288)
    shift = 4 if content[35] == _WIDE else 0
    place = Cursor(content, little=content[37] == 1, at=196 + shift, part=part)
    header, size = place.numbers("I", 2)
    pages = place.number("Q" if content[32] == _WIDE else "I")
    if header + size * pages > len(content):
        raise HeaderError(
            f"Its header says {pages} pages of {size} bytes, and {max(0, len(content) - header)} bytes follow it."
        )
    return Header()


def xpt_header(content: bytes) -> Header:
    """Read the header of a SAS transport file, and check its cards of 80 bytes and its columns."""
    if len(content) % _CARD:
        raise HeaderError(f"It has {len(content)} bytes, which is no whole number of cards of {_CARD}.")
    announced = re.search(rb"HEADER RECORD\*{7}NAMEST[RV]8? *HEADER RECORD!{7}\d{6}(\d{4})", content[:4000])
    if announced is not None:
        _check_columns(content, announced.end(), int(announced[1]))
    rows = re.search(rb"HEADER RECORD\*{7}OBSV8   HEADER RECORD!{7} *(\d{1,15}) ", content)
    made = re.match(rb"(\d{2})([A-Z]{3})(\d{2}):", content[144:160])
    day = day_of(" ".join(part.decode("ascii") for part in made.groups())) if made else ""
    return Header(-1 if announced is None else int(announced[1]), -1 if rows is None else int(rows[1]), date=day)


def _check_columns(content: bytes, after: int, count: int) -> None:
    """Refuse columns whose positions in a row are not contiguous."""
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
            raise HeaderError(
                f"Column {rank + 1} is described with a kind, a width or a place that does not follow the others."
            )
        at += width


def por_header(content: bytes) -> Header:
    """Check that a portable SPSS file ends with the `Z` that fills its last line."""
    if not content.rstrip(b"\r\n \x1a").endswith(b"Z"):
        raise HeaderError("It is cut: a portable file ends with a line filled with Z.")
    return Header()


_MARKED = b"<stata_dta>"
_RELEASES = {b"117": ("H", "I", "B", 33, 4), b"118": ("H", "Q", "H", 129, 2), b"119": ("I", "Q", "H", 129, 3)}
"""Kind of the counts of columns and rows, of the length of the label; bytes of a name, and of a column in a pointer."""
_SECTIONS = (
    b"<stata_dta>", b"<map>", b"<variable_types>", b"<varnames>", b"<sortlist>", b"<formats>", b"<value_label_names>",
    b"<variable_labels>", b"<characteristics>", b"<data>", b"<strls>", b"<value_labels>", b"</stata_dta>",
)  # fmt: skip
_TYPES, _LABEL_NAMES, _DATA, _STRLS, _TABLES, _CLOSING = 2, 6, 9, 10, 11, 12
_SIZES = {32768: 8, 65526: 8, 65527: 4, 65528: 4, 65529: 2, 65530: 1}
_WIDEST = 2045
_OLD_SIZES = {251: 1, 252: 2, 253: 4, 254: 4, 255: 8}
_OLD_LETTERS = {ord("b"): 1, ord("i"): 2, ord("l"): 4, ord("f"): 4, ord("d"): 8}
_OLD_WIDEST = 244
_OLD = range(108, 116)
_FORMATS = {113: 12, 114: 49, 115: 49}


def stata_header(content: bytes) -> Header:
    """Return what a Stata file says of itself, checked. Formats before Stata 6 (108) are not checked."""
    if content.startswith(_MARKED):
        return _marked_layout(content)
    return _old_layout(content) if content[0] in _OLD else Header()


def _marked_layout(content: bytes) -> Header:
    start = re.match(rb"<stata_dta><header><release>(\d{3})</release><byteorder>(MSF|LSF)</byteorder>", content)
    if start is None or start[1] not in _RELEASES:
        raise HeaderError("Its header does not say which Stata wrote it, or one that is not known (117 to 119 are).")
    little = start[2] == b"LSF"
    columns_kind, rows_kind, label_kind, name_size, pointed = _RELEASES[start[1]]
    place = Cursor(content, little=little, at=start.end(), part="its header")
    place.expect(b"<K>")
    columns = place.number(columns_kind)
    place.expect(b"</K><N>")
    rows = place.number(rows_kind)
    place.expect(b"</N><label>")
    place.take(place.number(label_kind))
    place.expect(b"</label><timestamp>")
    stamp = place.take(place.number("B")).decode("latin-1")
    place.expect(b"</timestamp></header>")
    starts = _section_map(place)
    of_types = Cursor(content, little=little, at=starts[_TYPES], part="its description of the columns")
    of_types.expect(_SECTIONS[_TYPES])
    kinds = of_types.numbers("H", columns)
    sizes = tuple(abs(_bytes_of(kind, 117)) for kind in kinds)
    start_of_answers, row = starts[_DATA] + len(_SECTIONS[_DATA]), sum(sizes)
    size = starts[_STRLS] - starts[_DATA] - len(b"<data></data>")
    if rows * row != size:
        raise HeaderError(f"Its header says {rows} rows of {row} bytes, and its answers take {size} bytes.")
    if LONG in kinds and rows:
        cells = np.frombuffer(content[start_of_answers : start_of_answers + size], dtype=np.uint8).reshape(rows, row)
        of_columns = [
            cells[:, end - 8 : end] for end, kind in zip(accumulate(sizes), kinds, strict=True) if kind == LONG
        ]
        place.at = starts[_STRLS] + len(_SECTIONS[_STRLS])
        _check_long_words(place, of_columns, rows_kind, pointed)
    place.at = starts[_LABEL_NAMES] + len(_SECTIONS[_LABEL_NAMES])
    label_tables = [_c_string(place.take(name_size)) for _ in range(columns)]
    place.at, place.part = starts[_TABLES] + len(_SECTIONS[_TABLES]), "its labels"
    tables = set()
    while place.content.startswith(b"<lbl>", place.at):
        place.expect(b"<lbl>")
        tables.add(_label_table(place, name_size))
        place.expect(b"</lbl>")
    place.expect(b"</value_labels>")
    _check_labelled(label_tables, [kind <= LONG for kind in kinds], tables)
    return Header(columns, rows, day_of(stamp), start=start_of_answers, sizes=sizes)


def _section_map(place: Cursor) -> tuple[int, ...]:
    """Return where the sections begin, each checked to be there."""
    place.expect(b"<map>")
    starts = place.numbers("Q", 14)
    place.expect(b"</map>")
    for at, mark in zip(starts, _SECTIONS, strict=False):
        if at == 0 and mark == b"<variable_labels>":
            continue  # Stata 13 itself leaves this one out
        if not place.content.startswith(mark, at) or at > len(place.content):
            if at >= len(place.content):
                message = f"It ends at byte {len(place.content)}, before its section `{mark.decode()}`."
            else:
                message = f"Its map says that `{mark.decode()}` begins at byte {at}, where something else is."
            raise HeaderError(message)
    if starts[-1] != len(place.content):
        raise HeaderError(f"It has {len(place.content)} bytes, and its map says {starts[-1]}.")
    if list(starts[_LABEL_NAMES + 2 :]) != sorted(starts[_LABEL_NAMES + 2 :]):
        raise HeaderError("The sections of its map do not follow one another.")
    return starts


def _bytes_of(kind: int, release: int) -> int:
    """Return the bytes of one answer; below zero for words."""
    if release < 111:
        size = _OLD_LETTERS.get(kind, -(kind - 127) if kind > 127 else 0)
    else:
        known, widest = (_SIZES, _WIDEST) if release >= 117 else (_OLD_SIZES, _OLD_WIDEST)
        size = known.get(kind, -kind if 1 <= kind <= widest else 0)
    if not size:
        raise HeaderError(f"One of its columns has the type {kind}, which Stata does not know.")
    return size


def _c_string(field: bytes) -> bytes:
    return field.split(b"\0")[0]


def _label_table(place: Cursor, name_size: int) -> bytes:
    """Pass over one table of labels, checked, and return its name."""
    size = place.number("i")
    name = _c_string(place.take(name_size))
    place.take(3)
    end = place.at + size
    count, length = place.numbers("i", 2)
    shown = name.decode("latin-1")
    if count < 0 or length < 0 or 8 + 8 * count + length != size:
        raise HeaderError(f"The table of labels `{shown}` does not have the length that it says.")
    starts = place.numbers("i", count)
    codes = place.numbers("i", count)
    if len(set(codes)) < count or not all(0 <= start < length for start in starts):
        raise HeaderError(
            f"The table of labels `{shown}` gives two labels to one code, or points outside of its words."
        )
    words = place.take(length)
    # Each label ends with a zero, before the next begins.
    if count and (words[-1] != 0 or any(start and words[start - 1] != 0 for start in starts)):
        raise HeaderError(f"The table of labels `{shown}` has a label that does not end where it should.")
    place.at = end
    return name


def _check_labelled(label_tables: Sequence[bytes], words: Sequence[bool], tables: set[bytes]) -> None:
    """Refuse a table of labels, whose codes are numbers, on a column of words."""
    for name, holds_words in zip(label_tables, words, strict=True):
        if holds_words and name and name in tables:
            raise HeaderError(f"The labels `{name.decode('latin-1')}` are of numbers, and a column of words has them.")


def _old_layout(content: bytes) -> Header:
    release = content[0]
    if len(content) < 4 or content[1] not in (1, 2):
        raise HeaderError("Its header does not say the order of the bytes of its numbers.")
    name_size = 33 if release >= 110 else 9
    place = Cursor(content, little=content[1] == 2, at=4, part="its header")
    columns, rows = place.number("H"), place.number("i")
    place.take(81)
    stamp = _c_string(place.take(18)).decode("latin-1")
    sizes = [_bytes_of(kind, release) for kind in place.take(columns)]
    place.part = "its description of the columns"
    place.take(columns * name_size + 2 * (columns + 1) + columns * _FORMATS.get(release, 12))
    label_tables = [_c_string(place.take(name_size)) for _ in range(columns)]
    place.take(81 * columns)
    while True:
        kind, length = place.number("B"), place.number("i" if release >= 110 else "h")
        if kind == 0 and length == 0:
            break
        place.take(length)
    place.part = "its answers"
    place.take(rows * sum(abs(size) for size in sizes) if rows >= 0 else -1)
    place.part = "its labels"
    tables = set()
    while place.at < len(content):
        tables.add(_label_table(place, name_size))
    _check_labelled(label_tables, [size < 0 for size in sizes], tables)
    return Header(columns, rows, day_of(stamp))


LONG = 32768  # the type of a column of long words
_MARK = b"GSO"


def _check_long_words(place: Cursor, cells: Sequence[NDArray[np.uint8]], rows_kind: str, column_bytes: int) -> None:
    """Refuse a file in which a cell points to long words that are not there: its reader takes it for an empty one."""
    head = struct.Struct(f"{place.order}I{rows_kind}BI")
    # the column comes first in a cell: in its smallest bytes, or in its largest
    column_shift, row_shift = (0, 8 * column_bytes) if place.order == "<" else (64 - 8 * column_bytes, 0)
    known, at = [0], place.at
    while place.content[at : at + len(_MARK)] == _MARK and at + len(_MARK) + head.size <= len(place.content):
        column, row, _, length = head.unpack_from(place.content, at + len(_MARK))
        known.append((column << column_shift | row << row_shift) & (2**64 - 1))
        at += len(_MARK) + head.size + length
    for each in cells:
        pointers = np.ascontiguousarray(each).view(f"{place.order}u8")
        astray = int((~np.isin(pointers, np.array(known, dtype=np.uint64))).sum())
        if astray:
            raise HeaderError(
                f"{astray} of its cells point to long words that are not there, as those of haven do with "
                "`version = 15` (with `version = 14` they are)."
            )
