"""Population sizes in words: models of captures, whole persons, open intervals."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import pandas as pd

from diplab.presentation.language import colon, number, term, terms
from diplab.presentation.numbers import NumberForm
from diplab.presentation.sheet import Cell
from diplab.reference.text import Language
from diplab.results.estimates import Estimates
from diplab.results.sizes import Sizes

PEOPLE = "population size"
RATE = "prevalence"
HALF_LIFE = "half-life"
ASKED = (
    "multiplier",
    "scale_up",
    "dual_frame",
    "multiplicity",
    "weight_share",
    "multi_homing",
    "accounts",
)
"""Prefixes of the names of survey methods. All others use lists or occasions."""
ODDS_RATIO = re.compile(r"odds ratio (?P<low>[\d.e+-]+)(?: to (?P<high>[\d.e+-]+))?")
LISTS = re.compile(r"(\[\w+(?:,\w+)*\])(?: ([\w.]+))?")
MOST_SAID = 2
"""A model with more groups of lists than this is printed in bracket notation only."""


def have_models(result: object) -> bool:
    """Return whether a result is of population sizes, at least one from a fitted model."""
    return isinstance(result, Sizes) and any(fit is not None for fit in result.fits)


def are_of_people(sizes: Estimates) -> bool:
    """Return whether sizes are numbers of persons."""
    return set(sizes.frame["statistic"]) == people_counted(sizes.frame) and not _is_of_shares(
        sizes.frame
    )


def are_drawn_as_sizes(sizes: Sizes) -> bool:
    """Return whether a chart shows sizes, rates or half-lives that are not nested."""
    drawn = are_of_people(sizes) or set(sizes.frame["variable"]) in ({RATE}, {HALF_LIFE})
    return drawn and not sizes.provenance.nested and not sizes.frame.empty


def people_counted(frame: pd.DataFrame) -> set[str]:
    """Return the statistics that count persons: the total first, then groups, if any."""
    return set(map(str, frame.loc[frame["variable"] == PEOPLE, "statistic"]))


def of_one_population(sizes: Sizes) -> bool:
    """Return whether several rows estimate the same quantity, and not groups of persons."""
    frame = sizes.frame
    if sizes.by or frame["variable"].nunique() > 1 or sizes.provenance.nested:
        return False
    fitted = sum(fit is not None for fit in sizes.fits)
    return len(frame) > 1 and (frame["statistic"].nunique() > 1 or fitted > 1)


def head_of_persons(sizes: Sizes) -> str:
    """Return the term for the persons behind sizes: `seen`, `n`, or `met` for mixed methods."""
    kinds = {
        str(name).startswith(ASKED)
        for name, seen in zip(sizes.frame["statistic"], sizes.frame["n"], strict=True)
        if not math.isnan(seen)
    }
    if len(kinds) > 1:
        return "met"
    return "n" if kinds == {True} else "seen"


def small_warning(result: object, language: Language) -> str:
    """Return the warning of few respondents, or of few persons seen without a survey."""
    seen = isinstance(result, Sizes) and head_of_persons(result) != "n"
    return term("sentence.small_seen" if seen else "sentence.small_base", language)


def model_in_words(category: str, language: Language) -> str:
    """Return a model of captures in words: heterogeneity, odds ratio, dependent lists."""
    if f"captures.{category}" in terms():
        return term(f"captures.{category}", language)
    # the name of a method, followed by its model
    name, comma, model = category.rpartition(", ")
    if comma:
        return f"{name}, {model_in_words(model, language)}"
    declared = ODDS_RATIO.fullmatch(category)
    if declared:
        low, high = (
            end and number(float(end), language, len(end.partition(".")[2]))
            for end in declared.group("low", "high")
        )
        template = term("captures.odds_range" if high else "captures.odds_ratio", language)
        return template.replace("{low}", low).replace("{high}", high or "")
    read = LISTS.fullmatch(category)
    if read is None:
        return category
    brackets, law = read.groups()
    linked = [group for group in brackets.strip("[]").split(",") if len(group) > 1]
    parts = [
        term("captures.linked", language).replace("{lists}", _listed(group, language))
        for group in linked
        if len(linked) <= MOST_SAID
    ]
    if not linked:
        parts = [term("captures.independent", language)]
    if law:
        parts.append(model_in_words(law, language))
    return f"{brackets}{colon(language)}{', '.join(parts)}" if parts else brackets


def capture_model_in_words(model: str, language: Language) -> str:
    """Return a model of captures as named in a rule, with its heterogeneity in words."""
    name, _, law = model.partition(" ")
    return f"{name} ({model_in_words(law, language)})" if law else name


def persons_form(alike: pd.DataFrame, counted: set[str]) -> NumberForm | None:
    """Return the form of sizes, in whole persons; None for numbers without a unit."""
    if (
        not set(alike["statistic"]) <= counted
        or set(alike["variable"]) == {RATE}
        or _is_of_shares(alike)
    ):
        return None
    return NumberForm("number", 0)


def open_ended(low: float, high: float, form: NumberForm, language: Language) -> Cell | None:
    """Return an interval whose upper end is infinite, in words; None for any other."""
    if not math.isfinite(low) or high != math.inf:
        return None
    return Cell(
        term("captures.or_more", language).replace("{value}", number(low, language, form.decimals))
    )


def _is_of_shares(frame: pd.DataFrame) -> bool:
    known = frame["estimate"].dropna()
    return bool(len(known)) and bool((known <= 1).all())


def _listed(lists: Sequence[str], language: Language) -> str:
    *first, last = lists
    return f"{', '.join(first)} {term('word.and', language)} {last}"
