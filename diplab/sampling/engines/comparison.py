"""Comparisons of a column with values, exact in every engine.

They cover 64-bit integers, decimals, dates and datetimes.

A float keeps 15 digits: the identifiers of two households may be one float. So a value is brought
to the type of the column, never the column to the type of the value. Engines sort words
differently: words have the order that a codebook or the type of their column gives them, or none.
"""

from __future__ import annotations

import datetime
import math
import operator
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import reduce
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from diplab.errors import ColumnError, ConditionError, DiplabError, quoted_names, suggestion
from diplab.kernel.arrays import Floats
from diplab.microdata.variable import (
    answer_in_error,
    answers_to_write,
    code_text,
    is_short,
    labels_of_answers,
)
from diplab.sampling.expression import (
    OPERATORS,
    Apply,
    Column,
    Constant,
    Expression,
    column_names,
    walk,
)

if TYPE_CHECKING:
    from diplab.microdata.codebook import Codebook

TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_BELOW, _ABOVE = ("<", "<="), (">", ">=")
_LONGEST = float(np.finfo(np.float32).max)


def comparison(expression: Apply) -> tuple[str, str, Any] | None:
    """Return operation, column and what it is compared with, a `Column` or a plain value.

    None for anything else.
    """
    operation = expression.operation
    if operation != "in" and operation not in TURNED:
        return None
    match expression.arguments:
        case Column(name=name), Constant(value=value):
            return operation, name, value
        case Constant(value=value), Column(name=name):
            return TURNED[operation], name, value
        case Column(name=name), Column() as other:
            return operation, name, other
    return None


def is_exact(dtype: Any) -> bool:
    """Return whether values of a type are compared as they are, not as floats."""
    return bool(dtype.is_integer() or dtype.is_decimal() or is_time(dtype))


def is_time(dtype: Any) -> bool:
    """Return whether a column holds days, moments or times of day."""
    return dtype in (nw.Date, nw.Datetime, nw.Time)


def whole_bound(operation: str, value: Any, dtype: Any = nw.Int64) -> tuple[str, int] | bool:
    """Return a comparison rewritten with an integer bound in range of the type, or its outcome."""
    low, high = whole_range(dtype)
    if isinstance(value, float) and math.isnan(value):
        return operation == "!="
    if isinstance(value, float) and math.isinf(value):
        return operation == "!=" or operation in (_BELOW if value > 0 else _ABOVE)
    exact = Fraction(_digits(value))
    if operation in ("==", "!="):
        if exact.denominator != 1 or not low <= exact <= high:
            return operation == "!="
        return operation, int(exact)
    # `x < 2.5` is `x < 3`, and `x <= 2.5` is `x <= 2`
    bound = math.ceil(exact) if operation in ("<", ">=") else math.floor(exact)
    if bound > high:
        return operation in _BELOW
    return (operation, bound) if bound >= low else operation in _ABOVE


def whole_range(dtype: Any) -> tuple[int, int]:
    """Return the least and the largest number of a type of whole numbers."""
    bits = int("".join(sign for sign in type(dtype).__name__ if sign.isdigit()) or 64)
    if dtype.is_unsigned_integer():
        return 0, 2**bits - 1
    return -(2 ** (bits - 1)), 2 ** (bits - 1) - 1


def _digits(value: Any) -> int | Decimal:
    """Return a number with the digits written: 0.1 is one tenth, not the nearest float."""
    if isinstance(value, float):
        return Decimal(repr(value))
    return value if isinstance(value, Decimal) else int(value)


EXACT = 53
"""Bits of the whole numbers that a float keeps."""


def bits_of(
    expression: Expression, schema: Mapping[str, Any], of_column: Callable[[str], int]
) -> int | None:
    """Return the bits that arithmetic of whole numbers may need, given those of columns.

    None for other arithmetic.
    """
    match expression:
        case Column(name=name) if schema[name].is_integer():
            return of_column(name)
        case Constant(value=int() | float() as value) if float(value).is_integer():
            return int(value).bit_length()
        case Apply(operation="+" | "-" | "*" as operation, arguments=arguments):
            left, right = (bits_of(argument, schema, of_column) for argument in arguments)
            if left is None or right is None:
                return None
            return left + right if operation == "*" else max(left, right) + 1
    return None


