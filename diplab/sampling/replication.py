"""Replication: the same file weighed many times over, so that the spread of an estimate over them is its error.

For replicates r = 1..R of an estimate t, the covariance is

    scale * sum over r of rscales_r (t_r - centre)(t_r - centre)'

with the estimate of the full sample as centre (`mse`), or the mean of the replicates (Wolter 2007, ch. 3 to 5).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Replication"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Replication:
    """Replicate weights, as factors on units or as weights of rows, and how their spread is scaled.

    Parameters
    ----------
    kind : str
        `brr`, `fay`, `jk1`, `jkn`, `bootstrap`, `sdr`...
    scale : float
        What multiplies the sum over replicates.
    rscales : array, shape (replicates,)
        What multiplies each of them.
    mse : bool
        True to centre on the estimate of the full sample, False on the mean of the replicates.
    factors : array, shape (units of the last stage, replicates), or None
        What multiplies the weight of every row of a unit.
    weights : sequence of arrays, shape (rows,) each, or None
        Weight of each row, one array a replicate, where units do not tell it (supplied or calibrated weights).
    seed : int or None
        Of the random numbers, where it was made with some.

    Examples
    --------
    >>> halves = Replication("jk1", 0.5, np.ones(2), True, factors=np.array([[0.0, 2.0], [2.0, 0.0]]))
    >>> halves.count
    2
    >>> halves.covariance(np.array([[1.0], [3.0]]), np.array([2.0]))
    array([[1.]])
    """

    kind: str
    scale: float
    rscales: Floats
    mse: bool
    factors: Floats | None = None
    weights: Sequence[Floats] | None = None
    seed: int | None = None

    @property
    def said(self) -> dict[str, str]:
        """What the provenance says of it."""
        rules = {
            "variance": self.kind,
            "replicates": str(self.count),
            "replicate_centre": "full" if self.mse else "mean",
        }
        return rules if self.seed is None else {**rules, "seed": str(self.seed)}

    @property
    def count(self) -> int:
        """Number of replicates."""
        return len(self.rscales)

    def row_weights(self, replicate: int, weights: Floats, unit: Integers) -> Floats:
        """Return the weight of each row in one replicate, from the full weights and the unit of each row."""
        if self.weights is not None:
            return self.weights[replicate]
        assert self.factors is not None  # one of the two is given
        by_row: Floats = weights * np.ascontiguousarray(self.factors[:, replicate])[unit]
        return by_row

    def covariance(self, replicates: Floats, full: Floats) -> Floats:
        """Return the covariance of estimates.

        Parameters
        ----------
        replicates : array, shape (replicates, estimates)
        full : array, shape (estimates,)
            The same from the weights of the full sample.

        Returns
        -------
        array, shape (estimates, estimates)
            NaN for an estimate that some replicate, or the full sample, leaves undefined.
        """
        undefined = ~np.isfinite(replicates).all(axis=0) | ~np.isfinite(full)
        replicates, full = np.where(undefined, 0.0, replicates), np.where(undefined, 0.0, full)
        centre = full if self.mse else replicates[self.rscales > 0].mean(axis=0)
        apart = (replicates - centre) * np.sqrt(self.scale * self.rscales)[:, None]
        product: Floats = apart.T @ apart
        product[undefined, :] = np.nan
        product[:, undefined] = np.nan
        return product
