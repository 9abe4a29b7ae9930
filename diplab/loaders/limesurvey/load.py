"""LimeSurvey exports of answers (.csv, .tsv, .lsa), with the questionnaire of their .lss file.

What their headers mean comes first, with the structure of the survey and without it; then what
their cells do.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count, groupby

import numpy as np
import pandas as pd

from diplab.errors import quoted_names
from diplab.kernel.arrays import Array, Booleans
from diplab.loaders.answers.numbers import NUMBER
from diplab.loaders.limesurvey.structure import (
    NOT_SHOWN,
    OTHER,
    LimeSurveyDocument,
    LimeSurveyQuestion,
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
from diplab.loaders.notices import WORDS, column_notice, notice_if
from diplab.loaders.questionnaire import (
    FormColumns,
    brackets_of,
    distinct_words,
    known_headings,
    number_wording,
    strip_html,
    stripped,
    unrelated,
)
from diplab.loaders.source import Request, SourceFile, open_source, refused, repaired_names
from diplab.loaders.text.recognition import (
    ATTRIBUTE,
    fold_case,
    is_standard,
    standard_name,
    structure_beside,
)
from diplab.loaders.text.records import column_at, delimited_text, records
from diplab.microdata.codebook import Codebook, Origin
from diplab.microdata.display import in_language, join_wordings
from diplab.microdata.microdata import Microdata
from diplab.microdata.search import all_wordings
from diplab.microdata.variable import Code, Variable, code_written, is_short
from diplab.reference.text import NOTHING, Text

_CODE = re.compile(r"[A-Za-z]\w*(?:\[[^\[\]]*\]){0,2}")
_CUT = ".."


@dataclass(frozen=True)
class Heading:
    """What one header means."""

    name: str  # name of the column in the frame
    # the column of the questionnaire; None for LimeSurvey's own columns and for those that it does
    # not know
    column: QuestionColumn | None
    written: str  # the header as the file has it


def headings(
    source: SourceFile,
    request: Request,
    header: Sequence[str],
    questionnaire: LimeSurveyQuestionnaire,
    columns: Sequence[QuestionColumn],
) -> tuple[list[Heading], list[Text]]:
    """Return the meaning of each header, under distinct names, and notices on them."""
    # a header is a code (`Q1[SQ001]`, `Q1_SQ001`), a name of the database (`782678X165X1193SQ01`),
    # a wording, whole or cut (`Questi.. [Subq.. ]`), or a code and a wording. Columns that share a
    # header are distinguished by their order
    matched: dict[int, Heading] = {}
    by_code = {}
    for element in columns:
        by_code[element.variable.name] = element
    by_expression = {}
    for element in columns:
        by_expression[element.expression] = element
    sid = questionnaire.sid
    by_field = {}
    for element in columns:
        by_field[f"{sid}X{element.question.gid}X{element.question.qid}{element.suffix}".upper()] = (
            element
        )
    by_wording: dict[str, dict[str, QuestionColumn]] = {}
    for element in columns:
        for first, *items in _wordings(element):
            by_wording.setdefault(first + "".join(f"[{item}]" for item in items), {})[
                element.variable.name
            ] = element
    for position, written in enumerate(header):
        column = by_code.get(written) or by_expression.get(written)
        if column is not None:
            matched[position] = Heading(written, column, written)
        elif (own := standard_name(written)) and (
            own == written or fold_case(written) not in by_wording
        ):
            matched[position] = Heading(own, None, written)
        elif other := by_field.get(written.upper()) or _match_code(written, by_code):
            matched[position] = Heading(other.variable.name, other, written)
        elif not columns and header[0].startswith("id. ") and (code := _CODE.match(written)):
            matched[position] = Heading(code.group(), None, written)
    unsure = _match_wordings(header, columns, by_wording, matched)
    found = list[Heading]()
    for position, name in enumerate(header):
        found.append(matched.get(position, Heading(name, None, name)))
    names, notices = repaired_names(source, request, [element.name for element in found])
    named: list[Heading] = []
    for name, known in zip(names, found, strict=True):
        column = known.column and replace(
            known.column, variable=replace(known.column.variable, name=name)
        )
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
    question, items = brackets_of(written)
    if not items:
        return replace(bare, label=Text.same(written), question=Text.same(written))
    return replace(bare, label=Text.same(" – ".join(items)), question=Text.same(question))


def _match_code(written: str, by_code: Mapping[str, QuestionColumn]) -> QuestionColumn | None:
    """Return the column of a header that has a code and a wording."""
    code = _CODE.match(written)
    column = None
    if code:
        column = by_code.get(code.group())
    if code is None or column is None:
        return None
    rest = fold_case(strip_html(written[code.end() :])).lstrip(".:;,-–|/")
    if any(_fits(rest, parts) for parts in _wordings(column)):
        return column
    return None


def _match_wordings(
    header: Sequence[str],
    columns: Sequence[QuestionColumn],
    by_wording: Mapping[str, Mapping[str, QuestionColumn]],
    matched: dict[int, Heading],
) -> list[str]:
    """Fill in the headers that are wordings, whole or cut.

    Return those of more or fewer columns than have them.
    """
    unsure: list[str] = []
    claimed = set()
    for item in matched.values():
        if item.column is not None:
            claimed.add(item.column.variable.name)
    places: dict[str, list[int]] = {}
    for place, written in enumerate(header):
        if place not in matched:
            places.setdefault(fold_case(strip_html(written)), []).append(place)
    for words, alike in places.items():
        fitting = [
            column for name, column in by_wording.get(words, {}).items() if name not in claimed
        ]
        if not fitting and _CUT in words:
            free = [item for item in columns if item.variable.name not in claimed]
            fitting = [
                item for item in free if any(_fits(words, parts) for parts in _wordings(item))
            ]
        if fitting and len(fitting) != len(alike):
            unsure.append(header[alike[0]])
            continue
        for place, column in zip(alike, fitting, strict=False):
            matched[place] = Heading(column.variable.name, column, header[place])
    return unsure


def _wordings(column: QuestionColumn) -> list[tuple[str, ...]]:
    """Return the parts of a column's heading, folded, in each language."""
    languages = ("fr", "en", *(tag for tag, _ in column.parts[0].others))
    wordings = list[tuple[str, ...]]()
    for language in languages:
        wordings.append(tuple(fold_case(in_language(part, language)) for part in column.parts))
    return list(dict.fromkeys(wordings))


