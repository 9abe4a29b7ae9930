"""Calibration redone in every replicate: the spread over replicates then knows what the margins took out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from diplab.sampling.row_weights import WeightsWhenRead
from diplab.weighting.solution import multipliers

if TYPE_CHECKING:
    from diplab.kernel.cells import Cells
    from diplab.kernel.distance import Distance
    from diplab.sampling.replication import Replication
    from diplab.sampling.sample import SampleInMemory
    from diplab.weighting.controlled import Controlled
    from diplab.weighting.limits import Limits

__all__ = ["calibrated_replication"]

Floats = NDArray[np.float64]

_BATCH_CELLS = 8_000_000


@dataclass(frozen=True, eq=False)
class _Calibrated(WeightsWhenRead):
    """Replicate weights after calibration, multiplied out when read: what is held is one multiplier a category."""

    before: Replication
    sample: SampleInMemory
    cells: Cells
    distance: Distance
    inside: NDArray[np.bool_]
    multipliers: Floats

    def __len__(self) -> int:
        return self.before.count

    def made(self, place: int) -> Floats:
        """Return the weights of the rows in one replicate."""
        factor = self.cells.factors(self.multipliers[:, place], self.distance)
        weights: Floats = _weights(self.before, self.sample, place) * np.where(self.inside, factor, 1.0)
        return weights


def calibrated_replication(
    replication: Replication,
    sample: SampleInMemory,
    margins: Controlled,
    cells: Cells,
    distance: Distance,
    limits: Limits,
    inside: NDArray[np.bool_],
) -> Replication:
    """Return replicate weights, each set calibrated to the same margins as the full sample.

    Parameters
    ----------
    replication : Replication
        Before calibration.
    sample : SampleInMemory
        Before calibration.
    margins : Controlled
    cells : Cells
    distance : Distance
        With the bounds of the full sample, row by row.
    limits : Limits
    inside : array of bool, shape (rows,)
        Rows to calibrate.

    Raises
    ------
    CalibrationError
        Where the margins cannot be met in a replicate, which is named.
    """
    together = cells.key is not None
    batch = replication.count if together else max(1, _BATCH_CELLS // sample.engine.rows)
    found = []
    for start in range(0, replication.count, batch):
        places = range(start, min(start + batch, replication.count))
        masses = _masses(replication, sample, cells, places)
        found.append(multipliers(margins, cells, masses, distance, limits, start))
    after = _Calibrated(replication, sample, cells, distance, inside, np.concatenate(found, axis=1))
    return replace(replication, factors=None, weights=after)


def _weights(replication: Replication, sample: SampleInMemory, place: int) -> Floats:
    return replication.row_weights(place, sample.engine.weights, sample.engine.units.of_record)


def _masses(replication: Replication, sample: SampleInMemory, cells: Cells, places: range) -> Floats:
    """Return the weight of each cell in each replicate, shape (cells, replicates)."""
    if cells.key is None or replication.factors is None:
        return np.column_stack([cells.masses(_weights(replication, sample, each)) for each in places])
    engine = sample.engine
    shape = (int(cells.key.max()) + 1, replication.factors.shape[0])
    by_unit = sparse.coo_array((engine.weights, (cells.key, engine.units.of_record)), shape=shape).tocsr()
    masses: Floats = np.asarray(by_unit @ replication.factors[:, places.start : places.stop])
    return masses[cells.kept]
