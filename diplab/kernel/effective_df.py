"""Effective degrees of freedom of estimated variances. See docs/formulas.md."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import product
from typing import Any, Protocol, Self

import numpy as np
from scipy import sparse

from diplab.kernel.arrays import Floats, Integers, compressed
from diplab.kernel.variance import Stage

MOST_OF_A_GROUP = 0.75 + 1e-9
"""The largest share of a group in one unit for which linearised errors hold."""


@dataclass(frozen=True, eq=False)
class Level:
    """The gain of entries of A between units that share a node of a level, over its parent's."""

    parent: Integers  # (nodes,); node of the level above
    gain: Floats  # (nodes,)
    above: Floats  # (nodes,); the entries of units that share the parent only


@dataclass(frozen=True, eq=False)
class _Members:
    """Groups of entries, to be summed over."""

    place: Integers  # (entries,); the group of each
    first: Integers  # (groups,); an entry of each

    @classmethod
    def of(cls, code: Integers) -> Self:
        return cls(*compressed(code))

    def sums(self, values: Floats, factor: Floats | None = None) -> Floats:
        """Return group sums of values times a factor. Shapes: `values` (entries, columns)."""
        entries, groups = self.place.size, self.first.size
        if groups == entries and factor is None:
            return values[self.first]
        every = np.ones(entries) if factor is None else factor
        if groups == 1:
            return np.asarray(every[None] @ values, dtype=float)
        members = sparse.csr_array(
            (every, (self.place, np.arange(entries))), shape=(groups, entries)
        )
        return np.asarray(members @ values, dtype=float)

    def spread(self, factor: Floats, sums: Floats) -> Floats:
        """Return each entry's part of its group's sums. Shapes: `sums` (groups, columns)."""
        if len(sums) == 1:
            return np.outer(factor, sums)
        return np.asarray(factor[:, None] * sums[self.place], dtype=float)


@dataclass(frozen=True, eq=False)
class VarianceForm:
    """The matrix A of a design."""

    # two primary units i, j of one stratum have the entry sum over r of left[r, i] right[r, j]
    stratum: Integers  # left and right: (terms, primary units); stratum: (primary units,)
    left: Floats
    right: Floats
    levels: tuple[Level, ...]  # of primary units, then of the units of later stages
    pairs: Floats | None = None  # A itself, where the design knows pairs of primary units

    @property
    def between(self) -> Floats:
        """What the terms between primary units give for a unit and itself."""
        if self.pairs is not None:
            return np.diag(self.pairs)
        diagonal: Floats = np.einsum("rp,rp->p", self.left, self.right)
        return diagonal

    @cached_property
    def diagonal(self) -> Floats:
        """The diagonal of A, by unit of the last stage."""
        found = self.between
        for position, level in enumerate(self.levels):
            found = (found[level.parent] if position else found) + level.gain
        return found

    def nodes(self, unit: Integers) -> list[Integers]:
        """Return the nodes that units of the last stage are of, level by level from the first."""
        found = [unit]
        for level in self.levels[:0:-1]:
            found.insert(0, level.parent[found[0]])
        return found

    def among(self, unit: Integers) -> Floats:
        """Return the part of A between some units of the last stage. Shapes: `unit` (units,)."""
        nodes = self.nodes(unit)
        first = nodes[0]
        if self.pairs is not None:
            found = self.pairs[np.ix_(first, first)]
        else:
            found = self.left[:, first].T @ self.right[:, first]
            found[self.stratum[first][:, None] != self.stratum[first]] = 0.0
        for node, level in zip(nodes, self.levels, strict=True):
            found += np.where(node[:, None] == node, level.gain[node], 0.0)
        return np.asarray(found, dtype=float)

    def times(self, unit: Integers, values: Floats) -> Floats:
        """Return A times the values of some units, zero elsewhere; `values` (units, columns)."""
        nodes = self.nodes(unit)
        first = nodes[0]
        if self.pairs is not None:
            found = self.pairs[np.ix_(first, first)] @ values
        else:
            # left times sums over the stratum of right times the values, term by term
            within = _Members.of(self.stratum[first])
            found = np.zeros(values.shape)
            for left, right in zip(self.left[:, first], self.right[:, first], strict=True):
                found += within.spread(left, within.sums(values, right))
        for node, level in zip(nodes, self.levels, strict=True):
            within = _Members.of(node)
            if within.first.size == node.size:
                found += level.gain[node][:, None] * values
            else:
                found += within.spread(level.gain[node], within.sums(values))
        return np.asarray(found, dtype=float)

    def squared(self, unit: Integers, values: Floats) -> float:
        """Return v'(A o A)v, A o A having the squares of its entries. Shapes: `values` (units,)."""
        nodes = self.nodes(unit)
        first = nodes[0]
        if self.pairs is not None:
            found = float(values @ self.pairs[np.ix_(first, first)] ** 2 @ values)
        else:
            found, within = 0.0, _Members.of(self.stratum[first])
            left, right = self.left[:, first], self.right[:, first]
            for r, t in product(range(len(left)), repeat=2):
                sums = within.sums(
                    np.stack([left[r] * left[t] * values, right[r] * right[t] * values], axis=1)
                )
                found += float(sums[:, 0] @ sums[:, 1])
        for node, level in zip(nodes, self.levels, strict=True):
            within = _Members.of(node)
            added = level.gain * (level.gain + 2 * level.above)
            found += float(added[node[within.first]] @ within.sums(values[:, None])[:, 0] ** 2)
        return found


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
        own = (
            factor
            + between
            + (0.0 if first.own is None else first.own * first.multiplier[first.group])
        )
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
        levels.append(Level(parent, shared - between, between))
    return VarianceForm(first.group, left, right, tuple(levels), first.pairs)


