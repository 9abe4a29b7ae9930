"""Delimited text (CSV, TSV) as microdata: read by Arrow, or by Python where they might differ."""

from __future__ import annotations

import codecs
import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from threading import Thread

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from diplab.kernel.arrays import Places
from diplab.loaders.answers.cells import microdata_of_cells
from diplab.loaders.answers.numbers import side_by_side
from diplab.loaders.shape import beside_left_out, kept_rows_notices, total_left_out
from diplab.loaders.source import (
    Request,
    SourceFile,
    as_written,
    chosen_columns,
    refused,
    repaired_names,
)
from diplab.loaders.text.dialect import Dialect, first_rows
from diplab.loaders.text.records import DelimitedText, delimited_text, header_of, record_blocks
from diplab.microdata.codebook import Codebook
from diplab.microdata.microdata import Microdata
from diplab.microdata.variable import Variable
from diplab.reference.text import Text

_PART = 1 << 21  # bytes looked at together: so many stay in the cache of a processor
_FEW_ROWS = 10_000  # fewer are read one by one, without a look at the others


def delimited_columns(
    source: SourceFile,
    written: DelimitedText,
    header: Sequence[str],
    columns: Collection[str],
    rows: range | None,
) -> dict[str, pa.ChunkedArray]:
    """Return the columns of the call under their names in `header`, up to its last row.

    The others are empty.
    """
    stop = None
    if rows is not None:
        stop = rows.stop
    wanted = list[str]()
    for name in header:
        if name in columns:
            wanted.append(name)
    dialect, text = written.dialect, written.head
    begins = first_rows(text, dialect.delimiter, 2, quote=dialect.quote)[1]
    table = None
    if len(begins) > 1 and wanted and (stop is None or stop >= _FEW_ROWS):
        table = _table(written.content, len(text[: begins[1]].encode()), dialect, header, wanted)
    if table is None:
        blocks = record_blocks(
            source, written.text, dialect, first=1, rows=stop, short=written.short
        )
        next(blocks, [])
        parts: dict[str, list[pa.Array]] = {}
        for name in wanted:
            parts[name] = []
        for block in blocks:
            fields = dict(zip(header, zip(*block, strict=True), strict=True))
            for name in wanted:
                parts[name].append(pa.array([word or None for word in fields[name]], pa.string()))
        table = pa.table(
            {name: pa.chunked_array(part, pa.string()) for name, part in parts.items()}
        )
    read: dict[str, pa.ChunkedArray] = {}
    for name in header:
        read[name] = table[name][:stop] if name in columns else pa.chunked_array([], pa.string())
    return read


def _table(
    content: bytes, begin: int, dialect: Dialect, names: Sequence[str], wanted: Sequence[str]
) -> pa.Table | None:
    """Return columns of the records from a byte on, by Arrow; None if `csv` may differ."""
    if not content.endswith(b"\n"):
        content = content + b"\n"
    odd = not dialect.delimiter.isascii() or content.startswith(codecs.BOM_UTF8, begin)
    odd = odd or (b"\r" in content and content.count(b"\r") != content.count(b"\r\n"))
    quotes = None
    if not odd:
        quotes = _regular_quotes(content, begin, dialect)
    if quotes is None:
        return None
    types = dict.fromkeys(names, pa.string() if len(content) < 1 << 31 else pa.large_string())

    def records_of(part: slice) -> pa.Table:
        return pa_csv.read_csv(
            pa.BufferReader(pa.py_buffer(content)[part]),
            read_options=pa_csv.ReadOptions(
                column_names=names, use_threads=False, block_size=part.stop - part.start
            ),
            parse_options=pa_csv.ParseOptions(
                delimiter=dialect.delimiter,
                quote_char=dialect.quote,
                newlines_in_values=len(quotes) > 0,
            ),
            convert_options=pa_csv.ConvertOptions(
                check_utf8=False,
                column_types=types,
                include_columns=wanted,
                null_values=[""],
                strings_can_be_null=True,
            ),
        )

    try:
        return pa.concat_tables(side_by_side(records_of, _parts(content, begin, quotes)))
    except pa.ArrowInvalid:
        return None


def _parts(content: bytes, begin: int, quotes: Places) -> list[slice]:
    """Return parts of a text that end with records: Arrow would look for their ends on one core."""
    ends = [begin]
    while ends[-1] < len(content):
        at = content.find(b"\n", ends[-1] + _PART) + 1 or len(content)
        # a line may end within a quotation, and Arrow leaves a mark of encoding out where it begins
        while (before := int(np.searchsorted(quotes, at))) % 2 or content.startswith(
            codecs.BOM_UTF8, at
        ):
            at = content.find(b"\n", quotes[before] if before % 2 else at) + 1
        ends.append(at)
    return [slice(*item) for item in pairwise(ends)]


