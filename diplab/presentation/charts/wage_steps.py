"""A dated scale as steps, with ranges and points set against it: pay against the minimum wage."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from matplotlib.axes import Axes

from diplab.presentation.charts.axes import SideName, names_height, scales_by_year, write_aside
from diplab.presentation.charts.chart import Chart, Margins, extent
from diplab.presentation.charts.style import LEADING, pale
from diplab.presentation.language import money, number, term, words
from diplab.reference.text import NOTHING, Language, Text

ASIDE = 0.3
ASIDE_POINT = 6.0


@dataclass(frozen=True)
class PayRange:
    """A range held over some years."""

    label: Text
    low: float
    high: float
    start: float | None = None
    end: float | None = None


@dataclass(frozen=True)
class PayPoint:
    """One value of one year."""

    label: Text
    year: float
    value: float


@dataclass(frozen=True, kw_only=True)
class WageSteps(Chart, kind="wage_steps", data="steps"):
    """A step line by year with ranges and points."""

    steps: tuple[tuple[float, float], ...]
    steps_label: Text
    until: float
    ranges: tuple[PayRange, ...] = ()
    dots: tuple[PayPoint, ...] = ()
    y_axis: Text = NOTHING
    currency: Literal["EUR", "USD"] | None = None

    def margins(self, language: Language, room: float) -> Margins:
        """Return room for ticks at left, names at right and years below."""
        ticks = self.style.text_width(number(self._top(), language, 1), self.style.tick) + 8
        return Margins(left=ticks, right=room * ASIDE, top=16 if self.y_axis else 8, bottom=16)

    def height(self, language: Language, room: float) -> float:
        """Return a height in proportion to the width, more where the names need it."""
        return max(room * 0.62, names_height(self._names(language), self.style))

    def draw(self, axes: Axes, language: Language) -> None:
        """Draw the step line and ranges, named at the right of the chart, and points named beside them."""
        first = self.steps[0][0]
        axes.set_xlim(first, self.until)
        axes.set_ylim(0, self._top())
        axes.grid(axis="y")
        axes.set_axisbelow(True)
        for band, colour in zip(self.ranges, self._colours, strict=False):
            start, end = band.start or first, band.end or self.until
            axes.fill_between([start, end], band.low, band.high, **pale(colour, 0.35))
            for edge in (band.low, band.high):
                axes.plot([start, end], [edge, edge], color=colour, lw=0.9)
        dates, values = zip(*self.steps, strict=True)
        axes.step([*dates, self.until], [*values, values[-1]], where="post", color=self.style.colours[0], lw=1.8)
        for dot in self.dots:
            when = dot.year + 0.5 if float(dot.year).is_integer() else dot.year
            axes.plot([when], [dot.value], ls="", marker="D", ms=5, color=self.style.colours[1])
            self._beside(axes, dot, when, language)
        years = range(math.floor(first), math.ceil(self.until))
        left = self.margins(language, self.room).left
        scales_by_year(axes, years, self._top(), self.y_axis, left, language, self.style)
        write_aside(axes, self._names(language), self._top(), self.style)

    def _beside(self, axes: Axes, dot: PayPoint, when: float, language: Language) -> None:
        """Name a point at its right, or at its left where that has more room."""
        label = f"{words(dot.label, language)} ({math.floor(dot.year)}), {self._amount(dot.value, language)}"
        first, width = self.steps[0][0], extent(axes)[0]
        share = (when - first) / (self.until - first)
        needed = self.style.text_width(label, self.style.label)
        right = needed + ASIDE_POINT <= width * (1 - share) or share <= 0.5
        room = width * (1 - share if right else share) - ASIDE_POINT
        axes.annotate(
            "\n".join(self.style.wrapped(label, room, self.style.label)),
            (when, dot.value),
            xytext=(ASIDE_POINT if right else -ASIDE_POINT, 0),
            textcoords="offset points",
            ha="left" if right else "right",
            va="center",
            size=self.style.label,
            color=self.style.ink,
            linespacing=LEADING,
        )

    def _names(self, language: Language) -> list[SideName]:
        room = (self.room) * ASIDE - 13
        last = self.steps[-1][1]
        names = [(last, f"{words(self.steps_label, language)}, {self._amount(last, language)}", self.style.colours[0])]
        between = term("word.to", language)
        for band, colour in zip(self.ranges, self._colours, strict=False):
            ends = f"{self._amount(band.low, language)} {between} {self._amount(band.high, language)}"
            names.append(((band.low + band.high) / 2, f"{words(band.label, language)}, {ends}", colour))
        return [(value, self.style.wrapped(text, room, self.style.label), colour) for value, text, colour in names]

    def _amount(self, value: float, language: Language) -> str:
        is_whole = float(value).is_integer()
        if self.currency is None:
            return number(value, language, 0 if is_whole else 2)
        return money(value, self.currency, language, 0 if is_whole else 2)

    @property
    def _colours(self) -> tuple[str, ...]:
        return tuple(self.style.colours[each] for each in (2, 3, 4))

    def _top(self) -> float:
        values = [value for _, value in self.steps]
        values.extend(band.high for band in self.ranges)
        values.extend(dot.value for dot in self.dots)
        return max(values) * 1.1
