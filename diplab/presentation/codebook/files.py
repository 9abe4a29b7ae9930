"""Codebooks written to files; the suffix decides how. CSV and Markdown are made here."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import narwhals as nw
import pandas as pd

from diplab.microdata.codebook import Codebook
from diplab.microdata.identifiers import identifiers
from diplab.microdata.microdata import Microdata
from diplab.microdata.variable import Variable, code_written
from diplab.presentation._save import save
from diplab.presentation.codebook.view import AnswerLine, CodebookView, VariableEntry, codebook_view
from diplab.presentation.language import colon, term
from diplab.presentation.sheet import Align, Cell, Sheet
from diplab.presentation.writers.files import write_atomically
from diplab.presentation.writers.text import as_markdown
from diplab.reference.text import LANGUAGES, NOTHING, Language

CODEBOOK_SUFFIXES = (".html", ".docx", ".md", ".csv", ".xml", ".toml")
_OF_ALL_LANGUAGES = (".csv", ".xml", ".toml")  # files that hold a codebook in all its languages at once
_FIRST = 2_000  # rows of a folder that are looked at for identifiers


@dataclass(frozen=True)
class WrittenCodebooks:
    """What `diplab codebook FILE` has written, and the columns of the file that may say who people are."""

    files: tuple[Path, ...]
    identifiers: tuple[str, ...]


def codebooks_of(
    file: Path,
    languages: Sequence[Language],
    *,
    structure: Path | None = None,
    codebook: Path | None = None,
    out: Path | None = None,
) -> WrittenCodebooks:
    """Read a file of answers, or a codebook alone, and write its codebook."""
    from diplab.loaders.codebooks.file import read_codebook
    from diplab.loaders.limesurvey.load import limesurvey_codebook
    from diplab.loaders.read import read
    from diplab.loaders.source import open_source

    data: Microdata | None = None
    if file.suffix.lower() == ".lss":
        book = limesurvey_codebook(open_source(file))
    elif file.suffix.lower() in (".toml", ".xml"):
        book = read_codebook(file)
    else:
        data = read(file, structure=structure, codebook=codebook)
        book = data.codebook
    places = [Path(f"{file.stem.removesuffix('.codebook')}.codebook.html") if out is None else out]
    if len(languages) > 1 and places[0].suffix.lower() not in _OF_ALL_LANGUAGES:
        places = [places[0].with_name(f"{places[0].stem}.{each}{places[0].suffix}") for each in languages]
    pairs = zip(places, languages, strict=False)
    files = tuple(save(book, place, language=language, data=data) for place, language in pairs)
    return WrittenCodebooks(files, () if data is None else _identifiers(data))


def _identifiers(data: Microdata) -> tuple[str, ...]:
    """Return the columns that may say who people are; of data that stay in a folder, by their first rows."""
    frame: Any = data.frame
    if not isinstance(frame, pd.DataFrame):
        first = nw.from_native(frame).head(_FIRST).collect(backend="pandas").to_native()
        data = replace(data, frame=first)
    return tuple(identifiers(data).columns)


def save_codebook(thing: Codebook | Microdata, path: str | Path, language: Language) -> Path:
    """Write a codebook to a file, whole or not at all."""
    book = thing if isinstance(thing, Codebook) else thing.codebook
    suffix = Path(path).suffix.lower()
    if suffix == ".csv":
        # a spreadsheet reads UTF-8 as such where it begins with this mark
        return write_atomically(path, codebook_csv(book, language).encode("utf-8-sig"))
    if suffix in (".xml", ".toml"):
        from diplab.loaders.codebooks.ddi import write_ddi
        from diplab.loaders.codebooks.file import write_codebook

        Path(path).parent.mkdir(parents=True, exist_ok=True)
        if suffix == ".toml":
            return write_codebook(book, path)
        return write_ddi(book, path, data=None if isinstance(thing, Codebook) else thing)
    view = codebook_view(thing, language)
    if suffix == ".docx":
        from diplab.presentation.codebook.word import codebook_docx

        return write_atomically(path, codebook_docx(view))
    if suffix == ".md":
        return write_atomically(path, _encoded(codebook_markdown(view)))
    from diplab.presentation.codebook.html import as_page

    return write_atomically(path, _encoded(as_page(view)))


def _encoded(text: str) -> bytes:
    # half a pair, which a file may hold in a label, is no sign of any text
    return text.encode("utf-8", "replace")


COLUMNS = (
    "variable", "label_fr", "label_en", "question_fr", "question_en", "group", "measure",
    "value", "value_label_fr", "value_label_en", "missing",
)  # fmt: skip
NO_REASON = "missing"  # the reason written where none is known
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


def codebook_csv(book: Codebook, language: Language) -> str:
    """Return a codebook as CSV, one line per value: in French and English, to be opened and corrected in a spreadsheet.

    A code of a missing answer has its reason in the column `missing` (`missing` where none is known), a range of
    them is written `97 to 99`. Words that a spreadsheet would take for a formula get an apostrophe in front.
    """
    written = io.StringIO()
    lines = csv.writer(written, lineterminator="\n")
    lines.writerow(COLUMNS)
    for variable in book.variables.values():
        about = (
            variable.name,
            *(text.in_(each) for text in (variable.label, variable.question) for each in LANGUAGES),
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
    """Return a codebook as Markdown: what is known of the file, then a table for each section."""
    parts = [f"# {_escaped(view.title)}"]
    parts += [f"**{_escaped(view.caution)}**"] if view.caution else []
    facts = [f"- {name}{colon(view.language)}{_escaped(content)}" for name, content in view.facts]
    parts += ["\n".join(facts)]
    for title, lines in view.lists:
        listed = "\n".join(f"- {_escaped(each)}" for each in lines)
        parts.append(f"**{title}**\n\n{listed}")
    parts += [_escaped(view.rules)] if view.rules else []
    if view.sets:
        listed = "\n".join(
            f"- {_escaped(each.name)} {_escaped(each.label)}{colon(view.language)}{_escaped(', '.join(each.columns))}"
            for each in view.sets
        )
        parts.append(f"## {term('codebook.sets', view.language)}\n\n{listed}")
    for section in view.sections:
        parts.append(f"## {_escaped(section.title)}")
        parts.append(as_markdown(_sheet(section.entries, view.language)).rstrip("\n"))
    return "\n\n".join(parts) + "\n"


def _sheet(entries: tuple[VariableEntry, ...], language: Language) -> Sheet:
    names = ("column.variable", *(f"codebook.{name}" for name in ("label", "question", "answers", "missing")))
    rows = tuple(tuple(Cell(text) for text in _cells(entry)) for entry in entries)
    sides: tuple[Align, ...] = ("left", "left", "left", "left", "left")
    return Sheet("", tuple(term(name, language) for name in names), rows, sides, language=language)


def _cells(entry: VariableEntry) -> Iterator[str]:
    yield entry.name
    yield entry.label
    yield entry.question
    figures = () if entry.shape is None else entry.shape.figures
    shape = [f"{name} {figure}" for name, figure in figures]
    yield " · ".join([*([entry.remark] if entry.remark else []), *shape, *map(_answer_words, entry.answers)])
    yield " · ".join(map(_answer_words, entry.missing))


def _answer_words(line: AnswerLine) -> str:
    name = " = ".join(each for each in (line.code, line.label) if each)
    counts = ", ".join(each for each in (line.people, line.share) if each)
    return f"{name} ({counts})" if counts else name


def _escaped(text: str) -> str:
    return re.sub(r"([\\|*_`<\[\]#])", r"\\\1", " ".join(text.split()))