def form_of_replicates(moved: Floats) -> VarianceForm:
    """Return the variance matrix of replicates; `moved` are scaled factors less one.

    Shapes: `moved` (replicates, units).
    """
    units = np.arange(moved.shape[1])
    none, nothing = np.zeros((0, units.size)), np.zeros(units.size)
    level = Level(np.zeros_like(units), nothing, nothing)
    return VarianceForm(np.zeros_like(units), none, none, (level,), moved.T @ moved)


def uncentred(form: VarianceForm, stage: Stage) -> VarianceForm:
    """Return a single stratum's matrix about zero, as the small-sample correction needs."""
    gain = np.full(len(stage.group), 1.0 - stage.fraction[0])
    nothing = np.zeros((1, len(stage.group)))
    return replace(
        form, left=nothing, right=nothing, levels=(Level(stage.group, gain, np.zeros_like(gain)),)
    )


def wishart_df(q: int, variances: float, most: float, without: float) -> float:
    """Return the degrees of freedom of a covariance matrix of mean I, from its total variance."""
    # entries of a Wishart matrix of d, over d, have variances that add up to q (q + 1) / d (Zhang
    # 2012)
    if not (np.isfinite(variances) and variances > 0):
        return without
    return float(np.clip(q * (q + 1) / variances, min(1.0, most), most))


class CombinationsDf(Protocol):
    """What the degrees of freedom of combinations of estimates are computed from."""

    def of_covariance(self, weights: Floats) -> float:
        """Return those of the covariance of linearly independent combinations (q, estimates)."""

    def of_combinations(self, weights: Floats) -> Floats:
        """Return those of each combination."""
        return np.array([self.of_covariance(line[None]) for line in weights])

    def corrected(self, weights: Floats) -> tuple[Floats, float] | None:
        """Return the bias-reduced covariance of combinations and its df; None if not known."""
        del weights
        return None

    def over_imputations(self) -> ImputedDf | None:
        """Return the parts of each imputation; None for a single sample."""
        return None


