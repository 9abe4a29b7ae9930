"""Confidence intervals from a point, its standard error and a quantile of Student's law."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

__all__ = ["SHARE_INTERVALS", "Spread", "student", "wald"]

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
    """

    std_error: Floats
    df: Floats
    n: Floats
    confidence: float

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


def arcsine(point: Floats, spread: Spread) -> tuple[Floats, Floats]:
    """Return the interval on arcsin(sqrt(p)), carried back."""
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
    with np.errstate(invalid="ignore"):
        low = np.where(point > 0, special.betaincinv(size * point, size * (1 - point) + 1, tail), 0.0)
        high = np.where(point < 1, special.betaincinv(size * point + 1, size * (1 - point), 1 - tail), 1.0)
    return low, high


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


SHARE_INTERVALS = {"logit": logit, "xlogit": logit, "beta": beta, "asin": arcsine, "wald": wald}
