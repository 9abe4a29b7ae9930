"""Tests of association in a table of weighted shares. See docs/formulas.md."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import linalg, optimize, sparse, special

from diplab.kernel.arrays import Floats, Integers
from diplab.kernel.intervals import f_p_value


def chi2_mixture_p_value(value: float, weights: Floats, df: float) -> float:
    """Return the upper tail probability of a weighted sum of chi2 with one degree of freedom."""
    # shapes: `weights` (parts,)
    weights = weights[weights > 0]
    if not weights.size or not value > 0 or not df > 0:
        return math.nan
    parts, times, target = weights, np.ones(weights.size), value
    if math.isfinite(df):
        # numerator less denominator: is their difference above zero?
        parts, times, target = np.r_[weights, -value / df], np.r_[times, df], 0.0
    low = 1 / (2 * parts.min()) if (parts < 0).any() else -np.inf
    high = 1 / (2 * parts.max())

    def slope(t: float) -> float:
        return float((times * parts / (1 - 2 * parts * t)).sum()) - target

    spread = 2 * float((times * parts**2).sum())
    if abs(slope(0.0)) < 1e-5 * math.sqrt(spread):
        # at the mean, where w and v are both zero: log(v / w) / w tends to a sixth of the skewness
        skewness = 8 * float((times * parts**3).sum()) / spread**1.5
        return float(special.ndtr(slope(0.0) / math.sqrt(spread) - skewness / 6))
    inside = 1 - 1e-12
    floor = low * inside if math.isfinite(low) else -times.sum() / (2 * value)
    at = float(optimize.brentq(slope, floor, high * inside, xtol=1e-15, rtol=1e-14))
    cumulant = -0.5 * float((times * np.log1p(-2 * parts * at)).sum())
    curve = 2 * float((times * parts**2 / (1 - 2 * parts * at) ** 2).sum())
    w = math.copysign(math.sqrt(2 * (at * target - cumulant)), at)
    v = at * math.sqrt(curve)
    return float(special.ndtr(-(w + math.log(v / w) / w)))


@dataclass(frozen=True, eq=False)
class Ratios:
    """Shares and their covariance."""

    point: Floats  # (ratios,); NaN where there is nothing to divide by
    covariance: Floats  # (ratios, ratios)


def quotients(
    totals: Floats, above: sparse.csc_array, sums: sparse.csc_array, of: Integers
) -> Floats:
    """Return sums of cells over sums of cells, for one set of totals or for one per replicate."""
    # shapes: `totals` (..., cells), `above` (cells, ratios), `sums` (cells, sums), `of` (ratios,).
    # NaN where there is nothing to divide by
    numerator, denominator = totals @ above, (totals @ sums)[..., of]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(denominator == 0, np.nan, numerator / denominator)


def linearised_ratios(
    totals: Floats,
    covariance: Floats,
    above: sparse.csc_array,
    sums: sparse.csc_array,
    of: Integers,
) -> Ratios:
    """Return ratios of sums of cells, with their covariance by linearisation."""
    # d(a / b) = (da - (a / b) db) / b (Woodruff 1971). What is left of rounding where nothing
    # varies is set to zero. Shapes: `totals` (cells,), `covariance` (cells, cells)
    point = quotients(totals, above, sums, of)
    known = np.isfinite(point)
    share = np.where(known, point, 0.0)
    per = np.where(known, 1.0 / np.where(known, (totals @ sums)[of], 1.0), 0.0)
    # numerators and denominators separately: a matrix of slopes would be dense for ratios of the
    # total
    with_sums = covariance @ sums
    if (np.diff(above.indptr) == 1).all():
        # a cell by itself above each: read, not multiplied
        crossed, every = with_sums[above.indices], covariance[np.ix_(above.indices, above.indices)]
    else:
        crossed, every = above.T @ with_sums, np.asarray(above.T @ (covariance @ above))
    crossed = crossed[:, of] * share
    every -= crossed
    every -= crossed.T
    below = (sums.T @ with_sums)[np.ix_(of, of)]
    below *= share[:, None]
    below *= share
    every += below
    every *= per[:, None]
    every *= per
    # no variance is larger than if all cells moved together in the worst way: rounding is a tiny
    # part of that
    spread = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    worst = (spread @ above + share * (spread @ sums)[of]) * np.abs(per)
    still = np.abs(np.diag(every)) <= 1e-13 * worst**2
    every[still, :] = 0.0
    every[:, still] = 0.0
    every[~known, :] = np.nan
    every[:, ~known] = np.nan
    return Ratios(point, every)


@dataclass(frozen=True)
class Outcome:
    """A statistic with its distribution: F with two degrees of freedom, chi2 with one."""

    statistic: float
    df: tuple[float, ...]
    p_value: float


@dataclass(frozen=True, eq=False)
class Pearson:
    """Pearson's statistic and the design effects of its parts."""

    statistic: float  # X2, as if respondents were a simple random sample
    df: int  # number of parts: (rows - 1)(columns - 1) for independence
    # by parts or cells; its eigenvalues are the generalised design effects, and zeros
    matrix: Floats
    # (rows, columns); n V(p_ij - p_i p_j) / (p_i p_j), whose sum these effects have
    of_cells: Floats | None = None

    @cached_property
    def effects(self) -> float:
        """Sum of the generalised design effects."""
        return float(np.trace(self.matrix))

    @cached_property
    def squares(self) -> float:
        """Sum of their squares."""
        # the trace of the product of the matrix with itself, without that product
        return float((self.matrix * self.matrix.T).sum())

    def enlarged(self, found: float) -> Pearson:
        """Return it with effects found in part by linearisation."""
        return replace(self, matrix=self.matrix / found)

    @property
    def d0(self) -> float:
        """Second-order degrees of freedom, (sum effect)^2 / sum(effect^2); 1 with one part."""
        return 1.0 if self.df == 1 else self.effects**2 / self.squares

    def first_order(self) -> Outcome:
        """Return X2 over the mean effect, a chi2."""
        if self.df == 0 or not self.effects > 0:
            return Outcome(math.nan, (float(self.df),), math.nan)
        value = self.statistic * self.df / self.effects
        return Outcome(value, (float(self.df),), float(special.chdtrc(self.df, value)))

    def second_order(self, df: float) -> Outcome:
        """Return X2 over the sum of the effects, an F with d0 and d0 `df` degrees of freedom."""
        if self.df == 0 or not self.effects > 0 or not df > 0:
            return Outcome(math.nan, (math.nan, math.nan), math.nan)
        value = self.statistic / self.effects
        return Outcome(value, (self.d0, self.d0 * df), f_p_value(value, self.d0, self.d0 * df))

    def mixture(self, df: float) -> Outcome:
        """Return X2 against sum(effect_i chi2_1) over a chi2 with d0 `df` degrees of freedom."""
        if self.df == 0 or not self.effects > 0 or not df > 0:
            return Outcome(math.nan, (float(self.df),), math.nan)
        parts = np.sort(np.linalg.eigvals(self.matrix).real)[-self.df :]
        tail = chi2_mixture_p_value(self.statistic, parts, self.d0 * df)
        return Outcome(self.statistic, (float(self.df),), tail)


