"""LimeSurvey's exports of answers (.csv, .tsv, .lsa), with the questionnaire that its structure (.lss) describes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from diplab.loaders.answers.numbers import NUMBER
from diplab.loaders.limesurvey.headings import Heading, boxes_by_answers, cells_not_shown, headings, variable_of_header
from diplab.loaders.limesurvey.structure import (
    FIXED,
    NOT_SHOWN,
    OTHER,
    LimeSurveyDocument,
    LimeSurveyQuestionnaire,
    QuestionColumn,
    columns_of,
    forms_of,
    member_of,
    read_document,
    read_questionnaire,
    sets_of,
    word_of,
)
from diplab.loaders.limits import open_archive
from diplab.loaders.notices import WORDS, column_notice
from diplab.loaders.questionnaire import FormColumns, known_headings, number_wording, strip_html
from diplab.loaders.source import Request, SourceFile, open_source, refused
from diplab.loaders.text.recognition import ATTRIBUTE, fold_case, is_standard, standard_name, structure_beside
from diplab.loaders.text.records import delimited_text, records
from diplab.microdata.codebook import Codebook, Origin
from diplab.microdata.display import join_wordings
from diplab.microdata.microdata import Microdata
from diplab.microdata.variable import Variable, code_written, is_short
from diplab.reference.text import Text

PRIVATE = frozenset(("ipaddr", "refurl", "token", "firstname", "lastname", "email", "emailstatus", "participant_id"))
"""Columns that identify people, or come from the list of those invited, and are no answers."""

_GROUP_TIME = re.compile(r"groupTime(\d+)")
_TIME = re.compile(r"(\w+)Time")


def is_private(name: str) -> bool:
    """Return whether one of LimeSurvey's own columns identifies people and is no answer."""
    return name in PRIVATE or ATTRIBUTE.fullmatch(name) is not None


def standard_variable(name: str, questionnaire: LimeSurveyQuestionnaire) -> Variable | None:
    """Return what one of LimeSurvey's own columns means; None where it is none of them."""
    # times are in seconds: of the interview, of a group of questions (`groupTime165`), of a question (`ageTime`)
    languages = questionnaire.languages
    if name in known_headings("limesurvey"):
        return Variable(name, label=word_of(name, languages, "headings"), **known_headings("limesurvey")[name])
    if is_standard(name):
        return Variable(name, label=Text.same(name), measure="nominal", storage="words")
    group, question = _GROUP_TIME.fullmatch(name), _TIME.fullmatch(name)
    named = question[1] if question else ""
    timed = next((each.wording for each in questionnaire.questions if each.name == named), None)
    if group:
        timed = questionnaire.groups.get(group[1]) or number_wording(WORDS("limesurvey.group"), int(group[1][:9]))
    if timed is None:
        return None
    return Variable(name, label=join_wordings([WORDS("limesurvey.time"), timed]), measure="scale", storage="number")


_NUMBERED = {"Y": "YN", "G": "FM", "C": "YNU", "E": "ISD"}
"""LimeSurvey's own answers, as exports for SPSS and R, and those told to convert Y and N, number them from 1."""
_TICKED = frozenset({"y", "1"})
_BLANK = frozenset({"n", "0", "2"})


def coded_answers(
    source: SourceFile, columns: Sequence[Heading], cells: Mapping[str, NDArray[Any]], *, shown: bool = False
) -> tuple[dict[str, NDArray[Any]], list[Text]]:
    """Return the cells of a file as codes, and what a reader should know of them."""
    # columns hold codes or labels of any language, each judged by itself: unknown codes are kept, unknown labels
    # refused. An empty box is 0 where another box of the question was ticked or "other" written, else missing, unless
    # the file tells the two apart
    coded = dict(cells)
    known = {each.name: each.column for each in columns if each.column is not None}
    choices = {name: column for name, column in known.items() if column.role == "choice"}
    notices: list[Text] = []
    labelled = any(_is_labelled(cells[name], column) for name, column in choices.items())
    for name, column in choices.items():
        coded[name], unknown = _codes(source, name, cells[name], column, labelled=labelled)
        if unknown:
            shown_codes = ", ".join(f"`{word[:40]}`" for word in unknown[:5])
            notices.append(WORDS("limesurvey.unknown_codes", name=name, codes=shown_codes))
    boxes = {name: column for name, column in known.items() if column.role == "box"}
    ticks = {name: _ticks(source, name, cells[name]) for name in boxes}
    explicit = shown or any(np.isin(each, ["0", NOT_SHOWN]).any() for each in ticks.values())
    # who ticked one of the boxes of a question, or wrote something beside them, saw it
    seen: dict[str, NDArray[np.bool_]] = {}
    for name, column in known.items():
        given, code = ticks[name] == "1" if name in boxes else _are_given(cells[name]), column.question.name
        seen[code] = seen[code] | given if code in seen else given
    for name, column in boxes.items():
        zero = (ticks[name] == "") & (shown | (seen[column.question.name] & (not explicit)))
        coded[name] = np.where(zero, "0", ticks[name])
    if boxes and not explicit:
        notices.append(WORDS("limesurvey.boxes"))
    return coded, notices


