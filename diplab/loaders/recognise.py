"""What a file may be, by its name, its neighbours and its first records: cheap tests that load no loader.

Each is true for every file of its format and false for most others. Where it is true, the module of the format is
loaded and its own recogniser decides.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from diplab.loaders.source import Request, SourceFile

    Records = Sequence[Sequence[str]]

__all__ = [
    "FIRST_RECORDS",
    "may_be_google_forms",
    "may_be_kobo",
    "may_be_limesurvey",
    "may_be_limesurvey_syntax",
    "may_be_prolific",
    "may_be_qualtrics",
    "may_be_surveymonkey",
]

FIRST_RECORDS = 3
"""How many records of a text the tests look at."""

_KOBO = ("_uuid", "_submission_time", "_parent_table_name", "_parent_index", "_submission__id", "KEY")
_LANGUAGE = re.compile("lang|sprache|leng|l[ií]ngua|taal", re.IGNORECASE)
"""Part of the heading of LimeSurvey's column `startlanguage`, in each language of its exports."""
_NUMBERED = re.compile(r"q\d{4}")
_SURVEY = re.compile(r"\d{5}")
_TAKEN_BACK = (b"CONSENT_REVOKED", b"DATA_EXPIRED")


def may_be_qualtrics(source: SourceFile, request: Request, records: Records) -> bool:
    """Return whether a header line has an identifier of Qualtrics, or a structure was passed."""
    cells = (cell.strip().lower() for record in records for cell in record)
    return request.structure is not None or any("importid" in cell or cell == "responseid" for cell in cells)


def may_be_google_forms(source: SourceFile, request: Request, records: Records) -> bool:
    """Return whether the first column has a name with a capital and holds a time of day, or nothing."""
    first = [record[0].strip() for record in records[:2]]
    return bool(first) and first[0][:1].isupper() and (len(first) == 1 or not first[1] or ":" in first[1])


def may_be_surveymonkey(source: SourceFile, request: Request, records: Records) -> bool:
    """Return whether nothing is below the name of the first column, or a column is called as in its SPSS export."""
    second_header = len(records) > 1 and not records[1][0].strip()
    return second_header or any(_NUMBERED.match(name.strip()) for name in (records or [[]])[0])


def may_be_prolific(source: SourceFile, request: Request, records: Records) -> bool:
    """Return whether a column identifies participants, or some answers were taken back."""
    header = re.sub("[^a-z]", "", "".join((records or [[]])[0]).lower())
    return "participantid" in header or any(mark in source.content for mark in _TAKEN_BACK)


def may_be_limesurvey_syntax(source: SourceFile, request: Request, records: Records) -> bool:
    """Return whether a structure was passed, or the name is one of data with a syntax file beside it."""
    return request.structure is not None or source.suffix == ".dat" or "data_file" in source.path.stem


def may_be_limesurvey(source: SourceFile, request: Request, records: Records) -> bool:
    """Return whether a structure was passed or lies beside the file, or a column says in which language one began."""
    if request.structure is not None:
        return True
    if _SURVEY.search(source.path.stem) and _has_beside(source.path, "*.lss"):
        return True
    return any(_LANGUAGE.search(cell) for record in records[:2] for cell in record)


def may_be_kobo(source: SourceFile, request: Request, records: Records) -> bool:
    """Return whether a form was passed or lies beside the file, or the header has a column that Kobo or ODK adds."""
    if request.structure is not None or source.suffix != ".csv":
        return True
    header = " ".join((records or [[]])[0])
    return any(mark in header for mark in _KOBO) or _has_beside(source.path, "*.xlsform.xlsx")


def _has_beside(path: Path, pattern: str) -> bool:
    try:
        return any(path.parent.glob(pattern))
    except OSError:
        return False
