"""Maximum likelihood from bands: distributions and interval regression. See docs/formulas.md."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from diplab.kernel.arrays import Booleans, Floats, Integers
from diplab.kernel.bands.distributions import (
    IncomeDistribution,
    WithZeros,
    between,
    curvature,
    gradient,
    log_of_likelihood,
)

_ROUNDS = 120
_FURTHER = 500  # rounds of a climb that creeps along a ridge, before it is given up
_PATIENCE = 8
_ENOUGH = 1e-16  # of the squared step still to be made, in standard deviations of one person
_NEARLY = 1e-14
_MANY = 2_000  # different bands beyond which starting points are tried on rounded ones
_ROUNDED = 0.005
_FLAT = 1e-6  # least curvature, relative to the largest, of parameters that bands identify
_MOST_CELLS = 50_000


@dataclass(frozen=True, eq=False)
class BandedFit:
    """A distribution fitted to each group."""

    distribution: IncomeDistribution | WithZeros
    theta: Floats  # (parameters, groups); NaN where there is no fit
    # (parameters, groups, bands); derivative of the log-likelihood of one person of each band
    score: Floats
    inverse_information: Floats  # (groups, parameters, parameters); of the weighted likelihood
    log_likelihood: Floats  # (groups,); weighted
    # by group: `empty`, `negative incomes`, `not identified` (too few bands, or parameters that
    # they do not distinguish), `boundary` (the likelihood climbs towards another distribution),
    # `not converged`, or nothing
    flag: tuple[str, ...]

    @property
    def influence(self) -> Floats:
        """The influence of one person of each band, unweighted; (parameters, groups, bands)."""
        return np.asarray(np.einsum("gij,jgb->igb", self.inverse_information, self.score))


def fit_distribution(
    distribution: IncomeDistribution,
    low: Floats,
    high: Floats,
    weight: Floats,
    near: Floats | None = None,
    *,
    spread: bool = True,
) -> BandedFit:
    """Fit a distribution to each of several groups of people."""
    # shapes: `low`, `high` (bands,), `weight` (groups, bands), `near` (parameters, groups)
    step = max(1, _MOST_CELLS // max(low.size, 1))
    parts = []
    for start in range(0, max(len(weight), 1), step):
        own = slice(start, start + step)
        begun = None if near is None else near[:, own]
        parts.append(_fitted(distribution, low, high, weight[own], begun, spread))
    return parts[0] if len(parts) == 1 else _together(distribution, parts)


def _fitted(
    distribution: IncomeDistribution,
    low: Floats,
    high: Floats,
    weight: Floats,
    near: Floats | None,
    spread: bool,
) -> BandedFit:
    flags = np.array([_before(distribution, low, high, item) for item in weight], dtype=object)
    groups = len(weight)
    theta = np.full((distribution.size, groups), np.nan)
    height = np.full(groups, np.nan)
    score = np.full((distribution.size, groups, low.size), np.nan)
    inverse_information = np.full((groups, distribution.size, distribution.size), np.nan)
    going = np.flatnonzero(flags == "")
    if going.size:
        share = weight[going] / weight[going].sum(axis=1, keepdims=True)
        result, flags[going] = _best(
            distribution, low, high, share, None if near is None else near[:, going]
        )
        theta[:, going] = result
        fitted = np.flatnonzero(flags == "")
        if fitted.size and spread:
            score[:, fitted], information = _information(
                distribution, low, high, weight[fitted], theta[:, fitted]
            )
            inverse_information[fitted], flags[fitted] = _inverted(information)
            height[fitted] = _sum(distribution, low, high, weight[fitted], theta[:, fitted])
    lost = flags != ""
    theta[:, lost], inverse_information[lost], height[lost], score[:, lost] = (
        np.nan,
        np.nan,
        np.nan,
        np.nan,
    )
    return BandedFit(distribution, theta, score, inverse_information, height, tuple(flags))


def _together(distribution: IncomeDistribution, parts: list[BandedFit]) -> BandedFit:
    return BandedFit(
        distribution,
        np.concatenate([part.theta for part in parts], axis=1),
        np.concatenate([part.score for part in parts], axis=1),
        np.concatenate([part.inverse_information for part in parts]),
        np.concatenate([part.log_likelihood for part in parts]),
        tuple(flag for part in parts for flag in part.flag),
    )


def _before(distribution: IncomeDistribution, low: Floats, high: Floats, weight: Floats) -> str:
    """Return what forbids a fit before it is tried."""
    held = weight > 0
    if not held.any():
        return "empty"
    if (high[held] <= 0).any():
        return "negative incomes"
    low, high = np.maximum(low[held], 0.0), high[held]
    informative = (low > 0) | np.isfinite(high)
    exact = np.unique(low[informative & (low == high)]).size
    if exact >= distribution.size:
        return ""
    # k bands of one partition leave k - 1 shares to fit
    ends = np.unique(np.stack([low[informative], high[informative]]), axis=1).shape[1] - 1
    return "not identified" if ends < distribution.size else ""


def _best(
    distribution: IncomeDistribution, low: Floats, high: Floats, share: Floats, near: Floats | None
) -> tuple[Floats, NDArray[np.object_]]:
    """Return the parameters of the greatest likelihood, and what is wrong with them."""
    if near is not None:
        return _highest(distribution, low, high, share, [near])
    bands = (low, high, share) if low.size <= _MANY else _rounded(low, high, share)
    theta, flags = _highest(distribution, *bands, distribution.starts(*_moments(*bands)))
    inside = flags != "boundary"
    if low.size > _MANY and inside.any():
        theta[:, inside], flags[inside] = _highest(
            distribution, low, high, share[inside], [theta[:, inside]]
        )
    return theta, flags


def _rounded(low: Floats, high: Floats, share: Floats) -> tuple[Floats, Floats, Floats]:
    """Return distinct bands after rounding their ends on a log scale, with their shares."""
    with np.errstate(divide="ignore"):
        logs = np.log(np.maximum(np.stack([low, high]), 0.0))
    finite = np.isfinite(logs)
    step = max(_ROUNDED, float(np.ptp(logs[finite])) / _MANY)
    ends, place = np.unique(
        np.exp(np.where(finite, np.round(logs / step) * step, logs)), axis=1, return_inverse=True
    )
    found = np.stack(
        [np.bincount(place.ravel(), weights=item, minlength=ends.shape[1]) for item in share]
    )
    return ends[0].astype(float), ends[1].astype(float), found.astype(float)


def _highest(
    distribution: IncomeDistribution, low: Floats, high: Floats, share: Floats, starts: list[Floats]
) -> tuple[Floats, NDArray[np.object_]]:
    """Return the best parameters from several starts, and what is wrong with them."""
    groups, count = len(share), len(starts)
    theta = np.concatenate(starts, axis=1)
    theta, height, left, inside = _climbed(
        distribution, low, high, np.tile(share, (count, 1)), theta, groups
    )
    # of ends of one height, one that has arrived
    height = np.where(np.isnan(height), -np.inf, height).reshape(count, groups)
    arrived = ((left <= _ENOUGH) & inside).reshape(count, groups)
    best = np.argmax(height + 1e-10 * arrived, axis=0) * groups + np.arange(groups)
    # at the end of a ridge there may be a limit of the parameters: the answer must not depend on
    # the start
    slow = (left[best] > _ENOUGH) & inside[best]
    if slow.any():
        creeping = best[slow]
        again = share[slow], theta[:, creeping], creeping.size
        further = _climbed(distribution, low, high, *again, rounds=_FURTHER)
        theta[:, creeping], _, left[creeping], inside[creeping] = further
    flags = np.full(groups, "", dtype=object)
    flags[left[best] > _ENOUGH] = "not converged"
    flags[~inside[best]] = "boundary"
    return theta[:, best], flags


def _moments(low: Floats, high: Floats, share: Floats) -> tuple[Floats, Floats]:
    """Return rough moments of log-incomes, each at the middle of its band."""
    informative = (high > 0) & ((low > 0) | np.isfinite(high))
    bottom = np.where(low > 0, low, np.where(np.isfinite(high) & (high > 0), high / 3, 1.0))
    top = np.where(np.isfinite(high) & (high > 0), high, 2 * bottom)
    middle = (np.log(bottom) + np.log(top)) / 2
    weight = np.where(informative, share, 0.0)
    weight = weight / weight.sum(axis=1, keepdims=True)
    centre = weight @ middle
    spread = np.sqrt(np.maximum(weight @ middle**2 - centre**2, 0.0))
    return centre, np.clip(spread, 0.15, 3.0)


def _sum(
    distribution: IncomeDistribution, low: Floats, high: Floats, weight: Floats, theta: Floats
) -> Floats:
    each = log_of_likelihood(distribution, low, high, theta[..., None])
    return np.asarray(np.where(weight > 0, weight * np.maximum(each, -1e6), 0.0).sum(axis=-1))


def _climbed(
    distribution: IncomeDistribution,
    low: Floats,
    high: Floats,
    share: Floats,
    theta: Floats,
    groups: int,
    *,
    rounds: int = _ROUNDS,
) -> tuple[Floats, Floats, Floats, Booleans]:
    """Return parameters, height, what is left to climb, and whether it ended inside the limits."""
    # once one of the climbs of a group has arrived, those that are still below it are given up
    # after a while
    bottom, top = distribution.limits
    theta = np.clip(theta, bottom[:, None], top[:, None])
    height = _sum(distribution, low, high, share, theta)
    left, damping = np.full(height.size, np.inf), np.full(height.size, 1e-3)
    going = np.arange(height.size)
    for turn in range(rounds):
        step, left[going] = _steps(
            distribution, low, high, share[going], theta[:, going], damping[going]
        )
        done = left[going] <= _ENOUGH
        tried = np.clip(theta[:, going] + step, bottom[:, None], top[:, None])
        reached = _sum(distribution, low, high, share[going], tried)
        better = reached >= height[going] - 1e-15
        # a step that gains nothing is as far as rounding lets it climb
        left[going] = np.where(
            (np.abs(reached - height[going]) <= 1e-15) & (left[going] <= _NEARLY), 0.0, left[going]
        )
        theta[:, going[better]], height[going[better]] = tried[:, better], reached[better]
        damping[going] = np.where(better, damping[going] / 10, damping[going] * 8)
        # what cannot climb further in steps that small has stopped, arrived or not
        going = going[~done & (damping[going] < 1e12)]
        if turn >= _PATIENCE:
            ended = np.where(left <= _ENOUGH, height, -np.inf).reshape(-1, groups).max(axis=0)
            going = going[height[going] > ended[going % groups]]
        if not going.size:
            break
    within = (theta > bottom[:, None] + 1e-3) & (theta < top[:, None] - 1e-3)
    return theta, height, left, np.asarray(within.all(axis=0), dtype=bool)


def _steps(
    distribution: IncomeDistribution,
    low: Floats,
    high: Floats,
    share: Floats,
    theta: Floats,
    damping: Floats,
) -> tuple[Floats, Floats]:
    """Return a damped Newton step, and the full step's squared length in standard deviations."""
    known = low == high
    bands = low[~known], high[~known], share[:, ~known]

    def total(moved: Floats) -> Floats:
        return _sum(distribution, *bands, moved)

    _, slope, bent = _of_known(distribution, low[known], share[:, known], theta)
    if not known.all():
        slope, bent = slope + gradient(total, theta), bent + curvature(total, theta)
    slope, bent = np.nan_to_num(slope).T, np.nan_to_num(-np.moveaxis(bent, -1, 0))
    values, axes = np.linalg.eigh(bent)
    size = np.maximum(np.abs(values), 1e-12)
    along = np.einsum("gij,gi->gj", axes, slope)
    scaled = along / (size + damping[:, None] * np.maximum(size.max(axis=1, keepdims=True), 1e-3))
    step = np.einsum("gij,gj->gi", axes, scaled)
    longest = np.abs(step).max(axis=1, keepdims=True)
    step = step * np.minimum(1.0, 1.5 / np.maximum(longest, 1e-300))
    left = np.where((values > 0).all(axis=1), (along**2 / size).sum(axis=1), np.inf)
    return step.T, left


