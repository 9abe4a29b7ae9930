"""Degrees of freedom of the variance of a domain: how many independent squares its estimate amounts to.

The variance of a mean is estimated by a quadratic form u'Au, where u holds what each sampling unit contributes and A
compares units within their stratum, stage by stage. Under independent errors of equal variance u has the covariance
G = M diag(b) M', where b is the sum of squared shares of the domain's weight in each unit, a the sum of these shares,
and M = I - a1' takes the mean out. By Satterthwaite's approximation the degrees of freedom of the estimator are

    tr(AG)^2 / tr(AGAG)

(Kott 1994; Bell and McCaffrey 2002). They depend on no answer: three units give about two, however large the sample.
For the difference of two means, G is the sum of the covariances of both groups.

A has few distinct entries. Two units share the stratum, or the stratum and the primary unit, and so on: A is a sum
over the levels of sampling of what each level adds, and nothing is ever multiplied out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Self

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from diplab.kernel.arrays import Floats, Integers
    from diplab.kernel.variance import Stage


@dataclass(frozen=True, eq=False)
class Level:
    """What the entries of A gain between units that share a node of this level and units that share its parent only."""

    parent: Integers  # (nodes,); node of the level above
    gain: Floats  # (nodes,)
    gain_of_squares: Floats  # (nodes,); the same of the squared entries


@dataclass(frozen=True, eq=False)
class VarianceForm:
    """The matrix A of a design.

    Two primary units i, j of one stratum have the entry sum over r of left[r, i] right[r, j].
    """

    stratum: Integers  # left and right: (terms, primary units); stratum: (primary units,)
    left: Floats
    right: Floats
    levels: tuple[Level, ...]  # of primary units, then of the units of later stages
    pairs: Floats | None = None  # A itself, where the design knows pairs of primary units

    @property
    def between(self) -> Floats:
        """What the terms between primary units give for a unit and itself."""
        return np.einsum("rp,rp->p", self.left, self.right) if self.pairs is None else np.diag(self.pairs)

    @cached_property
    def diagonal(self) -> Floats:
        """The diagonal of A, by unit of the last stage."""
        found = self.between
        for place, level in enumerate(self.levels):
            found = (found[level.parent] if place else found) + level.gain
        return found

    def among(self, unit: Integers) -> Floats:
        """Return the part of A between some units of the last stage.

        Shapes: `unit` (units,).
        """
        node, gains = unit, []
        for place in range(len(self.levels) - 1, -1, -1):
            gains.append((node, self.levels[place].gain))
            node = self.levels[place].parent[node] if place else node
        if self.pairs is not None:
            found = self.pairs[np.ix_(node, node)]
        else:
            found = self.left[:, node].T @ self.right[:, node]
            found[self.stratum[node][:, None] != self.stratum[node]] = 0.0
        for node, gain in gains:
            found += np.where(node[:, None] == node, gain[node], 0.0)
        return np.asarray(found, dtype=float)


def variance_form(stages: Sequence[Stage]) -> VarianceForm:
    """Return the matrix of the variance that stages of sampling give; a lonely unit adds none."""
    first = stages[0]
    n, factor = first.sizes[first.group], first.factors
    if first.pairs is not None:
        own = np.diag(first.pairs)
        between = own
        left = right = np.zeros((0, own.size))
    elif first.spread is None:
        own = factor * (1 - 1 / n)
        between = -factor / n
        left, right = between[None], np.ones((1, own.size))
    else:
        # squared distances to the mean of the stratum, each with a factor of its own
        mean = np.bincount(first.group, weights=factor)[first.group] / n**2
        between = mean - 2 * factor / n
        own = factor + between + (0.0 if first.own is None else first.own * first.multiplier[first.group])
        left = np.stack([-factor / n, np.ones_like(n), mean])
        right = np.stack([np.ones_like(n), -factor / n, np.ones_like(n)])
    levels, shared, parent = [], own, first.group
    for stage, following in zip(stages, [*stages[1:], None], strict=True):
        if stage is not first:
            parent, between = stage.group, shared[stage.group]
            shared = between + stage.factors
        if following is not None:
            # units of the next stage within one unit are compared with each other
            shared = shared - following.factors[following.starts] / following.sizes
        levels.append(Level(parent, shared - between, shared**2 - between**2))
    return VarianceForm(first.group, left, right, tuple(levels), first.pairs)


def uncentred(form: VarianceForm, stage: Stage) -> VarianceForm:
    """Return the matrix of a single stratum that measures units from zero, as the correction of few units does."""
    gain = np.full(len(stage.group), 1.0 - stage.fraction[0])
    nothing = np.zeros((1, len(stage.group)))
    return replace(form, left=nothing, right=nothing, levels=(Level(stage.group, gain, gain**2),))


@dataclass(frozen=True, eq=False)
class EffectiveDf:
    """The effective degrees of freedom of several means, and what those of their differences are computed from."""

    df: Floats  # (means,); between 1 and `most`
    trace: Floats  # (means,); tr(AG)
    products: Floats  # (means, means); tr(AGAG'), NaN between means of which it is not known
    most: float  # the degrees of freedom of the design

    @classmethod
    def of(cls, trace: Floats, products: Floats, most: float, without: Floats) -> Self:
        """Return the degrees of freedom of each mean; `without` where nothing varies."""
        return cls(_satterthwaite(trace, np.diag(products), most, without), trace, products, most)

    def of_differences(self, first: Integers, second: Integers) -> Floats:
        """Return those of differences between means of different people; the smaller of both where not known."""
        own = np.diag(self.products)
        square = own[first] + own[second] + 2 * self.products[first, second]
        smaller = np.minimum(self.df[first], self.df[second])
        return _satterthwaite(self.trace[first] + self.trace[second], square, self.most, smaller)

    def rows(self, places: Integers) -> EffectiveDf:
        """Return those of some of the means, in their order."""
        return replace(
            self, df=self.df[places], trace=self.trace[places], products=self.products[np.ix_(places, places)]
        )


def side_by_side(parts: Sequence[EffectiveDf], *, independent: bool = False) -> EffectiveDf:
    """Return several sets of means as one: of independent samples, or of one, whose common part is not known."""
    ends = np.cumsum([0, *(each.df.size for each in parts)])
    products = np.full((ends[-1], ends[-1]), 0.0 if independent else np.nan)
    for start, end, each in zip(ends[:-1], ends[1:], parts, strict=True):
        products[start:end, start:end] = each.products
    df, trace = (np.concatenate([getattr(each, name) for each in parts]) for name in ("df", "trace"))
    most = [each.most for each in parts]
    return EffectiveDf(df, trace, products, sum(most) if independent else max(most))


def _satterthwaite(trace: Floats, square: Floats, most: float, without: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        df = np.clip(trace**2 / square, min(1.0, most), most)
        return np.where(square > 0, df, without)


_FILLED = 1 / 16
"""From this share of cells filled on, a product of dense arrays is faster than one of sparse ones."""


@dataclass(frozen=True, eq=False)
class _Cells:
    """The parts a, b, c of G by node of a level and domain."""

    node: Integers  # node, domain, parts: (cells,)
    domain: Integers
    parts: tuple[Floats, ...]
    domains: int
    cell_above: Integers | None = None  # the cell of the node above

    @classmethod
    def of(cls, node: Integers, domain: Integers, parts: Sequence[Floats], domains: int) -> Self:
        """Return cells, those of one node and domain added up."""
        key = node * domains + domain
        if (key[1:] > key[:-1]).all():
            return cls(node, domain, tuple(parts), domains)
        key, place = np.unique(key, return_inverse=True)
        summed = tuple(np.bincount(place, weights=each, minlength=key.size).astype(float) for each in parts)
        return cls(key // domains, key % domains, summed, domains)

    def above(self, parent: Integers) -> tuple[_Cells, _Cells]:
        """Return the cells of the level above, and these with their places there."""
        key, place = np.unique(parent[self.node] * self.domains + self.domain, return_inverse=True)
        summed = tuple(np.bincount(place, weights=each, minlength=key.size).astype(float) for each in self.parts)
        found = _Cells(key // self.domains, key % self.domains, summed, self.domains)
        return found, replace(self, cell_above=place)

    def by_group(self, group: Integers, values: Floats) -> Floats:
        """Return sums of values over groups of nodes, shape (groups, domains)."""
        groups = int(group.max(initial=-1)) + 1
        key = group[self.node] * self.domains + self.domain
        sums = np.bincount(key, weights=values, minlength=groups * self.domains)
        return sums.reshape(groups, self.domains).astype(float)

    def products(self, left: Floats, right: Floats) -> Floats:
        """Return sums over nodes of products of two values, by pair of domains."""
        if self._one_domain_each:
            return np.diag(np.bincount(self.domain, weights=left * right, minlength=self.domains).astype(float))
        shape = (int(self.node[-1]) + 1, self.domains)
        first, second = (sparse.csr_array((each, (self.node, self.domain)), shape=shape) for each in (left, right))
        if left.size > _FILLED * shape[0] * shape[1]:
            return np.asarray(first.toarray().T @ second.toarray(), dtype=float)
        return np.asarray((first.T @ second).toarray(), dtype=float)

    @cached_property
    def _one_domain_each(self) -> bool:
        return bool((self.node[1:] > self.node[:-1]).all())


@dataclass(eq=False)
class _Products:
    """Sums over pairs of units, by pair of domains (left, right)."""

    aa: Floats  # a'Aa, a'Ab, b'Ab
    ab: Floats
    bb: Floats
    squares: Floats  # c'(A o A)c
    crossed: Floats  # sum of c times the quadratic form of the rows of A(a, b)
    diagonal: Floats  # (domains,); sum of c times the diagonal of A


def variance_moments(
    form: VarianceForm, unit: Integers, domain: Integers, parts: Sequence[Floats], spread: Floats
) -> tuple[Floats, Floats]:
    """Return tr(AG) of each domain, and tr(AGAG') of each pair of domains.

    G = diag(c) - ab' - ba' + s aa' in each domain, with `parts` a, b, c by unit of the last stage and `spread` s. Of a
    mean, a are shares of the weight, b = c sums of squared shares, and s their sum.

    Shapes: `unit`, `domain`, `parts` (entries,), `spread` (domains,).
    """
    by_level = [_Cells.of(unit, domain, parts, spread.size)]
    for level in form.levels[:0:-1]:
        by_level[:1] = by_level[0].above(level.parent)
    found, of_a, of_b = _between_units(form, by_level[0], spread)
    for level, cells in zip(form.levels, by_level, strict=True):
        # what nodes of the level give beyond those that share their parent only
        if cells.cell_above is not None:
            of_a, of_b = of_a[cells.cell_above], of_b[cells.cell_above]
        s, (a, b, c) = spread[cells.domain], cells.parts
        gain = level.gain[cells.node]
        more_a, more_b = of_a + gain * a, of_b + gain * b
        change = s * (more_a**2 - of_a**2) - 2 * (more_a * more_b - of_a * of_b)
        of_a, of_b = more_a, more_b
        found.aa += cells.products(a, gain * a)
        found.ab += cells.products(a, gain * b)
        found.bb += cells.products(b, gain * b)
        found.squares += cells.products(c, level.gain_of_squares[cells.node] * c)
        found.crossed += cells.products(c, change)
        found.diagonal += np.bincount(cells.domain, weights=gain * c, minlength=spread.size)
    s, aa, ab, ba, bb = spread, found.aa, found.ab, found.ab.T, found.bb
    both = (aa * s - ab) * (aa * s[:, None] - ba) - aa * (ab * s[:, None] - bb) - aa * (ba * s - bb) + ba * ab
    trace = found.diagonal - 2 * np.diag(ab) + s * np.diag(aa)
    return trace, found.squares + found.crossed + found.crossed.T + both


def _between_units(form: VarianceForm, cells: _Cells, spread: Floats) -> tuple[_Products, Floats, Floats]:
    """Return the products that units of one stratum give, and A a and A b by cell of primary units."""
    a, b, c = cells.parts
    alone = np.bincount(cells.domain, weights=form.between[cells.node] * c, minlength=spread.size).astype(float)
    if form.pairs is not None:
        of_a, of_b, own = (np.zeros((len(form.pairs), spread.size)) for _ in range(3))
        for wide, each in zip((of_a, of_b, own), cells.parts, strict=True):
            wide[cells.node, cells.domain] = each
        wide_a, wide_b, of_a, of_b = of_a, of_b, form.pairs @ of_a, form.pairs @ of_b
        quadratic = spread * of_a**2 - 2 * of_a * of_b
        squares = own.T @ (form.pairs**2 @ own)
        found = _Products(wide_a.T @ of_a, wide_a.T @ of_b, wide_b.T @ of_b, squares, own.T @ quadratic, alone)
        return found, of_a[cells.node, cells.domain], of_b[cells.node, cells.domain]
    left, right = form.left[:, cells.node], form.right[:, cells.node]
    terms = range(len(left))

    def by_stratum(values: Floats) -> Floats:
        return cells.by_group(form.stratum, values)

    right_a, right_b = ([by_stratum(each * part) for each in right] for part in (a, b))
    left_a, left_b = ([by_stratum(each * part) for each in left] for part in (a, b))
    aa, ab, bb, squares, crossed = np.zeros((5, spread.size, spread.size))
    found = _Products(aa, ab, bb, squares, crossed, alone)
    for r in terms:
        found.aa += left_a[r].T @ right_a[r]
        found.ab += left_a[r].T @ right_b[r]
        found.bb += left_b[r].T @ right_b[r]
        for t in terms:
            both = by_stratum(left[r] * left[t] * c)
            found.squares += both.T @ by_stratum(right[r] * right[t] * c)
            found.crossed += both.T @ (spread * right_a[r] * right_a[t] - 2 * right_a[r] * right_b[t])
    stratum = form.stratum[cells.node]
    of_a = sum(left[r] * right_a[r][stratum, cells.domain] for r in terms)
    of_b = sum(left[r] * right_b[r][stratum, cells.domain] for r in terms)
    return found, of_a, of_b


_MOST_UNITS = 1000
"""Of the units that a coefficient rests on most, how many are compared pair by pair."""


def coefficient_df(form: VarianceForm, unit: Integers, own: Floats, reach: Floats, core: Floats) -> float:
    """Return the degrees of freedom of a coefficient, with G = diag(own) + reach core reach'; NaN where none varies.

    Beyond the units that carry most of it, covariances between units are nothing, and are left out.

    Shapes: `unit` (units,), `own` (units,), `reach` (units, columns), `core` (columns, columns).
    """
    heavy = np.arange(own.size) if own.size <= _MOST_UNITS else np.argpartition(-own, _MOST_UNITS)[:_MOST_UNITS]
    among, loads = form.among(unit[heavy]), own[heavy]
    spread = among @ reach[heavy]
    product = reach[heavy].T @ spread @ core
    alone = form.diagonal[unit] * own
    trace = alone.sum() + np.trace(product)
    crossed = loads @ np.einsum("gi,ij,gj->g", spread, core, spread)
    square = loads @ (among**2 @ loads) + 2 * crossed + np.trace(product @ product)
    square += (alone**2).sum() - (alone[heavy] ** 2).sum()
    return float(trace**2 / square) if square > 0 else np.nan
