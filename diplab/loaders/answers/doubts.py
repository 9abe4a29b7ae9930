"""What numbers in words leave in doubt: their marks, codes among them, cells that are none.

And words for no answer.
"""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from diplab.loaders.answers.numbers import (
    COMMA,
    IN_COMMA_GROUPS,
    IN_POINT_GROUPS,
    IN_SPACED_GROUPS,
    NO_NUMBER,
    POINT,
    UNSIGNED_EXPONENT,
    WITH_COMMAS,
    DistinctCells,
    WrittenNumbers,
    letters_and_ends,
    same_but_for_zeros,
    word_codes,
)
from diplab.loaders.notices import WORDS, shape_of
from diplab.loaders.source import encoded_once
from diplab.microdata.variable import Variable

# blanks, marks, and accents taken apart
_NO_LETTERS = r"[\x00-/:-`{-\x{bf}\x{300}-\x{36f}\x{2000}-\x{206f}]+"


@cache
def words_of_reasons(section: str) -> dict[str, str]:
    """Return why there is no answer, by the letters of the words that say so."""
    said = {}
    for why, words in WORDS.section(section).items():
        said[why] = f"{words.fr};{words.en}".split(";")
    return {
        letters: why
        for why, words in said.items()
        for letters in small_letters(pa.array(words)).to_pylist()
    }


def small_letters(words: pa.StringArray) -> pa.StringArray:
    """Return words in small letters without accents, blanks or marks."""
    return pc.replace_substring_regex(
        pc.utf8_normalize(pc.utf8_lower(words), "NFKD"), _NO_LETTERS, ""
    )


def are_codes(bare: pa.StringArray, written: WrittenNumbers) -> bool:
    """Return whether numbers are codes: 47.10 is not 47.1 in a nomenclature, nor `1E3` 1000."""
    marked = (written.mark == COMMA) | (written.mark == POINT)
    if not np.isfinite(written.values).any():
        return False
    others = bare.take(written.others)
    others = others.filter(pc.invert(pc.is_in(others, pa.array([*NO_NUMBER]))))
    said = pa.array([*words_of_reasons("no_answer"), *words_of_reasons("no_answer_among_numbers")])
    unsigned = pc.match_substring_regex(others, UNSIGNED_EXPONENT)
    if not marked.any() and not pc.any(unsigned).as_py():
        return False
    if not pc.all(pc.or_(unsigned, pc.is_in(small_letters(others), said)), min_count=0).as_py():
        return False  # other words make words of the column
    exponents = bool(pc.any(unsigned).as_py()) and bool(np.isfinite(written.values).any())
    return exponents or same_but_for_zeros(bare.filter(pa.array(marked)))


def doubtful_marks(cells: DistinctCells, written: WrittenNumbers) -> dict[str, str]:
    """Return the decimal marks that three digits always follow, so that they may mark thousands."""
    told = {}
    for key, mark, groups in (
        ("decimal_comma", COMMA, IN_COMMA_GROUPS),
        ("decimal_point", POINT, IN_POINT_GROUPS),
    ):
        marked = cells.bare.filter(written.mark == mark)
        parts = (part.to_pylist() for part in (marked[:100], marked[100:]))  # mostly, few tell
        if len(marked) and all(groups.fullmatch(word) for part in parts for word in part):
            told[key] = ""
    return told


def left_in_words(cells: DistinctCells, written: WrittenNumbers) -> dict[str, str]:
    """Return that a column is left as words whose marks could make numbers of all of its cells."""
    left = written.others
    if not len(left):
        return {}
    first = cells.bare[left[0]].as_py()
    patterns = (WITH_COMMAS, IN_SPACED_GROUPS, IN_POINT_GROUPS)
    if not any(pattern.fullmatch(first) for pattern in patterns):
        return {}
    words = cells.bare.take(left).to_pylist()
    in_marks = all(WITH_COMMAS.fullmatch(word) or IN_POINT_GROUPS.fullmatch(word) for word in words)
    if in_marks and any("," in word for word in words):
        return {"commas": ""}
    if all(map(IN_SPACED_GROUPS.fullmatch, words)):
        return {"groups": ""}
    return {}


# letters that the first byte of an accented letter becomes, and one that the next byte does
_TWICE = (
    r"[\x{c2}\x{c3}\x{e2}][\x{80}-\x{bf}\x{152}\x{153}\x{160}\x{161}\x{178}\x{17d}\x{17e}"
    r"\x{192}\x{2c6}\x{2dc}"
    r"\x{2013}-\x{2122}]"
)


def encoded_twice(cells: DistinctCells, written: WrittenNumbers) -> dict[str, str]:
    """Return how many answers are UTF-8 that another program took for Windows-1252: `OrlÃ©ans`."""
    if not len(written.others) or letters_and_ends(cells.bare)[0].to_pybytes().isascii():
        return {}
    words = cells.bare.take(written.others)
    suspects = words.filter(pc.match_substring_regex(words, _TWICE)).to_pylist()
    count = sum(encoded_once(suspect) != suspect for suspect in suspects)
    if count:
        return {"encoded_twice": str(count)}
    return {}


_ENOUGH, _TO_ONE = (
    10,
    9,
)  # different numbers in a column, and for each cell that is none: then that one surprises
_ROWS_TO_ONE = (
    2  # or rows with numbers for each row with none: then words of several kinds are refusals
)
_CODE = re.compile(r"(?=.*[0-9])(?=.*[A-Z])[0-9A-Z._/-]+")
_DIGITS_OF_CODE = re.compile("0[0-9]|[0-9]{16}")


def nearly_numbers(
    variable: Variable, cells: DistinctCells, written: WrittenNumbers
) -> dict[str, str]:
    """Return the shape of a cell that makes words of numbers.

    None where other cells are many, or codes.
    """
    count = int(np.isfinite(written.values).sum())
    if count < _ENOUGH or word_codes(variable.values):
        return {}
    known = pa.array([*NO_NUMBER, *word_codes(variable.missing)], pa.string())
    others = written.others[~np.asarray(pc.is_in(cells.bare.take(written.others), known))]
    rows = np.bincount(cells.places, minlength=len(cells.words))
    of_numbers, of_others = rows[np.isfinite(written.values)].sum(), rows[others].sum()
    if count < _TO_ONE * len(others) and of_numbers < _ROWS_TO_ONE * of_others:
        return {}
    if not len(others):  # numbers alone, of both decimal marks
        others = min((np.flatnonzero(written.mark == mark) for mark in (COMMA, POINT)), key=len)
    words = cells.bare.take(others).to_pylist()
    if not words or all(map(_CODE.fullmatch, words)) or any(map(_DIGITS_OF_CODE.match, words)):
        return {}
    return {"nearly_numbers": f"`{shape_of(words[0])}`"}
