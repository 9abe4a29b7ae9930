"""The least and the most that answers stand for: numbers, labels such as `4 or more`, a pair of columns."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from diplab.errors import ColumnError, OptionError
from diplab.microdata.answers import code_said, is_short
from diplab.microdata.count_in_words import count_in_words
from diplab.microdata.in_memory import check_columns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from diplab.microdata.count_in_words import Between
    from diplab.microdata.microdata import Microdata
    from diplab.reference.text import Text

__all__ = ["CountColumn", "Ends", "count_bounds", "number_bounds", "open_answers"]

Floats = NDArray[np.float64]
Ends: TypeAlias = "tuple[Floats, Floats]"
CountColumn: TypeAlias = "str | tuple[str, str]"
"""A column of counts, or a pair of columns with their least and most."""


def count_bounds(data: Microdata, column: CountColumn, top_codes: Mapping[str, float], asked: str) -> Ends:
    """Return the least and the most that each answer stands for; NaN where there is none.

    Parameters
    ----------
    data : Microdata
        In memory.
    column : str or pair of str
        A column of numbers or of words, read by its labels where the codebook has some; or the columns of both ends.
    top_codes : mapping of str to float
        Columns of numbers whose highest answer stands for that or more.
    asked : str
        What was asked, for errors.

    Raises
    ------
    OptionError
        Where an answer is no count.
    """
    if not isinstance(column, str):
        return number_bounds(data, column, asked)
    check_columns(data, (column,), asked)
    import pandas as pd

    values = data.frame[column]
    if is_bool_dtype(values):
        raise ColumnError(asked, f"`{column}` holds yes and no.", "Write a column that counts persons.")
    places, distinct = pd.factorize(values)
    labels = data.codebook[column].values if column in data.codebook else {}
    named = {code_said(code): label for code, label in labels.items()}
    ends = [_ends(value, named.get(code_said(value)), column, asked) for value in distinct.tolist()]
    top = top_codes.get(column)
    if top is not None:
        ends = [(low, math.inf if low >= top else high) for low, high in ends]
    table = np.array([*ends, (np.nan, np.nan)], dtype=float)
    return table[places, 0], table[places, 1]


def number_bounds(data: Microdata, columns: tuple[str, ...], asked: str) -> Ends:
    """Return two columns of numbers as ends; NaN in both where either is missing.

    Raises
    ------
    ColumnError
        Where they are not two, or hold words.
    OptionError
        Where the first is above the second.
    """
    if len(columns) != 2:
        raise OptionError(
            asked, f"{len(columns)} columns were given as two ends.", 'Write for example `("low", "high")`.'
        )
    check_columns(data, tuple(columns), asked)
    for name in columns:
        if not is_numeric_dtype(data.frame[name]) or is_bool_dtype(data.frame[name]):
            raise ColumnError(asked, f"`{name}` holds no numbers.", "Write a column of numbers.")
    low, high = (data.frame[name].to_numpy(dtype=float, na_value=np.nan) for name in columns)
    crossed = int((low > high).sum())
    if crossed:
        raise OptionError(
            asked,
            f"`{columns[0]}` is above `{columns[1]}` in {crossed} rows.",
            "Write the column of the low ends first.",
        )
    gone = np.isnan(low) | np.isnan(high)
    return np.where(gone, np.nan, low), np.where(gone, np.nan, high)


def open_answers(low: Floats, high: Floats) -> list[float]:
    """Return the counts from which answers have no upper end, in order.

    Examples
    --------
    >>> open_answers(np.array([1.0, 4.0, 4.0]), np.array([1.0, np.inf, np.inf]))
    [4.0]
    """
    found: list[float] = np.unique(low[np.isinf(high)]).tolist()
    return found


def _ends(value: Any, label: Text | None, column: str, asked: str) -> Between:
    """Return what one answer stands for: by its label, in either language, else by itself."""
    if label is None and not isinstance(value, str):
        return float(value), float(value)
    written = [str(value)] if label is None else [label.en, label.fr]
    if label is not None and isinstance(value, str):
        written.append(value)
    found = list(dict.fromkeys(each for each in map(count_in_words, written) if each is not None))
    if len(found) == 1:
        return found[0]
    said = f"{written[0]!r}" if is_short(written[0]) else "An answer"
    raise OptionError(
        asked,
        f"{said} of `{column}` is no count that can be read."
        if not found
        else f"{said} of `{column}` is {len(found)} different counts in its words.",
        "Declare it missing in the codebook, or recode it, or write the pair of columns of its least and most.",
    )
