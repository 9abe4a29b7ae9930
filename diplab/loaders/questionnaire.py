"""Parts common to loaders of questionnaires: questions, wordings, identifiers, multiple answers."""

from __future__ import annotations

import html
import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import Any, Literal

import numpy as np
import pandas as pd

from diplab.errors import ColumnError, LoadError
from diplab.kernel.arrays import Array, Booleans
from diplab.loaders.answers.cells import microdata_of_cells
from diplab.loaders.answers.dates import iso_moments
from diplab.loaders.notices import WORDS, column_notice, count_notice
from diplab.loaders.source import WORKBOOKS, Request, Rows, SourceFile, refused
from diplab.loaders.text.records import read_grid
from diplab.microdata.codebook import Codebook
from diplab.microdata.microdata import LinkedTable, Microdata
from diplab.microdata.multiple_response import (
    MOST_ANSWERS,
    Responses,
    in_own_words,
    split_answers,
    split_outside_brackets,
    tick,
)
from diplab.microdata.variable import Code, Variable
from diplab.reference.text import NOTHING, Text

_TAG = re.compile(r"(</?[A-Za-z][^<>]*>|<!--|-->)")
_INLINE = re.compile(r"</?(?:a|b|em|font|i|span|strong|sub|sup|u)\b", re.IGNORECASE)
"""Tags that do not separate words: `<b>w</b>ork` is one word."""
_UNSEEN = re.compile(r"<(/?)(script|style)\b", re.IGNORECASE)
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()]*\)")
_HEADING = re.compile(r"^\s{0,3}#{1,6}\s+", re.MULTILINE)
_STRONG = re.compile(r"(\*\*|__|\*)(?=\S)([^*_\n]+?)(?<=\S)\1")


@dataclass(frozen=True)
class Choice:
    """One answer that a question offers, or one of its items (a row of a matrix, a subquestion)."""

    code: str  # as the data hold it
    label: Text  # as respondents read it


@dataclass(frozen=True)
class Question:
    """One question; each tool adds what its columns are made from."""

    name: str  # code, tag or name that begins the names of its columns
    kind: str  # its type, in the words of the tool
    wording: Text = NOTHING  # as respondents read it, without HTML or Markdown
    group: Text = NOTHING  # section of the questionnaire


@dataclass(frozen=True)
class Questionnaire:
    """What a questionnaire says of itself; each tool adds its questions."""

    title: Text = NOTHING
    languages: tuple[str, ...] = ()  # tags, the main language first


@cache
def written_words(file: str) -> Mapping[str, Any]:
    """Return the tables of a file of words that other programs write into their exports."""
    return tomllib.loads(
        resources.files("diplab.loaders").joinpath(file).read_text(encoding="utf-8")
    )


def known_headings(program: str) -> Mapping[str, Any]:
    """Return what a program writes above its columns, and what that means, from `formats.toml`."""
    known: Mapping[str, Any] = written_words("formats.toml")[program]
    return known


def stripped(cells: Iterable[Any]) -> Array:
    """Return cells as words without the blanks around them."""
    return np.array([str(cell).strip() for cell in cells], dtype=object)


def distinct_words(cells: Array) -> set[str]:
    """Return the different words of a column, without the blanks around them."""
    return set(stripped(pd.unique(cells)))


def number_wording(words: Text, number: int) -> Text:
    """Return a wording followed by a number, in each of its languages."""
    others = tuple((language, f"{wording} {number}") for language, wording in words.others)
    return Text(f"{words.fr} {number}", f"{words.en} {number}", others=others)


