"""How far a weight may be pulled, and at what price: the distances of calibration.

A calibrated weight is d F(u), where d is the weight before and u a combination of the auxiliary variables of the row.
Each distance is one F, rising from 1 at u = 0 (Deville and Särndal 1992, section 2):

    linear    F(u) = 1 + u
    raking    F(u) = exp(u)
    logit     F(u) = [L (U - 1) + U (1 - L) exp(A u)] / [U - 1 + (1 - L) exp(A u)],  A = (U - L) / [(1 - L)(U - 1)]

The first two may be cut at bounds L and U; the third never leaves them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

__all__ = ["Distance", "DistanceName"]

Floats = NDArray[np.float64]
DistanceName: TypeAlias = Literal["linear", "raking", "logit"]

_FURTHEST = 700.0
"""Beyond it an exponential leaves the numbers of the machine."""


@dataclass(frozen=True, eq=False)
class Distance:
    """One distance, with the bounds of the ratio of weights after and before.

    Parameters
    ----------
    name : {"linear", "raking", "logit"}
    low, high : array, shape (1, 1) or (rows, 1)
        Bounds L and U, the same for all rows or one pair a row; infinite where there is none.

    Examples
    --------
    >>> float(Distance.of("raking").factor(np.array([[0.0]]))[0, 0])
    1.0
    >>> Distance.of("linear", 0.5, 2.0).factor(np.array([[-3.0], [0.2], [3.0]])).ravel()
    array([0.5, 1.2, 2. ])
    """

    name: DistanceName
    low: Floats
    high: Floats

    @classmethod
    def of(cls, name: DistanceName, low: float = -np.inf, high: float = np.inf) -> Distance:
        """Return a distance with the same bounds for every row."""
        return cls(name, np.full((1, 1), float(low)), np.full((1, 1), float(high)))

    @property
    def bounded(self) -> bool:
        """Whether any bound is finite."""
        return bool(np.isfinite(self.low).any() or np.isfinite(self.high).any())

    def rows(self, start: int, stop: int) -> Distance:
        """Return the distance of some of the rows."""
        if self.low.shape[0] == 1:
            return self
        return replace(self, low=self.low[start:stop], high=self.high[start:stop])

    def factor(self, pull: Floats) -> Floats:
        """Return F(u): the ratio of the weights after and before.

        Parameters
        ----------
        pull : array, shape (rows, replicates)
            The combination u of the auxiliary variables.
        """
        return self.evaluate(pull)[0]

    def evaluate(self, pull: Floats) -> tuple[Floats, Floats, Floats]:
        """Return F, its derivative, and its integral from 0, of which calibration finds the lowest point."""
        match self.name:
            case "linear":
                return self._linear(pull)
            case "raking":
                return self._raking(pull)
            case "logit":
                return self._logit(pull)

    def _linear(self, pull: Floats) -> tuple[Floats, Floats, Floats]:
        free = 1.0 + pull
        factor: Floats = np.clip(free, self.low, self.high)
        return factor, (factor == free).astype(float), factor * factor / 2 - 0.5 + factor * (free - factor)

    def _raking(self, pull: Floats) -> tuple[Floats, Floats, Floats]:
        with np.errstate(divide="ignore"):
            low, high = np.log(np.maximum(self.low, 0.0)), np.log(self.high)
        within: Floats = np.clip(np.clip(pull, None, _FURTHEST), low, high)
        factor = np.exp(within)
        return factor, np.where(within == pull, factor, 0.0), factor - 1 + factor * (pull - within)

    def _logit(self, pull: Floats) -> tuple[Floats, Floats, Floats]:
        low, high = self.low, self.high
        steep = (high - low) / ((1 - low) * (high - 1))
        odds = np.log((1 - low) / (high - 1))
        # share of the way from L to U
        way = expit(steep * pull + odds)
        factor = low + (high - low) * way
        slope = (high - low) * steep * way * (1 - way)
        from_odds = np.logaddexp(0.0, steep * pull + odds) - np.logaddexp(0.0, odds)
        return factor, slope, low * pull + (high - low) / steep * from_odds
