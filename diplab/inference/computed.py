"""Estimates computed on one sample: points, their covariance, degrees of freedom and flags."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import product
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from diplab.checks import MOST_NAMED, argument, check_confidence, check_one_of, type_name
from diplab.errors import OptionError
from diplab.estimators.measurement import check_not_an_identifier
from diplab.estimators.prepared import with_distinct_categories
from diplab.estimators.statistic import Bounds, Linearised, Statistic
from diplab.inference import covariance as joint
from diplab.inference.covariance import ComputedStatistic, SampledRows, Spread
from diplab.inference.degrees_of_freedom import (
    DegreesOfFreedom,
    SpreadByUnit,
    degrees_of_freedom,
    effective_df,
    heavy_units,
    of_one_unit,
    slope_df,
    varies_within_units,
)
from diplab.inference.measures import (
    CORRECTABLE_HEAVY_UNIT,
    HEAVY_UNIT,
    check_not_a_column,
    check_size,
    keys_of_rows,
    measures,
    no_respondents,
    row_flags,
)
from diplab.inference.missing import MissingRule, check_domain_known, prepare_statistics
from diplab.inference.provenance import counts_respondents, design_effect_rules, provenance_of
from diplab.kernel.arrays import Booleans, Floats, Integers
from diplab.kernel.effective_df import EffectiveDf, side_by_side
from diplab.results.estimates import Estimates, Provenance, joined_descriptions
from diplab.sampling.condition import known_column
from diplab.sampling.expression import ONE, Expression, constant_of
from diplab.sampling.sample import Sample, SampleInMemory, check_sample
from diplab.sampling.totals import Totals

MeanVariance: TypeAlias = Literal["linearised", "bell_mccaffrey"]


def compute_estimates(
    sample: Sample,
    statistics: Sequence[Statistic],
    domains: tuple[str, ...] = (),
    *,
    confidence: float = 0.95,
    df: DegreesOfFreedom = "effective",
    deff: SimpleRandomSample | None = "wor",
    na: MissingRule = "drop",
    variance: MeanVariance = "linearised",
    numerator: bool = False,
) -> Estimates:
    """Estimate statistics of known answers on one sample, with the arguments of `estimate`."""
    corrected = variance == "bell_mccaffrey"
    sample, computed = compute_statistics(sample, statistics, domains, df, na, in_memory=corrected)
    if not isinstance(sample, SampleInMemory):
        _fetch_together(computed, squared=deff is not None)
    spread_of = (
        joint.covariance_with_enlarged_residuals if corrected else joint.covariance_and_errors
    )
    together = spread_of(sample, computed)
    provenance = provenance_of(sample, computed, confidence, df, domains)
    again = None if corrected else partial(_computed_again, sample, statistics, domains, df, na)
    estimates = as_estimates(sample, computed, together, domains, provenance, df, deff, again)
    if isinstance(estimates.effective, EffectiveDf) and _could_be_enlarged(
        sample, computed, corrected
    ):
        enlarged = _EnlargedMeans(sample, tuple(statistics), domains, na)
        estimates = replace(estimates, effective=replace(estimates.effective, enlarged=enlarged))
    if any(provenance.ordered.values()):
        estimates = _with_answers(estimates)
    rules = dict(estimates.provenance.rules) | ({} if na == "drop" else {"na": na})
    estimates = estimates.described(rules=rules | ({"variance": variance} if corrected else {}))
    if numerator:
        return replace(estimates, frame=estimates.frame.assign(numerator=_numerators(computed)))
    return estimates


def _computed_again(sample: Sample, *asked: Any) -> list[ComputedStatistic]:
    return compute_statistics(sample, *asked)[1]


def _could_be_enlarged(
    sample: Sample, computed: Sequence[ComputedStatistic], corrected: bool
) -> bool:
    """Return whether residuals may be enlarged for a test of several rows, and are not yet."""
    means = all(item.linearised.residual for item in computed)
    return means and not corrected and joint.enlarges(sample)


@dataclass(eq=False)
class _EnlargedMeans:
    """The covariance of means and shares from enlarged residuals, computed when a test needs it."""

    sample: Sample | None
    statistics: tuple[Statistic, ...]
    domains: tuple[str, ...]
    na: MissingRule

    @cached_property
    def _covariance(self) -> tuple[Floats, EffectiveDf] | None:
        if self.sample is None:
            return None
        sample, computed = compute_statistics(
            self.sample, self.statistics, self.domains, "effective", self.na, in_memory=True
        )
        found = joint.covariance_with_enlarged_residuals(sample, computed)
        *_, effective = _degrees(sample, computed, "effective", found)
        assert effective is not None  # what was asked for
        return found.covariance if found.compared is None else found.compared, effective

    def __call__(self) -> tuple[Floats, EffectiveDf] | None:
        return self._covariance

    def __getstate__(self) -> dict[str, Any]:
        # the numbers are kept, and not the sample; those of a query stay behind
        found = None
        if isinstance(self.sample, SampleInMemory) or self.sample is None:
            found = self._covariance
        return {
            "sample": None,
            "statistics": (),
            "domains": (),
            "na": self.na,
            "_covariance": found,
        }


def _fetch_together(computed: Sequence[ComputedStatistic], *, squared: bool) -> None:
    """Have a database total in one query what covariances, and design effects, are made of."""
    asked = defaultdict[Totals, list[tuple[Expression, Expression]]](list)
    for item in computed:
        z, others = item.linearised.variable, [u for _, u in item.linearised.beyond]
        asked[item.totals] += product((z,), (ONE, z, *others) if squared else (ONE,))
        if others:
            asked[item.totals.universe] += product(others, (ONE, *others) if squared else (ONE,))
    for totals, pairs in asked.items():
        totals.fetch_products(pairs)


def compute_statistics(
    sample: Sample,
    statistics: Sequence[Statistic],
    domains: tuple[str, ...],
    df: DegreesOfFreedom,
    na: MissingRule,
    *,
    in_memory: bool = False,
) -> tuple[Sample, list[ComputedStatistic]]:
    """Return the sample as read, and statistics by domain with what their variance needs."""
    sample, bound = prepare_statistics(sample, statistics, domains, na)
    bound = with_distinct_categories(bound)
    read = [part for item in bound for part in item.columns]
    sample = (
        sample.collect_for(*read, by=domains)
        if in_memory
        else sample.prepare_for(*read, by=domains)
    )
    sample.check_lonely()
    # effective degrees of freedom read the weights too, in the same query
    first = (ONE, sample.engine.row_weight) if df == "effective" else (ONE,)
    # statistics of one column share its totals, its order and its ranks
    totals = {}
    for columns in dict.fromkeys(item.complete for item in bound):
        totals[columns] = sample.totals(domains, columns, first)
    computed, jackknife = (
        [],
        sample.replication is not None and sample.replication.kind in ("jk1", "jkn"),
    )
    for item in bound:
        totals_of_columns = totals[item.complete]
        if not totals_of_columns.n.sum():
            raise no_respondents(f"`{item.name}` of `{item.variable}`", sample, of="variable")
        _check_no_identifiers(sample, domains, totals_of_columns.n)
        linearised = item(totals_of_columns)
        check_size(item.variable, linearised.point)
        if jackknife and linearised.jackknifed is not None:
            linearised = linearised.jackknifed()
        n = totals_of_columns.n if linearised.counted is None else linearised.counted
        computed.append(ComputedStatistic(item, totals_of_columns, linearised, n))
    if any(item.linearised.respondents is not None for item in computed):
        check_domain_known(sample, domains)
    return sample, computed


def as_estimates(
    sample: Sample,
    computed: Sequence[ComputedStatistic],
    together: Spread,
    domains: tuple[str, ...],
    provenance: Provenance,
    df: DegreesOfFreedom,
    deff: SimpleRandomSample | None,
    again: Callable[[], Sequence[ComputedStatistic]] | None = None,
) -> Estimates:
    """Return computed statistics as estimates with errors, intervals and degrees of freedom."""
    # `again` computes the statistics once more, for comparisons: kept, they would hold the rows of
    # each result
    if together.left_out is not None:
        each_left_out = zip(computed, np.split(together.left_out > 0, len(computed)), strict=True)
        computed = [item.remarked("replicates left out", own) for item, own in each_left_out]
    # the errors of enlarged residuals are long enough with the degrees of freedom of their own
    enlarged = df == "effective" and bool(together.effective)
    of_means = HEAVY_UNIT
    if not together.effective and joint.not_enlarged(sample) is None:
        of_means = CORRECTABLE_HEAVY_UNIT
    computed = _with_heavy_units(sample, computed, of_means, enlarged=enlarged)
    if sample.replication is None:
        computed = list(map(_with_influential_units, computed))
    if deff == "wor" and counts_respondents(sample):
        # weights do not say how many people there are, of whom respondents were a share
        deff = "wr"
    freedom, worth, effective = _degrees(sample, computed, df, together)
    if together.independent is not None:
        freedom, worth = (_of_two_variances(item, together) for item in (freedom, worth))
        effective = None
    edges = joint.edge_shares(sample, computed, together.errors)
    independent = edges.independent if edges is not None else [None] * len(computed)
    parts = zip(
        computed, np.split(together.errors, len(computed)), freedom, worth, independent, strict=True
    )
    frame, scale = _stacked(
        [_rows(sample, *part, domains, provenance.confidence, deff) for part in parts]
    )
    sample.engine.identify()
    covariance, drawn = together.covariance * np.outer(scale, scale), sample.engine.drawn
    compared = _compared(sample, computed, together, scale)
    described: Any = {"effective": effective, "compared": compared}
    described["descriptions"] = joined_descriptions(
        {item.bound.name: item.bound.description} for item in computed
    )
    if again is not None and isinstance(sample, SampleInMemory) and together.independent is None:
        points = frame["estimate"].to_numpy(dtype=float)
        described["contributions"] = SampledRows(
            sample, again, scale, points, np.arange(points.size)
        )
    estimates = Estimates(
        frame, covariance, provenance, domains, sample.codebook, drawn, **described
    )
    rules = dict(provenance.rules) | design_effect_rules(sample, deff)
    if edges is not None:
        rules |= edges.rules
    if together.left_out is not None:
        rules["replicates_left_out"] = str(together.left_out.max())
    return estimates.described(rules=rules)


def _of_two_variances(df: Sequence[Floats], together: Spread) -> list[Floats]:
    """Return the degrees of freedom of a sum of two samples' variances (Satterthwaite 1946)."""
    assert together.independent is not None  # asked of such only
    own, both, (other, least) = np.concatenate(df), together.errors**2, together.independent
    with np.errstate(divide="ignore", invalid="ignore"):
        summed = both**2 / ((both - other) ** 2 / own + other**2 / least)
    return np.split(np.where(np.isfinite(summed + own), summed, own), len(df))


