"""Whether the likelihood of a log-linear model has its maximum inside, and what the edge says of those never seen.

Without end the likelihood rises along a direction d where x d = 0 in each cell with persons and x d <= 0 in each
empty one: expected counts of some empty cells go to zero. The number never seen goes with the direction, to zero or
to infinity, or does not change.

References
----------
Haberman (1974), *The Analysis of Frequency Data*; Fienberg and Rinaldo (2012), *Annals of Statistics* 40.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.optimize import linprog

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["Edge", "edge_of_fit"]

Edge = Literal["inside", "edge", "all seen", "without end"]


def edge_of_fit(
    x: NDArray[np.float64],
    counts: NDArray[np.float64],
    unseen: NDArray[np.float64],
    bounded: Sequence[int] = (),
) -> Edge:
    """Return where the maximum of the likelihood lies, by linear programmes.

    Parameters
    ----------
    x : array, shape (cells, parameters)
    counts : array, shape (cells,)
    unseen : array, shape (parameters,)
        Line of the model matrix of the cell never seen.
    bounded : sequence of int
        Columns whose coefficient may not be negative.

    Returns
    -------
    str
        `inside`; `edge`, where some cells go to zero and the number never seen does not change; `all seen`, where it
        goes to zero; `without end`, where it goes to infinity.

    Examples
    --------
    >>> import numpy as np
    >>> two_lists = np.array([[1.0, 1.0, 1.0], [1.0, 1.0, 0.0], [1.0, 0.0, 1.0]])
    >>> neither = np.array([1.0, 0.0, 0.0])
    >>> [edge_of_fit(two_lists, np.array(cells), neither) for cells in ([5.0, 2, 3], [5.0, 2, 0], [0.0, 2, 3])]
    ['inside', 'all seen', 'without end']
    """
    full, empty = x[counts > 0], x[counts == 0]
    if not len(empty):
        return "inside"
    limits = [(0.0 if at in bounded else -1.0, 1.0) for at in range(x.shape[1])]

    def farthest(direction: NDArray[np.float64]) -> float:
        found = linprog(
            -direction,
            A_ub=empty,
            b_ub=np.zeros(len(empty)),
            A_eq=full if len(full) else None,
            b_eq=np.zeros(len(full)) if len(full) else None,
            bounds=limits,
            method="highs",
        )
        return float(-found.fun)

    if farthest(unseen) > 1e-7:
        return "without end"
    if farthest(-unseen) > 1e-7:
        return "all seen"
    return "edge" if farthest(-empty.sum(axis=0)) > 1e-7 else "inside"
