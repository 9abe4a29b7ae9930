"""Log-linear models of captures: likelihood, bounds, profiles. See docs/formulas.md."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq, linprog
from scipy.special import digamma, gammaln, logsumexp, xlogy

from diplab.kernel.arrays import Booleans, Floats
from diplab.kernel.intervals import student_deviate
from diplab.population.kernel.abundance import find_maximum

HETEROGENEITY_COLUMNS: dict[str, Callable[[Floats], Floats]] = {
    "poisson2": lambda times: 2.0**times - 1.0,
    "darroch": lambda times: times**2 / 2.0,
    "gamma3.5": lambda times: math.log(3.5) - np.log(3.5 + times),
}
"""g(k) by name, the heterogeneity columns of Rivest and Baillargeon (2007).

The log-odds of capture of persons never caught have a Poisson (times log 2), a normal or a gamma
distribution (shape 3.5); each column is zero at k = 0.
"""

_STEPS, _HALVINGS, _CLOSE, _DAMPING = 100, 30, 1e-13, 1e-12
_ROUNDS, _FLAT = 200, 1e-9
MaximumLocation = Literal["inside", "edge", "all seen", "without end"]
_FARTHEST = 1e12


@dataclass(frozen=True, eq=False)
class CaptureCells:
    """Cells of captures with the model matrix of a model."""

    # (cells, parameters); first the constant, whose exponential is the number of persons never seen
    x: Floats
    counts: Floats  # (cells,); persons in each cell
    offset: Floats  # (cells,); known part of the logarithm of each expected count
    times: Floats  # (cells,); captures of a person in each cell
    terms: tuple[str, ...]  # names of the parameters
    bounded: tuple[int, ...] = ()  # columns whose coefficient may not be negative

    @property
    def unseen(self) -> Floats:
        """The row of the model matrix of those never seen."""
        return np.asarray(np.eye(1, self.x.shape[1])[0])


@dataclass(frozen=True, eq=False)
class LogLinearFit:
    """A log-linear model fitted to one table, or to many (leading dimension `tables`)."""

    coefficients: Floats  # (..., parameters)
    # (..., parameters, parameters); inverse of the information; NaN where it has none
    covariance: Floats
    fitted: Floats  # (..., cells); expected counts
    deviance: Floats  # (...); as the log-likelihood, of Poisson counts, factorials included
    log_likelihood: Floats
    df: int  # cells minus parameters
    # (...); false where the likelihood was still rising: the estimate lies at the edge
    converged: Booleans | np.bool_


def fit_loglinear(
    x: Floats, counts: Floats, offset: Floats | None = None, start: Floats | None = None
) -> LogLinearFit:
    """Fit a log-linear model to one or many tables; `offset` adds to the log of expected counts."""
    tables = np.atleast_2d(np.asarray(counts, dtype=np.float64))
    known = np.zeros(len(x)) if offset is None else offset
    theta, deviance, converged = _newton(x, tables, known, start)
    fitted = _expected_counts(x, theta, known)
    log_likelihood = (xlogy(tables, fitted) - fitted - gammaln(tables + 1)).sum(axis=-1)
    covariance = _inverse(_information(x, fitted))
    degrees = x.shape[0] - x.shape[1]
    if np.ndim(counts) == 2:
        return LogLinearFit(theta, covariance, fitted, deviance, log_likelihood, degrees, converged)
    return LogLinearFit(
        theta[0], covariance[0], fitted[0], deviance[0], log_likelihood[0], degrees, converged[0]
    )


def unseen_size(fit: LogLinearFit, unseen: Floats) -> tuple[Floats, Floats]:
    """Return the unseen u = exp(x b) and u + u^2 x V x' (Rivest and Lévesque, 2001)."""
    with np.errstate(over="ignore"):
        missed = np.exp(fit.coefficients @ unseen)
        return missed, missed + missed**2 * np.einsum(
            "i,...ij,j->...", unseen, fit.covariance, unseen
        )


