"""The two bounds of each statistic of a banded variable, as linearised statistics.

Nothing is assumed of where incomes lie within their bands. With l and h the ends of a person's band:

rate under a fixed line z
    from the share surely below (h <= z) to the share possibly below (l < z); under a line known between two values,
    the smallest and the largest of them.
rate under a fraction of the median
    see `diplab.kernel.bands.bounds`.
mean, median, quantile, threshold
    those of the lower and of the upper ends.
Gini index
    see `diplab.kernel.bands.bounds`.

Both ends of a rate are means of conditions, and have the linearised variable of a mean; those of the Gini index have
that of the index at the incomes that attain them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from diplab.errors import OptionError
from diplab.estimators.income_rules import convention_named
from diplab.estimators.moments import mean
from diplab.estimators.prepared import PreparedStatistic
from diplab.estimators.quantiles import quantile
from diplab.estimators.statistic import Bounds, Linearised, symmetric
from diplab.inference.banded.gini_ends import gini_ends
from diplab.inference.banded.relative_rate import RelativeRate, fixed_share
from diplab.inference.covariance import ComputedStatistic, joint_covariance, standard_errors
from diplab.inference.degrees_of_freedom import degrees_of_freedom
from diplab.kernel.intervals import student
from diplab.sampling.expression import Rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from diplab.inference.banded.answer import Asked
    from diplab.kernel.intervals import Precision
    from diplab.sampling.engines.protocol import Floats
    from diplab.sampling.expression import Expression
    from diplab.sampling.totals import Totals

__all__ = ["BoundEnds", "bound_ends", "totals_of", "unused_bound"]

QUANTILE_INTERVALS = ("woodruff", "beta", "xlogit", "asin")
_SLACK_OF_LINE = 0.1
"""Part of the risk left to the median that makes a line, where its own sampling error may take it to another band."""


@dataclass(frozen=True, eq=False)
class BoundEnds:
    """The bounds of a statistic by domain, linearised.

    Parameters
    ----------
    low, high : Linearised
    outer : tuple of Linearised
        From where the interval is drawn: the same, but for a line that may lie in another band.
    open : array of bool, shape (domains,)
        Where an open band leaves the upper bound without end.
    """

    low: Linearised
    high: Linearised
    outer: tuple[Linearised, Linearised]
    open: NDArray[np.bool_]


Pair: TypeAlias = "tuple[Linearised, Linearised]"


def totals_of(asked: Asked) -> Totals:
    """Return the totals over everybody with a band."""
    told = Rows(np.where(np.isnan(asked.low), np.nan, 1.0))
    return asked.sample.totals(asked.by, (told,))


def unused_bound(name: str) -> PreparedStatistic:
    """Return a bound statistic whose function is not called: its points are computed before."""

    def unused(*_: object, **__: object) -> Linearised:
        raise AssertionError

    return PreparedStatistic(name, "", "", (), {}, unused)


def bound_ends(asked: Asked, totals: Totals) -> BoundEnds:
    """Return the bounds of what is asked.

    Raises
    ------
    OptionError
        Where an option has no sense for a banded variable.
    """
    outer = None
    if asked.name == "arpr" and asked.line_low is not None:
        low, high = _rate(asked, totals)
    elif asked.name == "arpr":
        low, high, outer = _relative_rate(asked, totals)
    else:
        low, high = _PAIRS[asked.name](asked, totals)
    (endless,) = totals(Rows((np.isinf(_told(asked.high)) | np.isinf(_told(asked.low))).astype(float)))
    opened = (endless > 0) & (asked.name == "gini") | ~np.isfinite(low.point) | ~np.isfinite(high.point)
    return BoundEnds(low, high, outer or (low, high), opened)


def _told(end: Floats) -> Floats:
    return np.where(np.isnan(end), 0.0, end)


def _rate(asked: Asked, totals: Totals) -> Pair:
    """Return the shares surely and possibly below a line of one's own."""
    strict = _convention_is_strict(asked)
    interval = asked.options.get("interval", "logit")
    low, high = asked.low, asked.high
    assert asked.line_low is not None
    assert asked.line_high is not None
    known = low == high
    with np.errstate(invalid="ignore"):
        surely = np.where(known & strict, high < asked.line_low, high <= asked.line_low)
        possibly = low < asked.line_high if strict else low <= asked.line_high
    return tuple(fixed_share(totals, Rows(each.astype(float)), interval) for each in (surely, possibly))  # type: ignore[return-value]


def _convention_is_strict(asked: Asked) -> bool:
    return convention_named(asked.options.get("convention", "eurostat")).poor == "<"


