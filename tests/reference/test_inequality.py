"""Inequality against R: convey 1.0.1 (points and standard errors), laeken 0.5.3 (points); in full digits, recorded."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl

if TYPE_CHECKING:
    from pathlib import Path

    from diplab.types import Sample

EXACT = 1e-9


@pytest.fixture(scope="module", params=["ce2015_eq_positive", "ghana_income_positive"])
def case(request: pytest.FixtureRequest, shared: Path) -> tuple[str, Sample, str, str]:
    if request.param == "ce2015_eq_positive":
        data = pd.read_csv(shared / "data" / "design" / "ce2015_rpms.csv.gz", dtype={"CID": str, "PSU": str})
        data["eq"] = data["FINCBTAX"] / np.sqrt(data["FAM_SIZE"])
        sample = dl.declare_design(data, weights="FINLWT21", psu="CID").universe("eq > 0")
        return request.param, sample, "eq", "SEX"
    data = pd.read_csv(shared / "data" / "poverty_gpl" / "ghanaS_simpop.csv.gz")
    sample = dl.declare_design(data, weights="weight", strata="region", psu="clust").universe("income > 0")
    return request.param, sample, "income", "sex"


def recorded(shared: Path, program: str, key: str) -> dict[str, Any]:
    name = {"convey": "survey_convey.json", "laeken": "laeken.json"}[program]
    values: dict[str, Any] = json.loads((shared / "reference" / name).read_text())[key]
    return values


@pytest.mark.shared
def test_convey_points_and_standard_errors(case: tuple[str, Sample, str, str], shared: Path) -> None:
    key, sample, income, by = case
    values = recorded(shared, "convey", key)
    asked = {
        "gini": dl.gini(income, convention="convey"),
        "qsr": dl.quintile_ratio(income, convention="convey"),
        "theil": dl.theil(income),
        "atkinson05": dl.atkinson(income, 0.5),
    }
    asked = {name: each for name, each in asked.items() if name in values}
    assert len(asked) == (4 if key.startswith("ghana") else 2)
    frame = dl.estimate(sample, *asked.values()).frame
    for column in ("estimate", "std_error"):
        by_r = [values[name][column] for name in asked]
        assert frame[column].tolist() == pytest.approx(by_r, rel=EXACT)
    domains = dl.estimate(sample, asked["gini"], by=by).frame
    assert domains[by].tolist() == values["gini_by"]["domain"]
    for column in ("estimate", "std_error"):
        assert domains[column].tolist() == pytest.approx(np.ravel(values["gini_by"][column]), rel=EXACT)


@pytest.mark.shared
def test_laeken_points(case: tuple[str, Sample, str, str], shared: Path) -> None:
    key, sample, income, by = case
    values = recorded(shared, "laeken", key)
    gini, ratio = dl.estimate(sample, dl.gini(income), dl.quintile_ratio(income)).frame["estimate"]
    assert 100 * gini == pytest.approx(values["gini"], rel=EXACT)
    assert ratio == pytest.approx(values["qsr"], rel=EXACT)
    domains = dl.estimate(sample, dl.gini(income), by=by).frame
    assert (100 * domains["estimate"]).tolist() == pytest.approx(values["gini_by"]["value"], rel=EXACT)


@pytest.mark.shared
def test_the_conventions_are_told_apart(case: tuple[str, Sample, str, str]) -> None:
    """Cumulated row by row the index is higher by sum w (w - 1) y / (N Y); standard errors differ less."""
    _, sample, income, _ = case
    asked = [dl.gini(income, convention=name) for name in ("eurostat", "convey", "vardpoor")]
    frame = dl.estimate(sample, *asked).frame
    eurostat, convey, vardpoor = frame["estimate"]
    assert convey == vardpoor
    assert 1e-6 < convey - eurostat < 1e-3
    assert frame["std_error"].iloc[0] == pytest.approx(frame["std_error"].iloc[1], rel=2e-3)


def test_a_small_file_in_laeken() -> None:
    """R laeken 0.5.3: qsr, gini, gpg (mean, median) of sixteen weighted incomes with ties."""
    incomes = [3, 1, 4, 1, 5, 9, 2, 6, 5, 35, 8, 9.5, 7, 9, 3, 2]
    weights = [1, 2, 1, 3, 2, 1, 1, 2, 4, 1, 2, 1, 1.5, 2.5, 3, 2]
    people = pd.DataFrame({"y": np.array(incomes, dtype=float), "w": weights, "g": list("fm") * 8})
    women = "g == 'f'"
    asked = [
        dl.quintile_ratio("y"),
        dl.gini("y"),
        dl.gender_pay_gap("y", women),
        dl.gender_pay_gap("y", women, gap_of="median"),
    ]
    found = dl.estimate(dl.declare_design(people, weights="w"), *asked).frame["estimate"]
    by_r = [6.909090909090909, 0.42896015549076779, 0.2815098104423012, 0.1666666666666667]
    assert found.tolist() == pytest.approx(by_r, rel=1e-14)
