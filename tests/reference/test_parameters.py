"""Dated parameters: identities between published numbers (facts, section 8), dates, refusals.

Every expected number is published, or worked by hand from published ones as shown beside it.
"""

from __future__ import annotations

import datetime
import re
from itertools import pairwise

import pytest

from diplab.errors import BaseMissingError, MisleadingError, OptionError, StudyError
from diplab.reference.parameter import PARAMETER_STATUSES, Parameter, every_series, parameter, parameters, read_series
from diplab.reference.text import NOTHING, Text
from diplab.results.provenance import STATUSES


def value(name: str, on: datetime.date | int | None = None) -> float:
    return parameter(name, on).value


# P1-P7: threshold = share x median / 12. Two years print the threshold of an unrounded median (tolerance 1).
@pytest.mark.parametrize(("year", "share", "worked", "tolerance"), [
    (2016, 50, 855.0, 0), (2016, 60, 1026.0, 0), (2017, 60, 1041.0, 0), (2017, 50, 867.5, 1), (2019, 60, 1102.0, 0),
    (2021, 60, 1158.0, 0), (2022, 60, 1216.5, 0.5), (2022, 50, 1013.75, 0.5), (2023, 60, 1288.0, 0),
    (2023, 50, 1073.3333333333333, 0.5), (2015, 60, 1015.2, 0.5), (2015, 50, 846.0, 0),
])  # fmt: skip
def test_threshold_is_a_share_of_the_median(year: int, share: int, worked: float, tolerance: float) -> None:
    assert value("median_income", year) * share / 100 / 12 == pytest.approx(worked, abs=1e-9)
    assert abs(value(f"poverty_threshold_{share}", year) - worked) <= tolerance


def test_old_and_first_release_keep_their_own_medians() -> None:
    assert round(value("median_income_previous_method") * 0.6 / 12 + 1e-9) == 964
    assert value("poverty_threshold_60_previous_method", 2010) == 964
    assert value("poverty_threshold_60", 2010) == 957
    assert value("median_income_first_release") * 0.6 / 12 == pytest.approx(1007.5)
    assert value("poverty_threshold_60_first_release") == 1008
    # P3: its median could not be read, so the two printed thresholds (1,063 and 885) are set against each
    # other; each is rounded to the euro: 0.5 + 0.5 x 1.2.
    assert abs(value("poverty_threshold_60", 2018) - 1.2 * value("poverty_threshold_50", 2018)) <= 1.1


def units(adults: int, children: int) -> float:
    return (
        value("equivalence_first_adult")
        + (adults - 1) * value("equivalence_other_14_or_over")
        + children * value("equivalence_child_under_14")
    )


@pytest.mark.parametrize(("year", "couple", "child", "other"), [(2022, 1824, 365, 608), (2023, 1932, 386, 644)])
def test_thresholds_by_household(year: int, couple: int, child: int, other: int) -> None:
    # P9, P10: published beside the thresholds for one person.
    line = value("poverty_threshold_60", year)
    assert round(line * units(2, 0)) == couple
    assert round(line * value("equivalence_child_under_14")) == child
    assert round(line * value("equivalence_other_14_or_over")) == other


