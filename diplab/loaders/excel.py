"""Workbooks (.xlsx, .xlsm, .xls, .xlsb, .ods), read within limits: sheets, tables, microdata.

calamine reads the sheets asked for, in a child process (`readstat/sheets.py`). An archive is
checked before anything is decompressed (see `limits`), and its parts may declare no entities.
Macros are never looked at.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
import pandas as pd

from diplab.checks import argument
from diplab.errors import suggestion
from diplab.kernel.arrays import Array, Places
from diplab.loaders.answers.cells import has_decimal_comma, microdata_of_cells
from diplab.loaders.limits import open_archive
from diplab.loaders.notices import (
    WORDS,
    Notices,
    above_header,
    column_notice,
    count_notice,
    listed_names,
    notice_if,
)
from diplab.loaders.readstat.child_process import read_workbook
from diplab.loaders.readstat.reader import NativeReaderError
from diplab.loaders.readstat.sheets import (
    FAR_COLUMNS,
    FAR_ROWS,
    UNCOMPUTED,
    Merged,
    near,
    written_number,
)
from diplab.loaders.readstat.sheets import MOST_COLUMNS as EXCEL_COLUMNS
from diplab.loaders.readstat.sheets import MOST_ROWS as EXCEL_ROWS
from diplab.loaders.shape import (
    MOST_ROWS,
    beside_left_out,
    ending_notices,
    has_total_word,
    header_lines,
    joined_header,
    kept_rows_notices,
    labels_below,
    may_be_answers,
    table_end,
    total_left_out,
)
from diplab.loaders.source import (
    Request,
    SourceFile,
    as_written,
    not_written,
    refused,
    repaired_names,
)
from diplab.loaders.text.dialect import header_row
from diplab.microdata.codebook import Codebook
from diplab.microdata.microdata import Microdata
from diplab.microdata.variable import Storage, Variable
from diplab.reference.text import Text

_OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_DECLARES = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_IN_UTF8 = re.compile(
    rb"(?i)(?:\xef\xbb\xbf)?\s*<(?!\?xml[^>]*?encoding\s*=\s*[\"'](?!utf-?8|us-ascii))"
)
_HEAD = 10_000
_SAVE_AGAIN = "Open it in Excel or LibreOffice and save it again as .xlsx."
_LESS = "Delete what lies beyond the table, or save the table as CSV."
_LOCKED = "It is protected by a password."
_UNLOCK = "Open it in Excel or LibreOffice with its password and save it without one."


@dataclass(frozen=True, eq=False)
class ExcelSheet:
    """One sheet of a workbook, from its first cell that is not empty on."""

    name: str  # as on its tab
    columns: Sequence[Array]  # of cells as `readstat/sheets.py` writes them, all of one length
    visible: bool = True  # false where the sheet is hidden
    above: int = 0  # empty rows above
    far: int = 0  # cells left out because they are far from the others
    merged: Sequence[Merged] = ()  # cells merged into one
    hidden_rows: Sequence[int] = ()
    hidden_columns: Sequence[int] = ()
    percent: Sequence[int] = ()  # columns of which numbers are shown in %

    def rows(self, count: int) -> list[list[str]]:
        """Return the first rows as they are shown."""
        return [
            list(map(_shown, row))
            for row in zip(*(column[:count] for column in self.columns), strict=True)
        ]


@dataclass(frozen=True, eq=False)
class Workbook:
    """The sheets of a workbook that were asked for."""

    sheets: list[ExcelSheet]
    names: list[str]  # of all sheets, in the order of their tabs
    empty: Collection[str] = ()  # names of sheets in which nothing is


def open_workbook(
    source: SourceFile, request: Request, wanted: Sequence[str | int] | None = None
) -> Workbook:
    """Return sheets of a workbook by name or number (from 1), by default all; see `read_sheets`."""
    _check_content(source)
    try:
        table = read_workbook(source, wanted, isolated=request.isolated)
    except NativeReaderError as refusal:
        found = str(refusal)
        if "assword" in found:
            found = _LOCKED
        write = _UNLOCK
        if found != _LOCKED:
            write = _LESS
            if "goes beyond" not in found:
                write = refusal.write or _SAVE_AGAIN
        raise refused(source, found, write) from refusal
    names, shown, sheets = table.about["sheets"], table.about["shown"], []
    for place, (width, *where) in table.about["read"]:
        columns = list[Array]()
        for number in range(width):
            columns.append(_as_words(table.columns[f"{place}.{number}"].values))
        sheets.append(ExcelSheet(names[place], columns, shown[place], *where))
    empty = [*table.about["empty"], *(sheet.name for sheet in sheets if not sheet.columns)]
    return Workbook([sheet for sheet in sheets if sheet.columns], names, empty)


def _check_content(source: SourceFile) -> None:
    """Refuse what is not a workbook, is locked, or is made to do harm."""
    if source.head(len(_OLD)) == _OLD:
        if _ENCRYPTED in source.content:
            raise refused(source, _LOCKED, _UNLOCK)
        return
    if source.head(2) != b"PK" and b"\0" not in source.head(_HEAD):
        found = (
            "It is text under the suffix of a workbook, such as the web page or the CSV that some "
            "servers write."
        )
        raise refused(
            source,
            found,
            f'{_SAVE_AGAIN} Write `file_format="delimited"` where it is delimited text.',
        )
    archive = open_archive(source)
    if not {"[Content_Types].xml", "content.xml", "encrypted-package"} & set(archive):
        raise refused(source, "It is an archive, and no workbook is in it.", _SAVE_AGAIN)
    if b"encryption-data" in archive.get("META-INF/manifest.xml", b""):
        raise refused(source, _LOCKED, _UNLOCK)
    for name in archive:
        # the document type of a manifest or a picture is never read
        if name in ("[Content_Types].xml", "content.xml") or re.fullmatch(
            r"xl/(?!media/).*\.(xml|rels)", name
        ):
            head = archive.head(name, _HEAD)
            if _DECLARES.search(head.replace(b"\0", b"")):
                raise refused(
                    source,
                    f"Its part `{name}` declares entities, as no workbook does.",
                    _SAVE_AGAIN,
                )
            if not _IN_UTF8.match(head):
                raise refused(
                    source,
                    f"Its part `{name}` is in an encoding that no workbook has.",
                    _SAVE_AGAIN,
                )


def _as_words(column: Array) -> Array:
    if column.dtype == object:
        return column
    places, numbers = pd.factorize(column)
    words = np.array(
        [*(f"n{written_number(number)}" for number in numbers.tolist()), ""], dtype=object
    )
    taken: Array = words[places]  # the place of no number is -1
    return taken


ERROR = "error in the cell"  # the reason of an answer in whose place Excel writes an error
_TITLES = 50  # rows among which the header is looked for


@dataclass(frozen=True, eq=False)
class SheetColumn:
    """One column, as text."""

    words: Array  # its cells as they are written; `""` where empty
    storage: Storage = ""  # what the cells are, where the file says so
    errors: tuple[str, ...] = ()  # errors in its cells (`#N/A`)
    unit: str = ""  # of durations
    label: str = ""  # where a line below the names of the columns gives it
    with_commas: Array | None = (
        None  # its cells, numbers too, with a decimal comma where text has one
    )

    def variable(self, name: str) -> Variable:
        """Return what the file itself says of the column."""
        label = Text.same(self.label)
        return Variable(
            name,
            label,
            missing=dict.fromkeys(self.errors, ERROR),
            storage=self.storage,
            unit=self.unit,
        )


def table_of(
    sheet: ExcelSheet, source: SourceFile, request: Request | None = None
) -> tuple[dict[str, SheetColumn], Notices]:
    """Return the columns of a sheet below its header, and notices.

    Without options of a call it is the first row.
    """
    filled = np.array([column != "" for column in sheet.columns], dtype=bool)
    rows = np.flatnonzero(filled.any(axis=0))
    notices: list[Text] = []
    header, labels, answers = _divided(sheet, source, request, rows, notices)
    begin = answers[0] if request is not None and request.header and len(answers) else rows[0]
    end = answers[-1] if len(answers) else rows[-1]
    if empty := int(end - begin) + 1 - int(((rows >= begin) & (rows <= end)).sum()):
        notices.insert(0, WORDS("excel.empty_rows", sheet=sheet.name, count=empty))
    unnamed = request is not None and request.header == 0
    width = len(header) if unnamed else near(np.flatnonzero(np.array(header) != ""), FAR_COLUMNS)
    if len(header) <= width + FAR_COLUMNS:
        width = len(header)
    if far := sheet.far + int(filled[width:].sum()):
        most = {"rows": FAR_ROWS, "columns": FAR_COLUMNS}
        notices.append(WORDS("excel.far", sheet=sheet.name, count=far, **most))
    if request is not None and request.footer is None and request.rows is None:
        width, answers, said = _alone(sheet, request, header[:width], answers)
        notices += said
    columns, merged = _filled_down(sheet, answers, request)
    # a column without a name or an answer is none
    used = [
        place for place, name in enumerate(header[:width]) if name or filled[place][answers].any()
    ]
    written = list[str]()
    for number, place in enumerate(used, 1):
        written.append(f"column_{number}" if unnamed else header[place])
    names, repaired = repaired_names(source, request or Request(), written)
    cells = {name: columns[place][answers] for name, place in zip(names, used, strict=True)}
    notices += count_notice(
        "shape.merged", {name: merged.get(at, 0) for name, at in zip(names, used, strict=True)}
    )
    asked = cells if request is None or request.columns is None else {*request.columns}
    uncomputed = {name: (item == UNCOMPUTED).sum() for name, item in cells.items() if name in asked}
    notices += count_notice("excel.uncomputed", uncomputed)
    if request is not None and request.footer is None and len(answers) <= MOST_ROWS:
        notices += kept_rows_notices(
            [*cells], len(answers), lambda name: _words_of(cells[name]), comma=False
        )
    notices += _shown_otherwise(sheet, answers, dict(zip(names, used, strict=True)))
    decimal = None
    if request is not None:
        decimal = request.decimal
    label_of = {name: labels[place] for name, place in zip(names, used, strict=True) if labels}
    columns_by_name = {
        name: _column_of(item, decimal, label_of.get(name, "")) for name, item in cells.items()
    }
    return columns_by_name, (*notices, *repaired)


def _shown_otherwise(sheet: ExcelSheet, answers: Places, names: dict[str, int]) -> list[Text]:
    """Return notices on hidden rows and columns (read) and on percentages (read as fractions)."""
    rows, hidden = len({*sheet.hidden_rows} & {*answers.tolist()}), {*sheet.hidden_columns}
    notices = [*notice_if(rows, "excel.hidden_rows", sheet=sheet.name, count=rows)]
    notices += column_notice(
        "excel.hidden_columns", [name for name, at in names.items() if at in hidden]
    )
    shares = list[str]()
    for name, at in names.items():
        if at in sheet.percent and not _has_words(sheet.columns[at][answers]):
            shares.append(name)
    return [*notices, *column_notice("excel.percent", shares)]


def _has_words(cells: Array) -> bool:
    return any(item[:1] == "s" for item in pd.unique(cells))


def _alone(
    sheet: ExcelSheet, request: Request, header: Sequence[str], answers: Places
) -> tuple[int, Places, list[Text]]:
    """Return the width and rows of a table without its total or a table next to it."""
    ends = []
    if len(answers):
        ends = list[list[str]]()
        for row in answers[[0, -1]]:
            ends.append([_shown(column[row]) for column in sheet.columns])
    said: list[Text] = []
    if any(map(has_total_word, ends)):
        words = {}
        for place, column in enumerate(sheet.columns):
            words[str(place)] = _words_of(column[answers])
        rows, said = total_left_out(words, request, comma=False)
        answers = answers[rows]
    inner = range(2, len(header) - 2)
    gap = any(not header[place] and (sheet.columns[place][answers] == "").all() for place in inner)
    if request.columns is not None or len(answers) > MOST_ROWS or not gap:
        return len(header), answers, said
    shown = list[Array]()
    for column in sheet.columns[: len(header)]:
        shown.append(_words_of(column[answers]))
    width, height, beside = beside_left_out(header, shown)
    return width, answers[:height], [*said, *beside]


def _words_of(cells: Array) -> Array:
    return np.array(list(map(_shown, cells)), dtype=object)


def _filled_down(
    sheet: ExcelSheet, answers: Places, request: Request | None
) -> tuple[list[Array], dict[int, int]]:
    """Return the columns with merged cells filled down, and how many cells were filled in each."""
    columns, counts = [*sheet.columns], Counter[int]()
    if request is None or request.fill is False:
        return columns, counts
    rows = {*answers.tolist()}
    for top, left, down, _ in sheet.merged:
        below = list[int]()
        for row in range(top + 1, min(down + 1, len(columns[0]))):
            if row in rows:
                below.append(row)
        if top not in rows or not below or not 0 <= left < len(columns) or columns[left][top] == "":
            continue
        if not counts[left]:
            columns[left] = columns[left].copy()
        columns[left][below] = columns[left][top]
        counts[left] += len(below)
    return columns, counts


def _divided(
    sheet: ExcelSheet,
    source: SourceFile,
    request: Request | None,
    rows: Places,
    notices: list[Text],
) -> tuple[list[str], list[str], Places]:
    """Return the names and labels of columns, and the rows of answers among the non-empty rows."""
    called = request or Request()
    lines = rows + sheet.above + 1
    below = rows[lines >= (called.header or called.skip + 1)]
    if not len(below) or (called.header and below[0] != called.header - sheet.above - 1):
        line = called.header or called.skip + 1
        found = (
            f"Its sheet `{sheet.name}` has nothing on line {line}, at which the call has it begin."
        )
        write = (
            "Write `header=` and the line that names its columns: its first that is not empty is "
            f"{lines[0]}."
        )
        raise refused(source, found, write)
    if called.header == 0:
        return [""] * len(sheet.columns), [], _above_notes(sheet, called, [""], below, notices)
    labels: list[str] = []
    if request is None or called.header is not None or called.skip:
        names = list[str]()
        for column in sheet.columns:
            names.append(_shown(column[below[0]]).strip())
        answers = below[1:]
    else:
        names, labels, answers = _guessed_header(sheet, below, notices)
        if may_be_answers(names):
            notices.append(WORDS("notice.no_names"))
    return (
        names,
        labels,
        answers if request is None else _above_notes(sheet, called, names, answers, notices),
    )


def _guessed_header(
    sheet: ExcelSheet, below: Places, notices: list[Text]
) -> tuple[list[str], list[str], Places]:
    """Return the names and labels of columns from the detected header, and the rows below it."""
    first = sheet.rows(_TITLES)
    rows = [first[row] for row in below if row < len(first)]
    place_of = {}
    for position, row in enumerate(below[: len(rows)]):
        place_of[int(row)] = position
    merged = list[tuple[int, int, int, int]]()
    for item in sheet.merged:
        if item[0] in place_of:
            merged.append((place_of[item[0]], *item[1:]))
    titles = header_row(rows)
    across = {top for top, left, _, right in merged if 0 < left < right}
    while titles and titles - 1 in across:  # a name over several columns is not a title
        titles -= 1
    if titles:
        shown = list[str]()
        for row in rows[:titles]:
            shown.append(" ".join(filter(None, row)))
        notices.append(above_header(shown, int(below[titles]) + sheet.above + 1))
    spans: dict[int, set[int]] = {}
    least = 1
    for top, left, down, right in merged:
        if right > left:
            spans.setdefault(top - titles, set()).update(range(left, right + 1))
        elif top == titles:
            least = max(least, place_of.get(down, top) - titles + 1)
    count = header_lines(rows[titles:], spans, least)
    if count == 1:
        labels = labels_below(rows[titles:])
        if labels:
            line = int(below[titles]) + sheet.above + 1
            notices.append(WORDS("shape.labels", line=line, count=sum(map(bool, labels))))
        return (
            [name.strip() for name in rows[titles]],
            labels,
            below[titles + (2 if labels else 1) :],
        )
    for top, left, _, right in merged:
        rows[top] = [
            rows[top][left] if left <= at <= right else cell for at, cell in enumerate(rows[top])
        ]
    names = joined_header(rows[titles : titles + count], exact=bool(spans))
    joined = listed_names(name for name in names if " / " in name)
    notices.append(WORDS("shape.header", count=count, names=joined))
    return names, [], below[titles + count :]


_LOOKED_AT = 500_000  # cells of a sheet whose rows are all looked at for its end
_LAST = 50  # rows of a larger one


def _above_notes(
    sheet: ExcelSheet, request: Request, header: Sequence[str], answers: Places, notices: list[Text]
) -> Places:
    """Return the rows of the answers without what stands below the table."""
    if request.footer:
        return answers[: max(len(answers) - request.footer, 0)]
    if request.footer == 0 or request.rows is not None or not len(answers):
        return answers
    gaps = np.flatnonzero(np.diff(answers) > 1) + 1
    last = list[str]()
    for column in sheet.columns:
        last.append(_shown(column[answers[-1]]))
    if not len(gaps) and sum(map(bool, last)) > 1:
        return answers
    skipped = 0
    if len(answers) * len(header) > _LOOKED_AT:
        skipped = max(len(answers) - _LAST, 0)
    rows = list(
        map(
            list,
            zip(*(_words_of(column[answers[skipped:]]) for column in sheet.columns), strict=True),
        )
    )
    ending = table_end(header, rows, () if skipped else {*gaps.tolist()})
    left_out = len(rows) - ending.end
    if left_out:
        line = int(answers[ending.another]) + sheet.above + 1
        notices += ending_notices(ending, line, left_out)
    return answers[: len(answers) - left_out]


def _column_of(cells: Array, decimal: str | None, label: str) -> SheetColumn:
    """Return a column of cells as text, with what they all are."""
    places, distinct = pd.factorize(cells)
    kinds = {item[:1] for item in distinct} - {"", "e", UNCOMPUTED}
    storage: Storage = ""
    if kinds and kinds <= {"d", "m"}:
        storage = "date"
        if "m" in kinds:
            storage = "moment"
    elif kinds in ({"b"}, {"t"}):
        storage = "time"
        if kinds == {"b"}:
            storage = "boolean"
    unit = "h" * ("h" in kinds and kinds <= {"h", "t"})
    words = np.array([_shown(item, storage) for item in distinct], dtype=object)
    errors = tuple(item[1:] for item in distinct if item[:1] == "e")
    with_commas = None
    if decimal == "," or (
        not decimal and any(has_decimal_comma(item[1:]) for item in distinct if item[:1] == "s")
    ):
        numbers = np.array([item[:1] == "n" for item in distinct], dtype=bool)
        with_commas = np.where(numbers, [word.replace(".", ",") for word in words], words).take(
            places
        )
    return SheetColumn(words.take(places), storage, errors, unit, label, with_commas)


def _shown(cell: str, storage: Storage = "") -> str:
    """Return a cell as Excel shows it, moments as ISO 8601."""
    match cell[:1]:
        case "b":
            if storage == "boolean":
                return cell[1:]
            return str(cell == "b1").upper()
        case "d" if storage == "moment":
            return f"{cell[1:]}T00:00:00"
    return cell[1:]


def read_excel(source: SourceFile, request: Request) -> Microdata:
    """Read the sheet of the call, or the first visible one that holds a table."""
    # text is read as in a delimited file; an error (`#N/A`) is missing, with its reason
    request = as_written(source, request)
    book = open_workbook(source, request, [] if request.sheet is None else [request.sheet])
    if not book.sheets:
        if request.sheet is not None and request.sheet not in book.empty:
            found = f"It has {len(book.names)} sheets, and none of that name or place has a table."
            write = suggestion(request.sheet, book.names)
            raise refused(source, found, write, f"with {argument('sheet', request.sheet)}")
        raise refused(
            source,
            "Its sheets are empty.",
            "Write the names of the columns on the first row of a sheet.",
        )
    # hidden sheets hold lists and work; a sheet of one column in front is a cover
    chosen = min(book.sheets, key=lambda sheet: (not sheet.visible, len(sheet.columns) < 2))
    columns, notices = table_of(chosen, source, request)
    others = list[str]()
    for name in book.names:
        if name != chosen.name and name not in book.empty:
            others.append(name)
    unread = notice_if(others, "excel.other_sheets", names=", ".join(others))
    cells = {}
    for name, column in columns.items():
        cells[name] = column.words
    with_commas = {}
    for name, item in columns.items():
        if item.with_commas is not None:
            with_commas[name] = item.with_commas
    known = Codebook({name: column.variable(name) for name, column in columns.items()})
    kind = "Excel"
    if source.suffix == ".ods":
        kind = "OpenDocument"
    reader = f"{kind} workbook, sheet `{chosen.name}`"
    return microdata_of_cells(
        source,
        request,
        cells,
        known,
        reader=reader,
        with_commas=with_commas,
        notices=(*unread, *notices),
    )


# Writing

_PARTS = {
    "[Content_Types].xml": """\
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Override PartName="/xl/workbook.xml" ContentType="{sheet}.sheet.main+xml"/>
<Override PartName="/xl/styles.xml" ContentType="{sheet}.styles+xml"/>
<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{sheet}.worksheet+xml"/></Types>""",
    "_rels/.rels": """<Relationships xmlns="{package}/relationships">
<Relationship Id="rId1" Type="{office}/relationships/officeDocument" \
Target="xl/workbook.xml"/></Relationships>""",
    "xl/workbook.xml": """<workbook xmlns="{main}" xmlns:r="{office}/relationships"><sheets>
<sheet name="data" sheetId="1" r:id="rId1"/></sheets></workbook>""",
    "xl/_rels/workbook.xml.rels": """<Relationships xmlns="{package}/relationships">
<Relationship Id="rId1" Type="{office}/relationships/worksheet" Target="worksheets/sheet1.xml"/>
<Relationship Id="rId2" Type="{office}/relationships/styles" \
Target="styles.xml"/></Relationships>""",
    "xl/styles.xml": """<styleSheet xmlns="{main}"><fonts count="1"><font/></fonts>
<fills count="2"><fill><patternFill patternType="none"/></fill>\
<fill><patternFill patternType="gray125"/></fill></fills>
<borders count="1"><border/></borders>
<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf/>\
<xf numFmtId="14" applyNumberFormat="1"/></cellXfs>
<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>
</styleSheet>""",
}
"""The parts of a workbook of one sheet, but for the sheet."""
_SCHEMAS = {
    "main": "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "office": "http://schemas.openxmlformats.org/officeDocument/2006",
    "package": "http://schemas.openxmlformats.org/package/2006",
    "sheet": "application/vnd.openxmlformats-officedocument.spreadsheetml",
}
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MARCH_1900 = dt.date(1900, 3, 1)  # before it, Excel counts a day that was none
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_LONGEST = 32_767  # characters of a cell


