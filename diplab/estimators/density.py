"""The density of a variable at one value a domain: how many people stand around a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from diplab.sampling.expression import ONE
from diplab.sampling.row_functions import exp

if TYPE_CHECKING:
    from diplab.sampling.expression import Expression
    from diplab.sampling.totals import Totals

__all__ = ["bandwidth", "density"]

Floats = NDArray[np.float64]


def bandwidth(totals: Totals, y: Expression) -> Floats:
    """Return the weighted standard deviation over the people to the power 0.2, by domain (Deville 1999; Osier 2009)."""
    people, sum_y = totals(ONE, y)
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = sum_y / people
        (squares,) = totals((y - centre) * (y - centre))
        found: Floats = np.sqrt(squares / people) / people**0.2
    return found


def density(totals: Totals, y: Expression, at: Floats) -> Floats:
    """Return the density of a variable at one value a domain, by a normal kernel.

    The bandwidth is that of each domain (`bandwidth`).
    """
    (people,) = totals(ONE)
    width = bandwidth(totals, y)
    with np.errstate(divide="ignore", invalid="ignore"):
        distance = (y - at) / width
        (heights,) = totals(exp(distance * distance * -0.5))
        found: Floats = heights / (people * width * np.sqrt(2 * np.pi))
    return found
