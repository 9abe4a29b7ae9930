"""Categories that are numbers of a statistic's own, in words: a share of people, a group, an aversion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diplab.presentation.language import number, percent
from diplab.presentation.terms import term

if TYPE_CHECKING:
    from diplab.reference.text import Language

__all__ = ["category_in_words"]

LETTERS = {"generalised_entropy": "α", "atkinson": "ε"}
CURVES = ("lorenz", "generalised_lorenz")


def category_in_words(statistic: str, category: object, language: Language) -> str | None:
    """Return the category of a row in words; None where it is an answer or nothing.

    Parameters
    ----------
    statistic : str
        Name of the statistic.
    category : object
        As in the result.
    language : {"fr", "en"}
        Language of the reader.

    Examples
    --------
    >>> category_in_words("lorenz", 0.125, "en"), category_in_words("atkinson", 0.5, "fr")
    ('poorest 12.5%', 'ε = 0,5')
    """
    if isinstance(category, bool) or not isinstance(category, int | float):
        return None
    if statistic in CURVES:
        shown = percent(category, language, _digits(100 * category))
        return term("word.poorest", language).replace("{value}", shown)
    if statistic == "quantile_shares":
        return term("word.group", language).replace("{value}", number(category, language, 0))
    if statistic in LETTERS:
        return f"{LETTERS[statistic]} = {number(category, language, _digits(category))}"
    return None


def _digits(value: float) -> int:
    return len(f"{value:.6g}".partition(".")[2])
