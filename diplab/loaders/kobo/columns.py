"""Columns that KoboToolbox and ODK add to the answers: what they mean, and which of them identify people."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from diplab.loaders.notices import WORDS
from diplab.loaders.questionnaire import strip_markdown
from diplab.reference.text import NOTHING, Text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from diplab.loaders.kobo.xlsform import Xlsform, XlsformQuestion
    from diplab.microdata.variable import Storage

__all__ = [
    "IDENTIFYING_KINDS",
    "FormColumn",
    "holds_positions",
    "identifying_columns",
    "match_columns",
    "metadata_label",
    "storage_of",
]


_MOMENTS = ("start", "end", "_submission_time", "_submission__submission_time", "SubmissionDate")
_NUMBERS = ("_id", "_index", "_parent_index", "_submission__id")

IDENTIFYING_KINDS = {"geopoint", "geotrace", "geoshape", "start-geopoint", "deviceid"}
IDENTIFYING_KINDS |= {"phonenumber", "subscriberid", "simserial", "username", "email", "audit"}
IDENTIFYING_KINDS |= {"background-audio"}
"""Types of questions that place or name a person without being an answer."""

_IDENTIFYING = {"_geolocation", "username", "deviceid", "phonenumber", "devicephonenum"}
_IDENTIFYING |= {"subscriberid", "simserial", "simid", "email", "audit", "audit_url"}
_IDENTIFYING |= {"_submitted_by", "_submission__submitted_by", "submitterid", "submittername"}
_IDENTIFYING |= {"start-geopoint"}

_KOBO_POINT = re.compile(r"^(?=.{1,500}$)(.*?)_([^/]+)_(?:latitude|longitude|altitude|precision)$")
_CENTRAL_POINT = re.compile(r"^(.+)-(?:Latitude|Longitude|Altitude|Accuracy)$")
_POSITION = re.compile(r"(-?\d{1,2}\.\d+) (-?\d{1,3}\.\d+) -?\d+(?:\.\d+)? -?\d+(?:\.\d+)?(?:;.*)?", re.DOTALL)
_STORAGE_OF_KIND: dict[str, Storage] = {"today": "date", "date": "date", "time": "time"}
_STORAGE_OF_KIND |= dict.fromkeys(("start", "end", "datetime"), "moment")
_STORAGE_OF_KIND |= dict.fromkeys(("text", "barcode", "image", "photo", "audio", "video", "file"), "words")


def holds_positions(words: Iterable[object]) -> bool:
    """Return whether a column holds positions on the earth, as ODK writes them: north, east, height, precision."""
    distinct = {str(word).strip() for word in words} - {""}
    return bool(distinct) and all(_POSITION.fullmatch(word) for word in distinct)


@cache
def _column_labels() -> Mapping[str, Text]:
    """Return what each column that the server adds means."""
    return WORDS.section("kobo_column")


def metadata_label(name: str) -> Text:
    """Return what a column that the server adds means; nothing for other columns."""
    return _column_labels().get(name, NOTHING)


def storage_of(name: str, kind: str) -> Storage:
    """Return what the cells of a column are, by the type of its question, or by its name where there is none."""
    if kind:
        return _STORAGE_OF_KIND.get(kind, "")
    if name in _MOMENTS or name == "today":
        return "date" if name == "today" else "moment"
    return "words" if name in _column_labels() and name not in _NUMBERS else ""


def identifying_columns(headers: Collection[str], questions: Collection[str] = ()) -> list[str]:
    """Return the columns that place or name a person without being an answer, by their names alone."""
    points: set[str] = set()
    for header in headers:
        kobo, central = _KOBO_POINT.match(header), _CENTRAL_POINT.match(header)
        if kobo and f"{kobo[1]}{kobo[2]}" in headers:
            points |= {header, f"{kobo[1]}{kobo[2]}"}
        elif central:
            points |= {header, central[1]} & set(headers)
    identifying = [
        header
        for header in headers
        if header in points
        or header.split("/")[-1].lower() in _IDENTIFYING
        or header.lower().startswith("_geolocation")
    ]
    return [header for header in identifying if header not in questions]


_SEPARATORS = ("/", "_", ".", ":")
_MOST_CUTS = 64


@dataclass(frozen=True)
class FormColumn:
    """What a column of an export is."""

    # its name in the data: that of the question in the form, `question/choice` for one choice of several, the
    # header where the form does not know it
    name: str
    question: XlsformQuestion | None = None  # the question that it answers
    choice: str = ""  # code of the choice, where the column says whether it was made


def match_columns(headers: Sequence[str], form: Xlsform | None, repeat: str = "") -> dict[str, FormColumn]:
    """Return what each column of a table is.

    The same answers exported with names or labels as headers, with or without groups, have the same names here.
    """
    if form is None:
        return {header: FormColumn(header) for header in headers}
    within = [each for each in form.questions if each.repeat == repeat]
    questions = _by_writing(within)
    choices = {id(each): _choices_by_writing(each) for each in within if each.kind == "select_multiple"}
    names = [each.name for each in within]
    matched: dict[str, FormColumn] = {}
    taken: set[str] = set()
    for header in headers:
        question, choice = _match_header(header, questions, choices)
        name = header
        if question is not None:
            alone = names.count(question.name) == 1
            name = question.name if alone else "/".join((*question.path, question.name))
            name += f"/{choice}" if choice else ""
        if name in taken or (name != header and name in headers):
            question, choice, name = None, "", header
        taken.add(name)
        matched[header] = FormColumn(name, question, choice)
    return matched


def _by_writing(questions: Iterable[XlsformQuestion]) -> dict[str, XlsformQuestion | None]:
    """Return questions by every header that they may have; None for a header of two."""
    by_header: dict[str, XlsformQuestion | None] = {}
    for writings in (_paths, _names, _labels):
        here: dict[str, XlsformQuestion | None] = {}
        for question in questions:
            for written in writings(question):
                here[written] = None if here.get(written, question) is not question else question
        by_header = {**here, **by_header}
    return by_header


def _paths(question: XlsformQuestion) -> Iterator[str]:
    if question.path:
        parts = (*question.path, question.name)
        # Inside a repeated group the path may begin at the group.
        for start in range(len(parts) - 1):
            yield "/".join(parts[start:])
            yield "-".join(parts[start:])


def _names(question: XlsformQuestion) -> Iterator[str]:
    yield question.name


def _labels(question: XlsformQuestion) -> Iterator[str]:
    for language, words in question.wordings.items():
        label = strip_markdown(words)
        if label:
            yield label
            group = strip_markdown(question.group_wordings.get(language, ""))
            if group:
                yield f"{group}/{label}"


def _choices_by_writing(question: XlsformQuestion) -> dict[str, str]:
    """Return the codes of a question's choices by code and by label."""
    if question.choices is None:
        return {}
    labels = {
        strip_markdown(words): code for code, wordings in question.choices.labels.items() for words in wordings.values()
    }
    return {**labels, **{code: code for code in question.choices.labels}}


def _match_header(
    header: str, questions: Mapping[str, XlsformQuestion | None], choices: Mapping[int, Mapping[str, str]]
) -> tuple[XlsformQuestion | None, str]:
    """Return the question of a header, and the choice that it adds."""
    bare = strip_markdown(header) if header not in questions else header
    if bare in questions:
        return questions[bare], ""
    for separator in _SEPARATORS:
        cuts = [place for place, mark in enumerate(bare) if mark == separator]
        for cut in reversed(cuts[-_MOST_CUTS:]):
            question = questions.get(bare[:cut])
            known = choices.get(id(question), {}) if question is not None else {}
            if bare[cut + 1 :] in known:
                return question, known[bare[cut + 1 :]]
    head, _, tail = bare.rpartition("/")
    several = questions.get(head)
    if several is not None and several.kind == "select_multiple" and tail:
        # A choice that the form has no longer, or whose list is in another file.
        return several, tail
    last = bare.rsplit("/", 1)[-1]
    # A group that the form has no longer, or not yet.
    return (questions.get(last), "") if "/" in bare else (None, "")
