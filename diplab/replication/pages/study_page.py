"""The pages of a study: what it is, its figures, its own tables, its numbers; large tables on pages of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING

from diplab.presentation.language import number, term, words
from diplab.presentation.layouts.comparison import comparison_rows
from diplab.reference.text import Language
from diplab.replication.console import counted
from diplab.replication.pages.page import as_written, file_name, filters, frame, link, slug
from diplab.replication.pages.tables import number_rows, printed_table, sentence
from diplab.replication.published_table import PublishedTable
from diplab.results.comparison import Comparison

if TYPE_CHECKING:
    from diplab.replication.gallery import Drawn
    from diplab.replication.pages.report import Section

MANY = 1000
"""A study with more numbers has a page a published table."""


def study_pages(
    section: Section, language: Language, languages: Sequence[Language], gallery: str
) -> Iterator[tuple[str, str]]:
    """Yield the name and the content of each page of a study in one language."""
    study, comparison = section.study, section.comparisons[language]
    title = words(study.title, language)
    home = (file_name(language), term("report.home", language))
    own = file_name(language, study.id)
    body = _body(section, language, gallery)
    yield own, frame(title, body, language, languages, (study.id,), (home,))
    if not _has_pages_of_tables(section):
        return
    for table in study.tables.values():
        cells = comparison.frame[comparison.frame["table"] == table.name]
        name = words(table.title, language)
        parts = [
            f'<h1>{escape(name)}</h1><p class="small">{escape(comparison.citation)}</p>',
            *_cautions(comparison),
            filters(cells["verdict"], cells["rests_on"], language),
            printed_table(table, comparison, alone=True),
        ]
        yield (
            file_name(language, study.id, table.name),
            frame(name, "\n".join(parts), language, languages, (study.id, table.name), (home, (own, title))),
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
        listed = number_rows(rows, term(f"report.{name}", language), language) if rows else ""
        groups[name] = listed + _tables(section, tables, comparison)
    parts = {
        "assumptions": _assumptions(section, language),
        "figures": "\n".join(drawn),
        "own_tables": "\n".join(section.tables[language]),
        **groups,
    }
    parts = {name: content for name, content in parts.items() if content}
    search = filters(all_numbers["verdict"], all_numbers["rests_on"], language)
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
    summary = counted(verdicts, language)
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
    links = "".join(f"<li>{link(f'#{name}', term(f'report.{name}', language))}</li>" for name in names)
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
                "value": as_written(value, language),
                "declared": as_written(each.value, language),
            }
            lines.append(f'<p class="caution">{escape(term("report.changed", language).format(**change))}</p>')
        span = term("report.from_to", language).format(low=as_written(low, language), high=as_written(high, language))
        rows.append(
            f'<tr><th scope="row">{escape(label)}</th><td class="n">{as_written(value, language)}</td>'
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
    links = " · ".join(link(f"{gallery}/{file}", form) for form, file in drawn.files.items())
    source = escape(f"{gallery}/{drawn.files['svg']}", quote=True)
    image = f'src="{source}" alt="{escape(drawn.description, quote=True)}"'
    return f'<figure><img {image} loading="lazy"><figcaption>{links}</figcaption></figure>'


def _tables(section: Section, tables: Sequence[PublishedTable], comparison: Comparison) -> str:
    """Return published tables as printed, or a list of links to them where they have pages of their own."""
    language = comparison.language
    if not _has_pages_of_tables(section):
        return "\n".join(printed_table(table, comparison) for table in tables)
    frame = comparison.frame
    lines = []
    for table in tables:
        cells = frame[frame["table"] == table.name]
        found, rests = (" ".join(sorted({slug(each) for each in cells[name]})) for name in ("verdict", "rests_on"))
        file = file_name(language, section.study.id, table.name)
        lines.append(
            f'<li data-v="{found}" data-r="{rests}" data-many="{len(cells)}">'
            f"{link(file, words(table.title, language))}<br>"
            f'<span class="small">{escape(sentence(comparison, table.name))}</span></li>'
        )
    return f'<ul class="tables">{"".join(lines)}</ul>' if lines else ""
