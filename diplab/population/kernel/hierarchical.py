"""Hierarchical log-linear models of overlapping lists: terms, model matrix, existence of the estimate, fits.

A set of lists is a whole number, list i being the bit 2^(i-1): lists 1 and 3 are 5. A cell is the set of lists a person
is on, a term is the set of lists it joins, and the model matrix holds 1 where the cell includes the term.

Where cells are empty the likelihood may rise for ever, along a direction d of the parameters with x d = 0 in each cell
with persons and x d <= 0 in each empty one. The cells that some such direction lowers have an expected count of zero,
and the model is fitted to the others, the support of the table. What is identified there is a finite part of the
extended estimate; the other coefficients are at minus or plus infinity, or not identified. Tables with the same support
are fitted together, and the support of a model and a pattern of empty cells is computed once.

References
----------
Bishop, Fienberg and Holland (1975), *Discrete Multivariate Analysis*, chapters 2 and 6; Rivest and Baillargeon (2007),
*Biometrics* 63, for the columns of heterogeneity; Fienberg and Rinaldo (2012), *Annals of Statistics* 40; Chan,
Silverman and Vincent (2021), *Journal of the American Statistical Association* 116, for pairs of lists that never
overlap.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linprog

from diplab.population.kernel.loglinear import HETEROGENEITY_COLUMNS, LogLinearFit, fit_loglinear, unseen_size

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


HETEROGENEITY = tuple(HETEROGENEITY_COLUMNS)
_TOLERANCE = 1e-8


@dataclass(frozen=True)
class ListModel:
    """A hierarchical model of some lists."""

    lists: int  # number of lists
    terms: tuple[int, ...]  # its terms, closed downwards, lower orders first; the constant, 0, comes first
    heterogeneity: str | None = None  # one of `HETEROGENEITY`

    @property
    def parameters(self) -> int:
        """Number of parameters."""
        return len(self.terms) + (self.heterogeneity is not None)


def members(subset: int) -> tuple[int, ...]:
    """Return the lists of a set, the first being 0."""
    return tuple(place for place in range(subset.bit_length()) if subset >> place & 1)


def closure(terms: Iterable[int]) -> tuple[int, ...]:
    """Return terms with all that they include, lower orders first (the hierarchy principle)."""
    found = {0}
    for term in terms:
        part = term
        while part:
            found.add(part)
            part = (part - 1) & term
    return tuple(sorted(found, key=lambda term: (term.bit_count(), term)))


def generators(terms: Iterable[int]) -> tuple[int, ...]:
    """Return the terms that no other includes, by their first list."""
    each = [term for term in terms if term]
    highest = [term for term in each if not any(term & other == term != other for other in each)]
    return tuple(sorted(highest, key=lambda term: (-term.bit_count(), members(term))))


def all_models(lists: int, heterogeneity: str | None = None) -> tuple[ListModel, ...]:
    """Return every hierarchical model that holds each list and leaves the term of all lists out."""
    whole = 2**lists - 1
    found = {frozenset(closure(1 << place for place in range(lists)))}
    for order in range(2, lists):
        terms = [sum(1 << place for place in each) for each in combinations(range(lists), order)]
        found |= {larger for smaller in found for larger in _larger_models(smaller, terms)}
    ordered = sorted(
        (closure(each) for each in found if whole not in each), key=lambda each: (len(each), each)
    )
    return tuple(ListModel(lists, each, heterogeneity) for each in ordered)


def _larger_models(terms: frozenset[int], candidates: list[int]) -> Iterator[frozenset[int]]:
    """Yield the model with each choice of candidates whose parts are already in it."""
    allowed = [each for each in candidates if all(each & ~(1 << at) in terms for at in members(each))]
    for size in range(1, len(allowed) + 1):
        for chosen in combinations(allowed, size):
            yield terms | set(chosen)


def model_matrix(model: ListModel) -> Floats:
    """Return the model matrix of the cells that can be seen, 1 to 2^lists - 1."""
    cells = np.arange(1, 2**model.lists)[:, None]
    terms = np.array(model.terms)[None, :]
    found: Floats = (cells & terms == terms).astype(np.float64)
    if model.heterogeneity is None:
        return found
    times = np.bitwise_count(cells).astype(np.float64)
    return np.hstack([found, HETEROGENEITY_COLUMNS[model.heterogeneity](times)])


def unseen_row(model: ListModel) -> Floats:
    """Return the row of the model matrix of persons on no list: the constant alone."""
    found = np.zeros(model.parameters)
    found[0] = 1.0
    return found


@dataclass(frozen=True, eq=False)
class Support:
    """The part of a table that a model is fitted to."""

    kept: NDArray[np.bool_]  # (cells,); false where the model expects no one
    # (parameters, rank); combinations of the columns of the model matrix that are independent on the cells kept
    basis: Floats
    identified: bool  # whether the cells kept identify the number of persons never seen

    @property
    def key(self) -> bytes:
        """What identifies this support among those of a model."""
        return np.packbits(self.kept).tobytes()


def find_support(x: Floats, unseen: Floats, positive: NDArray[np.bool_]) -> Support:
    """Return the support of a table, given which of its cells hold persons."""
    kept = _without_empty_columns(x, positive)
    if _matrix_rank(x[kept & positive]) < _matrix_rank(x[kept]):
        kept = kept & ~_vanishing_cells(x, positive, kept)
    basis = _row_basis(x[kept])
    return Support(kept, basis, _in_row_space(unseen, basis))


def coefficient_limits(x: Floats, support: Support, rows: Floats) -> Floats:
    """Return where combinations of the coefficients go as the likelihood rises.

    0 where it is finite and identified, -inf or inf where every way up leads there, NaN where it is not identified.
    """
    directions = _null_space(x[support.kept])
    falling = x[~support.kept] @ directions
    if directions.shape[1] == 1 and falling.size:
        falling, directions = -np.abs(falling), directions * -np.sign(falling[np.abs(falling).argmax()])
    return np.array([_direction_limit(row @ directions, falling) for row in rows])


def _direction_limit(slope: Floats, falling: Floats) -> float:
    """Return where a combination goes over the directions in which no cell rises."""
    if np.abs(slope).max(initial=0.0) < _TOLERANCE:
        return 0.0
    if not falling.size:
        return np.nan
    if slope.size == 1:
        return float(np.copysign(np.inf, slope[0]))
    # a combination that goes with one falling cell falls, or rises against it, and needs no programme
    along = falling @ slope
    alike = np.abs(along) > (1 - 1e-12) * np.linalg.norm(falling, axis=1) * np.linalg.norm(slope)
    if alike.any():
        return float(np.copysign(np.inf, -along[alike][0]))
    ends = []
    for sign in (1.0, -1.0):
        solved = linprog(
            -sign * slope, A_ub=falling, b_ub=np.zeros(len(falling)), bounds=(-1.0, 1.0), method="highs"
        )
        ends.append(-float(solved.fun) > _TOLERANCE)
    if all(ends):
        return np.nan
    return np.inf if ends[0] else -np.inf


def _without_empty_columns(x: Floats, positive: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the cells left when each column of the model that no person bears takes its cells with it."""
    kept = np.ones(len(x), dtype=bool)
    bearing = (x >= 0).all(axis=0) & ~(x[positive] > 0).any(axis=0)
    kept[(x[:, bearing] > 0).any(axis=1)] = False
    return kept


