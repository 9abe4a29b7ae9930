"""The unit-level model of Battese, Harter and Fuller (1988): one effect for each area.

Respondent j of area i has y_ij = x_ij'b + u_i + e_ij, with the variances s_u between areas and s_e
within. Only sums by area enter: with r = s_u / s_e and a_i = 1 + r n_i, the inverse of the
covariance takes r n_i^2 / a_i times the area's mean out of sums of squares.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.optimize import brentq

from diplab.kernel.arrays import Floats, Integers

Likelihood = Literal["reml", "ml"]
_GRID = 61  # values of r at which the sign of the score is looked at
_RANGE = (1e-6, 1e4)


@dataclass(frozen=True, eq=False)
class AreaSums:
    """Sums of respondents, in all and by area."""

    n: Floats  # (areas,)
    mean_x: Floats  # (areas, coefficients)
    mean_y: Floats  # (areas,)
    xx: Floats  # (coefficients, coefficients); of squares and products of all respondents
    xy: Floats  # (coefficients,)
    yy: float


def sums_by_area(y: Floats, x: Floats, area: Integers, areas: int) -> AreaSums:
    """Return the sums of respondents; `x` (respondents, coefficients), areas without any are 0."""
    n = np.bincount(area, minlength=areas).astype(float)
    filled = np.maximum(n, 1.0)
    totals = [np.bincount(area, weights=column, minlength=areas) for column in x.T]
    mean_y = np.bincount(area, weights=y, minlength=areas) / filled
    mean_x = np.column_stack(totals) / filled[:, None]
    return AreaSums(n, mean_x, mean_y, x.T @ x, x.T @ y, float(y @ y))


@dataclass(frozen=True, eq=False)
class NestedErrorModel:
    """A model with one effect for each area, as fitted."""

    likelihood: Likelihood
    sums: AreaSums
    ratio: float  # r, the variance between areas by that within
    coefficients: Floats
    within: float  # s_e
    inverse: Floats  # (coefficients, coefficients); (X'H^-1 X)^-1 with H = I + r ZZ'

    @property
    def between(self) -> float:
        """The variance between areas, s_u."""
        return self.ratio * self.within

    @property
    def gamma(self) -> Floats:
        """The weight of each area's own mean, s_u / (s_u + s_e / n)."""
        return np.asarray(self.ratio * self.sums.n / (1 + self.ratio * self.sums.n))

    @property
    def effects(self) -> Floats:
        """The predicted effect of each area; 0 without respondents."""
        fitted = self.sums.mean_x @ self.coefficients
        return np.asarray(self.gamma * (self.sums.mean_y - fitted))

    @property
    def variance_covariance(self) -> Floats:
        """The covariance of s_u and s_e, the inverse of the expected information."""
        n = self.sums.n[self.sums.n > 0]
        total = self.within + n * self.between
        between = (n**2 / total**2).sum() / 2
        both = (n / total**2).sum() / 2
        within = ((n - 1) / self.within**2 + 1 / total**2).sum() / 2
        return np.linalg.inv(np.array([[between, both], [both, within]]))


def fit_nested_error(sums: AreaSums, likelihood: Likelihood = "reml") -> NestedErrorModel:
    """Fit by profile likelihood in r; 0 where the score is not positive there."""
    grid = np.concatenate([[0.0], np.geomspace(*_RANGE, _GRID)])
    score = _scores(sums, likelihood, grid)
    falling = np.flatnonzero((score[:-1] > 0) & (score[1:] <= 0))
    roots = [_root(sums, likelihood, grid[at], grid[at + 1]) for at in falling]
    if score[0] <= 0:
        roots.append(0.0)
    # beyond the grid the effects explain everything
    several = np.array(roots or [grid[-1]])
    best = several[_log_likelihoods(sums, likelihood, several).argmax()]
    coefficients, inverse, residual = (item[0] for item in _solved(sums, np.array([best])))
    freedom = _freedom(sums, likelihood)
    return NestedErrorModel(
        likelihood, sums, float(best), coefficients, float(residual / freedom), inverse
    )


def _freedom(sums: AreaSums, likelihood: Likelihood) -> float:
    freedom = sums.n.sum()
    if likelihood == "reml":
        freedom -= sums.xy.size
    return float(freedom)


