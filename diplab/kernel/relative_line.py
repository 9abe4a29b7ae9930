"""The share below a fraction of the median, where incomes and so their median are known by band only.

With l and h the ends of each band, m_l and m_h the medians of the lower and of the upper ends, and c <= 1 the fraction:

lower bound
    the share of h <= c m_l. The median is at least m_l, so that whoever is below c m_l for certain is poor. It is
    attained: at any m between m_l and m_h everybody whose band holds m may stand at m, everybody below as high as the
    band allows, and everybody above at the lower end: the median is m, and only the bands that end at or below c m are
    poor. The fewest are so at m = m_l.
upper bound
    at a median m >= 0 the poor are among l < c m, and no more than half of all people stand below m. Those with h <= m
    stand there whatever they earn; the others with l < c m (their band holds both the line and the median: a wide one,
    an income not told) may, as long as half is not passed. The share is therefore at most

        share(l < c m and h <= m) + min(share(l < c m and h > m), (1/2 - share of everybody with h <= m) N / N_d)

    which is attained but for the weight of one person, and the bound is its largest value over m in [m_l, m_h]. Where
    no band holds both a line and a median it is the share of l < c m_h.

Manski (1995, 2003) for the principle; the bounds on a share below a relative line are derived here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["MostBelow", "most_below"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class MostBelow:
    """The median at which most people can be below the line, by domain.

    Parameters
    ----------
    median, share : array, shape (domains,)
        The median, and the share that may then be below the line.
    held : array of bool, shape (domains,)
        Whether the half of all people below the median is what holds the share down.
    """

    median: Floats
    share: Floats
    held: NDArray[np.bool_]


def most_below(
    ends: tuple[Floats, Floats],
    weights: Floats,
    domain_weights: Floats,
    fraction: float,
    medians: tuple[Floats, Floats],
    *,
    strict: bool,
    half: Floats | float = 0.5,
) -> MostBelow:
    """Return at which median the share below the line is largest.

    Parameters
    ----------
    ends : tuple of array, shape (bands,)
        Lower and upper ends of the distinct bands; of a known value the upper is just above it.
    weights : array, shape (bands, 1) or (bands, domains)
        Weight of everybody of whom the median is.
    domain_weights : array, shape (bands, domains)
        Weight of the people of each domain.
    fraction : float
        Of the median.
    medians : tuple of array, shape (domains,)
        Of lower and of upper ends.
    strict : bool
        Whether who is at the line is not below it.
    half : float or array
        Share of everybody that may stand below the median: more than a half where the sampling error of the median is
        allowed for.

    Examples
    --------
    Nine people told 1,000 and one told nothing: the median is 1,000, and that one may be below 600.

    >>> ends = np.array([1000.0, 0.0]), np.array([np.nextafter(1000.0, 2000.0), np.inf])
    >>> people = np.array([[9.0], [1.0]])
    >>> most_below(ends, people, people, 0.6, (np.array([1000.0]), np.array([1000.0])), strict=True).median
    array([1000.])
    """
    low, high = ends
    tried = _candidates(low, high, fraction, medians)
    below_line = (low[:, None] < fraction * tried) if strict else (low[:, None] <= fraction * tried)
    under = high[:, None] <= tried
    everybody = weights.sum(axis=0)
    left = half * everybody - under.T.astype(float) @ weights
    # no amounts within the bands have a median that more than half are below
    possible = left >= -1e-12 * everybody
    room = np.maximum(left, 0.0)
    free = (below_line & under).T.astype(float) @ domain_weights
    doubtful = (below_line & ~under).T.astype(float) @ domain_weights
    most = free + np.minimum(doubtful, room)
    inside = (tried[:, None] >= medians[0]) & (tried[:, None] <= medians[1]) & possible
    best = np.argmax(np.where(inside, most, -1.0), axis=0)
    places = np.arange(domain_weights.shape[1])
    held = (doubtful > room)[best, places]
    with np.errstate(invalid="ignore"):
        share = most[best, places] / domain_weights.sum(axis=0)
    return MostBelow(tried[best], share, held)


def _candidates(low: Floats, high: Floats, fraction: float, medians: tuple[Floats, Floats]) -> Floats:
    """Return the medians at which a share can change: at an end or just below it, just after the line passes one."""
    finite = np.r_[low, high[np.isfinite(high)]]
    # a median without end is as far as matters where every line is above every end
    far = 2 * max(float(np.abs(finite).max(initial=0.0)), 1.0) / fraction
    lines = low / fraction
    steps = np.r_[high, medians[0], medians[1], far]
    every = np.r_[lines, np.nextafter(lines, np.inf), steps, np.nextafter(steps, -np.inf)]
    least, most = np.nanmin(medians[0]), min(float(np.nanmax(medians[1])), far)
    kept: Floats = np.unique(every[(every >= least) & (every <= most)])
    return kept
