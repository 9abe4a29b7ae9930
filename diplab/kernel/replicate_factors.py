"""Replicate factors from the sampling units of a design: jackknife and balanced half-samples.

Each replicate multiplies the weights of the units by factors; the spread of an estimate over replicates is then its
sampling error. For totals these give the linearised variance exactly (Wolter 2007, ch. 3 and 4).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diplab.kernel.hadamard import hadamard
from diplab.kernel.stage import Stage, lonely_groups

__all__ = ["Factors", "balanced_half_samples", "jackknife", "share_of_lonely", "stratified_jackknife"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Factors:
    """Factors of the units in each replicate, and how the spread over replicates is scaled.

    Parameters
    ----------
    by_unit : array, shape (units, replicates)
    scale : float
        What multiplies the sum of squares over replicates.
    rscales : array, shape (replicates,)
        What multiplies each replicate.
    """

    by_unit: Floats
    scale: float
    rscales: Floats


def jackknife(stage: Stage) -> Factors:
    """Return the factors of the jackknife that leaves out one unit at a time, in a design of one stratum.

    The others take the weight of the unit left out, factor n / (n - 1); scale (1 - f)(n - 1) / n (Quenouille 1956;
    Wolter 2007, ch. 4).

    Parameters
    ----------
    stage : Stage
        First stage, of one group of at least two units.

    Returns
    -------
    Factors

    Examples
    --------
    >>> jackknife(Stage(np.zeros(3, int), np.zeros(1), np.ones(1))).by_unit
    array([[0. , 1.5, 1.5],
           [1.5, 0. , 1.5],
           [1.5, 1.5, 0. ]])
    """
    units = len(stage.group)
    by_unit = np.full((units, units), units / (units - 1))
    np.fill_diagonal(by_unit, 0.0)
    return Factors(by_unit, float(1 - stage.fraction[0]) * (units - 1) / units, np.ones(units))


def stratified_jackknife(stage: Stage, lonely_psu: str = "fail") -> Factors:
    """Return the factors of the jackknife that leaves out one unit at a time, within its stratum.

    The others of the stratum get the factor n / (n - 1); the replicate is scaled by (1 - f)(n - 1) / n of its stratum
    (Jones 1974; Wolter 2007, ch. 4). Strata taken whole have no replicate.

    Parameters
    ----------
    stage : Stage
        First stage.
    lonely_psu : str
        `adjust` gives each lonely unit two replicates, in which its weight goes to all units alike and the reverse,
        which for totals is its deviation from the mean of all units; `average` scales; otherwise lonely units have
        no replicate.

    Returns
    -------
    Factors

    Examples
    --------
    >>> two = stratified_jackknife(Stage(np.array([0, 0, 1, 1]), np.zeros(2), np.ones(2)))
    >>> two.by_unit
    array([[0., 2., 1., 1.],
           [2., 0., 1., 1.],
           [1., 1., 0., 2.],
           [1., 1., 2., 0.]])
    >>> two.rscales
    array([0.5, 0.5, 0.5, 0.5])
    """
    sizes, group, units = stage.sizes, stage.group, len(stage.group)
    left_out = np.flatnonzero((sizes > 1)[group] & (stage.fraction < 1)[group])
    of_replicate = group[left_out]
    size = sizes[of_replicate]
    by_unit = np.where(group[:, None] == of_replicate, size / (size - 1), 1.0)
    by_unit[left_out, np.arange(left_out.size)] = 0.0
    rscales = (1 - stage.fraction[of_replicate]) * (size - 1) / size
    lonely = lonely_groups(stage)
    if lonely_psu == "adjust" and lonely.size:
        apart = np.full((units, lonely.size), 1 / units)
        apart[stage.starts[lonely], np.arange(lonely.size)] -= 1.0
        by_unit = np.concatenate([by_unit, 1 + apart, 1 - apart], axis=1)
        rscales = np.concatenate([rscales, *[(1 - stage.fraction[lonely]) / 2] * 2])
    return Factors(by_unit, share_of_lonely(stage, lonely_psu), rscales)


def balanced_half_samples(stage: Stage, softening: float = 0.0, lonely_psu: str = "fail") -> Factors:
    """Return the factors of balanced repeated replication, in which each replicate keeps one unit of every pair.

    The unit kept gets 1 + (1 - k) sqrt(1 - f), the other 1 - (1 - k) sqrt(1 - f), k being Fay's coefficient; signs
    are columns of a Hadamard matrix of the smallest order above the number of pairs, the constant column left out;
    scale 1 / (R (1 - k)^2) (McCarthy 1969; Judkins 1990; Rao and Shao 1999).

    Parameters
    ----------
    stage : Stage
        First stage, with two units in every stratum that is neither lonely nor taken whole.
    softening : float
        Fay's coefficient k, from 0 (half-samples) to below 1.
    lonely_psu : str
        `average` scales; otherwise lonely units keep their weight.

    Returns
    -------
    Factors

    Examples
    --------
    >>> balanced_half_samples(Stage(np.array([0, 0]), np.zeros(1), np.ones(1))).by_unit
    array([[2., 0.],
           [0., 2.]])
    """
    paired = np.flatnonzero((stage.sizes == 2) & (stage.fraction < 1))
    signs = hadamard(paired.size + 1)[:, 1 : paired.size + 1].T
    step = signs * ((1 - softening) * np.sqrt(1 - stage.fraction[paired]))[:, None]
    by_unit = np.ones((len(stage.group), signs.shape[1]))
    first = stage.starts[paired]
    by_unit[first] += step
    by_unit[first + 1] -= step
    scale = share_of_lonely(stage, lonely_psu) / (signs.shape[1] * (1 - softening) ** 2)
    return Factors(by_unit, scale, np.ones(signs.shape[1]))


def share_of_lonely(stage: Stage, lonely_psu: str) -> float:
    """Return what the variance is multiplied by where lonely strata get the average of the others."""
    lonely = lonely_groups(stage).size
    if lonely_psu != "average" or not lonely:
        return 1.0
    known = len(stage.sizes) - lonely
    return 1 + lonely / known if known else np.nan
