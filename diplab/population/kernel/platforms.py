"""Registered accounts predict_accounts from traffic, and the mean number of accounts per person."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import hyp0f1

if TYPE_CHECKING:
    from numpy.typing import NDArray


class TrafficFit(NamedTuple):
    """A line log(registered) = a + b log(visitors) + e, with e normal."""

    coefficients: NDArray[np.float64]  # intercept a and slope b
    unscaled: NDArray[np.float64]  # inverse of X'X
    residual: float  # residual standard deviation s, with n - 2 degrees of freedom
    df: int  # n - 2
    # range of the traffic in the fit
    lowest: float
    highest: float


class PredictedAccounts(NamedTuple):
    """PredictedAccounts accounts of several platforms."""

    mean: NDArray[np.float64]  # unbiased for the mean of registered accounts at that traffic
    covariance: NDArray[np.float64]  # of errors of prediction: residuals, and coefficients that all share


def fit_traffic(registered: NDArray[np.float64], visitors: NDArray[np.float64]) -> TrafficFit:
    """Return the line fitted by least squares on logarithms."""
    design = _design(visitors)
    unscaled = np.asarray(np.linalg.inv(design.T @ design), dtype=np.float64)
    solved = np.linalg.lstsq(design, np.log(registered), rcond=None)
    coefficients = np.asarray(solved[0], dtype=np.float64)
    residuals = np.log(registered) - design @ coefficients
    df = len(registered) - 2
    residual = float(np.sqrt(residuals @ residuals / df))
    return TrafficFit(coefficients, unscaled, residual, df, float(visitors.min()), float(visitors.max()))


def predict_accounts(fit: TrafficFit, visitors: NDArray[np.float64]) -> PredictedAccounts:
    """Return registered accounts at some traffic, on the scale of accounts.

    exp(a + b x) is only the median of a log-normal figure. The mean is exp(a + b x) 0F1(; m/2; m (1 - h) s^2/4), with
    m = n - 2 and h = x'(X'X)^-1 x, whose expectation is exactly exp(alpha + beta x + sigma^2/2) (Finney 1941; Bradu
    and Mundlak 1970). The covariance is log-normal, M_i M_j (exp(s^2 (h_ij + [i = j])) - 1).
    """
    at = _design(visitors)
    leverage = at @ fit.unscaled @ at.T
    squared = fit.residual**2
    factor = hyp0f1(fit.df / 2, fit.df * (1 - np.diag(leverage)) * squared / 4)
    mean = np.exp(at @ fit.coefficients) * factor
    spread = np.expm1(squared * (leverage + np.eye(len(mean))))
    return PredictedAccounts(mean, np.outer(mean, mean) * spread)


def draw_accounts(
    fit: TrafficFit, visitors: NDArray[np.float64], draws: int, seed: int
) -> NDArray[np.float64]:
    """Return draws of the predictive distribution, shape (draws, platforms).

    Under a flat prior, sigma^2 = m s^2 / chi^2_m and the line is normal with covariance sigma^2 (X'X)^-1. The interval
    of one platform is the usual t interval of prediction, exponentiated. Moments do not exist; quantiles do.
    """
    random = np.random.default_rng(seed)
    at = _design(visitors)
    sigma = fit.residual * np.sqrt(fit.df / random.chisquare(fit.df, draws))
    root = np.linalg.cholesky(fit.unscaled)
    lines = fit.coefficients + sigma[:, None] * (random.standard_normal((draws, 2)) @ root.T)
    own = sigma[:, None] * random.standard_normal((draws, len(at)))
    # a draw beyond the largest number is infinite
    with np.errstate(over="ignore"):
        return np.asarray(np.exp(lines @ at.T + own), dtype=np.float64)


def _design(visitors: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.column_stack([np.ones(len(visitors)), np.log(visitors)])


class MeanAccounts(NamedTuple):
    """The mean number of accounts per person."""

    mean: float  # accounts per person
    std_error: float  # NaN with one respondent
    df: float  # respondents minus one
    n: float  # respondents with a positive weight


def mean_over_persons(accounts: NDArray[np.float64], weights: NDArray[np.float64]) -> MeanAccounts:
    """Return the mean over persons, sum(w L) / sum(w) (Hájek 1971)."""
    return _ratio(accounts, np.ones_like(accounts), weights)


def mean_over_accounts(accounts: NDArray[np.float64], weights: NDArray[np.float64]) -> MeanAccounts:
    """Return the mean over persons from a sample of accounts, sum(w) / sum(w / L) (Lavallée 1995)."""
    return _ratio(np.ones_like(accounts), 1 / accounts, weights)


def _ratio(
    top: NDArray[np.float64], bottom: NDArray[np.float64], weights: NDArray[np.float64]
) -> MeanAccounts:
    """Return a ratio of totals with replacement, linearised as z = (y - R x) / sum(w x) (Woodruff 1971)."""
    total = float(weights @ bottom)
    mean = float(weights @ top) / total
    units = len(weights)
    by_unit = weights * (top - mean * bottom) / total
    variance = math.nan if units < 2 else units / (units - 1) * float(((by_unit - by_unit.mean()) ** 2).sum())
    return MeanAccounts(mean, math.sqrt(variance), float(units - 1), float((weights > 0).sum()))
