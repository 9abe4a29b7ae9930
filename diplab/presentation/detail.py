"""The raw numbers behind a printed table, for the second sheet of a workbook and for CSV."""

from __future__ import annotations

import numbers
from typing import Any

import pandas as pd

__all__ = ["detail_of"]


def detail_of(frame: pd.DataFrame) -> tuple[tuple[str | float | None, ...], ...]:
    """Return the raw numbers behind a table, names first.

    Examples
    --------
    >>> detail_of(pd.DataFrame({"sex": ["f", "m"], "n": [2, None]}))
    (('sex', 'n'), ('f', 2.0), ('m', None))
    """
    head = tuple(str(name) for name in frame.columns)
    return (head, *(tuple(_raw(value) for value in row) for row in frame.itertuples(index=False, name=None)))


def _raw(value: Any) -> str | float | None:
    if isinstance(value, str | bool):
        return str(value)
    if pd.isna(value):
        return None
    return float(value) if isinstance(value, numbers.Real) else str(value)