def _newton(
    x: Floats, tables: Floats, known: Floats, start: Floats | None
) -> tuple[Floats, Floats, Booleans]:
    """Return coefficients, deviance and whether the steps came to an end, by table."""
    theta = _starting_values(x, tables, known)
    deviance = _deviance(x, tables, theta, known)
    if start is not None:
        other = np.broadcast_to(start, theta.shape)
        given = _deviance(x, tables, other, known)
        theta = np.where((given < deviance)[:, None], other, theta)
        deviance = np.minimum(given, deviance)
    converged = np.zeros(len(tables), dtype=bool)
    for _ in range(_STEPS):
        moving = np.flatnonzero(~converged)
        if not moving.size:
            break
        own, here = tables[moving], theta[moving]
        fitted = _expected_counts(x, here, known)
        step = np.einsum(
            "tij,tj->ti", _inverse(_information(x, fitted), _DAMPING), (own - fitted) @ x
        )
        step = np.where(np.isfinite(step), step, 0.0)
        ahead, lower = _halve_steps(x, own, here, step, deviance[moving], known)
        gain = deviance[moving] - lower
        theta[moving], deviance[moving] = ahead, lower
        size = np.abs(step).max(axis=-1)
        converged[moving] = (gain <= _CLOSE * (np.abs(lower) + 1.0)) & (size <= 1e-6)
    return theta, deviance, converged


def _starting_values(x: Floats, tables: Floats, known: Floats) -> Floats:
    """Return least squares on the logarithms of the counts, weighted by them."""
    raised = tables + 0.5
    sides = (raised * (np.log(raised) - known)) @ x
    return np.asarray(
        np.einsum("tij,tj->ti", np.nan_to_num(_inverse(_information(x, raised))), sides)
    )


def _halve_steps(
    x: Floats, tables: Floats, here: Floats, step: Floats, deviance: Floats, known: Floats
) -> tuple[Floats, Floats]:
    """Return where the steps lead, each halved until the deviance no longer rises."""
    ahead = here + step
    lower = _deviance(x, tables, ahead, known)
    for _ in range(_HALVINGS):
        worse = ~(lower <= deviance + 1e-10 * (np.abs(deviance) + 1.0))
        if not worse.any():
            break
        step = np.where(worse[:, None], step / 2, step)
        ahead = here + step
        lower = np.where(worse, _deviance(x, tables, ahead, known), lower)
    # near an edge of the parameters a step may be so long that no halving helps: the table stays
    # where it is
    lost = ~(lower <= deviance + 1e-10 * (np.abs(deviance) + 1.0))
    return np.where(lost[:, None], here, ahead), np.where(lost, deviance, lower)


def _expected_counts(x: Floats, theta: Floats, known: Floats) -> Floats:
    return np.asarray(np.exp((theta @ x.T + known).clip(-700, 700)))


def _deviance(x: Floats, tables: Floats, theta: Floats, known: Floats) -> Floats:
    predictor = (theta @ x.T + known).clip(-700, 700)
    return np.asarray(
        2.0 * (xlogy(tables, tables) - tables * predictor - tables + np.exp(predictor)).sum(axis=-1)
    )


def _information(x: Floats, fitted: Floats) -> Floats:
    return np.asarray(np.swapaxes(x * fitted[:, :, None], 1, 2) @ x)


def _inverse(matrices: Floats, damping: float = 0.0) -> Floats:
    """Return inverses, NaN for singular matrices; `damping` raises the scaled diagonal."""
    diagonal = matrices.diagonal(axis1=1, axis2=2)
    scale = 1.0 / np.sqrt(np.where(diagonal > 0, diagonal, np.nan))
    both = scale[:, :, None] * scale[:, None, :]
    scaled = matrices * both
    scaled.reshape(len(scaled), -1)[:, :: scaled.shape[1] + 1] += damping
    good = np.isfinite(scaled).all(axis=(-1, -2))
    if good.all():
        with suppress(np.linalg.LinAlgError):
            return np.asarray(np.linalg.inv(scaled) * both)
    inverses = np.full_like(matrices, np.nan)
    for at in np.flatnonzero(good):
        with suppress(np.linalg.LinAlgError):
            inverses[at] = np.linalg.inv(scaled[at])
    return inverses * both


