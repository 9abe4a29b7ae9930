"""Days and hours as forms and spreadsheets write them, turned into `2026-11-25T14:03:00` where that is sure."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["iso_moments"]

_MOMENT = re.compile(
    r"(?P<first>\d{1,4})(?P<mark>[/.-])(?P<second>\d{1,2})(?P=mark)(?P<third>\d{1,4})"
    r"(?:[T ,]\s*(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<clock>\d{2})(?:\.\d{1,9})?)?)?"
    r"\s*(?P<half>[AaPp])?(?:\.?[Mm]\.?)?\s*(?:Z|[A-Za-z]{2,5}(?:[+-]\d{1,2}(?::?\d{2})?)?|[+-]\d{2}:?\d{2})?"
)
_CENTURY = 100


def iso_moments(cells: NDArray[Any]) -> NDArray[Any] | None:
    """Return cells as ISO moments; None where one is no moment, or day and month cannot be told apart.

    Years come first, or last; with the year last, one day beyond the 12th in the column tells whether days or months
    come first. The zone is left out: hours are those of the clock that the program used.

    Parameters
    ----------
    cells : array of str, shape (rows,)
        As written; empty ones stay so.

    Examples
    --------
    >>> iso_moments(np.array(["2026/11/25 2:03:10 PM GMT+1", ""], dtype=object)).tolist()
    ['2026-11-25T14:03:10', '']
    >>> iso_moments(np.array(["5/10/18 4:01", "5/22/18 6:30"], dtype=object)).tolist()
    ['2018-05-10T04:01:00', '2018-05-22T06:30:00']
    >>> iso_moments(np.array(["5/10/2018 4:01"], dtype=object)) is None
    True
    """
    first = next((word for word in map(str.strip, cells) if word), "")
    if _MOMENT.fullmatch(first) is None:
        return None
    places, words = pd.factorize(cells)
    found = [_MOMENT.fullmatch(str(word).strip()) for word in words]
    said = [each for each, word in zip(found, words, strict=True) if str(word).strip()]
    matched = [each for each in said if each is not None]
    if not matched or len(matched) < len(said):
        return None
    for order in _orders(matched):
        moments = [_moment(each, order) if each is not None else "" for each in found]
        if all(each is not None for each in moments):
            return np.array(moments, dtype=object)[places]
    return None


def _orders(found: Sequence[re.Match[str]]) -> list[str]:
    """Return the order of year, month and day: one, or none where it is in doubt."""
    if all(len(each["first"]) == 4 for each in found):
        return ["ymd"]
    if any(len(each["first"]) > 2 for each in found):
        return []
    days_first = any(int(each["first"]) > 12 for each in found)
    months_first = any(int(each["second"]) > 12 for each in found)
    return [] if days_first == months_first else ["dmy" if days_first else "mdy"]


def _moment(found: re.Match[str], order: str) -> str | None:
    parts = dict(zip(order, (int(found[name]) for name in ("first", "second", "third")), strict=True))
    year = parts["y"] + (2000 if parts["y"] < _CENTURY else 0)
    hour = int(found["hour"] or 0)
    if found["half"]:
        hour = hour % 12 + (12 if found["half"].lower() == "p" else 0)
    try:
        moment = datetime(
            year, parts["m"], parts["d"], hour, int(found["minute"] or 0), int(found["clock"] or 0)
        )
    except ValueError:
        return None
    return moment.isoformat()
