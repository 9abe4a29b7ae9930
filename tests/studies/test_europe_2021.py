"""Platform workers in Europe: every verdict, what one survey says of itself, what is left out, the figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from diplab.errors import MisleadingError
from diplab.presentation.charts.circles import Circles
from diplab.reference.text import LANGUAGES
from diplab.replication.registry import study
from diplab.replication.verdict import verdict
from diplab.types import Result

if TYPE_CHECKING:
    from diplab.replication.rerun import Run

STUDY = "europe-2021"
NO_BREAK = "\u00a0"


def test_arithmetic_by_hand(rows) -> None:
    again = rows["reproduced"].to_dict()
    # 28.3 x 0.79; 28.3 - 2; 5.5 / 28.3; 14 x 2,300.
    assert again["online_workers"] == pytest.approx(22.357, abs=1e-9)
    assert again["self_employed"] == pytest.approx(26.3, abs=1e-9)
    assert again["misclassified_share"] == pytest.approx(19.434629, abs=1e-6)
    assert again["colleem_panel"] == 32_200
    # 42.6 printed as 43; the Commission's “more than 28” is the same survey
    assert set(rows.index[rows["quotation"]]) == {"projected_commission", "workers_commission"}
    # read on the page of an observatory and not in the report of PPMI
    assert (
        rows.loc["platform_workers", "status"] == rows.loc["projected", "status"] == "second-hand"
    )


def test_shares_of_one_survey_have_the_bounds_of_their_digits(rows) -> None:
    # 4.25/17.5 and 4.35/16.5; 1.05/4.35 and 1.15/4.25, in percent.
    found = rows.loc["platform_among_internet"]
    assert (found["low"], found["high"]) == pytest.approx((24.285714, 26.363636), abs=1e-6)
    found = rows.loc["main_among_platform"]
    assert (found["low"], found["high"]) == pytest.approx((24.137931, 27.058824), abs=1e-6)
    assert set(rows.loc[["platform_among_internet", "main_among_platform"], "verdict"]) == {
        "not identified"
    }


def test_shares_of_two_surveys_or_not_read_are_left_out(rows) -> None:
    # a quotient has one survey behind it, and says which
    quotients = [
        "platform_among_internet",
        "main_among_platform",
        "misclassified_share",
        "all_pilot",
    ]
    sources = rows.loc[quotients, "source"].to_list()
    assert not any("ETUI" in each and ("PPMI" in each or "Eurostat" in each) for each in sources)
    assert set(rows.index[rows["status"] == "derived"]) == {*quotients, "online_workers"}
    # COLLEEM and FEPS: sizes of the surveys only
    kept = rows[rows.index.str.startswith(("colleem", "feps"))]
    assert set(kept.index) == {"colleem_panel", "colleem_answers", "feps_surveys"}
    assert "%" not in set(kept["unit"])
    assert "not taken up" in kept.loc["colleem_answers", "reason"]
    assert "not taken up" in kept.loc["feps_surveys", "reason"]


def test_the_circles_are_not_summed(rerun: Run, inputs, refused) -> None:
    refused(lambda: rerun.study.module._circles(inputs).sum(), MisleadingError)


def test_data_of_the_figures(rerun: Run) -> None:
    circles = rerun.chart("circles", "fr")
    assert isinstance(circles, Circles)
    assert [round(disc.size, 9) for disc in circles.circles] == [170, 43, 11]


def test_tables_in_both_languages(rerun: Run) -> None:
    french, english = (rerun.tables["circles"](language).sheet for language in LANGUAGES)
    assert [row[3].text for row in english.rows] == ["", "24.3% to 26.4%", "24.1% to 27.1%"]
    assert french.rows[1][2].text == f"4,3{NO_BREAK}%"
    counts = rerun.tables["counts"]("fr").sheet
    assert [[cell.text for cell in row] for row in counts.rows] == [
        ["2018", "la presse", "24"],
        ["2021", "un panel en ligne", "28,3"],
        ["2025", "une projection", "42,6"],
    ]
    surveys = rerun.tables["surveys"]("en").sheet
    assert [row[1].text for row in surveys.rows if "probability" in row[1].text] == [
        "telephone, probability sample",
        "Labour Force Survey, probability sample",
    ]
    assert [row[3].text for row in surveys.rows].count("not read here") == 2
    assert any("not divided" in line for line in surveys.note_lines())


def test_answers_of_colleem_follow_those_of_each_country(differing) -> None:
    """14 x 2,350 = 32,900: the institute's 32,200 no longer comes out, and Warwick's 32,389 is under the bounds."""
    assert set(differing(answers_per_country=2_350)) == {"colleem_panel", "colleem_answers"}


def test_bounds_of_our_own_must_come_out_at_both_ends() -> None:
    """Printed as 4.3 and 17, the quotient runs from 24.3 to 26.4%; a lower upper end is another answer."""
    row = next(each for each in study(STUDY).published if each.key == "platform_among_internet")
    assert verdict(row, Result.between(24.2857, 26.3636)) == "not identified"
    assert verdict(row, Result.between(24.2857, 25.9)) == "differs"
    assert verdict(row, Result.between(20, 30)) == "differs"
