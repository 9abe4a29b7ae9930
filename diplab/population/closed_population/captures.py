"""Who was seen at which occasion, or how many were seen how often: what closed-population models read."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING

import numpy as np

from diplab.errors import MisleadingError, OptionError
from diplab.population.closed_population.histories import read_histories
from diplab.population.counts import Frequencies, frequencies

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from numpy.typing import NDArray

    from diplab.population.closed_population.histories import Histories

__all__ = ["MOST", "Captures", "captures_of"]

MOST_PERSONS = 10**10
MOST = 10_000
"""Most occasions of which frequencies are laid out in a table."""


@dataclass(frozen=True, eq=False)
class Captures:
    """Persons by how often they were seen, and by their histories where these are known.

    Parameters
    ----------
    frequencies : Frequencies
        Persons seen once, twice, and so on.
    limit : float
        Occasions on which a person could be seen; infinite where there is no limit.
    up_to : int
        Frequencies beyond are counted as seen, and not fitted.
    histories : Histories or None
        None where only frequencies are known.
    """

    frequencies: Frequencies
    limit: float
    up_to: int
    histories: Histories | None = None

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


def captures_of(
    data: Any, count: str | None = None, occasions: int | None = None, up_to: int | None = None
) -> Captures:
    """Return captures, read and checked.

    Parameters
    ----------
    data : frame, array, mapping or sequence
        Columns of 0 and 1, one row a person; or persons by number of times seen.
    count : str, optional
        Column that tells how many persons have the history of each row.
    occasions : int, optional
        Occasions on which a person could be seen, for frequencies; no limit where it is left out.
    up_to : int, optional
        Highest frequency to fit.

    Raises
    ------
    OptionError, ColumnError, EmptyDomainError, MisleadingError
        Where the data are no captures.

    Examples
    --------
    >>> captures_of({1: 25, 2: 22, 3: 13}, occasions=6).seen
    60
    """
    if isinstance(data, Captures):
        return data
    histories = read_histories(data, count)
    if histories is None:
        return _from_frequencies(data, count, occasions, up_to)
    if occasions is not None:
        raise OptionError(
            asked=f"`occasions` was given as {occasions!r} with histories.",
            found=f"They have {len(histories.occasions)} columns, one an occasion.",
            write="Leave `occasions` out; it goes with frequencies.",
        )
    limit = len(histories.occasions)
    _two_at_least(limit)
    times = histories.seen.sum(axis=1).astype(int)
    told = np.bincount(times, weights=histories.persons, minlength=limit + 1)
    counts = _possible({at: int(persons) for at, persons in enumerate(told) if at and persons}, limit)
    return Captures(counts, float(limit), _highest(up_to, limit), histories)


def _from_frequencies(
    data: Mapping[int, int] | Sequence[int], count: str | None, occasions: int | None, up_to: int | None
) -> Captures:
    _numbers_only(data)
    if count is not None:
        raise OptionError(
            asked=f"`count` was given as {count!r} with frequencies.",
            found="Frequencies are counts already, by number of times seen.",
            write="Leave `count` out, or give the histories as columns of a frame.",
        )
    if occasions is not None:
        if isinstance(occasions, bool) or not isinstance(occasions, int | np.integer) or occasions > MOST:
            raise OptionError(
                asked=f"`occasions` was given as {occasions!r}.",
                found=f"It is the number of occasions on which a person could be seen, {MOST} at most.",
                write="Write a whole number, or leave `occasions` out where there is no limit.",
            )
        _two_at_least(occasions)
    counts = _possible(data, occasions)
    highest = counts.counts[-1][0] if occasions is None else int(occasions)
    if highest > MOST:
        raise OptionError(
            asked="A size was asked for from frequencies.",
            found=f"Someone was seen {highest} times, and {MOST} are the most that are read.",
            write="Write the frequencies again, as persons by number of times seen.",
        )
    limit = math.inf if occasions is None else float(occasions)
    return Captures(counts, limit, _highest(up_to, highest))


def _possible(counts: Mapping[int, int] | Sequence[int], occasions: int | None) -> Frequencies:
    """Return counts, refused beyond the number of people: the ends of an interval would lose their digits."""
    found = frequencies(counts, occasions)
    if found.seen > MOST_PERSONS:
        raise OptionError(
            asked=f"A size was asked for from {found.seen} persons seen.",
            found="There are fewer people, and the ends of an interval lose their digits.",
            write="Write numbers of persons.",
        )
    return found


def _numbers_only(data: Any) -> None:
    """Refuse what is neither histories nor numbers of persons."""
    if hasattr(data, "items"):
        wrong = [each for pair in data.items() for each in pair if not isinstance(each, Real)]
    elif isinstance(data, list | tuple | np.ndarray):
        wrong = [each for each in data if not isinstance(each, Real)]
    else:
        wrong = [data]
    if wrong:
        raise OptionError(
            asked=f"A size was asked for from {_shown(wrong[0])}.",
            found="That is neither a table of histories nor a number of persons.",
            write="Write a frame with a column an occasion, or `{1: f1, 2: f2}` for frequencies.",
        )


def _shown(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 40 else f"{shown[:40]}..."


def _highest(up_to: int | None, highest: int) -> int:
    if up_to is None:
        return highest
    if isinstance(up_to, bool) or not isinstance(up_to, int | np.integer) or not up_to >= 2:
        raise OptionError(
            asked=f"`up_to` was given as {up_to!r}.",
            found="It is the highest number of times seen that the model fits.",
            write="Write a whole number, two or more.",
        )
    return min(int(up_to), highest)


def _two_at_least(occasions: int) -> None:
    if occasions < 2:
        raise MisleadingError(
            asked=f"A size was asked for from {occasions} occasion{'s' if occasions != 1 else ''}.",
            found="Only being seen again tells how many were missed, and nobody could be.",
            write="Give two occasions or more.",
        )
