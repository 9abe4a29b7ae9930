"""Lorenz curves: what share of all income the poorest have, a curve a group, each with its band."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from diplab.presentation.charts.chart import Chart, extent
from diplab.presentation.charts.legend import Entry, legend, legend_height
from diplab.presentation.charts.scale import count_on
from diplab.presentation.language import number, percent
from diplab.presentation.page import Margins
from diplab.presentation.punctuation import words
from diplab.presentation.style import COLOURS, GREY, MARKERS, SIZES, text_width
from diplab.presentation.terms import term
from diplab.reference.text import NOTHING, Text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from diplab.reference.text import Language

__all__ = ["MOST_CURVES", "Lorenz", "LorenzCurve"]

LOOKS = tuple(zip(("blue", "vermilion", "green", "purple", "orange"), MARKERS, strict=False))
STYLES = ("-", (0, (5, 2)), (0, (1, 1.4)), (0, (6, 1.5, 1, 1.5)), (0, (3, 1, 1, 1, 1, 1)))
MOST_CURVES = len(LOOKS)
"""More curves than these cannot be told apart in print."""


@dataclass(frozen=True)
class LorenzCurve:
    """One curve.

    Parameters
    ----------
    label : Text
        Whose it is.
    shares : tuple of float
        Shares of people, increasing.
    points, low, high : tuple of float
        What they have, and the ends of its band.
    """

    label: Text
    shares: tuple[float, ...]
    points: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Lorenz(Chart):
    """Lorenz curves, told apart by colour, dash and marker.

    Parameters
    ----------
    curves : tuple of LorenzCurve
        At most `MOST_CURVES`.
    of_income : bool
        Whether they count shares of all income, from 0 to 1, beside the diagonal of equal incomes; otherwise income
        a head.
    y_axis : Text
        What the vertical axis counts.
    confidence : float
        Level of the bands.
    together : bool
        Whether a band holds for all its points together.
    """

    curves: tuple[LorenzCurve, ...]
    of_income: bool = True
    y_axis: Text = NOTHING
    confidence: float = 0.95
    together: bool = False

    def margins(self, language: Language, room: float) -> Margins:
        """Return room for ticks, the axis titles and the key."""
        low, high = self._ends()
        ticks = max(text_width(self._told(end, language), SIZES["tick"]) for end in (low, high))
        above = 18 + legend_height(self._entries(language), room)
        return Margins(left=ticks + 10, right=14, top=above, bottom=30)

    def height(self, language: Language, room: float) -> float:
        """Return a height that keeps the diagonal close to one half of a right angle."""
        return room * (0.8 if self.of_income else 0.6)

    def draw(self, axes: Axes, language: Language) -> None:
        """Draw the diagonal, the bands, the curves and the axes."""
        low, high = self._ends()
        axes.set_xlim(0, 1)
        axes.set_ylim(low, high)
        axes.grid()
        axes.set_axisbelow(True)
        if self.of_income:
            axes.plot([0, 1], [0, 1], color=GREY, lw=0.9, ls=(0, (4, 2)))
        for curve, (colour, _) in zip(self.curves, LOOKS, strict=False):
            axes.fill_between(curve.shares, curve.low, curve.high, color=COLOURS[colour], alpha=0.2, lw=0)
        for curve, (colour, marker), style in zip(self.curves, LOOKS, STYLES, strict=False):
            axes.plot(
                *(curve.shares, curve.points), color=COLOURS[colour], lw=1.4, ls=style, marker=marker, ms=4,
                mfc="white", mew=1.0, clip_on=False, zorder=3, markevery=self._estimated(curve),
            )  # fmt: skip
        count_on(axes.xaxis, 0, 1, language, as_percent=True, room=extent(axes)[0])
        count_on(axes.yaxis, low, high, language, as_percent=self.of_income)
        axes.set_xlabel(words(Text(*(term("word.people_ordered", each) for each in ("fr", "en"))), language))
        margins = self.margins(language, self.room)
        axes.annotate(
            words(self.y_axis, language),
            (0, 1),
            xycoords="axes fraction",
            xytext=(-margins.left, 6),
            textcoords="offset points",
            size=SIZES["tick"],
            va="bottom",
        )
        legend(axes, self._entries(language), margins.left, self.room, margins.top)

    def _estimated(self, curve: LorenzCurve) -> list[int]:
        """Return the places of the points of a curve that are estimates: its ends are known."""
        return [
            place
            for place, share in enumerate(curve.shares)
            if share > 0 and not (self.of_income and share == 1)
        ]

    def _told(self, value: float, language: Language) -> str:
        return percent(value, language, 0) if self.of_income else number(value, language, 0)

    def _ends(self) -> tuple[float, float]:
        lows = [value for curve in self.curves for value in (*curve.points, *curve.low)]
        highs = [value for curve in self.curves for value in (*curve.points, *curve.high)]
        if self.of_income:
            return min(0.0, *lows), max(1.0, *highs)
        return min(0.0, *lows), max(*highs, 0.0) * 1.05 or 1.0

    def _entries(self, language: Language) -> list[Entry]:
        said = percent(self.confidence, language, 0 if round(self.confidence * 100, 6) % 1 == 0 else 1)
        band = term("word.together" if self.together else "word.intervals", language).replace("{value}", said)
        entries = [
            Entry(words(curve.label, language), COLOURS[colour], marker, line=1.4, hollow=True, style=style)
            for curve, (colour, marker), style in zip(self.curves, LOOKS, STYLES, strict=False)
            if curve.label
        ]
        if any(curve.low != curve.points for curve in self.curves):
            entries.append(
                Entry(band, COLOURS[LOOKS[0][0]] if len(self.curves) == 1 else GREY, line=7, alpha=0.3)
            )
        if self.of_income:
            entries.append(Entry(term("word.equal_incomes", language), GREY, line=0.9, dashed=True))
        return entries
