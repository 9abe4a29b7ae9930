"""Weight by distinct value where there may be millions of them: bins first, exact values only where they decide.

A quantile needs the exact values around the place where the weights cumulate to its share. Where a column has more
distinct values than `DISTINCT`, the range is cut in bins, the bins that hold a quantile are looked into (and cut
again if they are themselves too full), and every other bin comes back as one row at its smallest value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["BINS", "DISTINCT", "distinct_or_binned"]

DISTINCT = 1_000_000
BINS = 16_384

WEIGHT, VALUE, ROWS, BIN = "diplab_weight", "diplab_value", "diplab_rows", "diplab_bin"

Collect = Callable[[Any], pd.DataFrame]
DomainOf = Callable[[pd.DataFrame, tuple[str, ...]], NDArray[np.int64]]


def distinct_or_binned(
    query: nw.LazyFrame[Any],
    by: tuple[str, ...],
    shares: NDArray[np.float64],
    collect: Collect,
    domain_of: DomainOf,
) -> pd.DataFrame:
    """Return value, weight and domain variables: exact where the shares fall, by bin elsewhere.

    Parameters
    ----------
    query : lazy frame
        Columns of the domain variables, value and positive weight.
    by : tuple of str
        Domain variables.
    shares : array, shape (domains, k)
        Shares whose quantiles must be exact.
    collect : callable
        Runs a query.
    domain_of : callable
        Domain of each collected row.
    """
    column = nw.col(VALUE)
    bounds = collect(
        query.select(column.min().alias("low"), column.max().alias("high"), column.n_unique().alias(ROWS))
    ).iloc[0]
    if bounds[ROWS] <= DISTINCT:
        return _exact(query, by, collect)
    return _refined(query, by, shares, collect, domain_of, (float(bounds["low"]), float(bounds["high"])))


def _exact(query: nw.LazyFrame[Any], by: tuple[str, ...], collect: Collect) -> pd.DataFrame:
    return collect(query.group_by(*by, VALUE).agg(nw.col(WEIGHT).sum()))


def _refined(
    query: nw.LazyFrame[Any],
    by: tuple[str, ...],
    shares: NDArray[np.float64],
    collect: Collect,
    domain_of: DomainOf,
    reach: tuple[float, float],
) -> pd.DataFrame:
    binned = _cut(query, reach)
    column = nw.col(VALUE)
    bins = collect(
        binned.group_by(*by, BIN).agg(
            nw.col(WEIGHT).sum(),
            column.min().alias(VALUE),
            column.max().alias("high"),
            column.n_unique().alias(ROWS),
        )
    )
    wanted = _decisive(bins, domain_of(bins, by), shares)
    # a bin of one value is exact already
    wanted = wanted[bins.loc[bins[BIN].isin(wanted)].groupby(BIN)[ROWS].max().reindex(wanted).to_numpy() > 1]
    inside = bins[BIN].isin(wanted)
    parts = [bins.loc[~inside, [*by, VALUE, WEIGHT]]]
    # rows of many domains may share one value: an upper bound on what would come back
    if bins.loc[inside, ROWS].sum() <= DISTINCT:
        kept = binned.filter(nw.col(BIN).is_in([int(each) for each in wanted])).drop(BIN)
        return pd.concat([*parts, _exact(kept, by, collect)], ignore_index=True)
    outside = parts[0]
    for each in wanted:
        one = bins.loc[bins[BIN] == each]
        kept = binned.filter(nw.col(BIN) == int(each)).drop(BIN)
        # shares within the bin: what is below it has been counted
        local = _local_shares(bins, one, domain_of, by, shares)
        reach = float(one[VALUE].min()), float(one["high"].max())
        outside = pd.concat(
            [outside, _refined(kept, by, local, collect, domain_of, reach)], ignore_index=True
        )
    return outside


def _cut(query: nw.LazyFrame[Any], reach: tuple[float, float]) -> nw.LazyFrame[Any]:
    """Number bins of equal width from the smallest value to the largest."""
    low, high = reach
    place = (nw.col(VALUE) - low) / ((high - low) / BINS)
    return query.with_columns(place.floor().clip(0, BINS - 1).cast(nw.Int64).alias(BIN))


def _decisive(
    bins: pd.DataFrame, domain: NDArray[np.int64], shares: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return the bins in which a share of some domain falls."""
    wanted: set[int] = set()
    for code in np.unique(domain):
        own = bins.loc[domain == code].sort_values(BIN)
        cumulated = own[WEIGHT].cumsum().to_numpy()
        asked = shares[code][~np.isnan(shares[code])]
        slack = 1e-9 * cumulated[-1]
        for edge in (-slack, slack):
            place = np.searchsorted(cumulated, asked * cumulated[-1] + edge)
            wanted |= set(own[BIN].to_numpy()[np.minimum(place, len(own) - 1)].tolist())
    return np.asarray(sorted(wanted), dtype=np.int64)


def _local_shares(
    bins: pd.DataFrame,
    one: pd.DataFrame,
    domain_of: DomainOf,
    by: tuple[str, ...],
    shares: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return, by domain, the shares of the weight of one bin at which the asked quantiles stand."""
    domain, number = domain_of(bins, by), int(one[BIN].iloc[0])
    weight, place = bins[WEIGHT].to_numpy(dtype=float), bins[BIN].to_numpy()
    size = shares.shape[0]
    total = np.bincount(domain, weights=weight, minlength=size)
    below = np.bincount(domain, weights=weight * (place < number), minlength=size)
    inside = np.bincount(domain, weights=weight * (place == number), minlength=size)
    with np.errstate(divide="ignore", invalid="ignore"):
        local = (shares * total[:, None] - below[:, None]) / inside[:, None]
    return np.where((local >= -1e-9) & (local <= 1 + 1e-9), local, np.nan)
