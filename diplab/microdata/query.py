"""Data that stay where they are: a query, whose rows are read only when a number is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals as nw

from diplab.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["is_lazy", "with_expressions"]


def is_lazy(frame: Any) -> bool:
    """Return whether a frame is a query, whose rows are read only when a number is asked for.

    Examples
    --------
    >>> import pandas as pd
    >>> is_lazy(pd.DataFrame({"age": [17, 40]}))
    False
    """
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
