"""The pay that people told: one number, or the two ends of a band."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from diplab.errors import OptionError
from diplab.microdata.answers import code_said
from diplab.microdata.in_memory import check_columns
from diplab.microdata.pay.row_values import numbers_of_column
from diplab.microdata.recode_rules import left_over

if TYPE_CHECKING:
    from collections.abc import Mapping

    from diplab.microdata.microdata import Microdata

__all__ = ["ends_of_pay"]

Floats = NDArray[np.float64]


def ends_of_pay(
    data: Microdata, pay: str | tuple[str, str], bands: Mapping[Any, Any] | None, asked: str
) -> dict[str, Floats]:
    """Return pay by row under `""`, or its ends under `low` and `high` where it was told in bands.

    Raises
    ------
    ColumnError
        Where a column is absent or holds words.
    OptionError
        Where a band is not one, an answer is in none, or an end is above the other.
    """
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

    table = {code_said(code): _band(band, code, asked) for code, band in bands.items()}
    places, distinct = pd.factorize(data.frame[pay])
    said = [
        code_said(int(each) if isinstance(each, float) and each.is_integer() else each) for each in distinct
    ]
    absent = [code for code, words in zip(distinct.tolist(), said, strict=True) if words not in table]
    if absent:
        raise _unlisted(pay, absent, asked)
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


def _unlisted(pay: str, absent: list[Any], asked: str) -> OptionError:
    error = left_over(pay, absent, asked)
    return OptionError(asked, error.found, "Name them in `bands`, or give them None where they tell no pay.")


def _band(band: Any, code: Any, asked: str) -> tuple[float, float]:
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
