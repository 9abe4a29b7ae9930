"""What a law of income tells: how likely a band is, how many are below a line, a quantile, the mean, the Gini."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Law", "between", "log_of_likelihood"]

Floats = NDArray[np.float64]


class Law(Protocol):
    """A family of laws on incomes above zero.

    Parameters stand along the first axis of `theta`; their other axes and those of incomes go together as in numpy.
    One of the parameters is the logarithm of a unit of money, so that the family is the same in euros and in dollars.
    """

    @property
    def name(self) -> str:
        """Its name in results."""

    @property
    def size(self) -> int:
        """Number of parameters."""

    @property
    def limits(self) -> tuple[Floats, Floats]:
        """Lowest and highest value of each parameter but the unit of money; beyond them it is another law."""

    def starts(self, centre: Floats, spread: Floats) -> list[Floats]:
        """Return parameters to start from, for log-incomes of some mean and standard deviation."""

    def log_tails(self, y: Floats, theta: Floats) -> tuple[Floats, Floats]:
        """Return the logarithms of the shares of people below and above an income."""

    def log_density(self, y: Floats, theta: Floats) -> Floats:
        """Return the logarithm of the density at incomes above zero."""

    def cdf(self, y: Floats, theta: Floats) -> Floats:
        """Return the share of people below an income."""

    def quantile(self, share: Floats, theta: Floats) -> Floats:
        """Return the income that a share of people stay below."""

    def mean(self, theta: Floats) -> Floats:
        """Return the mean; infinite where the tail is too heavy for one."""

    def gini(self, theta: Floats) -> Floats:
        """Return the Gini coefficient; 1 where the mean is infinite."""


def between(low: tuple[Floats, Floats], high: tuple[Floats, Floats]) -> Floats:
    """Return log(F(high) - F(low)) from the logarithms of both tails at each end.

    Far in the upper tail the shares below are all 1 but for rounding: the difference of the shares above is taken
    there, so that a band that one in 1e100 has keeps all its digits.
    """
    (below_low, above_low), (below_high, above_high) = low, high
    lower = below_high < above_low
    larger = np.where(lower, below_high, above_low)
    smaller = np.where(lower, below_low, above_high)
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = np.where(np.isneginf(smaller), 0.0, np.log(-np.expm1(smaller - larger)))
        found: Floats = np.where(np.isneginf(larger), -np.inf, larger + apart)
    return found


def log_of_likelihood(law: Law, low: Floats, high: Floats, theta: Floats) -> Floats:
    """Return the log-likelihood of each band, or the log-density of an income that is known (equal ends).

    Examples
    --------
    >>> from diplab.kernel.income_laws.log_normal import LogNormal
    >>> log_of_likelihood(LogNormal(), np.array([0.0, 1.0]), np.array([1.0, np.inf]), np.zeros((2, 1))).round(4)
    array([-0.6931, -0.6931])
    """
    exact = low == high
    found = between(law.log_tails(low, theta), law.log_tails(high, theta))
    if exact.any():
        known = exact & (low > 0)
        of_known = np.where(low > 0, law.log_density(np.where(known, low, 1.0), theta), -np.inf)
        found = np.where(exact, of_known, found)
    return found
