"""The words of one column, each of them once, and the numbers among them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

NUMBER = re.compile(r"[-+\u2212]?(?=\.?\d)(?:0|[1-9]\d*)?(?:\.\d*)?(?:[eE][-+]?\d+)?")
"""A number with a decimal point; with a leading zero it would be a code (a postcode, a department)."""
NUMBER_WITH_COMMA = re.compile(r"[-+\u2212]?(?=,?\d)(?:0|[1-9]\d*)?(?:,\d*)?")  # a number with a decimal comma
NO_NUMBER = frozenset({"NA", "NaN", "nan", "."})
"""What R, Python and Stata write for no number; in a column of words these stay words."""
_SPACES = re.compile(r"[ \u00a0\u2009\u202f]")
_IN_SPACED_GROUPS = re.compile(r"[-+\u2212]?[1-9]\d{0,2}(?:[ \u00a0\u2009\u202f]\d{3})+(?:[.,]\d*)?")
IN_COMMA_GROUPS = re.compile(r"[-+\u2212]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?")
DIGITS = frozenset("0123456789")
_BEGINNINGS = DIGITS | set("-+\u2212.,")
_MARK = re.compile("[.,]")
_EXACT_DIGITS = 15
_LONGEST = _EXACT_DIGITS + 3  # letters of a plain number: its digits, a sign, a mark, and one that is too many
_POWERS = 10.0 ** np.arange(_LONGEST + 1)
POINT, COMMA, _EXPONENT = 46, 44, 101
_SWAPPED = {POINT: ",", COMMA: "."}
_FEW = 60  # words that are parsed one by one
_TOGETHER = 1 << 14  # words parsed together: so many stay in the cache of a processor
DecimalMark: TypeAlias = Literal[",", "."]


@dataclass(frozen=True, eq=False)
class DistinctCells:
    """The cells of one column: words, few of them more than once, and the place of each row among them."""

    places: NDArray[np.intp]
    stored: NDArray[Any]  # the words; or bytes as in a text, in UTF-8, quotation marks inside doubled

    @cached_property
    def words(self) -> NDArray[Any]:
        """The words."""
        known = map(str, self.stored) if self.stored.dtype == object else text_of(self.stored.tolist())
        return np.array([*known], dtype=object)

    @cached_property
    def bare(self) -> NDArray[Any]:
        """The words without blanks around them."""
        if self.stored.dtype != object:
            letters = self.stored.view(np.uint8)
            if not ((letters > ord("~")) | ((letters > 0) & (letters <= ord(" ")))).any():
                return self.words
        return np.array([*map(str.strip, self.words)], dtype=object)

    def __len__(self) -> int:
        return len(self.places)

    def __iter__(self) -> Iterator[str]:
        return iter(self.words[self.places])

    def __getitem__(self, rows: slice) -> DistinctCells:
        if rows == slice(None):
            return self
        places, used = pd.factorize(self.places[rows])
        return DistinctCells(places, self.stored[used])


Cells: TypeAlias = NDArray[Any] | DistinctCells


def text_of(fields: list[bytes]) -> list[str]:
    """Return fields of a text, none of which holds a zero byte, as words."""
    return b"\0".join(fields).decode().replace('""', '"').split("\0") if fields else []


@dataclass(frozen=True)
class WrittenNumbers:
    """The numbers parsed from words."""

    values: NDArray[np.float64]  # NaN where the word is no number
    mark: NDArray[np.uint8]  # the decimal mark in it, or its exponent; 0 where it has none
    grouped: NDArray[np.bool_]  # true where it has marks between thousands
    others: NDArray[np.intp]  # places of the words that are neither empty nor digits with a sign and a mark


def written_numbers(
    cells: DistinctCells, *, comma: bool, decimal: DecimalMark | None = None, exact: bool = False, amounts: bool = False
) -> WrittenNumbers:
    """Parse the numbers among the words of one column; a comma may mark decimals, or `decimal` is what marks them."""
    # more than fifteen digits are an identifier; marks between thousands are read where they can be nothing else
    marks = {None: (POINT, COMMA) if comma else (POINT,), ".": (POINT,), ",": (COMMA,)}[decimal]
    values, mark, others = _plain_numbers(cells.stored, marks, exact=exact)
    likely = others if exact or cells.stored.dtype == object else others[_begin_as_numbers(cells.stored[others])]
    left = zip(likely.tolist(), cells.bare[likely].tolist() if len(likely) else (), strict=True)
    words = {
        at: word
        for at, word in left
        if exact or (first := word[:1]) in _BEGINNINGS or (first > "~" and first.isdecimal())
    }
    if decimal == ",":
        words = {at: word.translate(_SWAPPED) for at, word in words.items()}
    for at, word in words.items():
        if NUMBER.fullmatch(word):
            if exact or not _identifies(word):
                values[at] = _float(word)
                mark[at] = marks[0] if "." in word else _EXPONENT * ("e" in word.lower())
        elif comma and decimal is None and NUMBER_WITH_COMMA.fullmatch(word):
            values[at], mark[at] = _float(word.replace(",", ".")), COMMA
        elif exact and word in {"inf", "-inf"}:
            values[at], mark[at] = float(word), _EXPONENT
    found = WrittenNumbers(values, mark, np.zeros(len(values), dtype=bool), others)
    for at, word in _grouped(cells, words, found, comma=comma, decimal=decimal, amounts=amounts).items():
        values[at], found.grouped[at] = _float(word.replace(",", ".")), True
        mark[at] = COMMA if "," in word else marks[0] * ("." in word)
    return found


def _begin_as_numbers(stored: NDArray[np.bytes_]) -> NDArray[np.bool_]:
    """Return whether bytes begin with a blank, a digit, a sign or a mark, or beyond ASCII, where a sign may be too."""
    first = stored.view(np.uint8).reshape(len(stored), -1)[:, 0] if len(stored) else np.zeros(0, dtype=np.uint8)
    return (first <= ord(" ")) | ((first >= ord("+")) & (first <= ord("9"))) | (first > ord("~"))


def _plain_numbers(
    stored: NDArray[Any], marks: Sequence[int], *, exact: bool
) -> tuple[NDArray[np.float64], NDArray[np.uint8], NDArray[np.intp]]:
    """Parse words that are digits, a sign and a decimal mark, many at once; return the places of the others."""
    count = len(stored)
    values, mark, read = np.full(count, np.nan), np.zeros(count, dtype=np.uint8), np.zeros(count, dtype=bool)
    if not exact and count > _FEW and not (stored.dtype == object and "\0" in "".join(map(str, stored))):
        for start in range(0, count, _TOGETHER):
            block, rows = stored[start : start + _TOGETHER], slice(start, start + _TOGETHER)
            plain = block.astype(f"U{_LONGEST}").view(np.uint32) if block.dtype == object else block.view(np.uint8)
            values[rows], mark[rows], read[rows] = _parsed(plain.reshape(len(block), -1), marks)
    return values, mark, np.flatnonzero(~read)


def _parsed(
    letters: NDArray[Any], marks: Sequence[int]
) -> tuple[NDArray[np.float64], NDArray[np.uint8], NDArray[np.bool_]]:
    """Parse plain numbers by their letters (columns): their value, their decimal mark, and whether they are such."""
    # whole numbers and powers of ten below 2**53 are exact, so that their quotient is the number that `float` gives
    count = len(letters)
    size: Any = np.uint32 if letters.shape[1] < 10 else np.float64
    number: NDArray[Any] = np.zeros(count, dtype=size)
    mark, read = np.zeros(count, dtype=np.uint8), np.ones(count, dtype=bool)
    digits, decimals = np.zeros(count, dtype=np.int8), np.zeros(count, dtype=np.int8)
    for place in range(letters.shape[1]):
        letter = letters[:, place].copy()
        if not letter.any():
            break
        digit = letter - letter.dtype.type(ord("0"))
        is_digit, unmarked = digit < 10, mark == 0
        is_mark = ((letter == marks[0]) | (letter == marks[-1])) & unmarked
        expected = is_digit | is_mark | (letter == 0)
        if place == 0:
            expected |= (letter == ord("-")) | (letter == ord("+"))
        elif place < 3:
            expected &= ~(is_digit & (digits == 1) & (number == 0) & unmarked)  # no leading zero
        read &= expected
        if not read.any():
            break
        number = np.where(is_digit, number * size(10) + digit, number)
        digits += is_digit.view(np.int8)
        decimals += (is_digit & ~unmarked).view(np.int8)
        mark += (letter * is_mark).astype(np.uint8)
    read &= (digits <= _EXACT_DIGITS) & ((digits > 0) | (letters[:, 0] == 0))
    value: NDArray[np.float64] = number / _POWERS[np.minimum(decimals, _LONGEST)]
    value[letters[:, 0] == ord("-")] *= -1
    value[~read | (digits == 0)] = np.nan
    mark[~read] = 0
    return value, mark, read


def _grouped(
    cells: DistinctCells,
    words: Mapping[int, str],
    found: WrittenNumbers,
    *,
    comma: bool,
    decimal: DecimalMark | None,
    amounts: bool,
) -> dict[int, str]:
    """Return the numbers with marks between thousands, without these, where they can be nothing else."""
    left = {at: word for at, word in words.items() if np.isnan(found.values[at])}
    spaced = {
        at: _SPACES.sub("", word)
        for at, word in left.items()
        if _IN_SPACED_GROUPS.fullmatch(word) and ("," not in word or (comma and decimal is None))
    }
    if spaced:
        # codes and telephones are of one length; amounts are of several, or have decimals
        lengths = {len(re.split("[.,]", word.lstrip("-+\u2212"))[0]) for word in spaced.values()}
        lengths |= {len(str(abs(int(each)))) for each in found.values[np.isfinite(found.values)].tolist()}
        if amounts or len(lengths) > 1 or found.mark.any() or any(_MARK.search(word) for word in spaced.values()):
            return spaced
    by_comma = {at: word for at, word in left.items() if IN_COMMA_GROUPS.fullmatch(word)}
    if by_comma and decimal is None:
        with_point = any("." in word for word in by_comma.values())
        by_comma |= {at: cells.bare[at] for at in np.flatnonzero(found.mark == COMMA).tolist()}
        if not with_point or not all(map(IN_COMMA_GROUPS.fullmatch, by_comma.values())):
            return {}
    return {at: word.replace(",", "") for at, word in by_comma.items()}


def _float(word: str) -> float:
    return float(word.replace("\u2212", "-"))


def _identifies(word: str) -> bool:
    return len(word) > _EXACT_DIGITS and len(bare := word.lstrip("-+\u2212")) > _EXACT_DIGITS and bare.isdigit()
