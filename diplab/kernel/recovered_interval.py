"""Intervals of a product or a difference of two independent numbers, recovered from those of each (MOVER).

Zou and Donner (2008), Statistics in Medicine 27, 1693-1702: the distance from a point to one end of its own interval is
its standard error times a quantile, as it is *near that end*; distances of independent numbers add up in squares.
Intervals that are not symmetric (of a share, of a population size) keep their shape.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["Known", "difference", "product", "quotient"]


@dataclass(frozen=True)
class Known:
    """A number with its interval; of one known without error both ends are the number.

    Parameters
    ----------
    value, low, high : float
    """

    value: float
    low: float
    high: float

    @property
    def logarithm(self) -> Known:
        """The same on the log scale; a number or an end at or below zero is minus infinity."""
        return Known(
            *(math.log(each) if each > 0 else -math.inf for each in (self.value, self.low, self.high))
        )


def difference(first: Known, second: Known) -> tuple[float, float]:
    """Return the interval of the first minus the second.

    Examples
    --------
    >>> difference(Known(0.5, 0.4, 0.6), Known(0.2, 0.2, 0.2))
    (0.2, 0.4)
    """
    point = first.value - second.value
    low = point - math.hypot(first.value - first.low, second.high - second.value)
    high = point + math.hypot(first.high - first.value, second.value - second.low)
    return round(low, 15), round(high, 15)


def product(first: Known, second: Known) -> tuple[float, float]:
    """Return the interval of the first times the second, both above zero.

    Examples
    --------
    >>> low, high = product(Known(100.0, 80.0, 125.0), Known(2.0, 2.0, 2.0))
    >>> round(low, 9), round(high, 9)
    (160.0, 250.0)
    """
    a, b = first.logarithm, second.logarithm
    point = a.value + b.value
    low = point - math.hypot(a.value - a.low, b.value - b.low)
    high = point + math.hypot(a.high - a.value, b.high - b.value)
    return math.exp(low), math.exp(high)


def quotient(first: Known, second: Known) -> tuple[float, float]:
    """Return the interval of the first over the second, both above zero.

    Examples
    --------
    >>> low, high = quotient(Known(0.22, 0.2, 0.25), Known(0.08, 0.08, 0.08))
    >>> round(low, 9), round(high, 9)
    (2.5, 3.125)
    """
    a, b = first.logarithm, second.logarithm
    point = a.value - b.value
    low = point - math.hypot(a.value - a.low, b.high - b.value)
    high = point + math.hypot(a.high - a.value, b.value - b.low)
    return math.exp(low), math.exp(high)
