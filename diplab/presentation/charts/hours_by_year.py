"""A quantity by year as ranges, set against fixed levels: hours needed against the hours of a week."""

from __future__ import annotations

import math
from dataclasses import dataclass

from matplotlib.axes import Axes

from diplab.presentation.charts.axes import SideName, names_height, scales_by_year, write_aside
from diplab.presentation.charts.chart import Chart, Margins
from diplab.presentation.charts.style import pale
from diplab.presentation.language import colon, number, term, words
from diplab.reference.text import NO_BREAK, NOTHING, Language, Text

ASIDE = 0.34


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
class HoursByYear(Chart, kind="hours_by_year", data="ranges", item=YearlyRange):
    """Ranges by year against fixed levels, each named at the right."""

    ranges: tuple[YearlyRange, ...]
    levels: tuple[Level, ...] = ()
    y_axis: Text = NOTHING
    decimals: int = 0

    def margins(self, language: Language, room: float) -> Margins:
        """Return room for ticks at left, names at right and years below."""
        ticks = self.style.text_width(number(self._top(), language), self.style.tick) + 8
        return Margins(left=ticks, right=room * ASIDE, top=16 if self.y_axis else 8, bottom=16)

    def height(self, language: Language, room: float) -> float:
        """Return a height in proportion to the width, more where the names need it."""
        return max(room * 0.8, names_height(self._names(language), self.style))

    def draw(self, axes: Axes, language: Language) -> None:
        """Draw each year's range as a step, the levels across, and their names at the right."""
        marked = [year for band in self.ranges for year, _, _ in band.ends]
        years = range(min(marked), max(marked) + 1)
        axes.set_xlim(years.start, years.stop)
        axes.set_ylim(0, self._top())
        axes.grid(axis="y")
        axes.set_axisbelow(True)
        for level in self.levels:
            # under the steps, which may run along it
            axes.axhline(level.value, color=self.style.ink, lw=0.8, ls=(0, (4, 2)), zorder=0.9)
        for band, colour in zip(self.ranges, self.style.colours, strict=False):
            for year, low, high in band.ends:
                if high > low:
                    axes.fill_between([year, year + 1], low, high, **pale(colour, 0.3))
                for edge in {low, high}:
                    axes.plot([year, year + 1], [edge, edge], color=colour, lw=1.4)
        left = self.margins(language, self.room).left
        scales_by_year(axes, years, self._top(), self.y_axis, left, language, self.style)
        write_aside(axes, self._names(language), self._top(), self.style)

    def _names(self, language: Language) -> list[SideName]:
        room = self.room * ASIDE - 13
        to = term("word.to", language)
        names = [(level.value, words(level.label, language), self.style.grey) for level in self.levels]
        for band, colour in zip(self.ranges, self.style.colours, strict=False):
            year, low, high = band.ends[-1]
            shown = [number(end, language, self.decimals) for end in (low, high)]
            ends = shown[0] if low == high else f"{shown[0]}{NO_BREAK}{to}{NO_BREAK}{shown[1]}"
            names.append(((low + high) / 2, f"{words(band.label, language)}, {year}{colon(language)}{ends}", colour))
        return [
            (value, self.style.wrapped(words(text, language), room, self.style.label), colour)
            for value, text, colour in names
        ]

    def _top(self) -> float:
        values = [high for band in self.ranges for _, _, high in band.ends]
        values.extend(level.value for level in self.levels)
        return math.ceil(max(values) * 1.06)