def _root(sums: AreaSums, likelihood: Likelihood, low: float, high: float) -> float:
    """Return where the score is 0 between two ratios."""

    def score(ratio: float) -> float:
        return float(_scores(sums, likelihood, np.array([ratio]))[0])

    return float(brentq(score, low, high, xtol=1e-15, rtol=4e-15))


def _solved(sums: AreaSums, ratios: Floats) -> tuple[Floats, Floats, Floats]:
    """Return by ratio: coefficients, (X'H^-1 X)^-1, and the residual sum of squares."""
    taken = ratios[:, None] * sums.n**2 / (1 + ratios[:, None] * sums.n)
    weighted = taken[:, :, None] * sums.mean_x
    inverse = np.linalg.inv(sums.xx - np.einsum("gap,aq->gpq", weighted, sums.mean_x))
    right = sums.xy - np.einsum("gap,a->gp", weighted, sums.mean_y)
    coefficients = np.einsum("gpq,gq->gp", inverse, right)
    residual = sums.yy - taken @ sums.mean_y**2 - np.einsum("gp,gp->g", coefficients, right)
    return coefficients, inverse, residual


def _scores(sums: AreaSums, likelihood: Likelihood, ratios: Floats) -> Floats:
    """Return the derivative of the profile log-likelihood by r."""
    coefficients, inverse, residual = _solved(sums, ratios)
    spread = sums.n / (1 + ratios[:, None] * sums.n)
    effect = spread * (sums.mean_y - coefficients @ sums.mean_x.T)
    score = _freedom(sums, likelihood) * (effect**2).sum(axis=1) / residual - spread.sum(axis=1)
    if likelihood == "reml":
        leverage = np.einsum("ap,gpq,aq->ga", sums.mean_x, inverse, sums.mean_x)
        score = score + (spread**2 * leverage).sum(axis=1)
    return np.asarray(score / 2)


def _log_likelihoods(sums: AreaSums, likelihood: Likelihood, ratios: Floats) -> Floats:
    """Return the profile log-likelihood at some ratios."""
    _, inverse, residual = _solved(sums, ratios)
    freedom = _freedom(sums, likelihood)
    value = freedom * np.log(2 * np.pi * residual / freedom) + freedom
    value = value + np.log1p(ratios[:, None] * sums.n).sum(axis=1)
    if likelihood == "reml":
        value = value - np.linalg.slogdet(inverse)[1]
    return np.asarray(-value / 2)


def log_likelihood(model: NestedErrorModel) -> float:
    """Return the maximised log-likelihood."""
    found = _log_likelihoods(model.sums, model.likelihood, np.array([model.ratio]))
    return float(found[0])


@dataclass(frozen=True, eq=False)
class AreaMeans:
    """Predicted means of areas, and the terms of their MSE."""

    value: Floats  # (areas,)
    g1: Floats  # (areas,)
    g2: Floats  # (areas, areas)
    g3: Floats  # (areas,)

    @property
    def covariance(self) -> Floats:
        """The covariance of the errors of prediction: g1 + g2 + 2 g3, and g2 between areas."""
        covariance = self.g2.copy()
        np.fill_diagonal(covariance, self.g1 + np.diag(self.g2) + 2 * self.g3)
        return covariance


def predict_means(model: NestedErrorModel, means: Floats) -> AreaMeans:
    """Predict the mean of each area from the means of its population, (areas, coefficients)."""
    sums, gamma = model.sums, model.gamma
    distance = means - gamma[:, None] * sums.mean_x
    covariance = model.variance_covariance
    n = np.maximum(sums.n, 1.0)
    by_between, by_within = model.within, -model.between
    spread = by_between**2 * covariance[0, 0] + by_within**2 * covariance[1, 1]
    spread += 2 * by_between * by_within * covariance[0, 1]
    return AreaMeans(
        value=means @ model.coefficients + model.effects,
        g1=model.between * (1 - gamma),
        g2=model.within * distance @ model.inverse @ distance.T,
        g3=np.where(sums.n > 0, spread / n**2 / (model.between + model.within / n) ** 3, 0.0),
    )