def whole_value(expression: Expression, of_column: Callable[[str], Any]) -> Any:
    """Return arithmetic of whole numbers, given what columns are."""
    match expression:
        case Column(name=name):
            return of_column(name)
        case Constant(value=int() | float() as value):
            return int(value)
        case Apply(operation=operation, arguments=(left, right)):
            return OPERATORS[operation](whole_value(left, of_column), whole_value(right, of_column))
    raise AssertionError(expression)  # `bits_of` let nothing else pass


def columns_of_whole_numbers(expression: Expression, schema: Mapping[str, Any]) -> list[str]:
    """Return the columns of whole numbers that arithmetic reads."""
    return [
        item.name
        for item in walk(expression)
        if isinstance(item, Column) and schema[item.name].is_integer()
    ]


def bits_compared(
    expression: Apply, schema: Mapping[str, Any], of_column: Callable[[str], int]
) -> int:
    """Return the bits that comparing what is computed needs, 0 where floats have to do.

    Refuse where they do not.
    """
    names = columns_of_whole_numbers(expression, schema)
    bits = [bits_of(argument, schema, of_column) for argument in expression.arguments]
    if names and None not in bits:
        return max(bit or 0 for bit in bits)
    if any(of_column(name) > EXACT for name in names):
        raise beyond_floats(expression)
    return 0


def beyond_floats(expression: Expression) -> ConditionError:
    """Return the error for arithmetic that would lose digits of whole numbers."""
    return ConditionError(
        loses_digits(*column_names(expression)),
        "Arithmetic with fractions or products keeps 15 digits, and these have more.",
        "Compare them with whole numbers, added or subtracted: `id == head + 1`.",
    )


def loses_digits(*names: str) -> str:
    """Return what is wrong with arithmetic on whole numbers that floats take for one another."""
    return f"Arithmetic with {quoted_names(names)} would lose digits of whole numbers."


_STEPS = 16  # how many floats there must be between the least and the largest of some whole numbers


def check_distinct(name: str, whole: NDArray[Any]) -> None:
    """Refuse arithmetic on integers, such as identifiers, that floats cannot distinguish."""
    if not whole.size:
        return
    least, most = int(whole.min()), int(whole.max())
    largest = float(max(abs(least), abs(most)))
    if largest > 2.0**EXACT and least < most < least + _STEPS * math.ulp(largest):
        raise ColumnError(
            loses_digits(name),
            f"They go from {least} to {most}; in arithmetic, numbers have 15 digits.",
            f"Take what they have in common away before, for example `data[{name!r}] - {least}`; "
            "for categories, "
            f"write `by={name!r}` or `share({name!r})`.",
        )


def float_bound(operation: str, value: Any, dtype: Any = nw.Float64) -> tuple[str, float]:
    """Return a comparison rewritten with a float bound, even if no float equals the integer."""
    try:
        near = float(value)
    except OverflowError:
        near = math.inf if value > 0 else -math.inf
    if dtype == nw.Float32:
        # 0.1 is what a column of short floats, as Stata writes them, holds of one tenth
        near = float(np.float32(near)) if abs(near) < _LONGEST else near
    if not isinstance(value, int) or near == value:
        return operation, near
    if operation in ("==", "!="):
        return operation, math.nan
    strict = near > value if operation in _BELOW else near < value
    return operation[0] + "=" * (not strict), near


def as_written(short: Any) -> Floats:
    """Return 32-bit floats as doubles with the digits written: one tenth is 0.1."""
    return np.asarray(short, dtype=np.float32).astype(str).astype(np.float64)


