"""Variance under unequal probabilities without replacement: factors of units, or of pairs of units.

With inclusion probabilities p_i, joint ones p_ij and weighted totals z_i (already divided by p_i), the estimators are

    Horvitz and Thompson (1952)       sum over i and j of c_ij z_i z_j,          c_ij = 1 - p_i p_j / p_ij
    Yates and Grundy (1953)     - 1/2 sum over i and j of c_ij (z_i - z_j)^2

Joint probabilities are seldom published. Two approximations need only the p_i of the sample; both have the shape
c_ij = - (1 + s - a (p_i + p_j)) / (n - 1), with a = 1/2, s = 0 for Overton (1985), and a = 1, s = the mean of the p_i
for Hartley and Rao (1962), whose sum of squares over the population is estimated by the sum of the p_i over the
sample (Berger 2004). Put into Yates and Grundy, this shape becomes a sum over units of squared distances to their
mean, with factors n / (n - 1) (1 + s - a (p_i + mean p)); Hartley and Rao's is then Brewer's (2002) estimator, with
factors n / (n - 1) (1 - p_i). Horvitz and Thompson's adds the squares of the units themselves, times the sums of c_ij
over j.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["horvitz_thompson_pairs", "unit_factors", "yates_grundy_pairs"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def unit_factors(
    inclusion: Floats, group: Integers, approximation: str, form: str
) -> tuple[Floats, Floats | None]:
    """Return the factors of squared distances to the mean, and of own squares, by unit.

    Parameters
    ----------
    inclusion : array, shape (units,)
        Inclusion probability of each unit.
    group : array of int, shape (units,)
        Stratum of each unit; strata were drawn from separately.
    approximation : {"brewer", "overton", "hartley_rao"}
    form : {"horvitz_thompson", "yates_grundy"}
        Brewer's has one form only.

    Returns
    -------
    tuple of array, shape (units,), and array or None
        A stratum of one unit has factors of 0.

    Examples
    --------
    Brewer: 2 / (2 - 1) * (1 - p).

    >>> unit_factors(np.array([0.2, 0.5]), np.zeros(2, int), "brewer", "yates_grundy")
    (array([1.6, 1. ]), None)
    """
    sizes = np.bincount(group).astype(float)
    n = sizes[group]
    mean = (np.bincount(group, weights=inclusion) / np.maximum(sizes, 1))[group]
    a, s = (0.5, np.zeros_like(mean)) if approximation == "overton" else (1.0, mean)
    several = n > 1
    others = np.where(several, n - 1, 1.0)
    spread = np.where(several, n / others * (1 + s - a * (inclusion + mean)), 0.0)
    if approximation == "brewer" or form == "yates_grundy":
        return spread, None
    own = a * inclusion - inclusion - s + a * (n * mean - inclusion) / others
    return spread, np.where(several, own, 0.0)


def horvitz_thompson_pairs(joint: Floats) -> Floats:
    """Return the factors of pairs in Horvitz and Thompson's form.

    Parameters
    ----------
    joint : array, shape (units, units)
        Joint inclusion probabilities, with inclusion probabilities on the diagonal.

    Returns
    -------
    array, shape (units, units)

    Examples
    --------
    1 - 0.5 for a unit with itself; 1 - 0.5 * 0.5 / 0.2 = -0.25 for the pair.

    >>> horvitz_thompson_pairs(np.array([[0.5, 0.2], [0.2, 0.5]]))
    array([[ 0.5 , -0.25],
           [-0.25,  0.5 ]])
    """
    single = np.diag(joint)
    pairs = np.divide(single[:, None], joint)
    pairs *= -single
    pairs += 1.0
    np.fill_diagonal(pairs, 1 - single)
    return pairs


def yates_grundy_pairs(joint: Floats) -> Floats:
    """Return the factors of pairs in Yates and Grundy's form, for samples of a fixed size.

    Parameters
    ----------
    joint : array, shape (units, units)
        Joint inclusion probabilities, with inclusion probabilities on the diagonal.

    Returns
    -------
    array, shape (units, units)
        Rows sum to zero: a variable that is the same in every unit has no variance.

    Examples
    --------
    >>> yates_grundy_pairs(np.array([[0.5, 0.2], [0.2, 0.5]]))
    array([[ 0.25, -0.25],
           [-0.25,  0.25]])
    """
    pairs = horvitz_thompson_pairs(joint)
    np.fill_diagonal(pairs, 0.0)
    np.fill_diagonal(pairs, -pairs.sum(axis=1))
    return pairs
