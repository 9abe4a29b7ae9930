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

__all__ = ["density"]

Floats = NDArray[np.float64]


def density(totals: Totals, y: Expression, at: Floats) -> Floats:
    """Return the density of a variable at one value a domain, by a normal kernel.

    The bandwidth is the weighted standard deviation over the estimated population size to the power 0.2, in each
    domain its own (Deville 1999; Osier 2009).
    """
    people, sum_y = totals(ONE, y)
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = sum_y / people
        (squares,) = totals((y - centre) * (y - centre))
        bandwidth = np.sqrt(squares / people) / people**0.2
        distance = (y - at) / bandwidth
        (heights,) = totals(exp(distance * distance * -0.5))
        found: Floats = heights / (people * bandwidth * np.sqrt(2 * np.pi))
    return found
