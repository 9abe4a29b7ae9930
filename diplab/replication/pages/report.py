"""The pages of the report: templates, published tables as printed, and each study."""

from __future__ import annotations

import math
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from great_tables import GT
from jinja2 import Environment

from diplab.presentation.codebook.view import asset, templates, web_page
from diplab.presentation.language import number, semicolon, term, wording, words
from diplab.presentation.layouts.comparison import ComparisonRow, comparison_rows
from diplab.presentation.writers.files import write_atomically
from diplab.reference.text import NO_BREAK, Language
from diplab.replication.published import PublishedTable
from diplab.results.comparison import RESTS_ON, VERDICTS, Comparison

if TYPE_CHECKING:
    from diplab.replication.rerun import Run
    from diplab.replication.runner import Drawn
    from diplab.replication.study import Study

MARKS = dict(
    zip(VERDICTS, ["✓", "≈", "◇", "✗", "!", "~", "≠", "?", "⇔", "↻", "=", "∅", "–"], strict=True)
)
"""A mark for each verdict, so that verdicts are distinguished without colour."""
COUNTED = ("as published", "within tolerance", "our own", "differs", "not identified", "not run")
"""Verdicts with their own column in the summary; the others are counted together."""


def file_name(language: Language, *parts: str) -> str:
    """Return the name of a page."""
    return f"{'.'.join(parts or ('index',))}.{language}.html"


def slug(name: str) -> str:
    """Return the class of a verdict, or of what a number rests on, in the style and the script."""
    return re.sub(r"[^a-z]+", "-", name)


def slugs(names: Iterable[str]) -> str:
    """Return the classes of all verdicts, or of all that numbers rest on."""
    return " ".join(sorted(set(map(slug, names))))


@cache
def _templates(language: Language) -> Environment:
    """Return the templates in this folder."""
    known = {
        "MARKS": MARKS,
        "COUNTED": COUNTED,
        "VERDICTS": VERDICTS,
        "RESTS_ON": RESTS_ON,
        "NO_BREAK": NO_BREAK,
    }
    written, named = partial(as_written, language=language), partial(file_name, language)
    made = templates(Path(__file__).parent, language, **known, as_written=written, file_name=named)
    made.filters.update(slug=slug, slugs=slugs)
    return made


def filled(template: str, language: Language, **content: object) -> str:
    """Return a template filled with its content."""
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
    """Return a page of a template, with links `up` and to its other languages."""
    others = {
        item: (file_name(item, *name), term("report.language", item))
        for item in languages
        if item != language
    }
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
    """Return the numbers of a comparison that are not quotations."""
    return comparison.frame[~comparison.frame["quotation"].astype(bool)]


def by_verdict(comparison: Comparison) -> list[int]:
    """Return the counts of numbers rerun, of each verdict in `COUNTED`, and of the others."""
    counts = Counter(reruns(comparison)["verdict"])
    counted_apart = [counts[name] for name in COUNTED]
    return [counts.total(), *counted_apart, counts.total() - sum(counted_apart)]


def by_rests_on(comparison: Comparison) -> list[int]:
    """Return the counts of numbers rerun, by what they rest on, and of quotations."""
    counts = Counter(reruns(comparison)["rests_on"])
    return [
        counts.total(),
        *(counts[name] for name in RESTS_ON),
        len(comparison.frame) - counts.total(),
    ]


def in_words(counts: Iterable[tuple[str, int]], language: Language) -> str:
    """Return the counts of verdicts in words."""
    return ", ".join(
        f"{number(count, language)} "
        f"{term(f'counts.{name}' if count > 1 else f'verdict.{name}', language)}"
        for name, count in counts
    )


def counted(verdicts: Sequence[str], language: Language, what: str = "numbers") -> str:
    """Return the count of `numbers` or `cells`, by verdict, in words."""
    key = f"report.{what}" if len(verdicts) > 1 else "report.one_number"
    counts = in_words(Counter(verdicts).most_common(), language)
    return term(key, language).format(numbers=number(len(verdicts), language), verdicts=counts)


_TO_SEE = (
    "differs", "error in the source", "rounded in the source", "base differs",
    "threshold not stated", "not identified", "not reproducible",
)  # fmt: skip
"""Verdicts of cells that are always listed in full."""

_PLAIN = ("%", "1", "", "ratio")
"""Units that are not printed over a column: percentages carry a sign, the others none."""

# the longest text stated once for a table; a longer one is stated for each cell
_LONG = 1500


