"""What 36 designs drawn at random and R survey 4.4-2 did not agree on, in its smallest form, and who is right.

The designs (one to three stages, with and without fpc, lonely units under every policy, unequal
probabilities, two phases, replicate weights of every kind, missing answers, domains, margins) gave
130,000 numbers, the same to 1e-8 (1e-6 for fits) but for the cases below, those of decisions 4, 9,
11, 13 and 14, and degrees of freedom in domains.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from tests.recorded_values import recorded_file

IN_R = recorded_file("random_designs")


def test_slow_steps_are_no_separation():
    """`svyglm(b~x+h, svydesign(~1, weights=~w), family=quasibinomial("cloglog"), control=list(epsilon=1e-20,
    maxit=2000))`.

    Fisher's steps shorten by a third each here, and forty of them were taken for a fit without end.
    R stops where the deviance no longer moves, 2e-7 before the maximum: the score is zero at ours.
    """
    data = pd.DataFrame(IN_R["data of slow steps"])
    found = dl.regress(
        dl.declare_design(data, weights="w"),
        "b ~ x + h",
        family="binomial",
        link="cloglog",
        df="design",
    ).frame
    recorded = [1.833231206205305330, -0.050855485582015456, -1.778607596021972492]
    assert found["estimate"].tolist() == pytest.approx(recorded, rel=1e-6)
    errors = [4.56466304121478661, 0.15987977985626375, 1.01841267460880291]
    assert found["std_error"].tolist() == pytest.approx(errors, rel=1e-6)
    columns = np.array([np.ones(16), data["x"], data["h"] == "m"], dtype=float)
    eta = found["estimate"].to_numpy() @ columns
    # d/d eta of y log(1 - exp(-exp(eta))) - (1 - y) exp(eta)
    slope = np.where(data["b"] == 1, np.exp(eta) / np.expm1(np.exp(eta)), -np.exp(eta))
    assert columns @ (data["w"] * slope).to_numpy() == pytest.approx(np.zeros(3), abs=1e-8)


def test_ordinal_cloglog_is_the_complementary_one(shared):
    """P(Y <= k) = 1 - exp(-exp(c_k - x'b)) (McCullagh 1980); `svyolr(method="cloglog")` has exp(-exp(-(c_k - x'b))).

    That is the same model of the answers in reverse order, with all signs turned:
    `-coef(svyolr(factor(-as.integer(cut(meals, c(0,25,50,75,100)))) ~ avg.ed+mobility+stype, dw,
    method="cloglog", start=c(3.6,-.05,2.4,.6,9.4,log(1.2),log(1.5)), control=list(reltol=1e-16,
    maxit=5000)))`, with `dw <- svydesign(~dnum+snum, weights=~pw, data=apiclus2)`. Errors to 3e-4:
    R's information is a finite difference.
    """
    data = pd.read_csv(shared / "data" / "design" / "apiclus2.csv")
    data["m4"] = pd.cut(data["meals"], [0, 25, 50, 75, 100], labels=list("abcd"))
    sample = dl.declare_design(data, weights="pw", psu=["dnum", "snum"])
    found = dl.regress(
        sample, "m4 ~ avg.ed + mobility + stype", family="ordinal", link="cloglog", df="design"
    ).frame
    assert found["estimate"].tolist() == pytest.approx(
        IN_R["ordinal cloglog is the complementary one"][0], rel=1e-6
    )
    assert found["std_error"].tolist() == pytest.approx(
        IN_R["ordinal cloglog is the complementary one"][1], rel=3e-4
    )


def test_raking_of_unequal_weights(shared):
    """R's `calibrate(ds, ~awards+sch.wide, c(6194, 4200, 5122), calfun="raking", epsilon=1e-13)` is ours.

    R's `rake` gives the same weights, and the standard errors 9.3016350636141372 and
    133167.30259432617: it leaves the weights out of the residuals (decision 11).
    """
    data = pd.read_csv(shared / "data" / "design" / "apistrat.csv")
    sample = dl.declare_design(data, weights="pw", strata="stype", fpc="fpc")
    margins = {"awards": {"No": 1994, "Yes": 4200}, "sch.wide": {"No": 1072, "Yes": 5122}}
    raked = dl.calibrate(sample, margins, distance="raking")
    found = dl.estimate(raked, dl.mean("api00"), dl.total("enroll"), df="design").frame
    assert found["estimate"].tolist() == pytest.approx(
        [662.53391533807167, 3688878.90433520358056], rel=1e-8
    )
    assert found["std_error"].tolist() == pytest.approx(
        [9.29511389214370, 127057.75623289929354], rel=1e-8
    )


def double_sum(data: pd.DataFrame, z: np.ndarray) -> float:
    """Variance of a total over two phases, by pairs of rows (Särndal, Swensson and Wretman 1992, result 9.3.1).

    First clusters of strata at random without replacement, then rows of groups likewise.
    """
    taken = data["taken"].to_numpy() == 1
    one = {name: data.loc[taken, name].to_numpy() for name in ("h", "c", "g", "n", "N", "m", "M")}

    def alike(name: str) -> np.ndarray:
        found: np.ndarray = one[name][:, None] == one[name]
        return found

    first, second = one["n"] / one["N"], one["m"] / one["M"]
    within = (one["n"] * (one["n"] - 1) / (one["N"] * (one["N"] - 1)))[:, None]
    pairs_1 = np.where(
        alike("c"), first[:, None], np.where(alike("h"), within, np.outer(first, first))
    )
    within = (one["m"] * (one["m"] - 1) / (one["M"] * (one["M"] - 1)))[:, None]
    pairs_2 = np.where(alike("g"), within, np.outer(second, second))
    np.fill_diagonal(pairs_2, second)
    once = z[taken] / first
    twice = once / second
    of_first = np.outer(once, once) * (pairs_1 - np.outer(first, first)) / (pairs_1 * pairs_2)
    of_second = np.outer(twice, twice) * (pairs_2 - np.outer(second, second)) / pairs_2
    return float(of_first.sum() + of_second.sum())


@pytest.mark.parametrize("seed", range(4))
def test_two_phases_of_stratified_clusters(seed):
    """R's `twophase(method="full")` differs here, by up to a tenth for means.

    The estimator is unbiased and not always positive: a total of seeds 0 and 2 has no variance, and
    says so.
    """
    draw = np.random.default_rng(seed)
    data = pd.DataFrame({"c": np.repeat(np.arange(10), 6), "g": draw.choice(list("ab"), 60)})
    data["h"] = np.where(data["c"] < 4, 1, 2)
    data["y"] = draw.normal(20, 3, 60) + data["c"]
    data["n"], data["N"] = np.where(data["h"] == 1, 4, 6), np.where(data["h"] == 1, 9, 15)
    data["taken"] = (draw.random(60) < 0.5).astype(int)
    data["m"], data["M"] = (
        data.groupby("g")["taken"].transform("sum"),
        data.groupby("g")["taken"].transform("size"),
    )
    sample = dl.two_phase(
        dl.declare_design(data, strata="h", psu="c", fpc="N"), "taken == 1", strata="g"
    )
    found = dl.estimate(sample, dl.total("y"), dl.mean("y"), df="design").frame
    weight = (data["N"] / data["n"] * data["M"] / data["m"] * data["taken"]).to_numpy()
    mean = np.average(data["y"], weights=weight)
    residual = (data["y"].to_numpy() - mean) / weight.sum()
    by_pairs = [double_sum(data, data["y"].to_numpy()), double_sum(data, residual)]
    assert found["estimate"].tolist() == pytest.approx([weight @ data["y"], mean], rel=1e-12)
    assert (by_pairs[0] < 0) == (seed in (0, 2))
    errors = [np.sqrt(variance) if variance > 0 else np.nan for variance in by_pairs]
    assert found["std_error"].tolist() == pytest.approx(errors, rel=1e-9, nan_ok=True)
    assert found["flag"].tolist() == [
        "no variance" if variance < 0 else "few units" for variance in by_pairs
    ]
    assert found["ci_low"].isna().tolist() == [variance < 0 for variance in by_pairs]


def test_combination_without_a_variance():
    """1 + 1 - 2 x 2 = -2: no error of zero, which would make the difference certain; 1 + 1 - 2 x 1 is one."""
    data = pd.DataFrame({"sex": ["f", "f", "m", "m"], "hours": [10.0, 20.0, 30.0, 50.0]})
    found = dl.estimate(dl.declare_design(data), dl.mean("hours"), by="sex", df="design")
    for between, flag in ((2.0, "no variance"), (1.0, "few units")):
        made = replace(found, covariance=np.array([[1.0, between], [between, 1.0]]))
        row = dl.contrast(made, {"sex": ("m", "f")}).frame.iloc[0]
        assert row["flag"] == flag
        assert [row["estimate"], row["std_error"]] == pytest.approx(
            [25.0, np.nan if flag == "no variance" else 0.0], nan_ok=True
        )
        assert np.isnan(row["p_value"])


@pytest.mark.parametrize(
    ("policy", "t", "rank"), IN_R["groups that do not reach the lonely stratum"]
)
def test_groups_that_do_not_reach_the_lonely_stratum(policy, t, rank):
    """`svyttest(y~sex, d)`, `svyranktest(y~sex, d)`, `d <- svydesign(~c, strata=~h, weights=~w, nest=TRUE)`.

    Stratum 1 has one unit and women only. The difference reaches it, whether or not both groups do:
    the test is that of the slope of a regression.
    """
    data = pd.DataFrame(IN_R["data of groups"])
    sample = dl.declare_design(data, weights="w", strata="h", psu="c", lonely_psu=policy)
    found = dl.t_test(sample, "y", "sex", df="design")
    assert found.statistic == pytest.approx(t, rel=1e-8)
    assert found.df == (2,)
    assert dl.rank_test(sample, "y", "sex", df="design").statistic == pytest.approx(rank, rel=1e-8)
    slope = dl.regress(sample, "y ~ sex", df="design").frame.iloc[1]
    assert slope["estimate"] / slope["std_error"] == pytest.approx(t, rel=1e-8)
