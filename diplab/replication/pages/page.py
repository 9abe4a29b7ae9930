"""What every page of the report has: its frame, links, style and script, the marks of verdicts, and filters."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape
from urllib.parse import quote

from diplab.presentation.codebook.html import asset, web_page
from diplab.presentation.language import colon, number, term
from diplab.reference.text import Language
from diplab.results.comparison import RESTS_ON, VERDICTS

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
