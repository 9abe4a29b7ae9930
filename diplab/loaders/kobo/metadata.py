"""Columns that KoboToolbox and ODK add to the answers: what they mean, and which of them identify people."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from diplab.reference.text import NOTHING, Text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from diplab.microdata.variable import Storage

__all__ = ["METADATA", "PERSONAL_KINDS", "holds_positions", "identifies", "metadata_label", "storage_of"]

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