def _with_heavy_units(
    sample: Sample, computed: Sequence[ComputedStatistic], of_means: str, *, enlarged: bool
) -> list[ComputedStatistic]:
    """Flag statistics of domains where one unit has most of the weight: errors are too small."""
    # `enlarged`: the residuals of their own domains are, which those of a line of everybody are not
    heavy: dict[Totals, Booleans] = {}
    found = []
    for item in computed:
        description, flag = (
            item.bound.description,
            of_means if item.linearised.residual else HEAVY_UNIT,
        )
        # sums grow with the weight of a unit, and so does their error
        if (
            description.is_total
            or description.kind == "count"
            or item.linearised.average_of is not None
        ):
            found.append(item)
            continue
        whole = item.totals.universe
        for totals in [item.totals] * (not enlarged) + [whole] * bool(item.linearised.beyond):
            if totals not in heavy:
                heavy[totals] = heavy_units(sample, totals)
        of_domain, of_line = np.zeros((2, item.totals.domains), dtype=bool)
        if not enlarged and heavy[item.totals].any():
            of_domain |= heavy[item.totals] & _owes_to_its_domain(item)
        for group in item.linearised.groups:
            of_domain |= heavy_units(sample, item.totals.within(group))
        if item.linearised.beyond and heavy[whole].any():
            of_line |= np.isfinite(item.linearised.point) & (item.n > 0)
        found.append(_remarked(_remarked(item, HEAVY_UNIT, of_line), flag, of_domain & ~of_line))
    return found


