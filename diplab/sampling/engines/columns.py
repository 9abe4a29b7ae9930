"""Columns in memory as arrays, and expressions on them: numbers as floats, words as codes, NaN for missing.

Expressions that the user wrote for an engine see null for NaN. Engines disagree on NaN: above every number in Polars
and DuckDB, below none in pandas, where `not (y > 2)` is true of it. A null is neither above nor not above, in all.

Conditions are 1, 0 or NaN, so that `a or b` is true where `a` is true and `b` missing, as in SQL.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from diplab.errors import ColumnError, ConditionError, DesignError, suggestion
from diplab.kernel.arrays import Floats, Integers
from diplab.sampling.expression import OPERATORS, Apply, ByDomain, Column, Constant, Expression, Native, Rows


def declared_order(dtype: Any) -> tuple[Any, ...] | None:
    """Return the categories of an ordered type in the order it declares; None for any other."""
    categories: Any = getattr(dtype, "categories", None)
    return tuple(categories) if dtype == nw.Enum and categories is not None else None


Frame = TypeVar("Frame", bound="nw.DataFrame[Any] | nw.LazyFrame[Any]")


def nan_as_null(frame: Frame) -> Frame:
    """Return a frame in which every missing answer is null."""
    schema = frame.collect_schema()
    floats = [name for name, dtype in schema.items() if dtype.is_float()]
    if frame.implementation.is_pandas():
        nullable = dict.fromkeys(floats, "Float64")
        nullable |= {name: "string" for name, dtype in schema.items() if dtype == nw.String}
        native: Any = nw.to_native(frame)  # type: ignore[arg-type]
        return nw.from_native(native.astype(nullable))  # type: ignore[no-any-return]
    if not floats:
        return frame
    return frame.with_columns(  # type: ignore[return-value]
        *[nw.when(~nw.col(name).is_nan()).then(nw.col(name)).alias(name) for name in floats]
    )


COPIED = 1 << 30
"""Bytes up to which a frame is copied where a design is declared; a larger one is shared until it is written to."""


def snapshot(frame: nw.DataFrame[Any]) -> nw.DataFrame[Any]:
    """Return a frame as it is now: what is done afterwards to the one that was given does not change it."""
    small = frame.estimated_size() <= COPIED
    native: Any = frame.to_native()
    if nw.dependencies.is_pandas_dataframe(native):
        import pandas as pd

        # from pandas 3 on, who writes to a frame that is shared copies what is written to
        on_write = int(pd.__version__.partition(".")[0]) >= 3 or pd.options.mode.copy_on_write is True
        return nw.from_native(native.copy(deep=small or not on_write))
    own = frame
    if not frame.implementation.is_pyarrow():
        # frames of Polars are written to in place, and their columns are not
        own = frame.clone()
    if not small:
        return own
    # columns may share their memory with the array of numpy that they were made of
    numbers = [name for name, dtype in own.schema.items() if dtype.is_float() or dtype.is_integer()]
    copies = [_copied(own[name]) for name in numbers if not own[name].null_count()]
    return own.with_columns(*copies) if copies else own


def _copied(column: nw.Series[Any]) -> nw.Series[Any]:
    values = column.to_numpy().copy()
    return nw.new_series(column.name, values, column.dtype, backend=column.implementation)


def check_numeric(name: str, dtype: Any, use: str) -> None:
    """Refuse words where the design needs numbers."""
    if not (dtype.is_numeric() or dtype == nw.Boolean):
        raise DesignError(
            f"`{name}` cannot be {use}.",
            f"It holds {str(dtype).lower()} values.",
            "Write a column of numbers, or read these as numbers, for example with `pandas.to_numeric`.",
        )


def check_weights(name: str, *, rows: int, missing: int, infinite: int, negative: int, positive: int) -> None:
    """Refuse weights that cannot be weights, with their numbers of rows."""
    bad = [
        f"{count} {word}"
        for count, word in ((missing, "missing"), (infinite, "infinite"), (negative, "negative"))
        if count
    ]
    if bad or not positive:
        raise DesignError(
            f"`{name}` cannot be weights.",
            f"Of its {rows} rows, {' and '.join(bad)}." if bad else f"All of its {rows} rows are zero.",
            "Write weights that are finite and not negative, some of them above zero.",
        )


def apply(operation: str, values: list[Floats]) -> Floats:
    """Apply an operation row by row; NaN is missing, and conditions follow three-valued logic."""
    left, right = values[0], values[-1]
    with np.errstate(all="ignore"):
        match operation:
            case "+" | "-" | "*":
                plain: Floats = OPERATORS[operation](left, right)
                return plain
            case "/":
                # a division by zero has no answer, in every engine
                return np.where(right == 0, np.nan, left / right)
            case "exp":
                return np.exp(left)
            case "log":
                return np.where(left > 0, np.log(left), np.nan)
            case "power":
                raised = np.power(left, right)
                return np.where(np.isinf(raised), np.nan, raised)
            case "only_where":
                return np.where(left == 0, 0.0, left * right)
            case "not":
                return 1.0 - left
            case "and":
                return np.where((left == 0) | (right == 0), 0.0, left * right)
            case "or":
                return np.where((left == 1) | (right == 1), 1.0, left + right)
        result: Floats = OPERATORS[operation](left, right).astype(float)
        gaps = np.isnan(left) | np.isnan(right)
        return np.where(gaps, np.nan, result) if np.any(gaps) else result


MISSING = "missing"  # the category of those who gave no answer, where they are shown as one


@dataclass(frozen=True, eq=False)
class Factor:
    """A column as codes into its sorted categories; -1 is missing."""

    codes: Integers
    categories: tuple[Any, ...]

    @cached_property
    def complete(self) -> bool:
        """Whether no answer is missing."""
        return bool(self.codes.size) and int(self.codes.min()) >= 0


class MemoryColumns:
    """Columns of a frame in memory, each read once, when first named."""

    def __init__(self, frame: nw.DataFrame[Any]) -> None:
        self.frame = _codes_as_numbers(frame)
        self.schema = self.frame.schema
        self._numbers: dict[str, Floats] = {}
        self._factors: dict[str, Factor] = {}
        self._gaps: dict[str, NDArray[np.bool_]] = {}

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.frame)

    def numbers(self, name: str) -> Floats:
        """Return a column as floats, NaN for missing; words are refused."""
        if name not in self._numbers:
            column = self.frame[name]
            if not self.is_number(name):
                raise not_numbers(name, column.dtype)
            values = column.cast(nw.Float64).to_numpy()
            self._numbers[name] = np.asarray(values, dtype=np.float64)
        return self._numbers[name]

    def design_numbers(self, name: str, use: str) -> Floats:
        """Return a column of the design as floats; `use` is for errors."""
        check_numeric(name, self.schema[name], use)
        return self.numbers(name)

    def factor(self, name: str) -> Factor:
        """Return a column as codes of its sorted categories."""
        if name not in self._factors:
            import pandas as pd

            column = self.frame[name]
            if column.dtype.is_integer() and (result := _whole_numbers(column)) is not None:
                self._factors[name] = result
                return result
            order = declared_order(column.dtype)
            if column.dtype in (nw.Categorical, nw.Enum):
                column = column.cast(nw.String)
            values = column.to_pandas()
            if not (column.dtype.is_numeric() or (order is None and isinstance(values.dtype, pd.StringDtype))):
                values = values.astype(object)
            if order is None:
                codes, categories = pd.factorize(values, sort=True)
            else:
                present = set(values.dropna())
                categories = pd.Index([each for each in order if each in present], dtype=object)
                codes = categories.get_indexer(pd.Index(values))
            plain = tuple(categories.tolist())
            if categories.dtype == object:
                plain = tuple(each.item() if isinstance(each, np.generic) else each for each in plain)
            self._factors[name] = Factor(np.asarray(codes, dtype=np.int64), plain)
        return self._factors[name]

    def complete_codes(self, name: str, use: str) -> Integers:
        """Return the codes of a column of the design, which has a value in every row; `use` is for errors."""
        codes = self.factor(name).codes
        check_complete(name, use, int((codes < 0).sum()), self.rows)
        return codes

    def with_missing(self, name: str) -> str:
        """Return the name under which a column has one more category, the last: those who gave no answer."""
        factor = self.factor(name)
        if not (factor.codes < 0).any():
            return name
        known_as = f"{name} or {MISSING}"
        codes = np.where(factor.codes < 0, len(factor.categories), factor.codes)
        self._factors[known_as] = Factor(codes, (*factor.categories, MISSING))
        return known_as

    def is_number(self, name: str) -> bool:
        """Return whether a column holds numbers, or true and false."""
        dtype = self.schema[name]
        return bool(dtype.is_numeric() or dtype == nw.Boolean)

    def is_boolean(self, name: str) -> bool:
        """Return whether a column holds true and false."""
        return bool(self.schema[name] == nw.Boolean)

    def declared(self, name: str) -> tuple[Any, ...]:
        """Return the categories that the type of a column declares, in use or not."""
        dtype = self.schema.get(name)
        # categories of Polars that are no enumeration are those of other columns too, and declare nothing
        if dtype == nw.Categorical and self.frame.implementation.is_pandas():
            return tuple(self.frame.to_native()[name].cat.categories)
        return declared_order(dtype) or ()

    def evaluate(self, expression: Expression, domain: Integers | None = None) -> Floats:
        """Return the value of an expression on every row."""
        match expression:
            case Column(name=name):
                return self.numbers(name)
            case Constant(value=bool() | int() | float() as value):
                return np.full(self.rows, float(value))
            case ByDomain(values=values):
                return values[domain]
            case Rows(values=values):
                return values
            case Native(expression=native):
                result = nan_as_null(self.frame).select(diplab_value=native)["diplab_value"]
                return np.asarray(result.cast(nw.Float64).to_numpy(), dtype=np.float64)
            case Apply(operation="==" | "!=" | "in" as operation, arguments=(Column(name=name), Constant(value=value))):
                return self._matched(name, operation, value)
            case Apply(operation="==" | "!=" as operation, arguments=(Constant(value=value), Column(name=name))):
                return self._matched(name, operation, value)
            case Apply(operation="missing", arguments=(argument,)):
                nowhere = np.zeros(self.rows, dtype=np.int64)
                return self.gaps(argument, nowhere if domain is None else domain).astype(float)
            case Apply(operation=operation, arguments=arguments):
                # a number is left one number
                return apply(operation, [self._operand(argument, domain) for argument in arguments])
        raise word_for_number(expression)

    def _operand(self, expression: Expression, domain: Integers | None) -> Floats:
        """Return the value of an argument; one number is left one number."""
        if isinstance(expression, Constant) and isinstance(expression.value, int | float):
            return np.float64(expression.value)  # type: ignore[return-value]
        return self.evaluate(expression, domain)

    def _matched(self, name: str, operation: str, value: Any) -> Floats:
        """Compare a column with one value or several, numbers with numbers and words with words."""
        wanted = value if isinstance(value, tuple) else (value,)
        if self.is_number(name):
            words = [each for each in wanted if isinstance(each, str)]
            if words:
                raise ConditionError(
                    f"`{name}` holds numbers and cannot be compared with the word '{words[0]}'.",
                    f"They go from {np.nanmin(self.numbers(name)):g} to {np.nanmax(self.numbers(name)):g}, "
                    "and the codebook has no such label.",
                    f"Write a code, for example `{name} == {np.nanmin(self.numbers(name)):g}`.",
                )
            numbers = self.numbers(name)
            result = np.isin(numbers, np.asarray(wanted, dtype=float)).astype(float)
            result[np.isnan(numbers)] = np.nan
        else:
            numbers_wanted = [each for each in wanted if not isinstance(each, str)]
            if numbers_wanted and self.schema[name] in (nw.String, nw.Categorical, nw.Enum):
                raise number_against_words(name, numbers_wanted[0])
            factor = self.factor(name)
            told = [{each, *_date_texts(each)} for each in factor.categories]
            flags = np.array([*(float(bool(each & set(wanted))) for each in told), np.nan])
            if told and not set(wanted) & set().union(*told):
                raise ConditionError(
                    f"{wanted[0]!r} is none of the {len(factor.categories)} categories of `{name}`.",
                    write=suggestion(str(wanted[0]), factor.categories),
                )
            result = flags[factor.codes]
        return np.asarray(1.0 - result if operation == "!=" else result)

    def gaps(self, expression: Expression, domain: Integers) -> NDArray[np.bool_]:
        """Return where an expression has no value; a column of words is missing by its codes."""
        if not isinstance(expression, Column):
            return np.isnan(self.evaluate(expression, domain))
        name = expression.name
        if name not in self._gaps:
            self._gaps[name] = np.isnan(self.numbers(name)) if self.is_number(name) else self.factor(name).codes < 0
        return self._gaps[name]


def not_numbers(name: str, dtype: Any) -> ColumnError:
    """Return the error for a column of words where numbers are needed."""
    return ColumnError(
        f"The column `{name}` cannot be read as numbers.",
        f"It holds {str(dtype).lower()} values.",
        f'Write `share("{name}")` for its categories, or compare it with a word.',
    )


def word_for_number(expression: Expression) -> ConditionError:
    """Return the error for a word in the place of a number."""
    return ConditionError(
        f"The word {getattr(expression, 'value', expression)!r} is not a number.",
        "Words can only be compared with a column.",
        "Write a comparison such as `sex == 'female'`.",
    )


def cell_in_words(names: Sequence[str], cell: Sequence[Any]) -> str:
    """Return a combination of columns of the design, such as a stratum, for errors."""
    return " and ".join(f"`{name}` = {value}" for name, value in zip(names, cell, strict=True)) or "the whole file"


def check_complete(name: str, use: str, missing: int, rows: int) -> None:
    """Refuse a column of the design in which rows are missing."""
    if missing:
        raise DesignError(
            f"`{name}` cannot be {use}.",
            f"{missing} of its {rows} rows are missing.",
            "Give every row a value, or leave those rows out before declaring the design.",
        )


def number_against_words(name: str, value: object) -> ConditionError:
    """Return the error for a column of words that is compared with a number."""
    return ConditionError(
        f"`{name}` holds words and cannot be compared with the number {value}.",
        write=f"Write a word in quotes, for example `{name} == '{value}'`.",
    )


def _whole_numbers(column: nw.Series[Any]) -> Factor | None:
    """Return the factor of a column of whole numbers that lie close together; None where they do not."""
    values = column.to_numpy()
    if values.dtype.kind not in "iu" or not values.size:
        return None
    low, high = int(values.min()), int(values.max())
    if high - low > 2 * values.size:
        return None
    codes = np.subtract(values, low, dtype=np.int64, casting="unsafe")
    there = np.bincount(codes) > 0
    if not there.all():
        codes = (np.cumsum(there) - 1)[codes]
    return Factor(codes, tuple((np.flatnonzero(there) + low).tolist()))


def _codes_as_numbers(frame: nw.DataFrame[Any]) -> nw.DataFrame[Any]:
    """Return a frame in which pandas categories that are numbers, or true and false, are numbers again."""
    if not frame.implementation.is_pandas():
        return frame
    native = frame.to_native()
    held = {
        name: native[name].cat.categories.dtype
        for name in native.columns
        if str(native[name].dtype) == "category" and native[name].cat.categories.dtype.kind in "iufb"
    }
    # a missing answer needs a float; true and false become 1 and 0 with it
    plain = {name: "float64" if native[name].isna().any() else dtype for name, dtype in held.items()}
    return nw.from_native(native.astype(plain)) if plain else frame


def _date_texts(value: Any) -> tuple[str, ...]:
    """Return the ways to write a day or a moment in a condition: `2022-01-01`, `2022-01-01 10:30:00`."""
    if not isinstance(value, datetime.date):
        return ()
    text = str(value)
    return (text, text.removesuffix(" 00:00:00"))
