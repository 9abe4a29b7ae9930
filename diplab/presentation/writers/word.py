"""Tables as Word documents, with columns as wide as their content, on A4 pages."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from diplab.presentation.language import colon, filled_term, term
from diplab.presentation.sheet import Sheet
from diplab.presentation.writers.files import without_dates
from diplab.reference.text import NO_BREAK, Language

_LOCALES = {"fr": "fr-FR", "en": "en-GB"}
_NOTES = 8.5


def as_docx(sheet: Sheet) -> bytes:
    """Return a table as a Word document, with heads repeated on each page and notes below."""
    from docx.shared import Pt

    sheet = sheet.tied()
    layout = page_layout(sheet)
    document = document_of(sheet.title, sheet.language, size=layout.size, sideways=layout.sideways)
    if sheet.title:
        _write_caption(document.add_paragraph(style="Caption"), sheet.title, sheet.language)
    if sheet.subtitle:
        _write_run(document.add_paragraph(), sheet.subtitle, 9.5, with_next=True)
    for position, part in enumerate(layout.parts):
        if position:
            # adjacent tables would be merged
            document.add_paragraph()
        put_table(document, sheet, layout, part)
    for position, (label, content) in enumerate(sheet.notes):
        paragraph = document.add_paragraph()
        if position == 0:
            paragraph.paragraph_format.space_before = Pt(4)
        if label:
            _write_run(paragraph, f"{label}{colon(sheet.language)}", _NOTES, italic=True)
        _write_run(paragraph, content, _NOTES)
    buffer = io.BytesIO()
    document.save(buffer)
    return without_dates(buffer.getvalue())


def _write_caption(paragraph: Any, title: str, language: Language) -> None:
    """Write a title after a number that Word counts, for cross-references."""
    from docx.shared import RGBColor

    word = term("word.table", language)
    for text in (f"{word}{NO_BREAK}", "", "", "", "1", "", f" – {title}"):
        _write_run(paragraph, text, 10.5, bold=True, with_next=True)
    runs = paragraph.runs
    for run in runs:
        run.font.color.rgb = RGBColor(0, 0, 0)
    for at, kind in ((1, "begin"), (3, "separate"), (5, "end")):
        runs[at]._r.append(_element("fldChar", fldCharType=kind))
    counted = _element("instrText")
    counted.text = f"SEQ {word} \\* ARABIC"
    runs[2]._r.append(counted)


def document_of(title: str, language: Language, *, size: float, sideways: bool = False) -> Any:
    """Return an empty document with its page size and proofing language."""
    import docx
    from docx.enum.section import WD_ORIENT
    from docx.oxml.ns import qn
    from docx.shared import Pt

    document = docx.Document()
    document.core_properties.title = title
    document.core_properties.language = _LOCALES[language]
    document.core_properties.author = ""
    # the proofing language of Word is in the styles
    for proofed in document.styles.element.iter(qn("w:lang")):
        proofed.set(qn("w:val"), _LOCALES[language])
    normal = document.styles["Normal"]
    normal.font.name = FACE
    normal.font.size = Pt(size)
    normal.paragraph_format.space_after = Pt(2)
    page = document.sections[0]
    page.orientation = WD_ORIENT.LANDSCAPE if sideways else WD_ORIENT.PORTRAIT
    page.page_width, page.page_height = map(Pt, A4[::-1] if sideways else A4)
    page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = Pt(MARGIN)
    return document


def put_table(document: Any, sheet: Sheet, layout: PageLayout, part: Sequence[int]) -> None:
    """Write the columns of one part of a table at the end of a document."""
    shown = sheet.of_columns(part)
    widths = [layout.widths[at] for at in part]
    heads = 1 + any(span.title for span in shown.spans())
    body = document.add_table(rows=heads + len(shown.rows), cols=len(part))
    _set_widths(body, widths)
    _describe(body, shown)
    rows = list(body.rows)
    if heads > 1:
        _fill_over(rows[0].cells, shown, layout.size)
    _fill(rows[heads - 1], shown.header, shown, layout, bold=True)
    for row in rows[:heads]:
        _set_row_properties(row, "tblHeader", "cantSplit")
    for position, line in enumerate(shown.rows):
        row = rows[heads + position]
        with_next = position + 1 < len(shown.rows) and shown.goes_on(position + 1)
        _fill(row, tuple(cell.text for cell in line), shown, layout, with_next=with_next)
        _set_row_properties(row, "cantSplit")
        if not shown.goes_on(position):
            for cell in row.cells:
                _edge(cell, "top", "808080" if position == 0 else "D9D9D9")


def _fill_over(cells: Sequence[Any], sheet: Sheet, size: float) -> None:
    """Write the titles that stand over several columns."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    for span in sheet.spans():
        cell = cells[span.start].merge(cells[span.stop - 1])
        cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.CENTER
        _write_run(cell.paragraphs[0], span.title, size, bold=True, with_next=True)
        if span.title:
            _edge(cell, "bottom", "808080")


