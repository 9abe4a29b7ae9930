"""One question of a survey: its name, wording, answers and missing codes; and answers as text."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar

import numpy as np

from diplab.checks import check_one_of
from diplab.errors import OptionError, suggestion
from diplab.public_names import explained, wrong_kind
from diplab.reference.text import NOTHING, Text

if TYPE_CHECKING:
    from diplab.microdata.codebook import Codebook

T = TypeVar("T")
V = TypeVar("V")
Code: TypeAlias = str | int | float
Measure: TypeAlias = Literal["nominal", "ordinal", "scale", "unknown"]
Gender: TypeAlias = Literal["", "m", "f", "m plural", "f plural"]
"""Gender and number of a French label that is a noun."""
Storage: TypeAlias = Literal["", "whole", "number", "words", "boolean", "date", "moment", "time"]


@dataclass(frozen=True)
class MissingRange:
    """Missing codes from `low` to `high`, both included; the reason is empty if unknown."""

    low: float
    high: float
    reason: str = ""


@explained("", "A variable has")
@dataclass(frozen=True)
class Variable:
    """The meaning of one column of a survey file.

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
        Name of the question that this column is an item of (`q7` for `q7_SQ003`); empty if it is a
        question.
    storage : {"", "whole", "number", "words", "boolean", "date", "moment", "time"}
        Type of the cells, for files that do not record it (digits that are words, dates); empty if
        it is inferred.
    missing_labels : mapping of code to Text
        Wordings of missing codes in several languages, if the survey has them; their reason is the
        English one.
    unit : str
        Unit, as for a dated parameter (`EUR a month, net`); empty if unknown.
    commented : tuple of code or MissingRange
        Codes that are answers in the data, but missing in a comment of the setup file of the data.
    gender : {"", "m", "f", "m plural", "f plural"}
        Gender and number of the French label, if it is a noun that titles may put an article
        before (`selon la région`); empty if unknown.

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
    gender: Gender = ""

    def why(self, code: Code) -> str | None:
        """Return the reason of a missing code, or the code if it has none; None for an answer.

        Examples
        --------
        >>> ranges = (MissingRange(90, 97),)
        >>> age = Variable("age", missing={99: "refused", 98: ""}, missing_ranges=ranges)
        >>> age.why(99), age.why(98), age.why(95), age.why(41)
        ('refused', '98', '90 to 97', None)
        """
        if code in self.missing:
            return self.missing[code] or code_written(code)
        if (found := _range_with(self.missing_ranges, code)) is not None:
            return found.reason or f"{code_written(found.low)} to {code_written(found.high)}"
        return None


_TEXTS = ("label", "question", "group")


def with_changes(variable: Variable, changes: Mapping[str, Any]) -> Variable:
    """Return a variable with fields replaced; words are labels in both languages."""
    known = list(Variable.__dataclass_fields__)[1:]
    for name in changes:
        if name not in known:
            asked = f"`{name}` is not an attribute of a variable in a codebook."
            raise OptionError(
                asked, f"Its attributes are {', '.join(known)}.", suggestion(name, known)
            )
    made = dict(changes)
    for name, known_values in (("measure", Measure), ("gender", Gender)):
        if name in made:
            check_one_of(name, made[name], known_values)
    for name in _TEXTS:
        if isinstance(made.get(name), str):
            made[name] = Text.same(made[name])
    for name in ("values", "missing_labels"):
        if isinstance(made.get(name), list | tuple):
            made[name] = {answer: code_text(answer) for answer in made[name]}
        if isinstance(made.get(name), Mapping):
            made[name] = {
                code: Text.same(label) if isinstance(label, str) else label
                for code, label in made[name].items()
            }
    wrong = wrong_kind(Variable.__init__, "described", made)
    if wrong is not None:
        raise wrong
    return replace(variable, **made)


def given_reason(variable: Variable, code: Code) -> str:
    """Return the reason of a missing code in the words of its file; empty if it has none."""
    if reason := variable.missing.get(code):
        return reason
    found = _range_with(variable.missing_ranges, code)
    return "" if found is None else found.reason


def _range_with(ranges: Iterable[MissingRange], code: Code) -> MissingRange | None:
    """Return the range of missing codes that contains a code, or None."""
    if not isinstance(code, str):
        for missing_range in ranges:
            if missing_range.low <= code <= missing_range.high:
                return missing_range
    return None


def code_written(code: Code) -> str:
    """Return a code for display, with 15 significant digits; integers without a point."""
    return code if isinstance(code, str) else f"{code:.15g}"


