"""Axes that count as the reader's language does, and labels that keep clear of each other."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from diplab.presentation.language import number, percent
from diplab.presentation.style import SIZES, text_width

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axis import Axis

    from diplab.reference.text import Language

__all__ = ["apart", "count_on", "count_on_ratios"]

MANTISSAS = ((1.0, 1.5, 2.0, 3.0, 5.0, 7.0), (1.0, 2.0, 5.0), (1.0, 3.0), (1.0,))
"""Round ratios within a power of ten, from many to few."""

MOST_RATIOS = 8


def count_on(
    axis: Axis, low: float, high: float, language: Language, *, as_percent: bool = False, room: float = 0.0
) -> None:
    """Put round ticks on an axis between two values, printed in one language.

    Parameters
    ----------
    axis : matplotlib Axis
        The axis.
    low, high : float
        Its ends.
    language : {"fr", "en"}
        Language of the reader.
    as_percent : bool
        True where values are shares.
    room : float
        Length of a horizontal axis in points: ticks are thinned until their labels keep clear of each other.
    """
    ticks: list[float] = []
    labels: list[str] = []
    for steps in (5, 4, 3, 2, 1):
        ticks = _round_ticks(low, high, 100.0 if as_percent else 1.0, steps)
        labels = _printed(ticks, language, as_percent)
        if not room or _clear(ticks, labels, room / (high - low)):
            break
    shown = dict(zip(ticks, labels, strict=True))
    axis.set_major_locator(FixedLocator(ticks))
    axis.set_major_formatter(FuncFormatter(lambda value, _: shown.get(float(value), "")))


def count_on_ratios(axis: Axis, low: float, high: float, language: Language, *, room: float) -> None:
    """Put round ticks on a logarithmic axis between two ratios, printed in one language.

    Parameters
    ----------
    axis : matplotlib Axis
        Of a logarithmic scale.
    low, high : float
        Its ends, above 0.
    language : {"fr", "en"}
        Language of the reader.
    room : float
        Length of the axis in points: ticks are thinned until their labels keep clear of each other.
    """
    ticks: list[float] = []
    labels: list[str] = []
    for proposed in _ratio_ticks(low, high):
        if len(proposed) < 2 and ticks:
            break
        ticks = proposed
        labels = [_shortest(tick, language) for tick in ticks]
        places = [math.log(tick) for tick in ticks]
        if len(ticks) <= MOST_RATIOS and _clear(places, labels, room / math.log(high / low)):
            break
    shown = dict(zip(ticks, labels, strict=True))
    axis.set_major_locator(FixedLocator(ticks))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: shown.get(float(value), "")))


def _ratio_ticks(low: float, high: float) -> Iterator[list[float]]:
    """Yield round ratios between two, from many to few; evenly spaced ones where they are near each other."""
    if high / low < 3:
        for steps in (5, 4, 3, 2):
            yield _round_ticks(low, high, 1.0, steps)
        return
    first, last = math.floor(math.log10(low)), math.floor(math.log10(high))
    for mantissas in MANTISSAS:
        for every in (1,) if len(mantissas) > 1 else (1, 2, 3, 6):
            powers = [power for power in range(first, last + 1) if power % every == 0]
            # as written: 3 * 0.1 is not 0.3
            ratios = [float(f"{mantissa:g}e{power}") for power in powers for mantissa in mantissas]
            yield [ratio for ratio in ratios if low <= ratio <= high]


def _shortest(tick: float, language: Language) -> str:
    kept = next((places for places in range(12) if math.isclose(tick, round(tick, places), rel_tol=1e-9)), 12)
    return number(tick, language, kept)


def _round_ticks(low: float, high: float, scale: float, steps: int) -> list[float]:
    proposed = MaxNLocator(steps, steps=[1, 2, 2.5, 5, 10]).tick_values(low * scale, high * scale)
    spare = (high - low) * scale * 1e-9
    return [float(tick) / scale for tick in proposed if low * scale - spare <= tick <= high * scale + spare]


def _printed(ticks: list[float], language: Language, as_percent: bool) -> list[str]:
    scaled = [tick * (100.0 if as_percent else 1.0) for tick in ticks]
    kept = next((places for places in range(7) if all(abs(t - round(t, places)) < 1e-9 for t in scaled)), 6)
    shown = percent if as_percent else number
    return [shown(round(tick, 12), language, kept) for tick in ticks]


def _clear(ticks: list[float], labels: list[str], per_unit: float) -> bool:
    widths = [text_width(label, SIZES["tick"]) for label in labels]
    return all(
        (after - before) * per_unit > (wide + next_wide) / 2 + 6
        for (before, wide), (after, next_wide) in pairwise(zip(ticks, widths, strict=True))
    )


def apart(centres: Sequence[float], heights: Sequence[float], low: float, high: float) -> list[float]:
    """Return the centres of labels moved as little as needed, in order, so that none covers another.

    Parameters
    ----------
    centres : sequence of float
        Where each label would like to be, in increasing order.
    heights : sequence of float
        Height of each.
    low, high : float
        Ends of the room for all.

    Returns
    -------
    list of float
        The centres.

    Examples
    --------
    >>> apart([5.0, 6.0, 40.0], [10.0, 10.0, 10.0], 0.0, 50.0)
    [5.0, 15.0, 40.0]
    """
    placed: list[float] = []
    edge = low
    for centre, height in zip(centres, heights, strict=True):
        placed.append(max(centre, edge + height / 2))
        edge = placed[-1] + height / 2
    edge = high
    for position in range(len(placed) - 1, -1, -1):
        placed[position] = min(placed[position], edge - heights[position] / 2)
        edge = placed[position] - heights[position] / 2
    return placed
