"""Several answers in one cell, a separator between them: recognised, and taken apart."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from numpy.typing import NDArray

__all__ = ["MOST_ANSWERS", "Judgement", "judged", "split_answers", "split_known"]

MOST_ANSWERS = 250
"""Answers to choose from, beyond which a column is no question with several answers: tags, words of a text."""

Judgement: TypeAlias = Literal["several", "doubtful", "one"]

_LONGEST = 120
"""Letters of a label on average, beyond which cells are prose."""


def split_answers(
    cells: Iterable[str], separator: str, known: Sequence[str] = ()
) -> tuple[tuple[str, ...], NDArray[np.bool_]]:
    """Return the distinct answers of cells that hold several, and who gave which.

    Parameters
    ----------
    cells : iterable of str
        As written; empty where there is no answer.
    separator : str
        What stands between two answers; spaces around it are no part of them. Within parentheses it is none.
    known : sequence of str
        Answers of the questionnaire, which come first and in this order; the others follow as they appear. One that
        holds the separator itself is found whole.

    Returns
    -------
    labels : tuple of str
        The answers.
    ticked : array of bool, shape (rows, answers)
        True where the answer was given.

    Examples
    --------
    >>> labels, ticked = split_answers(["mail;phone", "", "phone"], ";")
    >>> labels, ticked.tolist()
    (('mail', 'phone'), [[True, True], [False, False], [False, True]])
    """
    bare = [cell.strip() for cell in cells]
    parts = {cell: _parts(cell, separator, known) for cell in dict.fromkeys(bare)}
    labels = tuple(dict.fromkeys([*known, *(part for each in parts.values() for part in each)]))
    rank = {label: place for place, label in enumerate(labels)}
    ticked = np.zeros((len(bare), len(labels)), dtype=bool)
    for row, cell in enumerate(bare):
        ticked[row, [rank[part] for part in parts[cell]]] = True
    return labels, ticked


def split_known(cell: str, separator: str, known: Collection[str]) -> list[str] | None:
    """Return the answers in one cell, all of them known; None where some words are not.

    The longest answer that fits is taken, so that one which holds the separator itself is found.

    Examples
    --------
    >>> split_known("Yes, often,No", ",", ["Yes", "No", "Yes, often"])
    ['Yes, often', 'No']
    >>> split_known("Yes,Perhaps", ",", ["Yes", "No"]) is None
    True
    """
    words = _pieces(cell, separator)
    glued = {tuple(_pieces(label, separator)): label for label in known}
    widest = max(map(len, glued), default=0)
    found, place = [], 0
    while place < len(words):
        for width in range(min(widest, len(words) - place), 0, -1):
            label = glued.get(tuple(words[place : place + width]))
            if label is not None:
                found.append(label)
                place += width
                break
        else:
            return None
    return found


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
    pieces = {word: _pieces(word, separator) for word in rows}
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


def _pieces(cell: str, separator: str) -> list[str]:
    """Return what stands between separators, save those within parentheses: `degree (MA, PhD)` is one piece."""
    pieces: list[str] = []
    depth = 0
    for piece in cell.split(separator):
        if depth > 0:
            pieces[-1] += separator + piece
        else:
            pieces.append(piece)
        depth = max(0, depth + piece.count("(") - piece.count(")"))
    # A parenthesis that is never closed keeps nothing together.
    return [piece.strip() for piece in (cell.split(separator) if depth else pieces)]


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


def _parts(cell: str, separator: str, known: Sequence[str]) -> list[str]:
    """Return the answers in one cell: known labels whole, the rest between separators."""
    if not cell:
        return []
    if known:
        whole = split_known(cell, separator, known)
        if whole is not None:
            return whole
        held = [label for label in known if separator in label]
        if held:
            return _around(cell, separator, held)
    return [part for part in _pieces(cell, separator) if part]


def _around(cell: str, separator: str, held: Sequence[str]) -> list[str]:
    """Return the answers in a cell of which some are known labels that hold the separator."""
    words = _pieces(cell, separator)
    glued = {tuple(_pieces(label, separator)): label for label in held}
    widest = max(map(len, glued))
    found, place = [], 0
    while place < len(words):
        width = next(
            (each for each in range(widest, 1, -1) if tuple(words[place : place + each]) in glued), 1
        )
        taken = tuple(words[place : place + width])
        found.append(glued.get(taken, taken[0]))
        place += width
    return [part for part in found if part]
