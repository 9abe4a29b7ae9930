"""The shape of a delimited text: header lines, short lines, and what follows its table."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from diplab.loaders.notices import WORDS, column_notice, listed_names
from diplab.loaders.shape import (
    Ending,
    ending_notices,
    has_total_word,
    header_lines,
    joined_header,
    labels_below,
    table_end,
)
from diplab.loaders.source import Request, Rows
from diplab.loaders.text.dialect import Dialect, first_rows
from diplab.reference.text import Text

_SMALL = 2_000_000  # bytes of a text whose records are all looked at; of another, the last
_LAST = 20_000  # bytes
_FIRST = 50  # records by which a header is judged
_GAP = re.compile(rb"\n[;,|\t ]*\r?\n")
_LINE_END = re.compile(r"\r\n?|\n")


@dataclass(frozen=True)
class Trimmed:
    """A text from its header on, without what is not a part of its table."""

    content: bytes
    lines: int = 0  # lines that its header lost
    # fields of its lines, where all are shorter than the header: those at their end are absent
    short: int = 0
    total: bool = False  # whether its first or last row may be a total
    notices: list[Text] = field(default_factory=list)
    labels: Sequence[str] = ()  # of its columns, where a line below their names gives them


def trimmed(content: bytes, dialect: Dialect, request: Request, *, guessed: bool) -> Trimmed:
    """Return a text without what the call leaves out, or what is not a part of its table."""
    delimiter, quote = dialect.delimiter, dialect.quote
    head = _decoded(content[: content.rfind(b"\n", 0, _SMALL) + 1 or len(content)])
    rows, begins = first_rows(head, delimiter, _FIRST, quote=quote)
    if len(rows) < 2 or len(rows[0]) < 2:
        return Trimmed(content)
    notices: list[Text] = []
    lines = 0
    even = guessed and len(set(map(len, rows[:4]))) == 1
    labels = []
    if even:
        labels = labels_below(rows)
    if labels:
        lines = len(_LINE_END.findall(head[begins[1] : begins[2]]))
        content = head[: begins[1]].encode() + content[len(head[: begins[2]].encode()) :]
        notices.append(WORDS("shape.labels", line=dialect.above + 1, count=sum(map(bool, labels))))
        rows = [rows[0], *rows[2:]]
    elif even and (count := header_lines(rows)) > 1:
        names = joined_header(rows[:count])
        written = io.StringIO()
        csv.writer(written, delimiter=delimiter, quotechar=quote, lineterminator="\n").writerow(
            names
        )
        lines = len(_LINE_END.findall(head[: begins[count]])) - 1
        content = written.getvalue().encode() + content[len(head[: begins[count]].encode()) :]
        joined = listed_names(name for name in names if " / " in name)
        notices.append(WORDS("shape.header", count=count, names=joined))
        rows = [names, *rows[count:]]
    short = _short(rows, request)
    if short:
        notices += column_notice("shape.short", rows[0][short:])
    total = has_total_word(rows[1])
    if request.footer != 0 and request.rows is None:
        content, last, said = _without_end(
            content, replace(dialect, above=dialect.above + lines), request, len(rows[0])
        )
        notices += said
        total = total or has_total_word(last)
    total = total and request.footer is None and request.rows is None
    return Trimmed(content, lines, short, total, notices, labels)


def _decoded(content: bytes) -> str:
    return content.decode(errors="replace")


def _short(rows: Rows, request: Request) -> int:
    """Return the number of fields of all lines, if the header has more and no option decides."""
    widths = set(map(len, rows[1:]))
    if request.fill is not None or len(widths) != 1 or not 1 < min(widths) < len(rows[0]):
        return 0
    # a comma in a name that is not between quotation marks makes two of it
    if any(name[:1] == " " for name in rows[0]):
        return 0
    return min(widths)


def _without_end(
    content: bytes, dialect: Dialect, request: Request, width: int
) -> tuple[bytes, list[str], list[Text]]:
    """Return a text without what stands below its table, its last record, and notices."""
    # of a long text the last records alone are looked at, if they are not part of a quotation
    delimiter, quote = dialect.delimiter, dialect.quote
    whole = len(content) <= _SMALL or bool(request.footer)
    begin = 0
    if not whole:
        begin = content.rfind(b"\n", 0, len(content) - _LAST) + 1
    last, _ = first_rows(_decoded(content[_last_line(content) :]), delimiter, 1, quote=quote)
    row = []
    if last:
        row = last[0]
    odd = (
        len(row) != width
        or sum(bool(cell.strip()) for cell in row) < 2
        or (whole and _GAP.search(content))
    )
    if not (request.footer or odd) or (not whole and content.count(quote.encode(), 0, begin) % 2):
        return content, row, []
    text = _decoded(content[begin:])
    rows, places, gaps = _records(text, delimiter, quote)
    if not rows:
        return content, row, []
    header, first = (rows[0], 1) if whole else (list(map(str, range(width))), 0)
    below = rows[first:]
    if request.footer:
        ending = Ending(max(len(below) - request.footer, 0))
    else:
        ending = table_end(header, below, {gap - first for gap in gaps} if whole else ())
    if ending.end == len(below):
        return content, row, []
    cut = content[: begin + len(text[: places[ending.end + first - 1].stop].encode())]
    line = 0
    if ending.another >= 0:
        line = (
            dialect.above + len(_LINE_END.findall(text[: places[ending.another + first].start])) + 1
        )
    said = []
    if not request.footer:
        said = ending_notices(ending, line, len(below) - ending.end)
    return cut, rows[ending.end + first - 1], said


def _last_line(content: bytes) -> int:
    """Return where the last line begins that is not blank."""
    end = len(content)
    while end and content[end - 1 : end] in b"\r\n":
        end -= 1
    return max(content.rfind(b"\n", 0, end), content.rfind(b"\r", 0, end)) + 1


def _records(
    text: str, delimiter: str, quote: str
) -> tuple[list[list[str]], list[slice], set[int]]:
    """Return the non-empty records of a text, the place of each, and those below an empty line."""
    rows, places, gaps = list[list[str]](), list[slice](), set[int]()
    all_rows, begins = first_rows(text, delimiter, -1, quote=quote, blank=True)
    empty = False
    for row, begin, end in zip(all_rows, begins, [*begins[1:], len(text)], strict=True):
        if any(map(str.strip, row)):
            if empty:
                gaps.add(len(rows))
            rows.append(row)
            places.append(slice(begin, end))
        empty = not any(map(str.strip, row))
    return rows, places, gaps
