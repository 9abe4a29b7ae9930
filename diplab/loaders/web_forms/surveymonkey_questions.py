"""The questions of a SurveyMonkey export, from its two header lines or from the names of its columns."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from diplab.loaders.boxes import YES_NO, box_cells
from diplab.loaders.text.grid import columns_of
from diplab.loaders.web_forms.google_forms import question_names
from diplab.loaders.wording import plain_words
from diplab.loaders.written_moments import iso_moments
from diplab.microdata.multiple_response import Responses
from diplab.microdata.variable import Variable
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from diplab.microdata.variable import Code, Storage

__all__ = [
    "FIRST",
    "Answered",
    "asked_in_lines",
    "asked_in_names",
    "asked_on_two_lines",
    "bare",
    "is_personal",
    "numbered",
]

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
_GONE = {"No answer": "no answer", "NA": ""}


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
        missing: dict[Code, str] = {word: why for word, why in _GONE.items() if bool((cells == word).any())}
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
        gone = np.where(np.isin(cells[:, 0], list(_GONE)), cells[:, 0], "")
        ticked = ~np.isin(cells, ["", _NOT_SELECTED, *_GONE])
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
        words = _words(cells) - set(_GONE)
        if item is not None and item["item"] and _NOT_SELECTED in words and len(words) < 3:
            found[name] = next(iter(words - {_NOT_SELECTED}), name)
    return found
