"""Checks of the quality of a file, and their findings."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from diplab.checks import argument, check_number, check_one_of
from diplab.errors import OptionError
from diplab.kernel.arrays import Booleans, Floats
from diplab.microdata.frames import check_columns, frame_in_memory, holds_lists
from diplab.microdata.identifiers import is_row_identifier
from diplab.microdata.missing import (
    codes_for_no_answer,
    codes_like_missing,
    labelled_by_words,
    rows_missing_for,
    words_of,
)
from diplab.microdata.search import (
    columns_of_design,
    fold_accents,
    lexicon,
    lexicon_pattern,
    lexicon_patterns,
)
from diplab.microdata.variable import (
    Code,
    MissingRange,
    Variable,
    any_words,
    code_of_answer,
    code_text,
    codes_by_text,
)
from diplab.reference.display import Displayed
from diplab.reference.parameter import HOURS_IN_A_WEEK

if TYPE_CHECKING:
    from diplab.microdata.microdata import Microdata

Check: TypeAlias = Literal[
    "duplicates", "near_identical", "speeders", "straight_lining", "attention", "impossible",
    "heaping", "nonresponse", "design",
]  # fmt: skip
CHECKS: tuple[Check, ...] = get_args(Check)


@dataclass(frozen=True, eq=False)
class Finding:
    """A finding of a check: kind, columns, number of rows, base, and parameters of the rule."""

    # `flagged` marks the rows; None if the finding is about a column
    check: Check
    kind: str
    variables: tuple[str, ...]
    rows: int
    base: int
    numbers: Mapping[str, float] = field(default_factory=dict)
    flagged: Booleans | None = None


def flagged_finding(
    check: Check,
    kind: str,
    variables: tuple[str, ...],
    flagged: Booleans,
    base: int,
    **numbers: float,
) -> list[Finding]:
    """Yield a finding that flags rows, unless no row is flagged."""
    rows = int(flagged.sum())
    if rows:
        return [Finding(check, kind, variables, rows, base, numbers, flagged)]
    return []


@dataclass(frozen=True)
class Skipped:
    """A check that was not made, and the key of the reason."""

    check: Check
    why: str


@dataclass(frozen=True, eq=False, repr=False)
class Quality(Displayed):
    """The findings of the checks of a file, and the checks that its data do not allow."""

    findings: tuple[Finding, ...]
    skipped: tuple[Skipped, ...]
    rows: int
    file: str = ""
    synthetic: bool = False

    def flagged(self, check: Check) -> Booleans:
        """Return the rows that any finding of a check flags."""
        check_one_of("check", check, Check)
        rows = np.zeros(self.rows, dtype=bool)
        for finding in self.findings:
            if finding.check == check and finding.flagged is not None:
                rows |= finding.flagged
        return rows

    @property
    def frame(self) -> pd.DataFrame:
        """One row per finding: check, kind, variables, rows, base, share."""
        found = [
            (finding.check, finding.kind, ", ".join(finding.variables), finding.rows, finding.base)
            for finding in self.findings
        ]
        frame = pd.DataFrame(found, columns=["check", "kind", "variables", "rows", "base"])
        return frame.assign(share=frame["rows"] / frame["base"].where(frame["base"] > 0))

    def __repr__(self) -> str:
        with_findings = {finding.check for finding in self.findings}
        made = len(CHECKS) - len({reason.check for reason in self.skipped} - with_findings)
        return (
            f"<quality of {self.file or 'data in memory'}: {len(self.findings)} findings, "
            f"{made} checks made>"
        )


_MOST_ANSWERS = 30
_ITEMS = 4
_GRID_ANSWERS = 11
_NUMBERED = re.compile(r"(.+?)[ ._\[(-]*(?:sq|r|a)?0*(\d+)[\])]*", re.IGNORECASE)
_LONGEST_NAME = 500


def wording_of(data: Microdata, name: str) -> str:
    """Return the name, labels and question of a column, without accents and capitals."""
    variable = data.codebook.variable(name)
    parts = (name, variable.label.fr, variable.label.en, variable.question.fr, variable.question.en)
    return fold_accents(" ".join(dict.fromkeys(filter(None, parts))))


def closed_questions(data: Microdata) -> list[str]:
    """Return the columns with two to thirty distinct answers."""
    return [str(name) for name in data.frame if 2 <= data.frame[name].nunique() <= _MOST_ANSWERS]


def answer_codes(frame: pd.DataFrame, columns: Sequence[str]) -> NDArray[np.int32]:
    """Return columns as integers, shape (rows, columns), -1 if missing."""
    coded = [pd.factorize(frame[name])[0] for name in columns]
    if coded:
        return np.column_stack(coded).astype(np.int32)
    return np.empty((len(frame), 0), np.int32)


def grids(data: Microdata) -> list[tuple[str, ...]]:
    """Return sets of four or more items on one scale, of one question or with numbered names."""
    together: dict[tuple[Any, ...], list[str]] = {}
    ticked = set()
    for subset in data.codebook.sets.values():
        for name in subset.columns:
            ticked.add(name)
    for name in map(str, data.frame):
        if name in ticked:
            continue
        variable = data.codebook.variable(name)
        numbered = _NUMBERED.fullmatch(name) if len(name) <= _LONGEST_NAME else None
        stem = variable.part_of or (numbered[1] if numbered else "")
        if stem:
            together.setdefault((stem, tuple(variable.values.items())), []).append(name)
    sets = map(tuple, together.values())
    return [items for items in sets if len(items) >= _ITEMS and _one_scale(data.frame, items)]


def _one_scale(frame: pd.DataFrame, items: Sequence[str]) -> bool:
    """Return whether items share a scale: three or more answers in common."""
    by_item = [frame[name].dropna().unique().tolist() for name in items]
    answers = set().union(*by_item)
    if not 3 <= len(answers) <= _GRID_ANSWERS:
        return False
    if not any_words(answers):
        return all(float(one).is_integer() for one in answers)
    # boxes with their own words share only "not ticked" and "not seen"
    times = Counter(chain.from_iterable(by_item))
    return all(sum(times[answer] > 1 for answer in rows) >= min(3, len(rows)) for rows in by_item)


def whole_numbers(data: Microdata, name: str) -> Floats:
    """Return the answers of a column of unlabelled integers; otherwise empty."""
    answers = data.frame[name]
    labelled = len(data.codebook.variable(name).values) > 1
    if (
        labelled
        or not pd.api.types.is_numeric_dtype(answers)
        or pd.api.types.is_bool_dtype(answers)
    ):
        return np.empty(0)
    values = answers.dropna().to_numpy(dtype=np.float64)
    if len(values) and bool((values == np.floor(values)).all()):
        return values
    return np.empty(0)


_DURATION = lexicon_pattern("quality", "duration")  # the whole name
_STARTS, _ENDS = itemgetter("start", "end")(lexicon("quality"))
_FEWEST_TIMES = 20


def speeders(
    data: Microdata, *, duration: str | None = None, speed: float = 0.5
) -> list[Finding | Skipped]:
    """Find speeders: less than half of the median time (Greszki, Meyer and Schoen 2015)."""
    columns, taken = duration_of(data, duration)
    known = np.isfinite(taken) & (taken > 0)
    if known.sum() < _FEWEST_TIMES:
        return [Skipped("speeders", "no_duration")]
    median = float(np.median(taken[known]))
    limit = speed * median
    fast, numbers = known & (taken < limit), {"median": median, "limit": limit, "speed": speed}
    return [*flagged_finding("speeders", "fast", columns, fast, int(known.sum()), **numbers)]


def duration_of(data: Microdata, duration: str | None = None) -> tuple[tuple[str, ...], Floats]:
    """Return the columns of the time taken, if any, and the time of each row."""
    frame = data.frame
    if duration is not None:
        check_columns(data, duration)
        return (duration,), pd.to_numeric(frame[duration], errors="coerce").to_numpy(
            dtype=np.float64
        )
    words = {}
    for name in frame:
        words[str(name)] = re.sub(r"[^a-z0-9]+", "_", fold_accents(str(name)))
    for name, text in words.items():
        if _DURATION.fullmatch(text) and pd.api.types.is_numeric_dtype(frame[name]):
            return (name,), frame[name].to_numpy(dtype=np.float64, na_value=np.nan)
    moments = {
        text: name
        for name, text in words.items()
        if pd.api.types.is_datetime64_any_dtype(frame[name])
    }
    starts = list(filter(None, map(moments.get, _STARTS)))
    ends = list(filter(None, map(moments.get, _ENDS)))
    # a time with a time zone and one without cannot be subtracted
    naive = [frame[times[0]].dt.tz is None for times in (starts, ends) if times]
    if len(naive) < 2 or naive[0] != naive[1]:
        return (), np.full(len(frame), np.nan)
    between = frame[ends[0]] - frame[starts[0]]
    return (starts[0], ends[0]), np.asarray(between.dt.total_seconds(), dtype=np.float64)


def straight_lining(data: Microdata) -> list[Finding | Skipped]:
    """Find straight-liners: the same answer to all items of a grid, at least three."""
    # in a short or one-sided grid this can be sincere; the finding names the grid
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
        findings += flagged_finding(
            "straight_lining", "grid", items, straight, base, items=float(len(items))
        )
    if len(sets) > 1:
        every, base = straight_in_all & answered_any, int(answered_any.sum())
        findings += flagged_finding(
            "straight_lining", "every_grid", (), every, base, grids=float(len(sets))
        )
    return findings


def _straight(frame: pd.DataFrame, items: tuple[str, ...]) -> tuple[Booleans, Booleans]:
    """Return the rows with one answer to all items, and those with at least three answers."""
    # one list of answers for all items, -1 if missing
    codes = pd.factorize(frame[list(items)].to_numpy(dtype=object).ravel())[0].reshape(
        len(frame), len(items)
    )
    answered = (codes >= 0).sum(axis=1) >= 3
    highest = codes.max(axis=1)
    return answered & (
        np.where(codes < 0, highest[:, None], codes).min(axis=1) == highest
    ), answered


_ASKS_ATTENTION = lexicon_pattern("quality", "attention")


def failed_attention(
    data: Microdata, attention: Mapping[str, Code] | None = None
) -> list[Finding | Skipped]:
    """Find failed attention checks; without `attention`, columns that look like one."""
    if not attention:
        looks = tuple(
            name for name in map(str, data.frame) if _ASKS_ATTENTION.search(wording_of(data, name))
        )
        if not looks:
            return [Skipped("attention", "no_attention")]
        return [Finding("attention", "candidates", looks, 0, len(data.frame))]
    if not isinstance(attention, Mapping):
        raise OptionError(
            f"{argument('attention', attention)} does not state the right answer.",
            write='Write each with its right answer, such as `data.check(attention={"q12": 3})`.',
        )
    findings: list[Finding | Skipped] = []
    for name, right in attention.items():
        answers = check_columns(data, name)[name]
        answered, distinct = (
            answers.notna().to_numpy(dtype=bool),
            answers.dropna().unique().tolist(),
        )
        code = code_of_answer(data.codebook, name, right, distinct)
        if code is None:  # a command line passes words only
            code = codes_by_text(distinct).get(str(right))
        if code is None and distinct:
            raise OptionError(
                f"{right!r} is not an answer in the data to the attention check `{name}`.",
                write="Write a code of the data, or its label.",
            )
        failed = answered & np.asarray(answers != code, dtype=bool)
        findings += flagged_finding("attention", "failed", (name,), failed, int(answered.sum()))
    return findings


_NOT_ASKED = lexicon_pattern("quality", "not_asked")
_FEWEST_QUESTIONS = 5


def item_nonresponse(
    data: Microdata, *, unanswered: float = 0.2, left: float = 0.5
) -> list[Finding | Skipped]:
    """Find questions with much nonresponse, and people with most questions unanswered."""
    # rows not asked, by a reason of the codebook, are excluded; empty cells without a reason count
    names = list(map(str, data.frame))
    unanswered_of = np.zeros(len(data.frame), dtype=np.int64)
    shown_to = np.zeros(len(data.frame), dtype=np.int64)
    findings: list[Finding | Skipped] = []
    for name in names:
        shown = ~rows_missing_for(
            data, name, lambda reason: _NOT_ASKED.search(fold_accents(reason)) is not None
        )
        missing = data.frame[name].isna().to_numpy(dtype=bool) & shown
        unanswered_of += missing
        shown_to += shown
        count, base = int(missing.sum()), int(shown.sum())
        if base and count / base >= unanswered:
            findings.append(Finding("nonresponse", "question", (name,), count, base))
    findings.sort(key=lambda item: -item.rows / item.base if isinstance(item, Finding) else 0.0)
    few = (shown_to >= _FEWEST_QUESTIONS) & (unanswered_of > left * shown_to)
    findings[:0] = flagged_finding(
        "nonresponse", "person", (), few, len(few), left=left, questions=float(len(names))
    )
    return findings


_QUESTIONS = 20
_COMMONPLACE = 0.7
_TOO_ALIKE = 0.1
_ABOVE_CHANCE = 5
_BLOCK = 512


def duplicates(data: Microdata) -> list[Finding | Skipped]:
    """Find duplicate identifiers, and rows with identical answers to all closed questions."""
    # rows are compared on twenty or more informative questions: two people may tick none of thirty
    # boxes
    findings: list[Finding | Skipped] = []
    names = [str(name) for name in data.frame if is_row_identifier(fold_accents(str(name)))]
    for name in names:
        answers = data.frame[name].dropna()
        twice = data.frame[name].duplicated(keep=False) & data.frame[name].notna()
        # a column with mostly repeated values identifies groups (households), not rows
        if answers.nunique() > len(answers) / 2:
            findings += flagged_finding(
                "duplicates", "identifier", (name,), twice.to_numpy(dtype=bool), len(answers)
            )
    columns = [name for name in closed_questions(data) if name not in names]
    telling = _discriminating_questions(data, columns)
    if len(telling) < _QUESTIONS:
        return [*findings, Skipped("duplicates", "few_questions")]
    codes = answer_codes(data.frame, columns)
    _, group, sizes = np.unique(codes, axis=0, return_inverse=True, return_counts=True)
    compared = (codes[:, np.isin(columns, telling)] >= 0).sum(axis=1) >= _QUESTIONS
    same = (sizes[group.ravel()] > 1) & compared
    base = int(compared.sum())
    return [
        *findings,
        *flagged_finding("duplicates", "rows", (), same, base, questions=len(columns)),
    ]


def near_identical(
    data: Microdata, *, matching: float = 0.85, most_rows: int = 20_000
) -> list[Finding | Skipped]:
    """Find rows nearly identical to another row, as in copied interviews."""
    # the match of a row is the largest share of identical answers with any other row, among at
    # least twenty closed questions that both answered (maximum percent match, Kuriakose and Robbins
    # 2016). A high match is not proof: honest answers match too if questions are few, have two or
    # three answers or little variation, and the more so in large files (Simmons et al. 2016).
    # Questions that seven in ten pairs of people answer alike are excluded
    columns = _discriminating_questions(data, closed_questions(data))
    if len(columns) < _QUESTIONS:
        return [Skipped("near_identical", "few_questions")]
    if len(data.frame) > most_rows:
        return [Skipped("near_identical", "too_many_rows")]
    codes = answer_codes(data.frame, columns)
    match = best_matches(codes)
    close = match >= matching
    if not close.any():
        return []
    count, compared = int(close.sum()), int((match >= 0).sum())
    numbers = {"matching": matching, "questions": float(len(columns))}
    by_chance = compared * _matches_by_chance(codes, matching)
    if count > _TOO_ALIKE * compared or count <= _ABOVE_CHANCE * by_chance:
        return [Finding("near_identical", "too_alike", (), count, compared, numbers)]
    return [Finding("near_identical", "rows", (), count, compared, numbers, close)]


def _discriminating_questions(data: Microdata, names: Sequence[str]) -> list[str]:
    """Return the questions with enough variation between people."""
    # the sum of squared shares is the chance that two people give the same answer
    return [
        name
        for name in names
        if (data.frame[name].value_counts(normalize=True) ** 2).sum() < _COMMONPLACE
    ]


def _matches_by_chance(codes: NDArray[np.int32], matching: float) -> float:
    """Return the expected share of rows that match another one under independent answers."""
    # the number of equal answers of two people is then binomial; questions are weighted by the
    # share of pairs that both answer them
    answered = (codes >= 0).mean(axis=0)
    pairs = [
        np.bincount(column[column >= 0]) / max(int((column >= 0).sum()), 1) for column in codes.T
    ]
    alike = float(np.average([(item**2).sum() for item in pairs], weights=answered**2))
    questions = max(round(float((answered**2).sum())), _QUESTIONS)
    fewest = math.ceil(matching * questions - 1e-9)
    pair = float(special.bdtrc(fewest - 1, questions, alike))
    return float(-np.expm1((len(codes) - 1) * np.log1p(-min(pair, 1 - 1e-12))))


def best_matches(codes: NDArray[np.int32]) -> Floats:
    """Return the largest share of equal answers of each row with another, or -1."""
    rows = len(codes)
    answered = (codes >= 0).astype(np.float32)
    # one column per answer: the product of two rows is the number of answers in common
    chosen = np.concatenate(
        [
            codes[:, [position]] == np.arange(codes[:, position].max() + 1)
            for position in range(codes.shape[1])
        ],
        axis=1,
    ).astype(np.float32)
    best = np.full(rows, -1.0)
    for start in range(0, rows, _BLOCK):
        # each pair once: a block with itself and with the rows after it
        block, after = slice(start, min(start + _BLOCK, rows)), slice(start, rows)
        both = answered[block] @ answered[after].T
        # single precision is exact for counts of questions
        shares = np.where(
            both >= _QUESTIONS, (chosen[block] @ chosen[after].T) / np.maximum(both, 1), -1.0
        )
        np.fill_diagonal(shares, -1.0)
        best[block] = np.maximum(best[block], shares.max(axis=1, initial=-1.0))
        best[after] = np.maximum(best[after], shares.max(axis=0, initial=-1.0))
    return np.round(best, 6)


_MOST = {
    "age": 120,
    "weekly_hours": HOURS_IN_A_WEEK,
    "percentage": 100,
}  # that columns of some words can hold, from 0
_ABOUT = {kind: lexicon_pattern("quality", kind) for kind in _MOST}
_CHANGE, _NO_YEARS = lexicon_patterns("quality", "change", "no_years")


def _is_about(data: Microdata, name: str, kind: str) -> bool:
    """Return whether a column holds ages, hours or shares, and not their changes."""
    words = wording_of(data, name)
    other = _CHANGE.search(words) or (kind == "age" and _NO_YEARS.search(words))
    return _ABOUT[kind].search(words) is not None and not other


def impossible_values(data: Microdata) -> list[Finding | Skipped]:
    """Find impossible or suspicious answers."""
    # unlabelled codes among labelled ones, impossible ages, hours and shares, ends before starts,
    # stray 99s
    findings: list[Finding | Skipped] = []
    for name in map(str, data.frame):
        answers = data.frame[name]
        variable = data.codebook.variable(name)
        if variable.commented:
            findings += _findings(
                "commented_code", name, _are_commented(answers, variable), answers
            )
        named = labelled_by_words(variable, words_of(answers))
        if unanswered := codes_for_no_answer(named):
            is_labelled = answers.isin([*unanswered]).to_numpy(dtype=bool)
            findings += _findings("labelled_no_answer", name, is_labelled, answers)
        if len(variable.values) > 1 and variable.measure != "scale":
            labelled = set(map(code_text, variable.values))
            distinct = answers.dropna().unique().tolist()
            bare = [answer for answer in distinct if code_text(answer) not in labelled]
            # labels may mark only some points, such as the ends of a scale
            undeclared = answers.isin([] if 2 * len(bare) >= len(distinct) else bare).to_numpy(
                dtype=bool
            )
            findings += _findings("undeclared_code", name, undeclared, answers)
            continue
        if not pd.api.types.is_numeric_dtype(answers) or pd.api.types.is_bool_dtype(answers):
            continue
        values = answers.to_numpy(dtype=np.float64, na_value=np.nan)
        for kind, high in _MOST.items():
            if _is_about(data, name, kind):
                findings += _findings(
                    kind, name, (values < 0) | (values > high), values, low=0, high=high
                )
        # numbers that look like missing codes
        odd = codes_like_missing(np.unique(values[np.isfinite(values)]))
        if odd:
            isolated = np.isin(values, odd)
            findings += _findings(
                "looks_like_missing", name, isolated, values, lowest=odd[0], highest=odd[-1]
            )
    columns, taken = duration_of(data)
    known = int(np.isfinite(taken).sum())
    return [
        *findings,
        *flagged_finding("impossible", "negative_duration", columns, taken < 0, known),
    ]


def _are_commented(answers: pd.Series[Any], variable: Variable) -> Booleans:
    """Find answers that the setup file of the data makes missing in a comment."""
    codes = [comment for comment in variable.commented if not isinstance(comment, MissingRange)]
    found = answers.isin(codes)
    for comment in variable.commented:
        if isinstance(comment, MissingRange) and pd.api.types.is_numeric_dtype(answers):
            found |= answers.between(comment.low, comment.high)
    return found.to_numpy(dtype=bool)


def _findings(
    kind: str, name: str, rows: Booleans, answers: Any, **numbers: float
) -> list[Finding]:
    answered = int(np.asarray(pd.notna(answers)).sum())
    return flagged_finding("impossible", kind, (name,), rows, answered, **numbers)


_FEWEST_NUMBERS = 100
_FEWEST_DISTINCT = 20
_YOUNGEST, _OLDEST = 23, 62
_HEAPED = 0.4
# standard errors above a fifth beyond which a share of round ages is significant
_BY_CHANCE = 3.0


def heaping(data: Microdata) -> list[Finding | Skipped]:
    """Find heaping: columns of numbers that people rounded."""
    # ages by Whipple's index, from 125 on ("rough" for the United Nations); other integers, except
    # zeros, if two in five end in 0 or 5, against one in five by chance
    findings: list[Finding | Skipped] = []
    looked = False
    for name in map(str, data.frame):
        values = whole_numbers(data, name)
        values = values[values != 0]
        if len(values) < _FEWEST_NUMBERS or len(np.unique(values)) < _FEWEST_DISTINCT:
            continue
        looked = True
        if _is_about(data, name, "age"):
            index = whipple(values)
            people = int(((values >= _YOUNGEST) & (values <= _OLDEST)).sum())
            if index >= 125 and index - 100 > _BY_CHANCE * 200 / np.sqrt(people):
                findings.append(
                    Finding("heaping", "age", (name,), 0, len(values), {"whipple": index})
                )
            continue
        round_ones = int((values % 5 == 0).sum())
        share = round_ones / len(values)
        if share >= _HEAPED:
            findings.append(
                Finding(
                    "heaping", "round_numbers", (name,), round_ones, len(values), {"share": share}
                )
            )
    return findings if looked else [Skipped("heaping", "no_whole_numbers")]


def whipple(ages: Floats) -> float:
    """Return Whipple's index: 100 x people aged 25, 30, ... 60 over a fifth of those aged 23-62."""
    # 100 is no preference for round ages, 500 is round ages only (Shryock and Siegel 1976). NaN if
    # no one is aged 23 to 62
    within = ages[(ages >= _YOUNGEST) & (ages <= _OLDEST)]
    if not len(within):
        return float("nan")
    return 500.0 * float((within % 5 == 0).sum()) / len(within)