@dataclass(frozen=True)
class ShownTable:
    """A published table in one language: cells, units over columns, texts common to all cells."""

    table: PublishedTable
    language: Language
    numbers: list[ComparisonRow]
    units: dict[str, str]
    in_full: dict[str, str]
    common: dict[str, str]
    rests_on: str

    @property
    def sentence(self) -> str:
        """The count of cells by verdict, in words."""
        return counted([row.raw["verdict"] for row in self.numbers], self.language, "cells")

    @property
    def cells(self) -> dict[tuple[str, str], ComparisonRow]:
        """The cells by row and column."""
        return {(row.raw["row"], row.raw["column"]): row for row in self.numbers}

    @property
    def titled(self) -> bool:
        """Whether the first labels are titles over consecutive rows."""
        firsts = [row[0] for row in self.table.rows]
        runs = sum(
            position == 0 or first != firsts[position - 1] for position, first in enumerate(firsts)
        )
        return len(self.table.labels) > 1 and runs == len(set(firsts)) and 2 * runs <= len(firsts)

    @property
    def groups(self) -> dict[str, list[tuple[str, ...]]]:
        """The rows by title; all under an empty title if there are none."""
        groups: dict[str, list[tuple[str, ...]]] = {}
        for row in self.table.rows:
            groups.setdefault(row[0] if self.titled else "", []).append(row)
        return groups

    def unit_of(self, column: str) -> str:
        """Return the unit over a column in words; empty if it has none."""
        return wording("unit", self.units[column], self.language) if column in self.units else ""

    def printed(self, row: ComparisonRow) -> str:
        """Return the printed value of a cell."""
        return self._without_unit(row.published, row)

    def recomputed(self, row: ComparisonRow) -> str:
        """Return the recomputed value of a cell if it differs from the printed one."""
        if row.raw["outcome"] in ("same digits", "not run"):
            return ""
        value = self._without_unit(row.reproduced, row)
        apart = value == self.printed(row) and row.difference not in ("–", "0")
        return f"{value} ({row.difference})" if apart else value

    @property
    def has_arrows(self) -> bool:
        """Whether any cell shows a recomputed value next to the printed one."""
        return any(map(self.recomputed, self.numbers))

    def _without_unit(self, text: str, row: ComparisonRow) -> str:
        """Return a number without its unit, singular or plural, which is over its column."""
        unit = self.unit_of(row.raw["column"])
        for written in (unit, unit.replace("millions", "million", 1)):
            text = text.removesuffix(NO_BREAK + written)
        return text


def shown_table(table: PublishedTable, comparison: Comparison) -> ShownTable:
    """Return a published table as shown: cells in words, units, common texts and exceptions."""
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
    usual = _most([item.raw["verdict"] for item in numbers])
    listed = {
        row.key: f"{table.name}-{position}"
        for position, row in enumerate(numbers, 1)
        if row.key in apart
        or not row.expected
        or row.raw["verdict"] in _TO_SEE
        or row.raw["verdict"] not in (usual, "as published")
    }
    rests_on = _most([item.raw["rests_on"] for item in numbers])
    return ShownTable(table, comparison.language, numbers, units, listed, common, rests_on)


def _common(
    table: PublishedTable, numbers: Sequence[ComparisonRow], name: str, language: Language
) -> tuple[str, set[str]]:
    """Return the text that is stated once for a table, and the cells to which it does not apply."""
    texts = {item.key: str(getattr(item, name)) for item in numbers}
    most = _most(list(texts.values()))
    others = {key for key, text in texts.items() if text not in (most, "")}
    if name == "reason":
        # a reason shared by most cells is the table's; that of few cells is stated with them
        shared = sum(text == most for text in texts.values()) * 2 > len(texts)
        return (most, others) if shared else ("", {key for key, text in texts.items() if text})
    if not others:
        return most, others
    heads = {column: words(table.heads[column], language) for column in table.columns}
    for side, titles in (("column", heads), ("row", {})):
        held: dict[str, set[str]] = {}
        for item in numbers:
            held.setdefault(item.raw[side], set()).add(texts[item.key])
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


def index_page(
    sections: Sequence[Section], language: Language, languages: Sequence[Language]
) -> str:
    """Return the first page."""
    comparisons = [item.comparisons[language] for item in sections]

    def summary(count: Callable[[Comparison], list[int]], *heads: str) -> dict[str, Any]:
        counts = list(map(count, comparisons))
        studies = [item.study for item in sections]
        of_each = list(zip(studies, comparisons, counts, strict=True))
        heads = ("summary.numbers", *heads)
        return {
            "heads": heads,
            "of_each": of_each,
            "total": list(map(sum, zip(*counts, strict=True))),
        }

    verdicts = Counter(name for comparison in comparisons for name in reruns(comparison)["verdict"])
    others = [(name, verdicts[name]) for name in VERDICTS if verdicts[name] and name not in COUNTED]
    of_verdicts = (f"summary.{name}" for name in (*COUNTED, "other"))
    content = {
        "verdicts": Counter(
            name for comparison in comparisons for name in set(comparison.frame["verdict"])
        ),
        "rests_on": Counter(
            name for comparison in comparisons for name in set(comparison.frame["rests_on"])
        ),
        "by_verdict": summary(by_verdict, *of_verdicts),
        "other_verdicts": in_words(others, language),
        "by_rests_on": summary(
            by_rests_on, *(f"rests_on.{name}" for name in RESTS_ON), "report.apart"
        ),
    }
    return whole_page("index.html", term("report.title", language), language, languages, content)


