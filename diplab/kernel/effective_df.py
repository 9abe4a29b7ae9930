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


def variance_moments(
    form: VarianceForm, unit: Integers, domain: Integers, parts: Sequence[Floats], spread: Floats
) -> tuple[Floats, Floats]:
    """Return tr(AG) of each domain, and tr(AGAG') of each pair of domains.

    G = diag(c) - ab' - ba' + s aa' in each domain, with `parts` a, b, c by unit of the last stage and `spread` s. Of a
    mean, a are shares of the weight, b = c sums of squared shares, and s their sum.

    Shapes: `unit`, `domain`, `parts` (entries,), `spread` (domains,).
    """
    # cells of one unit and domain add up in a sparse array
    shape = (form.levels[-1].gain.size, spread.size)
    by_level = [tuple(sparse.csr_array((each, (unit, domain)), shape=shape) for each in parts)]
    for level in form.levels[:0:-1]:
        units = len(level.parent)
        within = sparse.csr_array((np.ones(units), (level.parent, np.arange(units))))
        by_level.insert(0, tuple(sparse.csr_array(within @ each) for each in by_level[0]))
    start = _between_units(form, by_level[0], spread)
    return _down_the_levels(form, by_level, spread, start)


@dataclass(eq=False)
class _Products:
    """Sums over pairs of units, by pair of domains (left, right)."""

    aa: Floats  # a'Aa, a'Ab, b'Ab
    ab: Floats
    bb: Floats
    squares: Floats  # c'(A o A)c
    crossed: Floats  # sum of c times the quadratic form of the rows of A(a, b)
    diagonal: Floats  # (domains,); sum of c times the diagonal of A


def _between_units(
    form: VarianceForm, parts: tuple[sparse.csr_array, ...], spread: Floats
) -> tuple[_Products, Floats, Floats]:
    """Return the products that units of one stratum give, and A a and A b at the entries of primary units."""
    a, b, c = parts
    row, column = sparse.coo_array(a).coords
    if form.pairs is not None:
        of_a, of_b = form.pairs @ a, form.pairs @ b
        quadratic = spread * of_a**2 - 2 * of_a * of_b
        squares = c.T @ (form.pairs**2 @ c)
        found = _Products(a.T @ of_a, a.T @ of_b, b.T @ of_b, squares, c.T @ quadratic, form.between @ c)
        return found, of_a[row, column], of_b[row, column]

    def by_stratum(factor: Floats, cells: sparse.csr_array) -> Floats:
        member = sparse.csr_array((factor, (form.stratum, np.arange(factor.size))))
        return np.asarray((member @ cells).toarray(), dtype=float)

    terms = range(len(form.left))
    right_a, right_b = ([by_stratum(each, cells) for each in form.right] for cells in (a, b))
    left_a, left_b = ([by_stratum(each, cells) for each in form.left] for cells in (a, b))
    domains = a.shape[1]
    aa, ab, bb, squares, crossed = np.zeros((5, domains, domains))
    found = _Products(aa, ab, bb, squares, crossed, form.between @ c)
    for r in terms:
        found.aa += left_a[r].T @ right_a[r]
        found.ab += left_a[r].T @ right_b[r]
        found.bb += left_b[r].T @ right_b[r]
        for t in terms:
            both = by_stratum(form.left[r] * form.left[t], c)
            found.squares += both.T @ by_stratum(form.right[r] * form.right[t], c)
            found.crossed += both.T @ (spread * right_a[r] * right_a[t] - 2 * right_a[r] * right_b[t])
    of_a, of_b = (
        sum(form.left[r][row] * right[r][form.stratum[row], column] for r in terms) for right in (right_a, right_b)
    )
    return found, of_a, of_b


def _down_the_levels(
    form: VarianceForm,
    by_level: Sequence[tuple[sparse.csr_array, ...]],
    spread: Floats,
    start: tuple[_Products, Floats, Floats],
) -> tuple[Floats, Floats]:
    """Add what units of each level give beyond those that share their parent only."""
    found, of_a, of_b = start
    above = None
    for level, (a, b, c) in zip(form.levels, by_level, strict=True):
        row, column = sparse.coo_array(a).coords
        if above is not None:
            place = above[level.parent[row], column]
            of_a, of_b = of_a[place], of_b[place]
        before = spread[column] * of_a**2 - 2 * of_a * of_b
        gain = level.gain[row]
        of_a, of_b = of_a + gain * a.data, of_b + gain * b.data
        change = sparse.csr_array((spread[column] * of_a**2 - 2 * of_a * of_b - before, (row, column)), shape=a.shape)
        more_a, more_b = (sparse.csr_array((gain * each.data, (row, column)), shape=a.shape) for each in (a, b))
        more = sparse.csr_array((level.gain_of_squares[row] * c.data, (row, column)), shape=a.shape)
        found.aa += (a.T @ more_a).toarray()
        found.ab += (a.T @ more_b).toarray()
        found.bb += (b.T @ more_b).toarray()
        found.squares += (c.T @ more).toarray()
        found.crossed += (c.T @ change).toarray()
        found.diagonal += np.bincount(column, weights=gain * c.data, minlength=a.shape[1])
        above = sparse.csr_array((np.arange(row.size), (row, column)), shape=a.shape)
    s, aa, ab, ba, bb = spread, found.aa, found.ab, found.ab.T, found.bb
    both = (aa * s - ab) * (aa * s[:, None] - ba) - aa * (ab * s[:, None] - bb) - aa * (ba * s - bb) + ba * ab
    trace = found.diagonal - 2 * np.diag(ab) + s * np.diag(aa)
    return trace, found.squares + found.crossed + found.crossed.T + both


_MOST_UNITS = 1000
"""Of the units that a coefficient rests on most, how many are compared pair by pair."""


def coefficient_df(form: VarianceForm, unit: Integers, own: Floats, reach: Floats, core: Floats) -> float:
    """Return the degrees of freedom of a coefficient, with G = diag(own) + reach core reach'; NaN where none varies.

    Beyond the units that carry most of it, covariances between units are nothing, and are left out.

    Shapes: `unit` (units,), `own` (units,), `reach` (units, columns), `core` (columns, columns).
    """
    heavy = np.argsort(-own, kind="stable")
    heavy, light = heavy[:_MOST_UNITS], heavy[_MOST_UNITS:]
    among, loads = form.among(unit[heavy]), own[heavy]
    spread = among @ reach[heavy]
    product = reach[heavy].T @ spread @ core
    alone = form.diagonal[unit] * own
    trace = alone.sum() + np.trace(product)
    crossed = loads @ np.einsum("gi,ij,gj->g", spread, core, spread)
    square = loads @ (among**2 @ loads) + 2 * crossed + np.trace(product @ product) + (alone[light] ** 2).sum()
    return float(trace**2 / square) if square > 0 else np.nan