def _information(
    distribution: IncomeDistribution, low: Floats, high: Floats, weight: Floats, theta: Floats
) -> tuple[Floats, Floats]:
    """Return scores by band and the information, shape (groups, parameters, parameters)."""
    known = low == high
    bands = low[~known], high[~known], weight[:, ~known]

    def each(moved: Floats) -> Floats:
        return np.maximum(log_of_likelihood(distribution, *bands[:2], moved), -1e6)

    def slope(moved: Floats) -> Floats:
        return gradient(lambda at: _sum(distribution, *bands, at), moved)

    score = np.empty((*theta.shape, low.size))
    score[..., known], _, bent = _of_known(distribution, low[known], weight[:, known], theta)
    if not known.all():
        score[..., ~known] = gradient(each, theta[..., None])
        # the derivative of each slope in each parameter
        bent = bent + gradient(slope, theta)
    return score, -np.moveaxis((bent + np.swapaxes(bent, 0, 1)) / 2, -1, 0)


def _of_known(
    distribution: IncomeDistribution, y: Floats, weight: Floats, theta: Floats
) -> tuple[Floats, Floats, Floats]:
    """Return the scores of known incomes, and the weighted sums of scores and their derivatives."""
    size, groups = theta.shape
    score, bent = np.zeros((size, groups, y.size)), np.zeros((size, size, groups))
    above = np.flatnonzero(y > 0)
    if above.size:
        first, second = distribution.log_density_derivatives(y[above], theta[..., None])
        score[..., above] = np.stack(
            [np.broadcast_to(item, (groups, above.size)) for item in first]
        )
        for (one, other), item in second.items():
            bent[one, other] = bent[other, one] = np.einsum("gb,gb->g", weight[:, above], item)
    return score, np.einsum("gb,pgb->pg", weight, score), bent


