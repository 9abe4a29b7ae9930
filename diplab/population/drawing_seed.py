"""The number from which chance is drawn, the same again for the same number."""

from __future__ import annotations

from typing import Any

from diplab.errors import OptionError
from diplab.population.numbers_given import is_whole

__all__ = ["drawing_seed"]


def drawing_seed(seed: Any, drawn: str) -> int:
    """Return a seed, refused where it is no whole number from 0; `drawn` says what is drawn from it.

    Examples
    --------
    >>> drawing_seed(7, "chains")
    7
    """
    if not is_whole(seed) or seed < 0:
        raise OptionError(
            asked=f"`seed` was given as {seed!r}.",
            found=f"It is the whole number, from 0, from which {drawn} are drawn, the same ones for the same number.",
            write="Write `seed=1`, or another whole number.",
        )
    return int(seed)
