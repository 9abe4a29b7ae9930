"""Conditions in the words of a reader: `age >= 18 and sex == 2` is Age ≥ 18 and Sex = woman."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from diplab.errors import DiplabError
from diplab.microdata.codebook import Codebook
from diplab.presentation.language import MINUS
from diplab.presentation.punctuation import NARROW, words
from diplab.presentation.terms import term
from diplab.presentation.value_labels import value_label
from diplab.sampling.condition import parse
from diplab.sampling.expression import Apply, Column, Constant, column_names

if TYPE_CHECKING:
    from diplab.reference.text import Language
    from diplab.sampling.expression import Expression

__all__ = ["condition_in_words", "named_in"]

_NAMES = re.compile(r"`([^`]*)`|'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|([^\W\d]\w*)")
_COMPARED = {"==": "=", "!=": "≠", ">=": "≥", "<=": "≤", ">": ">", "<": "<"}
_ARITHMETIC = {"+": "+", "-": MINUS, "*": "×", "/": "/"}
_LOGICAL = ("and", "or", "not", "in")
_BINDING = {"or": 0, "and": 1, "not": 2, "+": 4, "-": 4, "*": 5, "/": 5}
"""How closely an operation holds its parts together; comparisons stand between the words and the arithmetic."""

_COMPARISON, _WHOLE = 3, 6


def condition_in_words(text: str, labels: Codebook | None, language: Language) -> str:
    r"""Return a condition, or the arithmetic of variables with labels, as a reader understands it.

    Parameters
    ----------
    text : str
        As the analyst wrote it.
    labels : Codebook or None
        Labels of variables and answers.
    language : {"fr", "en"}
        Language of the reader.

    Returns
    -------
    str
        The words; empty for a name alone, and for what is not in the language of conditions (an expression of a
        library, a sum of columns without labels, whose name might be just that).

    Examples
    --------
    >>> from diplab.reference.text import Text
    >>> held = Codebook().described("sex", label=Text("Sexe", "Sex"), values={2: Text("Femme", "Woman")})
    >>> condition_in_words("age >= 18 and sex == 2 and pay not in (1, 2)", held, "fr")
    'age ≥ 18 et Sexe = Femme et pay autre que 1, 2'
    >>> condition_in_words("age - group", held, "fr")
    ''
    """
    read = _read(text, labels)
    if not isinstance(read, Apply):
        return ""
    held = labels if labels is not None else Codebook()
    if not _is_condition(read) and not any(name in held for name in column_names(read)):
        return ""
    return words(_Words(held, language).said(read), language)


def named_in(text: str, labels: Codebook | None) -> tuple[str, ...]:
    """Return the columns of a condition; none for anything else.

    Examples
    --------
    >>> named_in("pay < 1000 and sex == 2", None), named_in("pay / hours", None)
    (('pay', 'sex'), ())
    """
    read = _read(text, labels)
    return tuple(column_names(read)) if isinstance(read, Apply) and _is_condition(read) else ()


def _read(text: str, labels: Codebook | None) -> Expression | None:
    """Return what a text says, whatever names it holds; None where it is not in the language of conditions."""
    names = [ticked or plain for ticked, plain in _NAMES.findall(text) if ticked or plain]
    try:
        return parse(
            text, [name for name in names if name != text], labels if labels is not None else Codebook()
        )
    except DiplabError:
        return None


def _is_condition(read: Apply) -> bool:
    return read.operation in _COMPARED or read.operation in _LOGICAL


class _Words:
    """Puts one expression into words; holds the labels and the language."""

    def __init__(self, labels: Codebook, language: Language) -> None:
        self.labels = labels
        self.language = language

    def said(self, read: Expression, outside: int = 0) -> str:
        """Return an expression in words, in brackets where what stands outside would take its parts away."""
        text, holds = self._with_hold(read)
        return f"({text})" if holds < outside else text

    def _with_hold(self, read: Expression) -> tuple[str, int]:
        if isinstance(read, Column):
            return self._variable(read.name), _WHOLE
        if isinstance(read, Constant):
            return self._answer("", read.value), _WHOLE
        assert isinstance(read, Apply)  # texts are read into these three
        if read.operation in _COMPARED or read.operation == "in":
            return self._compared(read), _COMPARISON
        holds = _BINDING[read.operation]
        if read.operation == "not":
            inside = read.arguments[0]
            if isinstance(inside, Apply) and inside.operation == "in":
                return self._compared(inside, "word.other_than"), _COMPARISON
            return f"{term('word.not', self.language)} {self.said(inside, _WHOLE)}", holds
        left, right = read.arguments
        if read.operation == "-" and left == Constant(0.0):
            return f"{MINUS}{self.said(right, _WHOLE)}", holds
        logical = read.operation in _LOGICAL
        sign = term(f"word.{read.operation}", self.language) if logical else _ARITHMETIC[read.operation]
        # a - (b - c) is not a - b - c
        return f"{self.said(left, holds)} {sign} {self.said(right, holds + (not logical))}", holds

    def _compared(self, read: Apply, between: str = "word.among") -> str:
        left, right = read.arguments
        sign = term(between, self.language) if read.operation == "in" else _COMPARED[read.operation]
        return f"{self._side(left, right)} {sign} {self._side(right, left)}"

    def _side(self, read: Expression, other: Expression) -> str:
        """Return one side of a comparison: an answer by its label, if the other side is its variable."""
        name = other.name if isinstance(other, Column) else ""
        if isinstance(read, Constant):
            return self._answer(name, read.value)
        if isinstance(read, Column) and name in self.labels and read.name in self.labels[name].values:
            # a code that is a word may stand without its quotes in what a result records
            return self._answer(name, read.name)
        return self.said(read, _COMPARISON + 1)

    def _variable(self, name: str) -> str:
        label = self.labels[name].label if name in self.labels else None
        return words(label, self.language) if label else name

    def _answer(self, name: str, value: object) -> str:
        if isinstance(value, tuple):
            several = [self._answer(name, each) for each in value]
            # a French figure has a comma of its own
            return (f"{NARROW}; " if any("," in each for each in several) else ", ").join(several)
        said = value_label(name, value, self.labels, self.language) or f"«{value}»"
        if isinstance(value, bool) or not isinstance(value, int | float):
            return said
        # figures without spaces between thousands: they may be years, or codes
        figure = (
            said.replace(".", ",") if self.language == "fr" and re.fullmatch(r"-?\d+\.\d+", said) else said
        )
        return re.sub(r"^-(?=\d)", MINUS, figure)
