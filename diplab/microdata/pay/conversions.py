"""Gross and net, currencies and prices: converted only at a rate with a date and a source."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from diplab.errors import BaseMissingError, ColumnError, MisleadingError, OptionError, nearest, one_of
from diplab.microdata.frames import check_columns
from diplab.microdata.pay.amounts import days_of_rows, is_absent
from diplab.microdata.pay.periods import UNITS, words_of_rows
from diplab.reference.in_force import in_force
from diplab.reference.parameter import Parameter
from diplab.reference.parameter_words import figure_in_words, parameter_in_words
from diplab.reference.text import Text

if TYPE_CHECKING:
    from diplab.microdata.microdata import Microdata
    from diplab.microdata.pay.periods import RowWords

__all__ = [
    "MINIMUM_WAGE",
    "Conversion",
    "RowConversions",
    "as_rate",
    "check_currency",
    "check_rate_on",
    "currencies_of_rows",
    "currency_code",
    "currency_conversion",
    "price_conversion",
    "rate_holds",
    "row_conversions",
    "unit_conversion",
]


KEYS = ("value", "date", "source", "kind")
KINDS = {
    "exchange": Text("taux de change", "exchange rate"),
    "purchasing power": Text("parité de pouvoir d’achat", "purchasing power parity"),
}


def as_rate(given: Any, name: str, unit: str, asked: str) -> Parameter:
    """Return a rate as a dated parameter."""
    example = f"{{'value': 0.9, 'date': 2022, 'source': '...'}} ({unit})"
    if isinstance(given, Parameter):
        if given.unit.replace(" an ", " a ").split(",")[0].strip() != unit:
            raise MisleadingError(
                asked,
                f"The rate `{name}` is the parameter `{given.name}`, whose unit is `{given.unit}`.",
                f"Write one in `{unit}`.",
            )
        return given
    if not isinstance(given, Mapping) or not set(given) <= set(KEYS):
        raise OptionError(
            asked, f"The rate `{name}` was given as {given!r}.", f"Write a parameter, or {example}."
        )
    absent = [key for key in ("date", "source") if not given.get(key)]
    if absent:
        raise BaseMissingError(
            asked, f"The rate `{name}` has no {' and no '.join(absent)}.", f"Write it as {example}."
        )
    value, kind = given.get("value"), given.get("kind", "exchange")
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 < float(value) < math.inf:
        raise OptionError(
            asked, f"The value of the rate `{name}` is {value!r}.", f"Write a number above 0 ({unit})."
        )
    if kind not in KINDS:
        raise OptionError(
            asked, f"The kind of the rate `{name}` is {kind!r}.", f"Write one of: {', '.join(KINDS)}."
        )
    since, until = _dates_of_rate(given["date"], name, asked)
    label = KINDS[kind] if " a " in unit else Text("rapport du net au brut", "ratio of net to gross")
    return Parameter(
        name, float(value), unit, since, until, str(given["source"]), "", "second-hand", Text("", ""), label
    )


def rate_holds(rate: Parameter, day: datetime.date | int) -> bool:
    """Return whether a rate holds on a day, or within a year."""
    first = datetime.date(day, 1, 1) if isinstance(day, int) else day
    last = datetime.date(day, 12, 31) if isinstance(day, int) else day
    return rate.since <= last and (rate.until is None or first <= rate.until)


def check_rate_on(rate: Parameter, day: datetime.date | int | None, asked: str) -> None:
    """Refuse a rate for a day on which it does not hold."""
    if day is None:
        return
    if rate_holds(rate, day):
        return
    held = f"from {rate.since.isoformat()} to {rate.until.isoformat() if rate.until else 'no known end'}"
    raise MisleadingError(
        asked,
        f"The rate `{rate.name}` holds {held}, and some pay is of {day if isinstance(day, int) else day.isoformat()}.",
        "Write a rate of the date of the pay.",
    )


def _dates_of_rate(date: Any, name: str, asked: str) -> tuple[datetime.date, datetime.date]:
    if isinstance(date, datetime.datetime):
        date = date.date()
    if isinstance(date, datetime.date):
        return date, date
    if isinstance(date, int) and not isinstance(date, bool) and 1900 <= date <= 2200:
        return datetime.date(date, 1, 1), datetime.date(date, 12, 31)
    raise OptionError(
        asked, f"The date of the rate `{name}` is {date!r}.", "Write a day (`datetime.date`) or a year."
    )


_NAMES = {"€": "EUR", "EURO": "EUR", "EUROS": "EUR", "£": "GBP", "₹": "INR"}
_WRITE_CODE = "Write its code of three letters, as 'EUR', or a column of such codes."


def currency_code(given: Any) -> str | None:
    """Return the code of a currency; None where none is meant."""
    if not isinstance(given, str):
        return None
    written = given.strip().upper()
    code = _NAMES.get(written, written)
    return code if re.fullmatch(r"[A-Z]{3}", code) else None


def check_currency(option: str, given: Any, asked: str) -> str:
    """Return the code of a currency that an option names."""
    code = currency_code(given)
    if code is None:
        raise OptionError(
            asked, f"`{option}` was given as {given!r}.", "Write its code of three letters, as 'EUR'."
        )
    return code


def currencies_of_rows(data: Microdata, currency: str, asked: str) -> list[str | None]:
    """Return the currency of each row; None where the column has none."""
    columns = [str(each) for each in data.frame.columns]
    if not isinstance(currency, str) or currency not in columns:
        code = currency_code(currency)
        if code is None:
            near = f", nearest columns: {nearest(currency, columns, 2)}" if isinstance(currency, str) else ""
            raise OptionError(
                asked,
                f"`currency` was given as {currency!r}, which is no code and no column{near}.",
                _WRITE_CODE,
            )
        return [code] * len(data.frame)
    check_columns(data, (currency,), asked)
    import pandas as pd

    places, distinct = pd.factorize(data.frame[currency])
    codes = [currency_code(each) for each in distinct.tolist()]
    wrong = next((each for each, code in zip(distinct.tolist(), codes, strict=True) if code is None), None)
    if wrong is not None:
        raise ColumnError(asked, f"The cell {wrong!r} of `{currency}` is no code of a currency.", _WRITE_CODE)
    return [None if place < 0 else codes[place] for place in places]


Floats = NDArray[np.float64]
Days = list["datetime.date | int | None"]
MINIMUM_WAGE = "minimum_wage"
"""The option that takes the ratio of the net to the gross minimum wage of the date."""
_SAID = {"gross": Text("brut", "gross"), "net": Text("net", "net")}


@dataclass(frozen=True, eq=False)
class Conversion:
    """What the pay of each row is multiplied by, what it then is, and what that rests on."""

    factor: Floats
    into: str
    said: tuple[Text, ...] = field(default=())


def unit_conversion(
    units: RowWords | None, wanted: str | None, ratio: Any, days: Days | None, asked: str
) -> Conversion:
    """Return how pay becomes gross, or net."""
    if wanted is not None and wanted not in _SAID:
        raise one_of("`to_unit`", wanted, list(_SAID))
    if units is None:
        if wanted is not None:
            raise OptionError(
                asked,
                f"`to_unit` is {wanted!r}, and nothing says what the pay is.",
                "Write `unit='gross'`, `unit='net'`, or a column.",
            )
        return Conversion(np.ones(1), "", (Text("brut ou net\u00a0: non dit", "gross or net: not told"),))
    used = units.used
    if wanted is None and len(used) > 1:
        raise MisleadingError(
            asked,
            f"Some rows of `{units.column}` are gross and others net, and the two do not compare.",
            "Write `to_unit='net'` and `net_over_gross=` (a dated ratio with its source, or 'minimum_wage').",
        )
    into = wanted or (used[0] if used else "")
    other = [each for each in used if each != into]
    if not other:
        as_told = (Text(f"{_SAID[into].fr}, tel que répondu", f"{into}, as answered"),) if into else ()
        return Conversion(_where_known(units, into), into, as_told)
    if ratio is None:
        raise OptionError(
            asked,
            f"Some pay is {other[0]} and is to be {into}, and no rate between the two was given.",
            "Write `net_over_gross={'value': 0.78, 'date': 2018, 'source': '...'}`, or 'minimum_wage' with a date.",
        )
    ratios, said = _net_over_gross_by_row(ratio, units, other[0], days, asked)
    factor = _where_known(units, into)
    here = units.words == other[0]
    factor[here] = ratios[here] if into == "net" else 1.0 / ratios[here]
    return Conversion(factor, into, said)


def _where_known(units: RowWords, into: str) -> Floats:
    return np.where(units.words == into, 1.0, np.nan)


def _net_over_gross_by_row(
    ratio: Any, units: RowWords, other: str, days: Days | None, asked: str
) -> tuple[Floats, tuple[Text, ...]]:
    """Return the ratio of net to gross by row, and what it is in words."""
    here = units.words == other
    if ratio != MINIMUM_WAGE or not isinstance(ratio, str):
        rate = as_rate(ratio, "net_over_gross", "net over gross", asked)
        if rate.value > 1:
            raise OptionError(
                asked,
                f"The rate `net_over_gross` is {rate.value:g}, which makes net pay more than gross pay.",
                "Write net over gross, a number up to 1.",
            )
        for day in {day for day, used in zip(days or (), here, strict=False) if used}:
            check_rate_on(rate, day, asked)
        return np.full(len(here), rate.value), (_rate_in_words(rate),)
    if days is None:
        raise OptionError(
            asked,
            "The ratio of the net to the gross minimum wage was asked for, and no date says which.",
            "Write `date=` with a day, a year or a column.",
        )
    found = np.full(len(here), np.nan)
    said = []
    for day in _sort_days({day for day, used in zip(days, here, strict=True) if used and day is not None}):
        net = in_force("minimum_wage_monthly_net", day, asked)
        gross = in_force("minimum_wage_monthly_gross", day, asked)
        mine = here & np.array([each == day and type(each) is type(day) for each in days])
        found[mine] = net.value / gross.value
        told = figure_in_words(round(net.value / gross.value, 4))
        a, b = parameter_in_words(net), parameter_in_words(gross)
        said.append(
            Text(
                f"net = brut × {told.fr}, rapport des SMIC mensuels ({a.fr}\u202f; {b.fr})\u00a0: hypothèse, le vrai "
                "rapport varie avec la paie",
                f"net = gross × {told.en}, ratio of the monthly minimum wages ({a.en}; {b.en}): assumed, the true "
                "ratio varies with pay",
            )
        )
    return found, tuple(dict.fromkeys(said))


def currency_conversion(
    currencies: Sequence[str | None],
    wanted: str | None,
    rates: Mapping[str, Any] | None,
    days: Days | None,
    asked: str,
) -> Conversion:
    """Return how pay becomes pay in one currency."""
    held = np.array(currencies, dtype=object)
    used = sorted({each for each in currencies if each is not None})
    if wanted is None and len(used) > 1:
        raise MisleadingError(
            asked,
            f"Pay is in {len(used)} currencies: {', '.join(used)}.",
            f"Write `to_currency={used[0]!r}` and `rates=`, each with its date and its source.",
        )
    into = wanted or (used[0] if used else "")
    factor = np.where(held == into, 1.0, np.nan)
    said = []
    for each in (other for other in used if other != into):
        if rates is None or each not in rates:
            raise OptionError(
                asked,
                f"Pay in {each} is to become {into}, and `rates` has no rate for {each}.",
                f"Write `rates={{{each!r}: {{'value': 0.9, 'date': 2022, 'source': '...'}}}}`, {into} for one {each}.",
            )
        here = held == each
        given = rates[each] if isinstance(rates[each], list | tuple) else [rates[each]]
        dated = [as_rate(one, each, f"{into} a {each}", asked) for one in given]
        factor[here] = _rate_by_row(dated, here, days, asked)[here]
        said += [_rate_in_words(rate, f"1 {each} = ", f" {into}") for rate in dated]
    return Conversion(factor, into, tuple(said))


def _rate_by_row(
    dated: Sequence[Parameter], here: NDArray[np.bool_], days: Days | None, asked: str
) -> Floats:
    """Return the rate of each row: the only one, or that of several which holds on its date."""
    rows = np.full(len(here), dated[0].value if len(dated) == 1 else np.nan)
    if len(dated) > 1 and days is None:
        raise OptionError(
            asked,
            f"The rate `{dated[0].name}` was given for {len(dated)} dates, and nothing says of which the pay is.",
            "Write `date=` with a year or a column.",
        )
    for day in {day for day, used in zip(days or (), here, strict=False) if used and day is not None}:
        fitting = [rate for rate in dated if rate_holds(rate, day)]
        if len(fitting) > 1:
            raise MisleadingError(
                asked,
                f"The rate `{dated[0].name}` has {len(fitting)} values for {day}.",
                "Write one value for each date.",
            )
        if not fitting:
            check_rate_on(dated[-1], day, asked)
        mine = here & np.array([each == day and type(each) is type(day) for each in days or ()])
        rows[mine] = fitting[0].value
    return rows


def _sort_days(days: set[datetime.date | int]) -> list[datetime.date | int]:
    return sorted(days, key=lambda day: datetime.date(day, 1, 1) if isinstance(day, int) else day)


def _rate_in_words(rate: Any, before: str = "net = brut × ", after: str = "") -> Text:
    told = figure_in_words(rate.value)
    french, english = f"{before}{told.fr}{after}", f"{before.replace('brut', 'gross')}{told.en}{after}"
    days = f"{rate.since.isoformat()} – {rate.until.isoformat() if rate.until else '...'}"
    return Text(
        f"{french} ({rate.label.fr}, {days}, {rate.source})",
        f"{english} ({rate.label.en}, {days}, {rate.source})",
    )


_WRITE_INDEX = "Write `price_index={'values': {2018: 103.1, 2022: 112.5}, 'source': '...'}, prices_of=2022`."


def price_conversion(
    index: Any, prices_of: int | None, days: Sequence[datetime.date | int | None] | None, asked: str
) -> Conversion:
    """Return how pay of each year becomes pay in the prices of one."""
    if index is None and prices_of is None:
        return Conversion(np.ones(1), "")
    if index is None or prices_of is None:
        lacking = "`price_index`" if index is None else "`prices_of`"
        raise OptionError(asked, f"Prices of one year were asked for without {lacking}.", _WRITE_INDEX)
    if days is None:
        raise OptionError(
            asked,
            "Prices of one year were asked for, and nothing says of which year the pay is.",
            "Write `date=` with a year or a column.",
        )
    values, source = _read_index(index, asked)
    years = [day if day is None or isinstance(day, int) else day.year for day in days]
    lacking_years = sorted({year for year in (*years, prices_of) if year is not None} - values.keys())
    if lacking_years:
        raise OptionError(
            asked,
            f"The price index has no value for {', '.join(map(str, lacking_years))}.",
            "Write its value too, with the same source and base.",
        )
    factor = np.array(
        [np.nan if year is None else values[prices_of] / values[year] for year in years], dtype=float
    )
    used = [year for year in sorted({year for year in years if year is not None}) if year != prices_of]
    told = [(year, figure_in_words(round(values[prices_of] / values[year], 4))) for year in used]
    french = ", ".join(f"× {each.fr} pour {year}" for year, each in told) or "rien à changer"
    english = ", ".join(f"× {each.en} for {year}" for year, each in told) or "nothing to change"
    said = Text(
        f"prix de {prices_of}\u00a0: {french} ({source})", f"prices of {prices_of}: {english} ({source})"
    )
    return Conversion(factor, str(prices_of), (said,))


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _read_index(index: Any, asked: str) -> tuple[dict[int, float], str]:
    if isinstance(index, Sequence) and index and all(isinstance(each, Parameter) for each in index):
        if len({(each.name, each.unit) for each in index}) > 1:
            raise MisleadingError(
                asked, "The price index was given as parameters of several series.", "Write those of one."
            )
        sources = dict.fromkeys(each.source for each in index)
        return {each.since.year: float(each.value) for each in index}, "; ".join(sources)
    if not isinstance(index, Mapping) or not isinstance(index.get("values"), Mapping) or not index["values"]:
        raise OptionError(asked, f"`price_index` was given as {index!r}.", _WRITE_INDEX)
    values = index["values"]
    for year, value in values.items():
        whole = isinstance(year, int) and not isinstance(year, bool) and 1800 <= year <= 2200
        if not whole or not _is_number(value) or not 0 < value < math.inf:
            raise OptionError(asked, f"The price index has the value {value!r} for {year!r}.", _WRITE_INDEX)
    source = index.get("source")
    if not source or not isinstance(source, str):
        raise BaseMissingError(asked, "The price index has no source, so nobody can check it.", _WRITE_INDEX)
    return {year: float(value) for year, value in values.items()}, source


@dataclass(frozen=True, eq=False)
class RowConversions:
    """What the pay of each row is multiplied by."""

    kind: Conversion
    money: Conversion
    factor: NDArray[np.float64]
    unit: str
    untold: Mapping[str, NDArray[np.bool_]]


def row_conversions(
    data: Microdata,
    units: tuple[str | None, Mapping[Any, str] | None, str | None, Any],
    currency: tuple[str, str | None, Mapping[str, Any] | None],
    prices: tuple[Any, int | None],
    date: datetime.date | int | str | None,
    asked: str,
) -> RowConversions:
    """Read the options of `harmonise_pay` that make other amounts of those that were told."""
    unit, codes, to_unit, ratio = units
    days = None if date is None else days_of_rows(data, date, asked)
    told = None if unit is None else words_of_rows(data, "unit", unit, UNITS, codes, asked)
    kind = unit_conversion(told, to_unit, ratio, days, asked)
    given, to_currency, rates = currency
    currencies = currencies_of_rows(data, given, asked)
    wanted = None if to_currency is None else check_currency("to_currency", to_currency, asked)
    money = currency_conversion(currencies, wanted, rates, days, asked)
    level = price_conversion(*prices, days, asked)
    untold = {"no_currency": is_absent(currencies)}
    if told is not None:
        untold["no_unit"] = is_absent(told.words)
    if level.into and days is not None:
        untold["no_date"] = is_absent(days)
    named = replace(money, said=(*(money.said or (Text.same(money.into),)), *level.said))
    into = f"{money.into} of {level.into}" if level.into and money.into else money.into
    return RowConversions(kind, named, kind.factor * money.factor * level.factor, into, untold)
