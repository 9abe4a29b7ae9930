"""A statistic with its columns resolved on a sample, and labels of its rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from diplab.estimators.measurement import NOTHING_READ, ReadVariables
from diplab.microdata.variable import without
from diplab.reference.parameter import Parameter, parameter_date
from diplab.results.estimates import AMOUNT, CategoryOptions, Combined, StatisticDescription
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
    written: tuple[str | Expression, ...] = ()  # the columns of its variable
    combined: Combined | None = None  # of a variable that is several, what it is made of
    # where its category holds options: what it is without them, and these
    category_options: CategoryOptions | None = None

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
        return without(self.options, void)

    def __call__(self, totals: Totals) -> Linearised:
        """Compute the statistic from its totals."""
        return self.function(totals, *self.arguments, **self.options)


def with_distinct_categories(prepared: Sequence[PreparedStatistic]) -> list[PreparedStatistic]:
    """Return prepared statistics with distinct categories where their options differ."""
    repeated: dict[tuple[str, str, str], list[int]] = {}
    for position, row in enumerate(prepared):
        repeated.setdefault((row.name, row.variable, str(row.category)), []).append(position)
    distinct = list(prepared)
    for positions in repeated.values():
        rows = _with_options_in_category([prepared[position] for position in positions])
        for position, row in zip(positions, rows, strict=True):
            distinct[position] = row
    return distinct


def _with_options_in_category(rows: Sequence[PreparedStatistic]) -> Sequence[PreparedStatistic]:
    """Return rows of one name, variable and category with the options in which they differ."""
    options = list(map(_distinguishing_options, rows))
    texts, values = [], dict[str, set[str]]()
    for by_name in options:
        written = {name: _option_written(*option) for name, option in by_name.items()}
        texts.append(written)
        for name, text in written.items():
            values.setdefault(name, set()).add(text)
    differing = [name for name, texts_of_name in values.items() if len(texts_of_name) > 1]
    if not differing:
        return rows
    if differing == [_LINE] and all(map(_has_fraction_alone, rows)):
        # rates under fractions of the median have these, as quantiles their shares
        return [replace(row, category=row.options["fraction"]) for row in rows]
    distinct = []
    for row, by_name, written in zip(rows, options, texts, strict=True):
        first = str(row.category)
        if isinstance(row.category, int | float):
            first = f"{row.category:g}"
        printed = [name for name in differing if written.get(name)]
        category = ", ".join(filter(None, [first, *(written[name] for name in printed)]))
        alone, labels = row.category_options or (row.category, {})
        category_options = alone, {**labels, **dict(by_name[name] for name in printed)}
        distinct.append(replace(row, category=category, category_options=category_options))
    return distinct


def _has_fraction_alone(row: PreparedStatistic) -> bool:
    return row.category == "" and row.options.get("threshold") is None


_LINE = "fraction or threshold"


def _distinguishing_options(row: PreparedStatistic) -> dict[str, tuple[str, Any]]:
    """Return the options that may distinguish a row from others, by name.

    The poverty line first, as one option.
    """
    options = row.options_in_force
    chosen: dict[str, tuple[str, Any]] = {}
    if row.description.poverty_line:
        line = "fraction" if options.get("threshold") is None else "threshold"
        chosen[_LINE] = line, options[line]
    for name, value in options.items():
        of_line = row.description.poverty_line and name in ("fraction", "threshold")
        if not of_line and name not in row.description.label_options:
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
