"""The words that LimeSurvey itself writes into exports: Yes, Other, Response ID, in the languages of the survey."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from diplab.reference.text import NOTHING, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["folded", "heading_words", "joined", "numbered", "written", "written_as"]


@cache
def _words() -> Mapping[str, Mapping[str, Mapping[str, list[str]]]]:
    content = resources.files("diplab.loaders.limesurvey").joinpath("words.toml").read_text(encoding="utf-8")
    return tomllib.loads(content)


def written(key: str, languages: Iterable[str] = (), section: str = "answers") -> Text:
    """Return a word of LimeSurvey in French, in English, and in the languages of the survey.

    Examples
    --------
    >>> written("other").fr, written("yes", ["de"]).in_("de")
    ('Autre', 'Ja')
    """
    known = _words()[section][key]
    # `de-informal` is German: LimeSurvey's own words are the same in both.
    forms = {language: known.get(language.split("-")[0]) for language in ("fr", "en", *languages)}
    return Text.of({language: found[0] for language, found in forms.items() if found})


@cache
def written_as(key: str) -> frozenset[str]:
    """Return all the forms of a word of LimeSurvey that exports may hold, folded.

    Examples
    --------
    >>> folded("Oui") in written_as("yes")
    True
    """
    return frozenset(folded(form) for forms in _words()["answers"][key].values() for form in forms)


@cache
def heading_words() -> Mapping[str, str]:
    """Return the names of LimeSurvey's own columns by their headings in words, folded.

    Examples
    --------
    >>> heading_words()[folded("ID de la réponse")]
    'id'
    """
    return {
        folded(form): name
        for name, languages in _words()["headings"].items()
        for forms in languages.values()
        for form in forms
    }


def folded(words: str) -> str:
    """Return words as they are compared: without blanks, underscores or case.

    Examples
    --------
    >>> folded("Date  submitted") == folded("date_submitted")
    True
    """
    return "".join(words.split()).replace("_", "").casefold()


def numbered(words: Text, number: int) -> Text:
    """Return a wording followed by a number, in each of its languages.

    Examples
    --------
    >>> numbered(Text("Rang", "Rank"), 2).fr
    'Rang 2'
    """
    others = tuple((language, f"{said} {number}") for language, said in words.others)
    return Text(f"{words.fr} {number}", f"{words.en} {number}", others=others)


def joined(first: Text, second: Text) -> Text:
    """Return two wordings with a dash between them, in each of the languages that they have.

    Examples
    --------
    >>> joined(Text("lundi", "Monday"), Text("matin", "morning")).fr
    'lundi – matin'
    """
    if not first or not second:
        return first or second or NOTHING
    after = dict(second.others)
    others = tuple((tag, f"{said} – {after.get(tag, second.en)}") for tag, said in first.others)
    return Text(f"{first.fr} – {second.fr}", f"{first.en} – {second.en}", others=others)
