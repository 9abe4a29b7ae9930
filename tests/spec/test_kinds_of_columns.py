"""Columns as frames hold them: categories that are numbers, declared orders, days."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.errors import ConditionError


def sample(**columns):
    return dl.declare_design(pd.DataFrame(columns))


@pytest.mark.parametrize("codes", [[3, 1, 3, 2], [3, 1, 3, None]])
def test_categories_that_are_numbers_are_codes(codes):
    """Two of the four (of the three who answered) have code 3."""
    s = sample(kind=pd.Categorical(codes))
    found = dl.estimate(s, dl.share("kind == 3")).frame["estimate"].item()
    assert found == pytest.approx(2 / sum(code is not None for code in codes))
    assert dl.estimate(s.where("kind in (3, 1)"), dl.count()).frame["estimate"].item() == 3
    assert set(dl.estimate(s, dl.count(), by="kind").frame["kind"]) == {code for code in codes if code}


def test_categories_that_are_true_and_false_are_conditions():
    s = sample(yes=pd.Categorical([True, False, True, True]))
    assert dl.estimate(s, dl.share("yes")).frame["estimate"].item() == 0.75
    assert dl.estimate(s.where("yes == True"), dl.count()).frame["estimate"].item() == 3


def test_an_ordered_column_keeps_its_order():
    levels = pd.Categorical(
        ["low", "high", "middle", "low"], categories=["low", "middle", "high"], ordered=True
    )
    assert dl.estimate(sample(level=levels), dl.share("level")).frame["category"].tolist() == [
        "low",
        "middle",
        "high",
    ]


@pytest.mark.parametrize(
    "days",
    [
        pd.to_datetime(["2022-01-01", "2022-01-02", "2022-01-01"]),
        [datetime.date(2022, 1, 1), datetime.date(2022, 1, 2), datetime.date(2022, 1, 1)],
    ],
    ids=["moments", "days"],
)
def test_a_day_is_written_as_one_reads_it(days, refused: Any):
    s = sample(day=days, y=[1.0, 2.0, 3.0])
    assert dl.estimate(s.where("day == '2022-01-01'"), dl.mean("y")).frame["estimate"].item() == 2.0
    refused(lambda: s.where("day == '2022-01-05'"), ConditionError)


def test_an_interval_of_a_rate_stays_a_share():
    """1 of 8 is poor: symmetric, the interval would start below zero."""
    s = sample(income=np.array([500.0, 1100, 1200, 1300, 1400, 1500, 1600, 1700]))
    found = dl.estimate(
        s, dl.arpr("income", threshold=1026), dl.arpr("income", threshold=1026, interval="wald")
    )
    assert found.frame["ci_low"][0] > 0 > found.frame["ci_low"][1]
    assert found.provenance.rules["interval"] == "logit, wald"


def test_one_respondent_and_no_variance_are_said():
    s = sample(y=[1.0, 2.0, 3.0], g=["a", "b", "b"])
    found = dl.estimate(s, dl.mean("y"), by="g").frame
    assert found["flag"].tolist() == ["one respondent", ""]
    assert np.isnan(found["deff"][0])
    strata = dl.declare_design(pd.DataFrame({"y": [1.0, 2.0], "h": [1, 2]}), strata="h", lonely_psu="remove")
    assert dl.estimate(strata, dl.mean("y")).frame["flag"].tolist() == ["no variance"]


def test_domain_and_universe_are_told_apart():
    s = sample(y=[1.0, 2.0, 3.0, 9.0], b=[True, False, True, True])
    rules = dl.estimate(s.universe("y > 1").where("b").where("y < 9 or b"), dl.mean("y")).provenance.rules
    assert (rules["universe"], rules["where"]) == ("y > 1", "(b) and (y < 9 or b)")
