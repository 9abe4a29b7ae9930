"""What a rerun gives for one published number: a point, bounds, or the reason why there is neither."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from diplab.results.estimates import Estimates

__all__ = ["RestsOn", "Result", "arithmetic", "between", "from_estimates", "nothing"]

RestsOn: TypeAlias = Literal[
    "data", "published figures", "implied inputs", "synthetic margins", "synthetic data", "nothing"
]


@dataclass(frozen=True)
class Result:
    """A rerun number, in the unit of the published one.

    Parameters
    ----------
    value : float
        The point; NaN where there are only bounds, or nothing.
    low, high : float
        Confidence interval of a point, or the bounds; NaN where there is none.
    base : str
        Short name of the denominator that was used.
    rests_on : str
        `data`; `published figures` (arithmetic on them); `implied inputs` (derived from the answer, so circular);
        `synthetic margins` (fed to a synthetic file); `synthetic data` (computed on it, not fed); `nothing`.
    bounds : bool
        True where the data only give bounds.
    """

    value: float
    low: float = np.nan
    high: float = np.nan
    base: str = ""
    rests_on: RestsOn = "data"
    bounds: bool = False


def from_estimates(
    estimates: Estimates, row: int = 0, *, base: str, scale: float = 1.0, rests_on: RestsOn = "data"
) -> Result:
    """Return one row of estimates as a result, scaled (100 for percentages)."""
    found = estimates.frame.iloc[row]
    return Result(
        float(found["estimate"]) * scale,
        float(found["ci_low"]) * scale,
        float(found["ci_high"]) * scale,
        base,
        rests_on,
    )


def between(low: float, high: float, *, base: str, rests_on: RestsOn = "data") -> Result:
    """Return bounds: what the data allow where they cannot decide.

    Examples
    --------
    >>> between(22, 51, base="respondents").bounds
    True
    """
    return Result(np.nan, low, high, base, rests_on, bounds=True)


def arithmetic(value: float, *, base: str) -> Result:
    """Return a number computed from published figures."""
    return Result(float(value), base=base, rests_on="published figures")


def nothing(base: str) -> Result:
    """Return the absence of a rerun: the number cannot be reproduced from what is public."""
    return Result(np.nan, base=base, rests_on="nothing")


def circular(result: Result) -> Result:
    """Return the same result, said to rest on inputs that were derived from the answer."""
    return replace(result, rests_on="implied inputs")
