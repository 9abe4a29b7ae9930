"""The covariance of statistics from replicate weights: the same statistic, called once for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from diplab.sampling.replication import ReplicatedTotals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from diplab.inference.computed import Computed
    from diplab.sampling.replication import Replication

__all__ = ["replicate_covariance"]

Floats = NDArray[np.float64]


def replicate_covariance(replication: Replication, computed: Sequence[Computed]) -> Floats:
    """Return the covariance of statistics over replicate weights.

    Parameters
    ----------
    replication : Replication
    computed : sequence of Computed
        On the same domains. Where a statistic says what replicates are to vary (`Linearised.replicated`), that is
        varied, else its point.

    Returns
    -------
    array, shape (rows, rows)
        NaN for an estimate that some replicate leaves undefined.
    """
    shared: dict[object, ReplicatedTotals] = {}
    under, full = [], []
    for each in computed:
        # statistics on the same rows share their totals
        key = (each.totals.scope, each.totals.complete)
        totals = shared.setdefault(key, ReplicatedTotals(each.totals, replication))
        varied = each.linearised.replicated
        if varied is None:
            found, point = each.bound(totals).point, each.linearised.point  # type: ignore[arg-type]
        else:
            found, point = varied(totals), varied(each.totals)  # type: ignore[arg-type]
        under.append(np.broadcast_to(found, (replication.count, each.totals.domains)))
        full.append(point)
    return replication.covariance(np.concatenate(under, axis=1), np.concatenate(full))
