"""What Qualtrics writes of each response beside its answers: when, how long, from where."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from diplab.loaders.codebook_merge import plain_words
from diplab.loaders.multi_select import YES_NO
from diplab.loaders.text.grid import columns_of
from diplab.microdata.variable import Variable
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from diplab.loaders.qualtrics.qsf import Question, Survey
    from diplab.microdata.variable import Code, Measure, Storage

__all__ = [
    "Column",
    "Field",
    "Place",
    "columns_in",
    "field_of",
    "field_variable",
    "header_lines",
    "import_id",
    "item_labels",
    "place_of_import",
    "place_of_name",
    "places_by_name",
    "shared_beginning",
]


_STATUS: Mapping[Code, Text] = {
    0: Text("adresse IP", "IP address"),
    1: Text("aperçu", "survey preview"),
    2: Text("test", "survey test"),
    4: Text("importée", "imported"),
    8: Text("pourriel possible", "possible spam"),
    9: Text("aperçu, pourriel possible", "preview, possible spam"),
    12: Text("importée, pourriel possible", "imported, possible spam"),
    16: Text("hors ligne", "offline"),
    17: Text("aperçu hors ligne", "offline preview"),
}

_STATUS_WRITTEN = {
    "IP Address": "0",
    "Survey Preview": "1",
    "Survey Test": "2",
    "Imported": "4",
    "Spam": "8",
    "Offline": "16",
}
_FINISHED_WRITTEN = {"True": "1", "False": "0", "TRUE": "1", "FALSE": "0"}


@dataclass(frozen=True)
class Field:
    """One column that is no answer.

    Parameters
    ----------
    label : Text
        What it is.
    storage, measure, values
        As in `Variable`.
    written : mapping of str to str
        Words that stand for codes in exports of choice text.
    personal : bool
        True where it says who answered, or where from.
    """

    label: Text
    storage: Storage = "words"
    measure: Measure = "unknown"
    values: Mapping[Code, Text] = field(default_factory=dict)
    written: Mapping[str, str] = field(default_factory=dict)
    personal: bool = False


_IDENTIFIER = Field(Text("identifiant de la réponse", "identifier of the response"))
_REFERENCE = Field(Text("référence externe", "external reference"), personal=True)
_EMAIL = Field(Text("courriel", "e-mail address"), personal=True)
_DURATION = Field(Text("durée, en secondes", "duration, in seconds"), "", "scale")

_FIELDS: dict[str, Field] = {
    "startdate": Field(Text("début", "start"), "moment"),
    "enddate": Field(Text("fin", "end"), "moment"),
    "recordeddate": Field(Text("enregistrement", "recorded"), "moment"),
    "status": Field(Text("type de réponse", "type of response"), "", "nominal", _STATUS, _STATUS_WRITTEN),
    "progress": Field(Text("avancement, en %", "progress, in %"), "", "scale"),
    "duration": _DURATION,
    "duration (in seconds)": _DURATION,
    "finished": Field(
        Text("questionnaire terminé", "questionnaire finished"), "", "nominal", YES_NO, _FINISHED_WRITTEN
    ),
    "responseid": _IDENTIFIER,
    "_recordid": _IDENTIFIER,
    "responseset": Field(Text("lot de réponses", "set of responses")),
    "responsesetid": Field(Text("lot de réponses", "set of responses")),
    "distributionchannel": Field(Text("mode de diffusion", "channel of distribution")),
    "userlanguage": Field(Text("langue du questionnaire", "language of the questionnaire")),
    "ipaddress": Field(Text("adresse IP", "IP address"), personal=True),
    "name": Field(Text("nom", "name"), personal=True),
    "recipientlastname": Field(Text("nom", "last name"), personal=True),
    "recipientfirstname": Field(Text("prénom", "first name"), personal=True),
    "recipientemail": _EMAIL,
    "emailaddress": _EMAIL,
    "externalreference": _REFERENCE,
    "externaldatareference": _REFERENCE,
    "locationlatitude": Field(Text("latitude", "latitude"), "", "scale", personal=True),
    "locationlongitude": Field(Text("longitude", "longitude"), "", "scale", personal=True),
    "locationaccuracy": Field(Text("précision du lieu", "accuracy of the place"), "", "scale"),
}


def field_of(identifier: str) -> Field | None:
    """Return what a column is by its identifier or name; None where it is an answer.

    Examples
    --------
    >>> field_of("panel-RecipientEmail").personal, field_of("ResponseID").personal, field_of("QID1")
    (True, False, None)
    """
    bare = identifier.strip().lower()
    return _FIELDS.get(bare) or _FIELDS.get(bare.removeprefix("panel-").removeprefix("location-"))


def field_variable(name: str, found: Field) -> Variable:
    """Return the variable of such a column."""
    return Variable(
        name, label=found.label, values=found.values, measure=found.measure, storage=found.storage
    )


_IMPORT = re.compile(
    r"(?:(?P<loop>[A-Za-z0-9]+)_)?(?P<key>QID\d+)(?:#(?P<part>\d+))?(?P<tail>(?:[-_][A-Za-z0-9]+)*)"
)
_LOOPED = re.compile(r"(?P<before>[A-Za-z]?\d+)_(?P<name>.+)|(?P<same>.+)\((?P<after>\w+)\)")
_MOST_CELLS = 100_000
"""Rows times columns of a matrix, beyond which a questionnaire is damaged."""

_IMPORT_ID = re.compile(r"""["']ImportId["']\s*:\s*["']([^"']*)["']""")


@dataclass(frozen=True)
class Place:
    """Where a column stands in the questionnaire.

    Parameters
    ----------
    key : str
        Question (`QID12`).
    part : str
        Part of a side by side.
    loop : str
        Loop of a loop and merge block.
    items : tuple of str
        Numbers of the choice, or of the row and the choice.
    extra : str
        What the column holds beside: `TEXT`, `RANK`, `FIRST_CLICK`.
    """

    key: str
    part: str = ""
    loop: str = ""
    items: tuple[str, ...] = ()
    extra: str = ""

    def of(self, survey: Survey) -> Question | None:
        """Return its question, or its part of a side by side."""
        question = survey.questions.get(self.key)
        return question.parts.get(self.part) if question is not None and self.part else question


def import_id(cell: str) -> str:
    """Return the identifier that a cell of the third header line holds, as JSON or as Python writes it.

    Examples
    --------
    >>> import_id('{"ImportId":"QID1"}'), import_id("{'ImportId': 'QID9-1'}"), import_id("Do you work?")
    ('QID1', 'QID9-1', '')
    """
    found = _IMPORT_ID.search(cell) if cell.lstrip().startswith("{") else None
    return found.group(1) if found else ""


def place_of_import(identifier: str) -> Place | None:
    """Return where a column stands by its identifier; None for what is no answer (`startDate`).

    Examples
    --------
    >>> place_of_import("2_QID11#2_1_3")
    Place(key='QID11', part='2', loop='2', items=('1', '3'), extra='')
    >>> place_of_import("QID16-8-TEXT").extra, place_of_import("startDate")
    ('TEXT', None)
    """
    found = _IMPORT.fullmatch(identifier)
    if found is None:
        return None
    pieces = re.split("[-_]", found["tail"])[1:]
    count = next((place for place, each in enumerate(pieces) if not _is_number(each)), len(pieces))
    extra = "_".join(pieces[count:])
    return Place(found["key"], found["part"] or "", found["loop"] or "", tuple(pieces[:count]), extra)


def _is_number(piece: str) -> bool:
    return piece.removeprefix("x").isdigit()


def places_by_name(survey: Survey) -> dict[str, Place]:
    """Return every name that a column of a survey may have, with its place."""
    found: dict[str, Place] = {}
    for key, question in survey.questions.items():
        for name, place in _names(question, Place(key)):
            found.setdefault(name, place)
        for part, asked in question.parts.items():
            for name, place in _names(_tagged(asked, question, part), Place(key, part)):
                found.setdefault(name, place)
    return found


def place_of_name(name: str, places: Mapping[str, Place]) -> Place | None:
    """Return where a column stands by its name, `1_Q12` and `Q12(1)` being the first loop of `Q12`.

    Examples
    --------
    >>> place_of_name("2_Q1", {"Q1": Place("QID1")}).loop
    '2'
    """
    if name in places:
        return places[name]
    looped = _LOOPED.fullmatch(name)
    within = looped and places.get(looped["name"] or looped["same"])
    return replace(within, loop=looped["before"] or looped["after"]) if looped and within else None


def _tagged(part: Question, question: Question, number: str) -> Question:
    """Return a part of a side by side with its tag, by default that of the question and its number."""
    return part if part.tag else replace(part, tag=f"{question.tag}#{number}")


def _names(question: Question, place: Place) -> Iterator[tuple[str, Place]]:
    """Return the names that the columns of one question may have."""
    shape, tag = question.shape, question.tag
    answers = question.answers if len(question.answers) * len(question.choices) <= _MOST_CELLS else {}
    yield tag, place
    yield f"{tag}_TEXT", replace(place, extra="TEXT")
    for number, choice in question.choices.items():
        of_choice = replace(place, items=(number,))
        stems = [f"{tag}_{number}"]
        if choice.tag:
            stems += [choice.tag, re.sub(r"[^\w ]", "_", choice.tag), f"{tag}_{choice.tag}"]
        if question.answer_tag:
            stems += [f"{stem}: {question.answer_tag}" for stem in stems]
            stems += [f"{stem}: {place.part}" for stem in stems[:1]]
        elif place.part:
            stems.append(f"{tag.partition('#')[0]}_{number}: {place.part}")
        for stem in stems:
            if shape in ("boxes", "cells"):
                for answer in answers:
                    yield f"{stem}_{answer}", replace(of_choice, items=(number, answer))
                    text = replace(of_choice, items=(number, answer), extra="TEXT")
                    yield f"{stem}_{answer}_TEXT", text
            else:
                yield stem, of_choice
            yield f"{stem}_TEXT", replace(of_choice, extra="TEXT")


_UNNAMED = re.compile(r"V\d+")
_RESPONSE = re.compile(r"R_\w{10,}")
_DATES = ("StartDate", "EndDate", "RecordedDate")
_BESIDE = ("Finished", "Status", "ResponseSet")
_ITEM = re.compile(r"(?P<stem>.+)_(?P<item>-?\d+)")


@dataclass(frozen=True)
class Column:
    """One column of the export.

    Parameters
    ----------
    name : str
        As in the first line; where that says only `V1`, as in the second.
    text : str
        The question, as the second line has it, without HTML.
    field : Field or None
        What Qualtrics wrote beside the answers, if it is that.
    place : Place or None
        Where it stands in the questionnaire, where that is known.
    cells : array of str, shape (rows,)
        Its answers.
    """

    name: str
    text: str
    field: Field | None
    place: Place | None
    cells: NDArray[Any]


def header_lines(records: Sequence[Sequence[str]]) -> int:
    """Return how many header lines an export has, by its first three records; 0 where it is not of Qualtrics.

    Three lines hold names, questions and identifiers. Two hold names and questions: the names are then `V1`, `V2`...
    above `ResponseID`, or below the names of what Qualtrics adds (`ResponseId`, `StartDate`) stand words. A file of one
    line, whose answers were worked on, is not taken for one of two.

    Examples
    --------
    >>> header_lines([["Q1"], ["Do you work?"], ['{"ImportId":"QID1"}']])
    3
    >>> header_lines([["V1", "V8", "Q1"], ["ResponseID", "StartDate", "Work?"], ["R_2YPOQ602ER1jkf1", "", "1"]])
    2
    """
    if len(records) > 2 and 2 * sum(map(bool, map(import_id, records[2]))) > sum(map(bool, records[2])):
        return 3
    if len(records) < 2 or len(records[0]) != len(records[1]):
        return 0
    pairs = list(zip(*records[:2], strict=True))
    if any(_UNNAMED.fullmatch(name) and below.lower() == "responseid" for name, below in pairs):
        return 2
    named = dict(pairs)
    below = next((cell.strip() for name, cell in pairs if name.lower() == "responseid"), "")
    dates = [named[name] for name in _DATES if named.get(name)]
    words = any(not any(map(str.isdigit, cell)) for cell in dates) or any(
        named.get(name) == name for name in _BESIDE
    )
    asked = bool(below) and not any(map(str.isdigit, below)) and not _RESPONSE.fullmatch(below)
    return 2 if asked and words else 0


def columns_in(rows: Sequence[Sequence[str]], survey: Survey | None) -> list[Column]:
    """Return the columns of an export.

    Parameters
    ----------
    rows : sequence of sequence of str
        Its records, the header lines first.
    survey : Survey or None
        The questionnaire, where there is one.
    """
    lines = header_lines(rows[:3]) or 1
    names = list(rows[0])
    texts = list(rows[1]) if lines > 1 else [""] * len(names)
    identifiers = [import_id(cell) for cell in rows[2]] if lines == 3 else [""] * len(names)
    names = [
        text if _UNNAMED.fullmatch(name) and field_of(text) else name
        for name, text in zip(names, texts, strict=True)
    ]
    named = {} if survey is None else places_by_name(survey)
    found: list[Column] = []
    for name, cells in columns_of(names, [names, texts, identifiers, *rows[lines:]]).items():
        was, text, identifier = cells[:3]
        if lines == 3:
            field, place = field_of(identifier), place_of_import(identifier)
        else:
            place = place_of_name(was, named)
            field = field_of(was) if place is None and text in ("", was) else None
        found.append(Column(name, plain_words(text), field, place, cells[3:]))
    return found if survey is not None or lines != 2 else _guessed(found)


def _guessed(columns: Sequence[Column]) -> list[Column]:
    """Give a place to the columns of an export of two lines without its questionnaire: by name, `Q9_1` beside `Q9_2`.

    A column whose second line repeats its name is embedded data, no question.
    """
    placed = []
    for each in columns:
        found = _ITEM.fullmatch(each.name)
        asked = each.field is None and each.text not in ("", each.name)
        place = Place(found["stem"], items=(found["item"],)) if found else Place(each.name)
        placed.append(Column(each.name, each.text, each.field, place if asked else None, each.cells))
    return placed


def item_labels(texts: Sequence[str]) -> tuple[str, list[str]]:
    """Return the question that the columns of one question share, and what each of them adds after a dash.

    Examples
    --------
    >>> item_labels(["Which do you use?-Mail", "Which do you use?-Mobile phone"])
    ('Which do you use?', ['Mail', 'Mobile phone'])
    >>> item_labels(["Do you work?"])
    ('Do you work?', ['Do you work?'])
    """
    shared = shared_beginning(texts)
    cut = shared.rfind("-") + 1 if len(texts) > 1 else 0
    labels = [text[cut:].strip() for text in texts]
    if cut == 0 or not all(labels):
        return (texts[0] if len(texts) == 1 else ""), list(texts)
    return shared[:cut].rstrip(" -"), labels


def shared_beginning(words: Sequence[str]) -> str:
    """Return the letters with which all words begin.

    Examples
    --------
    >>> shared_beginning(["Q14_130", "Q14_139"])
    'Q14_13'
    """
    first, last = min(words), max(words)
    unlike = (place for place, pair in enumerate(zip(first, last, strict=False)) if len(set(pair)) > 1)
    return first[: next(unlike, len(first))]
