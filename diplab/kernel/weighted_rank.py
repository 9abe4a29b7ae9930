"""Ranks in the population that a weighted sample stands for, and the scores that rank tests give them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import special

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["SCORES", "mid_ranks"]

Floats = NDArray[np.float64]


def mid_ranks(values: Floats, weights: Floats) -> Floats:
    """Return for each value the share of the population below it, plus half the share at it.

    Parameters
    ----------
    values : array, shape (n,)
        Without missing values.
    weights : array, shape (n,)
        Positive.

    Returns
    -------
    array, shape (n,)
        Ranks in (0, 1): (W(< y) + W(= y) / 2) / W, whatever the order of ties.

    Examples
    --------
    >>> mid_ranks(np.array([3.0, 1.0, 1.0]), np.array([2.0, 1.0, 1.0]))
    array([0.75, 0.25, 0.25])
    """
    order = np.argsort(values)
    ordered = values[order]
    running = np.cumsum(weights[order])
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    upto = running[np.r_[starts[1:], values.size] - 1]
    below = np.r_[0.0, upto[:-1]]
    middle = (below + upto) / (2 * running[-1])
    ranks = np.empty(values.size)
    ranks[order] = np.repeat(middle, np.diff(np.r_[starts, values.size]))
    return ranks


def _itself(ranks: Floats) -> Floats:
    return ranks


def _normal(ranks: Floats) -> Floats:
    scores: Floats = special.ndtri(ranks)
    return scores


def _upper_half(ranks: Floats) -> Floats:
    # a rank that is one half but for rounding is not above it
    return (ranks > 0.5 + 1e-12).astype(float)


# Wilcoxon (1945) and Kruskal and Wallis (1952); van der Waerden (1952); Mood's median test (1950)
SCORES: dict[str, Callable[[Floats], Floats]] = {
    "wilcoxon": _itself,
    "van_der_waerden": _normal,
    "median": _upper_half,
}
