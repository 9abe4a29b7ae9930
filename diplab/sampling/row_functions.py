"""Functions of a value, row by row: exponential, logarithm, power, and what counts only where something holds."""

from __future__ import annotations

from diplab.sampling.expression import Apply, Expression, expression_of

__all__ = ["exp", "log", "only_where", "power"]


def exp(argument: Expression) -> Expression:
    """Return the exponential of an expression."""
    return Apply("exp", (argument,))


def log(argument: Expression) -> Expression:
    """Return the natural logarithm of an expression; at or below zero it has no value."""
    return Apply("log", (argument,))


def power(argument: Expression, exponent: float) -> Expression:
    """Return an expression raised to a number; what has no real value is missing."""
    return Apply("power", (argument, expression_of(float(exponent))))


def only_where(condition: Expression, argument: Expression) -> Expression:
    """Return an expression where a condition holds, and 0 where it does not.

    It has no value where the condition has none, or where the condition holds and the expression has none: a pension
    that nobody asked a worker for is then no gap.
    """
    return Apply("only_where", (condition, argument))