def _fits(words: str, parts: tuple[str, ...]) -> bool:
    """Return whether a folded header is a heading whose parts may each be truncated by `..`."""
    rest = words
    for position, part in enumerate(parts):
        if position and not rest.startswith("["):
            return False
        if position:
            rest = rest[1:]
        if rest.startswith(part) and rest[len(part) : len(part) + 1] in ("", "[", "]"):
            rest = rest[len(part) :]
        else:
            written, cut, rest = rest.partition(_CUT)
            if not cut or not part.startswith(written):
                return False
        if position and not rest.startswith("]"):
            return False
        if position:
            rest = rest[1:]
    return not rest


_ITEM = re.compile(r"(\w+?)(?:\[(.+)\]|_((?:SQ\d+|other)(?:comment)?)|\.(\w+)\.)")
"""A code that names an item: `Q1[SQ001]`, `Q1_SQ001`, and `Q1.SQ001.`, as R writes it."""


def boxes_by_answers(columns: Sequence[Heading], cells: Mapping[str, Array]) -> list[Heading]:
    """Return the headings with columns that hold only ticks as boxes of a multiple choice."""
    found: dict[str, Heading] = {}
    names = {item.name for item in columns}
    for question, group in groupby(columns, key=lambda item: _question_and_item(item)[0]):
        members = list(group)
        boxes = list[str]()
        for member in members:
            if not _is_beside(member, cells[member.name]):
                boxes.append(member.name)
        if (
            not question
            or question in names
            or len(boxes) < 2
            or not _are_boxes([cells[name] for name in boxes])
        ):
            continue
        names.add(question)
        asked = next(
            (text for member in members if (text := variable_of_header(member).question)),
            Text.same(question),
        )
        multiple = LimeSurveyQuestion(question, "M", asked, qid="", gid="")
        for member in members:
            variable, box = (
                replace(variable_of_header(member), part_of=question),
                member.name in boxes,
            )
            if _ITEM.fullmatch(member.written):
                variable = replace(
                    variable, label=Text.same(_question_and_item(member)[1]), question=NOTHING
                )
            if box:
                ticked: dict[Code, Text] = {1: word_of("yes"), 0: word_of("no")}
                variable = replace(variable, values=ticked, measure="nominal", storage="whole")
            column = QuestionColumn(variable, (), "box" if box else "plain", "", multiple)
            found[member.name] = replace(member, column=column)
    return [found.get(item.name, item) for item in columns]


