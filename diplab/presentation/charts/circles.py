"""Nested circles drawn to area: a population, and the smaller ones inside it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from matplotlib.axes import Axes
from matplotlib.patches import Circle as CirclePatch

from diplab.errors import OptionError
from diplab.presentation.charts.axes import spread_labels
from diplab.presentation.charts.chart import Chart, ChartWords, Margins, extent
from diplab.presentation.charts.style import LEADING
from diplab.presentation.language import number, words
from diplab.presentation.layouts.registry import Drawing
from diplab.presentation.numbers import known
from diplab.reference.text import NOTHING, Language, Text

GAP = 22.0


@dataclass(frozen=True)
class Disc:
    """A population that contains the populations of all smaller circles."""

    label: Text
    size: float
    shown: Text = NOTHING


@dataclass(frozen=True, kw_only=True)
class Circles(Chart, kind="circles", data="circles", item=Disc):
    """Nested circles with proportional areas, and labels outside."""

    has_intervals: ClassVar[bool] = False
    circles: tuple[Disc, ...]
    decimals: int = 0

    @classmethod
    def of_result(cls, drawing: Drawing, words: ChartWords) -> Chart:
        """Return nested populations as circles, one inside the other."""
        estimates, count = drawing.estimates, len(drawing.lines)
        if not estimates.provenance.nested:
            raise OptionError(
                f"{count} estimates cannot be drawn as circles.",
                "Their provenance does not state that each population is inside the next.",
                "Write `kind='dots'`, or `estimates.described(nested=True)` if they are nested.",
            )
        sizes = zip(drawing.lines, map(known, estimates.frame["estimate"]), strict=True)
        circles = tuple(
            Disc(line, size) for line, size in sizes if size is not None and math.isfinite(size)
        )
        if not any(circle.size > 0 for circle in circles):
            raise OptionError(
                f"{count} estimates cannot be drawn as circles.",
                "None of them is a positive number.",
                "Write `kind='dots'`.",
            )
        return cls(circles=circles, **words.fields(drawing.alt))

    def margins(self, language: Language, room: float) -> Margins:
        """Return margins with half a line above, for the label of the largest circle."""
        return Margins(top=self.style.title * LEADING, bottom=2)

    def height(self, language: Language, room: float) -> float:
        """Return the diameter of the largest circle, or the height of the labels if larger."""
        labels = sum(self._tall(circle, language, room) for circle in self._sorted())
        return max(self._diameter(room), labels)

    def radius(self, circle: Disc, room: float) -> float:
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
        line = self.style.title * LEADING
        # The first line of a label is level with the top of its circle.
        middles = [top + height / 2 - line / 2 for top, height in zip(tops, heights, strict=True)]
        placed = spread_labels(middles, heights, -line, tall)
        left = 2 * centre + GAP
        for rank, (circle, top, middle, height) in enumerate(
            zip(ordered, tops, placed, heights, strict=True)
        ):
            place, radius = (centre, (top + tall) / 2), (tall - top) / 2
            shades = self.style.discs
            shade, edge = shades[min(rank, len(shades) - 1)], shades[-2]
            axes.add_patch(
                CirclePatch(place, radius, facecolor=shade, edgecolor=edge, lw=0.8, clip_on=False)
            )
            first = middle - height / 2 + line / 2
            look: Any = {"color": self.style.ink, "clip_on": False, "zorder": 5}
            axes.plot([centre, left - GAP / 2, left - 4], [top, top, first], lw=0.6, **look)
            axes.plot([centre], [top], ls="", marker="o", ms=2, **look)
            self._write(axes, circle, language, left=left, first=first, width=width)

    def _write(
        self,
        axes: Axes,
        circle: Disc,
        language: Language,
        *,
        left: float,
        first: float,
        width: float,
    ) -> None:
        shown = circle.shown.in_(language) or number(circle.size, language, self.decimals)
        axes.text(left, first, shown, size=self.style.title, weight="bold", va="center")
        start = first + self.style.title * LEADING / 2 + self.style.line / 2
        self.write_lines(
            axes, self._lines(circle, language, width), left, start, color=self.style.grey
        )

    def _sorted(self) -> list[Disc]:
        return sorted(self.circles, key=lambda circle: -circle.size)

    def _diameter(self, room: float) -> float:
        return min(room * 0.5, 190.0)

    def _lines(self, circle: Disc, language: Language, room: float) -> list[str]:
        return self.style.wrapped(
            words(circle.label, language), room - self._diameter(room) - GAP, self.style.label
        )

    def _tall(self, circle: Disc, language: Language, room: float) -> float:
        return (
            self.style.title * LEADING
            + len(self._lines(circle, language, room)) * self.style.line
            + 5
        )
