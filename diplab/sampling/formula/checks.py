"""Formulas that would silently mean something else: `x ** 2` is no square between terms, `1 / k` no inverse."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from diplab.errors import ColumnError, ConditionError, OptionError

if TYPE_CHECKING:
    from collections.abc import Callable

    from diplab.sampling.formula.parts import Factor

__all__ = ["check_levels", "check_operators", "check_terms", "depth"]


def depth(tree: ast.AST) -> int:
    """Return how many pieces of a tree stand within each other, without recursion.

    Examples
    --------
    >>> depth(ast.parse("--x", mode="eval").body)
    3
    """
    deepest, waiting = 0, [(tree, 1)]
    while waiting:
        node, level = waiting.pop()
        deepest = max(deepest, level)
        waiting += [(each, level + 1) for each in ast.iter_child_nodes(node) if isinstance(each, ast.expr)]
    return deepest


def check_operators(text: str, shown: Callable[[str], str], refused: Callable[[str], ConditionError]) -> None:
    """Refuse operators that have another meaning between terms than in arithmetic.

    Parameters
    ----------
    text : str
        The terms, with odd names and quoted words replaced.
    shown : callable
        Puts odd names back.
    refused : callable
        The error, from what is wrong.

    Raises
    ------
    ConditionError
    """
    try:
        # products of terms bind as matrix products do; `^` is another way to write a power
        tree = ast.parse(text.replace("^", "**").replace(":", "@").strip(), mode="eval").body
    except (SyntaxError, ValueError):
        return  # what cannot be read is refused where terms are
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.BinOp):
            waiting += [node.left, node.right]
        elif isinstance(node, ast.UnaryOp):
            waiting.append(node.operand)
        said = shown(ast.unparse(node)) if _meant_as_arithmetic(node) else ""
        if said:
            raise refused(f"Between terms `{said}` is no arithmetic; that is written `I({said})`")
        match node:
            case ast.BinOp(op=ast.Sub(), right=ast.Name(id=name)) if _count(name, tree) == 1:
                raise refused(
                    f"It takes `{shown(name)}` away, which is no term there; a difference is written "
                    f"`I(... - {shown(name)})`"
                )


def _meant_as_arithmetic(node: ast.expr) -> bool:
    match node:
        case ast.BinOp(left=ast.Name() | ast.Call(), op=ast.Pow()):
            return True
        case ast.BinOp(left=ast.Constant(), op=ast.Div()):
            return True
        case ast.UnaryOp(op=ast.USub(), operand=ast.Name() | ast.Call() | ast.UnaryOp()):
            return True
    return False


def _count(name: str, tree: ast.expr) -> int:
    """Return how often a name stands among terms: one that stands there once is taken away from nothing."""
    return sum(isinstance(node, ast.Name) and node.id == name for node in ast.walk(tree))


def check_terms(text: str, outcome: Factor, factors: tuple[Factor, ...], *, constant: bool) -> None:
    """Refuse an outcome that stands among the terms, and a term that results would take for the constant.

    Raises
    ------
    OptionError, ColumnError
    """
    for factor in factors:
        if factor.said == outcome.said:
            raise OptionError(
                f"The regression `{text}` was asked for.",
                f"`{factor.said}` stands on both sides of `~`, and explains itself.",
                f"Leave `{factor.said}` out of the terms.",
            )
        if constant and factor.said == "intercept":
            raise ColumnError(
                f"`intercept` was asked for as a term of the regression `{text}`.",
                "Results call the constant by that name.",
                "Rename it in the data, for example `intercept_`, or leave the constant out: `- 1`.",
            )


def check_levels(text: str, name: str, levels: tuple[Any, ...]) -> None:
    """Refuse a category that is listed twice.

    Raises
    ------
    OptionError
    """
    twice = [each for at, each in enumerate(levels) if each in levels[:at]]
    if twice:
        raise OptionError(
            f"The categories of `{name}` were listed in the regression `{text}`.",
            f"{twice[0]!r} stands there more than once.",
            "List each category once, in the order that is wanted.",
        )
