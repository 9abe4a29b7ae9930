"""The currency of each row: a code for all, or a column of codes; symbols only where they name one currency."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from diplab.errors import ColumnError, OptionError, nearest
from diplab.microdata.in_memory import check_columns

if TYPE_CHECKING:
    from diplab.microdata.microdata import Microdata

__all__ = ["checked_code", "currencies_of", "currency_code"]

_NAMES = {"€": "EUR", "EURO": "EUR", "EUROS": "EUR", "£": "GBP", "₹": "INR"}
_WRITE = "Write its code of three letters, as 'EUR', or a column of such codes."


def currency_code(given: Any) -> str | None:
    """Return the code of a currency; None where none is meant.

    Examples
    --------
    >>> currency_code(" eur "), currency_code("€"), currency_code("$"), currency_code("euro zone")
    ('EUR', 'EUR', None, None)
    """
    if not isinstance(given, str):
        return None
    written = given.strip().upper()
    code = _NAMES.get(written, written)
    return code if re.fullmatch(r"[A-Z]{3}", code) else None


def checked_code(option: str, given: Any, asked: str) -> str:
    """Return the code of a currency that an option names.

    Raises
    ------
    OptionError
        Where it is none.
    """
    code = currency_code(given)
    if code is None:
        raise OptionError(
            asked, f"`{option}` was given as {given!r}.", "Write its code of three letters, as 'EUR'."
        )
    return code


def currencies_of(data: Microdata, currency: str, asked: str) -> list[str | None]:
    """Return the currency of each row; None where the column has none.

    Raises
    ------
    OptionError
        Where it is neither a code nor a column.
    ColumnError
        Where a cell of the column is no code.
    """
    columns = [str(each) for each in data.frame.columns]
    if not isinstance(currency, str) or currency not in columns:
        code = currency_code(currency)
        if code is None:
            near = f", nearest columns: {nearest(currency, columns, 2)}" if isinstance(currency, str) else ""
            raise OptionError(
                asked, f"`currency` was given as {currency!r}, which is no code and no column{near}.", _WRITE
            )
        return [code] * len(data.frame)
    check_columns(data, (currency,), asked)
    import pandas as pd

    places, distinct = pd.factorize(data.frame[currency])
    codes = [currency_code(each) for each in distinct.tolist()]
    wrong = next((each for each, code in zip(distinct.tolist(), codes, strict=True) if code is None), None)
    if wrong is not None:
        raise ColumnError(asked, f"The cell {wrong!r} of `{currency}` is no code of a currency.", _WRITE)
    return [None if place < 0 else codes[place] for place in places]
