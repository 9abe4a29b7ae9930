"""Counts as questionnaires write them (`4+`, `5 or more`, `3 ou 4`, `moins de 2`), as the least and the most."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from diplab.errors import ColumnError, OptionError
from diplab.microdata.frames import check_columns
from diplab.microdata.variable import code_text, is_short

if TYPE_CHECKING:
    from collections.abc import Mapping

    from diplab.microdata.microdata import Microdata
    from diplab.reference.text import Text

__all__ = ["Bounds", "CountColumn", "Interval", "count_bounds", "number_bounds", "open_ended", "parse_count"]


Interval: TypeAlias = "tuple[float, float]"
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
    """Return the least and the most that a written count stands for, in French or in English; None where it is none.

    Parameters
    ----------
    words : str
        An answer or its label.

    Examples
    --------
    >>> parse_count("4+"), parse_count("5 et plus"), parse_count("more than 6 people")
    ((4.0, inf), (5.0, inf), (7.0, inf))
    >>> parse_count("1 (just me!)"), parse_count("trois ou quatre"), parse_count("aucun enfant")
    ((1.0, 1.0), (3.0, 4.0), (0.0, 0.0))
    >>> parse_count("under 14 years old"), parse_count("prefer not to say") is None
    ((0.0, 13.0), True)
    """
    said = _normalise(words)
    if not said and _ALONE.search(words.casefold()):
        return 1.0, 1.0
    whole = re.fullmatch(_FIGURE, said)
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
    span = _BETWEEN.fullmatch(said)
    if span:
        low, high = (_number(each) for each in span.groups() if each)
        return (low, high) if low <= high else None
    return None


def _normalise(words: str) -> str:
    """Return words without what tells no count: remarks in brackets, what is counted, marks at the end."""
    said = words.casefold().replace("’", "'").replace("–", "-").replace("—", "-")
    said = re.sub(r"[\s\u00a0\u202f]+", " ", re.sub(r"\([^)]*\)", " ", said))
    said = re.sub(r"[^\W\d]+", lambda each: _NUMBER_OF_WORD.get(each[0], each[0]), said)
    said = _NOUNS.sub(" ", said)
    return re.sub(r"\s+", " ", said).strip(" .!,;:")


def _number(digits: str) -> float:
    return float(digits.replace(",", "."))


Floats = NDArray[np.float64]
Bounds: TypeAlias = "tuple[Floats, Floats]"
CountColumn: TypeAlias = "str | tuple[str, str]"
"""A column of counts, or a pair of columns with their least and most."""


def count_bounds(data: Microdata, column: CountColumn, top_codes: Mapping[str, float], asked: str) -> Bounds:
    """Return the least and the most that each answer stands for; NaN where there is none."""
    if not isinstance(column, str):
        return number_bounds(data, column, asked)
    check_columns(data, (column,), asked)
    import pandas as pd

    values = data.frame[column]
    if is_bool_dtype(values):
        raise ColumnError(asked, f"`{column}` holds yes and no.", "Write a column that counts persons.")
    places, distinct = pd.factorize(values)
    labels = data.codebook[column].values if column in data.codebook else {}
    named = {code_text(code): label for code, label in labels.items()}
    ends = [
        _bounds_of_answer(value, named.get(code_text(value)), column, asked) for value in distinct.tolist()
    ]
    top = top_codes.get(column)
    if top is not None:
        ends = [(low, math.inf if low >= top else high) for low, high in ends]
    table = np.array([*ends, (np.nan, np.nan)], dtype=float)
    return table[places, 0], table[places, 1]


def number_bounds(data: Microdata, columns: tuple[str, ...], asked: str) -> Bounds:
    """Return two columns of numbers as ends; NaN in both where either is missing."""
    if len(columns) != 2:
        raise OptionError(
            asked, f"{len(columns)} columns were given as two ends.", 'Write for example `("low", "high")`.'
        )
    check_columns(data, tuple(columns), asked)
    for name in columns:
        if not is_numeric_dtype(data.frame[name]) or is_bool_dtype(data.frame[name]):
            raise ColumnError(asked, f"`{name}` holds no numbers.", "Write a column of numbers.")
    low, high = (data.frame[name].to_numpy(dtype=float, na_value=np.nan) for name in columns)
    crossed = int((low > high).sum())
    if crossed:
        raise OptionError(
            asked,
            f"`{columns[0]}` is above `{columns[1]}` in {crossed} rows.",
            "Write the column of the low ends first.",
        )
    gone = np.isnan(low) | np.isnan(high)
    return np.where(gone, np.nan, low), np.where(gone, np.nan, high)


def open_ended(low: Floats, high: Floats) -> list[float]:
    """Return the counts from which answers have no upper end, in order."""
    found: list[float] = np.unique(low[np.isinf(high)]).tolist()
    return found


def _bounds_of_answer(value: Any, label: Text | None, column: str, asked: str) -> Interval:
    """Return what one answer stands for: by its label, in either language, else by itself."""
    if label is None and not isinstance(value, str):
        return float(value), float(value)
    written = [str(value)] if label is None else [label.en, label.fr]
    if label is not None and isinstance(value, str):
        written.append(value)
    found = list(dict.fromkeys(each for each in map(parse_count, written) if each is not None))
    if len(found) == 1:
        return found[0]
    said = f"{written[0]!r}" if is_short(written[0]) else "An answer"
    raise OptionError(
        asked,
        f"{said} of `{column}` is no count that can be read."
        if not found
        else f"{said} of `{column}` is {len(found)} different counts in its words.",
        "Declare it missing in the codebook, or recode it, or write the pair of columns of its least and most.",
    )