def _remarked(statistic: ComputedStatistic, flag: str, where: Booleans) -> ComputedStatistic:
    """Return a statistic with a flag for some domains, besides those that have it."""
    if not where.any():
        return statistic
    return statistic.remarked(flag, where | statistic.linearised.remarks.get(flag, False))


def _owes_to_its_domain(statistic: ComputedStatistic) -> Booleans:
    """Return the domains whose own people contribute to the error of their estimate.

    A share of none and a line of everybody have no such contribution.
    """
    _, domain, contribution = statistic.totals.by_unit(statistic.linearised.variable)
    size = np.bincount(
        domain, weights=np.abs(np.nan_to_num(contribution)), minlength=statistic.totals.domains
    )
    return np.asarray(size > 1e-12 * np.abs(np.nan_to_num(statistic.linearised.point)), dtype=bool)


# effective number of units behind the variance of an index under which its interval is short
_LEAST_INFLUENTIAL = 10


def _with_influential_units(statistic: ComputedStatistic) -> ComputedStatistic:
    """Flag indices of amounts whose variance rests on few units, as for skewed incomes."""
    # Kish's effective number of their squared contributions u: (sum u^2)^2 / sum u^4. Ratios of
    # medians, which have a variance of their own under a jackknife, are not skewed by large amounts
    description, of_medians = (
        statistic.bound.description,
        statistic.linearised.jackknifed is not None,
    )
    if (
        description.kind != "index"
        or description.scale != "amount"
        or not description.tells_amounts
        or of_medians
    ):
        return statistic
    _, domain, contribution = statistic.totals.by_unit(statistic.linearised.variable)
    squared, fourth = (
        np.bincount(
            domain, weights=np.nan_to_num(contribution) ** power, minlength=statistic.totals.domains
        )
        for power in (2, 4)
    )
    few = (squared**2 < _LEAST_INFLUENTIAL * fourth) & np.isfinite(statistic.linearised.point)
    return statistic.remarked("influential units", few) if few.any() else statistic