_LONGEST, _WORDS = 40, 5  # lengths in letters and words beyond which an answer is open-ended


def as_code(value: Any) -> Any:
    """Return a value in its plain Python type, a whole number as an int."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def code_text(value: object) -> str:
    """Return a code with all its digits, for matching; integers without a point."""
    if isinstance(value, float):
        if value.is_integer():
            return str(int(value))
        return f"{value:.15g}"
    return str(value)


def by_text(values: Mapping[Any, T]) -> dict[str, T]:
    """Return values by the text of their code, so that 1 and 1.0 are the same code."""
    return {code_text(code): value for code, value in values.items()}


def codes_by_text(codes: Iterable[T]) -> dict[str, T]:
    """Return codes by their text, so that 1 and 1.0 are the same code."""
    return {code_text(code): code for code in codes}


def labels_of_answers(variable: Variable) -> dict[Code, Text]:
    """Return the labels of the codes that are not missing."""
    return {code: text for code, text in variable.values.items() if variable.why(code) is None}


def codes_labelled(labels: Mapping[T, Text], words: object) -> list[T]:
    """Return the codes with a label, in French or in English."""
    return [code for code, label in labels.items() if words in (label.fr, label.en)]


def any_words(values: Iterable[object]) -> bool:
    """Return whether any of the values is text."""
    return any(isinstance(value, str) for value in values)


def positions(items: Iterable[T]) -> dict[T, int]:
    """Return the position of each item."""
    return {item: position for position, item in enumerate(items)}


def without(mapping: Mapping[T, V], keys: Container[Any]) -> dict[T, V]:
    """Return a mapping without some of its keys."""
    return {key: value for key, value in mapping.items() if key not in keys}


def filled(mapping: Mapping[T, V]) -> dict[T, V]:
    """Return a mapping without empty values and zeros."""
    return {key: value for key, value in mapping.items() if value}


def in_order(found: Sequence[Any], listed: Sequence[Any]) -> list[Any]:
    """Return sorted answers in the order of the listed ones; unlisted words come last."""
    place = positions(map(code_text, listed))
    if not set(map(code_text, found)) <= place.keys() and not any_words(found):
        # partly labelled numbers, such as the ends of a scale, are in numeric order
        return list(found)
    return sorted(found, key=lambda answer: place.get(code_text(answer), len(place)))


def is_short(value: object) -> bool:
    """Return whether an answer may be quoted in an error: a code or label, not a long text."""
    text = code_text(value)
    return len(text) <= _LONGEST and "@" not in text and len(text.split()) <= _WORDS


def answer_in_error(value: object) -> str:
    """Return an answer as quoted in errors: as in a condition, or by its length if long."""
    if is_short(value):
        return code_quoted(value)
    return f"an answer of {len(code_text(value)):,} letters"


def code_quoted(value: object) -> str:
    """Return a code as written in a condition: words in quotes, integers without a point."""
    return code_text(value) if isinstance(value, float) else repr(value)


def code_from_text(text: str) -> str:
    """Return a code as written, from text made of a float."""
    return text.removesuffix(".0") if re.fullmatch(r"-?\d+\.0", text) else text


def answer_label(codebook: Codebook, name: str, value: Any) -> str:
    """Return the English label of a code of a variable; empty if there is none."""
    written = code_text(value)
    for code, label in codebook.variable(name).values.items():
        if code_text(code) == written:
            return label.en
    return ""


def label_and_code(codebook: Codebook, name: str, value: Any) -> str:
    """Return an answer in words, its label before its code."""
    code, label = code_text(value), answer_label(codebook, name, value)
    if label and label != code:
        return f"{label} ({code})"
    return code


def answers_to_write(codebook: Codebook, name: str, values: Iterable[Any]) -> list[str]:
    """Return the text of answers: the label if it is unique, or the code."""
    listed = list(values)
    labels = [answer_label(codebook, name, value) for value in listed]
    return [
        label if label and labels.count(label) == 1 else code_text(value)
        for label, value in zip(labels, listed, strict=True)
    ]


def code_of_answer(codebook: Codebook, name: str, answer: Any, codes: Iterable[Any]) -> Any:
    """Return the code of an answer given as a code or label in either language, or None."""
    known = list(codes)
    if answer in known:
        return known[known.index(answer)]
    meant = set(map(code_text, codes_labelled(codebook.variable(name).values, answer)))
    codes_meant = [code for code in known if code_text(code) in meant]
    return codes_meant[0] if len(codes_meant) == 1 else None
