"""Options of income indices: conventions, non-positive incomes, scales. See docs/formulas.md."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from scipy import special

from diplab.errors import MisleadingError
from diplab.estimators.measurement import WORDS
from diplab.estimators.statistic import Bounds, Linearised, symmetric
from diplab.kernel.arrays import Floats
from diplab.kernel.intervals import Precision
from diplab.reference.text import Text
from diplab.sampling.expression import Column, Expression, only_where
from diplab.sampling.totals import Totals

ConventionName: TypeAlias = Literal["eurostat", "convey", "vardpoor"]
NonpositiveRule: TypeAlias = Literal["keep", "fail", "zero", "drop"]
LogInterval: TypeAlias = Literal["log", "wald"]
LogitInterval: TypeAlias = Literal["logit", "wald"]
Needs: TypeAlias = Literal["any", "non-negative", "positive"]


@dataclass(frozen=True, eq=False)
class Incomes:
    """Incomes as an index takes them, and the condition of those who count (None for everybody)."""

    income: Expression
    counted: Expression | None = None
    assumptions: tuple[Text, ...] = ()
    negative: bool = False  # whether some are below zero

    def bounds(self, name: str) -> Callable[[Floats, Precision], Bounds]:
        """Return an interval by name; with negative incomes an index may leave [0, 1]."""
        if self.negative and name == "logit":
            return symmetric
        return INDEX_INTERVALS[name]

    def of(self, totals: Totals) -> Totals:
        """Return the totals over those who count."""
        if self.counted is None:
            return totals
        return totals.within(self.counted)

    def linearised(
        self,
        totals: Totals,
        point: Floats,
        variable: Expression,
        replicated: Callable[[Totals], Floats],
        *,
        interval: str = "wald",
        notes: tuple[Text, ...] = (),
    ) -> Linearised:
        """Return an index of those who count; its linearised variable is zero for the others."""
        if self.counted is not None:
            variable = only_where(self.counted, variable)
        on_everybody = totals.on_rows(variable)
        bounds, assumptions = self.bounds(interval), (*self.assumptions, *notes)
        return Linearised(
            point, on_everybody, interval=bounds, replicated=replicated, assumptions=assumptions
        )


def incomes_under(
    totals: Totals,
    income: Expression,
    rule: str,
    *,
    index: str,
    needs: Needs,
    of_the_poor: bool = False,
) -> Incomes:
    """Return incomes under a rule for those at or below zero, for an index that `needs` them."""
    # an index of the poor does not advise to leave the poorest out
    if rule == "keep" and needs == "any":
        below = _count(totals, income < 0.0)
        return Incomes(income, None, _counted("kept", below), below > 0)
    if rule == "drop":
        return Incomes(income, income > 0.0, _counted("left_out", _count(totals, income <= 0.0)))
    if rule == "fail" or needs == "positive":
        _refuse(totals, income <= 0.0, "at or below", index, income, needs, of_the_poor)
    elif rule == "keep":
        _refuse(totals, income < 0.0, "below", index, income, needs, False)
    if rule == "zero":
        return Incomes(
            only_where(income > 0.0, income), None, _counted("zero", _count(totals, income < 0.0))
        )
    return Incomes(income)


def _counted(rule: str, count: int) -> tuple[Text, ...]:
    if not count:
        return ()
    return (WORDS(f"nonpositive.{rule}", count=count),)


def _count(totals: Totals, condition: Expression) -> int:
    """Return how many respondents a condition holds for, over all domains."""
    (people,) = totals(condition)
    if not (people > 0).any():
        return 0
    return int(totals.within(condition).n.sum())


def _refuse(
    totals: Totals,
    condition: Expression,
    where: str,
    index: str,
    income: Expression,
    needs: Needs,
    of_the_poor: bool,
) -> None:
    count = _count(totals, condition)
    if not count:
        return
    name = "income"
    if isinstance(income, Column):
        name = income.name
    write = (
        "Write `nonpositive='keep'` to count gaps as they are, or `nonpositive='zero'` for none "
        "wider than the line."
    )
    if not of_the_poor:
        write = f"Write `sample.universe('{name} > 0')` for those with an income, "
        write += "`nonpositive='drop'` to leave these people out of this index alone."
        if needs != "positive":
            write = f"{write.removesuffix('.')}, or `nonpositive='zero'`."
    problem = f"`{index}` refuses `{name}` {where} zero, with `nonpositive='fail'`."
    if needs == "positive" or (needs != "any" and where == "below"):
        problem = f"`{index}` has no value where `{name}` is {where} zero."
    respondents = f"{count} respondents have"
    if count == 1:
        respondents = "1 respondent has"
    raise MisleadingError(problem, f"{respondents} such an income.", write)


@dataclass(frozen=True)
class Convention:
    """The rules of one school."""

    name: ConventionName
    poor: Literal["<", "<="]
    rule: Literal["school", "math"]
    # where the density is taken, the slope of a rate by its line
    slope_at: Literal["line", "quantile"]
    bandwidth_of: Literal["group", "domain", "universe"] = "group"
    """Whose incomes set the bandwidth of densities, in ratios of medians and median gaps."""


CONVENTIONS: dict[str, Convention] = {
    "eurostat": Convention("eurostat", "<", "school", "line"),
    "convey": Convention("convey", "<=", "math", "line", "domain"),
    "vardpoor": Convention("vardpoor", "<=", "math", "quantile", "universe"),
}


def _on_log(point: Floats, spread: Precision) -> Bounds:
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        factor = np.exp(spread.t * spread.std_error / point)
        around = symmetric(point, spread)
        low, high = np.where(point > 0, (point / factor, point * factor), (around.low, around.high))
    return Bounds(low, high)


def _on_logit(point: Floats, spread: Precision) -> Bounds:
    middle, half = special.logit(point), spread.t * spread.std_error / (point * (1 - point))
    ends, around = special.expit((middle - half, middle + half)), symmetric(point, spread)
    return Bounds(*np.where((point > 0) & (point < 1), ends, (around.low, around.high)))


INDEX_INTERVALS: dict[str, Callable[[Floats, Precision], Bounds]] = {
    "wald": symmetric,
    "log": _on_log,
    "logit": _on_logit,
}
"""On the index, its logarithm or its log-odds."""
