"""Weights that can be weights."""

from __future__ import annotations

from typing import Any

import narwhals as nw

from diplab.errors import DesignError

__all__ = ["check_numeric", "check_weights"]


def check_numeric(name: str, dtype: Any, use: str) -> None:
    """Refuse words where the design needs numbers."""
    if not (dtype.is_numeric() or dtype == nw.Boolean):
        raise DesignError(
            f"`{name}` was asked for as {use}.",
            f"It holds {str(dtype).lower()} values.",
            "Write a column of numbers, or read these as numbers, for example with `pandas.to_numeric`.",
        )


def check_weights(name: str, *, rows: int, missing: int, infinite: int, negative: int, positive: int) -> None:
    """Refuse weights that cannot be weights, with their numbers of rows."""
    bad = [
        f"{count} {word}"
        for count, word in ((missing, "missing"), (infinite, "infinite"), (negative, "negative"))
        if count
    ]
    if bad or not positive:
        raise DesignError(
            f"`{name}` was asked for as weights.",
            f"Of its {rows} rows, {' and '.join(bad)}." if bad else f"All of its {rows} rows are zero.",
            "Write weights that are finite and not negative, some of them above zero.",
        )
