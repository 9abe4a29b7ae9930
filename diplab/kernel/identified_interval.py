"""The interval of a number of which data give bounds only (Imbens and Manski 2004).

The bounds [low, high] are estimated with standard errors. What is to be covered is the number, which lies somewhere
between them, and not both bounds: where they are far apart, only one of them can be on the wrong side of it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from diplab.kernel.interval import student

__all__ = ["identified_quantile", "level_of_quantile"]

Floats = NDArray[np.float64]
_STEPS = 80


def identified_quantile(width: Floats, largest_error: Floats, df: Floats, confidence: float) -> Floats:
    """Return how many standard errors the interval goes beyond each bound.

    Parameters
    ----------
    width : array
        Upper bound minus lower bound, at least 0; infinite where one of them is.
    largest_error : array
        The larger of the standard errors of both bounds.
    df : array
        Degrees of freedom (infinite for the normal law).
    confidence : float

    Returns
    -------
    array
        The C with T(C + width / largest_error) - T(-C) = confidence (Imbens and Manski 2004, equation 7), T being
        Student's law: the two-sided quantile where the bounds meet, falling to the one-sided one as they part. In
        print it is the normal law. Student's is wider, is the usual interval where the bounds meet, and becomes the
        normal law with the degrees of freedom. That the width is estimated does not matter where the upper bound is
        never below the lower one in any sample (Stoye 2009, lemma 3), as bounds from bands are.

    Examples
    --------
    >>> one = np.array([1.0])
    >>> [identified_quantile(one * w, one, one * np.inf, 0.95).round(3).item() for w in (0.0, 1.0, 9.0)]
    [1.96, 1.681, 1.645]
    """
    two_sided = student(confidence, df)
    one_sided = student(2 * confidence - 1, df)
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = np.where(width > 0, width / largest_error, 0.0)
        low, high = one_sided.copy(), two_sided.copy()
        for _ in range(_STEPS):
            middle = (low + high) / 2
            short = _below(middle + apart, df) - _below(-middle, df) < confidence
            low, high = np.where(short, middle, low), np.where(short, high, middle)
    return np.where(width > 0, high, two_sided)


def level_of_quantile(quantile: Floats, df: Floats) -> Floats:
    """Return the level of the two-sided interval that goes some standard errors to both sides.

    Examples
    --------
    >>> level_of_quantile(np.array([1.959964]), np.array([np.inf])).round(4)
    array([0.95])
    """
    return np.asarray(2 * _below(quantile, df) - 1)


def _below(value: Floats, df: Floats) -> Floats:
    """Return Student's distribution function."""
    with np.errstate(invalid="ignore"):
        finite = np.where(df > 0, np.minimum(df, 1e12), np.nan)
        found: Floats = np.where(np.isinf(df), special.ndtr(value), special.stdtr(finite, value))
    return found
