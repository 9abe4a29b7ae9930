"""Answers as KoboToolbox and ODK write them, brought to codes and to moments."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.loaders.wording import without_markdown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from numpy.typing import NDArray

    from diplab.loaders.kobo.xlsform import Choices
    from diplab.microdata.variable import Storage

__all__ = ["coded", "language_of_answers", "moments", "tokens"]

_OFFSET = re.compile(r"(?<=\d)(?:Z|[+-]\d{2}:?\d{2})$")
_CLOCK = re.compile(r"\d{1,2}:\d{2}")
_NUMBER = re.compile(r"\d{1,10}(?:\.\d{1,9})?")
_SECONDS = (1_000_000_000, 5_000_000_000)
_DAYS = (10_000, 60_000)
_MOST_WORDS = 40


def language_of_answers(columns: Iterable[tuple[NDArray[Any], Choices, bool]]) -> str:
    """Return the language in whose labels answers are written; nothing where they are codes.

    Judged on all questions of a table together, since a label of one list may be a code of it.

    Parameters
    ----------
    columns : iterable of (array of str, Choices, bool)
        Answers to a question, its list, and whether one cell may hold several of them.

    Examples
    --------
    >>> from diplab.loaders.kobo.xlsform import Choices
    >>> sex = Choices({"1": {"en": "woman", "fr": "femme"}, "2": {"en": "man", "fr": "homme"}})
    >>> language_of_answers([(np.array(["femme", "homme", ""]), sex, False)])
    'fr'
    >>> language_of_answers([(np.array(["1"]), sex, False)])
    ''
    """
    hits: dict[str, int] = {"": 0}
    for words, choices, several in columns:
        held = {without_markdown(word) for word in {*map(str, words)}} - {""}
        for language in dict.fromkeys(("", *(each for label in choices.labels.values() for each in label))):
            known = set(choices.codes_by_label(language)) if language else set(choices.labels)
            fitting = [
                word
                for word in held
                if word in known or (several and all(each in known for each in _cut(word, known)))
            ]
            hits[language] = hits.get(language, 0) + len(fitting)
    return max(hits, key=lambda language: hits[language])


def coded(words: NDArray[Any], choices: Choices, language: str) -> tuple[NDArray[Any], int]:
    """Return answers as codes, and how many are in no list and stay as they were written.

    Examples
    --------
    >>> from diplab.loaders.kobo.xlsform import Choices
    >>> codes, strange = coded(np.array(["Woman", "x", ""]), Choices({"1": {"en": "Woman"}}), "en")
    >>> codes.tolist(), strange
    (['1', 'x', ''], 1)
    """
    known = {code: code for code in choices.labels}
    if language:
        known = {**known, **choices.codes_by_any_label(language)}
    code_of = {
        word: known.get(word.strip(), known.get(without_markdown(word), ""))
        for word in dict.fromkeys(map(str, words))
    }
    strange = sum(bool(word.strip()) and not code_of[word] for word in map(str, words))
    return np.array([code_of[word] or word.strip() for word in map(str, words)], dtype=object), strange


def tokens(cell: str, choices: Choices | None, language: str) -> list[str]:
    """Return the codes of the choices that one cell holds, separated by spaces.

    Where they are labels, which may hold spaces themselves, the longest label that fits is taken.

    Examples
    --------
    >>> from diplab.loaders.kobo.xlsform import Choices
    >>> pets = Choices({"1": {"en": "guinea pig"}, "2": {"en": "pig"}})
    >>> tokens("guinea pig pig", pets, "en"), tokens("2 1", pets, ""), tokens("1 9", None, "")
    (['1', '2'], ['2', '1'], ['1', '9'])
    """
    if choices is None or not language or all(word in choices.labels for word in cell.split()):
        return list(dict.fromkeys(cell.split()))
    labels = choices.codes_by_any_label(language)
    return list(dict.fromkeys(labels.get(said, said) for said in _cut(without_markdown(cell), labels)))


def _cut(words: str, labels: Collection[str]) -> list[str]:
    """Return the labels of which a cell is made, the longest that fits first, and the words that are in none."""
    left = words.split()
    longest = min(max((len(label.split()) for label in labels), default=1), _MOST_WORDS)
    found: list[str] = []
    place = 0
    while place < len(left):
        for length in range(min(longest, len(left) - place), 0, -1):
            said = " ".join(left[place : place + length])
            if said in labels or length == 1:
                found.append(said)
                place += length
                break
    return found


def moments(words: NDArray[Any], storage: Storage) -> tuple[NDArray[Any], str]:
    """Return days and moments as ISO 8601 in the clock of the device, and what was done to them.

    Parameters
    ----------
    words : array of str
    storage : {"date", "moment", "time"}

    Returns
    -------
    array of str
    str
        `offset` where the distance from Greenwich was left out, `numbers` where moments were written as seconds
        or days since 1970, nothing where they stay as they are.

    Examples
    --------
    >>> moments(np.array(["2026-01-06T15:16:21.052+01:00", ""]), "moment")
    (array(['2026-01-06T15:16:21.052', ''], dtype=object), 'offset')
    >>> moments(np.array(["18999"]), "date")
    (array(['2022-01-07'], dtype=object), 'numbers')
    """
    held = [str(word).strip() for word in words]
    answered = [word for word in held if word]
    if answered and all(_NUMBER.fullmatch(word) for word in answered):
        low, high = _DAYS if storage == "date" else _SECONDS
        if storage != "time" and all(low <= float(word) <= high for word in answered):
            return np.array([_since_1970(word, storage) for word in held], dtype=object), "numbers"
    bare = [_OFFSET.sub("", word) if _CLOCK.search(word) else word for word in held]
    if storage == "date":
        bare = [word[:10] if _CLOCK.search(word) and word[:4].isdigit() else word for word in bare]
    return np.array(bare, dtype=object), "offset" if bare != held else ""


def _since_1970(word: str, storage: Storage) -> str:
    if not word:
        return ""
    if storage == "date":
        return str(np.datetime64(int(float(word)), "D"))
    return str(np.datetime64(round(float(word) * 1000), "ms"))
