"""Captures with a probability of its own for each occasion, persons being alike (Mt), over any number of occasions.

All that matters is how many were caught at each occasion, n_j, and how many at all, n: no table of histories is
needed. It is the log-linear model of main effects, and gives the same numbers.

References
----------
Darroch (1958), *Biometrika* 45; Seber (1982), *The Estimation of Animal Abundance*, 4.1.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.optimize import brentq
from scipy.special import digamma, gammaln, logit, xlogy

from diplab.kernel.multinomial_profile import Profile, likelihood_interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Apart", "fit_apart", "profile_apart"]


_FARTHEST = 1e8


class Apart(NamedTuple):
    """A fit of Mt.

    Parameters
    ----------
    size, variance : float
        The variance is NaN where nobody is left uncaught, and both are infinite where nobody was caught twice.
    coefficients : array, shape (occasions + 1,)
        Logarithm of those never caught, then log-odds of capture by occasion.
    errors : array, shape (occasions + 1,)
        Their standard errors.
    """

    size: float
    variance: float
    coefficients: NDArray[np.float64]
    errors: NDArray[np.float64]


def fit_apart(caught: NDArray[np.float64], seen: float) -> Apart:
    """Return the size behind numbers caught at each occasion and at all.

    Parameters
    ----------
    caught : array, shape (occasions,)
        Persons caught at each occasion, more than none.
    seen : float
        Persons caught at least once.

    Returns
    -------
    Apart
        N solves 1 - n/N = product of 1 - n_j/N. With p_j = n_j/N the information of (b0, b) is that of independent
        captures of N persons, less that of the N - n which nobody saw.

    Examples
    --------
    >>> import numpy as np
    >>> hares = fit_apart(np.array([16.0, 28, 20, 26, 23, 32]), 68)
    >>> round(hares.size, 4), round(hares.variance**0.5, 4)
    (75.0662, 3.3523)
    """
    nothing = np.full(len(caught) + 1, np.nan)
    if caught.max() >= seen:
        return Apart(seen, math.nan, nothing, nothing)
    if caught.sum() <= seen:
        return Apart(math.inf, math.inf, nothing, nothing)

    def gap(log_missed: float) -> float:
        size = seen + math.exp(log_missed)
        return float(np.log1p(-caught / size).sum()) - math.log(math.exp(log_missed) / size)

    if gap(-30.0) <= 0:
        # so many were caught so often that nobody can be told from none
        return Apart(seen, math.nan, nothing, nothing)
    high = math.log(seen)
    while gap(high) > 0:
        high += 1.0
        if high > math.log(_FARTHEST * seen):
            return Apart(math.inf, math.inf, nothing, nothing)
    size = seen + math.exp(brentq(gap, -30.0, high, xtol=1e-13, rtol=1e-14))
    p, missed = caught / size, size - seen
    information = size * np.outer(np.append(1.0, p), np.append(1.0, p))
    information[1:, 1:] += np.diag(size * p * (1.0 - p))
    information[0, 0] -= missed
    covariance = np.linalg.inv(information)
    variance = missed + missed**2 * float(covariance[0, 0])
    return Apart(
        size, variance, np.append(math.log(missed), logit(p)), np.sqrt(np.diagonal(covariance)).astype(float)
    )


def profile_apart(caught: NDArray[np.float64], seen: float, near: float, confidence: float = 0.95) -> Profile:
    """Return the multinomial size of Mt and its profile-likelihood interval.

    Parameters
    ----------
    caught : array, shape (occasions,)
    seen : float
        As for `fit_apart`.
    near : float
        Size, about.
    confidence : float
        Probability of the interval.

    Returns
    -------
    Profile
        l(N) = log N! - log (N-n)! + sum n_j log p_j + (N - n_j) log(1 - p_j), p_j = n_j / N.

    Examples
    --------
    >>> import numpy as np
    >>> found = profile_apart(np.array([16.0, 28, 20, 26, 23, 32]), 68, 75.0)
    >>> [round(each, 3) for each in found]
    [74.338, 69.288, 82.396]
    """

    def likelihood(missed: float) -> float:
        size = seen + missed
        binomial = xlogy(caught, caught / size) + xlogy(size - caught, 1.0 - caught / size)
        return float(gammaln(size + 1) - gammaln(missed + 1) + binomial.sum())

    def slope(missed: float) -> float:
        size = seen + missed
        return float(digamma(size + 1) - digamma(missed + 1) + np.log1p(-caught / size).sum())

    steady = slope if caught.max() < seen else None
    return likelihood_interval(likelihood, seen, max(near - seen, 1e-3), confidence, steady)
