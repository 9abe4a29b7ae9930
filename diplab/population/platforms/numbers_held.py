"""Numbers of platforms people hold, one a respondent: whole numbers from 1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.errors import EmptyDomainError, MisleadingError, OptionError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["MOST", "impossible_number", "numbers_held"]

MOST = 1000


def numbers_held(
    platforms: ArrayLike, weights: ArrayLike | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return numbers of platforms and weights as arrays, refused where they cannot be what they are."""
    held = _numbers(platforms, "platforms")
    weighed = np.ones_like(held) if weights is None else _numbers(weights, "weights")
    if held.size == 0:
        raise EmptyDomainError(
            "Accounts a person were asked for.",
            "No respondent was given.",
            "Write the number of platforms of each respondent.",
        )
    wrong = ~((held >= 1) & (held == np.floor(held)) & (held <= MOST))
    if wrong.any():
        raise impossible_number(f"{held[wrong][0]:g}", int(wrong.sum()))
    if weighed.shape != held.shape or not bool(np.all(np.isfinite(weighed) & (weighed >= 0))):
        raise OptionError(
            f"{weighed.size} weights were given for {held.size} respondents.",
            "A weight is missing, negative or infinite, or there is not one a respondent.",
            "Write one weight a respondent, zero or more.",
        )
    if not weighed.sum() > 0:
        raise EmptyDomainError(
            "Accounts a person were asked for.", "All weights are zero.", "Write a positive weight at least."
        )
    return held, weighed


def impossible_number(found: str, count: int | None) -> MisleadingError:
    """Return the error for a number of platforms that nobody can hold."""
    of = "somebody" if count is None else f"{count} of the respondents"
    return MisleadingError(
        "Accounts a person were asked for.",
        f"A number of platforms is {found}, for {of}: whoever is counted holds one account at least.",
        "Write whole numbers from 1 to 1000, and leave out people on no platform "
        "(`sample.universe('platforms >= 1')`).",
    )


def _numbers(values: Any, what: str) -> NDArray[np.float64]:
    try:
        # a column of pandas may hold <NA>
        extended = hasattr(getattr(values, "dtype", None), "na_value")
        found = values.to_numpy(np.float64, na_value=np.nan) if extended else np.asarray(values, np.float64)
    except (TypeError, ValueError):
        found = np.full((1, 1), np.nan)
    if found.ndim != 1:
        raise OptionError(
            f"`{what}` was given as {str(values)[:60]!r}.",
            "It is one number a respondent, or the name of a column.",
            f"Write `{what}=[1, 2, 1]`, say.",
        )
    return found
