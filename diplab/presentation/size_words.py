"""Population sizes in words: models of captures, whole persons, open intervals."""

from __future__ import annotations

import math

import pandas as pd

from diplab.presentation.language import (
    colon,
    filled_term,
    listed,
    number,
    term,
    value_in_words,
    wording,
)
from diplab.presentation.numbers import NumberForm
from diplab.presentation.sheet import Cell
from diplab.reference.text import Language
from diplab.results.estimates import Estimates
from diplab.results.sizes import CaptureModel, Sizes

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


def model_in_words(category: object, language: Language) -> str:
    """Return a model of captures in words: heterogeneity, odds ratio, dependent lists."""
    if not isinstance(category, CaptureModel):
        return wording("captures", str(category), language)
    place = str(category.number or "")
    return ", ".join(filter(None, (category.method, _supposed(category, language), place)))


def _supposed(model: CaptureModel, language: Language) -> str:
    """Return what a model supposes, without the name of its result."""
    if model.odds_ratio:
        ends = [value_in_words(end, language) for end in model.odds_ratio]
        key = "captures.odds_range" if len(ends) > 1 else "captures.odds_ratio"
        return filled_term(key, language, low=ends[0], high=ends[-1])
    differ = wording("captures", model.heterogeneity, language)
    if not model.lists:
        return differ
    parts = [term("captures.independent", language)]
    if model.linked:
        said = model.linked if len(model.linked) <= MOST_SAID else ()
        groups = [listed(lists, language) for lists in said]
        parts = [filled_term("captures.linked", language, lists=group) for group in groups]
    parts += filter(None, [differ])
    return f"{model.lists}{colon(language)}{', '.join(parts)}" if parts else model.lists


def capture_model_in_words(model: str, heterogeneity: str, language: Language) -> str:
    """Return a model of captures as named in a rule, with its heterogeneity in words."""
    differ = model_in_words(heterogeneity, language)
    return f"{model} ({differ})" if differ else model


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
