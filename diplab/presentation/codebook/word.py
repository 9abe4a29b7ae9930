"""A codebook as a Word document: a heading a section, a heading and a table a variable."""

from __future__ import annotations

import io
import re
from typing import Any

from diplab.presentation.codebook.view import AnswerLine, CodebookView, VariableEntry
from diplab.presentation.language import colon, term
from diplab.presentation.sheet import Align, Cell, Sheet
from diplab.presentation.writers.files import without_dates
from diplab.presentation.writers.word import A4, FACE, MARGIN, PageLayout, document_of, put_table
from diplab.reference.text import Language

_SIZE = 9.0
_CODE_FACE = "Courier New"
_CODE, _COUNT = 72.0, 58.0
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def codebook_docx(view: CodebookView) -> bytes:
    """Return a codebook as a Word document on A4."""
    document = document_of(_printable(view.title), view.language, size=10.0)
    _set_styles(document)
    document.add_heading(_printable(view.title), 0)
    if view.caution:
        _paragraph(document, view.caution, bold=True)
    for name, content in view.facts:
        _paragraph(document, f"{name}{colon(view.language)}{content}")
    for title, lines in view.lists:
        _paragraph(document, title, bold=True)
        for each in lines:
            _runs(document.add_paragraph(style="List Bullet"), each)
    if view.rules:
        _paragraph(document, view.rules, italic=True)
    if view.sets:
        document.add_heading(term("codebook.sets", view.language), 1)
        for question in view.sets:
            line = f"{question.name} {question.label}".rstrip()
            _paragraph(document, f"{line}{colon(view.language)}{', '.join(question.columns)}")
    for section in view.sections:
        document.add_heading(_printable(section.title), 1)
        for entry in section.entries:
            _entry(document, entry, view.language)
    buffer = io.BytesIO()
    document.save(buffer)
    return without_dates(buffer.getvalue())


def _set_styles(document: Any) -> None:
    """Give headings the face and the ink of the rest; those of the template are another blue face."""
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    for name, size in (("Title", 18.0), ("Heading 1", 13.0), ("Heading 2", 10.5)):
        style = document.styles[name]
        style.font.name = FACE
        style.font.size = Pt(size)
        style.font.color.rgb = RGBColor(0x1B, 0x1B, 0x1B)
        fonts = style.element.rPr.rFonts
        for kind in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{kind}"), None)
        fonts.set(qn("w:hAnsi"), FACE)
        style.paragraph_format.space_before = Pt(10 if name == "Heading 2" else 16)
        style.paragraph_format.space_after = Pt(3)


def _entry(document: Any, entry: VariableEntry, language: Language) -> None:
    document.add_heading(_printable(f"{entry.name} – {entry.label}" if entry.label else entry.name), 2)
    if entry.question:
        _paragraph(document, entry.question, italic=True)
    figures = () if entry.shape is None else entry.shape.figures
    paragraphs = [" · ".join(entry.about), entry.remark, " · ".join(f"{name} {figure}" for name, figure in figures)]
    for text in paragraphs:
        if text:
            _paragraph(document, text)
    for lines, title in ((entry.answers, "answer"), (entry.missing, "missing")):
        if lines:
            _table(document, lines, title, language)


def _table(document: Any, lines: tuple[AnswerLine, ...], title: str, language: Language) -> None:
    columns = {
        term("codebook.code", language): [line.code for line in lines],
        term(f"codebook.{title}", language): [line.label for line in lines],
        term("codebook.people", language): [line.people for line in lines],
        "%": [line.share for line in lines],
    }
    header = [head for at, (head, texts) in enumerate(columns.items()) if at < 2 or any(texts)]
    texts_by_row = zip(*(columns[head] for head in header), strict=True)
    rows = tuple(tuple(Cell(_printable(text)) for text in texts) for texts in texts_by_row)
    counts: list[Align] = ["right"] * (len(header) - 2)
    sides: tuple[Align, ...] = ("left", "left", *counts)
    room = A4[0] - 2 * MARGIN
    widths = (_CODE, room - _CODE - _COUNT * (len(header) - 2), *[_COUNT for _ in header[2:]])
    places = tuple(range(len(header)))
    put_table(
        document,
        Sheet("", tuple(header), rows, sides, language=language),
        PageLayout(False, _SIZE, (places,), widths),
        places,
    )
    # two tables with nothing between them would be one
    _paragraph(document, "")


def _paragraph(document: Any, text: str, *, bold: bool = False, italic: bool = False) -> None:
    from docx.shared import Pt

    for run in _runs(document.add_paragraph(), text):
        run.bold, run.italic = bold, italic
        run.font.size = Pt(_SIZE)


def _runs(paragraph: Any, text: str) -> list[Any]:
    """Write a text, in which names between backquotes have the face of code."""
    pieces = re.split(r"`([^`]+)`", _printable(text))
    runs = [paragraph.add_run(piece) for piece in pieces]
    for run in runs[1::2]:
        run.font.name = _CODE_FACE
    return runs


def _printable(text: str) -> str:
    """Return a text without the signs that a document cannot hold."""
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)
