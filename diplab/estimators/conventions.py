"""Three schools of poverty and inequality statistics, by name: what each compares, cuts and differentiates.

`eurostat`
    The official definitions (Eurostat; R's laeken): poor is strictly *below* the line, the median is midway where half
    is reached exactly, and an index does not change when a row is split or all weights are multiplied.
`convey`
    R's convey: poor is at or below the line, quantiles are the inverse of the weighted distribution function, and the
    rate changes with the line as fast as the density *at the line* says.
`vardpoor`
    R's vardpoor: as convey, but with the density of a *rate* taken at the quantile that makes the line, and not at the
    line (its functions since 0.11, in the domain and with the bandwidth of the domain; Osier 2009 has the line). Its
    relative median gap and its ratios of medians take densities where Osier does, with one bandwidth, that of the
    whole population. Where half is reached exactly, its median follows the version of laeken; ours is convey's.

Whichever it is, an income within a relative 1e-12 of its line is at the line: 0.6 times a median is rounded, and
neither the order of rows nor the engine may decide who is poor.
"""

from __future__ import annotations

from dataclasses import dataclass

from diplab.errors import one_of

__all__ = ["CONVENTIONS", "Convention", "convention_named"]


@dataclass(frozen=True)
class Convention:
    """The rules of one school.

    Parameters
    ----------
    name : str
    poor : {"<", "<="}
        How an income is compared with the line.
    rule : {"school", "math"}
        How a quantile is read (`diplab.kernel.quantiles`).
    slope_at : {"line", "quantile"}
        Where the density is taken that says how fast a rate changes with its line.
    bandwidth_of : {"domain", "universe"}
        Whose incomes make the bandwidth of the densities in a median gap and in a ratio of two medians.
    """

    name: str
    poor: str
    rule: str
    slope_at: str
    bandwidth_of: str = "domain"


CONVENTIONS = {
    "eurostat": Convention("eurostat", "<", "school", "line"),
    "convey": Convention("convey", "<=", "math", "line"),
    "vardpoor": Convention("vardpoor", "<=", "math", "quantile", "universe"),
}


def convention_named(name: str) -> Convention:
    """Return a convention by its name.

    Raises
    ------
    OptionError
        Where no convention has the name; the known ones are offered.

    Examples
    --------
    >>> convention_named("eurostat").poor
    '<'
    """
    if not isinstance(name, str) or name not in CONVENTIONS:
        raise one_of("`convention`", name, CONVENTIONS)
    return CONVENTIONS[name]
