"""Survival as a figure and as a table: steps from everybody, who is at risk below, nothing overlaps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import pytest

import diplab as dl
from diplab.types import Notes, Text
from tests.spec.test_survival import workers

if TYPE_CHECKING:
    from types import ModuleType

LONG = "Indépendant·e exerçant principalement sur plusieurs plateformes"


def curves(**options: Any) -> Any:
    people = workers().assign(group=lambda f: f["sex"].map({"f": LONG, "m": "hommes"}))
    sample = dl.declare_design(people, weights="w", psu="site")
    return dl.survival.kaplan_meier(sample, "months", "left", **options)


def test_nothing_is_clipped_and_no_words_overlap(layout: ModuleType) -> None:
    notes = Notes(source=Text("Enquête, 2018", "Survey, 2018"), coverage=Text("France", "France"))
    for found in (
        curves(),
        curves(by="sex"),
        curves(by="group"),
        curves(by=["zone"], at=[0.5, 3, 6, 12]),
    ):
        for language, width in (("fr", "column"), ("en", "text"), ("fr", "page")):
            figure = dl.chart(found, "survival", language, width=width, notes=notes)
            assert layout.overlaps(figure) == [], width


def test_curves_are_steps_with_numbers_at_risk_at_the_ticks() -> None:
    found = curves(by="sex", at=[2, 4, 8])
    figure = dl.chart(found, "survival", "fr")
    drawn = [line for line in figure.axes[0].lines if len(line.get_xdata()) > 2]
    # between times that were asked for nobody knows the steps
    assert [line.get_drawstyle() for line in drawn] == ["default"] * 2
    assert "Survie aux seules durées demandées" in " ".join(
        text.get_text() for text in figure.findobj(mpl.text.Text)
    )
    every = dl.chart(curves(), "survival", "fr").axes[0].lines
    assert [line.get_drawstyle() for line in every if len(line.get_xdata()) > 2] == ["steps-post"]
    rows = found.frame[(found.frame["sex"] == "f") & (found.frame["statistic"] == "kaplan_meier")]
    assert drawn[0].get_xdata().tolist() == [0, 2, 4, 8]
    assert drawn[0].get_ydata().tolist() == pytest.approx([1, *rows["estimate"]])
    words = [text.get_text() for text in figure.findobj(mpl.text.Text)]
    assert {"Soumis au risque", *(f"{each:.0f}" for each in rows["at_risk"])} <= set(words)
    # all forty women at the start; no letter of a flag whose row the figure does not mark
    assert "40" in words
    assert not any("(a)" in each for each in words)
    late = dl.chart(curves(by="sex", at=[2, 4, 8], entry="hired"), "survival", "fr")
    assert "40" not in [text.get_text() for text in late.findobj(mpl.text.Text)]
    sheet = dl.table(found, "en").sheet
    assert sheet.header[1:] == ("Statistic", "Time", "Estimate", "95% confidence interval", "Respondents", "At risk",
                                "Events")  # fmt: skip
