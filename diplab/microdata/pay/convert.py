"""Amounts of one column in one currency, and in the prices of one year."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from diplab.errors import MisleadingError, OptionError
from diplab.microdata.display import WORDS, join_wordings
from diplab.microdata.frames import check_new_columns
from diplab.microdata.history import Step
from diplab.microdata.microdata import Microdata, as_microdata
from diplab.microdata.missing import MissingCause, carry_reasons
from diplab.microdata.pay.amounts import numbers_of_column
from diplab.microdata.pay.conversions import (
    Conversion,
    currency_conversion,
    days_of_rows,
    price_conversion,
)
from diplab.reference.parameter import Parameter, Unit, read_unit
from diplab.reference.text import Text


def convert_currency(
    data: Microdata | pd.DataFrame,
    amounts: str,
    *,
    to_currency: str,
    rates: Mapping[str, Any],
    currency: str | None = None,
    date: datetime.date | int | str | None = None,
    into: str = "converted",
) -> Microdata:
    """Convert amounts to one currency, at exchange rates or purchasing power parities.

    Parameters
    ----------
    data : Microdata or pandas.DataFrame
        In memory.
    amounts : str
        Column of amounts.
    to_currency : str
        Code of the target currency.
    rates : mapping of str to Parameter or mapping
        The value of one unit of each other currency in the target currency: `value`, `date`,
        `source`, and `kind`, `exchange` or `purchasing power`; a list, one per year, for amounts of
        several years.
    currency : str, optional
        Code of the currency, or the column that holds it. By default that of the `unit` of the
        column in the codebook.
    date : date, int or str, optional
        Day or year of the amounts, or a column.
    into : str
        Name of the new column.

    Returns
    -------
    Microdata
        With the new column, missing where the amount, its currency or its date is. Its `unit`
        states the new currency, and `codebook.steps` the rates.

    Raises
    ------
    ColumnError
        Where a column is absent or holds words, or the new name is one of the data already.
    OptionError
        Where the currency of the amounts is not known, or a rate is absent.
    MisleadingError
        Where a rate is not valid on the date.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> data = pd.DataFrame({"pay": [100.0, 100.0], "money": ["EUR", "USD"]})
    >>> rates = {"USD": {"value": 0.95, "date": 2022, "source": "Banque de France"}}
    >>> found = dl.work.convert_currency(
    ...     data, "pay", currency="money", to_currency="EUR", rates=rates
    ... )
    >>> found.frame["converted"].tolist()
    [100.0, 95.0]
    """
    data = as_microdata(data)
    unit = read_unit(data.codebook.variable(amounts).unit)
    if currency is None and not unit.currency:
        raise OptionError(
            f"The currency of `{amounts}` is not known.",
            write="Write `currency=` with a code of three letters, such as 'EUR', or a column.",
        )
    days = days_of_rows(data, date)
    rate = currency_conversion(data, currency or unit.currency, to_currency, rates, days)
    label = WORDS("pay.in_currency", label=_label(data, amounts), currency=rate.into)
    return _converted(data, amounts, rate, replace(unit, currency=rate.into), label, into)


def deflate(
    data: Microdata | pd.DataFrame,
    amounts: str,
    *,
    price_index: Mapping[str, Any] | Sequence[Parameter],
    prices_of: int,
    date: datetime.date | int | str,
    into: str = "real",
) -> Microdata:
    """Convert amounts of several years to the prices of one year.

    Parameters
    ----------
    data : Microdata or pandas.DataFrame
        In memory.
    amounts : str
        Column of amounts at current prices.
    price_index : mapping or sequence of Parameter
        A consumer price index, `{"values": {2018: 103.1, 2022: 112.5}, "source": "..."}`, or dated
        parameters of one series.
    prices_of : int
        Year of the prices to which amounts are converted.
    date : date, int or str
        Day or year of the amounts, or a column.
    into : str
        Name of the new column.

    Returns
    -------
    Microdata
        With the new column, missing where the amount or its date is. Its `unit` states the year of
        the prices, where the codebook knows the currency; `codebook.steps` states the factors.

    Raises
    ------
    ColumnError
        Where a column is absent or holds words, or the new name is one of the data already.
    OptionError
        Where the index has no value for a year.
    MisleadingError
        Where the amounts are in constant prices already.

    Notes
    -----
    real = amount x index of `prices_of` / index of the year of the amount.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> data = pd.DataFrame({"pay": [100.0, 100.0], "year": [2018, 2022]})
    >>> index = {"values": {2018: 100.0, 2022: 112.5}, "source": "INSEE"}
    >>> found = dl.work.deflate(data, "pay", price_index=index, prices_of=2022, date="year")
    >>> found.frame["real"].tolist()
    [112.5, 100.0]
    """
    data = as_microdata(data)
    unit = read_unit(data.codebook.variable(amounts).unit)
    if unit.prices:
        raise MisleadingError(
            f"`{amounts}` is in prices of {unit.prices} already.",
            write="Write the column of amounts at the prices of their own dates.",
        )
    prices = price_conversion(price_index, prices_of, days_of_rows(data, date))
    label = WORDS("pay.in_prices_of", label=_label(data, amounts), year=prices_of)
    return _converted(data, amounts, prices, replace(unit, prices=prices.into), label, into)


def _label(data: Microdata, name: str) -> Text:
    return data.codebook.variable(name).label or Text.same(name)


def _converted(
    data: Microdata, amounts: str, conversion: Conversion, unit: Unit, label: Text, into: str
) -> Microdata:
    """Return the data with converted amounts, their unit, and the step that states how."""
    check_new_columns(data, into, write="Write another name, `into=`.")
    answered = numbers_of_column(data, amounts)
    converted = answered * conversion.factor
    parts = join_wordings((Text.same(amounts), *conversion.words), "; ")
    words = WORDS("step.of", columns=into, words=parts)
    step = Step("recode", (amounts, into), words, int(np.isfinite(converted).sum()))
    written = str(unit) if unit.currency else ""
    codebook = data.codebook.described(into, label=label, measure="scale", unit=written)
    causes = []
    for code, rows in conversion.not_stated.items():
        reason = WORDS(f"pay_not_stated.{code}")
        causes.append(MissingCause(code, reason, rows & ~np.isnan(answered)))
    frame = data.frame.assign(**{into: converted})
    return carry_reasons(data, frame, codebook.with_step(step), [into], amounts, causes)
