"""The encoding of a text that declares none: what old programs wrote for é, œ and €, told apart and reported."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from diplab.loaders.notices import encoding_found, lost_characters
from diplab.loaders.source import refused

if TYPE_CHECKING:
    from diplab.loaders.source import SourceFile
    from diplab.reference.text import Text

__all__ = ["DecodedText", "decode"]

_MARKS = (
    ("utf-32", (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)),
    ("utf-16", (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)),
)
_WESTERN = ("cp1252", "iso8859-15", "mac-roman", "cp850")
_IN_WORDS = frozenset("éèêëàâäáãåîïíìôöóòõøûüúùçñœæßÿÉÈÊËÀÂÄÁÃÅÎÏÍÌÔÖÓÒÕØÛÜÚÙÇÑŒÆŸ\u2019")
_BESIDE_WORDS = frozenset("€£°«»“”‘’„‚–—…·•§©®™²³½¼¾±×µ¿¡ºª\u00a0\u202f")
_AFTER_NUMBERS = frozenset("²³½¼¾ºª")
_CLEAR = 0.9
_RUNS, _LINES, _WIDTH = 20_000, 200, 400
_TELLING, _FEW = 3, 8
_LOST = "\ufffd"
_SAVE = "Save it as CSV, in UTF-8, from the program that made it."


@dataclass(frozen=True)
class DecodedText:
    """A text and how its bytes were read.

    Parameters
    ----------
    text : str
        All of it, without its mark of encoding.
    encoding : str
        `utf-8`, `utf-16`, `utf-32`, or what the letters show.
    notices : tuple of Text
        The encoding, where no mark declares it, and characters lost before.
    """

    text: str
    encoding: str
    notices: tuple[Text, ...] = ()


def decode(source: SourceFile) -> DecodedText:
    """Return the text of a file. No character is ever replaced.

    UTF-8 and what begins with the mark of an encoding are certain. Otherwise the encodings of Western Europe are
    weighed on where their letters fall (in words or not), cp1252 first; where none fits, `charset-normalizer` is
    asked. The notices say which encoding was found and what to look at.

    Parameters
    ----------
    source : SourceFile

    Raises
    ------
    LoadError
        Where the bytes are no text, in no encoding that can be told, or in two at once.
    """
    content = source.content
    for encoding, marks in _MARKS:
        if content.startswith(marks):
            try:
                return _certain(content.decode(encoding), encoding)
            except UnicodeDecodeError:
                raise refused(source, f"Its bytes are text not in {encoding}.", _SAVE) from None
    if b"\0" in content:
        found = f"It is not text: it begins with {content[:8]!r} and holds zero bytes."
        raise refused(source, found, _SAVE)
    try:
        return _certain(content.decode("utf-8-sig"), "utf-8")
    except UnicodeDecodeError as broken:
        _refuse_mixture(source, broken)
    undeclared = _undeclared(content)
    if undeclared is None:
        raise refused(source, "Its bytes are text neither in utf-8 nor in cp1252.", _SAVE)
    return undeclared


def _certain(text: str, encoding: str) -> DecodedText:
    lost = text.count(_LOST)
    return DecodedText(text, encoding, (lost_characters(lost),) if lost else ())


def _refuse_mixture(source: SourceFile, broken: UnicodeDecodeError) -> None:
    """Refuse a text of which most is UTF-8: read in another encoding, it would be broken everywhere."""
    content = source.content
    read = content.decode("utf-8-sig", errors="replace")
    own = content.count(_LOST.encode())
    bad = read.count(_LOST) - own
    good = sum(map(len, re.findall(r"[^\x00-\x7f]+", read))) - bad
    if good > bad:
        line = content.count(b"\n", 0, broken.start) + 1
        raise refused(
            source,
            f"Its line {line} holds the byte {content[broken.start]:#x}, which is not UTF-8, as the rest of it is.",
            "Correct that line, or copy the file again: two encodings were mixed in it, or it is cut.",
        )


def _runs(content: bytes) -> list[tuple[int, int]]:
    """Return where the first runs of bytes beyond ASCII begin and end."""
    runs: list[tuple[int, int]] = []
    for each in re.finditer(rb"[\x80-\xff]+", content):
        runs.append(each.span())
        if len(runs) == _RUNS:
            break
    return runs


def _undeclared(content: bytes) -> DecodedText | None:
    """Return the text in the encoding in which its letters fit; cp1252 unless another is clearly better."""
    runs = _runs(content)
    pieces = [content[max(begin - 1, 0) : end + 1] for begin, end in runs]
    total = sum(end - begin for begin, end in runs)
    fits: dict[str, int] = {}
    for encoding in _WESTERN:
        try:
            fits[encoding] = sum(_fitting(piece.decode(encoding)) for piece in pieces)
        except UnicodeDecodeError:
            continue
    best = max(fits, key=lambda each: fits[each], default="cp1252")
    if total < _TELLING or (total < _FEW and fits.get(best, 0) < total):
        best = "cp1252"  # too little to go by
    elif fits.get(best, 0) < _CLEAR * total:
        return _other(content, runs, total) or _read(content, "cp1252", fits.get("cp1252", 0), total)
    return _read(content, best, fits.get(best, 0), total)


def _fitting(piece: str) -> int:
    """Return how many characters beyond ASCII of a run and its neighbours stand where they are expected."""
    fitting = 0
    inner = [place for place, each in enumerate(piece) if each > "\x7f"]
    long_run = len(inner) > 3
    for place in inner:
        each = piece[place]
        beside = [piece[at] for at in (place - 1, place + 1) if 0 <= at < len(piece)]
        within = all(other.isalpha() for other in beside) and len(beside) == 2
        if each in _IN_WORDS:
            upper = each.isupper() and bool(beside) and beside[0].islower()
            fitting += not upper and not long_run
        elif each in _BESIDE_WORDS:
            followed = place + 1 < len(piece) and piece[place + 1].isalpha()
            fitting += not within and not (followed and each in _AFTER_NUMBERS)
    return fitting


def _other(content: bytes, runs: list[tuple[int, int]], total: int) -> DecodedText | None:
    """Return the text in the encoding that `charset-normalizer` finds, where it finds one."""
    from charset_normalizer import from_bytes

    lines: dict[int, bytes] = {}
    for begin, end in runs:
        first = max(content.rfind(b"\n", 0, begin) + 1, begin - _WIDTH)
        lines.setdefault(
            first, content[first : min(content.find(b"\n", end) % (len(content) + 1), end + _WIDTH)]
        )
        if len(lines) == _LINES:
            break
    best = from_bytes(b"\n".join(lines.values())).best()
    if best is None or best.encoding in {"ascii", "utf_8"}:
        return None
    fitting = round(total * (1 - min(best.chaos, 1.0)))
    return _read(content, best.encoding.replace("_", "-"), fitting, total)


def _read(content: bytes, encoding: str, fitting: int, total: int) -> DecodedText | None:
    try:
        text = content.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return None
    # the letters and not the words in which they stand, which respondents wrote: a notice is published
    letters = dict.fromkeys(
        each.group() for each, _ in zip(_LETTER.finditer(text), range(_RUNS), strict=False)
    )
    return DecodedText(text, encoding, (encoding_found(encoding, fitting, total, list(letters)),))


_LETTER = re.compile(r"[^\x00-\x7f\s]")
