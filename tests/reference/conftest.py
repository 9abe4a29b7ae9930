"""Designs of the shared folder that R survey 4.4-2 was asked about, read once."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl


@pytest.fixture(scope="session")
def design(shared):
    return shared / "data" / "design"


@pytest.fixture(scope="session")
def recorded(shared):
    """What R survey 4.4-2 and convey 1.0.1 answered, by sample, then by question."""
    values: dict[str, Any] = json.loads((shared / "reference" / "survey_convey.json").read_text())
    return {**values.pop("api"), **values}


@pytest.fixture(scope="session")
def strat(design):
    return dl.declare_design(
        pd.read_csv(design / "apistrat.csv"), weights="pw", strata="stype", fpc="fpc"
    )


@pytest.fixture(scope="session")
def clus1(design):
    data = pd.read_csv(design / "apiclus1.csv")
    data["language"], data["meal"] = (data["ell"] > 20).astype(int), data["meals"] > 50
    return dl.declare_design(data, weights="pw", psu="dnum", fpc="fpc")


@pytest.fixture(scope="session")
def clus2(design):
    data = pd.read_csv(design / "apiclus2.csv")
    return dl.declare_design(data, psu=["dnum", "snum"], fpc=["fpc1", "fpc2"])


@pytest.fixture(scope="session")
def clus2wr(design):
    """With replacement; `m4` cuts the share of free meals into four."""
    data = pd.read_csv(design / "apiclus2.csv")
    data["m4"] = pd.cut(data["meals"], [0, 25, 50, 75, 100], labels=["a", "b", "c", "d"])
    return dl.declare_design(data, weights="pw", psu=["dnum", "snum"])


@pytest.fixture(scope="session")
def nhanes2(design):
    data = pd.read_csv(design / "samplics" / "nhanes2.csv")
    return dl.declare_design(data, weights="finalwgt", strata="stratid", psu="psuid")


@pytest.fixture(scope="session")
def schools(clus1, strat):
    """The two samples of schools, by the names that they have in R."""
    return {"d1": clus1, "ds": strat}


@pytest.fixture(scope="session")
def recs(design):
    data = pd.read_csv(design / "recs2015_brr96.csv.gz")
    return dl.declare_design(
        data, weights="NWEIGHT", replicates=dl.replicates("BRRWT*", kind="fay", fay=0.5)
    )


@pytest.fixture(scope="session")
def spent(design):
    data = pd.read_csv(design / "ce2015_rpms.csv.gz", dtype={"CID": str, "PSU": str})
    return data.assign(eq=data["FINCBTAX"] / np.sqrt(data["FAM_SIZE"]))


@pytest.fixture(scope="session")
def ghana(shared):
    return pd.read_csv(shared / "data" / "poverty_gpl" / "ghanaS_simpop.csv.gz")


@pytest.fixture(scope="session")
def incomes(spent, ghana):
    """Samples with incomes, by the names that they have in the record of R."""
    homes = dl.declare_design(spent, weights="FINLWT21", psu="CID").universe("eq > 0")
    people = dl.declare_design(ghana, weights="weight", strata="region", psu="clust").universe(
        "income > 0"
    )
    return {"ce2015_eq_positive": homes, "ghana_income_positive": people}
