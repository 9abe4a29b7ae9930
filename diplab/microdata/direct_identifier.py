"""Columns that name a person: known by their name, or by what their cells look like."""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["direct_identifiers", "is_direct_identifier"]

FEW = 12
"""A name, a number of telephone or an address is not shared by so many that there are as few as these."""

_ALONE = frozenset(
    (
        "id",
        "identifiant",
        "pid",
        "uuid",
        "guid",
        "token",
        "email",
        "mail",
        "courriel",
        "ip",
        "ipaddress",
        "phone",
        "telephone",
        "tel",
        "mobile",
        "nom",
        "prenom",
        "surname",
        "firstname",
        "lastname",
        "fullname",
        "username",
        "pseudo",
        "address",
        "adresse",
        "iban",
        "ssn",
        "nir",
        "workerid",
        "respondentid",
        "participantid",
        "responseid",
        "sessionid",
        "deviceid",
        "siret",
    )
)
"""A name made of one of these, and of nothing that says otherwise, is one of a person."""

_TOGETHER = (
    ("e", "mail"),
    ("ip", "address"),
    ("ip", "addr"),
    ("ip", "adresse"),
    ("mail", "address"),
    ("first", "name"),
    ("last", "name"),
    ("full", "name"),
    ("user", "name"),
    ("recipient", "email"),
    ("worker", "id"),
    ("user", "id"),
    ("respondent", "id"),
    ("participant", "id"),
    ("response", "id"),
    ("session", "id"),
    ("prolific", "pid"),
    ("prolific", "id"),
    ("phone", "number"),
    ("date", "naissance"),
    ("birth", "date"),
    ("location", "latitude"),
    ("location", "longitude"),
)

_CELL = re.compile(
    r"[^@\s]+@[^@\s]+\.[^@\s.]{2,}"  # an e-mail
    r"|\d{1,3}(\.\d{1,3}){3}"  # an address of a computer
    r"|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"  # a universal identifier
    r"|[0-9a-f]{24}"  # of a worker, as Prolific gives it
    r"|R_[0-9A-Za-z]{13,17}"  # of an answer, as Qualtrics gives it
    r"|A[0-9A-Z]{11,14}"  # of a worker, as Amazon gives it
    r"|\+?(\(?\d{2,4}\)?[ .-]){3,4}\d{2,4}"  # a telephone number
)


def is_direct_identifier(name: str, answers: pd.Series[Any] | None = None) -> bool:
    """Return whether a column looks like one that names a person.

    Parameters
    ----------
    name : str
        Of the column.
    answers : pandas.Series, optional
        Its cells.

    Examples
    --------
    >>> is_direct_identifier("E-mail"), is_direct_identifier("workerId"), is_direct_identifier("hours")
    (True, True, False)
    >>> is_direct_identifier("q7", pd.Series(["ada@example.org", "bob@example.org"]))
    True
    """
    parts = _parts(name)
    joined = "".join(parts)
    named = joined in _ALONE or parts[:1] == ["uuid"] or any(pair in _pairs(parts) for pair in _TOGETHER)
    if answers is None:
        return named
    if named and not _of_few_answers(answers):
        return True
    if not _holds_words(answers):
        return False
    cells = answers.dropna().astype(str).str.strip()
    cells = cells[cells != ""]
    return bool(len(cells)) and sum(1 for cell in cells if _CELL.fullmatch(cell)) * 2 >= len(cells)


def direct_identifiers(frame: pd.DataFrame) -> tuple[str, ...]:
    """Return the columns of a frame that look like ones that name a person.

    Examples
    --------
    >>> direct_identifiers(pd.DataFrame({"age": [31], "email": ["ada@example.org"]}))
    ('email',)
    """
    return tuple(str(name) for name in frame if is_direct_identifier(str(name), frame[name]))


def _parts(name: str) -> list[str]:
    """Return the words of a name: `workerId`, `worker_id` and `Worker ID` are all two."""
    plain = "".join(
        sign for sign in unicodedata.normalize("NFKD", name) if unicodedata.category(sign) != "Mn"
    )
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", plain)
    return [
        part.lower() for part in re.split(r"[^A-Za-z]+", apart) if part and part.lower() not in ("de", "the")
    ]


def _pairs(parts: Iterable[str]) -> set[tuple[str, str]]:
    return set(pairwise(parts))


def _of_few_answers(answers: pd.Series[Any]) -> bool:
    """Return whether a column asks about what its name says (`phoneNumber`: yes, no) and does not hold it."""
    given = answers.dropna().astype(str)
    return bool(given.nunique() * FEW <= len(given)) and given.nunique() <= FEW


def _holds_words(answers: pd.Series[Any]) -> bool:
    return pd.api.types.is_string_dtype(answers) or pd.api.types.is_object_dtype(answers)
