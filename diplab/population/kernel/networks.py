"""Sizes from surveys: overlapping frames, weight shares, traffic, networks and recruitment."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components
from scipy.special import hyp0f1

from diplab.kernel.arrays import Booleans, Floats, Integers
from diplab.population.kernel.abundance import Abundance


class DomainTotals(NamedTuple):
    """Totals of one frame's sample: outside the other frame, inside it, and persons inside it."""

    totals: Floats  # Y of those in this frame alone, Y of those in both, number of those in both
    covariance: Floats


class DualFrameTotal(NamedTuple):
    """A total over both frames and its variance."""

    total: float
    variance: float
    # share of the first sample in the overlap; for Fuller and Burmeister also that of the
    # difference in persons
    coefficients: tuple[float, ...]


def domain_totals(
    y: Floats, both: Booleans, weights: Floats, frame_size: float | None = None
) -> DomainTotals:
    """Return the domain totals of one sample drawn with replacement.

    They are ratio-adjusted to a `frame_size` (Woodruff 1971).
    """
    values = np.column_stack([y * ~both, y * both, both.astype(float)]) * weights[:, None]
    totals = values.sum(axis=0)
    if frame_size is not None:
        estimated_size = weights.sum()
        values = frame_size / estimated_size * (values - np.outer(weights, totals / estimated_size))
        totals = totals * frame_size / estimated_size
    units = len(y)
    centred = values - values.mean(axis=0)
    return DomainTotals(totals, units / (units - 1) * centred.T @ centred)


def best_overlap_share(first: DomainTotals, second: DomainTotals) -> float:
    """Return the optimal share of the first overlap, NaN if none varies (Hartley 1962, 1974)."""
    spread = first.covariance[1, 1] + second.covariance[1, 1]
    if not spread > 0:
        return float("nan")
    shift = second.covariance[1, 1] + second.covariance[0, 1] - first.covariance[0, 1]
    return float(shift / spread)


def hartley(first: DomainTotals, second: DomainTotals, theta: float) -> DualFrameTotal:
    """Return Y = Ya + theta Yab1 + (1 - theta) Yab2 + Yb (Hartley 1962), theta taken as fixed."""
    return _weighted_sum(
        first, second, np.array([1.0, theta, 0.0]), np.array([1.0, 1 - theta, 0.0]), (theta,)
    )


def fuller_burmeister(first: DomainTotals, second: DomainTotals) -> DualFrameTotal:
    """Return Y0 + b D, b of smallest variance (Fuller and Burmeister 1972).

    D = (Yab1 - Yab2, Nab1 - Nab2).
    """
    spread = first.covariance[1:, 1:] + second.covariance[1:, 1:]
    joint = second.covariance[1, 1:] + second.covariance[0, 1:]
    against = first.covariance[0, 1:] - joint
    scale = np.sqrt(np.diag(spread))
    if not np.all(scale > 0) or 1 - (spread[0, 1] / (scale[0] * scale[1])) ** 2 < 1e-10:
        # the two differences are proportional
        own = best_overlap_share(first, second)
        share, shift = 0.5 if np.isnan(own) else own, 0.0
    else:
        share, shift = map(float, -np.linalg.solve(spread, against))
    of_first, of_second = np.array([1.0, share, shift]), np.array([1.0, 1 - share, -shift])
    return _weighted_sum(first, second, of_first, of_second, (share, shift))


def single_frame(
    y: Floats, weights: Floats, both: Booleans, elsewhere: Floats
) -> tuple[float, float]:
    """Return one sample's contribution to the single-frame estimator (Kalton and Anderson 1986).

    Weights in the overlap are 1/(1/d1 + 1/d2).
    """
    own = weights.astype(float)
    own[both] = 1 / (1 / weights[both] + 1 / elsewhere[both])
    return float((own * y).sum()), variance_of_total(own * y)


def _weighted_sum(
    first: DomainTotals,
    second: DomainTotals,
    of_first: Floats,
    of_second: Floats,
    coefficients: tuple[float, ...],
) -> DualFrameTotal:
    total = of_first @ first.totals + of_second @ second.totals
    variance = of_first @ first.covariance @ of_first + of_second @ second.covariance @ of_second
    return DualFrameTotal(float(total), max(float(variance), 0.0), coefficients)


