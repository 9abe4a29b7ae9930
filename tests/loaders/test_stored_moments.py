"""Numbers of SPSS, Stata and SAS as dates: each against a day counted by hand."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from diplab.loaders.dates import date_kind, dates_from_numbers, dates_to_numbers
from diplab.loaders.readstat.headers import day_of

# days from the epoch of each to 1 January 2000: 1582-10-14 to 1970-01-01 is 141,428, 1960 to 1970 is 3,653
TO_2000 = 10_957
SPSS, LATER = 141_428 + TO_2000, 3_653 + TO_2000


@pytest.mark.parametrize(
    ("number", "kind", "family", "answer"),
    [
        (SPSS * 86400.0, "date", "spss", dt.date(2000, 1, 1)),
        (SPSS * 86400.0 + 3600.5, "date", "spss", dt.date(2000, 1, 1)),
        (SPSS * 86400.0 + 3600.123, "moment", "spss", pd.Timestamp(2000, 1, 1, 1, 0, 0, 123_000)),
        (LATER * 1.0, "date", "stata", dt.date(2000, 1, 1)),
        (LATER * 86_400_000.0 + 1.5, "moment", "stata", pd.Timestamp(2000, 1, 1, 0, 0, 0, 1_500)),
        (61_001.0, "time", "stata", dt.time(0, 1, 1, 1_000)),
        (LATER * 1.0, "date", "sas", dt.date(2000, 1, 1)),
        (LATER * 86400.0, "day moment", "sas", dt.date(2000, 1, 1)),
        (LATER * 86400.0 + 0.25, "moment", "sas", pd.Timestamp(2000, 1, 1, 0, 0, 0, 250_000)),
        (86399.0, "time", "sas", dt.time(23, 59, 59)),
        (-1.0, "date", "stata", dt.date(1959, 12, 31)),
    ],
)
def test_numbers_as_dates(number: float, kind: str, family: str, answer: object) -> None:
    found = dates_from_numbers(np.array([number, np.nan]), kind, family)
    assert found is not None
    assert found.tolist()[0] == answer
    assert pd.isna(found.tolist()[1])


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (86400.0, "time"),
        (-1.0, "time"),
        (np.inf, "date"),
        (1e300, "moment"),
        (-6e10, "date"),
        (3.2e11, "moment"),
    ],
)
def test_numbers_that_are_no_date(number: float, kind: str) -> None:
    assert dates_from_numbers(np.array([0.0, number]), kind, "spss") is None


@pytest.mark.parametrize("family", ["spss", "stata"])
def test_dates_come_back_from_their_numbers(family: str) -> None:
    days = pd.Series([dt.date(1, 1, 1), np.nan, dt.date(9999, 12, 31)], dtype=object)
    moments = pd.Series(pd.to_datetime(["1583-01-01T10:11:12.987", None, "2026-11-25"], format="ISO8601"))
    times = pd.Series([dt.time(0), np.nan, dt.time(23, 59, 59, 999_000)], dtype=object)
    for answers, kind in ((days, "date"), (moments.astype("datetime64[us]"), "moment"), (times, "time")):
        back = dates_from_numbers(dates_to_numbers(answers, kind, family), kind, family)
        pd.testing.assert_series_equal(back, answers, check_names=False)


@pytest.mark.parametrize(
    ("written", "family", "kind"),
    [
        ("QYR8", "spss", "date"),
        ("MONTH9", "spss", ""),
        ("A10", "spss", ""),
        ("%-tdD_m_Y", "stata", "date"),
        ("%d", "stata", "date"),
        ("%tcHH:MM", "stata", "time"),
        ("%tCCCYY-NN-DD_HH:MM:SS", "stata", "moment"),
        ("%tm", "stata", ""),
        ("%9.0g", "stata", ""),
        ("YYMMDD10", "sas", "date"),
        ("DTDATE9", "sas", "day moment"),
        ("TIME20.3", "sas", "time"),
        ("BEST12", "sas", ""),
        ("12", "sas", ""),
        (None, "sas", ""),
    ],
)
def test_kinds_of_display_formats(written: str | None, family: str, kind: str) -> None:
    assert date_kind(written, family) == kind


@pytest.mark.parametrize(
    "words", ["", "01 Jan 70", "xx Jan 20", "1 Foo 2020", "32 Jan 2020", "\x00\x00", "1 Jan 20200"]
)
def test_no_day(words: str) -> None:
    assert day_of(words) == ""
