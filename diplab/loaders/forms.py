"""Web forms: exports of Google Forms, Prolific and SurveyMonkey.

In all of them a column whose cells hold several answers is split into columns of 1 and 0 and is a
set; a set of the codebook under the name of a column splits that column.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from diplab.kernel.arrays import Array
from diplab.loaders.answers.dates import written_dates
from diplab.loaders.notices import WORDS, column_notice
from diplab.loaders.questionnaire import FormColumns, Grid, grid_of, known_headings, strip_html
from diplab.loaders.source import Request, Rows, SourceFile
from diplab.loaders.text.recognition import (
    SURVEYMONKEY_IDENTIFIERS,
    SURVEYMONKEY_NUMBERED,
    letters_of,
)
from diplab.loaders.text.records import column_at, columns_of
from diplab.microdata.microdata import Microdata
from diplab.microdata.variable import Code, Storage, Variable
from diplab.reference.text import Text

_SEPARATORS = (";", ",")
_ENGLISH = ("Timestamp",)
"""Headings of timestamps in the languages in which the month may come before the day."""


def read_google_forms(source: SourceFile, request: Request) -> Microdata:
    """Read the answers of a Google form."""
    # columns are `timestamp`, then `q01`, `q02`... in the order of the form; the rows of a grid are
    # `q03_1`, `q03_2`, and several answers in a cell `q04_1`, `q04_2`... Who ticked nothing is
    # missing
    grid = grid_of(source, request)
    form = FormColumns(notices=[*grid.notices])
    columns = list[Array]()
    for position in range(len(grid.rows[0])):
        columns.append(column_at(grid.rows[1:], position))
    request = _with_order_of_dates(request, form, grid.rows[0][0], columns)
    for variable, column in zip(_google_variables(grid.rows[0]), columns, strict=True):
        # a timestamp proves its own order against the language of the form
        dated = variable.name == "timestamp" and any(
            form.add_dated(variable, column, order) for order in (request.day_first, None)
        )
        if not dated:
            form.add_split(variable, column, request.codebook, _SEPARATORS)
    form.leave_out(source, request, [name for name in form.cells if name.startswith("email")])
    return _microdata_of_split(source, request, form, "Google Forms", grid)


def _with_order_of_dates(
    request: Request, form: FormColumns, heading: str, columns: Sequence[Array]
) -> Request:
    """Return the request with ambiguous dates read in the order of the form's language."""
    # in English alone the month may come first; a timestamp that proves its order is of another
    # language
    stamps = written_dates(sorted(set(columns[0]) - {""}), None)
    proven = stamps is not None and stamps.moments is not None
    if request.day_first is not None or proven or heading.strip() in _ENGLISH:
        return request
    doubtful = [
        column
        for column in columns
        if (words := sorted(set(column) - {""})) and _is_doubtful(words)
    ]
    if not doubtful:
        return request
    form.notices.append(WORDS("notice.day_first_of_language", heading=heading.strip()))
    return replace(request, day_first=True)


def _is_doubtful(words: Sequence[str]) -> bool:
    """Return whether words are days or moments that tell the day from the month in no cell."""
    dates = written_dates(words, None)
    return dates is not None and dates.moments is None


def _microdata_of_split(
    source: SourceFile, request: Request, form: FormColumns, program: str, grid: Grid
) -> Microdata:
    """Return the microdata of a form, with notices on columns split and columns left in doubt."""
    form.notices += column_notice("multi_select.split", form.sets, count=len(form.sets))
    form.notices += column_notice("multi_select.doubtful", form.doubtful)
    return form.microdata(source, request, f"{program}, {grid.written}", comma=grid.comma)


def _google_variables(header: Sequence[str]) -> list[Variable]:
    """Return one variable per column; adjacent rows of a grid belong to one question."""
    grids = list(map(_grid_row, header))
    keys = [("grid", row[0]) if row else ("alone", str(place)) for place, row in enumerate(grids)]
    named = known_headings("google_forms")["email"]
    emails = list[int]()
    for place, words in enumerate(header):
        if place and words.strip().lower() in named:
            emails.append(place)
    special = ["timestamp", *[""] * (len(header) - 1)]
    for number, place in enumerate(emails, 1):
        special[place] = "email" if number == 1 else f"email_{number}"
    order = list(dict.fromkeys(key for key, name in zip(keys, special, strict=True) if not name))
    names = dict(zip(order, _question_names(len(order)), strict=True))
    variables: list[Variable] = []
    for place, words in enumerate(header):
        text, name = strip_html(words), special[place] or names[keys[place]]
        row = grids[place]
        if special[place]:
            variables.append(Variable(name, label=Text.same(text), storage="words"))
        elif row is None or keys.count(keys[place]) == 1:
            variables.append(Variable(name, label=Text.same(text), question=Text.same(text)))
        else:
            item = f"{name}_{keys[:place].count(keys[place]) + 1}"
            question, label = (Text.same(strip_html(part)) for part in row)
            variables.append(
                Variable(item, label=label or question, question=question, part_of=name)
            )
    return variables


