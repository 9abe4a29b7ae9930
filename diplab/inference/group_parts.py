"""The parts of groups in an index of everybody, with their covariance under the design."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from diplab.estimators.statistic import Linearised
from diplab.inference.computed import Computed, blanked, joint_covariance
from diplab.inference.missing import bound_on
from diplab.kernel.group_decomposition import derivatives, entropy_parts, poverty_parts
from diplab.results.decomposition import OF_ENTROPY, OF_GROUPS
from diplab.sampling.expression import ONE
from diplab.sampling.replicated_totals import ReplicatedTotals
from diplab.sampling.row_functions import only_where

if TYPE_CHECKING:
    from collections.abc import Callable

    from diplab.estimators.prepared import PreparedStatistic
    from diplab.estimators.statistic import Statistic
    from diplab.sampling.expression import Expression
    from diplab.sampling.replication import Replication
    from diplab.sampling.sample import Sample

__all__ = ["GroupParts", "group_parts"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class GroupParts:
    """The index, the people and (for entropy) the incomes of each group, and how the parts follow from them.

    Parameters
    ----------
    sample : Sample
        Columns in memory where units are rows.
    computed : tuple of Computed
        The index by group, then the people, then the incomes.
    parts : callable
        From these, without groups that have nobody, to the parts.
    """

    sample: Sample
    computed: tuple[Computed, ...]
    parts: Callable[..., Floats]

    @property
    def there(self) -> NDArray[np.bool_]:
        """Whether each group has somebody who counts."""
        found: NDArray[np.bool_] = (self.computed[0].n > 0) & (self.computed[1].linearised.point > 0)
        return found

    def decomposed(self) -> tuple[Floats, Floats]:
        """Return the indices of the groups and the parts, and their covariance."""
        there = self.there
        given = [each.linearised.point[there] for each in self.computed]
        point = self._whole(np.concatenate([given[0], self.parts(*given)]))
        if self.sample.replication is not None:
            return point, self._replicated(self.sample.replication, given)
        slopes = derivatives(self.parts, *given)
        lost = ~np.isfinite(slopes).all(axis=0)
        rows = np.flatnonzero(np.tile(there, len(self.computed)))
        groups = given[0].size
        mix = np.zeros((there.size * len(self.computed), groups + slopes.shape[1]))
        mix[rows[:groups], np.arange(groups)] = 1.0
        mix[rows, groups:] = np.where(lost, 0.0, slopes)
        covariance = joint_covariance(self.sample, self.computed, mix)
        return point, self._square(blanked(covariance, np.concatenate([np.zeros(groups, dtype=bool), lost])))

    def _replicated(self, replication: Replication, given: list[Floats]) -> Floats:
        first = self.computed[0]
        totals: Any = ReplicatedTotals(first.totals, replication)
        varied = first.linearised.replicated
        found = [varied(totals) if varied else first.bound(totals).point]
        found += [totals(each.linearised.variable)[0] for each in self.computed[1:]]
        wide = [np.broadcast_to(each, (replication.count, self.there.size))[:, self.there] for each in found]
        with np.errstate(divide="ignore", invalid="ignore"):
            under = np.concatenate([wide[0], self.parts(*wide)], axis=1)
        full = np.concatenate([given[0], self.parts(*given)])
        return self._square(replication.covariance(under, full))

    @property
    def _rows(self) -> NDArray[np.int64]:
        """Where the parts of groups that have somebody stand among those of all groups, the sums after them."""
        groups = self.there.size
        of_groups = (np.arange(1 + len(OF_GROUPS))[:, None] * groups + np.flatnonzero(self.there)).ravel()
        last = (1 + len(OF_GROUPS)) * groups
        return np.concatenate([of_groups, last + np.arange(self.sums)])

    @property
    def sums(self) -> int:
        """How many rows are about everybody."""
        return 1 + (len(OF_ENTROPY) if len(self.computed) > 2 else 0)

    def _whole(self, values: Floats) -> Floats:
        found = np.full((1 + len(OF_GROUPS)) * self.there.size + self.sums, np.nan)
        found[self._rows] = values
        return found

    def _square(self, covariance: Floats) -> Floats:
        size = (1 + len(OF_GROUPS)) * self.there.size + self.sums
        found = np.full((size, size), np.nan)
        found[np.ix_(self._rows, self._rows)] = covariance
        return found


def group_parts(sample: Sample, statistic: Statistic, by: tuple[str, ...], na: str) -> GroupParts:
    """Return the parts of a statistic by group.

    Parameters
    ----------
    sample : Sample
    statistic : Statistic
        One that is a sum over groups.
    by : tuple of str
        Domain variables.
    na : {"drop", "fail"}
        As in `estimate`.
    """
    sample, (bound,) = bound_on(sample, [statistic], by, na)
    sample = sample.in_memory(*bound.columns, by=by)
    totals = sample.totals(by, bound.columns)
    index = Computed(bound, totals, bound(totals), totals.n)
    (people,) = totals(ONE)
    counted = replace(index, linearised=Linearised(people, ONE))
    if statistic.description.parts == "poverty":
        return GroupParts(sample, (index, counted), poverty_parts)
    income, counted = _as_taken(bound, counted)
    (sums,) = totals(income)
    alpha = float(statistic.options.get("alpha", 1.0))
    earned = replace(index, linearised=Linearised(sums, income))
    return GroupParts(sample, (index, counted, earned), partial(entropy_parts, alpha=alpha))


def _as_taken(bound: PreparedStatistic, counted: Computed) -> tuple[Expression, Computed]:
    """Return incomes and people as an index of entropy takes them, by its rule for incomes at or below zero."""
    income = bound.arguments[0]
    rule = bound.options.get("nonpositive")
    if rule == "drop":
        of_somebody = only_where(income > 0.0, ONE)
        (people,) = counted.totals(of_somebody)
        counted = replace(counted, linearised=Linearised(people, of_somebody))
    return (only_where(income > 0.0, income) if rule in ("drop", "zero") else income), counted
