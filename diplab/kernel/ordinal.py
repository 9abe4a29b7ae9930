"""The cumulative model of an ordered answer: P(answer <= k) = F(c_k - x'b) (McCullagh 1980).

Parameters stand with b first, then the cut points c_1 < c_2 < ... A positive coefficient goes with higher answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from diplab.kernel.families import LINKS, logs_of_chances

if TYPE_CHECKING:
    from diplab.kernel.conditioning import Conditioning
    from diplab.kernel.regression import Block

__all__ = ["Cumulative"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Cumulative:
    """A cumulative logit, probit or complementary log-log model.

    Parameters
    ----------
    categories : int
        How many categories the answer has; answers are codes 0, 1, ... categories - 1, in order.
    link : {"logit", "probit", "cloglog"}

    Examples
    --------
    >>> Cumulative(3, "logit").outcome(np.array([[-1.0], [1.0]])).ravel().round(4)
    array([0.2689, 0.4621, 0.2689])
    """

    categories: int
    link: str

    def predictors(self, x: Floats, theta: Floats) -> Floats:
        """Return c_k - x'b, shape (cuts, rows)."""
        columns = len(x)
        found: Floats = theta[columns:, None] - (theta[:columns] @ x)[None]
        return found

    def moved(self, along: Floats, theta: Floats) -> Floats:
        """Return how these change as the model matrix moves along another: all alike."""
        found: Floats = np.broadcast_to(-(theta[: len(along)] @ along), (self.categories - 1, along.shape[1]))
        return found

    def gathered(self, slopes: Floats, x: Floats, *, constants: bool) -> Floats:
        """Return sums over rows in the parameters: coefficients, then cut points."""
        of_cuts = slopes.sum(axis=2) if constants else np.zeros(slopes.shape[:2])
        return np.concatenate([-slopes.sum(axis=1) @ x.T, of_cuts], axis=1)

    def _below(self, cut: Floats) -> tuple[Floats, Floats]:
        """Return F and f at the cut points."""
        below = LINKS[self.link].inverse(cut)
        return below, LINKS[self.link].slope(cut, below)

    def outcome(self, eta: Floats) -> Floats:
        """Return the probability of each category, shape (categories, rows)."""
        below = self._below(eta)[0]
        edge = np.zeros((1, eta.shape[1]), dtype=below.dtype)
        found: Floats = np.diff(np.concatenate([edge, below, edge + 1.0]), axis=0)
        return found

    def drift(self, eta: Floats, moved: Floats) -> Floats:
        """Return how these change as the predictors move."""
        density = self._below(eta)[1] * moved
        edge = np.zeros((1, eta.shape[1]), dtype=density.dtype)
        found: Floats = np.diff(np.concatenate([edge, density, edge]), axis=0)
        return found

    def _around(
        self, block: Block, theta: Floats
    ) -> tuple[Floats, Floats, Floats, Floats, NDArray[np.int64], Floats]:
        """Return, for the cuts above and below each answer, f / P, and f' / P; 0 where there is no such cut; log P."""
        cut = self.predictors(block.x, theta)
        rows = np.arange(block.y.size)
        code = block.y.astype(np.int64)
        has_upper, has_lower = code < self.categories - 1, code > 0
        upper = logs_of_chances(self.link, cut[np.where(has_upper, code, 0), rows])
        lower = logs_of_chances(self.link, cut[np.where(has_lower, code - 1, 0), rows])
        below, after = np.where(has_upper, upper[0], 0.0), np.where(has_lower, lower[0], -np.inf)
        beyond, above = np.where(has_upper, upper[1], -np.inf), np.where(has_lower, lower[1], 0.0)
        # the difference is taken in the tail that is the smaller: in the other both are 1 to the last digit
        tail = above < below
        larger, smaller = np.where(tail, above, below), np.where(tail, beyond, after)
        # cuts out of order are no model: the logarithm is none, the fit sees it and takes a shorter step
        chance = larger + np.log(-np.expm1(smaller - larger))
        high = np.where(has_upper, np.exp(upper[2] - chance), 0.0)
        low = np.where(has_lower, np.exp(lower[2] - chance), 0.0)
        return high, low, high * upper[3], low * lower[3], code, chance

    def score(self, block: Block, theta: Floats) -> tuple[Floats, Floats]:
        """Return the weighted sum of scores and of the observed information."""
        x, weight = block.x, block.weight
        high, low, curve_high, curve_low, code, _ = self._around(block, theta)
        columns, cuts = len(x), self.categories - 1
        # with respect to the upper and the lower cut of each answer
        upper_upper = weight * (high * high - curve_high)
        lower_lower = weight * (low * low + curve_low)
        upper_lower = -weight * high * low
        onto = np.zeros((2, cuts, code.size))
        rows = np.arange(code.size)
        there, under = code < cuts, code > 0
        onto[0, code[there], rows[there]] = 1.0
        onto[1, code[under] - 1, rows[under]] = 1.0
        gradient = np.concatenate(
            [-x @ (weight * (high - low)), onto[0] @ (weight * high) - onto[1] @ (weight * low)]
        )
        information = np.empty((columns + cuts, columns + cuts))
        information[:columns, :columns] = (x * (upper_upper + lower_lower + 2 * upper_lower)) @ x.T
        mixed = -(
            (x * (upper_upper + upper_lower)) @ onto[0].T + (x * (lower_lower + upper_lower)) @ onto[1].T
        )
        information[:columns, columns:], information[columns:, :columns] = mixed, mixed.T
        crossed = (onto[0] * upper_lower) @ onto[1].T
        information[columns:, columns:] = (
            (onto[0] * upper_upper) @ onto[0].T + (onto[1] * lower_lower) @ onto[1].T + crossed + crossed.T
        )
        return gradient, information

    def expected(self, block: Block, theta: Floats) -> Floats | None:
        """Return nothing: the covariance takes the observed information."""
        return None

    def log_likelihood(self, block: Block, theta: Floats) -> float:
        """Return the weighted sum of the logarithms of the probabilities of the answers."""
        return float(block.weight @ self._around(block, theta)[-1])

    def by_row(self, block: Block, theta: Floats) -> Floats:
        """Return the score of each row without its weight."""
        high, low, _, _, code, _ = self._around(block, theta)
        cuts = np.arange(self.categories - 1)[:, None]
        of_cuts = (code == cuts) * high - (code - 1 == cuts) * low
        return np.concatenate([block.x * (low - high), of_cuts])

    def restored(self, conditioning: Conditioning) -> Floats:
        """Return what takes the parameters of conditioned columns to those of the columns as they were."""
        slopes, cuts = conditioning.slopes, self.categories - 1
        return np.block(
            [
                [slopes, np.zeros((len(slopes), cuts))],
                [np.tile(conditioning.level, (cuts, 1)), np.eye(cuts)],
            ]
        )
