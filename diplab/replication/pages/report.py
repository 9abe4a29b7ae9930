"""The report: its first page, the pages of each study, and all pages written."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from great_tables import GT

from diplab.presentation.language import number, term, words
from diplab.presentation.layouts.comparison import comparison_rows
from diplab.presentation.writers.files import write_atomically
from diplab.reference.text import Language
from diplab.replication.pages import page
from diplab.results.comparison import RESTS_ON, VERDICTS, Comparison

if TYPE_CHECKING:
    from diplab.replication.rerun import Run
    from diplab.replication.runner import Drawn
    from diplab.replication.study import Study


def index_page(sections: Sequence[Section], language: Language, languages: Sequence[Language]) -> str:
    """Return the first page."""
    comparisons = [each.comparisons[language] for each in sections]

    def summary(count: Callable[[Comparison], list[int]], *heads: str) -> dict[str, Any]:
        counts = [count(each) for each in comparisons]
        studies = [each.study for each in sections]
        of_each = list(zip(studies, comparisons, counts, strict=True))
        heads = ("summary.numbers", *heads)
        return {"heads": heads, "of_each": of_each, "total": [sum(column) for column in zip(*counts, strict=True)]}

    verdicts = Counter(name for each in comparisons for name in page.reruns(each)["verdict"])
    others = [(name, verdicts[name]) for name in VERDICTS if verdicts[name] and name not in page.COUNTED]
    of_verdicts = (f"summary.{name}" for name in (*page.COUNTED, "other"))
    content = {
        "verdicts": Counter(name for each in comparisons for name in set(each.frame["verdict"])),
        "rests_on": Counter(name for each in comparisons for name in set(each.frame["rests_on"])),
        "by_verdict": summary(page.by_verdict, *of_verdicts),
        "other_verdicts": page.in_words(others, language),
        "by_rests_on": summary(_by_rests_on, *(f"rests_on.{name}" for name in RESTS_ON), "report.apart"),
    }
    return page.whole_page("index.html", term("report.title", language), language, languages, content)


def _by_rests_on(comparison: Comparison) -> list[int]:
    """Return how many numbers were rerun, how many rest on each thing, and how many are quotations."""
    rests_on = page.reruns(comparison)["rests_on"]
    counts = [int((rests_on == name).sum()) for name in RESTS_ON]
    return [len(rests_on), *counts, len(comparison.frame) - len(rests_on)]


@dataclass(frozen=True)
class Section:
    """What the report says of one study: its comparison in each language, figures, tables and the seconds it took."""

    study: Study
    comparisons: dict[Language, Comparison]
    tables: dict[Language, tuple[str, ...]]
    drawn: tuple[Drawn, ...]
    seconds: float = 0.0


def section(run: Run, drawn: Sequence[Drawn], languages: Sequence[Language]) -> Section:
    """Return what the report shows of a study, while its context lasts."""
    return Section(
        study=run.study,
        comparisons={language: run.comparisons[language] for language in languages},
        tables={
            language: tuple(
                _html(table(language), place, language) for place, table in enumerate(run.tables.values(), 1)
            )
            for language in languages
        },
        drawn=tuple(drawn),
    )


def _html(table: GT, place: int, language: Language) -> str:
    """Return a table of a study as HTML: from its plain content, or as great_tables writes it."""
    sheet = getattr(table, "sheet", None)
    if sheet is None:
        return f'<div class="scroll">{table.as_raw_html()}</div>'
    return page.filled("own_table.html", language, sheet=sheet, name=f"own-{place}")


def write_report(folder: Path, sections: Sequence[Section], languages: Sequence[Language], gallery: Path) -> Path:
    """Write the report: an index and a page per study in each language."""
    relative = Path(os.path.relpath(gallery, folder)).as_posix()
    for language in languages:
        for section in sections:
            pages = dict(study_pages(section, language, languages, relative))
            for name, content in pages.items():
                write_atomically(folder / name, content.encode())
            # a table that is no longer published, or no longer on a page of its own
            for old in folder.glob(page.file_name(language, section.study.id, "*")):
                if old.name not in pages:
                    old.unlink()
        write_atomically(folder / page.file_name(language), index_page(sections, language, languages).encode())
    return write_atomically(folder / "index.html", (folder / page.file_name(languages[0])).read_bytes())


MANY = 1000  # a study with more numbers has a page a published table


def study_pages(
    section: Section, language: Language, languages: Sequence[Language], gallery: str
) -> Iterator[tuple[str, str]]:
    """Yield the name and the content of each page of a study in one language."""
    study, comparison = section.study, section.comparisons[language]
    frame, title, apart = comparison.frame, words(study.title, language), len(study.published) > MANY
    home = (page.file_name(language), term("report.home", language))
    own = page.file_name(language, study.id)
    shown = {name: page.shown_table(table, comparison) for name, table in study.tables.items()}
    singles = list(comparison_rows(replace(comparison, frame=frame[frame["table"] == ""])))
    ours_alone = {row.key for row in study.published if row.ours}
    groups = {}
    for name, ours in (("by_others", False), ("ours", True)):
        numbers = [each for each in singles if (each.key in ours_alone) == ours]
        tables = [each for each in shown.values() if all(cell.ours for cell in each.table.cells) == ours]
        if numbers or tables:
            groups[name] = (numbers, tables)
    drawn = [each for each in section.drawn if each.language == language]
    parts = {"assumptions": study.assumptions, "figures": drawn, "own_tables": section.tables[language], **groups}
    content = {
        "study": study,
        "comparison": comparison,
        "changed": comparison.assumptions,
        "summary": _summary(comparison),
        "parts": {name: each for name, each in parts.items() if each},
        "groups": groups,
        "gallery": gallery,
        "apart": apart,
        **_counts(frame),
    }
    yield own, page.whole_page("study.html", title, language, languages, content, (study.id,), (home,))
    for name, table in shown.items() if apart else ():
        content = {"comparison": comparison, "table": table, **_counts(frame[frame["table"] == name])}
        named, head = (study.id, name), words(table.table.title, language)
        whole = page.whole_page("table.html", head, language, languages, content, named, (home, (own, title)))
        yield page.file_name(language, *named), whole


def _counts(frame: pd.DataFrame) -> dict[str, Any]:
    """Return how many numbers a search may find by verdict, and by what they rest on."""
    return {name: Counter(frame[name]) for name in ("verdict", "rests_on")}


def _summary(comparison: Comparison) -> str:
    """Return how many numbers a study has, by verdict, and how many quotations."""
    language, verdicts = comparison.language, page.reruns(comparison)["verdict"].tolist()
    summary = page.counted(verdicts, language)
    if quoted := len(comparison.frame) - len(verdicts):
        summary += f". {term('report.quotations', language).format(numbers=number(quoted, language))}"
    return summary
