"""Variance of totals: stages, lonely units, pairs of units, waves. See docs/formulas.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

import numpy as np
from scipy import sparse

from diplab.kernel.arrays import Booleans, Floats, Integers


@dataclass(frozen=True, eq=False)
class Stage:
    """One stage of selection: its units, sorted by the group they were drawn from."""

    # (units,); non-decreasing code of the stratum at the first stage, of the unit above at later
    # ones
    group: Integers
    fraction: Floats  # (groups,); sampling fraction of each group; 0 for drawing with replacement
    multiplier: Floats  # (groups,); product of the sampling fractions of the stages above
    # (units,); under unequal probabilities: factor of the squared distance of each unit to the mean
    # of its group
    spread: Floats | None = None
    # (units,); added factor of the square of each unit (Horvitz and Thompson's form)
    own: Floats | None = None
    # (units, units); where joint probabilities are known, and nothing else is used: factor of each
    # product of two units
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
    return np.flatnonzero(
        (stage.sizes == 1) & (stage.fraction < 1 - 1e-12) & (stage.multiplier > 0)
    )


@dataclass(frozen=True)
class LonelyPolicy:
    """What to do with lonely units."""

    # for strata that have one unit; `fail` and `collapse` are decided by the caller, who can name
    # strata and merge them
    stratum: str = "fail"
    # for strata with one of several units in the domain; None: like any other
    domain: str | None = None


@dataclass(frozen=True, eq=False)
class LinearisedTotals:
    """Weighted linearised totals by ultimate unit; cells without an entry are zero."""

    unit: Integers  # (entries,)
    column: Integers  # (entries,); which variable
    value: Floats  # (entries,)
    columns: int  # how many variables there are
    # (columns, outputs); combinations whose variance is wanted; None: each by itself
    mix: Floats | None = None
    # (entries,); somebody is there; None: wherever the value is not zero
    present: Booleans | None = None
    # (columns,); set of each variable, judged by the people of all in it; None: apart
    judged: Integers | None = None

    @classmethod
    def of_grid(cls, cells: Floats, mix: Floats | None = None) -> LinearisedTotals:
        """Return those of an array of units by variables."""
        unit, column = np.nonzero(cells)
        return cls(unit, column, cells[unit, column], cells.shape[1], mix)

    def grid(self, units: int) -> sparse.csr_array:
        """Return units by variables."""
        return sparse.csr_array((self.value, (self.unit, self.column)), shape=(units, self.columns))

    def at(self, entries: Integers) -> LinearisedTotals:
        """Return the same with some of the entries."""
        present = None if self.present is None else self.present[entries]
        unit, column = self.unit[entries], self.column[entries]
        return replace(self, unit=unit, column=column, value=self.value[entries], present=present)


@dataclass(frozen=True, eq=False)
class UnitsPresent:
    """Which strata each variable reaches."""

    there: Booleans  # (strata, columns); some unit is in the domain of the variable
    # (strata, columns); one unit only has somebody there, of several drawn by chance
    single: Booleans

    def units(self, stage: Stage) -> Floats:
        """Return by column the number of primary units in the strata it reaches, at least 1."""
        return np.maximum(stage.sizes @ self.there, 1.0)

    def scale(self, stage: Stage, policy: LonelyPolicy) -> Floats | None:
        """Return by column the ratio of strata to those with a variance, under `average`."""
        if policy.stratum != "average" and policy.domain != "average":
            return None
        reached = self.there.sum(axis=0).astype(float)
        without = np.zeros_like(reached)
        if policy.stratum == "average":
            without += self.there[lonely_groups(stage)].sum(axis=0)
        if policy.domain == "average":
            without += self.single.sum(axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            result = np.where(reached > without, reached / (reached - without), np.nan)
        # an empty domain has no strata, and no variance to scale
        return np.where(reached == 0, 1.0, result)


def depends_on_presence(first: Stage, policy: LonelyPolicy) -> bool:
    """Return whether a policy depends on which units of the first stage a domain reaches."""
    if first.pairs is not None:
        return False
    lonely = policy.stratum in ("adjust", "average") and lonely_groups(first).size > 0
    return lonely or policy.domain is not None


def units_present(
    totals: LinearisedTotals, stages: Sequence[Stage], policy: LonelyPolicy
) -> UnitsPresent | None:
    """Return the strata each variable, or any of its set, reaches; None if no policy needs it."""
    first, columns, mix = stages[0], totals.columns, totals.mix
    if not depends_on_presence(first, policy):
        return None
    present = totals.value != 0 if totals.present is None else totals.present
    psu = totals.unit[present]
    for stage in stages[:0:-1]:
        psu = stage.group[psu]
    sets = np.arange(columns) if totals.judged is None else totals.judged
    shape = len(first.group), int(sets.max(initial=-1)) + 1
    result = sparse.csr_array((np.ones(psu.size), (psu, sets[totals.column[present]])), shape=shape)
    if totals.judged is not None or mix is not None:
        members = sparse.csr_array(
            (np.ones(columns), (sets, np.arange(columns))), shape=(shape[1], columns)
        )
        result = result @ (
            members if mix is None else members @ sparse.csr_array(mix != 0).astype(float)
        )
    result.sum_duplicates()
    result.data[:] = 1.0
    counted = np.asarray((first.membership @ result).todense())
    spreads = (first.sizes > 1) & (first.fraction < 1 - 1e-12)
    return UnitsPresent(counted > 0, (counted == 1) & spreads[:, None])


def merged_groups(stage: Stage) -> Integers:
    """Return the stratum each stratum becomes when lonely ones join the next in order."""
    # a lonely stratum joins the next stratum that was not taken whole; the last joins the one
    # before. Strata taken whole keep to themselves: they have no variance to share
    open_ = np.flatnonzero(stage.fraction < 1 - 1e-12)
    small = np.zeros(len(stage.sizes), dtype=bool)
    small[lonely_groups(stage)] = True
    target = np.arange(len(stage.sizes))
    lone = small[open_]
    # a stratum opens a new set unless the one before it is lonely and waits: a run of lonely ones
    # pairs up
    run = np.arange(lone.size) - np.maximum.accumulate(np.where(~lone, np.arange(lone.size) + 1, 0))
    waits = lone & (run % 2 == 0)
    opens = np.r_[True, ~waits[:-1]] if lone.size else np.zeros(0, dtype=bool)
    sets = np.cumsum(opens) - 1
    if lone.size > 1 and waits[-1]:
        sets[-1] = sets[-2]
    heads = open_[np.flatnonzero(np.r_[True, sets[1:] != sets[:-1]])] if lone.size else open_
    target[open_] = heads[sets] if lone.size else open_
    return target


_FEW_CELLS = 4_000_000
MOST_CELLS = 32_000_000  # units times variables, beyond which no dense array of them is made

# from this share of cells filled on, a product of dense arrays is faster than one of sparse ones
_FILLED = 1 / 16

_IGNORED = LonelyPolicy("remove")
Grid: TypeAlias = Floats | sparse.csr_array


def covariance(
    totals: LinearisedTotals, stages: Sequence[Stage], policy: LonelyPolicy = _IGNORED
) -> Floats:
    """Return the covariance of totals, or of the combinations of them that are asked for."""
    units, columns, mix = len(stages[-1].group), totals.columns, totals.mix
    reach = units_present(totals, stages, policy)
    cells = units * columns
    filled = _FEW_CELLS < cells <= MOST_CELLS and np.count_nonzero(totals.value) > _FILLED * cells
    if cells <= _FEW_CELLS or filled:
        every = np.bincount(
            totals.unit * columns + totals.column, weights=totals.value, minlength=cells
        )
        dense: Floats = every.reshape(units, columns).astype(float, copy=False)
        return _by_stage(dense if mix is None else dense @ mix, stages, policy, reach)
    thin = totals.grid(units)
    if mix is None:
        return _by_stage(thin, stages, policy, reach)
    if reach is not None:
        # a policy speaks of the combined variables, not of their parts
        return _by_stage(sparse.csr_array(thin @ sparse.csr_array(mix)), stages, policy, reach)
    return mix.T @ _by_stage(thin, stages, policy, None) @ mix


def covariance_of_grid(cells: Floats, stages: Sequence[Stage], mix: Floats | None = None) -> Floats:
    """Return the covariance of totals in an array of units by variables, without a policy."""
    # shapes: `cells` (units, columns), `mix` (columns, outputs)
    if cells.size <= _FEW_CELLS or np.count_nonzero(cells) > _FILLED * cells.size:
        return _by_stage(cells if mix is None else cells @ mix, stages, _IGNORED, None)
    every = _by_stage(sparse.csr_array(cells), stages, _IGNORED, None)
    return every if mix is None else mix.T @ every @ mix


def _by_stage(
    cells: Grid, stages: Sequence[Stage], policy: LonelyPolicy, reach: UnitsPresent | None
) -> Floats:
    """Return the covariance of totals in units by variables, sparse if mostly empty."""
    total = np.zeros((cells.shape[1], cells.shape[1]))
    for stage in stages[:0:-1]:
        total += _products(cells, stage, None)
        cells = _sums(cells, stage)
    first = stages[0]
    if reach is None:
        return total + _products(cells, first, None)
    centres = _array(_sums(cells, first)) / first.sizes[:, None]
    grand = np.asarray(cells.sum(axis=0)).ravel() / reach.units(first)
    if policy.domain is not None:
        # units that are alone are measured from the mean of all, or from zero
        centres = np.where(reach.single, grand if policy.domain == "adjust" else 0.0, centres)
    spread = _products(_in_reach(cells, reach, policy, first.group), first, centres)
    scale = reach.scale(first, policy)
    if scale is not None:
        spread = spread * np.sqrt(np.outer(scale, scale))
    if policy.stratum == "adjust":
        lonely = lonely_groups(first)
        deviations = (_array(cells[first.starts[lonely]]) - grand) * reach.there[lonely]
        spread = spread + (deviations * (1 - first.fraction[lonely])[:, None]).T @ deviations
    return total + spread


def _sums(cells: Grid, stage: Stage) -> Grid:
    """Return the sums of the units of each group."""
    if isinstance(cells, np.ndarray):
        return np.add.reduceat(cells, stage.starts, axis=0)
    return sparse.csr_array(stage.membership @ cells)


def _array(cells: Grid) -> Floats:
    return cells if isinstance(cells, np.ndarray) else np.asarray(cells.todense())


def _products(cells: Grid, stage: Stage, centres: Floats | None) -> Floats:
    """Return the products of deviations from centres, the group means by default."""
    if stage.pairs is not None:
        return np.asarray(cells.T @ (stage.pairs @ cells))
    if centres is None:
        centres = _array(_sums(cells, stage)) / stage.sizes[:, None]
    products = _dense_products if isinstance(cells, np.ndarray) else _sparse_products
    total = products(cells, stage, centres)
    if stage.own is not None:
        total = total + _array(
            cells.T @ (sparse.diags_array(stage.own * stage.multiplier[stage.group]) @ cells)
        )
    return total


def _dense_products(cells: Floats, stage: Stage, centres: Floats) -> Floats:
    deviations = centres[stage.group]
    np.subtract(cells, deviations, out=deviations)
    # the square root of the factor scales each unit, so that one product does for all groups
    deviations *= np.sqrt(stage.factors)[:, None]
    return deviations.T @ deviations


def _sparse_products(cells: sparse.csr_array, stage: Stage, centres: Floats) -> Floats:
    # the diagonal is centred cell by cell, so that a small variance is not the difference of two
    # large numbers; off the diagonal sum(c z z') - s a' - a s' + c a a' is used, a being the
    # centres, s the sums of c z
    factors, member = stage.factors, stage.membership
    weighted = sparse.csr_array(sparse.diags_array(factors) @ cells)
    sums = np.asarray((member @ weighted).todense())
    by_group = member @ factors
    crossed = sums.T @ centres
    total = np.asarray((cells.T @ weighted).todense()) - crossed - crossed.T
    total += (centres * by_group[:, None]).T @ centres
    entries = sparse.coo_array(cells)
    rows, own = stage.group[entries.row], factors[entries.row]
    deviations = (entries.data - centres[rows, entries.col]) ** 2 * own
    filled = np.zeros_like(centres)
    np.add.at(filled, (rows, entries.col), own)
    empty = ((by_group[:, None] - filled) * centres**2).sum(axis=0)
    np.fill_diagonal(
        total, np.bincount(entries.col, weights=deviations, minlength=cells.shape[1]) + empty
    )
    return total


def _in_reach(cells: Grid, reach: UnitsPresent, policy: LonelyPolicy, group: Integers) -> Grid:
    """Return values with those of strata that get no variance of their own set to zero."""
    if policy.domain not in ("remove", "certainty", "average") or not reach.single.any():
        return cells
    if isinstance(cells, np.ndarray):
        return np.where(reach.single[group], 0.0, cells)
    each = sparse.coo_array(cells)
    data = np.where(reach.single[group[each.row], each.col], 0.0, each.data)
    return sparse.csr_array((data, (each.row, each.col)), shape=cells.shape)


def unit_factors(
    inclusion: Floats, group: Integers, approximation: str, form: str
) -> tuple[Floats, Floats | None]:
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
    """Return factors of pairs for Horvitz and Thompson's form; `joint` (units, units)."""
    single = np.diag(joint)
    pairs = np.divide(single[:, None], joint)
    pairs *= -single
    pairs += 1.0
    np.fill_diagonal(pairs, 1 - single)
    return pairs


