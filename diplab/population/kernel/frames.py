"""Totals over overlapping frames, and the weight share method."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class DomainTotals(NamedTuple):
    """Totals of one frame's sample: outside the other frame, inside it, and persons inside it."""

    totals: NDArray[np.float64]  # Y of those in this frame alone, Y of those in both, number of those in both
    covariance: NDArray[np.float64]


class DualFrameTotal(NamedTuple):
    """A total over both frames and its variance."""

    total: float
    variance: float
    # share of the first sample in the overlap; for Fuller and Burmeister also that of the difference in persons
    coefficients: tuple[float, ...]


def domain_totals(
    y: NDArray[np.float64],
    both: NDArray[np.bool_],
    weights: NDArray[np.float64],
    frame_size: float | None = None,
) -> DomainTotals:
    """Return the domain totals of one sample, units drawn with replacement.

    Covariance n/(n - 1) sum((t_i - t/n)(t_i - t/n)'), with t_i the weighted values of respondent i. With a known
    `frame_size`, totals are ratio-adjusted to it, and so is their variance (Woodruff 1971).
    """
    values = np.column_stack([y * ~both, y * both, both.astype(float)]) * weights[:, None]
    if frame_size is not None:
        estimated_size = weights.sum()
        values = (
            frame_size / estimated_size * (values - np.outer(weights, values.sum(axis=0) / estimated_size))
        )
        totals = (np.column_stack([y * ~both, y * both, both]) * weights[:, None]).sum(axis=0)
        totals = totals * frame_size / estimated_size
    else:
        totals = values.sum(axis=0)
    units = len(y)
    centred = values - values.mean(axis=0)
    return DomainTotals(totals, units / (units - 1) * centred.T @ centred)


def best_overlap_share(first: DomainTotals, second: DomainTotals) -> float:
    """Return the share of the first sample's overlap that makes the estimated variance smallest (Hartley 1962, 1974).

    theta = (V(Yab2) + Cov(Yb, Yab2) - Cov(Ya, Yab1)) / (V(Yab1) + V(Yab2)); it may lie outside 0 to 1, and is NaN
    where neither overlap varies.
    """
    spread = first.covariance[1, 1] + second.covariance[1, 1]
    if not spread > 0:
        return float("nan")
    shift = second.covariance[1, 1] + second.covariance[0, 1] - first.covariance[0, 1]
    return float(shift / spread)


def hartley(first: DomainTotals, second: DomainTotals, theta: float) -> DualFrameTotal:
    """Return Y = Ya + theta Yab1 + (1 - theta) Yab2 + Yb (Hartley 1962), theta taken as fixed in its variance."""
    return _weighted_sum(
        first, second, np.array([1.0, theta, 0.0]), np.array([1.0, 1 - theta, 0.0]), (theta,)
    )


def fuller_burmeister(first: DomainTotals, second: DomainTotals) -> DualFrameTotal:
    """Return the total that also uses the two numbers of persons in both frames (Fuller and Burmeister 1972).

    Y = Ya + Yb + b1 Yab1 + (1 - b1) Yab2 + b2 (Nab1 - Nab2). With Y0 = Ya + Yb + Yab2 and D = (Yab1 - Yab2,
    Nab1 - Nab2), which both have mean zero, the variance is smallest at b = - Var(D)^-1 Cov(D, Y0). Where the two
    differences are proportional (counting persons, they are equal), b2 adds nothing and is 0: Hartley's total.
    """
    spread = first.covariance[1:, 1:] + second.covariance[1:, 1:]
    joint = second.covariance[1, 1:] + second.covariance[0, 1:]
    against = first.covariance[0, 1:] - joint
    scale = np.sqrt(np.diag(spread))
    proportional = not np.all(scale > 0) or 1 - (spread[0, 1] / (scale[0] * scale[1])) ** 2 < 1e-10
    if proportional:
        own = best_overlap_share(first, second)
        solved = np.array([0.5 if np.isnan(own) else own, 0.0])
    else:
        solved = -np.linalg.solve(spread, against)
    share, shift = float(solved[0]), float(solved[1])
    of_first, of_second = np.array([1.0, share, shift]), np.array([1.0, 1 - share, -shift])
    return _weighted_sum(first, second, of_first, of_second, (share, shift))


def single_frame(
    y: NDArray[np.float64],
    weights: NDArray[np.float64],
    both: NDArray[np.bool_],
    elsewhere: NDArray[np.float64],
) -> tuple[float, float]:
    """Return the part of one sample in the total over both frames, and its variance (Kalton and Anderson 1986).

    A person in both frames is drawn about 1/d1 + 1/d2 times, hence weighs 1/(1/d1 + 1/d2) in either sample
    (Bankier 1986; Kalton and Anderson 1986).
    """
    own = weights.astype(float)
    own[both] = 1 / (1 / weights[both] + 1 / elsewhere[both])
    values = own * y
    units = len(y)
    return float(values.sum()), float(units / (units - 1) * ((values - values.mean()) ** 2).sum())


def _weighted_sum(
    first: DomainTotals,
    second: DomainTotals,
    of_first: NDArray[np.float64],
    of_second: NDArray[np.float64],
    coefficients: tuple[float, ...],
) -> DualFrameTotal:
    total = of_first @ first.totals + of_second @ second.totals
    variance = of_first @ first.covariance @ of_first + of_second @ second.covariance @ of_second
    return DualFrameTotal(float(total), max(float(variance), 0.0), coefficients)


def person_weights(
    weights: NDArray[np.float64],
    links: NDArray[np.float64],
    accounts_held: NDArray[np.float64],
    person: NDArray[np.intp],
    persons: int,
) -> NDArray[np.float64]:
    """Return the weight of each person met, w_k = sum_i w_i l_ik / L_k (Lavallée 1995)."""
    return np.asarray(np.bincount(person, weights * links / accounts_held, persons), dtype=np.float64)


def shares_by_account(
    y: NDArray[np.float64],
    links: NDArray[np.float64],
    accounts_held: NDArray[np.float64],
    account: NDArray[np.intp],
    accounts: int,
) -> NDArray[np.float64]:
    """Return z_i = sum_k l_ik y_k / L_k by account (Deville and Lavallée 2006).

    The total of w_i z_i over accounts is that of w_k y_k over persons.
    """
    return np.asarray(np.bincount(account, links * y / accounts_held, accounts), dtype=np.float64)


class StratumShare(NamedTuple):
    """Persons' shares in the accounts of one platform."""

    total: float  # accounts times the mean of 1/L
    variance: float  # of a simple random sample without replacement; NaN with one account drawn, zero with all of them


def stratum_share(accounts: float, accounts_held: NDArray[np.float64]) -> StratumShare:
    """Return the persons a platform contributes, each account counting 1/L: N mean(1/L), N^2 (1 - n/N) s^2/n."""
    shares = 1 / accounts_held
    drawn = len(accounts_held)
    total = float(accounts * shares.mean())
    if drawn >= accounts:
        return StratumShare(total, 0.0)
    if drawn < 2:
        return StratumShare(total, float("nan"))
    return StratumShare(
        total, accounts * (accounts * (1 - drawn / accounts) * float(shares.var(ddof=1)) / drawn)
    )
