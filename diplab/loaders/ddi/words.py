"""The elements of a DDI file: wordings by language, and what XML cannot hold."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from diplab.reference.text import NOTHING, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from xml.etree.ElementTree import Element

__all__ = ["Wordings", "children", "held_in", "local", "marked", "noted", "worded"]

LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
NOTE = "diplab"
"""The type of the notes that hold what DDI has no element for."""

_UNHELD = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
_IN_QUOTES = str.maketrans({'"': "&quot;", "\n": "&#10;", "\t": "&#9;"})


def marked(name: str, content: str | Iterable[str] = "", /, **attributes: str | None) -> str:
    r"""Return an element: words, escaped, or other elements, each on its line.

    Parameters
    ----------
    name : str
        Of the element.
    content : str or iterable of str
        Words, or elements that are already marked.
    attributes : str
        Those that are None are left out; `xml_lang` is `xml:lang`.

    Examples
    --------
    >>> marked("labl", "R&D", xml_lang="en")
    '<labl xml:lang="en">R&amp;D</labl>'
    >>> marked("qstn", [marked("qstnLit", "Why?")])
    '<qstn>\n<qstnLit>Why?</qstnLit>\n</qstn>'
    """
    said = "".join(
        f' {key.replace("xml_", "xml:")}="{_held(value).translate(_IN_QUOTES)}"'
        for key, value in attributes.items()
        if value is not None
    )
    inside = _held(content) if isinstance(content, str) else "".join(f"\n{each}" for each in content)
    end = "\n" if inside and not isinstance(content, str) else ""
    return f"<{name}{said}>{inside}{end}</{name}>" if inside else f"<{name}{said}/>"


def worded(name: str, words: Text, **attributes: str | None) -> list[str]:
    """Return a wording as one element a language; one without a language where French and English are the same.

    Examples
    --------
    >>> worded("labl", Text("sexe", "sex"))
    ['<labl xml:lang="fr">sexe</labl>', '<labl xml:lang="en">sex</labl>']
    >>> worded("labl", Text.same("ID"))
    ['<labl>ID</labl>']
    """
    if not words:
        return []
    said = [(None, words.en)] if words.fr == words.en else [("fr", words.fr), ("en", words.en)]
    return [marked(name, each, xml_lang=language, **attributes) for language, each in [*said, *words.others]]


def noted(subject: str, words: str | Text) -> list[str]:
    """Return a note on what DDI has no element for.

    Examples
    --------
    >>> noted("storage", "words")
    ['<notes type="diplab" subject="storage">words</notes>']
    """
    if isinstance(words, Text):
        return worded("notes", words, type=NOTE, subject=subject)
    return [marked("notes", words, type=NOTE, subject=subject)] if words else []


def held_in(words: Text | None) -> Any:
    """Return what a note of diplab holds; None where there is no note, or someone changed it.

    Examples
    --------
    >>> held_in(Text.same('["a", 1]')), held_in(Text.same("[")), held_in(None)
    (['a', 1], None, None)
    """
    try:
        return None if words is None else json.loads(words.en)
    except (ValueError, RecursionError):
        return None


def local(element: Element) -> str:
    """Return the name of an element without its namespace, which differs from version to version."""
    return str(element.tag).rpartition("}")[2]


def children(element: Element, *names: str) -> Iterator[Element]:
    """Return the elements of some names that stand directly in another."""
    return (each for each in element if local(each) in names)


class Wordings:
    """Reads words as a file holds them.

    Parameters
    ----------
    exact : bool
        True for a file that diplab wrote: spaces and lines are then those of the words, not of the page.
    language : str
        Of the words that name none.
    """

    def __init__(self, *, exact: bool, language: str = "") -> None:
        self.exact = exact
        self.language = language
        self.met: dict[str, None] = {}

    def words(self, element: Element | None) -> str:
        """Return the words in an element, those of elements in it too."""
        if element is None:
            return ""
        words = "".join(element.itertext())
        return words if self.exact else " ".join(words.split())

    def wording(self, elements: Iterable[Element]) -> Text:
        """Return the words of several elements, one a language."""
        said: dict[str, str] = {}
        for each in elements:
            language = each.get(LANGUAGE) or each.get("xml-lang") or self.language
            if language:
                self.met[language] = None
            said.setdefault(language, self.words(each))
        return _text(said)

    def same(self, words: str) -> Text:
        """Return words that name no language."""
        return Text.same(words) if words else NOTHING

    def notes(self, element: Element) -> dict[str, Text]:
        """Return the notes that diplab left in an element, by their subject."""
        found: dict[str, list[Element]] = {}
        for each in children(element, "notes"):
            if each.get("type") == NOTE:
                found.setdefault(each.get("subject", ""), []).append(each)
        return {subject: self.wording(each) for subject, each in found.items()}


def _text(said: Mapping[str, str]) -> Text:
    bare = said.get("")
    if bare is None and not {"fr", "en"} <= set(said):
        return Text.of(said)
    others = tuple(sorted((each, words) for each, words in said.items() if each not in ("", "fr", "en")))
    text = Text(said.get("fr", bare or ""), said.get("en", bare or ""), others=others)
    return text or NOTHING


def _held(words: str) -> str:
    """Return words escaped; a sign that XML cannot hold (a control sign, half a pair) leaves a mark."""
    return _UNHELD.sub("\N{REPLACEMENT CHARACTER}", words).translate(_ESCAPED)
