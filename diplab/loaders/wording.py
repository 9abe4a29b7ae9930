"""Wordings as questionnaires hold them, made plain: tags taken out, entities read, spaces made single."""

from __future__ import annotations

import html
import re

__all__ = ["plain_words", "shown_words", "without_comments"]

_TAG = re.compile(r"(</?[A-Za-z][^<>]*>|<!--[^<>]*-->)")
_NAME = re.compile(r"</?(?:a|b|em|font|i|span|strong|sub|sup|u)\b", re.IGNORECASE)
"""Tags that part no words: `<b>w</b>ork` is one word."""

_UNSEEN = re.compile(r"<(/?)(script|style)\b", re.IGNORECASE)

_COMMENT = re.compile("<!--")
_HIDDEN = re.compile(r"<!--|<(?:script|style)\b", re.IGNORECASE)
_ENDS = {
    "<!--": re.compile("-->"),
    "<script": re.compile(r"</script\s*>", re.IGNORECASE),
    "<style": re.compile(r"</style\s*>", re.IGNORECASE),
}


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


def without_comments(markup: str) -> str:
    """Return markup without its comments; one that does not end stays.

    Examples
    --------
    >>> without_comments("a<!-- hidden -->b <!-- c")
    'ab <!-- c'
    """
    return _without(markup, _COMMENT, "")


def shown_words(markup: str) -> str:
    """Return markup without its comments, and without what scripts and styles hold; a space stands there.

    Examples
    --------
    >>> shown_words("<b>work</b><script>count()</script >?")
    '<b>work</b> ?'
    """
    return _without(markup, _HIDDEN, " ")


def _without(markup: str, hidden: re.Pattern[str], instead: str) -> str:
    """Return markup without its hidden parts, each place looked at once however many of them do not end."""
    kept, at, endless = [], 0, set[str]()
    for begun in hidden.finditer(markup):
        kind = begun.group().lower()
        if begun.start() < at or kind in endless:
            continue
        ended = _ENDS[kind].search(markup, begun.end())
        if ended is None:
            endless.add(kind)
            continue
        kept += [markup[at : begun.start()], instead]
        at = ended.end()
    return "".join([*kept, markup[at:]])
