"""Collapsed strata: a stratum with one primary unit is merged with its neighbour, before any variance is computed.

Merged strata are taken as drawn with replacement: their finite population correction is left out, and the spread
between their units holds that of later stages. The variance then errs on the high side (Wolter 2007, sec. 2.5).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from diplab.kernel.lonely import merged_groups
from diplab.kernel.stage import Stage

if TYPE_CHECKING:
    from diplab.sampling.units import Units

__all__ = ["collapsed"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def collapsed(units: Units) -> Units:
    """Return the units with lonely strata merged; degrees of freedom are then those of the merged strata.

    Parameters
    ----------
    units : Units
        As declared.
    """
    first = units.stages[0]
    target = merged_groups(first)
    heads, code = np.unique(target, return_inverse=True)
    if heads.size == target.size:
        return units
    alone = np.bincount(code) == 1
    order, rank = _order(code[first.group])
    stages = [
        Stage(code[first.group][order], np.where(alone, first.fraction[heads], 0.0), np.ones(heads.size))
    ]
    psu_order, psu_rank = order, rank
    for stage in units.stages[1:]:
        above = stages[-1]
        multiplier = (above.multiplier * above.fraction)[above.group]
        fraction, group = stage.fraction[order], rank[stage.group]
        order, rank = _order(group)
        stages.append(Stage(group[order], fraction, multiplier))
    psu_of_unit = psu_rank[units.psu_of_unit][order] if len(stages) > 1 else np.arange(psu_order.size)
    name = units.stratum_name
    return replace(
        units,
        stages=tuple(stages),
        of_record=rank[units.of_record],
        psu_of_unit=psu_of_unit,
        stratum_name=lambda code: name(int(heads[code])),
    )


def _order(group: Integers) -> tuple[Integers, Integers]:
    """Return the order that sorts units by group, and the place each unit takes in it."""
    order = np.argsort(group, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(order.size)
    return order, rank
