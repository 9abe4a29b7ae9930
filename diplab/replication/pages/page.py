"""What pages of the report are made of: templates in one language, counts by verdict, tables as they were printed."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path

import pandas as pd
from jinja2 import Environment

from diplab.presentation.codebook.html import asset, templates, web_page
from diplab.presentation.language import number, semicolon, term, wording, words
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


def slugs(names: Iterable[str]) -> str:
    """Return all that are there of verdicts, or of what numbers rest on."""
    return " ".join(sorted({slug(each) for each in names}))


@cache
def _templates(language: Language) -> Environment:
    """Return the templates beside this file."""
    known = {"MARKS": MARKS, "COUNTED": COUNTED, "VERDICTS": VERDICTS, "RESTS_ON": RESTS_ON, "NO_BREAK": NO_BREAK}
    written, named = partial(as_written, language=language), partial(file_name, language)
    made = templates(Path(__file__).parent, language, **known, as_written=written, file_name=named)
    made.filters.update(slug=slug, slugs=slugs)
    return made


def filled(template: str, language: Language, **content: object) -> str:
    """Return a template with its content."""
    return _templates(language).get_template(template).render(content)


def whole_page(
    template: str,
    title: str,
    language: Language,
    languages: Sequence[Language],
    content: Mapping[str, object],
    name: Sequence[str] = (),
    up: Sequence[tuple[str, str]] = (),
) -> str:
    """Return a whole page of a template, with links `up` and to itself in other languages."""
    others = {each: (file_name(each, *name), term("report.language", each)) for each in languages if each != language}
    body = filled(template, language, title=title, others=others, up=up, **content)
    style, script = (asset(name, "diplab.replication.pages") for name in ("style.css", "script.js"))
    images = "img-src 'self' file: http: https:; "
    return web_page(title, body, language, style=style, script=script, images=images)


def as_written(value: float, language: Language) -> str:
    """Return a number with the decimals that it was written with."""
    written = repr(float(value)).removesuffix(".0")
    if "e" in written or not math.isfinite(value):
        return written
    return number(value, language, len(written.partition(".")[2]))


def reruns(comparison: Comparison) -> pd.DataFrame:
    """Return the numbers of a comparison that are no quotations."""
    return comparison.frame[~comparison.frame["quotation"].astype(bool)]


def by_verdict(comparison: Comparison) -> list[int]:
    """Return how many numbers were rerun, how many got each of the verdicts `COUNTED`, and how many another."""
    verdicts = reruns(comparison)["verdict"]
    counts = [int((verdicts == name).sum()) for name in COUNTED]
    return [len(verdicts), *counts, len(verdicts) - sum(counts)]


def in_words(counts: Iterable[tuple[str, int]], language: Language) -> str:
    """Return verdicts with how many numbers got each."""
    return ", ".join(
        f"{number(count, language)} {term(f'counts.{name}' if count > 1 else f'verdict.{name}', language)}"
        for name, count in counts
    )


def counted(verdicts: Sequence[str], language: Language, what: str = "numbers") -> str:
    """Return how many `numbers` or `cells` there are, by verdict, in words."""
    key = f"report.{what}" if len(verdicts) > 1 else "report.one_number"
    counts = in_words(Counter(verdicts).most_common(), language)
    return term(key, language).format(numbers=number(len(verdicts), language), verdicts=counts)


_TO_SEE = (
    "differs", "error in the source", "base differs", "threshold not stated", "not identified", "not reproducible",
)  # fmt: skip
"""Verdicts of cells that are always listed in full."""

_PLAIN = ("%", "1", "", "ratio")
"""Units that are not said over a column: a percentage bears its sign, the others have none."""

_LONG = 1500  # what is said once of a table is at most so long; beyond, cells say it one by one


@dataclass(frozen=True)
class ShownTable:
    """A published table with its cells, in one language: units over columns, what is said once, what is apart."""

    table: PublishedTable
    language: Language
    numbers: list[ComparisonRow]
    units: dict[str, str]
    in_full: dict[str, str]
    common: dict[str, str]
    rests_on: str

    @property
    def sentence(self) -> str:
        """How many cells there are, by verdict."""
        return counted([each.raw["verdict"] for each in self.numbers], self.language, "cells")

    @property
    def cells(self) -> dict[tuple[str, str], ComparisonRow]:
        """The cells by row and column."""
        return {(each.raw["row"], each.raw["column"]): each for each in self.numbers}

    @property
    def titled(self) -> bool:
        """Whether the first labels are titles over rows that follow each other."""
        firsts = [row[0] for row in self.table.rows]
        runs = sum(place == 0 or first != firsts[place - 1] for place, first in enumerate(firsts))
        return len(self.table.labels) > 1 and runs == len(set(firsts)) and 2 * runs <= len(firsts)

    @property
    def groups(self) -> dict[str, list[tuple[str, ...]]]:
        """The rows under each title; under one without words where there are none."""
        groups: dict[str, list[tuple[str, ...]]] = {}
        for row in self.table.rows:
            groups.setdefault(row[0] if self.titled else "", []).append(row)
        return groups

    def unit_of(self, column: str) -> str:
        """Return the unit over a column in words, if it has one."""
        return wording("unit", self.units[column], self.language) if column in self.units else ""

    def printed(self, row: ComparisonRow) -> str:
        """Return the printed value of a cell."""
        return self._without_unit(row.published, row)

    def recomputed(self, row: ComparisonRow) -> str:
        """Return the value of a cell as recomputed, where it is another than the printed one."""
        if row.raw["outcome"] in ("same digits", "not run"):
            return ""
        value = self._without_unit(row.reproduced, row)
        apart = value == self.printed(row) and row.difference not in ("–", "0")
        return f"{value} ({row.difference})" if apart else value

    @property
    def has_arrows(self) -> bool:
        """Whether a recomputed value stands beside a printed one."""
        return any(map(self.recomputed, self.numbers))

    def _without_unit(self, text: str, row: ComparisonRow) -> str:
        """Return a number without its unit, which stands over its column; under two, French has no plural."""
        unit = self.unit_of(row.raw["column"])
        for each in (unit, unit.replace("millions", "million", 1)):
            text = text.removesuffix(NO_BREAK + each)
        return text


def shown_table(table: PublishedTable, comparison: Comparison) -> ShownTable:
    """Gather what a table shows: its cells in words, units over columns, what holds of all cells, and which do not."""
    cells = comparison.frame[comparison.frame["table"] == table.name]
    numbers = list(comparison_rows(replace(comparison, frame=cells)))
    units = {
        str(name): str(of_column.iloc[0])
        for name, of_column in cells.groupby("column")["unit"]
        if of_column.nunique() == 1 and of_column.iloc[0] not in _PLAIN
    }
    common, apart = {}, set[str]()
    for name in ("base", "reason", "source", "status", "rests_on"):
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
    return ShownTable(table, comparison.language, numbers, units, listed, common, rests_on)


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
