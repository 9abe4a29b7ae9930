"""Columns in memory as arrays, and expressions on them.

Numbers are floats, words are codes, and NaN is a missing value.

Expressions that the user wrote for an engine see null for NaN. Engines disagree on NaN: above every
number in Polars and DuckDB, below none in pandas, where `not (y > 2)` is true of it. A null is
neither above nor not above, in all.

Conditions are 1, 0 or NaN, so that `a or b` is true where `a` is true and `b` missing, as in SQL.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from diplab.errors import ColumnError, ConditionError, DesignError
from diplab.kernel.arrays import Floats, Integers
from diplab.microdata.variable import Code, Measure, code_text, in_order
from diplab.reference.text import Text
from diplab.sampling.condition import parse
from diplab.sampling.engines import comparison
from diplab.sampling.engines.factors import (
    Factor,
    category_codes,
    cross_factors,
    factor_of_categories,
    factor_of_whole_numbers,
)
from diplab.sampling.expression import (
    OPERATORS,
    Apply,
    ByDomain,
    Column,
    Constant,
    Expression,
    Native,
    Rows,
    is_condition,
)

if TYPE_CHECKING:
    import pandas as pd

    from diplab.microdata.codebook import Codebook


def with_categories(codebook: Codebook, frame: nw.DataFrame[Any] | nw.LazyFrame[Any]) -> Codebook:
    """Return a codebook with the categories that column types declare, where it lists no codes."""
    for name, dtype in frame.collect_schema().items():
        categories = _declared_categories(frame, name, dtype)
        known = codebook.variable(name)
        if not categories or not set(map(code_text, known.values)).isdisjoint(
            map(code_text, categories)
        ):
            continue
        # the categories may be labels, of codes that the column no longer has
        words = {item: label for label in known.values.values() for item in (label.fr, label.en)}
        values = {
            category: words.get(code_text(category), Text.same(code_text(category)))
            for category in categories
        }
        measure: Measure = "nominal"
        if dtype == nw.Enum or _ordered_dictionary(frame, name):
            measure = "ordinal"
        if known.measure != "unknown" or not isinstance(categories[0], str):
            measure = known.measure
        codebook = codebook.described(name, values=values, measure=measure)
    return codebook


def _declared_categories(
    frame: nw.DataFrame[Any] | nw.LazyFrame[Any], name: str, dtype: Any
) -> tuple[Code, ...]:
    """Return the categories that a type declares: enumeration, pandas or Arrow categorical."""
    # categories of Polars that are not an enumeration are those of other columns too, and declare
    # nothing
    native: Any = frame.to_native()
    if dtype in (nw.Categorical, nw.Enum) and frame.implementation.is_pandas():
        return category_codes(native[name])
    if dtype == nw.Categorical and frame.implementation.is_pyarrow():
        # as pandas and R write the levels of a factor
        unified = native[name].unify_dictionaries()
        if unified.num_chunks:
            return tuple(unified.chunk(0).dictionary.cast("string").to_pylist())
        return ()
    return tuple(dtype.categories) if dtype == nw.Enum else ()


def _ordered_dictionary(frame: nw.DataFrame[Any] | nw.LazyFrame[Any], name: str) -> bool:
    native: Any = frame.to_native()
    return frame.implementation.is_pyarrow() and bool(getattr(native[name].type, "ordered", False))


WORDS = (nw.String, nw.Categorical, nw.Enum)
"""The types of columns of words."""
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


def check_numeric(name: str, dtype: Any, use: str) -> None:
    """Refuse words where the design needs numbers."""
    if not (dtype.is_numeric() or dtype == nw.Boolean):
        raise DesignError(
            f"`{name}` cannot be {use}.",
            f"It holds {str(dtype).lower()} values.",
            "Write a column of numbers, or read these as numbers, for example with "
            "`pandas.to_numeric`.",
        )


def check_weights(
    name: str, *, rows: int, missing: int, infinite: int, negative: int, positive: int
) -> None:
    """Refuse weights that cannot be weights, with their numbers of rows."""
    bad = [
        f"{count} {word}"
        for count, word in ((missing, "missing"), (infinite, "infinite"), (negative, "negative"))
        if count
    ]
    if bad or not positive:
        raise DesignError(
            f"`{name}` cannot be weights.",
            f"Of its {rows} rows, {' and '.join(bad)}."
            if bad
            else f"All of its {rows} rows are zero.",
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


_LONG = 63  # bits of a whole number in memory, without its sign
MISSING = "missing"  # the category of those who gave no answer, where they are shown as one


class MemoryColumns:
    """Columns of a frame in memory, each read once, when first named."""

    def __init__(self, frame: nw.DataFrame[Any], codebook: Codebook) -> None:
        self.codebook = codebook
        self._given = frame
        self.frame = _codes_as_numbers(frame)
        self.schema = self.frame.schema
        self._numbers: dict[str, Floats] = {}
        self._whole: dict[str, tuple[NDArray[Any], NDArray[np.bool_] | None]] = {}
        self._factors: dict[str, Factor] = {}
        self._gaps: dict[str, NDArray[np.bool_]] = {}
        self._levels: dict[str, Literal["nominal", "ordinal"] | None] = {}
        self._combinations: dict[tuple[str, ...], tuple[Integers, list[tuple[Any, ...]]]] = {}

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.frame)

    def numbers(self, name: str) -> Floats:
        """Return a column as floats, NaN for missing; words are refused."""
        if name not in self._numbers:
            if not self.is_number(name):
                raise comparison.not_numbers(name, self.schema[name])
            self._numbers[name] = self._floats(name)
        return self._numbers[name]

    def _floats(self, name: str) -> Floats:
        if not self.schema[name].is_integer():
            return np.asarray(self.frame[name].cast(nw.Float64).to_numpy(), dtype=np.float64)
        # not every engine turns whole numbers into floats that are not exactly these
        whole, gaps = self.integers(name)
        floats = whole.astype(np.float64)
        if gaps is not None:
            floats[gaps] = np.nan
        comparison.check_distinct(name, whole if gaps is None else whole[~gaps])
        return floats

    def integers(self, name: str) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
        """Return a column of whole numbers as they are, 0 where one is missing, and where.

        None where none is.
        """
        if name not in self._whole:
            column = self.frame[name]
            gaps = column.is_null().to_numpy() if column.null_count() else None
            self._whole[name] = (column if gaps is None else column.fill_null(0)).to_numpy(), gaps
        return self._whole[name]

    def design_numbers(self, name: str, use: str) -> Floats:
        """Return a column of the design as floats; `use` is for errors."""
        check_numeric(name, self.schema[name], use)
        return self.numbers(name)

    def factor(self, name: str) -> Factor:
        """Return a column as codes of its categories: in the order of the codebook, else sorted."""
        if name not in self._factors:
            found, listed = self._sorted_factor(name), self.codebook.variable(name).values
            self._factors[name] = (
                found.arranged(in_order(found.categories, tuple(listed))) if listed else found
            )
        return self._factors[name]

    def combinations(self, names: tuple[str, ...]) -> tuple[Integers, list[tuple[Any, ...]]]:
        """Return the combination of columns on each row (-1 if missing) and those in the file."""
        if names not in self._combinations:
            factors = list(map(self.factor, names))
            if len(factors) == 1 and factors[0].complete:
                categories = [(category,) for category in factors[0].categories]
                self._combinations[names] = factors[0].codes, categories
            else:
                self._combinations[names] = cross_factors(factors, self.rows)
        return self._combinations[names]

    def _sorted_factor(self, name: str) -> Factor:
        import pandas as pd

        column = self.frame[name]
        if column.dtype.is_integer() and (result := factor_of_whole_numbers(column)) is not None:
            return result
        if column.dtype in (nw.Categorical, nw.Enum):
            if self.frame.implementation.is_pandas():
                return factor_of_categories(column.to_native())
            column = column.cast(nw.String)
        values = column.to_pandas()
        if not (column.dtype.is_numeric() or isinstance(values.dtype, pd.StringDtype)):
            values = values.astype(object)
        try:
            codes, categories = pd.factorize(values, sort=True)
        except TypeError:  # lists, complex numbers: what neither is equal nor has an order
            raise not_answers(name, values) from None
        plain = tuple(categories.tolist())
        if column.dtype == nw.Float32:
            plain = tuple(comparison.as_written(categories).tolist())
        if categories.dtype == object:
            plain = tuple(item.item() if isinstance(item, np.generic) else item for item in plain)
        return Factor(np.asarray(codes, dtype=np.int64), plain)

    def words_in_order(self, name: str, asked: str) -> tuple[Any, ...]:
        """Return the words of a column in order; errors quote `asked`, which needs the order."""
        typed = self.schema[name] in (nw.Categorical, nw.Enum)
        found = self.factor(name).categories
        return comparison.words_in_order(
            self.codebook, name, found, asked, typed=typed, in_memory=True
        )

    def complete_codes(self, name: str, use: str) -> Integers:
        """Return the codes of a design column, which may not be missing; errors quote `use`."""
        codes = self.factor(name).codes
        check_complete(name, use, int((codes < 0).sum()), self.rows)
        return codes

    def with_missing(self, name: str) -> str:
        """Return the name of a copy of a column with a last category for missing values."""
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

    def holds_fractions(self, name: str) -> bool:
        """Return whether a column is of a type that holds fractions, as amounts are."""
        return self.schema[name].is_float() or self.schema[name].is_decimal()

    def category_level(self, name: str) -> Literal["nominal", "ordinal"] | None:
        """Return whether numbers came as categories, and with an order.

        None where they are plain numbers.
        """
        # once a column: the schema of a frame is rebuilt, column by column, each time it is asked
        # for
        if name not in self._levels:
            self._levels[name] = self._category_level(name)
        return self._levels[name]

    def _category_level(self, name: str) -> Literal["nominal", "ordinal"] | None:
        if name not in self.schema or not self.is_number(name):
            return None
        if self._given[name].dtype not in (nw.Categorical, nw.Enum):
            return None
        return "ordinal" if self._given.to_native()[name].cat.ordered else "nominal"

    def with_columns(self, *added: nw.Expr | nw.Series[Any], codebook: Codebook) -> MemoryColumns:
        """Return these columns and others, that a codebook describes."""
        return MemoryColumns(self._given.with_columns(*added), codebook)

    def evaluate(self, expression: Expression, domain: Integers | None = None) -> Floats:
        """Return the value of an expression on every row."""
        match expression:
            case Column(name=name):
                return self.numbers(name)
            case Constant(value=bool() | int() | float() | Decimal() as value):
                return np.full(self.rows, float(value))
            case ByDomain(values=values):
                return values[domain]
            case Rows(values=values):
                return values
            case Native(expression=native):
                result = nan_as_null(self.frame).select(diplab_value=native)["diplab_value"]
                return np.asarray(result.cast(nw.Float64).to_numpy(), dtype=np.float64)
            case Apply() if (asked := comparison.comparison(expression)) is not None:
                return self._compared(*asked)
            case Apply(operation=operation) if operation in comparison.TURNED:
                return self._compared_arithmetic(expression, domain)
            case Apply(operation="missing", arguments=(argument,)):
                nowhere = np.zeros(self.rows, dtype=np.int64)
                return self.gaps(argument, nowhere if domain is None else domain).astype(float)
            case Apply(operation=operation, arguments=arguments):
                # a number is left one number
                return apply(operation, [self._operand(argument, domain) for argument in arguments])
        raise word_for_number(expression)

    def _operand(self, expression: Expression, domain: Integers | None) -> Floats:
        """Return the value of an argument; one number is left one number."""
        if isinstance(expression, Constant) and isinstance(expression.value, int | float | Decimal):
            return np.float64(expression.value)  # type: ignore[return-value]
        return self.evaluate(expression, domain)

    def _compared_arithmetic(self, expression: Apply, domain: Integers | None) -> Floats:
        """Compare computed values: integers with all their digits, the rest as floats."""
        sides = expression.arguments
        most = comparison.bits_compared(expression, self.schema, self._bits)
        if not most:
            return apply(expression.operation, [self._operand(side, domain) for side in sides])
        dtype = np.int64 if most < _LONG else object
        whole = [
            comparison.whole_value(side, lambda name: self.integers(name)[0].astype(dtype))
            for side in sides
        ]
        result = np.asarray(OPERATORS[expression.operation](*whole), dtype=float)
        for name in comparison.columns_of_whole_numbers(expression, self.schema):
            gaps = self.integers(name)[1]
            if gaps is not None:
                result[gaps] = np.nan
        return result

    def _bits(self, name: str) -> int:
        """Return the bits that a column of whole numbers needs."""
        whole = self.integers(name)[0]
        if whole.size:
            return max(int(whole.min()).bit_length(), int(whole.max()).bit_length())
        return 0

    def _compared(self, operation: str, name: str, value: Any) -> Floats:
        """Compare a column with a value, a list or a column: 1, 0, or NaN if missing."""
        dtype = self.schema[name]
        if isinstance(value, Column):
            return self._compared_columns(operation, name, value.name)
        if dtype.is_integer():
            return self._compared_whole(operation, name, value)
        if self.is_number(name) and not dtype.is_decimal():
            return self._compared_floats(operation, name, value)
        if not comparison.is_exact(dtype):
            return self._by_category(operation, name, value)
        result = self._evaluated(
            comparison.compared(name, nw.col(name), dtype, operation, value), name
        )
        nobody = {"==": 1.0, "in": 1.0, "!=": 0.0}.get(operation)
        if comparison.is_time(dtype) and nobody is not None and not (result == nobody).any():
            raise comparison.no_such_category(name, value, self.factor(name).categories)
        return result

    def _compared_whole(self, operation: str, name: str, value: Any) -> Floats:
        wanted = value if isinstance(value, tuple) else (value,)
        self._check_numbers(name, wanted)
        whole, gaps = self.integers(name)
        if operation == "in":
            bounds = [comparison.whole_bound("==", item, self.schema[name]) for item in wanted]
            known = [item[1] for item in bounds if not isinstance(item, bool)]
            result = np.isin(whole, np.asarray(known, dtype=whole.dtype)).astype(float)
        else:
            bound = comparison.whole_bound(operation, value, self.schema[name])
            if isinstance(bound, bool):
                result = np.full(self.rows, float(bound))
            else:
                result = np.asarray(OPERATORS[bound[0]](whole, bound[1]), dtype=float)
        if gaps is not None:
            result[gaps] = np.nan
        return result

    def _compared_floats(self, operation: str, name: str, value: Any) -> Floats:
        wanted = value if isinstance(value, tuple) else (value,)
        self._check_numbers(name, wanted)
        numbers, dtype = self.numbers(name), self.schema[name]
        if operation == "in":
            near = [comparison.float_bound("==", item, dtype)[1] for item in wanted]
            result = np.isin(numbers, near).astype(float)
        else:
            equal, bound = comparison.float_bound(operation, value, dtype)
            result = np.asarray(OPERATORS[equal](numbers, bound), dtype=float)
        result[np.isnan(numbers)] = np.nan
        return result

    def _check_numbers(self, name: str, wanted: Sequence[Any]) -> None:
        for item in wanted:
            if isinstance(item, str):
                numbers = self.numbers(name)
                least, most = f"{np.nanmin(numbers):g}", f"{np.nanmax(numbers):g}"
                found = f"They go from {least} to {most}, and the codebook lacks that label."
                comparison.check_number(name, item, found, least)

    def _compared_columns(self, operation: str, name: str, other: str) -> Floats:
        types = self.schema[name], self.schema[other]
        if types[0].is_integer() and types[1].is_integer():
            (left, one), (right, two) = self.integers(name), self.integers(other)
            result = np.asarray(OPERATORS[operation](left, right), dtype=float)
            for gaps in (one, two):
                if gaps is not None:
                    result[gaps] = np.nan
            return result
        sides = (nw.col(name), types[0]), (nw.col(other), types[1])
        if (written := comparison.between_columns(operation, *sides)) is not None:
            return self._evaluated(written, name, other)
        if types[0] in WORDS and types[1] in WORDS:
            columns = nw.col(name), nw.col(other)
            words = comparison.between_words(operation, (name, other), columns, self.words_in_order)
            return self._evaluated(words, name, other)
        if nw.Object in types:
            return self._compared_objects(operation, name, other)
        comparison.bits_compared(
            Apply(operation, (Column(name), Column(other))), self.schema, self._bits
        )
        return apply(operation, [self.numbers(name), self.numbers(other)])

    def _compared_objects(self, operation: str, name: str, other: str) -> Floats:
        one, two = self.factor(name), self.factor(other)
        result = np.full(self.rows, np.nan)
        told: dict[tuple[int, int], bool] = {}
        for row, pair in enumerate(zip(one.codes.tolist(), two.codes.tolist(), strict=True)):
            if min(pair) >= 0:
                if pair not in told:
                    told[pair] = comparison.holds(
                        operation, one.categories[pair[0]], two.categories[pair[1]]
                    )
                result[row] = told[pair]
        return result

    def _evaluated(self, written: nw.Expr, *names: str) -> Floats:
        """Return a condition written for the frame as 1 and 0, NaN where a column has no answer."""
        result = self.frame.select(diplab_value=written)["diplab_value"].cast(nw.Float64).to_numpy()
        result = np.array(result, dtype=np.float64)
        for name in names:
            result[self.frame[name].is_null().to_numpy()] = np.nan
        return result

    def _by_category(self, operation: str, name: str, value: Any) -> Floats:
        """Compare the categories of a column of words or Python objects with a value or a list."""
        wanted: Sequence[Any] = value if isinstance(value, tuple) else (value,)
        factor = self.factor(name)
        if self.schema[name] in WORDS:
            operation, wanted = comparison.words_wanted(
                name, self.schema[name], operation, wanted, self.words_in_order
            )
            objects: list[Any] = [None] * len(wanted)
        else:
            objects = [comparison.object_type(name, factor.categories, item) for item in wanted]
        if operation not in ("==", "!=", "in", "among") and objects[0] is None:
            raise comparison.not_numbers(name, self.schema[name])
        equal = "==" if operation == "in" else operation
        numbers = bool(objects) and isinstance(objects[0], int | float | Decimal)
        if objects and objects[0] is not None:
            told = [
                any(comparison.holds(equal, category, one) for one in objects)
                for category in factor.categories
            ]
        else:
            told = [(category in wanted) == (operation != "!=") for category in factor.categories]
        nobody = all(told) if operation == "!=" else operation in ("==", "in") and not any(told)
        if told and nobody and not numbers:
            raise comparison.no_such_category(name, value, factor.categories)
        flags = np.array([*map(float, told), np.nan])
        return np.asarray(flags[factor.codes])

    def gaps(self, expression: Expression, domain: Integers) -> NDArray[np.bool_]:
        """Return where an expression has no value; a column of words is missing by its codes."""
        if not isinstance(expression, Column):
            return np.isnan(self.evaluate(expression, domain))
        name = expression.name
        if name not in self._gaps:
            if self.schema[name].is_integer():
                gaps = self.integers(name)[1]
                self._gaps[name] = np.zeros(self.rows, dtype=bool) if gaps is None else gaps
            elif self.is_number(name):
                self._gaps[name] = np.isnan(self.numbers(name))
            else:
                self._gaps[name] = self.factor(name).codes < 0
        return self._gaps[name]


def on_rows(native: Any, codebook: Codebook, text: str) -> Any:
    """Return a condition (true, false or missing) or an expression on the rows of a frame."""
    import pandas as pd

    frame = nw.from_native(native, eager_only=True)
    codebook = with_categories(codebook, frame)
    expression = parse(text, frame.columns, codebook, "part of an expression")
    if isinstance(expression, Column):
        return native[expression.name]
    values = MemoryColumns(frame, codebook).evaluate(expression)
    if is_condition(expression):
        return pd.arrays.BooleanArray(values == 1, np.isnan(values))
    return values


def not_answers(name: str, values: Any) -> ColumnError:
    """Return the error for a column of lists or complex numbers."""
    kind = next(type(value).__name__ for value in values if value is not None)
    return ColumnError(
        f"The column `{name}` holds no answers.",
        f"Its values are of type `{kind}`, which is neither a number, a word nor a date.",
        "Write a column of one of these, or leave it out.",
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
    return (
        " and ".join(f"`{name}` = {value}" for name, value in zip(names, cell, strict=True))
        or "the whole file"
    )


def check_complete(name: str, use: str, missing: int, rows: int) -> None:
    """Refuse a column of the design in which rows are missing."""
    if missing:
        raise DesignError(
            f"`{name}` cannot be {use}.",
            f"{missing} of its {rows} rows are missing.",
            "Give every row a value, or leave those rows out before declaring the design.",
        )


def _codes_as_numbers(frame: nw.DataFrame[Any]) -> nw.DataFrame[Any]:
    """Return a pandas frame with numeric or boolean categories, and decimals, as numbers."""
    if not frame.implementation.is_pandas():
        return frame
    given = frame.to_native()
    native = _decimals_of_arrow(given)
    plain: dict[Hashable, Any] = {}
    for name, dtype in native.dtypes.items():
        if str(dtype) == "category" and dtype.categories.dtype.kind in "iufb":
            # a missing answer needs a float; true and false become 1 and 0 with it
            missing = native[name].isna().any()
            plain[name] = "float64" if missing else dtype.categories.dtype
    if plain:
        native = native.astype(plain)
    return frame if native is given else nw.from_native(native)


def _decimals_of_arrow(native: pd.DataFrame) -> pd.DataFrame:
    """Return a frame with columns of Python decimals as Arrow decimals, as in other engines."""
    import pandas as pd
    import pyarrow as pa

    decimals: dict[Any, Any] = {}
    for name, dtype in native.dtypes.items():
        if dtype.kind != "O" or pd.api.types.infer_dtype(native[name]) != "decimal":
            continue
        try:
            values = pa.array(native[name], from_pandas=True)
        except (pa.ArrowInvalid, TypeError):  # over 76 digits, or infinite
            decimals[name] = native[name].astype(float)
        else:
            decimals[name] = pd.Series(values, native.index, dtype=pd.ArrowDtype(values.type))
    return native.assign(**decimals) if decimals else native
