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
        own = replace(words, options={}).fields(drawing.alt)
        return cls(panels=tuple(panels), **own | {"notes": charts[0].notes})

    def margins(self, language: Language, room: float) -> Margins:
        """Return room for the key above."""
        return Margins(top=legend_height(self.key(language), room, self.style) + 4)

    def height(self, language: Language, room: float) -> float:
        """Return the height of all lines of panels."""
        return sum(self._heights(language, self._grid(language, room))) - BETWEEN

    def key(self, language: Language) -> list[LegendEntry]:
        """Return the marks of all panels."""
        return list(dict.fromkeys(entry for panel in self.panels for entry in panel.chart.key(language)))

    def draw(self, axes: Axes, language: Language) -> None:
        """Draw each panel into axes of its own, its name above."""
        axes.set_axis_off()
        width, tall = extent(axes)
        box, grid = axes.get_position(), self._grid(language, width)
        across, up = box.width / width, box.height / tall  # of the figure, for one point
        bottom = tall
        for line, height in enumerate(self._heights(language, grid)):
            bottom -= height
            for column, panel in enumerate(self.panels[line * grid.columns :][: grid.columns]):
                chart = grid.charts[line * grid.columns + column]
                own = chart.aside() if column else chart
                above = self._name_height(line, language, grid)
                high = height - BETWEEN - above - grid.first.top - grid.first.bottom
                x = grid.first.left + column * (grid.inner + grid.aside.left + grid.aside.right + BETWEEN)
                low = bottom + BETWEEN + grid.first.bottom
                inset = axes.figure.add_axes((box.x0 + x * across, box.y0 + low * up, grid.inner * across, high * up))
                own.draw(inset, language)
                for at, text in enumerate(self._name(panel.name, language, grid)):
                    look: Any = {"xycoords": "axes fraction", "annotation_clip": False, "weight": "bold"}
                    up_to = grid.first.top + above - (at + 0.8) * self.style.line
                    self.write_at(inset, text, (0, 1), (0, up_to), **look)
        legend(axes, self.key(language), 0.0, self.room, self.margins(language, self.room).top, self.style)

    def _name(self, name: Text, language: Language, grid: _Grid) -> list[str]:
        return self.style.wrapped(words(name, language), grid.inner, self.style.label, bold=True)

    def _name_height(self, line: int, language: Language, grid: _Grid) -> float:
        names = [panel.name for panel in self.panels[line * grid.columns :][: grid.columns]]
        return max(len(self._name(name, language, grid)) for name in names) * self.style.line + 3

    def _grid(self, language: Language, room: float) -> _Grid:
        """Return as many columns as leave the axes room, and the widest margins of the panels."""
        wide = (room + 2 * EDGE) / 72 * 25.4
        charts = [replace(panel.chart, width=wide) for panel in self.panels]
        first, aside = (
            _widest([chart.margins(language, room) for chart in each])
            for each in (charts, [chart.aside() for chart in charts])
        )
        inner = columns = 0.0
        for columns in range(len(charts), 0, -1):
            more = (columns - 1) * (aside.left + aside.right + BETWEEN)
            inner = (room - first.left - first.right - more) / columns
            if inner >= NARROWEST:
                break
        return _Grid(charts, int(columns), inner, first, aside)

    def _heights(self, language: Language, grid: _Grid) -> list[float]:
        """Return the height of each line of panels with what is between it and the next."""
        around = grid.first.top + grid.first.bottom + BETWEEN
        return [
            around
            + self._name_height(line, language, grid)
            + max(chart.height(language, grid.inner) for chart in grid.charts[line * grid.columns :][: grid.columns])
            for line in range(-(-len(grid.charts) // grid.columns))
        ]


@dataclass(frozen=True)
class _Grid:
    """The charts of all panels, how many are on one line, the width of their axes, and the room around them."""

    charts: list[Chart]
    columns: int
    inner: float
    first: Margins
    aside: Margins


def _widest(margins: list[Margins]) -> Margins:
    return Margins(*(max(getattr(each, side) for each in margins) for side in ("left", "right", "top", "bottom")))
