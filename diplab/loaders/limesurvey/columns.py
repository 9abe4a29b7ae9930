"""The columns that a LimeSurvey questionnaire yields, and the words that LimeSurvey itself writes into exports."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Literal, TypeAlias

from diplab.loaders.questionnaire import join_wordings, number_wording
from diplab.microdata.multiple_response import Responses
from diplab.microdata.variable import Variable
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from diplab.loaders.limesurvey.structure import LimeSurveyQuestion, LimeSurveyQuestionnaire
    from diplab.microdata.variable import Code, Measure, Storage

__all__ = [
    "NOT_SHOWN",
    "OTHER",
    "QuestionColumn",
    "columns_of",
    "fold_case",
    "forms_of",
    "heading_words",
    "sets_of",
    "word_of",
]


@cache
def _words() -> Mapping[str, Mapping[str, Mapping[str, list[str]]]]:
    content = resources.files("diplab.loaders.limesurvey").joinpath("exported_words.toml").read_text(encoding="utf-8")
    return tomllib.loads(content)


def word_of(key: str, languages: Iterable[str] = (), section: str = "answers") -> Text:
    """Return a word of LimeSurvey in French, in English, and in the languages of the survey."""
    known = _words()[section][key]
    # `de-informal` is German: LimeSurvey's own words are the same in both.
    forms = {language: known.get(language.split("-")[0]) for language in ("fr", "en", *languages)}
    return Text.of(
        {language: forms_of_language[0] for language, forms_of_language in forms.items() if forms_of_language}
    )


@cache
def forms_of(key: str) -> frozenset[str]:
    """Return all the forms of a word of LimeSurvey that exports may hold, without case or blanks."""
    return frozenset(fold_case(form) for forms in _words()["answers"][key].values() for form in forms)


@cache
def heading_words() -> Mapping[str, str]:
    """Return the names of LimeSurvey's own columns by their headings in words, without case or blanks."""
    return {
        fold_case(form): name
        for name, languages in _words()["headings"].items()
        for forms in languages.values()
        for form in forms
    }


def fold_case(words: str) -> str:
    """Return words as they are compared: without blanks, underscores or case."""
    return "".join(words.split()).replace("_", "").casefold()


NOT_SHOWN = "{question_not_shown}"  # how LimeSurvey's own exports write a question that was not put to a respondent
OTHER = "-oth-"  # the code of "other" in a list
Role: TypeAlias = Literal["box", "choice", "plain", "none"]
"""A box that is ticked or not; one answer among several; anything else; a text shown, which yields no answer."""

_FIXED = {
    "Y": (("Y", "yes"), ("N", "no")),
    "G": (("F", "female"), ("M", "male")),
    "C": (("Y", "yes"), ("U", "uncertain"), ("N", "no")),
    "E": (("I", "increase"), ("S", "same"), ("D", "decrease")),
}
"""Answers that LimeSurvey provides: their codes and the keys of their words."""

_SINGLE = frozenset("5DGILN!OSTUXYWZ*|")
_LISTS = frozenset("L!OWZ")
_LINES = frozenset("ABCEFHKQ")
_GRIDS = frozenset(";:")
_BOXES = frozenset("MP")
_ORDINAL = frozenset("5ABEFH1")
_SCALES = frozenset("NK")
_EXPORTED: Mapping[str, Measure] = {"1": "nominal", "2": "ordinal", "3": "scale"}


@dataclass(frozen=True)
class QuestionColumn:
    """One column that a question yields."""

    variable: Variable  # its name as LimeSurvey's question codes write it (`Q1[SQ001]`), and what it means
    # the wordings of which LimeSurvey makes its heading: the question, then each subquestion
    parts: tuple[Text, ...]
    role: Role  # how its cells are read
    suffix: str  # what follows the numbers of survey, group and question in the database's name of the column
    question: LimeSurveyQuestion  # the question

    @property
    def expression(self) -> str:
        """Its name in LimeSurvey's expressions: `Q1_SQ001`, and `Q1_SQ001_0` on the first of two scales."""
        head, *tail = self.variable.name.replace("]", "").split("[")
        if self.question.kind == "1" and len(tail) == 2:
            tail[1] = "0" if tail[1] == "1" else "1"
        return "_".join((head, *tail))

    def field_of(self, survey: str) -> str:
        """Return its name in the database: `782678X165X1193SQ01`."""
        return f"{survey}X{self.question.gid}X{self.question.qid}{self.suffix}"


