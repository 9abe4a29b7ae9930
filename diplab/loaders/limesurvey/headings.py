"""What the headers of LimeSurvey's exports mean, with the structure of the survey and without it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from diplab.loaders.limesurvey.structure import (
    NOT_SHOWN,
    LimeSurveyQuestion,
    LimeSurveyQuestionnaire,
    QuestionColumn,
    forms_of,
    word_of,
)
from diplab.loaders.notices import WORDS, column_notice
from diplab.loaders.questionnaire import strip_html
from diplab.loaders.source import Request, SourceFile, repaired_names
from diplab.loaders.text.recognition import fold_case, is_standard, standard_name
from diplab.microdata.display import in_language
from diplab.microdata.variable import Code, Variable
from diplab.reference.text import NOTHING, Text

_CODE = re.compile(r"[A-Za-z]\w*(?:\[[^\[\]]*\]){0,2}")
_CUT = ".."


@dataclass(frozen=True)
class Heading:
    """What one header means."""

    name: str  # name of the column in the frame
    # the column of the questionnaire; None for LimeSurvey's own columns and for those that it does not know
    column: QuestionColumn | None
    written: str  # the header as the file has it


def headings(
    source: SourceFile,
    request: Request,
    header: Sequence[str],
    questionnaire: LimeSurveyQuestionnaire,
    columns: Sequence[QuestionColumn],
) -> tuple[list[Heading], list[Text]]:
    """Return what each header means, under names that are all different, and what to know of them."""
    # a header is a code (`Q1[SQ001]`, `Q1_SQ001`), a name of the database (`782678X165X1193SQ01`), a wording, whole or
    # cut (`Questi.. [Subq.. ]`), or a code and a wording. Columns that share a header are told apart by their order
    matched: dict[int, Heading] = {}
    by_code = {each.variable.name: each for each in columns}
    by_expression = {each.expression: each for each in columns}
    sid = questionnaire.sid
    by_field = {f"{sid}X{each.question.gid}X{each.question.qid}{each.suffix}".upper(): each for each in columns}
    by_wording: dict[str, dict[str, QuestionColumn]] = {}
    for each in columns:
        for first, *items in _wordings(each):
            by_wording.setdefault(first + "".join(f"[{item}]" for item in items), {})[each.variable.name] = each
    for place, written in enumerate(header):
        column = by_code.get(written) or by_expression.get(written)
        if column is not None:
            matched[place] = Heading(written, column, written)
        elif (own := standard_name(written)) and (own == written or fold_case(written) not in by_wording):
            matched[place] = Heading(own, None, written)
        elif other := by_field.get(written.upper()) or _match_code(written, by_code):
            matched[place] = Heading(other.variable.name, other, written)
        elif not columns and header[0].startswith("id. ") and (code := _CODE.match(written)):
            matched[place] = Heading(code.group(), None, written)
    unsure = _match_wordings(header, columns, by_wording, matched)
    found = [matched.get(place, Heading(name, None, name)) for place, name in enumerate(header)]
    names, notices = repaired_names(source, request, [each.name for each in found])
    named: list[Heading] = []
    for name, known in zip(names, found, strict=True):
        column = known.column and replace(known.column, variable=replace(known.column.variable, name=name))
        named.append(Heading(name, column, known.written))
    return named, [*notices, *column_notice("limesurvey.unsure", unsure)]


def variable_of_header(heading: Heading) -> Variable:
    """Return what a header alone tells of a column: its question and its wording."""
    written = strip_html(heading.written)
    code = _CODE.match(written)
    bare = Variable(heading.name)
    if code is not None and code.group() == heading.name:
        question, _, item = heading.name.partition("[")
        bare = replace(bare, part_of=question if item else "")
        written = written[code.end() :].lstrip(" .:")
    if not written:
        return bare
    question, items = _subquestion(written)
    if not items:
        return replace(bare, label=Text.same(written), question=Text.same(written))
    return replace(bare, label=Text.same(" – ".join(items)), question=Text.same(question))


def _subquestion(written: str) -> tuple[str, list[str]]:
    """Return a wording `Question [Row][Column]` in its parts, from its end, so that each letter is looked at once."""
    end, items = len(written), list[str]()
    while written.endswith("]", 0, end):
        opened = written.rfind("[", 0, end)
        if opened < 1 or written.find("]", opened, end) < end - 1:
            break
        items.append(written[opened + 1 : end - 1])
        end = opened
    return written[:end].removesuffix(" "), items[::-1]


def _match_code(written: str, by_code: Mapping[str, QuestionColumn]) -> QuestionColumn | None:
    """Return the column of a header that has a code and a wording."""
    code = _CODE.match(written)
    column = by_code.get(code.group()) if code else None
    if code is None or column is None:
        return None
    rest = fold_case(strip_html(written[code.end() :])).lstrip(".:;,-–|/")
    return column if any(_fits(rest, parts) for parts in _wordings(column)) else None


def _match_wordings(
    header: Sequence[str],
    columns: Sequence[QuestionColumn],
    by_wording: Mapping[str, Mapping[str, QuestionColumn]],
    matched: dict[int, Heading],
) -> list[str]:
    """Fill in the headers that are wordings, whole or cut; return those of more or fewer columns than have them."""
    unsure: list[str] = []
    claimed = {each.column.variable.name for each in matched.values() if each.column is not None}
    places: dict[str, list[int]] = {}
    for place, written in enumerate(header):
        if place not in matched:
            places.setdefault(fold_case(strip_html(written)), []).append(place)
    for words, alike in places.items():
        fitting = [column for name, column in by_wording.get(words, {}).items() if name not in claimed]
        if not fitting and _CUT in words:
            free = [each for each in columns if each.variable.name not in claimed]
            fitting = [each for each in free if any(_fits(words, parts) for parts in _wordings(each))]
        if fitting and len(fitting) != len(alike):
            unsure.append(header[alike[0]])
            continue
        for place, column in zip(alike, fitting, strict=False):
            matched[place] = Heading(column.variable.name, column, header[place])
    return unsure


def _wordings(column: QuestionColumn) -> list[tuple[str, ...]]:
    """Return the parts of a column's heading, folded, in each language."""
    languages = ("fr", "en", *(tag for tag, _ in column.parts[0].others))
    wordings = [tuple(fold_case(in_language(part, each)) for part in column.parts) for each in languages]
    return list(dict.fromkeys(wordings))


