"""Conversions of amounts: gross and net, currencies, prices, at rates with a date and a source."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from diplab.checks import argument, check_one_of, is_number, is_whole_number, values_of
from diplab.errors import BaseMissingError, ColumnError, MisleadingError, OptionError, suggestion
from diplab.kernel.arrays import Booleans, Floats
from diplab.microdata.display import WORDS, join_wordings
from diplab.microdata.frames import check_columns
from diplab.microdata.pay.amounts import RowWords
from diplab.microdata.variable import answer_in_error, is_short
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

Days: TypeAlias = list[datetime.date | int | None]


def meanings_of_rows(
    data: Microdata,
    name: str,
    meaning: Callable[[Any], Any],
    refusal: Callable[[str, Any], ColumnError],
) -> list[Any]:
    """Return the meaning of the answer of each row, None if missing; unknown ones are refused."""
    check_columns(data, name)
    places, distinct = pd.factorize(data.frame[name])
    meanings: list[Any] = []
    for answer in distinct.tolist():
        meant = meaning(answer)
        if meant is None:
            raise refusal(name, answer)
        meanings.append(meant)
    # the place of missing answers is -1
    return list(np.array([*meanings, None], dtype=object)[places])


def days_of_rows(data: Microdata, date: datetime.date | int | str | None) -> Days | None:
    """Return the day or year of each row, None if missing; None without a date."""
    if date is None:
        return None
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
    return meanings_of_rows(data, constant, day_or_year, _not_a_day)


def _not_a_day(name: str, answer: Any) -> ColumnError:
    cell = f"The cell {answer_in_error(answer)}" if is_short(answer) else "A cell"
    return ColumnError(
        f"{cell} of `{name}` is neither a day nor a year.",
        write="Write days as 2021-10-01, or years as 2021.",
    )


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
    if re.fullmatch(r"[A-Z]{3}", code):
        return code
    return None


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
    return meanings_of_rows(data, currency, currency_code, _not_a_currency)


def _not_a_currency(name: str, answer: Any) -> ColumnError:
    return ColumnError(
        f"The cell {answer!r} of `{name}` is not the code of a currency.", write=_WRITE_CODE
    )


MINIMUM_WAGE = "minimum_wage"  # option: the ratio of net to gross minimum wage on the date


@dataclass(frozen=True, eq=False)
class Conversion:
    """The factor of amounts by row, what they are converted into, and how, in words.

    `into` is gross or net, a currency, or the year of the prices; empty if unknown. `not_stated`
    are the rows without factor, by what their answers do not state.
    """

    factor: Floats
    into: str
    words: tuple[Text, ...] = ()
    not_stated: Mapping[str, Booleans] = field(default_factory=dict)


def as_stated(into: str) -> Conversion:
    """Return the conversion that leaves amounts as they are."""
    return Conversion(np.ones(1), into)


def unit_conversion(
    units: RowWords | None, wanted: str | None, ratio: Any, days: Days | None
) -> Conversion:
    """Return the conversion of pay to gross or net, at a ratio of net to gross."""
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
    into = wanted or "".join(used)
    factor = np.where(units.words == into, 1.0, np.nan)
    not_stated = {"no_unit": pd.isna(units.words)}
    other = [unit for unit in used if unit != into]
    if not other:
        unit = (WORDS("rate.as_answered", unit=WORDS(f"unit.{into}")),) if into else ()
        return Conversion(factor, into, unit, not_stated)
    if ratio is None:
        raise OptionError(
            f"Pay that is {other[0]} cannot become {into} without a rate.",
            "",
            "Write `net_over_gross={'value': 0.78, 'date': 2018, 'source': '...'}`, or "
            "'minimum_wage'.",
        )
    ratios, words = _net_over_gross_by_row(ratio, units, other[0], days)
    converted = units.words == other[0]
    factor[converted] = ratios[converted] if into == "net" else 1.0 / ratios[converted]
    return Conversion(factor, into, words, not_stated)


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
    for day in sorted(_days_of(days, here), key=first_and_last_day):
        why = f"`net_over_gross={MINIMUM_WAGE!r}` needs the minimum wages of {day}."
        net = dated_numbers.in_force("minimum_wage_monthly_net", day, why)
        gross = dated_numbers.in_force("minimum_wage_monthly_gross", day, why)
        ratio = net.value / gross.value
        ratios[here & _is_day(days, day)] = ratio
        wages = {"net": parameter_in_words(net), "gross": parameter_in_words(gross)}
        words.append(WORDS("rate.minimum_wages", ratio=figure_in_words(round(ratio, 4)), **wages))
    return ratios, tuple(dict.fromkeys(words))


def _days_of(days: Days, here: Booleans) -> set[datetime.date | int]:
    """Return the distinct days or years of some rows."""
    return set(filter(None, compress(days, here)))


def _is_day(days: Days, day: datetime.date | int) -> Booleans:
    """Return the rows with a day, or a year; a year is not its first day."""
    return np.array([item == day and type(item) is type(day) for item in days])


def currency_conversion(
    data: Microdata,
    currency: str,
    to_currency: str | None,
    rates: Mapping[str, Any] | None,
    days: Days | None,
) -> Conversion:
    """Return the conversion of amounts to one currency."""
    currencies = currencies_of_rows(data, currency)
    wanted = None if to_currency is None else currency_code(to_currency)
    if to_currency is not None and wanted is None:
        problem = f"{argument('to_currency', to_currency)} is not the code of a currency."
        raise OptionError(problem, write="Write a code of three letters, such as 'EUR'.")
    by_row = np.array(currencies, dtype=object)
    used = sorted(set(filter(None, currencies)))
    if wanted is None and len(used) > 1:
        raise MisleadingError(
            f"Pay is in {len(used)} currencies: {', '.join(used)}.",
            write=f"Write `to_currency={used[0]!r}` and `rates=`, with dates and sources.",
        )
    into = wanted or "".join(used)
    factor = np.where(by_row == into, 1.0, np.nan)
    words = []
    for code in used:
        if code == into:
            continue
        if rates is None or code not in rates:
            raise OptionError(
                f"`rates` has no rate from {code} to {into}.",
                "",
                f"Write `rates={{{code!r}: {{'value': 0.9, 'date': 2022, 'source': '...'}}}}`, "
                f"{into} for one {code}.",
            )
        rows = by_row == code
        dated = [as_rate(rate, code, f"{into} a {code}") for rate in values_of(rates[code])]
        factor[rows] = _rate_by_row(dated, rows, days)[rows]
        for rate in dated:
            figure = figure_in_words(rate.value)
            exchange = WORDS("rate.exchange", currency=code, rate=figure, into=into)
            words.append(_rate_in_words(rate, exchange))
    not_stated = {"no_currency": pd.isna(by_row)}
    return Conversion(factor, into, tuple(words) or (Text.same(into),), not_stated)


def _rate_by_row(dated: Sequence[Parameter], here: Booleans, days: Days | None) -> Floats:
    """Return the rate of each row: the only one, or the one in force on its date."""
    rows = np.full(len(here), dated[0].value if len(dated) == 1 else np.nan)
    if len(dated) > 1 and days is None:
        raise OptionError(
            f"The rate `{dated[0].name}` has {len(dated)} dates, and the pay has none.",
            write="Write `date=` with a year or a column.",
        )
    for day in _days_of(days or [], here):
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
        return as_stated("")
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
    known = set(filter(None, years))
    absent_years = sorted({*known, prices_of} - values.keys())
    if absent_years:
        raise OptionError(
            f"`price_index` has no value for {', '.join(map(str, absent_years))}.",
            write="Write its value too, with the same source and base.",
        )
    ratio = {}
    for year in sorted(known):
        ratio[year] = values[prices_of] / values[year]
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
    not_stated = {"no_date": pd.isna(np.array(days, dtype=object))}
    return Conversion(factor, str(prices_of), (words,), not_stated)


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