def independence(shares: Floats, covariance: Floats, n: float) -> Pearson:
    """Return Pearson's statistic of independence with its design effects, without empty lines."""
    # shapes: `shares` (rows, columns), `covariance` (rows * columns, rows * columns)
    shares, selected = _without_empty(shares)
    covariance = covariance[np.ix_(selected, selected)]
    rows, columns = shares.shape
    df = max(rows - 1, 0) * max(columns - 1, 0)
    if df == 0:
        return Pearson(math.nan, 0, np.zeros((0, 0)))
    expected = np.outer(shares.sum(axis=1), shares.sum(axis=0))
    # effects of the rows and of the columns on each cell
    terms = np.hstack(
        [np.kron(np.eye(rows), np.ones((columns, 1))), np.kron(np.ones((rows, 1)), np.eye(columns))]
    )
    found = nested((expected.ravel(), terms), (shares.ravel(), None), covariance, n, df)
    return replace(found, of_cells=n * _variances_of_residuals(shares, covariance) / expected)


def _variances_of_residuals(shares: Floats, covariance: Floats) -> Floats:
    """Return the variance of p_ij - p_i p_j for each cell."""
    # d(p_ij - p_i p_j) = dp_ij - p_j dp_i - p_i dp_j, taken of both sides of the covariance
    of_row, of_column = shares.sum(axis=1, keepdims=True), shares.sum(axis=0, keepdims=True)
    by_cell = covariance.reshape(*shares.shape, -1)
    moved = by_cell - of_column[..., None] * by_cell.sum(axis=1, keepdims=True)
    moved = (moved - of_row[..., None] * by_cell.sum(axis=0, keepdims=True)).reshape(
        *shares.shape, *shares.shape
    )
    found = np.einsum("ijij->ij", moved) - of_column * np.einsum("ijib->ij", moved)
    return np.asarray(found - of_row * np.einsum("ijaj->ij", moved))


