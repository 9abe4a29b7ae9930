"""All checks of the quality of a file, in one call."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from diplab.checks import check_number
from diplab.errors import OptionError
from diplab.microdata.frames import frame_in_memory, holds_lists
from diplab.microdata.missing import codes_like_missing
from diplab.microdata.quality import respondents
from diplab.microdata.quality.findings import Finding, Quality, Skipped, flagged_finding, whole_numbers, wording_of
from diplab.microdata.quality.respondents import duration_of
from diplab.microdata.variable import Code, code_text
from diplab.reference.parameter import HOURS_IN_A_WEEK

if TYPE_CHECKING:
    from diplab.microdata.microdata import Microdata


@dataclass(frozen=True)
class _Span:
    kind: str
    words: str
    high: float
    other: str  # words for something else: an age in months, a change of a percentage


_CHANGE = r"(?:^|[ _])(?:chang|variation|evolution|diff|growth|croissance|increas|decreas|hausse|baisse|augment|ecart)"
_NO_YEARS = r"(?:^|[ _(])(?:months?|mois|weeks?|semaines?|days?|jours?|number of|nombre|how many|combien)(?:$|[ _),.?])"
_A_WEEK = r"(?:hours?|heures?)[ _](?:\w+[ _])?(?:per|a|par|each|la|chaque)[ _](?:week|semaine)|weekly[ _]hours?"
_SPANS = (
    _Span("age", r"(?:^|[ _])age(?:$|[ _]*(?:in|en|revolu|years|ans)?(?:$|[ _]))", 120, f"{_NO_YEARS}|{_CHANGE}"),
    _Span("weekly_hours", _A_WEEK, HOURS_IN_A_WEEK, _CHANGE),
    _Span("percentage", r"percent|pourcentage|(?:^|[ _])pct(?:$|[ _])", 100, _CHANGE),
)


def impossible_values(data: Microdata) -> list[Finding | Skipped]:
    """Find values outside of what a question can have as an answer."""
    # codes without a label among labelled ones, ages, hours and shares that cannot be, ends before starts, stray 99s
    findings: list[Finding | Skipped] = []
    for name in map(str, data.frame):
        answers = data.frame[name]
        variable = data.codebook.variables.get(name)
        if variable is not None and len(variable.values) > 1 and variable.measure != "scale":
            labelled = {code_text(code) for code in variable.values}
            distinct = answers.dropna().unique().tolist()
            bare = [each for each in distinct if code_text(each) not in labelled]
            # labels may mark a few points only, the ends of a scale
            undeclared = answers.isin([] if 2 * len(bare) >= len(distinct) else bare).to_numpy(dtype=bool)
            findings += _findings("undeclared_code", name, undeclared, answers)
            continue
        if not pd.api.types.is_numeric_dtype(answers) or pd.api.types.is_bool_dtype(answers):
            continue
        values = answers.to_numpy(dtype=np.float64, na_value=np.nan)
        for span in _SPANS:
            if _matches_span(span, wording_of(data, name)):
                outside = (values < 0) | (values > span.high)
                findings += _findings(span.kind, name, outside, values, low=0, high=span.high)
        # numbers that look like missing codes
        odd = codes_like_missing(np.unique(values[np.isfinite(values)]))
        if odd:
            isolated = np.isin(values, odd)
            findings += _findings("looks_like_missing", name, isolated, values, lowest=odd[0], highest=odd[-1])
    columns, taken = duration_of(data)
    known = int(np.isfinite(taken).sum())
    return [*findings, *flagged_finding("impossible", "negative_duration", columns, taken < 0, known)]


def _matches_span(span: _Span, words: str) -> bool:
    return re.search(span.words, words) is not None and not re.search(span.other, words)


def _findings(kind: str, name: str, rows: NDArray[np.bool_], answers: Any, **numbers: float) -> list[Finding]:
    answered = int(np.asarray(pd.notna(answers)).sum())
    return flagged_finding("impossible", kind, (name,), rows, answered, **numbers)


_FEWEST_NUMBERS = 100
_FEWEST_DISTINCT = 20
_YOUNGEST, _OLDEST = 23, 62
_HEAPED = 0.4
_BY_CHANCE = 3.0  # standard errors above a fifth from which a share of round ages is not due to chance


def heaping(data: Microdata) -> list[Finding | Skipped]:
    """Find columns of numbers in which people rounded."""
    # ages by Whipple's index, from 125 on, which the United Nations call rough; other whole numbers, zeros left out,
    # where two in five end in 0 or 5, as one in five do by chance
    findings: list[Finding | Skipped] = []
    looked = False
    for name in map(str, data.frame):
        values = whole_numbers(data, name)
        values = values[values != 0]
        if len(values) < _FEWEST_NUMBERS or len(np.unique(values)) < _FEWEST_DISTINCT:
            continue
        looked = True
        if _matches_span(_SPANS[0], wording_of(data, name)):
            index = whipple(values)
            people = int(((values >= _YOUNGEST) & (values <= _OLDEST)).sum())
            if index >= 125 and index - 100 > _BY_CHANCE * 200 / np.sqrt(people):
                findings.append(Finding("heaping", "age", (name,), 0, len(values), {"whipple": index}))
            continue
        round_ones = int((values % 5 == 0).sum())
        share = round_ones / len(values)
        if share >= _HEAPED:
            findings.append(Finding("heaping", "round_numbers", (name,), round_ones, len(values), {"share": share}))
    return findings if looked else [Skipped("heaping", "no_whole_numbers")]


def whipple(ages: NDArray[np.float64]) -> float:
    """Return Whipple's index: people aged 25, 30, ... 60 against a fifth of those aged 23 to 62, times 100."""
    # 100 is no preference for round ages, 500 is nothing but round ages (Shryock and Siegel 1976). NaN where no one is
    # aged 23 to 62
    within = ages[(ages >= _YOUNGEST) & (ages <= _OLDEST)]
    if not len(within):
        return float("nan")
    return 500.0 * float((within % 5 == 0).sum()) / len(within)


