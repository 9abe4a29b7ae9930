"""Closed populations from capture histories: Mt, Mb, Mbh and Mtb. See docs/formulas.md."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq, minimize
from scipy.special import digamma, expit, gammaln, logit, xlogy

from diplab.kernel.arrays import Floats
from diplab.kernel.models.regression import scaled_to_ones, solve
from diplab.population.kernel import loglinear
from diplab.population.kernel.abundance import Abundance, chao_lists
from diplab.population.kernel.loglinear import CaptureCells

_LARGEST_MT = 1e8
_LARGEST_MTB = 1e6


def frequency_cells(counts: Floats, limit: float, heterogeneity: str | None = None) -> CaptureCells:
    """Return the table of how many persons were caught once, twice, and so on."""
    times = np.arange(1.0, len(counts) + 1.0)
    if math.isinf(limit):
        offset = -gammaln(times + 1)
    else:
        offset = gammaln(limit + 1) - gammaln(times + 1) - gammaln(limit - times + 1)
    x = np.column_stack([np.ones_like(times), times])
    return _with_heterogeneity(
        CaptureCells(x, counts, offset, times, ("intercept", "captures")), heterogeneity
    )


def history_cells(
    histories: Floats, counts: Floats, occasions: tuple[str, ...], heterogeneity: str | None = None
) -> CaptureCells:
    """Return the table of capture histories, with a capture probability for each occasion."""
    times = histories.sum(axis=1)
    x = np.column_stack([np.ones_like(times), histories])
    cells = CaptureCells(x, counts, np.zeros_like(times), times, ("intercept", *occasions))
    return _with_heterogeneity(cells, heterogeneity)


def all_histories(occasions: int) -> Floats:
    """Return every history of capture but that of persons never seen, as 0 and 1."""
    numbers = np.arange(1, 2**occasions)
    return ((numbers[:, None] >> np.arange(occasions - 1, -1, -1)) & 1).astype(np.float64)


def _with_heterogeneity(cells: CaptureCells, heterogeneity: str | None) -> CaptureCells:
    """Return a table with columns of heterogeneity.

    Chao's bound has a bend of at least zero at 2, 3, ... captures.
    """
    if heterogeneity is None:
        return cells
    x, times = cells.x, cells.times
    if heterogeneity == "chao":
        bends = np.arange(2.0, times.max())
        terms = (*cells.terms, *(f"bend at {bend:g}" for bend in bends))
        x = np.column_stack([x, np.maximum(times[:, None] - bends, 0.0)])
        return replace(cells, x=x, terms=terms, bounded=tuple(range(len(cells.terms), len(terms))))
    x = np.column_stack([x, loglinear.HETEROGENEITY_COLUMNS[heterogeneity](times)])
    return replace(cells, x=x, terms=(*cells.terms, "heterogeneity"))


class OccasionFit(NamedTuple):
    """A fit of Mt or of Mtb."""

    size: float  # infinite, as the variance, where the likelihood rises to a size without end
    variance: float  # NaN where no one is left uncaught
    # log-odds of capture by occasion, after the logarithm of those never caught (Mt) or before the
    # shift (Mtb)
    coefficients: Floats
    covariance: Floats  # (occasions + 1, occasions + 1)


def fit_mt(caught: Floats, seen: float) -> OccasionFit:
    """Return the N that solves 1 - n/N = product of 1 - n_j/N.

    The information of (b0, b) is less that of the N - n unseen.
    """
    parameters = len(caught) + 1
    nothing = np.full(parameters, np.nan), np.full((parameters, parameters), np.nan)
    if caught.max() >= seen:
        return OccasionFit(seen, math.nan, *nothing)
    if caught.sum() <= seen:
        return OccasionFit(math.inf, math.inf, *nothing)

    def gap(log_missed: float) -> float:
        size = seen + math.exp(log_missed)
        return float(np.log1p(-caught / size).sum()) - math.log(math.exp(log_missed) / size)

    if gap(-30.0) <= 0:
        # so many were caught so often that those missed are too few to estimate
        return OccasionFit(seen, math.nan, *nothing)
    high = math.log(seen)
    while gap(high) > 0:
        high += 1.0
        if high > math.log(_LARGEST_MT * seen):
            return OccasionFit(math.inf, math.inf, *nothing)
    size = seen + math.exp(brentq(gap, -30.0, high, xtol=1e-13, rtol=1e-14))
    p, missed = caught / size, size - seen
    information = size * np.outer(np.append(1.0, p), np.append(1.0, p))
    information[1:, 1:] += np.diag(size * p * (1.0 - p))
    information[0, 0] -= missed
    covariance = np.asarray(np.linalg.inv(information), dtype=np.float64)
    variance = missed + missed**2 * float(covariance[0, 0])
    return OccasionFit(size, variance, np.append(math.log(missed), logit(p)), covariance)


def profile_mt(
    caught: Floats, seen: float, near: float, confidence: float = 0.95
) -> loglinear.ProfileInterval:
    """Return the multinomial maximum of Mt, p_j = n_j / N, and its profile interval."""

    def likelihood(missed: float) -> float:
        size = seen + missed
        binomial = xlogy(caught, caught / size) + xlogy(size - caught, 1.0 - caught / size)
        return float(gammaln(size + 1) - gammaln(missed + 1) + binomial.sum())

    def slope(missed: float) -> float:
        size = seen + missed
        return float(digamma(size + 1) - digamma(missed + 1) + np.log1p(-caught / size).sum())

    steady = slope if caught.max() < seen else None
    return loglinear.likelihood_interval(likelihood, seen, near - seen, confidence, steady)


@dataclass(frozen=True, eq=False)
class FirstCaptures:
    """Who was caught first when, and again."""

    first: Floats  # (occasions,); persons caught for the first time, u_j
    again: Floats  # (occasions,); persons caught again, m_j

    @property
    def marked(self) -> Floats:
        """Persons caught before each occasion, M_j."""
        return np.asarray(np.cumsum(self.first) - self.first)

    @property
    def seen(self) -> float:
        """Persons caught at least once."""
        return float(self.first.sum())


class RemovalFit(NamedTuple):
    """A size from first captures, as persons taken away."""

    size: float  # infinite where first captures do not fall off
    variance: float
    capture: float  # probability of being caught for the first time
    error: float  # standard error of its log-odds


def first_captures(histories: Floats, persons: Floats) -> FirstCaptures:
    """Return who was caught first when, and again, from capture histories."""
    first = np.zeros_like(histories)
    first[np.arange(len(histories)), histories.argmax(axis=1)] = 1.0
    return FirstCaptures(persons @ first, persons @ (histories - first))


def fit_removal(first: Floats, first_occasion: float = 0.0) -> RemovalFit:
    """Return the removal size, first captures falling as exp(a + b (j - 1)).

    Source: Rivest and Lévesque (2001).
    """
    fit = loglinear.fit_loglinear(
        np.column_stack([np.ones(len(first)), np.arange(float(len(first)))]), first
    )
    level, slope = fit.coefficients
    if not slope < -1e-9:
        return RemovalFit(math.inf, math.inf, 0.0, math.nan)
    capture = -math.expm1(slope)
    size = math.exp(level) / capture
    gradient = size * np.array([1.0, (1.0 - capture) / capture])
    variance = float(gradient @ fit.covariance @ gradient) - size
    error = math.sqrt(float(fit.covariance[1, 1])) / capture
    return RemovalFit(size + first_occasion, variance, capture, error)


def profile_removal(
    first: Floats, near: float, confidence: float = 0.95, first_occasion: float = 0.0
) -> loglinear.ProfileInterval:
    """Return the multinomial removal size, p profiled out, and its profile interval."""
    caught = float(first.sum())
    seen = caught + first_occasion
    missed_before = float(first @ np.arange(len(first)))

    def likelihood(missed: float) -> float:
        size = seen + missed
        failures = missed_before + len(first) * missed
        chances = max(caught + failures, 1e-300)
        geometric = xlogy(caught, caught / chances) + xlogy(failures, failures / chances)
        easily = xlogy(first_occasion, first_occasion / size) + xlogy(
            size - first_occasion, 1.0 - first_occasion / size
        )
        return float(gammaln(size + 1) - gammaln(missed + 1) + geometric + easily)

    return loglinear.likelihood_interval(likelihood, seen, near - seen, confidence)


def fit_mtb(captures: FirstCaptures) -> OccasionFit:
    """Fit Mtb: a probability by occasion and a shift after capture (variance: Sanathanan, 1972)."""
    # maxima that differ by rounding alone are the same one, and the first is kept
    theta, gradient, information = min(
        (_maximise(captures, guess) for guess in (1.1, 1.5, 3.0)),
        key=lambda maximum: round(maximum[0], 8),
    )[1:]
    missed = float(np.exp(-np.logaddexp(0.0, theta[:-1]).sum()))
    size = captures.seen / -math.expm1(math.log(missed)) if missed < 1.0 else math.inf
    converged = np.abs(gradient).max() <= 1e-5 * (1.0 + captures.seen)
    spread = np.linalg.eigvalsh(information)
    if not converged or size > _LARGEST_MTB * captures.seen or not spread[0] > 1e-10 * spread[-1]:
        return OccasionFit(math.inf, math.inf, theta, np.full_like(information, np.nan))
    covariance = np.linalg.inv(information).astype(np.float64)
    odds = missed / (1.0 - missed)
    slopes = np.append(-size * odds * expit(theta[:-1]), 0.0)
    return OccasionFit(size, size * odds + float(slopes @ covariance @ slopes), theta, covariance)


def profile_mtb(
    captures: FirstCaptures, near: float, confidence: float = 0.95
) -> loglinear.ProfileInterval:
    """Return the multinomial size of Mtb and its profile interval, a logit fit at each N."""
    marked, occasions = captures.marked, len(captures.first)
    again = marked > 0
    x = np.vstack([np.eye(occasions, occasions + 1), np.eye(occasions, occasions + 1)[again]])
    x[occasions:, -1] = 1.0
    taken = np.concatenate([captures.first, captures.again[again]])

    def likelihood(missed: float) -> float:
        size = captures.seen + missed
        chances = np.concatenate([size - marked, marked[again]])
        return float(
            gammaln(size + 1) - gammaln(missed + 1) + _logistic_log_likelihood(x, taken, chances)
        )

    return loglinear.likelihood_interval(
        likelihood, captures.seen, near - captures.seen, confidence
    )


def _maximise(captures: FirstCaptures, guess: float) -> tuple[float, Floats, Floats, Floats]:
    """Return minus the log-likelihood at its maximum, the maximum, gradient and information."""
    at_risk = guess * captures.seen - captures.marked
    start = np.append(logit(np.clip(captures.first / at_risk, 1e-4, 1 - 1e-4)), 0.0)
    theta = minimize(
        lambda theta: _conditional_objective(captures, theta)[0],
        start,
        jac=lambda theta: _conditional_objective(captures, theta)[1],
        hess=lambda theta: _conditional_objective(captures, theta)[2],
        method="trust-exact",
        options={"gtol": 1e-9 * (1.0 + captures.seen), "maxiter": 500},
    ).x
    value, gradient, information = _conditional_objective(captures, theta)
    return value, theta, gradient, information


def _conditional_objective(captures: FirstCaptures, theta: Floats) -> tuple[float, Floats, Floats]:
    """Return minus the log-likelihood given those seen, its gradient and its second derivatives."""
    levels, shift = theta[:-1], theta[-1]
    seen, marked, first, again = captures.seen, captures.marked, captures.first, captures.again
    p, c = expit(levels), expit(levels + shift)
    unlogged = -np.logaddexp(0.0, levels)
    never = float(unlogged.sum())
    caught = max(-math.expm1(never), 1e-300)
    expected = seen / caught
    value = (
        (first * levels + (seen - marked) * unlogged).sum()
        + (again * (levels + shift) - marked * np.logaddexp(0.0, levels + shift)).sum()
        - seen * math.log(caught)
    )
    repeated = again - marked * c
    gradient = np.append(first - (expected - marked) * p + repeated, repeated.sum())
    spread = marked * c * (1.0 - c)
    information = np.zeros((len(theta), len(theta)))
    information[:-1, :-1] = np.diag((expected - marked) * p * (1.0 - p) + spread)
    information[:-1, :-1] -= np.outer(p, p) * expected * (1.0 - caught) / caught
    information[:-1, -1] = information[-1, :-1] = spread
    information[-1, -1] = spread.sum()
    return -float(value), -gradient, information


def _logistic_log_likelihood(x: Floats, taken: Floats, chances: Floats) -> float:
    """Return the highest log-likelihood of a logistic regression of shares, by Newton's steps."""
    share = np.clip((taken + 0.5) / (chances + 1.0), 1e-6, 1 - 1e-6)
    theta = np.linalg.lstsq(x, logit(share), rcond=None)[0]
    height = -math.inf
    for _ in range(50):
        predictor = np.clip(x @ theta, -30.0, 30.0)
        p = expit(predictor)
        higher = float((xlogy(taken, p) + xlogy(chances - taken, 1.0 - p)).sum())
        if higher - height <= 1e-11 * (1.0 + abs(higher)):
            return max(height, higher)
        height = higher
        information = x.T @ (x * (chances * p * (1.0 - p))[:, None])
        theta = theta + np.linalg.lstsq(information, x.T @ (taken - chances * p), rcond=1e-12)[0]
    return height


