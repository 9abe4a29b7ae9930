"""Survival curves: what share is still there as time goes on, a step curve a group, with who is at risk below."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from matplotlib.axes import Axes

from diplab.errors import OptionError
from diplab.presentation.charts.axes import count_on, legend, legend_height, set_ticks, shortest
from diplab.presentation.charts.chart import Chart, ChartWords, Margins, limit
from diplab.presentation.charts.lorenz import curve_entries, curves_alt, curves_of
from diplab.presentation.charts.style import pale
from diplab.presentation.language import number, term, term_text, words
from diplab.presentation.layouts.registry import Drawing
from diplab.reference.text import LANGUAGES, NOTHING, Language, Text

BELOW = 28.0
_TICKS = 5


@dataclass(frozen=True)
class SurvivalCurve:
    """One curve, from everybody at time 0: the share still there, its interval, and who is at risk just before."""

    label: Text
    times: tuple[float, ...]
    points: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    at_risk: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class SurvivalChart(Chart, kind="survival", data="curves", item=SurvivalCurve):
    """Survival curves as steps, told apart by colour and dash."""

    curves: tuple[SurvivalCurve, ...]
    x_axis: Text = NOTHING
    confidence: float = 0.95
    steps: Literal["post"] | None = "post"  # none to show where curves are known only at times that were asked for

    tall: ClassVar[float] = 0.55

    @classmethod
    def of_result(cls, drawing: Drawing, words: ChartWords) -> Chart:
        """Return the curves of `survival.kaplan_meier`, one per domain, from everybody at time 0."""
        found, curves = drawing.estimates, []
        if set(found.frame["statistic"]) != {"kaplan_meier"} or found.provenance.contrast:
            raise OptionError(
                f"{len(found)} estimates cannot be drawn as survival curves.",
                f"They are of {', '.join(f'`{name}`' for name in dict.fromkeys(found.frame['statistic']))}.",
                "Write `dl.chart(dl.survival.kaplan_meier(sample, 'months', 'left'), 'survival')`, or `kind='dots'`.",
            )
        late, level = "late_entry" in found.provenance.rules, found.provenance.confidence
        for label, points in curves_of(drawing, "survival"):
            known = points[["category", "estimate", "ci_low", "ci_high", "at_risk"]].to_numpy(dtype=float)
            start = [0.0, 1.0, 1.0, 1.0, np.nan if late else points["n"].iloc[0]]
            curves.append(SurvivalCurve(label, *map(tuple, np.vstack([start, known]).T.tolist())))
        x = Text(*(drawing.rows[each][0].variable for each in LANGUAGES))
        steps: Literal["post"] | None = None if "times" in found.provenance.rules else "post"
        own = words if steps else words.noted(term_text("sentence.between_times"))
        return cls(curves=tuple(curves), x_axis=x, confidence=level, steps=steps, **own.fields(curves_alt(drawing)))

    def margins(self, language: Language, room: float) -> Margins:
        """Return room for ticks, the key, the name of the axis, and a line of numbers at risk for each curve."""
        entries = curve_entries(self.curves, self.confidence, language, self.style)
        at_risk = self.style.text_width(term("column.at_risk", language), self.style.tick)
        left = max(at_risk, 24.0, self._beside(language, room)) + 20
        lines = len(self.curves) + any(curve.label for curve in self.curves)
        above, below = 6 + legend_height(entries, room, self.style), BELOW + self.style.line * lines
        return Margins(left=left, right=16, top=above, bottom=below)

    def draw(self, axes: Axes, language: Language) -> None:
        """Draw the bands, the steps, the axes, and who is at risk below them."""
        last = max(curve.times[-1] for curve in self.curves) or 1.0
        limit(axes, (0, last), (0, 1), grid="y")
        margins, ticks = self.margins(language, self.room), self._ticks(last)
        self._below(axes, term("column.at_risk", language), 0, 0.5, "left", self.style.grey, margins.left)
        looks = zip(self.curves, self.style.looks, strict=False)
        for row, (curve, look) in enumerate(looks, start=any(curve.label for curve in self.curves)):
            axes.fill_between(curve.times, curve.low, curve.high, step=self.steps, **pale(look.colour, 0.18))
            drawn = "steps-post" if self.steps else "default"
            paint: Any = {"color": look.colour, "lw": 1.4, "ls": look.dash, "clip_on": False}
            axes.plot(curve.times, curve.points, drawstyle=drawn, **paint)
            name = words(curve.label, language)
            if self._beside(language, self.room):
                self._below(axes, name, 0, row + 0.5, "left", look.colour, margins.left)
            for time, count in dict(zip(curve.times, curve.at_risk, strict=True)).items():
                if time in ticks and not np.isnan(count):
                    self._below(axes, number(count, language, 0), time, row + 0.5, "center", look.colour)
        count_on(axes.yaxis, 0, 1, language, style=self.style, as_percent=True)
        set_ticks(axes.xaxis, ticks, [shortest(each, language) for each in ticks])
        axes.set_xlabel(words(self.x_axis, language))
        entries = curve_entries(self.curves, self.confidence, language, self.style)
        legend(axes, entries, margins.left, self.room, margins.top, self.style)

    def _beside(self, language: Language, room: float) -> float:
        """Return the width of the names of curves beside the numbers at risk; 0 where one is too long for it."""
        widest = max(self.style.text_width(words(curve.label, language), self.style.tick) for curve in self.curves)
        return widest if widest < 0.25 * room else 0.0

    def _ticks(self, last: float) -> list[float]:
        """Return the start, and times of which the numbers at risk are known, evenly spread."""
        times, chosen = np.unique([time for curve in self.curves for time in curve.times]), [0.0]
        for wanted in np.linspace(0, last, _TICKS + 1)[1:]:
            near = float(times[np.abs(times - wanted).argmin()])
            if near - chosen[-1] >= 0.6 * last / _TICKS:
                chosen.append(near)
        return chosen

    def _below(self, axes: Axes, text: str, x: float, row: float, align: str, colour: str, before: float = 0.0) -> None:
        look: Any = {"ha": align, "va": "center", "annotation_clip": False, "xycoords": ("data", "axes fraction")}
        offset = (-before, -BELOW - self.style.line * row)
        self.write_at(axes, text, (x, 0), offset, color=colour, size=self.style.tick, **look)
