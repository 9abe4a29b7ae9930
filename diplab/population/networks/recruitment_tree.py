"""Who recruited whom: a table of a respondent-driven sample, read and checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.errors import ColumnError, DesignError, EmptyDomainError, OptionError
from diplab.kernel.recruitment_chain import Chain
from diplab.population.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from numpy.typing import NDArray

    from diplab.population.tables import PersonTable

__all__ = ["Recruited", "recruited"]


@dataclass(frozen=True, eq=False)
class Recruited:
    """A sample by recruitment, those without an outcome left out.

    Parameters
    ----------
    chain : Chain
    categories : tuple
        Of the outcome, in order.
    recruitments : array, shape (groups, groups)
        By group of the recruiter (rows) and of the recruit.
    seeds : int
    missing : int
        Persons without an outcome.
    flag : str
        What a reader must know.
    held : HeldTable
        The table they were read from.
    """

    chain: Chain
    categories: tuple[Any, ...]
    recruitments: NDArray[np.float64]
    seeds: int
    missing: int
    flag: str
    held: PersonTable


def recruited(table: Any, outcome: str, person: str, recruiter: str, degree: str) -> Recruited:
    """Read a respondent-driven sample.

    Raises
    ------
    ColumnError, DesignError, EmptyDomainError, OptionError
        Where the table cannot be used as it is.
    """
    held = read_table(table, "The recruitment", "a person")
    if not held.rows:
        raise EmptyDomainError(
            f"Shares of `{outcome}` were asked for.",
            "The table has no row.",
            "Write one row a person, with who recruited them.",
        )
    answers = held.values(outcome, "the outcome")
    persons = held.values(person, "the identifier")
    above = _places(persons, held.values(recruiter, "the recruiter"), person)
    _check_cycles(above, persons)
    known = _degrees(held, degree)
    flag = (
        "degree below recruits"
        if (np.bincount(above[above >= 0], minlength=above.size) > known).any()
        else ""
    )
    codes, categories = _groups(answers, outcome)
    seeds = int(np.count_nonzero(above < 0))
    return _kept(Chain(codes, known, above, len(categories)), categories, seeds, flag, held)


def _kept(chain: Chain, categories: tuple[Any, ...], seeds: int, flag: str, held: PersonTable) -> Recruited:
    """Leave out those without an outcome; whom they recruited keep their place, without a recruiter."""
    there = chain.group >= 0
    place = np.where(there, np.cumsum(there) - 1, -1)
    above = np.where(chain.recruiter >= 0, place[chain.recruiter], -1)[there]
    kept = Chain(chain.group[there], chain.degree[there], above, chain.groups)
    table = np.zeros((chain.groups, chain.groups))
    np.add.at(table, (kept.group[above[above >= 0]], kept.group[above >= 0]), 1)
    return Recruited(kept, categories, table, seeds, int(np.count_nonzero(~there)), flag, held)


def _places(persons: Sequence[Hashable], recruiters: Sequence[Hashable], name: str) -> NDArray[np.int64]:
    """Return the place of each person's recruiter, -1 for a seed."""
    place = {who: at for at, who in enumerate(persons)}
    unnamed = sum(_absent(who) for who in persons)
    if unnamed or len(place) < len(persons):
        twice = None if unnamed else next(who for at, who in enumerate(persons) if place[who] != at)
        raise DesignError(
            f"`{name}` was asked for as the identifier of {len(persons)} persons.",
            f"It is missing for {unnamed} of them." if unnamed else f"{twice!r} stands there more than once.",
            "Write an identifier of their own for each.",
        )
    found = []
    for who, by in zip(persons, recruiters, strict=True):
        if not _absent(by) and (by not in place or by == who):
            raise DesignError(
                f"{_shown(who)} was recruited by {_shown(by)}.",
                "That is the same person." if by == who else "No row of the table is that person.",
                "Write the identifier of the recruiter, or nothing for a seed.",
            )
        found.append(-1 if _absent(by) else place[by])
    above = np.array(found, dtype=np.int64)
    if not (above >= 0).any():
        raise DesignError(
            f"A respondent-driven sample of {len(persons)} persons was given.",
            "All of them are seeds, so that nothing is known of recruitment.",
            "Write who recruited whom, or estimate plain shares.",
        )
    return above


def _absent(value: Any) -> bool:
    # <NA> of pandas is first: it answers no comparison
    return value is None or type(value).__name__ == "NAType" or value == "" or value != value  # noqa: PLR0124


def _shown(who: Any) -> str:
    """Return an identifier as the table shows it: a column with seeds in it makes floats of whole numbers."""
    whole = isinstance(who, float) and who.is_integer()
    return repr(int(who)) if whole else repr(who)


def _check_cycles(above: NDArray[np.int64], persons: Sequence[Hashable]) -> None:
    reached = above < 0
    while True:
        wider = reached | np.where(above >= 0, reached[above], True)
        if (wider == reached).all():
            break
        reached = wider
    if not reached.all():
        lost = np.flatnonzero(~reached)
        raise DesignError(
            f"A respondent-driven sample of {above.size} persons was given.",
            f"{lost.size} of them descend from no seed, but recruited one another in a circle, such as "
            f"{_shown(persons[lost[0]])}.",
            "Correct who recruited them, or write nothing for the seed among them.",
        )


def _degrees(held: PersonTable, name: str) -> NDArray[np.float64]:
    values = held.numbers(name, "persons known", "Write how many persons of the population each one knows.")
    wrong = ~(np.isfinite(values) & (values > 0))
    if wrong.any():
        first = int(np.flatnonzero(wrong)[0])
        raise ColumnError(
            f"The column `{name}` was asked for as persons known.",
            f"For {np.count_nonzero(wrong)} of {values.size} persons it is missing or not above 0; the first is in row "
            f"{first}.",
            "Correct these numbers: who was recruited knows one person at least.",
        )
    return values


def _groups(answers: Sequence[Any], name: str) -> tuple[NDArray[np.int64], tuple[Any, ...]]:
    import pandas as pd

    values = pd.Series(answers, dtype=object)
    codes, found = pd.factorize(values)
    order = sorted(range(len(found)), key=lambda at: (isinstance(found[at], str), found[at]))
    rank = np.full(len(found) + 1, -1)
    rank[order] = np.arange(len(found))
    if len(found) < 2:
        raise OptionError(
            f"Shares of `{name}` were asked for.",
            f"Its {len(values)} persons are of {'one group' if len(found) else 'no group'}.",
            "Write a column of two groups or more.",
        )
    plain = tuple(found[at].item() if isinstance(found[at], np.generic) else found[at] for at in order)
    return rank[codes].astype(np.int64), plain
