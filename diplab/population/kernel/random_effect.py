"""Capture models with a normal random effect on the log-odds, by quadrature. See docs/formulas.md."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaln, logsumexp, ndtri, xlogy

from diplab.kernel.arrays import Floats
from diplab.population.kernel.loglinear import LogLinearFit, fit_loglinear

if TYPE_CHECKING:
    from diplab.population.kernel.closed import CaptureCells


_STEPS, _HALVINGS, _CLOSE, _SMALL, _FARTHEST = 200, 40, 1e-12, 1e-4, 1e8


def fit_normal_effect(table: CaptureCells, nodes: int | None = None) -> LogLinearFit:
    """Fit a model with a normal random effect on the log-odds of capture."""
    quadrature = _quadrature(nodes)
    theta, converged = _maximise(table, quadrature, _starting_values(table))
    if abs(theta[-1]) < _SMALL:
        # sigma is zero
        base = fit_loglinear(table.x, table.counts, table.offset)
        padded = np.pad(base.covariance, ((0, 1), (0, 1)))
        return _as_fit(table, np.append(base.coefficients, 0.0), padded, base.fitted, bool(base.converged))
    theta[-1] = abs(theta[-1])
    fitted = _expected(table, quadrature, theta)[0]
    covariance = np.full((len(theta), len(theta)), np.nan)
    if converged:
        covariance = np.linalg.inv(_observed(table, quadrature, theta))
    return _as_fit(table, theta, covariance, fitted, converged)


def is_unbounded(table: CaptureCells, fit: LogLinearFit, nodes: int | None = None, confidence: float = 0.95) -> bool:
    """Return whether 2 (l(max) - l) stays below the chi-square quantile up to a million times those seen."""
    quadrature, theta = _quadrature(nodes), fit.coefficients.copy()
    highest = _log_likelihood(table.counts, fit.fitted)
    farthest = math.log(1e6 * float(table.counts.sum()))
    drop = 0.5 * float(ndtri(0.5 + confidence / 2)) ** 2
    while theta[0] < farthest:
        theta[0] = min(theta[0] + 2.0, farthest)
        theta = _maximise(table, quadrature, theta, first=1)[0]
        if _log_likelihood(table.counts, _expected(table, quadrature, theta)[0]) < highest - drop:
            return False
    return True


def _quadrature(nodes: int | None) -> tuple[Floats, Floats]:
    """Return points of a standard normal and the logarithms of their weights."""
    if nodes is None:
        points = np.linspace(-10.0, 10.0, 241)
        heights = -(points**2) / 2.0
        return points, heights - logsumexp(heights)
    points, weights = np.polynomial.hermite_e.hermegauss(nodes)
    return points, np.log(weights / weights.sum())


def _as_fit(table: CaptureCells, theta: Floats, covariance: Floats, fitted: Floats, converged: bool) -> LogLinearFit:
    counts = table.counts
    log_likelihood = (xlogy(counts, fitted) - fitted - gammaln(counts + 1)).sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        deviance = 2.0 * (np.where(counts > 0, counts * np.log(counts / fitted), 0.0) - counts + fitted).sum()
    return LogLinearFit(
        theta, covariance, fitted, deviance, log_likelihood, len(counts) - len(theta), np.bool_(converged)
    )


def _starting_values(table: CaptureCells) -> Floats:
    """Return the fit of a normal effect among those never caught, which is log-linear (Darroch)."""
    near = fit_loglinear(np.column_stack([table.x, table.times**2 / 2.0]), table.counts, table.offset).coefficients
    if near[-1] > 0.04:
        return np.append(near[:-1], math.sqrt(near[-1]))
    return np.append(fit_loglinear(table.x, table.counts, table.offset).coefficients, 0.2)


def _expected(table: CaptureCells, quadrature: tuple[Floats, Floats], theta: Floats) -> tuple[Floats, Floats]:
    """Return the expected count of each cell, and the derivatives of its logarithm."""
    points, log_weights = quadrature
    deviations = theta[-1] * points
    fixed = table.offset + table.x[:, 1:] @ theta[1:-1]
    kinds, at = np.unique(table.times, return_inverse=True)
    odds = fixed[:, None] + table.times[:, None] * deviations
    total = logsumexp(odds, axis=0)
    never = -np.logaddexp(0.0, total)
    # of those caught at all with each deviation: the mean line of the model matrix
    shares = np.exp(odds - total)
    caught = -np.expm1(never)
    slopes = -caught[:, None] * (shares.T @ table.x[:, 1:])
    bend = -caught * (table.times @ shares) * points
    joint = log_weights + np.vstack([np.zeros_like(points), kinds[:, None] * deviations]) + never
    levels = logsumexp(joint, axis=1)
    weights = np.exp(joint - levels[:, None])
    phi = levels[1:] - levels[0]
    by_line = weights @ slopes
    by_sigma = weights @ bend + np.append(0.0, kinds) * (weights @ points)
    derivatives = np.column_stack(
        [np.ones_like(fixed), table.x[:, 1:] + (by_line[1:] - by_line[0])[at], (by_sigma[1:] - by_sigma[0])[at]]
    )
    return np.exp(np.clip(theta[0] + fixed + phi[at], -700, 700)), derivatives


def _log_likelihood(counts: Floats, fitted: Floats) -> float:
    return float((xlogy(counts, fitted) - fitted).sum())


def _maximise(
    table: CaptureCells, quadrature: tuple[Floats, Floats], theta: Floats, first: int = 0
) -> tuple[Floats, bool]:
    """Return the maximum by Fisher's scoring, steps halved until it rises; parameters before `first` stay."""
    fitted, derivatives = _expected(table, quadrature, theta)
    height = _log_likelihood(table.counts, fitted)
    farthest = math.log(_FARTHEST * float(table.counts.sum()))
    for _ in range(_STEPS):
        if theta[0] > farthest:
            return theta, False
        free = derivatives[:, first:]
        information = free.T @ (free * fitted[:, None])
        step = np.zeros_like(theta)
        step[first:] = np.linalg.lstsq(information, free.T @ (table.counts - fitted), rcond=1e-14)[0]
        for _ in range(_HALVINGS):
            ahead = _expected(table, quadrature, theta + step)
            higher = _log_likelihood(table.counts, ahead[0])
            if higher >= height - 1e-13 * abs(height):
                break
            step = step / 2.0
        else:
            return theta, False
        gain = abs(higher - height)
        theta, height, (fitted, derivatives) = theta + step, higher, ahead
        if abs(theta[-1]) < _SMALL or (gain <= _CLOSE * (abs(height) + 1.0) and np.abs(step).max() <= 1e-7):
            return theta, True
    return theta, False


def _observed(table: CaptureCells, quadrature: tuple[Floats, Floats], theta: Floats) -> Floats:
    """Return the observed information: minus the slope of the score, by central differences."""

    def score(at: Floats) -> Floats:
        fitted, derivatives = _expected(table, quadrature, at)
        return np.asarray(derivatives.T @ (table.counts - fitted))

    width = 1e-5
    columns = [
        (score(theta - width * axis) - score(theta + width * axis)) / (2.0 * width) for axis in np.eye(len(theta))
    ]
    slope = np.column_stack(columns)
    return (slope + slope.T) / 2.0
