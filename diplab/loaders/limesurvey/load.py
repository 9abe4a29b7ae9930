"""LimeSurvey's exports of answers (.csv, .tsv, .lsa), with the questionnaire that its structure (.lss) describes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.loaders.cells import microdata_of_cells
from diplab.loaders.limesurvey.answers import code_not_asked, coded_answers
from diplab.loaders.limesurvey.columns import NOT_SHOWN, columns_of, sets_of
from diplab.loaders.limesurvey.headers import (
    headings,
    is_private,
    standard_name,
    standard_variable,
    variable_of_header,
)
from diplab.loaders.limesurvey.structure import (
    LimeSurveyQuestionnaire,
    member_of,
    read_document,
    read_questionnaire,
)
from diplab.loaders.limits import open_archive
from diplab.loaders.notices import WORDS, column_notice
from diplab.loaders.questionnaire import identifying_notices
from diplab.loaders.recognition import structure_beside
from diplab.loaders.source import SourceFile, open_source, refused
from diplab.loaders.text import dialect_of, records, text_and_encoding
from diplab.microdata.codebook import Codebook, Origin

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from diplab.loaders.limesurvey.headers import Heading
    from diplab.loaders.limesurvey.structure import LimeSurveyDocument
    from diplab.loaders.limits import Archive
    from diplab.loaders.source import Request
    from diplab.microdata.microdata import Microdata
    from diplab.microdata.variable import Variable

__all__ = ["limesurvey_codebook"]


_UNDATED = "1980-01-01 00:00:00"
# the mark of a brace comes last: it must not make a mark of what a respondent wrote
_ESCAPED = {"{newline}": "\n", "{cr}": "\r", "{tab}": "\t", "{lbrace}": "{"}


def read_limesurvey(source: SourceFile, request: Request) -> Microdata:
    """Read answers that LimeSurvey exported as CSV, or in its own tab-separated form (VV).

    The structure of the survey (.lss) gives labels, wordings, groups and sets. It is the one given, or the one beside
    that bears the number of the survey (`limesurvey_survey_782678.lss` for `results-survey782678.csv`). Without one,
    the file is read and the codebook holds what the headers tell.
    """
    structure = request.structure or structure_beside(source.path)
    questionnaire = (
        LimeSurveyQuestionnaire() if structure is None else read_questionnaire(open_source(structure))
    )
    text, encoding = text_and_encoding(source)
    dialect = dialect_of(text, encoding, source.suffix)
    header, rows = records(source, text, dialect, repeated=True)
    shown = bool(rows) and rows[0][0].strip() == "id" and header[0] != "id"
    if shown:
        header, rows = rows[0], [[_unescaped(cell) for cell in row] for row in rows[1:]]
    columns = headings(source, header, questionnaire, columns_of(questionnaire))
    if request.structure is not None and not any(each.column for each in columns):
        raise refused(
            source,
            f"Its structure `{request.structure.name}` describes the survey {questionnaire.sid} with "
            f"{len(questionnaire.questions)} questions, and the file has none of them.",
            "Write the structure of the survey that was answered.",
        )
    cells = {
        each.name: np.array([row[place] for row in rows], dtype=object) for place, each in enumerate(columns)
    }
    with_structure = "" if structure is None else f" with `{structure.name}`"
    return microdata_of_responses(
        source,
        request,
        columns,
        cells,
        questionnaire,
        reader=f"LimeSurvey answers{with_structure}, {dialect}",
        comma=dialect.delimiter != ",",
        shown=shown,
    )


def microdata_of_responses(
    source: SourceFile,
    request: Request,
    columns: Sequence[Heading],
    cells: Mapping[str, NDArray[Any]],
    questionnaire: LimeSurveyQuestionnaire,
    *,
    reader: str,
    comma: bool = False,
    shown: bool = False,
) -> Microdata:
    """Return microdata from the cells of responses, once it is known what each column is."""
    without_answer = {
        each.name
        for each in columns
        if each.column is not None
        and each.column.role == "none"
        and not ((cells[each.name] != "") & (cells[each.name] != NOT_SHOWN)).any()
    }
    own = {each.name: standard_name(each.written) or each.name for each in columns if each.column is None}
    private = [] if request.private else [name for name, known in own.items() if is_private(known)]
    columns_kept = [each for each in columns if each.name not in without_answer and each.name not in private]
    coded, notices = coded_answers(
        source, columns_kept, {each.name: cells[each.name] for each in columns_kept}, shown=shown
    )
    notices += identifying_notices(source, request, private)
    if "submitdate" in coded and (coded["submitdate"] == _UNDATED).any():
        notices.append(WORDS("limesurvey.no_dates"))
    variables: dict[str, Variable] = {}
    for each in columns_kept:
        coded[each.name], variables[each.name] = code_not_asked(
            coded[each.name], _variable(each, questionnaire)
        )
    known = questionnaire.codebook(
        variables,
        sets_of([each.column for each in columns_kept if each.column is not None]),
    )
    return microdata_of_cells(
        source, request, coded, known, reader=reader, comma=comma, notices=tuple(notices)
    )


def limesurvey_codebook(source: SourceFile) -> Codebook:
    """Return the codebook that a structure (.lss) describes, without answers."""
    questionnaire = read_questionnaire(source)
    columns = [each for each in columns_of(questionnaire) if each.role != "none"]
    return Codebook(
        {each.variable.name: each.variable for each in columns},
        Origin(source.path.name, source.sha256, "LimeSurvey structure"),
        sets=sets_of(columns),
        title=questionnaire.title,
        languages=questionnaire.languages,
    )


def refuse_structure(source: SourceFile, request: Request) -> Microdata:
    """Say of a structure (.lss) that it holds no answers."""
    raise refused(
        source,
        "It is the structure of a LimeSurvey survey: its questions, without answers.",
        f'Write `read("answers.csv", structure="{source.path.name}")`, or read the archive (.lsa).',
    )


def _variable(heading: Heading, questionnaire: LimeSurveyQuestionnaire) -> Variable:
    if heading.column is not None:
        return heading.column.variable
    return standard_variable(heading.name, questionnaire) or variable_of_header(heading)


def _unescaped(cell: str) -> str:
    for written, meant in _ESCAPED.items():
        cell = cell.replace(written, meant)
    return cell


_ANEW = "Export it anew from LimeSurvey as a survey archive (.lsa)."
_KEYS = ("tid", "token")


def read_limesurvey_archive(source: SourceFile, request: Request) -> Microdata:
    """Read the archive of a LimeSurvey survey (.lsa).

    It holds the structure and the responses, and tells a question that was not shown (missing, `not asked`) from one
    that was left blank. Times, where the survey kept them, become columns in seconds: `interviewtime`, `groupTime165`
    for a group of questions, `ageTime` for a question. The list of those invited, access codes and addresses are left
    out unless `private` is asked for; then they are joined by access code.
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
    notices = (
        *origin.notices,
        *column_notice("identifying.left_out", [f"survey_{questionnaire.sid}_tokens.lst"]),
    )
    return replace(data, codebook=replace(data.codebook, origin=replace(origin, notices=notices)))


def _table(
    source: SourceFile, document: LimeSurveyDocument, name: str
) -> tuple[list[str], list[NDArray[Any]]]:
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
    questionnaire: LimeSurveyQuestionnaire,
    header: list[str],
    columns: list[NDArray[Any]],
) -> None:
    """Add the times of each response, under the names that LimeSurvey's CSV gives them."""
    timings = member_of(source, archive, ".lsi")
    if timings is None or "id" not in header:
        return
    sid = questionnaire.sid
    names = {"interviewtime": "interviewtime"}  # columns of times by their names in the database
    names |= {f"{sid}X{each.gid}time": f"groupTime{each.gid}" for each in questionnaire.questions}
    names |= {f"{sid}X{each.gid}X{each.qid}time": f"{each.name}Time" for each in questionnaire.questions}
    document = read_document(timings)
    rows = {row.get("id", ""): row for row in document.rows("timings")}
    ids = columns[header.index("id")]
    fields = dict.fromkeys(field for row in rows.values() for field in row if field in names)
    for field in fields:
        header.append(names[field])
        columns.append(np.array([rows.get(each, {}).get(field, "") for each in ids], dtype=object))


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
