"""How many persons stand behind several catches in a row, from how many of each were already known."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import t as student

from diplab.population.kernel.abundance import Abundance, poisson_mean_interval

__all__ = [
    "Catches",
    "catches",
    "inverse_interval",
    "schnabel",
    "schnabel_poisson",
    "schumacher",
    "student_deviate",
]

Floats = NDArray[np.float64]


class Catches(NamedTuple):
    """Sums over occasions of n caught, m of them known already, M known before.

    Parameters
    ----------
    n_m : float
        Sum of n M.
    m : float
        Sum of m.
    n_m2 : float
        Sum of n M^2.
    m_m : float
        Sum of m M.
    m2_n : float
        Sum of m^2/n, over occasions where someone was caught.
    occasions : int
        Occasions that tell something: someone was caught and someone was known.
    seen : float
        Distinct persons seen.
    """

    n_m: float
    m: float
    n_m2: float
    m_m: float
    m2_n: float
    occasions: int
    seen: float


def catches(marked: Floats, caught: Floats, recaptured: Floats) -> Catches:
    """Return the sums behind Schnabel's and Schumacher's sizes.

    Parameters
    ----------
    marked, caught, recaptured : array, shape (occasions,)
        Known before each occasion, caught on it, of them known.

    Examples
    --------
    >>> catches(np.array([0.0, 5.0]), np.array([5.0, 4.0]), np.array([0.0, 2.0])).n_m
    20.0
    """
    some = caught > 0
    telling = some & (marked > 0)
    return Catches(
        float(caught @ marked),
        float(recaptured.sum()),
        float(caught @ marked**2),
        float(recaptured @ marked),
        float((recaptured[some] ** 2 / caught[some]).sum()),
        int(telling.sum()),
        float(caught.sum() - recaptured.sum() + marked[0]),
    )


def schnabel(sums: Catches, modified: bool = False) -> Abundance:
    """Return Schnabel's size: all who were known at each catch over all who were met again.

    Parameters
    ----------
    sums : Catches
        Sums over occasions, someone met again.
    modified : bool
        With Chapman's correction of one more met again, which has less bias where few were.

    Returns
    -------
    Abundance
        N = sum(n M)/sum(m) (Schnabel, 1938), or over sum(m) + 1 (Chapman, 1952); the recaptures are a Poisson count, so
        that the standard error of 1/N is sqrt(sum(m))/sum(n M), with one more where modified (Ricker, 1975, equation
        3.16; Krebs, 1989, equation 2.11), and that of N is N^2 times it.

    Examples
    --------
    >>> schnabel(Catches(10740, 24, 970296, 2294, 7.745, 13, 138)).size
    447.5
    """
    met = sums.m + modified
    size = sums.n_m / met
    return Abundance(size, size**4 * met / sums.n_m**2, sums.seen)


def schumacher(sums: Catches) -> Abundance:
    """Return Schumacher and Eschmeyer's size: the share known rises by 1/N with each person known.

    Parameters
    ----------
    sums : Catches
        Sums over occasions, two of them telling at least.

    Returns
    -------
    Abundance
        N = sum(n M^2)/sum(m M), the inverse of the slope of m/n on M through the origin, weighted by n (Schumacher and
        Eschmeyer, 1943). The variance of 1/N is (sum(m^2/n) - sum(m M)^2/sum(n M^2))/(s - 1)/sum(n M^2) over the s
        telling occasions (Krebs, 1989, equation 2.14, who counts the first occasion too and divides by s - 2).

    Examples
    --------
    >>> round(schumacher(Catches(10740, 24, 970296, 2294, 7.745, 13, 138)).size, 2)
    422.97
    """
    size = sums.n_m2 / sums.m_m
    # Rounding alone takes it below nothing where all points lie on the line.
    apart = max(sums.m2_n - sums.m_m**2 / sums.n_m2, 0.0)
    inverse = apart / (sums.occasions - 1) / sums.n_m2
    return Abundance(size, size**4 * inverse, sums.seen)


def inverse_interval(found: Abundance, deviate: float) -> tuple[float, float]:
    """Return the interval of a size whose inverse is nearly normal.

    Parameters
    ----------
    found : Abundance
        Size and variance; the standard error of 1/N is taken as that of N over N^2.
    deviate : float
        Number of standard errors on each side.

    Returns
    -------
    tuple of float
        1/(1/N ± deviate x error), neither below the number seen, the upper infinite where 1/N is not told from
        zero.

    Examples
    --------
    >>> found = schumacher(Catches(10740, 24, 970296, 2294, 7.745, 13, 138))
    >>> tuple(round(end) for end in inverse_interval(found, student_deviate(0.95, 12)))
    (300, 719)
    """
    inverse, half = 1 / found.size, deviate * math.sqrt(found.variance) / found.size**2
    high = 1 / (inverse - half) if inverse > half else math.inf
    return max(1 / (inverse + half), found.seen), max(high, found.seen)


def schnabel_poisson(sums: Catches, modified: bool, confidence: float) -> tuple[float, float]:
    """Return Schnabel's size at the exact limits of the number met again, a Poisson count.

    Parameters
    ----------
    sums : Catches
        Sums over occasions.
    modified : bool
        With Chapman's correction.
    confidence : float
        Probability of the interval.

    Examples
    --------
    >>> tuple(round(end, 1) for end in schnabel_poisson(Catches(10740, 24, 0, 0, 0, 13, 138), False, 0.95))
    (300.8, 698.4)
    """
    low, high = poisson_mean_interval(sums.m, confidence)
    ends = (sums.n_m / (high + modified), sums.n_m / (low + modified))
    return max(ends[0], sums.seen), max(ends[1], sums.seen)


def student_deviate(confidence: float, df: float = math.inf) -> float:
    """Return how many standard errors an interval takes on each side.

    Examples
    --------
    >>> round(student_deviate(0.95, 12), 4), round(student_deviate(0.95), 4)
    (2.1788, 1.96)
    """
    tail = 0.5 + confidence / 2
    return float(ndtri(tail)) if math.isinf(df) else float(student.ppf(tail, df))
