"""Categories of a statistic's own, in words: a share of people, an aversion, an option that tells rows apart."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from diplab.presentation.language import number, percent
from diplab.presentation.terms import rule, term, terms

if TYPE_CHECKING:
    from diplab.reference.text import Language
    from diplab.results.statistic_description import StatisticDescription

__all__ = ["category_in_words"]

OPTION = re.compile(r"(\w+)=(.+)", re.DOTALL)


def category_in_words(description: StatisticDescription, category: object, language: Language) -> str | None:
    """Return the category of a row in words; None where it is an answer or nothing.

    Parameters
    ----------
    description : StatisticDescription
        Of the statistic.
    category : object
        As in the result.
    language : {"fr", "en"}
        Language of the reader.

    Examples
    --------
    >>> import diplab as dl
    >>> category_in_words(dl.lorenz("y").description, 0.125, "en")
    'poorest 12.5%'
    >>> category_in_words(dl.atkinson("y", 0.5).description, 0.5, "fr")
    'ε = 0,5'
    >>> rate = dl.arpr("y").description
    >>> category_in_words(rate, 0.6, "en"), category_in_words(rate, "threshold=1026, convention=convey", "en")
    ('60% of the median', 'threshold: 1,026, definitions of the convey software')
    """
    form = description.category
    if form == "undecided" and category in ("no", "yes"):
        return term(f"word.undecided_{category}", language)
    if isinstance(category, str) and not description.every_category:
        return _by_options(description, category, language)
    if isinstance(category, bool) or not isinstance(category, int | float):
        return None
    if form == "poorest":
        shown = percent(category, language, _digits(100 * category))
        return term("word.poorest", language).replace("{value}", shown)
    if form == "group":
        return term("word.group", language).replace("{value}", number(category, language, 0))
    if form in ("α", "ε"):
        return f"{form} = {number(category, language, _digits(category))}"
    return _of_median(category, language) if description.poverty_line else None


def _by_options(description: StatisticDescription, category: str, language: Language) -> str | None:
    """Return the options that tell a row from others of its statistic, after a category of its own."""
    first, *others = category.split(", ")
    own = None
    if not OPTION.fullmatch(first) and others:
        value = _number(first)
        own = category_in_words(description, first if value is None else value, language)
        own = own or (first if value is None else number(value, language, _digits(value)))
    read = [OPTION.fullmatch(each) for each in (others if own else [first, *others])]
    options = [(each[1], each[2]) for each in read if each and each[1] in description.options]
    if not options or len(options) < len(read):
        return None
    said = [_option_in_words(description, name, value, language) for name, value in options]
    return ", ".join([own, *said] if own else said)


def _option_in_words(description: StatisticDescription, name: str, value: str, language: Language) -> str:
    if name == "fraction":
        return _of_median(float(value), language)
    known = description.rule_of(name)
    if f"rule.{known}" in terms() or f"rule.{known}={value}" in terms():
        return rule(known, value, language)
    figure = _number(value)
    return f"{name} = {value if figure is None else number(figure, language, _digits(figure))}"


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
