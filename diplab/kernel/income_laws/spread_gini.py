"""The Gini coefficient of incomes spread evenly within bands and by a law of Pareto above them.

    1 - G = integral of S^2 / integral of S

with S the share of people above an income: a straight line between two ends of bands, whose square two points of Gauss
integrate exactly, and S_o (B / y)^alpha above the open one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from diplab.kernel.income_laws.spread_evenly import SpreadBands

__all__ = ["spread_gini"]

Floats = NDArray[np.float64]

_MOST_CELLS = 20_000_000


def spread_gini(bands: SpreadBands) -> tuple[Floats, Floats, Floats]:
    """Return the Gini coefficient by domain and how it moves.

    Returns
    -------
    array, shape (domains,)
        NaN where bands are open at different incomes or below zero, or the law above is not known; infinite where it
        has no mean.
    array, shape (domains, bands)
        Its derivative in the share of each band.
    array, shape (domains,)
        Its derivative in the index.

    Examples
    --------
    Evenly spread from 0 to 300: a third.

    >>> from diplab.kernel.income_laws.spread_evenly import SpreadBands
    >>> found, *_ = spread_gini(SpreadBands(np.array([0.0]), np.array([300.0]), np.ones((1, 1)), np.array([np.nan])))
    >>> found.round(10)
    array([0.33333333])
    """
    low, high, share = bands.low, bands.high, bands.share
    open_ = bands.is_open & (share > 0).any(axis=0)
    ends = np.unique(np.concatenate([[0.0], low, high[np.isfinite(high)]]))
    nodes, width = _two_points(ends)
    start = low[open_]
    apart = open_.any() and (np.ptp(start) > 0 or start[0] < ends[-1])
    if (low < 0).any() or apart or nodes.size * low.size > _MOST_CELLS:
        undefined = np.full(len(share), np.nan)
        return undefined, np.full(share.shape, np.nan), undefined
    column = low[:, None], high[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        above = np.where(
            column[1] > column[0],
            1 - np.clip((nodes - column[0]) / (column[1] - column[0]), 0, 1),
            nodes < column[0],
        )
    above = np.where(np.isinf(column[1]), 1.0, above)
    survival = share @ above
    bottom, at_top = (start[0] if open_.any() else 0.0), share[:, open_].sum(axis=1)
    index = np.where(at_top > 0, bands.index, 2.0)
    heavy = index <= 1
    index = np.where(heavy, 2.0, index)
    tail, tail_of_square = bottom / (index - 1), bottom / (2 * index - 1)
    mean = survival @ width + at_top * tail
    square = survival**2 @ width + at_top**2 * tail_of_square
    mean_by_band = (above @ width)[None, :] + open_ * tail[:, None]
    square_by_band = 2 * (survival * width) @ above.T + 2 * open_ * (at_top * tail_of_square)[:, None]
    mean_by_index = -at_top * bottom / (index - 1) ** 2
    square_by_index = -2 * at_top**2 * bottom / (2 * index - 1) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        gini = np.where(heavy, np.inf, 1 - square / mean)
        by_band = -square_by_band / mean[:, None] + (square / mean**2)[:, None] * mean_by_band
        by_index = -square_by_index / mean + square / mean**2 * mean_by_index
    return gini, by_band, by_index


def _two_points(ends: Floats) -> tuple[Floats, Floats]:
    """Return the points of Gauss between ends, and the length each stands for."""
    middle, half = (ends[:-1] + ends[1:]) / 2, np.diff(ends) / 2
    away = half / np.sqrt(3.0)
    return np.concatenate([middle - away, middle + away]), np.concatenate([half, half])
