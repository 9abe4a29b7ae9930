"""Dated parameters: identities between published numbers (facts, section 8), dates, refusals.

Every expected number is published, or worked by hand from published ones as shown beside it.
"""

from __future__ import annotations

import datetime
import re
from itertools import pairwise

import pytest

from diplab.errors import BaseMissingError, MisleadingError, OptionError, StudyError
from diplab.reference.parameter import (
    PARAMETER_STATUSES,
    Parameter,
    every_series,
    parameter,
    parameters,
    read_series,
)
from diplab.reference.text import NOTHING, Text
from diplab.results.estimates import STATUSES


def value(name: str, on: datetime.date | int | None = None) -> float:
    return parameter(name, on).value


def test_old_and_first_release_keep_their_own_medians():
    assert round(value("median_income_previous_method") * 0.6 / 12 + 1e-9) == 964
    assert value("poverty_threshold_60_previous_method", 2010) == 964
    assert value("poverty_threshold_60", 2010) == 957
    assert value("median_income_first_release") * 0.6 / 12 == pytest.approx(1007.5)
    assert value("poverty_threshold_60_first_release") == 1008


def test_it_is_printed_as_a_sentence_with_its_source():
    line = "Poverty threshold at 60% of the median: 1,026 EUR a month (2016). INSEE Première 1710 (2018), "
    assert str(parameter("poverty_threshold_60", 2016)).startswith(line)


def test_lines_of_households():
    # P15: the comparison holds with student households left out, which the note says.
    assert "not a student" in parameter("poverty_rate_50", 2016).note.en
    assert "pas étudiante" in parameter("poverty_rate_50", 2016).note.fr
    half = value("poverty_threshold_50", 2016)
    scale = [
        value(f"equivalence_{who}") for who in ("first_adult", "other_14_or_over", "child_under_14")
    ]
    assert scale == [1, 0.5, 0.3]
    # Section 0b: 855 < 1,026 < 1,265 EUR for one person bounds the share poor at 60 %.
    assert half < value("poverty_threshold_60", 2016) < value("observatoire_popular_single", 2016)


def test_monthly_wage_is_35_hours_over_52_weeks():
    # W1, all fifteen rows: hourly x 35 x 52 / 12, to the cent.
    hourly = parameters("minimum_wage_hourly_gross")
    monthly = parameters("minimum_wage_monthly_gross")
    assert len(hourly) == 15
    for hour, month in zip(hourly, monthly, strict=True):
        assert hour.since == month.since
        assert abs(hour.value * 35 * 52 / 12 - month.value) <= 0.0100001
    net = zip(
        parameters("minimum_wage_monthly_net"), parameters("minimum_wage_hourly_net"), strict=True
    )
    for month, hour in net:
        assert abs(month.value / 151.667 - hour.value) <= 0.005


def test_sums_and_shares_of_the_population():
    # 5.6: 41,519,102 aged 15-64, 16,282,176 aged 25-44 (39.2 %), worked by hand from the ten age
    # groups.
    groups = [value(f"population_{first}_{first + 4}") for first in range(15, 65, 5)]
    assert sum(groups) == value("population_15_64") == 41_519_102
    assert sum(groups[2:6]) == value("population_25_44") == 16_282_176
    assert round(100 * value("population_25_44") / value("population_15_64"), 1) == 39.2
    # 5.5: 74.6 / 87.9 = 84.9; 11.5 of 40.9 million inactive = 28.1 %; 100 - 18.5 = 81.5.
    employees = 1 - value("self_employed_share")
    assert (
        round(value("open_ended_share") / employees, 3)
        == value("open_ended_share_of_employees")
        == 0.849
    )
    people = [value(f"{state}_15_64") for state in ("employed", "unemployed", "inactive")]
    assert round(people[2] / sum(people), 3) == value("inactive_share_15_64") == 0.281
    assert 1 - value("part_time_share", 2018) == pytest.approx(value("full_time_share"))
    assert value("multi_homing_micro_work") == 1.27
    assert value("multi_homing_online_work") == 1.83
    # C9: 52,337 / 27,000 = 1.938.
    assert round(52_337 / value("ride_hailing_drivers_france"), 3) == 1.938
    assert value("deliveroo_riders_france") == 9300


@pytest.mark.parametrize(
    ("year", "one", "more"),
    [(2020, 12_760, 4480), (2021, 12_880, 4540), (2022, 13_590, 4720), (2023, 14_580, 5140)],
)
def test_us_guidelines_grow_by_the_same_amount(year, one, more):
    # Published: each further member adds the same amount.
    for members in range(1, 9):
        assert value(f"us_poverty_guideline_{members}", year) == one + (members - 1) * more