def _fill(
    row: Any,
    texts: Sequence[str],
    sheet: Sheet,
    layout: PageLayout,
    *,
    bold: bool = False,
    with_next: bool = False,
) -> None:
    from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    sides = {
        "left": WD_ALIGN_PARAGRAPH.LEFT,
        "center": WD_ALIGN_PARAGRAPH.CENTER,
        "right": WD_ALIGN_PARAGRAPH.RIGHT,
    }
    for cell, text, align in zip(row.cells, texts, sheet.align, strict=True):
        cell.paragraphs[0].alignment = sides[align]
        if bold:
            cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.BOTTOM
        _write_run(cell.paragraphs[0], text, layout.size, bold=bold, with_next=bold or with_next)


def _write_run(
    paragraph: Any,
    text: str,
    size: float,
    *,
    bold: bool = False,
    italic: bool = False,
    with_next: bool = False,
) -> None:
    from docx.shared import Pt

    run = paragraph.add_run(text)
    run.bold, run.italic = bold, italic
    run.font.size = Pt(size)
    paragraph.paragraph_format.space_after = Pt(1)
    paragraph.paragraph_format.keep_with_next = with_next


def _set_widths(body: Any, widths: Sequence[float]) -> None:
    """Set the widths of columns, in the grid and in every cell, and the two outer rules."""
    from docx.oxml.ns import qn
    from docx.shared import Pt

    body.autofit = False
    properties = body._tbl.tblPr
    table_width = properties.find(qn("w:tblW"))
    if table_width is None:
        table_width = _element("tblW")
        properties.append(table_width)
    table_width.set(qn("w:type"), "dxa")
    table_width.set(qn("w:w"), str(round(sum(widths) * 20)))
    edges = _element("tblBorders")
    for side in ("top", "bottom"):
        edges.append(_element(side, val="single", sz="6", space="0", color="404040"))
    inside = _element("tblCellMar")
    for side in ("left", "right"):
        inside.append(_element(side, w=str(round(PADDING * 20)), type="dxa"))
    # the order of these is part of the format
    properties.find(qn("w:tblLayout")).addprevious(edges)
    edges.addnext(inside)
    for column, width in zip(body._tbl.tblGrid.findall(qn("w:gridCol")), widths, strict=True):
        column.set(qn("w:w"), str(round(width * 20)))
    for row in body.rows:
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width = Pt(width)


def _describe(body: Any, sheet: Sheet) -> None:
    """Give a table its alternative text: title, then what its columns hold."""
    heads = ", ".join(filter(None, sheet.full_header()))
    told = filled_term("word.columns", sheet.language, value=heads)
    # both are the last properties, in this order
    for name, text in (("tblCaption", sheet.title), ("tblDescription", told)):
        body._tbl.tblPr.append(_element(name, val=text))


def _set_row_properties(row: Any, *names: str) -> None:
    properties = row._tr.get_or_add_trPr()
    for name in sorted(names):
        properties.append(_element(name, val="true"))


