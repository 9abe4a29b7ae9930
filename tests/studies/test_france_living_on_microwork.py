"""Living on micro-work: every verdict, the arithmetic by hand, what is impossible, the figures.

Numbers are worked by hand from the printed pay and the dated lines and wages; the arithmetic stands
beside each.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from matplotlib.colors import to_rgb

import diplab as dl
from diplab.presentation.charts.style import DEFAULT
from diplab.reference.parameter import parameter
from diplab.replication.registry import study
from diplab.types import Text

if TYPE_CHECKING:
    from diplab.replication.rerun import Run

STUDY = "france-living-on-microwork"
YEARS = (2015, 2016, 2017, 2018, 2019, 2021, 2022, 2023)


def test_arithmetic_by_hand(rows) -> None:
    values = {
        "pay_vignette": 0.50 / 0.5,
        "pay_implied": 21 / (5_000 * 35 * 52 / 12 / 260_000),
        "hours_month_at_1": 1_288,
        "hours_month_at_2_50": 515.2,
        "hours_week_at_1_2023": 1_288 * 12 / 52,
        "hours_week_at_2_2015": 1_015 / 2 * 12 / 52,
        "hours_week_at_3_2019": 1_102 / 3 * 12 / 52,
        "lowest_pay": 1_288 * 12 / 52 / 168,
        "full_time_pay": 1_288 * 12 / 52 / 35,
        "gross_week_at_2_2015": 9.61 * 35 / 2,
        "gross_week_at_3_2023": 11.27 * 35 / 3,
        "share_of_gross_wage_at_3": 300 / 11.27,
        "tasks_at_1": 128_800,
        "tasks_at_30": 4_294,  # 4,293.33: the last one whole
        "tasks_at_5_2015": 20_300,
        "fewest_tasks_2023": 10_730,  # 1,073 / 0.10
        "most_tasks_2023": 135_300,  # 1,353 / 0.01
        "mean_one_platform": (1 / 3 - 1 / 10) * 5 + 1 / 10 * 10,
        "times_the_mean_2018": 1_063 / 21,
        "enough_platforms_at_5": 213,  # 1,063 / 5 = 212.6
        "enough_platforms_at_50": 22,  # 21.26
        "daily_use_high": 300 / 1_102 * 100,
    }
    assert rows.loc[[*values], "reproduced"].to_dict() == pytest.approx(values, rel=1e-12)
    for key, ends in {
        "pay_wirk": (0.25 * 60, 0.30 * 120),
        "several_thousand_2015": (8_460, 113_599),  # 846 / 0.10; 1,135.99 / 0.01
        "several_thousand_2023": (10_730, 135_300),  # 1,073 / 0.10; 1,353 / 0.01
        "several_thousand_wirk": (3_577, 5_412),  # 1,073 / 0.30 = 3,576.67; 1,353 / 0.25
        "several_thousand_all": (3_577, 135_300),
        "hours_month_wirk": (4_294 * 30 / 3_600, 5_152 * 60 / 3_600),
    }.items():
        assert rows.loc[key, "bounds"]
        assert math.isnan(rows.loc[key, "reproduced"])
        assert tuple(rows.loc[key, ["low", "high"]]) == pytest.approx(ends, rel=1e-12)


def test_several_thousand_tasks_are_possible_at_the_edge_until_2021_and_not_after(rows) -> None:
    found = {year: rows.loc[f"several_thousand_{year}", "verdict"] for year in YEARS}
    assert {year for year, verdict in found.items() if verdict == "differs"} == {2022, 2023}
    assert {year for year, verdict in found.items() if verdict == "not identified"} == set(
        YEARS[:6]
    )
    # by the lowest line alone: 999.9 euros are 9,999 tasks at 10 cents
    for year in YEARS:
        low = min(
            parameter(name, year).value
            for name in ("poverty_threshold_50", "poverty_threshold_60", "minimum_wage_monthly_net")
        )
        assert (low <= 999.9) == (found[year] == "not identified")


def test_more_hours_than_a_week_has_is_called_impossible(rerun: Run, rows) -> None:
    assert rows.loc["fits_in_a_week_at_1", ["verdict", "reproduced"]].tolist() == [
        "differs",
        pytest.approx(297.23, abs=0.01),
    ]
    assert rows.loc["fits_in_a_week_at_2", "verdict"] == "within tolerance"
    assert rows.loc["fits_gross_at_2", "verdict"] == "differs"
    hours = rerun.tables["hours"]("en").sheet.rows
    assert [row[0].text for row in hours] == [str(year) for year in YEARS]
    assert all(row[2].text.endswith("(impossible)") for row in hours)
    assert not any("impossible" in cell.text for row in hours for cell in row[3:])
    gross = rerun.tables["gross"]("fr").sheet.rows
    # 9.61 x 35 / 2 = 168.175: rounded to 168 it would not look impossible
    assert gross[0][3].text == "168,2 (impossible)"
    assert all(row[3].text.endswith("(impossible)") for row in gross)
    assert [row[0].text for row in gross] == [str(year) for year in range(2015, 2025)]


def test_no_line_is_of_a_year_that_could_not_be_read(rerun: Run) -> None:
    assert rerun.study.module.YEARS == YEARS
    for base in rerun.study.published:
        assert "2020" not in base.base_key


def test_gross_is_set_against_gross_and_a_line_is_said_to_be_net(rerun: Run) -> None:
    for name in ("hours", "tasks", "several-thousand"):
        for language, words in (("fr", "avant cotisations"), ("en", "before contributions")):
            assert words in " ".join(rerun.tables[name](language).sheet.note_lines())
    assert parameter("minimum_wage_hourly_gross", 2015).unit.startswith("EUR an hour, gross")
    assert "before contributions" in rerun.chart("hours-a-week", "fr").notes.note.en


def test_numbers_shared_with_other_studies_are_the_same(rows) -> None:
    report = {row.key: row.value for row in study("france-2018-survey").published}
    press = {row.key: row for row in study("press-2023-claims").published}
    assert rows.loc["mean_earnings", "published"] == report["earnings"]
    assert rows.loc["under_5", "published"] == report["foule_factory_under_5"]
    assert rows.loc["over_10", "published"] == report["foule_factory_over_10"]
    assert rows.loc["pay_press", ["published", "published_high"]].tolist() == [
        press["hourly_pay"].value,
        press["hourly_pay"].printed.high,
    ]


def test_data_of_the_figure(rerun: Run) -> None:
    hours = rerun.chart("hours-a-week", "fr")
    assert isinstance(hours, rerun.study.module.HoursByYear)
    assert [level.value for level in hours.levels] == [168, 35]
    one, press, implied = hours.ranges
    assert [year for year, _, _ in press.ends] == list(YEARS)
    assert press.ends[-1] == (
        2023,
        pytest.approx(1_288 / 3 * 12 / 52),
        pytest.approx(1_288 / 2 * 12 / 52),
    )
    assert min(low for _, low, _ in one.ends) > 168
    assert all(low == high for _, low, high in implied.ends)


def yearly(rerun: Run, width: float = 130.0) -> Any:
    """The figure of the study with other data."""
    module = rerun.study.module
    ranges = (
        module.YearlyRange(Text("Un intervalle", "A range"), ((2018, 1.0, 2.0), (2020, 1.5, 2.5))),
        module.YearlyRange(
            Text("Une seule valeur", "One value"), ((2018, 4.0, 4.0), (2020, 4.2, 4.2))
        ),
    )
    levels = (
        module.Level(
            Text("Un niveau assez long pour deux lignes", "A level long enough for two lines"), 4.1
        ),
    )
    chart = rerun.chart("hours-a-week", "fr")
    return replace(
        chart, ranges=ranges, levels=levels, y_axis=Text("Heures", "Hours"), decimals=1, width=width
    )


def test_words_of_ranges_by_year_stand_clear(rerun: Run, layout: Any) -> None:
    for language, width in (("fr", 85.0), ("en", 85.0), ("fr", 130.0), ("en", 180.0)):
        assert layout.overlaps(yearly(rerun, width).figure(language)) == []


def test_a_year_left_out_is_a_gap_and_the_last_is_printed(rerun: Run) -> None:
    axes = yearly(rerun).figure("en").axes[0]
    steps = [line for line in axes.lines if to_rgb(line.get_color()) == to_rgb(DEFAULT.colours[0])]
    drawn = {tuple(line.get_xdata()) for line in steps if line.get_transform() == axes.transData}
    assert drawn == {(2018, 2019), (2020, 2021)}
    assert axes.get_xlim() == (2018, 2021)
    figure = yearly(rerun).figure("fr")
    shown = " ".join(words.get_text() for words in figure.axes[0].texts)
    assert "2020\u00a0:" in shown
    assert "1,5\u00a0à\u00a02,5" in shown
    assert "4,2" in shown


def test_the_three_answers_stand_side_by_side_by_year(rerun: Run) -> None:
    """Tasks at 5 and 25 cents, hours a week at 2 and 3 euros, platforms at 5, 10 and 50 euros, by hand."""
    shown = [[cell.text for cell in row] for row in rerun.tables["by-year"]("en").sheet.rows]
    assert [row[0] for row in shown] == [str(year) for year in YEARS]
    # 1,015 / 0.05, / 0.25; 1,015 x 12 / 52 / 2 = 117.1, / 3 = 78.1; 1,015 / 5 = 203, / 10 = 101.5,
    # / 50 = 20.3
    assert shown[0] == ["2015", "€1,015", "20,300", "4,060", "117", "78", "203", "102", "21"]
    # 1,288 / 5 = 257.6, / 10 = 128.8, / 50 = 25.76
    assert shown[-1] == ["2023", "€1,288", "25,760", "5,152", "149", "99", "258", "129", "26"]
    note = " ".join(rerun.tables["by-year"]("en").sheet.note_lines())
    assert "What is earned on one platform is that of 2018" in note


def test_earnings_on_one_platform_stand_without_the_mean_of_all_platforms(rerun: Run) -> None:
    """Two thirds under 5 euros, one in ten over 10, the rest between."""
    sheet = rerun.tables["earnings"]("en").sheet
    assert [[cell.text for cell in row] for row in sheet.rows] == [
        ["under €5", "67%"],
        ["€5 to €10", "23%"],
        ["over €10", "10%"],
    ]
    assert sum(row[1].number for row in sheet.rows) == pytest.approx(1)
    notes = " ".join(sheet.note_lines())
    assert "at least €2.17" in notes
    assert "another survey" in notes


def test_units_are_said_in_french(rerun: Run) -> None:
    shown = dl.table(rerun.comparisons["fr"]).as_raw_html()
    for english in ("hours per", "tasks per", "EUR per", "platforms"):
        assert english not in shown
    assert "297,2\u00a0heures\u00a0par\u00a0semaine" in shown


# What is supposed


def test_unpaid_minutes_lengthen_the_hours() -> None:
    """35.78 and 85.87 hours, of 102 minutes each."""
    frame = dl.reproduce(STUDY, assumptions={"unpaid_minutes_per_hour": 42}).frame.set_index("key")
    assert frame.loc["hours_month_wirk", ["low", "high"]].tolist() == pytest.approx(
        [4_294 * 30 / 3_600 * 1.7, 5_152 * 60 / 3_600 * 1.7]
    )
    assert frame.loc["hours_month_wirk", "verdict"] == "differs"


def test_what_a_few_cents_are_decides_several_thousand_tasks(differing) -> None:
    """At 20 cents, 1,073 euros are 5,365 tasks; at 5 cents, 846 euros are 16,920."""
    assert differing(most_cents=20) == {
        "several_thousand_2022": "not identified",
        "several_thousand_2023": "not identified",
        "fewest_tasks_2023": "differs",
    }
    assert differing(most_cents=5) == {
        **{f"several_thousand_{year}": "differs" for year in YEARS[:6]},
        "fewest_tasks_2023": "differs",
    }
    assert differing(fewest_cents=3) == {"most_tasks_2023": "differs"}


def test_the_least_mean_follows_the_shares(differing) -> None:
    for changed in ({"share_under_5_euros": 0.64}, {"share_over_10_euros": 0.12}):
        assert differing(**changed) == {"mean_one_platform": "differs"}
