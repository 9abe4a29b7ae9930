"""One factor behind several answers: loadings that reproduce their covariances best, and how they move with these.

Unweighted least squares (minres, Harman and Jones 1966): loadings l minimise the sum over i < j of
(s_ij - l_i l_j)^2. What the factor leaves of the variance of an answer is its own: s_ii - l_i^2.
"""

from __future__ import annotations

import numpy as np

from diplab.kernel.arrays import Floats

_SWEEPS = 30
_STEPS = 60
_ENOUGH = 1e-12


def loadings(covariance: Floats) -> Floats:
    """Return the loadings of one factor on each of several answers.

    Shapes: `covariance` (..., k, k).

    With a positive sum; NaN where nothing fits (answers without variance or without covariance).
    """
    k = covariance.shape[-1]
    stacked = covariance.reshape(-1, k, k)
    scale = np.sqrt(np.einsum("bii->bi", stacked))
    known = np.isfinite(stacked).all(axis=(1, 2)) & (scale > 0).all(axis=1)
    result = np.full(stacked.shape[:2], np.nan)
    if known.any():
        result[known] = _fitted(stacked[known])
    return result.reshape(covariance.shape[:-1])


def _fitted(covariance: Floats) -> Floats:
    """Fit matrices without gaps: sweeps over the answers until near, then Newton's steps."""
    k = covariance.shape[-1]
    between = covariance * (1 - np.eye(k))
    values, vectors = np.linalg.eigh(covariance)
    fit = vectors[..., -1] * np.sqrt(values[..., -1:])
    with np.errstate(divide="ignore", invalid="ignore"):
        for _ in range(_SWEEPS):
            for item in range(k):
                others = (fit**2).sum(axis=-1) - fit[:, item] ** 2
                fit[:, item] = (between[:, item] * fit).sum(axis=-1) / others
        fit = np.nan_to_num(fit, posinf=0.0, neginf=0.0)
        size = np.abs(between).max(axis=(1, 2)) ** 1.5 + np.finfo(float).tiny
        for _ in range(_STEPS):
            gradient, curvature = _gradient(fit, between), _curvature(fit, between)
            if (np.abs(gradient).max(axis=-1) <= _ENOUGH * size).all():
                break
            fit = fit - _solved(curvature, gradient)
        lost = ~(np.abs(_gradient(fit, between)).max(axis=-1) <= 1e-9 * size)
    # a stationary point is the fit only where the criterion curves upwards
    lost |= np.linalg.eigvalsh(np.nan_to_num(-_curvature(fit, between))).min(axis=-1) <= 0
    signed: Floats = fit * np.where(fit.sum(axis=-1, keepdims=True) < 0, -1.0, 1.0)
    signed[lost] = np.nan
    return signed


def _gradient(fit: Floats, between: Floats) -> Floats:
    """Return for each answer the sum over the others of (s_ij - l_i l_j) l_j: zero at the fit."""
    squares = (fit**2).sum(axis=-1, keepdims=True) - fit**2
    return np.asarray(np.einsum("...ij,...j->...i", between, fit) - fit * squares)


def _curvature(fit: Floats, between: Floats) -> Floats:
    """Return the derivative of the gradient by the loadings."""
    k = fit.shape[-1]
    squares = (fit**2).sum(axis=-1, keepdims=True) - fit**2
    off = (between - 2 * fit[..., :, None] * fit[..., None, :]) * (1 - np.eye(k))
    return np.asarray(off - squares[..., None] * np.eye(k))


def _solved(matrix: Floats, vector: Floats) -> Floats:
    """Solve stacked systems; one that has no single solution gives NaN, and leaves the others alone."""
    regular = np.asarray(np.isfinite(matrix).all(axis=(-2, -1)))
    regular[regular] = np.linalg.matrix_rank(matrix[regular], hermitian=True) == matrix.shape[-1]
    result = np.full(vector.shape, np.nan)
    result[regular] = np.linalg.solve(matrix[regular], vector[regular][..., None])[..., 0]
    return result


def loadings_slope(fit: Floats, covariance: Floats, weights: Floats) -> Floats:
    """Return how a combination of the loadings moves with each covariance, by implicit differentiation.

    At the fit the gradient g(l, s) is zero, so that dl/ds = - (dg/dl)^-1 dg/ds with dg_i/ds_ij = l_j.

    Shapes: `fit` (..., k), `covariance` (..., k, k), `weights` (..., k).
    """
    k = fit.shape[-1]
    shape = covariance.shape
    between = covariance.reshape(-1, k, k) * (1 - np.eye(k))
    stacked = fit.reshape(-1, k)
    solved = _solved(_curvature(stacked, between), weights.reshape(-1, k))
    slope = -(solved[:, :, None] * stacked[:, None, :])
    both: Floats = (slope + slope.transpose(0, 2, 1)) * (1 - np.eye(k))
    return both.reshape(shape)
