"""The native reader of workbooks (.xlsx, .xlsm, .xls, .xlsb, .ods), calamine.

It runs in a child process too, and imports no pandas. A cell becomes one word: a letter for its
kind, and what it holds (`n1.5`, `sParis`, `b1`, `d2026-01-02`, `m2026-01-02T14:30:00`, `t09:05:00`
of a clock, `h30:05:00` of a duration); `e#N/A` is an error, `f` a formula never computed, and an
empty cell an empty word. A column of nothing but numbers is an array of them, NaN where it is
empty.
"""

from __future__ import annotations

import datetime as dt
import io
import itertools
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import python_calamine
from defusedxml.ElementTree import fromstring

from diplab.kernel.arrays import Array, Booleans, Places
from diplab.loaders.readstat.hidden import (
    Span,
    attributes,
    hidden_cells,
    hidden_in_xml,
    merged_cells,
    uncomputed_cells,
)
from diplab.loaders.readstat.reader import NativeReaderError, NativeTable, StoredColumn

MOST_CELLS = 30_000_000
"""Largest number of cells of a sheet, empty ones included: calamine keeps them all in memory."""
MOST_ROWS, MOST_COLUMNS = (
    1_048_576,
    16_384,
)  # what a sheet of Excel can hold: a cell beyond is meant to exhaust memory
FAR_ROWS, FAR_COLUMNS = 1000, 100  # what stands beyond so many empty ones is not of the table
UNCOMPUTED = "f"
_BROKEN = (
    python_calamine.CalamineError, zipfile.BadZipFile, zlib.error, SyntaxError, LookupError,
    ValueError, EOFError, OSError, RuntimeError,
)  # fmt: skip
_STRINGS, _BOOK, _LINKS = "xl/sharedstrings.xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"


def read_sheets(file: Path | bytes, wanted: Sequence[str | int] | None) -> NativeTable:
    """Read the sheets of a workbook that are named, in any case, or counted from 1.

    All by default.
    """
    # with none named, up to the first that holds a table: hidden ones hold lists and work, one of
    # one column is a cover
    content = file if isinstance(file, bytes) else file.read_bytes()
    try:
        try:
            book = python_calamine.load_workbook(io.BytesIO(content))  # whatever its suffix
        except python_calamine.CalamineError:
            if isinstance(file, bytes):
                raise
            book = python_calamine.load_workbook(
                file
            )  # which says what is wrong with a workbook of that suffix
        return _read(book, content, wanted)
    except TimeoutError:  # of an alarm outside
        raise
    except _BROKEN as broken:
        reason = str(broken).strip().splitlines() or [type(broken).__name__]
        raise NativeReaderError(
            f"It is not a valid workbook: {reason[0].rstrip('.:')}."
        ) from broken


def _read(book: Any, content: bytes, wanted: Sequence[str | int] | None) -> NativeTable:
    archive = None
    if content.startswith(b"PK"):
        archive = zipfile.ZipFile(io.BytesIO(content))
    parts = {}
    if archive is not None:
        parts = _parts(archive)
    if archive is not None:
        for member in archive.namelist():
            if not parts or member.lower() == _STRINGS:
                archive.read(member)  # which checks its sum, as calamine does not
    sheets = list[Any]()
    for item in book.sheets_metadata:
        if item.typ == python_calamine.SheetTypeEnum.WorkSheet:
            sheets.append(item)
    shown = list[Any]()
    for sheet in sheets:
        shown.append(sheet.visible == python_calamine.SheetVisibleEnum.Visible)
    folded = [item.strip().lower() if isinstance(item, str) else item for item in wanted or ()]
    columns: dict[str, StoredColumn] = {}
    read: dict[int, tuple[Any, ...]] = {}
    width = 0
    for place in sorted(range(len(sheets)), key=lambda place: not shown[place]):
        name = sheets[place].name
        if folded and place + 1 not in folded and name.strip().lower() not in folded:
            continue
        if wanted is not None and not folded and columns and (width > 1 or not shown[place]):
            break
        cells, above, far, look = _read_sheet(
            book, name, content, archive, parts.get(name, ""), place
        )
        width, read[place] = len(cells), (len(cells), above, far, *astuple(look))
        columns |= {f"{place}.{number}": StoredColumn(item) for number, item in enumerate(cells)}
    names = [sheet.name for sheet in sheets]
    unread = []
    if wanted is not None:
        unread = [name for place, name in enumerate(names) if place not in read]
    empty = [name for name in unread if _is_empty(book, name, archive, parts.get(name, ""))]
    return NativeTable(
        columns, {"sheets": names, "shown": shown, "read": list(read.items()), "empty": empty}
    )


