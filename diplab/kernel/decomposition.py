"""How much of an index of poverty or of entropy each group makes. See docs/formulas.md."""

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
