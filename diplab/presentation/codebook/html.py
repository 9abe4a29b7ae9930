"""A codebook as one page that stands alone: it opens without a network, and can be searched and printed."""

from __future__ import annotations

import base64
import hashlib
import re
from html import escape
from typing import TYPE_CHECKING

from diplab.presentation.language import colon, number
from diplab.presentation.terms import term

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from diplab.presentation.codebook.view import AnswerLine, CodebookView, Distribution, VariableEntry
    from diplab.reference.text import Language

__all__ = ["SCRIPT", "as_page"]

LONG = 30
"""A list of more answers than this is folded."""

_WIDTH, _HEIGHT = 260, 60
_NARROW = 8


def as_page(view: CodebookView) -> str:
    """Return a codebook as an HTML page."""
    title = f"{view.title} – {term('codebook.title', view.language)}"
    places = {entry.name: f"v{number}" for number, entry in enumerate(view.entries(), 1)}
    return (
        f'<!DOCTYPE html>\n<html lang="{view.language}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy())}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"{_head(view)}\n{_sets(view, places)}\n{_contents(view, places)}\n{_search(view)}\n"
        f"{_sections(view, places)}\n</main>\n<script>{SCRIPT}</script>\n</body>\n</html>\n"
    )


def _head(view: CodebookView) -> str:
    facts = "".join(f"<dt>{escape(name)}</dt><dd>{_with_code(content)}</dd>" for name, content in view.facts)
    caution = f'<p class="caution"><strong>{escape(view.caution)}</strong></p>' if view.caution else ""
    kind = escape(term("codebook.title", view.language))
    parts = [
        f'<p class="kind">{kind}</p><h1>{escape(view.title)}</h1>',
        caution,
        f'<dl class="facts">{facts}</dl>',
    ]
    for name, lines in (("notices", view.notices), ("steps", view.steps)):
        if lines:
            listed = "".join(f"<li>{_with_code(each)}</li>" for each in lines)
            parts.append(f"<h4>{escape(term(f'codebook.{name}', view.language))}</h4><ul>{listed}</ul>")
    parts.append(f'<p class="small">{escape(view.rules)}</p>' if view.rules else "")
    return "\n".join(part for part in parts if part)


