"""A codebook as tables: one a section for Markdown, one line a value for spreadsheets."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

from diplab.microdata.variable import code_written
from diplab.presentation.punctuation import colon
from diplab.presentation.sheet import Cell, Sheet
from diplab.presentation.sheet_text import as_markdown
from diplab.presentation.terms import term
from diplab.reference.text import NOTHING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from diplab.microdata.codebook import Codebook
    from diplab.microdata.variable import Variable
    from diplab.presentation.codebook_entry import Entry, Line
    from diplab.presentation.codebook_view import CodebookView
    from diplab.presentation.sheet import Align
    from diplab.reference.text import Language

__all__ = ["COLUMNS", "codebook_csv", "codebook_markdown"]

COLUMNS = (
    "variable",
    "label_fr",
    "label_en",
    "question_fr",
    "question_en",
    "group",
    "measure",
    "value",
    "value_label_fr",
    "value_label_en",
    "missing",
)
NO_REASON = "missing"
"""Stands for a reason that nobody gave."""

_NUMBER = re.compile(r"-?\d+(\.\d+)?")


def codebook_csv(book: Codebook, language: Language) -> str:
    """Return a codebook as CSV, one line a value: in French and English, to be opened and corrected in a spreadsheet.

    A value that stands for no answer has its reason in the column `missing` (`missing` where none is known), a range
    of them is written `97 to 99`. Words that a spreadsheet would take for a formula get an apostrophe in front.

    Parameters
    ----------
    book : Codebook
        What to write.
    language : {"fr", "en"}
        Of the names of sections, for which there is one column.

    Examples
    --------
    >>> from diplab.microdata.codebook import Codebook
    >>> from diplab.reference.text import Text
    >>> book = Codebook().described("sex", values={1: Text("femme", "woman")}, missing={9: "refused"})
    >>> print(codebook_csv(book, "en").split(chr(10), 1)[1], end="")
    sex,,,,,,,1,femme,woman,
    sex,,,,,,,9,,,refused
    """
    written = io.StringIO()
    lines = csv.writer(written, lineterminator="\n")
    lines.writerow(COLUMNS)
    for variable in book.variables.values():
        about = (
            variable.name,
            variable.label.fr,
            variable.label.en,
            variable.question.fr,
            variable.question.en,
            variable.group.in_(language),
            "" if variable.measure == "unknown" else variable.measure,
        )
        for value in _values(variable) or [("", "", "", "")]:
            lines.writerow([_safe(cell) for cell in (*about, *value)])
    return written.getvalue()


def _values(variable: Variable) -> list[tuple[str, str, str, str]]:
    lines = []
    for code in dict.fromkeys([*variable.values, *variable.missing]):
        label = variable.values.get(code, NOTHING)
        reason = variable.missing[code] or NO_REASON if code in variable.missing else ""
        lines.append((code_written(code), label.fr, label.en, reason))
    for each in variable.missing_ranges:
        ends = f"{code_written(each.low)} to {code_written(each.high)}"
        lines.append((ends, "", "", each.reason or NO_REASON))
    return lines


def _safe(cell: str) -> str:
    formula = cell.startswith(("=", "+", "-", "@", "\t", "\r")) and not _NUMBER.fullmatch(cell)
    return f"'{cell}" if formula else cell


def codebook_markdown(view: CodebookView) -> str:
    r"""Return a codebook as Markdown: what is known of the file, then a table for each section.

    Parameters
    ----------
    view : CodebookView
        In one language.

    Examples
    --------
    >>> from diplab.microdata.codebook import Codebook
    >>> from diplab.presentation.codebook_view import codebook_view
    >>> codebook_markdown(codebook_view(Codebook().described("a|b"), "en")).splitlines()[-1]
    '| a\\|b |  |  |  |  |'
    """
    parts = [f"# {_plain(view.title)}"]
    parts += [f"**{_plain(view.caution)}**"] if view.caution else []
    facts = [f"- {name}{colon(view.language)}{_plain(content)}" for name, content in view.facts]
    parts += ["\n".join(facts)]
    for name, lines in (("notices", view.notices), ("steps", view.steps)):
        if lines:
            listed = "\n".join(f"- {_plain(each)}" for each in lines)
            parts.append(f"**{term(f'codebook.{name}', view.language)}**\n\n{listed}")
    parts += [_plain(view.rules)] if view.rules else []
    if view.sets:
        listed = "\n".join(
            f"- {_plain(each.name)} {_plain(each.label)}{colon(view.language)}{_plain(', '.join(each.columns))}"
            for each in view.sets
        )
        parts.append(f"## {term('codebook.sets', view.language)}\n\n{listed}")
    for section in view.sections:
        parts.append(f"## {_plain(section.title or term('codebook.variables', view.language))}")
        parts.append(as_markdown(_sheet(section.entries, view.language)).rstrip("\n"))
    return "\n\n".join(parts) + "\n"


def _sheet(entries: tuple[Entry, ...], language: Language) -> Sheet:
    names = ("column.variable", *(f"codebook.{name}" for name in ("label", "question", "answers", "missing")))
    rows = tuple(tuple(Cell(text) for text in _cells(entry)) for entry in entries)
    sides: tuple[Align, ...] = ("left", "left", "left", "left", "left")
    return Sheet("", tuple(term(name, language) for name in names), rows, sides, language=language)


def _cells(entry: Entry) -> Iterator[str]:
    yield entry.name
    yield entry.label
    yield entry.question
    figures = () if entry.shape is None else entry.shape.figures
    shape = [f"{name} {figure}" for name, figure in figures]
    yield " · ".join([*([entry.remark] if entry.remark else []), *shape, *map(_said, entry.answers)])
    yield " · ".join(map(_said, entry.missing))


def _said(line: Line) -> str:
    name = " = ".join(each for each in (line.code, line.label) if each)
    counts = ", ".join(each for each in (line.people, line.share) if each)
    return f"{name} ({counts})" if counts else name


def _plain(text: str) -> str:
    return re.sub(r"([\\|*_`<\[\]#])", r"\\\1", " ".join(text.split()))