class BoundedFit(NamedTuple):
    """A fit in which the columns at their bound of zero are left out."""

    fit: LogLinearFit  # of the columns kept
    kept: NDArray[np.intp]  # their positions


def fit_bounded(
    x: Floats,
    counts: Floats,
    bounded: Sequence[int] = (),
    offset: Floats | None = None,
    start: Sequence[int] = (),
    near: Floats | None = None,
) -> BoundedFit:
    """Fit one table with some coefficients at least zero.

    Columns enter and leave by score (Lawson and Hanson, 1974).
    """
    free = [at for at in range(x.shape[1]) if at not in set(bounded)]
    active, turned_back = list(start), set[int]()
    current, entering = np.zeros(x.shape[1]), -1
    for _ in range(_ROUNDS):
        fit = fit_loglinear(
            x[:, free + active], counts, offset, None if near is None else near[free + active]
        )
        ahead = fit.coefficients[len(free) :]
        if (ahead < 0).any():
            active = _active_after_step(current, active, ahead)
            if entering not in active:
                turned_back.add(entering)  # what enters and leaves at once would go round for ever
            continue
        current[active] = ahead
        idle = [at for at in bounded if at not in active and at not in turned_back]
        scores = (counts - fit.fitted) @ x[:, idle]
        if not idle or scores.max() <= _FLAT * (1.0 + counts.sum()):
            break
        entering = idle[int(scores.argmax())]
        active = sorted([*active, entering])
    return BoundedFit(fit, np.array(free + active))


def _active_after_step(current: Floats, active: list[int], ahead: Floats) -> list[int]:
    """Return the columns still above zero where a step first meets a bound.

    `current` moves to that point.
    """
    here = current[active]
    down = ahead < 0
    share = float((here[down] / (here[down] - ahead[down])).min())
    there = np.where(
        down & (here + share * (ahead - here) <= 1e-12), 0.0, here + share * (ahead - here)
    )
    current[active] = there
    return [at for at, value in zip(active, there, strict=True) if value > 0]


def locate_maximum(
    x: Floats, counts: Floats, unseen: Floats, bounded: Sequence[int] = ()
) -> MaximumLocation:
    """Return where the likelihood is highest.

    Either inside, or where the number never seen is unmoved, zero or infinite.
    """
    full, empty = x[counts > 0], x[counts == 0]
    if not len(empty):
        return "inside"
    limits = [(0.0 if at in bounded else -1.0, 1.0) for at in range(x.shape[1])]

    def farthest(direction: Floats) -> float:
        optimum = linprog(
            -direction,
            A_ub=empty,
            b_ub=np.zeros(len(empty)),
            A_eq=full,
            b_eq=np.zeros(len(full)),
            bounds=limits,
            method="highs",
        )
        return float(-optimum.fun)

    if farthest(unseen) > 1e-7:
        return "without end"
    if farthest(-unseen) > 1e-7:
        return "all seen"
    return "edge" if farthest(-empty.sum(axis=0)) > 1e-7 else "inside"


