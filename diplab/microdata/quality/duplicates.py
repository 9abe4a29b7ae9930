"""Rows that come twice: the same identifier, the same answers, or nearly the same answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.microdata.quality.findings import Finding, Skipped
from diplab.microdata.quality.questions import closed_questions, codes_of, identifier_columns

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from diplab.microdata.microdata import Microdata

__all__ = ["best_matches", "duplicates", "near_identical"]

_QUESTIONS = 20
_COMMONPLACE = 0.7
_TOO_ALIKE = 0.1
_BLOCK = 512


def duplicates(data: Microdata) -> list[Finding | Skipped]:
    """Find identifiers that come twice, and rows with the same answer to every closed question.

    Two people can well answer ten questions alike: rows are compared that answered twenty closed questions at least.

    Parameters
    ----------
    data : Microdata

    Returns
    -------
    list of Finding or Skipped
        `identifier` for each column of identifiers in which some come twice; `rows` for whole rows.
    """
    found: list[Finding | Skipped] = []
    names = identifier_columns(data)
    for name in names:
        given = data.frame[name].dropna()
        twice = data.frame[name].duplicated(keep=False) & data.frame[name].notna()
        # a column in which most values come several times names groups (households), not rows
        if twice.any() and given.nunique() > len(given) / 2:
            rows = twice.to_numpy(dtype=bool)
            found.append(
                Finding("duplicates", "identifier", (name,), int(rows.sum()), len(given), flagged=rows)
            )
    columns = [name for name in closed_questions(data) if name not in names]
    if len(columns) < _QUESTIONS:
        return [*found, Skipped("duplicates", "few_questions")]
    codes = codes_of(data.frame, columns)
    _, group, sizes = np.unique(codes, axis=0, return_inverse=True, return_counts=True)
    compared = (codes >= 0).sum(axis=1) >= _QUESTIONS
    same = (sizes[group.ravel()] > 1) & compared
    if same.any():
        found.append(
            Finding(
                "duplicates",
                "rows",
                (),
                int(same.sum()),
                int(compared.sum()),
                {"questions": len(columns)},
                same,
            )
        )
    return found


def near_identical(
    data: Microdata, *, matching: float = 0.85, most_rows: int = 20_000
) -> list[Finding | Skipped]:
    """Find rows whose answers are nearly those of another row, as in copied interviews.

    For each row, the largest share of identical answers with any other row, among the closed questions that both
    answered, twenty at least (maximum percent match, Kuriakose and Robbins 2016). A high match is a reason to look,
    not a proof: in homogeneous populations, long questionnaires with common answers give them too (Simmons et al.
    2016). Questions that seven pairs of people in ten answer alike (boxes that hardly anyone ticks) are left out.

    Parameters
    ----------
    data : Microdata
    matching : float
        Share of identical answers from which a row is flagged.
    most_rows : int
        Above it the check is not made: every row is compared with every other.

    Returns
    -------
    list of Finding or Skipped
        `rows`; `too_alike`, with no row flagged, where more than one row in ten has such a match: then people of this
        survey answer alike, and a match tells nothing.
    """
    columns = [name for name in closed_questions(data) if _agreement(data.frame[name]) < _COMMONPLACE]
    if len(columns) < _QUESTIONS:
        return [Skipped("near_identical", "few_questions")]
    if len(data.frame) > most_rows:
        return [Skipped("near_identical", "too_many_rows")]
    match = best_matches(codes_of(data.frame, columns))
    close = match >= matching
    if not close.any():
        return []
    count, compared = int(close.sum()), int((match >= 0).sum())
    numbers = {"matching": matching, "questions": float(len(columns))}
    if count > _TOO_ALIKE * compared:
        return [Finding("near_identical", "too_alike", (), count, compared, numbers)]
    return [Finding("near_identical", "rows", (), count, compared, numbers, close)]


def _agreement(answers: pd.Series[Any]) -> float:
    """Return the chance that two people who answered gave the same answer."""
    return float((answers.value_counts(normalize=True) ** 2).sum())


def best_matches(codes: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return, for each row, the largest share of equal answers with another row; -1 where none can be compared.

    Parameters
    ----------
    codes : array of int, shape (rows, questions)
        Answers; -1 where there is none.

    Returns
    -------
    array of float, shape (rows,)

    Examples
    --------
    >>> answers = np.array([[1] * 20, [1] * 19 + [2], [3] * 20], dtype=np.int32)
    >>> best_matches(answers).tolist()
    [0.95, 0.95, 0.0]
    """
    rows = len(codes)
    answered = (codes >= 0).astype(np.float32)
    # one column an answer: two rows agree as often as their product says
    given = np.concatenate(
        [codes[:, [place]] == np.arange(codes[:, place].max() + 1) for place in range(codes.shape[1])], axis=1
    ).astype(np.float32)
    best = np.full(rows, -1.0)
    for start in range(0, rows, _BLOCK):
        block = slice(start, min(start + _BLOCK, rows))
        both = answered[block] @ answered.T
        # one for doubles of single precision: counts of questions are whole and small
        shares = np.where(both >= _QUESTIONS, (given[block] @ given.T) / np.maximum(both, 1), -1.0)
        own = np.arange(block.start, block.stop)
        shares[own - start, own] = -1.0
        best[block] = shares.max(axis=1, initial=-1.0)
    return np.round(best, 6)
