"""The dispersion theta of the negative binomial law, by maximum likelihood given what is expected of each row.

Variance mu + mu^2 / theta; the score and the information in theta are sums of digamma and trigamma functions
(Lawless 1987).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import special

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from diplab.kernel.regression import Blocks, Likelihood

__all__ = ["dispersion"]


def dispersion(likelihood: Likelihood, blocks: Blocks, coefficients: NDArray[np.float64]) -> float:
    """Return the theta that makes the answers most likely; infinite where they vary no more than Poisson counts.

    Parameters
    ----------
    likelihood : Likelihood
        Gives what is expected of each row.
    blocks : Blocks
    coefficients : array, shape (columns,)
    """
    y, mu, weight = (np.empty(blocks.rows) for _ in range(3))
    start = 0
    for block in blocks:
        own = slice(start, start + block.y.size)
        y[own], mu[own] = block.y, likelihood.outcome(likelihood.predictors(block.x, coefficients))[0]
        weight[own] = block.weight
        start = own.stop
    total = weight.sum()
    excess = float((weight * ((y - mu) ** 2 - mu)).sum() / (weight * mu * mu).sum())
    theta = 1.0 / excess if excess > 1e-4 else 1e4
    for _ in range(100):
        score, information = _derivatives(theta, y, mu, weight / total)
        # in log theta, which has no edge at 0
        bent = theta * theta * information - theta * score
        step = float(np.clip(theta * score / bent if bent > 0 else np.sign(score), -1.0, 1.0))
        theta *= float(np.exp(step))
        if theta > 1e7:
            return np.inf
        if abs(step) < 1e-12:
            break
    return theta


def _derivatives(
    theta: float, y: NDArray[np.float64], mu: NDArray[np.float64], weight: NDArray[np.float64]
) -> tuple[float, float]:
    both = theta + mu
    score = (
        special.digamma(theta + y) - special.digamma(theta) + np.log(theta / both) + 1.0 - (y + theta) / both
    )
    information = (
        special.polygamma(1, theta)
        - special.polygamma(1, theta + y)
        - 1 / theta
        + 2 / both
        - (y + theta) / both**2
    )
    return float(weight @ score), float(weight @ information)
