"""Hierarchical log-linear models of lists: terms, existence, choice. See docs/formulas.md."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
from scipy import linalg
from scipy.optimize import linprog
from scipy.special import chdtrc, ndtr, ndtri

from diplab.kernel.arrays import Booleans, Floats
from diplab.population.kernel.abundance import Abundance
from diplab.population.kernel.loglinear import (
    HETEROGENEITY_COLUMNS,
    LogLinearFit,
    fit_loglinear,
    unseen_size,
)

HETEROGENEITY = tuple(HETEROGENEITY_COLUMNS)
_TOLERANCE = 1e-8


@dataclass(frozen=True)
class ListModel:
    """A hierarchical model of some lists."""

    lists: int  # number of lists
    # its terms, closed downwards, lower orders first; the constant, 0, comes first
    terms: tuple[int, ...]
    heterogeneity: str | None = None  # one of `HETEROGENEITY`

    @property
    def parameters(self) -> int:
        """Number of parameters."""
        return len(self.terms) + (self.heterogeneity is not None)


def members(subset: int) -> tuple[int, ...]:
    """Return the lists of a set, the first being 0."""
    return tuple(position for position in range(subset.bit_length()) if subset >> position & 1)


def closure(terms: Iterable[int]) -> tuple[int, ...]:
    """Return terms with all that they include, lower orders first (the hierarchy principle)."""
    closed = {0}
    for term in terms:
        part = term
        while part:
            closed.add(part)
            part = (part - 1) & term
    return tuple(sorted(closed, key=lambda term: (term.bit_count(), term)))


def generators(terms: Iterable[int]) -> tuple[int, ...]:
    """Return the terms that no other includes, by their first list."""
    terms_of_model = list(filter(None, terms))
    highest = [
        term
        for term in terms_of_model
        if not any(term & other == term != other for other in terms_of_model)
    ]
    return tuple(sorted(highest, key=lambda term: (-term.bit_count(), members(term))))


def all_models(lists: int, heterogeneity: str | None = None) -> tuple[ListModel, ...]:
    """Return every hierarchical model that holds each list and leaves the term of all lists out."""
    whole = 2**lists - 1
    found = {frozenset(closure(1 << position for position in range(lists)))}
    for order in range(2, lists):
        for smaller in list(found):
            allowed = _allowed_terms(smaller, lists, order)
            sizes = range(1, len(allowed) + 1)
            found |= {
                smaller | set(chosen) for size in sizes for chosen in combinations(allowed, size)
            }
    ordered = sorted(
        (closure(item) for item in found if whole not in item), key=lambda item: (len(item), item)
    )
    return tuple(ListModel(lists, item, heterogeneity) for item in ordered)


def _allowed_terms(terms: Collection[int], lists: int, order: int) -> list[int]:
    """Return the terms of an order whose parts are all in a model."""
    each = (sum(1 << place for place in places) for places in combinations(range(lists), order))
    return [term for term in each if all(term & ~(1 << place) in terms for place in members(term))]


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
    row = np.zeros(model.parameters)
    row[0] = 1.0
    return row


@dataclass(frozen=True, eq=False)
class Support:
    """The part of a table that a model is fitted to."""

    kept: Booleans  # (cells,); false where the model expects no one
    # (parameters, rank); combinations of columns that are independent on the cells kept
    basis: Floats
    identified: bool  # whether the cells kept identify the number of persons never seen


def find_support(x: Floats, unseen: Floats, positive: Booleans) -> Support:
    """Return the support of a table, given which of its cells hold persons."""
    kept = np.ones(len(x), dtype=bool)
    bearing = (x >= 0).all(axis=0) & ~(x[positive] > 0).any(axis=0)
    kept[(x[:, bearing] > 0).any(axis=1)] = False
    if _matrix_rank(x[kept & positive]) < _matrix_rank(x[kept]):
        kept = kept & ~_vanishing_cells(x, positive, kept)
    basis = _row_basis(x[kept])
    identified = False
    if basis.shape[1]:
        part = basis @ np.linalg.lstsq(basis, unseen, rcond=None)[0]
        identified = bool(np.abs(unseen - part).max() < _TOLERANCE)
    return Support(kept, basis, identified)


def coefficient_limits(x: Floats, support: Support, rows: Floats) -> Floats:
    """Return the limits of combinations of coefficients.

    They are 0 if finite, -inf or inf, and NaN if not identified.
    """
    directions = _null_space(x[support.kept])
    falling = x[~support.kept] @ directions
    if directions.shape[1] == 1 and falling.size:
        falling, directions = (
            -np.abs(falling),
            directions * -np.sign(falling[np.abs(falling).argmax()]),
        )
    return np.array([_direction_limit(row @ directions, falling) for row in rows])


def _direction_limit(slope: Floats, falling: Floats) -> float:
    """Return where a combination goes over the directions in which no cell rises."""
    if np.abs(slope).max(initial=0.0) < _TOLERANCE:
        return 0.0
    if not falling.size:
        return np.nan
    if slope.size == 1:
        return float(np.copysign(np.inf, slope[0]))
    # a combination that goes with one falling cell falls, or rises against it, and needs no
    # programme
    along = falling @ slope
    alike = np.abs(along) > (1 - 1e-12) * np.linalg.norm(falling, axis=1) * np.linalg.norm(slope)
    if alike.any():
        return float(np.copysign(np.inf, -along[alike][0]))
    ends = []
    for sign in (1.0, -1.0):
        solved = linprog(
            -sign * slope,
            A_ub=falling,
            b_ub=np.zeros(len(falling)),
            bounds=(-1.0, 1.0),
            method="highs",
        )
        ends.append(-float(solved.fun) > _TOLERANCE)
    if all(ends):
        return np.nan
    return np.inf if ends[0] else -np.inf


def _vanishing_cells(x: Floats, positive: Booleans, kept: Booleans) -> Booleans:
    """Return the empty cells that some direction lowers while no cell rises.

    Directions add up, so that one has all of them.
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


