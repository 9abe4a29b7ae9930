"""What may be published of amounts: quartiles and a shape behind each part of which stand at least five people."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Bin", "End", "EndKind", "Numbers", "numbers_of"]

LEAST = 20
"""With fewer answers than this, quartiles are the answers of known people."""

FEW = 5
EndKind: TypeAlias = Literal["extreme", "twentieth", "fifth"]
BINS = 20


@dataclass(frozen=True)
class End:
    """The lowest or the highest amount that may be shown.

    Parameters
    ----------
    value : float
        The amount.
    kind : {"extreme", "twentieth", "fifth"}
        The minimum or maximum itself, which at least five people gave; otherwise the 5th or 95th percentile, or the
        fifth answer from the end where there are fewer than a hundred.
    """

    value: float
    kind: EndKind


@dataclass(frozen=True)
class Bin:
    """One bar of a shape.

    Parameters
    ----------
    low, high : float
        Its ends.
    density : float
        People by unit of the axis, the highest bar being 1.
    """

    low: float
    high: float
    density: float


@dataclass(frozen=True)
class Numbers:
    """Amounts in short; of moments, in seconds since 1970.

    Parameters
    ----------
    low, high : End
        Between which the answers lie, the rarest apart.
    quartiles : tuple of three floats
        The middle one is the median.
    mean, deviation : float
        Mean and standard deviation, rounded so that they do not give away how many people answered.
    bins : tuple of Bin
        The shape between the two ends; none where all answers are the same.
    """

    low: End
    quartiles: tuple[float, float, float]
    high: End
    mean: float
    deviation: float
    bins: tuple[Bin, ...] = ()


def numbers_of(given: pd.Series[Any]) -> Numbers | None:
    """Return amounts in short; None where too few people gave one.

    Parameters
    ----------
    given : pandas.Series
        Numbers or moments, none missing.

    Examples
    --------
    >>> short = numbers_of(pd.Series(range(1, 101)))
    >>> short.quartiles, short.low
    ((25.5, 50.5, 75.5), End(value=5.0, kind='twentieth'))
    >>> numbers_of(pd.Series([1, 2, 3])) is None
    True
    """
    if pd.api.types.is_datetime64_any_dtype(given):
        bare = given.dt.tz_convert("UTC").dt.tz_localize(None) if given.dt.tz is not None else given
        values = bare.to_numpy().astype("datetime64[s]").astype(np.float64)
    else:
        values = given.to_numpy(dtype=np.float64)
    values = np.sort(values[np.isfinite(values)])
    if len(values) < LEAST:
        return None
    quartiles = np.quantile(values, (0.25, 0.5, 0.75), method="averaged_inverted_cdf").tolist()
    low, high = _end(values), _end(-values[::-1])
    high = End(-high.value, high.kind)
    return Numbers(
        low,
        (quartiles[0], quartiles[1], quartiles[2]),
        high,
        _rounded(float(values.mean()), values),
        _rounded(float(values.std(ddof=1)), values),
        _bins(values[(values >= low.value) & (values <= high.value)], low.value, high.value),
    )


def _rounded(number: float, values: NDArray[np.float64]) -> float:
    """Return a mean with no more decimals than leave open of how many answers it is.

    Of 57 whole numbers, a mean times 57 is one too: with ten decimals, it is with 57 alone.
    """
    decimals = next((each for each in range(4) if np.allclose(values, np.round(values, each), 0, 1e-9)), 4)
    return round(number, decimals + math.floor(math.log10(len(values))))


def _end(ascending: NDArray[np.float64]) -> End:
    if np.searchsorted(ascending, ascending[0], side="right") >= FEW:
        return End(float(ascending[0]), "extreme")
    if len(ascending) < FEW * 20:
        return End(float(ascending[FEW - 1]), "fifth")
    return End(float(ascending[math.ceil(len(ascending) / 20) - 1]), "twentieth")


def _bins(values: NDArray[np.float64], low: float, high: float) -> tuple[Bin, ...]:
    """Return bars of equal width, joined to their neighbour where fewer than five people stand in them."""
    if not low < high or not math.isfinite(high - low):
        return ()
    counts, edges = np.histogram(values, bins=_width(values, low, high))
    joined: list[list[float]] = []
    for count, left, right in zip(counts.tolist(), edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        if joined and joined[-1][0] < FEW:
            joined[-1] = [joined[-1][0] + count, joined[-1][1], right]
        else:
            joined.append([count, left, right])
    if len(joined) > 1 and joined[-1][0] < FEW:
        count, _, right = joined.pop()
        joined[-1] = [joined[-1][0] + count, joined[-1][1], right]
    densities = [count / (right - left) for count, left, right in joined]
    return tuple(
        Bin(left, right, density / max(densities))
        for (_, left, right), density in zip(joined, densities, strict=True)
    )


def _width(values: NDArray[np.float64], low: float, high: float) -> NDArray[np.float64]:
    """Return the ends of bars: around each whole number where there are few of them."""
    if high - low <= BINS and bool((values % 1 == 0).all()):
        return np.arange(low - 0.5, high + 1.0, 1.0)
    return np.linspace(low, high, BINS + 1)
