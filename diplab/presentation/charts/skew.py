"""A skewed distribution by bands, with mean, median and quantiles told apart: most earn little, a few raise the mean.

Every band has a column of the same width, so that the long tail has room and an area is a share of people; within a
band the axis is even. A number that is known only by band is drawn as the stretch in which it lies.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from diplab.errors import MisleadingError, OptionError, one_of
from diplab.presentation.charts.chart import Chart, extent
from diplab.presentation.language import number, percent
from diplab.presentation.page import Margins
from diplab.presentation.punctuation import words
from diplab.presentation.style import COLOURS, GREY, INK, LEADING, SIZES, text_width, wrapped
from diplab.presentation.terms import term
from diplab.reference.text import NOTHING, Text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from diplab.reference.text import Language

__all__ = ["Band", "Skew", "SkewMark"]

SIZE = SIZES["label"]
LINE = SIZE * LEADING
GAP = 4.0
BARS = 110.0
"""Height of the tallest column, in points."""

_KINDS: dict[str, dict[str, Any]] = {
    "mean": {"color": COLOURS["vermilion"], "marker": "D", "ls": "-"},
    "median": {"color": COLOURS["blue"], "marker": "o", "ls": (0, (4, 2))},
    "quantile": {"color": INK, "marker": "|", "ls": (0, (1, 2))},
}
"""A colour, a marker and a line each, so that black and white tells them apart too."""


@dataclass(frozen=True)
class Band:
    """One band of amounts and the share of people in it.

    Parameters
    ----------
    low, high : float
        Its ends; `math.inf` for the open band at the top.
    share : float
        Of people, from 0 to 1.
    """

    low: float
    high: float
    share: float


@dataclass(frozen=True)
class SkewMark:
    """A number of the distribution: its mean, its median, a quantile.

    Parameters
    ----------
    kind : {"mean", "median", "quantile"}
        What it is.
    label : Text
        Its name and value, in words.
    low, high : float
        Where it lies: the same for a number that is known, the ends of what is possible otherwise (`math.inf` where
        nothing bounds it).
    base : Text
        Of whom it is a number: the same people as the bands.
    """

    kind: Literal["mean", "median", "quantile"]
    label: Text
    low: float
    high: float
    base: Text = NOTHING


@dataclass(frozen=True, kw_only=True)
class Skew(Chart):
    """Columns by band with mean, median and quantiles marked above them.

    Parameters
    ----------
    bands : tuple of Band
        In order, each beginning where the one before ends.
    marks : tuple of SkewMark
        From top to bottom.
    x_axis : Text
        What the amounts are (`euros a month`).
    base : Text
        Of whom the shares are.
    decimals : int
        Of the percentages.

    Raises
    ------
    MisleadingError
        Where a mark is a number of other people than the bands: the mean of all platforms has no place among the
        shares of one.
    OptionError
        Where the bands do not follow one another, or their shares make more than all.

    Examples
    --------
    >>> from diplab.presentation.notes import Notes
    >>> few = Skew(title=Text.same("t"), notes=Notes(), alt=Text.same("a"), x_axis=Text.same("EUR"),
    ...            bands=(Band(0, 5, 0.67), Band(5, 10, 0.23), Band(10, math.inf, 0.1)))
    >>> few.place(7.5), few.place(20.0)
    (1.5, 2.5)
    """

    bands: tuple[Band, ...]
    x_axis: Text
    marks: tuple[SkewMark, ...] = ()
    base: Text = NOTHING
    decimals: int = 0

    def __post_init__(self) -> None:
        asked = "A figure of a skewed distribution was asked for."
        edges = [(one.high, other.low) for one, other in zip(self.bands, self.bands[1:], strict=False)]
        whole = sum(band.share for band in self.bands)
        ordered = all(band.low < band.high for band in self.bands) and all(
            end == start for end, start in edges
        )
        if not self.bands or not ordered or not math.isfinite(self.bands[0].low):
            raise OptionError(
                asked, "Its bands do not follow one another.", "Write each from where the one before ends."
            )
        if not all(0 <= band.share <= 1 for band in self.bands) or whole > 1 + 1e-9:
            raise OptionError(
                asked,
                f"The shares of its bands make {whole:g}.",
                "Write shares of people, from 0 to 1 in all.",
            )
        for mark in self.marks:
            if mark.kind not in _KINDS:
                raise one_of("`kind` of a mark", mark.kind, _KINDS)
            if not mark.low <= mark.high:
                raise OptionError(
                    asked, f"A mark lies from {mark.low:g} to {mark.high:g}.", "Write its lower end first."
                )
            if mark.base != self.base:
                raise MisleadingError(
                    asked,
                    f"The shares are of `{self.base.en}`, and the {mark.kind} is of `{mark.base.en}`.",
                    "Write numbers of the same people only, and others in the notes with their base.",
                )

    def place(self, amount: float) -> float:
        """Return where an amount stands on the axis, in columns from the left; the middle of an open band."""
        for at, band in enumerate(self.bands):
            if amount < band.high or at == len(self.bands) - 1:
                if math.isinf(band.high):
                    return float(at) if amount <= band.low else at + 0.5
                return at + min(max((amount - band.low) / (band.high - band.low), 0.0), 1.0)
        return float(len(self.bands))

    def margins(self, language: Language, room: float) -> Margins:
        """Return room for the amounts below and half of the first and last of them at the sides."""
        first, last = (text_width(each, SIZES["tick"]) / 2 for each in (self._edges(language)[0], "00 000"))
        below = 30 + (len(self._axis(language)) - 1) * SIZES["tick"] * LEADING
        return Margins(left=max(first, 8.0), right=max(last, 14.0), top=6, bottom=below)

    def height(self, language: Language, room: float) -> float:
        """Return the height of the columns, and of a row for each mark above them."""
        return BARS + LINE + 6 + sum(self._tall(mark, language, room) for mark in self.marks)

    def draw(self, axes: Axes, language: Language) -> None:
        """Draw the columns with their shares, and the marks above."""
        axes.set_xlim(0, len(self.bands))
        wide, tall = extent(axes)
        axes.set_ylim(0, tall)
        axes.spines["left"].set_visible(False)
        axes.yaxis.set_major_locator(NullLocator())
        most = max(band.share for band in self.bands) or 1.0
        level = tall
        for mark in self.marks:
            level -= self._tall(mark, language, wide)
            self._mark(axes, mark, level + self._tall(mark, language, wide) / 2, language)
        for at, band in enumerate(self.bands):
            top = BARS * band.share / most
            axes.bar(at, top, width=1, align="edge", color="#dcdcdc", edgecolor=GREY, lw=0.6, zorder=1)
            axes.text(
                at + 0.5, top + 2, percent(band.share, language, self.decimals), ha="center", va="bottom",
                size=SIZES["tick"], color=INK, zorder=4,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6},
            )  # fmt: skip
        edges = self._edges(language)
        axes.xaxis.set_major_locator(FixedLocator(range(len(edges))))
        axes.xaxis.set_major_formatter(FixedFormatter(edges))
        axes.set_xlabel("\n".join(self._axis(language)), linespacing=LEADING)

    def _mark(self, axes: Axes, mark: SkewMark, level: float, language: Language) -> None:
        """Draw a number as a marker, or as the stretch in which it lies, with a line down to the axis."""
        look = _KINDS[mark.kind]
        low, high = self.place(mark.low), self.place(mark.high)
        if math.isinf(mark.high):
            high = float(len(self.bands))
        for end in {low, high} if not math.isinf(mark.high) else {low}:
            axes.plot([end, end], [0, level], color=look["color"], ls=look["ls"], lw=1.0, zorder=2)
        if high > low:
            axes.plot([low, high], [level, level], color=look["color"], lw=2.2, zorder=3, clip_on=False)
            ends = [low] if math.isinf(mark.high) else [low, high]
            axes.plot(ends, [level] * len(ends), ls="", marker="|", ms=8, color=look["color"], zorder=3)
            if math.isinf(mark.high):
                axes.plot([high], [level], ls="", marker=">", ms=5, color=look["color"], clip_on=False)
        else:
            axes.plot(
                [low], [level], ls="", marker=look["marker"], ms=6, mew=1.6, color=look["color"], zorder=3
            )
        right, lines = self._said(mark, language, extent(axes)[0])
        axes.annotate(
            "\n".join(lines),
            (high if right else low, level),
            xytext=(7 if right else -7, 0),
            textcoords="offset points",
            ha="left" if right else "right",
            va="center",
            size=SIZE,
            color=INK,
            linespacing=LEADING,
            zorder=4,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8},
        )

    def _said(self, mark: SkewMark, language: Language, wide: float) -> tuple[bool, list[str]]:
        """Return whether the words of a mark stand at its right, and their lines."""
        low, high = self.place(mark.low), self.place(mark.high)
        if math.isinf(mark.high):
            high = float(len(self.bands))
        one = wide / len(self.bands)
        at_right, at_left = wide - high * one - 8, low * one - 8
        right = at_right >= at_left
        return right, wrapped(words(mark.label, language), max(at_right, at_left), SIZE)

    def _tall(self, mark: SkewMark, language: Language, wide: float) -> float:
        return len(self._said(mark, language, wide)[1]) * LINE + GAP

    def _axis(self, language: Language) -> list[str]:
        """Return what the axis counts, and that its columns are not as wide as their bands."""
        said = words(self.x_axis, language)
        widths = {round(band.high - band.low, 9) for band in self.bands}
        if len(widths) > 1:
            said = term("word.unequal_bands", language).replace("{axis}", said)
        return wrapped(said, self.room - 30, SIZES["tick"])

    def _edges(self, language: Language) -> list[str]:
        amounts = [band.low for band in self.bands]
        last = self.bands[-1].high
        shown = [number(each, language, 0 if float(each).is_integer() else 2) for each in amounts]
        if math.isinf(last):
            return [*shown, term("word.and_more", language)]
        return [*shown, number(last, language, 0 if float(last).is_integer() else 2)]
