"""Labels of variables, codes, conditions and formulas, from the codebook."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeAlias, cast, get_args

from diplab.errors import DiplabError, OptionError
from diplab.microdata.codebook import Codebook
from diplab.microdata.variable import Gender, Variable, code_text
from diplab.presentation.language import (
    MINUS,
    Noun,
    figure_in_words,
    filled_term,
    listed,
    lowered,
    term,
    terms,
    wording,
    words,
)
from diplab.reference.text import NARROW, NOTHING, Language, Text
from diplab.results.estimates import CONTRAST, Combined, Pair
from diplab.sampling.condition import parse
from diplab.sampling.expression import Apply, Column, Constant, Expression, column_names
from diplab.sampling.formula import FUNCTIONS


def value_label(name: str, value: Any, labels: Codebook | None, language: Language) -> str:
    """Return the label of an answer, or the answer if it has none."""
    if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
        return ""
    book = (labels or Codebook()).variables
    answers = book[name].values if name in book else {}
    shown = {code_text(code): label for code, label in answers.items() if label}
    if code_text(value) in shown:
        return words(shown[code_text(value)], language)
    # an expression of estimates names codes or labels, in either language, or variables
    for label in reversed(list(answers.values())):
        shown = {label.fr: label, label.en: label} | shown
    if name == CONTRAST:
        shown |= {item: own.label for item, own in book.items() if own.label}
    named = _named_in(code_text(value))
    if named and {*named} <= shown.keys() | FUNCTIONS:
        return _WORDS_OF_CONDITIONS.sub(
            lambda item: words(shown.get(item[1] or item[2], item[1] or item[2]), language), value
        ).replace(" - ", f" {MINUS} ")
    if code_text(value) in ("True", "False"):
        return term(f"word.{code_text(value).lower()}", language)
    if name == "quantile":
        return figure_in_words(code_text(value), language)
    return words(code_text(value), language)


def category_label(
    name: str, category: Any, pairs: Mapping[str, Pair], labels: Codebook | None, language: Language
) -> str:
    """Return the label of an answer, or those of the two answers that a row compares."""
    pair = pairs.get(category)
    if pair is None:
        return value_label(name, category, labels, language)
    first = category_label(name, pair.first, pairs, labels, language)
    second = category_label(name, pair.second, pairs, labels, language)
    return f"{first} {pair.sign} {second}"


def value_labels(
    name: str, values: Iterable[Any], labels: Codebook | None, language: Language
) -> Iterator[str]:
    """Return the labels of several answers to a question."""
    for value in values:
        yield value_label(name, value, labels, language)


_WORDS_OF_CONDITIONS = re.compile(r"`([^`]*)`|'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|([^\W\d]\w*)")


def _named_in(text: str) -> list[str]:
    """Return the names in a text, "" for a text in quotes."""
    return [ticked or bare for ticked, bare in _WORDS_OF_CONDITIONS.findall(text)]


_COMPARED = {"==": "=", "!=": "≠", ">=": "≥", "<=": "≤", ">": ">", "<": "<"}
_OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_BY_ORDER = ("<", "<=", ">", ">=")
_ARITHMETIC = {"+": "+", "-": MINUS, "*": "×", "/": "/"}
_LOGICAL = ("and", "or", "not", "in")
_BINDING = {"or": 0, "and": 1, "not": 2, "+": 4, "-": 4, "*": 5, "/": 5}
"""The precedence of operations; comparisons are between logic and arithmetic."""
_COMPARISON, _ATOM = 3, 6


def condition_in_words(
    text: str, labels: Codebook | None, language: Language, *, within: bool = False
) -> str:
    """Return a condition, or arithmetic of labelled variables, in words.

    `within` a sentence, labels have no capital.
    """
    read = _parsed(text, labels)
    if not isinstance(read, Apply):
        return ""
    book = labels if labels is not None else Codebook()
    if not _is_condition(read) and not any(name in book for name in column_names(read)):
        return ""
    return words(_ConditionWords(book, language, within).words_of(read), language)


def condition_columns(text: str, labels: Codebook | None) -> tuple[str, ...]:
    """Return the columns of a condition; empty for anything else."""
    read = _parsed(text, labels)
    return tuple(column_names(read)) if isinstance(read, Apply) and _is_condition(read) else ()


def _parsed(text: str, labels: Codebook | None) -> Expression | None:
    """Return a parsed condition, with any names.

    None if it is not in the language of conditions.
    """
    names = [name for name in _named_in(text) if name not in ("", text)]
    try:
        return parse(text, names, Codebook() if labels is None else labels)
    except DiplabError:
        return None


def _is_condition(read: Apply) -> bool:
    return read.operation in _COMPARED or read.operation in _LOGICAL


@dataclass(frozen=True)
class _ConditionWords:
    """Puts one expression into words; holds the labels and the language."""

    labels: Codebook
    language: Language
    within: bool = False

    def words_of(self, read: Expression, outside: int = 0) -> str:
        """Return an expression in words, in brackets if the precedence requires them."""
        text, holds = self._with_hold(read)
        return f"({text})" if holds < outside else text

    def _with_hold(self, read: Expression) -> tuple[str, int]:
        if isinstance(read, Column):
            return self._label(read.name), _ATOM
        if isinstance(read, Constant):
            return self._answer("", read.value), _ATOM
        assert isinstance(read, Apply)  # texts are parsed into these three
        if read.operation in _COMPARED or read.operation == "in":
            return self._compared(read), _COMPARISON
        holds = _BINDING[read.operation]
        if read.operation == "not":
            return self._negated(read.arguments[0])
        left, right = read.arguments
        if read.operation == "-" and left == Constant(0.0):
            return f"{MINUS}{self.words_of(right, _ATOM)}", holds
        logical = read.operation in _LOGICAL
        sign = (
            term(f"word.{read.operation}", self.language)
            if logical
            else _ARITHMETIC[read.operation]
        )
        # a - (b - c) is not a - b - c
        return (
            f"{self.words_of(left, holds)} {sign} {self.words_of(right, holds + (not logical))}",
            holds,
        )

    def _label(self, name: str) -> str:
        label = words(self.labels.variable(name).label, self.language)
        if not label:
            return name
        return lowered(label, self.language) if self.within else label

    def _negated(self, read: Expression) -> tuple[str, int]:
        """Return the opposite of a condition: `not (a == 1 and b < 2)` is a ≠ 1 or b ≥ 2."""
        if not isinstance(read, Apply):
            false = term("word.false", self.language)
            return f"{self.words_of(read)} = {false}", _COMPARISON
        if read.operation == "in":
            return self._compared(read, "word.other_than"), _COMPARISON
        if read.operation == "not":
            return self._with_hold(read.arguments[0])
        if read.operation in _OPPOSITE:
            return self._with_hold(replace(read, operation=_OPPOSITE[read.operation]))
        parts = tuple(Apply("not", (part,)) for part in read.arguments)
        return self._with_hold(Apply("or" if read.operation == "and" else "and", parts))

    def _compared(self, read: Apply, between: str = "word.among") -> str:
        left, right = read.arguments
        sign = term(between, self.language) if read.operation == "in" else _COMPARED[read.operation]
        if read.operation in _BY_ORDER and (
            self._is_label(left, right) or self._is_label(right, left)
        ):
            # "sex at most female" says nothing: codes are compared, of a variable by its name
            sides = (
                side.name if isinstance(side, Column) else self.words_of(side, _ATOM)
                for side in (left, right)
            )
            return f" {sign} ".join(sides)
        return f"{self._side(left, right)} {sign} {self._side(right, left)}"

    def _is_label(self, code: Expression, other: Expression) -> bool:
        """Return whether one side is a code that the variable on the other labels."""
        if not isinstance(code, Constant) or not isinstance(other, Column):
            return False
        return value_label(other.name, code.value, self.labels, self.language) != code_text(
            code.value
        )

    def _side(self, read: Expression, other: Expression) -> str:
        """Return one side of a comparison: a label, if the other side is its variable."""
        name = other.name if isinstance(other, Column) else ""
        if isinstance(read, Constant):
            return self._answer(name, read.value)
        if (
            isinstance(read, Column)
            and name in self.labels
            and read.name in self.labels[name].values
        ):
            # results record a code that is a word with or without its quotes
            return self._answer(name, read.name)
        return self.words_of(read, _COMPARISON + 1)

    def _answer(self, name: str, value: object) -> str:
        if isinstance(value, tuple):
            several = [self._answer(name, item) for item in value]
            # a French figure has a comma of its own
            return (f"{NARROW}; " if any("," in part for part in several) else ", ").join(several)
        label = value_label(name, value, self.labels, self.language) or f"«{value}»"
        if isinstance(value, bool) or not isinstance(value, int | float):
            return label
        # figures without spaces between thousands: they may be years, or codes
        figure = label
        if self.language == "fr" and re.fullmatch(r"-?\d+\.\d+", label):
            figure = label.replace(".", ",")
        return re.sub(r"^-(?=\d)", MINUS, figure)


_QUOTED = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""
_NAMES_OR_QUOTED = re.compile(rf"({_QUOTED})|`([^`]*)`|([^\W\d]\w*(?:\.\w+)*)")
_POWER = re.compile(r"\s*\*\*\s*(\d)(?![\d.])")
_EXPONENTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_CATEGORIES = re.compile(r"\bC\(\s*(`[^`]*`|[^\W\d][\w.]*)\s*\)")


def with_labels(expression: str, labels: Codebook | None, language: Language) -> str:
    """Return an expression or a formula with labels in place of the names of columns."""
    if labels is None:
        return _with_exponents(expression)

    def label(name: str) -> str:
        return words(labels[name].label, language) if name in labels else ""

    def shown(match: re.Match[str]) -> str:
        quoted, ticked, plain = match.groups()
        if quoted is not None:
            return quoted
        return label(ticked or plain) or ticked or plain

    def bare(match: re.Match[str]) -> str:
        return match.group(1) if label(match.group(1).strip("`")) else match.group(0)

    return _with_exponents(_NAMES_OR_QUOTED.sub(shown, _CATEGORIES.sub(bare, expression)))


def _with_exponents(expression: str) -> str:
    return _POWER.sub(lambda match: match.group(1).translate(_EXPONENTS), expression)


_CALLED = re.compile(r"\)\.\w")


Labels: TypeAlias = Codebook | Mapping[str, Any]
"""A codebook, or by variable its label, the labels of its answers by code, or both."""


def as_codebook(labels: Labels | None) -> Codebook | None:
    """Return a codebook from labels given by hand: `{"sport": "Sport", "sex": {"1": "Men"}}`."""
    if labels is None or isinstance(labels, Codebook):
        return labels
    made: dict[str, Variable] = {}
    for name, given in labels.items() if isinstance(labels, Mapping) else [("", labels)]:
        label, answers = given if isinstance(given, tuple) and len(given) == 2 else (given, {})
        if isinstance(label, Mapping):
            label, answers = NOTHING, label
        texts: list[Any] = [label, *answers.values()] if isinstance(answers, Mapping) else [None]
        if not name or not all(isinstance(text, str | Text) for text in texts):
            raise OptionError(
                f"`labels{f'[{name!r}]' if name else ''}={given!r}` are not labels.",
                "Labels are a codebook, or for each variable words, `dl.Text(fr, en)`, or answers "
                "by code.",
                'Write `labels={"sport": "Sport", "sex": {"1": "Men"}, "age": ("Age", {"1": "Under '
                '30"})}`.',
            )
        label, *values = (Text.same(text) if isinstance(text, str) else text for text in texts)
        made[name] = Variable(name, label, values=dict(zip(answers, values, strict=True)))
    return Codebook(made) if made else None


def merged_labels(labels: Codebook | None, own: Codebook) -> Codebook:
    """Return the labels of a result; those given by hand take precedence."""
    # a result may have labels that no file has: a question with several answers, a missing answer
    # as a category
    if labels is None or labels is own:
        return own
    if not len(labels):  # it asks for the names as they are
        return labels
    merged = {**own.variables, **labels.variables}
    for name in own.variables.keys() & labels.variables.keys():
        given = labels[name]
        # codes written as words are those of the file
        code_of = {code_text(code): code for code in own[name].values}
        given = replace(
            given,
            values={
                code_of.get(code_text(code), code): value for code, value in given.values.items()
            },
        )
        values = {**given.values, **own[name].values, **given.values}
        merged[name] = replace(given, label=given.label or own[name].label, values=values)
    return replace(labels, variables=merged)


def variable_label(
    name: str, labels: Codebook | None, language: Language, combined: Combined | None = None
) -> str:
    """Return the label of a variable, or its name if it has none; also within expressions.

    One that combines several has their labels.
    """
    if combined is not None and (labels is None or name not in labels):
        return combined_words(combined, partial(variable_label, labels=labels, language=language))
    if labels is not None and name in labels:
        return words(labels[name].label, language) or wording("variable", name, language)
    condition = condition_in_words(name, labels, language)
    if condition:
        return condition
    if _CALLED.search(name):
        # an expression of a library has no label
        return name
    labelled = with_labels(name, labels, language)
    return labelled if labelled != name else wording("variable", name, language)


def variable_labels(names: Iterable[str], labels: Codebook | None, language: Language) -> list[str]:
    """Return the labels of variables, in their order."""
    return [variable_label(name, labels, language) for name in names]


def combined_words(combined: Combined, worded: Callable[[str], str]) -> str:
    """Return the words of several variables that go together."""
    between = {"list": ", ", "crossing": " × ", "difference": f" {MINUS} "}[combined.relation]
    return between.join(map(worded, combined.parts))


def noun_of(
    name: str, labels: Codebook | None, language: Language, combined: Combined | None = None
) -> Noun:
    """Return the label of a variable as it is within a sentence."""
    if combined is not None and combined.relation == "list" and len(combined.parts) > 1:
        nouns = nouns_of(combined.parts, labels, language)
        return Noun(listed((noun.text for noun in nouns), language), "", nouns[0].is_label)
    text = ""
    if not _is_column(name, labels):
        text = condition_in_words(name, labels, language, within=True)
    if text:
        columns = condition_columns(name, labels)
        bare = (column for column in columns if not _has_label(column, labels))
        return Noun(text, is_label=not text.startswith(tuple(bare)))
    text = variable_label(name, labels, language, combined)
    if labels is None or not _has_label(name, labels):
        known = f"variable.{name}" in terms() or not text.startswith(name)
        return Noun(lowered(text, language) if known else text, is_label=known)
    variable = labels[name]
    if "?" in text:
        return Noun(filled_term("noun.quoted", language, value=text))
    text = lowered(text, language)
    if language == "en":
        # what has answers may be a sentence
        return Noun(text, "" if variable.values else "m")
    return Noun(text, variable.gender or _known_gender(text))


def nouns_of(names: Iterable[str], labels: Codebook | None, language: Language) -> list[Noun]:
    """Return the labels of variables as they are within a sentence, in their order."""
    return [noun_of(name, labels, language) for name in names]


def _has_label(name: str, labels: Codebook | None) -> bool:
    return labels is not None and bool(labels.variable(name).label)


def _is_column(name: str, labels: Codebook | None) -> bool:
    return name.isidentifier() or (labels is not None and name in labels)


def _known_gender(label: str) -> Gender:
    """Return the gender of a frequent label; empty if it is unknown."""
    for gender in get_args(Gender):
        key = f"noun.known {gender}"
        if key in terms() and label.casefold() in term(key, "fr").split(", "):
            return cast("Gender", gender)
    return ""


def clause_of(condition: str, labels: Codebook | None, language: Language) -> str:
    """Return a condition within a sentence; a column by name is true."""
    noun = noun_of(condition, labels, language)
    if _is_column(condition, labels):
        return f"{noun.text} = {term('word.true', language)}"
    return noun.text


def answer_of(condition: str, labels: Codebook | None, language: Language) -> tuple[str, str]:
    """Return the variable and the answer of a condition on one answer; empty for others."""
    if _is_column(condition, labels):
        return condition, term("word.true", language)
    match _parsed(condition, labels):
        case Apply("==", (Column(name), Constant(value) | Column(value))):
            # results record a code that is a word with or without its quotes
            label = value_label(name, value, labels, language)
            # a number without a label is not a word
            return ("", "") if label == str(value) and not isinstance(value, str) else (name, label)
    return "", ""