def _compared(
    sample: Sample, computed: Sequence[ComputedStatistic], together: Spread, scale: Floats
) -> Floats | None:
    """Return the covariance that comparisons have, on the scale of each row.

    Of one unit there is none to compare.
    """
    if together.compared is None:
        return None
    of_one = np.concatenate([
        of_one_unit(sample, item.totals) if item.linearised.average_of is None
        else _averages_one_unit(sample, item.linearised)
        for item in computed
    ])  # fmt: skip
    return joint.blank_undefined(together.compared * np.outer(scale, scale), of_one)


def _numerators(computed: Sequence[ComputedStatistic]) -> Floats:
    """Return how many respondents are in the category of each share; NaN for other statistics."""
    return np.concatenate([
        item.totals.within(item.bound.arguments[0]).n
        if item.bound.description.every_category
        else item.n * np.nan
        for item in computed
    ])  # fmt: skip


def _degrees(
    sample: Sample, computed: Sequence[ComputedStatistic], rule: DegreesOfFreedom, together: Spread
) -> tuple[list[Floats], list[Floats], EffectiveDf | None]:
    """Return the degrees of freedom of statistics by domain, of the units, and of differences."""
    who = [
        (
            item.bound.complete,
            item.linearised.respondents,
            item.totals,
            (item.linearised.average_of or [None])[0],
            item.linearised.groups,
            item.linearised.slopes_on,
        )
        for item in computed
    ]
    first = dict(zip(who, computed, strict=True))
    effective = {}
    for item, one in first.items():
        effective[item] = together.effective.get(item[0]) or _effective(sample, one)
    worth = [effective[item].df for item in who]
    if rule != "effective":
        by_rule = {}
        for item, one in first.items():
            whose, place = _respondents(one)
            by_rule[item] = degrees_of_freedom(sample, whose, rule)[place]
        return [by_rule[item] for item in who], worth, None
    # statistics of the same respondents share their degrees of freedom, and those of differences
    domain = np.arange(computed[0].totals.domains)
    start = np.cumsum([0, *(item.df.size for item in effective.values())])
    places = [start[list(effective).index(item)] + domain for item in who]
    together_df = side_by_side([*effective.values()]).rows(np.concatenate(places))
    return worth, worth, together_df


