"""Two lists of the same people: their overlap tells how many are on neither."""

from __future__ import annotations

import math
from numbers import Real
from typing import TYPE_CHECKING, Any, Literal

from diplab.errors import DiplabError, MisleadingError, OptionError, one_of
from diplab.kernel import abundance
from diplab.kernel.overlap_interval import (
    binomial_sizes,
    hypergeometric_sizes,
    poisson_sizes,
    share_sizes,
)
from diplab.population.assumptions import BASE, TWO_LISTS
from diplab.population.identifier_lists import Overlap, overlap
from diplab.population.sizes import gathered, size, strict_confidence
from diplab.results.provenance import Provenance

if TYPE_CHECKING:
    from diplab.kernel.abundance import Abundance
    from diplab.results.sizes import Sizes

__all__ = ["persons_on_lists", "two_sample"]

FORMULAS = {"petersen": abundance.petersen, "chapman": abundance.chapman, "bailey": abundance.bailey}
INTERVALS = {
    "petersen": ("normal", "hypergeometric", "poisson", "share"),
    "chapman": ("normal", "hypergeometric", "poisson"),
    "bailey": ("normal", "binomial", "poisson"),
}


def two_sample(
    first: Any,
    second: Any,
    both: float | None = None,
    estimator: Literal["chapman", "petersen", "bailey"] = "chapman",
    interval: Literal["normal", "hypergeometric", "poisson", "binomial", "share"] = "normal",
    confidence: float = 0.95,
    duplicates: Literal["refuse", "drop"] = "refuse",
) -> Sizes:
    """Return how many people stand behind two lists, from how many are on both.

    Parameters
    ----------
    first, second : int, or sequence of identifiers
        Persons on each list; or the lists themselves, one identifier a row, matched exactly.
    both : int, optional
        Persons on both; left out where the lists themselves are given.
    estimator : str
        `chapman` (the default, nearly unbiased), `petersen` (Lincoln-Petersen) or `bailey` (second list drawn
        with replacement).
    interval : str
        `normal` (the default); `hypergeometric` (exact, for Petersen and Chapman: lists drawn without replacement);
        `binomial` (exact, for Bailey); `poisson` (exact limits of the number on both put into the formula, for an
        overlap that is a small part of both lists); `share` (for Petersen: normal limits of the share of the second
        list found on the first, with a correction for continuity).
    confidence : float
        Probability of the interval.
    duplicates : str
        What to do where a list of identifiers names someone twice: `refuse` (the default) or `drop`.

    Returns
    -------
    Sizes
        One row, with an interval whose lower end is not below the number seen; column `n` holds the
        distinct persons seen. Bailey's point is raised to that number where it falls below, and flagged
        `at the number seen`. Rows without an identifier are left out and counted in the provenance.

    Raises
    ------
    OptionError
        Where a number is negative or not whole, more persons are on both lists than on one, or the interval is not one
        of the estimator.
    MisleadingError
        Where nobody is on both lists; where a list of identifiers names someone twice; where identifiers written in two
        ways (1 and "1") would match if written in one.

    Notes
    -----
    N = (M+1)(n+1)/(m+1) - 1 for Chapman (1951), M n / m for Lincoln-Petersen, M (n+1)/(m+1) for Bailey
    (1951). The standard error is the same whatever the interval.

    Examples
    --------
    >>> from diplab import population
    >>> population.two_sample(2775, 2831, 584).frame["estimate"].round(2).tolist()
    [13437.69]
    >>> population.two_sample(["ann", "bob", "eve"], ["bob", "eve", "tom"]).frame["estimate"].round(2).tolist()
    [4.33]
    """
    if estimator not in FORMULAS:
        raise one_of("`estimator`", estimator, FORMULAS)
    if interval not in INTERVALS[estimator]:
        raise one_of(f"`interval` of `{estimator}`", interval, INTERVALS[estimator])
    strict_confidence(confidence)
    counted = persons_on_lists(first, second, both, duplicates)
    cells = (counted.first, counted.second, counted.both)
    _possible(*cells)
    found = FORMULAS[estimator](*cells)
    flag = "at the number seen" if found.size < found.seen else ""
    found = found._replace(size=max(found.size, found.seen))
    row = size(estimator, found, _ends(interval, estimator, found, cells, confidence), flag)
    rules = {"estimator": estimator, "interval": interval, "confidence": f"{confidence:g}"}
    if both is None:
        rules["matching"] = "exact"
    for name, dropped in zip(("first", "second"), counted.dropped, strict=True):
        if dropped:
            rules[f"duplicates_{name}"] = str(dropped)
    missing = {name: rows for name, rows in zip(("first", "second"), counted.missing, strict=True) if rows}
    provenance = Provenance(rules=rules, base=BASE, assumptions=TWO_LISTS[estimator], missing=missing)
    return gathered([row], provenance)


def persons_on_lists(first: Any, second: Any, both: Any, duplicates: Any) -> Overlap:
    """Return the three numbers, given or counted on the lists."""
    lists = [not isinstance(given, Real) for given in (first, second)]
    if both is None and all(lists):
        return overlap(first, second, duplicates)
    if both is None and not any(lists):
        raise OptionError(
            asked=f"Two lists of {first} and {second} persons were given.",
            found="Nothing says how many are on both.",
            write="Write `both=`, or the two columns of identifiers.",
        )
    if any(lists) and both is not None and all(lists):
        raise OptionError(
            asked="Two lists of identifiers were given, and `both` beside them.",
            found="Who is on both is counted on the lists.",
            write="Leave `both` out, or write the numbers of persons on each list.",
        )
    if any(lists):
        raise OptionError(
            asked="One list was given as a number of persons and the other as something else.",
            found="Both are needed in the same form.",
            write="Write three whole numbers, or two columns of identifiers.",
        )
    for name, value in (("first", first), ("second", second), ("both", both)):
        if not isinstance(value, Real) or not math.isfinite(value) or value < 0 or value % 1:
            raise _not_a_count(name, value)
    return Overlap(first, second, both, (0, 0), (0, 0))


def _possible(first: float, second: float, both: float) -> None:
    if both > min(first, second):
        raise OptionError(
            asked=f"Two lists of {first:g} and {second:g} persons were given, with {both:g} on both.",
            found="More persons are on both than on one of them.",
            write="Write the persons on each list, those on both included, then those on both.",
        )
    if both == 0:
        raise MisleadingError(
            asked=f"The size behind two lists of {first:g} and {second:g} persons was asked for.",
            found="Nobody is on both, so the lists set no upper limit to it.",
            write=f"Write that at least {first + second:g} persons exist, or match the lists again.",
        )


def _ends(
    interval: str, estimator: str, found: Abundance, cells: tuple[float, float, float], confidence: float
) -> tuple[float, float]:
    if interval == "hypergeometric":
        return hypergeometric_sizes(*cells, confidence)
    if interval == "binomial":
        return binomial_sizes(*cells, confidence)
    if interval == "poisson":
        return poisson_sizes(FORMULAS[estimator], *cells, confidence)
    if interval == "share":
        return share_sizes(*cells, confidence)
    return abundance.normal_interval(found, confidence)


def _not_a_count(name: str, value: Any) -> DiplabError:
    return OptionError(
        f"`{name}` was given as {value!r}.",
        "It counts persons.",
        "Write a whole number, zero or more.",
    )
