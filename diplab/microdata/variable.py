"""One question of a survey: its name, its wording, its answers and the ways in which it can go unanswered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from diplab.reference.text import NOTHING, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Code", "Measure", "MissingRange", "Storage", "Variable", "code_written"]

Code: TypeAlias = str | int | float
Measure: TypeAlias = Literal["nominal", "ordinal", "scale", "unknown"]
Storage: TypeAlias = Literal["", "whole", "number", "words", "boolean", "date", "moment", "time"]


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
    group : Text
        Section of the questionnaire in which the question stands.
    part_of : str
        Name of the question of which this column is one item (`q7` for `q7_SQ003`); empty where it is a question.
    storage : {"", "whole", "number", "words", "boolean", "date", "moment", "time"}
        What the cells are, for files that cannot say it themselves (digits that are words, dates); empty where they
        speak for themselves.
    missing_labels : mapping of code to Text
        Wordings of missing codes in several languages, where the survey has them; their reason is the English one.
    unit : str
        What one of it is, as for a dated parameter (`EUR a month, net`); empty where unknown.

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
    group: Text = NOTHING
    part_of: str = ""
    storage: Storage = ""
    missing_labels: Mapping[Code, Text] = field(default_factory=dict)
    unit: str = ""

    def why(self, code: Code) -> str | None:
        """Return why an answer is missing, given its code: the reason, or the code itself; None for an answer.

        Examples
        --------
        >>> age = Variable("age", missing={99: "refused", 98: ""}, missing_ranges=(MissingRange(90, 97),))
        >>> age.why(99), age.why(98), age.why(95), age.why(41)
        ('refused', '98', '90 to 97', None)
        """
        if code in self.missing:
            return self.missing[code] or code_written(code)
        if not isinstance(code, str):
            for each in self.missing_ranges:
                if each.low <= code <= each.high:
                    return each.reason or f"{code_written(each.low)} to {code_written(each.high)}"
        return None


def code_written(code: Code) -> str:
    """Return a code as it is written: whole numbers without a decimal point.

    Examples
    --------
    >>> code_written(1.0), code_written(0.25), code_written(".a")
    ('1', '0.25', '.a')
    """
    return code if isinstance(code, str) else f"{code:.15g}"
