"""Tables as Word and Excel files, numbers as numbers and never a formula."""

from __future__ import annotations

import datetime as dt
import io
import math
import zipfile
from typing import TYPE_CHECKING, Any

from diplab.presentation.punctuation import colon
from diplab.presentation.terms import term

if TYPE_CHECKING:
    from diplab.presentation.sheet import Sheet

__all__ = ["as_docx", "as_xlsx"]

_DAY = dt.datetime(2000, 1, 1)
_LOCALES = {"fr": "fr-FR", "en": "en-GB"}


def as_xlsx(sheet: Sheet) -> bytes:
    """Return a table as an Excel workbook: the table with its notes, and a second sheet of raw numbers.

    Parameters
    ----------
    sheet : Sheet
        The table.

    Returns
    -------
    bytes
        The file.
    """
    import xlsxwriter

    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties({"title": sheet.title, "created": _DAY})
        page = book.add_worksheet(term("word.table", sheet.language))
        bold, head = book.add_format({"bold": True}), book.add_format({"bold": True, "bottom": 1, "top": 1})
        italic = book.add_format({"italic": True})
        line = 0
        for text, form in ((sheet.title, bold), (sheet.subtitle, None)):
            if text:
                page.write_string(line, 0, text, form)
                line += 1
        for column, name in enumerate(sheet.header):
            page.write_string(line, column, name, head)
            longest = max([len(name), *(len(row[column].text) for row in sheet.rows)])
            page.set_column(column, column, min(longest + 2, 60))
        for row in sheet.rows:
            line += 1
            for column, cell in enumerate(row):
                # A workbook has no infinity: it is written as the word that is printed.
                if cell.number is None or not math.isfinite(cell.number):
                    page.write_string(line, column, cell.text)
                else:
                    page.write_number(line, column, cell.number, book.add_format({"num_format": cell.form}))
        line += 1
        for text in sheet.note_lines():
            line += 1
            page.write_string(line, 0, text, italic)
        _write_detail(book, sheet)
    return _still(buffer.getvalue())


def as_docx(sheet: Sheet) -> bytes:
    """Return a table as a Word document: a real table whose heading repeats on each page, notes below.

    Parameters
    ----------
    sheet : Sheet
        The table.

    Returns
    -------
    bytes
        The file.
    """
    import docx
    from docx.oxml.ns import qn
    from docx.shared import Pt

    document = docx.Document()
    document.core_properties.title = sheet.title
    document.core_properties.language = _LOCALES[sheet.language]
    # what Word proofs the words by is in the styles
    for proofed in document.styles.element.iter(qn("w:lang")):
        proofed.set(qn("w:val"), _LOCALES[sheet.language])
    document.core_properties.author = ""
    if sheet.title:
        document.add_paragraph().add_run(sheet.title).bold = True
    if sheet.subtitle:
        document.add_paragraph(sheet.subtitle)
    body = document.add_table(rows=1, cols=len(sheet.header))
    _borders(body)
    _repeated(body.rows[0])
    _fill(body.rows[0], sheet.header, sheet, bold=True)
    for row in sheet.rows:
        _fill(body.add_row(), tuple(cell.text for cell in row), sheet)
    for label, content in sheet.notes:
        paragraph = document.add_paragraph()
        paragraph.paragraph_format.space_after = Pt(2)
        runs = [paragraph.add_run(f"{label}{colon(sheet.language)}")] if label else []
        for run in runs:
            run.italic = True
        for run in [*runs, paragraph.add_run(content)]:
            run.font.size = Pt(9)
    buffer = io.BytesIO()
    document.save(buffer)
    return _still(buffer.getvalue())


def _write_detail(book: Any, sheet: Sheet) -> None:
    if not sheet.detail:
        return
    page = book.add_worksheet(term("word.data", sheet.language))
    for line, row in enumerate(sheet.detail):
        for column, value in enumerate(row):
            if isinstance(value, str) or (value is not None and not math.isfinite(value)):
                page.write_string(line, column, str(value))
            elif value is not None:
                page.write_number(line, column, value)


def _fill(row: Any, texts: tuple[str, ...], sheet: Sheet, bold: bool = False) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    sides = {
        "left": WD_ALIGN_PARAGRAPH.LEFT,
        "center": WD_ALIGN_PARAGRAPH.CENTER,
        "right": WD_ALIGN_PARAGRAPH.RIGHT,
    }
    for cell, text, align in zip(row.cells, texts, sheet.align, strict=True):
        paragraph = cell.paragraphs[0]
        paragraph.alignment = sides[align]
        paragraph.paragraph_format.space_after = Pt(2)
        run = paragraph.add_run(text)
        run.bold = bold
        run.font.size = Pt(10)


def _repeated(row: Any) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    mark = OxmlElement("w:tblHeader")
    mark.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(mark)


def _borders(body: Any) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    frame = OxmlElement("w:tblBorders")
    for side in ("top", "bottom", "insideH"):
        edge = OxmlElement(f"w:{side}")
        for name, value in (
            ("val", "single"),
            ("sz", "4" if side != "insideH" else "2"),
            ("color", "808080"),
        ):
            edge.set(qn(f"w:{name}"), value)
        frame.append(edge)
    body._tbl.tblPr.append(frame)


def _still(archive: bytes) -> bytes:
    """Return the same archive without the hour at which it was made."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as made, zipfile.ZipFile(buffer, "w") as kept:
        for name in made.namelist():
            member = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            kept.writestr(member, made.read(name))
    return buffer.getvalue()
