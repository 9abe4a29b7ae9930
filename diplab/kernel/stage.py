"""A stage of selection: which units were drawn, from which groups, with which probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

__all__ = ["Stage", "lonely_groups"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Stage:
    """One stage of selection: its units, sorted by the group they were drawn from.

    Parameters
    ----------
    group : array of int, shape (units,)
        Non-decreasing code of the group: the stratum at the first stage, the unit above at later ones.
    fraction : array, shape (groups,)
        Sampling fraction of each group; 0 for drawing with replacement.
    multiplier : array, shape (groups,)
        Product of the sampling fractions of the stages above.
    spread : array, shape (units,), optional
        Where units had unequal probabilities: factor of the squared distance of each unit to the mean of its group.
    own : array, shape (units,), optional
        Factor of the square of each unit, added to the former (Horvitz and Thompson's form).
    pairs : array, shape (units, units), optional
        Factor of the product of each pair of units, where joint probabilities are known; nothing else is then used.

    Examples
    --------
    Two of four towns in one stratum, one of one in another:

    >>> towns = Stage(np.array([0, 0, 1]), np.array([0.5, 1.0]), np.ones(2))
    >>> towns.sizes
    array([2., 1.])
    >>> towns.factors
    array([1., 1., 0.])
    """

    group: Integers
    fraction: Floats
    multiplier: Floats
    spread: Floats | None = None
    own: Floats | None = None
    pairs: Floats | None = None

    @cached_property
    def starts(self) -> Integers:
        """Position of the first unit of each group."""
        return np.flatnonzero(np.r_[True, self.group[1:] != self.group[:-1]])

    @cached_property
    def sizes(self) -> Floats:
        """How many units each group has."""
        return np.bincount(self.group).astype(float)

    @cached_property
    def factors(self) -> Floats:
        """(1 - f) n / (n - 1) times the fractions above, by unit; a group of one has no spread."""
        if self.spread is not None:
            return self.spread * self.multiplier[self.group]
        sizes = self.sizes
        with np.errstate(divide="ignore", invalid="ignore"):
            spread = np.where(sizes > 1, sizes / (sizes - 1), 0.0)
        by_group: Floats = self.multiplier * (1 - self.fraction) * spread
        return by_group[self.group]

    @cached_property
    def membership(self) -> sparse.csr_array:
        """Groups by units: 1 where the unit is of the group."""
        units = len(self.group)
        return sparse.csr_array(
            (np.ones(units), (self.group, np.arange(units))), shape=(len(self.sizes), units)
        )


def lonely_groups(stage: Stage) -> Integers:
    """Return the groups that have one unit and were not taken whole."""
    if stage.pairs is not None:
        return np.zeros(0, dtype=np.int64)
    return np.flatnonzero((stage.sizes == 1) & (stage.fraction < 1 - 1e-12) & (stage.multiplier > 0))