def nested(
    model: tuple[Floats, Floats],
    larger: tuple[Floats, Floats | None],
    covariance: Floats,
    n: float,
    df: int,
) -> Pearson:
    """Return Pearson's statistic of a nested log-linear model, with its design effects."""
    # of both models the shares (cells,), above zero but of the saturated one, and the terms (cells,
    # terms), the constant among them, or None for the saturated one; `covariance` (cells, cells)
    (expected, terms), (shares, more) = model, larger
    statistic = float(n * ((shares - expected) ** 2 / expected).sum())
    there = shares > 0
    if not there.all():
        terms = terms @ linalg.null_space(terms[~there])
        covariance = covariance[np.ix_(there, there)]
    basis, shares = _orthonormal(terms[there], shares[there]), shares[there]
    beyond = (
        covariance / shares
        if more is None
        else covariance @ (wide := _orthonormal(more, shares)) @ wide.T
    )
    return Pearson(statistic, df, n * (beyond - (covariance @ basis) @ basis.T))


def _orthonormal(terms: Floats, shares: Floats) -> Floats:
    """Return an orthonormal basis of terms under shares, without rounding errors."""
    left, size, _ = linalg.svd(terms * np.sqrt(shares)[:, None], full_matrices=False)
    return np.asarray(left[:, size > 1e-10] / np.sqrt(shares)[:, None])


def goodness_of_fit(shares: Floats, expected: Floats, covariance: Floats, n: float) -> Pearson:
    """Return Pearson's statistic of shares against given ones, with its design effects."""
    # X2 = n sum (p_i - e_i)^2 / e_i; the effects are the eigenvalues of n D^-1 V, D the given
    # shares on a diagonal (Rao and Scott 1981)
    statistic = float(n * ((shares - expected) ** 2 / expected).sum())
    return Pearson(statistic, shares.size - 1, n * covariance / expected[:, None])


def simultaneous(given: Floats, columns: Floats, covariance: Floats, n: float) -> Pearson:
    """Return the simultaneous test of several answers by columns, with its design effects."""
    # shapes: `given` (answers, columns), `columns` (columns,), `covariance` (answers * columns,
    # answers * columns)
    there = columns > 0
    alone = np.where(there, given, 0.0) @ columns
    varies = (alone > 0) & (alone < 1)
    selected = np.flatnonzero(np.outer(varies, there))
    q, p, given = columns[there], alone[varies], given[np.ix_(varies, there)]
    df = int(p.size * (q.size - 1)) if q.size else 0
    if df == 0:
        return Pearson(math.nan, 0, np.zeros((0, 0)))
    weights = q[None, :] / (p * (1 - p))[:, None]
    statistic = float(n * (weights * (given - p[:, None]) ** 2).sum())
    deviations = np.kron(np.eye(p.size), np.eye(q.size) - q[None, :])
    effects = (
        n
        * weights.ravel()[:, None]
        * (deviations @ covariance[np.ix_(selected, selected)] @ deviations.T)
    )
    return Pearson(statistic, df, effects, np.diag(effects).reshape(p.size, q.size))