def _inverted(information: Floats) -> tuple[Floats, NDArray[np.object_]]:
    """Return inverses, and which information is flat in some direction."""
    size = np.sqrt(np.maximum(np.diagonal(information, axis1=1, axis2=2), 1e-300))
    scaled = information / (size[:, :, None] * size[:, None, :])
    flat = np.linalg.eigvalsh(scaled)[:, 0] < _FLAT
    scaled = np.where(flat[:, None, None], np.eye(size.shape[1]), scaled)
    inverse_information = np.linalg.inv(scaled) / (size[:, :, None] * size[:, None, :])
    return inverse_information, np.where(flat, "not identified", "").astype(object)


_REGRESSION_ROUNDS = 100
_REGRESSION_ENOUGH = 1e-18
_LEAST = 1e-250  # share of people below which it is mixed as a logarithm


@dataclass(frozen=True, eq=False)
class IntervalFit:
    """An interval regression."""

    theta: Floats  # (columns + 1,); coefficients, then log(sigma)
    # (rows, columns + 1); derivative of the log-likelihood of each row, its weight apart
    score: Floats
    inverse_information: Floats  # (columns + 1, columns + 1); inverse of the information
    converged: bool


def fit_intervals(x: Floats, low: Floats, high: Floats, weight: Floats) -> IntervalFit:
    """Fit a regression of log-incomes to bands by weighted maximum likelihood."""
    # shapes: `x` (rows, columns), `low`, `high` (rows,), `weight` (rows,)
    with np.errstate(divide="ignore"):
        ends = np.log(np.maximum(low, 0.0)), np.log(high)
    share = weight / weight.sum()
    theta = _start(x, ends, share)
    height, slope, bent = _derivatives(x, ends, share, theta)
    converged = False
    for _ in range(_REGRESSION_ROUNDS):
        values, axes = np.linalg.eigh(bent)
        along = axes.T @ slope
        scale = np.maximum(np.abs(values), 1e-12)
        converged = bool((values > 0).all() and (along**2 / scale).sum() <= _REGRESSION_ENOUGH)
        if converged:
            break
        step = axes @ (along / scale)
        step *= min(1.0, 2.0 / np.abs(step).max())
        for _ in range(40):
            reached = _derivatives(x, ends, share, theta + step)
            if reached[0] >= height - 1e-15:
                break
            step = step / 2
        else:
            break
        theta = theta + step
        height, slope, bent = reached
    by_row = np.column_stack([x * (result := _each(x, ends, theta))[1][:, None], result[2]])
    return IntervalFit(
        theta, by_row, np.linalg.pinv(bent, hermitian=True) / weight.sum(), converged
    )


