"""Confidence intervals from a point, its standard error and a quantile of Student's law."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from diplab.kernel.likelihood_interval import binomial_support

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["SHARE_INTERVALS", "Spread", "edge_variance", "student", "wald"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Spread:
    """What an interval is made from, by domain.

    Parameters
    ----------
    std_error : array
        Standard error of the linearised statistic.
    df : array
        Degrees of freedom (infinite for the normal law).
    n : array
        Respondents in the domain.
    confidence : float
        For example 0.95.
    error_of : callable or None
        The standard error, under the same design, of another statistic of the same people: from its totals and its
        linearised form to an array by domain. An interval that tries values until one is rejected needs it.
    replicated : bool
        Whether the standard error comes from replicate weights.
    """

    std_error: Floats
    df: Floats
    n: Floats
    confidence: float
    error_of: Callable[[Any, Any], Floats] | None = None
    replicated: bool = False

    @property
    def t(self) -> Floats:
        """Quantile of Student's law with `df` degrees of freedom."""
        return student(self.confidence, self.df)


def student(confidence: float, df: Floats) -> Floats:
    """Return the two-sided quantile of Student's law; NaN where no degree of freedom is left.

    Examples
    --------
    >>> student(0.95, np.array([14.0, np.inf, 0.0])).round(4)
    array([2.1448, 1.96  ,    nan])
    """
    upper = 0.5 + confidence / 2
    with np.errstate(invalid="ignore"):
        found = special.stdtrit(np.where(df > 0, np.minimum(df, 1e12), np.nan), upper)
    quantiles: Floats = np.where(np.isinf(df), special.ndtri(upper), found)
    return quantiles


def wald(point: Floats, spread: Spread) -> tuple[Floats, Floats]:
    """Return point -/+ t standard errors."""
    return point - spread.t * spread.std_error, point + spread.t * spread.std_error


def logit(point: Floats, spread: Spread) -> tuple[Floats, Floats]:
    """Return the interval on the log-odds, carried back: inside (0, 1), longer towards one half.

    The standard error of log(p / (1 - p)) is se / (p (1 - p)) (delta method).
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = special.logit(point)
        half = spread.t * spread.std_error / (point * (1 - point))
    return _where_varying(point, spread, special.expit(centre - half), special.expit(centre + half))


def wilson(point: Floats, spread: Spread) -> tuple[Floats, Floats]:
    """Return the interval of Wilson (1927) with the effective sample size.

    It holds the shares whose own binomial error, at the effective size n* = p (1 - p) / se^2, puts them within t of the
    estimate (Franco, Little, Louis and Slud 2019): with k = t^2 / n*,

        (p + k / 2 -/+ sqrt(k p (1 - p) + k^2 / 4)) / (1 + k)

    Student's quantile at the design's degrees of freedom does here what the factor of Korn and Graubard (1998) does to
    their effective size.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        k = (spread.t * spread.std_error) ** 2 / (point * (1 - point))
        centre = (point + k / 2) / (1 + k)
        half = np.sqrt(k * point * (1 - point) + k**2 / 4) / (1 + k)
    return _where_varying(point, spread, centre - half, centre + half)


def likelihood(point: Floats, spread: Spread) -> tuple[Floats, Floats]:
    """Return the interval of the binomial log-likelihood, scaled by the design effect (Rao and Scott 1984).

    It holds the shares q with 2 n* (p log(p / q) + (1 - p) log((1 - p) / (1 - q))) <= t^2. The effective size
    n* = p (1 - p) / se^2 is divided by the dispersion n / (n - 1) of a quasi-likelihood without covariates, as in R.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        size = point * (1 - point) / spread.std_error**2 * (spread.n - 1) / spread.n
        drop = spread.t**2 / (2 * size)
    return _where_varying(point, spread, *binomial_support(point, drop))


def arcsine(point: Floats, spread: Spread) -> tuple[Floats, Floats]:
    """Return the interval on arcsin(sqrt(p)), carried back; the angle is held between 0 and a right one.

    R's is not held there: where the angle goes below zero its lower end climbs again on the other side.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = np.arcsin(np.sqrt(point))
        half = spread.t * spread.std_error / (2 * np.sqrt(point * (1 - point)))
    low = np.sin(np.maximum(centre - half, 0)) ** 2
    high = np.sin(np.minimum(centre + half, np.pi / 2)) ** 2
    return _where_varying(point, spread, low, high)


def beta(point: Floats, spread: Spread) -> tuple[Floats, Floats]:
    """Return the interval of Korn and Graubard (1998): Clopper-Pearson with the effective sample size.

    The effective size p (1 - p) / se^2 is multiplied by (t(n - 1) / t(df))^2.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        size = point * (1 - point) / spread.std_error**2
        size = size * (student(spread.confidence, spread.n - 1) / spread.t) ** 2
    low, high = clopper_pearson(point, size, spread.confidence)
    return _where_varying(point, spread, low, high)


def clopper_pearson(point: Floats, size: Floats, confidence: float) -> tuple[Floats, Floats]:
    """Return the exact binomial interval of a share among `size` answers (Clopper and Pearson 1934)."""
    tail = (1 - confidence) / 2
    # 0 and 1 as numbers of the point, so that an unknown point has unknown ends
    with np.errstate(invalid="ignore"):
        low = np.where(point > 0, special.betaincinv(size * point, size * (1 - point) + 1, tail), 0 * point)
        high = np.where(
            point < 1, special.betaincinv(size * point + 1, size * (1 - point), 1 - tail), 1 + 0 * point
        )
    return low, high


def edge_variance(point: Floats, n: Floats, df: Floats, confidence: float) -> Floats:
    """Return the variance recovered from the exact interval of a share of 0 or 1: (its length / t)^2.

    Where nobody or everybody has a trait the sample shows no spread, and a comparison that took the share for known
    would find differences in groups of four. Its interval says how far it may be off; the variance that this would be
    at t standard errors takes part in the comparison (Zou and Donner 2008, Statistics in Medicine 27, 1693-1702).

    Parameters
    ----------
    point : array
        0 or 1.
    n : array
        Respondents.
    df : array
        Degrees of freedom.
    confidence : float
        Level of the interval.

    Examples
    --------
    None of 4: the interval reaches 60.2%, as it would with a standard error of 31 points.

    >>> edge_variance(np.array([0.0]), np.array([4.0]), np.array([np.inf]), 0.95).round(3)
    array([0.094])
    """
    low, high = clopper_pearson(point, n, confidence)
    recovered: Floats = ((high - low) / student(confidence, df)) ** 2
    return recovered


def _where_varying(point: Floats, spread: Spread, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Where nobody or everybody has the trait the design shows no spread: the exact binomial interval is given.

    A share fixed by the design (a stratum's) has no spread either, and its interval is the point.
    """
    edge = (point <= 0) | (point >= 1)
    exact_low, exact_high = clopper_pearson(point, spread.n, spread.confidence)
    still = spread.std_error == 0
    low = np.where(edge, exact_low, np.where(still, point, low))
    high = np.where(edge, exact_high, np.where(still, point, high))
    return low, high


SHARE_INTERVALS = {
    "logit": logit,
    "beta": beta,
    "wilson": wilson,
    "likelihood": likelihood,
    "xlogit": logit,
    "asin": arcsine,
    "wald": wald,
}
