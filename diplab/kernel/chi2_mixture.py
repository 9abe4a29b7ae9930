"""The upper tail of a sum of weighted chi2 variables over one of its own: the law that Rao and Scott approximate.

The probability that sum(a_i chi2_1) / (chi2_nu / nu) exceeds x is that of sum(a_i chi2_1) - (x / nu) chi2_nu > 0. It
is given by the saddlepoint approximation (Lugannani and Rice 1980; Kuonen 1999) on the cumulant function

    K(t) = -1/2 sum over parts of m log(1 - 2 b t), m degrees of freedom and weight b each.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

__all__ = ["upper_tail"]

Floats = NDArray[np.float64]


def upper_tail(value: float, weights: Floats, df: float) -> float:
    """Return the probability that a weighted sum of chi2 with one degree of freedom exceeds a value.

    Parameters
    ----------
    value : float
    weights : array, shape (parts,)
        Positive.
    df : float
        Degrees of freedom of the chi2 in the denominator; infinite for none.

    Examples
    --------
    With equal weights it is an F: 0.050 of one with 2 and 10 degrees of freedom lies above 4.1028.

    >>> round(upper_tail(2 * 4.1028, np.ones(2), 10.0), 3)
    0.051
    """
    weights = weights[weights > 0]
    if not weights.size or not value > 0 or not df > 0:
        return math.nan
    parts, times, target = weights, np.ones(weights.size), value
    if math.isfinite(df):
        # numerator less denominator: is their difference above zero?
        parts, times, target = np.r_[weights, -value / df], np.r_[times, df], 0.0
    low = 1 / (2 * parts.min()) if (parts < 0).any() else -np.inf
    high = 1 / (2 * parts.max())

    def slope(t: float) -> float:
        return float((times * parts / (1 - 2 * parts * t)).sum()) - target

    spread = 2 * float((times * parts**2).sum())
    if abs(slope(0.0)) < 1e-5 * math.sqrt(spread):
        # at the mean, where w and v are both zero: log(v / w) / w tends to a sixth of the skewness
        skewness = 8 * float((times * parts**3).sum()) / spread**1.5
        return float(special.ndtr(slope(0.0) / math.sqrt(spread) - skewness / 6))
    inside = 1 - 1e-12
    floor = low * inside if math.isfinite(low) else -times.sum() / (2 * value)
    at = float(optimize.brentq(slope, floor, high * inside, xtol=1e-15, rtol=1e-14))
    cumulant = -0.5 * float((times * np.log1p(-2 * parts * at)).sum())
    curve = 2 * float((times * parts**2 / (1 - 2 * parts * at) ** 2).sum())
    w = math.copysign(math.sqrt(2 * (at * target - cumulant)), at)
    v = at * math.sqrt(curve)
    return float(special.ndtr(-(w + math.log(v / w) / w)))
