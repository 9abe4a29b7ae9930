"""Poverty line, poverty rate, and risk of poverty or exclusion. See docs/formulas.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

import numpy as np

from diplab.checks import argument, check_number, is_number
from diplab.errors import MisleadingError, OptionError
from diplab.estimators.income_rules import CONVENTIONS, Convention, ConventionName
from diplab.estimators.moments import ShareInterval, interval_of_share, share
from diplab.estimators.quantiles import density, quantile
from diplab.estimators.statistic import Bounds, Linearised, statistic
from diplab.kernel.arrays import Booleans, Floats
from diplab.kernel.intervals import Precision
from diplab.reference.parameter import Parameter
from diplab.sampling.condition import holding
from diplab.sampling.expression import (
    ONE,
    Apply,
    ColumnOrExpression,
    Constant,
    Expression,
    expression_of,
    only_where,
)
from diplab.sampling.totals import Totals

ThresholdOn: TypeAlias = Literal["universe", "domain"]
Threshold: TypeAlias = float | Parameter | Expression | None


@statistic(kind="amount", bands="threshold", poverty_line=True)
def arpt(
    totals: Totals,
    income: ColumnOrExpression,
    *,
    fraction: float = 0.6,
    threshold_on: ThresholdOn = "universe",
    convention: ConventionName = "eurostat",
) -> Linearised:
    """At-risk-of-poverty threshold: a fraction of the median income of the universe.

    Parameters
    ----------
    fraction : float
        Of the median; 0.6 is the European convention, 0.5 the one behind France's "8 %".

    Returns
    -------
    Statistic
        Point fraction * median; linearised variable as in `docs/formulas.md` (Osier 2009). The line
        of the universe has the degrees of freedom of the universe, in every domain (convey has no
        such estimate: its `svyarpt` of a subset is the line of the subset, with normal quantiles).
        Under jackknife replicate weights, which are inconsistent for a median, the interval and the
        standard error are those of the median times the fraction.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> sample = dl.declare_design(pd.DataFrame({"income": [500.0, 1000.0, 1500.0]}))
    >>> dl.estimate(sample, dl.arpt("income")).frame["estimate"].item()
    600.0
    """
    line = poverty_line(totals, income, fraction, None, threshold_on, convention)
    nothing = Linearised(line.level(totals), expression_of(0.0), replicated=line.level)
    # the line of everybody is known, however few there are in a domain
    threshold_estimate = replace(
        with_line_error(nothing, np.ones(totals.domains), line), steps=not line.of_everybody
    )
    return replace(threshold_estimate, jackknifed=lambda: _by_the_median(threshold_estimate, line))


def _by_the_median(linearised: Linearised, line: PovertyLine) -> Linearised:
    """Return the threshold with the interval and the error of the median it is a fraction of."""
    scope = line.scope(line.totals)
    # as the published median, whatever the rule of the point
    middle = quantile.on(scope, line.income, 0.5)
    domains, whole = np.ones(line.totals.domains), slice(0, scope.domains)

    def interval(_: Floats, spread: Precision) -> Bounds:
        own = replace(
            spread, std_error=spread.std_error[whole], df=spread.df[whole], n=spread.n[whole]
        )
        bounds = middle.interval(middle.point, own)
        assert bounds.std_error is not None  # that of the median is from its interval
        scale = line.fraction * domains
        return Bounds(scale * bounds.low, scale * bounds.high, scale * bounds.std_error)

    def varied(others: Totals) -> Floats:
        assert middle.replicated is not None  # the share of people below the median
        return middle.replicated(line.scope(others)) * domains

    return replace(linearised, replicated=varied, interval=interval, jackknifed=None)


@statistic(kind="share", bands="rate", of_people=True, poverty_line=True, parts="poverty")
def arpr(
    totals: Totals,
    income: ColumnOrExpression,
    *,
    fraction: float = 0.6,
    threshold: float | Parameter | Expression | None = None,
    threshold_on: ThresholdOn = "universe",
    convention: ConventionName = "eurostat",
    interval: ShareInterval = "logit",
) -> Linearised:
    """At-risk-of-poverty rate: the share of people whose income is under the poverty line.

    Returns
    -------
    Statistic
        Point sum(w 1[poor]) / sum(w); linearised variable as in `docs/formulas.md`. Zero and
        negative incomes count like any other, and are below every line. Rates of 0 and 1 have the
        exact interval of a share under a fixed line. Undefined where the median, and so the line,
        is not above zero; without a standard error where all incomes are equal, so that the density
        is undefined.

    Raises
    ------
    OptionError
        Where an option is not one of its words, the fraction not above zero and at most one, or the
        threshold not above zero or given with a fraction.
    MisleadingError
        Where some household's line is not above zero.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> sample = dl.declare_design(pd.DataFrame({"income": [500.0, 1000.0, 1500.0, 2000.0]}))
    >>> dl.estimate(sample, dl.arpr("income", threshold=1026)).frame["estimate"].item()
    0.5
    """
    line = poverty_line(totals, income, fraction, threshold, threshold_on, convention)
    rate = share.on(totals, line.poor(totals), interval=interval)

    def varied(others: Totals) -> Floats:
        return line.known(others, share.on(others, line.poor(others)).point)

    rate = replace(rate, point=line.known(totals, rate.point), replicated=varied)
    return rate if line.fixed is not None else with_line_error(rate, line.height(totals), line)


EUROPEAN_FRACTION = 0.6  # the European fraction of the median
# relative distance within which an income is at the line: 0.6 times a median is rounded
_SLACK = 1e-12


def below(income: Expression, line: Expression, how: Literal["<", "<="]) -> Expression:
    """Return the condition that income is below (or at) a line, within rounding error."""
    near = 1 + _SLACK
    if how == "<":
        near = 1 - _SLACK
    return Apply(how, (income, line * near))


@dataclass(frozen=True, eq=False)
class PovertyLine:
    """A poverty line, `fixed` without sampling error, or estimated on a domain or universe."""

    totals: Totals
    income: Expression
    convention: Convention
    fraction: float
    fixed: Expression | None
    of_everybody: bool
    _medians: dict[Totals, Floats] = field(default_factory=dict, init=False, repr=False)

    def at(self, totals: Totals) -> Expression:
        """Return the line as an expression by domain or row, and by replicate if totals are."""
        if self.fixed is not None:
            return self.fixed
        return expression_of(self.level(totals))

    def scope(self, totals: Totals) -> Totals:
        """Return the totals of those whose median makes the line."""
        if self.of_everybody:
            return totals.universe
        return totals

    def level(self, totals: Totals) -> Floats:
        """Return the estimated line by domain (and replicate)."""
        return self.fraction * self._median(self.scope(totals)) * np.ones(totals.domains)

    def _median(self, scope: Totals) -> Floats:
        if scope not in self._medians:
            self._medians[scope] = scope.quantile(self.income, 0.5, self.convention.rule)
        return self._medians[scope]

    def poor(self, totals: Totals) -> Expression:
        """Return the condition of being poor; an income within rounding of the line is at it."""
        return self.compared(totals, self.convention.poor)

    def met(self, totals: Totals) -> dict[str, Booleans]:
        """Return the flag of domains with people exactly on an estimated line."""
        ends = self.compared(totals, "<="), Apply("not", (self.compared(totals, "<"),))
        return {"on the line": totals.within(Apply("and", ends)).n > 0}

    def compared(self, totals: Totals, how: Literal["<", "<="]) -> Expression:
        """Return the condition of being below, or at or below, the line, for any convention."""
        return below(self.income, self.at(totals), how)

    def known(self, totals: Totals, measured: Floats) -> Floats:
        """Return a measure, undefined if an estimated line is not above zero."""
        if self.fixed is not None:
            return measured
        return np.where(self.level(totals) > 0, measured, np.nan)

    @property
    def variable(self) -> Expression:
        """Linearised variable of an estimated line, on its own scope."""
        scope = self.scope(self.totals)
        middle = self._median(scope)
        (people,) = scope(ONE)
        steep = -self.fraction / (people * density(scope, self.income, middle))
        return ((self.income <= middle) - 0.5) * steep

    def slope_point(self, totals: Totals) -> Floats:
        """Return where the convention evaluates the density: at the line, or the median."""
        if self.convention.slope_at == "line":
            return self.level(totals)
        return self.level(totals) / self.fraction

    def height(self, totals: Totals) -> Floats:
        """Return the density by domain that is the slope of a rate."""
        return density(totals, self.income, self.slope_point(totals))


def poverty_line(
    totals: Totals,
    income: Expression,
    fraction: float,
    threshold: Threshold,
    threshold_on: str,
    convention: str,
) -> PovertyLine:
    """Return the line that the options of a poverty statistic mean."""
    school = CONVENTIONS[convention]
    check_number("fraction", fraction, above=0, high=1, example=0.6)
    fixed: Expression | None = None
    if threshold is not None:
        # either would be silently left out
        both = {
            "fraction": (fraction, EUROPEAN_FRACTION),
            "threshold_on": (threshold_on, "universe"),
        }
        for option, value in (
            (name, value) for name, (value, usual) in both.items() if value != usual
        ):
            asked = f"{argument(option, value)} contradicts `threshold`."
            found = "A fixed line is not estimated, as a fraction of a median is."
            raise OptionError(asked, found, f"Write `threshold` or `{option}`, not both.")
        fixed = _fixed_line(totals, threshold)
    # on one scope no error comes from other people
    of_everybody = threshold_on == "universe" and totals.universe is not totals
    return PovertyLine(totals, income, school, fraction, fixed, of_everybody)


def _fixed_line(totals: Totals, threshold: float | Parameter | Expression) -> Expression:
    """Return a line without sampling error, which is above zero for everybody."""
    if isinstance(threshold, Expression) and not isinstance(threshold, Constant):
        low = int(totals.within(threshold <= 0.0).n.sum())
        if low:
            asked = f"The line of `threshold` is at or below zero in {low} rows."
            write = "Write the lines in the unit of income, and leave a household without a line "
            write += "missing."
            raise MisleadingError(asked, "No household can be poor there.", write)
        return threshold
    value: Any = threshold
    if isinstance(threshold, Constant | Parameter):
        value = threshold.value
    if not is_number(value) or not 0 < value < np.inf:
        raise OptionError(
            f"{argument('threshold', value)} is not a number above 0.",
            write="Write for example `threshold=1026`, "
            "`threshold=parameter('poverty_threshold_60', 2016)` or "
            "`threshold='line'`.",
        )
    return expression_of(float(value))


def with_line_error(
    estimate: Linearised, slope: Floats, line: PovertyLine, has_income: Expression = ONE
) -> Linearised:
    """Return an estimate with the error of its line, given its derivative by the line."""
    # `has_income` is 1 where there is an income and 0 elsewhere, for an estimate that counts people
    # without one
    variable = line.variable
    if has_income is not ONE:
        variable = only_where(has_income, variable)
    if line.of_everybody:
        return replace(estimate, beyond=(*estimate.beyond, (slope, variable)), steps=True)
    return replace(estimate, variable=estimate.variable + slope * variable, steps=True)


def _undecided(options: Mapping[str, Any]) -> list[tuple[object, Mapping[str, Any]]]:
    """Return one row, or two: the lowest and highest share over undecided cases."""
    rule = options["undecided"]
    return [("" if rule == "drop" else rule, options)]


# no single answer is required: another may decide
@statistic(
    kind="share",
    of_people=True,
    poverty_line=True,
    category="undecided",
    rows_of=_undecided,
    needs=lambda *_: (),
)
def arope(
    totals: Totals,
    income: ColumnOrExpression,
    deprived: ColumnOrExpression,
    low_work: ColumnOrExpression,
    *,
    fraction: float = EUROPEAN_FRACTION,
    threshold: float | Parameter | Expression | None = None,
    threshold_on: ThresholdOn = "universe",
    convention: ConventionName = "eurostat",
    interval: ShareInterval = "logit",
    undecided: Literal["drop", "no", "yes"] = "drop",
) -> Linearised:
    """At risk of poverty or exclusion: poor, severely deprived, or of low work intensity.

    Parameters
    ----------
    deprived, low_work : str
        Conditions, or columns of 1 and 0. Work intensity is undefined for a household without
        anyone of working age: the column decides how it counts, for example as not low (0).
    undecided : {"drop", "no", "yes"}
        Treatment of undecided cases, with a missing answer and no yes: excluded (`drop`), which
        assumes that they resemble the others; or all counted as not at risk (`no`) or at risk
        (`yes`), which gives the lowest and the highest share compatible with the answers.

    Returns
    -------
    Statistic
        Point A = sum(w 1[at risk]) / sum(w) over decided cases (`drop`) or over everybody;
        linearised variable (1[at risk] - A) / sum(w), plus, under an estimated line L (of everyone
        with an income), z(L) times the derivative of A with respect to L: a higher line adds those
        just above it who are neither deprived nor of low work intensity. Unless `undecided="yes"`,
        which counts them already, it also decides cases whose other answers are missing. `n` counts
        the respondents included.

    Raises
    ------
    OptionError, MisleadingError
        As for `arpr`, and where `undecided` is not one of its words.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"income": [500.0, 2e3, 2e3, None], "deprived": [None, 1, 0, 0]})
    >>> people["idle"] = 0
    >>> asked = [
    ...     dl.arope("income", "deprived", "idle", threshold=1e3, undecided=rule)
    ...     for rule in ("drop", "no", "yes")
    ... ]
    >>> dl.estimate(dl.declare_design(people), *asked).frame["estimate"].round(4).tolist()
    [0.6667, 0.5, 0.75]
    """
    bounds = interval_of_share(interval)
    line = poverty_line(
        totals.answering(income), income, fraction, threshold, threshold_on, convention
    )
    risk = _AtRisk(line, Apply("or", (holding(deprived), holding(low_work))), undecided)
    point = risk.rate(totals)
    at_risk, counts = risk.parts(totals)
    (people,) = totals(counts)
    estimate = Linearised(
        *(point, (at_risk - counts * point) / people), interval=bounds, replicated=risk.rate
    )
    if undecided == "drop":
        unknown = totals.within(Apply("missing", (risk.either(totals),))).n
        estimate = replace(estimate, counted=totals.n - unknown, undecided=int(unknown.sum()))
    if line.fixed is not None:
        return estimate
    return with_line_error(estimate, risk.slope(point) / people, line, _answered(income))


def _answered(argument: Expression) -> Expression:
    return Apply("not", (Apply("missing", (argument,)),))


@dataclass(frozen=True, eq=False)
class _AtRisk:
    """Who is at risk: poor by a line, or by the rest; and what is done with the undecided."""

    line: PovertyLine
    rest: Expression
    undecided: str

    def either(self, totals: Totals) -> Expression:
        """Return the condition of being at risk, missing where nothing decides."""
        return Apply("or", (self.line.poor(totals.answering(self.line.income)), self.rest))

    def parts(self, totals: Totals) -> tuple[Expression, Expression]:
        """Return 1 for who is at risk, and 1 for who counts."""
        either = self.either(totals)
        unknown = Apply("missing", (either,))
        decided = _answered(either)
        known = only_where(decided, either)
        if self.undecided == "drop":
            return known, decided
        if self.undecided == "yes":
            known = known + unknown
        return known, ONE

    def rate(self, totals: Totals) -> Floats:
        """Return the share at risk by domain."""
        at_risk, counted = totals(*self.parts(totals))
        share = np.where(counted > 0, at_risk / counted, np.nan)
        return self.line.known(totals.answering(self.line.income), share)

    def slope(self, point: Floats) -> Floats:
        """Return the derivative by the line of the number at risk, less that of who counts."""
        line, known = self.line, self.line.totals
        (people,) = known(ONE)
        at = line.slope_point(known)
        unknown = Apply("missing", (self.rest,))
        neither = only_where(_answered(self.rest), Apply("not", (self.rest,)))
        height = density(known, line.income, at, among=neither)
        if self.undecided != "yes":
            # the line decides those of whom the rest is unknown, who then count
            rated = 1.0 - point if self.undecided == "drop" else 1.0
            height = height + rated * density(known, line.income, at, among=unknown)
        return height * people
