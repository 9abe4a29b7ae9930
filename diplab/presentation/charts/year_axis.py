"""Years along the foot of a chart: each lasts from its tick to the next, and its name stands between."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter

from diplab.presentation.charts.scale import count_on
from diplab.presentation.punctuation import words
from diplab.presentation.style import SIZES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from diplab.reference.text import Language, Text

__all__ = ["scales_by_year"]


def scales_by_year(axes: Axes, years: range, top: float, axis: Text, left: float, language: Language) -> None:
    """Count from 0 to the top upwards and name the years along the foot.

    Parameters
    ----------
    axes : Axes
    years : range
        Whole years.
    top : float
        The highest value.
    axis : Text
        What is counted, written above; empty for none.
    left : float
        Margin at left in points, where these words begin.
    language : {"fr", "en"}
    """
    count_on(axes.yaxis, 0, top, language)
    axes.xaxis.set_major_locator(FixedLocator([*years, years.stop]))
    axes.xaxis.set_major_formatter(NullFormatter())
    # the name of a year takes no thousands mark
    axes.xaxis.set_minor_locator(FixedLocator([year + 0.5 for year in years]))
    axes.xaxis.set_minor_formatter(FuncFormatter(lambda value, _: f"{value - 0.5:.0f}"))
    axes.tick_params(axis="x", which="minor", length=0)
    if axis:
        axes.annotate(
            words(axis, language),
            (0, 1),
            xycoords="axes fraction",
            xytext=(-left, 5),
            textcoords="offset points",
            size=SIZES["tick"],
            va="bottom",
        )