def typed(name: str, dtype: Any, value: Any) -> Any:
    """Return a value in the type of a decimal, a day, a moment or a time of day; refuse another."""
    if dtype.is_decimal():
        return Decimal(_digits(value))
    if isinstance(value, str):
        value = _time_of(name, dtype, value)
    if dtype == nw.Date and type(value) is not datetime.date and _is_midnight(value):
        return value.date()
    if dtype == nw.Datetime and type(value) is datetime.date:
        return datetime.datetime.combine(value, datetime.time())
    return value


def _is_midnight(value: Any) -> bool:
    return isinstance(value, datetime.datetime) and value.time() == datetime.time()


def _time_of(name: str, dtype: Any, text: str) -> Any:
    """Return a day, moment or time of day as it is written."""
    try:
        if dtype == nw.Time:
            return datetime.time.fromisoformat(text)
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        raise not_a_time(name, text, "time of day" if dtype == nw.Time else "day") from None
    zone = getattr(dtype, "time_zone", None)
    if zone is None and moment.tzinfo is None:
        return moment
    if zone is None:
        raise ConditionError(
            f"`{name}` has no time zone, and '{text}' has one.",
            write=f"Write the hour on the clocks of `{name}`, for example `{name} >= "
            f"'{moment:%Y-%m-%d %H:%M}'`.",
        )
    import pandas as pd

    # an hour without a zone is one on the clocks of the column
    there = pd.Timestamp(moment)
    return (
        there.tz_localize(zone) if moment.tzinfo is None else there.tz_convert(zone)
    ).to_pydatetime()


def reads_as_moment(value: object) -> bool:
    """Return whether a word is a day or a moment."""
    try:
        return isinstance(value, str) and bool(datetime.datetime.fromisoformat(value))
    except ValueError:
        return False


def not_a_time(name: str, value: object, kind: str) -> ConditionError:
    """Return the error for a column of days or moments compared with something else."""
    example, word = ("10:30", "times of day") if kind == "time of day" else ("2024-05-01", "dates")
    return ConditionError(
        f"`{name}` holds {word} and cannot be compared with {value!r}.",
        write=f"Write a {kind} as year, month and day, for example `{name} >= '{example}'`."
        if kind == "day"
        else f"Write for example `{name} >= '{example}'`.",
    )


def compared(name: str, column: nw.Expr, dtype: Any, operation: str, value: Any) -> nw.Expr:
    """Write the comparison of a column whose type is exact with a value or a list.

    A missing answer has none.
    """
    if operation == "in":
        return _among(name, column, dtype, value)
    if dtype.is_integer():
        check_number(name, value)
        bound = whole_bound(operation, value, dtype)
        if isinstance(bound, bool):
            return nw.when(~column.is_null()).then(nw.lit(bound))
        operation, value = bound
    else:
        value = _checked(name, dtype, value)
    if dtype == nw.Date and isinstance(value, datetime.datetime):
        column = column.cast(nw.Datetime)
    written: nw.Expr = OPERATORS[operation](column, nw.lit(value))
    return written


def _among(name: str, column: nw.Expr, dtype: Any, values: tuple[Any, ...]) -> nw.Expr:
    if dtype.is_integer():
        for value in values:
            check_number(name, value)
        bounds = [whole_bound("==", value, dtype) for value in values]
        return column.is_in([bound[1] for bound in bounds if not isinstance(bound, bool)])
    known = [_checked(name, dtype, value) for value in values]
    # an hour is not a day
    return column.is_in(
        [value for value in known if dtype != nw.Date or not isinstance(value, datetime.datetime)]
    )


def _checked(name: str, dtype: Any, value: Any) -> Any:
    if dtype.is_decimal():
        check_number(name, value)
    elif isinstance(value, bool | int | float | Decimal):
        raise not_a_time(name, value, "time of day" if dtype == nw.Time else "day")
    return typed(name, dtype, value)


