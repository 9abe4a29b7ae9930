"""Bars by row: grouped with intervals, stacked to 100 %, diverging for answers on a scale, pyramids and dumbbells."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from diplab.errors import OptionError, suggestion
from diplab.presentation.charts.axes import LegendEntry, bar_look, count_on, luminance, set_ticks
from diplab.presentation.charts.chart import ChartWords, Margins, extent
from diplab.presentation.charts.dots import ENCODES, Dot, Dots, LabelBlock
from diplab.presentation.language import number, percent, rule, term, words
from diplab.presentation.layouts.registry import Drawing, Encoding
from diplab.reference.text import LANGUAGES, NO_BREAK, Language, Text

HATCHES = ("", "////", "....", "\\\\\\\\")
"""Beside the colours of series, for prints in grey."""
SHADES = ("#08306b", "#0072B2", "#009E73", "#E69F00", "#F0E442", "#e3e3e3")
"""Parts of a whole, from dark to light, so that a grey print tells them apart."""
NEGATIVE, POSITIVE = ("#8c3a00", "#e08a45", "#f4d3b5"), ("#08407e", "#5b9fd0", "#c6ddf0")
"""The two sides of a scale, from its end to its middle."""
NEUTRAL = "#b8b8b8"
MOST_ROWS = 45
WHOLE = 12.0  # thickness of a stacked bar in points


def size(dot: Dot) -> float:
    """Return a number, 0 where there is none."""
    return dot.point or 0.0


def draw_bar(axes: Axes, ends: tuple[float, float], middle: float, thick: float, colour: str, hatch: str = "") -> None:
    """Draw one bar from one value to another."""
    corner = (min(ends), middle - thick / 2)
    axes.add_patch(Rectangle(corner, abs(ends[1] - ends[0]), thick, zorder=2, **bar_look(colour, hatch)))


def patch(label: str, colour: str, hatch: str = "") -> LegendEntry:
    """Return the entry of an area in a key."""
    return LegendEntry(label, colour, box=True, hatch=hatch)


@dataclass(frozen=True, kw_only=True)
class OneLine(Dots, kind="", data=""):
    """Rows whose series are on one line; at right stand the respondents of each."""

    mark_height: ClassVar[float] = WHOLE

    @property
    def one_line(self) -> bool:
        """Whether the series of a row are on one line."""
        return True

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self._on_one_row()) > MOST_ROWS:
            raise OptionError(
                f"{len(self._on_one_row())} rows are too many for `kind={self.kind!r}`.",
                f"More than {MOST_ROWS} do not fit a page.",
                "Write fewer with `estimates.rows(...)`, or a table: `dl.table(estimates)`.",
            )
        if self.ratios or (self.limits and not self.limits[0] <= 0 <= self.limits[1]):
            raise OptionError(
                f"`kind={self.kind!r}` draws lengths from 0.",
                "Ratios, and an axis without 0, have no such lengths.",
                "Write `kind='dots'`.",
            )

    def named(self, name: str | None, option: str) -> Text | None:
        """Return the series of a name in either language; refuse a name of none."""
        found = next((each for each in self._colours if name in (each.fr, each.en)), None)
        if name is not None and found is None:
            own = [label for each in self._colours for label in (each.en, each.fr)]
            raise OptionError(f"`{option}={name!r}` is no series of this chart.", "", suggestion(name, own))
        return found

    def check_whole(self) -> None:
        """Refuse parts that do not make up a whole: they cannot be stacked to 100 %."""
        for dots in self._on_one_row():
            whole = sum(size(dot) for dot in dots)
            if not math.isclose(whole, 1.0, abs_tol=0.005) and any(dot.point is not None for dot in dots):
                raise OptionError(
                    f"Parts that make up {whole:.0%} cannot be stacked to 100%.",
                    f"They are {', '.join(f'{size(dot):.0%}' for dot in dots)}.",
                    "Write the share of one variable with all its answers: `dl.share('contract')`.",
                )

    def write_respondents(self, axes: Axes, block: LabelBlock, right: float, language: Language) -> None:
        """Write the respondents of a row at its right."""
        across, x = axes.get_yaxis_transform(), 1 + (right - 6) / extent(axes)[0]
        look: Any = {"transform": across, "size": self.style.label, "va": "center", "ha": "right"}
        axes.text(x, block.middle, respondents(block.dots, language), **look)
        if block.dots == self._on_one_row()[0]:
            axes.text(x, -5.0, "n", **look)

    def write_beyond(self, axes: Axes, text: str, x: float, y: float, side: int, points: float = 3.0) -> None:
        """Write a value beyond the end of its bar or its mark."""
        axes.annotate(
            text, (x, y), xytext=(points * side, -0.4), textcoords="offset points", size=self.style.tick,
            ha="left" if side > 0 else "right", va="center", annotation_clip=False,
        )  # fmt: skip

    def draw_parts(
        self, axes: Axes, y: float, parts: Iterable[tuple[Dot, str]], start: float, language: Language
    ) -> None:
        """Draw parts end to end, each with its percentage inside where that fits."""
        per_unit = extent(axes)[0] / float(np.ptp(axes.get_xlim()))
        for dot, shade in parts:
            end = start + size(dot)
            draw_bar(axes, (start, end), y, WHOLE, shade)
            inside = number(100 * size(dot), language, self.decimals)
            if self.style.text_width(inside, self.style.tick) + 3 <= size(dot) * per_unit:
                ink = "white" if luminance(shade) < 0.2 else self.style.ink
                look = {"size": self.style.tick, "ha": "center", "va": "center", "color": ink}
                axes.text((start + end) / 2, y - 0.3, inside, **look)
            start = end


@dataclass(frozen=True, kw_only=True)
class Bars(OneLine, kind="bars", data="rows", item=Dot, encodes=ENCODES):
    """Horizontal bars from 0, each with its interval; `stacked` puts the parts of a whole end to end."""

    stacked: bool = False

    options: ClassVar[tuple[str, ...]] = ("stacked",)
    most_colours: ClassVar[int] = len(SHADES)

    @classmethod
    def encoding_of(cls, drawing: Drawing, asked: Encoding, options: Mapping[str, Any]) -> Encoding:
        """Return the answers of shares as the parts of stacked bars."""
        return parted(asked) if options.get("stacked") else asked

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.stacked:
            self.check_whole()
        elif len(self._colours) > len(HATCHES):
            raise OptionError(
                f"{len(self._colours)} bars a row are too many.",
                f"More than {len(HATCHES)} cannot be told apart.",
                "Write `stacked=True` for the parts of a whole, or `facets=`.",
            )

    @property
    def one_line(self) -> bool:
        """Whether the series of a row are on one line."""
        return self.stacked

    @property
    def ends(self) -> tuple[float, float]:
        """Ends of the axis: of a whole, 0 and 1."""
        return (0.0, 1.0) if self.stacked else super().ends

    def _shades(self) -> dict[Text, str]:
        """Return the shades of the parts, far from each other where they are few."""
        last = len(SHADES) - (1 if len(self._colours) == len(SHADES) else 2)
        places = np.linspace(0, last, len(self._colours))
        return {name: SHADES[round(place)] for name, place in zip(self._colours, places, strict=True)}

    def key(self, language: Language) -> list[LegendEntry]:
        """Return the series, and what a whisker is."""
        if self.stacked:
            return [patch(words(name, language), shade) for name, shade in self._shades().items()]
        looks = zip(self._colours, self.style.colours, HATCHES, strict=False)
        entries = [patch(words(name, language), *look) for name, *look in looks]
        level = rule("interval at", str(self.confidence), language)
        whisker = LegendEntry(level[:1].upper() + level[1:], self.style.ink, line=1.1)
        return [*entries, whisker] if any(dot.low is not None for dot in self.rows) else entries

    def _value(self, row: Dot, language: Language) -> str:
        return respondents([row], language) if self.stacked else super()._value(row, language)

    def _draw_row(self, axes: Axes, block: LabelBlock, right: float, language: Language) -> None:
        if not self.stacked:
            super()._draw_row(axes, block, right, language)
            return
        shades = self._shades()
        parts = ((dot, shades[dot.colour]) for dot in sorted(block.dots, key=self._series))
        self.draw_parts(axes, block.middle, parts, 0.0, language)
        self.write_respondents(axes, block, right, language)

    def _marks(self, axes: Axes, row: Dot, y: float) -> None:
        place = self._series(row)
        thick = 7.5 if len(self._colours) > 1 else 10.0
        if row.point is not None:
            draw_bar(axes, (0.0, row.point), y, thick, self.style.colours[place], HATCHES[place])
        if row.low is not None and row.high is not None:
            low, high = max(row.low, self.ends[0]), min(row.high, self.ends[1])
            for colour, width in (("white", 2.2), (self.style.ink, 1.1)):
                axes.plot([low, high], [y, y], color=colour, lw=width, zorder=3)


def parted(asked: Encoding) -> Encoding:
    """Return an encoding whose colours are answers, where no other was asked for."""
    return asked if asked.colour else replace(asked, colour="category")


def halved(drawing: Drawing, asked: Encoding) -> Encoding:
    """Return an encoding whose colour is the last dimension of two values, where none was asked for."""
    two = [name for name, each in drawing.dimensions.items() if len(set(each.labels)) == 2 and name != asked.facets]
    return asked if asked.colour or not two else replace(asked, colour=two[-1])


def respondents(dots: Sequence[Dot], language: Language) -> str:
    """Return the respondents of a row, with the mark of few."""
    n = max((dot.n for dot in dots if dot.n is not None), default=None)
    return (
        NO_BREAK if n is None else number(n, language, 0) + (f"{NO_BREAK}*" if any(dot.small for dot in dots) else "")
    )


@dataclass(frozen=True, kw_only=True)
class Likert(OneLine, kind="likert", data="rows", item=Dot, encodes=("rows", "colour", "facets", "sort")):
    """Answers on a scale as bars that part at a line: one side left, the other right, the neutral answer apart at right.

    Apart, and not astride the line: both sides begin at one line, so that their lengths compare from row to row, which
    half a neutral answer on each side would shift (Robbins and Heiberger 2011 straddle it, and discuss both).
    """

    neutral: str | None = None  # its label, in either language; by default the middle one of an odd number

    options: ClassVar[tuple[str, ...]] = ("neutral",)
    most_colours: ClassVar[int] = 7

    @classmethod
    def encoding_of(cls, drawing: Drawing, asked: Encoding, options: Mapping[str, Any]) -> Encoding:
        """Return the answers of shares as the parts of bars."""
        return parted(asked)

    @classmethod
    def of_result(cls, drawing: Drawing, words: ChartWords) -> Dots:
        """Return the answers of each row; what sorts rows is their net agreement."""
        made = super().of_result(drawing, words)
        assert isinstance(made, Likert)
        if drawing.encoding.sort is None:
            return made
        sign, groups = -1 if drawing.encoding.sort == "descending" else 1, [dot.group for dot in made.rows]
        ordered = sorted(made._on_one_row(), key=lambda dots: (groups.index(dots[0].group), sign * made.net(dots)))
        return replace(made, rows=tuple(dot for dots in ordered for dot in dots))

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_whole()
        self.named(self.neutral, "neutral")
        if len(self._colours) < 2:
            raise OptionError("A scale of one answer has no sides.", write="Write `kind='bars'`.")

    @property
    def sides(self) -> tuple[list[Text], list[Text], list[Text]]:
        """The answers at left, from the end of the scale to its middle, those at right, and the neutral one."""
        own, middle = list(self._colours), [each for each in (self.named(self.neutral, "neutral"),) if each]
        middle = middle or own[len(own) // 2 : len(own) // 2 + len(own) % 2]
        others = [each for each in own if each not in middle]
        return others[: len(others) // 2], others[len(others) // 2 :], middle

    def net(self, dots: Sequence[Dot]) -> float:
        """Return the share of the right side less that of the left."""
        left, right, _ = self.sides
        return sum(size(dot) * ((dot.colour in right) - (dot.colour in left)) for dot in dots)

    def _shades(self) -> dict[Text, str]:
        left, right, middle = self.sides
        towards = zip((*left, *right[::-1]), (*NEGATIVE[: len(left)], *POSITIVE[: len(right)]), strict=True)
        found = dict(towards) | dict.fromkeys(middle, NEUTRAL)
        return {name: found[name] for name in (*left, *right, *middle)}

    def key(self, language: Language) -> list[LegendEntry]:
        """Return the answers in the order of the bars."""
        return [patch(words(name, language), shade) for name, shade in self._shades().items()]

    def _lengths(self) -> tuple[float, float, float]:
        """Return the longest left side, right side and neutral answer of all rows, to tens of percent."""
        sums = [
            [sum(size(dot) for dot in dots if dot.colour in side) for dots in self._on_one_row()] for side in self.sides
        ]
        left, right, middle = (math.ceil(max(each) * 10 - 1e-9) / 10 for each in sums)
        return left, right, middle

    def _apart(self) -> float:
        left, right, middle = self._lengths()
        return right + 0.07 * (left + right + middle)

    @property
    def ends(self) -> tuple[float, float]:
        """Ends of the axis, with the neutral answers at its right."""
        left, right, middle = self._lengths()
        return -left, self._apart() + middle if middle else right

    def _count(self, axes: Axes, language: Language, width: float) -> None:
        left, right, middle = self._lengths()
        axes.set_xlim(*self.ends)
        axes.grid(axis="x")
        axes.set_axisbelow(True)
        wide = float(np.ptp(self.ends))
        step = next((each for each in (0.1, 0.2, 0.25) if each * width / wide > 24), 0.5)
        ticks = [step * place for place in range(-math.floor(left / step + 1e-9), math.floor(right / step + 1e-9) + 1)]
        beyond = [step * place for place in range(1, math.floor(middle / step + 1e-9) + 1)]
        shown = [percent(abs(each), language, 0) for each in (*ticks, *beyond)]
        set_ticks(axes.xaxis, [*ticks, *(self._apart() + each for each in beyond)], shown)
        for start in (0.0, self._apart())[: 1 + bool(middle)]:
            axes.axvline(start, color=self.style.ink, lw=0.8, zorder=3)

    def _value(self, row: Dot, language: Language) -> str:
        return respondents([row], language)

    def _draw_row(self, axes: Axes, block: LabelBlock, right: float, language: Language) -> None:
        shades, own = self._shades(), {dot.colour: dot for dot in block.dots}
        below = sum(size(own[each]) for each in self.sides[0] if each in own)
        for names, start in zip(self.sides, (-below, 0.0, self._apart()), strict=True):
            parts = ((own[each], shades[each]) for each in names if each in own)
            self.draw_parts(axes, block.middle, parts, start, language)
        self.write_respondents(axes, block, right, language)


@dataclass(frozen=True, kw_only=True)
class Pyramid(OneLine, kind="pyramid", data="rows", item=Dot, encodes=("rows", "colour", "facets", "limits")):
    """A pyramid: two series on both sides of a line, men at left, the first row at the foot."""

    left: str | None = None  # the label of the series at left, in either language

    options: ClassVar[tuple[str, ...]] = ("left",)
    leads: ClassVar[bool] = False

    @classmethod
    def encoding_of(cls, drawing: Drawing, asked: Encoding, options: Mapping[str, Any]) -> Encoding:
        """Return the dimension of two values as sides."""
        return halved(drawing, asked)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.named(self.left, "left")
        check_two(self, "A pyramid has two sides, of numbers above 0")
        if any(size(dot) < 0 for dot in self.rows):
            raise OptionError(
                "A pyramid has two sides, of numbers above 0, and some are below.", write="Write `kind='bars'`."
            )

    def _on_one_row(self) -> list[tuple[Dot, ...]]:
        return super()._on_one_row()[::-1]

    @property
    def pair(self) -> list[Text]:
        """The series at left, men unless another was named, and the one at right."""
        men = {name for language in LANGUAGES for name in term("word.men", language).split(", ")}
        first = self.named(self.left, "left")
        return sorted(
            self._colours,
            key=lambda each: each != first if first else not {each.fr.casefold(), each.en.casefold()} & men,
        )

    def key(self, language: Language) -> list[LegendEntry]:
        """Return nothing: the sides bear their names."""
        return []

    def margins(self, language: Language, room: float) -> Margins:
        """Return room for the names of the sides too."""
        return replace(super().margins(language, room), top=self.style.line + 4)

    @property
    def ends(self) -> tuple[float, float]:
        """Ends of the axis: the same number on both sides."""
        most = max(map(abs, self.limits)) if self.limits else max(map(size, self.rows)) or 1.0
        return -most, most

    def _count(self, axes: Axes, language: Language, width: float) -> None:
        end = self.ends[1]
        # beyond the ends there is room for the values of the longest bars
        spare = max(self.style.text_width(self._label(dot, language), self.style.tick) for dot in self.rows) + 5
        beyond = end + spare * 2 * end / max(width - 2 * spare, width / 3)
        count_on(axes.xaxis, 0, end, language, style=self.style, as_percent=self.percent, room=width * end / beyond / 2)
        ticks = [float(each) for each in axes.xaxis.get_majorticklocs()]
        shown = [axes.xaxis.get_major_formatter()(each) for each in ticks]
        set_ticks(axes.xaxis, [-each for each in ticks[:0:-1]] + ticks, shown[:0:-1] + shown)
        axes.set_xlim(-beyond, beyond)
        axes.grid(axis="x")
        axes.set_axisbelow(True)
        axes.axvline(0, color=self.style.ink, lw=0.8, zorder=3)
        axes.set_xlabel(words(self.axis, language))
        for place, name in enumerate(self.pair):
            look: Any = {"weight": "bold", "size": self.style.label, "color": self.style.colours[place]}
            axes.annotate(
                words(name, language), (0.5, 1), xycoords="axes fraction", xytext=(12 * place - 6, 3),
                textcoords="offset points", ha="left" if place else "right", **look,
            )  # fmt: skip

    def _label(self, dot: Dot, language: Language) -> str:
        return super()._value(dot, language)

    def _value(self, row: Dot, language: Language) -> str:
        return ""

    def _draw_row(self, axes: Axes, block: LabelBlock, right: float, language: Language) -> None:
        for dot in block.dots:
            place = self.pair.index(dot.colour)
            end = (2 * place - 1) * size(dot)
            draw_bar(axes, (0.0, end), block.middle, 14.0, self.style.colours[place], HATCHES[place])
            self.write_beyond(axes, self._label(dot, language), end, block.middle, 2 * place - 1)


@dataclass(frozen=True, kw_only=True)
class Dumbbell(OneLine, kind="dumbbell", data="rows", item=Dot, encodes=ENCODES):
    """Two values a row, joined by a line, each printed beyond its own end."""

    @classmethod
    def encoding_of(cls, drawing: Drawing, asked: Encoding, options: Mapping[str, Any]) -> Encoding:
        """Return the dimension of two values as the two ends."""
        return halved(drawing, asked)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_two(self, "A dumbbell joins two values a row")

    def key(self, language: Language) -> list[LegendEntry]:
        """Return the two series."""
        looks = zip(self._colours, self.style.looks, strict=False)
        return [LegendEntry(words(each, language), look.colour, look.marker) for each, look in looks]

    def _sides(self, language: Language, room: float) -> tuple[float, float]:
        left, right = super()._sides(language, room)
        return left + right, right

    def _draw_row(self, axes: Axes, block: LabelBlock, right: float, language: Language) -> None:
        shown = sorted((dot for dot in block.dots if dot.point is not None), key=size)
        axes.plot([size(dot) for dot in shown], [block.middle] * len(shown), color=self.style.grey, lw=1.6, zorder=2)
        for dot in shown:
            colour, marker, _ = self.style.looks[self._series(dot)]
            axes.plot([size(dot)], [block.middle], ls="", marker=marker, ms=5, color=colour, zorder=3, clip_on=False)
            side = -1 if len(shown) > 1 and dot is shown[0] else 1
            self.write_beyond(axes, self._value(dot, language), size(dot), block.middle, side, 5.0)


def check_two(chart: OneLine, rule_in_words: str) -> None:
    """Refuse a chart that has not two series."""
    series = chart.colours or tuple(dict.fromkeys(dot.colour for dot in chart.rows))
    if len(series) != 2:
        raise OptionError(
            f"{rule_in_words}.",
            f"There are {len(series)} series{': ' if len(series) > 1 else ''}{', '.join(f'`{each.en}`' for each in series if each)}.",
            "Write `colour='sex'`, with a variable of two values.",
        )
