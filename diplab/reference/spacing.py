"""The no-break spaces of French punctuation, for every layer that shows words."""

from __future__ import annotations

import re

__all__ = ["NARROW", "NO_BREAK", "spaced"]

NO_BREAK = "\N{NO-BREAK SPACE}"
NARROW = "\N{NARROW NO-BREAK SPACE}"


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
