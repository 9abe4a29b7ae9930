"""Survival under a sampling design: Kaplan-Meier curves, log-rank tests and Cox regressions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any, Literal, TypeAlias

import numpy as np

from diplab.checks import check_confidence, check_number, check_one_of, check_proportion
from diplab.errors import OptionError
from diplab.estimators.prepared import PreparedStatistic
from diplab.estimators.statistic import Bounds, Linearised, Statistic
from diplab.inference._estimate import estimate
from diplab.inference.covariance import joint_covariance, linearised_statistic
from diplab.inference.degrees_of_freedom import DegreesOfFreedom, deletable_units
from diplab.inference.measures import check_not_a_column, no_respondents
from diplab.inference.regression._regress import pooled_regressions, regression_of
from diplab.inference.regression.fitting import ModelKind
from diplab.inference.regression.rows import read_respondents
from diplab.inference.tables import group_tests
from diplab.kernel.arrays import Booleans, Floats, Integers
from diplab.kernel.intervals import Precision, log_log
from diplab.kernel.models.regression import Block
from diplab.kernel.models.survival import PartialLikelihood, ProductLimit, spells
from diplab.results.estimates import Estimates, StatisticDescription, SurvivalCurves
from diplab.results.hypothesis_test import Hypothesis, Test
from diplab.results.regression import Regression
from diplab.sampling._imputed import Imputed
from diplab.sampling.condition import known_column, parse
from diplab.sampling.engines.factors import cross_factors
from diplab.sampling.expression import ONE, Column, Expression, Rows
from diplab.sampling.formula import read_formula
from diplab.sampling.model_matrix import Categories
from diplab.sampling.replication import ReplicatedTotals
from diplab.sampling.sample import Sample, SampleInMemory, check_sample
from diplab.sampling.totals import Totals

Ties: TypeAlias = Literal["efron", "breslow"]  # how events at the same time share those at risk
_SURVIVAL = StatisticDescription(kind="share", category="time")
_TIME = StatisticDescription(kind="amount", category="order")
MOST_TIMES, _MOST_CELLS = 100, 8_000_000
"""Times at which a curve is estimated unless asked; fewer where there are many units."""


@dataclass(frozen=True, eq=False)
class FollowUp:
    """Who was followed until when, from when, and whether the event ended it, by row.

    NaN where missing.
    """

    sample: SampleInMemory
    complete: tuple[Expression, ...]  # what a row must have an answer to
    time: Floats
    event: Floats
    entry: Floats | None
    rules: dict[str, str]

    def rows(self, there: Integers | slice) -> tuple[Floats, Booleans, Floats | None]:
        """Return times, events and entries of some rows."""
        return (
            self.time[there],
            self.event[there] == 1,
            None if self.entry is None else self.entry[there],
        )

    def strata(self, names: Sequence[str]) -> Integers:
        """Return the combination of some columns by row."""
        return cross_factors(list(map(self.sample.engine.columns.factor, names)), self.time.size)[0]

    def likelihood(
        self, there: Integers | slice, names: Sequence[str], ties: Ties
    ) -> PartialLikelihood:
        """Return the partial likelihood of some rows, each among those at risk in its stratum."""
        group = np.unique(self.strata(names)[there], return_inverse=True)[1]
        return PartialLikelihood(
            spells(*self.rows(there), group, int(group.max()) + 1), ties == "efron"
        )

    def rules_of(self, likelihood: PartialLikelihood, names: Sequence[str]) -> dict[str, Any]:
        """Return the rules of this follow-up, how many had the event, and the strata."""
        strata = {"hazard_strata": (tuple(names),)} if names else {}
        return {**self.rules, "events": str(likelihood.spells.ended.size), **strata}


def read_follow_up(
    sample: Sample,
    time: Any,
    event: Any,
    entry: Any,
    person: str | None,
    by: Sequence[str],
    verb: str,
) -> FollowUp:
    """Read and check times, events and entries, on a sample in memory.

    Persons are the units of a design without.
    """
    check_sample(sample, "A survival analysis", f"use `survival.{verb}`")
    names, codebook = sample.names, sample.codebook
    asked = {"a time": time, "an event": event} | (
        {} if entry is None else {"a time of entry": entry}
    )
    expressions = tuple(parse(item, names, codebook, use) for use, item in asked.items())
    read = [
        known_column(item, names, f"a variable of `{verb}`")
        for item in (*by, *([person] if person else []))
    ]
    held = sample.collect_for(*expressions, by=read)
    if isinstance(expressions[1], Column):
        held.check_condition(expressions[1], f"the event of `{verb}`")
    values = list(map(held.engine.columns.evaluate, expressions))
    weight = held.totals((), ()).row_weights()[1]
    there = np.flatnonzero((weight > 0) & ~np.any(list(map(np.isnan, values)), axis=0))
    if not there.size:
        raise no_respondents(
            f"`survival.{verb}`", held, has="a time, an answer on the event and a positive weight"
        )
    _check_times(verb, list(map(str, asked.values())), [value[there] for value in values])
    if person:
        held = _by_person(held, person, there, values)
    held.check_lonely()
    rules = {"event": str(event)} | ({} if entry is None else {"late_entry": str(entry)})
    return FollowUp(
        held, expressions, values[0], values[1], values[2] if entry is not None else None, rules
    )


def _check_times(verb: str, texts: Sequence[str], values: Sequence[Floats]) -> None:
    time, event, *entry = values
    other = event[(event != 0) & (event != 1)]
    if other.size or not event.any():
        raise OptionError(
            f"`{texts[1]}` cannot be the event of `{verb}`.",
            f"It holds {other[0]:g}, which is neither true nor false."
            if other.size
            else f"It is true for none of {event.size} respondents, and the time to it is never "
            "observed.",
            "Write a condition that is true for some, for example `status == 2`.",
        )
    for text, item in zip((texts[0], *texts[2:]), (time, *entry), strict=True):
        bad = item[(item < 0) | np.isinf(item)]
        if bad.size:
            raise OptionError(
                f"`{text}` cannot be a time.",
                f"{bad.size} of {item.size} are negative or infinite, such as {bad[0]:g}.",
                "Write durations from 0, for example days since the worker joined.",
            )
    backward = np.flatnonzero(entry[0] >= time) if entry else np.zeros(0, dtype=np.int64)
    if backward.size:
        raise OptionError(
            f"`{texts[2]}` is not before `{texts[0]}` for {backward.size} of {time.size} "
            "respondents.",
            f"The first enters at {entry[0][backward[0]]:g} and leaves at {time[backward[0]]:g}.",
            "Correct these spells, or leave them out with `sample.where(...)`.",
        )


def _by_person(
    sample: SampleInMemory, person: str, there: Integers, values: Sequence[Floats]
) -> SampleInMemory:
    """Return the sample with persons as the units of a design without any.

    Refuse spells that overlap.
    """
    engine = sample.engine
    code = engine.columns.complete_codes(person, "persons")
    starts = values[2] if len(values) > 2 else np.zeros(values[0].size)
    in_order = there[np.lexsort((starts[there], code[there]))]
    overlap = (code[in_order][1:] == code[in_order][:-1]) & (
        starts[in_order][1:] < values[0][in_order][:-1]
    )
    if overlap.any():
        raise OptionError(
            f"`{person}` has {np.count_nonzero(overlap)} spells that start before the one before "
            "them has ended.",
            write="Write spells of a person one after the other, from `entry` to `time`.",
        )
    if sample.design.psu or sample.replication is not None:
        return sample
    if "phases" in engine.units.rules:
        raise OptionError(
            f"`person={person!r}` does not apply to samples of two phases.",
            write=f"Write `psu={person!r}` in `declare_design`, before the second phase.",
        )
    return sample.in_units(person)


def kaplan_meier(
    sample: Sample | Imputed,
    time: Any,
    event: Any,
    *,
    entry: Any = None,
    by: str | Sequence[str] | None = None,
    at: Sequence[float] | float | None = None,
    quantiles: Sequence[float] | float = 0.5,
    person: str | None = None,
    confidence: float = 0.95,
    df: DegreesOfFreedom = "effective",
) -> SurvivalCurves:
    """Estimate survival curves by Kaplan-Meier, such as of workers who have not left a platform.

    Parameters
    ----------
    sample : Sample or Imputed
        From `declare_design`, possibly narrowed by `where` and `universe`; or from `imputed`.
    time : str
        How long each was followed, from 0, in its own unit: column or expression.
    event : str
        Whether it ended by the event (true or 1) or was not followed further (false or 0): column
        or condition, for example `"status == 2"`.
    entry : str, optional
        From when on each was followed, before `time`: who enters late counts among those at risk
        from then on only.
    by : str or list of str
        Domain variables, a curve for each combination of categories.
    at : float or list of float, optional
        Times at which the curve is estimated; by default those of the events, evenly chosen where
        these are more than 100 (fewer where the sample has more than 80,000 units).
    quantiles : float or list of float
        Shares, between 0 and 1, of who has left: by when is estimated too, 0.5 for the median. An
        empty list for none.
    person : str, optional
        Column that identifies the records of one person; needed where there are several and the
        design has no primary units.
    confidence : float
        Level of the intervals.
    df : {"effective", "design", "domain", "infinity"}
        As in `estimate`.

    Returns
    -------
    SurvivalCurves
        `Estimates` with rows `kaplan_meier` (the time as `category`) and `survival_time` (the share
        who have left); after the measures, at each time `at_risk`, who were followed just before
        it, and `events` until then. Nothing is estimated after the last follow-up. `dl.chart(found,
        "survival")` draws steps; lines between times asked for.

    Raises
    ------
    OptionError
        Where a time is negative or infinite, an entry not before it, an event neither true nor
        false, or there is none.
    EmptyDomainError
        Where no respondent has a time and an event.

    Notes
    -----
    S(t) is the product over event times up to t of 1 - dN / Y, from weighted events dN and weights
    at risk Y (Kaplan and Meier 1958); row i moves log S(t) by -sum (dN_i - Y_i h) / (Y (1 - h)),
    with h = dN / Y. The interval is symmetric on log(-log S), and exact binomial (Clopper and
    Pearson 1934), of those at risk, where S is 1 or 0: there the sample shows no spread, and there
    is not a standard error; nor is there one where a single declared unit is still followed. A
    quantile is the first time at which no more than that share survive; its interval is that of S
    at this level, with the error at that time, read back through the curve (Woodruff 1952;
    Brookmeyer and Crowley 1982). Under replicate weights the whole curve is rebuilt.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> workers = pd.DataFrame({"months": [1.0, 2.0, 2.0, 4.0, 5.0], "left": [1, 1, 0, 1, 0]})
    >>> found = dl.survival.kaplan_meier(dl.declare_design(workers), "months", "left")
    >>> found.frame[["category", "estimate", "at_risk"]].round(4).values.tolist()
    [[1.0, 0.8, 5.0], [2.0, 0.6, 4.0], [4.0, 0.3, 2.0], [0.5, 4.0, nan]]
    """
    domains = (by,) if isinstance(by, str) else tuple(by or ())
    for name in domains:
        check_not_a_column(name, "a domain variable", "at_risk", "events", written=f"`by={name!r}`")
    check_confidence(confidence)
    wanted, asked = _wanted(quantiles, at)
    samples = sample.samples if isinstance(sample, Imputed) else (sample,)
    follows = [
        read_follow_up(item, time, event, entry, person, domains, "kaplan_meier")
        for item in samples
    ]
    totals = [follow.sample.totals(domains, follow.complete) for follow in follows]
    times = _times(follows[0], totals[0]) if asked is None else asked
    made = {}
    for item, own in zip(follows, totals, strict=True):
        made[item.sample] = _Curves(item, own, times, wanted)
    held = tuple(follow.sample for follow in follows)
    curve = Statistic(
        *("kaplan_meier", (str(time),), {}, made[held[0]].point, _SURVIVAL),
        prepared_by=lambda one: made[one].prepared(str(time)),  # type: ignore[index]
    )
    one_or_all = replace(sample, samples=held) if isinstance(sample, Imputed) else held[0]
    curves = estimate(one_or_all, curve, by=domains, confidence=confidence, df=df, deff=None)
    rules = {**curves.provenance.rules, "interval": "log_log", **follows[0].rules}
    if asked is not None:
        rules["times"] = "asked"
    return _counted(curves.described(rules=rules), [made[item] for item in held])


def _wanted(quantiles: Any, at: Any) -> tuple[list[float], Floats | None]:
    """Return the quantiles and the times that are asked for; None for the times of events."""
    wanted = list(np.atleast_1d(np.asarray(quantiles, dtype=object)))
    for p in wanted:
        check_proportion("quantiles", p)
    if at is None:
        return wanted, None
    listed = np.atleast_1d(np.asarray(at, dtype=object))
    times = sorted({check_number("at", item, low=0, example=12) for item in listed})
    if not times and not wanted:
        raise OptionError(
            "`at` and `quantiles` are both empty.", write="Write for example `at=[6, 12]`."
        )
    return wanted, np.array(times, dtype=float)


def _counted(estimates: Estimates, several: Sequence[_Curves]) -> SurvivalCurves:
    """Return the curves with numbers at risk, and with flags of intervals and empty risk sets."""
    curves, frame = several[0], estimates.frame.copy()
    values = {}
    for field in fields(estimates):
        values[field.name] = getattr(estimates, field.name)
    if {item.domains for item in several} != {len(frame) // len(curves.numbers)}:
        # imputed groups, of which some are not in all imputations
        return SurvivalCurves(**values)
    none = np.full((len(curves.levels), curves.domains), np.nan)
    for name in ("at_risk", "events"):
        frame[name] = np.concatenate(
            [np.minimum.reduce([getattr(item, name) for item in several]), none]
        ).ravel()
    at_times = zip(curves.numbers, curves.times, strict=False)
    emptied = [(curves.curve.at(number) == 0) & (time < curves.last) for number, time in at_times]
    frame.loc[np.flatnonzero(emptied), "flag"] = "nobody at risk"
    for place, ends in curves.ends.items() if len(several) == 1 else ():
        first = (curves.times.size + place) * curves.domains
        rows = first + np.flatnonzero(
            np.isinf(ends.high) & np.isfinite(ends.low) & np.isfinite(curves.reached[place])
        )
        frame.loc[rows, "ci_low"] = ends.low[rows - first]
        frame.loc[rows, "flag"] = "no upper limit"
    return SurvivalCurves(**values | {"frame": frame})


def _times(follow: FollowUp, totals: Totals) -> Floats:
    """Return the times of the events, evenly chosen among too many."""
    weight = totals.row_weights()[1]
    every = np.unique(follow.time[(weight > 0) & (follow.event == 1)])
    most = min(MOST_TIMES, max(_MOST_CELLS // len(follow.sample.engine.units.stages[-1].group), 10))
    if every.size > most:
        every = every[np.linspace(0, every.size - 1, most).round().astype(int)]
    return every


def _longest_of_others(
    sample: SampleInMemory, rows: Integers, time: Floats, domain: Integers, last: Floats
) -> Floats:
    """Return by domain the longest follow-up outside the unit that is followed longest."""
    found = last.copy()
    if not (sample.design.psu or (sample.replication is not None and not sample.made)):
        return found  # one respondent alone is not a unit
    for unit in deletable_units(sample, rows):
        longest = np.full(last.size, -1, dtype=np.int64)
        at_end = time == last[domain]
        longest[domain[at_end]] = unit[at_end]
        others, own = (unit != longest[domain]) | (unit < 0), np.zeros(last.size)
        np.maximum.at(own, domain[others], time[others])
        found = np.minimum(found, own)
    return found


class _Curves:
    """The curves of all domains, and what the design is given of them."""

    def __init__(
        self, follow: FollowUp, totals: Totals, times: Floats, shares: Sequence[float]
    ) -> None:
        self.times, self.shares = times, shares
        self.domains, self.rows = totals.domains, follow.time.size
        self.needed = follow.complete
        domain, weight = totals.row_weights()
        self.there = np.flatnonzero(weight > 0)
        time, event, entry = follow.rows(self.there)
        self.domain = domain[self.there]
        self.spells = spells(time, event, entry, self.domain, self.domains)
        self.curve = ProductLimit.of(self.spells, weight[self.there])
        self.last = np.zeros(self.domains)
        np.maximum.at(self.last, self.domain, time)
        self.longest_of_others = _longest_of_others(
            follow.sample, self.there, time, self.domain, self.last
        )
        self.levels = [np.full(self.domains, 1 - p) for p in shares]
        self.reached = list(map(self.curve.quantile, self.levels))
        self.numbers = np.array(
            list(map(self.spells.reached, (*times, *self.reached))), dtype=np.int64
        )
        moved, at_entry = self.curve.ending
        self.parts = [
            (self.spells.left, moved),
            *([] if entry is None else [(self.spells.entered, at_entry)]),
        ]
        late = 0.0 if entry is None else self._passed(entry, slice(None), "left")
        still = (self._passed(time, slice(None), "right") - late)[:, ::-1].cumsum(axis=1)[:, ::-1]
        self.at_risk = still[:, 1:].T
        self.events = self._passed(time, event, "left").cumsum(axis=1)[:, :-1].T
        self.ends: dict[int, Bounds] = {}
        self._stepped: tuple[object, list[Any]] = (None, [])
        self._replicated: tuple[object, Floats] = (None, np.zeros(0))

    def prepared(self, time: str) -> list[PreparedStatistic]:
        """Return the statistics of the curves: survival at each time, then quantiles."""
        rows: list[Any] = []
        for k, t in enumerate(self.times):
            rows.append(("kaplan_meier", float(t), partial(self.point, k), _SURVIVAL))
        for k, p in enumerate(self.shares):
            rows.append(("survival_time", float(p), partial(self.quantile, k), _TIME))
        return [
            PreparedStatistic(name, time, category, (), {}, function, self.needed, description)
            for name, category, function, description in rows
        ]

    def _passed(self, value: Floats, own: Any, side: Any) -> Floats:
        """Return by domain how many values lie between the times."""
        width = self.times.size + 1
        cell = self.domain[own] * width + np.searchsorted(self.times, value[own], side)
        return (
            np.bincount(cell, minlength=self.domains * width)
            .reshape(self.domains, width)
            .astype(float)
        )

    def _steps(self, totals: Totals, number: Integers, moved: Floats) -> list[list[Expression]]:
        """Return, by time, the contributions of rows up to it, and the indicators of those rows."""
        order, what = np.zeros(self.rows), np.zeros(self.rows)
        order[self.there], what[self.there] = number, moved
        limits, rising = self.numbers.astype(float), self.times.size
        # the times rise in all domains alike; when a share has left differs between them
        parts = [limits[:rising], *limits[rising:, None]]
        steps = [totals.steps(Rows(order), (Rows(what), ONE), part) for part in parts]
        return [[step for part in steps for step in part[which]] for which in (0, 1)]

    def under(self, others: ReplicatedTotals) -> Floats:
        """Return the curves under each replicate, computed once: (replicates, times, domains)."""
        if self._replicated[0] is not others:
            weight: Any = others.weight
            each = (
                weight.made(position)[self.there] for position in range(others.replication.count)
            )
            made = (ProductLimit.of(self.spells, own) for own in each)
            self._replicated = (others, np.array([list(map(one.at, self.numbers)) for one in made]))
        return self._replicated[1]

    def _linearised(
        self, place: int, totals: Totals
    ) -> tuple[Floats, Expression, Callable[[Any], Floats]]:
        """Return the curves at one time, their linearised variable, and their replicates."""
        number = self.numbers[place]
        survival, growth = self.curve.at(number), self.curve.growth
        reached = growth[number] - growth[self.spells.start[:-1]]
        # what a spell moves stays as it was at its end; until then it is what all have moved so far
        if self._stepped[0] is not totals:
            self._stepped = totals, [self._steps(totals, *part) for part in self.parts]
        before, *late = [
            moved[place] + (ONE - there[place]) * reached for moved, there in self._stepped[1]
        ]
        # where nobody has left yet, or nobody is left, the sample shows no spread; nor where one
        # unit alone is followed
        when = (
            self.reached[place - self.times.size] if place >= self.times.size else self.times[place]
        )
        spread = (survival > 0) & (survival < 1) & (when <= self.longest_of_others)
        varies = np.where(spread, survival, np.nan)

        def replicated(others: Any) -> Floats:
            full = isinstance(others.weight, Rows)
            if full:
                return varies
            return np.where(np.isnan(varies), np.nan, self.under(others)[:, place])

        return survival, (before - late[0] if late else before) * varies, replicated

    def point(self, place: int, totals: Totals) -> Linearised:
        """Return the curves at one of the times."""
        survival, variable, replicated = self._linearised(place, totals)
        known = (self.times[place] <= self.last) | (survival == 0)

        def interval(point: Floats, spread: Precision) -> Bounds:
            return Bounds(*log_log(point, replace(spread, n=np.maximum(self.at_risk[place], 1.0))))

        return Linearised(
            np.where(known, survival, np.nan), variable, interval=interval, replicated=replicated
        )

    def quantile(self, place: int, totals: Totals) -> Linearised:
        """Return the first time at which no more than one of the levels survive."""
        level, point = self.levels[place], self.reached[place]

        def interval(_: Floats, spread: Precision) -> Bounds:
            lowest, highest = log_log(level, spread)
            low, high = self.curve.quantile(highest), self.curve.quantile(lowest)
            self.ends[place] = Bounds(low, high)
            length = np.where(np.isfinite(high), high - low, np.nan)
            return Bounds(low, high, length / (2 * spread.t))

        _, variable, replicated = self._linearised(self.times.size + place, totals)
        return Linearised(
            np.where(np.isinf(point), np.nan, point),
            variable,
            interval=interval,
            replicated=replicated,
        )


def log_rank(
    sample: Sample | Imputed,
    time: Any,
    event: Any,
    group: str,
    *,
    strata: str | Sequence[str] = (),
    entry: Any = None,
    person: str | None = None,
    df: DegreesOfFreedom = "effective",
) -> Test:
    """Test whether an event, such as leaving a platform, comes as soon in all groups (Mantel 1966).

    Parameters
    ----------
    sample : Sample or Imputed
        From `declare_design`, possibly narrowed by `where` and `universe`; or from `imputed`, and
        the F of each is combined by the rule D2 of `pooled_test`.
    time, event, entry, person
        As in `survival.kaplan_meier`.
    group : str
        Column with two categories or more (among those who were followed).
    strata : str or list of str
        Columns within whose combinations alone groups are compared.
    df : {"effective", "design", "domain", "infinity"}
        Degrees of freedom, as in `rank_test`.

    Returns
    -------
    Test
        F = U'V^-1 U / (G - 1) of G groups, with U the weighted events of each but the first less
        those expected if hazards were equal; `estimates["chi2"]` is U'V^-1 U.

    Raises
    ------
    OptionError
        As in `survival.kaplan_meier`, or where `group` has fewer than two categories.
    MisleadingError
        Where a group has one respondent or one primary unit, or the scores do not vary.

    Notes
    -----
    U is the score of a Cox model with a coefficient for each group, where all are 0, and V its
    covariance under the design, from what each row moves in it (Binder 1992; Lin 2000); replicate
    weights vary the total of these.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> months, left, sex = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [1, 1, 0, 1, 1, 1], list("fmffmm")
    >>> sample = dl.declare_design(pd.DataFrame({"months": months, "left": left, "sex": sex}))
    >>> round(dl.survival.log_rank(sample, "months", "left", "sex").statistic, 3)
    1.283
    """
    if isinstance(sample, Imputed):
        options: dict[str, Any] = {"strata": strata, "entry": entry, "person": person, "df": df}
        return group_tests.pooled_over_imputations(log_rank, sample, time, event, group, **options)
    check_one_of("df", df, DegreesOfFreedom)
    columns_of_strata = (strata,) if isinstance(strata, str) else tuple(strata)
    follow = read_follow_up(
        sample, time, event, entry, person, (group, *columns_of_strata), "log_rank"
    )
    sample = follow.sample
    complete = (*follow.complete, *map(Column, columns_of_strata))
    totals = sample.totals((group,), complete)
    computed = linearised_statistic(
        totals, Linearised(np.zeros(totals.domains), ONE), "log_rank", str(time)
    )
    present = np.flatnonzero(computed.n)
    known = sample.categories(group)
    categories = tuple(known[place] for place in present)
    groups = group_tests.GroupMeans(
        categories, np.zeros(present.size), int(computed.n.sum()), computed
    )
    left = group_tests.check_groups(sample, groups, df, group, "log_rank", "group", "were followed")
    domain, weight = totals.row_weights()
    there = np.flatnonzero(weight > 0)
    likelihood = follow.likelihood(there, columns_of_strata, "breslow")
    x = (domain[there] == present[1:, None]).astype(float)
    block, null = Block(x, x[0], weight[there], slice(0, there.size)), np.zeros(len(x))
    score = likelihood.score(block, null)[0]
    moved = np.zeros((len(x), weight.size))
    moved[:, there] = likelihood.by_row(block, null)
    everyone = sample.totals((), complete)
    parts = [
        linearised_statistic(everyone, Linearised(score[[k]], Rows(item)))
        for k, item in enumerate(moved)
    ]
    covariance = joint_covariance(sample, parts)
    f, freedom, p_value, estimates = group_tests.f_of_differences(score, covariance, time, left, df)
    provenance = group_tests.provenance_of_test(
        sample, groups, df, group, **follow.rules_of(likelihood, columns_of_strata)
    )
    hypothesis = Hypothesis(kind="survival", variable=time, by=group)
    return Test(
        *("log_rank", f, freedom, p_value, hypothesis, estimates),
        *(groups.n, provenance, sample.codebook),
        few_units=group_tests.in_few_units(sample, groups, df),
    )


def cox(
    sample: Sample | Imputed,
    terms: str,
    *,
    time: str,
    event: Any,
    entry: Any = None,
    strata: str | Sequence[str] = (),
    ties: Ties = "efron",
    person: str | None = None,
    df: DegreesOfFreedom = "effective",
    confidence: float = 0.95,
    na: Literal["drop", "fail"] = "drop",
) -> Regression:
    """Estimate a Cox (1972) regression of the hazard of an event, such as leaving a platform.

    Parameters
    ----------
    sample : Sample or Imputed
        From `declare_design`, possibly narrowed by `where` and `universe`; or from `imputed`, and
        fits are combined.
    terms : str
        What stands after `~` in a formula of `regress`: `"platform + C(sex)"`. A Cox model has no
        constant.
    time, event, entry, person
        As in `kaplan_meier`.
    strata : str or list of str
        Columns whose combinations have hazards of their own, in any proportion to each other.
    ties : {"efron", "breslow"}
        How events at the same time share those at risk. Efron's is R's default, Breslow's that of
        Stata and SAS.
    df, confidence, na
        As in `regress`.

    Returns
    -------
    Regression
        Log hazard ratios; `effect_ratios` makes hazard ratios of them. That hazards are
        proportional is not tested.

    Raises
    ------
    ConditionError, ColumnError
        Where the terms cannot be read, or name a column that the data do not have.
    OptionError
        As in `kaplan_meier` and `regress`; and where some group of a variable has no event, so that
        its coefficient has no finite value.

    Notes
    -----
    Coefficients solve the weighted partial likelihood equations. Row i moves them by A^-1 w_i L_i,
    with the information A and L_i = d_i (x_i - xbar(t_i)) - sum over event times at which it was at
    risk of exp(x_i'b) (x_i - xbar) dH0 (Binder 1992; Lin 2000), and the design gives the covariance
    of the total; spells of one primary unit add up. Under replicate weights the model is refitted.
    Effective degrees of freedom take each row around the mean that it met.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> months, left, sex = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [1, 1, 0, 1, 1, 1], list("fmffmm")
    >>> sample = dl.declare_design(pd.DataFrame({"months": months, "left": left, "sex": sex}))
    >>> fit = dl.survival.cox(sample, "sex", time="months", event="left")
    >>> dl.effect_ratios(fit).frame["estimate"].round(3).tolist()
    [0.342]
    """
    if isinstance(sample, Imputed):
        options: Any = {
            "time": time,
            "event": event,
            "entry": entry,
            "strata": strata,
            "ties": ties,
            "person": person,
        }
        options |= {"df": df, "confidence": confidence, "na": na}
        return pooled_regressions(sample.results(cox, terms, **options))
    check_one_of("ties", ties, Ties)
    check_one_of("df", df, DegreesOfFreedom)
    check_one_of("na", na, Literal["drop", "fail"])
    check_confidence(confidence)
    check_sample(sample, "A Cox regression", "use `survival.cox`")
    columns_of_strata = (strata,) if isinstance(strata, str) else tuple(strata)
    odd = time in sample.names and not str(time).isidentifier()
    formula = read_formula(
        f"{f'`{time}`' if odd else time} ~ {terms}", sample.names, sample.codebook
    )
    follow = read_follow_up(
        sample.collect_for(by=formula.names), time, event, entry, person, columns_of_strata, "cox"
    )
    beside: dict[str, Floats | Categories] = {str(event): follow.event}
    beside[" × ".join(columns_of_strata)] = Categories(follow.strata(columns_of_strata), ())
    beside |= {} if follow.entry is None else {str(entry): follow.entry}
    # what a stratum shares cancels, whatever was written
    respondents = read_respondents(
        follow.sample, replace(formula, intercept=True), "cox", na, beside
    )
    there = slice(None) if respondents.row_index is None else respondents.row_index
    likelihood = follow.likelihood(there, columns_of_strata, ties)
    blocks = replace(respondents.blocks, y=follow.event[there], together=True)
    # margins, which ask more of a likelihood, refuse this one
    respondents = replace(respondents, blocks=blocks, likelihood=likelihood)
    rules = {"ties": ties, **follow.rules_of(likelihood, columns_of_strata)}
    kind = ModelKind("cox", "hazard")
    return regression_of(follow.sample, respondents, kind, "linearised", df, confidence, na, rules)
