"""Tables as Word documents: columns as wide as their content, on a page of A4 that holds them."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from diplab.presentation.punctuation import NO_BREAK, colon
from diplab.presentation.still_archive import still
from diplab.presentation.text_width import FACE
from diplab.presentation.word_page import A4, MARGIN, PADDING, Layout, layout_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from diplab.presentation.sheet import Cell, Sheet
    from diplab.reference.text import Language

__all__ = ["as_docx", "document_of", "put_table"]

_LOCALES = {"fr": "fr-FR", "en": "en-GB"}
_INTERVAL = re.compile(r"\[[^\[\]]*\d[^\[\]]*\]|[<>±] \d")
_NOTES = 8.5


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
    from docx.shared import Pt

    sheet = _bound(sheet)
    layout = layout_of(sheet)
    document = document_of(sheet.title, sheet.language, size=layout.size, sideways=layout.sideways)
    for text, bold in ((sheet.title, True), (sheet.subtitle, False)):
        if text:
            _written(document.add_paragraph(), text, 10.5 if bold else 9.5, bold=bold, with_next=True)
    for place, part in enumerate(layout.parts):
        if place:
            # two tables with nothing between them would be one
            document.add_paragraph()
        put_table(document, sheet, layout, part)
    for place, (label, content) in enumerate(sheet.notes):
        paragraph = document.add_paragraph()
        if place == 0:
            paragraph.paragraph_format.space_before = Pt(4)
        if label:
            _written(paragraph, f"{label}{colon(sheet.language)}", _NOTES, italic=True)
        _written(paragraph, content, _NOTES)
    buffer = io.BytesIO()
    document.save(buffer)
    return still(buffer.getvalue())


def _bound(sheet: Sheet) -> Sheet:
    """Return a sheet whose numbers and intervals no line may break."""
    rows = tuple(
        tuple(
            replace(cell, text=_unbroken(cell, number=side == "right"))
            for cell, side in zip(row, sheet.align, strict=True)
        )
        for row in sheet.rows
    )
    notes = tuple((label, _tied(content)) for label, content in sheet.notes)
    return replace(sheet, rows=rows, notes=notes)


def _unbroken(cell: Cell, number: bool) -> str:
    return cell.text.replace(" ", NO_BREAK) if number and len(cell.text) < 40 else _tied(cell.text)


def _tied(text: str) -> str:
    return _INTERVAL.sub(lambda found: found.group().replace(" ", NO_BREAK), text)


def document_of(title: str, language: Language, *, size: float, sideways: bool = False) -> Any:
    """Return an empty document on its paper, its words proofed in their language.

    Parameters
    ----------
    title : str
        Among its properties.
    language : {"fr", "en"}
        Of its words.
    size : float
        Of its letters, in points; an empty cell is as high as this.
    sideways : bool
        True where the page lies on its long side.
    """
    import docx
    from docx.enum.section import WD_ORIENT
    from docx.oxml.ns import qn
    from docx.shared import Pt

    document = docx.Document()
    document.core_properties.title = title
    document.core_properties.language = _LOCALES[language]
    document.core_properties.author = ""
    # what Word proofs the words by is in the styles
    for proofed in document.styles.element.iter(qn("w:lang")):
        proofed.set(qn("w:val"), _LOCALES[language])
    plain = document.styles["Normal"]
    plain.font.name = FACE
    plain.font.size = Pt(size)
    plain.paragraph_format.space_after = Pt(2)
    page = document.sections[0]
    page.orientation = WD_ORIENT.LANDSCAPE if sideways else WD_ORIENT.PORTRAIT
    page.page_width, page.page_height = (Pt(each) for each in (A4[::-1] if sideways else A4))
    page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = Pt(MARGIN)
    return document


def put_table(document: Any, sheet: Sheet, layout: Layout, part: Sequence[int]) -> None:
    """Write the columns of one part of a table at the end of a document."""
    shown = _of_columns(sheet, part)
    widths = [layout.widths[at] for at in part]
    spans = shown.spans()
    heads = [shown.header] if not any(span.title for span in spans) else [shown.over, shown.header]
    body = document.add_table(rows=len(heads) + len(shown.rows), cols=len(part))
    _fixed(body, widths)
    rows = list(body.rows)
    for place, texts in enumerate(heads):
        over = len(heads) == 2 and place == 0
        _fill(rows[place], texts, shown, layout, bold=True, spans=spans if over else ())
        _marked(rows[place], "tblHeader", "cantSplit")
    for place, line in enumerate(shown.rows):
        row = rows[len(heads) + place]
        kept = place + 1 < len(shown.rows) and shown.goes_on(place + 1)
        _fill(row, tuple(cell.text for cell in line), shown, layout, with_next=kept)
        _marked(row, "cantSplit")
        if not shown.goes_on(place):
            _ruled(row, "808080" if place == 0 else "D9D9D9")


def _of_columns(sheet: Sheet, part: Sequence[int]) -> Sheet:
    return replace(
        sheet,
        header=tuple(sheet.header[at] for at in part),
        rows=tuple(tuple(row[at] for at in part) for row in sheet.rows),
        align=tuple(sheet.align[at] for at in part),
        over=tuple(sheet.over[at] for at in part) if sheet.over else (),
    )


def _fill(
    row: Any,
    texts: Sequence[str],
    sheet: Sheet,
    layout: Layout,
    *,
    bold: bool = False,
    spans: Sequence[Any] = (),
    with_next: bool = False,
) -> None:
    from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    cells = row.cells
    sides = {
        "left": WD_ALIGN_PARAGRAPH.LEFT,
        "center": WD_ALIGN_PARAGRAPH.CENTER,
        "right": WD_ALIGN_PARAGRAPH.RIGHT,
    }
    if spans:
        for span in spans:
            cell = cells[span.start].merge(cells[span.stop - 1])
            cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.CENTER
            _written(cell.paragraphs[0], span.title, layout.size, bold=True, with_next=True)
            if span.title:
                _edge(cell, "bottom", "808080")
        return
    for cell, text, align in zip(cells, texts, sheet.align, strict=True):
        cell.paragraphs[0].alignment = sides[align]
        if bold:
            cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.BOTTOM
        _written(cell.paragraphs[0], text, layout.size, bold=bold, with_next=bold or with_next)


def _written(
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


def _fixed(body: Any, widths: Sequence[float]) -> None:
    """Give each column its width, in the grid and in every cell, and the table its two outer rules."""
    from docx.oxml.ns import qn
    from docx.shared import Pt

    body.autofit = False
    properties = body._tbl.tblPr
    whole = properties.find(qn("w:tblW"))
    if whole is None:
        whole = _element("tblW")
        properties.append(whole)
    whole.set(qn("w:type"), "dxa")
    whole.set(qn("w:w"), str(round(sum(widths) * 20)))
    edges = _element("tblBorders")
    for side in ("top", "bottom"):
        edges.append(_element(side, val="single", sz="6", space="0", color="404040"))
    inside = _element("tblCellMar")
    for side in ("left", "right"):
        inside.append(_element(side, w=str(round(PADDING * 20)), type="dxa"))
    # the order of these is part of the format
    properties.insert(list(properties).index(properties.find(qn("w:tblLayout"))), edges)
    properties.insert(list(properties).index(properties.find(qn("w:tblLayout"))) + 1, inside)
    for column, width in zip(body._tbl.tblGrid.findall(qn("w:gridCol")), widths, strict=True):
        column.set(qn("w:w"), str(round(width * 20)))
    for row in body.rows:
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width = Pt(width)


def _marked(row: Any, *names: str) -> None:
    properties = row._tr.get_or_add_trPr()
    for name in sorted(names):
        properties.append(_element(name, val="true"))


def _ruled(row: Any, colour: str) -> None:
    for cell in row.cells:
        _edge(cell, "top", colour)


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