def _effective(sample: Sample, one: ComputedStatistic) -> EffectiveDf:
    average = one.linearised.average_of
    if one.linearised.groups or one.linearised.slopes_on:
        return _of_least_known(sample, one)
    if average is None or (sample.replication is not None and not sample.made):
        whose, place = _respondents(one)
        return effective_df(sample, whose).rows(place)
    return effective_df(sample, average[0]).averaged(average[1])


def _respondents(one: ComputedStatistic) -> tuple[Totals, Integers]:
    """Return the respondents behind an estimate, and the domain of theirs of each of its rows."""
    place = np.arange(one.totals.domains)
    if one.linearised.beyond and constant_of(one.linearised.variable) == 0:
        # a line of everybody owes nothing to the people of a domain
        return one.totals.universe, np.zeros_like(place)
    return one.linearised.respondents or one.totals, place


def _of_least_known(sample: Sample, one: ComputedStatistic) -> EffectiveDf:
    """Return the smallest degrees of freedom of the groups or slopes that a statistic compares."""
    parts = [effective_df(sample, one.totals.within(group)) for group in one.linearised.groups]
    parts += [slope_df(sample, one.totals, x) for x in one.linearised.slopes_on]
    fewest = min(parts, key=lambda known: float(known.df.min()))
    return replace(fewest, df=np.minimum.reduce([known.df for known in parts]))


def _stacked(parts: Sequence[tuple[dict[str, Any], Floats]]) -> tuple[pd.DataFrame, Floats]:
    """Return the rows of all statistics in one frame, and their scales."""
    columns: dict[str, Any] = {}
    for name, first in parts[0][0].items():
        cells = [part[name] for part, _ in parts]
        arrays = isinstance(first, np.ndarray)
        columns[name] = (
            np.concatenate(cells) if arrays else [cell for rows in cells for cell in rows]
        )
    return pd.DataFrame(columns), np.concatenate([scale for _, scale in parts])


def checked_domains(
    sample: Sample,
    statistics: Sequence[Statistic],
    by: str | Sequence[str] | None,
    confidence: float,
    df: str,
    variance: str,
) -> tuple[str, ...]:
    """Return the domain variables, once the arguments of `estimate` are checked."""
    check_arguments(sample, statistics, confidence)
    domains = domain_variables(sample, by)
    check_one_of("df", df, DegreesOfFreedom)
    check_one_of("variance", variance, MeanVariance)
    return domains


def check_arguments(sample: object, statistics: Sequence[object], confidence: object) -> None:
    """Refuse what is not a sample, a statistic or a level."""
    check_sample(sample, "An estimate", "estimate")
    if not statistics:
        raise OptionError(
            "`estimate` has no statistic.",
            write="Write for example `estimate(sample, mean('income'))`.",
        )
    for statistic in statistics:
        if not isinstance(statistic, Statistic):
            several = isinstance(statistic, list | tuple) and all(
                isinstance(one, Statistic) for one in statistic
            )
            raise OptionError(
                "The statistics are in a list."
                if several
                else f"{argument('statistics', statistic)} is not a statistic.",
                "" if several else f"It is a {type_name(statistic)}.",
                "Pass them as separate arguments: `estimate(sample, mean('y'), mean('z'))`."
                if several
                else "Write for example `estimate(sample, mean('income'))`.",
            )
    check_confidence(confidence)


def _with_answers(estimates: Estimates) -> Estimates:
    """Return estimates with the word at each quantile of ordered words.

    Both where a rule reads between two.
    """
    for name in estimates.by:
        check_not_a_column(name, "a domain variable", "answer", written=f"`by={name!r}`")
    answers = []
    for statistic, variable, place in estimates.frame[
        ["statistic", "variable", "estimate"]
    ].itertuples(index=False):
        words = estimates.provenance.ordered.get(variable, ())
        if (
            not words
            or not np.isfinite(place)
            or estimates.description_of(statistic).scale != "order"
        ):
            answers.append("")
            continue
        ends = dict.fromkeys((int(np.floor(place)), int(np.ceil(place))))
        answers.append(" / ".join(str(words[end - 1]) for end in ends))
    return replace(estimates, frame=estimates.frame.assign(answer=answers))


