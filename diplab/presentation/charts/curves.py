"""Lorenz curves: what share of all income the poorest have, a curve a group, each with its band."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from diplab.errors import OptionError
from diplab.presentation.charts.axes import LegendEntry, count_on, legend, legend_height
from diplab.presentation.charts.chart import Chart, ChartWords, Margins, extent, limit
from diplab.presentation.charts.style import DASHED, MOST_SERIES, Style, pale
from diplab.presentation.language import colon, number, percent, term, term_text, whole_percent, words
from diplab.presentation.layouts.registry import Drawing
from diplab.reference.text import LANGUAGES, NO_BREAK, NOTHING, Language, Text

if TYPE_CHECKING:
    from diplab.presentation.charts.survival import SurvivalCurve


@dataclass(frozen=True)
class LorenzCurve:
    """One curve."""

    label: Text
    shares: tuple[float, ...]
    points: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Lorenz(Chart, kind="lorenz", data="curves", item=LorenzCurve):
    """Lorenz curves, told apart by colour, dash and marker."""

    curves: tuple[LorenzCurve, ...]
    of_income: bool = True
    y_axis: Text = NOTHING
    confidence: float = 0.95
    together: bool = False

    @classmethod
    def of_result(cls, drawing: Drawing, words: ChartWords) -> Chart:
        """Return the points of one kind of curve, one curve per domain and variable, from the origin."""
        found, curves = drawing.estimates, []
        statistics = list(dict.fromkeys(found.frame["statistic"]))
        if len(statistics) != 1 or found.description_of(statistics[0]).category != "poorest":
            raise OptionError(
                f"{' and '.join(f'`{name}`' for name in statistics)} cannot be drawn as Lorenz curves.",
                "A chart draws the points of one kind of curve.",
                "Write `dl.chart(dl.estimate(sample, dl.lorenz('income')), 'lorenz')`, or `kind='dots'`.",
            )
        of_income = statistics[0] == "lorenz"
        for label, points in curves_of(drawing, "Lorenz"):
            known = points[["category", "estimate", "ci_low", "ci_high"]].to_numpy(dtype=float)
            end = np.ones((int(of_income and known[-1, 0] < 1), 4))
            curves.append(LorenzCurve(label, *map(tuple, np.vstack([np.zeros(4), known, end]).T.tolist())))
        return cls(
            curves=tuple(curves),
            of_income=of_income,
            y_axis=term_text("word.share_of_income" if of_income else "word.income_per_head"),
            together=found.provenance.has_joint_band,
            confidence=found.provenance.confidence,
            **words.fields(curves_alt(drawing)),
        )

    def margins(self, language: Language, room: float) -> Margins:
        """Return room for ticks, the axis titles and the key."""
        low, high = self._ends()
        shown = percent if self.of_income else number
        ticks = max(self.style.text_width(shown(end, language, 0), self.style.tick) for end in (low, high))
        above = 18 + legend_height(self._entries(language), room, self.style)
        return Margins(left=ticks + 10, right=14, top=above, bottom=30)

    def height(self, language: Language, room: float) -> float:
        """Return a height that keeps the diagonal close to one half of a right angle."""
        return room * (0.8 if self.of_income else 0.6)

    def draw(self, axes: Axes, language: Language) -> None:
        """Draw the diagonal, the bands, the curves and the axes."""
        low, high = self._ends()
        limit(axes, (0, 1), (low, high), grid="both")
        if self.of_income:
            axes.plot([0, 1], [0, 1], color=self.style.grey, lw=0.9, ls=DASHED)
        for curve, look in zip(self.curves, self.style.looks, strict=False):
            axes.fill_between(curve.shares, curve.low, curve.high, **pale(look.colour, 0.2))
        for curve, look in zip(self.curves, self.style.looks, strict=False):
            axes.plot(
                *(curve.shares, curve.points), color=look.colour, lw=1.4, ls=look.dash, marker=look.marker, ms=4,
                mfc="white", mew=1.0, clip_on=False, zorder=3, markevery=self._estimated(curve),
            )  # fmt: skip
        count_on(axes.xaxis, 0, 1, language, style=self.style, as_percent=True, room=extent(axes)[0])
        count_on(axes.yaxis, low, high, language, style=self.style, as_percent=self.of_income)
        axes.set_xlabel(words(term_text("word.people_ordered"), language))
        margins = self.margins(language, self.room)
        self.name_above(axes, self.y_axis, margins.left, language, up=6)
        legend(axes, self._entries(language), margins.left, self.room, margins.top, self.style)

    def _estimated(self, curve: LorenzCurve) -> list[int]:
        """Return the places of the points of a curve that are estimates: its ends are known."""
        return [place for place, share in enumerate(curve.shares) if share > 0 and not (self.of_income and share == 1)]

    def _ends(self) -> tuple[float, float]:
        lows = [value for curve in self.curves for value in (*curve.points, *curve.low)]
        highs = [value for curve in self.curves for value in (*curve.points, *curve.high)]
        if self.of_income:
            return min(0.0, *lows), max(1.0, *highs)
        return min(0.0, *lows), max(*highs, 0.0) * 1.05 or 1.0

    def _entries(self, language: Language) -> list[LegendEntry]:
        entries = curve_entries(self.curves, self.confidence, language, self.style, together=self.together)
        if self.of_income:
            entries.append(LegendEntry(term("word.equal_incomes", language), self.style.grey, line=0.9, style=DASHED))
        return entries


def curve_entries(
    curves: Sequence[LorenzCurve | SurvivalCurve],
    confidence: float,
    language: Language,
    style: Style,
    *,
    together: bool = False,
) -> list[LegendEntry]:
    """Return the marks of curves that have a name, and of their bands where they have some."""
    band = term("word.together" if together else "word.intervals", language)
    colour = style.colours[0] if len(curves) == 1 else style.grey
    bands = LegendEntry(band.replace("{value}", whole_percent(confidence, language)), colour, line=7, alpha=0.3)
    entries = [
        LegendEntry(
            *(words(curve.label, language), look.colour, look.marker if isinstance(curve, LorenzCurve) else ""),
            line=1.4, hollow=True, style=look.dash,
        )
        for curve, look in zip(curves, style.looks, strict=False)
        if curve.label
    ]  # fmt: skip
    return [*entries, bands] if any(curve.low != curve.points for curve in curves) else entries


def curves_of(drawing: Drawing, kind: str) -> list[tuple[Text, pd.DataFrame]]:
    """Return the name of each curve, with a mark where few answered, and its points, which rise."""
    frame, curves = drawing.estimates.frame, []
    for name, places in _by_curve(drawing).items():
        known = frame.iloc[places].dropna(subset=["estimate"]).sort_values("category")
        # a point without an error has a band of no width
        ends = {end: known[end].fillna(known["estimate"]) for end in ("ci_low", "ci_high")}
        mark = f"{NO_BREAK}*" if any(drawing.small[place] for place in places) else ""
        if len(known):
            curves.append((Text(name.fr + mark, name.en + mark) if name.en else NOTHING, known.assign(**ends)))
    if not curves:
        raise OptionError(
            f"{len(frame)} points cannot be drawn as {kind} curves.",
            "None of them has a value.",
            "Look at the `flag` of each row: `estimates.frame`.",
        )
    if len(curves) > MOST_SERIES:
        raise OptionError(
            f"{len(curves)} {kind} curves are too many for one chart.",
            f"More than {MOST_SERIES} cannot be told apart in print.",
            "Write fewer domains with `estimates.rows(...)`, or `kind='dots'`.",
        )
    return curves


def curves_alt(drawing: Drawing) -> Text:
    """Return the figure told to one who cannot see it: of each curve the first point, the middle one and the last."""
    told = []
    for language in LANGUAGES:
        rows, parts = drawing.rows[language], []
        for name, places in _by_curve(drawing).items():
            shown = (rows[at] for at in sorted({places[0], places[len(places) // 2], places[-1]}))
            points = ", ".join(f"{row.category} {row.estimate.text} {row.interval.text}".strip() for row in shown)
            parts.append(f"{name.in_(language)}{colon(language)}{points}" if name.en else points)
        told.append(f"{term('word.figure', language)}. {rows[0].statistic}. {'; '.join(parts)}.")
    return Text(*told)


def _by_curve(drawing: Drawing) -> dict[Text, list[int]]:
    """Return the places of the points of each curve by its name, in the order of the result."""
    told = [each.labels for name, each in drawing.dimensions.items() if name not in ("statistic", "category")]
    curves: dict[Text, list[int]] = {}
    for place in range(len(drawing.headings)):
        parts = [each[place] for each in told if each[place]]
        curves.setdefault(Text(*(", ".join(part.in_(each) for part in parts) for each in LANGUAGES)), []).append(place)
    return curves
