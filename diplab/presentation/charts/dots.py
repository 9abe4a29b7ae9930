"""Dots and whiskers: estimates with intervals, bounds, and published values."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, ClassVar, Self, get_args

import numpy as np
from matplotlib.axes import Axes

from diplab.checks import check_one_of, check_switch
from diplab.errors import OptionError
from diplab.presentation.charts.axes import LegendEntry, check_limits, legend_height
from diplab.presentation.charts.chart import ChartWords, Margins, extent
from diplab.presentation.charts.row import (
    GROUND,
    PALE,
    Dot,
    LabelBlock,
    Side,
    annotated,
    colours_by_label,
    hanging_lines,
    headings_above,
    highlighted,
    placed,
    remarks_of,
    without_interval,
)
from diplab.presentation.charts.row_axis import RowAxis
from diplab.presentation.charts.style import DASHED, Look, Palette, spread
from diplab.presentation.language import capital, rule, term, term_text, words
from diplab.presentation.layouts.registry import Drawing
from diplab.presentation.layouts.rows import are_ratios, no_effect
from diplab.presentation.numbers import known
from diplab.reference.text import NO_BREAK, NOTHING, Language, Text
from diplab.results.estimates import Estimates

PAD = 7.0
# Small, so that a narrow interval still shows on both sides.
DOT = 3.2
# a share above this is treated as a percentage given by mistake; ratios just above 1 are drawn
MOST = 1.5


MOST_COLOURS = 4  # on one row
OPTIONS = (
    *("axis", "line", "line_label", "highlight", "values", "intervals", "percent_signs"),
    "palette",
)
ENCODES = ("rows", "colour", "facets", "sort", "limits")


@dataclass(frozen=True, kw_only=True)
class Dots(RowAxis, kind="dots", data="rows", item=Dot, encodes=ENCODES):
    """A dot and whisker chart; `colours` are its series in order, `labelled` draws row labels.

    `highlight` names categories, the others are pale; `annotate` writes words beside the marks of a
    category; without `percent_signs` the unit is in the title of the axis. A `palette` is
    "sequential" for series in order, by default where the codebook orders the parts of a whole.
    """

    confidence: float = 0.95
    hollow_label: Text = NOTHING
    outer_label: Text = NOTHING
    colours: tuple[Text, ...] = ()
    labelled: bool = True
    highlight: str | Sequence[str] = ()
    annotate: Mapping[Any, Text | str] = field(default_factory=dict)
    values: bool = True
    intervals: bool = True
    palette: Palette | None = None

    options: ClassVar[tuple[str, ...]] = (*OPTIONS, "scale", "annotate")
    most_colours: ClassVar[int] = MOST_COLOURS
    styled: ClassVar[bool] = True  # whether series have the looks of the style
    from_zero: ClassVar[bool] = False  # whether 0 is never left out
    mark_height: ClassVar[float] = 9.0
    dotted: ClassVar[bool] = True  # whether a dot may cover its interval
    line_over: ClassVar[bool] = False  # whether the reference line is drawn over marks
    leads: ClassVar[bool] = True  # whether lines lead from labels to values, if there are many rows

    @classmethod
    def of_result(cls, drawing: Drawing, words: ChartWords) -> Self:
        """Return a result as dots with intervals, on the rows and in the colours requested."""
        words = replace(words, series_colours=colours_by_label(words.series_colours, drawing))
        flat, options = cls._unarranged(drawing, words), dict(words.options)
        for name in ("highlight", "annotate"):
            options.pop(name, None)  # these are in the rows
        own = {attribute.name: getattr(flat, attribute.name) for attribute in fields(flat)}
        own |= options
        if words.alt is None:
            added: Any = {"line": own["line"], "line_label": own["line_label"]}
            own["alt"] = replace(flat, **added).alt_with_additions()
        if drawing.arranged is not None:
            cls._check_arranged(drawing, flat, words)
            own["rows"] = placed(flat.rows, drawing, drawing.arranged)
            own["colours"] = tuple(drawing.arranged.colours)
        return cls(**own)

    @classmethod
    def _unarranged(cls, drawing: Drawing, words: ChartWords) -> Dots:
        """Return the dots of a whole result, one per row, with what was named in options."""
        whole = drawing.whole or drawing
        flat = cls._in_order(whole, replace(words, options={}))
        if not cls.has_intervals:
            flat = replace(flat, rows=tuple(replace(dot, low=None, high=None) for dot in flat.rows))
        flat = cls._with_names(flat, drawing, words.options)
        if words.options.get("line") is not None:
            others: Any = {"other_line": flat.line, "other_label": flat.line_label}
            flat = replace(flat, **others, line_label=NOTHING)
        return flat

    @classmethod
    def _check_arranged(cls, drawing: Drawing, flat: Dots, words: ChartWords) -> None:
        """Raise an error for rows without a number, and for too many colours."""
        if len(flat.rows) != len((drawing.whole or drawing).headings):
            raise OptionError(
                "Rows without a number cannot be arranged by `rows`, `colour`, `facets` or `sort`.",
                write='Leave them out: `found.rows(found.frame["estimate"].notna())`.',
            )
        most, colours = cls.most_colours, drawing.arrangement.colours
        if cls.styled:
            most = min(most, len(words.style.looks))
        if len(colours) > most:
            raise OptionError(
                f"`colour={drawing.encoding.colour!r}` has {len(colours)} colours, and "
                f"`kind={cls.kind!r}` has at "
                f"most {most}.",
                "More colours cannot be distinguished in one row.",
                f"Write `facets={drawing.encoding.colour!r}`, or fewer answers with "
                "`estimates.rows(...)`.",
            )

    @classmethod
    def _with_names(cls, flat: Dots, drawing: Drawing, options: Mapping[str, Any]) -> Dots:
        """Return the dots of a whole result with the categories highlighted and annotated."""
        whole, rows = drawing.whole or drawing, flat.rows
        if len(rows) == len(whole.headings):
            pairs = zip(rows, whole.names, strict=True)
            rows = tuple(replace(row, names=names) for row, names in pairs)
        if options.get("highlight"):
            rows = highlighted(rows, options["highlight"], drawing.encoding.series)
        if options.get("annotate"):
            if drawing.encoding.facets:
                raise OptionError(
                    "`annotate` does not fit in panels.", write="Leave `facets` or `annotate` out."
                )
            rows = annotated(rows, options["annotate"], drawing.encoding.series)
        return replace(flat, rows=rows)

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
        for name in ("values", "intervals", "percent_signs"):
            check_switch(name, getattr(self, name))
        rows = self.rows
        if not self.intervals:
            rows = tuple(map(without_interval, rows))
        if self.highlight:
            rows = highlighted(rows, self.highlight, ["colour"])
        if self.annotate:
            rows = annotated(rows, self.annotate, ["colour"])
        for name, option in {"rows": rows, "highlight": (), "annotate": {}}.items():
            object.__setattr__(self, name, option)  # what was named is in the rows
        super().__post_init__()
        if self.palette is not None:
            check_one_of("palette", self.palette, get_args(Palette))
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
        """Return remarks on an axis without zero, and on invisible or hidden intervals."""
        found = []
        low, high = self.ends
        if not self.intervals:
            found.append(term_text("sentence.intervals_left_out"))
        if self.scale == "log":
            found.append(term_text("sentence.log_axis"))
        if not self.logarithmic and not low <= 0 <= high:
            found.append(term_text("sentence.not_from_zero"))
        if self.dotted and any(
            length <= DOT + 1 for length in self._lengths_of_intervals(language)
        ):
            found.append(term_text("sentence.interval_hidden"))
        return tuple(found)

    def margins(self, language: Language, room: float) -> Margins:
        """Return margins for labels at left, values at right, the key above and the axis below."""
        left, right = self._sides(language, room)
        above = 4.0
        if self.legend:
            above += legend_height(self.key(language), room, self.style)
        return Margins(left=left, right=right, top=above, bottom=30 if self.axis_title else 18)

    def _sides(self, language: Language, room: float) -> tuple[float, float]:
        """Return the widths of labels and headings at left and of values at right."""
        values, labels = [self._value(row, language) for row in self.rows], 0.0
        for block in self._blocks(language, room)[0]:
            # longer headings extend over the axes
            if self.labelled and (block.dots or block.width <= room / 2):
                labels = max(labels, block.width)
        return labels + PAD, self.style.widest(values, self.style.label) + PAD + 6

    def height(self, language: Language, room: float) -> float:
        """Return the height of all rows and headings."""
        return self._blocks(language, self.room, room)[1]

    def aside(self) -> Dots:
        """Return the chart without the labels of its rows."""
        return replace(self, labelled=False)

    def draw(self, axes: Axes, language: Language) -> None:
        """Draw the rows, their labels and values, the axis and the key."""
        width, _ = extent(axes)
        blocks, tall = self._blocks(language, self.room, width)
        axes.set_ylim(tall, 0)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        self._count(axes, language, width)
        if self.other_line is not None:
            axes.axvline(self.other_line, color=self.style.grey, lw=0.8)
        if self.line is not None:
            over: dict[str, Any] = {"zorder": 4} if self.line_over and self.line else {}
            axes.axvline(self.line, color=self.style.ink, lw=0.8, ls=DASHED, **over)
        margins = self.margins(language, self.room)
        many = sum(bool(block.dots) for block in blocks) >= MANY
        for block in blocks:
            if self.labelled:
                self._write(axes, block, margins.left, width)
            if block.dots:
                self._draw_row(axes, block, margins.right, language)
            if block.remark:
                self._write_remark(axes, block, language)
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
    def series(self) -> tuple[Text, ...]:
        """The names of the series, in their order."""
        return self._colours

    @property
    def looks(self) -> list[Look]:
        """The looks of the series; those of the style if there are none."""
        if not self._colours:
            return self.style.looks
        looks = self.looks_of(self._colours)
        if self.palette != "sequential":
            return looks
        ordered = []
        shades = spread(self.style.ordered, len(self._colours))
        for series, look, shade in zip(self._colours, looks, shades, strict=False):
            ordered.append(look._replace(colour=self.colour_of(series, shade)))
        return ordered

    def _look(self, dot: Dot) -> Look:
        """Return the look of a dot: that of its series, without colour next to a highlight."""
        look = self.looks[self._series(dot)]
        return look._replace(colour=PALE) if dot.pale else look

    def _pale_series(self) -> set[Text]:
        """Return the series of which every dot is pale."""
        pale = {row.colour for row in self.rows if row.pale}
        return pale - {row.colour for row in self.rows if not row.pale and row.point is not None}

    @property
    def _colours(self) -> tuple[Text, ...]:
        return self.colours or tuple(dict.fromkeys(row.colour for row in self.rows if row.colour))

    def _write_value(
        self, axes: Axes, dot: Dot, y: float, right: float, language: Language
    ) -> None:
        """Write a value right-aligned on its digits, followed by the mark of few respondents."""
        suffixes = [self._suffix(row, language) for row in self.rows]
        suffix = self.style.text_width(self._suffix(dot, language), self.style.label)
        end = right - 6 - self.style.widest(suffixes, self.style.label) + suffix
        axes.text(
            1 + end / extent(axes)[0], y, self._value(dot, language),
            transform=axes.get_yaxis_transform(),
            size=self.style.label, va="center", ha="right",
        )  # fmt: skip

    def _write(self, axes: Axes, block: LabelBlock, left: float, width: float) -> None:
        """Write a label or a heading; one over the axes interrupts their lines."""
        look: dict[str, Any] = {"weight": "bold"} if block.bold else {}
        if block.width > left:
            look["bbox"] = GROUND
        first = block.middle - self.style.line * (len(block.lines) - 1) / 2
        self.write_lines(
            axes, block.lines, -left / width, first, transform=axes.get_yaxis_transform(), **look
        )

    def _value(self, row: Dot, language: Language) -> str:
        suffix = self._suffix(row, language)
        if not self.values and not (row.point is None and row.low is None):
            return suffix.strip(NO_BREAK)
        printed = row.shown.in_(language) if row.shown else self._printed(row, language)
        return f"{printed}{suffix}"

    @staticmethod
    def _suffix(row: Dot, language: Language) -> str:
        return f"{row.mark.in_(language)}{f'{NO_BREAK}*' if row.small else ''}"

    def _marks(self, axes: Axes, row: Dot, y: float) -> None:
        colour, marker, _ = self._look(row)

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
                mark(row.low, end, color=("#d0d0d0" if row.pale else self.style.fill), lw=6)
                tips = [row.low, row.high][: 1 + math.isfinite(row.high)]
                mark(*tips, ls="", marker="|", ms=7, mew=1.4, color=colour)
                if math.isinf(row.high):
                    mark(end, ls="", marker=">", ms=4.5, color=colour)
            else:
                low = max(row.low, first) if self.logarithmic else row.low
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

    def key(self, language: Language) -> list[LegendEntry]:
        """Return the marks and their meanings; empty if there are only estimates or only bounds."""
        blue = self.style.colours[0]
        entries, plain = [], [row for row in self.rows if row.point is not None and not row.hollow]
        shared = self.style.grey if self._colours else blue
        if self._colours:
            entries += self._series_entries(language)
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
        entries += self._line_entry(language)
        return [] if alone and len(entries) == 1 else entries

    def _series_entries(self, language: Language) -> list[LegendEntry]:
        """Return the series as marks in the key."""
        entries, pale = [], self._pale_series()
        for series, look in zip(self._colours, self.looks, strict=False):
            colour = PALE if series in pale else look.colour
            entries.append(LegendEntry(words(series, language), colour, look.marker))
        return entries

    def _beside(
        self, dots: Sequence[Dot], language: Language, inner: float
    ) -> tuple[Side, list[str]]:
        """Return on which side of the marks of a row its remarks have room, and their lines."""
        remarks = remarks_of(dots, language)
        style, lines = self.style, []
        if not remarks or not inner:
            return "", []
        low, high = self._reach(dots, language, inner)
        width = style.text_width(remarks[0], style.tick) + 2 * ASIDE
        if len(remarks) == 1 and width <= max(inner - high, low):
            return ("right" if width <= inner - high else "left"), remarks
        for remark in remarks:
            lines += style.wrapped(remark, inner * 0.8, style.tick)
        return "below", lines

    def _reach(self, dots: Sequence[Dot], language: Language, inner: float) -> tuple[float, float]:
        """Return the first and last point that the marks of a row cover, from the left."""
        first, last = self.ends
        per_unit, covered = inner / self._distance(first, last), []
        for dot in dots:
            covered += [dot.point, dot.low, dot.high, dot.published, *(dot.outer or ())]
            if self.from_zero:
                covered.append(0.0)
        drawn = [min(max(value, first), last) for value in covered if value is not None]
        reached = [self._distance(first, value) * per_unit for value in drawn]
        return min(reached, default=0.0) - DOT, max(reached, default=0.0) + DOT

    def _write_remark(self, axes: Axes, block: LabelBlock, language: Language) -> None:
        """Write the remarks of a row beside its marks, or below them."""
        style, inner = self.style, extent(axes)[0]
        low, high = self._reach(block.dots, language, inner)
        widest = style.widest(block.remark, style.tick)
        y = block.middle
        if block.side == "below":
            centre = min(max((low + high) / 2, widest / 2), inner - widest / 2)
            x, align, y = centre, "center", block.foot
        elif block.side == "right":
            x, align = high + ASIDE, "left"
        else:
            x, align = low - ASIDE, "right"
        if block.side != "below" and not self.one_line:
            dot = next(dot for dot in block.dots if dot.remark)
            y += (self._series(dot) - (block.series - 1) / 2) * SERIES
        look: Any = {"transform": axes.get_yaxis_transform(), "ha": align, "color": style.grey}
        self.write_lines(
            axes, block.remark, x / inner, y, size=style.tick, zorder=5, bbox=GROUND, **look
        )

    def _blocks(
        self, language: Language, room: float, inner: float = 0.0
    ) -> tuple[list[LabelBlock], float]:
        """Return headings and rows from top to bottom, and the total height.

        Remarks have their room if the width of the axes, `inner`, is given.
        """
        blocks: list[LabelBlock] = []
        style, y, before = self.style, 2.0, ("", "")
        for dots in self._on_one_row():
            row = dots[0]
            heads = (words(row.group, language), words(row.under, language))
            for head, bold in headings_above(heads, before, room, style):
                blocks.append(
                    LabelBlock(head, y + 8 + style.line * (len(head) - 1) / 2, style, bold)
                )
                y += HEADING + style.line * (len(head) - 1)
            before = heads
            strong = any(dot.strong for dot in dots)
            lines = hanging_lines(words(row.label, language), room * 0.38, style, bold=strong)
            series = 1 if self.one_line else len(self._colours) or 1
            tall = max(len(lines) * style.line, self.mark_height, SERIES * series) + 6
            side, remark = self._beside(dots, language, inner)
            block = LabelBlock(lines, y + tall / 2, style, strong, dots, series)
            y += tall
            blocks.append(replace(block, side=side, remark=remark, foot=y + style.line / 2 - 3))
            y += style.line * len(remark) * (side == "below")
        return blocks, y + 3

    def _on_one_row(self) -> list[tuple[Dot, ...]]:
        """Return the dots of each row; coloured dots with the same words share one."""
        rows: dict[Any, list[Dot]] = {}
        for at, row in enumerate(self.rows):
            rows.setdefault((row.group, row.under, row.label) if row.colour else at, []).append(row)
        return list(map(tuple, rows.values()))


HEADING = 15.0  # height of a heading of one line
ASIDE = 6.0  # between marks and a remark
SERIES = 9.0  # between the series of one row
MANY = 6  # number of rows from which lines lead from labels to values


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
