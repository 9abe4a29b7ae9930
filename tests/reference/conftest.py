"""Designs of the shared folder that R survey 4.4-2 was asked about, read once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import diplab as dl

if TYPE_CHECKING:
    from pathlib import Path

    from diplab.types import Sample


@pytest.fixture(scope="session")
def design(shared: Path) -> Path:
    return shared / "data" / "design"


@pytest.fixture(scope="session")
def recorded(shared: Path) -> dict[str, Any]:
    """What R survey 4.4-2 and convey 1.0.1 answered, by sample, then by question."""
    values: dict[str, Any] = json.loads((shared / "reference" / "survey_convey.json").read_text())
    return {**values.pop("api"), **values}


@pytest.fixture(scope="session")
def strat(design: Path) -> Sample:
    return dl.declare_design(pd.read_csv(design / "apistrat.csv"), weights="pw", strata="stype", fpc="fpc")


@pytest.fixture(scope="session")
def clus1(design: Path) -> Sample:
    data = pd.read_csv(design / "apiclus1.csv")
    data["language"], data["meal"] = (data["ell"] > 20).astype(int), data["meals"] > 50
    return dl.declare_design(data, weights="pw", psu="dnum", fpc="fpc")


@pytest.fixture(scope="session")
def clus2(design: Path) -> Sample:
    data = pd.read_csv(design / "apiclus2.csv")
    return dl.declare_design(data, psu=["dnum", "snum"], fpc=["fpc1", "fpc2"])


@pytest.fixture(scope="session")
def clus2wr(design: Path) -> Sample:
    """With replacement; `m4` cuts the share of free meals into four."""
    data = pd.read_csv(design / "apiclus2.csv")
    data["m4"] = pd.cut(data["meals"], [0, 25, 50, 75, 100], labels=["a", "b", "c", "d"])
    return dl.declare_design(data, weights="pw", psu=["dnum", "snum"])


@pytest.fixture(scope="session")
def nhanes2(design: Path) -> Sample:
    data = pd.read_csv(design / "samplics" / "nhanes2.csv")
    return dl.declare_design(data, weights="finalwgt", strata="stratid", psu="psuid")
