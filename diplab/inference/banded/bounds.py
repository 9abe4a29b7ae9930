"""Bounds of each statistic of a banded variable, linearised. See docs/formulas.md."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np

from diplab.errors import OptionError, quoted_names
from diplab.estimators.income_rules import Convention
from diplab.estimators.moments import mean, share
from diplab.estimators.prepared import PreparedStatistic
from diplab.estimators.quantiles import quantile
from diplab.estimators.statistic import Bounds, Linearised, symmetric
from diplab.inference import covariance as joint
from diplab.inference.banded.data import BandedAnswer, BandedQuestion, answer_flag, distinct_bands
from diplab.inference.covariance import linearised_statistic
from diplab.inference.degrees_of_freedom import degrees_of_freedom, of_one_unit
from diplab.inference.measures import no_respondents
from diplab.kernel.arrays import Booleans, Floats, Integers
from diplab.kernel.bands.bounds import largest_gini, most_below, smallest_gini
from diplab.kernel.intervals import Precision, identified_quantile, level_of_quantile, student
from diplab.reference.text import Words
from diplab.results.estimates import AT_LEAST, AT_MOST
from diplab.sampling.expression import ONE, Apply, Expression, Rows, expression_of
from diplab.sampling.totals import Totals

QUANTILE_INTERVALS = ("woodruff", "beta", "xlogit", "asin")
_SLACK_OF_LINE = 0.1
"""Share of the error risk spent on the median of a line, which may fall in another band."""
_MOST_PAIRS = 50_000_000
"""Pairs of bands above which the largest median is assumed to put most people below its line."""


@dataclass(frozen=True, eq=False)
class BoundEnds:
    """The bounds of a statistic by domain, linearised."""

    low: Linearised
    high: Linearised
    # from where the interval is drawn: the same, but for a line that may lie in another band
    outer: tuple[Linearised, Linearised]
    open: Booleans  # where an open band leaves the upper bound without end


Pair: TypeAlias = "tuple[Linearised, Linearised]"


def totals_with_band(question: BandedQuestion) -> Totals:
    """Return the totals over everybody with a band."""
    return question.sample.totals(
        question.by, (Rows(np.where(np.isnan(question.low), np.nan, 1.0)),)
    )


def bound_ends(question: BandedQuestion, totals: Totals) -> BoundEnds:
    """Return both bounds of the statistic asked for, by domain."""
    lower, upper = (np.where(np.isnan(end), 0.0, end) for end in (question.low, question.high))
    outer = None
    if question.form == "gini":
        low, high = gini_ends(question, totals)
    elif question.form != "rate":
        low, high = (_OF_ENDS[question.form](question, totals, end) for end in (lower, upper))
    elif question.lines:
        low, high = _rate(question, totals)
    else:
        low, high, outer = _relative_rate(question, totals, lower, upper)
    (endless,) = totals(Rows((np.isinf(upper) | np.isinf(lower)).astype(float)))
    opened = (
        (endless > 0) & (question.form == "gini")
        | ~np.isfinite(low.point)
        | ~np.isfinite(high.point)
    )
    return BoundEnds(low, high, outer or (low, high), opened)


def _rate(question: BandedQuestion, totals: Totals) -> Pair:
    """Return the shares surely and possibly below a line of your own."""
    strict = question.convention.poor == "<"
    interval = question.options.get("interval", "logit")
    low, high, (lowest, highest) = question.low, question.high, question.lines
    surely = np.where((low == high) & strict, high < lowest, high <= lowest)
    possibly = low < highest if strict else low <= highest
    least, most = (Rows(item.astype(float)) for item in (surely, possibly))
    return fixed_share(totals, least, interval), fixed_share(totals, most, interval)


def _relative_rate(
    question: BandedQuestion, totals: Totals, low: Floats, high: Floats
) -> tuple[Linearised, Linearised, Pair]:
    """Return the bounds of a rate under a fraction of the median, and those for its interval."""
    convention = question.convention
    fraction = question.fraction
    scope = totals.universe if question.line_of_everybody else totals
    above = np.where(low == high, np.nextafter(high, np.inf), high)
    rates = RelativeRate(
        totals,
        scope,
        low,
        high,
        above,
        fraction,
        convention,
        question.options.get("interval", "logit"),
    )
    sides = [
        _medians(question, scope, Rows(end), convention.rule, side)
        for end, side in ((low, -1.0), (high, 1.0))
    ]
    pairs: list[Pair] = []
    # the interval starts from the lines that the medians may have by their own sampling error
    for place, half in ((0, 0.5 + 0 * sides[1][2]), (1, sides[1][2])):
        least, most = (side[place] * np.ones(totals.domains) for side in sides)
        ends = rates.at_least(least), rates.at_most(least, most, half)
        pairs.append((_with_line(ends[0], most), _with_line(ends[1], most)))
    return *pairs[0], pairs[1]


def _with_line(rate: Linearised, largest_median: Floats) -> Linearised:
    """Return a rate, undefined unless the largest median, and so a line, is above zero."""
    return replace(rate, point=np.where(largest_median > 0, rate.point, np.nan))


def _medians(
    question: BandedQuestion, scope: Totals, end: Expression, rule: str, side: float
) -> tuple[Floats, Floats, Floats]:
    """Return the median of the ends of bands, its one-sided confidence limit, and its order."""
    median = scope.quantile(end, 0.5, rule)
    errors = []
    for condition in (end <= median, end < median):
        average = mean.on(scope, condition)

        def again(others: Totals, condition: Expression = condition) -> Floats:
            return mean.on(others, condition).point

        computed = linearised_statistic(scope, replace(average, replicated=again))
        errors.append(
            joint.standard_errors(
                joint.joint_covariance(question.sample, [computed]), average.point
            )
        )
    df = degrees_of_freedom(question.sample, scope, question.df)
    reach = student(1 - (1 - question.confidence) * _SLACK_OF_LINE, df) * np.fmax(*errors)
    part = np.clip(0.5 + side * reach, 0.0, 1.0)
    part = np.where(np.isnan(part), 0.5, part)
    moved = scope.quantile(end, part, rule)
    return median, np.where(np.isnan(moved), median, moved), np.asarray(part, dtype=np.float64)


def _mean(question: BandedQuestion, totals: Totals, end: Floats) -> Linearised:
    """Return the mean of one end; infinite, and without error, where one of them is."""
    finite = Rows(np.where(np.isinf(end), 0.0, end))
    endless = Rows(np.isinf(end).astype(float))
    average = mean.on(totals, finite)
    (open_ones,) = totals(endless)
    sign = -np.inf if (end == -np.inf).any() else np.inf
    point = np.where(open_ones > 0, sign, average.point)
    finite_only = average.variable * np.where(open_ones > 0, 0.0, 1.0)
    known = replace(average, point=point, variable=finite_only, interval=symmetric)
    return replace(known, replicated=lambda others: mean.on(others, finite).point)


def _quantile(question: BandedQuestion, totals: Totals, end: Floats) -> Linearised:
    interval = question.options.get("interval", "woodruff")
    if interval not in QUANTILE_INTERVALS:
        raise OptionError(
            f"`interval={interval!r}` does not apply to a `{question.statistic.name}` known by "
            "band.",
            "It needs continuous amounts, and band limits take only a few values.",
            f"Write one of {quoted_names(QUANTILE_INTERVALS)}.",
        )
    return quantile.on(
        totals,
        Rows(end),
        question.order,
        interval=interval,
        rule=question.options.get("rule", "math"),
    )


def _threshold(question: BandedQuestion, totals: Totals, end: Floats) -> Linearised:
    """Return a fraction of the median of one end."""
    rule = question.convention.rule
    found, fraction = quantile.on(totals, Rows(end), 0.5, rule=rule), question.fraction

    def interval(point: Floats, spread: Precision) -> Bounds:
        one = found.interval(point / fraction, spread)
        error = None if one.std_error is None else one.std_error * fraction
        return Bounds(one.low * fraction, one.high * fraction, error)

    return replace(found, point=found.point * fraction, interval=interval)


def fixed_share(totals: Totals, condition: Expression, interval: str) -> Linearised:
    """Return a share under a line fixed at its full-sample value in all replicates."""
    linearised = share.on(totals, condition, interval=interval)
    return replace(linearised, replicated=lambda others: mean.on(others, condition).point)


@dataclass(frozen=True, eq=False)
class RelativeRate:
    """Bounds of a rate under a fraction of the median, for medians between two values."""

    totals: Totals  # of the domains
    scope: Totals  # of those whose median it is
    low: Floats
    high: Floats
    above: Floats  # (rows,): upper ends, just above the value where it is known
    fraction: float
    convention: Convention
    interval: str

    def at_least(self, median: Floats) -> Linearised:
        """Return the share surely below the line of the smallest median."""
        # who has a known amount at the line is below it, or is not, by convention
        end = self.above if self.convention.poor == "<" else self.high
        return fixed_share(
            self.totals, Rows(end) <= expression_of(self.fraction * median), self.interval
        )

    def at_most(self, smallest: Floats, largest: Floats, half: Floats) -> Linearised:
        """Return the largest share below the line of a median in a range, with `half` below it."""
        possibly = self._possibly(largest)
        tried = self._tried(smallest, largest, half)
        if tried is None:
            return fixed_share(self.totals, possibly, self.interval)
        median, most, at_half = tried
        found = fixed_share(self.totals, self._possibly(median), self.interval)
        return self._at_half(found, median, most, at_half, half) if at_half.any() else found

    def _possibly(self, median: Floats) -> Expression:
        return Apply(self.convention.poor, (Rows(self.low), expression_of(self.fraction * median)))

    def _tried(
        self, smallest: Floats, largest: Floats, half: Floats
    ) -> tuple[Floats, Floats, Booleans] | None:
        """Return the median with most people below its line.

        None where the largest median is it, or may be taken.
        """
        bottom, top = np.nanmin(smallest), np.nanmax(largest)
        both = (self.low <= self.fraction * top) & (self.above > bottom)
        strict = self.convention.poor == "<"
        if not self.fraction < 1 or not (bottom > 0 or (strict and bottom == 0)) or not both.any():
            return None
        (low, above), inside, of_all = self._by_band
        domains = self.totals.domains
        if low.size**2 * 4 * domains > _MOST_PAIRS:
            return None
        medians = np.broadcast_to(smallest, domains), np.broadcast_to(largest, domains)
        return most_below(
            (low, above), of_all, inside, self.fraction, medians, strict=strict, half=half
        )

    @cached_property
    def _by_band(self) -> tuple[tuple[Floats, Floats], Floats, Floats]:
        """Return the ends of distinct bands, and their weights by domain and around the median."""
        domain, weight = self.totals.row_weights()
        _, everybody = self.scope.row_weights()
        low, above, of_row = distinct_bands(self.low, self.above)
        domains = self.totals.domains
        summed = np.bincount(of_row * domains + np.maximum(domain, 0), weight, low.size * domains)
        inside = summed.astype(np.float64).reshape(-1, domains)
        of_all: Floats = inside
        if self.scope is not self.totals:
            of_all = np.bincount(of_row, everybody, low.size).astype(np.float64)[:, None]
        at_half = (inside > 0).any(axis=1) | (of_all > 0).any(axis=1)
        return (low[at_half], above[at_half]), inside[at_half], of_all[at_half]

    def _at_half(
        self, found: Linearised, median: Floats, most: Floats, at_half: Booleans, half: Floats
    ) -> Linearised:
        """Return the bound limited by the half below the median: known cases plus the room left."""
        totals, holds = self.totals, at_half.astype(float)
        (people,) = totals(ONE)
        below = Rows(self.above) <= expression_of(median)
        poor = Apply("and", (self._possibly(median), below))
        point = np.where(at_half, most, found.point)
        inside = self._possibly(median) * (1 - holds) + poor * holds
        beyond: tuple[tuple[Floats, Expression], ...] = ()
        if self.scope is self.totals:
            inside = inside + (half - below) * holds
        else:
            # the part of the half below a median that is not taken by known amounts
            beyond = tuple(
                (
                    holds * (np.arange(holds.size) == position) / people,
                    half - (Rows(self.above) <= median[position].item()),
                )
                for position in np.flatnonzero(at_half)
            )

        def replicated(others: Totals) -> Floats:
            counted, those = others(inside, ONE)
            for coefficient, expression in beyond:
                (room,) = others.universe(expression)
                counted = counted + (coefficient > 0) * room
            return counted / those

        return replace(
            found,
            point=point,
            variable=(inside - point) / people,
            beyond=beyond,
            replicated=replicated,
        )


def gini_ends(question: BandedQuestion, totals: Totals) -> tuple[Linearised, Linearised]:
    """Return the smallest and the largest Gini index that amounts within the bands can have."""
    for option, only in (("convention", "eurostat"), ("nonpositive", "keep")):
        chosen = question.options.get(option, only)
        if chosen != only:
            raise OptionError(
                f"`{option}={chosen!r}` does not apply to a Gini index known by band.",
                "Its bounds are those of the official definition, incomes kept as they are.",
                f"Leave `{option}` out.",
            )
    domain, weight = totals.row_weights()
    negative = int((weight[question.low < 0] > 0).sum())
    if negative:
        raise OptionError(
            f"Bands of {negative} respondents reach below zero, where the Gini index has no upper "
            "bound.",
            write="Write bands from 0, or a sample of those with positive incomes: "
            "`sample.universe(...)`.",
        )
    domains, weighted = totals.domains, np.flatnonzero(weight > 0)
    lows, highs, band = distinct_bands(question.low[weighted], question.high[weighted])
    order = np.argsort(domain[weighted], kind="stable") if domains > 1 else np.arange(weighted.size)
    starts = np.searchsorted(domain[weighted][order], np.arange(domains + 1))
    bounds = [
        (of, np.full(domains, np.nan), np.zeros(weight.size))
        for of in (smallest_gini, largest_gini)
    ]
    for position, (first, last) in enumerate(pairwise(starts)):
        rows = order[first:last]
        mass = np.bincount(band[rows], weight[weighted[rows]], lows.size).astype(np.float64)
        with_mass = np.flatnonzero(mass)
        for of, point, influence in bounds if with_mass.size else ():
            found = of(lows[with_mass], highs[with_mass], mass[with_mass])
            point[position] = found.gini
            influence[weighted[rows]] = (found.influence / mass[with_mass].sum())[
                np.searchsorted(with_mass, band[rows])
            ]
    # under replicates the total of the linearised variable varies
    low, high = (Linearised(point, Rows(influence)) for _, point, influence in bounds)
    return low, high


def _at_ends(question: BandedQuestion, totals: Totals, end: Floats) -> Linearised:
    """Return the statistic itself of one end; without end where open bands leave it none."""
    domain, _ = totals.row_weights()
    open_ones = np.isinf(end)
    endless = (
        open_ones & ~np.isfinite(_of_amounts(question, end)(totals).point)[np.maximum(domain, 0)]
    )
    (lost,) = totals(Rows(endless.astype(float)))
    # the spread of a bound without end is not told, and its rows may hold anything
    computed = _of_amounts(question, np.where(endless, 0.0, end))
    linearised = computed(totals)
    sign = np.where(end[endless] < 0, -np.inf, np.inf).min(initial=np.inf)
    finite_only = linearised.variable * np.where(lost > 0, 0.0, 1.0)
    known = replace(
        linearised, point=np.where(lost > 0, sign, linearised.point), variable=finite_only
    )
    return replace(
        known, replicated=linearised.replicated or (lambda others: computed(others).point)
    )


def _of_amounts(question: BandedQuestion, amounts: Floats) -> PreparedStatistic:
    (prepared,) = replace(question.statistic, written=(Rows(amounts),)).prepare(question.sample)
    return prepared


_OF_ENDS: dict[str, Callable[[BandedQuestion, Totals, Floats], Linearised]] = {
    "ends": _at_ends,
    "mean": _mean,
    "quantile": _quantile,
    "threshold": _threshold,
}
"""Forms whose bounds are those of the lower and of the upper ends."""
NOT_BOUNDED = "not bounded"
WORDS = Words("diplab.inference.banded")


@dataclass(frozen=True, eq=False)
class IdentifiedBounds:
    """The bounds of a statistic by domain."""

    low: Floats
    high: Floats
    std_error: Floats  # (2, domains)
    covariance: Floats  # of the lower bounds, then the upper ones
    ci_low: Floats  # of the statistic, wherever between the bounds it is
    ci_high: Floats
    df: Floats
    n: Integers
    open: Booleans  # where an open band leaves the upper bound without end


def answers(bounds: IdentifiedBounds) -> tuple[BandedAnswer, BandedAnswer]:
    """Return bounds as two answers."""
    nothing = np.full(bounds.low.size, np.nan)
    one, other = bounds.std_error
    # a lower bound that is minus infinity is not a bound either
    low_flags, flags = (
        tuple(
            map(
                answer_flag,
                bounds.n,
                np.where(opened & ~np.isnan(point), NOT_BOUNDED, "").tolist(),
                point,
                error,
            )
        )
        for opened, point, error in (
            (np.isinf(bounds.low), bounds.low, one),
            (bounds.open, bounds.high, other),
        )
    )
    shared = {"df": bounds.df, "n": bounds.n, "assumptions": (WORDS("assumption.bounds"),)}
    return (
        BandedAnswer(
            AT_LEAST,
            bounds.low,
            one,
            bounds.ci_low,
            nothing,
            flag=low_flags,
            **shared,  # type: ignore[arg-type]
        ),
        BandedAnswer(
            AT_MOST,
            bounds.high,
            other,
            nothing,
            bounds.ci_high,
            flag=flags,
            **shared,  # type: ignore[arg-type]
        ),
    )


def identified_bounds(question: BandedQuestion) -> IdentifiedBounds:
    """Return the bounds of a statistic, their covariance, and the Imbens-Manski (2004) interval."""
    if (
        question.form == "threshold"
        and question.line_of_everybody
        and (question.by or question.sample.domain)
    ):
        return _of_everybody(question)
    question.sample.check_lonely()
    totals = totals_with_band(question)
    if not totals.n.sum():
        what = f"`{question.label}` of `{question.variable}`"
        raise no_respondents(
            what, question.sample, has="a band and a positive weight", of="variable"
        )
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return _with_interval(question, totals, bound_ends(question, totals))


def _of_everybody(question: BandedQuestion) -> IdentifiedBounds:
    """Return the bounds of a threshold that all domains share, with the respondents of each."""
    shared = identified_bounds(
        replace(question, by=(), sample=replace(question.sample, domain=(), domain_text=()))
    )
    n = totals_with_band(question).n
    names = ("low", "high", "std_error", "ci_low", "ci_high", "df", "open")
    blown: Any = {name: np.repeat(getattr(shared, name), n.size, axis=-1) for name in names}
    blown["covariance"] = np.kron(shared.covariance, np.ones((n.size, n.size)))
    return IdentifiedBounds(n=n, **blown)


def _with_interval(question: BandedQuestion, totals: Totals, ends: BoundEnds) -> IdentifiedBounds:
    """Return bounds with errors and the interval, on the scale of the statistic's interval."""
    sample, n = question.sample, totals.n
    df = degrees_of_freedom(sample, totals, question.df)
    pair = [linearised_statistic(totals, item) for item in (ends.low, ends.high)]
    spread_of_both = joint.covariance_and_errors(sample, pair)
    covariance, with_error = spread_of_both.covariance, spread_of_both.errors
    error = np.split(with_error, 2)
    points = [np.where(n == 0, np.nan, item.point) for item in (ends.low, ends.high)]
    # rounding may take an upper bound below the lower one
    points[1] = np.where(points[1] < points[0], points[0], points[1])
    alone = of_one_unit(sample, totals)
    own = []
    for item, point, plain in zip(pair, points, error, strict=True):
        # on the scale of the bound; one primary unit shows no spread, which says nothing
        precision = joint.precision_of(sample, item, plain, df, question.confidence)
        std_error = item.linearised.interval(point, precision).std_error
        if std_error is None:
            std_error = plain
        known = np.isfinite(point) & np.isfinite(std_error) & ~(alone & (plain <= 1e-14))
        own.append(np.where(known, std_error, np.nan))
    distance = _distance(*points)
    level = level_of_quantile(
        identified_quantile(distance, np.fmax(*own), df, question.confidence), df
    )
    limits = []
    for position, outer in enumerate(ends.outer):
        moved = linearised_statistic(totals, outer)
        inner = outer is (ends.low, ends.high)[position]
        spread = joint.precision_of(
            sample,
            moved,
            error[position] if inner else joint.covariance_and_errors(sample, [moved]).errors,
            df,
            0.95,
        )
        precision = replace(spread, confidence=level)  # type: ignore[arg-type]
        interval = outer.interval(np.where(n == 0, np.nan, outer.point), precision)
        # an interval may have no end where a quantile falls into the open band, and still be one
        end = np.where(
            alone & np.isnan(own[position]), np.nan, (interval.low, interval.high)[position]
        )
        limits.append(np.where(np.isinf(points[position]), points[position], end))
    scale = np.where(with_error > 0, np.concatenate(own) / with_error, 1.0)
    covariance = np.asarray(covariance * np.outer(scale, scale), dtype=np.float64)
    # the interval holds both bounds
    low, high = np.minimum(limits[0], points[0]), np.maximum(limits[1], points[1])
    return IdentifiedBounds(
        points[0], points[1], np.array(own), covariance, low, high, df, n, open=ends.open & (n > 0)
    )


def _distance(low: Floats, high: Floats) -> Floats:
    """Return how far apart bounds are, nothing where rounding alone parts them."""
    distance = np.nan_to_num(high - low, nan=np.inf, posinf=np.inf)
    return np.where(distance <= 1e-12 * np.abs(low), 0.0, distance)
