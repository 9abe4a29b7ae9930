"""A figure as a printed page: title above, chart, notes below, its height computed from the text."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from diplab.presentation.punctuation import colon, in_known, words
from diplab.presentation.style import GREY, INK, LEADING, SIZES, points, text_width, theme, wrapped

if TYPE_CHECKING:
    from diplab.presentation.charts.chart import Chart
    from diplab.reference.text import Language

__all__ = ["Caption", "Margins", "PrintedFigure", "caption_of", "page"]

EDGE = 5.0
GAP = 7.0
SCREEN = 144  # dots an inch: at 100 a renderer widens bold words by 4 %, and they leave the page
ASCENT = 0.98  # of the text size: accents on capitals included, so that every line of a block keeps its place


@dataclass(frozen=True)
class Caption:
    """What a figure file says of itself.

    Parameters
    ----------
    title : str
        Title.
    description : str
        The figure in words, its notes included.
    """

    title: str
    description: str


@dataclass(frozen=True)
class Margins:
    """Room around the axes, in points.

    Parameters
    ----------
    left, right, top, bottom : float
        For labels on each side.
    """

    left: float = 0.0
    right: float = 0.0
    top: float = 0.0
    bottom: float = 0.0


class PrintedFigure(Figure):
    """A matplotlib figure that carries its caption into every file it is saved to, and the chart it was made from."""

    caption: Caption
    chart: Chart

    def _repr_png_(self) -> bytes:
        """Show the figure in a notebook, without asking for a plotting mode."""
        drawn = BytesIO()
        self.savefig(drawn, format="png", dpi=SCREEN)
        return drawn.getvalue()


@dataclass(frozen=True)
class _Line:
    """A run of text at a distance from the left edge and from the top of its block, in points."""

    text: str
    x: float
    y: float
    size: float
    bold: bool = False
    italic: bool = False
    colour: str = INK


def page(chart: Chart, language: Language) -> PrintedFigure:
    """Return a chart as a whole figure, its height computed so that nothing is clipped.

    Parameters
    ----------
    chart : Chart
        The chart.
    language : {"fr", "en"}
        Language of the reader.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, holding its title and description in `.caption`.
    """
    in_known(language)
    with theme():
        width = points(chart.width)
        room = width - 2 * EDGE
        above, above_height = _above(chart, language, room)
        below, below_height = _below(chart, language, room)
        margins = chart.margins(language, room)
        axes_width = room - margins.left - margins.right
        axes_height = chart.height(language, axes_width)
        block = margins.top + axes_height + margins.bottom
        height = EDGE + above_height + GAP + block + GAP + below_height + EDGE
        figure = PrintedFigure(figsize=(width / 72, height / 72), dpi=SCREEN)
        _write(figure, above, EDGE)
        _write(figure, below, height - EDGE - below_height)
        bottom = EDGE + below_height + GAP + margins.bottom
        axes = figure.add_axes(
            (
                (EDGE + margins.left) / width,
                bottom / height,
                axes_width / width,
                axes_height / height,
            )
        )
        chart.draw(axes, language)
        figure.caption = caption_of(chart, language)
        figure.chart = chart
    return figure


def _above(chart: Chart, language: Language, room: float) -> tuple[list[_Line], float]:
    size = SIZES["title"]
    lines = []
    y = 0.0
    for text in wrapped(words(chart.title, language), room, size, bold=True):
        lines.append(_Line(text, EDGE, y, size, bold=True))
        y += size * LEADING
    size = SIZES["label"]
    for text in wrapped(words(chart.notes.unit, language), room, size) if chart.notes.unit else []:
        lines.append(_Line(text, EDGE, y + 2, size, colour=GREY))
        y += size * LEADING
    return lines, y


def _below(chart: Chart, language: Language, room: float) -> tuple[list[_Line], float]:
    size = SIZES["note"]
    lines = []
    y = 0.0
    for label, content in chart.notes.lines(language):
        head = f"{label}{colon(language)}"
        taken = text_width(head, size, italic=True)
        lines.append(_Line(head, EDGE, y, size, italic=True))
        for position, text in enumerate(wrapped(content, room, size, first=taken)):
            lines.append(_Line(text, EDGE + (0 if position else taken), y, size))
            y += size * LEADING
        y += 1.5
    return lines, y


def _write(figure: Figure, lines: list[_Line], top: float) -> None:
    width, height = figure.get_size_inches() * 72
    for line in lines:
        if line.text:
            figure.text(
                line.x / width,
                1 - (top + line.y + ASCENT * line.size) / height,
                line.text,
                size=line.size,
                weight="bold" if line.bold else "normal",
                style="italic" if line.italic else "normal",
                color=line.colour,
                va="baseline",
                ha="left",
            )


def caption_of(chart: Chart, language: Language) -> Caption:
    """Return what the file of a chart says of itself.

    Parameters
    ----------
    chart : Chart
        The chart.
    language : {"fr", "en"}
        Language of the reader.
    """
    said = [words(chart.alt, language)]
    said.extend(f"{label}{colon(language)}{content}" for label, content in chart.notes.lines(language))
    return Caption(words(chart.title, language), " ".join(said))
