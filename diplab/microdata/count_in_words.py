"""Counts as questionnaires write them: `4+`, `5 or more`, `3 ou 4`, `moins de 2`, `1 (just me!)`."""

from __future__ import annotations

import math
import re
from typing import TypeAlias

__all__ = ["Between", "count_in_words"]

Between: TypeAlias = "tuple[float, float]"
"""The least and the most that an answer stands for; no end where it has none."""

_NUMBERS = (
    ("0", "zero zéro none no nobody aucun aucune"),
    ("1", "one un une alone single seul seule myself"),
    ("2", "two deux"),
    ("3", "three trois"),
    ("4", "four quatre"),
    ("5", "five cinq"),
    ("6", "six"),
    ("7", "seven sept"),
    ("8", "eight huit"),
    ("9", "nine neuf"),
    ("10", "ten dix"),
    ("11", "eleven onze"),
    ("12", "twelve douze"),
)
_NUMBER_OF_WORD = {word: number for number, words in _NUMBERS for word in words.split()}

_NOUNS = re.compile(
    r"\b(?:persons?|people|members?|individuals?|adults?|child|children|kids?|household|years?|old|aged?|of age|"
    r"personnes?|individus?|membres?|adultes?|enfants?|ans?|âgée?s?|ménage|foyer|"
    r"in (?:the|my|your)|dans (?:le|mon|votre)|in total|au total|just|only|me|i live|living|lives?|je vis|vit|moi)\b"
)
_ALONE = re.compile(r"(?:just|only|seulement|rien que) (?:me|moi)|me only|moi seulement")
_N = r"(\d+(?:[.,]\d+)?)"
_OR_MORE = r"(?:and|or|et|ou|&)\s*(?:more|over|above|older|up|upwards?|plus|davantage|\+)"
_OR_LESS = r"(?:and|or|et|ou|&)\s*(?:less|fewer|under|below|younger|moins)"
_AT_LEAST = re.compile(rf"{_N}\s*\+|{_N}\s*{_OR_MORE}|(?:at least|au moins|minimum|>=|≥)\s*{_N}")
_MORE_THAN = re.compile(rf"(?:more than|over|above|plus de|plus d'|\+ de|>)\s*{_N}")
_LESS_THAN = re.compile(rf"(?:less than|fewer than|under|below|moins de|moins d'|<)\s*{_N}")
_AT_MOST = re.compile(rf"{_N}\s*{_OR_LESS}|(?:up to|at most|maximum|jusqu'à|au plus|<=|≤)\s*{_N}")
_RANGE = re.compile(rf"(?:from |de )?{_N}\s*(?:-|to|à|or|ou)\s*{_N}|(?:between|entre) {_N} (?:and|et) {_N}")


def count_in_words(words: str) -> Between | None:
    """Return the least and the most that a written count stands for, in French or in English; None where it is none.

    Parameters
    ----------
    words : str
        An answer or its label.

    Examples
    --------
    >>> count_in_words("4+"), count_in_words("5 et plus"), count_in_words("more than 6 people")
    ((4.0, inf), (5.0, inf), (7.0, inf))
    >>> count_in_words("1 (just me!)"), count_in_words("trois ou quatre"), count_in_words("aucun enfant")
    ((1.0, 1.0), (3.0, 4.0), (0.0, 0.0))
    >>> count_in_words("under 14 years old"), count_in_words("prefer not to say") is None
    ((0.0, 13.0), True)
    """
    said = _plain(words)
    if not said and _ALONE.search(words.casefold()):
        return 1.0, 1.0
    whole = re.fullmatch(_N, said)
    if whole:
        return (_number(whole[1]),) * 2
    if said in ("pas d'", "pas de"):
        return 0.0, 0.0
    for pattern, ends in (
        (_AT_LEAST, lambda count: (count, math.inf)),
        (_MORE_THAN, lambda count: (count + 1, math.inf)),
        (_LESS_THAN, lambda count: (0.0, count - 1)),
        (_AT_MOST, lambda count: (0.0, count)),
    ):
        found = pattern.fullmatch(said)
        if found:
            low, high = ends(_number(next(each for each in found.groups() if each)))
            return (low, high) if low <= high else None
    span = _RANGE.fullmatch(said)
    if span:
        low, high = (_number(each) for each in span.groups() if each)
        return (low, high) if low <= high else None
    return None


def _plain(words: str) -> str:
    """Return words without what tells no count: remarks in brackets, what is counted, marks at the end."""
    said = words.casefold().replace("’", "'").replace("–", "-").replace("—", "-")
    said = re.sub(r"[\s\u00a0\u202f]+", " ", re.sub(r"\([^)]*\)", " ", said))
    said = re.sub(r"[^\W\d]+", lambda each: _NUMBER_OF_WORD.get(each[0], each[0]), said)
    said = _NOUNS.sub(" ", said)
    return re.sub(r"\s+", " ", said).strip(" .!,;:")


def _number(digits: str) -> float:
    return float(digits.replace(",", "."))