def _relative_rate(asked: Asked, totals: Totals) -> tuple[Linearised, Linearised, Pair]:
    """Return the bounds of a rate under a fraction of the median, and those from which the interval is drawn.

    The median of ends of bands stands at one of them, and small samples may take it to the next: the interval starts
    from the lines that the medians may have by their own sampling error.
    """
    convention = convention_named(asked.options.get("convention", "eurostat"))
    fraction = float(asked.options.get("fraction", 0.6))
    scope = totals.universe if asked.options.get("threshold_on", "universe") == "universe" else totals
    low, high = _told(asked.low), _told(asked.high)
    above = np.where(low == high, np.nextafter(high, np.inf), high)
    rates = RelativeRate(
        totals, scope, low, high, above, fraction, convention, asked.options.get("interval", "logit")
    )
    sides = [
        _medians(asked, scope, Rows(end), convention.rule, side) for end, side in ((low, -1.0), (high, 1.0))
    ]
    pairs: list[Pair] = []
    for place, half in ((0, 0.5 + 0 * sides[1][2]), (1, sides[1][2])):
        least, most = (side[place] * np.ones(totals.domains) for side in sides)
        ends = rates.at_least(least), rates.at_most(least, most, half)
        pairs.append((_with_line(ends[0], most), _with_line(ends[1], most)))
    return *pairs[0], pairs[1]


def _with_line(rate: Linearised, largest_median: Floats) -> Linearised:
    """Return a rate, undefined where the median is not above zero, and so no line is, whatever the bands hide."""
    return replace(rate, point=np.where(largest_median > 0, rate.point, np.nan))


def _medians(
    asked: Asked, scope: Totals, end: Expression, rule: str, side: float
) -> tuple[Floats, Floats, Floats]:
    """Return the median of the ends of bands, and the one that its sampling error may make of it on one side."""
    median = scope.quantile(end, 0.5, rule)
    errors = []
    for condition in (end <= median, end < median):
        found = mean.on(scope, condition)
        fixed = replace(found, replicated=_of_condition(condition))
        computed = ComputedStatistic(unused_bound("share"), scope, fixed, scope.n)
        errors.append(standard_errors(joint_covariance(asked.sample, [computed]), found.point))
    df = degrees_of_freedom(asked.sample, scope, asked.df)
    reach = student(1 - (1 - asked.confidence) * _SLACK_OF_LINE, df) * np.fmax(*errors)
    share = np.clip(0.5 + side * reach, 0.0, 1.0)
    share = np.where(np.isnan(share), 0.5, share)
    moved = scope.quantile(end, share, rule)
    return median, np.where(np.isnan(moved), median, moved), np.asarray(share, dtype=np.float64)


def _of_condition(condition: Expression) -> Callable[[Totals], Floats]:
    return lambda others: mean.on(others, condition).point


def _means(asked: Asked, totals: Totals) -> Pair:
    return tuple(_mean(totals, _told(end)) for end in (asked.low, asked.high))  # type: ignore[return-value]


def _mean(totals: Totals, end: Floats) -> Linearised:
    """Return the mean of one end; infinite, and without error, where somebody's is."""
    finite = Rows(np.where(np.isinf(end), 0.0, end))
    endless = Rows(np.isinf(end).astype(float))
    found = mean.on(totals, finite)
    (open_ones,) = totals(endless)
    sign = -np.inf if (end == -np.inf).any() else np.inf
    point = np.where(open_ones > 0, sign, found.point)
    return replace(
        found,
        point=point,
        variable=found.variable * np.where(open_ones > 0, 0.0, 1.0),
        replicated=lambda others: mean.on(others, finite).point,
        interval=symmetric,
    )


def _quantiles(asked: Asked, totals: Totals) -> Pair:
    p = float(asked.options.get("p", 0.5))
    interval = asked.options.get("interval", "woodruff")
    if interval not in QUANTILE_INTERVALS:
        raise OptionError(
            f"`interval={interval!r}` was asked for, of a `{asked.name}` known by band.",
            "It needs amounts that spread without steps, and ends of bands are few.",
            f"Write one of {', '.join(f'`{each}`' for each in QUANTILE_INTERVALS)}.",
        )
    rule = asked.options.get("rule", "math")
    return tuple(
        quantile.on(totals, Rows(_told(end)), p, interval=interval, rule=rule)
        for end in (asked.low, asked.high)
    )  # type: ignore[return-value]


def _thresholds(asked: Asked, totals: Totals) -> Pair:
    """Return a fraction of the medians of both ends."""
    rule = convention_named(asked.options.get("convention", "eurostat")).rule
    fraction = float(asked.options.get("fraction", 0.6))
    return tuple(
        _scaled(quantile.on(totals, Rows(_told(end)), 0.5, rule=rule), fraction)
        for end in (asked.low, asked.high)
    )  # type: ignore[return-value]


def _scaled(found: Linearised, by: float) -> Linearised:
    def interval(point: Floats, spread: Precision) -> Bounds:
        one = found.interval(point / by, spread)
        own = None if one.std_error is None else one.std_error * by
        return Bounds(one.low * by, one.high * by, own)

    return replace(found, point=found.point * by, interval=interval)


_PAIRS: dict[str, Callable[[Asked, Totals], Pair]] = {
    "arpt": _thresholds,
    "gini": gini_ends,
    "mean": _means,
    "median": _quantiles,
    "quantile": _quantiles,
}
