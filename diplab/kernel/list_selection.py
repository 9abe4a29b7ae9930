"""Choosing a log-linear model of overlapping lists on many tables at once: by a criterion over all, or step by step.

A model is eligible on a table where it tells the number of persons never seen.

References
----------
Schwarz (1978), *Annals of Statistics* 6; Akaike (1974), *IEEE Transactions on Automatic Control* 19; Chan, Silverman
and Vincent (2021), *Journal of the American Statistical Association* 116, for the steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Protocol

import numpy as np
from scipy.stats import chi2

from diplab.kernel.extended_fit import Faces, Fitted, fit_tables
from diplab.kernel.hierarchical import ListModel, closure, members

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["Chosen", "Selection", "StepwiseSelection", "WholeSelection", "criterion_of"]


@dataclass(frozen=True, eq=False)
class Chosen:
    """The model chosen on each table, and its size there.

    Parameters
    ----------
    models : tuple of ListModel or None
        None where no model tells a size.
    missed : array, shape (tables,)
        Persons never seen; infinite where no model tells them.
    """

    models: tuple[ListModel | None, ...]
    missed: NDArray[np.float64]


class Selection(Protocol):
    """A rule that chooses a model on each table."""

    def choose(self, tables: NDArray[np.float64], faces: Faces) -> Chosen:
        """Return the choice on each table."""


def criterion_of(fitted: Fitted, tables: NDArray[np.float64], criterion: str) -> NDArray[np.float64]:
    """Return the criterion of one model on each table, infinite where it tells no size.

    Parameters
    ----------
    fitted : Fitted
    tables : array, shape (tables, cells)
    criterion : {"bic", "aic"}
        -2 log L + p log n, or -2 log L + 2 p: each coefficient written counts, at infinity or not.
    """
    penalty = np.log(np.maximum(tables.sum(axis=1), 1.0)) if criterion == "bic" else 2.0
    found: NDArray[np.float64] = -2.0 * fitted.log_likelihood + fitted.parameters * penalty
    return np.where(np.isfinite(fitted.missed), found, np.inf)


@dataclass(frozen=True)
class WholeSelection:
    """The best of a list of models by a criterion.

    Parameters
    ----------
    models : sequence of ListModel
    criterion : {"bic", "aic"}
    """

    models: Sequence[ListModel]
    criterion: str = "bic"

    def compared(self, table: NDArray[np.float64], faces: Faces) -> Sequence[ListModel]:
        """Return the models that a choice on one table goes through: all."""
        return self.models

    def choose(self, tables: NDArray[np.float64], faces: Faces) -> Chosen:
        """Return the best model of each table.

        Examples
        --------
        >>> import numpy as np
        >>> from diplab.kernel.hierarchical import all_models, generators
        >>> spina = np.array([[247.0, 49.0, 142.0, 60.0, 112.0, 4.0, 12.0]])
        >>> found = WholeSelection(all_models(3), "aic").choose(spina, Faces())
        >>> generators(found.models[0].terms), found.missed.round(2).tolist()
        ((3, 6), [132.32])
        """
        best, lowest = np.full(len(tables), -1), np.full(len(tables), np.inf)
        missed = np.full(len(tables), np.inf)
        for place, model in enumerate(self.models):
            fitted = fit_tables(model, tables, faces)
            score = criterion_of(fitted, tables, self.criterion)
            better = score < lowest - 1e-9
            best[better], lowest[better], missed[better] = place, score[better], fitted.missed[better]
        return Chosen(tuple(None if at < 0 else self.models[at] for at in best), missed)


@dataclass(frozen=True)
class StepwiseSelection:
    """Forward steps from independence: the term that lowers the deviance most, while its p-value is small.

    Parameters
    ----------
    lists : int
        Number of lists.
    threshold : float
        A term enters where the likelihood-ratio test of it has a p-value below this.
    order : int
        Highest order of terms; one of order 3 is tried once its three pairs are in.
    heterogeneity : str or None
        A column in every model.
    """

    lists: int
    threshold: float = 0.02
    order: int = 2
    heterogeneity: str | None = None

    @property
    def start(self) -> ListModel:
        """Independence."""
        return ListModel(self.lists, closure(1 << place for place in range(self.lists)), self.heterogeneity)

    def larger(self, model: ListModel) -> tuple[ListModel, ...]:
        """Return the models one term larger."""
        held = set(model.terms)
        highest = min(self.order, self.lists - 1)
        candidates = (
            sum(1 << place for place in each)
            for order in range(2, highest + 1)
            for each in combinations(range(self.lists), order)
        )
        return tuple(
            ListModel(self.lists, closure([*model.terms, term]), self.heterogeneity)
            for term in candidates
            if term not in held and all(term & ~(1 << place) in held for place in members(term))
        )

    def compared(self, table: NDArray[np.float64], faces: Faces) -> Sequence[ListModel]:
        """Return the models that a choice on one table goes through, the one chosen first, independence last."""
        gone = [self.start]
        deviance = fit_tables(gone[0], table[None], faces).deviance
        while True:
            ahead, deviance, _ = self._step(gone[-1], table[None], deviance, faces)
            if ahead[0] is None:
                return gone[::-1]
            gone.append(ahead[0])

    def choose(self, tables: NDArray[np.float64], faces: Faces) -> Chosen:
        """Return the model at which each table stops.

        Examples
        --------
        >>> import numpy as np
        >>> from diplab.kernel.hierarchical import generators
        >>> spina = np.array([[247.0, 49.0, 142.0, 60.0, 112.0, 4.0, 12.0]])
        >>> found = StepwiseSelection(3).choose(spina, Faces())
        >>> generators(found.models[0].terms), found.missed.round(2).tolist()
        ((6, 1), [104.93])
        """
        first = fit_tables(self.start, tables, faces)
        deviance, missed = first.deviance, np.where(np.isfinite(first.missed), first.missed, np.inf)
        now: list[ListModel] = [self.start] * len(tables)
        moving = np.arange(len(tables))
        while moving.size:
            going: list[int] = []
            for model in dict.fromkeys(now[at] for at in moving):
                own = np.array([at for at in moving if now[at] == model])
                ahead, deviance[own], further = self._step(model, tables[own], deviance[own], faces)
                for at, larger, more in zip(own, ahead, further, strict=True):
                    if larger is not None:
                        now[at], missed[at] = larger, more
                        going.append(int(at))
            moving = np.array(sorted(going), dtype=int)
        return Chosen(
            tuple(each if np.isfinite(more) else None for each, more in zip(now, missed, strict=True)), missed
        )

    def _step(
        self,
        model: ListModel,
        tables: NDArray[np.float64],
        deviance: NDArray[np.float64],
        faces: Faces,
    ) -> tuple[list[ListModel | None], NDArray[np.float64], NDArray[np.float64]]:
        """Return the larger model each table moves to, None where it stays, its deviance and persons never seen."""
        lowest, missed = deviance.copy(), np.full(len(tables), np.nan)
        to: list[ListModel | None] = [None] * len(tables)
        for larger in self.larger(model):
            fitted = fit_tables(larger, tables, faces)
            drop = np.where(np.isfinite(fitted.missed), deviance - fitted.deviance, -np.inf)
            enough = chi2.sf(np.nan_to_num(drop, nan=0.0, neginf=0.0), 1) < self.threshold
            better = enough & (fitted.deviance < lowest - 1e-9)
            lowest[better], missed[better] = fitted.deviance[better], fitted.missed[better]
            for at in np.flatnonzero(better):
                to[at] = larger
        return to, lowest, missed
