"""Delimited text (CSV, TSV): its encoding, its dialect, its records, and the microdata in it."""

from __future__ import annotations

import codecs
import csv
import gc
import io
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diplab.loaders.cells import Cells, microdata_of_cells
from diplab.loaders.fields import RegularColumns, regular_text, utf8_of
from diplab.loaders.notices import WORDS, listed
from diplab.loaders.source import Request, SourceFile, refused
from diplab.microdata.codebook import Codebook
from diplab.microdata.microdata import Microdata
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
_RUNS, _LINES, _WIDTH = 20_000, 200, 400
_TELLING, _FEW = 3, 8
_LOST = "\ufffd"
_SAVE = "Save it as CSV, in UTF-8, from the program that made it."


@dataclass(frozen=True)
class DecodedText:
    """A text and how its bytes were read."""

    text: str  # all of it, without its mark of encoding
    encoding: str  # `utf-8`, `utf-16`, `utf-32`, or what the letters show
    notices: tuple[Text, ...] = ()  # the encoding, where no mark declares it, and characters lost before


def decode(source: SourceFile) -> DecodedText:
    """Return the text of a file; no character is ever replaced."""
    # UTF-8 and marks of encoding are certain; otherwise encodings of Western Europe are weighed on where their letters
    # fall, cp1252 first, then `charset-normalizer` is asked, and a notice says what was found
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
    undeclared = _in_western_encoding(content)
    if undeclared is None:
        raise refused(source, "Its bytes are text neither in utf-8 nor in cp1252.", _SAVE)
    return undeclared


def _certain(text: str, encoding: str) -> DecodedText:
    lost = text.count(_LOST)
    return DecodedText(text, encoding, (WORDS("notice.lost_characters", count=lost),) if lost else ())


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


def _in_western_encoding(content: bytes) -> DecodedText | None:
    """Return the text in the encoding in which its letters fit; cp1252 unless another is clearly better."""
    runs = [each.span() for each in islice(re.finditer(rb"[\x80-\xff]+", content), _RUNS)]
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
        return _by_charset_normalizer(content, runs, total) or _decoded_as(
            content, "cp1252", fits.get("cp1252", 0), total
        )
    return _decoded_as(content, best, fits.get(best, 0), total)


def _fitting(piece: str) -> int:
    """Return how many characters beyond ASCII of a run and its neighbours are where they are expected."""
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


def _by_charset_normalizer(content: bytes, runs: list[tuple[int, int]], total: int) -> DecodedText | None:
    """Return the text in the encoding that `charset-normalizer` finds, where it finds one."""
    from charset_normalizer import from_bytes

    lines: dict[int, bytes] = {}
    for begin, end in runs:
        first = max(content.rfind(b"\n", 0, begin) + 1, begin - _WIDTH)
        lines.setdefault(first, content[first : min(content.find(b"\n", end) % (len(content) + 1), end + _WIDTH)])
        if len(lines) == _LINES:
            break
    best = from_bytes(b"\n".join(lines.values())).best()
    if best is None or best.encoding in {"ascii", "utf_8"}:
        return None
    fitting = round(total * (1 - min(best.chaos, 1.0)))
    return _decoded_as(content, best.encoding.replace("_", "-"), fitting, total)


def _decoded_as(content: bytes, encoding: str, fitting: int, total: int) -> DecodedText | None:
    try:
        text = content.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return None
    # the letters and not the words, which respondents wrote: a notice is published
    letters = dict.fromkeys(each.group() for each in islice(_LETTER.finditer(text), _RUNS))
    counts = {"fitting": figure_in_words(fitting), "letters": figure_in_words(total)}
    return DecodedText(
        text, encoding, (WORDS("notice.encoding", encoding=encoding, examples=listed(list(letters)), **counts),)
    )


_LETTER = re.compile(r"[^\x00-\x7f\s]")
MOST_COLUMNS = 32_767  # columns that a text may have: as many as Stata holds, and far more than a questionnaire has
_DELIMITERS = (",", ";", "\t", "|")
_SAMPLE = 50
_BLOCK = 20_000


@dataclass(frozen=True)
class Dialect:
    """The way in which one text was written."""

    encoding: str  # `utf-8`, `utf-16`, or that which the letters show where the bytes are not UTF-8
    delimiter: str  # character between two fields
    quote: str = (
        '"'  # around a field: `"`, or `'` where it is around each name of the header, as SAS and R may write it
    )

    def __str__(self) -> str:
        shown = f"{self.encoding}, delimiter `{self.delimiter}`".replace("\t", "tab")
        return shown if self.quote == '"' else f"{shown}, apostrophes around words"


def text_and_dialect(source: SourceFile) -> tuple[str, Dialect]:
    """Return the text of a file and how it was written (see `decode`)."""
    decoded = decode(source)
    return decoded.text, dialect_of(decoded.text, decoded.encoding, source.suffix)


