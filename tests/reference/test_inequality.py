"""Poverty and inequality against R laeken 0.5.3, recorded in full digits; and vardpoor by its formula.

Values of convey 1.0.1 are held by `test_every_recorded_value.py`. vardpoor is not recorded: its
linearised variable is written out here in numpy, from Osier (2009) with the density where vardpoor
takes it.
"""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import diplab as dl

KEYS = {"ce2015_eq_positive": ("eq", "SEX"), "ghana_income_positive": ("income", "sex")}


@pytest.mark.parametrize("key", KEYS)
def test_official_definitions_as_laeken(incomes, shared, key):
    """Shares are in percent there."""
    (income, by), sample = KEYS[key], incomes[key]
    value = json.loads((shared / "reference" / "laeken.json").read_text())[key]
    asked = {
        "arpt": dl.arpt(income), "arpr": dl.arpr(income), "arpr_50": dl.arpr(income, fraction=0.5),
        "rmpg": dl.relative_median_gap(income), "gini": dl.gini(income), "qsr": dl.quintile_ratio(income),
    }  # fmt: skip
    found = dl.estimate(sample, *asked.values()).frame["estimate"] * [1, 100, 100, 100, 100, 1]
    assert found.tolist() == pytest.approx([value[name] for name in asked], rel=1e-10)
    for name in ("arpr", "gini"):
        domains = dl.estimate(sample, asked[name], by=by).frame
        assert domains[by].tolist() == value[f"{name}_by"]["domain"]
        assert (100 * domains["estimate"]).tolist() == pytest.approx(
            value[f"{name}_by"]["value"], rel=1e-10
        )


@pytest.mark.parametrize("key", KEYS)
def test_the_conventions_are_told_apart(incomes, key):
    """Cumulated row by row the index is higher by sum w (w - 1) y / (N Y); standard errors differ less."""
    asked = [dl.gini(KEYS[key][0], convention=name) for name in ("eurostat", "convey", "vardpoor")]
    frame = dl.estimate(incomes[key], *asked).frame
    eurostat, convey, vardpoor = frame["estimate"]
    assert convey == vardpoor
    assert 1e-6 < convey - eurostat < 1e-3
    assert frame["std_error"].iloc[0] == pytest.approx(frame["std_error"].iloc[1], rel=2e-3)


def test_a_small_file_in_laeken():
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


def test_engines_agree_on_a_survey(incomes, ghana):
    """Where the data are queried in Polars, digits are the same."""
    import polars as pl

    lazy = dl.declare_design(
        pl.from_pandas(ghana).lazy(), weights="weight", strata="region", psu="clust"
    )
    convey = {"convention": "convey"}
    of_convey = [dl.arpt("income", **convey), dl.relative_median_gap("income", **convey)]
    of_convey += [dl.arpr("income", fraction=fraction, **convey) for fraction in (0.4, 0.5, 0.6)]
    asked = [
        *of_convey, dl.fgt("income", 1), dl.fgt("income", 2, threshold_on="domain"),
        dl.relative_median_income_ratio("income", "age >= 65"), dl.arope("income", "hsize >= 8", "age > 80"),
    ]  # fmt: skip
    samples = incomes["ghana_income_positive"], lazy.universe("income > 0")
    left, right = (dl.estimate(each, *asked, by="sex").frame for each in samples)
    columns = ["estimate", "std_error", "ci_low", "ci_high", "n"]
    np.testing.assert_allclose(
        left[columns].to_numpy(float), right[columns].to_numpy(float), rtol=1e-9
    )


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


def test_vardpoor_by_its_formula(spent, incomes):
    """In a domain: the rate's density at the median, with the domain's bandwidth; the gap's with everybody's."""
    clusters, data = spent["CID"].nunique(), spent[spent["eq"] > 0]
    y, w = data["eq"].to_numpy(), data["FINLWT21"].to_numpy(float)
    inside = (data["SEX"] == "F").to_numpy()
    own, weight = y[inside], w[inside]
    median = first_reaching(y, w, 0.5)
    line, people = 0.6 * median, weight.sum()
    of_line = (
        -0.6
        / w.sum()
        * ((y <= median) - 0.5)
        / kernel_density(y, w, median, width := width_of(y, w))
    )
    rate = (weight * (own <= line)).sum() / people
    of_rate = inside * ((y <= line) - rate) / people
    z = of_rate + kernel_density(own, weight, median, width_of(own, weight)) * of_line
    middle = first_reaching(own, weight, rate / 2)
    rated = of_rate + kernel_density(own, weight, line, width) * of_line
    of_middle = (0.5 * rated - inside * ((y <= middle) - rate / 2) / people) / kernel_density(
        own, weight, middle, width
    )
    gap = middle * of_line / line**2 - of_middle / line
    asked = [
        dl.arpr("eq", convention="vardpoor"),
        dl.relative_median_gap("eq", convention="vardpoor"),
    ]
    frame = dl.estimate(incomes["ce2015_eq_positive"].where("SEX == 'F'"), *asked).frame
    assert frame["estimate"].tolist() == pytest.approx([rate, 1 - middle / line], rel=1e-10)
    cluster = data["CID"].to_numpy()
    assert frame["std_error"].tolist() == pytest.approx(
        [of_clusters(each, w, cluster, clusters) for each in (z, gap)], rel=1e-8
    )
