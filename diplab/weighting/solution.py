"""The multipliers that meet the margins; where there are none, which total is out of reach and by how much."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from diplab.errors import CalibrationError
from diplab.kernel.calibration import calibrated
from diplab.kernel.feasibility import nearest_totals, reach

if TYPE_CHECKING:
    from diplab.kernel.cells import Cells
    from diplab.kernel.distance import Distance
    from diplab.weighting.controlled import Controlled
    from diplab.weighting.limits import Limits

__all__ = ["multipliers"]

Floats = NDArray[np.float64]

_NAMED = 3
_WIDER = "Write wider limits, merge that category with another in the data and in the margin, or leave a margin out."
_AGREE = (
    "Look whether the totals contradict each other, merge that category with another in the data and in the margin, "
    "or leave a margin out."
)


def multipliers(
    margins: Controlled,
    cells: Cells,
    masses: Floats,
    distance: Distance,
    limits: Limits,
    replicate: int | None = None,
) -> Floats:
    """Return the multipliers under which weights meet the margins.

    Parameters
    ----------
    margins : Controlled
    cells : Cells
        The rows, taken together where they are alike.
    masses : array, shape (cells, replicates)
        Weights before calibration.
    distance : Distance
    limits : Limits
        As they were written, for what is said.
    replicate : int or None
        Number of the first set of replicate weights; None for the full sample.

    Returns
    -------
    array, shape (width, replicates)

    Raises
    ------
    CalibrationError
        Where no weights within the limits meet the margins.
    """
    if replicate is not None:
        _check_carried(margins, cells, masses, replicate)
    if distance.bounded:
        low, high = reach(cells.controls, masses, distance)
        slack = 1e-12 * np.abs(margins.targets)[:, None]
        outside = (low - slack > margins.targets[:, None]) | (margins.targets[:, None] > high + slack)
        if outside.any():
            which, place = (int(each[0]) for each in np.nonzero(outside.T))
            raise _out_of_reach(
                margins, place, (low[place, which], high[place, which]), limits, _in(replicate, which)
            )
    found = calibrated(cells.controls, masses, margins.targets, distance)
    if not found.met.all():
        which = int(np.flatnonzero(~found.met)[0])
        raise _unmet(margins, cells, masses[:, which : which + 1], distance, limits, _in(replicate, which))
    return found.multipliers


def _in(replicate: int | None, which: int) -> str:
    """Say in which replicate something was found."""
    return "" if replicate is None else f"In replicate {replicate + which + 1}, "


def _out_of_reach(
    margins: Controlled, place: int, reached: tuple[float, float], limits: Limits, where: str
) -> CalibrationError:
    least, most = (f"{end:,.6g}" for end in reached)
    if np.isfinite(reached).all():
        within = f"lie between {least} and {most}"
    else:
        within = f"be at least {least}" if np.isfinite(reached[0]) else f"be at most {most}"
    found = f"{where}with {limits.said} it can only {within}."
    return CalibrationError(
        f"Weights were to be calibrated to {margins.targets[place]:,.10g} for {margins.said(place)}.",
        found[0].upper() + found[1:],
        _WIDER,
    )


def _check_carried(margins: Controlled, cells: Cells, masses: Floats, replicate: int) -> None:
    """Refuse a total that nobody carries in a replicate: no weights can meet it there."""
    there = np.zeros((margins.targets.size, masses.shape[1]))
    for start, stop, values in cells.controls.blocks(masses.shape[1]):
        there += np.abs(values).T @ np.abs(masses[start:stop])
    lost = (there == 0) & (margins.targets != 0)[:, None]
    if lost.any():
        which, place = (int(each[0]) for each in np.nonzero(lost.T))
        raise CalibrationError(
            f"Weights were to be calibrated to {margins.targets[place]:,.10g} for {margins.said(place)}.",
            f"In replicate {replicate + which + 1}, nobody who has it has a weight.",
            "Merge that category with another in the data and in the margin, or leave the margin out.",
        )


def _unmet(
    margins: Controlled, cells: Cells, mass: Floats, distance: Distance, limits: Limits, where: str
) -> CalibrationError:
    nearest = nearest_totals(cells.controls, mass, margins.targets, distance)[:, 0]
    missed = np.abs(nearest - margins.targets)
    share = missed / np.where(margins.targets == 0, 1.0, np.abs(margins.targets))
    worst = [int(place) for place in np.argsort(-share)[:_NAMED] if share[place] > 0.1 * share.max()]
    named = " and ".join(
        f"{nearest[place]:,.6g} for {margins.said(place)} ({margins.targets[place]:,.10g} was asked for, "
        f"{missed[place]:,.3g} {'more' if nearest[place] < margins.targets[place] else 'less'})"
        for place in worst
    )
    found = f"{where}with {limits.said} they cannot be met together: the nearest is {named}."
    return CalibrationError(
        f"Weights were to be calibrated to {', '.join(each.name for each in margins.margins)}.",
        found[0].upper() + found[1:],
        _WIDER if limits.bounds or limits.trim else _AGREE,
    )
