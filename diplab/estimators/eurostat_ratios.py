"""Relative median income, aggregate replacement and gender pay gap. See docs/formulas.md."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from diplab.estimators.income_rules import CONVENTIONS, ConventionName
from diplab.estimators.quantiles import bandwidth, density
from diplab.estimators.statistic import Linearised, linear_in_replicates, statistic
from diplab.kernel.arrays import Floats
from diplab.sampling.condition import holding
from diplab.sampling.expression import ONE, Apply, ColumnOrExpression, Expression, only_where
from diplab.sampling.totals import Totals


@dataclass(frozen=True, eq=False)
class _GroupMedian:
    """Those for whom a condition holds, and what of theirs has a median."""

    condition: Expression
    y: Expression
    rule: str

    def median(self, totals: Totals) -> Floats:
        return totals.within(self.condition).quantile(self.y, 0.5, self.rule)

    def variable(self, totals: Totals, width: Floats | None) -> Expression:
        part = totals.within(self.condition)
        (people,) = part(ONE)
        middle = self.median(totals)
        steep = -1.0 / (people * density(part, self.y, middle, width=width))
        return only_where(self.condition, (self.y <= middle) - 0.5) * steep


def _median_ratio(
    totals: Totals, above: _GroupMedian, below: _GroupMedian, width: Floats | None
) -> Linearised:
    """Return the ratio of two medians, undefined unless the denominator is positive."""

    def varied(others: Totals) -> Floats:
        under = below.median(others)
        return np.where(under > 0, above.median(others) / under, np.nan)

    point = varied(totals)
    variable = (above.variable(totals, width) - below.variable(totals, width) * point) * (
        1.0 / below.median(totals)
    )
    groups = above.condition, below.condition
    found = Linearised(point, variable, replicated=varied, steps=True, groups=groups)
    return replace(found, jackknifed=lambda: linear_in_replicates(found))


@statistic(kind="index")
def relative_median_income_ratio(
    totals: Totals,
    income: ColumnOrExpression,
    condition: ColumnOrExpression,
    *,
    convention: ConventionName = "eurostat",
) -> Linearised:
    """Relative median income ratio: the median income of a group over that of all others.

    Parameters
    ----------
    condition : str
        Condition that defines the group: `"age >= 65"` for Eurostat's ratio of older people to the
        others.
    convention : {"eurostat", "convey", "vardpoor"}
        Definition of the median if half is reached exactly; the bandwidth of both densities is
        computed from the incomes of each group under `eurostat`, of the domain under `convey`, and
        of everybody under `vardpoor`.

    Returns
    -------
    Statistic
        Point R = q_1 / q_2; linearised variable as in `docs/formulas.md`. Undefined where a group
        is empty or the median of the others is not above zero; without a standard error where all
        incomes of a group are equal. A jackknife is inconsistent for a median: its replicates vary
        the total of the linearised variable instead. Bootstrap and balanced half-sample replicates
        vary the estimate itself.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> incomes = [10.0, 20.0, 30.0, 8.0, 16.0, 40.0]
    >>> people = pd.DataFrame({"age": [30, 40, 50, 70, 80, 90], "income": incomes})
    >>> ratio = dl.relative_median_income_ratio("income", "age >= 65")
    >>> dl.estimate(dl.declare_design(people), ratio).frame["estimate"].item()
    0.8
    """
    school = CONVENTIONS[convention]
    inside = holding(condition)
    whose = {"group": None, "domain": totals, "universe": totals.universe}[school.bandwidth_of]
    width = None if whose is None else bandwidth(whose, income)
    own, others = (
        _GroupMedian(item, income, school.rule) for item in (inside, Apply("not", (inside,)))
    )
    return _median_ratio(totals, own, others, width)


def _of_each_group(
    arguments: tuple[Expression, ...], _: Mapping[str, Any]
) -> tuple[Expression, ...]:
    """Return what a row needs: membership of a group, and that group's amount."""
    pension, retired, earnings, working = arguments
    return only_where(holding(retired), pension), only_where(holding(working), earnings)