def _grid_row(words: str) -> tuple[str, str] | None:
    """Return the question and the row of a grid that a header names, `Question [Row]`.

    None for another.
    """
    question, mark, row = words.strip().removesuffix("]").rpartition("[")
    grid = mark and words.strip().endswith("]") and question.strip()
    if grid:
        return (question.strip(), row.strip())
    return None


def _question_names(count: int) -> list[str]:
    """Return short names of questions in their order, as long as one another."""
    width = max(2, len(str(count)))
    return [f"q{position:0{width}d}" for position in range(1, count + 1)]


_WITHDRAWN = {"CONSENT_REVOKED": "consent revoked", "DATA_EXPIRED": "answer expired"}


def read_prolific(source: SourceFile, request: Request) -> Microdata:
    """Read an export of Prolific."""
    # `CONSENT_REVOKED` is missing, "consent revoked"; `DATA_EXPIRED` is missing, "answer expired".
    # The identifier of the participant is kept, for it is the key to the answers, and pointed out
    # as in any file
    grid = grid_of(source, request)
    form = FormColumns(notices=[*grid.notices])
    for name, column in columns_of(grid.rows[0], grid.rows[1:]).items():
        # what the call does not name, nor the columns into which it may be split, is not looked at
        wanted = request.columns is None or any(
            item == name or item.startswith(f"{name}_") for item in request.columns
        )
        distinct = set(column) if wanted else ()
        missing: dict[Code, str] = {
            word: reason for word, reason in _WITHDRAWN.items() if word in distinct
        }
        label = WORDS.section("prolific_column").get(letters_of(name)) or Text.same(name)
        variable = Variable(name, label=label, missing=missing, storage="" if wanted else "words")
        if not wanted or not form.add_dated(variable, column, request.day_first):
            form.add_split(variable, column, request.codebook, _SEPARATORS)
    return _microdata_of_split(source, request, form, "Prolific", grid)


_OTHER = ("other", "autre", "outro", "otro", "andere")
_IDENTIFYING = {"ip_address", "email_address", "first_name", "last_name"}
_CUSTOM = re.compile(r"custom(?:_\d+)*")
_NOT_SELECTED = "Not selected"
_NOT_ANSWERED = {"No answer": "no answer", "NA": ""}


def read_surveymonkey(source: SourceFile, request: Request) -> Microdata:
    """Read a SurveyMonkey export with all columns (`expanded`), its answers as words or numbers."""
    # columns are `respondent_id`, `start_date`..., then `q01`... Boxes are `q03_1`, `q03_2`... and
    # a set, missing where none is ticked and nothing written beside (`q03_other`). Files made from
    # the SPSS export keep their names
    grid = grid_of(source, request)
    rows = grid.rows
    two_lines = len(rows) > 1 and letters_of(rows[0][0]) in SURVEYMONKEY_IDENTIFIERS
    columns = (_columns_under_two_lines if two_lines else _columns_by_name)(rows, request.day_first)
    identifying = list[str]()
    for name in columns.cells:
        if name in _IDENTIFYING or _CUSTOM.fullmatch(name):
            identifying.append(name)
    columns.notices += grid.notices
    columns.leave_out(source, request, identifying)
    return columns.microdata(source, request, f"SurveyMonkey, {grid.written}", comma=grid.comma)


def _columns_under_two_lines(rows: Rows, day_first: bool | None) -> FormColumns:
    """Return the columns of an export of two header lines: questions, then answers to choose."""
    # a question is written above the first of its columns; where nothing is below it, it is not a
    # question
    columns = FormColumns()
    spans: list[tuple[str, list[int]]] = []  # each question with the places of its columns
    for place, text in enumerate(rows[0]):
        if text.strip() or not spans:
            spans.append((strip_html(text), [place]))
        else:
            spans[-1][1].append(place)
    has_answers = list[bool]()
    for _, places in spans:
        has_answers.append(any(rows[1][place].strip() for place in places))
    first = has_answers.index(True) if True in has_answers else len(spans)
    for text, places in spans[:first]:
        named = _surveymonkey_field(text) or Variable(
            letters_of(text), label=Text.same(text), storage="words"
        )
        if not named.name or named.name in columns.cells:
            named = replace(named, name=f"{named.name or 'column'}_{places[0] + 1}")
        cells = _cells_below(rows, places[0])
        if named.storage != "moment" or not columns.add_dated(named, cells, day_first):
            columns.add(named, cells)
    for name, (text, places) in zip(
        _question_names(len(spans) - first), spans[first:], strict=True
    ):
        options = list[tuple[str, Array]]()
        for place in places:
            options.append((strip_html(rows[1][place]), _cells_below(rows, place)))
        _add_question(
            columns, Variable(name, label=Text.same(text), question=Text.same(text)), options
        )
    return columns