def strip_html(wording: str) -> str:
    """Return a wording without its HTML."""
    # a sign `<` that opens no tag stays: `under < 5 hours` is words. What comments, scripts and
    # styles hold is left out
    if "<" not in wording and "&" not in wording:
        return " ".join(wording.split())
    pieces: list[str] = []
    unseen = ""
    for position, piece in enumerate(_TAG.split(wording)):
        if piece == "<!--":
            unseen = unseen or piece
        elif piece == "-->" and unseen == "<!--":
            pieces.append(" ")
            unseen = ""
        elif position % 2 == 0 or piece == "-->":
            pieces.append("" if unseen else piece)
        else:
            border = _UNSEEN.match(piece)
            if border and unseen != "<!--":
                unseen = ""
                if not border[1]:
                    unseen = border[2]
            pieces.append("" if _INLINE.match(piece) else " ")
    return " ".join(html.unescape("".join(pieces)).split())


def strip_markdown(wording: str) -> str:
    """Return a wording without HTML or the emphasis, headings and link addresses of Markdown."""
    return strip_html(_STRONG.sub(r"\2", _LINK.sub(r"\1", _HEADING.sub("", wording))))


def brackets_of(written: str) -> tuple[str, list[str]]:
    """Split a wording `Question [Row][Column]` from its end, looking at each character once."""
    end, items = len(written), list[str]()
    while written.endswith("]", 0, end):
        opened = written.rfind("[", 0, end)
        if opened < 1 or written.find("]", opened, end) < end - 1:
            break
        items.append(written[opened + 1 : end - 1])
        end = opened
    return written[:end].removesuffix(" "), items[::-1]


