"""Expressions written for a query engine, with the running totals they need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import narwhals as nw
import numpy as np

from diplab.sampling.engines import comparison
from diplab.sampling.engines.columns import WORDS, word_for_number
from diplab.sampling.expression import (
    OPERATORS,
    Apply,
    ByDomain,
    Column,
    Constant,
    Cumulated,
    Expression,
    Native,
    walk,
)


def _no_words(name: str, asked: str) -> tuple[Any, ...]:
    """Return the order of the words of a column that has none."""
    return ()


def _no_bits(name: str) -> int:
    """Return the bits of a column of nothing."""
    return 0


@dataclass(frozen=True)
class ColumnFacts:
    """Facts about the columns of an engine: the order of words and the bits of integers."""

    words_in_order: Callable[[str, str], tuple[Any, ...]] = _no_words
    bits: Callable[[str], int] = _no_bits
    widest: int = comparison.EXACT  # bits of its longest whole number, without its sign


class Translation:
    """Writes expressions for one lazy frame."""

    def __init__(
        self,
        schema: Mapping[str, Any],
        by: tuple[str, ...] = (),
        cells: list[tuple[Any, ...]] | None = None,
        known: ColumnFacts
        | None = None,  # weights and columns of the design are compared with nothing
    ) -> None:
        self.known = known or ColumnFacts()
        self.schema = schema
        self.by = by
        self.cells = cells or [()]

    def number(self, expression: Expression) -> nw.Expr:
        """Return an expression as numbers; missing and NaN are null."""
        match expression:
            case Column(name=name):
                return self._numeric(name)
            case Constant(value=bool() | int() | float() | Decimal() as value):
                return nw.lit(float(value))
            case ByDomain(values=values):
                return self._by_domain(values)
            case Native(expression=native):
                written: nw.Expr = native.cast(nw.Float64)
                return written
            case Apply(operation="+" | "-" | "*" | "/" as operation, arguments=(left, right)):
                first, second = self.number(left), self.number(right)
                # a division by zero has no answer, in every engine; nor has a logarithm of nothing
                if operation == "/":
                    return nw.when(second != 0).then(first / second)
                result: nw.Expr = OPERATORS[operation](first, second)
                return result
            case Apply(operation="exp", arguments=(argument,)):
                return self.number(argument).exp()
            case Apply(operation="log", arguments=(argument,)):
                inner = self.number(argument)
                return nw.when(inner > 0).then(inner.log())
            case Apply(
                operation="power", arguments=(argument, Constant(value=int() | float() as exponent))
            ):
                return self._raised(self.number(argument), float(exponent))
            case Apply(operation="only_where", arguments=(condition, argument)):
                inside = self.number(condition)
                return (
                    nw.when(inside == 0).then(nw.lit(0.0)).otherwise(inside * self.number(argument))
                )
            case Apply():
                return self.condition(expression).cast(nw.Float64)
        raise word_for_number(expression)

    @staticmethod
    def _raised(argument: nw.Expr, exponent: float) -> nw.Expr:
        if exponent == 0 or (exponent > 0 and float(exponent).is_integer()):
            return argument**exponent
        # a root or an inverse: engines raise, or answer infinity, where there is no number
        known = argument != 0 if float(exponent).is_integer() else argument > 0
        there = nw.when(known).then(nw.when(known).then(argument) ** exponent)
        return nw.when(argument == 0).then(nw.lit(0.0)).otherwise(there) if exponent > 0 else there

    def condition(self, expression: Expression) -> nw.Expr:
        """Return an expression as true, false or null."""
        match expression:
            case Native(expression=native):
                written: nw.Expr = native
                return written
            case Apply(operation="and", arguments=(left, right)):
                return self.condition(left) & self.condition(right)
            case Apply(operation="or", arguments=(left, right)):
                return self.condition(left) | self.condition(right)
            case Apply(operation="not", arguments=(argument,)):
                return ~self.condition(argument)
            case Apply(operation="missing", arguments=(argument,)):
                return ~self.answered(argument)
            case Apply() if (asked := comparison.comparison(expression)) is not None:
                return self._compared(*asked)
            case Apply(operation="<" | "<=" | ">" | ">=" | "==" | "!="):
                return self._compared_arithmetic(expression)
        return self.number(expression) == 1.0

    def answered(self, expression: Expression) -> nw.Expr:
        """Return where an expression has a value."""
        if isinstance(expression, Column):
            return ~self.column(expression.name).is_null()
        return ~self.number(expression).is_null()

    def column(self, name: str) -> nw.Expr:
        """Return a column as it is, NaN as null."""
        column = nw.col(name)
        return nw.when(~column.is_nan()).then(column) if self.schema[name].is_float() else column

    def _numeric(self, name: str) -> nw.Expr:
        dtype = self.schema[name]
        if not (dtype.is_numeric() or dtype == nw.Boolean):
            raise comparison.not_numbers(name, dtype)
        return self.column(name).cast(nw.Float64)

    def _compared(self, operation: str, name: str, value: Any) -> nw.Expr:
        """Compare a column with a value, a list or another column, as true, false or null."""
        dtype = self.schema[name]
        if isinstance(value, Column):
            other = self.schema[value.name]
            columns = self.column(name), self.column(value.name)
            if dtype in WORDS and other in WORDS:
                return comparison.between_words(
                    operation, (name, value.name), columns, self.known.words_in_order
                )
            written = comparison.between_columns(
                operation, (columns[0], dtype), (columns[1], other)
            )
            if written is None:
                pair = Apply(operation, (Column(name), value))
                comparison.bits_compared(pair, self.schema, self.known.bits)
                written = OPERATORS[operation](self.number(Column(name)), self.number(value))
            return written
        if comparison.is_exact(dtype):
            return comparison.compared(name, self.column(name), dtype, operation, value)
        wanted = value if operation == "in" else (value,)
        if dtype.is_numeric() or dtype == nw.Boolean:
            for item in wanted:
                comparison.check_number(name, item)
            if operation == "in":
                return self._numeric(name).is_in(
                    [comparison.float_bound("==", item, dtype)[1] for item in wanted]
                )
            equal, near = comparison.float_bound(operation, value, dtype)
            compared: nw.Expr = OPERATORS[equal](self._numeric(name), nw.lit(near))
            return compared
        operation, wanted = comparison.words_wanted(
            name, dtype, operation, wanted, self.known.words_in_order
        )
        column = self.column(name).cast(nw.String)
        if not wanted:
            return nw.when(~column.is_null()).then(nw.lit(False))
        alike = column.is_in(list(wanted))
        return ~alike if operation == "!=" else alike

    def _compared_arithmetic(self, expression: Apply) -> nw.Expr:
        """Compare computed values: integers with all their digits, the rest as floats."""
        compared, sides = OPERATORS[expression.operation], expression.arguments
        most = comparison.bits_compared(expression, self.schema, self.known.bits)
        if most > self.known.widest:
            raise comparison.beyond_floats(expression)
        if most > comparison.EXACT:
            exact = [
                comparison.whole_value(side, lambda name: nw.col(name).cast(nw.Int128))
                for side in sides
            ]
            written: nw.Expr = compared(*exact)
            return written
        plain: nw.Expr = compared(*map(self.number, sides))
        return plain

    def _by_domain(self, values: np.ndarray) -> nw.Expr:
        """Return the value of the row's own domain.

        Null where that is NaN, and outside all domains.
        """
        known = [
            (cell, float(value))
            for cell, value in zip(self.cells, values, strict=True)
            if not np.isnan(value)
        ]
        return self._cases(known, 0)

    def _cases(self, known: list[tuple[tuple[Any, ...], float]], place: int) -> nw.Expr:
        """Write cases that halve the categories of one variable, then of the next."""
        # a chain of one case per domain would be as deep as there are domains, and engines refuse
        # to run it
        if not known:
            return nw.lit(None, dtype=nw.Float64)
        if place == len(self.by):
            return nw.lit(known[0][1])
        here = list(dict.fromkeys(cell[place] for cell, _ in known))
        column = self.column(self.by[place])
        if len(here) == 1:
            return nw.when(column == here[0]).then(self._cases(known, place + 1))
        half = here[: len(here) // 2]
        first = set(half)
        if all(isinstance(item, str) for item in here):
            column = column.cast(nw.String)
        return (
            nw.when(column.is_in(half))
            .then(self._cases([item for item in known if item[0][place] in first], place))
            .otherwise(self._cases([item for item in known if item[0][place] not in first], place))
        )


ORDER, SUM = "diplab_order", "diplab_sum"


def with_cumulated(
    frame: nw.LazyFrame[Any], terms: Sequence[Expression], words: Translation, weight: nw.Expr
) -> tuple[nw.LazyFrame[Any], list[Expression]]:
    """Return a frame with a column for each running total, and the terms that read them."""
    written: dict[Cumulated, Expression] = {}
    for term in terms:
        # the innermost first
        for node in [part for part in walk(term) if isinstance(part, Cumulated)][::-1]:
            if node not in written:
                name = f"diplab_cumulated_{len(written)}"
                own = Cumulated(
                    _with_columns(node.order, written), _with_columns(node.what, written), node.own
                )
                frame = _joined(frame, own, words, weight, name)
                written[node] = Native(nw.col(name))
    return frame, [_with_columns(term, written) for term in terms]


def _with_columns(expression: Expression, written: Mapping[Any, Expression]) -> Expression:
    """Return an expression with columns in the place of what was written to them."""
    if expression in written:
        return written[expression]
    if isinstance(expression, Apply):
        return Apply(
            expression.operation,
            tuple(_with_columns(argument, written) for argument in expression.arguments),
        )
    return expression


def _joined(
    frame: nw.LazyFrame[Any], node: Cumulated, words: Translation, weight: nw.Expr, name: str
) -> nw.LazyFrame[Any]:
    ordered = frame.with_columns(words.number(node.order).alias(ORDER))
    by, keys = words.by, [*words.by, ORDER]
    sums = ordered.group_by(keys).agg((weight * words.number(node.what)).sum().alias(SUM))
    running = nw.col(SUM).cum_sum()
    running = running.over(*by, order_by=ORDER) if by else running.over(order_by=ORDER)
    total = running if node.own == 1 else running - nw.col(SUM) * (1.0 - node.own)
    # a name of its own on both sides: what an engine calls the second of two columns is its own
    # business
    renamed = {key: f"{name}_{key}" for key in keys}
    lookup = sums.with_columns(total.alias(name)).select(*keys, name).rename(renamed)
    joined = ordered.join(lookup, left_on=keys, right_on=list(renamed.values()), how="left")
    extra = [column for column in joined.collect_schema().names() if column.startswith(f"{name}_")]
    return joined.drop(ORDER, *extra)


NUMBERS = ("+", "-", "*", "/", "exp", "log", "power", "only_where")


def with_parts(
    frame: nw.LazyFrame[Any], terms: Sequence[Expression], words: Translation
) -> tuple[nw.LazyFrame[Any], list[Expression]]:
    """Return a frame with a column for each repeated part of terms, and the shorter terms."""
    # products of n expressions two by two hold each of them n + 1 times, a polynomial its variable
    # once a power: each time it would be written, planned and read again
    count, applied = Counter[Expression](), list[Apply]()

    def read(part: Expression) -> None:
        count[part] += 1
        if count[part] == 1 and isinstance(part, Apply):
            for argument in part.arguments:
                read(argument)
            applied.append(part)

    for term in terms:
        read(term)
    # what is read as true or false stays where it is
    tested = {
        argument
        for part in applied
        if part.operation in ("and", "or", "not")
        for argument in part.arguments
    }
    depth: dict[Expression, int] = {}
    levels: dict[int, list[Expression]] = {}
    for part in applied:
        depth[part] = max(depth.get(argument, 0) for argument in part.arguments)
        if count[part] > 1 and part.operation in NUMBERS and part not in tested:
            levels.setdefault(depth[part], []).append(part)
            depth[part] += 1
    columns: dict[Expression, Expression] = {}
    for level, parts in sorted(levels.items()):
        names = {part: f"diplab_part_{level}_{position}" for position, part in enumerate(parts)}
        frame = frame.with_columns(
            *[
                words.number(_with_columns(part, columns)).alias(name)
                for part, name in names.items()
            ]
        )
        columns |= {part: Native(nw.col(name)) for part, name in names.items()}
    return frame, [_with_columns(term, columns) for term in terms]
