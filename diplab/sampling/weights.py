"""Weights that can be weights."""

from __future__ import annotations

from diplab.errors import DesignError

__all__ = ["check_weights"]


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
