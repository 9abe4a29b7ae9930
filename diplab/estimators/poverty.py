"""Monetary poverty: the threshold and the share of people under it.

The at-risk-of-poverty threshold (arpt) is a fraction of the median of (equivalised) income in the universe; the rate
(arpr) is the share of people under it. Both owe their sampling error to the median, so the rate of a domain has a
linearised variable on everybody (Deville 1999; Osier 2009; Berger and Skinner 2003):

    z_i = 1[i in domain] (1[poor_i] - rate) / N_d + f_d(line) z_i(line)
    z_i(line) = -fraction / (N f(median)) (1[y_i <= median] - 1/2)

where f is the density, by a normal kernel of bandwidth sd / N^0.2.

Conventions, by name: `diplab.estimators.conventions`.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from diplab.estimators.moments import share
from diplab.estimators.options import ConventionName, ShareInterval, ThresholdOn
from diplab.estimators.poverty_line import owing, poverty_line
from diplab.estimators.statistic import Linearised, statistic
from diplab.reference.parameter import Parameter
from diplab.sampling.expression import Expression, expression_of
from diplab.sampling.totals import Totals

__all__ = ["arpr", "arpt"]

Floats = NDArray[np.float64]


@statistic(kind="amount", poverty_line=True)
def arpt(
    totals: Totals,
    income: Expression,
    *,
    fraction: float = 0.6,
    threshold_on: ThresholdOn = "universe",
    convention: ConventionName = "eurostat",
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
    convention : {"eurostat", "convey", "vardpoor"}

    Returns
    -------
    Statistic
        Point fraction * median; linearised variable as in the module's text (Osier 2009).

    Raises
    ------
    OptionError
        Where an option is not one of its words, or the fraction not above zero and at most one.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> sample = dl.declare_design(pd.DataFrame({"income": [500.0, 1000.0, 1500.0]}))
    >>> dl.estimate(sample, dl.arpt("income")).frame["estimate"].item()
    600.0
    """
    line = poverty_line(
        totals, income, fraction=fraction, threshold=None, threshold_on=threshold_on, convention=convention
    )
    nothing = Linearised(line.level(totals), expression_of(0.0), replicated=line.level)
    # the line of everybody is known, however few there are in a domain
    return replace(owing(nothing, np.ones(totals.domains), line), steps=not line.of_everybody)


@statistic(kind="share", of_people=True, poverty_line=True, parts="poverty")
def arpr(
    totals: Totals,
    income: Expression,
    *,
    fraction: float = 0.6,
    threshold: float | Parameter | Expression | None = None,
    threshold_on: ThresholdOn = "universe",
    convention: ConventionName = "eurostat",
    interval: ShareInterval = "logit",
) -> Linearised:
    """At-risk-of-poverty rate: the share of people whose income is under the poverty line.

    Parameters
    ----------
    income : str
        Equivalised income, one value a person, in the unit of the threshold.
    fraction : float
        Fraction of the median that makes the line, where no threshold is given.
    threshold : float, Parameter or str, optional
        A fixed line, which has no sampling error: a number, a dated one (`parameter("poverty_threshold_60", 2016)`), or
        the name of a column with the line of each household. Not together with `fraction` or `threshold_on`.
    threshold_on : {"universe", "domain"}
        Whose median makes the line: by default everyone under study, so that domains share one line.
    convention : {"eurostat", "convey", "vardpoor"}
    interval : {"logit", "beta", "wilson", "likelihood", "xlogit", "asin", "wald"}
        As for `share`: on the log-odds by default, so that it stays within [0, 1].

    Returns
    -------
    Statistic
        Point sum(w 1[poor]) / sum(w); linearised variable as in the module's text. Zero and negative incomes are
        incomes as any other, below every line. Nobody poor is a rate of 0, everybody poor of 1, both with the exact
        interval of a share under a fixed line. Undefined where the median, and so the line, is not above zero; without
        a standard error where all incomes are equal, so that there is no density to speak of.

    Raises
    ------
    OptionError
        Where an option is not one of its words, the fraction not above zero and at most one, or the threshold not
        above zero or given with a fraction.
    MisleadingError
        Where some household's line is not above zero.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> sample = dl.declare_design(pd.DataFrame({"income": [500.0, 1000.0, 1500.0, 2000.0]}))
    >>> dl.estimate(sample, dl.arpr("income", threshold=1026)).frame["estimate"].item()
    0.5
    """
    line = poverty_line(
        totals,
        income,
        fraction=fraction,
        threshold=threshold,
        threshold_on=threshold_on,
        convention=convention,
    )
    rate = share.on(totals, line.poor(totals), interval=interval)

    def varied(others: Totals) -> Floats:
        return line.known(others, share.on(others, line.poor(others)).point)

    rate = replace(rate, point=line.known(totals, rate.point), replicated=varied)
    return rate if line.fixed is not None else owing(rate, line.height(totals), line)
