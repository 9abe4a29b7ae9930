"""How a delimited text was written: its encoding, its delimiter, its decimal mark."""

from __future__ import annotations

import codecs
import csv
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from diplab.loaders.source import refused

if TYPE_CHECKING:
    from diplab.loaders.source import SourceFile

__all__ = ["NUMBER", "NUMBER_WITH_COMMA", "Dialect", "decoded", "dialect_of", "records"]

_DELIMITERS = (",", ";", "\t", "|")
_SAMPLE = 50
_NAMES = {"\t": "tab"}

NUMBER = re.compile(r"[-+\u2212]?(?=\.?\d)(?:0|[1-9]\d*)?(?:\.\d*)?(?:[eE][-+]?\d+)?")
"""A number with a decimal point; with a leading zero it would be a code (a postcode, a department)."""

NUMBER_WITH_COMMA = re.compile(r"[-+\u2212]?(?=,?\d)(?:0|[1-9]\d*)?(?:,\d*)?")
"""A number with a decimal comma."""


@dataclass(frozen=True)
class Dialect:
    """The way in which one text was written.

    Parameters
    ----------
    encoding : str
        `utf-8`, `utf-16`, or `cp1252` where the bytes are not UTF-8.
    delimiter : str
        Character between two fields.
    """

    encoding: str
    delimiter: str

    def __str__(self) -> str:
        return f"{self.encoding}, delimiter `{_NAMES.get(self.delimiter, self.delimiter)}`"


def decoded(source: SourceFile) -> tuple[str, str]:
    """Return the text of a file and the encoding in which it was read.

    UTF-8 is tried first, then cp1252, which old French files use. The encoding is reported, never silent.

    Raises
    ------
    LoadError
        Where the bytes are not text, or text in another encoding.
    """
    content = source.content
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ["utf-16"]
    elif b"\0" in content:
        raise refused(
            source,
            f"It is not text: it begins with {content[:8]!r} and holds zero bytes.",
            "Save it as CSV, in UTF-8, from the program that made it.",
        )
    else:
        encodings = ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            return content.decode(encoding), encoding.removesuffix("-sig")
        except UnicodeDecodeError:
            continue
    raise refused(
        source,
        f"Its bytes are text neither in {' nor in '.join(each.removesuffix('-sig') for each in encodings)}.",
        "Save it as CSV, in UTF-8, from the program that made it.",
    )


def dialect_of(text: str, encoding: str, suffix: str) -> Dialect:
    r"""Return how a text was written, judged on its first records.

    Examples
    --------
    >>> str(dialect_of("sex;hours\nF;3,5\n", "utf-8", ".csv"))
    'utf-8, delimiter `;`'
    """
    if suffix == ".tsv":
        return Dialect(encoding, "\t")
    best, best_score = ",", (False, 1)
    for delimiter in _DELIMITERS:
        widths = _widths(text, delimiter)
        score = (widths[0] > 1 and len(set(widths)) == 1, widths[0])
        if score > best_score:
            best, best_score = delimiter, score
    return Dialect(encoding, best)


def _widths(text: str, delimiter: str) -> list[int]:
    widths: list[int] = []
    try:
        for record in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
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
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=dialect.delimiter, strict=True)
    rows: list[list[str]] = []
    header: list[str] = []
    try:
        for record in reader:
            if not record:
                continue
            if header and len(record) != len(header):
                raise refused(
                    source,
                    f"Its line {reader.line_num} has {len(record)} fields where the header has {len(header)} "
                    f"({dialect}).",
                    "Correct that line; if it is the last, the file is probably cut: copy it again.",
                )
            if header:
                rows.append(record)
            else:
                header = [name.strip() or f"column_{place}" for place, name in enumerate(record, 1)]
    except csv.Error as broken:
        raise refused(
            source,
            f"Its line {reader.line_num} cannot be read ({dialect}): {broken}.",
            "Correct that line; if it is the last, the file is probably cut: copy it again.",
        ) from broken
    twice = [name for place, name in enumerate(header) if name in header[:place]]
    if twice and not repeated:
        raise refused(
            source, f"It has two columns named `{twice[0]}`.", "Give each column a name of its own."
        )
    if not header:
        raise refused(source, "It has no header.", "Write the names of the columns on its first line.")
    return header, rows