def test_households_and_thresholds() -> None:
    # P11: 2,314 and 3,857 are published for 2019; P12: 43,090 a year for 2016, rounded to ten euros.
    assert round(value("poverty_threshold_60", 2019) * units(2, 2)) == 2314
    assert round(value("median_income", 2019) * units(2, 2) / 12) == 3857
    assert abs(value("median_income", 2016) * units(2, 2) - 43_090) <= 5
    # P13: 1,600 + 1,000 euros, a couple and a child under 14: 2,600 / 1.8 = 1,444.44.
    standard_of_living = (1600 + 1000) / units(2, 1)
    assert standard_of_living == pytest.approx(1444.4444444444443)
    assert standard_of_living > value("poverty_threshold_60", 2016) > value("poverty_threshold_50", 2016)
    # P8
    assert units(1, 0) == 1.0
    assert units(2, 0) == 1.5
    assert units(2, 1) == pytest.approx(1.8)
    assert units(2, 2) == pytest.approx(2.1)
    assert units(1, 1) == pytest.approx(1.3)
    assert units(3, 0) - units(2, 0) == 0.5
    # P14, published: 8.0 % and 14.0 % of the population in 2016.
    assert (value("poverty_rate_50", 2016), value("poverty_rate_60", 2016)) == (0.080, 0.140)
    # P15: the comparison holds with student households left out, which the note says.
    assert "not a student" in parameter("poverty_rate_50", 2016).note.en
    assert "pas étudiante" in parameter("poverty_rate_50", 2016).note.fr
    # P16: a single person at 800 EUR, a couple at 1,400 EUR.
    half = value("poverty_threshold_50", 2016)
    assert value("observatoire_poor_single", 2016) < 800 < half
    assert half * units(2, 0) == 1282.5
    assert half * units(2, 0) < 1400 < value("observatoire_poor_couple", 2016)
    assert value("observatoire_poor_couple_two_children", 2016) == 1999
    # Section 0b: 855 < 1,026 < 1,265 EUR for one person bounds the share poor at 60 %.
    assert half < value("poverty_threshold_60", 2016) < value("observatoire_popular_single", 2016)


def test_monthly_wage_is_35_hours_over_52_weeks() -> None:
    # W1, all fifteen rows: hourly x 35 x 52 / 12, to the cent.
    hourly = parameters("minimum_wage_hourly_gross")
    monthly = parameters("minimum_wage_monthly_gross")
    assert len(hourly) == 15
    for hour, month in zip(hourly, monthly, strict=True):
        assert hour.since == month.since
        assert abs(hour.value * 35 * 52 / 12 - month.value) <= 0.0100001
    net = zip(parameters("minimum_wage_monthly_net"), parameters("minimum_wage_hourly_net"), strict=True)
    for month, hour in net:
        assert abs(month.value / 151.667 - hour.value) <= 0.005
    # W2: 1 EUR an hour in 2018: 10.1 % of the gross wage, 12.9 % of the net one.
    # W3: 21 EUR is 2.64 h in 2019.
    assert round(100 / value("minimum_wage_hourly_gross", 2018), 1) == 10.1
    assert round(100 / value("minimum_wage_hourly_net", 2018), 1) == 12.9
    assert round(21 / value("minimum_wage_hourly_net", 2019), 2) == 2.64


def test_sums_and_shares_of_the_population() -> None:
    # 5.6: 41,519,102 aged 15-64, 16,282,176 aged 25-44 (39.2 %), worked by hand from the ten age groups.
    groups = [value(f"population_{first}_{first + 4}") for first in range(15, 65, 5)]
    assert sum(groups) == value("population_15_64") == 41_519_102
    assert sum(groups[2:6]) == value("population_25_44") == 16_282_176
    assert round(100 * value("population_25_44") / value("population_15_64"), 1) == 39.2
    # 5.5: 74.6 / 87.9 = 84.9; 11.5 of 40.9 million inactive = 28.1 %; 100 - 18.5 = 81.5.
    employees = 1 - value("self_employed_share")
    assert round(value("open_ended_share") / employees, 3) == value("open_ended_share_of_employees") == 0.849
    people = [value(f"{state}_15_64") for state in ("employed", "unemployed", "inactive")]
    assert round(people[2] / sum(people), 3) == value("inactive_share_15_64") == 0.281
    assert 1 - value("part_time_share", 2018) == pytest.approx(value("full_time_share"))
    assert value("multi_homing_micro_work") == 1.27
    assert value("multi_homing_online_work") == 1.83
    # C9: 52,337 / 27,000 = 1.938.
    assert round(52_337 / value("ride_hailing_drivers_france"), 3) == 1.938
    assert value("deliveroo_riders_france") == 9300


