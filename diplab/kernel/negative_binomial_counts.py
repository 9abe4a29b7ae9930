"""How many persons, if their rates of being seen follow a gamma law: the zero-truncated negative binomial.

The more the rates differ, the more persons are hardly ever seen, and the likelihood often keeps rising as their number
runs to infinity. That is found out here, and no point is given.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import special
from scipy.optimize import brentq, minimize_scalar

from diplab.kernel.truncated_laws import CountFit
from diplab.population.kernel.abundance import Abundance
from diplab.population.kernel.counts import truncated_poisson

if TYPE_CHECKING:
    from collections.abc import Callable

    from diplab.kernel.truncated_laws import Floats

__all__ = ["truncated_negative_binomial"]

GRID = np.linspace(-14.0, 16.0, 121)
"""Log shapes looked at: from rates that differ without limit to rates that are all alike."""
LONGEST = 10_000
"""Times seen up to which products are taken factor by factor, which loses no digits."""
STEP = 1e-20
FLAT, ROUNDING = 1e-7, 1e-12
"""Gain in log-likelihood over a boundary, and as a share of it, below which the fit lies on the boundary."""


def truncated_negative_binomial(times: Floats, persons: Floats, confidence: float = 0.95) -> CountFit:
    """Return the size if rates follow a gamma law, or that the counts set it no limit.

    Parameters
    ----------
    times, persons : array, shape (counts,)
        Numbers of times and the persons seen so often.
    confidence : float
        Probability at which the boundary is told from the fit.

    Returns
    -------
    CountFit
        N = n / (1 - (k / (k + m))^k), mean m and shape k by maximum likelihood (Cruyff and van der Heijden, 2008);
        variance in two parts, that of log m and log k from the observed information, and sum (1 - p) / p^2. Boundary
        `no upper limit` where the likelihood rises as k falls to 0 (the limit is Fisher's log-series, with infinitely
        many unseen), `poisson` where it rises as k grows: the size is NaN. Where the log-series cannot be told from the
        fit by the likelihood ratio, `highest` is infinite.

    Raises
    ------
    MisleadingError
        Where nobody was seen more than once.

    Examples
    --------
    >>> counts = np.array([1645.0, 183, 37, 13, 1, 1])
    >>> truncated_negative_binomial(np.arange(1.0, 7), counts).boundary
    'no upper limit'
    """
    seen, total = float(persons.sum()), float(times @ persons)
    poisson = truncated_poisson(seen, total)
    kernel = _Likelihood(times, persons)
    heights = np.array([kernel.profile(at) for at in GRID])
    best = int(heights.argmax())
    series, alike = kernel.series(), kernel.poisson(poisson.size)
    if 0 < best < len(GRID) - 1:
        bracket = (GRID[best - 1], GRID[best + 1])
        peak = minimize_scalar(
            lambda at: -kernel.profile(at), bounds=bracket, method="bounded", options={"xatol": 1e-10}
        )
        shape, height = float(peak.x), -float(peak.fun)
    else:
        shape, height = float(GRID[best]), float(heights[best])
    if height <= max(series, alike) + FLAT + ROUNDING * abs(height):
        return _at_the_boundary(seen, "no upper limit" if series >= alike else "poisson", kernel)
    fit = _inside(kernel, shape)
    limit = float(special.chdtri(1, 1 - confidence)) / 2
    return fit if height - series > limit else replace(fit, highest=math.inf)


class _Likelihood:
    """The log-likelihood of mean and shape, which takes complex numbers too."""

    def __init__(self, times: Floats, persons: Floats) -> None:
        self.seen, self.total = float(persons.sum()), float(times @ persons)
        self.constant = -float(persons @ special.gammaln(times + 1))
        # gamma(y + k) / gamma(k) is the product of k + j over j < y: as many terms as persons seen more than j times
        self.steps = np.arange(1, int(min(times.max(), LONGEST)))
        order = np.argsort(times)
        above = np.append(np.cumsum(persons[order][::-1])[::-1], 0.0)
        self.above = above[np.searchsorted(times[order], self.steps, side="right")]
        self.far, self.far_persons = times[times > LONGEST], persons[times > LONGEST]

    def at(self, mean: Any, shape: Any) -> Any:
        """Return the log-likelihood."""
        log_none = -shape * np.log1p(mean / shape)
        rises = self.above @ np.log1p(self.steps / shape)
        beyond = special.loggamma(self.far + shape) - special.loggamma(LONGEST + shape)
        rises = rises + self.far_persons @ (beyond - (self.far - LONGEST) * np.log(shape))
        # n log k + (total - n) log k from the products, with total log(m / (m + k))
        scale = self.total * (np.log(shape) + np.log(mean) - np.log(mean + shape))
        return self.constant + rises + scale + self.seen * (log_none - np.log(-np.expm1(log_none)))

    def height(self, logs: Any) -> Any:
        """Return the log-likelihood at the logs of mean and shape."""
        return self.at(np.exp(logs[0]), np.exp(logs[1]))

    def size(self, logs: Any) -> Any:
        """Return the size at the logs of mean and shape."""
        mean, shape = np.exp(logs[0]), np.exp(logs[1])
        return self.seen / -np.expm1(-shape * np.log1p(mean / shape))

    def mean(self, shape: float) -> float:
        """Return the mean that is best for a shape: the truncated mean is that of the counts."""
        target = self.total / self.seen

        def excess(log_mean: float) -> float:
            mean = math.exp(log_mean)
            return math.log(mean / -math.expm1(-shape * math.log1p(mean / shape)) / target)

        return math.exp(brentq(excess, -60.0, math.log(target) + 1, xtol=1e-14, rtol=1e-14))

    def profile(self, log_shape: float) -> float:
        """Return the log-likelihood at a shape, the mean being best."""
        shape = math.exp(log_shape)
        return float(self.at(self.mean(shape), shape))

    def series(self) -> float:
        """Return the log-likelihood of the log-series law, the limit as the shape falls to nothing."""
        target = self.total / self.seen

        def excess(logit: float) -> float:
            # theta / ((1 - theta) -log(1 - theta)) with theta / (1 - theta) = exp(logit)
            return logit - math.log(np.logaddexp(0, logit)) - math.log(target)

        logit = brentq(excess, -35.0, 60.0, xtol=1e-13)
        log_theta, length = -float(np.logaddexp(0, -logit)), float(np.logaddexp(0, logit))
        beyond = special.gammaln(self.far) - special.gammaln(LONGEST)
        rises = float(self.above @ np.log(self.steps) + self.far_persons @ beyond)
        return self.constant + rises + self.total * log_theta - self.seen * math.log(length)

    def poisson(self, size: float) -> float:
        """Return the log-likelihood of the Poisson law of the same truncated mean."""
        rate, chance = self.total / size, self.seen / size
        return self.constant + self.total * math.log(rate) - self.seen * (rate + math.log(chance))


def _inside(kernel: _Likelihood, log_shape: float) -> CountFit:
    """Return the fit at a maximum inside, with its standard errors."""
    point = np.array([math.log(kernel.mean(math.exp(log_shape))), log_shape])
    # the profile is flat at its top: a step of Newton gives the digits that its height cannot
    for _ in range(2):
        step = np.linalg.solve(_bends(kernel.height, point), _slopes(kernel.height, point))
        point = point - np.clip(step, -0.1, 0.1)
    spread = np.linalg.inv(-_bends(kernel.height, point))
    by = _slopes(kernel.size, point)
    persons = float(kernel.size(point))
    chance = kernel.seen / persons
    variance = float(by @ spread @ by) + kernel.seen * (1 - chance) / chance**2
    mean, shape = np.exp(point)

    def chances(times: Floats) -> Floats:
        logs = special.gammaln(times + shape) - special.gammaln(shape) - special.gammaln(times + 1)
        return np.asarray(
            np.exp(logs + times * np.log(mean / (mean + shape)) - shape * np.log1p(mean / shape)) / chance
        )

    return CountFit(
        Abundance(persons, variance, kernel.seen),
        float(kernel.height(point)),
        ("log mean", "log shape"),
        (float(point[0]), float(point[1])),
        (float(np.sqrt(spread[0, 0])), float(np.sqrt(spread[1, 1]))),
        chances,
    )


def _slopes(of: Callable[[Any], Any], at: Floats) -> Floats:
    """Return first derivatives: the imaginary part a very small imaginary step away (Squire and Trapp 1998)."""
    return np.array([of(at + 1j * STEP * unit).imag / STEP for unit in np.eye(len(at))])


def _bends(of: Callable[[Any], Any], at: Floats) -> Floats:
    """Return second derivatives, as differences of exact first ones."""
    step = 1e-5
    rows = [
        (_slopes(of, at + step * unit) - _slopes(of, at - step * unit)) / (2 * step)
        for unit in np.eye(len(at))
    ]
    return (np.array(rows) + np.array(rows).T) / 2


def _at_the_boundary(seen: float, which: str, kernel: _Likelihood) -> CountFit:
    def chances(times: Floats) -> Floats:
        return np.full(len(times), np.nan)

    return CountFit(
        Abundance(math.nan, math.nan, seen),
        kernel.series() if which == "no upper limit" else math.nan,
        (),
        (),
        (),
        chances,
        boundary=which,
    )
