"""Dots and whiskers: estimates with intervals, bounds, and published values."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Self

import numpy as np
from matplotlib.axes import Axes

from diplab.errors import OptionError
from diplab.presentation.charts.axes import (
    LegendEntry,
    check_limits,
    count_on,
    legend_height,
    round_ends,
    round_ratios,
)
from diplab.presentation.charts.chart import Chart, ChartWords, Margins, extent
from diplab.presentation.charts.style import DASHED, Style
from diplab.presentation.language import capital, number, percent, rule, term, term_text, words
from diplab.presentation.layouts.registry import Drawing
from diplab.presentation.layouts.rows import are_ratios, no_effect
from diplab.presentation.numbers import in_points, known
from diplab.reference.text import NO_BREAK, NOTHING, Language, Text
from diplab.results.estimates import Estimates

PAD = 7.0
# Small, so that a narrow interval still shows on both sides.
DOT = 3.2
# a share above this is treated as a percentage given by mistake; ratios just above 1 are drawn
MOST = 1.5


@dataclass(frozen=True)
class Dot:
    """A row: an estimate with its interval, or bounds without an estimate.

    Dots with a `colour` (the name of a series) share a row if they have the same label and
    headings.
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
    colour: Text = NOTHING
    mark: Text = NOTHING
    n: float | None = None


MOST_COLOURS = 4  # on one row
ENCODES = ("rows", "colour", "facets", "sort", "limits")


