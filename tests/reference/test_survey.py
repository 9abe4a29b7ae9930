"""Estimates against R survey 4.4-2 and convey 1.0.1, recorded in full digits in the shared folder.

`api` and `nhanes2` are held to 1e-8 relative or 1e-12 absolute; poverty to 1e-6. Values printed with fewer digits
are held to these digits. R's `confint` of `svyciprop` uses the design's degrees of freedom, as the default here.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.shared


def same(found: Any, recorded: Any) -> bool:
    """Equal to 1e-8 relative or 1e-12 absolute."""
    return bool(np.allclose(np.ravel(found), np.ravel(recorded), rtol=1e-8, atol=1e-12))


@pytest.fixture(scope="module")
def recorded(shared: Path) -> dict[str, Any]:
    values: dict[str, Any] = json.loads((shared / "reference" / "survey_convey.json").read_text())
    return values


@pytest.fixture(scope="module")
def strat(shared: Path) -> dl.Sample:
    data = pd.read_csv(shared / "data" / "design" / "apistrat.csv")
    return dl.declare_design(data, weights="pw", strata="stype", fpc="fpc")


@pytest.fixture(scope="module")
def clus1(shared: Path) -> dl.Sample:
    data = pd.read_csv(shared / "data" / "design" / "apiclus1.csv")
    return dl.declare_design(data, weights="pw", psu="dnum", fpc="fpc")


@pytest.fixture(scope="module")
def clus2(shared: Path) -> dl.Sample:
    data = pd.read_csv(shared / "data" / "design" / "apiclus2.csv")
    return dl.declare_design(data, psu=["dnum", "snum"], fpc=["fpc1", "fpc2"])


@pytest.fixture(scope="module")
def nhanes2(shared: Path) -> dl.Sample:
    data = pd.read_csv(shared / "data" / "design" / "samplics" / "nhanes2.csv")
    return dl.declare_design(data, weights="finalwgt", strata="stratid", psu="psuid")


def check(sample: dl.Sample, statistic: Any, value: dict[str, Any], by: str = "") -> None:
    frame = dl.estimate(sample, statistic, by=by or ()).frame
    if by:
        assert frame[by].astype(str).tolist() == value["domain"]
    assert same(frame["estimate"], value["estimate"])
    assert same(frame["std_error"], value["std_error"])


STRAT = [
    ("mean_api00", dl.mean("api00"), ""),
    ("total_enroll", dl.total("enroll"), ""),
    ("ratio_api00_api99", dl.ratio("api00", "api99"), ""),
    ("share_stype", dl.share("stype"), ""),
    ("mean_api00_by_stype", dl.mean("api00"), "stype"),
]


@pytest.mark.parametrize(("key", "statistic", "by"), STRAT, ids=[key for key, _, _ in STRAT])
def test_stratified(strat: dl.Sample, recorded: dict[str, Any], key: str, statistic: Any, by: str) -> None:
    check(strat, statistic, recorded["api"]["strat"][key], by)


def test_stratified_design_effect_and_degrees_of_freedom(strat: dl.Sample, recorded: dict[str, Any]) -> None:
    row = dl.estimate(strat, dl.mean("api00")).frame.iloc[0]
    assert same(row["deff"], recorded["api"]["strat"]["deff_api00"])
    assert row["df"] == recorded["api"]["strat"]["degf"]


def test_stratified_quantiles(strat: dl.Sample, recorded: dict[str, Any]) -> None:
    value = recorded["api"]["strat"]["quantile_api00"]
    frame = dl.estimate(strat, *[dl.quantile("api00", p) for p in value["p"]]).frame
    assert frame["estimate"].tolist() == value["estimate"]
    assert frame[["ci_low", "ci_high"]].to_numpy().tolist() == value["ci"]
    assert same(frame["std_error"], value["std_error"])


@pytest.mark.parametrize("method", ["logit", "xlogit", "beta", "asin"])
def test_stratified_intervals_of_a_share(strat: dl.Sample, recorded: dict[str, Any], method: str) -> None:
    """R's logit method fits a model by iteration, to about 5e-10: the same interval as `xlogit`, within 1e-8."""
    value = recorded["api"]["strat"][f"ciprop_{method}"]
    row = dl.estimate(strat, dl.share("`sch.wide` == 'Yes'", interval=method)).frame.iloc[0]
    assert same(row["estimate"], value["estimate"])
    assert same(row[["ci_low", "ci_high"]].astype(float), value["ci"])


