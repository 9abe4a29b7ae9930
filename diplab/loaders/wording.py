"""Wordings as questionnaires hold them, made plain: HTML and Markdown taken out, entities read, spaces made single."""

from __future__ import annotations

import html
import re

__all__ = ["plain_words", "without_markdown"]

_TAG = re.compile(r"(</?[A-Za-z][^<>]*>|<!--|-->)")
_NAME = re.compile(r"</?(?:a|b|em|font|i|span|strong|sub|sup|u)\b", re.IGNORECASE)
"""Tags that part no words: `<b>w</b>ork` is one word."""

_UNSEEN = re.compile(r"<(/?)(script|style)\b", re.IGNORECASE)
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()]*\)")
_HEADING = re.compile(r"^\s{0,3}#{1,6}\s+", re.MULTILINE)
_STRONG = re.compile(r"(\*\*|__|\*)(?=\S)([^*_\n]+?)(?<=\S)\1")


def plain_words(wording: str) -> str:
    """Return a wording without its HTML.

    A sign `<` that opens no tag stays: `under < 5 hours` is words. What comments, scripts and styles hold is left out.

    Parameters
    ----------
    wording : str
        As the questionnaire holds it.

    Examples
    --------
    >>> plain_words("Do you <b>work</b>?<br>Chocolate with &gt;80%&nbsp;cocoa")
    'Do you work? Chocolate with >80% cocoa'
    """
    if "<" not in wording and "&" not in wording:
        return " ".join(wording.split())
    kept: list[str] = []
    unseen = ""
    for place, piece in enumerate(_TAG.split(wording)):
        if place % 2 == 0:
            kept.append("" if unseen else piece)
            continue
        if piece == "-->":
            kept.append(" " if unseen == "<!--" else "" if unseen else piece)
            unseen = "" if unseen == "<!--" else unseen
            continue
        if piece == "<!--":
            unseen = unseen or piece
            continue
        border = _UNSEEN.match(piece)
        if border and unseen != "<!--":
            unseen = "" if border[1] else border[2]
        kept.append("" if _NAME.match(piece) else " ")
    return " ".join(html.unescape("".join(kept)).split())


def without_markdown(wording: str) -> str:
    r"""Return a wording without its HTML, nor the emphasis, headings and addresses of links of Markdown.

    Parameters
    ----------
    wording : str
        As a form of ODK holds it.

    Examples
    --------
    >>> without_markdown("# **Age**<br/>in <span style='color:red'>years</span> &amp; months, see [help](a.html)\n")
    'Age in years & months, see help'
    >>> without_markdown("earn < 100 or > 200, ${first_name} * 2")
    'earn < 100 or > 200, ${first_name} * 2'
    """
    return plain_words(_STRONG.sub(r"\2", _LINK.sub(r"\1", _HEADING.sub("", wording))))
