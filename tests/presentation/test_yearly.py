"""Ranges by year against levels: gaps, single values, names that wrap; and a curve on two logarithmic axes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from diplab.presentation.charts.hours_by_year import HoursByYear, Level, YearlyRange
from diplab.presentation.charts.sensitivity_curve import Mark, SensitivityCurve
from diplab.presentation.charts.style import COLOURS
from diplab.presentation.notes import Notes
from diplab.reference.text import LANGUAGES, Text

if TYPE_CHECKING:
    from types import ModuleType

NOTES = Notes(coverage=Text("Un champ.", "A coverage."), source=Text("Une source.", "A source."))
WORDS = {"title": Text("Titre", "Title"), "notes": NOTES, "alt": Text("Dessin.", "Drawing.")}


def yearly(width: float = 130.0) -> HoursByYear:
    return HoursByYear(
        ranges=(
            YearlyRange(Text("Un intervalle", "A range"), ((2018, 1.0, 2.0), (2020, 1.5, 2.5))),
            YearlyRange(Text("Une seule valeur", "One value"), ((2018, 4.0, 4.0), (2020, 4.2, 4.2))),
        ),
        levels=(Level(Text("Un niveau assez long pour deux lignes", "A level long enough for two lines"), 4.1),),
        y_axis=Text("Heures", "Hours"), decimals=1, width=width, **WORDS,
    )  # fmt: skip


def test_words_stand_clear(layout: ModuleType) -> None:
    for language, width in (("fr", 85.0), ("en", 85.0), ("fr", 130.0), ("en", 180.0)):
        assert layout.overlaps(yearly(width).figure(language)) == []


def test_a_year_left_out_is_a_gap_and_the_last_is_printed() -> None:
    axes = yearly().figure("en").axes[0]
    steps = [line for line in axes.lines if to_rgb(line.get_color()) == to_rgb(COLOURS["blue"])]
    drawn = {tuple(line.get_xdata()) for line in steps if line.get_transform() == axes.transData}
    assert drawn == {(2018, 2019), (2020, 2021)}
    assert axes.get_xlim() == (2018, 2021)
    figure = yearly().figure("fr")
    shown = " ".join(words.get_text() for words in figure.axes[0].texts)
    assert "2020\u00a0:" in shown
    assert "1,5\u00a0à\u00a02,5" in shown
    assert "4,2" in shown


def test_a_power_is_straight_on_logarithmic_axes(layout: ModuleType) -> None:
    x = (1.0, 2.0, 5.0, 10.0, 50.0)
    chart = SensitivityCurve(
        x=x, y=tuple(100_000 / each for each in x), x_axis=Text("Centimes", "Cents"), y_axis=Text("Tâches", "Tasks"),
        marks=(Mark(10.0, 10_000.0, Text("10 centimes", "10 cents")),), x_ends=(0.9, 60.0), y_ends=(1_000.0, 200_000.0),
        log=True, **WORDS,
    )  # fmt: skip
    for language in LANGUAGES:
        figure = chart.figure(language)
        axes = figure.axes[0]
        assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
        (line,) = [each for each in axes.lines if len(each.get_xdata()) == len(x)]
        places = axes.transData.transform(np.column_stack([line.get_xdata(), line.get_ydata()]))
        slopes = np.diff(places[:, 1]) / np.diff(places[:, 0])
        assert slopes == pytest.approx([slopes[0]] * 4)
        assert layout.overlaps(figure) == []