@pytest.mark.parametrize(
    ("year", "one", "more"), [(2020, 12_760, 4480), (2021, 12_880, 4540), (2022, 13_590, 4720), (2023, 14_580, 5140)]
)
def test_us_guidelines_grow_by_the_same_amount(year: int, one: int, more: int) -> None:
    # Published: each further member adds the same amount.
    for members in range(1, 9):
        assert value(f"us_poverty_guideline_{members}", year) == one + (members - 1) * more


def test_every_parameter_is_dressed_in_both_languages() -> None:
    for name in every_series():
        for row in parameters(name):
            assert row.label.fr
            assert row.label.en
            assert bool(row.note.fr) == bool(row.note.en)
            for french in (row.label.fr, row.note.fr):
                assert not re.search(r" [%:;!?]|\d \d{3}|'", french), french


def test_statuses_are_those_of_results() -> None:
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


def test_dates_do_not_overlap() -> None:
    for name in every_series():
        series = parameters(name)
        for earlier, later in pairwise(series):
            assert earlier.until is not None
            assert earlier.until < later.since


def test_the_value_in_force_on_a_day() -> None:
    assert value("minimum_wage_hourly_gross", datetime.date(2021, 9, 30)) == 10.25
    assert value("minimum_wage_hourly_gross", datetime.date(2021, 10, 1)) == 10.48
    assert value("minimum_wage_hourly_gross", 2021) == 10.25
    assert value("poverty_threshold_60", datetime.date(2016, 12, 31)) == 1026


def test_what_could_not_be_read_is_left_out() -> None:
    # Median of 2018 and of 2020, thresholds of 2020, poverty rate of 2023: known from memory only.
    for name, year in (
        ("median_income", 2018),
        ("median_income", 2020),
        ("poverty_threshold_60", 2020),
        ("poverty_rate_60", 2023),
    ):
        with pytest.raises(StudyError):
            parameter(name, year)


def test_what_is_not_known_is_refused(refused) -> None:
    refused(lambda: parameter("poverty_treshold_60", 2016), StudyError)
    with pytest.raises(StudyError) as caught:
        parameter("?")
    assert str(caught.value).endswith(f"{', '.join(sorted(every_series()))}.")
    refused(lambda: parameter("minimum_wage_hourly_gross"), MisleadingError)
    refused(lambda: parameter("poverty_threshold_60", 2020), StudyError)
    refused(lambda: parameter("minimum_wage_hourly_gross", 2025), StudyError)


def built(unit: str = "persons", source: str = "INSEE", status: str = "published") -> Parameter:
    day = datetime.date(2018, 1, 1)
    return Parameter("riders", 9300, unit, day, None, source, "", status, NOTHING, Text("livreurs", "riders"))


def test_what_a_number_needs(refused) -> None:
    refused(lambda: built(unit=""), BaseMissingError)
    refused(lambda: built(unit=" ", source=""), BaseMissingError)
    refused(lambda: built(status="memory"), OptionError)


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


def test_a_series_is_read_in_order_and_open_at_the_end() -> None:
    text = SERIES.replace("SOURCE", "insee").replace("YEAR", "since = 2017-06-01")
    first, second = read_series(text)["riders"]
    assert (first.value, first.until) == (9400, datetime.date(2017, 12, 31))
    assert (second.value, second.until) == (9300, None)
    assert second.holds_on(datetime.date(2030, 1, 1))


def test_series_that_are_refused(refused) -> None:
    refused(lambda: read_series(SERIES.replace("SOURCE", "inse").replace("YEAR", "year = 2019")), StudyError)
    refused(lambda: read_series(SERIES.replace("SOURCE", "insee").replace("YEAR", "since = 2018-01-01")), StudyError)
    without = SERIES.replace('source = "SOURCE"\n', "").replace("YEAR", "year = 2019")
    refused(lambda: read_series(without), BaseMissingError)
