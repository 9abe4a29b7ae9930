"""The encoding of a text: declared, proven by its bytes, or the one that fits its letters."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

import numpy as np
import pyarrow as pa

from diplab.loaders.notices import WORDS, listed, notice_if
from diplab.loaders.source import SourceFile, refused
from diplab.reference.parameter import figure_in_words
from diplab.reference.text import Text

_MARKS = (
    ("utf-32", (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)),
    ("utf-16", (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)),
)
_WESTERN = ("cp1252", "iso8859-15", "mac-roman", "cp850")
_IN_WORDS = frozenset("éèêëàâäáãåîïíìôöóòõøûüúùçñœæßÿÉÈÊËÀÂÄÁÃÅÎÏÍÌÔÖÓÒÕØÛÜÚÙÇÑŒÆŸ\u2019")
_BESIDE_WORDS = frozenset("€£°«»“”‘’„‚–—…·•§©®™²³½¼¾±×µ¿¡ºª\u00a0\u202f")
_AFTER_NUMBERS = frozenset("²³½¼¾ºª")
_CLEAR = 0.9
_MANY = 0.1  # of the words of a language have letters beyond ASCII
_RUNS, _LINES, _WIDTH = 20_000, 200, 400
_TELLING, _FEW = 3, 8
_LOST = "\ufffd"
_LETTER = re.compile(r"[^\x00-\x9f\s]")
_SAVE = "Save it as CSV, in UTF-8, from the program that made it."


@dataclass(frozen=True)
class DecodedText:
    """A text and how its bytes were read."""

    content: bytes  # all of it, in UTF-8, without its mark of encoding
    encoding: str  # `utf-8`, `utf-16`, `utf-32`, or what the letters show
    notices: tuple[
        Text, ...
    ] = ()  # the encoding, where no mark declares it, and characters lost before

    @cached_property
    def text(self) -> str:
        """All of it."""
        return self.content.decode()


def decode(source: SourceFile) -> DecodedText:
    """Return the text of a file; no character is ever replaced."""
    # the encoding of the call, UTF-8 and marks of encoding are certain; otherwise encodings of
    # Western Europe are weighed on where their letters fall, cp1252 first, then
    # `charset-normalizer` is asked, and a notice says it
    content = source.content
    if source.encoding is not None:
        return _in_encoding_of_call(source, source.encoding)
    for encoding, marks in _MARKS:
        if content.startswith(marks):
            try:
                return _certain(content.decode(encoding).encode(), encoding)
            except UnicodeDecodeError:
                raise refused(source, f"Its bytes are text not in {encoding}.", _SAVE) from None
    if b"\0" in content:
        unmarked = _unmarked(content)
        found = "It is not text: it holds zero bytes."
        if unmarked:
            found = f"It holds zero bytes, as text in {unmarked} does."
        raise refused(source, found, f'Write `encoding="{unmarked}"`.' if unmarked else _SAVE)
    if is_utf8(content):
        return _certain(content, "utf-8")
    try:
        content.decode("utf-8-sig")
    except UnicodeDecodeError as broken:
        _refuse_mixture(source, broken)
    undeclared = _in_western_encoding(content)
    if undeclared is None:
        raise refused(source, "Its bytes are text neither in utf-8 nor in cp1252.", _SAVE)
    return undeclared


def _unmarked(content: bytes) -> str:
    """Return the encoding of two bytes a letter in which a text without its mark seems to be.

    Nothing for none.
    """
    halves = content[:2000:2], content[1:2000:2]
    zeros = list[float]()
    for half in halves:
        zeros.append(half.count(0) / max(len(half), 1))
    if len(content) % 2 or min(zeros) > _MANY or max(zeros) < 0.5:
        return ""
    if zeros[0] > zeros[1]:
        return "utf-16-be"
    return "utf-16-le"


def is_utf8(content: bytes) -> bool:
    """Return whether bytes are text in UTF-8."""
    ends = np.array([0, len(content)])
    text = pa.Array.from_buffers(
        pa.large_string(), 1, [None, pa.py_buffer(ends), pa.py_buffer(content)]
    )
    try:
        text.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _in_encoding_of_call(source: SourceFile, encoding: str) -> DecodedText:
    try:
        return _certain(source.content.decode(encoding).encode(), encoding)
    except UnicodeError as broken:
        at = 0
        if isinstance(broken, UnicodeDecodeError):
            at = broken.start
        line = source.content.count(b"\n", 0, at) + 1
        write = "Write the encoding in which it was saved, or leave `encoding` out."
        raise refused(
            source, f"The bytes of its line {line} are not text in {encoding}.", write
        ) from None


def _certain(content: bytes, encoding: str) -> DecodedText:
    mark = _LOST.encode()
    lost = 0
    if content.find(mark[:1], len(codecs.BOM_UTF8)) >= 0:
        lost = content.count(mark)  # a letter is found faster
    notices = notice_if(lost, "notice.lost_characters", count=lost)
    return DecodedText(content.removeprefix(codecs.BOM_UTF8), encoding, notices)


def _refuse_mixture(source: SourceFile, broken: UnicodeDecodeError) -> None:
    """Refuse a text that is mostly UTF-8: another encoding would break it everywhere."""
    content = source.content
    read = content.decode("utf-8-sig", errors="replace")
    own = content.count(_LOST.encode())
    bad = read.count(_LOST) - own
    good = sum(map(len, re.findall(r"[^\x00-\x7f]+", read))) - bad
    if good >= bad:
        line = content.count(b"\n", 0, broken.start) + 1
        found = (
            f"Its line {line} holds the byte {content[broken.start]:#x}, which is not UTF-8, as "
            "the rest of it is."
        )
        write = (
            "Correct that line, or copy the file again: two encodings were mixed in it, or it is "
            "cut."
        )
        raise refused(source, found, write)


def _in_western_encoding(content: bytes) -> DecodedText | None:
    """Return the text in the encoding in which its letters fit.

    Cp1252 unless another is clearly better.
    """
    runs = [item.span() for item in islice(re.finditer(rb"[\x80-\xff]+", content), _RUNS)]
    pieces = list[bytes]()
    for begin, end in runs:
        pieces.append(content[max(begin - 1, 0) : end + 1])
    total = sum(end - begin for begin, end in runs)
    fits: dict[str, int] = {}
    for encoding in _WESTERN:
        try:
            fits[encoding] = sum(_fitting(piece.decode(encoding)) for piece in pieces)
        except UnicodeDecodeError:
            continue
    best = max(fits, key=lambda item: fits[item], default="cp1252")
    if total < _TELLING or (total < _FEW and fits.get(best, 0) < total):
        best = "cp1252"  # too little to go by
    elif fits.get(best, 0) < _CLEAR * total:
        return _by_charset_normalizer(content, runs, total, fits.get("cp1252", 0))
    return _decoded_as(content, best, fits.get(best, 0), total)


def _fitting(piece: str) -> int:
    """Return how many characters beyond ASCII of a run and its neighbours are where expected."""
    fitting = 0
    inner = list[int]()
    for place, item in enumerate(piece):
        if item > "\x7f":
            inner.append(place)
    long_run = len(inner) > 3
    for place in inner:
        letter = piece[place]
        beside = list[str]()
        for at in (place - 1, place + 1):
            if 0 <= at < len(piece):
                beside.append(piece[at])
        within = all(other.isalpha() for other in beside) and len(beside) == 2
        if letter in _IN_WORDS:
            upper = letter.isupper() and bool(beside) and beside[0].islower()
            fitting += not upper and not long_run
        elif letter in _BESIDE_WORDS:
            followed = place + 1 < len(piece) and piece[place + 1].isalpha()
            fitting += not within and not (followed and letter in _AFTER_NUMBERS)
    return fitting


def _by_charset_normalizer(
    content: bytes, runs: list[tuple[int, int]], total: int, fitting: int
) -> DecodedText | None:
    """Return the text in the encoding that `charset-normalizer` finds, or in cp1252 if it fits."""
    from charset_normalizer import from_bytes

    lines: dict[int, bytes] = {}
    for begin, end in runs:
        first = max(content.rfind(b"\n", 0, begin) + 1, begin - _WIDTH)
        lines.setdefault(
            first, content[first : min(content.find(b"\n", end) % (len(content) + 1), end + _WIDTH)]
        )
        if len(lines) == _LINES:
            break
    sample = b"\n".join(lines.values())
    best = from_bytes(sample).best()
    western: tuple[str, ...] = ("cp1252",)
    if best is not None and best.encoding not in {"ascii", "utf_8"}:
        encoding = best.encoding.replace("_", "-")
        decoded = _decoded_as(content, encoding, round(total * (1 - min(best.chaos, 1.0))), total)
        if decoded is not None and _is_language(sample, encoding):
            return decoded
        western = ("cp1252", "iso8859-1")
    found = (_decoded_as(content, item, fitting, total) for item in western)
    return next(filter(None, found), None)


def _is_language(sample: bytes, encoding: str) -> bool:
    """Return whether letters beyond ASCII are many, or form words: few among others are damage."""
    words = re.findall(rb"[A-Za-z\x80-\xff]+", sample)
    beyond = [word for word in words if not word.isascii()]
    alone = [
        word for word in beyond if min(word) > 0x7F and word.decode(encoding, "replace").isalpha()
    ]
    return len(beyond) > _MANY * len(words) or 2 * len(alone) > len(beyond)


def _decoded_as(content: bytes, encoding: str, fitting: int, total: int) -> DecodedText | None:
    try:
        text = content.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return None
    # the letters and not the words, which respondents wrote: a notice is published
    letters = dict.fromkeys(item.group() for item in islice(_LETTER.finditer(text), _RUNS))
    counts = {"fitting": figure_in_words(fitting), "letters": figure_in_words(total)}
    notice = WORDS("notice.encoding", encoding=encoding, examples=listed(list(letters)), **counts)
    return DecodedText(text.encode(), encoding, (notice,))
