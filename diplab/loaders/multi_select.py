"""Several answers in one cell, a separator between them: recognised."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from diplab.microdata.multiple_response import MOST_ANSWERS, split_outside_brackets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["Judgement", "judged"]

Judgement: TypeAlias = Literal["several", "doubtful", "one"]

_LONGEST = 120
"""Letters of a label on average, beyond which cells are prose."""


def judged(cells: NDArray[Any], separator: str) -> Judgement:
    """Judge whether cells hold several answers each.

    They do where three cells at least hold the separator, answers are few (250 at most), short, come back (twice on
    average, three times where the separator is a comma) and never twice in one cell. A comma also stands within
    labels (`Employed, full time`): it parts answers only where no piece always follows, or always precedes, the same
    other piece. What fails that alone is doubtful.

    Parameters
    ----------
    cells : array of str, shape (rows,)
        As written.
    separator : str
        `";"` or `","`.

    Examples
    --------
    >>> import numpy as np
    >>> judged(np.array(["mail;phone", "phone;post", "mail;post", "mail"], dtype=object), ";")
    'several'
    >>> judged(np.array(["Employed, full time", "Employed, part time"] * 3, dtype=object), ",")
    'doubtful'
    >>> judged(np.array(["I was tired; I left.", "No; never.", "Yes; once."], dtype=object), ";")
    'one'
    """
    rows = Counter(str(cell).strip() for cell in cells)
    rows.pop("", None)
    if sum(count for word, count in rows.items() if separator in word) < 3:
        return "one"
    pieces = {word: split_outside_brackets(word, separator) for word in rows}
    answers = list(pieces.values())
    if sum(rows[word] for word, each in pieces.items() if len(each) > 1) < 3:
        return "one"
    counts: Counter[str] = Counter()
    for word, each in pieces.items():
        counts.update(dict.fromkeys(each, 0) | {piece: each.count(piece) * rows[word] for piece in each})
    given = sum(counts.values())
    if len(counts) > MOST_ANSWERS:
        return "one"
    repeated = 3 if separator == "," else 2
    if given < repeated * len(counts) or sum(map(len, counts)) > _LONGEST * len(counts):
        return "one"
    if separator == "," and all(piece.replace(".", "").isdigit() for piece in counts):
        return "one"
    odd = counts[""] or any(len(set(each)) < len(each) for each in answers)
    if odd or (separator == "," and _glued(answers)):
        return "doubtful"
    return "several"


def _glued(answers: Sequence[Sequence[str]]) -> bool:
    """Return whether some piece always stands next to the same other, as the two halves of one label do."""
    before: defaultdict[str, set[str | None]] = defaultdict(set)
    after: defaultdict[str, set[str | None]] = defaultdict(set)
    for each in answers:
        for left, right in zip([None, *each], [*each, None], strict=True):
            if right is not None:
                before[right].add(left)
            if left is not None:
                after[left].add(right)
    return any(len(near) == 1 and None not in near for side in (before, after) for near in side.values())
