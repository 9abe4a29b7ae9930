"""Tasks, hours and days to reach a target, each number worked by hand."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import diplab as dl
from diplab.errors import MisleadingError, OptionError
from diplab.presentation.language import rule, terms
from diplab.reference.parameter import parameter

reach = dl.work.tasks_to_reach


def points(found: Any) -> dict[str, float]:
    return dict(zip(found.frame["statistic"], found.frame["estimate"], strict=True))


def ends(found: Any) -> dict[str, tuple[float, float]]:
    frame = found.frame
    return dict(
        zip(frame["statistic"], zip(frame["ci_low"], frame["ci_high"], strict=True), strict=True)
    )


def test_the_poverty_line_of_2016_at_five_cents() -> None:
    """1,026 / 0.05 = 20,520 exactly: in floating point the quotient is above it, which must not add a task."""
    found = reach(parameter("poverty_threshold_60", 2016), 0.05)
    assert points(found) == {"tasks": 20520.0}
    assert math.isnan(found.frame["ci_low"].item())
    assert found.frame["flag"].tolist() == [""]
    assert found.provenance.status == "derived"
    assert "1710" in found.provenance.source.en
    assert found.provenance.assumptions[0].en == (
        "Poverty threshold at 60% of the median: 1,026 EUR a month (2016). It is the standard of "
        "living of a person "
        "who lives alone: all resources count, not only pay from tasks."
    )


def test_tasks_hours_and_pay_by_hand() -> None:
    """1 / 0.3 = 3.33: four tasks; 3 1/3 where parts are allowed. 30 s each: 120 s and 100 s."""
    whole = {"tasks": 4.0, "paid_hours": 120 / 3600, "pay_per_paid_hour": 36.0}
    assert points(reach(1, 0.3, seconds_per_task=30)) == whole
    parts = points(reach(1, 0.3, seconds_per_task=30, whole=False))
    assert parts["tasks"] == pytest.approx(10 / 3, rel=1e-15)
    assert parts["paid_hours"] == pytest.approx(100 / 3600, rel=1e-15)
    # REP: half an hour a day for 0.50 EUR is 1.00 EUR an hour (W6)
    half_hour = {"tasks": 60.0, "paid_hours": 30.0, "pay_per_paid_hour": 1.0}
    assert points(reach(30, 0.5, seconds_per_task=1800)) == half_hour
    # 20 min beside each paid hour: 12 paid hours are 16; at 7 hours a day 16/7 days; 6 EUR an hour
    # become 4.50
    assert points(reach(72, 0.1, seconds_per_task=60, unpaid_minutes_per_hour=20, hours_per_day=7)) == {
        "tasks": 720.0, "paid_hours": 12.0, "all_hours": 16.0, "working_days": 16 / 7, "pay_per_paid_hour": 6.0,
        "pay_per_hour_of_work": 4.5,
    }  # fmt: skip
    # W3: 21 / 7.94 = 2.64 hours: a task of one hour paid the wage, parts allowed
    wage = parameter("minimum_wage_hourly_net", 2019).value
    assert (
        round(points(reach(21, wage, seconds_per_task=3600, whole=False))["paid_hours"], 2) == 2.64
    )
    # an hour of the gross minimum wage of 2018, 9.88, at 5 cents: 197.6, hence 198 tasks
    found = reach(parameter("minimum_wage_hourly_gross", 2018), 0.05, period="hour")
    assert points(found) == {"tasks": 198.0}
    assert found.frame["variable"].tolist() == ["target an hour"]
    assert points(reach(parameter("median_income", 2016), 1, period="year")) == {"tasks": 20520.0}


def test_bounds_by_hand() -> None:
    """Wirk, Info-socialrh (2019): 0.25 to 0.30 EUR for 30 s to 1 min. 3600 x 0.25 / 60 = 15, 3600 x 0.30 / 30 = 36."""
    found = reach(1026, (0.25, 0.30), seconds_per_task=(30, 60))
    hours = (3420 * 30 / 3600, 4104 * 60 / 3600)
    assert ends(found) == {
        "tasks": (3420.0, 4104.0),
        "paid_hours": hours,
        "pay_per_paid_hour": (15.0, 36.0),
    }
    assert found.frame["estimate"].isna().all()
    assert found.frame["flag"].tolist() == ["bounds"] * 3
    # 1,026 at 1 EUR an hour: 1,026 hours, and a month of 365/12 days has 730
    found = reach(1026, 1, seconds_per_task=3600, hours_per_day=24)
    assert found.frame["flag"].tolist() == [
        "",
        "more time than there is",
        "more time than there is",
        "",
    ]
    half = reach((700, 1026), 1, seconds_per_task=3600)
    assert half.frame["flag"].tolist()[1] == "bounds, upper end is more time than there is"


def test_a_wage_brings_what_it_is_of() -> None:
    found = reach(parameter("minimum_wage_monthly_net", 2019), 0.05, seconds_per_task=60)
    assert points(found)["tasks"] == 24080.0  # 1,204 / 0.05
    assert "\n".join(each.fr for each in found.provenance.assumptions) == (
        "SMIC mensuel net\u00a0: 1\u202f204 EUR par mois (en 2019). La rémunération d’une tâche "
        "est elle aussi "
        "supposée nette.\nChaque tâche est acceptée et payée, et la suivante est là dès que la "
        "précédente est "
        "finie\u00a0: ni recherche, ni attente, ni travail refusé."
    )


@pytest.mark.parametrize("period", ["hour", "day", "week", "month", "year"])
def test_words_in_both_languages(period: str) -> None:
    found = reach(
        (1, 2),
        (0.1, 0.2),
        seconds_per_task=(1, 2),
        unpaid_minutes_per_hour=(0, 1),
        hours_per_day=8,
        period=period,
    )
    for statistic in found.frame["statistic"]:
        assert f"statistic.{statistic}" in terms()
    for variable in found.frame["variable"]:
        assert f"variable.{variable}" in terms()
    for name, value in found.provenance.rules.items():
        assert not rule(name, value, "fr").startswith(f"{name} =")
    sheet = dl.table(found, language="fr").sheet
    assert sheet.header == ("Statistique", "Variable", "Estimation", "Bornes", "Remarque")


@pytest.mark.parametrize(
    "bad", [0, -1, math.nan, math.inf, "5", None, True, 1e300, [], (1, 2, 3), {"a": 1}]
)
def test_values_that_are_no_amount_are_refused(bad: Any) -> None:
    for amounts, name in (((bad, 0.05), "target"), ((1026, bad), "pay_per_task")):
        with pytest.raises(OptionError, match=f"^`{name}="):
            reach(*amounts)


def test_refusals_in_words(refused: Any) -> None:
    for pay, options in (
        *((pay, {}) for pay in (0, (0.3, 0.2), (0.1, 0.2, 0.3))),
        *((1, {"hours_per_day": 7}), (1, {"seconds_per_task": 1, "hours_per_day": 25})),
        *((1, {"unpaid_minutes_per_hour": 20}), (1, {"period": "decade"}), (1, {"currency": ""})),
    ):
        refused(lambda pay=pay, options=options: reach(1026, pay, **options), OptionError)
    # another period or currency
    for name, year, options in (
        *(
            ("median_income", 2016, {}),
            ("minimum_wage_hourly_gross", 2018, {}),
            ("multi_homing_micro_work", None, {}),
        ),
        *(
            ("poverty_threshold_60", 2016, {"currency": "USD"}),
            ("us_poverty_guideline_1", 2022, {"period": "year"}),
        ),
    ):
        target = parameter(name, year)
        refused(
            lambda target=target, options=options: reach(target, 0.05, **options), MisleadingError
        )


positive = st.floats(0.01, 1e4).map(lambda value: round(value, 2))


@settings(max_examples=30)
@given(positive, positive, positive, st.floats(0, 120), st.floats(1, 2), st.floats(1, 2))
def test_a_wider_range_gives_wider_bounds(
    target: float, pay: float, seconds: float, unpaid: float, more: float, yet: float
) -> None:
    """Any combination of what lies within the ranges lies within the bounds; one task fewer does not reach it."""
    found = reach(
        (target, target * more),
        (pay, pay * yet),
        seconds_per_task=(seconds, seconds * more),
        unpaid_minutes_per_hour=(unpaid, unpaid * yet),
    )
    for a in (target, target * more):
        for b in (pay, pay * yet):
            for c in (seconds, seconds * more):
                one = points(reach(a, b, seconds_per_task=c, unpaid_minutes_per_hour=unpaid))
                assert Fraction(str(b)) * int(one["tasks"]) >= Fraction(str(a))
                assert Fraction(str(b)) * (int(one["tasks"]) - 1) < Fraction(str(a))
                for name, value in one.items():
                    low, high = ends(found)[name]
                    low, high = (points(found)[name],) * 2 if np.isnan(low) else (low, high)
                    assert low <= value * (1 + 1e-12)
                    assert value <= high * (1 + 1e-12)