def test_every_series_is_dressed_in_both_languages_and_does_not_overlap():
    for name in every_series():
        for row in parameters(name):
            assert row.label.fr
            assert row.label.en
            assert bool(row.note.fr) == bool(row.note.en)
            for french in (row.label.fr, row.note.fr):
                assert not re.search(r" [%:;!?]|\d \d{3}|'", french), french
    for name in every_series():
        series = parameters(name)
        for earlier, later in pairwise(series):
            assert earlier.until is not None
            assert earlier.until < later.since


def test_statuses_are_those_of_results():
    assert set(PARAMETER_STATUSES) <= set(STATUSES)
    assert parameter("poverty_threshold_60", 2016).status == "published"
    assert parameter("poverty_threshold_60", 2021).status == "derived"
    assert parameter("poverty_threshold_60", 2023).status == "second-hand"
    # told by the press, a teaching site or another site than their author's
    for name, year in (
        ("poverty_rate_60", 2013),
        ("poverty_rate_60", 2022),
        ("poverty_count_60", 2022),
        ("median_income", 2022),
        ("poverty_threshold_50", 2022),
        ("observatoire_popular_single", 2015),
        ("minimum_wage_hourly_gross", 2018),
        ("minimum_wage_monthly_gross", 2018),
        ("multi_homing_online_work", 2021),
    ):
        assert parameter(name, year).status == "second-hand"
    assert parameter("observatoire_popular_single", 2016).status == "published"
    assert parameter("multi_homing_micro_work").status == "published"
    assert parameter("minimum_wage_hourly_net", 2018).status == "derived"
    assert parameter("minimum_wage_hourly_net", 2024).status == "published"


def test_the_value_in_force_on_a_day_and_what_is_refused(refused):
    assert value("minimum_wage_hourly_gross", datetime.date(2021, 9, 30)) == 10.25
    assert value("minimum_wage_hourly_gross", datetime.date(2021, 10, 1)) == 10.48
    assert value("minimum_wage_hourly_gross", 2021) == 10.25
    assert value("poverty_threshold_60", datetime.date(2016, 12, 31)) == 1026
    refused(lambda: parameter("poverty_treshold_60", 2016), StudyError)
    with pytest.raises(StudyError) as caught:
        parameter("?")
    assert str(caught.value).endswith(f"{', '.join(sorted(every_series()))}.")
    refused(lambda: parameter("minimum_wage_hourly_gross"), MisleadingError)
    refused(lambda: parameter("poverty_threshold_60", 2020), StudyError)
    refused(lambda: parameter("minimum_wage_hourly_gross", 2025), StudyError)
    refused(lambda: built(unit=""), BaseMissingError)
    refused(lambda: built(unit=" ", source=""), BaseMissingError)
    refused(lambda: built(status="memory"), OptionError)


def built(unit: str = "persons", source: str = "INSEE", status: str = "published") -> Parameter:
    day = datetime.date(2018, 1, 1)
    return Parameter(
        "riders", 9300, unit, day, None, source, "", status, NOTHING, Text("livreurs", "riders")
    )


SERIES = """
[sources]
insee = "INSEE"
[series.riders]
unit = "persons"
label = { fr = "livreurs", en = "riders" }
span = "next"
source = "SOURCE"
status = "published"
values = [{ year = 2018, value = 9300 }, { YEAR, value = 9400 }]
"""


def test_a_series_is_read_in_order_and_open_at_the_end(refused):
    text = SERIES.replace("SOURCE", "insee").replace("YEAR", "since = 2017-06-01")
    first, second = read_series(text)["riders"]
    assert (first.value, first.until) == (9400, datetime.date(2017, 12, 31))
    assert (second.value, second.until) == (9300, None)
    assert second.holds_on(datetime.date(2030, 1, 1))
    refused(
        lambda: read_series(SERIES.replace("SOURCE", "inse").replace("YEAR", "year = 2019")),
        StudyError,
    )
    refused(
        lambda: read_series(
            SERIES.replace("SOURCE", "insee").replace("YEAR", "since = 2018-01-01")
        ),
        StudyError,
    )
    without = SERIES.replace('source = "SOURCE"\n', "").replace("YEAR", "year = 2019")
    refused(lambda: read_series(without), BaseMissingError)