@dataclass(frozen=True)
class Section:
    """A study in the report: comparisons by language, figures, tables and seconds taken."""

    study: Study
    comparisons: dict[Language, Comparison]
    tables: dict[Language, tuple[str, ...]]
    drawn: tuple[Drawn, ...]
    seconds: float = 0.0


def section(run: Run, drawn: Sequence[Drawn], languages: Sequence[Language]) -> Section:
    """Return the section of a study; to be called within the context of its run."""
    tables: dict[Language, tuple[str, ...]] = {}
    for language in languages:
        tables[language] = tuple(
            _html(table(language), at, language) for at, table in enumerate(run.tables.values(), 1)
        )
    return Section(
        run.study,
        {language: run.comparisons[language] for language in languages},
        tables,
        tuple(drawn),
    )


def _html(table: GT, place: int, language: Language) -> str:
    """Return a table of a study as HTML: from its plain content, or as great_tables writes it."""
    sheet = getattr(table, "sheet", None)
    if sheet is None:
        return f'<div class="scroll">{table.as_raw_html()}</div>'
    return filled("own_table.html", language, sheet=sheet, name=f"own-{place}")


def write_report(
    folder: Path, sections: Sequence[Section], languages: Sequence[Language], gallery: Path
) -> Path:
    """Write the report: an index and a page per study, in each language."""
    relative = Path(os.path.relpath(gallery, folder)).as_posix()
    for language in languages:
        for section in sections:
            pages = dict(study_pages(section, language, languages, relative))
            for name, content in pages.items():
                write_atomically(folder / name, content.encode())
            # pages of tables that are no longer published, or no longer have their own page
            for old in folder.glob(file_name(language, section.study.id, "*")):
                if old.name not in pages:
                    old.unlink()
        write_atomically(
            folder / file_name(language), index_page(sections, language, languages).encode()
        )
    return write_atomically(folder / "index.html", (folder / file_name(languages[0])).read_bytes())


# a study with more numbers has one page per published table
MANY = 1000


def study_pages(
    section: Section, language: Language, languages: Sequence[Language], gallery: str
) -> Iterator[tuple[str, str]]:
    """Yield the name and content of each page of a study in one language."""
    study, comparison = section.study, section.comparisons[language]
    frame, title, apart = (
        comparison.frame,
        words(study.title, language),
        len(study.published) > MANY,
    )
    home = (file_name(language), term("report.home", language))
    own = file_name(language, study.id)
    shown = {name: shown_table(table, comparison) for name, table in study.tables.items()}
    singles = list(comparison_rows(replace(comparison, frame=frame[frame["table"] == ""])))
    ours_alone = {row.key for row in study.published if row.ours}
    groups = {}
    for name, ours in (("by_others", False), ("ours", True)):
        numbers = [single for single in singles if (single.key in ours_alone) == ours]
        tables = [
            table
            for table in shown.values()
            if all(cell.ours for cell in table.table.cells) == ours
        ]
        if numbers or tables:
            groups[name] = (numbers, tables)
    drawn = [figure for figure in section.drawn if figure.language == language]
    parts = {
        "assumptions": study.assumptions,
        "figures": drawn,
        "own_tables": section.tables[language],
        **groups,
    }
    content = {
        "study": study,
        "comparison": comparison,
        "changed": comparison.assumptions,
        "summary": _summary(comparison),
        "parts": {name: part for name, part in parts.items() if part},
        "groups": groups,
        "gallery": gallery,
        "apart": apart,
        **_counts(frame),
    }
    yield own, whole_page("study.html", title, language, languages, content, (study.id,), (home,))
    for name, table in shown.items() if apart else ():
        content = {
            "comparison": comparison,
            "table": table,
            **_counts(frame[frame["table"] == name]),
        }
        named, head = (study.id, name), words(table.table.title, language)
        whole = whole_page(
            "table.html", head, language, languages, content, named, (home, (own, title))
        )
        yield file_name(language, *named), whole


def _counts(frame: pd.DataFrame) -> dict[str, Any]:
    """Return the counts of numbers by verdict and by what they rest on, for the search."""
    return {name: Counter(frame[name]) for name in ("verdict", "rests_on")}


def _summary(comparison: Comparison) -> str:
    """Return the counts of a study's numbers by verdict, and of its quotations, in words."""
    language, verdicts = comparison.language, reruns(comparison)["verdict"].tolist()
    summary = counted(verdicts, language)
    if quoted := len(comparison.frame) - len(verdicts):
        summary += (
            f". {term('report.quotations', language).format(numbers=number(quoted, language))}"
        )
    return summary
