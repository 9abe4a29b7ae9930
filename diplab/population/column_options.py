"""Options that name a column."""

from __future__ import annotations

from typing import Any

from diplab.errors import OptionError

__all__ = ["column_names"]


def column_names(**columns: Any) -> None:
    """Refuse options that are to name a column and hold no name; None stands for no column.

    Examples
    --------
    >>> column_names(weights="w", y=None)
    """
    for option, name in columns.items():
        if name is not None and not isinstance(name, str):
            raise OptionError(
                f"`{option}` was given as {str(name)[:60]!r}.",
                "It is the name of a column.",
                f"Write `{option}='name'`.",
            )
