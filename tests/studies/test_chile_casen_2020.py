"""Poverty in Chile: 29 printed numbers, six of which do not come out, and the precision that nobody printed."""

from __future__ import annotations

from collections import Counter

import pytest

pytestmark = pytest.mark.shared

STUDY = "chile-casen-2020"


def test_verdicts_and_the_population_of_a_newspaper(rows) -> None:
    assert Counter(rows["verdict"]) == {
        "as published": 23,
        "differs": 5,
        "base differs": 1,
        "our own": 4,
    }
    row = rows.loc["press/Chile | genteditalia.org, 2021-07-06/residents"]
    assert row["verdict"] == "base differs"
    assert row["reproduced"] == 2_112_185 + 17_420_295
    assert row["printed_way"] == row["published"] == 17_420_295


# What newspapers printed beside what the file gives, by hand from sums of weights.
OFF = {
    "Chile | eleconomista.com.mx, 2021-07-05/extreme_persons": (831_231, 831_232),
    "Chile | elciudadano.com, 2023-07-29/poor": (10.7, 100 * 2_112_185 / 19_532_480),
    "Tarapacá | latercera.com (Pulso), 2021-07/extreme": (5.5, 6.8678),
    "Tarapacá | radiopaulina.cl, 2023-07-28/poor": (13.6, 13.9833),
    "Aysén | rln.cl, 2021-07, again/poor_persons": (7_094, 7_093),
}


def test_what_differs_is_shown_beside_the_print(rows) -> None:
    for key, (printed, found) in OFF.items():
        row = rows.loc[f"press/{key}"]
        assert row["verdict"] == "differs"
        assert row["published"] == printed
        assert row["reproduced"] == pytest.approx(found, abs=1e-4)


# R survey 4.4-2: svydesign(~cod_upm, ~estrato, weights = ~expr, nest = TRUE), survey.lonely.psu =
# "adjust", svymean of pobreza <= 2 and pobreza == 1 with na.rm = TRUE, degf.
R = {
    "poor_standard_error": 0.2152697022,
    "extreme_standard_error": 0.1308473746,
    "degrees_of_freedom": 10_902,
}


def test_the_precision_is_that_of_r(rows) -> None:
    assert rows.loc[[*R], "reproduced"].to_dict() == pytest.approx(R, rel=1e-9)


def test_printed_numbers_follow_the_file(disturbed) -> None:
    """Where everybody's weight is halved rates stay and counts do not; where extreme poverty is wiped out it shows."""
    halved = disturbed(lambda frame: frame.assign(expr=frame["expr"] / 2))
    key = "press/Chile | biobiochile.cl, 2021-07-05"
    assert halved.loc[f"{key}/poor", "verdict"] == "as published"
    assert halved.loc[f"{key}/poor_persons", "reproduced"] == 2_112_185 / 2
    assert halved.loc[f"{key}/poor_persons", "verdict"] == "differs"
    none = disturbed(lambda frame: frame.assign(pobreza=frame["pobreza"].replace(1, 2)))
    assert none.loc[f"{key}/extreme_persons", "reproduced"] == 0
    assert none.loc[f"{key}/poor", "verdict"] == "as published"


def test_figures_are_in_order_and_set_the_misprint_beside_the_estimate(rerun) -> None:
    for name in ("poverty", "extreme-poverty"):
        points = [row.point for row in rerun.chart(name, "fr").rows]
        assert points == sorted(points, reverse=True)
        assert len(points) == 16
    tarapaca = rerun.chart("extreme-poverty", "fr").rows[0]
    assert tarapaca.label.fr == "Tarapacá"
    assert tarapaca.published == 0.055
    assert tarapaca.published < tarapaca.low
    # the revised series of 2023 is another measure, and not drawn
    assert (
        next(
            row for row in rerun.chart("poverty", "fr").rows if row.label.fr == "Tarapacá"
        ).published
        == 0.14
    )
