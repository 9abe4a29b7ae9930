"""What the loaders of questionnaire tools share: questions, wordings, columns that identify people."""

from __future__ import annotations

import html
import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from diplab.errors import ColumnError
from diplab.loaders.notices import column_notice
from diplab.microdata.codebook import Codebook
from diplab.microdata.variable import Variable
from diplab.reference.text import NOTHING, Text

if TYPE_CHECKING:
    from diplab.loaders.source import Request, SourceFile
    from diplab.microdata.multiple_response import Responses

_TAG = re.compile(r"(</?[A-Za-z][^<>]*>|<!--|-->)")
_INLINE = re.compile(r"</?(?:a|b|em|font|i|span|strong|sub|sup|u)\b", re.IGNORECASE)
"""Tags that do not separate words: `<b>w</b>ork` is one word."""
_UNSEEN = re.compile(r"<(/?)(script|style)\b", re.IGNORECASE)
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()]*\)")
_HEADING = re.compile(r"^\s{0,3}#{1,6}\s+", re.MULTILINE)
_STRONG = re.compile(r"(\*\*|__|\*)(?=\S)([^*_\n]+?)(?<=\S)\1")


@dataclass(frozen=True)
class Choice:
    """One answer that a question offers, or one of its items (a row of a matrix, a subquestion)."""

    code: str  # as the data hold it
    label: Text  # as respondents read it


@dataclass(frozen=True)
class Question:
    """One question; each tool adds what its columns are made from."""

    name: str  # code, tag or name that begins the names of its columns
    kind: str  # its type, in the words of the tool
    wording: Text = NOTHING  # as respondents read it, without HTML or Markdown
    group: Text = NOTHING  # section of the questionnaire


@dataclass(frozen=True)
class Questionnaire:
    """What a questionnaire says of itself; each tool adds its questions."""

    title: Text = NOTHING
    languages: tuple[str, ...] = ()  # tags, the main language first

    def codebook(self, variables: Mapping[str, Variable], sets: Mapping[str, Responses]) -> Codebook:
        """Return the codebook of variables and questions with several answers."""
        return Codebook(variables, sets=sets, title=self.title, languages=self.languages)


@cache
def written_words(file: str) -> Mapping[str, Any]:
    """Return the tables of a file of words that other programs write into their exports."""
    return tomllib.loads(resources.files("diplab.loaders").joinpath(file).read_text(encoding="utf-8"))


def known_headings(program: str) -> Mapping[str, Any]:
    """Return what a program writes above its columns, and what that means, from `headings.toml`."""
    known: Mapping[str, Any] = written_words("headings.toml")[program]
    return known


def number_wording(words: Text, number: int) -> Text:
    """Return a wording followed by a number, in each of its languages."""
    others = tuple((language, f"{wording} {number}") for language, wording in words.others)
    return Text(f"{words.fr} {number}", f"{words.en} {number}", others=others)


def strip_html(wording: str) -> str:
    """Return a wording without its HTML."""
    # a sign `<` that opens no tag stays: `under < 5 hours` is words. What comments, scripts and styles hold is left out
    if "<" not in wording and "&" not in wording:
        return " ".join(wording.split())
    pieces: list[str] = []
    unseen = ""
    for place, piece in enumerate(_TAG.split(wording)):
        if place % 2 == 0:
            pieces.append("" if unseen else piece)
            continue
        if piece == "-->":
            pieces.append(" " if unseen == "<!--" else "" if unseen else piece)
            unseen = "" if unseen == "<!--" else unseen
            continue
        if piece == "<!--":
            unseen = unseen or piece
            continue
        border = _UNSEEN.match(piece)
        if border and unseen != "<!--":
            unseen = "" if border[1] else border[2]
        pieces.append("" if _INLINE.match(piece) else " ")
    return " ".join(html.unescape("".join(pieces)).split())


def strip_markdown(wording: str) -> str:
    """Return a wording without its HTML, nor the emphasis, headings and addresses of links of Markdown."""
    return strip_html(_STRONG.sub(r"\2", _LINK.sub(r"\1", _HEADING.sub("", wording))))


def identifying_notices(source: SourceFile, request: Request, identifying: Collection[str]) -> tuple[Text, ...]:
    """Return the notice of the columns left out because they identify respondents; none where all are kept."""
    # one that the call names without `private` is a `ColumnError`
    if request.private:
        return ()
    for name in request.columns or ():
        if name in identifying:
            raise identifying_column_error(source, name)
    return column_notice("identifying.left_out", identifying)


def identifying_column_error(source: SourceFile, name: str) -> ColumnError:
    """Return the error for a column that identifies respondents and was named in the call."""
    return ColumnError(
        f"The column `{name}` of the file `{source.path.name}` says who answered or where, and is left out by default.",
        write='Write `private="keep"` to read it, and keep the data as the law asks.',
    )
