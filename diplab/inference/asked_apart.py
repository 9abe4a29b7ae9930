"""What tells apart estimates of one statistic of one variable that were asked under different options."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diplab.inference.option_words import said_as_rule

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from diplab.estimators.statistic import Bound

__all__ = ["ASKED", "asked_apart", "in_force"]

ASKED = "asked"
"""The column of a result that says it, where there is need."""

MOOT = ("fraction", "threshold_on")
"""Under a fixed threshold nothing is estimated on anybody."""


def in_force(bound: Bound, option: str) -> str | None:
    """Return the value of an option in words, or None where it plays no part."""
    value = bound.options.get(option)
    if value is None or (option in MOOT and bound.options.get("threshold") is not None):
        return None
    return said_as_rule(value)


def asked_apart(bounds: Sequence[Bound], rule_of_option: Mapping[str, str]) -> list[str]:
    """Return for each statistic the options in which it differs from others of the same name, variable and category.

    Parameters
    ----------
    bounds : sequence of Bound
        The statistics, as asked.
    rule_of_option : mapping of str to str
        The name of each option in the record.

    Returns
    -------
    list of str
        `threshold=1026 (2016)`, `fraction=0.5`; empty where nothing need be told apart.
    """
    alike: dict[tuple[object, ...], list[int]] = {}
    for place, each in enumerate(bounds):
        alike.setdefault((each.name, each.variable, str(each.category)), []).append(place)
    said = [""] * len(bounds)
    for places in alike.values():
        values = {
            rule: [in_force(bounds[place], option) for place in places]
            for option, rule in rule_of_option.items()
        }
        differing = {rule: each for rule, each in values.items() if _differs(rule, each)}
        for at, place in enumerate(places):
            own = [f"{rule}={each[at]}" for rule, each in differing.items() if each[at] is not None]
            said[place] = "; ".join(own)
    return said


def _differs(rule: str, values: Sequence[str | None]) -> bool:
    """Return whether an option tells rows apart; on whom a line is estimated does not, where another is fixed."""
    return len(set(values) - ({None} if rule == "threshold_on" else set())) > 1
