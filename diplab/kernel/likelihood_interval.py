"""The values of a share that a binomial likelihood supports."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

__all__ = ["binomial_support"]

Floats = NDArray[np.float64]

_HALVINGS = 100
_FARTHEST = 700.0
"""On the log-odds: beyond it a share cannot be told from 0 or 1."""


def binomial_support(point: Floats, drop: Floats) -> tuple[Floats, Floats]:
    """Return the smallest and the largest share whose log-likelihood per answer lies no more than `drop` below.

    The log-likelihood at q is p log q + (1 - p) log(1 - q), the largest at q = p. Each end is found by halving on the
    log-odds, where the smallest shares keep all their digits.

    Parameters
    ----------
    point : array, shape (domains,)
        Estimated shares p.
    drop : array, shape (domains,)
        Above zero.

    Returns
    -------
    low, high : array, shape (domains,)
        NaN where the point or the drop is.

    Examples
    --------
    At p = 1/2 and q = 0.1 the log-likelihood is log(0.5) - log(0.1 * 0.9) / 2 = 0.5108 below.

    >>> low, high = binomial_support(np.array([0.5]), np.array([0.5108256237659907]))
    >>> (low.round(6).item(), high.round(6).item())
    (0.1, 0.9)
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = special.logit(point)
        best = special.xlogy(point, point) + special.xlog1py(1 - point, -point)
    ends = []
    for side in (-1.0, 1.0):
        inside, outside = centre, np.full(point.shape, side * _FARTHEST)
        for _ in range(_HALVINGS):
            middle = (inside + outside) / 2
            # log q = -log(1 + exp(-x)), log(1 - q) = -log(1 + exp(x))
            value = -point * np.logaddexp(0, -middle) - (1 - point) * np.logaddexp(0, middle)
            kept = best - value <= drop
            inside, outside = np.where(kept, middle, inside), np.where(kept, outside, middle)
        ends.append(np.where(np.isfinite(drop) & np.isfinite(centre), special.expit(inside), np.nan))
    return ends[0], ends[1]
