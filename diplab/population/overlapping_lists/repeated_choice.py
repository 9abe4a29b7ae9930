"""The chosen size with an interval that counts its having been chosen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.kernel.repeated_selection import bca_interval, percentile_interval, repeated_selection
from diplab.loaders.statistical.progress import bar
from diplab.population.overlapping_lists.fitted_model import LOG_LINEAR
from diplab.population.sizes import gathered, known_size

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from diplab.kernel.extended_fit import Faces
    from diplab.kernel.list_selection import Selection
    from diplab.kernel.repeated_selection import Repeated
    from diplab.population.overlapping_lists.list_table import ListTable
    from diplab.results.provenance import Provenance
    from diplab.results.sizes import Sizes

__all__ = ["repeated_choice"]

FAR = 10.0
"""A replicate this many times the point, or one without limit, is far from it."""
FEW = 0.01
"""Share of far replicates from which a reader must know of them."""


def repeated_choice(
    people: ListTable,
    selection: Selection,
    chosen: Mapping[str, Any],
    replicates: int,
    seed: int,
    faces: Faces,
    confidence: float,
    record: Provenance,
    progress: Callable[[int], None] | None = None,
) -> tuple[Sizes, Repeated]:
    """Return the chosen size with its BCa and its percentile interval, the median of replicates, and the replicates.

    Parameters
    ----------
    people : ListTable
    selection : Selection
        What chose.
    chosen : mapping
        The row of the chosen model.
    replicates, seed : int
    faces : Faces
        Kept between calls.
    confidence : float
        Probability of the intervals.
    record : Provenance
        Of the search.
    progress : callable, optional
        Told how many more replicates are done.

    Returns
    -------
    tuple of Sizes and Repeated
        The standard error is that of the replicates, infinite where one is. Replicates that are unbounded or ten times
        the point are flagged where they are 1% or more, and the median is then what to read.
    """
    drawn = (people.counts, selection, replicates, seed, faces)
    if progress is not None:
        found = repeated_selection(*drawn, progress)
    else:
        with bar("bootstrap", replicates) as advance:
            found = repeated_selection(*drawn, advance)
    point = float(chosen["estimate"])
    percentile = percentile_interval(found.sizes, confidence)
    bca = bca_interval(found, point, confidence)
    best, name = (percentile, "bootstrap percentile") if np.isnan(bca).any() else (bca, "bootstrap bca")
    flag = ", ".join(each for each in (chosen["flag"], _far(found, point)) if each)
    error = float(np.std(found.sizes, ddof=1)) if np.isfinite(found.sizes).all() else np.inf
    point_row = known_size("repeated_choice", point, chosen["category"], flag) | {
        "std_error": error,
        "cv": error / point,
        "df": np.inf,
        "n": people.seen,
    }
    rows = [
        point_row | dict(zip(("ci_low", "ci_high"), best, strict=True)),
        point_row
        | dict(zip(("ci_low", "ci_high"), percentile, strict=True))
        | {"statistic": "repeated_choice_percentile"},
        known_size("repeated_choice_median", float(np.median(found.sizes)), flag=_far(found, point))
        | {"n": people.seen},
    ]
    rules = {
        **record.rules,
        "estimator": LOG_LINEAR,
        "interval": name,
        "replicates": f"{replicates}",
        "seed": f"{seed}",
    }
    return gathered(rows, replace(record, rules=rules)), found


def _far(found: Repeated, point: float) -> str:
    if not np.isfinite(point):
        return "far replicates"
    return "far replicates" if float((found.sizes >= FAR * point).mean()) >= FEW else ""
