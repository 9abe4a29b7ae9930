"""Dictionary of an SPSS file (.sav, .zsav), read by record, with its multiple-response sets.

The records are those of the description of the format published with PSPP. What is checked here is
what the native reader takes on trust: counts, types, the columns to which labels belong, and where
the file ends.
"""

from __future__ import annotations

import codecs
import re
import struct
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from diplab.loaders.notices import WORDS, Notices
from diplab.loaders.readstat.answers import SpssAnswers
from diplab.loaders.readstat.headers import Cursor, Header, HeaderError
from diplab.microdata.multiple_response import Responses
from diplab.microdata.variable import Code, as_code
from diplab.reference.text import Text

_HEADER = 176
_LAYOUTS = (2, 3)
_COLUMN, _LABELS, _LABELLED, _NOTES, _OTHER, _END = 2, 3, 4, 6, 7, 999
_CONTINUED = -1
_WIDEST = 255
_SHORT = 8
_SEGMENT = 252  # bytes that one segment of a very long string adds
_OWN_MISSING = {
    True: struct.pack("<d", -sys.float_info.max),
    False: struct.pack(">d", -sys.float_info.max),
}
_FLOATS = 4  # record of the number that is system-missing, which may be another
_MACHINE, _SETS, _LONG_NAMES, _LONG_STRINGS, _NEW_SETS, _ENCODING = 3, 7, 13, 14, 19, 20
_MISSING_COUNTS = (-3, -2, 0, 1, 2, 3)


@dataclass
class _Dictionary:
    """What the records of the dictionary say."""

    widths: list[int] = field(default_factory=list)
    """One for each element of eight bytes: 0 for numbers, bytes of words, -1 where words go on."""
    names: dict[int, str] = field(default_factory=dict)  # short names by element
    labelled: list[tuple[tuple[int, ...], list[bytes]]] = field(default_factory=list)
    """Columns of each table of labels, counted from 1, and the 8-byte codes that it labels."""
    other: dict[int, bytes] = field(default_factory=dict)


def spss_header(content: bytes) -> Header:
    """Return what the dictionary of an SPSS file says, checked."""
    if len(content) < _HEADER:
        raise HeaderError(f"It ends at byte {len(content)}, in the middle of its header.")
    little = Cursor(content, little=True, at=64).number("i") in _LAYOUTS
    place = Cursor(content, little=little, at=64, part="its header")
    layout, elements, compression, weight, rows = place.numbers("i", 5)
    if layout not in _LAYOUTS:
        raise HeaderError("Its header does not say the order of the bytes of its numbers.")
    _check_compression(content[:4], compression)
    dictionary, at = _records(Cursor(content, little=little, at=_HEADER))
    segments = _segments(dictionary)
    _check_elements(dictionary, segments, elements, weight)
    encoding = _encoding(dictionary, little=little)
    for columns, codes in dictionary.labelled:
        _check_labels(dictionary, columns, codes, encoding)
    size = _SHORT * len(dictionary.widths)
    _check_end(
        content, Cursor(content, little=little, at=at, part="its answers"), compression, rows, size
    )
    own = {place: name for place, name in dictionary.names.items() if place not in segments}
    names = _names(list(own.values()), dictionary.other.get(_LONG_NAMES, b""), encoding)
    words = tuple(names[name] for place, name in own.items() if dictionary.widths[place] > 0)
    sets = parse_sets(
        dictionary.other.get(_SETS, b"") + b"\n" + dictionary.other.get(_NEW_SETS, b""), encoding
    )
    answers = None
    if rows >= 0:
        [bias] = Cursor(content, little=little, at=84).numbers("d", 1)
        widths = tuple(width for width in dictionary.widths if width != _CONTINUED)
        floats = dictionary.other.get(_FLOATS, _OWN_MISSING[little])
        plain = not segments and floats.startswith(_OWN_MISSING[little])
        answers = SpssAnswers(at, rows, widths, compression, bias, little, encoding, plain)
    return Header(len(names), max(rows, -1), names, words, sets, answers)


def _check_compression(mark: bytes, compression: int) -> None:
    known = (2,) if mark == b"$FL3" else (0, 1)
    if compression not in known:
        raise HeaderError(
            f"Its header says compression {compression}, and a file that begins with "
            f"`{mark.decode('ascii')}` "
            f"has {' or '.join(map(str, known))}."
        )


def _records(place: Cursor) -> tuple[_Dictionary, int]:
    """Read the records up to the end of the dictionary; return them and where the answers begin."""
    dictionary = _Dictionary()
    while True:
        start = place.at
        kind = place.number("i")
        if kind == _COLUMN:
            _column(place, dictionary)
        elif kind == _LABELS:
            _labels(place, dictionary)
        elif kind == _NOTES:
            place.take(80 * place.number("i"))
        elif kind == _OTHER:
            subtype, size, count = place.numbers("i", 3)
            content = place.take(-1 if size < 0 or count < 0 else size * count)
            dictionary.other[subtype] = dictionary.other.get(subtype, b"") + content
        elif kind == _END:
            place.take(4)
            return dictionary, place.at
        else:
            raise HeaderError(
                f"Its dictionary holds a record of kind {kind} at byte {start}, which SPSS does "
                "not know."
            )


