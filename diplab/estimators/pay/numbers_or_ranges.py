"""A number that is known, or known to lie between two: exact fractions, so that nothing is added by rounding."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from diplab.checks import is_number
from diplab.errors import MisleadingError, OptionError
from diplab.reference.parameter import Parameter

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Range", "dated", "range_of"]

LARGEST = 1e15
SMALLEST = 1e-12


@dataclass(frozen=True)
class Range:
    """A number at or above zero between two ends, which are the same where it is known.

    Examples
    --------
    >>> Range.of(1026) / Range.of(Fraction(1, 20))
    Range(low=Fraction(20520, 1), high=Fraction(20520, 1))
    """

    low: Fraction
    high: Fraction

    @classmethod
    def of(cls, value: int | Fraction) -> Range:
        """Return a number that is known."""
        return cls(Fraction(value), Fraction(value))

    @property
    def is_point(self) -> bool:
        """Whether both ends are the same."""
        return self.low == self.high

    def __mul__(self, other: Range) -> Range:
        return Range(self.low * other.low, self.high * other.high)

    def __truediv__(self, other: Range) -> Range:
        return Range(self.low / other.high, self.high / other.low)


def range_of(name: str, given: Any, asked: str, unit: tuple[str, str], *, zero: bool = False) -> Range:
    """Return what was given as a number or as two ends.

    Parameters
    ----------
    name : str
        Of the option, for the error.
    given : float, Parameter or two of them
    asked : str
        What was asked, for the error.
    unit : tuple of str
        What it is in, and per what (`("EUR", "month")`): a parameter says both in its unit.
    zero : bool
        Whether it may be zero.

    Raises
    ------
    OptionError
        Where it is neither.
    MisleadingError
        Where a parameter has another unit.

    Examples
    --------
    >>> range_of("pay_per_task", (0.25, 0.30), "Tasks were asked for.", ("EUR", "task"))
    Range(low=Fraction(1, 4), high=Fraction(3, 10))
    """
    ends = list(given) if isinstance(given, tuple | list) else [given]
    if len(ends) not in (1, 2):
        raise OptionError(
            asked,
            f"`{name}` was given as {len(ends)} numbers.",
            f"Write one number for `{name}`, or its lowest and its highest as `(low, high)`.",
        )
    read = [_number(name, each, asked, unit, zero) for each in ends]
    if read[0] > read[-1]:
        raise OptionError(
            asked,
            f"`{name}` was given from {float(read[0]):g} to {float(read[-1]):g}, the highest first.",
            f"Write `{name}=({float(read[-1]):g}, {float(read[0]):g})`.",
        )
    return Range(read[0], read[-1])


def dated(given: Any) -> Iterator[Parameter]:
    """Yield the dated parameters among what was given."""
    for each in given if isinstance(given, tuple | list) else (given,):
        if isinstance(each, Parameter):
            yield each


def _number(name: str, given: Any, asked: str, unit: tuple[str, str], zero: bool) -> Fraction:
    if isinstance(given, Parameter):
        _check_unit(name, given, asked, unit)
        given = given.value
    lowest = 0.0 if zero else SMALLEST
    if not is_number(given) or not math.isfinite(given) or not lowest <= given <= LARGEST:
        raise OptionError(
            asked,
            f"`{name}` was given as {given!r}.",
            f"Write a finite number {'from' if zero else 'above'} 0 ({unit[0]} a {unit[1]}) for `{name}`.",
        )
    # the decimal that was written, and not the nearest number of base two
    return Fraction(Decimal(repr(float(given))))


def _check_unit(name: str, given: Parameter, asked: str, unit: tuple[str, str]) -> None:
    what, per = unit
    words = given.unit.replace(",", " ").split()
    if words[:1] == [what] and words[1:3] in (["a", per], ["an", per]):
        return
    raise MisleadingError(
        asked,
        f"`{name}` was given as the parameter `{given.name}`, whose unit is `{given.unit}`.",
        f"Write a parameter in {what} a {per}, or the number that it makes.",
    )
