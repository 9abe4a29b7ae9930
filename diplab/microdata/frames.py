"""The frame of microdata: in memory, or a query that is read when a number is needed."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_list_like, is_numeric_dtype, is_scalar

from diplab.checks import type_name
from diplab.errors import ColumnError, OptionError, suggestion
from diplab.kernel.arrays import Floats

if TYPE_CHECKING:
    from diplab.microdata.microdata import Microdata


def as_kind_of(kind: type[Microdata], data: Any) -> Microdata:
    """Return microdata unchanged, and a pandas frame as microdata with an empty codebook."""
    if isinstance(data, kind):
        return data
    if isinstance(data, pd.DataFrame):
        return kind(data)
    raise OptionError(
        f"`data` is a {type_name(data)}.", write="Pass what `dl.read` returns, or a pandas frame."
    )


def frame_in_memory(data: Microdata) -> pd.DataFrame:
    """Return the frame of microdata, which must be in memory with distinct text column names."""
    frame: Any = data.frame
    if not isinstance(frame, pd.DataFrame):
        problem, write = how_to_collect(frame)
        raise OptionError(problem, write=write)
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        raise ColumnError(
            f"Two columns are named `{twice[0]}`.", write="Give each column a distinct name."
        )
    check_names(frame)
    return frame


def check_names(frame: Any) -> None:
    """Raise an error if a column name is not text."""
    for name in frame.columns:
        if not isinstance(name, str):
            line = "frame.set_axis(frame.columns.map(str), axis=1)"
            raise ColumnError(
                f"The column name {name!r} is not text.",
                write=f"Write names as text, for example `{line}`.",
            )


def how_to_collect(frame: Any) -> tuple[str, str]:
    """Return the message and the remedy of an error for answers that are not in memory."""
    kind = type(frame)
    engine = kind.__module__.partition(".")[0].lstrip("_")
    name = next(
        iter(frame.columns if engine == "duckdb" else frame.collect_schema().names()), "age"
    )
    ending = "df()" if engine == "duckdb" else "collect().to_pandas()"
    return (
        f"The answers are not in memory: they are a {engine} {kind.__name__}.",
        f'Write `Microdata(data.frame.select("{name}").{ending}, data.codebook)`.',
    )


def check_new_answers(name: str, answers: object) -> None:
    """Refuse what is not answers of one new variable: a table, a set, an object of a package."""
    several = is_list_like(answers, allow_sets=False) and hasattr(answers, "__len__")
    tables = isinstance(answers, Mapping) or getattr(answers, "ndim", 1) > 1
    tables = tables or hasattr(answers, "columns")
    of_rows = several and not tables and not type(answers).__module__.startswith("diplab")
    if not (of_rows or is_scalar(answers)):
        raise OptionError(
            f"`{name}` is of the type {type_name(answers)}, and not one variable.",
            write='Write its answers, one for each row, or a condition such as `"age >= 60"`.',
        )


def check_columns(data: Microdata, *names: str) -> pd.DataFrame:
    """Return the frame in memory, which must have some columns without lists in their cells."""
    frame = frame_in_memory(data)
    known = list(frame.columns)
    for name in names:
        if name not in known:
            problem = f"The data have {len(known)} column{'s' * (len(known) != 1)} and no `{name}`."
            raise ColumnError(problem, write=suggestion(name, known))
        if holds_lists(frame[name]):
            raise ColumnError(
                f"The cells of `{name}` are lists, not answers.",
                write="Write them as words with a separator, then `data.split_responses(...)`.",
            )
    return frame


def check_new_columns(
    data: Microdata, *names: str, write: str = "Write another name for the new columns."
) -> None:
    """Raise an error if new columns exist in the frame already."""
    for name in names:
        if name in data.frame.columns:
            raise ColumnError(f"The data already have a column `{name}`.", write=write)


def number_column(data: Microdata, name: str, write: str = "Write a column of numbers.") -> Floats:
    """Return a column of numbers, NaN if missing; words and booleans raise an error."""
    column = check_columns(data, name)[name]
    if not is_numeric_dtype(column) or is_bool_dtype(column):
        raise ColumnError(f"`{name}` does not hold numbers.", write=write)
    return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan))


def holds_lists(column: pd.Series[Any]) -> bool:
    """Return whether cells of a column are lists, or other values that cannot be counted."""
    return column.dtype == object and not all(isinstance(cell, Hashable) for cell in column)


def is_lazy(frame: Any) -> bool:
    """Return whether a frame is a query, read only when a number is needed."""
    if nw.dependencies.is_pandas_dataframe(frame):  # narwhals resolves all names at each access
        return False
    return isinstance(nw.from_native(frame, pass_through=True), nw.LazyFrame)


def with_expressions(frame: Any, columns: Mapping[str, Any]) -> Any:
    """Return a query with columns added or replaced by expressions."""
    query = nw.from_native(frame)
    own = nw.dependencies.get_polars()
    native = own is not None and query.implementation is nw.Implementation.POLARS
    for name, column in columns.items():
        if isinstance(column, nw.Expr):
            query = query.with_columns(column.alias(name))
        elif native and isinstance(column, own.Expr):
            query = nw.from_native(query.to_native().with_columns(column.alias(name)))
        else:
            raise OptionError(
                f"`{name}` is a {type(column).__name__}, and rows outside of memory have no order.",
                write="Write an expression, such as `nw.col('hours') * 60` of narwhals.",
            )
    return query.to_native()