def _question_and_item(heading: Heading) -> tuple[str, str]:
    """Return the question and the item that a header names, by their codes or in words.

    Nothing where it has none.
    """
    if is_standard(heading.name):
        return "", ""
    if code := _ITEM.fullmatch(heading.name):
        return code[1], code[2] or code[3] or code[4]
    question, items = brackets_of(strip_html(heading.written))
    if items:
        return (question, items[-1])
    return ("", "")


def _is_beside(heading: Heading, cells: Array) -> bool:
    """Return whether a column holds what was written beside the boxes of its question."""
    item = _question_and_item(heading)[1]
    named = (
        fold_case(item) in forms_of("other") | forms_of("comment")
        or re.fullmatch(r"\w*comment", item) is not None
    )
    return named and not _are_boxes([cells])


def _are_boxes(columns: Sequence[Array]) -> bool:
    """Return whether the columns of a question are boxes, by the words in them."""
    # in words a box is Yes or No, and all those of a question are N/A where it was not shown; in
    # codes it is Y or empty. Items of an array may be empty, or N/A where it offers that answer,
    # beside others that are answered
    absent, no = forms_of("not_shown"), forms_of("no")
    words = {fold_case(str(word)) for cells in columns for word in pd.unique(cells)} - {
        "",
        fold_case(NOT_SHOWN),
    }
    if (
        not words
        or not words <= {"y"} | absent | no | forms_of("yes")
        or (words & no and "y" in words)
    ):
        return False
    if not words & (no | absent):
        return True
    empty = list[str]()
    for word in pd.unique(np.concatenate(columns)):
        if fold_case(str(word)) in absent | {""}:
            empty.append(str(word))
    blank = np.isin(np.array(columns), empty)
    return bool((blank.all(axis=0) | ~blank.any(axis=0)).all())


def cells_not_shown(
    columns: Sequence[Heading], cells: Mapping[str, Array]
) -> tuple[dict[str, Array], list[Text], list[str]]:
    """Return cells without the `N/A` of boxes, yes/no and sex, notices, and columns keeping it."""
    # LimeSurvey writes it in these only. Elsewhere it is an answer that was offered, or a
    # respondent's own word
    known, count, changed, left = dict(cells), 0, 0, list[str]()
    own = forms_of("yes") | forms_of("no"), forms_of("female") | forms_of("male")
    for column in columns:
        words = list(map(str, pd.unique(cells[column.name])))
        absent = list[str]()
        for word in words:
            if fold_case(word) in forms_of("not_shown"):
                absent.append(word)
        answers = set()
        for word in words:
            if word not in absent:
                answers.add(fold_case(word))
        box = column.column is not None and column.column.role == "box"
        single = (
            not _question_and_item(column)[0]
            and answers != {""}
            and any(answers - {""} <= forms for forms in own)
        )
        if absent and (box or single):
            cell_is_absent = np.isin(cells[column.name], absent)
            count, changed = count + int(cell_is_absent.sum()), changed + 1
            known[column.name] = np.where(
                cell_is_absent, NOT_SHOWN if box else "", cells[column.name]
            )
        elif "N/A" in absent:
            left.append(column.name)
    asked = [*notice_if(count, "limesurvey.no_structure", cells=count, columns=changed)]
    return known, asked, left


def _with_answers_of_na(data: Microdata, left: Sequence[str]) -> Microdata:
    """Add a notice on columns where `N/A` is still an answer, not a missing number or date."""
    absent = forms_of("not_shown")
    still = list[str]()
    for name in left:
        if name in data.codebook and not any(
            fold_case(str(code)) in absent for code in data.codebook[name].missing
        ):
            still.append(name)
    origin = data.codebook.origin
    origin = replace(
        origin, notices=(*origin.notices, *column_notice("limesurvey.still_answers", still))
    )
    return replace(data, codebook=replace(data.codebook, origin=origin))


