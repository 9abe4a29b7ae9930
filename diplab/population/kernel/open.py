"""Persons present, leaving and coming between occasions, from who was met again after whom."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import t as student

from diplab.kernel.abundance import Abundance
from diplab.kernel.overlap_interval import poisson_limits

__all__ = [
    "Catches",
    "OpenSizes",
    "PairFit",
    "Tallies",
    "catches",
    "covariance_of_pairs",
    "ever_present",
    "fit_pairs",
    "inverse_interval",
    "jolly_seber",
    "schnabel",
    "schnabel_poisson",
    "schumacher",
    "student_deviate",
    "tallies",
    "tallies_by_history",
]

Floats = NDArray[np.float64]


class Tallies(NamedTuple):
    """Counts by occasion, each an array of shape (occasions,).

    Parameters
    ----------
    caught : array
        n, persons met.
    met : array
        m, of them met before.
    released : array
        R, of those met, let go again.
    again : array
        r, of those let go, met later.
    between : array
        z, persons met before and after the occasion but not on it.
    """

    caught: Any
    met: Any
    released: Any
    again: Any
    between: Any


class OpenSizes(NamedTuple):
    """Estimates by occasion and their variances; NaN where there is none.

    Parameters
    ----------
    marked, size, survival, entries : array, shape (occasions,)
        M before each occasion, N on it, share phi of those present that stays until the next, B that come until the
        next.
    marked_variance, size_variance, survival_variance, entries_variance : array, shape (occasions,)
        Their variances.
    survival_covariance : array, shape (occasions,)
        Covariance of each survival with the next.
    """

    marked: Any
    size: Any
    survival: Any
    entries: Any
    marked_variance: Floats
    size_variance: Floats
    survival_variance: Floats
    entries_variance: Floats
    survival_covariance: Floats


def tallies_by_history(histories: NDArray[np.bool_], lost: NDArray[np.bool_]) -> Floats:
    """Return what one person of each history adds to each tally.

    Parameters
    ----------
    histories : array of bool, shape (histories, occasions)
        Met or not.
    lost : array of bool, shape (histories,)
        Not let go after the last time met.

    Returns
    -------
    array, shape (5, histories, occasions)
        In the order of `Tallies`.
    """
    so_far: NDArray[np.int_] = np.cumsum(histories, axis=1) - histories
    later = histories.sum(axis=1, keepdims=True) - so_far - histories
    gone = lost[:, None] & histories & (later == 0)
    return np.stack(
        [
            histories,
            histories & (so_far > 0),
            histories & ~gone,
            histories & (later > 0),
            ~histories & (so_far > 0) & (later > 0),
        ]
    ).astype(float)


def tallies(histories: NDArray[np.bool_], count: Floats, lost: NDArray[np.bool_] | None = None) -> Tallies:
    """Return the tallies behind the Jolly-Seber sizes.

    Parameters
    ----------
    histories : array of bool, shape (histories, occasions)
        Met or not.
    count : array, shape (histories,)
        Persons with each history.
    lost : array of bool, shape (histories,), optional
        Not let go after the last time met.

    Examples
    --------
    >>> found = tallies(np.array([[1, 0, 1], [1, 1, 0], [0, 1, 1]], dtype=bool), np.array([4.0, 3.0, 2.0]))
    >>> found.caught.tolist(), found.between.tolist()
    ([7.0, 5.0, 6.0], [0.0, 4.0, 0.0])
    """
    none = np.zeros(len(histories), dtype=bool)
    each = tallies_by_history(histories, none if lost is None else lost)
    return Tallies(*np.einsum("thk,h->tk", each, count))


def jolly_seber(counted: Tallies, corrected: bool = True) -> OpenSizes:
    """Return sizes, survival and entries of a population that people join and leave.

    Parameters
    ----------
    counted : Tallies
        Counts by occasion.
    corrected : bool
        With one more in each ratio, which takes most of the bias away.

    Returns
    -------
    OpenSizes
        M = m + R z/r and N = n M/m, or with the correction M = m + (R+1) z/(r+1) and N = (n+1) M/(m+1), raised
        to n where it falls below; phi = M'/(M - m + R) and B = N' - phi (N - n + R), a prime being the next occasion
        (Jolly, 1965; Seber, 1965, 1982, p. 204). With d = M - m + R, e = 1/r - 1/R and rho = M/N:

        V(M) = (M - m) d e;
        V(N) = N (N - n) (d e/M + (1 - rho)/m), the error about the number present;
        V(phi) = phi^2 ((M' - m') d' e'/M'^2 + (M - m) e/d) + phi (1 - phi)/d, the last the chance of leaving;
        V(B) = B^2 (M' - m') d' e'/M'^2 + (M - m) (phi R (N - M)/M)^2 e/d + (N - n)(N' - B)(1 - rho)(1 - phi)/d
        + N' (N' - n') (1 - rho')/m' + phi^2 N (N - n)(1 - rho)/m;
        C(phi, phi') = -phi phi' (M' - m') e'/M'

        (Seber, 1982, pp. 202 and 205; Pollock et al., 1990, equations 4.10 to 4.18). An occasion without anyone met
        before, or with nobody met again, has none of them.

    Examples
    --------
    >>> counted = Tallies(*map(np.array, ([54., 146, 169], [0., 10, 37], [54., 143, 0], [24., 80, 0], [0., 14, 0])))
    >>> [round(float(each[1]), 2) for each in jolly_seber(counted, corrected=False)[:2]]
    [35.02, 511.36]
    """
    n, m, released, again, between = (np.asarray(each) for each in counted)
    with np.errstate(divide="ignore", invalid="ignore"):
        marked, size = _sizes(n, m, released, again, between, corrected)
        excess = np.where(again.real > 0, 1 / again.real - 1 / released.real, np.nan)
        survival, entries = _changes(n, m, released, marked, size)
        variances = _variances(
            np.asarray(n, dtype=float),
            np.asarray(m, dtype=float),
            np.asarray(released, dtype=float),
            np.asarray(marked, dtype=float),
            np.asarray(size, dtype=float),
            np.asarray(survival, dtype=float),
            np.asarray(entries, dtype=float),
            excess,
        )
    return OpenSizes(marked, size, survival, entries, *variances)


def _sizes(n: Any, m: Any, released: Any, again: Any, between: Any, corrected: bool) -> tuple[Any, Any]:
    one = 1 if corrected else 0
    # Nobody met again: how many known are still there has no upper limit. Nobody known at all: nothing tells.
    told = (again.real > 0) & (m.real + between.real > 0)
    told[[0, -1]] = False
    marked = np.where(told, m + (released + one) * between / (again + one), np.nan)
    size = np.where(m.real > 0, (n + one) * marked / (m + one), np.nan)
    return marked, np.where(size.real < n.real, n, size)


def _changes(n: Any, m: Any, released: Any, marked: Any, size: Any) -> tuple[Any, Any]:
    known = marked - m + released
    # Before the first occasion nobody is marked.
    known[0] = released[0] if released[0].real > 0 else np.nan
    survival = np.append(marked[1:] / known[:-1], np.nan)
    entries = np.append(size[1:], np.nan) - survival * (size - n + released)
    return survival, entries


def _variances(
    n: Floats,
    m: Floats,
    released: Floats,
    marked: Floats,
    size: Floats,
    survival: Floats,
    entries: Floats,
    excess: Floats,
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    # None of these is below nothing, but by rounding where all are marked or met.
    away, missed, unmarked = (np.clip(each, 0, None) for each in (marked - m, size - n, 1 - marked / size))
    away[0] = 0.0
    known = away + released
    of_marked = np.where(np.isnan(marked), np.nan, away * known * excess)
    of_size = size * missed * (known * excess / marked + unmarked / m)
    ahead = _ahead(away * known * excess / marked**2)
    here = np.where(away == 0, 0.0, away * excess / known)
    # Where survival comes out above one, nobody leaves by chance.
    leaving = np.clip(1 - survival, 0, None)
    of_survival = survival**2 * (ahead + here) + survival * leaving / known
    of_entries = (
        entries**2 * ahead
        + away * (survival * released * (size - marked) / marked) ** 2 * excess / known
        + missed * np.clip(_ahead(size) - entries, 0, None) * unmarked * leaving / known
        + _ahead(size * missed * unmarked / m)
        + survival**2 * size * missed * unmarked / m
    )
    together = -survival * _ahead(survival) * _ahead(away * excess / marked)
    return of_marked, of_size, of_survival, of_entries, together


def _ahead(values: Floats) -> Floats:
    return np.append(values[1:], np.nan)


def ever_present(
    histories: NDArray[np.bool_],
    count: Floats,
    lost: NDArray[np.bool_],
    corrected: bool = True,
) -> Abundance:
    """Return how many persons were ever present from the second occasion to the last but one.

    Parameters
    ----------
    histories : array of bool, shape (histories, occasions)
        Met or not.
    count : array, shape (histories,)
        Persons with each history.
    lost : array of bool, shape (histories,)
        Not let go after the last time met.
    corrected : bool
        As for `jolly_seber`.

    Returns
    -------
    Abundance
        N of the second occasion plus the entries until the last but one; who comes and leaves between two occasions is
        not counted. Its variance, about the number truly present, is sum(g^2 x persons) - N over histories, g being the
        derivative by the persons with a history (delta method on multinomial counts). NaN where one of the terms is.

    Examples
    --------
    >>> histories = np.array([[1, 0, 1, 1], [0, 1, 1, 0], [0, 1, 0, 1], [1, 1, 0, 0], [0, 0, 1, 1]], dtype=bool)
    >>> found = ever_present(histories, np.array([5.0, 8, 4, 6, 7]), np.zeros(5, dtype=bool), corrected=False)
    >>> round(found.size, 3)
    39.521
    """
    each = tallies_by_history(histories, lost)
    sums = np.einsum("thk,h->tk", each, count)
    total = float(_total(sums, corrected).real)
    slopes = np.zeros_like(sums)
    # Derivative by a step along the imaginary axis: exact, as nothing is subtracted.
    for place in np.ndindex(sums.shape):
        moved = sums.astype(complex)
        moved[place] += 1e-20j
        slopes[place] = _total(moved, corrected).imag / 1e-20
    by_history = np.einsum("thk,tk->h", each, slopes)
    # Met on one of these occasions, or before and after one of them.
    known = float(count[histories[:, 1:-1].any(axis=1) | each[4].any(axis=1)].sum())
    return Abundance(total, max(float(by_history**2 @ count) - total, 0.0), known)


def _total(sums: Any, corrected: bool) -> Any:
    counted = Tallies(*sums)
    with np.errstate(divide="ignore", invalid="ignore"):
        marked, size = _sizes(*counted, corrected)
        _, entries = _changes(counted.caught, counted.met, counted.released, marked, size)
    return size[1] + entries[1:-2].sum()


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
    low, high = poisson_limits(sums.m, confidence)
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


Integers = NDArray[np.intp]

_NOTHING = 1e-12
"""Of all squares of times apart: a spread within dates that is rounding only."""


class PairFit(NamedTuple):
    """A line through the logarithms of the sizes of all pairs.

    Parameters
    ----------
    rate : float
        Departures per person and unit of time.
    log_size : float
        Logarithm of the size at no time apart, averaged over pairs.
    """

    rate: float
    log_size: float


def fit_pairs(apart: Floats, log_size: Floats, date: Integers) -> PairFit:
    """Return the least-squares line of log sizes on the time apart, with an effect of each date.

    Parameters
    ----------
    apart : array, shape (pairs,)
        Time between the two windows.
    log_size : array, shape (pairs,)
        ln(n1 n2/m) of each pair.
    date : array of int, shape (pairs,)
        Which date the effect of a pair is that of; all the same for one intercept.

    Returns
    -------
    PairFit
        With y = ln(n1 n2/m): E(m) = n1 n2 exp(-rate t)/N, hence y = ln N + rate t (Difallah, Filatova and Ipeirotis,
        2018). NaN rate where no date has two different times apart.

    Examples
    --------
    >>> times = np.array([1.0, 2.0, 3.0])
    >>> fit = fit_pairs(times, 5 + 0.1 * times, np.zeros(3, dtype=int))
    >>> round(fit.rate, 6), round(fit.log_size, 6)
    (0.1, 5.0)
    """
    within_apart, within_size, _ = _within(apart, log_size, date)
    spread = float(within_apart @ within_apart)
    if spread <= _NOTHING * float(apart @ apart):
        return PairFit(np.nan, np.nan)
    rate = float(within_apart @ within_size) / spread
    return PairFit(rate, float((log_size - rate * apart).mean()))


def covariance_of_pairs(
    apart: Floats, log_size: Floats, date: Integers, first: Integers, second: Integers
) -> Floats:
    """Return the covariance of the rate and the log size, pairs that share a window being dependent.

    Parameters
    ----------
    apart, log_size, date : array, shape (pairs,)
        As for `fit_pairs`.
    first, second : array of int, shape (pairs,)
        The two windows of each pair.

    Returns
    -------
    array, shape (2, 2)
        W - P, or P where W - P has a smaller variance. W is the jackknife that leaves out all pairs of a window at once
        (for statistics of pairs: Arvesen, 1969); it counts twice what is proper to a pair, which belongs to two
        windows, so the jackknife P that leaves out one pair is taken off, as clusters in two ways are put together
        (Cameron, Gelbach and Miller, 2011). NaN where leaving one window out leaves no line.

    Examples
    --------
    >>> first, second = np.array([0, 0, 0, 1, 1, 2]), np.array([1, 2, 3, 2, 3, 3])
    >>> times = (second - first).astype(float)
    >>> found = covariance_of_pairs(times, 5 + 0.1 * times, np.zeros(6, dtype=int), first, second)
    >>> bool(abs(found).max() < 1e-20)
    True
    """
    whole = _spread(_without_each_window(apart, log_size, date, first, second))
    own = _spread(_without_each_pair(apart, log_size, date))
    less = whole - own
    smaller = np.diag(less) < np.diag(own)
    less[smaller, :] = own[smaller, :]
    less[:, smaller] = own[:, smaller]
    return np.where(np.isnan(whole), np.nan, less)


def _spread(lines: Floats) -> Floats:
    """Return (G-1)/G sum (x - mean)(x - mean)' over G lines."""
    off = lines - lines.mean(axis=0)
    return np.asarray((len(lines) - 1) / len(lines) * off.T @ off)


def _without_each_window(
    apart: Floats, log_size: Floats, date: Integers, first: Integers, second: Integers
) -> Floats:
    lines = []
    for window in np.unique(np.concatenate([first, second])):
        kept = (first != window) & (second != window)
        fit = fit_pairs(apart[kept], log_size[kept], date[kept]) if kept.any() else PairFit(np.nan, np.nan)
        lines.append(fit)
    return np.array(lines)


def _without_each_pair(apart: Floats, log_size: Floats, date: Integers) -> Floats:
    """Return the line without each pair in turn, from the sums over all: pairs may be hundreds of thousands."""
    within_apart, within_size, of_date = _within(apart, log_size, date)
    # A pair alone on its date says nothing of the slope.
    raised = np.where(of_date > 1, of_date / np.maximum(of_date - 1, 1), 0.0)
    spread = within_apart @ within_apart - raised * within_apart**2
    product = within_apart @ within_size - raised * within_apart * within_size
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.where(spread > _NOTHING * float(apart @ apart), product / spread, np.nan)
    left = len(apart) - 1
    log = (log_size.sum() - log_size - rate * (apart.sum() - apart)) / max(left, 1)
    return np.column_stack([rate, log])


def _within(apart: Floats, log_size: Floats, date: Integers) -> tuple[Floats, Floats, Floats]:
    """Return both less their mean over the date, and how many pairs the date of each has."""
    of_date = np.bincount(date)[date].astype(float)
    means = [np.bincount(date, values)[date] / of_date for values in (apart, log_size)]
    return apart - means[0], log_size - means[1], of_date
