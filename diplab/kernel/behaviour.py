"""Captures that change persons: once caught, a person is caught again more, or less, easily than at first.

All that matters is who was caught first when, u_j persons at occasion j, M_j caught before it, and how many of these,
m_j, were caught again. With N persons, u_j is binomial among N - M_j with probability p_j, and m_j among M_j with
probability c_j: only the first captures tell N, as removals would. Mb has one p and one c; Mbh has a p of its own for
the first occasion, where those easily caught go.

References
----------
Otis et al. (1978), *Wildlife Monographs* 62; Pollock and Otto (1983), *Biometrics* 39; Rivest and Lévesque (2001),
*Canadian Journal of Statistics* 29; Baillargeon and Rivest (2007), *Journal of Statistical Software* 19(5).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import gammaln, xlogy

from diplab.kernel.loglinear import fit_loglinear
from diplab.kernel.multinomial_profile import Profile, likelihood_interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["FirstCaptures", "Removal", "first_captures", "removal", "removal_profile"]


@dataclass(frozen=True, eq=False)
class FirstCaptures:
    """Who was caught first when, and again.

    Parameters
    ----------
    first : array, shape (occasions,)
        Persons caught for the first time, u_j.
    again : array, shape (occasions,)
        Persons caught again, m_j.
    """

    first: NDArray[np.float64]
    again: NDArray[np.float64]

    @property
    def marked(self) -> NDArray[np.float64]:
        """Persons caught before each occasion, M_j."""
        found: NDArray[np.float64] = np.cumsum(self.first) - self.first
        return found

    @property
    def seen(self) -> float:
        """Persons caught at least once."""
        return float(self.first.sum())

    @property
    def recapture(self) -> float:
        """Share of the chances of being caught again that were taken, c of Mb and Mbh."""
        chances = float(self.marked.sum())
        return float(self.again.sum()) / chances if chances else math.nan


class Removal(NamedTuple):
    """A size from first captures, as persons taken away.

    Parameters
    ----------
    size, variance : float
        Infinite where first captures do not fall off.
    capture : float
        Probability of being caught for the first time.
    error : float
        Standard error of its log-odds.
    """

    size: float
    variance: float
    capture: float
    error: float


def first_captures(histories: NDArray[np.float64], persons: NDArray[np.float64]) -> FirstCaptures:
    """Return who was caught first when, and again, from capture histories.

    Parameters
    ----------
    histories : array of 0 and 1, shape (histories, occasions)
        None of them only zeros.
    persons : array, shape (histories,)
        Persons with each.

    Returns
    -------
    FirstCaptures

    Examples
    --------
    >>> import numpy as np
    >>> found = first_captures(np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]]), np.array([5.0, 3.0]))
    >>> found.first.tolist(), found.again.tolist()
    ([5.0, 3.0, 0.0], [0.0, 0.0, 8.0])
    """
    first = np.zeros_like(histories)
    first[np.arange(len(histories)), histories.argmax(axis=1)] = 1.0
    return FirstCaptures(persons @ first, persons @ (histories - first))


def removal(first: NDArray[np.float64], apart: float = 0.0) -> Removal:
    """Return the size behind first captures whose expectation falls off geometrically.

    Parameters
    ----------
    first : array, shape (occasions,)
        Persons caught for the first time.
    apart : float
        Persons caught before, at an occasion with a probability of its own (Mbh); they are added.

    Returns
    -------
    Removal
        log E(u_j) = a + b (j - 1), so that N = exp(a) / (1 - exp(b)) and p = 1 - exp(b). The variance is v' V v - N,
        v the derivatives of N and V the Poisson covariance of (a, b), N being fixed (Rivest and Lévesque, 2001).

    Examples
    --------
    >>> import numpy as np
    >>> found = removal(np.array([16.0, 24, 9, 9, 6, 4]))
    >>> round(found.size, 4), round(found.variance**0.5, 4)
    (81.1461, 8.2615)
    """
    x = np.column_stack([np.ones(len(first)), np.arange(float(len(first)))])
    fit = fit_loglinear(x, first)
    level, slope = fit.coefficients
    if not slope < -1e-9:
        return Removal(math.inf, math.inf, 0.0, math.nan)
    capture = -math.expm1(slope)
    size = math.exp(level) / capture
    gradient = size * np.array([1.0, (1.0 - capture) / capture])
    variance = float(gradient @ fit.covariance @ gradient) - size
    error = math.sqrt(float(fit.covariance[1, 1])) / capture
    return Removal(size + apart, variance, capture, error)


def removal_profile(
    first: NDArray[np.float64], near: float, confidence: float = 0.95, apart: float = 0.0
) -> Profile:
    """Return the multinomial size behind first captures, and its profile-likelihood interval.

    Parameters
    ----------
    first : array, shape (occasions,)
        Persons caught for the first time.
    near : float
        Size, about.
    confidence : float
        Probability of the interval.
    apart : float
        Persons caught before, at an occasion with a probability of its own (Mbh).

    Returns
    -------
    Profile
        l(N) = log N! - log (N-n)! + log p^n (1-p)^q, where q = sum (j-1) u_j + t (N-n) and p = n / (n + q) is the best
        for each N; persons apart add log p1^u (1 - p1)^(N-u), p1 = u / N.

    Examples
    --------
    >>> import numpy as np
    >>> found = removal_profile(np.array([16.0, 24, 9, 9, 6, 4]), 81.0)
    >>> [round(each, 1) for each in found]
    [79.1, 70.0, 107.1]
    """
    caught = float(first.sum())
    missed_before = float(first @ np.arange(len(first)))

    def likelihood(missed: float) -> float:
        size = caught + apart + missed
        failures = missed_before + len(first) * missed
        chances = max(caught + failures, 1e-300)
        geometric = xlogy(caught, caught / chances) + xlogy(failures, failures / chances)
        easily = xlogy(apart, apart / size) + xlogy(size - apart, 1.0 - apart / size)
        return float(gammaln(size + 1) - gammaln(missed + 1) + geometric + easily)

    return likelihood_interval(likelihood, caught + apart, max(near - caught - apart, 1e-3), confidence)
