"""Rows that come twice: the same identifier, the same answers, or nearly the same answers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from diplab.microdata.quality.findings import (
    Finding,
    Skipped,
    answer_codes,
    closed_questions,
    flagged_finding,
    identifier_columns,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from diplab.microdata.microdata import Microdata

__all__ = ["best_matches", "duplicates", "near_identical"]

_QUESTIONS = 20
_COMMONPLACE = 0.7
_TOO_ALIKE = 0.1
_ABOVE_CHANCE = 5
_BLOCK = 512


def duplicates(data: Microdata) -> list[Finding | Skipped]:
    """Find identifiers that come twice, and rows with the same answer to every closed question.

    Rows are compared that answered at least twenty closed questions to which fewer than seven pairs of people in ten
    give the same answer: two people may well tick none of thirty boxes.
    """
    findings: list[Finding | Skipped] = []
    names = identifier_columns(data)
    for name in names:
        answers = data.frame[name].dropna()
        twice = data.frame[name].duplicated(keep=False) & data.frame[name].notna()
        # a column in which most values come several times identifies groups (households), not rows
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
    return [*findings, *flagged_finding("duplicates", "rows", (), same, base, questions=len(columns))]


def near_identical(
    data: Microdata, *, matching: float = 0.85, most_rows: int = 20_000
) -> list[Finding | Skipped]:
    """Find rows whose answers are nearly those of another row, as in copied interviews.

    The match of a row is the largest share of identical answers with any other row, among at least twenty closed
    questions that both answered (maximum percent match, Kuriakose and Robbins 2016). A high match is no proof: honest
    answers give them too where questions are few, have two or three answers or are answered alike, and the more so the
    more people there are (Simmons et al. 2016). Questions that seven pairs of people in ten answer alike are left out.
    """
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
    """Return the questions that most people do not answer alike."""
    # the sum of squared shares is the chance that two people give the same answer
    alike = {name: float((data.frame[name].value_counts(normalize=True) ** 2).sum()) for name in names}
    return [name for name in names if alike[name] < _COMMONPLACE]


def _matches_by_chance(codes: NDArray[np.int32], matching: float) -> float:
    """Return the share of rows that match another one if answers to questions are independent.

    The number of equal answers of two people is then binomial; a question counts as often as two people both answer it.
    """
    answered = (codes >= 0).mean(axis=0)
    pairs = [np.bincount(column[column >= 0]) / max(int((column >= 0).sum()), 1) for column in codes.T]
    alike = float(np.average([(each**2).sum() for each in pairs], weights=answered**2))
    questions = max(round(float((answered**2).sum())), _QUESTIONS)
    fewest = math.ceil(matching * questions - 1e-9)
    pair = sum(
        math.comb(questions, same) * alike**same * (1 - alike) ** (questions - same)
        for same in range(fewest, questions + 1)
    )
    return float(-np.expm1((len(codes) - 1) * np.log1p(-min(pair, 1 - 1e-12))))


def best_matches(codes: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return, for each row, the largest share of equal answers with another row; -1 where none can be compared."""
    rows = len(codes)
    answered = (codes >= 0).astype(np.float32)
    # one column per answer: the product of two rows is the number of answers in common
    chosen = np.concatenate(
        [codes[:, [place]] == np.arange(codes[:, place].max() + 1) for place in range(codes.shape[1])], axis=1
    ).astype(np.float32)
    best = np.full(rows, -1.0)
    for start in range(0, rows, _BLOCK):
        # each pair once: a block with itself and with the rows after it
        block, after = slice(start, min(start + _BLOCK, rows)), slice(start, rows)
        both = answered[block] @ answered[after].T
        # single precision is exact for counts of questions
        shares = np.where(both >= _QUESTIONS, (chosen[block] @ chosen[after].T) / np.maximum(both, 1), -1.0)
        np.fill_diagonal(shares, -1.0)
        best[block] = np.maximum(best[block], shares.max(axis=1, initial=-1.0))
        best[after] = np.maximum(best[after], shares.max(axis=0, initial=-1.0))
    return np.round(best, 6)
