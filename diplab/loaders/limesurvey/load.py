"""LimeSurvey's exports of answers (.csv, .tsv, .lsa), with the questionnaire that its structure (.lss) describes."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.loaders.cells import microdata_of_cells
from diplab.loaders.limesurvey.answers import coded_answers, not_asked
from diplab.loaders.limesurvey.headers import described_by_header, headings, standard_name
from diplab.loaders.limesurvey.standard import private_columns, standard_variable
from diplab.loaders.limesurvey.structure import Questionnaire, read_questionnaire
from diplab.loaders.limesurvey.types import NOT_SHOWN, columns_of, sets_of
from diplab.loaders.personal import left_out
from diplab.loaders.source import open_source, refused
from diplab.loaders.text import dialect_of, records, text_and_encoding
from diplab.microdata.codebook import Codebook, Origin
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from diplab.loaders.limesurvey.headers import Heading
    from diplab.loaders.source import Request, SourceFile
    from diplab.microdata.microdata import Microdata
    from diplab.microdata.variable import Variable

__all__ = [
    "is_limesurvey",
    "limesurvey_codebook",
    "microdata_of_responses",
    "read_limesurvey",
    "refuse_structure",
]

_HEAD = 256 * 1024
_SIGNS = {"id", "submitdate", "lastpage", "startlanguage"}
_NUMBER = re.compile(r"\d{5,}")
_UNDATED = "1980-01-01 00:00:00"
_NO_DATES = Text(
    "`submitdate` vaut 1980-01-01 quand le questionnaire est terminé et que l’enquête ne gardait pas les dates.",
    "`submitdate` is 1980-01-01 where the questionnaire was completed and the survey kept no dates.",
)
# What stands for a brace comes last: it must not make a mark of what a respondent wrote.
_ESCAPED = {"{newline}": "\n", "{cr}": "\r", "{tab}": "\t", "{lbrace}": "{"}


def is_limesurvey(source: SourceFile, request: Request) -> bool:
    """Return whether a delimited text is an export of LimeSurvey.

    It is where a structure (.lss, or an archive .lsa that holds one) is given, or lies beside it under the number of
    the survey that its name bears, or where its header has the columns that LimeSurvey adds (`id`, `submitdate`,
    `lastpage`, `startlanguage`), in codes or in words.
    """
    if request.structure is not None:
        return request.structure.suffix.lower() in (".lss", ".lsa")
    if structure_beside(source.path) is not None:
        return True
    return any(
        {standard_name(each.strip()) for each in record} >= _SIGNS for record in _first_records(source)
    )


def read_limesurvey(source: SourceFile, request: Request) -> Microdata:
    """Read answers that LimeSurvey exported as CSV, or in its own tab-separated form (VV).

    The structure of the survey (.lss) gives labels, wordings, groups and sets. It is the one given, or the one beside
    that bears the number of the survey (`limesurvey_survey_782678.lss` for `results-survey782678.csv`). Without one,
    the file is read and the codebook holds what the headers tell.

    Parameters
    ----------
    source : SourceFile
        The answers.
    request : Request
        Structure, codebook, columns and rows; `private` keeps access codes, addresses and names of those invited.

    Returns
    -------
    Microdata
        Codes, never labels: see `coded_answers` and `headings`.

    Raises
    ------
    LoadError
        Where the file is no delimited text, its structure is not of this survey, or a label stands for no answer.
    ColumnError
        Where one of the columns asked for is not in the file.
    """
    structure = request.structure or structure_beside(source.path)
    questionnaire = Questionnaire() if structure is None else read_questionnaire(open_source(structure))
    text, encoding = text_and_encoding(source)
    dialect = dialect_of(text, encoding, source.suffix)
    header, rows = records(source, text, dialect, repeated=True)
    shown = bool(rows) and rows[0][0].strip() == "id" and header[0] != "id"
    if shown:
        header, rows = rows[0], [[_unescaped(cell) for cell in row] for row in rows[1:]]
    found = headings(source, header, questionnaire, columns_of(questionnaire))
    if request.structure is not None and not any(each.column for each in found):
        raise refused(
            source,
            f"Its structure `{request.structure.name}` describes the survey {questionnaire.sid} with "
            f"{len(questionnaire.questions)} questions, and the file has none of them.",
            "Write the structure of the survey that was answered.",
        )
    cells = {
        each.name: np.array([row[place] for row in rows], dtype=object) for place, each in enumerate(found)
    }
    with_structure = "" if structure is None else f" with `{structure.name}`"
    return microdata_of_responses(
        source,
        request,
        found,
        cells,
        questionnaire,
        reader=f"LimeSurvey answers{with_structure}, {dialect}",
        comma=dialect.delimiter != ",",
        shown=shown,
    )


def microdata_of_responses(
    source: SourceFile,
    request: Request,
    found: Sequence[Heading],
    cells: Mapping[str, NDArray[Any]],
    questionnaire: Questionnaire,
    *,
    reader: str,
    comma: bool = False,
    shown: bool = False,
) -> Microdata:
    """Return microdata from the cells of responses, once it is known what each column is."""
    empty = {
        each.name
        for each in found
        if each.column is not None and each.column.role == "none" and not _answered(cells[each.name])
    }
    own = {each.name: standard_name(each.written) or each.name for each in found if each.column is None}
    private = private_columns(source, request, own)
    kept = [each for each in found if each.name not in empty and each.name not in private]
    coded, notices = coded_answers(source, kept, {each.name: cells[each.name] for each in kept}, shown=shown)
    notices += left_out(private)
    if "submitdate" in coded and (coded["submitdate"] == _UNDATED).any():
        notices.append(_NO_DATES)
    variables: dict[str, Variable] = {}
    for each in kept:
        coded[each.name], variables[each.name] = not_asked(coded[each.name], _variable(each, questionnaire))
    known = Codebook(
        variables,
        sets=sets_of([each.column for each in kept if each.column is not None]),
        title=questionnaire.title,
        languages=questionnaire.languages,
    )
    return microdata_of_cells(
        source, request, coded, known, reader=reader, comma=comma, notices=tuple(notices)
    )


def limesurvey_codebook(source: SourceFile) -> Codebook:
    """Return the codebook that a structure (.lss) describes, without answers.

    Parameters
    ----------
    source : SourceFile
        The structure.

    Returns
    -------
    Codebook
        One variable for each column that LimeSurvey exports for a question, under its question code.

    Raises
    ------
    LoadError
        Where the file is not a structure of LimeSurvey.
    """
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
    """Say of a structure (.lss) that it holds no answers.

    Raises
    ------
    LoadError
        Always.
    """
    raise refused(
        source,
        "It is the structure of a LimeSurvey survey: its questions, without answers.",
        f'Write `read("answers.csv", structure="{source.path.name}")`, or read the archive (.lsa).',
    )


def structure_beside(path: Path) -> Path | None:
    """Return the structure that lies beside a file and bears the number of its survey."""
    number = _NUMBER.search(path.stem)
    if number is None:
        return None
    named = path.with_name(f"limesurvey_survey_{number.group()}.lss")
    if named.is_file():
        return named
    try:
        near = [each for each in path.parent.glob("*.lss") if number.group() in _NUMBER.findall(each.stem)]
    except OSError:
        return None
    return near[0] if len(near) == 1 else None


def _first_records(source: SourceFile) -> list[list[str]]:
    """Return the first two records of a text as each delimiter would cut them; none where it is no text."""
    head = source.content[:_HEAD]
    words = head.decode("utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", errors="replace")
    found: list[list[str]] = []
    for delimiter in ",;\t":
        reader = csv.reader(io.StringIO(words, newline=""), delimiter=delimiter)
        try:
            found += [record for _, record in zip(range(2), reader, strict=False)]
        except csv.Error:
            continue
    return found


def _variable(heading: Heading, questionnaire: Questionnaire) -> Variable:
    if heading.column is not None:
        return heading.column.variable
    return standard_variable(heading.name, questionnaire) or described_by_header(heading)


def _answered(cells: NDArray[Any]) -> bool:
    return bool(((cells != "") & (cells != NOT_SHOWN)).any())


def _unescaped(cell: str) -> str:
    for written, meant in _ESCAPED.items():
        cell = cell.replace(written, meant)
    return cell
