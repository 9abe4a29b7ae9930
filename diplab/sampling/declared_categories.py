"""Categories that the type of a column declares: pandas categories, enumerations of Polars and DuckDB."""

from __future__ import annotations

from typing import Any

import narwhals as nw

__all__ = ["declared_categories", "declared_order"]


def declared_order(dtype: Any) -> tuple[Any, ...] | None:
    """Return the categories of an ordered type in the order it declares; None for any other."""
    categories: Any = getattr(dtype, "categories", None)
    return tuple(categories) if dtype == nw.Enum and categories is not None else None


def declared_categories(frame: nw.DataFrame[Any], name: str) -> tuple[Any, ...]:
    """Return the categories that a column declares, whoever has them; none for most types.

    Categories of Polars that are no enumeration are those of other columns too, and declare nothing.

    Examples
    --------
    >>> import pandas as pd
    >>> pay = pd.Categorical(["low", "high"], ["low", "middle", "high"])
    >>> declared_categories(nw.from_native(pd.DataFrame({"pay": pay})), "pay")
    ('low', 'middle', 'high')
    """
    dtype = frame.schema[name]
    if dtype == nw.Categorical and frame.implementation.is_pandas():
        return tuple(frame.to_native()[name].cat.categories)
    return declared_order(dtype) or ()
