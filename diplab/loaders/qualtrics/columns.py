"""The columns of a Qualtrics export: what Qualtrics adds to a response, and the places of the questionnaire."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from diplab.loaders.multi_select import yes_no
from diplab.loaders.notices import WORDS
from diplab.loaders.questionnaire import strip_html
from diplab.loaders.recognition import header_lines, import_id
from diplab.loaders.text import columns_of
from diplab.microdata.variable import Variable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from diplab.loaders.qualtrics.qsf import QualtricsQuestion, QualtricsSurvey
    from diplab.microdata.variable import Code, Measure, Storage
    from diplab.reference.text import Text

__all__ = [
    "ExportColumn",
    "QuestionPlace",
    "columns_in",
    "field_of",
    "item_labels",
    "place_of_import",
    "place_of_name",
    "places_by_name",
    "shared_beginning",
]


_STATUS_CODES = (0, 1, 2, 4, 8, 9, 12, 16, 17)
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
class ResponseField:
    """One column that Qualtrics writes of each response beside its answers: when, how long, from where."""

    key: str  # of its label among the words of the loaders
    storage: Storage = "words"
    measure: Measure = "unknown"
    written: Mapping[str, str] = field(
        default_factory=dict
    )  # words that replace codes in exports of choice text
    personal: bool = False  # whether it says who answered, or where from

    def variable(self, name: str) -> Variable:
        """Return its variable."""
        values: Mapping[Code, Text] = yes_no() if self.key == "finished" else {}
        if self.key == "status":
            values = {code: WORDS(f"qualtrics_status.{code}") for code in _STATUS_CODES}
        label = WORDS(f"qualtrics_column.{self.key}")
        return Variable(name, label=label, values=values, measure=self.measure, storage=self.storage)


_DURATION = ResponseField("duration", "", "scale")
_IDENTIFIER = ResponseField("response")
_EMAIL = ResponseField("email", personal=True)
_REFERENCE = ResponseField("reference", personal=True)
_RESPONSE_SET = ResponseField("response_set")

_FIELDS: dict[str, ResponseField] = {
    "startdate": ResponseField("start", "moment"),
    "enddate": ResponseField("end", "moment"),
    "recordeddate": ResponseField("recorded", "moment"),
    "status": ResponseField("status", "", "nominal", _STATUS_WRITTEN),
    "progress": ResponseField("progress", "", "scale"),
    "duration": _DURATION,
    "duration (in seconds)": _DURATION,
    "finished": ResponseField("finished", "", "nominal", _FINISHED_WRITTEN),
    "responseid": _IDENTIFIER,
    "_recordid": _IDENTIFIER,
    "responseset": _RESPONSE_SET,
    "responsesetid": _RESPONSE_SET,
    "distributionchannel": ResponseField("channel"),
    "userlanguage": ResponseField("language"),
    "ipaddress": ResponseField("ip_address", personal=True),
    "name": ResponseField("name", personal=True),
    "recipientlastname": ResponseField("last_name", personal=True),
    "recipientfirstname": ResponseField("first_name", personal=True),
    "recipientemail": _EMAIL,
    "emailaddress": _EMAIL,
    "externalreference": _REFERENCE,
    "externaldatareference": _REFERENCE,
    "locationlatitude": ResponseField("latitude", "", "scale", personal=True),
    "locationlongitude": ResponseField("longitude", "", "scale", personal=True),
    "locationaccuracy": ResponseField("accuracy", "", "scale"),
}


def field_of(identifier: str) -> ResponseField | None:
    """Return what a column is by its identifier or name; None where it is an answer.

    Examples
    --------
    >>> field_of("panel-RecipientEmail").personal, field_of("ResponseID").personal, field_of("QID1")
    (True, False, None)
    """
    bare = identifier.strip().lower()
    return _FIELDS.get(bare) or _FIELDS.get(bare.removeprefix("panel-").removeprefix("location-"))


_IMPORT = re.compile(
    r"(?:(?P<loop>[A-Za-z0-9]+)_)?(?P<key>QID\d+)(?:#(?P<part>\d+))?(?P<tail>(?:[-_][A-Za-z0-9]+)*)"
)
_LOOPED = re.compile(r"(?P<before>[A-Za-z]?\d+)_(?P<name>.+)|(?P<same>.+)\((?P<after>\w+)\)")
_MOST_CELLS = 100_000
"""Rows times columns of a matrix, beyond which a questionnaire is damaged."""


@dataclass(frozen=True)
class QuestionPlace:
    """The place of a column in the questionnaire."""

    key: str  # question (`QID12`)
    part: str = ""  # part of a side by side
    loop: str = ""  # loop of a loop and merge block
    items: tuple[str, ...] = ()  # numbers of the choice, or of the row and the choice
    extra: str = ""  # what the column holds beside: `TEXT`, `RANK`, `FIRST_CLICK`

    def of(self, survey: QualtricsSurvey) -> QualtricsQuestion | None:
        """Return its question, or its part of a side by side."""
        question = survey.questions.get(self.key)
        return question.parts.get(self.part) if question is not None and self.part else question


def place_of_import(identifier: str) -> QuestionPlace | None:
    """Return the place of a column by its identifier; None for what is no answer (`startDate`).

    Examples
    --------
    >>> place_of_import("2_QID11#2_1_3")
    QuestionPlace(key='QID11', part='2', loop='2', items=('1', '3'), extra='')
    >>> place_of_import("QID16-8-TEXT").extra, place_of_import("startDate")
    ('TEXT', None)
    """
    match = _IMPORT.fullmatch(identifier)
    if match is None:
        return None
    pieces = re.split("[-_]", match["tail"])[1:]
    count = next(
        (place for place, each in enumerate(pieces) if not each.removeprefix("x").isdigit()), len(pieces)
    )
    extra = "_".join(pieces[count:])
    return QuestionPlace(match["key"], match["part"] or "", match["loop"] or "", tuple(pieces[:count]), extra)


def places_by_name(survey: QualtricsSurvey) -> dict[str, QuestionPlace]:
    """Return every name that a column of a survey may have, with its place."""
    places: dict[str, QuestionPlace] = {}
    for key, question in survey.questions.items():
        for name, place in _names(question, QuestionPlace(key)):
            places.setdefault(name, place)
        for part, beside in question.parts.items():
            # a part without a tag has that of the question and its number
            tagged = beside if beside.name else replace(beside, name=f"{question.name}#{part}")
            for name, place in _names(tagged, QuestionPlace(key, part)):
                places.setdefault(name, place)
    return places


def place_of_name(name: str, places: Mapping[str, QuestionPlace]) -> QuestionPlace | None:
    """Return the place of a column by its name, `1_Q12` and `Q12(1)` being the first loop of `Q12`.

    Examples
    --------
    >>> place_of_name("2_Q1", {"Q1": QuestionPlace("QID1")}).loop
    '2'
    """
    if name in places:
        return places[name]
    looped = _LOOPED.fullmatch(name)
    within = looped and places.get(looped["name"] or looped["same"])
    return replace(within, loop=looped["before"] or looped["after"]) if looped and within else None


def _names(question: QualtricsQuestion, place: QuestionPlace) -> Iterator[tuple[str, QuestionPlace]]:
    """Return the names that the columns of one question may have."""
    shape, tag = question.shape, question.name
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
_ITEM = re.compile(r"(?P<stem>.+)_(?P<item>-?\d+)")


@dataclass(frozen=True)
class ExportColumn:
    """One column of the export."""

    name: str  # as in the first line; where that says only `V1`, as in the second
    text: str  # the question, as the second line has it, without HTML
    field: ResponseField | None  # what Qualtrics wrote beside the answers, if it is that
    place: QuestionPlace | None  # its place in the questionnaire, where that is known
    cells: NDArray[Any]  # its answers


def columns_in(rows: Sequence[Sequence[str]], survey: QualtricsSurvey | None) -> list[ExportColumn]:
    """Return the columns of an export."""
    lines = header_lines(rows[:3]) or 1
    names = list(rows[0])
    texts = list(rows[1]) if lines > 1 else [""] * len(names)
    identifiers = [import_id(cell) for cell in rows[2]] if lines == 3 else [""] * len(names)
    names = [
        text if _UNNAMED.fullmatch(name) and field_of(text) else name
        for name, text in zip(names, texts, strict=True)
    ]
    places = {} if survey is None else places_by_name(survey)
    columns: list[ExportColumn] = []
    for name, cells in columns_of(names, [names, texts, identifiers, *rows[lines:]]).items():
        was, text, identifier = cells[:3]
        if lines == 3:
            field, place = field_of(identifier), place_of_import(identifier)
        else:
            place = place_of_name(was, places)
            field = field_of(was) if place is None and text in ("", was) else None
        columns.append(ExportColumn(name, strip_html(text), field, place, cells[3:]))
    return columns if survey is not None or lines != 2 else _guess_places(columns)


def _guess_places(columns: Sequence[ExportColumn]) -> list[ExportColumn]:
    """Give a place to the columns of an export of two lines without its questionnaire: by name, `Q9_1` beside `Q9_2`.

    A column whose second line repeats its name is embedded data, no question.
    """
    placed = []
    for each in columns:
        item = _ITEM.fullmatch(each.name)
        is_question = each.field is None and each.text not in ("", each.name)
        place = QuestionPlace(item["stem"], items=(item["item"],)) if item else QuestionPlace(each.name)
        placed.append(
            ExportColumn(each.name, each.text, each.field, place if is_question else None, each.cells)
        )
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
