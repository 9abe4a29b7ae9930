"""Web forms: exports of Google Forms, Prolific and SurveyMonkey.

In all of them a column whose cells hold several answers is split into columns of 1 and 0 and is a set; a set of the
codebook under the name of a column splits that column.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from diplab.loaders.answers.dates import iso_moments
from diplab.loaders.notices import WORDS, column_notice
from diplab.loaders.questionnaire import FormColumns, known_headings, strip_html
from diplab.loaders.source import Request, SourceFile
from diplab.loaders.text.recognition import SURVEYMONKEY_IDENTIFIERS, SURVEYMONKEY_NUMBERED, letters_of
from diplab.loaders.text.records import Dialect, columns_of, read_grid
from diplab.microdata.microdata import Microdata
from diplab.microdata.variable import Code, Storage, Variable
from diplab.reference.text import Text

_SEPARATORS = (";", ",")
_EMAIL = {"username", "email address", "adresse e-mail", "nom d'utilisateur", "nom d’utilisateur"}
_EMAIL |= {"endereço de e-mail", "dirección de correo electrónico", "e-mail-adresse", "indirizzo email"}


def read_google_forms(source: SourceFile, request: Request) -> Microdata:
    """Read the answers of a Google form."""
    # columns are `timestamp`, then `q01`, `q02`... in the order of the form; the rows of a grid are `q03_1`, `q03_2`,
    # and several answers in a cell `q04_1`, `q04_2`... Who ticked nothing is missing
    rows, dialect, notices = read_grid(source)
    form = FormColumns(notices=notices)
    for place, variable in enumerate(_google_variables(rows[0])):
        column = np.array([row[place] for row in rows[1:]], dtype=object)
        moments = iso_moments(column) if variable.name == "timestamp" else None
        if moments is None:
            form.add_split(variable, column, request.codebook, _SEPARATORS)
        else:
            form.add(replace(variable, storage="moment"), moments)
    form.leave_out(source, request, [name for name in form.cells if name.startswith("email")])
    return _microdata_of_split(source, request, form, "Google Forms", dialect)


def _microdata_of_split(
    source: SourceFile, request: Request, form: FormColumns, program: str, dialect: Dialect
) -> Microdata:
    """Return the microdata of a form, with notices on the columns that were split and on those left in doubt."""
    form.notices += column_notice("multi_select.split", form.sets, count=len(form.sets))
    form.notices += column_notice("multi_select.doubtful", form.doubtful)
    return form.microdata(source, request, f"{program}, {dialect}", comma=dialect.delimiter != ",")


def _google_variables(header: Sequence[str]) -> list[Variable]:
    """Return one variable a column: the rows of a grid, which are side by side, are one question."""
    grids = [_grid_row(words) for words in header]
    keys = [("read_grid", row[0]) if row else ("alone", str(place)) for place, row in enumerate(grids)]
    emails = [place for place, words in enumerate(header) if place and words.strip().lower() in _EMAIL]
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
            variables.append(Variable(item, label=label or question, question=question, part_of=name))
    return variables


def _grid_row(words: str) -> tuple[str, str] | None:
    """Return the question and the row of a grid that a header names, `Question [Row]`; None for another."""
    question, mark, row = words.strip().removesuffix("]").rpartition("[")
    if not (mark and words.strip().endswith("]") and question.strip()):
        return None
    return question.strip(), row.strip()


def _question_names(count: int) -> list[str]:
    """Return short names of questions in their order, as long as one another."""
    width = max(2, len(str(count)))
    return [f"q{place:0{width}d}" for place in range(1, count + 1)]


_WITHDRAWN = {"CONSENT_REVOKED": "consent revoked", "DATA_EXPIRED": "answer expired"}
_PARTICIPANT = ("participantid", "prolificpid", "prolificid")


def read_prolific(source: SourceFile, request: Request) -> Microdata:
    """Read an export of Prolific."""
    # `CONSENT_REVOKED` is missing, "consent revoked"; `DATA_EXPIRED` is missing, "answer expired". The identifier of
    # the participant is kept, for it is the key to the answers, and a notice says so
    rows, dialect, notices = read_grid(source)
    form = FormColumns(notices=notices)
    for name, column in columns_of(rows[0], rows[1:]).items():
        if _is_requested(name, request):
            form.add_split(*_read_prolific_column(name, column), request.codebook, _SEPARATORS)
        else:
            form.add(Variable(name, storage="words"), column)
    people = [name for name in form.cells if _is_requested(name, request) and letters_of(name) in _PARTICIPANT]
    form.notices += column_notice("prolific.identifiers", people)
    return _microdata_of_split(source, request, form, "Prolific", dialect)


def _read_prolific_column(name: str, column: NDArray[Any]) -> tuple[Variable, NDArray[Any]]:
    """Return what a column means, withdrawn answers among its missing codes, and its moments in ISO 8601."""
    distinct = set(column)
    missing: dict[Code, str] = {word: reason for word, reason in _WITHDRAWN.items() if word in distinct}
    label = WORDS.section("prolific_column").get(letters_of(name)) or Text.same(name)
    variable = Variable(name, label=label, missing=missing)
    withdrawn = np.array([word in missing for word in column], dtype=bool)
    moments = iso_moments(np.where(withdrawn, "", column))
    if moments is None:
        return variable, column
    return replace(variable, storage="moment"), np.where(withdrawn, column, moments)


def _is_requested(name: str, request: Request) -> bool:
    """Return whether the call names a column, or one of those into which it may be split."""
    columns = request.columns
    return columns is None or any(each == name or each.startswith(f"{name}_") for each in columns)


_OTHER = ("other", "autre", "outro", "otro", "andere")
_IDENTIFYING = {"ip_address", "email_address", "first_name", "last_name"}
_CUSTOM = re.compile(r"custom(?:_\d+)*")
_NOT_SELECTED = "Not selected"
_NOT_ANSWERED = {"No answer": "no answer", "NA": ""}


def _add_dated(columns: FormColumns, variable: Variable, cells: NDArray[Any]) -> None:
    """Put one column at the end, its moments read where they can be."""
    moments = iso_moments(cells) if variable.storage == "moment" else None
    columns.add(variable, cells if moments is None else moments)


def read_surveymonkey(source: SourceFile, request: Request) -> Microdata:
    """Read an export of SurveyMonkey, with all columns (`expanded`), its answers in words or in numbers."""
    # columns are `respondent_id`, `start_date`..., then `q01`... Boxes are `q03_1`, `q03_2`... and a set, missing where
    # none is ticked and nothing written beside (`q03_other`). Files made from the SPSS export keep their names
    rows, dialect, notices = read_grid(source)
    two_lines = len(rows) > 1 and letters_of(rows[0][0]) in SURVEYMONKEY_IDENTIFIERS
    columns = _columns_under_two_lines(rows) if two_lines else _columns_by_name(rows)
    identifying = [name for name in columns.cells if name in _IDENTIFYING or _CUSTOM.fullmatch(name)]
    columns.notices += notices
    columns.leave_out(source, request, identifying)
    return columns.microdata(source, request, f"SurveyMonkey, {dialect}", comma=dialect.delimiter != ",")


def _columns_under_two_lines(rows: Sequence[Sequence[str]]) -> FormColumns:
    """Return the columns of an export of two header lines: questions, then answers to choose."""
    # a question is written above the first of its columns; where nothing is below it, it is no question
    columns = FormColumns()
    spans: list[tuple[str, list[int]]] = []  # each question with the places of its columns
    for place, text in enumerate(rows[0]):
        if text.strip() or not spans:
            spans.append((strip_html(text), [place]))
        else:
            spans[-1][1].append(place)
    has_answers = [any(rows[1][place].strip() for place in places) for _, places in spans]
    first = has_answers.index(True) if True in has_answers else len(spans)
    for text, places in spans[:first]:
        name, label, storage = _surveymonkey_field(text) or (letters_of(text), Text.same(text), "words")
        if not name or name in columns.cells:
            name = f"{name or 'column'}_{places[0] + 1}"
        _add_dated(columns, Variable(name, label=label, storage=storage), _cells_below(rows, places[0]))
    for name, (text, places) in zip(_question_names(len(spans) - first), spans[first:], strict=True):
        options = [(strip_html(rows[1][place]), _cells_below(rows, place)) for place in places]
        _add_question(columns, Variable(name, label=Text.same(text), question=Text.same(text)), options)
    return columns


def _cells_below(rows: Sequence[Sequence[str]], place: int) -> NDArray[Any]:
    return np.array([row[place].strip() for row in rows[2:]], dtype=object)


def _surveymonkey_field(text: str) -> tuple[str, Text, Storage] | None:
    """Return the name, label and storage of what is no answer; None for a question."""
    key = letters_of(text)
    if key.startswith(("custom", "donneesperso")):
        return ("custom_" + re.sub(r"\D", "", key)).rstrip("_"), Text.same(text), "words"
    name = "respondent_id" if key in SURVEYMONKEY_IDENTIFIERS else known_headings("surveymonkey").get(key)
    if name is None:
        return None
    return name, WORDS(f"surveymonkey_column.{name}"), "moment" if name.endswith("_date") else "words"


def _add_question(columns: FormColumns, question: Variable, options: Sequence[tuple[str, NDArray[Any]]]) -> None:
    """Put the columns of one question at the end: its answer, its boxes or its rows, and what was written beside."""
    beside = None
    last, cells = options[-1]
    if len(options) > 1 and last.lower().startswith(_OTHER) and not _distinct_words(cells) <= {last}:
        beside = replace(question, name=f"{question.name}_other", label=Text.same(last), part_of=question.name)
        options = options[:-1]
    if _are_boxes(options):
        ticked = np.array([each != "" for _, each in options], dtype=bool).T
        seen = None if beside is None else np.array(cells != "", dtype=bool)
        columns.add_boxes(question, [Text.same(option) for option, _ in options], ticked, seen=seen)
    elif len(options) == 1:
        columns.add(question, options[0][1])
    else:
        for place, (option, answers) in enumerate(options, 1):
            item = replace(question, name=f"{question.name}_{place}", label=Text.same(option), part_of=question.name)
            columns.add(item, answers)
    if beside is not None:
        columns.add(beside, cells)


def _distinct_words(cells: NDArray[Any]) -> set[str]:
    return {strip_html(str(word)) for word in pd.unique(cells)} - {""}


def _are_boxes(options: Sequence[tuple[str, NDArray[Any]]]) -> bool:
    """Return whether each column holds nothing but its own option, in words or as its number."""
    columns = [(option, str(place), _distinct_words(cells)) for place, (option, cells) in enumerate(options, 1)]
    if not any(words for *_, words in columns):
        return False
    in_words = all(words <= {option} for option, _, words in columns)
    return in_words or (len(columns) > 1 and all(words <= {number} for _, number, words in columns))


def _columns_by_name(rows: Sequence[Sequence[str]]) -> FormColumns:
    """Return the columns of a file made from the SPSS export, by their names: `q0004_0002` is an item of `q0004`."""
    read = FormColumns()
    columns = columns_of(rows[0], rows[1:])
    boxes = _boxes_by_name(columns)
    for name, cells in columns.items():
        field, item = _surveymonkey_field(name), SURVEYMONKEY_NUMBERED.fullmatch(name)
        missing: dict[Code, str] = {word: why for word, why in _NOT_ANSWERED.items() if bool((cells == word).any())}
        variable = Variable(name, missing=missing)
        if field is not None:
            variable = replace(variable, label=field[1], storage=field[2])
        elif item is not None and item["item"]:
            variable = replace(variable, part_of=item["question"])
        if name in boxes:
            variable = replace(variable, label=Text.same(boxes[name]))
        _add_dated(read, variable, cells)
    questions: dict[str, list[str]] = {}
    for name in boxes:
        questions.setdefault(name.partition("_")[0], []).append(name)
    for question, names in questions.items():
        cells = np.array([columns[name] for name in names], dtype=object).T
        unanswered = np.where(np.isin(cells[:, 0], list(_NOT_ANSWERED)), cells[:, 0], "")
        ticked = ~np.isin(cells, ["", _NOT_SELECTED, *_NOT_ANSWERED])
        seen = np.array((cells == _NOT_SELECTED).any(axis=1), dtype=bool)
        read.make_boxes(question, names, Text.same(question), ticked, seen, unanswered)
    return read


def _boxes_by_name(columns: Mapping[str, NDArray[Any]]) -> dict[str, str]:
    """Return the columns that are boxes with their label: they hold one answer, and `Not selected`."""
    boxes = {}
    for name, cells in columns.items():
        item = SURVEYMONKEY_NUMBERED.fullmatch(name)
        words = _distinct_words(cells) - set(_NOT_ANSWERED)
        if item is not None and item["item"] and _NOT_SELECTED in words and len(words) < 3:
            boxes[name] = next(iter(words - {_NOT_SELECTED}), name)
    return boxes
