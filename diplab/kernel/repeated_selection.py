"""The interval of a size that counts the choice of the model: persons drawn again, the choice made again each time.

References
----------
Silverman, Chan and Vincent (2024), *Biometrics* 80; Efron (1987), *Journal of the American Statistical Association* 82,
for the bias-corrected and accelerated interval.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr, ndtri

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from diplab.kernel.extended_fit import Faces
    from diplab.kernel.list_selection import Selection

__all__ = ["Repeated", "bca_interval", "percentile_interval", "repeated_selection"]

_ROUND = 200


@dataclass(frozen=True, eq=False)
class Repeated:
    """Sizes after drawing persons again and choosing the model again.

    Parameters
    ----------
    sizes : array, shape (replicates,)
        Infinite where no model told a size.
    chosen : tuple
        The model chosen in each replicate, or None.
    without_one : array, shape (cells with persons,)
        Sizes with one person of each cell taken away, the choice made again.
    persons : array, shape (cells with persons,)
        Persons in those cells.
    """

    sizes: NDArray[np.float64]
    chosen: tuple[object, ...]
    without_one: NDArray[np.float64]
    persons: NDArray[np.float64]


def repeated_selection(
    counts: NDArray[np.float64],
    selection: Selection,
    replicates: int,
    seed: int,
    faces: Faces,
    advance: Callable[[int], None] = lambda _: None,
) -> Repeated:
    """Return the sizes of replicates that choose their model again.

    Parameters
    ----------
    counts : array, shape (cells,)
        Persons by cell.
    selection : Selection
        The rule that chose on the table itself.
    replicates : int
        How many.
    seed : int
        Of the draws: the same seed gives the same replicates.
    faces : Faces
        Kept between calls.
    advance : callable
        Told how many more replicates are done.

    Returns
    -------
    Repeated
        The n persons seen are drawn again, with replacement.
    """
    seen = int(counts.sum())
    drawn = np.random.default_rng(seed).multinomial(seen, counts / seen, replicates).astype(np.float64)
    sizes, chosen = np.empty(replicates), []
    for start in range(0, replicates, _ROUND):
        found = selection.choose(drawn[start : start + _ROUND], faces)
        sizes[start : start + _ROUND] = seen + found.missed
        chosen += list(found.models)
        advance(len(found.missed))
    filled = np.flatnonzero(counts > 0)
    fewer = counts - np.eye(len(counts))[filled]
    return Repeated(sizes, tuple(chosen), seen - 1 + selection.choose(fewer, faces).missed, counts[filled])


def percentile_interval(sizes: NDArray[np.float64], confidence: float) -> tuple[float, float]:
    """Return the interval between two quantiles of the replicates, an end infinite where they are.

    Examples
    --------
    >>> import numpy as np
    >>> percentile_interval(np.append(np.arange(1.0, 100.0), np.inf), 0.5)
    (25.25, 75.75)
    """
    tail = (1 - confidence) / 2
    return _quantile(sizes, tail), _quantile(sizes, 1 - tail)


def bca_interval(found: Repeated, size: float, confidence: float) -> tuple[float, float]:
    """Return the bias-corrected and accelerated interval, NaN where replicates lie all on one side of the size.

    Parameters
    ----------
    found : Repeated
    size : float
        The size on the table itself.
    confidence : float
        Probability of the interval.

    Returns
    -------
    tuple of float
        Quantiles at Phi(z0 + (z0 + z)/(1 - a (z0 + z))), z0 from the share of replicates below the size, a from the
        sizes without one person, each counted for all persons of its cell.
    """
    below = float(((found.sizes < size) + (found.sizes == size) / 2).mean())
    shifts = _acceleration(found.without_one, found.persons)
    if not (0 < below < 1 and np.isfinite(shifts)):
        return np.nan, np.nan
    bias = float(ndtri(below))
    ends = []
    for tail in ((1 - confidence) / 2, (1 + confidence) / 2):
        moved = bias + float(ndtri(tail))
        ends.append(_quantile(found.sizes, float(ndtr(bias + moved / (1 - shifts * moved)))))
    return ends[0], ends[1]


def _acceleration(without_one: NDArray[np.float64], persons: NDArray[np.float64]) -> float:
    if not np.isfinite(without_one).all():
        return np.nan
    gaps = np.average(without_one, weights=persons) - without_one
    spread = float(persons @ gaps**2)
    return float(persons @ gaps**3) / (6 * spread**1.5) if spread > 0 else 0.0


def _quantile(sizes: NDArray[np.float64], share: float) -> float:
    """Return a quantile at (replicates + 1) share, infinite where one of its two neighbours is."""
    ordered = np.sort(sizes)
    place = min(max((len(ordered) + 1) * share - 1, 0.0), len(ordered) - 1.0)
    low, part = int(place), place - int(place)
    if part == 0:
        return float(ordered[low])
    lower, upper = float(ordered[low]), float(ordered[low + 1])
    return np.inf if np.isinf(upper) else lower + part * (upper - lower)
