"""P-values of many tests at once, adjusted so that chance alone does not find differences."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["ADJUSTMENTS", "adjusted"]

Floats = NDArray[np.float64]
ADJUSTMENTS = ("holm", "bonferroni", "bh")


def adjusted(p_values: Floats, family: NDArray[np.int64], method: str) -> Floats:
    """Return p-values adjusted for the number of tests in their family.

    With m tests and p(1) <= ... <= p(m): Bonferroni m p; Holm (1979) the running maximum of (m - i + 1) p(i);
    `bh` the running minimum from the last of m p(i) / i (Benjamini and Hochberg 1995), which bounds the share of
    false discoveries and not the chance of one. None exceeds 1.

    Parameters
    ----------
    p_values : array, shape (tests,)
        NaN where a test is undefined; it then counts for nothing.
    family : array of int, shape (tests,)
        Tests of one family bear the same number, from 0.
    method : {"holm", "bonferroni", "bh"}
        How to adjust.

    Returns
    -------
    array, shape (tests,)

    Examples
    --------
    >>> one = np.zeros(3, dtype=np.int64)
    >>> adjusted(np.array([0.01, 0.04, 0.03]), one, "holm")
    array([0.03, 0.06, 0.06])
    >>> adjusted(np.array([0.01, 0.04, 0.03]), one, "bh")
    array([0.03, 0.04, 0.04])
    """
    # one row a family, its tests in increasing order of p, undefined ones last
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
    found = np.empty(p_values.size)
    found[order] = np.minimum(raised, 1.0)[row, column]
    return found