CLUS1 = [
    ("mean_api00", dl.mean("api00"), ""),
    ("total_enroll", dl.total("enroll"), ""),
    ("mean_api00_by_stype", dl.mean("api00"), "stype"),
]


@pytest.mark.parametrize(("key", "statistic", "by"), CLUS1, ids=[key for key, _, _ in CLUS1])
def test_one_stage_clusters(
    clus1: dl.Sample, recorded: dict[str, Any], key: str, statistic: Any, by: str
) -> None:
    check(clus1, statistic, recorded["api"]["clus1"][key], by)


def test_one_stage_subset(clus1: dl.Sample, recorded: dict[str, Any]) -> None:
    check(clus1.where("stype == 'E'"), dl.mean("api00"), recorded["api"]["clus1"]["subset_E"])
    assert dl.estimate(clus1, dl.mean("api00")).frame["df"].tolist() == [recorded["api"]["clus1"]["degf"]]


@pytest.mark.parametrize(
    ("key", "statistic"), [("mean_api00", dl.mean("api00")), ("total_enroll", dl.total("enroll"))]
)
def test_two_stage_clusters(clus2: dl.Sample, recorded: dict[str, Any], key: str, statistic: Any) -> None:
    check(clus2, statistic, recorded["api"]["clus2"][key])


@pytest.mark.parametrize(
    ("key", "statistic", "by"),
    [
        ("highbp", dl.mean("highbp"), ""),
        ("zinc", dl.mean("zinc"), ""),
        ("diabetes_by_race", dl.mean("diabetes"), "race"),
    ],
    ids=["highbp", "zinc", "diabetes_by_race"],
)
def test_nhanes2(nhanes2: dl.Sample, recorded: dict[str, Any], key: str, statistic: Any, by: str) -> None:
    check(nhanes2, statistic, recorded["nhanes2"][key], by)
    assert dl.estimate(nhanes2, statistic).frame["df"].tolist() == [recorded["nhanes2"]["degf"]]


# -- recorded from R with fewer digits: the table of section (d) of the survey facts ------------------------------


def test_clus1_printed_intervals_and_covariances(clus1: dl.Sample) -> None:
    row = dl.estimate(clus1, dl.mean("api00")).frame.iloc[0]
    normal = dl.estimate(clus1, dl.mean("api00"), df="infinity").frame.iloc[0]
    assert row["deff"] == pytest.approx(9.345869, abs=5e-7)
    assert [row["ci_low"], row["ci_high"]] == pytest.approx([593.6763145, 694.6624834], abs=5e-7)
    assert [normal["ci_low"], normal["ci_high"]] == pytest.approx([598.0274550, 690.3113428], abs=5e-7)
    other = dl.estimate(clus1, dl.mean("api99")).frame.iloc[0]
    assert [other["estimate"], other["std_error"], other["deff"]] == pytest.approx(
        [606.9781421, 24.22504091, 8.68958], rel=1e-6
    )
    between = dl.estimate(clus1, dl.mean("api00"), by="stype").covariance
    assert between[np.triu_indices(3, 1)].tolist() == pytest.approx(
        [521.979780, 646.837432, 658.330933], abs=5e-7
    )


def test_clus1_printed_quartiles(clus1: dl.Sample) -> None:
    frame = dl.estimate(clus1, *[dl.quantile("api00", p) for p in (0.25, 0.5, 0.75)]).frame
    assert frame[["estimate", "ci_low", "ci_high"]].to_numpy().tolist() == [
        [552, 492, 627],
        [652, 561, 714],
        [719, 696, 777],
    ]
    assert frame["std_error"].tolist() == pytest.approx([31.4716612, 35.6678827, 18.8829967], abs=5e-8)


@pytest.mark.parametrize(
    ("interval", "low", "high"),
    [
        ("logit", 0.0023046913, 0.1777477665),
        # R prints .0003071927: the angle goes below zero, and its squared sine climbs again on the other side
        ("asin", 0.0, 0.0955767364),
        ("beta", 0.0002161468, 0.1375077639),
        ("wald", -0.0266624, 0.0703783),
    ],
)
def test_clus1_printed_intervals_of_a_rare_share(
    clus1: dl.Sample, interval: str, low: float, high: float
) -> None:
    """4 schools of 183 without English learners: where intervals differ most."""
    row = dl.estimate(clus1, dl.share("ell == 0", interval=interval)).frame.iloc[0]
    assert row["estimate"] == pytest.approx(0.0218579235, abs=5e-11)
    assert [row["ci_low"], row["ci_high"]] == pytest.approx(
        [low, high], abs=1e-7 if interval == "wald" else 1e-9
    )


