"""Persons present, leaving and coming between occasions, from who was met again after whom."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from diplab.population.kernel.abundance import Abundance

__all__ = ["OpenSizes", "Tallies", "ever_present", "jolly_seber", "tallies", "tallies_by_history"]

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
