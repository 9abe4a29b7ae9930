"""The verdict on one number: what the arithmetic says (`outcome`), and why (`because`), joined by one table.

In order: not run; nothing to compute from; bounds that hold the printed number; then arithmetic: the printed digits,
within tolerance, or neither. A reason why it differs counts only where the number computed the source's way has the
printed digits; what makes an agreement worth less (a margin of a synthetic file, inputs deduced from the answer, a
number that nobody else printed) counts only where there is agreement.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from diplab.replication.published import Published
    from diplab.replication.result import Result
    from diplab.results.comparison import Verdict

__all__ = ["VERDICT_OF", "Outcome", "Reason", "difference", "judge", "verdict"]

Outcome: TypeAlias = Literal[
    "not run", "not reproducible", "not identified", "same digits", "within tolerance", "differs"
]
Reason: TypeAlias = Literal[
    "",
    "error in the source",
    "base differs",
    "threshold not stated",
    "synthetic margin",
    "inferred inputs",
    "our own",
    "synthetic file",
]

VERDICT_OF: dict[tuple[Outcome, Reason], Verdict] = {
    ("not run", ""): "not run",
    ("not reproducible", ""): "not reproducible",
    ("not identified", ""): "not identified",
    ("same digits", ""): "as published",
    ("same digits", "synthetic margin"): "by construction",
    ("same digits", "inferred inputs"): "circular",
    ("same digits", "our own"): "our own",
    ("same digits", "synthetic file"): "within tolerance",
    ("within tolerance", ""): "within tolerance",
    ("within tolerance", "synthetic margin"): "by construction",
    ("within tolerance", "inferred inputs"): "circular",
    ("within tolerance", "our own"): "our own",
    ("within tolerance", "synthetic file"): "within tolerance",
    ("differs", ""): "differs",
    ("differs", "error in the source"): "error in the source",
    ("differs", "base differs"): "base differs",
    ("differs", "threshold not stated"): "threshold not stated",
}
"""Every outcome with every reason it can have; a pair that is not here cannot arise."""


def verdict(published: Published, result: Result | None) -> Verdict:
    """Return the verdict on a rerun.

    Parameters
    ----------
    published : Published
        The number as printed.
    result : Result or None
        The rerun; None where the study did not run.

    Examples
    --------
    >>> from diplab.reference.text import Text
    >>> from diplab.replication.printed import read_printed
    >>> from diplab.replication.published import Published
    >>> from diplab.replication.result import Result
    >>> people = Text("répondants", "respondents")
    >>> row = Published("fulltime", read_printed("71"), "%", people, "permanent", people, people, "published",
    ...                 "published figures", 0.5, "base differs", people)
    >>> verdict(row, Result(28.4, base="respondents", printed_way=71.0, because="base differs"))
    'base differs'
    >>> verdict(row, Result(28.4, base="respondents"))
    'differs'
    >>> verdict(row, Result(71.2))
    'as published'
    """
    return VERDICT_OF[judge(published, result)]


def judge(published: Published, result: Result | None) -> tuple[Outcome, Reason]:
    """Return what the arithmetic says of a rerun, and the reason that goes with it."""
    outcome = _outcome(published, result)
    if result is None or outcome in ("not run", "not reproducible", "not identified"):
        return outcome, ""
    if outcome == "differs":
        return outcome, result.because if _agrees(published, result.printed_way) else ""
    return outcome, _reservation(published, result)


def difference(published: Published, result: Result) -> float:
    """Return rerun minus published; for a range or a claim of more or less, the distance to what was claimed."""
    return published.printed.difference(result.value)


def _outcome(published: Published, result: Result | None) -> Outcome:
    if result is None:
        return "not run"
    if (result.rests_on or published.rests_on) == "nothing":
        return "not reproducible"
    if published.printed.mark or result.mark is not None:
        return (
            "same digits" if published.printed.mark and result.mark == published.printed.text else "differs"
        )
    if result.bounds:
        return "not identified" if _inside(published, result) else "differs"
    if math.isnan(result.value):
        return "not reproducible"
    if result.base not in ("", published.base_key):
        # a number of other people is no rerun of this one, even where the two are equal
        return "differs"
    if _agrees(published, result.value):
        return "same digits"
    if (
        published.printed.relation in ("above", "below")
        and not published.tolerance
        and result.value == published.value
    ):
        # more, or less, than a number is not that number
        return "differs"
    near = abs(difference(published, result)) <= published.tolerance + 1e-9
    return "within tolerance" if near else "differs"


def _reservation(published: Published, result: Result) -> Reason:
    """Return what makes an agreement worth less than that with a number others printed."""
    rests_on = result.rests_on or published.rests_on
    if result.margin:
        return "synthetic margin"
    if rests_on == "inferred inputs":
        return "inferred inputs"
    if published.ours:
        return "our own"
    return "synthetic file" if rests_on == "synthetic file" else ""


def _agrees(published: Published, value: float) -> bool:
    return published.printed.agrees(value, published.rounding)


def _inside(published: Published, result: Result) -> bool:
    """Whether the claim is among what the bounds allow; bounds of our own must come out at both ends."""
    printed = published.printed
    if published.ours and printed.relation == "range":
        apart = max(abs(result.low - printed.value), abs(result.high - printed.high))
        return apart <= published.tolerance + 1e-9
    return (
        printed.high >= result.low - published.tolerance
        and printed.value <= result.high + published.tolerance
    )
