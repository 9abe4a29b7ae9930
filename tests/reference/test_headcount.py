"""From accounts to persons, nested circles, prevalence: values published, or worked by hand beside them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from diplab import population
from diplab.errors import (
    BaseMissingError,
    ColumnError,
    MisleadingError,
)
from diplab.population import Circle, Source
from diplab.reference.parameter import parameter
from diplab.reference.text import Text
from diplab.results.estimates import COLUMNS, Estimates
from diplab.results.provenance import STATUSES, STRONGEST_FIRST
from tests.population_support import refused


def only(estimates: Estimates) -> pd.Series:
    assert list(estimates.frame.columns) == list(COLUMNS)
    assert len(estimates) == 1
    return estimates.frame.iloc[0]


def test_headcount_of_the_three_circles() -> None:
    # C1, C2, C7 (MH1): 337,980 and 66,468 accounts over 1.27, and the first over 1.83.
    registered = [Source("seven platforms", 337_980, "derived", "arXiv 1901.03889, times 1.27")]
    assert round(only(population.headcount(registered))["estimate"]) == 266_126
    monthly = [Source("seven platforms", 66_468, "derived", "arXiv 1901.03889, times 1.27")]
    assert round(only(population.headcount(monthly))["estimate"]) == 52_337
    factor = parameter("multi_homing_online_work")
    other = population.headcount(registered, factor)
    assert round(only(other)["estimate"]) == 184_689
    assert math.isnan(only(other)["std_error"])
    assert np.isnan(other.covariance).all()
    assert len(other.provenance.assumptions) == 2
    assert other.provenance.rules == {"accounts": "337980", "multi_homing": "1.83", "platforms": "1"}
    assert other.provenance.source.en == f"arXiv 1901.03889, times 1.27; {factor.source}"


def test_headcount_has_the_status_of_its_weakest_input() -> None:
    table = pd.DataFrame(
        {
            "platform": ["A", "B"],
            "accounts": [100, 60],
            "status": ["published", "inferred"],
            "source": ["report A", "report B"],
        }
    )
    # MH1: 160 accounts of 100 persons, 1.6 each.
    found = population.headcount(table, 1.6)
    assert only(found)["estimate"] == pytest.approx(100)
    assert found.provenance.status == "inferred"
    assert found.provenance.source == Text("report A\u202f; report B", "report A; report B")
    assert population.headcount(table.head(1), 1.6).provenance.status == "derived"
    assert set(STRONGEST_FIRST) == set(STATUSES)


def test_refusals_of_headcount(error_text) -> None:
    one = [Source("A", 100, "published", "report A")]
    error_text(refused(population.headcount, one, 0.9), "1")
    error_text(refused(population.headcount, []), "2")
    error_text(refused(Source, "A", math.nan, "published", "report A"), "3")
    error_text(refused(Source, "A", 10, "publishd", "report A"), "4")
    with pytest.raises(BaseMissingError) as without:
        Source("A", 100, "published", "")
    error_text(without, "no source")
    with pytest.raises(ColumnError) as absent:
        population.headcount(
            pd.DataFrame({"platform": ["A"], "acounts": [1], "status": [""], "source": [""]})
        )
    error_text(absent, "no accounts")


def test_multi_homing_curve_by_hand() -> None:
    # 1,000 accounts on the first, 352 persons on both. Second of 352: 1,352 accounts of 1,000 persons; of
    # 1,000: 2,000 accounts of 1,648 persons; of 4,000: 5,000 accounts of 4,648 persons.
    factors = population.multi_homing_curve(0.352, [0.352, 1, 4])
    assert factors == pytest.approx([1.352, 2000 / 1648, 5000 / 4648])
    assert population.multi_homing_curve(0.352, 1e9) == pytest.approx(1)
    assert population.multi_homing_curve(0, [0.5, 2]).tolist() == [1, 1]


def test_refusals_of_the_curve(error_text: Any) -> None:
    error_text(refused(population.multi_homing_curve, 0.352, [1, 0.2]), "1")
    error_text(refused(population.multi_homing_curve, 35.2, [1]), "2")


SIGHTINGS = [1645, 183, 37, 13, 1, 1]
PAPER = Text.same("arXiv 1901.03889")
REGISTERED = Circle(
    *("registered", 266_126, Text("inscrits", "registered")),
    *(Text("inscrits sur une plateforme", "registered on a platform"), PAPER, "published"),
)
MONTHLY = Circle(
    *("monthly", 52_337, Text("mensuels", "monthly"), Text("chaque mois", "each month"), PAPER),
    *("published", "registered"),
)
VERY_ACTIVE = Circle(
    *("very_active", 14_903, Text("très actifs", "very active"), Text("chaque semaine", "each week"), PAPER),
    *("inferred", "monthly"),
)


def test_circles_are_rows_largest_first() -> None:
    rows = population.circles([VERY_ACTIVE, REGISTERED, MONTHLY])
    assert rows.frame["category"].tolist() == ["registered", "monthly", "very_active"]
    assert rows.frame["estimate"].tolist() == [266_126, 52_337, 14_903]
    assert rows.provenance.nested
    assert rows.provenance.status == "inferred"
    assert rows.provenance.source == PAPER
    assert rows.provenance.base == REGISTERED.definition


def test_circles_are_never_added(error_text: Any) -> None:
    # C6: 333,366, as some outlets printed, is refused.
    with pytest.raises(MisleadingError) as caught:
        REGISTERED + MONTHLY
    error_text(caught, "1")
    error_text(refused(sum, [REGISTERED, MONTHLY, VERY_ACTIVE]), "2")
    error_text(refused(population.circles([REGISTERED, MONTHLY, VERY_ACTIVE]).sum), "3")
    assert sum([REGISTERED]) is REGISTERED
    with pytest.raises(TypeError):
        REGISTERED + 1  # type: ignore[operator]
    with pytest.raises(TypeError):
        1 + REGISTERED


def test_refusals_of_circles(error_text: Any) -> None:
    error_text(refused(population.circles, []), "1")
    error_text(refused(population.circles, [REGISTERED, REGISTERED]), "2")
    error_text(refused(population.circles, [REGISTERED, VERY_ACTIVE]), "3")
    alone = Circle("weekly", 20_000, PAPER, PAPER, PAPER, "published")
    error_text(refused(population.circles, [REGISTERED, alone]), "4")
    large = Circle("weekly", 300_000, PAPER, PAPER, PAPER, "published", "registered")
    error_text(refused(population.circles, [REGISTERED, large]), "5")


def test_prevalence_of_the_circles() -> None:
    # C10: 64.1, 12.6 and 3.6 per 10,000 aged 15-64.
    inhabitants = parameter("population_15_64", 2018)
    rates = population.prevalence(population.circles([REGISTERED, MONTHLY, VERY_ACTIVE]), inhabitants)
    assert rates.frame["estimate"].round(1).tolist() == [64.1, 12.6, 3.6]
    assert rates.frame["variable"].unique().tolist() == ["prevalence"]
    assert rates.provenance.nested
    assert rates.provenance.rules["population"] == "41519102"


def test_prevalence_carries_the_uncertainty() -> None:
    sizes = population.single_source(SIGHTINGS)
    rates = population.prevalence(sizes, 1_000_000, per=1000)
    for column in ("estimate", "std_error", "ci_low", "ci_high"):
        assert only(rates)[column] == pytest.approx(only(sizes)[column] / 1000)
    assert only(rates)["cv"] == only(sizes)["cv"]
    assert rates.covariance[0, 0] == pytest.approx(only(rates)["std_error"] ** 2)
    assert only(sizes)["variable"] == "population size"


def test_refusals_of_prevalence(error_text: Any) -> None:
    error_text(refused(population.prevalence, 266_126, 100_000))
