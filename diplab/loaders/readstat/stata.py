"""The header of a Stata file (.dta), checked: counts, types, labels, long strings, positions."""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from diplab.loaders.readstat.answers import StataAnswers
from diplab.loaders.readstat.headers import Cursor, Header, HeaderError, Wordings

_MARKED = b"<stata_dta>"
_RELEASES = {
    b"117": ("H", "I", "B", 33, 4),
    b"118": ("H", "Q", "H", 129, 2),
    b"119": ("I", "Q", "H", 129, 3),
}
"""Kind of the counts of columns and rows, of the length of the label.

Bytes of a name, and of a column in a pointer.
"""
_SECTIONS = (
    b"<stata_dta>", b"<map>", b"<variable_types>", b"<varnames>", b"<sortlist>", b"<formats>",
    b"<value_label_names>", b"<variable_labels>", b"<characteristics>", b"<data>", b"<strls>",
    b"<value_labels>", b"</stata_dta>",
)  # fmt: skip
_TYPES, _NAMES, _LABEL_NAMES, _NOTES, _DATA, _STRLS, _TABLES = 2, 3, 6, 8, 9, 10, 11
_SPARE = 512  # bytes that may follow its end
_LONG = "V8"  # the place of long words
_KINDS = {32768: _LONG, 65526: "f8", 65527: "f4", 65528: "i4", 65529: "i2", 65530: "i1"}
_OLD_KINDS = {251: "i1", 252: "i2", 253: "i4", 254: "f4", 255: "f8"}
_OLDEST_KINDS = {ord("b"): "i1", ord("i"): "i2", ord("l"): "i4", ord("f"): "f4", ord("d"): "f8"}
"""How numpy names each type."""
_WIDEST, _OLD_WIDEST = 2045, 244
_OLD = range(108, 116)
_LETTERED = 113  # the release from which on missing values have letters
_FORMATS = {113: 12, 114: 49, 115: 49}


def stata_header(content: bytes) -> Header:
    """Return the checked header of a Stata file; formats before Stata 6 (108) are not checked."""
    if content.startswith(_MARKED):
        return _marked_layout(content)
    if content[0] in _OLD:
        return _old_layout(content)
    return Header()


def _marked_layout(content: bytes) -> Header:
    start = re.match(
        rb"<stata_dta><header><release>(\d{3})</release><byteorder>(MSF|LSF)</byteorder>", content
    )
    if start is None or start[1] not in _RELEASES:
        raise HeaderError(
            "Its header does not say which Stata wrote it, or one that is not known (117 to 119 "
            "are)."
        )
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
    place.take(place.number("B"))
    place.expect(b"</timestamp></header>")
    starts = _section_map(place)

    def section(rank: int, part: str = place.part) -> Cursor:
        return Cursor(content, little=little, at=starts[rank] + len(_SECTIONS[rank]), part=part)

    of_types = section(_TYPES, "its description of the columns").numbers("H", columns)
    kinds = tuple(_kind_of(number, 117) for number in of_types)
    encoding = "utf-8"
    if start[1] == b"117":
        encoding = "cp1252"
    answers = StataAnswers(section(_DATA).at, rows, kinds, little, encoding)
    size = starts[_STRLS] - starts[_DATA] - len(b"<data></data>")
    if rows * answers.size != size:
        raise HeaderError(
            f"Its header says {rows} rows of {answers.size} bytes, and its answers take {size} "
            "bytes."
        )
    of_files = set[int]()
    if _LONG in kinds and rows:
        of_files = _check_long_words(section(_STRLS), answers, rows_kind, pointed)
    names, label_tables = (
        _strings(section(rank), columns, name_size) for rank in (_NAMES, _LABEL_NAMES)
    )
    place = section(_TABLES, "its labels")
    tables = dict[bytes, _LabelTable]()
    while place.content.startswith(b"<lbl>", place.at):
        place.expect(b"<lbl>")
        tables |= _label_table(place, name_size)
        place.expect(b"</lbl>")
    place.expect(b"</value_labels>")
    notes = _notes(section(_NOTES, "its characteristics"), name_size)
    header = _header(answers, names, label_tables, tables, notes)
    return replace(
        header,
        binary=tuple(name for at, name in enumerate(header.names.values(), 1) if at in of_files),
    )