def _check_no_identifiers(sample: Sample, domains: tuple[str, ...], respondents: Integers) -> None:
    """Refuse groups by an identifier. Shapes: `respondents` (domains,)."""
    there = np.flatnonzero(respondents)
    if there.size <= MOST_NAMED:
        return
    cells = sample.engine.cells(domains)
    for position, name in enumerate(domains):
        if len({cells[domain][position] for domain in there.tolist()}) > MOST_NAMED:
            check_not_an_identifier(sample, name, sample.categories(name))


def domain_variables(sample: Sample, by: str | Sequence[str] | None) -> tuple[str, ...]:
    """Return the domain variables, checked against result columns; empty if `by` is None."""
    names = (by,) if isinstance(by, str) else tuple(by or ())
    for name in names:
        known_column(name, sample.names, "a domain variable", sample.codebook)
        if names.count(name) > 1:
            raise OptionError(
                f"{argument('by', list(names))} names `{name}` twice.",
                write="Name each variable once.",
            )
        check_not_a_column(name, "a domain variable", written=f"`by={name!r}`")
    return names


def _rows(
    sample: Sample,
    statistic: ComputedStatistic,
    std_error: Floats,
    df: Floats,
    worth: Floats,
    independent: Floats | None,
    domains: tuple[str, ...],
    confidence: float,
    deff: SimpleRandomSample | None,
) -> tuple[dict[str, Any], Floats]:
    """Return the result columns of a statistic, and the factor that rescales its covariance."""
    point = np.where(statistic.n == 0, np.nan, statistic.linearised.point)
    spread = joint.precision_of(sample, statistic, std_error, df, confidence, independent)
    with np.errstate(divide="ignore", invalid="ignore"):
        bounds = statistic.linearised.interval(point, spread)
        known_error = std_error if bounds.std_error is None else bounds.std_error
        known_error = _known_errors(sample, statistic, std_error, known_error)
        known_error = np.where(
            _of_nothing(sample, statistic, known_error, bounds), np.nan, known_error
        )
        # a row without an error may have one where it is compared
        scale = np.where(
            std_error > 0,
            known_error / std_error,
            np.where(np.isnan(known_error) & ~np.isnan(std_error), np.nan, 1.0),
        )
        # without an error there is no interval, but for the exact one of a share of 0 or 1
        at_edge = ((point == 0) | (point == 1)) & (bounds.high - bounds.low > 1e-9)
        at_edge &= (bounds.low >= 0) & (bounds.high <= 1)
        has_interval = ~np.isnan(known_error) | at_edge
    known = np.where(np.isnan(known_error), np.nan, std_error)
    cells = sample.engine.cells(domains)
    columns = keys_of_rows(
        statistic.bound.name, statistic.bound.variable, statistic.bound.category, domains, cells
    )
    low, high = (np.where(has_interval, end, np.nan) for end in (bounds.low, bounds.high))
    flags = row_flags(statistic.n, point, known_error, df, worth=worth, alone=statistic.n == 1)
    for remark, where in statistic.linearised.remarks.items():
        for row in np.flatnonzero(where & ~np.isnan(point)):
            flags[row] = ", ".join(filter(None, (flags[row], remark)))
    effect = (
        np.full(known.size, np.nan)
        if deff is None
        else design_effect(statistic.totals, statistic.linearised, known, deff)
    )
    return columns | measures(
        point, known_error, low, high, df, statistic.n, flags, deff=effect
    ), scale