def test_clus2_with_replacement(shared: Path) -> None:
    data = pd.read_csv(shared / "data" / "design" / "apiclus2.csv")
    row = dl.estimate(
        dl.declare_design(data, weights="pw", psu=["dnum", "snum"]), dl.mean("api00")
    ).frame.iloc[0]
    assert [row["estimate"], row["std_error"]] == pytest.approx([670.8118081, 30.71158], abs=5e-6)


def test_strat_printed_ratio(strat: dl.Sample) -> None:
    row = dl.estimate(strat, dl.ratio("`api.stu`", "enroll")).frame.iloc[0]
    assert [row["estimate"], row["std_error"]] == pytest.approx([0.836956886941, 0.00775710316664], rel=1e-10)


# -- poverty ------------------------------------------------------------------------------------------------------

POVERTY = {"ce2015_eq_positive": ("eq", "SEX"), "ghana_income_positive": ("income", "sex")}


@pytest.fixture(scope="module")
def poverty(shared: Path) -> dict[str, dl.Sample]:
    spent = pd.read_csv(shared / "data" / "design" / "ce2015_rpms.csv.gz", dtype={"CID": str, "PSU": str})
    spent["eq"] = spent["FINCBTAX"] / np.sqrt(spent["FAM_SIZE"])
    ghana = pd.read_csv(shared / "data" / "poverty_gpl" / "ghanaS_simpop.csv.gz")
    return {
        "ce2015_eq_positive": dl.declare_design(spent, weights="FINLWT21", psu="CID").universe("eq > 0"),
        "ghana_income_positive": dl.declare_design(
            ghana, weights="weight", strata="region", psu="clust"
        ).universe("income > 0"),
    }


@pytest.mark.parametrize("key", list(POVERTY))
def test_poverty_as_convey(poverty: dict[str, dl.Sample], recorded: dict[str, Any], key: str) -> None:
    income, _ = POVERTY[key]
    frame = dl.estimate(
        poverty[key],
        dl.arpt(income, convention="convey"),
        *[dl.arpr(income, fraction=each, convention="convey") for each in (0.6, 0.5, 0.4)],
    ).frame
    values = [recorded[key][name] for name in ("arpt", "arpr", "arpr_50", "arpr_40")]
    assert frame["estimate"].tolist() == pytest.approx([each["estimate"] for each in values], rel=1e-6)
    assert frame["std_error"].tolist() == pytest.approx([each["std_error"] for each in values], rel=1e-6)
    assert frame["n"].tolist() == [recorded[key]["n"]] * 4


@pytest.mark.parametrize("key", list(POVERTY))
def test_poverty_by_domain_as_convey(
    poverty: dict[str, dl.Sample], recorded: dict[str, Any], key: str
) -> None:
    """The line is national: the standard error of a domain counts everybody's median."""
    income, by = POVERTY[key]
    frame = dl.estimate(poverty[key], dl.arpr(income, convention="convey"), by=by).frame
    value = recorded[key]["arpr_by"]
    assert frame[by].tolist() == value["domain"]
    assert frame["estimate"].tolist() == pytest.approx(np.ravel(value["estimate"]).tolist(), rel=1e-6)
    assert frame["std_error"].tolist() == pytest.approx(np.ravel(value["std_error"]).tolist(), rel=1e-6)


@pytest.mark.parametrize("key", list(POVERTY))
def test_means_of_the_universe(poverty: dict[str, dl.Sample], recorded: dict[str, Any], key: str) -> None:
    row = dl.estimate(poverty[key], dl.mean(POVERTY[key][0])).frame.iloc[0]
    assert same(row["estimate"], recorded[key]["mean"]["estimate"])
    assert same(row["std_error"], recorded[key]["mean"]["std_error"])


def test_fixed_line_as_convey(poverty: dict[str, dl.Sample], recorded: dict[str, Any]) -> None:
    value = recorded["ghana_income_positive"]["fgt0_abs500"]
    asked = dl.arpr("income", threshold=500, convention="convey")
    row = dl.estimate(poverty["ghana_income_positive"], asked).frame.iloc[0]
    assert [row["estimate"], row["std_error"]] == pytest.approx(
        [value["estimate"], value["std_error"]], rel=1e-6
    )
