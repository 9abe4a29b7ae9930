"""The claims of a press article: every verdict, and by value the numbers behind them.

Numbers are worked by hand from printed figures (Le Ludec, Tubaro and Casilli 2019; DiPLab report
2019; INSEE; minimum wages): the arithmetic stands beside each.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from diplab.presentation.layouts.comparison import comparison_rows
from diplab.reference.parameter import parameter, parameters
from diplab.replication.registry import study
from diplab.replication.rerun import Run, run
from diplab.replication.verdict import verdict
from diplab.types import Result, Text

STUDY = "press-2023-claims"


@pytest.fixture(scope="module")
def rows(rerun: Run) -> dict[str, dict[str, Any]]:
    return {row["key"]: row for row in rerun.comparisons["en"].frame.to_dict("records")}


REPRODUCED = {
    "headcount": 14_903,
    "headcount_critics": 14_903,
    "above_line": 100 - 51,  # sure at the usual line
    "full_time": 28.4,  # 0.40 x 0.71
    "permanent_mostly": 40,
    "permanent_largest": 40,
    "hourly_pay_below_minimum": 3,
    "hourly_pay_below_minimum_gross": 3,
    "share_of_minimum": 3 / 7.49 * 100,
    "share_of_minimum_gross": 3 / 9.61 * 100,
    "tasks_at_5_cents": 27_060,  # 1,353 / 0.05
    "minimum_wage_at_5_cents": 27_060,
    "platforms_french_share": 14 / 23 * 100,
    "tasks_at_10_cents": 10_730,  # 1,073 / 0.10
    "tasks_at_25_cents": 5_412,  # 1,353 / 0.25
    "platforms": 23,
    "platforms_french": 14,
    "outsourced": 26,
}


def as_printed(of: Any) -> dict[str, Any]:
    return {row.key: row for row in of.published}


def test_numbers_of_the_article_quotations_and_what_has_no_number(rows):
    assert {key: rows[key]["reproduced"] for key in REPRODUCED} == pytest.approx(
        REPRODUCED, abs=1e-9
    )
    # 78 at the line of the 22% (100 - 22), and 71 of holders of a permanent contract.
    ways = {
        key: row["printed_way"] for key, row in rows.items() if not math.isnan(row["printed_way"])
    }
    assert ways == {"above_line": 78, "full_time": 71}
    assert {key for key, row in rows.items() if row["quotation"]} == {
        "headcount", "headcount_critics", "platforms", "platforms_french", "outsourced", "permanent_mostly",
    }  # fmt: skip
    assert {key for key, row in rows.items() if not math.isnan(row["reproduced"])} == set(
        REPRODUCED
    )
    assert rows["permanent_largest"]["published"] == pytest.approx(100 - 40 - 27.9)


def test_bounds_where_the_figures_do_not_decide(rows):
    for key, ends in {
        "above_line_60": (49, 78),  # 100 - 51 and 100 - 22
        "not_massive": (14_903, 266_126),
        "full_time_any": (28.4, 60.5),  # 40 x 0.71; 100 - 27.9 - 40 x 0.29
        "full_time_any_not_inactive": (28.4 / 0.721, 60.5 / 0.721),
    }.items():
        assert rows[key]["bounds"]
        assert (rows[key]["low"], rows[key]["high"]) == pytest.approx(ends, rel=1e-12)


def test_claims_that_another_study_carries_have_its_numbers(rows):
    """The rows here and those of the study that a source names are the same arithmetic."""
    survey = as_printed(study("france-2018-survey"))
    living = as_printed(study("france-living-on-microwork"))
    for key in ("full_time_any", "full_time_any_not_inactive"):
        carried = (survey[key].value, survey[key].printed.high)
        assert (rows[key]["low"], rows[key]["high"]) == pytest.approx(carried, abs=0.05)
    # 3 / 11.27: the share of the gross wage of January 2023
    assert living["share_of_gross_wage_at_3"].value == pytest.approx(3 / 11.27 * 100, abs=0.05)
    lowest = min(
        value.value for value in parameters("minimum_wage_hourly_gross") if value.since.year >= 2015
    )
    assert rows["hourly_pay_below_minimum_gross"]["published"] == lowest
    named = {
        row.key for row in study(STUDY).published if "france-living-on-microwork" in row.source.en
    }
    assert named == {
        "hourly_pay",
        "hourly_pay_below_minimum_gross",
        "share_of_minimum_gross",
        *(key for key in rows if "tasks_at" in key),
    }


def test_the_three_lines_are_in_order_for_each_household_so_that_the_bounds_hold():
    half, line = (
        parameter("poverty_threshold_50", 2016).value,
        parameter("poverty_threshold_60", 2016).value,
    )
    assert (half, line) == (855, 1026)
    # either of the two lines that the report may have used for its 22 %, then 60 %, then its
    # popular categories
    for household, units in (("single", 1.0), ("couple", 1.5), ("couple_two_children", 2.1)):
        poor = parameter(f"observatoire_poor_{household}", 2016).value
        popular = parameter(f"observatoire_popular_{household}", 2016).value
        assert max(half * units, poor) < line * units < popular
    assert parameter("observatoire_popular_single", 2016).value == 1265


def test_the_claimed_pay_is_under_the_minimum_wage_of_every_year(rerun):
    steps = rerun.chart("hourly-pay", "fr").steps
    assert steps[0] == (2015, 7.49)
    assert steps[-1] == (2024 + 10 / 12, 9.40)
    assert {int(year) for year, _ in steps} == set(range(2015, 2025))
    assert (
        min(wage for _, wage in steps) == as_printed(rerun.study)["hourly_pay_below_minimum"].value
    )
    assert round(3 / 7.49, 2) == 0.40
    assert round(3 / 9.40, 2) == 0.32
    chart = rerun.chart("hourly-pay", "fr")
    assert [(band.low, band.high) for band in chart.ranges] == [(2, 3)]
    every = [
        value.value for value in parameters("minimum_wage_hourly_net") if value.since.year < 2025
    ]
    assert [wage for _, wage in chart.steps] == every
    assert [(dot.year, dot.value) for dot in chart.dots] == [(2017, 2.5), (2019, 1.0)]


def steps(rerun, **changes):
    """The figure of the study with other data."""
    module = rerun.study.module
    data = {
        "steps": (
            (2018, 7.83),
            (2019, 7.94),
            (2020, 8.03),
            (2021, 8.11),
            (2022, 8.37),
            (2023, 8.92),
        ),
        "ranges": (module.PayRange(Text("Cité par la presse", "Quoted in the press"), 2, 3),),
        "dots": (module.PayPoint(Text("Moyenne du panel", "Panel mean"), 2021, 3.4),),
        "until": 2024,
    }
    return replace(rerun.chart("hourly-pay", "fr"), **data | changes)


def test_steps_and_ranges_hold_the_data(rerun):
    drawn = steps(rerun)
    lines = [
        (tuple(line.get_xdata()), tuple(line.get_ydata()))
        for line in drawn.figure("fr").axes[0].get_lines()
    ]
    years, values = zip(*drawn.steps, strict=True)
    assert ((*years, 2024), (*values, values[-1])) in lines
    assert ((2018, 2024), (2, 2)) in lines
    assert ((2018, 2024), (3, 3)) in lines


@pytest.mark.parametrize("width", [85.0, 180.0])
@pytest.mark.parametrize(("year", "side"), [(2018, "left"), (2020, "left"), (2023, "right")])
def test_a_point_is_named_beside_its_marker_and_inside_the_axes(rerun, layout, width, year, side):
    point = rerun.study.module.PayPoint(
        Text("Un point au nom assez long", "A point of a rather long name"), year, 5.0
    )
    figure = steps(rerun, dots=(point,), width=width).figure("en")
    axes = figure.axes[0]
    (name,) = [words for words in axes.texts if words.get_text().startswith("A point")]
    assert name.xy == (year + 0.5, 5.0)
    assert name.get_ha() == side
    assert layout.overlaps(figure) == []
    box, inside = name.get_window_extent(), axes.get_window_extent()
    assert inside.x0 - 1 <= box.x0 < box.x1 <= inside.x1 + 1
    assert name.get_text().replace("\n", " ") == f"A point of a rather long name ({year}), €5"


def test_several_thousand_tasks_hold_from_14_to_67_cents_for_a_net_minimum_wage(rerun):
    tasks = rerun.study.module.tasks
    wage = parameter("minimum_wage_monthly_net", 2023).value
    assert wage == 1353
    holding = [cents for cents in range(1, 101) if 2_000 <= tasks(wage, cents) <= 9_999]
    assert (holding[0], holding[-1], len(holding)) == (14, 67, 54)
    # 1,073 / 0.03 = 35,766.67: the last task is whole
    assert tasks(1073.0, 3) == 35_767
    assert tasks(1353.0, 1) == 135_300


def test_the_reason_for_71_is_in_words_in_both_languages(rerun):
    reason = as_printed(rerun.study)["full_time"].reason
    assert reason.en == (
        "71% of the holders of a permanent contract work full time, and they are 40% of those "
        "surveyed. Of all those "
        "surveyed this makes 28.4% (0.40 × 0.71) with a full-time permanent contract. Others may "
        "work full time "
        "without one; the pages read say nothing of them."
    )
    assert reason.fr == (
        "71\u00a0% des titulaires d’un CDI travaillent à temps plein, et ils sont 40\u00a0% des "
        "personnes interrogées. "
        "Parmi toutes les personnes interrogées, cela fait 28,4\u00a0% (0,40 × 0,71) en CDI à "
        "temps plein. D’autres "
        "peuvent travailler à temps plein sans CDI\u202f; les pages lues n’en disent rien."
    )


def test_numbers_are_printed_in_french_and_words_marked_as_read_by_us(rerun):
    shown = {row.key: row.published for row in comparison_rows(rerun.comparisons["fr"])}
    assert shown["tasks_at_5_cents"] == "2\u202f000 à 9\u202f999\u00a0tâches par mois"
    assert shown["task_pay"] == "0,01 à 0,10\u00a0€ par tâche"
    assert shown["platforms"] == "plus\u00a0de 20\u00a0plateformes"
    assert shown["outsourced"] == "au\u00a0moins 1\u00a0personne"
    shown = {row.key: row for row in comparison_rows(rerun.comparisons["fr"])}["full_time"]
    assert (shown.published, shown.reproduced, shown.difference) == (
        "71\u00a0%",
        "28,4\u00a0%",
        "\u221242,6",
    )
    # numbers the article does not print: "mostly", "several thousand", "a few cents", "not massive"
    read = {row.key for row in rerun.study.published if row.status == "inferred"}
    assert read >= {
        "permanent_mostly",
        "task_pay",
        "tasks_at_5_cents",
        "platforms_french",
        "not_massive",
    }
    assert not read & {"headcount", "above_line", "full_time", "hourly_pay"}


def test_the_claims_table_shows_the_verdicts_that_were_found(rerun, rows):
    claims = rerun.study.words.section("claim")
    sheet = rerun.tables["claims"]("en").sheet
    shown = {row[0].text: row[1].text for row in sheet.rows}
    assert shown == {claim.en: rows[key]["verdict"] for key, claim in claims.items()}
    # the second rows of a claim (another reading of it) are left to the comparison
    assert set(rows) - set(claims) == {
        "headcount_critics", "full_time_any", "full_time_any_not_inactive", "hourly_pay_below_minimum_gross",
        "share_of_minimum", "share_of_minimum_gross", "permanent_largest", "tasks_at_10_cents", "tasks_at_25_cents",
        "minimum_wage_at_5_cents", "platforms_french_share",
    }  # fmt: skip
    french = rerun.tables["claims"]("fr").sheet
    assert [cell.text for cell in french.rows[3]][:2] == [
        "71\u00a0% en complément d’un emploi à temps plein",
        "autre champ",
    ]
    assert french.notes[-1][1].startswith("HelloWork")


def test_the_tables_of_tasks_and_circles(rerun):
    sheet = rerun.tables["tasks"]("fr").sheet
    assert sheet.header == (
        "Rémunération d’une tâche", "Seuil de pauvreté à 50\u00a0% de la médiane, 1\u202f073\u00a0€",
        "Seuil de pauvreté à 60\u00a0% de la médiane, 1\u202f288\u00a0€", "SMIC mensuel net, 1\u202f353\u00a0€",
    )  # fmt: skip
    by_pay = {row[0].text: [cell.text for cell in row[1:]] for row in sheet.rows}
    assert by_pay["0,05\u00a0€"] == ["21\u202f460", "25\u202f760", "27\u202f060"]
    assert by_pay["0,10\u00a0€"] == ["10\u202f730", "12\u202f880", "13\u202f530"]
    # whatever the line, 1 to 10 cents never gives fewer than 10,000 tasks
    few = [row for row in sheet.rows if row[0].text <= "0,10\u00a0€"]
    assert len(few) == 5
    assert min(cell.number for row in few for cell in row[1:]) == 10_730
    rows = rerun.tables["circles"]("en").sheet.rows
    # 14,903 / 41,519,102 x 10,000 = 3.59; 52,337 / 27,000 = 1.94; 266,126 / 9,300 = 28.6
    assert [[cell.text for cell in row] for row in rows] == [
        ["Registered", "266,126", "64.1", "9.9", "28.6"],
        ["Present at least once a month", "52,337", "12.6", "1.9", "5.6"],
        ["Very active", "14,903", "3.6", "0.6", "1.6"],
    ]


def test_nothing_here_is_synthetic(rerun):
    for language in ("fr", "en"):
        words = [
            rerun.chart(name, language).figure(language).caption.description
            for name in rerun.figures
        ]
        words += [str(rerun.tables[name](language).sheet) for name in rerun.tables]
        assert "synth" not in "".join(words)


def test_assumptions_change_verdicts(differing):
    assert differing(line_of_the_22_percent=1026) == {"above_line": "as published"}
    assert differing(line_of_the_22_percent=781) == {}
    # 100 - 11.6 = 88.4 at most, where nobody but part-time permanent contracts is excluded.
    assert differing(inactive_with_a_job=1) == {"full_time_any": "not identified"}
    assert differing(inactive_with_a_job=0.3) == {}  # 60.5 + 0.3 x 27.9 = 68.9


def test_a_minimum_wage_that_is_higher_is_seen():
    def higher(kind, name, value):
        return (
            replace(value, value=value.value * 1.5) if name == "minimum_wage_hourly_net" else value
        )

    with run(study(STUDY), disturb=higher) as found:
        frame = found.comparisons["en"].frame
    assert frame.loc[frame["verdict"] != frame["expected"], "key"].tolist() == ["share_of_minimum"]


def test_more_or_less_than_a_number_is_not_that_number():
    for key, value, expected in (
        ("platforms", 20.0, "differs"),  # more than twenty
        ("platforms", 21.0, "within tolerance"),
        ("platforms_french", 2.0, "within tolerance"),  # at least two
        ("hourly_pay_below_minimum", 7.49, "differs"),  # under 7.49
    ):
        assert verdict(as_printed(study(STUDY))[key], Result(value)) == expected
