"""Boxes ticked: a question with several answers as columns of 1 and 0, one an answer.

The rule, everywhere: where a respondent ticked one box at least, the others are 0 (seen, not ticked). Where none is
ticked, the file does not tell a question not seen, one skipped, and one with nothing to tick: all boxes are then
missing, unless the file says that the question was seen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.microdata.multiple_response import Responses
from diplab.reference.text import NOTHING, Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from diplab.microdata.variable import Code, Variable

__all__ = ["YES_NO", "Boxes", "box_cells", "boxes_of"]

YES_NO: Mapping[Code, Text] = {0: Text("non", "no"), 1: Text("oui", "yes")}


@dataclass(frozen=True)
class Boxes:
    """The columns that stand for one question with several answers.

    Parameters
    ----------
    cells : mapping of str to array of str, shape (rows,)
        `"1"`, `"0"`, or what stands for no answer.
    variables : mapping of str to Variable
        One a box.
    responses : Responses
        The question as a set.
    """

    cells: Mapping[str, NDArray[Any]]
    variables: Mapping[str, Variable]
    responses: Responses


def box_cells(
    ticked: NDArray[np.bool_], seen: NDArray[np.bool_] | None = None, unanswered: NDArray[Any] | None = None
) -> list[NDArray[Any]]:
    """Return the cells of each box.

    Parameters
    ----------
    ticked : array of bool, shape (rows, boxes)
        True where the box is ticked.
    seen : array of bool, shape (rows,), optional
        True where the file says that the question was seen.
    unanswered : array of str, shape (rows,), optional
        What stands in the cells of those of whom nothing is known (a code); empty by default.

    Examples
    --------
    >>> [box.tolist() for box in box_cells(np.array([[True, False], [False, False]]))]
    [['1', ''], ['0', '']]
    """
    known = ticked.any(axis=1) if seen is None else ticked.any(axis=1) | seen
    empty = np.full(len(ticked), "", dtype=object) if unanswered is None else unanswered
    return [np.where(known, np.where(column, "1", "0"), empty).astype(object) for column in ticked.T]


def boxes_of(
    question: Variable,
    labels: Sequence[Text],
    ticked: NDArray[np.bool_],
    *,
    seen: NDArray[np.bool_] | None = None,
    unanswered: NDArray[Any] | None = None,
    suffixes: Sequence[str] = (),
) -> Boxes:
    """Return a column that held several answers as one column an answer: `uses_1`, `uses_2`...

    Parameters
    ----------
    question : Variable
        The column as it was.
    labels : sequence of Text
        Its answers.
    ticked : array of bool, shape (rows, answers)
        Who gave which.
    seen, unanswered : arrays, shape (rows,), optional
        As in `box_cells`.
    suffixes : sequence of str, optional
        What ends the name of each column; 1, 2, 3... by default.

    Examples
    --------
    >>> from diplab.microdata.variable import Variable
    >>> found = boxes_of(Variable("uses"), [Text.same("mail"), Text.same("phone")], np.array([[True, False]]))
    >>> list(found.cells), found.variables["uses_2"].label.en, found.cells["uses_2"].tolist()
    (['uses_1', 'uses_2'], 'phone', ['0'])
    """
    ends = suffixes or [str(place) for place in range(1, len(labels) + 1)]
    names = [f"{question.name}_{end}" for end in ends]
    said = question.question or question.label
    variables = {
        name: replace(
            question,
            name=name,
            label=label,
            question=said,
            values=YES_NO,
            measure="nominal",
            part_of=question.name,
            storage="whole",
        )
        for name, label in zip(names, labels, strict=True)
    }
    cells = dict(zip(names, box_cells(ticked, seen, unanswered), strict=True))
    label = question.label or said or NOTHING
    return Boxes(cells, variables, Responses(question.name, names, label=label))