def _regular_quotes(content: bytes, begin: int, dialect: Dialect) -> Places | None:
    """Return the places of quotation marks, if each encloses a field and inner ones double."""
    if dialect.quote.encode() not in content:
        return np.array([], dtype=np.intp)
    letters = np.frombuffer(content, dtype=np.uint8)
    quote, *around = f"{dialect.quote}{dialect.delimiter}\n\r".encode()

    def places(at: int) -> Places:
        return np.flatnonzero(letters[at : at + _PART] == quote) + at

    quotes = np.concatenate(side_by_side(places, range(begin, len(letters), _PART)))
    if len(quotes) % 2:
        return None
    opening, closing = quotes.reshape(-1, 2).T
    # a quotation mark beside another is one that is doubled inside a quotation
    doubled = opening[1:] == closing[:-1] + 1
    begins = np.isin(letters[opening - 1], around) | np.append(False, doubled)
    ends = np.isin(letters[closing + 1], around) | np.append(doubled, False)
    if begins.all() and ends.all():
        return quotes
    return None


_CHUNK = 1 << 25


def check_delimited(file: Path, dialect: Dialect) -> None:
    """Refuse a text that is not in UTF-8, or whose records are not as wide as its header."""
    source = SourceFile(file, b"")
    width, lines = 0, 0
    with file.open("rb") as opened:
        while chunk := opened.read(_CHUNK) + opened.readline():
            while chunk.count(b'"') % 2 and (more := opened.readline()):
                chunk += more
            if not lines:
                chunk = chunk.removeprefix(codecs.BOM_UTF8)
            try:
                text = chunk.decode()
            except UnicodeDecodeError as broken:
                line = lines + chunk.count(b"\n", 0, broken.start) + 1
                found = f"Its line {line} is not in UTF-8, in which the texts of a folder are read."
                raise refused(source, found, "Save it in UTF-8, or read it by itself.") from broken
            if not lines:
                width = len(
                    header_of(source, next(record_blocks(source, text, dialect, first=1), []))
                )
            names = list(map(str, range(width)))
            if _table(chunk, 0, dialect, names, names[:1]) is None:
                for _ in record_blocks(source, text, replace(dialect, above=lines), width=width):
                    pass
            lines += chunk.count(b"\n")
    if not lines and not width:
        raise refused(source, "It is empty.", "Copy it again from its source.")


_MARKUP = re.compile(
    r"\s*(?:<(?:!doctype|html|head|body|table|\?xml)\b|\{\s*[\"}]|\[\s*[{\[])", re.IGNORECASE
)
_SAVE_TABLE = (
    "Download it again (a page of log-in or error may have been saved in its place), or save its "
    "table as CSV; JSON is read under the suffix `.json`."
)


def read_delimited(source: SourceFile, request: Request) -> Microdata:
    """Read a delimited text."""
    # a column is numeric where every answer that is not missing is a number, by a decimal comma
    # where fields are not; codes with leading zeros and numbers of more than fifteen digits stay
    # words. An empty cell is missing
    Thread(target=lambda: source.sha256).start()  # on another core, while the text is looked at
    request = as_written(source, request)
    written = delimited_text(source, request)
    dialect = written.dialect
    blanks = f"{dialect.delimiter}{dialect.quote} \t\r\n"
    if not written.head.strip(blanks) and written.head.strip("\r\n"):
        found = "Nothing is in it but blanks and delimiters."
        raise refused(source, found, "Copy it again from its source.")
    if _MARKUP.match(written.head):
        found = "It is a web page, XML or JSON under the suffix of a delimited text."
        raise refused(source, found, _SAVE_TABLE)
    header = header_of(source, next(record_blocks(source, written.head, dialect, first=1), []))
    names, _ = repaired_names(source, replace(request, repairs=True), header)
    chosen = chosen_columns(source, request, names)
    cells = delimited_columns(
        source, written, names, names if written.total else chosen, request.rows
    )
    said = [*written.notices]
    if written.total:
        rows, totals = total_left_out(cells, request, comma=dialect.delimiter != ",")
        cells, said = {name: item[rows] for name, item in cells.items()}, [*said, *totals]
    # delimiters at the end of every line make columns that are none
    empty = [cells[name].null_count == len(cells[name]) for name in names]
    while len(header) > 1 and (not header[-1] or request.header == 0) and empty[len(header) - 1]:
        header.pop()
    if request.columns is None and request.rows is None and request.footer != 0:
        width, height, aside = beside_left_out(
            header, [cells[name] for name in names[: len(header)]]
        )
        if aside:
            header, said = header[:width], [*said, *aside]
            cells = {name: cells[name][:height] for name in names[:width]}
    names, renamed = repaired_names(source, request, header)
    labels = zip(names, written.labels, strict=False)  # none where no line gives them
    known = Codebook({name: Variable(name, Text.same(label)) for name, label in labels})
    if len(names) < len(cells):
        cells = {name: cells[name] for name in names}
    comma = request.decimal_comma(usual=dialect.delimiter != ",")
    if request.footer is None:
        height = min(map(len, cells.values()), default=0)
        said += kept_rows_notices([*cells], height, cells.__getitem__, comma=comma)
    return microdata_of_cells(
        source,
        request,
        cells,
        known,
        reader=f"delimited text, {dialect}",
        comma=comma,
        notices=(*said, *renamed),
    )
