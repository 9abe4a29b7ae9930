"""Survival under a sampling design: curves of who is still there (Kaplan-Meier), and Cox regressions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

import numpy as np

from diplab.checks import check_confidence, check_number, check_one_of, check_proportion
from diplab.errors import ColumnError, OptionError
from diplab.estimators.prepared import PreparedStatistic
from diplab.estimators.statistic import Bounds, Linearised, Statistic
from diplab.inference._estimate import estimate
from diplab.inference.degrees_of_freedom import DegreesOfFreedom
from diplab.inference.imputation import pool_estimates
from diplab.inference.measures import no_respondents
from diplab.inference.regression._regress import pooled_regressions, regression_of
from diplab.inference.regression.fitting import ModelKind
from diplab.inference.regression.rows import read_respondents
from diplab.kernel.intervals import Precision, log_log
from diplab.kernel.models.survival import PartialLikelihood, ProductLimit, spells
from diplab.results.statistic_description import StatisticDescription
from diplab.sampling._imputed import Imputed
from diplab.sampling.condition import known_column, parse
from diplab.sampling.engines.memory import MemoryEngine, cross_factors
from diplab.sampling.expression import ONE, Column, Expression, Rows, only_where
from diplab.sampling.formula import read_formula
from diplab.sampling.model_matrix import Categories
from diplab.sampling.sample import check_sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from diplab.kernel.arrays import Floats, Integers
    from diplab.kernel.models.regression import Likelihood
    from diplab.results.estimates import Estimates
    from diplab.results.regression import Regression
    from diplab.sampling.replication import ReplicatedTotals
    from diplab.sampling.sample import Sample, SampleInMemory
    from diplab.sampling.totals import Totals

Ties: TypeAlias = Literal["efron", "breslow"]
"""How events at the same time share those at risk."""

_SURVIVAL = StatisticDescription(kind="share", category="time")
_TIME = StatisticDescription(kind="amount", category="order")
MOST_TIMES, _MOST_CELLS = 100, 8_000_000
"""Times at which a curve is estimated unless asked; fewer where there are many units."""


@dataclass(frozen=True, eq=False)
class FollowUp:
    """Who was followed from when until when, and whether the event ended it: one value a row, NaN where missing."""

    sample: SampleInMemory
    complete: tuple[Expression, ...]  # what a row must have an answer to
    time: Floats
    event: Floats
    entry: Floats | None

    def rows(self, there: Integers | slice) -> tuple[Floats, Any, Floats | None]:
        """Return times, events and entries of some rows."""
        return self.time[there], self.event[there] == 1, None if self.entry is None else self.entry[there]


def read_follow_up(
    sample: Sample, time: Any, event: Any, entry: Any, person: str | None, by: Sequence[str], verb: str
) -> FollowUp:
    """Read and check times, events and entries, on a sample in memory."""
    check_sample(sample, "A survival analysis", f"use `survival.{verb}`")
    names, codebook = sample.names, sample.codebook
    expressions = [parse(time, names, codebook, "a time"), parse(event, names, codebook, "an event")]
    if entry is not None:
        expressions.append(parse(entry, names, codebook, "a time of entry"))
    for name in by:
        known_column(name, names, f"a variable of `{verb}`")
    held = sample.collect_for(*expressions, by=(*by, *([] if person is None else [known_column(person, names)])))
    if held.replication is None:
        held.engine.units.check_lonely(held.design.lonely_psu)
    if isinstance(expressions[1], Column):
        held.check_condition(expressions[1], f"the event of `{verb}`")
    columns = held.engine.columns
    values = [columns.evaluate(each) for each in expressions]
    weight = held.totals((), ()).row_weights()[1]
    there = (weight > 0) & ~np.any([np.isnan(each) for each in values], axis=0)
    if not there.any():
        raise no_respondents(f"`survival.{verb}`", held, has="a time, an answer on the event and a positive weight")
    texts = [str(time), str(event), *([] if entry is None else [str(entry)])]
    _check_times(verb, texts, [each[there] for each in values])
    held = replace(held, engine=by_person(held, person, there, values)) if person is not None else held
    return FollowUp(held, tuple(expressions), values[0], values[1], values[2] if entry is not None else None)


def _check_times(verb: str, texts: Sequence[str], values: Sequence[Floats]) -> None:
    time, event = values[:2]
    other = event[(event != 0) & (event != 1)]
    if other.size:
        raise OptionError(
            f"`{texts[1]}` cannot be the event of `{verb}`.",
            f"It holds {other[0]:g}, which is neither true nor false.",
            "Write a condition, for example `status == 2`.",
        )
    if not event.any():
        raise OptionError(
            f"`{texts[1]}` happens to none of {event.size} respondents.",
            "Without an event nothing tells how long it takes.",
            "Look at the codes of the event, or write a wider condition.",
        )
    for text, each in zip((texts[0], *texts[2:]), (time, *values[2:]), strict=True):
        bad = each[(each < 0) | ~np.isfinite(each)]
        if bad.size:
            raise OptionError(
                f"`{text}` cannot be a time.",
                f"It is {bad[0]:g} for {np.count_nonzero(bad == bad[0])} of {each.size} respondents.",
                "Write durations from 0, for example days since the worker joined.",
            )
    backward = np.flatnonzero(values[2] >= time) if len(values) > 2 else np.zeros(0, dtype=np.int64)
    if backward.size:
        raise OptionError(
            f"`{texts[2]}` is not before `{texts[0]}` for {backward.size} of {time.size} respondents.",
            f"The first enters at {values[2][backward[0]]:g} and leaves at {time[backward[0]]:g}.",
            "Correct these spells, or leave them out with `sample.where(...)`.",
        )


def by_person(sample: SampleInMemory, person: str, there: Any, values: Sequence[Floats]) -> MemoryEngine:
    """Return the engine with persons as the units of a design without any; refuse a person in two units or spells."""
    engine = sample.engine
    code = engine.columns.complete_codes(person, "persons")
    if len(values) > 2:
        own = np.flatnonzero(there)
        own = own[np.lexsort((values[2][own], code[own]))]
        again = np.flatnonzero((code[own][1:] == code[own][:-1]) & (values[2][own][1:] < values[0][own][:-1]))
        if again.size:
            raise OptionError(
                f"`{person}` has spells that overlap.",
                f"{again.size} start before the one before them has ended.",
                "Write one spell after the other for each person, from `entry` to `time`.",
            )
    units = engine.units.psu_of_unit[engine.units.of_record]
    first = np.zeros(int(code.max()) + 1, dtype=np.int64)
    first[code] = units
    if not sample.design.psu:
        made = MemoryEngine(engine.columns.frame, replace(sample.design, psu=(person,)))
        made = made.reweighted(engine.weights, engine.auxiliary)
        made.drawn = engine.drawn
        return made
    if (first[code] != units).any():
        raise OptionError(
            f"`{person}` is not inside the primary units of the design.",
            "Records of one person are in several of them.",
            "Give persons names of their own, for example by pasting that of the unit before.",
        )
    return engine


def kaplan_meier(
    sample: Sample | Imputed,
    time: Any,
    event: Any,
    *,
    entry: Any = None,
    by: str | Sequence[str] = (),
    at: Sequence[float] | float | None = None,
    quantiles: Sequence[float] | float = 0.5,
    person: str | None = None,
    confidence: float = 0.95,
    df: DegreesOfFreedom = "effective",
) -> Estimates:
    """Estimate what share is still there after some time, such as of workers who have not left a platform.

    Parameters
    ----------
    sample : Sample or Imputed
        From `declare_design`, possibly narrowed by `where` and `universe`; or from `imputed`.
    time : str
        How long each was followed, from 0, in its own unit: column or expression.
    event : str
        Whether it ended by the event (true or 1) or was not followed further (false or 0): column or condition, for
        example `"status == 2"`.
    entry : str, optional
        From when on each was followed, before `time`: who enters late counts among those at risk from then on only.
    by : str or list of str
        Domain variables, a curve for each combination of categories.
    at : float or list of float, optional
        Times at which the curve is estimated; by default those of the events, evenly chosen where these are more than
        100 (fewer where the sample has more than 80,000 units).
    quantiles : float or list of float
        Shares, between 0 and 1, of who has left: by when is estimated too, 0.5 for the median. An empty list for none.
    person : str, optional
        Column that tells which records are of one person; needed where there are several and the design has no primary
        units.
    confidence : float
        Level of the intervals.
    df : {"effective", "design", "domain", "infinity"}
        As in `estimate`.

    Returns
    -------
    Estimates
        Rows `survival` (with the time as `category`) and `survival_time` (with the share who has left); after the
        measures, at each time `at_risk`, who were followed just before it, and `events` until then. Nothing is
        estimated after the last follow-up of a curve. For `dl.chart(found, "survival")`.

    Raises
    ------
    OptionError
        Where a time is negative or infinite, an entry not before it, an event neither true nor false, or there is none.
    EmptyDomainError
        Where nobody has a time and an event.

    Notes
    -----
    S(t) is the product over event times up to t of 1 - dN / Y, from weighted events dN and weights at risk Y (Kaplan
    and Meier 1958); row i moves log S(t) by -sum (dN_i - Y_i h) / (Y (1 - h)), with h = dN / Y. The interval is
    symmetric on log(-log S), and exact binomial (Clopper and Pearson 1934), of those at risk, where S is 1 or 0: there
    the sample shows no spread, and there is no standard error. A quantile is the first time at which no more than that
    share survive; its interval is that of S at this level, with the error at that time, read back through the curve
    (Woodruff 1952; Brookmeyer and Crowley 1982). Under replicate weights the whole curve is made anew.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> workers = pd.DataFrame({"months": [1.0, 2.0, 2.0, 4.0, 5.0], "left": [1, 1, 0, 1, 0]})
    >>> found = dl.survival.kaplan_meier(dl.declare_design(workers), "months", "left")
    >>> found.frame[["category", "estimate", "at_risk"]].round(4).values.tolist()
    [[1.0, 0.8, 5.0], [2.0, 0.6, 4.0], [4.0, 0.3, 2.0], [0.5, 4.0, nan]]
    """
    domains = (by,) if isinstance(by, str) else tuple(by)
    wanted = [quantiles] if isinstance(quantiles, float | int) else list(quantiles)
    options: Any = {"entry": entry, "by": domains, "quantiles": wanted, "person": person}
    options |= {"confidence": confidence, "df": df}
    check_confidence(confidence)
    for p in wanted:
        check_proportion("quantiles", p)
    if at is not None:
        at = np.unique([check_number("at", each, low=0, example=12) for each in ([at] if np.ndim(at) == 0 else at)])
    if isinstance(sample, Imputed):
        return _imputed_curves(sample, time, event, at, options)
    follow = read_follow_up(sample, time, event, entry, person, domains, "kaplan_meier")
    totals = follow.sample.totals(domains, follow.complete)
    times = _times(follow, totals) if at is None else np.asarray(at, dtype=float)
    curves = _Curves(follow, totals, times)
    rows = [partial(curves.point, place) for place in range(times.size)]
    rows += [partial(curves.quantile, p) for p in wanted]
    labels = [("survival", float(each), _SURVIVAL) for each in times]
    labels += [("survival_time", float(p), _TIME) for p in wanted]

    def prepared(_: Sample) -> list[PreparedStatistic]:
        nothing: dict[str, Any] = {}
        return [
            PreparedStatistic(name, str(time), category, (), nothing, row, follow.complete, description)
            for row, (name, category, description) in zip(rows, labels, strict=True)
        ]

    curve = Statistic("survival", (str(time),), {}, curves.point, _SURVIVAL, prepared_by=prepared)
    found = estimate(follow.sample, curve, by=domains, confidence=confidence, df=df)
    rules = {**found.provenance.rules, "interval": "log_log", "event": str(event)}
    if entry is not None:
        rules["entry"] = str(entry)
    return curves.counted(found, len(wanted)).described(rules=rules)


def _imputed_curves(imputed: Imputed, time: Any, event: Any, at: Any, options: dict[str, Any]) -> Estimates:
    """Combine the curves of imputations, on the times of the first; the least of those at risk."""
    found = [kaplan_meier(imputed.samples[0], time, event, at=at, **options)]
    if at is None:
        at = list(dict.fromkeys(found[0].frame.loc[found[0].frame["statistic"] == "survival", "category"]))
    found += [kaplan_meier(each, time, event, at=at, **options) for each in imputed.samples[1:]]
    pooled = pool_estimates(found)
    frame = pooled.frame.assign(
        **{name: np.min([each.frame[name] for each in found], axis=0) for name in ("at_risk", "events")}
    )
    curve = frame["statistic"] == "survival"
    numbers = (frame.loc[curve, name].to_numpy(dtype=float) for name in ("estimate", "std_error", "df", "at_risk"))
    point, *spread = numbers
    frame.loc[curve, "ci_low"], frame.loc[curve, "ci_high"] = log_log(point, Precision(*spread, options["confidence"]))
    return replace(pooled, frame=frame)


def _times(follow: FollowUp, totals: Totals) -> Floats:
    """Return the times of the events, evenly chosen among too many."""
    weight = totals.row_weights()[1]
    every = np.unique(follow.time[(weight > 0) & (follow.event == 1)])
    most = min(MOST_TIMES, max(_MOST_CELLS // len(follow.sample.engine.units.stages[-1].group), 10))
    return every if every.size <= most else every[np.linspace(0, every.size - 1, most).round().astype(int)]


class _Curves:
    """The curves of all domains, and what the design is given of them."""

    def __init__(self, follow: FollowUp, totals: Totals, times: Floats) -> None:
        self.follow, self.times, self.domains = follow, times, totals.domains
        domain, weight = totals.row_weights()
        self.there = np.flatnonzero(weight > 0)
        time, event, entry = follow.rows(self.there)
        self.domain = domain[self.there]
        self.spells = spells(time, event, entry, self.domain, self.domains)
        self.curve = ProductLimit.of(self.spells, weight[self.there])
        self.last = np.zeros(self.domains)
        np.maximum.at(self.last, self.domain, time)
        moved, at_entry = self.curve.ending
        self.left, self.moved = self._rows(self.spells.left), self._rows(moved)
        self.entered, self.at_entry = self._rows(self.spells.entered), self._rows(at_entry)
        self.at_risk, self.events = self._counts(time, event, entry)
        self.ends: dict[float, Bounds] = {}
        self._replicates: list[tuple[object, list[ProductLimit]]] = []

    def _rows(self, values: Any) -> Rows:
        every = np.zeros(self.follow.time.size)
        every[self.there] = values
        return Rows(every)

    def _counts(self, time: Floats, event: Any, entry: Floats | None) -> tuple[Floats, Floats]:
        """Return by time and domain who were followed just before it, and events up to it."""
        shape = (self.domains, self.times.size + 1)

        def passed(value: Floats, own: Any, side: Any) -> Floats:
            cell = self.domain[own] * shape[1] + np.searchsorted(self.times, value[own], side)
            return np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape).astype(float)

        net = passed(time, slice(None), "right")
        if entry is None:
            at_risk = net[:, ::-1].cumsum(axis=1)[:, ::-1][:, 1:]
        else:
            at_risk = (net - passed(entry, slice(None), "left"))[:, ::-1].cumsum(axis=1)[:, ::-1][:, 1:]
        return at_risk.T, passed(time, event, "left").cumsum(axis=1)[:, :-1].T

    def under(self, others: ReplicatedTotals | Totals) -> Iterable[ProductLimit]:
        """Return the curves under each set of replicate weights, made once."""
        weight = others.weight
        if isinstance(weight, Rows):
            return [self.curve]
        for known, made in self._replicates:
            if known is others:
                return made
        sets: Any = weight
        count = others.replication.count  # type: ignore[union-attr]
        made = [ProductLimit.of(self.spells, sets.made(place)[self.there]) for place in range(count)]
        self._replicates.append((others, made))
        return made

    def _linearised(self, number: Integers, point: Floats, interval: Callable[..., Bounds]) -> Linearised:
        """Return a point with what rows move in the curve before the event time of some number."""
        survival = self.curve.at(number)
        limit, first = number.astype(float), self.spells.start[:-1]
        reached = self.curve.growth[number] - self.curve.growth[first]
        variable = only_where(self.left <= limit, self.moved) + only_where(self.left > limit, ONE) * reached
        if self.follow.entry is not None:
            variable = variable - only_where(self.entered <= limit, self.at_entry)
            variable = variable - only_where(self.entered > limit, ONE) * reached
        # where nobody has left yet, or nobody is left, the sample shows no spread
        varies = np.where((survival > 0) & (survival < 1), survival, np.nan)

        def replicated(others: Any) -> Floats:
            made = np.stack([each.at(number) for each in self.under(others)])
            found = np.where(np.isnan(varies), np.nan, made)
            return found[0] if isinstance(others.weight, Rows) else found

        return Linearised(point, variable * varies, interval=interval, replicated=replicated)

    def point(self, place: int, _: Totals) -> Linearised:
        """Return the curves at one of the times."""
        number = self.spells.reached(self.times[place])
        survival = self.curve.at(number)
        known = (self.times[place] <= self.last) | (survival == 0)

        def interval(point: Floats, spread: Precision) -> Bounds:
            return Bounds(*log_log(point, replace(spread, n=np.maximum(self.at_risk[place], 1.0))))

        return self._linearised(number, np.where(known, survival, np.nan), interval)

    def quantile(self, p: float, _: Totals) -> Linearised:
        """Return the first time at which no more than 1 - p survive."""
        level = np.full(self.domains, 1 - p)
        point = self.curve.quantile(level)
        point = np.where(np.isinf(point), np.nan, point)

        def interval(_: Floats, spread: Precision) -> Bounds:
            lowest, highest = log_log(level, spread)
            low, high = self.curve.quantile(highest), self.curve.quantile(lowest)
            self.ends[p] = Bounds(low, high)
            half = np.where(np.isfinite(high), high - low, np.nan)
            return Bounds(low, high, half / (2 * spread.t))

        return self._linearised(self.spells.reached(np.nan_to_num(point, nan=-1.0)), point, interval)

    def counted(self, found: Estimates, quantiles: int) -> Estimates:
        """Return the result with the numbers at risk, and with intervals of quantiles that have no upper end."""
        frame, none = found.frame.copy(), np.full((quantiles, self.domains), np.nan)
        for name, counts in (("at_risk", self.at_risk), ("events", self.events)):
            frame[name] = np.concatenate([counts, none]).ravel()
        for place, ends in enumerate(self.ends.values(), start=self.times.size):
            rows = np.arange(self.domains) + place * self.domains
            rows = rows[np.isinf(ends.high) & np.isfinite(ends.low) & frame["estimate"].to_numpy()[rows].astype(bool)]
            frame.loc[rows, "ci_low"] = ends.low[rows - place * self.domains]
            frame.loc[rows, "flag"] = "no upper limit"
        return replace(found, frame=frame)


def cox(
    sample: Sample | Imputed,
    terms: str,
    *,
    time: Any,
    event: Any,
    entry: Any = None,
    strata: str | Sequence[str] = (),
    ties: Ties = "efron",
    person: str | None = None,
    df: DegreesOfFreedom = "effective",
    confidence: float = 0.95,
    na: Literal["drop", "fail"] = "drop",
) -> Regression:
    """Estimate how the hazard of an event, such as leaving a platform, goes with variables (Cox 1972).

    Parameters
    ----------
    sample : Sample or Imputed
        From `declare_design`, possibly narrowed by `where` and `universe`; or from `imputed`, and fits are combined.
    terms : str
        What stands after `~` in a formula of `regress`: `"platform + C(sex)"`. A Cox model has no constant.
    time, event, entry, person
        As in `kaplan_meier`.
    strata : str or list of str
        Columns whose combinations have hazards of their own, in any proportion to each other.
    ties : {"efron", "breslow"}
        How events at the same time share those at risk. Efron's is R's default, Breslow's that of Stata and SAS.
    df, confidence, na
        As in `regress`.

    Returns
    -------
    Regression
        Log hazard ratios; `effect_ratios` makes hazard ratios of them. That hazards are proportional is not tested.

    Raises
    ------
    ConditionError, ColumnError
        Where the terms cannot be read, or name a column that the data do not have.
    OptionError
        As in `kaplan_meier` and `regress`; and where some group of a variable has no event, so that its coefficient has
        no finite value.

    Notes
    -----
    Coefficients solve the weighted partial likelihood equations. Row i moves them by A^-1 w_i L_i, with the information
    A and L_i = d_i (x_i - xbar(t_i)) - sum over event times at which it was at risk of exp(x_i'b) (x_i - xbar) dH0
    (Binder 1992; Lin 2000), and the design gives the covariance of the total; spells of one primary unit add up. Under
    replicate weights the model is fitted anew. Effective degrees of freedom take each row around the mean that it met on
    average.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> months, left, sex = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [1, 1, 0, 1, 1, 1], list("fmffmm")
    >>> sample = dl.declare_design(pd.DataFrame({"months": months, "left": left, "sex": sex}))
    >>> fit = dl.survival.cox(sample, "sex", time="months", event="left")
    >>> dl.effect_ratios(fit).frame["estimate"].round(3).tolist()
    [0.617]
    """
    if isinstance(sample, Imputed):
        options: Any = {"time": time, "event": event, "entry": entry, "strata": strata, "ties": ties, "person": person}
        return pooled_regressions([
            cox(each, terms, df=df, confidence=confidence, na=na, **options) for each in sample.samples
        ])  # fmt: skip
    for name, value, allowed in (("ties", ties, Ties), ("df", df, DegreesOfFreedom), ("na", na, Literal["drop", "fail"])):
        check_one_of(name, value, allowed)
    check_confidence(confidence)
    own = (strata,) if isinstance(strata, str) else tuple(strata)
    left = f"`{time}`" if time in getattr(sample, "names", ()) else str(time)
    check_sample(sample, "A Cox regression", "use `survival.cox`")
    formula = read_formula(f"{left} ~ {terms}", sample.names, sample.codebook)
    sample = sample.collect_for(by=formula.names)
    follow = read_follow_up(sample, time, event, entry, person, own, "cox")
    code = cross_factors([follow.sample.engine.columns.factor(name) for name in own], follow.time.size)[0]
    beside: dict[str, Floats | Categories] = {str(event): follow.event, " × ".join(own): Categories(code, ())}
    if follow.entry is not None:
        beside[str(entry)] = follow.entry
    formula = replace(formula, intercept=True)  # what a stratum shares cancels, whatever was written
    respondents = read_respondents(follow.sample, formula, "cox", na, beside)
    there = slice(None) if respondents.row_index is None else respondents.row_index
    group = np.unique(code[there], return_inverse=True)[1]
    likelihood = PartialLikelihood(spells(*follow.rows(there), group, int(group.max()) + 1), ties == "efron")
    blocks = replace(respondents.blocks, y=follow.event[there], together=True)
    # margins, which ask more of a likelihood, refuse this one
    respondents = replace(respondents, blocks=blocks, likelihood=cast("Likelihood", likelihood))
    rules = {"ties": ties, "event": str(event), "events": str(int(likelihood.spells.event.sum()))}
    rules |= {"entry": str(entry)} if entry is not None else {}
    rules |= {"hazard_strata": " × ".join(own)} if own else {}
    return regression_of(follow.sample, respondents, ModelKind("cox", "hazard"), "linearised", df, confidence, na, rules)
