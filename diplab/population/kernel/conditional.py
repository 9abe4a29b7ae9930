"""Capture histories with covariates: the likelihood given that a person was caught at least once.

Each person caught represents 1/p persons, p the probability of being caught at least once.

References
----------
Huggins (1989), *Biometrika* 76; Alho (1990), *Biometrics* 46; Huggins (1991), *Biometrics* 47.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from diplab.population.kernel.abundance import Abundance

Floats = NDArray[np.float64]

FARTHEST = 15.0
"""On the log-odds: a chance of a capture beyond it is at 0 or 1 for any data that people have."""
LONGEST = 4.0
"""On the log-odds: how far one step may go."""
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


def fit_conditional(histories: Floats, fresh: Floats, again: Floats | None = None) -> ConditionalFit:
    """Return the conditional maximum likelihood fit of captures, and the population size.

    With Q_i the chance that i is never caught: log L = sum over i of log f(y_i) - log(1 - Q_i) (Huggins, 1989; Alho,
    1990), N = sum of 1/(1 - Q_i), variance sum of Q_i/(1 - Q_i)^2 plus the delta part D' V D, D = dN/d beta (Huggins,
    1989, 1991).
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
    histories = np.ones(fresh.shape[:2])
    model = _ConditionalModel(histories, fresh, fresh if again is None else again)
    return bool(np.linalg.eigvalsh(model.scaled_information(np.zeros(fresh.shape[2])))[0] > TINY)


def occasion_bound(histories: Floats) -> Abundance:
    """Return a lower bound of the size where persons differ in their chance, and occasions too.

    n + (f1^2 - sum of Z_j^2) / (2 f2), Z_j the persons caught once only, on occasion j (Chao, 1989); with f2 + 1 in
    place of f2 where no one was caught twice. Variance by the delta method.
    """
    times = histories.sum(axis=1)
    once = histories[times == 1].sum(axis=0)
    twice = float(np.count_nonzero(times == 2))
    pairs = (float(once.sum()) ** 2 - float(once @ once)) / 2
    below = twice or 1.0
    unseen = pairs / below
    slopes = (float(once.sum()) - once) / below
    variance = unseen + float(slopes**2 @ once) + unseen**2 / below
    return Abundance(len(histories) + unseen, variance, float(len(histories)))


class _ConditionalModel:
    """The likelihood, its slope and its information, at any coefficients."""

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
        p, never, pull = self.chances(beta)
        odds = never / -np.expm1(self.log_never(beta))
        slope = np.einsum("ij,ijk->k", self.y - expit(self.now @ beta), self.now) - odds @ pull
        now = expit(self.now @ beta)
        observed = self.crossed(self.now, now * (1 - now)) + self.truncation(p, odds, pull)
        for information in (observed, self.information(beta)):
            try:
                np.linalg.cholesky(information)
            except np.linalg.LinAlgError:
                continue
            return np.asarray(np.linalg.solve(information, slope))
        return np.asarray(np.linalg.lstsq(self.information(beta), slope, rcond=None)[0])

    def chances(self, beta: Floats) -> tuple[Floats, Floats, Floats]:
        """Return the chances of a first capture, of no capture, and -d log(no capture)/d beta."""
        p = expit(self.fresh @ beta)
        return p, np.exp(self.log_never(beta)), np.einsum("ij,ijk->ik", p, self.fresh)

    def crossed(self, x: Floats, weight: Floats) -> Floats:
        wide = x.reshape(-1, x.shape[2])
        return np.asarray((wide * weight.reshape(-1, 1)).T @ wide)

    def truncation(self, p: Floats, odds: Floats, pull: Floats) -> Floats:
        """Return what is known less for the persons never caught."""
        spread = self.crossed(self.fresh, odds[:, None] * p * (1 - p))
        return np.asarray(spread - (pull * (odds * (1 + odds))[:, None]).T @ pull)

    def information(self, beta: Floats) -> Floats:
        """Return the expected information, over the histories that a person caught may have."""
        p, never, pull = self.chances(beta)
        caught = -np.expm1(self.log_never(beta))
        missed = np.logaddexp(0, self.fresh @ beta)
        before = np.exp(missed - np.cumsum(missed, axis=1))
        unmet = (before - never[:, None]) / caught[:, None]
        c = expit(self.again @ beta)
        known = self.crossed(self.fresh, unmet * p * (1 - p)) + self.crossed(
            self.again, (1 - unmet) * c * (1 - c)
        )
        return known + self.truncation(p, never / caught, pull)

    def scaled_information(self, beta: Floats) -> Floats:
        information = self.information(beta)
        root = np.sqrt(np.maximum(np.diag(information), np.finfo(float).tiny))
        return np.asarray(information / np.outer(root, root))

    def fitted(self, beta: Floats, *, boundary: bool) -> ConditionalFit:
        _, never, pull = self.chances(beta)
        caught = -np.expm1(self.log_never(beta))
        boundary = boundary or bool(np.linalg.eigvalsh(self.scaled_information(beta))[0] < TINY)
        covariance = np.full((beta.size, beta.size), np.nan)
        if not boundary:
            covariance = np.asarray(np.linalg.inv(self.information(beta)), dtype=np.float64)
        slope = -(never / caught**2) @ pull
        variance = float((never / caught**2).sum() + slope @ covariance @ slope)
        size = Abundance(float((1 / caught).sum()), variance, float(len(caught)))
        return ConditionalFit(beta, covariance, self.log_likelihood(beta), caught, size, boundary)
