"""Answers on a banded variable as tables and figures, in French and in English."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.inference.banded import _estimate
from diplab.inference.banded.data import BandedAnswer, BandedQuestion
from diplab.presentation.layouts.banded import as_regions
from diplab.results.estimates import BandedEstimates

if TYPE_CHECKING:
    from diplab.types import Estimates

POINTS = {"Dagum": 0.4, "log-normal": 0.8}


@pytest.fixture(autouse=True)
def guesses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two laws whose points are written down, one outside the bounds of everybody (.25 to .75)."""

    def given(asked: BandedQuestion) -> list[BandedAnswer]:
        domains = len(asked.sample.engine.cells(asked.by))
        scale = (1.0 if asked.statistic.name == "arpr" else 1000.0) * np.ones(domains)
        size = (39 * np.ones(domains), np.full(domains, 40 // domains), ("",) * domains, {}, ())
        return [
            BandedAnswer(
                law,
                scale * point,
                scale * 0.02,
                scale * (point - 0.04),
                scale * (point + 0.04),
                *size,
            )
            for law, point in POINTS.items()
        ]

    monkeypatch.setattr(_estimate, "GUESSES", {"interpolated": given})


def sample(top: float = inf) -> Any:
    people = pd.DataFrame(
        {"sex": np.tile(["f", "f", "m", "m"], 10), "low": np.tile([0.0, 500, 500, 1000], 10)}
    )
    people["high"] = people["low"].map({0.0: 500.0, 500.0: 1000.0, 1000.0: top})
    return dl.declare_design(people)


INCOME = dl.banded(low="low", high="high")


def rate(**options: Any) -> Estimates:
    return dl.estimate(sample(), dl.arpr(INCOME, threshold=800), **options)


def cells(shown: Any) -> list[list[str]]:
    return [[cell.text for cell in row] for row in shown.sheet.rows]


def test_the_table_gives_the_bounds_as_a_region() -> None:
    shown = dl.table(rate(), "en")
    assert shown.sheet.header == ("Answer", "Estimate", "95% confidence interval", "Base", "Remark")
    assert cells(shown) == [
        ["bounds", "25.0% to 75.0%", "[15.2%, 84.8%]", "40", ""],
        ["Dagum distribution", "40.0%", "[36.0%, 44.0%]", "40", ""],
        [
            "log-normal distribution", "80.0%", "[76.0%, 84.0%]", "40",
            "outside the bounds: the distribution does not fit",
        ],
    ]  # fmt: skip
    shown = dl.table(rate(), "fr")
    assert shown.sheet.header[:2] == ("Réponse", "Estimation")
    assert [row[:2] for row in cells(shown)] == [
        ["bornes", "25,0\u00a0% à 75,0\u00a0%"],
        ["loi de Dagum", "40,0\u00a0%"],
        ["loi log-normale", "80,0\u00a0%"],
    ]


def test_the_table_says_what_is_owed_to_assumptions() -> None:
    """One region: both are told; by domain, the widths; for statistics of several units, that it is so."""
    assert (
        "The bands alone give 25.0% to 75.0%; estimates that add an assumption give 40.0% to "
        in note(rate(), "en")
    )
    assert (
        "Les tranches seules donnent 25,0\u00a0% à 75,0\u00a0%\u202f; les estimations qui "
        "ajoutent une hypothèse donnent 40,0\u00a0% à 80,0\u00a0%, certaines hors des "
        "bornes\u00a0: l’hypothèse de celles-là ne convient pas."
    ) in note(rate(), "fr")
    assert "are outside the bounds: their assumption does not fit." in note(rate(by="sex"), "en")
    assert "the bounds are 50.0\u00a0points apart" in note(rate(by="sex"), "en")
    several = dl.estimate(sample(2000.0), dl.mean(INCOME), dl.median(INCOME))
    assert "Any gain in precision over the bounds comes from the assumptions." in note(
        several, "en"
    )


def note(found: Estimates, language: Any) -> str:
    return dict(dl.table(found, language).sheet.notes)["Note"]


def test_by_domain_answers_stand_together() -> None:
    shown = cells(dl.table(rate(by="sex"), "en"))
    laws = [["Dagum distribution", "40.0%"], ["log-normal distribution", "80.0%"]]
    expected = [["bounds", "50.0% to 100.0%"], *laws, ["bounds", "0.0% to 50.0%"], *laws]
    assert [row[:3] for row in shown] == [
        [sex, *row] for sex, row in zip("fffmmm", expected, strict=True)
    ]
    assert [row[-1] != "" for row in shown] == [False, True, False, False, False, True]


def test_bounds_that_meet_and_amounts_that_are_known_are_one_number() -> None:
    found = dl.estimate(sample(), dl.arpr(INCOME, threshold=500))
    assert cells(dl.table(found, "en"))[0][1] == "25.0%"
    detail = dl.table(rate(), "en").sheet.detail
    at = detail[0].index("category")
    assert [row[at] for row in detail[1:]] == ["at least", "at most", "Dagum", "log-normal"]
    known = dl.estimate(sample(2000.0), dl.mean(dl.banded(low="low", high="low")))
    assert not isinstance(known, BandedEstimates)
    assert cells(dl.table(known, "fr"))[0][:2] == ["montants connus", "500"]
    shown = cells(dl.table(dl.estimate(sample(), dl.mean(INCOME)), "en"))
    assert shown[0][1] == "500 to ∞"
    assert shown[0][2].endswith(", ∞]")
    assert shown[0][-1] == "the top band has no limit"


def test_regions_hold_bounds_interval_and_points() -> None:
    merged, (region,) = as_regions(rate())
    assert merged.frame["category"].tolist() == ["bounds", "Dagum", "log-normal"]
    assert (region.low, region.high, region.points) == (0.25, 0.75, (0.4, 0.8))
    assert region.outer[0] < 0.25
    assert region.outer[1] > 0.75


def words_in(figure: Any) -> set[str]:
    return {text.get_text().strip() for axes in figure.axes for text in axes.texts} | {
        text.get_text().strip() for text in figure.texts
    }


def test_the_figure_draws_a_bar_and_points() -> None:
    expected = {
        "en": {"bounds", "25.0% to 75.0%", "Dagum distribution", "40.0%"},
        "fr": {"bornes", "25,0\u00a0% à 75,0\u00a0%", "loi de Dagum", "40,0\u00a0%"},
    }
    for language, words in expected.items():
        figure = dl.chart(rate(), "dots", language)
        assert words <= words_in(figure)
        bars = [
            line
            for line in figure.axes[0].lines
            if line.get_linewidth() == 6 and line.get_xdata()[-1] <= 1
        ]
        assert [list(line.get_xdata()) for line in bars] == [[0.25, 0.75]]
        hollow = [line for line in figure.axes[0].lines if line.get_markerfacecolor() == "white"]
        assert [line.get_xdata()[0] for line in hollow if line.get_xdata()[0] <= 1] == [0.8]
    # without an upper bound it ends in an arrow
    figure = dl.chart(dl.estimate(sample(), dl.mean(INCOME)), "dots", "en")
    assert "500 to ∞" in words_in(figure)
    assert [line.get_marker() for line in figure.axes[0].lines].count(">") == 1