def check_number(
    name: str, value: Any, found: str = "The codebook lacks that label.", example: str = "1"
) -> None:
    """Refuse a word beside a column of numbers."""
    if isinstance(value, str):
        raise ConditionError(
            f"`{name}` holds numbers and cannot be compared with the word '{value}'.",
            found,
            f"Write a code, for example `{name} == {example}`.",
        )


def between_columns(
    operation: str, first: tuple[nw.Expr, Any], second: tuple[nw.Expr, Any]
) -> nw.Expr | None:
    """Write the comparison of two columns, each with its type; None where floats will do."""
    (left, one), (right, other) = first, second
    exact = (one.is_integer() or one.is_decimal()) and (other.is_integer() or other.is_decimal())
    times = is_time(one) and is_time(other) and (one == nw.Time) == (other == nw.Time)
    if not (exact or times):
        return None
    if one.is_integer() and other.is_integer() and nw.UInt64 in (one, other) and one != other:
        left, right = left.cast(nw.Int128), right.cast(nw.Int128)
    if nw.Date in (one, other) and one != other:
        left, right = left.cast(nw.Datetime), right.cast(nw.Datetime)
    written: nw.Expr = OPERATORS[operation](left, right)
    return written


def holds(operation: str, category: Any, value: Any) -> bool:
    """Return whether a value of a column of Python objects compares so with another value."""
    if isinstance(category, Decimal) and isinstance(value, float):
        value = _digits(value)
    elif isinstance(category, float) and isinstance(value, Decimal):
        value = float(value)
    elif isinstance(category, datetime.datetime) and type(value) is datetime.date:
        value = datetime.datetime.combine(value, datetime.time())
    elif type(category) is datetime.date and isinstance(value, datetime.datetime):
        category = datetime.datetime.combine(category, datetime.time())
    return bool(OPERATORS[operation](category, value))


def object_type(name: str, categories: tuple[Any, ...], value: Any) -> Any:
    """Return a value to compare with Python objects of its kind: numbers, dates or datetimes."""
    kinds = set(map(_kind, categories))
    if kinds == {"number"}:
        check_number(name, value)
        return value
    if kinds == {"time"}:
        sample = categories[0]
        zone = getattr(sample, "tzinfo", None)
        dtype = nw.Time() if isinstance(sample, datetime.time) else nw.Datetime("us", zone)
        return _checked(name, dtype, value)
    return None


def _kind(value: Any) -> str:
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return "number"
    return "time" if isinstance(value, datetime.date | datetime.time) else ""


_MOST_LISTED = 12  # answers that an error writes out


def words_in_order(
    codebook: Codebook, name: str, found: Sequence[Any], asked: str, *, typed: bool, in_memory: bool
) -> tuple[Any, ...]:
    """Return the words that a codebook, or the type of their column, puts in order.

    Refuse words without an order.
    """
    # `found` are the answers that the data have, `asked` what puts them in order, `typed` whether
    # their type lists them
    variable = codebook.variable(name)
    listed = tuple(labels_of_answers(variable))
    known = set(map(code_text, listed))
    others = [answer for answer in found if code_text(answer) not in known]
    why = ""
    if variable.measure not in ("ordinal", "unknown"):
        why = f"The codebook calls them {variable.measure}."
        if typed:
            why = "They are categories without an order."
    elif not listed:
        why = "Neither a codebook nor the type of the column gives them one."
    elif others:
        why = f"The codebook does not list {answer_in_error(others[0])}."
    if not why:
        return listed
    answers = [*listed, *others]
    recoded = in_memory and name in codebook and not typed
    words = answers_to_write(codebook, name, answers) if recoded else list(map(code_text, answers))
    order = f"[{', '.join(map(repr, words))}]"
    if len(words) > _MOST_LISTED or not all(map(is_short, words)):
        order = "[...]"
    write = f"dl.read(data).described({name!r}, measure='ordinal', values={order})"
    if recoded:
        write = f"data.recode({name!r}, order={order})"
    raise ColumnError(
        f"`{asked}` would put the words of `{name}` in order.",
        why,
        f"Write their order, from the first to the last, before the design is declared: `{write}`.",
    )