def _parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """Return the part of each sheet of an .xlsx by the name of the sheet.

    None of another workbook.
    """
    members = {}
    for item in archive.namelist():
        members[item.lower()] = item
    if _BOOK not in members or _LINKS not in members:
        return {}
    targets = {}
    for item in fromstring(archive.read(members[_LINKS])):
        targets[item.get("Id", "")] = item.get("Target", "")
    parts: dict[str, str] = {}
    for item in fromstring(archive.read(members[_BOOK])).iter():
        if item.tag.rpartition("}")[2] == "sheet":
            target = targets.get(
                next((value for key, value in item.items() if key.endswith("}id")), ""), ""
            )
            path = posixpath.normpath(posixpath.join("/xl", target)).lstrip("/")
            parts[item.get("name", "")] = members.get(path.lower(), "")
    return parts


_SMALL, _SPARSE = 100_000, 20
_FILLED = re.compile(rb"<(?:\w+:)?(?:v|is)[\s>]")


def _is_empty(book: Any, name: str, archive: zipfile.ZipFile | None, part: str) -> bool:
    if archive is None or not part:
        return book.get_sheet_by_name(name).end is None
    return archive.getinfo(part).file_size < _SMALL and not _FILLED.search(archive.read(part))


@dataclass(frozen=True)
class Shown:
    """What a sheet says of how it is shown, by rows and columns counted from its first cell."""

    merged: list[Merged]
    rows: list[int]  # hidden
    columns: list[int]  # hidden
    percent: list[int]  # columns with cells shown in %


Merged: TypeAlias = tuple[int, int, int, int]
"""First row and column of merged cells, then the last ones, from the first cell of a sheet."""
_MOST_MERGED = 100_000
_REFERENCE = rb"\s(?:[^>]*?\s)??r\s*=\s*[\"']"
_COLUMN = re.compile(rb"<(?:\w+:)?c" + _REFERENCE + rb"([A-Za-z]+)")
_ROW = re.compile(rb"<(?:\w+:)?(?:row|c)" + _REFERENCE + rb"[A-Za-z]*(\d+)")
_ODD = re.compile(rb"\st\s*=\s*[\"']e[\"']|<(?:\w+:)?f[\s/>]|>-?\d{16,}<")


_HEAD = 10_000  # bytes within which a sheet says what cells it has
_DIMENSION = re.compile(
    rb"<(?:\w+:)?dimension\s[^>]*?ref\s*=\s*[\"']([^\"']*)[\"']"
    rb"[^>]*?(?:/>|>\s*</(?:\w+:)?dimension>)"
)
_CELLS = re.compile(rb"\$?[A-Za-z]{1,3}\$?\d{1,7}(?::\$?[A-Za-z]{1,3}\$?\d{1,7})?")


