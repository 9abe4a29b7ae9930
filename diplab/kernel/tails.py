"""Tails of Student's and Fisher's laws: how likely a statistic as far out is, were the hypothesis true."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import special

__all__ = ["two_sided", "upper_f"]

Floats = NDArray[np.float64]

_NORMAL = 1e12
"""From so many degrees of freedom on Student's law is the normal one."""


def two_sided(t: Floats, df: Floats) -> Floats:
    """Return the probability of a t at least as far from zero, by Student's law; NaN without degrees of freedom.

    Parameters
    ----------
    t, df : array
        Statistics and their degrees of freedom, which broadcast; infinite for the normal law.

    Examples
    --------
    >>> two_sided(np.array([2.0, 1.96]), np.array([13.0, np.inf])).round(4)
    array([0.0668, 0.05  ])
    """
    size = np.abs(t)
    with np.errstate(invalid="ignore"):
        by_student = 2 * special.stdtr(np.where(df > 0, np.minimum(df, _NORMAL), np.nan), -size)
    probability: Floats = np.where(np.isinf(df), 2 * special.ndtr(-size), by_student)
    return probability


def upper_f(value: float, first: float, second: float) -> float:
    """Return the probability of an F at least as large; a chi2 over its degrees of freedom where `second` is infinite.

    Parameters
    ----------
    value : float
    first, second : float
        Degrees of freedom of the numerator and of the denominator.

    Examples
    --------
    >>> round(upper_f(4.1028, 2.0, 10.0), 3), round(upper_f(5.991 / 2, 2.0, math.inf), 3)
    (0.05, 0.05)
    """
    if math.isinf(second):
        return float(special.chdtrc(first, first * value))
    return float(special.fdtrc(first, second, value))
