"""The columns that count: how often persons were seen, and how many persons a row stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from diplab.errors import OptionError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from diplab.sampling.engines.columns import MemoryColumns

__all__ = ["checked_captures", "checked_count"]

_LARGEST = 1e9


def checked_captures(columns: MemoryColumns, name: str, inside: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return how often each person was seen, NaN where it is missing.

    Raises
    ------
    OptionError
        Where somebody was seen less than once, or not a whole number of times.
    """
    found = _numbers(columns, name, "times seen")
    own = found[inside & ~np.isnan(found)]
    asked = f"`{name}` was given as the times each person was seen."
    never = int(np.count_nonzero(own == 0))
    if never:
        raise OptionError(
            asked,
            f"It is 0 in {never} of {own.size} rows: the method is for persons seen at least once, and estimates those "
            "never seen.",
            f"Leave those rows out, for example `data[data[{name!r}] >= 1]`.",
        )
    odd = own[(own < 0) | (own != np.floor(own)) | (own > _LARGEST)]
    if odd.size:
        raise OptionError(
            asked,
            f"It holds {odd[0]:g}, which is not a number of times.",
            "Write a column of whole numbers, 1 or more.",
        )
    return found


def checked_count(columns: MemoryColumns, name: str, inside: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return how many persons each row stands for.

    Raises
    ------
    OptionError
        Where one is missing, negative or not whole.
    """
    found = _numbers(columns, name, "persons by row")
    own = found[inside]
    odd = own[~((own >= 0) & (own == np.floor(own)) & np.isfinite(own))]
    if odd.size:
        raise OptionError(
            f"`{name}` was given as the persons each row stands for.",
            "It is missing in some rows."
            if np.isnan(odd[0])
            else f"It holds {odd[0]:g}, which counts nobody.",
            "Write whole numbers; for survey weights, declare a design with `dl.declare_design`.",
        )
    return found


def _numbers(columns: MemoryColumns, name: str, use: str) -> NDArray[np.float64]:
    if not columns.is_number(name) or columns.is_boolean(name):
        first = next(iter(columns.factor(name).categories), "nothing")
        raise OptionError(
            f"`{name}` was given as {use}.",
            f"It holds no numbers, but values such as {first!r}.",
            "Write the name of a column of whole numbers.",
        )
    return columns.numbers(name)
