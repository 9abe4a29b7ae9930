"""How many people a hidden group has, from how many of them people know.

Answers are arrays with one row a respondent; weights are proportional to the persons each respondent stands for.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

__all__ = [
    "Chain",
    "ScaledUp",
    "chain_shares",
    "closed_groups",
    "degrees",
    "equilibrium",
    "generalised",
    "inverse_degree_shares",
    "mean_of_ratios",
    "model_variance",
    "ratio_of_sums",
    "resampled_shares",
]

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


Integers = NDArray[np.int64]


class Chain(NamedTuple):
    """A sample by recruitment.

    Parameters
    ----------
    group : array of int, shape (n,)
        Group of each person, from 0.
    degree : array, shape (n,)
        Persons each one knows in the population.
    recruiter : array of int, shape (n,)
        Place of the recruiter; -1 for a seed.
    groups : int
        How many groups there are.
    """

    group: Integers
    degree: Floats
    recruiter: Integers
    groups: int


def equilibrium(recruitments: Floats) -> Floats:
    """Return the make-up that endless recruitment would settle at.

    Parameters
    ----------
    recruitments : array, shape (..., k, k)
        Recruitments by group of the recruiter (rows) and of the recruit.

    Returns
    -------
    array, shape (..., k)
        E with E = E C, C the rows of `recruitments` as shares (Heckathorn, 1997); NaN where a group recruits nobody
        or no group alone settles it. Smoothing the table to equal recruitments both ways (Heckathorn, 2002) leaves E
        as it is.

    Examples
    --------
    >>> equilibrium(np.array([[39.0, 82], [79, 188]])).round(6).tolist()
    [0.303914, 0.696086]
    """
    k = recruitments.shape[-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = recruitments / recruitments.sum(axis=-1, keepdims=True)
    left = np.swapaxes(shares, -1, -2) - np.eye(k)
    left[..., -1, :] = 1.0
    right = np.zeros((*recruitments.shape[:-2], k, 1))
    right[..., -1, :] = 1.0
    solvable = np.isfinite(left).all(axis=(-1, -2))
    left = np.where(solvable[..., None, None], left, np.eye(k))
    solvable &= np.abs(np.linalg.det(left)) > 1e-12
    left = np.where(solvable[..., None, None], left, np.eye(k))
    found = np.linalg.solve(left, right)[..., 0]
    return np.where(solvable[..., None], found, np.nan)


def chain_shares(recruitments: Floats, members: Floats, inverse_degrees: Floats) -> Floats:
    """Return shares by the equilibrium of recruitment, corrected for who knows more people (RDS-I).

    Parameters
    ----------
    recruitments : array, shape (..., k, k)
        Recruitments by group of the recruiter (rows) and of the recruit.
    members, inverse_degrees : array, shape (..., k)
        Persons in the sample, and the sum of 1/degree, by group.

    Returns
    -------
    array, shape (..., k)
        In proportion to E_g / D_g, D_g = n_g / sum(1/d) (Salganik and Heckathorn, 2004; Heckathorn, 2002). With two
        groups it is D_B C_BA / (D_A C_AB + D_B C_BA).

    Examples
    --------
    >>> blue = np.array([[39.0, 82], [79, 188]])
    >>> chain_shares(blue, np.array([118.0, 271]), np.array([8.113819817, 18.031613389])).round(6).tolist()
    [0.310913, 0.689087]
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = equilibrium(recruitments) * inverse_degrees / members
        return np.asarray(parts / parts.sum(axis=-1, keepdims=True))


def inverse_degree_shares(inverse_degrees: Floats) -> Floats:
    """Return shares in which each person counts for the inverse of the persons they know (RDS-II).

    Parameters
    ----------
    inverse_degrees : array, shape (..., k)
        Sum of 1/degree, by group.

    Returns
    -------
    array, shape (..., k)
        sum over the group of 1/d, over that of all (Volz and Heckathorn, 2008).

    Examples
    --------
    >>> inverse_degree_shares(np.array([8.113819817, 18.031613389])).round(6).tolist()
    [0.310334, 0.689666]
    """
    return np.asarray(inverse_degrees / inverse_degrees.sum(axis=-1, keepdims=True))


def closed_groups(recruitments: Floats) -> list[list[int]]:
    """Return the sets of groups that cannot all be reached from one another by recruitment; one set where they can.

    Parameters
    ----------
    recruitments : array, shape (k, k)

    Examples
    --------
    >>> closed_groups(np.array([[5.0, 0], [2, 3]]))
    [[0], [1]]
    """
    number, label = connected_components(recruitments > 0, directed=True, connection="strong")
    sets = [np.flatnonzero(label == each).tolist() for each in range(number)]
    return sorted(sets)


def resampled_shares(chain: Chain, replicates: int, draw: np.random.Generator) -> tuple[Floats, Floats]:
    """Return shares over chains drawn anew, by RDS-I and by RDS-II.

    Parameters
    ----------
    chain : Chain
    replicates : int
    draw : numpy.random.Generator

    Returns
    -------
    two arrays, shape (replicates, k)
        NaN where a chain met no way between groups. Each chain begins with anyone in the sample, and goes on, to the
        size of the sample, with anyone recruited by the group of the last one (Salganik, 2006).

    Examples
    --------
    >>> pair = Chain(np.array([0, 1, 0, 1]), np.ones(4), np.array([-1, 0, 1, 2]), 2)
    >>> resampled_shares(pair, 1, np.random.default_rng(1))[1].tolist()
    [[0.5, 0.5]]
    """
    k, n = chain.groups, chain.group.size
    recruited = [
        np.flatnonzero((chain.recruiter >= 0) & (chain.group[chain.recruiter] == each)) for each in range(k)
    ]
    order = np.concatenate(recruited)
    numbers = np.array([places.size for places in recruited])
    start = np.cumsum(numbers) - numbers
    members, inverse = np.zeros((replicates, k)), np.zeros((replicates, k))
    recruitments = np.zeros((replicates, k, k))
    every = np.arange(replicates)
    last = draw.integers(n, size=replicates)
    for step in range(n):
        group = chain.group[last]
        members[every, group] += 1
        inverse[every, group] += 1 / chain.degree[last]
        if step == n - 1:
            break
        chosen = order[start[group] + (draw.random(replicates) * numbers[group]).astype(np.int64)]
        recruitments[every, group, chain.group[chosen]] += 1
        last = chosen
    return chain_shares(recruitments, members, inverse), inverse_degree_shares(inverse)
