"""What Qualtrics writes of each response beside its answers: when, how long, from where."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from diplab.loaders.boxes import YES_NO
from diplab.microdata.variable import Variable
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from diplab.microdata.variable import Code, Measure, Storage

__all__ = ["Field", "field_of", "field_variable"]

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
