"""The place of a size among sizes of the same data: the lower bound first, what has no answer last."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

__all__ = ["place_of_row"]


def place_of_row(row: Mapping[str, Any], apart: bool = False) -> int:
    """Return the place of a row: bounds, points, points below the bound, those it does not hold for, no answer.

    Parameters
    ----------
    row : mapping
        A row of `Estimates`.
    apart : bool
        Whether the bound does not hold for the model of this row.

    Examples
    --------
    >>> place_of_row({"estimate": 80.0, "ci_low": 71.0, "flag": "lower bound"})
    0
    >>> place_of_row({"estimate": float("nan"), "ci_low": float("nan"), "flag": "boundary"})
    5
    """
    flags = row["flag"].split(", ")
    if row["estimate"] != row["estimate"]:
        # bounds without a point are an answer, though not one number
        return 4 if row["ci_low"] == row["ci_low"] else 5
    if "lower bound" in flags:
        return 0
    if apart:
        return 3
    return 2 if "below bound" in flags or "all seen" in flags else 1
