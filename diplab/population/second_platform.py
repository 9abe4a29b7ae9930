"""What a sample met on one platform says of accounts a person: a curve over the size of the others, and bounds."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.errors import MisleadingError, OptionError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["multi_homing_curve", "outer_bounds", "range_of_sizes"]


def multi_homing_curve(share_second: float, relative_size: ArrayLike) -> NDArray[np.float64]:
    """Return the multi-homing factor over two platforms, by the size of the second against the first.

    Of persons met on the first platform a share m also works on the second. That alone does not tell the
    factor: it depends on how large the second platform is.

    Parameters
    ----------
    share_second : float
        Share m of the persons on the first platform who are on the second too, from 0 to 1.
    relative_size : array of float
        Accounts on the second platform over accounts on the first, r; at least m, since the second platform
        holds all who are on both.

    Returns
    -------
    array of float, shape of `relative_size`
        (1 + r) / (1 + r - m): accounts over persons, m persons in each account of the first being on both.
        It falls from 1 + m at r = m towards 1 as r grows.

    Raises
    ------
    OptionError
        Where the share is outside 0 to 1.
    MisleadingError
        Where a relative size is below the share, which no two platforms can have.

    Examples
    --------
    >>> multi_homing_curve(0.352, [0.352, 1.0]).round(3).tolist()
    [1.352, 1.214]
    """
    share_second = _share(share_second)
    try:
        sizes = np.asarray(relative_size, dtype=np.float64)
    except (TypeError, ValueError):
        raise OptionError(
            asked=f"`relative_size` was given as {str(relative_size)[:60]!r}.",
            found="It is the accounts on the second platform over those on the first.",
            write="Write one number or several, such as `[0.5, 1, 2]`.",
        ) from None
    if not bool(np.all(sizes >= share_second)):
        raise MisleadingError(
            asked=f"A second platform {float(np.min(sizes)):g} times as large as the first was asked for.",
            found=f"It holds at least the {share_second:g} who are on both.",
            write=f"Write relative sizes of {share_second:g} or more.",
        )
    # the same as (1 + r)/(1 + r - m), and 1 for a second platform without end
    return np.asarray(1 + share_second / (1 + sizes - share_second), dtype=np.float64)


def _share(given: Any) -> float:
    number = isinstance(given, int | float | np.number) and not isinstance(given, bool)
    if not number or not 0 <= given <= 1:
        percent = number and 1 < given <= 100
        raise OptionError(
            asked=f"`share_second` was given as {given!r}.",
            found="It is a share" + ("; it looks like a percentage." if percent else "."),
            write=f"Write {given / 100:g}." if percent else "Write a number from 0 to 1.",
        )
    return float(given)


def range_of_sizes(relative_size: tuple[float, float] | None, others: float) -> tuple[float, float]:
    """Return the range of relative sizes asked for, from the mean number of others upwards where none is.

    Raises
    ------
    OptionError
        Where it is no pair of numbers, the lower first.
    MisleadingError
        Where its lower end is below the mean number of others, which no platforms can have.
    """
    if relative_size is None:
        return others, math.inf
    ends = np.asarray(relative_size, dtype=object).ravel()
    told = len(ends) == 2 and all(isinstance(end, int | float) and not math.isnan(end) for end in ends)
    if not told or ends[0] > ends[1] or math.isinf(ends[0]):
        raise OptionError(
            asked=f"`relative_size` was given as {relative_size!r}.",
            found="It is the range of the accounts on the other platforms over those on this one.",
            write="Write the lower end first, such as `relative_size=(0.5, 4)`.",
        )
    low, high = float(ends[0]), float(ends[1])
    if low < others * (1 - 1e-12):
        raise MisleadingError(
            asked=f"Other platforms {low:g} times as large as this one were asked for.",
            found=f"They hold at least the {others:g} accounts a person of this one has on them.",
            write=f"Write relative sizes of {others:g} or more.",
        )
    return low, high


def outer_bounds(others: tuple[float, float], sizes: tuple[float, float], most: float) -> tuple[float, float]:
    """Return the lowest and the highest mean number of accounts a person, over others and over sizes.

    Parameters
    ----------
    others : (float, float)
        Lower and upper end of the mean number k of accounts on other platforms, among persons of the first.
    sizes : (float, float)
        Lower and upper end of the relative size r of the other platforms together; infinity is allowed.
    most : float
        The most accounts that persons outside the first platform hold on average, c; 1 where there is one other
        platform, and infinity where nothing is assumed of any number of platforms.

    Returns
    -------
    (float, float)
        Of 1 + r accounts, the persons of the first platform (1) hold 1 + k; the r - k left are held by at most r - k
        persons and by at least (r - k) / c. Hence (1 + r)/(1 + r - k) <= factor <= (1 + r)/(1 + (r - k)/c). The
        first falls with r and rises with k; the second is monotone in r and rises with k.

    Examples
    --------
    >>> [round(end, 6) for end in outer_bounds((0.352, 0.352), (0.352, math.inf), 1)]
    [1.0, 1.352]
    """
    smallest, largest = sizes
    few, many = others[0], min(others[1], largest)
    low = 1.0 if math.isinf(largest) else (1 + largest) / (1 + largest - min(few, largest))
    start = max(smallest, many)
    ends = [(1 + start) / (1 + (start - many) / most)]
    ends.append(most if math.isinf(largest) else (1 + largest) / (1 + (largest - many) / most))
    return low, max(ends)
