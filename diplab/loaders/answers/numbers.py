"""The words of one column, each of them once, and the numbers among them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, TypeAlias, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from diplab.kernel.arrays import Array, Booleans, Floats, Places
from diplab.microdata.variable import Code

Cells: TypeAlias = Array | pa.ChunkedArray
"""The cells of one column of text."""
DecimalMark: TypeAlias = Literal[",", "."]
_SIGN = "[-+\u2212]?"
NUMBERS = {
    mark: rf"{_SIGN}(?:(?:0|[1-9][0-9]*)(?:{point}[0-9]*)?|{point}[0-9]+)(?:[eE][-+]?[0-9]+)?"
    for mark, point in ((".", r"\."), (",", ","))
}
"""How numbers are written, by their decimal mark.

One with a leading zero would be a code (a postcode).
"""
NUMBER = re.compile(NUMBERS["."])
IDENTIFIER = rf"{_SIGN}[0-9]{{16,}}"  # a float holds fifteen digits
NO_NUMBER = frozenset({"NA", "NaN", "nan", "."})
"""What R, Python and Stata write for no number; in a column of words these stay words."""
UNSIGNED_EXPONENT = r"^[-+]?[0-9]+[eE][0-9]+$"
"""A code as written (`1E3`): programs put a sign before an exponent, or a mark before decimals."""
_THIN = "\u00a0\u2004-\u200a\u202f\u205f'\u2019"
_BLANK = f"[ {_THIN}]"
_ONLY_IN_NUMBERS = re.compile(f"[{_THIN}]")
"""Marks that stand between thousands, and that nobody puts into a code."""
IN_SPACED_GROUPS = re.compile(rf"{_SIGN}[1-9][0-9]{{0,2}}(?:{_BLANK}[0-9]{{3}})+(?:[.,][0-9]*)?")
IN_COMMA_GROUPS = re.compile(rf"{_SIGN}[1-9][0-9]{{0,2}}(?:,[0-9]{{3}})+(?:\.[0-9]*)?")
IN_POINT_GROUPS = re.compile(rf"{_SIGN}[1-9][0-9]{{0,2}}(?:\.[0-9]{{3}})+(?:,[0-9]*)?")
WITH_COMMAS = re.compile(rf"{_SIGN}(?:[0-9]+,[0-9]+|{IN_COMMA_GROUPS.pattern.removeprefix(_SIGN)})")
_MAYBE_IN_GROUPS = rf"^{_SIGN}[1-9][0-9]{{0,2}}(?:{_BLANK}|[.,])[0-9]{{3}}"
POINT, COMMA, _EXPONENT, _ZERO = map(ord, ".,e0")
_SWAPPED = {POINT: ",", COMMA: "."}
_BEGINS_NUMBER = np.isin(np.arange(256), list("-+\u2212.,0123456789i".encode()))
"""By the first byte of a word: true where a number may begin so."""
_GLANCE = 100
_LONG = 15  # bytes of a number which may have more digits than a float holds
_MANY, _SAMPLE, _DISTINCT = 50_000, 10_000, 0.7


_Part = TypeVar("_Part")
_Found = TypeVar("_Found")


def side_by_side(
    work: Callable[[_Part], _Found], parts: Sequence[_Part], *, long: bool = True
) -> list[_Found]:
    """Apply a function to each part, in two threads if they are long: Arrow releases the lock."""
    if not long or len(parts) < 2:
        return [*map(work, parts)]
    usual = pa.default_memory_pool()
    pa.set_memory_pool(
        pa.system_memory_pool()
    )  # what Arrow allocates there for the first time costs less
    try:
        with ThreadPoolExecutor(2) as pool:
            return [*pool.map(work, parts)]
    finally:
        pa.set_memory_pool(usual)


@dataclass(frozen=True, eq=False)
class DistinctCells:
    """The cells of one column: its distinct words, and the place of each row among them."""

    places: Array
    words: pa.StringArray
    rows: pa.StringArray | None = None  # the cells as they are, where words are those in them

    @classmethod
    def of(cls, cells: pa.StringArray) -> DistinctCells:
        """Return the cells of a column, with distinct words only if a sample repeats many."""
        some = cells[:: max(len(cells) // _SAMPLE, 1)]
        if len(cells) > _MANY and pc.count_distinct(some).as_py() > _DISTINCT * len(some):
            return cls(np.arange(len(cells)), cells.fill_null(""), cells)
        encoded = cells.dictionary_encode(null_encoding="encode")
        return cls(encoded.indices.to_numpy(), encoded.dictionary.fill_null(""), cells)

    @cached_property
    def bare(self) -> pa.StringArray:
        """The words without blanks around them."""
        return pc.utf8_trim_whitespace(self.words)


def letters_and_ends(words: pa.StringArray) -> tuple[pa.Buffer, Array]:
    """Return the bytes of words one after another, and where each begins and ends."""
    width = f"i{4 if pa.types.is_string(words.type) else 8}"
    _, offsets, letters = words.buffers()
    ends = (
        np.frombuffer(offsets, width)[words.offset : words.offset + len(words) + 1]
        if offsets
        else np.zeros(1, int)
    )
    return letters if letters and letters.size else pa.py_buffer(b"\0"), ends


def plain_numbers(cells: pa.StringArray, marks: str) -> tuple[Array, bool] | None:
    """Parse a column of unsigned numbers at once, and return whether commas mark decimals in it."""
    # None where a cell is something else, or may be: then its words are looked at one by one
    if len(cells) > 2 * _GLANCE and plain_numbers(cells[:_GLANCE], marks) is None:
        return None
    data, ends = letters_and_ends(cells)
    letters = data[int(ends[0]) : int(ends[-1])].to_pybytes()
    others = letters.translate(None, b"0123456789")
    longest, mark = np.diff(ends).max(initial=0), others[:1].decode("latin-1")
    if mark not in marks or others.strip(others[:1]):
        return None
    if not mark and longest == 1 and len(letters) == len(cells):
        return np.frombuffer(letters, np.uint8).astype(np.int64) - ord("0"), False
    if longest > 1 and _any(
        pc.match_substring_regex(cells.filter(pc.starts_with(cells, "0")), "^0[0-9]")
    ):
        return None
    if not mark and longest <= _LONG:
        return cells.cast(pa.int64() if len(cells) else pa.float64()).to_numpy(
            zero_copy_only=False
        ), False
    if longest > _LONG and _any(pc.match_substring_regex(cells, f"^{IDENTIFIER}$")):
        return None
    if _zeros_tell_apart(cells, letters, ends, mark):
        return None
    if mark == "," or (mark and "," in marks):  # may mark thousands
        some = cells[:_SAMPLE].filter(pc.match_substring(cells[:_SAMPLE], mark))
        groups = IN_POINT_GROUPS
        if mark == ",":
            groups = IN_COMMA_GROUPS
        if all(map(groups.fullmatch, some[:_GLANCE].to_pylist())):
            return None
    if mark == ",":
        with_points = pa.py_buffer(data.to_pybytes().replace(b",", b"."))
        cells = pa.Array.from_buffers(
            cells.type, len(cells), [*cells.buffers()[:2], with_points], offset=cells.offset
        )
    try:
        return cells.cast(pa.float64()).to_numpy(zero_copy_only=False), mark == ","
    except pa.ArrowInvalid:
        return None


def _zeros_tell_apart(cells: pa.StringArray, letters: bytes, ends: Array, mark: str) -> bool:
    """Return whether two cells are the same number but for zeros at their end, as codes may be."""
    if not mark:
        return False
    data, last = np.frombuffer(letters, np.uint8), ends[1:] - ends[0] - 1
    last = last[last > ends[:-1] - ends[0]]  # of cells of two characters or more
    ending = last[data[last] == _ZERO]
    ending = ending[data[ending - 1] != ord(mark)]
    if not len(ending):
        return False
    first = letters.rfind(mark.encode(), 0, int(ending[-1]))
    decimals = int(ending[-1]) - first
    # where all have as many decimals, no two are the same number
    if int((data[np.maximum(last - decimals, 0)] == ord(mark)).sum()) == letters.count(
        mark.encode()
    ):
        return False
    return same_but_for_zeros(cells.filter(pc.match_substring(cells, mark)))


def same_but_for_zeros(words: pa.StringArray) -> bool:
    """Return whether two different words are the same once zeros at their end are left out."""
    distinct = words.unique()
    return bool(pc.count_distinct(pc.ascii_rtrim(distinct, "0")).as_py() < len(distinct))


def _any(found: pa.BooleanArray) -> bool:
    return pc.any(found).as_py() is True


@dataclass(frozen=True)
class WrittenNumbers:
    """The numbers parsed from words."""

    values: Floats  # NaN where the word is not a number
    mark: NDArray[np.uint8]  # the decimal mark in it, or its exponent; 0 where it has none
    grouped: Booleans  # true where it has marks between thousands
    others: Places  # places of the words that are neither numbers nor empty


def written_numbers(
    words: pa.StringArray,
    *,
    comma: bool,
    decimal: DecimalMark | None = None,
    exact: bool = False,
    amounts: bool = False,
) -> WrittenNumbers:
    """Parse the numbers among stripped words; a comma or `decimal` may mark decimals."""
    # more than fifteen digits are an identifier; marks between thousands are read where they can be
    # nothing else
    values, mark = np.full(len(words), np.nan), np.zeros(len(words), dtype=np.uint8)
    filled = np.asarray(pc.not_equal(words, ""))
    found = WrittenNumbers(values, mark, np.zeros(len(words), dtype=bool), np.flatnonzero(filled))
    letters, ends = letters_and_ends(words)
    begin = np.frombuffer(letters, np.uint8)[np.minimum(ends[:-1], letters.size - 1)]
    left = np.flatnonzero(filled & _BEGINS_NUMBER[begin])
    if len(left):
        left = left[
            np.asarray(pc.match_substring_regex(words.take(left), f"^{_SIGN}(?:[.,]?[0-9]|inf)"))
        ]
    if not len(left):
        return found
    for item in marks_of(comma=comma, decimal=decimal):
        some = words.take(left)
        is_number = pc.match_substring_regex(some, f"^(?:{NUMBERS[item]}{'|-?inf' * exact})$")
        if not exact and (pc.max(pc.binary_length(some)).as_py() or 0) > _LONG:
            is_number = pc.and_not(is_number, pc.match_substring_regex(some, f"^{IDENTIFIER}$"))
        at, numbers = left[np.asarray(is_number)], some.filter(is_number)
        if not len(at):
            continue
        values[at] = pc.replace_substring(
            pc.replace_substring(numbers, "\u2212", "-"), ",", "."
        ).cast(pa.float64())
        exponent = np.asarray(pc.match_substring_regex(numbers, "[eEi]"))
        mark[at] = np.where(pc.match_substring(numbers, item), ord(item), exponent * _EXPONENT)
        if not exact and exponent.any():
            code = at[np.asarray(pc.match_substring_regex(numbers, UNSIGNED_EXPONENT))]
            values[code], mark[code] = np.nan, 0
        left = left[~np.asarray(is_number)]
    likely = left
    if len(left):
        likely = left[np.asarray(pc.match_substring_regex(words.take(left), _MAYBE_IN_GROUPS))]
    in_groups = dict(zip(likely.tolist(), words.take(likely).to_pylist(), strict=True))
    ungrouped = _ungrouped(words, in_groups, found, comma=comma, decimal=decimal, amounts=amounts)
    for at, word in ungrouped.items():
        values[at], found.grouped[at] = float(word.replace("\u2212", "-").replace(",", ".")), True
        mark[at] = (
            COMMA if "," in word or (decimal == "," and "." in word) else POINT * ("." in word)
        )
    return replace(found, others=np.flatnonzero(filled & np.isnan(values)))


def word_codes(codes: Iterable[Code]) -> list[str]:
    """Return the codes that are words."""
    return [code for code in codes if isinstance(code, str)]


def number_codes(codes: Iterable[Code]) -> list[int | float]:
    """Return the codes that are numbers."""
    return [code for code in codes if not isinstance(code, str)]


def marks_of(*, comma: bool, decimal: DecimalMark | None) -> str:
    """Return what may mark decimals in a column: as the call says, a point, or perhaps a comma."""
    return decimal or (".," if comma else ".")


def _ungrouped(
    bare: pa.StringArray,
    left: Mapping[int, str],
    found: WrittenNumbers,
    *,
    comma: bool,
    decimal: DecimalMark | None,
    amounts: bool,
) -> dict[int, str]:
    """Return numbers without the marks between thousands, where these can be nothing else."""
    words = left
    if decimal == ",":
        words = {}
        for at, word in left.items():
            words[at] = word.translate(_SWAPPED)
    spaced = {}
    for at, word in words.items():
        if IN_SPACED_GROUPS.fullmatch(word) and ("," not in word or (comma and decimal is None)):
            spaced[at] = re.sub(_BLANK, "", word)
    apart = spaced or (_without_points(bare, left, found) if comma and decimal is None else {})
    if apart:
        # codes and telephones are of one length; amounts are of several, or have decimals. None of
        # four digits is written so, and few of five or six (postcodes) end in zeros
        lengths = set()
        for word in apart.values():
            lengths.add(len(re.split("[.,]", word.lstrip("-+\u2212"))[0]))
        for item in found.values[np.isfinite(found.values)].tolist():
            lengths.add(len(str(abs(int(item)))))
        sure = (
            len(lengths) > 1
            or found.mark.any()
            or any(re.search("[.,]", word) for word in apart.values())
        )
        if amounts or sure or (spaced and _are_amounts([words[at] for at in spaced], lengths)):
            return apart
    by_comma = {at: word for at, word in words.items() if IN_COMMA_GROUPS.fullmatch(word)}
    if by_comma and decimal is None:
        with_point = any("." in word or word.count(",") > 1 for word in by_comma.values())
        for at in np.flatnonzero(found.mark == COMMA).tolist():
            by_comma[at] = bare[at].as_py()
        if not with_point or not all(map(IN_COMMA_GROUPS.fullmatch, by_comma.values())):
            return {}
    ungrouped: dict[int, str] = {}
    for at, word in by_comma.items():
        ungrouped[at] = word.replace(",", "")
    return ungrouped


def _are_amounts(words: Sequence[str], lengths: Collection[int]) -> bool:
    """Return whether words in groups of digits, all of one length, are amounts and no codes."""
    if max(lengths) <= 4 or any(map(_ONLY_IN_NUMBERS.search, words)):
        return True
    return max(lengths) <= 6 and 2 * sum(word.endswith("00") for word in words) >= len(words)


def _without_points(
    bare: pa.StringArray, left: Mapping[int, str], found: WrittenNumbers
) -> dict[int, str]:
    """Return numbers without points between thousands, if one surely is such and all may be."""
    in_groups = {at: word for at, word in left.items() if IN_POINT_GROUPS.fullmatch(word)}
    if in_groups:
        for at in np.flatnonzero(found.mark == POINT).tolist():
            in_groups[at] = bare[at].as_py()
    all_may = all(map(IN_POINT_GROUPS.fullmatch, in_groups.values()))
    if all_may:
        ungrouped: dict[int, str] = {}
        for at, word in in_groups.items():
            ungrouped[at] = word.replace(".", "")
        return ungrouped
    return {}