def wald(totals: Floats, covariance: Floats, df: float, *, adjusted: bool) -> Outcome:
    """Return Wald's statistic of independence on the residuals of the weighted counts."""
    # shapes: `totals` (rows, columns), `covariance` (rows * columns, rows * columns)
    totals, selected = _without_empty(totals)
    covariance = covariance[np.ix_(selected, selected)]
    rows, columns = totals.shape
    k = max(rows - 1, 0) * max(columns - 1, 0)
    second = df - k + 1 if adjusted else df
    if k == 0 or not second > 0:
        return Outcome(math.nan, (float(k), second), math.nan)
    of_row, of_column, everyone = totals.sum(axis=1), totals.sum(axis=0), totals.sum()
    residuals = (totals - np.outer(of_row, of_column) / everyone)[:-1, :-1].ravel()
    same_row, same_column = np.eye(rows)[:, None, :, None], np.eye(columns)[None, :, None, :]
    # d(N_i N_j / N) / d N_ab, for cell ij (first two axes) and count ab (last two)
    moved = (
        same_row * of_column[None, :, None, None] + same_column * of_row[:, None, None, None]
    ) / everyone
    moved = moved - np.outer(of_row, of_column)[:, :, None, None] / everyone**2
    slopes = (same_row * same_column - moved)[:-1, :-1].reshape(-1, rows * columns)
    variance = slopes @ covariance @ slopes.T
    value = float(residuals @ np.linalg.pinv(variance, rcond=1e-12, hermitian=True) @ residuals) / k
    if adjusted and math.isfinite(df):
        value *= second / df
    return Outcome(value, (float(k), float(second)), f_p_value(value, k, second))


def _without_empty(cells: Floats) -> tuple[Floats, Integers]:
    """Return a table without its empty rows and columns, and the places of the cells kept."""
    rows, columns = cells.sum(axis=1) > 0, cells.sum(axis=0) > 0
    return cells[np.ix_(rows, columns)], np.flatnonzero(np.outer(rows, columns))


def cramers_v(counts: Floats) -> Floats:
    """Return Cramér's V (1946), sqrt(phi2 / (k - 1)).

    phi2 = sum (p_ij - p_i p_j)^2 / (p_i p_j).
    """
    # k is the smaller number of rows or columns that hold somebody; with fewer than two there is no
    # V
    shares = counts / counts.sum(axis=(-2, -1), keepdims=True)
    expected = shares.sum(axis=-1, keepdims=True) * shares.sum(axis=-2, keepdims=True)
    there = np.abs(expected) > 0
    phi2 = (np.where(there, shares - expected, 0.0) ** 2 / np.where(there, expected, 1.0)).sum(
        axis=(-2, -1)
    )
    size = _filled(counts)
    most = np.minimum(*size) - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(most > 0, np.sqrt(phi2 / most), np.nan)


def corrected_v(v: float, counts: Floats, respondents: float) -> float:
    """Return the bias-corrected V for a number of respondents (Bergsma 2013)."""
    # phi2 less (r - 1)(c - 1) / (n - 1), and not below zero; r less (r - 1)^2 / (n - 1), and c so.
    # A design with a mean effect of d leaves n / d of its respondents
    rows, columns = map(float, _filled(counts))
    if not respondents > 1 or not np.isfinite(v):
        return float("nan")
    phi2 = v**2 * (min(rows, columns) - 1) - (rows - 1) * (columns - 1) / (respondents - 1)
    most = min(item - (item - 1) ** 2 / (respondents - 1) for item in (rows, columns)) - 1
    return float(np.sqrt(max(phi2, 0.0) / most)) if most > 0 else float("nan")


def log_odds_ratio(counts: Floats) -> Floats:
    """Return the logarithm of the odds ratio of two by two counts; NaN where a cell is empty."""
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(counts == 0, np.nan, np.log(counts))
    return logs[..., 0, 0] + logs[..., 1, 1] - logs[..., 0, 1] - logs[..., 1, 0]


def slopes(measure: Callable[[Floats], Floats], counts: Floats) -> Floats:
    """Return how a measure moves with each count, shape (cells,), exact but for rounding."""
    # the imaginary part of f(x + ih) / h (Squire and Trapp 1998): nothing is subtracted, so that h
    # may be tiny
    step = 1e-30 * max(float(counts.sum()), 1e-300)
    return measure(counts + 1j * step * np.eye(counts.size).reshape(-1, *counts.shape)).imag / step


def _filled(counts: Floats) -> tuple[Floats, Floats]:
    """Return how many rows and columns hold somebody."""
    rows, columns = (np.abs(counts.sum(axis=axis)) > 0 for axis in (-1, -2))
    return rows.sum(axis=-1), columns.sum(axis=-1)
