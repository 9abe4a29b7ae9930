"""How a delimited text was written: encoding, delimiter, quotation marks and header."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from diplab.loaders.shape import is_amount, is_over_numbers, labels_below, table_end
from diplab.loaders.source import Rows

DELIMITERS = (",", ";", "\t", "|")


_SAMPLE = 50


_OF_SUFFIX = {".tsv": "\t", ".tab": "\t"}


@dataclass(frozen=True)
class Dialect:
    """The way in which one text was written."""

    encoding: str  # `utf-8`, `utf-16`, or that which the letters show where the bytes are not UTF-8
    delimiter: str  # character between two fields
    # around a field; `'` where it is around each name of the header, as SAS and R may write it
    quote: str = '"'
    above: int = 0  # lines of the file that are left out above its header

    def __str__(self) -> str:
        shown = f"{self.encoding}, delimiter `{self.delimiter}`".replace("\t", "tab")
        if self.quote == '"':
            return shown
        return f"{shown}, apostrophes around words"


HEADER_OF_R = re.compile(r'(?:"[^"\r\n]+"(?: (?=")|(?=[\r\n]|\Z)))+(?=[\r\n]|\Z)')
"""Names between quotation marks, a blank after each, as `write.table` of R writes them."""


LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+")


def dialect_of(text: str, encoding: str, suffix: str) -> Dialect:
    """Return how a text was written, judged on its first records."""
    layout, _ = layout_of(text, delimiters_of(text, suffix), titles=False)
    return Dialect(encoding, layout.delimiter, layout.quote)


def delimiters_of(text: str, suffix: str) -> tuple[str, ...]:
    """Return the delimiters that a text may have; a blank if its header is as R writes it."""
    known = (_OF_SUFFIX[suffix],) if suffix in _OF_SUFFIX else DELIMITERS
    if HEADER_OF_R.match(text):
        return (*known, " ")
    return known


@dataclass(frozen=True)
class Layout:
    """How one delimiter cuts the first records of a text."""

    delimiter: str
    rows: list[list[str]]  # from the header on; the last is empty where a quotation is not closed
    begin: int  # where the header begins: 0 unless titles are above it
    lacks_name: bool = (
        False  # whether a name of its own stands before each row and has no name in the header
    )

    @property
    def header(self) -> list[str]:
        """The names of the columns."""
        if self.rows:
            return self.rows[0]
        return []

    @property
    def regular(self) -> bool:
        """Whether all records have as many fields, more than one."""
        return self.lacks_name or (len(self.header) > 1 and len(set(map(len, self.rows))) == 1)

    @property
    def quote(self) -> str:
        """The character around words."""
        names = list[str]()
        for name in self.header:
            names.append(name.strip())
        if names and all(re.fullmatch("'[^']+'", name) for name in names):
            return "'"
        return '"'


def layout_of(text: str, delimiters: Sequence[str], *, titles: bool) -> tuple[Layout, list[str]]:
    """Return how the first records of a text are cut, and the other delimiters that would do."""
    layouts: list[Layout] = []
    for delimiter in delimiters:
        rows, begins = first_rows(text, delimiter, _SAMPLE, strict=True)
        place = 0
        if titles:
            place = header_row(rows)
        below = Layout(delimiter, _of_table(rows[place:]), begins[place] if place else 0)
        if place and not (below.regular and _are_titles(rows[:place], below.rows, delimiter)):
            below = Layout(delimiter, _of_table(rows), 0)
        in_quotation_marks = all(text.startswith('"', begin) for begin in begins[1:])
        lacks = not below.begin and _have_names(
            rows, delimiter, in_quotation_marks=in_quotation_marks
        )
        layouts.append(replace(below, lacks_name=lacks))
    best = max(layouts, key=lambda item: (item.regular, not item.begin, len(item.header)))
    alike = list[Layout]()
    for layout in layouts:
        if layout is not best and layout.regular and bool(layout.begin) == bool(best.begin):
            alike.append(layout)
    if (
        len(best.header) == 1 and not best.lacks_name
    ):  # a table of one column, unless its lines were to be cut
        alike = list[Layout]()
        for layout in layouts:
            if any(len(row) > 1 for row in layout.rows):
                alike.append(layout)
    return best, [item.delimiter for item in alike]


def _have_names(rows: Rows, delimiter: str, *, in_quotation_marks: bool) -> bool:
    """Return whether each row has a name before it, as `write.table` of R writes by default."""
    # a comma may mark decimals: between commas, numbers are names in quotation marks only;
    # elsewhere 1, 2, 3 are
    header, *answers = rows or [[]]
    names = list[str]()
    for row in answers:
        if len(row) == len(header) + 1:
            names.append(row[0])
    if (
        not names
        or len(names) < len(answers)
        or len({*names}) < len(names)
        or not any(row[-1] for row in answers)
    ):
        return False
    if not header or (len(header) == 1 and delimiter != " "):
        return False
    in_words = not any(map(is_amount, names)) and all(names)
    counted = delimiter != "," and names == list(map(str, range(1, len(names) + 1)))
    return in_quotation_marks or (len(names) > 1 and (in_words or counted))


def _of_table(rows: list[list[str]]) -> list[list[str]]:
    """Return the records of a table without those below it, if they are all there are."""
    widths = list(map(len, rows))
    if len(rows) >= _SAMPLE or not all(widths) or len({*widths}) < 2:
        return rows
    ragged = set()
    for position in range(1, len(rows) - 1):
        if widths[position + 1] != widths[position]:
            ragged.add(position)
    return rows[: table_end(rows[0], rows[1:], ragged).end + 1]


def first_rows(
    text: str,
    delimiter: str,
    count: int,
    *,
    strict: bool = False,
    quote: str = '"',
    blank: bool = False,
) -> tuple[list[list[str]], list[int]]:
    """Return the first records of a text (all if `count` is -1), and where each begins.

    Empty lines are left out, unless `blank`.
    """
    rows: list[list[str]] = []
    begins: list[int] = []
    at = end = 0

    def lines() -> Iterator[str]:
        nonlocal end
        for item in LINE.finditer(text):
            end = item.end()
            yield item.group()

    try:
        for row in csv.reader(lines(), delimiter=delimiter, quotechar=quote, strict=strict):
            if row or blank:
                rows.append(row)
                begins.append(at)
            if len(rows) == count:
                break
            at = end
    except csv.Error:
        if strict:
            rows.append([])
            begins.append(at)
    return rows, begins


_WIDE = 4


def header_row(rows: Sequence[Sequence[object]]) -> int:
    """Return which of the first rows of a table names its columns.

    Those above are titles of a cell or two.
    """
    # names are not numbers, and answers follow them. Two cells are a word and its value above a
    # table twice as wide; one alone at the end of a row is the name of a column beside others that
    # have none, as those of rows in R
    places = list[list[int]]()
    for row in rows:
        places.append([at for at, cell in enumerate(row) if cell is not None and str(cell).strip()])
    filled = list[list[str]]()
    for row, item in zip(rows, places, strict=True):
        filled.append([str(row[at]).strip() for at in item])
    first, above, wide = (
        next((place for place, cells in enumerate(filled) if len(cells) >= count), 0)
        for count in (1, 2, _WIDE)
    )
    pairs = above < wide and not any(at > 1 for position in places[:wide] for at in position)
    if pairs and _are_names(filled[wide:]) and _has_amounts(filled[wide + 1 :]):
        return wide
    if any(position[-1] >= places[above][-1] for position in places[:above] if position):
        return first
    if not _are_names(filled[above:]):
        return first
    # a word alone may name a column beside others that have no name, unless the names below it tell
    # that they are
    words = list[list[str]]()
    for row in rows[above:]:
        words.append(["" if cell is None else str(cell) for cell in row])
    phrases = any(" " in cell for row in filled[:above] for cell in row)
    below = words[2:] if labels_below(words) else words[1:]
    if phrases or is_over_numbers(words[0], below):
        return above
    return first


def _are_names(rows: Rows) -> bool:
    return any(rows[1:]) and not any(map(is_amount, rows[0]))


def _has_amounts(rows: Rows) -> bool:
    return any(is_amount(cell.strip()) for row in rows for cell in row)


def _are_titles(above: Rows, rows: Rows, delimiter: str) -> bool:
    """Return whether lines above a header are not part of the table, such as a title."""
    if _has_amounts(rows[1:]):
        return True
    in_words = len(above[0]) == len(rows[0]) or any(
        " " in cell.strip() for row in above for cell in row
    )
    below = set()
    for row in rows[1:]:
        for cell in row:
            below.add(cell)
    answers = any(name[:1] == " " or (name in below and name) for name in rows[0])
    return (in_words or delimiter != ",") and not answers