def workbook_content(columns: Mapping[str, tuple[Array, Storage]], file: Path) -> bytes:
    """Return a workbook of one sheet.

    Cells are words, or numbers, days, yes and no where a column is of such.
    """
    rows, width = max((len(words) for words, _ in columns.values()), default=0), len(columns)
    if rows >= EXCEL_ROWS or width > EXCEL_COLUMNS:
        found = (
            f"It would have {rows + 1:,} rows and {width:,} columns, of {EXCEL_ROWS:,} and "
            f"{EXCEL_COLUMNS:,}."
        )
        raise not_written(file, found, "Write a .parquet or a .csv file.")
    filled = np.zeros(rows, dtype=bool)
    for words, _ in columns.values():
        filled |= words != ""
    if not filled.all():
        found = (
            f"Its row {int(np.argmin(filled)) + 1} holds no answer, and a workbook drops empty "
            "rows."
        )
        raise not_written(file, found, "Write a .csv or a .parquet file, or leave such rows out.")
    letters = list(map(_letters, range(width)))
    lines = [_row(1, letters, [_cell_of(name, "words", file, name) for name in columns])]
    cells = []
    for name, (words, storage) in columns.items():
        places, distinct = pd.factorize(words)
        written = list[str]()
        for item in distinct:
            written.append(_cell_of(item, storage, file, name))
        cells.append([written[place] for place in places])
    lines += [_row(number, letters, row) for number, row in enumerate(zip(*cells, strict=True), 2)]
    sheet = (
        f'<worksheet xmlns="{_SCHEMAS["main"]}"><sheetData>{"".join(lines)}</sheetData></worksheet>'
    )
    parts = {}
    for name, part in _PARTS.items():
        parts[name] = part.format(**_SCHEMAS)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in {**parts, "xl/worksheets/sheet1.xml": sheet}.items():
            archive.writestr(zipfile.ZipInfo(name), (_XML + part).encode(), zipfile.ZIP_DEFLATED)
    return made.getvalue()


