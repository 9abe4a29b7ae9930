"""Dated parameters (thresholds, wages, populations) with their unit, source and status, on a day, and in words."""

from __future__ import annotations

import datetime
import functools
import importlib.resources
import itertools
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from diplab.errors import BaseMissingError, MisleadingError, StudyError, nearest, one_of
from diplab.reference.text import NARROW, NOTHING, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "PARAMETER_STATUSES",
    "Parameter",
    "figure_in_words",
    "in_force",
    "parameter",
    "parameter_in_words",
    "parameter_names",
    "parameters",
]

PARAMETER_STATUSES = ("published", "second-hand", "derived", "inferred")
"""What may stand behind a parameter: read in the source named, in a text that reports it, computed from such
figures (the note shows how), or reconstructed."""


FILES = ("france.toml", "platforms.toml", "united_states.toml")


@dataclass(frozen=True)
class Parameter:
    """A number that others published and that results lean on: a threshold, a wage, a population.

    Parameters
    ----------
    name : str
        Name of the dated series the number belongs to.
    value : float
        The number, in `unit`.
    unit : str
        What one of it is (`EUR a month, one consumption unit`, `persons`, `share`).
    since : datetime.date
        First day on which the number holds.
    until : datetime.date or None
        Last day on which it is known to hold; None where no end is known.
    source : str
        The document it was read in.
    page : str
        Page, table or note in that document; empty where the document is one page.
    status : str
        One of `PARAMETER_STATUSES`.
    note : Text
        What a reader must know to use the number well.
    label : Text
        The name shown to people.

    Raises
    ------
    BaseMissingError
        Where the unit or the source is empty.

    Examples
    --------
    >>> parameter("poverty_threshold_60", 2016).value
    1026.0
    """

    name: str
    value: float
    unit: str
    since: datetime.date
    until: datetime.date | None
    source: str
    page: str
    status: str
    note: Text
    label: Text

    def __post_init__(self) -> None:
        absent = [field for field in ("unit", "source") if not getattr(self, field).strip()]
        if absent:
            raise BaseMissingError(
                asked=f"The parameter `{self.name}` was given the value {self.value:g}.",
                found=f"It has no {' and no '.join(absent)}, so nobody can check it.",
                write=f"Write its {' and its '.join(absent)} beside the value.",
            )
        if self.status not in PARAMETER_STATUSES:
            raise one_of(
                what=f"The status of the parameter `{self.name}`",
                value=self.status,
                allowed=PARAMETER_STATUSES,
            )

    def holds_on(self, day: datetime.date) -> bool:
        """Return whether the number is in force on a day."""
        return self.since <= day and (self.until is None or day <= self.until)

    def __float__(self) -> float:
        return self.value


def parameters(name: str) -> tuple[Parameter, ...]:
    """Return every dated value of a parameter, oldest first.

    Parameters
    ----------
    name : str
        Name of the series (`parameter_names()` lists them).

    Returns
    -------
    tuple of Parameter

    Raises
    ------
    StudyError
        Where no series bears the name; the nearest names are offered.

    Examples
    --------
    >>> [wage.value for wage in parameters("minimum_wage_hourly_gross")][:3]
    [9.61, 9.67, 9.76]
    """
    series = _every_series()
    if name not in series:
        raise StudyError(
            asked=f"The parameter `{name}` was asked for.",
            found=f"None of the {len(series)} dated parameters bears that name.",
            write=f"Write one of these: {nearest(name, series)}.",
        )
    return series[name]


def parameter(name: str, on: datetime.date | int | None = None) -> Parameter:
    """Return the value of a parameter in force on a day.

    Parameters
    ----------
    name : str
        Name of the series.
    on : datetime.date, int or None
        The day; a year means its 1 January. It may be left out only for a series with one value, so that a
        figure is never set against a threshold of another year by accident.

    Returns
    -------
    Parameter

    Raises
    ------
    StudyError
        Where no series bears the name, or none of its values is in force on that day.
    MisleadingError
        Where no day is given and the series has several values.

    Examples
    --------
    >>> parameter("minimum_wage_monthly_net", 2018).value
    1173.0
    >>> parameter("minimum_wage_hourly_gross", datetime.date(2021, 12, 31)).value
    10.48
    >>> parameter("multi_homing_micro_work").value
    1.27
    """
    series = parameters(name)
    if on is None:
        if len(series) == 1:
            return series[0]
        raise MisleadingError(
            asked=f"The parameter `{name}` was asked for without a date.",
            found=f"It has {len(series)} values, from {_dates(series[0])} to {_dates(series[-1])}.",
            write=f"Write the year or the day, as in `parameter('{name}', {series[-1].since.year})`.",
        )
    day = datetime.date(on, 1, 1) if isinstance(on, int) else on
    held = [value for value in series if value.holds_on(day)]
    if not held:
        raise StudyError(
            asked=f"The parameter `{name}` was asked for on {day.isoformat()}.",
            found=f"Its values cover {', '.join(_spans(series))}.",
            write="Write a day among these, or add the value with its source to a study of your own.",
        )
    return held[0]


def parameter_names() -> tuple[str, ...]:
    """Return the names of all dated parameters, in alphabetical order.

    Examples
    --------
    >>> "equivalence_first_adult" in parameter_names()
    True
    """
    return tuple(sorted(_every_series()))


