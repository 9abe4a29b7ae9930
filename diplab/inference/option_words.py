"""Options of statistics as the record writes them: a number with its date, a column by its name."""

from __future__ import annotations

from diplab.reference.parameter import Parameter
from diplab.sampling.expression import Apply, Column, Constant, Expression

__all__ = ["dated", "documented", "said_as_rule"]


def dated(parameter: Parameter) -> str:
    """Return when a dated number holds: a year where it holds from its first day, else the day it starts.

    Examples
    --------
    >>> from diplab.reference.parameter import parameter
    >>> dated(parameter("poverty_threshold_60", 2016)), dated(parameter("minimum_wage_hourly_gross", 2022))
    ('2016', '2022')
    """
    since = parameter.since
    return str(since.year) if (since.month, since.day) == (1, 1) else since.isoformat()


def documented(parameter: Parameter) -> str:
    """Return the document of a dated number, with the page where there is one."""
    return ", ".join(each for each in (parameter.source, parameter.page) if each)


def said_as_rule(value: object) -> str:
    """Return an option in a few words.

    Examples
    --------
    >>> from diplab.reference.parameter import parameter
    >>> said_as_rule(parameter("poverty_threshold_60", 2016)), said_as_rule(0.6), said_as_rule(900.0)
    ('1026 (2016)', '0.6', '900')
    >>> said_as_rule(Column("line")), said_as_rule(Column("line") * 0.5)
    ('line', 'line * 0.5')
    """
    if isinstance(value, Parameter):
        return f"{value.value:.15g} ({dated(value)})"
    if isinstance(value, float):
        return f"{value:.15g}"
    return _written(value) if isinstance(value, Expression) else str(value)


def _written(expression: Expression) -> str:
    """Return an expression as it would be written."""
    match expression:
        case Column(name=name):
            return name
        case Constant(value=value):
            return str(value)
        case Apply(operation=operation, arguments=(left, right)):
            return f"{_within(left)} {operation} {_within(right)}"
    return type(expression).__name__.lower()


def _within(expression: Expression) -> str:
    return f"({_written(expression)})" if isinstance(expression, Apply) else _written(expression)
