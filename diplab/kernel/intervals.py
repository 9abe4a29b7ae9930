"""Confidence intervals and p-values, with their adjustments. See docs/formulas.md."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from scipy import special

from diplab.kernel.arrays import Floats, Integers

_HALVINGS = 100
_FARTHEST = 700.0  # on the log-odds: beyond it a share is 0 or 1 in floating point


def binomial_support(point: Floats, drop: Floats) -> tuple[Floats, Floats]:
    """Return the shares whose mean log-likelihood is at most `drop` below its maximum."""
    # the log-likelihood at q is p log q + (1 - p) log(1 - q), the largest at q = p. Each end is
    # found by halving on the log-odds, where the smallest shares keep all their digits. Shapes:
    # `point` (domains,), `drop` (domains,). NaN where the point or the drop is
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = special.logit(point)
        best = special.xlogy(point, point) + special.xlog1py(1 - point, -point)
    ends = []
    for side in (-1.0, 1.0):
        inside, outside = centre, np.full(point.shape, side * _FARTHEST)
        for _ in range(_HALVINGS):
            middle = (inside + outside) / 2
            # log q = -log(1 + exp(-x)), log(1 - q) = -log(1 + exp(x))
            value = -point * np.logaddexp(0, -middle) - (1 - point) * np.logaddexp(0, middle)
            selected = best - value <= drop
            inside, outside = (
                np.where(selected, middle, inside),
                np.where(selected, outside, middle),
            )
        ends.append(
            np.where(np.isfinite(drop) & np.isfinite(centre), special.expit(inside), np.nan)
        )
    return ends[0], ends[1]


@dataclass(frozen=True, eq=False)
class Precision:
    """What an interval is made from, by domain."""

    std_error: Floats  # standard error of the linearised statistic
    df: Floats  # degrees of freedom (infinite for the normal distribution)
    n: Floats  # respondents in the domain
    confidence: float  # for example 0.95
    # the standard error, under the same design, of another statistic of the same people: from its
    # totals and its linearised form to an array by domain. An interval that tries values until one
    # is rejected needs it
    error_of: Callable[[Any, Any], Floats] | None = None
    replicated: bool = False  # whether the standard error comes from replicate weights
    # as how many independent answers those of a share of none or all count
    independent: Floats | None = None

    @property
    def t(self) -> Floats:
        """Quantile of Student's distribution with `df` degrees of freedom."""
        return student(self.confidence, self.df)


def student(confidence: float, df: Floats) -> Floats:
    """Return the two-sided quantile of Student's t; NaN without degrees of freedom."""
    upper = 0.5 + confidence / 2
    with np.errstate(invalid="ignore"):
        result = special.stdtrit(np.where(df > 0, np.minimum(df, 1e12), np.nan), upper)
    return np.asarray(np.where(np.isinf(df), special.ndtri(upper), result))


def student_deviate(confidence: float, df: float = math.inf) -> float:
    """Return the same for a number of degrees of freedom, infinite for the normal."""
    return float(student(confidence, np.array([df]))[0])


def wald(point: Floats, spread: Precision) -> tuple[Floats, Floats]:
    """Return point -/+ t standard errors."""
    return point - spread.t * spread.std_error, point + spread.t * spread.std_error


def logit(point: Floats, spread: Precision) -> tuple[Floats, Floats]:
    """Return the interval on the log-odds, carried back: inside (0, 1), longer towards one half."""
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = special.logit(point)
        half = spread.t * spread.std_error / (point * (1 - point))
    return _where_varying(point, spread, special.expit(centre - half), special.expit(centre + half))


def log_log(point: Floats, spread: Precision) -> tuple[Floats, Floats]:
    """Return the interval on log(-log p), as for survivors (Kalbfleisch and Prentice 1980)."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        factor = np.exp(-spread.t * spread.std_error / (point * np.log(point)))
        return _where_varying(point, spread, point**factor, point ** (1 / factor))


def wilson(point: Floats, spread: Precision) -> tuple[Floats, Floats]:
    """Return the interval of Wilson (1927) with the effective sample size."""
    with np.errstate(divide="ignore", invalid="ignore"):
        k = (spread.t * spread.std_error) ** 2 / (point * (1 - point))
        centre = (point + k / 2) / (1 + k)
        half = np.sqrt(k * point * (1 - point) + k**2 / 4) / (1 + k)
    return _where_varying(point, spread, centre - half, centre + half)


def likelihood(point: Floats, spread: Precision) -> tuple[Floats, Floats]:
    """Return the binomial likelihood interval, scaled by the design effect (Rao and Scott 1984)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        size = point * (1 - point) / spread.std_error**2 * (spread.n - 1) / spread.n
        drop = spread.t**2 / (2 * size)
    return _where_varying(point, spread, *binomial_support(point, drop))


