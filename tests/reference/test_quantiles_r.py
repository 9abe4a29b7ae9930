"""Quantiles against R 4.5.0, survey 4.4-2, in full digits.

Rules on small tables, recorded with options(digits = 17):

    y <- c(1,1,2,3,3,3,5,8,8,13); w <- c(1.5,2,.7,3,1,2.2,4,.3,1.1,2.5)
    d <- svydesign(id=~1, weights=~w, data=data.frame(y, w))
    svyquantile(~y, d, c(.01,.05,.1,.25,.3,.5,.6,.75,.9,.99), qrule=r, ci=FALSE)

and the same for six equal weights (`even`), also with ties (`tied`). Intervals:

    d1 <- svydesign(id=~dnum, weights=~pw, fpc=~fpc, data=apiclus1)
    ds <- svydesign(id=~1, strata=~stype, weights=~pw, fpc=~fpc, data=apistrat)
    svyquantile(~api00, ds, c(.25,.5,.75), interval.type=t, qrule=r)
    svyby(~api00, ~stype, ds, svyquantile, quantiles=.5, ci=TRUE, qrule=r, df=degf(ds))

Where R is not followed, the test says what R gives, and why.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import diplab as dl
from diplab.kernel.quantiles import RULES, quantile, quantiles
from tests.recorded_values import close, recorded_file

SHARES = (0.01, 0.05, 0.1, 0.25, 0.3, 0.5, 0.6, 0.75, 0.9, 0.99)
TABLES: dict[str, tuple[list[float], list[float]]] = {
    "uneven": ([1, 1, 2, 3, 3, 3, 5, 8, 8, 13], [1.5, 2, 0.7, 3, 1, 2.2, 4, 0.3, 1.1, 2.5]),
    "even": ([2, 4, 6, 8, 10, 12], [1] * 6),
    "tied": ([2, 4, 4, 4, 10, 12], [1] * 6),
}
FILE = recorded_file("quantiles_r")
RECORDED = FILE["rules"]
"""As `qrule` names them; `interpolated` is `oldsvyquantile(~y, d, shares, ties="rounded")`."""

RECORDED |= {"hf1": RECORDED["math"], "hf2": RECORDED["school"]}


@pytest.mark.parametrize("rule", RECORDED)
@pytest.mark.parametrize("name", TABLES)
def test_rules(rule, name):
    values, weights = (np.array(each, dtype=float) for each in TABLES[name])
    found = np.array([quantile(values, weights, share, rule) for share in SHARES])
    recorded = np.array(RECORDED[rule][name], dtype=float)
    # below the weight of the first value R reads three rules past it: see the next test
    first = weights[values == values[0]].sum() / weights.sum()
    kept = np.asarray(SHARES) > first if rule in ("school", "hf2", "hf3", "hf4") else ...
    assert found[kept].tolist() == pytest.approx(recorded[kept].tolist(), rel=1e-8)


@pytest.mark.parametrize("name", TABLES)
def test_quantiles_of_survey_before_4_1(name):
    """`oldsvyquantile(~y, d, shares)`, of `ties="discrete"`: `hf4`, level below the weight of the first value."""
    values, weights = (np.array(each, dtype=float) for each in TABLES[name])
    found = [quantile(values, weights, share, "hf4") for share in SHARES]
    assert found == pytest.approx(FILE["before 4.1"][name], rel=1e-12)


def test_rules_by_hand():
    """Each domain has its own line, one without anybody none, and ties end with their domain."""
    y, w = np.array([1.0, 2, 2, 2, 2, 3]), np.array([1.0, 1, 2, 4, 1, 1])
    starts = np.array([0, 0, 3, 4, 6])
    found = quantiles(starts, y, w, np.full(4, 0.75), "interpolated")
    assert found.tolist() == pytest.approx([np.nan, 2 - 1 / 3, 2, 2.5], nan_ok=True)
    # R's hf3 on 2, 4, 4, 6, 8, 10 at 1/6, ..., 5/6: where F = p exactly, the value at an even
    # place.
    values = np.array([2.0, 4, 4, 6, 8, 10])
    found = [quantile(values, np.ones(6), place / 6, "hf3") for place in range(1, 6)]
    assert found == [4, 4, 4, 8, 8]
    assert {*RECORDED, "shahvaish"} == set(RULES)


def test_two_printed_quartiles_of_homes(design):
    """Slides of Zimmer and others (2021), page 33: 1153.142 and 2353.132 dollars, by survey before 4.1."""
    homes = pd.read_csv(design / "recs2015_brr96.csv.gz", usecols=["NWEIGHT", "TOTALDOL"])
    sample = dl.declare_design(homes, weights="NWEIGHT")
    for rule in ("hf4", "interpolated"):
        asked = [dl.quantile("TOTALDOL", share, rule=rule) for share in (0.25, 0.75)]
        assert dl.estimate(sample, *asked, df="design").frame["estimate"].round(3).tolist() == [
            1153.142,
            2353.132,
        ]


@pytest.mark.parametrize("rule", ["school", "hf3", "hf4"])
def test_below_the_weight_of_the_first_value(rule):
    """Of 2, 4, 6, 8, 10, 12 the quantile of .1 is 2; R gives 3, 4 and 1.2, which nobody has (its `quantile` of types 2
    to 4 gives 2).
    """
    values, weights = (np.array(each, dtype=float) for each in TABLES["even"])
    assert quantile(values, weights, 0.1, rule) == 2.0
    assert RECORDED[rule]["even"][2] != 2


SHAH_VAISH = {
    0.23: 1,
    0.24: 2,
    0.32: 2,
    0.33: 3,
    0.66: 3,
    0.67: 5,
    0.76: 5,
    0.77: 8,
    0.89: 8,
    0.9: 13,
}


@pytest.mark.parametrize("scale", [1.0, 1000.0])
def test_shah_and_vaish(scale):
    """R on weights brought to a sum of n, w * length(w) / sum(w): where its value changes, to the hundredth. On
    other weights R's values depend on their scale; these do not.
    """
    values, weights = (np.array(each, dtype=float) for each in TABLES["uneven"])
    found = {share: quantile(values, scale * weights, share, "shahvaish") for share in SHAH_VAISH}
    assert found == SHAH_VAISH


# -- intervals ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def frames(design):
    return {name: pd.read_csv(design / f"{name}.csv") for name in ("apiclus1", "apistrat")}


Rows = list[list[float]]
QUARTILES = (0.25, 0.5, 0.75)


def rows_of(sample, **options):
    frame = dl.estimate(
        sample, *[dl.quantile("api00", p, **options) for p in QUARTILES], df="design"
    ).frame
    rows: Rows = frame[["estimate", "ci_low", "ci_high", "std_error"]].to_numpy().tolist()
    return rows


@pytest.mark.parametrize("case", FILE["intervals"])
def test_intervals(schools, case):
    design, interval = case.split()
    close(rows_of(schools[design], interval=interval), FILE["intervals"][case])


@pytest.mark.parametrize("case", FILE["interpolating rules"])
def test_woodruff_by_interpolating_rules(schools, case):
    design, rule = case.split()
    close(rows_of(schools[design], rule=rule), FILE["interpolating rules"][case])


@pytest.mark.parametrize("which", ["d1", "ds"])
@pytest.mark.parametrize("rule", ["school", "hf1", "hf2", "hf3"])
def test_woodruff_by_rules_of_steps(schools, which, rule):
    """R gives the same as by `math` on both files."""
    close(rows_of(schools[which], rule=rule), FILE["intervals"][f"{which} woodruff"])


@pytest.mark.parametrize("case", FILE["medians by domain"])
def test_medians_by_domain(schools, case):
    design, rule = case.split()
    frame = dl.estimate(
        schools[design], dl.median("api00", rule=rule), by="stype", df="design"
    ).frame
    close(frame[["estimate", "ci_low", "ci_high"]], FILE["medians by domain"][case])


# -- score ----------------------------------------------------------------------------------------------------


def test_score_intervals(schools, frames):
    """R: [512, 638], [564, 701], [662, 749].

    At 564 the score is -2.176, past -t(14) = -2.145, and 566 is the first value that is not
    rejected; R's search stops at 566 less its tolerance, which reads as 564.
    """
    found = rows_of(schools["d1"], interval="score")
    t = stats.t.ppf(0.975, 14)
    ends = [(512, 638), (566, 701), (662, 749)]
    assert [row[1:3] for row in found] == [[low, high] for low, high in ends]
    assert [row[3] for row in found] == pytest.approx(
        [(high - low) / (2 * t) for low, high in ends], rel=1e-12
    )
    # R: [542, 601], [646, 706], [745, 788], from the same ends of the test.
    # R's last step counts the share of schools under each end without the weights, and reads that
    # share back on the weighted distribution: redone here, it takes our ends (or the next value,
    # where R's search stops past it) to R's.
    found = rows_of(schools["ds"], interval="score")
    assert [row[1:3] for row in found] == [[535, 596], [638, 680], [724, 776]]
    frame = frames["apistrat"].sort_values("api00", kind="stable")
    values, weights = frame["api00"].to_numpy(dtype=float), frame["pw"].to_numpy()
    searched = [(535, 596), (638, 681), (724, 776)]
    carried = [
        [quantile(values, weights, float(np.mean(values <= end))) for end in ends]
        for ends in searched
    ]
    assert carried == [[542, 601], [646, 706], [745, 788]]


@pytest.mark.parametrize("which", ["d1", "ds"])
def test_score_intervals_by_trying_every_value(schools, frames, which):
    """The ends are the smallest and largest value at which |F - p| <= t se(F), by domain too."""
    frame = frames["apiclus1" if which == "d1" else "apistrat"]
    values = np.sort(frame["api00"].unique())[:-1]
    asked = [dl.share(f"api00 <= {value}") for value in values]
    found = dl.estimate(
        schools[which], dl.quantile("api00", 0.4, interval="score"), by="stype", df="design"
    ).frame
    shares = dl.estimate(schools[which], *asked, by="stype", df="design").frame
    for place, kind in enumerate("EHM"):
        own = shares[shares["stype"] == kind]
        with np.errstate(divide="ignore"):
            score = ((own["estimate"] - 0.4) / own["std_error"]).to_numpy()
        kept = values[np.abs(score) <= stats.t.ppf(0.975, own["df"].iloc[0])]
        there = frame.loc[frame["stype"] == kind, "api00"].to_numpy()
        kept = kept[np.isin(kept, there)]
        assert found.loc[place, ["ci_low", "ci_high"]].tolist() == [kept.min(), kept.max()]


# -- by the density ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "income"), [("ce2015_eq_positive", "eq"), ("ghana_income_positive", "income")]
)
def test_linearised_median_as_convey(incomes, recorded, key, income):
    """The poverty threshold is 0.6 times the median, and convey's linearisation has its error: 1e-6, as there."""
    asked = dl.median(income, interval="linearised")
    row = dl.estimate(incomes[key], asked, df="design").frame.iloc[0]
    t = stats.t.ppf(0.975, row["df"])
    assert [0.6 * row["estimate"], 0.6 * row["std_error"]] == pytest.approx(
        [recorded[key]["arpt"][name] for name in ("estimate", "std_error")], rel=1e-6
    )
    assert [row["ci_low"], row["ci_high"]] == pytest.approx(
        [row["estimate"] - t * row["std_error"], row["estimate"] + t * row["std_error"]], rel=1e-12
    )


# -- with replicate weights -------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", FILE["replicates"])
def test_deciles_with_replicate_weights(recs, case):
    """svrepdesign(weights=~NWEIGHT, repweights="BRRWT[0-9]+", type="Fay", rho=.5, mse=TRUE, data=recs); svyquantile(
    ~TOTSQFT_EN, ., c(.1, .5, .9), interval.type="mean" or "quantile").
    """
    interval, rule = case.split()
    asked = [dl.quantile("TOTSQFT_EN", p, interval=interval, rule=rule) for p in (0.1, 0.5, 0.9)]
    frame = dl.estimate(recs, *asked, df="design").frame
    close(frame[["estimate", "ci_low", "ci_high", "std_error"]], FILE["replicates"][case])