def _start(x: Floats, ends: tuple[Floats, Floats], share: Floats) -> Floats:
    bottom = np.where(np.isfinite(ends[0]), ends[0], ends[1] - 1.0)
    top = np.where(np.isfinite(ends[1]), ends[1], ends[0] + 0.7)
    # a band without ends has no middle
    informative = np.isfinite(bottom) & np.isfinite(top)
    middle = (np.where(informative, bottom, 0.0) + np.where(informative, top, 0.0)) / 2
    kept, weight, middle = x[informative], share[informative], middle[informative]
    beta = np.linalg.lstsq(kept * np.sqrt(weight)[:, None], middle * np.sqrt(weight), rcond=None)[0]
    spread = np.sqrt(weight @ (middle - kept @ beta) ** 2 / weight.sum())
    return np.append(beta, np.log(max(spread, 0.1)))


def _each(x: Floats, ends: tuple[Floats, Floats], theta: Floats) -> tuple[Floats, ...]:
    """Return log-likelihoods by row, with first and second derivatives.

    Derivatives are by x'beta and log(sigma).
    """
    sigma = np.exp(theta[-1])
    centre = x @ theta[:-1]
    low, high = ((end - centre) / sigma for end in ends)
    exact = ends[0] == ends[1]
    tails = [(special.log_ndtr(z), special.log_ndtr(-z)) for z in (low, high)]
    log_share = between(tails[0], tails[1])
    parts = []
    for z in (low, high):
        finite = np.where(np.isfinite(z), z, 0.0)
        with np.errstate(over="ignore", invalid="ignore"):
            height = np.exp(-(finite**2) / 2 - np.log(2 * np.pi) / 2 - log_share)
        height = np.where(np.isfinite(z) & ~exact, height, 0.0)
        parts.append((height, finite * height, finite**2 * height, finite**3 * height))
    zero, one, two, three = (a - b for a, b in zip(*parts, strict=True))
    slope = zero / sigma
    result = (
        log_share - 0.0,
        slope,
        one,
        one / sigma**2 - slope**2,
        -slope + two / sigma - slope * one,
        -one + three - one**2,
    )
    if not exact.any():
        return result
    z = np.where(exact, low, 0.0)
    known = (
        -(z**2) / 2 - np.log(2 * np.pi) / 2 - theta[-1],
        z / sigma,
        z**2 - 1,
        np.full_like(z, -1 / sigma**2),
        -2 * z / sigma,
        -2 * z**2,
    )
    return tuple(np.where(exact, a, b) for a, b in zip(known, result, strict=True))