def words_kept(operation: str, name: str, value: Any, listed: Sequence[Any]) -> list[str]:
    """Return the words that come before a word, or after it, in their order."""
    words = list(map(code_text, listed))
    if value not in words:
        raise no_such_category(name, value, words)
    place = words.index(value)
    return [word for at, word in enumerate(words) if OPERATORS[operation](at, place)]


def between_words(
    operation: str,
    names: tuple[str, str],
    columns: tuple[nw.Expr, nw.Expr],
    in_order: Callable[[str, str], Any],
) -> nw.Expr:
    """Return the comparison of two columns of words, in the order that they share."""
    left, right = (column.cast(nw.String) for column in columns)
    if operation in ("==", "!="):
        alike: nw.Expr = OPERATORS[operation](left, right)
        return alike
    asked = f"{names[0]} {operation} {names[1]}"
    first, second = (list(map(code_text, in_order(name, asked))) for name in names)
    if first != second:
        raise ColumnError(
            f"`{asked}` would put the words of two columns in one order.",
            f"`{names[0]}` goes from {first[0]!r} to {first[-1]!r}, and `{names[1]}` from "
            f"{second[0]!r} to "
            f"{second[-1]!r}, or through others.",
            f"Compare each with a word, for example `{names[0]} {operation} {first[0]!r}`.",
        )
    pairs = [(word, words_kept(TURNED[operation], names[1], word, second)) for word in first]
    holding = [(left == word) & right.is_in(kept) for word, kept in pairs if kept]
    outcome = reduce(operator.or_, holding)
    return nw.when(~left.is_null() & ~right.is_null()).then(outcome)


def no_such_category(name: str, value: Any, categories: Sequence[Any]) -> ConditionError:
    """Return the error for a value that no row of a column has."""
    first = value[0] if isinstance(value, tuple) else value
    return ConditionError(
        f"{first!r} is none of the {len(categories)} categories of `{name}`.",
        write=suggestion(str(first), categories),
    )


def not_numbers(name: str, dtype: Any) -> ColumnError:
    """Return the error for a column of words where numbers are needed."""
    return ColumnError(
        f"The column `{name}` cannot be read as numbers.",
        f"It holds {str(dtype).lower()} values.",
        f'Write `share("{name}")` for its categories, or compare it with a word.',
    )


def words_wanted(
    name: str,
    dtype: Any,
    operation: str,
    wanted: Sequence[Any],
    in_order: Callable[[str, str], Sequence[Any]],
) -> tuple[str, Sequence[Any]]:
    """Return the words that a condition on a column of words asks for.

    Before and after are in their order.
    """
    if operation in ("==", "!=", "in"):
        for item in wanted:
            if not isinstance(item, str):
                raise number_against_words(name, item)
        return operation, wanted
    (word,) = wanted
    if not isinstance(word, str):
        raise not_numbers(name, dtype)
    asked = f"{name} {operation} {word!r}"
    try:
        return "among", words_kept(operation, name, word, in_order(name, asked))
    except DiplabError:
        if not reads_as_moment(word):
            raise
    raise ConditionError(
        f"`{asked}` compares words by order, and they have none.",
        f"`{name}` holds words.",
        "If these are dates, convert them first: "
        f"`data.with_columns(**{{{name!r}: pandas.to_datetime(data.frame[{name!r}])}})`.",
    )


def number_against_words(name: str, value: object) -> ConditionError:
    """Return the error for a column of words that is compared with a number."""
    return ConditionError(
        f"`{name}` holds words and cannot be compared with the number {value}.",
        write=f"Write a word in quotes, for example `{name} == '{value}'`.",
    )


def months_instead(name: str) -> str:
    """Return what to write where a column has a category for each day."""
    months = f"pandas.to_datetime(list(data['{name}'])).strftime('%Y-%m')"
    return f"Write periods, for example `sample.with_columns(month={months})`."
