"""Answers of a Qualtrics export: labels turned into codes, boxes ticked turned into 1 and 0."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from diplab.loaders.numbers import NUMBER
from diplab.loaders.qualtrics.variables import answered_by
from diplab.loaders.wording import plain_words
from diplab.microdata.multiple_response import split_answers, split_known

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from diplab.loaders.qualtrics.columns import Column
    from diplab.loaders.qualtrics.survey import Choice, Survey

__all__ = ["UNANSWERED", "as_codes", "choices_of", "holds_labels", "look_ticked", "parted", "ticks"]

UNANSWERED = "-99"
"""What Qualtrics writes, where it is asked to, for a question seen and not answered."""

_NOT_TICKED = ("", "0", UNANSWERED)


def choices_of(column: Column, survey: Survey) -> Mapping[str, Choice]:
    """Return the choices of which a column holds one."""
    asked = column.place and column.place.of(survey)
    return answered_by(column.place, asked) if column.place and asked and not column.place.extra else {}


def holds_labels(columns: Sequence[Column], survey: Survey) -> bool:
    """Return whether an export holds labels of choices (`choice text`), not their codes.

    One column is enough: it holds a label, and something that is no code.
    """
    for column in columns:
        choices = choices_of(column, survey)
        words = {str(word).strip() for word in pd.unique(column.cells)} - {"", UNANSWERED}
        if choices and not words <= {choice.code for choice in choices.values()}:
            by_label = _by_label(choices)
            if any(plain_words(word) in by_label for word in words):
                return True
    return False


def as_codes(cells: NDArray[Any], choices: Mapping[str, Choice]) -> tuple[NDArray[Any], bool]:
    """Return cells of labels as codes, and whether every answer was one of the choices.

    Where some answers are not, the cells stay as they are.

    Examples
    --------
    >>> from diplab.loaders.qualtrics.survey import Choice
    >>> from diplab.reference.text import Text
    >>> cells, all_known = as_codes(np.array(["Yes", ""], dtype=object), {"1": Choice("10", Text.same("Yes"))})
    >>> cells.tolist(), all_known
    (['10', ''], True)
    """
    places, words = pd.factorize(cells)
    by_label = _by_label(choices)
    own = {"", UNANSWERED, *(choice.code for choice in choices.values())}
    codes = [by_label.get(plain_words(word), word.strip()) for word in map(str, words)]
    if all(code in own or NUMBER.fullmatch(code) for code in codes):
        return np.array(codes, dtype=object)[places], True
    return cells, False


def _by_label(choices: Mapping[str, Choice]) -> dict[str, str]:
    """Return the code of each label: the wordings in every language, and the names given for exports."""
    found: dict[str, str] = {}
    for choice in choices.values():
        wordings = [choice.name, choice.label.en, choice.label.fr, *(said for _, said in choice.label.others)]
        for words in wordings:
            if words:
                found.setdefault(words, choice.code)
    return found


def ticks(columns: Sequence[NDArray[Any]]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which boxes are ticked, and who saw the question by what the file says (0, or -99).

    Examples
    --------
    >>> boxes = [np.array(["1", "", "-99"], dtype=object), np.array(["", "", "-99"], dtype=object)]
    >>> ticked, seen = ticks(boxes)
    >>> ticked.tolist(), seen.tolist()
    ([[True, False], [False, False], [False, False]], [False, False, True])
    """
    cells = np.array([[str(cell).strip() for cell in column] for column in columns], dtype=object).T
    seen = np.asarray(np.isin(cells, ("0", UNANSWERED)).any(axis=1), dtype=bool)
    return ~np.isin(cells, _NOT_TICKED), seen


def look_ticked(columns: Sequence[Column], labels: Sequence[str]) -> bool:
    """Return whether columns of one question, whose questionnaire is not at hand, are boxes to tick.

    They are where each holds nothing but 1, or nothing but its own label, and some row has a box ticked and another
    not: a matrix whose rows all got the answer 1 is no such question.

    Parameters
    ----------
    columns : sequence of Column
        Two at least.
    labels : sequence of str
        What each is about.
    """
    if len(columns) < 2:
        return False
    for column, label in zip(columns, labels, strict=True):
        words = {str(word).strip() for word in pd.unique(column.cells)} - set(_NOT_TICKED)
        if words - {"1"} and {plain_words(word) for word in words} != {label}:
            return False
    ticked, _ = ticks([column.cells for column in columns])
    return bool((ticked.any(axis=1) & ~ticked.all(axis=1)).any())


def parted(
    cells: NDArray[Any], choices: Mapping[str, Choice], *, labels: bool
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]] | None:
    """Return which choices each cell of several holds (`1,3,5`, or labels), and who saw the question.

    None where a cell holds something else.
    """
    known = _by_label(choices) if labels else {}
    known = {**{choice.code: choice.code for choice in choices.values()}, **known}
    bare = np.array([plain_words(str(cell)) for cell in cells], dtype=object)
    seen = np.isin(bare, ("0", UNANSWERED)) & ~np.isin(bare, list(known))
    held = np.where(seen, "", bare)
    if any(split_known(word, ",", known) is None for word in pd.unique(held) if word):
        return None
    found, ticked = split_answers(held, ",", list(known))
    codes = [known[label] for label in found]
    boxes = [
        ticked[:, [place for place, code in enumerate(codes) if code == choice.code]].any(axis=1)
        for choice in choices.values()
    ]
    return np.array(boxes, dtype=bool).T, seen