def arcsine(point: Floats, spread: Precision) -> tuple[Floats, Floats]:
    """Return the interval on arcsin(sqrt(p)), the angle kept between 0 and a right angle."""
    # R's is not held there: where the angle goes below zero its lower end climbs again on the other
    # side
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = np.arcsin(np.sqrt(point))
        half = spread.t * spread.std_error / (2 * np.sqrt(point * (1 - point)))
    low = np.sin(np.maximum(centre - half, 0)) ** 2
    return _where_varying(point, spread, low, np.sin(np.minimum(centre + half, np.pi / 2)) ** 2)


def beta(point: Floats, spread: Precision) -> tuple[Floats, Floats]:
    """Return the interval of Korn and Graubard (1998): exact, with the effective sample size."""
    with np.errstate(divide="ignore", invalid="ignore"):
        size = point * (1 - point) / spread.std_error**2
        size = size * (student(spread.confidence, spread.n - 1) / spread.t) ** 2
    low, high = clopper_pearson(point, size, spread.confidence)
    return _where_varying(point, spread, low, high)


def clopper_pearson(point: Floats, size: Floats, confidence: float) -> tuple[Floats, Floats]:
    """Return the exact binomial interval among `size` answers (Clopper and Pearson 1934)."""
    tail = (1 - confidence) / 2
    # 0 and 1 as numbers of the point, so that an unknown point has unknown ends
    with np.errstate(invalid="ignore"):
        low = np.where(
            point > 0, special.betaincinv(size * point, size * (1 - point) + 1, tail), 0 * point
        )
        high = np.where(
            point < 1,
            special.betaincinv(size * point + 1, size * (1 - point), 1 - tail),
            1 + 0 * point,
        )
    return low, high


def edge_length(point: Floats, n: Floats, confidence: float) -> Floats:
    """Return the length of the exact interval of a share of 0 or 1.

    Divided by t, it serves as its standard error in contrasts.
    """
    low, high = clopper_pearson(point, n, confidence)
    return np.asarray(high - low, dtype=float)


def _where_varying(
    point: Floats, spread: Precision, low: Floats, high: Floats
) -> tuple[Floats, Floats]:
    """Replace the interval of a share of 0 or 1, without spread, by the exact binomial one."""
    # a share fixed by the design (a stratum's) has no spread either, and its interval is the point
    edge = (point <= 0) | (point >= 1)
    size = spread.n if spread.independent is None else spread.independent
    exact_low, exact_high = clopper_pearson(point, size, spread.confidence)
    still = spread.std_error == 0
    low = np.where(edge, exact_low, np.where(still, point, low))
    high = np.where(edge, exact_high, np.where(still, point, high))
    return low, high


def wald_but_at_edges(point: Floats, spread: Precision) -> tuple[Floats, Floats]:
    """Return the Wald interval of a mean of 0 and 1, the exact one if all are equal."""
    return _where_varying(point, spread, *wald(point, spread))


SHARE_INTERVALS = {
    "logit": logit, "beta": beta, "wilson": wilson, "likelihood": likelihood,
    "xlogit": logit, "asin": arcsine, "wald": wald,
}  # fmt: skip

_STEPS = 80


def identified_quantile(
    width: Floats, largest_error: Floats, df: Floats, confidence: float
) -> Floats:
    """Return how many standard errors the interval goes beyond each bound."""
    two_sided = student(confidence, df)
    one_sided = student(2 * confidence - 1, df)
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = np.where(width > 0, width / largest_error, 0.0)
        low, high = one_sided.copy(), two_sided.copy()
        for _ in range(_STEPS):
            middle = (low + high) / 2
            short = _below(middle + apart, df) - _below(-middle, df) < confidence
            low, high = np.where(short, middle, low), np.where(short, high, middle)
    return np.where(width > 0, high, two_sided)


