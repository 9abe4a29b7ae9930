"""What counts as a number where one is given: of Python or of numpy, and no truth value."""

from __future__ import annotations

from numbers import Real
from typing import Any

__all__ = ["is_number", "is_whole"]

MOST = 1e15
"""Beyond it a computer does not tell a number from the next."""


def is_number(value: object) -> bool:
    """Return whether a value is one real number; true and false are none.

    Examples
    --------
    >>> is_number(3), is_number("3"), is_number(True), is_number(None)
    (True, False, False, False)
    """
    return isinstance(value, Real) and not isinstance(value, bool)


def is_whole(value: object) -> bool:
    """Return whether a value is a whole number, written as one or not.

    Examples
    --------
    >>> is_whole(3.0), is_whole(2.5), is_whole("3"), is_whole(float("nan"))
    (True, False, False, False)
    """
    number: Any = value
    return is_number(value) and bool(-MOST <= number <= MOST) and float(number).is_integer()
