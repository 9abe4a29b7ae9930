"""A population size set against the population it is part of: so many per 10,000."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, overload

from diplab.checks import argument, check_number
from diplab.errors import MisleadingError, OptionError
from diplab.population.sizes import VARIABLE, join_sources, weakest_status
from diplab.reference.parameter import Parameter
from diplab.reference.text import Text
from diplab.results.estimates import Estimates

COPIED = ("published", "second-hand")
"""Statuses of numbers read somewhere; a rate over them is computed here."""

MEASURES = ["estimate", "std_error", "ci_low", "ci_high"]


@overload
def prevalence(sizes: Estimates, population: float | Parameter, per: float = ...) -> Estimates: ...
@overload
def prevalence(sizes: float, population: float | Parameter, per: float = ...) -> float: ...
def prevalence(
    sizes: Estimates | float, population: float | Parameter, per: float = 10_000
) -> Estimates | float:
    """Return how many there are in so many inhabitants.

    Parameters
    ----------
    sizes : Estimates or float
        Population sizes, in persons.
    population : float or Parameter
        The population they are part of, in persons, taken as known.
    per : float
        Inhabitants the rate is given for.

    Returns
    -------
    Estimates or float
        `sizes` x `per` / `population`; standard errors and intervals follow, nested circles stay nested. The status
        is the weakest of the sizes' and of a parameter's, and `derived` where the sizes were copied.

    Raises
    ------
    OptionError
        Where a number is no number, or negative.
    MisleadingError
        Where the population is not a positive number or is smaller than one of the sizes, or estimates are not of
        numbers of persons.

    Examples
    --------
    >>> round(prevalence(266_126, 41_519_102), 1)
    64.1
    """
    whole = _number("population", population)
    largest = (
        float(sizes.frame["estimate"].max()) if isinstance(sizes, Estimates) else _number("sizes", sizes)
    )
    per = check_number("per", _number("per", per), above=0, example=10_000)
    if not isinstance(sizes, Estimates):
        check_number("sizes", largest, low=0)
    if not whole > 0 or largest > whole:
        raise MisleadingError(
            asked=f"A size of {largest:,.0f} persons is not a part of {whole:,.0f}.",
            found="",
            write="Write the population these persons are part of.",
        )
    factor = per / whole
    if not isinstance(sizes, Estimates):
        return float(sizes) * factor
    frame = sizes.frame.copy()
    frame[MEASURES] = frame[MEASURES] * factor
    _check_sizes(frame["variable"])
    rules = {**sizes.provenance.rules, "per": f"{per:.0f}", "population": f"{whole:.0f}"}
    return replace(
        sizes,
        frame=frame.assign(variable="prevalence"),
        covariance=sizes.covariance * factor**2,
        provenance=replace(sizes.provenance, rules=rules, **_status_and_source(sizes, population)),
    )


def _number(name: str, given: Any) -> float:
    try:
        return float("" if isinstance(given, bool) else given)
    except (TypeError, ValueError):
        raise OptionError(
            f"{argument(name, given)} is not a number.",
            "",
            f"Write a number of persons for `{name}`.",
        ) from None


def _status_and_source(sizes: Estimates, population: float | Parameter) -> dict[str, Any]:
    """Return what the population adds to the status and the source."""
    record = sizes.provenance
    # a rate that no document printed
    own = "derived" if record.status in COPIED else record.status
    if not isinstance(population, Parameter):
        return {"status": own}
    source = join_sources(each for each in (record.source, Text.same(population.source)) if each)
    return {
        "status": weakest_status([own, population.status]),
        "source": source,
        "synthetic": record.synthetic or population.status == "synthetic",
    }


def _check_sizes(variables: Any) -> None:
    other = next((each for each in variables if each != VARIABLE), None)
    if other is not None:
        raise MisleadingError(
            f"The estimates are of `{other}`, and not of numbers of persons.",
            "",
            "Write population sizes, as the functions of `dl.population` return them.",
        )
