"""Degrees of freedom of the variance of a domain: how many independent squares its estimate amounts to.

The variance of a mean is estimated by a quadratic form u'Au, where u holds what each sampling unit contributes and A
compares units within their stratum, stage by stage. Under independent errors of equal variance u has the covariance
G = M diag(b) M', where b is the sum of squared shares of the domain's weight in each unit, a the sum of these shares,
and M = I - a1' takes the mean out. By Satterthwaite's approximation the degrees of freedom of the estimator are

    tr(AG)^2 / tr(AGAG)

(Kott 1994; Bell and McCaffrey 2002). They depend on no answer: three units give about two, however large the sample.
For the difference of two means, G is the sum of the covariances of both groups; for any combination c of means of
different people, of those times the squares of c. For the test of several at once see `hotelling_df`.

A has few distinct entries. Two units share the stratum, or the stratum and the primary unit, and so on: A is a sum
over the levels of sampling of what each level adds, and nothing is ever multiplied out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from scipy import sparse
from scipy.special import fdtri, stdtrit

from diplab.kernel.arrays import Floats, Integers

if TYPE_CHECKING:
    from diplab.kernel.variance import Stage


@dataclass(frozen=True, eq=False)
class Level:
    """What the entries of A gain between units that share a node of this level and units that share its parent only."""

    parent: Integers  # (nodes,); node of the level above
    gain: Floats  # (nodes,)
    above: Floats  # (nodes,); the entries of units that share the parent only

    @property
    def gain_of_squares(self) -> Floats:
        """The same of the squared entries."""
        return self.gain * (self.gain + 2 * self.above)


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
        levels.append(Level(parent, shared - between, between))
    return VarianceForm(first.group, left, right, tuple(levels), first.pairs)


def uncentred(form: VarianceForm, stage: Stage) -> VarianceForm:
    """Return the matrix of a single stratum that measures units from zero, as the correction of few units does."""
    gain = np.full(len(stage.group), 1.0 - stage.fraction[0])
    nothing = np.zeros((1, len(stage.group)))
    return replace(form, left=nothing, right=nothing, levels=(Level(stage.group, gain, np.zeros_like(gain)),))


class CombinationsDf:
    """What the degrees of freedom of combinations of estimates are computed from."""

    def of_covariance(self, weights: Floats) -> float:
        """Return those of the covariance matrix of combinations (q, estimates) that do not follow from each other."""
        raise NotImplementedError

    def of_combinations(self, weights: Floats) -> Floats:
        """Return those of each combination."""
        return np.array([self.of_covariance(line[None]) for line in weights])


@dataclass(frozen=True, eq=False)
class CombinedDf(CombinationsDf):
    """Those of estimates that are themselves combinations."""

    parts: CombinationsDf
    weights: Floats  # (estimates, parts)

    def of_covariance(self, weights: Floats) -> float:
        """See `CombinationsDf`."""
        return self.parts.of_covariance(weights @ self.weights)

    def of_combinations(self, weights: Floats) -> Floats:
        """See `CombinationsDf`."""
        return self.parts.of_combinations(weights @ self.weights)

    def rows(self, places: Integers) -> CombinedDf:
        """Return those of some of the estimates, in their order."""
        return replace(self, weights=self.weights[places])


@dataclass(frozen=True, eq=False)
class EffectiveDf(CombinationsDf):
    """The effective degrees of freedom of several means, and what those of their combinations are computed from."""

    df: Floats  # (means,); between 1 and `most`
    trace: Floats  # (means,); tr(AG)
    most: float  # the degrees of freedom of the design
    between: Callable[[], Floats]  # gives `products`, which combinations only ask for

    @classmethod
    def of(cls, trace: Floats, square: Floats, most: float, without: Floats, between: Callable[[], Floats]) -> Self:
        """Return the degrees of freedom of each mean; `without` where nothing varies."""
        return cls(_satterthwaite(trace, square, most, without), trace, most, between)

    @cached_property
    def products(self) -> Floats:
        """tr(AGAG') of each pair of means, NaN where it is not known."""
        return self.between()

    def of_covariance(self, weights: Floats) -> float:
        """Return those of combinations of means of different people; the smallest of theirs where not known."""
        size = np.abs(weights)
        used = np.flatnonzero((size > 1e-12 * size.max(axis=1, keepdims=True)).any(axis=0))
        mix = weights[:, used]
        mix = _inverse_root((mix * np.nan_to_num(self.trace[used])) @ mix.T) @ mix
        squares = np.einsum("ai,bi->abi", mix, mix)
        moments = _pairs(squares @ self.products[np.ix_(used, used)], squares)
        return hotelling_df(moments, self.most, self.df[used].min(initial=np.inf))

    def averaged(self, mix: Floats) -> EffectiveDf:
        """Return those of averages of means of different people, with the weights `mix` (means, averages)."""
        squares, smallest = mix**2, np.where(mix > 0, self.df[:, None], np.inf).min(axis=0)
        products = squares.T @ np.nan_to_num(self.products) @ squares
        trace = squares.T @ np.nan_to_num(self.trace)
        return EffectiveDf.of(trace, np.diag(products), self.most, smallest, partial(np.asarray, products))

    def rows(self, places: Integers) -> EffectiveDf:
        """Return those of some of the means, in their order."""
        return replace(self, df=self.df[places], trace=self.trace[places], between=partial(_among, self, places))


def _among(means: EffectiveDf, places: Integers) -> Floats:
    return means.products[np.ix_(places, places)]


def side_by_side(parts: Sequence[EffectiveDf], *, independent: bool = False) -> EffectiveDf:
    """Return several sets of means as one: of independent samples, or of one, whose common part is not known."""
    if len(parts) == 1:
        return parts[0]
    df, trace = (np.concatenate([getattr(each, name) for each in parts]) for name in ("df", "trace"))
    most = [each.most for each in parts]
    between = partial(_products_side_by_side, parts, 0.0 if independent else np.nan)
    return EffectiveDf(df, trace, sum(most) if independent else max(most), between)


def _products_side_by_side(parts: Sequence[EffectiveDf], across: float) -> Floats:
    ends = np.cumsum([0, *(each.df.size for each in parts)])
    products = np.full((ends[-1], ends[-1]), across)
    for start, end, each in zip(ends[:-1], ends[1:], parts, strict=True):
        products[start:end, start:end] = each.products
    return products


def _satterthwaite(trace: Any, square: Any, most: float, without: Any) -> Any:
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

    def products(self, left: Floats, right: Floats, *, pairs: bool) -> Floats:
        """Return sums over nodes of products of two values, by pair of domains or of each domain with itself."""
        if not pairs or self._one_domain_each:
            own = np.bincount(self.domain, weights=left * right, minlength=self.domains).astype(float)
            return np.diag(own) if pairs else own
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
        own_ab, own_aa = (np.diag(each) if pairs else each for each in (ab, aa))
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
    """Return tr(AG) of each domain, and tr(AGAG) of each, or with `pairs` tr(AGAG') of each pair.

    G = diag(c) - ab' - ba' + s aa' in each domain, with `parts` a, b, c by unit of the last stage and `spread` s. Of a
    mean, a are shares of the weight, b = c sums of squared shares, and s their sum.

    Shapes: `unit`, `domain`, `parts` (entries,), `spread` (domains,).
    """
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
        found.squares += cells.products(c, level.gain_of_squares[cells.node] * c, pairs=pairs)
        found.crossed += cells.products(c, change, pairs=pairs)
        found.diagonal += np.bincount(cells.domain, weights=gain * c, minlength=spread.size)
    return found.moments(spread)


def _between_units(
    form: VarianceForm, cells: _Cells, spread: Floats, *, pairs: bool
) -> tuple[_Products, Floats, Floats]:
    """Return the products that units of one stratum give, and A a and A b by cell of primary units."""

    def across(left: Floats, right: Floats) -> Floats:
        return left.T @ right if pairs else np.einsum("nd,nd->d", left, right)

    a, b, c = cells.parts
    alone = np.bincount(cells.domain, weights=form.between[cells.node] * c, minlength=spread.size).astype(float)
    if form.pairs is not None:
        of_a, of_b, own = (np.zeros((len(form.pairs), spread.size)) for _ in range(3))
        for wide, each in zip((of_a, of_b, own), cells.parts, strict=True):
            wide[cells.node, cells.domain] = each
        wide_a, wide_b, of_a, of_b = of_a, of_b, form.pairs @ of_a, form.pairs @ of_b
        quadratic = spread * of_a**2 - 2 * of_a * of_b
        products = across(wide_a, of_a), across(wide_a, of_b), across(wide_b, of_b)
        found = _Products(*products, across(own, form.pairs**2 @ own), across(own, quadratic), alone)
        return found, of_a[cells.node, cells.domain], of_b[cells.node, cells.domain]
    left, right = form.left[:, cells.node], form.right[:, cells.node]
    terms = range(len(left))

    def by_stratum(values: Floats) -> Floats:
        return cells.by_group(form.stratum, values)

    right_a, right_b = ([by_stratum(each * part) for each in right] for part in (a, b))
    left_a, left_b = ([by_stratum(each * part) for each in left] for part in (a, b))
    aa, ab, bb, squares, crossed = np.zeros((5, *([spread.size] * (1 + pairs))))
    found = _Products(aa, ab, bb, squares, crossed, alone)
    for r in terms:
        found.aa += across(left_a[r], right_a[r])
        found.ab += across(left_a[r], right_b[r])
        found.bb += across(left_b[r], right_b[r])
        for t in terms:
            both = by_stratum(left[r] * left[t] * c)
            found.squares += across(both, by_stratum(right[r] * right[t] * c))
            found.crossed += across(both, spread * right_a[r] * right_a[t] - 2 * right_a[r] * right_b[t])
    stratum = form.stratum[cells.node]
    of_a = sum(left[r] * right_a[r][stratum, cells.domain] for r in terms)
    of_b = sum(left[r] * right_b[r][stratum, cells.domain] for r in terms)
    return found, of_a, of_b


_CELLS = 32_768


@dataclass(frozen=True, eq=False)
class WeightsByUnit:
    """Sums of weights and of their squares by unit of the last stage and domain: what the moments of means need."""

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
        unit, own, weight, squared = unit[there], own[there], self.weight[there], self.squared[there]
        total = np.bincount(own, weights=weight, minlength=self.domains)[own]
        share, square = weight / total, squared / total**2
        spread = np.bincount(own, weights=square, minlength=self.domains).astype(float)
        return variance_moments(variance_form(self.stages), unit, own, (share, square, square), spread, pairs=pairs)

    def _power_sums(self) -> Floats:
        """Return sums of a, b, a^2, ab, b^2, a^2 b, a b^2 by stratum and domain, a cache full of cells at once."""
        first, shape = self.stages[0], (len(self.stages[0].sizes), self.domains)
        found, size = np.zeros((7, *shape)), shape[0] * shape[1]
        if self.cells is None:
            ends, step = np.append(first.starts, len(first.group)), 1 + _CELLS * shape[0] // max(self.weight.size, 1)
        else:
            ends, step = np.arange(self.weight.size + 1), max(_CELLS, 4 * size)
        for start in range(0, len(ends) - 1, step):
            some = slice(ends[start], ends[min(start + step, len(ends) - 1)])
            a, b = self.weight[some], self.squared[some]
            ab = a * b
            powers = (a, b, a**2, ab, b**2, a * ab, b * ab)
            if self.cells is None:
                for into, each in zip(found[:, start : start + step], powers, strict=True):
                    np.add.reduceat(each, first.starts[start : start + step] - ends[start], axis=0, out=into)
            elif size == 1:
                found += np.array([each.sum() for each in powers])[:, None, None]
            else:
                unit, key = self.cells[0][some], self.cells[1][some]
                key = key + first.group[unit] * self.domains if shape[0] > 1 else key
                found += [np.bincount(key, weights=each, minlength=size).reshape(shape) for each in powers]
        return found


def _moments_of_one_stage(stage: Stage, power_sums: Floats) -> tuple[Floats, Floats]:
    """Return the moments of means where units are drawn in one stage, with equal chances within strata."""
    total = power_sums[0].sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        a, b, aa, ab, bb, aab, abb = (
            each / total**power for each, power in zip(power_sums, (1, 2, 2, 3, 4, 4, 5), strict=True)
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
    return _Products(*(each.sum(axis=0) for each in of_strata)).moments(spread)


_MOST_UNITS = 1000
"""Of the units that coefficients rest on most, how many are compared pair by pair."""


@dataclass(frozen=True, eq=False)
class WorkingModel:
    """A weighted regression X whose rows have independent errors of variance 1."""

    unit: Integers  # (rows,)
    weight: Floats  # (rows,)
    weighted: Floats  # WX, shape (columns, rows)
    bread: Floats  # (X'WX)^-1
    meat: Floats  # X'WWX


def moments_of_coefficients(form: VarianceForm, models: Sequence[tuple[WorkingModel, Floats]]) -> Floats:
    """Return tr(A G_ab A G_cd) of combinations of coefficients, brought to a variance of I; see `hotelling_df`.

    Of several models, whose errors are independent, each with its part of the combinations (q, columns). With G_ab =
    diag(own_ab) + R_a C R_b'; beyond the units that carry most of it, covariances between units are left out.
    """
    lines = [(model, mix @ model.bread) for model, mix in models]
    scale = _inverse_root(np.sum([line @ model.meat @ line.T for model, line in lines], axis=0))
    scores = [(model, scale @ line @ model.weighted) for model, line in lines]
    units, q = form.diagonal.size, len(scale)
    loads = [np.bincount(model.unit, (each**2).sum(axis=0), units) for model, each in scores]
    load = loads[0] if len(loads) == 1 else np.sum(loads, axis=0)
    heavy = np.arange(units) if units <= _MOST_UNITS else np.argpartition(load, -_MOST_UNITS)[-_MOST_UNITS:]
    place, among = np.full(units, -1), form.among(heavy)
    place[heavy] = np.arange(heavy.size)
    own, reaches, core_reaches = np.zeros((q, q, heavy.size)), [], []
    variance = np.full((1, 1), load @ form.diagonal) if q == 1 else np.zeros((q, q))
    for model, each in scores:
        if q > 1:
            variance += (each * form.diagonal[model.unit]) @ each.T
        here = np.flatnonzero((place >= 0)[model.unit])
        indices = place[model.unit[here]], np.arange(here.size)
        into = sparse.csr_array((np.ones(here.size), indices), shape=(heavy.size, here.size))
        weighted, moved = model.weighted[:, here], each[:, here]
        beside = np.concatenate([weighted / model.weight[here], weighted])
        own += np.stack([(into @ (line * moved).T).T for line in moved])
        reaches.append(np.stack([into @ (line * beside).T for line in moved]))
        core = [[model.bread @ model.meat @ model.bread, -model.bread], [-model.bread, np.zeros_like(model.bread)]]
        core_reaches.append(reaches[-1] @ np.block(core))
    reach, core_reach = np.concatenate(reaches, axis=2), np.concatenate(core_reaches, axis=2)
    scale = _inverse_root(variance + np.einsum("sgc,tgc->st", core_reach, among @ reach))
    reach, core_reach = (np.tensordot(scale, each, 1) for each in (reach, core_reach))
    own = np.einsum("su,tv,uvg->stg", scale, scale, own, optimize=True)
    through = among @ reach
    crossed = np.einsum("sgc,tgc->stg", among @ core_reach, through)
    inner = np.einsum("sgc,tgd->stcd", core_reach, through, optimize=True)
    found = _pairs(own, own @ among**2) + _pairs(own, crossed) + _pairs(crossed, own)
    found += np.einsum("bcxy,dayx->abcd", inner, inner, optimize=True)
    # all other units, as if each were alone and went in any direction
    load[heavy] = 0.0
    alone = np.trace(scale @ scale) / q * form.diagonal * load
    pairs = np.einsum("ab,cd->abcd", np.eye(q), np.eye(q))
    pairs = pairs + pairs.transpose(0, 2, 1, 3) + pairs.transpose(0, 3, 2, 1)
    return np.asarray(found + alone @ alone / (q * (q + 2)) * pairs)


def _pairs(left: Floats, right: Floats) -> Floats:
    return np.asarray(np.einsum("abg,cdg->abcd", left, right, optimize=True), dtype=float)


def _inverse_root(matrix: Floats) -> Floats:
    """Return the inverse of the root of a covariance matrix; nothing along what does not vary."""
    size, direction = np.linalg.eigh(matrix)
    varies = size > 1e-12 * size[-1]
    root: Floats = (direction * np.where(varies, np.where(varies, size, 1.0) ** -0.5, 0.0)) @ direction.T
    return root


_LEVEL = 0.05
_TAILS = np.geomspace(1.0, 1e-6, 301)


def hotelling_df(moments: Floats, most: float, without: float) -> float:
    """Return the degrees of freedom of an estimated covariance matrix D of mean I, for the test of all at once.

    Where D is a Wishart matrix of d, Hotelling's statistic is a sum: to the Q of the coordinates before, coordinate j
    adds (1 + Q / d) d / (d - j + 1) times an F on 1 and d - j + 1. Here coordinates are the directions in which D
    varies, most first. Each has d_j = 2 / Var(D_jj) of its own, of which d_j Var(D_ij) go to every i before, and
    Var(D_ij) stands for 1 / d. Returned is the d of the Hotelling test with the same critical value at 5%: in one
    direction its own, and that of a Wishart matrix. What q (q + 1) / sum of Var(D_st) gives (Zhang 2012; Tipton and
    Pustejovsky 2015) is too large where one direction rests on few units and the others on many.

    Shapes: `moments` (q, q, q, q): tr(A G_ab A G_cd).
    """
    q = len(moments)
    if not (np.isfinite(moments).all() and moments.any()):
        return without
    if q == 1:
        return float(np.clip(1 / moments.item(), min(1.0, most), most))
    # Cov(D_st, D_tu) over t, of which the first directions have the most
    together = np.einsum("tuts->su", moments) + np.einsum("ttus->su", moments)
    turn = np.linalg.eigh(together)[1][:, ::-1]
    moments = np.einsum("abcd,as,bt,cu,dv->stuv", moments, turn, turn, turn, turn, optimize=True)
    variance = np.einsum("sstt->st", moments) + np.einsum("stst->st", moments)
    own = np.clip(2 / np.maximum(np.diag(variance), 1e-300), min(1.0, most), most)
    middle, mass = np.sqrt(_TAILS[1:] * _TAILS[:-1]), -np.diff(_TAILS)
    sizes, masses = np.zeros(1), np.ones(1)
    for j in range(q):
        before = variance[:j, j]
        left = own[j] * (1 - before.sum())
        if not left > 0:
            return q - 1.0
        step = own[j] / left * stdtrit(left, 1 - middle / 2) ** 2
        every = (sizes[:, None] + (1 + sizes[:, None] * (before.mean() if j else 0.0)) * step).ravel()
        order, shares = np.argsort(-every), np.outer(masses, mass).ravel()
        above = np.cumsum(shares[order]) - shares[order] / 2
        sizes, masses = np.interp(middle, above, every[order]), mass
    critical = np.interp(np.log(_LEVEL), np.log(middle[::-1]), np.log(sizes[::-1]))

    low, high = np.log(1e-2), np.log(max(most - q + 1, 1e-2))
    for _ in range(50):
        left = np.exp((low + high) / 2)
        beyond = np.log(q * (left + q - 1) / left * fdtri(q, left, 1 - _LEVEL)) < critical
        low, high = (low, np.log(left)) if beyond else (np.log(left), high)
    return float(q - 1 + np.exp(high)) if high > np.log(1.01e-2) else q - 1.0