@dataclass(frozen=True, kw_only=True)
class Dots(Chart, kind="dots", data="rows", item=Dot, encodes=ENCODES):
    """A dot and whisker chart; `colours` are its series in order, `labelled` draws row labels."""

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
    outer_label: Text = NOTHING
    ratios: bool = False
    colours: tuple[Text, ...] = ()
    labelled: bool = True

    most_colours: ClassVar[int] = MOST_COLOURS
    styled: ClassVar[bool] = True  # whether series have the looks of the style
    from_zero: ClassVar[bool] = False  # whether 0 is never left out
    mark_height: ClassVar[float] = 9.0
    dotted: ClassVar[bool] = True  # whether a dot may cover its interval
    leads: ClassVar[bool] = True  # whether lines lead from labels to values, if there are many rows

    @classmethod
    def of_result(cls, drawing: Drawing, words: ChartWords) -> Self:
        """Return a result as dots with intervals, on the rows and in the colours requested."""
        flat = cls._in_order(drawing.whole or drawing, replace(words, options={}))
        if not cls.has_intervals:
            flat = replace(flat, rows=tuple(replace(dot, low=None, high=None) for dot in flat.rows))
        own = {attribute.name: getattr(flat, attribute.name) for attribute in fields(flat)} | dict(
            words.options
        )
        if drawing.arranged is None:
            return cls(**own)
        made, taken = drawing.arranged, drawing.taken or range(len(drawing.headings))
        if len(flat.rows) != len((drawing.whole or drawing).headings):
            raise OptionError(
                "Rows without a number cannot be arranged by `rows`, `colour`, `facets` or `sort`.",
                write='Leave them out: `found.rows(found.frame["estimate"].notna())`.',
            )
        most = min(cls.most_colours, len(words.style.looks)) if cls.styled else cls.most_colours
        if len(made.colours) > most:
            raise OptionError(
                f"`colour={drawing.encoding.colour!r}` has {len(made.colours)} colours, and "
                f"`kind={cls.kind!r}` has at "
                f"most {most}.",
                "More colours cannot be distinguished in one row.",
                f"Write `facets={drawing.encoding.colour!r}`, or fewer answers with "
                "`estimates.rows(...)`.",
            )
        found = {
            (place.row, place.colour): at for place, at in zip(made.places, taken, strict=True)
        }
        marks, dots = (drawing.whole or drawing).marks, []
        for row, heading in enumerate(row.indented for row in made.rows):
            named: Any = vars(heading)
            for series, colour in enumerate(made.colours or [NOTHING]):
                at = found.get((row, series))
                if at is not None:
                    mark = marks[at] if marks and drawing.encoding.rearranges else NOTHING
                    dots.append(replace(flat.rows[at], **named, colour=colour, mark=mark))
                elif series == 0:
                    # a row missing from this panel or colour
                    dots.append(Dot(**named, shown=Text.same(NO_BREAK), colour=colour))
        return cls(**own | {"rows": tuple(dots), "colours": tuple(made.colours)})

    @classmethod
    def _in_order(cls, drawing: Drawing, words: ChartWords) -> Dots:
        """Return the rows of a result as dots with intervals, one per row."""
        estimates, rows = drawing.estimates, drawing.rows["en"]
        units = {row.form.kind for row in rows}
        scale = 100.0 if "points" in units else 1.0
        null, secret, drawn = no_effect(estimates), term_text("word.confidential"), []
        columns = (estimates.frame[column] for column in ("n", "estimate", "ci_low", "ci_high"))
        texts = (
            Text(fr.estimate.text, en.estimate.text)
            for fr, en in zip(drawing.rows["fr"], rows, strict=True)
        )
        for heading, few, text, n, *values in zip(
            drawing.headings, drawing.small, texts, *columns, strict=True
        ):
            point, low, high = (_finite(value, scale) for value in values)
            bounds = point is None and low is not None and high is not None
            # effects in different units: each as in the table; bounds with both ends
            as_told = text == secret or (
                null is not None and drawing.refine is None and point is not None
            )
            own: Any = {
                "shown": text if as_told else NOTHING,
                "small": few,
                "n": known(n),
                **vars(heading.indented),
            }
            drawn.append(Dot(point=point, low=low, high=high, bounds=bounds, **own))
        dots = Dots(
            rows=tuple(drawn),
            axis=term_text("word.axis_in_points") if "points" in units else NOTHING,
            percent="percent" in units,
            points="points" in units,
            decimals=max((row.form.decimals for row in rows), default=0),
            line=null,
            ratios=are_ratios(estimates),
            confidence=estimates.provenance.confidence,
            **words.fields(drawing.alt),
        )
        if drawing.refine is not None:
            return drawing.refine(dots)
        cut = not cls.from_zero and not (words.limits and words.limits[0] <= 0)
        if dots.line is None and cut and _far_from_zero(estimates):
            dots = replace(dots, zero=False)
        return replace(dots, axis=drawing.axis) if drawing.axis else dots

    def __post_init__(self) -> None:
        values = [value for row in self.rows for value in (row.point, row.published)]
        most = max(
            (value for value in values if value is not None and math.isfinite(value)), default=0.0
        )
        if self.percent and most > MOST:
            raise OptionError(
                f"`percent=True` draws shares, and a value is {most:g}.",
                f"That would be printed as {most:.0%}: a share is at most 1.",
                "Divide percentages by 100, or omit `percent` and write the unit in `axis`.",
            )
        for row in self.rows if self.limits else ():
            check_limits(
                self.limits,
                row.label,
                (row.point, row.low, row.high, row.published, *(row.outer or ())),
            )

    def remarks(self, language: Language) -> tuple[Text, ...]:
        """Return remarks on an axis that does not start at zero, and on invisible intervals."""
        found = []
        low, high = self.ends
        if not self.ratios and not low <= 0 <= high:
            found.append(term_text("sentence.not_from_zero"))
        if self.dotted and any(
            length <= DOT + 1 for length in self._lengths_of_intervals(language)
        ):
            found.append(term_text("sentence.interval_hidden"))
        return tuple(found)

    def margins(self, language: Language, room: float) -> Margins:
        """Return margins for labels at left, values at right, the key above and the axis below."""
        left, right = self._sides(language, room)
        above = legend_height(self.key(language), room, self.style) + 4 if self.legend else 4.0
        return Margins(left=left, right=right, top=above, bottom=30 if self.axis else 18)

    def _sides(self, language: Language, room: float) -> tuple[float, float]:
        """Return the widths of labels and headings at left and of values at right."""
        values = max(
            (
                self.style.text_width(self._value(row, language), self.style.label)
                for row in self.rows
            ),
            default=0,
        )
        # longer headings extend over the axes
        widths = [
            item.width
            for item in self._blocks(language, room)[0]
            if item.dots or item.width <= room / 2
        ]
        return max(widths, default=0.0) + PAD if self.labelled else PAD, values + PAD + 6

    def height(self, language: Language, room: float) -> float:
        """Return the height of all rows and headings."""
        return self._blocks(language, self.room)[1]

    def aside(self) -> Dots:
        """Return the chart without the labels of its rows."""
        return replace(self, labelled=False)

    def draw(self, axes: Axes, language: Language) -> None:
        """Draw the rows, their labels and values, the axis and the key."""
        width, _ = extent(axes)
        blocks, tall = self._blocks(language, self.room)
        axes.set_ylim(tall, 0)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        self._count(axes, language, width)
        if self.line is not None:
            axes.axvline(self.line, color=self.style.ink, lw=0.8, ls=DASHED)
        margins = self.margins(language, self.room)
        many = sum(bool(block.dots) for block in blocks) >= MANY
        for block in blocks:
            if self.labelled:
                self._write(axes, block, margins.left, width)
            if block.dots:
                self._draw_row(axes, block, margins.right, language)
            if block.dots and many and self.leads:
                start = block.width + 3 - margins.left if self.labelled else 0.0
                ends = (start / width, 1 + PAD / 2 / width)
                across: Any = {
                    "transform": axes.get_yaxis_transform(),
                    "clip_on": False,
                    "zorder": 0.5,
                }
                axes.plot(ends, [block.middle] * 2, color=self.style.grid, lw=0.5, **across)
        if self.legend:
            self.write_key(axes, self.key(language), language)

    def _draw_row(self, axes: Axes, block: LabelBlock, right: float, language: Language) -> None:
        """Draw the marks of a row, and its values at right."""
        for dot in block.dots:
            # the series of a row are evenly spaced around its middle
            y = block.middle + (self._series(dot) - (block.series - 1) / 2) * SERIES
            self._write_value(axes, dot, y, right, language)
            self._marks(axes, dot, y)

    @property
    def one_line(self) -> bool:
        """Whether the series of a row are on one line."""
        return False

    def _series(self, dot: Dot) -> int:
        return self._colours.index(dot.colour) if self._colours else 0

    @property
    def _colours(self) -> tuple[Text, ...]:
        return self.colours or tuple(dict.fromkeys(row.colour for row in self.rows if row.colour))

    def _write_value(
        self, axes: Axes, dot: Dot, y: float, right: float, language: Language
    ) -> None:
        """Write a value right-aligned on its digits, followed by the mark of few respondents."""
        suffixes = {row: self._suffix(row, language) for row in (dot, *self.rows)}
        widths = {
            item: self.style.text_width(own, self.style.label) for item, own in suffixes.items()
        }
        end = right - 6 - max(widths.values()) + widths[dot]
        axes.text(
            1 + end / extent(axes)[0], y, self._value(dot, language),
            transform=axes.get_yaxis_transform(),
            size=self.style.label, va="center", ha="right",
        )  # fmt: skip

    def _write(self, axes: Axes, block: LabelBlock, left: float, width: float) -> None:
        """Write a label or a heading; one over the axes interrupts their lines."""
        look: dict[str, Any] = {"weight": "bold"} if block.bold else {}
        if block.width > left:
            look["bbox"] = {"facecolor": "white", "edgecolor": "none", "pad": 1.0}
        first = block.middle - self.style.line * (len(block.lines) - 1) / 2
        self.write_lines(
            axes, block.lines, -left / width, first, transform=axes.get_yaxis_transform(), **look
        )

    def _count(self, axes: Axes, language: Language, width: float) -> None:
        low, high = self.ends
        if self.ratios:
            axes.set_xscale("log")
        axes.set_xlim(low, high)
        axes.grid(axis="x")
        axes.set_axisbelow(True)
        look: Any = {"as_percent": self.percent, "ratios": self.ratios}
        count_on(axes.xaxis, low, high, language, style=self.style, room=width, **look)
        self.name_below(axes, self.axis, language)

    def _values(self) -> Iterator[float]:
        for row in self.rows:
            for value in (row.point, row.low, row.high, row.published, *(row.outer or ())):
                if value is not None and math.isfinite(value) and (value > 0 or not self.ratios):
                    yield float(value)
        if self.line is not None:
            yield self.line

    @property
    def ends(self) -> tuple[float, float]:
        """Ends of the axis: round numbers at or beyond the data."""
        if self.limits is not None:
            return self.limits
        low, high = min(self._values(), default=0.0), max(self._values(), default=0.0)
        if self.ratios:
            if high > low > 0:
                return round_ratios(low, high)
            return ((low or 1.0) / 2, (high or 1.0) * 2)
        if self.zero:
            low, high = min(low, 0.0), max(high, 0.0)
        if low == high == 0:
            return 0.0, 1.0
        return round_ends(low, high, 100.0 if self.percent else 1.0)

    def _value(self, row: Dot, language: Language) -> str:
        printed = row.shown.in_(language) if row.shown else self._printed(row, language)
        return f"{printed}{self._suffix(row, language)}"

    @staticmethod
    def _suffix(row: Dot, language: Language) -> str:
        return f"{row.mark.in_(language)}{f'{NO_BREAK}*' if row.small else ''}"

    def _printed(self, row: Dot, language: Language) -> str:
        shown = percent if self.percent else in_points if self.points else number
        if row.point is not None:
            return shown(row.point, language, self.decimals)
        if row.low is None or row.high is None:
            return shown(row.published, language, self.decimals)
        between = f" {term('word.to', language)} "
        first = number if self.points else shown
        return between.join(
            (first(row.low, language, self.decimals), shown(row.high, language, self.decimals))
        )

    def _marks(self, axes: Axes, row: Dot, y: float) -> None:
        colour, marker, _ = self.style.looks[self._series(row)]

        def mark(*ends: float, **look: Any) -> None:
            # A marker at the end of the axis is drawn whole.
            axes.plot(ends, [y] * len(ends), clip_on=False, **look)

        if row.published is not None:
            red = self.style.colours[1]
            mark(row.published, ls="", marker="D", ms=6, mfc="white", mec=red, mew=1.2)
        if row.low is not None and row.high is not None:
            first, last = self.ends
            if row.bounds:
                end = min(row.high, last)
                if row.outer is not None:
                    mark(row.outer[0], min(row.outer[1], last), color=colour, lw=1.4)
                mark(row.low, end, color=self.style.fill, lw=6)
                tips = [row.low, row.high][: 1 + math.isfinite(row.high)]
                mark(*tips, ls="", marker="|", ms=7, mew=1.4, color=colour)
                if math.isinf(row.high):
                    mark(end, ls="", marker=">", ms=4.5, color=colour)
            else:
                low = max(row.low, first) if self.ratios else row.low
                mark(low, min(row.high, last), color=colour, lw=1.4)
                if math.isinf(row.high):
                    mark(last, ls="", marker=">", ms=4.5, color=colour)
        if row.point is not None:
            large = DOT if marker == "o" else DOT + 0.6
            mark(
                row.point,
                ls="",
                marker=marker,
                ms=large,
                color=colour,
                mfc="white" if row.hollow else colour,
            )

    def _lengths_of_intervals(self, language: Language) -> Iterator[float]:
        """Yield the drawn length of the interval of each dot, in points."""
        scale = (self.room - sum(self._sides(language, self.room))) / self._distance(*self.ends)
        for row in self.rows:
            if (
                row.point is not None
                and row.low is not None
                and row.high is not None
                and not row.bounds
            ):
                yield self._distance(row.low, row.high) * scale

    def _interval_seen(self, language: Language) -> bool:
        """Return whether an interval is long enough to be visible on both sides of its dot."""
        alone = any(
            row.point is None and row.low is not None and not row.bounds for row in self.rows
        )
        return alone or any(length > DOT + 2 for length in self._lengths_of_intervals(language))

    def _distance(self, low: float, high: float) -> float:
        """Return the distance between two values on the axis, in its own unit."""
        if not self.ratios:
            return high - low
        return math.log(high / low) if low > 0 else math.inf

    def key(self, language: Language) -> list[LegendEntry]:
        """Return the marks and their meanings; empty if there are only estimates or only bounds."""
        blue, ink = self.style.colours[0], self.style.ink
        entries, plain = [], [row for row in self.rows if row.point is not None and not row.hollow]
        shared = self.style.grey if self._colours else blue
        if self._colours:
            looks = zip(self._colours, self.style.looks, strict=False)
            entries += [
                LegendEntry(words(item, language), look.colour, look.marker) for item, look in looks
            ]
        elif plain:
            entries.append(LegendEntry(term("word.estimate", language), blue, "o"))
        if any(row.point is not None and row.hollow for row in self.rows):
            hollow = words(self.hollow_label, language) or term("word.contradicted", language)
            entries.append(LegendEntry(capital(hollow), shared, "o", hollow=True))
        level = LegendEntry(
            capital(rule("interval at", str(self.confidence), language)), shared, line=1.4
        )
        if self._interval_seen(language):
            entries.append(level)
        if any(row.bounds for row in self.rows):
            entries.append(LegendEntry(term("word.bounds", language), self.style.fill, line=6))
        if any(row.outer is not None for row in self.rows):
            label = words(self.outer_label, language) or level.label
            outer = replace(level, label=label)
            if outer not in entries:
                entries.append(outer)
        alone = (
            len(entries) == 1
            and not self._colours
            and (bool(plain) or all(row.bounds for row in self.rows))
        )
        if any(row.published is not None for row in self.rows):
            entries.append(
                LegendEntry(
                    term("word.published", language), self.style.colours[1], "D", hollow=True
                )
            )
        if self.line is not None and self.line_label:
            entries.append(
                LegendEntry(capital(words(self.line_label, language)), ink, line=0.8, style=DASHED)
            )
        return [] if alone and len(entries) == 1 else entries

    def _blocks(self, language: Language, room: float) -> tuple[list[LabelBlock], float]:
        """Return headings and rows from top to bottom, and the total height."""
        blocks: list[LabelBlock] = []
        style, y, before = self.style, 2.0, ("", "")
        for dots in self._on_one_row():
            row = dots[0]
            heads = (words(row.group, language), words(row.under, language))
            for head, bold in _headings(heads, before, room, style):
                blocks.append(
                    LabelBlock(head, y + 8 + style.line * (len(head) - 1) / 2, style, bold)
                )
                y += HEADING + style.line * (len(head) - 1)
            before = heads
            lines = hanging_lines(words(row.label, language), room * 0.38, style)
            series = 1 if self.one_line else len(self._colours) or 1
            tall = max(len(lines) * style.line, self.mark_height, SERIES * series) + 6
            blocks.append(LabelBlock(lines, y + tall / 2, style, dots=dots, series=series))
            y += tall
        return blocks, y + 3

    def _on_one_row(self) -> list[tuple[Dot, ...]]:
        """Return the dots of each row; coloured dots with the same words share one."""
        rows: dict[Any, list[Dot]] = {}
        for at, row in enumerate(self.rows):
            rows.setdefault((row.group, row.under, row.label) if row.colour else at, []).append(row)
        return list(map(tuple, rows.values()))


