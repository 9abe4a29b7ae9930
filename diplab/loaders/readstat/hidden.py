"""Hidden, filtered or merged rows and columns of sheets, as each workbook format records them.

A file says so of spans, which may be of a million rows and may be said again: nothing here lists
what is in them.

calamine does not tell. The parts of an .xlsx and of an .ods are looked through as text; the records
of an .xlsb and of an .xls are walked through by their lengths ([MS-XLSB] 2.1.4, [MS-XLS] 2.1.4,
[MS-CFB]).
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterable, Iterator
from itertools import islice
from struct import error as cut_record
from struct import unpack_from
from typing import TypeAlias

from defusedxml.ElementTree import fromstring

Span: TypeAlias = tuple[int, int]
"""The first of consecutive rows or columns, counted from 0, and the one after the last."""
Hidden: TypeAlias = tuple[list[Span], list[Span]]
"""Rows and columns."""


def hidden_cells(content: bytes, archive: zipfile.ZipFile | None, place: int) -> Hidden:
    """Return the hidden rows and columns of the sheet at a position in an .ods, .xlsb or .xls."""
    try:
        if archive is None:
            return _of_records(_book_stream(content), place)
        members = {}
        for item in archive.namelist():
            members[item.lower()] = item
        if "xl/workbook.bin" in members:
            return _of_binary_part(archive, members, place)
        if "content.xml" in members:
            return _of_opendocument(archive.read(members["content.xml"]), place)
        return ([], [])
    except (
        cut_record,
        LookupError,
        UnicodeError,
        SyntaxError,
    ):  # calamine has read what this does not understand
        return [], []


# .xlsx

_HIDDEN_ROW = re.compile(
    rb"<(?:\w+:)?row\b(?=[^>]*?\shidden\s*=\s*[\"'](?:1|true)\b)[^>]*?\sr\s*=\s*[\"'](\d+)"
)
_COLUMNS = re.compile(rb"<(?:\w+:)?col\b([^>]*)")
_ATTRIBUTE = re.compile(rb"\s(min|max|hidden|numFmtId|formatCode)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")


def attributes(tag: bytes) -> dict[bytes, bytes]:
    """Return the attributes of a tag that say how cells are shown."""
    values: dict[bytes, bytes] = {}
    for name, double, single in _ATTRIBUTE.findall(tag):
        values[name] = double or single
    return values


def hidden_in_xml(xml: bytes) -> Hidden:
    """Return the hidden rows and columns of a sheet of an .xlsx."""
    if b"hidden" not in xml:
        return [], []
    rows = list[tuple[int, int]]()
    for item in _HIDDEN_ROW.findall(xml):
        rows.append((int(item) - 1, int(item)))
    columns: list[Span] = []
    for item in _COLUMNS.findall(xml):
        found = attributes(item)
        if found.get(b"hidden") in (b"1", b"true") and found.get(b"min", b"").isdigit():
            columns.append((int(found[b"min"]) - 1, int(found.get(b"max", found[b"min"]))))
    return rows, columns


# .ods

_TABLE = re.compile(rb"<(?:\w+:)?table(?=[\s>])")
_LINE = re.compile(rb"<(?:\w+:)?table-(row|column)\b([^>]*)")
_REPEATED = re.compile(rb"number-(?:rows|columns)-repeated\s*=\s*[\"'](\d{1,7})")
_UNSEEN = re.compile(rb"visibility\s*=\s*[\"'](?:collapse|filter)")


def _of_opendocument(xml: bytes, place: int) -> Hidden:
    if not _UNSEEN.search(xml):
        return [], []
    begins = list[int]()
    for item in _TABLE.finditer(xml):
        begins.append(item.start())
    found: dict[bytes, list[Span]] = {b"row": [], b"column": []}
    reached = {b"row": 0, b"column": 0}
    end = begins[place + 1] if place + 1 < len(begins) else len(xml)
    for line in _LINE.finditer(xml, begins[place], end):
        repeated = _REPEATED.search(line[2])
        first, reached[line[1]] = (
            reached[line[1]],
            reached[line[1]] + (int(repeated[1]) if repeated else 1),
        )
        if _UNSEEN.search(line[2]):
            found[line[1]].append((first, reached[line[1]]))
    return found[b"row"], found[b"column"]


_ODS_CELL = re.compile(
    rb"<(?:\w+:)?(?:table-(row)|(?:covered-)?table-cell)\b((?:[^>\"']|\"[^\"]*\"|'[^']*')*)"
)
_FORMULA = re.compile(rb"\s(?:\w+:)?formula\s*=")
_TYPED = re.compile(rb"\s(?:\w+:)?value-type\s*=")


_SPANNED = re.compile(rb"\s(?:\w+:)?number-(rows|columns)-spanned\s*=\s*[\"'](\d{1,7})[\"']")


def uncomputed_cells(archive: zipfile.ZipFile, place: int) -> Iterator[tuple[Span, Span]]:
    """Yield the rows and the columns of cells of a sheet of an .ods whose formula has no value."""
    for rows, columns, formula in _opendocument_cells(archive, place, b"formula"):
        if _FORMULA.search(formula) and not _TYPED.search(formula):
            yield rows, columns


def merged_cells(archive: zipfile.ZipFile, place: int) -> Iterator[tuple[Span, Span]]:
    """Yield the merged cells of a sheet of an .ods or .xlsb, which calamine does not report."""
    members = {}
    for item in archive.namelist():
        members[item.lower()] = item
    if "xl/workbook.bin" in members:
        for kind, record in _binary_sheet(archive, members, place):
            if kind == _MERGED:
                top, down, left, right = unpack_from("<4I", record)
                yield (top, down + 1), (left, right + 1)
    for (row, _), (column, _), spans in _opendocument_cells(archive, place, b"-spanned"):
        spanned = {}
        for name, count in _SPANNED.findall(spans):
            spanned[name] = int(count)
        below, right = row + spanned.get(b"rows", 1), column + spanned.get(b"columns", 1)
        if below > row + 1 or right > column + 1:
            yield (row, below), (column, right)


def _opendocument_cells(
    archive: zipfile.ZipFile, place: int, word: bytes
) -> Iterator[tuple[Span, Span, bytes]]:
    """Yield the rows, columns and attributes of cells of an .ods sheet if `word` occurs in it."""
    xml = b""
    if "content.xml" in archive.namelist():
        xml = archive.read("content.xml")
    if word not in xml:
        return
    begins = [*(item.start() for item in _TABLE.finditer(xml)), len(xml)]
    row = column = height = 0
    for cell in _ODS_CELL.finditer(xml, *begins[place : place + 2]):
        repeated = _REPEATED.search(cell[2])
        count = 1
        if repeated:
            count = int(repeated[1])
        if cell[1]:
            row, column, height = row + height, 0, count
            continue
        yield (row, row + height), (column, column + count), cell[2]
        column += count


# .xlsb

_SHEET, _ROW, _COLUMN, _MERGED, _ENDS = 156, 0, 60, 176, 130


def _binary_sheet(
    archive: zipfile.ZipFile, members: dict[str, str], place: int
) -> Iterator[tuple[int, bytes]]:
    """Return the records of a sheet of an .xlsb, by its place among the sheets."""
    links = fromstring(archive.read(members["xl/_rels/workbook.bin.rels"]))
    targets = {}
    for link in links:
        targets[link.get("Id", "")] = link.get("Target", "")
    sheets = []
    for kind, record in _binary_records(archive.read(members["xl/workbook.bin"])):
        if kind == _SHEET:
            (length,) = unpack_from("<I", record, 8)
            sheets.append(targets[record[12 : 12 + 2 * length].decode("utf-16-le")])
    worksheets = [sheet for sheet in sheets if "worksheets/" in sheet]
    path = posixpath.normpath(posixpath.join("/xl", worksheets[place])).lstrip("/")
    return _binary_records(archive.read(members[path.lower()]))


def _of_binary_part(archive: zipfile.ZipFile, members: dict[str, str], place: int) -> Hidden:
    rows: list[Span] = []
    columns: list[Span] = []
    for kind, record in _binary_sheet(archive, members, place):
        if kind == _ROW and record[11] & 0x10:
            (row,) = unpack_from("<I", record)
            rows.append((row, row + 1))
        elif kind == _COLUMN and record[16] & 1:
            first, last = unpack_from("<2I", record)
            columns.append((first, last + 1))
    return rows, columns


def _binary_records(part: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the kind and the content of each record: both numbers before it hold 7 bits a byte."""
    place, kind = 0, -1
    while kind != _ENDS and place < len(part):
        kind = part[place]
        place += 1
        if kind & 0x80:
            kind = (kind & 0x7F) | (part[place] & 0x7F) << 7
            place += 1
        size = shift = 0
        while True:
            size |= (part[place] & 0x7F) << shift
            place, shift = place + 1, shift + 7
            if part[place - 1] < 0x80:
                break
        if kind in (_SHEET, _ROW, _COLUMN, _MERGED):
            yield kind, part[place : place + size]
        place += size