def shared_by_links(
    value: Floats, links: Floats, accounts_held: Floats, unit: NDArray[np.intp], units: int
) -> Floats:
    """Return sum v l_ik / L_k by unit: generalised weight shares.

    They are weights of persons (Lavallée 1995), or z of accounts (Deville and Lavallée 2006).
    """
    return np.asarray(np.bincount(unit, value * links / accounts_held, units), dtype=np.float64)


def stratum_share(accounts: float, accounts_held: Floats) -> tuple[float, float]:
    """Return N mean(1/L) and its variance N^2 (1 - n/N) s^2/n.

    The variance is NaN if one account was drawn, 0 if all were.
    """
    shares = 1 / accounts_held
    drawn = len(accounts_held)
    total = float(accounts * shares.mean())
    if drawn >= accounts:
        return total, 0.0
    if drawn < 2:
        return total, float("nan")
    return total, accounts * (accounts * (1 - drawn / accounts) * float(shares.var(ddof=1)) / drawn)


class TrafficFit(NamedTuple):
    """A line log(registered) = a + b log(visitors) + e, with e normal."""

    coefficients: Floats  # intercept a and slope b
    unscaled: Floats  # inverse of X'X
    residual: float  # residual standard deviation s, with n - 2 degrees of freedom
    df: int  # n - 2
    lowest: float  # lowest and highest: range of the traffic in the fit
    highest: float


class PredictedAccounts(NamedTuple):
    """Predicted accounts of several platforms."""

    mean: Floats  # unbiased for the mean of registered accounts at that traffic
    covariance: Floats  # of errors of prediction: residuals, and coefficients that all share


def fit_traffic(registered: Floats, visitors: Floats) -> TrafficFit:
    """Return the line fitted by least squares on logarithms."""
    design = _design(visitors)
    unscaled = np.asarray(np.linalg.inv(design.T @ design), dtype=np.float64)
    coefficients = np.asarray(
        np.linalg.lstsq(design, np.log(registered), rcond=None)[0], dtype=np.float64
    )
    residuals = np.log(registered) - design @ coefficients
    df = len(registered) - 2
    residual = float(np.sqrt(residuals @ residuals / df))
    return TrafficFit(
        coefficients, unscaled, residual, df, float(visitors.min()), float(visitors.max())
    )


def predict_accounts(fit: TrafficFit, visitors: Floats) -> PredictedAccounts:
    """Return exp(a + b x) 0F1(; m/2; m (1 - h) s^2/4).

    It is unbiased for the mean (Bradu and Mundlak 1970).
    """
    at = _design(visitors)
    leverage = at @ fit.unscaled @ at.T
    squared = fit.residual**2
    factor = hyp0f1(fit.df / 2, fit.df * (1 - np.diag(leverage)) * squared / 4)
    mean = np.exp(at @ fit.coefficients) * factor
    spread = np.expm1(squared * (leverage + np.eye(len(mean))))
    return PredictedAccounts(mean, np.outer(mean, mean) * spread)


def draw_accounts(fit: TrafficFit, visitors: Floats, draws: int, seed: int) -> Floats:
    """Return draws of the predictive distribution under a flat prior, shape (draws, platforms)."""
    random = np.random.default_rng(seed)
    at = _design(visitors)
    sigma = fit.residual * np.sqrt(fit.df / random.chisquare(fit.df, draws))
    root = np.linalg.cholesky(fit.unscaled)
    lines = fit.coefficients + sigma[:, None] * (random.standard_normal((draws, 2)) @ root.T)
    own = sigma[:, None] * random.standard_normal((draws, len(at)))
    # a draw beyond the largest number is infinite
    with np.errstate(over="ignore"):
        return np.asarray(np.exp(lines @ at.T + own), dtype=np.float64)


def _design(visitors: Floats) -> Floats:
    return np.column_stack([np.ones(len(visitors)), np.log(visitors)])


