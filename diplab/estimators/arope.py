"""At risk of poverty or social exclusion: poor, or severely deprived, or in a household of low work intensity.

One of the three is enough. Whoever is known to be one of them is at risk whatever the two others; whoever is known to
be none is not; the others are undecided (logic of three values, Kleene 1938).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from diplab.errors import one_of
from diplab.estimators.density import density
from diplab.estimators.moments import interval_of_share
from diplab.estimators.poverty_line import USUAL, owing, poverty_line
from diplab.estimators.statistic import Linearised, statistic
from diplab.sampling.condition import holding
from diplab.sampling.expression import ONE, Apply, Expression
from diplab.sampling.row_functions import only_where

if TYPE_CHECKING:
    from diplab.estimators.poverty_line import Line
    from diplab.reference.parameter import Parameter
    from diplab.sampling.totals import Totals

__all__ = ["UNDECIDED", "arope"]

Floats = NDArray[np.float64]

UNDECIDED = ("drop", "no", "yes")
"""What is done with those of whom nothing is known that decides."""


def _nothing(arguments: tuple[Expression, ...]) -> tuple[Expression, ...]:
    """No single answer is required: another may decide."""
    return ()


@statistic(needs=_nothing)
def arope(
    totals: Totals,
    income: Expression,
    deprived: Expression,
    low_work: Expression,
    *,
    fraction: float = USUAL,
    threshold: float | Parameter | Expression | None = None,
    threshold_on: str = "universe",
    convention: str = "eurostat",
    interval: str = "logit",
    undecided: str = "drop",
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
    >>> people = pd.DataFrame({"income": [500.0, 2000.0, 2000.0, None], "deprived": [None, 1, 0, 0], "idle": [0, 0, 0, 0]})
    >>> sample = dl.declare_design(people)
    >>> [
    ...     round(dl.estimate(sample, dl.arope("income", "deprived", "idle", threshold=1000, undecided=each))
    ...     .frame["estimate"].item(), 4) for each in ("drop", "no", "yes")
    ... ]
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
    rest = Apply("or", (holding(deprived), holding(low_work)))

    def parts(others: Totals) -> tuple[Expression, Expression]:
        return _parts(Apply("or", (line.poor(others.answering(income)), rest)), undecided)

    def rate(others: Totals) -> Floats:
        risk, counted = others(*parts(others))
        with np.errstate(divide="ignore", invalid="ignore"):
            return line.known(others.answering(income), np.where(counted > 0, risk / counted, np.nan))

    point = rate(totals)
    at_risk, counts = parts(totals)
    (people,) = totals(counts)
    unknown = totals.within(Apply("missing", (Apply("or", (line.poor(line.totals), rest)),)))
    with np.errstate(divide="ignore", invalid="ignore"):
        found = Linearised(
            point,
            (at_risk - counts * point) / people,
            interval=bounds,
            replicated=rate,
            counted=totals.n - unknown.n if undecided == "drop" else None,
            undecided=int(unknown.n.sum()) if undecided == "drop" else 0,
        )
        if line.fixed is not None:
            return found
        asked = Apply("not", (Apply("missing", (income,)),))
        return owing(found, _slope(line, income, rest, point, undecided) / people, line, asked)


def _parts(either: Expression, undecided: str) -> tuple[Expression, Expression]:
    """Return who is at risk and who counts, from a condition that may be missing."""
    gone = Apply("missing", (either,))
    told = Apply("not", (gone,))
    known = only_where(told, either)
    if undecided == "drop":
        return known, told
    return (known if undecided == "no" else known + gone), ONE


def _slope(line: Line, income: Expression, rest: Expression, point: Floats, undecided: str) -> Floats:
    """Return the change of the weighted number at risk when the line moves by one, less that of those who count."""
    known = line.totals
    (people,) = known(ONE)
    at = line.level(known)
    if line.convention.slope_at == "quantile":
        at = at / line.fraction
    gone = Apply("missing", (rest,))
    neither = only_where(Apply("not", (gone,)), Apply("not", (rest,)))
    found = density(known, income, at, among=neither)
    if undecided != "yes":
        # the line decides those of whom the rest is unknown, who then count
        rated = 1.0 - point if undecided == "drop" else 1.0
        found = found + rated * density(known, income, at, among=gone)
    return found * people
