"""A number or a day for each row: the same for all, or by a column."""

from __future__ import annotations

import datetime
from numbers import Real
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from diplab.errors import ColumnError, OptionError
from diplab.microdata.answers import answer_named, is_short
from diplab.microdata.in_memory import check_columns

if TYPE_CHECKING:
    from diplab.microdata.microdata import Microdata

__all__ = ["days_of_rows", "numbers_of_column", "numbers_of_rows"]

Floats: TypeAlias = NDArray[np.float64]


def numbers_of_rows(data: Microdata, option: str, given: float | str, asked: str, *, of: str) -> Floats:
    """Return a number for each row, NaN where the column has none.

    Parameters
    ----------
    data : Microdata
    option : str
        Its name, for errors.
    given : float or str
        A number above zero for all, or a column.
    asked : str
        What was asked, for errors.
    of : str
        What the number is of (`hours a week`), for errors.

    Raises
    ------
    OptionError
        Where a number is not finite and above zero.
    ColumnError
        Where the column is absent or holds words.
    """
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
    """Return the day, or the year, of each row; None where the column has none.

    Raises
    ------
    OptionError
        Where it is neither a day, a year nor a column.
    ColumnError
        Where a cell of the column is neither.
    """
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
    days = [_day(each, constant, asked) for each in distinct.tolist()]
    return [None if place < 0 else days[place] for place in places]


def _day(value: Any, name: str, asked: str) -> datetime.date | int:
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
    cell = f"The cell {answer_named(value)}" if is_short(value) else "A cell"
    raise ColumnError(
        asked,
        f"{cell} of `{name}` is neither a day nor a year.",
        "Write days as 2021-10-01, or years as 2021.",
    )
