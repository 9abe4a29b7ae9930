"""What the interval of a statistic is made from: its error, and that of any other statistic of the same people."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from diplab.inference.computed import Computed, joint_covariance, standard_errors
from diplab.kernel.intervals import Precision

if TYPE_CHECKING:
    from diplab.estimators.statistic import Linearised
    from diplab.sampling.sample import Sample
    from diplab.sampling.totals import Totals

__all__ = ["spread_for"]

Floats = NDArray[np.float64]


def spread_for(
    sample: Sample, computed: Computed, std_error: Floats, df: Floats, confidence: float
) -> Precision:
    """Return what the interval of a computed statistic is made from.

    Parameters
    ----------
    sample : Sample
        For its design.
    computed : Computed
        The statistic.
    std_error, df : array, shape (domains,)
        Its standard error and degrees of freedom.
    confidence : float
        Level of the interval.
    """

    def error_of(totals: Totals, linearised: Linearised) -> Floats:
        other = replace(computed, totals=totals, linearised=linearised)
        return standard_errors(joint_covariance(sample, [other]), linearised.point)

    n = computed.n.astype(float)
    return Precision(std_error, df, n, confidence, error_of, sample.replication is not None)
