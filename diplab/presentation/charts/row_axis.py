"""The axis of values of rows: its ends, ticks, title, unit and reference line."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from matplotlib.axes import Axes

from diplab.checks import argument, check_number, check_one_of
from diplab.errors import OptionError
from diplab.presentation.charts.axes import LegendEntry, count_on, round_ends, round_ratios
from diplab.presentation.charts.chart import Chart
from diplab.presentation.charts.row import Dot
from diplab.presentation.charts.style import DASHED
from diplab.presentation.language import capital, colon, number, percent, term, words
from diplab.presentation.numbers import in_points
from diplab.reference.text import LANGUAGES, NO_BREAK, NOTHING, Language, Text


@dataclass(frozen=True, kw_only=True)
class RowAxis(Chart, kind="", data=""):
    """The base of charts of rows, with the axis of their values.

    Percentages without `percent_signs` have their unit in the title of the axis. The line of a
    result itself, such as that of no effect, is the `other_line` next to a reference line.
    """

    rows: tuple[Dot, ...]
    axis: Text = NOTHING
    percent: bool = False
    points: bool = False
    decimals: int = 0
    zero: bool = True
    line: float | None = None
    line_label: Text = NOTHING
    other_line: float | None = None
    other_label: Text = NOTHING
    ratios: bool = False
    scale: Literal["linear", "log"] = "linear"
    percent_signs: bool = True

    def __post_init__(self) -> None:
        for name in ("axis", "line_label"):
            given: object = getattr(self, name)
            if isinstance(given, str):
                object.__setattr__(self, name, Text.same(given))
        if self.line is not None:
            check_number("line", self.line)
        check_one_of("scale", self.scale, ("linear", "log"))
        if self.scale == "log":
            self._check_log()

    def _check_log(self) -> None:
        """Raise an error for numbers that a logarithmic axis cannot show."""
        if self.percent or self.points:
            raise OptionError(
                "`scale='log'` applies to amounts and ratios, not to percentages.",
                write="Leave `scale` out.",
            )
        for row in self.rows:
            for value in (row.point, row.low, row.high, row.published, *(row.outer or ())):
                if value is not None and value <= 0:
                    also = ", or write `intervals=False`" * (value != row.point)
                    raise OptionError(
                        f"`scale='log'` cannot draw `{row.label.en.strip()}`.",
                        f"It reaches {value:.6g}, and a logarithmic axis shows only positive "
                        "numbers.",
                        f"Leave `scale` out{also}.",
                    )
        for name, value in {"line": self.line, "limits": self.limits and self.limits[0]}.items():
            if value is not None and value <= 0:
                raise OptionError(
                    f"{argument(name, getattr(self, name))} has no place on a logarithmic axis.",
                    "It falls to 0 or below.",
                    "Leave `scale` out.",
                )

    @property
    def logarithmic(self) -> bool:
        """Whether equal distances on the axis are equal ratios."""
        return self.ratios or self.scale == "log"

    @property
    def axis_title(self) -> Text:
        """The title of the axis, with the unit of percentages that have no signs."""
        if self.percent_signs or not self.percent:
            return self.axis
        parts = []
        for code in LANGUAGES:
            title, unit = words(self.axis, code), term("word.in_percent", code)
            parts.append(f"{title} ({unit})" if title else capital(unit))
        return Text(*parts)

    def _count(self, axes: Axes, language: Language, width: float) -> None:
        low, high = self.ends
        if self.logarithmic:
            axes.set_xscale("log")
        axes.set_xlim(low, high)
        axes.grid(axis="x")
        axes.set_axisbelow(True)
        look: Any = {
            "as_percent": self.percent,
            "ratios": self.logarithmic,
            "signs": self.percent_signs,
        }
        count_on(axes.xaxis, low, high, language, style=self.style, room=width, **look)
        self.name_below(axes, self.axis_title, language)

    def _values(self) -> Iterator[float]:
        for row in self.rows:
            for value in (row.point, row.low, row.high, row.published, *(row.outer or ())):
                if (
                    value is not None
                    and math.isfinite(value)
                    and (value > 0 or not self.logarithmic)
                ):
                    yield float(value)
        yield from (line for line in (self.line, self.other_line) if line is not None)

    @property
    def ends(self) -> tuple[float, float]:
        """Ends of the axis: round numbers at or beyond the data."""
        if self.limits is not None:
            return self.limits
        low, high = min(self._values(), default=0.0), max(self._values(), default=0.0)
        if self.logarithmic:
            if high > low > 0:
                return round_ratios(low, high)
            return ((low or 1.0) / 2, (high or 1.0) * 2)
        if self.zero:
            low, high = min(low, 0.0), max(high, 0.0)
        if low == high == 0:
            return 0.0, 1.0
        return round_ends(low, high, 100.0 if self.percent else 1.0)

    def _distance(self, low: float, high: float) -> float:
        """Return the distance between two values on the axis, in its own unit."""
        if not self.logarithmic:
            return high - low
        return math.log(high / low) if low > 0 else math.inf

    def _printed(self, row: Dot, language: Language) -> str:
        shown: Callable[..., str] = number
        if self.percent:
            shown = percent if self.percent_signs else percent_without_sign
        elif self.points:
            shown = in_points
        if row.point is not None:
            return shown(row.point, language, self.decimals)
        if row.low is None or row.high is None:
            return shown(row.published, language, self.decimals)
        between = f" {term('word.to', language)} "
        first = number if self.points else shown
        return between.join(
            (first(row.low, language, self.decimals), shown(row.high, language, self.decimals))
        )

    def _line_entry(self, language: Language) -> list[LegendEntry]:
        """Return the entries of lines across in the key, if they have a label."""
        entries = []
        if self.line is not None and self.line_label:
            label = capital(words(self.line_label, language))
            entries.append(LegendEntry(label, self.style.ink, line=0.8, style=DASHED))
        if self.other_line is not None and self.other_label:
            label = capital(words(self.other_label, language))
            entries.append(LegendEntry(label, self.style.grey, line=0.8))
        return entries

    def alt_with_additions(self) -> Text:
        """Return the alternative text with the reference line and the words beside marks."""
        texts = []
        for code in LANGUAGES:
            parts = []
            if self.line is not None and self.line_label:
                value = self._printed(Dot(NOTHING, self.line), code)
                parts.append((capital(words(self.line_label, code)), value))
            for row in self.rows:
                if row.remark:
                    heads = (row.group, row.under, row.label)
                    named = [words(head, code).strip(NO_BREAK) for head in heads if head]
                    parts.append((", ".join(named), words(row.remark, code)))
            sentences = [f"{name}{colon(code)}{text}." for name, text in parts]
            texts.append(" ".join([self.alt.in_(code), *sentences]))
        return Text(*texts)


def percent_without_sign(share: float | None, language: Language, decimals: int) -> str:
    """Return a share as a percentage without its sign."""
    return number(None if share is None else 100 * share, language, decimals)
