"""A chart: its words in both languages, the room it needs, and how it is drawn."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

from diplab.presentation.page import EDGE, Margins, PrintedFigure, page
from diplab.presentation.style import WIDTHS, points

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from diplab.presentation.notes import Notes
    from diplab.reference.text import Language, Text

__all__ = ["Chart", "extent"]


@dataclass(frozen=True, kw_only=True)
class Chart(ABC):
    """What every chart has.

    Parameters
    ----------
    title : Text
        What is shown, of whom, when.
    notes : Notes
        *Lecture*, *Champ*, *Source*, unit.
    alt : Text
        The chart told to one who cannot see it: its kind, its variables, its main fact.
    width : float
        Width in millimetres (85, 130 or 180 in print).
    """

    title: Text
    notes: Notes
    alt: Text
    width: float = WIDTHS["text"]

    @property
    def room(self) -> float:
        """Width between the edges of the figure, in points."""
        return points(self.width) - 2 * EDGE

    @abstractmethod
    def margins(self, language: Language, room: float) -> Margins:
        """Return the room in points that labels need around the axes, `room` being the whole width."""

    @abstractmethod
    def height(self, language: Language, room: float) -> float:
        """Return the height of the axes in points, `room` being their width."""

    @abstractmethod
    def draw(self, axes: Axes, language: Language) -> None:
        """Draw into axes of the size asked for."""

    def figure(self, language: Language) -> PrintedFigure:
        """Return the whole figure in one language: title, unit, chart, notes.

        Parameters
        ----------
        language : {"fr", "en"}
            Language of the reader.

        Returns
        -------
        matplotlib.figure.Figure
            The figure, holding its title and description in `.caption`.
        """
        return page(self, language)


def extent(axes: Axes) -> tuple[float, float]:
    """Return the width and height of axes in points.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> extent(Figure(figsize=(2, 1)).add_axes((0, 0, 0.5, 1)))
    (72.0, 72.0)
    """
    figure = axes.get_figure(root=True)
    if figure is None:
        return 0.0, 0.0
    width, tall = axes.get_position().size * figure.get_size_inches() * 72
    return float(width), float(tall)