# on the log-odds: a chance of a capture beyond it is at 0 or 1 for any data that people have
FARTHEST = 15.0
LONGEST = 4.0  # on the log-odds: how far one step may go
ROUNDS = 100
TINY = 1e-9


class ConditionalFit(NamedTuple):
    """A fitted model of captures."""

    coefficients: Floats  # (k,); on the log-odds of a capture
    covariance: Floats  # (k, k); inverse of the expected information
    log_likelihood: float  # of the histories, given that each person was caught
    caught: Floats  # (n,); chance of being caught at least once, by person
    abundance: Abundance  # Size, variance, persons caught
    boundary: bool  # true where some chance runs to 0 or 1, so that there is no estimate


def fit_conditional(
    histories: Floats, fresh: Floats, again: Floats | None = None
) -> ConditionalFit:
    """Return the conditional likelihood fit and N = sum of 1/(1 - Q_i).

    Sources: Huggins (1989, 1991); Alho (1990).
    """
    model = _ConditionalModel(histories, fresh, fresh if again is None else again)
    beta = np.zeros(fresh.shape[2])
    value = model.log_likelihood(beta)
    converged = False
    for _ in range(ROUNDS):
        step = model.step(beta)
        factor = min(1.0, LONGEST / max(model.reach(step), TINY))
        while factor > TINY and not (model.log_likelihood(beta + factor * step) >= value - TINY):
            factor /= 2
        beta = beta + factor * step
        value = model.log_likelihood(beta)
        converged = model.reach(factor * step) < TINY
        if converged or model.reach(beta) > FARTHEST:
            break
    return model.fitted(beta, boundary=not converged or model.reach(beta) > FARTHEST)