_LabelTable: TypeAlias = tuple[
    Sequence[int], Sequence[int], bytes
]  # codes, where their words begin, and the words
_Notes: TypeAlias = dict[
    tuple[bytes, bytes], bytes
]  # what Stata calls characteristics, by column and name


def _header(
    answers: StataAnswers,
    names: Sequence[bytes],
    label_tables: Sequence[bytes],
    tables: Mapping[bytes, _LabelTable],
    notes: _Notes,
) -> Header:
    """Return the header; refuse value labels, whose codes are numbers, on a column of words."""
    for table, kind in zip(label_tables, answers.kinds, strict=True):
        if kind[0] in "SV" and table and table in tables:
            raise HeaderError(
                f"The labels `{table.decode('latin-1')}` are of numbers, and a column of words has "
                "them."
            )
    known = {name: name for name in (item.decode(answers.encoding, "replace") for item in names)}
    wordings = _wordings(notes, tables, answers.encoding)
    return Header(len(answers.kinds), answers.rows, known, answers=answers, wordings=wordings)


_LANGUAGE = b"_lang_"  # begins the names of the notes in which `label language` keeps labels
_OF_COLUMN, _OF_CODES = b"_lang_v_", b"_lang_l_"


def _notes(place: Cursor, name_size: int) -> _Notes:
    """Return the notes of languages.

    Those of other kinds are passed over, and what is not a note ends them.
    """
    notes = _Notes()
    while place.content.startswith(b"<ch>", place.at):
        place.expect(b"<ch>")
        content = place.take(place.number("I"))
        if not place.content.startswith(b"</ch>", place.at):
            break
        place.expect(b"</ch>")
        notes |= _note(content, name_size)
    return notes


def _note(content: bytes, name_size: int) -> _Notes:
    """Return a note of languages as the column, the name and the words that it holds.

    None of another kind.
    """
    name = _ended(content[name_size : 2 * name_size])
    of_language = name.startswith(_LANGUAGE)
    if of_language:
        return {(_ended(content[:name_size]), name): _ended(content[2 * name_size :])}
    return {}


def _wordings(notes: _Notes, tables: Mapping[bytes, _LabelTable], encoding: str) -> Wordings | None:
    """Return the labels in further languages ([D] label language).

    None where there is one language.
    """
    current = notes.get((b"_dta", b"_lang_c"), b"default")
    languages = set(notes.get((b"_dta", b"_lang_list"), b"").split()) - {current}
    labels, codes = dict[tuple[str, str], str](), dict[tuple[str, str], dict[int, str]]()
    for (column, name), content in notes.items():
        kind, language = name[: len(_OF_COLUMN)], name[len(_OF_COLUMN) :]
        place = (column.decode(encoding, "replace"), language.decode(encoding, "replace"))
        if column == b"_dta" or language not in languages:
            continue
        if kind == _OF_COLUMN:
            labels[place] = content.decode(encoding, "replace")
        elif kind == _OF_CODES and content in tables:
            numbers, starts, words = tables[content]
            texts = list[str]()
            for start in starts:
                texts.append(_ended(words[start:]).decode(encoding, "replace"))
            codes[place] = dict(zip(numbers, texts, strict=True))
    if labels or codes:
        return Wordings(current.decode(encoding, "replace"), labels, codes)
    return None


def _strings(place: Cursor, count: int, size: int) -> list[bytes]:
    return [_ended(place.take(size)) for _ in range(count)]


def _ended(field: bytes) -> bytes:
    """Return words up to the zero that ends them."""
    return field.partition(b"\0")[0]


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
                message = (
                    f"It ends at byte {len(place.content)}, before its section `{mark.decode()}`."
                )
            else:
                message = (
                    f"Its map says that `{mark.decode()}` begins at byte {at}, where something "
                    "else is."
                )
            raise HeaderError(message)
    # a copy may end with the end of a line
    spare = len(place.content) - starts[-1]
    if not 0 <= spare <= _SPARE or place.content[starts[-1] :].strip(b"\r\n\0\x1a "):
        raise HeaderError(f"It has {len(place.content)} bytes, and its map says {starts[-1]}.")
    if list(starts[_LABEL_NAMES + 2 :]) != sorted(starts[_LABEL_NAMES + 2 :]):
        raise HeaderError("The sections of its map do not follow one another.")
    return starts


