"""A law of income among people of whom some have none: a share at zero, and the law of the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from diplab.kernel.income_laws.law import Law

__all__ = ["WithZeros"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class WithZeros:
    """A share s of people without an income, and a law of the incomes of the others.

    The mean is (1 - s) times that of the law, and the Gini coefficient s + (1 - s) G.

    Parameters
    ----------
    law : Law
        Of incomes above zero. Parameters are its own, then 100 s.

    Examples
    --------
    >>> from diplab.kernel.income_laws.log_normal import LogNormal
    >>> law, theta = WithZeros(LogNormal()), np.array([7.0, 0.0, 20.0])
    >>> law.cdf(np.array(0.0), theta).round(3).item(), law.quantile(np.array(0.6), theta).round(2).item()
    (0.2, 1096.63)
    """

    law: Law

    @property
    def name(self) -> str:
        """That of the law."""
        return self.law.name

    @property
    def size(self) -> int:
        """Number of parameters."""
        return self.law.size + 1

    @property
    def limits(self) -> tuple[Floats, Floats]:
        """Those of the law, and none for the share."""
        low, high = self.law.limits
        return np.append(low, -np.inf), np.append(high, np.inf)

    def starts(self, centre: Floats, spread: Floats) -> list[Floats]:
        """Return those of the law, with nobody at zero."""
        return [np.concatenate([each, np.zeros_like(each[:1])]) for each in self.law.starts(centre, spread)]

    def log_tails(self, y: Floats, theta: Floats) -> tuple[Floats, Floats]:
        """Return the logarithms of the shares at or below and above an income."""
        below = self.cdf(y, theta)
        with np.errstate(divide="ignore"):
            return np.log(below), np.log1p(-_share(theta)) + self.law.log_tails(y, theta[:-1])[1]

    def log_density(self, y: Floats, theta: Floats) -> Floats:
        """Return that of incomes above zero."""
        found: Floats = np.log1p(-_share(theta)) + self.law.log_density(y, theta[:-1])
        return found

    def cdf(self, y: Floats, theta: Floats) -> Floats:
        """Return the share without an income, and of the others those below."""
        zero = _share(theta)
        found: Floats = zero + (1 - zero) * self.law.cdf(y, theta[:-1])
        return found

    def quantile(self, share: Floats, theta: Floats) -> Floats:
        """Return 0 up to the share without an income, then the quantiles of the others."""
        zero = _share(theta)
        found = self.law.quantile(np.clip((share - zero) / (1 - zero), 0.0, 1.0), theta[:-1])
        return np.where(share <= zero, 0.0, found)

    def mean(self, theta: Floats) -> Floats:
        """Return the mean of everybody."""
        found: Floats = (1 - _share(theta)) * self.law.mean(theta[:-1])
        return found

    def gini(self, theta: Floats) -> Floats:
        """Return the Gini coefficient of everybody."""
        zero = _share(theta)
        found: Floats = zero + (1 - zero) * self.law.gini(theta[:-1])
        return found


def _share(theta: Floats) -> Floats:
    found: Floats = theta[-1] / 100
    return found
