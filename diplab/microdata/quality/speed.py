"""Answers too fast to be read, and answers that are the same all the way down."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from diplab.errors import ColumnError, suggestion
from diplab.microdata.look_for import folded
from diplab.microdata.quality.findings import Finding, Skipped
from diplab.microdata.quality.questions import grids

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from diplab.microdata.microdata import Microdata

__all__ = ["duration_of", "speeders", "straight_lining"]

# the whole name: the length of a contract, or the time spent on a platform, is an answer
_ASKED_WITH = r"survey|interview|questionnaire|entretien|enquete|passation|session|response|total|totale|q"
_DURATION = re.compile(
    rf"_?(?:(?:{_ASKED_WITH})_?)*"
    r"(?:duration|duree|interview_?time|time_?taken|time_?spent|total_?time|elapsed(?:_?time)?|completion_?time)"
    rf"(?:_(?:in|en|of|de|du|de_l|{_ASKED_WITH}|s|secs?|seconds?|secondes?|ms|mins?|minutes?|hours?|heures?))*_?"
)
_STARTS = ("startdate", "start", "started_at", "start_date", "start_time", "starttime", "debut")
_ENDS = ("enddate", "end", "completed_at", "end_date", "end_time", "endtime", "submitdate", "fin")
_FEWEST = 20


def speeders(data: Microdata, *, duration: str | None = None, speed: float = 0.5) -> list[Finding | Skipped]:
    """Find people who took less than half of the median time (Greszki, Meyer and Schoen 2015, 50 % rule).

    Parameters
    ----------
    data : Microdata
    duration : str, optional
        Column of the time taken, in any unit; otherwise it is looked for by its name, or as the time between the
        columns of the start and of the end.
    speed : float
        Share of the median time below which an interview is too fast.

    Returns
    -------
    list of Finding or Skipped
        `fast`, with the median and the limit in the unit of the column (seconds for the time between two moments).

    Raises
    ------
    ColumnError
        Where the column does not exist.
    """
    columns, taken = duration_of(data, duration)
    known = np.isfinite(taken) & (taken > 0)
    if known.sum() < _FEWEST:
        return [Skipped("speeders", "no_duration")]
    median = float(np.median(taken[known]))
    fast = known & (taken < speed * median)
    if not fast.any():
        return []
    numbers = {"median": median, "limit": speed * median, "speed": speed}
    return [Finding("speeders", "fast", columns, int(fast.sum()), int(known.sum()), numbers, fast)]


def duration_of(data: Microdata, duration: str | None = None) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """Return the time that each row took and the columns that say it; no column where none does."""
    frame = data.frame
    if duration is not None:
        if duration not in frame:
            raise ColumnError(
                f"The time taken was to be read in the column `{duration}`.",
                f"There are {frame.shape[1]} columns and not that one.",
                suggestion(duration, frame),
            )
        return (duration,), pd.to_numeric(frame[duration], errors="coerce").to_numpy(dtype=np.float64)
    for name in map(str, frame):
        plain = re.sub(r"[^a-z0-9]+", "_", folded(name))
        if _DURATION.fullmatch(plain) and pd.api.types.is_numeric_dtype(frame[name]):
            return (name,), frame[name].to_numpy(dtype=np.float64, na_value=np.nan)
    moments = {
        re.sub(r"[^a-z0-9]+", "_", folded(str(name))): str(name)
        for name in frame
        if pd.api.types.is_datetime64_any_dtype(frame[name])
    }
    starts = [moments[each] for each in _STARTS if each in moments]
    ends = [moments[each] for each in _ENDS if each in moments]
    # an hour somewhere and an hour of nowhere are no time apart
    placed = [frame[each[0]].dt.tz is None for each in (starts, ends) if each]
    if len(placed) < 2 or placed[0] != placed[1]:
        return (), np.full(len(frame), np.nan)
    between = frame[ends[0]] - frame[starts[0]]
    return (starts[0], ends[0]), np.asarray(between.dt.total_seconds(), dtype=np.float64)


def straight_lining(data: Microdata) -> list[Finding | Skipped]:
    """Find people who gave the same answer to every item of a grid that they answered, three items at least.

    A short or one-sided grid can be answered so in good faith; the finding says which grid, so that the reader can
    look at its items.

    Returns
    -------
    list of Finding or Skipped
        `grid` for each grid; `every_grid` for those who did so in each of several grids.
    """
    found: list[Finding | Skipped] = []
    held = grids(data)
    if not held:
        return [Skipped("straight_lining", "no_grid")]
    straight_in_all = np.ones(len(data.frame), dtype=bool)
    answered_any = np.zeros(len(data.frame), dtype=bool)
    for items in held:
        straight, answered = _straight(data.frame, items)
        straight_in_all &= straight | ~answered
        answered_any |= answered
        if straight.any():
            numbers = {"items": float(len(items))}
            count = int(straight.sum())
            found.append(
                Finding("straight_lining", "grid", items, count, int(answered.sum()), numbers, straight)
            )
    every = straight_in_all & answered_any
    if len(held) > 1 and every.any():
        numbers = {"grids": float(len(held))}
        count = int(every.sum())
        found.append(
            Finding("straight_lining", "every_grid", (), count, int(answered_any.sum()), numbers, every)
        )
    return found


def _straight(frame: pd.DataFrame, items: tuple[str, ...]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return who gave one answer all the way down, and who answered three items at least."""
    distinct = pd.unique(pd.concat([frame[name] for name in items], ignore_index=True).dropna())
    rank = {answer: float(place) for place, answer in enumerate(distinct.tolist())}
    answers = np.column_stack([frame[name].map(rank).to_numpy(dtype=np.float64) for name in items])
    answered = np.isfinite(answers).sum(axis=1) >= 3
    with np.errstate(invalid="ignore"):
        lowest = np.where(np.isfinite(answers), answers, np.inf).min(axis=1)
        highest = np.where(np.isfinite(answers), answers, -np.inf).max(axis=1)
    return answered & (lowest == highest), answered