def _kind_of(number: int, release: int) -> str:
    """Return how numpy names the type of a column."""
    if release < 111:
        kind = _OLDEST_KINDS.get(number, f"S{number - 127}" if number > 127 else "")
    else:
        known, widest = (_KINDS, _WIDEST) if release >= 117 else (_OLD_KINDS, _OLD_WIDEST)
        kind = known.get(number, f"S{number}" if 1 <= number <= widest else "")
    if not kind:
        raise HeaderError(f"One of its columns has the type {number}, which Stata does not know.")
    return kind


def _label_table(place: Cursor, name_size: int) -> dict[bytes, _LabelTable]:
    """Return one table of labels, checked, under its name."""
    size = place.number("i")
    name = _ended(place.take(name_size))
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
            f"The table of labels `{shown}` gives two labels to one code, or points outside of its "
            "words."
        )
    words = place.take(length)
    # Each label ends with a zero, before the next begins.
    if count and (words[-1] != 0 or any(start and words[start - 1] != 0 for start in starts)):
        raise HeaderError(
            f"The table of labels `{shown}` has a label that does not end where it should."
        )
    place.at = end
    return {name: (codes, starts, words)}


def _old_layout(content: bytes) -> Header:
    release = content[0]
    if len(content) < 4 or content[1] not in (1, 2):
        raise HeaderError("Its header does not say the order of the bytes of its numbers.")
    name_size = 9
    if release >= 110:
        name_size = 33
    place = Cursor(content, little=content[1] == 2, at=4, part="its header")
    columns, rows = place.number("H"), place.number("i")
    place.take(81 + 18)
    kinds = tuple(_kind_of(number, release) for number in place.take(columns))
    place.part = "its description of the columns"
    names = _strings(place, columns, name_size)
    place.take(2 * (columns + 1) + columns * _FORMATS.get(release, 12))
    label_tables = _strings(place, columns, name_size)
    place.take(81 * columns)
    notes = _Notes()
    while True:
        kind, length = place.number("B"), place.number("i" if release >= 110 else "h")
        if kind == 0 and length == 0:
            break
        notes |= _note(place.take(length), name_size)
    place.part = "its answers"
    answers = StataAnswers(
        place.at, rows, kinds, content[1] == 2, "cp1252", plain=release >= _LETTERED
    )
    place.take(rows * answers.size if rows >= 0 else -1)
    place.part = "its labels"
    tables = dict[bytes, _LabelTable]()
    while place.at < len(content):
        tables |= _label_table(place, name_size)
    return _header(answers, names, label_tables, tables, notes)


_MARK = b"GSO"


_BINARY = 129  # long words that hold a file, or words that Stata does not know as such


def _check_long_words(
    place: Cursor, answers: StataAnswers, rows_kind: str, column_bytes: int
) -> set[int]:
    """Return the columns of which a cell holds a file.

    Refuse cells that point to words which are not there.
    """
    # for an empty cell the native reader takes such a one
    head = struct.Struct(f"{place.order}I{rows_kind}BI")
    # the column comes first in a cell: in its smallest bytes, or in its largest
    column_shift, row_shift = (
        (0, 8 * column_bytes) if place.order == "<" else (64 - 8 * column_bytes, 0)
    )
    known, at, of_files = [0], place.at, set[int]()
    while place.content[at : at + len(_MARK)] == _MARK and at + len(_MARK) + head.size <= len(
        place.content
    ):
        column, row, kind, length = head.unpack_from(place.content, at + len(_MARK))
        begin = at + len(_MARK) + head.size
        if kind == _BINARY and not _is_text(
            place.content[begin : begin + length], answers.encoding
        ):
            of_files.add(column)
        known.append((column << column_shift | row << row_shift) & (2**64 - 1))
        at += len(_MARK) + head.size + length
    table = answers.table(place.content)
    for item in (str(rank) for rank, kind in enumerate(answers.kinds) if kind == _LONG):
        pointers = np.ascontiguousarray(table[item]).view(f"{place.order}u8")
        astray = int((~np.isin(pointers, np.array(known, dtype=np.uint64))).sum())
        if astray:
            raise HeaderError(
                f"{astray} of its cells point to long words that are not there, as those of haven "
                "do with "
                "`version = 15` (with `version = 14` they are)."
            )
    return of_files


def _is_text(content: bytes, encoding: str) -> bool:
    try:
        return "\0" not in content.rstrip(b"\0").decode(encoding)
    except UnicodeDecodeError:
        return False
