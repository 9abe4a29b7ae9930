"""One question of a survey: its name, its wording, its answers and the ways in which it can go unanswered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from diplab.reference.text import NOTHING, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Code", "Measure", "MissingRange", "Variable"]

Code: TypeAlias = str | int | float
Measure: TypeAlias = Literal["nominal", "ordinal", "scale", "unknown"]


@dataclass(frozen=True)
class MissingRange:
    """Codes from `low` to `high` (ends included) that stand for no answer.

    Parameters
    ----------
    low, high : float
        Ends of the range; equal for a single code.
    reason : str
        Why the answer is missing, in the survey's words (`refused`, `not asked`...); empty where unknown.
    """

    low: float
    high: float
    reason: str = ""


@dataclass(frozen=True)
class Variable:
    """What one column of a survey file means.

    Parameters
    ----------
    name : str
        Name of the column in the frame.
    label : Text
        Short label, in French and English (the same where the file has one language).
    question : Text
        Full wording of the question, where known.
    values : mapping of code to Text
        Labels of the answers.
    measure : {"nominal", "ordinal", "scale", "unknown"}
        Level of measurement.
    missing : mapping of code to str
        Codes that stand for no answer, with their reason.
    missing_ranges : tuple of MissingRange
        Ranges of codes that stand for no answer.

    Examples
    --------
    >>> Variable("sex", values={1: Text("femme", "woman")}).values[1].fr
    'femme'
    """

    name: str
    label: Text = NOTHING
    question: Text = NOTHING
    values: Mapping[Code, Text] = field(default_factory=dict)
    measure: Measure = "unknown"
    missing: Mapping[Code, str] = field(default_factory=dict)
    missing_ranges: tuple[MissingRange, ...] = ()
