"""Degrees of freedom of a design, of its domains, and of rows of a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal, Self, TypeAlias

import numpy as np

from diplab.errors import OptionError
from diplab.kernel.arrays import Booleans, Floats, Integers, compressed
from diplab.kernel.effective_df import MOST_OF_A_GROUP, EffectiveDf, WeightsByUnit
from diplab.kernel.variance import MOST_CELLS
from diplab.sampling.expression import ONE, Expression, power
from diplab.sampling.replication import Replication
from diplab.sampling.sample import Sample, SampleInMemory
from diplab.sampling.totals import Totals

DegreesOfFreedom: TypeAlias = Literal["effective", "design", "domain", "infinity"]
"""Degrees of freedom: of a domain's units, of the design, of units and strata reached, infinite."""


def design_degrees_of_freedom(sample: Sample) -> int:
    """Return primary units minus strata; replicates minus one where they are a file's.

    The smaller where made.
    """
    if sample.replication is None:
        return sample.engine.units.degrees_of_freedom
    count = sample.replication.count - 1
    if sample.replication.df is not None:
        count = min(count, sample.replication.df)
    # replicates made from a design cannot know more than it does
    return min(count, sample.engine.units.degrees_of_freedom) if sample.made else count


def degrees_of_freedom(
    sample: Sample,
    totals: Totals,
    rule: DegreesOfFreedom,
    group_of_domain: Integers | None = None,
    groups: int = 0,
) -> Floats:
    """Return the degrees of freedom of each domain, or of each group of domains.

    In `group_of_domain`, -1 stands for none.
    """
    group = np.arange(totals.domains) if group_of_domain is None else group_of_domain
    count = totals.domains if group_of_domain is None else groups
    if rule == "infinity":
        return np.full(count, np.inf)
    if rule == "design":
        return np.full(count, float(design_degrees_of_freedom(sample)))
    if rule == "effective":
        return effective_df(sample, totals, group_of_domain, groups).df
    _check_units_known(sample)
    reached, unit = units_reached(totals, group)
    of_phases = [
        _distinct(reached, psu, count) - _distinct(reached, stratum, count)
        for psu, stratum in sample.engine.units.primary_units(unit)
    ]
    return np.asarray(np.min(of_phases, axis=0), dtype=float)


def effective_df(
    sample: Sample, totals: Totals, group_of_domain: Integers | None = None, groups: int = 0
) -> EffectiveDf:
    """Return the effective degrees of freedom of domains or groups, and of their differences."""
    group = np.arange(totals.domains) if group_of_domain is None else group_of_domain
    count = totals.domains if group_of_domain is None else groups
    most = float(design_degrees_of_freedom(sample))
    if sample.replication is not None and not sample.made:
        # those of a file do not tell units: as many as are linearly independent in the domain, less
        # one
        domain, weight = totals.row_weights()
        ranks = _ranks(sample.replication, np.where(weight > 0, group[domain], -1), count)
        df = np.clip(ranks - 1, min(1.0, most), most)
        return EffectiveDf(df, np.ones(count), most, partial(np.full, (count, count), np.nan))
    units, grid, of_squares = (
        sample.engine.units,
        totals.on_grid(ONE),
        totals.on_grid(totals.weight),
    )
    if grid is not None and of_squares is not None and group_of_domain is None:
        spread = WeightsByUnit(units.stages, count, grid, of_squares)
    else:
        unit, domain, weight = totals.by_unit(ONE)
        squared = totals.by_unit(totals.weight)[2]
        if group_of_domain is not None:
            there = np.flatnonzero(group[domain] >= 0)
            cell, first = compressed(unit[there] * count + group[domain[there]])
            weight, squared = (
                np.bincount(cell, weights=item[there]).astype(float) for item in (weight, squared)
            )
            unit, domain = unit[there][first], group[domain[there]][first]
        spread = WeightsByUnit(units.stages, count, weight, squared, (unit, domain))
    without = np.full(count, min(1.0, most))
    if (units.stages[0].fraction >= 1).any():
        # strata taken whole have no error that could be known badly
        reached, unit = units_reached(totals, group)
        stratum = units.primary_units(unit)[0][1]
        drawn = reached[units.stages[0].fraction[stratum] < 1]
        without[np.bincount(drawn, minlength=count) == 0] = most
    return EffectiveDf.of(*spread.moments(), most, without, spread.products)