def read_series(text: str) -> dict[str, tuple[Parameter, ...]]:
    """Return the dated series written in a TOML text.

    Parameters
    ----------
    text : str
        A table `sources` (key to document) and a table `series`: for each name its `unit`, `label`, `span`
        (`year`: a value holds for its calendar year; `next`: until the day before the following one; `open`:
        no end is known), what its values share (`source`, `page`, `status`, `note`), and `values`, each with
        `year` or `since`, `value`, and whatever of the shared fields differs.

    Returns
    -------
    dict of str to tuple of Parameter

    Raises
    ------
    StudyError
        Where a source is not among the `sources`, or two values hold on the same day.
    """
    document = tomllib.loads(text)
    sources = document["sources"]
    return {name: _series(name, entry, sources) for name, entry in document["series"].items()}


def _series(name: str, entry: Mapping[str, Any], sources: Mapping[str, str]) -> tuple[Parameter, ...]:
    rows = sorted(({**entry, **row} for row in entry["values"]), key=_since)
    starts = [_since(row) for row in rows]
    for earlier, later in itertools.pairwise(starts):
        if earlier == later:
            raise StudyError(
                asked=f"The parameter `{name}` was read.",
                found=f"Two of its values hold from {later.isoformat()}.",
                write="Write the second one under a name of its own.",
            )
    following = [*(start - datetime.timedelta(days=1) for start in starts[1:]), None]
    return tuple(_value(name, row, last, sources) for row, last in zip(rows, following, strict=True))


def _value(
    name: str, row: Mapping[str, Any], last: datetime.date | None, sources: Mapping[str, str]
) -> Parameter:
    key = row.get("source", "")
    if key and key not in sources:
        raise StudyError(
            asked=f"The parameter `{name}` cites the source `{key}`.",
            found="The file lists no such source.",
            write=f"Write one of these: {nearest(key, sources)}.",
        )
    since = _since(row)
    ends = {"year": datetime.date(since.year, 12, 31), "next": row.get("until", last), "open": None}
    return Parameter(
        name=name,
        value=float(row["value"]),
        unit=row.get("unit", ""),
        since=since,
        until=ends[row["span"]],
        source=sources.get(key, ""),
        page=row.get("page", ""),
        status=row["status"],
        note=Text(**row["note"]) if "note" in row else NOTHING,
        label=Text(**row["label"]),
    )


def _since(row: Mapping[str, Any]) -> datetime.date:
    since: datetime.date = row["since"] if "since" in row else datetime.date(row["year"], 1, 1)
    return since


@functools.cache
def _every_series() -> dict[str, tuple[Parameter, ...]]:
    folder = importlib.resources.files("diplab.reference")
    found: dict[str, tuple[Parameter, ...]] = {}
    for file in FILES:
        found.update(read_series((folder / file).read_text(encoding="utf-8")))
    return found


def _dates(value: Parameter) -> str:
    return value.since.isoformat()


def _spans(series: tuple[Parameter, ...]) -> list[str]:
    """Return the days covered, neighbouring values joined."""
    joined: list[list[datetime.date | None]] = []
    for value in series:
        end = joined[-1][1] if joined else None
        if end is not None and value.since <= end + datetime.timedelta(days=1):
            joined[-1][1] = value.until
        else:
            joined.append([value.since, value.until])
    return [f"{start} to {end or 'no known end'}" for start, end in joined]


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


_PER = {"hour": "heure", "day": "jour", "week": "semaine", "month": "mois", "year": "an", "task": "tâche"}


def figure_in_words(value: float) -> Text:
    """Return a number as each language prints it, with all of its digits.

    Examples
    --------
    >>> figure_in_words(1457.52).en, figure_in_words(0.5).fr
    ('1,457.52', '0,5')
    """
    english = f"{value:,.10f}".rstrip("0").rstrip(".") if 1e-10 <= abs(value) < 1e15 else f"{value:g}"
    return Text(english.replace(",", NARROW).replace(".", ","), english)


def parameter_in_words(each: Parameter) -> Text:
    """Return a dated parameter in words.

    Examples
    --------
    >>> from diplab.reference.parameter import parameter
    >>> parameter_in_words(parameter("minimum_wage_hourly_gross", 2018)).en
    'Hourly minimum wage, gross: 9.88 EUR an hour (2018)'
    >>> parameter_in_words(parameter("poverty_threshold_60", 2016)).fr[-22:]
    'EUR par mois (en 2016)'
    """
    number = figure_in_words(each.value)
    words = each.unit.replace(",", " ").split()
    if len(words) >= 3 and words[1] in ("a", "an") and words[2] in _PER:
        what, per = words[0], words[2]
        french = f"{what} par {_PER[per]}"
        english = f"{what} {words[1]} {per}"
    else:
        french = english = each.unit
    days = _days(each.since, each.until)
    return Text(
        f"{each.label.fr}\u00a0: {number.fr} {french} ({days.fr})",
        f"{each.label.en}: {number.en} {english} ({days.en})",
    )


def _days(since: datetime.date, until: datetime.date | None) -> Text:
    """Return the days in which a number holds: a year where it is one."""
    whole = (since.month, since.day) == (1, 1)
    if whole and until == datetime.date(since.year, 12, 31):
        return Text(f"en {since.year}", str(since.year))
    if until is None:
        return Text(f"depuis le {since:%d/%m/%Y}", f"since {since.isoformat()}")
    return Text(f"du {since:%d/%m/%Y} au {until:%d/%m/%Y}", f"{since.isoformat()} to {until.isoformat()}")
