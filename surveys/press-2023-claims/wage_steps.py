"""A dated scale as steps, with ranges and points set against it: pay against the minimum wage."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import diplab as dl
from diplab import wording
from diplab.presentation.charts.chart import extent
from diplab.presentation.charts.lines import SideName, YearChart
from diplab.presentation.charts.style import LEADING, pale

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from diplab.types import Language

ASIDE_POINT = 6.0


@dataclass(frozen=True)
class PayRange:
    """A range held over some years."""

    label: dl.Text
    low: float
    high: float
    start: float | None = None
    end: float | None = None


@dataclass(frozen=True)
class PayPoint:
    """One value of one year."""

    label: dl.Text
    year: float
    value: float


@dataclass(frozen=True, kw_only=True)
class WageSteps(YearChart, kind="", data="steps"):
    """A step line by year with ranges and points."""

    steps: tuple[tuple[float, float], ...]
    steps_label: dl.Text
    until: float
    ranges: tuple[PayRange, ...] = ()
    dots: tuple[PayPoint, ...] = ()
    currency: Literal["EUR", "USD"] | None = None

    tick_decimals: ClassVar[int] = 1

    def draw_amounts(self, axes: Axes, language: Language) -> None:
        """Draw the step line and ranges, and points named beside them."""
        first, _ = self.span
        for band, colour in zip(self.ranges, self._colours, strict=False):
            start, end = band.start or first, band.end or self.until
            axes.fill_between([start, end], band.low, band.high, **pale(colour, 0.35))
            for edge in (band.low, band.high):
                axes.plot([start, end], [edge, edge], color=colour, lw=0.9)
        dates, values = zip(*self.steps, strict=True)
        axes.step(
            [*dates, self.until],
            [*values, values[-1]],
            where="post",
            color=self.style.colours[0],
            lw=1.8,
        )
        for dot in self.dots:
            when = dot.year + 0.5 if float(dot.year).is_integer() else dot.year
            axes.plot([when], [dot.value], ls="", marker="D", ms=5, color=self.style.colours[1])
            self._beside(axes, dot, when, language)

    def _beside(self, axes: Axes, dot: PayPoint, when: float, language: Language) -> None:
        """Name a point at its right, or at its left where that has more room."""
        label = f"{dot.label.in_(language)} ({math.floor(dot.year)}), {self._amount(dot.value, language)}"
        first, width = self.steps[0][0], extent(axes)[0]
        share = (when - first) / (self.until - first)
        needed = self.style.text_width(label, self.style.label)
        right = needed + ASIDE_POINT <= width * (1 - share) or share <= 0.5
        room = width * (1 - share if right else share) - ASIDE_POINT
        text, side = (
            "\n".join(self.style.wrapped(label, room, self.style.label)),
            "left" if right else "right",
        )
        offset = (ASIDE_POINT if right else -ASIDE_POINT, 0)
        self.write_at(
            axes, text, (when, dot.value), offset, ha=side, va="center", linespacing=LEADING
        )

    def names(self) -> list[SideName]:
        """Return the names of the last step and of the ranges, with their values."""
        last = self.steps[-1][1]
        names = [(last, wording.both(self._last_step), self.style.colours[0])]
        for band, colour in zip(self.ranges, self._colours, strict=False):
            names.append(((band.low + band.high) / 2, wording.both(self._of_range, band), colour))
        return names

    def _last_step(self, language: Language) -> str:
        return f"{self.steps_label.in_(language)}, {self._amount(self.steps[-1][1], language)}"

    def _of_range(self, band: PayRange, language: Language) -> str:
        low, high = (self._amount(end, language) for end in (band.low, band.high))
        return f"{band.label.in_(language)}, {low} {wording.term('word.to', language)} {high}"

    def _amount(self, value: float, language: Language) -> str:
        is_whole = float(value).is_integer()
        if self.currency is None:
            return wording.number(value, language, 0 if is_whole else 2)
        return wording.money(value, self.currency, language, 0 if is_whole else 2)

    @property
    def _colours(self) -> tuple[str, ...]:
        return tuple(self.style.colours[each] for each in (2, 3, 4))

    @property
    def span(self) -> tuple[float, float]:
        """The first date, and the end."""
        return self.steps[0][0], self.until

    @property
    def top(self) -> float:
        """A little more than the highest value."""
        values = [value for _, value in self.steps]
        values.extend(band.high for band in self.ranges)
        values.extend(dot.value for dot in self.dots)
        return max(values) * 1.1