def _matrix_rank(x: Floats) -> int:
    return int(np.linalg.matrix_rank(x)) if x.size else 0


def _null_space(x: Floats) -> Floats:
    """Return the directions that change no cell, one per column."""
    return np.asarray(linalg.null_space(x)) if len(x) else np.eye(x.shape[1])


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
        if model.heterogeneity:
            return int(np.linalg.matrix_rank(self.matrix(model)))
        return model.parameters

    def support(self, model: ListModel, positive: Booleans) -> Support:
        """Return the support of a pattern, computed once."""
        key = (model, positive.tobytes())
        if key not in self.known:
            self.known[key] = find_support(self.matrix(model), unseen_row(model), positive)
        return self.known[key]


@dataclass(frozen=True, eq=False)
class FittedTables:
    """One model on many tables."""

    # (tables,); persons never seen, then the variance of the size; NaN where not identified
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
    missed, variance, log_likelihood, deviance, df = (
        np.full(len(tables), np.nan) for _ in range(5)
    )
    fitted = FittedTables(missed, variance, log_likelihood, deviance, df, supports.rank(model))
    x = supports.matrix(model)
    patterns, which = np.unique(tables > 0, axis=0, return_inverse=True)
    groups: dict[bytes, tuple[list[int], Support]] = {}
    for position, positive in enumerate(patterns):
        own = supports.support(model, positive)
        groups.setdefault(own.kept.tobytes(), ([], own))[0].append(position)
    for places, own in groups.values():
        if not own.basis.shape[1]:  # no one on any list
            continue
        at = np.flatnonzero(np.isin(which.ravel(), places))
        fit = fit_on_support(x, own, tables[at])
        converged = np.asarray(fit.converged)
        fitted.log_likelihood[at] = np.where(converged, fit.log_likelihood, np.nan)
        fitted.deviance[at] = np.where(converged, fit.deviance, np.nan)
        fitted.df[at] = fit.df
        if own.identified:
            unseen = unseen_size(fit, unseen_row(model) @ own.basis)
            fitted.missed[at], fitted.variance[at] = (
                np.where(converged, item, np.nan) for item in unseen
            )
    return fitted


_BATCH = 200


@dataclass(frozen=True, eq=False)
class ModelChoice:
    """The model chosen on each table, and its size there."""

    models: tuple[ListModel | None, ...]  # none where no model identifies the size
    missed: Floats  # (tables,); persons never seen; infinite where no model identifies them


