"""Two columns of identifiers: who is on each list, and who on both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from diplab.errors import EmptyDomainError, MisleadingError, OptionError, one_of

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

__all__ = ["Overlap", "identifiers_of", "overlap", "written_once"]

Duplicates = Literal["refuse", "drop"]


@dataclass(frozen=True)
class Overlap:
    """How many persons are on two lists of identifiers.

    Parameters
    ----------
    first, second, both : int
        Distinct persons on each list and on both.
    missing : tuple of int
        Rows without an identifier in each list, left out.
    dropped : tuple of int
        Rows that repeat a person of the same list, left out.
    """

    first: int
    second: int
    both: int
    missing: tuple[int, int]
    dropped: tuple[int, int]


def overlap(first: Any, second: Any, duplicates: Duplicates = "refuse") -> Overlap:
    """Return how many persons are on each of two lists and on both, by exact match of their identifiers.

    Parameters
    ----------
    first, second : sequence, Series, array or set
        Identifiers: words or numbers, one a row.
    duplicates : str
        `refuse` (the default), or `drop` where a list that names a person twice is known to mean one person.

    Raises
    ------
    OptionError
        Where a list is no list of identifiers.
    EmptyDomainError
        Where a list names nobody.
    MisleadingError
        Where a list names someone twice, or where identifiers written in two ways would match if written in one.

    Examples
    --------
    >>> overlap(["a", "b", None], ["b", "c", "d"])
    Overlap(first=2, second=3, both=1, missing=(1, 0), dropped=(0, 0))
    """
    if duplicates not in ("refuse", "drop"):
        raise one_of("`duplicates`", duplicates, ("refuse", "drop"))
    names = ("first", "second")
    lists, missing = [], []
    for name, given in zip(names, (first, second), strict=True):
        known, gone = identifiers_of(name, given)
        lists.append(known)
        missing.append(gone)
    persons = [set(each) for each in lists]
    repeated = [len(each) - len(kept) for each, kept in zip(lists, persons, strict=True)]
    if duplicates == "refuse" and any(repeated):
        raise _duplicates(names, repeated)
    words = [written_once(name, each) for name, each in zip(names, persons, strict=True)]
    both = len(persons[0] & persons[1])
    _written_alike(words[0], words[1], both)
    return Overlap(
        len(persons[0]),
        len(persons[1]),
        both,
        (missing[0], missing[1]),
        (repeated[0], repeated[1]),
    )


def identifiers_of(name: str, given: Any) -> tuple[list[Hashable], int]:
    """Return the identifiers of a list that are there, and how many are not."""
    import pandas as pd

    if (
        isinstance(given, str | bytes | Mapping)
        or getattr(given, "ndim", 1) != 1
        or hasattr(given, "columns")
    ):
        raise _no_list(name, given)
    try:
        values = list(given)
    except TypeError:
        raise _no_list(name, given) from None
    holder = np.empty(len(values), dtype=object)
    holder[:] = values
    absent = np.asarray(pd.isna(pd.Series(holder)), dtype=bool)
    known = [value for value, gone in zip(values, absent, strict=True) if not gone and not _blank(value)]
    try:
        set(known)
    except TypeError:
        raise OptionError(
            asked=f"`{name}` was given as a list of identifiers.",
            found="Some of its cells are lists or tables, which name nobody.",
            write="Write one word or one number a row.",
        ) from None
    if not known:
        raise EmptyDomainError(
            asked=f"`{name}` was given as a list of identifiers.",
            found=f"It names nobody: {len(values)} rows, none with an identifier.",
            write="Write the column that holds the identifiers.",
        )
    return known, len(values) - len(known)


def _blank(value: Any) -> bool:
    return isinstance(value, str) and not value.strip()


def _word(value: Any) -> str:
    """Return an identifier as a word: 1, 1.0 and " 1 " are one."""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value).strip()


def _words(persons: set[Hashable]) -> set[str]:
    if set(map(type, persons)) == {str}:
        return set(map(str.strip, persons))  # type: ignore[arg-type]
    return set(map(_word, persons))


def written_once(name: str, persons: set[Hashable]) -> set[str]:
    """Return the persons of a list as words, refused where two ways of writing, as 1 and as "1", name the same.

    Examples
    --------
    >>> sorted(written_once("first", {1, 2.0, " 3"}))
    ['1', '2', '3']
    """
    words = _words(persons)
    hidden = len(persons) - len(words)
    if hidden:
        raise MisleadingError(
            asked=f"Persons were to be matched on the identifiers of `{name}`.",
            found=f"It writes {hidden} of them in two ways, as a number and as a word, or with spaces around it.",
            write=f"Write them in one way before matching: `{name}.astype(str).str.strip()`.",
        )
    return words


def _written_alike(first: set[str], second: set[str], both: int) -> None:
    """Refuse lists of which more would match, were the identifiers written in the same way."""
    readings: tuple[tuple[Callable[[str], str], str, str], ...] = (
        (
            str,
            "are the same once read as words without spaces around them",
            "Write both as words: `first.astype(str).str.strip()`, and the same of `second`.",
        ),
        (
            str.casefold,
            "are the same but for capital letters",
            "Write both in lower case: `first.str.lower()`, and the same of `second`, if case says nothing.",
        ),
        (
            lambda word: word.lstrip("0"),
            "are the same but for zeros in front, which a column read as numbers loses",
            "Write both as words with their zeros: read the file again with this column as text.",
        ),
    )
    for at, (reading, found, write) in enumerate(readings):
        # Capitals and zeros may tell persons apart; they are questioned only where nobody matches.
        if at and both:
            return
        alike = len(set(map(reading, first)) & set(map(reading, second)))
        if alike > both:
            raise MisleadingError(
                asked=f"Two lists of {len(first)} and {len(second)} identifiers were to be matched.",
                found=f"{both} match as they are written, and {alike} {found}.",
                write=write,
            )


def _duplicates(names: tuple[str, str], repeated: list[int]) -> MisleadingError:
    counted = " and ".join(
        f"{rows} {'row' if rows == 1 else 'rows'} of `{name}`"
        for name, rows in zip(names, repeated, strict=True)
        if rows
    )
    return MisleadingError(
        asked="Two lists of identifiers were given.",
        found=f"{counted} repeat a person already on the same list, which may be one person or an identifier shared.",
        write='Write `duplicates="drop"` to count each identifier once, or make identifiers unique.',
    )


def _no_list(name: str, given: Any) -> OptionError:
    return OptionError(
        asked=f"`{name}` was given as {type(given).__name__}.",
        found="It is neither a number of persons nor a list of identifiers.",
        write="Write a number, or one column: a list, an array or a Series.",
    )
