"""Captures with a probability of its own for each occasion, and one shift for persons caught before (Mtb).

With N persons, u_j of the N - M_j not yet caught are caught first at occasion j with probability p_j, and m_j of the
M_j caught before again with c_j, logit c_j = logit p_j + b. Given that n were caught at all the likelihood has no N,
and N = n / (1 - P0), P0 the product of 1 - p_j: this is where the Poisson likelihood of the histories is highest.

References
----------
Otis et al. (1978), *Wildlife Monographs* 62; Sanathanan (1972), *Annals of Mathematical Statistics* 43; Baillargeon
and Rivest (2007), *Journal of Statistical Software* 19(5).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, gammaln, logit, xlogy

from diplab.kernel.multinomial_profile import Profile, likelihood_interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from diplab.kernel.behaviour import FirstCaptures

__all__ = ["Shifted", "fit_shifted", "shifted_profile"]

_FARTHEST = 1e6


class Shifted(NamedTuple):
    """A fit of Mtb.

    Parameters
    ----------
    size, variance : float
        Infinite where the likelihood rises to a size without end.
    coefficients : array, shape (occasions + 1,)
        Log-odds of capture by occasion, then the shift.
    covariance : array, shape (occasions + 1, occasions + 1)
    """

    size: float
    variance: float
    coefficients: NDArray[np.float64]
    covariance: NDArray[np.float64]


def fit_shifted(captures: FirstCaptures) -> Shifted:
    """Fit a probability of capture by occasion and one shift for persons caught before.

    Parameters
    ----------
    captures : FirstCaptures
        Of three occasions or more.

    Returns
    -------
    Shifted
        The variance of N is N P0 / (1 - P0) + g' V g, g the derivatives of N and V the inverse of the information of
        the likelihood given n (Sanathanan, 1972): that of a Poisson fit less N.

    Examples
    --------
    >>> import numpy as np
    >>> from diplab.kernel.behaviour import FirstCaptures
    >>> hares = FirstCaptures(np.array([16.0, 24, 9, 9, 6, 4]), np.array([0.0, 4, 11, 17, 17, 28]))
    >>> round(fit_shifted(hares).size, 3)
    71.723
    """
    theta, gradient, information = min((_climbed(captures, guess) for guess in (1.1, 1.5, 3.0)), key=_height)[
        1:
    ]
    missed = float(np.exp(-np.logaddexp(0.0, theta[:-1]).sum()))
    size = captures.seen / -math.expm1(math.log(missed)) if missed < 1.0 else math.inf
    settled = np.abs(gradient).max() <= 1e-5 * (1.0 + captures.seen)
    if not settled or size > _FARTHEST * captures.seen or not _definite(information):
        return Shifted(math.inf, math.inf, theta, np.full_like(information, np.nan))
    covariance = np.linalg.inv(information).astype(np.float64)
    odds = missed / (1.0 - missed)
    slopes = np.append(-size * odds * expit(theta[:-1]), 0.0)
    return Shifted(size, size * odds + float(slopes @ covariance @ slopes), theta, covariance)


def shifted_profile(captures: FirstCaptures, near: float, confidence: float = 0.95) -> Profile:
    """Return the multinomial size of Mtb and its profile-likelihood interval.

    Parameters
    ----------
    captures : FirstCaptures
    near : float
        Size, about.
    confidence : float
        Probability of the interval.

    Returns
    -------
    Profile
        l(N) = log N! - log (N-n)! + the log-likelihood of binomial captures given N, a logistic regression of first
        captures among N - M_j and of captures again among M_j, fitted for each N.

    Examples
    --------
    >>> import numpy as np
    >>> from diplab.kernel.behaviour import FirstCaptures
    >>> hares = FirstCaptures(np.array([16.0, 24, 9, 9, 6, 4]), np.array([0.0, 4, 11, 17, 17, 28]))
    >>> shifted_profile(hares, 71.7).low
    68.0
    """
    marked, occasions = captures.marked, len(captures.first)
    again = marked > 0
    x = np.vstack([np.eye(occasions, occasions + 1), np.eye(occasions, occasions + 1)[again]])
    x[occasions:, -1] = 1.0
    taken = np.concatenate([captures.first, captures.again[again]])

    def likelihood(missed: float) -> float:
        size = captures.seen + missed
        chances = np.concatenate([size - marked, marked[again]])
        return float(gammaln(size + 1) - gammaln(missed + 1) + _logistic(x, taken, chances))

    return likelihood_interval(likelihood, captures.seen, max(near - captures.seen, 1e-3), confidence)


def _climbed(
    captures: FirstCaptures, guess: float
) -> tuple[float, NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return minus the likelihood at a maximum, where it lies, its gradient and information there."""
    at_risk = guess * captures.seen - captures.marked
    start = np.append(logit(np.clip(captures.first / at_risk, 1e-4, 1 - 1e-4)), 0.0)
    theta = minimize(
        lambda theta: _given_seen(captures, theta)[0],
        start,
        jac=lambda theta: _given_seen(captures, theta)[1],
        hess=lambda theta: _given_seen(captures, theta)[2],
        method="trust-exact",
        options={"gtol": 1e-9 * (1.0 + captures.seen), "maxiter": 500},
    ).x
    value, gradient, information = _given_seen(captures, theta)
    return value, theta, gradient, information


