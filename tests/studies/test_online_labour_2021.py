"""Online workers in the world: every verdict, the correction, profiles that are not people, the figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import diplab as dl
from diplab.errors import MisleadingError
from diplab.presentation.charts.circles import Circles
from diplab.presentation.charts.curves import SensitivityCurve
from diplab.reference.parameter import parameter
from diplab.reference.text import LANGUAGES
from diplab.replication.registry import study

if TYPE_CHECKING:
    from diplab.replication.rerun import Run

STUDY = "online-labour-2021"
NO_BREAK = "\u00a0"


def test_version_4_is_the_one_that_counts(rows) -> None:
    # Abstract of version 4 (PMC10445891), and of the first version (arXiv 2103.12648).
    printed = rows["published"].to_dict()
    assert (printed["profiles"], printed["ever_worked"], printed["significant"]) == (163, 14, 3.3)
    assert (printed["ever_worked_v1"], printed["significant_v1"]) == (19, 5)
    for key in ("ever_worked", "significant"):
        withdrawn = rows.loc[f"{key}_v1"]
        assert withdrawn["verdict"] == "differs"
        assert withdrawn["quotation"]
        assert withdrawn["reproduced"] == printed[key]
        assert "version 4" in withdrawn["reason"]
    assert "version 4" in rows.loc["profiles", "source"]
    assert float(parameter("online_workers_registered_world")) == printed["profiles"] * 1e6


def test_shares_by_hand(rows) -> None:
    # 14/163, 3.3/163, 19/163 and 5/163.
    # 17.5 / 0.806, and 154 / (435 / 0.125).
    values = {
        "ever_worked_share": 1400 / 163, "ever_worked_itif": 1400 / 163, "significant_share": 330 / 163,
        "ever_worked_share_v1": 1900 / 163, "significant_share_v1": 500 / 163, "sub_saharan": 17.5 / 0.806,
        "labour_force_low": 15_400 / (435 / 0.125),
    }  # fmt: skip
    assert rows.loc[[*values], "reproduced"].to_dict() == pytest.approx(values, rel=1e-12)


def test_people_are_not_identified(rows) -> None:
    for key in ("people", "freelancers"):
        found = rows.loc[key]
        # 163 / 1.83 and 163 / 1.
        assert (found["low"], found["high"]) == pytest.approx((89.071038, 163.0), abs=1e-6)
        assert found["verdict"] == "not identified"
    shown = {
        language: {row[0].text: row[2].text for row in dl.table(rerun_in(language)).sheet.rows}
        for language in LANGUAGES
    }
    assert shown["fr"]["Personnes derrière 163 millions de profils"] == (
        f"89,07 à 163,00{NO_BREAK}millions de personnes"
    )
    assert (
        shown["en"]["People behind 163 million profiles"]
        == f"89.07 to 163.00{NO_BREAK}million people"
    )
    # 5 was printed without decimals; the 3.3 that replaced it is not shown as 3, nor 8.6% beside 5%
    # as 9%
    assert shown["en"]["At least 10 projects or 1,000 dollars, first version"] == (
        f"3.3{NO_BREAK}million profiles"
    )
    assert f"8,6{NO_BREAK}%" in shown["fr"].values()


def rerun_in(language):
    return dl.reproduce(STUDY, language=language)


def test_profiles_are_not_people_and_some_cannot_be_rerun(rows) -> None:
    units = {row.key: row.unit for row in study(STUDY).published}
    for key in ("profiles", "ever_worked", "significant", "ever_worked_v1", "significant_v1"):
        assert units[key] == "million profiles"
        assert "profiles" in rows.loc[key, "base"]
    assert "not a person" in rows.loc["profiles", "reason"]
    gone = rows[rows["verdict"] == "not reproducible"]
    assert gone["reproduced"].isna().all()
    assert {"profiles", "ever_worked", "significant", "multi_homing", "world_surveyed"} <= set(
        gone.index
    )


def test_the_circles_are_not_summed(rerun: Run, inputs, refused) -> None:
    refused(lambda: rerun.study.module._circles(inputs).sum(), MisleadingError)


def test_data_of_the_figures(rerun: Run) -> None:
    circles = rerun.chart("circles", "fr")
    assert isinstance(circles, Circles)
    assert [disc.size for disc in circles.circles] == [163, 14, 3.3]
    # as many digits as were printed
    assert [disc.shown.fr for disc in circles.circles] == ["163", "14", "3,3"]
    people = rerun.chart("people", "fr")
    assert isinstance(people, SensitivityCurve)
    assert (people.x[0], people.x[-1], people.y[0], people.y[-1]) == (1.0, 2.0, 163, 81.5)
    assert people.feasible == pytest.approx((163 / 1.83, 163))
    assert not people.feasible_bar
    assert [mark.label.en for mark in people.marks] == [
        f"163{NO_BREAK}million if divided already (1 profile per person)",
        f"89{NO_BREAK}million otherwise (1.83 profiles per person)",
    ]
    assert "million" not in circles.title.en


def test_tables_in_both_languages(rerun: Run) -> None:
    french, english = (rerun.tables["circles"](language).sheet for language in LANGUAGES)
    assert [cell.text for cell in english.rows[1]] == [
        "Obtained work", "obtained work through the platform at least once", "14", "8.6%", "19", "11.7%",
    ]  # fmt: skip
    assert french.rows[2][2].text == "3,3"
    assert french.note_lines()[0].startswith(
        f"Note{NO_BREAK}: Cercles emboîtés{NO_BREAK}: les lignes ne s’additionnent pas."
    )
    others = rerun.tables["others"]("en").sheet
    assert [row[1].text for row in others.rows] == ["163", "3.5", "0.1", "154", "60", "435"]
    assert "neither subtracted nor divided" in others.note_lines()[0]


@pytest.mark.parametrize(
    ("assumption", "value", "row", "reproduced"),
    # 163 / 1.27 = 128.3; 17.5 / 0.9 = 19.4
    [
        ("accounts_per_person", 1.27, "people", (163 / 1.27, 163)),
        ("share_of_traffic", 90, "sub_saharan", 17.5 / 0.9),
    ],
)
def test_a_changed_assumption_changes_one_verdict(assumption, value, row, reproduced) -> None:
    frame = dl.reproduce(STUDY, assumptions={assumption: value}).frame.set_index("key")
    assert frame.index[frame["verdict"] != frame["expected"]].tolist() == [row]
    found = frame.loc[row]
    again = tuple(found[["low", "high"]]) if found["bounds"] else found["reproduced"]
    assert again == pytest.approx(reproduced)


def test_the_supposed_factor_is_the_one_that_was_read() -> None:
    supposed = study(STUDY).assumptions["accounts_per_person"].value
    assert supposed == float(parameter("multi_homing_online_work"))
    assert supposed == next(
        row.value for row in study(STUDY).published if row.key == "multi_homing"
    )
