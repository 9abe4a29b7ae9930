"""The generalised linear model: one linear predictor, one link, one law of the answers (Nelder and Wedderburn 1972)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import special

from diplab.kernel.families import logs_of_chances

if TYPE_CHECKING:
    from diplab.kernel.conditioning import Conditioning
    from diplab.kernel.families import Family
    from diplab.kernel.regression import Block

__all__ = ["SingleIndex"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SingleIndex:
    """A generalised linear model: one linear predictor, one link.

    Parameters
    ----------
    family : Family
    """

    family: Family

    def _residual(self, block: Block, theta: Floats) -> tuple[Floats, Floats]:
        """Return the score and the information with respect to the linear predictor, row by row.

        The information is the observed one: of an unlikely answer, the expected one is nothing.
        """
        family, link = self.family, self.family.link
        eta = theta @ block.x
        mu = link.inverse(eta)
        if family.canonical:
            return block.y - mu, link.slope(eta, mu)
        if link.complement is not None and link.hazard is not None and link.bend is not None:
            relative, bend = link.hazard(eta, mu), link.bend(eta, mu)
            up, down = block.y * link.complement(eta) * relative, (1.0 - block.y) * mu * relative
            return up - down, np.maximum(up * (up - bend) + down * (down + bend), 0.0)
        share = 1.0 / (1.0 + mu / family.theta)  # counts of the negative binomial law
        return (block.y - mu) * share, mu * (1.0 + block.y / family.theta) * share**2

    def expected(self, block: Block, theta: Floats) -> Floats | None:
        """Return the weighted sum of the expected information; None where the observed one is that."""
        family, link = self.family, self.family.link
        if family.canonical:
            return None
        eta = theta @ block.x
        mu = link.inverse(eta)
        slope = link.slope(eta, mu)
        information = slope * (slope / family.variance(mu) if link.hazard is None else link.hazard(eta, mu))
        return np.asarray((block.x * (information * block.weight)) @ block.x.T, dtype=float)

    def score(self, block: Block, theta: Floats) -> tuple[Floats, Floats]:
        """Return the weighted sum of scores and of the information."""
        residual, information = self._residual(block, theta)
        gradient = block.x @ (residual * block.weight)
        # a plain product: of a matrix with its own transpose, BLAS takes a slower road for so few columns
        return gradient, (block.x * (information * block.weight)) @ block.x.T

    def log_likelihood(self, block: Block, theta: Floats) -> float:
        """Return the weighted sum of the logarithms of the probabilities of the answers.

        Gaussian answers have the density of a unit variance, without the constant: minus half the squared residuals.
        """
        family, y = self.family, block.y
        eta = theta @ block.x
        if family.name == "binomial":
            one, none = logs_of_chances(family.link.name, eta)[:2]
            return float(block.weight @ np.where(y > 0, one, none))
        mu = family.link.inverse(eta)
        if family.name == "gaussian":
            return float(-0.5 * (block.weight @ (y - mu) ** 2))
        constant = special.gammaln(y + 1.0)
        if family.name == "poisson":
            return float(block.weight @ (y * eta - mu - constant))
        size = family.theta
        counted = special.gammaln(y + size) - special.gammaln(size) - constant
        return float(block.weight @ (counted - size * np.log1p(mu / size) + y * (eta - np.log(size + mu))))

    def by_row(self, block: Block, theta: Floats) -> Floats:
        """Return the score of each row without its weight."""
        scores: Floats = block.x * self._residual(block, theta)[0]
        return scores

    def predictors(self, x: Floats, theta: Floats) -> Floats:
        """Return the linear predictor, shape (1, rows)."""
        return (theta @ x)[None]

    def moved(self, along: Floats, theta: Floats) -> Floats:
        """Return how it changes as the model matrix moves along another."""
        return (theta @ along)[None]

    def gathered(self, slopes: Floats, x: Floats, *, constants: bool) -> Floats:
        """Return sums over rows in the coefficients; the constant is one of them."""
        summed: Floats = slopes[:, 0] @ x.T
        return summed

    def outcome(self, eta: Floats) -> Floats:
        """Return the expected answer of each row, shape (1, rows)."""
        found: Floats = self.family.link.inverse(eta)
        return found

    def drift(self, eta: Floats, moved: Floats) -> Floats:
        """Return how the expected answer changes as the predictor moves."""
        found: Floats = self.family.link.slope(eta, self.family.link.inverse(eta)) * moved
        return found

    def restored(self, conditioning: Conditioning) -> Floats:
        """Return what takes the coefficients of conditioned columns to those of the columns as they were."""
        return conditioning.coefficients