def columns_of(questionnaire: LimeSurveyQuestionnaire) -> tuple[QuestionColumn, ...]:
    """Return the columns that a questionnaire yields, in the order in which LimeSurvey exports them."""
    languages = questionnaire.languages
    return tuple(column for question in questionnaire.questions for column in _columns(question, languages))


def sets_of(columns: Sequence[QuestionColumn]) -> dict[str, Responses]:
    """Return the questions with several answers among columns that a file has.

    Boxes make a set of dichotomies, ranks a set of categories; the words of "other" and comments are in neither.
    """
    questions: dict[str, list[QuestionColumn]] = {}
    for column in columns:
        ranked = column.question.kind == "R"
        if column.role == "box" or (ranked and column.role == "choice"):
            questions.setdefault(column.question.name, []).append(column)
    return {
        code: Responses(
            code,
            [each.variable.name for each in members],
            label=members[0].question.wording,
            kind="categories" if members[0].question.kind == "R" else "dichotomies",
        )
        for code, members in questions.items()
    }


def _columns(question: LimeSurveyQuestion, languages: Sequence[str]) -> Iterator[QuestionColumn]:
    kind = question.kind
    if kind in _BOXES:
        yield from _boxes(question, languages)
    elif kind == "1":
        yield from _two_scales(question, languages)
    elif kind == "R":
        yield from _ranks(question, languages)
    elif kind in _GRIDS:
        yield from _grid(question, languages)
    elif kind in _LINES or (kind not in _SINGLE and question.items):
        values = _values(question, 0, languages)
        for item in question.items.get(0, ()):
            yield _column(question, (item.code,), (item.label,), values=values)
    else:
        yield from _single(question, languages)


def _single(question: LimeSurveyQuestion, languages: Sequence[str]) -> Iterator[QuestionColumn]:
    values = _values(question, 0, languages)
    lists = question.kind in _LISTS
    if lists and question.other:
        values = {str(code): label for code, label in values.items()}
        values[OTHER] = question.attributes.get("other_replace_text") or word_of("other", languages)
    role: Role | None = "none" if question.kind == "X" else None
    yield _column(question, (), (), values=values, role=role)
    if lists and question.kind != "O" and question.other:
        yield _column(question, ("other",), (word_of("other", languages),), storage="words")
    if question.kind == "O":
        yield _column(question, ("comment",), (word_of("comment", languages),), storage="words")
    if question.kind == "|":
        yield _column(question, ("filecount",), (Text.same("filecount"),), suffix="_filecount", storage="whole")


def _boxes(question: LimeSurveyQuestion, languages: Sequence[str]) -> Iterator[QuestionColumn]:
    ticked: dict[Code, Text] = {1: word_of("yes", languages), 0: word_of("no", languages)}
    comment, other = word_of("comment", languages), word_of("other", languages)
    for item in question.items.get(0, ()):
        yield _column(question, (item.code,), (item.label,), values=ticked, role="box", storage="whole")
        if question.kind == "P":
            label = join_wordings([item.label, comment])
            column = _column(question, (f"{item.code}comment",), (comment,), storage="words")
            yield replace(column, variable=replace(column.variable, label=label))
    if question.other:
        other_label = question.attributes.get("other_replace_text") or other
        column = _column(question, ("other",), (other,), storage="words")
        yield replace(column, variable=replace(column.variable, label=other_label))
        if question.kind == "P":
            column = _column(question, ("othercomment",), (comment,), storage="words")
            yield replace(column, variable=replace(column.variable, label=join_wordings([other_label, comment])))


