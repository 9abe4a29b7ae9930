"""t and rank tests against R survey 4.4-2 (R 4.5.0), in full digits, held to 1e-8 relative.

    a1 <- read.csv("apiclus1.csv", stringsAsFactors=TRUE)
    d1 <- svydesign(~dnum, weights=~pw, data=a1, fpc=~fpc)
    d2 <- svydesign(~dnum+snum, data=read.csv("apiclus2.csv", stringsAsFactors=TRUE), fpc=~fpc1+fpc2)
    as <- read.csv("apistrat.csv", stringsAsFactors=TRUE); as$u <- as$api00 + (1:nrow(as))/1000
    ds <- svydesign(~1, strata=~stype, weights=~pw, data=as, fpc=~fpc)
    ps <- postStratify(d1, ~stype, data.frame(stype=c("E","H","M"), Freq=c(4421,755,1018)))
    svyttest(api00~awards, d1); svyttest(I(api00-600)~0, d1); svyttest(I(api00-api99)~0, d1) ...
    svyranktest(api00~sch.wide, d1, test="wilcoxon") ...

In `u` no two schools are alike: R's ranks of ties depend on the order of the rows where weights differ (apistrat in
three orders: t = 3.66640583, 3.66410075, 3.66812777), those of diplab do not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.kernel.calibration import Controls
from diplab.sampling.auxiliary import Auxiliary
from diplab.sampling.replication import Replication

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def strat(shared: Path) -> dl.Sample:
    data = pd.read_csv(shared / "data" / "design" / "apistrat.csv")
    data["u"] = data["api00"] + np.arange(1, len(data) + 1) / 1000
    # three groups: awards, else improvement targets met, else neither
    data["cc"] = np.where(data["awards"] == "Yes", "a", np.where(data["comp.imp"] == "Yes", "b", "c"))
    return dl.declare_design(data, weights="pw", strata="stype", fpc="fpc")


@pytest.fixture(scope="module")
def poststratified(shared: Path) -> dl.Sample:
    """`postStratify` to the population counts of stype, written out."""
    data = pd.read_csv(shared / "data" / "design" / "apiclus1.csv")
    sample = dl.declare_design(data, weights="pw", psu="dnum", fpc="fpc")
    before = data["pw"].to_numpy()
    codes = pd.factorize(data["stype"], sort=True)[0]
    raised = np.array([4421, 755, 1018]) / np.bincount(codes, weights=before)
    return sample.with_weights(before * raised[codes], Auxiliary(Controls((codes,), (3,), ()), before))


def jackknifed(sample: dl.Sample) -> dl.Sample:
    """`as.svrepdesign(d1)`: JK1 with its fpc, centred on the mean of the replicates."""
    n = 15
    factors = (np.ones((n, n)) - np.eye(n)) * n / (n - 1)
    scale = (n - 1) / n * (1 - n / 757)
    return sample.with_replication(Replication("jk1", scale, np.ones(n), False, factors=factors))


def test_degrees_of_freedom_of_those_compared(clus1):
    """`h <- subset(d1, stype != "E")`, 12 units: svyttest(api00 ~ comp.imp, h), svyranktest(api00 ~ comp.imp, h)."""
    inside = clus1.where("stype != 'E'")
    found = dl.t_test(inside, "api00", "comp.imp", df="domain-1")
    assert found.df == (10.0,)
    assert found.statistic == pytest.approx(-0.387813217098117, rel=1e-8)
    assert found.p_value == pytest.approx(0.70628124844187778, rel=1e-8)
    limits = found.estimates["ci_low"], found.estimates["ci_high"]
    assert limits == pytest.approx((-91.330462688864955, 64.251097609499951), rel=1e-8)
    assert dl.t_test(inside, "api00", "comp.imp", df="domain").df == (11.0,)
    # the domain may also be the only group
    assert dl.t_test(inside, "api00", df="domain").df == (11.0,)
    ranks = dl.rank_test(inside, "api00", "comp.imp", df="domain-1")
    assert ranks.df == (10.0,)
    assert ranks.p_value == pytest.approx(0.66603750972008569, rel=1e-8)
    # three groups use up two
    assert dl.rank_test(clus1.where("meals > 20"), "api00", "stype", df="domain-1").df == (2.0, 12.0)
    assert dl.rank_test(inside, "api00", "comp.imp").df == (13.0,)


def test_contrasts_and_joint_tests_take_the_degrees_of_freedom_of_their_rows(strat):
    by = dl.estimate(strat, dl.mean("api00"), by="stype", df="domain")
    assert by.frame["df"].tolist() == [99.0, 49.0, 49.0]
    apart = dl.contrast(by, pairwise="holm")
    assert apart.frame["df"].tolist() == [49.0] * 3
    assert dl.wald_test(apart, adjusted=False).df == (2.0, 49.0)


def test_two_groups(clus1):
    found = dl.t_test(clus1, "api00", "awards")
    assert (found.name, found.df, found.n) == ("t", (13.0,), 183)
    assert found.statistic == pytest.approx(1.44535339205497970, rel=1e-8)
    assert found.p_value == pytest.approx(0.17203120609983072, rel=1e-8)
    assert found.estimates["difference"] == pytest.approx(26.40029027576199283, rel=1e-8)
    assert found.estimates["ci_low"] == pytest.approx(-13.060204262660289, rel=1e-8)
    assert found.estimates["ci_high"] == pytest.approx(65.860784814184271, rel=1e-8)
    assert found.hypothesis == "mean of api00 equal over awards (difference: Yes minus No)"


def test_two_groups_of_a_domain(clus1):
    found = dl.t_test(clus1.where("stype == 'E'"), "api00", "awards")
    assert found.statistic == pytest.approx(1.05431101844322073, rel=1e-8)
    assert found.p_value == pytest.approx(0.31094218244731342, rel=1e-8)
    assert found.df == (13.0,)


def test_two_stages_and_missing_answers(clus2):
    """Six schools have no `enroll`. R's degrees of freedom (36) leave out two districts with them; those of the design
    stay 39 - 1, so that only the statistic is compared."""
    found = dl.t_test(clus2, "enroll", "awards")
    assert found.statistic == pytest.approx(-2.640081331072118953, rel=1e-8)
    assert (found.df, found.n, dict(found.provenance.missing)) == ((38.0,), 120, {"enroll": 6})


def test_one_group(clus1):
    found = dl.t_test(clus1, "api00 - 600")
    assert found.df == (13.0,)
    assert found.statistic == pytest.approx(1.876176506800038890, rel=1e-8)
    assert found.p_value == pytest.approx(0.083260457372906049, rel=1e-8)
    assert found.estimates["ci_low"] == pytest.approx(-6.6905199906435726, rel=1e-8)
    assert found.estimates["ci_high"] == pytest.approx(95.0293178048512175, rel=1e-8)
    same = dl.t_test(clus1, "api00", mu=600)
    assert same.statistic == pytest.approx(found.statistic, rel=1e-10)
    assert same.estimates["mean"] == pytest.approx(found.estimates["mean"] + 600)
    assert same.hypothesis == "mean of api00 equal to 600"


@pytest.mark.parametrize(
    ("which", "t", "p", "df", "low", "high"),
    [
        ("clus1", 1.2054743094077876e01, 1.9786927550694732e-08, 13, 30.526094004297455, 43.856419656904727),
        ("strat", 1.6036428940563681e01, 1.6010406870498584e-37, 196, 28.847435045851039, 36.937601704868165),
    ],
)
def test_pairs(which, t, p, df, low, high, request):
    found = dl.t_test(request.getfixturevalue(which), "api00", paired_with="api99")
    assert found.df == (df,)
    assert found.statistic == pytest.approx(t, rel=1e-8)
    assert found.p_value == pytest.approx(p, rel=1e-6)  # the tail of t magnifies the last digits of t
    assert found.estimates["ci_low"] == pytest.approx(low, rel=1e-8)
    assert found.estimates["ci_high"] == pytest.approx(high, rel=1e-8)
    assert found.hypothesis == "mean of api00 - api99 equal to 0"


@pytest.mark.parametrize(
    ("score", "difference", "t", "p"),
    [
        ("wilcoxon", 0.111820652173912710, 2.229818667888979089, 0.044015702394679473),
        ("van_der_waerden", 0.415904618817528882, 2.219234106237570892, 0.044882021827320775),
        ("median", 0.170923913043480646, 1.838123942549797274, 0.088997109822241363),
    ],
)
def test_ranks_of_two_groups(clus1, score, difference, t, p):
    """Without fpc t would be 2.2076161."""
    found = dl.rank_test(clus1, "api00", "sch.wide", score=score)
    assert (found.name, found.df, found.n) == (score, (13.0,), 183)
    assert found.estimates["difference"] == pytest.approx(difference, rel=1e-8)
    assert found.statistic == pytest.approx(t, rel=1e-8)
    assert found.p_value == pytest.approx(p, rel=1e-8)


@pytest.mark.parametrize(
    ("score", "name", "chi2", "p"),
    [
        ("wilcoxon", "kruskal_wallis", 2.22397482137552860, 0.36054678485732611),
        ("van_der_waerden", "van_der_waerden", 3.04072488680954311, 0.25791397265097205),
        ("median", "median", 0.093704142417139411, 0.954402211001960210),
    ],
)
def test_ranks_of_three_groups(clus1, score, name, chi2, p):
    """R prints the Wald statistic as `Chisq` and takes its p-value from F with 2 and 14 - 2 degrees of freedom."""
    found = dl.rank_test(clus1, "api00", "stype", score=score)
    assert (found.name, found.df) == (name, (2.0, 12.0))
    assert found.estimates["chi2"] == pytest.approx(chi2, rel=1e-8)
    assert found.statistic == pytest.approx(chi2 / 2, rel=1e-8)
    assert found.p_value == pytest.approx(p, rel=1e-8)


@pytest.mark.parametrize(
    ("score", "difference", "t"),
    [
        ("wilcoxon", 1.8197491120156528e-01, 3.6680419058509814e00),
        ("van_der_waerden", 7.0107948848567336e-01, 3.8785617322191399e00),
        ("median", 0.215395119923831146, 2.455452267137312905),
    ],
)
def test_ranks_with_unequal_weights(strat, score, difference, t):
    found = dl.rank_test(strat, "u", "sch.wide", score=score)
    assert found.df == (196.0,)
    assert found.estimates["difference"] == pytest.approx(difference, rel=1e-8)
    assert found.statistic == pytest.approx(t, rel=1e-8)


@pytest.mark.parametrize(
    ("score", "chi2", "p"),
    [
        ("wilcoxon", 5.865608326183392229, 0.055600683672541187),
        ("van_der_waerden", 7.541165677995550709, 0.024735879560169878),
        ("median", 6.777635476811753712, 0.035748212630791795),
    ],
)
def test_ranks_of_three_groups_with_unequal_weights(strat, score, chi2, p):
    found = dl.rank_test(strat, "u", "cc", score=score)
    assert found.estimates["chi2"] == pytest.approx(chi2, rel=1e-8)
    assert found.p_value == pytest.approx(p, rel=1e-8)


def test_ranks_of_a_domain_are_ranks_within_it(clus1):
    found = dl.rank_test(clus1.where("stype == 'E'"), "api00", "sch.wide")
    assert found.estimates["difference"] == pytest.approx(0.155618686868686545, rel=1e-8)
    assert found.statistic == pytest.approx(1.795530154261744338, rel=1e-8)
    assert found.p_value == pytest.approx(0.095838361803490035, rel=1e-8)


def test_margins_are_remembered(poststratified):
    found = dl.t_test(poststratified, "api00", "awards")
    assert found.estimates["difference"] == pytest.approx(25.85582338890374743, rel=1e-8)
    assert found.statistic == pytest.approx(1.42510382221990306, rel=1e-8)
    # schools of unequal weight tie on api00: R's t is 1.869231912 in the order of the file
    ranks = dl.rank_test(poststratified, "api00", "sch.wide")
    assert ranks.statistic == pytest.approx(1.869231912180833843, rel=1e-3)


def test_replicates(clus1):
    """`svyttest` and `svyranktest` on `as.svrepdesign(d1)`."""
    found = dl.t_test(jackknifed(clus1), "api00", "awards")
    assert found.statistic == pytest.approx(1.22565675159186416, rel=1e-8)
    assert found.p_value == pytest.approx(0.24206916889553648, rel=1e-8)
    ranks = dl.rank_test(jackknifed(clus1), "api00", "sch.wide")
    assert ranks.statistic == pytest.approx(2.229818667888978645, rel=1e-8)
    assert ranks.p_value == pytest.approx(0.044015702394679501, rel=1e-8)
