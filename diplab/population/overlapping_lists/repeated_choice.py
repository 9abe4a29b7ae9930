"""The chosen size with an interval that counts its having been chosen."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.kernel.repeated_selection import bca_interval, percentile_interval, repeated_selection
from diplab.microdata.display import bar
from diplab.population.overlapping_lists.dependence import assumptions_of_search
from diplab.population.sizes import gathered, known_size

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from diplab.kernel.extended_fit import Faces
    from diplab.kernel.list_selection import Selection
    from diplab.kernel.repeated_selection import Repeated
    from diplab.population.overlapping_lists.list_table import ListTable
    from diplab.population.overlapping_lists.search_options import SearchOptions
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
    options: SearchOptions,
    faces: Faces,
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
    options : SearchOptions
        Replicates, seed and confidence.
    faces : Faces
        Kept between calls.
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
    found = _replicates(people, selection, options, faces, progress)
    rows, name = _rows(found, chosen, options.confidence, people.seen)
    rules = {"interval": name, "replicates": f"{options.bootstrap}", "seed": f"{options.seed}"}
    assumptions = assumptions_of_search(options.heterogeneity, repeated=True)
    return gathered(rows, replace(record, rules={**record.rules, **rules}, assumptions=assumptions)), found


def _replicates(
    people: ListTable,
    selection: Selection,
    options: SearchOptions,
    faces: Faces,
    progress: Callable[[int], None] | None,
) -> Repeated:
    with contextlib.nullcontext(progress) if progress else bar("bootstrap", options.bootstrap) as advance:
        return repeated_selection(
            people.counts, selection, options.bootstrap, options.seed or 0, faces, advance
        )


def _rows(
    found: Repeated, chosen: Mapping[str, Any], confidence: float, seen: float
) -> tuple[list[dict[str, Any]], str]:
    """Return the three rows, and the name of the interval of the first."""
    point = float(chosen["estimate"])
    percentile, bca = percentile_interval(found.sizes, confidence), bca_interval(found, point, confidence)
    answered = not np.isnan(bca).any()
    flag = ", ".join(each for each in (chosen["flag"], _far(found, point)) if each)
    error = float(np.std(found.sizes, ddof=1)) if np.isfinite(found.sizes).all() else np.inf
    row = known_size("repeated_choice", point, chosen["category"], flag) | {
        "std_error": error,
        "cv": error / point,
        "df": np.inf,
        "n": seen,
    }
    low, high = bca if answered else percentile
    second = {"statistic": "repeated_choice_percentile", "ci_low": percentile[0], "ci_high": percentile[1]}
    median = known_size("repeated_choice_median", float(np.median(found.sizes)), flag=_far(found, point))
    rows = [row | {"ci_low": low, "ci_high": high}, row | second, median | {"n": seen}]
    return rows, "bootstrap bca" if answered else "bootstrap percentile"


def _far(found: Repeated, point: float) -> str:
    if not np.isfinite(point):
        return "far replicates"
    return "far replicates" if float((found.sizes >= FAR * point).mean()) >= FEW else ""
