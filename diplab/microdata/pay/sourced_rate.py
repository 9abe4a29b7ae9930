"""A rate that turns one amount into another, with its date and its source: without them it is refused."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping
from numbers import Real
from typing import Any

from diplab.errors import BaseMissingError, MisleadingError, OptionError
from diplab.reference.parameter import Parameter
from diplab.reference.text import Text

__all__ = ["check_day", "holds", "sourced_rate"]

KEYS = ("value", "date", "source", "kind")

KINDS = {
    "exchange": Text("taux de change", "exchange rate"),
    "purchasing power": Text("parité de pouvoir d’achat", "purchasing power parity"),
}


def sourced_rate(given: Any, name: str, unit: str, asked: str) -> Parameter:
    """Return a rate as a dated parameter.

    Parameters
    ----------
    given : Parameter or mapping
        A mapping has `value`, `date` (a day, or a year in which it holds), `source`, and for currencies `kind`,
        `exchange` or `purchasing power`.
    name : str
        Of what it is a rate, for errors.
    unit : str
        What it is in: `EUR a USD`, euros for one dollar.
    asked : str
        What was asked, for errors.

    Raises
    ------
    BaseMissingError
        Where it has no date or no source.
    OptionError
        Where it is no rate.
    MisleadingError
        Where a parameter has another unit.
    """
    example = f"{{'value': 0.9, 'date': 2022, 'source': '...'}} ({unit})"
    if isinstance(given, Parameter):
        if given.unit.replace(" an ", " a ").split(",")[0].strip() != unit:
            raise MisleadingError(
                asked,
                f"The rate `{name}` is the parameter `{given.name}`, whose unit is `{given.unit}`.",
                f"Write one in `{unit}`.",
            )
        return given
    if not isinstance(given, Mapping) or not set(given) <= set(KEYS):
        raise OptionError(
            asked, f"The rate `{name}` was given as {given!r}.", f"Write a parameter, or {example}."
        )
    absent = [key for key in ("date", "source") if not given.get(key)]
    if absent:
        raise BaseMissingError(
            asked, f"The rate `{name}` has no {' and no '.join(absent)}.", f"Write it as {example}."
        )
    value, kind = given.get("value"), given.get("kind", "exchange")
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 < float(value) < math.inf:
        raise OptionError(
            asked, f"The value of the rate `{name}` is {value!r}.", f"Write a number above 0 ({unit})."
        )
    if kind not in KINDS:
        raise OptionError(
            asked, f"The kind of the rate `{name}` is {kind!r}.", f"Write one of: {', '.join(KINDS)}."
        )
    since, until = _span(given["date"], name, asked)
    label = KINDS[kind] if " a " in unit else Text("rapport du net au brut", "ratio of net to gross")
    return Parameter(
        name, float(value), unit, since, until, str(given["source"]), "", "second-hand", Text("", ""), label
    )


def holds(rate: Parameter, day: datetime.date | int) -> bool:
    """Return whether a rate holds on a day, or within a year."""
    first = datetime.date(day, 1, 1) if isinstance(day, int) else day
    last = datetime.date(day, 12, 31) if isinstance(day, int) else day
    return rate.since <= last and (rate.until is None or first <= rate.until)


def check_day(rate: Parameter, day: datetime.date | int | None, asked: str) -> None:
    """Refuse a rate for a day on which it does not hold.

    Raises
    ------
    MisleadingError
        Where it does not.
    """
    if day is None:
        return
    if holds(rate, day):
        return
    held = f"from {rate.since.isoformat()} to {rate.until.isoformat() if rate.until else 'no known end'}"
    raise MisleadingError(
        asked,
        f"The rate `{rate.name}` holds {held}, and some pay is of {day if isinstance(day, int) else day.isoformat()}.",
        "Write a rate of the date of the pay.",
    )


def _span(date: Any, name: str, asked: str) -> tuple[datetime.date, datetime.date]:
    if isinstance(date, datetime.datetime):
        date = date.date()
    if isinstance(date, datetime.date):
        return date, date
    if isinstance(date, int) and not isinstance(date, bool) and 1900 <= date <= 2200:
        return datetime.date(date, 1, 1), datetime.date(date, 12, 31)
    raise OptionError(
        asked, f"The date of the rate `{name}` is {date!r}.", "Write a day (`datetime.date`) or a year."
    )