def _edge(cell: Any, side: str, colour: str) -> None:
    from docx.oxml.ns import qn

    properties = cell._tc.get_or_add_tcPr()
    edges = _element("tcBorders")
    edges.append(_element(side, val="single", sz="4", space="0", color=colour))
    # before the vertical alignment, if there is one: the order is part of the format
    after = properties.find(qn("w:vAlign"))
    properties.append(edges) if after is None else after.addprevious(edges)


def _element(name: str, **attributes: str) -> Any:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    made = OxmlElement(f"w:{name}")
    for key, value in attributes.items():
        made.set(qn(f"w:{key}"), value)
    return made


A4 = (595.3, 841.9)  # short and long side of an A4 page, in points
MARGIN = 42.5
PADDING = 3.5  # between the edge of a column and its words, in points

_COMFORT = 150.0  # a column of words wider than this, in points at size ten, may wrap
_NARROW = 100.0  # the same where the page would otherwise be turned
_OTHER_FONTS = 1.2  # where this font is not installed, what replaces it is at most so much wider
_SHORT = 50.0  # a title of a column narrower than this stays on one line

_TRIED = (
    (False, 10.0, _COMFORT),
    (False, 9.0, _COMFORT),
    (False, 9.0, _NARROW),
    (False, 8.0, _NARROW),
    (True, 10.0, _COMFORT),
    (True, 9.0, _COMFORT),
    (True, 8.0, _COMFORT),
    (True, 7.0, _COMFORT),
    (True, 6.5, _COMFORT),
)
"""Orientations, font sizes and widths of wrapped words: the first that hold the table are used."""


@dataclass(frozen=True)
class PageLayout:
    """The page of a table: orientation, font size, parts and widths of columns."""

    sideways: bool
    size: float
    parts: tuple[tuple[int, ...], ...]
    widths: tuple[float, ...]
    wraps: bool = True


def page_layout(
    sheet: Sheet, *, margin: float = MARGIN, padding: float = PADDING, smallest: float = 6.5
) -> PageLayout:
    """Return the page of a table, on which nothing is cut and no number is broken."""
    # a table too wide for portrait is in landscape, then in a smaller, readable font; one wider
    # still continues in a second part that repeats the row labels
    everything = tuple(range(len(sheet.header)))
    for sideways, size, comfort in (tried for tried in _TRIED if tried[1] >= smallest):
        one_line = _one_line_widths(sheet, size, padding)
        room = A4[sideways] - 2 * margin
        for spare in (_OTHER_FONTS, 1.0):
            least = _least_widths(sheet, size, padding, comfort, spare)
            if sum(least) <= room:
                wraps = sum(one_line) > room
                shared = _share_room(least, [spare * width for width in one_line], room)
                return PageLayout(sideways, size, (everything,), shared, wraps)
    parts = _page_parts(sheet, least, room)
    widths = list(least)
    for part in parts:
        shares = _share_room([least[at] for at in part], [one_line[at] for at in part], room)
        for at, width in zip(part, shares, strict=True):
            # the columns of row labels have the same width in each part
            widths[at] = width if len(parts) == 1 else max(least[at], min(width, least[at] * 1.2))
    return PageLayout(sideways, size, tuple(parts), tuple(widths))


def _least_widths(
    sheet: Sheet, size: float, padding: float, comfort: float, spare: float
) -> list[float]:
    """Return the least width of each column, without broken words or very narrow text.

    Pieces that cannot be broken are `spare` times as wide as in this font.
    """
    widths = []
    for at, head in enumerate(sheet.header):
        texts = [row[at].text for row in sheet.rows]
        title = text_width(head, size, bold=True)
        pieces = [widest_piece(head, size, bold=True), title / 3, min(title, _SHORT * size / 10)]
        pieces += [widest_piece(text, size) for text in texts]
        least = spare * max(pieces)
        if sheet.align[at] == "left":
            words = max((text_width(text, size) for text in texts), default=0.0)
            least = max(least, min(words, comfort * size / 10))
        widths.append(least + 2 * padding)
    return widths