PRIVATE = frozenset(
    ("ipaddr", "refurl", "token", "firstname", "lastname", "email", "emailstatus", "participant_id")
)
"""Columns that identify people, or come from the list of those invited, and are not answers."""

_GROUP_TIME = re.compile(r"groupTime(\d+)")
_TIME = re.compile(r"(\w+)Time")


def is_private(name: str) -> bool:
    """Return whether one of LimeSurvey's own columns identifies people and is not an answer."""
    return name in PRIVATE or ATTRIBUTE.fullmatch(name) is not None


def standard_variable(name: str, questionnaire: LimeSurveyQuestionnaire) -> Variable | None:
    """Return what one of LimeSurvey's own columns means; None where it is none of them."""
    # times are in seconds: of the interview, of a group of questions (`groupTime165`), of a
    # question (`ageTime`)
    languages = questionnaire.languages
    if name in known_headings("limesurvey"):
        return Variable(
            name, label=word_of(name, languages, "headings"), **known_headings("limesurvey")[name]
        )
    if is_standard(name):
        return Variable(name, label=Text.same(name), measure="nominal", storage="words")
    group, question = _GROUP_TIME.fullmatch(name), _TIME.fullmatch(name)
    named = ""
    if question:
        named = question[1]
    timed = next((item.wording for item in questionnaire.questions if item.name == named), None)
    if group:
        timed = questionnaire.groups.get(group[1]) or number_wording(
            WORDS("limesurvey.group"), int(group[1][:9])
        )
    if timed is None:
        return None
    return Variable(
        name,
        label=join_wordings([WORDS("limesurvey.time"), timed]),
        measure="scale",
        storage="number",
    )


_OTHERWISE = "Export the answers as codes, or give the structure (.lss) of this very survey."
_TICKED = frozenset({"y", "1"})
_BLANK = frozenset({"n", "0", "2"})


def coded_answers(
    source: SourceFile,
    columns: Sequence[Heading],
    cells: Mapping[str, Array],
    *,
    shown: bool = False,
) -> tuple[dict[str, Array], list[Text]]:
    """Return the cells of a file as codes, and what a reader should know of them."""
    # columns hold codes or labels of any language, each judged by itself: unknown codes are kept,
    # unknown labels refused. An empty box is 0 where another box of the question was ticked or
    # "other" written, else missing, unless the file distinguishes the two
    coded = dict(cells)
    known = {}
    for item in columns:
        if item.column is not None:
            known[item.name] = item.column
    choices = {
        name: _Choice(source, name, cells[name], item)
        for name, item in known.items()
        if item.role == "choice"
    }
    labelled = any(item.holds_labels for item in choices.values())
    notices: list[Text] = []
    for name, choice in choices.items():
        coded[name], unknown = choice.coded(labelled=labelled)
        if unknown:
            notices.append(WORDS("limesurvey.unknown_codes", name=name, count=len(unknown)))
    boxes = {name: column for name, column in known.items() if column.role == "box"}
    ticks = {}
    for name in boxes:
        ticks[name] = _ticks(source, name, cells[name])
    explicit = shown or any(np.isin(tick, ["0", NOT_SHOWN]).any() for tick in ticks.values())
    # who ticked one of the boxes of a question, or wrote something beside them, saw it
    seen: dict[str, Booleans] = {}
    for name, column in known.items():
        given, code = (
            ticks[name] == "1" if name in boxes else _are_given(cells[name]),
            column.question.name,
        )
        seen[code] = seen[code] | given if code in seen else given
    for name, column in boxes.items():
        zero = (ticks[name] == "") & (shown | (seen[column.question.name] & (not explicit)))
        coded[name] = np.where(zero, "0", ticks[name])
    if boxes and not explicit:
        notices.append(WORDS("limesurvey.boxes"))
    return coded, notices


def _are_given(cells: Array) -> Booleans:
    """Return which cells hold an answer."""
    return np.asarray((cells != "") & (cells != NOT_SHOWN), dtype=bool)


