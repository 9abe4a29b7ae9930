"""How many tasks, and how many hours of them, it takes to reach a target: arithmetic on published numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.errors import OptionError, one_of
from diplab.estimators.pay.numbers_or_ranges import Range, dated, range_of
from diplab.population.evidence import joined, weakest
from diplab.reference.parameter_words import parameter_in_words
from diplab.reference.text import NOTHING, Text
from diplab.results.estimates import Estimates
from diplab.results.provenance import Provenance
from diplab.results.statistic_description import StatisticDescription

if TYPE_CHECKING:
    from collections.abc import Sequence

    from diplab.reference.parameter import Parameter

__all__ = ["PERIODS", "tasks_to_reach"]

PERIODS = {"hour": 1, "day": 24, "week": 168, "month": 730, "year": 8760}
"""Hours that there are in each: 365 days of 24 hours a year, a twelfth of it a month."""

DESCRIPTIONS = {
    name: StatisticDescription(kind="amount", unit=unit)
    for unit, names in {
        "tasks": ("tasks",),
        "hours": ("paid_hours", "all_hours"),
        "days": ("working_days",),
        "money an hour": ("pay_per_paid_hour", "pay_per_hour_of_work"),
    }.items()
    for name in names
}

NO_IDLE_TIME = Text(
    "Chaque tâche est acceptée et payée, et la suivante est là dès que la précédente est finie\u00a0: ni recherche, "
    "ni attente, ni travail refusé.",
    "Every task is accepted and paid, and the next one is there as soon as one ends: no searching, no waiting, no "
    "rejected work.",
)
ENDS = Text(
    "Les bornes prennent chaque fourchette à ses extrémités, sans rien supposer de ce qui va ensemble (la tâche la "
    "mieux payée peut être la plus courte ou la plus longue).",
    "Bounds take each range at its ends, and assume nothing of what goes together (the task that pays best may be the "
    "shortest or the longest).",
)


@dataclass(frozen=True)
class _Row:
    """One number, or its two ends."""

    statistic: str
    ends: Range
    flag: str = ""


def tasks_to_reach(
    target: float | Parameter | Sequence[float],
    pay_per_task: float | Parameter | Sequence[float],
    *,
    seconds_per_task: float | Parameter | Sequence[float] | None = None,
    unpaid_minutes_per_hour: float | Parameter | Sequence[float] | None = None,
    hours_per_day: float | None = None,
    period: str = "month",
    currency: str = "EUR",
    whole: bool = True,
) -> Estimates:
    """Return how many tasks a person would have to do to earn a target, and how many hours and days that is.

    Parameters
    ----------
    target : float, Parameter or (low, high)
        Amount to be earned in a period, in `currency`; a dated one (`parameter("poverty_threshold_60", 2016)`) brings
        its date and source, and its unit must be of that period and currency.
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
        Round the number of tasks up: a part of a task pays nothing. Hours are then those of whole tasks.

    Returns
    -------
    Estimates
        Rows `tasks`, `paid_hours`, `all_hours` (with the unpaid ones), `working_days`, and `pay_per_paid_hour`,
        `pay_per_hour_of_work`, which follow from the pay and the length of a task alone. `estimate` where all inputs
        are points; otherwise bounds, in `ci_low` and `ci_high`, flagged so. Hours beyond those that the period has
        are flagged, not hidden.

    Raises
    ------
    OptionError
        Where a number is not finite and above zero, a range is not one, or an option is not one of its words.
    MisleadingError
        Where the unit of a parameter is of another period or currency.

    Notes
    -----
    tasks = target / pay, rounded up; paid hours = tasks * seconds / 3600; all hours = paid hours (1 + unpaid / 60);
    pay per paid hour = 3600 pay / seconds. A lower bound takes the end of each range that makes it lowest.

    Examples
    --------
    The poverty line of 2016 for one person, 1,026 EUR a month, at five cents a task:

    >>> from diplab.reference.parameter import parameter
    >>> needed = tasks_to_reach(parameter("poverty_threshold_60", 2016), 0.05)
    >>> needed.frame["estimate"].tolist()
    [20520.0]
    >>> tasks_to_reach(1026, (0.25, 0.30), seconds_per_task=(30, 60)).frame[["statistic", "ci_low", "ci_high"]]
               statistic  ci_low  ci_high
    0              tasks  3420.0   4104.0
    1         paid_hours    28.5     68.4
    2  pay_per_paid_hour    15.0     36.0
    """
    if period not in PERIODS:
        raise one_of("`period` of `tasks_to_reach`", period, PERIODS)
    asked = "The number of tasks to reach a target was asked for."
    if not isinstance(currency, str) or not currency.strip():
        raise OptionError(
            asked, f"`currency` was given as {currency!r}.", "Write its code, as in `currency='EUR'`."
        )
    given = {
        "target": target,
        "pay_per_task": pay_per_task,
        "seconds_per_task": seconds_per_task,
        "unpaid_minutes_per_hour": unpaid_minutes_per_hour,
        "hours_per_day": hours_per_day,
    }
    units = {
        "target": (currency, period),
        "pay_per_task": (currency, "task"),
        "seconds_per_task": ("seconds", "task"),
        "unpaid_minutes_per_hour": ("minutes", "hour"),
        "hours_per_day": ("hours", "day"),
    }
    read = {
        name: range_of(name, value, asked, units[name], zero=name == "unpaid_minutes_per_hour")
        for name, value in given.items()
        if value is not None or name in ("target", "pay_per_task")
    }
    _check_hours(read)
    rows = _rows(read, whole, period)
    return _estimates(rows, read, given, period, currency, whole)


def _rows(read: dict[str, Range], whole: bool, period: str) -> list[_Row]:
    """Return the numbers, from exact fractions: 1,026 / 0.05 is 20,520 tasks and not one more by rounding."""
    pay, seconds = read["pay_per_task"], read.get("seconds_per_task")
    tasks = read["target"] / pay
    if whole:
        tasks = Range(Fraction(math.ceil(tasks.low)), Fraction(math.ceil(tasks.high)))
    rows = [_Row("tasks", tasks)]
    if seconds is None:
        return rows
    hours = tasks * seconds / Range.of(3600)
    rows.append(_Row("paid_hours", hours, _clock(hours, PERIODS[period])))
    unpaid = read.get("unpaid_minutes_per_hour")
    longer = Range.of(1)
    if unpaid is not None:
        longer = Range(1 + unpaid.low / 60, 1 + unpaid.high / 60)
        hours = hours * longer
        rows.append(_Row("all_hours", hours, _clock(hours, PERIODS[period])))
    if "hours_per_day" in read:
        days = hours / read["hours_per_day"]
        rows.append(_Row("working_days", days, _clock(days, Fraction(PERIODS[period], 24))))
    rate = pay * Range.of(3600) / seconds
    rows.append(_Row("pay_per_paid_hour", rate))
    if unpaid is not None:
        rows.append(_Row("pay_per_hour_of_work", rate / longer))
    return rows


def _clock(needed: Range, there: Fraction | int) -> str:
    if needed.low > there:
        return "more time than there is"
    return "upper end is more time than there is" if needed.high > there else ""


def _check_hours(read: dict[str, Range]) -> None:
    """Refuse what makes something of hours where there are none, and days of more than 24."""
    if "seconds_per_task" not in read:
        if "hours_per_day" in read:
            raise OptionError(
                "The number of days to reach a target was asked for.",
                "Days are made of hours, and nothing says how long a task takes.",
                "Write `seconds_per_task` too, or leave out `hours_per_day`.",
            )
        if "unpaid_minutes_per_hour" in read:
            raise OptionError(
                "The hours of work to reach a target were asked for.",
                "Unpaid minutes go with paid hours, and nothing says how long a task takes.",
                "Write `seconds_per_task` too, or leave out `unpaid_minutes_per_hour`.",
            )
    elif "hours_per_day" in read and read["hours_per_day"].high > 24:
        raise OptionError(
            "The number of days to reach a target was asked for.",
            f"`hours_per_day` is {float(read['hours_per_day'].high):g}, and a day has 24 hours.",
            "Write for example `hours_per_day=7`.",
        )


def _estimates(
    rows: list[_Row],
    read: dict[str, Range],
    given: dict[str, Any],
    period: str,
    currency: str,
    whole: bool,
) -> Estimates:
    import pandas as pd

    frame = pd.DataFrame([_record(row, period) for row in rows])
    rules = {"currency": currency, "tasks_counted": "whole" if whole else "parts"}
    for name, ends in read.items():
        rules |= (
            {name: f"{float(ends.low):.10g}"}
            if ends.is_point
            else {f"{name}_low": f"{float(ends.low):.10g}", f"{name}_high": f"{float(ends.high):.10g}"}
        )
    parameters = [each for value in given.values() for each in dated(value)]
    assumptions = [_named(each) for each in parameters]
    if "seconds_per_task" in read and "unpaid_minutes_per_hour" not in read:
        assumptions.append(NO_IDLE_TIME)
    if not all(ends.is_point for ends in read.values()):
        assumptions.append(ENDS)
    record = Provenance(
        rules=rules,
        source=joined(Text.same(each.source) for each in parameters) if parameters else NOTHING,
        status=weakest(["derived", *(each.status for each in parameters)]),
        assumptions=tuple(dict.fromkeys(assumptions)),
    )
    return Estimates(frame, np.full((len(frame), len(frame)), np.nan), record, descriptions=DESCRIPTIONS)


def _record(row: _Row, period: str) -> dict[str, Any]:
    low, high = float(row.ends.low), float(row.ends.high)
    nothing = math.nan
    of_pay = row.statistic.startswith("pay_per")
    flags = [*([] if row.ends.is_point else ["bounds"]), *([row.flag] if row.flag else [])]
    return {
        "statistic": row.statistic,
        "variable": "pay of tasks" if of_pay else f"target {'an' if period == 'hour' else 'a'} {period}",
        "category": "",
        "estimate": low if row.ends.is_point else nothing,
        "std_error": nothing,
        "ci_low": nothing if row.ends.is_point else low,
        "ci_high": nothing if row.ends.is_point else high,
        "cv": nothing,
        "deff": nothing,
        "df": nothing,
        "n": nothing,
        "flag": ", ".join(flags),
    }


def _named(each: Parameter) -> Text:
    """Return a dated number in words, and what must hold for the pay of a task to be set against it."""
    said = parameter_in_words(each)
    french, english = f"{said.fr}.", f"{said.en}."
    for word, fr in (("gross", "brute"), ("net", "nette")):
        if word in each.unit:
            french += f" La paie d’une tâche est prise pour {fr} elle aussi."
            english += f" The pay of a task is taken as {word} too."
    if "consumption unit" in each.unit:
        french += (
            " C’est le niveau de vie d’une personne qui vit seule\u00a0: toutes ses ressources comptent, et non la "
            "seule paie des tâches."
        )
        english += (
            " It is the standard of living of a person who lives alone: all resources count, not the pay of tasks "
            "only."
        )
    return Text(french, english)