@dataclass(frozen=True, eq=False)
class SpreadByUnit:
    """The information on a slope: by unit, deviations of a variable from its domain mean."""

    totals: Totals
    unit: Integers  # unit, domain, sums: (entries,)
    domain: Integers
    weight: Floats
    distance: Floats
    square: Floats
    squared: Floats  # of squares of the distance times the weight

    @classmethod
    def of(cls, totals: Totals, x: Expression) -> Self:
        """Return that of those of each domain who count."""
        people, total = totals(ONE, x)
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = total / people
        # from one number near all means, row by row, so that squares keep their digits
        origin = float(np.nanmean(np.where(np.isfinite(mean), mean, np.nan)))
        near, square, weight = power(x - origin, 1.0), power(x - origin, 2.0), totals.weight
        terms = ONE, near, square, weight, weight * near, weight * square
        unit, domain, _ = totals.by_unit(ONE)
        w, s, q, ww, ws, wq = (totals.by_unit(term)[2] for term in terms)
        c = np.nan_to_num(mean - origin)[domain]
        return cls(
            totals, unit, domain, w, s - c * w, q - 2 * c * s + c**2 * w,
            wq - 2 * c * ws + c**2 * ww,
        )  # fmt: skip

    def of_one_unit(self, sample: Sample) -> Booleans:
        """Return the domains in which nothing varies without some unit."""
        alone = np.zeros(self.totals.domains, dtype=bool)
        for of_unit in _deletable_by_unit(sample):
            code = of_unit[self.unit]
            cell, first = compressed(self.domain * (int(code.max(initial=-1)) + 2) + code + 1)
            reached, drawn = self.domain[first], code[first] >= 0
            weight, distance, square = (
                np.bincount(cell, weights=item)
                for item in (self.weight, self.distance, self.square)
            )
            whole, people = (
                np.bincount(reached, weights=item, minlength=self.totals.domains)[reached]
                for item in (square, weight)
            )
            left = whole - square - distance**2 / np.maximum(people - weight, 1e-300)
            alone[reached[drawn & (left <= _STILL * whole)]] = True
        return alone


_STILL = 1e-8  # of the squares about a mean, what is left of them where nothing varies


def _deletable_by_unit(sample: Sample) -> tuple[Integers, ...]:
    """Return by phase the unit to be left out with each unit of the last stage; -1 for none."""
    units = sample.engine.units
    if sample.replication is None or sample.made:
        return tuple(units.deletable)
    engine = sample.collect().engine
    rows = np.flatnonzero(engine.weights > 0)
    code = np.full(int(units.of_record.max(initial=-1)) + 1, -1, dtype=np.int64)
    code[units.of_record[rows]] = _rows_alike(sample.replication.weights, engine.weights, rows)
    return (code,)


def slope_df(sample: Sample, totals: Totals, x: Expression) -> EffectiveDf:
    """Return the effective degrees of freedom of a slope on a variable, by domain."""
    if sample.replication is not None and not sample.made:
        return _slope_df_of_file(sample.replication, sample, totals, x)
    spread, count = SpreadByUnit.of(totals, x), totals.domains
    most, there = float(design_degrees_of_freedom(sample)), spread.square > 0
    of_units = WeightsByUnit(
        sample.engine.units.stages, count, spread.square[there], spread.squared[there],
        (spread.unit[there], spread.domain[there]),
    )  # fmt: skip
    without = np.full(count, min(1.0, most))
    return EffectiveDf.of(*of_units.moments(), most, without, of_units.products)


def _slope_df_of_file(
    replication: Replication, sample: Sample, totals: Totals, x: Expression
) -> EffectiveDf:
    """Return the degrees of freedom of a slope under the replicate weights of a file.

    The fewer of those above and below the mean count.
    """
    own, (domain, weight) = effective_df(sample, totals), totals.row_weights()
    value = sample.collect().engine.values_inside(totals.scope, x, totals.complete)[1]
    people, total = totals(ONE, x)
    with np.errstate(divide="ignore", invalid="ignore"):
        above = value > (total / people)[domain]
    side = np.where(weight > 0, 2 * domain + above, -1)
    ranks = _ranks(replication, side, 2 * totals.domains).reshape(-1, 2).min(axis=1)
    return replace(own, df=np.clip(ranks - 1, min(1.0, own.most), own.df))


def hotelling(w: float, k: int, d: float, tested: str) -> tuple[float, float]:
    """Return the F of k differences with W = v'V^-1 v, and its second degrees of freedom.

    V has d.
    """
    if not d - k + 1 >= 1 - 1e-9:
        raise OptionError(
            f"There are too few degrees of freedom for a joint test of {tested}.",
            f"Their covariance has {d:.3g}, and {k} are needed.",
            "Test fewer at once, or merge categories.",
        )
    return (w / k, d) if np.isinf(d) else (w * (d - k + 1) / (d * k), d - k + 1)


