"""Amounts of pay as answered, and their conversion at rates with a date and a source.

A year has 52 weeks and 12 months, as the minimum wage is counted: the French minimum wage of a
month is that of an hour times 35 x 52 / 12.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from diplab.checks import argument, is_number
from diplab.errors import MisleadingError, OptionError, quoted_names
from diplab.kernel.arrays import Floats
from diplab.microdata.display import WORDS, join_wordings
from diplab.microdata.frames import check_columns, number_column
from diplab.microdata.missing import refuse_codes
from diplab.microdata.parse_numbers import (
    bands_of_answers,
    check_finite,
    check_in_order,
    ends_of_band,
    parse_band,
    words_of_answers,
)
from diplab.microdata.recoding.codes import unlisted_error
from diplab.microdata.search import fold_accents, lexicon
from diplab.microdata.variable import by_text, code_text, is_short
from diplab.reference.parameter import figure_in_words
from diplab.reference.text import Text

if TYPE_CHECKING:
    from diplab.microdata.microdata import Microdata


def numbers_of_rows(data: Microdata, option: str, value: float | str, *, of: str) -> Floats:
    """Return a number for each row, from a positive number or a column; NaN if missing."""
    if isinstance(value, str):
        return numbers_of_column(data, value)
    if not is_number(value) or not 0 < float(value) < np.inf:
        raise OptionError(
            f"{argument(option, value)} is not a number above 0.",
            write=f"Write a number of {of}, or the name of a column.",
        )
    return np.full(len(data.frame), float(value))


def numbers_of_column(data: Microdata, name: str) -> Floats:
    """Return a column of numbers, NaN if missing."""
    write = f'Write `data.recode("{name}", amounts={{...}})` first, or `bands={{...}}` for bands.'
    refuse_codes(data, name)
    return number_column(data, name, write)


def pay_bounds(
    data: Microdata, pay: str | tuple[str, str], bands: Mapping[Any, Any] | None
) -> dict[str, Floats]:
    """Return pay by row under `""`, or for bands its bounds under `low` and `high`."""
    if isinstance(pay, tuple | list):
        if len(pay) != 2 or bands is not None:
            raise OptionError(
                "Pay in two columns is a lower and an upper end, without `bands`.",
                write='Write `("lowest", "highest")`, or one column and its `bands`.',
            )
        low, high = (numbers_of_column(data, item) for item in pay)
        check_in_order(
            pay, (low, high), "Write the column of the lower end first, and correct these rows."
        )
        return {"low": low, "high": high}
    check_columns(data, pay)
    if bands is None:
        amounts = numbers_of_column(data, pay)
        pair = 'Write the pair of columns, `("lowest", "highest")`, or make them missing first.'
        check_finite(pay, amounts, pair)
        return {"": amounts}
    table = {}
    for code, band in bands.items():
        table[code_text(code)] = _check_band(band, code)
    places, distinct = pd.factorize(data.frame[pay])
    codes = list(map(code_text, distinct.tolist()))
    unlisted = []
    for code, text in zip(distinct.tolist(), codes, strict=True):
        if text not in table:
            unlisted.append(code)
    if unlisted:
        write = "Name them in `bands`, with None for answers without pay."
        raise OptionError(unlisted_error(pay, unlisted).asked, write=write)
    ends = np.array([*(table[code] for code in codes), (np.nan, np.nan)], dtype=np.float64)[places]
    return {"low": ends[:, 0], "high": ends[:, 1]}


def _check_band(band: Any, code: Any) -> tuple[float, float]:
    if band is None:
        return np.nan, np.nan
    ends = ends_of_band(band)
    if ends is None or math.isinf(ends[0]):
        raise OptionError(
            f"The band {band!r} of {code!r} does not have two ends.",
            write="Write both ends, the lower first, as (5000, 10000) or (5000, math.inf).",
        )
    return ends


@dataclass(frozen=True)
class StatedBands:
    """Bands stated in answers, with their period and kind (`month`, `net`), and a description."""

    bands: Mapping[Any, tuple[float, float]]
    of: frozenset[str]
    words: Text

    def check(self, what: str, words: Sequence[str], known: Sequence[str]) -> None:
        """Raise an error for a period or kind of pay that contradicts the answers."""
        stated = [word for word in known if word in self.of]
        if stated and any(word not in stated for word in words):
            raise MisleadingError(
                f"`{what}` is {quoted_names(words)}, and the answers say `{stated[0]}`.",
                write=f"Write `{what}='{stated[0]}'`, or check the answers.",
            )


def read_stated_bands(
    data: Microdata, pay: Any, bands: Mapping[Any, Any] | None
) -> StatedBands | None:
    """Return the bands stated in answers; None if given in `bands` or not bands."""
    if bands is not None or not isinstance(pay, str) or pay not in data.frame:
        return None
    answers = sorted(data.frame[pay].dropna().unique().tolist(), key=str)
    words = words_of_answers(data.codebook, pay, answers)
    parsed = list(map(parse_band, words.values()))
    # a column of numbers, some with a label, holds amounts
    if len(words) < len(answers) or not any(band and not band.is_point for band in parsed):
        return None
    why = f"The bands of `{pay}` were read from its answers."
    read = bands_of_answers(data.codebook, pay, answers, None, why)
    stated = {answer: band for answer, band in zip(answers, read, strict=True) if band is not None}
    in_order = sorted(stated.items(), key=lambda item: item[1])
    quoted = []
    for answer, band in in_order:
        quoted.append(WORDS("form.quoted", words=words[answer], value=_band_in_words(band)))
    of = frozenset[str]().union(*(band.of for band in parsed if band))
    return StatedBands(stated, of, join_wordings(quoted, ", "))


def _band_in_words(band: tuple[float, float]) -> Text:
    low, high = (Text.same("∞") if math.isinf(end) else figure_in_words(end) for end in band)
    if band[0] == band[1]:
        return low
    return WORDS("form.span", low=low, high=high)


PERIODS = lexicon("pay_period")  # words for each period, without accents
UNITS = lexicon("pay_unit")


@dataclass(frozen=True, eq=False)
class RowWords:
    """A word for each row (None if missing), and its column, empty if common to all."""

    words: NDArray[Any]
    column: str

    @property
    def used(self) -> tuple[str, ...]:
        """The distinct words, in alphabetical order."""
        return tuple(sorted(set(filter(None, self.words))))


def words_of_rows(
    data: Microdata,
    option: str,
    value: str,
    lexicon: Mapping[str, tuple[str, ...]],
    codes: Mapping[Any, str] | None,
) -> RowWords:
    """Return the meaning of an option by row: a word, or a column of words or codes."""
    if not isinstance(value, str) or value not in data.frame.columns:
        word = _meaning(value, lexicon)
        if word is None:
            raise OptionError(
                f"{argument(option, value)} is not a column of the data or a known word.",
                write=f"Write a column, or one of: {quoted_names(lexicon)}.",
            )
        return RowWords(np.full(len(data.frame), word, dtype=object), "")
    check_columns(data, value)
    places, distinct = pd.factorize(data.frame[value])
    labels = by_text(data.codebook.variable(value).values)
    meant = by_text(codes or {})
    words: list[str | None] = []
    for code in distinct.tolist():
        text = code_text(code)
        label = labels.get(text)
        tried = [meant.get(text, code), *([label.fr, label.en] if label is not None else [])]
        word = next(filter(None, (_meaning(every, lexicon) for every in tried)), None)
        if word is None:
            # long answers are not quoted
            answer, key = (
                (f"The answer {text}", repr(code))
                if is_short(code)
                else ("An answer at length", "...")
            )
            listed = quoted_names(lexicon)
            raise OptionError(
                f"{answer} of `{value}` does not mean a {option}.",
                write=f"Write their meaning, as in `{option}s={{{key}: {next(iter(lexicon))!r}}}`; "
                f"the words are {listed}.",
            )
        words.append(word)
    return RowWords(np.array([*words, None], dtype=object)[places], value)


def _meaning(word: Any, lexicon: Mapping[str, tuple[str, ...]]) -> str | None:
    """Return the word of the lexicon, ignoring accents, capitals and apostrophes."""
    if not isinstance(word, str):
        return None
    folded = fold_accents(word.replace("’", "'").strip())
    for name, others in lexicon.items():
        if folded == name or folded in others:
            return name
    return None


WEEKS, MONTHS = 52.0, 12.0


@dataclass(frozen=True, eq=False)
class WorkingTime:
    """Hours, days and tasks a week, and seconds per task, by row; NaN if unknown."""

    hours: Floats
    days: Floats
    tasks: Floats
    seconds: Floats


def pay_per_month(pay: Floats, periods: RowWords, worked: WorkingTime) -> Floats:
    """Return monthly pay; NaN if hours, days or tasks are unknown."""
    a_week = WEEKS / MONTHS
    by_task, by_seconds = (
        pay * worked.tasks * a_week,
        _per_hour_of_task(pay, worked.seconds) * worked.hours * a_week,
    )
    amounts = {
        "year": pay / MONTHS,
        "month": pay,
        "fortnight": pay * (WEEKS / 2) / MONTHS,
        "week": pay * WEEKS / MONTHS,
        "day": pay * worked.days * a_week,
        "hour": pay * worked.hours * WEEKS / MONTHS,
        "task": np.where(np.isnan(by_task), by_seconds, by_task),
    }
    return np.asarray(
        np.select([periods.words == period for period in amounts], list(amounts.values()), np.nan)
    )


def pay_per_hour(pay: Floats, a_month: Floats, periods: RowWords, worked: WorkingTime) -> Floats:
    """Return hourly pay: as answered, by the length of tasks, or monthly pay over hours."""
    an_hour = a_month * MONTHS / (np.where(worked.hours > 0, worked.hours, np.nan) * WEEKS)
    by_seconds = (periods.words == "task") & (np.isnan(an_hour) | np.isnan(worked.tasks).all())
    an_hour = np.where(by_seconds, _per_hour_of_task(pay, worked.seconds), an_hour)
    return np.where(periods.words == "hour", pay, an_hour)


def _per_hour_of_task(pay: Floats, seconds: Floats) -> Floats:
    return pay * 3600.0 / np.where(seconds > 0, seconds, np.nan)
