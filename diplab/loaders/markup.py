"""Wordings of questionnaires as plain words: the HTML and Markdown in which they are dressed taken off."""

from __future__ import annotations

import html
import re

from diplab.loaders.wording import without_comments

__all__ = ["plain"]

_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_BREAK = re.compile(r"<(?:br|/p|/div|/li)\b[^<>]*>", re.IGNORECASE)
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()]*\)")
_HEADING = re.compile(r"^\s{0,3}#{1,6}\s+", re.MULTILINE)
_STRONG = re.compile(r"(\*\*|__|\*)(?=\S)([^*_\n]+?)(?<=\S)\1")


def plain(words: str) -> str:
    r"""Return a wording without tags, emphasis, headings and addresses of links, on one line.

    Examples
    --------
    >>> plain("# **Age**<br/>in <span style='color:red'>years</span> &amp; months, see [help](a.html)\n")
    'Age in years & months, see help'
    >>> plain("earn < 100 or > 200, ${first_name} * 2")
    'earn < 100 or > 200, ${first_name} * 2'
    """
    bare = _HEADING.sub("", without_comments(words))
    bare = _TAG.sub("", _BREAK.sub(" ", bare))
    bare = _STRONG.sub(r"\2", _LINK.sub(r"\1", bare))
    return " ".join(html.unescape(bare).split())
