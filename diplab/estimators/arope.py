"""At risk of poverty or social exclusion: poor, or severely deprived, or in a household of low work intensity.

One of the three is enough. Whoever is known to be one of them is at risk whatever the two others; whoever is known to
be none is not; the others are undecided (logic of three values, Kleene 1938).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from diplab.errors import one_of
from diplab.estimators.density import density
from diplab.estimators.moments import interval_of_share
from diplab.estimators.options import ConventionName, ShareInterval, ThresholdOn
from diplab.estimators.poverty_line import USUAL, owing, poverty_line
from diplab.estimators.statistic import Linearised, statistic
from diplab.reference.parameter import Parameter
from diplab.sampling.condition import holding
from diplab.sampling.expression import ONE, Apply, Expression
from diplab.sampling.row_functions import only_where
from diplab.sampling.totals import Totals

if TYPE_CHECKING:
    from collections.abc import Mapping

    from diplab.estimators.poverty_line import Line

__all__ = ["UNDECIDED", "arope"]

Floats = NDArray[np.float64]

UNDECIDED = ("drop", "no", "yes")
"""What is done with those of whom nothing is known that decides."""


def _nothing(arguments: tuple[Expression, ...]) -> tuple[Expression, ...]:
    """No single answer is required: another may decide."""
    return ()


def _undecided_category(options: Mapping[str, Any]) -> list[tuple[object, Mapping[str, Any]]]:
    """Return the one row; the lowest and the highest share are told by what is done with undecided cases."""
    rule = options["undecided"]
    return [("" if rule == "drop" else rule, options)]


@statistic(
    kind="share",
    of_people=True,
    poverty_line=True,
    category="undecided",
    rows_of=_undecided_category,
    needs=_nothing,
)
def arope(
    totals: Totals,
    income: Expression,
    deprived: Expression,
    low_work: Expression,
    *,
    fraction: float = USUAL,
    threshold: float | Parameter | Expression | None = None,
    threshold_on: ThresholdOn = "universe",
    convention: ConventionName = "eurostat",
    interval: ShareInterval = "logit",
    undecided: Literal["drop", "no", "yes"] = "drop",
) -> Linearised:
    """At-risk-of-poverty-or-exclusion rate: the share who are poor, or severely deprived, or of low work intensity.

    Parameters
    ----------
    income : str
        Equivalised income, one value a person.
    deprived, low_work : str
        Conditions, or columns of 1 and 0. A household without anybody of working age has no work intensity: whether it
        counts as not low (0) is for the column to say.
    fraction, threshold, threshold_on, convention, interval
        As for `arpr`. An estimated line is that of everybody with an income.
    undecided : {"drop", "no", "yes"}
        Those of whom no answer decides, one being missing and none saying yes: left out, which supposes that they are
        as those who are known; or all counted as not at risk, or all as at risk: the lowest and the highest share that
        the answers allow.

    Returns
    -------
    Statistic
        Point A = sum(w 1[at risk]) / sum(w) over those who are decided (`drop`) or over everybody; linearised variable
        (1[at risk] - A) / sum(w), and under an estimated line L its own z(L) times the change of A with L: a higher
        line adds those just above it who are neither deprived nor of low work intensity. Under `drop` it also decides
        those of whom the rest is unknown, and with `yes` these are counted already. `n` is of those who count.

    Raises
    ------
    OptionError, MisleadingError
        As for `arpr`, and where `undecided` is not one of its words.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"income": [500.0, 2e3, 2e3, None], "deprived": [None, 1, 0, 0], "idle": [0, 0, 0, 0]})
    >>> asked = [
    ...     dl.arope("income", "deprived", "idle", threshold=1e3, undecided=rule) for rule in ("drop", "no", "yes")
    ... ]
    >>> dl.estimate(dl.declare_design(people), *asked).frame["estimate"].round(4).tolist()
    [0.6667, 0.5, 0.75]
    """
    if undecided not in UNDECIDED:
        raise one_of("`undecided` of `arope`", undecided, UNDECIDED)
    bounds = interval_of_share("arope", interval)
    line = poverty_line(
        totals.answering(income),
        income,
        fraction=fraction,
        threshold=threshold,
        threshold_on=threshold_on,
        convention=convention,
    )
    risk = _Risk(line, Apply("or", (holding(deprived), holding(low_work))), undecided)
    point = risk.rate(totals)
    at_risk, counts = risk.parts(totals)
    (people,) = totals(counts)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = Linearised(
            *(point, (at_risk - counts * point) / people), interval=bounds, replicated=risk.rate
        )
        if undecided == "drop":
            unknown = totals.within(Apply("missing", (risk.either(totals),))).n
            found = replace(found, counted=totals.n - unknown, undecided=int(unknown.sum()))
        return (
            found if line.fixed is not None else owing(found, risk.slope(point) / people, line, _told(income))
        )


def _told(argument: Expression) -> Expression:
    return Apply("not", (Apply("missing", (argument,)),))


@dataclass(frozen=True, eq=False)
class _Risk:
    """Who is at risk: poor by a line, or by the rest; and what is done with the undecided."""

    line: Line
    rest: Expression
    undecided: str

    def either(self, totals: Totals) -> Expression:
        """Return the condition of being at risk, missing where nothing decides."""
        return Apply("or", (self.line.poor(totals.answering(self.line.income)), self.rest))

    def parts(self, totals: Totals) -> tuple[Expression, Expression]:
        """Return 1 for who is at risk, and 1 for who counts."""
        either = self.either(totals)
        gone = Apply("missing", (either,))
        told = _told(either)
        known = only_where(told, either)
        if self.undecided == "drop":
            return known, told
        return (known if self.undecided == "no" else known + gone), ONE

    def rate(self, totals: Totals) -> Floats:
        """Return the share at risk by domain."""
        at_risk, counted = totals(*self.parts(totals))
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(counted > 0, at_risk / counted, np.nan)
        return self.line.known(totals.answering(self.line.income), share)

    def slope(self, point: Floats) -> Floats:
        """Return the change of the weighted number at risk when the line moves by one, less that of who counts."""
        line, known = self.line, self.line.totals
        (people,) = known(ONE)
        at = line.slope_point(known)
        gone = Apply("missing", (self.rest,))
        neither = only_where(_told(self.rest), Apply("not", (self.rest,)))
        found = density(known, line.income, at, among=neither)
        if self.undecided != "yes":
            # the line decides those of whom the rest is unknown, who then count
            rated = 1.0 - point if self.undecided == "drop" else 1.0
            found = found + rated * density(known, line.income, at, among=gone)
        return found * people
