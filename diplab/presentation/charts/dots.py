"""Dots and whiskers: estimates with intervals, bounds drawn as what they are, published values beside."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from matplotlib.axes import Axes

from diplab.errors import OptionError
from diplab.presentation.charts.axes import LegendEntry, count_on, count_on_ratios, legend, legend_height
from diplab.presentation.charts.chart import Chart, ChartWords, Margins, extent
from diplab.presentation.charts.style import COLOURS, INK, LEADING, SIZES, text_width, wrapped
from diplab.presentation.language import number, percent, rule, term, term_text, words
from diplab.presentation.layouts.registry import DotHeading, Drawing
from diplab.presentation.numbers import in_points, known
from diplab.reference.text import NO_BREAK, NOTHING, Language, Text
from diplab.results.estimates import Estimates

PAD = 7.0
# Small, so that a narrow interval still shows on both sides.
DOT = 3.2
MOST = 1.5  # a share above this is taken for a percentage given as it is; ratios just above 1 are drawn


@dataclass(frozen=True)
class Dot:
    """One row: an estimate with its interval, or bounds without an estimate."""

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
class Dots(Chart, kind="dots", data="rows", item=Dot):
    """A dot and whisker chart."""

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

    @classmethod
    def of_result(cls, drawing: Drawing, words: ChartWords) -> Chart:
        """Return the rows of a result as dots with their intervals."""
        estimates, rows = drawing.estimates, drawing.rows["en"]
        units = {row.form.kind for row in rows}
        scale = 100.0 if "points" in units else 1.0
        columns = (estimates.frame[column] for column in ("estimate", "ci_low", "ci_high"))
        dots = cls(
            rows=tuple(
                _dot(heading.indented, few, *(_finite(value, scale) for value in values))
                for heading, few, *values in zip(drawing.headings, drawing.small, *columns, strict=True)
            ),
            axis=term_text("word.axis_in_points") if "points" in units else NOTHING,
            percent="percent" in units,
            points="points" in units,
            decimals=max((row.form.decimals for row in rows), default=0),
            line=no_effect(estimates),
            ratios=are_ratios(estimates),
            confidence=estimates.provenance.confidence,
            **words.fields(drawing.alt),
        )
        secret = term_text("word.confidential")
        told = (
            replace(dot, shown=secret) if row.estimate.text == secret.en else dot
            for dot, row in zip(dots.rows, rows, strict=True)
        )
        dots = replace(dots, rows=tuple(told))
        if drawing.refine is not None:
            return drawing.refine(dots)
        if dots.line is not None:
            # effects of variables of different units: each value as in the table; bounds have both ends beside them
            pairs = zip(dots.rows, drawing.rows["fr"], rows, strict=True)
            dots = replace(
                dots,
                rows=tuple(
                    dot if dot.point is None else replace(dot, shown=Text(fr.estimate.text, en.estimate.text))
                    for dot, fr, en in pairs
                ),
            )
        return replace(dots, axis=drawing.axis) if drawing.axis else dots

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
        # longer headings run over the axes
        widths = [
            each.width for each in label_blocks(self.rows, language, room)[0] if each.dot or each.width <= room / 2
        ]
        return max(widths, default=0.0) + PAD, values + PAD + 6

    def height(self, language: Language, room: float) -> float:
        """Return the height of all rows and headings."""
        return label_blocks(self.rows, language, self.room)[1]

    def draw(self, axes: Axes, language: Language) -> None:
        """Draw the rows, their labels and values, the axis and the key."""
        width, _ = extent(axes)
        blocks, tall = label_blocks(self.rows, language, self.room)
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
    def _write(axes: Axes, block: LabelBlock, left: float, width: float) -> None:
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
        printed = row.shown.in_(language) if row.shown else self._printed(row, language)
        return f"{printed}{NO_BREAK}*" if row.small else printed

    def _printed(self, row: Dot, language: Language) -> str:
        shown = percent if self.percent else in_points if self.points else number
        if row.point is not None:
            return shown(row.point, language, self.decimals)
        if row.low is None or row.high is None:
            return shown(row.published, language, self.decimals)
        between = f" {term('word.to', language)} "
        first = number if self.points else shown
        return between.join((first(row.low, language, self.decimals), shown(row.high, language, self.decimals)))

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
                mark(*[row.low, row.high][: 1 + math.isfinite(row.high)], ls="", marker="|", ms=7, mew=1.4, color=blue)
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
        scale = (self.room - sum(self._sides(language, self.room))) / self._distance(low, high)
        return any(
            row.low is not None
            and row.high is not None
            and not row.bounds
            and (row.point is None or self._distance(row.low, row.high) * scale > DOT + 2)
            for row in self.rows
        )

    def _distance(self, low: float, high: float) -> float:
        """Return the distance between two values on the axis, in its own unit."""
        if not self.ratios:
            return high - low
        return math.log(high / low) if low > 0 else math.inf

    def _entries(self, language: Language) -> list[LegendEntry]:
        if not self.legend:
            return []
        entries = []
        blue = COLOURS["blue"]
        if any(row.point is not None and not row.hollow for row in self.rows):
            entries.append(LegendEntry(term("word.estimate", language), blue, "o"))
        if any(row.point is not None and row.hollow for row in self.rows):
            hollow = words(self.hollow_label, language) or term("word.contradicted", language)
            entries.append(LegendEntry(hollow, blue, "o", hollow=True))
        if self._interval_seen(language):
            entries.append(LegendEntry(rule("interval at", str(self.confidence), language), blue, line=1.4))
        if any(row.bounds for row in self.rows):
            entries.append(LegendEntry(term("word.bounds", language), COLOURS["sky"], line=6, alpha=0.55))
        if any(row.published is not None for row in self.rows):
            entries.append(LegendEntry(term("word.published", language), COLOURS["vermilion"], "D", hollow=True))
        if self.line is not None and self.line_label:
            entries.append(LegendEntry(words(self.line_label, language), INK, line=0.8, dashed=True))
        return entries


SIZE = SIZES["label"]
LINE = SIZE * LEADING
HEADING = 15.0  # height of a heading of one line


@dataclass(frozen=True)
class LabelBlock:
    """A heading, or the label of a dot."""

    lines: list[str]
    middle: float
    bold: bool = False
    dot: Dot | None = None

    @property
    def width(self) -> float:
        """Width of its longest line in points."""
        return max(text_width(line, SIZE, self.bold) for line in self.lines)


def hanging_lines(text: str, room: float, *, bold: bool = False) -> list[str]:
    """Return a text cut into lines, each with the indent of the first."""
    own = text.lstrip(NO_BREAK)
    indent = text[: len(text) - len(own)]
    return [f"{indent}{line}" for line in wrapped(own, room - text_width(indent, SIZE, bold), SIZE, bold)]


def label_blocks(rows: Sequence[Dot], language: Language, room: float) -> tuple[list[LabelBlock], float]:
    """Return headings and labels from top to bottom, and the height of all."""
    blocks = []
    y = 2.0
    before = ("", "")
    for row in rows:
        heads = (words(row.group, language), words(row.under, language))
        for lines, bold in _headings(heads, before, room):
            blocks.append(LabelBlock(lines, y + 8 + LINE * (len(lines) - 1) / 2, bold))
            y += HEADING + LINE * (len(lines) - 1)
        before = heads
        lines = hanging_lines(words(row.label, language), room * 0.38)
        tall = max(len(lines) * LINE, 9.0) + 6
        blocks.append(LabelBlock(lines, y + tall / 2, dot=row))
        y += tall
    return blocks, y + 3


def _headings(heads: tuple[str, str], before: tuple[str, str], room: float) -> Iterator[tuple[list[str], bool]]:
    """Yield the headings above a row that the row before it does not have."""
    (group, under), other = heads, heads[0] != before[0]
    if group and other:
        yield hanging_lines(group, room, bold=True), True
    if under and (other or under != before[1]):
        yield hanging_lines(under, room), False


def _dot(heading: DotHeading, small: bool, point: float | None, low: float | None, high: float | None) -> Dot:
    return Dot(
        heading.label,
        point,
        low,
        high,
        group=heading.group,
        under=heading.under,
        bounds=point is None and low is not None and high is not None,
        small=small,
    )


def _finite(value: Any, scale: float) -> float | None:
    number = known(value)
    return number * scale if number is not None and math.isfinite(number) else None


RATIOS = ("odds_ratio", "rate_ratio", "mean_ratio", "hazard_ratio")
EFFECTS = ("coefficient", "marginal_effect")


def are_ratios(estimates: Estimates) -> bool:
    """Return whether all rows are ratios of odds, rates or estimates, which are counted on a logarithmic axis."""
    if estimates.provenance.contrast == "ratio":
        return bool((estimates.frame["estimate"] > 0).all())
    statistics = set(estimates.frame["statistic"])
    return bool(statistics) and statistics <= set(RATIOS)


def no_effect(estimates: Estimates) -> float | None:
    """Return the value of no change: 1 for ratios, 0 for differences, coefficients and effects; None for others."""
    statistics = set(estimates.frame["statistic"])
    contrast = estimates.provenance.contrast
    if contrast == "ratio" or are_ratios(estimates):
        return 1.0
    return 0.0 if contrast == "difference" or (statistics and statistics <= set(EFFECTS)) else None
