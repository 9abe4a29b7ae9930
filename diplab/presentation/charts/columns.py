"""Vertical bars: categories side by side, with their labels below and values above."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from diplab.errors import OptionError
from diplab.presentation.charts.axes import bar_look, count_on, legend_height, luminance
from diplab.presentation.charts.chart import Margins, extent
from diplab.presentation.charts.dots import Dots
from diplab.presentation.charts.row import GROUND, Dot, remarks_of
from diplab.presentation.charts.style import DASHED
from diplab.presentation.language import number, words
from diplab.reference.text import Language, Text, tied

FILLED = 0.78  # share of its room that a category fills with bars
APART = 0.5  # between groups, in categories
LONGEST_LABELS = (60.0, 80.0, 100.0, 130.0, 160.0)  # of labels that are written upwards, in points
LEAST_HEIGHT = 130.0
SIDE = 6.0  # between the axes and the edge at right


class Column(NamedTuple):
    """A category: its bars, their middle on the axis, and its label in lines."""

    dots: tuple[Dot, ...]
    middle: float
    lines: list[str]
    strong: bool


class Columns(NamedTuple):
    """All categories, the length of their axis, and whether labels and values are upwards."""

    columns: list[Column]
    length: float
    labels_upwards: bool
    values_upwards: bool


def most_asked(dots: Sequence[Dot]) -> Dot:
    """Return the part of a whole with the most respondents, who answered for all of it."""
    return max(dots, key=lambda dot: dot.n or 0)


@dataclass(frozen=True, kw_only=True)
class Upright(Dots, kind="", data=""):
    """The base of bars that may be vertical."""

    vertical: bool = False
    stacked: bool = False

    def margins(self, language: Language, room: float) -> Margins:
        """Return margins for ticks at left, labels below, and the key above."""
        if not self.vertical:
            return super().margins(language, room)
        style, left = self.style, self._width_of_ticks(language)
        columns = self._columns(language, room - left - SIDE)
        below = 6 + self._height_of_labels(columns)
        headings = self._headings(columns, room - left - SIDE, language)
        tallest = max((len(lines) for *_, lines in headings), default=0)
        below += tallest * style.line + 6 * bool(tallest)
        above = 4.0
        if self.legend:
            above += legend_height(self.key(language), room, style)
        if self.axis_title:
            above += style.line + 4
        return Margins(left=left, right=SIDE, top=above, bottom=below)

    def height(self, language: Language, room: float) -> float:
        """Return a height in proportion to the width, with room for values and remarks."""
        if not self.vertical:
            return super().height(language, room)
        return max(room * 0.45, LEAST_HEIGHT) + sum(self._beyond(language, room))

    def draw(self, axes: Axes, language: Language) -> None:
        """Draw the bars, their labels and values, the axis and the key."""
        if not self.vertical:
            super().draw(axes, language)
            return
        (inner, tall), (low, high) = extent(axes), self.ends
        columns, (under, over) = self._columns(language, inner), self._beyond(language, inner)
        per_point = (high - low) / max(tall - under - over, tall / 3)
        axes.set_xlim(0, columns.length)
        axes.set_ylim(low - under * per_point, high + over * per_point)
        axes.set_xticks([])
        axes.spines["bottom"].set_visible(False)
        axes.spines["left"].set_bounds(low, high)
        axes.grid(axis="y")
        axes.set_axisbelow(True)
        look: Any = {"as_percent": self.percent or self.stacked, "signs": self.percent_signs}
        count_on(axes.yaxis, low, high, language, style=self.style, **look)
        axes.axhline(0, color=self.style.grey, lw=0.6, zorder=3)
        if self.other_line:
            axes.axhline(self.other_line, color=self.style.grey, lw=0.8, zorder=4)
        if self.line is not None:
            axes.axhline(self.line, color=self.style.ink, lw=0.8, ls=DASHED, zorder=4)
        draw_column = self._draw_parts if self.stacked else self._draw_bars
        for column in columns.columns:
            draw_column(axes, column, columns, language)
            self._write_label(axes, column, columns)
        self._write_headings(axes, columns, language)
        if self.axis_title:
            self.name_above(axes, self.axis_title, language)
        if self.legend:
            self.write_key(axes, self.key(language), language)

    def _width_of_ticks(self, language: Language) -> float:
        shown = replace(self, percent=self.percent or self.stacked)
        ticks = [shown._printed(Dot(self.axis, end), language) for end in self.ends]
        return self.style.widest(ticks, self.style.tick) + 9

    def _columns(self, language: Language, inner: float) -> Columns:
        """Return the categories, with labels horizontal if their longest word has room."""
        style, rows, x, before = self.style, self._on_one_row(), 0.0, None
        middles = []
        for dots in rows:
            heading = (dots[0].group, dots[0].under)
            x += APART * (before is not None and heading != before)
            middles.append(x + 0.5)
            x, before = x + 1.0, heading
        slot = inner / x
        labels = [words(dots[0].label, language).strip("\u00a0") for dots in rows]
        widest = 0.0
        for label in labels:
            widest = max(widest, style.widest(tied(label).split(" "), style.label, bold=True))
        upwards, width = widest > slot - 4, slot - 4
        if upwards:
            width = self._length_upwards(labels, slot)
        columns = []
        for dots, middle, label in zip(rows, middles, labels, strict=True):
            strong = any(dot.strong for dot in dots)
            lines = style.wrapped(label, width, style.label, bold=strong)
            columns.append(Column(dots, middle, lines, strong))
        values, share = self._values_above(language), 1.0
        if len(values) > len(rows):
            share = FILLED * len(rows) / len(values)
        values_upwards = style.widest(values, style.tick) > slot * share - 2
        return Columns(columns, x, upwards, values_upwards)

    def _values_above(self, language: Language) -> list[str]:
        """Return the values written above bars: one a column if they are stacked."""
        dots: Sequence[Dot] = self.rows
        if self.stacked:
            dots = list(map(most_asked, self._on_one_row()))
        return [self._value(dot, language) for dot in dots]

    def _length_upwards(self, labels: Sequence[str], slot: float) -> float:
        """Return the length of labels written upwards, or raise an error if they have no room."""
        style = self.style
        for length in LONGEST_LABELS:
            lines = max(len(style.wrapped(label, length, style.label, True)) for label in labels)
            if lines * style.line <= slot:
                return length
        raise OptionError(
            f"{len(labels)} vertical bars leave no room for their labels at {self.width:.0f} mm.",
            write="Leave `vertical` out, or write a larger `width`.",
        )

    def _height_of_labels(self, columns: Columns) -> float:
        if not columns.labels_upwards:
            return max(len(column.lines) for column in columns.columns) * self.style.line
        longest, style = 0.0, self.style
        for column in columns.columns:
            longest = max(longest, style.widest(column.lines, style.label, column.strong))
        return longest

    def _remarks_of(self, dots: Sequence[Dot], slot: float, language: Language) -> list[str]:
        """Return the remarks of a category in lines, or raise an error if they have no room."""
        style, lines = self.style, []
        for remark in remarks_of(dots, language):
            if style.widest(tied(remark).split(" "), style.tick) > slot - 2:
                raise OptionError(
                    f"`annotate` has no room for {remark!r} above a vertical bar.",
                    write="Leave `vertical` out, or write a larger `width`.",
                )
            lines += style.wrapped(remark, slot - 2, style.tick)
        return lines

    def _beyond(self, language: Language, inner: float) -> tuple[float, float]:
        """Return the room for values and remarks below the axis and above it, in points."""
        columns = self._columns(language, inner)
        tall = self._height_of_values(columns, language)
        under = tall * any((dot.point or 0.0) < 0 for dot in self.rows)
        slot, most = inner / columns.length, 0
        for column in columns.columns:
            most = max(most, len(self._remarks_of(column.dots, slot, language)))
        return under, tall + most * self.style.line

    def _height_of_values(self, columns: Columns, language: Language) -> float:
        values, size = self._values_above(language), self.style.tick
        if not any(values):
            return 4.0
        if columns.values_upwards:
            return 6 + self.style.widest(values, size)
        return 6 + size

    def _draw_bars(self, axes: Axes, column: Column, columns: Columns, language: Language) -> None:
        """Draw the bars of a category side by side, with intervals, values and remarks."""
        series, top = max(len(self._colours), 1), 0.0
        thick = FILLED / series
        for dot in column.dots:
            x = column.middle + (self._series(dot) - (series - 1) / 2) * thick
            start, look = x - thick * 0.46, self._look(dot)
            point = dot.point or 0.0
            fill = bar_look(look.colour, self._hatch(dot))
            place = (start, min(point, 0.0))
            axes.add_patch(Rectangle(place, thick * 0.92, abs(point), zorder=2, **fill))
            reached = [point]
            if dot.low is not None and dot.high is not None:
                reached += [max(dot.low, self.ends[0]), min(dot.high, self.ends[1])]
                for colour, width in (("white", 2.2), (self.style.ink, 1.1)):
                    axes.plot([x, x], reached[1:], color=colour, lw=width, zorder=3)
            top = max(top, *reached)
            end = max(reached)
            if point < 0:
                end = min(reached)
            self._write_above(axes, self._value(dot, language), x, end, columns, point < 0)
        self._write_remarks(axes, column, top, columns, language)

    def _hatch(self, dot: Dot) -> str:
        """Return the hatch of a bar, for prints in grey."""
        return ""

    def _shade(self, dot: Dot) -> str:
        """Return the colour of a part of a whole."""
        return self._look(dot).colour

    def _draw_parts(self, axes: Axes, column: Column, columns: Columns, language: Language) -> None:
        """Draw the parts of a whole from the bottom, and respondents above."""
        style, (inner, tall), start = self.style, extent(axes), 0.0
        low, high = axes.get_ylim()
        centred: Any = {"size": style.tick, "ha": "center", "va": "center"}
        for dot in sorted(column.dots, key=self._series):
            share, colour = dot.point or 0.0, self._shade(dot)
            place = (column.middle - FILLED / 2, start)
            axes.add_patch(Rectangle(place, FILLED, share, zorder=2, **bar_look(colour)))
            inside = number(100 * share, language, self.decimals)
            wide = style.text_width(inside, style.tick) + 3 <= FILLED * inner / columns.length
            if self.values and wide and share * tall / (high - low) > style.tick + 1:
                ink = "white" if luminance(colour) < 0.2 else style.ink
                axes.text(column.middle, start + share / 2, inside, color=ink, **centred)
            start += share
        asked = most_asked(column.dots)
        self._write_above(axes, self._value(asked, language), column.middle, 1.0, columns)
        if asked.n is not None and column is columns.columns[0]:
            look: Any = {"xycoords": ("axes fraction", "data"), "ha": "right", "va": "bottom"}
            self.write_at(axes, "n", (0, 1.0), (-4, 5), size=style.tick, **look)

    def _write_above(
        self, axes: Axes, text: str, x: float, y: float, columns: Columns, below: bool = False
    ) -> None:
        """Write a value above a bar or its interval, or below one of a negative number."""
        look: Any = {"ha": "center", "va": "bottom", "size": self.style.tick}
        look["rotation"], up = 90 * columns.values_upwards, 2
        if below:
            look["va"], up = "top", -3
        if self.line is not None:
            look |= {"bbox": GROUND, "zorder": 5}
        if text.strip():
            self.write_at(axes, text, (x, y), (0, up), **look)

    def _write_remarks(
        self, axes: Axes, column: Column, top: float, columns: Columns, language: Language
    ) -> None:
        """Write the remarks of a category above its values."""
        style, inner = self.style, extent(axes)[0]
        lines = self._remarks_of(column.dots, inner / columns.length, language)
        up = self._height_of_values(columns, language)
        look: Any = {"ha": "center", "va": "bottom", "size": style.tick, "color": style.grey}
        for line in reversed(lines):
            place = (column.middle, top)
            self.write_at(axes, line, place, (0, up), bbox=GROUND, zorder=5, **look)
            up += style.line

    def _write_label(self, axes: Axes, column: Column, columns: Columns) -> None:
        """Write the label of a category below it."""
        style, tall = self.style, extent(axes)[1]
        look: Any = {"transform": axes.get_xaxis_transform(), "ha": "center", "size": style.label}
        look["weight"] = ("normal", "bold")[column.strong]
        if columns.labels_upwards:
            step = style.line * columns.length / extent(axes)[0]
            first = column.middle - step * (len(column.lines) - 1) / 2
            for at, line in enumerate(column.lines):
                axes.text(first + at * step, -4 / tall, line, rotation=90, va="top", **look)
            return
        first = -(4 + style.line / 2) / tall
        self.write_lines(axes, column.lines, column.middle, first, -style.line / tall, **look)

    def _headings(
        self, columns: Columns, inner: float, language: Language
    ) -> Iterator[tuple[float, float, list[str]]]:
        """Yield the first and last position of each group of categories, and its heading."""
        groups: dict[tuple[Text, Text], list[float]] = {}
        for column in columns.columns:
            first = column.dots[0]
            groups.setdefault((first.group, first.under), []).append(column.middle)
        for heads, middles in groups.items():
            name = ", ".join(words(head, language).strip("\u00a0") for head in heads if head)
            start, stop = middles[0] - 0.5, middles[-1] + 0.5
            room = (stop - start) * inner / columns.length
            if name:
                yield start, stop, self.style.wrapped(name, room, self.style.label, bold=True)

    def _write_headings(self, axes: Axes, columns: Columns, language: Language) -> None:
        """Write the headings of groups under their labels, each below a line."""
        style, (inner, tall) = self.style, extent(axes)
        below, across = self._height_of_labels(columns) + 7, axes.get_xaxis_transform()
        for start, stop, lines in self._headings(columns, inner, language):
            ends, y = [start + 0.08, stop - 0.08], -below / tall
            axes.plot(ends, [y, y], transform=across, color=style.grey, lw=0.6, clip_on=False)
            look: Any = {"transform": across, "ha": "center", "weight": "bold"}
            first = y - (3 + style.line / 2) / tall
            self.write_lines(axes, lines, (start + stop) / 2, first, -style.line / tall, **look)
