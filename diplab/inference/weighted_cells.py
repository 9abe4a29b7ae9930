"""The weighted cells of a table and how they vary together: all its shares, margins and tests come from these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from diplab.estimators.prepared import PreparedStatistic
from diplab.estimators.statistic import Linearised
from diplab.inference.computed import Computed, joint_covariance
from diplab.kernel.ratios import Ratios, linearised_ratios, quotients
from diplab.sampling.expression import ONE, Rows
from diplab.sampling.memory_engine import MemoryEngine
from diplab.sampling.replicated_totals import ReplicatedTotals

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scipy import sparse

    from diplab.sampling.expression import Expression
    from diplab.sampling.replication import Replication
    from diplab.sampling.sample import Sample
    from diplab.sampling.totals import Totals

__all__ = ["WeightedCells", "cells_of_one_domain", "weighted_cells"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class WeightedCells:
    """Weighted counts of the cells of a table.

    Parameters
    ----------
    totals : array, shape (cells,)
        How many people each stands for.
    n : array of int, shape (cells,)
        Respondents.
    covariance : array, shape (cells, cells)
        Of the totals.
    replicates : array, shape (replicates, cells), or None
        The totals under each set of replicate weights.
    replication : Replication or None
    """

    totals: Floats
    n: Integers
    covariance: Floats
    replicates: Floats | None = None
    replication: Replication | None = None

    def ratios(self, above: sparse.csc_array, sums: sparse.csc_array, of: Integers) -> Ratios:
        """Return sums of cells over sums of cells: by linearisation, or anew in each replicate; see `quotients`."""
        if self.replication is None or self.replicates is None:
            return linearised_ratios(self.totals, self.covariance, above, sums, of)
        point = quotients(self.totals, above, sums, of)
        under = quotients(self.replicates, above, sums, of)
        return Ratios(point, self.replication.covariance(under, point))

    def spread_over(self, place: Integers, size: int) -> WeightedCells:
        """Return the cells put at their places in a larger table, whose other cells are empty; -1 leaves one out."""
        kept = np.flatnonzero(place >= 0)
        place = place[kept]
        totals, n, covariance = np.zeros(size), np.zeros(size, dtype=np.int64), np.zeros((size, size))
        totals[place], n[place] = self.totals[kept], self.n[kept]
        covariance[np.ix_(place, place)] = self.covariance[np.ix_(kept, kept)]
        replicates = None
        if self.replicates is not None:
            replicates = np.zeros((len(self.replicates), size))
            replicates[:, place] = self.replicates[:, kept]
        return WeightedCells(totals, n, covariance, replicates, self.replication)


def weighted_cells(
    sample: Sample, totals: Totals, terms: Sequence[Expression] = (ONE,), n: Integers | None = None
) -> WeightedCells:
    """Return the weighted counts of the domains of totals, with their covariance.

    Parameters
    ----------
    sample : Sample
    totals : Totals
        By cell.
    terms : sequence of Expression
        What is counted in each cell; by default every respondent. Cells come by term, then by domain.
    n : array of int, shape (terms * domains,), optional
        Respondents, where they are not simply those of the domain.
    """
    counted = totals.n if n is None else n
    by_term = counted.reshape(len(terms), -1)
    computed = []
    for term, respondents in zip(terms, by_term, strict=True):
        (points,) = totals(term)
        bound = PreparedStatistic("count", "", "", (), {}, _count_of(term))
        computed.append(Computed(bound, totals, Linearised(points, term), respondents))
    points = np.concatenate([each.linearised.point for each in computed])
    covariance = joint_covariance(sample, computed)
    # nobody in a cell of the sample: its total is zero and does not vary
    covariance[counted == 0, :] = 0.0
    covariance[:, counted == 0] = 0.0
    if sample.replication is None:
        return WeightedCells(points, counted, covariance)
    under = ReplicatedTotals(totals, sample.replication)
    replicates = np.concatenate(under(*terms), axis=1)
    return WeightedCells(points, counted, covariance, replicates, sample.replication)


def cells_of_one_domain(
    sample: Sample, totals: Totals, terms: Sequence[Expression], n: Integers, by: int
) -> WeightedCells:
    """Return the same cells, where the policy on lonely units asks who is there: anybody of the table, in any cell.

    Parameters
    ----------
    sample : Sample
        In memory.
    totals, terms, n
        As in `weighted_cells`.
    by : int
        How many of the domain variables make groups: each of their combinations is one table.
    """
    engine = sample.engine
    assert isinstance(engine, MemoryEngine)  # rows are marked by the cell that they are in
    rows, domains = engine.scoped(totals.scope), engine.cells(totals.scope.by)
    known_as = totals.scope.by[:by]
    group_at = {group: at for at, group in enumerate(engine.cells(known_as))}
    rest_at = {rest: at for at, rest in enumerate(dict.fromkeys(cell[by:] for cell in domains))}
    group = np.array([group_at[cell[:by]] for cell in domains])
    rest = np.array([rest_at[cell[by:]] for cell in domains])
    counted = [each.values if isinstance(each, Rows) else np.ones(engine.rows) for each in terms]
    there = rows.inside & (counted[-1] > 0)
    whole = sample.totals(known_as, (Rows(np.where(there, 1.0, np.nan)),))
    of_row, computed = rest[rows.domain], []
    for value in counted:
        for at in range(len(rest_at)):
            marked = Rows(np.where(there & (of_row == at), value, 0.0))
            (points,) = whole(marked)
            bound = PreparedStatistic("count", "", "", (), {}, _count_of(marked))
            computed.append(Computed(bound, whole, Linearised(points, marked), whole.n))
    points = np.concatenate([each.linearised.point for each in computed])
    first = np.arange(len(terms))[:, None] * len(rest_at)
    at = ((first + rest) * len(group_at) + group).ravel()
    covariance = joint_covariance(sample, computed)[np.ix_(at, at)]
    covariance[n == 0, :] = 0.0
    covariance[:, n == 0] = 0.0
    return WeightedCells(points[at], n, covariance)


def _count_of(term: Expression) -> Callable[..., Linearised]:
    def counted(totals: Totals) -> Linearised:
        (people,) = totals(term)
        return Linearised(people, term)

    return counted