def code_not_asked(variable: Variable, cells: Array) -> tuple[Variable, Array]:
    """Return a variable and its cells, with a missing code for respondents who were not asked."""
    # the code is -9, or -99, -999... where that is an answer; among moments the cell is empty
    not_shown = cells == NOT_SHOWN
    if not not_shown.any():
        return variable, cells
    if variable.storage == "moment":
        return variable, np.where(not_shown, "", cells)
    answers = distinct_words(cells[~not_shown]) - {""}
    answers |= set(map(code_written, variable.values))
    code = next(code for code in ("-" + "9" * length for length in count(1)) if code not in answers)
    numbers = variable.storage != "words" and all(map(NUMBER.fullmatch, answers))
    missing = {**variable.missing, (int(code) if numbers else code): "not asked"}
    return replace(variable, missing=missing), np.where(not_shown, code, cells)


def _ticks(source: SourceFile, name: str, cells: Array) -> Array:
    """Return the cells of a box as `1`, `0`, empty, or not shown."""
    known = dict.fromkeys((fold_case(NOT_SHOWN), *forms_of("not_shown")), NOT_SHOWN) | {"": ""}
    known |= dict.fromkeys(_BLANK | forms_of("no"), "0") | dict.fromkeys(
        _TICKED | forms_of("yes"), "1"
    )
    places, distinct = pd.factorize(cells)
    for word in map(str, distinct):
        if fold_case(word) not in known:
            found = f"Its column `{name}` is a box of a multiple choice, and holds `{word[:60]}`."
            raise refused(source, found, _OTHERWISE)
    return np.array([*(known[fold_case(str(word))] for word in distinct), ""], dtype=object)[places]


class _Choice:
    """Distinct answers in the column of a choice question, its codes, and the codes by label."""

    def __init__(self, source: SourceFile, name: str, cells: Array, column: QuestionColumn) -> None:
        self.source, self.name, self.cells = source, name, cells
        words = dict.fromkeys(stripped(pd.unique(cells)))
        absent = forms_of("not_shown") if column.question.kind in "YG" else frozenset()
        self.answered = [
            word for word in words if word not in ("", NOT_SHOWN) and fold_case(word) not in absent
        ]
        self.codes = set(map(code_written, column.variable.values))
        self.labels = _labels(column)
        # LimeSurvey's own answers, as exports for SPSS and R, and those told to convert Y and N,
        # number them from 1
        numbered = known_headings("limesurvey_numbers").get(column.question.kind, "")
        self.numbered = {str(number): code for number, code in enumerate(numbered, 1)}

    @property
    def holds_labels(self) -> bool:
        """True where something can only be a label."""
        return any(
            _fold_label(word) in self.labels for word in self.answered if word not in self.codes
        )

    def coded(self, *, labelled: bool) -> tuple[Array, list[str]]:
        """Return the cells as codes, and the codes that are not known."""
        answered, unknown = self.answered, list[str]()
        in_words = (
            all(_fold_label(word) in self.labels for word in answered)
            or not set(answered) <= self.codes
        )
        if set(answered) <= set(self.numbered):
            meant = self.numbered
        elif labelled and in_words:
            meant = {}
            for word in answered:
                meant[word] = self._code_of(word)
        else:
            meant, unknown = (
                {word: word for word in answered},
                [word for word in answered if word not in self.codes],
            )
        places, distinct = pd.factorize(self.cells)
        known = {**meant, NOT_SHOWN: NOT_SHOWN}
        return np.array(
            [*(known.get(str(word).strip(), "") for word in distinct), ""], dtype=object
        )[places], unknown

    def _code_of(self, word: str) -> str:
        """Return the one code of a label."""
        meant = self.labels.get(_fold_label(word), [word] if word in self.codes else [])
        if len(meant) == 1:
            return meant[0]
        if meant:
            shown = quoted_names(meant)
            found = (
                f"Its column `{self.name}` holds the label `{word[:60]}`, which several answers "
                f"share: {shown}."
            )
        else:
            shown = f"`{word}`" if is_short(word) else f"an answer of {len(word):,} letters"
            found = (
                f"Its column `{self.name}` holds {shown}, which is not an answer of this question."
            )
        raise refused(self.source, found, _OTHERWISE)