def directions_without_maximum(x: Floats, filled: Booleans) -> Floats:
    """Return directions without a finite maximum, shape (directions, parameters).

    A direction moves no cell where somebody is, and no empty one upwards; an empty cell that can
    only be moved both ways holds coefficients as if somebody were there (Haberman 1974).
    """
    full, empty = x[filled], x[~filled]
    held = full
    if len(empty):
        # the most empty cells that can vanish at once
        count, width = empty.shape
        together = linprog(
            np.repeat([0.0, -1.0], [width, count]),
            A_ub=np.hstack([empty, np.eye(count)]),
            b_ub=np.zeros(count),
            A_eq=np.hstack([full, np.zeros((len(full), count))]),
            b_eq=np.zeros(len(full)),
            bounds=[(None, None)] * width + [(0.0, 1.0)] * count,
            method="highs",
        )
        held = np.concatenate([full, empty[together.x[width:] < 0.5]])
    _, size, along = np.linalg.svd(held)
    found = along[np.count_nonzero(size > 1e-9 * size.max(initial=0.0)) :]
    return np.where(np.abs(found) > 1e-9, found, 0.0)


class ProfileInterval(NamedTuple):
    """The size at the maximum of the profile likelihood, and the ends of its interval."""

    size: float
    low: float  # the number seen where the likelihood sets no lower limit
    high: float  # infinite where it sets no upper limit


def multinomial_profile(
    x: Floats,
    counts: Floats,
    unseen: Floats,
    confidence: float = 0.95,
    offset: Floats | None = None,
    bounded: Sequence[int] = (),
) -> ProfileInterval:
    """Return the multinomial size of a log-linear model and its profile interval.

    N - n is the expected count of the cell never seen.
    """
    seen = float(counts.sum())
    full, cells = np.vstack([x, unseen]), np.append(counts, 0.0)
    known = None if offset is None else np.append(offset, 0.0)
    first = fit_bounded(x, counts, bounded, offset)
    start = [at for at in first.kept if at in bounded]
    near = np.zeros(x.shape[1])
    near[first.kept] = first.fit.coefficients

    def fitted_with(missed: float) -> Floats:
        cells[-1] = missed
        found = fit_bounded(full, cells, bounded, known, start, near)
        if found.fit.converged:
            near[found.kept] = found.fit.coefficients
        return found.fit.fitted

    def likelihood(missed: float) -> float:
        fitted, size = fitted_with(missed), seen + missed
        return float(gammaln(size + 1) - gammaln(missed + 1) + xlogy(cells, fitted / size).sum())

    def slope(missed: float) -> float:
        # what is fitted is at its best, so that it does not add to the derivative
        unseen_share = float(fitted_with(missed)[-1]) / (seen + missed)
        return float(
            digamma(seen + missed + 1) - digamma(missed + 1) + np.log(max(unseen_share, 1e-300))
        )

    missed = float(unseen_size(first.fit, unseen[first.kept])[0])
    return likelihood_interval(likelihood, seen, missed, confidence, slope)


def likelihood_interval(
    likelihood: Callable[[float], float],
    seen: float,
    near: float,
    confidence: float = 0.95,
    slope: Callable[[float], float] | None = None,
) -> ProfileInterval:
    """Return the maximum-likelihood number missed, and the ends of its profile interval.

    The interval holds each N with 2 (l(max) - l(N)) below the chi-square quantile.
    """
    at = None if slope is None else _zero_of_slope(cache(slope), near)
    if at is None:
        middle = math.log(min(max(near, 1e-3), _FARTHEST))
        log_missed, _ = find_maximum(
            lambda item: likelihood(math.exp(item)), middle - 4.0, middle + 3.0
        )
        at = max((0.0, math.exp(log_missed)), key=likelihood)
    highest, deviate = likelihood(at), student_deviate(confidence)

    @cache
    def beyond(missed: float) -> float:
        """Return the signed root of the fall of the likelihood, less that at the ends.

        It is close to a straight line.
        """
        return math.sqrt(max(2.0 * (highest - likelihood(missed)), 0.0)) - deviate

    low = at if at == 0 else _crossing(beyond, 0.0, at)
    return ProfileInterval(seen + at, seen + low, seen + _upper_end(beyond, at))


