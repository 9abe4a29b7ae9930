"""Arithmetic in formulas, computed from the tree that was checked: never run as text."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FUNCTIONS", "evaluate"]

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
