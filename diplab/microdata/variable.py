"""One question of a survey: its name, wording, answers and missing codes; and answers as text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from diplab.checks import check_one_of
from diplab.errors import OptionError, suggestion
from diplab.reference.text import NOTHING, Text

if TYPE_CHECKING:
    from diplab.microdata.codebook import Codebook

Code: TypeAlias = str | int | float
Measure: TypeAlias = Literal["nominal", "ordinal", "scale", "unknown"]
Storage: TypeAlias = Literal["", "whole", "number", "words", "boolean", "date", "moment", "time"]


@dataclass(frozen=True)
class MissingRange:
    """Codes from `low` to `high`, ends included, that are missing; the reason is empty where unknown."""

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
        Missing codes, with their reason.
    missing_ranges : tuple of MissingRange
        Ranges of missing codes.
    group : Text
        Section of the questionnaire that contains the question.
    part_of : str
        Name of the question of which this column is one item (`q7` for `q7_SQ003`); empty where it is a question.
    storage : {"", "whole", "number", "words", "boolean", "date", "moment", "time"}
        What the cells are, for files that cannot say it themselves (digits that are words, dates); empty where they
        speak for themselves.
    missing_labels : mapping of code to Text
        Wordings of missing codes in several languages, where the survey has them; their reason is the English one.
    unit : str
        What one of it is, as for a dated parameter (`EUR a month, net`); empty where unknown.
    commented : tuple of code or MissingRange
        Codes that are answers in the data, and that the setup file of the data makes missing in a comment only.

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
    commented: tuple[Code | MissingRange, ...] = ()

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


_TEXTS = ("label", "question", "group")


def with_changes(variable: Variable, changes: Mapping[str, Any]) -> Variable:
    """Return a variable with fields replaced; words are labels in both languages."""
    known = [each.name for each in fields(Variable) if each.name != "name"]
    for name in changes:
        if name not in known:
            asked = f"`{name}` is not an attribute of a variable in a codebook."
            raise OptionError(asked, f"It tells: {', '.join(known)}.", suggestion(name, known))
    made = dict(changes)
    if "measure" in made:
        check_one_of("measure", made["measure"], Measure)
    for name in _TEXTS:
        if isinstance(made.get(name), str):
            made[name] = Text.same(made[name])
    for name in ("values", "missing_labels"):
        if isinstance(made.get(name), list | tuple):
            made[name] = {answer: code_text(answer) for answer in made[name]}
        if name in made:
            made[name] = {code: Text.same(each) if isinstance(each, str) else each for code, each in made[name].items()}
    return replace(variable, **made)


def given_reason(variable: Variable, code: Code) -> str:
    """Return why a code is missing, in the words of its file; nothing where it gives no reason."""
    reason = variable.missing.get(code, "")
    if reason or isinstance(code, str):
        return reason
    return next((each.reason for each in variable.missing_ranges if each.low <= code <= each.high), "")


def code_written(code: Code) -> str:
    """Return a code for display, with 15 significant digits: whole numbers without a decimal point."""
    return code if isinstance(code, str) else f"{code:.15g}"


_LONGEST, _WORDS = 40, 5  # letters and words beyond which an answer is one that a respondent wrote


def as_code(value: Any) -> Any:
    """Return a value in its plain Python type, a whole number as an int."""
    value = value.item() if isinstance(value, np.generic) else value
    return int(value) if isinstance(value, float) and value.is_integer() else value


def code_text(value: object) -> str:
    """Return a code with all its digits, to match codes by: whole numbers without a decimal point."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else f"{value:.15g}"
    return str(value)


def in_order(found: Sequence[Any], listed: Sequence[Any]) -> list[Any]:
    """Return sorted answers in the order of those that are listed; words that are not come after."""
    place = {code_text(answer): at for at, answer in enumerate(listed)}
    places = [place.get(code_text(answer), len(place)) for answer in found]
    if len(place) in places and not any(isinstance(answer, str) for answer in found):
        # numbers of which some only have labels, such as the ends of a scale, have an order of their own
        return list(found)
    return [answer for _, answer in sorted(zip(places, found, strict=True), key=itemgetter(0))]


def is_short(value: object) -> bool:
    """Return whether an answer may be quoted in an error: a code or a label, not what a respondent wrote at length."""
    text = code_text(value)
    return len(text) <= _LONGEST and "@" not in text and len(text.split()) <= _WORDS


def answer_in_error(value: object) -> str:
    """Return an answer as an error names it: as in a condition, or by its length where a respondent wrote at length."""
    return code_quoted(value) if is_short(value) else f"an answer of {len(code_text(value)):,} letters"


def code_quoted(value: object) -> str:
    """Return a code as it is written in a condition: words in quotes, whole numbers without a decimal point."""
    return code_text(value) if isinstance(value, float) else repr(value)


def code_from_text(text: str) -> str:
    """Return a code as it is written, from text that was made of a float."""
    return text.removesuffix(".0") if re.fullmatch(r"-?\d+\.0", text) else text


def answer_label(codebook: Codebook, name: str, value: Any) -> str:
    """Return the English label of a code of a variable; nothing where the codebook has none."""
    written = code_text(value)
    labels = codebook.variable(name).values
    return next((label.en for code, label in labels.items() if code_text(code) == written), "")


def label_and_code(codebook: Codebook, name: str, value: Any) -> str:
    """Return an answer in words, its label before its code."""
    code, label = code_text(value), answer_label(codebook, name, value)
    return f"{label} ({code})" if label and label != code else code


def answers_to_write(codebook: Codebook, name: str, values: Iterable[Any]) -> list[str]:
    """Return what to write for answers: the label of each where no other has it, else its code."""
    listed = list(values)
    labels = [answer_label(codebook, name, value) for value in listed]
    return [
        label if label and labels.count(label) == 1 else code_text(value)
        for label, value in zip(labels, listed, strict=True)
    ]


def code_of_answer(codebook: Codebook, name: str, answer: Any, codes: Iterable[Any]) -> Any:
    """Return the code of an answer, itself or by its label in either language; None where there is none."""
    known = list(codes)
    if answer in known:
        return known[known.index(answer)]
    labels = codebook.variable(name).values
    meant = {code_text(code) for code, label in labels.items() if answer in (label.fr, label.en)}
    codes_meant = [code for code in known if code_text(code) in meant]
    return codes_meant[0] if len(codes_meant) == 1 else None