def level_of_quantile(quantile: Floats, df: Floats) -> Floats:
    """Return the level of the two-sided interval that goes some standard errors to both sides."""
    return np.asarray(2 * _below(quantile, df) - 1)


def _below(value: Floats, df: Floats) -> Floats:
    """Return Student's distribution function."""
    with np.errstate(invalid="ignore"):
        finite = np.where(df > 0, np.minimum(df, 1e12), np.nan)
        return np.asarray(np.where(np.isinf(df), special.ndtr(value), special.stdtr(finite, value)))


@dataclass(frozen=True)
class NumberWithInterval:
    """A number with its interval; of one known without error both ends are the number."""

    value: float
    low: float
    high: float

    @property
    def logarithm(self) -> NumberWithInterval:
        """The same on the log scale; a number or an end at or below zero is minus infinity."""
        return NumberWithInterval(
            *(
                math.log(item) if item > 0 else -math.inf
                for item in (self.value, self.low, self.high)
            )
        )


def difference(first: NumberWithInterval, second: NumberWithInterval) -> tuple[float, float]:
    """Return the interval of the first minus the second."""
    low, high = _difference(first, second)
    return round(low, 15), round(high, 15)


def product(first: NumberWithInterval, second: NumberWithInterval) -> tuple[float, float]:
    """Return the interval of the first times the second, both above zero."""
    other = second.logarithm
    low, high = _difference(
        first.logarithm, NumberWithInterval(-other.value, -other.high, -other.low)
    )
    return math.exp(low), math.exp(high)


def quotient(first: NumberWithInterval, second: NumberWithInterval) -> tuple[float, float]:
    """Return the interval of the first over the second, both above zero."""
    low, high = _difference(first.logarithm, second.logarithm)
    return math.exp(low), math.exp(high)


def _difference(first: NumberWithInterval, second: NumberWithInterval) -> tuple[float, float]:
    point = first.value - second.value
    low = point - math.hypot(first.value - first.low, second.high - second.value)
    return low, point + math.hypot(first.high - first.value, second.value - second.low)


def t_p_value(t: Floats, df: Floats) -> Floats:
    """Return the two-sided p-value of a t statistic; NaN without degrees of freedom."""
    return np.asarray(2 * _below(-np.abs(t), df))


def f_p_value(value: float, first: float, second: float) -> float:
    """Return the p-value of an F; a chi2 over its degrees of freedom where `second` is infinite."""
    if math.isinf(second):
        return float(special.chdtrc(first, first * value))
    return float(special.fdtrc(first, second, value))


# how p-values are adjusted for their number
Adjustment: TypeAlias = Literal["holm", "bonferroni", "bh"]


def adjusted_p_values(p_values: Floats, family: Integers, method: str) -> Floats:
    """Return p-values adjusted for the number of tests in their family."""
    # with m tests and p(1) <= ... <= p(m): Bonferroni m p; Holm (1979) the running maximum of (m -
    # i + 1) p(i); `bh` the running minimum from the last of m p(i) / i (Benjamini and Hochberg
    # 1995), which bounds the share of false discoveries and not the chance of one. None exceeds 1.
    # Shapes: `p_values` (tests,), `family` (tests,) one row per family, its tests in increasing
    # order of p, undefined ones last
    order = np.lexsort((p_values, family))
    sizes = np.bincount(family)
    row = family[order]
    column = np.arange(order.size) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    p = np.full((sizes.size, sizes.max(initial=0)), np.nan)
    p[row, column] = p_values[order]
    m = (~np.isnan(p)).sum(axis=1, keepdims=True)
    rank = np.arange(1, p.shape[1] + 1)
    if method == "bonferroni":
        raised = m * p
    elif method == "holm":
        raised = np.maximum.accumulate((m - rank + 1) * p, axis=1)
    else:
        raised = np.fmin.accumulate((m * p / rank)[:, ::-1], axis=1)[:, ::-1]
    result = np.empty(p_values.size)
    result[order] = np.minimum(raised, 1.0)[row, column]
    return result
