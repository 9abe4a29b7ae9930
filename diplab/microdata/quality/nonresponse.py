"""Questions left without an answer: by question, and by person."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from diplab.microdata.look_for import folded
from diplab.microdata.quality.findings import Finding, Skipped

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from diplab.microdata.microdata import Microdata

__all__ = ["item_nonresponse"]

_NOT_ASKED = re.compile(
    r"not (?:asked|applicable|in universe|shown|seen)|non (?:posee|concerne|applicable)|inapplicable"
    r"|\binap\b|\biap\b|\bskip|sans objet|pas concerne|legitimate|filtre|\bnot? concern"
)
_FEWEST = 5


def item_nonresponse(
    data: Microdata, *, unanswered: float = 0.2, left: float = 0.5
) -> list[Finding | Skipped]:
    """Find questions that many did not answer, and people who left most questions without an answer.

    Who was not asked (a reason of the codebook that says so: not asked, not applicable, sans objet) is not counted
    among those who did not answer. An empty cell without a reason is counted: the file does not say why it is empty.

    Parameters
    ----------
    data : Microdata
    unanswered : float
        Share without an answer from which a question is named.
    left : float
        Share of unanswered questions above which a person is flagged.

    Returns
    -------
    list of Finding or Skipped
        `question` for each such column, `person` for the rows.
    """
    names = list(map(str, data.frame))
    gone = np.zeros(len(data.frame), dtype=np.int64)
    asked_of = np.zeros(len(data.frame), dtype=np.int64)
    found: list[Finding | Skipped] = []
    for name in names:
        asked = ~_not_asked(data, name)
        missing = data.frame[name].isna().to_numpy(dtype=bool) & asked
        gone += missing
        asked_of += asked
        count, base = int(missing.sum()), int(asked.sum())
        if base and count / base >= unanswered:
            found.append(Finding("nonresponse", "question", (name,), count, base))
    found.sort(key=lambda each: -each.rows / each.base if isinstance(each, Finding) else 0.0)
    few = (asked_of >= _FEWEST) & (gone > left * asked_of)
    if few.any():
        numbers = {"left": left, "questions": float(len(names))}
        found.insert(0, Finding("nonresponse", "person", (), int(few.sum()), len(few), numbers, few))
    return found


def _not_asked(data: Microdata, name: str) -> NDArray[np.bool_]:
    codes = data.missing.get(name)
    if codes is None:
        return np.zeros(len(data.frame), dtype=bool)
    variable = data.codebook[name]
    places = [
        place for place, code in enumerate(codes.codes) if _NOT_ASKED.search(folded(variable.why(code) or ""))
    ]
    return np.isin(codes.places, places)
