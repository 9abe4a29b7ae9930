"""The band of each answer of a variable: written by its code or its label, or read from its words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from diplab.microdata.band_labels import band_written, bands_in_labels
from diplab.microdata.variable import code_written

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from diplab.microdata.codebook import Codebook

__all__ = ["AnswerBands", "answer_bands", "words_of_answers"]

AnswerBands = list["tuple[float, float] | None"]
"""By answer, its two ends; missing ones where it tells no amount, None where nothing is said of it."""


def words_of_answers(codebook: Codebook, name: str, answers: Sequence[Any]) -> dict[Any, str]:
    """Return the words of each answer: its label in the codebook, or itself.

    Parameters
    ----------
    codebook : Codebook
    name : str
        Of the variable.
    answers : sequence
        Codes or words that the data have.
    """
    held = codebook[name].values if name in codebook else {}
    known = {_code(code): label for code, label in held.items()}
    words = {}
    for answer in answers:
        label = known.get(_code(answer))
        said = (label.en or label.fr) if label is not None else answer if isinstance(answer, str) else ""
        if said:
            words[answer] = str(said)
    return words


def answer_bands(
    codebook: Codebook,
    name: str,
    answers: Sequence[Any],
    bands: Mapping[Any, tuple[float, float]] | None,
    asked: str,
) -> AnswerBands:
    """Return the band of each answer.

    Parameters
    ----------
    codebook : Codebook
    name : str
        Of the variable.
    answers : sequence
        Codes or words that the data have.
    bands : mapping of code or label to (float, float), or None
        None where they are read from the words: all of them, or none.
    asked : str
        What was asked for, the first sentence of an error.

    Raises
    ------
    OptionError
        Where words are not read as bands, overlap, or leave a gap.

    Examples
    --------
    >>> from diplab.microdata.codebook import Codebook
    >>> answer_bands(Codebook(), "pay", ["under 500", "500 or more"], None, "The bands of `pay` were asked for.")
    [(0.0, 500.0), (500.0, inf)]
    """
    words = words_of_answers(codebook, name, answers)
    known = bands
    if known is None:
        known = bands_in_labels([*words.values(), *_unused(codebook, name, words)], asked)
    said = {_code(answer): band for answer, band in known.items()}
    return [said.get(_code(answer), said.get(words.get(answer, ""))) for answer in answers]


def _unused(codebook: Codebook, name: str, words: Mapping[Any, str]) -> list[str]:
    """Return labels of answers that nobody gave: without them the bands of the others would leave a gap."""
    if name not in codebook or not words:
        return []
    variable = codebook[name]
    every = [label.en or label.fr for code, label in variable.values.items() if code not in variable.missing]
    return [each for each in every if each not in words.values() and band_written(each) is not None]


def _code(answer: Any) -> str:
    """Return a code as it is written, whatever column holds it."""
    return str(code_written(answer) if isinstance(answer, int | float) else answer)