def undeclared_design(data: Microdata) -> list[Finding | Skipped]:
    """Find columns that look like weights, strata or primary units of an undeclared design."""
    found = columns_of_design(map(str, data.frame), data.codebook, data.frame)
    return [
        Finding("design", part, tuple(names), 0, len(data.frame))
        for part, names in found.items()
        if names
    ]


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
    """Check a file for answers of doubtful quality.

    Checks are of copies, speed, straight-lining, impossible values, heaping and nonresponse.
    Nothing is changed or excluded. `quality.flagged("speeders")` gives the rows of a check, for
    `data.exclude(quality.flagged("speeders"), "faster than half of the median time")`, which is
    recorded.

    Parameters
    ----------
    attention : mapping of str to code, optional
        Columns that are attention checks, with their right answer.
    duration : str, optional
        Column of the time taken; by default found by its name.
    speed : float
        Share of the median time below which an interview is too fast.
    matching : float
        Share of identical answers from which two rows are nearly identical.
    unanswered : float
        Share of missing answers from which a question is listed.
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
    >>> people = dl.Microdata(pd.DataFrame({"worker_id": ["a", "b", "b"], "age": [31, 240, 45]}))

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
        *duplicates(data),
        *near_identical(data, matching=matching),
        *speeders(data, duration=duration, speed=speed),
        *straight_lining(data),
        *failed_attention(data, attention),
        *impossible_values(data),
        *heaping(data),
        *item_nonresponse(data, unanswered=unanswered, left=left),
        *undeclared_design(data),
    ]
    return Quality(
        tuple(item for item in made if isinstance(item, Finding)),
        tuple(item for item in made if isinstance(item, Skipped)),
        len(data),
        data.codebook.origin.file,
        data.codebook.origin.synthetic,
    )