@statistic(kind="index", needs=_of_each_group)
def aggregate_replacement_ratio(
    totals: Totals,
    pension: ColumnOrExpression,
    retired: ColumnOrExpression,
    earnings: ColumnOrExpression,
    working: ColumnOrExpression,
    *,
    convention: ConventionName = "eurostat",
) -> Linearised:
    """Aggregate replacement ratio: median pension of the retired over median earnings at work.

    Parameters
    ----------
    pension, earnings : str
        Individual gross pensions and earnings; each is used in its own group only, so that a worker
        without a pension and a pensioner without earnings do not count as missing.
    retired, working : str
        Conditions that define the groups: for Eurostat, pensioners aged 65 to 74 and workers aged
        50 to 59 (`"age >= 65 and age <= 74 and pension > 0"`). Others are excluded.
    convention : {"eurostat", "convey", "vardpoor"}
        Definition of the median if half is reached exactly.

    Returns
    -------
    Statistic
        Point R = q_1 / q_2; linearised variable as in `docs/formulas.md`, with the bandwidth of
        each group. `n` counts the respondents of the two groups. Undefined where a group is empty
        or the median of earnings is not above zero.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame(
    ...     {"age": [52, 55, 58, 66, 70, 74], "pay": [20.0, 30.0, 40.0, None, None, None],
    ...      "pension": [None, None, None, 9.0, 15.0, 30.0]}
    ... )
    >>> ratio = dl.aggregate_replacement_ratio("pension", "age >= 65", "pay", "age < 60")
    >>> dl.estimate(dl.declare_design(people), ratio).frame[["estimate", "n"]].values.tolist()
    [[0.5, 6.0]]
    """
    rule = CONVENTIONS[convention].rule
    old, busy = holding(retired), holding(working)
    ratio = _median_ratio(
        totals, _GroupMedian(old, pension, rule), _GroupMedian(busy, earnings, rule), None
    )
    return replace(ratio, counted=totals.within(Apply("or", (old, busy))).n)


@statistic(kind="share")
def gender_pay_gap(
    totals: Totals,
    pay: ColumnOrExpression,
    women: ColumnOrExpression,
    *,
    gap_of: Literal["mean", "median"] = "mean",
    convention: ConventionName = "eurostat",
) -> Linearised:
    """Gender pay gap: mean pay of men less that of women, as a share of that of men.

    Parameters
    ----------
    pay : str
        Gross hourly pay; Eurostat's unadjusted gap is that of employees.
    women : str
        Condition that is true for women, such as `"sex == 'female'"`; respondents for whom it is
        false are counted as men.
    gap_of : {"mean", "median"}
        Means (Eurostat) or medians (OECD).
    convention : {"eurostat", "convey", "vardpoor"}
        Definition of the median if half is reached exactly; gaps of means are the same in all
        three.

    Returns
    -------
    Statistic
        Point (men - women) / men; linearised variable as in `docs/formulas.md` (Eurostat; delta
        method). Positive where women earn less; undefined where there are no men, or no women.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"pay": [9.0, 11.0, 12.0, 13.0], "sex": ["f", "f", "m", "m"]})
    >>> gap = dl.estimate(dl.declare_design(people), dl.gender_pay_gap("pay", "sex == 'f'"))
    >>> gap.frame["estimate"].item()
    0.2
    """
    rule = CONVENTIONS[convention].rule
    groups = women, Apply("not", (women,))

    def levels(others: Totals) -> tuple[Floats, Floats]:
        if gap_of == "median":
            female, male = (others.within(group).quantile(pay, 0.5, rule) for group in groups)
        else:
            counts = others(*groups)
            sums = others(*(only_where(group, pay) for group in groups))
            female, male = (item / count for item, count in zip(sums, counts, strict=True))
        return female, np.where(male > 0, male, np.nan)

    def gap(others: Totals) -> Floats:
        female, male = levels(others)
        return (male - female) / male

    female, male = levels(totals)
    if gap_of == "median":
        of_women, of_men = (
            _GroupMedian(group, pay, rule).variable(totals, None) for group in groups
        )
    else:
        of_women, of_men = (
            only_where(item, pay - level) / totals(item)[0]
            for item, level in zip(groups, (female, male), strict=True)
        )
    variable = (of_men * (female / male) - of_women) / male
    varied = gap if gap_of == "mean" else _around(totals, pay, groups, (female, male))
    return Linearised(gap(totals), totals.on_rows(variable), replicated=varied, groups=groups)


def _around(
    totals: Totals,
    pay: Expression,
    groups: tuple[Expression, Expression],
    medians: tuple[Floats, Floats],
) -> Callable[[Totals], Floats]:
    """Return the replicate statistic, medians moved by distribution function over density."""
    # a median jumps from one value to the next, and a jackknife takes each jump for spread
    heights = [
        density(totals.within(item), pay, level)
        for item, level in zip(groups, medians, strict=True)
    ]

    def gap(others: Totals) -> Floats:
        moved = []
        for item, level, height in zip(groups, medians, heights, strict=True):
            below, people = others.within(item)(pay <= level, ONE)
            moved.append(level - (below / people - 0.5) / height)
        return 1 - moved[0] / moved[1]

    return gap
