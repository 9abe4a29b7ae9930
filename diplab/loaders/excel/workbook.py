"""Workbooks (.xlsx, .xlsm): their sheets as rows of cells, read in memory within declared limits.

A workbook is a zip archive of XML. The archive is checked before anything is decompressed (see `archive`), its
parts may declare no entities, and no more cells are read than `MOST_CELLS`. Macros are never looked at.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import struct
import warnings
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from diplab.loaders.archive import open_archive
from diplab.loaders.source import refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from diplab.errors import LoadError
    from diplab.loaders.source import SourceFile

__all__ = ["MOST_CELLS", "UNCOMPUTED", "Cell", "ErrorCell", "Sheet", "sheets_of"]

MOST_CELLS = 50_000_000
"""Cells that all sheets of a workbook may have together, the empty ones before the last of a row counted."""

MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384
"""What a sheet of Excel can hold: a cell beyond is made to fill a memory."""

_OLD_OR_LOCKED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_DECLARES = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_ENCODING = re.compile(rb"^<\?xml[^>]*?encoding\s*=\s*[\"']([^\"']*)")
_ENCODINGS = {b"utf-8", b"utf-16", b"utf8", b"us-ascii"}
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_BROKEN = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    NameError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)
"""What openpyxl and the readers under it raise on a damaged part, XML that cannot be parsed being a SyntaxError."""

_ANEW = "Open it in Excel or LibreOffice and save it anew as .xlsx."


@dataclass(frozen=True)
class ErrorCell:
    """A cell in which Excel writes an error instead of a value.

    Parameters
    ----------
    code : str
        The error, as `#N/A` or `#DIV/0!`.
    """

    code: str


@dataclass(frozen=True)
class _Uncomputed:
    """A cell whose formula no program has computed."""


UNCOMPUTED = _Uncomputed()
"""A formula without the value that it gave when the workbook was last saved."""

Cell: TypeAlias = (
    str | int | float | bool | dt.datetime | dt.date | dt.time | dt.timedelta | ErrorCell | _Uncomputed | None
)


@dataclass(frozen=True)
class Sheet:
    """One sheet of a workbook.

    Parameters
    ----------
    name : str
        As on its tab.
    rows : list of list of cell
        From the first row of the sheet; each ends with its last cell that is not empty.
    visible : bool
        False where the sheet is hidden.
    """

    name: str
    rows: list[list[Cell]]
    visible: bool = True


def sheets_of(source: SourceFile, *, first: int | None = None) -> list[Sheet]:
    """Return the sheets of a workbook, in the order of their tabs.

    Formulas are read as the values that they gave when the workbook was last saved.

    Parameters
    ----------
    source : SourceFile
        The workbook.
    first : int, optional
        Rows to read of each sheet; all by default.

    Returns
    -------
    list of Sheet
        Sheets of charts left out.

    Raises
    ------
    LoadError
        Where it is no workbook, is protected by a password, is damaged, is larger than the limits, or declares
        entities.

    Examples
    --------
    >>> import openpyxl
    >>> from pathlib import Path
    >>> from diplab.loaders.source import SourceFile
    >>> made, held = openpyxl.Workbook(), io.BytesIO()
    >>> made.active.append(["sex", "hours"])
    >>> made.save(held)
    >>> sheets_of(SourceFile(Path("workers.xlsx"), held.getvalue()))
    [Sheet(name='Sheet', rows=[['sex', 'hours']], visible=True)]
    """
    if source.content.startswith(_OLD_OR_LOCKED):
        raise refused(source, "It is an old binary workbook (.xls), or is protected by a password.", _ANEW)
    formulas = _check_parts(source)
    from openpyxl.utils.exceptions import CellCoordinatesException, InvalidFileException, SheetTitleException

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _read(source, first, formulas=formulas)
    except (*_BROKEN, CellCoordinatesException, InvalidFileException, SheetTitleException) as broken:
        raise refused(source, f"It is no sound workbook: {_said(broken)}.", _ANEW) from broken


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


def _read(source: SourceFile, first: int | None, *, formulas: bool) -> list[Sheet]:
    from openpyxl import load_workbook

    def opened(*, data_only: bool) -> Any:
        return load_workbook(
            io.BytesIO(source.content), read_only=True, data_only=data_only, keep_links=False
        )

    values = opened(data_only=True)
    written = opened(data_only=False) if formulas else None
    sheets: list[Sheet] = []
    left = MOST_CELLS
    for sheet in values.worksheets:
        rows: list[list[Cell]] = []
        beside = None if written is None else _rows(written[sheet.title])
        for place, row in enumerate(_rows(sheet)):
            if place == first:
                break
            left -= len(row)
            if place >= MOST_ROWS or len(row) > MOST_COLUMNS or left < 0:
                raise _too_large(source, sheet.title)
            rows.append(_trimmed(row, None if beside is None else next(beside, ())))
        while rows and not rows[-1]:
            rows.pop()
        sheets.append(Sheet(str(sheet.title), rows, sheet.sheet_state == "visible"))
    return sheets


def _rows(sheet: Any) -> Iterator[tuple[Any, ...]]:
    # What a sheet says of its own size may be false: rows are as long as their cells.
    sheet.reset_dimensions()
    rows: Iterator[tuple[Any, ...]] = sheet.iter_rows()
    return rows


def _trimmed(row: tuple[Any, ...], written: tuple[Any, ...] | None) -> list[Cell]:
    cells = [_cell(each) for each in row]
    for place, each in enumerate(written or ()):
        # A formula that gave no words is of the type `str`; one that nobody computed is of no type.
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


def _too_large(source: SourceFile, sheet: str) -> LoadError:
    return refused(
        source,
        f"Its sheet `{sheet}` goes beyond the {MOST_ROWS:,} rows, the {MOST_COLUMNS:,} columns or the "
        f"{MOST_CELLS:,} cells that are read.",
        "Delete what lies beyond the table, or save the table as CSV.",
    )


def _said(broken: Exception) -> str:
    """Return the first line of what a reader says, without its wrapping."""
    first, *_ = str(broken.__cause__ or broken).strip().splitlines() or [""]
    return (first or type(broken).__name__).rstrip(".:")
