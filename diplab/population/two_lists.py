"""Two lists of the same people: their overlap tells how many are on neither."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from diplab.errors import DiplabError, MisleadingError, OptionError, one_of
from diplab.kernel import abundance
from diplab.population.assumptions import BASE, TWO_LISTS
from diplab.population.sizes import gathered, size, strict_confidence
from diplab.results.provenance import Provenance

if TYPE_CHECKING:
    from diplab.results.estimates import Estimates

__all__ = ["two_sample"]

FORMULAS = {"petersen": abundance.petersen, "chapman": abundance.chapman, "bailey": abundance.bailey}


def two_sample(
    first: float,
    second: float,
    both: float,
    estimator: Literal["chapman", "petersen", "bailey"] = "chapman",
    confidence: float = 0.95,
) -> Estimates:
    """Return how many people stand behind two lists, from how many are on both.

    Parameters
    ----------
    first, second : int
        Persons on each list.
    both : int
        Persons on both.
    estimator : str
        `chapman` (the default, nearly unbiased), `petersen` (Lincoln-Petersen) or `bailey` (second list drawn
        with replacement).
    confidence : float
        Probability of the interval.

    Returns
    -------
    Estimates
        One row, with a normal interval whose lower end is not below the number seen; column `n` holds the
        distinct persons seen. Bailey's point is raised to that number where it falls below, and flagged
        `at the number seen`.

    Raises
    ------
    OptionError
        Where a number is negative or not whole, or more persons are on both lists than on one.
    MisleadingError
        Where nobody is on both lists.

    Notes
    -----
    N = (M+1)(n+1)/(m+1) - 1 for Chapman (1951), M n / m for Lincoln-Petersen, M (n+1)/(m+1) for Bailey
    (1951).

    Examples
    --------
    >>> from diplab import population
    >>> population.two_sample(2775, 2831, 584).frame["estimate"].round(2).tolist()
    [13437.69]
    """
    if estimator not in FORMULAS:
        raise one_of("`estimator`", estimator, FORMULAS)
    for name, value in (("first", first), ("second", second), ("both", both)):
        if not math.isfinite(value) or value < 0 or value != int(value):
            raise _not_a_count(name, value)
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
    found = FORMULAS[estimator](first, second, both)
    flag = "at the number seen" if found.size < found.seen else ""
    found = found._replace(size=max(found.size, found.seen))
    interval = abundance.normal_interval(found, strict_confidence(confidence))
    provenance = Provenance(
        rules={"estimator": estimator, "interval": "normal", "confidence": f"{confidence:g}"},
        base=BASE,
        assumptions=TWO_LISTS[estimator],
    )
    return gathered([size(estimator, found, interval, flag)], provenance)


def _not_a_count(name: str, value: float) -> DiplabError:
    return OptionError(
        f"`{name}` was given as {value!r}.",
        "It counts persons.",
        "Write a whole number, zero or more.",
    )
