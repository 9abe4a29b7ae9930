"""How far a ratio is from one, as generalised entropy counts it: without losing digits where ratios are close to one.

phi(u) = (u^a - 1 - a (u - 1)) / (a (a - 1)), with the limits u ln u - (u - 1) at a = 1 and (u - 1) - ln u at a = 0.
Near one it is written as (u - 1)^2 / 2 times a series, whose terms follow from one another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["TERMS", "divergence", "near_one", "series"]

TERMS = 11


def near_one(alpha: float) -> float:
    """Return how far from one the series is still exact to rounding."""
    return 0.03 / max(1.0, abs(alpha - 2) / 3)


def series(alpha: float) -> tuple[float, ...]:
    """Return the coefficients, by increasing power of u - 1, of phi over (u - 1)^2.

    Examples
    --------
    >>> series(2.0)[:3], [round(each, 4) for each in series(1.0)[:3]]
    ((0.5, 0.0, 0.0), [0.5, -0.1667, 0.0833])
    """
    found = [0.5]
    for power in range(TERMS - 1):
        found.append(found[-1] * (alpha - 2 - power) / (power + 3) + 0.0)
    return tuple(found)


def divergence(apart: NDArray[np.float64], alpha: float) -> NDArray[np.float64]:
    """Return phi of 1 + `apart`; NaN where it has no value.

    Examples
    --------
    >>> divergence(np.array([0.0, 1e-9, 1.0]), 1.0).round(20)
    array([0.00000000e+00, 5.00000000e-19, 3.86294361e-01])
    """
    near = np.polynomial.polynomial.polyval(apart, series(alpha)) * apart**2
    ratio = 1.0 + apart
    with np.errstate(all="ignore"):
        if alpha == 1:
            far = np.where(ratio == 0, 0.0, ratio * np.log(ratio)) - apart
        elif alpha == 0:
            far = apart - np.log(ratio)
        else:
            far = (ratio**alpha - 1.0 - alpha * apart) / (alpha * (alpha - 1))
        far = np.where(np.isfinite(far), far, np.nan)
    return np.where(np.abs(apart) < near_one(alpha), near, far)
