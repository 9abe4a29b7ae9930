"""Capture histories and frequencies as closed-population models read them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING

import numpy as np

from diplab.checks import argument, check_whole_number
from diplab.errors import EmptyDomainError, MisleadingError, OptionError
from diplab.population.counts import Frequencies, frequencies
from diplab.population.tables import OCCASION, mark_table_or_none, read_marks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from numpy.typing import NDArray


MOST_PERSONS = 10**10
MOST_OCCASIONS = 10_000
"""Most occasions of which frequencies are laid out in a table."""


@dataclass(frozen=True, eq=False)
class Histories:
    """Distinct histories of persons seen at least once."""

    occasions: tuple[str, ...]
    seen: NDArray[np.float64]  # (histories, occasions), 0 and 1
    persons: NDArray[np.float64]  # with each history


def read_histories(data: Any, count: str | None = None) -> Histories | None:
    """Return the histories that a frame or an array holds; None where the data are no table."""
    table = mark_table_or_none(data)
    if table is None:
        return None
    read = read_marks(table, OCCASION, count)
    seen, persons = read.marks.astype(np.float64), read.persons
    never = (seen == 0).all(axis=1)
    unseen = float(persons[never].sum())
    if unseen:
        raise MisleadingError(
            asked=f"{unseen:g} of the {persons.sum():g} persons were seen at no occasion.",
            found="Persons never seen are what is estimated.",
            write="Leave those rows out.",
        )
    kept = ~never & (persons > 0)
    if not kept.any():
        raise EmptyDomainError(
            asked="No one was seen on any occasion.",
            found="",
            write="Write one row a person, with 1 at each occasion where the person was seen.",
        )
    distinct, at = np.unique(seen[kept], axis=0, return_inverse=True)
    counts = np.bincount(at.ravel(), weights=persons[kept]).astype(np.float64)
    return Histories(read.names, distinct, counts)


@dataclass(frozen=True, eq=False)
class Captures:
    """Persons by how often they were seen, and by their histories where these are known."""

    frequencies: Frequencies
    limit: float  # occasions on which a person could be seen; infinite where there is no limit
    up_to: int  # persons seen more often are counted as seen, and not fitted
    histories: Histories | None = None  # None where only frequencies are known

    @property
    def known_histories(self) -> Histories:
        """The histories, for models that rest on them."""
        assert self.histories is not None
        return self.histories

    @property
    def seen(self) -> int:
        """Persons seen at least once."""
        return self.frequencies.seen

    @property
    def fitted_frequencies(self) -> NDArray[np.float64]:
        """Persons seen 1, 2, ... times, as far as they are fitted."""
        return np.array([self.frequencies.of(times) for times in range(1, self.up_to + 1)], dtype=np.float64)

    @property
    def beyond(self) -> float:
        """Persons seen more often than is fitted."""
        return self.seen - float(self.fitted_frequencies.sum())


def read_captures(
    data: Any, count: str | None = None, occasions: int | None = None, up_to: int | None = None
) -> Captures:
    """Return captures from a table of histories or from frequencies, checked."""
    if isinstance(data, Captures):
        return data
    histories = read_histories(data, count)
    if histories is None:
        return _from_frequencies(data, count, occasions, up_to)
    if occasions is not None:
        raise OptionError(
            asked=f"{argument('occasions', occasions)} was given with histories.",
            found=f"They have {len(histories.occasions)} columns, one an occasion.",
            write="Leave `occasions` out; it goes with frequencies.",
        )
    limit = len(histories.occasions)
    _check_two_occasions(limit)
    times = histories.seen.sum(axis=1).astype(int)
    by_times = np.bincount(times, weights=histories.persons, minlength=limit + 1)
    counts = _check_frequencies(
        {at: int(persons) for at, persons in enumerate(by_times) if at and persons}, limit
    )
    return Captures(counts, float(limit), _highest_frequency(up_to, limit), histories)


def _from_frequencies(
    data: Mapping[int, int] | Sequence[int], count: str | None, occasions: int | None, up_to: int | None
) -> Captures:
    _check_numbers(data)
    if count is not None:
        raise OptionError(
            asked=f"{argument('count', count)} was given with frequencies.",
            found="Frequencies already count persons, by number of times seen.",
            write="Leave `count` out, or give the histories as columns of a frame.",
        )
    if occasions is not None:
        check_whole_number("occasions", occasions, high=MOST_OCCASIONS, example=6)
        _check_two_occasions(occasions)
    counts = _check_frequencies(data, occasions)
    highest = counts.counts[-1][0] if occasions is None else int(occasions)
    if highest > MOST_OCCASIONS:
        raise OptionError(
            asked=f"Someone was seen {highest} times, and {MOST_OCCASIONS} are the most that are read.",
            found="",
            write="Write the frequencies again, as persons by number of times seen.",
        )
    limit = math.inf if occasions is None else float(occasions)
    return Captures(counts, limit, _highest_frequency(up_to, highest))


def _check_frequencies(counts: Mapping[int, int] | Sequence[int], occasions: int | None) -> Frequencies:
    """Return counts, refused beyond the number of people: the ends of an interval would lose their digits."""
    found = frequencies(counts, occasions)
    if found.seen > MOST_PERSONS:
        raise OptionError(
            asked=f"{found.seen} persons seen are more than there are people.",
            found="The ends of an interval would lose their digits.",
            write="Write numbers of persons.",
        )
    return found


def _check_numbers(data: Any) -> None:
    """Refuse what is neither histories nor numbers of persons."""
    if hasattr(data, "items"):
        wrong = [each for pair in data.items() for each in pair if not isinstance(each, Real)]
    elif isinstance(data, list | tuple | np.ndarray):
        wrong = [each for each in data if not isinstance(each, Real)]
    else:
        wrong = [data]
    if wrong:
        shown = repr(wrong[0])
        shown = shown if len(shown) <= 40 else f"{shown[:40]}..."
        raise OptionError(
            asked=f"The data hold {shown}, neither a table of histories nor a number of persons.",
            found="",
            write="Write a frame with a column an occasion, or `{1: f1, 2: f2}` for frequencies.",
        )


def _highest_frequency(up_to: int | None, highest: int) -> int:
    if up_to is None:
        return highest
    return min(check_whole_number("up_to", up_to, low=2, example=3), highest)


def _check_two_occasions(occasions: int) -> None:
    if occasions < 2:
        raise MisleadingError(
            asked=f"There {'are' if occasions != 1 else 'is'} {occasions} occasion{'s' if occasions != 1 else ''}.",
            found="Only persons seen again tell how many were missed, and no one could be.",
            write="Write two occasions or more.",
        )
