"""The numbers that a plan is made from: Python's or numpy's, in their range, and enough people to contact."""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

from diplab.errors import OptionError

if TYPE_CHECKING:
    from diplab.results.plan import Plan

__all__ = ["check_contacts", "check_positive", "check_share", "is_whole", "plain_numbers"]


def plain_numbers(
    confidence: float, deff: float, population: int | None, response_rate: float, asked: str
) -> tuple[float, float, int | None, float]:
    """Return the numbers of any plan, checked, as those of Python."""
    check_share(confidence, "confidence", asked)
    check_positive(deff, "deff", asked)
    if population is not None and not (is_whole(population) and population >= 2):
        raise OptionError(
            asked,
            f"`population` was given as {population!r}, and is to be a whole number, at least 2.",
            "Write for example `population=1000`, or leave it out where people are very many.",
        )
    if response_rate != 1:
        check_share(response_rate, "response_rate", asked)
    people = None if population is None else int(population)
    return float(confidence), float(deff), people, float(response_rate)


def check_contacts(plan: Plan, asked: str) -> None:
    """Refuse a plan that has more people contacted than there are."""
    each, where = plan.contacts // plan.groups, " in each group" if plan.groups == 2 else ""
    if plan.population is not None and each > plan.population:
        raise OptionError(
            asked,
            f"{plan.n:,} respondents{where} at a response rate of {plan.response_rate:.3g} take {each:,} people to "
            f"contact, and the population has {plan.population:,}.",
            f"Write a {'wider margin' if plan.power is None else 'lower power'}, or a `response_rate` of at least "
            f"{math.ceil(1000 * plan.n / plan.population) / 1000:g}.",
        )


def is_whole(value: object) -> bool:
    """Return whether it is a whole number, of Python or of numpy."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def _number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def check_share(value: Any, name: str, asked: str) -> None:
    """Refuse what is no number between 0 and 1."""
    if not _number(value) or not 0 < value < 1:
        raise OptionError(
            asked,
            f"`{name}` was given as {value!r}, and is to lie between 0 and 1.",
            f"Write for example `{name}={ {'margin': 0.03, 'confidence': 0.95, 'power': 0.8}.get(name, 0.5) }`.",
        )


def check_positive(value: Any, name: str, asked: str) -> None:
    """Refuse what is no number above 0."""
    if not _number(value) or not 0 < value < math.inf:
        raise OptionError(
            asked,
            f"`{name}` was given as {value!r}, and is to be above 0.",
            f"Write for example `{name}={1.5 if name == 'deff' else 10}`.",
        )
