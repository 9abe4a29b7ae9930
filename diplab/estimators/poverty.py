"""Monetary poverty: the threshold and the share of people under it.

The at-risk-of-poverty threshold (arpt) is a fraction of the median of (equivalised) income in the universe; the rate
(arpr) is the share of people under it. Both owe their sampling error to the median, so the rate of a domain has a
linearised variable on everybody (Deville 1999; Osier 2009; Berger and Skinner 2003):

    z_i = 1[i in domain] (1[poor_i] - rate) / N_d + f_d(line) z_i(line)
    z_i(line) = -fraction / (N f(median)) (1[y_i <= median] - 1/2)

where f is the density, by a normal kernel of bandwidth sd / N^0.2.

Conventions, by name: `eurostat` (poor is *below* the line; the median is midway where F = 1/2 exactly) and `convey`
(poor is at or below; the median is the inverse of F), as in R's laeken and convey.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from diplab.errors import OptionError, one_of
from diplab.estimators.moments import share
from diplab.estimators.statistic import Linearised, statistic
from diplab.sampling.expression import ONE, Apply, Expression, exp, expression_of

if TYPE_CHECKING:
    from diplab.sampling.totals import Totals

__all__ = ["CONVENTIONS", "arpr", "arpt"]

Floats = NDArray[np.float64]

CONVENTIONS = {"eurostat": ("<", "school"), "convey": ("<=", "math")}
"""How to compare with the line, and the rule of the median."""


@statistic
def arpt(
    totals: Totals,
    income: Expression,
    *,
    fraction: float = 0.6,
    threshold_on: str = "universe",
    convention: str = "eurostat",
) -> Linearised:
    """At-risk-of-poverty threshold: a fraction of the median income of the universe.

    Parameters
    ----------
    income : str
        Equivalised income, one value a person.
    fraction : float
        Of the median; 0.6 is the European convention, 0.5 the one behind France's "8 %".
    threshold_on : {"universe", "domain"}
        Whose median it is.
    convention : {"eurostat", "convey"}

    Returns
    -------
    Statistic
        Point fraction * median; linearised variable as in the module's text (Osier 2009).

    Raises
    ------
    OptionError
        Where an option is not one of its words, or the fraction not above zero.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> sample = dl.declare_design(pd.DataFrame({"income": [500.0, 1000.0, 1500.0]}))
    >>> dl.estimate(sample, dl.arpt("income")).frame["estimate"].item()
    600.0
    """
    _checked(fraction, threshold_on, convention)
    scope = totals.universe if threshold_on == "universe" else totals
    line = _line(scope, income, fraction, convention)

    def line_under(others: Totals) -> Floats:
        return _median_times(others, income, fraction, threshold_on, convention)

    if scope is totals:
        return replace(line, replicated=line_under)
    domains = np.ones(totals.domains)
    nothing = expression_of(0.0)
    return Linearised(line.point * domains, nothing, ((domains, line.variable),), replicated=line_under)


@statistic
def arpr(
    totals: Totals,
    income: Expression,
    *,
    fraction: float = 0.6,
    threshold: float | None = None,
    threshold_on: str = "universe",
    convention: str = "eurostat",
    interval: str = "logit",
) -> Linearised:
    """At-risk-of-poverty rate: the share of people whose income is under the poverty line.

    Parameters
    ----------
    income : str
        Equivalised income, one value a person, in the unit of the threshold.
    fraction : float
        Fraction of the median that makes the line, where no threshold is given.
    threshold : float, optional
        A fixed line, for example an official one of a given year; it then has no sampling error.
    threshold_on : {"universe", "domain"}
        Whose median makes the line: by default everyone under study, so that domains share one line.
    convention : {"eurostat", "convey"}
    interval : {"logit", "beta", "wilson", "likelihood", "xlogit", "asin", "wald"}
        As for `share`: on the log-odds by default, so that it stays within [0, 1].

    Returns
    -------
    Statistic
        Point sum(w 1[poor]) / sum(w); linearised variable as in the module's text.

    Raises
    ------
    OptionError
        Where an option is not one of its words, or the fraction not above zero.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> sample = dl.declare_design(pd.DataFrame({"income": [500.0, 1000.0, 1500.0, 2000.0]}))
    >>> dl.estimate(sample, dl.arpr("income", threshold=1026)).frame["estimate"].item()
    0.5
    """
    _checked(fraction, threshold_on, convention)
    compare = CONVENTIONS[convention][0]
    if threshold is not None:
        return share.on(totals, Apply(compare, (income, expression_of(float(threshold)))), interval=interval)
    scope = totals.universe if threshold_on == "universe" else totals
    line = _line(scope, income, fraction, convention)
    at = line.point * np.ones(totals.domains)
    rate = share.on(totals, Apply(compare, (income, expression_of(at))), interval=interval)
    slope = density(totals, income, at)

    def rate_under(others: Totals) -> Floats:
        own = _median_times(others, income, fraction, threshold_on, convention)
        return share.on(others, Apply(compare, (income, expression_of(own)))).point

    if scope is totals:
        return replace(rate, variable=rate.variable + slope * line.variable, replicated=rate_under)
    return replace(rate, beyond=((slope, line.variable),), replicated=rate_under)


def density(totals: Totals, y: Expression, at: Floats) -> Floats:
    """Return the density of a variable at one value a domain, by a normal kernel.

    The bandwidth is the weighted standard deviation over the estimated population size to the power 0.2.
    """
    people, sum_y = totals(ONE, y)
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = sum_y / people
        (squares,) = totals((y - centre) * (y - centre))
        bandwidth = np.sqrt(squares / people) / people**0.2
        distance = (y - at) / bandwidth
        (heights,) = totals(exp(distance * distance * -0.5))
        found: Floats = heights / (people * bandwidth * np.sqrt(2 * np.pi))
    return found


def _median_times(
    totals: Totals, income: Expression, fraction: float, threshold_on: str, convention: str
) -> Floats:
    """Return the line by domain: all that replicates need of it."""
    scope = totals.universe if threshold_on == "universe" else totals
    middle = scope.quantile(income, 0.5, CONVENTIONS[convention][1])
    line: Floats = fraction * middle * np.ones(totals.domains)
    return line


def _line(totals: Totals, income: Expression, fraction: float, convention: str) -> Linearised:
    middle = totals.quantile(income, 0.5, CONVENTIONS[convention][1])
    (people,) = totals(ONE)
    with np.errstate(divide="ignore", invalid="ignore"):
        steep = -fraction / (people * density(totals, income, middle))
    return Linearised(fraction * middle, ((income <= middle) - 0.5) * steep)


def _checked(fraction: float, threshold_on: str, convention: str) -> None:
    if threshold_on not in ("universe", "domain"):
        raise one_of("`threshold_on`", threshold_on, ["universe", "domain"])
    if convention not in CONVENTIONS:
        raise one_of("`convention`", convention, CONVENTIONS)
    if not fraction > 0:
        raise OptionError(
            f"A poverty line at {fraction:g} times the median was asked for.",
            "A line at or below zero has nobody under it.",
            "Write for example `fraction=0.6`.",
        )
