"""Arithmetic in formulas, computed from the tree that was checked: never run as text."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.errors import ColumnError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from diplab.sampling.engine import Floats
    from diplab.sampling.formula.parts import Factor
    from diplab.sampling.memory_columns import MemoryColumns

__all__ = ["FUNCTIONS", "arithmetic_values", "evaluate"]

FUNCTIONS = {"log": np.log, "exp": np.exp, "sqrt": np.sqrt}
_OPERATORS = {
    ast.Add: np.add, ast.Sub: np.subtract, ast.Mult: np.multiply, ast.Div: np.divide, ast.Pow: np.power,
}  # fmt: skip


def evaluate(tree: ast.expr, columns: Mapping[str, Any]) -> Any:
    """Return the value of arithmetic that `read_formula` has checked.

    Examples
    --------
    >>> evaluate(ast.parse("x ** 2 + log(y)", mode="eval").body, {"x": np.array([3.0]), "y": np.array([1.0])})
    array([9.])
    """
    match tree:
        case ast.Name(id=name):
            return columns[name]
        case ast.Constant(value=value):
            return value
        case ast.UnaryOp(op=op, operand=operand):
            inside = evaluate(operand, columns)
            return -inside if isinstance(op, ast.USub) else inside
        case ast.BinOp(left=left, op=op, right=right):
            one, other = evaluate(left, columns), evaluate(right, columns)
            return _OPERATORS[type(op)](one, other)
        case ast.Call(func=ast.Name(id=name), args=[argument]):
            return FUNCTIONS[name](evaluate(argument, columns))
    raise AssertionError(ast.dump(tree))


def arithmetic_values(columns: MemoryColumns, factor: Factor) -> Floats:
    """Return the values of arithmetic: NaN where a column is missing, infinite where it has no value of its own."""
    assert factor.tree is not None  # asked of arithmetic only
    for name in factor.names:
        _checked_number(columns, name)
    raw = {name: columns.numbers(name) for name in factor.names}
    with np.errstate(all="ignore"):
        found = np.array(evaluate(factor.tree, raw), dtype=float)
    told = ~np.any([np.isnan(numbers) for numbers in raw.values()], axis=0)
    found[np.isnan(found) & told] = np.inf
    return found


def _checked_number(columns: MemoryColumns, name: str) -> None:
    if not columns.is_number(name):
        raise ColumnError(
            f"The column `{name}` was asked for as numbers, in a regression.",
            f"It holds words, such as {columns.factor(name).categories[0]!r}.",
            f"Write `{name}` alone for its categories, or `I({name} == ...)` for one of them.",
        )