def _read_sheet(
    book: Any, name: str, content: bytes, archive: zipfile.ZipFile | None, part: str, place: int
) -> tuple[list[Array], int, int, Shown]:
    """Return the columns of a sheet, its first row, how many far cells it omits, its display."""
    xml, far = b"", 0
    if archive is not None and part:
        xml = archive.read(part)
        if (
            xml.count(_EMPTY_CELL) > _SMALL
        ):  # LibreOffice may write whole rows of them, which only their style fills
            xml = _without_empty_ends(xml)
            book = python_calamine.load_workbook(_with_part(archive, part, xml))
        letters = _COLUMN.findall(xml)
        width, height = (
            max(map(_number, set(letters)), default=0),
            max(map(int, set(_ROW.findall(xml))), default=0),
        )
        most = min(MOST_CELLS, _SMALL + _SPARSE * len(letters))
        if width * height > most or width > MOST_COLUMNS or height > MOST_ROWS:
            xml, far = _without_far(xml, name)
            if far:
                book = python_calamine.load_workbook(_with_part(archive, part, xml))
        del letters
        if (span := _DIMENSION.search(xml, 0, _HEAD)) is not None and not _CELLS.fullmatch(span[1]):
            # LibreOffice writes whole rows (`1:1880`), which calamine does not take; the cells say
            # where they are
            xml = xml[: span.start()] + xml[span.end() :]
            book = python_calamine.load_workbook(_with_part(archive, part, xml))
    sheet = book.get_sheet_by_name(name)
    if sheet.start is None:
        return [], 0, far, Shown([], [], [], [])
    if sheet.height * sheet.width > MOST_CELLS:
        raise _beyond(name)
    # what is not needed any more is freed: the sheet is here in four forms
    odd_cells, minus = _ODD.search(xml) is not None, b">-" in xml
    row, column = sheet.start
    merged = _merged(sheet, archive, place)
    hidden = hidden_in_xml(xml) if xml else hidden_cells(content, archive, place)
    unseen_rows = _within(hidden[0], row, sheet.height)
    unseen_columns = _within(hidden[1], column, sheet.width)
    look = Shown(merged, unseen_rows, unseen_columns, _in_percent(xml, archive, column))
    xml = xml if odd_cells or minus else b""
    cells = list(zip(*sheet.to_python(), strict=True))[::-1]
    del sheet
    # a time below zero, which Excel does not show, would lose its sign
    negative = minus and any(dt.time in map(type, cell) for cell in cells)
    if odd_cells or negative:
        odd = _odd_words(xml, row, negative=negative)
    else:
        odd = _uncomputed(archive, place, (row, column), (len(cells[0]), len(cells)))
    del xml
    columns = [
        _column(cells.pop(), odd.get(number, ())) for number in range(column, column + len(cells))
    ]
    filled = np.array(
        [item != "" if item.dtype == object else ~np.isnan(item) for item in columns], dtype=bool
    )
    width = near(np.flatnonzero(np.any(filled, axis=1)), FAR_COLUMNS)
    height = near(np.flatnonzero(np.any(filled[:width], axis=0)), FAR_ROWS)
    far += int(filled.sum() - filled[:width, :height].sum())
    return [item[:height] for item in columns[:width]], row, far, look


def _merged(sheet: Any, archive: zipfile.ZipFile | None, place: int) -> list[Merged]:
    """Return the merged cells of a sheet, except those that begin within others."""
    row, column = sheet.start
    if sheet.merged_cell_ranges is None and archive is not None:
        spans = merged_cells(archive, place)
        ranges = ((top, left, below - 1, beyond - 1) for (top, below), (left, beyond) in spans)
    else:
        ranges = ((*first, *last) for first, last in sheet.merged_cell_ranges or ())
    # from above and from the left, the largest first
    in_order = sorted(
        itertools.islice(ranges, _MOST_MERGED),
        key=lambda item: (item[0], item[1], -item[2], -item[3]),
    )
    taken = np.zeros((sheet.height, sheet.width) if in_order else (0, 0), dtype=bool)
    apart: list[Merged] = []
    for top, left, down, right in in_order:
        at = top - row, left - column
        inside = 0 <= at[0] < len(taken) and 0 <= at[1] < taken.shape[1]
        if inside and not taken[at]:
            taken[at[0] : down - row + 1, at[1] : right - column + 1] = True
            ends = min(down - row, len(taken) - 1), min(right - column, taken.shape[1] - 1)
            apart.append((*at, *ends))
    return apart


def _within(spans: Iterable[Span], first: int, count: int) -> list[int]:
    """Return which of so many rows or columns of a sheet, from a first one on, lie in spans."""
    repeated = np.zeros(count, dtype=bool)
    for begin, end in spans:
        repeated[max(begin - first, 0) : max(end - first, 0)] = True
    return np.flatnonzero(repeated).tolist()


_STYLES = "xl/styles.xml"
_XFS = re.compile(rb"<(?:\w+:)?cellXfs\b.*?</(?:\w+:)?cellXfs>", re.DOTALL)


