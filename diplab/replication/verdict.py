"""The verdict on one number, from the arithmetic (`outcome`) and the reason (`because`).

In order: not run; no data to compute it from; bounds that contain the printed number; then
the printed digits, within tolerance, or neither. A reason why it differs counts only where the
number computed the source's way has the printed digits; what makes an agreement worth less (a
margin of a synthetic file, inputs deduced from the answer, a number that no one else printed)
counts only where there is agreement.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from diplab.errors import one_of
from diplab.results.comparison import RESTS_ON, RestsOn, Verdict
from diplab.results.estimates import Estimates

if TYPE_CHECKING:
    from diplab.replication.published import Published


Because: TypeAlias = Literal[
    "", "error in the source", "rounded in the source", "base differs", "threshold not stated"
]
_REASONS = get_args(Because)


@dataclass(frozen=True)
class Result:
    """A rerun number, in the unit of the published one.

    Parameters
    ----------
    value : float
        The point estimate, not rounded; NaN if there are only bounds, a mark, or no result.
    low, high : float
        Confidence interval of a point estimate, or the bounds; NaN if there is none.
    base : str
        Short name of the denominator that was used; empty for that of the published number.
    rests_on : str, optional
        One of `respondents' rows`, `published figures`, `inferred inputs`, `synthetic file`,
        `nothing`; what the published number declares by default.
    bounds : bool
        True if the data give bounds only.
    margin : bool
        True for a margin that the synthetic file was built from: reproducing it proves nothing.
    printed_way : float
        The number computed as the source computed it, where that is not how it should be.
    because : str
        Why the two differ: `error in the source`, `rounded in the source` (it rounded or stopped
        too early), `base differs` or `threshold not stated`. This becomes the verdict only where
        `value` does not agree with the published number and `printed_way` has its digits.
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
    def of(
        cls, estimates: Estimates, row: int = 0, *, scale: float = 1.0, base: str = ""
    ) -> Result:
        """Return one row of estimates with its interval, scaled (100 for percentages)."""
        found = estimates.frame.iloc[row]
        value, low, high = (
            float(found[name]) * scale for name in ("estimate", "ci_low", "ci_high")
        )
        return cls(value, low, high, base=base)

    @classmethod
    def between(cls, low: float, high: float, *, base: str = "") -> Result:
        """Return a result that the data only bound."""
        return cls(math.nan, low, high, base=base, bounds=True)

    @classmethod
    def arithmetic(cls, value: float, *, base: str = "") -> Result:
        """Return a number computed from published figures."""
        return cls(float(value), base=base, rests_on="published figures")

    @classmethod
    def circular(cls, result: Result | float) -> Result:
        """Return a number that rests on inputs deduced from the answer."""
        given = result if isinstance(result, Result) else cls(float(result))
        return replace(given, rests_on="inferred inputs")

    @classmethod
    def nothing(cls, *, base: str = "", nearest: float = math.nan) -> Result:
        """Return a result without a rerun, with the nearest number that can be computed."""
        return cls(nearest, base=base, rests_on="nothing")


Outcome: TypeAlias = Literal[
    "not run", "not reproducible", "not identified", "same digits", "within tolerance", "differs"
]

Reason: TypeAlias = Literal[
    "", "error in the source", "rounded in the source", "base differs", "threshold not stated",
    "synthetic margin", "inferred inputs", "our own", "synthetic file",
]  # fmt: skip

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
    ("differs", "rounded in the source"): "rounded in the source",
    ("differs", "base differs"): "base differs",
    ("differs", "threshold not stated"): "threshold not stated",
}
"""The verdict for each outcome and reason; other pairs cannot arise."""


def verdict(published: Published, result: Result | None) -> Verdict:
    """Return the verdict on a rerun; None is a study that did not run."""
    return VERDICT_OF[judge(published, result)]


def judge(published: Published, result: Result | None) -> tuple[Outcome, Reason]:
    """Return the outcome of the arithmetic of a rerun, and its reason."""
    outcome = _outcome(published, result)
    if result is None or outcome in ("not run", "not reproducible", "not identified"):
        return outcome, ""
    if outcome == "differs":
        return outcome, result.because if _agrees(published, result.printed_way) else ""
    return outcome, _reservation(published, result)