@dataclass(frozen=True, eq=False)
class CombinedDf(CombinationsDf):
    """Those of estimates that are themselves combinations."""

    parts: CombinationsDf
    weights: Floats  # (estimates, parts)
    # (estimates, parts); derivatives by the parts, where degrees of freedom are of other weights: a
    # ratio has those of the difference
    slopes: Floats | None = None

    def of_covariance(self, weights: Floats) -> float:
        """See `CombinationsDf`."""
        return self.parts.of_covariance(weights @ self.weights)

    def of_combinations(self, weights: Floats) -> Floats:
        """See `CombinationsDf`."""
        return self.parts.of_combinations(weights @ self.weights)

    def corrected(self, weights: Floats) -> tuple[Floats, float] | None:
        """See `CombinationsDf`."""
        found = self.parts.corrected(weights @ self.weights)
        if found is None or self.slopes is None:
            return found
        moved = self.parts.corrected(weights @ self.slopes)
        return None if moved is None else (moved[0], found[1])

    def over_imputations(self) -> ImputedDf | None:
        """See `CombinationsDf`."""
        found = self.parts.over_imputations()
        return None if found is None else found.combined(self.weights, self.slopes)

    def rows(self, places: Integers) -> CombinedDf:
        """Return those of some of the estimates, in their order."""
        slopes = None if self.slopes is None else self.slopes[places]
        return replace(self, weights=self.weights[places], slopes=slopes)


@dataclass(frozen=True, eq=False)
class ImputedDf(CombinationsDf):
    """Those of estimates over imputations, with the parts of each imputation."""

    df: Floats  # (estimates,); as combined
    points: Floats  # (imputations, estimates)
    covariances: tuple[Floats, ...]  # by imputation, (estimates, estimates)
    parts: tuple[CombinationsDf, ...]  # by imputation

    def of_covariance(self, weights: Floats) -> float:
        """Return the smallest of those that take part."""
        return float(self.of_combinations(np.abs(weights).max(axis=0)[None])[0])

    def of_combinations(self, weights: Floats) -> Floats:
        """Return the smallest of those that take part in each."""
        found: Floats = np.where(weights != 0, self.df, np.inf).min(axis=1)
        found[~(weights != 0).any(axis=1)] = self.df.min(initial=np.inf)
        return found

    def over_imputations(self) -> ImputedDf:
        """See `CombinationsDf`."""
        return self

    def combined(self, weights: Floats, slopes: Floats | None = None) -> ImputedDf:
        """Return those of combinations."""
        moved = weights if slopes is None else slopes
        covariances = tuple(
            moved @ np.nan_to_num(covariance) @ moved.T for covariance in self.covariances
        )
        parts = tuple(CombinedDf(part, weights, slopes) for part in self.parts)
        return ImputedDf(self.of_combinations(weights), self.points @ moved.T, covariances, parts)