def _two_scales(question: LimeSurveyQuestion, languages: Sequence[str]) -> Iterator[QuestionColumn]:
    for item in question.items.get(0, ()):
        for scale, letter in enumerate("AB"):
            heading = question.attributes.get(f"dualscale_header{letter}")
            shown = heading or number_wording(word_of("scale", languages), scale + 1)
            yield _column(
                question,
                (item.code, str(scale + 1)),
                (item.label, shown),
                values=_values(question, scale, languages),
                suffix=f"{item.code}#{scale}",
            )


def _ranks(question: LimeSurveyQuestion, languages: Sequence[str]) -> Iterator[QuestionColumn]:
    answers = _values(question, 0, languages)
    # Older surveys rank answers, newer ones may rank subquestions.
    values = answers or {item.code: item.label for item in question.items.get(0, ())}
    for place in range(1, len(values) + 1):
        shown = number_wording(word_of("rank", languages), place)
        yield _column(question, (str(place),), (shown,), values=values)


def _grid(question: LimeSurveyQuestion, languages: Sequence[str]) -> Iterator[QuestionColumn]:
    boxes = question.kind == ":" and question.setting("multiflexible_checkbox") == "1"
    yes, no = word_of("yes", languages), word_of("no", languages)
    for line in question.items.get(0, ()):
        for across in question.items.get(1, ()):
            column = _column(
                question,
                (f"{line.code}_{across.code}",),
                (line.label, across.label),
                values={1: yes, 0: no} if boxes else {},
                role="plain",
                storage="words" if question.kind == ";" else "",
            )
            measure: Measure = "nominal" if boxes else ("scale" if question.kind == ":" else "nominal")
            yield replace(column, variable=replace(column.variable, measure=measure))


def _column(
    question: LimeSurveyQuestion,
    codes: tuple[str, ...],
    parts: tuple[Text, ...],
    *,
    values: Mapping[Code, Text] | None = None,
    role: Role | None = None,
    suffix: str | None = None,
    storage: Storage = "",
) -> QuestionColumn:
    label = question.wording
    if parts:
        label = parts[0] if len(parts) == 1 else join_wordings([parts[0], parts[1]])
    closed = values or {}
    variable = Variable(
        question.name + "".join(f"[{code}]" for code in codes),
        label=label,
        question=question.wording,
        values=closed,
        measure=_measure(question, storage),
        group=question.group,
        part_of=question.name if parts else "",
        storage=storage or _storage(question.kind, closed),
    )
    own_role: Role = role or ("choice" if closed else "plain")
    return QuestionColumn(
        variable, (question.wording, *parts), own_role, "".join(codes) if suffix is None else suffix, question
    )


def _values(question: LimeSurveyQuestion, scale: int, languages: Sequence[str]) -> dict[Code, Text]:
    """Return the answers of a question: their codes are numbers where all of them are."""
    if question.kind in _FIXED:
        return {code: word_of(key, languages) for code, key in _FIXED[question.kind]}
    answers = question.answers.get(scale, ())
    codes = [each.code for each in answers]
    numeric = all(code.isascii() and code.isdigit() and len(code) < 10 and str(int(code)) == code for code in codes)
    return {int(each.code) if numeric else each.code: each.label or Text.same(each.code) for each in answers}


def _measure(question: LimeSurveyQuestion, storage: Storage) -> Measure:
    if storage == "words":
        return "nominal"
    exported = _EXPORTED.get(question.setting("scale_export"))
    if exported:
        return exported
    if question.kind in _SCALES or question.kind == "D":
        return "scale"
    if question.kind in _ORDINAL:
        return "ordinal"
    return "unknown" if question.kind == "*" else "nominal"


def _storage(kind: str, values: Mapping[Code, Text]) -> Storage:
    if values:
        return "words" if any(isinstance(code, str) for code in values) else "whole"
    if kind == "D":
        return "moment"
    return "" if kind in "5ABNK:*" else "words"
