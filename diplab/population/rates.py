"""A population size set against the population it lives in: so many per 10,000."""

from __future__ import annotations

from dataclasses import replace
from typing import overload

from diplab.errors import MisleadingError, OptionError
from diplab.population.frequencies import is_number
from diplab.reference.parameter import Parameter
from diplab.results.estimates import Estimates

__all__ = ["prevalence"]

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
        `sizes` x `per` / `population`; standard errors and intervals follow, nested circles stay nested.

    Raises
    ------
    MisleadingError
        Where the population is not a positive number, or is smaller than one of the sizes.

    Examples
    --------
    >>> round(prevalence(266_126, 41_519_102), 1)
    64.1
    """
    given = {"sizes": sizes, "population": population, "per": per}
    for name, value in given.items():
        if is_number(value) or (name != "per" and isinstance(value, Estimates | Parameter)):
            continue
        raise OptionError(
            asked=f"`{name}` was given as {value!r}.",
            found="A prevalence is made of numbers.",
            write=f"Write a number for `{name}`.",
        )
    whole = float(population)
    largest = float(sizes.frame["estimate"].max()) if isinstance(sizes, Estimates) else float(sizes)
    if not whole > 0 or largest > whole:
        raise MisleadingError(
            asked=f"A prevalence among {whole:,.0f} persons was asked for.",
            found=f"The largest size is {largest:,.0f}, which is not a part of them.",
            write="Write the population these persons are part of.",
        )
    factor = per / whole
    if not isinstance(sizes, Estimates):
        return float(sizes) * factor
    frame = sizes.frame.copy()
    frame[MEASURES] = frame[MEASURES] * factor
    frame["variable"] = "prevalence"
    rules = {**sizes.provenance.rules, "per": f"{per:.0f}", "population": f"{whole:.0f}"}
    return replace(
        sizes,
        frame=frame,
        covariance=sizes.covariance * factor**2,
        provenance=replace(sizes.provenance, rules=rules),
    )
