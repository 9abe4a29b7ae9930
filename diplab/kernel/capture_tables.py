"""Tables of captures and the model matrices of closed-population models: who was caught when, or how often.

The expected number of persons with history h, caught k times in all, is exp(b0 + sum b_j h_j + tau g(k)): b_j is the
log-odds of being caught at occasion j (one b for all where time plays no part), and g says in what manner persons
differ. The history of nobody's sighting has expectation exp(b0), the persons never seen. Models without time depend
on k alone, so that the numbers f_k of persons caught k times carry all they need, with the logarithm of the number of
histories gathered as an offset: log C(t, k), or -log k! where there is no limit to k.

References
----------
Cormack (1989), *Biometrics* 45; Darroch et al. (1993), *JASA* 88; Rivest and Baillargeon (2007), *Biometrics* 63;
Baillargeon and Rivest (2007), *Journal of Statistical Software* 19(5).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaln

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

__all__ = ["SHAPES", "CaptureTable", "all_histories", "frequency_table", "history_table"]

SHAPES: dict[str, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
    "poisson2": lambda times: 2.0**times - 1.0,
    "darroch": lambda times: times**2 / 2.0,
    "gamma3.5": lambda times: math.log(3.5) - np.log(3.5 + times),
}
"""g(k) by name: log-odds of capture that follow a Poisson (times log 2), a normal, a gamma law (shape 3.5) among the
persons never caught; each is zero at k = 0."""


@dataclass(frozen=True, eq=False)
class CaptureTable:
    """Cells of captures with the model matrix of a model.

    Parameters
    ----------
    x : array, shape (cells, parameters)
        First the constant, whose exponential is the number of persons never seen.
    counts : array, shape (cells,)
        Persons in each cell.
    offset : array, shape (cells,)
        Known part of the logarithm of each expected count.
    times : array, shape (cells,)
        Captures of a person in each cell.
    terms : tuple of str
        Names of the parameters.
    bent : tuple of int
        Columns whose coefficient may not be negative.
    """

    x: NDArray[np.float64]
    counts: NDArray[np.float64]
    offset: NDArray[np.float64]
    times: NDArray[np.float64]
    terms: tuple[str, ...]
    bent: tuple[int, ...] = ()

    @property
    def unseen(self) -> NDArray[np.float64]:
        """The line of the model matrix of those never seen."""
        line: NDArray[np.float64] = np.eye(1, self.x.shape[1])[0]
        return line


def frequency_table(
    counts: NDArray[np.float64], limit: float, heterogeneity: str | None = None
) -> CaptureTable:
    """Return the table of how many persons were caught once, twice, and so on.

    Parameters
    ----------
    counts : array, shape (most,)
        Persons caught 1, 2, ..., `most` times.
    limit : float
        Occasions on which a person could be caught; infinite where there is no limit.
    heterogeneity : str, optional
        A name of `SHAPES`, or `chao`; None where all persons are alike, or differ otherwise.

    Returns
    -------
    CaptureTable

    Examples
    --------
    >>> import numpy as np
    >>> frequency_table(np.array([25.0, 22.0, 13.0]), 6).terms
    ('intercept', 'captures')
    """
    times = np.arange(1.0, len(counts) + 1.0)
    if math.isinf(limit):
        offset = -gammaln(times + 1)
    else:
        offset = gammaln(limit + 1) - gammaln(times + 1) - gammaln(limit - times + 1)
    x = np.column_stack([np.ones_like(times), times])
    return _with(x, counts, offset, times, ("intercept", "captures"), heterogeneity)


def history_table(
    histories: NDArray[np.float64],
    counts: NDArray[np.float64],
    occasions: tuple[str, ...],
    heterogeneity: str | None = None,
) -> CaptureTable:
    """Return the table of capture histories, with a probability of capture of its own for each occasion.

    Parameters
    ----------
    histories : array of 0 and 1, shape (cells, occasions)
        Every history but that of persons never seen.
    counts : array, shape (cells,)
        Persons with each.
    occasions : tuple of str
        Names of the occasions.
    heterogeneity : str, optional
        A name of `SHAPES`, or `chao`; None where all persons are alike, or differ otherwise.

    Returns
    -------
    CaptureTable

    Examples
    --------
    >>> import numpy as np
    >>> history_table(all_histories(2), np.array([5.0, 7.0, 3.0]), ("may", "june")).terms
    ('intercept', 'may', 'june')
    """
    times = histories.sum(axis=1)
    x = np.column_stack([np.ones_like(times), histories])
    return _with(x, counts, np.zeros_like(times), times, ("intercept", *occasions), heterogeneity)


def all_histories(occasions: int) -> NDArray[np.float64]:
    """Return every history of capture but that of persons never seen, as 0 and 1.

    Examples
    --------
    >>> all_histories(2).tolist()
    [[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
    """
    numbers = np.arange(1, 2**occasions)
    places = np.arange(occasions - 1, -1, -1)
    return ((numbers[:, None] >> places) & 1).astype(np.float64)


def _with(
    x: NDArray[np.float64],
    counts: NDArray[np.float64],
    offset: NDArray[np.float64],
    times: NDArray[np.float64],
    terms: tuple[str, ...],
    heterogeneity: str | None,
) -> CaptureTable:
    """Return a table with the columns of heterogeneity.

    Under any law of heterogeneity the logarithm of mu(h), time apart, is a convex function of k (Rivest and
    Baillargeon, 2007). Chao's bound asks for no more: a line through k = 0, 1, 2 and a bend of at least zero
    at 2, 3, ... captures, (k - 2)+, (k - 3)+ and so on.
    """
    if heterogeneity is None:
        return CaptureTable(x, counts, offset, times, terms)
    if heterogeneity == "chao":
        bends = np.arange(2.0, times.max())
        columns = np.maximum(times[:, None] - bends, 0.0)
        bent = tuple(range(x.shape[1], x.shape[1] + len(bends)))
        terms = (*terms, *(f"bend at {bend:g}" for bend in bends))
        return CaptureTable(np.column_stack([x, columns]), counts, offset, times, terms, bent)
    column = SHAPES[heterogeneity](times)
    return CaptureTable(np.column_stack([x, column]), counts, offset, times, (*terms, "heterogeneity"))