def mean_accounts(accounts: Floats, weights: Floats, *, over_accounts: bool = False) -> Abundance:
    """Return the mean number of accounts per person.

    From persons sum(w L) / sum(w) (Hájek 1971), from accounts sum(w) / sum(w / L) (Lavallée 1995).
    """
    # accounts a person, NaN variance with one respondent; and the respondents of a positive weight
    one = np.ones_like(accounts)
    top, bottom = (one, 1 / accounts) if over_accounts else (accounts, one)
    return ratio_of_sums(top, bottom, weights, 1.0)._replace(seen=float((weights > 0).sum()))


def degrees(answers: Floats, sizes: Floats, population: float) -> Floats:
    """Return degrees, N sum of y_k / sum of N_k (Killworth et al., 1998b)."""
    return np.asarray(population * answers.sum(axis=1) / sizes.sum(), dtype=np.float64)


def ratio_of_sums(hidden: Floats, degree: Floats, weights: Floats, population: float) -> Abundance:
    """Return N sum of w y / sum of w d (Killworth et al., 1998b).

    Its variance is by linearisation (Woodruff 1971).
    """
    known = float(weights @ degree)
    rate = float(weights @ hidden) / known
    variance = variance_of_total(weights * (hidden - rate * degree) / known)
    return Abundance(population * rate, population**2 * variance, float(len(hidden)))


def generalised(
    hidden: Floats,
    weights: Floats,
    visibility: Floats,
    visibility_weights: Floats,
    population: float,
) -> Abundance:
    """Return N mean(y) / mean(v) (Feehan and Salganik, 2016), the two samples independent."""
    reports = ratio_of_sums(hidden, np.ones_like(weights), weights, 1.0)
    seen = ratio_of_sums(visibility, np.ones_like(visibility), visibility_weights, 1.0)
    size = population * reports.size / seen.size
    relative = reports.variance / reports.size**2 + seen.variance / seen.size**2
    return Abundance(size, size**2 * relative, reports.seen)


def model_variance(size: float, degree: Floats, population: float) -> float:
    """Return the variance N size / sum of d (Killworth et al., 1998b).

    Each acquaintance is an independent draw.
    """
    return population * size / float(degree.sum())


def variance_of_total(terms: Floats) -> float:
    """Return the variance of a sum of terms drawn with replacement; NaN with one of them."""
    n = len(terms)
    return n / (n - 1) * float(((terms - terms.mean()) ** 2).sum()) if n > 1 else math.nan


class RecruitmentChain(NamedTuple):
    """A sample by recruitment."""

    group: Integers  # group of each person, from 0
    degree: Floats  # persons each one knows in the population
    recruiter: Integers  # place of the recruiter; -1 for a seed
    groups: int  # how many groups there are


def equilibrium(recruitments: Floats) -> Floats:
    """Return the equilibrium E = E C of recruitment (Heckathorn, 1997), NaN if not unique.

    C holds the rows of `recruitments` as shares.
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
    return np.where(solvable[..., None], np.linalg.solve(left, right)[..., 0], np.nan)


def chain_shares(recruitments: Floats, members: Floats, inverse_degrees: Floats) -> Floats:
    """Return RDS-I shares, proportional to E_g / D_g (Salganik and Heckathorn, 2004).

    D_g = n_g / sum(1/d).
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = equilibrium(recruitments) * inverse_degrees / members
        return np.asarray(parts / parts.sum(axis=-1, keepdims=True))


def inverse_degree_shares(inverse_degrees: Floats) -> Floats:
    """Return RDS-II shares, weighted by inverse degrees (Volz and Heckathorn, 2008)."""
    return np.asarray(inverse_degrees / inverse_degrees.sum(axis=-1, keepdims=True))


def closed_groups(recruitments: Floats) -> list[list[int]]:
    """Return the strongly connected components of recruitment between groups."""
    number, label = connected_components(recruitments > 0, directed=True, connection="strong")
    return sorted(np.flatnonzero(label == item).tolist() for item in range(number))


def resampled_shares(
    chain: RecruitmentChain, replicates: int, draw: np.random.Generator
) -> tuple[Floats, Floats]:
    """Return RDS-I and RDS-II shares of bootstrapped chains (Salganik, 2006).

    RDS-I shares are NaN if groups are not connected.
    """
    k, n = chain.groups, chain.group.size
    recruited = [
        np.flatnonzero((chain.recruiter >= 0) & (chain.group[chain.recruiter] == item))
        for item in range(k)
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
