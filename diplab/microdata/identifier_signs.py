"""By what direct identifiers are recognised: names that columns bear, and forms that cells have."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["FORMS", "Form", "kind_by_name", "names_rows"]

_NAMES: dict[str, tuple[str, ...]] = {
    "e-mail": ("email", "e mail", "mail", "courriel", "mel", "recipient email", "adresse mail", "adresse electronique"),
    "IP address": ("ip", "ip address", "ipaddr", "ipaddress", "adresse ip", "ip adresse"),
    "phone": (
        "phone", "telephone", "tel", "portable", "mobile", "gsm", "phone number", "mobile number",
        "numero de telephone", "telefone", "celular",
    ),
    "worker id": (
        "worker id", "workerid", "mturk id", "mturkid", "amazon id", "prolific id", "prolific pid", "prolificid",
        "participant id", "participantid", "clickworker id", "toloka id", "panel id", "panelist id", "user id",
        "userid", "connect id", "assignment id", "subject id",
    ),
    "person's name": (
        "name", "nom", "prenom", "nom prenom", "first name", "last name", "firstname", "lastname", "full name",
        "surname", "family name", "recipient first name", "recipient last name", "nom de famille", "username",
        "user name", "pseudo", "nome", "sobrenome",
    ),
    "address": ("address", "adresse", "street", "rue", "postal address", "adresse postale", "endereco"),
    "national number": ("nir", "ssn", "nss", "numero de securite sociale", "social security number", "cpf"),
    "bank account": ("iban", "rib", "bank account", "paypal"),
    "access code": ("token", "session id", "external reference", "external data reference"),
    "place": (
        "latitude", "longitude", "lat", "lon", "lng", "gps", "location latitude", "location longitude", "geolocation",
    ),
    "birth date": ("date of birth", "dob", "birth date", "birthdate", "date de naissance", "date naissance"),
    "response id": (
        "response id", "responseid", "uuid", "respondent id", "survey response id", "instance id", "identifiant",
        "identifiant repondant",
    ),
}  # fmt: skip
_KIND = {name: kind for kind, names in _NAMES.items() for name in names}
_ROW = re.compile(
    r"(?:^|_)(?:id|uuid|ids|identifiant|token|pid|worker_?id|participant(?:_?id)?|respondent_?id|response_?id"
    r"|submission_?id|user_?id|caseid|prolific_?pid|numero|cle|key)$"
)


@dataclass(frozen=True)
class Form:
    """The form of an identifier in a cell.

    Parameters
    ----------
    kind : str
        What it identifies by.
    recognises : function
        Of the words of a cell; says whether they are (or hold) one.
    least : float
        Share of the answers that have the form before a column is pointed out; 0 where one cell is enough.
    """

    kind: str
    recognises: Callable[[str], bool]
    least: float


def kind_by_name(words: str) -> str:
    """Return what a name of a column, or a label, says that its cells are; nothing where it says nothing.

    Parameters
    ----------
    words : str
        Without accents and capitals, words apart.

    Examples
    --------
    >>> kind_by_name("worker id"), kind_by_name("recipient email"), kind_by_name("product name"), kind_by_name("age")
    ('worker id', 'e-mail', '', '')
    """
    if words in _KIND:
        return _KIND[words]
    parts = words.split()
    numbered = " ".join(part for part in parts if not part.isdigit())
    if numbered != words and numbered in _KIND:
        return _KIND[numbered]
    # within a longer name, only words that mean one thing
    for sure in (
        "email",
        "courriel",
        "workerid",
        "mturkid",
        "prolific pid",
        "worker id",
        "iban",
        "ip address",
        "telephone",
    ):
        if f" {sure} " in f" {words} ":
            return _KIND[sure]
    return ""


def names_rows(words: str) -> bool:
    """Return whether a name of a column says that its cells number rows, or tell people apart.

    Parameters
    ----------
    words : str
        Without accents and capitals.

    Examples
    --------
    >>> names_rows("id"), names_rows("respondent id"), names_rows("hours"), names_rows("idea")
    (True, True, False, False)
    """
    return _ROW.search(re.sub(r"[ .-]", "_", words)) is not None


_EMAIL = re.compile(r"[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,5}\.[A-Za-z]{2,24}\b")
_FRENCH_PHONE = re.compile(
    r"(?<![\w+/-])(?:(?:\+|00)33[ .-]?(?:\(0\)[ .-]?)?|0)[1-9](?:[ .-]?\d{2}){4}(?!\w)"
)
_PHONE = re.compile(
    r"(?<![\w+/-])(?:\+|00)[1-9]\d{0,2}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d{1,4}(?:[ .-]?\d{2,4}){2,4}(?!\w)"
)
_US_PHONE = re.compile(r"(?:\+?1[ .-]?)?(?:\(\d{3}\) ?|\d{3}[-.])\d{3}[-.]\d{4}")
_GPS = re.compile(r"-?\d{1,2}\.\d{3,}[,; ]\s*-?\d{1,3}\.\d{3,}(?: -?\d+(?:\.\d+)?){0,2}")
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
_NIR = re.compile(r"([1-478])(\d{2})(\d{2})(\d{2}|2[AB])(\d{3})(\d{3})(\d{2})")


def _ip(words: str) -> bool:
    if not re.fullmatch(r"[0-9.]{7,15}|[0-9a-fA-F:.]{3,45}", words) or (
        ":" not in words and words.count(".") != 3
    ):
        return False
    try:
        ipaddress.ip_address(words)
    except ValueError:
        return False
    # a clock time such as 12::30 is no address that anybody has
    return "." in words or words.count(":") >= 3 or words.startswith(("fe80", "2"))


def _iban(words: str) -> bool:
    plain = words.replace(" ", "")
    if not _IBAN.fullmatch(plain):
        return False
    moved = plain[4:] + plain[:4]
    return int("".join(str(int(letter, 36)) for letter in moved)) % 97 == 1


def _nir(words: str) -> bool:
    """Return whether words are a French social security number: sex, year, month, place, order, and the right key."""
    found = _NIR.fullmatch(words.replace(" ", ""))
    if not found:
        return False
    *number, key = found.groups()
    digits = "".join(number).replace("2A", "19").replace("2B", "18")
    month = int(number[2])
    return (1 <= month <= 12 or 20 <= month <= 42 or month >= 50) and 97 - int(digits) % 97 == int(key)


def _whole(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern)
    return lambda words: compiled.fullmatch(words) is not None


FORMS: tuple[Form, ...] = (
    Form("e-mail", lambda words: "@" in words and _EMAIL.search(words) is not None, 0.0),
    Form("IP address", _ip, 0.2),
    Form("phone", lambda words: _FRENCH_PHONE.search(words) is not None, 0.0),
    Form(
        "phone", lambda words: _PHONE.search(words) is not None or _US_PHONE.fullmatch(words) is not None, 0.0
    ),
    Form("national number", _nir, 0.0),
    Form("bank account", _iban, 0.0),
    Form("place", lambda words: _GPS.fullmatch(words) is not None, 0.2),
    Form("worker id", _whole(r"A(?=[A-Z]*\d)[A-Z0-9]{12,14}"), 0.5),
    Form("worker id", _whole(r"(?=.*\d)[0-9a-f]{24}"), 0.5),
    Form("response id", _whole(r"R_[A-Za-z0-9]{13,17}"), 0.5),
    Form("response id", _whole(r"(?:uuid:)?[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"), 0.5),
    Form("worker id", _whole(r"(?=.*\d)[0-9A-F]{32}"), 0.5),
    Form("response id", _whole(r"(?=.*\d)[0-9a-f]{32}"), 0.5),
)
