"""Several answers in one cell taken apart at a separator, the answers that a questionnaire knows being found whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from numpy.typing import NDArray

__all__ = ["MOST_ANSWERS", "answers_in", "pieces_of", "split_answers", "split_known"]

MOST_ANSWERS = 250
"""Answers to choose from, beyond which a column is no question with several answers: tags, words of a text."""


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
    parts = {cell: answers_in(cell, separator, known) for cell in dict.fromkeys(bare)}
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
    words = pieces_of(cell, separator)
    glued = {tuple(pieces_of(label, separator)): label for label in known}
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


def pieces_of(cell: str, separator: str) -> list[str]:
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


def answers_in(cell: str, separator: str, known: Sequence[str]) -> list[str]:
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
    return [part for part in pieces_of(cell, separator) if part]


def _around(cell: str, separator: str, held: Sequence[str]) -> list[str]:
    """Return the answers in a cell of which some are known labels that hold the separator."""
    words = pieces_of(cell, separator)
    glued = {tuple(pieces_of(label, separator)): label for label in held}
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
