"""The size averaged over all models of a search, named for what it is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.kernel.abundance import lognormal_interval
from diplab.kernel.model_average import averaged, criterion_weights
from diplab.population.sizes import gathered, no_size, size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from diplab.kernel.abundance import Abundance
    from diplab.results.provenance import Provenance
    from diplab.results.sizes import ModelFit, Sizes

__all__ = ["average_row"]

AVERAGED = "model_average"


def average_row(
    found: Sequence[tuple[dict[str, Any], ModelFit]],
    bound: Abundance,
    criterion: str,
    record: Provenance,
    confidence: float,
) -> tuple[Sizes, list[float]]:
    """Return the averaged size as one row, and the weight of each model.

    Parameters
    ----------
    found : sequence of (row, ModelFit)
        The models of a search; one without a size weighs nothing.
    bound : Abundance
        The lower bound of the same lists.
    criterion : {"bic", "aic"}
    record : Provenance
        Of the search.
    confidence : float
        Probability of the interval.
    """
    sizes = np.array([row["estimate"] for row, _ in found])
    scores = np.array([getattr(fit, criterion) for _, fit in found])
    weights = criterion_weights(np.where(np.isfinite(sizes), scores, np.inf))
    rules = replace(record, rules={**record.rules, "estimator": AVERAGED})
    if not weights.any():
        return gathered([no_size(AVERAGED, bound.seen, "ill-posed")], rules), weights.tolist()
    variances = np.array([row["std_error"] ** 2 for row, _ in found])
    mean = averaged(sizes, variances, weights, bound.seen)
    below = "below bound" if mean.size < bound.size else ""
    row = size(AVERAGED, mean, lognormal_interval(mean, confidence), below)
    return gathered([row], rules), weights.tolist()
