"""Survival curves: what share is still there as time goes on, a step curve a group, with who is at risk below."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from diplab.errors import OptionError
from diplab.presentation.charts.axes import LegendEntry, count_on, legend, legend_height, set_ticks
from diplab.presentation.charts.chart import Chart, ChartWords, Margins
from diplab.presentation.charts.lorenz import LOOKS, MOST_CURVES, STYLES
from diplab.presentation.charts.style import COLOURS, GREY, LEADING, SIZES, text_width
from diplab.presentation.language import number, whole_percent, words
from diplab.presentation.layouts.registry import Drawing
from diplab.presentation.terms import term
from diplab.reference.text import LANGUAGES, NO_BREAK, NOTHING, Language, Text

LINE, BELOW = SIZES["tick"] * LEADING, 28.0
_TICKS = 5


@dataclass(frozen=True)
class SurvivalCurve:
    """One curve: at each time the share still there, its interval, and who is at risk just before."""

    label: Text
    times: tuple[float, ...]
    shares: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    at_risk: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class SurvivalChart(Chart, kind="survival", data="curves", item=SurvivalCurve):
    """Survival curves as steps, told apart by colour and dash."""

    curves: tuple[SurvivalCurve, ...]
    x_axis: Text = NOTHING
    confidence: float = 0.95

    @classmethod
    def of_result(cls, drawing: Drawing, words: ChartWords) -> Chart:
        """Return the curves of `survival.kaplan_meier`, one per domain, from everybody at time 0."""
        found, both = drawing.estimates, drawing.rows
        groups: dict[tuple[str, ...], list[int]] = {}
        for place, row in enumerate(both["en"]):
            groups.setdefault(row.by, []).append(place)
        others = set(found.frame["statistic"]) != {"kaplan_meier"} or found.provenance.contrast
        if others or len(groups) > MOST_CURVES:
            raise OptionError(
                f"{len(found)} estimates cannot be drawn as survival curves.",
                f"They are of {', '.join(f'`{name}`' for name in dict.fromkeys(found.frame['statistic']))}."
                if others
                else f"They make {len(groups)}, and more than {MOST_CURVES} cannot be told apart in print.",
                "Write `dl.chart(dl.survival.kaplan_meier(sample, 'months', 'left'), 'survival')`, or `kind='dots'`.",
            )
        curves = []
        for own in groups.values():
            few = f"{NO_BREAK}*" if any(drawing.small[place] for place in own) else ""
            label = Text(*(", ".join(both[each][own[0]].by) + few for each in LANGUAGES))
            known = found.frame.iloc[own].dropna(subset=["estimate"])
            ends = (known[name].fillna(known["estimate"]) for name in ("ci_low", "ci_high"))
            columns = (known["category"], known["estimate"], *ends, known["at_risk"])
            curves.append(SurvivalCurve(label, *(tuple(map(float, each)) for each in columns)))
        time = Text(*(both[each][0].variable for each in LANGUAGES))
        confidence = found.provenance.confidence
        return cls(curves=tuple(curves), x_axis=time, confidence=confidence, **words.fields(drawing.alt))

    def margins(self, language: Language, room: float) -> Margins:
        """Return room for ticks, the key, the name of the axis, and a line of numbers at risk for each curve."""
        left = max(text_width(term("column.at_risk", language), SIZES["tick"]), 24.0) + 10
        above, below = legend_height(self._entries(language), room), BELOW + LINE * (1 + len(self.curves))
        return Margins(left=left, right=16, top=6 + above, bottom=below)

    def height(self, language: Language, room: float) -> float:
        """Return a height in proportion to the width."""
        return room * 0.55

    def draw(self, axes: Axes, language: Language) -> None:
        """Draw the bands, the steps, the axes, and who is at risk below them."""
        last = max((curve.times[-1] for curve in self.curves if curve.times), default=1.0) or 1.0
        axes.set_xlim(0, last)
        axes.set_ylim(0, 1)
        axes.grid(axis="y")
        axes.set_axisbelow(True)
        margins, ticks = self.margins(language, self.room), self._ticks(last)
        self._below(axes, term("column.at_risk", language), 0, 0.5, "left", GREY, margins.left)
        for row, (curve, (colour, _), style) in enumerate(zip(self.curves, LOOKS, STYLES, strict=False), start=1):
            paint, times = COLOURS[colour], (0.0, *curve.times)
            axes.fill_between(times, (1.0, *curve.low), (1.0, *curve.high), step="post", color=paint, alpha=0.18, lw=0)
            axes.step(times, (1.0, *curve.shares), where="post", color=paint, lw=1.4, ls=style, clip_on=False)
            name = words(curve.label, language)
            if text_width(name, SIZES["tick"]) < margins.left - 6:
                self._below(axes, name, 0, row + 0.5, "left", paint, margins.left)
            for time, count in zip(curve.times, curve.at_risk, strict=True):
                if time in ticks:
                    self._below(axes, number(count, language, 0), time, row + 0.5, "center", paint)
        count_on(axes.yaxis, 0, 1, language, as_percent=True)
        set_ticks(axes.xaxis, ticks, [number(each, language, _decimals(each)) for each in ticks])
        axes.set_xlabel(words(self.x_axis, language))
        legend(axes, self._entries(language), margins.left, self.room, margins.top)

    def _ticks(self, last: float) -> list[float]:
        """Return the start, and times of which the numbers at risk are known, evenly spread."""
        times, chosen = np.unique([time for curve in self.curves for time in curve.times]), [0.0]
        for wanted in np.linspace(0, last, _TICKS + 1)[1:]:
            near = float(times[np.abs(times - wanted).argmin()])
            if near - chosen[-1] >= 0.6 * last / _TICKS:
                chosen.append(near)
        return chosen

    def _below(self, axes: Axes, text: str, x: float, row: float, align: str, colour: str, before: float = 0.0) -> None:
        axes.annotate(
            text, (x, 0), xycoords=("data", "axes fraction"), xytext=(-before, -BELOW - LINE * row), color=colour,
            textcoords="offset points", size=SIZES["tick"], ha=align, va="center", annotation_clip=False,
        )  # fmt: skip

    def _entries(self, language: Language) -> list[LegendEntry]:
        names = [words(curve.label, language) for curve in self.curves]
        looks = zip(names, LOOKS, STYLES, strict=False)
        entries = [LegendEntry(name, COLOURS[look[0]], line=1.4, style=style) for name, look, style in looks if name]
        band = term("word.intervals", language).replace("{value}", whole_percent(self.confidence, language))
        return [*entries, LegendEntry(band, COLOURS["blue"] if len(names) == 1 else GREY, line=7, alpha=0.3)]


def _decimals(value: float) -> int:
    return next(each for each in range(7) if math.isclose(value, round(value, each), rel_tol=1e-6) or each == 6)
