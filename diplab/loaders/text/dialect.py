"""How a delimited text was written: its encoding, its delimiter, its decimal mark."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from diplab.loaders.source import refused
from diplab.loaders.text.encoding import decode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from diplab.loaders.source import SourceFile

__all__ = [
    "MOST_COLUMNS",
    "Dialect",
    "check_width",
    "decoded",
    "dialect_of",
    "header_of",
    "record_blocks",
    "records",
]

MOST_COLUMNS = 32_767
"""Columns that a text may have: as many as Stata holds, and far more than a questionnaire has."""

_DELIMITERS = (",", ";", "\t", "|")
_SAMPLE = 50
_BLOCK = 20_000
_NAMES = {"\t": "tab"}


@dataclass(frozen=True)
class Dialect:
    """The way in which one text was written.

    Parameters
    ----------
    encoding : str
        `utf-8`, `utf-16`, or that which the letters show where the bytes are not UTF-8.
    delimiter : str
        Character between two fields.
    quote : str
        Character around a field: `"`, or `'` where it is around each name of the header, as SAS and R may write it.
    """

    encoding: str
    delimiter: str
    quote: str = '"'

    def __str__(self) -> str:
        said = f"{self.encoding}, delimiter `{_NAMES.get(self.delimiter, self.delimiter)}`"
        return said if self.quote == '"' else f"{said}, apostrophes around words"


def decoded(source: SourceFile) -> tuple[str, str]:
    """Return the text of a file and the encoding in which it was read, which is never silent (see `decode`).

    Raises
    ------
    LoadError
        Where the bytes are not text, or text in an encoding that cannot be told.
    """
    found = decode(source)
    return found.text, found.encoding


def dialect_of(text: str, encoding: str, suffix: str) -> Dialect:
    r"""Return how a text was written, judged on its first records.

    Examples
    --------
    >>> str(dialect_of("sex;hours\nF;3,5\n", "utf-8", ".csv"))
    'utf-8, delimiter `;`'
    """
    if suffix == ".tsv":
        return Dialect(encoding, "\t", _quote(text, "\t"))
    best, best_score = ",", (False, 1)
    lines = io.StringIO(text, newline="")
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
        for record in csv.reader(lines, delimiter=delimiter, strict=True):
            if record:
                widths.append(len(record))
            if len(widths) == _SAMPLE:
                break
    except csv.Error:
        widths.append(0)
    return widths or [0]


def records(
    source: SourceFile, text: str, dialect: Dialect, *, repeated: bool = False
) -> tuple[list[str], list[list[str]]]:
    """Return the header and the records of a text, each as wide as the header.

    Parameters
    ----------
    source : SourceFile
        The file, for errors.
    text : str
        What it holds.
    dialect : Dialect
        How it was written.
    repeated : bool
        True where two columns may have the same header, which is then told apart by the caller.

    Raises
    ------
    LoadError
        Where a record is wider or narrower than the header, a quotation is not closed, or two columns have
        the same name.
    """
    rows = [record for block in record_blocks(source, text, dialect) for record in block]
    return header_of(source, rows[:1], repeated=repeated), rows[1:]


def record_blocks(
    source: SourceFile, text: str, dialect: Dialect, *, first: int = _BLOCK, rows: int | None = None
) -> Iterator[list[list[str]]]:
    """Return the records of a text, the header first, some thousands at a time; blank lines are left out.

    Parameters
    ----------
    source : SourceFile
        For the errors.
    text : str
    dialect : Dialect
    first : int
        How many records the first block has.
    rows : int, optional
        Records after the header; nothing is read beyond them.

    Raises
    ------
    LoadError
        Where a record is wider or narrower than the header, or a quotation is not closed.
    """
    reader: Iterator[list[str]] = filter(None, _reader(text, dialect))
    if rows is not None:
        reader = islice(reader, rows + 1)
    width, size = 0, first
    try:
        while kept := list(islice(reader, size)):
            size = _BLOCK
            width = width or len(kept[0])
            if any(len(record) != width for record in kept):
                break
            yield kept
        else:
            return
    except csv.Error:
        pass
    _refuse_first_fault(source, text, dialect)


def header_of(source: SourceFile, first: list[list[str]], *, repeated: bool = False) -> list[str]:
    """Return the names of the columns, from the first record; unnamed ones are named by their place.

    Two columns may have the same header where `repeated`, and are then told apart by the caller.

    Raises
    ------
    LoadError
        Where there is none, or two columns have the same name.
    """
    if not first:
        raise refused(source, "It has no header.", "Write the names of the columns on its first line.")
    check_width(source, len(first[0]))
    header = [name.strip() or f"column_{place}" for place, name in enumerate(first[0], 1)]
    twice = [name for name, count in Counter(header).items() if count > 1]
    if twice and not repeated:
        raise refused(
            source, f"It has two columns named `{twice[0]}`.", "Give each column a name of its own."
        )
    return header


def check_width(source: SourceFile, width: int) -> None:
    """Refuse a text of more columns than `MOST_COLUMNS`.

    Raises
    ------
    LoadError
        Where it is so.
    """
    if width > MOST_COLUMNS:
        raise refused(
            source,
            f"It has {width:,} columns, and at most {MOST_COLUMNS:,} are read.",
            "Save fewer columns, or check that its first line is a header.",
        )


def _reader(text: str, dialect: Dialect) -> Any:
    return csv.reader(
        io.StringIO(text, newline=""), delimiter=dialect.delimiter, quotechar=dialect.quote, strict=True
    )


def _refuse_first_fault(source: SourceFile, text: str, dialect: Dialect) -> None:
    """Read again, record by record, up to the first that cannot be read or is not as wide as the header."""
    reader = _reader(text, dialect)
    width = 0
    write = "Correct that line; if it is the last, the file is probably cut: copy it again."
    try:
        for record in filter(None, reader):
            width = width or len(record)
            if len(record) != width:
                raise refused(
                    source,
                    f"Its line {reader.line_num} has {len(record)} fields where the header has {width} ({dialect}).",
                    write,
                )
    except csv.Error as broken:
        found = f"Its line {reader.line_num} cannot be read ({dialect}): {broken}."
        raise refused(source, found, write) from broken
