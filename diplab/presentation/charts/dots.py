"""Dots and whiskers: estimates with intervals, bounds drawn as what they are, published values beside."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from diplab.errors import OptionError
from diplab.presentation.charts.chart import Chart, extent
from diplab.presentation.charts.dot_layout import LINE, SIZE, label_width, placed
from diplab.presentation.charts.legend import Entry, legend, legend_height
from diplab.presentation.charts.scale import count_on, count_on_ratios
from diplab.presentation.language import number, percent
from diplab.presentation.number_form import in_points
from diplab.presentation.page import Margins
from diplab.presentation.punctuation import NO_BREAK, words
from diplab.presentation.style import COLOURS, INK, text_width
from diplab.presentation.terms import rule, term
from diplab.reference.text import NOTHING, Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes

    from diplab.presentation.charts.dot_layout import Block
    from diplab.reference.text import Language

__all__ = ["Dot", "Dots"]

PAD = 7.0
# Small, so that a narrow interval still shows on both sides.
DOT = 3.2
MOST = 1.5
"""A share above this is taken for a percentage given as it is; ratios just above 1 are drawn."""


@dataclass(frozen=True)
class Dot:
    """One row: an estimate with its interval, or bounds without an estimate.

    Parameters
    ----------
    label : Text
        What is estimated.
    point : float, optional
        The estimate; none where only bounds are known.
    low, high : float, optional
        Ends of the interval, or the bounds; an infinite upper end is drawn as an arrow.
    published : float, optional
        The value in print, drawn beside.
    group : Text
        Heading above the row, printed once for neighbours that share it.
    bounds : bool
        True where `low` and `high` are bounds and not a confidence interval.
    hollow : bool
        True for an estimate that a bound contradicts, drawn as an empty dot.
    shown : Text
        The value as printed; by default the point to the decimals of the chart.
    under : Text
        Second heading, under `group`.
    small : bool
        True for an estimate from few respondents, whose value has the mark of tables.
    outer : tuple of float, optional
        The interval around bounds.
    """

    label: Text
    point: float | None = None
    low: float | None = None
    high: float | None = None
    published: float | None = None
    group: Text = NOTHING
    bounds: bool = False
    hollow: bool = False
    shown: Text = NOTHING
    under: Text = NOTHING
    small: bool = False
    outer: tuple[float, float] | None = None


@dataclass(frozen=True, kw_only=True)
class Dots(Chart):
    """A dot and whisker chart.

    Parameters
    ----------
    rows : tuple of Dot
        From top to bottom.
    axis : Text
        What the axis counts.
    percent : bool
        True where values are shares.
    points : bool
        True where values are differences of shares, in percentage points.
    decimals : int
        Digits of the printed values.
    confidence : float
        Level of the intervals.
    zero : bool
        True to start the axis at zero.
    line : float, optional
        Where to draw a vertical line (a bound, no effect).
    line_label : Text
        What the line means, for the key.
    hollow_label : Text
        What an empty dot means, for the key; by default that a bound contradicts it.
    ratios : bool
        True where values are ratios, or far apart: the axis is logarithmic, so that a half is as far from 1 as a
        double.
    legend : bool
        False to leave the key out where the words of the rows say all.

    Raises
    ------
    OptionError
        Where `percent` is asked of numbers that are percentages already.
    """

    rows: tuple[Dot, ...]
    axis: Text = NOTHING
    percent: bool = False
    points: bool = False
    decimals: int = 0
    confidence: float = 0.95
    zero: bool = True
    line: float | None = None
    line_label: Text = NOTHING
    hollow_label: Text = NOTHING
    ratios: bool = False
    legend: bool = True

    def __post_init__(self) -> None:
        values = [value for row in self.rows for value in (row.point, row.published)]
        most = max((value for value in values if value is not None and math.isfinite(value)), default=0.0)
        if self.percent and most > MOST:
            raise OptionError(
                f"`percent=True` draws shares, and a value is {most:g}.",
                f"That would be printed as {most:.0%}: a share is at most 1.",
                "Divide percentages by 100, or leave `percent` out and write the unit in `axis`.",
            )

    def margins(self, language: Language, room: float) -> Margins:
        """Return room for labels at left, values at right, the key above and the axis below."""
        left, right = self._sides(language, room)
        above = legend_height(self._entries(language), room) + 4
        return Margins(left=left, right=right, top=above, bottom=30 if self.axis else 18)

    def _sides(self, language: Language, room: float) -> tuple[float, float]:
        """Return the room of labels and headings at left and of values at right."""
        values = max((text_width(self._value(row, language), SIZE) for row in self.rows), default=0.0)
        return label_width(self.rows, language, room) + PAD, values + PAD + 6

    def height(self, language: Language, room: float) -> float:
        """Return the height of all rows and headings."""
        return placed(self.rows, language, self.room)[1]

    def draw(self, axes: Axes, language: Language) -> None:
        """Draw the rows, their labels and values, the axis and the key."""
        width, _ = extent(axes)
        blocks, tall = placed(self.rows, language, self.room)
        axes.set_ylim(tall, 0)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        self._count(axes, language, width)
        if self.line is not None:
            axes.axvline(self.line, color=INK, lw=0.8, ls=(0, (4, 2)))
        margins = self.margins(language, self.room)
        for block in blocks:
            self._write(axes, block, margins.left, width)
            if block.dot is not None:
                value = self._value(block.dot, language)
                beside = axes.get_yaxis_transform()
                axes.text(1 + PAD / width, block.middle, value, transform=beside, size=SIZE, va="center")
                self._marks(axes, block.dot, block.middle)
        legend(axes, self._entries(language), margins.left, self.room, margins.top)

    @staticmethod
    def _write(axes: Axes, block: Block, left: float, width: float) -> None:
        """Write a label or a heading; one that runs over the axes breaks their lines."""
        look: dict[str, Any] = {"weight": "bold"} if block.bold else {}
        if block.width > left:
            look["bbox"] = {"facecolor": "white", "edgecolor": "none", "pad": 1.0}
        first = block.middle - LINE * (len(block.lines) - 1) / 2
        for position, text in enumerate(block.lines):
            axes.text(
                -left / width,
                first + position * LINE,
                text,
                transform=axes.get_yaxis_transform(),
                size=SIZE,
                va="center",
                **look,
            )

    def _count(self, axes: Axes, language: Language, width: float) -> None:
        low, high = self._ends()
        if self.ratios:
            axes.set_xscale("log")
        axes.set_xlim(low, high)
        axes.grid(axis="x")
        axes.set_axisbelow(True)
        if self.ratios:
            count_on_ratios(axes.xaxis, low, high, language, room=width)
        else:
            count_on(axes.xaxis, low, high, language, as_percent=self.percent, room=width)
        axes.set_xlabel(words(self.axis, language))

    def _values(self) -> Iterator[float]:
        for row in self.rows:
            for value in (row.point, row.low, row.high, row.published, *(row.outer or ())):
                if value is not None and math.isfinite(value) and (value > 0 or not self.ratios):
                    yield float(value)
        if self.line is not None:
            yield self.line

    def _ends(self) -> tuple[float, float]:
        low, high = min(self._values(), default=0.0), max(self._values(), default=0.0)
        if self.ratios:
            spare = (high / low) ** 0.06 if high > low > 0 else 2.0
            return ((low or 1.0) / spare, (high or 1.0) * spare)
        if self.zero:
            low, high = min(low, 0.0), max(high, 0.0)
        if low == high == 0:
            return 0.0, 1.0
        spare = (high - low or abs(high) or 1.0) * 0.06
        return (low if low == 0 else low - spare), (high if high == 0 else high + spare)

    def _value(self, row: Dot, language: Language) -> str:
        said = row.shown.in_(language) if row.shown else self._printed(row, language)
        return f"{said}{NO_BREAK}*" if row.small else said

    def _printed(self, row: Dot, language: Language) -> str:
        shown = percent if self.percent else in_points if self.points else number
        if row.point is not None:
            return shown(row.point, language, self.decimals)
        if row.low is None or row.high is None:
            return shown(row.published, language, self.decimals)
        between = {"fr": " à ", "en": " to "}[language]
        first = number if self.points else shown
        return between.join(
            (first(row.low, language, self.decimals), shown(row.high, language, self.decimals))
        )

    def _marks(self, axes: Axes, row: Dot, y: float) -> None:
        blue, red = COLOURS["blue"], COLOURS["vermilion"]

        def mark(*ends: float, **look: Any) -> None:
            # A marker at the end of the axis is drawn whole.
            axes.plot(ends, [y] * len(ends), clip_on=False, **look)

        if row.published is not None:
            mark(row.published, ls="", marker="D", ms=6, mfc="white", mec=red, mew=1.2)
        if row.low is not None and row.high is not None:
            if row.bounds:
                end = min(row.high, self._ends()[1])
                if row.outer is not None:
                    mark(row.outer[0], min(row.outer[1], self._ends()[1]), color=blue, lw=1.4)
                mark(row.low, end, color=COLOURS["sky"], lw=6, alpha=0.55)
                mark(
                    *[row.low, row.high][: 1 + math.isfinite(row.high)],
                    ls="",
                    marker="|",
                    ms=7,
                    mew=1.4,
                    color=blue,
                )
                if math.isinf(row.high):
                    mark(end, ls="", marker=">", ms=4.5, color=blue)
            else:
                first, last = self._ends()
                low = max(row.low, first) if self.ratios else row.low
                mark(low, min(row.high, last), color=blue, lw=1.4)
                if math.isinf(row.high):
                    mark(last, ls="", marker=">", ms=4.5, color=blue)
        if row.point is not None:
            mark(row.point, ls="", marker="o", ms=DOT, color=blue, mfc="white" if row.hollow else blue)

    def _interval_seen(self, language: Language) -> bool:
        """Whether an interval is long enough to be seen on both sides of its dot."""
        low, high = self._ends()
        scale = (self.room - sum(self._sides(language, self.room))) / self._apart(low, high)
        return any(
            row.low is not None
            and row.high is not None
            and not row.bounds
            and (row.point is None or self._apart(row.low, row.high) * scale > DOT + 2)
            for row in self.rows
        )

    def _apart(self, low: float, high: float) -> float:
        """Return how far apart two values stand on the axis, in its own unit."""
        if not self.ratios:
            return high - low
        return math.log(high / low) if low > 0 else math.inf

    def _entries(self, language: Language) -> list[Entry]:
        if not self.legend:
            return []
        entries = []
        blue = COLOURS["blue"]
        if any(row.point is not None and not row.hollow for row in self.rows):
            entries.append(Entry(term("word.estimate", language), blue, "o"))
        if any(row.point is not None and row.hollow for row in self.rows):
            hollow = words(self.hollow_label, language) or term("word.contradicted", language)
            entries.append(Entry(hollow, blue, "o", hollow=True))
        if self._interval_seen(language):
            entries.append(Entry(rule("interval at", str(self.confidence), language), blue, line=1.4))
        if any(row.bounds for row in self.rows):
            entries.append(Entry(term("word.bounds", language), COLOURS["sky"], line=6, alpha=0.55))
        if any(row.published is not None for row in self.rows):
            entries.append(Entry(term("word.published", language), COLOURS["vermilion"], "D", hollow=True))
        if self.line is not None and self.line_label:
            entries.append(Entry(words(self.line_label, language), INK, line=0.8, dashed=True))
        return entries
