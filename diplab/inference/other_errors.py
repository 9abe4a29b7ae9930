"""The standard error of another statistic of the same people, for intervals that try one value after another."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from diplab.inference.computed import Computed, joint_covariance

if TYPE_CHECKING:
    from collections.abc import Callable

    from diplab.estimators.statistic import Linearised
    from diplab.sampling.sample import Sample
    from diplab.sampling.totals import Totals

__all__ = ["other_errors"]

Floats = NDArray[np.float64]


def other_errors(sample: Sample, computed: Computed) -> Callable[[Totals, Linearised], Floats]:
    """Return what gives, from totals and a linearised statistic, its standard error by domain.

    Parameters
    ----------
    sample : Sample
        For its design.
    computed : Computed
        A statistic of the same people.
    """

    def error_of(totals: Totals, linearised: Linearised) -> Floats:
        other = replace(computed, totals=totals, linearised=linearised)
        found: Floats = np.sqrt(np.maximum(np.diag(joint_covariance(sample, [other])), 0.0))
        return found

    return error_of