def _derivatives(
    x: Floats, ends: tuple[Floats, Floats], share: Floats, theta: Floats
) -> tuple[float, Floats, Floats]:
    height, slope, of_sigma, bent, crossed, of_sigma_twice = _each(x, ends, theta)
    first = np.append(x.T @ (share * slope), share @ of_sigma)
    across = x.T @ (share * crossed)
    information = np.empty((first.size, first.size))
    information[:-1, :-1] = -(x.T * (share * bent)) @ x
    information[:-1, -1] = information[-1, :-1] = -across
    information[-1, -1] = -(share @ of_sigma_twice)
    return float(share @ np.maximum(height, -1e6)), first, information


def drawn_between(
    centre: Floats, sigma: float, ends: tuple[Floats, Floats], uniform: Floats, group: Integers
) -> Floats:
    """Return log-normal incomes drawn within bands that include their lower end only."""
    # shapes: `centre` (groups,), `ends` (groups,), `uniform` (rows,), `group` (rows,)
    low, high = ends
    with np.errstate(divide="ignore"):
        z_low, z_high = ((np.log(np.maximum(end, 0.0)) - centre) / sigma for end in (low, high))
    # on the side where shares are small and keep their digits
    flipped = z_low > 0
    first, last = np.where(flipped, -z_high, z_low), np.where(flipped, -z_low, z_high)
    below, width = special.ndtr(first), special.ndtr(last) - special.ndtr(first)
    z = special.ndtri(below[group] + width[group] * uniform)
    far = np.flatnonzero((special.ndtr(last) < _LEAST)[group])
    if far.size:
        own, place = group[far], uniform[far]
        mixed = np.logaddexp(
            special.log_ndtr(first[own]) + np.log1p(-place),
            special.log_ndtr(last[own]) + np.log(place),
        )
        z[far] = special.ndtri_exp(mixed)
    y = np.exp(centre[group] + sigma * np.where(flipped, -1.0, 1.0)[group] * z)
    highest = np.where(np.isfinite(high), np.nextafter(high, low), np.finfo(float).max)
    return np.asarray(np.clip(y, low[group], np.where(low == high, low, highest)[group]))


def independent_columns(x: Floats, weight: Floats) -> Integers:
    """Return which columns to keep so that none is a combination of those before it."""
    gram = (x.T * weight) @ x
    size = np.sqrt(np.maximum(np.diag(gram), 1e-300))
    gram = gram / np.outer(size, size)
    kept: list[int] = []
    for position in range(len(gram)):
        own = gram[position, position]
        if kept:
            before = gram[kept, position]
            own = own - before @ np.linalg.solve(gram[np.ix_(kept, kept)], before)
        if size[position] > 1e-100 and own > 1e-9:
            kept.append(position)
    return np.array(kept, dtype=np.int64)
