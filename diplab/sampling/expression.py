"""Expressions on the rows of a sample, in which statistics write linearised variables.

A statistic never sees rows. It combines columns and the totals it was given, `(y - x * r) / N`, and
gets an expression that any engine can run. Totals are arrays with one value per domain, so that
many domains cost one pass: inside an expression such an array means "the value of the row's own
domain".
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Number: TypeAlias = "float | NDArray[np.float64]"
Operand: TypeAlias = "Expression | float | NDArray[np.float64]"


def _writing(
    operation: str, *, reverse: bool = False
) -> Callable[[Expression, Operand], Expression]:
    """Return the method that writes an operation on an expression and what stands beside it."""

    def method(self: Expression, other: Operand) -> Expression:
        sides = (expression_of(other), self) if reverse else (self, expression_of(other))
        return Apply(operation, sides)

    return method


class Expression:
    """A value on every row; `==` compares expressions, and `.is_()` compares values."""

    # numpy must leave `array * expression` to the methods below
    __array_ufunc__ = None
    __add__, __radd__ = _writing("+"), _writing("+", reverse=True)
    __sub__, __rsub__ = _writing("-"), _writing("-", reverse=True)
    __mul__, __rmul__ = _writing("*"), _writing("*", reverse=True)
    __truediv__, __rtruediv__ = _writing("/"), _writing("/", reverse=True)
    __lt__, __le__, __gt__, __ge__ = _writing("<"), _writing("<="), _writing(">"), _writing(">=")

    def __neg__(self) -> Expression:
        return Apply("-", (Constant(0.0), self))

    def __and__(self, other: Expression) -> Expression:
        return Apply("and", (self, other))

    def is_(self, value: object) -> Expression:
        """Return the condition that this expression equals a value."""
        return Apply("==", (self, expression_of(value)))


ColumnOrExpression: TypeAlias = Expression | Any
"""A variable of a statistic: an expression for its author; for its caller the name of a column, a
condition, or a list of them if the statistic allows it."""


@dataclass(frozen=True)
class Column(Expression):
    """A column of the data, by name."""

    name: str


@dataclass(frozen=True)
class Constant(Expression):
    """One value for every row."""

    value: float | str | bool | Decimal | tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class ByDomain(Expression):
    """One value per domain; a row takes the value of its own domain."""

    values: NDArray[np.float64]


@dataclass(frozen=True)
class Apply(Expression):
    """An operation on expressions: arithmetic, comparison, logic or one of `row_functions`."""

    operation: str
    arguments: tuple[Expression, ...]

    @cached_property
    def constant(self) -> Number | None:
        """The value of arithmetic without columns, computed once; None if it has some."""
        if self.operation not in ("+", "-", "*", "/"):
            return None
        left, right = map(constant_of, self.arguments)
        return None if left is None or right is None else OPERATORS[self.operation](left, right)


@dataclass(frozen=True, eq=False)
class Native(Expression):
    """A narwhals expression, as the user wrote it."""

    expression: Any


@dataclass(frozen=True, eq=False)
class Rows(Expression):
    """One value per row, computed in memory: the residual of a model, a score of ranks."""

    values: NDArray[np.float64]


@dataclass(frozen=True)
class Cumulated(Expression):
    """Weighted total of `what` over rows of the same domain up to the row's own `order`."""

    # engines that hold rows return `Rows` instead; this one is written as a running sum where the
    # data are
    order: Expression
    what: Expression
    own: float  # share of the weight at the row's own value that counts: 0, 0.5 or 1


@dataclass(frozen=True, eq=False)
class ByReplicate(Expression):
    """One value per row in each replicate, computed on reading, as it depends on all weights."""

    made: Callable[[int], NDArray[np.float64]]


ONE = Constant(1.0)


def expression_of(value: object) -> Expression:
    """Return a value as an expression: an array is a value by domain, a number a constant."""
    if isinstance(value, Expression):
        return value
    if isinstance(value, np.ndarray):
        # a value for a single domain is a plain constant, which every engine writes more simply
        if value.size == 1:
            return Constant(value.item())
        return ByDomain(np.asarray(value, dtype=float))
    if isinstance(value, np.generic):
        return Constant(value.item())
    return Constant(value)  # type: ignore[arg-type]


def walk(expression: Expression) -> Iterator[Expression]:
    """Yield an expression and everything inside it."""
    yield expression
    if isinstance(expression, Apply):
        for argument in expression.arguments:
            yield from walk(argument)
    elif isinstance(expression, Cumulated):
        yield from walk(expression.order)
        yield from walk(expression.what)


