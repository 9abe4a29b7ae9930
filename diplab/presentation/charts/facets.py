"""Small multiples: one chart for each answer of a dimension, side by side, on one scale and with one key."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from matplotlib.axes import Axes

from diplab.presentation.charts.axes import LegendEntry, legend, legend_height
from diplab.presentation.charts.chart import EDGE, Chart, ChartWords, Margins, extent
from diplab.presentation.language import words
from diplab.presentation.layouts.registry import Drawing
from diplab.reference.text import Language, Text

BETWEEN = 10.0
NARROWEST = 85.0  # points of width that the axes of a panel need


@dataclass(frozen=True)
class Panel:
    """One chart and its name."""

    name: Text
    chart: Chart


@dataclass(frozen=True, kw_only=True)
class Facets(Chart, kind="", data="panels", item=Panel):
    """Charts of one kind whose axes of values have the same ends; rows are named at the left of each line of panels."""

    panels: tuple[Panel, ...]

    @classmethod
    def of_panels(cls, kind: type[Chart], drawing: Drawing, words: ChartWords) -> Facets:
        """Return one chart for each panel of a drawing."""
        names = drawing.arrangement.panels
        charts = [kind.of_result(drawing.panel(each), words) for each in range(len(names))]
        ends = [chart.ends for chart in charts if chart.ends is not None]
        common: dict[str, Any] = {"legend": False}
        if ends and words.limits is None:
            common["limits"] = (min(low for low, _ in ends), max(high for _, high in ends))
        panels = [Panel(name, replace(chart, **common)) for name, chart in zip(names, charts, strict=True)]
        return cls(panels=tuple(panels), **words.fields(drawing.alt) | {"notes": charts[0].notes})

    def margins(self, language: Language, room: float) -> Margins:
        """Return room for the key above."""
        return Margins(top=legend_height(self.key(language), room, self.style) + 4)

    def height(self, language: Language, room: float) -> float:
        """Return the height of all lines of panels."""
        return sum(height for _, height in self._lines(language, room)) - BETWEEN

    def key(self, language: Language) -> list[LegendEntry]:
        """Return the marks of all panels."""
        return list(dict.fromkeys(entry for panel in self.panels for entry in panel.chart.key(language)))

    def draw(self, axes: Axes, language: Language) -> None:
        """Draw each panel into axes of its own, its name above."""
        axes.set_axis_off()
        figure = axes.figure
        width, tall = extent(axes)
        box = axes.get_position()
        across, up = box.width / width, box.height / tall  # of the figure, for one point
        top = 0.0
        for line, height in self._lines(language, width):
            left = 0.0
            for chart, name, inner in line:
                around = chart.margins(language, chart.room)
                names = self._name(name, language, inner)
                title = len(names) * self.style.line + 3
                own = height - BETWEEN - title - around.top - around.bottom
                x, y = left + around.left, tall - top - title - around.top - own
                panel = figure.add_axes((box.x0 + x * across, box.y0 + y * up, inner * across, own * up))
                chart.draw(panel, language)
                for at, text in enumerate(names):
                    above = around.top + title - (at + 0.8) * self.style.line
                    panel.annotate(
                        text, (0, 1), xycoords="axes fraction", xytext=(0, above), textcoords="offset points",
                        size=self.style.label, weight="bold", annotation_clip=False,
                    )  # fmt: skip
                left += around.left + inner + around.right + BETWEEN
            top += height
        legend(axes, self.key(language), 0.0, self.room, self.margins(language, self.room).top, self.style)

    def _name(self, name: Text, language: Language, room: float) -> list[str]:
        return self.style.wrapped(words(name, language), room, self.style.label, bold=True)

    def _lines(self, language: Language, room: float) -> list[tuple[list[tuple[Chart, Text, float]], float]]:
        """Return the lines of panels, of each its chart, its name and the width of its axes, with their height."""
        whole = points_wide(self.panels[0].chart, room)
        for columns in range(len(self.panels), 0, -1):
            charts = [whole, *[points_wide(whole.aside(), room)] * (columns - 1)]
            sides = [chart.margins(language, room) for chart in charts]
            taken = sum(side.left + side.right for side in sides) + BETWEEN * (columns - 1)
            inner = (room - taken) / columns
            if inner >= NARROWEST or columns == 1:
                break
        lines = []
        for first in range(0, len(self.panels), columns):
            line = []
            for at, panel in enumerate(self.panels[first : first + columns]):
                chart = points_wide(panel.chart if at == 0 else panel.chart.aside(), room)
                line.append((chart, panel.name, inner))
            tall = max(len(self._name(name, language, inner)) for _, name, _ in line) * self.style.line + 3
            around = [(chart.margins(language, room), chart.height(language, inner)) for chart, _, _ in line]
            lines.append((line, BETWEEN + tall + max(each.top + each.bottom + own for each, own in around)))
        return lines


def points_wide(chart: Chart, room: float) -> Chart:
    """Return a chart whose room is a number of points."""
    return replace(chart, width=(room + 2 * EDGE) / 72 * 25.4)
