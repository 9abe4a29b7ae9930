"""The shape of a sheet or of a text: how many lines name its columns, and where its table ends.

A table made by hand has a header of several lines, a total, notes below, another table below or
beside. What is taken for no answer is left out with a notice that gives its place. A notice is
published, so that it quotes no cell, but for the word of a note (`Source :`); and a respondent is
never left out for a word alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from diplab.kernel.arrays import Floats, Places
from diplab.loaders.answers.numbers import NO_NUMBER, Cells, written_numbers
from diplab.loaders.notices import WORDS, notice_if, quoted
from diplab.loaders.source import Request, Rows
from diplab.reference.text import Text

_AMOUNT = re.compile(r"(?!(?:19|20)\d\d$)[-+\u2212]?\d[\d\s.,:/%€-]*")
_BAND = re.compile(r"\d{1,7} ?[-\u2013] ?\d{1,7}")
MOST_ROWS = 5_000
"""Most rows of a table searched for a second one: sheets that hold two are made by hand."""
_MOST_LINES = 3  # of a header
_MARK = 3  # letters of a mark such as `X` or `oui`
_PROSE = 4  # words
_QUOTED_ROWS = 5  # numbers of rows in a notice


@cache
def _words(section: str) -> tuple[str, ...]:
    """Return words of a section of `words.toml` in both languages, as they are compared."""
    said = WORDS(f"shape.{section}")
    return tuple(map(_folded, f"{said.fr};{said.en}".split(";")))


def _folded(word: str) -> str:
    """Return a word in small letters without accents, with single blanks."""
    small = " ".join(word.split()).casefold()
    if small.isascii():
        return small
    return "".join(
        item for item in unicodedata.normalize("NFKD", small) if not unicodedata.combining(item)
    )


def is_amount(cell: str) -> bool:
    """Return whether a cell is a number, date or amount, except a year, which may be a name."""
    return _AMOUNT.fullmatch(cell) is not None


def may_be_answers(header: Sequence[str]) -> bool:
    """Return whether half of the names of a header are amounts, which do not number its columns."""
    names = list[str]()
    for name in header:
        names.append(name.strip())
    amounts = list[str]()
    for name in names:
        if is_amount(name):
            amounts.append(name)
    if not amounts or 2 * len(amounts) < len(names):
        return False
    first = 0
    if amounts[0].isdecimal():
        first = int(amounts[0])
    counted = amounts == [str(first + position) for position in range(len(amounts))]
    return len(amounts) == len(names) or not counted


def _filled(row: Sequence[str]) -> list[int]:
    return [position for position, cell in enumerate(row) if cell.strip()]


def _amounts(row: Sequence[str]) -> bool:
    return any(is_amount(cell.strip()) for cell in row)


def _says_nothing(cell: str) -> bool:
    """Return whether a cell says that there is no answer."""
    return cell.strip() in NO_NUMBER or _folded(cell) in _words("without_answer")


# The header


def header_lines(
    rows: Rows, spans: Mapping[int, Collection[int]] | None = None, least: int = 1
) -> int:
    """Return how many first rows name the columns; `spans` are the cells merged across, by row."""
    count = min(least, _MOST_LINES, len(rows))
    while (
        count < _MOST_LINES
        and len(rows) > count + 1
        and _continues(rows, count, (spans or {}).get(count - 1, ()))
    ):
        count += 1
    return count


def _continues(rows: Rows, count: int, merged: Collection[int]) -> bool:
    """Return whether one more row belongs to a header: words below names of several columns."""
    row, below = rows[count], rows[count + 1 :]
    filled = _filled(row)
    if not filled or any(_is_answer(row[place].strip(), below, place) for place in filled):
        return False
    first = min(_filled(rows[0]), default=0)
    unnamed = list[int]()
    for place in filled:
        if place > first and not any(line[place].strip() for line in rows[:count]):
            unnamed.append(place)
    under = list[int]()
    for place in filled:
        if place in merged:
            under.append(place)
    if not unnamed and not under:
        return False
    # names of columns without one, to the right of a name: words over numbers, or over marks, and
    # so no answers
    if any(_is_typed(below, place, row[place]) for place in filled):
        return True
    # or words below a name that is merged over several, none of which anybody answers
    names = list[str]()
    for place in filled:
        names.append(row[place].strip())
    new = all(row[place].strip() not in _answers(below, place) for place in filled)
    return len(under) > 1 and len({*names}) == len(names) and new


def _is_answer(cell: str, below: Rows, place: int) -> bool:
    """Return whether a cell is an amount or says nothing.

    A band of ages over numbers (`18 - 24`) is a name.
    """
    if _BAND.fullmatch(cell):
        return not _all_amounts(below, place) or any(map(_BAND.fullmatch, _answers(below, place)))
    return is_amount(cell) or _says_nothing(cell)


_ROWS_BELOW, _NUMBERS_BELOW = (
    2,
    3,
)  # answers below a line of labels, and columns of numbers above which it stands


def labels_below(rows: Rows) -> list[str]:
    """Return the labels of columns in a line below their names that no respondent can have written.

    It holds words alone, all different, above numbers alone in most columns that have a label: a
    respondent who gave no number where everybody else did would be one row of many, and the first.
    """
    if len(rows) < 2 + _ROWS_BELOW or any(
        not name.strip() or is_amount(name.strip()) for name in rows[0]
    ):
        return []
    row, below = rows[1], rows[2:]
    filled = _filled(row)
    words = list[str]()
    for place in filled:
        words.append(row[place].strip())
    if len({*words}) < len(words) or any(is_amount(word) or _says_nothing(word) for word in words):
        return []
    over = list[int]()
    for place in filled:
        if _all_amounts(below, place):
            over.append(place)
    answered = list[int]()
    for place in filled:
        if _answers(below, place):
            answered.append(place)
    often = all(len(_answers(below, place)) >= _ROWS_BELOW for place in over)
    new = all(row[place].strip() not in _answers(below, place) for place in filled)
    wide = len(filled) * 2 > len(row) and len(over) * 2 > len(answered)
    if wide and often and new and len(over) >= _NUMBERS_BELOW:
        return [cell.strip() for cell in row]
    return []


def is_over_numbers(row: Sequence[str], below: Rows) -> bool:
    """Return whether a word of a row stands above nothing but numbers."""
    return any(
        not is_amount(row[place].strip()) and _all_amounts(below, place) for place in _filled(row)
    )


def _is_typed(rows: Rows, place: int, name: str) -> bool:
    """Return whether all answers in a column are numbers, or one mark that is not such a name."""
    answers = [cell for row in rows if (cell := row[place].strip()) and not _says_nothing(cell)]
    marks = {*answers}
    marked = len(answers) > 1 and len(marks) == 1 and len(answers[0]) <= _MARK < len(name.strip())
    return bool(answers) and (all(map(is_amount, answers)) or marked)


def joined_header(lines: Rows, *, exact: bool = False) -> list[str]:
    """Return one name for each column from the lines of a header: `Revenus / salaire`."""
    # a name stands over the columns to its right that have none, unless cells merged over them tell
    # `exact`ly
    names = list[list[str]]()
    for _ in lines[0]:
        names.append([])
    for depth, line in enumerate(lines):
        over = ""
        for position, cell in enumerate(line):
            word = " ".join(cell.split())
            named_below = any(below[position].strip() for below in lines[depth + 1 :])
            over = word or (over if named_below and not exact else "")
            if over and over not in names[position]:
                names[position].append(over)
    return list(map(" / ".join, names))


# Where the table ends


@dataclass(frozen=True)
class Ending:
    """Where a table ends among the rows below its header, and what stands below."""

    end: int  # rows of the table
    notes: tuple[str, ...] = ()  # how those below it begin: `Source :`, `*`
    another: int = -1  # row at which the header of another table stands; -1 where none is


def table_end(header: Sequence[str], rows: Rows, gaps: Collection[int]) -> Ending:
    """Return where a table ends; `gaps` are the rows below an empty one."""
    if len([name for name in header if name.strip()]) < 2:
        return Ending(len(rows))
    end, another = len(rows), -1
    for place in sorted(gaps):
        if (
            0 < place < len(rows)
            and (title := _begins_table(header, rows[:place], rows[place:])) >= 0
        ):
            end, another = place, place + title
            break
    begin = _notes_begin(header, rows[:end], gaps)
    notes = list[str]()
    for row in rows[begin:end]:
        if _is_note(row, len(header)):
            notes.append(_first_words(row[0]))
    return Ending(begin, tuple(notes), another)


def ending_notices(ending: Ending, line: int, rows: int) -> list[Text]:
    """Return notices on the rows below a table: its notes, or a line that names other columns."""
    if ending.another >= 0:
        return [WORDS("shape.another", line=line, count=rows)]
    said = quoted([*dict.fromkeys(ending.notes)])
    if ending.notes:
        return [WORDS("shape.notes", count=rows, lines=said)]
    return [WORDS("shape.below", count=rows)]


def _begins_table(header: Sequence[str], above: Rows, below: Rows) -> int:
    """Return whether another table begins: 0 with its header, 1 with a title above it.

    -1 where none does.
    """
    title = int(len(_filled(below[0])) == 1 and len(below) > 1)
    row, rest = below[title], below[title + 1 :]
    filled = _filled(row)
    if (
        len(filled) < 2
        or not rest
        or _amounts(row)
        or any(_says_nothing(row[place]) for place in filled)
    ):
        return -1
    # a word that somebody answered above is not a name of a column
    width = len(header)
    if any(row[place].strip() in _answers(above, place) for place in filled):
        return -1
    if any(place < width and row[place].strip() == header[place].strip() for place in filled):
        return title
    over = list[int]()
    for place in filled:
        if _all_amounts(above, place) and _all_amounts(rest, place):
            over.append(place)
    other = {*filled} != {*_filled(header)} or _all_amounts(above, 0) != _all_amounts(rest, 0)
    if over and (title or other):
        return title
    return -1


def _answers(rows: Rows, place: int) -> list[str]:
    return [cell for row in rows if place < len(row) and (cell := row[place].strip())]


def _all_amounts(rows: Rows, place: int) -> bool:
    found = False
    for cell in _answers(rows, place):
        if not is_amount(cell) and not _says_nothing(cell):
            return False
        found = found or is_amount(cell)
    return found


def _notes_begin(header: Sequence[str], rows: Rows, gaps: Collection[int]) -> int:
    """Return the first of the notes at the end: rows of one cell, the first clearly a note."""
    width, last = len(header), len(rows)
    while last and (_filled(rows[last - 1]) in ([0], []) or _is_note(rows[last - 1], width)):
        last -= 1
    for position in range(last, len(rows)):
        prose = (
            position in gaps
            and len(rows[position][0].split()) >= _PROSE
            and not is_amount(rows[position][0])
        )
        if prose or _is_note(rows[position], width):
            return position
    return len(rows)


def _is_note(row: Sequence[str], width: int) -> bool:
    """Return whether a row is a table note: `Source : Insee`, `* Données provisoires de 2020`."""
    # commas of a sentence may have cut it
    cut = len(row) != width or all(cell[:1] in ("", " ") for cell in row[1:])
    first = ""
    if row:
        first = _folded(row[0])
    if not cut or (_filled(row)[:1] != [0]):
        return False
    named = _note_pattern().match(first) is not None or first.startswith("©")
    return named or (_STARRED.match(first) is not None and len(first.split()) > _PROSE)


def _first_words(note: str) -> str:
    """Return a note up to its colon: the rest may be an answer if it is not a note."""
    starred = _STARRED.match(_folded(note))
    mark = (
        starred[0][:-1]
        if starred
        else "©"
        if note.strip().startswith("©")
        else note.partition(":")[0] + ":"
    )
    return " ".join(mark.split())


_STARRED = re.compile(r"(?:\*+|\(\w\)|\[\w\])\s*\w")


@cache
def _note_pattern() -> re.Pattern[str]:
    return re.compile(rf"\W*(?:{'|'.join(map(re.escape, _words('notes_of_tables')))})\s*:")


def table_beside(header: Sequence[str], rows: Rows) -> int:
    """Return the place of an empty column that parts a table from another beside it.

    -1 where none does.
    """
    empty = list[int]()
    for place, name in enumerate(header):
        if not name.strip() and not _answers(rows, place):
            empty.append(place)
    for place in empty:
        left, right = (
            {*map(str.strip, header[:place])} - {""},
            {*map(str.strip, header[place + 1 :])} - {""},
        )
        if min(len(left), len(right)) < 2:
            continue
        heights = [_height(rows, 0, place), _height(rows, place + 1, len(header))]
        labels = [_answers(rows, 0), _answers(rows, place + 1)]
        # each is whole as far as it goes, and its first column distinguishes its rows
        whole = all(len(item) == height for item, height in zip(labels, heights, strict=True))
        apart = all(
            len({*label}) == len(label) and not any(map(is_amount, label)) for label in labels
        )
        if left & right or (heights[0] != heights[1] and whole and apart):
            return place
    return -1


def _height(rows: Rows, first: int, last: int) -> int:
    return max(
        (number for number, row in enumerate(rows, 1) if any(map(str.strip, row[first:last]))),
        default=0,
    )


# A total


def has_total_word(row: Sequence[str]) -> bool:
    """Return whether a word of a row before its first number says that the row is a total."""
    words = next((cell for cell in row if cell.strip()), "")
    return _folded(words) in _words("totals")


def total_row(columns: Sequence[Cells], *, comma: bool) -> int:
    """Return the first or last row if it is the sum of all others in a column.

    -1 where neither is.
    """
    count = 0
    if columns:
        count = len(columns[0])
    if count < 3:
        return -1
    for place in (count - 1, 0):
        if has_total_word([_cell(column, place) for column in columns]):
            others = slice(1, None)
            if place:
                others = slice(0, -1)
            if any(_is_sum(column, place, others, comma=comma) for column in columns):
                return place
    return -1


def _cell(cells: Cells, place: int) -> str:
    cell = cells[place].as_py() if isinstance(cells, pa.ChunkedArray) else cells[place]
    return str(cell or "")


def _is_sum(cells: Cells, place: int, others: slice, *, comma: bool) -> bool:
    if not is_amount(_cell(cells, place).strip()):
        return False
    words = list[str]()
    for number in range(len(cells)):
        words.append(_cell(cells, number).strip())
    values = written_numbers(pa.array(words, pa.string()), comma=comma, amounts=True).values
    parts, total = values[others][~np.isnan(values[others])], values[place]
    decimals = max(
        (len(re.split("[.,]", word)[-1]) for word in words if re.search(r"[.,]\d+$", word)),
        default=0,
    )
    rounded = min(len(parts) * 0.5 * 10.0**-decimals, 0.001 * abs(total))
    return (
        len(parts) > 1
        and total != 0
        and abs(parts.sum() - total) <= max(rounded, 1e-9 * abs(total))
    )


def total_left_out(
    columns: Mapping[str, Cells], request: Request, *, comma: bool
) -> tuple[slice, list[Text]]:
    """Return the rows of a table without one that is the sum of the others, and notices."""
    place = total_row([*columns.values()], comma=request.decimal_comma(usual=comma))
    if place >= 0:
        where = WORDS("shape.first_row" if place == 0 else "shape.last_row")
        return slice(1, None) if place == 0 else slice(0, place), [WORDS("shape.total", row=where)]
    last = max(map(len, columns.values()), default=0) - 1
    may_be = last > 0 and has_total_word([_cell(cells, last) for cells in columns.values()])
    return slice(None), [*notice_if(may_be, "shape.may_be_total")]


def beside_left_out(header: Sequence[str], columns: Sequence[Cells]) -> tuple[int, int, list[Text]]:
    """Return the number of columns and rows of a table without one next to it, and notices."""
    rows = max(map(len, columns), default=0)
    inner = range(2, len(header) - 2)
    if rows > MOST_ROWS or not any(
        not header[place] and _is_empty(columns[place]) for place in inner
    ):
        return len(header), rows, []
    lines = list[list[str]]()
    for row in range(rows):
        lines.append([_cell(column, row) for column in columns])
    place = table_beside(header, lines)
    if place < 0:
        return len(header), rows, []
    # its first row may be no header, but the answers of somebody: no cell of it is quoted
    said = WORDS("shape.beside", first=place, count=sum(map(bool, header[place + 1 :])))
    return place, max(1, _height(lines, 0, place)), [said]


def kept_rows_notices(
    names: Sequence[str], rows: int, column: Callable[[str], Cells], *, comma: bool
) -> list[Text]:
    """Return notices on kept rows that may not be respondents: repeated headers, sums, means."""
    if len(names) < 2 or not rows:
        return []
    first = column(names[0])
    same = (
        pc.equal(first, names[0]).to_numpy()
        if isinstance(first, pa.ChunkedArray)
        else first == names[0]
    )
    header = list[int]()
    for row in np.flatnonzero(same[:rows]).tolist():
        if _is_header(names, column, row):
            header.append(row)
    sums = []
    if 2 < rows <= MOST_ROWS:
        sums = _sums_and_means(names, rows, column, comma=comma)
    said = []
    for name, found in (("shape.header_again", header), ("shape.sums_kept", sums)):
        if found:
            said.append(
                WORDS(
                    name,
                    rows=", ".join(str(row + 1) for row in found[:_QUOTED_ROWS]),
                    count=len(found),
                )
            )
    return said


def _is_header(names: Sequence[str], column: Callable[[str], Cells], row: int) -> bool:
    return all(_cell(column(name), row).strip() == name for name in names)


def _sums_and_means(
    names: Sequence[str], rows: int, column: Callable[[str], Cells], *, comma: bool
) -> list[int]:
    """Return rows called totals or means, or unnamed at the end, that match the rows before."""
    called = _called_rows(map(column, names), rows)
    if not called:
        return []
    columns = list[list[str]]()
    for name in names:
        columns.append(_stripped(column(name))[:rows])
    if has_total_word([cells[rows - 1] for cells in columns]):
        called = [row for row in called if row < rows - 1]  # said by `total_left_out`
    parsed = (
        written_numbers(pa.array(cells, pa.string()), comma=comma, amounts=True).values
        for cells in columns
    )
    amounts = [values for values in parsed if np.isfinite(values).sum() > 1]
    found: list[int] = []
    begin = 0
    for row in called:
        parts = np.setdiff1d(np.arange(begin, row), found)
        every = np.setdiff1d(np.arange(row), found)
        if any(_sums_up(values, row, part) for values in amounts for part in (parts, every)):
            found.append(row)
            begin = row + 1
    return found


def _stripped(cells: Cells) -> list[str]:
    answers = cells.to_pylist() if isinstance(cells, pa.ChunkedArray) else cells.tolist()
    return [str(answer or "").strip() for answer in answers]


def _called_rows(columns: Iterable[Cells], rows: int) -> list[int]:
    """Return the rows called a total or mean before their first number, or unnamed at the end."""
    names = {*_words("totals"), *_words("means")}
    called: list[int] = []
    before_numbers = [*range(1, rows)]
    for position, cells in enumerate(columns):
        words = _stripped(cells)[:rows]
        others = set()
        for word in {*words}:
            if not is_amount(word):
                others.add(word)
        named = set()
        for word in others:
            if _folded(word) in names:
                named.add(word)
        unnamed = others - named
        called += [row for row in before_numbers if words[row] in named]
        before_numbers = [row for row in before_numbers if words[row] in unnamed]
        if position == 0 and not words[-1] and all(words[:-1]):
            called.append(rows - 1)
            before_numbers.remove(rows - 1)
        if not before_numbers:
            break
    return sorted(called)


def _sums_up(values: Floats, row: int, parts: Places) -> bool:
    """Return whether a number is the sum of two or more others, or the mean of some that differ."""
    others = values[parts]
    others = others[np.isfinite(others)]
    if others.size < 2 or not np.isfinite(values[row]):
        return False
    is_mean = np.ptp(others) > 0 and np.isclose(values[row], others.mean(), rtol=1e-3, atol=0)
    return bool(is_mean or np.isclose(values[row], others.sum(), rtol=1e-3, atol=0))


def _is_empty(cells: Cells) -> bool:
    if isinstance(cells, pa.ChunkedArray):
        return bool(cells.null_count == len(cells))
    return not (cells != "").any()
