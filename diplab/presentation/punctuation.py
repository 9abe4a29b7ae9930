"""Words as each language prints them: French needs no-break spaces where English needs none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from diplab.errors import one_of
from diplab.reference.text import LANGUAGES

if TYPE_CHECKING:
    from diplab.reference.text import Language, Text

__all__ = ["NARROW", "NO_BREAK", "colon", "in_known", "spaced", "words"]

NO_BREAK = "\N{NO-BREAK SPACE}"
NARROW = "\N{NARROW NO-BREAK SPACE}"


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


def spaced(text: str) -> str:
    r"""Return a French text with the no-break spaces that its punctuation needs.

    U+00A0 before `:`, `%`, `€` and inside guillemets; U+202F before `;`, `!`, `?` and between thousands.
    Addresses, hours and figures written without a space are left alone.

    Parameters
    ----------
    text : str
        French words, typed with ordinary spaces or none.

    Returns
    -------
    str
        The same words, ready for print.

    Examples
    --------
    >>> spaced("Lecture : 12 % gagnent « peu » ; pourquoi ?").count("\u00a0")
    4
    >>> spaced("https://example.org à 12:30")
    'https://example.org à 12:30'
    """
    text = re.sub(r"«\s*", f"«{NO_BREAK}", text)
    text = re.sub(r"\s*»", f"{NO_BREAK}»", text)
    text = re.sub(rf"(?<=\w|[)\]»%€])[ {NARROW}{NO_BREAK}]*:(?=\s|$)", f"{NO_BREAK}:", text)
    text = re.sub(rf"(?<=\w|[)\]»%€])[ {NARROW}{NO_BREAK}]*([;!?]+)(?=[\s»)]|$)", rf"{NARROW}\1", text)
    text = re.sub(rf"(?<=\d)(?=[%€])|(?<=\S)[ {NARROW}](?=[%€])", NO_BREAK, text)
    return re.sub(
        r"(?<![\d,.])\d{1,3}(?: \d{3})+(?!\d)", lambda found: found.group().replace(" ", NARROW), text
    )


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