def yates_grundy_pairs(joint: Floats) -> Floats:
    """Return factors of pairs for Yates and Grundy's form, fixed size; `joint` (units, units)."""
    pairs = horvitz_thompson_pairs(joint)
    np.fill_diagonal(pairs, 0.0)
    np.fill_diagonal(pairs, -pairs.sum(axis=1))
    return pairs


@dataclass(frozen=True, eq=False)
class Squares:
    """A weighted sum of squared totals over sets of cells."""

    members: sparse.csr_array  # (sets, cells); 1 where the cell belongs to the set
    factors: Floats  # (sets,); what the square of each total is multiplied by


def added_squares(
    stages: Sequence[Stage], cells: Integers, unit: Integers, second: Stage
) -> list[Squares]:
    """Return the second phase's addition to the variance. Shapes: `cells`, `unit` (taken,)."""
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
                added.append(
                    _squares(cells, count, code, stratum, factor, between, np.arange(between.size))
                )
                added.append(_squares(cells, count, code, unit, factor, within, second.group))
        inside = group
    return added


def _squares(
    cells: Integers,
    count: int,
    first: Integers,
    second: Integers,
    factor: Floats,
    extra: Floats,
    stratum: Integers,
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
    """The units of one stage in both waves, by pair of the groups they were drawn from."""

    left: Integers  # left, right: (pairs,); the unit in the earlier wave, and in the later
    right: Integers
    cell: Integers  # (pairs,); which pair of groups
    # (cells,) each; the group in the earlier wave, and in the later
    groups: tuple[Integers, Integers]
    # factors, below: (cells,); of the products of two deviations, and of those of a stage below
    factors: Floats
    below: Floats

    @classmethod
    def of(cls, stage: Stage, left: Integers, right: Integers, above: Floats) -> CommonUnits:
        """Find pairs of groups and their factors; `above` is that of the units above, or 1."""
        width = len(stage.sizes)
        keys, first, cell, common = np.unique(
            stage.group[left] * width + stage.group[right],
            return_index=True,
            return_inverse=True,
            return_counts=True,
        )
        groups = keys // width, keys % width
        (n, m), (f, g) = ([of[group] for group in groups] for of in (stage.sizes, stage.fraction))
        scale = 1 - 1 / n - 1 / m + common / (n * m)
        # a unit that is alone in its wave shows no distance
        known, by_chance = scale > 1e-12, np.sqrt(f * g * n * m) / common
        factors = np.where(known, above[first] * (1 - by_chance) / np.where(known, scale, 1.0), 0.0)
        return cls(left, right, cell, groups, factors, above[first] * by_chance)

    def products(self, cells: sparse.csr_array, stage: Stage) -> Floats:
        """Return the sum over common units of products of deviations of variables by unit."""
        # sum(c z y') - s a' - b t' + c n b a', with means a, b of groups and sums s, t of c z and c
        # y
        pairs = self.cell.size
        of_cell = sparse.csr_array(
            (np.ones(pairs), (self.cell, np.arange(pairs))), shape=(len(self.factors), pairs)
        )
        means = np.asarray((stage.membership @ cells).todense()) / stage.sizes[:, None]
        (earlier, later), (b, a) = (
            (cells[self.left], cells[self.right]),
            (means[group] for group in self.groups),
        )
        factors = self.factors[:, None]
        s, t = (np.asarray((of_cell @ item).todense()) * factors for item in (earlier, later))
        total: Floats = np.asarray(
            (earlier.T @ (sparse.diags_array(self.factors[self.cell]) @ later)).todense()
        )
        total += (b * factors * np.bincount(self.cell)[:, None]).T @ a - s.T @ a - b.T @ t
        return total
