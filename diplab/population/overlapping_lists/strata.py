"""One log-linear model fitted in each stratum, and the sum of the strata."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.kernel.abundance import Abundance, lognormal_interval
from diplab.kernel.extended_fit import Faces
from diplab.population.overlapping_lists.bracket_notation import written
from diplab.population.overlapping_lists.fitted_model import LOG_LINEAR, fitted_row
from diplab.population.sizes import no_size, size
from diplab.results.estimates import COLUMNS
from diplab.results.sizes import ModelFit, Sizes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from diplab.kernel.hierarchical import ListModel
    from diplab.population.overlapping_lists.list_table import ListTable
    from diplab.results.provenance import Provenance

__all__ = ["TOTAL", "sizes_by_stratum"]

TOTAL = "total"
THIN = 10
"""Fewer persons than this on two lists or more tell little of those on none."""


def sizes_by_stratum(
    model: ListModel,
    tables: Sequence[ListTable],
    by: tuple[str, ...],
    interval: str,
    confidence: float,
    record: Provenance,
) -> Sizes:
    """Return the size of each stratum, then their sum.

    Parameters
    ----------
    model : ListModel
    tables : sequence of ListTable
        One a stratum.
    by : tuple of str
        What parts them.
    interval : str
        Of each stratum; that of the sum is log-normal.
    confidence : float
        Probability of the intervals.
    record : Provenance

    Returns
    -------
    Sizes
        The sum has the sum of the variances, strata being independent. A stratum with fewer than ten persons on two
        lists or more is flagged `thin stratum`; one without a size leaves the sum without one too.
    """
    faces = Faces()
    rows: list[dict[str, Any]] = []
    fits: list[ModelFit | None] = []
    for table in tables:
        row, fit = (
            fitted_row(model, table, faces, interval, confidence)
            if table.seen
            else (no_size(LOG_LINEAR, 0.0, "empty"), None)
        )
        thin = "thin stratum" if table.overlapping < THIN else ""
        flag = ", ".join(each for each in (row["flag"], thin) if each)
        rows.append(row | dict(zip(by, table.stratum, strict=True)) | {"flag": flag})
        fits.append(fit)
    total = (
        _total(rows, confidence) | dict.fromkeys(by, TOTAL) | {"category": written(model, tables[0].names)}
    )
    return _gathered([*rows, total], by, [*fits, None], record)


def _total(rows: Sequence[dict[str, Any]], confidence: float) -> dict[str, Any]:
    seen = float(sum(row["n"] for row in rows))
    sizes = np.array([row["estimate"] for row in rows])
    if np.isnan(sizes).any():
        return no_size(LOG_LINEAR, seen, "stratum without size")
    whole = Abundance(float(sizes.sum()), float(sum(row["std_error"] ** 2 for row in rows)), seen)
    thin = any("thin stratum" in row["flag"] for row in rows)
    return size(LOG_LINEAR, whole, lognormal_interval(whole, confidence), "thin stratum" if thin else "")


def _gathered(
    rows: Sequence[dict[str, Any]], by: tuple[str, ...], fits: Sequence[ModelFit | None], record: Provenance
) -> Sizes:
    import pandas as pd

    frame = pd.DataFrame(rows, columns=[*COLUMNS[:3], *by, *COLUMNS[3:]])
    errors = frame["std_error"].to_numpy(dtype=float)
    return Sizes(frame, _covariance(errors), record, by=by, fits=tuple(fits))


def _covariance(errors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the covariance of strata, independent of one another, and of their sum."""
    found = np.diag(errors**2)
    found[-1, :-1] = found[:-1, -1] = errors[:-1] ** 2
    return found