def _vanishing_cells(x: Floats, positive: NDArray[np.bool_], kept: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the empty cells that some direction lowers while no cell rises, by one linear programme.

    Directions add up, so that the one that lowers most cells lowers all that can be lowered.
    """
    empty = np.flatnonzero(kept & ~positive)
    directions = _null_space(x[kept & positive])
    lowered = np.zeros(len(x), dtype=bool)
    if not empty.size or not directions.shape[1]:
        return lowered
    slopes = x[empty] @ directions
    solved = linprog(
        np.append(np.zeros(directions.shape[1]), -np.ones(empty.size)),
        A_ub=np.hstack([slopes, np.eye(empty.size)]),
        b_ub=np.zeros(empty.size),
        bounds=[(None, None)] * directions.shape[1] + [(0.0, 1.0)] * empty.size,
        method="highs",
    )
    lowered[empty[solved.x[directions.shape[1] :] > 0.5]] = True
    return lowered


def _row_basis(x: Floats) -> Floats:
    """Return the columns that hold something where they are independent, else the row space."""
    parameters = x.shape[1]
    filled = np.abs(x).max(axis=0, initial=0.0) > 0
    rank = _matrix_rank(x)
    if rank == filled.sum():
        return np.eye(parameters)[:, filled]
    return np.ascontiguousarray(np.linalg.svd(x, full_matrices=False)[2][:rank].T)


def _in_row_space(row: Floats, basis: Floats) -> bool:
    """Return whether a combination of the coefficients is one of the basis."""
    if not basis.shape[1]:
        return False
    part = basis @ np.linalg.lstsq(basis, row, rcond=None)[0]
    return bool(np.abs(row - part).max() < _TOLERANCE)


def _matrix_rank(x: Floats) -> int:
    return int(np.linalg.matrix_rank(x)) if x.size else 0


def _null_space(x: Floats) -> Floats:
    """Return the directions that change no cell, one a column."""
    if not len(x):
        return np.eye(x.shape[1])
    _, strengths, right = np.linalg.svd(x, full_matrices=True)
    rank = int((strengths > max(x.shape) * np.finfo(float).eps * max(strengths[0], 1e-300)).sum())
    null_space: Floats = right[rank:].T
    return null_space


@dataclass(frozen=True, eq=False)
class SupportCache:
    """Supports by model and pattern of empty cells, each computed once."""

    known: dict[tuple[ListModel, bytes], Support] = field(default_factory=dict)
    matrices: dict[ListModel, Floats] = field(default_factory=dict)

    def matrix(self, model: ListModel) -> Floats:
        """Return the model matrix, made once."""
        if model not in self.matrices:
            self.matrices[model] = model_matrix(model)
        return self.matrices[model]

    def rank(self, model: ListModel) -> int:
        """Return the number of coefficients that a table without empty cells identifies."""
        return int(np.linalg.matrix_rank(self.matrix(model))) if model.heterogeneity else model.parameters

    def support(self, model: ListModel, positive: NDArray[np.bool_]) -> Support:
        """Return the support of a pattern, computed once."""
        key = (model, np.packbits(positive).tobytes())
        if key not in self.known:
            self.known[key] = find_support(self.matrix(model), unseen_row(model), positive)
        return self.known[key]


@dataclass(frozen=True, eq=False)
class FittedTables:
    """One model on many tables."""

    # (tables,); persons never seen and the variance of the size; NaN where not identified
    missed: Floats
    variance: Floats
    log_likelihood: Floats  # (tables,); of the extended fit, which always exists
    deviance: Floats
    df: Floats  # (tables,); cells kept minus coefficients identified
    parameters: int  # coefficients that a table without empty cells identifies


def fit_on_support(x: Floats, support: Support, tables: Floats) -> LogLinearFit:
    """Return a model fitted on a support, its coefficients those of the basis."""
    return fit_loglinear(x[support.kept] @ support.basis, tables[..., support.kept])


def fit_tables(model: ListModel, tables: Floats, supports: SupportCache) -> FittedTables:
    """Return one model fitted to many tables."""
    missed, variance, log_likelihood, deviance, df = (np.full(len(tables), np.nan) for _ in range(5))
    fitted = FittedTables(missed, variance, log_likelihood, deviance, df, supports.rank(model))
    x = supports.matrix(model)
    for at, own in _tables_by_support(model, tables, supports):
        if not own.basis.shape[1]:  # no one on any list
            continue
        fit = fit_on_support(x, own, tables[at])
        converged = np.asarray(fit.converged)
        fitted.log_likelihood[at] = np.where(converged, fit.log_likelihood, np.nan)
        fitted.deviance[at] = np.where(converged, fit.deviance, np.nan)
        fitted.df[at] = fit.df
        if own.identified:
            unseen = unseen_size(fit, unseen_row(model) @ own.basis)
            fitted.missed[at], fitted.variance[at] = (np.where(converged, each, np.nan) for each in unseen)
    return fitted


def _tables_by_support(
    model: ListModel, tables: Floats, supports: SupportCache
) -> list[tuple[NDArray[np.intp], Support]]:
    """Return the tables of each support."""
    patterns, which = np.unique(tables > 0, axis=0, return_inverse=True)
    groups: dict[bytes, tuple[list[int], Support]] = {}
    for place, positive in enumerate(patterns):
        own = supports.support(model, positive)
        groups.setdefault(own.key, ([], own))[0].append(place)
    return [(np.flatnonzero(np.isin(which.ravel(), places)), own) for places, own in groups.values()]
