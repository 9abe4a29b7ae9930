"""The interval of a population size from the profile of the multinomial likelihood of a log-linear model.

The N persons of the population fall into the cells, those never seen into one of them. For each N the cells'
probabilities are fitted; what is left is a likelihood of N alone. Its maximum lies a little below the size that
Poisson counts give, and its interval is not symmetric.

References
----------
Cormack (1992), *Biometrics* 48; Baillargeon and Rivest (2007), *Journal of Statistical Software* 19(5).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.optimize import brentq, minimize_scalar
from scipy.special import gammaln, ndtri, xlogy

from diplab.kernel.loglinear import fit_loglinear, unseen_size

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

__all__ = ["Profile", "multinomial_profile"]

_FARTHEST = 1e12


class Profile(NamedTuple):
    """The size at the maximum of the profile likelihood, and the ends of its interval.

    Parameters
    ----------
    size, low, high : float
        `high` is infinite where the likelihood sets no upper limit; `low` is the number seen where it sets no lower.
    """

    size: float
    low: float
    high: float


def multinomial_profile(
    x: NDArray[np.float64],
    counts: NDArray[np.float64],
    unseen: NDArray[np.float64],
    confidence: float = 0.95,
) -> Profile:
    """Return the multinomial size of a log-linear model and its profile-likelihood interval.

    Parameters
    ----------
    x : array, shape (cells, parameters)
        Model matrix of the cells that can be seen.
    counts : array, shape (cells,)
        Persons in each.
    unseen : array, shape (parameters,)
        Line of the model matrix of the cell never seen.
    confidence : float
        Probability of the interval.

    Returns
    -------
    Profile
        l(N) = log N! - log (N-n)! + sum y log(mu/N), mu fitted with N - n persons in the cell never seen; the interval
        holds each N with 2 (l(max) - l(N)) below the chi-square quantile with one degree of freedom.

    Examples
    --------
    >>> import numpy as np
    >>> two_lists = np.array([[1.0, 1.0, 1.0], [1.0, 1.0, 0.0], [1.0, 0.0, 1.0]])
    >>> found = multinomial_profile(two_lists, np.array([584.0, 2191.0, 2247.0]), np.array([1.0, 0.0, 0.0]))
    >>> [round(each, 3) for each in found]
    [13447.798, 12629.795, 14360.599]
    """
    seen = float(counts.sum())
    whole, cells = np.vstack([x, unseen]), np.append(counts, 0.0)

    def likelihood(missed: float) -> float:
        cells[-1] = missed
        fitted = fit_loglinear(whole, cells).fitted
        size = seen + missed
        return float(gammaln(size + 1) - gammaln(missed + 1) + xlogy(cells, fitted / size).sum())

    near = float(unseen_size(fit_loglinear(x, counts), unseen)[0])
    at, highest = _maximum(likelihood, near)
    drop = highest - 0.5 * float(ndtri(0.5 + confidence / 2)) ** 2
    low = at if at == 0 else _end(likelihood, drop, 0.0, at)
    return Profile(seen + at, seen + low, seen + _upper(likelihood, drop, max(at, 1.0)))


def _maximum(likelihood: Callable[[float], float], near: float) -> tuple[float, float]:
    """Return the number missed at which the likelihood is highest, and how high it is there."""
    middle = math.log(min(max(near, 1e-3), _FARTHEST))
    found = minimize_scalar(
        lambda log_missed: -likelihood(math.exp(log_missed)),
        bounds=(middle - 4.0, middle + 3.0),
        method="bounded",
        options={"xatol": 1e-9},
    )
    inside = math.exp(float(found.x))
    # a bounded search never tries its ends
    at_zero = likelihood(0.0)
    return (0.0, at_zero) if at_zero >= -float(found.fun) else (inside, -float(found.fun))


def _upper(likelihood: Callable[[float], float], drop: float, start: float) -> float:
    far = start
    while likelihood(far) > drop:
        far *= 2.0
        if far > _FARTHEST:
            return math.inf
    return _end(likelihood, drop, far / 2.0 if far > start else start, far)


def _end(likelihood: Callable[[float], float], drop: float, near: float, far: float) -> float:
    """Return where the likelihood crosses a level between two numbers; the nearer where it does not."""
    if (likelihood(near) - drop) * (likelihood(far) - drop) > 0:
        return near
    return float(brentq(lambda missed: likelihood(missed) - drop, near, far, xtol=1e-7, rtol=1e-12))