def _labels(column: QuestionColumn) -> dict[str, list[str]]:
    """Return the codes of each label, in every language of the survey."""
    codes_of: dict[str, list[str]] = {}
    # answers of which LimeSurvey has the words
    own = {OTHER: "other", **known_headings("limesurvey_answers").get(column.question.kind, {})}
    for code, label in column.variable.values.items():
        words = {*map(_fold_label, all_wordings(label))}
        for form in words | (forms_of(own[str(code)]) if str(code) in own else frozenset()):
            codes_of.setdefault(form, []).append(code_written(code))
    if OTHER in column.variable.values:
        # An answer that the survey calls "other" itself comes before LimeSurvey's own.
        others_first: dict[str, list[str]] = {}
        for form, codes in codes_of.items():
            others_first[form] = [code for code in codes if code != OTHER] or codes
        return others_first
    return codes_of


def _fold_label(words: str) -> str:
    return fold_case(strip_html(words))


_UNDATED = "1980-01-01 00:00:00"
# the mark of a brace comes last: it must not make a mark of what a respondent wrote
_ESCAPED = {"{newline}": "\n", "{cr}": "\r", "{tab}": "\t", "{lbrace}": "{"}


def read_limesurvey(source: SourceFile, request: Request) -> Microdata:
    """Read answers that LimeSurvey exported as CSV, or in its own tab-separated form (VV)."""
    # the structure (.lss) is given, or beside under the number of the survey; without one headers
    # tell what they can
    structure = request.structure or structure_beside(source.path)
    questionnaire = (
        LimeSurveyQuestionnaire()
        if structure is None
        else read_questionnaire(open_source(structure))
    )
    text = delimited_text(source)
    header, rows = records(source, text.text, text.dialect, repeated=True)
    shown = bool(rows) and rows[0][0].strip() == "id" and header[0] != "id"
    if shown:
        header, rows = rows[0], [list(map(_unescaped, row)) for row in rows[1:]]
    columns, notices = headings(source, request, header, questionnaire, columns_of(questionnaire))
    if request.structure is not None and not any(column.column for column in columns):
        raise unrelated(source, request.structure.name)
    cells = {}
    for position, item in enumerate(columns):
        cells[item.name] = column_at(rows, position)
    notices = [*text.notices, *notices]
    left: list[str] = []
    if structure is None:
        columns = boxes_by_answers(columns, cells)
        cells, not_shown, left = cells_not_shown(columns, cells)
        notices += not_shown
    form = _form_of_responses(source, request, columns, cells, questionnaire, shown=shown)
    form.notices += notices
    reader = (
        f"LimeSurvey answers{'' if structure is None else f' with `{structure.name}`'}, "
        f"{text.dialect}"
    )
    comma = text.dialect.delimiter != ","
    data = form.microdata(source, request, reader, comma=comma, questionnaire=questionnaire)
    if left:
        return _with_answers_of_na(data, left)
    return data


def _form_of_responses(
    source: SourceFile,
    request: Request,
    columns: Sequence[Heading],
    cells: Mapping[str, Array],
    questionnaire: LimeSurveyQuestionnaire,
    *,
    shown: bool,
) -> FormColumns:
    """Return what the cells of responses say, once it is known what each column is."""
    form = FormColumns()
    texts = list[str]()
    for column in columns:
        if column.column is not None and column.column.role == "none":
            texts.append(column.name)
    kept = list[Heading]()
    for column in columns:
        if column.name not in texts or _are_given(cells[column.name]).any():
            kept.append(column)
    coded, form.notices = coded_answers(source, kept, cells, shown=shown)
    for item in kept:
        variable = (
            item.column.variable if item.column else standard_variable(item.name, questionnaire)
        )
        form.add(*code_not_asked(variable or variable_of_header(item), coded[item.name]))
    own = {}
    for item in kept:
        if item.column is None:
            own[item.name] = standard_name(item.written) or item.name
    form.leave_out(source, request, [name for name, known in own.items() if is_private(known)])
    if "submitdate" in form.cells and (form.cells["submitdate"] == _UNDATED).any():
        form.notices.append(WORDS("limesurvey.no_dates"))
    form.sets = sets_of([item.column for item in kept if item.column is not None])
    return form


