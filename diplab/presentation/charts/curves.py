"""Lorenz and survival curves by group, and sensitivity curves over an unknown quantity."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, TypeAlias

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from diplab.checks import check_number, check_switch
from diplab.errors import OptionError, quoted_names
from diplab.presentation.charts.axes import (
    LegendEntry,
    count_on,
    legend_height,
    set_ticks,
    shortest,
)
from diplab.presentation.charts.chart import Chart, ChartWords, Margins, extent, limit
from diplab.presentation.charts.row import PALE, curve_looks, curves_named, listed
from diplab.presentation.charts.style import DASHED, MOST_SERIES, Look, pale
from diplab.presentation.language import (
    capital,
    colon,
    number,
    percent,
    term,
    term_text,
    whole_percent,
    words,
)
from diplab.presentation.layouts.registry import Drawing, dimension_named, typed
from diplab.reference.text import LANGUAGES, NO_BREAK, NOTHING, Language, Text

BELOW = 28.0
_TICKS = 5


@dataclass(frozen=True, kw_only=True)
class Curves(Chart, kind="", data=""):
    """The base of charts of curves: their looks, a line across, and a key of names and bands."""

    curves: tuple[Any, ...]
    confidence: float = 0.95
    together: bool = False
    highlight: str | Sequence[str] = ()
    intervals: bool = True
    line: float | None = None
    line_label: Text | str = NOTHING

    options: ClassVar[tuple[str, ...]] = ("highlight", "intervals", "line", "line_label")
    marked: ClassVar[bool] = False  # whether points have a marker

    def __post_init__(self) -> None:
        check_switch("intervals", self.intervals)
        if self.line is not None:
            check_number("line", self.line)
        if self.highlight:
            labels = [{"curve": (curve.label.fr, curve.label.en)} for curve in self.curves]
            known = [{"curve": tuple(map(typed, names["curve"]))} for names in labels]
            dimension_named("highlight", listed(self.highlight), known, ["curve"])
        if not self.intervals:
            bare = [replace(curve, low=curve.points, high=curve.points) for curve in self.curves]
            object.__setattr__(self, "curves", tuple(bare))

    def remarks(self, language: Language) -> tuple[Text, ...]:
        """Return a remark if intervals are hidden."""
        return () if self.intervals else (term_text("sentence.intervals_left_out"),)

    @property
    def series(self) -> tuple[Text, ...]:
        """The names of the curves."""
        return tuple(curve.label for curve in self.curves)

    def _with_looks(self) -> list[tuple[Any, Look]]:
        return curve_looks(self.curves, self.looks_of(self.series), self.highlight)

    def _draw_line(self, axes: Axes) -> None:
        """Draw the reference line across; the curves are drawn over it."""
        if self.line is not None:
            axes.axhline(self.line, color=self.style.ink, lw=0.8, ls=DASHED, zorder=1.5)

    def _over(self, look: Look) -> bool:
        """Return whether a curve is highlighted, and drawn over others."""
        return bool(self.highlight) and look.colour != PALE

    def _entries(self, language: Language) -> list[LegendEntry]:
        """Return the marks of named curves, and of their bands if there are any."""
        band = term("word.together" if self.together else "word.intervals", language)
        colour = self.style.colours[0] if len(self.curves) == 1 else self.style.grey
        level = whole_percent(self.confidence, language)
        bands = LegendEntry(band.replace("{value}", level), colour, line=7, alpha=0.3)
        entries = []
        for curve, look in self._with_looks():
            if curve.label:
                label, mark = words(curve.label, language), look.marker if self.marked else ""
                entries.append(
                    LegendEntry(label, look.colour, mark, line=1.4, hollow=True, style=look.dash)
                )
        if any(curve.low != curve.points for curve in self.curves):
            entries.append(bands)
        if self.line is not None and self.line_label:
            label = capital(words(self.line_label, language))
            entries.append(LegendEntry(label, self.style.ink, line=0.8, style=DASHED))
        return entries


@dataclass(frozen=True)
class LorenzCurve:
    """One curve."""

    label: Text
    shares: tuple[float, ...]
    points: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Lorenz(Curves, kind="lorenz", data="curves", item=LorenzCurve):
    """Lorenz curves, distinguished by colour, dash and marker."""

    curves: tuple[LorenzCurve, ...]
    of_income: bool = True
    y_axis: Text = NOTHING

    marked: ClassVar[bool] = True
    lettered: ClassVar[bool] = False

    @classmethod
    def of_result(cls, drawing: Drawing, words: ChartWords) -> Chart:
        """Return the points of curves of one kind, one per domain and variable, from the origin."""
        found, curves = drawing.estimates, []
        statistics = list(dict.fromkeys(found.frame["statistic"]))
        if len(statistics) != 1 or found.description_of(statistics[0]).category != "poorest":
            raise OptionError(
                f"{quoted_names(statistics, ' and ')} cannot be drawn as Lorenz curves.",
                "A chart draws the points of one kind of curve.",
                "Write `dl.chart(dl.estimate(sample, dl.lorenz('income')), 'lorenz')`, or "
                "`kind='dots'`.",
            )
        of_income = statistics[0] == "lorenz"
        shown = percent if of_income else number
        for label, points in curves_of(drawing, "Lorenz"):
            known = points[["category", "estimate", "ci_low", "ci_high"]].to_numpy(dtype=float)
            end = np.ones((int(of_income and known[-1, 0] < 1), 4))
            curves.append(
                LorenzCurve(label, *map(tuple, np.vstack([np.zeros(4), known, end]).T.tolist()))
            )
        fields = words.fields(curves_alt(drawing, words, shown))
        return cls(
            curves=tuple(curves),
            of_income=of_income,
            y_axis=term_text("word.share_of_income" if of_income else "word.income_per_head"),
            together=found.provenance.has_joint_band,
            confidence=found.provenance.confidence,
            **fields | highlight_of(drawing, words, "Lorenz"),
        )

    def margins(self, language: Language, room: float) -> Margins:
        """Return room for ticks, the axis titles and the key."""
        low, high = self._ends()
        shown = percent if self.of_income else number
        ticks = max(
            self.style.text_width(shown(end, language, 0), self.style.tick) for end in (low, high)
        )
        above = 18 + legend_height(self._entries(language), room, self.style)
        return Margins(left=ticks + 10, right=14, top=above, bottom=30)

    def height(self, language: Language, room: float) -> float:
        """Return a height that keeps the diagonal close to one half of a right angle."""
        return room * (0.8 if self.of_income else 0.6)

    def draw(self, axes: Axes, language: Language) -> None:
        """Draw the diagonal, the bands, the curves and the axes."""
        low, high = self._ends()
        limit(axes, (0, 1), (low, high), grid="both")
        self._draw_line(axes)
        if self.of_income:
            axes.plot([0, 1], [0, 1], color=self.style.grey, lw=0.9, ls=DASHED)
        for curve, look in self._with_looks():
            axes.fill_between(curve.shares, curve.low, curve.high, **pale(look.colour, 0.2))
        for curve, look in self._with_looks():
            axes.plot(
                *(curve.shares, curve.points), color=look.colour, lw=1.4, ls=look.dash,
                marker=look.marker, ms=4, mfc="white", mew=1.0, clip_on=False,
                zorder=3 + self._over(look) / 2, markevery=self._estimated(curve),
            )  # fmt: skip
        count_on(
            axes.xaxis, 0, 1, language, style=self.style, as_percent=True, room=extent(axes)[0]
        )
        count_on(axes.yaxis, low, high, language, style=self.style, as_percent=self.of_income)
        self.name_below(axes, term_text("word.people_ordered"), language)
        self.name_above(axes, self.y_axis, language, up=6)
        self.write_key(axes, self._entries(language), language)

    def _estimated(self, curve: LorenzCurve) -> list[int]:
        """Return the places of the points of a curve that are estimates: its ends are known."""
        return [
            position
            for position, share in enumerate(curve.shares)
            if share > 0 and not (self.of_income and share == 1)
        ]

    def _ends(self) -> tuple[float, float]:
        lows = [value for curve in self.curves for value in (*curve.points, *curve.low)]
        highs = [value for curve in self.curves for value in (*curve.points, *curve.high)]
        across = [] if self.line is None else [self.line]
        if self.of_income:
            return min(0.0, *lows, *across), max(1.0, *highs, *across)
        return min(0.0, *lows, *across), max(*highs, *across, 0.0) * 1.05 or 1.0

    def _entries(self, language: Language) -> list[LegendEntry]:
        equal = LegendEntry(
            term("word.equal_incomes", language), self.style.grey, line=0.9, style=DASHED
        )
        return [*super()._entries(language), *[equal] * self.of_income]


@dataclass(frozen=True)
class SurvivalCurve:
    """A survival curve from time 0: shares remaining, intervals, and numbers at risk."""

    label: Text
    times: tuple[float, ...]
    points: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    at_risk: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class SurvivalChart(Curves, kind="survival", data="curves", item=SurvivalCurve):
    """Survival curves as steps, distinguished by colour and dash."""

    curves: tuple[SurvivalCurve, ...]
    x_axis: Text | str = NOTHING
    steps: Literal["post"] | None = "post"  # none if curves are known at requested times only

    options: ClassVar[tuple[str, ...]] = (*Curves.options, "x_axis")
    tall: ClassVar[float] = 0.55

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.line is not None and not 0 <= self.line <= 1:
            raise OptionError(
                f"`line={self.line}` is not between 0 and 1.",
                "The axis of survival curves is a share.",
                "Write `line=0.5` for one half.",
            )

    @classmethod
    def of_result(cls, drawing: Drawing, words: ChartWords) -> Chart:
        """Return the curves of `survival.kaplan_meier`, one per domain, from 1 at time 0."""
        found, curves = drawing.estimates, []
        if set(found.frame["statistic"]) != {"kaplan_meier"} or found.provenance.contrast:
            raise OptionError(
                f"{len(found)} estimates cannot be drawn as survival curves.",
                f"They are of {quoted_names(dict.fromkeys(found.frame['statistic']))}.",
                "Write `dl.chart(dl.survival.kaplan_meier(sample, 'months', 'left'), 'survival')`, "
                "or `kind='dots'`.",
            )
        late, level = "late_entry" in found.provenance.rules, found.provenance.confidence
        for label, points in curves_of(drawing, "survival"):
            known = points[["category", "estimate", "ci_low", "ci_high", "at_risk"]].to_numpy(
                dtype=float
            )
            start = [0.0, 1.0, 1.0, 1.0, np.nan if late else points["n"].iloc[0]]
            curves.append(SurvivalCurve(label, *map(tuple, np.vstack([start, known]).T.tolist())))
        x = Text(*(drawing.rows[code][0].variable for code in LANGUAGES))
        steps: Literal["post"] | None = None if "times" in found.provenance.rules else "post"
        own = words if steps else words.noted(term_text("sentence.between_times"))
        shown = {"x_axis": x} | own.fields(curves_alt(drawing, words, percent))
        shown |= highlight_of(drawing, words, "survival")
        return cls(curves=tuple(curves), confidence=level, steps=steps, **shown)

    def margins(self, language: Language, room: float) -> Margins:
        """Return margins for ticks, key, axis title, and a line of numbers at risk per curve."""
        at_risk = self.style.text_width(term("column.at_risk", language), self.style.tick)
        left = max(at_risk, 24.0, self._beside(language, room)) + 20
        lines = len(self.curves) + any(curve.label for curve in self.curves)
        above, below = (
            6 + legend_height(self._entries(language), room, self.style),
            BELOW + self.style.line * lines,
        )
        return Margins(left=left, right=16, top=above, bottom=below)

    def draw(self, axes: Axes, language: Language) -> None:
        """Draw the bands, the steps, the axes, and the numbers at risk below them."""
        last = max(curve.times[-1] for curve in self.curves) or 1.0
        limit(axes, (0, last), (0, 1), grid="y")
        self._draw_line(axes)
        margins, ticks = self.margins(language, self.room), self._ticks(last)
        self._below(
            axes, term("column.at_risk", language), 0, 0.5, "left", self.style.grey, margins.left
        )
        for row, (curve, look) in enumerate(
            self._with_looks(), start=any(curve.label for curve in self.curves)
        ):
            axes.fill_between(
                curve.times, curve.low, curve.high, step=self.steps, **pale(look.colour, 0.18)
            )
            drawn = "steps-post" if self.steps else "default"
            paint: Any = {"color": look.colour, "lw": 1.4, "ls": look.dash, "clip_on": False}
            paint |= {"zorder": 3} if self._over(look) else {}
            axes.plot(curve.times, curve.points, drawstyle=drawn, **paint)
            name = words(curve.label, language)
            ink = self.style.grey if look.colour == PALE else look.colour
            if self._beside(language, self.room):
                self._below(axes, name, 0, row + 0.5, "left", ink, margins.left)
            for time, count in dict(zip(curve.times, curve.at_risk, strict=True)).items():
                if time in ticks and not np.isnan(count):
                    self._below(axes, number(count, language, 0), time, row + 0.5, "center", ink)
        count_on(axes.yaxis, 0, 1, language, style=self.style, as_percent=True)
        set_ticks(axes.xaxis, ticks, [shortest(tick, language) for tick in ticks])
        self.name_below(axes, self.x_axis, language)
        self.write_key(axes, self._entries(language), language)

    def _beside(self, language: Language, room: float) -> float:
        """Return the width of the names of curves in the risk table; 0 if one is too long."""
        widest = max(
            self.style.text_width(words(curve.label, language), self.style.tick)
            for curve in self.curves
        )
        return widest if widest < 0.25 * room else 0.0

    def _ticks(self, last: float) -> list[float]:
        """Return evenly spread times with known numbers at risk, from the start."""
        times, chosen = np.unique([time for curve in self.curves for time in curve.times]), [0.0]
        for wanted in np.linspace(0, last, _TICKS + 1)[1:]:
            near = float(times[np.abs(times - wanted).argmin()])
            if near - chosen[-1] >= 0.6 * last / _TICKS:
                chosen.append(near)
        return chosen

    def _below(
        self,
        axes: Axes,
        text: str,
        x: float,
        row: float,
        align: str,
        colour: str,
        before: float = 0.0,
    ) -> None:
        look: Any = {
            "ha": align,
            "va": "center",
            "annotation_clip": False,
            "xycoords": ("data", "axes fraction"),
        }
        offset = (-before, -BELOW - self.style.line * row)
        self.write_at(axes, text, (x, 0), offset, color=colour, size=self.style.tick, **look)


def curves_of(drawing: Drawing, kind: str) -> list[tuple[Text, pd.DataFrame]]:
    """Return the points of each curve by name, in increasing order; names mark few respondents."""
    frame, curves = drawing.estimates.frame, []
    for name, places in _by_curve(drawing).items():
        known = frame.iloc[places].dropna(subset=["estimate"]).sort_values("category")
        # a point without an error has a band of zero width
        ends = {end: known[end].fillna(known["estimate"]) for end in ("ci_low", "ci_high")}
        mark = f"{NO_BREAK}*" if any(drawing.small[place] for place in places) else ""
        if len(known):
            curves.append(
                (Text(name.fr + mark, name.en + mark) if name.en else NOTHING, known.assign(**ends))
            )
    if not curves:
        raise OptionError(
            f"{len(frame)} points cannot be drawn as {kind} curves.",
            "None of them has a value.",
            "Check the `flag` of each row: `estimates.frame`.",
        )
    if len(curves) > MOST_SERIES:
        raise OptionError(
            f"{len(curves)} {kind} curves are too many for one chart.",
            f"More than {MOST_SERIES} cannot be distinguished in print.",
            "Write fewer domains with `estimates.rows(...)`, or `kind='dots'`.",
        )
    return curves


def highlight_of(drawing: Drawing, words: ChartWords, kind: str) -> dict[str, Any]:
    """Return the option that highlights curves, by their labels."""
    first = {int(points.index[0]): label for label, points in curves_of(drawing, kind)}
    return {"highlight": curves_named(words.options.get("highlight", ()), drawing, first)}


def curves_alt(drawing: Drawing, frame: ChartWords, printed: Callable[..., str]) -> Text:
    """Return the alternative text: points at the ends and in the middle of curves, and the line."""
    line, label, sentences = frame.options.get("line"), frame.options.get("line_label"), []
    for language in LANGUAGES:
        rows, parts = drawing.rows[language], []
        for name, places in _by_curve(drawing).items():
            shown = (rows[at] for at in sorted({places[0], places[len(places) // 2], places[-1]}))
            points = ", ".join(
                f"{row.category} {row.estimate.text} {row.interval.text}".strip() for row in shown
            )
            parts.append(f"{name.in_(language)}{colon(language)}{points}" if name.en else points)
        sentence = f"{term('word.figure', language)}. {rows[0].statistic}. {'; '.join(parts)}."
        if line is not None and label:
            named = capital(words(label, language))
            sentence += f" {named}{colon(language)}{printed(line, language, 0)}."
        sentences.append(sentence)
    return Text(*sentences)


def _by_curve(drawing: Drawing) -> dict[Text, list[int]]:
    """Return the positions of the points of each curve by name, in the order of the result."""
    texts = [
        dimension.labels
        for name, dimension in drawing.dimensions.items()
        if name not in ("statistic", "category")
    ]
    curves: dict[Text, list[int]] = {}
    for position in range(len(drawing.headings)):
        parts = [item[position] for item in texts if item[position]]
        curves.setdefault(
            Text(*(", ".join(part.in_(code) for part in parts) for code in LANGUAGES)), []
        ).append(position)
    return curves


BAR = 7.0
Side: TypeAlias = Literal[
    "above", "below", "above right", "above left", "below right", "below left"
]


@dataclass(frozen=True)
class Mark:
    """A named point of the curve."""

    x: float
    y: float
    label: Text
    side: Side = "above right"


@dataclass(frozen=True, kw_only=True)
class SensitivityCurve(Chart, kind="sensitivity_curve", data="x"):
    """A curve with marked points and a shaded range."""

    x: tuple[float, ...]
    y: tuple[float, ...]
    x_axis: Text
    y_axis: Text
    marks: tuple[Mark, ...] = ()
    feasible: tuple[float, float] | None = None
    feasible_label: Text = NOTHING
    feasible_bar: bool = False
    x_ends: tuple[float, float] | None = None
    y_ends: tuple[float, float] | None = None
    log: bool = False

    @classmethod
    def fields_of_data(cls, data: Sequence[Any]) -> dict[str, Any]:
        """Return the curve through pairs of x and y."""
        x, y = zip(*data, strict=True)
        return {"x": x, "y": y}

    def remarks(self, language: Language) -> tuple[Text, ...]:
        """Return a remark if a linear axis does not start at zero."""
        low, high = self._ends()
        return () if self.log or low <= 0 <= high else (term_text("sentence.not_from_zero"),)

    def margins(self, language: Language, room: float) -> Margins:
        """Return room for ticks, the axis titles and the key."""
        low, high = self._ends()
        places = 0 if self.log else 2
        ticks = max(
            self.style.text_width(number(end, language, places), self.style.tick)
            for end in (low, high)
        )
        above = 14 + legend_height(self._entries(language), room, self.style)
        return Margins(left=ticks + 8, right=14, top=above, bottom=30)

    def draw(self, axes: Axes, language: Language) -> None:
        """Draw the shaded range, the curve, its points and the axes."""
        low, high = self._ends()
        left, right = self.x_ends or (min(self.x), max(self.x))
        if self.log:
            axes.set_xscale("log")
            axes.set_yscale("log")
        limit(axes, (left, right), (low, high), grid="y")
        if self.feasible is not None:
            self._shade(axes, self.feasible)
        axes.plot(self.x, self.y, color=self.style.colours[0], lw=1.6)
        for mark in self.marks:
            axes.plot(
                [mark.x],
                [mark.y],
                ls="",
                marker="o",
                ms=5,
                color=self.style.colours[1],
                clip_on=False,
            )
            self._name(axes, mark, language)
        self._count(axes, (left, right), (low, high), language)
        self.name_below(axes, self.x_axis, language)
        self.name_above(axes, self.y_axis, language)
        self.write_key(axes, self._entries(language), language)

    def _count(
        self, axes: Axes, across: tuple[float, float], up: tuple[float, float], language: Language
    ) -> None:
        width, tall = extent(axes)
        count_on(axes.xaxis, *across, language, style=self.style, room=width, ratios=self.log)
        count_on(
            axes.yaxis,
            *up,
            language,
            style=self.style,
            room=tall if self.log else 0.0,
            ratios=self.log,
        )

    def _shade(self, axes: Axes, ends: tuple[float, float]) -> None:
        if not self.feasible_bar:
            axes.axhspan(*ends, **pale(self.style.fill, 0.25))
            return
        across = BAR / extent(axes)[0]
        axes.axhspan(*ends, 0, across, color=self.style.fill, lw=0)
        for end in ends:
            edge: Any = {
                "transform": axes.get_yaxis_transform(),
                "color": self.style.colours[0],
                "lw": 1.2,
            }
            axes.plot([0, across], [end, end], **edge)

    def _name(self, axes: Axes, mark: Mark, language: Language) -> None:
        up = 1 if mark.side.startswith("above") else -1
        aside = {"left": -1, "right": 1}.get(mark.side.split()[-1], 0)
        sides = {
            "ha": {0: "center", 1: "left", -1: "right"}[aside],
            "va": "bottom" if up > 0 else "top",
        }
        self.write_at(
            axes, words(mark.label, language), (mark.x, mark.y), (5 * aside, 6 * up), **sides
        )

    def _ends(self) -> tuple[float, float]:
        if self.y_ends is not None:
            return self.y_ends
        values = [*self.y, *(self.feasible or ()), *(mark.y for mark in self.marks)]
        spare = (max(values) - min(values) or 1.0) * 0.1
        return min(values) - spare, max(values) + spare

    def _entries(self, language: Language) -> list[LegendEntry]:
        if self.feasible is None:
            return []
        label = words(self.feasible_label, language) or term("word.feasible", language)
        alpha = 1.0 if self.feasible_bar else 0.35
        return [LegendEntry(capital(label), self.style.fill, line=7, alpha=alpha)]