@dataclass(frozen=True, eq=False)
class EffectiveDf(CombinationsDf):
    """Effective degrees of freedom of several means and of their combinations."""

    df: Floats  # (means,); between 1 and `most`
    trace: Floats  # (means,); tr(AG)
    most: float  # the degrees of freedom of the design
    between: Callable[[], Floats]  # gives `products`, which combinations only ask for
    # gives the covariance of the means from enlarged residuals, and what it is worth; None where
    # not known
    enlarged: Callable[[], tuple[Floats, EffectiveDf] | None] | None = None

    @classmethod
    def of(
        cls,
        trace: Floats,
        square: Floats,
        most: float,
        without: Floats,
        between: Callable[[], Floats],
    ) -> Self:
        """Return the degrees of freedom of each mean; `without` where nothing varies."""
        with np.errstate(divide="ignore", invalid="ignore"):
            df = np.where(square > 0, np.clip(trace**2 / square, min(1.0, most), most), without)
        return cls(df, trace, most, between)

    @cached_property
    def products(self) -> Floats:
        """tr(AGAG') of each pair of means, NaN where it is not known."""
        return self.between()

    def settled(self) -> EffectiveDf:
        """Return the same without the units that they are reckoned from."""
        return replace(self, between=partial(np.asarray, self.products), enlarged=None)

    def of_covariance(self, weights: Floats) -> float:
        """Return those of combinations of means of different people; the smallest if not known."""
        size = np.abs(weights)
        used = np.flatnonzero((size > 1e-12 * size.max(axis=1, keepdims=True)).any(axis=0))
        mix = weights[:, used]
        mix = inverse_root((mix * np.nan_to_num(self.trace[used])) @ mix.T) @ mix
        # G_st is the sum of the products of the weights of s and t with the G of each mean
        across = mix.T @ mix
        variances = (np.outer(np.diag(across), np.diag(across)) + across**2) * self.products[
            np.ix_(used, used)
        ]
        return wishart_df(
            len(mix), float(variances.sum()), self.most, self.df[used].min(initial=np.inf)
        )

    def corrected(self, weights: Floats) -> tuple[Floats, float] | None:
        """See `CombinationsDf`."""
        found = self.enlarged() if self.enlarged is not None else None
        if found is None:
            return None
        covariance, own = found
        return weights @ covariance @ weights.T, own.of_covariance(weights)

    def averaged(self, mix: Floats) -> EffectiveDf:
        """Return those of averages of different people's means, `mix` (means, averages)."""
        squares, smallest = mix**2, np.where(mix > 0, self.df[:, None], np.inf).min(axis=0)
        products = squares.T @ np.nan_to_num(self.products) @ squares
        trace = squares.T @ np.nan_to_num(self.trace)
        return EffectiveDf.of(
            trace, np.diag(products), self.most, smallest, partial(np.asarray, products)
        )

    def rows(self, places: Integers) -> EffectiveDf:
        """Return those of some of the means, in their order."""
        enlarged = None
        if self.enlarged is not None:
            enlarged = partial(_enlarged_among, self.enlarged, places)
        between = partial(_among, self, places)
        return replace(
            self, df=self.df[places], trace=self.trace[places], between=between, enlarged=enlarged
        )


def _among(means: EffectiveDf, places: Integers) -> Floats:
    return means.products[np.ix_(places, places)]


def _enlarged_among(
    every: Callable[[], tuple[Floats, EffectiveDf] | None], places: Integers
) -> tuple[Floats, EffectiveDf] | None:
    found = every()
    return None if found is None else (found[0][np.ix_(places, places)], found[1].rows(places))


def side_by_side(parts: Sequence[EffectiveDf], *, independent: bool = False) -> EffectiveDf:
    """Return several sets of means as one, of independent samples or with unknown covariance."""
    if len(parts) == 1:
        return parts[0]
    df, trace = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("df", "trace")
    )
    most = [part.most for part in parts]
    between = partial(_products_side_by_side, parts, 0.0 if independent else np.nan)
    return EffectiveDf(df, trace, sum(most) if independent else max(most), between)


def _products_side_by_side(parts: Sequence[EffectiveDf], across: float) -> Floats:
    ends = np.cumsum([0, *(part.df.size for part in parts)])
    products = np.full((ends[-1], ends[-1]), across)
    for start, end, item in zip(ends[:-1], ends[1:], parts, strict=True):
        products[start:end, start:end] = item.products
    return products


