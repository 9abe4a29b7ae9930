"""Delimited text (CSV, TSV): its dialect, its header and its records."""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice

import numpy as np

from diplab.errors import quoted_names
from diplab.kernel.arrays import Array
from diplab.loaders.notices import WORDS, Notices, above_header
from diplab.loaders.shape import may_be_answers
from diplab.loaders.source import Request, Rows, SourceFile, refused, repeated_names
from diplab.loaders.text.dialect import (
    DELIMITERS,
    HEADER_OF_R,
    LINE,
    Dialect,
    Layout,
    delimiters_of,
    first_rows,
    layout_of,
)
from diplab.loaders.text.encoding import decode
from diplab.loaders.text.ends import trimmed
from diplab.reference.text import Text

# columns that a text may have: as many as Stata holds, and far more than a questionnaire has
MOST_COLUMNS = 32_767
_BLOCK = 20_000
_FIELDS = 100_000
"""Bytes of a text by whose fields it is told whether all words are between quotation marks."""
_HEAD = 2_000_000
"""Bytes in which the first records are sought: a thousand columns take half a million."""


@dataclass(frozen=True)
class DelimitedText:
    """A text from its header on, and how it was written."""

    content: bytes  # in UTF-8
    dialect: Dialect
    notices: Notices  # what was guessed of its encoding, its delimiter, its header
    short: int = (
        0  # fields of lines that are filled up to the header's: -1 for any that are too short
    )
    total: bool = False  # whether its first or last row may be a total
    labels: Sequence[str] = ()  # of its columns, where a line below their names gives them

    @property
    def text(self) -> str:
        """All of it."""
        return self.content.decode()

    @property
    def head(self) -> str:
        """Its first lines."""
        return _head(self.content)


ROW_NAMES = "row.names"
"""The column that the names of rows become."""
_LINE_END = re.compile(r"\r\n?|\n")
_DELIMITER_LINE = re.compile(r'"?sep=([^\w\s"]|\t)\1*"?\1*(?:\r\n?|\n)', re.IGNORECASE)
"""The first line that tells Excel the delimiter."""
_ESCAPED = re.compile(r'\\(["\\tnr])')
_ESCAPES = {'"': '""', "\\": "\\", "t": "\t", "n": "\n", "r": "\r"}
"""How Dataverse writes words in its tab-delimited files."""


def delimited_text(source: SourceFile, request: Request | None = None) -> DelimitedText:
    """Return a text from its header on.

    With the options of a call, titles above the header are looked for.
    """
    decoded, called = decode(source), request or Request()
    content = decoded.content
    if source.suffix == ".tab" and b'\\"' in content:
        content = _ESCAPED.sub(lambda found: _ESCAPES[found[1]], decoded.text).encode()
    elif HEADER_OF_R.match(_head(content)) and b'\\"' in content:
        content = content.replace(b'\\"', b'""')
    line = called.header or called.skip + 1
    text = _head(content) if line == 1 else content.decode()
    declared = _DELIMITER_LINE.match(text)
    begin = 0
    if declared and not called.header:
        begin = declared.end()
    if line > 1:
        begin = _begin_of_line(source, text, line)
    delimiter = source.delimiter or (declared[1] if declared else None)
    guessed = request is not None and called.header is None and not called.skip
    head = text[begin : begin + _HEAD]
    layout, others = layout_of(
        head, (delimiter,) if delimiter else delimiters_of(head, source.suffix), titles=guessed
    )
    above = text[: begin + layout.begin]
    content = content[len(above.encode()) :]
    lines = len(_LINE_END.findall(above))
    notices = list(decoded.notices)
    content = _without_na(content, layout)
    if called.header == 0:
        named = layout.delimiter.join(
            f"column_{position}" for position in range(1, len(layout.header) + 1)
        )
        content, lines = f"{named}\n".encode() + content, lines - 1
    if layout.lacks_name and called.header != 0:
        content = f"{ROW_NAMES}{layout.delimiter}".encode() + content
        notices.append(WORDS("r.row_names", names=f"`{ROW_NAMES}`"))
    titles = re.findall(rf"(?mi)^(sep=.|.*?){re.escape(layout.delimiter)}*[\r\n]+", above)
    if guessed and any(titles):
        blank = len(_LINE_END.findall(re.split(r"[^\r\n]", text[len(above) :], maxsplit=1)[0]))
        notices.append(above_header(list(filter(None, titles)), lines + blank + 1))
    if guessed and may_be_answers(layout.header):
        notices.append(WORDS("notice.no_names"))
    if others and request is not None:
        marks = quoted_names(others).replace("\t", "tab")
        notices.append(
            WORDS("notice.delimiter", delimiter=layout.delimiter.replace("\t", "tab"), others=marks)
        )
    dialect = Dialect(decoded.encoding, layout.delimiter, layout.quote, lines)
    if request is None:
        return DelimitedText(content, dialect, tuple(notices))
    kept = trimmed(content, dialect, request, guessed=guessed and not layout.lacks_name)
    dialect = replace(dialect, above=lines + kept.lines)
    short = -1
    if not request.fill:
        short = kept.short
    return DelimitedText(
        kept.content, dialect, (*notices, *kept.notices), short, kept.total, kept.labels
    )


