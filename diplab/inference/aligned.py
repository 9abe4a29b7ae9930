"""Rows of several results that stand for the same thing: the same estimates of several imputations, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from diplab.inference.combination import key_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from diplab.results.estimates import Estimates

__all__ = ["Key", "aligned", "covariance_of", "flags_of", "row_keys", "spread_out"]

Floats: TypeAlias = "NDArray[np.float64]"
Integers: TypeAlias = "NDArray[np.int64]"
Key: TypeAlias = "tuple[Any, ...]"


def row_keys(estimates: Estimates) -> list[Key]:
    """Return what each row is about, with its number among rows about the same (two quantiles of one variable)."""
    names = key_columns(estimates)
    number = estimates.frame.groupby(names, sort=False, dropna=False).cumcount()
    return list(zip(*(estimates.frame[name] for name in names), number, strict=True))


def aligned(results: Sequence[Estimates]) -> tuple[pd.DataFrame, list[Integers]]:
    """Return the rows of all results, and where each of them has these rows (-1 where it lacks one)."""
    import pandas as pd

    every = [row_keys(each) for each in results]
    longest = max(every, key=len)
    union = list(dict.fromkeys([*longest, *(key for keys in every for key in keys)]))
    places = [{key: row for row, key in enumerate(keys)} for keys in every]
    layouts = [np.array([place.get(key, -1) for key in union], dtype=np.int64) for place in places]
    names = key_columns(results[0])
    return pd.DataFrame([key[:-1] for key in union], columns=names), [
        _with_absent_shares(each, union, layout) for each, layout in zip(results, layouts, strict=True)
    ]


def _with_absent_shares(estimates: Estimates, union: list[Key], layout: Integers) -> Integers:
    """Mark the categories that nobody has here, whose share is 0: -2 minus a row of the same variable and domain."""
    if (layout >= 0).all():
        return layout
    names = key_columns(estimates)
    category = names.index("category")
    beside = {
        (*key[:category], *key[category + 1 : -1]): row
        for row, key in enumerate(row_keys(estimates))
        if estimates.description_of(key[0]).every_category and key[category] != ""
    }
    marked = layout.copy()
    for place in np.flatnonzero(layout < 0):
        key = union[place]
        row = beside.get((*key[:category], *key[category + 1 : -1]))
        if row is not None and estimates.description_of(key[0]).every_category:
            marked[place] = -2 - row
    return marked


def spread_out(estimates: Estimates, name: str, layout: Integers) -> Floats:
    """Return a column of a result on the rows of all results."""
    values = estimates.frame[name].to_numpy(dtype=float)
    found = np.full(layout.size, np.nan)
    found[layout >= 0] = values[layout[layout >= 0]]
    shares = layout <= -2
    found[shares] = 0.0 if name == "estimate" else values[-2 - layout[shares]]
    if name in ("df", "n"):
        found[layout == -1] = np.nanmin(values) if name == "df" else 0.0
    return found


def covariance_of(estimates: Estimates, layout: Integers) -> Floats:
    """Return the covariance of a result on the rows of all results: 0 for shares of 0, NaN for rows it lacks."""
    found = np.where((layout == -1)[:, None] | (layout == -1)[None, :], np.nan, 0.0)
    there = np.flatnonzero(layout >= 0)
    found[np.ix_(there, there)] = estimates.covariance[np.ix_(layout[there], layout[there])]
    return found


def flags_of(
    results: Sequence[Estimates], layouts: Sequence[Integers], point: Floats, n: Integers
) -> NDArray[np.object_]:
    """Return the remark on each row: what any imputation says of it."""
    flags = np.full(point.size, "", dtype=object)
    for each, layout in zip(results, layouts, strict=True):
        said = np.append(each.frame["flag"].to_numpy(dtype=object), "")[np.maximum(layout, -1)]
        fresh = (flags == "") & (said != "")
        flags[fresh] = said[fresh]
    flags[np.isnan(point)] = "undefined"
    flags[n == 0] = "empty"
    return flags