# .xls

_BOUNDS, _OLD_ROW, _OLD_COLUMNS, _END = 0x85, 0x208, 0x7D, 0x0A
_CHAIN_END = 0xFFFF_FFF0


def _records(stream: bytes, place: int = 0) -> Iterator[tuple[int, bytes]]:
    """Yield the kind and the content of each record from a place on, to the end of its sheet."""
    kind = -1
    while kind != _END and place + 4 <= len(stream):
        kind, size = unpack_from("<2H", stream, place)
        if kind in (_BOUNDS, _OLD_ROW, _OLD_COLUMNS):
            yield kind, stream[place + 4 : place + 4 + size]
        place += 4 + size


def _of_records(stream: bytes, place: int) -> Hidden:
    bounds = list[bytes]()
    for kind, record in _records(stream):
        if kind == _BOUNDS:
            bounds.append(record)
    worksheets = [unpack_from("<I", bound)[0] for bound in bounds if bound[5] == 0]
    rows: list[Span] = []
    columns: list[Span] = []
    for kind, record in _records(stream, worksheets[place]):
        if kind == _OLD_ROW and record[12] & 0x20:
            (row,) = unpack_from("<H", record)
            rows.append((row, row + 1))
        elif kind == _OLD_COLUMNS and record[8] & 1:
            first, last = unpack_from("<2H", record)
            columns.append((first, last + 1))
    return rows, columns