_QUOTED = rb'"(?:[^"]|"")*"'
_UNQUOTED_OF_R = re.compile(rb"[-+\d.,eEx:]*|NA|NaN|-?Inf|TRUE|FALSE|T|F")


def _without_na(content: bytes, layout: Layout) -> bytes:
    """Return a text as R writes it with its unquoted NA as empty fields."""
    between = re.escape(layout.delimiter.encode()) + rb"\r\n"
    alone = rb"(?<=[" + between + rb"])NA(?=[" + between + rb"]|\Z)"
    if not content.startswith(b'"') or re.search(alone, content) is None:
        return content
    fields = re.findall(_QUOTED + rb"|[^" + between + rb"]+", content[:_FIELDS])[:-1]
    quoted_ones = [field for field in fields if field[:1] == b'"']
    others = set()
    for field in fields:
        if field[:1] != b'"':
            others.add(field)
    if len(quoted_ones) <= len(layout.header) or not all(map(_UNQUOTED_OF_R.fullmatch, others)):
        return content
    return re.sub(rb"(" + _QUOTED + rb")|" + alone, lambda found: found[1] or b"", content)


def _head(content: bytes) -> str:
    """Return the first lines of a text in UTF-8."""
    end = (
        len(content) if len(content) < _HEAD else content.rfind(b"\n", 0, _HEAD) + 1 or len(content)
    )
    return content[:end].decode()


def _begin_of_line(source: SourceFile, text: str, line: int) -> int:
    end = next(islice(_LINE_END.finditer(text), line - 2, None), None)
    if end is None or end.end() == len(text):
        found = f"It has no line {line}, at which the call has it begin."
        raise refused(
            source, found, "Write `header=` and the line that names its columns, counted from 1."
        )
    return end.end()


def records(
    source: SourceFile, text: str, dialect: Dialect, *, repeated: bool = False
) -> tuple[list[str], list[list[str]]]:
    """Return the header and the records of a text, each as wide as the header.

    Unnamed columns have their place.
    """
    # two columns may have the same header where `repeated`, and the caller distinguishes them
    rows = [*chain.from_iterable(record_blocks(source, text, dialect))]
    header = list[str]()
    for position, name in enumerate(header_of(source, rows[:1]), 1):
        header.append(name or f"column_{position}")
    twice = repeated_names(header)
    if twice and not repeated:
        raise refused(
            source, f"It has two columns named `{twice[0]}`.", "Give each column a distinct name."
        )
    return header, rows[1:]


def record_blocks(
    source: SourceFile,
    text: str,
    dialect: Dialect,
    *,
    first: int = _BLOCK,
    rows: int | None = None,
    width: int = 0,
    headed: bool = True,
    short: int = 0,
) -> Iterator[list[list[str]]]:
    """Return the records of a text, the header first, some thousands at a time.

    Blank lines are left out.
    """
    # lines of `short` fields, any that are too short where it is -1, are filled up to the width of
    # the header
    lines = (item.group() for item in LINE.finditer(text))
    reader = csv.reader(lines, delimiter=dialect.delimiter, quotechar=dialect.quote, strict=True)
    size = first
    block: list[list[str]] = []
    write = "Correct that line; if it is the last, the file is probably cut: copy it again."
    begin = end = dialect.above  # lines before the record, and before the next one

    def filled() -> Iterator[list[str]]:
        nonlocal begin, end
        for record in reader:
            begin, end = end, reader.line_num + dialect.above
            if record:
                yield record

    try:
        for record in islice(filled(), None if rows is None else rows + 1):
            width = width or len(record)
            if len(record) < width and short in (-1, len(record)):
                record.extend([""] * (width - len(record)))
            if len(record) != width:
                above = "its first line of data"
                if headed:
                    above = "the header"
                found = (
                    f"Its line {begin + 1} has {len(record)} fields where {above} has {width} "
                    f"({dialect})."
                )
                raise refused(
                    source, found, write + (_otherwise(width, len(record)) if headed else "")
                )
            block.append(record)
            if len(block) == size:
                yield block
                block, size = [], _BLOCK
    except csv.Error as broken:
        found = f"Its line {end + 1} cannot be read ({dialect}): {broken}."
        if reader.line_num + dialect.above > end + 1:
            found = (
                f"Its line {end + 1} opens a quotation that no mark closes where a field ends "
                f"({dialect})."
            )
        raise refused(source, found, write) from broken
    if block:
        yield block


