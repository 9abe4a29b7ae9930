"""Propensities: the chance of answering, or of being in a sample, by a logistic model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from diplab.kernel.arrays import Booleans, Floats, Integers

_STEPS = 100
_NEAR = 1e-9  # gain of the likelihood in a step, a unit of weight, after which one more is exact
_FARTHEST = 30.0  # log-odds beyond which categories separate those who answered


@dataclass(frozen=True, eq=False)
class Propensity:
    """A fitted logistic model of who answered."""

    coefficients: Floats  # (coefficients,)
    probability: Floats  # (people,)
    separated: bool  # whether some of it grow without limit


def fit_propensity(x: Floats, answered: Booleans, weight: Floats) -> Propensity:
    """Solve sum q (r - p) x = 0 by Newton's steps, halved where the likelihood falls.

    Shapes: `x` (people, coefficients), `answered` and `weight` (people,).
    """
    r = answered.astype(float)
    theta = np.zeros(x.shape[1])
    value, people = _log_likelihood(x, r, weight, theta), weight.sum()
    for _ in range(_STEPS):
        p = special.expit(x @ theta)
        score = (weight * (r - p)) @ x
        information = (x.T * (weight * p * (1 - p))) @ x
        step = np.linalg.lstsq(information, score, rcond=1e-13)[0]
        gain = float(score @ step)
        if gain <= _NEAR**2 * people:
            theta = theta + step
            break
        reached = _log_likelihood(x, r, weight, theta + step)
        while reached < value - _NEAR * people:
            step = step / 2
            reached = _log_likelihood(x, r, weight, theta + step)
        theta, value = theta + step, reached
        if np.abs(x @ theta).max() > _FARTHEST:
            return Propensity(theta, special.expit(x @ theta), separated=True)
    return Propensity(theta, special.expit(x @ theta), separated=False)


def _log_likelihood(x: Floats, r: Floats, weight: Floats, theta: Floats) -> float:
    eta = x @ theta
    return float(weight @ (r * eta - np.logaddexp(0.0, eta)))


def quantile_classes(value: Floats, classes: int) -> Integers:
    """Return the class of each value between its quantiles, closed at right, from 0.

    Quantiles are those of R's type 7 over people; equal values have one class, and a class that
    nobody falls into does not count.
    """
    cuts = np.quantile(value, np.linspace(0, 1, classes + 1)[1:-1])
    place = np.searchsorted(cuts, value, side="left")
    return np.unique(place, return_inverse=True)[1].astype(np.int64)
