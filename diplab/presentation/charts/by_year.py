"""Amounts by year: what the charts of a study that draw some have in common."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter

from diplab.presentation.charts.axes import count_on
from diplab.presentation.charts.chart import Chart, Margins, limit
from diplab.presentation.language import number, words
from diplab.reference.text import NOTHING, Language, Text

SideName: TypeAlias = tuple[float, Text, str]  # height on the vertical axis, words, colour of the stroke


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
    def names(self) -> list[SideName]:
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
        names = sum(len(lines) * self.style.line + 5 for _, lines, _ in self._wrapped_names(language))
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
        self.write_aside(axes, self._wrapped_names(language), self.top)

    def _wrapped_names(self, language: Language) -> list[tuple[float, list[str], str]]:
        room, size = self.room * self.names_share - 13, self.style.label
        return [
            (at, self.style.wrapped(words(text, language), room, size), colour) for at, text, colour in self.names()
        ]