def _column(place: Cursor, dictionary: _Dictionary) -> None:
    start = place.at
    width, labelled, missing, _, _ = place.numbers("i", 5)
    name = place.take(8).decode("latin-1").rstrip()
    if not (_CONTINUED <= width <= _WIDEST and labelled in (0, 1) and missing in _MISSING_COUNTS):
        raise HeaderError(
            f"The column described at byte {start} has a width, a label or missing codes that SPSS "
            "does not know."
        )
    if width != _CONTINUED:
        dictionary.names[len(dictionary.widths)] = name.upper()
    dictionary.widths.append(width)
    if labelled:
        size = place.number("i")
        place.take(-1 if size < 0 else size + -size % 4)
    place.take(8 * abs(missing))


def _labels(place: Cursor, dictionary: _Dictionary) -> None:
    codes = []
    for _ in range(_count(place)):
        codes.append(place.take(8))
        size = place.take(1)[0]
        place.take(size + -(size + 1) % 8)
    if place.number("i") != _LABELLED:
        raise HeaderError(
            f"Labels end at byte {place.at} and do not say to which columns they belong."
        )
    dictionary.labelled.append((place.numbers("i", _count(place)), codes))


def _count(place: Cursor) -> int:
    count = place.number("i")
    if count < 0:
        place.take(count)
    return count


def _names(shorts: list[str], record: bytes, encoding: str) -> dict[str, str]:
    """Return the name of each column by its short name: `SHORT=long`, each ended by a tab."""
    try:
        entries = record.decode(encoding or "cp1252", "replace").split("\t")
    except (LookupError, ValueError):
        entries = record.decode("latin-1").split("\t")
    pairs = (entry.partition("=") for entry in entries)
    long = {}
    for short, _, name in pairs:
        if name:
            long[short.upper()] = name.rstrip("\0")
    names: dict[str, str] = {}
    for short in shorts:
        names[short] = long.get(short, short)
    return names


