"""Intervals of the parts of a decomposition: each on the scale on which it has no edge to cross."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from diplab.kernel.intervals import SHARE_INTERVALS

if TYPE_CHECKING:
    from collections.abc import Callable

    from diplab.estimators.statistic import Bounds
    from diplab.kernel.intervals import Precision

__all__ = ["part_intervals"]

Floats = NDArray[np.float64]


def part_intervals(
    interval: Callable[[Floats, Precision], Bounds], own_high: Floats, point: Floats, spread: Precision
) -> tuple[Floats, Floats]:
    """Return the intervals of a decomposition.

    Indices, contributions and sums have that of the statistic; shares are on the log-odds. What is between groups is to
    first order a sum of squares of differences between means, whose root is what varies evenly: it and its share are on
    the (arcsine) root. Where a group has none of the poor, its part goes up to its share of the population times the
    upper end of its own rate.

    Parameters
    ----------
    interval : callable
        Of the statistic, from a point and its spread.
    own_high : array, shape (groups,)
        Upper ends of the indices of the groups.
    point : array, shape (rows,)
        Indices, shares of the population, contributions and shares of the index by group; then the whole, and of an
        index of entropy what is within groups, between them, and their shares.
    spread : Spread
    """
    width = own_high.size
    people, made, shares = (slice(block * width, (block + 1) * width) for block in (1, 2, 3))
    with np.errstate(divide="ignore", invalid="ignore"):
        found = interval(point, spread)
        low, high = found.low.copy(), found.high.copy()
        by_odds = SHARE_INTERVALS["logit"](point, spread)
        for rows in (people, shares):
            low[rows], high[rows] = by_odds[0][rows], by_odds[1][rows]
        if point.size > 4 * width + 1:
            _between(low, high, point, spread, 4 * width)
        still = spread.std_error == 0
        # the poor of one group only, and those that the others may have
        nothing = (point[made] == 0) & still[made]
        most = np.where(nothing, point[people] * own_high, 0.0)
        whole = point[4 * width]
        low[made], high[made] = np.where(nothing, 0.0, low[made]), np.where(nothing, most, high[made])
        everything = (point[shares] == 1) & still[shares]
        low[shares] = np.where(everything, whole / (whole + most.sum()), np.where(nothing, 0.0, low[shares]))
        high[shares] = np.where(everything, 1.0, np.where(nothing, most / (whole + most), high[shares]))
    known = np.isfinite(spread.std_error)
    return np.where(known, low, np.nan), np.where(known, high, np.nan)


def _between(low: Floats, high: Floats, point: Floats, spread: Precision, whole: int) -> None:
    """Write the intervals of what is between groups and of both shares, in place."""
    between, within_share, between_share = whole + 2, whole + 3, whole + 4
    half = spread.t * spread.std_error
    root = np.sqrt(point[between])
    reach = half[between] / (2 * root)
    low[between], high[between] = np.maximum(root - reach, 0) ** 2, (root + reach) ** 2
    share = point[between_share]
    angle = np.arcsin(np.sqrt(share))
    reach = half[between_share] / (2 * np.sqrt(share * (1 - share)))
    low[between_share] = np.sin(np.maximum(angle - reach, 0)) ** 2
    high[between_share] = np.sin(np.minimum(angle + reach, np.pi / 2)) ** 2
    for row in (between, between_share):
        if spread.std_error[row] == 0:
            low[row] = high[row] = point[row]
    low[within_share], high[within_share] = 1 - high[between_share], 1 - low[between_share]
