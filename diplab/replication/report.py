"""The report: one page with every table and figure, in French and in English, that opens without a network."""

from __future__ import annotations

import os
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from diplab.presentation.comparisons import comparison_rows
from diplab.presentation.punctuation import colon, words
from diplab.presentation.terms import term

if TYPE_CHECKING:
    from collections.abc import Sequence

    from diplab.reference.text import Language
    from diplab.replication.gallery import Drawn
    from diplab.replication.rerun import Run
    from diplab.replication.study import Study
    from diplab.results.comparison import Comparison

__all__ = ["Section", "section", "write_report"]

_STYLE = """
:root { --ink: #1b1b1b; --grey: #5f6368; --line: #d9d9d9; --paper: #fff; --soft: #f5f6f8; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
       font: 16px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 24px 20px 64px; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 16px 0 8px; }
h2 { font-size: 1.3rem; line-height: 1.3; margin: 48px 0 4px; padding-top: 16px; border-top: 2px solid var(--ink); }
h3 { font-size: 1.05rem; margin: 28px 0 8px; }
p.citation, p.summary, p.small { color: var(--grey); margin: 4px 0 12px; font-size: .93rem; }
nav.languages { display: flex; gap: 8px; justify-content: flex-end; }
nav.languages label { border: 1px solid var(--line); border-radius: 4px; padding: 4px 12px; cursor: pointer; }
input.language { position: absolute; opacity: 0; }
#language-fr:checked ~ main .en, #language-en:checked ~ main .fr { display: none; }
#language-fr:checked ~ main nav.languages label[for=language-fr],
#language-en:checked ~ main nav.languages label[for=language-en] { background: var(--ink); color: #fff; }
input.language:focus-visible ~ main nav.languages { outline: 2px solid #0072b2; }
.scroll { overflow-x: auto; }
table.comparison { border-collapse: collapse; width: 100%; font-size: .9rem; }
table.comparison th, table.comparison td { padding: 7px 10px; text-align: left; vertical-align: top; }
table.comparison thead th { border-bottom: 2px solid var(--ink); font-weight: 600; }
table.comparison tbody { border-bottom: 1px solid var(--line); }
table.comparison th:first-child { width: 30%; }
table.comparison .status { min-width: 11em; }
table.comparison tr.why p { margin: 0 0 2px; position: sticky; left: 10px;
                            max-width: min(60rem, calc(100vw - 64px)); overflow-wrap: anywhere; }
table.comparison tr.why strong { font-weight: 600; }
table.comparison td:first-child { font-weight: 600; }
table.comparison .figure { text-align: right; font-variant-numeric: tabular-nums; }
table.comparison tr.why td { color: var(--grey); font-size: .86rem; font-weight: 400; padding-top: 0; }
.verdict { display: inline-block; padding: 1px 8px; border-radius: 10px; border: 1px solid; white-space: nowrap; }
.v-as-published, .v-within-tolerance { color: #00614a; background: #e5f4ef; }
.v-differs, .v-base-differs { color: #8f3a00; background: #fbece1; }
.v-threshold-not-stated, .v-not-identified { color: #7a5200; background: #fdf4dc; }
.v-circular, .v-by-construction { color: #004c7a; background: #e4f0f8; }
.v-not-reproducible, .v-not-run { color: #444; background: #eee; }
tr.unexpected .verdict { outline: 3px solid #b00020; }
figure { margin: 24px 0; }
figure img { width: 100%; max-width: 760px; height: auto; display: block; }
figcaption { font-size: .86rem; color: var(--grey); }
.caution { background: var(--soft); border-left: 4px solid #cc79a7; padding: 8px 12px; margin: 12px 0; }
.narrow { display: none; margin-bottom: 4px; }
@media print, (max-width: 1000px) {
  table.comparison tr:not(.why) > :nth-child(6) { display: none; }
  .narrow { display: block; }
}
@media (max-width: 700px) {
  body { font-size: 15px; }
  h1 { font-size: 1.35rem; }
  table.comparison tr:not(.why) > :nth-child(4), table.comparison tr:not(.why) > :nth-child(5) { display: none; }
  table.comparison th, table.comparison td { padding: 5px; }
}
@media print {
  @page { size: auto; margin: 14mm 12mm; }
  html, body { font-size: 11px; }
  main { max-width: none; padding: 0; }
  nav.languages { display: none; }
  h2 { break-before: page; }
  figure, table.comparison tbody { break-inside: avoid; }
  thead { display: table-header-group; }
  .scroll { overflow-x: visible; }
  .scroll table { max-width: 100%; }
  table.comparison th, table.comparison td { padding: 4px; }
  table.comparison .status { min-width: 0; }
  table.comparison tr.why p { position: static; max-width: none; }
}
"""


@dataclass(frozen=True)
class Section:
    """What the report shows of one study, ready in both languages."""

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
            language: tuple(table(language).as_raw_html() for table in run.tables.values())
            for language in languages
        },
        drawn=tuple(drawn),
    )


