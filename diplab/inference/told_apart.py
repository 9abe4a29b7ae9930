"""Rows of one statistic and one variable that differ in an option alone: the option is then their category."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from diplab.inference.option_words import said_as_rule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from diplab.estimators.bound_statistic import Bound

__all__ = ["told_apart"]

LINE = ("fraction", "threshold")
OPTIONS = ("threshold_on", "convention", "nonpositive", "gap_of")


def told_apart(bound: Sequence[Bound]) -> list[Bound]:
    """Return bound statistics of which no two that differ in their line or definition bear the same category.

    A rate under several fractions of the median has the fraction as its category, as a quantile has its share; other
    options are written `convention=convey`, after the category that there is already. Statistics that are alone under
    their name and variable keep theirs, and so do those that differ in their interval only.

    Parameters
    ----------
    bound : sequence of Bound
        In the order of the result.
    """
    alike: dict[tuple[str, str, str], list[int]] = {}
    for place, each in enumerate(bound):
        alike.setdefault((each.name, each.variable, str(each.category)), []).append(place)
    found = list(bound)
    for places in alike.values():
        said = [_said(bound[place]) for place in places]
        differing = [
            name for name in ("line", *OPTIONS) if len({each[name] for each in said if name in each}) > 1
        ]
        for place, words in zip(places, said, strict=True) if differing else ():
            category = _category(bound[place].category, words, differing)
            found[place] = replace(bound[place], category=category)
        if differing == ["line"] and all(_by_fraction(bound[place]) for place in places):
            for place in places:
                found[place] = replace(bound[place], category=bound[place].options["fraction"])
    return found


def _said(each: Bound) -> dict[str, str]:
    """Return the options that a row may be told by, in a few words."""
    options = each.options
    said = {name: f"{name}={said_as_rule(options[name])}" for name in OPTIONS if name in options}
    if "fraction" in options:
        fixed = options.get("threshold") is not None
        line = LINE[fixed]
        said["line"] = f"{line}={said_as_rule(options[line])}"
        if fixed:
            # nothing is estimated on anybody
            said.pop("threshold_on", None)
    return said


def _category(own: Any, said: dict[str, str], differing: list[str]) -> str:
    first = f"{own:g}" if isinstance(own, int | float) else str(own)
    return ", ".join(part for part in (first, *(said[name] for name in differing if name in said)) if part)


def _by_fraction(each: Bound) -> bool:
    return each.category == "" and each.options.get("threshold") is None