HEADING = 15.0  # height of a heading of one line
SERIES = 9.0  # between the series of one row
MANY = 6  # number of rows from which lines lead from labels to values


@dataclass(frozen=True)
class LabelBlock:
    """A heading, or the label of a row and its dots."""

    lines: list[str]
    middle: float
    style: Style
    bold: bool = False
    dots: tuple[Dot, ...] = ()
    series: int = 1

    @property
    def width(self) -> float:
        """Width of its longest line in points."""
        return max(self.style.text_width(line, self.style.label, self.bold) for line in self.lines)


def hanging_lines(text: str, room: float, style: Style, *, bold: bool = False) -> list[str]:
    """Return a text wrapped into lines, each with the indent of the first."""
    own = text.lstrip(NO_BREAK)
    indent = text[: len(text) - len(own)]
    left = room - style.text_width(indent, style.label, bold)
    return [f"{indent}{line}" for line in style.wrapped(own, left, style.label, bold)]


def _headings(
    heads: tuple[str, str], before: tuple[str, str], room: float, style: Style
) -> Iterator[tuple[list[str], bool]]:
    """Yield the headings above a row that the previous row does not have."""
    (group, under), other = heads, heads[0] != before[0]
    if group and other:
        yield hanging_lines(group, room, style, bold=True), True
    if under and (other or under != before[1]):
        yield hanging_lines(under, room, style), False


def _far_from_zero(estimates: Estimates) -> bool:
    """Return whether amounts other than totals are far from zero, and close to each other."""
    if (
        any(kind in ("share", "count") for kind in estimates.kinds)
        or estimates.rows_described(is_total=True).any()
    ):
        return False
    columns = estimates.frame[["estimate", "ci_low", "ci_high"]].to_numpy(dtype=float)
    values = columns[np.isfinite(columns)]
    return bool(values.size and values.min() > 2 * np.ptp(values) > 0)


def _finite(value: Any, scale: float) -> float | None:
    number = known(value)
    return number * scale if number is not None and math.isfinite(number) else None
