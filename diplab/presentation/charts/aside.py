"""Names at the right of a chart, each led to its height by a stroke and clear of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diplab.presentation.charts.chart import extent
from diplab.presentation.charts.scale import apart
from diplab.presentation.style import INK, LEADING, SIZES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

__all__ = ["LINE", "Name", "names_height", "write_aside"]

SIZE = SIZES["label"]
LINE = SIZE * LEADING

Name = tuple[float, list[str], str]
"""Height on the vertical axis, lines of words, colour of the stroke."""


def names_height(names: Sequence[Name]) -> float:
    """Return the height in points that names need to stand one below the other."""
    return sum(len(lines) * LINE + 5 for _, lines, _ in names)


def write_aside(axes: Axes, names: Sequence[Name], top: float) -> None:
    """Write names at the right of axes that go from 0 to `top`."""
    width, tall = extent(axes)
    ordered = sorted(names, key=lambda name: -name[0])
    heights = [len(lines) * LINE + 4 for _, lines, _ in ordered]
    placed = apart([tall * (1 - value / top) for value, _, _ in ordered], heights, -4, tall + 4)
    for (value, lines, colour), middle in zip(ordered, placed, strict=True):
        level = tall * (1 - value / top)
        axes.plot(
            [1 + 2 / width, 1 + 9 / width],
            [1 - level / tall, 1 - middle / tall],
            transform=axes.transAxes,
            color=colour,
            lw=0.9,
            clip_on=False,
        )
        start = middle - LINE * (len(lines) - 1) / 2
        for position, text in enumerate(lines):
            axes.text(
                1 + 12 / width,
                1 - (start + position * LINE) / tall,
                text,
                transform=axes.transAxes,
                size=SIZE,
                va="center",
                color=INK,
            )
