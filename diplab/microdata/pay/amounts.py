"""Amounts and days by row: a number for all, a column, two ends, or bands."""

from __future__ import annotations

import datetime
import math
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from diplab.errors import ColumnError, MisleadingError, OptionError
from diplab.microdata.bands import bands_of_answers, parse_band, words_of_answers
from diplab.microdata.frames import check_columns
from diplab.microdata.recode import unlisted_error
from diplab.microdata.variable import answer_in_error, code_text, is_short
from diplab.reference.parameter_words import figure_in_words
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from diplab.microdata.microdata import Microdata

__all__ = [
    "StatedBands",
    "days_of_rows",
    "is_absent",
    "numbers_of_column",
    "numbers_of_rows",
    "pay_bounds",
    "read_stated_bands",
]


Floats: TypeAlias = NDArray[np.float64]


def numbers_of_rows(data: Microdata, option: str, given: float | str, asked: str, *, of: str) -> Floats:
    """Return a number for each row, NaN where the column has none."""
    if isinstance(given, str):
        return numbers_of_column(data, given, asked)
    number: Any = given
    if isinstance(number, bool) or not isinstance(number, Real) or not 0 < float(number) < np.inf:
        raise OptionError(
            asked,
            f"`{option}` was given as {given!r}.",
            f"Write a number above 0 ({of}), or the name of a column.",
        )
    return np.full(len(data.frame), float(number))


def numbers_of_column(data: Microdata, name: str, asked: str) -> Floats:
    """Return a column of numbers, NaN where there is no answer."""
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    check_columns(data, (name,), asked)
    column = data.frame[name]
    if not is_numeric_dtype(column) or is_bool_dtype(column):
        raise ColumnError(
            asked,
            f"`{name}` holds words, not numbers.",
            f'Write `data.recode("{name}", amounts={{...}})` first, or `bands={{...}}` where they are bands of pay.',
        )
    found: Floats = column.to_numpy(dtype=np.float64, na_value=np.nan)
    return found


def days_of_rows(
    data: Microdata, given: datetime.date | int | str, asked: str
) -> list[datetime.date | int | None]:
    """Return the day, or the year, of each row; None where the column has none."""
    constant: Any = given
    if isinstance(constant, datetime.datetime):
        constant = constant.date()
    if isinstance(constant, datetime.date) or (isinstance(constant, int) and not isinstance(constant, bool)):
        return [constant] * len(data.frame)
    if not isinstance(constant, str):
        raise OptionError(
            asked,
            f"`date` was given as {constant!r}.",
            "Write a day, a year, or the name of a column of days or years.",
        )
    check_columns(data, (constant,), asked)
    import pandas as pd

    places, distinct = pd.factorize(data.frame[constant])
    days = [_day_of_cell(each, constant, asked) for each in distinct.tolist()]
    return [None if place < 0 else days[place] for place in places]


def _day_of_cell(value: Any, name: str, asked: str) -> datetime.date | int:
    if isinstance(value, datetime.datetime):
        day: datetime.date = value.date()
        return day
    if isinstance(value, datetime.date):
        return value
    if isinstance(value, int | float) and 1900 <= value <= 2200 and float(value).is_integer():
        return int(value)
    if isinstance(value, str):
        try:
            return (
                int(value) if value.isdigit() and len(value) == 4 else datetime.date.fromisoformat(value[:10])
            )
        except ValueError:
            pass
    cell = f"The cell {answer_in_error(value)}" if is_short(value) else "A cell"
    raise ColumnError(
        asked,
        f"{cell} of `{name}` is neither a day nor a year.",
        "Write days as 2021-10-01, or years as 2021.",
    )


def pay_bounds(
    data: Microdata, pay: str | tuple[str, str], bands: Mapping[Any, Any] | None, asked: str
) -> dict[str, Floats]:
    """Return pay by row under `""`, or its ends under `low` and `high` where it was told in bands."""
    if isinstance(pay, tuple | list):
        if len(pay) != 2 or bands is not None:
            raise OptionError(
                asked,
                "Pay in two columns is a lower and an upper end, with no `bands` beside.",
                'Write `("lowest", "highest")`, or one column and its `bands`.',
            )
        low, high = (numbers_of_column(data, each, asked) for each in pay)
        wrong = int((low > high).sum())
        if wrong:
            raise OptionError(
                asked,
                f"In {wrong} rows `{pay[0]}` is above `{pay[1]}`.",
                "Write the column of the lower end first, and correct these rows.",
            )
        return {"low": low, "high": high}
    check_columns(data, (pay,), asked)
    if bands is None:
        return {"": _amounts(data, pay, asked)}
    import pandas as pd

    table = {code_text(code): _check_band(band, code, asked) for code, band in bands.items()}
    places, distinct = pd.factorize(data.frame[pay])
    said = [
        code_text(int(each) if isinstance(each, float) and each.is_integer() else each) for each in distinct
    ]
    absent = [code for code, words in zip(distinct.tolist(), said, strict=True) if words not in table]
    if absent:
        raise _unlisted_error(pay, absent, asked)
    nothing = (np.nan, np.nan)
    ends = np.array([*(table[each] for each in said), nothing], dtype=np.float64)[places]
    return {"low": ends[:, 0], "high": ends[:, 1]}


