"""CSV and TSV files: answers as text, with the codebook in a TOML file beside them."""

from __future__ import annotations

import gc
import io
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from diplab.loaders.cells import microdata_of_cells
from diplab.loaders.source import SourceFile, refused
from diplab.loaders.text import decode, dialect_of, header_of, record_blocks
from diplab.microdata.codebook import Codebook

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from diplab.loaders.source import Request
    from diplab.loaders.text import Dialect
    from diplab.microdata.microdata import Microdata

__all__ = ["check_delimited", "delimited_columns", "read_delimited", "regular_lines"]


_QUOTE, _LINE, _RETURN = 34, 10, 13
_FEW_ROWS = 10_000
"""Fewer are read one by one, without a look at all others."""


def delimited_columns(
    source: SourceFile, text: str, dialect: Dialect, columns: Collection[str] | None, rows: range | None
) -> dict[str, NDArray[Any]]:
    """Return the columns of the call, up to its last row; the others are empty."""
    stop = None if rows is None else rows.stop
    blocks = record_blocks(source, text, dialect, first=1, rows=stop)
    header = header_of(source, next(blocks, []))
    wanted = {place: name for place, name in enumerate(header) if columns is None or name in columns}
    few = stop is not None and stop < _FEW_ROWS
    read = None if few else _read_regular(text, dialect, len(header), list(wanted), stop)
    if read is None:
        read = _one_by_one(blocks, list(wanted))
    columns_read = {name: read[place] for place, name in wanted.items()}
    return {name: columns_read.get(name, np.array([], dtype=object)) for name in header}


def _one_by_one(blocks: Iterator[list[list[str]]], places: list[int]) -> dict[int, NDArray[Any]]:
    parts: dict[int, list[NDArray[Any]]] = {place: [np.array([], dtype=object)] for place in places}
    with _no_collection():
        for block in blocks:
            fields = list(zip(*block, strict=True))
            for place in places:
                parts[place].append(np.array(fields[place], dtype=object))
    return {place: np.concatenate(part) for place, part in parts.items()}


def _read_regular(
    text: str, dialect: Dialect, width: int, places: list[int], stop: int | None
) -> dict[int, NDArray[Any]] | None:
    """Return the columns of a text whose records are all as wide as its header; None where that is in doubt."""
    if (
        width < 2
        or dialect.quote != '"'
        or text.startswith("\ufeff")
        or text.count("\r") != text.count("\r\n")
    ):
        return None
    content = text.encode()
    lines = regular_lines(np.frombuffer(content, dtype=np.uint8), ord(dialect.delimiter), width)
    if lines is None or not places:
        return None
    try:
        frame = pd.read_csv(
            io.BytesIO(content),
            sep=dialect.delimiter,
            header=0,
            names=list(range(width)),
            usecols=places,
            nrows=stop,
            dtype=object,
            na_filter=False,
            index_col=False,
            encoding="utf-8",
            low_memory=False,
        )
    except (ValueError, OverflowError, MemoryError):
        return None
    if len(frame) != (lines - 1 if stop is None else min(lines - 1, stop)):
        return None
    return {place: frame[place].to_numpy(dtype=object) for place in places}


def regular_lines(content: NDArray[np.uint8], delimiter: int, width: int) -> int | None:
    """Return how many records there are, where quotations are closed and all are as wide; None otherwise."""
    quotes = np.flatnonzero(content == _QUOTE)
    ends = np.flatnonzero(content == _LINE)
    between = np.flatnonzero(content == delimiter)
    if len(quotes):
        if len(quotes) % 2 or not _regular_quotes(content, quotes, delimiter):
            return None
        ends = ends[np.searchsorted(quotes, ends) % 2 == 0]
        between = between[np.searchsorted(quotes, between) % 2 == 0]
    if not len(ends) or ends[-1] != len(content) - 1:
        ends = np.append(ends, len(content))
    begins = np.append(0, ends[:-1] + 1)
    returned = (ends > begins) & (content[np.maximum(ends - 1, 0)] == _RETURN)
    written = ends - returned > begins
    counts = np.diff(np.searchsorted(between, ends), prepend=0)
    return int(written.sum()) if (counts[written] == width - 1).all() and not counts[~written].any() else None


def _regular_quotes(content: NDArray[np.uint8], quotes: NDArray[np.intp], delimiter: int) -> bool:
    """Return whether each quotation begins where a field does and ends where it does, or is doubled."""
    opening, closing = quotes[::2], quotes[1::2]
    before = content[np.maximum(opening - 1, 0)]
    after = content[np.minimum(closing + 1, len(content) - 1)]
    begins = np.isin(before, (delimiter, _LINE, _QUOTE)) | (opening == 0)
    ends = np.isin(after, (delimiter, _LINE, _RETURN, _QUOTE)) | (closing == len(content) - 1)
    # a quotation mark beside another is one that is doubled inside a quotation
    doubled = np.append(False, closing[:-1] == opening[1:] - 1)
    return bool((begins & ((before != _QUOTE) | doubled | (opening == 0))).all() and ends.all())


@contextmanager
def _no_collection() -> Iterator[None]:
    """Hold back the collector of cycles, which millions of fields would call again and again."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


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
            content = np.frombuffer(text.encode(), dtype=np.uint8)
            if regular_lines(content, ord(dialect.delimiter), width) is None:
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
    """Read a delimited text.

    A column is numeric where every answer that is not missing is a number: a decimal comma is understood
    where the delimiter is not itself a comma; codes with leading zeros and numbers of more than fifteen
    digits stay words. Marks between thousands are understood where they can be nothing else. True and false
    are words, unless the codebook says `storage = "boolean"`. An empty cell is missing. Encoding, delimiter and
    decimal comma are reported in `Origin.reader`, what was not certain in `Origin.notices`.
    """
    decoded = decode(source)
    dialect = dialect_of(decoded.text, decoded.encoding, source.suffix)
    cells = delimited_columns(source, decoded.text, dialect, request.columns, request.rows)
    return microdata_of_cells(
        source,
        request,
        cells,
        Codebook(),
        reader=f"delimited text, {dialect}",
        comma=dialect.delimiter != ",",
        notices=decoded.notices,
    )
