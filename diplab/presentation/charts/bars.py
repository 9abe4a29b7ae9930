"""Bars by row: grouped, stacked to 100 %, diverging, pyramids and dumbbells."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, ClassVar, Literal, Self

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

from diplab.checks import check_one_of, check_switch
from diplab.errors import OptionError, quoted_names, suggestion
from diplab.presentation.charts.axes import LegendEntry, bar_look, count_on, luminance, set_ticks
from diplab.presentation.charts.chart import ChartWords, extent
from diplab.presentation.charts.columns import Upright, most_asked
from diplab.presentation.charts.dots import ENCODES, OPTIONS, Dots
from diplab.presentation.charts.row import GROUND, PALE, Dot, LabelBlock
from diplab.presentation.charts.row_axis import percent_without_sign
from diplab.presentation.charts.style import spread
from diplab.presentation.language import capital, number, percent, rule, term, words
from diplab.presentation.layouts.registry import Drawing, Encoding, typed
from diplab.reference.text import LANGUAGES, NO_BREAK, Language, Text

MOST_PARTS = 6  # of a whole
MOST_ROWS = 45
PLAIN = ("axis", "highlight", "values", "percent_signs")
"""Options of bars without intervals."""
THICK = 12.0  # height of a bar alone on its line, in points


def size(dot: Dot) -> float:
    """Return a number, 0 if missing."""
    return dot.point or 0.0


def draw_bar(
    axes: Axes, start: float, end: float, y: float, thick: float, colour: str, hatch: str = ""
) -> None:
    """Draw one bar from one value to another."""
    look = bar_look(colour, hatch)
    axes.add_patch(
        Rectangle((min(start, end), y - thick / 2), abs(end - start), thick, zorder=2, **look)
    )


@dataclass(frozen=True, kw_only=True)
class OneLine(Dots, kind="", data=""):
    """Rows with their series on one line, as lengths from 0, and respondents at the right."""

    mark_height: ClassVar[float] = THICK
    dotted: ClassVar[bool] = False
    from_zero: ClassVar[bool] = True
    has_intervals: ClassVar[bool] = False
    leaves_out_empty: ClassVar[bool] = True
    line_over: ClassVar[bool] = True
    two: ClassVar[bool] = False  # whether there are exactly two series

    @property
    def one_line(self) -> bool:
        """Whether the series of a row are on one line."""
        return True

    @classmethod
    def encoding_of(cls, drawing: Drawing, asked: Encoding, options: Mapping[str, Any]) -> Encoding:
        """Return the default series: the last dimension of two values, or the answers of shares."""
        taken, dimensions = (asked.facets, *(asked.rows or ())), drawing.dimensions
        if asked.colour:
            return asked
        if cls.two:
            halves = []
            for name, dimension in dimensions.items():
                if len(set(dimension.labels)) == 2 and name not in taken:
                    halves.append(name)
            return replace(asked, colour=halves[-1]) if halves else asked
        if not options.get("stacked", cls is Likert):
            return asked
        if drawing.parts not in dimensions:
            raise OptionError(
                "This result has no answers to draw as the parts of a whole.",
                write="Write the share of one variable with all its answers, "
                "`dl.share('contract')`, or shares by row of a crosstab, `shares='row'`.",
            )
        return replace(asked, colour=drawing.parts)

    def __post_init__(self) -> None:
        super().__post_init__()
        rows, series = len(self._on_one_row()), [f"`{colour.en}`" for colour in self._colours]
        if rows > MOST_ROWS:
            raise OptionError(
                f"{rows} rows are too many for `kind={self.kind!r}`: at most {MOST_ROWS} fit a "
                "page.",
                write="Write fewer with `estimates.rows(...)`, or a table: `dl.table(estimates)`.",
            )
        if self.logarithmic or (self.limits and not self.limits[0] <= 0 <= self.limits[1]):
            raise OptionError(
                f"`kind={self.kind!r}` draws lengths from 0: ratios, and an axis without 0, have "
                "none.",
                write="Write `kind='dots'`.",
            )
        if self.two and len(series) != 2:
            raise OptionError(
                f"`kind={self.kind!r}` has two series, and there are {len(series)}.",
                f"They are {', '.join(series)}." if series else "",
                "Write `colour='sex'`, with a variable of two values.",
            )

    def series_of(self, option: str) -> Text | None:
        """Return the series named by an option, in either language, or raise an error."""
        name = getattr(self, option)
        if name is None:
            return None
        for colour in self._colours:
            if typed(name) in (typed(colour.fr), typed(colour.en)):
                return colour
        known = [label for colour in self._colours for label in (colour.en, colour.fr)]
        raise OptionError(
            f"`{option}={name!r}` is not a series of this chart.", "", suggestion(name, known)
        )

    def check_parts(self) -> None:
        """Raise an error for parts that do not add up to a whole, which cannot be stacked."""
        for dots in self._on_one_row():
            whole = sum(map(size, dots))
            if not math.isclose(whole, 1.0, abs_tol=0.005) and any(
                dot.point is not None for dot in dots
            ):
                raise OptionError(
                    f"Parts that make up {whole:.0%} cannot be stacked to 100%.",
                    f"They are {', '.join(f'{size(dot):.0%}' for dot in dots)}.",
                    "Write the share of one variable with all its answers: `dl.share('contract')`; "
                    "where some are "
                    "confidential, `dl.chart(result)`, which draws dots.",
                )

    def _fills(self) -> dict[Text, tuple[str, str]]:
        """Return the colour and the hatch of each series."""
        fills = {}
        for series, look, hatch in zip(self._colours, self.looks, self.style.hatches, strict=False):
            fills[series] = look.colour, hatch
        return fills

    def key(self, language: Language) -> list[LegendEntry]:
        """Return the series."""
        entries, pale = [], self._pale_series()
        for name, (fill, hatch) in self._fills().items():
            colour = fill
            if name in pale:
                colour = self._pale_of(name)
            entries.append(LegendEntry(words(name, language), colour, box=True, hatch=hatch))
        return entries + self._line_entry(language)

    def _pale_of(self, series: Text) -> str:
        """Return the grey of a series next to a highlighted one, distinct from that of others."""
        order = list(self._fills())
        light = 0.58 + 0.3 * order.index(series) / max(len(order) - 1, 1)
        return to_hex((light, light, light))

    def _value(self, row: Dot, language: Language) -> str:
        if row.n is None:
            return NO_BREAK
        return f"{number(row.n, language, 0)}{self._suffix(row, language)}"

    def _parts(self, dots: Sequence[Dot]) -> list[tuple[float, list[Dot]]]:
        """Return the starts and the lengths of parts drawn end to end."""
        return [(0.0, sorted(dots, key=self._series))]

    def _draw_row(self, axes: Axes, block: LabelBlock, right: float, language: Language) -> None:
        """Draw parts end to end, with percentages inside if they fit, and respondents at right."""
        fills, width, style = self._fills(), extent(axes)[0], self.style
        per_unit = width / float(np.ptp(axes.get_xlim()))
        look: Any = {"size": style.tick, "ha": "center", "va": "center"}
        for start, dots in self._parts(block.dots):
            for dot in dots:
                (colour, hatch), end = fills[dot.colour], start + size(dot)
                if dot.pale:
                    colour = self._pale_of(dot.colour)
                draw_bar(axes, start, end, block.middle, THICK, colour, hatch)
                inside = number(100 * size(dot), language, self.decimals)
                fits = style.text_width(inside, style.tick) + 3 <= size(dot) * per_unit
                if self.values and fits:
                    ink = "white" if luminance(colour) < 0.2 else style.ink
                    ground = {"facecolor": colour, "edgecolor": "none", "pad": 0.8}
                    look["bbox"] = ground if hatch else None
                    axes.text((start + end) / 2, block.middle - 0.3, inside, color=ink, **look)
                start = end  # noqa: PLW2901
        asked = most_asked(block.dots)
        self._write_value(axes, asked, block.middle, right, language)
        if asked.n is not None and block.dots == self._on_one_row()[0]:
            place = (1 + (right - 6) / width, -5.0)
            axes.text(
                *place,
                "n",
                transform=axes.get_yaxis_transform(),
                size=style.label,
                va="center",
                ha="right",
            )

    def write_beyond(self, axes: Axes, text: str, x: float, y: float, side: int) -> None:
        """Write a value beyond the end of its bar or its mark, over the reference line."""
        look: Any = {"ha": "right", "va": "center", "annotation_clip": False}
        if side > 0:
            look["ha"] = "left"
        if self.line is not None:
            look["bbox"] = GROUND
        self.write_at(axes, text, (x, y), (5.5 * side, -0.4), size=self.style.tick, **look)


@dataclass(frozen=True, kw_only=True)
class Bars(Upright, OneLine, kind="bars", data="rows", item=Dot, encodes=ENCODES):
    """Bars from 0 with intervals; `stacked` puts the parts of a whole end to end."""

    unordered: tuple[Text, ...] = ()  # parts that have no place in a sequence

    options: ClassVar[tuple[str, ...]] = (*OPTIONS, "annotate", "stacked", "vertical")
    most_colours: ClassVar[int] = MOST_PARTS
    styled: ClassVar[bool] = False
    has_intervals: ClassVar[bool] = True
    leaves_out_empty: ClassVar[bool] = False

    @classmethod
    def of_result(cls, drawing: Drawing, words: ChartWords) -> Self:
        """Return a result as bars, vertical ones in one panel."""
        if words.options.get("vertical") and drawing.encoding.facets:
            raise OptionError(
                "`vertical` bars do not fit in panels.", write="Leave `facets` or `vertical` out."
            )
        made = super().of_result(drawing, words)
        if made.stacked and drawing.ordered and made.palette != "categorical":
            made = replace(made, palette="sequential", unordered=drawing.unordered)
        return made

    def __post_init__(self) -> None:
        super().__post_init__()
        check_switch("vertical", self.vertical)
        if self.stacked:
            self.check_parts()
            if any(dot.remark for dot in self.rows):
                raise OptionError(
                    "`annotate` does not fit beside bars that reach 100%.",
                    write="Leave `annotate` or `stacked` out.",
                )
        elif len(self._colours) > (most := min(len(self.style.hatches), len(self.style.colours))):
            raise OptionError(
                f"{len(self._colours)} bars per row are too many: more than {most} cannot be "
                "distinguished.",
                write="Write `stacked=True` for the parts of a whole, or `facets=`.",
            )

    @property
    def one_line(self) -> bool:
        """Whether the series of a row are on one line."""
        return self.stacked

    @property
    def ends(self) -> tuple[float, float]:
        """Ends of the axis; 0 and 1 for a whole."""
        return (0.0, 1.0) if self.stacked else super().ends

    def _hatch(self, dot: Dot) -> str:
        return self.style.hatches[self._series(dot)]

    def _shade(self, dot: Dot) -> str:
        if dot.pale:
            return self._pale_of(dot.colour)
        return self._fills()[dot.colour][0]

    def _fills(self) -> dict[Text, tuple[str, str]]:
        if not self.stacked:
            return super()._fills()
        parts, series = self.style.parts, self._colours
        fills = {name: (self.colour_of(name, self.style.absent), "") for name in series}
        if self.palette == "sequential":
            parts = self.style.sequence
            series = tuple(name for name in series if name not in self.unordered)
        elif len(series) < len(parts):
            # distant colours if there are few series; the lightest only if all are needed
            parts = parts[:-1]
        for name, shade in zip(series, spread(parts, len(series)), strict=True):
            fills[name] = self.colour_of(name, shade), ""
        return fills

    def key(self, language: Language) -> list[LegendEntry]:
        """Return the series, and what a whisker is."""
        level = capital(rule("interval at", str(self.confidence), language))
        whisker = LegendEntry(level, self.style.ink, line=1.1)
        drawn = not self.stacked and any(dot.low is not None for dot in self.rows)
        return [*super().key(language), *[whisker] * drawn]

    def _value(self, row: Dot, language: Language) -> str:
        return super()._value(row, language) if self.stacked else Dots._value(self, row, language)

    def _draw_row(self, axes: Axes, block: LabelBlock, right: float, language: Language) -> None:
        (OneLine if self.stacked else Dots)._draw_row(self, axes, block, right, language)

    def _count(self, axes: Axes, language: Language, width: float) -> None:
        Dots._count(replace(self, percent=self.percent or self.stacked), axes, language, width)

    def _marks(self, axes: Axes, row: Dot, y: float) -> None:
        first, last = self.ends
        thick = 7.5 if len(self._colours) > 1 else 10.0
        if row.point is not None:
            draw_bar(axes, 0.0, row.point, y, thick, self._look(row).colour, self._hatch(row))
        if row.low is not None and row.high is not None:
            for colour, width in (("white", 2.2), (self.style.ink, 1.1)):
                axes.plot(
                    [max(row.low, first), min(row.high, last)],
                    [y, y],
                    color=colour,
                    lw=width,
                    zorder=3,
                )


def _check_scale(drawing: Drawing) -> None:
    """Raise an error for words without an order, which would be arranged alphabetically."""
    estimates = drawing.estimates
    shares = estimates.rows_described(every_category=True)
    for name, answers in estimates.frame[shares].groupby("variable", sort=False)["category"]:
        listed = estimates.codebook.variable(str(name)).values
        found = [answer for answer in dict.fromkeys(answers) if isinstance(answer, str) and answer]
        if len(found) > 1 and not any(answer in listed for answer in found):
            raise OptionError(
                f"`kind='likert'` needs answers in order, and the words of `{name}` have none.",
                f"They are {', '.join(map(repr, found[:7]))}{', ...' * (len(found) > 7)}.",
                f"Write their order before the design is declared, `data.recode({str(name)!r}, "
                "order=[...])`, or "
                "`kind='bars'`.",
            )


@dataclass(frozen=True, kw_only=True)
class Likert(OneLine, kind="likert", data="rows", item=Dot, encodes=("rows", "colour", "sort")):
    """Answers on a scale as diverging bars, with the neutral answer apart.

    The neutral answer is at the right, not astride the line: both sides begin at one line, so that
    their lengths are comparable between rows (Robbins and Heiberger 2011 straddle it and discuss
    both). With `neutral_at="middle"` it is astride the line.
    """

    # the label of the neutral answer; by default the middle one of an odd number
    neutral: str | None = None
    neutral_at: Literal["right", "middle"] = "right"

    options: ClassVar[tuple[str, ...]] = ("neutral", "neutral_at", *PLAIN)
    most_colours: ClassVar[int] = 7
    styled: ClassVar[bool] = False

    @classmethod
    def of_result(cls, drawing: Drawing, words: ChartWords) -> Self:
        """Return the answers of each row; rows are sorted by net agreement."""
        _check_scale(drawing)
        made = super().of_result(drawing, words)
        if drawing.encoding.sort not in ("ascending", "descending"):
            return made
        sign = {"ascending": 1, "descending": -1}[drawing.encoding.sort]
        net = {dots: sign * made.net(dots) for dots in made._on_one_row()}
        groups = [dot.group for dot in made.rows]
        ordered = sorted(net, key=lambda dots: (groups.index(dots[0].group), net[dots]))
        return replace(made, rows=tuple(chain.from_iterable(ordered)))

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_parts()
        if len(self._colours) < 2 + bool(self.series_of("neutral")):
            raise OptionError("A scale with one answer has no sides.", write="Write `kind='bars'`.")
        check_one_of("neutral_at", self.neutral_at, ("right", "middle"))
        if self.astride and not self.sides[2]:
            raise OptionError(
                f"`neutral_at='middle'` needs a neutral answer, and {len(self._colours)} answers "
                "have none in the middle.",
                f"They are {quoted_names(colour.en for colour in self._colours)}.",
                "Name it, `neutral='Neither'`, or leave `neutral_at` out.",
            )

    @property
    def astride(self) -> bool:
        """Whether the neutral answer is on both sides of the line."""
        return self.neutral_at == "middle"

    @property
    def sides(self) -> tuple[list[Text], list[Text], list[Text]]:
        """The answers at left, from the end of the scale, at right, and the neutral one."""
        others, neutral = list(self._colours), self.series_of("neutral")
        half, odd = divmod(len(others), 2)
        if neutral is None and odd:
            neutral = others[half]
        middle = []
        if neutral is not None:
            others.remove(neutral)
            middle = [neutral]
        half = len(others) // 2
        return others[:half], others[half:], middle

    def net(self, dots: Sequence[Dot]) -> float:
        """Return the share of the right side minus that of the left."""
        left, right, _ = self.sides
        return sum(size(dot) * ((dot.colour in right) - (dot.colour in left)) for dot in dots)

    def _fills(self) -> dict[Text, tuple[str, str]]:
        left, right, middle = self.sides
        style = self.style
        found = dict(zip(left, style.negative, strict=False))
        found |= dict(zip(right[::-1], style.positive, strict=False))
        pale = self._pale_series()
        if pale:
            # a grey answer would not be seen among grey ones
            found |= dict.fromkeys(middle, style.colours[0])
        order = [*left, *right, *middle]
        if self.astride:
            order = [*left, *middle, *right]
        fills = {}
        for name in order:
            colour = self.colour_of(name, found.get(name, style.neutral))
            fills[name] = colour, style.side_hatch * (name in left)
        return fills

    def _lengths(self) -> list[float]:
        """Return the longest left side, right side and neutral answer, in tens of percent.

        A neutral answer astride the line is half on each side.
        """
        longest = [0.0, 0.0, 0.0]
        for dots in self._on_one_row():
            left, right, middle = (sum(map(size, side)) for side in self._sides_of(dots))
            if self.astride:
                left, right, middle = left + middle / 2, right + middle / 2, 0.0
            longest = list(map(max, longest, (left, right, middle)))
        left, right, middle = (math.ceil(item * 10 - 1e-9) / 10 for item in longest)
        return [left, right or 0.1, middle]

    def _sides_of(self, dots: Sequence[Dot]) -> list[list[Dot]]:
        """Return the answers of a row at left, at right, and the neutral one."""
        answers = {dot.colour: dot for dot in dots}
        return [[answers[item] for item in side if item in answers] for side in self.sides]

    def _start_of_neutral(self) -> float:
        """Return the start of the neutral answers."""
        return self._lengths()[1] + 0.07 * sum(self._lengths())

    @property
    def ends(self) -> tuple[float, float]:
        """Ends of the axis, with the neutral answers at its right."""
        left, right, middle = self._lengths()
        return -left, self._start_of_neutral() + middle if middle else right

    def _count(self, axes: Axes, language: Language, width: float) -> None:
        super()._count(axes, language, width)
        step = next(
            (item for item in (0.1, 0.2, 0.25) if item * width / float(np.ptp(self.ends)) > 24), 0.5
        )
        left, right, middle = (math.floor(length / step + 1e-9) for length in self._lengths())
        sides, beyond = np.arange(-left, right + 1) * step, np.arange(1, middle + 1) * step
        print_share = percent if self.percent_signs else percent_without_sign
        shown = [print_share(abs(item), language, 0) for item in (*sides, *beyond)]
        set_ticks(
            axes.xaxis, list(map(float, (*sides, *(self._start_of_neutral() + beyond)))), shown
        )
        for start in (0.0, self._start_of_neutral())[: 1 + bool(self._lengths()[2])]:
            # the value of an answer astride the line is written over it
            axes.axvline(start, color=self.style.ink, lw=0.8, zorder=1.5 if self.astride else 3)

    def _parts(self, dots: Sequence[Dot]) -> list[tuple[float, list[Dot]]]:
        left, right, middle = self._sides_of(dots)
        start = -sum(map(size, left))
        if self.astride:
            return [(start - sum(map(size, middle)) / 2, [*left, *middle, *right])]
        return [(start, left), (0.0, right), (self._start_of_neutral(), middle)]


@dataclass(frozen=True, kw_only=True)
class Pyramid(
    OneLine, kind="pyramid", data="rows", item=Dot, encodes=("rows", "colour", "facets", "limits")
):
    """A population pyramid: two series on both sides of a line, first row at the bottom."""

    left: str | None = None  # the label of the series at left, in either language

    options: ClassVar[tuple[str, ...]] = ("left", *PLAIN)
    leads: ClassVar[bool] = False
    two: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if any(size(dot) < 0 for dot in self.rows):
            raise OptionError(
                "A pyramid cannot show numbers below 0.", write="Write `kind='bars'`."
            )

    def _on_one_row(self) -> list[tuple[Dot, ...]]:
        return super()._on_one_row()[::-1]

    def _fills(self) -> dict[Text, tuple[str, str]]:
        """Return the looks of the series at left (by default men) and at right."""
        men = {name for language in LANGUAGES for name in term("word.men", language).split(", ")}
        first = self.series_of("left") or next(
            (colour for colour in self._colours if colour.fr.casefold() in men), None
        )
        pair = sorted(self._colours, key=lambda item: item != first) if first else self._colours
        return {
            name: (self.colour_of(name, self.style.colours[position]), self.style.hatches[position])
            for position, name in enumerate(pair)
        }

    @property
    def ends(self) -> tuple[float, float]:
        """Ends of the axis: the same number on both sides."""
        most = max(map(abs, self.limits)) if self.limits else max(map(size, self.rows)) or 1.0
        return -most, most

    def _count(self, axes: Axes, language: Language, width: float) -> None:
        super()._count(axes, language, width)
        end, style = self.ends[1], self.style
        # room for values beyond the ends, the same in all panels
        spare = style.text_width(self._printed(Dot(self.axis, end), language), style.tick) + 18
        beyond = end * (1 + 2 * spare / max(width - 2 * spare, width / 3))
        half = width * end / beyond / 2
        look: Any = {"as_percent": self.percent, "signs": self.percent_signs, "room": half}
        count_on(axes.xaxis, 0, end, language, style=style, **look)
        found = [
            (float(tick), axes.xaxis.get_major_formatter()(tick))
            for tick in axes.xaxis.get_majorticklocs()[1:]
        ]
        # in a narrow panel numbers near 0 would overlap
        right = [
            (at, text)
            for at, text in found
            if at / end * half > style.text_width(text, style.tick) / 2 + 6
        ]
        ticks = [
            *((-at, text) for at, text in right[::-1]),
            (0.0, axes.xaxis.get_major_formatter()(0.0)),
            *right,
        ]
        set_ticks(axes.xaxis, [at for at, _ in ticks], [text for _, text in ticks])
        axes.set_xlim(-beyond, beyond)
        axes.axvline(0, color=style.ink, lw=0.8, zorder=3)

    def _value(self, row: Dot, language: Language) -> str:
        return ""

    def _draw_row(self, axes: Axes, block: LabelBlock, right: float, language: Language) -> None:
        fills = self._fills()
        for dot in block.dots:
            side = 2 * list(fills).index(dot.colour) - 1
            colour, hatch = fills[dot.colour]
            colour = PALE if dot.pale else colour
            draw_bar(axes, 0.0, side * size(dot), block.middle, THICK + 2, colour, hatch)
            self.write_beyond(
                axes, Dots._value(self, dot, language), side * size(dot), block.middle, side
            )


@dataclass(frozen=True, kw_only=True)
class Dumbbell(OneLine, kind="dumbbell", data="rows", item=Dot, encodes=ENCODES):
    """Two values per row, joined by a line, with values printed beyond its ends."""

    options: ClassVar[tuple[str, ...]] = ("line", "line_label", "annotate", *PLAIN)
    two: ClassVar[bool] = True
    line_over: ClassVar[bool] = False
    from_zero: ClassVar[bool] = False

    def key(self, language: Language) -> list[LegendEntry]:
        """Return the two series, and the reference line."""
        return self._series_entries(language) + self._line_entry(language)

    def _value(self, row: Dot, language: Language) -> str:
        return Dots._value(self, row, language)

    def _sides(self, language: Language, room: float) -> tuple[float, float]:
        left, right = super()._sides(language, room)
        return left + right, right

    def _reach(self, dots: Sequence[Dot], language: Language, inner: float) -> tuple[float, float]:
        """Return what the marks and the values beyond them cover."""
        low, high = super()._reach(dots, language, inner)
        values = [self._value(dot, language) for dot in dots]
        beyond = 5.5 + self.style.widest(values, self.style.tick)
        return low - beyond, high + beyond

    def _draw_row(self, axes: Axes, block: LabelBlock, right: float, language: Language) -> None:
        shown, y = (
            sorted((dot for dot in block.dots if dot.point is not None), key=size),
            block.middle,
        )
        axes.plot(list(map(size, shown)), [y] * len(shown), color=self.style.grey, lw=1.6, zorder=2)
        for dot in shown:
            look = self._look(dot)
            axes.plot(
                size(dot),
                y,
                ls="",
                marker=look.marker,
                ms=5,
                color=look.colour,
                zorder=3,
                clip_on=False,
            )
            side = -1 if len(shown) > 1 and dot is shown[0] else 1
            self.write_beyond(axes, self._value(dot, language), size(dot), y, side)