def _one_line_widths(sheet: Sheet, size: float, padding: float) -> list[float]:
    """Return the width of each column without wrapping, spanning titles included."""
    widths = [
        max(
            [
                text_width(head, size, bold=True),
                *(text_width(row[at].text, size) for row in sheet.rows),
            ]
        )
        + 2 * padding
        for at, head in enumerate(sheet.header)
    ]
    for span in sheet.spans():
        lacking = (
            text_width(span.title, size, bold=True)
            + 2 * padding
            - sum(widths[span.start : span.stop])
        )
        if span.title and lacking > 0:
            for at in range(span.start, span.stop):
                widths[at] += lacking / (span.stop - span.start)
    return widths


def _share_room(least: list[float], one_line: list[float], room: float) -> tuple[float, ...]:
    """Return the widths of columns on one page, reduced in proportion if they do not fit."""
    if sum(one_line) <= room:
        return tuple(one_line)
    wanted = [max(wide - narrow, 0) for wide, narrow in zip(one_line, least, strict=True)]
    part = min((room - sum(least)) / sum(wanted), 1.0) if sum(wanted) else 0.0
    return tuple(narrow + part * more for narrow, more in zip(least, wanted, strict=True))


def _page_parts(sheet: Sheet, least: list[float], room: float) -> list[tuple[int, ...]]:
    """Return the columns of each part: row labels, then as many others as the page holds."""
    names = next((at for at, side in enumerate(sheet.align) if side != "left"), 0)
    keys = tuple(range(names))
    room -= sum(least[:names])
    parts: list[tuple[int, ...]] = [()]
    for group in _column_groups(sheet, names, least, room):
        taken = sum(least[at] for at in parts[-1])
        if parts[-1] and taken + sum(least[at] for at in group) > room:
            parts.append(())
        parts[-1] += group
    return [keys + part for part in parts]


def _column_groups(
    sheet: Sheet, names: int, least: list[float], room: float
) -> list[tuple[int, ...]]:
    """Return the columns to keep together: those under one title, if they fit a page."""
    spans = [tuple(range(span.start, span.stop)) for span in sheet.spans()]
    groups = spans or [(at,) for at in range(len(sheet.header))]
    undivided: list[tuple[int, ...]] = []
    for group in groups:
        own = tuple(at for at in group if at >= names)
        undivided += [own] if sum(least[at] for at in own) <= room else [(at,) for at in own]
    return list(filter(None, undivided))


FACE = "Arial"  # the font of these widths: it, or one of the same widths, is on every machine

_WIDTHS = {
    "ijl": 0.222, " ftI,.;:/|![]’'\u00a0\u202f": 0.278, "r()-": 0.333, "Jckssvxyz*": 0.5,
    "abdeghnopqu0123456789L–«»?#$€_": 0.556, "FTZ+=<>−×±~≤≥≠": 0.611, "ABEKPSVXY&": 0.667,
    "CDHNRUw": 0.722, "GOQ": 0.778, "mM": 0.833, "%": 0.889, "W—": 1.0,
}  # fmt: skip
_UNKNOWN = 0.7
_BOLD = 1.13


@cache
def _width_of(sign: str) -> float:
    base = unicodedata.normalize("NFD", sign)[0]
    return next((width for signs, width in _WIDTHS.items() if base in signs), _UNKNOWN)


def text_width(text: str, size: float, bold: bool = False) -> float:
    """Return the width of a line of words in points, rounded up."""
    return sum(map(_width_of, text)) * size * (_BOLD if bold else 1.02)


def widest_piece(text: str, size: float, bold: bool = False) -> float:
    """Return the width of the widest unbreakable piece: a word, or a number with its unit."""
    return max((text_width(piece, size, bold) for piece in text.split(" ")), default=0.0)
