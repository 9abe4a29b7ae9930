"""Counts and bands in words (`4+`, `3 ou 4`, `moins de 800 €`), read as two bounds.

Either all labels of a variable are read as adjacent bands, in order, or none is: a wrong guess
would be invisible in results.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype

from diplab.checks import counted
from diplab.errors import ColumnError, OptionError
from diplab.kernel.arrays import Floats
from diplab.microdata.frames import check_columns, number_column
from diplab.microdata.search import lexicon_by_word, lexicon_pattern, lexicon_patterns
from diplab.microdata.variable import answer_in_error, by_text, code_text, is_short
from diplab.reference.text import Text

if TYPE_CHECKING:
    from diplab.microdata.codebook import Codebook
    from diplab.microdata.microdata import Microdata

Interval: TypeAlias = (
    "tuple[float, float]"  # the lower and upper bound of an answer; infinite if open
)
_NUMBER_OF_WORD = lexicon_by_word("number_words")
_COUNTED, _ALONE = lexicon_pattern("count", "counted"), lexicon_pattern("count", "alone")


def parse_count(words: str) -> Interval | None:
    """Return the bounds of a count in French or English words, or None."""
    text = _normalise(words)
    if not text and _ALONE.search(words.casefold()):
        return 1.0, 1.0
    if text in ("pas d'", "pas de"):
        return 0.0, 0.0
    band = parse_band(text)
    if band is None or band.of:
        return None
    # more than four is five or more, under five is four at most
    low, high = band.low + band.over, band.high - band.below
    return (low, high) if low <= high else None


def _normalise(words: str) -> str:
    """Return the words of a count with digits, without remarks in brackets or units."""
    text = (
        words.casefold()
        .replace("’", "'")
        .replace("–", "-")
        .replace("—", "-")
        .replace("+ de", "plus de")
    )
    text = re.sub(r"[\s\u00a0\u202f]+", " ", re.sub(r"\([^)]*\)", " ", text))
    text = re.sub(r"[^\W\d]+", lambda item: _NUMBER_OF_WORD.get(item[0], item[0]), text)
    text = _COUNTED.sub(" ", text)
    return re.sub(r"\s+", " ", text).strip(" .!,;:")


Bounds: TypeAlias = "tuple[Floats, Floats]"
CountColumn: TypeAlias = (
    "str | tuple[str, str]"  # a column of counts, or a pair of columns with lower and upper bounds
)


def count_bounds(data: Microdata, column: CountColumn, top_codes: Mapping[str, float]) -> Bounds:
    """Return the bounds of each answer; NaN if missing."""
    if not isinstance(column, str):
        return number_bounds(data, column)
    check_columns(data, column)
    values = data.frame[column]
    if is_bool_dtype(values):
        raise ColumnError(
            f"`{column}` holds true and false, not counts.",
            write="Write a column that counts persons.",
        )
    places, distinct = pd.factorize(values)
    labels = by_text(data.codebook.variable(column).values)
    ends = [
        _bounds_of_answer(value, labels.get(code_text(value)), column)
        for value in distinct.tolist()
    ]
    top = top_codes.get(column)
    if top is not None:
        ends = [(low, math.inf if low >= top else high) for low, high in ends]
    table = np.array([*ends, (np.nan, np.nan)], dtype=float)
    return table[places, 0], table[places, 1]


def number_bounds(data: Microdata, columns: tuple[str, ...]) -> Bounds:
    """Return two columns of numbers as bounds; NaN in both if either is missing."""
    if len(columns) != 2:
        raise OptionError(
            f"{len(columns)} columns are not the two ends of a band.",
            write='Write for example `("low", "high")`.',
        )
    low, high = (number_column(data, name) for name in columns)
    check_in_order(columns, (low, high), "Write the column of the low ends first.")
    unknown = np.isnan(low) | np.isnan(high)
    return np.where(unknown, np.nan, low), np.where(unknown, np.nan, high)


def check_in_order(columns: tuple[str, ...], ends: Bounds, write: str) -> None:
    """Raise an error if lower bounds exceed upper bounds."""
    crossed = int((ends[0] > ends[1]).sum())
    if crossed:
        raise OptionError(
            f"`{columns[0]}` is above `{columns[1]}` in {counted(crossed, 'row')}.", write=write
        )


def check_finite(name: str, values: Floats, write: str) -> None:
    """Raise an error if some numbers of a column are infinite."""
    endless = int(np.isinf(values).sum())
    if endless:
        raise OptionError(f"`{name}` is infinite in {counted(endless, 'row')}.", write=write)


def _bounds_of_answer(value: Any, label: Text | None, column: str) -> Interval:
    """Return the bounds of an answer, from its label in either language, or itself."""
    if label is None and not isinstance(value, str):
        return float(value), float(value)
    written = [str(value)] if label is None else [label.en, label.fr]
    if label is not None and isinstance(value, str):
        written.append(value)
    counts = list(dict.fromkeys(filter(None, map(parse_count, written))))
    if len(counts) == 1:
        return counts[0]
    answer = f"{written[0]!r}" if is_short(written[0]) else "An answer"
    raise OptionError(
        f"{answer} of `{column}` has {len(counts)} different counts in its label."
        if counts
        else f"{answer} of `{column}` is not a count that can be read.",
        write="Declare it missing in the codebook, recode it, or write two columns with its "
        "bounds.",
    )


_SPACES = " \u00a0\u202f\u2009"
_ONE_SPACE = re.compile(rf"[\s{_SPACES}]+")
_NUMBER = re.compile(
    rf"(?<![\w.,])(\d{{1,3}}(?:[{_SPACES},’']\d{{3}})+(?!\d)|\d+)(?:[.,](\d+))?\s*(k\b)?"
)
_MONEY, _OF, _ASIDE = lexicon_patterns("band", "money", "of", "aside")
_ALTERNATIVES = (("month", "year", "week", "hour"), ("net", "gross"), ("EUR", "USD", "GBP"))
"""Periods, kinds and currencies of amounts, which must be the same in all labels."""
_NOTHING, _BAND_BETWEEN = lexicon_patterns("band", "nothing", "between")
_OPEN_BELOW, _UP_TO, _FROM, _OVER = lexicon_patterns("band", "below", "up_to", "from", "over")
_DASH = "[-–—‑−]"
_MARK = "#"


@dataclass(frozen=True)
class _Figure:
    """A number as printed; 1.500 is doubtful: fifteen hundred, or one and a half."""

    digits: str
    decimals: str
    thousands: bool

    @property
    def value(self) -> float:
        """Its value."""
        return float(f"{self.digits}.{self.decimals or 0}") * (1000.0 if self.thousands else 1.0)

    @property
    def step(self) -> float:
        """The smallest step of its digits."""
        if self.thousands:
            return 1.0
        return 10.0 ** -len(self.decimals)


@dataclass(frozen=True)
class _ParsedBand:
    """A band as printed: its ends and the smallest step of their digits."""

    label: str
    low: float
    high: float
    step: float
    below: bool = False  # less than 25
    upto: bool = False  # 25 or less
    over: bool = False  # more than 25
    of: frozenset[str] = frozenset()  # `month`, `net`, `EUR`

    @property
    def is_point(self) -> bool:
        """Whether it is one value."""
        return self.low == self.high


def ends_of_band(band: Any) -> tuple[float, float] | None:
    """Return the two ends of a band, of one number both; None if they do not increase."""
    ends = band if isinstance(band, tuple | list) else (band, band)
    if len(ends) != 2:
        return None
    low, high = ends
    numbers = isinstance(low, int | float | np.number) and isinstance(high, int | float | np.number)
    return (float(low), float(high)) if numbers and low <= high else None


def parse_bands(labels: Iterable[str], problem: str) -> Mapping[str, tuple[float, float]]:
    """Read all labels as bands, closed below and open above; one open below begins at 0."""
    read = {}
    for label in dict.fromkeys(labels):
        read[label] = parse_band(label)
    lost = [label for label, band in read.items() if band is None]
    if lost or not read:
        what = ", ".join(map(answer_in_error, lost[:3])) + (", ..." if len(lost) > 3 else "")
        why = f"It was not read as a band: {what}." if lost else "It has no labels."
        raise OptionError(problem, why, _WRITE_BANDS)
    bands = sorted(filter(None, read.values()), key=lambda band: (band.low, band.high))
    _one_of_each({band.label: band.of for band in bands}, problem, _WRITE_BANDS)
    gaps = [_gap_between(*pair, problem) for pair in pairwise(bands)]
    whole = max(gaps, default=0.0) > 0
    lows = [bands[0].low, *(_lower_end(*pair, whole=whole) for pair in pairwise(bands))]
    ends = zip(bands, lows, [*lows[1:], _upper_end(bands[-1], whole=whole)], strict=True)
    return {band.label: (low, low if band.is_point else end) for band, low, end in ends}


def _gap_between(band: _ParsedBand, following: _ParsedBand, problem: str) -> float:
    """Return the gap between two printed bands, 0 or one unit; others raise an error."""
    gap = following.low - band.high
    step = max(band.step, following.step)
    same = following.low <= band.low and not band.is_point
    if same or gap < 0 or gap > step * (1 + 1e-9) or (gap > 0 and band.below):
        what = "overlap" if same or gap < 0 else "leave a gap between them"
        raise OptionError(problem, f"'{band.label}' and '{following.label}' {what}.", _WRITE_BANDS)
    return gap


def _lower_end(band: _ParsedBand, following: _ParsedBand, *, whole: bool) -> float:
    """Return the lower end of a band that follows another."""
    if band.is_point and band.low == 0 and not following.is_point:
        # above zero, an amount may be less than one unit
        return 0.0
    if whole and following.over and following.low == band.high and not band.below:
        return following.low + following.step
    return following.low


def _upper_end(band: _ParsedBand, *, whole: bool) -> float:
    """Return the upper end of the last band: after its last figure, if in whole units."""
    if band.is_point or math.isinf(band.high) or band.below:
        return band.high
    if whole or band.upto:
        return band.high + band.step
    return band.high


def parse_band(label: str) -> _ParsedBand | None:
    """Return a label as a printed band; None if it is not understood."""
    of: set[str] = set()

    def take_unit(match: re.Match[str]) -> str:
        of.update(name.removesuffix("ly") for name, words in match.groupdict().items() if words)
        # the k of 10 k€ belongs to the figure
        if match.re is _MONEY and match[1]:
            return "k "
        return " "

    text = _ONE_SPACE.sub(" ", label.strip().casefold())
    text = _ASIDE.sub(" ", _OF.sub(take_unit, _MONEY.sub(take_unit, text)))
    figures: list[_Figure] = []

    def take_figure(match: re.Match[str]) -> str:
        figures.append(_Figure(re.sub(r"\D", "", match[1]), match[2] or "", bool(match[3])))
        return f" {_MARK} "

    shape = _ONE_SPACE.sub(" ", _NUMBER.sub(take_figure, text)).strip(" .;:()[]")
    if any(len(figure.decimals) == 3 and len(figure.digits) <= 3 for figure in figures):
        return None
    band = _band_of_shape(label, shape, figures)
    return band and replace(band, of=frozenset(of))


def _band_of_shape(label: str, shape: str, figures: list[_Figure]) -> _ParsedBand | None:
    """Return the band of a shape: the label without its figures."""
    if not figures:
        return _ParsedBand(label, 0.0, 0.0, 1.0) if _NOTHING.fullmatch(shape) else None
    first, last = figures[0], figures[-1]
    if (
        len(figures) == 2
        and last.thousands
        and not first.thousands
        and first.value < last.value / 1000.0
    ):
        # 10-20k: both are of thousands
        first = replace(first, thousands=True)
    one = _ParsedBand(label, first.value, last.value, min(first.step, last.step))
    if len(figures) == 1:
        if shape == _MARK:
            return one
        if (below := _OPEN_BELOW.fullmatch(shape)) or _UP_TO.fullmatch(shape):
            # a band below 0 has no known lower end
            if first.value > 0:
                return replace(one, low=0.0, below=bool(below), upto=not below)
            return None
        if _FROM.fullmatch(shape) or _OVER.fullmatch(shape):
            return replace(one, high=math.inf, over=bool(_OVER.fullmatch(shape)))
        return None
    between = _BAND_BETWEEN.fullmatch(shape)
    if len(figures) != 2 or not between or not first.value < last.value:
        return None
    return replace(one, below=bool(between["under"]))


@dataclass(frozen=True)
class LabelNumber:
    """The number in a label, whether it is the end of an open band, and its unit."""

    value: float
    is_end: bool = False
    of: frozenset[str] = frozenset()


_MINUS_SIGN = re.compile(rf"\s*{_DASH}\s?(?=\d)")


def number_of_label(label: Text) -> LabelNumber | None:
    """Return the number in a label, in any language; None if there are none, two, or a band."""
    read = set()
    for words in (label.fr, label.en, *dict(label.others).values()):
        if words:
            read.add(_number_in_words(words))
    numbers = read - {None}
    return numbers.pop() if len(numbers) == 1 else None


def _number_in_words(words: str) -> LabelNumber | None:
    plain = _MINUS_SIGN.sub("", words, count=1) if _MINUS_SIGN.match(words) else words
    sign = 1.0 if plain == words else -1.0
    band = parse_band(plain)
    if band is not None:
        low, high, of = band.low, band.high, band.of
    else:
        # a figure that no band reads may be fifteen hundred or one and a half
        count = None if re.search(r"\d[.,]\d", plain) else parse_count(plain)
        if count is None:
            return None
        (low, high), of = count, frozenset()
    if low == high:
        return LabelNumber(sign * low + 0.0, of=of)
    at_least, at_most = math.isinf(high), band is not None and (band.below or band.upto)
    if (at_least or at_most) and sign > 0:
        return LabelNumber(low if at_least else high, True, of)
    return None


def unit_of_labels(numbers: Mapping[str, LabelNumber], problem: str) -> str:
    """Return the unit named in labels, as `EUR a month, net`; empty without a currency."""
    of_labels = {}
    for label, number in numbers.items():
        of_labels[label] = number.of
    period, kind, currency = _one_of_each(of_labels, problem, "Recode each by itself.")
    if not currency:
        return ""
    unit = currency
    if period:
        unit += f" {'an' if period == 'hour' else 'a'} {period}"
    return ", ".join(filter(None, (unit, kind)))


def _one_of_each(of_labels: Mapping[str, frozenset[str]], problem: str, write: str) -> list[str]:
    """Return the period, gross or net, and currency named in labels; two raise an error."""
    named = []
    for words in _ALTERNATIVES:
        first = {}
        for label, of in of_labels.items():
            for word in words:
                if word in of:
                    first[word] = label
        if len(first) > 1:
            differing = " and ".join(f"'{label}'" for label in list(first.values())[:2])
            raise OptionError(
                problem, f"{differing} are not of the same: {', '.join(first)}.", write
            )
        named.append(next(iter(first), ""))
    return named


_WRITE_BANDS = (
    "Write the bands: `bands={'first answer': (0, 500), 'last answer': (500, math.inf)}`."
)


def words_of_answers(codebook: Codebook, name: str, answers: Sequence[Any]) -> dict[Any, str]:
    """Return the text of each answer: its label in the codebook, or itself."""
    labels = by_text(codebook.variable(name).values)
    words = {}
    for answer in answers:
        label = labels.get(code_text(answer))
        text = answer if isinstance(answer, str) else ""
        if label is not None:
            text = label.en or label.fr
        if text:
            words[answer] = str(text)
    return words


def bands_of_answers(
    codebook: Codebook,
    name: str,
    answers: Sequence[Any],
    bands: Mapping[Any, tuple[float, float]] | None,
    problem: str,
) -> list[tuple[float, float] | None]:
    """Return the ends of each answer, from `bands` or read from its words; None if unknown."""
    words = words_of_answers(codebook, name, answers)
    if bands is None:
        variable = codebook.variable(name)
        every = []
        for code, label in variable.values.items():
            if code not in variable.missing:
                every.append(label.en or label.fr)
        # empty bands, without which there would be gaps
        unused = [
            figure
            for figure in every
            if words and figure not in words.values() and parse_band(figure) is not None
        ]
        bands = parse_bands([*words.values(), *unused], problem)
    by_key = by_text(bands)
    return [by_key.get(code_text(answer), by_key.get(words.get(answer, ""))) for answer in answers]
