"""Amounts of pay as answered, and pay of any period as pay of a month and of an hour.

A year has 52 weeks and 12 months, as the minimum wage is counted: the French minimum wage of a month is that of an hour
times 35 x 52 / 12.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from diplab.checks import argument, is_number, is_whole_number
from diplab.errors import ColumnError, MisleadingError, OptionError
from diplab.kernel.arrays import Floats
from diplab.microdata.display import WORDS, join_texts
from diplab.microdata.frames import check_columns, number_column
from diplab.microdata.parse_numbers import bands_of_answers, check_finite, check_in_order, parse_band, words_of_answers
from diplab.microdata.recode import unlisted_error
from diplab.microdata.search import fold_accents, lexicon
from diplab.microdata.variable import answer_in_error, code_text, is_short
from diplab.reference.parameter import day_or_year, figure_in_words
from diplab.reference.text import Text

if TYPE_CHECKING:
    from diplab.microdata.microdata import Microdata


def numbers_of_rows(data: Microdata, option: str, value: float | str, *, of: str) -> Floats:
    """Return a number for each row, from a number above 0 or a column; NaN where the column has none."""
    if isinstance(value, str):
        return numbers_of_column(data, value)
    if not is_number(value) or not 0 < float(value) < np.inf:
        raise OptionError(
            f"{argument(option, value)} is not a number above 0.",
            write=f"Write a number of {of}, or the name of a column.",
        )
    return np.full(len(data.frame), float(value))


def numbers_of_column(data: Microdata, name: str) -> Floats:
    """Return a column of numbers, NaN where there is no answer."""
    write = f'Write `data.recode("{name}", amounts={{...}})` first, or `bands={{...}}` where they are bands of pay.'
    return number_column(data, name, write)


def days_of_rows(data: Microdata, date: datetime.date | int | str) -> list[datetime.date | int | None]:
    """Return the day, or the year, of each row; None where the column has none."""
    constant: Any = date.date() if isinstance(date, datetime.datetime) else date
    if isinstance(constant, datetime.date):
        return [constant] * len(data.frame)
    if is_whole_number(constant):
        return [int(constant)] * len(data.frame)
    if not isinstance(constant, str):
        raise OptionError(
            f"{argument('date', constant)} is not a day, a year or a column.",
            write="Write a day, a year, or the name of a column of days or years.",
        )
    check_columns(data, constant)
    places, distinct = pd.factorize(data.frame[constant])
    days = [_day_of_cell(each, constant) for each in distinct.tolist()]
    return [None if place < 0 else days[place] for place in places]


def _day_of_cell(value: Any, name: str) -> datetime.date | int:
    day = day_or_year(value)
    if day is not None:
        return day
    cell = f"The cell {answer_in_error(value)}" if is_short(value) else "A cell"
    raise ColumnError(
        f"{cell} of `{name}` is neither a day nor a year.", write="Write days as 2021-10-01, or years as 2021."
    )


def pay_bounds(data: Microdata, pay: str | tuple[str, str], bands: Mapping[Any, Any] | None) -> dict[str, Floats]:
    """Return pay by row under `""`, or its ends under `low` and `high` where it is in bands."""
    if isinstance(pay, tuple | list):
        if len(pay) != 2 or bands is not None:
            raise OptionError(
                "Pay in two columns is a lower and an upper end, without `bands`.",
                write='Write `("lowest", "highest")`, or one column and its `bands`.',
            )
        low, high = (numbers_of_column(data, each) for each in pay)
        check_in_order(pay, (low, high), "Write the column of the lower end first, and correct these rows.")
        return {"low": low, "high": high}
    check_columns(data, pay)
    if bands is None:
        amounts = numbers_of_column(data, pay)
        pair = 'Write the pair of columns of its ends, `("lowest", "highest")`, or make them missing first.'
        check_finite(pay, amounts, pair)
        return {"": amounts}
    table = {code_text(code): _check_band(band, code) for code, band in bands.items()}
    places, distinct = pd.factorize(data.frame[pay])
    codes = [code_text(each) for each in distinct.tolist()]
    unlisted = [code for code, text in zip(distinct.tolist(), codes, strict=True) if text not in table]
    if unlisted:
        write = "Name them in `bands`, with None where they state no pay."
        raise OptionError(unlisted_error(pay, unlisted).asked, write=write)
    ends = np.array([*(table[each] for each in codes), (np.nan, np.nan)], dtype=np.float64)[places]
    return {"low": ends[:, 0], "high": ends[:, 1]}


def _check_band(band: Any, code: Any) -> tuple[float, float]:
    if band is None:
        return np.nan, np.nan
    ends = band if isinstance(band, tuple | list) else (band, band)
    numbers = [each for each in ends if isinstance(each, int | float | np.number) and not np.isnan(each)]
    if len(ends) != 2 or len(numbers) != 2 or numbers[0] > numbers[1] or np.isinf(numbers[0]):
        raise OptionError(
            f"The band {band!r} of {code!r} does not have two ends.",
            write="Write its two ends, the lower first, as (5000, 10000); `math.inf` ends the open band at the top.",
        )
    return float(numbers[0]), float(numbers[1])


@dataclass(frozen=True)
class StatedBands:
    """Bands stated in answers, what amounts are `of` by these words (`month`, `net`), and the reading in words."""

    bands: Mapping[Any, tuple[float, float]]
    of: frozenset[str]
    words: Text

    def check(self, what: str, words: Sequence[str], known: Sequence[str]) -> None:
        """Refuse a period, or gross for net, that the answers contradict."""
        stated = [each for each in known if each in self.of]
        if stated and any(each not in stated for each in words):
            raise MisleadingError(
                f"`{what}` is {', '.join(f'`{each}`' for each in words)}, and the answers say `{stated[0]}`.",
                write=f"Write `{what}='{stated[0]}'`, or look at the answers.",
            )


def read_stated_bands(data: Microdata, pay: Any, bands: Mapping[Any, Any] | None) -> StatedBands | None:
    """Return the bands that the answers of a column state; None where `bands` has them or answers are not bands."""
    if bands is not None or not isinstance(pay, str) or pay not in data.frame:
        return None
    answers = sorted(data.frame[pay].dropna().unique().tolist(), key=str)
    words = words_of_answers(data.codebook, pay, answers)
    parsed = [parse_band(each) for each in words.values()]
    # a column of numbers, some of them with a label, holds amounts
    if len(words) < len(answers) or not any(band and not band.is_point for band in parsed):
        return None
    why = f"The bands of `{pay}` were read from its answers."
    read = bands_of_answers(data.codebook, pay, answers, None, why)
    stated = {answer: band for answer, band in zip(answers, read, strict=True) if band is not None}
    in_order = sorted(stated.items(), key=lambda each: each[1])
    quoted = [WORDS("form.quoted", words=words[answer], value=_band_in_words(band)) for answer, band in in_order]
    of = frozenset[str]().union(*(band.of for band in parsed if band))
    return StatedBands(stated, of, join_texts(quoted, ", "))


def _band_in_words(band: tuple[float, float]) -> Text:
    low, high = (Text.same("∞") if math.isinf(end) else figure_in_words(end) for end in band)
    return low if band[0] == band[1] else WORDS("form.span", low=low, high=high)


PERIODS = lexicon("pay_period")  # words for each period, without accents
UNITS = lexicon("pay_unit")


@dataclass(frozen=True, eq=False)
class RowWords:
    """A word for each row (None for no answer), and the column that it comes from, empty where all have one."""

    words: NDArray[Any]
    column: str

    @property
    def used(self) -> tuple[str, ...]:
        """The words that some row has, in alphabetical order."""
        return tuple(sorted({each for each in self.words if each is not None}))


def words_of_rows(
    data: Microdata, option: str, value: str, lexicon: Mapping[str, tuple[str, ...]], codes: Mapping[Any, str] | None
) -> RowWords:
    """Return what an option means on each row: a word, or a column of words, of codes with labels, or of codes."""
    if not isinstance(value, str) or value not in data.frame.columns:
        word = _meaning(value, lexicon)
        if word is None:
            raise OptionError(
                f"{argument(option, value)} is not a column of the data or a known word.",
                write=f"Write a column, or one of: {', '.join(f'`{each}`' for each in lexicon)}.",
            )
        return RowWords(np.full(len(data.frame), word, dtype=object), "")
    check_columns(data, value)
    places, distinct = pd.factorize(data.frame[value])
    labels = {code_text(code): label for code, label in data.codebook.variable(value).values.items()}
    meant = {code_text(code): word for code, word in (codes or {}).items()}
    words: list[str | None] = []
    for code in distinct.tolist():
        text = code_text(code)
        label = labels.get(text)
        tried = [meant.get(text, code), *([label.fr, label.en] if label is not None else [])]
        word = next((each for each in (_meaning(every, lexicon) for every in tried) if each), None)
        if word is None:
            # long answers are not quoted
            answer, key = (f"The answer {text}", repr(code)) if is_short(code) else ("An answer at length", "...")
            listed = ", ".join(f"`{each}`" for each in lexicon)
            raise OptionError(
                f"{answer} of `{value}` does not mean a {option}.",
                write=f"Write what the codes mean, as in `{option}s={{{key}: {next(iter(lexicon))!r}}}`; "
                f"the words are {listed}.",
            )
        words.append(word)
    return RowWords(np.array([*words, None], dtype=object)[places], value)


def _meaning(word: Any, lexicon: Mapping[str, tuple[str, ...]]) -> str | None:
    """Return the word of the lexicon that is meant, whatever its accents, capitals and apostrophes."""
    if not isinstance(word, str):
        return None
    folded = fold_accents(word.replace("’", "'").strip())
    return next((name for name, others in lexicon.items() if folded == name or folded in others), None)


WEEKS, MONTHS = 52.0, 12.0


@dataclass(frozen=True, eq=False)
class WorkingTime:
    """Hours, days and tasks a week and seconds per task behind the pay of each row; NaN where not known."""

    hours: Floats
    days: Floats
    tasks: Floats
    seconds: Floats


def pay_per_month(pay: Floats, periods: RowWords, worked: WorkingTime) -> Floats:
    """Return pay a month; NaN where the hours, days or tasks of the row are not known."""
    a_week = WEEKS / MONTHS
    by_task, by_seconds = pay * worked.tasks * a_week, _per_hour_of_task(pay, worked.seconds) * worked.hours * a_week
    amounts = {
        "year": pay / MONTHS,
        "month": pay,
        "fortnight": pay * (WEEKS / 2) / MONTHS,
        "week": pay * WEEKS / MONTHS,
        "day": pay * worked.days * a_week,
        "hour": pay * worked.hours * WEEKS / MONTHS,
        "task": np.where(np.isnan(by_task), by_seconds, by_task),
    }
    return np.asarray(np.select([periods.words == period for period in amounts], list(amounts.values()), np.nan))


def pay_per_hour(pay: Floats, a_month: Floats, periods: RowWords, worked: WorkingTime) -> Floats:
    """Return pay an hour: as answered, from the length of a task, otherwise that of the month over its hours."""
    an_hour = a_month * MONTHS / (np.where(worked.hours > 0, worked.hours, np.nan) * WEEKS)
    by_seconds = (periods.words == "task") & (np.isnan(an_hour) | np.isnan(worked.tasks).all())
    an_hour = np.where(by_seconds, _per_hour_of_task(pay, worked.seconds), an_hour)
    return np.where(periods.words == "hour", pay, an_hour)


def _per_hour_of_task(pay: Floats, seconds: Floats) -> Floats:
    return pay * 3600.0 / np.where(seconds > 0, seconds, np.nan)