def criterion_values(fitted: FittedTables, tables: Floats, criterion: str) -> Floats:
    """Return the criterion of one model on each table, infinite if the size is not identified."""
    penalty = np.log(np.maximum(tables.sum(axis=1), 1.0)) if criterion == "bic" else 2.0
    found: Floats = -2.0 * fitted.log_likelihood + fitted.parameters * penalty
    return np.where(np.isfinite(fitted.missed), found, np.inf)


@dataclass(frozen=True)
class AllModelsSelection:
    """The best of a list of models by a criterion."""

    models: Sequence[ListModel]
    criterion: str = "bic"

    def compared_models(self, table: Floats, supports: SupportCache) -> Sequence[ListModel]:
        """Return the models that a choice on one table compares: all."""
        return self.models

    def choose(self, tables: Floats, supports: SupportCache) -> ModelChoice:
        """Return the best model of each table."""
        best, lowest = np.full(len(tables), -1), np.full(len(tables), np.inf)
        missed = np.full(len(tables), np.inf)
        for position, model in enumerate(self.models):
            fitted = fit_tables(model, tables, supports)
            score = criterion_values(fitted, tables, self.criterion)
            better = score < lowest - 1e-9
            best[better], lowest[better], missed[better] = (
                position,
                score[better],
                fitted.missed[better],
            )
        return ModelChoice(tuple(None if at < 0 else self.models[at] for at in best), missed)


@dataclass(frozen=True)
class StepwiseSelection:
    """Forward selection: the term that lowers the deviance most, while its p-value is small."""

    lists: int  # number of lists
    # A term enters where the likelihood-ratio test of it has a p-value below this
    threshold: float = 0.02
    order: int = 2  # highest order of terms; one of order 3 is tried once its three pairs are in
    heterogeneity: str | None = None  # of every model

    @property
    def start(self) -> ListModel:
        """Independence."""
        return ListModel(
            self.lists, closure(1 << position for position in range(self.lists)), self.heterogeneity
        )

    def larger(self, model: ListModel) -> tuple[ListModel, ...]:
        """Return the models one term larger."""
        orders = range(2, min(self.order, self.lists - 1) + 1)
        allowed = (
            term for order in orders for term in _allowed_terms(model.terms, self.lists, order)
        )
        larger = (closure([*model.terms, term]) for term in allowed if term not in model.terms)
        return tuple(ListModel(self.lists, terms, self.heterogeneity) for terms in larger)

    def compared_models(self, table: Floats, supports: SupportCache) -> Sequence[ListModel]:
        """Return the models on the path of one table, the one chosen first, independence last."""
        path = [self.start]
        deviance = fit_tables(path[0], table[None], supports).deviance
        while True:
            larger_models, deviance, _ = self._step(path[-1], table[None], deviance, supports)
            if larger_models[0] is None:
                return path[::-1]
            path.append(larger_models[0])

    def choose(self, tables: Floats, supports: SupportCache) -> ModelChoice:
        """Return the model at which each table stops."""
        first = fit_tables(self.start, tables, supports)
        deviance, missed = first.deviance, np.where(np.isfinite(first.missed), first.missed, np.inf)
        now: list[ListModel] = [self.start] * len(tables)
        moving = np.arange(len(tables))
        while moving.size:
            going: list[int] = []
            for model in dict.fromkeys(now[at] for at in moving):
                own = np.array([at for at in moving if now[at] == model])
                larger_models, deviance[own], further = self._step(
                    model, tables[own], deviance[own], supports
                )
                for at, larger, more in zip(own, larger_models, further, strict=True):
                    if larger is not None:
                        now[at], missed[at] = larger, more
                        going.append(int(at))
            moving = np.array(sorted(going), dtype=int)
        return ModelChoice(
            tuple(
                item if np.isfinite(more) else None for item, more in zip(now, missed, strict=True)
            ),
            missed,
        )

    def _step(
        self, model: ListModel, tables: Floats, deviance: Floats, supports: SupportCache
    ) -> tuple[list[ListModel | None], Floats, Floats]:
        """Return each table's larger model (None if it stays), deviance and unseen persons."""
        lowest, missed = deviance.copy(), np.full(len(tables), np.nan)
        to: list[ListModel | None] = [None] * len(tables)
        for larger in self.larger(model):
            fitted = fit_tables(larger, tables, supports)
            drop = np.where(np.isfinite(fitted.missed), deviance - fitted.deviance, -np.inf)
            enough = chdtrc(1, np.nan_to_num(drop, nan=0.0, neginf=0.0)) < self.threshold
            better = enough & (fitted.deviance < lowest - 1e-9)
            lowest[better], missed[better] = fitted.deviance[better], fitted.missed[better]
            for at in np.flatnonzero(better):
                to[at] = larger
        return to, lowest, missed


