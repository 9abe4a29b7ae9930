"""Categories of a statistic's own, in words: a share of people, an aversion, an option that tells rows apart."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from diplab.presentation.language import number, percent
from diplab.presentation.terms import rule, term

if TYPE_CHECKING:
    from diplab.reference.text import Language

__all__ = ["category_in_words"]

LETTERS = {"generalised_entropy": "α", "atkinson": "ε"}
CURVES = ("lorenz", "generalised_lorenz")
UNDER_A_LINE = ("arpt", "arpr", "relative_median_gap", "arope", "fgt")
OPTION = re.compile(r"(fraction|threshold|threshold_on|convention|nonpositive|gap_of)=(.+)", re.DOTALL)


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
    >>> category_in_words("arpr", 0.6, "en"), category_in_words("arpr", "threshold=1026, convention=convey", "en")
    ('60% of the median', 'threshold: 1,026, definitions of the convey software')
    """
    if isinstance(category, str) and statistic != "share":
        return _by_options(statistic, category, language)
    if isinstance(category, bool) or not isinstance(category, int | float):
        return None
    if statistic in CURVES:
        shown = percent(category, language, _digits(100 * category))
        return term("word.poorest", language).replace("{value}", shown)
    if statistic == "quantile_shares":
        return term("word.group", language).replace("{value}", number(category, language, 0))
    if statistic in UNDER_A_LINE:
        return _of_median(category, language)
    if statistic in LETTERS:
        return f"{LETTERS[statistic]} = {number(category, language, _digits(category))}"
    return None


def _by_options(statistic: str, category: str, language: Language) -> str | None:
    """Return the options that tell a row from others of its statistic, after a number of its own."""
    first, *others = category.split(", ")
    own = None if OPTION.fullmatch(first) else category_in_words(statistic, _number(first), language)
    options = [OPTION.fullmatch(each) for each in (others if own else [first, *others])]
    read = [(each[1], each[2]) for each in options if each]
    if not read or len(read) < len(options):
        return None
    said = [
        _of_median(float(value), language) if name == "fraction" else rule(name, value, language)
        for name, value in read
    ]
    return ", ".join([own, *said] if own else said)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _of_median(fraction: float, language: Language) -> str:
    shown = percent(fraction, language, _digits(100 * fraction))
    return term("word.of_median", language).replace("{value}", shown)


def _digits(value: float) -> int:
    return len(f"{value:.6g}".partition(".")[2])
