"""The one value of a dated series on a day, or in a year that has one: a year with two is not decided by itself."""

from __future__ import annotations

import datetime

from diplab.errors import MisleadingError
from diplab.reference.parameter import Parameter, parameter, parameters

__all__ = ["in_force"]


def in_force(name: str, on: datetime.date | int, asked: str) -> Parameter:
    """Return the value of a series on a day, or in a whole year.

    Parameters
    ----------
    name : str
        Of the series.
    on : datetime.date or int
        A day, or a year.
    asked : str
        What was asked, for the error.

    Raises
    ------
    MisleadingError
        Where several values held in that year.
    StudyError
        Where none is known.

    Examples
    --------
    >>> in_force("minimum_wage_hourly_gross", 2018, "A wage was asked for.").value
    9.88
    """
    if not isinstance(on, int):
        return parameter(name, on)
    first, last = datetime.date(on, 1, 1), datetime.date(on, 12, 31)
    held = [each for each in parameters(name) if each.since <= last and (each.until or last) >= first]
    if len(held) > 1:
        told = ", ".join(f"{each.value:g} from {max(each.since, first).isoformat()}" for each in held)
        raise MisleadingError(
            asked,
            f"In {on} `{name}` had {len(held)} values: {told}.",
            f"Write the day, as in `datetime.date({on}, {held[-1].since.month}, {held[-1].since.day})`, or a column "
            "of days.",
        )
    return parameter(name, held[0].since if held and held[0].since > first else on)
