"""Formulas of regressions: `pay ~ hours + C(country, Treatment("FR")) * log(age)`, read by a whitelist, never run.

The operators between terms (`+ - * : / **` and brackets) are read by formulaic. What stands between them is read here:
names, arithmetic, `log exp sqrt`, `I(...)` for arithmetic or a condition, and `C(...)` for categories.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any

from diplab.errors import ConditionError
from diplab.sampling.condition import known_column, parse
from diplab.sampling.expression import column_names
from diplab.sampling.formula.arithmetic import FUNCTIONS
from diplab.sampling.formula.checks import check_levels, check_operators, check_terms, depth
from diplab.sampling.formula.parts import Factor, ModelFormula

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from diplab.microdata.codebook import Codebook

__all__ = ["read_formula"]

_QUOTED = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""
_PIECES = re.compile(rf"({_QUOTED})|`([^`]*)`|([A-Za-z_]\w*(?:\.\w+)+)(?!\s*\()")
_DEEPEST = 100
"""Brackets and signs within each other; no formula that people write has as many."""


def read_formula(text: object, names: Collection[str], codebook: Codebook) -> ModelFormula:
    """Read a formula.

    Parameters
    ----------
    text : str
        Outcome, `~`, terms.
    names : collection of str
    codebook : Codebook
        For labels in place of codes.

    Raises
    ------
    ConditionError, ColumnError
        Where it holds anything that is not in the small language of formulas, or names no column of the data.

    Examples
    --------
    >>> from diplab.microdata.codebook import Codebook
    >>> found = read_formula("pay ~ hours * C(sex)", ["pay", "hours", "sex"], Codebook())
    >>> [found.said(term) for term in range(len(found.terms))]
    ['hours', 'sex', 'hours:sex']
    """
    reader = _Reader(text, names, codebook)
    try:
        return reader.read()
    except RecursionError as error:
        raise reader.refused("It is nested too deeply to be read") from error


class _Reader:
    def __init__(self, text: object, names: Collection[str], codebook: Codebook) -> None:
        self.text, self.names, self.codebook = text, names, codebook
        self.odd: list[str] = []
        self.mark = "odd_name_"
        while self.mark in str(text):  # a column may be called that
            self.mark += "_"
        self.factors: dict[str, Factor] = {}

    def read(self) -> ModelFormula:
        if not isinstance(self.text, str):
            raise self.refused(f"It is no text, but of type `{type(self.text).__name__}`")
        hidden = _PIECES.sub(self.hide, self.text)
        sides = re.split(rf"({_QUOTED}|~)", hidden)
        if sides.count("~") != 1:
            raise self.refused(f"It has {sides.count('~')} `~`, where one parts the outcome from the terms")
        where = sides.index("~")
        left, right = "".join(sides[:where]).strip(), "".join(sides[where + 1 :]).strip()
        outcome = self.outcome(left)
        check_operators(re.sub(_QUOTED, "''", right), self.shown, self.refused)
        intercept, terms = self.terms(right)
        if not intercept and not terms:
            raise self.refused("It has neither terms nor a constant")
        check_terms(self.text, outcome, tuple(self.factors.values()), constant=intercept)
        return ModelFormula(self.text, outcome, tuple(self.factors.values()), terms, intercept)

    def hide(self, found: re.Match[str]) -> str:
        """Put a plain word in place of a name in backticks, or of one with dots that the data have."""
        quoted, ticked, dotted = found.groups()
        if quoted is not None or (dotted is not None and dotted not in self.names):
            return found.group(0)
        self.odd.append(ticked if ticked is not None else dotted)
        return f"{self.mark}{len(self.odd) - 1}_"

    def shown(self, text: str, quote: str = "") -> str:
        """Put names back, in `quote` where the text is to be read again."""
        hidden = rf"\b{self.mark}(\d+)_\b"
        return re.sub(hidden, lambda found: f"{quote}{self.odd[int(found.group(1))]}{quote}", text)

    def column(self, name: str, use: str) -> str:
        return known_column(self.shown(name), self.names, use)

    def outcome(self, text: str) -> Factor:
        use = "the outcome of a regression"
        if not text:
            raise self.refused("Nothing stands before `~`")
        inner = self.parsed(text)
        if isinstance(inner, ast.Call) and _called(inner) == "I" and inner.args:
            inner = inner.args[0]
        if isinstance(inner, ast.Name):
            name = self.column(inner.id, use)
            return Factor(name, (name,))
        asks = any(isinstance(part, ast.Compare | ast.BoolOp | ast.Not) for part in ast.walk(inner))
        return self.condition(inner, use) if asks else self.arithmetic(inner)

    def terms(self, text: str) -> tuple[bool, tuple[tuple[int, ...], ...]]:
        intercept, terms = False, []
        for pieces in self.split(text):
            intercept |= pieces == ["1"]
            if pieces == ["1"]:
                continue
            terms.append([piece for piece in pieces if piece != "1"])
            for key in terms[-1]:
                if key not in self.factors:
                    self.factors[key] = self.factor(key)
        place = {key: at for at, key in enumerate(self.factors)}
        return intercept, tuple(tuple(place[key] for key in keys) for keys in sorted(terms, key=len))

    def split(self, text: str) -> Iterator[list[str]]:
        """Yield the factors of each term, as formulaic reads the operators between them."""
        from formulaic.errors import FormulaicError  # type: ignore[import-untyped]
        from formulaic.parser import DefaultFormulaParser  # type: ignore[import-untyped]

        if not text:
            raise self.refused("Nothing stands after `~`")
        odd = re.search(r"[^\w\s+\-*/:(),.=<>!^\[\]]", re.sub(_QUOTED, "", text))
        if odd:
            raise self.refused(f"It holds `{odd.group(0)}`, which formulas do not have")
        try:
            for term in DefaultFormulaParser().get_terms(text):
                yield [str(factor.expr) for factor in term.factors]
        except (FormulaicError, SyntaxError, AttributeError) as error:
            raise self.refused("Its terms cannot be read") from error

    def factor(self, text: str) -> Factor:
        if self.shown(text) in self.names:
            name = self.shown(text)
            return Factor(name, (name,))
        tree = self.parsed(text)
        if isinstance(tree, ast.Name):
            name = self.column(tree.id, "a term of a regression")
            return Factor(name, (name,))
        if isinstance(tree, ast.Call) and _called(tree) in ("C", "I"):
            return self.categories(tree) if _called(tree) == "C" else self.inside(tree)
        return self.arithmetic(tree)

    def parsed(self, text: str) -> ast.expr:
        try:
            tree = ast.parse(text, mode="eval").body
        except (SyntaxError, ValueError) as error:
            raise self.refused(f"`{self.shown(text)}` cannot be read") from error
        if depth(tree) > _DEEPEST:
            raise self.refused("It is nested too deeply to be read")
        return tree

    def inside(self, call: ast.Call) -> Factor:
        inner, *more = call.args or [call]
        if more or call.keywords or inner is call:
            raise self.refused("`I` takes one piece of arithmetic, or one condition")
        negated = isinstance(inner, ast.UnaryOp) and isinstance(inner.op, ast.Not)
        if negated or isinstance(inner, ast.Compare | ast.BoolOp):
            return self.condition(inner, "a term of a regression")
        return self.arithmetic(inner)

    def condition(self, tree: ast.expr, use: str) -> Factor:
        source = self.shown(ast.unparse(tree), "`")
        condition = parse(source, self.names, self.codebook, use)
        return Factor(source.replace("`", ""), tuple(column_names(condition)), condition=condition)

    def arithmetic(self, tree: ast.expr) -> Factor:
        names: list[str] = []
        plain = self.checked(tree, names)
        if not names:
            raise self.refused(f"`{self.shown(ast.unparse(tree))}` reads no column")
        return Factor(self.shown(ast.unparse(tree)), tuple(dict.fromkeys(names)), tree=plain)

    def checked(self, node: ast.expr, names: list[str]) -> ast.expr:
        """Return arithmetic with its true names, refusing everything else."""
        match node:
            case ast.Name(id=name):
                names.append(self.column(name, "a term of a regression"))
                return ast.Name(names[-1], ast.Load())
            case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
                return node
            case ast.UnaryOp(op=ast.USub() | ast.UAdd() as op, operand=operand):
                return ast.UnaryOp(op, self.checked(operand, names))
            case ast.BinOp(
                left=left, op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div() | ast.Pow() as op, right=right
            ):
                return ast.BinOp(self.checked(left, names), op, self.checked(right, names))
            case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]) if name in FUNCTIONS:
                return ast.Call(ast.Name(name, ast.Load()), [self.checked(argument, names)], [])
        raise self.refused(f"It holds `{self.shown(ast.unparse(node))}`, which formulas do not have")

    def categories(self, call: ast.Call) -> Factor:
        """Read `C(x)`, `C(x, Treatment("M"))`, `C(x, levels=[...])`."""
        first, *rest = call.args or [ast.Constant(None)]
        if not isinstance(first, ast.Name) or len(rest) > 1:
            raise self.refused("`C` takes a column, and may take `Treatment(reference)`")
        name = self.column(first.id, "a term of a regression")
        reference: Any = None
        for coding in rest:
            if not isinstance(coding, ast.Call) or _called(coding) != "Treatment":
                raise self.refused(
                    f"`{self.shown(ast.unparse(coding))}` is no coding of categories known here"
                )
            given = [*coding.args, *(each.value for each in coding.keywords)]
            if len(given) != 1:
                raise self.refused("`Treatment` takes the reference category")
            reference = self.code(name, self.literal(given[0]))
        levels: tuple[Any, ...] | None = None
        for keyword in call.keywords:
            listed = self.literal(keyword.value)
            if keyword.arg != "levels" or not isinstance(listed, list | tuple):
                raise self.refused(f"`C` has no option `{keyword.arg}` of that kind")
            levels = tuple(self.code(name, each) for each in listed)
            check_levels(str(self.text), name, levels)
        return Factor(name, (name,), category=True, levels=levels, reference=reference)

    def literal(self, node: ast.expr) -> Any:
        try:
            return ast.literal_eval(node)
        except ValueError as error:
            raise self.refused(f"`{self.shown(ast.unparse(node))}` is no value") from error

    def code(self, name: str, value: Any) -> Any:
        """Return the code of a label, where the codebook has that label once."""
        if not isinstance(value, str) or name not in self.codebook or value in self.codebook[name].values:
            return value
        codes = [code for code, label in self.codebook[name].values.items() if value in (label.fr, label.en)]
        return codes[0] if len(codes) == 1 else value

    def refused(self, why: str) -> ConditionError:
        return ConditionError(
            f"The regression `{self.text}` was asked for.",
            f"{why}.",
            "Write an outcome, `~`, and terms: names (odd ones in backticks), `+ - * : ( )`, `C(x)`, `I(x ** 2)`, "
            "`log exp sqrt`; for example `pay ~ hours + C(country)`.",
        )


def _called(node: ast.expr) -> str:
    return node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
