"""A quantity by year as ranges, set against fixed levels: hours needed against the hours of a week."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter

from diplab.presentation.charts.axes import count_on, spread_labels
from diplab.presentation.charts.chart import Chart, Margins, extent, limit
from diplab.presentation.charts.style import DASHED, pale
from diplab.presentation.language import colon, number, term, words
from diplab.reference.text import NO_BREAK, NOTHING, Language, Text

SideName = tuple[float, str, str]  # height on the vertical axis, words, colour of the stroke


@dataclass(frozen=True, kw_only=True)
class YearChart(Chart, kind="", data=""):
    """Amounts by year, upwards from 0, each named at the right."""

    y_axis: Text = NOTHING

    names_share: ClassVar[float] = 0.3  # of the width
    tall: ClassVar[float] = 0.62
    tick_decimals: ClassVar[int] = 0

    @property
    @abstractmethod
    def span(self) -> tuple[float, float]:
        """The first and the last moment, in years."""

    @property
    @abstractmethod
    def top(self) -> float:
        """The end of the vertical axis."""

    @abstractmethod
    def names(self, language: Language) -> list[SideName]:
        """Return what is named at the right."""

    @abstractmethod
    def draw_amounts(self, axes: Axes, language: Language) -> None:
        """Draw the amounts."""

    def margins(self, language: Language, room: float) -> Margins:
        """Return room for ticks at left, names at right and years below."""
        ticks = self.style.text_width(number(self.top, language, self.tick_decimals), self.style.tick) + 8
        return Margins(left=ticks, right=room * self.names_share, top=16 if self.y_axis else 8, bottom=16)

    def height(self, language: Language, room: float) -> float:
        """Return a height in proportion to the width, more where the names need it."""
        names = sum(len(self._lines(text)) * self.style.line + 5 for _, text, _ in self.names(language))
        return max(super().height(language, room), names)

    def draw(self, axes: Axes, language: Language) -> None:
        """Draw the amounts, the scales, and the names at the right."""
        limit(axes, self.span, (0, self.top), grid="y")
        self.draw_amounts(axes, language)
        count_on(axes.yaxis, 0, self.top, language, style=self.style)
        years = range(math.floor(self.span[0]), math.ceil(self.span[1]))
        axes.xaxis.set_major_locator(FixedLocator([*years, years.stop]))
        axes.xaxis.set_major_formatter(NullFormatter())
        # the name of a year takes no thousands mark
        axes.xaxis.set_minor_locator(FixedLocator([year + 0.5 for year in years]))
        axes.xaxis.set_minor_formatter(FuncFormatter(lambda value, _: f"{value - 0.5:.0f}"))
        axes.tick_params(axis="x", which="minor", length=0)
        if self.y_axis:
            self.name_above(axes, self.y_axis, self.margins(language, self.room).left, language)
        names = ((value, self._lines(text), colour) for value, text, colour in self.names(language))
        write_aside(self, axes, names, self.top)

    def _lines(self, text: str) -> list[str]:
        return self.style.wrapped(text, self.room * self.names_share - 13, self.style.label)


def write_aside(chart: Chart, axes: Axes, names: Iterable[tuple[float, list[str], str]], top: float) -> None:
    """Write the lines of each name at the right of its height, of a vertical axis that ends at `top`, with a stroke."""
    (width, tall), line = extent(axes), chart.style.line
    ordered = sorted(names, key=lambda name: -name[0])
    levels = [tall * (1 - value / top) for value, _, _ in ordered]
    middles = spread_labels(levels, [len(each) * line + 4 for _, each, _ in ordered], -4, tall + 4)
    stroke = [1 + 2 / width, 1 + 9 / width]
    for (_, own, colour), level, middle in zip(ordered, levels, middles, strict=True):
        ends = [1 - level / tall, 1 - middle / tall]
        axes.plot(stroke, ends, transform=axes.transAxes, color=colour, lw=0.9, clip_on=False)
        first = 1 - (middle - line * (len(own) - 1) / 2) / tall
        look = {"transform": axes.transAxes, "color": chart.style.ink}
        chart.write_lines(axes, own, 1 + 12 / width, first, -line / tall, **look)


@dataclass(frozen=True)
class YearlyRange:
    """A range in each of some years; a year left out leaves a gap."""

    label: Text
    ends: tuple[tuple[int, float, float], ...]


@dataclass(frozen=True)
class Level:
    """A level that does not change: the hours of a week."""

    label: Text
    value: float


@dataclass(frozen=True, kw_only=True)
class HoursByYear(YearChart, kind="hours_by_year", data="ranges", item=YearlyRange):
    """Ranges by year against fixed levels, each named at the right."""

    ranges: tuple[YearlyRange, ...]
    levels: tuple[Level, ...] = ()
    decimals: int = 0

    names_share: ClassVar[float] = 0.34
    tall: ClassVar[float] = 0.8

    def draw_amounts(self, axes: Axes, language: Language) -> None:
        """Draw each year's range as a step, and the levels across."""
        for level in self.levels:
            # under the steps, which may run along it
            axes.axhline(level.value, color=self.style.ink, lw=0.8, ls=DASHED, zorder=0.9)
        for band, colour in zip(self.ranges, self.style.colours, strict=False):
            for year, low, high in band.ends:
                if high > low:
                    axes.fill_between([year, year + 1], low, high, **pale(colour, 0.3))
                for edge in {low, high}:
                    axes.plot([year, year + 1], [edge, edge], color=colour, lw=1.4)

    def names(self, language: Language) -> list[SideName]:
        """Return the names of the levels, and of the ranges with their last year."""
        to = f"{NO_BREAK}{term('word.to', language)}{NO_BREAK}"
        names = [(level.value, words(level.label, language), self.style.grey) for level in self.levels]
        for band, colour in zip(self.ranges, self.style.colours, strict=False):
            year, low, high = band.ends[-1]
            ends = to.join(number(end, language, self.decimals) for end in dict.fromkeys((low, high)))
            names.append(((low + high) / 2, f"{words(band.label, language)}, {year}{colon(language)}{ends}", colour))
        return names

    @property
    def span(self) -> tuple[float, float]:
        """The first year with a range, and the end of the last."""
        years = [year for band in self.ranges for year, _, _ in band.ends]
        return min(years), max(years) + 1

    @property
    def top(self) -> float:
        """A little more than the highest range or level."""
        values = [high for band in self.ranges for _, _, high in band.ends]
        return math.ceil(max(values + [level.value for level in self.levels]) * 1.06)
