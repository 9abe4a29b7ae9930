"""Wordings as questionnaires hold them, made plain: tags taken out, entities read, spaces made single."""

from __future__ import annotations

import html
import re

__all__ = ["plain_words"]

_TAG = re.compile(r"(</?[A-Za-z][^<>]*>|<!--[^<>]*-->)")
_NAME = re.compile(r"</?(?:a|b|em|font|i|span|strong|sub|sup|u)\b", re.IGNORECASE)
"""Tags that part no words: `<b>w</b>ork` is one word."""

_UNSEEN = re.compile(r"<(/?)(script|style)\b", re.IGNORECASE)


def plain_words(wording: str) -> str:
    """Return a wording without its HTML.

    A sign `<` that opens no tag stays: `under < 5 hours` is words. What scripts and styles hold is left out.

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
    kept, unseen = [], False
    for place, piece in enumerate(_TAG.split(wording)):
        if place % 2 == 0:
            kept.append("" if unseen else piece)
            continue
        border = _UNSEEN.match(piece)
        if border:
            unseen = not border.group(1)
        kept.append("" if _NAME.match(piece) else " ")
    return " ".join(html.unescape("".join(kept)).split())
