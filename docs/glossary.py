"""Write GLOSSARY.md: the words of diplab by theme, in both languages, with the name that one types.

python docs/glossary.py
"""

from __future__ import annotations

import inspect
import tomllib
from pathlib import Path
from typing import Any

import diplab as dl
import diplab.types
from diplab.presentation.language import terms

ROWS = Path(__file__).with_name("glossary.toml")
PAGE = Path(__file__).parents[1] / "GLOSSARY.md"
HOMES = {
    "dl.": dl,
    "dl.population.": dl.population,
    "dl.work.": dl.work,
    "dl.planning.": dl.planning,
    "dl.survival.": dl.survival,
    "": diplab.types,
}
"""Modules that hold public names, by what is written before them."""


def typed(name: str) -> str:
    """Return a public name with its module; a name or an argument that does not exist is an error."""
    path, bracket, argument = name.removesuffix("=)").partition("(")
    first, _, method = path.partition(".")
    prefix = next((prefix for prefix, home in HOMES.items() if first in home.__all__), None)
    if prefix is None:
        message = f"diplab has no public name `{first}`"
        raise AttributeError(message)
    value = getattr(HOMES[prefix], first)
    value = getattr(value, method) if method else value
    if bracket and argument not in inspect.signature(value).parameters:
        message = f"`{prefix}{path}` has no argument `{argument}`"
        raise AttributeError(message)
    return f"`{prefix}{name}`"


def row(key: str, entry: dict[str, Any]) -> str:
    """Return one line: the term in both languages, what one types, a sentence in each language."""
    term = entry.get("term") or {"fr": terms()[key].fr, "en": terms()[key].en}
    # the letter of "p-value" and "t test" is a symbol
    names = [each if each[1:2] in " -" else each[:1].upper() + each[1:] for each in term.values()]
    code = typed(entry["name"]) if "name" in entry else ""
    return f"| {' | '.join([*names, code, entry['fr'], entry['en']])} |"


def page() -> str:
    """Return the page."""
    lines = [
        "# Glossaire, glossary",
        "",
        "Les mots de diplab par thème, avec le nom à écrire. Cette page est produite par `python docs/glossary.py`.",
        "",
        "The words of diplab by theme, with the name to type. Made by `python docs/glossary.py`; a test holds it.",
        "",
    ]
    for theme in tomllib.loads(ROWS.read_text(encoding="utf-8")).values():
        lines += [
            f"## {theme['title']['fr']}, {theme['title']['en'].lower()}",
            "",
            "| Français | English | Nom, name | En une phrase | In one sentence |",
            "| :--- | :--- | :--- | :--- | :--- |",
            *(row(key, entry) for key, entry in theme["rows"].items()),
            "",
        ]
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
