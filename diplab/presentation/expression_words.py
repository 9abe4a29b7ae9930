"""Formulas as a reader understands them: names of columns by the labels of the codebook, powers as exponents."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from diplab.presentation.condition_words import condition_in_words
from diplab.presentation.punctuation import words

if TYPE_CHECKING:
    from diplab.microdata.codebook import Codebook
    from diplab.reference.text import Language

__all__ = ["formula_in_words", "with_labels"]

_QUOTED = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""
_NAMES = re.compile(rf"({_QUOTED})|`([^`]*)`|([^\W\d]\w*(?:\.\w+)*)")
_WITH_REFERENCE = re.compile(r"\bC\(\s*(`[^`]*`|[^\W\d][\w.]*)\s*,[^()]*(?:\([^()]*\))?[^()]*\)")
"""The reference of a variable, which a table names beside it."""

_AS_IS = re.compile(r"\bI\(([^()]*)\)")
_POWER = re.compile(r"\s*\*\*\s*(\d)(?![\d.])")
_EXPONENTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_CATEGORIES = re.compile(r"\bC\(\s*(`[^`]*`|[^\W\d][\w.]*)\s*\)")


def formula_in_words(formula: str, labels: Codebook | None, language: Language) -> str:
    """Return the formula of a regression with labels, its conditions in words.

    Examples
    --------
    >>> from diplab.microdata.codebook import Codebook
    >>> from diplab.reference.text import Text
    >>> held = Codebook().described("sex", label=Text("Sexe", "Sex"), values={2: Text("Femme", "Woman")})
    >>> formula_in_words("sex == 2 ~ I(age ** 2) + I(age >= 30)", held, "fr")
    'Sexe = Femme ~ age² + (age ≥ 30)'
    """
    outcome, tilde, terms = formula.partition("~")
    if not tilde:
        return with_labels(formula, labels, language)
    said = condition_in_words(outcome.strip(), labels, language) or with_labels(
        outcome.strip(), labels, language
    )
    # what is between conditions is put into words by itself, for labels hold names of columns too
    pieces = _AS_IS.split(_WITH_REFERENCE.sub(r"C(\1)", terms.strip()))
    for place, piece in enumerate(pieces):
        condition = condition_in_words(piece.strip(), labels, language) if place % 2 else ""
        own = with_labels(piece, labels, language)
        pieces[place] = (
            f"({condition})" if condition else own if place % 2 == 0 or _POWER.search(piece) else f"({own})"
        )
    return f"{said} ~ {''.join(pieces)}"


def with_labels(expression: str, labels: Codebook | None, language: Language) -> str:
    """Return an expression, or a formula, with the labels of its columns in place of their names.

    Parameters
    ----------
    expression : str
        As the analyst wrote it.
    labels : Codebook or None
        Labels of variables.
    language : {"fr", "en"}
        Language of the reader.

    Examples
    --------
    >>> from diplab.microdata.codebook import Codebook
    >>> from diplab.reference.text import Text
    >>> held = Codebook().described("pay", label=Text("paie", "Hourly pay")).described("sex", label=Text("sexe", "Sex"))
    >>> with_labels("pay ~ C(sex) + I(age ** 2)", held, "en")
    'Hourly pay ~ Sex + I(age²)'
    """
    if labels is None:
        return _raised(expression)

    def label(name: str) -> str:
        return words(labels[name].label, language) if name in labels else ""

    def shown(found: re.Match[str]) -> str:
        quoted, ticked, plain = found.groups()
        return found.group(0) if quoted is not None else label(ticked or plain) or found.group(0)

    def bare(found: re.Match[str]) -> str:
        return found.group(1) if label(found.group(1).strip("`")) else found.group(0)

    return _raised(_NAMES.sub(shown, _CATEGORIES.sub(bare, expression)))


def _raised(expression: str) -> str:
    return _POWER.sub(lambda found: found.group(1).translate(_EXPONENTS), expression)
