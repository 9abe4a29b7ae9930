"""What the results of all verbs have in common: the columns of their estimates, and the error for an empty domain."""

from __future__ import annotations

from typing import Any

import numpy as np

from diplab.errors import ColumnError, EmptyDomainError
from diplab.kernel.arrays import Floats
from diplab.results.estimates import COLUMNS, MEASURES
from diplab.sampling.sample import Sample


def measures(
    point: Floats, std_error: Floats, low: Any, high: Any, df: Any, n: Any, flag: Any, *, deff: Any = np.nan
) -> dict[str, Any]:
    """Return the columns of estimates in their order, with the coefficient of variation; none of an estimate of 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        cv = np.where(point == 0, np.nan, std_error / np.abs(point))
    return dict(zip(MEASURES, (point, std_error, low, high, cv, deff, df, n, flag), strict=True))


FEW_DF = 8 - 1e-9
"""Below 8 degrees of freedom, but for rounding, an interval is too unsure to be printed unmarked (NCHS 2017)."""


def row_flag(n: int, point: float, std_error: float, df: float) -> str:
    """Return what is to be said of an estimate: who is behind it, whether it has a value, and what tells its error."""
    if n == 0:
        return "empty"
    if not np.isfinite(point):
        return "undefined"
    if not np.isfinite(std_error) or (std_error == 0 and df <= 0):
        return "no variance"
    return "few units" if df < FEW_DF else ""


def check_not_a_column(name: str, what: str, *more: str, written: str = "") -> None:
    """Refuse a variable that results have a column of: one of all results, or one of `more`."""
    if name in (*COLUMNS, *more):
        raise ColumnError(
            f"{written or f'`{name}`'} cannot be {what}.",
            f"Results have a column of that name ({', '.join((*COLUMNS, *more))}).",
            f"Rename it in the data, for example `{name}_`.",
        )


def no_respondents(
    what: str, sample: Sample, *, has: str = "an answer and a positive weight", of: str = "variables"
) -> EmptyDomainError:
    """Return the error for an analysis of nobody, with what people there lack."""
    return EmptyDomainError(
        f"{what} has no respondents in {f'`{sample.condition}`' if sample.condition else 'the whole sample'}.",
        f"Nobody there has {has}.",
        f"Write a wider condition, or look at the missing values of the {of}.",
    )