def _cells_below(rows: Rows, place: int) -> Array:
    return np.array([row[place].strip() for row in rows[2:]], dtype=object)


def _surveymonkey_field(text: str) -> Variable | None:
    """Return the variable of what is not an answer; None for a question."""
    key = letters_of(text)
    if key.startswith(("custom", "donneesperso")):
        name = ("custom_" + re.sub(r"\D", "", key)).rstrip("_")
        return Variable(name, label=Text.same(text), storage="words")
    name = "respondent_id"
    if key not in SURVEYMONKEY_IDENTIFIERS:
        name = known_headings("surveymonkey").get(key, "")
    storage: Storage = "words"
    if name.endswith("_date"):
        storage = "moment"
    if name:
        return Variable(name, label=WORDS(f"surveymonkey_column.{name}"), storage=storage)
    return None


def _add_question(
    columns: FormColumns, question: Variable, options: Sequence[tuple[str, Array]]
) -> None:
    """Append the columns of one question: its answer, boxes or rows, and its free-text `other`."""
    beside = None
    last, cells = options[-1]
    if (
        len(options) > 1
        and last.lower().startswith(_OTHER)
        and not _distinct_words(cells) <= {last}
    ):
        beside = replace(
            question, name=f"{question.name}_other", label=Text.same(last), part_of=question.name
        )
        options = options[:-1]
    if _are_boxes(options):
        ticked = np.array([element != "" for _, element in options], dtype=bool).T
        seen = None
        if beside is not None:
            seen = np.array(cells != "", dtype=bool)
        columns.add_boxes(question, [Text.same(option) for option, _ in options], ticked, seen=seen)
    elif len(options) == 1:
        columns.add(question, options[0][1])
    else:
        for position, (option, answers) in enumerate(options, 1):
            item = replace(
                question,
                name=f"{question.name}_{position}",
                label=Text.same(option),
                part_of=question.name,
            )
            columns.add(item, answers)
    if beside is not None:
        columns.add(beside, cells)


def _distinct_words(cells: Array) -> set[str]:
    return {strip_html(str(word)) for word in pd.unique(cells)} - {""}


def _are_boxes(options: Sequence[tuple[str, Array]]) -> bool:
    """Return whether each column holds nothing but its own option, in words or as its number."""
    columns = list[tuple[str, str, set[str]]]()
    for position, (option, cells) in enumerate(options, 1):
        columns.append((option, str(position), _distinct_words(cells)))
    if not any(words for *_, words in columns):
        return False
    in_words = all(words <= {option} for option, _, words in columns)
    return in_words or (len(columns) > 1 and all(words <= {number} for _, number, words in columns))


def _columns_by_name(rows: Rows, day_first: bool | None) -> FormColumns:
    """Return the columns of an SPSS-based export by name (`q0004_0002` is an item of `q0004`)."""
    # columns are boxes that hold one answer, and `Not selected`
    read, columns = FormColumns(), columns_of(rows[0], rows[1:])
    questions: dict[str, list[str]] = {}
    for name, cells in columns.items():
        item = SURVEYMONKEY_NUMBERED.fullmatch(name)
        question = ""
        if item is not None and item["item"]:
            question = item["question"]
        missing: dict[Code, str] = {
            word: why for word, why in _NOT_ANSWERED.items() if bool((cells == word).any())
        }
        variable = replace(
            _surveymonkey_field(name) or Variable(name, part_of=question),
            name=name,
            missing=missing,
        )
        words = _distinct_words(cells) - set(_NOT_ANSWERED)
        if question and _NOT_SELECTED in words and len(words) < 3:
            variable = replace(variable, label=Text.same(next(iter(words - {_NOT_SELECTED}), name)))
            questions.setdefault(question, []).append(name)
        if variable.storage != "moment" or not read.add_dated(variable, cells, day_first):
            read.add(variable, cells)
    for question, names in questions.items():
        cells = np.array([columns[name] for name in names], dtype=object).T
        unanswered = np.where(np.isin(cells[:, 0], list(_NOT_ANSWERED)), cells[:, 0], "")
        ticked = ~np.isin(cells, ["", _NOT_SELECTED, *_NOT_ANSWERED])
        seen = np.array((cells == _NOT_SELECTED).any(axis=1), dtype=bool)
        read.make_boxes(question, names, Text.same(question), ticked, seen, unanswered)
    return read