def _letters(place: int) -> str:
    return (_letters(place // 26 - 1) if place > 25 else "") + chr(ord("A") + place % 26)


def _row(number: int, letters: Sequence[str], cells: Iterable[str]) -> str:
    line = (
        f'<c r="{letter}{number}"{cell}</c>'
        for letter, cell in zip(letters, cells, strict=True)
        if cell
    )
    return f'<row r="{number}">{"".join(line)}</row>'


def _cell_of(word: str, storage: Storage, file: Path, name: str) -> str:
    """Return what stands in a cell of XML after its place; nothing for an empty one."""
    if storage in ("whole", "number") and _FINITE.fullmatch(word):
        return f"><v>{word}</v>"
    if storage == "boolean" and word in ("true", "false"):
        return f' t="b"><v>{int(word == "true")}</v>'
    if (
        storage == "date"
        and _DAY.fullmatch(word)
        and (day := dt.date.fromisoformat(word)) >= _MARCH_1900
    ):
        return f' s="1"><v>{(day - dt.date(1899, 12, 30)).days}</v>'
    if len(word) > _LONGEST or _NO_XML.search(word):
        why = "with a character that no cell holds"
        if len(word) > _LONGEST:
            why = "longer than a cell may be"
        raise not_written(
            file, f"`{name}` holds an answer {why}.", "Write a .parquet file, or change the answer."
        )
    # Excel reads _x0041_ as a letter
    text = escape(re.sub("_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", word), {"\r": "&#13;"})
    if word:
        return f' t="inlineStr"><is><t xml:space="preserve">{text}</t></is>'
    return ""


_FINITE = re.compile(r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
