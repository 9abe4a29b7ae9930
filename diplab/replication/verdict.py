"""The verdict on one number: the first of these rules that applies.

1. not run: the data are not here;
2. not reproducible: what was published is not enough to recompute it;
3. circular: recomputed from inputs that were derived from the answer;
4. by construction: a margin that was fed to a synthetic file;
5. base differs: the rerun is of other people than the claim;
6. threshold not stated: a poverty figure whose line is not known;
7. not identified: the data give bounds, not a point;
8. as published: identical when rounded to the printed digits (half up or half to even);
9. within tolerance; 10. differs.

A number that rests on a synthetic file is never `as published`.
"""

from __future__ import annotations

import math
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from diplab.replication.published import Published
    from diplab.replication.result import Result

__all__ = ["difference", "verdict"]


def verdict(published: Published, result: Result | None) -> str:
    """Return the verdict on a rerun.

    Parameters
    ----------
    published : Published
        The number as printed.
    result : Result or None
        The rerun; None where the study did not run.

    Examples
    --------
    >>> from diplab.replication.published import Published
    >>> from diplab.reference.text import Text
    >>> from diplab.replication.result import Result
    >>> people = Text("répondants", "respondents")
    >>> row = Published("fulltime", "71", "", "equals", "%", Text("", ""), "permanent", people, people, "published",
    ...                 0.5, True, "base differs", Text("", ""))
    >>> verdict(row, Result(28.4, base="respondents"))
    'base differs'
    >>> verdict(row, Result(71.2, base="permanent"))
    'as published'
    """
    if result is None:
        return "not run"
    named = {
        "nothing": "not reproducible",
        "implied inputs": "circular",
        "synthetic margins": "by construction",
    }
    if result.rests_on in named:
        return named[result.rests_on]
    if result.base != published.base_key:
        return "base differs"
    if not published.threshold_stated:
        return "threshold not stated"
    if result.bounds:
        return "not identified" if _inside(published, result) else "differs"
    if math.isnan(result.value):
        return "not reproducible"
    if _same_when_printed(published, result) and result.rests_on != "synthetic data":
        return "as published"
    return (
        "within tolerance" if abs(difference(published, result)) <= published.tolerance + 1e-9 else "differs"
    )


def difference(published: Published, result: Result) -> float:
    """Return rerun minus published; for a range or a claim of more or less, the distance to what was claimed."""
    if published.relation == "equals":
        return result.value - published.value
    low = -math.inf if published.relation == "below" else published.value
    high = math.inf if published.relation in ("above", "at least") else published.high
    if result.value < low:
        return result.value - low
    return result.value - high if result.value > high else 0.0


def _inside(published: Published, result: Result) -> bool:
    """Whether the claim is among what the bounds allow."""
    return (
        published.high >= result.low - published.tolerance
        and published.value <= result.high + published.tolerance
    )


def _same_when_printed(published: Published, result: Result) -> bool:
    if published.relation != "equals":
        return False
    step = Decimal(1).scaleb(-published.decimals)
    # twelve significant digits: 28.45 computed as 28.449999999999996 is still a half
    exact = Decimal(f"{result.value:.12g}")
    printed = Decimal(published.printed)
    return printed in {exact.quantize(step, rule) for rule in (ROUND_HALF_UP, ROUND_HALF_EVEN)}
