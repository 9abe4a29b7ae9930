"""Measures of association in a table of weighted counts, and the slopes by which they inherit its covariance.

Each takes counts of shape (..., rows, columns), as one table or as one for each set of replicate weights.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from diplab.kernel.arrays import Floats


def cramers_v(counts: Floats) -> Floats:
    """Return Cramér's V (1946), the root of phi2 / (k - 1), phi2 = sum (p_ij - p_i p_j)^2 / (p_i p_j).

    k is the smaller number of rows or columns that hold somebody; with fewer than two there is no V.
    """
    shares = counts / counts.sum(axis=(-2, -1), keepdims=True)
    expected = shares.sum(axis=-1, keepdims=True) * shares.sum(axis=-2, keepdims=True)
    there = np.abs(expected) > 0
    phi2 = (np.where(there, shares - expected, 0.0) ** 2 / np.where(there, expected, 1.0)).sum(axis=(-2, -1))
    size = _filled(counts)
    most = np.minimum(*size) - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(most > 0, np.sqrt(phi2 / most), np.nan)


def corrected_v(v: float, counts: Floats, respondents: float) -> float:
    """Return Cramér's V without the bias that chance gives it in a sample of as many respondents (Bergsma 2013).

    phi2 less (r - 1)(c - 1) / (n - 1), and not below zero; r less (r - 1)^2 / (n - 1), and c so. A design with a mean
    effect of d leaves n / d of its respondents.
    """
    rows, columns = (float(each) for each in _filled(counts))
    if not respondents > 1 or not np.isfinite(v):
        return float("nan")
    phi2 = v**2 * (min(rows, columns) - 1) - (rows - 1) * (columns - 1) / (respondents - 1)
    most = min(each - (each - 1) ** 2 / (respondents - 1) for each in (rows, columns)) - 1
    return float(np.sqrt(max(phi2, 0.0) / most)) if most > 0 else float("nan")


def log_odds_ratio(counts: Floats) -> Floats:
    """Return the logarithm of the odds ratio of two by two counts; NaN where a cell is empty."""
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(counts == 0, np.nan, np.log(counts))
    return logs[..., 0, 0] + logs[..., 1, 1] - logs[..., 0, 1] - logs[..., 1, 0]


def slopes(measure: Callable[[Floats], Floats], counts: Floats) -> Floats:
    """Return how a measure moves with each count, shape (cells,), exact but for rounding.

    The imaginary part of f(x + ih) / h (Squire and Trapp 1998): nothing is subtracted, so that h may be tiny.
    """
    step = 1e-30 * max(float(counts.sum()), 1e-300)
    moved = counts + 1j * step * np.eye(counts.size).reshape(-1, *counts.shape)
    return measure(moved).imag / step


def _filled(counts: Floats) -> tuple[Floats, Floats]:
    """Return how many rows and columns hold somebody."""
    rows, columns = (np.abs(counts.sum(axis=axis)) > 0 for axis in (-1, -2))
    return rows.sum(axis=-1), columns.sum(axis=-1)