def check(
    data: Microdata,
    *,
    attention: Mapping[str, Code] | None = None,
    duration: str | None = None,
    speed: float = 0.5,
    matching: float = 0.85,
    unanswered: float = 0.2,
    left: float = 0.5,
) -> Quality:
    """Check a file for answers of doubtful quality: copies, speed, straight-lining, impossible values, nonresponse.

    Nothing is changed or left out. `quality.flagged("speeders")` gives the rows of a check, for
    `data.exclude(quality.flagged("speeders"), "faster than half of the median time")`, which is recorded.

    Parameters
    ----------
    attention : mapping of str to code, optional
        Columns that are attention checks, with their right answer.
    duration : str, optional
        Column of the time taken; otherwise looked for by its name.
    speed : float
        Share of the median time below which an interview is too fast.
    matching : float
        Share of identical answers from which two rows are nearly identical.
    unanswered : float
        Share without an answer from which a question is listed.
    left : float
        Share of unanswered questions above which a person is flagged.

    Returns
    -------
    Quality

    Raises
    ------
    ColumnError
        Where a column does not exist.
    OptionError
        Where a share is not between 0 and 1, there is no row, or the answers are not in memory.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = dl.Microdata(pd.DataFrame({"worker_id": ["a", "b", "b"], "age": [31, 240, 45]}), dl.Codebook())
    >>> people.check().frame[["check", "kind", "variables", "rows"]].values.tolist()
    [['duplicates', 'identifier', 'worker_id', 2], ['impossible', 'age', 'age', 1]]
    """
    shares = {"speed": speed, "matching": matching, "unanswered": unanswered, "left": left}
    for name, share in shares.items():
        check_number(name, share, above=0, high=1, example=0.5)
    frame = frame_in_memory(data)
    if not len(frame):
        raise OptionError("The data have no row.", write="Pass a file with answers.")
    # cells that list several answers cannot be compared
    data = replace(data, frame=frame[[name for name in frame if not holds_lists(frame[name])]])
    made = [
        *respondents.duplicates(data),
        *respondents.near_identical(data, matching=matching),
        *respondents.speeders(data, duration=duration, speed=speed),
        *respondents.straight_lining(data),
        *respondents.failed_attention(data, attention),
        *impossible_values(data),
        *heaping(data),
        *respondents.item_nonresponse(data, unanswered=unanswered, left=left),
    ]
    return Quality(
        tuple(each for each in made if isinstance(each, Finding)),
        tuple(each for each in made if isinstance(each, Skipped)),
        len(data),
        data.codebook.origin.file,
        data.codebook.origin.synthetic,
    )
