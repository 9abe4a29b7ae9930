"""The key of a chart: what each mark means, on one or more lines above the axes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from matplotlib.lines import Line2D
from matplotlib.transforms import Affine2D

from diplab.presentation.style import INK, SIZES, text_width, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Entry", "legend", "legend_height"]

MARK = 18.0
BETWEEN = 14.0
ROW = 12.0


@dataclass(frozen=True)
class Entry:
    """One mark and its meaning.

    Parameters
    ----------
    label : str
        Meaning, in the language of the figure.
    colour : str
        Colour of the mark.
    marker : str
        Marker, empty for a line alone.
    line : float
        Width of the line through the mark, in points; 0 for none.
    hollow : bool
        True for an empty marker.
    alpha : float
        Opacity of the line.
    dashed : bool
        True for a dashed line.
    style : str or tuple
        Another style of line, as matplotlib writes them.
    """

    label: str
    colour: str
    marker: str = ""
    line: float = 0.0
    hollow: bool = False
    alpha: float = 1.0
    dashed: bool = False
    style: Any = None


def legend_height(entries: list[Entry], room: float) -> float:
    """Return the height in points of a key that may use `room` points of width.

    Examples
    --------
    >>> legend_height([], 100.0)
    0.0
    """
    return ROW * len(_placed(entries, room))


def legend(axes: Axes, entries: list[Entry], left: float, room: float, height: float) -> None:
    """Draw the key above the axes.

    Parameters
    ----------
    axes : Axes
        The axes.
    entries : list of Entry
        The marks.
    left : float
        Points from the left of the axes to the left edge of the key (positive: further left).
    room : float
        Width in points.
    height : float
        Height in points from the top of the axes to the top of the key.
    """
    figure = axes.figure
    box = axes.get_position()
    width, tall = figure.get_size_inches() * 72  # type: ignore[union-attr]
    start, top = box.x0 * width - left, box.y1 * tall + height
    to_points = Affine2D().scale(1 / width, 1 / tall) + figure.transSubfigure
    for row, line in enumerate(_placed(entries, room)):
        y = top - ROW * (row + 0.5)
        for x, entry in line:
            _mark(axes, entry, start + x, y, to_points)
            axes.text(
                start + x + MARK,
                y,
                entry.label,
                transform=to_points,
                size=SIZES["tick"],
                color=INK,
                va="center",
            )


def _mark(axes: Axes, entry: Entry, x: float, y: float, to_points: object) -> None:
    common = {"transform": to_points, "clip_on": False, "color": entry.colour}
    if entry.line:
        look: dict[str, Any] = {"ls": (0, (4, 2))} if entry.dashed else {"solid_capstyle": "butt"}
        if entry.style is not None:
            look["ls"] = entry.style
        axes.add_artist(
            Line2D([x, x + 14], [y, y], lw=entry.line, alpha=entry.alpha, **look, **common)  # type: ignore[arg-type]
        )
    if entry.marker:
        face = "white" if entry.hollow else entry.colour
        axes.add_artist(
            Line2D([x + 7], [y], ls="", marker=entry.marker, ms=5, mfc=face, mew=1.1, **common)  # type: ignore[arg-type]
        )


def _placed(entries: list[Entry], room: float) -> list[list[tuple[float, Entry]]]:
    lines: list[list[tuple[float, Entry]]] = []
    x = 0.0
    for entry in entries:
        width = MARK + text_width(entry.label, SIZES["tick"]) + BETWEEN
        if width - BETWEEN > room:
            # a long meaning has lines of its own, its mark at the first
            first, *others = wrapped(entry.label, room - MARK, SIZES["tick"])
            lines.append([(0.0, replace(entry, label=first))])
            lines += [[(0.0, Entry(other, entry.colour))] for other in others]
            x = room
            continue
        if not lines or x + width - BETWEEN > room:
            lines.append([])
            x = 0.0
        lines[-1].append((x, entry))
        x += width
    return lines
