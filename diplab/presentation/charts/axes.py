"""Axes with ticks in the reader's language, labels that do not overlap, and the key."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.colors import to_rgb
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator
from matplotlib.transforms import Affine2D

from diplab.errors import OptionError
from diplab.presentation.charts.style import DEFAULT, Style, pale
from diplab.presentation.language import number, percent
from diplab.reference.text import Language, Text

MANTISSAS = ((1.0, 1.5, 2.0, 3.0, 5.0, 7.0), (1.0, 2.0, 5.0), (1.0, 3.0), (1.0,))
"""Round ratios within a power of ten, from many to few."""
MOST_RATIOS = 8


def check_limits(
    limits: tuple[float, float] | None, label: Text, values: Iterable[float | None]
) -> None:
    """Raise an error for limits of an axis that exclude a value."""
    for value in values if limits else ():
        if (
            limits
            and value is not None
            and math.isfinite(value)
            and not limits[0] <= value <= limits[1]
        ):
            raise OptionError(
                f"`limits={limits}` exclude `{label.en.strip()}`.",
                f"It reaches {value:.6g}.",
                f"Write `limits=({min(limits[0], value):.6g}, {max(limits[1], value):.6g})`, or "
                "leave them out.",
            )


def round_ends(low: float, high: float, scale: float = 1.0) -> tuple[float, float]:
    """Return round numbers at or beyond two values: the first and last tick of an axis."""
    ends = low * scale, high * scale
    for _ in range(3):
        # the ticks of a longer axis may be further apart
        ticks = _LOCATOR.tick_values(*ends)
        spare = (ends[1] - ends[0]) * 1e-9
        ends = (
            max(tick for tick in ticks if tick <= ends[0] + spare),
            min(e for e in ticks if e >= ends[1] - spare),
        )
    return float(ends[0]) / scale, float(ends[1]) / scale


def round_ratios(low: float, high: float) -> tuple[float, float]:
    """Return round ratios at or beyond two, for the ends of a logarithmic axis."""
    first, last = round_ends(low, high)
    if high / low < 3 and first > 0:
        return first, last
    rounds = [float(f"{mantissa}e{power}") for power in range(-9, 13) for mantissa in (1, 2, 5)]
    return max((item for item in rounds if item <= low), default=low), min(
        e for e in rounds if e >= high
    )


_LOCATOR = MaxNLocator(5, steps=[1, 2, 2.5, 5, 10])


def count_on(
    axis: Axis,
    low: float,
    high: float,
    language: Language,
    *,
    style: Style,
    as_percent: bool = False,
    ratios: bool = False,
    room: float = 0.0,
    signs: bool = True,
) -> None:
    """Put round ticks on an axis between two values, logarithmic for `ratios`.

    Percentages are without their sign if `signs` is False.
    """
    if ratios:
        count_on_ratios(axis, low, high, language, style=style, room=room)
        return
    ticks: list[float] = []
    labels: list[str] = []
    scale = 100.0 if as_percent else 1.0
    every = _round_ticks(low, high, scale, 5)
    proposed = [_round_ticks(low, high, scale, steps) for steps in (5, 4, 3, 2, 1)]
    if len(every) > 1 and np.allclose(
        [every[0], every[-1]], [low, high], rtol=1e-9, atol=(high - low) * 1e-9
    ):
        # both ends of the axis keep their tick
        proposed = [every[::step] for step in range(1, len(every)) if (len(every) - 1) % step == 0]
    for ticks in proposed:
        labels = _printed(ticks, language, as_percent, signs)
        if not room or _clear(ticks, labels, room / (high - low), style):
            break
    set_ticks(axis, ticks, labels)


def set_ticks(axis: Axis, ticks: list[float], labels: list[str]) -> None:
    """Put ticks with their labels on an axis."""
    axis.set_major_locator(FixedLocator(ticks))
    axis.set_major_formatter(FuncFormatter(_TickLabels(zip(ticks, labels, strict=True))))


class _TickLabels(dict[float, str]):
    """The labels of ticks, in an object that can be pickled with a figure."""

    def __call__(self, value: float, place: int | None) -> str:
        """Return the label of a tick; empty elsewhere."""
        return self.get(float(value), "")


def count_on_ratios(
    axis: Axis, low: float, high: float, language: Language, *, style: Style, room: float
) -> None:
    """Put round ticks on a logarithmic axis between two ratios, printed in one language."""
    ticks: list[float] = []
    labels: list[str] = []
    for proposed in _ratio_ticks(low, high):
        if len(proposed) < 2 and ticks:
            break
        ticks = proposed
        labels = [shortest(tick, language) for tick in ticks]
        places = list(map(math.log, ticks))
        if len(ticks) <= MOST_RATIOS and _clear(places, labels, room / math.log(high / low), style):
            break
    set_ticks(axis, ticks, labels)
    axis.set_minor_locator(NullLocator())


def _ratio_ticks(low: float, high: float) -> Iterator[list[float]]:
    """Yield round ratios between two, from many to few; evenly spaced if they are close."""
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


def shortest(tick: float, language: Language) -> str:
    """Return a number with all its decimals."""
    decimals = next(
        (places for places in range(12) if math.isclose(tick, round(tick, places), rel_tol=1e-9)),
        12,
    )
    return number(tick, language, decimals)


def _round_ticks(low: float, high: float, scale: float, steps: int) -> list[float]:
    proposed = MaxNLocator(steps, steps=[1, 2, 2.5, 5, 10]).tick_values(low * scale, high * scale)
    spare = (high - low) * scale * 1e-9
    return [
        float(tick) / scale
        for tick in proposed
        if low * scale - spare <= tick <= high * scale + spare
    ]


def _printed(
    ticks: list[float], language: Language, as_percent: bool, signs: bool = True
) -> list[str]:
    scaled = [tick * (100.0 if as_percent else 1.0) for tick in ticks]
    decimals = next(
        (places for places in range(7) if all(abs(t - round(t, places)) < 1e-9 for t in scaled)), 6
    )
    if as_percent and not signs:
        return [number(round(tick, 10), language, decimals) for tick in scaled]
    shown = percent if as_percent else number
    return [shown(round(tick, 12), language, decimals) for tick in ticks]


def _clear(ticks: list[float], labels: list[str], per_unit: float, style: Style) -> bool:
    widths = [style.text_width(label, style.tick) for label in labels]
    return all(
        (after - before) * per_unit > (wide + next_wide) / 2 + 6
        for (before, wide), (after, next_wide) in pairwise(zip(ticks, widths, strict=True))
    )


def spread_labels(
    centres: Sequence[float], heights: Sequence[float], low: float, high: float
) -> list[float]:
    """Return the positions of labels, moved as little as possible so that none overlap."""
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


MARK = 18.0
BETWEEN = 14.0
ROW = 12.0


@dataclass(frozen=True)
class LegendEntry:
    """A mark and its meaning."""

    label: str
    colour: str
    marker: str = ""
    line: float = 0.0
    hollow: bool = False
    alpha: float = 1.0
    style: Any = "-"
    box: bool = False
    hatch: str = ""


def legend_height(entries: list[LegendEntry], room: float, style: Style) -> float:
    """Return the height in points of a key that may use `room` points of width."""
    return ROW * len(_legend_rows(entries, room, style))


def legend(
    axes: Axes, entries: list[LegendEntry], left: float, room: float, height: float, style: Style
) -> None:
    """Draw the key above the axes."""
    figure = axes.figure
    box = axes.get_position()
    width, tall = figure.get_size_inches() * 72  # type: ignore[union-attr]
    start, top = box.x0 * width - left, box.y1 * tall + height
    to_points = Affine2D().scale(1 / width, 1 / tall) + figure.transSubfigure
    for row, line in enumerate(_legend_rows(entries, room, style)):
        y = top - ROW * (row + 0.5)
        for x, entry in line:
            _draw_mark(figure, entry, start + x, y, to_points)
            axes.text(
                start + x + MARK,
                y,
                entry.label,
                transform=to_points,
                size=style.tick,
                color=style.ink,
                va="center",
            )


def _draw_mark(figure: Any, entry: LegendEntry, x: float, y: float, to_points: Any) -> None:
    common = {"transform": to_points, "clip_on": False, "color": entry.colour}
    if entry.box:
        box = Rectangle((x, y - 3.5), 13, 7, clip_on=False, **bar_look(entry.colour, entry.hatch))
        figure.add_artist(box).set_transform(to_points)
    elif entry.alpha < 1:
        shape = Rectangle(
            (x, y - entry.line / 2),
            14,
            entry.line,
            **pale(entry.colour, entry.alpha),
            clip_on=False,
        )
        figure.add_artist(shape).set_transform(to_points)
    elif entry.line:
        figure.add_artist(Line2D([x, x + 14], [y, y], lw=entry.line, ls=entry.style, **common))
    if entry.marker:
        face = "white" if entry.hollow else entry.colour
        figure.add_artist(
            Line2D([x + 7], [y], ls="", marker=entry.marker, ms=5, mfc=face, mew=1.1, **common)
        )


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour (WCAG 2.2)."""
    linear = [
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
        for channel in to_rgb(colour)
    ]
    return float(np.dot((0.2126, 0.7152, 0.0722), linear))


def bar_look(colour: str, hatch: str = "") -> dict[str, Any]:
    """Return the fill of an area, with an edge if it is too light on white."""
    light = luminance(colour) > 0.3
    return {
        "facecolor": colour,
        "hatch": hatch,
        "edgecolor": DEFAULT.grey if light else "white",
        "lw": 0.6 if light else 0.4,
    }


def _legend_rows(
    entries: list[LegendEntry], room: float, style: Style
) -> list[list[tuple[float, LegendEntry]]]:
    lines: list[list[tuple[float, LegendEntry]]] = []
    x = 0.0
    for entry in entries:
        width = MARK + style.text_width(entry.label, style.tick) + BETWEEN
        if width - BETWEEN > room:
            # a long meaning has several lines, with its mark at the first
            first, *others = style.wrapped(entry.label, room - MARK, style.tick)
            lines.append([(0.0, replace(entry, label=first))])
            lines += [[(0.0, LegendEntry(other, entry.colour))] for other in others]
            x = room
            continue
        if not lines or x + width - BETWEEN > room:
            lines.append([])
            x = 0.0
        lines[-1].append((x, entry))
        x += width
    return lines
