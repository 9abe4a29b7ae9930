"""Pay that looks wrong: flagged, never changed and never dropped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from diplab.microdata.display import WORDS
from diplab.reference.parameter import figure_in_words

if TYPE_CHECKING:
    from diplab.microdata.pay.periods import RowWords
    from diplab.reference.text import Text

__all__ = ["Thresholds", "flag_pay"]


Floats = NDArray[np.float64]
HOURS_IN_A_WEEK = 168.0
"""Hours that a week has."""


@dataclass(frozen=True)
class Thresholds:
    """Hourly pay `multiple` times the median looks wrong, and so does a month `annual` (from, to) times its median."""

    multiple: float
    annual: tuple[float, float]


def flag_pay(
    a_month: Floats,
    an_hour: Floats,
    periods: RowWords,
    hours: Floats | None,
    thresholds: Thresholds,
    banded: bool,
) -> tuple[NDArray[Any], list[Text]]:
    """Return the flags of each row, separated by commas, and each flag with its threshold and number of rows.

    Medians are of pay above 0 in the file, without weights. Pay in bands is checked for its sign and hours only: its
    place within a band is not known.
    """
    below = (np.nan_to_num(a_month) < 0) | (np.nan_to_num(an_hour) < 0)
    flags: dict[str, tuple[NDArray[np.bool_], Text]] = {"negative": (below, WORDS("pay_flag_limit.negative"))}
    if hours is not None:
        known = ~np.isnan(hours)
        flags["hours"] = (known & (hours > HOURS_IN_A_WEEK), WORDS("pay_flag_limit.hours"))
        flags["no hours"] = (known & (hours <= 0), WORDS("pay_flag_limit.no_hours"))
    if not banded:
        flags |= _flags_by_medians(a_month, an_hour, periods, thresholds)
    words = np.array([""] * len(a_month), dtype=object)
    notes = []
    for flag, (rows, limit) in flags.items():
        if rows.any():
            words[rows] = [f"{each}, {flag}" if each else flag for each in words[rows]]
            label = WORDS(f"pay_flag.{flag}")
            notes.append(WORDS("pay.flag", flag=label, limit=limit, rows=rows.sum()))
    return words, notes


def _flags_by_medians(
    a_month: Floats, an_hour: Floats, periods: RowWords, thresholds: Thresholds
) -> dict[str, tuple[NDArray[np.bool_], Text]]:
    middle_hour, middle_month = _median_above_zero(an_hour), _median_above_zero(a_month)
    low, high = thresholds.annual
    times = thresholds.multiple
    hour, month = np.nan_to_num(an_hour), np.nan_to_num(a_month)
    ratio = month / middle_month
    of_month, of_year = periods.words == "month", periods.words == "year"
    in_words = {"times": figure_in_words(times), "low": figure_in_words(low), "high": figure_in_words(high)}
    median = figure_in_words(round(middle_month, 2))
    highest, lowest = round(middle_hour * times, 2), round(middle_hour / times, 4)
    return {
        "high hourly": (
            hour > middle_hour * times,
            WORDS("pay_flag_limit.high", limit=figure_in_words(highest), **in_words),
        ),
        "low hourly": (
            (hour > 0) & (hour < middle_hour / times),
            WORDS("pay_flag_limit.low", limit=figure_in_words(lowest), **in_words),
        ),
        "looks annual": (
            of_month & (ratio >= low) & (ratio <= high),
            WORDS("pay_flag_limit.looks_annual", median=median, **in_words),
        ),
        "looks monthly": (
            of_year & (ratio > 0) & (ratio >= 1 / high) & (ratio <= 1 / low),
            WORDS("pay_flag_limit.looks_monthly", median=median, **in_words),
        ),
    }


def _median_above_zero(pay: Floats) -> float:
    earned = pay[(pay > 0) & np.isfinite(pay)]
    return float(np.median(earned)) if earned.size else np.nan
