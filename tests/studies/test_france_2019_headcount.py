"""The three circles of 2019: every verdict, the refusals, the figures."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from matplotlib.patches import Circle as Disc

import diplab as dl
from diplab.errors import MisleadingError
from diplab.presentation.charts.circles import Circles
from diplab.presentation.charts.curves import SensitivityCurve
from diplab.reference.text import LANGUAGES
from diplab.replication.registry import study

if TYPE_CHECKING:
    from diplab.replication.rerun import Run

STUDY = "france-2019-headcount"
NARROW = "\u202f"


def test_arithmetic_by_hand(rows) -> None:
    population = 4_151.9102  # tens of thousands of people of 15 to 64
    values = {
        "registered": 337_980 / 1.27, "routine": 66_468 / 1.27, "very_active": 0.056 * 266_126,
        "registered_at_1_83": 337_980 / 1.83, "implied_accounts": 266_126 * 1.27, "implied_visitors": 52_337 * 1.27,
        "very_active_share": 1_490_300 / 266_126, "readings_ratio": 266_126 / 14_903,
        "prevalence_registered": 266_126 / population, "prevalence_routine": 52_337 / population,
        "prevalence_very_active": 14_903 / population, "routine_per_vtc_driver": 52_337 / 27_000,
        "routine_per_rider": 52_337 / 9_300, "population_15_64": 41_519_102,
    }  # fmt: skip
    assert rows.loc[[*values], "reproduced"].to_dict() == pytest.approx(values, rel=1e-12)
    assert math.isnan(rows.loc["multi_homing", "reproduced"])
    apart = rows.loc[["registered_2020", "routine_2020", "very_active_2020"], "difference"]
    assert apart.tolist() == [266_126 - 260_000, 52_337 - 50_000, 14_903 - 15_000]


def test_the_circles_are_not_summed(rerun: Run, rows, inputs, refused) -> None:
    module = rerun.study.module
    refused(lambda: module._circles(inputs).sum(), MisleadingError)
    # The press added them; the rerun is the whole, which is the largest circle, and the reason says
    # why.
    assert 266_126 + 52_337 + 14_903 == 333_366
    assert rows.loc["press_sum", "published"] == 330_000
    assert rows.loc["press_sum", "reproduced"] == 266_126
    assert rows.loc["press_sum", "printed_way"] == 330_000
    assert "333,366" in rows.loc["press_sum", "reason"]
    assert (
        f"333{NARROW}366"
        in rerun.comparisons["fr"].frame.set_index("key").loc["press_sum", "reason"]
    )


def test_discs_are_drawn_to_area(rerun: Run) -> None:
    chart = rerun.chart("circles", "fr")
    assert isinstance(chart, Circles)
    assert [disc.size for disc in chart.circles] == [266_126, 52_337, 14_903]
    drawn = sorted((disc.radius for disc in chart.figure("fr").findobj(Disc)), reverse=True)
    assert (drawn[1] / drawn[0]) ** 2 == pytest.approx(52_337 / 266_126)
    assert (drawn[2] / drawn[0]) ** 2 == pytest.approx(14_903 / 266_126)


def test_data_of_the_curve(rerun: Run) -> None:
    curve = rerun.chart("multi-homing-sensitivity", "fr")
    assert isinstance(curve, SensitivityCurve)
    assert (curve.x[0], curve.x[-1], curve.y[0], curve.y[-1]) == (1.0, 2.0, 337_980, 168_990)
    assert [(mark.x, round(mark.y)) for mark in curve.marks] == [(1.27, 266_126), (1.83, 184_689)]


def test_tables_in_both_languages(rerun: Run) -> None:
    french, english = (rerun.tables["circles"](language).sheet for language in LANGUAGES)
    assert [cell.text for cell in french.rows[0]][2:] == [f"266{NARROW}126", "64,1"]
    assert [cell.text for cell in english.rows[2]] == [
        "Very active", "most present at least once a week", "14,903", "3.6",
    ]  # fmt: skip
    assert (
        "Note\u00a0: Cercles emboîtés\u00a0: les lignes ne s’additionnent pas."
        in french.note_lines()
    )
    readings = [[cell.text for cell in row] for row in rerun.tables["readings"]("en").sheet.rows]
    assert [row[2] for row in readings] == [
        "266,126",
        "52,337",
        "14,903",
        "14,903",
        "27,000",
        "9,300",
    ]
    assert readings[3] == ["All micro-workers", "the critics", "14,903"]
    sensitivity = rerun.tables["sensitivity"]("en").sheet
    at = {row[0].text: row[1].text for row in sensitivity.rows}
    assert (at["1.00"], at["1.27"], at["1.83"], at["2.00"]) == (
        "337,980",
        "266,126",
        "184,689",
        "168,990",
    )
    assert "not published" in sensitivity.note_lines()[0]


def test_comparison_is_printed_in_its_language(rerun: Run) -> None:
    for language, words in {
        "fr": f"266{NARROW}126\u00a0personnes",
        "en": "266,126\u00a0people",
    }.items():
        assert dl.table(rerun.comparisons[language]).sheet.rows[0][1].text == words


# What is supposed


def test_a_changed_assumption_changes_verdicts(differing) -> None:
    of_registered = {
        "registered",
        "very_active_share",
        "readings_ratio",
        "prevalence_registered",
        "registered_2020",
    }
    of_routine = {
        "routine",
        "prevalence_routine",
        "routine_2020",
        "routine_per_vtc_driver",
        "routine_per_rider",
    }
    # 44,312 is still 50,000 as rounded in 2020
    by_factor = (
        of_registered
        | of_routine - {"routine_2020"}
        | {"implied_accounts", "implied_visitors", "press_sum"}
    )
    assert set(differing(accounts_per_person=1.5)) == by_factor
    assert of_registered - {"registered_2020"} <= set(differing(accounts=400_000))
    assert set(differing(monthly_visitors=70_000)) <= of_routine | {"press_sum"}
    assert "critics_total" in differing(very_active_share=10)


def test_what_is_computed_from_a_number_moves_with_it() -> None:
    """337,980 / 1.5 = 225,320; per 10,000 of 41,519,102, over 14,903; 66,468 / 1.5 = 44,312, over 27,000 drivers."""
    frame = dl.reproduce(STUDY, assumptions={"accounts_per_person": 1.5}).frame.set_index("key")
    found = frame["reproduced"]
    expected = {
        "prevalence_registered": 225_320 / 4_151.9102,
        "readings_ratio": 225_320 / 14_903,
        "very_active_share": 14_903 / 225_320 * 100,
        "routine_per_vtc_driver": 44_312 / 27_000,
        "prevalence_routine": 44_312 / 4_151.9102,
        "registered_2020": 225_320,
        "press_sum": 225_320,
    }
    assert {key: found[key] for key in expected} == pytest.approx(expected, rel=1e-5)
    still = frame.index[frame["dependence"] == "independent"]
    assert set(still) == {
        "very_active", "multi_homing", "registered_at_1_83", "critics_total", "population_15_64",
        "prevalence_very_active", "very_active_2020",
    }  # fmt: skip


def test_one_and_a_half_accounts_per_person() -> None:
    """337,980 / 1.5."""
    frame = dl.reproduce(STUDY, assumptions={"accounts_per_person": 1.5}).frame.set_index("key")
    assert frame.loc["registered", ["reproduced", "as_declared", "verdict"]].tolist() == [
        225_320,
        pytest.approx(266_125.98425),
        "differs",
    ]


def test_the_factor_of_the_authors_is_the_published_one() -> None:
    supposed = study(STUDY).assumptions["accounts_per_person"]
    factors = [dl.parameter(f"multi_homing_{name}").value for name in ("micro_work", "online_work")]
    assert [supposed.value, supposed.high] == factors
    assert supposed.value == next(
        row.value for row in study(STUDY).published if row.key == "multi_homing"
    )
