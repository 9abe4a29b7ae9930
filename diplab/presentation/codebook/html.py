"""A codebook as one self-contained page, which opens without a network and can be searched and printed."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping
from functools import cache
from html import escape
from importlib.resources import files

from diplab.presentation.codebook.view import AnswerLine, CodebookView, Distribution, VariableEntry
from diplab.presentation.language import colon, number, term
from diplab.reference.text import Language

LONG = 30  # a list of more answers than this is folded
_WIDTH, _HEIGHT = 260, 60
_NARROW = 8


def as_page(view: CodebookView) -> str:
    """Return a codebook as an HTML page."""
    title = f"{view.title} – {term('codebook.title', view.language)}"
    places = {entry.name: f"v{number}" for number, entry in enumerate(view.entries(), 1)}
    body = (
        f"<main>\n{_head(view)}\n{_sets(view, places)}\n{_contents(view, places)}\n{_search(view)}\n"
        f"{_sections(view, places)}\n</main>"
    )
    return web_page(title, body, view.language, style=asset("page.css"), script=asset("page.js"))


def _head(view: CodebookView) -> str:
    facts = "".join(f"<dt>{escape(name)}</dt><dd>{_with_code(content)}</dd>" for name, content in view.facts)
    caution = f'<p class="caution"><strong>{escape(view.caution)}</strong></p>' if view.caution else ""
    kind = escape(term("codebook.title", view.language))
    parts = [f'<p class="kind">{kind}</p><h1>{escape(view.title)}</h1>', caution, f'<dl class="facts">{facts}</dl>']
    for title, lines in view.lists:
        listed = "".join(f"<li>{_with_code(each)}</li>" for each in lines)
        parts.append(f"<h4>{escape(title)}</h4><ul>{listed}</ul>")
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
        entries = "\n".join(_entry(entry, places[entry.name], view.language) for entry in section.entries)
        parts.append(f'<section class="variables"><h2>{escape(section.title)}</h2>\n{entries}\n</section>')
    return "\n".join(parts)


def _entry(entry: VariableEntry, place: str, language: Language) -> str:
    parts = [f"<h3><code>{escape(entry.name)}</code>{escape(entry.label)}</h3>"]
    said = {"question": entry.question, "about": " · ".join(entry.about), "remark": entry.remark}
    parts += [f'<p class="{kind}">{escape(content)}</p>' for kind, content in said.items() if content]
    if entry.shape is not None:
        parts.append(_distribution(entry.shape))
    for name, lines in (("answer", entry.answers), ("missing", entry.missing)):
        parts += [_lines(lines, f"codebook.{name}", language)] if lines else []
    long = ' class="long"' if len(entry.answers) > LONG else ""
    return f'<article id="{place}"{long}>{"".join(parts)}</article>'


def _lines(lines: tuple[AnswerLine, ...], heading: str, language: Language) -> str:
    counted = any(line.people for line in lines)
    bars = any(line.part is not None for line in lines)
    heads = [("code", term("codebook.code", language))] if any(line.code for line in lines) else []
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


def web_page(title: str, body: str, language: Language, *, style: str, script: str, images: str = "") -> str:
    """Return a whole page, which may show its own style and `images`, run its own script, and nothing else."""
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