def _fits(words: str, parts: tuple[str, ...]) -> bool:
    """Return whether a header, folded, is a heading whose parts may each be cut short by two points."""
    rest = words
    for place, part in enumerate(parts):
        if place and not rest.startswith("["):
            return False
        rest = rest[1:] if place else rest
        if rest.startswith(part) and rest[len(part) : len(part) + 1] in ("", "[", "]"):
            rest = rest[len(part) :]
        else:
            written, cut, rest = rest.partition(_CUT)
            if not cut or not part.startswith(written):
                return False
        if place and not rest.startswith("]"):
            return False
        rest = rest[1:] if place else rest
    return not rest


_ITEM = re.compile(r"(\w+?)(?:\[(.+)\]|_((?:SQ\d+|other)(?:comment)?)|\.(\w+)\.)")
"""A code that names an item: `Q1[SQ001]`, `Q1_SQ001`, and `Q1.SQ001.`, as R writes it."""


def boxes_by_answers(columns: Sequence[Heading], cells: Mapping[str, NDArray[Any]]) -> list[Heading]:
    """Return headings in which columns that hold nothing but ticks are the boxes of a multiple choice."""
    found: dict[str, Heading] = {}
    names = {each.name for each in columns}
    for question, group in groupby(columns, key=lambda each: _question_and_item(each)[0]):
        members = list(group)
        boxes = [each.name for each in members if not _is_beside(each, cells[each.name])]
        if not question or question in names or len(boxes) < 2 or not _are_boxes([cells[name] for name in boxes]):
            continue
        names.add(question)
        asked = next((text for each in members if (text := variable_of_header(each).question)), Text.same(question))
        multiple = LimeSurveyQuestion(question, "M", asked, qid="", gid="")
        for each in members:
            variable, box = replace(variable_of_header(each), part_of=question), each.name in boxes
            if _ITEM.fullmatch(each.written):
                variable = replace(variable, label=Text.same(_question_and_item(each)[1]), question=NOTHING)
            if box:
                ticked: dict[Code, Text] = {1: word_of("yes"), 0: word_of("no")}
                variable = replace(variable, values=ticked, measure="nominal", storage="whole")
            column = QuestionColumn(variable, (), "box" if box else "plain", "", multiple)
            found[each.name] = replace(each, column=column)
    return [found.get(each.name, each) for each in columns]