def write_report(
    path: Path, sections: Sequence[Section], languages: Sequence[Language], gallery: Path
) -> Path:
    """Write the page; figures are linked from the gallery, by a path relative to the page.

    Parameters
    ----------
    path : Path
        The page, `report/index.html`.
    sections : sequence of Section
        One a study, in order.
    languages : sequence of {"fr", "en"}
        One or both; with both, a reader switches between them on the page.
    gallery : Path
        Folder of the figures.
    """
    relative = Path(os.path.relpath(gallery, path.parent)).as_posix()
    blocks = "\n".join(
        f'<div class="{language}" lang="{language}">{_whole(sections, language, relative)}</div>'
        for language in languages
    )
    page = (
        f'<!doctype html>\n<html lang="{languages[0]}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(term('report.title', languages[0]))}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"{_switch(languages)}<main>{_labels(languages)}\n{blocks}\n</main>\n</body>\n</html>\n"
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".html.partial")
    temporary.write_text(page, encoding="utf-8")
    temporary.replace(path)
    return path


_NAMES: dict[Language, str] = {"fr": "Français", "en": "English"}


def _switch(languages: Sequence[Language]) -> str:
    """Two radio buttons decide which language is shown: no script needed."""
    if len(languages) < 2:
        return ""
    return "".join(
        f'<input class="language" type="radio" name="language" id="language-{each}"'
        f'{" checked" if place == 0 else ""} aria-label="{_NAMES[each]}">\n'
        for place, each in enumerate(languages)
    )


def _labels(languages: Sequence[Language]) -> str:
    if len(languages) < 2:
        return ""
    labels = "".join(
        f'<label for="language-{each}" lang="{each}">{_NAMES[each]}</label>' for each in languages
    )
    return f'<nav class="languages">{labels}</nav>'


def _whole(sections: Sequence[Section], language: Language, gallery: str) -> str:
    title, lead, our_own = (escape(term(f"report.{part}", language)) for part in ("title", "lead", "our_own"))
    head = f'<h1>{title}</h1><p class="summary">{lead}</p><p class="summary">{our_own}</p>'
    contents = "".join(
        f'<li><a href="#{each.study.id}-{language}">{escape(words(each.study.title, language))}</a></li>'
        for each in sections
    )
    bodies = "\n".join(_section(each, language, gallery) for each in sections)
    return f"{head}<ol>{contents}</ol>{bodies}"


def _section(each: Section, language: Language, gallery: str) -> str:
    comparison = each.comparisons[language]
    parts = [
        f'<h2 id="{each.study.id}-{language}">{escape(words(each.study.title, language))}</h2>',
        f'<p class="citation">{escape(comparison.citation)}</p>',
        f'<p class="summary">{escape(words(each.study.summary, language))}</p>',
    ]
    if comparison.synthetic:
        parts.append(f'<p class="caution">{escape(term("sentence.synthetic", language))}</p>')
    if not comparison.ran:
        not_run = f"{term('verdict.not run', language)} – {words(comparison.why_not, language)}"
        parts.append(f'<p class="caution">{escape(not_run)}</p>')
    parts.append(_table(comparison, language))
    parts += [_figure(drawn, gallery) for drawn in each.drawn if drawn.language == language]
    parts += [f'<div class="scroll">{table}</div>' for table in each.tables[language]]
    return "\n".join(parts)


def _table(comparison: Comparison, language: Language) -> str:
    names = ("label", "published", "reproduced", "difference", "status", "verdict")
    base_is, source_is = (
        escape(term(f"column.{name}", language) + colon(language)) for name in ("base", "source")
    )
    head = "".join(
        f'<th scope="col"{_kind(name)}>{escape(term(f"column.{name}", language))}</th>' for name in names
    )
    verdicts = comparison.frame["verdict"].tolist()
    rows = []
    for row, verdict in zip(comparison_rows(comparison), verdicts, strict=True):
        badge = f'<span class="verdict v-{verdict.replace(" ", "-")}">{escape(row.verdict)}</span>'
        cells = "".join(
            f"<td{_kind(name)}>{badge if name == 'verdict' else escape(getattr(row, name))}</td>"
            for name in names
        )
        # on a narrow screen and on paper the verdict leads the second row: its column would be out of sight
        of_whom = f"<div class='narrow'>{badge}</div><p><strong>{base_is}</strong>{escape(row.base)}.</p>"
        said = f"{of_whom}<p>{escape(row.reason)} <em>{source_is}{escape(row.source)}.</em></p>"
        why = f'<td colspan="{len(names)}">{said}</td>'
        marked = "" if row.expected else ' class="unexpected"'
        name = f"{comparison.study}-{row.key}-{language}"
        rows.append(f'<tbody id="{name}"><tr{marked}>{cells}</tr><tr class="why">{why}</tr></tbody>')
    inside = f"<thead><tr>{head}</tr></thead>" + "\n".join(rows)
    return f'<div class="scroll"><table class="comparison">{inside}</table></div>'


def _kind(name: str) -> str:
    """Return the class of a column, where the style knows one."""
    if name in ("published", "reproduced", "difference"):
        return ' class="figure"'
    return ' class="status"' if name == "status" else ""


def _figure(drawn: Drawn, gallery: str) -> str:
    links = " · ".join(f'<a href="{gallery}/{file}">{form}</a>' for form, file in drawn.files.items())
    image = f'src="{gallery}/{drawn.files["svg"]}" alt="{escape(drawn.description, quote=True)}"'
    return f'<figure><img {image} loading="lazy"><figcaption>{links}</figcaption></figure>'
