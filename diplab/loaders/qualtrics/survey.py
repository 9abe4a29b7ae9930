"""The questionnaire of a Qualtrics survey: its questions, their choices, and how answers lie in columns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from diplab.reference.text import NOTHING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from diplab.reference.text import Text

__all__ = ["Choice", "Question", "Shape", "Survey"]

Shape: TypeAlias = Literal["single", "several", "rows", "boxes", "cells", "items", "plain"]

_SEVERAL = {"MAVR", "MAHR", "MACOL", "MSB"}
_ITEMS = {"Slider", "CS", "RO", "HotSpot", "HeatMap", "DD"}


@dataclass(frozen=True)
class Choice:
    """One answer of a question, or one of its rows.

    Parameters
    ----------
    code : str
        As exported: its recode value, by default its number.
    label : Text
        As respondents saw it.
    name : str
        Its variable name, which exports of labels hold instead.
    tag : str
        Its export tag, which names its column.
    excluded : bool
        True where it is left out of analyses.
    """

    code: str
    label: Text
    name: str = ""
    tag: str = ""
    excluded: bool = False


@dataclass(frozen=True)
class Question:
    """One question, or one part of a side by side.

    Parameters
    ----------
    key : str
        `QID12`.
    tag : str
        Its export tag, which begins the names of its columns.
    kind, selector, subselector : str
        `Matrix`, `Likert`, `MultipleAnswer`.
    text : Text
        Its wording, without HTML.
    choices, answers : mapping of str to Choice
        By number. In a matrix `choices` are its rows and `answers` its columns; where items are put into groups,
        `choices` are the groups and `answers` the items.
    answer_tag : str
        Export tag of a part.
    group : Text
        Its block.
    fields : mapping of str to mapping of str to Text
        What each loop asks about, field by field, where the block is looped.
    parts : mapping of str to Question
        Questions side by side.
    low : float
        Least number that can be answered.
    """

    key: str
    tag: str
    kind: str
    selector: str
    subselector: str
    text: Text
    choices: Mapping[str, Choice]
    answers: Mapping[str, Choice]
    answer_tag: str = ""
    group: Text = NOTHING
    fields: Mapping[str, Mapping[str, Text]] = field(default_factory=dict)
    parts: Mapping[str, Question] = field(default_factory=dict)
    low: float = 0

    @property
    def shape(self) -> Shape:
        """How its answers lie in columns.

        `single`: one column, `several`: one a choice, `rows`: one a row of a matrix, `boxes` and `cells`: one a row
        and a column (boxes to tick; words or numbers), `items`: one a choice (numbers, ranks, words), `plain`: other.
        """
        if self.kind == "Matrix":
            if self.subselector == "MultipleAnswer":
                return "boxes"
            return "cells" if self.selector in ("TE", "CS", "RO") else "rows"
        if self.kind == "MC":
            return "several" if self.selector in _SEVERAL else "single"
        return "items" if self.kind in _ITEMS or (self.kind, self.selector) == ("TE", "FORM") else "plain"


@dataclass(frozen=True)
class Survey:
    """A questionnaire.

    Parameters
    ----------
    questions : mapping of str to Question
        By key, in the order of the file.
    title : Text
        Its name.
    languages : tuple of str
        The main one first.
    """

    questions: Mapping[str, Question]
    title: Text = NOTHING
    languages: tuple[str, ...] = ()
