"""Variances that need pairs of units: unequal probabilities without replacement, two phases, and overlapping waves.

With inclusion probabilities p_i, joint ones p_ij and weighted totals z_i (already divided by p_i), the estimators are

    Horvitz and Thompson (1952)       sum over i and j of c_ij z_i z_j,          c_ij = 1 - p_i p_j / p_ij
    Yates and Grundy (1953)     - 1/2 sum over i and j of c_ij (z_i - z_j)^2

Joint probabilities are seldom published. Two approximations need only the p_i of the sample; both have the shape
c_ij = - (1 + s - a (p_i + p_j)) / (n - 1), with a = 1/2, s = 0 for Overton (1985), and a = 1, s = the mean of the p_i
for Hartley and Rao (1962), whose sum of squares over the population is estimated by the sum of the p_i over the
sample (Berger 2004). Put into Yates and Grundy, this shape becomes a sum over units of squared distances to their
mean, with factors n / (n - 1) (1 + s - a (p_i + mean p)); Hartley and Rao's is then Brewer's (2002) estimator, with
factors n / (n - 1) (1 - p_i). Horvitz and Thompson's adds the squares of the units themselves, times the sums of c_ij
over j.

In two phases, with z the totals weighted for both, p_kl and q_kl the joint inclusion probabilities of the first phase
and, given it, of the second, the variance is estimated by (Särndal, Swensson and Wretman 1992, result 9.3.1)

    sum over k and l of (1 - p_k p_l / p_kl) r_kl z_k z_l  +  sum over k and l of (1 - q_k q_l / q_kl) z_k z_l

where r_kl = q_k q_l / q_kl. For a second phase that draws m_g of n_g units at random in each of its strata, r_kl is 1
between strata, a_g = m_g (n_g - 1) / (n_g (m_g - 1)) between units of a stratum, and m_g / n_g within a unit. The
first sum is therefore the usual variance of the first phase, plus squares of totals over the parts of its units and
groups that lie in one stratum, and in one unit, of the second phase: these are the squares below.

Two waves that have n_c units of a stratum in common, of their n and m, have the covariance (Tam 1984, weighted totals)

    (n_c - sqrt(f g n m)) S,   S = 1 / (n_c k) sum over common units of (z_i - mean of z) (y_i - mean of y),
    k = 1 - 1/n - 1/m + n_c / (n m)

f and g being their sampling fractions. Each unit is measured from the mean of its own wave; Berger and Priam (2016)
regress the totals within strata on the waves and their product, which measures common units from their own mean. With
many units the two agree; with few, k makes the sum unbiased even where one unit is common, and for n = m = n_c it is
the covariance of the stacked sample. A stage below adds the same within each common unit, times sqrt(f g n m) / n_c.
"""

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
    """Return the factors of pairs in Yates and Grundy's form, for samples of a fixed size."""
    # shapes: `joint` (units, units)
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
