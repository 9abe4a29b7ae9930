"""Rubin's rules: one estimate, its covariance and its degrees of freedom from several imputations of missing answers.

With M imputations, W is the mean of their covariances, B the covariance of their estimates (divisor M - 1), and

    T = W + (1 + 1/M) B,    r = (1 + 1/M) B / W,    lambda = (1 + 1/M) B / T

of which r is the relative increase in variance due to what is missing (Rubin 1987, ch. 3).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from diplab.kernel.arrays import Floats


@dataclass(frozen=True, eq=False)
class Combined:
    """Estimates over imputations."""

    point: Floats  # (rows,); mean over imputations
    covariance: Floats  # (rows, rows); T = W + (1 + 1/M) B
    df: Floats  # (rows,); degrees of freedom
    missing_information: Floats  # (rows,); share of the information about each estimate that is missing


def combine(points: Floats, covariances: Floats, complete: Floats) -> Combined:
    """Combine estimates of several imputations.

    Degrees of freedom are those of Barnard and Rubin (1999): 1 / (1/a + 1/b) with a = (M - 1) / lambda^2 and
    b = (1 - lambda) v (v + 1) / (v + 3) for v degrees of freedom of complete data. Where imputations agree exactly
    nothing is missing, and they are v. The share of missing information is (r + 2 / (df + 3)) / (r + 1).

    Shapes: `points` (imputations, rows), `covariances` (imputations, rows, rows), `complete` (rows,).
    """
    count = len(points)
    point = points.mean(axis=0)
    deviations = points - point
    within = covariances.mean(axis=0)
    extra = (1 + 1 / count) * (deviations.T @ deviations) / (count - 1)
    total = within + extra
    w, b, t = np.diag(within), np.diag(extra), np.diag(total)
    agreed = b <= 1e-24 * np.maximum(w, point**2)
    with np.errstate(divide="ignore", invalid="ignore"):
        missing = np.where(agreed, 0.0, b / t)
        of_imputation = (count - 1) / missing**2
        shrunk = (complete + 1) / (complete + 3) * complete * (1 - missing)
        both = np.where(np.isinf(complete), of_imputation, 1 / (1 / of_imputation + 1 / shrunk))
        df = np.where(agreed, complete, both)
        information = np.where(agreed, 0.0, missing + (1 - missing) * 2 / (df + 3))
    return Combined(point, total, df, np.where(np.isnan(t), np.nan, information))


def joint_wald(points: Floats, covariances: Floats, complete: float) -> tuple[float, int, float]:
    """Return F and its degrees of freedom for the test that all rows are zero, over imputations.

    F = q'W^-1 q / (k (1 + r)) with q the mean and r = (1 + 1/M) tr(B W^-1) / k (Li, Raghunathan and Rubin 1991);
    denominator degrees of freedom as there, or of Reiter (2007) where complete data have finitely many.

    Shapes: `points` (imputations, rows), `covariances` (imputations, rows, rows).
    """
    count, k = points.shape
    mean = points.mean(axis=0)
    deviations = points - mean
    within = covariances.mean(axis=0)
    between = deviations.T @ deviations / (count - 1)
    r = (1 + 1 / count) * float(np.trace(np.linalg.solve(within, between))) / k
    f = float(mean @ np.linalg.solve(within, mean)) / (k * (1 + r))
    return f, k, _denominator(k, k * (count - 1), r, complete)


def _denominator(k: int, t: int, r: float, complete: float) -> float:
    """Return the denominator degrees of freedom for k rows, with t = k (M - 1)."""
    if r <= 1e-12:
        return complete
    if t <= 4:
        return min(float(t * (1 + 1 / k) * (1 + 1 / r) ** 2 / 2), complete)
    if np.isinf(complete):
        return float(4 + (t - 4) * (1 + (1 - 2 / t) / r) ** 2)
    a = r * t / (t - 2)
    v = complete * (complete + 1) / (complete + 3)
    two, four = v - 2 * (1 + a), v - 4 * (1 + a)
    if four <= 0:
        # Reiter's expansion needs more degrees of freedom than these: the smaller of the two sources
        return float(min(v / (1 + r), 4 + (t - 4) * (1 + (1 - 2 / t) / r) ** 2))
    spread = (
        a**2 * two / ((1 + a) ** 2 * four)
        + 8 * a**2 * two / ((1 + a) * four**2)
        + 4 * a**2 / ((1 + a) * four)
        + 4 * a**2 / (four * two)
        + 16 * a**2 * two / four**3
        + 8 * a**2 / four**2
    )
    return float(4 + 1 / (1 / four + spread / (t - 4)))


def pooled_statistics(statistics: Floats, k: float, complete: float = np.inf) -> tuple[float, float]:
    """Return F and its denominator degrees of freedom from the chi-squared statistics of several imputations.

    F = (mean(d) / k - (M + 1) / (M - 1) r) / (1 + r) with r = (1 + 1/M) times the variance of sqrt(d), on k and
    a = k^(-3/M) (M - 1) (1 + 1/r)^2 degrees of freedom (Li, Meng, Raghunathan and Rubin 1991). Where complete data
    have v degrees of freedom only, they are 1 / (1/a + 1/b) with b = v (v + 1) / (v + 3) / (1 + r), as Barnard and
    Rubin (1999) have it for one estimate; imputations that agree exactly leave v. Shapes: `statistics` (imputations,).
    """
    count = len(statistics)
    root = np.sqrt(np.maximum(statistics, 0.0))
    r = (1 + 1 / count) * float(root.var(ddof=1))
    f = (float(statistics.mean()) / k - (count + 1) / (count - 1) * r) / (1 + r)
    # what is left of rounding where imputations agree is no disagreement
    if r <= 1e-12:
        return f, complete
    between = float(k ** (-3 / count) * (count - 1) * (1 + 1 / r) ** 2)
    if np.isinf(complete):
        return f, between
    within = complete * (complete + 1) / (complete + 3) / (1 + r)
    return f, 1 / (1 / between + 1 / within)
