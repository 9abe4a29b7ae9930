"""The covariance of computed statistics under a design: the one place where statistics meet it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from diplab.errors import OptionError
from diplab.estimators.prepared import PreparedStatistic
from diplab.estimators.statistic import Linearised, symmetric
from diplab.inference.degrees_of_freedom import EdgeShares, of_one_unit, upper_correlation, worth_of
from diplab.kernel.arrays import Booleans, Floats, Integers, compressed
from diplab.kernel.effective_df import EffectiveDf, uncentred, variance_form, variance_moments
from diplab.kernel.intervals import Precision
from diplab.kernel.variance import MOST_CELLS, LinearisedTotals
from diplab.sampling._two_phase import TwoPhaseUnits
from diplab.sampling.expression import ONE, Expression, Rows
from diplab.sampling.replication import ReplicatedTotals, Replication
from diplab.sampling.sample import Sample, SampleInMemory
from diplab.sampling.totals import Totals


@dataclass(frozen=True, eq=False)
class ComputedStatistic:
    """One bound statistic on one sample: its totals and what came of them, by domain."""

    bound: PreparedStatistic
    totals: Totals
    linearised: Linearised
    n: Integers  # respondents by domain

    def remarked(self, flag: str, where: Booleans) -> ComputedStatistic:
        """Return the same with a flag for the rows of some domains."""
        return replace(
            self,
            linearised=replace(self.linearised, remarks={**self.linearised.remarks, flag: where}),
        )


def linearised_statistic(
    totals: Totals,
    linearised: Linearised,
    name: str = "",
    variable: str = "",
    n: Integers | None = None,
) -> ComputedStatistic:
    """Return a statistic whose points are known.

    Replicates vary the total of its variable unless it says what.
    """

    def total(others: Totals) -> Floats:
        assert not linearised.beyond  # the total leaves out the error of a line of everybody
        return others(linearised.variable)[0]

    varied = linearised
    if linearised.replicated is None:
        varied = replace(linearised, replicated=total)
    bound = PreparedStatistic(name, variable, "", (), {}, lambda *_: linearised)
    return ComputedStatistic(bound, totals, varied, totals.n if n is None else n)


def joint_covariance(
    sample: Sample,
    computed: Sequence[ComputedStatistic],
    mix: Floats | None = None,
    judged: Integers | None = None,
) -> Floats:
    """Return the design-based covariance of all statistics, by statistic and domain."""
    # `mix` (rows, outputs) combines them first. A policy on lonely units asks which strata an
    # output reaches: those of the domains that it combines, or of all domains of their set in
    # `judged` (domains,)
    empty = np.concatenate([item.n == 0 for item in computed])
    if sample.replication is not None:
        compared = mix is not None or judged is not None
        every = sample.replication.covariance(
            *replicated_points(sample.replication, computed), compared=compared
        )
        lost = empty | ~np.isfinite(np.diag(every))
        if mix is not None:
            every = mix.T @ np.nan_to_num(blank_undefined(every, lost), nan=0.0) @ mix
    elif (grid := _unit_grid(sample, computed)) is not None:
        undefined = ~np.isfinite(grid).all(axis=0)
        if undefined.any():
            grid = np.where(undefined, 0.0, grid)
        lost, every = empty | undefined, sample.engine.units.covariance_of_grid(grid, mix)
    else:
        columns = _LinearisedColumns(sample, computed)
        every = sample.engine.units.covariance(columns.totals(mix, judged))
        lost = empty | columns.undefined
    return blank_undefined(every, lost if mix is None else np.abs(mix).T @ lost > 0)


def _unit_grid(sample: Sample, computed: Sequence[ComputedStatistic]) -> Floats | None:
    """Return the linearised variables by unit if every cell is in memory, else None."""
    beyond_domains = sample.auxiliary is not None or any(
        item.linearised.beyond for item in computed
    )
    if beyond_domains or sample.engine.units.asks_who_is_there:
        return None
    parts = []
    for item in computed:
        part = item.totals.on_grid(item.linearised.variable)
        if part is None or len(computed) * part.size > MOST_CELLS:
            return None
        parts.append(part)
    return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)


@dataclass(frozen=True, eq=False)
class Spread:
    """The covariance of all statistics by statistic and domain, and their standard errors.

    NaN without a variance.
    """

    covariance: Floats
    errors: Floats
    compared: Floats | None = None  # the covariance that comparisons have, where it is another
    left_out: Integers | None = None  # replicates left out for each, since they leave it undefined
    independent: tuple[Floats, float] | None = (
        None  # the variance that another sample adds, and its degrees of freedom
    )
    effective: Mapping[Any, EffectiveDf] = field(default_factory=dict)  # of enlarged residuals


def covariance_and_errors(sample: Sample, computed: Sequence[ComputedStatistic]) -> Spread:
    """Return the covariance of all statistics, and their standard errors."""
    compared = left_out = None
    point = np.concatenate([item.linearised.point for item in computed])
    if sample.replication is not None:
        replicates, full = replicated_points(sample.replication, computed)
        used, lost = sample.replication.defined(replicates, full)
        together = blank_undefined(
            sample.replication.covariance(replicates, full),
            np.concatenate([item.n == 0 for item in computed]),
        )
        if not used[:, ~lost].all():
            left_out = np.where(lost, 0, sample.replication.count - used.sum(axis=0))
            compared = sample.replication.covariance(replicates, full, compared=True)
    else:
        together, compared = (
            joint_covariance(sample, computed),
            _covariance_compared(sample, computed),
        )
    independent = None
    if owed := [item.linearised.independent for item in computed if item.linearised.independent]:
        # what this sample does not tell of a domain of one unit, another does not tell either
        alone = np.concatenate([of_one_unit(sample, item.totals) for item in computed])
        slopes, other = (
            np.where(alone[:, None], np.nan, np.concatenate([item for item, _ in owed])),
            owed[0][1],
        )
        added = slopes @ other.between @ slopes.T
        together, compared = together + added, None if compared is None else compared + added
        independent = np.diag(added), float(other.frame["df"].max())
    errors = standard_errors(together, point)
    return Spread(
        blank_undefined(together, np.isnan(errors)), errors, compared, left_out, independent
    )


def _covariance_compared(sample: Sample, computed: Sequence[ComputedStatistic]) -> Floats | None:
    """Return the covariance with lonely units judged by the people of all domains.

    None where it is the same.
    """
    domains, asks = computed[0].totals.domains, sample.engine.units.asks_who_is_there
    if asks and domains > 1:
        return joint_covariance(sample, computed, judged=np.zeros(domains, int))
    return None


def not_enlarged(sample: Sample) -> tuple[str, str] | None:
    """Return why the correction of Bell and McCaffrey does not apply to a sample, or None."""
    if sample.replication is not None or sample.auxiliary is not None:
        weights = "replicate" if sample.replication is not None else "calibrated"
        whom = f"does not apply to {weights} weights"
        why = "Their errors do not come from the residuals alone."
    elif isinstance(sample.engine.units, TwoPhaseUnits):
        whom = "does not apply to samples of two phases"
        why = "The correction and its degrees of freedom are defined for a single phase."
    else:
        return None
    return f"`variance='bell_mccaffrey'` {whom}.", why


MOST_UNITS = 20_000  # primary units, beyond which enlarged residuals change nothing that is printed


def enlarges(sample: Sample) -> bool:
    """Return whether a test of several rows at once takes residuals enlarged by unit."""
    return not_enlarged(sample) is None and len(sample.engine.units.stages[0].group) <= MOST_UNITS


def covariance_with_enlarged_residuals(
    sample: Sample, computed: Sequence[ComputedStatistic]
) -> Spread:
    """Return the covariance of means from enlarged residuals, with effective degrees of freedom."""
    # the design's formula times (G - 1) / G for G primary units; in one stratum it is CR2 (Bell and
    # McCaffrey 2002)
    from diplab.kernel.models.bell_mccaffrey import adjust_means

    _check_enlarged(sample, computed)
    engine = sample.collect().engine
    units = engine.units
    stage, psu = units.stages[0], units.psu_of_unit[units.of_record]
    count, most = len(stage.group), float(units.degrees_of_freedom)
    form = variance_form(units.stages[:1])
    if len(stage.sizes) == 1:
        form = uncentred(form, stage)
    enlarged, effective = [], {}
    for item in computed:
        domain, weight = item.totals.row_weights()
        rows = np.flatnonzero(weight > 0)
        value = engine.values_inside(
            item.totals.scope, item.linearised.variable, item.totals.complete
        )[1]
        domains = item.totals.domains
        cell, first = compressed(psu[rows] * domains + domain[rows])
        domain_of_cell = domain[rows][first]
        adjusted = adjust_means(value[rows], weight[rows], cell, domain_of_cell, domains)
        moved = np.zeros(len(value))
        moved[rows] = adjusted.residual
        enlarged.append(
            replace(item, linearised=replace(item.linearised, variable=Rows(moved), residual=False))
        )
        parts = adjusted.share, adjusted.square, adjusted.own
        trace, products = variance_moments(
            form, psu[rows][first], domain_of_cell, parts, adjusted.spread, pairs=True
        )
        fewest, between = np.full(domains, min(1.0, most)), partial(np.asarray, products)
        effective[item.bound.complete] = EffectiveDf.of(
            trace, np.diag(products), most, fewest, between
        )
    covariance, compared = (
        joint_covariance(sample, enlarged),
        _covariance_compared(sample, enlarged),
    )
    beside: Any = 0.0
    if len(stage.sizes) == 1:
        total = np.concatenate([item.totals(item.linearised.variable)[0] for item in enlarged])
        beside = np.outer(total, total) * (1.0 - stage.fraction[0]) / count
    covariance = covariance * ((count - 1) / count) + beside
    compared = None if compared is None else compared * ((count - 1) / count) + beside
    errors = standard_errors(
        covariance, np.concatenate([item.linearised.point for item in computed])
    )
    return Spread(
        blank_undefined(covariance, np.isnan(errors)), errors, compared, effective=effective
    )


def _check_enlarged(sample: Sample, computed: Sequence[ComputedStatistic]) -> None:
    """Refuse designs and statistics without enlarged residuals."""
    refusal = not_enlarged(sample)
    if refusal is not None:
        raise OptionError(*refusal, "Write `variance='linearised'`.")
    others = [item.bound.name for item in computed if not item.linearised.residual]
    if others:
        raise OptionError(
            f"`variance='bell_mccaffrey'` applies to means and shares, not to `{others[0]}`.",
            "It enlarges the residuals of a mean.",
            "Estimate other statistics apart, with `variance='linearised'`.",
        )


def standard_errors(covariance: Floats, size: Floats) -> Floats:
    """Return standard errors; NaN for a variance below zero by more than rounding.

    Unbiased estimators of a variance may be negative.
    """
    variance = np.diag(covariance)
    return np.sqrt(np.where(variance < -((1e-7 * size) ** 2), np.nan, np.maximum(variance, 0.0)))


def blank_undefined(every: Floats, undefined: NDArray[np.bool_]) -> Floats:
    """Write NaN over the covariances of what has no variance, in place, and return them."""
    every[undefined, :] = np.nan
    every[:, undefined] = np.nan
    return every


class _LinearisedColumns:
    """The linearised variables by unit: of the estimates, the universe (`beyond`), the margins."""

    # each estimate takes its own multiple of a column of the universe, and takes out its regression
    # on the margins
    def __init__(self, sample: Sample, computed: Sequence[ComputedStatistic]) -> None:
        self.width = computed[0].totals.domains
        self.inside = len(computed) * self.width
        self.computed = computed
        self.auxiliary = sample.auxiliary
        self.asks_who_is_there = sample.engine.units.asks_who_is_there
        self.undefined = np.zeros(self.inside, dtype=bool)
        self._entries: list[tuple[Integers, Integers, Floats]] = []
        self._universe_terms: list[tuple[Integers, Floats]] = []
        self._regressions: list[Floats] = []
        for position, item in enumerate(computed):
            self._add(item.totals, item.linearised.variable, position * self.width)
        for position, item in enumerate(computed):
            own = np.arange(position * self.width, (position + 1) * self.width)
            for coefficient, expression in item.linearised.beyond:
                self._add(item.totals.universe, expression, self.inside + len(self._universe_terms))
                self._universe_terms.append((own, coefficient))
        if self.auxiliary is not None:
            engine = sample.collect().engine
            unit, variable, value = self.auxiliary.by_unit(engine.units.of_record, engine.weights)
            self._entries.append((unit, self.inside + len(self._universe_terms) + variable, value))

    @property
    def count(self) -> int:
        """Number of columns."""
        return (
            self.inside
            + len(self._universe_terms)
            + (self.auxiliary.width if self.auxiliary else 0)
        )

    def totals(self, mix: Floats | None, judged: Integers | None) -> LinearisedTotals:
        """Return the totals of all columns, and the matrix from them to the estimates or `mix`."""
        unit, column, value = (
            np.concatenate([entry[part] for entry in self._entries]) for part in range(3)
        )
        # an estimate without a variance must not take it from the others: it counts zero, and is
        # blanked at the end
        lost = ~np.isfinite(value)
        undefined = np.bincount(column[lost], minlength=self.count) > 0
        self.undefined |= undefined[: self.inside]
        for extra, (own, _) in enumerate(self._universe_terms, start=self.inside):
            self.undefined[own] |= undefined[extra]
        to_estimates = self._to_estimates()
        if mix is not None:
            to_estimates = mix if to_estimates is None else to_estimates @ mix
        found = LinearisedTotals(unit, column, np.where(lost, 0.0, value), self.count, to_estimates)
        if not self.asks_who_is_there:
            return found
        if self.auxiliary is not None:
            assert to_estimates is not None  # what takes the margins out
            # calibrated weights depend on every row, whatever rounding makes of a coefficient of
            # zero
            margins = to_estimates[-self.auxiliary.width :]
            margins[margins == 0] = np.finfo(float).tiny
        return replace(
            found, present=self._present(), judged=None if judged is None else self._sets(judged)
        )

    def _present(self) -> NDArray[np.bool_]:
        """Return whether each entry has respondents: a total of zero may be a sum over people."""
        there = [item.totals.by_unit(ONE)[2] > 0 for item in self.computed]
        there += [
            item.totals.universe.by_unit(ONE)[2] > 0
            for item in self.computed
            for _ in item.linearised.beyond
        ]
        # calibrated weights depend on every row
        there += [np.ones(entries[0].size, dtype=bool) for entries in self._entries[len(there) :]]
        return np.concatenate(there)

    def _sets(self, judged: Integers) -> Integers:
        """Return by column the set judged at once: for each statistic, the set of its domain."""
        inside = np.arange(len(self.computed))[:, None] * (int(judged.max()) + 1) + judged
        return np.concatenate(
            [inside.ravel(), inside.max() + 1 + np.arange(self.count - self.inside)]
        )

    def _to_estimates(self) -> Floats | None:
        """Return what takes the columns to the estimates; None where they are the estimates."""
        if not self._universe_terms and self.auxiliary is None:
            return None
        spread = np.eye(self.inside + len(self._universe_terms), self.inside)
        for extra, (own, coefficient) in enumerate(self._universe_terms, start=self.inside):
            known = np.isfinite(coefficient)
            spread[extra, own] = np.where(known, coefficient, 0.0)
            self.undefined[own] |= ~known
        if self.auxiliary is None:
            return spread
        regressions = np.concatenate(self._regressions, axis=1)
        return np.concatenate([spread, -np.nan_to_num(regressions) @ spread])

    def _add(self, totals: Totals, expression: Expression, first: int) -> None:
        """Add the columns of an expression, one for each domain of its totals."""
        unit, domain, value = totals.by_unit(expression)
        self._entries.append((unit, first + domain, value))
        if self.auxiliary is not None:
            self._regressions.append(totals.on_auxiliary(expression))


def contributions_by_row(
    sample: SampleInMemory, computed: Sequence[ComputedStatistic]
) -> sparse.csr_array:
    """Return the contribution of each row to the error of each statistic by domain.

    Shape (rows, statistics by domain).
    """
    # its weight times the linearised variable, the regression on the margins of a calibration taken
    # out
    engine = sample.engine.in_rows()
    by_row = [replace(item, totals=item.totals.on(engine)) for item in computed]
    columns = _LinearisedColumns(replace(sample, engine=engine), by_row)
    totals = columns.totals(None, None)
    grid = sparse.csr_array(totals.grid(engine.rows))
    if totals.mix is not None:
        grid = sparse.csr_array(grid @ sparse.csr_array(totals.mix))
    # what has no variance has none beside another
    undefined = columns.undefined | np.concatenate([item.n == 0 for item in computed])
    return sparse.csr_array(grid @ sparse.diags_array(np.where(undefined, np.nan, 1.0)))


def replicated_points(
    replication: Replication, computed: Sequence[ComputedStatistic]
) -> tuple[Floats, Floats]:
    """Return `Linearised.replicated`, else the point, for every replicate and the full sample."""
    shared: dict[object, ReplicatedTotals] = {}
    under, full = [], []
    for item in computed:
        # statistics on the same rows share their totals
        key = (item.totals.scope, item.totals.complete)
        totals = shared.setdefault(key, ReplicatedTotals(item.totals, replication))
        varied = item.linearised.replicated
        with np.errstate(divide="ignore", invalid="ignore"):
            if varied is None:
                found, point = item.bound(totals).point, item.linearised.point
            else:
                found, point = varied(totals), varied(item.totals)
        under.append(np.broadcast_to(found, (replication.count, item.totals.domains)))
        full.append(point)
    return np.concatenate(under, axis=1), np.concatenate(full)


@dataclass(frozen=True, eq=False)
class SampledRows:
    """The contributions of respondents to the rows of a result, computed if another needs them."""

    sample: SampleInMemory
    statistics: Callable[[], Sequence[ComputedStatistic]]
    scale: Floats  # (all rows,); what takes the error of a statistic to that of its row
    points: Floats  # (all rows,); by which rows are known to be those of the result
    places: Integers  # the rows that the result still has

    def __reduce__(self) -> tuple[type[None], tuple[()]]:
        # answers of respondents do not go into the file of a result
        return type(None), ()

    @cached_property
    def computed(self) -> Sequence[ComputedStatistic]:
        """The statistics of the rows."""
        return self.statistics()

    def rows(self, positions: Integers) -> SampledRows:
        """Return the contributions to some of the rows."""
        return replace(self, places=self.places[positions])

    def tell(self, points: Floats) -> bool:
        """Return whether a result still has the rows that these are the contributions to."""
        return np.array_equal(self.points[self.places], points, equal_nan=True)

    def by_row(self) -> Floats | sparse.csr_array:
        """Return the contributions, shape (respondents, rows of the result)."""
        every = contributions_by_row(self.sample, self.computed)
        return every[:, self.places] * self.scale[self.places]

    def present(self) -> sparse.csr_array:
        """Return 1 for the respondents behind each row, shape (respondents, rows of the result)."""
        parts = []
        for item in self.computed:
            domain, weight = item.totals.row_weights()
            rows = np.flatnonzero(weight > 0)
            shape = len(weight), item.totals.domains
            parts.append(sparse.csr_array((np.ones(rows.size), (rows, domain[rows])), shape=shape))
        return sparse.csr_array(sparse.hstack(parts))[:, self.places]

    def by_replicate(self, replication: Replication) -> tuple[Floats, Floats]:
        """Return the rows under each replicate, and in the full sample."""
        under, full = replicated_points(replication, self.computed)
        return under[:, self.places] * self.scale[self.places], full[self.places] * self.scale[
            self.places
        ]


def edge_shares(
    sample: Sample, computed: Sequence[ComputedStatistic], errors: Floats
) -> EdgeShares | None:
    """Return what shares of none or all rest on; None where there are none."""
    at_edge = list(map(_at_edge, computed))
    if not any(edge.any() for edge in at_edge):
        return None
    # shares of one variable are of the same rows
    rows = [(item.totals.scope, item.totals.complete) for item in computed]
    by_rows = {}
    for key, item in dict(zip(rows, computed, strict=True)).items():
        by_rows[key] = worth_of(sample, item.totals)
    worth = [by_rows[key] for key in rows]
    of_shares = [np.zeros(0)]
    for item, own, error in zip(computed, worth, np.split(errors, len(computed)), strict=True):
        if _is_share(item):
            of_shares.append(own.correlations(item.linearised.point, error))
    return EdgeShares.of(worth, upper_correlation(np.concatenate(of_shares)))


def _is_share(statistic: ComputedStatistic) -> bool:
    """Return whether a statistic is a share, or the mean of a variable of 0 and 1."""
    zero_or_one = statistic.linearised.residual and statistic.linearised.interval is not symmetric
    return statistic.bound.description.of_people or zero_or_one


def _at_edge(statistic: ComputedStatistic) -> Booleans:
    point = statistic.linearised.point
    own_interval = (
        statistic.bound.description.of_people or statistic.linearised.interval is not symmetric
    )
    # of a total, everybody
    most = statistic.totals(ONE)[0] if statistic.bound.description.is_total else 1.0
    edge: Booleans = (statistic.n > 0) & ((point == 0) | (point == most)) & own_interval
    return edge


def precision_of(
    sample: Sample,
    computed: ComputedStatistic,
    std_error: Floats,
    df: Floats,
    confidence: float,
    independent: Floats | None = None,
) -> Precision:
    """Return what the interval of a computed statistic is made from."""

    def error_of(totals: Totals, linearised: Linearised) -> Floats:
        other = replace(computed, totals=totals, linearised=linearised)
        return standard_errors(joint_covariance(sample, [other]), linearised.point)

    n = computed.n.astype(float)
    return Precision(
        std_error, df, n, confidence, error_of, sample.replication is not None, independent
    )
