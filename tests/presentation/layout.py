"""Whether the words of a figure can be read: all inside the canvas, none over another."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text as Words

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.transforms import BboxBase

TOLERANCE = 0.75


def overlaps(figure: Figure) -> list[str]:
    """Name every text that leaves the canvas and every pair of texts that cover each other; [] is right."""
    renderer = FigureCanvasAgg(figure).get_renderer()
    # everything comes to its place as in drawing; that nothing is painted saves most of the time
    with renderer._draw_disabled():
        figure.draw(renderer)
    shown = [
        (words.get_text(), words.get_window_extent(renderer))
        for words in figure.findobj(Words)
        if words.get_visible() and words.get_text().strip() and _drawn(words)
    ]
    faults = [f"clipped: {text!r}" for text, box in shown if _outside(box, figure)]
    faults.extend(
        f"overlap: {one!r} and {other!r}"
        for (one, first), (other, second) in combinations(shown, 2)
        if _crossed(first, second)
    )
    return faults


def _drawn(words: Words) -> bool:
    # Ticks outside the view and those of axes switched off exist as texts but are never drawn.
    axes = words.axes
    if axes is None:
        return True
    for axis in (axes.xaxis, axes.yaxis):
        own = [
            axis.label,
            axis.offsetText,
            *(tick.label1 for tick in [*axis.majorTicks, *axis.minorTicks]),
        ]
        if any(words is each for each in own):
            if not axes.axison or not axis.get_visible():
                return False
            drawn = axis._update_ticks()
            return words is axis.label or any(words is tick.label1 for tick in drawn)
    return True


def _outside(box: BboxBase, figure: Figure) -> bool:
    width, height = figure.canvas.get_width_height()
    return (
        box.x0 < -TOLERANCE
        or box.y0 < -TOLERANCE
        or box.x1 > width + TOLERANCE
        or box.y1 > height + TOLERANCE
    )


def _crossed(first: BboxBase, second: BboxBase) -> bool:
    across = min(first.x1, second.x1) - max(first.x0, second.x0)
    down = min(first.y1, second.y1) - max(first.y0, second.y0)
    return bool(across > TOLERANCE and down > TOLERANCE)