_OF_CONDITIONS = frozenset({"==", "!=", "<", "<=", ">", ">=", "in", "not", "and", "or", "missing"})


def is_condition(expression: Expression) -> bool:
    """Return whether an expression is true, false or missing on each row."""
    return isinstance(expression, Apply) and expression.operation in _OF_CONDITIONS


def column_names(*expressions: Expression | None) -> list[str]:
    """Return the names of the columns that expressions read, in order of first use."""
    result = [
        part.name
        for expression in expressions
        if expression is not None
        for part in walk(expression)
        if isinstance(part, Column)
    ]
    return list(dict.fromkeys(result))


_ARITHMETIC = ("+", "-", "*", "/", "exp", "log", "power")


def computed_with(*expressions: Expression) -> Iterator[str]:
    """Yield the names of columns used as amounts in arithmetic, not only in conditions."""
    for expression in expressions:
        if isinstance(expression, Apply) and expression.operation in _ARITHMETIC:
            for argument in expression.arguments:
                if isinstance(argument, Column):
                    yield argument.name
                yield from computed_with(argument)


def reads_native(*expressions: Expression) -> bool:
    """Return whether an expression is native to the engine, so that its columns are unknown."""
    return any(isinstance(part, Native) for expression in expressions for part in walk(expression))


def reads_rows(expression: Expression) -> bool:
    """Return whether an expression depends on the row: constants do not."""
    return any(
        isinstance(part, Column | Native | ByDomain | Rows | Cumulated | ByReplicate)
        for part in walk(expression)
    )


@dataclass(frozen=True)
class Term:
    """A row expression and what multiplies it: a number, or one number per domain."""

    rows: Expression
    coefficient: Number


OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": np.divide,
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "==": operator.eq, "!=": operator.ne,
}  # fmt: skip


def constant_of(expression: Expression) -> Number | None:
    """Return the value of an expression that reads no row, or None where it reads one."""
    if isinstance(expression, Constant):
        if isinstance(expression.value, int | float | Decimal):
            return float(expression.value)
        return None
    if isinstance(expression, ByDomain):
        return expression.values
    return expression.constant if isinstance(expression, Apply) else None


def linear_terms(expression: Expression) -> list[Term]:
    """Split an expression into terms that engines total once, and coefficients by domain."""
    # `(y - x * r) / N` becomes `y` times `1/N` and `x` times `-r/N`: the totals of `y` and `x` by
    # sampling unit and domain are then enough for the point and for its variance, in one pass over
    # the data
    merged: dict[Expression, Number] = {}
    with np.errstate(divide="ignore", invalid="ignore"):
        for term in _split(expression):
            before = merged.get(term.rows)
            merged[term.rows] = term.coefficient if before is None else before + term.coefficient
    return [Term(rows, coefficient) for rows, coefficient in merged.items()]


def _split(expression: Expression) -> Iterator[Term]:
    constant = constant_of(expression)
    if constant is not None:
        yield Term(ONE, constant)
        return
    match expression:
        case Apply(operation="+" | "-" as operation, arguments=(left, right)):
            yield from _split(left)
            yield from _split(right) if operation == "+" else _times(right, -1.0)
        case Apply(operation="*" | "/" as operation, arguments=(left, right)) if (
            by := constant_of(right)
        ) is not None:
            yield from _times(left, by if operation == "*" else 1.0 / np.asarray(by))
        case Apply(operation="*", arguments=(left, right)) if (by := constant_of(left)) is not None:
            yield from _times(right, by)
        case _:
            yield Term(expression, 1.0)


def _times(expression: Expression, factor: Number) -> Iterator[Term]:
    return (Term(term.rows, term.coefficient * factor) for term in _split(expression))


def exp(argument: Expression) -> Expression:
    """Return the exponential of an expression."""
    return Apply("exp", (argument,))


def log(argument: Expression) -> Expression:
    """Return the natural logarithm of an expression; missing at or below zero."""
    return Apply("log", (argument,))


def power(argument: Expression, exponent: float) -> Expression:
    """Return an expression raised to a number; what has no real value is missing."""
    return Apply("power", (argument, expression_of(float(exponent))))


def only_where(condition: Expression, argument: Expression) -> Expression:
    """Return an expression where a condition holds, and 0 where it does not."""
    # missing where the condition is, or where it holds and the expression is missing: a pension
    # that workers were not asked about is not a missing answer
    return Apply("only_where", (condition, argument))