def _height(climbed: tuple[float, NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]) -> float:
    # maxima that differ by rounding alone are the same one, and the first is kept
    return round(climbed[0], 8)


def _definite(information: NDArray[np.float64]) -> bool:
    spread = np.linalg.eigvalsh(information)
    return bool(spread[0] > 1e-10 * spread[-1])


def _given_seen(
    captures: FirstCaptures, theta: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    """Return minus the log-likelihood given those seen, its gradient and its second derivatives."""
    levels, shift = theta[:-1], theta[-1]
    seen, marked, first, again = captures.seen, captures.marked, captures.first, captures.again
    p, c = expit(levels), expit(levels + shift)
    unlogged = -np.logaddexp(0.0, levels)
    never = float(unlogged.sum())
    caught = max(-math.expm1(never), 1e-300)
    expected = seen / caught
    value = (
        (first * levels + (seen - marked) * unlogged).sum()
        + (again * (levels + shift) - marked * np.logaddexp(0.0, levels + shift)).sum()
        - seen * math.log(caught)
    )
    repeated = again - marked * c
    gradient = np.append(first - (expected - marked) * p + repeated, repeated.sum())
    spread = marked * c * (1.0 - c)
    information = np.zeros((len(theta), len(theta)))
    information[:-1, :-1] = np.diag((expected - marked) * p * (1.0 - p) + spread)
    information[:-1, :-1] -= np.outer(p, p) * expected * (1.0 - caught) / caught
    information[:-1, -1] = information[-1, :-1] = spread
    information[-1, -1] = spread.sum()
    return -float(value), -gradient, information


def _logistic(x: NDArray[np.float64], taken: NDArray[np.float64], chances: NDArray[np.float64]) -> float:
    """Return the highest log-likelihood of a logistic regression of shares, by Newton's steps."""
    share = np.clip((taken + 0.5) / (chances + 1.0), 1e-6, 1 - 1e-6)
    theta = np.linalg.lstsq(x, logit(share), rcond=None)[0]
    height = -math.inf
    for _ in range(50):
        predictor = np.clip(x @ theta, -30.0, 30.0)
        p = expit(predictor)
        higher = float((xlogy(taken, p) + xlogy(chances - taken, 1.0 - p)).sum())
        if higher - height <= 1e-11 * (1.0 + abs(higher)):
            return max(height, higher)
        height = higher
        information = x.T @ (x * (chances * p * (1.0 - p))[:, None])
        theta = theta + np.linalg.lstsq(information, x.T @ (taken - chances * p), rcond=1e-12)[0]
    return height
