"""The columns that LimeSurvey adds to the answers: number, dates, language, times, and what identifies people."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from diplab.loaders.limesurvey.words import joined, numbered, written
from diplab.loaders.personal import personal_column
from diplab.microdata.variable import Variable
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from diplab.loaders.limesurvey.structure import Questionnaire
    from diplab.loaders.source import Request, SourceFile
    from diplab.microdata.variable import Measure, Storage

__all__ = [
    "PRIVATE",
    "STANDARD",
    "is_private",
    "is_standard",
    "private_columns",
    "standard_variable",
]

STANDARD: dict[str, tuple[Measure, Storage]] = {
    "id": ("nominal", ""),
    "submitdate": ("scale", "moment"),
    "lastpage": ("scale", "whole"),
    "startlanguage": ("nominal", "words"),
    "seed": ("nominal", "words"),
    "startdate": ("scale", "moment"),
    "datestamp": ("scale", "moment"),
    "interviewtime": ("scale", "number"),
    "ipaddr": ("nominal", "words"),
    "refurl": ("nominal", "words"),
    "token": ("nominal", "words"),
    "firstname": ("nominal", "words"),
    "lastname": ("nominal", "words"),
    "email": ("nominal", "words"),
}
"""Level of measurement and storage of each of LimeSurvey's own columns."""

PRIVATE = frozenset(
    ("ipaddr", "refurl", "token", "firstname", "lastname", "email", "emailstatus", "participant_id")
)
"""Columns that identify people, or come from the list of those invited, and are no answers."""

_INVITED = frozenset(
    (
        "emailstatus",
        "participant_id",
        "blacklisted",
        "remindersent",
        "remindercount",
        "usesleft",
        "validuntil",
    )
)
_ATTRIBUTE = re.compile(r"attribute_\d+")
_GROUP_TIME = re.compile(r"groupTime(\d+)")
_TIME = re.compile(r"(\w+)Time")


def is_standard(name: str) -> bool:
    """Return whether a name is that of one of LimeSurvey's own columns.

    Examples
    --------
    >>> is_standard("submitdate"), is_standard("attribute_1"), is_standard("age")
    (True, True, False)
    """
    return name in STANDARD or name in _INVITED or _ATTRIBUTE.fullmatch(name) is not None


def is_private(name: str) -> bool:
    """Return whether one of LimeSurvey's own columns identifies people and is no answer."""
    return name in PRIVATE or _ATTRIBUTE.fullmatch(name) is not None


def standard_variable(name: str, questionnaire: Questionnaire) -> Variable | None:
    """Return what one of LimeSurvey's own columns means; None where it is none of them.

    Times are in seconds: of the interview, of a group of questions (`groupTime165`), of a question (`ageTime`).
    """
    languages = questionnaire.languages
    if name in STANDARD:
        measure, storage = STANDARD[name]
        label = written(name, languages, "headings")
        return Variable(name, label=label, measure=measure, storage=storage)
    if is_standard(name):
        return Variable(name, label=Text.same(name), measure="nominal", storage="words")
    group = _GROUP_TIME.fullmatch(name)
    if group:
        number = group.group(1)
        found = questionnaire.groups.get(number) or numbered(Text("groupe", "group"), int(number[:9]))
        return _time(name, joined(Text("temps passé", "time spent"), found))
    question = _TIME.fullmatch(name)
    for each in questionnaire.questions if question else ():
        if question and each.code == question.group(1):
            return _time(name, joined(Text("temps passé", "time spent"), each.wording))
    return None


def private_columns(source: SourceFile, request: Request, own: Mapping[str, str]) -> list[str]:
    """Return the columns to leave out because they identify people.

    Parameters
    ----------
    source : SourceFile
        The file, for errors.
    request : Request
        Columns asked for; `private` keeps all.
    own : mapping of str to str
        For each column that is no answer, the name by which LimeSurvey knows it.

    Raises
    ------
    ColumnError
        Where one of them is asked for without `private`.
    """
    found = [] if request.private else [name for name, known in own.items() if is_private(known)]
    for name in request.columns or ():
        if name in found:
            raise personal_column(source, name)
    return found


def _time(name: str, label: Text) -> Variable:
    return Variable(name, label=label, measure="scale", storage="number")
