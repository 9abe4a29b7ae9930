"""The different bands among those of many people: there are few, and what is tried is tried once for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from diplab.sampling.units import compressed

if TYPE_CHECKING:
    from diplab.sampling.engines.protocol import Floats, Integers

__all__ = ["distinct_bands"]


def distinct_bands(low: Floats, high: Floats) -> tuple[Floats, Floats, Integers]:
    """Return both ends of each different band in their order, and the band of each person.

    Examples
    --------
    >>> distinct_bands(np.array([5.0, 0.0, 5.0]), np.array([np.inf, 5.0, np.inf]))[2].tolist()
    [1, 0, 1]
    """
    import pandas as pd

    # by hash, since sorting a million ends to find the six that differ takes long
    of_low, _ = pd.factorize(low)
    of_high, highs = pd.factorize(high)
    band, first = compressed(of_low.astype(np.int64) * max(len(highs), 1) + of_high)
    order = np.lexsort((high[first], low[first]))
    place = np.empty(order.size, dtype=np.int64)
    place[order] = np.arange(order.size)
    return low[first[order]], high[first[order]], place[band]
