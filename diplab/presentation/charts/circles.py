"""Nested circles drawn to area: a population, and the smaller ones inside it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from matplotlib.patches import Circle as Disc

from diplab.presentation.charts.chart import Chart, extent
from diplab.presentation.charts.scale import apart
from diplab.presentation.language import number
from diplab.presentation.page import Margins
from diplab.presentation.punctuation import words
from diplab.presentation.style import GREY, INK, LEADING, SIZES, wrapped
from diplab.reference.text import NOTHING, Text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from diplab.reference.text import Language

__all__ = ["Circle", "Circles"]

SIZE = SIZES["label"]
BIG = SIZES["title"]
SHADES = ("#cfe3f1", "#8fbfe0", "#0072B2", "#00456b")
GAP = 22.0


@dataclass(frozen=True)
class Circle:
    """One population, everyone of a smaller circle being in the larger.

    Parameters
    ----------
    label : Text
        Who is counted.
    size : float
        How many people; the area of the circle.
    shown : Text
        The size as printed; by default to the decimals of the chart.
    """

    label: Text
    size: float
    shown: Text = NOTHING


@dataclass(frozen=True, kw_only=True)
class Circles(Chart):
    """Nested circles, their areas in proportion, labels outside.

    Parameters
    ----------
    circles : tuple of Circle
        In any order.
    decimals : int
        Digits of the printed sizes.
    """

    circles: tuple[Circle, ...]
    decimals: int = 0

    def margins(self, language: Language, room: float) -> Margins:
        """Return half a line above, for the label of the largest circle."""
        return Margins(top=BIG * LEADING, bottom=2)

    def height(self, language: Language, room: float) -> float:
        """Return the diameter of the largest circle, or the height of the labels where they need more."""
        labels = sum(self._tall(circle, language, room) for circle in self._sorted())
        return max(self._diameter(room), labels)

    def radius(self, circle: Circle, room: float) -> float:
        """Return the radius of a circle in points, its area in proportion to its size."""
        return self._diameter(room) / 2 * math.sqrt(circle.size / self._sorted()[0].size)

    def draw(self, axes: Axes, language: Language) -> None:
        """Draw circles that touch at the bottom, each with a line to its label."""
        width, tall = extent(axes)
        axes.set_xlim(0, width)
        axes.set_ylim(tall, 0)
        axes.set_axis_off()
        centre = self._diameter(width) / 2
        ordered = self._sorted()
        tops = [tall - 2 * self.radius(circle, width) for circle in ordered]
        heights = [self._tall(circle, language, width) for circle in ordered]
        line = BIG * LEADING
        # A label hangs from its first line, which is level with the top of its circle.
        middles = [top + height / 2 - line / 2 for top, height in zip(tops, heights, strict=True)]
        placed = apart(middles, heights, -line, tall)
        for rank, circle in enumerate(ordered):
            radius = self.radius(circle, width)
            shade = SHADES[min(rank, len(SHADES) - 1)]
            axes.add_patch(
                Disc(
                    (centre, tall - radius), radius, facecolor=shade, edgecolor="white", lw=0.8, clip_on=False
                )
            )
        for circle, top, middle, height in zip(ordered, tops, placed, heights, strict=True):
            first = middle - height / 2 + line / 2
            left = 2 * centre + GAP
            axes.plot(
                [centre, left - GAP / 2, left - 4],
                [top, top, first],
                color=INK,
                lw=0.6,
                clip_on=False,
                zorder=5,
            )
            axes.plot([centre], [top], ls="", marker="o", ms=2, color=INK, clip_on=False, zorder=5)
            self._write(axes, circle, language, left=left, first=first, width=width)

    def _write(
        self, axes: Axes, circle: Circle, language: Language, *, left: float, first: float, width: float
    ) -> None:
        shown = circle.shown.in_(language) or number(circle.size, language, self.decimals)
        axes.text(left, first, shown, size=BIG, weight="bold", va="center")
        start = first + BIG * LEADING / 2 + SIZE * LEADING / 2
        for position, text in enumerate(self._lines(circle, language, width)):
            axes.text(left, start + position * SIZE * LEADING, text, size=SIZE, va="center", color=GREY)

    def _sorted(self) -> list[Circle]:
        return sorted(self.circles, key=lambda circle: -circle.size)

    def _diameter(self, room: float) -> float:
        return min(room * 0.5, 190.0)

    def _lines(self, circle: Circle, language: Language, room: float) -> list[str]:
        return wrapped(words(circle.label, language), room - self._diameter(room) - GAP, SIZE)

    def _tall(self, circle: Circle, language: Language, room: float) -> float:
        return BIG * LEADING + len(self._lines(circle, language, room)) * SIZE * LEADING + 5
