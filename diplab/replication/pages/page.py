"""What pages of the report are made of: frame, links, marks of verdicts, filters, and tables as they were printed."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from urllib.parse import quote

from diplab.presentation.codebook.html import asset, web_page
from diplab.presentation.language import colon, number, semicolon, term, wording, words
from diplab.presentation.layouts.comparison import ComparisonRow, comparison_rows
from diplab.reference.text import NO_BREAK, Language
from diplab.replication.published import PublishedTable
from diplab.results.comparison import RESTS_ON, VERDICTS, Comparison

MARKS = {
    "as published": "✓",
    "within tolerance": "≈",
    "our own": "◇",
    "differs": "✗",
    "error in the source": "!",
    "base differs": "≠",
    "threshold not stated": "?",
    "not identified": "⇔",
    "circular": "↻",
    "by construction": "=",
    "not reproducible": "∅",
    "not run": "–",
}
"""A mark a verdict, beside its colour: neither colour nor sight is needed to tell verdicts apart."""
COUNTED = ("as published", "within tolerance", "our own", "differs", "not identified", "not run")
"""Verdicts that have a column of their own in the summary; the rest is counted together."""


def file_name(language: Language, *parts: str) -> str:
    """Return the name of a page."""
    return f"{'.'.join(parts or ('index',))}.{language}.html"


def slug(name: str) -> str:
    """Return a verdict, or what a number rests on, as the style and the script know it."""
    return re.sub(r"[^a-z]+", "-", name)


def mark(verdict: str) -> str:
    """Return the mark of a verdict, which is said in words beside."""
    return f'<i aria-hidden="true">{MARKS[verdict]}</i>'


def badge(verdict: str, language: Language) -> str:
    """Return a verdict in words, with its mark and colour."""
    label = escape(term(f"verdict.{verdict}", language))
    return f'<span class="verdict v-{slug(verdict)}">{mark(verdict)} {label}</span>'


def link(file: str, words: str, more: str = "") -> str:
    """Return a link to a file beside the page."""
    return f'<a href="{quote(file, safe="/#")}"{more}>{escape(words)}</a>'


def frame(
    title: str,
    body: str,
    language: Language,
    languages: Sequence[Language],
    name: Sequence[str] = (),
    up: Sequence[tuple[str, str]] = (),
) -> str:
    """Return a whole page."""
    others = "".join(
        link(file_name(each, *name), term("report.language", each), f' lang="{each}" hreflang="{each}"')
        for each in languages
        if each != language
    )
    above = " › ".join(link(file, words) for file, words in up)
    top = f'<nav class="top"><span>{above}</span><span>{others}</span></nav>'
    style, script = (asset(name, "diplab.replication.pages") for name in ("style.css", "script.js"))
    images = "img-src 'self' file: http: https:; "
    return web_page(title, f"{top}\n<main>\n{body}\n</main>", language, style=style, script=script, images=images)


def filters(verdicts: Iterable[str], rests_on: Iterable[str], language: Language, counted: str = "shown") -> str:
    """Return the search box and the filters of a page, which show once a script runs."""
    search = escape(term("report.search", language))
    fields = [f'<label>{search}<input type="search" autocomplete="off" spellcheck="false"></label>']
    for name, found, known in (("verdict", Counter(verdicts), VERDICTS), ("rests_on", Counter(rests_on), RESTS_ON)):
        listed = "".join(
            f'<option value="{slug(each)}">{escape(term(f"{name}.{each}", language))} '
            f"({number(found[each], language)})</option>"
            for each in known
            if each in found
        )
        fields.append(
            f'<label>{escape(term(f"column.{name}", language))}<select name="{name}">'
            f'<option value="">{escape(term("report.any", language))}</option>{listed}</select></label>'
        )
    fields.append(f'<button type="reset">{escape(term("report.all", language))}</button>')
    label = escape(term(f"report.{counted}", language), quote=True)
    return (
        f'<form class="filter" role="search" hidden>{"".join(fields)}'
        f'<output aria-live="polite" data-said="{label}"></output></form>'
    )


def as_written(value: float, language: Language) -> str:
    """Return a number with the decimals that it was written with."""
    written = repr(float(value)).removesuffix(".0")
    if "e" in written or not math.isfinite(value):
        return written
    return number(value, language, len(written.partition(".")[2]))


def labelled(name: str, content: str, language: Language) -> str:
    """Return a line with its label: `Base: all respondents`."""
    return f"<b>{escape(term(f'column.{name}', language) + colon(language))}</b>{escape(content)}"


def by_verdict(comparison: Comparison) -> list[int]:
    """Return how many numbers were rerun, how many got each of the verdicts `COUNTED`, and how many another."""
    verdicts = comparison.frame.loc[~comparison.frame["quotation"].astype(bool), "verdict"]
    counts = [int((verdicts == name).sum()) for name in COUNTED]
    return [len(verdicts), *counts, len(verdicts) - sum(counts)]


def counted(verdicts: Sequence[str], language: Language, what: str = "numbers") -> str:
    """Return how many `numbers` or `cells` there are, by verdict, in words."""
    counts = ", ".join(
        f"{number(count, language)} {term(f'counts.{name}' if count > 1 else f'verdict.{name}', language)}"
        for name, count in Counter(verdicts).most_common()
    )
    key = f"report.{what}" if len(verdicts) > 1 else "report.one_number"
    return term(key, language).format(numbers=number(len(verdicts), language), verdicts=counts)


_TO_SEE = (
    "differs", "error in the source", "base differs", "threshold not stated", "not identified", "not reproducible",
)  # fmt: skip
"""Verdicts of cells that are always listed in full."""

_QUOTED = '<i aria-hidden="true">”</i>'  # mark of a quotation

_REST = ("source", "status", "rests_on")

_PLAIN = ("%", "1", "", "ratio")
"""Units that are not said over a column: a percentage bears its sign, the others have none."""

_LONG = 1500  # what is said once of a table is at most so long; beyond, cells say it one by one


@dataclass(frozen=True)
class _Table:
    """A published table with its cells, in one language."""

    table: PublishedTable
    language: Language
    numbers: list[ComparisonRow]
    units: dict[str, str]
    in_full: dict[str, str]
    common: dict[str, str]
    rests_on: str


def sentence(comparison: Comparison, name: str) -> str:
    """Return how many cells a published table has, by verdict."""
    frame = comparison.frame
    return counted(frame.loc[frame["table"] == name, "verdict"].tolist(), comparison.language, "cells")


def printed_table(table: PublishedTable, comparison: Comparison, *, alone: bool = False) -> str:
    """Return a published table as printed, with its sentence, base, source and the cells listed in full."""
    language = comparison.language
    read = _read(table, comparison)
    name = escape(table.name, quote=True)
    present = {each.raw["verdict"] for each in read.numbers}
    key = [badge(verdict, language) for verdict in VERDICTS if verdict in present]
    body = _body(read)
    if any(each.quotation for each in read.numbers):
        key.append(f"{_QUOTED} {escape(term('report.quotation', language))}")
    if "→" in body:
        key.append(escape(term("report.arrow", language)))
    above = [labelled("base", read.common["base"], language)]
    above += [escape(text) for text in (read.common["reason"], words(table.note, language)) if text]
    below = ". ".join(labelled(each, read.common[each], language) for each in _REST)
    shared = "".join(f"<p>{line}</p>" for line in above)
    title = escape(words(table.title, language))
    return (
        f'<section class="printed" id="t-{name}">{"" if alone else f"<h3>{title}</h3>"}'
        f'<p class="count">{escape(sentence(comparison, table.name))}</p>'
        f'<p class="key small">{" ".join(key)}</p><div class="said">{shared}</div>'
        f'<div class="scroll" role="region" tabindex="0" aria-labelledby="c-{name}">'
        f'<table class="cross" data-r="{slug(read.rests_on)}"><caption id="c-{name}" class="unseen">{title}</caption>'
        f'{_head(read)}{body}</table></div><p class="small">{below}.</p>'
        f"{_in_full(read, alone=alone)}</section>"
    )


def _in_full(read: _Table, *, alone: bool) -> str:
    """Return the cells that differ or are exceptions, one per line; nothing where there are none."""
    if not read.in_full:
        return ""
    title, heading = term("report.in_full", read.language), "h2" if alone else "h4"
    cells = [each for each in read.numbers if each.key in read.in_full]
    rows = number_rows(cells, title, read.language, read.in_full, again=True)
    return f'<div class="in-full"><{heading}>{escape(title)}</{heading}>{rows}</div>'


def _read(table: PublishedTable, comparison: Comparison) -> _Table:
    """Gather what a table shows: its cells in words, units over columns, what holds of all cells, and which do not."""
    cells = comparison.frame[comparison.frame["table"] == table.name]
    numbers = list(comparison_rows(replace(comparison, frame=cells)))
    units = {
        str(name): str(of_column.iloc[0])
        for name, of_column in cells.groupby("column")["unit"]
        if of_column.nunique() == 1 and of_column.iloc[0] not in _PLAIN
    }
    common, apart = {}, set[str]()
    for name in ("base", "reason", *_REST):
        common[name], others = _common(table, numbers, name, comparison.language)
        apart |= others
    usual = _most([each.raw["verdict"] for each in numbers])
    listed = {
        each.key: f"{table.name}-{place}"
        for place, each in enumerate(numbers, 1)
        if each.key in apart
        or not each.expected
        or each.raw["verdict"] in _TO_SEE
        or each.raw["verdict"] not in (usual, "as published")
    }
    rests_on = _most([each.raw["rests_on"] for each in numbers])
    return _Table(table, comparison.language, numbers, units, listed, common, rests_on)


def _common(
    table: PublishedTable, numbers: Sequence[ComparisonRow], name: str, language: Language
) -> tuple[str, set[str]]:
    """Return what is said once of a table, and the cells of which it is not true."""
    texts = {each.key: str(getattr(each, name)) for each in numbers}
    most = _most(list(texts.values()))
    others = {key for key, text in texts.items() if text not in (most, "")}
    if name == "reason":
        # a reason that most cells share is the table's; one of few cells stands with them
        shared = sum(text == most for text in texts.values()) * 2 > len(texts)
        return (most, others) if shared else ("", {key for key, text in texts.items() if text})
    if not others:
        return most, others
    heads = {column: words(table.heads[column], language) for column in table.columns}
    for side, titles in (("column", heads), ("row", {})):
        held: dict[str, set[str]] = {}
        for each in numbers:
            held.setdefault(each.raw[side], set()).add(texts[each.key])
        if all(len(found) == 1 for found in held.values()):
            where: dict[str, list[str]] = {}
            for at, (text,) in held.items():
                where.setdefault(text, []).append(titles.get(at, at))
            del where[most]
            parts = [f"{text} ({', '.join(places)})" for text, places in where.items()]
            whole = semicolon(language).join([most, *parts])
            if len(whole) < _LONG:
                return words(whole, language), set()
    return term("report.except", language).format(content=most), others


def _most(found: Sequence[str]) -> str:
    return Counter(found).most_common(1)[0][0]


def _grouped(table: PublishedTable) -> bool:
    """Whether the first labels are titles over rows that follow each other."""
    firsts = [row[0] for row in table.rows]
    runs = sum(place == 0 or first != firsts[place - 1] for place, first in enumerate(firsts))
    return len(table.labels) > 1 and runs == len(set(firsts)) and 2 * runs <= len(firsts)


def _head(read: _Table) -> str:
    table, language = read.table, read.language
    cells = [
        f'<th scope="col">{escape(words(table.heads[name], language))}</th>' for name in table.labels[_grouped(table) :]
    ]
    for name in table.columns:
        unit = f" ({wording('unit', read.units[name], language)})" if name in read.units else ""
        cells.append(f'<th scope="col" class="n">{escape(words(table.heads[name], language) + unit)}</th>')
    return f"<thead><tr>{''.join(cells)}</tr></thead>"


def _body(read: _Table) -> str:
    table = read.table
    by_place = {(each.raw["row"], each.raw["column"]): each for each in read.numbers}
    if not _grouped(table):
        return f"<tbody>{''.join(_lines(read, table.rows, by_place, 0))}</tbody>"
    groups: dict[str, list[tuple[str, ...]]] = {}
    for row in table.rows:
        groups.setdefault(row[0], []).append(row)
    wide = len(table.labels) - 1 + len(table.columns)
    head = words(table.heads[table.labels[0]], read.language) + colon(read.language)
    return "".join(
        f'<tbody><tr class="group"><th scope="rowgroup" colspan="{wide}"><span>{escape(head + group)}</span></th></tr>'
        f"{''.join(_lines(read, rows, by_place, 1))}</tbody>"
        for group, rows in groups.items()
    )


def _lines(
    read: _Table, rows: Sequence[tuple[str, ...]], by_place: Mapping[tuple[str, str], ComparisonRow], first: int
) -> Iterator[str]:
    for row in rows:
        labels = "".join(f'<th scope="row">{escape(label)}</th>' for label in row[first:])
        name = " | ".join(row)
        cells = "".join(
            _cell(read, by_place[name, column]) if (name, column) in by_place else "<td></td>"
            for column in read.table.columns
        )
        yield f"<tr>{labels}{cells}</tr>\n"


def _cell(read: _Table, row: ComparisonRow) -> str:
    """Return a cell: the printed value, the mark of its verdict and, where it is another, the recomputed one."""
    column, found = row.raw["column"], row.raw["verdict"]
    printed, reproduced = (
        _without_unit(text, read.units.get(column, ""), read.language) for text in (row.published, row.reproduced)
    )
    content = f"{escape(printed)}{mark(found)}"
    if found != "as published":
        content += f'<span class="unseen"> {escape(row.verdict)}</span>'
    if row.quotation:
        content += f'{_QUOTED}<span class="unseen"> {escape(term("report.quotation", read.language))}</span>'
    if row.key in read.in_full:
        content = f'<a href="#{escape(read.in_full[row.key], quote=True)}">{content}</a>'
    if row.raw["outcome"] not in ("same digits", "not run"):
        if reproduced == printed and row.difference not in ("–", "0"):
            reproduced += f" ({row.difference})"
        content += f'<span class="re">→{NO_BREAK}{escape(reproduced)}</span>'
    rests_on = row.raw["rests_on"]
    other = "" if rests_on == read.rests_on else f' data-r="{slug(rests_on)}"'
    return f'<td data-v="{slug(found)}"{other}>{content}</td>'


def _without_unit(text: str, unit: str, language: Language) -> str:
    """Return a number without its unit, which stands over its column; under two, French has no plural."""
    words_of_unit = wording("unit", unit, language)
    for each in (words_of_unit, words_of_unit.replace("millions", "million", 1)):
        text = text.removesuffix(NO_BREAK + each)
    return text


_HEADS = ("label", "published", "reproduced", "difference", "verdict")


def number_rows(
    numbers: Sequence[ComparisonRow],
    title: str,
    language: Language,
    names: Mapping[str, str] | None = None,
    *,
    again: bool = False,
) -> str:
    """Return numbers as a table, two lines each."""
    head = "".join(f'<th scope="col"{_side(name)}>{escape(term(f"column.{name}", language))}</th>' for name in _HEADS)
    bodies = "\n".join(
        _number_body(each, (names or {}).get(each.key, each.key), language, again=again) for each in numbers
    )
    return (
        f'<table class="numbers"><caption class="unseen">{escape(title)}</caption>'
        f"<thead><tr>{head}</tr></thead>\n{bodies}</table>"
    )


def _side(name: str) -> str:
    return ' class="n"' if name in ("published", "reproduced", "difference") else ""


def _number_body(row: ComparisonRow, name: str, language: Language, *, again: bool) -> str:
    found = row.raw["verdict"]
    reproduced = escape(row.reproduced)
    if row.printed_way:
        text = term("report.printed_way", language).format(number=row.printed_way)
        reproduced += f'<span class="small">{escape(text)}</span>'
    verdict = badge(found, language)
    if not row.expected:
        expected = term(f"verdict.{row.raw['expected']}", language)
        text = term("report.expected", language).format(verdict=expected)
        verdict += f'<strong class="unexpected">{escape(text)}</strong>'
    if row.quotation:
        verdict += f'<span class="small">{escape(term("report.quotation", language))}</span>'
    cells = "".join(
        # its own heading beside it where the column has none: on a phone
        f'<td{_side(column)} data-head="{escape(term(f"column.{column}", language), quote=True)}">{content}</td>'
        for column, content in (
            ("published", escape(row.published)),
            ("reproduced", reproduced),
            ("difference", escape(row.difference)),
            ("verdict", verdict),
        )
    )
    base, source, status, rests_on = (
        labelled(column, getattr(row, column), language) for column in ("base", "source", "status", "rests_on")
    )
    rest = [source, status, rests_on]
    if found == "within tolerance":
        rest.append(labelled("tolerance", as_written(float(row.raw["tolerance"]), language), language))
    reason = f"<p>{escape(row.reason)}</p>" if row.reason else ""
    shown_again = ' data-again=""' if again else ""
    return (
        f'<tbody id="{escape(name, quote=True)}" data-v="{slug(found)}" '
        f'data-r="{slug(row.raw["rests_on"])}"{shown_again}>'
        f'<tr><th scope="row">{escape(row.label)}</th>{cells}</tr>'
        f'<tr class="why"><td colspan="{len(_HEADS)}"><p>{base}</p>{reason}'
        f'<p class="small">{". ".join(rest)}.</p></td></tr></tbody>'
    )
