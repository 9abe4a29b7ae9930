"""Generalised entropy and the indices of Atkinson: inequality by the distance of each income to the mean.

With u = y / m the income over a fixed mean, and phi as in `diplab.kernel.divergence`, let P be the mean of phi(u) and M
that of u (1 where m is the mean itself). Then

    GE(a) = (P - phi(M)) / M^a        z = (phi(u) - P - a P (u - 1)) / N

which is (mean(y^a) / mean(y)^a - 1) / (a (a - 1)), Theil's index at a = 1, the mean logarithmic deviation at a = 0, and
half the squared coefficient of variation at a = 2 (Shorrocks 1980), and loses no digits where incomes are close. The
index of Atkinson (1970) of aversion e follows from GE(1 - e):

    A(e) = 1 - (1 + a (a - 1) GE(a))^(1/a), a = 1 - e        A(1) = 1 - exp(-GE(0))

and its linearised variable is that of GE times the derivative (Langel and Tillé 2013; Biewen and Jenkins 2006).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from diplab.errors import OptionError
from diplab.estimators.conventions import convention_named
from diplab.estimators.few_carry import few_carry
from diplab.estimators.index_interval import index_interval
from diplab.estimators.nonpositive import Incomes, incomes_under
from diplab.estimators.options import ConventionName, LogInterval, LogitInterval, NonpositiveRule
from diplab.estimators.statistic import Linearised, statistic
from diplab.kernel.divergence import divergence, near_one, series
from diplab.sampling.expression import ONE, Apply, Expression
from diplab.sampling.row_functions import log, only_where, power
from diplab.sampling.totals import Totals

if TYPE_CHECKING:
    from collections.abc import Callable


__all__ = ["atkinson", "generalised_entropy", "theil"]

Floats = NDArray[np.float64]

_ROUNDING = 1e-30


@statistic(kind="index", parts="entropy")
def theil(
    totals: Totals,
    income: Expression,
    *,
    convention: ConventionName = "eurostat",
    nonpositive: NonpositiveRule = "fail",
    interval: LogInterval = "log",
) -> Linearised:
    """Theil index: inequality of incomes that splits exactly into between groups and within groups.

    Parameters
    ----------
    income : str
        Equivalised income, one value a person.
    convention : {"eurostat", "convey", "vardpoor"}
        One index in all three: only `convey` has it, and its point and linearised variable are these.
    nonpositive : {"fail", "keep", "zero", "drop"}
        What is done with incomes at or below zero: refused; zeros kept, which add nothing, and negative ones refused;
        negative ones counted as zero; or these people left out.
    interval : {"log", "wald"}
        On the logarithm, so that it stays above 0; or symmetric, as R's convey.

    Returns
    -------
    Statistic
        Point sum(w (y/m) ln(y/m)) / N; linearised variable as in the module's text (Theil 1967; Osier 2009).

    Raises
    ------
    OptionError
        Where an option is not one of its words.
    MisleadingError
        Where an income has no value, or is refused by the rule.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> sample = dl.declare_design(pd.DataFrame({"income": [10.0, 10.0, 40.0]}))
    >>> round(dl.estimate(sample, dl.theil("income")).frame["estimate"].item(), 6)
    0.231049
    """
    convention_named(convention)
    found = _entropy(totals, income, 1.0, nonpositive, "theil")
    return replace(found, interval=index_interval(interval, "theil", "log"))


@statistic(kind="index", parts="entropy", label_options=("alpha",), category="α")
def generalised_entropy(
    totals: Totals,
    income: Expression,
    alpha: float,
    *,
    convention: ConventionName = "eurostat",
    nonpositive: NonpositiveRule = "fail",
    interval: LogInterval = "log",
) -> Linearised:
    """Generalised entropy: inequality of incomes, the more sensitive to the top the larger `alpha` is.

    Parameters
    ----------
    income : str
        Equivalised income, one value a person.
    alpha : float
        0 for the mean logarithmic deviation, 1 for Theil's index, 2 for half the squared coefficient of variation; in
        results the `category` of the row.
    convention : {"eurostat", "convey", "vardpoor"}
        As for `theil`.
    nonpositive : {"fail", "keep", "zero", "drop"}
        As for `theil`. Where `alpha` is at or below zero an income of zero has no value.
    interval : {"log", "wald"}
        On the logarithm, so that it stays above 0; or symmetric, as R's convey.

    Returns
    -------
    Statistic
        Point (mean(y^a) / mean(y)^a - 1) / (a (a - 1)) and its limits; linearised variable as in the module's text
        (Shorrocks 1980; Biewen and Jenkins 2006). From 1 on, and more so at 2, the index of very skewed incomes hangs
        on a few of the largest, and its interval is too short: where it is, the result says so.

    Raises
    ------
    OptionError
        Where `alpha` is not a number, or an option not one of its words.
    MisleadingError
        Where an income has no value, or is refused by the rule.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> sample = dl.declare_design(pd.DataFrame({"income": [10.0, 30.0]}))
    >>> dl.estimate(sample, dl.generalised_entropy("income", 2)).frame["estimate"].item()
    0.125
    """
    index = "generalised_entropy"
    convention_named(convention)
    found = _entropy(totals, income, _number("alpha", index, alpha), nonpositive, index)
    return replace(found, interval=index_interval(interval, index, "log"))


@statistic(kind="index", label_options=("epsilon",), category="ε")
def atkinson(
    totals: Totals,
    income: Expression,
    epsilon: float,
    *,
    convention: ConventionName = "eurostat",
    nonpositive: NonpositiveRule = "fail",
    interval: LogitInterval = "logit",
) -> Linearised:
    """Atkinson index: the share of all income that a society would give up for the rest to be equal.

    Parameters
    ----------
    income : str
        Equivalised income, one value a person.
    epsilon : float
        Aversion to inequality, above zero (0.5 and 1 are common); in results the `category` of the row.
    convention : {"eurostat", "convey", "vardpoor"}
        As for `theil`.
    nonpositive : {"fail", "keep", "zero", "drop"}
        As for `theil`. Where `epsilon` is one or more an income of zero has no value.
    interval : {"logit", "wald"}
        On the log-odds, so that it stays between 0 and 1; or symmetric, as R's convey.

    Returns
    -------
    Statistic
        Point 1 - mean(y^(1-e))^(1/(1-e)) / mean(y), and 1 - exp(mean ln y) / mean(y) at 1; linearised variable as in
        the module's text (Atkinson 1970; Biewen and Jenkins 2006).

    Raises
    ------
    OptionError
        Where `epsilon` is not above zero, or an option not one of its words.
    MisleadingError
        Where an income has no value, or is refused by the rule.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> sample = dl.declare_design(pd.DataFrame({"income": [1.0, 4.0]}))
    >>> round(dl.estimate(sample, dl.atkinson("income", 1)).frame["estimate"].item(), 6)
    0.2
    """
    aversion = _number("epsilon", "atkinson", epsilon)
    if not aversion > 0:
        raise OptionError(
            f"An Atkinson index of aversion {epsilon:g} was asked for.",
            "Without an aversion above zero no income would be given up for equality.",
            "Write for example `atkinson('income', 0.5)`.",
        )
    convention_named(convention)
    alpha = 1 - aversion

    def carried(entropy: Floats) -> tuple[Floats, Floats]:
        """Return the index, and its derivative by the entropy."""
        if alpha == 0:
            return -np.expm1(-entropy), np.exp(-entropy)
        with np.errstate(divide="ignore", invalid="ignore"):
            logged = np.log1p(alpha * (alpha - 1) * entropy)
            return -np.expm1(logged / alpha), aversion * np.exp(logged * (1 / alpha - 1))

    found = _entropy(totals, income, alpha, nonpositive, "atkinson", carried)
    return replace(found, interval=index_interval(interval, "atkinson", "logit"))


def _entropy(
    totals: Totals,
    income: Expression,
    alpha: float,
    nonpositive: str,
    index: str,
    carried: Callable[[Floats], tuple[Floats, Floats]] = lambda entropy: (entropy, np.ones_like(entropy)),
) -> Linearised:
    """Return generalised entropy, or what another index makes of it."""
    needs: Any = "non-negative" if alpha > 0 else "positive"
    taken = incomes_under(totals, income, nonpositive, index=index, needs=needs)
    inside = taken.of(totals)
    people, apart, distance = _distances(inside, taken, alpha)

    def entropy(others: Totals) -> Floats:
        return _mean_distance(taken.of(others), apart, distance, alpha)

    found = np.where(np.isnan(people), np.nan, entropy(totals))
    point, slope = carried(found)
    own = distance - found - apart * (alpha * found)
    variable = own * (slope / people)
    return Linearised(
        point,
        taken.carried(totals, variable),
        replicated=lambda others: carried(entropy(others))[0],
        assumptions=(*taken.assumptions, *few_carry(inside, own)),
    )


def _distances(totals: Totals, taken: Incomes, alpha: float) -> tuple[Floats, Expression, Expression]:
    """Return the people, the distance of each income to the mean over the mean, and what entropy makes of it."""
    people, sum_y = totals(ONE, taken.income)
    with np.errstate(divide="ignore", invalid="ignore"):
        # where all incomes together are not positive there is no index
        mean = np.where(sum_y > 0, sum_y / people, np.nan)
        people = np.where(sum_y > 0, people, np.nan)
    apart = totals.on_rows((taken.income - mean) / mean)
    return people, apart, totals.on_rows(_phi(apart, taken.income / mean, alpha))


def _phi(apart: Expression, ratio: Expression, alpha: float) -> Expression:
    """Return phi of a ratio on the rows, as `diplab.kernel.divergence` does on an array.

    `apart` is the ratio less one: that of incomes close to the mean, and the ratio of those far below it, keep their
    digits only so.
    """
    reach = near_one(alpha)
    near = (apart > -reach) & (apart < reach)
    *lower, last = series(alpha)
    polynomial = apart * last
    for coefficient in reversed(lower[1:]):
        polynomial = apart * (polynomial + coefficient)
    close = apart * apart * (polynomial + lower[0])
    if alpha == 1:
        far = only_where(ratio > 0.0, ratio * log(ratio)) - apart
    elif alpha == 0:
        far = apart - log(ratio)
    else:
        far = (power(ratio, alpha) - apart * alpha - 1.0) * (1 / (alpha * (alpha - 1)))
    return only_where(near, close) + only_where(Apply("not", (near,)), far)


def _mean_distance(totals: Totals, apart: Expression, distance: Expression, alpha: float) -> Floats:
    """Return the entropy around the mean of these weights, from distances to a fixed one."""
    people, moved, sum_distance = totals(ONE, apart, distance)
    with np.errstate(divide="ignore", invalid="ignore"):
        off = moved / people
        found = (sum_distance / people - divergence(off, alpha)) / (1 + off) ** alpha
    # what is left of rounding in equal incomes is not inequality
    return np.where(np.abs(found) < _ROUNDING, 0.0, found)


def _number(option: str, index: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not np.isfinite(value):
        raise OptionError(
            f"{value!r} was asked for as `{option}` of `{index}`.",
            "It is not a finite number.",
            f"Write for example `{index}('income', 0.5)`.",
        )
    return float(value)
