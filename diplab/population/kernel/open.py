"""Sizes, survival and entries of open populations, and of many recaptures. See docs/formulas.md."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from diplab.kernel.arrays import Booleans, Floats, Integers
from diplab.population.kernel.abundance import Abundance, gradient, poisson_mean_interval

# share of the sum of squared times below which the spread within dates is rounding error
_ROUNDING = 1e-12


class Tallies(NamedTuple):
    """Counts by occasion, each an array of shape (occasions,)."""

    caught: Any  # n, persons met
    met: Any  # m, of them met before
    released: Any  # R, of those met, let go again
    again: Any  # r, of those let go, met later
    between: Any  # z, persons met before and after the occasion but not on it


class OpenSizes(NamedTuple):
    """Estimates by occasion and their variances; NaN where there is none."""

    marked: Any  # M, before each occasion
    size: Any  # N, on it
    survival: Any  # phi, share of those present that stays until the next
    entries: Any  # B, persons who come until the next
    marked_variance: Floats
    size_variance: Floats
    survival_variance: Floats
    entries_variance: Floats
    survival_covariance: Floats  # covariance of each survival with the next


def tallies_by_history(histories: Booleans, lost: Booleans) -> Floats:
    """Return what one person of each history adds to each tally, in the order of `Tallies`."""
    so_far: NDArray[np.int_] = np.cumsum(histories, axis=1) - histories
    later = histories.sum(axis=1, keepdims=True) - so_far - histories
    removed = lost[:, None] & histories & (later == 0)
    return np.stack(
        [
            histories,
            histories & (so_far > 0),
            histories & ~removed,
            histories & (later > 0),
            ~histories & (so_far > 0) & (later > 0),
        ]
    ).astype(float)


def tallies(histories: Booleans, count: Floats, lost: Booleans | None = None) -> Tallies:
    """Return the tallies behind the Jolly-Seber sizes."""
    none = np.zeros(len(histories), dtype=bool)
    each = tallies_by_history(histories, none if lost is None else lost)
    return Tallies(*np.einsum("thk,h->tk", each, count))


def jolly_seber(counted: Tallies, corrected: bool = True) -> OpenSizes:
    """Return sizes, survival and entries of a population that people join and leave."""
    n, m, released, again, between = (np.asarray(item, dtype=float) for item in counted)
    with np.errstate(divide="ignore", invalid="ignore"):
        marked, size = _sizes(n, m, released, again, between, corrected)
        survival, entries = _changes(n, m, released, marked, size)
        excess = np.where(again > 0, 1 / again - 1 / released, np.nan)
        # rounding alone makes any of these negative
        away, missed, unmarked = (
            np.clip(item, 0, None) for item in (marked - m, size - n, 1 - marked / size)
        )
        away[0] = 0.0
        known = away + released
        of_marked = np.where(np.isnan(marked), np.nan, away * known * excess)
        of_size = size * missed * (known * excess / marked + unmarked / m)
        ahead = _ahead(away * known * excess / marked**2)
        here = np.where(away == 0, 0.0, away * excess / known)
        # no binomial variance where survival comes out above one
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
    return OpenSizes(
        marked, size, survival, entries, of_marked, of_size, of_survival, of_entries, together
    )


def _sizes(
    n: Any, m: Any, released: Any, again: Any, between: Any, corrected: bool
) -> tuple[Any, Any]:
    one = 1 if corrected else 0
    # without anyone met again, the number of marked persons still present has no upper limit
    estimable = (again.real > 0) & (m.real + between.real > 0)
    estimable[[0, -1]] = False
    marked = np.where(estimable, m + (released + one) * between / (again + one), np.nan)
    size = np.where(m.real > 0, (n + one) * marked / (m + one), np.nan)
    return marked, np.where(size.real < n.real, n, size)


def _changes(n: Any, m: Any, released: Any, marked: Any, size: Any) -> tuple[Any, Any]:
    known = marked - m + released
    # no one is marked before the first occasion
    known[0] = released[0] if released[0].real > 0 else np.nan
    survival = np.append(marked[1:] / known[:-1], np.nan)
    return survival, np.append(size[1:], np.nan) - survival * (size - n + released)


def _ahead(values: Floats) -> Floats:
    return np.append(values[1:], np.nan)


def ever_present(
    histories: Booleans, count: Floats, lost: Booleans, corrected: bool = True
) -> Abundance:
    """Return N of the second occasion plus the entries until the last but one.

    It is NaN if any of them is.
    """
    each = tallies_by_history(histories, lost)
    sums = np.einsum("thk,h->tk", each, count)

    def total(flat: Any) -> Any:
        counted = Tallies(*flat.reshape(sums.shape))
        with np.errstate(divide="ignore", invalid="ignore"):
            marked, size = _sizes(*counted, corrected)
            _, entries = _changes(counted.caught, counted.met, counted.released, marked, size)
        return size[1] + entries[1:-2].sum()

    size = float(total(sums.ravel()))
    by_history = np.einsum("thk,tk->h", each, gradient(total, sums.ravel()).reshape(sums.shape))
    # met on one of these occasions, or before and after one of them
    known = float(count[histories[:, 1:-1].any(axis=1) | each[4].any(axis=1)].sum())
    return Abundance(size, max(float(by_history**2 @ count) - size, 0.0), known)


class RecaptureSums(NamedTuple):
    """Sums over occasions of n caught, m of them known already, M known before."""

    n_m: float  # sum of n M
    m: float  # sum of m
    n_m2: float  # sum of n M^2
    m_m: float  # sum of m M
    m2_n: float  # sum of m^2/n, over occasions where someone was caught
    occasions: int  # informative occasions: someone was caught and someone was known
    seen: float  # distinct persons seen


def recapture_sums(marked: Floats, caught: Floats, recaptured: Floats) -> RecaptureSums:
    """Return the sums behind Schnabel's and Schumacher's sizes."""
    some = caught > 0
    telling = some & (marked > 0)
    return RecaptureSums(
        float(caught @ marked),
        float(recaptured.sum()),
        float(caught @ marked**2),
        float(recaptured @ marked),
        float((recaptured[some] ** 2 / caught[some]).sum()),
        int(telling.sum()),
        float(caught.sum() - recaptured.sum() + marked[0]),
    )


def schnabel(sums: RecaptureSums, modified: bool = False) -> Abundance:
    """Return sum(n M)/sum(m) (Schnabel, 1938).

    Over sum(m) + 1 if `modified` (Chapman, 1952; error: Ricker, 1975, 3.16).
    """
    met = sums.m + modified
    size = sums.n_m / met
    return Abundance(size, size**4 * met / sums.n_m**2, sums.seen)


def schumacher(sums: RecaptureSums) -> Abundance:
    """Return sum(n M^2)/sum(m M) (Schumacher and Eschmeyer, 1943).

    The variance is that of 1/N (Krebs, 1989, 2.14).
    """
    size = sums.n_m2 / sums.m_m
    # rounding makes it negative where all points lie on the line
    residual = max(sums.m2_n - sums.m_m**2 / sums.n_m2, 0.0)
    inverse = residual / (sums.occasions - 1) / sums.n_m2
    return Abundance(size, size**4 * inverse, sums.seen)


def inverse_interval(abundance: Abundance, deviate: float) -> tuple[float, float]:
    """Return 1/(1/N ± deviate x error), from the number seen up to infinity."""
    inverse, half = 1 / abundance.size, deviate * math.sqrt(abundance.variance) / abundance.size**2
    high = 1 / (inverse - half) if inverse > half else math.inf
    return max(1 / (inverse + half), abundance.seen), max(high, abundance.seen)


def schnabel_poisson(sums: RecaptureSums, modified: bool, confidence: float) -> tuple[float, float]:
    """Return Schnabel's size at the exact Poisson limits of the number met again."""
    low, high = poisson_mean_interval(sums.m, confidence)
    ends = (sums.n_m / (high + modified), sums.n_m / (low + modified))
    return max(ends[0], sums.seen), max(ends[1], sums.seen)


