"""`trim_weights`: cut extreme weights and spread the excess over the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from diplab.checks import argument, check_number, values_of
from diplab.errors import CalibrationError, OptionError
from diplab.kernel.arrays import Floats
from diplab.sampling.condition import known_column
from diplab.sampling.engines.protocol import Scope
from diplab.sampling.sample import Sample, check_sample

LIMITS = (2.0, 10.0)
"""Kish's design effect and largest weight over median, above which weights are flagged."""


def uneven_weights(weights: Floats) -> Mapping[str, str]:
    """Return provenance rules that describe weights beyond these limits."""
    used = weights[weights > 0]
    kish, largest = used.size * (used**2).sum() / used.sum() ** 2, used.max() / np.median(used)
    if kish <= LIMITS[0] and largest <= LIMITS[1]:
        return {}
    return {
        "kish_deff": f"{kish:.3g}",
        "effective_n": f"{used.size / kish:.0f}",
        "largest_weight": f"{largest:.3g}",
    }


def trim_weights(
    sample: Sample,
    limits: Sequence[float | None],
    *,
    within: str | Sequence[str] = (),
    medians: bool = False,
) -> Sample:
    """Trim the weights of a sample to a lowest and a highest one, keeping their sum.

    Parameters
    ----------
    sample : Sample
        A sample that is not calibrated and has no replicate weights.
    limits : pair of float
        Lowest and highest weight, in people or in medians; None for no limit.
    within : str or list of str
        Groups whose sums are kept (the strata, for example); the whole sample by default.
    medians : bool
        Whether limits are multiples of the median weight.

    Returns
    -------
    Sample
        A sample in memory. The excess is spread over the other weights of the group in proportion,
        and weights are trimmed again until none is beyond the limits (Potter 1990). Trimming trades
        bias for variance: estimates move towards the unweighted ones, and standard errors treat the
        new weights as design weights.

    Raises
    ------
    CalibrationError
        If a group's sum cannot be kept within the limits.
    ColumnError
        If a column of `within` does not exist.
    OptionError
        If limits are not valid, or the sample is calibrated (`calibrate(trim=)` keeps the margins
        too) or has replicate weights.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> sample = dl.declare_design(pd.DataFrame({"w": [1.0, 1.0, 2.0, 8.0]}), weights="w")
    >>> dl.trim_weights(sample, (None, 6)).engine.weights.round(2).tolist()
    [1.5, 1.5, 3.0, 6.0]
    """
    check_sample(sample, "Trimming", "`trim_weights`")
    if sample.auxiliary is not None:
        raise OptionError(
            "`sample` has adjusted weights.",
            "Trimming would undo the adjustment.",
            "Write `calibrate(sample, margins, trim=(low, high))` or `nonresponse(..., least=)`, "
            "or trim before.",
        )
    if sample.replication is not None:
        raise OptionError(
            "`sample` has replicate weights.",
            "Each set of them would need its own limits.",
            "Trim first, and make replicates of what it returns.",
        )
    names = values_of(within)
    for name in names:
        known_column(name, sample.names, "a group of weights")
    collected = sample.collect()
    rows = collected.engine.scoped(Scope(sample.population, names))
    weights = collected.engine.weights.copy()
    used = rows.weight > 0
    scale = 1.0
    if medians:
        scale = float(np.median(weights[used]))
    low, high = _limits(limits, scale)
    for group in np.unique(rows.domain[used]):
        in_group = used & (rows.domain == group)
        weights[in_group] = _trimmed(weights[in_group], low, high)
    return collected.with_weights(weights, None)


def _limits(limits: Any, scale: float) -> tuple[float, float]:
    if (
        isinstance(limits, str)
        or not hasattr(limits, "__len__")
        or len(limits) != 2
        or limits[0] is limits[1] is None
    ):
        raise OptionError(
            f"{argument('limits', limits)} is not a pair of a lowest and a highest weight.",
            write="Write for example `limits=(None, 5)`, with None for an open end.",
        )
    low, high = 0.0, np.inf
    if limits[0] is not None:
        low = check_number("limits", limits[0], low=0, example=(0.3, 5)) * scale
    if limits[1] is not None:
        high = check_number("limits", limits[1], low=0, example=(0.3, 5)) * scale
    if low >= high:
        raise OptionError(
            f"`limits` go from {low:g} to {high:g}, which is decreasing.",
            write="Write the lowest weight first.",
        )
    return low, high


def _trimmed(weights: Floats, low: float, high: float) -> Floats:
    """Return weights within limits with the same sum; those between are rescaled by one factor."""
    total, size = weights.sum(), weights.size
    if not low * size <= total <= high * size:
        raise CalibrationError(
            f"Weights between {low:g} and {high:g} cannot sum to {total:g}.",
            f"There are {size} of them in this group, with a mean of {total / size:g}.",
            "Write wider limits, or fewer groups.",
        )
    least, most = 0.0, 1.0
    while np.clip(weights * most, low, high).sum() < total:
        most *= 2
    for _ in range(200):
        factor = (least + most) / 2
        above = np.clip(weights * factor, low, high).sum() >= total
        least, most = (least, factor) if above else (factor, most)
    return np.clip(weights * most, low, high)
