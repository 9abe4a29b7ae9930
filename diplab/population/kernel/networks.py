"""Network scale-up and respondent-driven sampling, on arrays with one row per respondent."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class ScaleUpSize(NamedTuple):
    """A size, with its variance over respondents drawn with replacement."""

    size: float
    variance: float


def degrees(answers: Floats, sizes: Floats, population: float) -> Floats:
    """Return how many people each respondent knows, from how many they know in groups of known size.

    d = N sum of y_k / sum of N_k (Killworth et al., 1998b).
    """
    return np.asarray(population * answers.sum(axis=1) / sizes.sum(), dtype=np.float64)


def ratio_of_sums(hidden: Floats, degree: Floats, weights: Floats, population: float) -> ScaleUpSize:
    """Return the maximum-likelihood size: those known in the group over all who are known.

    N sum of w y / sum of w d (Killworth et al., 1998b), its variance by linearisation.
    """
    known = float(weights @ degree)
    rate = float(weights @ hidden) / known
    return ScaleUpSize(
        population * rate, population**2 * _variance_of_sum(weights * (hidden - rate * degree) / known)
    )


def mean_of_ratios(hidden: Floats, degree: Floats, weights: Floats, population: float) -> ScaleUpSize:
    """Return the plug-in size: the mean share of the group among those a respondent knows.

    N times the weighted mean of y / d (Killworth et al., 1998a), its variance by linearisation.
    """
    shares, total = hidden / degree, float(weights.sum())
    rate = float(weights @ shares) / total
    return ScaleUpSize(population * rate, population**2 * _variance_of_sum(weights * (shares - rate) / total))


def generalised(
    hidden: Floats, weights: Floats, visibility: Floats, visibility_weights: Floats, population: float
) -> ScaleUpSize:
    """Return the generalised size: all reports of the group over how often a member is reported.

    N mean(y) / mean(v) (Feehan and Salganik, 2016), the two samples independent.
    """
    reports, of_reports = _weighted_mean(hidden, weights)
    seen, of_seen = _weighted_mean(visibility, visibility_weights)
    size = population * reports / seen
    return ScaleUpSize(size, size**2 * (of_reports / reports**2 + of_seen / seen**2))


def model_variance(size: float, degree: Floats, population: float) -> float:
    """Return the variance of the maximum-likelihood size where each acquaintance is an independent draw.

    N times the size / sum of d (Killworth et al., 1998b).
    """
    return population * size / float(degree.sum())


def _weighted_mean(values: Floats, weights: Floats) -> tuple[float, float]:
    total = float(weights.sum())
    mean = float(weights @ values) / total
    return mean, _variance_of_sum(weights * (values - mean) / total)


def _variance_of_sum(influence: Floats) -> float:
    """Return the variance of a sum of independent terms; NaN with one of them."""
    n = influence.size
    return float(influence @ influence) * n / (n - 1) if n > 1 else float("nan")


class RecruitmentChain(NamedTuple):
    """A sample by recruitment."""

    group: Integers  # group of each person, from 0
    degree: Floats  # persons each one knows in the population
    recruiter: Integers  # place of the recruiter; -1 for a seed
    groups: int  # how many groups there are


def equilibrium(recruitments: Floats) -> Floats:
    """Return the equilibrium composition of recruitment.

    E with E = E C, C the rows of `recruitments` as shares (Heckathorn, 1997); NaN without a unique
    solution. Smoothing the table to equal recruitments both ways (Heckathorn, 2002) leaves E
    as it is.
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
    """Return shares by the equilibrium of recruitment, corrected for degree (RDS-I).

    In proportion to E_g / D_g, D_g = n_g / sum(1/d) (Salganik and Heckathorn, 2004; Heckathorn, 2002). With two
    groups it is D_B C_BA / (D_A C_AB + D_B C_BA).
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = equilibrium(recruitments) * inverse_degrees / members
        return np.asarray(parts / parts.sum(axis=-1, keepdims=True))


def inverse_degree_shares(inverse_degrees: Floats) -> Floats:
    """Return shares in which each person counts for the inverse of their degree (RDS-II).

    sum over the group of 1/d, over that of all (Volz and Heckathorn, 2008).
    """
    return np.asarray(inverse_degrees / inverse_degrees.sum(axis=-1, keepdims=True))


def closed_groups(recruitments: Floats) -> list[list[int]]:
    """Return the strongly connected components of recruitment between groups; one where all reach all."""
    number, label = connected_components(recruitments > 0, directed=True, connection="strong")
    sets = [np.flatnonzero(label == each).tolist() for each in range(number)]
    return sorted(sets)


def resampled_shares(
    chain: RecruitmentChain, replicates: int, draw: np.random.Generator
) -> tuple[Floats, Floats]:
    """Return bootstrap shares over resampled chains, by RDS-I and by RDS-II.

    Each chain starts from a random respondent and draws, up to the sample size, one of those recruited by the group of
    the last (Salganik, 2006). NaN where a chain does not connect the groups.
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