def _segments(dictionary: _Dictionary) -> set[int]:
    """Return the elements that begin a continuation segment of a very long string."""
    very_long = {}  # widths by short name: `NAME=00300`, each ended by a zero and a tab
    for entry in dictionary.other.get(_LONG_STRINGS, b"").split(b"\t"):
        name, _, width = entry.rstrip(b"\0\t").partition(b"=")
        digits = width.strip(b"\0 ")
        if name and digits.isdigit():
            very_long[name.decode("latin-1").upper()] = int(digits)
    starts = list(dictionary.names)
    segments: set[int] = set()
    for rank, place in enumerate(starts):
        length = very_long.get(dictionary.names[place], 0)
        if length > _WIDEST and place not in segments:
            segments |= set(starts[rank + 1 : rank + -(-length // _SEGMENT)])
    return segments


def _check_elements(
    dictionary: _Dictionary, segments: set[int], elements: int, weight: int
) -> None:
    continuations = 0
    for width in (*dictionary.widths, 0):  # a column after the last one ends its words
        if (width == _CONTINUED) != (continuations > 0):
            raise HeaderError(
                "Its dictionary describes words that are longer or shorter than their width."
            )
        continuations = (
            continuations - 1 if width == _CONTINUED else max(0, -(-width // _SHORT) - 1)
        )
    # Programs differ in how they count very long strings, and some write no count (0, -1).
    if elements > 0 and elements != len(dictionary.widths) and not segments:
        described = len(dictionary.widths)
        raise HeaderError(
            f"Its header says {elements} elements in a row, and its dictionary describes "
            f"{described}."
        )
    if not 0 <= weight <= len(dictionary.widths):
        raise HeaderError(
            f"Its header says that element {weight} holds the weights, and there are "
            f"{len(dictionary.widths)}."
        )


def _encoding(dictionary: _Dictionary, *, little: bool) -> str:
    """Return the name of the encoding that the file declares, in either of the records that do."""
    declared = dictionary.other.get(_ENCODING, b"").decode("ascii", "replace").strip()
    machine = dictionary.other.get(_MACHINE, b"")
    if declared or len(machine) < 32:
        return declared
    page = Cursor(machine, little=little, at=28).number("i")
    return {65001: "UTF-8"}.get(page, f"cp{page}")


def _check_labels(
    dictionary: _Dictionary, columns: tuple[int, ...], codes: list[bytes], encoding: str
) -> None:
    kinds = set()
    for column in columns:
        if column - 1 not in dictionary.names:
            raise HeaderError(f"Labels belong to element {column}, where no column begins.")
        width = dictionary.widths[column - 1]
        if width > _SHORT:
            raise HeaderError(
                f"Labels of eight bytes belong to `{dictionary.names[column - 1]}`, whose words "
                f"have {width}."
            )
        kinds.add(width > 0)
    if len(kinds) > 1:
        raise HeaderError("One table of labels belongs to columns of numbers and of words.")
    # The reader dies on words that it cannot turn into UTF-8.
    for code in codes if kinds == {True} and encoding.upper().replace("-", "") == "UTF8" else ():
        try:
            code.decode("utf-8")
        except UnicodeDecodeError:
            column_name = dictionary.names[columns[0] - 1]
            raise HeaderError(
                f"A label of `{column_name}` belongs to the answer {code!r}, which is not in UTF-8 "
                "as the file says."
            ) from None


def _check_end(content: bytes, place: Cursor, compression: int, rows: int, size: int) -> None:
    left = len(content) - place.at
    if compression == 0 and size and rows > 0 and left // size != rows:
        raise HeaderError(f"Its header says {rows} rows and {left // size} can be read.")
    if compression == 0 and size and left % size:
        raise HeaderError(
            f"Its answers take {left} bytes, which is not a whole number of rows of {size} bytes."
        )
    if compression == 2:
        start = place.at
        own, trailer, length = place.numbers("q", 3)
        if own != start or trailer + length != len(content):
            raise HeaderError("Its compressed answers do not end where their header says.")
    if rows == 0 and compression < 2 and left:
        raise HeaderError(f"Its header says 0 rows, and {left} bytes of answers follow.")


_BEGINNING = re.compile(rb"\$([^=\n$]+)=(C |D|E 1 |E 11 )")
_NAMED = re.compile(rb"\s*\$([^=\n]{1,64})")
_LENGTH = re.compile(rb"(\d{1,5}) ")


@dataclass(frozen=True)
class SpssSet:
    """One set as written."""

    name: str  # without its dollar
    columns: tuple[str, ...]  # short names of its columns, in capitals
    label: str  # in the file's words
    counted: str | None  # the code that says that an answer was given; None for a set of categories


def parse_sets(record: bytes, encoding: str) -> tuple[SpssSet, ...]:
    """Return the sets of the records in which SPSS writes them; one that is cut has no column."""
    try:
        codecs.lookup(encoding)
    except (LookupError, ValueError):
        encoding = "cp1252"
    sets = []
    at = 0
    while at < len(record):
        responses, at = _set_at(record, at, encoding)
        if responses is not None:
            sets += [responses]
    return tuple(sets)


def _set_at(record: bytes, at: int, encoding: str) -> tuple[SpssSet | None, int]:
    """Return the set that begins at a place, and where the next line begins."""
    line_end = record.find(b"\n", at)
    after = len(record) if line_end < 0 else line_end + 1
    start = _BEGINNING.match(record, at)
    named = _NAMED.match(record, at)
    broken = named and SpssSet(named[1].decode(encoding, "replace").strip(), (), "", None)
    if start is None:
        return broken, after
    place = start.end()
    counted_words: list[
        bytes
    ] = []  # the code that is counted, then the label; a set of categories has its label alone
    for _ in range(1 if start[2] == b"C " else 2):
        length = _LENGTH.match(record, place)
        if length is None:
            return broken, after
        counted_words.append(record[length.end() : length.end() + int(length[1])])
        place = length.end() + int(length[1]) + 1
    place -= 1
    line_end = record.find(b"\n", place)
    after = len(record) if line_end < 0 else line_end + 1
    columns = record[place:after].decode("latin-1").upper().split()
    name = start[1].decode(encoding, "replace")
    *counted, label = [word.decode(encoding, "replace").strip() for word in counted_words]
    return SpssSet(name, tuple(columns), label, counted[0] if counted else None), after


def multiple_responses(
    sets: Sequence[SpssSet], columns: Mapping[str, str], words: Sequence[str]
) -> tuple[dict[str, Responses], Notices]:
    """Return the sets of a file as questions with several answers, and notices on the others."""
    known: dict[str, Responses] = {}
    notices = []
    for subset in sets:
        names = list[str]()
        for short in subset.columns:
            if short in columns:
                names.append(columns[short])
        counted = None
        if subset.counted is not None:
            counted = _code(subset.counted, words=bool(set(names) & set(words)))
        if (
            not names
            or len(set(names)) < len(subset.columns)
            or (subset.counted is not None and counted is None)
        ):
            notices.append(WORDS("statistical.incomplete_set", name=subset.name))
            continue
        answered: dict[str, Any] = (
            {"kind": "categories"} if counted is None else {"counted": counted}
        )
        known[subset.name] = Responses(
            subset.name, names, label=Text.same(subset.label), **answered
        )
    return known, tuple(notices)


def _code(counted: str, *, words: bool) -> Code | None:
    if words:
        return counted
    try:
        return as_code(float(counted))  # type: ignore[no-any-return]
    except ValueError:
        return None
