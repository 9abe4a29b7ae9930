"""Columns common to the estimates of all verbs, and the error for an empty domain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diplab.errors import ColumnError, EmptyDomainError, OptionError
from diplab.kernel.arrays import Floats
from diplab.results.estimates import COLUMNS, MEASURES
from diplab.sampling.sample import Sample


def measures(
    point: Floats,
    std_error: Floats,
    low: Any,
    high: Any,
    df: Any,
    n: Any,
    flag: Any,
    *,
    deff: Any = np.nan,
) -> dict[str, Any]:
    """Return the columns of estimates in their order, with the coefficient of variation.

    None of an estimate of 0.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        cv = np.where(point == 0, np.nan, std_error / np.abs(point))
    return dict(zip(MEASURES, (point, std_error, low, high, cv, deff, df, n, flag), strict=True))


FEW_DF = 8 - 1e-9
"""Below 8, but for rounding, an interval is too imprecise to be printed unmarked (NCHS 2017)."""
HEAVY_UNIT, CORRECTABLE_HEAVY_UNIT = "heavy unit", "correctable heavy unit"
"""Flags of a mean in which one unit has most of the weight.

The second where enlarged residuals give an error of it.
"""
LEVERAGE, CORRECTABLE = "high leverage", "correctable leverage"
"""Flags of results that rest by more than half on one unit.

The second where enlarged residuals give an error of them.
"""


def row_flags(
    n: Any, point: Floats, std_error: Floats, df: Any, *, worth: Any = np.inf, alone: Any = False
) -> NDArray[np.object_]:
    """Return the flag of each estimate: no respondents, undefined, or an uncertain error."""
    # `worth`: the degrees of freedom of the units, whatever others were asked for the interval
    # `alone`: of one respondent, who is the mean, with no spread to judge it by
    unknown = ~np.isfinite(std_error) | ((std_error == 0) & (df <= 0))
    flags = {"empty": n == 0, "undefined": ~np.isfinite(point), "one respondent": alone}
    flags |= {"no variance": unknown, "few units": np.minimum(df, worth) < FEW_DF}
    return np.select(list(flags.values()), list(flags), "").astype(object)


def keys_of_rows(
    statistic: str,
    variable: str,
    category: object,
    by: Sequence[str],
    cells: Sequence[tuple[Any, ...]],
) -> dict[str, Any]:
    """Return the key columns of the rows of a statistic, a row for each cell of the domains."""
    columns = {"statistic": statistic, "variable": variable, "category": category}
    return {name: [value] * len(cells) for name, value in columns.items()} | {
        name: [cell[position] for cell in cells] for position, name in enumerate(by)
    }


def check_not_a_column(name: str, what: str, *more: str, written: str = "") -> None:
    """Refuse a variable that results have a column of: one of all results, or one of `more`."""
    if name in (*COLUMNS, *more):
        raise ColumnError(
            f"{written or f'`{name}`'} cannot be {what}.",
            f"Results have a column of that name ({', '.join((*COLUMNS, *more))}).",
            f"Rename it in the data, for example `{name}_`.",
        )


_LEAST, _MOST = 1e-140, 1e140  # sizes whose squares arithmetic still holds, times weights


def check_size(name: str, size: Floats) -> None:
    """Refuse numbers whose squares overflow or underflow. Shapes: `size` (any,)."""
    size = np.abs(size[np.isfinite(size)])
    largest = size.max(initial=0.0)
    if largest > _MOST or 0 < largest < _LEAST:
        what = "large" if largest > _MOST else "small"
        power = np.clip(-np.floor(np.log10(largest)), -300, 300)
        raise OptionError(
            f"`{name}` is too {what} to compute with.",
            f"Its size is {largest:.2g}, whose square overflows or underflows.",
            "Write it in another unit, for example "
            f'`sample.with_columns(rescaled="({name}) * 1e{power:.0f}")`.',
        )


def no_respondents(
    what: str,
    sample: Sample,
    *,
    has: str = "an answer and a positive weight",
    of: str = "variables",
) -> EmptyDomainError:
    """Return the error for an analysis without respondents, with what people there lack."""
    return EmptyDomainError(
        f"{what} has no respondents in "
        f"{f'`{sample.condition}`' if sample.condition else 'the whole sample'}.",
        f"No respondent there has {has}.",
        f"Write a wider condition, or check the missing values of the {of}.",
    )
