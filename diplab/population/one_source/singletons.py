"""Persons seen exactly once: those known to be false are taken away, and too few of them is said."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from diplab.checks import is_whole_number
from diplab.errors import EmptyDomainError, OptionError
from diplab.population.kernel.counts import too_few_seen_once

if TYPE_CHECKING:
    from diplab.population.one_source.frequencies import Frequencies

__all__ = ["few_singletons", "without_duplicates"]


def without_duplicates(seen: Frequencies, duplicates: int | None) -> Frequencies:
    """Return counts without the accounts seen once that are known to be duplicates or false.

    Parameters
    ----------
    seen : Frequencies
    duplicates : int or None
        Number of such accounts; None where nothing is known of them, which leaves the counts as they are.

    Raises
    ------
    OptionError
        Where that is not a number of accounts, or more than were seen once.
    EmptyDomainError
        Where nobody is left.

    Examples
    --------
    >>> from diplab.population.one_source.frequencies import frequencies
    >>> without_duplicates(frequencies([10, 4]), 3).counts
    ((1, 7), (2, 4))
    """
    if duplicates is None:
        return seen
    if not is_whole_number(duplicates) or duplicates < 0:
        raise OptionError(
            asked=f"`duplicates` was given as {duplicates!r}.",
            found="It counts accounts seen once that are known to be duplicates or false.",
            write="Write a whole number, zero or more, or leave it out where nothing is known.",
        )
    once = seen.of(1)
    if duplicates > once:
        raise OptionError(
            asked=f"`duplicates` was given as {duplicates}.",
            found=f"Only {once} accounts were seen exactly once.",
            write=f"Write {once} at the most.",
        )
    pairs = ((1, once - int(duplicates)), *(pair for pair in seen.counts if pair[0] != 1))
    kept = tuple(pair for pair in pairs if pair[1])
    if not kept:
        raise EmptyDomainError(
            asked=f"All {once} accounts were said to be duplicates or false.",
            found="Nobody is left to count.",
            write=f"Write fewer than {once} duplicates.",
        )
    return replace(seen, counts=kept)


def few_singletons(seen: Frequencies, confidence: float = 0.95) -> bool:
    """Return whether significantly fewer persons were seen once than any law of rates allows.

    Examples
    --------
    >>> from diplab.population.one_source.frequencies import frequencies
    >>> few_singletons(frequencies([60, 183, 150, 60]))
    True
    """
    return too_few_seen_once(seen.of(1), seen.of(2), seen.of(3), seen.occasions, confidence)