def limesurvey_codebook(source: SourceFile) -> Codebook:
    """Return the codebook that a structure (.lss) describes, without answers."""
    questionnaire = read_questionnaire(source)
    columns = list[QuestionColumn]()
    for item in columns_of(questionnaire):
        if item.role != "none":
            columns.append(item)
    variables = {}
    for column in columns:
        variables[column.variable.name] = column.variable
    origin = Origin(source.path.name, source.sha256, "LimeSurvey structure")
    title, languages = questionnaire.title, questionnaire.languages
    return Codebook(variables, origin, sets=sets_of(columns), title=title, languages=languages)


def _unescaped(cell: str) -> str:
    for written, meant in _ESCAPED.items():
        cell = cell.replace(written, meant)
    return cell


_SAVE_AGAIN = "Export it again from LimeSurvey as a survey archive (.lsa)."
_INVITATION_KEYS = ("tid", "token")


def read_limesurvey_archive(source: SourceFile, request: Request) -> Microdata:
    """Read the archive of a LimeSurvey survey (.lsa)."""
    # it tells a question that was not shown (missing, `not asked`) from one left blank. Times
    # become columns in seconds: `interviewtime`, `groupTime165`, `ageTime`
    archive = open_archive(source)
    questionnaire = read_questionnaire(source)
    responses = member_of(source, archive, ".lsr")
    if responses is None:
        found = "It holds no responses (.lsr): the survey was not active, or had none."
        raise refused(source, found, "Export the archive of a survey that was answered.")
    columns = _table(source, read_document(responses), "responses")
    sid, questions = questionnaire.sid, questionnaire.questions
    times = {
        "interviewtime": "interviewtime"
    }  # names that LimeSurvey's CSV gives to columns of times
    for question in questions:
        times[f"{sid}X{question.gid}time"] = f"groupTime{question.gid}"
    for question in questions:
        times[f"{sid}X{question.gid}X{question.qid}time"] = f"{question.name}Time"
    _add_columns(member_of(source, archive, ".lsi"), "timings", "id", columns, times)
    invited = member_of(source, archive, ".lst")
    if request.private:
        _add_columns(invited, "tokens", "token", columns)
    left_out = []
    if invited is not None and not request.private:
        left_out = [f"survey_{sid}_tokens.lst"]
    known, notices = headings(
        source, request, list(columns), questionnaire, columns_of(questionnaire)
    )
    cells = {}
    for item in known:
        cells[item.name] = columns[item.written]
    form = _form_of_responses(source, request, known, cells, questionnaire, shown=True)
    form.notices += [*notices, *column_notice("identifying.left_out", left_out)]
    return form.microdata(source, request, "LimeSurvey archive", questionnaire=questionnaire)


def _table(source: SourceFile, document: LimeSurveyDocument, name: str) -> dict[str, Array]:
    """Return the columns of a table; a field absent from a row was not shown."""
    rows = document.rows(name)
    fields = dict.fromkeys(
        (*document.fields.get(name, ()), *(field for row in rows for field in row))
    )
    if not fields:
        raise refused(source, f"Its table of {name} has no columns.", _SAVE_AGAIN)
    # What LimeSurvey itself fills is not a question: where it is absent, nothing was not asked.
    absent = {}
    for field in fields:
        absent[field] = NOT_SHOWN if "X" in field else ""
    columns: dict[str, Array] = {}
    for field in fields:
        columns[field] = np.array([row.get(field, absent[field]) for row in rows], dtype=object)
    return columns


def _add_columns(
    member: SourceFile | None,
    table: str,
    by: str,
    columns: dict[str, Array],
    names: Mapping[str, str] | None = None,
) -> None:
    """Add columns from another table of the archive, matched on `by`: all fields or those named."""
    if member is None or by not in columns:
        return
    rows = {}
    for row in read_document(member).rows(table):
        if row.get(by):
            rows[row[by]] = row
    for field in dict.fromkeys(
        field for row in rows.values() for field in row if field not in _INVITATION_KEYS
    ):
        name = field
        if names is not None:
            name = names.get(field, "")
        if name and name not in columns:
            columns[name] = np.array(
                [rows.get(item, {}).get(field, "") for item in columns[by]], dtype=object
            )
