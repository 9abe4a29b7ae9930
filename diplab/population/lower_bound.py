"""A size set against the lower bound of the same data: under it is never a headline, far under it is contradicted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diplab.kernel.abundance import lognormal_interval

if TYPE_CHECKING:
    from diplab.kernel.abundance import Abundance

__all__ = ["against_bound"]


def against_bound(size: float, bound: Abundance, confidence: float = 0.95) -> str:
    """Return what a reader must know of a size, given the lower bound of the same data.

    Parameters
    ----------
    size : float
        A population size under some model.
    bound : Abundance
        Chao's lower bound of the same data.
    confidence : float
        Probability of the interval of the bound.

    Returns
    -------
    str
        Nothing where the size is at or above the bound; `below bound` under it; `below bound, contradicted` where the
        interval of the bound lies wholly above the size. Where everyone truly has the same rate, a size falls under
        the bound in half of all samples, so that being under it alone says little.

    Examples
    --------
    >>> from diplab.kernel.single_source import chao, truncated_poisson
    >>> against_bound(truncated_poisson(1880, 2186).size, chao(1645, 183, 1880))
    'below bound, contradicted'
    """
    if not size < bound.size:
        return ""
    contradicted = lognormal_interval(bound, confidence)[0] > size
    return "below bound, contradicted" if contradicted else "below bound"