def is_identified(fresh: Floats, again: Floats | None = None) -> bool:
    """Return whether histories identify all coefficients of a model."""
    model = _ConditionalModel(np.ones(fresh.shape[:2]), fresh, fresh if again is None else again)
    return _is_regular(model.information(np.zeros(fresh.shape[2])))


def _is_regular(information: Floats) -> bool:
    return bool(np.linalg.eigvalsh(scaled_to_ones(information)[0])[0] >= TINY)


def occasion_bound(histories: Floats) -> Abundance:
    """Return n + (f1^2 - sum of Z_j^2) / (2 f2) (Chao, 1989).

    Z_j is the number of persons caught once, on occasion j.
    """
    times = histories.sum(axis=1)
    once = histories[times == 1].sum(axis=0)
    twice = float(np.count_nonzero(times == 2))
    return chao_lists(once.tolist(), twice or 1.0, float(len(histories)))


class _ConditionalModel:
    def __init__(self, histories: Floats, fresh: Floats, again: Floats) -> None:
        self.y, self.fresh, self.again = histories, fresh, again
        before = np.cumsum(histories, axis=1) - histories > 0
        self.now = np.where(before[:, :, None], again, fresh)

    def reach(self, beta: Floats) -> float:
        """Return the largest log-odds of a capture, on either side of even."""
        return float(max(np.abs(self.fresh @ beta).max(), np.abs(self.now @ beta).max()))

    def log_likelihood(self, beta: Floats) -> float:
        eta, log_never = self.now @ beta, self.log_never(beta)
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            value = (self.y * eta - np.logaddexp(0, eta)).sum() - np.log(-np.expm1(log_never)).sum()
        return float(value)

    def log_never(self, beta: Floats) -> Floats:
        return np.asarray(-np.logaddexp(0, self.fresh @ beta).sum(axis=1))

    def step(self, beta: Floats) -> Floats:
        """Return the step of Newton; of Fisher where the observed information points nowhere."""
        p, never, caught, pull = self.chances(beta)
        now, odds = expit(self.now @ beta), never / caught
        slope = np.einsum("ij,ijk->k", self.y - now, self.now) - odds @ pull
        observed, expected = self.crossed(self.now, now * (1 - now)), self.information(beta)
        for information in (observed + self.truncation(p, odds, pull), expected):
            if (found := solve(information, slope)) is not None:
                return found
        return np.asarray(np.linalg.lstsq(expected, slope, rcond=None)[0])

    def chances(self, beta: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """Return chances of first capture, none and at least one, and the score of the last.

        The score is -d log(no capture)/d beta.
        """
        p, log_never = expit(self.fresh @ beta), self.log_never(beta)
        return p, np.exp(log_never), -np.expm1(log_never), np.einsum("ij,ijk->ik", p, self.fresh)

    def crossed(self, x: Floats, weight: Floats) -> Floats:
        wide = x.reshape(-1, x.shape[2])
        return np.asarray((wide * weight.reshape(-1, 1)).T @ wide)

    def truncation(self, p: Floats, odds: Floats, pull: Floats) -> Floats:
        """Return what is known less for the persons never caught."""
        spread = self.crossed(self.fresh, odds[:, None] * p * (1 - p))
        return np.asarray(spread - (pull * (odds * (1 + odds))[:, None]).T @ pull)

    def information(self, beta: Floats) -> Floats:
        """Return the expected information, over the histories that a person caught may have."""
        p, never, caught, pull = self.chances(beta)
        missed = np.logaddexp(0, self.fresh @ beta)
        before = np.exp(missed - np.cumsum(missed, axis=1))
        unmet = (before - never[:, None]) / caught[:, None]
        c = expit(self.again @ beta)
        known = self.crossed(self.fresh, unmet * p * (1 - p)) + self.crossed(
            self.again, (1 - unmet) * c * (1 - c)
        )
        return known + self.truncation(p, never / caught, pull)

    def fitted(self, beta: Floats, *, boundary: bool) -> ConditionalFit:
        _, never, caught, pull = self.chances(beta)
        information, covariance = self.information(beta), np.full((beta.size, beta.size), np.nan)
        boundary = boundary or not _is_regular(information)
        if not boundary:
            covariance = np.asarray(np.linalg.inv(information), dtype=np.float64)
        slope = -(never / caught**2) @ pull
        variance = float((never / caught**2).sum() + slope @ covariance @ slope)
        size = Abundance(float((1 / caught).sum()), variance, float(len(caught)))
        return ConditionalFit(beta, covariance, self.log_likelihood(beta), caught, size, boundary)
