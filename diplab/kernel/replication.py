"""Factors of replicate weights by unit, and totals under many weights. See docs/formulas.md."""

from __future__ import annotations

import itertools
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from diplab.kernel.arrays import Floats, Integers
from diplab.kernel.effective_df import variance_form
from diplab.kernel.variance import Stage, lonely_groups

Signs = NDArray[np.int8]


def hadamard(least: int) -> Signs:
    """Return a Hadamard matrix of the smallest order these constructions reach from `least` on."""
    for order in itertools.count(least):
        matrix = _of_order(order)
        if matrix is not None:
            return np.asarray(matrix * matrix[:, :1] * matrix[0] * matrix[0, 0])
    raise AssertionError  # doubling reaches every power of two


def _of_order(order: int) -> Signs | None:
    if order <= 2:
        return np.array([[1, 1], [1, -1]], dtype=np.int8)[:order, :order]
    if order % 4:
        return None
    # a power of two by doubling first: it is what other software makes of them
    if order & (order - 1) and (first := _first_paley(order)) is not None:
        return first
    half = _of_order(order // 2)
    if half is not None:
        return np.kron(np.array([[1, 1], [1, -1]], dtype=np.int8), half)
    return _second_paley(order)


def _first_paley(order: int) -> Signs | None:
    """The matrix I + S of order q + 1, where q = 3 modulo 4 is prime."""
    characters = _characters(order - 1) if order % 4 == 0 else None
    if characters is None:
        return None
    bordered = np.ones((order, order), dtype=np.int8)
    bordered[1:, 1:] = characters
    bordered[1:, 0] = -1
    bordered[0, 0] = 0
    return bordered + np.eye(order, dtype=np.int8)


def _second_paley(order: int) -> Signs | None:
    """The matrix of order 2 (q + 1), where q = 1 modulo 4 is a prime or its square."""
    half = order // 2
    characters = _characters(half - 1) if half % 4 == 2 else None
    if characters is None:
        return None
    bordered = np.ones((half, half), dtype=np.int8)
    bordered[1:, 1:] = characters
    bordered[0, 0] = 0
    inner, corner = np.array([[1, 1], [1, -1]]), np.array([[1, -1], [-1, -1]])
    return (np.kron(bordered, inner) + np.kron(np.eye(half), corner)).astype(np.int8)


def _characters(size: int) -> Signs | None:
    """Return the quadratic character of differences in a field: 1 square, -1 not, 0 zero."""
    root = round(size**0.5)
    if _is_prime(size):
        place = np.arange(size)
        return np.asarray(_legendre(size)[(place[:, None] - place) % size])
    if root * root != size or root == 2 or not _is_prime(root):
        return None
    signs = _legendre(root)
    outside = int(np.flatnonzero(signs == -1)[0])
    first, second = np.divmod(np.arange(size), root)
    a, b = first[:, None] - first, second[:, None] - second
    # a + b sqrt(outside) is a square exactly where its norm is one in the prime field
    return np.asarray(signs[(a * a - outside * b * b) % root])


def _legendre(prime: int) -> Signs:
    signs = np.full(prime, -1, dtype=np.int8)
    signs[np.arange(1, prime) ** 2 % prime] = 1
    signs[0] = 0
    return signs


def _is_prime(number: int) -> bool:
    return number > 1 and all(number % divisor for divisor in range(2, int(number**0.5) + 1))


@dataclass(frozen=True, eq=False)
class Factors:
    """Factors of the units in each replicate, and how the spread over replicates is scaled."""

    by_unit: Floats  # (units, replicates)
    scale: float  # what multiplies the sum of squares over replicates
    rscales: Floats  # (replicates,); what multiplies each replicate
    # how they were made, for the provenance
    rules: Mapping[str, str] = field(default_factory=dict)
    # the most degrees of freedom that they have, where fewer than those of the design
    df: int | None = None


def _alike(
    deviations: Floats,
    scale: float,
    rules: Mapping[str, str],
    softening: float = 0.0,
    df: int | None = None,
) -> Factors:
    """Return factors 1 + deviations of equally weighted replicates, shrunk to be non-negative."""
    # Fay's coefficient k brings factors nearer to 1 by 1 - k; the scale is divided by its square
    too_far = max(1.0, -(1 - softening) * float(deviations.min(initial=0.0)))
    share = (1 - softening) / too_far
    by_unit = np.maximum(1 + share * deviations, 0.0)
    if too_far > 1 + 1e-9:
        rules = {**rules, "replicate_softening": f"{too_far:.4g}"}
    return Factors(by_unit, scale / share**2, np.ones(deviations.shape[1]), rules, df)


def stratified_jackknife(stage: Stage, lonely_psu: str = "fail") -> Factors:
    """Return the factors of the delete-one jackknife within strata."""
    # the others of the stratum get the factor n / (n - 1); the replicate is scaled by (1 - f)(n -
    # 1) / n of its stratum (Quenouille 1956 without strata; Jones 1974; Wolter 2007, ch. 4). Strata
    # taken whole have no replicate
    sizes, group, units = stage.sizes, stage.group, len(stage.group)
    left_out = np.flatnonzero((sizes > 1)[group] & (stage.fraction < 1)[group])
    of_replicate = group[left_out]
    size = sizes[of_replicate]
    by_unit = np.where(group[:, None] == of_replicate, size / (size - 1), 1.0)
    by_unit[left_out, np.arange(left_out.size)] = 0.0
    rscales = (1 - stage.fraction[of_replicate]) * (size - 1) / size
    lonely = lonely_groups(stage)
    if lonely_psu == "adjust" and lonely.size:
        apart = np.full((units, lonely.size), 1 / units)
        apart[stage.starts[lonely], np.arange(lonely.size)] -= 1.0
        by_unit = np.concatenate([by_unit, 1 + apart, 1 - apart], axis=1)
        rscales = np.concatenate([rscales, *[(1 - stage.fraction[lonely]) / 2] * 2])
    return Factors(by_unit, share_of_lonely(stage, lonely_psu), rscales)


def balanced_half_samples(
    stage: Stage,
    softening: float = 0.0,
    lonely_psu: str = "fail",
    random: np.random.Generator | None = None,
) -> Factors:
    """Return the factors of balanced repeated replication, one unit of each pair per replicate."""
    units = np.flatnonzero(((stage.sizes > 1) & (stage.fraction < 1))[stage.group])
    if random is not None:
        units = units[np.lexsort((random.random(units.size), stage.group[units]))]
    group = stage.group[units]
    opens = np.diff(group, prepend=-1) != 0
    rank = np.arange(units.size) - np.flatnonzero(opens)[np.cumsum(opens) - 1]
    size = stage.sizes[group]
    # the last unit of an odd stratum joins the first one of its last pair
    third, even = (rank == size - 1) & (rank % 2 == 0), rank % 2 == 0
    in_three = (size % 2 == 1) & (rank >= size - 3)
    pair = np.cumsum(even & ~third) - 1
    step = np.where(even, 1.0, -1.0) * np.where(
        in_three, np.where(even, np.sqrt(0.5), np.sqrt(2.0)), 1.0
    )
    pairs = int(pair.max(initial=-1)) + 1
    signs = hadamard(pairs + 1)[:, 1 : pairs + 1].T
    deviations = np.zeros((len(stage.group), signs.shape[1]))
    deviations[units] = signs[pair] * (step * np.sqrt(1 - stage.fraction[group]))[:, None]
    scale, split = share_of_lonely(stage, lonely_psu) / signs.shape[1], bool((size > 2).any())
    rules = {"replicate_split": "random pairs"} if split else {}
    return _alike(deviations, scale, rules, softening, pairs if split else None)


def successive_differences(
    stage: Stage, order: Integers, replicates: int | None, lonely_psu: str = "fail"
) -> Factors:
    """Return the factors of successive difference replication, for units drawn along an order."""
    # shapes: `order` (units,): the units of each group in their order
    varies = (stage.sizes > 1) & (stage.fraction < 1)
    units = order[varies[stage.group[order]]]
    group = stage.group[units]
    row = np.arange(units.size)
    following = row + 1
    ends = np.diff(group, append=-1) != 0
    following[ends] = row[np.diff(group, prepend=-1) != 0]
    signs = hadamard(replicates or units.size + 1)[:, 1:].T
    deviations = np.zeros((len(stage.group), signs.shape[1]))
    deviations[units] = signs[row % len(signs)] - signs[following % len(signs)]
    deviations *= np.sqrt((1 - stage.fraction[stage.group]) / 8)[:, None]
    # Satterthwaite's, of independent units that vary alike: a pair has 1, a longer circle of n has
    # 2 n / 3
    trace, pair = stage.sizes * (1 - stage.fraction) * varies, stage.sizes == 2
    df = trace.sum() ** 2 / (trace**2 * np.where(pair, 1.0, 1.5 / stage.sizes)).sum()
    rules = {"replicate_rows": "used again"} if units.size > len(signs) else {}
    scale = 4 * share_of_lonely(stage, lonely_psu) / signs.shape[1]
    return _alike(deviations, scale, rules, df=max(int(df + 1e-9), 1))


def generalised(
    stages: Sequence[Stage],
    replicates: int,
    random: np.random.Generator | None,
    lonely_psu: str = "fail",
) -> Factors:
    """Return the factors of generalised replication, by the quadratic form of the variance."""
    count = sum(len(stage.group) for stage in stages)
    if random is None:
        rows = hadamard(count + 1)[:, 1 : count + 1].T.astype(float)
    else:
        rows = random.standard_normal((count, replicates))
    found, projected, begun = np.zeros((len(stages[0].sizes), rows.shape[1])), False, 0
    for stage in stages:
        own, lost = _with_matrix_of(stage, rows[begun : begun + len(stage.group)])
        found, projected, begun = (
            own + found[stage.group],
            projected or lost,
            begun + len(stage.group),
        )
    scale = share_of_lonely(stages[0], lonely_psu) / (rows.shape[1] - (random is not None))
    return _alike(found, scale, {"quadratic_form": "projected"} if projected else {})


def _with_matrix_of(stage: Stage, independent: Floats) -> tuple[Floats, bool]:
    """Return L times independent rows, LL' a stage's matrix; and whether it was not positive."""
    # shapes: `independent` (units, replicates)
    if stage.own is None and stage.pairs is None:
        found = independent * np.sqrt(stage.factors)[:, None]
        found -= (np.add.reduceat(found, stage.starts, axis=0) / stage.sizes[:, None])[stage.group]
        return found, False
    form, found, lost = variance_form([stage]), np.zeros(independent.shape), False
    every = np.arange(len(stage.group))
    for units in np.split(every, stage.starts[1:]) if stage.pairs is None else [every]:
        size, direction = np.linalg.eigh(form.among(units))
        found[units] = (direction * np.sqrt(np.maximum(size, 0.0))) @ independent[units]
        lost = lost or bool(size[0] < -1e-10 * size[-1])
    return found, lost


def share_of_lonely(stage: Stage, lonely_psu: str) -> float:
    """Return the factor of the variance where lonely strata get the average of the others."""
    lonely = lonely_groups(stage).size
    if lonely_psu != "average" or not lonely:
        return 1.0
    known = len(stage.sizes) - lonely
    return 1 + lonely / known if known else np.nan


_BLOCK_CELLS = 4_000_000


def rescaled_bootstrap(
    stages: Sequence[Stage], replicates: int, random: np.random.Generator, lonely_psu: str = "fail"
) -> Factors:
    """Return rescaled bootstrap factors: n - 1 of n units redrawn in each group of each stage."""
    above, moment = np.ones((1, replicates)), np.ones(1)
    group_above = np.zeros(len(stages[0].sizes), dtype=np.int64)
    for depth, stage in enumerate(stages):
        # groups of the first stage are strata, all under a factor of 1; those below are the units
        # before them
        place = group_above if depth == 0 else np.arange(len(stage.sizes))
        by_unit = (
            bootstrap_draws(stage, replicates, random, lonely_psu, moment[place])
            .multiplied()
            .by_unit
        )
        if depth:
            by_unit *= above[place][stage.group]
        above, moment = by_unit, (moment[place] + _variance(stage))[stage.group]
    scale = share_of_lonely(stages[0], lonely_psu) / (replicates - 1)
    return Factors(above, scale, np.ones(replicates))


@dataclass(frozen=True, eq=False)
class Draws:
    """Bootstrap factors of one stage as numbers of draws, in an eighth of the memory."""

    counts: NDArray[np.unsignedinteger]  # (replicates, units); the factor is base + step * counts
    base: Floats  # (units,)
    step: Floats  # (units,)
    scale: float  # what multiplies the sum of squares over replicates

    def factors(self, replicate: int) -> Floats:
        """Return the factors of one replicate."""
        return np.asarray(self.counts[replicate] * self.step + self.base)

    def multiplied(self) -> Factors:
        """Return the factors themselves."""
        by_unit = self.counts.T * self.step[:, None]
        by_unit += self.base[:, None]
        return Factors(by_unit, self.scale, np.ones(len(self.counts)))


def bootstrap_draws(
    stage: Stage,
    replicates: int,
    random: np.random.Generator,
    lonely_psu: str = "fail",
    moment: Floats | float = 1.0,
) -> Draws:
    """Return the draws of `rescaled_bootstrap` in one stage, `moment` that of the groups above."""
    # a factor is 1 - c, and c n / (n - 1) for each time that the unit was drawn
    rescaling = np.sqrt(_variance(stage) / moment)
    share = np.where(stage.sizes > 1, stage.sizes / np.maximum(stage.sizes - 1, 1), 0.0)
    base, step = (1 - rescaling)[stage.group], (rescaling * share)[stage.group]
    scale = share_of_lonely(stage, lonely_psu) / (replicates - 1)
    return Draws(_drawn_again(stage, replicates, random), base, step, scale)


def doubled_halves(
    stage: Stage, replicates: int, random: np.random.Generator, lonely_psu: str = "fail"
) -> Draws:
    """Return the draws of the doubled half bootstrap: half of each stratum's units count twice."""
    expected = np.where(stage.sizes > 1, stage.sizes * (1 - stage.fraction), 0.0)
    counts = np.zeros((replicates, len(stage.group)), dtype=np.uint8)
    place = np.arange(len(stage.group)) - stage.starts[stage.group]
    for drawn in counts:
        chance = random.random(expected.size)
        # a single unit could not vary: two or none
        m = np.where(expected < 2, 2 * (2 * chance < expected), np.floor(expected + chance)).astype(
            np.int64
        )
        half = m // 2
        more = np.where(random.random(m.size) < 0.25, 0, half)
        number = 2 * (place < half[stage.group]) + (place >= m[stage.group])
        number += (place == more[stage.group]) & (m % 2 == 1)[stage.group]
        drawn[np.lexsort((random.random(place.size), stage.group))] = number
    nothing = np.zeros(place.size)
    return Draws(
        counts, nothing, nothing + 1, share_of_lonely(stage, lonely_psu) / (replicates - 1)
    )


def _variance(stage: Stage) -> Floats:
    """The variance of a group's factors given those above, from its sampling fraction; 0 alone."""
    return np.where(stage.sizes > 1, stage.multiplier * (1 - stage.fraction), 0.0)


def _drawn_again(
    stage: Stage, replicates: int, random: np.random.Generator
) -> NDArray[np.unsignedinteger]:
    """How many times each unit is drawn, n - 1 draws a group, shape (replicates, units)."""
    units = len(stage.group)
    drawing = np.delete(np.arange(units), stage.starts)
    group = stage.group[drawing]
    start, size = stage.starts[group], stage.sizes[group]
    drawn: NDArray[np.unsignedinteger] = np.zeros((replicates, units), dtype=np.uint8)
    # in blocks, so that draws take less memory than their counts
    block = max(1, _BLOCK_CELLS // max(units, 1))
    for first in range(0, replicates, block):
        count = min(block, replicates - first)
        unit = start + (random.random((count, drawing.size)) * size).astype(np.int64)
        cell = unit + np.arange(count)[:, None] * units
        counts = np.bincount(cell.ravel(), minlength=count * units)
        if int(counts.max(initial=0)) > np.iinfo(drawn.dtype).max:
            drawn = drawn.astype(np.uint32)
        drawn[first : first + count] = counts.reshape(count, units)
    return drawn


_BLOCK_ROWS = 1 << 16
_MOST_THREADS = 8  # each holds the weights of one set, which may be made when they are read


@dataclass(frozen=True, eq=False)
class _Block:
    """Some of the rows, put in the order of their cells once for all sets of weights."""

    rows: slice
    order: Integers | None
    cells: Integers
    starts: Integers
    values: tuple[Floats | None, ...]

    def add(self, weights: Floats, sums: Floats) -> None:
        """Add to the sums of each variable by cell those of the rows under one set of weights."""
        own = weights[self.rows]
        if self.order is not None:
            own = own.take(self.order)
        for variable, value in enumerate(self.values):
            product = own if value is None else own * value
            sums[variable, self.cells] += np.add.reduceat(product, self.starts)


def replicated_sums(
    weights: Sequence[Floats], values: Sequence[Floats], cell: Integers | None, cells: int
) -> Floats:
    """Return the weighted sum of each variable in each cell, under each set of weights."""
    # rows are taken in blocks that stay near the processor, so that no product of two columns is
    # held whole; the sets are shared between the processors. The sums do not depend on how many
    # those are. Shapes: `weights` (rows,), `values` (rows,), `cell` (rows,) no product of matrices:
    # it is faster on an idle machine only, and many times slower where its threads wait a block
    # costs a look at its cells: many cells want large blocks
    rows, step = len(values[0]), max(_BLOCK_ROWS, 8 * cells)
    blocks = [
        _block(slice(start, min(start + step, rows)), values, cell, cells)
        for start in range(0, rows, step)
    ]
    sums = np.zeros((len(weights), len(values), cells))

    def add(place: int) -> None:
        own = weights[place]
        for block in blocks:
            block.add(own, sums[place])

    if len(blocks) == 1:
        for place in range(len(weights)):
            add(place)
    else:
        with ThreadPoolExecutor(min(os.cpu_count() or 1, _MOST_THREADS)) as pool:
            list(pool.map(add, range(len(weights))))
    return sums


def _block(rows: slice, values: Sequence[Floats], cell: Integers | None, cells: int) -> _Block:
    order, there, starts = None, np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64)
    if cell is not None:
        own = cell[rows]
        # short codes are sorted by their bytes
        order = np.argsort(own.astype(np.int16) if cells <= 1 << 15 else own, kind="stable")
        sizes = np.bincount(own, minlength=cells)
        there = np.flatnonzero(sizes)
        starts = (np.cumsum(sizes) - sizes)[there]
    inside = [value[rows] if order is None else value[rows][order] for value in values]
    # where a variable is 1 everywhere its sum is that of the weights
    return _Block(
        rows, order, there, starts, tuple(None if (item == 1).all() else item for item in inside)
    )
