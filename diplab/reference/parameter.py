"""Dated parameters (thresholds, wages, populations) with unit, source and status."""

from __future__ import annotations

import datetime
import functools
import importlib.resources
import itertools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import Any

from diplab.checks import argument, check_number, check_one_of, is_whole_number
from diplab.errors import (
    BaseMissingError,
    MisleadingError,
    OptionError,
    StudyError,
    one_of,
    suggestion,
)
from diplab.public_names import explained
from diplab.reference.text import NARROW, NOTHING, Text, Words

PARAMETER_STATUSES = ("published", "second-hand", "derived", "inferred")
"""The status of a parameter: read in the source named, in a text that reports it, computed from
such figures (the note shows how), or reconstructed."""

HOURS_IN_A_WEEK = 168.0  # hours in seven days: more hours worked are a mistake

_WORDS = Words("diplab.reference")
FILES = ("france.toml", "platforms.toml", "united_states.toml")


@explained("", "A parameter has")
@dataclass(frozen=True)
class Parameter:
    """A published number that results depend on: a threshold, a wage, a population.

    Parameters
    ----------
    name : str
        Name of the dated series the number belongs to.
    value : float
        The number, in `unit`.
    unit : str
        Its unit (`EUR a month, one consumption unit`, `persons`, `share`).
    since : datetime.date
        First day on which the number is in force.
    until : datetime.date or None
        Last day on which it is known to be in force; None if no end is known.
    source : str
        The document that states it.
    page : str
        Page, table or note in that document; empty for a document of one page.
    status : str
        One of `PARAMETER_STATUSES`.
    note : Text
        What users of the number must know.
    label : Text
        The printed name.

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
        texts = {"unit": self.unit, "source": self.source}
        absent = []
        for field, text in texts.items():
            if not isinstance(text, str) or not text.strip():
                absent.append(field)
        if absent:
            raise BaseMissingError(
                asked=f"The parameter `{self.name}` has the value {self.value:g} and no "
                f"{' and no '.join(absent)}.",
                found="A number without its unit and its source cannot be checked.",
                write=f"Write its {' and its '.join(absent)} next to the value.",
            )
        if self.status not in PARAMETER_STATUSES:
            raise one_of(
                f"The status of the parameter `{self.name}`", self.status, PARAMETER_STATUSES
            )

    def holds_on(self, on: datetime.date | int) -> bool:
        """Return whether the number is in force on a day, or on some day of a year."""
        first, last = first_and_last_day(on)
        return self.since <= last and (self.until is None or first <= self.until)

    def __float__(self) -> float:
        return self.value

    def __str__(self) -> str:
        return (
            f"{parameter_in_words(self).en}. {self.source}{f', {self.page}' if self.page else ''}."
        )


def parameters(name: str, source_file: str | Path | None = None) -> tuple[Parameter, ...]:
    """Return all dated values of a parameter, oldest first; an unknown name raises an error.

    >>> [wage.value for wage in parameters("minimum_wage_hourly_gross")][:3]
    [9.61, 9.67, 9.76]
    """
    if source_file is not None and not isinstance(source_file, str | Path):
        raise OptionError(
            f"{argument('source_file', source_file)} is not a path.", write="Write `'mine.toml'`."
        )
    series = every_series() if source_file is None else _own_series(Path(source_file))
    whose = "diplab" if source_file is None else f"`{Path(source_file).name}`"
    if name not in series:
        near = suggestion(name, series)
        raise StudyError(
            f"There is no parameter `{name}`.",
            f"{whose} has {len(series)} dated parameter{'s' if len(series) > 1 else ''}.",
            near if near.startswith("Did") else f"Write one of these: {', '.join(sorted(series))}.",
        )
    return series[name]


def parameter(
    name: str,
    on: datetime.date | int | None = None,
    *,
    source_file: str | Path | None = None,
    value: float | None = None,
    unit: str = "",
    source: str = "",
    label: str | Text = "",
    status: str = "published",
) -> Parameter:
    """Return a dated parameter (a threshold, a wage, a population) in force on a day, or make one.

    Parameters
    ----------
    name : str
        Name of the series. An unknown name lists all of them: `dl.parameter("?")`.
    on : datetime.date, int or None
        The day; a year means its 1 January. It may be omitted only for a series with one value, so
        that a figure is never compared with the threshold of another year by accident.
    source_file : path, optional
        Your own TOML file, read instead of the series of the package: `[sources]` names documents
        by key, and each series has a `unit`, optionally a `label` in both languages, and `values`
        with `since` (or `year`), `value` and the key of their `source`.
    value, unit, source, label, status
        Your own number, in force from `on`: `unit` such as `"GBP an hour, gross"` or `"EUR a month,
        one consumption unit"`, compared with that of the variable by statistics; `source` the
        document that states it; `status` one of `PARAMETER_STATUSES`.

    Returns
    -------
    Parameter

    Raises
    ------
    StudyError
        Where no series has the name, or none of its values is in force on that day; where a file
        cannot be read.
    MisleadingError
        Where no day is given and the series has several values.
    BaseMissingError, OptionError
        Where your own number has no unit, source or date.

    Examples
    --------
    >>> parameter("minimum_wage_monthly_net", 2018).value
    1173.0
    >>> parameter("minimum_wage_hourly_gross", datetime.date(2021, 12, 31)).value
    10.48
    >>> parameter("multi_homing_micro_work").value
    1.27
    >>> source = "Living Wage Foundation"
    >>> wage = parameter("wage", 2023, value=10.9, unit="GBP an hour, gross", source=source)
    >>> wage.value, wage.since.isoformat()
    (10.9, '2023-01-01')
    """
    if value is not None:
        check_number("value", value, example=10.9)
        if on is None or source_file is not None:
            raise OptionError(
                f"`value` of `{name}` has no date."
                if on is None
                else "`value` and `source_file` are both written.",
                write=f"Write `parameter('{name}', 2023, value={value:g}, unit='...', "
                "source='...')`.",
            )
        shown = label if isinstance(label, Text) else Text.same(label or name)
        return Parameter(
            name, float(value), unit, _day_of(on), None, source, "", status, NOTHING, shown
        )
    series = parameters(name, source_file)
    if on is None:
        if len(series) == 1:
            return series[0]
        raise MisleadingError(
            f"The parameter `{name}` needs a date.",
            f"It has {len(series)} values, from {series[0].since} to {series[-1].since}.",
            f"Write the year or the day, as in `parameter('{name}', {series[-1].since.year})`.",
        )
    day = _day_of(on)
    in_force_then = [value for value in series if value.holds_on(day)]
    if not in_force_then:
        raise StudyError(
            f"The parameter `{name}` has no value on {day.isoformat()}.",
            f"Its values cover {', '.join(_spans(series))}.",
            "Write a day among these, or add the value with its source to your own study.",
        )
    return in_force_then[0]


def _day_of(on: datetime.date | int) -> datetime.date:
    """Return the first day of a year, or the day itself."""
    if isinstance(on, datetime.date) and on.year > 0:  # a missing day of pandas has no year
        return on.date() if isinstance(on, datetime.datetime) else on
    if isinstance(on, int) and not isinstance(on, bool) and 1 <= on <= 9999:
        return datetime.date(on, 1, 1)
    raise OptionError(
        f"{argument('on', on)} is neither a day nor a year.",
        write="Write for example `on=datetime.date(2023, 4, 1)`.",
    )


def first_and_last_day(on: datetime.date | int) -> tuple[datetime.date, datetime.date]:
    """Return the first and the last day of a year, or a day as both."""
    if isinstance(on, int):
        return (datetime.date(on, 1, 1), datetime.date(on, 12, 31))
    return (on, on)


def parameter_date(parameter: Parameter) -> str:
    """Return the date of a parameter: a year if it holds from 1 January, else the day."""
    since = parameter.since
    if (since.month, since.day) == (1, 1):
        return str(since.year)
    return since.isoformat()


def day_or_year(cell: Any) -> datetime.date | int | None:
    """Return the day or the year in a cell of data, or None."""
    if isinstance(cell, datetime.date):
        return cell.date() if isinstance(cell, datetime.datetime) else cell
    if is_whole_number(cell) and 1900 <= cell <= 2200:
        return int(cell)
    try:
        if cell.isdigit() and len(cell) == 4:
            return int(cell)
        return datetime.date.fromisoformat(cell[:10])
    except (AttributeError, ValueError):
        return None


def _own_series(path: Path) -> dict[str, tuple[Parameter, ...]]:
    """Return the series of the user's own file; faults raise an error."""
    problem = f"The parameters of `{path.name}` cannot be read."
    example = "series.NAME needs `unit` and "
    example += "`values = [{ since = 2023-04-01, value = 10.42, source = 'key' }]`, and "
    example += "[sources] `key = 'the document'`."
    try:
        found = read_series(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise StudyError(problem, f"{error.strerror}.", "Write the path of a TOML file.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StudyError(problem, f"It is not TOML: {error}.", example) from error
    except KeyError as error:
        raise StudyError(problem, f"It has no {error.args[0]!r}.", example) from error
    except (TypeError, ValueError, AttributeError) as error:
        raise StudyError(problem, "One of its values is of the wrong type.", example) from error
    if not found:
        raise StudyError(problem, "It has no series.", example)
    return found


def read_series(text: str) -> dict[str, tuple[Parameter, ...]]:
    """Return the dated series of a TOML text with tables `sources` and `series`."""
    # each series has its `unit`, `label`, `span` (`year`: a value is in force for its calendar
    # year; `next`: until the day before the following one; `open`: no end is known), and `values`
    # with `year` or `since`, `value`, `source` and so on
    document = tomllib.loads(text)
    sources = document["sources"]
    return {name: _series(name, entry, sources) for name, entry in document["series"].items()}


def _series(
    name: str, entry: Mapping[str, Any], sources: Mapping[str, str]
) -> tuple[Parameter, ...]:
    rows = sorted(({**entry, **row} for row in entry["values"]), key=_since)
    starts = list(map(_since, rows))
    for earlier, later in itertools.pairwise(starts):
        if earlier == later:
            raise StudyError(
                f"Two values of the parameter `{name}` are in force from {later.isoformat()}.",
                "A day has one value.",
                "Give the second one its own name.",
            )
    following = [*(start - datetime.timedelta(days=1) for start in starts[1:]), None]
    return tuple(
        _value(name, row, last, sources) for row, last in zip(rows, following, strict=True)
    )


def _value(
    name: str, row: Mapping[str, Any], last: datetime.date | None, sources: Mapping[str, str]
) -> Parameter:
    key = row.get("source", "")
    if key and key not in sources:
        raise StudyError(
            f"The parameter `{name}` cites the source `{key}`.",
            "The file does not list that source.",
            suggestion(key, sources),
        )
    since = _since(row)
    ends = {"year": first_and_last_day(since.year)[1], "next": row.get("until", last), "open": None}
    span = check_one_of(
        "span", row.get("span", "next"), tuple(ends), of=f"of the parameter `{name}`"
    )
    return Parameter(
        name=name,
        value=float(row["value"]),
        unit=row.get("unit", ""),
        since=since,
        until=ends[span],
        source=sources.get(key, ""),
        page=row.get("page", ""),
        status=row.get("status", "published"),
        note=Text(**row["note"]) if "note" in row else NOTHING,
        label=Text(**row["label"]) if "label" in row else Text.same(name),
    )


def _since(row: Mapping[str, Any]) -> datetime.date:
    since: datetime.date = row["since"] if "since" in row else datetime.date(row["year"], 1, 1)
    return since


@functools.cache
def every_series() -> dict[str, tuple[Parameter, ...]]:
    """Return all dated parameters by name."""
    folder = importlib.resources.files("diplab.reference")
    texts = ((folder / file).read_text(encoding="utf-8") for file in FILES)
    return {name: series for text in texts for name, series in read_series(text).items()}


def _spans(series: tuple[Parameter, ...]) -> list[str]:
    """Return the periods covered, with adjacent values joined."""
    joined: list[list[datetime.date | None]] = []
    for value in series:
        end = joined[-1][1] if joined else None
        if end is not None and value.since <= end + datetime.timedelta(days=1):
            joined[-1][1] = value.until
        else:
            joined.append([value.since, value.until])
    return [f"{start} to {end or 'no known end'}" for start, end in joined]


def in_force(name: str, on: datetime.date | int, wish: str) -> Parameter:
    """Return the value of a series on a day or in a year; several in that year raise an error."""
    if not isinstance(on, int):
        return parameter(name, on)
    first, values = (
        datetime.date(on, 1, 1),
        [item for item in parameters(name) if item.holds_on(on)],
    )
    if len(values) > 1:
        dated = ", ".join(
            f"{value.value:g} from {max(value.since, first).isoformat()}" for value in values
        )
        since = values[-1].since
        raise MisleadingError(
            wish,
            f"In {on} `{name}` had {len(values)} values: {dated}.",
            f"Write the day, as in `datetime.date({on}, {since.month}, {since.day})`, or a column "
            "of days.",
        )
    return parameter(name, values[0].since if values and values[0].since > first else on)


def figure_in_words(value: float) -> Text:
    """Return a number as printed in each language, with all its digits."""
    english = (
        f"{value:,.10f}".rstrip("0").rstrip(".") if 1e-10 <= abs(value) < 1e15 else f"{value:g}"
    )
    return Text(english.replace(",", NARROW).replace(".", ","), english)


def parameter_in_words(each: Parameter) -> Text:
    """Return a dated parameter in words."""
    pieces = each.unit.replace(",", " ").split()
    unit = Text.same(each.unit)
    # "EUR an hour", "EUR a month, one consumption unit"
    if len(pieces) >= 3 and pieces[1] in ("a", "an") and pieces[2] in _WORDS.section("per"):
        unit = _WORDS(f"per.{pieces[2]}", currency=pieces[0])
    return _WORDS(
        "parameter.line",
        label=each.label,
        number=figure_in_words(each.value),
        unit=unit,
        days=_days(each.since, each.until),
    )


_PER = ("one person", "one consumption unit", "household")  # the unit of people of the amount
_MONEY = re.compile(
    r"(?P<currency>[A-Z]{3})(?: of (?P<prices>\d{4}))?(?: an? "
    r"(?P<period>hour|day|week|month|year))?"
)


@dataclass(frozen=True)
class Unit:
    """The unit of an amount of money; parts that are not stated are empty."""

    currency: str = ""
    prices: str = ""
    period: str = ""
    kind: str = ""
    per: str = ""

    def __str__(self) -> str:
        """Write the unit as `read_unit` reads it.

        >>> str(read_unit("EUR of 2020 a month, net"))
        'EUR of 2020 a month, net'
        """
        money = self.currency
        if self.prices:
            money += f" of {self.prices}"
        if self.period:
            money += f" {'an' if self.period == 'hour' else 'a'} {self.period}"
        return ", ".join(filter(None, (money, self.kind, self.per)))

    def differences(self, other: Unit) -> list[tuple[str, str]]:
        """Return the parts in which two units differ; unstated ones are equal, except prices.

        >>> unit = read_unit("GBP a month, gross, one person")
        >>> unit.differences(read_unit("EUR a month, one consumption unit"))
        [('GBP', 'EUR'), ('one person', 'one consumption unit')]
        """
        both = (
            replace(operand, prices=f"prices of {operand.prices or 'their date'}")
            for operand in (self, other)
        )
        pairs = zip(*map(astuple, both), strict=True)
        return [(own, their) for own, their in pairs if own and their and own != their]


def with_per(text: str, per: str) -> str:
    """Return the words of a unit of money for other units of people; otherwise empty."""
    parts = [part for part in text.split(", ") if part not in _PER]
    if read_unit(text).currency:
        return ", ".join([*parts, per])
    return ""


def read_unit(text: str) -> Unit:
    """Read a unit in words; empty if it is not of money.

    >>> read_unit("EUR of 2020 a month, net, one consumption unit")
    Unit(currency='EUR', prices='2020', period='month', kind='net', per='one consumption unit')
    """
    first, *others = (part.strip() for part in text.split(","))
    money = _MONEY.fullmatch(first)
    if not money:
        return Unit()
    qualifiers = [
        next((other for other in others if other in words), "")
        for words in (("gross", "net"), _PER)
    ]
    return Unit(*money.groups(""), *qualifiers)


def unit_in_words(text: str) -> Text:
    """Return a unit of money in words (`GBP par mois, brut, une personne`), or another as it is."""
    unit = read_unit(text)
    if not unit.currency:
        return Text.same(text)
    parts = [
        _WORDS(f"per.{unit.period}", currency=unit.currency)
        if unit.period
        else Text.same(unit.currency)
    ]
    parts += [_WORDS("unit.prices", year=unit.prices)] if unit.prices else []
    parts += [_WORDS(f"unit.{word}") for word in (unit.kind, unit.per) if word]
    return Text(", ".join(part.fr for part in parts), ", ".join(part.en for part in parts))


def _days(since: datetime.date, until: datetime.date | None) -> Text:
    """Return the days on which a number is in force, or its year."""
    if (since, until) == first_and_last_day(since.year):
        return _WORDS("parameter.year", year=since.year)
    start = Text(f"{since:%d/%m/%Y}", since.isoformat())
    if until is None:
        return _WORDS("parameter.since", start=start)
    return _WORDS(
        "parameter.between", start=start, end=Text(f"{until:%d/%m/%Y}", until.isoformat())
    )
