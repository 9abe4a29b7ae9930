"""Poverty indicators against R convey 1.0.1 and laeken 0.5.3, recorded in full digits; and vardpoor by its formula.

Recorded values are held to 1e-6, points of laeken to 1e-10 (shares are in percent there). vardpoor is not recorded: its
linearised variable is written out here in numpy, from Osier (2009) with the density where vardpoor takes it.
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

    from diplab.types import Sample, Statistic

pytestmark = pytest.mark.shared

KEYS = {"ce2015_eq_positive": ("eq", "SEX"), "ghana_income_positive": ("income", "sex")}


@pytest.fixture(scope="module")
def recorded(shared: Path) -> dict[str, dict[str, Any]]:
    return {
        name: json.loads((shared / "reference" / f"{name}.json").read_text()) for name in ("survey_convey", "laeken")
    }


@pytest.fixture(scope="module")
def files(shared: Path) -> dict[str, pd.DataFrame]:
    spent = pd.read_csv(shared / "data" / "design" / "ce2015_rpms.csv.gz", dtype={"CID": str, "PSU": str})
    spent["eq"] = spent["FINCBTAX"] / np.sqrt(spent["FAM_SIZE"])
    ghana = pd.read_csv(shared / "data" / "poverty_gpl" / "ghanaS_simpop.csv.gz")
    return {"ce2015_eq_positive": spent, "ghana_income_positive": ghana}


def declared(files: dict[str, Any], key: str, held: Any = lambda frame: frame) -> Sample:
    if key == "ce2015_eq_positive":
        return dl.declare_design(held(files[key]), weights="FINLWT21", psu="CID").universe("eq > 0")
    ghana = held(files[key])
    return dl.declare_design(ghana, weights="weight", strata="region", psu="clust").universe("income > 0")


@pytest.fixture(scope="module")
def samples(files: dict[str, pd.DataFrame]) -> dict[str, Sample]:
    return {key: declared(files, key) for key in KEYS}


def statistics(income: str, convention: str) -> dict[str, Statistic]:
    rates = {"arpr": 0.6, "arpr_50": 0.5, "arpr_40": 0.4}
    return {
        "arpt": dl.arpt(income, convention=convention),
        **{name: dl.arpr(income, fraction=fraction, convention=convention) for name, fraction in rates.items()},
        "rmpg": dl.relative_median_gap(income, convention=convention),
    }


@pytest.mark.parametrize("key", list(KEYS))
def test_as_convey(samples: dict[str, Sample], recorded: dict[str, Any], key: str) -> None:
    asked = statistics(KEYS[key][0], "convey")
    frame = dl.estimate(samples[key], *asked.values()).frame
    for name, (point, error) in zip(asked, frame[["estimate", "std_error"]].to_numpy(), strict=True):
        value = recorded["survey_convey"][key][name]
        assert [point, error] == pytest.approx([value["estimate"], value["std_error"]], rel=1e-6), name


@pytest.mark.parametrize("key", list(KEYS))
def test_rates_by_sex_as_convey(samples: dict[str, Sample], recorded: dict[str, Any], key: str) -> None:
    """FGT of order 0 is the rate, by domain too."""
    income, by = KEYS[key]
    asked = [dl.arpr(income, convention="convey"), dl.fgt(income, 0, convention="convey")]
    frame = dl.estimate(samples[key], *asked, by=by).frame
    value = recorded["survey_convey"][key]["arpr_by"]
    for _, rows in frame.groupby("statistic"):
        assert rows[by].tolist() == value["domain"]
        assert rows["estimate"].tolist() == pytest.approx(np.ravel(value["estimate"]).tolist(), rel=1e-6)
        assert rows["std_error"].tolist() == pytest.approx(np.ravel(value["std_error"]).tolist(), rel=1e-6)


@pytest.mark.parametrize("order", [0, 1, 2])
def test_fgt_as_convey(samples: dict[str, Sample], recorded: dict[str, Any], order: int) -> None:
    value = recorded["survey_convey"]["ghana_income_positive"][f"fgt{order}_abs500"]
    asked = dl.fgt("income", order, threshold=500, convention="convey")
    row = dl.estimate(samples["ghana_income_positive"], asked).frame.iloc[0]
    assert [row["estimate"], row["std_error"]] == pytest.approx([value["estimate"], value["std_error"]], rel=1e-6)
    assert row["category"] == order


@pytest.mark.parametrize("key", list(KEYS))
def test_official_definitions_as_laeken(samples: dict[str, Sample], recorded: dict[str, Any], key: str) -> None:
    income, by = KEYS[key]
    value = recorded["laeken"][key]
    asked = {name: each for name, each in statistics(income, "eurostat").items() if name in value}
    assert list(asked) == ["arpt", "arpr", "arpr_50", "rmpg"]
    found = dl.estimate(samples[key], *asked.values()).frame["estimate"]
    scale = [1, 100, 100, 100]
    assert (found * scale).tolist() == pytest.approx([value[name] for name in asked], rel=1e-10)
    rates = dl.estimate(samples[key], dl.arpr(income), by=by).frame
    assert rates[by].tolist() == value["arpr_by"]["domain"]
    assert (100 * rates["estimate"]).tolist() == pytest.approx(value["arpr_by"]["value"], rel=1e-10)


def test_engines_agree_on_a_survey(files: dict[str, pd.DataFrame], samples: dict[str, Sample]) -> None:
    """Where the data are queried in Polars, digits are the same."""
    import polars as pl

    key = "ghana_income_positive"
    lazy = declared(files, key, lambda frame: pl.from_pandas(frame).lazy())
    asked = [
        *statistics("income", "convey").values(), dl.fgt("income", 1), dl.fgt("income", 2, threshold_on="domain"),
        dl.relative_median_income_ratio("income", "age >= 65"), dl.arope("income", "hsize >= 8", "age > 80"),
    ]  # fmt: skip
    left, right = (dl.estimate(each, *asked, by="sex").frame for each in (samples[key], lazy))
    columns = ["estimate", "std_error", "ci_low", "ci_high", "n"]
    np.testing.assert_allclose(left[columns].to_numpy(float), right[columns].to_numpy(float), rtol=1e-9)


# -- vardpoor -----------------------------------------------------------------------------------------------------


def kernel_density(y: np.ndarray, w: np.ndarray, at: float, width: float) -> float:
    bell = np.exp(-0.5 * ((at - y) / width) ** 2) / np.sqrt(2 * np.pi)
    return float((w * bell).sum() / (w.sum() * width))


def width_of(y: np.ndarray, w: np.ndarray) -> float:
    centre = (w * y).sum() / w.sum()
    return float(np.sqrt((w * (y - centre) ** 2).sum() / w.sum()) / w.sum() ** 0.2)


def first_reaching(y: np.ndarray, w: np.ndarray, share: float) -> float:
    order = np.argsort(y, kind="stable")
    return float(y[order][np.searchsorted(np.cumsum(w[order]), share * w.sum() * (1 - 1e-12))])


def of_clusters(z: np.ndarray, w: np.ndarray, cluster: np.ndarray, clusters: int) -> float:
    """Standard error of sum(w z) over clusters drawn with replacement, those without anybody included."""
    sums = np.r_[pd.Series(w * z).groupby(cluster).sum().to_numpy(), np.zeros(clusters)][:clusters]
    return float(np.sqrt(clusters / (clusters - 1) * ((sums - sums.mean()) ** 2).sum()))


def test_vardpoor_by_its_formula(files: dict[str, pd.DataFrame], samples: dict[str, Sample]) -> None:
    """In a domain: the rate's density at the median, with the domain's bandwidth; the gap's with everybody's."""
    data = files["ce2015_eq_positive"]
    clusters = data["CID"].nunique()
    data = data[data["eq"] > 0]
    y, w = data["eq"].to_numpy(), data["FINLWT21"].to_numpy(float)
    inside = (data["SEX"] == "F").to_numpy()
    own, weight = y[inside], w[inside]
    median = first_reaching(y, w, 0.5)
    line, people = 0.6 * median, weight.sum()
    of_line = -0.6 / w.sum() * ((y <= median) - 0.5) / kernel_density(y, w, median, width := width_of(y, w))
    rate = (weight * (own <= line)).sum() / people
    of_rate = inside * ((y <= line) - rate) / people
    z = of_rate + kernel_density(own, weight, median, width_of(own, weight)) * of_line
    middle = first_reaching(own, weight, rate / 2)
    rated = of_rate + kernel_density(own, weight, line, width) * of_line
    of_middle = (0.5 * rated - inside * ((y <= middle) - rate / 2) / people) / kernel_density(
        own, weight, middle, width
    )
    gap = middle * of_line / line**2 - of_middle / line
    asked = [dl.arpr("eq", convention="vardpoor"), dl.relative_median_gap("eq", convention="vardpoor")]
    frame = dl.estimate(samples["ce2015_eq_positive"].where("SEX == 'F'"), *asked).frame
    assert frame["estimate"].tolist() == pytest.approx([rate, 1 - middle / line], rel=1e-10)
    cluster = data["CID"].to_numpy()
    assert frame["std_error"].tolist() == pytest.approx(
        [of_clusters(each, w, cluster, clusters) for each in (z, gap)], rel=1e-8
    )
