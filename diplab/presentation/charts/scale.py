"""Axes that count as the reader's language does, and labels that keep clear of each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

from diplab.presentation.language import number, percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axis import Axis

    from diplab.reference.text import Language

__all__ = ["apart", "count_on"]


def count_on(
    axis: Axis, low: float, high: float, language: Language, *, as_percent: bool = False, steps: int = 5
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
    steps : int
        About how many intervals between ticks.
    """
    scale = 100.0 if as_percent else 1.0
    ticks = [
        float(tick)
        for tick in MaxNLocator(steps, steps=[1, 2, 2.5, 5, 10]).tick_values(low * scale, high * scale)
        if low * scale - 1e-9 <= tick <= high * scale + 1e-9
    ]
    kept = next((places for places in range(4) if all(abs(t - round(t, places)) < 1e-9 for t in ticks)), 3)
    shown = percent if as_percent else number
    axis.set_major_locator(FixedLocator([tick / scale for tick in ticks]))
    axis.set_major_formatter(FuncFormatter(lambda value, _: shown(round(value, 9), language, kept)))


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
