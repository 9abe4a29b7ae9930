"""The report: its first page, what it shows of each study, the pages of a study, and all pages written."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from great_tables import GT

from diplab.presentation.language import number, term, words
from diplab.presentation.layouts.comparison import comparison_rows
from diplab.presentation.sheet import Sheet
from diplab.presentation.writers.files import write_atomically
from diplab.reference.text import Language
from diplab.replication.pages import page
from diplab.replication.published import PublishedTable
from diplab.results.comparison import RESTS_ON, VERDICTS, Comparison

if TYPE_CHECKING:
    from diplab.replication.rerun import Run
    from diplab.replication.runner import Drawn
    from diplab.replication.study import Study


def index_page(sections: Sequence[Section], language: Language, languages: Sequence[Language]) -> str:
    """Return the first page."""
    title = term("report.title", language)
    comparisons = [each.comparisons[language] for each in sections]
    verdict_heads = [term(f"summary.{name}", language) for name in ("numbers", *page.COUNTED, "other")]
    rests = (f"rests_on.{name}" for name in RESTS_ON)
    rests_heads = [term(name, language) for name in ("summary.numbers", *rests, "report.apart")]
    verdicts = [name for each in comparisons for name in set(each.frame["verdict"])]
    rests_on = [name for each in comparisons for name in set(each.frame["rests_on"])]
    legend = "".join(
        f"<dt>{page.badge(name, language)}</dt><dd>{escape(term(f'legend.{name}', language))}</dd>" for name in VERDICTS
    )
    body = [
        f'<h1>{escape(title)}</h1><p class="lead">{escape(term("report.lead", language))}</p>',
        f'<h2>{escape(term("report.verdicts", language))}</h2><dl class="legend">{legend}</dl>',
        page.filters(verdicts, rests_on, language, "studies_shown") if len(sections) > 1 else "",
        _summary("by_verdict", sections, verdict_heads, [page.by_verdict(each) for each in comparisons], language),
        _others(comparisons, language),
        _summary("by_rests_on", sections, rests_heads, [_by_rests_on(each) for each in comparisons], language),
    ]
    return page.frame(title, "\n".join(part for part in body if part), language, languages)


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
        if counts[name] and name not in page.COUNTED
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
        found = " ".join(sorted({page.slug(verdict) for verdict in seen["verdict"]}))
        rests = " ".join(sorted({page.slug(rests_on) for rests_on in seen["rests_on"]}))
        title = words(each.study.title, language)
        label = term("rests_on.synthetic file", language)
        if each.comparisons[language].synthetic and label not in title:
            title += f" ({label})"
        named = page.link(page.file_name(language, each.study.id), title)
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
    title = words(study.title, language)
    home = (page.file_name(language), term("report.home", language))
    own = page.file_name(language, study.id)
    body = _body(section, language, gallery)
    yield own, page.frame(title, body, language, languages, (study.id,), (home,))
    if not _has_pages_of_tables(section):
        return
    for table in study.tables.values():
        cells = comparison.frame[comparison.frame["table"] == table.name]
        name = words(table.title, language)
        parts = [
            f'<h1>{escape(name)}</h1><p class="small">{escape(comparison.citation)}</p>',
            *_cautions(comparison),
            page.filters(cells["verdict"], cells["rests_on"], language),
            page.printed_table(table, comparison, alone=True),
        ]
        yield (
            page.file_name(language, study.id, table.name),
            page.frame(name, "\n".join(parts), language, languages, (study.id, table.name), (home, (own, title))),
        )


def _has_pages_of_tables(section: Section) -> bool:
    return len(section.study.published) > MANY


def _body(section: Section, language: Language, gallery: str) -> str:
    study, comparison = section.study, section.comparisons[language]
    all_numbers = comparison.frame
    single = list(comparison_rows(replace(comparison, frame=all_numbers[all_numbers["table"] == ""])))
    ours_of = {table.name: all(cell.ours for cell in table.cells) for table in study.tables.values()}
    ours_alone = {row.key for row in study.published if row.ours}
    drawn = [_figure(each, gallery) for each in section.drawn if each.language == language]
    groups = {}
    for name, ours in (("by_others", False), ("ours", True)):
        rows = [each for each in single if (each.key in ours_alone) == ours]
        tables = [table for table in study.tables.values() if ours_of[table.name] == ours]
        listed = page.number_rows(rows, term(f"report.{name}", language), language) if rows else ""
        groups[name] = listed + _tables(section, tables, comparison)
    parts = {
        "assumptions": _assumptions(section, language),
        "figures": "\n".join(drawn),
        "own_tables": "\n".join(section.tables[language]),
        **groups,
    }
    parts = {name: content for name, content in parts.items() if content}
    search = page.filters(all_numbers["verdict"], all_numbers["rests_on"], language)
    body = [_head(section, language), _contents(list(parts), language)]
    for name, content in parts.items():
        if name in groups and search:
            body.append(search)
            search = ""
        heading = f'<h2 id="{name}">{escape(term(f"report.{name}", language))}</h2>'
        body.append(f'<section class="part">{heading}\n{content}</section>')
    return "\n".join(body)


def _head(section: Section, language: Language) -> str:
    study, comparison = section.study, section.comparisons[language]
    verdicts = comparison.frame.loc[~comparison.frame["quotation"].astype(bool), "verdict"].tolist()
    quoted = len(comparison.frame) - len(verdicts)
    lines = [
        f"<h1>{escape(words(study.title, language))}</h1>",
        f'<p class="small">{escape(comparison.citation)}</p>',
        f'<p class="lead">{escape(words(study.summary, language))}</p>',
        *_cautions(comparison),
    ]
    summary = page.counted(verdicts, language)
    if quoted:
        summary += f". {term('report.quotations', language).format(numbers=number(quoted, language))}"
    lines.append(f'<p class="count">{escape(summary)}</p>')
    return "\n".join(lines)


def _cautions(comparison: Comparison) -> Iterator[str]:
    """Yield what a reader must know before any number."""
    language = comparison.language
    if comparison.synthetic:
        yield f'<p class="caution">{escape(term("sentence.synthetic", language))}</p>'
    if not comparison.ran:
        why = f"{term('verdict.not run', language)} – {words(comparison.why_not, language)}"
        yield f'<p class="caution">{escape(why)}</p>'


def _contents(names: Sequence[str], language: Language) -> str:
    if len(names) < 2:
        return ""
    links = "".join(f"<li>{page.link(f'#{name}', term(f'report.{name}', language))}</li>" for name in names)
    label = escape(term("report.contents", language))
    return f'<nav class="contents" aria-label="{label}"><ul>{links}</ul></nav>'


def _assumptions(section: Section, language: Language) -> str:
    """Return what the study supposes: the value as declared, or as asked for, its range and its source."""
    study, changed = section.study, section.comparisons[language].assumptions
    if not study.assumptions:
        return ""
    heads = (term("column.assumption", language), term("report.value", language), term("report.range", language))
    lines, rows = [], []
    for name, each in study.assumptions.items():
        label, value, low, high = words(each.label, language), each.value, each.low, each.high
        if name in changed:
            value = changed[name][1]
            change = {
                "label": label,
                "value": page.as_written(value, language),
                "declared": page.as_written(each.value, language),
            }
            lines.append(f'<p class="caution">{escape(term("report.changed", language).format(**change))}</p>')
        span = term("report.from_to", language).format(
            low=page.as_written(low, language), high=page.as_written(high, language)
        )
        rows.append(
            f'<tr><th scope="row">{escape(label)}</th><td class="n">{page.as_written(value, language)}</td>'
            f"<td>{escape(span)}</td><td>{escape(words(each.source, language))}</td></tr>"
        )
    head = "".join(f'<th scope="col">{escape(each)}</th>' for each in (*heads, term("column.source", language)))
    title = escape(term("report.assumptions", language))
    return (
        f'{"".join(lines)}<div class="scroll" role="region" tabindex="0" aria-label="{title}">'
        f'<table class="plain"><caption class="unseen">{title}</caption><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _figure(drawn: Drawn, gallery: str) -> str:
    links = " · ".join(page.link(f"{gallery}/{file}", form) for form, file in drawn.files.items())
    source = escape(f"{gallery}/{drawn.files['svg']}", quote=True)
    image = f'src="{source}" alt="{escape(drawn.description, quote=True)}"'
    return f'<figure><img {image} loading="lazy"><figcaption>{links}</figcaption></figure>'


def _tables(section: Section, tables: Sequence[PublishedTable], comparison: Comparison) -> str:
    """Return published tables as printed, or a list of links to them where they have pages of their own."""
    language = comparison.language
    if not _has_pages_of_tables(section):
        return "\n".join(page.printed_table(table, comparison) for table in tables)
    numbers = comparison.frame
    lines = []
    for table in tables:
        cells = numbers[numbers["table"] == table.name]
        found, rests = (" ".join(sorted({page.slug(each) for each in cells[name]})) for name in ("verdict", "rests_on"))
        file = page.file_name(language, section.study.id, table.name)
        lines.append(
            f'<li data-v="{found}" data-r="{rests}" data-many="{len(cells)}">'
            f"{page.link(file, words(table.title, language))}<br>"
            f'<span class="small">{escape(page.sentence(comparison, table.name))}</span></li>'
        )
    return f'<ul class="tables">{"".join(lines)}</ul>' if lines else ""