def _known_errors(
    sample: Sample, statistic: ComputedStatistic, std_error: Floats, known: Floats
) -> Floats:
    """Return standard errors; NaN where none is known or there is no estimate."""
    point = statistic.linearised.point - statistic.linearised.origin
    # what is left of rounding in a share that the design fixes is not a standard error
    known = np.where(known <= 1e-14 * np.abs(point), 0.0, known)
    # zero but for rounding, on the scale of the statistic or of the share of people below a
    # quantile
    of_file = sample.replication is not None and not sample.made  # printed with few digits
    rounding = 1e-4 if of_file else 1e-9
    still = (std_error <= np.maximum(rounding * np.abs(point), 1e-14)) & (statistic.n > 0)
    of_sums = statistic.bound.description.is_total or statistic.bound.description.kind == "count"
    # the line of everybody does not rest on the people of a domain
    of_others = bool(statistic.linearised.beyond) and not statistic.linearised.steps
    if not (of_sums or of_others) and varies_within_units(sample):
        still = statistic.n > 0
    elif still.any():
        # a domain of one unit has a total of zero; where calibration fixes a total, that of its
        # unit is not
        (alone,) = statistic.totals(statistic.linearised.variable)
        still &= np.abs(alone) <= np.maximum(1e-6 * np.abs(point), 1e-14)
    if still.any():
        known = np.where(still & of_one_unit(sample, statistic.totals), np.nan, known)
    if statistic.linearised.steps:
        known = np.where(of_one_unit(sample, statistic.totals), np.nan, known)
    divided = ((divisor * divisor) > 0.0 for divisor in statistic.linearised.divisors)
    for group in (*statistic.linearised.groups, *divided):
        known = np.where(of_one_unit(sample, statistic.totals.within(group)), np.nan, known)
    for x in (*statistic.linearised.slopes_on, *statistic.linearised.varying):
        known = np.where(SpreadByUnit.of(statistic.totals, x).of_one_unit(sample), np.nan, known)
    if statistic.linearised.average_of is not None:
        known = np.where(_averages_one_unit(sample, statistic.linearised), np.nan, known)
    return np.where(np.isnan(point), np.nan, known)


def _of_nothing(
    sample: Sample, statistic: ComputedStatistic, known: Floats, bounds: Bounds
) -> Booleans:
    """Return the domains whose total is zero for all respondents: its error is unknown."""
    of_total = statistic.bound.description.is_total
    none = (statistic.linearised.point == 0) & (known == 0) & (statistic.n > 0) & of_total
    # nobody of whom a condition holds has the exact interval of a share
    none &= ~(bounds.high > bounds.low)
    if none.any():
        none &= ~_owes_to_its_domain(statistic)
        unit, domain, _ = statistic.totals.by_unit(ONE)
        drawn = np.zeros(none.size, dtype=bool)
        for of_unit in sample.engine.units.deletable:
            drawn[domain[of_unit[unit] >= 0]] = True
        none &= drawn
    return np.asarray(none, dtype=bool)


def _averages_one_unit(sample: Sample, linearised: Linearised) -> Booleans:
    """Return which averages include a cell of a single unit, without which they are unknown."""
    assert linearised.average_of is not None  # asked of such only
    cells, mix = linearised.average_of
    return np.asarray((mix[of_one_unit(sample, cells)] > 0).any(axis=0))


SimpleRandomSample: TypeAlias = Literal[
    "wor", "wr"
]  # simple random sampling without replacement, and with


def design_effect(
    totals: Totals, linearised: Linearised, std_error: Floats, reference: SimpleRandomSample = "wor"
) -> Floats:
    """Return the variance over that of a simple random sample (Kish 1965).

    The latter is N^2 (1 - n / N) S^2(z) / n.
    """
    # with replacement (`wr`) without 1 - n / N; NaN where nothing varies, or there are fewer people
    # than respondents
    check_one_of("deff", reference, SimpleRandomSample)
    z = linearised.variable
    (sum_z,) = totals(z)
    squares = totals.cross_products(z, z)
    n = totals.n.astype(float)
    (people,) = totals(ONE)
    if linearised.beyond:
        # z inside the domain, and its part on the universe
        everyone = totals.universe
        n = np.full(totals.domains, float(everyone.n.sum()))
        people = np.full(totals.domains, float(everyone(ONE)[0][0]))
        for coefficient, expression in linearised.beyond:
            (sum_u,) = everyone(expression)
            sum_z = sum_z + coefficient * sum_u
            squares = squares + 2 * coefficient * totals.cross_products(z, expression)
        for (first, u), (second, v) in product(linearised.beyond, repeat=2):
            squares = squares + first * second * everyone.cross_products(u, v)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = (squares / people - (sum_z / people) ** 2) * n / (n - 1)
        simple = people**2 * spread / n
        # what is left of rounding in a variable that does not vary is not a variance
        defined = (spread > 1e-14 * squares / people) & (n > 1)
        if reference == "wor":
            simple = simple * (1 - n / people)
            defined &= people > n
        return np.where(defined, std_error**2 / simple, np.nan)
