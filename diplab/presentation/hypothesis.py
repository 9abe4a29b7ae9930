"""What a test tests, in words: hypotheses are recorded in English, in the terms of the data, and shown in both."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from diplab.microdata.variable import code_from_text
from diplab.presentation.expression_words import formula_in_words
from diplab.presentation.labels import variable_label
from diplab.presentation.language import MINUS
from diplab.presentation.punctuation import words
from diplab.presentation.terms import term, terms
from diplab.presentation.value_labels import value_label

if TYPE_CHECKING:
    from diplab.microdata.codebook import Codebook
    from diplab.reference.text import Language

__all__ = ["hypothesis_in_words", "sides"]

_COMPARED = re.compile(r"(?P<core>.+) \(difference: (?P<second>.+) minus (?P<first>.+)\)")
_GROUP = re.compile(r"(?P<core>.+?) where (?P<group>.+)")
_PARTS = ("hypothesis.group", "hypothesis.compared", "hypothesis.row")
_NUMBERS = ("value", "count", "null")
_STATISTIC = re.compile(r"(?P<statistic>\w+)(?: of (?P<variable>.+))?")


def hypothesis_in_words(hypothesis: str, language: Language, labels: Codebook | None = None) -> str:
    r"""Return a hypothesis as a reader understands it, the variables by their labels.

    Parameters
    ----------
    hypothesis : str
        As recorded in `Test.hypothesis`.
    language : {"fr", "en"}
        Language of the reader.
    labels : Codebook, optional
        Labels of variables and answers.

    Returns
    -------
    str
        The hypothesis; one that is not known here is shown as it is.

    Examples
    --------
    >>> hypothesis_in_words("sex x pay independent", "fr").replace("\u00a0", " ")
    '« sex » et « pay » indépendantes'
    >>> hypothesis_in_words("mean of pay equal over sex (difference: m minus f)", "en")
    'mean of pay equal over sex (difference: m minus f)'
    """
    compared = _COMPARED.fullmatch(hypothesis)
    core = compared["core"] if compared else hypothesis
    located = _GROUP.fullmatch(core)
    core = located["core"] if located else core
    key, found = _known(core)
    if not key:
        return words(hypothesis, language)
    if found.get("count") == "1":
        key += "_one"
    said = _filled(f"hypothesis.{key}", _fields(found, language, labels), language)
    if located:
        said += _filled("hypothesis.group", {"group": _group(located["group"], language, labels)}, language)
    if compared:
        by = found.get("by", "")
        both = {
            side: value_label(by, code_from_text(compared[side]), labels, language)
            for side in ("first", "second")
        }
        said += _filled("hypothesis.compared", both, language)
    return said


def sides(hypothesis: str, language: Language, labels: Codebook | None = None) -> tuple[str, str] | None:
    """Return the labels of the two groups that a hypothesis compares, first and second; None where it has none.

    Examples
    --------
    >>> sides("mean of pay equal over sex (difference: m minus f)", "en")
    ('f', 'm')
    """
    compared = _COMPARED.fullmatch(hypothesis)
    if compared is None:
        return None
    by = _known(compared["core"])[1].get("by", "")
    first, second = (
        value_label(by, code_from_text(compared[side]), labels, language) for side in ("first", "second")
    )
    return first, second


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    """Return the English wordings as patterns: they are those in which hypotheses are recorded."""
    return {
        key.partition(".")[2]: re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+?)", re.escape(text.en)))
        for key, text in terms().items()
        if key.startswith("hypothesis.") and key not in _PARTS and not key.endswith("_one")
    }


def _known(core: str) -> tuple[str, dict[str, str]]:
    for key, pattern in _patterns().items():
        found = pattern.fullmatch(core)
        if found:
            return key, found.groupdict()
    return "", {}


def _fields(found: dict[str, str], language: Language, labels: Codebook | None) -> dict[str, str]:
    fields = {}
    for name, text in found.items():
        if name in _NUMBERS:
            fields[name] = text.replace("-", MINUS).replace(".", "," if language == "fr" else ".")
        elif name == "terms":
            joined = {"fr": " » et « ", "en": " and "}[language]
            fields[name] = joined.join(_term(each, language, labels) for each in text.split(" and "))
        elif name == "formula":
            fields[name] = formula_in_words(text, labels, language)
        elif name == "rows":
            fields[name] = ", ".join(_row(each, language, labels) for each in text.split(", "))
        else:
            # the difference of two answers of the same people
            parts = text.split(" - ") if labels is not None and text not in labels else [text]
            fields[name] = f" {MINUS} ".join(variable_label(part, labels, language) for part in parts)
    return fields


def _term(text: str, language: Language, labels: Codebook | None) -> str:
    return " × ".join(variable_label(part, labels, language) for part in text.split(":"))


def _row(text: str, language: Language, labels: Codebook | None) -> str:
    """Return what a row is about, `mean of pay`, in words."""
    found = _STATISTIC.fullmatch(text)
    if found is None or f"statistic.{found['statistic']}" not in terms():
        return text
    statistic = term(f"statistic.{found['statistic']}", language)
    # names of people and of indices keep their capital, which is never the first letter of these terms
    statistic = statistic[:1].lower() + statistic[1:]
    if not found["variable"]:
        return statistic
    variable = variable_label(found["variable"], labels, language)
    return _filled("hypothesis.row", {"statistic": statistic, "variable": variable}, language)


def _group(text: str, language: Language, labels: Codebook | None) -> str:
    pairs = (part.partition(" = ") for part in text.split(" and "))
    said = [
        f"{variable_label(name, labels, language)} = {value_label(name, code_from_text(value), labels, language)}"
        if between
        else name
        for name, between, value in pairs
    ]
    return f" {term('word.and', language)} ".join(said)


def _filled(key: str, fields: dict[str, str], language: Language) -> str:
    filled = terms()[key].in_(language)
    for name, text in fields.items():
        filled = filled.replace(f"{{{name}}}", text)
    return words(filled, language)