def dialect_of(text: str, encoding: str, suffix: str) -> Dialect:
    """Return how a text was written, judged on its first records."""
    if suffix == ".tsv":
        return Dialect(encoding, "\t", _quote(text, "\t"))
    best, best_score = ",", (False, 1)
    lines = io.StringIO(text[:_HEAD], newline="")
    for delimiter in _DELIMITERS:
        widths = _widths(lines, delimiter)
        score = (widths[0] > 1 and len(set(widths)) == 1, widths[0])
        if score > best_score:
            best, best_score = delimiter, score
    return Dialect(encoding, best, _quote(text, best))


def _quote(text: str, delimiter: str) -> str:
    """Return the character around the names of the header."""
    names = text.split("\n", 1)[0].strip().split(delimiter)
    return "'" if all(re.fullmatch("'[^']+'", name.strip()) for name in names) else '"'


def _widths(lines: io.StringIO, delimiter: str) -> list[int]:
    widths: list[int] = []
    lines.seek(0)
    try:
        widths.extend(map(len, islice(filter(None, csv.reader(lines, delimiter=delimiter, strict=True)), _SAMPLE)))
    except csv.Error:
        widths.append(0)
    return widths or [0]


def lines_of(text: str) -> Iterator[str]:
    """Yield the lines of a text with their ends, and make no copy of it."""
    return (each.group() for each in re.finditer(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+", text))


def records(
    source: SourceFile, text: str, dialect: Dialect, *, repeated: bool = False
) -> tuple[list[str], list[list[str]]]:
    """Return the header and the records of a text, each as wide as the header."""
    rows = [record for block in record_blocks(source, text, dialect) for record in block]
    return header_of(source, rows[:1], repeated=repeated), rows[1:]


def record_blocks(
    source: SourceFile, text: str, dialect: Dialect, *, first: int = _BLOCK, rows: int | None = None
) -> Iterator[list[list[str]]]:
    """Return the records of a text, the header first, some thousands at a time; blank lines are left out."""
    reader = csv.reader(lines_of(text), delimiter=dialect.delimiter, quotechar=dialect.quote, strict=True)
    width, size = 0, first
    block: list[list[str]] = []
    write = "Correct that line; if it is the last, the file is probably cut: copy it again."
    try:
        for record in islice(filter(None, reader), None if rows is None else rows + 1):
            width = width or len(record)
            if len(record) != width:
                raise refused(
                    source,
                    f"Its line {reader.line_num} has {len(record)} fields where the header has {width} ({dialect}).",
                    write,
                )
            block.append(record)
            if len(block) == size:
                yield block
                block, size = [], _BLOCK
    except csv.Error as broken:
        found = f"Its line {reader.line_num} cannot be read ({dialect}): {broken}."
        raise refused(source, found, write) from broken
    if block:
        yield block


def header_of(source: SourceFile, first: list[list[str]], *, repeated: bool = False) -> list[str]:
    """Return the names of the columns, from the first record; unnamed ones are named by their place."""
    # two columns may have the same header where `repeated`, and the caller distinguishes them
    if not first:
        raise refused(source, "It has no header.", "Write the names of the columns on its first line.")
    if len(first[0]) > MOST_COLUMNS:
        raise refused(
            source,
            f"It has {len(first[0]):,} columns, and at most {MOST_COLUMNS:,} are read.",
            "Save fewer columns, or check that its first line is a header.",
        )
    header = [name.strip() or f"column_{place}" for place, name in enumerate(first[0], 1)]
    twice = [name for name, count in Counter(header).items() if count > 1]
    if twice and not repeated:
        raise refused(source, f"It has two columns named `{twice[0]}`.", "Give each column a name of its own.")
    return header


_HEAD = 2_000_000
"""Bytes in which the header lines are looked for: a thousand columns with their questions take half a million."""


def read_grid(source: SourceFile) -> tuple[list[list[str]], Dialect]:
    """Return the records of a text, each as wide as the first, and how it was written."""
    text, dialect = text_and_dialect(source)
    rows = [record for block in record_blocks(source, text, dialect) for record in block]
    header_of(source, rows[:1], repeated=True)
    return rows, dialect


def first_records(source: SourceFile, count: int) -> list[list[str]]:
    """Return the first records of a text, to see what it is; fewer where it is shorter, or no text."""
    return max(first_by_delimiter(source, count), key=lambda records: len(records[0]) if records else 0)


def first_by_delimiter(source: SourceFile, count: int) -> list[list[list[str]]]:
    """Return the first records of a text as each delimiter cuts them."""
    head = source.content[:_HEAD]
    wide = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    text = head.decode("utf-16" if wide else "utf-8-sig", errors="replace")
    readings: list[list[list[str]]] = []
    for delimiter in _DELIMITERS:
        readings.append([])
        with suppress(csv.Error):
            reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
            readings[-1].extend(islice(filter(None, reader), count))
    return readings


def columns_of(names: Sequence[str], rows: Sequence[Sequence[str]]) -> dict[str, NDArray[Any]]:
    """Return the cells of records by column, repeated names numbered."""
    # a column without name or answer is left out; one with answers and no name is called by its place
    cells = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    used = [place for place, name in enumerate(names) if name.strip() or any(cells[place])]
    bare = [names[place].strip() or f"column_{place + 1}" for place in used]
    once = {name for name, count in Counter(bare).items() if count == 1}
    columns: dict[str, NDArray[Any]] = {}
    for place, name in zip(used, bare, strict=True):
        own, number = name, 0
        while own in columns or (own in once) != (number == 0):
            number += 1
            own = f"{name}_{number}"
        columns[own] = np.array(cells[place], dtype=object)
    return columns


_FEW_ROWS = 10_000  # fewer are read one by one, without a scan of the others


def delimited_columns(
    source: SourceFile, text: str, dialect: Dialect, columns: Collection[str] | None, rows: range | None
) -> Mapping[str, Cells]:
    """Return the columns of the call, up to its last row; the others are empty."""
    stop = None if rows is None else rows.stop
    blocks = record_blocks(source, text, dialect, first=1, rows=stop)
    header = header_of(source, next(blocks, []))
    if dialect.quote == '"' and (stop is None or stop >= _FEW_ROWS):
        regular = regular_text(utf8_of(text, source.content, dialect.encoding), dialect.delimiter, len(header))
        if regular is not None:
            return RegularColumns(regular, header, stop)
    wanted = {place: name for place, name in enumerate(header) if columns is None or name in columns}
    read = {wanted[place]: cells for place, cells in _one_by_one(blocks, list(wanted)).items()}
    return {name: read.get(name, np.array([], dtype=object)) for name in header}


def _one_by_one(blocks: Iterator[list[list[str]]], places: list[int]) -> dict[int, NDArray[Any]]:
    parts: dict[int, list[NDArray[Any]]] = {place: [np.array([], dtype=object)] for place in places}
    collects = gc.isenabled()
    gc.disable()  # millions of fields would trigger the garbage collector again and again
    try:
        for block in blocks:
            fields = list(zip(*block, strict=True))
            for place in places:
                parts[place].append(np.array(fields[place], dtype=object))
    finally:
        if collects:
            gc.enable()
    return {place: np.concatenate(part) for place, part in parts.items()}


_CHUNK = 1 << 25


def check_delimited(file: Path, dialect: Dialect) -> None:
    """Refuse a text that is not in UTF-8, or whose records are not as wide as its header."""
    source = SourceFile(file, b"")
    width, lines = 0, 0
    with file.open("rb") as opened:
        while chunk := opened.read(_CHUNK) + opened.readline():
            while chunk.count(b'"') % 2 and (more := opened.readline()):
                chunk += more
            try:
                text = chunk.decode("utf-8-sig" if not lines else "utf-8")
            except UnicodeDecodeError as broken:
                line = lines + chunk.count(b"\n", 0, broken.start) + 1
                found = f"Its line {line} is not in UTF-8, in which the texts of a folder are read."
                raise refused(source, found, "Save it in UTF-8, or read it by itself.") from broken
            if not lines:
                width = len(header_of(source, next(record_blocks(source, text, dialect, first=1), [])))
            if regular_text(text.encode(), dialect.delimiter, width) is None:
                _check_each(source, text, dialect, width, lines)
            lines += chunk.count(b"\n")
    if not lines and not width:
        raise refused(source, "It is empty.", "Copy it again from its source.")


def _check_each(source: SourceFile, text: str, dialect: Dialect, width: int, before: int) -> None:
    for block in record_blocks(source, text, dialect):
        for place, record in enumerate(block):
            if len(record) != width:
                raise refused(
                    source,
                    f"After its line {before + place}, a record has {len(record)} fields where the header has {width}.",
                    "Correct that line; if it is the last, the file is probably cut: copy it again.",
                )


def read_delimited(source: SourceFile, request: Request) -> Microdata:
    """Read a delimited text."""
    # a column is numeric where every answer that is not missing is a number, by a decimal comma where fields are not;
    # codes with leading zeros and numbers of more than fifteen digits stay words. An empty cell is missing
    decoded = decode(source)
    dialect = dialect_of(decoded.text, decoded.encoding, source.suffix)
    cells = delimited_columns(source, decoded.text, dialect, request.columns, request.rows)
    reader, comma = f"delimited text, {dialect}", dialect.delimiter != ","
    return microdata_of_cells(source, request, cells, Codebook(), reader=reader, comma=comma, notices=decoded.notices)