def _zero_of_slope(slope: Callable[[float], float], near: float) -> float | None:
    """Return where a slope comes to zero; None where it does not around there."""
    low, high = (min(max(near, 1e-3), _FARTHEST) * factor for factor in (0.5, 1.5))
    for _ in range(6):
        if slope(low) > 0 > slope(high):
            return float(brentq(slope, low, high, xtol=1e-9, rtol=1e-12))
        low, high = low / 3.0, high * 3.0
    return None


def _upper_end(beyond: Callable[[float], float], at: float) -> float:
    near, far = at, max(2.0 * at, 1.0)
    while beyond(far) < 0:
        near, far = far, 2.0 * far
        if far > _FARTHEST:
            return math.inf
    return _crossing(beyond, near, far)


def _crossing(beyond: Callable[[float], float], near: float, far: float) -> float:
    """Return where the likelihood crosses its level, or the nearer end if it does not."""
    if beyond(near) * beyond(far) > 0:
        return near
    return float(brentq(beyond, near, far, xtol=1e-7, rtol=1e-12))


_CLIMBS, _HALVED, _NEAR, _SMALL, _MOST_UNSEEN = 200, 40, 1e-12, 1e-4, 1e8


def fit_normal_effect(table: CaptureCells) -> LogLinearFit:
    """Fit a model with a normal random effect on the log-odds of capture."""
    quadrature = normal_quadrature()
    theta, converged = _maximise(table, quadrature, _start_with_sigma(table))
    if abs(theta[-1]) < _SMALL:
        # sigma is zero
        base = fit_loglinear(table.x, table.counts, table.offset)
        padded = np.pad(base.covariance, ((0, 1), (0, 1)))
        return _as_fit(
            table, np.append(base.coefficients, 0.0), padded, base.fitted, bool(base.converged)
        )
    theta[-1] = abs(theta[-1])
    fitted = _expected(table, quadrature, theta)[0]
    covariance = np.full((len(theta), len(theta)), np.nan)
    if converged:
        covariance = np.linalg.inv(_observed(table, quadrature, theta))
    return _as_fit(table, theta, covariance, fitted, converged)


def is_unbounded(table: CaptureCells, fit: LogLinearFit, confidence: float = 0.95) -> bool:
    """Return whether the profile stays below the quantile up to a million times those seen."""
    quadrature, theta = normal_quadrature(), fit.coefficients.copy()
    highest = _log_likelihood(table.counts, fit.fitted)
    farthest = math.log(1e6 * float(table.counts.sum()))
    drop = 0.5 * student_deviate(confidence) ** 2
    while theta[0] < farthest:
        theta[0] = min(theta[0] + 2.0, farthest)
        theta = _maximise(table, quadrature, theta, first=1)[0]
        if _log_likelihood(table.counts, _expected(table, quadrature, theta)[0]) < highest - drop:
            return False
    return True


def normal_quadrature() -> tuple[Floats, Floats]:
    """Return even points of a standard normal and the logarithms of their weights."""
    points = np.linspace(-10.0, 10.0, 241)
    heights = -(points**2) / 2.0
    return points, heights - logsumexp(heights)


def _as_fit(
    table: CaptureCells, theta: Floats, covariance: Floats, fitted: Floats, converged: bool
) -> LogLinearFit:
    counts = table.counts
    log_likelihood = (xlogy(counts, fitted) - fitted - gammaln(counts + 1)).sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        deviance = (
            2.0
            * (np.where(counts > 0, counts * np.log(counts / fitted), 0.0) - counts + fitted).sum()
        )
    return LogLinearFit(
        theta,
        covariance,
        fitted,
        deviance,
        log_likelihood,
        len(counts) - len(theta),
        np.bool_(converged),
    )


def _start_with_sigma(table: CaptureCells) -> Floats:
    """Return the fit of a normal effect among those never caught, which is log-linear (Darroch)."""
    near = fit_loglinear(
        np.column_stack([table.x, table.times**2 / 2.0]), table.counts, table.offset
    ).coefficients
    if near[-1] > 0.04:
        return np.append(near[:-1], math.sqrt(near[-1]))
    return np.append(fit_loglinear(table.x, table.counts, table.offset).coefficients, 0.2)


