"""Registered accounts predicted from traffic: a line on logarithms, carried back without bias, its error kept."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import hyp0f1

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "Held",
    "Predicted",
    "TrafficFit",
    "arithmetic",
    "draws_of",
    "fit_traffic",
    "harmonic",
    "predicted",
]


class TrafficFit(NamedTuple):
    """A line log(registered) = a + b log(visitors) + e, with e normal.

    Parameters
    ----------
    coefficients : array, shape (2,)
        Intercept a and slope b.
    unscaled : array, shape (2, 2)
        Inverse of X'X: times the residual variance, the covariance of the coefficients.
    residual : float
        Residual standard deviation s, with n - 2 degrees of freedom.
    df : int
        n - 2.
    lowest, highest : float
        Ends of the traffic the line was fitted on.
    """

    coefficients: NDArray[np.float64]
    unscaled: NDArray[np.float64]
    residual: float
    df: int
    lowest: float
    highest: float


class Predicted(NamedTuple):
    """Predicted accounts of several platforms, and the covariance of what they truly have around them.

    Parameters
    ----------
    mean : array, shape (platforms,)
        Unbiased for the mean of registered accounts at that traffic.
    covariance : array, shape (platforms, platforms)
        Of the errors of prediction: own residual, and coefficients shared by all.
    """

    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]


def fit_traffic(registered: NDArray[np.float64], visitors: NDArray[np.float64]) -> TrafficFit:
    """Return the line fitted by least squares on logarithms.

    Parameters
    ----------
    registered, visitors : array, shape (platforms,)
        Positive; three platforms at least, of at least two different traffics.

    Examples
    --------
    >>> fit_traffic(np.array([2.0, 4.0, 8.0]), np.array([1.0, 2.0, 4.0])).coefficients.round(6).tolist()
    [0.693147, 1.0]
    """
    design = _design(visitors)
    unscaled = np.asarray(np.linalg.inv(design.T @ design), dtype=np.float64)
    solved = np.linalg.lstsq(design, np.log(registered), rcond=None)
    coefficients = np.asarray(solved[0], dtype=np.float64)
    left = np.log(registered) - design @ coefficients
    df = len(registered) - 2
    residual = float(np.sqrt(left @ left / df))
    return TrafficFit(coefficients, unscaled, residual, df, float(visitors.min()), float(visitors.max()))


def predicted(fit: TrafficFit, visitors: NDArray[np.float64]) -> Predicted:
    """Return registered accounts at some traffic, on the scale of accounts.

    Parameters
    ----------
    fit : TrafficFit
        The line.
    visitors : array, shape (platforms,)
        Positive.

    Returns
    -------
    Predicted

    Notes
    -----
    exp(a + b x) is the median of a log-normal figure, below its mean exp(a + b x + sigma^2/2); and putting s^2 and the
    estimated line into that mean overshoots, since the exponential of an estimate is above the exponential on average.
    The mean is exp(a + b x) 0F1(; m/2; m (1 - h) s^2/4), with m = n - 2 and h = x'(X'X)^-1 x, which has expectation
    exp(alpha + beta x + sigma^2/2) exactly (Finney 1941; Bradu and Mundlak 1970). The covariance is that of log-normal
    figures, M_i M_j (exp(s^2 (h_ij + [i = j])) - 1).

    Examples
    --------
    >>> line = fit_traffic(np.array([2.0, 4.0, 8.0]), np.array([1.0, 2.0, 4.0]))
    >>> predicted(line, np.array([8.0])).mean.round(6).tolist()
    [16.0]
    """
    at = _design(visitors)
    leverage = at @ fit.unscaled @ at.T
    squared = fit.residual**2
    factor = hyp0f1(fit.df / 2, fit.df * (1 - np.diag(leverage)) * squared / 4)
    mean = np.exp(at @ fit.coefficients) * factor
    spread = np.expm1(squared * (leverage + np.eye(len(mean))))
    return Predicted(mean, np.outer(mean, mean) * spread)


def draws_of(fit: TrafficFit, visitors: NDArray[np.float64], draws: int, seed: int) -> NDArray[np.float64]:
    """Return draws of what the platforms may truly have, shape (draws, platforms).

    Notes
    -----
    sigma^2 = m s^2 / chi^2_m, the line normal around its estimate with covariance sigma^2 (X'X)^-1, and a residual of
    its own for each platform: the predictive law under a flat prior, of which an interval at one traffic is the usual
    t interval of prediction, exponentiated. Moments of it do not exist, quantiles do; hence intervals only.

    Examples
    --------
    >>> line = fit_traffic(np.array([2.0, 4.0, 8.0]), np.array([1.0, 2.0, 4.0]))
    >>> draws_of(line, np.array([8.0]), 3, 1).round(6).ravel().tolist()
    [16.0, 16.0, 16.0]
    """
    random = np.random.default_rng(seed)
    at = _design(visitors)
    sigma = fit.residual * np.sqrt(fit.df / random.chisquare(fit.df, draws))
    root = np.linalg.cholesky(fit.unscaled)
    lines = fit.coefficients + sigma[:, None] * (random.standard_normal((draws, 2)) @ root.T)
    own = sigma[:, None] * random.standard_normal((draws, len(at)))
    # an end without a number is infinite
    with np.errstate(over="ignore"):
        return np.asarray(np.exp(lines @ at.T + own), dtype=np.float64)


def _design(visitors: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.column_stack([np.ones(len(visitors)), np.log(visitors)])


class Held(NamedTuple):
    """A mean number of accounts, its standard error, degrees of freedom and respondents.

    Parameters
    ----------
    mean : float
        Accounts a person.
    std_error : float
        NaN with one respondent.
    df : float
        Respondents minus one.
    seen : float
        Respondents with a positive weight.
    """

    mean: float
    std_error: float
    df: float
    seen: float


def arithmetic(held: NDArray[np.float64], weights: NDArray[np.float64]) -> Held:
    """Return the mean over persons, sum(w L) / sum(w) (Hájek 1971).

    Parameters
    ----------
    held : array, shape (respondents,)
        Accounts of each.
    weights : array, shape (respondents,)
        What each stands for.

    Examples
    --------
    >>> arithmetic(np.array([1.0, 1.0, 4.0]), np.ones(3)).mean
    2.0
    """
    return _ratio(held, np.ones_like(held), weights)


def harmonic(held: NDArray[np.float64], weights: NDArray[np.float64]) -> Held:
    """Return the mean over persons from a sample of accounts, sum(w) / sum(w / L) (Lavallée 1995).

    Parameters
    ----------
    held : array, shape (respondents,)
        Accounts of the person behind each account.
    weights : array, shape (respondents,)
        What each account stands for.

    Examples
    --------
    >>> harmonic(np.array([1.0, 2.0, 2.0]), np.ones(3)).mean
    1.5
    """
    return _ratio(np.ones_like(held), 1 / held, weights)


def _ratio(top: NDArray[np.float64], bottom: NDArray[np.float64], weights: NDArray[np.float64]) -> Held:
    """Return a ratio of totals, drawn with replacement: z = (y - R x) / sum(w x) (Woodruff 1971)."""
    below = float(weights @ bottom)
    mean = float(weights @ top) / below
    units = len(weights)
    by_unit = weights * (top - mean * bottom) / below
    variance = math.nan if units < 2 else units / (units - 1) * float(((by_unit - by_unit.mean()) ** 2).sum())
    return Held(mean, math.sqrt(variance), float(units - 1), float((weights > 0).sum()))
