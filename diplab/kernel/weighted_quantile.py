"""Quantiles of weighted values.

The quantile of share p is read on the weighted distribution function F. Two rules:

`math`
    the smallest value y with F(y) >= p (type 1 of Hyndman and Fan 1996; the inverse of F);
`school`
    the same, but midway to the next value where F(y) = p exactly (type 2; the rule of Eurostat's programs).

Cumulated weights are compared with p N at a relative 1e-12, so that the order of rows does not decide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["RULES", "quantile"]

RULES = ("math", "school")


def quantile(
    values: NDArray[np.float64], weights: NDArray[np.float64], share: float, rule: str = "math"
) -> float:
    """Return a quantile of values sorted in increasing order, with their weights.

    Parameters
    ----------
    values, weights : array, shape (n,)
        Sorted values (ties allowed) and positive weights.
    share : float
        Between 0 and 1; outside, the smallest or largest value.
    rule : {"math", "school"}

    Returns
    -------
    float
        NaN for no values.

    Examples
    --------
    >>> y, w = np.array([10.0, 20.0, 30.0, 40.0]), np.ones(4)
    >>> quantile(y, w, 0.5), quantile(y, w, 0.5, "school")
    (20.0, 25.0)
    """
    if values.size == 0 or np.isnan(share):
        return np.nan
    cumulated = np.cumsum(weights)
    target = share * cumulated[-1]
    slack = 1e-12 * cumulated[-1]
    place = min(int(np.searchsorted(cumulated, target - slack, side="left")), values.size - 1)
    if rule == "school" and place + 1 < values.size and abs(cumulated[place] - target) <= slack:
        return float((values[place] + values[place + 1]) / 2)
    return float(values[place])
