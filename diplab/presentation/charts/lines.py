"""Lines over waves or years with their intervals, and slopes between two times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
from matplotlib.axes import Axes

from diplab.errors import OptionError
from diplab.presentation.charts.axes import (
    LegendEntry,
    count_on,
    legend,
    legend_height,
    round_ends,
    set_ticks,
    spread_labels,
    write_aside,
)
from diplab.presentation.charts.chart import Chart, ChartWords, Margins, extent
from diplab.presentation.language import number, percent, rule, term, term_text, words
from diplab.presentation.layouts.registry import Drawing, Encoding
from diplab.reference.text import LANGUAGES, NO_BREAK, NOTHING, Language, Text

MOST_SLOPES = 14


@dataclass(frozen=True)
class Line:
    """One line: its points and intervals at each time of the chart, NaN where it has none."""

    label: Text
    points: tuple[float, ...]
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Lines(Chart, kind="lines", data="lines", item=Line, encodes=("rows", "colour", "facets", "limits")):
    """Estimates over time, a line a group with its band, named at its end; a time that a group lacks breaks its line."""

    lines: tuple[Line, ...]
    times: tuple[tuple[float, Text], ...]
    percent: bool = False
    decimals: int = 0
    confidence: float = 0.95

    leaves_out_empty: ClassVar[bool] = True
    cut_from: ClassVar[float] = 0.6  # the share of the highest value that the lowest has, from which 0 is left out

    @classmethod
    def encoding_of(cls, drawing: Drawing, asked: Encoding, options: Mapping[str, Any]) -> Encoding:
        """Return time, the first domain variable whose codes are numbers or in order, across, and the other one as colour."""
        time = next(iter(asked.rows or ()), None) or cls._time_of(drawing, asked)
        if time is None:
            raise OptionError(
                f"`kind={cls.kind!r}` needs times, and this result has no variable of them.",
                f"Its dimensions are {', '.join(f'`{each}`' for each in drawing.dimensions) or 'none'}.",
                "Write `by='year'` in `estimate`, or `rows='wave'` to say which variable holds the times.",
            )
        others = [name for name in drawing.dimensions if name not in (time, asked.facets)]
        told = [name for name in others if len(set(drawing.dimensions[name].labels)) > 1]
        return replace(asked, rows=(time,), colour=asked.colour or next(iter(told), None))

    @classmethod
    def _time_of(cls, drawing: Drawing, asked: Encoding) -> str | None:
        """Return the domain variable whose codes are numbers without labels, or any numbers; None without."""
        estimates, taken = drawing.estimates, (asked.colour, asked.facets)
        names = [name for name in estimates.by if name in drawing.dimensions and name not in taken]
        codes = {name: set(estimates.frame[name]) for name in names}
        numbers = {name: all(isinstance(each, int | float | np.number) for each in codes[name]) for name in names}
        ranks = {
            name: (not numbers[name], bool(estimates.codebook.variable(name).values), -len(codes[name]))
            for name in names
        }
        return min(names, key=lambda name: ranks[name], default=None)

    @classmethod
    def of_result(cls, drawing: Drawing, words: ChartWords) -> Chart:
        """Return a line for each colour, its points at the codes of the time, at true distances where they are numbers."""
        made, frame = drawing.arrangement, drawing.estimates.frame
        whole = drawing.whole or drawing
        codes = whole.estimates.frame[(drawing.encoding.rows or ("",))[0]]
        code_of = dict(zip((place.row for place in whole.arrangement.places), codes, strict=True))
        numeric = all(isinstance(each, int | float | np.number) for each in code_of.values())
        order = sorted(code_of, key=lambda row: code_of[row] if numeric else row)
        times = tuple(
            (float(code_of[row]) if numeric else float(at), made.rows[row].label) for at, row in enumerate(order)
        )
        scale = 100.0 if drawing.rows["en"][0].form.kind == "points" else 1.0
        values = np.full((max(len(made.colours), 1), len(order), 3), np.nan)
        few: set[int] = set()
        for place, found, small in zip(
            made.places, frame[["estimate", "ci_low", "ci_high"]].to_numpy(float), drawing.small, strict=True
        ):
            values[place.colour, order.index(place.row)] = found * scale
            few |= {place.colour} if small else set()
        names = [
            Text(*(f"{each.in_(lang)}{NO_BREAK}*" if at in few else each.in_(lang) for lang in LANGUAGES))
            for at, each in enumerate(made.colours or [NOTHING])
        ]
        return cls(
            lines=tuple(
                Line(name, *(tuple(each) for each in part.T)) for name, part in zip(names, values, strict=True)
            ),
            times=times,
            percent=drawing.rows["en"][0].form.kind == "percent",
            decimals=max(row.form.decimals for row in drawing.rows["en"]),
            confidence=drawing.estimates.provenance.confidence,
            **words.fields(drawing.alt),
        )._with_cut_axis()

    def __post_init__(self) -> None:
        most = len(self.style.colours)
        if len(self.lines) > most:
            raise OptionError(
                f"{len(self.lines)} lines are too many for one chart.",
                f"More than {most} cannot be told apart in print.",
                "Write `facets=` for some of the groups, or fewer with `estimates.rows(...)`.",
            )
        if len(self.times) < 2:
            raise OptionError("A line needs two times.", f"There is {len(self.times)}.", "Write `kind='dots'`.")

    def _with_cut_axis(self) -> Lines:
        """Return the chart with a note where its axis does not begin at 0."""
        if self._span()[0] == 0 or self.limits:
            return self
        said = [
            f"{each.in_(lang)} {term_text('sentence.cut_axis').in_(lang)}".strip()
            for lang in LANGUAGES
            for each in [self.notes.note]
        ]
        return replace(self, notes=replace(self.notes, note=Text(*said)))

    def _span(self) -> tuple[float, float]:
        """Return the ends of the axis: 0 is left out where all values are far from it."""
        if self.limits:
            return self.limits
        values = np.concatenate([np.concatenate([each.points, each.low, each.high]) for each in self.lines])
        values = values[np.isfinite(values)]
        low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 1.0)
        if low < self.cut_from * high or low == high:
            low, high = min(low, 0.0), max(high, 0.0) or 1.0
        return round_ends(low, high, 100.0 if self.percent else 1.0)

    @property
    def ends(self) -> tuple[float, float] | None:
        """Ends of the axis of values."""
        return self._span()

    def printed(self, value: float, language: Language) -> str:
        """Return a value as the table prints it."""
        return (percent if self.percent else number)(value, language, self.decimals)

    def key(self, language: Language) -> list[LegendEntry]:
        """Return what the band is: the lines bear their names."""
        if not any(np.isfinite(each.low).any() for each in self.lines if each.low):
            return []
        level = rule("interval at", str(self.confidence), language)
        return [LegendEntry(level[:1].upper() + level[1:], self.style.grey, line=7, alpha=0.35)]

    def _names(self, language: Language, room: float) -> list[tuple[float, list[str], str]]:
        """Return the name and the last value of each line, at its height."""
        named = []
        for line, colour in zip(self.lines, self.style.colours, strict=False):
            known = [each for each in line.points if np.isfinite(each)]
            if known:
                text = f"{words(line.label, language)} {self.printed(known[-1], language)}".strip()
                named.append(
                    (known[-1] - self._span()[0], self.style.wrapped(text, room * 0.3, self.style.label), colour)
                )
        return named

    def margins(self, language: Language, room: float) -> Margins:
        """Return room for ticks at left, names at right, the key above and times below."""
        style, (low, high) = self.style, self._span()
        ticks = max(
            style.text_width((percent if self.percent else number)(each, language, 1), style.tick)
            for each in (low, high)
        )
        right = max(
            style.text_width(each, style.label) for _, lines, _ in self._names(language, room) for each in lines
        )
        return Margins(ticks + 8, right + 16, legend_height(self.key(language), room, self.style) + 6, 18)

    def height(self, language: Language, room: float) -> float:
        """Return a height in proportion to the width, more where the names need it."""
        return max(
            room * 0.5, sum(len(lines) * self.style.line + 6 for _, lines, _ in self._names(language, self.room))
        )

    def draw(self, axes: Axes, language: Language) -> None:
        """Draw the bands, the lines with a mark at each time, the axes and the names."""
        (low, high), style, xs = self._span(), self.style, np.array([each for each, _ in self.times])
        spare = 0.04 * np.ptp(xs)
        axes.set_xlim(xs.min() - spare, xs.max() + spare)
        axes.set_ylim(low, high)
        axes.grid(axis="y")
        axes.set_axisbelow(True)
        for line, colour, marker in zip(self.lines, style.colours, style.markers, strict=False):
            if line.low:
                axes.fill_between(xs, line.low, line.high, color=colour, alpha=0.16, lw=0)
                axes.vlines(xs, line.low, line.high, color=colour, lw=0.7, alpha=0.6)
            axes.plot(xs, line.points, color=colour, lw=1.4, marker=marker, ms=4.2, clip_on=False, zorder=3)
        count_on(axes.yaxis, low, high, language, style=self.style, as_percent=self.percent)
        self._name_times(axes, language)
        write_aside(axes, self._names(language, self.room), high - low, style)
        if self.legend:
            margins = self.margins(language, self.room)
            legend(axes, self.key(language), margins.left, self.room, margins.top, self.style)

    def _name_times(self, axes: Axes, language: Language) -> None:
        """Name as many times below the axis as there is room for, the last one always."""
        per_unit = extent(axes)[0] / np.ptp(axes.get_xlim())
        shown = [(place, words(name, language)) for place, name in self.times]
        for every in range(1, len(shown) + 1):
            kept = shown[::-1][::every][::-1]
            widths = [self.style.text_width(name, self.style.tick) for _, name in kept]
            if all(
                (after[0] - one[0]) * per_unit > (wide + wider) / 2 + 4
                for (one, wide), (after, wider) in pairwise(zip(kept, widths, strict=True))
            ):
                break
        set_ticks(axes.xaxis, [place for place, _ in kept], [name for _, name in kept])


@dataclass(frozen=True, kw_only=True)
class Slope(Lines, kind="slope", data="lines", item=Line, encodes=("rows", "colour", "facets", "limits")):
    """Two times, a line a group with its value at both ends: rises and falls have a colour and a mark each."""

    cut_from: ClassVar[float] = 0.0

    def __post_init__(self) -> None:
        if len(self.times) != 2:
            raise OptionError(
                f"A slope joins two times, and there are {len(self.times)}.",
                write="Write `kind='lines'`, or two times with `estimates.rows(...)`.",
            )
        if len(self.lines) > MOST_SLOPES:
            raise OptionError(
                f"{len(self.lines)} slopes are too many for one chart.",
                f"The names of more than {MOST_SLOPES} are not clear of each other.",
                "Write `kind='dumbbell'`, or fewer groups with `estimates.rows(...)`.",
            )

    def _look(self, line: Line) -> tuple[str, str, str]:
        """Return the colour and the mark of a line, and the term for its direction as printed."""
        first, last = (round(each, 10) for each in line.points)
        way = "rise" if last > first else "fall" if last < first else "level"
        place = ("rise", "fall", "level").index(way)
        return (*self.style.colours[:2], self.style.grey)[place], self.style.markers[place], way

    def key(self, language: Language) -> list[LegendEntry]:
        """Return the directions that there are."""
        looks = dict.fromkeys(self._look(line) for line in self.lines if np.isfinite(line.points).all())
        return [LegendEntry(term(f"word.{way}", language), colour, marker, line=1.4) for colour, marker, way in looks]

    def _names(self, language: Language, room: float) -> list[tuple[float, list[str], str]]:
        """Return the value and the name of each line at its second time."""
        return [
            (
                line.points[1] - self._span()[0],
                self.style.wrapped(text, room * 0.36, self.style.label),
                self._look(line)[0],
            )
            for line in self.lines
            if np.isfinite(line.points[1])
            for text in [f"{self.printed(line.points[1], language)} {words(line.label, language)}"]
        ]

    def margins(self, language: Language, room: float) -> Margins:
        """Return room for values at left and for values and names at right."""
        widest = max(
            self.style.text_width(self.printed(line.points[0], language), self.style.label) for line in self.lines
        )
        return replace(super().margins(language, room), left=widest + 16)

    def draw(self, axes: Axes, language: Language) -> None:
        """Draw the lines between the two times, with values and names beside."""
        (low, high), style, xs = self._span(), self.style, [each for each, _ in self.times]
        axes.set_xlim(*xs)
        axes.set_ylim(low, high)
        axes.set_yticks([])
        axes.spines["right"].set_visible(True)
        for line in self.lines:
            colour, marker, _ = self._look(line)
            axes.plot(xs, line.points, color=colour, lw=1.4, marker=marker, ms=4.5, clip_on=False, zorder=3)
        self._name_times(axes, language)
        write_aside(axes, self._names(language, self.room), high - low, style)
        tall, known = extent(axes)[1], sorted(line.points[0] for line in self.lines if np.isfinite(line.points[0]))
        levels = [tall * (each - low) / (high - low) for each in known]
        for value, level in zip(known, spread_labels(levels, [style.line] * len(levels), -4, tall + 4), strict=True):
            axes.annotate(
                self.printed(value, language), (0, level / tall), xycoords="axes fraction", xytext=(-7, 0), ha="right",
                textcoords="offset points", va="center", size=style.label,
            )  # fmt: skip
        if self.legend:
            margins = self.margins(language, self.room)
            legend(axes, self.key(language), margins.left, self.room, margins.top, self.style)
