"""A codebook in the words of one language, apart from any format: what its page, its document and its table share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from diplab.microdata.codebook import Codebook
from diplab.microdata.disclosure import THRESHOLD, DisclosedCount, disclose
from diplab.presentation.codebook_entry import Entry, entry_of, people
from diplab.presentation.language import number
from diplab.presentation.punctuation import NO_BREAK, colon, words
from diplab.presentation.terms import term, terms

if TYPE_CHECKING:
    from collections.abc import Iterator

    from diplab.microdata.history import Step
    from diplab.microdata.microdata import Microdata
    from diplab.reference.text import Language

__all__ = ["CodebookView", "Section", "SetView", "codebook_view"]


@dataclass(frozen=True)
class Section:
    """Variables of one section of the questionnaire, side by side in the file.

    Parameters
    ----------
    title : str
        Its name; empty where the questionnaire has no sections.
    entries : tuple of Entry
        Its variables, in file order.
    """

    title: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class SetView:
    """A question with several answers.

    Parameters
    ----------
    name, label : str
        As in the codebook.
    columns : tuple of str
        Names of its variables.
    """

    name: str
    label: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class CodebookView:
    """A codebook, ready to be laid out.

    Parameters
    ----------
    title : str
        Of the survey, or of the file.
    language : {"fr", "en"}
        Of its words.
    facts : tuple of (str, str)
        File, checksum, reader: name and content.
    caution : str
        That the data are synthetic; empty where they are not.
    notices, steps : tuple of str
        What to know of the reading; what was done to the data.
    sets : tuple of SetView
        Questions with several answers.
    sections : tuple of Section
        The variables.
    rules : str
        How counts are shown; empty where none is.
    """

    title: str
    language: Language
    facts: tuple[tuple[str, str], ...]
    caution: str
    notices: tuple[str, ...]
    steps: tuple[str, ...]
    sets: tuple[SetView, ...]
    sections: tuple[Section, ...]
    rules: str

    def entries(self) -> Iterator[Entry]:
        """Return all variables in order."""
        return (entry for section in self.sections for entry in section.entries)


def codebook_view(thing: Codebook | Microdata, language: Language) -> CodebookView:
    """Return a codebook in the words of one language, with what may be published of the answers where they are given.

    Parameters
    ----------
    thing : Codebook or Microdata
        Microdata that stay lazy (a folder, a relation) are shown by their codebook alone.
    language : {"fr", "en"}
        Language of the reader.

    Examples
    --------
    >>> from diplab.reference.text import Text
    >>> book = Codebook().described("sex", label=Text("sexe", "sex"))
    >>> [entry.label for entry in codebook_view(book, "fr").entries()]
    ['sexe']
    """
    book = thing if isinstance(thing, Codebook) else thing.codebook
    data = None if isinstance(thing, Codebook) or not isinstance(thing.frame, pd.DataFrame) else thing
    columns: list[Any] = list(book.variables) if data is None else list(data.frame)
    sections: list[tuple[str, list[Entry]]] = []
    for column in columns:
        shown = None if data is None else disclose(data, column)
        name = str(column)
        group = words(book[name].group, language) if name in book else ""
        if not sections or sections[-1][0] != group:
            sections.append((group, []))
        sections[-1][1].append(entry_of(book, name, shown, language))
    return CodebookView(
        title=words(book.title, language) or book.origin.file or term("codebook.title", language),
        language=language,
        facts=_facts(book, data, len(columns), language),
        caution=term("sentence.synthetic", language) if book.origin.synthetic else "",
        notices=tuple(words(each, language) for each in book.origin.notices),
        steps=_steps(book, None if data is None else len(data.frame), language),
        sets=tuple(
            SetView(name, words(each.label, language).rstrip(f" .:{NO_BREAK}"), tuple(each.columns))
            for name, each in book.sets.items()
        ),
        sections=tuple(Section(title, tuple(entries)) for title, entries in sections),
        rules="" if data is None else term("codebook.rules", language),
    )


def _facts(
    book: Codebook, data: Microdata | None, columns: int, language: Language
) -> tuple[tuple[str, str], ...]:
    origin = book.origin
    size = term("codebook.columns" if data is None else "codebook.rows_columns", language)
    rows = "" if data is None else number(len(data.frame), language)
    facts = (
        ("file", origin.file),
        ("size", size.format(rows=rows, columns=number(columns, language))),
        ("date", origin.date),
        ("languages", ", ".join(book.languages)),
        ("reader", _reader(origin.reader, language)),
        ("sha256", origin.sha256),
    )
    return tuple((term(f"codebook.{name}", language), content) for name, content in facts if content)


def _reader(reader: str, language: Language) -> str:
    """Return what read a file with the words of diplab in one language, the longest first; names stay."""
    known = {text.en: text for key, text in terms().items() if key.startswith("reader.")}
    for phrase in sorted(known, key=len, reverse=True):
        reader = reader.replace(phrase, known[phrase].in_(language))
    return reader


def _steps(book: Codebook, size: int | None, language: Language) -> tuple[str, ...]:
    rows = term("codebook.step_rows", language)
    return tuple(
        f"{', '.join(step.variables)}{colon(language) if step.variables else ''}{words(step.said, language)} "
        f"({rows.format(rows=people(_rows_of(step, size), language))})"
        for step in book.steps
    )


def _rows_of(step: Step, size: int | None) -> DisclosedCount:
    """Return how many rows a step changed, where that does not give away how few gave an answer, or another."""
    if 0 < step.rows < THRESHOLD:
        return DisclosedCount(None, small=True)
    few = step.kind == "recode" and size is not None and 0 < size - step.rows < THRESHOLD
    return DisclosedCount(None if few else step.rows)
