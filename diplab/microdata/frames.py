"""The frame behind microdata: in memory, or a query whose rows are read when a number is needed."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

import narwhals as nw

from diplab.errors import ColumnError, OptionError, suggestion

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from diplab.microdata.microdata import Microdata

__all__ = ["check_columns", "frame_in_memory", "holds_lists", "how_to_collect", "is_lazy", "with_expressions"]


def frame_in_memory(data: Microdata, asked: str) -> pd.DataFrame:
    """Return the frame of microdata, which must be in memory and name each column once, in words."""
    import pandas as pd

    frame: Any = data.frame
    if isinstance(frame, pd.DataFrame):
        _check_column_names(frame, asked)
        return frame
    raise OptionError(asked, *how_to_collect(frame))


def how_to_collect(frame: Any) -> tuple[str, str]:
    """Return what was found of answers that are a query, and what to write, for an error."""
    kind = type(frame)
    engine = kind.__module__.partition(".")[0].lstrip("_")
    name = next(iter(frame.columns if engine == "duckdb" else frame.collect_schema().names()), "age")
    ending = "df()" if engine == "duckdb" else "collect().to_pandas()"
    return (
        f"The answers are not in memory: they are a {engine} {kind.__name__}.",
        f'Write `Microdata(data.frame.select("{name}").{ending}, data.codebook)`, with the columns that you need.',
    )


def check_columns(data: Microdata, names: tuple[str, ...], asked: str) -> None:
    """Refuse names that the frame does not have, and columns whose cells are lists."""
    known = [str(name) for name in data.frame.columns]
    for name in names:
        if name not in known:
            raise ColumnError(
                asked, f"The data have {len(known)} columns and no `{name}`.", suggestion(name, known)
            )
        if holds_lists(data.frame[name]):
            raise ColumnError(
                asked,
                f"The cells of `{name}` are lists, not answers.",
                "Write them as words with a separator, then `data.split_responses(...)`.",
            )


def holds_lists(column: pd.Series[Any]) -> bool:
    """Return whether cells of a column are lists, or other things that cannot be counted."""
    return column.dtype == object and not all(isinstance(each, Hashable) for each in column)


def _check_column_names(frame: pd.DataFrame, asked: str) -> None:
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        raise ColumnError(
            asked, f"The data have two columns named `{twice[0]}`.", "Give each column a name of its own."
        )
    for name in frame.columns:
        if not isinstance(name, str):
            raise ColumnError(
                asked,
                f"A column of the data has the name {name!r}, which is not a word.",
                "Write names in words, for example `frame.rename(columns=str)`.",
            )


def is_lazy(frame: Any) -> bool:
    """Return whether a frame is a query, whose rows are read only when a number is asked for."""
    if nw.dependencies.is_pandas_dataframe(frame):  # narwhals looks at all its names, each time
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
                f"The column `{name}` was to be added to data that stay where they are.",
                f"It was given as a {type(column).__name__}, and their rows have no order.",
                "Write an expression, such as `nw.col('hours') * 60` of narwhals.",
            )
    return query.to_native()
