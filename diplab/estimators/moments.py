"""Totals, means, ratios, shares, variances and correlations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Literal, TypeAlias

import numpy as np

from diplab.checks import counted
from diplab.errors import MisleadingError, OptionError
from diplab.estimators.measurement import WORDS, check_not_an_identifier
from diplab.estimators.statistic import Bounds, Linearised, statistic, symmetric
from diplab.kernel.arrays import Floats
from diplab.kernel.intervals import SHARE_INTERVALS, Precision, wald, wald_but_at_edges
from diplab.sampling.expression import (
    ONE,
    Apply,
    Column,
    ColumnOrExpression,
    Expression,
    is_condition,
    only_where,
    power,
)
from diplab.sampling.sample import Sample
from diplab.sampling.totals import Totals

ShareInterval: TypeAlias = Literal[
    "logit", "beta", "wilson", "likelihood", "xlogit", "asin", "wald"
]


def _everybody(
    _: tuple[Expression, ...], options: Mapping[str, Any]
) -> tuple[Expression, ...] | None:
    """Return what a row of a total needs: an answer, or nothing if non-response is adjusted for."""
    return () if options["na"] == "adjusted" else None


@statistic(
    kind="amount", is_total=True, of_sums=True, vectors=("y",), rules=("classes",), needs=_everybody
)
def total(
    totals: Totals,
    y: ColumnOrExpression,
    *,
    na: Literal["drop", "adjusted"] = "drop",
    classes: Expression | str | None = None,
) -> Linearised:
    """Sum of a variable over the population.

    Parameters
    ----------
    na : {"drop", "adjusted"}
        `drop`: the total of those who answered. `adjusted`: everybody counts, and people without an
        answer have the mean of the respondents of their domain.
    classes : str, optional
        With `na="adjusted"`, a column of response classes: people without an answer have the mean
        of the respondents of their class in the domain. It may not be missing.

    Returns
    -------
    Statistic
        Point sum(w y); linearised variable z = y (Horvitz and Thompson 1952). For a condition, or a
        variable of 0 and 1, that is false or true for everyone in the domain, the interval is that
        of the share times the number of people; an amount that is 0 for everyone has none.
        Adjusted, sum over classes c of N_c m_c, with N_c = sum(w) over everybody and R_c over
        respondents, m_c the mean of respondents; z = m_c, and for respondents m_c + (N_c / R_c)(y -
        m_c) (Särndal, Swensson and Wretman 1992, 15.6). Undefined where a class has no answers.

    Raises
    ------
    OptionError
        For `classes` without `na="adjusted"`, or that are not a column.
    MisleadingError
        When it is estimated: adjusted, where a class, or who is in the domain, is missing.
    ColumnError, ConditionError
        When it is estimated: where a column does not exist or holds words.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> sample = dl.declare_design(pd.DataFrame({"w": [10.0, 20.0], "y": [1.0, 2.0]}), weights="w")
    >>> dl.estimate(sample, dl.total("y")).frame["estimate"].item()
    50.0
    """
    if classes is not None and not (na == "adjusted" and isinstance(classes, Column)):
        asked = "`classes` of `total` is a column of response classes, for missing answers that "
        asked += "are adjusted for."
        raise OptionError(
            asked, write='Write for example `total("y", na="adjusted", classes="region")`.'
        )
    if na == "adjusted":
        return _adjusted_total(totals, y, classes)
    (sum_y,) = totals(y)
    sums = Linearised(sum_y, y)
    if not (sum_y == 0).any() and not is_condition(y):
        return sums
    (people,) = totals(ONE)
    edge = (sum_y == 0) | (sum_y == people)
    if not edge.any() or not _yes_or_no(totals, y):
        return sums
    amount = isinstance(y, Column) and totals.engine.holds_fractions(y.name)
    if amount and not np.any(totals.universe(y)[0] > 0):
        return sums  # which nobody has

    def interval(point: Floats, spread: Precision) -> Bounds:
        """Return that of the share, of as many people, where nobody or everybody is counted."""
        low, high = wald(point, spread)
        least, most = wald_but_at_edges(np.where(edge, point / people, 0.5), spread)
        low = np.where(edge, np.minimum(low, people * least), low)
        return Bounds(low, np.where(edge & (point == 0), people * most, high))

    return replace(sums, interval=interval)


def _adjusted_total(totals: Totals, y: Expression, classes: Column | None) -> Linearised:
    """Return the sum over classes of the people in each times the mean of its respondents."""
    everybody: list[Expression] = [ONE]
    if classes is not None:
        lacking = int(totals.n.sum() - totals.answering(classes).n.sum())
        if lacking:
            asked = f"`{classes.name}` is missing in {counted(lacking, 'row')}, and so in no "
            asked += "response class."
            write = "Write classes that are known for everyone, for example with "
            write += "`recode(..., others=...)`."
            raise MisleadingError(
                asked,
                "Their missing answers cannot be replaced by the mean of a response class.",
                write,
            )
        everybody = [
            only_where(classes.is_(value), ONE) for (value,) in totals.engine.cells((classes.name,))
        ]
    there = Apply("not", (Apply("missing", (y,)),))
    held = [only_where(there, item) for item in everybody]
    sums = [only_where(there, item * only_where(there, y)) for item in everybody]

    def parts(others: Totals) -> tuple[Floats, Floats, Floats]:
        """Return people by class, people per respondent, and the mean of respondents."""
        people, respondents, answers = np.split(np.array(others(*everybody, *held, *sums)), 3)
        # a class without people adds zero; one with people but no respondent has no mean or total
        factor, average = (
            np.where(people == 0, 0.0, item / respondents) for item in (people, answers)
        )
        return people, factor, average

    def point(others: Totals) -> Floats:
        people, _, average = parts(others)
        return np.asarray((people * average).sum(axis=0))

    _, factor, average = parts(totals)
    variable: Expression = ONE * 0.0
    for item, own, value, a, m in zip(everybody, held, sums, factor, average, strict=True):
        variable = variable + item * m + value * a - own * (a * m)
    respondents = totals.answering(y)
    without = int(totals.n.sum() - respondents.n.sum())
    assumed: tuple[Any, ...] = ()
    if without and len(everybody) > 1:
        assumed = (WORDS("total.by_class"),)
    elif without:
        assumed = (WORDS("total.by_domain"),)
    found = Linearised(
        point(totals), variable, replicated=point, assumptions=assumed, counted=respondents.n
    )
    return replace(found, undecided=without, respondents=respondents)


@statistic(kind="count", is_total=True)
def count(totals: Totals) -> Linearised:
    """Number of people that the respondents represent: the sum of the weights.

    Returns
    -------
    Statistic
        Point sum(w); linearised variable z = 1.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> sample = dl.declare_design(pd.DataFrame({"w": [10.0, 20.0]}), weights="w")
    >>> dl.estimate(sample, dl.count()).frame["estimate"].item()
    30.0
    """
    (people,) = totals(ONE)
    return Linearised(people, ONE)


@statistic(kind="ratio", of_sums=True)
def ratio(
    totals: Totals, numerator: ColumnOrExpression, denominator: ColumnOrExpression
) -> Linearised:
    """Ratio of two sums, such as pay over hours (the mean hourly pay of all hours).

    Parameters
    ----------
    numerator, denominator : str
        Columns or expressions; a row counts where both are answered.

    Returns
    -------
    Statistic
        Point R = sum(w y) / sum(w x); linearised variable z = (y - R x) / sum(w x) (Woodruff 1971).

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> sample = dl.declare_design(pd.DataFrame({"pay": [10.0, 30.0], "hours": [5.0, 5.0]}))
    >>> dl.estimate(sample, dl.ratio("pay", "hours")).frame["estimate"].item()
    4.0
    """
    num, den = totals(numerator, denominator)
    point = np.where(den == 0, np.nan, num / den)
    variable = (numerator - denominator * point) / den
    divisors = () if denominator is ONE else (denominator,)
    return Linearised(point, variable, divisors=divisors)


@statistic(kind="amount", scale="scores", of_sums=True, bands="mean", vectors=("y",))
def mean(totals: Totals, y: ColumnOrExpression) -> Linearised:
    """Mean of a variable over the population.

    Returns
    -------
    Statistic
        Point sum(w y) / sum(w) (Hájek 1971); linearised variable z = (y - mean) / sum(w). For a
        condition, or a variable of 0 and 1, that is false or true for everyone in the domain, the
        interval is the exact interval of a share.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> sample = dl.declare_design(pd.DataFrame({"w": [1.0, 3.0], "y": [0.0, 4.0]}), weights="w")
    >>> dl.estimate(sample, dl.mean("y")).frame["estimate"].item()
    3.0
    """
    average = replace(ratio.on(totals, y, ONE), residual=True)
    if np.abs(average.point[np.isfinite(average.point)]).max(initial=0.0) > _FAR:
        return _far_from_zero(totals, y, average.point)
    edge = (average.point == 0) | (average.point == 1)
    if edge.any() and _yes_or_no(totals, y):
        return replace(
            average, interval=lambda point, spread: Bounds(*wald_but_at_edges(point, spread))
        )
    return average


_FAR = 1e8  # beyond it, sums of what is left of a mean lose digits that errors need


def _far_from_zero(totals: Totals, y: Expression, point: Floats) -> Linearised:
    """Return a mean of values from which one number was taken first, row by row."""
    origin = float(np.nanmean(np.where(np.isfinite(point), point, np.nan)))
    # to the power 1, so that it is not split into the sums that it is to avoid
    near = power(y - origin, 1.0)
    average = replace(ratio.on(totals, near, ONE), residual=True)
    return replace(
        average,
        point=average.point + origin,
        origin=origin,
        replicated=lambda others: ratio.on(others, near, ONE).point,
    )


def _yes_or_no(totals: Totals, y: Expression) -> bool:
    """Return whether a variable is a condition, or 0 or 1 for everybody, and not 1 for all."""
    if is_condition(y) or not isinstance(y, Column):
        return is_condition(y)
    # one number of each, or one a replicate
    people, yes, apart = map(np.ravel, totals.universe(ONE, y, (y * y - y) * (y * y - y)))
    return bool(np.all(apart == 0) and np.all(yes >= 0) and np.all(yes < people))


def every_category(
    sample: Sample, arguments: tuple[Expression, ...]
) -> list[tuple[object, tuple[Expression, ...]]]:
    """Return one condition a category of a column; a condition stays as it is."""
    (variable,) = arguments
    if not isinstance(variable, Column) or sample.is_boolean(variable.name):
        return [("", arguments)]
    categories = sample.categories(variable.name)
    check_not_an_identifier(sample, variable.name, categories, "the categories of a share")
    return [(category, (variable.is_(category),)) for category in categories]


@statistic(kind="share", scale="any", of_people=True, expansion=every_category)
def share(
    totals: Totals, x: ColumnOrExpression, *, interval: ShareInterval = "logit"
) -> Linearised:
    """Share of the population in each category of a variable, or for whom a condition holds.

    Parameters
    ----------
    x : str
        A column (every category gets a row), or a condition such as `"income < 1000"`.
    interval : {"logit", "beta", "wilson", "likelihood", "xlogit", "asin", "wald"}
        `logit` and `xlogit` on the log-odds; `beta` of Korn and Graubard (1998); `wilson` (1927)
        and `likelihood` (Rao and Scott 1984) with the effective sample size; `asin` on the arcsine
        root; `wald` symmetric, which may leave [0, 1]. All use Student's t distribution with the
        degrees of freedom of the estimate.

    Returns
    -------
    Statistic
        Point p = sum(w 1[x]) / sum(w), over those who answered; linearised variable z = (1[x] - p)
        / sum(w).

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> sample = dl.declare_design(pd.DataFrame({"contract": ["open", "open", "fixed", "open"]}))
    >>> dl.estimate(sample, dl.share("contract")).frame[["category", "estimate"]].values.tolist()
    [['fixed', 0.25], ['open', 0.75]]
    """
    return replace(mean.on(totals, x), interval=interval_of_share(interval))


def interval_of_share(interval: str) -> Callable[[np.ndarray, Precision], Bounds]:
    """Return the interval of a share by its name."""
    chosen = SHARE_INTERVALS[interval]
    return lambda point, spread: Bounds(*chosen(point, spread))


@statistic(kind="amount", unit="squared units", of_squares=True, vectors=("y",))
def variance(totals: Totals, y: ColumnOrExpression) -> Linearised:
    """Variance of a variable over the population: the mean squared distance to the mean.

    Parameters
    ----------
    y : str or list of str
        Column or expression, or several; the variance is in its unit squared.

    Returns
    -------
    Statistic
        Point V = n / (n - 1) sum(w (y - m)^2) / sum(w), with m the mean and n the respondents of
        the domain (so that equal weights give the sample variance, as R's `svyvar`); linearised
        variable z = (n / (n - 1) (y - m)^2 - V) / sum(w) (Deville 1999). The interval is symmetric.
        Undefined for one respondent.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> sample = dl.declare_design(pd.DataFrame({"y": [1.0, 2.0, 3.0, 6.0]}))
    >>> round(dl.estimate(sample, dl.variance("y")).frame["estimate"].item(), 3)
    4.667
    """
    centre = _centre(totals, y)
    n = totals.n.astype(float)
    factor = np.where(n > 1, n / (n - 1), np.nan)

    def varied(others: Totals) -> Floats:
        return factor * _moment(others, y - centre, y - centre)

    point = varied(totals)
    (people,) = totals(ONE)
    variable = ((y - centre) * (y - centre) * factor - point) / people
    return Linearised(point, variable, replicated=varied)


@statistic(kind="index", scale="scores")
def correlation(
    totals: Totals,
    x: ColumnOrExpression,
    y: ColumnOrExpression,
    *,
    interval: Literal["fisher", "wald"] = "fisher",
) -> Linearised:
    """Linear correlation of two variables over the population, from -1 to 1.

    Parameters
    ----------
    x, y : str
        Columns or expressions; a row counts where both are answered.
    interval : {"fisher", "wald"}
        `fisher` (1915) on the inverse hyperbolic tangent, so that it stays within [-1, 1]. `wald`
        symmetric.

    Returns
    -------
    Statistic
        Point r = C(x, y) / sqrt(V(x) V(y)); with x and y standardised to u and v, linearised
        variable z = (u v - r (u^2 + v^2) / 2) / sum(w) (delta method on the three moments).
        Undefined where one of them does not vary.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> sample = dl.declare_design(pd.DataFrame({"hours": [1.0, 2.0, 3.0], "pay": [1.0, 3.0, 2.0]}))
    >>> dl.estimate(sample, dl.correlation("hours", "pay")).frame["estimate"].round(6).item()
    0.5
    """
    from_x, from_y = x - _centre(totals, x), y - _centre(totals, y)

    def varied(others: Totals) -> Floats:
        pairs = ((from_x, from_y), (from_x, from_x), (from_y, from_y))
        across, of_x, of_y = (_moment(others, *pair) for pair in pairs)
        return np.clip(
            np.where((of_x > 0) & (of_y > 0), across / np.sqrt(of_x * of_y), np.nan), -1.0, 1.0
        )

    point = varied(totals)
    (people,) = totals(ONE)
    of_x, of_y = _moment(totals, from_x, from_x), _moment(totals, from_y, from_y)
    # the three products are those already totalled for the point
    variable = (
        from_x * from_y * (1 / np.sqrt(of_x * of_y))
        - from_x * from_x * (point / (2 * of_x))
        - from_y * from_y * (point / (2 * of_y))
    ) / people
    shape = _fisher if interval == "fisher" else symmetric
    return Linearised(point, variable, interval=shape, replicated=varied, slopes_on=(x, y))


def _centre(totals: Totals, y: Expression) -> Floats:
    """Return the mean by domain."""
    people, sum_y = totals(ONE, y)
    return sum_y / people


def _moment(totals: Totals, a: Expression, b: Expression) -> Floats:
    """Return the covariance of two variables, whatever they were centred on."""
    people, sum_a, sum_b, across = totals(ONE, a, b, a * b)
    return across / people - (sum_a / people) * (sum_b / people)


def _fisher(point: Floats, spread: Precision) -> Bounds:
    """Return Fisher's interval on atanh(r), standard error se / (1 - r^2); a point at -1 and 1."""
    centre, half = np.arctanh(point), spread.t * spread.std_error / (1 - point**2)
    low, high = np.tanh(centre - half), np.tanh(centre + half)
    edge = np.abs(point) == 1
    return Bounds(np.where(edge, point, low), np.where(edge, point, high))
