"""A statistic with its columns resolved on a sample, and labels of its rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from diplab.estimators.measurement import NOTHING_READ, ReadVariables
from diplab.reference.parameter import Parameter, parameter_date
from diplab.results.estimates import AMOUNT, StatisticDescription, ToldBy
from diplab.sampling.expression import Apply, Column, Constant, Expression
from diplab.sampling.totals import Totals

if TYPE_CHECKING:
    from diplab.estimators.statistic import Linearised


@dataclass(frozen=True, eq=False)
class PreparedStatistic:
    """A statistic with columns as expressions of a sample, ready for totals: one row."""

    name: str
    variable: str
    category: object
    arguments: tuple[Expression, ...]
    options: Mapping[str, Any]
    function: Callable[..., Linearised]
    needed: tuple[Expression, ...] | None = None
    description: StatisticDescription = AMOUNT
    variables: ReadVariables = NOTHING_READ
    told_by: ToldBy | None = None  # where its category holds options: what it is without, and these

    @property
    def columns(self) -> tuple[Expression, ...]:
        """Everything it reads on the rows: its arguments, and options that are columns."""
        return (
            *self.arguments,
            *(option for option in self.options.values() if isinstance(option, Expression)),
        )

    @property
    def complete(self) -> tuple[Expression, ...]:
        """What a row must have an answer to: everything read, unless the statistic needs less."""
        return self.columns if self.needed is None else self.needed

    @property
    def options_in_force(self) -> dict[str, Any]:
        """Its options, without those that a fixed poverty line makes void."""
        fixed = self.description.poverty_line and self.options.get("threshold") is not None
        void = ("fraction", "threshold_on") if fixed else ()
        return {name: value for name, value in self.options.items() if name not in void}

    def __call__(self, totals: Totals) -> Linearised:
        """Compute the statistic from its totals."""
        return self.function(totals, *self.arguments, **self.options)


def with_distinct_categories(prepared: Sequence[PreparedStatistic]) -> list[PreparedStatistic]:
    """Return prepared statistics with distinct categories where their options differ."""
    alike: dict[tuple[str, str, str], list[int]] = {}
    for place, item in enumerate(prepared):
        alike.setdefault((item.name, item.variable, str(item.category)), []).append(place)
    distinct = list(prepared)
    for places in alike.values():
        options = [_options_that_tell(prepared[place]) for place in places]
        texts = [
            {name: _option_written(*option) for name, option in own.items()} for own in options
        ]
        names = dict.fromkeys(name for text in texts for name in text)
        differing = [
            name for name in names if len({text[name] for text in texts if name in text}) > 1
        ]
        if not differing:
            continue
        # rates under fractions of the median have these, as quantiles their shares; else
        # `convention=convey` is added
        by_fraction = differing == [_LINE] and all(
            prepared[place].category == "" and prepared[place].options.get("threshold") is None
            for place in places
        )
        for place, own_options, own_texts in zip(places, options, texts, strict=True):
            if by_fraction:
                distinct[place] = replace(
                    distinct[place], category=prepared[place].options["fraction"]
                )
                continue
            own = prepared[place].category
            first = f"{own:g}" if isinstance(own, int | float) else str(own)
            printed = [name for name in differing if own_texts.get(name)]
            category = ", ".join(filter(None, [first, *(own_texts[name] for name in printed)]))
            without, labels = prepared[place].told_by or (own, {})
            told_by = without, {**labels, **dict(own_options[name] for name in printed)}
            distinct[place] = replace(distinct[place], category=category, told_by=told_by)
    return distinct


_LINE = "fraction or threshold"


def _options_that_tell(each: PreparedStatistic) -> dict[str, tuple[str, Any]]:
    """Return the options that may tell a row from others, by name.

    The poverty line first, as one option.
    """
    options = each.options_in_force
    chosen: dict[str, tuple[str, Any]] = {}
    if each.description.poverty_line:
        line = "fraction" if options.get("threshold") is None else "threshold"
        chosen[_LINE] = line, options[line]
    for name, value in options.items():
        of_line = each.description.poverty_line and name in ("fraction", "threshold")
        if not of_line and name not in each.description.label_options:
            chosen[name] = name, value
    return chosen


def _option_written(name: str, value: object) -> str:
    return "" if value is None else f"{name}={option_text(value)}"


@dataclass(frozen=True)
class ColumnNames:
    """An option that names columns, printed by their labels."""

    names: tuple[str, ...]


def option_text(value: object) -> str:
    """Return an option's value in short: `1026 (2016)`, `0.6`, `line * 0.5`, `0.25; 0.5`."""
    if isinstance(value, Parameter):
        return f"{value.value:.15g} ({parameter_date(value)})"
    if isinstance(value, float):
        return f"{value:.15g}"
    if isinstance(value, tuple | list):
        return "; ".join(map(option_text, value))
    return _expression_text(value) if isinstance(value, Expression) else str(value)


def _expression_text(expression: Expression) -> str:
    match expression:
        case Column(name=name):
            return name
        case Constant(value=value):
            return str(value)
        case Apply(operation=operation, arguments=(left, right)):
            sides = [
                f"({_expression_text(item)})" if isinstance(item, Apply) else _expression_text(item)
                for item in (left, right)
            ]
            return f"{sides[0]} {operation} {sides[1]}"
    return type(expression).__name__.lower()
