"""Which questionnaire tool wrote a file, by its name and its first lines.

Reading a CSV asks each of these functions in turn, so none of them imports a loader before its file
is likely its own.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np

from diplab.errors import LoadError
from diplab.loaders.answers.dates import iso_moments
from diplab.loaders.limits import open_archive
from diplab.loaders.questionnaire import grid_of, known_headings, written_words
from diplab.loaders.source import (
    WITHOUT_NAMES,
    WORKBOOKS,
    Request,
    Rows,
    SourceFile,
    forms_beside,
    open_source,
)
from diplab.loaders.text.records import (
    first_by_delimiter,
    first_record,
    first_records,
    is_table_of_r,
)

_WHOLE_PARTS = ("xl/sharedStrings.xml", "content.xml")
_HEAD_OF_PART = 200_000
_ZIP = b"PK"
# plain words are found faster than what is around them
_MARKS_OF_FORMS = (
    b"ImportId",
    b"ResponseI",
    b"Response ID",
    b"Respondent ID",
    b"ID r",
    b"ID du r",
    b"ID de r",
)


def _first_rows(source: SourceFile, request: Request, count: int) -> Rows:
    """Return the first records of a text, or those of a workbook that holds a word of an export."""
    if source.suffix not in WORKBOOKS:
        return first_records(source, count)
    if request.sheet is not None or request.header is not None or request.skip:
        return []  # it is read as it is asked for
    if source.marked is None:
        stamps = (item.encode() for item in known_headings("google_forms")["timestamp"])
        source.marked = _holds(source, (*_MARKS_OF_FORMS, *stamps))
    try:
        if source.marked:
            return grid_of(source, request).rows[:count]
        return []
    except LoadError:
        return []


def _holds(source: SourceFile, marks: Sequence[bytes]) -> bool:
    """Return whether a workbook holds a word that an export adds, before its sheets are parsed."""
    if source.head(2) != _ZIP:
        return any(mark.rstrip(b"<") in source.content for mark in marks)
    try:
        archive = open_archive(source)
        names = list[str]()
        for name in archive:
            if name.endswith(".xml"):
                names.append(name)
        parts = (
            archive.head(name, -1 if name in _WHOLE_PARTS else _HEAD_OF_PART) for name in names
        )
        return any(mark in part for part in parts for mark in marks)
    except LoadError:
        return False


# Google Forms
_GOOGLE_TIME = re.compile(
    r"\d{4}/\d{1,2}/\d{1,2} \d{1,2}:\d{2}:\d{2}(?: [AaPp]\.?[Mm]\.?)? [A-Z]{2,5}(?:[+-][\d:]{1,5})?"
)
_DAY = re.compile(r"\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4}(?=[T ,])")


def is_google_forms(source: SourceFile, request: Request) -> bool:
    """Return whether a file holds the answers of a Google form."""
    # the first column is the timestamp, in days and hours; a question is more than a name, unless
    # the zone is written
    rows = _first_rows(source, request, 2)
    # with a capital: `timestamp` is the name that diplab gives, in files that it wrote
    if (
        not rows
        or len(rows[0]) < 2
        or rows[0][0].strip() not in known_headings("google_forms")["timestamp"]
    ):
        return False
    stamp = ""
    if len(rows) > 1:
        stamp = rows[1][0].strip()
    if _GOOGLE_TIME.fullmatch(stamp):
        return True
    if all(name.strip().isidentifier() for name in rows[0][1:]):
        return False
    return not stamp or (
        ":" in stamp and iso_moments(np.array([_DAY.sub("2000/1/1", stamp)])) is not None
    )


# Plain tables


def is_clear_table(source: SourceFile, request: Request) -> bool:
    """Return whether a text of unknown suffix is a table: equally wide records, no prose."""
    if source.delimiter is not None or request.header is not None:
        return True
    rows = first_records(source, 50)
    widths = set(map(len, rows))
    plain = (
        len(rows) > 1
        and len(widths) == 1
        and min(widths) > 1
        and not any(name[:1] == " " for name in rows[0])
    )
    return plain or is_table_of_r(source)


# Prolific
# a complete cell: what a respondent wrote may contain the words
_WITHDRAWN = re.compile(rb"[,;\t\n]\"?(?:CONSENT_REVOKED|DATA_EXPIRED)\"?(?:[,;\t\r\n]|\Z)")
_SOUGHT = (b"CONSENT_REVOKED", b"DATA_EXPIRED")
_LARGEST = 20_000_000  # bytes: ten times the largest export of one study


def is_prolific(source: SourceFile, request: Request) -> bool:
    """Return whether a text comes from Prolific: by its columns, or a cell on withdrawal."""
    header = first_records(source, 1)
    names = set()
    if header:
        names = {re.sub(r"[^a-z]", "", name.lower()) for name in header[0]}
    if "participantid" in names and names & {"submissionid", "sessionid"}:
        return True
    content = source.content[:_LARGEST]
    held = len(names) > 1 and any(word in content for word in _SOUGHT)
    return held and _WITHDRAWN.search(content) is not None


# SurveyMonkey
SURVEYMONKEY_IDENTIFIERS = {"respondentid", "idrepondant", "iddurepondant", "idderepondant"}
"""Letters of the name of the first column, which identifies respondents."""
SURVEYMONKEY_NUMBERED = re.compile(r"(?P<question>q\d{4})(?:_(?P<item>\d{4}))?")
"""Names of its SPSS export: `q0004_0002` is an item of `q0004`."""


def letters_of(name: str) -> str:
    """Return a name in small letters without accents, spaces or marks."""
    decomposed = unicodedata.normalize("NFKD", name.lower())
    return "".join(letter for letter in decomposed if letter.isascii() and letter.isalnum())


def is_surveymonkey(source: SourceFile, request: Request) -> bool:
    """Return whether a file is an export of SurveyMonkey."""
    # it has two header lines; or most columns bear the names of its SPSS export and boxes not
    # ticked say `Not selected`
    rows = _first_rows(source, request, 2)
    if not rows or len(rows[0]) < 2:
        return False
    if letters_of(rows[0][0]) in SURVEYMONKEY_IDENTIFIERS:
        return has_two_header_lines(rows)
    numbered = sum(SURVEYMONKEY_NUMBERED.fullmatch(name) is not None for name in rows[0])
    return 2 * numbered > len(rows[0]) and b"Not selected" in source.content


def has_two_header_lines(rows: Rows) -> bool:
    """Return whether the first two records are header lines of an export of SurveyMonkey."""
    # nothing is below the identifier; below the rest are answers to choose, `Response`, or nothing
    # below another field
    if len(rows) < 2 or len(rows[0]) != len(rows[1]) or rows[1][0].strip():
        return False
    pairs = [(above.strip(), below.strip()) for above, below in zip(*rows[:2], strict=True)][1:]
    second = [below for _, below in pairs if below]
    fields = any(
        letters_of(above) in known_headings("surveymonkey") for above, below in pairs if not below
    )
    boxes = any(not above for above, below in pairs if below)
    responses = any(
        "response" in letters_of(below) or "reponse" in letters_of(below) for below in second
    )
    numbers = all(below.replace(",", ".").replace(".", "", 1).isdecimal() for below in second)
    return bool(second) and not numbers and (fields or boxes or responses)


# Qualtrics
_UNNAMED = re.compile(r"V\d+")
_RESPONSE = re.compile(r"R_\w{10,}")
_DATES = ("StartDate", "EndDate", "RecordedDate")
_BESIDE = ("Finished", "Status", "ResponseSet")
_IMPORT_ID = re.compile(r"""["']ImportId["']\s*:\s*["']([^"']*)["']""")


def is_qualtrics(source: SourceFile, request: Request) -> bool:
    """Return whether a file is an export of Qualtrics: by its header lines, or a `.qsf` with it."""
    has_questionnaire = request.structure is not None and request.structure.suffix.lower() == ".qsf"
    return has_questionnaire or header_lines(_first_rows(source, request, 3)) > 0


def import_id(cell: str) -> str:
    """Return the identifier in a cell of Qualtrics' third header line, in JSON or Python."""
    match = None
    if cell.lstrip().startswith("{"):
        match = _IMPORT_ID.search(cell)
    if match:
        return match[1]
    return ""


def header_lines(rows: Rows) -> int:
    """Return how many header lines an export of Qualtrics has, by its first three records.

    0 where it is none.
    """
    # three hold names, questions and identifiers; two hold names and questions, recognised by what
    # Qualtrics adds
    if len(rows) > 2 and 2 * sum(map(bool, map(import_id, rows[2]))) > sum(map(bool, rows[2])):
        return 3
    if len(rows) < 2 or len(rows[0]) != len(rows[1]):
        return 0
    pairs = list(zip(*rows[:2], strict=True))
    if any(_UNNAMED.fullmatch(name) and below.lower() == "responseid" for name, below in pairs):
        return 2
    second = dict(pairs)
    below = next((cell.strip() for name, cell in pairs if name.lower() == "responseid"), "")
    dates = [second[name] for name in _DATES if second.get(name)]
    undated = any(not any(map(str.isdigit, cell)) for cell in dates)
    in_words = undated or any(second.get(name) == name for name in _BESIDE)
    is_header = bool(below) and not any(map(str.isdigit, below)) and not _RESPONSE.fullmatch(below)
    if is_header and in_words:
        return 2
    return 0


# LimeSurvey
_LIMESURVEY_COLUMNS = {"id", "submitdate", "lastpage", "startlanguage"}
_MARKS_OF_LIMESURVEY = 3  # of these columns: one of them may have been left out of the export
_INVITED = {
    "emailstatus",
    "participant_id",
    "blacklisted",
    "remindersent",
    "remindercount",
    "usesleft",
    "validuntil",
}
ATTRIBUTE = re.compile(r"attribute_\d+")
_SURVEY_NUMBER = re.compile(r"\d{5,}")
_SYNTAX_SUFFIXES = {".csv": ".R", ".dat": ".sps"}


def is_limesurvey(source: SourceFile, request: Request) -> bool:
    """Return whether a text comes from LimeSurvey: its structure is given or beside it."""
    # without one, its header has the columns that LimeSurvey adds, in codes or in words
    if request.structure is not None:
        return request.structure.suffix.lower() in (".lss", ".lsa")
    if structure_beside(source.path) is not None:
        return True
    headers = (header for first in first_by_delimiter(source, 2) for header in first)
    names = ({standard_name(cell.strip()) for cell in header} for header in headers)
    return any(len(name & _LIMESURVEY_COLUMNS) >= _MARKS_OF_LIMESURVEY for name in names)


def is_standard(name: str) -> bool:
    """Return whether a name is that of one of LimeSurvey's own columns."""
    return (
        name in known_headings("limesurvey")
        or name in _INVITED
        or ATTRIBUTE.fullmatch(name) is not None
    )


def standard_name(written: str) -> str:
    """Return the name of LimeSurvey's own column under a header, in codes or in words.

    Empty where it is none.
    """
    if is_standard(written):
        return written
    code, _, rest = written.partition(". ")
    return heading_words().get(
        fold_case(written), code if rest and code in known_headings("limesurvey") else ""
    )


@cache
def heading_words() -> Mapping[str, str]:
    """Return LimeSurvey's own columns by their headings in any language, without blanks or case."""
    names: dict[str, str] = {}
    for name, languages in written_words("limesurvey/exported_words.toml")["headings"].items():
        for forms in languages.values():
            for form in forms:
                names[fold_case(form)] = name
    return names


def fold_case(words: str) -> str:
    """Return words as they are compared: without blanks, underscores or case."""
    return "".join(words.split()).replace("_", "").casefold()


def structure_beside(path: Path) -> Path | None:
    """Return the LimeSurvey structure that is beside a file and bears the number of its survey."""
    number = _SURVEY_NUMBER.search(path.stem)
    if number is None:
        return None
    usual = path.with_name(f"limesurvey_survey_{number.group()}.lss")
    if usual.is_file():
        return usual
    try:
        near = list[Path]()
        for item in path.parent.glob("*.lss"):
            if number.group() in _SURVEY_NUMBER.findall(item.stem):
                near.append(item)
    except OSError:
        return None
    if len(near) == 1:
        return near[0]
    return None


def has_syntax(source: SourceFile, request: Request) -> bool:
    """Return whether a file is LimeSurvey data for R or SPSS: its syntax is given or beside it."""
    if request.structure is not None:
        return request.structure.suffix.lower() == ".r" or is_limesurvey_syntax(request.structure)
    return source.suffix == ".dat" or syntax_beside(source.path) is not None


# comments and the name of the data in the SPSS syntax of LimeSurvey, of all its versions
_LIMESURVEY_SYNTAX = re.compile(rb"\*\$Rev: *\d|\*Define Variable Properties\.|_SPSS_data_file")


def is_limesurvey_syntax(path: Path) -> bool:
    """Return whether a file is a syntax that LimeSurvey wrote for SPSS."""
    return (
        path.suffix.lower() == ".sps"
        and _LIMESURVEY_SYNTAX.search(open_source(path).content) is not None
    )


SETUP_FILES = (".xml", ".sps", ".sas", ".dct", ".do")
"""Suffixes of files that describe columns of a text: DDI, setup files of SPSS, SAS, Stata."""


def has_setup(source: SourceFile, request: Request) -> bool:
    """Return whether a setup file is given for a file, or lies beside columns without names."""
    path = request.structure or setup_beside(source)
    if path is None and source.suffix == ".dct":
        path = source.path  # which may hold its data itself
    return path is not None and path.suffix.lower() in SETUP_FILES and not _is_of_limesurvey(path)


def setup_beside(source: SourceFile) -> Path | None:
    """Return the setup file that lies beside a text without a header, under its name."""
    if source.suffix not in WITHOUT_NAMES or source.suffix in (".txt", ".dct"):
        return None
    places = map(source.path.with_suffix, SETUP_FILES)
    return next((place for place in places if place.is_file() and _may_place(place)), None)


def _may_place(path: Path) -> bool:
    """Return whether a file may say where columns are: DDI by locations.

    LimeSurvey has a reader of its own.
    """
    if path.suffix == ".xml":
        return b"StartPos" in open_source(path).content
    return not _is_of_limesurvey(path)


def _is_of_limesurvey(path: Path) -> bool:
    return path.suffix.lower() == ".r" or is_limesurvey_syntax(path)


def syntax_beside(path: Path) -> Path | None:
    """Return the syntax file that is beside data under LimeSurvey's name."""
    suffix = _SYNTAX_SUFFIXES.get(path.suffix.lower(), "")
    if not suffix or "data_file" not in path.stem:
        return None
    beside = path.with_name(path.stem.replace("data_file", "syntax_file") + suffix)
    if beside.is_file():
        return beside
    return None


# KoboToolbox and ODK
_KOBO_COLUMNS = {
    "_uuid",
    "_submission_time",
    "_parent_table_name",
    "_parent_index",
    "_submission__id",
}
_ODK_COLUMNS = {"meta-instanceID", "instanceID", "PARENT_KEY", "SubmissionDate"}
_MARKS_OF_KOBO = (
    b"_uuid<",
    b"_submission_time<",
    b"_parent_index<",
    b"_parent_table_name<",
    b"KEY<",
)
_QUESTION_TYPES = {
    "text",
    "integer",
    "decimal",
    "date",
    "select_one",
    "select_multiple",
    "geopoint",
    "image",
    "note",
}
"""Types of questions, of which every form has one."""
_TEXT = (".csv", ".tsv", ".txt")


def is_kobo(source: SourceFile, request: Request) -> bool:
    """Return whether a file is an export of KoboToolbox or ODK: by its form or its columns."""
    if source.suffix in WORKBOOKS and not (
        _has_form(source, request) or _holds(source, _MARKS_OF_KOBO)
    ):
        return False
    headers = _headers(source, request)
    marked = any(
        _KOBO_COLUMNS & set(header) or ("KEY" in header and _ODK_COLUMNS & set(header))
        for header in headers
    )
    return marked or (bool(headers) and _has_form(source, request))


def is_form_alone(source: SourceFile, request: Request) -> bool:
    """Return whether a workbook is an XLSForm, not answers: `survey` has question types."""
    try:
        parts = open_archive(source) if source.head(2) == _ZIP else {"content.xml": source.content}
        if b"survey" not in (parts.get("xl/workbook.xml") or parts.get("content.xml", b"")).lower():
            return False
        from diplab.loaders.kobo.xlsform import form_of, is_xlsform

        form = None
        if is_xlsform(source, request):
            form = form_of(source, request)
        return form is not None and any(
            question.kind in _QUESTION_TYPES for question in form.questions
        )
    except LoadError:
        return False


def _has_form(source: SourceFile, request: Request) -> bool:
    """Return whether an XLSForm, or a CSV of labels, is given for a file or is beside it."""
    if request.structure is None:
        return any(path.name.endswith(".xlsform.xlsx") for path in forms_beside(source.path))
    suffix = request.structure.suffix.lower()
    if suffix != ".csv":
        return suffix in WORKBOOKS
    from diplab.loaders.kobo.xlsform import read_labels

    try:
        return bool(read_labels(open_source(request.structure)))
    except LoadError:
        return False


def _headers(source: SourceFile, request: Request) -> list[list[str]]:
    """Return the headers of the tables of a file, without reading further.

    None where it cannot be read.
    """
    try:
        if source.suffix in _TEXT:
            return [first_record(source)]
        from diplab.loaders.kobo.export import headers_of

        return headers_of(source, request)
    except LoadError:
        return []