# from this share of cells filled on, a product of dense arrays is faster than one of sparse ones
_FILLED = 1 / 16


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
        return cls._summed(key, parts, domains)[0]

    @classmethod
    def _summed(cls, key: Integers, parts: Sequence[Floats], domains: int) -> tuple[Self, Integers]:
        """Return the cells of distinct keys, and the place of each key among them."""
        key, place = np.unique(key, return_inverse=True)
        summed = tuple(
            np.bincount(place, weights=part, minlength=key.size).astype(float) for part in parts
        )
        return cls(key // domains, key % domains, summed, domains), place

    def above(self, parent: Integers) -> tuple[_Cells, _Cells]:
        """Return the cells of the level above, and these with their places there."""
        found, place = self._summed(
            parent[self.node] * self.domains + self.domain, self.parts, self.domains
        )
        return found, replace(self, cell_above=place)

    def by_group(self, group: Integers, values: Floats) -> Floats:
        """Return sums of values over groups of nodes, shape (groups, domains)."""
        groups = int(group.max(initial=-1)) + 1
        key = group[self.node] * self.domains + self.domain
        sums = np.bincount(key, weights=values, minlength=groups * self.domains)
        return sums.reshape(groups, self.domains).astype(float)

    def products(self, left: Floats, right: Floats, *, pairs: bool) -> Floats:
        """Return sums over nodes of products, by pair of domains or within each domain."""
        if not pairs or (self.node[1:] > self.node[:-1]).all():
            own = np.bincount(self.domain, weights=left * right, minlength=self.domains).astype(
                float
            )
            return np.diag(own) if pairs else own
        shape = (int(self.node[-1]) + 1, self.domains)
        first, second = (
            sparse.csr_array((item, (self.node, self.domain)), shape=shape)
            for item in (left, right)
        )
        if left.size > _FILLED * shape[0] * shape[1]:
            return np.asarray(first.toarray().T @ second.toarray(), dtype=float)
        return np.asarray((first.T @ second).toarray(), dtype=float)


@dataclass(eq=False)
class _Products:
    """Sums over pairs of units, by pair of domains (left, right), or of each domain with itself."""

    aa: Floats  # a'Aa, a'Ab, b'Ab
    ab: Floats
    bb: Floats
    squares: Floats  # c'(A o A)c
    crossed: Floats  # sum of c times the quadratic form of the rows of A(a, b)
    diagonal: Floats  # (domains,); sum of c times the diagonal of A

    def moments(self, spread: Floats) -> tuple[Floats, Floats]:
        """Return tr(AG) of each domain, and tr(AGAG')."""
        aa, ab, ba, bb, pairs = self.aa, self.ab, self.ab.T, self.bb, self.aa.ndim == 2
        s, t = spread, spread[:, None] if pairs else spread
        both = (aa * s - ab) * (aa * t - ba) - aa * (ab * t - bb) - aa * (ba * s - bb) + ba * ab
        own_ab, own_aa = (np.diag(item) if pairs else item for item in (ab, aa))
        trace = self.diagonal - 2 * own_ab + s * own_aa
        return trace, self.squares + self.crossed + self.crossed.T + both


def variance_moments(
    form: VarianceForm,
    unit: Integers,
    domain: Integers,
    parts: Sequence[Floats],
    spread: Floats,
    *,
    pairs: bool = False,
) -> tuple[Floats, Floats]:
    """Return tr(AG) and tr(AGAG) by domain, or tr(AGAG') by pair of domains with `pairs`."""
    # G = diag(c) - ab' - ba' + s aa' in each domain, with `parts` a, b, c by unit of the last stage
    # and `spread` s. Of a mean, a are shares of the weight, b = c sums of squared shares, and s
    # their sum. Shapes: `unit`, `domain`, `parts` (entries,), `spread` (domains,)
    by_level = [_Cells.of(unit, domain, parts, spread.size)]
    for level in form.levels[:0:-1]:
        by_level[:1] = by_level[0].above(level.parent)
    found, of_a, of_b = _between_units(form, by_level[0], spread, pairs=pairs)
    for level, cells in zip(form.levels, by_level, strict=True):
        # what nodes of the level give beyond those that share their parent only
        if cells.cell_above is not None:
            of_a, of_b = of_a[cells.cell_above], of_b[cells.cell_above]
        s, (a, b, c) = spread[cells.domain], cells.parts
        gain = level.gain[cells.node]
        more_a, more_b = of_a + gain * a, of_b + gain * b
        change = s * (more_a**2 - of_a**2) - 2 * (more_a * more_b - of_a * of_b)
        of_a, of_b = more_a, more_b
        found.aa += cells.products(a, gain * a, pairs=pairs)
        found.ab += cells.products(a, gain * b, pairs=pairs)
        found.bb += cells.products(b, gain * b, pairs=pairs)
        # of the squared entries of A
        found.squares += cells.products(
            c, gain * (gain + 2 * level.above[cells.node]) * c, pairs=pairs
        )
        found.crossed += cells.products(c, change, pairs=pairs)
        found.diagonal += np.bincount(cells.domain, weights=gain * c, minlength=spread.size)
    return found.moments(spread)


def _between_units(
    form: VarianceForm, cells: _Cells, spread: Floats, *, pairs: bool
) -> tuple[_Products, Floats, Floats]:
    """Return the products within one stratum, and A a and A b by cell of primary units."""

    def across(left: Floats, right: Floats) -> Floats:
        return left.T @ right if pairs else np.einsum("nd,nd->d", left, right)

    a, b, c = cells.parts
    alone = np.bincount(
        cells.domain, weights=form.between[cells.node] * c, minlength=spread.size
    ).astype(float)
    if form.pairs is not None:
        of_a, of_b, own = (np.zeros((len(form.pairs), spread.size)) for _ in range(3))
        for wide, item in zip((of_a, of_b, own), cells.parts, strict=True):
            wide[cells.node, cells.domain] = item
        wide_a, wide_b, of_a, of_b = of_a, of_b, form.pairs @ of_a, form.pairs @ of_b
        quadratic = spread * of_a**2 - 2 * of_a * of_b
        products = across(wide_a, of_a), across(wide_a, of_b), across(wide_b, of_b)
        found = _Products(
            *products, across(own, form.pairs**2 @ own), across(own, quadratic), alone
        )
        return found, of_a[cells.node, cells.domain], of_b[cells.node, cells.domain]
    left, right = form.left[:, cells.node], form.right[:, cells.node]
    terms = range(len(left))

    def by_stratum(values: Floats) -> Floats:
        return cells.by_group(form.stratum, values)

    right_a, right_b = ([by_stratum(item * part) for item in right] for part in (a, b))
    left_a, left_b = ([by_stratum(item * part) for item in left] for part in (a, b))
    aa, ab, bb, squares, crossed = np.zeros((5, *([spread.size] * (1 + pairs))))
    found = _Products(aa, ab, bb, squares, crossed, alone)
    for r in terms:
        found.aa += across(left_a[r], right_a[r])
        found.ab += across(left_a[r], right_b[r])
        found.bb += across(left_b[r], right_b[r])
        for t in terms:
            both = by_stratum(left[r] * left[t] * c)
            found.squares += across(both, by_stratum(right[r] * right[t] * c))
            found.crossed += across(
                both, spread * right_a[r] * right_a[t] - 2 * right_a[r] * right_b[t]
            )
    stratum = form.stratum[cells.node]
    of_a = sum(left[r] * right_a[r][stratum, cells.domain] for r in terms)
    of_b = sum(left[r] * right_b[r][stratum, cells.domain] for r in terms)
    return found, of_a, of_b


_CELLS = 32_768


@dataclass(frozen=True, eq=False)
class WeightsByUnit:
    """Sums of weights and of their squares by ultimate unit and domain."""

    stages: Sequence[Stage]
    domains: int
    weight: Floats  # (units, domains), or (entries,) with the unit and domain of each in `cells`
    squared: Floats
    cells: tuple[Integers, Integers] | None = None

    def moments(self) -> tuple[Floats, Floats]:
        """Return tr(AG) and tr(AGAG) of each mean."""
        first = self.stages[0]
        if len(self.stages) == 1 and first.spread is None and first.pairs is None:
            return _moments_of_one_stage(first, self._power_sums())
        return self._moments(pairs=False)

    def products(self) -> Floats:
        """Return tr(AGAG') of each pair of means."""
        return self._moments(pairs=True)[1]

    def _moments(self, *, pairs: bool) -> tuple[Floats, Floats]:
        cells: Any = np.indices(self.weight.shape) if self.cells is None else self.cells
        unit, own = cells
        there = self.weight > 0
        unit, own, weight, squared = (
            unit[there],
            own[there],
            self.weight[there],
            self.squared[there],
        )
        total = np.bincount(own, weights=weight, minlength=self.domains)[own]
        share, square = weight / total, squared / total**2
        spread = np.bincount(own, weights=square, minlength=self.domains).astype(float)
        return variance_moments(
            variance_form(self.stages), unit, own, (share, square, square), spread, pairs=pairs
        )

    def _power_sums(self) -> Floats:
        """Return sums of a, b, a^2, ab, b^2, a^2 b, a b^2 by stratum and domain, in blocks."""
        first, shape = self.stages[0], (len(self.stages[0].sizes), self.domains)
        found, size = np.zeros((7, *shape)), shape[0] * shape[1]
        if self.cells is None:
            ends, step = (
                np.append(first.starts, len(first.group)),
                1 + _CELLS * shape[0] // max(self.weight.size, 1),
            )
        else:
            ends, step = np.arange(self.weight.size + 1), max(_CELLS, 4 * size)
        for start in range(0, len(ends) - 1, step):
            some = slice(ends[start], ends[min(start + step, len(ends) - 1)])
            a, b = self.weight[some], self.squared[some]
            ab = a * b
            powers = (a, b, a**2, ab, b**2, a * ab, b * ab)
            if self.cells is None:
                for into, item in zip(found[:, start : start + step], powers, strict=True):
                    np.add.reduceat(
                        item, first.starts[start : start + step] - ends[start], axis=0, out=into
                    )
            elif size == 1:
                found += np.array([power.sum() for power in powers])[:, None, None]
            else:
                unit, key = self.cells[0][some], self.cells[1][some]
                if shape[0] > 1:
                    key = key + first.group[unit] * self.domains
                found += [
                    np.bincount(key, weights=power, minlength=size).reshape(shape)
                    for power in powers
                ]
        return found


def _moments_of_one_stage(stage: Stage, power_sums: Floats) -> tuple[Floats, Floats]:
    """Return moments of means for one stage with equal chances within strata."""
    total = power_sums[0].sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        a, b, aa, ab, bb, aab, abb = (
            item / total**power
            for item, power in zip(power_sums, (1, 2, 2, 3, 4, 4, 5), strict=True)
        )
    spread, n = b.sum(axis=0), stage.sizes[:, None]
    k = stage.factors[stage.starts][:, None]
    mean_a, mean_b = a / n, b / n
    quadratic = spread * (aab - 2 * mean_a * ab + mean_a**2 * b)
    quadratic -= 2 * (abb - mean_a * bb - mean_b * ab + mean_a * mean_b * b)
    of_strata = (
        *(k * (aa - mean_a * a), k * (ab - mean_a * b), k * (bb - mean_b * b)),
        *(k**2 * (bb * (1 - 2 / n) + mean_b**2), k**2 * quadratic, k * (1 - 1 / n) * b),
    )
    return _Products(*(item.sum(axis=0) for item in of_strata)).moments(spread)


def inverse_root(matrix: Floats) -> Floats:
    """Return the inverse of the root of a covariance matrix; nothing along what does not vary."""
    size, direction = np.linalg.eigh(matrix)
    varies = size > 1e-12 * size[-1]
    return np.asarray(
        (direction * np.where(varies, np.where(varies, size, 1.0) ** -0.5, 0.0)) @ direction.T
    )
