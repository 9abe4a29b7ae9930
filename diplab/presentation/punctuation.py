"""Words as each language prints them: French needs no-break spaces where English needs none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from diplab.errors import one_of
from diplab.reference.spacing import NARROW, NO_BREAK, spaced
from diplab.reference.text import LANGUAGES

if TYPE_CHECKING:
    from diplab.reference.text import Language, Text

__all__ = ["NARROW", "NO_BREAK", "colon", "in_known", "words"]


def in_known(language: Language) -> None:
    """Refuse a language that is neither French nor English.

    Raises
    ------
    OptionError
        For another language.

    Examples
    --------
    >>> in_known("fr")
    """
    if language not in LANGUAGES:
        raise one_of("`language`", language, LANGUAGES)


def words(text: Text | str, language: Language) -> str:
    """Return a text as printed in one language: its apostrophes curved, French punctuation spaced.

    Parameters
    ----------
    text : Text or str
        Words in both languages, or words taken as they are (a title already chosen).
    language : {"fr", "en"}
        Language of the reader.

    Returns
    -------
    str
        The words.

    Examples
    --------
    >>> from diplab.reference.text import Text
    >>> words(Text("Combien ?", "How many?"), "en")
    'How many?'
    """
    in_known(language)
    chosen = text if isinstance(text, str) else text.in_(language)
    chosen = re.sub(r"(?<=\w)'(?=[\w«])|(?<=s)'(?=\s)", "’", chosen)
    return spaced(chosen) if language == "fr" else chosen


def colon(language: Language) -> str:
    """Return the colon between a label and its content, spaced as the language does.

    Examples
    --------
    >>> colon("en")
    ': '
    """
    return f"{NO_BREAK}: " if language == "fr" else ": "
