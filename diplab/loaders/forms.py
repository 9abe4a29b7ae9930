"""Web forms: exports of Google Forms, Prolific and SurveyMonkey."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from diplab.loaders.cells import microdata_of_cells
from diplab.loaders.codebook_merge import personal_left_out, plain_words
from diplab.loaders.multi_select import YES_NO, box_cells, parted_columns
from diplab.loaders.notices import naming
from diplab.loaders.text.grid import columns_of, first_records, grid
from diplab.loaders.written_moments import iso_moments
from diplab.microdata.codebook import Codebook
from diplab.microdata.responses import Responses
from diplab.microdata.variable import Variable
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from diplab.loaders.request import Request
    from diplab.loaders.source import SourceFile
    from diplab.microdata.microdata import Microdata
    from diplab.microdata.variable import Code, Storage

__all__ = [
    "FIRST",
    "Answered",
    "asked_by_google",
    "asked_in_lines",
    "asked_in_names",
    "asked_on_two_lines",
    "bare",
    "is_google_forms",
    "is_personal",
    "is_prolific",
    "is_surveymonkey",
    "numbered",
    "question_names",
    "read_google_forms",
    "read_prolific",
    "read_surveymonkey",
]


_TIMESTAMP = {"Timestamp", "Horodateur", "Carimbo de data/hora", "Marca temporal", "Zeitstempel"}
_TIMESTAMP |= {"Informazioni cronologiche", "Tijdstempel", "Sygnatura czasowa"}
"""With a capital: `timestamp` is the name that diplab gives, in files that it wrote."""

_OWN_STAMP = re.compile(
    r"\d{4}/\d{1,2}/\d{1,2} \d{1,2}:\d{2}:\d{2}(?: [AaPp]\.?[Mm]\.?)? [A-Z]{2,5}(?:[+-][\d:]{1,5})?"
)
_SURE = re.compile(r"\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4}(?=[T ,])")

_EMAIL = {"username", "email address", "adresse e-mail", "nom d'utilisateur", "nom d’utilisateur"}
_EMAIL |= {"endereço de e-mail", "dirección de correo electrónico", "e-mail-adresse", "indirizzo email"}


def is_google_forms(source: SourceFile, request: Request) -> bool:
    """Return whether a text holds the answers of a Google form: its first column is the timestamp of the form."""
    return asked_by_google(first_records(source, 2))


def asked_by_google(records: Sequence[Sequence[str]]) -> bool:
    """Return whether a header and the record below are those of a Google form.

    The first column is the timestamp, and holds days and hours; a question is more than a name, unless the timestamp
    is written as Google alone does, with its zone. A table of a colleague that begins with a timestamp keeps its names.

    Examples
    --------
    >>> asked_by_google([["Timestamp", "Do you work?"], ["25/11/2026 14:03:10", "yes"]])
    True
    >>> asked_by_google([["Timestamp", "temperature"], ["25/11/2026 14:03:10", "20.5"]])
    False
    """
    if not records or len(records[0]) < 2 or records[0][0].strip() not in _TIMESTAMP:
        return False
    asked = any(not name.strip().isidentifier() for name in records[0][1:])
    stamp = records[1][0].strip() if len(records) > 1 else ""
    if _OWN_STAMP.fullmatch(stamp):
        return True
    clock = ":" in stamp
    return asked and (
        not stamp or (clock and iso_moments(np.array([_SURE.sub("2000/1/1", stamp)])) is not None)
    )


def read_google_forms(source: SourceFile, request: Request) -> Microdata:
    """Read the answers of a Google form.

    Columns are named `timestamp`, then `q01`, `q02`... in the order of the form; the questions stand in the codebook.
    The rows of a grid (`Question [Row]`) are one question: `q03_1`, `q03_2`. Where the cells of a column hold
    several answers, it is parted into columns of 1 and 0, `q04_1`, `q04_2`... in the order in which the answers
    appear, and is a set. Google writes `;` between answers in a CSV, and a comma in a spreadsheet: at a comma, columns
    are parted only where it is sure. Who ticked nothing is missing.

    The e-mail address, where the form asked for it, is left out unless `private=True`.

    Parameters
    ----------
    source : SourceFile
        The file.
    request : Request
        Codebook, columns and rows. A set in the codebook under the name of a column parts that column.

    Returns
    -------
    Microdata
        Answers in words, and the codebook.

    Raises
    ------
    LoadError
        Where the file is not text, or its records are not as wide as its header.
    ColumnError
        Where one of the columns asked for is not in the file.
    """
    rows, written = grid(source)
    asked = _variables(rows[0])
    personal = [each.name for each in asked if each.name.startswith("email")]
    kept = [
        _dated(variable, np.array([row[place] for row in rows[1:]], dtype=object))
        for place, variable in enumerate(asked)
        if request.private or variable.name not in personal
    ]
    cells, found, notices = parted_columns(kept, request.codebook, (";", ","))
    return microdata_of_cells(
        source,
        request,
        cells,
        found,
        reader=f"Google Forms, {written}",
        comma=written.delimiter != ",",
        notices=(*personal_left_out(source, request, personal), *notices),
    )


def _dated(variable: Variable, column: NDArray[Any]) -> tuple[Variable, NDArray[Any]]:
    """Return the timestamp as moments, or as words where one cannot be read; another column as it is."""
    moments = iso_moments(column) if variable.name == "timestamp" else None
    if moments is not None:
        return replace(variable, storage="moment"), moments
    return (replace(variable, storage="words") if variable.storage else variable), column


def _variables(header: Sequence[str]) -> list[Variable]:
    """Return one variable a column: the rows of a grid, which stand side by side, are one question."""
    grids = [_grid_row(words) for words in header]
    keys = [("grid", found[0]) if found else ("alone", str(place)) for place, found in enumerate(grids)]
    emails = [place for place, words in enumerate(header) if place and words.strip().lower() in _EMAIL]
    special = ["timestamp", *[""] * (len(header) - 1)]
    for number, place in enumerate(emails, 1):
        special[place] = "email" if number == 1 else f"email_{number}"
    order = list(dict.fromkeys(key for key, name in zip(keys, special, strict=True) if not name))
    named = dict(zip(order, question_names(len(order)), strict=True))
    found: list[Variable] = []
    for place, words in enumerate(header):
        text, name = plain_words(words), special[place] or named[keys[place]]
        row = grids[place]
        if special[place]:
            found.append(Variable(name, label=Text.same(text), storage="words"))
        elif row is None or keys.count(keys[place]) == 1:
            found.append(Variable(name, label=Text.same(text), question=Text.same(text)))
        else:
            item = f"{name}_{keys[:place].count(keys[place]) + 1}"
            question, label = (Text.same(plain_words(part)) for part in row)
            found.append(Variable(item, label=label or question, question=question, part_of=name))
    return found


def _grid_row(words: str) -> tuple[str, str] | None:
    """Return the question and the row of a grid that a header names, `Question [Row]`; None for another."""
    question, mark, row = words.strip().removesuffix("]").rpartition("[")
    return (
        (question.strip(), row.strip()) if mark and words.strip().endswith("]") and question.strip() else None
    )


def question_names(count: int) -> list[str]:
    """Return short names of questions in their order, as long as one another.

    Examples
    --------
    >>> question_names(2), question_names(120)[-1]
    (['q01', 'q02'], 'q120')
    """
    width = max(2, len(str(count)))
    return [f"q{place:0{width}d}" for place in range(1, count + 1)]


_NO_ANSWER = {"CONSENT_REVOKED": "consent revoked", "DATA_EXPIRED": "answer expired"}
# a whole cell: what a respondent wrote may hold the words
_TAKEN_BACK = re.compile(rb"[,;\t\n]\"?(?:CONSENT_REVOKED|DATA_EXPIRED)\"?(?:[,;\t\r\n]|\Z)")
_PEOPLE = ("participantid", "prolificpid", "prolificid")
_LABELS = {
    "submissionid": Text("identifiant de la participation", "identifier of the submission"),
    "participantid": Text("identifiant du participant", "identifier of the participant"),
    "status": Text("issue de la participation", "status of the submission"),
    "startedat": Text("début", "start"),
    "completedat": Text("fin", "end"),
    "timetaken": Text("durée, en secondes", "time taken, in seconds"),
    "totalapprovals": Text("participations acceptées", "approved submissions"),
}
_NO_LETTERS = re.compile(r"[^a-z]")


def is_prolific(source: SourceFile, request: Request) -> bool:
    """Return whether a text comes from Prolific: its columns, or a cell that says that an answer was taken back."""
    records = first_records(source, 1)
    names = {_bare(name) for name in records[0]} if records else set()
    ours = "participantid" in names and bool(names & {"submissionid", "sessionid"})
    return ours or (len(names) > 1 and _TAKEN_BACK.search(source.content) is not None)


def read_prolific(source: SourceFile, request: Request) -> Microdata:
    """Read an export of Prolific.

    `CONSENT_REVOKED` is missing, "consent revoked"; `DATA_EXPIRED` is missing, "answer expired": the participant has
    not confirmed the answer for too long. Moments are read as such. Where the cells of a column hold several answers
    (lists `["a", "b"]`, or commas where that is sure), it is parted into columns of 1 and 0 and is a set.

    The identifier of the participant is kept, for it is the key to the answers, and a notice says so.

    Parameters
    ----------
    source : SourceFile
        The file.
    request : Request
        Codebook, columns and rows. A set in the codebook under the name of a column parts that column.

    Returns
    -------
    Microdata
        Answers as written, and the codebook.

    Raises
    ------
    LoadError
        Where the file is not text, or its records are not as wide as its header.
    ColumnError
        Where one of the columns asked for is not in the file.
    """
    rows, written = grid(source)
    columns = [
        _read_column(name, column) if _is_wanted(name, request) else (Variable(name, storage="words"), column)
        for name, column in columns_of(rows[0], rows[1:]).items()
    ]
    cells, found, notices = parted_columns(columns, request.codebook, (";", ","))
    return microdata_of_cells(
        source,
        request,
        cells,
        found,
        reader=f"Prolific, {written}",
        comma=written.delimiter != ",",
        notices=(*_people([name for name in found.variables if _is_wanted(name, request)]), *notices),
    )


def _read_column(name: str, column: NDArray[Any]) -> tuple[Variable, NDArray[Any]]:
    """Return what a column means, answers taken back among its missing codes, and its moments in ISO 8601."""
    gone = _gone(column)
    variable = Variable(name, label=_LABELS.get(_bare(name)) or Text.same(name), missing=gone)
    lost = np.array([word in gone for word in column], dtype=bool)
    moments = iso_moments(np.where(lost, "", column))
    if moments is None:
        return variable, column
    return replace(variable, storage="moment"), np.where(lost, column, moments)


def _is_wanted(name: str, request: Request) -> bool:
    """Return whether a column was asked for, or one of those into which it may be parted."""
    columns = request.columns
    return columns is None or any(each == name or each.startswith(f"{name}_") for each in columns)


def _bare(name: str) -> str:
    return _NO_LETTERS.sub("", name.lower())


def _gone(column: NDArray[Any]) -> dict[int | float | str, str]:
    """Return the codes of answers taken back that a column holds, with their reasons."""
    held = set(column)
    return {word: reason for word, reason in _NO_ANSWER.items() if word in held}


def _people(names: Sequence[str]) -> tuple[Text, ...]:
    """Return a notice on the columns that name participants."""
    return naming(
        [name for name in names if _bare(name) in _PEOPLE],
        "Identifiants personnels gardés pour joindre les fichiers : {names} ; à pseudonymiser ensuite.",
        "Personal identifiers kept in order to join files: {names}; pseudonymise them afterwards.",
    )


_OTHER = ("other", "autre", "outro", "otro", "andere")
_FIELDS: dict[str, tuple[str, Text, Storage]] = {
    "respondentid": (
        "respondent_id",
        Text("identifiant du répondant", "identifier of the respondent"),
        "words",
    ),
    "collectorid": (
        "collector_id",
        Text("identifiant du collecteur", "identifier of the collector"),
        "words",
    ),
    "startdate": ("start_date", Text("début", "start"), "moment"),
    "datecreated": ("start_date", Text("début", "start"), "moment"),
    "enddate": ("end_date", Text("fin", "end"), "moment"),
    "datemodified": ("end_date", Text("fin", "end"), "moment"),
    "ipaddress": ("ip_address", Text("adresse IP", "IP address"), "words"),
    "emailaddress": ("email_address", Text("courriel", "e-mail address"), "words"),
    "firstname": ("first_name", Text("prénom", "first name"), "words"),
    "lastname": ("last_name", Text("nom", "last name"), "words"),
}
_FRENCH = {
    "idducollecteur": "collectorid",
    "datededebut": "startdate",
    "datedefin": "enddate",
    "adresseip": "ipaddress",
    "adresseemail": "emailaddress",
    "prenom": "firstname",
    "nomdefamille": "lastname",
    "nom": "lastname",
}

FIRST = {"respondentid", "idrepondant", "iddurepondant", "idderepondant"}
"""How the first column is called, in small letters: it identifies respondents."""

_PERSONAL = {"ip_address", "email_address", "first_name", "last_name"}
_CUSTOM = re.compile(r"custom(?:_\d+)*")
_NUMBERED = re.compile(r"(?P<question>q\d{4})(?:_(?P<item>\d{4}))?")
_NOT_SELECTED = "Not selected"
_NOT_ANSWERED = {"No answer": "no answer", "NA": ""}


@dataclass
class Answered:
    """Columns of an export: cells, variables, sets."""

    cells: dict[str, NDArray[Any]] = field(default_factory=dict)
    variables: dict[str, Variable] = field(default_factory=dict)
    sets: dict[str, Responses] = field(default_factory=dict)

    def add(self, variable: Variable, cells: NDArray[Any]) -> None:
        """Put one column at the end; moments are read where they can be."""
        moments = iso_moments(cells) if variable.storage == "moment" else None
        self.cells[variable.name] = cells if moments is None else moments
        self.variables[variable.name] = variable


def bare(name: str) -> str:
    """Return a name in small letters without accents, spaces or marks.

    Examples
    --------
    >>> bare("Respondent ID"), bare("ID du répondant")
    ('respondentid', 'iddurepondant')
    """
    plain = unicodedata.normalize("NFKD", name.lower())
    return "".join(letter for letter in plain if letter.isascii() and letter.isalnum())


def is_personal(name: str) -> bool:
    """Return whether a column says who answered."""
    return name in _PERSONAL or _CUSTOM.fullmatch(name) is not None


def asked_on_two_lines(records: Sequence[Sequence[str]]) -> bool:
    """Return whether the first two records are header lines of an export.

    Nothing stands below what identifies respondents. Below the rest stand answers to choose (under questions that
    stand above the first of their columns), `Response`, or nothing again below another field of SurveyMonkey: a table
    of which the first respondent has no identifier is not taken for an export.

    Examples
    --------
    >>> asked_on_two_lines([["Respondent ID", "Work?"], ["", "Response"]])
    True
    >>> asked_on_two_lines([["respondent_id", "age", "town"], ["", "31", "Lyon"]])
    False
    """
    if len(records) < 2 or len(records[0]) != len(records[1]) or records[1][0].strip():
        return False
    pairs = [(above.strip(), below.strip()) for above, below in zip(*records[:2], strict=True)][1:]
    said = [below for _, below in pairs if below]
    fields = any(_FRENCH.get(bare(above), bare(above)) in _FIELDS for above, below in pairs if not below)
    boxes = any(not above for above, below in pairs if below)
    responses = any("response" in bare(below) or "reponse" in bare(below) for below in said)
    numbers = all(below.replace(",", ".").replace(".", "", 1).isdecimal() for below in said)
    return bool(said) and not numbers and (fields or boxes or responses)


def numbered(names: Sequence[str]) -> bool:
    """Return whether most columns bear names of the SPSS export, `q0004_0002`."""
    return 2 * sum(_NUMBERED.fullmatch(name) is not None for name in names) > len(names)


def asked_in_lines(rows: Sequence[Sequence[str]]) -> Answered:
    """Return the columns of an export of two header lines.

    Parameters
    ----------
    rows : sequence of sequence of str
        Its records: questions, answers to choose, then the respondents. A question stands above the first of its
        columns; above the second line being empty stands what is no question.
    """
    found = Answered()
    spans = _spans(rows[0])
    asked = [any(rows[1][place].strip() for place in places) for _, places in spans]
    first = asked.index(True) if True in asked else len(spans)
    names = question_names(len(spans) - first)
    for text, places in spans[:first]:
        name, label, storage = _field(text) or (bare(text), Text.same(text), "words")
        if not name or name in found.cells:
            name = f"{name or 'column'}_{places[0] + 1}"
        found.add(Variable(name, label=label, storage=storage), _column(rows, places[0]))
    for name, (text, places) in zip(names, spans[first:], strict=True):
        columns = [(plain_words(rows[1][place]), _column(rows, place)) for place in places]
        _add_question(found, Variable(name, label=Text.same(text), question=Text.same(text)), columns)
    return found


def _spans(header: Sequence[str]) -> list[tuple[str, list[int]]]:
    """Return each question with the places of its columns."""
    spans: list[tuple[str, list[int]]] = []
    for place, text in enumerate(header):
        if text.strip() or not spans:
            spans.append((plain_words(text), [place]))
        else:
            spans[-1][1].append(place)
    return spans


def _column(rows: Sequence[Sequence[str]], place: int) -> NDArray[Any]:
    return np.array([row[place].strip() for row in rows[2:]], dtype=object)


def _field(text: str) -> tuple[str, Text, Storage] | None:
    """Return the name, label and storage of what is no answer; None for a question."""
    key = bare(text)
    if key.startswith(("custom", "donneesperso")):
        return ("custom_" + re.sub(r"\D", "", key)).rstrip("_"), Text.same(text), "words"
    return _FIELDS.get("respondentid" if key in FIRST else _FRENCH.get(key, key))


def _add_question(found: Answered, asked: Variable, columns: Sequence[tuple[str, NDArray[Any]]]) -> None:
    """Put the columns of one question at the end: its answer, its boxes or its rows, and what was written beside."""
    options = list(columns)
    beside = None
    last, cells = options[-1]
    if len(options) > 1 and last.lower().startswith(_OTHER) and not _words(cells) <= {last}:
        beside = replace(asked, name=f"{asked.name}_other", label=Text.same(last), part_of=asked.name)
        options = options[:-1]
    if len(options) == 1 and not _are_boxes(options):
        found.add(asked, options[0][1])
    else:
        names = [f"{asked.name}_{place}" for place in range(1, len(options) + 1)]
        items = [
            replace(asked, name=name, label=Text.same(option), part_of=asked.name)
            for name, (option, _) in zip(names, options, strict=True)
        ]
        if _are_boxes(options):
            ticked = np.array([each != "" for _, each in options], dtype=bool).T
            seen = None if beside is None else np.array(cells != "", dtype=bool)
            _add_boxes(found, asked, items, box_cells(ticked, seen))
        else:
            for item, (_, answers) in zip(items, options, strict=True):
                found.add(item, answers)
    if beside is not None:
        found.add(beside, cells)


def _words(cells: NDArray[Any]) -> set[str]:
    return {plain_words(str(word)) for word in pd.unique(cells)} - {""}


def _are_boxes(options: Sequence[tuple[str, NDArray[Any]]]) -> bool:
    """Return whether each column holds nothing but its own option, in words or as its number."""
    held = [(option, str(place), _words(cells)) for place, (option, cells) in enumerate(options, 1)]
    if not any(words for *_, words in held):
        return False
    in_words = all(words <= {option} for option, _, words in held)
    return in_words or (len(held) > 1 and all(words <= {number} for _, number, words in held))


def _add_boxes(
    found: Answered, asked: Variable, items: Sequence[Variable], boxes: Sequence[NDArray[Any]]
) -> None:
    for item, cells in zip(items, boxes, strict=True):
        found.add(replace(item, values=YES_NO, measure="nominal", storage="whole"), cells)
    names = [item.name for item in items]
    found.sets[asked.name] = Responses(asked.name, names, label=asked.label)


def asked_in_names(rows: Sequence[Sequence[str]]) -> Answered:
    """Return the columns of a file made from the SPSS export, by their names: `q0004_0002` is an item of `q0004`.

    Parameters
    ----------
    rows : sequence of sequence of str
        Its records, the names first.
    """
    found = Answered()
    columns = columns_of(rows[0], rows[1:])
    boxes = _boxes_by_name(columns)
    for name, cells in columns.items():
        field, item = _field(name), _NUMBERED.fullmatch(name)
        missing: dict[Code, str] = {
            word: why for word, why in _NOT_ANSWERED.items() if bool((cells == word).any())
        }
        variable = Variable(name, missing=missing)
        if field is not None:
            variable = replace(variable, label=field[1], storage=field[2])
        elif item is not None and item["item"]:
            variable = replace(variable, part_of=item["question"])
        label = boxes.get(name)
        if label is not None:
            variable = replace(variable, label=Text.same(label), values=YES_NO, measure="nominal")
        found.add(variable, cells)
    for question, names in _by_question(boxes).items():
        cells = np.array([columns[name] for name in names], dtype=object).T
        gone = np.where(np.isin(cells[:, 0], list(_NOT_ANSWERED)), cells[:, 0], "")
        ticked = ~np.isin(cells, ["", _NOT_SELECTED, *_NOT_ANSWERED])
        seen = np.array((cells == _NOT_SELECTED).any(axis=1), dtype=bool)
        found.cells |= dict(zip(names, box_cells(ticked, seen, gone), strict=True))
        found.sets[question] = Responses(question, names, label=Text.same(question))
    return found


def _by_question(boxes: Mapping[str, str]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for name in boxes:
        grouped.setdefault(name.partition("_")[0], []).append(name)
    return grouped


def _boxes_by_name(columns: Mapping[str, NDArray[Any]]) -> dict[str, str]:
    """Return the columns that are boxes with their label: they hold one answer, and `Not selected`."""
    found = {}
    for name, cells in columns.items():
        item = _NUMBERED.fullmatch(name)
        words = _words(cells) - set(_NOT_ANSWERED)
        if item is not None and item["item"] and _NOT_SELECTED in words and len(words) < 3:
            found[name] = next(iter(words - {_NOT_SELECTED}), name)
    return found


def is_surveymonkey(source: SourceFile, request: Request) -> bool:
    """Return whether a text is an export of SurveyMonkey.

    It has two header lines (see `asked_on_two_lines`); or most columns bear the names of its SPSS export
    (`q0004_0002`) and boxes not ticked say `Not selected`.
    """
    records = first_records(source, 2)
    if not records or len(records[0]) < 2:
        return False
    if bare(records[0][0]) in FIRST:
        return asked_on_two_lines(records)
    return numbered(records[0]) and b"Not selected" in source.content


def read_surveymonkey(source: SourceFile, request: Request) -> Microdata:
    """Read an export of SurveyMonkey, with all columns (`expanded`), its answers in words or in numbers.

    Columns are named `respondent_id`, `start_date`..., then `q01`, `q02`... in the order of the questionnaire. The
    boxes of a question are columns of 1 and 0, `q03_1`, `q03_2`..., and a set; what was written beside "other" is
    `q03_other`. Who ticked no box and wrote nothing beside is missing. The rows of a matrix are `q04_1`, `q04_2`...

    Files made from the SPSS export keep their names; there `Not selected` says that the question was seen, so that
    boxes are 0 where none is ticked, and `No answer` and `NA` are missing.

    Addresses, names and custom data of respondents are left out unless `private=True`.

    Parameters
    ----------
    source : SourceFile
        The file.
    request : Request
        Codebook, columns and rows.

    Returns
    -------
    Microdata
        Answers, and the codebook.

    Raises
    ------
    LoadError
        Where the file is not text, or its records are not as wide as its header.
    ColumnError
        Where one of the columns asked for is not in the file.
    """
    rows, written = grid(source)
    lines = len(rows) > 1 and bare(rows[0][0]) in FIRST
    found: Answered = asked_in_lines(rows) if lines else asked_in_names(rows)
    personal = [name for name in found.cells if is_personal(name)]
    kept = [name for name in found.cells if request.private or name not in personal]
    cells: dict[str, NDArray[Any]] = {name: found.cells[name] for name in kept}
    codebook = Codebook({name: found.variables[name] for name in kept}, sets=found.sets)
    notices = personal_left_out(source, request, personal)
    comma = written.delimiter != ","
    return microdata_of_cells(
        source, request, cells, codebook, reader=f"SurveyMonkey, {written}", comma=comma, notices=notices
    )
