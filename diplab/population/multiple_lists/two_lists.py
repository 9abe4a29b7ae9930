"""The size behind two lists, from their numbers or from their identifiers."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any, Literal

import numpy as np
import pandas as pd

from diplab.checks import check_confidence, check_left_out, check_one_of, check_whole_number
from diplab.errors import EmptyDomainError, MisleadingError, OptionError
from diplab.population.kernel import abundance
from diplab.population.kernel.abundance import EVERYONE, LARGEST
from diplab.population.sizes import ASSUMED, gather_sizes, provenance_of, size
from diplab.results.sizes import Sizes

FORMULAS = {
    "petersen": abundance.petersen,
    "chapman": abundance.chapman,
    "bailey": abundance.bailey,
}
EXACT = {
    "hypergeometric": abundance.hypergeometric_interval,
    "binomial": abundance.binomial_interval,
    "share": abundance.proportion_interval,
}
INTERVALS = {
    "petersen": ("normal", "hypergeometric", "poisson", "share"),
    "chapman": ("normal", "hypergeometric", "poisson"),
    "bailey": ("normal", "binomial", "poisson"),
}

Duplicates = Literal["fail", "drop"]


def two_sample(
    first: Any,
    second: Any,
    both: float | None = None,
    estimator: Literal["chapman", "petersen", "bailey"] = "chapman",
    interval: Literal["normal", "hypergeometric", "poisson", "binomial", "share"] = "normal",
    *,
    confidence: float = 0.95,
    duplicates: Duplicates = "fail",
) -> Sizes:
    """Return how many people there are, from how many are on each of two lists and on both.

    Parameters
    ----------
    first, second : int, or sequence of identifiers
        Persons on each list; or the lists themselves, one identifier per row, matched exactly.
    both : int, optional
        Persons on both; left out where the lists themselves are given.
    estimator : str
        `chapman` (the default, nearly unbiased), `petersen` (Lincoln-Petersen) or `bailey` (second
        list drawn with replacement).
    interval : str
        `normal` (the default); `hypergeometric` (exact, for Petersen and Chapman: lists drawn
        without replacement); `binomial` (exact, for Bailey); `poisson` (exact limits of the number
        on both put into the formula, for an overlap that is a small part of both lists); `share`
        (for Petersen: normal limits of the share of the second list found on the first, with a
        correction for continuity).
    confidence : float
        Probability of the interval.
    duplicates : str
        What to do where a list of identifiers names someone twice: `fail` (the default) or `drop`.

    Returns
    -------
    Sizes
        One row, with an interval whose lower end is not below the number seen; column `n` holds the
        distinct persons seen. Bailey's point is raised to that number where it falls below, and
        flagged `at the number seen`. Rows without an identifier are left out and counted in the
        provenance.

    Raises
    ------
    OptionError
        Where a number is negative or not whole, more persons are on both lists than on one, or the
        interval is not one of the estimator.
    MisleadingError
        Where no one is on both lists; where a list of identifiers names someone twice; where
        identifiers written in two ways (1 and "1") would match if written in one.

    Notes
    -----
    N = (M+1)(n+1)/(m+1) - 1 for Chapman (1951), M n / m for Lincoln-Petersen, M (n+1)/(m+1) for
    Bailey (1951). The standard error is the same whatever the interval.

    Examples
    --------
    >>> from diplab import population
    >>> population.two_sample(2775, 2831, 584).frame["estimate"].round(2).tolist()
    [13437.69]
    >>> found = population.two_sample(["ann", "bob", "eve"], ["bob", "eve", "tom"])
    >>> found.frame["estimate"].round(2).tolist()
    [4.33]
    """
    check_one_of("estimator", estimator, tuple(FORMULAS))
    check_one_of("interval", interval, INTERVALS[estimator], of=f"with `estimator={estimator!r}`")
    check_confidence(confidence)
    counted = read_two_lists(first, second, both, duplicates)
    cells = (counted.first, counted.second, counted.both)
    if cells[2] > min(cells[:2]):
        raise OptionError(
            f"`both={cells[2]:g}` is more than the persons on one of the lists, {cells[0]:g} and "
            f"{cells[1]:g}.",
            write="Write the persons on each list, those on both included, then those on both.",
        )
    abundance.require_overlap(*cells)
    if interval == "hypergeometric" and sum(cells[:2]) - cells[2] > EVERYONE:
        raise OptionError(
            f"An exact interval is not computed for lists of {cells[0]:g} and {cells[1]:g} "
            "persons.",
            "There are fewer people than that.",
            'Write `interval="normal"`.',
        )
    found = FORMULAS[estimator](*cells)
    flag = "at the number seen" if found.size < found.seen else ""
    found = found._replace(size=max(found.size, found.seen))
    if interval == "normal":
        ends = abundance.normal_interval(found, confidence)
    elif interval == "poisson":
        ends = abundance.poisson_interval(FORMULAS[estimator], *cells, confidence)
    else:
        ends = EXACT[interval](*cells, confidence)
    row = size(estimator, found, ends, flag)
    rules = {"estimator": estimator, "interval": interval, "confidence": f"{confidence:g}"}
    if both is None:
        rules["matching"] = "exact"
    for name, dropped in zip(("first", "second"), counted.dropped, strict=True):
        if dropped:
            rules[f"duplicates_{name}"] = str(dropped)
    missing = {
        name: rows for name, rows in zip(("first", "second"), counted.missing, strict=True) if rows
    }
    return gather_sizes(
        [row], provenance_of(rules, *ASSUMED["two_lists"][estimator], missing=missing)
    )


def read_two_lists(first: Any, second: Any, both: Any, duplicates: Any) -> Overlap:
    """Return the three numbers, given or counted on the lists."""
    lists = [not isinstance(given, Real) for given in (first, second)]
    if both is None and all(lists):
        return count_overlap(first, second, duplicates)
    if all(lists):
        check_left_out(
            "two lists of identifiers", "Persons on both are counted from the lists.", both=both
        )
    if both is None or any(lists):
        one, other = ("a list" if list_ else "a number of persons" for list_ in lists)
        raise OptionError(
            f"`first` is {one}, `second` {other}, and `both` was{' not' * (both is None)} given.",
            write="Write three whole numbers, or two columns of identifiers.",
        )
    for name, value in (("first", first), ("second", second), ("both", both)):
        check_whole_number(name, value, low=0, high=LARGEST)
    # Numbers of a column of small integers would overflow in the products of a formula.
    return Overlap(int(first), int(second), int(both), (0, 0), (0, 0))


@dataclass(frozen=True)
class Overlap:
    """How many persons are on two lists of identifiers."""

    first: int  # distinct persons
    second: int
    both: int
    missing: tuple[int, int]  # rows without an identifier in each list, left out
    dropped: tuple[int, int]  # rows that repeat a person of the same list, left out


def count_overlap(first: Any, second: Any, duplicates: Duplicates = "fail") -> Overlap:
    """Return the persons on each of two lists and on both, matched exactly by identifier."""
    check_one_of("duplicates", duplicates, Duplicates)
    names = ("first", "second")
    lists, missing = zip(*map(identifiers_of, names, (first, second)), strict=True)
    persons = list(map(set, lists))
    repeated = [len(item) - len(kept) for item, kept in zip(lists, persons, strict=True)]
    if duplicates == "fail" and any(repeated):
        counted = " and ".join(
            f"{rows} {'row' if rows == 1 else 'rows'} of `{name}`"
            for name, rows in zip(names, repeated, strict=True)
            if rows
        )
        raise MisleadingError(
            f"{counted} repeat an identifier of the same list.",
            "This may be one person, or a shared identifier.",
            'Write `duplicates="drop"` to count each identifier once, or make identifiers unique.',
        )
    words = [distinct_words(name, item) for name, item in zip(names, persons, strict=True)]
    both = len(persons[0] & persons[1])
    _check_spelling(words[0], words[1], both)
    return Overlap(
        len(persons[0]), len(persons[1]), both, (missing[0], missing[1]), (repeated[0], repeated[1])
    )


def identifiers_of(name: str, given: Any) -> tuple[list[Hashable], int]:
    """Return the identifiers of a list that are there, and how many are not."""
    if (
        isinstance(given, str | bytes | Mapping)
        or getattr(given, "ndim", 1) != 1
        or hasattr(given, "columns")
    ):
        raise _not_a_list(name, given)
    try:
        values = list(given)
    except TypeError:
        raise _not_a_list(name, given) from None
    holder = np.empty(len(values), dtype=object)
    holder[:] = values
    absent = np.asarray(pd.isna(pd.Series(holder)), dtype=bool)
    blank = [isinstance(value, str) and not value.strip() for value in values]
    known = [value for value, *empty in zip(values, absent, blank, strict=True) if not any(empty)]
    try:
        set(known)
    except TypeError:
        raise OptionError(
            f"Some cells of `{name}` are lists or tables, and not identifiers.",
            write="Write one word or one number per row.",
        ) from None
    if not known:
        raise EmptyDomainError(
            f"`{name}` has {len(values)} rows, and no identifier.",
            write="Write the column that holds the identifiers.",
        )
    return known, len(values) - len(known)


def _word(value: Any) -> str:
    """Return an identifier as a word: 1, 1.0 and " 1 " are one."""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value).strip()


def distinct_words(name: str, persons: set[Hashable]) -> set[str]:
    """Return identifiers as words, refused if two spellings, such as 1 and "1", coincide."""
    as_word: Any = str.strip if set(map(type, persons)) == {str} else _word
    words: set[str] = set(map(as_word, persons))
    hidden = len(persons) - len(words)
    if hidden:
        raise MisleadingError(
            f"`{name}` writes {hidden} persons in two ways, as a number and as a word, or with "
            "spaces around.",
            "They would count as different persons.",
            f"Write them in one way before matching: `{name}.astype(str).str.strip()`.",
        )
    return words


def _check_spelling(first: set[str], second: set[str], both: int) -> None:
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
            (
                "Write both in lower case: `first.str.lower()`, and the same of `second`, if case "
                "says nothing."
            ),
        ),
        (
            lambda word: word.lstrip("0"),
            "are the same but for zeros in front, which a column read as numbers loses",
            "Write both as words with their zeros: read the file again with this column as text.",
        ),
    )
    for at, (reading, found, write) in enumerate(readings):
        # Capitals and zeros may distinguish persons; they are questioned only where no one matches.
        if at and both:
            return
        alike = len(set(map(reading, first)) & set(map(reading, second)))
        if alike > both:
            raise MisleadingError(
                f"Of {len(first)} and {len(second)} identifiers {both} match, and {alike} {found}.",
                write=write,
            )


def _not_a_list(name: str, given: Any) -> OptionError:
    return OptionError(
        f"`{name}` is of type `{type(given).__name__}`, neither a number of persons nor a list of "
        "identifiers.",
        write="Write a number, or one column: a list, an array or a Series.",
    )