def _expected(
    table: CaptureCells, quadrature: tuple[Floats, Floats], theta: Floats
) -> tuple[Floats, Floats]:
    """Return the expected count of each cell, and the derivatives of its logarithm."""
    points, log_weights = quadrature
    deviations = theta[-1] * points
    fixed = table.offset + table.x[:, 1:] @ theta[1:-1]
    kinds, at = np.unique(table.times, return_inverse=True)
    odds = fixed[:, None] + table.times[:, None] * deviations
    total = logsumexp(odds, axis=0)
    never = -np.logaddexp(0.0, total)
    # of those caught at all with each deviation: the mean line of the model matrix
    shares = np.exp(odds - total)
    caught = -np.expm1(never)
    slopes = -caught[:, None] * (shares.T @ table.x[:, 1:])
    bend = -caught * (table.times @ shares) * points
    joint = log_weights + np.vstack([np.zeros_like(points), kinds[:, None] * deviations]) + never
    levels = logsumexp(joint, axis=1)
    weights = np.exp(joint - levels[:, None])
    phi = levels[1:] - levels[0]
    by_line = weights @ slopes
    by_sigma = weights @ bend + np.append(0.0, kinds) * (weights @ points)
    derivatives = np.column_stack(
        [
            np.ones_like(fixed),
            table.x[:, 1:] + (by_line[1:] - by_line[0])[at],
            (by_sigma[1:] - by_sigma[0])[at],
        ]
    )
    return np.exp(np.clip(theta[0] + fixed + phi[at], -700, 700)), derivatives


def _log_likelihood(counts: Floats, fitted: Floats) -> float:
    return float((xlogy(counts, fitted) - fitted).sum())


def _maximise(
    table: CaptureCells, quadrature: tuple[Floats, Floats], theta: Floats, first: int = 0
) -> tuple[Floats, bool]:
    """Return the maximum by Fisher scoring with halved steps; those before `first` are fixed."""
    fitted, derivatives = _expected(table, quadrature, theta)
    height = _log_likelihood(table.counts, fitted)
    farthest = math.log(_MOST_UNSEEN * float(table.counts.sum()))
    for _ in range(_CLIMBS):
        if theta[0] > farthest:
            return theta, False
        free = derivatives[:, first:]
        information = free.T @ (free * fitted[:, None])
        step = np.zeros_like(theta)
        step[first:] = np.linalg.lstsq(information, free.T @ (table.counts - fitted), rcond=1e-14)[
            0
        ]
        for _ in range(_HALVED):
            ahead = _expected(table, quadrature, theta + step)
            higher = _log_likelihood(table.counts, ahead[0])
            if higher >= height - 1e-13 * abs(height):
                break
            step = step / 2.0
        else:
            return theta, False
        gain = abs(higher - height)
        theta, height, (fitted, derivatives) = theta + step, higher, ahead
        if abs(theta[-1]) < _SMALL or (
            gain <= _NEAR * (abs(height) + 1.0) and np.abs(step).max() <= 1e-7
        ):
            return theta, True
    return theta, False


def _observed(table: CaptureCells, quadrature: tuple[Floats, Floats], theta: Floats) -> Floats:
    """Return the observed information: minus the slope of the score, by central differences."""

    def score(at: Floats) -> Floats:
        fitted, derivatives = _expected(table, quadrature, at)
        return np.asarray(derivatives.T @ (table.counts - fitted))

    width = 1e-5
    columns = [
        (score(theta - width * axis) - score(theta + width * axis)) / (2.0 * width)
        for axis in np.eye(len(theta))
    ]
    slope = np.column_stack(columns)
    return (slope + slope.T) / 2.0
