"""The multinomial logit: an answer of several categories without order.

P(k) = exp(x'b_k) / sum_j exp(x'b_j), with b = 0 for the first category (McFadden 1974). Parameters stand by category,
then by column: those of the second category first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import special

if TYPE_CHECKING:
    from diplab.kernel.conditioning import Conditioning
    from diplab.kernel.regression import Block

__all__ = ["Multinomial"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Multinomial:
    """A multinomial logit.

    Parameters
    ----------
    categories : int
        How many categories the answer has; answers are codes 0, 1, ... categories - 1.

    Examples
    --------
    >>> Multinomial(3).outcome(np.zeros((2, 1))).ravel().round(4)
    array([0.3333, 0.3333, 0.3333])
    """

    categories: int

    def predictors(self, x: Floats, theta: Floats) -> Floats:
        """Return the predictor of each category but the first, shape (categories - 1, rows)."""
        found: Floats = theta.reshape(self.categories - 1, -1) @ x
        return found

    def moved(self, along: Floats, theta: Floats) -> Floats:
        """Return how these change as the model matrix moves along another."""
        return self.predictors(along, theta)

    def gathered(self, slopes: Floats, x: Floats, *, constants: bool) -> Floats:
        """Return sums over rows in the parameters; the constants are among them."""
        return (slopes @ x.T).reshape(len(slopes), -1)

    def outcome(self, eta: Floats) -> Floats:
        """Return the probability of each category, shape (categories, rows)."""
        eta = np.concatenate([np.zeros((1, eta.shape[1]), dtype=eta.dtype), eta])
        grown = np.exp(eta - eta.real.max(axis=0))
        found: Floats = grown / grown.sum(axis=0)
        return found

    def drift(self, eta: Floats, moved: Floats) -> Floats:
        """Return how these change as the predictors move."""
        chance = self.outcome(eta)
        moved = np.concatenate([np.zeros((1, moved.shape[1]), dtype=moved.dtype), moved])
        found: Floats = chance * (moved - (chance * moved).sum(axis=0))
        return found

    def _residual(self, block: Block, theta: Floats) -> tuple[Floats, Floats]:
        chance = self.outcome(self.predictors(block.x, theta))[1:]
        given = block.y == np.arange(1, self.categories)[:, None]
        return given - chance, chance

    def score(self, block: Block, theta: Floats) -> tuple[Floats, Floats]:
        """Return the weighted sum of scores and of the information, which is the observed one."""
        residual, chance = self._residual(block, theta)
        gradient = (residual * block.weight) @ block.x.T
        width, columns = len(chance), len(block.x)
        information = np.empty((width, columns, width, columns))
        for one in range(width):
            for other in range(one + 1):
                shared = chance[one] * (float(one == other) - chance[other]) * block.weight
                square = (block.x * shared) @ block.x.T
                information[one, :, other, :] = square
                information[other, :, one, :] = square
        return gradient.ravel(), information.reshape(width * columns, width * columns)

    def expected(self, block: Block, theta: Floats) -> Floats | None:
        """Return nothing: the observed information is the expected one."""
        return None

    def log_likelihood(self, block: Block, theta: Floats) -> float:
        """Return the weighted sum of the logarithms of the probabilities of the answers."""
        eta = self.predictors(block.x, theta)
        every = np.concatenate([np.zeros((1, eta.shape[1])), eta])
        own = every[block.y.astype(np.int64), np.arange(block.y.size)]
        return float(block.weight @ (own - special.logsumexp(every, axis=0)))

    def by_row(self, block: Block, theta: Floats) -> Floats:
        """Return the score of each row without its weight."""
        residual, _ = self._residual(block, theta)
        return (residual[:, None, :] * block.x[None]).reshape(-1, block.x.shape[1])

    def restored(self, conditioning: Conditioning) -> Floats:
        """Return what takes the coefficients of conditioned columns to those of the columns as they were."""
        return np.asarray(np.kron(np.eye(self.categories - 1), conditioning.coefficients), dtype=float)
