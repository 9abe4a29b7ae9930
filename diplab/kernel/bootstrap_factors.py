"""Bootstrap factors from the sampling units of a design: n - 1 units drawn again out of n, and rescaled.

The factors have mean 1, and for totals the linearised variance in expectation (Rao, Wu and Yue 1992; Beaumont and
Émond 2022).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from diplab.kernel.replicate_factors import Factors, share_of_lonely

if TYPE_CHECKING:
    from collections.abc import Sequence

    from diplab.kernel.stage import Stage

__all__ = ["Draws", "bootstrap_draws", "rescaled_bootstrap"]

Floats = NDArray[np.float64]

_BLOCK = 4_000_000


def rescaled_bootstrap(
    stages: Sequence[Stage], replicates: int, random: np.random.Generator, lonely_psu: str = "fail"
) -> Factors:
    """Return the factors of the rescaled bootstrap: n - 1 units drawn again out of n, in every group of every stage.

    A unit drawn m times out of n - 1 gets 1 - c + c m n / (n - 1), times the factor of the unit above, with
    c^2 = F (1 - f) / (1 + V): f and F are the sampling fractions of the group and of the stages above together, V the
    variance of the factor above. The variance of totals is then that of linearisation in expectation: for one stage
    this is Rao, Wu and Yue (1992) with the fpc, c = sqrt(1 - f); for several, Beaumont and Émond (2022). No factor is
    negative.

    Parameters
    ----------
    stages : sequence of Stage
        Those to draw again from, the first first.
    replicates : int
        At least 2.
    random : numpy Generator
        Where the draws come from.
    lonely_psu : str
        `average` scales; otherwise lonely units keep their weight.

    Returns
    -------
    Factors
        For the units of the last stage given; scale 1 / (R - 1).

    Examples
    --------
    Of two units one is drawn again, and counts for both:

    >>> from diplab.kernel.stage import Stage
    >>> pair = Stage(np.zeros(2, int), np.zeros(1), np.ones(1))
    >>> rescaled_bootstrap([pair], 3, np.random.default_rng(1)).by_unit
    array([[0., 0., 2.],
           [2., 2., 0.]])
    """
    above, moment = np.ones((1, replicates)), np.ones(1)
    group_above = np.zeros(len(stages[0].sizes), dtype=np.int64)
    for depth, stage in enumerate(stages):
        # groups of the first stage are strata, all under a factor of 1; those below are the units before them
        place = group_above if depth == 0 else np.arange(len(stage.sizes))
        base, step = _rescaling(stage, moment[place])
        by_unit = np.empty((len(stage.group), replicates))
        np.multiply(_drawn_again(stage, replicates, random).T, step[:, None], out=by_unit)
        by_unit += base[:, None]
        if depth:
            by_unit *= above[place][stage.group]
        above, moment = by_unit, (moment[place] + _variance(stage))[stage.group]
    scale = share_of_lonely(stages[0], lonely_psu) / (replicates - 1)
    return Factors(above, scale, np.ones(replicates))


@dataclass(frozen=True, eq=False)
class Draws:
    """Factors of a bootstrap of one stage, as numbers of times that units were drawn: an eighth of the memory.

    Parameters
    ----------
    counts : array of unsigned int, shape (replicates, units)
        The factor is base + step * counts.
    base, step : array, shape (units,)
    scale : float
        What multiplies the sum of squares over replicates.
    """

    counts: NDArray[np.unsignedinteger]
    base: Floats
    step: Floats
    scale: float


def bootstrap_draws(
    stage: Stage, replicates: int, random: np.random.Generator, lonely_psu: str = "fail"
) -> Draws:
    """Return the same draws as `rescaled_bootstrap` of one stage, not yet multiplied out.

    Parameters
    ----------
    stage : Stage
        First stage.
    replicates : int
    random : numpy Generator
    lonely_psu : str

    Returns
    -------
    Draws

    Examples
    --------
    >>> from diplab.kernel.stage import Stage
    >>> pair = Stage(np.zeros(2, int), np.zeros(1), np.ones(1))
    >>> bootstrap_draws(pair, 3, np.random.default_rng(1)).counts
    array([[0, 1],
           [0, 1],
           [1, 0]], dtype=uint8)
    """
    base, step = _rescaling(stage, np.ones(len(stage.sizes)))
    scale = share_of_lonely(stage, lonely_psu) / (replicates - 1)
    return Draws(_drawn_again(stage, replicates, random), base, step, scale)


def _variance(stage: Stage) -> Floats:
    """Variance that the factors of a group add to those above it: its sampling fractions; none for one unit."""
    added: Floats = np.where(stage.sizes > 1, stage.multiplier * (1 - stage.fraction), 0.0)
    return added


def _rescaling(stage: Stage, moment: Floats) -> tuple[Floats, Floats]:
    """Return by unit 1 - c and c n / (n - 1), from the second moment of the factor above each group."""
    rescaling = np.sqrt(_variance(stage) / moment)
    share = np.where(stage.sizes > 1, stage.sizes / np.maximum(stage.sizes - 1, 1), 0.0)
    return (1 - rescaling)[stage.group], (rescaling * share)[stage.group]


def _drawn_again(stage: Stage, replicates: int, random: np.random.Generator) -> NDArray[np.unsignedinteger]:
    """How many times each unit is drawn, n - 1 draws a group, shape (replicates, units)."""
    units = len(stage.group)
    drawing = np.delete(np.arange(units), stage.starts)
    group = stage.group[drawing]
    start, size = stage.starts[group], stage.sizes[group]
    drawn: NDArray[np.unsignedinteger] = np.zeros((replicates, units), dtype=np.uint8)
    # in blocks, so that draws take little memory beside their counts
    block = max(1, _BLOCK // max(units, 1))
    for first in range(0, replicates, block):
        count = min(block, replicates - first)
        unit = start + (random.random((count, drawing.size)) * size).astype(np.int64)
        cell = unit + np.arange(count)[:, None] * units
        counts = np.bincount(cell.ravel(), minlength=count * units)
        if int(counts.max(initial=0)) > np.iinfo(drawn.dtype).max:
            drawn = drawn.astype(np.uint32)
        drawn[first : first + count] = counts.reshape(count, units)
    return drawn
