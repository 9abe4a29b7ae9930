"""Hours needed by year as ranges, set against fixed levels: the hours of a week."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import diplab as dl
from diplab import wording
from diplab.presentation.charts.lines import SideName, YearChart
from diplab.presentation.charts.style import DASHED, pale

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from diplab.types import Language

NO_BREAK = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True)
class YearlyRange:
    """A range in each of some years; a year left out leaves a gap."""

    label: dl.Text
    ends: tuple[tuple[int, float, float], ...]


@dataclass(frozen=True)
class Level:
    """A level that does not change: the hours of a week."""

    label: dl.Text
    value: float


@dataclass(frozen=True, kw_only=True)
class HoursByYear(YearChart, kind="", data="ranges", item=YearlyRange):
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

    def names(self) -> list[SideName]:
        """Return the names of the levels, and of the ranges with their last year."""
        names = [(level.value, level.label, self.style.grey) for level in self.levels]
        for band, colour in zip(self.ranges, self.style.colours, strict=False):
            _, low, high = band.ends[-1]
            names.append(((low + high) / 2, wording.both(self._last_year, band), colour))
        return names

    def _last_year(self, band: YearlyRange, language: Language) -> str:
        year, low, high = band.ends[-1]
        to = f"{NO_BREAK}{wording.term('word.to', language)}{NO_BREAK}"
        ends = to.join(
            wording.number(end, language, self.decimals) for end in dict.fromkeys((low, high))
        )
        return f"{band.label.in_(language)}, {year}{' :' if language == 'fr' else ':'} {ends}"

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