class PairFit(NamedTuple):
    """A line through the logarithms of the sizes of all pairs."""

    rate: float  # departures per person and unit of time
    log_size: float  # logarithm of the size at no time elapsed, averaged over pairs


def fit_pairs(elapsed: Floats, log_size: Floats, date: Integers) -> PairFit:
    """Fit y = ln N + rate t to y = ln(n1 n2/m), with an effect of each date.

    It is NaN where there is no such line.
    """
    elapsed_centred, size_centred, _ = _centred_by_date(elapsed, log_size, date)
    spread = float(elapsed_centred @ elapsed_centred)
    if spread <= _ROUNDING * float(elapsed @ elapsed):
        return PairFit(np.nan, np.nan)
    rate = float(elapsed_centred @ size_centred) / spread
    return PairFit(rate, float((log_size - rate * elapsed).mean()))


def covariance_of_pairs(
    elapsed: Floats, log_size: Floats, date: Integers, first: Integers, second: Integers
) -> Floats:
    """Return the jackknife over windows less that over pairs (Cameron, Gelbach and Miller, 2011).

    Where that is smaller, it is the jackknife over pairs.
    """
    left = (
        (first != window) & (second != window)
        for window in np.unique(np.concatenate([first, second]))
    )
    without_each = np.array([fit_pairs(elapsed[rest], log_size[rest], date[rest]) for rest in left])
    by_window = _jackknife_covariance(without_each)
    by_pair = _jackknife_covariance(_without_each_pair(elapsed, log_size, date))
    difference = by_window - by_pair
    smaller = np.diag(difference) < np.diag(by_pair)
    difference[smaller, :] = by_pair[smaller, :]
    difference[:, smaller] = by_pair[:, smaller]
    return np.where(np.isnan(by_window), np.nan, difference)


def _jackknife_covariance(lines: Floats) -> Floats:
    """Return (G-1)/G sum (x - mean)(x - mean)' over G lines."""
    off = lines - lines.mean(axis=0)
    return np.asarray((len(lines) - 1) / len(lines) * off.T @ off)


def _without_each_pair(elapsed: Floats, log_size: Floats, date: Integers) -> Floats:
    """Return the line without each pair in turn, from sums over all pairs.

    There may be hundreds of thousands of pairs.
    """
    elapsed_centred, size_centred, of_date = _centred_by_date(elapsed, log_size, date)
    # a single pair on its date does not identify the slope
    raised = np.where(of_date > 1, of_date / np.maximum(of_date - 1, 1), 0.0)
    spread = elapsed_centred @ elapsed_centred - raised * elapsed_centred**2
    product = elapsed_centred @ size_centred - raised * elapsed_centred * size_centred
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.where(spread > _ROUNDING * float(elapsed @ elapsed), product / spread, np.nan)
    left = len(elapsed) - 1
    log = (log_size.sum() - log_size - rate * (elapsed.sum() - elapsed)) / max(left, 1)
    return np.column_stack([rate, log])


def _centred_by_date(
    elapsed: Floats, log_size: Floats, date: Integers
) -> tuple[Floats, Floats, Floats]:
    """Return both minus their mean over the date, and the number of pairs on the date of each."""
    of_date = np.bincount(date)[date].astype(float)
    means = [np.bincount(date, values)[date] / of_date for values in (elapsed, log_size)]
    return elapsed - means[0], log_size - means[1], of_date
