"""Excel workbooks (.xlsx, .xlsm), read in memory within limits: sheets, tables, microdata.

A workbook is a zip archive of XML. The archive is checked before anything is decompressed (see `limits`), its
parts may declare no entities, and no more cells are read than `MOST_CELLS`. Macros are never looked at.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import struct
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from diplab.loaders.cells import microdata_of_cells
from diplab.loaders.limits import DAMAGED, open_archive
from diplab.loaders.notices import WORDS, column_notice, count_notice
from diplab.loaders.source import Request, SourceFile, refused
from diplab.microdata.codebook import Codebook
from diplab.microdata.microdata import Microdata
from diplab.microdata.variable import Storage, Variable
from diplab.reference.text import Text

MOST_CELLS = 50_000_000
"""Cells that all sheets of a workbook may have together, the empty ones before the last of a row counted."""
MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384  # what a sheet of Excel can hold: a cell beyond is meant to exhaust memory
_OLD_OR_LOCKED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_DECLARES = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_ENCODING = re.compile(rb"^<\?xml[^>]*?encoding\s*=\s*[\"']([^\"']*)")
_ENCODINGS = {b"utf-8", b"utf-16", b"utf8", b"us-ascii"}
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_BROKEN = (*DAMAGED, ArithmeticError, AssertionError, AttributeError, NameError, SyntaxError, TypeError, struct.error)
"""What openpyxl and the readers under it raise on a damaged part, XML that cannot be parsed being a SyntaxError."""
_ANEW = "Open it in Excel or LibreOffice and save it anew as .xlsx."


@dataclass(frozen=True)
class ErrorCell:
    """A cell in which there is no value."""

    code: str  # the error that Excel writes in its place (`#N/A`, `#DIV/0!`); empty for a formula never computed


UNCOMPUTED = ErrorCell("")  # a formula without the value that it gave when the workbook was last saved
Cell: TypeAlias = str | int | float | bool | dt.datetime | dt.date | dt.time | dt.timedelta | ErrorCell | None


@dataclass(frozen=True)
class ExcelSheet:
    """One sheet of a workbook."""

    name: str  # as on its tab
    rows: list[list[Cell]]  # from the first row of the sheet; each ends with its last cell that is not empty
    visible: bool = True  # false where the sheet is hidden


def sheets_of(source: SourceFile, *, first: int | None = None) -> list[ExcelSheet]:
    """Return the sheets of a workbook, in the order of their tabs."""
    # formulas are read as the values that they gave when the workbook was last saved
    if source.content.startswith(_OLD_OR_LOCKED):
        raise refused(source, "It is an old binary workbook (.xls), or is protected by a password.", _ANEW)
    formulas = _check_parts(source)
    from openpyxl.utils.exceptions import CellCoordinatesException, InvalidFileException, SheetTitleException

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _read(source, first, formulas=formulas)
    except (*_BROKEN, CellCoordinatesException, InvalidFileException, SheetTitleException) as broken:
        line, *_ = str(broken.__cause__ or broken).strip().splitlines() or [""]
        reason = (line or type(broken).__name__).rstrip(".:")
        raise refused(source, f"It is no sound workbook: {reason}.", _ANEW) from broken


def _check_parts(source: SourceFile) -> bool:
    """Refuse a workbook whose parts declare entities; return whether a part holds formulas."""
    archive = open_archive(source)
    if "[Content_Types].xml" not in archive:
        raise refused(source, "It is an archive, and no workbook is in it.", _ANEW)
    formulas = False
    for name in archive:
        # A picture may declare its kind; it is never opened.
        if name.startswith("xl/media/"):
            continue
        content = archive[name].replace(b"\0", b"")
        if not name.endswith(".bin") and _DECLARES.search(content):
            raise refused(source, f"Its part `{name}` declares entities, as no workbook does.", _ANEW)
        encoding = _ENCODING.match(content.lstrip(b"\xef\xbb\xbf\xff\xfe \r\n\t"))
        if encoding and encoding[1].lower() not in _ENCODINGS:
            raise refused(source, f"Its part `{name}` is in an encoding that no workbook has.", _ANEW)
        formulas = formulas or (name.startswith("xl/worksheets/") and bool(_FORMULA.search(content)))
    return formulas


def _read(source: SourceFile, first: int | None, *, formulas: bool) -> list[ExcelSheet]:
    from openpyxl import load_workbook

    def opened(*, data_only: bool) -> Any:
        return load_workbook(io.BytesIO(source.content), read_only=True, data_only=data_only, keep_links=False)

    values = opened(data_only=True)
    written = opened(data_only=False) if formulas else None
    sheets: list[ExcelSheet] = []
    left = MOST_CELLS
    for sheet in values.worksheets:
        rows: list[list[Cell]] = []
        beside = None if written is None else _rows(written[sheet.title])
        for place, row in enumerate(_rows(sheet)):
            if place == first:
                break
            left -= len(row)
            if place >= MOST_ROWS or len(row) > MOST_COLUMNS or left < 0:
                limits = f"{MOST_ROWS:,} rows, the {MOST_COLUMNS:,} columns or the {MOST_CELLS:,} cells"
                found = f"Its sheet `{sheet.title}` goes beyond the {limits} that are read."
                raise refused(source, found, "Delete what lies beyond the table, or save the table as CSV.")
            rows.append(_trimmed(row, None if beside is None else next(beside, ())))
        while rows and not rows[-1]:
            rows.pop()
        sheets.append(ExcelSheet(str(sheet.title), rows, sheet.sheet_state == "visible"))
    return sheets


def _rows(sheet: Any) -> Iterator[tuple[Any, ...]]:
    # What a sheet says of its own size may be false: rows are as long as their cells.
    sheet.reset_dimensions()
    rows: Iterator[tuple[Any, ...]] = sheet.iter_rows()
    return rows


def _trimmed(row: tuple[Any, ...], written: tuple[Any, ...] | None) -> list[Cell]:
    cells = [_cell(each) for each in row]
    for place, each in enumerate(written or ()):
        # A formula that gave no words is of the type `str`; one that was never computed is of no type.
        if place < len(cells) and each.data_type == "f" and row[place].data_type == "n":
            cells[place] = UNCOMPUTED if cells[place] is None else cells[place]
    while cells and cells[-1] is None:
        cells.pop()
    return cells


def _cell(cell: Any) -> Cell:
    value = cell.value
    if value is None or value == "":
        return None
    if cell.data_type == "e":
        return ErrorCell(str(value))
    if isinstance(value, str):
        return value.replace("_x000D_", "\r")
    known: Cell = value
    return known


ERROR = "error in the cell"  # the reason of an answer in whose place Excel writes an error
_EXACT = 1e15


@dataclass(frozen=True, eq=False)
class SheetColumn:
    """One column, as text."""

    words: NDArray[Any]  # its cells as they are written; `""` where empty
    storage: Storage = ""  # what the cells are, where the file says so
    errors: tuple[str, ...] = ()  # errors in its cells (`#N/A`)

    def variable(self, name: str) -> Variable:
        """Return what the file itself says of the column."""
        return Variable(name, missing=dict.fromkeys(self.errors, ERROR), storage=self.storage)


def table_of(sheet: ExcelSheet, source: SourceFile) -> tuple[dict[str, SheetColumn], tuple[Text, ...]] | None:
    """Return the columns of a sheet, below its first row that is not empty, and notices; None of an empty one."""
    # one cell alone above a wider table is its title, and is left out
    rows = [row for row in sheet.rows if row]
    if not rows:
        return None
    notices: list[Text] = []
    if len(rows) > 1 and _filled(rows[0]) == 1 < _filled(rows[1]):
        title = _written(next(cell for cell in rows[0] if cell is not None))
        notices.append(WORDS("excel.title", title=title))
        rows = rows[1:]
    header, *answers = rows
    width = max(map(len, rows))
    written = [_written(cell).strip() for cell in header] + [""] * (width - len(header))
    names = [name or f"column_{place}" for place, name in enumerate(written, 1)]
    twice = [name for place, name in enumerate(names) if name in names[:place]]
    if twice:
        found = f"Its sheet `{sheet.name}` has two columns named `{twice[0]}`."
        raise refused(source, found, "Give each column a name of its own.")
    filled = [place for place, row in enumerate(sheet.rows) if row]
    if empty := filled[-1] - filled[0] + 1 - len(filled):
        notices.append(WORDS("excel.empty_rows", sheet=sheet.name, count=empty))
    cells = {name: [row[place] if place < len(row) else None for row in answers] for place, name in enumerate(names)}
    # cells merged across a header leave all but the first without a name
    blank = [name for place, name in enumerate(names) if place >= len(header) or header[place] is None]
    uncomputed = {name: sum(cell is UNCOMPUTED for cell in column) for name, column in cells.items()}
    notices += column_notice("excel.unnamed", blank)
    notices += count_notice("excel.uncomputed", {name: count for name, count in uncomputed.items() if count})
    return {name: column_of(each) for name, each in cells.items()}, tuple(notices)


def column_of(cells: Sequence[Cell]) -> SheetColumn:
    """Return a column of cells as text, with what they all are."""
    storage = _storage([cell for cell in cells if cell is not None and not isinstance(cell, ErrorCell)])
    errors = dict.fromkeys(cell.code for cell in cells if isinstance(cell, ErrorCell) and cell is not UNCOMPUTED)
    words = np.array([_written(cell, storage) for cell in cells], dtype=object)
    return SheetColumn(words, storage, tuple(errors))


def _storage(filled: Sequence[Cell]) -> Storage:
    if not filled:
        return ""
    if all(isinstance(cell, bool) for cell in filled):
        return "boolean"
    if all(isinstance(cell, dt.date) for cell in filled):
        moments = [cell for cell in filled if isinstance(cell, dt.datetime)]
        return "moment" if any(cell.time() != dt.time() for cell in moments) else "date"
    if all(isinstance(cell, dt.time | dt.timedelta) for cell in filled):
        return "time"
    return ""


def _written(cell: Cell, storage: Storage = "") -> str:
    """Return a cell as it is written: as Excel shows it, moments as ISO 8601."""
    match cell:
        case str():
            return cell
        case ErrorCell():
            return cell.code
        case bool():
            return str(int(cell)) if storage == "boolean" else str(cell).upper()
        case float():
            return str(int(cell)) if cell.is_integer() and abs(cell) < _EXACT else repr(cell)
        case int():
            return str(cell)
        case dt.datetime():
            day = storage == "date" or (not storage and cell.time() == dt.time())
            return cell.date().isoformat() if day else cell.isoformat()
        case dt.date() | dt.time():
            return cell.isoformat()
        case dt.timedelta():
            minutes, seconds = divmod(round(cell.total_seconds()), 60)
            return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"
        case _:
            return ""


def _filled(row: Sequence[Cell]) -> int:
    return sum(cell is not None for cell in row)


def read_excel(source: SourceFile, request: Request) -> Microdata:
    """Read the first visible sheet that holds a table, one of a single column only for want of another."""
    # text is read as in a delimited file; an error (`#N/A`) is missing, with its reason
    sheets = [sheet for sheet in sheets_of(source) if any(sheet.rows)]
    # Hidden sheets hold lists and work; a sheet of one column in front is a cover.
    sheets.sort(key=lambda sheet: (not sheet.visible, max(map(len, sheet.rows)) < 2))
    table = table_of(sheets[0], source) if sheets else None
    if table is None:
        raise refused(source, "Its sheets are empty.", "Write the names of the columns on the first row of a sheet.")
    chosen, *others = sheets
    columns, notices = table
    unread = [WORDS("excel.other_sheets", names=", ".join(sheet.name for sheet in others))] if others else []
    cells = {name: column.words for name, column in columns.items()}
    known = Codebook({name: column.variable(name) for name, column in columns.items()})
    reader = f"Excel workbook, sheet `{chosen.name}`"
    return microdata_of_cells(source, request, cells, known, reader=reader, notices=(*unread, *notices))
