"""P-values of Student's and Fisher's distributions, and their adjustment for many tests."""

from __future__ import annotations

import math
from typing import Literal, TypeAlias

import numpy as np
from scipy import special

from diplab.kernel.arrays import Floats, Integers

_NORMAL = 1e12  # from so many degrees of freedom on Student's distribution is the normal one


def t_p_value(t: Floats, df: Floats) -> Floats:
    """Return the two-sided p-value of a t by Student's distribution; NaN without degrees of freedom."""
    size = np.abs(t)
    with np.errstate(invalid="ignore"):
        by_student = 2 * special.stdtr(np.where(df > 0, np.minimum(df, _NORMAL), np.nan), -size)
    return np.asarray(np.where(np.isinf(df), 2 * special.ndtr(-size), by_student))


def f_p_value(value: float, first: float, second: float) -> float:
    """Return the p-value of an F; a chi2 over its degrees of freedom where `second` is infinite."""
    if math.isinf(second):
        return float(special.chdtrc(first, first * value))
    return float(special.fdtrc(first, second, value))


Adjustment: TypeAlias = Literal["holm", "bonferroni", "bh"]  # how p-values are adjusted for their number


def adjusted_p_values(p_values: Floats, family: Integers, method: str) -> Floats:
    """Return p-values adjusted for the number of tests in their family."""
    # with m tests and p(1) <= ... <= p(m): Bonferroni m p; Holm (1979) the running maximum of (m - i + 1) p(i); `bh`
    # the running minimum from the last of m p(i) / i (Benjamini and Hochberg 1995), which bounds the share of false
    # discoveries and not the chance of one. None exceeds 1. Shapes: `p_values` (tests,), `family` (tests,)
    # one row per family, its tests in increasing order of p, undefined ones last
    order = np.lexsort((p_values, family))
    sizes = np.bincount(family)
    row = family[order]
    column = np.arange(order.size) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    p = np.full((sizes.size, sizes.max(initial=0)), np.nan)
    p[row, column] = p_values[order]
    m = (~np.isnan(p)).sum(axis=1, keepdims=True)
    rank = np.arange(1, p.shape[1] + 1)
    if method == "bonferroni":
        raised = m * p
    elif method == "holm":
        raised = np.maximum.accumulate((m - rank + 1) * p, axis=1)
    else:
        raised = np.fmin.accumulate((m * p / rank)[:, ::-1], axis=1)[:, ::-1]
    result = np.empty(p_values.size)
    result[order] = np.minimum(raised, 1.0)[row, column]
    return result
