"""Tables as Excel workbooks, numbers as numbers and never a formula."""

from __future__ import annotations

import datetime as dt
import io
import math
from collections.abc import Sequence
from functools import cache
from typing import Any

from diplab.presentation.language import term
from diplab.presentation.sheet import Sheet
from diplab.presentation.writers.files import without_dates

_DAY = dt.datetime(2000, 1, 1)
# characters per line of notes, which extend over empty columns next to a narrow table
_PRINTED_WIDTH = 90


def as_xlsx(sheet: Sheet) -> bytes:
    """Return a table as an Excel workbook: the table with notes, and a sheet of raw numbers."""
    import xlsxwriter

    sheet = sheet.with_brackets_apart()
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties({"title": sheet.title, "created": _DAY})
        page = book.add_worksheet(term("word.table", sheet.language))
        form = cache(lambda **options: book.add_format(options))
        widths: list[float] = [
            min(
                max(map(len, (*name.split(), *(row[at].text for row in sheet.rows))), default=0)
                + 2,
                60,
            )
            for at, name in enumerate(sheet.header)
        ]
        for at, width in enumerate(widths):
            page.set_column(at, at, width)
        line = _write_heads(form, page, sheet, widths)
        for row in sheet.rows:
            line += 1
            for column, (cell, side) in enumerate(zip(row, sheet.align, strict=True)):
                # A workbook has no infinity: it is written as printed.
                if cell.number is None or not math.isfinite(cell.number):
                    page.write_string(line, column, cell.text, form(align=side))
                else:
                    page.write_number(
                        line, column, cell.number, form(num_format=cell.form, align=side)
                    )
        line += 1
        while sum(widths) < _PRINTED_WIDTH:
            widths.append(8.43)  # default width of a column
        below = form(italic=True, text_wrap=True, valign="top")
        for text in sheet.note_lines():
            line += 1
            page.merge_range(line, 0, line, len(widths) - 1, "", below)
            page.write_string(line, 0, text, below)
            page.set_row(line, 15 * math.ceil(len(text) * 1.1 / sum(widths)))
        page.print_area(0, 0, line, len(widths) - 1)
        page.set_paper(9)
        page.fit_to_pages(1, 0)
        if sum(widths) > _PRINTED_WIDTH * 1.3:
            page.set_landscape()
        _write_detail(book, sheet)
    return without_dates(buffer.getvalue())


def _write_heads(form: Any, page: Any, sheet: Sheet, widths: Sequence[float]) -> int:
    """Write the title and the titles of the columns; return the line of the latter."""
    line = 0
    for text, dress in ((sheet.title, form(bold=True)), (sheet.subtitle, None)):
        if text:
            page.write_string(line, 0, text, dress)
            line += 1
    spans = sheet.spans()
    centred = form(bold=True, top=1, align="center", text_wrap=True)
    for span in spans:
        if span.title and span.stop - span.start > 1:
            page.merge_range(line, span.start, line, span.stop - 1, "", centred)
        page.write_string(line, span.start, span.title, centred)
    if spans:
        wide = (
            math.ceil(len(span.title) * 1.2 / sum(widths[span.start : span.stop])) for span in spans
        )
        page.set_row(line, 15 * max(1, *wide))
        line += 1
    head = {"bold": True, "bottom": 1, "top": 1, "valign": "bottom", "text_wrap": True}
    for column, (name, side) in enumerate(zip(sheet.header, sheet.align, strict=True)):
        page.write_string(line, column, name, form(**head, align=side))
    most = max(
        (
            math.ceil(len(name) * 1.2 / width)
            for name, width in zip(sheet.header, widths, strict=True)
        ),
        default=1,
    )
    page.set_row(line, 15 * most)
    page.repeat_rows(line)
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
