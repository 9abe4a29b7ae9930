"""Columns that KoboToolbox and ODK add to the answers: what they mean, and which of them identify people."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from diplab.loaders.codebook_merge import without_markdown
from diplab.reference.text import NOTHING, Text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from diplab.loaders.kobo.xlsform import Form, Question
    from diplab.microdata.variable import Storage

__all__ = [
    "METADATA",
    "PERSONAL_KINDS",
    "Placed",
    "holds_positions",
    "identifies",
    "metadata_label",
    "placed_in",
    "storage_of",
]


METADATA: dict[str, tuple[Storage, Text]] = {
    "start": ("moment", Text("début de la saisie", "start of the interview")),
    "end": ("moment", Text("fin de la saisie", "end of the interview")),
    "today": ("date", Text("jour de la saisie", "day of the interview")),
    "_id": ("", Text("numéro de l'envoi", "number of the submission")),
    "_uuid": ("words", Text("identifiant de l'envoi", "identifier of the submission")),
    "_submission_time": ("moment", Text("moment de l'envoi", "moment of submission")),
    "_validation_status": ("words", Text("état de la validation", "state of validation")),
    "_status": ("words", Text("état de l'envoi", "state of the submission")),
    "_notes": ("words", Text("notes", "notes")),
    "_tags": ("words", Text("étiquettes", "tags")),
    "_index": ("", Text("numéro de la ligne", "number of the row")),
    "_parent_index": ("", Text("ligne à laquelle celle-ci se rattache", "row on which this one hangs")),
    "_parent_table_name": (
        "words",
        Text("table à laquelle celle-ci se rattache", "table on which this one hangs"),
    ),
    "_submission__id": ("", Text("numéro de l'envoi", "number of the submission")),
    "_submission__uuid": ("words", Text("identifiant de l'envoi", "identifier of the submission")),
    "_submission__submission_time": ("moment", Text("moment de l'envoi", "moment of submission")),
    "_submission__validation_status": ("words", Text("état de la validation", "state of validation")),
    "__version__": ("words", Text("version du questionnaire", "version of the form")),
    "_xform_id_string": ("words", Text("questionnaire", "form")),
    "instanceID": ("words", Text("identifiant de l'envoi", "identifier of the submission")),
    "deprecatedID": ("words", Text("identifiant avant correction", "identifier before correction")),
    "uuid": ("words", Text("identifiant du questionnaire", "identifier of the form")),
    "SubmissionDate": ("moment", Text("moment de l'envoi", "moment of submission")),
    "meta-instanceID": ("words", Text("identifiant de l'envoi", "identifier of the submission")),
    "KEY": ("words", Text("clé de la ligne", "key of the row")),
    "PARENT_KEY": (
        "words",
        Text("clé de la ligne à laquelle celle-ci se rattache", "key of the row it hangs on"),
    ),
}

PERSONAL_KINDS = {
    "geopoint",
    "geotrace",
    "geoshape",
    "start-geopoint",
    "deviceid",
    "phonenumber",
    "subscriberid",
    "simserial",
    "username",
    "email",
    "audit",
    "background-audio",
}
"""Types of questions that place or name a person without being an answer."""

_PERSONAL = {
    "_geolocation",
    "username",
    "deviceid",
    "phonenumber",
    "devicephonenum",
    "subscriberid",
    "simserial",
    "simid",
    "email",
    "audit",
    "audit_url",
    "_submitted_by",
    "_submission__submitted_by",
    "submitterid",
    "submittername",
    "start-geopoint",
}
_KOBO_POINT = re.compile(r"^(?=.{1,500}$)(.*?)_([^/]+)_(?:latitude|longitude|altitude|precision)$")
_CENTRAL_POINT = re.compile(r"^(.+)-(?:Latitude|Longitude|Altitude|Accuracy)$")
_POSITION = re.compile(
    r"(-?\d{1,2}\.\d+) (-?\d{1,3}\.\d+) -?\d+(?:\.\d+)? -?\d+(?:\.\d+)?(?:;.*)?", re.DOTALL
)
_KINDS = {
    "start": "moment",
    "end": "moment",
    "datetime": "moment",
    "today": "date",
    "date": "date",
    "time": "time",
    "text": "words",
    "barcode": "words",
    "image": "words",
    "photo": "words",
    "audio": "words",
    "video": "words",
    "file": "words",
}


def holds_positions(words: Iterable[object]) -> bool:
    """Return whether a column holds positions on the earth, as ODK writes them: north, east, height, precision.

    Examples
    --------
    >>> holds_positions(["48.85 2.35 0 5.0", ""]), holds_positions(["48.85 2.35", ""]), holds_positions([""])
    (True, False, False)
    """
    held = {str(word).strip() for word in words} - {""}
    return bool(held) and all(_POSITION.fullmatch(word) for word in held)


def metadata_label(name: str) -> Text:
    """Return what a column that the server adds means; nothing for other columns."""
    return METADATA[name][1] if name in METADATA else NOTHING


def storage_of(name: str, kind: str) -> Storage:
    """Return what the cells of a column are, by the type of its question, or by its name where there is none.

    Examples
    --------
    >>> storage_of("born", "date"), storage_of("_submission_time", ""), storage_of("age", "integer")
    ('date', 'moment', '')
    """
    if kind:
        storage: Storage = _KINDS.get(kind, "")  # type: ignore[assignment]
        return storage
    return METADATA[name][0] if name in METADATA else ""


def identifies(headers: Collection[str], asked: Collection[str] = ()) -> list[str]:
    """Return the columns that place or name a person without being an answer, by their names alone.

    Parameters
    ----------
    headers : collection of str
        All columns of a table.
    asked : collection of str
        Those that a form knows as ordinary questions.

    Examples
    --------
    >>> identifies(["age", "home", "_home_latitude", "_home_longitude", "_geolocation", "username"])
    ['home', '_home_latitude', '_home_longitude', '_geolocation', 'username']
    """
    points: set[str] = set()
    for header in headers:
        kobo, central = _KOBO_POINT.match(header), _CENTRAL_POINT.match(header)
        if kobo and f"{kobo[1]}{kobo[2]}" in headers:
            points |= {header, f"{kobo[1]}{kobo[2]}"}
        elif central:
            points |= {header, central[1]} & set(headers)
    found = [
        header
        for header in headers
        if header in points
        or header.split("/")[-1].lower() in _PERSONAL
        or header.lower().startswith("_geolocation")
    ]
    return [header for header in found if header not in asked]


_SEPARATORS = ("/", "_", ".", ":")
_MOST_CUTS = 64


@dataclass(frozen=True)
class Placed:
    """What a column of an export is.

    Parameters
    ----------
    name : str
        Its name in the data: that of the question in the form, `question/choice` for one choice of several, the
        header where the form does not know it.
    question : Question or None
        The question that it answers.
    choice : str
        Code of the choice, where the column says whether it was made.
    """

    name: str
    question: Question | None = None
    choice: str = ""


def placed_in(headers: Sequence[str], form: Form | None, repeat: str = "") -> dict[str, Placed]:
    """Return what each column of a table is.

    The same answers exported with names or labels as headers, with or without groups, have the same names here.

    Parameters
    ----------
    headers : sequence of str
        As the file has them.
    form : Form or None
        The questionnaire, where there is one.
    repeat : str
        The repeated group of which this is the table.

    Examples
    --------
    >>> from diplab.loaders.kobo.xlsform import Choices, Form, Question
    >>> pets = Question("pets", "select_multiple", ("home",), {"en": "Pets?"}, choices=Choices({"1": {"en": "Dog"}}))
    >>> found = placed_in(["home/pets", "home/pets/1", "Pets?/Dog", "_id"], Form((pets,)))
    >>> [each.name for each in found.values()]
    ['pets', 'pets/1', 'Pets?/Dog', '_id']
    """
    if form is None:
        return {header: Placed(header) for header in headers}
    within = [each for each in form.questions if each.repeat == repeat]
    questions = _by_writing(within)
    choices = {id(each): _choices_by_writing(each) for each in within if each.kind == "select_multiple"}
    names = [each.name for each in within]
    found: dict[str, Placed] = {}
    taken: set[str] = set()
    for header in headers:
        question, choice = _found(header, questions, choices)
        name = header
        if question is not None:
            alone = names.count(question.name) == 1
            name = question.name if alone else "/".join((*question.path, question.name))
            name += f"/{choice}" if choice else ""
        if name in taken or (name != header and name in headers):
            question, choice, name = None, "", header
        taken.add(name)
        found[header] = Placed(name, question, choice)
    return found


def _by_writing(questions: Iterable[Question]) -> dict[str, Question | None]:
    """Return questions by every header that may stand for them; None for a header that stands for two."""
    found: dict[str, Question | None] = {}
    for writings in (_paths, _names, _labels):
        here: dict[str, Question | None] = {}
        for question in questions:
            for written in writings(question):
                here[written] = None if here.get(written, question) is not question else question
        found = {**here, **found}
    return found


def _paths(question: Question) -> Iterator[str]:
    if question.path:
        parts = (*question.path, question.name)
        # Inside a repeated group the path may begin at the group.
        for start in range(len(parts) - 1):
            yield "/".join(parts[start:])
            yield "-".join(parts[start:])


def _names(question: Question) -> Iterator[str]:
    yield question.name


def _labels(question: Question) -> Iterator[str]:
    for language, words in question.wordings.items():
        label = without_markdown(words)
        if label:
            yield label
            group = without_markdown(question.group.get(language, ""))
            if group:
                yield f"{group}/{label}"


def _choices_by_writing(question: Question) -> dict[str, str]:
    """Return the codes of a question's choices by code and by label."""
    if question.choices is None:
        return {}
    labels = {
        without_markdown(words): code
        for code, wordings in question.choices.labels.items()
        for words in wordings.values()
    }
    return {**labels, **{code: code for code in question.choices.labels}}


def _found(
    header: str, questions: Mapping[str, Question | None], choices: Mapping[int, Mapping[str, str]]
) -> tuple[Question | None, str]:
    """Return the question that a header stands for, and the choice that it adds."""
    bare = without_markdown(header) if header not in questions else header
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
