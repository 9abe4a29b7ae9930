"""Variances from pairs of units: unequal probabilities, two phases, overlapping waves. See docs/formulas.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from diplab.kernel.arrays import Floats, Integers

if TYPE_CHECKING:
    from diplab.kernel.variance import LinearisedTotals, Stage


def unit_factors(inclusion: Floats, group: Integers, approximation: str, form: str) -> tuple[Floats, Floats | None]:
    """Return the factors of squared distances to the mean, and of own squares, by unit."""
    # shapes: `inclusion` (units,), `group` (units,)
    sizes = np.bincount(group).astype(float)
    n = sizes[group]
    mean = (np.bincount(group, weights=inclusion) / np.maximum(sizes, 1))[group]
    a, s = (0.5, np.zeros_like(mean)) if approximation == "overton" else (1.0, mean)
    several = n > 1
    others = np.where(several, n - 1, 1.0)
    spread = np.where(several, n / others * (1 + s - a * (inclusion + mean)), 0.0)
    if approximation == "brewer" or form == "yates_grundy":
        return spread, None
    own = a * inclusion - inclusion - s + a * (n * mean - inclusion) / others
    return spread, np.where(several, own, 0.0)


def horvitz_thompson_pairs(joint: Floats) -> Floats:
    """Return the factors of pairs in Horvitz and Thompson's form. Shapes: `joint` (units, units)."""
    single = np.diag(joint)
    pairs = np.divide(single[:, None], joint)
    pairs *= -single
    pairs += 1.0
    np.fill_diagonal(pairs, 1 - single)
    return pairs


def yates_grundy_pairs(joint: Floats) -> Floats:
    """Return the factors of pairs in Yates and Grundy's form, for samples of a fixed size; `joint` (units, units)."""
    pairs = horvitz_thompson_pairs(joint)
    np.fill_diagonal(pairs, 0.0)
    np.fill_diagonal(pairs, -pairs.sum(axis=1))
    return pairs


@dataclass(frozen=True, eq=False)
class Squares:
    """A weighted sum of squared totals over sets of cells."""

    members: sparse.csr_array  # (sets, cells); 1 where the cell belongs to the set
    factors: Floats  # (sets,); what the square of each total is multiplied by


def added_squares(stages: Sequence[Stage], cells: Integers, unit: Integers, second: Stage) -> list[Squares]:
    """Return what the second phase adds to the variance of the first. Shapes: `cells` (taken,), `unit` (taken,)."""
    drawn = second.sizes
    there = drawn / second.fraction
    between = np.where(drawn > 1, (there - drawn) / (there * np.maximum(drawn - 1, 1)), 0.0)
    within = second.fraction - 1 - between
    stratum = second.group[unit]
    count = len(stages[-1].group)
    inside = cells
    added: list[Squares] = []
    for stage in reversed(stages):
        group = stage.group[inside]
        shared = stage.factors[stage.starts] / stage.sizes
        for code, factor in ((inside, stage.factors), (group, -shared)):
            if factor.any():
                added.append(_squares(cells, count, code, stratum, factor, between, np.arange(between.size)))
                added.append(_squares(cells, count, code, unit, factor, within, second.group))
        inside = group
    return added


def _squares(
    cells: Integers, count: int, first: Integers, second: Integers, factor: Floats, extra: Floats, stratum: Integers
) -> Squares:
    """Sets of cells that share a code of each phase; `extra` is by stratum of the second."""
    width = len(stratum)
    keys, place = np.unique(first * width + second, return_inverse=True)
    members = sparse.csr_array((np.ones(cells.size), (place, cells)), shape=(keys.size, count))
    return Squares(members, factor[keys // width] * extra[stratum[keys % width]])


def sum_of_squares(terms: Sequence[Squares], totals: LinearisedTotals) -> Floats:
    """Return the sum of terms, for totals given by cell."""
    width = totals.columns if totals.mix is None else totals.mix.shape[1]
    total = np.zeros((width, width))
    if not terms:
        return total
    thin = totals.grid(terms[0].members.shape[1])
    if totals.mix is not None:
        thin = sparse.csr_array(thin @ sparse.csr_array(totals.mix))
    for term in terms:
        sums = sparse.csr_array(term.members @ thin)
        total += np.asarray((sums.T @ (sparse.diags_array(term.factors) @ sums)).todense())
    return total


@dataclass(frozen=True, eq=False)
class CommonUnits:
    """The units of one stage that are in two waves, by pair of the groups that they were drawn from."""

    left: Integers  # left, right: (pairs,); the unit in the earlier wave, and in the later
    right: Integers
    cell: Integers  # (pairs,); which pair of groups
    groups: tuple[Integers, Integers]  # (cells,) each; the group in the earlier wave, and in the later
    factors: Floats  # factors, below: (cells,); of the products of two deviations, and of those of a stage below
    below: Floats

    @classmethod
    def of(cls, stage: Stage, left: Integers, right: Integers, above: Floats) -> CommonUnits:
        """Find the pairs of groups and their factors; `above` is that of the units above each pair, or 1."""
        width = len(stage.sizes)
        keys, first, cell, common = np.unique(
            stage.group[left] * width + stage.group[right], return_index=True, return_inverse=True, return_counts=True
        )
        groups = keys // width, keys % width
        (n, m), (f, g) = ([of[each] for each in groups] for of in (stage.sizes, stage.fraction))
        scale = 1 - 1 / n - 1 / m + common / (n * m)
        # a unit that is alone in its wave shows no distance
        known, by_chance = scale > 1e-12, np.sqrt(f * g * n * m) / common
        factors = np.where(known, above[first] * (1 - by_chance) / np.where(known, scale, 1.0), 0.0)
        return cls(left, right, cell, groups, factors, above[first] * by_chance)

    def products(self, cells: sparse.csr_array, stage: Stage) -> Floats:
        """Return the sum over common units of the products of distances, for variables given by unit."""
        # sum(c z y') - s a' - b t' + c n b a', with means a, b of groups and sums s, t of c z and c y
        pairs = self.cell.size
        of_cell = sparse.csr_array((np.ones(pairs), (self.cell, np.arange(pairs))), shape=(len(self.factors), pairs))
        means = np.asarray((stage.membership @ cells).todense()) / stage.sizes[:, None]
        (earlier, later), (b, a) = (cells[self.left], cells[self.right]), (means[each] for each in self.groups)
        factors = self.factors[:, None]
        s, t = (np.asarray((of_cell @ each).todense()) * factors for each in (earlier, later))
        total: Floats = np.asarray((earlier.T @ (sparse.diags_array(self.factors[self.cell]) @ later)).todense())
        total += (b * factors * np.bincount(self.cell)[:, None]).T @ a - s.T @ a - b.T @ t
        return total
