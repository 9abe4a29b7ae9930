"""Incomes at or below zero, by a declared rule: many indices have no value for them, and others change meaning.

One word for one thing: the option is `nonpositive` in every index that has it (docs/decisions/0025).

`keep`
    Incomes as they are. An index without a value for one of them (a logarithm of zero) refuses.
`fail`
    Any income at or below zero refuses.
`zero`
    Negative incomes count as zero.
`drop`
    People at or below zero are left out of the index; how many is said under the result.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from diplab.errors import MisleadingError, one_of
from diplab.reference.text import Text
from diplab.sampling.expression import Column, Expression, only_where

if TYPE_CHECKING:
    from collections.abc import Callable

    from diplab.sampling.totals import Totals

__all__ = ["NONPOSITIVE", "Incomes", "incomes_under"]

NONPOSITIVE = ("keep", "fail", "zero", "drop")
Needs: TypeAlias = Literal["any", "non-negative", "positive"]


@dataclass(frozen=True, eq=False)
class Incomes:
    """Incomes as an index takes them.

    Parameters
    ----------
    income : Expression
    kept : Expression or None
        The condition of those who count; None for everybody.
    assumptions : tuple of Text
        What the rule did.
    """

    income: Expression
    kept: Expression | None = None
    assumptions: tuple[Text, ...] = ()

    def of(self, totals: Totals) -> Totals:
        """Return the totals over those who count."""
        return totals if self.kept is None else totals.within(self.kept)

    def carried(self, totals: Totals, variable: Expression) -> Expression:
        """Return a linearised variable on everybody, zero where nobody counts, worked out on the rows."""
        return totals.on_rows(variable if self.kept is None else only_where(self.kept, variable))


def incomes_under(
    totals: Totals, income: Expression, rule: str, *, index: str, needs: Needs, of_the_poor: bool = False
) -> Incomes:
    """Return incomes under a rule for those at or below zero.

    Parameters
    ----------
    totals : Totals
    income : Expression
    rule : {"keep", "fail", "zero", "drop"}
    index : str
        Name of the statistic.
    needs : {"any", "non-negative", "positive"}
        The incomes for which it has a value.
    of_the_poor : bool
        Whether it counts the poor, of whom none may then be advised to be left out.

    Raises
    ------
    MisleadingError
        Where the index has no value for some incomes, or the rule refuses them.
    OptionError
        Where the rule is not one of its words.
    """
    if rule not in NONPOSITIVE:
        raise one_of(f"`nonpositive` of `{index}`", rule, NONPOSITIVE)
    if rule == "keep" and needs == "any":
        return Incomes(income, assumptions=_negative(totals, income))
    if rule == "drop":
        count = _count(totals, income <= 0.0)
        return Incomes(income, income > 0.0, _said(_LEFT_OUT, count))
    if rule == "fail" or needs == "positive":
        advice = _of_the_poor if of_the_poor else _advice
        _refuse(totals, income <= 0.0, "at or below", index, income, needs, advice)
    elif rule == "keep":
        _refuse(totals, income < 0.0, "below", index, income, needs)
    if rule == "zero":
        return Incomes(only_where(income > 0.0, income), None, _said(_AT_ZERO, _count(totals, income < 0.0)))
    return Incomes(income)


_LEFT_OUT = Text(
    "Répondants au revenu nul ou négatif, écartés de l’indice\u00a0: {count}.",
    "Respondents with an income at or below zero, left out of the index: {count}.",
)
_AT_ZERO = Text(
    "Revenus négatifs comptés comme nuls\u00a0: {count}.",
    "Negative incomes counted as zero: {count}.",
)
_AS_THEY_ARE = Text(
    "Revenus négatifs gardés tels quels, ce qui laisse un indice dépasser 1 et une part être négative\u00a0: {count}.",
    "Negative incomes kept as they are, with which an index may exceed 1 and a share be negative: {count}.",
)


def _said(words: Text, count: int) -> tuple[Text, ...]:
    if not count:
        return ()
    return (Text(*(each.format(count=count) for each in (words.fr, words.en))),)


def _negative(totals: Totals, income: Expression) -> tuple[Text, ...]:
    return _said(_AS_THEY_ARE, _count(totals, income < 0.0))


def _count(totals: Totals, condition: Expression) -> int:
    """Return how many respondents a condition holds for, over all domains."""
    (people,) = totals(condition)
    return int(totals.within(condition).n.sum()) if (people > 0).any() else 0


def _advice(name: str, needs: Needs) -> str:
    return (
        f"Write `sample.universe('{name} > 0')` for those with an income, `nonpositive='drop'` to leave these people "
        "out of this index alone" + (", or `nonpositive='zero'`." if needs != "positive" else ".")
    )


def _of_the_poor(name: str, needs: Needs) -> str:
    return "Write `nonpositive='keep'` to count gaps as they are, or `nonpositive='zero'` for none wider than the line."


def _refuse(
    totals: Totals,
    condition: Expression,
    where: str,
    index: str,
    income: Expression,
    needs: Needs,
    advice: Callable[[str, Needs], str] = _advice,
) -> None:
    count = _count(totals, condition)
    if not count:
        return
    name = income.name if isinstance(income, Column) else "income"
    without = "it has no value there" if needs != "any" and (needs == "positive" or where == "below") else ""
    found = f"{count} respondent{'s have' if count > 1 else ' has'} an income {where} zero"
    raise MisleadingError(
        f"`{index}` of `{name}` was asked for.",
        f"{found}, and {without}." if without else f"{found}, which `nonpositive='fail'` refuses.",
        advice(name, needs),
    )
