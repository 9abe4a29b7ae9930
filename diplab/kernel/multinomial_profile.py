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
from scipy.special import digamma, gammaln, ndtri, xlogy

from diplab.kernel.convex_loglinear import fit_bounded
from diplab.kernel.loglinear import unseen_size

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

__all__ = ["Profile", "likelihood_interval", "multinomial_profile"]

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
    offset: NDArray[np.float64] | None = None,
    bounded: Sequence[int] = (),
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
    offset : array, shape (cells,), optional
        Known part of the logarithm of each expected count; zero for the cell never seen.
    bounded : sequence of int
        Columns whose coefficient may not be negative, at any N.

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
    known = None if offset is None else np.append(offset, 0.0)
    first = fit_bounded(x, counts, bounded, offset)
    start = [at for at in first.kept if at in bounded]

    near = np.zeros(x.shape[1])
    near[first.kept] = first.fit.coefficients

    def fitted_with(missed: float) -> NDArray[np.float64]:
        cells[-1] = missed
        found = fit_bounded(whole, cells, bounded, known, start, near)
        if found.fit.converged:
            near[found.kept] = found.fit.coefficients
        return found.fit.fitted

    def likelihood(missed: float) -> float:
        fitted, size = fitted_with(missed), seen + missed
        return float(gammaln(size + 1) - gammaln(missed + 1) + xlogy(cells, fitted / size).sum())

    def slope(missed: float) -> float:
        # what is fitted is at its best, so that it does not add to the derivative
        unseen_share = float(fitted_with(missed)[-1]) / (seen + missed)
        return float(digamma(seen + missed + 1) - digamma(missed + 1) + np.log(max(unseen_share, 1e-300)))

    missed = float(unseen_size(first.fit, unseen[first.kept])[0])
    return likelihood_interval(likelihood, seen, missed, confidence, slope)


def likelihood_interval(
    likelihood: Callable[[float], float],
    seen: float,
    near: float,
    confidence: float = 0.95,
    slope: Callable[[float], float] | None = None,
) -> Profile:
    """Return the size at which a likelihood of the number missed is highest, and the interval it gives.

    Parameters
    ----------
    likelihood : callable
        Log-likelihood of the number of persons never seen, all else fitted.
    seen : float
        Persons seen.
    near : float
        Persons never seen, about.
    confidence : float
        Probability of the interval.
    slope : callable, optional
        Derivative of the likelihood, which places its maximum more sharply.

    Returns
    -------
    Profile
        The interval holds each N with 2 (l(max) - l(N)) below the chi-square quantile with one degree of freedom.

    Examples
    --------
    >>> found = likelihood_interval(lambda missed: -((missed - 40.0) ** 2) / 50.0, 60.0, 30.0)
    >>> [round(each, 2) for each in found]
    [100.0, 90.2, 109.8]
    """
    found = None if slope is None else _level(slope, near)
    at, highest = _maximum(likelihood, near) if found is None else (found, likelihood(found))
    drop = highest - 0.5 * float(ndtri(0.5 + confidence / 2)) ** 2
    low = at if at == 0 else _end(likelihood, drop, 0.0, at)
    return Profile(seen + at, seen + low, seen + _upper(likelihood, drop, at))


def _level(slope: Callable[[float], float], near: float) -> float | None:
    """Return where a slope comes to zero; None where it does not around there."""
    low, high = (min(max(near, 1e-3), _FARTHEST) * factor for factor in (0.5, 1.5))
    for _ in range(6):
        if slope(low) > 0 > slope(high):
            return float(brentq(slope, low, high, xtol=1e-9, rtol=1e-12))
        low, high = low / 3.0, high * 3.0
    return None


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


def _upper(likelihood: Callable[[float], float], drop: float, at: float) -> float:
    near, far = at, max(2.0 * at, 1.0)
    while likelihood(far) > drop:
        near, far = far, 2.0 * far
        if far > _FARTHEST:
            return math.inf
    return _end(likelihood, drop, near, far)


def _end(likelihood: Callable[[float], float], drop: float, near: float, far: float) -> float:
    """Return where the likelihood crosses a level between two numbers; the nearer where it does not."""
    if (likelihood(near) - drop) * (likelihood(far) - drop) > 0:
        return near
    return float(brentq(lambda missed: likelihood(missed) - drop, near, far, xtol=1e-7, rtol=1e-12))
