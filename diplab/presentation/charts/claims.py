"""Claims and their verdicts: one row a claim, a verdict with its own shape, and the reason in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from diplab.presentation.charts.chart import Chart, extent
from diplab.presentation.page import Margins
from diplab.presentation.punctuation import words
from diplab.presentation.style import COLOURS, GREY, INK, LEADING, SIZES, text_width, wrapped
from diplab.presentation.terms import term

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from diplab.reference.text import Language, Text

__all__ = ["BADGES", "Claim", "Claims"]

SIZE = SIZES["label"]
LINE = SIZE * LEADING
BADGES = {
    "as published": ("o", COLOURS["green"], True),
    "within tolerance": ("o", COLOURS["green"], False),
    "differs": ("X", COLOURS["vermilion"], True),
    "base differs": ("D", COLOURS["vermilion"], True),
    "threshold not stated": ("^", COLOURS["orange"], True),
    "not identified": ("s", COLOURS["blue"], False),
    "circular": ("p", COLOURS["purple"], True),
    "by construction": ("P", COLOURS["purple"], True),
    "not reproducible": ("v", GREY, True),
    "not run": ("o", GREY, False),
}
"""Marker, colour and filling of each verdict: no two verdicts share marker and filling."""
GUTTER = 10.0
BADGE = 13.0


@dataclass(frozen=True)
class Claim:
    """What was said, what becomes of it, and why.

    Parameters
    ----------
    claim : Text
        The claim as made.
    verdict : str
        One of the verdicts of diplab.
    reason : Text
        Why, in words a journalist understands.
    """

    claim: Text
    verdict: str
    reason: Text


@dataclass(frozen=True, kw_only=True)
class Claims(Chart):
    """A list of claims with their verdicts.

    Parameters
    ----------
    claims : tuple of Claim
        From top to bottom.
    """

    claims: tuple[Claim, ...]

    def margins(self, language: Language, room: float) -> Margins:
        """Return no room: there is no axis."""
        return Margins()

    def height(self, language: Language, room: float) -> float:
        """Return the height of the heading and of all rows."""
        return 17.0 + sum(self._tall(claim, language, room) for claim in self.claims)

    def draw(self, axes: Axes, language: Language) -> None:
        """Write the three columns, a hairline between rows."""
        width, tall = extent(axes)
        axes.set_xlim(0, width)
        axes.set_ylim(tall, 0)
        axes.set_axis_off()
        said, verdict, _ = self._parts(language, width)
        lefts = (0.0, said, said + verdict)
        for left, key in zip(lefts, ("claim", "verdict", "reason"), strict=True):
            axes.text(left, 7, term(f"column.{key}", language), size=SIZE, color=GREY, va="center")
        y = 17.0
        for claim in self.claims:
            axes.plot([0, width], [y, y], color="#bdbdbd", lw=0.5, clip_on=False)
            columns = self._columns(claim, language, width)
            for rank, (left, lines) in enumerate(zip(lefts, columns, strict=True)):
                self._column(axes, left + (BADGE if rank == 1 else 0.0), y, lines, bold=rank == 1)
            marker, colour, filled = BADGES[claim.verdict]
            axes.plot(
                [lefts[1] + 4],
                [y + 5 + LINE / 2],
                ls="",
                marker=marker,
                ms=6.5,
                mec=colour,
                mfc=colour if filled else "white",
                mew=1.3,
            )
            y += self._tall(claim, language, width)
        axes.plot([0, width], [y, y], color="#bdbdbd", lw=0.5, clip_on=False)

    def _column(self, axes: Axes, left: float, top: float, lines: list[str], bold: bool) -> None:
        for position, text in enumerate(lines):
            axes.text(
                left,
                top + 5 + LINE * (position + 0.5),
                text,
                size=SIZE,
                weight="bold" if bold else "normal",
                color=INK,
                va="center",
            )

    def _columns(
        self, claim: Claim, language: Language, room: float
    ) -> tuple[list[str], list[str], list[str]]:
        said, verdict, reason = self._parts(language, room)
        return (
            wrapped(words(claim.claim, language), said - GUTTER, SIZE),
            wrapped(term(f"verdict.{claim.verdict}", language), verdict - GUTTER - BADGE, SIZE, bold=True),
            wrapped(words(claim.reason, language), reason, SIZE),
        )

    def _parts(self, language: Language, room: float) -> tuple[float, float, float]:
        """Widths: the verdict has room for its longest word, the reason more than the claim."""
        verdicts = (term(f"verdict.{claim.verdict}", language) for claim in self.claims)
        longest = max(
            text_width(word, SIZE, bold=True) for verdict in verdicts for word in verdict.split(" ")
        )
        verdict = max(room * 0.21, BADGE + longest + GUTTER)
        said = (room - verdict) * 0.42
        return said, verdict, room - verdict - said

    def _tall(self, claim: Claim, language: Language, room: float) -> float:
        return max(len(lines) for lines in self._columns(claim, language, room)) * LINE + 10
