"""Formulas of regressions, parsed but never executed.

An example is `pay ~ hours + C(country, Treatment("FR")) * log(age)`.

The operators between terms (`+ - * : / **` and brackets) are read by formulaic. What stands between
them is read here: names, arithmetic, `log exp sqrt`, `I(...)` for arithmetic or a condition, and
`C(...)` for categories.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.checks import argument
from diplab.errors import ColumnError, ConditionError, OptionError, suggestion
from diplab.kernel.arrays import Floats
from diplab.microdata.variable import positions
from diplab.sampling.condition import QUOTED, OddNames, code_of_label, known_column, parse
from diplab.sampling.expression import Expression, column_names

if TYPE_CHECKING:
    from diplab.microdata.codebook import Codebook
    from diplab.sampling.engines.columns import MemoryColumns


@dataclass(frozen=True)
class ModelFactor:
    """A factor of a term."""

    text: str  # how it is named in results: a column, or arithmetic as written
    names: tuple[str, ...]  # columns that it reads
    tree: ast.expr | None = (
        None  # arithmetic on columns; None for a bare column, a condition, or categories
    )
    condition: Expression | None = None  # a condition, true or false
    category: bool = False  # whether it was written as categories, `C(...)`
    levels: tuple[Any, ...] | None = None  # its categories in order, where given
    reference: Any = None  # the category that others are compared with, where given


@dataclass(frozen=True)
class ModelFormula:
    """A regression as written."""

    text: str
    outcome: ModelFactor
    factors: tuple[ModelFactor, ...]
    terms: tuple[
        tuple[int, ...], ...
    ]  # factors of each, by place; those of one factor first, then products of two
    intercept: bool
    offsets: tuple[
        ModelFactor, ...
    ] = ()  # what is added to the linear predictor as it is, that of an exposure last
    exposure: str | None = None  # the column of which the logarithm is the last of them
    instruments: ModelFormula | None = None  # what stands after `|`, with factors of its own

    @property
    def names(self) -> tuple[str, ...]:
        """Columns that the formula reads, the outcome's first."""
        every = [
            name for factor in (self.outcome, *self.factors, *self.offsets) for name in factor.names
        ]
        return tuple(dict.fromkeys([*every, *(self.instruments.names if self.instruments else ())]))

    def with_offset(
        self, offset: str | None, exposure: str | None, columns: Collection[str]
    ) -> ModelFormula:
        """Return the formula with an offset and the logarithm of an exposure added."""
        added = list(self.offsets)
        for name, option in ((offset, "offset"), (exposure, "exposure")):
            if name is None:
                continue
            column: ast.expr = ast.Name(
                known_column(name, columns, f"the {option} of a regression"), ast.Load()
            )
            logged = ast.Call(ast.Name("log", ast.Load()), [column], [])
            added.append(ModelFactor(name, (name,), tree=column if option == "offset" else logged))
        twice = next((item.text for item in added if self.outcome.text in item.names), None)
        if twice:
            raise OptionError(
                f"The outcome of `{self.text}` is also its offset, `{twice}`.",
                write="Write another column for it.",
            )
        return replace(self, offsets=tuple(added), exposure=exposure)

    def with_reference(
        self, reference: object, codebook: Codebook, *, of_outcome: bool
    ) -> ModelFormula:
        """Return the formula with other reference categories, given by code or label."""
        if reference is None:
            return self
        if not isinstance(reference, Mapping):
            raise OptionError(
                f"{argument('reference', reference)} does not say of which variable.",
                write='Write for example `reference={"country": "FR"}`.',
            )
        written, changed = (*self.factors, *([self.outcome] if of_outcome else [])), self
        bare = {
            item.names[0]: item for item in written if item.tree is None and item.condition is None
        }
        for name, answer in reference.items():
            if name not in bare:
                raise OptionError(
                    f"`reference` has {name!r}, which is not a variable of categories of "
                    f"`{self.text}`.",
                    write=suggestion(name, bare),
                )
            code = code_of_label(codebook, name, answer)
            if bare[name].reference not in (None, code):
                raise OptionError(
                    f"`reference` has {answer!r} of {name!r}, and the formula has "
                    f"{bare[name].reference!r}.",
                    write="Write one of them.",
                )
            own = replace(bare[name], reference=code)
            if bare[name] is self.outcome:
                changed = replace(changed, outcome=own)
            else:
                factors = [own if factor is bare[name] else factor for factor in changed.factors]
                changed = replace(changed, factors=tuple(factors))
        return changed

    def term_text(self, term: int) -> str:
        """Return a term in words: its factors, with `:` between."""
        return ":".join(self.factors[place].text for place in self.terms[term])