def _with_code(text: str) -> str:
    """Return a sentence in which names between backquotes are code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _sets(view: CodebookView, places: Mapping[str, str]) -> str:
    if not view.sets:
        return ""
    lines = []
    for each in view.sets:
        label = f" {escape(each.label)}" if each.label else ""
        links = ", ".join(_link(column, places) for column in each.columns)
        lines.append(f"<li><code>{escape(each.name)}</code>{label}{escape(colon(view.language))}{links}</li>")
    return f"<h4>{escape(term('codebook.sets', view.language))}</h4><ul>{''.join(lines)}</ul>"


def _link(column: str, places: Mapping[str, str]) -> str:
    name = f"<code>{escape(column)}</code>"
    return f'<a href="#{places[column]}">{name}</a>' if column in places else name


def _contents(view: CodebookView, places: Mapping[str, str]) -> str:
    lines = "".join(f"<li>{_link(entry.name, places)} {escape(entry.label)}</li>" for entry in view.entries())
    heading = escape(term("codebook.contents", view.language))
    return f'<details class="contents"><summary>{heading}</summary><ul>{lines}</ul></details>'


def _search(view: CodebookView) -> str:
    # without a script the page is whole, and the box is not shown
    template = term("codebook.found", view.language)
    counted = template.replace("{columns}", number(sum(1 for _ in view.entries()), view.language))
    return (
        '<div class="search" role="search" hidden>'
        f'<label for="search">{escape(term("codebook.search", view.language))}</label>'
        '<input id="search" type="search" autocomplete="off" spellcheck="false">'
        f'<output for="search" data-said="{escape(counted)}"></output></div>'
    )


def _sections(view: CodebookView, places: Mapping[str, str]) -> str:
    parts = []
    for section in view.sections:
        title = section.title or term("codebook.variables", view.language)
        entries = "\n".join(_entry(entry, places[entry.name], view.language) for entry in section.entries)
        parts.append(f'<section class="variables"><h2>{escape(title)}</h2>\n{entries}\n</section>')
    return "\n".join(parts)


def _entry(entry: VariableEntry, place: str, language: Language) -> str:
    parts = [f"<h3><code>{escape(entry.name)}</code>{escape(entry.label)}</h3>"]
    for kind, content in (("question", entry.question), ("about", " · ".join(entry.about))):
        if content:
            parts.append(f'<p class="{kind}">{escape(content)}</p>')
    if entry.remark:
        parts.append(f'<p class="remark">{escape(entry.remark)}</p>')
    if entry.shape is not None:
        parts.append(_distribution(entry.shape))
    if entry.answers:
        parts.append(_lines(entry.answers, "codebook.answer", language))
    if entry.missing:
        parts.append(_lines(entry.missing, "codebook.missing", language))
    long = ' class="long"' if len(entry.answers) > LONG else ""
    return f'<article id="{place}"{long}>{"".join(parts)}</article>'


def _lines(lines: tuple[AnswerLine, ...], heading: str, language: Language) -> str:
    counted = any(line.people for line in lines)
    bars = any(line.part is not None for line in lines)
    coded = any(line.code for line in lines)
    heads = [("code", term("codebook.code", language))] if coded else []
    heads += [("label", term(heading, language))]
    heads += [("bar", "")] if bars else []
    heads += [("people", term("codebook.people", language))] if counted else []
    heads += [("share", "%")] if bars else []
    head = "".join(f'<th class="{name}" scope="col">{escape(title)}</th>' for name, title in heads)
    body = "".join(_line(line, [name for name, _ in heads]) for line in lines)
    wide = ' class="wide"' if any(len(line.code) > _NARROW for line in lines) else ""
    table = f"<table{wide}><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    if len(lines) <= LONG:
        return table
    more = term("codebook.more", language).format(count=number(len(lines), language))
    return f"<details><summary>{escape(more)}</summary>{table}</details>"


def _line(line: AnswerLine, names: Iterable[str]) -> str:
    bar = "" if not line.part else f'<span style="width:{line.part * 100:.1f}%"></span>'
    cells = {
        "code": f"<code>{escape(line.code)}</code>" if line.code else "",
        "label": escape(line.label),
        "bar": bar,
        "people": escape(line.people),
        "share": escape(line.share),
    }
    return "<tr>" + "".join(f'<td class="{name}">{cells[name]}</td>' for name in names) + "</tr>"


def _distribution(shape: Distribution) -> str:
    figures = "".join(f"<dt>{escape(name)}</dt><dd>{escape(figure)}</dd>" for name, figure in shape.figures)
    return f'<div class="shape">{_histogram(shape)}<dl>{figures}</dl></div>'


def _histogram(shape: Distribution) -> str:
    if not shape.bins:
        return ""
    low, high = shape.bins[0].low, shape.bins[-1].high
    scale = _WIDTH / (high - low)
    bars = "".join(
        f'<rect x="{(each.low - low) * scale:.1f}" y="{(1 - each.density) * _HEIGHT:.1f}" '
        f'width="{max((each.high - each.low) * scale - 1, 0.5):.1f}" height="{each.density * _HEIGHT:.1f}"/>'
        for each in shape.bins
    )
    place = (shape.median - low) * scale
    description = escape(shape.description)
    return (
        f'<figure><svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{description}">'
        f'<g fill="#56b4e9">{bars}</g>'
        f'<path d="M{place:.1f} 0V{_HEIGHT}" stroke="#1b1b1b" stroke-width="1.5"/></svg>'
        f"<figcaption><span>{escape(shape.low)}</span><span>{escape(shape.high)}</span></figcaption></figure>"
    )


STYLE = """
:root { --ink: #1b1b1b; --grey: #5f6368; --line: #d9d9d9; --paper: #fff; --soft: #f5f6f8; --bar: #0072b2; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
       font: 16px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
main { max-width: 1000px; margin: 0 auto; padding: 20px 20px 64px; }
p.kind { margin: 12px 0 0; color: var(--grey); }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 12px; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; line-height: 1.3; margin: 40px 0 8px; padding-top: 12px; border-top: 2px solid var(--ink); }
h3 { font-size: 1.02rem; line-height: 1.35; margin: 0 0 4px; font-weight: 600; }
h4 { font-size: .86rem; margin: 12px 0 2px; color: var(--grey); font-weight: 600; }
a { color: #00578a; }
code { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .92em; overflow-wrap: anywhere; }
h3 code { background: var(--soft); padding: 1px 6px; border-radius: 3px; margin-right: .4em; }
dl.facts { display: grid; grid-template-columns: max-content 1fr; gap: 2px 16px; margin: 0 0 12px; font-size: .93rem; }
dl.facts dt { color: var(--grey); }
dl.facts dd { margin: 0; overflow-wrap: anywhere; }
p.small, p.about, p.remark { color: var(--grey); font-size: .9rem; margin: 2px 0 6px; }
p.question { margin: 2px 0 6px; white-space: pre-line; overflow-wrap: anywhere; }
.caution { background: var(--soft); border-left: 4px solid #cc79a7; padding: 8px 12px; margin: 12px 0; }
.search { position: sticky; top: 0; z-index: 1; background: var(--paper); padding: 10px 0;
          border-bottom: 1px solid var(--line); margin: 16px 0; }
.search label { display: block; font-size: .9rem; color: var(--grey); }
.search input { width: 100%; font: inherit; padding: 7px 10px; border: 1px solid #8a8a8a; border-radius: 4px; }
.search input:focus-visible { outline: 2px solid var(--bar); outline-offset: 1px; }
.search output { font-size: .86rem; color: var(--grey); }
details.contents ul { columns: 18rem; column-gap: 24px; padding-left: 1.1em; font-size: .9rem; margin: 6px 0; }
details.contents li { break-inside: avoid; overflow-wrap: anywhere; }
summary { cursor: pointer; color: #00578a; }
article { border: 1px solid var(--line); border-radius: 6px; padding: 12px 16px; margin: 10px 0;
          scroll-margin-top: 96px; }
article:target { border-color: var(--bar); box-shadow: 0 0 0 1px var(--bar); }
[hidden] { display: none !important; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th { text-align: left; font-weight: 600; color: var(--grey); font-size: .82rem; }
th, td { padding: 2px 10px 2px 0; vertical-align: top; }
td { border-top: 1px solid #eee; }
.code { width: 5.5em; overflow-wrap: anywhere; }
.wide .code { width: 12em; }
.shape + table, .shape + details, table + table, details + table, table + details { margin-top: 10px; }
.label { overflow-wrap: anywhere; }
.people, .share { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums;
                  width: 5.5em; padding-right: 0; }
.bar { width: 22%; padding-top: 8px; }
.bar span { display: block; height: 9px; background: var(--bar); border-radius: 1px; min-width: 1px;
            print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.shape { display: flex; flex-wrap: wrap; gap: 6px 24px; align-items: flex-end; margin-top: 6px; }
.shape figure { margin: 0; width: 260px; }
.shape svg { display: block; width: 260px; height: 60px; }
.shape figcaption { display: flex; justify-content: space-between; font-size: .8rem; color: var(--grey); }
.shape dl { display: grid; grid-template-columns: max-content max-content; gap: 0 14px; margin: 0; font-size: .88rem; }
.shape dt { color: var(--grey); }
.shape dd { margin: 0; text-align: right; font-variant-numeric: tabular-nums; }
@media (max-width: 600px) {
  body { font-size: 15px; }
  main { padding: 12px 12px 48px; }
  h1 { font-size: 1.35rem; }
  dl.facts { grid-template-columns: 1fr; gap: 0; }
  dl.facts dd { margin-bottom: 6px; }
  article { padding: 10px 12px; }
  .bar { display: none; }
  .code, .people, .share { width: 4.2em; }
  .wide .code { width: 8em; }
}
@media print {
  @page { size: A4; margin: 14mm 12mm; }
  html, body { font-size: 10.5px; }
  main { max-width: none; padding: 0; }
  .search, details.contents { display: none; }
  article { break-inside: avoid-page; border: 0; border-top: 1px solid var(--line); border-radius: 0;
            padding: 6px 0; margin: 4px 0; }
  article.long { break-inside: auto; }
  h2, h3, h4 { break-after: avoid; }
  tr { break-inside: avoid; }
  thead { display: table-header-group; }
  details::details-content { content-visibility: visible; display: block; }
  details > summary { display: none; }
  a { color: inherit; text-decoration: none; }
}
"""

SCRIPT = """
(function () {
  "use strict";
  function folded(text) {
    return text.normalize("NFD").replace(/[\\u0300-\\u036f]/g, "").toLowerCase()
      .replace(/œ/g, "oe").replace(/æ/g, "ae").replace(/’/g, "'");
  }
  var box = document.querySelector(".search"), field = box.querySelector("input"), said = box.querySelector("output");
  var articles = Array.from(document.querySelectorAll("article"));
  var texts = articles.map(function (each) { return folded(each.textContent); });
  var sections = Array.from(document.querySelectorAll("section.variables"));
  function search() {
    var words = folded(field.value).split(/\\s+/).filter(Boolean), found = 0;
    articles.forEach(function (each, place) {
      var fits = words.every(function (word) { return texts[place].includes(word); });
      each.hidden = !fits;
      found += fits ? 1 : 0;
    });
    sections.forEach(function (each) { each.hidden = !each.querySelector("article:not([hidden])"); });
    said.textContent = words.length ? said.dataset.said.replace("{found}", found) : "";
  }
  box.hidden = false;
  field.addEventListener("input", search);
  window.addEventListener("hashchange", function () {
    var there = document.getElementById(location.hash.slice(1));
    if (there && there.hidden) { field.value = ""; search(); there.scrollIntoView(); }
  });
  window.addEventListener("beforeprint", function () {
    document.querySelectorAll("details").forEach(function (each) { each.open = true; });
  });
  search();
})();
"""


def policy() -> str:
    """Return what a page may do: show its own style, run its own script, and nothing else."""
    digest = base64.b64encode(hashlib.sha256(SCRIPT.encode("utf-8")).digest()).decode("ascii")
    return f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
