"""Mean number of accounts a person, from persons or from accounts, with its variance."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Held", "arithmetic", "harmonic"]


class Held(NamedTuple):
    """A mean number of accounts, its standard error, degrees of freedom and respondents.

    Parameters
    ----------
    mean : float
        Accounts a person.
    std_error : float
        NaN with one respondent.
    df : float
        Respondents minus one.
    seen : float
        Respondents with a positive weight.
    """

    mean: float
    std_error: float
    df: float
    seen: float


def arithmetic(held: NDArray[np.float64], weights: NDArray[np.float64]) -> Held:
    """Return the mean over persons, sum(w L) / sum(w) (Hájek 1971).

    Parameters
    ----------
    held : array, shape (respondents,)
        Accounts of each.
    weights : array, shape (respondents,)
        What each stands for.

    Examples
    --------
    >>> arithmetic(np.array([1.0, 1.0, 4.0]), np.ones(3)).mean
    2.0
    """
    return _ratio(held, np.ones_like(held), weights)


def harmonic(held: NDArray[np.float64], weights: NDArray[np.float64]) -> Held:
    """Return the mean over persons from a sample of accounts, sum(w) / sum(w / L) (Lavallée 1995).

    Parameters
    ----------
    held : array, shape (respondents,)
        Accounts of the person behind each account.
    weights : array, shape (respondents,)
        What each account stands for.

    Examples
    --------
    >>> harmonic(np.array([1.0, 2.0, 2.0]), np.ones(3)).mean
    1.5
    """
    return _ratio(np.ones_like(held), 1 / held, weights)


def _ratio(top: NDArray[np.float64], bottom: NDArray[np.float64], weights: NDArray[np.float64]) -> Held:
    """Return a ratio of totals, drawn with replacement: z = (y - R x) / sum(w x) (Woodruff 1971)."""
    below = float(weights @ bottom)
    mean = float(weights @ top) / below
    units = len(weights)
    by_unit = weights * (top - mean * bottom) / below
    variance = math.nan if units < 2 else units / (units - 1) * float(((by_unit - by_unit.mean()) ** 2).sum())
    return Held(mean, math.sqrt(variance), float(units - 1), float((weights > 0).sum()))
