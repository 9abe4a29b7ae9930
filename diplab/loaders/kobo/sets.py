"""Questions with several answers in exports of KoboToolbox and ODK: one cell of codes, columns of 0 and 1, or both."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.loaders.kobo.answers import tokens
from diplab.microdata.multiple_response import Responses
from diplab.microdata.variable import Variable
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from diplab.loaders.kobo.xlsform import Choices

__all__ = ["MOST_CHOICES", "Boxes", "boxes_of", "multiple_without_form", "ranks_of"]

_YES = {"1", "true", "1.0", "yes", "oui"}
_NO = {"0", "false", "0.0", "no", "non"}
_MARKS = "/_."

MOST_CHOICES = 1_000
"""Choices that a question with several answers may have: each becomes a column."""

NOT_MENTIONED, MENTIONED = Text("non cité", "not mentioned"), Text("cité", "mentioned")


@dataclass(frozen=True, eq=False)
class Boxes:
    """The columns of one question with several answers.

    Parameters
    ----------
    cells : mapping of str to array of str
        By name of the column.
    variables : mapping of str to Variable
    responses : Responses or None
        None where nobody gave any answer and the form has no list.
    disagreeing : int
        Rows whose cell of codes and whose columns of 0 and 1 say different things.
    strange : int
        Rows whose cell holds what is in no list of the form.
    width : int
        Columns that the answers ask for; above `MOST_CHOICES` none is made.
    """

    cells: Mapping[str, NDArray[Any]]
    variables: Mapping[str, Variable] = field(default_factory=dict)
    responses: Responses | None = None
    disagreeing: int = 0
    strange: int = 0
    width: int = 0


def boxes_of(
    asked: Variable,
    joined: NDArray[Any] | None,
    columns: Mapping[str, NDArray[Any]],
    choices: Choices | None = None,
    *,
    language: str = "",
    names: Mapping[str, str] | None = None,
    labels: Mapping[str, Text] | None = None,
) -> Boxes:
    """Return one column of 0 and 1 for each choice of a question, missing where the question was not answered.

    Parameters
    ----------
    asked : Variable
        The question; its name is that of the set.
    joined : array of str or None
        The cell with all codes, where the export has it.
    columns : mapping of str to array of str
        Columns of 0 and 1 by code, where the export has them.
    choices : Choices or None
        The list of the form.
    language : str
        In whose labels the cell of codes is written; empty where it holds codes.
    names : mapping of str to str, optional
        Names of the columns by code; `question/code` by default.
    labels : mapping of str to Text, optional
        Labels of codes, where there is no form.

    Examples
    --------
    >>> found = boxes_of(Variable("pets"), np.array(["1 2", "2", ""]), {})
    >>> {name: cells.tolist() for name, cells in found.cells.items()}
    {'pets/1': ['1', '0', ''], 'pets/2': ['1', '1', '']}
    """
    boxes = {code: _ticked(cells) for code, cells in columns.items()}
    rows = len(joined) if joined is not None else max(map(len, boxes.values()), default=0)
    given = [] if joined is None else _given(joined, choices, language)
    held = dict.fromkeys(code for codes in given for code in codes)
    strange = set(held) - set(choices.labels) if choices is not None else set()
    if boxes and choices is None and not set(held) <= set(boxes):
        # Words that no column bears are labels that only the missing form could tell apart.
        held, given = {}, []
    listed = choices.labels if choices is not None and not boxes else {}
    codes = list(dict.fromkeys((*boxes, *listed, *held)))
    if not codes:
        # Nobody answered, and nothing says what could have been.
        return Boxes({asked.name: np.full(rows, "", dtype=object)}, {asked.name: asked})
    if len(codes) > MOST_CHOICES:
        return Boxes({}, width=len(codes))
    answered = _answered(rows, joined, boxes)
    cells: dict[str, NDArray[Any]] = {}
    disagreeing = np.zeros(rows, dtype=bool)
    named = {code: (names or {}).get(code, f"{asked.name}/{code}") for code in codes}
    for code in codes:
        says = np.array([code in each for each in given] if given else [False] * rows, dtype=bool)
        told = boxes[code] != "" if code in boxes else np.zeros(rows, dtype=bool)
        ticked = np.where(told, boxes[code] == "1", says) if code in boxes else says
        disagreeing |= told & (ticked != says) if given else False
        cells[named[code]] = np.where(answered, np.where(ticked, "1", "0"), "").astype(object)
    known = choices.values(whole=False) if choices is not None else (labels or {})
    variables = {named[code]: _box(asked, named[code], known.get(code) or Text.same(code)) for code in codes}
    responses = Responses(asked.name, list(cells), label=asked.label)
    unlisted = sum(not strange.isdisjoint(codes) for codes in given)
    return Boxes(cells, variables, responses, int(disagreeing.sum()), unlisted, len(cells))


def _given(joined: NDArray[Any], choices: Choices | None, language: str) -> list[list[str]]:
    """Return the codes that each cell holds."""
    words = [str(cell) for cell in joined]
    codes = {word: tokens(word, choices, language) for word in dict.fromkeys(words)}
    return [codes[word] for word in words]


def _answered(rows: int, joined: NDArray[Any] | None, boxes: Mapping[str, NDArray[Any]]) -> NDArray[np.bool_]:
    """Return the rows in which a question was answered: something stands in its cell, or in a column of it."""
    answered: NDArray[np.bool_] = np.zeros(rows, dtype=bool)
    for cells in boxes.values():
        answered |= cells == "1" if joined is not None else cells != ""
    if joined is not None:
        answered |= np.array([str(cell).strip() != "" for cell in joined], dtype=bool)
    return answered


def ranks_of(asked: Variable, joined: NDArray[Any], choices: Choices | None, language: str = "") -> Boxes:
    """Return one column for each place of a ranking, which holds the code of what was put there.

    Examples
    --------
    >>> found = ranks_of(Variable("wishes"), np.array(["pay time", "time", ""]), None)
    >>> {name: cells.tolist() for name, cells in found.cells.items()}, found.responses.kind
    ({'wishes/1': ['pay', 'time', ''], 'wishes/2': ['time', '', '']}, 'categories')
    """
    given = _given(joined, choices, language)
    longest = max(map(len, given), default=1) or 1
    if longest > MOST_CHOICES:
        return Boxes({}, width=longest)
    cells: dict[str, NDArray[Any]] = {}
    variables: dict[str, Variable] = {}
    for place in range(longest):
        name = f"{asked.name}/{place + 1}"
        column = np.array([each[place] if place < len(each) else "" for each in given], dtype=object)
        whole = choices is not None and choices.whole and all(not w or w in choices.labels for w in column)
        cells[name] = column
        variables[name] = Variable(
            name,
            label=Text(f"rang {place + 1}", f"rank {place + 1}"),
            question=asked.question,
            values=choices.values(whole=whole) if choices is not None else {},
            measure="nominal",
            group=asked.group,
            part_of=asked.name,
        )
    responses = Responses(asked.name, list(cells), label=asked.label, kind="categories")
    return Boxes(cells, variables, responses, width=longest)


def multiple_without_form(columns: Mapping[str, NDArray[Any]]) -> dict[str, dict[str, str]]:
    """Return the questions with several answers that a table shows by itself: code by column, by question.

    They are a column of words followed by columns of 0 and 1 whose names are its name, a mark and a code, with as
    many 1 in each row as the cell has words.

    Examples
    --------
    >>> multiple_without_form({
    ...     "pets": np.array(["1 2", ""]), "pets_1": np.array(["1", ""]), "pets_2": np.array(["1", ""]),
    ... })
    {'pets': {'pets_1': '1', 'pets_2': '2'}}
    """
    names = list(columns)
    found: dict[str, dict[str, str]] = {}
    for place, name in enumerate(names):
        following = _following(name, names[place + 1 :], columns)
        if len(following) > 1 and _as_many(columns[name], [columns[each] for each in following]):
            found[name] = {each: each[len(name) + 1 :] for each in following}
    return found


def _following(name: str, after: Sequence[str], columns: Mapping[str, NDArray[Any]]) -> list[str]:
    """Return the columns of 0 and 1 that stand right after a column, under its name and one mark."""
    found: list[str] = []
    for each in after:
        mark = each[len(name) : len(name) + 1]
        same = not found or mark == found[0][len(name)]
        if (
            not each.startswith(name)
            or mark not in _MARKS
            or not mark
            or not each[len(name) + 1 :]
            or not same
        ):
            break
        if not set(_ticked(columns[each]).tolist()) <= {"", "0", "1"}:
            break
        found.append(each)
    return found


def _as_many(joined: NDArray[Any], boxes: Sequence[NDArray[Any]]) -> bool:
    words = np.array([len(str(cell).split()) for cell in joined])
    ticked = np.sum([_ticked(each) == "1" for each in boxes], axis=0)
    return bool((words == ticked).all() and words.any())


def _ticked(cells: NDArray[Any]) -> NDArray[Any]:
    """Return cells of a column of 0 and 1 as `0`, `1` and nothing; others as they are."""
    marks = {**dict.fromkeys(_YES, "1"), **dict.fromkeys(_NO, "0")}
    return np.array([marks.get(str(cell).strip().lower(), str(cell).strip()) for cell in cells], dtype=object)


def _box(asked: Variable, name: str, label: Text) -> Variable:
    return Variable(
        name,
        label=label,
        question=asked.question or asked.label,
        values={0: NOT_MENTIONED, 1: MENTIONED},
        measure="nominal",
        group=asked.group,
        part_of=asked.name,
    )
