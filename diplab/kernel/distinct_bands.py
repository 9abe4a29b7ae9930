"""The different bands among those of many people: there are few, and what is tried is tried once for each."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["distinct_bands"]

Floats = NDArray[np.float64]


def distinct_bands(low: Floats, high: Floats) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Return both ends of each different band, and the band of each person.

    Examples
    --------
    >>> distinct_bands(np.array([0.0, 5.0, 0.0]), np.array([5.0, np.inf, 5.0]))[2].tolist()
    [0, 1, 0]
    """
    lows, of_low = np.unique(low, return_inverse=True)
    highs, of_high = np.unique(high, return_inverse=True)
    codes, band = np.unique(of_low.ravel() * highs.size + of_high.ravel(), return_inverse=True)
    return lows[codes // highs.size], highs[codes % highs.size], band.ravel()
