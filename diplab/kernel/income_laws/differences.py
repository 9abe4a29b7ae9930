"""Derivatives of smooth functions of a few parameters, by central differences of high order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["curvature", "gradient"]

Floats = NDArray[np.float64]

_STEP = 0.01
_WEIGHTS = ((1, 3 / 4), (2, -3 / 20), (3, 1 / 60))
"""Of the sixth-order rule: f' = sum of weight (f(x + k h) - f(x - k h)) / h."""

_WIDE = 2e-3


def gradient(function: Callable[[Floats], Floats], theta: Floats) -> Floats:
    """Return the derivative of an elementwise function in each parameter, shape (parameters, ...).

    The error of the rule is of order h^6 with h = 0.01, and rounding brings about 1e-13: parameters are logarithms or
    shares of them, of the order of one.

    Parameters
    ----------
    function : callable
        Of an array whose first axis is that of the parameters.
    theta : array, shape (parameters, ...)

    Examples
    --------
    >>> gradient(lambda t: np.exp(t[0]) * t[1], np.array([0.0, 2.0])).round(10)
    array([2., 1.])
    """
    found = []
    for place in range(len(theta)):
        slope: Floats | float = 0.0
        for steps, weight in _WEIGHTS:
            slope = (
                slope
                + (
                    function(_moved(theta, (place, steps * _STEP)))
                    - function(_moved(theta, (place, -steps * _STEP)))
                )
                * weight
            )
        found.append(np.asarray(slope) / _STEP)
    return np.stack(found)


def curvature(function: Callable[[Floats], Floats], theta: Floats) -> Floats:
    """Return the second derivatives of an elementwise function, shape (parameters, parameters, ...).

    Of second order, with an error near 1e-6 of the third derivatives: enough to steer a climb.

    Examples
    --------
    >>> curvature(lambda t: t[0] ** 2 * t[1], np.array([3.0, 2.0])).round(4) + 0.0
    array([[4., 6.],
           [6., 0.]])
    """
    width, centre = len(theta), function(theta)
    found = np.empty((width, width, *np.shape(centre)))
    for one in range(width):
        ahead, behind = (function(_moved(theta, (one, sign * _WIDE))) for sign in (1, -1))
        found[one, one] = (ahead - 2 * centre + behind) / _WIDE**2
        for other in range(one):
            corners = [
                sign * turn * function(_moved(theta, (one, sign * _WIDE), (other, turn * _WIDE)))
                for sign in (1, -1)
                for turn in (1, -1)
            ]
            found[one, other] = found[other, one] = sum(corners) / (4 * _WIDE**2)
    return found


def _moved(theta: Floats, *by: tuple[int, float]) -> Floats:
    moved = theta.copy()
    for place, step in by:
        moved[place] += step
    return moved
