"""Bounds on accounts a person, from people met on one platform."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeAlias

from diplab.errors import MisleadingError, OptionError, one_of
from diplab.population.platforms.account_assumptions import MULTI_HOMING
from diplab.population.platforms.second_platform import outer_bounds, range_of_sizes
from diplab.population.sizes import gather_sizes, join_sources, known_size, weakest_status
from diplab.reference.text import Text
from diplab.results.provenance import Provenance

if TYPE_CHECKING:
    from diplab.results.estimates import Estimates

__all__ = ["bounds_from_one_platform", "mean_estimated"]

OthersHeld: TypeAlias = "tuple[float, float, float, Estimates | None, float]"
ELSEWHERE = ("any", "no_more")
BASE = Text(
    "Personnes ayant un compte sur une plateforme au moins.",
    "Persons with an account on one platform at least.",
)


def bounds_from_one_platform(
    held: OthersHeld,
    relative_size: tuple[float, float] | None,
    others: int,
    elsewhere: str,
    confidence: float,
) -> Estimates:
    """Return the range of accounts a person that people met on one platform allow.

    Parameters
    ----------
    held : (mean, low, high, Estimates or None, respondents)
        Mean number of other platforms, with the ends of its interval.
    relative_size : (float, float) or None
        Range of the accounts on the other platforms over those on this one.
    others : int
        Number of other platforms.
    elsewhere : {"any", "no_more"}
        What persons outside the platform may hold.
    confidence : float
        Probability of the interval of the mean, where it was computed here.
    """
    import pandas as pd

    mean, low, high, estimated, seen = held
    _check(mean, others, elsewhere)
    uncertain = math.isfinite(low) and math.isfinite(high) and high > low
    few, many = (max(low, 0.0), min(high, others)) if uncertain else (mean, mean)
    sizes = range_of_sizes(relative_size, mean)
    reach = (few, math.inf) if relative_size is None else sizes
    rows = [("point", mean, mean, *_bounds((mean, mean), sizes, others, elsewhere))]
    if uncertain:
        rows.append(("outer limits", few, many, *_bounds((few, many), reach, others, elsewhere)))
    found = pd.DataFrame(rows, columns=["limits", "others_low", "others_high", "ci_low", "ci_high"])
    row = {
        **known_size("multi_homing_one_platform", math.nan, flag="bounds"),
        "variable": "accounts a person",
        "ci_low": rows[-1][3],
        "ci_high": rows[-1][4],
        "n": seen,
    }
    rules = {"sampled": "one_platform", "limits": rows[-1][0], "others": str(others)}
    rules["relative_size_low"] = f"{sizes[0]:.6g}"
    if math.isfinite(sizes[1]):
        rules["relative_size_high"] = f"{sizes[1]:.6g}"
    if others > 1:
        rules["elsewhere"] = elsewhere
    if uncertain:
        behind = {} if estimated is None else estimated.provenance.rules
        rules["confidence"] = behind.get("confidence", f"{confidence:g}")
    return gather_sizes(
        [row],
        _record(rules, elsewhere if others > 1 else "any", estimated, math.isfinite(seen)),
        details=found,
    )


def mean_estimated(estimates: Estimates) -> OthersHeld:
    """Return an estimated mean number of other platforms with its interval, refused where none is known."""
    if len(estimates) != 1:
        raise OptionError(
            f"{len(estimates)} estimates were given for the mean number of other platforms.",
            "One is needed.",
            "Write `estimates.rows([0])` for the first of them.",
        )
    statistic = str(estimates.frame["statistic"].iloc[0])
    if statistic.startswith("multi_homing"):
        raise MisleadingError(
            f"The mean number of other platforms was given as an estimate of `{statistic}`.",
            "That counts all platforms of a person, the one of the meeting included.",
            "Write an estimate of the others, as `dl.estimate(sample, dl.mean('others'))`, or the numbers themselves.",
        )
    mean, low, high, seen = map(float, estimates.frame[["estimate", "ci_low", "ci_high", "n"]].iloc[0])
    if math.isnan(low) or math.isnan(high):
        raise MisleadingError(
            f"An estimate of {mean:g} for the mean number of other platforms was given without an interval.",
            "Its uncertainty is unknown, and would be taken as nothing.",
            f"Write `multi_homing({mean:g}, sampled='one_platform')` to take it as known.",
        )
    return mean, low, high, estimates, seen


def _bounds(
    held: tuple[float, float], sizes: tuple[float, float], others: int, elsewhere: str
) -> tuple[float, float]:
    most = float(others) if elsewhere == "any" else min(float(others), 1 + held[1])
    return outer_bounds(held, sizes, most)


def _record(rules: dict[str, str], elsewhere: str, estimated: Estimates | None, counted: bool) -> Provenance:
    assumptions = MULTI_HOMING["one_platform"] + (MULTI_HOMING["no_more"] if elsewhere == "no_more" else ())
    if estimated is None:
        # a number that others found, where nobody was counted here
        status = "estimated" if counted else "derived"
        return Provenance(rules=rules, base=BASE, assumptions=assumptions, status=status)
    behind = estimated.provenance
    return Provenance(
        rules=rules,
        base=BASE,
        source=join_sources([behind.source]),
        status=weakest_status([behind.status]),
        assumptions=(*behind.assumptions, *assumptions),
        synthetic=behind.synthetic,
        indicative=behind.indicative,
    )


def _check(mean: float, others: int, elsewhere: str) -> None:
    if not isinstance(elsewhere, str) or elsewhere not in ELSEWHERE:
        raise one_of("`elsewhere`", elsewhere, ELSEWHERE)
    if isinstance(others, bool) or not isinstance(others, int) or others < 1:
        raise OptionError(
            f"`others` was given as {others!r}.",
            "It is the number of other platforms in scope.",
            "Write a whole number from 1.",
        )
    if not 0 <= mean <= others:
        what = (
            "the share who are on the other platform" if others == 1 else "a mean number of other platforms"
        )
        raise OptionError(
            f"People met on one platform were said to be on {mean:g} others on average.",
            f"With {others} in scope this is {what}, from 0 to {others}.",
            "Write that mean, and how many other platforms there are as `others=`.",
        )
