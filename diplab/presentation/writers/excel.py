"""Tables as Excel workbooks, numbers as numbers and never a formula."""

from __future__ import annotations

import datetime as dt
import io
import math
from typing import Any

from diplab.presentation.language import term
from diplab.presentation.sheet import Sheet
from diplab.presentation.writers.files import without_dates

_DAY = dt.datetime(2000, 1, 1)


def as_xlsx(sheet: Sheet) -> bytes:
    """Return a table as an Excel workbook: the table with its notes, and a second sheet of raw numbers."""
    import xlsxwriter

    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties({"title": sheet.title, "created": _DAY})
        page = book.add_worksheet(term("word.table", sheet.language))
        line = _write_heads(book, page, sheet)
        for row in sheet.rows:
            line += 1
            for column, cell in enumerate(row):
                # A workbook has no infinity: it is written as the word that is printed.
                if cell.number is None or not math.isfinite(cell.number):
                    page.write_string(line, column, cell.text)
                else:
                    page.write_number(line, column, cell.number, book.add_format({"num_format": cell.form}))
        line += 1
        italic = book.add_format({"italic": True})
        for text in sheet.note_lines():
            line += 1
            page.write_string(line, 0, text, italic)
        _write_detail(book, sheet)
    return without_dates(buffer.getvalue())


def _write_heads(book: Any, page: Any, sheet: Sheet) -> int:
    """Write the title and the titles of the columns; return the line of the latter."""
    bold, head = book.add_format({"bold": True}), book.add_format({"bold": True, "bottom": 1, "top": 1})
    line = 0
    for text, form in ((sheet.title, bold), (sheet.subtitle, None)):
        if text:
            page.write_string(line, 0, text, form)
            line += 1
    spans = sheet.spans()
    centred = book.add_format({"bold": True, "top": 1, "align": "center"})
    for span in spans:
        if span.title and span.stop - span.start > 1:
            page.merge_range(line, span.start, line, span.stop - 1, span.title, centred)
        else:
            page.write_string(line, span.start, span.title, centred)
    line += bool(spans)
    for column, name in enumerate(sheet.header):
        page.write_string(line, column, name, head)
        longest = max([len(name), *(len(row[column].text) for row in sheet.rows)])
        page.set_column(column, column, min(longest + 2, 60))
    return line


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
