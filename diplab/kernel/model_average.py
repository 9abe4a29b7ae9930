"""One size out of several models, each weighted by how well it fits for the parameters it takes.

References
----------
Buckland, Burnham and Augustin (1997), *Biometrics* 53.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from diplab.kernel.abundance import Abundance

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["averaged", "criterion_weights"]


def criterion_weights(criterion: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the weight of each model, exp(-criterion/2) over their sum; 0 where the criterion is infinite.

    Examples
    --------
    >>> import numpy as np
    >>> criterion_weights(np.array([10.0, 10.0, np.inf])).tolist()
    [0.5, 0.5, 0.0]
    """
    if not np.isfinite(criterion).any():
        return np.zeros(len(criterion))
    raised = np.exp(-(criterion - criterion.min()) / 2)
    found: NDArray[np.float64] = raised / raised.sum()
    return found


def averaged(
    sizes: NDArray[np.float64], variances: NDArray[np.float64], weights: NDArray[np.float64], seen: float
) -> Abundance:
    """Return the weighted mean of sizes, with what separates the models in its variance.

    Parameters
    ----------
    sizes, variances, weights : array, shape (models,)
        Models of weight 0 may have no size.
    seen : float
        Persons seen.

    Returns
    -------
    Abundance
        N = sum w N_m, standard error sum w sqrt(variance_m + (N_m - N)^2) (Buckland, Burnham and Augustin, 1997).

    Examples
    --------
    >>> import numpy as np
    >>> found = averaged(np.array([90.0, 110.0]), np.zeros(2), np.array([0.5, 0.5]), 60)
    >>> found.size, found.variance
    (100.0, 100.0)
    """
    used = weights > 0
    size = float(weights[used] @ sizes[used])
    error = float(weights[used] @ np.sqrt(variances[used] + (sizes[used] - size) ** 2))
    return Abundance(size, error**2, seen)
