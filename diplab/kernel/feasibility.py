"""Why a calibration has no answer: what each total can reach, and the nearest that all can reach together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from diplab.kernel.calibration import calibrated
from diplab.kernel.distance import Distance

if TYPE_CHECKING:
    from diplab.kernel.calibration import Controls

__all__ = ["nearest_totals", "reach"]

Floats = NDArray[np.float64]

_SLACK = 1e-6


def reach(controls: Controls, weights: Floats, distance: Distance) -> tuple[Floats, Floats]:
    """Return the lowest and the highest total of each auxiliary variable within the bounds, taken alone.

    Parameters
    ----------
    controls : Controls
    weights : array, shape (rows, replicates)
        Weights before calibration.
    distance : Distance
        For its bounds.

    Returns
    -------
    low, high : array, shape (width, replicates)

    Examples
    --------
    >>> from diplab.kernel.calibration import Controls
    >>> two = Controls((np.array([0, 0, 1]),), (2,), ())
    >>> low, high = reach(two, np.ones((3, 1)), Distance.of("linear", 0.5, 3.0))
    >>> low.ravel(), high.ravel()
    (array([1. , 0.5]), array([6., 3.]))
    """
    floor = -np.inf if distance.name == "linear" else 0.0
    low, high = np.zeros((2, controls.width, weights.shape[1]))
    for start, stop, values in controls.blocks(weights.shape[1]):
        own = distance.rows(start, stop)
        there = weights[start:stop] > 0
        with np.errstate(invalid="ignore"):  # nothing times infinity
            least = np.where(there, weights[start:stop] * np.maximum(own.low, floor), 0.0)
            most = np.where(there, weights[start:stop] * own.high, 0.0)
        above, below = np.maximum(values, 0.0), np.minimum(values, 0.0)
        low += _spread(above, least) + _spread(below, most)
        high += _spread(above, most) + _spread(below, least)
    return low, high


def _spread(values: Floats, bounds: Floats) -> Floats:
    """Return `values' @ bounds`, where nothing times infinity is nothing."""
    endless = ~np.isfinite(bounds)
    finite: Floats = values.T @ np.where(endless, 0.0, bounds)
    if not endless.any():
        return finite
    with np.errstate(invalid="ignore"):
        touched = np.abs(values).T @ endless > 0
    upwards = values.T @ np.where(endless, np.sign(bounds), 0.0) > 0
    return np.where(touched, np.where(upwards, np.inf, -np.inf), finite)


def nearest_totals(controls: Controls, weights: Floats, targets: Floats, distance: Distance) -> Floats:
    """Return the totals nearest to the targets, each as a share of its target, that the bounds allow together.

    Parameters
    ----------
    controls : Controls
    weights : array, shape (rows, replicates)
    targets : array, shape (width,)
    distance : Distance
        For its bounds; weights are kept from going below zero in any case.

    Returns
    -------
    array, shape (width, replicates)
        Least squares of the misses (to about a millionth of a target).

    Examples
    --------
    >>> from diplab.kernel.calibration import Controls
    >>> two = Controls((np.array([0, 0, 1]),), (2,), ())
    >>> nearest_totals(two, np.ones((3, 1)), np.array([10.0, 2.0]), Distance.of("linear", 0.5, 3.0)).round(3).ravel()
    array([6., 2.])
    """
    cut = Distance("linear", np.maximum(distance.low, 0.0), distance.high)
    size = np.where(targets == 0, 1.0, np.abs(targets))
    return calibrated(controls, weights, targets, cut, _SLACK * size**2 / size.max()).totals