def _outcome(published: Published, result: Result | None) -> Outcome:
    if result is None:
        return "not run"
    if (result.rests_on or published.rests_on) == "nothing":
        return "not reproducible"
    if published.printed.mark or result.mark is not None:
        if published.printed.mark and result.mark == published.printed.text:
            return "same digits"
        return "differs"
    if result.bounds:
        return "not identified" if _inside(published, result) else "differs"
    if math.isnan(result.value):
        return "not reproducible"
    if result.base not in ("", published.base_key):
        # a number on another base is not a rerun of this one, even if the two are equal
        return "differs"
    if _agrees(published, result.value):
        return "same digits"
    if (
        published.printed.relation in ("above", "below")
        and not published.tolerance
        and result.value == published.value
    ):
        # a claim of more, or less, than a number is not that number
        return "differs"
    near = abs(published.printed.difference(result.value)) <= published.tolerance + 1e-9
    return "within tolerance" if near else "differs"


def _reservation(published: Published, result: Result) -> Reason:
    """Return the reason why an agreement counts for less, if there is one."""
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
    """Return whether the bounds allow the claim; our own bounds must agree at both ends."""
    printed = published.printed
    if published.ours and printed.relation == "range":
        apart = max(abs(result.low - printed.value), abs(result.high - printed.high))
        return apart <= published.tolerance + 1e-9
    return (
        printed.high >= result.low - published.tolerance
        and printed.value <= result.high + published.tolerance
    )


Relation: TypeAlias = Literal["equals", "above", "at least", "below", "range"]
_SIGNS: dict[str, Relation] = {"<": "below", "≤": "below", ">": "above", "≥": "at least"}
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", re.IGNORECASE)
_DIGITS = Context(prec=400)
_TO_NEAREST = (ROUND_HALF_UP, ROUND_HALF_EVEN)


@dataclass(frozen=True)
class Printed:
    """One printed cell: its digits and the number or range claimed, or a mark for a withheld one.

    `exponent` is the power of ten of the last digit; `sign` is true if the relation is printed in
    the cell (`<0.001`).
    """

    text: str
    value: float
    high: float
    relation: Relation = "equals"
    exponent: int = 0
    mark: bool = False
    sign: bool = False

    @property
    def decimals(self) -> int:
        """Decimals as printed."""
        return max(0, -self.exponent)

    def difference(self, value: float) -> float:
        """Return a computed number minus this one, or its distance to a claim of more or less."""
        if self.relation == "equals":
            return value - self.value
        low = -math.inf if self.relation == "below" else self.value
        high = math.inf if self.relation in ("above", "at least") else self.high
        if value < low:
            return value - low
        return value - high if value > high else 0.0

    def agrees(self, value: float, rounding: str = "nearest") -> bool:
        """Return whether a computed number, not rounded, would be printed with these digits."""
        # `rounding` is `nearest` (half up or to even, at twelve significant digits), `truncated`,
        # or `twice:N`
        if not math.isfinite(value) or self.mark:
            return False
        if self.relation != "equals":
            claims = {
                "below": value < self.value,
                "above": value > self.value,
                "at least": value >= self.value,
            }
            return self.sign and claims[self.relation]
        # twelve significant digits: 28.45 computed as 28.449999999999996 is still a half
        computed = {Decimal(value), Decimal(f"{value:.12g}")}
        if rounding.startswith("twice:"):
            first = Decimal(1).scaleb(-int(rounding.removeprefix("twice:")))
            computed = {
                item.quantize(first, rule, _DIGITS) for item in computed for rule in _TO_NEAREST
            }
        step = Decimal(1).scaleb(self.exponent)
        rules = (ROUND_DOWN,) if rounding == "truncated" else _TO_NEAREST
        printed = Decimal(repr(self.value)).quantize(step, ROUND_HALF_EVEN, _DIGITS)
        return any(
            item.quantize(step, rule, _DIGITS) == printed for item in computed for rule in rules
        )


def read_printed(
    text: str, *, decimal: str = ".", thousands: str = "", marks: tuple[str, ...] = ()
) -> Printed:
    """Return a printed cell as a number or a mark."""
    stripped = text.strip()
    if stripped in marks:
        return Printed(stripped, math.nan, math.nan, mark=True)
    plain = stripped.translate({0xA0: None, 0x202F: None, 0x20: None, 0x2212: "-"}).strip("%$€£*")
    relation: Relation = _SIGNS.get(plain[:1], "equals")
    plain = plain.lstrip("<>≤≥").strip("%$€£*")
    if thousands:
        plain = plain.replace(thousands, "")
    if decimal != ".":
        plain = plain.replace(".", "?").replace(decimal, ".")
    if not _NUMBER.fullmatch(plain):
        message = f"{text!r} is neither a number nor a declared mark"
        raise ValueError(message)
    exponent = Decimal(plain).as_tuple().exponent
    value = float(plain)
    return Printed(stripped, value, value, relation, int(exponent), sign=relation != "equals")