def _in_percent(xml: bytes, archive: zipfile.ZipFile | None, column: int) -> list[int]:
    """Return the columns of a sheet of which numbers are shown in %, counted from a first one."""
    members = {}
    if archive is not None:
        members = {item.lower(): item for item in archive.namelist()}
    if not xml or archive is None or _STYLES not in members:
        return []
    styles = archive.read(members[_STYLES])
    formats = map(attributes, re.findall(rb"<(?:\w+:)?numFmt\b([^>]*)", styles))
    codes = {b"9", b"10"} | {
        format_.get(b"numFmtId", b"")
        for format_ in formats
        if b"%" in format_.get(b"formatCode", b"")
    }
    cells = _XFS.search(styles)
    every = []
    if cells is not None:
        every = re.findall(rb"<(?:\w+:)?xf\b([^>]*)", cells[0])
    of_percent = list[bytes]()
    for at, item in enumerate(every):
        if attributes(item).get(b"numFmtId") in codes:
            of_percent.append(str(at).encode())
    if not of_percent:
        return []
    style = rb"\ss\s*=\s*[\"'](?:" + b"|".join(of_percent) + rb")[\"']"
    numbers = re.compile(
        rb"<(?:\w+:)?c\b(?=[^>]*?" + style + rb")(?![^>]*?\st\s*=\s*[\"'](?!n[\"']))" + _REFERENCE
    )
    letters = re.findall(numbers.pattern + rb"([A-Za-z]+)\d+[^>]*?>\s*<(?:\w+:)?[fv]\b", xml)
    return sorted(place for item in {*letters} if (place := _number(item) - 1 - column) >= 0)


def near(filled: Sequence[int] | Places, most: int) -> int:
    """Return the place after the last of those filled that has not so many empty ones before it."""
    places = np.unique(filled)
    gaps = np.flatnonzero(np.diff(places) > most)
    if len(places):
        return int(places[gaps[0] if len(gaps) else -1]) + 1
    return 0


def _number(letters: bytes) -> int:
    number = 0
    for item in letters.upper():
        number = 26 * number + item - 64
    return number


def _beyond(name: str) -> NativeReaderError:
    limits = f"{MOST_ROWS:,} rows, the {MOST_COLUMNS:,} columns or the {MOST_CELLS:,} cells"
    return NativeReaderError(f"Its sheet `{name}` goes beyond the {limits} that are read.")


_CELL = re.compile(
    rb"<(?:\w+:)?(row|c)\b([^>]*?)(?:/>|>(.*?)(?=<(?:\w+:)?(?:c|row)\b|</(?:\w+:)?row|\Z))",
    re.DOTALL,
)
"""The beginning of a row, or a cell with what is in it."""
_PLACE = re.compile(rb"\sr\s*=\s*[\"']([A-Za-z]*)(\d+)")
_TYPE = re.compile(rb"\st\s*=\s*[\"'](\w+)")
_VALUE = re.compile(rb"<(?:\w+:)?v[^>]*>([^<]*)")
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")


def _cells(xml: bytes) -> Iterator[tuple[int, int, re.Match[bytes]]]:
    """Return the row and the column of each cell of a sheet, counted from 0.

    One without reference follows another.
    """
    row = column = -1
    for cell in _CELL.finditer(xml):
        place = _PLACE.search(cell[2])
        if cell[1] == b"row":
            row, column = int(place[2]) - 1 if place else row + 1, -1
            continue
        row, column = (int(place[2]) - 1, _number(place[1]) - 1) if place else (row, column + 1)
        yield row, column, cell


def _odd_words(xml: bytes, first: int, *, negative: bool) -> dict[int, list[_Odd]]:
    """Return what calamine omits, by column: errors, uncomputed formulas, long numbers."""
    odd: dict[int, list[_Odd]] = {}
    for row, column, cell in _cells(xml):
        kind, found = _TYPE.search(cell[2]), _VALUE.search(cell[3] or b"")
        value, word = (found[1].decode() if found else ""), ""
        if kind and kind[1] == b"e":
            word = f"e{value}"
        elif kind and kind[1] != b"n":
            continue
        elif not value:
            word = ""
            if cell[3] and _FORMULA.search(cell[3]):
                word = UNCOMPUTED
        elif len(value) > 15 and value.removeprefix("-").isdecimal():
            word = f"n{value}"
        elif negative and value.startswith("-"):
            word = f"n{written_number(float(value))}"
        if word and row >= first:
            odd.setdefault(column, []).append((slice(row - first, row - first + 1), word))
    return odd


