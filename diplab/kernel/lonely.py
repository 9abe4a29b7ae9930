"""Lonely units: strata with one primary unit, in the sample or in a domain, and what is done about them.

A single unit shows no spread. The policies: give the stratum no variance (`remove`, `certainty`), measure the unit
from the mean of all units (`adjust`), give the stratum the mean variance of the others (`average`), or merge it with
a neighbour before anything is computed (`collapse`; Wolter 2007, sec. 2.5).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from diplab.kernel.stage import Stage, lonely_groups

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Policy", "Presence", "asks_for_presence", "merged_groups", "presence"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]


@dataclass(frozen=True)
class Policy:
    """What to do with lonely units.

    Parameters
    ----------
    stratum : str
        For strata that have one unit: `remove`, `certainty`, `adjust`, `average` (`fail` and `collapse` are decided
        by the caller, who can name strata and merge them).
    domain : str or None
        For strata that have several units, one of which has somebody in the domain; None treats them like any other.
    """

    stratum: str = "fail"
    domain: str | None = None


@dataclass(frozen=True, eq=False)
class Presence:
    """Which strata each variable reaches.

    Parameters
    ----------
    there : array of bool, shape (strata, columns)
        Some unit has somebody in the domain of the variable.
    single : array of bool, shape (strata, columns)
        The stratum has several units, was not taken whole, and one unit only has somebody in the domain.
    """

    there: Booleans
    single: Booleans

    def units(self, stage: Stage) -> Floats:
        """Return by column how many primary units there are in the strata it reaches; at least 1."""
        return np.maximum(stage.sizes @ self.there, 1.0)

    def scale(self, stage: Stage, policy: Policy) -> Floats | None:
        """Return by column the strata reached over those with a variance, under `average`; None otherwise."""
        if policy.stratum != "average" and policy.domain != "average":
            return None
        reached = self.there.sum(axis=0).astype(float)
        without = np.zeros_like(reached)
        if policy.stratum == "average":
            without += self.there[lonely_groups(stage)].sum(axis=0)
        if policy.domain == "average":
            without += self.single.sum(axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            found = np.where(reached > without, reached / (reached - without), np.nan)
        # a domain of nobody has no strata, and no variance to scale
        return np.where(reached == 0, 1.0, found)


def asks_for_presence(first: Stage, policy: Policy) -> bool:
    """Return whether a policy depends on which units of the first stage have somebody in a domain."""
    if first.pairs is not None:
        return False
    lonely = policy.stratum in ("adjust", "average") and lonely_groups(first).size > 0
    return lonely or policy.domain is not None


def presence(
    unit: Integers,
    column: Integers,
    present: Booleans,
    columns: int,
    stages: Sequence[Stage],
    policy: Policy,
    mix: Floats | None,
) -> Presence | None:
    """Return which strata each variable reaches; None where no policy asks for it.

    Parameters
    ----------
    unit, column : array of int, shape (entries,)
        Unit of the last stage and variable of each entry.
    present : array of bool, shape (entries,)
        Whether somebody is there.
    columns : int
        Number of variables.
    stages : sequence of Stage
        From the first to the last.
    policy : Policy
    mix : array, shape (columns, outputs), or None
        A combination is present where one of its parts is: where its coefficient is not zero.
    """
    first = stages[0]
    if not asks_for_presence(first, policy):
        return None
    psu = unit[present]
    for stage in stages[:0:-1]:
        psu = stage.group[psu]
    found = sparse.csr_array((np.ones(psu.size), (psu, column[present])), shape=(len(first.group), columns))
    if mix is not None:
        found = sparse.csr_array(found @ sparse.csr_array(mix != 0).astype(float))
    found.sum_duplicates()
    found.data[:] = 1.0
    counted = np.asarray((first.membership @ found).todense())
    spreads = (first.sizes > 1) & (first.fraction < 1 - 1e-12)
    return Presence(counted > 0, (counted == 1) & spreads[:, None])


def merged_groups(stage: Stage) -> Integers:
    """Return the stratum each stratum becomes when lonely ones are merged with the next in order.

    A lonely stratum joins the next stratum that was not taken whole; the last joins the one before. Strata taken whole
    keep to themselves: they have no variance to share.

    Examples
    --------
    >>> strata = Stage(np.array([0, 0, 1, 2, 2, 3]), np.zeros(4), np.ones(4))
    >>> merged_groups(strata)
    array([0, 1, 1, 1])
    """
    open_ = np.flatnonzero(stage.fraction < 1 - 1e-12)
    small = np.zeros(len(stage.sizes), dtype=bool)
    small[lonely_groups(stage)] = True
    target = np.arange(len(stage.sizes))
    lone = small[open_]
    # a stratum opens a new set unless the one before it is lonely and waits: a run of lonely ones pairs up
    run = np.arange(lone.size) - np.maximum.accumulate(np.where(~lone, np.arange(lone.size) + 1, 0))
    waits = lone & (run % 2 == 0)
    opens = np.r_[True, ~waits[:-1]] if lone.size else np.zeros(0, dtype=bool)
    sets = np.cumsum(opens) - 1
    if lone.size > 1 and waits[-1]:
        sets[-1] = sets[-2]
    heads = open_[np.flatnonzero(np.r_[True, sets[1:] != sets[:-1]])] if lone.size else open_
    target[open_] = heads[sets] if lone.size else open_
    return target