def _question_and_item(heading: Heading) -> tuple[str, str]:
    """Return the question and the item that a header names, by their codes or in words; nothing where it has none."""
    if is_standard(heading.name):
        return "", ""
    if code := _ITEM.fullmatch(heading.name):
        return code[1], code[2] or code[3] or code[4]
    question, items = _subquestion(strip_html(heading.written))
    return (question, items[-1]) if items else ("", "")


def _is_beside(heading: Heading, cells: NDArray[Any]) -> bool:
    """Return whether a column holds what was written beside the boxes of its question."""
    item = _question_and_item(heading)[1]
    named = fold_case(item) in forms_of("other") | forms_of("comment") or re.fullmatch(r"\w*comment", item) is not None
    return named and not _are_boxes([cells])


def _are_boxes(columns: Sequence[NDArray[Any]]) -> bool:
    """Return whether the columns of a question are boxes, by the words in them."""
    # in words a box is Yes or No, and all those of a question are N/A where it was not shown; in codes it is Y or
    # empty. Items of an array may be empty, or N/A where it offers that answer, beside others that are answered
    absent, no = forms_of("not_shown"), forms_of("no")
    words = {fold_case(str(word)) for cells in columns for word in pd.unique(cells)} - {"", fold_case(NOT_SHOWN)}
    if not words or not words <= {"y"} | absent | no | forms_of("yes") or (words & no and "y" in words):
        return False
    if not words & (no | absent):
        return True
    empty = [str(word) for word in pd.unique(np.concatenate(columns)) if fold_case(str(word)) in absent | {""}]
    blank = np.isin(np.array(columns), empty)
    return bool((blank.all(axis=0) | ~blank.any(axis=0)).all())


def cells_not_shown(
    columns: Sequence[Heading], cells: Mapping[str, NDArray[Any]]
) -> tuple[dict[str, NDArray[Any]], list[Text]]:
    """Return cells without the `N/A` of boxes, of a yes or no and of a sex, and what to know of a file's `N/A`."""
    # LimeSurvey writes it in these only. Elsewhere it is an answer that was offered, or a respondent's own word
    known, count, changed, left = dict(cells), 0, 0, list[str]()
    own = forms_of("yes") | forms_of("no"), forms_of("female") | forms_of("male")
    for each in columns:
        words = [str(word) for word in pd.unique(cells[each.name])]
        absent = [word for word in words if fold_case(word) in forms_of("not_shown")]
        answers = {fold_case(word) for word in words if word not in absent}
        box = each.column is not None and each.column.role == "box"
        single = not _question_and_item(each)[0] and answers != {""} and any(answers - {""} <= forms for forms in own)
        if absent and (box or single):
            cell_is_absent = np.isin(cells[each.name], absent)
            count, changed = count + int(cell_is_absent.sum()), changed + 1
            known[each.name] = np.where(cell_is_absent, NOT_SHOWN if box else "", cells[each.name])
        elif "N/A" in absent:
            left.append(each.name)
    asked = [WORDS("limesurvey.no_structure", cells=count, columns=changed)] if count else []
    return known, [*asked, *column_notice("limesurvey.still_answers", left)]
