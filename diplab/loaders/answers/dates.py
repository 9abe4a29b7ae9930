"""Days, moments and times of day: in words of ISO 8601, as forms write them, as statistical files count them."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from diplab.microdata.variable import Storage

_DAY = r"\d{4}-\d\d-\d\d(?:[T ]00:00(?::00(?:\.0+)?)?)?"
_MOMENT = r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)?"
_TIME = r"\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?"
_OFFSET = r"(:\d\d(?:\.\d+)?)\s?(?:Z|[+-]\d\d:?\d\d)$"
_FIRST_DAY = np.datetime64("0001-01-01")


def parse_dates(words: NDArray[Any], storage: Storage) -> pd.Series[Any] | None:
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
            return (
                None if (days < _FIRST_DAY).any() else _objects(days.astype(object), np.isnat(days))
            )
        times = [dt.time.fromisoformat(word) if word else np.nan for word in said]
    except ValueError:
        return None
    return pd.Series(times, dtype=object)


def _all_match(words: pa.StringArray, pattern: str) -> bool:
    """Return whether all words are, from their beginning to their end, as a pattern says."""
    return bool(pc.all(pc.match_substring_regex(words, rf"\A(?:{pattern})\z"), min_count=0).as_py())


_WRITTEN_MOMENT = re.compile(
    r"(?P<first>\d{1,4})(?P<mark>[/.-])(?P<second>\d{1,2})(?P=mark)(?P<third>\d{1,4})"
    r"(?:[T ,]\s*(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<clock>\d{2})(?:\.\d{1,9})?)?)?"
    r"\s*(?P<half>[AaPp])?(?:\.?[Mm]\.?)?\s*(?:Z|[A-Za-z]{2,5}(?:[+-]\d{1,2}(?::?\d{2})?)?|[+-]\d{2}:?\d{2})?"
)
_CENTURY = 100


def iso_moments(cells: NDArray[Any], day_first: bool | None = None) -> NDArray[Any] | None:
    """Return cells as ISO moments.

    None where one is no moment, or the order of day and month is ambiguous.
    """
    # hours are those of the clock that the program used: the zone is left out
    first = next((word for word in map(str.strip, cells) if word), "")
    if _WRITTEN_MOMENT.fullmatch(first) is None:
        return None
    places, words = pd.factorize(cells)
    matches = [_WRITTEN_MOMENT.fullmatch(str(word).strip()) for word in words]
    answers = [each for each, word in zip(matches, words, strict=True) if str(word).strip()]
    matched = [each for each in answers if each is not None]
    if not matched or len(matched) < len(answers):
        return None
    for order in _orders(matched, day_first):
        moments = [_written_moment(each, order) if each is not None else "" for each in matches]
        if all(each is not None for each in moments):
            return np.array(moments, dtype=object)[places]
    return None


def _orders(matches: Sequence[re.Match[str]], day_first: bool | None) -> list[str]:
    """Return the order of year, month and day: one, or none where it is ambiguous and the caller does not name it."""
    if all(len(each["first"]) == 4 for each in matches):
        return ["ymd"]
    if any(len(each["first"]) > 2 for each in matches):
        return []
    if day_first is not None:
        return ["dmy" if day_first else "mdy"]
    days_first = any(int(each["first"]) > 12 for each in matches)
    months_first = any(int(each["second"]) > 12 for each in matches)
    return [] if days_first == months_first else ["dmy" if days_first else "mdy"]


def _written_moment(match: re.Match[str], order: str) -> str | None:
    parts = dict(
        zip(order, (int(match[name]) for name in ("first", "second", "third")), strict=True)
    )
    year = parts["y"] + (2000 if parts["y"] < _CENTURY else 0)
    hour = int(match["hour"] or 0)
    if match["half"]:
        hour = hour % 12 + (12 if match["half"].lower() == "p" else 0)
    try:
        moment = datetime(
            year, parts["m"], parts["d"], hour, int(match["minute"] or 0), int(match["clock"] or 0)
        )
    except ValueError:
        return None
    return moment.isoformat()


_CLOCK = r"\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?"
_YEAR_LAST = re.compile(rf"(\d{{1,2}})([/.-])\d{{1,2}}\2\d{{4}}(?:[T ,]\s*{_CLOCK})?")
_PARTS = "|".join(rf"{mark}\d{{1,2}}{mark}\d{{1,2}}" for mark in ("/", r"\.", "-"))
_YEAR_FIRST = re.compile(
    rf"(?:1[5-9]|2[01])\d\d(?:{_PARTS})(?:[T ]{_CLOCK}(?:\s?(?:Z|[+-]\d\d:?\d\d))?)?"
)


@dataclass(frozen=True)
class WrittenDates:
    """Days or moments in words, with the day, the month or the year first (`13/04/2021`, `2021-04-13`)."""

    moments: (
        NDArray[Any] | None
    )  # in ISO 8601; None where day and month cannot be distinguished, or one does not exist
    storage: Storage  # `date` or `moment`
    order: Literal["day_first", "month_first", "year_first"]

    @property
    def offset(self) -> bool:
        """Whether a moment is written with its offset from universal time."""
        if self.moments is None:
            return False
        return bool(
            pc.any(pc.match_substring_regex(pa.array(self.moments, pa.string()), _OFFSET)).as_py()
        )


def written_dates(words: Sequence[str], day_first: bool | None) -> WrittenDates | None:
    """Return words as dates, in the order that the caller names or that one of them proves.

    None where one is none.
    """
    # of most columns the first word tells that they are no dates
    year_first = bool(words) and _YEAR_FIRST.fullmatch(words[0]) is not None
    if year_first and not _all_match(pa.array(words), _YEAR_FIRST.pattern):
        return None
    matches = []
    for word in () if year_first else words:
        if (match := _YEAR_LAST.fullmatch(word)) is None:
            return None
        matches.append(match)
    storage: Storage = "moment" if any(":" in word for word in words) else "date"
    written = np.array(words, dtype=object)
    if year_first:
        moments = written if parse_dates(written, storage) is not None else iso_moments(written)
        return WrittenDates(moments, storage, "year_first")
    first = any(int(match[1]) > 12 for match in matches) if day_first is None else day_first
    return WrittenDates(
        iso_moments(written, day_first), storage, "day_first" if first else "month_first"
    )


Family: TypeAlias = Literal["spss", "stata", "sas", "r"]
DateKind: TypeAlias = Literal["", "date", "moment", "time", "day moment", "leap moment"]
"""`day moment` is a day kept in seconds, where its family keeps days in days; `leap moment` counts leap seconds too."""
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
"""Display formats of SPSS and SAS by what they show, days with a leap second, and those from which programs count."""
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
        return "moment" if match[2] == "c" else "leap moment"
    shown, displayed = (
        re.sub(r"\d*(\.\d*)?$", "", written.upper()),
        _DISPLAYED["spss" if family == "spss" else "sas"],
    )
    return next((kind for kind, names in displayed.items() if shown in names), "")


def dates_from_numbers(
    numbers: NDArray[np.float64], kind: DateKind, family: Family
) -> pd.Series[Any] | None:
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
        return _objects([each.time() for each in times], missing)
    moments = EPOCHS[family] + since.astype("timedelta64[us]")
    if (moments < _FIRST).any() or (moments >= _AFTER_LAST).any():
        return None
    if kind in ("moment", "leap moment"):
        return pd.Series(np.where(missing, np.datetime64("NaT", "us"), moments))
    return _objects(moments.astype("datetime64[D]").astype(object), missing)


def _objects(values: Any, missing: NDArray[np.bool_]) -> pd.Series[Any]:
    objects = np.empty(len(missing), dtype=object)
    objects[:] = values
    objects[missing] = np.nan
    return pd.Series(objects, dtype=object)


def dates_to_numbers(
    answers: pd.Series[Any], kind: DateKind, family: Family
) -> NDArray[np.float64]:
    """Return dates, moments or times of day as the numbers in which a program keeps them.

    NaN where missing.
    """
    missing = np.asarray(pd.isna(answers))
    if kind == "time":
        since = np.array(
            [
                0
                if lost
                else ((each.hour * 60 + each.minute) * 60 + each.second) * 1_000_000
                + each.microsecond
                for each, lost in zip(answers, missing, strict=True)
            ],
            dtype=np.int64,
        )
    else:
        unit = "D" if kind == "date" else "us"
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
