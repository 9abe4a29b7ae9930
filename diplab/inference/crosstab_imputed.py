"""A crosstab over imputations: shares by Rubin's rules, tests put together, letters from the combined shares."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from diplab.errors import OptionError
from diplab.inference.aligned import row_keys
from diplab.inference.column_letters import larger_than
from diplab.inference.imputed import pooled, pooled_test
from diplab.kernel.intervals import SHARE_INTERVALS, Precision

if TYPE_CHECKING:
    from collections.abc import Sequence

    from diplab.results.crosstab import Crosstab
    from diplab.results.estimates import Estimates

__all__ = ["pooled_crosstab"]


def pooled_crosstab(tables: Sequence[Crosstab]) -> Crosstab:
    """Combine the same crosstab of several imputations.

    Parameters
    ----------
    tables : sequence of Crosstab
        One an imputation, with the same categories.

    Returns
    -------
    Crosstab
        Shares keep the scale of their interval, at the combined share and standard error; tests are combined by
        `pooled_test`.

    Raises
    ------
    OptionError
        Where an imputation lacks a category that another has.
    """
    first = tables[0]
    keys = list(first.cells.by)
    if any(row_keys(each.cells) != row_keys(first.cells) for each in tables):
        raise OptionError(
            f"A table of {' × '.join(f'`{name}`' for name in keys)} over imputations was asked for.",
            "They do not have the same categories.",
            "Declare all of them in the codebook: those that nobody has in an imputation are then kept, empty.",
        )
    shares_of = {kind: _shares([each.shares_of[kind] for each in tables]) for kind in first.shares_of}
    rules = first.cells.provenance.rules
    letters: tuple[str, ...] = ()
    if first.column is not None:
        rows, columns = len(first.categories(first.row)), len(first.categories(first.column))
        shape = (len(first.cells) // (rows * columns), rows, columns)
        level = 1 - first.cells.provenance.confidence
        letters = larger_than(shares_of["column"], shape, level, rules["p_adjust"])
    return replace(
        first,
        shares_of=shares_of,
        margins=_shares([each.margins for each in tables]),
        counts=pooled([each.counts for each in tables]),
        tests=tuple(pooled_test(each) for each in zip(*(table.tests for table in tables), strict=True)),
        larger_than=letters,
    )


def _shares(results: Sequence[Estimates]) -> Estimates:
    found = pooled(results)
    point, std_error, df, n = (
        found.frame[name].to_numpy(dtype=float) for name in ("estimate", "std_error", "df", "n")
    )
    spread = Precision(std_error, df, n, found.provenance.confidence)
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = SHARE_INTERVALS[found.provenance.interval](point, spread)
    return replace(found, frame=found.frame.assign(ci_low=low, ci_high=high))
