"""What each of LimeSurvey's types of question yields in a file of answers: its columns and what they mean."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from diplab.loaders.limesurvey.words import joined, numbered, written
from diplab.microdata.multiple_response import Responses
from diplab.microdata.variable import Variable
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from diplab.loaders.limesurvey.structure import Question, Questionnaire
    from diplab.microdata.variable import Code, Measure, Storage

__all__ = ["NOT_SHOWN", "OTHER", "Column", "Role", "columns_of", "sets_of"]

NOT_SHOWN = "{question_not_shown}"
"""How LimeSurvey's own exports write a question that was not put to a respondent."""

OTHER = "-oth-"
"""The code of "other" in a list."""

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
class Column:
    """One column that a question yields.

    Parameters
    ----------
    variable : Variable
        Its name as LimeSurvey's question codes write it (`Q1[SQ001]`), and what it means.
    parts : tuple of Text
        The wordings of which LimeSurvey makes its heading: the question, then each subquestion.
    role : {"box", "choice", "plain", "none"}
        How its cells are read.
    suffix : str
        What follows the numbers of survey, group and question in the database's name of the column.
    question : Question
        The question.
    """

    variable: Variable
    parts: tuple[Text, ...]
    role: Role
    suffix: str
    question: Question

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


def columns_of(questionnaire: Questionnaire) -> tuple[Column, ...]:
    """Return the columns that a questionnaire yields, in the order in which LimeSurvey exports them."""
    languages = questionnaire.languages
    return tuple(column for question in questionnaire.questions for column in _columns(question, languages))


def sets_of(columns: Sequence[Column]) -> dict[str, Responses]:
    """Return the questions with several answers among columns that a file has.

    Boxes make a set of dichotomies (1 where ticked), ranks a set of categories (the code of the answer put first,
    second...). The words of "other" and the comments are part of the question, not of the set.
    """
    found: dict[str, list[Column]] = {}
    for column in columns:
        ranked = column.question.kind == "R"
        if column.role == "box" or (ranked and column.role == "choice"):
            found.setdefault(column.question.code, []).append(column)
    return {
        code: Responses(
            code,
            [each.variable.name for each in members],
            label=members[0].question.wording,
            kind="categories" if members[0].question.kind == "R" else "dichotomies",
        )
        for code, members in found.items()
    }


def _columns(question: Question, languages: Sequence[str]) -> Iterator[Column]:
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
            yield _column(question, (item.code,), (item.wording,), values=values)
    else:
        yield from _single(question, languages)


def _single(question: Question, languages: Sequence[str]) -> Iterator[Column]:
    values = _values(question, 0, languages)
    lists = question.kind in _LISTS
    if lists and question.other:
        values = {str(code): label for code, label in values.items()}
        values[OTHER] = question.attributes.get("other_replace_text") or written("other", languages)
    role: Role | None = "none" if question.kind == "X" else None
    yield _column(question, (), (), values=values, role=role)
    if lists and question.kind != "O" and question.other:
        yield _column(question, ("other",), (written("other", languages),), storage="words")
    if question.kind == "O":
        yield _column(question, ("comment",), (written("comment", languages),), storage="words")
    if question.kind == "|":
        yield _column(
            question, ("filecount",), (Text.same("filecount"),), suffix="_filecount", storage="whole"
        )


def _boxes(question: Question, languages: Sequence[str]) -> Iterator[Column]:
    ticked: dict[Code, Text] = {1: written("yes", languages), 0: written("no", languages)}
    comment, other = written("comment", languages), written("other", languages)
    for item in question.items.get(0, ()):
        yield _column(question, (item.code,), (item.wording,), values=ticked, role="box", storage="whole")
        if question.kind == "P":
            label = joined(item.wording, comment)
            column = _column(question, (f"{item.code}comment",), (comment,), storage="words")
            yield replace(column, variable=replace(column.variable, label=label))
    if question.other:
        named = question.attributes.get("other_replace_text") or other
        column = _column(question, ("other",), (other,), storage="words")
        yield replace(column, variable=replace(column.variable, label=named))
        if question.kind == "P":
            column = _column(question, ("othercomment",), (comment,), storage="words")
            yield replace(column, variable=replace(column.variable, label=joined(named, comment)))


def _two_scales(question: Question, languages: Sequence[str]) -> Iterator[Column]:
    for item in question.items.get(0, ()):
        for scale, letter in enumerate("AB"):
            heading = question.attributes.get(f"dualscale_header{letter}")
            shown = heading or numbered(written("scale", languages), scale + 1)
            yield _column(
                question,
                (item.code, str(scale + 1)),
                (item.wording, shown),
                values=_values(question, scale, languages),
                suffix=f"{item.code}#{scale}",
            )


def _ranks(question: Question, languages: Sequence[str]) -> Iterator[Column]:
    answers = _values(question, 0, languages)
    # Older surveys rank answers, newer ones may rank subquestions.
    values = answers or {item.code: item.wording for item in question.items.get(0, ())}
    for place in range(1, len(values) + 1):
        shown = numbered(written("rank", languages), place)
        yield _column(question, (str(place),), (shown,), values=values)


def _grid(question: Question, languages: Sequence[str]) -> Iterator[Column]:
    boxes = question.kind == ":" and question.setting("multiflexible_checkbox") == "1"
    yes, no = written("yes", languages), written("no", languages)
    for line in question.items.get(0, ()):
        for across in question.items.get(1, ()):
            column = _column(
                question,
                (f"{line.code}_{across.code}",),
                (line.wording, across.wording),
                values={1: yes, 0: no} if boxes else {},
                role="plain",
                storage="words" if question.kind == ";" else "",
            )
            measure: Measure = "nominal" if boxes else ("scale" if question.kind == ":" else "nominal")
            yield replace(column, variable=replace(column.variable, measure=measure))


def _column(
    question: Question,
    codes: tuple[str, ...],
    parts: tuple[Text, ...],
    *,
    values: Mapping[Code, Text] | None = None,
    role: Role | None = None,
    suffix: str | None = None,
    storage: Storage = "",
) -> Column:
    label = question.wording
    if parts:
        label = parts[0] if len(parts) == 1 else joined(parts[0], parts[1])
    closed = values or {}
    variable = Variable(
        question.code + "".join(f"[{code}]" for code in codes),
        label=label,
        question=question.wording,
        values=closed,
        measure=_measure(question, storage),
        group=question.group,
        part_of=question.code if parts else "",
        storage=storage or _storage(question.kind, closed),
    )
    found: Role = role or ("choice" if closed else "plain")
    return Column(
        variable, (question.wording, *parts), found, "".join(codes) if suffix is None else suffix, question
    )


def _values(question: Question, scale: int, languages: Sequence[str]) -> dict[Code, Text]:
    """Return the answers of a question: their codes are numbers where all of them are."""
    if question.kind in _FIXED:
        return {code: written(key, languages) for code, key in _FIXED[question.kind]}
    answers = question.answers.get(scale, ())
    numeric = all(_is_whole(each.code) for each in answers)
    return {int(each.code) if numeric else each.code: each.label or Text.same(each.code) for each in answers}


def _is_whole(code: str) -> bool:
    return code.isascii() and code.isdigit() and len(code) < 10 and str(int(code)) == code


def _measure(question: Question, storage: Storage) -> Measure:
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
