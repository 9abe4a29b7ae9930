"""How many persons were seen once, twice, three times: the counts behind single-source sizes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from diplab.checks import is_whole_number
from diplab.errors import EmptyDomainError, OptionError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Frequencies", "frequencies"]


@dataclass(frozen=True)
class Frequencies:
    """Persons by number of times seen.

    Parameters
    ----------
    counts : tuple of (int, int)
        Pairs of a number of times and the persons seen so often, in order.
    occasions : int or None
        Occasions on which a person could be seen; None where there is no such number.
    """

    counts: tuple[tuple[int, int], ...]
    occasions: int | None = None

    def of(self, times: int) -> int:
        """Return the persons seen exactly so many times."""
        return dict(self.counts).get(times, 0)

    @property
    def seen(self) -> int:
        """Persons seen at least once."""
        return sum(persons for _, persons in self.counts)

    @property
    def sightings(self) -> int:
        """Times they were seen, in all."""
        return sum(times * persons for times, persons in self.counts)


def frequencies(counts: Mapping[int, int] | Sequence[int], occasions: int | None = None) -> Frequencies:
    """Return counts as `Frequencies`, checked.

    Parameters
    ----------
    counts : mapping of int to int, or sequence of int
        Persons by number of times seen (`{1: 1645, 2: 183}`, or what `value_counts()` returns), or persons
        seen once, twice, and so on.
    occasions : int, optional
        Occasions on which a person could be seen.

    Raises
    ------
    OptionError
        Where a count is negative or not whole, or someone was seen less than once or more often than there
        were occasions.
    EmptyDomainError
        Where nobody was seen.

    Examples
    --------
    >>> frequencies([3, 2]).counts
    ((1, 3), (2, 2))
    """
    pairs = _pairs(counts)
    for times, persons in pairs:
        if not is_whole_number(times) or times < 1:
            raise OptionError(
                asked=f"Persons seen {times} times were given.",
                found="Only persons seen at least once, a whole number of times, can be counted.",
                write="Write `{1: f1, 2: f2}`, or f1, f2 and so on in a list.",
            )
        if not is_whole_number(persons) or persons < 0:
            raise OptionError(
                asked=f"The persons seen {times} times were given as {persons}.",
                found="That is not a number of persons.",
                write="Write a whole number, zero or more.",
            )
    kept = tuple(sorted((int(times), int(persons)) for times, persons in pairs if persons))
    if not kept:
        raise EmptyDomainError(
            asked="A population size was asked for from counts.",
            found="Nobody was seen.",
            write="Write how many persons were seen once, twice and so on.",
        )
    if occasions is not None and not (is_whole_number(occasions) and occasions >= 1):
        raise OptionError(
            asked=f"`occasions` was given as {occasions!r}.",
            found="It counts the occasions on which a person could be seen.",
            write="Write a whole number, one or more, or leave it out where there is no such number.",
        )
    if occasions is not None and kept[-1][0] > occasions:
        raise OptionError(
            asked=f"`occasions` was given as {occasions}.",
            found=f"Someone was seen {kept[-1][0]} times.",
            write=f"Write at least {kept[-1][0]} occasions.",
        )
    return Frequencies(kept, None if occasions is None else int(occasions))


def _pairs(counts: Any) -> list[tuple[Any, Any]]:
    # A pandas Series is no Mapping, but has `items` like one.
    if hasattr(counts, "items"):
        return list(counts.items())
    if isinstance(counts, str | bytes) or not hasattr(counts, "__iter__"):
        raise OptionError(
            asked=f"Counts were given as {counts!r}.",
            found="They are neither persons by number of times seen nor a list of them.",
            write="Write `{1: f1, 2: f2}`, or f1, f2 and so on in a list.",
        )
    return list(enumerate(counts, start=1))
