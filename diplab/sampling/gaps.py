"""One kind of missing for expressions that the user wrote for an engine: NaN becomes null before they run.

Engines disagree on NaN: above every number in Polars and DuckDB, below none in pandas, where `not (y > 2)` is true of
it. A null is neither above nor not above, in all of them.
"""

from __future__ import annotations

from typing import Any, TypeVar

import narwhals as nw

__all__ = ["nan_as_null"]

Frame = TypeVar("Frame", bound="nw.DataFrame[Any] | nw.LazyFrame[Any]")


def nan_as_null(frame: Frame) -> Frame:
    """Return a frame in which every missing answer is null.

    Parameters
    ----------
    frame : narwhals frame
        Eager or lazy.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = nan_as_null(nw.from_native(pd.DataFrame({"y": [1.0, float("nan")]})))
    >>> frame.select(nw.col("y").is_null())["y"].to_list()
    [False, True]
    """
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
