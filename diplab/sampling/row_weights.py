"""Replicate weights of rows that are multiplied when read, so that no second copy of them all is held."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, overload

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from diplab.kernel.bootstrap_factors import Draws
    from diplab.sampling.replication import Replication

__all__ = ["DrawnWeights", "FactoredWeights", "MultipliedWeights", "WeightsWhenRead"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class WeightsWhenRead(Sequence[Floats]):
    """Weights of the rows, one array a replicate, each made when it is read."""

    @abstractmethod
    def made(self, place: int) -> Floats:
        """Return the weights of the rows in one replicate."""

    @overload
    def __getitem__(self, place: int) -> Floats: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Floats]: ...
    def __getitem__(self, place: int | slice) -> Floats | Sequence[Floats]:
        if isinstance(place, slice):
            return [self.made(each) for each in range(len(self))[place]]
        return self.made(range(len(self))[place])


@dataclass(frozen=True, eq=False)
class FactoredWeights(WeightsWhenRead):
    """Weights of the full sample times the factor of the unit of each row.

    Parameters
    ----------
    replication : Replication
        Whose factors are by unit.
    weights : array, shape (rows,)
    unit : array of int, shape (rows,)

    Examples
    --------
    >>> from diplab.sampling.replication import Replication
    >>> halves = Replication("jk1", 0.5, np.ones(2), True, factors=np.array([[0.0, 2.0], [2.0, 0.0]]))
    >>> FactoredWeights(halves, np.array([1.0, 3.0]), np.array([0, 1]))[1]
    array([2., 0.])
    """

    replication: Replication
    weights: Floats
    unit: Integers

    def __len__(self) -> int:
        return self.replication.count

    def made(self, place: int) -> Floats:
        """Return the weights of the rows in one replicate."""
        return self.replication.row_weights(place, self.weights, self.unit)


@dataclass(frozen=True, eq=False)
class MultipliedWeights(WeightsWhenRead):
    """Columns of factors times the weights of the full sample.

    Parameters
    ----------
    columns : sequence of array, shape (rows,) each
    weights : array, shape (rows,)

    Examples
    --------
    >>> MultipliedWeights([np.array([0.0, 2.0])], np.array([1.0, 3.0]))[0]
    array([0., 6.])
    """

    columns: Sequence[Floats]
    weights: Floats

    def __len__(self) -> int:
        return len(self.columns)

    def made(self, place: int) -> Floats:
        """Return the weights of the rows in one replicate."""
        product: Floats = self.columns[place] * self.weights
        return product


@dataclass(frozen=True, eq=False)
class DrawnWeights(WeightsWhenRead):
    """Weights of the full sample times factors that are a linear function of numbers of draws.

    Parameters
    ----------
    draws : Draws
        By primary unit.
    weights : array, shape (rows,)
    unit : array of int, shape (rows,)
        Primary unit of each row.

    Examples
    --------
    >>> from diplab.kernel.bootstrap_factors import Draws
    >>> once = Draws(np.array([[0, 1]], dtype=np.uint8), np.zeros(2), np.full(2, 2.0), 1.0)
    >>> DrawnWeights(once, np.array([1.0, 3.0]), np.array([0, 1]))[0]
    array([0., 6.])
    """

    draws: Draws
    weights: Floats
    unit: Integers

    def __len__(self) -> int:
        return len(self.draws.counts)

    def made(self, place: int) -> Floats:
        """Return the weights of the rows in one replicate."""
        factor = self.draws.counts[place] * self.draws.step
        factor += self.draws.base
        product: Floats = factor[self.unit]
        product *= self.weights
        return product
