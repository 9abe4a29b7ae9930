"""The look of figures: sizes for print, one sans serif face, colours the colour-blind tell apart."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import lru_cache

import matplotlib as mpl
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextToPath

from diplab.reference.text import tied

WIDTHS = {"column": 85.0, "text": 130.0, "page": 180.0}
"""Widths for print in millimetres: a column, a French journal's text block, a full page."""
SIZES = {"title": 9.0, "label": 7.5, "tick": 7.0, "note": 7.0}
"""Text sizes in points; none under 7, so that a reduced print still reads."""

COLOURS = {
    "blue": "#0072B2",
    "orange": "#E69F00",
    "green": "#009E73",
    "vermilion": "#D55E00",
    "sky": "#56B4E9",
    "purple": "#CC79A7",
    "yellow": "#F0E442",
}
"""Okabe and Ito (2008), Color Universal Design."""
MARKERS = ("o", "D", "s", "^", "v", "P", "X")
INK = "#1a1a1a"
GREY = "#6b6b6b"
LEADING = 1.28
FACE = "DejaVu Sans"


def theme() -> AbstractContextManager[None]:
    """Return the settings of a diplab figure, to hold while drawing and saving; nothing global is changed."""
    settings = {
        **mpl.rcParamsDefault,
        "backend": mpl.rcParams["backend"],
        "lines.solid_capstyle": "butt",
        "font.family": [FACE],
        "font.size": SIZES["tick"],
        "text.color": INK,
        "text.parse_math": False,
        "axes.edgecolor": GREY,
        "axes.labelcolor": INK,
        "axes.labelsize": SIZES["tick"],
        "axes.linewidth": 0.6,
        "axes.spines.right": False,
        "axes.spines.top": False,
        "axes.unicode_minus": True,
        "grid.color": "#d9d9d9",
        "grid.linewidth": 0.5,
        "xtick.color": GREY,
        "xtick.labelcolor": INK,
        "xtick.labelsize": SIZES["tick"],
        "xtick.major.width": 0.6,
        "ytick.color": GREY,
        "ytick.labelcolor": INK,
        "ytick.labelsize": SIZES["tick"],
        "ytick.major.width": 0.6,
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
def text_width(text: str, size: float, bold: bool = False, italic: bool = False) -> float:
    """Return the width of one line of text in points, as it will be drawn."""
    if not text:
        return 0.0
    face = FontProperties(
        family=FACE, size=size, weight="bold" if bold else "normal", style="italic" if italic else "normal"
    )
    width, _, _ = TextToPath().get_text_width_height_descent(text, face, False)
    # Renderers round each glyph to their own grid.
    return float(width) * 1.02


def wrapped(text: str, width: float, size: float, bold: bool = False, first: float = 0.0) -> list[str]:
    """Return a text cut into lines that fit a width; no-break spaces are never cut."""
    lines: list[str] = []
    current = ""
    for word in tied(text).split(" "):
        longer = f"{current} {word}" if current else word
        room = width - (first if not lines else 0.0)
        if _fits_line(longer, room, size, bold):
            current = longer
            continue
        # a word that does not fit beside the label goes to the second line
        if current or (first and not lines):
            lines.append(current)
        *whole, current = _pieces(word, width, size, bold)
        lines.extend(whole)
    return [*lines, current]


def _fits_line(line: str, room: float, size: float, bold: bool) -> bool:
    """Return whether a line fits; one far from full needs no shaping, since kerning never adds a quarter."""
    rough = sum(text_width(sign, size, bold) for sign in line)
    return rough * 1.25 <= room or text_width(line, size, bold) <= room


def _pieces(word: str, width: float, size: float, bold: bool) -> list[str]:
    """Return a word cut where it is wider than a line: the name of a column, an address."""
    pieces = [""]
    for sign in word:
        if pieces[-1] and text_width(pieces[-1] + sign, size, bold) > width:
            pieces.append("")
        pieces[-1] += sign
    return pieces