def depth(tree: ast.AST) -> int:
    """Return the depth of a tree."""
    return 1 + max(
        (depth(node) for node in ast.iter_child_nodes(tree) if isinstance(node, ast.expr)),
        default=0,
    )


FUNCTIONS = {"log": np.log, "exp": np.exp, "sqrt": np.sqrt}

_OPERATORS = {
    ast.Add: np.add, ast.Sub: np.subtract, ast.Mult: np.multiply, ast.Div: np.divide,
    ast.Pow: np.power,
}  # fmt: skip


def evaluate(tree: ast.expr, columns: Mapping[str, Any]) -> Any:
    """Return the value of arithmetic that `read_formula` has checked."""
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


def arithmetic_values(columns: MemoryColumns, factor: ModelFactor) -> Floats:
    """Return the values of arithmetic: NaN where a column is missing, infinite if undefined."""
    assert factor.tree is not None  # asked of arithmetic only
    for name in factor.names:
        if not columns.is_number(name):
            raise ColumnError(
                f"The column `{name}` cannot be read as numbers in a regression.",
                f"It holds words, such as {columns.factor(name).categories[0]!r}.",
                f"Write `{name}` alone for its categories, or `I({name} == ...)` for one of them.",
            )
    raw = {name: columns.numbers(name) for name in factor.names}
    with np.errstate(all="ignore"):
        result = np.array(evaluate(factor.tree, raw), dtype=float)
    told = ~np.any(list(map(np.isnan, raw.values())), axis=0)
    result[np.isnan(result) & told] = np.inf
    return result


_DEEPEST = 100  # brackets and signs within each other; no formula that people write has as many


def read_formula(
    text: object,
    names: Collection[str],
    codebook: Codebook,
    *,
    whole_model: bool = False,
    of_table: bool = False,
) -> ModelFormula:
    """Read a formula.

    `whole_model` allows `offset(x)` and instruments after `|`; `of_table`, columns after `~`.
    """
    reader = _FormulaReader(text, names, codebook, whole_model=whole_model, of_table=of_table)
    try:
        return reader.read()
    except RecursionError as error:
        raise reader.refused("It is nested too deeply to be read") from error


def read_arithmetic(text: object) -> ModelFactor:
    """Read arithmetic on names that are not columns, such as those of estimates."""
    reader = _ArithmeticReader(text, (), {})  # type: ignore[arg-type]
    try:
        return reader.expression()
    except RecursionError as error:
        raise reader.refused("It is nested too deeply to be read") from error


@lru_cache(maxsize=256)
def _terms_as_written(text: str) -> tuple[tuple[str, ...], ...]:
    """Return the factors of each term.

    Once for a text, which imputations and models side by side ask again.
    """
    from formulaic.parser import DefaultFormulaParser  # type: ignore[import-untyped]

    terms = DefaultFormulaParser().get_terms(text)
    return tuple(tuple(str(factor.expr) for factor in term.factors) for term in terms)


