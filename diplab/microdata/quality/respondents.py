"""Respondents to look at: too fast, the same answer throughout, failed attention checks, few answers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from diplab.checks import argument
from diplab.errors import OptionError
from diplab.microdata.frames import check_columns
from diplab.microdata.quality.findings import Finding, Skipped, flagged_finding, grids, wording_of
from diplab.microdata.search import fold_accents
from diplab.microdata.variable import code_of_answer, code_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from diplab.microdata.microdata import Microdata
    from diplab.microdata.variable import Code

__all__ = ["duration_of", "failed_attention", "item_nonresponse", "speeders", "straight_lining"]


# the whole name: the length of a contract, or the time spent on a platform, is an answer
_ASKED_WITH = r"survey|interview|questionnaire|entretien|enquete|passation|session|response|total|totale|q"
_DURATION = re.compile(
    rf"_?(?:(?:{_ASKED_WITH})_?)*"
    r"(?:duration|duree|interview_?time|time_?taken|time_?spent|total_?time|elapsed(?:_?time)?|completion_?time)"
    rf"(?:_(?:in|en|of|de|du|de_l|{_ASKED_WITH}|s|secs?|seconds?|secondes?|ms|mins?|minutes?|hours?|heures?))*_?"
)
_STARTS = ("startdate", "start", "started_at", "start_date", "start_time", "starttime", "debut")
_ENDS = ("enddate", "end", "completed_at", "end_date", "end_time", "endtime", "submitdate", "fin")
_FEWEST_TIMES = 20


def speeders(data: Microdata, *, duration: str | None = None, speed: float = 0.5) -> list[Finding | Skipped]:
    """Find people who took less than half of the median time (Greszki, Meyer and Schoen 2015, 50 % rule)."""
    columns, taken = duration_of(data, duration)
    known = np.isfinite(taken) & (taken > 0)
    if known.sum() < _FEWEST_TIMES:
        return [Skipped("speeders", "no_duration")]
    median = float(np.median(taken[known]))
    limit = speed * median
    fast, numbers = known & (taken < limit), {"median": median, "limit": limit, "speed": speed}
    return [*flagged_finding("speeders", "fast", columns, fast, int(known.sum()), **numbers)]


def duration_of(data: Microdata, duration: str | None = None) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """Return the columns of the time taken, none where there are none, and the time of each row."""
    frame = data.frame
    if duration is not None:
        check_columns(data, duration)
        return (duration,), pd.to_numeric(frame[duration], errors="coerce").to_numpy(dtype=np.float64)
    words = {str(name): re.sub(r"[^a-z0-9]+", "_", fold_accents(str(name))) for name in frame}
    for name, text in words.items():
        if _DURATION.fullmatch(text) and pd.api.types.is_numeric_dtype(frame[name]):
            return (name,), frame[name].to_numpy(dtype=np.float64, na_value=np.nan)
    moments = {
        text: name for name, text in words.items() if pd.api.types.is_datetime64_any_dtype(frame[name])
    }
    starts = [moments[each] for each in _STARTS if each in moments]
    ends = [moments[each] for each in _ENDS if each in moments]
    # a time with a time zone and one without cannot be subtracted
    naive = [frame[each[0]].dt.tz is None for each in (starts, ends) if each]
    if len(naive) < 2 or naive[0] != naive[1]:
        return (), np.full(len(frame), np.nan)
    between = frame[ends[0]] - frame[starts[0]]
    return (starts[0], ends[0]), np.asarray(between.dt.total_seconds(), dtype=np.float64)


def straight_lining(data: Microdata) -> list[Finding | Skipped]:
    """Find people who gave the same answer to every item of a grid, of at least three that they answered.

    A short or one-sided grid can be answered so in good faith; the finding names the grid.
    """
    findings: list[Finding | Skipped] = []
    sets = grids(data)
    if not sets:
        return [Skipped("straight_lining", "no_grid")]
    straight_in_all = np.ones(len(data.frame), dtype=bool)
    answered_any = np.zeros(len(data.frame), dtype=bool)
    for items in sets:
        straight, answered = _straight(data.frame, items)
        straight_in_all &= straight | ~answered
        answered_any |= answered
        base = int(answered.sum())
        findings += flagged_finding("straight_lining", "grid", items, straight, base, items=float(len(items)))
    if len(sets) > 1:
        every, base = straight_in_all & answered_any, int(answered_any.sum())
        findings += flagged_finding("straight_lining", "every_grid", (), every, base, grids=float(len(sets)))
    return findings


def _straight(frame: pd.DataFrame, items: tuple[str, ...]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return who gave one answer to all items, and who answered at least three."""
    distinct = pd.unique(pd.concat([frame[name] for name in items], ignore_index=True).dropna())
    rank = {answer: float(place) for place, answer in enumerate(distinct.tolist())}
    answers = np.column_stack([frame[name].map(rank).to_numpy(dtype=np.float64) for name in items])
    answered = np.isfinite(answers).sum(axis=1) >= 3
    with np.errstate(invalid="ignore"):
        lowest = np.where(np.isfinite(answers), answers, np.inf).min(axis=1)
        highest = np.where(np.isfinite(answers), answers, -np.inf).max(axis=1)
    return answered & (lowest == highest), answered


