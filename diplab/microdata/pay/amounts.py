"""Amounts of pay as answered, and their conversion at rates with a date and a source.

A year has 52 weeks and 12 months, as the minimum wage is counted: the French minimum wage of a
month is that of an hour times 35 x 52 / 12.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from diplab.checks import argument, check_one_of, is_number, is_whole_number
from diplab.errors import (
    BaseMissingError,
    ColumnError,
    MisleadingError,
    OptionError,
    quoted_names,
    suggestion,
)
from diplab.kernel.arrays import Booleans, Floats
from diplab.microdata.display import WORDS, join_wordings
from diplab.microdata.frames import check_columns, number_column
from diplab.microdata.missing import refuse_codes
from diplab.microdata.parse_numbers import (
    bands_of_answers,
    check_finite,
    check_in_order,
    parse_band,
    words_of_answers,
)
from diplab.microdata.recoding.codes import unlisted_error
from diplab.microdata.search import fold_accents, lexicon
from diplab.microdata.variable import answer_in_error, code_text, is_short
from diplab.reference import parameter as dated_numbers
from diplab.reference.parameter import (
    Parameter,
    day_or_year,
    figure_in_words,
    first_and_last_day,
    parameter_in_words,
)
from diplab.reference.text import NOTHING, Text

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


def days_of_rows(
    data: Microdata, date: datetime.date | int | str
) -> list[datetime.date | int | None]:
    """Return the day or year of each row; None if missing."""
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
    days = [_day_of_cell(answer, constant) for answer in distinct.tolist()]
    return [None if place < 0 else days[place] for place in places]


def _day_of_cell(value: Any, name: str) -> datetime.date | int:
    day = day_or_year(value)
    if day is not None:
        return day
    cell = f"The cell {answer_in_error(value)}" if is_short(value) else "A cell"
    raise ColumnError(
        f"{cell} of `{name}` is neither a day nor a year.",
        write="Write days as 2021-10-01, or years as 2021.",
    )


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
    table = {code_text(code): _check_band(band, code) for code, band in bands.items()}
    places, distinct = pd.factorize(data.frame[pay])
    codes = list(map(code_text, distinct.tolist()))
    unlisted = [
        code for code, text in zip(distinct.tolist(), codes, strict=True) if text not in table
    ]
    if unlisted:
        write = "Name them in `bands`, with None for answers without pay."
        raise OptionError(unlisted_error(pay, unlisted).asked, write=write)
    ends = np.array([*(table[code] for code in codes), (np.nan, np.nan)], dtype=np.float64)[places]
    return {"low": ends[:, 0], "high": ends[:, 1]}


def _check_band(band: Any, code: Any) -> tuple[float, float]:
    if band is None:
        return np.nan, np.nan
    ends = band if isinstance(band, tuple | list) else (band, band)
    numbers = [
        end for end in ends if isinstance(end, int | float | np.number) and not np.isnan(end)
    ]
    if len(ends) != 2 or len(numbers) != 2 or numbers[0] > numbers[1] or np.isinf(numbers[0]):
        raise OptionError(
            f"The band {band!r} of {code!r} does not have two ends.",
            write="Write both ends, the lower first, as (5000, 10000) or (5000, math.inf).",
        )
    return float(numbers[0]), float(numbers[1])


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
                write=f"Write `{what}='{stated[0]}'`, or look at the answers.",
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
    quoted = [
        WORDS("form.quoted", words=words[answer], value=_band_in_words(band))
        for answer, band in in_order
    ]
    of = frozenset[str]().union(*(band.of for band in parsed if band))
    return StatedBands(stated, of, join_wordings(quoted, ", "))


def _band_in_words(band: tuple[float, float]) -> Text:
    low, high = (Text.same("∞") if math.isinf(end) else figure_in_words(end) for end in band)
    return low if band[0] == band[1] else WORDS("form.span", low=low, high=high)


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
        return tuple(sorted({word for word in self.words if word is not None}))


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
    labels = {
        code_text(code): label for code, label in data.codebook.variable(value).values.items()
    }
    meant = {code_text(code): word for code, word in (codes or {}).items()}
    words: list[str | None] = []
    for code in distinct.tolist():
        text = code_text(code)
        label = labels.get(text)
        tried = [meant.get(text, code), *([label.fr, label.en] if label is not None else [])]
        word = next(
            (meaning for meaning in (_meaning(every, lexicon) for every in tried) if meaning), None
        )
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
    return next(
        (name for name, others in lexicon.items() if folded == name or folded in others), None
    )


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


RateKind: TypeAlias = Literal["exchange", "purchasing power"]
Unit: TypeAlias = Literal["gross", "net"]


def as_rate(rate: Any, name: str, unit: str) -> Parameter:
    """Return a rate as a dated parameter, from one or a mapping with value, date and source."""
    example = f"{{'value': 0.9, 'date': 2022, 'source': '...'}} ({unit})"
    if isinstance(rate, Parameter):
        if rate.unit.replace(" an ", " a ").split(",")[0].strip() != unit:
            raise MisleadingError(
                f"The rate `{name}` is the parameter `{rate.name}`, whose unit is `{rate.unit}`.",
                write=f"Write one in `{unit}`.",
            )
        return rate
    if not isinstance(rate, Mapping) or not set(rate) <= {"value", "date", "source", "kind"}:
        raise OptionError(
            f"The rate `{name}` is {rate!r}.", write=f"Write a parameter, or {example}."
        )
    absent = [key for key in ("date", "source") if not rate.get(key)]
    if absent:
        problem = f"The rate `{name}` has no {' and no '.join(absent)}."
        raise BaseMissingError(problem, write=f"Write it as {example}.")
    value, kind = rate.get("value"), rate.get("kind", "exchange")
    if not is_number(value) or not 0 < float(value) < math.inf:  # type: ignore[arg-type]
        problem = f"The value of the rate `{name}` is {value!r}."
        raise OptionError(problem, write=f"Write a number above 0 ({unit}).")
    check_one_of("kind", kind, RateKind, of=f"in the rate `{name}`")
    day = None if isinstance(rate["date"], str) else day_or_year(rate["date"])
    if day is None:
        problem = f"The date of the rate `{name}` is {rate['date']!r}."
        raise OptionError(problem, write="Write a day (`datetime.date`) or a year.")
    since, until = first_and_last_day(day)
    label = WORDS(f"rate_kind.{kind}") if " a " in unit else WORDS("rate.net_over_gross")
    source = str(rate["source"])
    number = float(value)  # type: ignore[arg-type]
    return Parameter(name, number, unit, since, until, source, "", "second-hand", NOTHING, label)


_NAMES = {"€": "EUR", "EURO": "EUR", "EUROS": "EUR", "£": "GBP", "₹": "INR"}
_WRITE_CODE = "Write a code of three letters, such as 'EUR', or a column of such codes."


def currency_code(currency: Any) -> str | None:
    """Return the code of a currency (`€` is EUR); None if it is ambiguous or unknown."""
    if not isinstance(currency, str):
        return None
    written = currency.strip().upper()
    code = _NAMES.get(written, written)
    return code if re.fullmatch(r"[A-Z]{3}", code) else None


def currencies_of_rows(data: Microdata, currency: str) -> list[str | None]:
    """Return the currency of each row; None if missing."""
    columns = list(map(str, data.frame.columns))
    if not isinstance(currency, str) or currency not in columns:
        code = currency_code(currency)
        if code is None:
            problem = f"{argument('currency', currency)} is not the code of a currency or a column."
            near = suggestion(currency, columns) if isinstance(currency, str) else ""
            raise OptionError(problem, near if near.startswith("Did") else "", _WRITE_CODE)
        return [code] * len(data.frame)
    check_columns(data, currency)
    places, distinct = pd.factorize(data.frame[currency])
    codes = list(map(currency_code, distinct.tolist()))
    wrong = next(
        (answer for answer, code in zip(distinct.tolist(), codes, strict=True) if code is None),
        None,
    )
    if wrong is not None:
        raise ColumnError(
            f"The cell {wrong!r} of `{currency}` is not the code of a currency.", write=_WRITE_CODE
        )
    return [None if place < 0 else codes[place] for place in places]


Days = list["datetime.date | int | None"]
MINIMUM_WAGE = "minimum_wage"  # option: the ratio of net to gross minimum wage on the date


@dataclass(frozen=True, eq=False)
class Conversion:
    """The factor of pay by row, its new kind (gross, net, currency, year), and a description."""

    factor: Floats
    into: str
    words: tuple[Text, ...] = ()


def unit_conversion(
    units: RowWords | None, wanted: str | None, ratio: Any, days: Days | None
) -> Conversion:
    """Return the conversion of pay to gross or net."""
    if wanted is not None:
        check_one_of("to_unit", wanted, Unit)
    if units is None:
        if wanted is not None:
            raise OptionError(
                f"`to_unit={wanted!r}` requires the unit of the pay.",
                write="Write `unit='gross'`, `unit='net'`, or a column.",
            )
        return Conversion(np.ones(1), "", (WORDS("rate.unit_not_stated"),))
    used = units.used
    if wanted is None and len(used) > 1:
        raise MisleadingError(
            f"Some rows of `{units.column}` are gross and others net, which are not comparable.",
            write="Write `to_unit='net'` and `net_over_gross=` (a dated ratio, or 'minimum_wage').",
        )
    into = wanted or (used[0] if used else "")
    other = [item for item in used if item != into]
    if not other:
        unit = (WORDS("rate.as_answered", unit=WORDS(f"unit.{into}")),) if into else ()
        return Conversion(np.where(units.words == into, 1.0, np.nan), into, unit)
    if ratio is None:
        raise OptionError(
            f"Pay that is {other[0]} cannot become {into} without a rate.",
            "",
            "Write `net_over_gross={'value': 0.78, 'date': 2018, 'source': '...'}`, or "
            "'minimum_wage'.",
        )
    ratios, words = _net_over_gross_by_row(ratio, units, other[0], days)
    factor = np.where(units.words == into, 1.0, np.nan)
    here = units.words == other[0]
    factor[here] = ratios[here] if into == "net" else 1.0 / ratios[here]
    return Conversion(factor, into, words)


def _net_over_gross_by_row(
    ratio: Any, units: RowWords, other: str, days: Days | None
) -> tuple[Floats, tuple[Text, ...]]:
    """Return the ratio of net to gross by row, and its description."""
    here = units.words == other
    if ratio != MINIMUM_WAGE or not isinstance(ratio, str):
        rate = as_rate(ratio, "net_over_gross", "net over gross")
        if rate.value > 1:
            raise OptionError(
                f"The rate `net_over_gross` is {rate.value:g}, which makes net pay more than gross "
                "pay.",
                write="Write net over gross, a number of at most 1.",
            )
        in_words = _rate_in_words(
            rate, WORDS("rate.net_from_gross", rate=figure_in_words(rate.value))
        )
        return _rate_by_row([rate], here, days), (in_words,)
    if days is None:
        raise OptionError(
            f"`net_over_gross={MINIMUM_WAGE!r}` needs a date.",
            write="Write `date=` with a day, a year or a column.",
        )
    ratios = np.full(len(here), np.nan)
    words = []
    used_days = {day for day, used in zip(days, here, strict=True) if used and day is not None}
    for day in sorted(used_days, key=first_and_last_day):
        why = f"`net_over_gross={MINIMUM_WAGE!r}` needs the minimum wages of {day}."
        net = dated_numbers.in_force("minimum_wage_monthly_net", day, why)
        gross = dated_numbers.in_force("minimum_wage_monthly_gross", day, why)
        ratio = net.value / gross.value
        ratios[here & _is_day(days, day)] = ratio
        wages = {"net": parameter_in_words(net), "gross": parameter_in_words(gross)}
        words.append(WORDS("rate.minimum_wages", ratio=figure_in_words(round(ratio, 4)), **wages))
    return ratios, tuple(dict.fromkeys(words))


def _is_day(days: Days, day: datetime.date | int) -> Booleans:
    """Return the rows with a day, or a year; a year is not its first day."""
    return np.array([item == day and type(item) is type(day) for item in days])


def currency_conversion(
    currencies: Sequence[str | None],
    wanted: str | None,
    rates: Mapping[str, Any] | None,
    days: Days | None,
) -> Conversion:
    """Return the conversion of pay to one currency."""
    by_row = np.array(currencies, dtype=object)
    used = sorted({currency for currency in currencies if currency is not None})
    if wanted is None and len(used) > 1:
        raise MisleadingError(
            f"Pay is in {len(used)} currencies: {', '.join(used)}.",
            write=f"Write `to_currency={used[0]!r}` and `rates=`, with dates and sources.",
        )
    into = wanted or (used[0] if used else "")
    factor = np.where(by_row == into, 1.0, np.nan)
    words = []
    for item in (other for other in used if other != into):
        if rates is None or item not in rates:
            raise OptionError(
                f"`rates` has no rate from {item} to {into}.",
                "",
                f"Write `rates={{{item!r}: {{'value': 0.9, 'date': 2022, 'source': '...'}}}}`, "
                f"{into} for one {item}.",
            )
        here = by_row == item
        of_currency = rates[item] if isinstance(rates[item], list | tuple) else [rates[item]]
        dated = [as_rate(one, item, f"{into} a {item}") for one in of_currency]
        factor[here] = _rate_by_row(dated, here, days)[here]
        for rate in dated:
            figure = figure_in_words(rate.value)
            words.append(
                _rate_in_words(rate, WORDS("rate.exchange", currency=item, rate=figure, into=into))
            )
    return Conversion(factor, into, tuple(words))


def _rate_by_row(dated: Sequence[Parameter], here: Booleans, days: Days | None) -> Floats:
    """Return the rate of each row: the only one, or the one in force on its date."""
    rows = np.full(len(here), dated[0].value if len(dated) == 1 else np.nan)
    if len(dated) > 1 and days is None:
        raise OptionError(
            f"The rate `{dated[0].name}` has {len(dated)} dates, and the pay has none.",
            write="Write `date=` with a year or a column.",
        )
    for day in {
        day for day, used in zip(days or (), here, strict=False) if used and day is not None
    }:
        fitting = [rate for rate in dated if rate.holds_on(day)]
        if len(fitting) > 1:
            raise MisleadingError(
                f"The rate `{dated[0].name}` has {len(fitting)} values for {day}.",
                write="Write one value for each date.",
            )
        if not fitting:
            last = dated[-1]
            raise MisleadingError(
                f"The rate `{last.name}` holds from {last.since} to "
                f"{last.until or 'no known end'}, and some pay is of "
                f"{day}.",
                write="Write a rate of the date of the pay.",
            )
        rows[here & _is_day(days or [], day)] = fitting[0].value
    return rows


def _rate_in_words(rate: Parameter, words: Text) -> Text:
    days = f"{rate.since.isoformat()} – {rate.until.isoformat() if rate.until else '...'}"
    return WORDS("rate.source", rate=words, label=rate.label, days=days, source=rate.source)


_WRITE_INDEX = (
    "Write `price_index={'values': {2018: 103.1, 2022: 112.5}, 'source': '...'}, prices_of=2022`."
)


def price_conversion(index: Any, prices_of: int | None, days: Days | None) -> Conversion:
    """Return the conversion of pay of each year to the prices of one year."""
    if index is None and prices_of is None:
        return Conversion(np.ones(1), "")
    if index is None:
        raise OptionError("`prices_of` needs `price_index` too.", write=_WRITE_INDEX)
    if prices_of is None:
        raise OptionError("`price_index` needs `prices_of` too.", write=_WRITE_INDEX)
    if days is None:
        raise OptionError(
            "`price_index` needs the year of the pay.",
            write="Write `date=` with a year or a column.",
        )
    values, source = _read_index(index)
    years = [day if day is None or isinstance(day, int) else day.year for day in days]
    known = {year for year in years if year is not None}
    absent_years = sorted({*known, prices_of} - values.keys())
    if absent_years:
        raise OptionError(
            f"`price_index` has no value for {', '.join(map(str, absent_years))}.",
            write="Write its value too, with the same source and base.",
        )
    ratio = {year: values[prices_of] / values[year] for year in sorted(known)}
    factor = np.array([np.nan if year is None else ratio[year] for year in years], dtype=float)
    factors = []
    for year, value in ratio.items():
        if year != prices_of:
            printed = figure_in_words(round(value, 4))
            factors.append(WORDS("rate.price_factor", factor=printed, year=year))
    words = WORDS(
        "rate.prices",
        year=prices_of,
        factors=join_wordings(factors or [WORDS("rate.no_price_factor")], ", "),
        source=source,
    )
    return Conversion(factor, str(prices_of), (words,))


def _read_index(index: Any) -> tuple[dict[int, float], str]:
    if isinstance(index, Sequence) and index and all(isinstance(name, Parameter) for name in index):
        if len({(name.name, name.unit) for name in index}) > 1:
            raise MisleadingError(
                "`price_index` has parameters of several series.", write="Write those of one."
            )
        sources = dict.fromkeys(name.source for name in index)
        return {name.since.year: float(name.value) for name in index}, "; ".join(sources)
    if (
        not isinstance(index, Mapping)
        or not isinstance(index.get("values"), Mapping)
        or not index["values"]
    ):
        raise OptionError(
            f"{argument('price_index', index)} is not a dated index.", write=_WRITE_INDEX
        )
    values = index["values"]
    for year, value in values.items():
        is_year = is_whole_number(year) and 1800 <= year <= 2200
        if not is_year or not is_number(value) or not 0 < value < math.inf:
            raise OptionError(
                f"`price_index` has the value {value!r} for {year!r}.", write=_WRITE_INDEX
            )
    source = index.get("source")
    if not source or not isinstance(source, str):
        raise BaseMissingError(
            "`price_index` has no source, and cannot be checked.", write=_WRITE_INDEX
        )
    return {year: float(value) for year, value in values.items()}, source


@dataclass(frozen=True, eq=False)
class RowConversions:
    """All conversions of pay: kind, currency and prices, the unit, and rows without one."""

    kind: Conversion
    money: Conversion
    factor: Floats
    unit: str
    not_stated: Mapping[str, Booleans]


def row_conversions(
    data: Microdata,
    units: tuple[str | None, Mapping[Any, str] | None, str | None, Any],
    currency: tuple[str, str | None, Mapping[str, Any] | None],
    prices: tuple[Any, int | None],
    date: datetime.date | int | str | None,
) -> RowConversions:
    """Return the conversions from the options of `harmonise_pay`."""
    unit, codes, to_unit, ratio = units
    days = None if date is None else days_of_rows(data, date)
    by_row = None if unit is None else words_of_rows(data, "unit", unit, UNITS, codes)
    kind = unit_conversion(by_row, to_unit, ratio, days)
    source, to_currency, rates = currency
    currencies = currencies_of_rows(data, source)
    wanted = None if to_currency is None else currency_code(to_currency)
    if to_currency is not None and wanted is None:
        problem = f"{argument('to_currency', to_currency)} is not the code of a currency."
        raise OptionError(problem, write="Write a code of three letters, such as 'EUR'.")
    money = currency_conversion(currencies, wanted, rates, days)
    level = price_conversion(*prices, days)
    not_stated = {"no_currency": pd.isna(np.array(currencies, dtype=object))}
    if by_row is not None:
        not_stated["no_unit"] = pd.isna(by_row.words)
    if level.into and days is not None:
        not_stated["no_date"] = pd.isna(np.array(days, dtype=object))
    in_words = replace(money, words=(*(money.words or (Text.same(money.into),)), *level.words))
    into = f"{money.into} of {level.into}" if level.into and money.into else money.into
    return RowConversions(
        kind, in_words, kind.factor * money.factor * level.factor, into, not_stated
    )
