"""Days, moments and times of day in the words of ISO 8601."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from diplab.microdata.variable import Storage

__all__ = ["moments_in"]

_DAY = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]00:00(?::00(?:\.0+)?)?)?")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)?")
_TIME = re.compile(r"\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?")
_OFFSET = re.compile(r"(?<=\d)\s?(?:Z|[+-]\d\d:?\d\d)$")


def moments_in(words: NDArray[Any], storage: Storage) -> pd.Series[Any] | None:
    """Return days, moments or times of day; None where a word is none.

    An hour with an offset is read as the hour that the clock showed where the answer was given.

    Parameters
    ----------
    words : array of str
        Distinct; `""` where the answer is missing.
    storage : {"date", "moment", "time"}

    Examples
    --------
    >>> moments_in(np.array(["2026-11-25", ""], dtype=object), "date").tolist()
    [datetime.date(2026, 11, 25), nan]
    >>> moments_in(np.array(["2026-11-25T09:30:00+01:00"], dtype=object), "moment").tolist()
    [Timestamp('2026-11-25 09:30:00')]
    >>> moments_in(np.array(["tomorrow"], dtype=object), "date")
    """
    bare = [word.strip() for word in words]
    if storage == "moment":
        clock = [_clock(word, _MOMENT) if word else "NaT" for word in bare]
        if None in clock:
            return None
        try:
            return pd.Series(np.array(clock, dtype="datetime64[us]"))
        except ValueError:
            return None
    read: Callable[[str], dt.date | dt.time] = _day if storage == "date" else dt.time.fromisoformat
    shape = _DAY if storage == "date" else _TIME
    found: list[Any] = []
    for word in bare:
        clock_time = _clock(word, shape) if word else ""
        if clock_time is None:
            return None
        try:
            found.append(read(clock_time) if clock_time else np.nan)
        except ValueError:
            return None
    return pd.Series(found, dtype=object)


def _clock(word: str, shape: re.Pattern[str]) -> str | None:
    bare = _OFFSET.sub("", word) if ":" in word else word
    return bare if shape.fullmatch(bare) else None


def _day(word: str) -> dt.date:
    return dt.date.fromisoformat(word[:10])
