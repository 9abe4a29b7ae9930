"""What a rerun gives for one published number: a point, bounds, a mark, or the reason why there is none."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, get_args

from diplab.errors import one_of
from diplab.results.comparison import RESTS_ON, RestsOn
from diplab.results.estimates import Estimates

Because: TypeAlias = Literal["", "error in the source", "base differs", "threshold not stated"]
_REASONS = get_args(Because)


@dataclass(frozen=True)
class Result:
    """A rerun number, in the unit of the published one.

    Parameters
    ----------
    value : float
        The point, not rounded; NaN where there are only bounds, a mark, or nothing.
    low, high : float
        Confidence interval of a point, or the bounds; NaN where there is none.
    base : str
        Short name of the denominator that was used; empty for that of the published number.
    rests_on : str, optional
        One of `respondents' rows`, `published figures`, `inferred inputs`, `synthetic file`, `nothing`; what the
        published number declares by default.
    bounds : bool
        True where the data only give bounds.
    margin : bool
        True for a margin that was fed to a synthetic file: finding it again proves nothing.
    printed_way : float
        The number computed as the source computed it, where that is not how it should be.
    because : str
        Why the two differ: `error in the source`, `base differs` or `threshold not stated`. This becomes the verdict
        only where `value` does not agree with the published number and `printed_way` has its digits.
    mark : str, optional
        The mark that the publisher's rule prints in place of this number.

    Raises
    ------
    OptionError
        Where `rests_on` or `because` is not one of its words.

    Examples
    --------
    >>> Result(28.4, base="respondents", printed_way=71.0, because="base differs").because
    'base differs'
    >>> Result.between(22, 51).bounds
    True
    """

    value: float
    low: float = math.nan
    high: float = math.nan
    base: str = ""
    rests_on: RestsOn | None = None
    bounds: bool = False
    margin: bool = False
    printed_way: float = math.nan
    because: Because = ""
    mark: str | None = None

    def __post_init__(self) -> None:
        if self.rests_on is not None and self.rests_on not in RESTS_ON:
            raise one_of("`rests_on` of a result", self.rests_on, RESTS_ON)
        if self.because not in _REASONS:
            raise one_of("`because` of a result", self.because, _REASONS[1:])

    @classmethod
    def of(cls, estimates: Estimates, row: int = 0, *, scale: float = 1.0, base: str = "") -> Result:
        """Return one row of estimates with its interval, scaled (100 for percentages)."""
        found = estimates.frame.iloc[row]
        value, low, high = (float(found[name]) * scale for name in ("estimate", "ci_low", "ci_high"))
        return cls(value, low, high, base=base)

    @classmethod
    def between(cls, low: float, high: float, *, base: str = "") -> Result:
        """Return bounds: what the data allow where they cannot decide."""
        return cls(math.nan, low, high, base=base, bounds=True)

    @classmethod
    def arithmetic(cls, value: float, *, base: str = "") -> Result:
        """Return a number computed from published figures."""
        return cls(float(value), base=base, rests_on="published figures")

    @classmethod
    def circular(cls, result: Result | float) -> Result:
        """Return a number said to rest on inputs that were deduced from the answer."""
        given = result if isinstance(result, Result) else cls(float(result))
        return replace(given, rests_on="inferred inputs")

    @classmethod
    def nothing(cls, *, base: str = "", nearest: float = math.nan) -> Result:
        """Return the absence of a rerun, with the nearest number that can be computed, shown beside."""
        return cls(nearest, base=base, rests_on="nothing")
