"""The look of figures: sizes for print, one sans serif face, colours the colour-blind tell apart."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import matplotlib as mpl
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextToPath

WIDTHS = {"column": 85.0, "text": 130.0, "page": 180.0}
"""Widths for print in millimetres: a column, a French journal's text block, a full page."""
LEADING = 1.28
FALLBACK = "DejaVu Sans"  # for signs that a font does not have


class Look(NamedTuple):
    """What tells one series from others, in print too: never colour alone."""

    colour: str
    marker: str
    dash: Any


@dataclass(frozen=True, kw_only=True)
class Style:
    """The look of a figure: its font, the sizes of its texts, its colours and marks.

    Parameters
    ----------
    font : str
        Family of the letters; what it lacks is drawn in DejaVu Sans.
    title, label, tick, note : float
        Sizes in points: of titles, of labels and values, of the numbers on axes, of notes.
    colours : tuple of str
        Of series, in their order; those of Okabe and Ito (2008), the orange darkened. The first is that of estimates,
        the second that of published values.
    markers : tuple of str
        Of series, in their order, in the words of matplotlib.
    dashes : tuple
        Of the lines of series, in their order, in the words of matplotlib.
    fill : str
        Of bounds, and of values that data allow.
    ink, grey, grid : str
        Of texts, of axes and of lines behind the data.

    Examples
    --------
    >>> Style(label=8.0).markers[:2]
    ('o', 'D')
    """

    font: str = FALLBACK
    title: float = 9.0
    label: float = 7.5
    tick: float = 7.0
    note: float = 7.0
    colours: tuple[str, ...] = ("#0072B2", "#D55E00", "#009E73", "#BC6A9A", "#B57700")
    markers: tuple[str, ...] = ("o", "D", "s", "^", "v", "P", "X")
    dashes: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1, 1.4)), (0, (6, 1.5, 1, 1.5)), (0, (3, 1, 1, 1, 1, 1)))
    fill: str = "#4A94C8"
    ink: str = "#1a1a1a"
    grey: str = "#6b6b6b"
    grid: str = "#d9d9d9"

    @property
    def looks(self) -> list[Look]:
        """Colour, marker and dash of each series."""
        return [Look(*each) for each in zip(self.colours, self.markers, self.dashes, strict=False)]

    @property
    def line(self) -> float:
        """Height of a line of labels in points."""
        return self.label * LEADING

    def text_width(self, text: str, size: float, bold: bool = False, italic: bool = False) -> float:
        """Return the width of one line of text in points, as it will be drawn."""
        return text_width(text, size, bold, italic, self.font)

    def wrapped(self, text: str, width: float, size: float, bold: bool = False, first: float = 0.0) -> list[str]:
        """Return a text cut into lines that fit a width; no-break spaces are never cut."""
        return wrapped(text, width, size, bold, first, self.font)


DEFAULT = Style()


def theme(style: Style = DEFAULT) -> AbstractContextManager[None]:
    """Return the settings of a figure, to hold while drawing and saving; nothing global is changed."""
    settings: Any = {
        **mpl.rcParamsDefault,
        "backend": mpl.rcParams["backend"],
        "lines.solid_capstyle": "butt",
        "font.family": list(dict.fromkeys((style.font, FALLBACK))),
        "font.size": style.tick,
        "text.color": style.ink,
        "text.parse_math": False,
        "axes.edgecolor": style.grey,
        "axes.labelcolor": style.ink,
        "axes.labelsize": style.tick,
        "axes.linewidth": 0.6,
        "axes.spines.right": False,
        "axes.spines.top": False,
        "axes.unicode_minus": True,
        "grid.color": style.grid,
        "grid.linewidth": 0.5,
        "hatch.linewidth": 0.6,
        **{f"{axis}tick.color": style.grey for axis in "xy"},
        **{f"{axis}tick.labelcolor": style.ink for axis in "xy"},
        **{f"{axis}tick.labelsize": style.tick for axis in "xy"},
        **{f"{axis}tick.major.width": 0.6 for axis in "xy"},
        "pdf.fonttype": 42,
        "ps.fonttype": 42,
        "svg.fonttype": "path",
        "svg.hashsalt": "diplab",
    }
    return mpl.rc_context(settings)


def points(millimetres: float) -> float:
    """Return a length in points (72 an inch)."""
    return millimetres * 72.0 / 25.4


@lru_cache(maxsize=4096)
def text_width(text: str, size: float, bold: bool = False, italic: bool = False, font: str = Style.font) -> float:
    """Return the width of one line of text in points, as it will be drawn."""
    if not text:
        return 0.0
    face = FontProperties(
        family=list(dict.fromkeys((font, FALLBACK))),
        size=size,
        weight="bold" if bold else "normal",
        style="italic" if italic else "normal",
    )
    width, _, _ = TextToPath().get_text_width_height_descent(text, face, False)
    # Renderers round each glyph to their own grid.
    return float(width) * 1.02


def wrapped(
    text: str, width: float, size: float, bold: bool = False, first: float = 0.0, font: str = Style.font
) -> list[str]:
    """Return a text cut into lines that fit a width; no-break spaces are never cut."""
    lines: list[str] = []
    current = ""
    for word in text.split(" "):
        longer = f"{current} {word}" if current else word
        room = width - (first if not lines else 0.0)
        if _fits_line(longer, room, size, bold, font):
            current = longer
            continue
        # a word that does not fit beside the label goes to the second line
        if current or (first and not lines):
            lines.append(current)
        *whole, current = _pieces(word, width, size, bold, font)
        lines.extend(whole)
    return [*lines, current]


def _fits_line(line: str, room: float, size: float, bold: bool, font: str) -> bool:
    """Return whether a line fits; one far from full needs no shaping, since kerning never adds a quarter."""
    rough = sum(text_width(sign, size, bold, font=font) for sign in line)
    return rough * 1.25 <= room or text_width(line, size, bold, font=font) <= room


def _pieces(word: str, width: float, size: float, bold: bool, font: str) -> list[str]:
    """Return a word cut where it is wider than a line: the name of a column, an address."""
    pieces = [""]
    for sign in word:
        if pieces[-1] and text_width(pieces[-1] + sign, size, bold, font=font) > width:
            pieces.append("")
        pieces[-1] += sign
    return pieces
