"""Pay that looks wrong: flagged, never changed and never dropped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from diplab.reference.parameter_words import figure_in_words
from diplab.reference.text import Text

if TYPE_CHECKING:
    from diplab.microdata.pay.periods import RowWords

__all__ = ["PAY_FLAGS", "Thresholds", "flag_pay"]


Floats = NDArray[np.float64]
HOURS_IN_A_WEEK = 168.0
"""Hours that a week has."""
PAY_FLAGS = {
    "negative": Text("paie négative", "pay below zero"),
    "hours": Text("plus d’heures que n’en a une semaine", "more hours than a week has"),
    "no hours": Text("aucune heure travaillée", "no hours worked"),
    "high hourly": Text("paie horaire très haute", "hourly pay very high"),
    "low hourly": Text("paie horaire très basse", "hourly pay very low"),
    "looks annual": Text("paie du mois qui semble annuelle", "pay of a month that looks annual"),
    "looks monthly": Text("paie de l’année qui semble mensuelle", "pay of a year that looks monthly"),
}


@dataclass(frozen=True)
class Thresholds:
    """What makes pay look wrong."""

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
    """Return the flags of each row, in one word of several parts, and each flag with its threshold and its rows.

    Medians are those of the pay above zero in the file, without weights. Pay in bands is looked at for its sign and
    its hours only: where it stands within a band is not known.
    """
    below = (np.nan_to_num(a_month) < 0) | (np.nan_to_num(an_hour) < 0)
    found: dict[str, tuple[NDArray[np.bool_], Text]] = {"negative": (below, Text("sous 0", "below 0"))}
    if hours is not None:
        known = ~np.isnan(hours)
        found["hours"] = (
            known & (hours > HOURS_IN_A_WEEK),
            Text("plus de 168 par semaine", "above 168 a week"),
        )
        found["no hours"] = (known & (hours <= 0), Text("0 par semaine ou moins", "0 a week or less"))
    if not banded:
        found |= _flags_by_medians(a_month, an_hour, periods, thresholds)
    words = np.array([""] * len(a_month), dtype=object)
    told = []
    for flag, (rows, said) in found.items():
        if not rows.any():
            continue
        words[rows] = [f"{each}, {flag}" if each else flag for each in words[rows]]
        label = PAY_FLAGS[flag]
        told.append(
            Text(f"{label.fr} ({said.fr})\u00a0: {rows.sum()}", f"{label.en} ({said.en}): {rows.sum()}")
        )
    return words, told


def _flags_by_medians(
    a_month: Floats, an_hour: Floats, periods: RowWords, thresholds: Thresholds
) -> dict[str, tuple[NDArray[np.bool_], Text]]:
    middle_hour, middle_month = _median_above_zero(an_hour), _median_above_zero(a_month)
    low, high = thresholds.annual
    times = thresholds.multiple
    hour, month = np.nan_to_num(an_hour), np.nan_to_num(a_month)
    ratio = month / middle_month
    of_month, of_year = periods.words == "month", periods.words == "year"
    m, a = figure_in_words(round(middle_hour * times, 2)), figure_in_words(round(middle_hour / times, 4))
    x = figure_in_words(times)
    between = (figure_in_words(low), figure_in_words(high))
    mid = figure_in_words(round(middle_month, 2))
    return {
        "high hourly": (
            hour > middle_hour * times,
            Text(f"au-dessus de {x.fr} médianes, {m.fr}", f"above {x.en} medians, {m.en}"),
        ),
        "low hourly": (
            (hour > 0) & (hour < middle_hour / times),
            Text(f"sous la médiane divisée par {x.fr}, {a.fr}", f"below the median over {x.en}, {a.en}"),
        ),
        "looks annual": (
            of_month & (ratio >= low) & (ratio <= high),
            Text(
                f"de {between[0].fr} à {between[1].fr} fois la médiane, {mid.fr}",
                f"{between[0].en} to {between[1].en} times the median, {mid.en}",
            ),
        ),
        "looks monthly": (
            of_year & (ratio > 0) & (ratio >= 1 / high) & (ratio <= 1 / low),
            Text(
                f"un douzième de {between[0].fr} à {between[1].fr} fois sous la médiane, {mid.fr}",
                f"a twelfth {between[0].en} to {between[1].en} times under the median, {mid.en}",
            ),
        ),
    }


def _median_above_zero(pay: Floats) -> float:
    earned = pay[pay > 0]
    earned = earned[np.isfinite(earned)]
    return float(np.median(earned)) if earned.size else np.nan
