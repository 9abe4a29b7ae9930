"""The models of overlapping lists that a search compared, best first, with what they say together."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.results.sizes import Sizes

if TYPE_CHECKING:
    import pandas as pd

    from diplab.kernel.repeated_selection import Repeated

__all__ = ["ListSearch"]


@dataclass(frozen=True, eq=False, repr=False)
class ListSearch(Sizes):
    """Sizes under the models a search compared: the chosen one first, those without a size last.

    Parameters
    ----------
    weights : tuple of float
        What each model weighs in the average: exp(-criterion/2) over their sum; NaN after a stepwise search.
    average : Sizes or None
        One row, the mean of all models with those weights, its error with what separates the models (Buckland, Burnham
        and Augustin, 1997). None after a stepwise search, which does not go through all models.
    repeated : Sizes or None
        Where a bootstrap was asked for: the chosen size with an interval that counts the choice (BCa, or the
        percentiles where BCa has no answer), the same with percentiles, and the median of the replicates.
    replicates : Repeated or None
        The size and the model of each replicate.

    Examples
    --------
    >>> import numpy as np
    >>> from diplab import population
    >>> people = np.repeat([[1, 0], [0, 1], [1, 1]], [20, 30, 10], axis=0)
    >>> found = population.search_lists(people)
    >>> found.chosen.frame["category"].tolist(), found.weights
    (['[1,2]'], (1.0,))
    """

    weights: tuple[float, ...] = ()
    average: Sizes | None = field(default=None, repr=False)
    repeated: Sizes | None = field(default=None, repr=False)
    replicates: Repeated | None = field(default=None, repr=False)

    @property
    def chosen(self) -> Sizes:
        """The row of the chosen model."""
        return self.rows([0])

    @property
    def models(self) -> pd.DataFrame:
        """One row a model: what it is, its size, how well it fits, its weight, and what to know of it."""
        found = super().models
        found.insert(len(found.columns) - 1, "weight", list(self.weights))
        return found

    def rows(self, keep: Any) -> ListSearch:
        """Return the rows kept by a boolean mask or positions, with their models and weights."""
        positions = np.arange(len(self.frame))[np.asarray(keep)]
        kept = tuple(self.weights[at] for at in positions)
        return replace(super().rows(keep), weights=kept)  # type: ignore[return-value, call-arg]
