"""Numbers of tasks and hours to reach a target, from published numbers or ranges.

Computations use exact fractions, without rounding error.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import chain
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from diplab.checks import argument, check_one_of, is_number, values_of
from diplab.errors import MisleadingError, OptionError
from diplab.microdata.display import join_wordings
from diplab.reference.parameter import Parameter, parameter_in_words
from diplab.reference.text import NOTHING, Text, Words
from diplab.results.estimates import (
    MEASURES,
    Estimates,
    Provenance,
    StatisticDescription,
    join_sources,
    weakest_status,
)

WORDS = Words("diplab.estimators")
Period: TypeAlias = Literal["hour", "day", "week", "month", "year"]
PERIODS: dict[Period, int] = {"hour": 1, "day": 24, "week": 168, "month": 730, "year": 8760}
"""Hours that there are in each: 365 days of 24 hours a year, a twelfth of it a month."""

_UNITS = {"tasks": "tasks", "working_days": "days"} | dict.fromkeys(
    ("paid_hours", "all_hours"), "hours"
)
_UNITS |= dict.fromkeys(("pay_per_paid_hour", "pay_per_hour_of_work"), "money per hour")
DESCRIPTIONS = {
    name: StatisticDescription(kind="amount", unit=unit) for name, unit in _UNITS.items()
}


def tasks_to_reach(
    target: float | Parameter | Sequence[float],
    pay_per_task: float | Parameter | Sequence[float],
    *,
    seconds_per_task: float | Parameter | Sequence[float] | None = None,
    unpaid_minutes_per_hour: float | Parameter | Sequence[float] | None = None,
    hours_per_day: float | None = None,
    period: Period = "month",
    currency: str = "EUR",
    whole: bool = True,
) -> Estimates:
    """Number of tasks needed to earn a target, with the hours and days of work.

    Parameters
    ----------
    target : float, Parameter or (low, high)
        Amount to be earned in a period, in `currency`; a dated one
        (`parameter("poverty_threshold_60", 2016)`) brings its date and source, and its unit must be
        of that period and currency.
    pay_per_task : float, Parameter or (low, high)
        What one task pays, in `currency`.
    seconds_per_task : float, Parameter or (low, high), optional
        How long one task takes; without it there are no hours.
    unpaid_minutes_per_hour : float, Parameter or (low, high), optional
        Minutes spent searching, waiting or on work that is rejected, for each hour that is paid.
    hours_per_day : float, optional
        Makes days of the hours.
    period : {"month", "hour", "day", "week", "year"}
        In which the target is to be reached.
    currency : str
        Of the target and of the pay.
    whole : bool
        Round the number of tasks up: a part of a task pays nothing. Hours are then those of whole
        tasks.

    Returns
    -------
    Estimates
        Rows `tasks`, `paid_hours`, `all_hours` (with the unpaid ones), `working_days`, and
        `pay_per_paid_hour`, `pay_per_hour_of_work`, which follow from the pay and the length of a
        task alone. `estimate` where all inputs are points; otherwise bounds, in `ci_low` and
        `ci_high`, flagged so. Hours in excess of those in the period are flagged.

    Raises
    ------
    OptionError
        Where a number is not finite and above zero, a range is not one, or an option is not one of
        its words.
    MisleadingError
        Where the unit of a parameter is of another period or currency.

    Notes
    -----
    tasks = target / pay, rounded up; paid hours = tasks * seconds / 3600; all hours = paid hours (1
    + unpaid / 60); pay per paid hour = 3600 pay / seconds. A lower bound takes the end of each
    range that makes it lowest.

    Examples
    --------
    The poverty line of 2016 for one person, 1,026 EUR a month, at five cents a task:

    >>> from diplab.reference.parameter import parameter
    >>> needed = tasks_to_reach(parameter("poverty_threshold_60", 2016), 0.05)
    >>> needed.frame["estimate"].tolist()
    [20520.0]
    >>> tasks = tasks_to_reach(1026, (0.25, 0.30), seconds_per_task=(30, 60))
    >>> tasks.frame[["statistic", "ci_low", "ci_high"]]
               statistic  ci_low  ci_high
    0              tasks  3420.0   4104.0
    1         paid_hours    28.5     68.4
    2  pay_per_paid_hour    15.0     36.0
    """
    check_one_of("period", period, Period)
    if not isinstance(currency, str) or not currency.strip():
        raise OptionError(
            f"{argument('currency', currency)} is not a currency.",
            write="Write its code, as in `currency='EUR'`.",
        )
    inputs = {
        "target": (target, (currency, period)),
        "pay_per_task": (pay_per_task, (currency, "task")),
        "seconds_per_task": (seconds_per_task, ("seconds", "task")),
        "unpaid_minutes_per_hour": (unpaid_minutes_per_hour, ("minutes", "hour")),
        "hours_per_day": (hours_per_day, ("hours", "day")),
    }
    ranges = {
        name: range_of(name, value, unit, zero=name == "unpaid_minutes_per_hour")
        for name, (value, unit) in inputs.items()
        if value is not None or name in ("target", "pay_per_task")
    }
    _check_hours(ranges)
    given = [value for value, _ in inputs.values()]
    return _estimates(pd.DataFrame(_rows(ranges, whole, period)), ranges, given, currency, whole)


def _rows(ranges: dict[str, Range], whole_tasks: bool, period: Period) -> list[dict[str, Any]]:
    """Return rows from exact fractions: 1,026 / 0.05 is 20,520 tasks, not one more."""
    pay, seconds = ranges["pay_per_task"], ranges.get("seconds_per_task")
    tasks = ranges["target"] / pay
    if whole_tasks:
        tasks = Range(Fraction(math.ceil(tasks.low)), Fraction(math.ceil(tasks.high)))
    rows = [_record("tasks", tasks, period)]
    if seconds is None:
        return rows
    hours = tasks * seconds / Range.of(3600)
    rows.append(_record("paid_hours", hours, period, _clock(hours, PERIODS[period])))
    unpaid = ranges.get("unpaid_minutes_per_hour")
    longer = Range.of(1)
    if unpaid is not None:
        longer = Range(1 + unpaid.low / 60, 1 + unpaid.high / 60)
        hours = hours * longer
        rows.append(_record("all_hours", hours, period, _clock(hours, PERIODS[period])))
    if "hours_per_day" in ranges:
        days = hours / ranges["hours_per_day"]
        rows.append(
            _record("working_days", days, period, _clock(days, Fraction(PERIODS[period], 24)))
        )
    rate = pay * Range.of(3600) / seconds
    rows.append(_record("pay_per_paid_hour", rate, period))
    if unpaid is not None:
        rows.append(_record("pay_per_hour_of_work", rate / longer, period))
    return rows


def _clock(needed: Range, there: Fraction | int) -> str:
    if needed.low > there:
        return "more time than there is"
    if needed.high > there:
        return "upper end is more time than there is"
    return ""


def _check_hours(ranges: dict[str, Range]) -> None:
    """Refuse options that need the duration of a task without it, and days above 24 hours."""
    uses = {"hours_per_day": "makes days of hours", "unpaid_minutes_per_hour": "go with paid hours"}
    for name, use in uses.items():
        if name in ranges and "seconds_per_task" not in ranges:
            asked = f"`{name}` {use}, and the duration of a task is missing."
            raise OptionError(asked, write=f"Write `seconds_per_task` too, or leave out `{name}`.")
    if "hours_per_day" in ranges and ranges["hours_per_day"].high > 24:
        hours = float(ranges["hours_per_day"].high)
        wrong = f"`hours_per_day={hours:g}` is more than the 24 hours of a day."
        raise OptionError(wrong, write="Write for example `hours_per_day=7`.")


def _estimates(
    frame: pd.DataFrame,
    ranges: dict[str, Range],
    inputs: Sequence[Any],
    currency: str,
    whole_tasks: bool,
) -> Estimates:
    rules = {"currency": currency, "tasks_counted": "whole" if whole_tasks else "parts"}
    for name, ends in ranges.items():
        if ends.is_point:
            rules[name] = f"{float(ends.low):.10g}"
        else:
            rules[f"{name}_low"] = f"{float(ends.low):.10g}"
            rules[f"{name}_high"] = f"{float(ends.high):.10g}"
    given = chain.from_iterable(map(values_of, inputs))
    parameters = [value for value in given if isinstance(value, Parameter)]
    assumptions = list(map(_parameter_text, parameters))
    if "seconds_per_task" in ranges and "unpaid_minutes_per_hour" not in ranges:
        assumptions.append(WORDS("tasks.no_idle_time"))
    if not all(ends.is_point for ends in ranges.values()):
        assumptions.append(WORDS("tasks.ends"))
    source = NOTHING
    if parameters:
        source = join_sources(Text.same(parameter.source) for parameter in parameters)
    record = Provenance(
        rules=rules,
        source=source,
        status=weakest_status(["derived", *(parameter.status for parameter in parameters)]),
        assumptions=tuple(dict.fromkeys(assumptions)),
    )
    return Estimates(
        frame, np.full((len(frame), len(frame)), np.nan), record, descriptions=DESCRIPTIONS
    )


def _record(statistic: str, ends: Range, period: Period, flag: str = "") -> dict[str, Any]:
    """Return one number, or its two ends, as a row of the result."""
    low, high = float(ends.low), float(ends.high)
    known, flags = {"estimate": low}, [flag]
    if not ends.is_point:
        known, flags = {"ci_low": low, "ci_high": high}, ["bounds", flag]
    about = f"target a {period}"
    if period == "hour":
        about = "target an hour"
    if statistic.startswith("pay_per"):
        about = "pay of tasks"
    keys = {"statistic": statistic, "variable": about, "category": ""}
    return {
        **keys,
        **dict.fromkeys(MEASURES, math.nan),
        **known,
        "flag": ", ".join(filter(None, flags)),
    }


_OF_UNIT = {
    "gross": "tasks.gross",
    "net": "tasks.net",
    "consumption unit": "tasks.consumption_unit",
}


def _parameter_text(parameter: Parameter) -> Text:
    """Return a dated number in words, with what task pay must be to compare with it."""
    words = parameter_in_words(parameter)
    parts = [Text(f"{words.fr}.", f"{words.en}.")]
    for word, key in _OF_UNIT.items():
        if word in parameter.unit:
            parts.append(WORDS(key))
    return join_wordings(parts, "")


LARGEST = 1e15
SMALLEST = 1e-12


@dataclass(frozen=True)
class Range:
    """A number at or above zero between two ends, which are the same where it is known."""

    low: Fraction
    high: Fraction

    @classmethod
    def of(cls, value: int | Fraction) -> Range:
        """Return a number that is known."""
        return cls(Fraction(value), Fraction(value))

    @property
    def is_point(self) -> bool:
        """Whether both ends are the same."""
        return self.low == self.high

    def __mul__(self, other: Range) -> Range:
        return Range(self.low * other.low, self.high * other.high)

    def __truediv__(self, other: Range) -> Range:
        return Range(self.low / other.high, self.high / other.low)


def range_of(name: str, value: Any, unit: tuple[str, str], *, zero: bool = False) -> Range:
    """Return a value as a range; a dated parameter has the unit (`("EUR", "month")`)."""
    ends = values_of(value)
    if len(ends) not in (1, 2):
        write = f"Write one number for `{name}`, or its lowest and its highest as `(low, high)`."
        raise OptionError(f"{argument(name, value)} has {len(ends)} numbers.", write=write)
    numbers = [_exact_number(name, end, unit, zero) for end in ends]
    if numbers[0] > numbers[-1]:
        asked = f"{argument(name, value)} has the highest number first."
        raise OptionError(
            asked, write=f"Write `{name}=({float(numbers[-1]):g}, {float(numbers[0]):g})`."
        )
    return Range(numbers[0], numbers[-1])


def _exact_number(name: str, value: Any, unit: tuple[str, str], zero: bool) -> Fraction:
    if isinstance(value, Parameter):
        words = value.unit.replace(",", " ").split()
        if words[:1] != [unit[0]] or words[1:3] not in (["a", unit[1]], ["an", unit[1]]):
            raise MisleadingError(
                f"`{name}` is the parameter `{value.name}`, whose unit is `{value.unit}`.",
                write=f"Write a parameter in {unit[0]} for one {unit[1]}, or the number that it "
                "makes.",
            )
        value = value.value
    least, begins = SMALLEST, "above"
    if zero:
        least, begins = 0.0, "from"
    if not is_number(value) or not least <= value <= LARGEST:
        asked = f"{argument(name, value)} is not a finite number {begins} 0."
        raise OptionError(asked, write=f"Write a number of {unit[0]} for one {unit[1]}.")
    # the decimal that was written, and not the nearest number of base two
    return Fraction(Decimal(repr(float(value))))