_DEPENDENT = 1e-5
"""Relative size below which a set of weights is linearly dependent (tolerance of R's `degf`)."""


def _ranks(replication: Replication, group: Integers, groups: int) -> Floats:
    """Return the rank of a file's replicate weights on the rows of each group (-1 for none)."""
    rows = np.flatnonzero(group >= 0)
    rows = rows[np.argsort(group[rows], kind="stable")]
    ends = np.searchsorted(group[rows], np.arange(groups + 1))
    sets = replication.weights
    assert sets is not None  # those of a file are by row
    # some rows of a group can tell that all weights are independent there; only where they do not
    # are the others read
    own, enough = group[rows], 8 * len(sets)
    size, place = np.diff(ends)[own], np.arange(rows.size) - ends[own]
    few = place * enough // size != (place - 1) * enough // size
    independent = _ranks_of_rows(sets, rows[few], own[few], groups)
    if (whole := (independent < len(sets))[own]).any() and not few[whole].all():
        independent = np.maximum(independent, _ranks_of_rows(sets, rows[whole], own[whole], groups))
    return independent


def _ranks_of_rows(sets: Sequence[Floats], rows: Integers, group: Integers, groups: int) -> Floats:
    """Return the ranks of sets of weights on rows, which are in the order of their groups."""
    ends = np.searchsorted(group, np.arange(groups + 1))
    products = np.zeros((groups, len(sets), len(sets)))
    for start in range(0, rows.size, block := max(MOST_CELLS // len(sets), 1)):
        some = slice(start, start + block)
        weights = np.empty((len(sets), rows[some].size))
        for into, item in zip(weights, sets, strict=True):
            np.take(item, rows[some], out=into, mode="clip")
        for place in np.unique(group[some]):
            own = weights[:, max(ends[place] - start, 0) : ends[place + 1] - start]
            products[place] += own @ own.T
    length = np.sqrt(np.maximum(np.einsum("grr->gr", products), 1e-300))
    sizes = np.linalg.eigvalsh(products / length[:, :, None] / length[:, None, :])
    independent: Floats = (sizes > _DEPENDENT**2 * sizes[:, -1:]).sum(axis=1).astype(float)
    return independent


def degrees_of_freedom_of_rows(
    sample: SampleInMemory, rows: Integers | None, rule: DegreesOfFreedom
) -> float:
    """Return the degrees of freedom of some rows of a file, as those of a regression."""
    if rule == "infinity":
        return np.inf
    if rule == "effective" and sample.replication is not None and not sample.made:
        group = np.full(sample.engine.rows, -1)
        group[slice(None) if rows is None else rows] = 0
        return float(_ranks(sample.replication, group, 1)[0]) - 1
    if rule == "design":
        return float(design_degrees_of_freedom(sample))
    if rule == "domain":
        _check_units_known(sample)
    units = sample.engine.units
    of_record = units.of_record if rows is None else units.of_record[rows]
    phases = units.primary_units(np.unique(of_record))
    reached = float(min(np.unique(psu).size - np.unique(stratum).size for psu, stratum in phases))
    # effective ones are never more than the units that the rows reach tell
    return reached if rule == "domain" else min(reached, float(design_degrees_of_freedom(sample)))


def _check_units_known(sample: Sample) -> None:
    if sample.replication is not None:
        raise OptionError(
            "`df='domain'` needs the units of a domain.",
            "The variance comes from replicate weights, which do not identify them.",
            "Write `df='design'` for those of the whole sample, or `df='infinity'`.",
        )


def of_one_unit(
    sample: Sample, totals: Totals, group_of_domain: Integers | None = None, groups: int = 0
) -> Booleans:
    """Return the domains whose respondents are all of one unit, as `deletable_units` defines."""
    group = np.arange(totals.domains) if group_of_domain is None else group_of_domain
    count = totals.domains if group_of_domain is None else groups
    if sample.replication is not None and not sample.made:
        domain, weight = totals.row_weights()
        return _alike_in_groups(
            sample.replication.weights, weight, np.where(weight > 0, group[domain], -1), count
        )
    reached, unit = units_reached(totals, group)
    alone = np.zeros(count, dtype=bool)
    for of_unit in sample.engine.units.deletable:
        code = of_unit[unit]
        # some unit of each group, and whether another is there too: counting them all would sort a
        # million
        some = np.full(count, -1, dtype=np.int64)
        some[reached] = code
        more = np.bincount(reached[code != some[reached]], minlength=count) > 0
        alone |= (some >= 0) & ~more
    return alone


def varies_within_units(sample: Sample) -> bool:
    """Return whether what lies in one unit gets an error that does not show how units differ."""
    # calibration gives it that of its margins, replicates fitted to margins too, later stages that
    # within the unit
    if sample.auxiliary is not None or sample.replication is not None:
        return True
    return len(sample.engine.units.stages) > 1


def heavy_units(sample: Sample, totals: Totals) -> Booleans:
    """Return the domains in which one unit has more than three quarters of the weight."""
    # the rule of `on_one_unit`: a mean is the regression on a constant
    heavy = np.zeros(totals.domains, dtype=bool)
    if sample.replication is not None:
        return heavy
    unit, domain, weight = totals.by_unit(ONE)
    people = np.maximum(np.bincount(domain, weights=weight, minlength=totals.domains), 1e-300)
    for of_unit in sample.engine.units.deletable:
        code = of_unit[unit] + 1
        cell, first = compressed(domain * (int(code.max(initial=0)) + 1) + code)
        held, domain_of_cell, drawn = (
            np.bincount(cell, weights=weight).astype(float),
            domain[first],
            code[first] > 0,
        )
        share = np.where(drawn, held / people[domain_of_cell], 0.0)
        heavy[domain_of_cell[share > MOST_OF_A_GROUP]] = True
    return heavy & ~of_one_unit(sample, totals) if heavy.any() else heavy


def deletable_units(sample: SampleInMemory, rows: Integers | None) -> list[Integers]:
    """Return by phase the unit of rows without which their results may not be estimable.

    -1 for rows not drawn.
    """
    # a primary unit; in strata taken whole that of the next stage; a row where no unit is declared.
    # Replicate weights of a file do not name units: rows on which they are proportional are one
    engine, replication = sample.engine, sample.replication
    if replication is not None and not sample.made:
        chosen = np.arange(engine.rows) if rows is None else rows
        return [_rows_alike(replication.weights, engine.weights, chosen)]
    of_record = engine.units.of_record if rows is None else engine.units.of_record[rows]
    return [of_unit[of_record] for of_unit in engine.units.deletable]


PROPORTIONAL = 1e-5
"""Relative difference up to which the replicate weights of two rows are those of one unit."""


def _alike_in_groups(
    sets: Sequence[Floats] | None, weight: Floats, group: Integers, groups: int
) -> Booleans:
    """Return the groups (-1 for none) with proportional replicate weights, as of a single unit."""
    assert sets is not None  # those of a file are by row
    rows = np.flatnonzero(group >= 0)
    first = np.full(groups, -1, dtype=np.int64)
    first[group[rows]] = rows
    alike: Booleans = first >= 0
    for subset in sets:
        own, other = rows, first[group[rows]]
        factor, beside = subset[own] / weight[own], subset[other] / weight[other]
        alike[
            group[own[np.abs(factor - beside) > PROPORTIONAL * np.maximum(1.0, np.abs(beside))]]
        ] = False
        # most groups are distinguished by the first sets
        rows = rows[alike[group[rows]]]
        if not rows.size:
            break
    return alike


_PROJECTIONS = 6  # on which rows are distinguished


def _rows_alike(sets: Sequence[Floats] | None, weight: Floats, rows: Integers) -> Integers:
    """Return a code for each row, equal for rows whose replicate weights are all proportional."""
    assert sets is not None  # those of a file are by row
    along = np.random.default_rng(0).normal(size=(len(sets), _PROJECTIONS))
    projected, square = np.zeros((_PROJECTIONS, rows.size)), np.zeros(rows.size)
    for item, direction in zip(sets, along, strict=True):
        factor = item[rows] / weight[rows]
        projected += direction[:, None] * factor
        square += factor**2
    near = PROPORTIONAL * np.sqrt(square.max(initial=1.0))
    code = np.zeros(rows.size, dtype=np.int64)
    for values in projected:
        # within each code, where neighbours on a line are further apart than rounding takes them
        order = np.lexsort((values, code))
        apart = (np.diff(code[order]) > 0) | (np.diff(values[order]) > near)
        code[order] = np.concatenate([[0], np.cumsum(apart)])[: rows.size]
    return code


def units_reached(totals: Totals, group: Integers) -> tuple[Integers, Integers]:
    """Return the group and the unit of every total that has respondents."""
    unit, domain, weight = totals.by_unit(ONE)
    there = (weight > 0) & (group[domain] >= 0)
    return group[domain[there]], unit[there]


def _distinct(group: Integers, code: Integers, groups: int) -> Integers:
    """Return how many different codes each group has."""
    width = int(code.max(initial=0)) + 1
    return np.bincount(np.unique(group * width + code) // width, minlength=groups).astype(np.int64)


_UPPER = 0.75  # of the intra-class correlations of other shares, the quartile that is taken
_FEW_EACH = 1.0 + 1e-9  # respondents a unit, up to which units are respondents


@dataclass(frozen=True, eq=False)
class Worth:
    """The respondents of equal weight that a domain's are worth, and the respondents per unit."""

    equal: Floats  # (domains,); (sum of weights)^2 / sum of squared weights (Kish 1965)
    each: Floats  # (domains,); respondents a primary unit

    def correlations(self, point: Floats, std_error: Floats) -> Floats:
        """Return the intra-class correlations that errors of shares amount to.

        NaN where there is none to see.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            effect = std_error**2 * self.equal / (point * (1 - point))
            correlation = np.clip((effect - 1) / (self.each - 1), 0.0, 1.0)
        seen = (point > 1e-12) & (point < 1 - 1e-12) & (std_error > 0) & (self.each > _FEW_EACH)
        return np.where(seen, correlation, np.nan)

    def independent(self, correlation: float | Floats) -> Floats:
        """Return n* = n / {1 + (m - 1) rho} for m respondents a unit.

        See Kish (1965) and Korn and Graubard (1998).
        """
        return np.asarray(self.equal / (1 + np.maximum(self.each - 1, 0.0) * correlation))

    def rows(self, places: Integers) -> Worth:
        """Return that of some domains, in their order."""
        return Worth(self.equal[places], self.each[places])


def worth_of(
    sample: Sample, totals: Totals, group: Integers | None = None, groups: int = 0
) -> Worth:
    """Return the worth of the respondents of domains, or of groups (-1 in `group` for none)."""
    group_of_domain = np.arange(totals.domains) if group is None else group
    count = totals.domains if group is None else groups
    there = group_of_domain >= 0

    def summed(values: Floats) -> Floats:
        return np.bincount(group_of_domain[there], weights=values[there], minlength=count).astype(
            float
        )

    weight, squared = totals(ONE, totals.weight)
    n = summed(totals.n.astype(float))
    if sample.replication is not None and not sample.made:
        # those of a file do not tell units: as many as replicates are independent there
        units = effective_df(sample, totals, group, groups).df + 1
    else:
        reached, unit = units_reached(totals, group_of_domain)
        psu = sample.engine.units.primary_units(unit)[0][0]
        width = int(psu.max(initial=0)) + 1
        units = np.bincount(np.unique(reached * width + psu) // width, minlength=count).astype(
            float
        )
    with np.errstate(divide="ignore", invalid="ignore"):
        return Worth(summed(weight) ** 2 / summed(squared), n / np.minimum(units, n))


def upper_correlation(correlations: Floats) -> float:
    """Return the upper quartile of the intra-class correlations of other shares.

    1 where none is known.
    """
    known = correlations[np.isfinite(correlations)]
    return float(np.quantile(known, _UPPER)) if known.size else 1.0


@dataclass(frozen=True, eq=False)
class EdgeShares:
    """The shares of none or all in a result: how many independent answers each rests on."""

    independent: tuple[Floats, ...]  # by statistic, (domains,)
    correlations: tuple[
        float, ...
    ]  # that other shares of the result have, by group; none where units are respondents

    @classmethod
    def of(cls, worth: Sequence[Worth], correlation: float) -> Self:
        """Return what each statistic rests on.

        The correlation counts where units have several respondents.
        """
        clustered = any((own.each > _FEW_EACH).any() for own in worth)
        return cls(tuple(own.independent(correlation) for own in worth), (correlation,) * clustered)

    @classmethod
    def of_groups(cls, worth: Worth, correlations: Floats, group: Integers) -> Self:
        """Return what the shares of a statistic rest on, by the correlations of their groups."""
        by_group = np.array(
            [upper_correlation(correlations[group == own]) for own in range(int(group.max()) + 1)]
        )
        clustered = (worth.each > _FEW_EACH).any()
        return cls(
            (worth.independent(by_group[group]),), tuple(by_group.tolist()) * bool(clustered)
        )

    @property
    def rules(self) -> dict[str, str]:
        """The intra-class correlations, for the provenance."""
        found = ", ".join(dict.fromkeys(f"{correlation:.2g}" for correlation in self.correlations))
        return {"edge_correlation": found} if found else {}
