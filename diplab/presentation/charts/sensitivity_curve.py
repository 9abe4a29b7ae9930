"""A curve over a quantity that data do not fix, its feasible values shaded, some points named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from matplotlib.axes import Axes

from diplab.presentation.charts.axes import LegendEntry, count_on, count_on_ratios, legend, legend_height
from diplab.presentation.charts.chart import Chart, Margins, extent, limit
from diplab.presentation.charts.style import pale
from diplab.presentation.language import capital, number, term, words
from diplab.reference.text import NOTHING, Language, Text

BAR = 7.0
Side: TypeAlias = Literal["above", "below", "above right", "above left", "below right", "below left"]


@dataclass(frozen=True)
class Mark:
    """A named point of the curve."""

    x: float
    y: float
    label: Text
    side: Side = "above right"


@dataclass(frozen=True, kw_only=True)
class SensitivityCurve(Chart, kind="sensitivity_curve", data="x"):
    """A curve with marked points and a shaded range."""

    x: tuple[float, ...]
    y: tuple[float, ...]
    x_axis: Text
    y_axis: Text
    marks: tuple[Mark, ...] = ()
    feasible: tuple[float, float] | None = None
    feasible_label: Text = NOTHING
    feasible_bar: bool = False
    x_ends: tuple[float, float] | None = None
    y_ends: tuple[float, float] | None = None
    log: bool = False

    @classmethod
    def fields_of_data(cls, data: Sequence[Any]) -> dict[str, Any]:
        """Return the curve through pairs of x and y."""
        x, y = zip(*data, strict=True)
        return {"x": x, "y": y}

    def margins(self, language: Language, room: float) -> Margins:
        """Return room for ticks, the axis titles and the key."""
        low, high = self._ends()
        places = 0 if self.log else 2
        ticks = max(self.style.text_width(number(end, language, places), self.style.tick) for end in (low, high))
        above = 14 + legend_height(self._entries(language), room, self.style)
        return Margins(left=ticks + 8, right=14, top=above, bottom=30)

    def draw(self, axes: Axes, language: Language) -> None:
        """Draw the shaded range, the curve, its points and the axes."""
        low, high = self._ends()
        left, right = self.x_ends or (min(self.x), max(self.x))
        if self.log:
            axes.set_xscale("log")
            axes.set_yscale("log")
        limit(axes, (left, right), (low, high), grid="y")
        if self.feasible is not None:
            self._shade(axes, self.feasible)
        axes.plot(self.x, self.y, color=self.style.colours[0], lw=1.6)
        for mark in self.marks:
            axes.plot([mark.x], [mark.y], ls="", marker="o", ms=5, color=self.style.colours[1], clip_on=False)
            self._name(axes, mark, language)
        self._count(axes, (left, right), (low, high), language)
        axes.set_xlabel(words(self.x_axis, language))
        margins = self.margins(language, self.room)
        self.name_above(axes, self.y_axis, margins.left, language)
        legend(axes, self._entries(language), margins.left, self.room, margins.top, self.style)

    def _count(self, axes: Axes, across: tuple[float, float], up: tuple[float, float], language: Language) -> None:
        width, tall = extent(axes)
        if self.log:
            count_on_ratios(axes.xaxis, *across, language, style=self.style, room=width)
            count_on_ratios(axes.yaxis, *up, language, style=self.style, room=tall)
            return
        count_on(axes.xaxis, *across, language, style=self.style, room=width)
        count_on(axes.yaxis, *up, language, style=self.style)

    def _shade(self, axes: Axes, ends: tuple[float, float]) -> None:
        if not self.feasible_bar:
            axes.axhspan(*ends, **pale(self.style.fill, 0.25))
            return
        across = BAR / extent(axes)[0]
        axes.axhspan(*ends, 0, across, color=self.style.fill, lw=0)
        for end in ends:
            edge: Any = {"transform": axes.get_yaxis_transform(), "color": self.style.colours[0], "lw": 1.2}
            axes.plot([0, across], [end, end], **edge)

    def _name(self, axes: Axes, mark: Mark, language: Language) -> None:
        up = 1 if mark.side.startswith("above") else -1
        aside = 0 if " " not in mark.side else (1 if mark.side.endswith("right") else -1)
        sides = {"ha": {0: "center", 1: "left", -1: "right"}[aside], "va": "bottom" if up > 0 else "top"}
        self.write_at(axes, words(mark.label, language), (mark.x, mark.y), (5 * aside, 6 * up), **sides)

    def _ends(self) -> tuple[float, float]:
        if self.y_ends is not None:
            return self.y_ends
        values = [*self.y, *(self.feasible or ()), *(mark.y for mark in self.marks)]
        spare = (max(values) - min(values) or 1.0) * 0.1
        return min(values) - spare, max(values) + spare

    def _entries(self, language: Language) -> list[LegendEntry]:
        if self.feasible is None:
            return []
        label = words(self.feasible_label, language) or term("word.feasible", language)
        alpha = 1.0 if self.feasible_bar else 0.35
        return [LegendEntry(capital(label), self.style.fill, line=7, alpha=alpha)]
