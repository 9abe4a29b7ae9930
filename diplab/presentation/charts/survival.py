"""Survival curves: what share is still there as time goes on, a step curve a group, with who is at risk below."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from diplab.errors import OptionError
from diplab.presentation.charts.axes import LegendEntry, count_on, legend, legend_height, set_ticks
from diplab.presentation.charts.chart import Chart, ChartWords, Margins, extent
from diplab.presentation.charts.lorenz import LOOKS, MOST_CURVES, STYLES
from diplab.presentation.charts.style import COLOURS, GREY, LEADING, SIZES, text_width
from diplab.presentation.language import number, percent, whole_percent, words
from diplab.presentation.terms import term
from diplab.reference.text import LANGUAGES, NO_BREAK, NOTHING, Language, Text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from diplab.presentation.layouts.registry import Drawing

LINE = SIZES["tick"] * LEADING
_TICKS = 6


@dataclass(frozen=True)
class SurvivalCurve:
    """One curve: at each time the share still there, its interval, and who is at risk just before."""

    label: Text
    times: tuple[float, ...]
    shares: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    at_risk: tuple[float, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SurvivalChart(Chart, kind="survival", data="curves", item=SurvivalCurve):
    """Survival curves as steps, told apart by colour and dash."""

    curves: tuple[SurvivalCurve, ...]
    x_axis: Text = NOTHING
    confidence: float = 0.95

    @classmethod
    def of_result(cls, drawing: Drawing, words: ChartWords) -> Chart:
        """Return the curves of `survival.kaplan_meier`, one per domain, from everybody at time 0."""
        frame = drawing.estimates.frame
        if set(frame["statistic"]) != {"kaplan_meier"} or drawing.estimates.provenance.contrast:
            raise OptionError(
                f"{len(frame)} estimates cannot be drawn as survival curves.",
                f"They are of {', '.join(f'`{name}`' for name in dict.fromkeys(frame['statistic']))}.",
                write="Write `dl.chart(dl.survival.kaplan_meier(sample, 'months', 'left'), 'survival')`.",
            )
        both, places = drawing.rows, dict[tuple[str, ...], list[int]]()
        for place, row in enumerate(both["en"]):
            places.setdefault(row.by, []).append(place)
        if len(places) > MOST_CURVES:
            raise OptionError(
                f"{len(places)} survival curves are too many for one chart.",
                f"More than {MOST_CURVES} cannot be told apart in print.",
                "Write fewer domains with `found.rows(...)`, or `kind='dots'`.",
            )
        curves = []
        for own in places.values():
            few = f"{NO_BREAK}*" if any(drawing.small[place] for place in own) else ""
            label = Text(*(", ".join(both[each][own[0]].by) + few for each in LANGUAGES)) if own else NOTHING
            known = frame.iloc[own].dropna(subset=["estimate"])
            share = known["estimate"]
            ends = (known[name].where(known[name].notna(), share) for name in ("ci_low", "ci_high"))
            columns = [tuple(map(float, each)) for each in (known["category"], share, *ends, known["at_risk"])]
            curves.append(SurvivalCurve(label, *columns))
        confidence = drawing.estimates.provenance.confidence
        time = Text(*(both[each][0].variable for each in LANGUAGES))
        return cls(curves=tuple(curves), x_axis=time, confidence=confidence, **words.fields(drawing.alt))

    def margins(self, language: Language, room: float) -> Margins:
        """Return room for ticks, the key, the name of the axis, and a line of numbers at risk for each curve."""
        names = [term("column.at_risk", language), percent(1.0, language, 0), *self._names(language)]
        left = max(text_width(name, SIZES["tick"]) for name in names) + 12
        below = 28 + LINE * (1 + len(self.curves)) if self._counted else 28
        return Margins(left=left, right=16, top=6 + legend_height(self._entries(language), room), bottom=below)

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
        for curve, (colour, _), style in zip(self.curves, LOOKS, STYLES, strict=False):
            times = (0.0, *curve.times)
            low, high = ((1.0, *ends) for ends in (curve.low, curve.high))
            axes.fill_between(times, low, high, step="post", color=COLOURS[colour], alpha=0.18, lw=0)
            axes.step(times, (1.0, *curve.shares), where="post", color=COLOURS[colour], lw=1.4, ls=style, clip_on=False)
        count_on(axes.yaxis, 0, 1, language, as_percent=True)
        ticks = self._ticks(last)
        set_ticks(axes.xaxis, ticks, [number(each, language, _decimals(each)) for each in ticks])
        axes.set_xlabel(words(self.x_axis, language))
        if self._counted:
            self._write_at_risk(axes, ticks, language)
        legend(axes, self._entries(language), self.margins(language, self.room).left, self.room,
               self.margins(language, self.room).top)  # fmt: skip

    @property
    def _counted(self) -> bool:
        return all(curve.at_risk for curve in self.curves)

    def _ticks(self, last: float) -> list[float]:
        """Return the start, and times of which the numbers at risk are known, evenly spread."""
        times = np.unique([time for curve in self.curves for time in curve.times])
        if not times.size:
            return [0.0]
        wanted = np.linspace(0, last, _TICKS)[1:]
        nearest = np.unique(times[np.abs(times[:, None] - wanted).argmin(axis=0)])
        chosen = [0.0]
        for time in nearest:
            if time - chosen[-1] >= 0.6 * last / (_TICKS - 1):
                chosen.append(float(time))
        return chosen

    def _write_at_risk(self, axes: Axes, ticks: list[float], language: Language) -> None:
        tall, left = extent(axes)[1], self.margins(language, self.room).left
        y = -(28 + LINE / 2)

        def write(text: str, x: float, level: float, colour: str, align: str) -> None:
            axes.annotate(
                text, (x, 0), xycoords=("data", "axes fraction"), xytext=(-left if align == "left" else 0, level),
                textcoords="offset points", size=SIZES["tick"], color=colour, ha=align, va="center",
                annotation_clip=False,
            )  # fmt: skip

        assert tall > 0  # the page has room
        write(term("column.at_risk", language), 0, y, GREY, "left")
        for curve, name, (colour, _) in zip(self.curves, self._names(language), LOOKS, strict=False):
            y -= LINE if name else 0
            write(name, 0, y, COLOURS[colour], "left")
            known = dict(zip(curve.times, curve.at_risk, strict=True))
            for tick in ticks:
                if tick in known:
                    write(number(known[tick], language, 0), tick, y, COLOURS[colour], "center")

    def _names(self, language: Language) -> list[str]:
        return [words(curve.label, language) for curve in self.curves]

    def _entries(self, language: Language) -> list[LegendEntry]:
        band = term("word.intervals", language).replace("{value}", whole_percent(self.confidence, language))
        looks = zip(self.curves, self._names(language), LOOKS, STYLES, strict=False)
        entries = [
            LegendEntry(name, COLOURS[colour], line=1.4, style=style) for _, name, (colour, _), style in looks if name
        ]
        if any(curve.low != curve.shares for curve in self.curves):
            entries.append(LegendEntry(band, COLOURS["blue"] if len(self.curves) == 1 else GREY, line=7, alpha=0.3))
        return entries


def _decimals(value: float) -> int:
    return next(each for each in range(7) if math.isclose(value, round(value, each), rel_tol=1e-6) or each == 6)
