"""A delimited text as a grid of cells, before it is known which of its first lines are headers."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.loaders.source import refused
from diplab.loaders.text.dialect import check_width, decoded, dialect_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from diplab.loaders.source import SourceFile
    from diplab.loaders.text.dialect import Dialect

__all__ = ["columns_of", "first_records", "grid"]

_HEAD = 2_000_000
"""Bytes in which the header lines are looked for: a thousand columns with their questions take half a million."""


def grid(source: SourceFile) -> tuple[list[list[str]], Dialect]:
    """Return the records of a text, each as wide as the first, and how it was written.

    Raises
    ------
    LoadError
        Where the file is not text, a quotation is not closed, or a record is wider or narrower than the first.
    """
    text, encoding = decoded(source)
    dialect = dialect_of(text, encoding, source.suffix)
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=dialect.delimiter, quotechar=dialect.quote, strict=True
    )
    rows: list[list[str]] = []
    write = "Correct that line; if it is the last, the file is probably cut: copy it again."
    try:
        for record in reader:
            if record and rows and len(record) != len(rows[0]):
                found = f"{len(record)} fields where the header has {len(rows[0])} ({dialect})"
                raise refused(source, f"Its line {reader.line_num} has {found}.", write)
            if record:
                rows.append(record)
    except csv.Error as broken:
        found = f"Its line {reader.line_num} cannot be read ({dialect}): {broken}."
        raise refused(source, found, write) from broken
    if not rows:
        raise refused(source, "It has no header.", "Write the names of the columns on its first line.")
    check_width(source, len(rows[0]))
    return rows, dialect


def first_records(source: SourceFile, count: int) -> list[list[str]]:
    r"""Return the first records of a text, to see what it is; fewer where it is shorter, or no text.

    Examples
    --------
    >>> from pathlib import Path
    >>> from diplab.loaders.source import SourceFile
    >>> first_records(SourceFile(Path("a.csv"), b"sex;hours\nF;3,5\n"), 1)
    [['sex', 'hours']]
    """
    head = source.content[:_HEAD]
    wide = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    text = head.decode("utf-16" if wide else "utf-8-sig", errors="replace")
    readings = [_read(text, delimiter, count) for delimiter in ",;\t|"]
    return max(readings, key=lambda records: len(records[0]) if records else 0)


def _read(text: str, delimiter: str, count: int) -> list[list[str]]:
    found: list[list[str]] = []
    try:
        for record in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            if record:
                found.append(record)
            if len(found) == count:
                break
    except csv.Error:
        pass
    return found


def columns_of(names: Sequence[str], rows: Sequence[Sequence[str]]) -> dict[str, NDArray[Any]]:
    """Return the cells of records by column.

    A column without a name and without any answer (the comma at the end of each line) is left out; one without a
    name but with answers is called by its place. Names that stand twice are told apart by a number.

    Examples
    --------
    >>> list(columns_of(["a", "a", "", ""], [["1", "2", "3", ""]]))
    ['a_1', 'a_2', 'column_3']
    """
    cells = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    kept = [place for place, name in enumerate(names) if name.strip() or any(cells[place])]
    bare = [names[place].strip() or f"column_{place + 1}" for place in kept]
    once = {name for name, count in Counter(bare).items() if count == 1}
    columns: dict[str, NDArray[Any]] = {}
    for place, name in zip(kept, bare, strict=True):
        own, number = name, 0
        while own in columns or (own in once) != (number == 0):
            number += 1
            own = f"{name}_{number}"
        columns[own] = np.array(cells[place], dtype=object)
    return columns