def _amounts(data: Microdata, pay: str, asked: str) -> Floats:
    amounts = numbers_of_column(data, pay, asked)
    endless = int(np.isinf(amounts).sum())
    if endless:
        raise OptionError(
            asked,
            f"`{pay}` has no end in {endless} rows.",
            'Write the pair of columns of its ends, `("lowest", "highest")`, or make them missing first.',
        )
    return amounts


def _unlisted_error(pay: str, absent: list[Any], asked: str) -> OptionError:
    error = unlisted_error(pay, absent, asked)
    return OptionError(asked, error.found, "Name them in `bands`, or give them None where they tell no pay.")


def _check_band(band: Any, code: Any, asked: str) -> tuple[float, float]:
    if band is None:
        return np.nan, np.nan
    ends = band if isinstance(band, tuple | list) else (band, band)
    numbers = [each for each in ends if isinstance(each, int | float | np.number) and not np.isnan(each)]
    if len(ends) != 2 or len(numbers) != 2 or numbers[0] > numbers[1] or np.isinf(numbers[0]):
        raise OptionError(
            asked,
            f"The band of {code!r} was given as {band!r}.",
            "Write its two ends, the lower first, as (5000, 10000); `math.inf` ends the open band at the top.",
        )
    return float(numbers[0]), float(numbers[1])


@dataclass(frozen=True)
class StatedBands:
    """Bands read from the words of answers."""

    bands: Mapping[Any, tuple[float, float]]
    of: frozenset[str]
    said: Text

    def check(self, what: str, words: Sequence[str], known: Sequence[str], asked: str) -> None:
        """Refuse a period, or gross for net, that the answers contradict."""
        told = [each for each in known if each in self.of]
        if told and any(each not in told for each in words):
            raise MisleadingError(
                asked,
                f"Its answers say `{told[0]}`, and `{what}` says `{', '.join(words)}`.",
                f"Write `{what}='{told[0]}'`, or look at the answers.",
            )


def read_stated_bands(
    data: Microdata, pay: Any, given: Mapping[Any, Any] | None, asked: str
) -> StatedBands | None:
    """Return the bands that the answers of a column say; None where bands are given, or answers are of another kind."""
    if given is not None or not isinstance(pay, str) or pay not in data.frame:
        return None
    answers = sorted(data.frame[pay].dropna().unique().tolist(), key=str)
    words = words_of_answers(data.codebook, pay, answers)
    written = [parse_band(each) for each in words.values()]
    # numbers with a label here and there are amounts
    if len(words) < len(answers) or not any(band and not band.alone for band in written):
        return None
    found = bands_of_answers(data.codebook, pay, answers, None, asked)
    bands = {answer: band for answer, band in zip(answers, found, strict=True) if band is not None}
    said = sorted(((words[answer], band) for answer, band in bands.items()), key=lambda each: each[1])
    french = ", ".join(f"«\u00a0{label}\u00a0» = {_interval_in_words(band).fr}" for label, band in said)
    english = ", ".join(f"“{label}” = {_interval_in_words(band).en}" for label, band in said)
    of = frozenset[str]().union(*(band.of for band in written if band))
    return StatedBands(bands, of, Text(french, english))


def _interval_in_words(band: tuple[float, float]) -> Text:
    low, high = (Text.same("∞") if math.isinf(end) else figure_in_words(end) for end in band)
    return low if band[0] == band[1] else Text(f"{low.fr}–{high.fr}", f"{low.en}–{high.en}")


def is_absent(values: Sequence[Any] | NDArray[Any]) -> NDArray[np.bool_]:
    """Return where a value is None."""
    return np.array([each is None for each in values], dtype=bool)