def _uncomputed(
    archive: zipfile.ZipFile | None, place: int, start: tuple[int, int], shape: tuple[int, int]
) -> dict[int, list[_Odd]]:
    """Return the uncomputed formulas of a sheet of an .ods, by column, in the cells read."""
    if archive is None:
        return {}
    computed = np.zeros(shape, dtype=bool)
    top, left = start
    for (row, below), (column, beyond) in uncomputed_cells(archive, place):
        lines = slice(max(row - top, 0), max(below - top, 0))
        computed[lines, max(column - left, 0) : max(beyond - left, 0)] = True
    used = np.flatnonzero(computed.any(axis=0)).tolist()
    by_column: dict[int, list[_Odd]] = {}
    for at in used:
        by_column[left + at] = [(computed[:, at], UNCOMPUTED)]
    return by_column


def _without_far(xml: bytes, name: str) -> tuple[bytes, int]:
    """Return a sheet without cells far from the others, which imply millions of empty ones."""
    places = set()
    for row, column, cell in _cells(xml):
        if _FILLED.search(cell[3] or b""):
            places.add((row, column))
    if any(row >= MOST_ROWS or column >= MOST_COLUMNS for row, column in places):
        raise _beyond(name)
    height, width = (
        near([row for row, _ in places], FAR_ROWS),
        near([column for _, column in places], FAR_COLUMNS),
    )
    if height * width > MOST_CELLS:
        raise _beyond(name)
    kept, end = [], 0
    for row, column, cell in _cells(xml):
        if row >= height or column >= width:
            kept.append(xml[end : cell.start()])
            end = cell.end()
    return b"".join((*kept, xml[end:])), sum(
        row >= height or column >= width for row, column in places
    )


_EMPTY_CELL, _LAST_CELL, _LAST_OF_ROW = b"/><c ", b"</c>", b"</row>"


def _without_empty_ends(xml: bytes) -> bytes:
    """Return a sheet without the empty cells after the last that holds something, row by row."""
    *rows, end = xml.split(_LAST_OF_ROW)
    lasts = list[int]()
    for row in rows:
        lasts.append(row.rfind(_LAST_CELL))
    kept = list[bytes]()
    for row, at in zip(rows, lasts, strict=True):
        kept.append(row[: at + len(_LAST_CELL)] if at >= 0 else row)
    return _LAST_OF_ROW.join((*kept, end))


def _with_part(archive: zipfile.ZipFile, part: str, xml: bytes) -> io.BytesIO:
    """Return an archive with one of its parts changed."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as changed:
        for item in archive.namelist():
            changed.writestr(item, xml if item == part else archive.read(item))
    made.seek(0)
    return made


_DURATION = re.compile(r"PT(\d+)H(\d+)M(\d+)(?:[.,]\d+)?S")
_EXACT = 1e15


_Odd: TypeAlias = tuple[slice | Booleans, str]
"""Rows of a column, counted from its first cell, and the word of their cells."""


def _column(cells: Sequence[Any], odd: Sequence[_Odd]) -> Array:
    """Return a column as numbers, or as words."""
    kinds = {*map(type, cells)}
    numbers = bool(kinds & {int, float})
    if (
        numbers
        and not odd
        and kinds <= {int, float, str}
        and not any(cell for cell in cells if type(cell) is str)
    ):
        return np.array([np.nan if cell == "" else cell for cell in cells], dtype=np.float64)
    mixed = bool in kinds and numbers  # and to Python True is 1
    keys: Sequence[Any] = cells
    if mixed:
        keys = list[Any]()
        for cell in cells:
            keys.append((type(cell), cell))
    words = {}
    for key in set(keys):
        words[key] = _word(key[1] if mixed else key)
    column = np.array([words[key] for key in keys], dtype=object)
    for rows, word in odd:
        column[rows] = word
    return column


def _word(cell: Any) -> str:
    match cell:
        case "":
            return ""
        case str():
            long = _DURATION.fullmatch(cell)  # of more than a day, in a workbook of OpenDocument
            if long:
                return f"h{int(long[1]):02}:{long[2]}:{long[3]}"
            return f"s{cell}"
        case bool():
            return f"b{int(cell)}"
        case int() | float():
            return f"n{written_number(cell)}"
        case dt.datetime() if cell.time() != dt.time():
            return f"m{cell.isoformat()}"
        case dt.date():
            return f"d{cell.isoformat()[:10]}"
        case dt.time():
            return f"t{cell.isoformat()}"
    minutes, seconds = divmod(round(cell.total_seconds()), 60)
    return f"h{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"


def written_number(number: float) -> str:
    """Return a number as Excel shows it, and exactly."""
    if abs(number) < _EXACT and number == int(number):
        return str(int(number))
    return repr(number)
