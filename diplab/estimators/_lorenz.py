"""The Lorenz curve, quantile shares, and ratios of top to bottom. See docs/formulas.md."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from diplab.checks import argument, check_proportion, check_whole_number, is_number
from diplab.errors import OptionError
from diplab.estimators import income_rules
from diplab.estimators.measurement import WORDS
from diplab.estimators.quantiles import bandwidth, density
from diplab.estimators.statistic import Bounds, Linearised, statistic, symmetric
from diplab.kernel.arrays import Floats
from diplab.kernel.intervals import Precision
from diplab.sampling.expression import ONE, ColumnOrExpression, Expression, exp
from diplab.sampling.totals import Totals

if TYPE_CHECKING:
    Interval: TypeAlias = Callable[[Floats, Precision], Bounds]
    Ends: TypeAlias = "Callable[[Totals, Expression], tuple[Poorest, Poorest]]"


CURVE_RULES = ("interval", "convention", "band", "nonpositive")
DECILES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


@dataclass(frozen=True)
class OneOf:
    """One point of a curve or one quantile group, and their number, as printed in rules."""

    place: float  # the share of people, or the number of the group
    count: int
    unit: str = ""

    def __str__(self) -> str:
        return f"{self.count}{self.unit}"


CurvePoints: TypeAlias = float | Sequence[float] | OneOf
QuantileGroups: TypeAlias = int | OneOf


@dataclass(frozen=True, eq=False)
class Poorest:
    """The income of the poorest share of people, and its linearised variable."""

    total: Floats
    variable: Expression


def poorest(
    totals: Totals, income: Expression, share: float, convention: str = "eurostat"
) -> Poorest:
    """Return the income of the poorest share of people; at the quantile, of the part needed."""
    if share <= 0 or share >= 1:
        (everything,) = totals(income)
        return Poorest(everything * float(share >= 1), income * float(share >= 1))
    at = totals.quantile(income, share, "math")
    under = (income < at) * (income - at)
    people, below = totals(ONE, under)
    variable = under + share * at
    if convention == "convey":
        between = totals.quantile(income, share, "hf4")
        variable = (income <= between) * (income - between) + share * between
    return Poorest(below + share * at * people, variable)


def _each_point(options: Mapping[str, Any]) -> list[tuple[object, Mapping[str, Any]]]:
    """Return one row per point: its share of people as category, and its options."""
    at = options["at"]
    shares = np.atleast_1d(np.asarray(at, dtype=object)).tolist()
    problem = ""
    for share in shares:
        if not is_number(share) or not 0 < share <= 1:
            problem = problem or f"{share!r} is none."
    if not shares:
        problem = "There is no point."
    elif not problem and len(set(shares)) < len(shares):
        problem = "A point is duplicated."
    if problem:
        asked = f"{argument('at', at)} is not a list of shares of people above 0 and up to 1."
        raise OptionError(asked, problem, "Write for example `at=(0.25, 0.5, 0.75)`.")
    points = [OneOf(float(share), len(shares), " points") for share in shares]
    return [(point.place, {**options, "at": point}) for point in points]


@statistic(kind="share", category="poorest", rules=CURVE_RULES, rows_of=_each_point)
def lorenz(
    totals: Totals,
    income: ColumnOrExpression,
    *,
    at: CurvePoints = DECILES,
    convention: income_rules.ConventionName = "eurostat",
    band: Literal["pointwise", "simultaneous"] = "pointwise",
    nonpositive: income_rules.NonpositiveRule = "keep",
    interval: income_rules.LogitInterval = "logit",
) -> Linearised:
    """Lorenz curve: the share of all income received by the poorest share of people.

    Parameters
    ----------
    at : float or sequence of float
        Shares of people, above 0 and up to 1; in results the `category` of each row.
    convention : {"eurostat", "convey", "vardpoor"}
        All split people at the quantile exactly, so that the curve is continuous and convex;
        standard errors under `convey` take the quantile between two incomes. `vardpoor` has no
        curve: that of `eurostat`.
    band : {"pointwise", "simultaneous"}
        Intervals of each point, or a band that holds all points asked for together (Bonferroni:
        never too narrow, and too wide where points are many and close).

    Returns
    -------
    Statistic
        Point and linearised variable as in `docs/formulas.md` (Lorenz 1905; Beach and Davidson
        1983). With negative incomes kept the curve starts below the axis, and intervals are
        symmetric.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> sample = dl.declare_design(pd.DataFrame({"income": [10.0, 20.0, 30.0, 40.0]}))
    >>> curve = dl.estimate(sample, dl.lorenz("income", at=(0.5, 0.75)))
    >>> curve.frame[["category", "estimate"]].values.tolist()
    [[0.5, 0.3], [0.75, 0.6]]
    """
    taken = income_rules.incomes_under(totals, income, nonpositive, index="lorenz", needs="any")
    curve = _between(totals, taken, (0.0, _point(at).place), convention, over=taken.income)
    return replace(curve, interval=_band(at, band, taken.bounds(interval)))


@statistic(kind="amount", category="poorest", rules=CURVE_RULES[1:], rows_of=_each_point)
def generalised_lorenz(
    totals: Totals,
    income: ColumnOrExpression,
    *,
    at: CurvePoints = DECILES,
    convention: income_rules.ConventionName = "eurostat",
    band: Literal["pointwise", "simultaneous"] = "pointwise",
    nonpositive: income_rules.NonpositiveRule = "keep",
) -> Linearised:
    """Generalised Lorenz curve: income of the poorest share of people, divided by all people.

    A distribution whose curve lies above another everywhere is preferred by everyone who likes more
    income and less inequality (Shorrocks 1983).

    Parameters
    ----------
    at, band
        As for `lorenz`.

    Returns
    -------
    Statistic
        Point and linearised variable as in `docs/formulas.md`, in the unit of incomes; at 1 the
        mean income.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> sample = dl.declare_design(pd.DataFrame({"income": [10.0, 20.0, 30.0, 40.0]}))
    >>> curve = dl.estimate(sample, dl.generalised_lorenz("income", at=(0.5, 1.0)))
    >>> curve.frame["estimate"].tolist()
    [7.5, 25.0]
    """
    taken = income_rules.incomes_under(
        totals, income, nonpositive, index="generalised_lorenz", needs="any"
    )
    curve = _between(totals, taken, (0.0, _point(at).place), convention, over=ONE)
    return replace(curve, interval=_band(at, band, symmetric))


def _point(at: CurvePoints) -> OneOf:
    return at if isinstance(at, OneOf) else OneOf(float(at), 1, " points")  # type: ignore[arg-type]


def _between(
    totals: Totals,
    taken: income_rules.Incomes,
    edges: tuple[float, float],
    convention: str,
    over: Expression,
) -> Linearised:
    """Return the income between two shares of people over a total: of all income, or of people."""

    def cut(others: Totals) -> tuple[Floats, Floats, Expression]:
        inside = taken.of(others)
        lower, upper = (poorest(inside, taken.income, edge, convention) for edge in edges)
        (size,) = inside(over)
        size = np.where(size > 0, size, np.nan)
        return (upper.total - lower.total) / size, size, upper.variable - lower.variable

    point, size, part = cut(totals)
    return taken.linearised(
        totals, point, (part - over * point) / size, lambda others: cut(others)[0]
    )


def _band(at: CurvePoints, band: str, interval: Interval) -> Interval:
    """Return the pointwise interval, or the simultaneous one (Bonferroni)."""
    points = _point(at).count if band == "simultaneous" else 1

    def together(point: Floats, spread: Precision) -> Bounds:
        return interval(point, replace(spread, confidence=1 - (1 - spread.confidence) / points))

    return together


MOST_GROUPS = 1000


def _each_group(options: Mapping[str, Any]) -> list[tuple[object, Mapping[str, Any]]]:
    """Return one row per group: its number as category, and its options."""
    groups = check_whole_number("groups", options["groups"], low=2, high=MOST_GROUPS, example=10)
    return [
        (position, {**options, "groups": OneOf(position, groups)})
        for position in range(1, groups + 1)
    ]


@statistic(kind="share", category="group", rows_of=_each_group)
def quantile_shares(
    totals: Totals,
    income: ColumnOrExpression,
    *,
    groups: QuantileGroups = 5,
    convention: income_rules.ConventionName = "eurostat",
    nonpositive: income_rules.NonpositiveRule = "keep",
    interval: income_rules.LogitInterval = "logit",
) -> Linearised:
    """Share of all income that each quantile group has, from the poorest to the richest.

    Parameters
    ----------
    groups : int
        At least 2: 5 for fifths, 10 for tenths; in results the number of the group is the
        `category` of the row.
    convention : {"eurostat", "convey", "vardpoor"}
        As for `lorenz`: people are split at a quantile exactly, so that all groups have the same
        size.

    Returns
    -------
    Statistic
        Point L(k / g) - L((k - 1) / g), with L the Lorenz curve of the convention: the shares sum
        to one. Linearised variable the difference of those of L (Beach and Davidson 1983).

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> sample = dl.declare_design(pd.DataFrame({"income": [10.0, 20.0, 30.0, 40.0]}))
    >>> dl.estimate(sample, dl.quantile_shares("income", groups=2)).frame["estimate"].tolist()
    [0.3, 0.7]
    """
    group = groups if isinstance(groups, OneOf) else OneOf(groups, groups)
    taken = income_rules.incomes_under(
        totals, income, nonpositive, index="quantile_shares", needs="any"
    )
    edges = (group.place - 1) / group.count, group.place / group.count
    shares = _between(totals, taken, edges, convention, over=taken.income)
    return replace(shares, interval=taken.bounds(interval))


@statistic(kind="share", label_options=("top",), category="top")
def top_share(
    totals: Totals,
    earnings: ColumnOrExpression,
    top: float = 0.1,
    *,
    interval: income_rules.LogitInterval = "logit",
) -> Linearised:
    """Share of all earnings of the top share of people, 1 - L(1 - top), with the Lorenz curve L.

    Parameters
    ----------
    earnings : str
        Column or expression, one value per person.
    top : float
        Share of people, from the top: 0.01 for the top hundredth; in results the `category` of the
        row.
    interval : {"logit", "wald"}
        On the log-odds, so that it stays between 0 and 1, or symmetric; always symmetric if the
        share is not strictly between 0 and 1.

    Returns
    -------
    Statistic
        With N people who earn Y in all, and q the quantile of order 1 - top, the inverse of the
        weighted distribution function: point T = (sum(w (y - q) 1[y > q]) + top N q) / Y. People
        who earn q exactly are split so that the top contains exactly the share `top` of people.
        Linearised variable z = ((y - q) 1[y > q] + top q - T y) / Y: the error of the quantile has
        no first-order effect, because the top total is at its minimum there (Kovačević and Binder
        1997; Langel and Tillé 2011). A domain whose total is not above zero has no point; earnings
        below zero are kept, counted in the notes, and may bring the share above 1.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> sample = dl.declare_design(pd.DataFrame({"pay": [1.0, 1.0, 1.0, 7.0]}))
    >>> dl.estimate(sample, dl.work.top_share("pay", top=0.25)).frame["estimate"].item()
    0.7
    """
    check_proportion("top", top, example=0.01)
    below = int(totals.within(earnings < 0.0).n.sum())
    negative = (WORDS("index.top_share_negative", count=below),) if below else ()
    taken = income_rules.Incomes(earnings, None, negative, below > 0)
    share = _between(totals, taken, (1.0 - top, 1.0), "eurostat", over=earnings)
    return replace(share, interval=taken.bounds(interval))


@statistic(kind="index", tail=0.2)
def quintile_ratio(
    totals: Totals,
    income: ColumnOrExpression,
    *,
    convention: income_rules.ConventionName = "eurostat",
    nonpositive: income_rules.NonpositiveRule = "keep",
    interval: income_rules.LogInterval = "log",
) -> Linearised:
    """S80/S20: the income of the richest fifth of people over that of the poorest fifth.

    Parameters
    ----------
    convention : {"eurostat", "convey", "vardpoor"}
        Definition of the quintiles if a fifth is reached exactly, and derivative of the ratio with
        respect to them: without a density for `eurostat`, by a normal kernel for the others, which
        is inaccurate for very skewed incomes.

    Returns
    -------
    Statistic
        Point: income of those above the fourth quintile over that of those at or below the first;
        linearised variable as in `docs/formulas.md` (Eurostat; Osier 2009). Undefined where the
        poorest fifth has no income, or no one is above the fourth quintile, as in equal incomes or
        among a few people (R's laeken returns 0, which would mean that the poor have more).

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> sample = dl.declare_design(pd.DataFrame({"income": [10.0, 20.0, 30.0, 40.0, 50.0]}))
    >>> dl.estimate(sample, dl.quintile_ratio("income")).frame["estimate"].item()
    5.0
    """
    school = income_rules.CONVENTIONS[convention]
    taken = income_rules.incomes_under(
        totals, income, nonpositive, index="quintile_ratio", needs="any"
    )
    estimate = _top_over_bottom(
        totals, taken, lambda inside, y: _whole_people(inside, y, (0.2, 0.8), school), interval
    )
    if school.name != "eurostat":
        return estimate
    # whole people who cross a quantile make a ratio jump, and a jackknife takes each jump for
    # spread
    y, inside = taken.income, taken.of(totals)
    low, high = (inside.quantile(y, share, school.rule) for share in (0.2, 0.8))

    def at_fixed_cuts(others: Totals) -> Floats:
        """Return the ratio with quantiles where they are, as its linearised variable has."""
        everybody, everything, under, over = taken.of(others)(
            *(ONE, y, (y <= low) * (y - low), (y <= high) * (y - high))
        )
        rich = everything - over - 0.8 * high * everybody
        return rich / (under + 0.2 * low * everybody)

    return replace(estimate, replicated=at_fixed_cuts)


@statistic(kind="index", tail=0.1)
def palma_ratio(
    totals: Totals,
    income: ColumnOrExpression,
    *,
    convention: income_rules.ConventionName = "eurostat",
    nonpositive: income_rules.NonpositiveRule = "keep",
    interval: income_rules.LogInterval = "log",
) -> Linearised:
    """Palma ratio: the income of the richest tenth of people over that of the poorest four tenths.

    Parameters
    ----------
    convention : {"eurostat", "convey", "vardpoor"}
        `eurostat` splits people at both quantiles exactly, as in `quantile_shares`; the others
        compare whole people above the ninth decile and at or below the fourth, and differentiate by
        a normal kernel.

    Returns
    -------
    Statistic
        Point (1 - L(0.9)) / L(0.4), with L the Lorenz curve; linearised variable as in
        `docs/formulas.md` (Palma 2011; Cobham and Sumner 2013). Undefined where the poorest have no
        income.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> incomes = [10.0, 10.0, 10.0, 10.0, 20.0, 20.0, 20.0, 20.0, 20.0, 60.0]
    >>> sample = dl.declare_design(pd.DataFrame({"income": incomes}))
    >>> dl.estimate(sample, dl.palma_ratio("income")).frame["estimate"].item()
    1.5
    """
    school = income_rules.CONVENTIONS[convention]

    def ends(inside: Totals, y: Expression) -> tuple[Poorest, Poorest]:
        (everything,) = inside(y)
        if school.name == "eurostat":
            poor, rest = (poorest(inside, y, share) for share in (0.4, 0.9))
            return poor, Poorest(everything - rest.total, y - rest.variable)
        return _whole_people(inside, y, (0.4, 0.9), school)

    taken = income_rules.incomes_under(
        totals, income, nonpositive, index="palma_ratio", needs="any"
    )
    return _top_over_bottom(totals, taken, ends, interval)


def _whole_people(
    totals: Totals, y: Expression, shares: tuple[float, float], school: income_rules.Convention
) -> tuple[Poorest, Poorest]:
    """Return the incomes of those at or below the lower quantile, and of those above the upper."""
    low, high = (totals.quantile(y, share, school.rule) for share in shares)
    under, over = totals((y <= low) * y, (y > high) * y)
    poor = Poorest(under, _through(totals, y, low, shares[0], school))
    return poor, Poorest(over, y - _through(totals, y, high, shares[1], school))


def _top_over_bottom(
    totals: Totals, taken: income_rules.Incomes, ends: Ends, interval: str
) -> Linearised:
    def ratio(others: Totals) -> tuple[Floats, Poorest, Poorest]:
        poor, rich = ends(taken.of(others), taken.income)
        there = (poor.total > 0) & (rich.total > 0)
        return np.where(there, rich.total / poor.total, np.nan), poor, rich

    point, poor, rich = ratio(totals)
    variable = (rich.variable - poor.variable * point) / poor.total
    estimate = taken.linearised(
        totals, point, variable, lambda others: ratio(others)[0], interval=interval
    )
    return replace(estimate, steps=True)


def _through(
    totals: Totals, y: Expression, at: Floats, share: float, school: income_rules.Convention
) -> Expression:
    """Return the linearised variable of the income of those at or below a quantile."""
    if school.name == "eurostat":
        return (y <= at) * (y - at) + share * at
    (people,) = totals(ONE)
    width = bandwidth(totals, y)
    distance = (y - at) / width
    (height,) = totals(y * exp(distance * distance * -0.5))
    steep: Floats = height / (width * np.sqrt(2 * np.pi)) / (people * density(totals, y, at))
    under = y <= at
    return under * y - (under - share) * steep