SelectionRule = AllModelsSelection | StepwiseSelection


def criterion_weights(criterion: Floats) -> Floats:
    """Return model weights, exp(-criterion/2) over their sum; 0 if the criterion is infinite."""
    if not np.isfinite(criterion).any():
        return np.zeros(len(criterion))
    raised = np.exp(-(criterion - criterion.min()) / 2)
    return np.asarray(raised / raised.sum())


def model_average(sizes: Floats, variances: Floats, weights: Floats, seen: float) -> Abundance:
    """Return the model average and its error (Buckland, Burnham and Augustin, 1997).

    N = sum w N_m, error sum w sqrt(variance_m + (N_m - N)^2).
    """
    used = weights > 0
    size = float(weights[used] @ sizes[used])
    error = float(weights[used] @ np.sqrt(variances[used] + (sizes[used] - size) ** 2))
    return Abundance(size, error**2, seen)


@dataclass(frozen=True, eq=False)
class SelectionBootstrap:
    """Sizes after drawing the persons and choosing the model again."""

    sizes: Floats  # (replicates,); infinite where no model identifies the size
    chosen: tuple[object, ...]  # the model chosen in each replicate, or None
    # (cells with persons,); sizes with one person of each taken away, the choice made again
    without_one: Floats
    persons: Floats  # (cells with persons,); persons in those cells


def bootstrap_selection(
    counts: Floats,
    selection: SelectionRule,
    replicates: int,
    seed: int,
    supports: SupportCache,
    advance: Callable[[int], None] = lambda _: None,
) -> SelectionBootstrap:
    """Return bootstrap sizes, each replicate choosing its model again.

    The n persons seen are drawn with replacement.
    """
    seen = int(counts.sum())
    drawn = (
        np.random.default_rng(seed).multinomial(seen, counts / seen, replicates).astype(np.float64)
    )
    sizes, chosen = np.empty(replicates), []
    for start in range(0, replicates, _BATCH):
        found = selection.choose(drawn[start : start + _BATCH], supports)
        sizes[start : start + _BATCH] = seen + found.missed
        chosen += list(found.models)
        advance(len(found.missed))
    filled = np.flatnonzero(counts > 0)
    fewer = counts - np.eye(len(counts))[filled]
    return SelectionBootstrap(
        sizes, tuple(chosen), seen - 1 + selection.choose(fewer, supports).missed, counts[filled]
    )


def percentile_interval(sizes: Floats, confidence: float) -> tuple[float, float]:
    """Return the percentile interval, with infinite ends where replicates are infinite."""
    tail = (1 - confidence) / 2
    return _replicate_quantile(sizes, tail), _replicate_quantile(sizes, 1 - tail)


def bca_interval(
    bootstrap: SelectionBootstrap, size: float, confidence: float
) -> tuple[float, float]:
    """Return the bias-corrected and accelerated (BCa) interval.

    It is NaN if all replicates lie on one side of the size.
    """
    below = float(((bootstrap.sizes < size) + (bootstrap.sizes == size) / 2).mean())
    if not (0 < below < 1 and np.isfinite(bootstrap.without_one).all()):
        return np.nan, np.nan
    deviations = (
        np.average(bootstrap.without_one, weights=bootstrap.persons) - bootstrap.without_one
    )
    spread = float(bootstrap.persons @ deviations**2)
    acceleration = (
        float(bootstrap.persons @ deviations**3) / (6 * spread**1.5) if spread > 0 else 0.0
    )
    bias = float(ndtri(below))
    ends = []
    for tail in ((1 - confidence) / 2, (1 + confidence) / 2):
        moved = bias + float(ndtri(tail))
        ends.append(
            _replicate_quantile(
                bootstrap.sizes, float(ndtr(bias + moved / (1 - acceleration * moved)))
            )
        )
    return ends[0], ends[1]


def _replicate_quantile(sizes: Floats, share: float) -> float:
    """Return a quantile at (replicates + 1) share, infinite where one of its two neighbours is."""
    return float(np.interp((len(sizes) + 1) * share - 1, np.arange(len(sizes)), np.sort(sizes)))