def fields_in_order(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the fields of records, one that is new behind the one before it in its record."""
    after: dict[str | None, str | None] = {None: None}
    for row in rows:
        last: str | None = None
        for name in row:
            if name not in after:
                after[name], after[last] = after[last], name
            last = name
    names, following = list[str](), after[None]
    while following is not None:
        names.append(following)
        following = after[following]
    return names


def unrelated(source: SourceFile, structure: str) -> LoadError:
    """Return the error for a file that has none of the questions of its questionnaire."""
    found = f"None of its columns is a question of the survey in `{structure}`."
    write = (
        "Write that of the survey that was answered, export codes as headers, or leave `structure` "
        "out."
    )
    return refused(source, found, write)


@dataclass(frozen=True)
class Grid:
    """The rows of an export, its header lines too, each as wide as the first."""

    rows: Rows
    written: str  # how the file was written
    comma: bool = False  # true where a decimal comma is understood
    notices: Sequence[Text] = ()  # what was guessed


def grid_of(source: SourceFile, request: Request) -> Grid:
    """Return the rows of a text, or of the first sheet of a workbook that holds a table."""
    if source.suffix not in WORKBOOKS:
        rows, dialect, notices = read_grid(source)
        return Grid(rows, str(dialect), dialect.delimiter != ",", notices)
    if source.grid is None:
        from diplab.loaders.excel import open_workbook

        sheets = open_workbook(source, request, []).sheets
        sheet = min(
            sheets, key=lambda item: (not item.visible, len(item.columns) < 2), default=None
        )
        rows = []
        if sheet is not None:
            rows = list[list[str]]()
            for row in sheet.rows(len(sheet.columns[0])):
                if any(row):
                    rows.append(row)
        if sheet is None or not rows:
            raise refused(
                source, "Its sheets are empty.", "Write the path of an export that holds answers."
            )
        source.grid = Grid(rows, f"sheet `{sheet.name}`")
    return source.grid


OWN_WORDS = "own_words"
"""Suffix of the column of answers that single respondents gave to a multiple-answer question."""
_LONGEST_LABEL = 120  # letters of a label on average, beyond which cells are prose


@dataclass
class FormColumns:
    """What has been read of an export: columns in order, multiple-answer questions, notices."""

    cells: dict[str, Array] = field(default_factory=dict)
    variables: dict[str, Variable] = field(default_factory=dict)
    sets: dict[str, Responses] = field(default_factory=dict)
    notices: list[Text] = field(default_factory=list)
    own_words: dict[str, int] = field(
        default_factory=dict
    )  # cells of columns of what single persons answered
    doubtful: list[str] = field(
        default_factory=list
    )  # columns that may hold several answers and are left as they are

    def add(self, variable: Variable, cells: Array) -> None:
        """Put one column at the end."""
        self.cells[variable.name], self.variables[variable.name] = cells, variable

    def add_dated(self, variable: Variable, cells: Array, day_first: bool | None = None) -> bool:
        """Put one column at the end where all its answers are moments, in ISO 8601.

        Return whether they are.
        """
        answers = cells
        if variable.missing:
            answers = np.where(np.isin(cells, list(variable.missing)), "", cells)
        if (moments := iso_moments(answers, day_first)) is not None:
            self.add(
                replace(variable, storage="moment"), np.where(answers == cells, moments, cells)
            )
        return moments is not None

    def add_boxes(
        self,
        question: Variable,
        labels: Sequence[Text],
        ticked: Booleans,
        *,
        seen: Booleans | None = None,
        unanswered: Array | None = None,
        suffixes: Sequence[str] = (),
    ) -> None:
        """Put the boxes of one question at the end: `uses_1`, `uses_2`... (or `suffixes`)."""
        names = list[str]()
        for end in suffixes or range(1, len(labels) + 1):
            names.append(f"{question.name}_{end}")
        asked = question.question or question.label
        box = replace(question, question=asked, part_of=question.name, storage="whole")
        for name, label in zip(names, labels, strict=True):
            self.variables[name] = replace(box, name=name, label=label)
        self.make_boxes(question.name, names, question.label or asked, ticked, seen, unanswered)

    def make_boxes(
        self,
        question: str,
        names: Sequence[str],
        label: Text,
        ticked: Booleans,
        seen: Booleans | None,
        unanswered: Array | None = None,
        values: Mapping[Code, Text] | None = None,
    ) -> None:
        """Make columns whose variables are there the boxes of one question."""
        for name, cells in zip(names, box_cells(ticked, seen, unanswered), strict=True):
            self.add(
                replace(self.variables[name], values=values or yes_no(), measure="nominal"), cells
            )
        self.sets[question] = Responses(question, names, label=label)

    def add_split(
        self,
        variable: Variable,
        cells: Array,
        codebook: Codebook | None,
        separators: Sequence[str],
        seen: Booleans | None = None,
    ) -> None:
        """Append a column, or the boxes of a question whose cells hold several answers each."""
        # the codebook decides first (a set splits the column, a variable leaves it), then lists
        # written as text, then `judge_separator`. Boxes keep the missing codes of the column,
        # unless the file says who saw the question
        given_set = None
        if codebook is not None:
            given_set = codebook.sets.get(variable.name)
        if variable.storage or (
            codebook is not None and given_set is None and variable.name in codebook
        ):
            self.add(variable, cells)
            return
        bare = stripped(cells)
        is_missing = np.array([word in variable.missing for word in bare], dtype=bool)
        unanswered = np.where(is_missing, bare, "")
        answers = np.where(is_missing if seen is None else is_missing | seen, "", bare)
        question = variable
        if seen is not None:
            question = replace(variable, missing={})
        split, known = _parse_lists(answers), list[str]()
        if split is not None:
            seen = answers == "[]" if seen is None else seen | (answers == "[]")
        else:
            judgements = {}
            for mark in separators:
                judgements[mark] = judge_separator(answers, mark)
            separator = next((mark for mark in separators if judgements[mark] == "several"), "")
            if (
                given_set is not None
                and codebook is not None
                and len(given_set.columns) <= MOST_ANSWERS
            ):
                separator = _separator_of_set(answers, separator, separators)
                known = [codebook[name].label.en for name in given_set.columns if name in codebook]
            if not separator:
                if "doubtful" in judgements.values():
                    self.doubtful += [variable.name]
                self.add(variable, cells)
                return
            split = split_answers(answers, separator, list(filter(None, known)))
        labels, ticked = split
        own = in_own_words(ticked.sum(axis=0), int(ticked.any(axis=1).sum())) & ~np.isin(
            labels, known
        )
        if own.all():
            self.add(variable, cells)
            return
        listed = list(map(Text.same, np.array(labels, dtype=object)[~own]))
        seen = np.asarray(ticked.any(axis=1) | (False if seen is None else seen))
        self.add_boxes(question, listed, ticked[:, ~own], seen=seen, unanswered=unanswered)
        if own.any():
            self._add_own_words(question, labels, ticked & own)

    def _add_own_words(self, question: Variable, labels: Sequence[str], ticked: Booleans) -> None:
        """Append answers of single respondents as words: labels of boxes would publish them."""
        name = f"{question.name}_{OWN_WORDS}"
        cells = list[str]()
        for row in ticked:
            cells.append(
                "; ".join(label for label, given in zip(labels, row, strict=True) if given)
            )
        asked = question.question or question.label
        other = replace(
            question, name=name, label=WORDS("answer.own_words"), question=asked, storage="words"
        )
        self.add(other, np.array(cells, dtype=object))
        self.own_words[name] = int(ticked.any(axis=1).sum())

    def refuse_chosen(
        self, source: SourceFile, request: Request, identifying: Collection[str]
    ) -> None:
        """Refuse a call that names columns which identify respondents and does not keep them."""
        for name in request.columns or ():
            if name in identifying:
                said = (
                    f"of the file `{source.path.name}` identifies respondents or places, and is "
                    "left out by default."
                )
                write = 'Write `private="keep"` to read it, and keep the data as the law asks.'
                raise ColumnError(f"The column `{name}` {said}", write=write)

    def leave_out(self, source: SourceFile, request: Request, identifying: Collection[str]) -> None:
        """Leave out the identifying columns that are not answers, unless the call keeps them."""
        if request.private:
            return
        self.refuse_chosen(source, request, identifying)
        for name in identifying:
            del self.cells[name], self.variables[name]
        self.notices += column_notice("identifying.left_out", identifying)

    def microdata(
        self,
        source: SourceFile,
        request: Request,
        reader: str,
        *,
        comma: bool = False,
        questionnaire: Questionnaire | None = None,
        linked: Mapping[str, LinkedTable] | None = None,
    ) -> Microdata:
        """Return the microdata of these columns, with the title and languages of the form."""
        about = questionnaire or Questionnaire()
        notices = (*self.notices, *count_notice("multi_select.own_words", self.own_words))
        codebook = Codebook(
            self.variables, sets=self.sets, title=about.title, languages=about.languages
        )
        return microdata_of_cells(
            source,
            request,
            self.cells,
            codebook,
            reader=reader,
            comma=comma,
            notices=notices,
            linked=linked,
        )


def _separator_of_set(answers: Array, separator: str, separators: Sequence[str]) -> str:
    """Return what separates the answers of a set of the codebook; nothing where they are prose."""
    if not separator:
        separator = max(separators, key=lambda mark: sum(mark in word for word in answers))
    distinct = {piece for word in set(answers) for piece in word.split(separator)}
    return separator if len(distinct) <= 2 * MOST_ANSWERS else ""


def yes_no() -> dict[Code, Text]:
    """Return the labels of a box: 1 ticked, 0 not."""
    return {0: WORDS("answer.no"), 1: WORDS("answer.yes")}


def box_cells(ticked: Booleans, seen: Booleans | None, unanswered: Array | None) -> list[Array]:
    """Return the cells of each box (columns of `ticked`)."""
    # `seen` marks rows that saw the question; `unanswered` is what the other rows without a tick
    # hold
    known = ticked.any(axis=1) if seen is None else ticked.any(axis=1) | seen
    empty = np.full(len(ticked), "", dtype=object) if unanswered is None else unanswered
    return [
        np.where(known, np.where(column, "1", "0"), empty).astype(object) for column in ticked.T
    ]


def judge_separator(cells: Array, separator: str) -> Literal["several", "doubtful", "one"]:
    """Judge whether cells hold several answers each, `;` or `,` between them."""
    # they do where three cells hold the separator, and answers are few, short, recur and never
    # twice in one cell. Commas also occur within labels (`Employed, full time`): where some piece
    # always has the same neighbour, in doubt
    rows = Counter(stripped(cells))
    rows.pop("", None)
    if sum(count for word, count in rows.items() if separator in word) < 3:
        return "one"
    pieces = {}
    for word in rows:
        pieces[word] = split_outside_brackets(word, separator)
    answers = list(pieces.values())
    if sum(rows[word] for word, item in pieces.items() if len(item) > 1) < 3:
        return "one"
    counts: Counter[str] = Counter()
    for word, item in pieces.items():
        counts.update({piece: item.count(piece) * rows[word] for piece in item})
    too_long = sum(map(len, counts)) > _LONGEST_LABEL * len(counts)
    rare = sum(counts.values()) < (3 if separator == "," else 2) * len(counts)
    numbers = separator == "," and all(piece.replace(".", "").isdigit() for piece in counts)
    if len(counts) > MOST_ANSWERS or too_long or rare or numbers:
        return "one"
    odd = counts[""] or any(len(set(answer)) < len(answer) for answer in answers)
    if odd or (separator == "," and _always_adjacent(answers)):
        return "doubtful"
    return "several"


def _always_adjacent(answers: Rows) -> bool:
    """Return whether some piece always adjoins the same other, as two halves of a label do."""
    before: defaultdict[str | None, set[str | None]] = defaultdict(set)
    after: defaultdict[str | None, set[str | None]] = defaultdict(set)
    for answer in answers:
        for left, right in pairwise((None, *answer, None)):
            before[right].add(left)
            after[left].add(right)
    near = [
        others for side in (before, after) for piece, others in side.items() if piece is not None
    ]
    return any(len(others) == 1 and None not in others for others in near)


_ONE = r"""\s*(?:"((?:[^"\\]|\\.)*+)"|'((?:[^'\\]|\\.)*+)'|([-+\w.]++))\s*"""
_ITEM, _LIST = (
    re.compile(_ONE, re.DOTALL),
    re.compile(rf"\[(?:\s*|{_ONE}(?:,{_ONE})*+)\]", re.DOTALL),
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r"}


def parse_list(cell: str) -> list[str] | None:
    """Return the items of a list written as text (`["mail", "phone"]`).

    None where the cell is not a complete list.
    """
    # nothing is evaluated: quoted strings of JSON or Python, bare words and numbers
    if not _LIST.fullmatch(bare := cell.strip()):
        return None
    items = list[Any | str]()
    for double, single, word in _ITEM.findall(bare[1:-1]):
        items.append(word or _ESCAPE.sub(_unescaped, double or single))
    # a letter written as two halves (an emoji in JSON) becomes one
    return [item.encode("utf-16", "surrogatepass").decode("utf-16", "replace") for item in items]


def _unescaped(escape: re.Match[str]) -> str:
    mark = escape.group(1)
    if len(mark) > 1:
        return chr(int(mark[1:], 16))
    return _ESCAPED.get(mark, mark)


def _parse_lists(cells: Array) -> tuple[tuple[str, ...], Booleans] | None:
    """Return the items of cells that all hold lists, and who gave which.

    None where one does not, or none does.
    """
    distinct = list(filter(None, pd.unique(cells)))
    items = {}
    for word in distinct:
        items[word] = parse_list(word)
    if not distinct or any(item is None for item in items.values()):
        return None
    labels = tuple(dict.fromkeys(label for item in items.values() for label in item or ()))
    if len(labels) > MOST_ANSWERS:
        return None
    if labels:
        return (labels, tick(labels, [items.get(word) or () for word in cells]))
    return None