def _book_stream(content: bytes) -> bytes:
    """Return the records of an .xls from the compound file that holds them."""
    size = 1 << unpack_from("<H", content, 30)[0]
    (directory,) = unpack_from("<I", content, 48)
    (more,) = unpack_from("<I", content, 68)
    tables = [*unpack_from("<109I", content, 76)]
    for _ in range(len(content) // size):
        if more >= _CHAIN_END:
            break
        *further, more = unpack_from(f"<{size // 4}I", content, (more + 1) * size)
        tables += further
    after: list[int] = []
    for table in tables:
        if table < _CHAIN_END:
            after += unpack_from(f"<{size // 4}I", content, (table + 1) * size)
    entries = _chain(content, size, after, directory)
    for at in range(0, len(entries), 128):
        length, start, whole = (
            *unpack_from("<H", entries, at + 64),
            *unpack_from("<2I", entries, at + 116),
        )
        if entries[at : at + max(length - 2, 0)].decode("utf-16-le") not in ("Workbook", "Book"):
            continue
        if (
            whole < unpack_from("<I", content, 56)[0]
        ):  # short streams lie in that of the root, in sectors of their own
            small = 1 << unpack_from("<H", content, 32)[0]
            following = _chain(content, size, after, unpack_from("<I", content, 60)[0])
            content = bytes(small) + _chain(
                content, size, after, unpack_from("<I", entries, 116)[0]
            )
            size, after = small, [*unpack_from(f"<{len(following) // 4}I", following)]
        return _chain(content, size, after, start)[:whole]
    return b""


def _chain(content: bytes, size: int, after: list[int], sector: int) -> bytes:
    sectors = islice(
        _following(after, sector), len(after)
    )  # one that comes back to itself ends too
    return b"".join(content[(item + 1) * size : (item + 2) * size] for item in sectors)


def _following(after: list[int], sector: int) -> Iterable[int]:
    while sector < _CHAIN_END:
        yield sector
        sector = after[sector]
