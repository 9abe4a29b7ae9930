"""The density of a variable at one value a domain: how many people stand around a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from diplab.sampling.expression import ONE, exp

if TYPE_CHECKING:
    from diplab.sampling.expression import Expression
    from diplab.sampling.totals import Totals

__all__ = ["bandwidth", "density"]

Floats = NDArray[np.float64]

_ROUNDING = 1e-12


def bandwidth(totals: Totals, y: Expression) -> Floats:
    """Return the weighted standard deviation over the estimated population size to the power 0.2, by domain."""
    people, sum_y = totals(ONE, y)
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = sum_y / people
        (squares,) = totals((y - centre) * (y - centre))
        spread = np.sqrt(squares / people)
        # what rounding leaves of equal values is no spread, and has no density
        spread = np.where(spread <= _ROUNDING * np.abs(centre), 0.0, spread)
        found: Floats = spread / people**0.2
    return found


def density(
    totals: Totals, y: Expression, at: Floats, *, among: Expression = ONE, width: Floats | None = None
) -> Floats:
    """Return the density of a variable at one value a domain, by a normal kernel (Deville 1999; Osier 2009).

    The bandwidth falls with the number of people that the weights add up to: with weights of mean 1 it is wider, and
    the density of a skewed income smoother, than with weights that add up to the population.

    Parameters
    ----------
    totals : Totals
    y : Expression
    at : array, shape (domains,)
    among : Expression
        1 for those who are counted around the value, 0 for the others; everybody by default. The density is per person
        of the domain all the same.
    width : array, shape (domains,), optional
        Bandwidth; that of the domain by default.
    """
    (people,) = totals(ONE)
    around = bandwidth(totals, y) if width is None else width * np.ones(totals.domains)
    with np.errstate(divide="ignore", invalid="ignore"):
        distance = (y - at) / around
        bell = exp(distance * distance * -0.5)
        (heights,) = totals(bell if among is ONE else among * bell)
        found: Floats = heights / (people * around * np.sqrt(2 * np.pi))
    return found