def _are_given(cells: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which cells hold an answer."""
    return np.asarray((cells != "") & (cells != NOT_SHOWN), dtype=bool)


def code_not_asked(variable: Variable, cells: NDArray[Any]) -> tuple[Variable, NDArray[Any]]:
    """Return cells in which a question that was not put to a respondent has a code of its own, and the variable."""
    # the code is -9, or -99, -999... where that is an answer; among moments the cell is empty
    not_shown = cells == NOT_SHOWN
    if not not_shown.any():
        return variable, cells
    if variable.storage == "moment":
        return variable, np.where(not_shown, "", cells)
    answers = {str(each).strip() for each in pd.unique(cells[~not_shown])} - {""}
    answers |= {code_written(code) for code in variable.values}
    code = next(code for code in ("-" + "9" * length for length in count(1)) if code not in answers)
    numbers = variable.storage != "words" and all(NUMBER.fullmatch(word) for word in answers)
    missing = {**variable.missing, (int(code) if numbers else code): "not asked"}
    return replace(variable, missing=missing), np.where(not_shown, code, cells)


def _ticks(source: SourceFile, name: str, cells: NDArray[Any]) -> NDArray[Any]:
    """Return the cells of a box as `1`, `0`, empty, or not shown."""
    known = dict.fromkeys((fold_case(NOT_SHOWN), *forms_of("not_shown")), NOT_SHOWN) | {"": ""}
    known |= dict.fromkeys(_BLANK | forms_of("no"), "0") | dict.fromkeys(_TICKED | forms_of("yes"), "1")
    places, distinct = pd.factorize(cells)
    for word in map(str, distinct):
        if fold_case(word) not in known:
            raise refused(
                source,
                f"Its column `{name}` is a box of a multiple choice, and holds `{word[:60]}`.",
                "Export the answers as codes, or give the structure (.lss) of this very survey.",
            )
    return np.array([*(known[fold_case(str(word))] for word in distinct), ""], dtype=object)[places]


def _codes(
    source: SourceFile, name: str, cells: NDArray[Any], column: QuestionColumn, *, labelled: bool
) -> tuple[NDArray[Any], list[str]]:
    """Return the cells of one choice as codes, and the codes that are not known."""
    places, distinct = pd.factorize(cells)
    words = [str(word).strip() for word in distinct]
    answered, codes, labels = _answers(cells, column)
    all_codes, all_labels = set(answered) <= codes, all(_fold_label(word) in labels for word in answered)
    by_label = labelled and (all_labels or not all_codes)
    converted = {str(number): code for number, code in enumerate(_NUMBERED.get(column.question.kind, ""), 1)}
    unknown = list[str]()
    if set(answered) <= set(converted):
        meant = {word: converted[word] for word in answered}
    elif by_label:
        meant = {word: _of_label(source, name, word, labels, codes) for word in answered}
    else:
        meant, unknown = {word: word for word in answered}, [word for word in answered if word not in codes]
    meant[NOT_SHOWN] = NOT_SHOWN
    return np.array([*(meant.get(word, "") for word in words), ""], dtype=object)[places], unknown


def _is_labelled(cells: NDArray[Any], column: QuestionColumn) -> bool:
    """Return whether a choice holds something that can only be a label."""
    answered, codes, labels = _answers(cells, column)
    return any(_fold_label(word) in labels for word in answered if word not in codes)


def _answers(cells: NDArray[Any], column: QuestionColumn) -> tuple[list[str], set[str], dict[str, list[str]]]:
    """Return the distinct answers that a choice holds, its codes, and the codes of each label."""
    words = dict.fromkeys(str(each).strip() for each in pd.unique(cells))
    absent = forms_of("not_shown") if column.question.kind in "YG" else frozenset()
    answered = [word for word in words if word not in ("", NOT_SHOWN) and fold_case(word) not in absent]
    return answered, {code_written(code) for code in column.variable.values}, _labels(column)


def _of_label(source: SourceFile, name: str, word: str, labels: Mapping[str, list[str]], codes: set[str]) -> str:
    """Return the one code of a label."""
    meant = labels.get(_fold_label(word), [])
    if len(meant) == 1:
        return meant[0]
    if not meant and word in codes:
        return word
    if meant:
        shown = ", ".join(f"`{code}`" for code in meant)
        found = f"Its column `{name}` holds the label `{word[:60]}`, which several answers share: {shown}."
    else:
        shown = f"`{word}`" if is_short(word) else f"an answer of {len(word):,} letters"
        found = f"Its column `{name}` holds {shown}, which is no answer of this question."
    raise refused(source, found, "Export the answers as codes, or give the structure (.lss) of this very survey.")


def _labels(column: QuestionColumn) -> dict[str, list[str]]:
    """Return the codes of each label, in every language of the survey."""
    codes_of: dict[str, list[str]] = {}
    own = {OTHER: "other", **dict(FIXED.get(column.question.kind, ()))}  # answers of which LimeSurvey has the words
    for code, label in column.variable.values.items():
        forms = {label.fr, label.en, *(words for _, words in label.others)}
        words = {_fold_label(form) for form in forms if form}
        for form in words | (forms_of(own[str(code)]) if str(code) in own else frozenset()):
            codes_of.setdefault(form, []).append(code_written(code))
    if OTHER in column.variable.values:
        # An answer that the survey calls "other" itself comes before LimeSurvey's own.
        return {form: [code for code in codes if code != OTHER] or codes for form, codes in codes_of.items()}
    return codes_of


def _fold_label(words: str) -> str:
    return fold_case(strip_html(words))


_UNDATED = "1980-01-01 00:00:00"
# the mark of a brace comes last: it must not make a mark of what a respondent wrote
_ESCAPED = {"{newline}": "\n", "{cr}": "\r", "{tab}": "\t", "{lbrace}": "{"}


def read_limesurvey(source: SourceFile, request: Request) -> Microdata:
    """Read answers that LimeSurvey exported as CSV, or in its own tab-separated form (VV)."""
    # the structure (.lss) is given, or beside under the number of the survey; without one headers tell what they can
    structure = request.structure or structure_beside(source.path)
    questionnaire = LimeSurveyQuestionnaire() if structure is None else read_questionnaire(open_source(structure))
    text = delimited_text(source)
    header, rows = records(source, text.text, text.dialect, repeated=True)
    shown = bool(rows) and rows[0][0].strip() == "id" and header[0] != "id"
    if shown:
        header, rows = rows[0], [[_unescaped(cell) for cell in row] for row in rows[1:]]
    columns, notices = headings(source, request, header, questionnaire, columns_of(questionnaire))
    if request.structure is not None and not any(each.column for each in columns):
        raise refused(
            source,
            f"Its structure `{request.structure.name}` describes the survey {questionnaire.sid} with "
            f"{len(questionnaire.questions)} questions, and the file has none of them.",
            "Write the structure of the survey that was answered, in the language of the headers, or export it with "
            "question codes as headers.",
        )
    cells = {each.name: np.array([row[place] for row in rows], dtype=object) for place, each in enumerate(columns)}
    notices = [*text.notices, *notices]
    if structure is None:
        columns = boxes_by_answers(columns, cells)
        cells, not_shown = cells_not_shown(columns, cells)
        notices += not_shown
    reader = f"LimeSurvey answers{'' if structure is None else f' with `{structure.name}`'}, {text.dialect}"
    comma = text.dialect.delimiter != ","
    return microdata_of_responses(
        source, request, columns, cells, questionnaire, reader=reader, comma=comma, shown=shown, notices=notices
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
    notices: Sequence[Text] = (),
) -> Microdata:
    """Return microdata from the cells of responses, once it is known what each column is."""
    form = FormColumns()
    texts = [each.name for each in columns if each.column is not None and each.column.role == "none"]
    kept = [each for each in columns if each.name not in texts or _are_given(cells[each.name]).any()]
    coded, form.notices = coded_answers(source, kept, cells, shown=shown)
    for each in kept:
        variable = each.column.variable if each.column else standard_variable(each.name, questionnaire)
        form.add(*code_not_asked(variable or variable_of_header(each), coded[each.name]))
    own = {each.name: standard_name(each.written) or each.name for each in kept if each.column is None}
    form.leave_out(source, request, [name for name, known in own.items() if is_private(known)])
    if "submitdate" in form.cells and (form.cells["submitdate"] == _UNDATED).any():
        form.notices.append(WORDS("limesurvey.no_dates"))
    form.notices += notices
    form.sets = sets_of([each.column for each in kept if each.column is not None])
    return form.microdata(source, request, reader, comma=comma, questionnaire=questionnaire)


def limesurvey_codebook(source: SourceFile) -> Codebook:
    """Return the codebook that a structure (.lss) describes, without answers."""
    questionnaire = read_questionnaire(source)
    columns = [each for each in columns_of(questionnaire) if each.role != "none"]
    variables = {each.variable.name: each.variable for each in columns}
    origin = Origin(source.path.name, source.sha256, "LimeSurvey structure")
    title, languages = questionnaire.title, questionnaire.languages
    return Codebook(variables, origin, sets=sets_of(columns), title=title, languages=languages)


def refuse_structure(source: SourceFile, request: Request) -> Microdata:
    """Say of a structure (.lss) that it holds no answers."""
    raise refused(
        source,
        "It is the structure of a LimeSurvey survey: its questions, without answers.",
        f'Write `read("answers.csv", structure="{source.path.name}")`, or read the archive (.lsa).',
    )


def _unescaped(cell: str) -> str:
    for written, meant in _ESCAPED.items():
        cell = cell.replace(written, meant)
    return cell


_ANEW = "Export it anew from LimeSurvey as a survey archive (.lsa)."
_INVITATION_KEYS = ("tid", "token")


def read_limesurvey_archive(source: SourceFile, request: Request) -> Microdata:
    """Read the archive of a LimeSurvey survey (.lsa)."""
    # it tells a question that was not shown (missing, `not asked`) from one left blank. Times become columns in
    # seconds: `interviewtime`, `groupTime165`, `ageTime`
    archive = open_archive(source)
    questionnaire = read_questionnaire(source)
    responses = member_of(source, archive, ".lsr")
    if responses is None:
        found = "It holds no responses (.lsr): the survey was not active, or had none."
        raise refused(source, found, "Export the archive of a survey that was answered.")
    columns = _table(source, read_document(responses), "responses")
    sid, questions = questionnaire.sid, questionnaire.questions
    times = {"interviewtime": "interviewtime"}  # names that LimeSurvey's CSV gives to columns of times
    times |= {f"{sid}X{each.gid}time": f"groupTime{each.gid}" for each in questions}
    times |= {f"{sid}X{each.gid}X{each.qid}time": f"{each.name}Time" for each in questions}
    _add_columns(member_of(source, archive, ".lsi"), "timings", "id", columns, times)
    invited = member_of(source, archive, ".lst")
    if request.private:
        _add_columns(invited, "tokens", "token", columns)
    left_out = [] if invited is None or request.private else [f"survey_{sid}_tokens.lst"]
    known, notices = headings(source, request, list(columns), questionnaire, columns_of(questionnaire))
    return microdata_of_responses(
        source,
        request,
        known,
        {each.name: columns[each.written] for each in known},
        questionnaire,
        reader="LimeSurvey archive",
        shown=True,
        notices=(*notices, *column_notice("identifying.left_out", left_out)),
    )


def _table(source: SourceFile, document: LimeSurveyDocument, name: str) -> dict[str, NDArray[Any]]:
    """Return the columns of a table; a field absent from a row was not shown."""
    rows = document.rows(name)
    fields = dict.fromkeys((*document.fields.get(name, ()), *(field for row in rows for field in row)))
    if not fields:
        raise refused(source, f"Its table of {name} has no columns.", _ANEW)
    # What LimeSurvey itself fills is no question: where it is absent, nothing was not asked.
    absent = {field: NOT_SHOWN if "X" in field else "" for field in fields}
    return {field: np.array([row.get(field, absent[field]) for row in rows], dtype=object) for field in fields}


def _add_columns(
    member: SourceFile | None,
    table: str,
    by: str,
    columns: dict[str, NDArray[Any]],
    names: Mapping[str, str] | None = None,
) -> None:
    """Add what another table of the archive says of each response, by a column of both: all, or what has a name."""
    if member is None or by not in columns:
        return
    rows = {row[by]: row for row in read_document(member).rows(table) if row.get(by)}
    for field in dict.fromkeys(field for row in rows.values() for field in row if field not in _INVITATION_KEYS):
        name = field if names is None else names.get(field, "")
        if name and name not in columns:
            columns[name] = np.array([rows.get(each, {}).get(field, "") for each in columns[by]], dtype=object)
