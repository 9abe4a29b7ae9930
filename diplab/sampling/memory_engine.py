"""The engine for data in memory: numpy arrays, read column by column as statistics name them.

Columns are factorised once and kept for the life of the sample. Within an expression every value is a float and NaN
is missing; conditions are 1, 0 or NaN, so that `a or b` is true where `a` is true and `b` missing, as in SQL.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np

from diplab.errors import ColumnError, ConditionError, DesignError, nearest
from diplab.sampling.engine import Floats, Integers, Masses, Scope, UnitTotals
from diplab.sampling.expression import Apply, ByDomain, Column, Constant, Expression, Native
from diplab.sampling.gaps import nan_as_null
from diplab.sampling.units import Units, arrange, compressed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from diplab.sampling.design import Design

__all__ = ["MemoryEngine"]


@dataclass(frozen=True, eq=False)
class Factor:
    """A column as codes into its sorted categories; -1 is missing."""

    codes: Integers
    categories: tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class ScopedRows:
    """The rows of a scope: domain of each row (0 where outside) and weight (0 where outside)."""

    domain: Integers
    weight: Floats
    inside: NDArray[np.bool_]
    domains: int


class MemoryEngine:
    """Totals of a frame that fits in memory (pandas, Polars, PyArrow through narwhals)."""

    def __init__(self, frame: nw.DataFrame[Any], design: Design) -> None:
        self.frame = frame
        self.design = design
        self._numbers: dict[str, Floats] = {}
        self._factors: dict[str, Factor] = {}
        self._scopes: dict[Scope, ScopedRows] = {}
        self._sorted: tuple[object, Masses] | None = None
        self._cells: dict[tuple[str, ...], tuple[Integers, list[tuple[Any, ...]]]] = {}
        self.units: Units = self._arranged()
        self.weights: Floats = self._weights()

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.frame)

    # -- columns ------------------------------------------------------------------------------------------

    def numbers(self, name: str) -> Floats:
        """Return a column as floats, NaN for missing; words are refused."""
        if name not in self._numbers:
            column = self.frame[name]
            if not (column.dtype.is_numeric() or column.dtype == nw.Boolean):
                raise ColumnError(
                    f"The column `{name}` was asked for as numbers.",
                    f"It holds {str(column.dtype).lower()} values.",
                    f'Write `share("{name}")` for its categories, or compare it with a word.',
                )
            values = column.cast(nw.Float64).to_numpy()
            self._numbers[name] = np.asarray(values, dtype=np.float64)
        return self._numbers[name]

    def factor(self, name: str) -> Factor:
        """Return a column as codes of its sorted categories."""
        if name not in self._factors:
            import pandas as pd

            column = self.frame[name]
            if column.dtype in (nw.Categorical, nw.Enum):
                column = column.cast(nw.String)
            values = column.to_pandas() if column.dtype.is_numeric() else column.to_pandas().astype(object)
            codes, categories = pd.factorize(values, sort=True)
            plain = tuple(each.item() if isinstance(each, np.generic) else each for each in categories)
            self._factors[name] = Factor(np.asarray(codes, dtype=np.int64), plain)
        return self._factors[name]

    def _is_number(self, name: str) -> bool:
        dtype = self.frame.schema[name]
        return bool(dtype.is_numeric() or dtype == nw.Boolean)

    def is_boolean(self, name: str) -> bool:
        """Return whether a column holds true and false."""
        return bool(self.frame.schema[name] == nw.Boolean)

    # -- design -------------------------------------------------------------------------------------------

    def _codes(self, name: str, use: str) -> Integers:
        factor = self.factor(name)
        missing = int((factor.codes < 0).sum())
        if missing:
            raise DesignError(
                f"`{name}` was asked for as {use}.",
                f"{missing} of its {self.rows} rows are missing.",
                "Give every row a value, or leave those rows out before declaring the design.",
            )
        return factor.codes

    def _arranged(self) -> Units:
        strata: Integers | None = None
        first = np.zeros(0, dtype=np.int64)
        for name in self.design.strata:
            codes = self._codes(name, "strata")
            strata, first = compressed(
                codes if strata is None else strata * len(self.factor(name).categories) + codes
            )

        def stratum_name(code: int) -> str:
            row = int(first[code]) if first.size else 0
            parts = [
                f"`{name}` = {self.factor(name).categories[self.factor(name).codes[row]]}"
                for name in self.design.strata
            ]
            return " and ".join(parts) or "the whole file"

        identifiers = [self._codes(name, "units") for name in self.design.psu]
        fpc = [self.numbers(name) for name in self.design.fpc]
        return arrange(strata, identifiers, fpc, self.rows, self.design, stratum_name)

    def _weights(self) -> Floats:
        if self.design.weights is None:
            by_fpc = self.units.weights
            return np.ones(self.rows) if by_fpc is None else by_fpc
        weights = self.numbers(self.design.weights)
        check_weights(
            self.design.weights,
            rows=self.rows,
            missing=int(np.isnan(weights).sum()),
            infinite=int(np.isinf(weights).sum()),
            negative=int((weights < 0).sum()),
            positive=int((weights > 0).sum()),
        )
        return weights

    # -- expressions --------------------------------------------------------------------------------------

    def evaluate(self, expression: Expression, domain: Integers | None = None) -> Floats:
        """Return the value of an expression on every row."""
        match expression:
            case Column(name=name):
                return self.numbers(name)
            case Constant(value=bool() | int() | float() as value):
                return np.full(self.rows, float(value))
            case ByDomain(values=values):
                return values[domain]
            case Native(expression=native):
                found = nan_as_null(self.frame).select(diplab_value=native)["diplab_value"]
                return np.asarray(found.cast(nw.Float64).to_numpy(), dtype=np.float64)
            case Apply(
                operation="==" | "!=" | "in" as operation,
                arguments=(Column(name=name), Constant(value=value)),
            ):
                return self._matched(name, operation, value)
            case Apply(
                operation="==" | "!=" as operation, arguments=(Constant(value=value), Column(name=name))
            ):
                return self._matched(name, operation, value)
            case Apply(operation=operation, arguments=arguments):
                return apply(operation, [self.evaluate(argument, domain) for argument in arguments])
        raise ConditionError(
            f"A word, {getattr(expression, 'value', expression)!r}, was asked for as a number.",
            "Words can only be compared with a column.",
            "Write a comparison such as `sex == 'female'`.",
        )

    def _matched(self, name: str, operation: str, value: Any) -> Floats:
        """Compare a column with one value or several, numbers with numbers and words with words."""
        wanted = value if isinstance(value, tuple) else (value,)
        if self._is_number(name):
            words = [each for each in wanted if isinstance(each, str)]
            if words:
                raise ConditionError(
                    f"`{name}` was compared with the word '{words[0]}'.",
                    f"It holds numbers, from {np.nanmin(self.numbers(name)):g} to {np.nanmax(self.numbers(name)):g}, "
                    "and the codebook has no such label.",
                    f"Write a code, for example `{name} == {np.nanmin(self.numbers(name)):g}`.",
                )
            numbers = self.numbers(name)
            if len(wanted) == 1:
                found = (numbers == float(wanted[0])).astype(float)
            else:
                found = np.isin(numbers, np.asarray(wanted, dtype=float)).astype(float)
            found[np.isnan(numbers)] = np.nan
        else:
            factor = self.factor(name)
            flags = np.array([*(float(each in wanted) for each in factor.categories), np.nan])
            self._check_word(name, wanted, factor)
            found = flags[factor.codes]
        matched: Floats = 1.0 - found if operation == "!=" else found
        return matched

    def _check_word(self, name: str, wanted: tuple[Any, ...], factor: Factor) -> None:
        unknown = [each for each in wanted if each not in factor.categories]
        if len(unknown) == len(wanted) and factor.categories:
            raise ConditionError(
                f"`{name}` was compared with {unknown[0]!r}.",
                f"None of its {len(factor.categories)} categories is that.",
                f"Write one of the nearest: {nearest(str(unknown[0]), factor.categories)}.",
            )

    # -- scopes -------------------------------------------------------------------------------------------

    def cells(self, by: tuple[str, ...]) -> list[tuple[Any, ...]]:
        """Return the combinations of the domain variables that the file holds, sorted."""
        return self._celled(by)[1]

    def _celled(self, by: tuple[str, ...]) -> tuple[Integers, list[tuple[Any, ...]]]:
        if by not in self._cells:
            code = np.zeros(self.rows, dtype=np.int64)
            missing = np.zeros(self.rows, dtype=bool)
            factors = [self.factor(name) for name in by]
            for factor in factors:
                code = code * max(len(factor.categories), 1) + np.maximum(factor.codes, 0)
                missing |= factor.codes < 0
            present = np.flatnonzero(~missing)
            dense, first = compressed(code[present])
            cells = [tuple(f.categories[f.codes[present[row]]] for f in factors) for row in first]
            everyone = np.full(self.rows, -1, dtype=np.int64)
            everyone[present] = dense
            self._cells[by] = everyone, cells or ([()] if not by else [])
        return self._cells[by]

    def scoped(self, scope: Scope) -> ScopedRows:
        """Return domain and weight of every row of a scope."""
        if scope not in self._scopes:
            code, cells = self._celled(scope.by)
            inside = code >= 0
            for condition in scope.conditions:
                inside &= self.evaluate(condition) == 1.0
            weight = np.where(inside, self.weights, 0.0)
            self._scopes[scope] = ScopedRows(np.where(inside, code, 0), weight, inside, len(cells))
        return self._scopes[scope]

    def _answered(self, complete: Sequence[Expression], rows: ScopedRows) -> NDArray[np.bool_] | None:
        """Return where every expression has a value; None where that is everywhere."""
        answered: NDArray[np.bool_] | None = None
        for expression in complete:
            if isinstance(expression, Constant):
                continue
            gaps = self._gaps(expression, rows.domain)
            if gaps.any():
                answered = ~gaps if answered is None else answered & ~gaps
        return answered

    def _gaps(self, expression: Expression, domain: Integers) -> NDArray[np.bool_]:
        """Return where an expression has no value; a column of words is missing by its codes."""
        if isinstance(expression, Column) and not self._is_number(expression.name):
            return self.factor(expression.name).codes < 0
        return np.isnan(self.evaluate(expression, domain))

    def counts(self, scope: Scope, terms: Sequence[Expression]) -> Integers:
        """Return by domain how many rows have positive weight and an answer to every term."""
        rows = self.scoped(scope)
        answered = self._answered(terms, rows)
        counted = rows.weight > 0 if answered is None else (rows.weight > 0) & answered
        return np.bincount(rows.domain[counted], minlength=rows.domains).astype(np.int64)

    def _weighted(
        self, rows: ScopedRows, terms: Sequence[Expression], complete: Sequence[Expression]
    ) -> list[Floats]:
        answered = self._answered(complete, rows)
        weight = rows.weight if answered is None else np.where(answered, rows.weight, 0.0)
        outside = None if answered is None and rows.inside.all() else weight == 0
        weighted = []
        for term in terms:
            if isinstance(term, Constant):
                weighted.append(weight * self.evaluate(term)[0])
                continue
            value = self.evaluate(term, rows.domain) * weight
            if outside is not None:
                value[outside] = 0.0  # a missing or infinite value with no weight counts nothing
            weighted.append(value)
        return weighted

    def unit_totals(
        self, scope: Scope, terms: Sequence[Expression], complete: Sequence[Expression]
    ) -> UnitTotals:
        """Return weighted totals by unit and domain; each row is an entry where each row is a unit."""
        rows = self.scoped(scope)
        unit = self.units.of_record
        weighted = self._weighted(rows, terms, complete)
        if not self.design.psu:
            kept = np.flatnonzero(rows.inside)
            values = np.column_stack([value[kept] for value in weighted])
            return UnitTotals(unit[kept], rows.domain[kept], values)
        cells = len(self.units.stages[-1].group) * rows.domains
        key = unit * rows.domains + rows.domain
        if cells > 4 * self.rows + 1_000_000:
            key, first = compressed(key)
            place = (unit * rows.domains + rows.domain)[first]
        else:
            place = np.arange(cells)
        values = np.column_stack([np.bincount(key, weights=v, minlength=place.size) for v in weighted])
        return UnitTotals(place // rows.domains, place % rows.domains, values)

    def domain_totals(
        self, scope: Scope, terms: Sequence[Expression], complete: Sequence[Expression]
    ) -> Floats:
        """Return weighted totals by domain."""
        rows = self.scoped(scope)
        weighted = self._weighted(rows, terms, complete)
        return np.column_stack(
            [np.bincount(rows.domain, weights=value, minlength=rows.domains) for value in weighted]
        )

    def masses(
        self, scope: Scope, value: Expression, complete: Sequence[Expression], shares: Floats
    ) -> Masses:
        """Return weight by value, sorted within each domain; ties are left side by side."""
        asked = (scope, value, tuple(complete))
        if self._sorted is None or self._sorted[0] != asked:
            # the last column sorted is kept: an interval asks three times for quantiles of the same one
            self._sorted = asked, self._masses(scope, value, complete)
        return self._sorted[1]

    def _masses(self, scope: Scope, value: Expression, complete: Sequence[Expression]) -> Masses:
        rows = self.scoped(scope)
        answered = self._answered([*complete, value], rows)
        kept = np.flatnonzero(rows.weight > 0 if answered is None else (rows.weight > 0) & answered)
        values, domain = self.evaluate(value, rows.domain)[kept], rows.domain[kept]
        order = np.argsort(values, kind="stable")
        if rows.domains > 1:
            order = order[np.argsort(domain[order], kind="stable")]
        starts = np.r_[0, np.cumsum(np.bincount(domain, minlength=rows.domains))]
        return Masses(starts, values[order], rows.weight[kept][order])


def check_weights(name: str, *, rows: int, missing: int, infinite: int, negative: int, positive: int) -> None:
    """Refuse weights that cannot be weights, with their numbers of rows."""
    bad = [
        f"{count} {word}"
        for count, word in ((missing, "missing"), (infinite, "infinite"), (negative, "negative"))
        if count
    ]
    if bad or not positive:
        raise DesignError(
            f"`{name}` was asked for as weights.",
            f"Of its {rows} rows, {' and '.join(bad)}." if bad else f"All of its {rows} rows are zero.",
            "Write weights that are finite and not negative, some of them above zero.",
        )


def apply(operation: str, values: list[Floats]) -> Floats:
    """Apply an operation row by row; NaN is missing, and conditions follow three-valued logic."""
    left, right = values[0], values[-1]
    with np.errstate(all="ignore"):
        match operation:
            case "+":
                return left + right
            case "-":
                return left - right
            case "*":
                return left * right
            case "/":
                # a division by zero has no answer, in every engine
                return np.where(right == 0, np.nan, left / right)
            case "exp":
                return np.exp(left)
            case "not":
                return 1.0 - left
            case "and":
                return np.where((left == 0) | (right == 0), 0.0, left * right)
            case "or":
                return np.where((left == 1) | (right == 1), 1.0, left + right)
        compared = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal,
                    "==": np.equal, "!=": np.not_equal}[operation]  # fmt: skip
        found = compared(left, right).astype(float)
        found[np.isnan(left) | np.isnan(right)] = np.nan
        return found
