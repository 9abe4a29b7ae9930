"""Days, moments and times of day: in ISO 8601, as forms write them, as statistical files count."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from diplab.kernel.arrays import Array, Booleans, Floats, Integers
from diplab.microdata.variable import Storage

_DAY = r"\d{4}-\d\d-\d\d(?:[T ]00:00(?::00(?:\.0+)?)?)?"
_MOMENT = r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)?"
_TIME = r"\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?"
_OFFSET = r"(:\d\d(?:\.\d+)?)\s?(?:Z|[+-]\d\d:?\d\d)$"
_FIRST_DAY = np.datetime64("0001-01-01")


def parse_dates(words: Array, storage: Storage) -> pd.Series[Any] | None:
    """Parse days, moments or times of day in ISO 8601; None where a word is not one."""
    # an hour with an offset is read as the hour that the clock showed where the answer was given
    clock = pc.replace_substring_regex(
        pc.utf8_trim_whitespace(pa.array(words, pa.string())), _OFFSET, r"\1"
    )
    shape = {"date": _DAY, "moment": _MOMENT}.get(storage, _TIME)
    if not _all_match(clock, f"(?:{shape})?"):
        return None
    said = clock.to_pylist()
    try:
        if storage == "moment":
            return pd.Series(np.array([word or "NaT" for word in said], dtype="datetime64[us]"))
        if storage == "date":
            days = np.array([word[:10] or "NaT" for word in said], dtype="datetime64[D]")
            if (days < _FIRST_DAY).any():
                return None
            return _objects(days.astype(object), np.isnat(days))
        times = [dt.time.fromisoformat(word) if word else np.nan for word in said]
    except ValueError:
        return None
    return pd.Series(times, dtype=object)


def _all_match(words: pa.StringArray, pattern: str) -> bool:
    """Return whether all words are, from their beginning to their end, as a pattern says."""
    return bool(pc.all(pc.match_substring_regex(words, rf"\A(?:{pattern})\z"), min_count=0).as_py())


_BEGINNING = re.compile(r"\d{1,4}[/.-]\d")
_SPACE = r"[\s\x{A0}\x{2009}\x{202F}]"
_WRITTEN_MOMENT = (
    r"\A(?P<first>\d{1,4})(?P<mark>[/.-])(?P<second>\d{1,2})(?P<same>[/.-])(?P<third>\d{1,4})"
    rf"(?:[T ,]{_SPACE}*(?P<hour>\d{{1,2}}):(?P<minute>\d{{2}})"
    r"(?::(?P<clock>\d{2})(?:\.\d{1,9})?)?)?"
    rf"{_SPACE}*(?P<half>[AaPp])?(?:\.?[Mm]\.?)?{_SPACE}*"
    r"(?:Z|[A-Za-z]{2,5}(?:[+-]\d{1,2}(?::?\d{2})?)?|[+-]\d{2}:?\d{2})?\z"
)
_CENTURY = 100


def iso_moments(cells: Array, day_first: bool | None = None) -> Array | None:
    """Return cells as ISO moments.

    None where one is not a moment, or the order of day and month is ambiguous.
    """
    # hours are those of the clock that the program used: the zone is left out
    first = next(filter(None, map(str.strip, cells)), "")
    if not may_be_date(first):
        return None
    places, words = pd.factorize(cells)
    bare = pc.utf8_trim_whitespace(pa.array(words, pa.string()))
    empty = pc.equal(bare, "").to_numpy(zero_copy_only=False)
    parts = _written_parts(bare.filter(pa.array(~empty)))
    if parts is None:
        return None
    moments = np.full(len(words), "", dtype=object)
    for order in _orders(parts, day_first):
        if (written := _moments(parts, order)) is not None:
            moments[~empty] = np.datetime_as_string(written)
            return moments[places]
    return None


def _written_parts(words: pa.StringArray) -> pa.StructArray | None:
    """Return day, month, year and hour of each word, as written; None if not a datetime."""
    parts = pc.extract_regex(words, _WRITTEN_MOMENT)
    if parts.null_count or not pc.all(pc.equal(parts.field("mark"), parts.field("same"))).as_py():
        return None
    return parts


def _numbers(parts: pa.StructArray, name: str) -> Integers:
    """Return one part of each moment; zero where it is not written."""
    written = parts.field(name)
    zero_filled = pc.if_else(pc.equal(written, ""), "0", written)
    numbers: Integers = zero_filled.cast(pa.int64()).to_numpy()
    return numbers


def _orders(parts: pa.StructArray, day_first: bool | None) -> list[str]:
    """Return the order of year, month and day: one, or none where it is ambiguous and not named."""
    digits = pc.utf8_length(parts.field("first")).to_numpy()
    if (digits == 4).all():
        return ["ymd"]
    if (digits > 2).any():
        return []
    if day_first is None:
        day_first = bool((_numbers(parts, "first") > 12).any())
        if day_first == (_numbers(parts, "second") > 12).any():
            return []
    return ["dmy" if day_first else "mdy"]


def _moments(parts: pa.StructArray, order: str) -> Array | None:
    """Return moments in seconds; None where one does not exist."""
    names = dict(zip(order, ("first", "second", "third"), strict=True))
    year, month, day = (_numbers(parts, names[item]) for item in "ymd")
    hour, minute, second = (_numbers(parts, item) for item in ("hour", "minute", "clock"))
    year = year + np.where(year < _CENTURY, 2000, 0)
    half = pc.utf8_lower(parts.field("half")).to_numpy(zero_copy_only=False)
    hour = np.where(half == "", hour, hour % 12 + np.where(half == "p", 12, 0))
    first_days = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    lengths = (first_days + 1).astype("datetime64[D]") - first_days.astype("datetime64[D]")
    exists = (month >= 1) & (month <= 12) & (day >= 1) & (day <= lengths.astype(int))
    if not (exists & (hour < 24) & (minute < 60) & (second < 60)).all():
        return None
    seconds = ((day - 1) * 24 + hour) * 3600 + minute * 60 + second
    moments: Array = first_days.astype("datetime64[s]") + seconds.astype("timedelta64[s]")
    return moments


_CLOCK = r"\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?"
_MARKS = ("/", r"\.", "-")
_DAY_AND_MONTH = "|".join(rf"\d{{1,2}}{mark}\d{{1,2}}{mark}" for mark in _MARKS)
_MONTH_AND_DAY = "|".join(rf"{mark}\d{{1,2}}{mark}\d{{1,2}}" for mark in _MARKS)
_YEAR_LAST = rf"(?:{_DAY_AND_MONTH})\d{{4}}(?:[T ,]{_SPACE}*{_CLOCK})?"
_YEAR_FIRST = (
    rf"(?:1[5-9]|2[01])\d\d(?:{_MONTH_AND_DAY})"
    rf"(?:[T ]{_CLOCK}(?:{_SPACE}?(?:Z|[+-]\d\d:?\d\d))?)?"
)


@dataclass(frozen=True)
class WrittenDates:
    """Days or moments in words, by which of day, month and year comes first (`13/04/2021`)."""

    moments: (
        Array | None
    )  # in ISO 8601; None where day and month cannot be distinguished, or one does not exist
    storage: Storage  # `date` or `moment`
    order: Literal["day_first", "month_first", "year_first", "mixed"]

    @property
    def offset(self) -> bool:
        """Whether a moment is written with its offset from universal time."""
        if self.moments is None:
            return False
        return bool(
            pc.any(pc.match_substring_regex(pa.array(self.moments, pa.string()), _OFFSET)).as_py()
        )


def may_be_date(word: str) -> bool:
    """Return whether a word begins as days do, which rules out most columns of words."""
    return _BEGINNING.match(word) is not None


def written_dates(words: Sequence[str], day_first: bool | None) -> WrittenDates | None:
    """Return words as dates, in the order that the caller names or that one of them proves.

    None where one is none.
    """
    if not words or not may_be_date(words[0]):
        return None
    year_first = _all_match(pa.array(words[:1], pa.string()), _YEAR_FIRST)
    cells = pa.array(words, pa.string())
    if not _all_match(cells, _YEAR_FIRST if year_first else _YEAR_LAST):
        mixed = _all_match(cells, f"(?:{_YEAR_FIRST}|{_YEAR_LAST})")
        if mixed:
            return WrittenDates(None, "date", "mixed")
        return None
    storage: Storage = "date"
    if pc.any(pc.match_substring(cells, ":")).as_py():
        storage = "moment"
    written = np.array(words, dtype=object)
    if year_first:
        moments = written if parse_dates(written, storage) is not None else iso_moments(written)
        return WrittenDates(moments, storage, "year_first")
    moments = iso_moments(written, day_first)
    if day_first is None:
        day_first = any(int(re.split("[/.-]", word, maxsplit=1)[0]) > 12 for word in words)
    return WrittenDates(moments, storage, "day_first" if day_first else "month_first")


Family: TypeAlias = Literal["spss", "stata", "sas", "r"]
DateKind: TypeAlias = Literal["", "date", "moment", "time", "day moment", "leap moment"]
"""`day moment` is a day kept in seconds, in a family of days; `leap moment` counts leap seconds."""
DAY = 86_400
_UNITS = {
    "spss": 1.0,
    "stata": 1e-3,
    "sas": 1.0,
    "r": 1.0,
}  # seconds in the unit of moments and times
_STATA = re.compile(r"%-?(?:(d|td)|t([cC])(.*))")
_STATA_DAY_PARTS = re.compile(r"[CYNnLlDdJjWw]")
_DISPLAYED = tomllib.loads(
    files("diplab.loaders.answers").joinpath("dates.toml").read_text(encoding="utf-8")
)
"""Display formats of SPSS and SAS by what they show, days with a leap second, and epochs."""
EPOCHS = {family: np.datetime64(day, "us") for family, day in _DISPLAYED["epochs"].items()}
_LEAP_STARTS = (np.array(_DISPLAYED["leap_days"], "M8[D]") - np.datetime64("1960-01-01")).astype(
    float
) * DAY + DAY
_LEAP_STARTS += np.arange(
    len(_LEAP_STARTS)
)  # in the seconds since 1960 of a clock that counts them
_FIRST = np.datetime64("0001-01-01", "us")
_BEYOND = 4e11  # seconds in more than ten thousand years
_AFTER_LAST = np.datetime64("10000-01-01", "us")


def date_kind(written: str | None, family: Family) -> DateKind:
    """Return what the display format of a column says that its numbers are; empty for numbers."""
    if not written:
        return ""
    if family == "stata":
        match = _STATA.match(written)
        if match is None:
            return ""
        if match[1]:
            return "date"
        if match[3] and not _STATA_DAY_PARTS.search(match[3]):
            return "time"
        if match[2] == "c":
            return "moment"
        return "leap moment"
    shown, displayed = (
        re.sub(r"\d*(\.\d*)?$", "", written.upper()),
        _DISPLAYED["spss" if family == "spss" else "sas"],
    )
    return next((kind for kind, names in displayed.items() if shown in names), "")


def dates_from_numbers(numbers: Floats, kind: DateKind, family: Family) -> pd.Series[Any] | None:
    """Return numbers as dates, moments or times of day; None where one of them does not exist."""
    missing = np.isnan(numbers)
    known = np.where(missing, 0.0, numbers)
    seconds = (
        np.floor(known) * DAY if kind == "date" and family != "spss" else known * _UNITS[family]
    )
    if kind == "leap moment":
        seconds -= np.searchsorted(_LEAP_STARTS, seconds, side="right")
    if not (np.abs(seconds) < _BEYOND).all():
        return None
    whole_seconds = np.floor(seconds)
    # A double of seconds since 1582 is exact to about two millionths: beyond five digits is noise.
    part = np.round(seconds - whole_seconds, 5 if family == "spss" else 6)
    since = whole_seconds.astype(np.int64) * 1_000_000 + np.round(part * 1e6).astype(np.int64)
    if kind == "time":
        if (since < 0).any() or (since >= DAY * 1_000_000).any():
            return None
        times = (np.datetime64("2000-01-01", "us") + since).astype(object)
        return _objects([time.time() for time in times], missing)
    moments = EPOCHS[family] + since.astype("timedelta64[us]")
    if (moments < _FIRST).any() or (moments >= _AFTER_LAST).any():
        return None
    if kind in ("moment", "leap moment"):
        return pd.Series(np.where(missing, np.datetime64("NaT", "us"), moments))
    return _objects(moments.astype("datetime64[D]").astype(object), missing)


def _objects(values: Any, missing: Booleans) -> pd.Series[Any]:
    objects = np.empty(len(missing), dtype=object)
    objects[:] = values
    objects[missing] = np.nan
    return pd.Series(objects, dtype=object)


def dates_to_numbers(answers: pd.Series[Any], kind: DateKind, family: Family) -> Floats:
    """Return dates, moments or times of day as the numbers in which a program keeps them.

    NaN where missing.
    """
    missing = np.asarray(pd.isna(answers))
    if kind == "time":
        since = np.array(
            [
                0
                if lost
                else ((item.hour * 60 + item.minute) * 60 + item.second) * 1_000_000
                + item.microsecond
                for item, lost in zip(answers, missing, strict=True)
            ],
            dtype=np.int64,
        )
    else:
        unit = "us"
        if kind == "date":
            unit = "D"
        known = (
            answers.where(~missing, None)
            .to_numpy(dtype=f"datetime64[{unit}]")
            .astype("datetime64[us]")
        )
        since = (np.where(missing, EPOCHS[family], known) - EPOCHS[family]).astype(np.int64)
    seconds = DAY if kind == "date" and family != "spss" else _UNITS[family]
    return np.where(
        missing, np.nan, since // 1_000_000 / seconds + since % 1_000_000 / 1e6 / seconds
    )
