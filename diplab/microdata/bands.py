"""Bands written in words, French or English, as two ends: `$25,000 - $49,999`, `moins de 800 €`, `1 000 € et plus`.

Either all labels of a variable are read as bands in one order, each beginning where the one before ends, or none is:
a band guessed wrong would not show in any result.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from diplab.errors import OptionError
from diplab.microdata.variable import answer_in_error, code_written

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from diplab.microdata.codebook import Codebook

__all__ = ["bands_of_answers", "parse_band", "parse_bands", "words_of_answers"]


_SPACES = " \u00a0\u202f\u2009"
_ONE_SPACE = re.compile(rf"[\s{_SPACES}]+")
_NUMBER = re.compile(rf"(?<![\w.,])(\d{{1,3}}(?:[{_SPACES},’']\d{{3}})+(?!\d)|\d+)(?:[.,](\d+))?\s*(k\b)?")
_MONEY = re.compile(
    r"(?<![^\W\d_])(k ?)?"
    r"(?:(?P<EUR>euros?\b|eur\b|€)|(?P<USD>(?:us ?)?\$|dollars?\b|usd\b)|(?P<GBP>£|pounds?\b|gbp\b))"
)
_EACH = r"(?:\b(?:par|per|an?|each|every|de l['’]) ?|/ ?)"
_OF = re.compile(
    rf"{_EACH}(?:(?P<month>mois|month)|(?P<year>an|année|year)|(?P<week>semaine|week)|(?P<hour>heure|hour|h))\b|"
    r"\b(?:(?P<monthly>mensuel(?:le)?s?|monthly)|(?P<yearly>annuel(?:le)?s?|annual|annually|yearly)|"
    r"(?P<weekly>hebdomadaires?|weekly)|(?P<hourly>hourly)|(?P<net>nets?)|(?P<gross>bruts?|gross))\b"
)
_ALTERNATIVES = (("month", "year", "week", "hour"), ("net", "gross"), ("EUR", "USD", "GBP"))
"""What amounts are of: labels of one variable that differ in it are no bands of one variable."""
_ASIDE = re.compile(r"\b(?:ans|years?(?: old)?|hours?|heures?)\b")
_NOTHING = re.compile(
    r"(?:no|none|nothing|zero|aucun|néant|rien|pas de revenus?|no income|aucun revenu|sans revenu)"
)
_DASH = r"(?:-|–|—|‑|−)"
_FIGURE = r"#"
_OPEN_BELOW = re.compile(rf"(?:less than|under|below|moins de|inférieur(?:e|s|es)? à|<) ?{_FIGURE}")
_OR_EQUAL = r"ou éga(?:le?s?|ux) à"
_UP_TO = re.compile(
    rf"(?:(?:up to|at most|jusqu['’]à|au plus|inférieur(?:e|s|es)? {_OR_EQUAL}|≤|<=) ?{_FIGURE}|"
    rf"{_FIGURE} (?:or|and|et|ou) (?:less|under|below|moins))"
)
_FROM = re.compile(
    rf"(?:(?:at least|au moins|à partir de|supérieur(?:e|s|es)? {_OR_EQUAL}|≥|>=|from) ?{_FIGURE}|"
    rf"{_FIGURE} ?(?:\+|(?:or|and|et|ou) (?:more|over|above|plus|older|up|davantage|au[- ]delà)))"
)
_OVER = re.compile(rf"(?:more than|over|above|plus de|au[- ]delà de|supérieur(?:e|s|es)? à|>) ?{_FIGURE}")
_TO = rf"(?:{_DASH}|to|à|a|and|et|through|up to)"
_UNDER = (
    rf"(?:(?:{_TO} ?)?(?:under|less than|below|moins de|but less than|but under|mais moins de|<)|à moins de)"
)
_BETWEEN = re.compile(rf"(?:(?:from|between|de|entre) )?{_FIGURE} ?(?:(?P<under>{_UNDER})|{_TO}) ?{_FIGURE}")


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
        """The smallest step that it shows."""
        return 1.0 if self.thousands else 10.0 ** -len(self.decimals)

    @property
    def is_doubtful(self) -> bool:
        """Whether its decimals may be thousands."""
        return len(self.decimals) == 3 and len(self.digits) <= 3


@dataclass(frozen=True)
class _ParsedBand:
    """A band as printed: its ends and the smallest step that its figures show.

    The upper end is excluded (`below`: less than 25) or included (`upto`: 25 or less), the lower one is excluded
    (`over`: more than 25); `of` is what it is said to be of: `month`, `net`, `EUR`.
    """

    label: str
    low: float
    high: float
    step: float
    below: bool = False
    upto: bool = False
    over: bool = False
    of: frozenset[str] = frozenset()

    @property
    def is_point(self) -> bool:
        """Whether it is one value."""
        return self.low == self.high


def parse_bands(labels: Iterable[str], asked: str) -> Mapping[str, tuple[float, float]]:
    """Read every label of a variable as a band, from the lowest.

    A band holds its lower end and not its upper one; equal ends are one value; a band open below begins at 0. Whole
    figures leave a gap of one unit between bands (`25,000 - 49,999`, then `50,000`): the band ends where the next
    begins, and the last closed one a unit after its last figure.

    Examples
    --------
    >>> parse_bands(["$25,000 - $49,999", "Less than $25,000", "$50,000 or more"], "Bands were asked for.")
    {'Less than $25,000': (0.0, 25000.0), '$25,000 - $49,999': (25000.0, 50000.0), '$50,000 or more': (50000.0, inf)}
    """
    read = {label: parse_band(label) for label in dict.fromkeys(labels)}
    lost = [label for label, band in read.items() if band is None]
    if lost or not read:
        what = ", ".join(map(answer_in_error, lost[:3])) + (", ..." if len(lost) > 3 else "")
        raise _unreadable_bands(
            asked, f"It has not been read as a band: {what}." if lost else "It has no labels."
        )
    bands = sorted((band for band in read.values() if band), key=lambda band: (band.low, band.high))
    _check_one_unit(bands, asked)
    gaps = [_gap_between(*pair, asked) for pair in pairwise(bands)]
    whole = max(gaps, default=0.0) > 0
    lows = [bands[0].low, *(_lower_end(*pair, whole=whole) for pair in pairwise(bands))]
    highs = [
        low if band.is_point else low_of_next
        for band, low, low_of_next in zip(bands, lows, lows[1:], strict=False)
    ]
    return {
        band.label: (low, high)
        for band, low, high in zip(bands, lows, [*highs, _upper_end(bands[-1], whole=whole)], strict=True)
    }


def _check_one_unit(bands: Iterable[_ParsedBand], asked: str) -> None:
    for words in _ALTERNATIVES:
        first = {word: band.label for band in bands for word in words if word in band.of}
        if len(first) > 1:
            labels = " and ".join(f"'{label}'" for label in list(first.values())[:2])
            raise _unreadable_bands(asked, f"{labels} are not of the same: {', '.join(first)}.")


def _gap_between(band: _ParsedBand, following: _ParsedBand, asked: str) -> float:
    """Return the gap between two bands as printed, 0 or one unit; others are refused."""
    gap = following.low - band.high
    step = max(band.step, following.step)
    same = following.low <= band.low and not band.is_point
    if same or gap < 0 or gap > step * (1 + 1e-9) or (gap > 0 and band.below):
        what = "overlap" if same or gap < 0 else "leave a gap between them"
        raise _unreadable_bands(asked, f"'{band.label}' and '{following.label}' {what}.")
    return gap


def _lower_end(band: _ParsedBand, following: _ParsedBand, *, whole: bool) -> float:
    """Return where a band begins, after another."""
    if band.is_point and band.low == 0 and not following.is_point:
        # above nothing, an amount may be less than one unit
        return 0.0
    if whole and following.over and following.low == band.high and not band.below:
        return following.low + following.step
    return following.low


def _upper_end(band: _ParsedBand, *, whole: bool) -> float:
    """Return where the last band ends: after its last figure, where figures are whole units."""
    if band.is_point or math.isinf(band.high) or band.below:
        return band.high
    return band.high + band.step if whole or band.upto else band.high


def parse_band(label: str) -> _ParsedBand | None:
    """Return a label as a band as printed; None where it is not understood."""
    of: set[str] = set()

    def take_unit(match: re.Match[str]) -> str:
        of.update(name.removesuffix("ly") for name, words in match.groupdict().items() if words)
        # the k of 10 k€ belongs to the figure
        return "k " if match.re is _MONEY and match[1] else " "

    text = _ONE_SPACE.sub(" ", label.strip().casefold())
    text = _ASIDE.sub(" ", _OF.sub(take_unit, _MONEY.sub(take_unit, text)))
    figures: list[_Figure] = []

    def take_figure(match: re.Match[str]) -> str:
        figures.append(_Figure(re.sub(r"\D", "", match[1]), match[2] or "", bool(match[3])))
        return f" {_FIGURE} "

    shape = _ONE_SPACE.sub(" ", _NUMBER.sub(take_figure, text)).strip(" .;:()[]")
    if any(each.is_doubtful for each in figures):
        return None
    band = _band_of_shape(label, shape, figures)
    return band and replace(band, of=frozenset(of))


def _band_of_shape(label: str, shape: str, figures: list[_Figure]) -> _ParsedBand | None:
    """Return the band of a shape: the label with its figures taken out."""
    if not figures:
        return _ParsedBand(label, 0.0, 0.0, 1.0) if _NOTHING.fullmatch(shape) else None
    first, last = figures[0], figures[-1]
    if len(figures) == 2 and last.thousands and not first.thousands and first.value < last.value / 1000.0:
        # 10-20k: both are of thousands
        first = replace(first, thousands=True)
    one = _ParsedBand(label, first.value, last.value, min(first.step, last.step))
    if len(figures) == 1:
        if shape == _FIGURE:
            return one
        if (below := _OPEN_BELOW.fullmatch(shape)) or _UP_TO.fullmatch(shape):
            # a band below 0 has no known lower end
            return replace(one, low=0.0, below=bool(below), upto=not below) if first.value > 0 else None
        if _FROM.fullmatch(shape) or _OVER.fullmatch(shape):
            return replace(one, high=math.inf, over=bool(_OVER.fullmatch(shape)))
        return None
    between = _BETWEEN.fullmatch(shape)
    if len(figures) != 2 or not between or not first.value < last.value:
        return None
    return replace(one, below=bool(between["under"]))


def _unreadable_bands(asked: str, found: str) -> OptionError:
    write = "Write the bands: `bands={'first answer': (0, 500), 'last answer': (500, math.inf)}`."
    return OptionError(asked, found, write)


AnswerBands = list["tuple[float, float] | None"]


def words_of_answers(codebook: Codebook, name: str, answers: Sequence[Any]) -> dict[Any, str]:
    """Return the words of each answer: its label in the codebook, or itself."""
    labels = {_code_key(code): label for code, label in codebook.variable(name).values.items()}
    words = {}
    for answer in answers:
        label = labels.get(_code_key(answer))
        text = (label.en or label.fr) if label is not None else answer if isinstance(answer, str) else ""
        if text:
            words[answer] = str(text)
    return words


def bands_of_answers(
    codebook: Codebook,
    name: str,
    answers: Sequence[Any],
    bands: Mapping[Any, tuple[float, float]] | None,
    asked: str,
) -> AnswerBands:
    """Return the ends of each answer, by its code or label in `bands`, or read from its words; None where unknown."""
    words = words_of_answers(codebook, name, answers)
    if bands is None:
        bands = parse_bands([*words.values(), *_unused_bands(codebook, name, words)], asked)
    by_key = {_code_key(answer): band for answer, band in bands.items()}
    return [by_key.get(_code_key(answer), by_key.get(words.get(answer, ""))) for answer in answers]


def _unused_bands(codebook: Codebook, name: str, words: Mapping[Any, str]) -> list[str]:
    """Return the labels of bands that are not among the answers, without which there would be gaps."""
    variable = codebook.variable(name)
    if not words:
        return []
    every = [label.en or label.fr for code, label in variable.values.items() if code not in variable.missing]
    return [each for each in every if each not in words.values() and parse_band(each) is not None]


def _code_key(answer: Any) -> str:
    """Return a code as text, whatever the type of its column."""
    return str(code_written(answer) if isinstance(answer, int | float) else answer)
