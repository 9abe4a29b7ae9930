"""A codebook as one self-contained page, which opens without a network and can be searched and printed."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from functools import cache, partial
from html import escape
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, select_autoescape

from diplab.presentation.codebook.view import AnswerLine, CodebookView
from diplab.presentation.language import colon, number, term, words
from diplab.reference.text import Language

LONG = 30  # a list of more answers than this is folded
_NARROW = 8


def as_page(view: CodebookView) -> str:
    """Return a codebook as an HTML page."""
    title = f"{view.title} – {term('codebook.title', view.language)}"
    places = {entry.name: f"v{number}" for number, entry in enumerate(view.entries(), 1)}
    body = _template(view.language).render(view=view, places=places)
    # quotes are written as in the head of the page
    body = body.replace("&#34;", "&quot;").replace("&#39;", "&#x27;")
    return web_page(title, body, view.language, style=asset("page.css"), script=asset("page.js"))


@cache
def _template(language: Language) -> Template:
    made = templates(Path(__file__).parent, language, LONG=LONG, columns_of=_columns_of)
    made.filters["with_code"] = _with_code
    return made.get_template("page.html")


def templates(folder: Path, language: Language, **known: object) -> Environment:
    """Return the templates of a folder, which know the terms and the numbers of one language."""
    # what is printed in a page is escaped unless it is markup already
    made = Environment(autoescape=select_autoescape(["html"]), undefined=StrictUndefined)
    made.loader, made.trim_blocks, made.lstrip_blocks = FileSystemLoader(folder), True, True
    spoken = {each.__name__: partial(each, language=language) for each in (term, words, number)}
    made.globals.update(spoken, colon=colon(language), **known)
    return made


def _columns_of(lines: Sequence[AnswerLine]) -> dict[str, bool]:
    """Return what some answers have beside their labels."""
    return {
        "codes": any(line.code for line in lines),
        "wide": any(len(line.code) > _NARROW for line in lines),
        "people": any(line.people for line in lines),
        "shares": any(line.part is not None for line in lines),
    }


def _with_code(text: str) -> str:
    """Return a sentence as markup, in which names between backquotes are code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


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
