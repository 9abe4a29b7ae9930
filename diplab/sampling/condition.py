"""Conditions as a sociologist writes them: `age >= 18 and sex == 'female'`, never executed.

An exact column name wins over everything, so that `"71 % or more"` may be the name of a column.
Otherwise the text is parsed as a small language: names (odd ones in backticks), numbers, quoted
words, `True False`, comparisons, `and or not`, `in (...)`, `+ - * /`. Labels of the codebook are
accepted in place of codes where they are unambiguous.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Mapping
from decimal import Decimal
from functools import reduce
from typing import TYPE_CHECKING, Any

import narwhals as nw

from diplab.errors import ColumnError, ConditionError, near_names, suggestion
from diplab.microdata.search import fold_accents
from diplab.microdata.variable import any_words, code_of_answer, code_text, codes_labelled, is_short
from diplab.reference.text import Text
from diplab.sampling.expression import Apply, Column, Constant, Expression, Native, is_condition

if TYPE_CHECKING:
    from diplab.microdata.codebook import Codebook

QUOTED = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""
_PIECES = re.compile(rf"({QUOTED})|`([^`]*)`|([A-Za-z_]\w*(?:\.\w+)+)(?!\s*\()")
_OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/",
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
    ast.And: "and", ast.Or: "or", ast.In: "in",
}  # fmt: skip


def bare_name(text: str) -> str:
    """Return a text that is one name in backticks without them, and any other as it is."""
    return text[1:-1] if re.fullmatch(r"`[^`]+`", text) else text


class OddNames:
    """A text whose names in backticks, and dotted ones among `names`, become plain words."""

    def __init__(self, text: str, names: Collection[str] = ()) -> None:
        self.names, self.mark = names, "odd_name_"
        self.hidden: list[str] = []
        while self.mark in text:  # a column may be called that
            self.mark += "_"
        self.text = _PIECES.sub(self._hide, text)

    def _hide(self, result: re.Match[str]) -> str:
        quoted, ticked, dotted = result.groups()
        if quoted is not None or (dotted is not None and dotted not in self.names):
            return result.group(0)
        self.hidden.append(ticked if ticked is not None else dotted)
        return f"{self.mark}{len(self.hidden) - 1}_"

    def shown(self, text: str, quote: str = "") -> str:
        """Return a text with the names put back, in `quote` where it is to be read again."""
        return re.sub(
            rf"\b{self.mark}(\d+)_\b",
            lambda result: f"{quote}{self.hidden[int(result.group(1))]}{quote}",
            text,
        )


def known_column(
    name: str, names: Collection[str], use: str, codebook: Codebook | None = None
) -> str:
    """Return the name of a column of the data.

    Any other name raises an error that suggests the nearest ones.
    """
    if name in names:
        return name
    if not isinstance(name, str):
        raise ColumnError(
            f"`{name}` cannot be {use}.",
            f"It is of the type {type(name).__name__}, not the name of a column.",
            "Write the name of a column, as a word in quotes.",
        )
    if codebook is not None and (question := codebook.sets.get(name)):
        raise ColumnError(
            f"`{name}` cannot be {use}: it is a question with several answers.",
            f"Its columns begin with `{question.columns[0]}`.",
            f'Write `dl.crosstab(sample, "{name}")` for the shares of its answers, or name one of '
            "its columns.",
        )
    raise ColumnError(
        f"`{name}` cannot be {use}: no column has that name.",
        f"The data have {len(names)} column{'s' * (len(names) != 1)}.",
        _name_meant(name, names, codebook),
    )


def _name_meant(text: str, names: Collection[str], codebook: Codebook | None) -> str:
    """Return a suggestion: the column with a text as its label, or the nearest names."""
    labels = {} if codebook is None else {name: codebook.variable(name).label for name in names}
    labelled = codes_labelled(labels, text)
    if len(labelled) == 1:
        return f"It is the label of `{labelled[0]}`: write `{labelled[0]}`."
    return suggestion(text, names)


def code_of_label(codebook: Codebook, name: str, value: Any) -> Any:
    """Return the code of an unambiguous label; any other value unchanged."""
    code = code_of_answer(codebook, name, value, codebook.variable(name).values)
    return value if code is None else code


def conjunction(conditions: tuple[str, ...]) -> str:
    """Return several conditions as one, each in brackets where there are several."""
    if len(conditions) < 2:
        return "".join(conditions)
    return f"({') and ('.join(conditions)})"


_LABELS = 8  # of a variable, that an error shows


def holding(condition: Expression) -> Expression:
    """Return a condition as 1, 0 or missing; a numeric column means `column == 1`."""
    if is_condition(condition):
        return condition
    return Apply("==", (condition, Constant(1.0)))


def parse(
    text: object, names: Collection[str], codebook: Codebook, use: str = "a condition"
) -> Expression:
    """Read a condition or an arithmetic expression."""
    if isinstance(text, Expression):
        return text
    if isinstance(text, nw.Expr):
        return Native(text)
    if not isinstance(text, str):
        # a whole column would fill the screen
        shown = repr(text).splitlines()[0]
        raise ConditionError(
            f"{shown if len(shown) <= 40 else f'{shown[:40]}...'} cannot be {use}.",
            f"A {type(text).__name__} is neither words nor a narwhals expression.",
            "Write for example `'age >= 18'`, the name of a column, or `nw.col('age') >= 18`.",
        )
    if text in names:
        return Column(text)
    odd = OddNames(text)
    try:
        tree = ast.parse(odd.text.strip(), mode="eval")
    except (SyntaxError, ValueError) as error:
        raise ConditionError(
            f"`{text}` cannot be {use}.",
            "It is neither a column of the data nor an expression that can be read.",
            "Write for example `age >= 18 and sex == 'female'`, odd names in backticks. "
            + _name_meant(text, names, codebook),
        ) from error
    return _ConditionReader(text, use, names, odd, codebook).read(tree.body)


def _chained(operation: str, parts: list[Expression]) -> Expression:
    return reduce(lambda whole, part: Apply(operation, (whole, part)), parts)


class _ConditionReader:
    """The reader of one condition, with the context of its errors."""

    def __init__(
        self, text: str, use: str, names: Collection[str], odd: OddNames, codebook: Codebook
    ) -> None:
        self.text, self.use, self.names, self.odd, self.codebook = text, use, names, odd, codebook

    def read(self, node: ast.AST) -> Expression:
        match node:
            case ast.Name(id=name):
                return Column(
                    known_column(self.odd.shown(name), self.names, self.use, self.codebook)
                )
            case ast.Constant(value=float()):
                return Constant(self.digits(node))
            case ast.Constant(value=bool() | int() | str() as value):
                return Constant(value)
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float()) as operand):
                return Constant(-self.literal(operand))
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return Apply("-", (Constant(0.0), self.read(operand)))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return Apply("not", (self.read(operand),))
            case ast.BinOp(
                left=left, op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div() as op, right=right
            ):
                return Apply(_OPERATORS[type(op)], (self.read(left), self.read(right)))
            case ast.BoolOp(op=op, values=values):
                return _chained(_OPERATORS[type(op)], list(map(self.read, values)))
            case ast.Compare(left=left, ops=ops, comparators=comparators):
                return self.compared(left, ops, comparators)
            case ast.Tuple(elts=elements) | ast.List(elts=elements):
                if elements:
                    return Constant(tuple(map(self.literal, elements)))
                raise self.unlisted()
        raise self.refused(node)

    def digits(self, node: ast.Constant) -> float | Decimal:
        """Return a number as it is written, where it has more digits than a float keeps."""
        near = float(node.value)  # type: ignore[arg-type]
        written = ast.get_source_segment(self.odd.text.strip(), node) or repr(near)
        exact = Decimal(written.replace("_", ""))
        return near if Decimal(repr(near)) == exact else exact

    def literal(self, node: ast.AST) -> Any:
        value = self.read(node)
        if not isinstance(value, Constant):
            raise self.refused(node)
        return value.value

    def compared(self, left: ast.AST, ops: list[ast.cmpop], rights: list[ast.expr]) -> Expression:
        parts: list[Expression] = []
        for op, right in zip(ops, rights, strict=True):
            first, second = self.labelled(self.read(left), self.listed(self.read(right), op))
            several = isinstance(second, Constant) and isinstance(second.value, tuple)
            if several != isinstance(op, ast.In | ast.NotIn) or (
                several and not isinstance(first, Column)
            ):
                raise self.unlisted()
            if isinstance(op, ast.NotIn):
                parts.append(Apply("not", (Apply("in", (first, second)),)))
            elif type(op) in _OPERATORS:
                parts.append(Apply(_OPERATORS[type(op)], (first, second)))
            else:
                raise self.refused(right)
            left = right
        return _chained("and", parts)

    def listed(self, right: Expression, op: ast.cmpop) -> Expression:
        """Read `in ('f')` as `in ('f',)`, since Python takes `('f')` for a word, not a list."""
        if isinstance(op, ast.In | ast.NotIn) and isinstance(right, Constant):
            return right if isinstance(right.value, tuple) else Constant((right.value,))
        return right

    def unlisted(self) -> ConditionError:
        return ConditionError(
            f"`{self.text}` cannot be {self.use}.",
            "`in` goes with a column on its left and a list of values on its right, and lists go "
            "with `in` only.",
            "Write for example `sex in ('f', 'm')`.",
        )

    def labelled(self, first: Expression, second: Expression) -> tuple[Expression, Expression]:
        """Replace labels by codes if one side is a column and the other a word."""
        if isinstance(first, Column) and isinstance(second, Constant):
            return first, Constant(self.code(first.name, second.value))
        if isinstance(second, Column) and isinstance(first, Constant):
            return Constant(self.code(second.name, first.value)), second
        return first, second

    def code(self, name: str, value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(self.code(name, item) for item in value)
        if not isinstance(value, str) or name not in self.codebook:
            return value
        values = self.codebook[name].values
        if value in values:
            return value
        codes = codes_labelled(values, value)
        if len(codes) > 1:
            raise ConditionError(
                f"The label '{value}' of `{name}` in `{self.text}` is ambiguous.",
                f"It is the label of {len(codes)} codes: {', '.join(map(str, codes))}.",
                f"Write the code, for example `{name} == {codes[0]!r}`.",
            )
        if not codes and values and not any_words(values):
            raise self.no_label(name, value, values)
        return codes[0] if codes else value

    def no_label(self, name: str, value: str, values: Mapping[Any, Text]) -> ConditionError:
        """Return the error for a word compared with a column of numbers, if it is not a label."""
        labels = {label.en: code for code, label in values.items() if label.en}
        labels |= {label.fr: code for code, label in values.items() if label.fr}
        shown = [
            f"{label.en!r} ({code_text(code)})"
            for code, label in values.items()
            if is_short(label.en)
        ]
        written = name if name.isidentifier() else f"`{name}`"
        way = f"a label or a code, for example `{written} == {next(iter(values))!r}`"
        near = near_names(fold_accents(value), map(fold_accents, labels))
        for label, code in labels.items():
            if near and fold_accents(label) == near[0]:
                way = f"`{written} == {label!r}` or `{written} == {code!r}`"
                break
        return ConditionError(
            f"{value!r} in `{self.text}` is not a label of `{name}`.",
            f"Its labels are {', '.join(shown[:_LABELS])}{', ...' * (len(shown) > _LABELS)}.",
            f"Write {way}.",
        )

    def refused(self, node: ast.AST) -> ConditionError:
        return ConditionError(
            f"`{self.text}` cannot be {self.use}.",
            f"It holds {_in_words(node)}, which conditions do not have.",
            "Write it with names, numbers, quoted words, comparisons, `and or not in` and `+ - * "
            "/` only.",
        )


def _in_words(node: ast.AST) -> str:
    words = {
        ast.Call: "a call", ast.Attribute: "a dot", ast.Subscript: "square brackets",
        ast.Lambda: "a lambda",
        ast.IfExp: "an `if`", ast.NamedExpr: "an assignment", ast.JoinedStr: "a formatted text",
        ast.Dict: "braces", ast.Set: "braces", ast.Starred: "a star",
    }  # fmt: skip
    return words.get(type(node), f"something else ({type(node).__name__.lower()})")
