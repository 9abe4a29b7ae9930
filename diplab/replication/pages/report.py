"""The report: its first page, what it shows of each study, and all pages written."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from great_tables import GT

from diplab.presentation.language import number, term, words
from diplab.presentation.sheet import Sheet
from diplab.presentation.writers.files import write_atomically
from diplab.reference.text import Language
from diplab.replication.console import COUNTED, by_verdict
from diplab.replication.pages.page import badge, file_name, filters, frame, link, slug
from diplab.replication.pages.study_page import study_pages
from diplab.results.comparison import RESTS_ON, VERDICTS, Comparison

if TYPE_CHECKING:
    from diplab.replication.gallery import Drawn
    from diplab.replication.rerun import Run
    from diplab.replication.study import Study


def index_page(sections: Sequence[Section], language: Language, languages: Sequence[Language]) -> str:
    """Return the first page."""
    title = term("report.title", language)
    comparisons = [each.comparisons[language] for each in sections]
    verdict_heads = [term(f"summary.{name}", language) for name in ("numbers", *COUNTED, "other")]
    rests_heads = [term("summary.numbers", language)]
    rests_heads += [term(f"rests_on.{name}", language) for name in RESTS_ON]
    rests_heads.append(term("report.apart", language))
    verdicts = [name for each in comparisons for name in set(each.frame["verdict"])]
    rests_on = [name for each in comparisons for name in set(each.frame["rests_on"])]
    legend = "".join(
        f"<dt>{badge(name, language)}</dt><dd>{escape(term(f'legend.{name}', language))}</dd>" for name in VERDICTS
    )
    body = [
        f'<h1>{escape(title)}</h1><p class="lead">{escape(term("report.lead", language))}</p>',
        f'<h2>{escape(term("report.verdicts", language))}</h2><dl class="legend">{legend}</dl>',
        filters(verdicts, rests_on, language, "studies_shown") if len(sections) > 1 else "",
        _summary("by_verdict", sections, verdict_heads, [by_verdict(each) for each in comparisons], language),
        _others(comparisons, language),
        _summary("by_rests_on", sections, rests_heads, [_by_rests_on(each) for each in comparisons], language),
    ]
    return frame(title, "\n".join(part for part in body if part), language, languages)


def _by_rests_on(comparison: Comparison) -> list[int]:
    """Return how many numbers were rerun, how many rest on each thing, and how many are quotations."""
    apart = comparison.frame["quotation"].astype(bool)
    rests_on = comparison.frame.loc[~apart, "rests_on"]
    return [len(rests_on), *(int((rests_on == name).sum()) for name in RESTS_ON), int(apart.sum())]


def _others(comparisons: Sequence[Comparison], language: Language) -> str:
    """Name the verdicts that are counted together in the last column."""
    counts: Counter[str] = Counter()
    for each in comparisons:
        counts.update(each.frame.loc[~each.frame["quotation"].astype(bool), "verdict"])
    others = ", ".join(
        number(counts[name], language) + " " + term(f"{'counts' if counts[name] > 1 else 'verdict'}.{name}", language)
        for name in VERDICTS
        if counts[name] and name not in COUNTED
    )
    return f'<p class="small">{escape(term("report.others", language).format(verdicts=others))}</p>' if others else ""


def _summary(
    name: str, sections: Sequence[Section], heads: Sequence[str], counts: Sequence[list[int]], language: Language
) -> str:
    """Return one line per study, and the total; the second summary shows the same studies again."""
    head = "".join(f'<th scope="col" class="n">{escape(each)}</th>' for each in heads)
    again = "" if name == "by_verdict" else ' data-again=""'
    rows = []
    for each, of_study in zip(sections, counts, strict=True):
        seen = each.comparisons[language].frame
        found = " ".join(sorted({slug(verdict) for verdict in seen["verdict"]}))
        rests = " ".join(sorted({slug(rests_on) for rests_on in seen["rests_on"]}))
        title = words(each.study.title, language)
        label = term("rests_on.synthetic file", language)
        if each.comparisons[language].synthetic and label not in title:
            title += f" ({label})"
        named = link(file_name(language, each.study.id), title)
        rows.append(
            f'<tr data-v="{found}" data-r="{rests}"{again}><th scope="row">{named}</th>'
            f"{_counts(of_study, language)}</tr>"
        )
    foot = ""
    if len(sections) > 1:
        total = [sum(column) for column in zip(*counts, strict=True)]
        label = escape(term("report.total", language))
        foot = f'<tfoot><tr><th scope="row">{label}</th>{_counts(total, language)}</tr></tfoot>'
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-labelledby="{name}"><table class="summary">'
        f'<caption id="{name}"><span>{escape(term(f"report.{name}", language))}</span></caption>'
        f'<thead><tr><th scope="col">{escape(term("summary.study", language))}</th>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody>{foot}</table></div>"
    )


def _counts(counts: Iterable[int], language: Language) -> str:
    return "".join(f'<td class="n">{number(count, language) if count else "·"}</td>' for count in counts)


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
                _html(table(language), f"own-{place}") for place, table in enumerate(run.tables.values(), 1)
            )
            for language in languages
        },
        drawn=tuple(drawn),
    )


def _html(table: GT, name: str) -> str:
    """Return a table of a study as HTML: from its plain content, or as great_tables writes it."""
    sheet: Sheet | None = getattr(table, "sheet", None)
    if sheet is None:
        return f'<div class="scroll">{table.as_raw_html()}</div>'
    sides = ['class="n"' if side == "right" else "" for side in sheet.align]
    head = ""
    if any(sheet.over):
        over = "".join(
            f'<th scope="colgroup" colspan="{span.stop - span.start}">{escape(span.title)}</th>'
            for span in sheet.spans()
        )
        head = f"<tr>{over}</tr>"
    titles = [_tag("th", 'scope="col"', *pair) for pair in zip(sides, sheet.header, strict=True)]
    head += f"<tr>{''.join(titles)}</tr>"
    body = []
    for row in sheet.rows:
        first, *rest = (cell.text for cell in row)
        cells = [_tag("th", 'scope="row"', sides[0], first)]
        cells += [_tag("td", "", *pair) for pair in zip(sides[1:], rest, strict=True)]
        body.append(f"<tr>{''.join(cells)}</tr>")
    subtitle = f'<span class="small">{escape(sheet.subtitle)}</span>' if sheet.subtitle else ""
    notes = "".join(f'<p class="small">{escape(line)}</p>' for line in sheet.note_lines())
    return (
        f'<div class="own"><div class="scroll" role="region" tabindex="0" aria-labelledby="{name}">'
        f'<table class="plain"><caption id="{name}"><span>{escape(sheet.title)}{subtitle}</span></caption>'
        f"<thead>{head}</thead><tbody>{''.join(body)}</tbody></table></div>{notes}</div>"
    )


def _tag(tag: str, scope: str, side: str, text: str) -> str:
    return f"<{' '.join(part for part in (tag, scope, side) if part)}>{escape(text)}</{tag}>"


def write_report(folder: Path, sections: Sequence[Section], languages: Sequence[Language], gallery: Path) -> Path:
    """Write the report: an index and a page per study in each language."""
    relative = Path(os.path.relpath(gallery, folder)).as_posix()
    for language in languages:
        for section in sections:
            pages = dict(study_pages(section, language, languages, relative))
            for name, content in pages.items():
                write_atomically(folder / name, content.encode())
            # a table that is no longer published, or no longer on a page of its own
            for old in folder.glob(file_name(language, section.study.id, "*")):
                if old.name not in pages:
                    old.unlink()
        write_atomically(folder / file_name(language), index_page(sections, language, languages).encode())
    return write_atomically(folder / "index.html", (folder / file_name(languages[0])).read_bytes())
