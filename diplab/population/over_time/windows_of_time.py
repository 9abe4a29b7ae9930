"""Windows of time in which people were met, two by two."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.errors import ColumnError, MisleadingError, OptionError, nearest
from diplab.population.tables import to_pandas
from diplab.population.two_lists import distinct_words, identifiers_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

__all__ = ["Pairs", "pairs_of"]

COLUMNS = ("n1", "n2", "m", "date1", "date2")


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pairs of windows.

    Parameters
    ----------
    first, second, both : array, shape (pairs,)
        Persons met in each window and in both.
    first_day, second_day : array, shape (pairs,)
        Days on which they start.
    persons : float
        Distinct persons met in any window; NaN where only pairs are known.
    missing : int
        Rows without an identifier, left out.
    """

    first: NDArray[np.float64]
    second: NDArray[np.float64]
    both: NDArray[np.float64]
    first_day: NDArray[np.float64]
    second_day: NDArray[np.float64]
    persons: float
    missing: int


def pairs_of(windows: Any, apart_days: float = 0.0) -> Pairs:
    """Return the pairs of windows far enough apart, from windows of identifiers or from a table of pairs.

    Parameters
    ----------
    windows : mapping, sequence of (date, identifiers), or DataFrame
        As for `window_pairs`.
    apart_days : float
        Least number of days between two starts.

    Examples
    --------
    >>> pairs_of({0: ["a", "b"], 30: ["b", "c"], 60: ["b", "a"]}, apart_days=60).both.tolist()
    [2.0]
    """
    least = _apart(apart_days)
    windows = to_pandas(windows)
    read = _table(windows) if hasattr(windows, "columns") else _of_windows(windows)
    return _kept(read, least)


def _apart(given: Any) -> float:
    if type(given) is bool or not isinstance(given, Real) or not 0 <= float(given) < math.inf:
        raise OptionError(
            asked=f"`apart_days` was given as {given!r}.",
            found="It is the least number of days between the starts of two windows.",
            write="Write a number of days, 0 for all pairs.",
        )
    return float(given)


def _of_windows(windows: Any) -> Pairs:
    """Return all pairs of windows of identifiers."""
    items: list[Any] = list(windows.items()) if isinstance(windows, Mapping) else _listed(windows)
    missing, persons = 0, {}
    days = _days([day for day, _ in items])
    for day, (label, given) in zip(days, items, strict=True):
        known, gone = identifiers_of(f"windows[{label}]", given)
        if day in persons:
            raise OptionError(
                asked="Windows of identifiers were given.",
                found=f"Two of them start on the same date, {label}.",
                write="Write one window a date, with everyone met in it.",
            )
        persons[day] = set(known)
        missing += gone
    everyone = set().union(*persons.values())
    distinct_words("windows", everyone)
    ordered = sorted(persons)
    rows = [
        (len(persons[a]), len(persons[b]), len(persons[a] & persons[b]), a, b)
        for a, b in combinations(ordered, 2)
    ]
    return _pairs(rows, float(len(everyone)), missing)


def _listed(windows: Any) -> list[Any]:
    try:
        items = [(day, given) for day, given in windows]
    except (TypeError, ValueError):
        raise OptionError(
            asked=f"Windows were given as {type(windows).__name__}.",
            found="They are neither windows of identifiers by date nor a table of pairs.",
            write="Write `{date: identifiers}`, or a table with n1, n2, m, date1, date2.",
        ) from None
    return items


def _table(table: Any) -> Pairs:
    """Return the pairs of a table."""
    for name in COLUMNS:
        if name not in table.columns:
            raise ColumnError(
                asked=f"The column `{name}` of pairs of windows was asked for.",
                found="The table does not have it.",
                write=f"Write the columns {', '.join(COLUMNS)}; the nearest are {nearest(name, table.columns)}.",
            )
    first, second = (_days(list(table[name])) for name in ("date1", "date2"))
    counts = []
    for name in ("n1", "n2", "m"):
        try:
            counts.append(np.asarray(list(table[name]), dtype=float))
        except (TypeError, ValueError):
            counts.append(np.array([math.nan]))
        if not np.all(np.isfinite(counts[-1])) or (counts[-1] < 0).any() or (counts[-1] % 1).any():
            raise OptionError(
                asked=f"The column `{name}` of pairs of windows was read.",
                found="It holds something else than numbers of persons.",
                write="Write whole numbers, zero or more.",
            )
    if (counts[2] > np.minimum(counts[0], counts[1])).any():
        raise OptionError(
            asked="Pairs of windows were given.",
            found="In some more persons are in both windows than in one of them.",
            write="Write in `m` the persons of both, in `n1` and `n2` all persons of each.",
        )
    later = np.asarray(first) <= np.asarray(second)
    if not later.all():
        raise OptionError(
            asked="Pairs of windows were given.",
            found=f"In {int((~later).sum())} the second starts before the first.",
            write="Write in `date1` the earlier of the two.",
        )
    rows = list(zip(*counts, first, second, strict=True))
    return _pairs(rows, math.nan, 0)


def _pairs(rows: Iterable[tuple[float, ...]], persons: float, missing: int) -> Pairs:
    first, second, both, first_day, second_day = np.array(list(rows), dtype=float).reshape(-1, 5).T
    return Pairs(first, second, both, first_day, second_day, persons, missing)


def _days(dates: list[Any]) -> list[float]:
    """Return dates as numbers of days."""
    import pandas as pd

    try:
        if all(isinstance(date, int | float | np.number) for date in dates):
            days = [float(date) for date in dates]
        elif not any(isinstance(date, int | float | np.number) for date in dates):
            since = pd.to_datetime(pd.Series(dates), format="ISO8601") - pd.Timestamp(0)
            days = [float(day) for day in since / pd.Timedelta(days=1)]
        else:
            days = [math.nan]
        if all(math.isfinite(day) for day in days):
            return days
    except (TypeError, ValueError, OverflowError):
        pass
    raise OptionError(
        asked="Dates of windows were read.",
        found="Some are neither dates nor numbers of days.",
        write='Write dates such as "2015-03-26", or numbers of days from any start.',
    )


def _kept(pairs: Pairs, apart_days: float) -> Pairs:
    """Return the pairs far enough apart, refused where some share nobody or none is left."""
    # Two windows of one date are no pair.
    kept = (pairs.second_day - pairs.first_day >= apart_days) & (pairs.second_day > pairs.first_day)
    if not kept.any():
        raise MisleadingError(
            asked=f"Pairs of windows at least {apart_days:g} days apart were asked for.",
            found=f"None of the {len(kept)} pairs is.",
            write="Write a smaller `apart_days`, or more windows.",
        )
    nobody = int((pairs.both[kept] == 0).sum())
    if nobody:
        raise MisleadingError(
            asked=f"Sizes were asked for from {int(kept.sum())} pairs of windows.",
            found=f"{nobody} of them share nobody; leaving them out would make the size too small.",
            write="Write longer windows, so that every two share someone, or match the windows again.",
        )
    return Pairs(
        pairs.first[kept],
        pairs.second[kept],
        pairs.both[kept],
        pairs.first_day[kept],
        pairs.second_day[kept],
        pairs.persons,
        pairs.missing,
    )
