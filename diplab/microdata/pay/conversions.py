"""Gross and net, currencies and prices: converted only at a rate with a date and a source."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from diplab.checks import argument, check_one_of, is_number, is_whole_number
from diplab.errors import BaseMissingError, ColumnError, MisleadingError, OptionError, suggestion
from diplab.kernel.arrays import Booleans, Floats
from diplab.microdata.display import WORDS, join_texts
from diplab.microdata.frames import check_columns
from diplab.microdata.pay.amounts import UNITS, RowWords, days_of_rows, words_of_rows
from diplab.reference.parameter import (
    Parameter,
    day_or_year,
    figure_in_words,
    first_and_last_day,
    in_force,
    parameter_in_words,
)
from diplab.reference.text import NOTHING, Text

if TYPE_CHECKING:
    from diplab.microdata.microdata import Microdata

RateKind: TypeAlias = Literal["exchange", "purchasing power"]
Unit: TypeAlias = Literal["gross", "net"]


def as_rate(rate: Any, name: str, unit: str) -> Parameter:
    """Return a rate as a dated parameter, from a mapping with `value`, `date`, `source` and perhaps `kind`."""
    example = f"{{'value': 0.9, 'date': 2022, 'source': '...'}} ({unit})"
    if isinstance(rate, Parameter):
        if rate.unit.replace(" an ", " a ").split(",")[0].strip() != unit:
            raise MisleadingError(
                f"The rate `{name}` is the parameter `{rate.name}`, whose unit is `{rate.unit}`.",
                write=f"Write one in `{unit}`.",
            )
        return rate
    if not isinstance(rate, Mapping) or not set(rate) <= {"value", "date", "source", "kind"}:
        raise OptionError(f"The rate `{name}` is {rate!r}.", write=f"Write a parameter, or {example}.")
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
    return Parameter(name, float(value), unit, since, until, source, "", "second-hand", NOTHING, label)  # type: ignore[arg-type]


_NAMES = {"€": "EUR", "EURO": "EUR", "EUROS": "EUR", "£": "GBP", "₹": "INR"}
_WRITE_CODE = "Write a code of three letters, such as 'EUR', or a column of such codes."


def currency_code(currency: Any) -> str | None:
    """Return the code of a currency (`€` is EUR); None where it is ambiguous or not a currency."""
    if not isinstance(currency, str):
        return None
    written = currency.strip().upper()
    code = _NAMES.get(written, written)
    return code if re.fullmatch(r"[A-Z]{3}", code) else None


def currencies_of_rows(data: Microdata, currency: str) -> list[str | None]:
    """Return the currency of each row; None where the column has none."""
    columns = [str(each) for each in data.frame.columns]
    if not isinstance(currency, str) or currency not in columns:
        code = currency_code(currency)
        if code is None:
            problem = f"{argument('currency', currency)} is not the code of a currency or a column."
            near = suggestion(currency, columns) if isinstance(currency, str) else ""
            raise OptionError(problem, near if near.startswith("Did") else "", _WRITE_CODE)
        return [code] * len(data.frame)
    check_columns(data, currency)
    places, distinct = pd.factorize(data.frame[currency])
    codes = [currency_code(each) for each in distinct.tolist()]
    wrong = next((each for each, code in zip(distinct.tolist(), codes, strict=True) if code is None), None)
    if wrong is not None:
        raise ColumnError(f"The cell {wrong!r} of `{currency}` is not the code of a currency.", write=_WRITE_CODE)
    return [None if place < 0 else codes[place] for place in places]


Days = list["datetime.date | int | None"]
MINIMUM_WAGE = "minimum_wage"  # the word for the ratio of the net to the gross minimum wage of the date


@dataclass(frozen=True, eq=False)
class Conversion:
    """The factor of the pay of each row, what the pay then is (gross, net, a currency, a year), and why in words."""

    factor: Floats
    into: str
    words: tuple[Text, ...] = ()


def unit_conversion(units: RowWords | None, wanted: str | None, ratio: Any, days: Days | None) -> Conversion:
    """Return how pay becomes gross, or net."""
    if wanted is not None:
        check_one_of("to_unit", wanted, Unit)
    if units is None:
        if wanted is not None:
            raise OptionError(
                f"`to_unit={wanted!r}` needs to know what the pay is.",
                write="Write `unit='gross'`, `unit='net'`, or a column.",
            )
        return Conversion(np.ones(1), "", (WORDS("rate.unit_not_stated"),))
    used = units.used
    if wanted is None and len(used) > 1:
        raise MisleadingError(
            f"Some rows of `{units.column}` are gross and others net, and they do not compare.",
            write="Write `to_unit='net'` and `net_over_gross=` (a dated ratio with its source, or 'minimum_wage').",
        )
    into = wanted or (used[0] if used else "")
    other = [each for each in used if each != into]
    if not other:
        unit = (WORDS("rate.as_answered", unit=WORDS(f"unit.{into}")),) if into else ()
        return Conversion(np.where(units.words == into, 1.0, np.nan), into, unit)
    if ratio is None:
        raise OptionError(
            f"Pay that is {other[0]} cannot become {into} without a rate.",
            "",
            "Write `net_over_gross={'value': 0.78, 'date': 2018, 'source': '...'}`, or 'minimum_wage' with a date.",
        )
    ratios, words = _net_over_gross_by_row(ratio, units, other[0], days)
    factor = np.where(units.words == into, 1.0, np.nan)
    here = units.words == other[0]
    factor[here] = ratios[here] if into == "net" else 1.0 / ratios[here]
    return Conversion(factor, into, words)


def _net_over_gross_by_row(
    ratio: Any, units: RowWords, other: str, days: Days | None
) -> tuple[Floats, tuple[Text, ...]]:
    """Return the ratio of net to gross by row, and the ratio in words."""
    here = units.words == other
    if ratio != MINIMUM_WAGE or not isinstance(ratio, str):
        rate = as_rate(ratio, "net_over_gross", "net over gross")
        if rate.value > 1:
            raise OptionError(
                f"The rate `net_over_gross` is {rate.value:g}, which makes net pay more than gross pay.",
                write="Write net over gross, a number of at most 1.",
            )
        in_words = _rate_in_words(rate, WORDS("rate.net_from_gross", rate=figure_in_words(rate.value)))
        return _rate_by_row([rate], here, days), (in_words,)
    if days is None:
        raise OptionError(
            f"`net_over_gross={MINIMUM_WAGE!r}` needs a date.", write="Write `date=` with a day, a year or a column."
        )
    ratios = np.full(len(here), np.nan)
    words = []
    used_days = {day for day, used in zip(days, here, strict=True) if used and day is not None}
    for day in sorted(used_days, key=first_and_last_day):
        why = f"`net_over_gross={MINIMUM_WAGE!r}` needs the minimum wages of {day}."
        net = in_force("minimum_wage_monthly_net", day, why)
        gross = in_force("minimum_wage_monthly_gross", day, why)
        ratio = net.value / gross.value
        ratios[here & _is_day(days, day)] = ratio
        wages = {"net": parameter_in_words(net), "gross": parameter_in_words(gross)}
        words.append(WORDS("rate.minimum_wages", ratio=figure_in_words(round(ratio, 4)), **wages))
    return ratios, tuple(dict.fromkeys(words))


def _is_day(days: Days, day: datetime.date | int) -> Booleans:
    """Return which rows have a day, or a year; a year is not its first day."""
    return np.array([each == day and type(each) is type(day) for each in days])


def currency_conversion(
    currencies: Sequence[str | None], wanted: str | None, rates: Mapping[str, Any] | None, days: Days | None
) -> Conversion:
    """Return how pay becomes pay in one currency."""
    by_row = np.array(currencies, dtype=object)
    used = sorted({each for each in currencies if each is not None})
    if wanted is None and len(used) > 1:
        raise MisleadingError(
            f"Pay is in {len(used)} currencies: {', '.join(used)}.",
            write=f"Write `to_currency={used[0]!r}` and `rates=`, each with its date and its source.",
        )
    into = wanted or (used[0] if used else "")
    factor = np.where(by_row == into, 1.0, np.nan)
    words = []
    for each in (other for other in used if other != into):
        if rates is None or each not in rates:
            raise OptionError(
                f"`rates` has no rate from {each} to {into}.",
                "",
                f"Write `rates={{{each!r}: {{'value': 0.9, 'date': 2022, 'source': '...'}}}}`, {into} for one {each}.",
            )
        here = by_row == each
        of_currency = rates[each] if isinstance(rates[each], list | tuple) else [rates[each]]
        dated = [as_rate(one, each, f"{into} a {each}") for one in of_currency]
        factor[here] = _rate_by_row(dated, here, days)[here]
        for rate in dated:
            figure = figure_in_words(rate.value)
            words.append(_rate_in_words(rate, WORDS("rate.exchange", currency=each, rate=figure, into=into)))
    return Conversion(factor, into, tuple(words))


def _rate_by_row(dated: Sequence[Parameter], here: Booleans, days: Days | None) -> Floats:
    """Return the rate of each row: the only one, or that of several which holds on its date."""
    rows = np.full(len(here), dated[0].value if len(dated) == 1 else np.nan)
    if len(dated) > 1 and days is None:
        raise OptionError(
            f"The rate `{dated[0].name}` has {len(dated)} dates, and the pay has none.",
            write="Write `date=` with a year or a column.",
        )
    for day in {day for day, used in zip(days or (), here, strict=False) if used and day is not None}:
        fitting = [rate for rate in dated if rate.holds_on(day)]
        if len(fitting) > 1:
            raise MisleadingError(
                f"The rate `{dated[0].name}` has {len(fitting)} values for {day}.",
                write="Write one value for each date.",
            )
        if not fitting:
            last = dated[-1]
            raise MisleadingError(
                f"The rate `{last.name}` holds from {last.since} to {last.until or 'no known end'}, and some pay is of "
                f"{day}.",
                write="Write a rate of the date of the pay.",
            )
        rows[here & _is_day(days or [], day)] = fitting[0].value
    return rows


def _rate_in_words(rate: Parameter, words: Text) -> Text:
    days = f"{rate.since.isoformat()} – {rate.until.isoformat() if rate.until else '...'}"
    return WORDS("rate.source", rate=words, label=rate.label, days=days, source=rate.source)


_WRITE_INDEX = "Write `price_index={'values': {2018: 103.1, 2022: 112.5}, 'source': '...'}, prices_of=2022`."


def price_conversion(index: Any, prices_of: int | None, days: Days | None) -> Conversion:
    """Return how pay of each year becomes pay in the prices of one."""
    if index is None and prices_of is None:
        return Conversion(np.ones(1), "")
    if index is None or prices_of is None:
        absent, present = ("price_index", "prices_of") if index is None else ("prices_of", "price_index")
        raise OptionError(f"`{present}` needs `{absent}` too.", write=_WRITE_INDEX)
    if days is None:
        raise OptionError("`price_index` needs the year of the pay.", write="Write `date=` with a year or a column.")
    values, source = _read_index(index)
    years = [day if day is None or isinstance(day, int) else day.year for day in days]
    absent_years = sorted({year for year in (*years, prices_of) if year is not None} - values.keys())
    if absent_years:
        raise OptionError(
            f"`price_index` has no value for {', '.join(map(str, absent_years))}.",
            write="Write its value too, with the same source and base.",
        )
    factor = np.array([np.nan if year is None else values[prices_of] / values[year] for year in years], dtype=float)
    used = [year for year in sorted({year for year in years if year is not None}) if year != prices_of]
    factors = [
        WORDS("rate.price_factor", factor=figure_in_words(round(values[prices_of] / values[year], 4)), year=year)
        for year in used
    ] or [WORDS("rate.no_price_factor")]
    words = WORDS("rate.prices", year=prices_of, factors=join_texts(factors, ", "), source=source)
    return Conversion(factor, str(prices_of), (words,))


def _read_index(index: Any) -> tuple[dict[int, float], str]:
    if isinstance(index, Sequence) and index and all(isinstance(each, Parameter) for each in index):
        if len({(each.name, each.unit) for each in index}) > 1:
            raise MisleadingError("`price_index` has parameters of several series.", write="Write those of one.")
        sources = dict.fromkeys(each.source for each in index)
        return {each.since.year: float(each.value) for each in index}, "; ".join(sources)
    if not isinstance(index, Mapping) or not isinstance(index.get("values"), Mapping) or not index["values"]:
        raise OptionError(f"{argument('price_index', index)} is not a dated index.", write=_WRITE_INDEX)
    values = index["values"]
    for year, value in values.items():
        is_year = is_whole_number(year) and 1800 <= year <= 2200
        if not is_year or not is_number(value) or not 0 < value < math.inf:
            raise OptionError(f"`price_index` has the value {value!r} for {year!r}.", write=_WRITE_INDEX)
    source = index.get("source")
    if not source or not isinstance(source, str):
        raise BaseMissingError("`price_index` has no source, and cannot be checked.", write=_WRITE_INDEX)
    return {year: float(value) for year, value in values.items()}, source


@dataclass(frozen=True, eq=False)
class RowConversions:
    """All conversions of the pay of each row: gross and net, currency and prices, the unit, and rows without one."""

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
    """Read the options of `harmonise_pay` that convert amounts."""
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
    return RowConversions(kind, in_words, kind.factor * money.factor * level.factor, into, not_stated)