_ASKS_ATTENTION = re.compile(
    r"attention.?check|\battn\b|attention_|controle d.attention|test d.attention"
    r"|(?:please|veuillez|merci de) (?:select|choose|click|answer|choisir|selectionner|cocher|repondre)"
    r"|(?:show|shows|montrer|montre) (?:that|que) (?:you|vous)"
)


def failed_attention(data: Microdata, attention: Mapping[str, Code] | None = None) -> list[Finding | Skipped]:
    """Find people who failed an attention check.

    People without an answer are not counted. Without `attention`, columns whose wording resembles such a check are
    listed and no one is flagged.
    """
    if not attention:
        looks = tuple(name for name in map(str, data.frame) if _ASKS_ATTENTION.search(wording_of(data, name)))
        if not looks:
            return [Skipped("attention", "no_attention")]
        return [Finding("attention", "candidates", looks, 0, len(data.frame))]
    if not isinstance(attention, Mapping):
        raise OptionError(
            f"{argument('attention', attention)} does not say which answer is right.",
            "",
            'Write each with its right answer, for example `data.check(attention={"q12": 3})`.',
        )
    findings: list[Finding | Skipped] = []
    for name, right in attention.items():
        answered, failed = _failed_check(data, name, right)
        findings += flagged_finding("attention", "failed", (name,), failed, int(answered.sum()))
    return findings


def _failed_check(data: Microdata, name: str, right: Code) -> tuple[Any, Any]:
    frame = data.frame
    check_columns(data, name)
    answered = frame[name].notna().to_numpy(dtype=bool)
    distinct = frame[name].dropna().unique().tolist()
    code = code_of_answer(data.codebook, name, right, distinct)
    if code is None:  # a command line has words only
        code = next((each for each in distinct if code_text(each) == str(right)), None)
    if code is None and answered.any():
        raise OptionError(
            f"{right!r} is not an answer in the data to the attention check `{name}`.",
            "",
            "Write a code of the data, or its label.",
        )
    return answered, answered & np.asarray(frame[name] != code, dtype=bool)


_NOT_ASKED = re.compile(
    r"not (?:asked|applicable|in universe|shown|seen)|non (?:posee|concerne|applicable)|inapplicable"
    r"|\binap\b|\biap\b|\bskip|sans objet|pas concerne|legitimate|filtre|\bnot? concern"
)
_FEWEST_QUESTIONS = 5


def item_nonresponse(
    data: Microdata, *, unanswered: float = 0.2, left: float = 0.5
) -> list[Finding | Skipped]:
    """Find questions that many did not answer, and people who left most questions without an answer.

    People who were not asked (by a reason of the codebook: not asked, not applicable, sans objet) are not counted.
    Empty cells without a reason are: the file does not say why they are empty.
    """
    names = list(map(str, data.frame))
    unanswered_of = np.zeros(len(data.frame), dtype=np.int64)
    shown_to = np.zeros(len(data.frame), dtype=np.int64)
    findings: list[Finding | Skipped] = []
    for name in names:
        shown = ~_not_asked(data, name)
        missing = data.frame[name].isna().to_numpy(dtype=bool) & shown
        unanswered_of += missing
        shown_to += shown
        count, base = int(missing.sum()), int(shown.sum())
        if base and count / base >= unanswered:
            findings.append(Finding("nonresponse", "question", (name,), count, base))
    findings.sort(key=lambda each: -each.rows / each.base if isinstance(each, Finding) else 0.0)
    few = (shown_to >= _FEWEST_QUESTIONS) & (unanswered_of > left * shown_to)
    findings[:0] = flagged_finding(
        "nonresponse", "person", (), few, len(few), left=left, questions=float(len(names))
    )
    return findings


def _not_asked(data: Microdata, name: str) -> NDArray[np.bool_]:
    codes = data.missing.get(name)
    if codes is None:
        return np.zeros(len(data.frame), dtype=bool)
    variable = data.codebook[name]
    places = [
        place
        for place, code in enumerate(codes.codes)
        if _NOT_ASKED.search(fold_accents(variable.why(code) or ""))
    ]
    return np.isin(codes.places, places)
