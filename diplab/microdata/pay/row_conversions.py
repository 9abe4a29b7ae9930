"""All by which the pay of a row is multiplied: gross and net, currency, prices; and what of it was not told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from diplab.microdata.pay.conversions import currency_conversion, unit_conversion
from diplab.microdata.pay.currency_codes import checked_code, currencies_of
from diplab.microdata.pay.pay_words import UNITS, words_of_rows
from diplab.microdata.pay.price_level import price_conversion
from diplab.microdata.pay.row_values import days_of_rows
from diplab.microdata.pay.untold import is_none
from diplab.reference.text import Text

if TYPE_CHECKING:
    import datetime
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from diplab.microdata.microdata import Microdata
    from diplab.microdata.pay.conversions import Converted

__all__ = ["RowConversions", "row_conversions"]


@dataclass(frozen=True, eq=False)
class RowConversions:
    """What the pay of each row is multiplied by.

    Parameters
    ----------
    kind, money : Converted
        Gross and net; currency, with the words of the prices.
    factor : array, shape (rows,) or (1,)
    unit : str
        The currency, of which year where prices are those of one.
    untold : mapping of str to array of bool, shape (rows,)
        Rows of which something was not told, by its code.
    """

    kind: Converted
    money: Converted
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
    """Read the options of `harmonise_pay` that make other amounts of those that were told.

    Parameters
    ----------
    data : Microdata
    units : tuple
        `unit`, `units`, `to_unit`, `net_over_gross`.
    currency : tuple
        `currency`, `to_currency`, `rates`.
    prices : tuple
        `price_index`, `prices_of`.
    date : date, int, str or None
    asked : str
        What was asked, for errors.
    """
    unit, codes, to_unit, ratio = units
    days = None if date is None else days_of_rows(data, date, asked)
    told = None if unit is None else words_of_rows(data, "unit", unit, UNITS, codes, asked)
    kind = unit_conversion(told, to_unit, ratio, days, asked)
    given, to_currency, rates = currency
    currencies = currencies_of(data, given, asked)
    wanted = None if to_currency is None else checked_code("to_currency", to_currency, asked)
    money = currency_conversion(currencies, wanted, rates, days, asked)
    level = price_conversion(*prices, days, asked)
    untold = {"no_currency": is_none(currencies)}
    if told is not None:
        untold["no_unit"] = is_none(told.words)
    if level.into and days is not None:
        untold["no_date"] = is_none(days)
    named = replace(money, said=(*(money.said or (Text.same(money.into),)), *level.said))
    into = f"{money.into} of {level.into}" if level.into and money.into else money.into
    return RowConversions(kind, named, kind.factor * money.factor * level.factor, into, untold)
