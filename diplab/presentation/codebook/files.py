"""Codebooks written to files, by suffix: CSV, Markdown and Word are written here."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Any

from diplab.microdata.codebook import Codebook
from diplab.microdata.microdata import Microdata
from diplab.microdata.variable import Variable, code_written
from diplab.presentation.codebook.view import (
    AnswerLine,
    CodebookView,
    VariableEntry,
    as_page,
    codebook_view,
    templates,
)
from diplab.presentation.language import colon, term
from diplab.presentation.sheet import Align, Cell, Sheet
from diplab.presentation.writers.files import without_dates, write_atomically
from diplab.presentation.writers.text import in_markdown
from diplab.presentation.writers.word import A4, FACE, MARGIN, PageLayout, document_of, put_table
from diplab.reference.text import LANGUAGES, NOTHING, Language

CODEBOOK_SUFFIXES = (".html", ".docx", ".md", ".csv", ".xml", ".toml", ".lss", ".xlsx")
OF_ALL_LANGUAGES = CODEBOOK_SUFFIXES[3:]  # formats that hold a codebook in all its languages


def save_codebook(thing: Codebook | Microdata, path: str | Path, language: Language) -> Path:
    """Write a codebook to a file, whole or not at all."""
    book = thing if isinstance(thing, Codebook) else thing.codebook
    suffix = Path(path).suffix.lower()
    if suffix == ".csv":
        # spreadsheets recognise UTF-8 by this mark
        return write_atomically(path, codebook_csv(book, language).encode("utf-8-sig"))
    if suffix in OF_ALL_LANGUAGES:
        from diplab.loaders.codebooks.ddi import write_ddi
        from diplab.loaders.codebooks.file import write_codebook
        from diplab.loaders.codebooks.questionnaires import write_questionnaire

        Path(path).parent.mkdir(parents=True, exist_ok=True)
        if suffix in (".lss", ".xlsx"):
            return write_questionnaire(book, Path(path), language)
        if suffix == ".toml":
            return write_codebook(book, path)
        return write_ddi(book, path, data=None if isinstance(thing, Codebook) else thing)
    view = codebook_view(thing, language)
    if suffix == ".docx":
        return write_atomically(path, codebook_docx(view))
    text = codebook_markdown(view) if suffix == ".md" else as_page(view)
    # an unpaired surrogate, possible in a label, is not valid text
    return write_atomically(path, text.encode("utf-8", "replace"))


COLUMNS = (
    "variable", "label_fr", "label_en", "question_fr", "question_en", "group", "measure",
    "value", "value_label_fr", "value_label_en", "missing",
)  # fmt: skip
NO_REASON = "missing"  # written for an unknown reason
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


def codebook_csv(book: Codebook, language: Language) -> str:
    """Return a codebook as CSV, one line per value, in French and English, for editing."""
    # a missing code has its reason in the column `missing` (`missing` if unknown), a range is
    # written `97 to 99`; words that a spreadsheet would read as a formula are prefixed by an
    # apostrophe
    written = io.StringIO()
    lines = csv.writer(written, lineterminator="\n")
    lines.writerow(COLUMNS)
    for variable in book.variables.values():
        about = (
            variable.name,
            *(text.in_(code) for text in (variable.label, variable.question) for code in LANGUAGES),
            variable.group.in_(language),
            "" if variable.measure == "unknown" else variable.measure,
        )
        for value in _values(variable) or [("", "", "", "")]:
            lines.writerow(list(map(_safe, (*about, *value))))
    return written.getvalue()


def _values(variable: Variable) -> list[tuple[str, str, str, str]]:
    lines = []
    for code in dict.fromkeys([*variable.values, *variable.missing]):
        label = variable.values.get(code, NOTHING)
        reason = variable.missing[code] or NO_REASON if code in variable.missing else ""
        lines.append((code_written(code), label.fr, label.en, reason))
    for missing_range in variable.missing_ranges:
        ends = f"{code_written(missing_range.low)} to {code_written(missing_range.high)}"
        lines.append((ends, "", "", missing_range.reason or NO_REASON))
    return lines


def _safe(cell: str) -> str:
    formula = cell.startswith(("=", "+", "-", "@", "\t", "\r")) and not _NUMBER.fullmatch(cell)
    return f"'{cell}" if formula else cell


def codebook_markdown(view: CodebookView) -> str:
    """Return a codebook as Markdown: facts on the file, then a table for each section."""
    made = templates(Path(__file__).parent, view.language, cells_of=_cells)
    made.filters.update(plain=_escaped, cell=in_markdown)
    return made.get_template("page.md").render(view=view)


def _cells(entry: VariableEntry) -> list[str]:
    figures = () if entry.shape is None else entry.shape.figures
    details = [*filter(None, [entry.remark]), *(f"{name} {figure}" for name, figure in figures)]
    answers, missing = (map(_answer_words, lines) for lines in (entry.answers, entry.missing))
    return [
        entry.name,
        entry.label,
        entry.question,
        " · ".join([*details, *answers]),
        " · ".join(missing),
    ]


def _answer_words(line: AnswerLine) -> str:
    name = " = ".join(filter(None, (line.code, line.label)))
    counts = ", ".join(filter(None, (line.people, line.share)))
    return f"{name} ({counts})" if counts else name


def _escaped(text: str) -> str:
    return re.sub(r"([\\|*_`<\[\]#])", r"\\\1", " ".join(text.split()))


_SIZE = 9.0
_CODE_FACE = "Courier New"
_CODE, _COUNT = 72.0, 58.0
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def codebook_docx(view: CodebookView) -> bytes:
    """Return a codebook as a Word document on A4: headings for sections, tables for variables."""
    document = document_of(_printable(view.title), view.language, size=10.0)
    _set_styles(document)
    document.add_heading(_printable(view.title), 0)
    if view.caution:
        _paragraph(document, view.caution, bold=True)
    for name, content in view.facts:
        _paragraph(document, f"{name}{colon(view.language)}{content}")
    for title, lines in view.lists:
        _paragraph(document, title, bold=True)
        for row in lines:
            _runs(document.add_paragraph(style="List Bullet"), row)
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
            _put_entry(document, entry, view.language)
    buffer = io.BytesIO()
    document.save(buffer)
    return without_dates(buffer.getvalue())


def _set_styles(document: Any) -> None:
    """Give headings the font and colour of the text instead of those of the template."""
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


def _put_entry(document: Any, entry: VariableEntry, language: Language) -> None:
    document.add_heading(
        _printable(f"{entry.name} – {entry.label}" if entry.label else entry.name), 2
    )
    if entry.question:
        _paragraph(document, entry.question, italic=True)
    figures = () if entry.shape is None else entry.shape.figures
    paragraphs = [
        " · ".join(entry.about),
        entry.remark,
        " · ".join(f"{name} {figure}" for name, figure in figures),
    ]
    for text in paragraphs:
        if text:
            _paragraph(document, text)
    for lines, title in ((entry.answers, "answer"), (entry.missing, "missing")):
        if lines:
            _put_answers(document, lines, title, language)


def _put_answers(
    document: Any, lines: tuple[AnswerLine, ...], title: str, language: Language
) -> None:
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
    # adjacent tables would be merged
    _paragraph(document, "")


def _paragraph(document: Any, text: str, *, bold: bool = False, italic: bool = False) -> None:
    from docx.shared import Pt

    for run in _runs(document.add_paragraph(), text):
        run.bold, run.italic = bold, italic
        run.font.size = Pt(_SIZE)


def _runs(paragraph: Any, text: str) -> list[Any]:
    """Write a text, with names between backquotes in the font of code."""
    pieces = re.split(r"`([^`]+)`", _printable(text))
    runs = list(map(paragraph.add_run, pieces))
    for run in runs[1::2]:
        run.font.name = _CODE_FACE
    return runs


def _printable(text: str) -> str:
    """Return a text without the characters that a document cannot hold."""
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)
