"""The choice of a log-linear model of overlapping lists, averages over models, and the bootstrap of the choice.

A model is eligible on a table where it identifies the number of persons never seen.

References
----------
Schwarz (1978), *Annals of Statistics* 6; Akaike (1974), *IEEE Transactions on Automatic Control* 19; Chan, Silverman
and Vincent (2021), *Journal of the American Statistical Association* 116, for the steps; Buckland, Burnham and Augustin
(1997), *Biometrics* 53, for the average; Silverman, Chan and Vincent (2024), *Statistics and Computing* 34, for the
bootstrap; Efron (1987), *Journal of the American Statistical Association* 82, for its interval.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Protocol

import numpy as np
from scipy.special import chdtrc, ndtr, ndtri

from diplab.population.kernel.abundance import Abundance
from diplab.population.kernel.hierarchical import (
    FittedTables,
    ListModel,
    SupportCache,
    closure,
    fit_tables,
    members,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


_BATCH = 200


@dataclass(frozen=True, eq=False)
class ModelChoice:
    """The model chosen on each table, and its size there."""

    models: tuple[ListModel | None, ...]  # none where no model identifies the size
    missed: Floats  # (tables,); persons never seen; infinite where no model identifies them


class SelectionRule(Protocol):
    """A rule that chooses a model on each table."""

    def choose(self, tables: Floats, supports: SupportCache) -> ModelChoice:
        """Return the choice on each table."""


def criterion_values(fitted: FittedTables, tables: Floats, criterion: str) -> Floats:
    """Return the criterion of one model on each table, infinite where the model does not identify the size."""
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
        for place, model in enumerate(self.models):
            fitted = fit_tables(model, tables, supports)
            score = criterion_values(fitted, tables, self.criterion)
            better = score < lowest - 1e-9
            best[better], lowest[better], missed[better] = place, score[better], fitted.missed[better]
        return ModelChoice(tuple(None if at < 0 else self.models[at] for at in best), missed)


@dataclass(frozen=True)
class StepwiseSelection:
    """Forward steps from independence: the term that lowers the deviance most, while its p-value is small."""

    lists: int  # number of lists
    threshold: float = 0.02  # A term enters where the likelihood-ratio test of it has a p-value below this
    order: int = 2  # highest order of terms; one of order 3 is tried once its three pairs are in
    heterogeneity: str | None = None  # of every model

    @property
    def start(self) -> ListModel:
        """Independence."""
        return ListModel(self.lists, closure(1 << place for place in range(self.lists)), self.heterogeneity)

    def larger(self, model: ListModel) -> tuple[ListModel, ...]:
        """Return the models one term larger."""
        terms = set(model.terms)
        highest = min(self.order, self.lists - 1)
        candidates = (
            sum(1 << place for place in each)
            for order in range(2, highest + 1)
            for each in combinations(range(self.lists), order)
        )
        return tuple(
            ListModel(self.lists, closure([*model.terms, term]), self.heterogeneity)
            for term in candidates
            if term not in terms and all(term & ~(1 << place) in terms for place in members(term))
        )

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
            tuple(each if np.isfinite(more) else None for each, more in zip(now, missed, strict=True)), missed
        )

    def _step(
        self,
        model: ListModel,
        tables: Floats,
        deviance: Floats,
        supports: SupportCache,
    ) -> tuple[list[ListModel | None], Floats, Floats]:
        """Return the larger model each table moves to, None where it stays, its deviance and persons never seen."""
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


def criterion_weights(criterion: Floats) -> Floats:
    """Return the weight of each model, exp(-criterion/2) over their sum; 0 where the criterion is infinite."""
    if not np.isfinite(criterion).any():
        return np.zeros(len(criterion))
    raised = np.exp(-(criterion - criterion.min()) / 2)
    found: Floats = raised / raised.sum()
    return found


def model_average(sizes: Floats, variances: Floats, weights: Floats, seen: float) -> Abundance:
    """Return the weighted mean of sizes, with what separates the models in its variance.

    N = sum w N_m, standard error sum w sqrt(variance_m + (N_m - N)^2) (Buckland, Burnham and Augustin, 1997).
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
    # (cells with persons,); sizes with one person of each cell taken away, the choice made again
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
    """Return the sizes of replicates that draw the n persons seen with replacement and choose their model again."""
    seen = int(counts.sum())
    drawn = np.random.default_rng(seed).multinomial(seen, counts / seen, replicates).astype(np.float64)
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
    """Return the interval between two quantiles of the replicates, an end infinite where they are."""
    tail = (1 - confidence) / 2
    return _replicate_quantile(sizes, tail), _replicate_quantile(sizes, 1 - tail)


def bca_interval(found: SelectionBootstrap, size: float, confidence: float) -> tuple[float, float]:
    """Return the bias-corrected and accelerated interval, NaN where replicates lie all on one side of the size."""
    below = float(((found.sizes < size) + (found.sizes == size) / 2).mean())
    acceleration = _acceleration(found.without_one, found.persons)
    if not (0 < below < 1 and np.isfinite(acceleration)):
        return np.nan, np.nan
    bias = float(ndtri(below))
    ends = []
    for tail in ((1 - confidence) / 2, (1 + confidence) / 2):
        moved = bias + float(ndtri(tail))
        ends.append(_replicate_quantile(found.sizes, float(ndtr(bias + moved / (1 - acceleration * moved)))))
    return ends[0], ends[1]


def _acceleration(without_one: Floats, persons: Floats) -> float:
    if not np.isfinite(without_one).all():
        return np.nan
    deviations = np.average(without_one, weights=persons) - without_one
    spread = float(persons @ deviations**2)
    return float(persons @ deviations**3) / (6 * spread**1.5) if spread > 0 else 0.0


def _replicate_quantile(sizes: Floats, share: float) -> float:
    """Return a quantile at (replicates + 1) share, infinite where one of its two neighbours is."""
    ordered = np.sort(sizes)
    place = min(max((len(ordered) + 1) * share - 1, 0.0), len(ordered) - 1.0)
    low, part = int(place), place - int(place)
    if part == 0:
        return float(ordered[low])
    lower, upper = float(ordered[low]), float(ordered[low + 1])
    return np.inf if np.isinf(upper) else lower + part * (upper - lower)
