"""How much of an index each group makes: sums over groups of indices of poverty and of entropy.

Poverty (Foster, Greer and Thorbecke 1984), with s_g the share of people in group g and P_g its own index:

    P = sum_g s_g P_g

Generalised entropy (Shorrocks 1984; Bourguignon 1979 for the index of Theil), with m_g the mean of a group over the
mean of all:

    GE(a) = sum_g s_g m_g^a GE_g(a) + between
    between = (sum_g s_g m_g^a - 1) / (a (a - 1));  sum_g s_g m_g log m_g at a = 1;  -sum_g s_g log m_g at a = 0

Entropy counts how far a ratio is from one by phi(u) = (u^a - 1 - a (u - 1)) / (a (a - 1)), with the limits
u ln u - (u - 1) at a = 1 and (u - 1) - ln u at a = 0; near one, so that no digits are lost, as (u - 1)^2 / 2 times a
series, whose terms follow from one another.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diplab.kernel.arrays import Floats

TERMS = 11


def near_one(alpha: float) -> float:
    """Return how far from one the series is still exact to rounding."""
    return 0.03 / max(1.0, abs(alpha - 2) / 3)


def series(alpha: float) -> tuple[float, ...]:
    """Return the coefficients, by increasing power of u - 1, of phi over (u - 1)^2."""
    result = [0.5]
    for power in range(TERMS - 1):
        result.append(result[-1] * (alpha - 2 - power) / (power + 3) + 0.0)
    return tuple(result)


def divergence(apart: Floats, alpha: float) -> Floats:
    """Return phi of 1 + `apart`; NaN where it has no value."""
    near = np.polynomial.polynomial.polyval(apart, series(alpha)) * apart**2
    ratio = 1.0 + apart
    with np.errstate(all="ignore"):
        if alpha == 1:
            far = np.where(ratio == 0, 0.0, ratio * np.log(ratio)) - apart
        elif alpha == 0:
            far = apart - np.log(ratio)
        else:
            far = (ratio**alpha - 1.0 - alpha * apart) / (alpha * (alpha - 1))
        far = np.where(np.isfinite(far), far, np.nan)
    return np.where(np.abs(apart) < near_one(alpha), near, far)


Numbers = NDArray[Any]


def poverty_parts(index: Numbers, people: Numbers) -> Numbers:
    """Return what an index of poverty is made of. Shapes: `index`, `people` (..., groups)."""
    share = people / people.sum(axis=-1, keepdims=True)
    made = _of_somebody(share, index)
    whole = made.sum(axis=-1, keepdims=True)
    return np.concatenate([share, made, _over(made, whole), whole], axis=-1)


def entropy_parts(index: Numbers, people: Numbers, incomes: Numbers, alpha: float) -> Numbers:
    """Return what an index of entropy is made of. Shapes: `index`, `people`, `incomes` (..., groups)."""
    share = people / people.sum(axis=-1, keepdims=True)
    earned = incomes.sum(axis=-1, keepdims=True)
    mean = _over(_over(incomes, people), _over(earned, people.sum(axis=-1, keepdims=True)))
    # people without any income have no index, and are not unequal
    without = incomes.real == 0
    with np.errstate(divide="ignore", invalid="ignore"):
        raised = mean**alpha
        if alpha == 1:
            apart = np.where(without, 0.0, mean * np.log(mean))
        elif alpha == 0:
            apart = -np.log(mean)
        else:
            apart = (raised - 1.0) / (alpha * (alpha - 1.0))
        made = _of_somebody(share, np.where(without & (alpha > 0), 0.0, raised * index))
    # where nobody has an income there is no index of everybody, and no part of it
    defined = np.where(earned.real == 0, np.nan, 1.0)
    within = made.sum(axis=-1, keepdims=True) * defined
    between = _of_somebody(share, apart).sum(axis=-1, keepdims=True) * defined
    whole = within + between
    parts = [share, made, _over(made, whole), whole, within, between, _over(within, whole), _over(between, whole)]
    return np.concatenate(parts, axis=-1)


def derivatives(parts: Callable[..., Numbers], *given: Numbers) -> Floats:
    """Return the derivatives of parts by everything that they are made from."""
    # by a complex step (Squire and Trapp 1998): the imaginary part at an imaginary step that is too small to have a
    # square, so that nothing is lost by a difference. Shapes: `*given` (groups,). Derivatives by the first argument of
    # each group, then by the second; NaN where there is none
    at = np.concatenate(given)
    step = 1e-20 * np.where((at == 0) | ~np.isfinite(at), 1.0, np.abs(at))
    moved = np.split(at + 1j * np.diag(step), len(given), axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return parts(*moved).imag / step[:, None]


def _of_somebody(share: Numbers, index: Numbers) -> Numbers:
    """Return the part of each group: zero for an empty group, whatever its index."""
    with np.errstate(invalid="ignore"):
        return np.where(share.real == 0, 0.0, share * index)


def _over(part: Numbers, whole: Numbers) -> Numbers:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(whole.real == 0, np.nan, part / whole)
