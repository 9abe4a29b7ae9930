"""The area-level model of Fay and Herriot (1979): variance between areas, predictors, their MSE.

Areas i = 1..m have direct estimates y_i = x_i'b + u_i + e_i with known sampling variances psi_i;
u_i has the variance s between areas. Below, v_i = 1 / (s + psi_i), and P = V - V X Q X'V, with
Q = (X'VX)^-1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.optimize import brentq

from diplab.kernel.arrays import Booleans, Floats

Method = Literal[
    "reml",
    "ml",
    "moments",
    "prasad_rao",
    "li_lahiri",
    "li_lahiri_ml",
    "yoshimori_lahiri",
    "yoshimori_lahiri_ml",
]
_PROFILE = ("ml", "li_lahiri_ml", "yoshimori_lahiri_ml")  # likelihoods of the data themselves
_LI_LAHIRI = ("li_lahiri", "li_lahiri_ml")
_YOSHIMORI_LAHIRI = ("yoshimori_lahiri", "yoshimori_lahiri_ml")
_GRID = 81  # values of s at which the sign of the score is looked at
_RANGE = 1e6  # of s around the typical sampling variance, both ways


@dataclass(frozen=True, eq=False)
class AreaModel:
    """A Fay-Herriot model at some variance between areas."""

    method: Method
    y: Floats  # (areas,)
    psi: Floats  # (areas,); sampling variances
    x: Floats  # (areas, coefficients)
    variance: float  # s, between areas

    @property
    def v(self) -> Floats:
        """The inverse of the variance of each direct estimate."""
        return 1 / (self.variance + self.psi)

    @property
    def coefficient_covariance(self) -> Floats:
        """Q = (X'VX)^-1."""
        return np.asarray(np.linalg.inv((self.x.T * self.v) @ self.x), dtype=float)

    @property
    def coefficients(self) -> Floats:
        """The generalised least squares estimate Q X'V y."""
        return np.asarray(self.coefficient_covariance @ (self.x.T * self.v) @ self.y)

    @property
    def gamma(self) -> Floats:
        """The weight of the direct estimate, s / (s + psi)."""
        return self.variance * self.v

    @property
    def log_likelihood(self) -> float:
        """The log-likelihood, of the data or (residual) of their contrasts, with its adjustment."""
        return float(_log_likelihoods(self, np.array([self.variance]))[0])

    @property
    def variance_of_variance(self) -> float:
        """The asymptotic variance of the estimator of s."""
        v = self.v
        if self.method == "prasad_rao":
            return float(2 * (1 / v**2).sum() / v.size**2)
        if self.method == "moments":
            return float(2 * v.size / v.sum() ** 2)
        return float(2 / (v**2).sum())

    @property
    def bias_of_variance(self) -> float:
        """The bias of the estimator of s, to order 1/m (Datta and Lahiri 2000)."""
        v = self.v
        squares = (v**2).sum()
        bias = 0.0
        if self.method == "moments":
            bias = 2 * (v.size * squares - v.sum() ** 2) / v.sum() ** 3
        if self.method in _PROFILE:
            spread = (self.x.T * v**2) @ self.x
            bias = -np.trace(self.coefficient_covariance @ spread) / squares
        if self.method in _LI_LAHIRI and self.variance > 0:
            bias += 2 / (self.variance * squares)
        return float(bias)


@dataclass(frozen=True, eq=False)
class Predictions:
    """Empirical best linear unbiased predictors of areas, and the terms of their MSE."""

    value: Floats  # (areas,)
    gamma: Floats  # (areas,); weight of the direct estimate; 0 where there is none
    g1: Floats  # (areas,); the MSE were the model known; s where there is no direct estimate
    g2: Floats  # (areas, areas); from the coefficients
    g3: Floats  # (areas,); from the variance between areas
    bias: Floats  # (areas,); of g1, subtracted

    @property
    def mse(self) -> Floats:
        """The mean squared error g1 + g2 + 2 g3 - bias (Prasad and Rao 1990)."""
        return np.asarray(self.g1 + np.diag(self.g2) + 2 * self.g3 - self.bias)

    @property
    def covariance(self) -> Floats:
        """The covariance of the errors of prediction: areas share the coefficients alone."""
        covariance = self.g2.copy()
        np.fill_diagonal(covariance, self.mse)
        return covariance


def fit_areas(y: Floats, psi: Floats, x: Floats, method: Method = "reml") -> AreaModel:
    """Estimate the variance between areas; 0 where the score is not positive there.

    Of several maxima of a likelihood the highest is taken.
    """
    start = AreaModel(method, y, psi, x, 0.0)
    if method == "prasad_rao":
        return _with_variance(start, max(_prasad_rao(y, psi, x), 0.0))
    typical = float(np.exp(np.log(psi).mean()))
    grid = np.concatenate([[0.0], typical * np.geomspace(1 / _RANGE, _RANGE, _GRID)])
    if method in _LI_LAHIRI:
        grid = grid[1:]  # its likelihood is 0 at s = 0
    score = _scores(start, grid)
    falling = np.flatnonzero((score[:-1] > 0) & (score[1:] <= 0))
    roots = [_root(start, grid[at], grid[at + 1]) for at in falling]
    if method not in _LI_LAHIRI and score[0] <= 0:
        roots.append(0.0)
    best = np.array(roots)
    if len(roots) > 1 and method != "moments":
        return _with_variance(start, float(best[_log_likelihoods(start, best).argmax()]))
    return _with_variance(start, float(best[0]))


def _with_variance(model: AreaModel, variance: float) -> AreaModel:
    return AreaModel(model.method, model.y, model.psi, model.x, variance)


def _root(model: AreaModel, low: float, high: float) -> float:
    """Return where the score is 0 between two variances."""

    def score(variance: float) -> float:
        return float(_scores(model, np.array([variance]))[0])

    return float(brentq(score, low, high, xtol=1e-14 * high, rtol=4e-15))


def _profile(model: AreaModel, variances: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Return by variance: v, Q, V X Q, and P y."""
    v = 1 / (variances[:, None] + model.psi)
    weighted = v[:, :, None] * model.x
    inverse = np.linalg.inv(np.einsum("gmp,mq->gpq", weighted, model.x))
    hat = weighted @ inverse
    projected = v * model.y - np.einsum(
        "gmp,gp->gm", hat, np.einsum("gmp,m->gp", weighted, model.y)
    )
    return v, inverse, hat, projected


def _scores(model: AreaModel, variances: Floats) -> Floats:
    """Return the estimating function of s at some variances; it falls through 0 at the estimate."""
    v, _, hat, projected = _profile(model, variances)
    if model.method == "moments":
        return np.asarray(projected @ model.y - (model.y.size - model.x.shape[1]), dtype=float)
    trace = v.sum(axis=1)
    if model.method not in _PROFILE:
        trace = trace - np.einsum("gmp,mp,gm->g", hat, model.x, v)
    score = ((projected**2).sum(axis=1) - trace) / 2
    if model.method in _LI_LAHIRI:
        score = score + 1 / variances
    if model.method in _YOSHIMORI_LAHIRI:
        total = (variances[:, None] * v).sum(axis=1)
        slope = (model.psi * v**2).sum(axis=1)
        with np.errstate(divide="ignore"):
            added = slope / ((1 + total**2) * np.arctan(total)) / model.y.size
        score = score + added
    return np.asarray(score)


def _log_likelihoods(model: AreaModel, variances: Floats) -> Floats:
    """Return the log-likelihood at some variances, with the adjustment of the method."""
    v, inverse, _, projected = _profile(model, variances)
    areas = model.y.size
    value = (np.log(v).sum(axis=1) - projected @ model.y - areas * np.log(2 * np.pi)) / 2
    if model.method not in _PROFILE:
        freedom = model.x.shape[1] * np.log(2 * np.pi)
        value = value + (np.linalg.slogdet(inverse)[1] + freedom) / 2
    if model.method in _LI_LAHIRI:
        value = value + np.log(variances)
    if model.method in _YOSHIMORI_LAHIRI:
        total = (variances[:, None] * v).sum(axis=1)
        value = value + np.log(np.arctan(total)) / areas
    return np.asarray(value)


def _prasad_rao(y: Floats, psi: Floats, x: Floats) -> float:
    """Return the moment estimator from ordinary least squares (Prasad and Rao 1990)."""
    basis, _ = np.linalg.qr(x)
    residual = y - basis @ (basis.T @ y)
    leverage = (basis**2).sum(axis=1)
    excess = residual @ residual - (psi * (1 - leverage)).sum()
    return float(excess / (y.size - x.shape[1]))


def predict_areas(
    model: AreaModel, x: Floats, y: Floats | None = None, psi: Floats | None = None
) -> Predictions:
    """Predict areas: with a direct estimate, from it and the model; without (NaN), from the model.

    `x` (areas, coefficients), `y` and `psi` (areas,) are those of the model where not given.
    """
    y = model.y if y is None else y
    psi = model.psi if psi is None else psi
    direct: Booleans = ~np.isnan(y)
    s = model.variance
    v = np.where(direct, 1 / (s + np.where(direct, psi, 1.0)), 0.0)
    gamma = s * v
    fitted = x @ model.coefficients
    residual = np.where(direct, np.where(direct, y, 0.0) - fitted, 0.0)
    shrunk = (1 - gamma)[:, None] * x
    squared = np.where(direct, (1 - gamma) ** 2, 1.0)
    return Predictions(
        value=fitted + gamma * residual,
        gamma=gamma,
        g1=s * (1 - gamma),
        g2=shrunk @ model.coefficient_covariance @ shrunk.T,
        g3=np.where(direct, (1 - gamma) ** 2 * v, 0.0) * model.variance_of_variance,
        bias=squared * model.bias_of_variance,
    )


def bootstrap_mse(
    model: AreaModel,
    predicted: Predictions,
    x: Floats,
    y: Floats,
    psi: Floats,
    replicates: int,
    seed: int,
) -> Floats:
    """Return the MSE by parametric bootstrap (Butar and Lahiri 2003).

    Of replicates of the direct estimates, drawn from the model, the variance s* alone is used: it
    gives the bias of g1 + g2, and how far the predictors from the data themselves move with s*.
    """
    rng = np.random.default_rng(seed)
    sampled = model.x
    fitted = sampled @ model.coefficients
    spread = np.sqrt(model.variance + model.psi)
    known = predicted.g1 + np.diag(predicted.g2)
    total = np.zeros((2, len(x)))
    for _ in range(replicates):
        drawn = fitted + rng.normal(size=spread.size) * spread
        refitted = fit_areas(drawn, model.psi, sampled, model.method)
        again = predict_areas(_with_variance(model, refitted.variance), x, y, psi)
        total[0] += again.g1 + np.diag(again.g2)
        total[1] += (again.value - predicted.value) ** 2
    mean = total / replicates
    return np.asarray(2 * known - mean[0] + mean[1])


def smoothed_variances(variance: Floats, n: Floats) -> Floats:
    """Return sampling variances on the line of their logarithms by that of n; `(areas,)`.

    Of the exponential of the fit, a multiple that keeps the sum of the variances (Rao and Molina
    2015, section 6.4); areas whose variance is 0 or unknown get theirs from the line.
    """
    known = (variance > 0) & (n > 0)
    design = np.column_stack([np.ones(n.size), np.log(np.maximum(n, 1.0))])
    slope = np.linalg.lstsq(design[known], np.log(variance[known]), rcond=None)[0]
    fitted = np.exp(design @ slope)
    return np.asarray(fitted * variance[known].sum() / fitted[known].sum())