class _FormulaReader:
    def __init__(
        self,
        text: object,
        names: Collection[str],
        codebook: Codebook,
        *,
        whole_model: bool = False,
        of_table: bool = False,
    ) -> None:
        self.text, self.names, self.codebook, self.whole_model = text, names, codebook, whole_model
        self.of_table = of_table
        self.offsets: list[ModelFactor] = []
        self.odd = OddNames(str(text), names)
        self.shown = self.odd.shown
        self.factors: dict[str, ModelFactor] = {}

    def read(self) -> ModelFormula:
        if not isinstance(self.text, str):
            raise self.refused(f"It is not text, but of type `{type(self.text).__name__}`")
        sides = _parts(self.odd.text, "~")
        if len(sides) != 2:
            raise self.refused(
                f"It has {len(sides) - 1} `~`, and one separates the outcome from the terms"
            )
        if self.of_table and sides[0].strip():
            raise self.refused("A table has no outcome before `~`")
        outcome = ModelFactor("", ()) if self.of_table else self.outcome(sides[0].strip())
        right = _parts(sides[1], "|") if self.whole_model else [sides[1]]
        if len(right) > 2:
            raise self.refused(
                "It has several `|`, and one separates the terms from the instruments"
            )
        if not right[-1].strip() and len(right) > 1:
            raise self.refused("Nothing follows `|`")
        main, *beside = [self.side(item.strip(), outcome) for item in right]
        if beside and (main.offsets or beside[0].offsets):
            raise self.refused("It has an offset and instruments, of which only one is allowed")
        return replace(main, instruments=beside[0]) if beside else main

    def side(self, text: str, outcome: ModelFactor) -> ModelFormula:
        self.factors, self.offsets = {}, []
        self.check_operators(re.sub(QUOTED, "''", text))
        intercept, terms = self.terms(text)
        if not terms and (self.of_table or not intercept):
            raise self.refused(
                "It has no terms" if self.of_table else "It has neither terms nor a constant"
            )
        factors = tuple(self.factors.values())
        for factor in factors:
            if factor.text == outcome.text:
                raise OptionError(
                    f"`{factor.text}` is on both sides of `~` in `{self.text}`.",
                    write=f"Leave `{factor.text}` out of the terms.",
                )
            if intercept and factor.text == "intercept":
                raise ColumnError(
                    f"`intercept` cannot be a term of `{self.text}`.",
                    "Results call the constant by that name.",
                    "Rename it in the data, for example `intercept_`, or leave the constant out: "
                    "`- 1`.",
                )
        return ModelFormula(str(self.text), outcome, factors, terms, intercept, tuple(self.offsets))

    def check_operators(self, text: str) -> None:
        """Refuse operators that have another meaning between terms than in arithmetic."""
        try:
            # products of terms bind as matrix products do; `^` is another way to write a power
            tree = ast.parse(text.replace("^", "**").replace(":", "@").strip(), mode="eval").body
        except (SyntaxError, ValueError):
            return  # what cannot be read is refused where terms are
        names = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name)]
        waiting = [tree]
        while waiting:
            node = waiting.pop()
            match node:
                case (
                    ast.BinOp(left=ast.Name() | ast.Call(), op=ast.Pow())
                    | ast.BinOp(left=ast.Constant(), op=ast.Div())
                    | ast.UnaryOp(op=ast.USub(), operand=ast.Name() | ast.Call() | ast.UnaryOp())
                ):
                    arithmetic = self.shown(ast.unparse(node))
                    raise self.refused(
                        f"Outside `I(...)`, `{arithmetic}` is not arithmetic; write "
                        f"`I({arithmetic})`"
                    )
                # taken from nothing where it is there once
                case ast.BinOp(op=ast.Sub(), right=ast.Name(id=name)) if names.count(name) == 1:
                    raise self.refused(
                        f"It takes `{self.shown(name)}` away, which is not a term there; "
                        "write a difference as "
                        f"`I(... - {self.shown(name)})`"
                    )
                case ast.BinOp(left=left, right=right):
                    waiting += [left, right]
                case ast.UnaryOp(operand=operand):
                    waiting.append(operand)

    def column(self, name: str, use: str) -> str:
        return known_column(self.shown(name), self.names, use)

    def outcome(self, text: str) -> ModelFactor:
        use = "the outcome of a regression"
        if not text:
            raise self.refused("Nothing precedes `~`")
        inner = self.parsed(text)
        as_number = isinstance(inner, ast.Call) and _called(inner) == "I" and bool(inner.args)
        if isinstance(inner, ast.Call) and as_number:
            inner = inner.args[0]
        if isinstance(inner, ast.Name) and not as_number:
            name = self.column(inner.id, use)
            return ModelFactor(name, (name,))
        asks = any(isinstance(part, ast.Compare | ast.BoolOp | ast.Not) for part in ast.walk(inner))
        return self.condition(inner, use) if asks else self.arithmetic(inner)

    def terms(self, text: str) -> tuple[bool, tuple[tuple[int, ...], ...]]:
        intercept, terms = False, []
        for pieces in self.split(text):
            intercept |= pieces == ["1"]
            if pieces == ["1"]:
                continue
            if (
                self.whole_model
                and len(pieces) == 1
                and _called(called := self.parsed(pieces[0])) == "offset"
            ):
                self.offsets.append(self.offset(called))
                continue
            terms.append([piece for piece in pieces if piece != "1"])
            for key in terms[-1]:
                if key not in self.factors:
                    self.factors[key] = self.factor(key)
        place = positions(self.factors)
        return intercept, tuple(
            tuple(place[key] for key in keys) for keys in sorted(terms, key=len)
        )

    def split(self, text: str) -> Iterator[list[str]]:
        """Yield the factors of each term, as formulaic reads the operators between them."""
        from formulaic.errors import FormulaicError  # type: ignore[import-untyped]

        if not text:
            raise self.refused("Nothing follows `~`")
        odd = re.search(r"[^\w\s+\-*/:(),.=<>!^\[\]]", re.sub(QUOTED, "", text))
        if odd:
            raise self.refused(f"It holds `{odd.group(0)}`, which formulas do not have")
        try:
            yield from map(list, _terms_as_written(text))
        except (FormulaicError, SyntaxError, AttributeError) as error:
            raise self.refused("Its terms cannot be read") from error

    def factor(self, text: str) -> ModelFactor:
        if self.shown(text) in self.names:
            name = self.shown(text)
            return ModelFactor(name, (name,))
        tree = self.parsed(text)
        if isinstance(tree, ast.Name):
            name = self.column(
                tree.id, f"a term of a {'log-linear model' if self.of_table else 'regression'}"
            )
            return ModelFactor(name, (name,))
        if self.of_table:
            raise self.refused(f"`{self.shown(text)}` is not a column")
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

    def inside(self, call: ast.Call) -> ModelFactor:
        inner, *more = call.args or [call]
        if more or call.keywords or inner is call:
            raise self.refused("`I` takes one piece of arithmetic, or one condition")
        negated = isinstance(inner, ast.UnaryOp) and isinstance(inner.op, ast.Not)
        if negated or isinstance(inner, ast.Compare | ast.BoolOp):
            return self.condition(inner, "a term of a regression")
        return self.arithmetic(inner)

    def offset(self, call: ast.expr) -> ModelFactor:
        match call:
            case ast.Call(args=[inner], keywords=[]):
                return self.arithmetic(inner)
        raise self.refused("`offset` takes one column, or arithmetic such as `log(hours)`")

    def condition(self, tree: ast.expr, use: str) -> ModelFactor:
        source = self.shown(ast.unparse(tree), "`")
        condition = parse(source, self.names, self.codebook, use)
        return ModelFactor(
            source.replace("`", ""), tuple(column_names(condition)), condition=condition
        )

    def arithmetic(self, tree: ast.expr) -> ModelFactor:
        names: list[str] = []
        plain = self.checked(tree, names)
        if not names:
            raise self.refused(f"`{self.shown(ast.unparse(tree))}` reads no column")
        return ModelFactor(self.shown(ast.unparse(tree)), tuple(dict.fromkeys(names)), tree=plain)

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
                left=left,
                op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div() | ast.Pow() as op,
                right=right,
            ):
                return ast.BinOp(self.checked(left, names), op, self.checked(right, names))
            case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]) if (
                name in FUNCTIONS
            ):
                return ast.Call(ast.Name(name, ast.Load()), [self.checked(argument, names)], [])
        raise self.refused(
            f"It holds `{self.shown(ast.unparse(node))}`, which formulas do not have"
        )

    def categories(self, call: ast.Call) -> ModelFactor:
        """Read `C(x)`, `C(x, Treatment("M"))`, `C(x, levels=[...])`."""
        first, *rest = call.args or [ast.Constant(None)]
        if not isinstance(first, ast.Name) or len(rest) > 1:
            raise self.refused("`C` takes a column, and may take `Treatment(reference)`")
        name = self.column(first.id, "a term of a regression")
        reference: Any = None
        for coding in rest:
            if not isinstance(coding, ast.Call) or _called(coding) != "Treatment":
                raise self.refused(
                    f"`{self.shown(ast.unparse(coding))}` is not a coding of categories known here"
                )
            given = [*coding.args, *(item.value for item in coding.keywords)]
            if len(given) != 1:
                raise self.refused("`Treatment` takes the reference category")
            reference = code_of_label(self.codebook, name, self.literal(given[0]))
        levels: tuple[Any, ...] | None = None
        for keyword in call.keywords:
            listed = self.literal(keyword.value)
            if keyword.arg != "levels" or not isinstance(listed, list | tuple):
                raise self.refused(f"`C` has no option `{keyword.arg}` of that kind")
            levels = tuple(code_of_label(self.codebook, name, item) for item in listed)
            twice = [item for at, item in enumerate(levels) if item in levels[:at]]
            if twice:
                raise OptionError(
                    f"The categories of `{name}` were listed in the regression `{self.text}`.",
                    f"{twice[0]!r} is there more than once.",
                    "List each category once, in order.",
                )
        return ModelFactor(name, (name,), category=True, levels=levels, reference=reference)

    def literal(self, node: ast.expr) -> Any:
        try:
            return ast.literal_eval(node)
        except ValueError as error:
            raise self.refused(f"`{self.shown(ast.unparse(node))}` is not a value") from error

    def refused(self, why: str) -> ConditionError:
        return ConditionError(
            f"`{self.text}` is not a formula that can be read.",
            f"{why}.",
            "Write `~` and terms: names (odd ones in backticks), `+ * : ( )`; for example `~ sex * "
            "pay + region`."
            if self.of_table
            else "Write an outcome, `~`, and terms: names (odd ones in backticks), `+ - * : ( )`, "
            "`C(x)`, `I(x ** 2)`, `log exp sqrt`; for example `pay ~ hours + C(country)`.",
        )


class _ArithmeticReader(_FormulaReader):
    def expression(self) -> ModelFactor:
        return self.arithmetic(self.parsed(self.odd.text.strip()))

    def column(self, name: str, use: str) -> str:
        return self.shown(name)

    def refused(self, why: str) -> ConditionError:
        said = f"{why}.".replace(f"`{self.text}` cannot be read.", "").replace(
            "reads no column", "names no estimate"
        )
        return ConditionError(
            f"`{self.text}` is not an expression that can be read.",
            said.replace("which formulas", "which expressions"),
            "Write it with names of estimates (odd ones in backticks), numbers, `+ - * / **` and "
            "`log exp sqrt`, for "
            "example `f / (f + m)`.",
        )


def _parts(text: str, mark: str) -> list[str]:
    """Return the parts of a text between marks outside quotes."""
    found = [""]
    for piece in re.split(rf"({QUOTED}|{re.escape(mark)})", text):
        if piece == mark:
            found.append("")
        else:
            found[-1] += piece
    return found


def _called(node: ast.expr) -> str:
    return node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
