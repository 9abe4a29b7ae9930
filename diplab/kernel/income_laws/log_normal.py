"""The log-normal law: incomes whose logarithms follow a normal law."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

__all__ = ["LogNormal"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class LogNormal:
    """The log-normal law, with parameters mu and log(sigma): mean and standard deviation of log-incomes.

    Examples
    --------
    >>> law, theta = LogNormal(), np.array([7.0, 0.0])
    >>> law.gini(theta).round(4).item(), law.quantile(np.array(0.5), theta).round(2).item()
    (0.5205, 1096.63)
    """

    name: str = "log-normal"
    size: int = 2

    @property
    def limits(self) -> tuple[Floats, Floats]:
        """Of log(sigma); incomes 0.2 % or a factor 3000 apart are no law of income."""
        return np.array([-np.inf, -6.0]), np.array([np.inf, 2.1])

    def starts(self, centre: Floats, spread: Floats) -> list[Floats]:
        """Return the moments themselves."""
        return [np.stack([centre, np.log(spread)])]

    def log_tails(self, y: Floats, theta: Floats) -> tuple[Floats, Floats]:
        """Return log Phi of both sides."""
        z = _standardised(y, theta)
        return special.log_ndtr(z), special.log_ndtr(-z)

    def log_density(self, y: Floats, theta: Floats) -> Floats:
        """Return the logarithm of phi(z) / (sigma y)."""
        z = _standardised(y, theta)
        found: Floats = -(z**2) / 2 - np.log(2 * np.pi) / 2 - theta[1] - np.log(y)
        return found

    def cdf(self, y: Floats, theta: Floats) -> Floats:
        """Return Phi((log y - mu) / sigma)."""
        found: Floats = special.ndtr(_standardised(y, theta))
        return found

    def quantile(self, share: Floats, theta: Floats) -> Floats:
        """Return exp(mu + sigma Phi^-1(share))."""
        found: Floats = np.exp(theta[0] + np.exp(theta[1]) * special.ndtri(share))
        return found

    def mean(self, theta: Floats) -> Floats:
        """Return exp(mu + sigma^2 / 2)."""
        found: Floats = np.exp(theta[0] + np.exp(2 * theta[1]) / 2)
        return found

    def gini(self, theta: Floats) -> Floats:
        """Return 2 Phi(sigma / sqrt 2) - 1 (Aitchison and Brown 1957)."""
        found: Floats = special.erf(np.exp(theta[1]) / 2)
        return found


def _standardised(y: Floats, theta: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        found: Floats = (np.log(np.maximum(y, 0.0)) - theta[0]) / np.exp(theta[1])
    return found
