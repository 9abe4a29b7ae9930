"""Population sizes in words: models of captures by their name, whole persons, intervals without an upper end."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from diplab.presentation.language import number
from diplab.presentation.number_form import NumberForm
from diplab.presentation.punctuation import colon
from diplab.presentation.sheet import Cell
from diplab.presentation.terms import term, terms
from diplab.results.sizes import Sizes

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from diplab.reference.text import Language

__all__ = ["PEOPLE", "are_of_people", "have_models", "model_in_words", "open_ended", "whole_persons"]

PEOPLE = "population size"
ODDS_RATIO = re.compile(r"odds ratio (?P<low>[\d.e+-]+)(?: to (?P<high>[\d.e+-]+))?")
LISTS = re.compile(r"\[\w+(,\w+)*\]")
MOST_SAID = 2
"""A model that links more groups of lists than this keeps its brackets alone: the words would be longer than a line."""


def have_models(result: object) -> bool:
    """Return whether a result is of population sizes, one of them at least from a fitted model.

    Examples
    --------
    >>> from diplab import population
    >>> have_models(population.single_source([1645, 183, 37, 13, 1, 1]))
    False
    """
    return isinstance(result, Sizes) and any(fit is not None for fit in result.fits)


def are_of_people(result: object) -> bool:
    """Return whether a result is of population sizes, in persons, of which none is inside another.

    Examples
    --------
    >>> from diplab import population
    >>> are_of_people(population.single_source([1645, 183, 37, 13, 1, 1])), are_of_people(3)
    (True, False)
    """
    if not isinstance(result, Sizes) or result.provenance.nested or result.frame.empty:
        return False
    return set(result.frame["variable"]) == {PEOPLE} and not _is_of_shares(result.frame)


def model_in_words(category: str, language: Language) -> str:
    """Return a model of captures in words: a heterogeneity or an odds ratio, lists that depend on each other as linked.

    Parameters
    ----------
    category : str
        As in the column `category` of sizes (`darroch`, `[12,3,4]`).
    language : {"fr", "en"}
        Language of the reader.

    Examples
    --------
    >>> model_in_words("darroch", "en"), model_in_words("[12,3,4]", "en"), model_in_words("[1,2,3]", "en")
    ('Darroch heterogeneity', '[12,3,4]: 1 and 2 linked', '[1,2,3]: independent lists')
    >>> model_in_words("mine", "en"), model_in_words("[12,13,23]", "en")
    ('mine', '[12,13,23]')
    >>> model_in_words("four centres, darroch", "en"), model_in_words("odds ratio 0.5", "fr")
    ('four centres, Darroch heterogeneity', 'rapport de cotes 0,5')
    """
    if f"captures.{category}" in terms():
        return term(f"captures.{category}", language)
    # the name given to a method, and its model after
    name, comma, model = category.rpartition(", ")
    if comma:
        return f"{name}, {model_in_words(model, language)}"
    declared = ODDS_RATIO.fullmatch(category)
    if declared:
        return _odds_ratio(declared, language)
    if not LISTS.fullmatch(category):
        return category
    linked = [group for group in category.strip("[]").split(",") if len(group) > 1]
    if len(linked) > MOST_SAID:
        return category
    said = [
        term("captures.linked", language).replace("{lists}", _all_of(group, language)) for group in linked
    ]
    return f"{category}{colon(language)}{', '.join(said) or term('captures.independent', language)}"


def whole_persons(alike: pd.DataFrame) -> NumberForm | None:
    """Return the form of sizes, which are whole persons; None for what is counted in nothing (chances of survival).

    Parameters
    ----------
    alike : pandas.DataFrame
        Rows of one statistic and variable.
    """
    if set(alike["variable"]) != {PEOPLE} or _is_of_shares(alike):
        return None
    return NumberForm("number", 0)


def open_ended(low: float, high: float, form: NumberForm, language: Language) -> Cell | None:
    r"""Return an interval whose upper end is infinite, in words; None for any other.

    Examples
    --------
    >>> open_ended(10_266.4, float("inf"), NumberForm("number", 0), "en").text
    '10,266 or more'
    >>> open_ended(1.0, 2.0, NumberForm("number", 0), "en") is None
    True
    """
    if not math.isfinite(low) or high != math.inf:
        return None
    least = number(low, language, form.decimals)
    return Cell(term("captures.or_more", language).replace("{value}", least))


def _odds_ratio(declared: re.Match[str], language: Language) -> str:
    low, high = (
        end and number(float(end), language, len(end.partition(".")[2]))
        for end in (declared["low"], declared["high"])
    )
    if not high:
        return term("captures.odds_ratio", language).replace("{low}", low)
    return term("captures.odds_range", language).replace("{low}", low).replace("{high}", high)


def _is_of_shares(frame: pd.DataFrame) -> bool:
    known = frame["estimate"].dropna()
    return bool(len(known)) and bool((known <= 1).all())


def _all_of(lists: Sequence[str], language: Language) -> str:
    *first, last = lists
    return f"{', '.join(first)} {term('word.and', language)} {last}"
