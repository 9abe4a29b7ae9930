"""A codebook in words, and as a self-contained page that can be searched and printed."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd
from babel.dates import format_date
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from diplab.microdata.codebook import Codebook
from diplab.microdata.disclosure import (
    THRESHOLD,
    DisclosedCount,
    Disclosure,
    HistogramBin,
    NumberSummary,
    disclose,
)
from diplab.microdata.history import Step
from diplab.microdata.microdata import Microdata
from diplab.microdata.missing import reason_words
from diplab.microdata.variable import Code, MissingRange, Variable, code_written
from diplab.presentation.language import colon, number, percent, term, terms, words
from diplab.reference.parameter import unit_in_words
from diplab.reference.text import NO_BREAK, Language


@dataclass(frozen=True)
class CodebookSection:
    """Consecutive variables of one section of the questionnaire."""

    title: str
    entries: tuple[VariableEntry, ...]


@dataclass(frozen=True)
class SetView:
    """A question with several answers."""

    name: str
    label: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class CodebookView:
    """A codebook in words, for layout; `lists` are notices and steps under their titles."""

    title: str
    language: Language
    facts: tuple[tuple[str, str], ...]
    caution: str
    lists: tuple[tuple[str, tuple[str, ...]], ...]
    sets: tuple[SetView, ...]
    sections: tuple[CodebookSection, ...]
    rules: str

    def entries(self) -> Iterator[VariableEntry]:
        """Return all variables in order."""
        return (entry for section in self.sections for entry in section.entries)


def codebook_view(thing: Codebook | Microdata, language: Language) -> CodebookView:
    """Return a codebook in the words of one language, with publishable counts of answers."""
    book = thing if isinstance(thing, Codebook) else thing.codebook
    data = (
        None if isinstance(thing, Codebook) or not isinstance(thing.frame, pd.DataFrame) else thing
    )
    columns: list[Any] = list(book.variables) if data is None else list(data.frame)
    sections: list[tuple[str, list[VariableEntry]]] = []
    for column in columns:
        shown = None if data is None else disclose(data, column)
        name = str(column)
        group = words(book[name].group, language) if name in book else ""
        if not sections or sections[-1][0] != group:
            sections.append((group, []))
        sections[-1][1].append(entry_of(book, name, shown, language))
    lists = {
        "notices": tuple(words(notice, language) for notice in book.origin.notices),
        "steps": _steps(book, None if data is None else len(data.frame), language),
    }
    return CodebookView(
        title=words(book.title, language) or book.origin.file or term("codebook.title", language),
        language=language,
        facts=_facts(book, data, len(columns), language),
        caution=term("sentence.synthetic", language) if book.origin.synthetic else "",
        lists=tuple(
            (term(f"codebook.{name}", language), lines) for name, lines in lists.items() if lines
        ),
        sets=tuple(
            SetView(
                name,
                words(members.label, language).rstrip(f" .:{NO_BREAK}"),
                tuple(members.columns),
            )
            for name, members in book.sets.items()
        ),
        sections=tuple(
            CodebookSection(title or term("codebook.variables", language), tuple(entries))
            for title, entries in sections
        ),
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
    return tuple(
        (term(f"codebook.{name}", language), content) for name, content in facts if content
    )


def _reader(reader: str, language: Language) -> str:
    """Return the reader of a file with the words of diplab translated."""
    known = {text.en: text for key, text in terms().items() if key.startswith("reader.")}
    for phrase in sorted(known, key=len, reverse=True):
        reader = reader.replace(phrase, known[phrase].in_(language))
    return reader


def _steps(book: Codebook, size: int | None, language: Language) -> tuple[str, ...]:
    rows = term("codebook.step_rows", language)
    sentences = []
    for step in book.steps:
        changed = rows.format(rows=people(_rows_of(step, size), language))
        sentence = f"{words(step.words, language)} ({changed})"
        if step.variables:
            sentence = ", ".join(step.variables) + colon(language) + sentence
        sentences.append(sentence)
    return tuple(sentences)


def _rows_of(step: Step, size: int | None) -> DisclosedCount:
    """Return the number of rows that a step changed, unless it discloses small counts."""
    if 0 < step.rows < THRESHOLD:
        return DisclosedCount(None, small=True)
    few = step.kind == "recode" and size is not None and 0 < size - step.rows < THRESHOLD
    return DisclosedCount(None if few else step.rows)


HIDDEN = "–"
OF_ROWS = "*"
SYSTEM = "system"
_LOCALES = {"fr": "fr_FR", "en": "en_GB"}


@dataclass(frozen=True)
class AnswerLine:
    """An answer, or a reason for a missing one."""

    code: str
    label: str
    people: str = ""
    share: str = ""
    part: float | None = None


@dataclass(frozen=True)
class Distribution:
    """A summary of amounts."""

    figures: tuple[tuple[str, str], ...]
    bins: tuple[HistogramBin, ...]
    low: str
    high: str
    median: float
    description: str


@dataclass(frozen=True)
class VariableEntry:
    """One variable."""

    name: str
    label: str
    question: str
    about: tuple[str, ...]
    answers: tuple[AnswerLine, ...]
    missing: tuple[AnswerLine, ...]
    shape: Distribution | None
    remark: str


def entry_of(
    book: Codebook, name: str, shown: Disclosure | None, language: Language
) -> VariableEntry:
    """Return one variable in words."""
    variable = book.variables.get(name, Variable(name))
    nothing = shown is not None and shown.kind == "identifier"
    shape = (
        None
        if shown is None or shown.numbers is None
        else _distribution(shown.numbers, shown.kind, language)
    )
    question, label = variable.question, variable.label
    return VariableEntry(
        name,
        words(label, language),
        # a question that is its own label is printed once
        ""
        if question.in_(language).split() == label.in_(language).split()
        else words(question, language),
        _about(variable, shown, language),
        () if nothing else _answers(variable, shown, language),
        () if nothing else _missing(variable, shown, language),
        shape,
        _remark(shown, language),
    )


def _about(variable: Variable, shown: Disclosure | None, language: Language) -> tuple[str, ...]:
    about = []
    if variable.measure != "unknown":
        about = [term(f"codebook.{variable.measure}", language)]
    if variable.unit:
        about.append(
            term("codebook.unit", language).format(
                unit=words(unit_in_words(variable.unit), language)
            )
        )
    if variable.part_of:
        about.append(term("codebook.part_of", language).format(name=variable.part_of))
    if shown is not None:
        for name, count in (("answered", shown.answered), ("unanswered", shown.missing)):
            about.append(term(f"codebook.{name}", language).format(people=people(count, language)))
    return tuple(about)


def people(count: DisclosedCount, language: Language) -> str:
    """Return a count as printed."""
    if count.people is None:
        return "<5" if count.small else HIDDEN
    return number(count.people, language)


def _answers(
    variable: Variable, shown: Disclosure | None, language: Language
) -> tuple[AnswerLine, ...]:
    labels = {
        code: words(text, language)
        for code, text in variable.values.items()
        if variable.why(code) is None
    }
    if shown is None or shown.kind not in ("categories", "numbers"):
        return tuple(
            AnswerLine(*_code_and_label(code, label, language)) for code, label in labels.items()
        )
    lines = [
        _line(code, labels.get(code, ""), count, shown, language)
        for code, count in shown.values.items()
    ]
    if shown.others is not None:
        lines.append(_line("", term("codebook.others", language), shown.others, shown, language))
    return tuple(lines)


def _line(
    code: Code, label: str, count: DisclosedCount, shown: Disclosure, language: Language
) -> AnswerLine:
    written, label = ("", label) if code == "" else _code_and_label(code, label, language)
    base, mark = (shown.answered.people, "") if shown.answered.people else (shown.rows, OF_ROWS)
    if count.people is None or not base:
        return AnswerLine(written, label, people(count, language))
    part = count.people / base
    return AnswerLine(written, label, people(count, language), percent(part, language) + mark, part)


def _code_and_label(code: Code, label: str, language: Language) -> tuple[str, str]:
    """Return a code and its label; an answer in words without a label is its own."""
    if isinstance(code, bool) and not label:
        return code_written(code), term(f"word.{str(code).lower()}", language)
    if isinstance(code, str) and label in ("", code):
        return ("", code)
    return (code_written(code), label)


def _missing(
    variable: Variable, shown: Disclosure | None, language: Language
) -> tuple[AnswerLine, ...]:
    # each with the name under which it is counted: its reason or its code (see `Variable.why`)
    declared = [
        (reason or code_written(code), code_written(code), reason)
        for code, reason in variable.missing.items()
    ]
    for missing_range in variable.missing_ranges:
        counted = (
            missing_range.reason
            or f"{code_written(missing_range.low)} to {code_written(missing_range.high)}"
        )
        declared.append((counted, _range(missing_range, language), missing_range.reason))
    if shown is None:
        return tuple(
            AnswerLine(code, words(reason_words(variable, reason), language))
            for _, code, reason in declared
        )
    codes: dict[str, list[str]] = {}
    labels = {SYSTEM: term("codebook.system", language)}
    for counted, code, reason in declared:
        codes.setdefault(counted, []).append(code)
        labels[counted] = words(reason_words(variable, reason), language)
    return tuple(
        AnswerLine(
            ", ".join(codes.get(reason, [])),
            labels.get(reason, words(reason_words(variable, reason), language)),
            people(shown.reasons.get(reason, DisclosedCount(0)), language),
        )
        for reason in dict.fromkeys([*codes, *shown.reasons])
    )


def _range(each: MissingRange, language: Language) -> str:
    low, high = code_written(each.low), code_written(each.high)
    if math.isinf(each.low):
        return term("codebook.range_down", language).format(high=high)
    if math.isinf(each.high):
        return term("codebook.range_up", language).format(low=low)
    return low if low == high else term("codebook.range", language).format(low=low, high=high)


def _remark(shown: Disclosure | None, language: Language) -> str:
    if shown is None:
        return ""
    if shown.kind in ("words", "identifier"):
        return term(f"codebook.{shown.kind}", language)
    few = (
        shown.kind in ("numbers", "moments")
        and shown.numbers is None
        and shown.answered.people != 0
    )
    return term("codebook.hidden_in_few", language) if few else ""


def _distribution(numbers: NumberSummary, kind: str, language: Language) -> Distribution:
    decimals = _decimals(numbers)

    def printed(value: float) -> str:
        if kind == "moments":
            day = dt.datetime(1970, 1, 1) + dt.timedelta(seconds=value)
            return str(format_date(day, format="medium", locale=_LOCALES[language]))
        return number(value, language, decimals)

    low, high = printed(numbers.low.value), printed(numbers.high.value)
    quartiles = zip(
        ("quarter", "median", "three_quarters"), map(printed, numbers.quartiles), strict=True
    )
    figures = {f"low_{numbers.low.kind}": low, **dict(quartiles), f"high_{numbers.high.kind}": high}
    if kind == "numbers":
        moments = {"mean": numbers.mean, "deviation": numbers.deviation}
        figures |= {name: number(value, language, decimals + 1) for name, value in moments.items()}
    return Distribution(
        tuple((term(f"codebook.{name}", language), figure) for name, figure in figures.items()),
        numbers.bins,
        low,
        high,
        numbers.quartiles[1],
        term("codebook.shape", language).format(low=low, high=high),
    )


def _decimals(numbers: NumberSummary) -> int:
    """Return the number of decimals of the amounts shown, at most three."""
    shown_values = (numbers.low.value, *numbers.quartiles, numbers.high.value)
    if all(math.isclose(value, round(value), abs_tol=1e-9) for value in shown_values):
        return 0
    spread = abs(numbers.high.value - numbers.low.value) or 1.0
    return min(max(2 - math.floor(math.log10(spread)), 1), 4)


LONG = 30  # a list of more answers than this is folded
_NARROW = 8


def as_page(view: CodebookView) -> str:
    """Return a codebook as an HTML page."""
    title = f"{view.title} – {term('codebook.title', view.language)}"
    places = {entry.name: f"v{number}" for number, entry in enumerate(view.entries(), 1)}
    made = templates(Path(__file__).parent, view.language, LONG=LONG, columns_of=_columns_of)
    made.filters["with_code"] = _with_code
    body = made.get_template("page.html").render(view=view, places=places)
    # quotes are written as in the head of the page
    body = body.replace("&#34;", "&quot;").replace("&#39;", "&#x27;")
    return web_page(title, body, view.language, style=asset("page.css"), script=asset("page.js"))


def templates(folder: Path, language: Language, **known: object) -> Environment:
    """Return the templates of a folder, with the terms and numbers of one language."""
    # text in a page is escaped unless it is markup already
    made = Environment(autoescape=select_autoescape(["html"]), undefined=StrictUndefined)
    made.loader, made.trim_blocks, made.lstrip_blocks = FileSystemLoader(folder), True, True
    spoken = {text.__name__: partial(text, language=language) for text in (term, words, number)}
    made.globals.update(spoken, colon=colon(language), **known)
    return made


def _columns_of(lines: Sequence[AnswerLine]) -> dict[str, bool]:
    """Return the columns that answers have in addition to their labels."""
    return {
        "codes": any(line.code for line in lines),
        "wide": any(len(line.code) > _NARROW for line in lines),
        "people": any(line.people for line in lines),
        "shares": any(line.part is not None for line in lines),
    }


def _with_code(text: str) -> str:
    """Return a sentence as markup, in which names between backquotes are code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def web_page(
    title: str, body: str, language: Language, *, style: str, script: str, images: str = ""
) -> str:
    """Return a page whose policy allows only its own style, script and `images`."""
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    policy = f"default-src 'none'; {images}style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{style}</style>\n</head>\n<body>\n{body}\n"
        f"<script>{script}</script>\n</body>\n</html>\n"
    )


@cache
def asset(name: str, package: str = "diplab.presentation.codebook") -> str:
    """Return the style or the script of pages: `page.css`, `page.js`."""
    return files(package).joinpath(name).read_text(encoding="utf-8")
