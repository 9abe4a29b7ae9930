"""Official definitions against R laeken 0.5.3, recorded in full digits in the shared folder; shares in percent."""

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

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def recorded(shared: Path) -> dict[str, Any]:
    values: dict[str, Any] = json.loads((shared / "reference" / "laeken.json").read_text())
    return values


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


def test_threshold_and_rates(case: tuple[str, Sample, str, str], recorded: dict[str, Any]) -> None:
    key, sample, income, _ = case
    found = dl.estimate(sample, dl.arpt(income), dl.arpr(income), dl.arpr(income, fraction=0.5)).frame["estimate"]
    line, *rates = found.tolist()
    assert line == pytest.approx(recorded[key]["arpt"], rel=1e-10)
    assert [100 * rate for rate in rates] == pytest.approx([recorded[key]["arpr"], recorded[key]["arpr_50"]], rel=1e-10)


def test_rates_by_sex(case: tuple[str, Sample, str, str], recorded: dict[str, Any]) -> None:
    key, sample, income, by = case
    frame = dl.estimate(sample, dl.arpr(income), by=by).frame
    assert frame[by].tolist() == recorded[key]["arpr_by"]["domain"]
    assert (100 * frame["estimate"]).tolist() == pytest.approx(recorded[key]["arpr_by"]["value"], rel=1e-10)
