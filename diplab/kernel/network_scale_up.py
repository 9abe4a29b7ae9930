"""How many people a hidden group has, from how many of them people know.

Answers are arrays with one row a respondent; weights are proportional to the persons each respondent stands for.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["ScaledUp", "degrees", "generalised", "mean_of_ratios", "model_variance", "ratio_of_sums"]

Floats = NDArray[np.float64]


class ScaledUp(NamedTuple):
    """A size and its variance over respondents drawn with replacement.

    Parameters
    ----------
    size, variance : float
    """

    size: float
    variance: float


def degrees(answers: Floats, sizes: Floats, population: float) -> Floats:
    """Return how many people each respondent knows, from how many they know in groups of known size.

    Parameters
    ----------
    answers : array, shape (n, K)
        Persons known in each group.
    sizes : array, shape (K,)
        Persons in each group.
    population : float
        Persons in all.

    Returns
    -------
    array, shape (n,)
        d = N sum of y_k / sum of N_k (Killworth et al., 1998b).

    Examples
    --------
    >>> degrees(np.array([[2.0, 1, 0, 3]]), np.array([1e5, 5e4, 3e4, 2e5]), 3e6).round(6).tolist()
    [47.368421]
    """
    return np.asarray(population * answers.sum(axis=1) / sizes.sum(), dtype=np.float64)


def ratio_of_sums(hidden: Floats, degree: Floats, weights: Floats, population: float) -> ScaledUp:
    """Return the maximum-likelihood size: those known in the group over all who are known.

    Parameters
    ----------
    hidden, degree, weights : array, shape (n,)
        Persons known in the group, persons known, weights.
    population : float

    Returns
    -------
    ScaledUp
        N sum of w y / sum of w d (Killworth et al., 1998b), its variance by linearisation.

    Examples
    --------
    >>> ratio_of_sums(np.array([1.0, 2]), np.array([100.0, 200]), np.ones(2), 3e4).size
    300.0
    """
    known = float(weights @ degree)
    rate = float(weights @ hidden) / known
    return ScaledUp(population * rate, population**2 * _variance(weights * (hidden - rate * degree) / known))


def mean_of_ratios(hidden: Floats, degree: Floats, weights: Floats, population: float) -> ScaledUp:
    """Return the plug-in size: the mean share of the group among those a respondent knows.

    Parameters
    ----------
    hidden, degree, weights : array, shape (n,)
    population : float

    Returns
    -------
    ScaledUp
        N times the weighted mean of y / d (Killworth et al., 1998a), its variance by linearisation.

    Examples
    --------
    >>> mean_of_ratios(np.array([1.0, 0]), np.array([100.0, 200]), np.ones(2), 3e4).size
    150.0
    """
    shares, whole = hidden / degree, float(weights.sum())
    rate = float(weights @ shares) / whole
    return ScaledUp(population * rate, population**2 * _variance(weights * (shares - rate) / whole))


def generalised(
    hidden: Floats, weights: Floats, visibility: Floats, visibility_weights: Floats, population: float
) -> ScaledUp:
    """Return the generalised size: all reports of the group over how often a member is reported.

    Parameters
    ----------
    hidden, weights : array, shape (n,)
        Persons of the group whom each respondent reports, and weights.
    visibility, visibility_weights : array, shape (m,)
        How many persons of the population would report each member of a second sample, of the group.
    population : float
        Persons that the respondents stand for.

    Returns
    -------
    ScaledUp
        N mean(y) / mean(v) (Feehan and Salganik, 2016), the two samples independent.

    Examples
    --------
    >>> generalised(np.array([2.0, 1, 2, 1]), np.ones(4), np.array([3.0, 3]), np.ones(2), 4).size
    2.0
    """
    reports, of_reports = _mean(hidden, weights)
    seen, of_seen = _mean(visibility, visibility_weights)
    size = population * reports / seen
    return ScaledUp(size, size**2 * (of_reports / reports**2 + of_seen / seen**2))


def model_variance(size: float, degree: Floats, population: float) -> float:
    """Return the variance of the maximum-likelihood size where each acquaintance is an independent draw.

    Parameters
    ----------
    size : float
    degree : array, shape (n,)
    population : float

    Returns
    -------
    float
        N times the size / sum of d (Killworth et al., 1998b).

    Examples
    --------
    >>> round(model_variance(55882.352941, np.array([268.421053]), 3e6) ** 0.5, 3)
    24991.348
    """
    return population * size / float(degree.sum())


def _mean(values: Floats, weights: Floats) -> tuple[float, float]:
    whole = float(weights.sum())
    mean = float(weights @ values) / whole
    return mean, _variance(weights * (values - mean) / whole)


def _variance(influence: Floats) -> float:
    """Return the variance of a sum of independent parts; unknown with one of them."""
    n = influence.size
    return float(influence @ influence) * n / (n - 1) if n > 1 else float("nan")
