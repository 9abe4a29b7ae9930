"""Counts as questionnaires write them (`4+`, `5 or more`, `3 ou 4`, `moins de 2`), as the least and the most."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pandas.api.types import is_bool_dtype

from diplab.errors import ColumnError, OptionError
from diplab.microdata.frames import check_columns, number_column
from diplab.microdata.variable import code_text, is_short

if TYPE_CHECKING:
    from collections.abc import Mapping

    from diplab.microdata.microdata import Microdata
    from diplab.reference.text import Text

__all__ = ["Bounds", "CountColumn", "count_bounds", "number_bounds", "parse_count"]


Interval: TypeAlias = "tuple[float, float]"
"""The least and the most that an answer means; infinite where it has no end."""
_NUMBERS = (
    *("zero zéro none no nobody aucun aucune", "one un une alone single seul seule myself", "two deux"),
    *("three trois", "four quatre", "five cinq", "six", "seven sept", "eight huit", "nine neuf", "ten dix"),
    *("eleven onze", "twelve douze"),
)
_NUMBER_OF_WORD = {word: str(number) for number, words in enumerate(_NUMBERS) for word in words.split()}
_NOUNS = re.compile(
    r"\b(?:persons?|people|members?|individuals?|adults?|child|children|kids?|household|years?|old|aged?|of age|"
    r"personnes?|individus?|membres?|adultes?|enfants?|ans?|âgée?s?|ménage|foyer|"
    r"in (?:the|my|your)|dans (?:le|mon|votre)|in total|au total|just|only|me|i live|living|lives?|je vis|vit|moi)\b"
)
_ALONE = re.compile(r"(?:just|only|seulement|rien que) (?:me|moi)|me only|moi seulement")
_FIGURE = r"(\d+(?:[.,]\d+)?)"
_OR_MORE = r"(?:and|or|et|ou|&)\s*(?:more|over|above|older|up|upwards?|plus|davantage|\+)"
_OR_LESS = r"(?:and|or|et|ou|&)\s*(?:less|fewer|under|below|younger|moins)"
_AT_LEAST = re.compile(
    rf"{_FIGURE}\s*\+|{_FIGURE}\s*{_OR_MORE}|(?:at least|au moins|minimum|>=|≥)\s*{_FIGURE}"
)
_MORE_THAN = re.compile(rf"(?:more than|over|above|plus de|plus d'|\+ de|>)\s*{_FIGURE}")
_LESS_THAN = re.compile(rf"(?:less than|fewer than|under|below|moins de|moins d'|<)\s*{_FIGURE}")
_AT_MOST = re.compile(rf"{_FIGURE}\s*{_OR_LESS}|(?:up to|at most|maximum|jusqu'à|au plus|<=|≤)\s*{_FIGURE}")
_BETWEEN = re.compile(
    rf"(?:from |de )?{_FIGURE}\s*(?:-|to|à|or|ou)\s*{_FIGURE}|(?:between|entre) {_FIGURE} (?:and|et) {_FIGURE}"
)


def parse_count(words: str) -> Interval | None:
    """Return the least and the most that a written count means, in French or English; None where it is no count.

    Examples
    --------
    >>> parse_count("4+"), parse_count("5 et plus"), parse_count("more than 6 people")
    ((4.0, inf), (5.0, inf), (7.0, inf))
    >>> parse_count("1 (just me!)"), parse_count("trois ou quatre"), parse_count("aucun enfant")
    ((1.0, 1.0), (3.0, 4.0), (0.0, 0.0))
    >>> parse_count("under 14 years old"), parse_count("prefer not to say") is None
    ((0.0, 13.0), True)
    """
    text = _normalise(words)
    if not text and _ALONE.search(words.casefold()):
        return 1.0, 1.0
    if number := re.fullmatch(_FIGURE, text):
        return (_number(number[1]),) * 2
    if text in ("pas d'", "pas de"):
        return 0.0, 0.0
    for pattern, ends in (
        (_AT_LEAST, lambda count: (count, math.inf)),
        (_MORE_THAN, lambda count: (count + 1, math.inf)),
        (_LESS_THAN, lambda count: (0.0, count - 1)),
        (_AT_MOST, lambda count: (0.0, count)),
    ):
        if match := pattern.fullmatch(text):
            low, high = ends(_number(next(filter(None, match.groups()))))
            return (low, high) if low <= high else None
    if match := _BETWEEN.fullmatch(text):
        low, high = map(_number, filter(None, match.groups()))
        return (low, high) if low <= high else None
    return None


def _normalise(words: str) -> str:
    """Return the words of a count, numbers as digits, without remarks in brackets and what is counted."""
    text = words.casefold().replace("’", "'").replace("–", "-").replace("—", "-")
    text = re.sub(r"[\s\u00a0\u202f]+", " ", re.sub(r"\([^)]*\)", " ", text))
    text = re.sub(r"[^\W\d]+", lambda each: _NUMBER_OF_WORD.get(each[0], each[0]), text)
    text = _NOUNS.sub(" ", text)
    return re.sub(r"\s+", " ", text).strip(" .!,;:")


def _number(digits: str) -> float:
    return float(digits.replace(",", "."))


Floats = NDArray[np.float64]
Bounds: TypeAlias = "tuple[Floats, Floats]"
CountColumn: TypeAlias = "str | tuple[str, str]"
"""A column of counts, or a pair of columns with their least and most."""


def count_bounds(data: Microdata, column: CountColumn, top_codes: Mapping[str, float]) -> Bounds:
    """Return the least and the most that each answer means; NaN where there is none."""
    if not isinstance(column, str):
        return number_bounds(data, column)
    check_columns(data, column)
    import pandas as pd

    values = data.frame[column]
    if is_bool_dtype(values):
        raise ColumnError(
            f"`{column}` holds true and false, not counts.", "", "Write a column that counts persons."
        )
    places, distinct = pd.factorize(values)
    labels = {code_text(code): label for code, label in data.codebook.variable(column).values.items()}
    ends = [_bounds_of_answer(value, labels.get(code_text(value)), column) for value in distinct.tolist()]
    top = top_codes.get(column)
    if top is not None:
        ends = [(low, math.inf if low >= top else high) for low, high in ends]
    table = np.array([*ends, (np.nan, np.nan)], dtype=float)
    return table[places, 0], table[places, 1]


def number_bounds(data: Microdata, columns: tuple[str, ...]) -> Bounds:
    """Return two columns of numbers as ends; NaN in both where either is missing."""
    if len(columns) != 2:
        raise OptionError(
            f"{len(columns)} columns are not the two ends of a band.",
            "",
            'Write for example `("low", "high")`.',
        )
    low, high = (number_column(data, name) for name in columns)
    crossed = int((low > high).sum())
    if crossed:
        raise OptionError(
            f"`{columns[0]}` is above `{columns[1]}` in {crossed} rows.",
            "",
            "Write the column of the low ends first.",
        )
    unknown = np.isnan(low) | np.isnan(high)
    return np.where(unknown, np.nan, low), np.where(unknown, np.nan, high)


def _bounds_of_answer(value: Any, label: Text | None, column: str) -> Interval:
    """Return the least and the most that one answer means: by its label, in either language, else by itself."""
    if label is None and not isinstance(value, str):
        return float(value), float(value)
    written = [str(value)] if label is None else [label.en, label.fr]
    if label is not None and isinstance(value, str):
        written.append(value)
    counts = list(dict.fromkeys(each for each in map(parse_count, written) if each is not None))
    if len(counts) == 1:
        return counts[0]
    answer = f"{written[0]!r}" if is_short(written[0]) else "An answer"
    raise OptionError(
        f"{answer} of `{column}` has {len(counts)} different counts in its words."
        if counts
        else f"{answer} of `{column}` is not a count that can be read.",
        "",
        "Declare it missing in the codebook, recode it, or write the pair of columns of its least and most.",
    )
