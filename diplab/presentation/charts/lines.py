"""Lines over waves or years with their intervals, slopes between two times, and amounts by year."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, ClassVar, NamedTuple, Self, TypeAlias

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter

from diplab.errors import OptionError, quoted_names
from diplab.kernel.arrays import Floats
from diplab.presentation.charts.axes import (
    LegendEntry,
    count_on,
    legend_height,
    set_ticks,
    spread_labels,
)
from diplab.presentation.charts.chart import Chart, ChartWords, Margins, extent, limit
from diplab.presentation.charts.dots import OPTIONS, Dots
from diplab.presentation.charts.row import GROUND, PALE, Dot
from diplab.presentation.charts.style import DASHED, pale
from diplab.presentation.language import capital, colon, number, rule, term, words
from diplab.presentation.layouts.registry import Drawing, Encoding
from diplab.reference.text import NO_BREAK, NOTHING, Language, Text

LINE = ("rows", "colour", "facets", "limits")


class Event(NamedTuple):
    """Words above the axes: their time, their line above the axes, and a dot they point to."""

    time: float
    text: str
    level: int
    dot: Dot


@dataclass(frozen=True, kw_only=True)
class Lines(Dots, kind="lines", data="rows", item=Dot, encodes=LINE):
    """Estimates over time, a line per group with its band; missing times interrupt lines.

    The label of a row is its time, and `times` are the positions of times on the axis, by default
    evenly spaced. Words of `annotate` stand above the axes, at their time.
    """

    times: tuple[float, ...] = ()
    x_axis: Text = NOTHING

    options: ClassVar[tuple[str, ...]] = (*OPTIONS, "x_axis", "scale", "annotate")
    dotted: ClassVar[bool] = False
    leaves_out_empty: ClassVar[bool] = True
    most_colours: ClassVar[int] = 5
    written: ClassVar[str] = "{name}{colon}{value}"  # at the end of a line

    @classmethod
    def encoding_of(cls, drawing: Drawing, asked: Encoding, options: Mapping[str, Any]) -> Encoding:
        """Return the default encoding: time on the axis (numbers first), the rest by colour."""
        frame, taken = drawing.estimates.frame, (asked.colour, asked.facets)
        dimensions = [name for name in drawing.dimensions if name not in taken]
        names = [name for name in drawing.estimates.by if name in dimensions]

        def rank(name: str) -> tuple[bool, bool, int]:
            numeric = all(isinstance(cell, int | float | np.number) for cell in frame[name])
            labelled = bool(drawing.estimates.codebook.variable(name).values)
            return not numeric, labelled, -frame[name].nunique()

        time = asked.rows[0] if asked.rows else min(names, key=rank, default=None)
        if time is None:
            raise OptionError(
                f"`kind={cls.kind!r}` needs times, and this result has no variable of them.",
                f"Its dimensions are {quoted_names(drawing.dimensions) or 'none'}.",
                "Write `by='year'` in `estimate`, or `rows='wave'` to name the variable of times.",
            )
        colour = asked.colour
        for name, dimension in drawing.dimensions.items():
            varies = len(set(dimension.labels)) > 1
            if colour is None and varies and name not in (time, asked.facets):
                colour = name
        return replace(asked, rows=(time,), colour=colour)

    @classmethod
    def of_result(cls, drawing: Drawing, words: ChartWords) -> Self:
        """Return the values of a result at their times, spaced by numeric times."""
        made, whole = super().of_result(drawing, words), drawing.whole or drawing
        found: Any = whole.estimates.frame.get((drawing.encoding.rows or ("",))[0], [])
        codes = {}
        for place, code in zip(whole.arrangement.places, found, strict=False):
            codes[place.row] = code
        times = [code for _, code in sorted(codes.items())]
        # labelled codes in another order than in the codebook are not times
        numbers = all(
            isinstance(time, int | float | np.number) for time in times
        ) and times == sorted(times)
        return replace(made, times=tuple(map(float, times)) if numbers else ())

    def __post_init__(self) -> None:
        super().__post_init__()
        given: object = self.x_axis
        if isinstance(given, str):
            object.__setattr__(self, "x_axis", Text.same(given))
        if any(dot.pale for dot in self.rows) and not self._pale_series():
            raise OptionError(
                f"`highlight` names times, and `kind={self.kind!r}` has a colour per line.",
                write="Name a line, or write `annotate={time: words}`.",
            )
        if len(self._labels) < 2:
            raise OptionError(
                "A line needs two times, and there is one.", write="Write `kind='dots'`."
            )

    @property
    def _labels(self) -> list[Text]:
        return list(dict.fromkeys(dot.label for dot in self.rows))

    @property
    def _places(self) -> Floats:
        return np.array(self.times or range(len(self._labels)), dtype=float)

    def _of_lines(self) -> list[tuple[str | Text, list[Dot], Floats]]:
        """Return each line: name, values in order of time, and values and bounds as numbers."""
        lines, order = [], np.argsort(self._places, kind="stable")
        for name in self._colours or [None]:
            dots = [Dot(self._labels[at]) for at in order]
            position = {dot.label: at for at, dot in enumerate(dots)}
            for dot in self.rows:
                if name is None or dot.colour == name:
                    dots[position[dot.label]] = dot
            ends = [[dot.point, dot.low, dot.high] for dot in dots]
            lines.append((name or "", dots, np.array(ends, dtype=float)))
        return lines

    def _looks(self) -> list[tuple[str, str]]:
        """Return the colour and the mark of each line."""
        return self._greyed([(look.colour, look.marker) for look in self.looks])

    def _greyed(self, looks: list[tuple[str, str]]) -> list[tuple[str, str]]:
        """Return the looks of lines, without colour for those next to a highlighted one."""
        pale = self._pale_series()
        for at, series in enumerate(self._colours):
            if series in pale:
                looks[at] = PALE, looks[at][1]
        return looks

    def key(self, language: Language) -> list[LegendEntry]:
        """Return the key of the band and of the reference line; lines are named directly."""
        level = capital(rule("interval at", str(self.confidence), language))
        band = LegendEntry(level, self.style.grey, line=7, alpha=0.2)
        bands = [band] * any(dot.low is not None for dot in self.rows)
        return bands + self._line_entry(language)

    def _names(self, language: Language, room: float) -> list[tuple[float, list[str], str]]:
        """Return the name and the last value of each line, at its height."""
        named: list[tuple[float, list[str], str]] = []
        for (name, dots, _), (colour, _) in zip(self._of_lines(), self._looks(), strict=False):
            last = self._labelled_dot(dots)
            if last is not None and last.point is not None:
                text = self._name(words(name, language), dots, last, language)
                lines = self.style.wrapped(text, room * 0.33, self.style.label)
                named.append((self._distance(self.ends[0], last.point), lines, colour))
        return named

    def _name(self, name: str, dots: Sequence[Dot], last: Dot, language: Language) -> str:
        """Return the name of a line, with its last value and a mark of few respondents."""
        between, when = "", ""
        if name:
            between = colon(language)
        if any(dot.small for dot in dots) and not last.small:
            name += f"{NO_BREAK}*"
        if last is not dots[-1]:
            # a line that ends before the others is labelled with its last time
            when = f" ({words(last.label, language)})"
        if not self.values:
            return f"{name}{when}".strip()
        value = self._value(last, language) + when
        return self.written.format(name=name, value=value, colon=between).strip()

    def _labelled_dot(self, dots: Sequence[Dot]) -> Dot | None:
        """Return the value next to which a line is named: the last."""
        return next((dot for dot in reversed(dots) if dot.point is not None), None)

    def margins(self, language: Language, room: float) -> Margins:
        """Return margins for ticks at left, names at right, the key above and times below."""
        style, names, above = self.style, 0.0, 6.0
        ticks = [self._printed(Dot(self.axis, end), language) for end in self.ends]
        for _, lines, _ in self._names(language, room):
            names = max(names, style.widest(lines, style.label))
        if self.legend:
            above += legend_height(self.key(language), room, style)
        if self.axis_title:
            above += style.line
        left, right = style.widest(ticks, style.tick) + 8, names + 16
        above += self._room_of_events(language, room - left - right)
        return Margins(left=left, right=right, top=above, bottom=30 if self.x_axis else 18)

    def _events(self, language: Language, inner: float) -> list[Event]:
        """Return the words above the axes, on as many lines as they need not to overlap."""
        xs, style = self._places, self.style
        spare, start = 0.04 * float(np.ptp(xs)), float(xs.min())
        per_unit = inner / (float(np.ptp(xs)) + 2 * spare)
        events: list[Event] = []
        ends: list[float] = []  # of the words of each level, from the left
        for at in np.argsort(xs, kind="stable"):
            label, time = self._labels[at], float(xs[at])
            dots: dict[str, list[Dot]] = {}
            for dot in self.rows:
                if dot.label == label and dot.remark:
                    dots.setdefault(words(dot.remark, language), []).append(dot)
            for text, named in dots.items():
                half = style.text_width(text, style.tick) / 2
                centre = self._clear_of_edges((time - start + spare) * per_unit, half, inner)
                level = 0
                while level < len(ends) and centre - half < ends[level] + 6:
                    level += 1
                ends[level : level + 1] = [centre + half]
                # words of one line point to it, words of a time to all lines
                events.append(Event(time, text, level, named[0] if len(named) == 1 else Dot(label)))
        return events

    @staticmethod
    def _clear_of_edges(centre: float, half: float, inner: float) -> float:
        return max(half, min(centre, inner - half))

    def _room_of_events(self, language: Language, inner: float) -> float:
        height = 0.0
        for event in self._events(language, inner):
            height = max(height, (event.level + 1) * self.style.line + 2)
        return height

    def _draw_events(self, axes: Axes, language: Language) -> None:
        """Draw the words above the axes, each with a line down to its marks."""
        style, (inner, tall) = self.style, extent(axes)
        for x, text, level, dot in self._events(language, inner):
            first = self.ends[0]
            if dot.point is not None:
                first = dot.point
            look: Any = {"color": style.grey, "lw": 0.8, "ls": (0, (1, 2)), "zorder": 1.5}
            axes.plot([x, x], [first, self.ends[1]], **look)
            up = 3 + level * style.line
            across = axes.get_xaxis_transform()
            axes.plot([x, x], [1, 1 + up / tall], transform=across, clip_on=False, **look)
            left, right = axes.get_xlim()
            half = style.text_width(text, style.tick) / 2
            centre = self._clear_of_edges(inner * (x - left) / (right - left), half, inner)
            above: Any = {"xycoords": "axes fraction", "ha": "center", "va": "bottom"}
            above |= {"size": style.tick, "color": style.grey, "bbox": GROUND}
            self.write_at(axes, text, (centre / inner, 1.0), (0.0, up), **above)

    def height(self, language: Language, room: float) -> float:
        """Return a height in proportion to the width, or more if the names need it."""
        names = 0.0
        for _, lines, _ in self._names(language, self.room):
            names += len(lines) * self.style.line + 5
        return max(room * self.tall, names)

    def draw(self, axes: Axes, language: Language) -> None:
        """Draw the bands, the lines with a mark at each time, the axes and the names."""
        (low, high), xs = self.ends, np.sort(self._places)
        spare = 0.04 * float(np.ptp(xs))
        if self.logarithmic:
            axes.set_yscale("log")
        limit(axes, (xs[0] - spare, xs[-1] + spare), (low, high), grid="y")
        for (_, _, values), (colour, marker) in zip(self._of_lines(), self._looks(), strict=False):
            self._draw_line(axes, xs, values, colour, marker)
        look: Any = {"as_percent": self.percent, "signs": self.percent_signs}
        if self.logarithmic:
            look |= {"ratios": True, "room": extent(axes)[1]}
        count_on(axes.yaxis, low, high, language, style=self.style, **look)
        if self.line is not None:
            axes.axhline(self.line, color=self.style.ink, lw=0.8, ls=DASHED)
        self._draw_events(axes, language)
        self._finish(axes, language)

    def _draw_line(self, axes: Axes, xs: Floats, values: Floats, colour: str, marker: str) -> None:
        axes.fill_between(xs, values[:, 1], values[:, 2], **pale(colour, 0.16))
        over = bool(self._pale_series()) and colour != PALE
        look: Any = {"color": colour, "lw": 1.4, "marker": marker, "ms": 4.2, "clip_on": False}
        axes.plot(xs, values[:, 0], zorder=3 + over / 2, **look)

    def _finish(self, axes: Axes, language: Language) -> None:
        """Draw the names at right, as many times below as fit with the last one, and the key."""
        style, (low, high) = self.style, self.ends
        self.write_aside(axes, self._names(language, self.room), self._distance(low, high))
        per_unit = extent(axes)[0] / float(np.ptp(axes.get_xlim()))
        named = sorted(
            (float(x), words(name, language))
            for x, name in zip(self._places, self._labels, strict=True)
        )
        for every in range(1, len(named) + 1):
            kept = named[::-1][::every][::-1]
            widths = [
                (x * per_unit, style.text_width(name, style.tick) / 2 + 2) for x, name in kept
            ]
            if all(
                after - x > half + next_half for (x, half), (after, next_half) in pairwise(widths)
            ):
                break
        set_ticks(axes.xaxis, [x for x, _ in kept], [name for _, name in kept])
        self.name_below(axes, self.x_axis, language)
        if self.axis_title:
            up = 5 + self._room_of_events(language, extent(axes)[0])
            self.name_above(axes, self.axis_title, language, up=up)
        if self.legend:
            self.write_key(axes, self.key(language), language)


@dataclass(frozen=True, kw_only=True)
class Slope(Lines, kind="slope", data="rows", item=Dot, encodes=LINE):
    """A slope chart of two times, with colours and marks for rises and falls."""

    options: ClassVar[tuple[str, ...]] = ("axis", "x_axis", "highlight", "values", "percent_signs")
    most_colours: ClassVar[int] = 14
    written: ClassVar[str] = "{value} {name}"
    styled: ClassVar[bool] = False
    has_intervals: ClassVar[bool] = False

    @property
    def series(self) -> tuple[Text, ...]:
        """No name: colours are those of rises and falls."""
        return ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self._labels) != 2:
            raise OptionError(
                f"A slope chart compares two times, and there are {len(self._labels)}.",
                write="Write `kind='lines'`, or two times with `estimates.rows(...)`.",
            )

    @classmethod
    def of_result(cls, drawing: Drawing, words: ChartWords) -> Self:
        """Return the values of a result at two times, on an axis that ends at these values."""
        return replace(super().of_result(drawing, words), zero=False)

    def _ways(self) -> list[int]:
        """Return the direction of each line by printed values: 0 rise, 1 fall, 2 neither.

        It is 3 for a line that lacks an end.
        """
        places = self.decimals + 2 * self.percent
        steps = [
            float(np.diff(np.round(values[:, 0], places))[0]) for *_, values in self._of_lines()
        ]
        return [(2, 0, 1)[int(np.sign(step))] if math.isfinite(step) else 3 for step in steps]

    def _looks(self) -> list[tuple[str, str]]:
        colours, markers = (
            (*self.style.colours[:2], self.style.grey, self.style.grey),
            self.style.markers,
        )
        return self._greyed(
            [(colours[way], (*markers[:3], markers[2])[way]) for way in self._ways()]
        )

    def _labelled_dot(self, dots: Sequence[Dot]) -> Dot | None:
        return None if dots[-1].point is None else dots[-1]

    def _firsts(self, language: Language) -> list[tuple[float, str]]:
        """Return the values at left in increasing order, with the names of lines that end there."""
        found = []
        for name, (first, last), _ in self._of_lines():
            if first.point is not None:
                alone = f"{words(name, language)} " if last.point is None else ""
                found.append((first.point, f"{alone}{self._value(first, language)}".strip()))
        return sorted(found)

    def key(self, language: Language) -> list[LegendEntry]:
        """Return the directions present."""
        entries = []
        looks = dict(sorted(zip(self._ways(), self._looks(), strict=True)))
        for way, name in enumerate(("rise", "fall", "level")):
            if way in looks:
                label = term(f"word.{name}", language)
                entries.append(LegendEntry(label, *looks[way], line=1.4))
        return entries

    def margins(self, language: Language, room: float) -> Margins:
        """Return margins for values at left, and for values and names at right."""
        firsts = self._firsts(language)
        widest = max(
            (self.style.text_width(text, self.style.label) for _, text in firsts), default=0.0
        )
        return replace(super().margins(language, room), left=widest + 16)

    def draw(self, axes: Axes, language: Language) -> None:
        """Draw the lines between the two times, with values and names at their ends."""
        (low, high), tall, style, firsts = (
            self.ends,
            extent(axes)[1],
            self.style,
            self._firsts(language),
        )
        axes.set_xlim(min(self._places), max(self._places))
        axes.set_ylim(low, high)
        axes.set_yticks([])
        axes.spines["right"].set_visible(True)
        for (*_, values), look in zip(self._of_lines(), self._looks(), strict=True):
            self._draw_line(axes, np.sort(self._places), values, *look)
        levels = [tall * (point - low) / (high - low) for point, _ in firsts]
        for (_, text), level in zip(
            firsts, spread_labels(levels, [style.line] * len(levels), -4, tall + 4), strict=True
        ):
            self.write_at(
                axes,
                text,
                (0, level / tall),
                (-7, 0),
                xycoords="axes fraction",
                ha="right",
                va="center",
            )
        self._finish(axes, language)


SideName: TypeAlias = tuple[
    float, Text, str
]  # height on the vertical axis, words, colour of the stroke


def _year(value: float, _: int | None) -> str:
    return f"{value - 0.5:.0f}"


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
        """The first and the last date, in years."""

    @property
    @abstractmethod
    def top(self) -> float:
        """The end of the vertical axis."""

    @abstractmethod
    def names(self) -> list[SideName]:
        """Return the names at the right."""

    @abstractmethod
    def draw_amounts(self, axes: Axes, language: Language) -> None:
        """Draw the amounts."""

    def margins(self, language: Language, room: float) -> Margins:
        """Return room for ticks at left, names at right and years below."""
        ticks = (
            self.style.text_width(number(self.top, language, self.tick_decimals), self.style.tick)
            + 8
        )
        return Margins(
            left=ticks, right=room * self.names_share, top=16 if self.y_axis else 8, bottom=16
        )

    def height(self, language: Language, room: float) -> float:
        """Return a height in proportion to the width, or more if the names need it."""
        names = sum(
            len(lines) * self.style.line + 5 for _, lines, _ in self._wrapped_names(language)
        )
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
        axes.xaxis.set_minor_formatter(FuncFormatter(_year))
        axes.tick_params(axis="x", which="minor", length=0)
        if self.y_axis:
            self.name_above(axes, self.y_axis, language)
        self.write_aside(axes, self._wrapped_names(language), self.top)

    def _wrapped_names(self, language: Language) -> list[tuple[float, list[str], str]]:
        room, size = self.room * self.names_share - 13, self.style.label
        return [
            (at, self.style.wrapped(words(text, language), room, size), colour)
            for at, text, colour in self.names()
        ]
