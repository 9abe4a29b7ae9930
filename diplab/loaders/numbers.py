"""Numbers as people and programs write them: decimal comma, spaces between thousands; codes that only look so."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["NO_NUMBER", "NUMBER", "NUMBER_WITH_COMMA", "WrittenNumbers", "written_numbers"]

NUMBER = re.compile(r"[-+\u2212]?(?=\.?\d)(?:0|[1-9]\d*)?(?:\.\d*)?(?:[eE][-+]?\d+)?")
"""A number with a decimal point; with a leading zero it would be a code (a postcode, a department)."""

NUMBER_WITH_COMMA = re.compile(r"[-+\u2212]?(?=,?\d)(?:0|[1-9]\d*)?(?:,\d*)?")
"""A number with a decimal comma."""

NO_NUMBER = frozenset({"NA", "NaN", "nan", "."})
"""What R, Python and Stata write for no number; in a column of words these stay words."""

_SPACES = re.compile(r"[ \u00a0\u2009\u202f]")
_IN_SPACED_GROUPS = re.compile(r"[-+\u2212]?[1-9]\d{0,2}(?:[ \u00a0\u2009\u202f]\d{3})+(?:[.,]\d*)?")
_IN_COMMA_GROUPS = re.compile(r"[-+\u2212]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?")
_ALL_PLAIN = re.compile(rf"(?:{NUMBER.pattern}\n)*+")
_BEGINNING = re.compile(r"[-+\u2212.,\d]")
_MARK = re.compile("[.,eE]")
_EXACT_DIGITS = 15


@dataclass(frozen=True)
class WrittenNumbers:
    """The numbers that words write.

    Parameters
    ----------
    values : array of float, shape (words,)
        NaN where the word is no number.
    comma : array of bool, shape (words,)
        True where it has a decimal comma.
    grouped : array of bool, shape (words,)
        True where its thousands stand apart.
    whole : bool
        True where all are written without a decimal mark or an exponent.
    """

    values: NDArray[np.float64]
    comma: NDArray[np.bool_]
    grouped: NDArray[np.bool_]
    whole: bool


def written_numbers(words: NDArray[Any], *, comma: bool, exact: bool = False) -> WrittenNumbers:
    """Return the numbers that distinct words of one column write.

    Whole numbers of more than fifteen digits are identifiers, and no numbers. Spaces between thousands are
    understood where the column shows that they are no part of a code: numbers of several lengths, or a decimal mark.
    Commas between thousands are understood where a decimal point shows what they are (`1,234.50`).

    Parameters
    ----------
    words : array of str
        Distinct, without spaces around them.
    comma : bool
        True where a decimal comma is understood.
    exact : bool
        True where the column is known to hold numbers: long ones are numbers then, and so is `inf`.

    Examples
    --------
    >>> found = written_numbers(np.array(["850", "1 234,50", "01000"], dtype=object), comma=True)
    >>> found.values.tolist(), found.grouped.tolist()
    ([850.0, 1234.5, nan], [False, True, False])
    """
    none = np.zeros(len(words), dtype=bool)
    if not exact and (plain := _all_plain(words)) is not None:
        return WrittenNumbers(plain, none, none, not _MARK.search(" ".join(words)))
    values, commas = np.full(len(words), np.nan), none.copy()
    whole = True
    for place, word in enumerate(words):
        if not exact and not _BEGINNING.match(word):
            continue
        if NUMBER.fullmatch(word):
            if exact or not _identifies(word):
                values[place] = _float(word)
                whole = whole and not _MARK.search(word)
        elif comma and NUMBER_WITH_COMMA.fullmatch(word):
            values[place] = _float(word.replace(",", "."))
            commas[place] = True
            whole = False
        elif exact and word in {"inf", "-inf"}:
            values[place] = float(word)
            whole = False
    return _with_groups(words, WrittenNumbers(values, commas, none.copy(), whole), comma=comma)


def _all_plain(words: NDArray[Any]) -> NDArray[np.float64] | None:
    """Return the numbers where all words are plain ones: one search instead of one a word."""
    kept = [word for word in words if word and word not in NO_NUMBER]
    lines = "\n".join([*kept, ""])
    if lines.count("\n") > len(kept) or not _ALL_PLAIN.fullmatch(lines):
        return None
    if kept and max(map(len, kept)) > _EXACT_DIGITS and any(map(_identifies, kept)):
        return None
    numbers = map(float, lines.replace("\u2212", "-").split())
    if len(kept) == len(words):
        return np.fromiter(numbers, dtype=np.float64, count=len(words))
    return np.array(
        [next(numbers) if word and word not in NO_NUMBER else np.nan for word in words], dtype=np.float64
    )


def _float(word: str) -> float:
    return float(word.replace("\u2212", "-"))


def _identifies(word: str) -> bool:
    return (
        len(word) > _EXACT_DIGITS and len(bare := word.lstrip("-+\u2212")) > _EXACT_DIGITS and bare.isdigit()
    )


def _with_groups(words: NDArray[Any], found: WrittenNumbers, *, comma: bool) -> WrittenNumbers:
    """Add the numbers whose thousands stand apart, where nothing else can be meant."""
    open_places = [
        at for at in np.flatnonzero(np.isnan(found.values)).tolist() if _BEGINNING.match(words[at])
    ]
    spaced = [at for at in open_places if _IN_SPACED_GROUPS.fullmatch(words[at])]
    if not comma:
        spaced = [at for at in spaced if "," not in words[at]]
    by_comma = [at for at in open_places if _IN_COMMA_GROUPS.fullmatch(words[at])]
    if any("." in words[at] for at in by_comma):
        by_comma += np.flatnonzero(found.comma).tolist()
        by_comma = by_comma if all(_IN_COMMA_GROUPS.fullmatch(words[at]) for at in by_comma) else []
    else:
        by_comma = []
    numbers = [words[at] for at in np.flatnonzero(~np.isnan(found.values))]
    if spaced and _are_amounts([_SPACES.sub("", words[at]) for at in spaced] + numbers):
        apart = {at: _SPACES.sub("", words[at]) for at in spaced}
    elif by_comma:
        apart = {at: words[at].replace(",", "") for at in by_comma}
    else:
        return found
    for at, bare in apart.items():
        found.comma[at] = "," in bare
        found.values[at] = _float(bare.replace(",", "."))
        found.grouped[at] = True
    return replace(found, whole=found.whole and not any(_MARK.search(bare) for bare in apart.values()))


def _are_amounts(numbers: Sequence[str]) -> bool:
    """Return whether numbers are of several lengths, or have decimals: codes and telephones have one length."""
    lengths = {len(re.split("[.,]", word.lstrip("-+\u2212"))[0]) for word in numbers}
    return len(lengths) > 1 or any("," in word or "." in word for word in numbers)
