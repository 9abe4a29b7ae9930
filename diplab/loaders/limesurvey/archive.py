"""LimeSurvey's archive of a survey (.lsa): its structure, its responses, its times, and those invited."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.loaders.limesurvey.headers import headings
from diplab.loaders.limesurvey.load import microdata_of_responses
from diplab.loaders.limesurvey.structure import read_questionnaire
from diplab.loaders.limesurvey.tables import member_of, read_document
from diplab.loaders.limesurvey.types import NOT_SHOWN, columns_of
from diplab.loaders.limits import open_archive
from diplab.loaders.personal import left_out
from diplab.loaders.source import SourceFile, refused

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from diplab.loaders.limesurvey.structure import Questionnaire
    from diplab.loaders.limesurvey.tables import Document
    from diplab.loaders.limits import Archive
    from diplab.loaders.source import Request
    from diplab.microdata.microdata import Microdata

__all__ = ["read_limesurvey_archive"]

_ANEW = "Export it anew from LimeSurvey as a survey archive (.lsa)."
_KEYS = ("tid", "token")


def read_limesurvey_archive(source: SourceFile, request: Request) -> Microdata:
    """Read the archive of a LimeSurvey survey (.lsa).

    It holds the structure and the responses, and tells a question that was not shown (missing, `not asked`) from one
    that was left blank. Times, where the survey kept them, become columns in seconds: `interviewtime`, `groupTime165`
    for a group of questions, `ageTime` for a question. The list of those invited, access codes and addresses are left
    out unless `private` is asked for; then they are joined by access code.

    Parameters
    ----------
    source : SourceFile
        The archive.
    request : Request
        Codebook, columns and rows; `private`.

    Raises
    ------
    LoadError
        Where it is no archive, exceeds the limits of `open_archive`, or lacks the structure or the responses.
    """
    archive = open_archive(source)
    questionnaire = read_questionnaire(source)
    responses = member_of(source, archive, ".lsr")
    if responses is None:
        found = "It holds no responses (.lsr): the survey was not active, or had none."
        raise refused(source, found, "Export the archive of a survey that was answered.")
    header, columns = _table(source, read_document(responses), "responses")
    _add_times(source, archive, questionnaire, header, columns)
    if request.private:
        _add_invited(source, archive, header, columns)
    known = headings(source, header, questionnaire, columns_of(questionnaire))
    cells = {each.name: column for each, column in zip(known, columns, strict=True)}
    data = microdata_of_responses(
        source,
        request,
        known,
        cells,
        questionnaire,
        reader="LimeSurvey archive",
        shown=True,
    )
    if member_of(source, archive, ".lst") is None or request.private:
        return data
    origin = data.codebook.origin
    notices = (*origin.notices, *left_out([f"survey_{questionnaire.sid}_tokens.lst"]))
    return replace(data, codebook=replace(data.codebook, origin=replace(origin, notices=notices)))


def _table(source: SourceFile, document: Document, name: str) -> tuple[list[str], list[NDArray[Any]]]:
    """Return the names and the columns of a table; a field absent from a row was not shown."""
    rows = document.rows(name)
    fields = dict.fromkeys(document.fields.get(name, ()))
    for row in rows:
        fields.update(dict.fromkeys(row))
    if not fields:
        raise refused(source, f"Its table of {name} has no columns.", _ANEW)
    columns = [np.array([row.get(field, NOT_SHOWN) for row in rows], dtype=object) for field in fields]
    header = list(fields)
    # What LimeSurvey itself fills is no question: where it is absent, nothing was not asked.
    for place, field in enumerate(header):
        if "X" not in field:
            columns[place] = np.where(columns[place] == NOT_SHOWN, "", columns[place])
    return header, columns


def _add_times(
    source: SourceFile,
    archive: Archive,
    questionnaire: Questionnaire,
    header: list[str],
    columns: list[NDArray[Any]],
) -> None:
    """Add the times of each response, under the names that LimeSurvey's CSV gives them."""
    timings = member_of(source, archive, ".lsi")
    if timings is None or "id" not in header:
        return
    names = _time_names(questionnaire)
    document = read_document(timings)
    rows = {row.get("id", ""): row for row in document.rows("timings")}
    ids = columns[header.index("id")]
    fields = dict.fromkeys(field for row in rows.values() for field in row if field in names)
    for field in fields:
        header.append(names[field])
        columns.append(np.array([rows.get(each, {}).get(field, "") for each in ids], dtype=object))


def _time_names(questionnaire: Questionnaire) -> dict[str, str]:
    """Return the names of the columns of times by their names in the database."""
    names = {"interviewtime": "interviewtime"}
    for gid in dict.fromkeys(each.gid for each in questionnaire.questions):
        names[f"{questionnaire.sid}X{gid}time"] = f"groupTime{gid}"
    for each in questionnaire.questions:
        names[f"{questionnaire.sid}X{each.gid}X{each.qid}time"] = f"{each.code}Time"
    return names


def _add_invited(
    source: SourceFile, archive: Archive, header: list[str], columns: list[NDArray[Any]]
) -> None:
    """Add what the list of those invited says of each response, by access code."""
    tokens = member_of(source, archive, ".lst")
    if tokens is None or "token" not in header:
        return
    document = read_document(tokens)
    rows = {row["token"]: row for row in document.rows("tokens") if row.get("token")}
    codes = columns[header.index("token")]
    fields = dict.fromkeys(field for row in rows.values() for field in row)
    for field in fields:
        if field not in _KEYS and field not in header:
            header.append(field)
            columns.append(np.array([rows.get(each, {}).get(field, "") for each in codes], dtype=object))