def _otherwise(width: int, fields: int) -> str:
    """Return what else can be written where a line is not as wide as the header."""
    if width < fields:
        return (
            " If its first lines are titles, write `header=` and the line that names its columns."
        )
    return (
        " Write `fill=True` to fill short lines, or `footer=` and how many lines stand below "
        "the table."
    )


def header_of(source: SourceFile, first: list[list[str]]) -> list[str]:
    """Return the names of the columns as the first record has them, without the blanks around."""
    if not first:
        raise refused(
            source, "It has no header.", "Write the names of the columns on its first line."
        )
    if len(first[0]) > MOST_COLUMNS:
        found = f"It has {len(first[0]):,} columns, and at most {MOST_COLUMNS:,} are read."
        raise refused(
            source, found, "Save fewer columns, or check that its first line is a header."
        )
    return list(map(str.strip, first[0]))


def read_grid(source: SourceFile) -> tuple[list[list[str]], Dialect, list[Text]]:
    """Return the records of a text, as wide as the first, its dialect, and what was guessed."""
    written = delimited_text(source)
    rows = [*chain.from_iterable(record_blocks(source, written.text, written.dialect))]
    header_of(source, rows[:1])
    return rows, written.dialect, [*written.notices]


def first_records(source: SourceFile, count: int) -> list[list[str]]:
    """Return the first records of a text, to see what it is.

    Fewer where it is shorter, or no text.
    """
    return max(
        first_by_delimiter(source, count), key=lambda records: len(records[0]) if records else 0
    )


def is_table_of_r(source: SourceFile) -> bool:
    """Return whether a text is a table as R writes it: fields separated by blanks, or row names."""
    text = _first_text(source)
    layout, _ = layout_of(text, delimiters_of(text, ""), titles=False)
    return len(layout.rows) > 1 and (
        layout.lacks_name or (layout.delimiter == " " and layout.regular)
    )


def first_by_delimiter(source: SourceFile, count: int) -> list[list[list[str]]]:
    """Return the first records of a text as each delimiter cuts them, or as the known one does."""
    text = _first_text(source)
    declared = _DELIMITER_LINE.match(text)
    known = source.delimiter or (declared[1] if declared else None)
    begin = 0
    if declared:
        begin = declared.end()
    return [
        first_rows(text[begin:], item, count)[0] for item in ((known,) if known else DELIMITERS)
    ]


def _first_text(source: SourceFile) -> str:
    head = source.content[:_HEAD]
    wide = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    text = head.decode(source.encoding or ("utf-16" if wide else "utf-8-sig"), errors="replace")
    if HEADER_OF_R.match(text):
        return text.replace('\\"', '""')
    return text


def columns_of(names: Sequence[str], rows: Rows) -> dict[str, Array]:
    """Return the cells of records by column, repeated names numbered."""
    # a column without name or answer is left out; one with answers and no name is called by its
    # place
    cells = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    used = list[int]()
    for place, name in enumerate(names):
        if name.strip() or any(cells[place]):
            used.append(place)
    bare = list[str]()
    for place in used:
        bare.append(names[place].strip() or f"column_{place + 1}")
    once = set()
    for name, count in Counter(bare).items():
        if count == 1:
            once.add(name)
    columns: dict[str, Array] = {}
    for place, name in zip(used, bare, strict=True):
        own, number = name, 0
        while own in columns or (own in once) != (number == 0):
            number += 1
            own = f"{name}_{number}"
        columns[own] = np.array(cells[place], dtype=object)
    return columns


def column_at(rows: Rows, place: int) -> Array:
    """Return the cells of one column of records."""
    return np.array([row[place] for row in rows], dtype=object)


def first_record(source: SourceFile) -> list[str]:
    """Return the header of a delimited text, judged on its beginning."""
    return [name.strip() for record in first_records(source, 1) for name in record]
